package connectors

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// Spec is one revision of one configured connector.
type Spec struct {
	Clinic   hub.ClinicID
	ID       hub.ConnectorID
	Kind     string
	Revision int
	Config   json.RawMessage
}

// Options is what a supervisor needs from the rest of the house. Only Registry is required.
type Options struct {
	Registry *Registry
	Log      *slog.Logger
	// Env returns the parts of an Env that are not the supervisor's: Inbox, Status, Names,
	// Grant and State. It is called for every start.
	Env func(Spec) Env
	// OnHealth and OnCount hear every report and every count, for the console and for
	// metrics. They must not block and not call the supervisor.
	OnHealth func(hub.ConnectorID, Health)
	OnCount  func(id hub.ConnectorID, name string)
	Now      func() time.Time
	// Jitter returns a factor around 1 for back-off pauses; nil is 0.8 to 1.2 at random.
	Jitter func() float64
}

// Supervisor runs connectors. All its methods may be called at the same time; changes to
// one connector happen one after the other.
type Supervisor struct {
	o     Options
	mu    sync.Mutex
	units map[hub.ConnectorID]*unit
}

// NewSupervisor returns a supervisor that runs nothing yet.
func NewSupervisor(o Options) *Supervisor {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Env == nil {
		o.Env = func(Spec) Env { return Env{} }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = jitter
	}
	return &Supervisor{o: o, units: map[hub.ConnectorID]*unit{}}
}

// Apply starts a connector, or replaces a running one by a new revision. Everything that
// can fail happens before the old run is touched: an error means that nothing changed. The
// old run is then drained, and the new one starts on the same sockets.
func (s *Supervisor) Apply(ctx context.Context, spec Spec) error {
	u := s.unit(spec.ID)
	u.change.Lock()
	defer u.change.Unlock()
	next, err := u.build(spec)
	if err != nil {
		return err
	}
	u.drain(ctx)
	u.start(next)
	return nil
}

// Stop drains a connector and closes its sockets. Stopping a stopped one does nothing.
func (s *Supervisor) Stop(ctx context.Context, id hub.ConnectorID) {
	s.mu.Lock()
	u := s.units[id]
	s.mu.Unlock()
	if u == nil {
		return
	}
	u.change.Lock()
	defer u.change.Unlock()
	u.drain(ctx)
	u.sockets.closeAll()
	u.report(nil, Health{State: Stopped})
}

// Close stops everything at once and returns when all is drained, or ctx has ended.
func (s *Supervisor) Close(ctx context.Context) {
	s.mu.Lock()
	ids := maps.Clone(s.units)
	s.mu.Unlock()
	var wg sync.WaitGroup
	for id := range ids {
		wg.Go(func() { s.Stop(ctx, id) })
	}
	wg.Wait()
}

// IDs returns every connector that ran since the hub started, in no order.
func (s *Supervisor) IDs() []hub.ConnectorID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.units))
}

// Health returns what a connector last reported; Stopped for one that never ran.
func (s *Supervisor) Health(id hub.ConnectorID) Health {
	u := s.known(id)
	if u == nil {
		return Health{State: Stopped}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	h := u.health
	if h.State == Up && u.trouble != "" {
		h.State, h.Detail = Degraded, u.trouble
	}
	return h
}

// Counters returns a copy of a connector's named counters since the hub started.
func (s *Supervisor) Counters(id hub.ConnectorID) map[string]int64 {
	u := s.known(id)
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.counters)
}

// Revision returns the revision that runs, or 0.
func (s *Supervisor) Revision(id hub.ConnectorID) int {
	return s.running(id).spec.Revision
}

// Addrs returns the addresses a connector listens on, for a port that was left to the
// system to choose.
func (s *Supervisor) Addrs(id hub.ConnectorID) []net.Addr {
	if u := s.known(id); u != nil {
		return u.sockets.addrs()
	}
	return nil
}

// Test runs the Test button's checks for a configuration that need not be running. The
// first Check is always "config". It changes nothing: the instance is thrown away.
func (s *Supervisor) Test(ctx context.Context, spec Spec) []Check {
	u := s.known(spec.ID)
	if u == nil {
		u = newUnit(spec.ID, &s.o) // not kept: a test leaves no trace
		defer u.sockets.closeAll()
	}
	l := u.sockets.lease(true)
	defer l.discard()
	made, err := u.make(spec, &instance{scratch: true}, l)
	if err != nil {
		return []Check{{Name: "config", Detail: err.Error()}}
	}
	checks := []Check{{Name: "config", OK: true}}
	if checker, ok := made.connector.(Checker); ok {
		checks = append(checks, checker.Check(ctx)...)
	}
	return checks
}

// Answer carries an answer to the connector it is for. ErrGone means that this kind of
// source takes no answers; an Error of kind Unavailable that the connector is not running.
func (s *Supervisor) Answer(ctx context.Context, a alerting.Answer) error {
	now := s.running(a.Connector)
	if now.connector == nil {
		return hub.E("connectors.answer", hub.Unavailable, "not_running", "")
	}
	answerer, ok := now.connector.(Answerer)
	if !ok {
		return ErrGone
	}
	return guard("answer", func() error { return answerer.Answer(ctx, a) })
}

// Replay maps a stored input again as if it had just arrived. in overrides the
// connector's own inbox where the caller wants the effect elsewhere; nil keeps it.
func (s *Supervisor) Replay(ctx context.Context, id hub.ConnectorID, in Inbox, raw Raw) error {
	now := s.running(id)
	if now.connector == nil {
		return hub.E("connectors.replay", hub.Unavailable, "not_running", "")
	}
	replayer, ok := now.connector.(Replayer)
	if !ok {
		return hub.E("connectors.replay", hub.Invalid, "not_replayable", "inputs of kind %s cannot be replayed", now.spec.Kind)
	}
	if in == nil {
		in = now.inbox
	}
	return guard("replay", func() error { return replayer.Replay(ctx, in, raw) })
}

func (s *Supervisor) unit(id hub.ConnectorID) *unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.units[id]
	if u == nil {
		u = newUnit(id, &s.o)
		s.units[id] = u
	}
	return u
}

func (s *Supervisor) known(id hub.ConnectorID) *unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.units[id]
}

// running returns what runs right now; the zero value if nothing does, also while a
// connector that failed cannot be made again: that is no reason to think it takes no answers.
func (s *Supervisor) running(id hub.ConnectorID) made {
	u := s.known(id)
	if u == nil {
		return made{}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.current == nil {
		return made{}
	}
	now := u.current.made
	if _, down := now.connector.(failed); down {
		now.connector = nil
	}
	return now
}

// guard turns a panic into an error that names where it happened, so that one connector's
// mistake never takes the hub down.
func guard(what string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{what: what, stack: debug.Stack()}
		}
	}()
	return f()
}

// panicError keeps where a panic happened, for the log. The value of the panic is dropped:
// it may quote a message.
type panicError struct {
	what  string
	stack []byte
}

func (e *panicError) Error() string { return "internal fault in " + e.what + " (panic)" }
