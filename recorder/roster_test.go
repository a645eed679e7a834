package recorder

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
)

// The hub of these tests is not to be trusted. In each of them it wants somebody in a room
// whom the members do not want, or whom nobody has certified.

// lair is a room of two people with the recorder, all of it settled.
func lair(t *testing.T) (*fakeHub, *running, string, *phone, *phone, hub.RoomID) {
	t.Helper()
	h, r, dir := enrolled(t)
	alice, bob := h.phone(), h.phone()
	room := alice.begin(bob)
	alice.inform(room, 1, "Visite", alice.p, bob.p)
	eventually(t, "it is in the room", func() bool { return r.is().Rooms == 1 })
	h.waitAcked(room)
	return h, r, dir, alice, bob, room
}

// refuses waits until the recorder has refused something, and then until it has had another
// look, and demands that the device is still out.
func (r *running) refuses(room hub.RoomID, d *phone) {
	r.t.Helper()
	for range 2 {
		before := r.is().Refused
		eventually(r.t, "it has refused a device", func() bool { return r.is().Refused > before })
	}
	if r.h.has(room, d) {
		r.t.Error("the device was added")
	}
}

func (h *fakeHub) wasClaimed(d *phone) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.claimed, d.id())
}

func TestAGhostIsNotAdded(t *testing.T) {
	t.Parallel()
	h, r, dir, alice, bob, room := lair(t)
	ghost := h.phone() // with a log of its own that is in perfect order
	h.join(room, ghost.p)
	r.refuses(room, ghost)
	if h.wasClaimed(ghost) {
		t.Error("a key package was used up for somebody who cannot be added")
	}
	// The members' word is what it lacked.
	alice.inform(room, 2, "Visite", alice.p, bob.p, ghost.p)
	eventually(t, "whom the members want is in", func() bool { return h.has(room, ghost) })
	r.settled(dir, room, alice, bob, ghost)
}

// TestWhoHasLeftIsNotBroughtBack: the members' newest word counts, and the hub cannot go back
// to an older one.
func TestWhoHasLeftIsNotBroughtBack(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(h *fakeHub, alice, bob *phone, room hub.RoomID){
		"by the members' word": func(h *fakeHub, alice, bob *phone, room hub.RoomID) { alice.inform(room, 2, "Visite", alice.p) },
		"by the hub's line":    func(h *fakeHub, alice, bob *phone, room hub.RoomID) { h.part(room, bob.p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, r, _, alice, bob, room := lair(t)
			leave(h, alice, bob, room)
			h.mu.Lock()
			h.rooms[room].members = []hub.UserID{alice.p.user}
			h.mu.Unlock()
			eventually(t, "who has left is out", func() bool { return h.inTree(room, alice) })
			h.join(room, bob.p)
			r.refuses(room, bob)
		})
	}
}

func TestAnUncertifiedDeviceIsNotAdded(t *testing.T) {
	t.Parallel()
	h, r, dir, alice, bob, room := lair(t)
	pending := bob.p.phone(false)
	r.refuses(room, pending)
	if h.wasClaimed(pending) {
		t.Error("a key package was used up for a device that nobody has certified")
	}
	bob.p.certify(pending)
	h.hint(map[string]any{"t": "log", "user": bob.p.user})
	eventually(t, "the certified device is in", func() bool { return h.has(room, pending) })
	r.settled(dir, room, alice, bob, pending)
}

func TestARevokedDeviceIsNotAdded(t *testing.T) {
	t.Parallel()
	h, r, _, _, bob, room := lair(t)
	h.mu.Lock()
	h.rooms[room].members = nil // nobody is missing while the device is made
	h.mu.Unlock()
	lost := bob.p.phone(true)
	bob.p.append(bob.p.log.RevokeDevice(bob.p.account, lost.id(), time.Now()))
	h.join(room, bob.p)
	r.refuses(room, lost)
}

