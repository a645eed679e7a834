package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// TestBatcherJoinsWhatQueues: while one batch is written the next callers queue and are
// written together, at most max at once and never two batches of a lane side by side.
func TestBatcherJoinsWhatQueues(t *testing.T) {
	t.Parallel()
	entered, hold := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	var sizes []int
	busy := 0
	b := newBatcher(4, func(_ context.Context, batch []int) error {
		mu.Lock()
		sizes = append(sizes, len(batch))
		if busy++; busy > 1 {
			t.Error("two batches of one lane at once")
		}
		mu.Unlock()
		if slices.Contains(batch, 0) {
			close(entered)
			<-hold
		}
		mu.Lock()
		busy--
		mu.Unlock()
		return nil
	})
	var all sync.WaitGroup
	do := func(n int) {
		all.Go(func() {
			if err := b.Do(context.Background(), "lane", n); err != nil {
				t.Error(err)
			}
		})
	}
	do(0)
	<-entered
	for n := range 10 {
		do(n + 1)
	}
	for queued := 0; queued < 10; {
		b.mu.Lock()
		queued = len(b.lanes["lane"].queue)
		b.mu.Unlock()
	}
	close(hold)
	all.Wait()
	if !slices.Equal(sizes, []int{1, 4, 4, 2}) {
		t.Errorf("batches of %v", sizes)
	}
	if len(b.lanes) != 0 {
		t.Error("an idle lane is kept")
	}
}

// TestBatcherIsolatesTheBadOne: one that fails takes no other with it.
func TestBatcherIsolatesTheBadOne(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	first, hold := make(chan struct{}), make(chan struct{})
	b := newBatcher(16, func(_ context.Context, batch []int) error {
		if batch[0] == 0 {
			close(first)
			<-hold
		}
		if slices.Contains(batch, 3) {
			return bad
		}
		return nil
	})
	errs := make([]error, 6)
	var all sync.WaitGroup
	start := func(n int) { all.Go(func() { errs[n] = b.Do(context.Background(), "lane", n) }) }
	start(0)
	<-first
	for n := 1; n < 6; n++ {
		start(n)
	}
	for queued := 0; queued < 5; {
		b.mu.Lock()
		queued = len(b.lanes["lane"].queue)
		b.mu.Unlock()
	}
	close(hold)
	all.Wait()
	for n, err := range errs {
		if want := n == 3; errors.Is(err, bad) != want {
			t.Errorf("item %d: %v", n, err)
		}
	}
}

// TestBatcherLetsTheImpatientGo: a caller whose context ends leaves the queue, and neither
// blocks the lane nor is written.
func TestBatcherLetsTheImpatientGo(t *testing.T) {
	t.Parallel()
	first, hold := make(chan struct{}), make(chan struct{})
	var written []int
	b := newBatcher(16, func(_ context.Context, batch []int) error {
		written = append(written, batch...)
		if batch[0] == 0 {
			close(first)
			<-hold
		}
		return nil
	})
	var all sync.WaitGroup
	all.Go(func() { _ = b.Do(context.Background(), "lane", 0) })
	<-first
	gone, leave := context.WithCancel(context.Background())
	leave()
	if err := b.Do(gone, "lane", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(hold)
	all.Wait()
	if err := b.Do(gone, "lane", 2); err != nil { // leads at once: its own context does not cut off the others'
		t.Error(err)
	}
	if !slices.Equal(written, []int{0, 2}) {
		t.Errorf("written %v", written)
	}
}

// TestBatcherKeepsTheOrder: what one caller queues together stays together and in order,
// also when it is more than one batch, whoever leads.
func TestBatcherKeepsTheOrder(t *testing.T) {
	t.Parallel()
	var written []int
	b := newBatcher(4, func(_ context.Context, batch []int) error {
		written = append(written, batch...) // one lane, one batch at a time
		return nil
	})
	var all sync.WaitGroup
	const callers, each = 6, 11
	for c := range callers {
		all.Go(func() {
			items := make([]int, each)
			for i := range items {
				items[i] = c*100 + i
			}
			for _, err := range b.DoAll(context.Background(), "lane", items) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(written) != callers*each {
		t.Fatalf("%d items written", len(written))
	}
	for i, item := range written {
		if i%each > 0 && item != written[i-1]+1 {
			t.Fatalf("written in the order %v", written)
		}
	}
}

// TestBatcherTriesAlone only after the failures it is told to: when the database is away a
// later item must not succeed where an earlier one has just failed.
func TestBatcherTriesAlone(t *testing.T) {
	t.Parallel()
	away, bad := errors.New("away"), errors.New("bad")
	for name, c := range map[string]struct {
		first error
		want  []error
	}{"bad data": {bad, []error{nil, bad, nil}}, "no database": {away, []error{away, away, away}}} {
		calls := 0
		b := newBatcher(8, func(_ context.Context, batch []int) error {
			if calls++; calls == 1 {
				return c.first
			}
			if batch[0] == 1 {
				return bad
			}
			return nil
		})
		b.alone = func(err error) bool { return errors.Is(err, bad) }
		got := b.DoAll(context.Background(), "lane", []int{0, 1, 2})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestBatcherLeavesTooLate: a caller gives up in the moment in which its batch has ended and
// the lane is gone. It gets its outcome.
func TestBatcherLeavesTooLate(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	b := newBatcher(4, func(context.Context, []int) error { return nil })
	p := &place[int]{turn: make(chan outcomeOf, 1)}
	p.turn <- outcomeOf{err: bad}
	if err := b.abandon(t.Context(), "lane", p); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
}
