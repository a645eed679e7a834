package stream

import (
	"maps"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// sequence watches the numbers of one room for gaps. While a number is missing, nothing
// after it goes out directly: whom it concerns reads the room from the store instead,
// where the missing item is. If it does not come within Times.Gap its hint was lost, and
// because nobody knows to whom it belonged, everybody reads.
type sequence struct {
	room    hub.RoomID // the one copy of the id that all marks share
	clinic  hub.ClinicID
	last    int64 // unknown before the first number
	missing map[int64]time.Time
	kind    messaging.RoomKind       // "" until a connection has learnt it
	conns   map[*conn]struct{}       // those that have a mark of the room
	held    map[int64]*messaging.Put // items of a conversation that came before those before them
}

// maxMissing bounds what is remembered of a room; a longer gap is a loss at once.
const maxMissing = 256

// maxHeld bounds the items of a room that wait for those before them.
const maxHeld = 64

// publish takes committed items from the fan-out. It never blocks: connections have
// queues, and what does not fit in makes their room stale.
func (h *Hub) publish(puts []*messaging.Put) {
	if puts == nil {
		h.staleAll("", "")
		return
	}
	for _, p := range puts {
		h.publishOne(p)
		h.trim(p.Item.Room)
	}
}

func (h *Hub) publishOne(p *messaging.Put) {
	known := h.knows(p)
	follows, lost := h.sequence(p)
	if lost {
		h.staleAll(p.Clinic, p.Item.Room)
	}
	switch {
	case len(p.Item.Body) == 0:
		if !known { // whoever has the room has been told of this number
			h.hinted(p)
		}
	case !follows && !lost && h.hold(p):
	default:
		h.send(p, follows)
	}
	for _, next := range h.released(p.Item.Room) {
		h.send(next, true)
	}
}

// send routes an item to every device that may have it.
func (h *Hub) send(p *messaging.Put, follows bool) {
	f := &shared{item: &p.Item}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for i := range p.Wraps {
		h.route(p, p.Wraps[i].Device, queued{shared: f, wrap: &p.Wraps[i]}, follows)
	}
	for _, d := range p.Audience {
		h.route(p, d, queued{shared: f, welcome: slices.Contains(p.Added, d)}, follows)
	}
}

// hold keeps an item of a conversation until those before it are here: the senders of one
// batch publish in any order, and to read a room costs each of its devices a question to the
// store. Alarms never wait.
func (h *Hub) hold(p *messaging.Put) bool {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	s := h.rooms[p.Item.Room]
	if s == nil || !isTalk(s.kind) || len(s.held) >= maxHeld {
		return false
	}
	if s.held == nil {
		s.held = map[int64]*messaging.Put{}
	}
	s.held[p.Item.Seq] = p
	return true
}

// released returns what no longer has to wait, in order.
func (h *Hub) released(room hub.RoomID) (out []*messaging.Put) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	s := h.rooms[room]
	if s == nil || len(s.held) == 0 {
		return nil
	}
	for _, seq := range slices.Sorted(maps.Keys(s.held)) {
		if !s.complete(seq) {
			return out
		}
		out = append(out, s.held[seq])
		delete(s.held, seq)
	}
	return out
}

// route brings an item to one device, or has it read the room; h.mu is held.
func (h *Hub) route(p *messaging.Put, to hub.DeviceID, q queued, follows bool) {
	c := h.devices[to]
	switch {
	case c == nil || c.clinic != p.Clinic:
	case follows:
		c.offer(q)
	default:
		c.stale(p.Item.Room)
	}
}

// hinted takes what another node has written, or a put that was there already: whom it
// concerns is in the store. Those who have the room read it at once; who has come to it only
// now is looked up, because the hint may be all that is ever heard of it.
func (h *Hub) hinted(p *messaging.Put) {
	room := p.Item.Room
	for _, c := range h.readers(room) {
		if c.clinic == p.Clinic {
			c.stale(room)
		}
	}
	if h.o.Readers == nil {
		h.staleAll(p.Clinic, room)
		return
	}
	h.strangers.add(p.Clinic, room)
}

// knows reports whether a number has come before.
func (h *Hub) knows(p *messaging.Put) bool {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	s := h.rooms[p.Item.Room]
	if s == nil || s.last == unknown || p.Item.Seq > s.last {
		return false
	}
	_, missing := s.missing[p.Item.Seq]
	return !missing
}

// sequence notes a number. It follows if nothing before it is missing. A number that comes
// late may go out directly too: whoever has a later one has read the room since.
func (h *Hub) sequence(p *messaging.Put) (follows, lost bool) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	seq := p.Item.Seq
	s := h.watched(p.Clinic, p.Item.Room)
	if s.last == unknown { // nobody has been welcomed to this room yet: whoever is reads what came before
		s.last = seq
		if s.kind == "" {
			s.kind = kindOf(&p.Item)
		}
		return seq == 1, false
	}
	lost = seq-s.last > maxMissing
	if !lost {
		s.miss(s.last+1, seq)
	}
	s.last = max(s.last, seq)
	delete(s.missing, seq)
	return !lost && s.complete(seq), lost
}

