package stream

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/fanout"
)

// Protocol is the WebSocket subprotocol clients must offer.
const Protocol = "wardline.v1"

// Log is the part of messaging.Store that connections read and write.
type Log interface {
	Since(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, room hub.RoomID, after int64, limit int) ([]messaging.Delivery, error)
	SaveCursor(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, at messaging.Cursor) error
}

// Acts takes the receipts of devices. It is called with batches; refusals in the results
// are of no interest here.
type Acts interface {
	Acts(ctx context.Context, clinic hub.ClinicID, acts []alerting.Act) ([]alerting.Result, error)
}

// Options is what a Hub works with. The times have defaults and are set only by tests.
type Options struct {
	Log    Log
	Acts   Acts
	Fanout fanout.Fanout
	Talk   Talk // nil: there are no conversations
	// Rooms lists what an account may read, alarm rooms first.
	Rooms func(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]Room, error)
	// Readers lists whose room it is; it is asked when another node has written to a room.
	// Without it every connection of the clinic looks.
	Readers   func(ctx context.Context, clinic hub.ClinicID, room hub.RoomID) ([]hub.UserID, error)
	Joined    func(device hub.DeviceID) // is called, and must not block, when a device has connected; may be nil
	Recorder  hub.UserID                // whose receipts say nothing; "": there is none
	Receipts  bool                      // members are told how far the others have come
	SendRate  float64                   // messages of a device per second in the long run; 30
	SendBurst int                       // messages at once; 300
	Logger    *slog.Logger
	Times     Times
	Queue     int // items a connection may have waiting before it is resynced; 64
}

// Times are the periods of a Hub. Zero fields take the defaults.
type Times struct {
	Hello   time.Duration // until the first frame; 10 s
	Ping    time.Duration // between pings; 10 s
	Silence time.Duration // without any frame or pong before the connection is given up; 30 s
	Write   time.Duration // for one frame; 10 s
	Cursor  time.Duration // between two writes of cursors; 1 s
	Recheck time.Duration // between two looks at the session; 5 min
	Gap     time.Duration // that a missing number may be late; 500 ms
	Tell    time.Duration // between two frames of receipts of one room; 1 s
}

// Code is why the hub ends a connection; it is sent in the bye frame.
type Code string

// The codes of a bye.
const (
	Locked   Code = "locked"
	Revoked  Code = "revoked"
	Expired  Code = "expired"
	Replaced Code = "replaced"
	Restart  Code = "restart"
)

// closeCode repeats a bye in the close frame, for clients that lost the bye itself.
func (c Code) closeCode() int {
	return 4001 + slices.Index([]Code{Locked, Revoked, Expired, Replaced, Restart}, c)
}

// Stats counts since the start; Open is now.
type Stats struct {
	Open     int64            // connections that said hello
	Sent     int64            // items written
	Resyncs  int64            // rooms that a running connection had to read again
	Refused  map[string]int64 // frames of clients by the code of the refusal
	Lost     int64            // receipts given up after errors
	Unserved int64            // connections ended because the store did not answer
}

// Hub holds the connections of the chat listener on this node. All methods may be called
// at the same time.
type Hub struct {
	o        Options
	upgrader websocket.Upgrader
	ctx      context.Context // ends when the hub closes
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	frames   sync.Pool     // *[]byte: scratch in which a frame is put together
	reads    chan struct{} // bounds the connections that read the store at the same time
	acts     *receipts
	cursors  *cursors
	progress *progress
	refusals refusals
	spent    allowances
	serial   atomic.Uint64 // of the newest connection
	stats    struct{ sent, resyncs, unserved atomic.Int64 }

	strangers *strangers

	mu      sync.RWMutex
	closed  bool
	conns   map[*conn]struct{}       // all, also those that have not said hello
	devices map[hub.DeviceID]*conn   // one connection per device
	left    map[hub.DeviceID][]sent  // what ended connections had not seen acknowledged
	rooms   map[hub.RoomID]*sequence // touched only by publish and tick, under gaps
	gaps    sync.Mutex
}

// New returns a hub that serves at once. Close ends it.
func New(o Options) *Hub {
	o.Times = o.Times.withDefaults()
	if o.Queue == 0 {
		o.Queue = 64
	}
	if o.SendRate == 0 {
		o.SendRate = 30
	}
	if o.SendBurst == 0 {
		o.SendBurst = 300
	}
	h := &Hub{
		o: o, reads: make(chan struct{}, 16),
		conns: map[*conn]struct{}{}, devices: map[hub.DeviceID]*conn{}, left: map[hub.DeviceID][]sent{}, rooms: map[hub.RoomID]*sequence{},
	}
	// Frames are one write each; the small read buffer is enough for acknowledgements.
	h.upgrader = websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 4096, WriteBufferPool: &sync.Pool{}, Subprotocols: []string{Protocol}}
	h.frames.New = func() any { b := make([]byte, 0, 8192); return &b }
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.acts = newReceipts(o.Acts, o.Logger)
	h.cursors = newCursors(o.Log, o.Logger, h.arrived)
	h.progress = newProgress(o.Times.Tell, h.tellProgress)
	h.strangers = newStrangers(h)
	unsubscribe := o.Fanout.Subscribe(h.publish)
	h.wg.Go(func() { h.acts.run(h.ctx) })
	h.wg.Go(func() { h.cursors.run(h.ctx, o.Times.Cursor) })
	h.wg.Go(func() { h.progress.run(h.ctx) })
	h.wg.Go(func() { h.strangers.run(h.ctx) })
	h.wg.Go(func() { defer unsubscribe(); h.tick() })
	return h
}

