package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
)

// errDead is all that a recorder gets of the world after it has crashed.
var errDead = errors.New("dead")

// crash ends a recorder at its n-th step. A step is the moment before or after something that
// outlives the process: a file kept, a call that changes the hub, a message sent. From then on
// nothing it does has any effect, as after kill -9.
type crash struct {
	mu    sync.Mutex
	at    int // 0: never
	n     int
	steps []string
	dead  chan struct{}
}

func newCrash(at int) *crash { return &crash{at: at, dead: make(chan struct{})} }

func (c *crash) step(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.dead:
		return errDead
	default:
	}
	c.n++
	c.steps = append(c.steps, name)
	if c.n == c.at {
		close(c.dead)
		return errDead
	}
	return nil
}

func (c *crash) happened() bool {
	select {
	case <-c.dead:
		return true
	default:
		return false
	}
}

// around does something between two steps.
func (c *crash) around(name string, f func() error) error {
	if err := c.step("before " + name); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return c.step("after " + name)
}

// install lets the crash happen to a recorder.
func (c *crash) install(d disk) func(*Options) {
	return func(o *Options) {
		o.disk = crashDisk{d, c}
		o.Transport = crashTransport{c}
		o.send = func(s *client.Stream, room hub.RoomID, id string, epoch int64, body []byte) error {
			return c.around("send", func() error { return s.Send(room, id, epoch, body) })
		}
	}
}

type crashDisk struct {
	disk
	c *crash
}

func (d crashDisk) Put(name string, plain []byte) error {
	kind, _, _ := strings.Cut(name, "/")
	return d.c.around("keep "+kind, func() error { return d.disk.Put(name, plain) })
}

// ram is a disk that outlives recorders and waits for no platter. What the real one does
// at a crash is tested in package vault, and by TestKill.
type ram struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (d *ram) Put(name string, plain []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[name] = bytes.Clone(plain)
	return nil
}

func (d *ram) Get(name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f, ok := d.files[name]; ok {
		return bytes.Clone(f), nil
	}
	return nil, fs.ErrNotExist
}

func (d *ram) Names(folder string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for name := range d.files {
		if in, file, _ := strings.Cut(name, "/"); in == folder {
			out = append(out, file)
		}
	}
	return out, nil
}

func (d *ram) Aside(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, name)
	return nil
}

type crashTransport struct{ c *crash }

func (t crashTransport) RoundTrip(r *http.Request) (res *http.Response, err error) {
	if r.Method == http.MethodGet {
		if t.c.happened() {
			return nil, errDead
		}
		return http.DefaultTransport.RoundTrip(r)
	}
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	err = t.c.around("post "+name, func() error {
		res, err = http.DefaultTransport.RoundTrip(r)
		return err
	})
	if err != nil && res != nil {
		res.Body.Close()
		res = nil // the hub has done it, and nobody here hears of it
	}
	return res, err
}

// story is everything that a recorder does, from its first start on.
type story struct {
	t      *testing.T
	h      *fakeHub
	disk   disk
	alice  *phone
	bob    *phone
	laptop *phone // of bob's, comes later
	room   hub.RoomID
}

// tell begins the room, once the recorder has offered key packages, and then gives it all
// there is to do: a lock, a rejoin, a new device, a newcomer.
func (s *story) tell(r *running, c *crash) {
	s.h.waitOr(c, func() bool { return s.h.offers() })
	if c.happened() {
		return
	}
	s.begin()
	s.h.waitOr(c, func() bool { return r.is().Rooms == 1 })
	if c.happened() {
		return
	}
	s.unfold()
	s.h.waitOr(c, func() bool { return s.done() })
}

func (s *story) begin() {
	tablet := s.alice.p.phone(true)
	s.room = s.alice.begin(s.bob, tablet)
	s.alice.inform(s.room, 1, "Visite", s.alice.p, s.bob.p)
	s.bob.sync(s.room)
	s.h.lock(tablet)
}

func (s *story) unfold() {
	s.laptop = s.bob.p.phone(true)
	s.bob.askRejoin(s.room)
}

func (s *story) done() bool {
	s.bob.sync(s.room)
	return s.h.inTree(s.room, s.alice, s.bob, s.laptop) && s.laptop.told(s.room, "Visite") && s.bob.rooms[s.room].group != nil
}

// offers reports whether the recorder's key packages are there.
func (h *fakeHub) offers() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.devices {
		if d.user == h.recorder && len(d.packages) > 0 {
			return true
		}
	}
	return false
}

// waitOr waits until something is true or the recorder is dead.
func (h *fakeHub) waitOr(c *crash, ok func() bool) {
	h.t.Helper()
	eventually(h.t, "the story goes on", func() bool { return c.happened() || ok() })
}

