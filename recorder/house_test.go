package recorder

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
)

// house asks for a room that follows something, with these people in it.
func (h *fakeHub) house(title string, people ...*person) hub.RoomID {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := hub.NewID[hub.RoomID]()
	house := &client.House{Title: title}
	for _, p := range people {
		house.Members = append(house.Members, p.user)
	}
	h.houses[id] = house
	return id
}

func (h *fakeHub) retitle(room hub.RoomID, title string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.houses[room].Title = title
}

func (h *fakeHub) begun(room hub.RoomID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[room] != nil && h.rooms[room].epoch > 0
}

// reads reports whether a device can open what another has just said.
func (d *phone) reads(room hub.RoomID, from *phone, text string) bool {
	d.p.h.t.Helper()
	from.say(room, text)
	d.sync(room)
	v := d.rooms[room]
	return v.group != nil && v.broken == 0 && v.group.Epoch() == from.rooms[room].group.Epoch()
}

// TestARoomNobodyBegan: two people of a ward talk in it, who leaves the ward is out, who
// comes is in, and each is named to the others before.
func TestARoomNobodyBegan(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob, carol := h.phone(), h.phone(), h.phone()
	room := h.house("Station 4B", alice.p, bob.p)
	eventually(t, "the room is begun", func() bool { return h.begun(room) })
	eventually(t, "both are in it", func() bool {
		return h.inTree(room, alice, bob) && alice.told(room, "Station 4B") && bob.told(room, "Station 4B")
	})
	if !bob.reads(room, alice, "Guten Morgen") || !alice.reads(room, bob, "Moin") {
		t.Error("they cannot read each other")
	}
	h.join(room, carol.p)
	eventually(t, "the newcomer is in", func() bool { return h.inTree(room, alice, bob, carol) })
	before := h.epoch(room)
	h.part(room, bob.p)
	eventually(t, "whoever left is out", func() bool { return h.inTree(room, alice, carol) })
	if h.epoch(room) <= before {
		t.Error("no new epoch")
	}
	bob.sync(room)
	if bob.rooms[room].group != nil {
		t.Error("whoever left still has the group")
	}
	h.lock(carol)
	eventually(t, "a locked device is out", func() bool { return h.inTree(room, alice) })
	h.retitle(room, "Station 4C")
	eventually(t, "the new name is said", func() bool { return alice.told(room, "Station 4C") })
	st := r.settled(dir, room, alice)
	if !st.House || st.Info.Title != "Station 4C" || !st.Info.House || !slices.Equal(st.Wanted, []hub.UserID{alice.p.user, carol.p.user}) {
		t.Errorf("kept %+v", st)
	}
}

// TestDevicesInARoomOfTheHouse: further devices and rejoins need no new word.
func TestDevicesInARoomOfTheHouse(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := h.house("Rea-Team", alice.p, bob.p)
	eventually(t, "the room is begun", func() bool { return h.begun(room) })
	eventually(t, "both are in it", func() bool { return h.inTree(room, alice, bob) })
	laptop := alice.p.phone(true)
	eventually(t, "the laptop is in", func() bool { return h.inTree(room, alice, bob, laptop) && laptop.told(room, "Rea-Team") })
	bob.askRejoin(room)
	eventually(t, "who lost the state is back", func() bool { bob.sync(room); return bob.rooms[room].group != nil && h.inTree(room, alice, bob, laptop) })
	r.settled(dir, room, alice, bob, laptop)
}

// TestMembersDoNotLeadTheHouse: what a member says of title and members counts for nothing.
func TestMembersDoNotLeadTheHouse(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := h.house("Station 4B", alice.p)
	eventually(t, "the room is begun", func() bool { return h.begun(room) })
	eventually(t, "one is in it", func() bool { return h.inTree(room, alice) && alice.told(room, "Station 4B") })
	alice.inform(room, 1, "Meins", alice.p, bob.p)
	st := r.settled(dir, room, alice)
	if st.Info.Title != "Station 4B" || slices.Contains(st.Wanted, bob.p.user) {
		t.Errorf("kept %+v", st)
	}
}

// TestTheHubCannotTakeOverARoom: a room that people have begun stays theirs, whatever the
// hub calls it.
func TestTheHubCannotTakeOverARoom(t *testing.T) {
	t.Parallel()
	h, r, dir, alice, bob, room := lair(t)
	ghost := h.phone()
	h.mu.Lock()
	h.houses[room] = &client.House{Title: "Station 4B"}
	h.mu.Unlock()
	h.join(room, ghost.p)
	r.refuses(room, ghost)
	st := r.settled(dir, room, alice, bob)
	if st.House || st.Info.Title != "Visite" || alice.told(room, "Station 4B") {
		t.Errorf("kept %+v", st)
	}
}

// TestABeginningIsRefused: it is tried again with another commit.
func TestABeginningIsRefused(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice := h.phone()
	h.mu.Lock()
	h.refuse = 2
	h.mu.Unlock()
	room := h.house("Station 4B", alice.p)
	eventually(t, "the room is begun", func() bool { return h.begun(room) })
	r.settled(dir, room, alice)
}

// TestCrashesWhileBeginning: wherever the recorder crashes between hearing of the room and
// having everybody in it, the next one comes to the same room, once.
func TestCrashesWhileBeginning(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		h := newFakeHub(t)
		disk := &ram{files: map[string][]byte{}}
		c := newCrash(0)
		first := start(t, h, "", c.install(disk))
		h.waitEnrolled()
		alice, bob := h.phone(), h.phone()
		c.mu.Lock()
		c.at = c.n + at
		c.mu.Unlock()
		room := h.house("Station 4B", alice.p, bob.p)
		done := func() bool {
			return h.begun(room) && h.inTree(room, alice, bob) && alice.told(room, "Station 4B") && bob.told(room, "Station 4B")
		}
		eventually(t, "it crashed or came through", func() bool { return c.happened() || done() })
		crashed := c.happened()
		first.stop()
		second := start(t, h, "", func(o *Options) { o.disk = disk })
		eventually(t, "everybody is in", done)
		h.waitAcked(room)
		second.stop()
		_, g := stateOf(t, disk, room)
		h.agree(room, g, alice, bob)
		if commits := h.commits(room); crashed && commits > 4 {
			t.Errorf("crash at step %d: %d commits", at, commits)
		}
		if !crashed {
			if at < 8 {
				t.Errorf("only %d steps were tried", at)
			}
			return
		}
	}
}

func (h *fakeHub) commits(room hub.RoomID) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, it := range h.rooms[room].items {
		if it.Kind == messaging.ItemCommit {
			n++
		}
	}
	return n
}

// TestNobodyComesUnnamed: while people come and go at random, no device ever sees somebody
// added whom the recorder had not named before; member_test.go looks at each commit.
func TestNobodyComesUnnamed(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice := h.phone()
	room := h.house("Station 4B", alice.p)
	eventually(t, "the room is begun", func() bool { return h.begun(room) })
	var others []*phone
	for i := range 12 {
		d := h.phone()
		h.join(room, d.p)
		if others = append(others, d); i%3 == 2 {
			h.part(room, others[0].p)
			others = others[1:]
		}
		alice.syncSoon(room)
	}
	eventually(t, "the right people are in", func() bool { return h.inTree(room, append([]*phone{alice}, others...)...) })
	r.settled(dir, room, append([]*phone{alice}, others...)...)
}

// syncSoon reads what there is, once the room is begun and the device in it.
func (d *phone) syncSoon(room hub.RoomID) {
	eventually(d.p.h.t, "the device is in", func() bool { d.sync(room); return d.rooms[room].group != nil })
}
