package stream

import (
	"maps"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// sequence watches the numbers of one room for gaps. While a number is missing, nothing
// after it goes out directly: whom it concerns reads the room from the store instead,
// where the missing item is. If it does not come within Times.Gap its hint was lost, and
// because nobody knows to whom it belonged, everybody reads.
type sequence struct {
	clinic  hub.ClinicID
	last    int64
	missing map[int64]time.Time
}

// maxMissing bounds what is remembered of a room; a longer gap is a loss at once.
const maxMissing = 256

// publish takes committed items from the fan-out. It never blocks: connections have
// queues, and what does not fit in makes their room stale.
func (h *Hub) publish(puts []*messaging.Put) {
	if puts == nil {
		h.staleAll("", "")
		return
	}
	for _, p := range puts {
		h.publishOne(p)
	}
}

func (h *Hub) publishOne(p *messaging.Put) {
	follows, lost := h.sequence(p)
	if lost {
		h.staleAll(p.Clinic, p.Item.Room)
	}
	f := &shared{item: &p.Item}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for i := range p.Wraps {
		c := h.devices[p.Wraps[i].Device]
		if c == nil || c.clinic != p.Clinic {
			continue
		}
		if follows {
			c.offer(queued{f, &p.Wraps[i]})
		} else {
			c.stale(p.Item.Room)
		}
	}
}

// sequence notes a number. It follows if nothing before it is missing. A number that comes
// late may go out directly too: whoever has a later one has read the room since.
func (h *Hub) sequence(p *messaging.Put) (follows, lost bool) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	seq := p.Item.Seq
	s := h.rooms[p.Item.Room]
	if s == nil { // nobody has been welcomed to this room yet: whoever is reads what came before
		h.rooms[p.Item.Room] = &sequence{clinic: p.Clinic, last: seq}
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

// learn starts to watch rooms a connection is about to read. What they hold already is
// read by everybody who is welcomed from now on.
func (h *Hub) learn(clinic hub.ClinicID, rooms []Room) {
	h.gaps.Lock()
	defer h.gaps.Unlock()
	for _, r := range rooms {
		if h.rooms[r.ID] == nil {
			h.rooms[r.ID] = &sequence{clinic: clinic, last: r.LastSeq}
		}
	}
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
		for n := range given.missing {
			delete(h.rooms[room].missing, n)
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
		out[room] = sequence{s.clinic, s.last, maps.Clone(s.missing)}
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

// staleAll makes one room of a clinic, or everything, be read again by every connection.
func (h *Hub) staleAll(clinic hub.ClinicID, room hub.RoomID) {
	for _, c := range h.match(func(c *conn) bool { return clinic == "" || c.clinic == clinic }) {
		c.stale(room)
	}
}
