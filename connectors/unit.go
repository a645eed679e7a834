package connectors

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

// Pauses between restarts, and how long a drained run may take before it is left behind.
const (
	firstPause = time.Second
	lastPause  = time.Minute
	drainBound = 8 * time.Second // a connector's own bound for the message in hand is 5 s
)

// unit is one configured connector over all its revisions: its sockets, its health and its
// counters outlive each run.
type unit struct {
	id      hub.ConnectorID
	o       *Options
	sockets *sockets
	change  sync.Mutex // held during Apply and Stop

	mu       sync.Mutex
	current  *instance // nil while stopped
	health   Health
	trouble  string // why the last pass over the source failed; shown while the connector is up
	counters map[string]int64
}

// instance is one accepted revision from its start to its drain.
type instance struct {
	made
	scratch bool            // made for a test: its reports count for nothing
	ctx     context.Context // ends with the drain; what is begun beside Run ends with it
	cancel  context.CancelFunc
	beside  sync.WaitGroup // passes under way
	done    chan struct{}
}

// made is one connector made from a revision. A restart after an error makes a new one, so
// that nothing of the failed run is carried on.
type made struct {
	spec      Spec
	connector Connector
	inbox     Inbox
	lease     *lease
}

func newUnit(id hub.ConnectorID, o *Options) *unit {
	return &unit{id: id, o: o, sockets: newSockets(), counters: map[string]int64{},
		health: Health{State: Stopped, Since: o.Now()}}
}

// build makes and prepares an instance; on error it leaves no trace.
func (u *unit) build(spec Spec) (*instance, error) {
	inst := &instance{done: make(chan struct{})}
	l := u.sockets.lease(false)
	m, err := u.prepare(spec, inst, l)
	if err != nil {
		l.discard()
		return nil, err
	}
	inst.made = m
	return inst, nil
}

func (u *unit) prepare(spec Spec, inst *instance, l *lease) (made, error) {
	m, err := u.make(spec, inst, l)
	if p, ok := m.connector.(Preparer); ok && err == nil {
		err = guard("prepare", p.Prepare)
	}
	return m, err
}

// make decodes the configuration and calls the kind's New with a fresh Env.
func (u *unit) make(spec Spec, inst *instance, l *lease) (made, error) {
	kind, err := u.o.Registry.Kind(spec.Kind)
	if err != nil {
		return made{}, err
	}
	config, err := kind.Decode(spec.Config)
	if err != nil {
		return made{}, err
	}
	e := u.env(spec, inst, l)
	m := made{spec: spec, inbox: e.Inbox, lease: l}
	err = guard("new", func() error { m.connector, err = kind.New(config, e); return err })
	return m, err
}

func (u *unit) env(spec Spec, inst *instance, l *lease) Env {
	e := u.o.Env(spec)
	e.Clinic, e.ID, e.Now = spec.Clinic, spec.ID, u.o.Now
	e.Log = u.o.Log.With(slog.String("connector", string(spec.ID)), slog.String("kind", spec.Kind), slog.Int("revision", spec.Revision))
	e.Listen = l.listen
	e.Report = func(h Health) { u.report(inst, h) }
	e.Count = func(name string) {
		if !inst.scratch {
			u.count(name)
		}
	}
	return e
}

// drain ends the current run: it stops accepting, finishes the message in hand and
// returns. A run that does not keep to its bound is left behind, counted and named.
func (u *unit) drain(ctx context.Context) {
	u.mu.Lock()
	old := u.current
	u.current = nil
	u.mu.Unlock()
	if old == nil {
		return
	}
	old.cancel()
	bound := time.NewTimer(drainBound)
	defer bound.Stop()
	select {
	case <-old.done:
		return
	case <-bound.C:
	case <-ctx.Done():
	}
	u.count("drain_overrun")
	u.o.Log.Error("connector did not end in time", "connector", string(u.id), "revision", old.spec.Revision)
}

// start runs an instance until it is drained.
func (u *unit) start(inst *instance) {
	ctx, cancel := context.WithCancel(context.Background())
	inst.ctx, inst.cancel = ctx, cancel
	u.mu.Lock()
	u.current, u.trouble = inst, ""
	u.mu.Unlock()
	if _, ok := inst.connector.(Preparer); ok {
		inst.lease.settle()
	}
	u.report(inst, Health{State: Connecting})
	go u.keep(ctx, inst)
}

// keep runs an instance again and again, with growing pauses after errors, until ctx ends.
func (u *unit) keep(ctx context.Context, inst *instance) {
	defer func() { inst.beside.Wait(); close(inst.done) }()
	pause := firstPause
	for {
		began := u.o.Now()
		err := u.run(ctx, inst)
		if ctx.Err() != nil {
			return
		}
		if u.o.Now().Sub(began) > lastPause {
			pause = firstPause // it had worked for a while: this is a new trouble
		}
		wait := time.Duration(float64(pause) * u.o.Jitter())
		u.failed(inst, err, wait)
		pause = min(2*pause, lastPause)
		if !sleep(ctx, wait) {
			return
		}
		u.count("restarts")
		u.report(inst, Health{State: Connecting})
		u.renew(inst)
	}
}

// run is one call of Run; its handles are closed even when it panics.
func (u *unit) run(ctx context.Context, inst *instance) error {
	defer inst.lease.closeHandles()
	err := guard("run", func() error { return inst.connector.Run(ctx) })
	if err == nil && ctx.Err() == nil {
		err = errors.New("the connector ended by itself")
	}
	return err
}

// renew makes the connector anew from the same revision, on the same sockets. If that
// fails now (a certificate has expired), the next run reports it and waits again.
func (u *unit) renew(inst *instance) {
	m, err := u.prepare(inst.spec, inst, u.sockets.lease(false))
	if err != nil {
		m = inst.made
		m.connector = failed{err}
	}
	u.mu.Lock()
	inst.made = m
	u.mu.Unlock()
}

// failed stands in for a connector that could not be made again.
type failed struct{ err error }

func (f failed) Run(context.Context) error { return f.err }

func (u *unit) failed(inst *instance, err error, wait time.Duration) {
	var p *panicError
	if errors.As(err, &p) {
		u.count("panics")
		u.o.Log.Error("connector panicked", "connector", string(u.id), "kind", inst.spec.Kind, "in", p.what, "stack", string(p.stack))
	} else {
		u.count("failures")
		u.o.Log.Warn("connector failed", "connector", string(u.id), "kind", inst.spec.Kind, "error", err)
	}
	u.report(inst, Health{State: Down, Detail: err.Error() + "; next try in " + wait.Round(time.Second).String()})
}

// report keeps a health. A report of an instance that has been replaced is old news and
// ignored; nil stands for the supervisor itself.
func (u *unit) report(from *instance, h Health) {
	u.mu.Lock()
	if from != nil && u.current != from {
		u.mu.Unlock()
		return
	}
	if h.Since.IsZero() {
		h.Since = u.o.Now()
		if h.State == u.health.State {
			h.Since = u.health.Since
		}
	}
	u.health = h
	u.mu.Unlock()
	if u.o.OnHealth != nil {
		u.o.OnHealth(u.id, h)
	}
}

func (u *unit) count(name string) {
	u.mu.Lock()
	u.counters[name]++
	u.mu.Unlock()
	if u.o.OnCount != nil {
		u.o.OnCount(u.id, name)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func jitter() float64 { return 0.8 + 0.4*rand.Float64() }
