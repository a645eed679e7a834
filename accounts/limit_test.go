package accounts

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
)

type fakeClock struct{ now time.Time }

func (c *fakeClock) read() time.Time { return c.now }

func newTestLimiter() (*limiter, *fakeClock) {
	c := &fakeClock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	return newLimiter(c.read), c
}

// fail makes one attempt and returns how long it was told to wait; 0 when it was admitted.
func fail(t *testing.T, l *limiter, login, address string) time.Duration {
	t.Helper()
	_, err := l.begin("test", "clinic", login, address)
	if err == nil {
		return 0
	}
	var wait Wait
	if hub.KindOf(err) != hub.TooMany || !errors.As(err, &wait) {
		t.Fatalf("refused with %v", err)
	}
	return time.Duration(wait)
}

func TestWaitDoublesPerAccountUpToALimit(t *testing.T) {
	t.Parallel()
	l, c := newTestLimiter()
	for i := range accountFree {
		if w := fail(t, l, "eva", fmt.Sprint(i)); w != 0 {
			t.Fatalf("failure %d waits %v", i, w)
		}
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		want *= time.Second
		if w := fail(t, l, "eva", "x"); w != want {
			t.Fatalf("after %d failures: wait %v, want %v", accountFree+i, w, want)
		}
		if w := fail(t, l, "ida", "y"); i < accountFree && w != 0 {
			t.Errorf("somebody else waits %v", w)
		}
		c.now = c.now.Add(want)
		if w := fail(t, l, "eva", fmt.Sprint(i)); w != 0 {
			t.Fatalf("after the wait: %v more", w)
		}
	}
	c.now = c.now.Add(forgetAfter + time.Second)
	fail(t, l, "eva", "x")
	if w := fail(t, l, "eva", "x"); w != 0 {
		t.Errorf("after an hour without failures: wait %v", w)
	}
}

func TestManyLoginsFromOneAddressAreThrottled(t *testing.T) {
	t.Parallel()
	l, _ := newTestLimiter()
	for i := range addressFree {
		if w := fail(t, l, fmt.Sprint("user", i), "1.2.3.4"); w != 0 {
			t.Fatalf("failure %d waits %v", i, w)
		}
	}
	if w := fail(t, l, "another", "1.2.3.4"); w != time.Second {
		t.Errorf("wait %v", w)
	}
	if w := fail(t, l, "another", "5.6.7.8"); w != 0 {
		t.Errorf("another address waits %v", w)
	}
}

func TestSuccessClearsTheAccountAndVoidTakesBack(t *testing.T) {
	t.Parallel()
	l, _ := newTestLimiter()
	for range 100 { // a ward behind one address, all of them typing right
		a, err := l.begin("test", "clinic", "eva", "ward")
		if err != nil {
			t.Fatal(err)
		}
		a.succeeded()
	}
	for range 100 {
		a, err := l.begin("test", "clinic", "eva", "ward")
		if err != nil {
			t.Fatal(err)
		}
		a.void()
	}
}

func TestAttemptsAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	l, _ := newTestLimiter()
	var wg sync.WaitGroup
	var mu sync.Mutex
	admitted := 0
	for range 100 {
		wg.Go(func() {
			if _, err := l.begin("test", "clinic", "eva", "x"); err == nil {
				mu.Lock()
				admitted++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if admitted != accountFree {
		t.Errorf("%d at once were admitted, want %d", admitted, accountFree)
	}
}

func TestCountersStayBounded(t *testing.T) {
	t.Parallel()
	l, c := newTestLimiter()
	for i := range 3 * maxCounters {
		c.now = c.now.Add(time.Millisecond)
		fail(t, l, fmt.Sprint(i), "flood")
		fail(t, l, fmt.Sprint(i), fmt.Sprint(i))
	}
	if n := len(l.by); n > maxCounters+1 {
		t.Errorf("%d counters, limit %d", n, maxCounters)
	}
	if w := fail(t, l, "fresh", "flood"); w == 0 {
		t.Error("the flood's own address was forgotten")
	}
}

// TestWrongPasswordsOfAWholeHospitalAreForgiven: behind a proxy everybody shares an address.
// The few who mistype, day after day, must not add up to a wait for all.
func TestWrongPasswordsOfAWholeHospitalAreForgiven(t *testing.T) {
	t.Parallel()
	l, c := newTestLimiter()
	for minute := range 7 * 24 * 60 {
		c.now = c.now.Add(time.Minute)
		a, err := l.begin("test", "clinic", fmt.Sprint("nurse ", minute%1000), "proxy")
		if err != nil {
			t.Fatalf("after %d minutes: %v", minute, err)
		}
		if minute%10 != 0 { // every tenth mistypes
			a.succeeded()
		}
	}
}

// TestGuessingFromOneAddressStaysSlow although failures are forgiven.
func TestGuessingFromOneAddressStaysSlow(t *testing.T) {
	t.Parallel()
	l, c := newTestLimiter()
	tries := 0
	for end := c.now.Add(24 * time.Hour); c.now.Before(end); c.now = c.now.Add(time.Second) {
		if fail(t, l, fmt.Sprint(tries), "attacker") == 0 {
			tries++
		}
	}
	if tries > 1500 {
		t.Errorf("%d guesses in a day from one address", tries)
	}
}
