package accounts

import (
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

// Failures are counted per account and per address. A few are free; then each one doubles
// the wait. The account's wait stays short, so that an attacker cannot keep its owner out;
// a whole hospital may share one address, so its free failures are many, and one is
// forgiven every minute: what people mistype over days must not add up to a wait for all.
const (
	accountFree    = 5
	accountMaxWait = time.Minute
	addressFree    = 30
	addressMaxWait = 15 * time.Minute
	addressForgive = time.Minute
	forgetAfter    = time.Hour
	maxCounters    = 20_000 // about 3 MB; beyond it the oldest half is forgotten
)

// limiter slows down guessing. It lives in the memory of one node: with n nodes an attacker
// has n times the tries, which twelve characters and fifty bits bear.
type limiter struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*counter
}

type counter struct {
	failures int
	last     time.Time
	forgiven time.Time // up to when failures have been forgiven
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, by: map[string]*counter{}}
}

// Wait is how long to wait, inside the TooMany error of a throttled sign-in.
type Wait time.Duration

// Error says nothing that is not on the wire already.
func (w Wait) Error() string { return "wait " + time.Duration(w).String() }

// attempt is one sign-in under way. It counts as failed from the start, so that a hundred
// at once are a hundred failures.
type attempt struct {
	l                *limiter
	account, address string
	began, before    time.Time // this attempt, and the one before it from this address
}

// begin admits an attempt or refuses it with TooMany "slow_down" and a Wait.
func (l *limiter) begin(op string, clinic hub.ClinicID, login, address string) (attempt, error) {
	return l.admit(op, "a "+string(clinic)+" "+login, "i "+address)
}

// beginFrom is begin where no login is known: only the address is counted.
func (l *limiter) beginFrom(op, address string) (attempt, error) {
	return l.admit(op, "", "i "+address)
}

func (l *limiter) admit(op, account, address string) (attempt, error) {
	a := attempt{l: l, account: account, address: address, began: l.now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.by[a.address]; c != nil {
		c.forgive(a.began)
		a.before = c.last
	}
	wait := l.wait(a.address, addressFree, addressMaxWait)
	if account != "" {
		wait = max(wait, l.wait(a.account, accountFree, accountMaxWait))
	}
	if wait > 0 {
		return a, hub.E(op, hub.TooMany, "slow_down", "%w", Wait(wait))
	}
	if account != "" {
		l.count(a.account)
	}
	l.count(a.address)
	return a, nil
}

// wait returns how long key has to wait still.
func (l *limiter) wait(key string, free int, limit time.Duration) time.Duration {
	c := l.by[key]
	if c == nil || c.failures < free {
		return 0
	}
	pause := limit
	if n := c.failures - free; n < 20 {
		pause = min(limit, time.Second<<n)
	}
	return pause - l.now().Sub(c.last)
}

func (l *limiter) count(key string) {
	now := l.now()
	c := l.by[key]
	if c == nil {
		l.makeRoom(now)
		c = &counter{forgiven: now}
		l.by[key] = c
	}
	if now.Sub(c.last) > forgetAfter {
		c.failures = 0
	}
	c.failures++
	c.last = now
}

// forgive takes off a failure for each addressForgive that has passed.
func (c *counter) forgive(now time.Time) {
	n := int(now.Sub(c.forgiven) / addressForgive)
	c.failures = max(0, c.failures-n)
	c.forgiven = c.forgiven.Add(time.Duration(n) * addressForgive)
}

// makeRoom keeps the map bounded. Forgetting live counters under a flood of made-up logins
// loosens the per-account brake only; the flood's own addresses were used last and stay.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.by) < maxCounters {
		return
	}
	for age := forgetAfter; len(l.by) >= maxCounters; age /= 2 {
		for key, c := range l.by {
			if now.Sub(c.last) >= age {
				delete(l.by, key)
			}
		}
	}
}

// succeeded clears the account's failures and takes this attempt off its address.
func (a attempt) succeeded() {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	delete(a.l.by, a.account)
	a.l.less(a.address)
	// Who signs in rightly must not make those wait longer who share the address.
	if c := a.l.by[a.address]; c != nil && c.last.Equal(a.began) {
		c.last = a.before
	}
}

// void takes the attempt back: it proved nothing either way.
func (a attempt) void() {
	a.l.mu.Lock()
	defer a.l.mu.Unlock()
	a.l.less(a.account)
	a.l.less(a.address)
}

func (l *limiter) less(key string) {
	if c := l.by[key]; c != nil && c.failures > 0 {
		c.failures--
	}
}
