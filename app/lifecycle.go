package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// cleanups is a stack of named undo steps. Start pushes one for each thing it began; Stop
// runs them last first, each within a bound of its own, so that one that hangs cannot keep
// the others from running.
type cleanups struct {
	mu    sync.Mutex
	steps []cleanup
}

type cleanup struct {
	name string
	f    func(context.Context) error
}

func (c *cleanups) push(name string, f func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, cleanup{name, f})
}

func (c *cleanups) pop() (cleanup, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.steps) == 0 {
		return cleanup{}, false
	}
	last := c.steps[len(c.steps)-1]
	c.steps = c.steps[:len(c.steps)-1]
	return last, true
}

// run empties the stack. It may be called twice; the second call finds nothing to do.
func (c *cleanups) run(ctx context.Context, log *slog.Logger, bound time.Duration) error {
	var errs []error
	for {
		step, ok := c.pop()
		if !ok {
			return errors.Join(errs...)
		}
		stepCtx, cancel := context.WithTimeout(ctx, bound)
		if err := step.f(stepCtx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", step.name, err))
		}
		log.Debug("stopped", "part", step.name)
		cancel()
	}
}

// group runs the hub's workers. A worker returns when its context ends; one that returns
// earlier with an error is started again after a second, because a hub without timers or
// outboxes must never go on looking healthy.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	log    *slog.Logger
}

func newGroup(log *slog.Logger) *group {
	ctx, cancel := context.WithCancel(context.Background())
	return &group{ctx: ctx, cancel: cancel, log: log}
}

func (g *group) start(name string, f func(context.Context) error) {
	g.wg.Go(func() {
		for g.ctx.Err() == nil {
			err := f(g.ctx)
			if g.ctx.Err() != nil {
				return
			}
			g.log.Error("worker ended, starting it again", "worker", name, "err", err)
			select {
			case <-g.ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
}

// stop ends all workers and waits for them, at most until ctx ends.
func (g *group) stop(ctx context.Context) error {
	g.cancel()
	done := make(chan struct{})
	go func() { g.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
