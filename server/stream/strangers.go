package stream

import (
	"context"
	"slices"
	"sync"

	"github.com/wardline/wardline/hub"
)

// strangers looks up whose the rooms are that other nodes have written to, so that somebody
// who has only just come to a room hears of it here too. While one room is looked up others
// gather, each once.
type strangers struct {
	hub  *Hub
	wake chan struct{}

	mu    sync.Mutex
	rooms map[hub.RoomID]hub.ClinicID
}

func newStrangers(h *Hub) *strangers {
	return &strangers{hub: h, wake: make(chan struct{}, 1), rooms: map[hub.RoomID]hub.ClinicID{}}
}

func (s *strangers) add(clinic hub.ClinicID, room hub.RoomID) {
	s.mu.Lock()
	s.rooms[room] = clinic
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *strangers) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.mu.Lock()
		rooms := s.rooms
		s.rooms = map[hub.RoomID]hub.ClinicID{}
		s.mu.Unlock()
		for room, clinic := range rooms {
			s.look(ctx, clinic, room)
		}
	}
}

// look makes the room stale for those of its readers who do not know it yet. When the store
// does not answer, everybody reads it.
func (s *strangers) look(ctx context.Context, clinic hub.ClinicID, room hub.RoomID) {
	users, err := s.hub.o.Readers(ctx, clinic, room)
	if err != nil {
		s.hub.staleAll(clinic, room)
		return
	}
	for _, c := range s.hub.match(func(c *conn) bool { return c.clinic == clinic && slices.Contains(users, c.user) }) {
		c.meetRoom(room)
	}
}

// meetRoom makes a room be read that the connection has no mark of.
func (c *conn) meetRoom(room hub.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.greeted && c.mark(room) == nil {
		c.staleLocked(room)
		c.hintLocked(HintRooms)
		c.relists = true
	}
}
