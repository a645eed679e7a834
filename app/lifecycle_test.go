package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var quiet = slog.New(slog.DiscardHandler)

func TestCleanupsRunLastFirstAndOnce(t *testing.T) {
	t.Parallel()
	var c cleanups
	var order []string
	for _, name := range []string{"database", "workers", "listener"} {
		c.push(name, func(context.Context) error { order = append(order, name); return nil })
	}
	for range 2 {
		if err := c.run(t.Context(), quiet, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"listener", "workers", "database"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestCleanupThatFailsOrHangsKeepsNoneFromRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c cleanups
		ran := false
		c.push("last", func(context.Context) error { ran = true; return nil })
		c.push("broken", func(context.Context) error { return errors.New("broken pipe") })
		c.push("hanging", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		err := c.run(t.Context(), quiet, 10*time.Second)
		if !ran {
			t.Error("the last step did not run")
		}
		if err == nil || !strings.Contains(err.Error(), "stop broken: broken pipe") || !strings.Contains(err.Error(), "stop hanging") {
			t.Errorf("error %v does not name both steps", err)
		}
	})
}

// TestGroupStartsAWorkerAgain holds that a hub never goes on without its timers.
func TestGroupStartsAWorkerAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(quiet)
		starts := 0
		g.start("timers", func(ctx context.Context) error {
			starts++
			if starts < 3 {
				return errors.New("database away")
			}
			<-ctx.Done()
			return nil
		})
		time.Sleep(10 * time.Second) // of the bubble's clock
		synctest.Wait()
		if starts != 3 {
			t.Errorf("started %d times, want 3", starts)
		}
		if err := g.stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestGroupStopIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(quiet)
		release := make(chan struct{})
		g.start("stuck", func(context.Context) error { <-release; return nil })
		synctest.Wait() // until the worker is stuck
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		close(release)
	})
}
