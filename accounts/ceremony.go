package accounts

import (
	"context"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

// Anybody may begin to sign in, and each beginning keeps a row until it ends or is over. An
// address, behind which there may be a whole hospital, leaves only so many open, and so does
// the clinic.
const (
	maxBegun    = 1_000  // of an address, or of an account where somebody is signed in
	maxCeremony = 20_000 // of a kind that anybody may begin: about 20 MB
)

// keepCeremony keeps what a browser begins. user is who is signed in already, or "".
func (s *Service) keepCeremony(ctx context.Context, op string, clinic hub.ClinicID, c StoredCeremony, user hub.UserID, at Place) error {
	limit := maxCeremony
	if user != "" { // nobody at the gate may keep those out who are in
		limit = 0
	}
	key := beginner(user, at)
	if err := s.begun.take(op, key); err != nil {
		return err
	}
	err := s.ways.PutCeremony(ctx, clinic, c, limit)
	if err != nil {
		s.begun.give(key)
	}
	return err
}

// Sweep forgets the ceremonies that are over. Call it every minute: until then they count.
func (s *Service) Sweep(ctx context.Context, clinic hub.ClinicID) error {
	return s.ways.SweepCeremonies(ctx, clinic, s.now())
}

func beginner(user hub.UserID, at Place) string {
	if user != "" {
		return "u " + string(user)
	}
	return "i " + at.Address
}

// begun counts what each has begun and not ended. Like limiter it is one node's; the rows are
// bounded for all nodes together.
type begun struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*window
}

// window is a count that begins anew when everything of it is over.
type window struct {
	n     int
	until time.Time
}

func newBegun(now func() time.Time) *begun { return &begun{now: now, by: map[string]*window{}} }

// take counts one more, or refuses it with TooMany "slow_down" and a Wait.
func (b *begun) take(op, key string) error {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.by[key]
	if w == nil || !now.Before(w.until) {
		b.makeRoom(now)
		w = &window{until: now.Add(ceremonyLife)}
		b.by[key] = w
	}
	if w.n >= maxBegun {
		return hub.E(op, hub.TooMany, "slow_down", "%w", Wait(w.until.Sub(now)))
	}
	w.n++
	return nil
}

// give takes one off that has ended.
func (b *begun) give(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.by[key]; w != nil && w.n > 0 {
		w.n--
	}
}

// makeRoom keeps the map bounded. A flood from ever new addresses is stopped by the number of
// rows, not here.
func (b *begun) makeRoom(now time.Time) {
	if len(b.by) < maxCounters {
		return
	}
	for key, w := range b.by {
		if !now.Before(w.until) {
			delete(b.by, key)
		}
	}
	if len(b.by) >= maxCounters {
		clear(b.by)
	}
}
