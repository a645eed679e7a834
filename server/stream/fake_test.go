package stream_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

const clinic = hub.ClinicID("11111111-1111-7111-8111-111111111111")

// world stands in for the store, the fan-out and alerting. Items become visible to Since
// when they are appended and go to the subscriber when the test publishes them, so that
// hints can be late, lost or out of order.
type world struct {
	mu      sync.Mutex
	log     map[hub.RoomID][]*messaging.Put
	publish func([]*messaging.Put)
	acts    []alerting.Act
	cursors map[hub.DeviceID]messaging.Cursor
	left    map[hub.RoomID][]hub.UserID
	readers []hub.UserID
	fail    error
	block   chan struct{} // when set, Since waits for it
	asked   chan struct{} // gets a token for each call of Since, if there is room
}

func newWorld() *world {
	return &world{log: map[hub.RoomID][]*messaging.Put{}, cursors: map[hub.DeviceID]messaging.Cursor{}, asked: make(chan struct{}, 100)}
}

func (w *world) Publish([]*messaging.Put) {}

func (w *world) Subscribe(f func([]*messaging.Put)) func() {
	w.publish = f
	return func() {}
}

// add appends an item that the given devices can open.
func (w *world) add(room hub.RoomID, devices ...hub.DeviceID) *messaging.Put {
	w.mu.Lock()
	defer w.mu.Unlock()
	seq := int64(len(w.log[room]) + 1)
	p := &messaging.Put{Clinic: clinic, Item: messaging.Item{
		Room: room, Seq: seq, ID: string(hub.NewID[hub.MessageID]()), Kind: messaging.ItemAlert,
		Ref: alertOf(seq), Body: fmt.Appendf(nil, "%s/%d", room, seq), At: time.Unix(1_800_000_000, 0),
	}}
	for _, d := range devices {
		p.Wraps = append(p.Wraps, messaging.Wrap{Device: d, KEK: []byte("12345678"), Enc: []byte("enc of " + d), Row: []byte("row of " + d)})
	}
	w.log[room] = append(w.log[room], p)
	return p
}

func alertOf(seq int64) string { return fmt.Sprintf("aaaaaaaa-0000-7000-8000-%012d", seq) }

// send appends and publishes at once.
func (w *world) send(room hub.RoomID, devices ...hub.DeviceID) {
	w.publish([]*messaging.Put{w.add(room, devices...)})
}

func (w *world) Since(ctx context.Context, c hub.ClinicID, d hub.DeviceID, room hub.RoomID, after int64, limit int) ([]messaging.Delivery, error) {
	select {
	case w.asked <- struct{}{}:
	default:
	}
	w.mu.Lock()
	block := w.block
	w.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []messaging.Delivery
	for _, p := range w.log[room] {
		if p.Item.Seq <= after || len(out) == limit || c != clinic {
			continue
		}
		if i := slices.IndexFunc(p.Wraps, func(wr messaging.Wrap) bool { return wr.Device == d }); i >= 0 {
			out = append(out, messaging.Delivery{Item: p.Item, Wrap: p.Wraps[i]})
		}
		if slices.Contains(p.Audience, d) {
			out = append(out, messaging.Delivery{Item: p.Item, Welcome: slices.Contains(p.Added, d)})
		}
	}
	return out, w.fail
}

func (w *world) SaveCursor(_ context.Context, _ hub.ClinicID, d hub.DeviceID, at messaging.Cursor) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cursors[d] == nil {
		w.cursors[d] = messaging.Cursor{}
	}
	for room, seq := range at {
		w.cursors[d][room] = max(w.cursors[d][room], seq)
	}
	return w.fail
}

func (w *world) Acts(_ context.Context, _ hub.ClinicID, acts []alerting.Act) ([]alerting.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return nil, w.fail
	}
	w.acts = append(w.acts, acts...)
	return make([]alerting.Result, len(acts)), nil
}

func (w *world) rooms(_ context.Context, _ hub.ClinicID, user hub.UserID) ([]stream.Room, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []stream.Room
	for room, log := range w.log {
		if w.left[room] == nil || !slices.Contains(w.left[room], user) {
			out = append(out, stream.Room{ID: room, Kind: kindOf(room), LastSeq: int64(len(log))})
		}
	}
	return out, w.fail
}

// kindOf makes rooms 1 to 9 alarm rooms, 10 to 19 groups and the others direct.
func kindOf(room hub.RoomID) messaging.RoomKind {
	switch room[len(room)-2] {
	case '0':
		return messaging.AlarmRoom
	case '1':
		return messaging.GroupRoom
	}
	return messaging.DirectRoom
}

// rig is a hub behind a real HTTP server. Each request says in a header whose it is.
type rig struct {
	*world
	t     testing.TB
	talk  talk
	hub   *stream.Hub
	url   string
	check func(context.Context) error
}

func newRig(t testing.TB, times stream.Times, queue int) *rig {
	t.Helper()
	return newTalkRig(t, stream.Options{Times: times, Queue: queue})
}