// TestAForkedLogIsNotBelieved: the hub shows the recorder another history than before, in
// which an attacker's device is certified by an attacker's account key.
func TestAForkedLogIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(real, forged []devicelog.Entry, after int64) []devicelog.Entry{
		"forked":      func(real, forged []devicelog.Entry, after int64) []devicelog.Entry { return forged[after:] },
		"rolled back": func(real, forged []devicelog.Entry, after int64) []devicelog.Entry { return nil },
		"continued by a stranger": func(real, forged []devicelog.Entry, after int64) []devicelog.Entry {
			return append(slices.Clone(real[after:]), forged[1])
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, r, _, _, bob, room := lair(t)
			forged, intruder := forge(bob)
			h.mu.Lock()
			h.lieLog = func(user hub.UserID, after int64) ([]devicelog.Entry, bool) {
				if user != bob.p.user {
					return nil, false
				}
				return lie(h.logs[user], forged, after), true
			}
			h.mu.Unlock()
			r.refuses(room, intruder)
		})
	}
}

// forge makes another log of a person, with the same first device and an intruder's.
func forge(d *phone) ([]devicelog.Entry, *phone) {
	h := d.p.h
	_, key, _ := ed25519.GenerateKey(nil)
	intruder := d.p.phone(false)
	log := &devicelog.Log{Clinic: h.clinic, User: d.p.user}
	first, _ := log.Start(key, d.keys(), time.Now())
	log, err := log.Extend([]devicelog.Entry{first})
	if err != nil {
		h.t.Fatal(err)
	}
	second, _ := log.AddDevice(key, intruder.keys(), time.Now())
	return []devicelog.Entry{first, second}, intruder
}

// TestASwappedKeyIsNotAdded: the hub answers the claim for a certified device with a key
// package of its own making.
func TestASwappedKeyIsNotAdded(t *testing.T) {
	t.Parallel()
	h, r, dir, alice, bob, room := lair(t)
	_, theirs, _ := ed25519.GenerateKey(nil)
	h.mu.Lock()
	h.lieClaim = func(d hub.DeviceID) ([]byte, bool) {
		who := mlscore.Identity{Clinic: string(h.clinic), User: string(h.devices[d].user), Device: string(d)}
		p, _ := mlscore.NewPackage(mlscore.Signer{Identity: who, Key: theirs}, time.Now(), 24*time.Hour, false)
		return p.Public, true
	}
	h.mu.Unlock()
	laptop := bob.p.phone(true)
	r.refuses(room, laptop)
	h.mu.Lock()
	h.lieClaim = nil
	h.mu.Unlock()
	eventually(t, "the device's own package is taken", func() bool { return h.has(room, laptop) })
	r.settled(dir, room, alice, bob, laptop)
}

// TestAnotherDevicesPackageIsNotAdded: a package of a certified device in the place of another.
func TestAnotherDevicesPackageIsNotAdded(t *testing.T) {
	t.Parallel()
	h, r, _, _, bob, room := lair(t)
	stranger := h.phone()
	h.mu.Lock()
	h.lieClaim = func(hub.DeviceID) ([]byte, bool) { return stranger.packages[0].Public, true }
	h.mu.Unlock()
	laptop := bob.p.phone(true)
	r.refuses(room, laptop)
	if h.has(room, stranger) {
		t.Error("the stranger was added")
	}
}

