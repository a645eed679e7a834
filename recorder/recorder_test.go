package recorder

import (
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
)

func TestItEnrolsOnce(t *testing.T) {
	t.Parallel()
	full := func(o *Options) { o.pool = 0 }
	h, r, dir := enrolled(t, full)
	r.stop()
	r = start(t, h, dir, full)
	eventually(t, "it is connected again", func() bool { return r.is().Connected })
	r.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.devices) != 1 || len(h.logs[h.recorder]) != 1 || len(h.session) != 1 {
		t.Errorf("%d devices, %d log entries, %d sessions, want one of each", len(h.devices), len(h.logs[h.recorder]), len(h.session))
	}
	for _, d := range h.devices {
		if len(d.packages) != poolSize || d.last == nil {
			t.Errorf("%d key packages, last resort: %v", len(d.packages), d.last != nil)
		}
	}
}

func TestItSignsInAgain(t *testing.T) {
	t.Parallel()
	h, r, _ := enrolled(t)
	eventually(t, "it is connected", func() bool { return r.is().Connected })
	h.mu.Lock()
	h.session = map[string]hub.DeviceID{"another": ""}
	h.mu.Unlock()
	h.cutOff()
	eventually(t, "it has signed in again", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.session) == 2 && len(h.conns) == 1
	})
}

func TestItTakesOutAndBringsIn(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	alice.inform(room, 1, "Visite", alice.p, bob.p)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	// A device more, one locked, and somebody whom the members want.
	laptop := bob.p.phone(true)
	eventually(t, "the new device is in", func() bool { return h.has(room, laptop) })
	eventually(t, "the new device knows the title", func() bool { return laptop.told(room, "Visite") })
	h.lock(bob)
	eventually(t, "the locked device is out", func() bool { return !h.has(room, bob) })
	carol := h.phone()
	alice.inform(room, 2, "Visite 4B", alice.p, bob.p, carol.p)
	h.join(room, carol.p)
	eventually(t, "the newcomer knows the title", func() bool { return h.has(room, carol) && carol.told(room, "Visite 4B") })
	// Somebody leaves.
	h.part(room, carol.p)
	alice.inform(room, 3, "Visite", alice.p, bob.p)
	st := r.settled(dir, room, alice, laptop)
	if st.Info == nil || st.Info.Title != "Visite" || len(st.Staged) != 0 || len(st.Faults) != 0 {
		t.Errorf("kept %+v", st)
	}
}

// TestManyChangesAreOneCommit: whoever is to go and whoever is to come are done together.
func TestManyChangesAreOneCommit(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	r.stop()
	h.lock(bob)
	second, third := alice.p.phone(true), bob.p.phone(true)
	before := h.epoch(room)
	r = start(t, h, dir)
	r.settled(dir, room, alice, second, third)
	if took := h.epoch(room) - before; took != 1 {
		t.Errorf("it took %d commits", took)
	}
}

func (h *fakeHub) epoch(room hub.RoomID) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[room].epoch
}

func TestADeviceComesBack(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	alice.inform(room, 1, "Visite", alice.p, bob.p)
	bob.sync(room)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	for range 2 {
		before := h.epoch(room)
		bob.askRejoin(room)
		eventually(t, "the device is back", func() bool {
			bob.sync(room)
			return bob.rooms[room].group != nil && h.has(room, bob)
		})
		if took := h.epoch(room) - before; took != 2 {
			t.Errorf("it took %d commits, want the old leaf out and the new one in", took)
		}
	}
	r.settled(dir, room, alice, bob)
}

// TestLostRaces: members commit all the time. The recorder redoes its own commit, and nobody
// is left behind.
func TestLostRaces(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	second := bob.p.phone(true)
	h.lock(bob)
	for range 20 {
		alice.commit(room, nil)
		alice.say(room, `{"v":1,"t":"text","run":"cafe","n":1,"text":"-","prio":0}`)
	}
	r.settled(dir, room, alice, second)
}

func TestItCatchesUp(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	r.stop()
	for i := range 10 {
		alice.commit(room, nil)
		bob.inform(room, int64(i+1), "Visite", alice.p, bob.p)
		bob.commit(room, nil)
	}
	r = start(t, h, dir)
	h.waitAcked(room)
	st := r.settled(dir, room, alice, bob)
	if len(st.Faults) != 0 || st.Info == nil {
		t.Errorf("kept %+v", st)
	}
	if n := r.is().Faults; n != 0 {
		t.Errorf("%d messages could not be opened", n)
	}
}

// TestItRefreshesItsKeys: after a day, and after a hundred commits of others.
func TestItRefreshesItsKeys(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice := h.phone()
	room := alice.begin()
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	r.stop()
	before := h.epoch(room)
	tomorrow := func(o *Options) { o.now = func() time.Time { return time.Now().Add(25 * time.Hour) } }
	r = start(t, h, dir, tomorrow)
	eventually(t, "it has refreshed its keys", func() bool { return h.epoch(room) == before+1 })
	r.settled(dir, room, alice)
	r = start(t, h, dir, tomorrow)
	for range refreshAfter {
		alice.commit(room, nil)
	}
	eventually(t, "it has refreshed its keys again", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		m := h.rooms[room]
		return h.devices[m.items[len(m.items)-1].From].user == h.recorder && m.epoch > before+1
	})
	r.settled(dir, room, alice)
}