// newTalkRig is newRig with more to choose; the ports are the rig's own.
func newTalkRig(t testing.TB, o stream.Options) *rig {
	t.Helper()
	r := &rig{world: newWorld(), t: t}
	r.talk.held = make(chan struct{}, 1)
	r.talk.world = r.world
	o.Log, o.Acts, o.Fanout, o.Rooms, o.Talk, o.Logger = r.world, r.world, r.world, r.rooms, &r.talk, slog.New(slog.DiscardHandler)
	r.hub = stream.New(o)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		device := hub.DeviceID(req.Header.Get("Test-Device"))
		s := accounts.Session{Clinic: clinic, Device: device, Account: accounts.Account{ID: userOf(device)}}
		r.hub.Serve(w, req, s, r.check)
	}))
	r.url = "ws" + strings.TrimPrefix(srv.URL, "http")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		r.hub.Close(ctx)
		srv.Close()
	})
	return r
}

// userOf gives the devices 1 and 101 one user, 2 and 102, and so on.
func userOf(d hub.DeviceID) hub.UserID { return "user " + hub.UserID(d[max(0, len(d)-2):]) }

func deviceN(n int) hub.DeviceID {
	return hub.DeviceID(fmt.Sprintf("dddddddd-0000-7000-8000-%012d", n))
}
func roomN(n int) hub.RoomID {
	return hub.RoomID(fmt.Sprintf("eeeeeeee-0000-7000-8000-%012d", n))
}

// client is a device with its durable cursor.
type client struct {
	t      testing.TB
	rig    *rig
	device hub.DeviceID
	ws     *websocket.Conn
	cursor map[hub.RoomID]int64
	got    []string // room/seq, in order, over all connections
	ready  bool     // this connection has been told so
	last   itemHead // of the newest item
	heard  frame    // the newest text frame
}

// itemHead is the header of an item; the pointers tell what is missing from what is empty.
type itemHead struct {
	Room    hub.RoomID
	Seq     int64
	Kind    string
	KEK     []byte
	User    *string
	From    *string
	Epoch   *int64
	Prio    *int
	Welcome bool
}

// frame is any text frame of the hub.
type frame struct {
	T, Code, ID, User string
	Room              hub.RoomID
	Seq               int64
	At                time.Time
	Items             []struct {
		User            hub.UserID
		Delivered, Read int64
	}
}

func (r *rig) client(t testing.TB, n int) *client {
	return &client{t: t, rig: r, device: deviceN(n), cursor: map[hub.RoomID]int64{}}
}

func (c *client) dial() {
	c.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{stream.Protocol}}
	ws, _, err := d.Dial(c.rig.url, http.Header{"Test-Device": {string(c.device)}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.ws = ws
	ws.SetReadDeadline(time.Now().Add(time.Minute))
	c.t.Cleanup(func() { ws.Close() })
}

func (c *client) write(v any) {
	c.t.Helper()
	if err := c.ws.WriteJSON(v); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) hello() {
	c.t.Helper()
	c.ready = false
	c.write(map[string]any{"t": "hello", "device": c.device, "cursor": c.cursor})
}

// next reads one frame: the type of a text frame with its code, or "item".
func (c *client) next() (string, error) {
	kind, data, err := c.ws.ReadMessage()
	if err != nil {
		return "", err
	}
	if kind == websocket.BinaryMessage {
		return "item", c.keep(data)
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return "", err
	}
	if f.T == "beat" {
		return c.next()
	}
	c.ready = c.ready || f.T == "ready"
	c.heard = f
	return strings.TrimSuffix(f.T+" "+f.Code, " "), nil
}

// keep checks an item frame against the contract and moves the cursor.
func (c *client) keep(data []byte) error {
	n := binary.BigEndian.Uint32(data[1:5])
	var head itemHead
	if err := json.Unmarshal(data[5:5+n], &head); err != nil {
		return err
	}
	rest := data[5+n:]
	enc, rest := short(rest)
	row, body := short(rest)
	want := fmt.Sprintf("%s/%d", head.Room, head.Seq)
	wrapped := string(head.KEK) == "12345678" && string(enc) == "enc of "+string(c.device) && string(row) == "row of "+string(c.device)
	bare := len(head.KEK)+len(enc)+len(row) == 0 && head.From != nil && head.Epoch != nil && head.Prio != nil && head.User != nil
	if data[0] != 1 || string(body) != want || wrapped != (head.Kind == "alert") || bare == wrapped {
		return fmt.Errorf("frame of %s is wrong: %q", want, data)
	}
	c.last = head
	if head.Seq <= c.cursor[head.Room] {
		return fmt.Errorf("%s came after %d", want, c.cursor[head.Room])
	}
	c.cursor[head.Room] = head.Seq
	c.got = append(c.got, want)
	return nil
}

func short(b []byte) (part, rest []byte) {
	n := binary.BigEndian.Uint16(b)
	return b[2 : 2+n], b[2+n:]
}

// until reads frames up to the wanted one and returns those before it.
func (c *client) until(want string) (before []string) {
	c.t.Helper()
	for {
		f, err := c.next()
		if err != nil {
			c.t.Fatalf("waiting for %q after %v: %v", want, before, err)
		}
		if f == want {
			return before
		}
		before = append(before, f)
	}
}

// sync reads up to a hint sent now. Items that wait may come before or after it.
func (c *client) sync() {
	c.t.Helper()
	if !c.ready {
		c.until("ready")
		return
	}
	c.rig.hub.Tell(clinic, stream.HintDuty)
	c.until("duty")
}

// eventually polls a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (w *world) locked(f func() bool) func() bool {
	return func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return f()
	}
}
