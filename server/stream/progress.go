package stream

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// seenBy is how far one member has come in a room; 0 is for what has not moved.
type seenBy struct {
	User      hub.UserID `json:"user"`
	Delivered int64      `json:"delivered"`
	Read      int64      `json:"read"`
}

// progress gathers what members have received and read and tells it to those who look at
// the room, at most once per period and room: the first move goes at once.
type progress struct {
	period time.Duration
	tell   func(room hub.RoomID, items []seenBy)
	wake   chan struct{}

	mu    sync.Mutex
	rooms map[hub.RoomID]*moves
}

// moves are those of one room; an entry without any is a room told within the last period.
type moves struct {
	due time.Time
	by  map[hub.UserID]seenBy
}

// gather is how long a first move may wait for others, of many rooms.
const gather = 10 * time.Millisecond

func newProgress(period time.Duration, tell func(hub.RoomID, []seenBy)) *progress {
	return &progress{period: period, tell: tell, wake: make(chan struct{}, 1), rooms: map[hub.RoomID]*moves{}}
}

func (p *progress) add(room hub.RoomID, to seenBy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.rooms[room]
	if m == nil {
		m = &moves{by: map[hub.UserID]seenBy{}}
		p.rooms[room] = m
	}
	had := m.by[to.User]
	m.by[to.User] = seenBy{to.User, max(had.Delivered, to.Delivered), max(had.Read, to.Read)}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *progress) run(ctx context.Context) {
	timer := time.NewTimer(p.period)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-timer.C:
		}
		time.Sleep(gather) // what comes together is told together
		if next := p.flush(time.Now()); next > 0 {
			timer.Reset(next)
		}
	}
}

// flush tells what is due and returns in how long there may be more; 0 is never.
func (p *progress) flush(now time.Time) time.Duration {
	p.mu.Lock()
	due := map[hub.RoomID]map[hub.UserID]seenBy{}
	next := time.Duration(0)
	for room, m := range p.rooms {
		if wait := m.due.Sub(now); wait > 0 {
			if next == 0 || wait < next {
				next = wait
			}
			continue
		}
		if len(m.by) == 0 {
			delete(p.rooms, room)
			continue
		}
		due[room] = m.by
		m.by, m.due = map[hub.UserID]seenBy{}, now.Add(p.period)
	}
	if len(due) > 0 && (next == 0 || p.period < next) {
		next = p.period
	}
	p.mu.Unlock()
	for room, by := range due {
		p.tell(room, sorted(by))
	}
	return next
}

func sorted(by map[hub.UserID]seenBy) []seenBy {
	out := make([]seenBy, 0, len(by))
	for _, s := range by {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b seenBy) int { return cmp.Compare(a.User, b.User) })
	return out
}

// tellProgress tells both sides of a direct room, and those who look at a group.
func (h *Hub) tellProgress(room hub.RoomID, items []seenBy) {
	b := encode(said{T: "receipts", Room: room, Items: items})
	direct := h.kindOf(room) == messaging.DirectRoom
	for _, c := range h.readers(room) {
		if direct || c.watches(room) {
			c.note("", b)
		}
	}
}

func (c *conn) watches(room hub.RoomID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.watched == room
}

// tellRead tells that an account has read a room: its other devices, and the others in it.
func (h *Hub) tellRead(m messaging.Hint, user hub.UserID) {
	b := encode(said{T: "read", Room: m.Room, Seq: m.Seq})
	for _, c := range h.readers(m.Room) {
		if c.clinic == m.Clinic && c.user == user && c.device != m.Device {
			c.note("read/"+string(m.Room), b)
		}
	}
	h.moved(user, m.Room, seenBy{User: user, Read: m.Seq})
}

// arrived tells that a device of an account has received a room up to a number.
func (h *Hub) arrived(user hub.UserID, room hub.RoomID, seq int64) {
	if k := h.kindOf(room); k == messaging.DirectRoom || k == messaging.GroupRoom {
		h.moved(user, room, seenBy{User: user, Delivered: seq})
	}
}

// moved passes over the recorder, which receives everything at once and reads nothing.
func (h *Hub) moved(user hub.UserID, room hub.RoomID, to seenBy) {
	if h.o.Receipts && user != h.o.Recorder {
		h.progress.add(room, to)
	}
}
