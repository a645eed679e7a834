package store

import (
	"context"
	"sync"
	"time"
)

// batcher commits what several callers want in one transaction: while one batch of a lane
// is being written the next callers queue, and the first of them then leads all that
// queued. Nobody waits for a batch to fill, there is no goroutine to stop, and one lane
// never has two batches under way, so its rows are not fought over.
type batcher[T any] struct {
	max   int // items in one transaction
	write func(ctx context.Context, batch []T) error
	// alone says after which failures of a batch each of its items is tried alone, so that a
	// bad one takes no other with it; nil means after each.
	alone func(error) bool

	mu    sync.Mutex
	lanes map[string]*lane[T]
}

type lane[T any] struct {
	busy  bool
	queue []*place[T]
}

// place is one item in a lane. turn tells its caller to lead, or the outcome.
type place[T any] struct {
	item T
	turn chan outcomeOf
}

type outcomeOf struct {
	lead bool
	err  error
}

// batchTimeout bounds one batch. The context of whoever leads it does not count: others
// wait for the same commit.
const batchTimeout = 30 * time.Second

func newBatcher[T any](max int, write func(context.Context, []T) error) *batcher[T] {
	return &batcher[T]{max: max, write: write, lanes: map[string]*lane[T]{}}
}

// Do returns when the batch with item has been committed or has failed. When ctx ends
// before that, the outcome is unknown.
func (b *batcher[T]) Do(ctx context.Context, name string, item T) error {
	return b.DoAll(ctx, name, []T{item})[0]
}

// DoAll is Do for items that are to be written in their order: they queue next to each
// other. Each has an outcome of its own.
func (b *batcher[T]) DoAll(ctx context.Context, name string, items []T) []error {
	places, errs := make([]*place[T], len(items)), make([]error, len(items))
	for i, item := range items {
		places[i] = &place[T]{item: item, turn: make(chan outcomeOf, 1)}
	}
	leads := b.enter(name, places)
	for i, p := range places { // a lane is first in, first out: so are the outcomes
		errs[i] = b.await(ctx, name, p, leads && i == 0)
	}
	return errs
}

func (b *batcher[T]) await(ctx context.Context, name string, p *place[T], leads bool) error {
	if !leads {
		select {
		case o := <-p.turn:
			if !o.lead {
				return o.err
			}
		case <-ctx.Done():
			return b.abandon(ctx, name, p)
		}
	}
	return b.lead(ctx, name, p)
}

// enter queues places and reports whether the first of them leads at once.
func (b *batcher[T]) enter(name string, places []*place[T]) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[name]
	if l == nil {
		l = &lane[T]{}
		b.lanes[name] = l
	}
	l.queue = append(l.queue, places...)
	leads := !l.busy
	l.busy = true
	return leads
}

// abandon leaves the queue. A place already in a batch, or told to lead, is past leaving.
func (b *batcher[T]) abandon(ctx context.Context, name string, p *place[T]) error {
	b.mu.Lock()
	l := b.lanes[name]
	if l != nil {
		for i, q := range l.queue {
			if q == p && len(p.turn) == 0 {
				l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
				b.mu.Unlock()
				return ctx.Err()
			}
		}
	}
	b.mu.Unlock()
	if o := <-p.turn; !o.lead {
		return o.err
	}
	return b.lead(ctx, name, p)
}

// lead writes one batch, which p is the first of, and hands the lane on.
func (b *batcher[T]) lead(ctx context.Context, name string, p *place[T]) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
	defer cancel()
	batch := b.take(name)
	items := make([]T, len(batch))
	for i, q := range batch {
		items[i] = q.item
	}
	err := b.write(ctx, items)
	alone := err != nil && len(batch) > 1 && (b.alone == nil || b.alone(err))
	own := err
	for i, q := range batch {
		each := err
		if alone {
			each = b.write(ctx, items[i:i+1])
		}
		if q == p {
			own = each
			continue
		}
		q.turn <- outcomeOf{err: each}
	}
	b.pass(name)
	return own
}

func (b *batcher[T]) take(name string) []*place[T] {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[name]
	n := min(len(l.queue), b.max)
	batch := l.queue[:n:n]
	l.queue = l.queue[n:]
	return batch
}

func (b *batcher[T]) pass(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[name]
	if len(l.queue) == 0 {
		delete(b.lanes, name)
		return
	}
	l.queue[0].turn <- outcomeOf{lead: true}
}
