package recorder

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
)

// recorder joins the parts: one goroutine per room, one that reads the socket, one that asks
// what is to be mended.
type recorder struct {
	o    Options
	api  *client.API
	disk disk
	log  *slog.Logger

	id    identity
	pool  *pool
	trust *trust

	mu    sync.Mutex
	rooms map[hub.RoomID]*room
	life  context.Context // of the rooms, which outlive connections
	wg    sync.WaitGroup

	stream  atomic.Pointer[client.Stream] // the connection, or nil
	again   chan struct{}                 // asks for a new connection
	hint    chan struct{}                 // something is to be mended
	faults  atomic.Int64
	refused atomic.Int64
	ready   atomic.Bool // caught up on this connection

	healthMu sync.Mutex
	health   Health
}

// begin reads everything that was kept.
func (r *recorder) begin(ctx context.Context) (err error) {
	r.again, r.hint = make(chan struct{}, 1), make(chan struct{}, 1)
	if err := r.loadIdentity(); err != nil {
		return err
	}
	if r.pool, err = loadPool(r.disk, r.o.pool); err != nil {
		return err
	}
	return ctx.Err()
}

// work connects again and again until ctx ends.
func (r *recorder) work(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer r.wg.Wait()
	defer stop()
	r.life = ctx
	wait := r.o.times.retry
	for ctx.Err() == nil {
		err := r.connection(ctx)
		r.stream.Store(nil)
		if r.ready.Swap(false) {
			wait = r.o.times.retry // it had worked
		}
		r.report()
		if errors.Is(err, errAnother) || errors.Is(err, errForeignLog) {
			return err
		}
		if errors.Is(err, client.Bye("replaced")) {
			wait = r.o.times.retryMax // by whom? Two would drive each other out in turns
		}
		if ctx.Err() == nil {
			r.log.Warn("not connected", "cause", causeOf(err), "again_in", wait)
		}
		pause(ctx, wait/2+rand.N(wait))
		wait = min(2*wait, r.o.times.retryMax)
	}
	return nil
}

// causeOf is what may be logged of an error: errors of ours name no person and hold no text.
func causeOf(err error) string {
	if err == nil {
		return "asked for"
	}
	return err.Error()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// connection signs in, connects and works until something breaks.
func (r *recorder) connection(ctx context.Context) error {
	if err := r.signIn(ctx); err != nil {
		return err
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.pool.fill(ctx, r.api, r.id.signer(), r.o.now()); err != nil {
		return err
	}
	drain(r.again)
	s, err := r.api.Open(ctx, r.id.Device, r.cursor())
	if err != nil {
		return err
	}
	r.stream.Store(s)
	r.report()
	group, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, s.Close)
	defer stop()
	group.Go(func() error { return r.listen(ctx, s) })
	group.Go(func() error { return r.mend(ctx) })
	return group.Wait()
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// prepare loads the rooms, once the identity is whole.
func (r *recorder) prepare() error {
	if r.trust != nil {
		return nil
	}
	r.trust = &trust{disk: r.disk, api: r.api, clinic: r.id.Clinic, now: r.o.now, out: r.log, fresh: r.o.times.fresh, logs: map[hub.UserID]*memory{}}
	names, err := r.disk.Names(roomFolder)
	if err != nil {
		return err
	}
	for _, name := range names {
		if hub.ValidID(name) {
			r.room(hub.RoomID(name))
		}
	}
	return nil
}

// room returns the room of an id, at work.
func (r *recorder) room(id hub.RoomID) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.rooms[id]
	if m == nil {
		m = newRoom(r, id)
		r.rooms[id] = m
		r.wg.Go(func() { m.run(r.life) })
	}
	return m
}

func (r *recorder) all() []*room {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*room
	for _, m := range r.rooms {
		out = append(out, m)
	}
	return out
}

func (r *recorder) cursor() map[hub.RoomID]int64 {
	at := map[hub.RoomID]int64{}
	for _, m := range r.all() {
		if seq := m.durable.Load(); seq > 0 {
			at[m.id] = seq
		}
	}
	return at
}

// listen hands what comes over the socket to the rooms.
func (r *recorder) listen(ctx context.Context, s *client.Stream) error {
	for {
		item, note, err := s.Next()
		switch {
		case err != nil:
			return err
		case item != nil:
			r.room(item.Room).do(ctx, func(ctx context.Context, m *room) { m.take(ctx, s, *item) })
		default:
			r.note(ctx, *note)
		}
	}
}

func (r *recorder) note(ctx context.Context, n client.Note) {
	switch n.T {
	case "ready":
		r.ready.Store(true)
		wake(r.hint)
	case "upkeep":
		wake(r.hint)
	case "log":
		r.trust.changed(n.User)
		r.retryStuck(func(*room) bool { return true })
		wake(r.hint)
	case "packages":
		if err := r.pool.fill(ctx, r.api, r.id.signer(), r.o.now()); err != nil {
			r.log.Warn("no packages offered", "cause", causeOf(err))
		}
	case "sent", "refused":
		r.room(n.Room).do(ctx, func(ctx context.Context, m *room) { m.answered(n) })
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// retryStuck gets the items of rooms that stand still again, by a new connection, if one of
// them is due.
func (r *recorder) retryStuck(due func(*room) bool) {
	for _, m := range r.all() {
		if m.stuck.Load() && due(m) {
			wake(r.again)
			return
		}
	}
}

// mend asks the hub what is to be mended, on each hint and every few seconds, and hands it to
// the rooms, which work side by side. Rooms of which nothing is said get their turn too: to
// send again what did not get through, and to refresh their keys.
func (r *recorder) mend(ctx context.Context) error {
	tick := time.NewTicker(r.o.times.poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.again:
			return errAgain
		case <-r.hint:
		case <-tick.C:
		}
		if !r.ready.Load() {
			continue
		}
		list, err := r.api.Upkeep(ctx, upkeepLimit)
		if err != nil {
			return err
		}
		asked := map[hub.RoomID]client.Upkeep{}
		for _, u := range list {
			if asked[u.Room] = u; u.House != nil && u.House.Begin {
				r.room(u.Room)
			}
		}
		for _, m := range r.all() {
			m.offer(asked[m.id])
		}
		r.retryStuck(func(m *room) bool { return r.o.now().UnixNano() > m.retryAt.Load() })
		r.report()
	}
}

// errAgain ends a connection that is to be opened anew.
var errAgain = errors.New("recorder: asked for")

// report tells of a change in health.
func (r *recorder) report() {
	h := Health{Connected: r.stream.Load() != nil, Faults: r.faults.Load(), Refused: r.refused.Load()}
	for _, m := range r.all() {
		if m.joined.Load() {
			h.Rooms++
		}
		if m.stuck.Load() {
			h.Stuck++
		}
		if m.lost.Load() {
			h.Lost++
		}
	}
	r.healthMu.Lock()
	defer r.healthMu.Unlock()
	if h != r.health {
		r.health = h
		r.o.Report(h)
	}
}