func (t Times) withDefaults() Times {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&t.Hello, 10*time.Second)
	set(&t.Ping, 10*time.Second)
	set(&t.Silence, 30*time.Second)
	set(&t.Write, 10*time.Second)
	set(&t.Cursor, time.Second)
	set(&t.Recheck, 5*time.Minute)
	set(&t.Gap, 500*time.Millisecond)
	set(&t.Tell, time.Second)
	return t
}

// Serve upgrades a request whose session has been checked and has a device. It returns
// once the connection is established; what belongs to the request is then free. check is
// asked again from time to time whether the session still holds.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, s accounts.Session, check func(context.Context) error) {
	serial := h.serial.Add(1) // before the client knows, and could already replace it
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := &conn{hub: h, serial: serial, ws: ws, clinic: s.Clinic, user: s.Account.ID, device: s.Device, check: check}
	// Spread out, so that devices that came together are not looked at together.
	c.checked = time.Now().Add(-rand.N(h.o.Times.Recheck / 2))
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		ws.Close()
		return
	}
	h.conns[c] = struct{}{}
	h.wg.Add(1)
	h.mu.Unlock()
	go c.read()
}

// join makes c the connection of its device; the older of two is told that it was
// replaced. It returns what earlier connections of the device had not seen acknowledged.
func (h *Hub) join(c *conn) []sent {
	h.mu.Lock()
	old, left := h.devices[c.device], h.left[c.device]
	if old != nil && old.serial > c.serial { // its hello was overtaken by that of its successor
		h.mu.Unlock()
		c.bye(Replaced)
		return nil
	}
	h.devices[c.device] = c
	delete(h.left, c.device)
	h.mu.Unlock()
	if old != nil {
		old.bye(Replaced)
		old.mu.Lock()
		defer old.mu.Unlock()
		left = append(left, old.unacked...)
	}
	return left
}

func (h *Hub) leave(c *conn, unacked []sent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
	if h.devices[c.device] != c {
		return
	}
	delete(h.devices, c.device)
	if len(unacked) > 0 && len(h.left) < maxLeft {
		h.left[c.device] = unacked
	}
}

// maxLeft bounds for how many absent devices unacknowledged alerts are remembered. One too
// many costs a receipt, never an alert.
const maxLeft = 20_000

// bounded runs a read of the store when fewer than a fixed number run: after a restart ten
// thousand devices come back at once.
func (h *Hub) bounded(read func() error) error {
	select {
	case h.reads <- struct{}{}:
		defer func() { <-h.reads }()
		return read()
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

// Kick ends the connections of an account on this node.
func (h *Hub) Kick(clinic hub.ClinicID, user hub.UserID, code Code) {
	for _, c := range h.match(func(c *conn) bool { return c.clinic == clinic && c.user == user }) {
		c.bye(code)
	}
}

// KickDevice ends the connection of one device on this node.
func (h *Hub) KickDevice(clinic hub.ClinicID, device hub.DeviceID, code Code) {
	for _, c := range h.match(func(c *conn) bool { return c.clinic == clinic && c.device == device }) {
		c.bye(code)
	}
}

// Recheck looks at the sessions of all connections now. It follows a gap in hearing of
// locks, and any hint that somebody's access has changed.
func (h *Hub) Recheck() {
	for _, c := range h.match(func(*conn) bool { return true }) {
		c.mu.Lock()
		c.checked = time.Time{}
		c.mu.Unlock()
		c.tick(time.Now())
	}
}

// match collects connections, so that nothing is done with them under the hub's lock.
func (h *Hub) match(wanted func(*conn) bool) []*conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []*conn
	for c := range h.conns {
		if wanted(c) {
			out = append(out, c)
		}
	}
	return out
}

// tick pings, looks at sessions again and repairs gaps, for all connections from one
// goroutine: ten thousand timers would cost more than ten thousand comparisons.
func (h *Hub) tick() {
	every := time.NewTicker(min(h.o.Times.Ping/4, h.o.Times.Gap))
	defer every.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case now := <-every.C:
			h.repair(now)
			h.spent.forget(now, h.o.SendRate, h.open)
			for _, c := range h.match(func(*conn) bool { return true }) {
				c.tick(now)
			}
		}
	}
}

// Stats returns the counters.
func (h *Hub) Stats() Stats {
	h.mu.RLock()
	open := int64(len(h.devices))
	h.mu.RUnlock()
	return Stats{Open: open, Sent: h.stats.sent.Load(), Resyncs: h.stats.resyncs.Load(),
		Refused: h.refusals.all(), Lost: h.acts.lost.Load(), Unserved: h.stats.unserved.Load()}
}

// Close tells every client to come back later, waits until they are gone or ctx ends, and
// writes what they had acknowledged.
func (h *Hub) Close(ctx context.Context) {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	for _, c := range h.match(func(*conn) bool { return true }) {
		c.bye(Restart)
	}
	for h.waiting() && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	for _, c := range h.match(func(*conn) bool { return true }) {
		c.ws.Close()
	}
	h.cancel()
	h.wg.Wait()
}

func (h *Hub) waiting() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.conns) > 0
}
