package stream

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// receipts carries what devices acknowledge to alerting. While one batch is on its way the
// next one gathers, so that a single receipt goes at once and ten thousand go together.
type receipts struct {
	acts Acts
	log  *slog.Logger
	wake chan struct{}
	lost atomic.Int64

	mu      sync.Mutex
	waiting map[hub.ClinicID][]alerting.Act
}

const (
	maxReceipts  = 50_000 // per clinic; more than that while the store is away are given up
	receiptPause = 500 * time.Millisecond
	finalWrite   = 3 * time.Second // for what is left when the hub closes
)

func newReceipts(acts Acts, log *slog.Logger) *receipts {
	return &receipts{acts: acts, log: log, wake: make(chan struct{}, 1), waiting: map[hub.ClinicID][]alerting.Act{}}
}

func (r *receipts) add(clinic hub.ClinicID, acts ...alerting.Act) {
	if len(acts) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting[clinic]) >= maxReceipts {
		r.lost.Add(int64(len(acts)))
		return
	}
	r.waiting[clinic] = append(r.waiting[clinic], acts...)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *receipts) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.Background(), finalWrite)
			defer cancel()
			r.flush(last)
			return
		case <-r.wake:
		}
		if r.flush(ctx) {
			continue
		}
		select { // the store is away: gather for a while
		case <-ctx.Done():
		case <-time.After(receiptPause):
		}
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// flush sends what has gathered and reports whether all of it was taken. What was not is
// kept for the next time: a receipt twice is harmless.
func (r *receipts) flush(ctx context.Context) bool {
	r.mu.Lock()
	batch := r.waiting
	r.waiting = map[hub.ClinicID][]alerting.Act{}
	r.mu.Unlock()
	ok := true
	for clinic, acts := range batch {
		if _, err := r.acts.Acts(ctx, clinic, distinct(acts)); err != nil {
			ok = false
			r.log.Warn("receipts were not taken, trying again", "error", err)
			r.add(clinic, acts...)
		}
	}
	return ok
}

func distinct(acts []alerting.Act) []alerting.Act {
	seen := make(map[alerting.Act]struct{}, len(acts))
	out := acts[:0:0]
	for _, a := range acts {
		if _, twice := seen[a]; !twice {
			seen[a] = struct{}{}
			out = append(out, a)
		}
	}
	return out
}

// cursors writes how far devices have read, at most once per period and device.
type cursors struct {
	log     Log
	out     *slog.Logger
	written func(user hub.UserID, room hub.RoomID, seq int64)

	mu      sync.Mutex
	waiting map[hub.DeviceID]position
}

type position struct {
	clinic hub.ClinicID
	user   hub.UserID
	at     messaging.Cursor
}

func newCursors(log Log, out *slog.Logger, written func(hub.UserID, hub.RoomID, int64)) *cursors {
	return &cursors{log: log, out: out, written: written, waiting: map[hub.DeviceID]position{}}
}

func (c *cursors) move(clinic hub.ClinicID, user hub.UserID, device hub.DeviceID, room hub.RoomID, seq int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.waiting[device]
	if !ok {
		p = position{clinic, user, messaging.Cursor{}}
		c.waiting[device] = p
	}
	p.at[room] = max(p.at[room], seq)
}

func (c *cursors) run(ctx context.Context, period time.Duration) {
	every := time.NewTicker(period)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.Background(), finalWrite)
			defer cancel()
			c.flush(last)
			return
		case <-every.C:
			c.flush(ctx)
		}
	}
}

// together is how many devices' cursors are given to the store at the same time: it writes
// what comes together in one transaction.
const together = 256

// flush writes what has gathered. It competes with alerts for the store, so the fewer
// transactions it takes the better. A cursor that cannot be written waits for the next round.
func (c *cursors) flush(ctx context.Context) {
	c.mu.Lock()
	batch := c.waiting
	c.waiting = map[hub.DeviceID]position{}
	c.mu.Unlock()
	var all errgroup.Group
	all.SetLimit(together)
	for device, p := range batch {
		all.Go(func() error { c.write(ctx, device, p); return nil })
	}
	_ = all.Wait() // each has been dealt with
}

func (c *cursors) write(ctx context.Context, device hub.DeviceID, p position) {
	if err := c.log.SaveCursor(ctx, p.clinic, device, p.at); err != nil {
		c.out.Warn("cursor was not written, trying again", "error", err)
		for room, seq := range p.at {
			c.move(p.clinic, p.user, device, room, seq)
		}
		return
	}
	for room, seq := range p.at {
		c.written(p.user, room, seq)
	}
}
