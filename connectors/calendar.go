package connectors

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

// How often schedules are looked at, and how sources are spread out.
const (
	look       = 20 * time.Second
	maxSpread  = 2 * time.Minute
	firstRetry = 2 * time.Minute
	lastRetry  = time.Hour
	// lookBack is how many runs are read to see what is due.
	lookBack = 50
)

// calendar remembers when each source is to be looked at again. What is due is worked out
// from the stored runs, so that nodes and restarts agree; this only spares the database.
type calendar struct {
	mu   sync.Mutex
	seen map[hub.ConnectorID]*appointment
}

// appointment belongs to one revision of a connector.
type appointment struct {
	revision int
	since    time.Time // when the revision was first seen running
	next     time.Time
}

func newCalendar() *calendar { return &calendar{seen: map[hub.ConnectorID]*appointment{}} }

// meet returns the appointment of what runs; a new revision is looked at at once.
func (c *calendar) meet(spec Spec, now time.Time) *appointment {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.seen[spec.ID]
	if a == nil || a.revision != spec.Revision {
		a = &appointment{revision: spec.Revision, since: now, next: now}
		c.seen[spec.ID] = a
	}
	return a
}

// Run begins passes as their schedules say, until ctx ends. Passes under way end with their
// connectors.
func (p *Passes) Run(ctx context.Context) {
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		p.o.Supervisor.each(func(m made) { p.visit(ctx, m) })
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// visit begins what is due at one source and notes when to look again.
func (p *Passes) visit(ctx context.Context, m made) {
	source, ok := m.connector.(StaffSource)
	if !ok {
		return
	}
	now := p.o.Now()
	a := p.due.meet(m.spec, now)
	if now.Before(a.next) {
		return
	}
	h, err := p.history(ctx, m.spec)
	if err != nil {
		p.o.Log.Warn("runs of a source not read", "connector", m.spec.ID, "error", err)
		return // at the next look
	}
	if u := p.o.Supervisor.known(m.spec.ID); u != nil && len(h.runs) > 0 {
		u.mu.Lock()
		inst := u.current
		u.mu.Unlock()
		u.troubled(inst, trouble(h.runs[0])) // also after a restart of the hub
	}
	if h.running {
		a.next = now.Add(look)
		return
	}
	schedule := source.Schedule()
	mode, at := h.next(schedule, a.since, p.o.Zone(m.spec.Clinic))
	if mode == "" {
		a.next = now.Add(time.Hour)
		return
	}
	if late := spread(schedule, p.o.Jitter()); at.After(now) {
		a.next = at.Add(late)
		return
	}
	a.next = now.Add(look)
	if _, err := p.begin(ctx, m.spec.Clinic, m.spec.ID, RunStart{Mode: mode, Cause: "schedule"}); err != nil {
		p.o.Log.Debug("pass not begun", "connector", m.spec.ID, "error", err) // another node has, or the connector has just ended
	}
}

// spread keeps sources with one schedule from being read at once.
func spread(s Schedule, factor float64) time.Duration {
	most := maxSpread
	if s.ChangesMinutes > 0 {
		most = min(most, time.Duration(s.ChangesMinutes)*time.Minute/10)
	}
	return max(0, time.Duration((factor-0.8)/0.4*float64(most)))
}

// history is what became of the passes over one source, newest first: without dry runs and
// files, and without those that only a change of the connector has ended.
type history struct {
	runs    []Run
	running bool
	full    time.Time // when a full pass was last applied
}

func (p *Passes) history(ctx context.Context, spec Spec) (history, error) {
	var h history
	all, _, err := p.o.Runs.ListRuns(ctx, spec.Clinic, spec.ID, "", lookBack)
	if err != nil {
		return h, err
	}
	for _, r := range all {
		stopped := r.Fault != nil && r.Fault.Name == "stopped"
		switch {
		case r.Cause != "schedule" && r.Cause != "hand" || r.State == RunDry || stopped:
		case r.State == RunRunning:
			h.running = true
		default:
			h.runs = append(h.runs, r)
		}
	}
	_, h.full, err = p.o.Runs.RunCursor(ctx, spec.Clinic, spec.ID)
	return h, err
}

// next says which pass is due and when; no mode where none ever is. since is when the
// schedule began to hold: before the first run nothing was missed.
func (h history) next(s Schedule, since time.Time, loc *time.Location) (PassMode, time.Time) {
	wait, failed := h.pause(since)
	full, hasFull := h.nextFull(s, since, loc)
	if hasFull && failed && full.Before(wait) {
		full = wait
	}
	if s.ChangesMinutes <= 0 {
		if !hasFull {
			return "", time.Time{}
		}
		return PassFull, full
	}
	changes := since
	if len(h.runs) > 0 {
		changes = h.runs[0].Began
	}
	changes = changes.Add(time.Duration(s.ChangesMinutes) * time.Minute)
	switch {
	case failed:
		changes = wait
	case h.failures() > 0:
		changes = since
	}
	if hasFull && !full.After(changes) {
		return PassFull, full
	}
	return PassChanges, changes
}

// nextFull is the first daily time that no full pass has answered. A time that passed while
// the hub was down is answered late.
func (h history) nextFull(s Schedule, since time.Time, loc *time.Location) (time.Time, bool) {
	var hour, minute int
	if at, err := time.Parse("15:04", s.FullAt); err == nil {
		hour, minute = at.Hour(), at.Minute()
	} else {
		return time.Time{}, false
	}
	last := since
	if r, ok := h.lastFull(); ok {
		last = r
	} else if len(h.runs) > 0 {
		last = h.runs[len(h.runs)-1].Began // passes are made here, but never a full one
	}
	last = last.In(loc)
	next := time.Date(last.Year(), last.Month(), last.Day(), hour, minute, 0, 0, loc)
	if !next.After(last) {
		next = time.Date(last.Year(), last.Month(), last.Day()+1, hour, minute, 0, 0, loc)
	}
	return next, true
}

// lastFull is when a full pass last began that was applied, or that waits for a judgement:
// to read the same again would only ask the same again.
func (h history) lastFull() (time.Time, bool) {
	for _, r := range h.runs {
		if r.Mode == PassFull && r.State != RunFailed {
			return r.Began, true
		}
	}
	return h.full, !h.full.IsZero()
}

// pause is until when a source that failed is left alone: longer with every failure, and at
// once for long where it refused the account, because directories lock those that try again.
// A new revision may have mended the cause, so it is tried without a pause.
func (h history) pause(since time.Time) (until time.Time, failed bool) {
	n := h.failures()
	if n == 0 || h.runs[0].Began.Before(since) {
		return time.Time{}, false
	}
	last := h.runs[0]
	ended := last.Began
	if last.Ended != nil {
		ended = *last.Ended
	}
	wait := lastRetry
	if n < 6 && !refusesAccount(last.Fault) {
		wait = min(lastRetry, firstRetry<<(n-1))
	}
	return ended.Add(wait), true
}

// refusesAccount reports whether a source has looked at our account and said no.
func refusesAccount(f *Fault) bool {
	return f != nil && (f.Name == "wrong_credentials" || f.Name == "password_expired" || strings.HasPrefix(f.Name, "account_"))
}

// failures counts the newest runs that failed without one between them that did not.
func (h history) failures() int {
	for i, r := range h.runs {
		if r.State != RunFailed {
			return i
		}
	}
	return len(h.runs)
}

// Ailing is what is wrong with the passes over one source.
type Ailing struct {
	Connector hub.ConnectorID
	Failures  int       // in a row
	Fault     string    // name of the last one
	Full      time.Time // when a full pass was last applied; zero: never
	Stale     bool      // that is too long ago
}

// When the passes over a source become something to be told.
const (
	failuresTold = 3
	fullTold     = 48 * time.Hour
)

// Ailing lists the running sources of a clinic whose passes fail again and again, or whose
// last applied full pass is older than two days although there is to be one each day.
func (p *Passes) Ailing(ctx context.Context, clinic hub.ClinicID) ([]Ailing, error) {
	var out []Ailing
	var failed error
	p.o.Supervisor.each(func(m made) {
		source, ok := m.connector.(StaffSource)
		if !ok || m.spec.Clinic != clinic || failed != nil {
			return
		}
		h, err := p.history(ctx, m.spec)
		if err != nil {
			failed = err
			return
		}
		a := Ailing{Connector: m.spec.ID, Failures: h.failures(), Full: h.full}
		if a.Failures > 0 && h.runs[0].Fault != nil {
			a.Fault = h.runs[0].Fault.Name
		}
		begun := p.due.meet(m.spec, p.o.Now()).since
		if !h.full.IsZero() {
			begun = h.full
		} else if len(h.runs) > 0 {
			begun = h.runs[len(h.runs)-1].Began
		}
		a.Stale = source.Schedule().FullAt != "" && p.o.Now().Sub(begun) > fullTold
		if a.Failures >= failuresTold || a.Stale {
			out = append(out, a)
		}
	})
	return out, failed
}
