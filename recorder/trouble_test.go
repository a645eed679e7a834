package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
	"github.com/wardline/wardline/recorder/vault"
)

// TestADamagedRoom: a room whose state cannot be read is reported and kept aside; the others go
// on; and a member can bring the recorder in again.
func TestADamagedRoom(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room, other := alice.begin(bob), bob.begin(alice)
	eventually(t, "it is in both rooms", func() bool { return r.is().Rooms == 2 })
	r.stop()
	file := filepath.Join(dir, "rooms", string(room))
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	r = start(t, h, dir)
	eventually(t, "the loss is reported", func() bool { return r.is().Lost == 1 && r.is().Rooms == 1 })
	alice.inform(room, 1, "Visite", alice.p, bob.p)
	eventually(t, "what it cannot open is told to the hub", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.ContainsFunc(h.faults, func(f client.Fault) bool { return f.Room == room && f.Cause == stateLost })
	})
	laptop := bob.p.phone(true)
	eventually(t, "the other room is kept", func() bool { return h.has(other, laptop) })
	if _, err := os.Stat(filepath.Join(dir, "damaged", string(room))); err != nil {
		t.Errorf("the damaged file is gone: %v", err)
	}
	alice.readmit(room)
	eventually(t, "it is in the room again", func() bool { return r.is().Lost == 0 && r.is().Rooms == 2 })
	r.settled(dir, room, alice, bob, laptop)
}

// readmit does what an owner's device can do for a recorder that has lost a room: its old leaf
// out, and it in again.
func (d *phone) readmit(room hub.RoomID) {
	h := d.p.h
	h.t.Helper()
	d.sync(room)
	h.mu.Lock()
	var rec *fakeDevice
	for _, dev := range h.devices {
		if dev.user == h.recorder {
			rec = dev
		}
	}
	h.mu.Unlock()
	old, ok := d.rooms[room].group.Find(string(rec.id))
	if !ok {
		h.t.Fatal("the recorder is not in the room")
	}
	h.mu.Lock()
	p, _ := h.take(rec.id)
	h.mu.Unlock()
	if !d.commit(room, []uint32{old.Index}) || !d.commit(room, nil, p) {
		h.t.Fatal("a commit was not taken")
	}
}

// failing is a disk that is full from time to time.
type failing struct {
	disk
	full atomic.Bool
}

func (d *failing) Put(name string, plain []byte) error {
	if d.full.Load() {
		return errors.New("no space left on device")
	}
	return d.disk.Put(name, plain)
}

// TestAFullDisk: what cannot be kept is not acknowledged, and nothing is posted; when there is
// space again, all of it is done.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	d := &failing{disk: &ram{files: map[string][]byte{}}}
	h := newFakeHub(t)
	r := start(t, h, "", func(o *Options) { o.disk = d })
	h.waitEnrolled()
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	h.waitAcked(room)
	d.full.Store(true)
	acked, epoch := h.ackedIn(room), h.epoch(room)
	alice.inform(room, 1, "Visite", alice.p, bob.p)
	h.lock(bob)
	polls := h.polls()
	eventually(t, "it has tried", func() bool { return h.polls() > polls+5 })
	if h.ackedIn(room) != acked || h.epoch(room) != epoch {
		t.Error("it went on without keeping its state")
	}
	d.full.Store(false)
	eventually(t, "the locked device is out", func() bool { return h.inTree(room, alice) })
	h.waitAcked(room)
	r.stop()
	st, g := stateOf(t, d, room)
	h.agree(room, g, alice)
	if st.Info == nil || len(st.Faults) != 0 {
		t.Errorf("kept %+v", st)
	}
}

func (h *fakeHub) ackedIn(room hub.RoomID) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.acked[room]
}

func (h *fakeHub) polls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

// TestARefusedCommit: the hub will not have a commit; it is made anew, later, and nothing breaks.
func TestARefusedCommit(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	h.mu.Lock()
	h.refuse = 3
	h.mu.Unlock()
	laptop := bob.p.phone(true)
	eventually(t, "the device is in after all", func() bool { return h.has(room, laptop) })
	r.settled(dir, room, alice, bob, laptop)
}

// TestTheAnswerLies: the hub says that it refused, but has taken the commit all the same. The log
// decides.
func TestTheAnswerLies(t *testing.T) {
	t.Parallel()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	h.mu.Lock()
	h.lieCommit = true
	h.mu.Unlock()
	laptop := bob.p.phone(true)
	eventually(t, "the device is in", func() bool { return h.has(room, laptop) })
	r.settled(dir, room, alice, bob, laptop)
}

// TestALostDirectory: without its keys the recorder is nobody. It says so, and begins anew only
// when it is told to.
func TestALostDirectory(t *testing.T) {
	t.Parallel()
	h, r, _ := enrolled(t)
	r.stop()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(t.Context(), Options{Hub: h.srv.URL, TokenFile: h.token, DataDir: t.TempDir(), times: fast, pool: 5})
	}()
	if err := <-ended; !errors.Is(err, errForeignLog) {
		t.Fatalf("it ended with %v", err)
	}
	r = start(t, h, t.TempDir(), func(o *Options) { o.StartOver = true })
	eventually(t, "it works under a new key", func() bool { return r.is().Connected })
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.logs[h.recorder]); n != 2 {
		t.Errorf("%d log entries", n)
	}
}

func TestOneRecorderPerDirectory(t *testing.T) {
	t.Parallel()
	h, _, dir := enrolled(t)
	if err := Run(t.Context(), Options{Hub: h.srv.URL, TokenFile: h.token, DataDir: dir}); !errors.Is(err, vault.ErrInUse) {
		t.Errorf("a second one ended with %v", err)
	}
}

// TestWithheldMessages: what the hub leaves out is noticed by the numbers, and a message under
// another id than it was made for is refused.
func TestWithheldMessages(t *testing.T) {
	t.Parallel()
	h, r, _ := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	alice.inform(room, 1, "Visite", alice.p, bob.p)
	h.mu.Lock()
	m := h.rooms[room]
	again := m.items[len(m.items)-1]
	again.ID = "00000000-0000-4000-8000-000000000000"
	h.append(m, again)
	h.mu.Unlock()
	eventually(t, "the repeated message is a fault", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.faults) == 1 && h.faults[0].Cause == string(mlscore.Replay)
	})
}

func FuzzPayload(f *testing.F) {
	f.Add([]byte(`{"v":1,"t":"info","run":"cafe","n":1,"title":"Visite","members":["00000000-0000-4000-8000-000000000000"]}`))
	f.Add([]byte(`{"v":2,"t":"new","run":"cafe","n":7}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, ok := parsePayload(text)
		if ok && (p.N < 1 || p.T == "info" && (p.V != 1 || len(p.Members) > maxMembers)) {
			t.Errorf("took %q", text)
		}
	})
}
