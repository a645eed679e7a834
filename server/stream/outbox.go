package stream

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// Limits on what one connection may have waiting on its way into rooms.
const (
	postFrame   = 0x02     // first byte of a binary frame that carries a message
	maxMessage  = 60 << 10 // bytes of a message
	maxHead     = 1 << 10  // bytes of its JSON header
	maxPosted   = 256      // messages waiting
	maxAnswers  = 1024     // answers waiting: beyond it the client reads nothing
	maxReads    = 256      // rooms whose read mark waits
	postBatch   = 64       // messages given to the delivery service at once
	postBound   = 15 * time.Second
	maxNotes    = 64  // small frames with a key, see note
	maxOverdone = 500 // messages beyond the rate in a row before the connection is closed as abusive
)

// Talk is the delivery service behind the sockets: messaging.Chat.
type Talk interface {
	// Send appends messages of one device in their order, and says in each how it went.
	Send(ctx context.Context, by messaging.Caller, messages []*messaging.Message) error
	MarkRead(ctx context.Context, by messaging.Caller, room hub.RoomID, seq int64) (moved bool, err error)
	Receipts(ctx context.Context, by messaging.Caller, room hub.RoomID) ([]messaging.Receipt, error)
}

// outbox is what a connection has to give to the delivery service. It exists only while
// there is something in it.
type outbox struct {
	posts []*messaging.Message // those with a code are only to be answered
	full  int                  // how many of them have a body
	reads map[hub.RoomID]int64
	watch hub.RoomID // to be looked at
}

// post is the header of a message.
type post struct {
	Room  hub.RoomID         `json:"room"`
	ID    string             `json:"id"`
	Epoch int64              `json:"epoch"`
	Prio  messaging.Priority `json:"prio"`
}

// parsePost reads a binary frame: 0x02, the length of the header in four bytes, the header,
// the message. errFrame means that it cannot even be answered by its id.
func parsePost(frame []byte) (*messaging.Message, error) {
	if len(frame) < 5 || frame[0] != postFrame {
		return nil, errFrame
	}
	n := binary.BigEndian.Uint32(frame[1:5])
	if n > maxHead || int(n) > len(frame)-5 {
		return nil, errFrame
	}
	var p post
	if json.Unmarshal(frame[5:5+n], &p) != nil || !hub.ValidID(string(p.Room)) || !hub.ValidID(p.ID) {
		return nil, errFrame
	}
	m := &messaging.Message{Room: p.Room, ID: p.ID, Epoch: p.Epoch, Priority: p.Prio, Body: frame[5+n:]}
	switch {
	case len(m.Body) > maxMessage:
		m.Code = "too_large"
	case len(m.Body) == 0 || p.Epoch < 0 || p.Prio < messaging.Normal || p.Prio > messaging.Urgent:
		m.Code = "malformed"
	}
	return m, nil
}

