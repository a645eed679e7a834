package stream

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// Limits on what a client may send.
const (
	maxFrame   = 64 << 10
	maxHello   = 1 << 20 // bytes of the first frame, whose cursor names every room
	maxRooms   = 20_000  // in it: the recorder is in all there are
	fewMarks   = 32      // are searched one by one
	maxRefused = 20      // frames before the connection is closed as abusive
	frameRate  = 100     // frames per second in the long run ...
	frameBurst = 1000    // ... and at once: a device that caught up acknowledges what it got
	maxUnacked = 512     // written alerts whose acknowledgement is awaited
	byeBound   = time.Second
)

// conn is one connection. The goroutine in read owns the reading side; writer, while it
// runs, owns the writing side and the seq of marks.
type conn struct {
	hub    *Hub
	ws     *websocket.Conn
	clinic hub.ClinicID
	user   hub.UserID
	device hub.DeviceID
	check  func(context.Context) error
	serial uint64

	// Of the reader alone.
	known    bool // the first frame has come
	refused  int
	overdone int // messages beyond the rate, one after the other
	budget   bucket
	allowed  *allowance // nil until the first message

	mu       sync.Mutex
	cursor   map[string]int64 // of the hello, until the rooms are known
	marks    []mark
	at       map[hub.RoomID]int32 // where in marks, once they are many
	queue    [2][]queued          // alerts, and everything else
	unacked  []sent
	texts    [][]byte // small frames
	answers  [][]byte // to messages; never dropped
	notes    []note
	out      *outbox // nil while there is nothing in it
	watched  hub.RoomID
	ping     bool // is due
	pinged   time.Time
	checked  time.Time
	last     []byte // the frame that ends the connection, and the code of the close frame after it
	lastCode int
	finished bool // last has been taken for sending
	ready    bool // has been told so
	greeted  bool // has been welcomed
	learn    bool // the rooms must be read again, all of them
	relists  bool // the list of rooms must be read again
	hello    bool
	writing  bool
	pumping  bool
	checking bool
	gone     bool
}

// mark is how far a room has been written. A stale room is read from the store next; what
// is published meanwhile is not queued, because the store has it.
type mark struct {
	room  hub.RoomID
	seq   int64
	stale bool
	talk  bool // a conversation: it waits until no alarm room is stale
}

// note is a small frame that a later one with the same key replaces; "" is no key.
type note struct {
	key  string
	text []byte
}

type sent struct {
	room hub.RoomID
	seq  int64
	ref  string
}

// read serves the reading side until the connection ends.
func (c *conn) read() {
	defer c.hub.wg.Done()
	defer c.end()
	c.ws.SetReadLimit(maxHello)
	c.ws.SetReadDeadline(time.Now().Add(c.hub.o.Times.Hello))
	c.ws.SetPongHandler(func(string) error { c.alive(); return nil })
	handle := c.meet
	for {
		frame, err := c.receive()
		switch {
		case err != nil && !errors.Is(err, errFrame):
			return
		case c.ending():
			// Read on until the other side has closed: closing first could cut off the bye.
		case err != nil && c.known:
			c.refuse("malformed")
		case frame.post != nil && c.known && c.hub.o.Talk != nil:
			c.take(frame.post)
		case frame.post != nil:
			handle(frame) // is no hello
		case !c.unbounded() && !c.budget.take(time.Now(), frameRate, frameBurst):
			c.refuse("slow_down")
		default:
			handle(frame)
			handle = c.handle
		}
	}
}

var errFrame = errors.New("not a frame of the protocol")

// receive reads one frame; errFrame if it is none of ours.
func (c *conn) receive() (heard, error) {
	var f heard
	kind, data, err := c.ws.ReadMessage()
	if err != nil {
		return f, err
	}
	c.alive()
	switch {
	case kind == websocket.BinaryMessage:
		f.post, err = parsePost(data)
		return f, err
	case json.Unmarshal(data, &f) != nil:
		return f, errFrame
	}
	return f, nil
}

func (c *conn) alive() { c.ws.SetReadDeadline(time.Now().Add(c.hub.o.Times.Silence)) }

// meet takes the hello, which must be the first frame. The device must be the one the
// session is bound to.
func (c *conn) meet(f heard) {
	c.known = true
	c.ws.SetReadLimit(maxFrame)
	switch {
	case f.T != "hello" || len(f.Cursor) > maxRooms:
		c.refuseLast("hello_expected")
	case f.Device != string(c.device):
		c.refuseLast("wrong_device")
	default:
		c.mu.Lock()
		c.cursor, c.hello, c.pinged = f.Cursor, true, time.Now()
		c.mu.Unlock()
		c.confirm(c.hub.join(c), f.Cursor)
		if c.hub.o.Joined != nil {
			c.hub.o.Joined(c.device)
		}
		c.wake()
	}
}

// confirm takes what an earlier connection of the device had written and not seen
// acknowledged. What the device's cursor covers has arrived.
func (c *conn) confirm(earlier []sent, cursor map[string]int64) {
	var acts []alerting.Act
	for _, s := range earlier {
		if s.seq <= cursor[string(s.room)] {
			acts = append(acts, c.delivered(s))
		}
	}
	c.hub.acts.add(c.clinic, acts...)
}