// TestCrashes ends the recorder at each single step of a story, starts it again, and demands
// that everything has been done in the end, that all are in one epoch with the same secrets,
// that no message was lost and none said twice.
func TestCrashes(t *testing.T) {
	t.Parallel()
	whole := newCrash(0)
	runStory(t, whole)
	t.Logf("the story has %d steps: %s", whole.n, strings.Join(whole.steps, ", "))
	for _, must := range []string{"keep identity", "keep rooms", "post devices", "post log", "post keypackages", "post commits", "send"} {
		if !strings.Contains(strings.Join(whole.steps, ","), must) {
			t.Errorf("the story has no step %q", must)
		}
	}
	for at := 1; at <= whole.n; at++ {
		t.Run(fmt.Sprintf("step %d", at), func(t *testing.T) {
			t.Parallel()
			runStory(t, newCrash(at))
		})
	}
}

// TestCrashesAgain crashes it several times in one story, wherever it happens to be.
func TestCrashesAgain(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, 3))
			var all []*crash
			for range 4 {
				all = append(all, newCrash(1+dice.IntN(25)))
			}
			runStory(t, all...)
		})
	}
}

// runStory lets one recorder after the other work at the story, each of which crashes, and a
// last one that does not.
func runStory(t *testing.T, crashes ...*crash) {
	h := newFakeHub(t)
	s := &story{t: t, h: h, disk: &ram{files: map[string][]byte{}}, alice: h.phone(), bob: h.phone()}
	for _, c := range crashes {
		r := start(t, h, "", c.install(s.disk))
		s.goOn(r, c)
		r.cancel()
		r.done <- <-r.done // what it says of its end is of no interest: it is dead
	}
	r := start(t, h, "", newCrash(0).install(s.disk))
	s.end(r)
	s.check()
}

// end lets a recorder that lives finish the story.
func (s *story) end(r *running) {
	s.goOn(r, newCrash(0))
	eventually(s.t, "the newest device has been told", s.h.toldSince(s.room))
	s.h.waitAcked(s.room)
	r.stop()
}

// toldSince reports whether the recorder has spoken since the last device came.
func (h *fakeHub) toldSince(room hub.RoomID) func() bool {
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, it := range slices.Backward(h.rooms[room].items) {
			if len(it.added) > 0 {
				return false
			}
			if it.Kind == messaging.ItemMessage && it.User == h.recorder {
				return true
			}
		}
		return false
	}
}

// goOn does what is left of the story.
func (s *story) goOn(r *running, c *crash) {
	switch {
	case s.room == "":
		s.tell(r, c)
	case s.laptop == nil:
		s.h.waitOr(c, func() bool { return r.is().Rooms == 1 })
		if c.happened() {
			return
		}
		s.unfold()
		fallthrough
	default:
		s.h.waitOr(c, s.done)
	}
}

func (s *story) check() {
	st, g := stateOf(s.t, s.disk, s.room)
	if g == nil {
		s.t.Fatal("the recorder has lost the room")
	}
	s.h.agree(s.room, g, s.alice, s.bob, s.laptop)
	if len(st.Staged) != 0 || st.Out != nil || st.Tell != 0 {
		s.t.Errorf("left undone: %d commits, message %v, to be told %d", len(st.Staged), st.Out != nil, st.Tell)
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	if len(s.h.faults) != 0 {
		s.t.Errorf("messages that could not be opened: %v", s.h.faults)
	}
	devices := 0
	for _, d := range s.h.devices {
		if d.user == s.h.recorder {
			devices++
		}
	}
	if devices != 1 || len(s.h.logs[s.h.recorder]) != 1 {
		s.t.Errorf("the recorder has %d devices and %d log entries", devices, len(s.h.logs[s.h.recorder]))
	}
}

// TestKill is the real thing: the recorder is a process of its own, killed with SIGKILL again
// and again while it works.
func TestKill(t *testing.T) {
	t.Parallel()
	h := newFakeHub(t)
	s := &story{t: t, h: h, alice: h.phone(), bob: h.phone()}
	dice := rand.New(rand.NewPCG(1, 2))
	alive, dir := newCrash(0), t.TempDir()
	for range 5 {
		kill := s.spawn(dir)
		life := time.Now().Add(time.Duration(100+dice.IntN(300)) * time.Millisecond)
		h.waitOr(alive, func() bool { return time.Now().After(life) || s.room == "" && h.offers() })
		if s.room == "" && h.offers() {
			s.begin()
			s.unfold()
		}
		kill()
	}
	s.end(start(t, h, dir))
	s.disk = openVault(t, dir)
	s.check()
}

const childVariable = "WARDLINE_RECORDER_CHILD"

// spawn starts this test binary as a recorder; the result kills it.
func (s *story) spawn(dir string) (kill func()) {
	s.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join([]string{s.h.srv.URL, s.h.token, dir}, "\n"))
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// TestChild is not a test but the process that TestKill kills.
func TestChild(t *testing.T) {
	args := strings.Split(os.Getenv(childVariable), "\n")
	if len(args) != 3 {
		t.Skip("only as the child of TestKill")
	}
	if err := Run(t.Context(), Options{Hub: args[0], TokenFile: args[1], DataDir: args[2], times: fast, pool: 5}); err != nil {
		t.Fatal(err)
	}
}
