package fanout

import (
	"slices"
	"sync"

	"github.com/wardline/wardline/messaging"
)

var _ Fanout = (*Local)(nil)

// queueLimit is how many puts a subscriber may be behind before it is told to look in the
// store instead. It bounds memory, not correctness.
const queueLimit = 4096

// Local is the fan-out of one node: it hands the items themselves to subscribers of the
// same process. The zero value is ready.
type Local struct {
	mu   sync.Mutex
	subs map[*subscriber]struct{}
}

// subscriber has a queue of its own, so that a slow one delays nobody.
type subscriber struct {
	f    func([]*messaging.Put)
	wake chan struct{}
	stop chan struct{}

	mu    sync.Mutex
	queue []*messaging.Put
	lost  bool
}

// Publish queues puts for every subscriber and returns at once.
func (l *Local) Publish(puts []*messaging.Put) {
	if len(puts) == 0 {
		return
	}
	l.each(func(s *subscriber) { s.offer(puts) })
}

// Lost tells every subscriber that hints were lost.
func (l *Local) Lost() {
	l.each((*subscriber).lose)
}

func (l *Local) each(f func(*subscriber)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.subs {
		f(s)
	}
}

// Subscribe calls f from a goroutine of its own. A call under way when cancel is called
// may still finish after it.
func (l *Local) Subscribe(f func([]*messaging.Put)) (cancel func()) {
	s := &subscriber{f: f, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subs == nil {
		l.subs = map[*subscriber]struct{}{}
	}
	l.subs[s] = struct{}{}
	go s.run()
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs, s)
		close(s.stop)
	})
}

func (s *subscriber) offer(puts []*messaging.Put) {
	s.mu.Lock()
	if len(s.queue)+len(puts) > queueLimit {
		s.queue, s.lost = nil, true
	} else {
		s.queue = append(s.queue, puts...)
	}
	s.mu.Unlock()
	s.poke()
}

func (s *subscriber) lose() {
	s.mu.Lock()
	s.queue, s.lost = nil, true
	s.mu.Unlock()
	s.poke()
}

func (s *subscriber) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscriber) run() {
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
			s.drain()
		}
	}
}

// drain hands over all that is queued in one call; after a loss nil comes first.
func (s *subscriber) drain() {
	s.mu.Lock()
	puts, lost := slices.Clip(s.queue), s.lost
	s.queue, s.lost = nil, false
	s.mu.Unlock()
	if lost {
		s.f(nil)
	}
	if len(puts) > 0 {
		s.f(puts)
	}
}
