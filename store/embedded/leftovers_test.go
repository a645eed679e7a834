package embedded

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func startHere(t *testing.T) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "wardline-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { // user postgres must pass through it
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Options{Dir: dir})
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func TestLeftovers(t *testing.T) {
	t.Parallel()
	s := startHere(t)
	running := s.leftovers()
	if len(running) < 3 || running[0] != s.PID() {
		t.Errorf("processes of a running server: %v, want the postmaster %d first and its children", running, s.PID())
	}
	// What another hub would do with what this one left: a server that ends is waited for.
	next := &Server{data: s.data, stop: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- s.Stop(t.Context()) }()
	if err := next.clearLeftovers(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left := next.leftovers(); len(left) > 0 {
		t.Errorf("after Stop: %v", left)
	}
}

// A hub told to stop does not first wait for an earlier server to end.
func TestStopInterruptsTheWaitForLeftovers(t *testing.T) {
	t.Parallel()
	s := startHere(t)
	stopped := &Server{data: s.data, stop: make(chan struct{})}
	close(stopped.stop)
	begun := time.Now()
	if err := stopped.clearLeftovers(); err == nil {
		t.Error("the running server was overlooked")
	}
	if took := time.Since(begun); took > leftoverGrace {
		t.Errorf("took %v", took)
	}
}