// TestARejoinIsNotAWayIn: a rejoin that the hub invents for a member's device, with a key of its
// own, throws nobody out and lets nobody in.
func TestARejoinIsNotAWayIn(t *testing.T) {
	t.Parallel()
	h, r, dir, alice, bob, room := lair(t)
	_, theirs, _ := ed25519.GenerateKey(nil)
	p, err := mlscore.NewPackage(mlscore.Signer{Identity: bob.signer.Identity, Key: theirs}, time.Now(), 24*time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.rooms[room].rejoin = []client.KeyPackage{{User: bob.p.user, Device: bob.id(), Package: p.Public}}
	h.mu.Unlock()
	for range 2 {
		before := r.is().Refused
		eventually(t, "it has refused the package", func() bool { return r.is().Refused > before })
	}
	h.mu.Lock()
	h.rooms[room].rejoin = nil
	h.mu.Unlock()
	r.settled(dir, room, alice, bob)
}

// TestAMembersCommitWithAnUncertifiedDevice: the room stands still for the recorder, is
// reported, and goes on as soon as the device is certified.
func TestAMembersCommitWithAnUncertifiedDevice(t *testing.T) {
	t.Parallel()
	h, r, dir, alice, bob, room := lair(t)
	other := bob.begin(alice) // another room, which must not suffer
	pending := alice.p.phone(false)
	if !alice.commit(room, nil, pending.newPackage().Public) {
		t.Fatal("the commit was not taken")
	}
	eventually(t, "the room stands still", func() bool { return r.is().Stuck == 1 })
	eventually(t, "the hub has been told", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.ContainsFunc(h.faults, func(f client.Fault) bool { return f.Room == room && f.Cause == "commit" })
	})
	laptop := bob.p.phone(true)
	eventually(t, "the other room is kept", func() bool { return h.has(other, laptop) })
	alice.p.certify(pending)
	h.hint(map[string]any{"t": "log", "user": alice.p.user})
	eventually(t, "the room goes on", func() bool { return r.is().Stuck == 0 })
	eventually(t, "the room is kept again", func() bool { return h.has(room, laptop) })
	r.settled(dir, room, alice, bob, pending, laptop)
}

// TestTheHubCannotThrowOutAnother: its list names a leaf by number and device; a number that
// belongs to another device by now is not enough. And the recorder does not leave.
func TestTheHubCannotThrowOutAnother(t *testing.T) {
	t.Parallel()
	g, phones := bench(t, 3)
	m := &room{r: &recorder{}, group: g}
	leaf := func(i uint32, user, device string) client.Leaf {
		return client.Leaf{Leaf: i, User: hub.UserID(user), Device: hub.DeviceID(device)}
	}
	a, b := phones[1].Identity, phones[2].Identity
	for name, c := range map[string]struct {
		list []client.Leaf
		want []uint32
	}{
		"right":                   {[]client.Leaf{leaf(1, a.User, a.Device)}, []uint32{1}},
		"number of another epoch": {[]client.Leaf{leaf(2, a.User, a.Device)}, []uint32{1}},
		"both":                    {[]client.Leaf{leaf(1, a.User, a.Device), leaf(2, b.User, b.Device)}, []uint32{1, 2}},
		"twice":                   {[]client.Leaf{leaf(1, a.User, a.Device), leaf(1, a.User, a.Device)}, []uint32{1}},
		"another user's device":   {[]client.Leaf{leaf(1, b.User, a.Device)}, nil},
		"a device that is not in": {[]client.Leaf{leaf(1, a.User, "00000000-0000-4000-8000-000000000000")}, nil},
		"the recorder's own":      {[]client.Leaf{leaf(0, phones[0].Identity.User, phones[0].Identity.Device)}, nil},
		"nothing":                 {nil, nil},
	} {
		if got := m.removals(c.list); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// bench is a group of n devices of which we are the first.
func bench(t *testing.T, n int) (*mlscore.Group, []mlscore.Signer) {
	t.Helper()
	var signers []mlscore.Signer
	var packages []mlscore.Package
	for range n {
		_, key, _ := ed25519.GenerateKey(nil)
		s := mlscore.Signer{Key: key, Identity: mlscore.Identity{Clinic: hub.NewID[string](), User: hub.NewID[string](), Device: hub.NewID[string]()}}
		p, err := mlscore.NewPackage(s, time.Now(), time.Hour, false)
		if err != nil {
			t.Fatal(err)
		}
		signers, packages = append(signers, s), append(packages, p)
	}
	g, err := mlscore.Create(make([]byte, 16), signers[0], packages[0])
	if err != nil {
		t.Fatal(err)
	}
	var add [][]byte
	for _, p := range packages[1:] {
		add = append(add, p.Public)
	}
	s, err := g.Stage(nil, add)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Become(s.Next); err != nil {
		t.Fatal(err)
	}
	return g, signers
}
