package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
)

// cable is a network that loses connections and sometimes crawls.
type cable struct {
	listener net.Listener
	to       string
	crawl    atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", hubtest.MustFreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l, to: to, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); c.cut() })
	go c.serve()
	return c
}

func (c *cable) serve() {
	for {
		in, err := c.listener.Accept()
		if err != nil {
			return
		}
		go c.join(in)
	}
}

func (c *cable) join(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer out.Close()
	c.mu.Lock()
	c.conns[in], c.conns[out] = true, true
	c.mu.Unlock()
	go func() { defer out.Close(); _, _ = io.Copy(out, in) }()
	c.carry(in, out)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, in)
	delete(c.conns, out)
}

// carry brings the hub's bytes to the device, a few at a time while the network crawls, so
// that the hub has a slow reader.
func (c *cable) carry(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		part := buf
		if c.crawl.Load() {
			part = buf[:256]
			time.Sleep(20 * time.Millisecond) // the crawling itself
		}
		n, err := from.Read(part)
		if n > 0 {
			if _, err := to.Write(part[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends every connection at once.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}

// recorderProcess is the real recorder beside a hub.
type recorderProcess struct {
	hub *theHub
	cmd *exec.Cmd
	out lockedBuffer
}

func (h *theHub) recorder(t *testing.T) *recorderProcess {
	t.Helper()
	r := &recorderProcess{hub: h}
	r.start(t)
	t.Cleanup(func() { r.end(syscall.SIGTERM) })
	return r
}

func (r *recorderProcess) start(t *testing.T) {
	t.Helper()
	r.cmd = exec.Command(r.hub.cmd.Path, append([]string{"recorder"}, r.hub.flags()...)...)
	r.cmd.Env = append(os.Environ(), "WARDLINE_CHAT_URL=http://"+r.hub.chat)
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (r *recorderProcess) end(sig syscall.Signal) {
	_ = r.cmd.Process.Signal(sig)
	_ = r.cmd.Wait()
}

// chaos is a room of people on bad networks.
type chaos struct {
	*theHub
	rec    *recorderProcess
	people []*talker
	cables []*cable
	room   hub.RoomID
	dice   *rand.Rand
}

// TestNothingIsUndecryptable has people talk over connections that break, crawl and come
// back all at once, while devices come and go, the recorder is killed and the hub restarted.
// Afterwards every device must have opened every message it was in the room for, each once
// and in order.
func TestNothingIsUndecryptable(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of chaos")
	}
	c := newChaos(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var connected, talking sync.WaitGroup
	talk, silence := context.WithCancel(ctx)
	defer silence()
	for i, p := range c.people {
		connected.Go(func() { p.run(ctx) })
		talking.Go(func() { p.chat(talk, c.room, fmt.Sprint(i)) })
	}
	second := c.secondDevice(t, 0)
	connected.Go(func() { second.run(ctx) })
	third := c.secondDevice(t, 1)
	connected.Go(func() { third.run(ctx) })

	c.until(t, "the second devices to be brought in", func() bool { return second.in(c.room) && third.in(c.room) })
	talking.Go(func() { second.chat(talk, c.room, "second") })
	c.storm(t, ctx, 12)
	c.revoke(t, 1, third)
	c.storm(t, ctx, 12)

	silence()
	talking.Wait()
	c.calm()
	all := append(slices.Clone(c.people), second)
	c.until(t, "everybody to have read everything", func() bool { return c.level(t, all) })
	cancel()
	connected.Wait()
	c.judge(t, all, third)
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &chaos{theHub: newHub(t), dice: rand.New(rand.NewPCG(seed, 3))}
	c.rec = c.recorder(t)
	c.people = c.talkers(t, 4)
	for _, p := range c.people {
		c.plug(t, p)
	}
	var users []hub.UserID
	for _, p := range c.people[1:] {
		users = append(users, p.user)
	}
	c.awaitRecorder(t)
	c.room = c.people[0].begin(t, messaging.GroupRoom, users...)
	return c
}

// awaitRecorder waits until the recorder can be invited.
func (c *chaos) awaitRecorder(t *testing.T) {
	t.Helper()
	c.until(t, "the recorder to offer key packages", func() bool {
		var about struct {
			Recorder *struct{ Device hub.DeviceID }
		}
		if _, err := c.people[0].do(t.Context(), "GET", "/chat", nil, &about); err != nil || about.Recorder == nil || about.Recorder.Device == "" {
			return false
		}
		var found struct{ Items []client.KeyPackage }
		_, err := c.people[0].do(t.Context(), "POST", "/keypackages/claim", map[string]any{"devices": []hub.DeviceID{about.Recorder.Device}}, &found)
		return err == nil && len(found.Items) == 1
	})
}

// plug puts a cable between a device and the hub.
func (c *chaos) plug(t *testing.T, p *talker) {
	t.Helper()
	cab := newCable(t, c.chat)
	api, err := client.New("http://"+cab.listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	api.Resume(p.api.Session())
	p.api = api
	c.cables = append(c.cables, cab)
}

// secondDevice signs a person in once more and certifies the device with their account key.
func (c *chaos) secondDevice(t *testing.T, of int) *talker {
	t.Helper()
	b := newBrowser(c.chat)
	b.must(t, "POST", "/auth/login", map[string]string{"login": fmt.Sprintf("70%02d", of), "password": "drei-Lampen-im-Flur"}, nil)
	p := newTalker(t, b, c.people[of])
	c.plug(t, p)
	return p
}

// storm breaks something a few times.
func (c *chaos) storm(t *testing.T, ctx context.Context, times int) {
	t.Helper()
	for range times {
		pause(ctx, time.Duration(200+c.dice.IntN(800))*time.Millisecond)
		switch c.dice.IntN(6) {
		case 0: // everybody at once
			for _, cab := range c.cables {
				cab.cut()
			}
		case 1:
			c.rec.end(syscall.SIGKILL)
			c.rec.start(t)
		case 2:
			c.kill(syscall.SIGKILL)
			c.start(t)
		default:
			cab := c.cables[c.dice.IntN(len(c.cables))]
			cab.crawl.Store(!cab.crawl.Load())
			cab.cut()
		}
	}
}

func (c *chaos) calm() {
	for _, cab := range c.cables {
		cab.crawl.Store(false)
		cab.cut()
	}
}

// revoke takes a device away from a person and waits until the recorder has removed its leaf.
func (c *chaos) revoke(t *testing.T, of int, device *talker) {
	t.Helper()
	c.people[of].must(t, "DELETE", "/devices/"+string(device.device), nil, nil)
	c.until(t, "the recorder to remove the device", func() bool {
		c.people[of].mu.Lock()
		defer c.people[of].mu.Unlock()
		_, there := c.people[of].groups[c.room].Find(string(device.device))
		return !there
	})
}

func (c *chaos) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	waitFor(t, what, 90*time.Second, ok, func() string {
		var b strings.Builder
		for i, p := range c.people {
			p.mu.Lock()
			fmt.Fprintf(&b, "device %d: at %d, broken %v\n", i, p.cursor[c.room], p.broken[:min(3, len(p.broken))])
			p.mu.Unlock()
		}
		return b.String() + c.rec.out.String()
	})
}

// level reports whether every device has come to the end of the room.
func (c *chaos) level(t *testing.T, all []*talker) bool {
	t.Helper()
	last := c.people[0].lastSeqSoon(t, c.room)
	for _, p := range all {
		p.mu.Lock()
		at := p.cursor[c.room]
		p.mu.Unlock()
		if last == 0 || at < last {
			return false
		}
	}
	return true
}

func (c *chaos) judge(t *testing.T, all []*talker, gone *talker) {
	t.Helper()
	total := 0
	for i, p := range append(slices.Clone(all), gone) {
		if len(p.broken) > 0 {
			t.Errorf("device %d could not open %d items: %v", i, len(p.broken), p.broken[:min(5, len(p.broken))])
		}
		if fault := inOrder(p.heard[c.room]); fault != "" {
			t.Errorf("device %d: %s", i, fault)
		}
		total += len(p.heard[c.room])
	}
	t.Logf("%d messages opened by %d devices", total, len(all)+1)
	if total < 500 {
		t.Errorf("too little talk to prove anything")
	}
	for i, p := range c.people[1:] { // who was there from the beginning has heard the same
		if a, b := about(p.heard[c.room], c.people[0], p), about(c.people[0].heard[c.room], c.people[0], p); !slices.Equal(a, b) {
			t.Errorf("device %d heard %d messages of others, device 0 heard %d", i+1, len(a), len(b))
		}
	}
}

// inOrder says what is wrong with what a device heard: each sender counts, and no number may
// be missing, come twice or come late.
func inOrder(heard []heardMessage) string {
	next := map[hub.DeviceID]int{}
	for _, m := range heard {
		var who string
		var n int
		if _, err := fmt.Sscanf(strings.Replace(m.text, "/", " ", 1), "%s %d", &who, &n); err != nil {
			return "odd text " + m.text
		}
		if want, known := next[m.from]; known && n != want {
			return fmt.Sprintf("%s: %d where %d was due (number %d)", who, n, want, m.seq)
		}
		next[m.from] = n + 1
	}
	return ""
}

// about are the messages that neither of two devices has sent itself.
func about(heard []heardMessage, a, b *talker) []heardMessage {
	return slices.DeleteFunc(slices.Clone(heard), func(m heardMessage) bool { return m.from == a.device || m.from == b.device })
}

// chat counts aloud until ctx ends. A number that was not answered any more is the last one.
func (tk *talker) chat(ctx context.Context, room hub.RoomID, who string) {
	for i := 0; ctx.Err() == nil; i++ {
		if _, err := tk.say(ctx, room, hub.NewID[string](), fmt.Sprintf("%s/%d", who, i)); err != nil {
			return
		}
		pause(ctx, 60*time.Millisecond)
	}
}

func (tk *talker) in(room hub.RoomID) bool {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return tk.groups[room] != nil
}

// lastSeqSoon is the number of a room's last item as the list of rooms has it, 0 while the
// hub does not answer.
func (tk *talker) lastSeqSoon(t *testing.T, room hub.RoomID) int64 {
	t.Helper()
	var list struct {
		Items []struct {
			ID      hub.RoomID
			LastSeq int64 `json:"last_seq"`
		}
	}
	if _, err := tk.do(t.Context(), "GET", "/rooms", nil, &list); err != nil {
		return 0
	}
	for _, r := range list.Items {
		if r.ID == room {
			return r.LastSeq
		}
	}
	return 0
}
