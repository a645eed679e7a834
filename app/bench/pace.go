package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// pace says how a round of load goes.
type pace struct {
	Workers int
	Rate    int // a second, over all workers; 0: each goes on as soon as it is done
	Length  time.Duration
	Limit   int // of calls; 0: none
}

// call is the n-th call of a round, made by one of its workers.
type call struct {
	worker, n int
	due       time.Time
}

// opBound is how long one call may take.
const opBound = 30 * time.Second

// paced lets workers call do until the round is over and returns the time of each call
// that succeeded, and that of the whole. With a rate, call n is due at n/rate whatever the
// ones before it did, and its time counts from then: a server that stalls cannot hide it
// (no coordinated omission). A worker whose call failed goes no further.
func paced(ctx context.Context, p pace, do func(ctx context.Context, c call) error) ([]time.Duration, time.Duration) {
	var next atomic.Int64
	var all sync.WaitGroup
	times := make([][]time.Duration, p.Workers)
	start := time.Now()
	for w := range p.Workers {
		all.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				due, ok := p.due(ctx, start, n)
				if !ok {
					return
				}
				bounded, cancel := context.WithTimeout(ctx, opBound)
				err := do(bounded, call{w, n, due})
				cancel()
				if err != nil {
					return
				}
				times[w] = append(times[w], time.Since(due))
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	var out []time.Duration
	for _, t := range times {
		out = append(out, t...)
	}
	return out, took
}

// due waits until call n is due; false when the round is over by then.
func (p pace) due(ctx context.Context, start time.Time, n int) (time.Time, bool) {
	now := time.Now()
	if p.Limit > 0 && n >= p.Limit || ctx.Err() != nil {
		return now, false
	}
	if p.Rate == 0 {
		return now, now.Sub(start) < p.Length
	}
	due := start.Add(time.Duration(n) * time.Second / time.Duration(p.Rate))
	if due.Sub(start) >= p.Length {
		return due, false
	}
	if wait := due.Sub(now); wait > 0 {
		select {
		case <-ctx.Done():
			return due, false
		case <-time.After(wait):
		}
	}
	return due, true
}