func (c *conn) delivered(s sent) alerting.Act {
	return alerting.Act{Alert: hub.AlertID(s.ref), Kind: alerting.ActDelivered, User: c.user}
}

func (c *conn) handle(f heard) {
	switch {
	case f.T == "ack" && hub.ValidID(f.Room) && f.Seq > 0:
		c.ack(hub.RoomID(f.Room), f.Seq)
	case f.T == "seen" && hub.ValidID(f.Alert):
		c.hub.acts.add(c.clinic, alerting.Act{Alert: hub.AlertID(f.Alert), Kind: alerting.ActSeen, User: c.user})
	case f.T == "read" && hub.ValidID(f.Room) && f.Seq > 0 && c.hub.o.Talk != nil:
		c.markRead(hub.RoomID(f.Room), f.Seq)
	case f.T == "watch" && (f.Room == "" || hub.ValidID(f.Room)) && c.hub.o.Talk != nil:
		c.watch(hub.RoomID(f.Room))
	case f.T == "hello" || f.T == "ack" || f.T == "seen" || f.T == "read" || f.T == "watch":
		c.refuse("malformed")
	default:
		c.refuse("unknown_type")
	}
}

// ack moves the device's cursor. A number that was never written to it is not believed:
// the cursor would pass over what is still to come.
func (c *conn) ack(room hub.RoomID, seq int64) {
	c.mu.Lock()
	var acts []alerting.Act
	rest := c.unacked[:0]
	for _, s := range c.unacked {
		if s.room != room || s.seq > seq {
			rest = append(rest, s)
			continue
		}
		acts = append(acts, c.delivered(s))
	}
	c.unacked = rest
	if len(rest) == 0 {
		c.unacked = nil // an idle connection keeps no memory for it
	}
	m := c.mark(room)
	written := m != nil && seq <= m.seq
	c.mu.Unlock()
	if written {
		c.hub.cursors.move(c.clinic, c.user, c.device, room, seq)
	}
	c.hub.acts.add(c.clinic, acts...)
}

// refuse answers a frame with a stable code. The connection stays, unless it is at it
// again and again.
func (c *conn) refuse(code string) {
	if c.refused++; c.refused >= maxRefused {
		c.refuseLast(code)
		return
	}
	c.hub.refusals.count(code)
	c.say(said{T: "error", Code: code})
}

func (c *conn) refuseLast(code string) {
	c.hub.refusals.count(code)
	c.finish(said{T: "error", Code: code}, websocket.ClosePolicyViolation)
}

// end forgets the connection. The writer notices by its next write.
func (c *conn) end() {
	c.mu.Lock()
	c.gone = true
	left := c.unacked
	marks := c.marks
	c.mu.Unlock()
	c.hub.forget(c, marks)
	c.hub.leave(c, left)
	c.ws.Close()
}

// unbounded reports whether the rates of people's devices do not hold: the recorder
// acknowledges what all of them say.
func (c *conn) unbounded() bool { return c.user == c.hub.o.Recorder && c.user != "" }

// addMark appends the mark of a room that has none; c.mu is held.
func (c *conn) addMark(m mark) {
	c.marks = append(c.marks, m)
	switch {
	case c.at != nil:
		c.at[m.room] = int32(len(c.marks) - 1)
	case len(c.marks) > fewMarks:
		c.at = make(map[hub.RoomID]int32, 2*len(c.marks))
		for i := range c.marks {
			c.at[c.marks[i].room] = int32(i)
		}
	}
}

// mark returns the mark of a room, or nil; c.mu is held.
func (c *conn) mark(room hub.RoomID) *mark {
	if c.at != nil {
		if i, ok := c.at[room]; ok {
			return &c.marks[i]
		}
		return nil
	}
	for i := range c.marks {
		if c.marks[i].room == room {
			return &c.marks[i]
		}
	}
	return nil
}

// tick is called a few times per ping period.
func (c *conn) tick(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hello || c.gone {
		return
	}
	if now.Sub(c.pinged) >= c.hub.o.Times.Ping {
		c.pinged, c.ping = now, true
		c.wakeLocked()
	}
	if now.Sub(c.checked) >= c.hub.o.Times.Recheck && !c.checking && c.check != nil {
		// Noted before the look: whoever asks for another one meanwhile gets it.
		c.checking, c.checked = true, now
		c.hub.wg.Go(c.recheck)
	}
}

// recheck looks whether the session still holds. It makes up for a lock whose notice was
// lost, and lets an open connection count as use of the session.
func (c *conn) recheck() {
	ctx, cancel := context.WithTimeout(c.hub.ctx, 10*time.Second)
	defer cancel()
	err := c.hub.bounded(func() error { return c.check(ctx) })
	c.mu.Lock()
	c.checking = false
	c.mu.Unlock()
	var e *hub.Error
	if errors.As(err, &e) && e.Kind == hub.Unauthenticated {
		code := Expired
		if e.Code == string(Locked) {
			code = Locked
		}
		c.bye(code)
	}
}