// complete reports whether no number below seq is missing.
func (s *sequence) complete(seq int64) bool {
	for n := range s.missing {
		if n < seq {
			return false
		}
	}
	return true
}

// unknown is the last number of a room of which none has been heard.
const unknown = -1

// watched returns the sequence of a room, begun where there is none; gaps is held.
func (h *Hub) watched(clinic hub.ClinicID, room hub.RoomID) *sequence {
	s := h.rooms[room]
	if s == nil {
		s = &sequence{room: room, clinic: clinic, last: unknown, conns: map[*conn]struct{}{}}
		h.rooms[room] = s
	}
	return s
}

// kindOf is the sort of a room as far as one of its items tells.
func kindOf(it *messaging.Item) messaging.RoomKind {
	switch it.Kind {
	case "": // a hint
		return ""
	case messaging.ItemAlert:
		return messaging.AlarmRoom
	}
	return messaging.GroupRoom
}

// isTalk reports whether rooms of a sort are conversations. What is not known is treated as
// an alarm room, which is never the worse.
func isTalk(k messaging.RoomKind) bool {
	return k == messaging.DirectRoom || k == messaging.GroupRoom
}

// learn starts to watch rooms a connection is about to read. What they hold already is
// read by everybody who is welcomed from now on. c.mu is held: it comes before gaps.
func (h *Hub) learn(c *conn, rooms []Room) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	for i := range rooms {
		r := &rooms[i]
		s := h.watched(c.clinic, r.ID)
		if s.last == unknown {
			s.last = r.LastSeq
		}
		s.kind = r.Kind
		s.conns[c] = struct{}{}
		r.ID = s.room
	}
}

// enlist notes that a connection has a mark of a room, and returns the shared copy of its id
// and its kind.
func (h *Hub) enlist(c *conn, room hub.RoomID) (hub.RoomID, messaging.RoomKind) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	s := h.watched(c.clinic, room)
	s.conns[c] = struct{}{}
	return s.room, s.kind
}

// forget ends what is kept of rooms for a connection that is gone.
func (h *Hub) forget(c *conn, marks []mark) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	for i := range marks {
		if s := h.rooms[marks[i].room]; s != nil {
			delete(s.conns, c)
			h.trimLocked(marks[i].room, s)
		}
	}
}

// trim forgets a room that no connection reads: there are more rooms than memory.
func (h *Hub) trim(room hub.RoomID) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	if s := h.rooms[room]; s != nil {
		h.trimLocked(room, s)
	}
}

func (h *Hub) trimLocked(room hub.RoomID, s *sequence) {
	if len(s.conns) == 0 {
		delete(h.rooms, room)
	}
}

// readers returns the connections that have a mark of a room.
func (h *Hub) readers(room hub.RoomID) []*conn {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	s := h.rooms[room]
	if s == nil {
		return nil
	}
	return slices.Collect(maps.Keys(s.conns))
}

func (h *Hub) kindOf(room hub.RoomID) messaging.RoomKind {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	if s := h.rooms[room]; s != nil {
		return s.kind
	}
	return ""
}

// miss notes the numbers from..to-1 as passed over.
func (s *sequence) miss(from, to int64) {
	now := time.Now()
	for n := from; n < to; n++ {
		if s.missing == nil {
			s.missing = map[int64]time.Time{}
		}
		s.missing[n] = now
	}
}

// repair makes rooms stale whose missing numbers did not come. Only then are the numbers
// forgotten: until every connection knows, nothing may pass them.
func (h *Hub) repair(now time.Time) {
	for room, given := range h.overdue(now) {
		h.staleAll(given.clinic, room)
		h.gaps.Lock()
		if s := h.rooms[room]; s != nil {
			for n := range given.missing {
				delete(s.missing, n)
			}
			s.held = nil // everybody reads them now
		}
		h.gaps.Unlock()
	}
}

// overdue returns a copy of the sequences that miss a number for too long.
func (h *Hub) overdue(now time.Time) map[hub.RoomID]sequence {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	var out map[hub.RoomID]sequence
	for room, s := range h.rooms {
		if !s.waitedTooLong(now, h.o.Times.Gap) {
			continue
		}
		if out == nil {
			out = map[hub.RoomID]sequence{}
		}
		out[room] = sequence{clinic: s.clinic, missing: maps.Clone(s.missing)}
	}
	return out
}

func (s *sequence) waitedTooLong(now time.Time, limit time.Duration) bool {
	if len(s.missing) > maxMissing {
		return true
	}
	for _, since := range s.missing {
		if now.Sub(since) >= limit {
			return true
		}
	}
	return false
}

// staleAll makes one room of a clinic, or everything, be read again by every connection. A
// conversation is read by those who have it: there are too many for everybody.
func (h *Hub) staleAll(clinic hub.ClinicID, room hub.RoomID) {
	if isTalk(h.kindOf(room)) {
		for _, c := range h.readers(room) {
			c.stale(room)
		}
		return
	}
	for _, c := range h.match(func(c *conn) bool { return clinic == "" || c.clinic == clinic }) {
		c.stale(room)
	}
}