// take takes a message of the client. It is called by the reader and never waits: what
// cannot be taken is refused, in its place among the answers.
func (c *conn) take(m *messaging.Message) {
	if c.allowed == nil {
		c.allowed = c.hub.spent.get(c.device)
	}
	switch {
	case c.unbounded() || c.allowed.take(time.Now(), c.hub.o.SendRate, float64(c.hub.o.SendBurst)):
		c.overdone = 0
	case c.overdone >= maxOverdone:
		c.refuseLast("slow_down")
		return
	default:
		c.overdone++
		m.Code = "slow_down"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.outLocked()
	if m.Code == "" && out.full >= maxPosted {
		m.Code = "slow_down"
	}
	if m.Code == "" {
		out.full++
	} else {
		m.Body = nil
	}
	if len(out.posts)+len(c.answers) >= maxAnswers {
		c.finishLocked(said{T: "error", Code: "slow_down"}, websocket.ClosePolicyViolation)
		return
	}
	out.posts = append(out.posts, m)
	c.pumpLocked()
}

// markRead notes how far the account has read; only the last word on a room is passed on.
func (c *conn) markRead(room hub.RoomID, seq int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.outLocked()
	if out.reads == nil {
		out.reads = map[hub.RoomID]int64{}
	}
	if len(out.reads) < maxReads || out.reads[room] > 0 {
		out.reads[room] = max(out.reads[room], seq)
	}
	c.pumpLocked()
}

// watch makes the client hear of the receipts of one room, or of none.
func (c *conn) watch(room hub.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watched = ""
	if room == "" || !c.hub.o.Receipts {
		return
	}
	c.outLocked().watch = room
	c.pumpLocked()
}

func (c *conn) outLocked() *outbox {
	if c.out == nil {
		c.out = &outbox{}
	}
	return c.out
}

// pumpLocked starts the goroutine that empties the outbox if it does not run.
func (c *conn) pumpLocked() {
	if !c.pumping {
		c.pumping = true
		c.hub.wg.Go(c.pump)
	}
}

// pump gives what waits to the delivery service until nothing is left. A connection that is
// merely gone has its messages kept all the same; one that was ended by the hub has not.
func (c *conn) pump() {
	for {
		work, ok := c.takeOut()
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(c.hub.ctx, postBound)
		c.sendPosts(ctx, work.posts)
		for room, seq := range work.reads {
			c.passRead(ctx, room, seq)
		}
		if work.watch != "" {
			c.beginWatch(ctx, work.watch)
		}
		cancel()
	}
}

// takeOut takes a batch off the outbox, or ends the pump.
func (c *conn) takeOut() (work outbox, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil || c.last != nil || c.hub.ctx.Err() != nil {
		c.out, c.pumping = nil, false
		return work, false
	}
	work = *c.out
	if len(work.posts) <= postBatch {
		c.out = nil
		return work, true
	}
	work.posts = work.posts[:postBatch:postBatch]
	c.out.posts = c.out.posts[postBatch:]
	for _, m := range work.posts {
		if m.Body != nil {
			c.out.full--
		}
	}
	c.out.reads, c.out.watch = nil, ""
	return work, true
}

// sendPosts appends a batch and answers each message. Without an answer of the store nothing
// is known to be kept: the client sends it again under the same id.
func (c *conn) sendPosts(ctx context.Context, posts []*messaging.Message) {
	open := make([]*messaging.Message, 0, len(posts))
	for _, m := range posts {
		if m.Code == "" {
			open = append(open, m)
		}
	}
	if len(open) > 0 {
		if err := c.hub.o.Talk.Send(ctx, c.caller(), open); err != nil {
			for _, m := range open {
				m.Code, m.Seq = "unavailable", 0
			}
			if c.hub.ctx.Err() == nil {
				c.hub.o.Logger.Warn("messages were not taken", "error", err)
			}
		}
	}
	for _, m := range posts {
		c.answer(m)
	}
}

func (c *conn) answer(m *messaging.Message) {
	v := said{T: "sent", ID: m.ID, Room: m.Room, Seq: m.Seq, At: m.At.UTC()}
	if m.Code != "" {
		c.hub.refusals.count(m.Code)
		v = said{T: "refused", ID: m.ID, Room: m.Room, Code: m.Code}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	c.answers = append(c.answers, encode(v))
	c.wakeLocked()
}

func (c *conn) caller() messaging.Caller {
	return messaging.Caller{Clinic: c.clinic, User: c.user, Device: c.device}
}

func (c *conn) passRead(ctx context.Context, room hub.RoomID, seq int64) {
	if _, err := c.hub.o.Talk.MarkRead(ctx, c.caller(), room, seq); err != nil { // told by its hint
		c.refusePassed(err)
	}
}

// beginWatch answers with how far everybody is now; what moves afterwards is told.
func (c *conn) beginWatch(ctx context.Context, room hub.RoomID) {
	c.mu.Lock()
	c.watched = room // before the look: what moves meanwhile is told twice rather than never
	c.mu.Unlock()
	found, err := c.hub.o.Talk.Receipts(ctx, c.caller(), room)
	if err != nil {
		c.mu.Lock()
		c.watched = ""
		c.mu.Unlock()
		c.refusePassed(err)
		return
	}
	items := make([]seenBy, len(found))
	for i, r := range found {
		items[i] = seenBy(r)
	}
	c.note("", encode(said{T: "receipts", Room: room, Items: items}))
}

// refusePassed answers a frame the delivery service did not take.
func (c *conn) refusePassed(err error) {
	code := "unavailable"
	var e *hub.Error
	if errors.As(err, &e) && e.Kind != hub.Internal && e.Kind != hub.Unavailable {
		if code = e.Code; code == "" {
			code = e.Kind.String()
		}
	}
	c.hub.refusals.count(code)
	c.say(said{T: "error", Code: code})
}

// refusals counts what was refused by code. Codes are few and ours.
type refusals struct {
	mu sync.Mutex
	n  map[string]int64
}

func (r *refusals) count(code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == nil {
		r.n = map[string]int64{}
	}
	r.n[code]++
}

func (r *refusals) all() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.n)
}
