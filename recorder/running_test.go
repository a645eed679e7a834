package recorder

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/mlscore"
	"github.com/wardline/wardline/recorder/vault"
)

// running is a recorder at work in a test.
type running struct {
	t      *testing.T
	h      *fakeHub
	cancel context.CancelFunc
	done   chan error

	mu     sync.Mutex
	health Health
}

var fast = times{
	poll: 20 * time.Millisecond, flush: 5 * time.Millisecond, retry: 5 * time.Millisecond, retryMax: 40 * time.Millisecond,
	await: 300 * time.Millisecond, refresh: 24 * time.Hour, spare: time.Hour, claim: 60 * time.Millisecond, fresh: 5 * time.Millisecond,
}

// start begins a recorder in a directory. change may alter its options.
func start(t *testing.T, h *fakeHub, dir string, change ...func(*Options)) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, h: h, cancel: cancel, done: make(chan error, 1)}
	o := Options{Hub: h.srv.URL, TokenFile: h.token, DataDir: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), times: fast, pool: 5}
	o.Report = func(now Health) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.health = now
	}
	for _, f := range change {
		f(&o)
	}
	go func() { r.done <- Run(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		<-r.done
	})
	return r
}

// stop ends the recorder and waits for it.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	err := <-r.done
	if err != nil {
		r.t.Errorf("the recorder ended with %v", err)
	}
	r.done <- err
}

func (r *running) is() Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health
}

// enrolled is a hub with a recorder that has offered its key packages.
func enrolled(t *testing.T, change ...func(*Options)) (*fakeHub, *running, string) {
	t.Helper()
	h, dir := newFakeHub(t), t.TempDir()
	r := start(t, h, dir, change...)
	h.waitEnrolled()
	return h, r, dir
}

func (h *fakeHub) waitEnrolled() {
	h.t.Helper()
	eventually(h.t, "the recorder has enrolled", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, d := range h.devices {
			if d.user == h.recorder && len(d.packages) > 0 && len(h.logs[h.recorder]) == 1 {
				return true
			}
		}
		return false
	})
}

// openVault opens the directory of a recorder that has ended.
func openVault(t *testing.T, path string) disk {
	t.Helper()
	d, err := vault.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// stateOf reads what a recorder that has ended has kept of a room.
func stateOf(t *testing.T, d disk, room hub.RoomID) (state, *mlscore.Group) {
	t.Helper()
	r := &recorder{disk: d, log: slog.New(slog.DiscardHandler)}
	if err := r.loadIdentity(); err != nil {
		t.Fatal(err)
	}
	m := newRoom(r, room)
	return m.st, m.group
}

// settled waits until exactly these devices are in the room, and then holds the recorder and
// all of them to the same epoch and secrets. The recorder is ended by it.
func (r *running) settled(dir string, room hub.RoomID, phones ...*phone) state {
	r.t.Helper()
	eventually(r.t, "the right devices are in the room", func() bool { return r.h.inTree(room, phones...) })
	r.h.waitAcked(room)
	r.stop()
	d, err := vault.Open(dir)
	if err != nil {
		r.t.Fatal(err)
	}
	defer d.Close() // it may be started again
	st, g := stateOf(r.t, d, room)
	if g == nil {
		r.t.Fatal("the recorder is not in the room")
	}
	r.h.agree(room, g, phones...)
	return st
}

// waitAcked waits until the recorder has taken in the whole room.
func (h *fakeHub) waitAcked(room hub.RoomID) {
	h.t.Helper()
	eventually(h.t, "the recorder has acknowledged everything", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.acked[room] == int64(len(h.rooms[room].items))
	})
}

// agree holds a group and devices to the same epoch and secrets.
func (h *fakeHub) agree(room hub.RoomID, g *mlscore.Group, phones ...*phone) {
	h.t.Helper()
	for _, d := range phones {
		d.sync(room)
		v := d.rooms[room]
		if v.group == nil {
			h.t.Errorf("device %s is not in the room", d.id())
			continue
		}
		if v.group.Epoch() != g.Epoch() || string(v.group.Authenticator()) != string(g.Authenticator()) {
			h.t.Errorf("device %s is in epoch %d, the recorder in %d, or their secrets differ", d.id(), v.group.Epoch(), g.Epoch())
		}
		if v.broken > 0 || v.gaps > 0 {
			h.t.Errorf("device %s could not open %d messages and missed %d numbers", d.id(), v.broken, v.gaps)
		}
	}
}

// told reports whether a device has heard a title from the recorder.
func (d *phone) told(room hub.RoomID, title string) bool {
	d.sync(room)
	for _, p := range d.rooms[room].infos {
		if p.Title == title {
			return true
		}
	}
	return false
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
