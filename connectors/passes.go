package connectors

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// A pass reads for so long and then plans for so long; together not longer than a run may
// last before other nodes count it as over.
const (
	readBound   = 25 * time.Minute
	finishBound = 5 * time.Minute
)

// What one pass may hold in memory before it is planned.
const (
	maxRecords = 250_000
	maxPulled  = 256 << 20 // bytes
)

// Limits of a preview.
const (
	previewRecords = 10
	previewBound   = 30 * time.Second
)

// PassOptions is what passes need. Supervisor, Runs and Zone are required.
type PassOptions struct {
	Supervisor *Supervisor
	Runs       Runs
	Zone       func(hub.ClinicID) *time.Location
	Log        *slog.Logger
	// Told hears of every run that began or ended. It must not block.
	Told func(hub.ClinicID, Run)
	Now  func() time.Time
	// Jitter returns a factor around 1; nil is 0.8 to 1.2 at random.
	Jitter func() float64
}

// Passes reads sources of staff, by their schedules and when asked to. A pass belongs to the
// running connector it reads from: it ends when that is drained.
type Passes struct {
	o   PassOptions
	due *calendar
}

// NewPasses returns passes that nothing has asked for yet.
func NewPasses(o PassOptions) *Passes {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Told == nil {
		o.Told = func(hub.ClinicID, Run) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = jitter
	}
	return &Passes{o: o, due: newCalendar()}
}

// RunNow begins a pass that goes on in the background and returns its run. Conflict
// "running" while another is under way on any node, "no_source" where the kind reads nobody;
// Unavailable "not_running" while the connector is not.
func (p *Passes) RunNow(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, mode PassMode, dry bool, by hub.UserID) (Run, error) {
	return p.begin(ctx, clinic, c, RunStart{Mode: mode, Cause: "hand", By: by, Dry: dry})
}

// begin opens a run and reads in the background.
func (p *Passes) begin(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, start RunStart) (Run, error) {
	const op = "connectors.pass"
	b, done, err := p.o.Supervisor.beside(op, c)
	if err != nil {
		return Run{}, err
	}
	source, ok := b.connector.(StaffSource)
	if !ok || b.spec.Clinic != clinic {
		done()
		return Run{}, hub.E(op, hub.Conflict, "no_source", "")
	}
	r, err := p.o.Runs.BeginRun(ctx, clinic, c, start)
	if err != nil {
		done()
		return Run{}, err
	}
	p.o.Told(clinic, r)
	go func() {
		defer done()
		p.pass(b, source, r, start)
	}()
	return r, nil
}

// pass reads and closes the run, whatever happens.
func (p *Passes) pass(b beside, source StaffSource, r Run, start RunStart) {
	in, err := p.read(b, source, start.Mode)
	// The end of the connector must not keep the run from being closed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), finishBound)
	defer cancel()
	ended := r
	if err == nil {
		ended, err = p.finish(ctx, b.spec.Clinic, r.ID, in)
	}
	if err != nil {
		ended, err = p.o.Runs.FailRun(ctx, b.spec.Clinic, r.ID, p.fault(b, err, len(in.Pulled)), len(in.Pulled))
	}
	if err != nil { // the database is away: the run counts as over by itself
		p.o.Log.Error("run not closed", "connector", r.Connector, "run", r.ID, "error", err)
		return
	}
	if !start.Dry {
		b.unit.troubled(b.inst, trouble(ended))
	}
	p.o.Told(b.spec.Clinic, ended)
}

func (p *Passes) finish(ctx context.Context, clinic hub.ClinicID, id hub.RunID, in RunInput) (out Run, err error) {
	failed := guard("finish", func() error { out, err = p.o.Runs.FinishRun(ctx, clinic, id, in); return err })
	if failed != nil {
		return out, &unplanned{failed}
	}
	return out, nil
}

// unplanned is a failure of ours and not of the source.
type unplanned struct{ error }

func (u *unplanned) Unwrap() error { return u.error }

// errTime ends a pass that takes too long.
var errTime = errors.New("the pass took too long")

// read takes everything a source says of one pass.
func (p *Passes) read(b beside, source StaffSource, mode PassMode) (RunInput, error) {
	ctx, cancel := context.WithTimeoutCause(b.ctx, readBound, errTime)
	defer cancel()
	var in RunInput
	pass := Pass{Mode: mode}
	cursor, _, err := p.o.Runs.RunCursor(ctx, b.spec.Clinic, b.spec.ID)
	if err != nil {
		return in, &unplanned{err}
	}
	if mode == PassChanges {
		pass.Cursor = cursor
	}
	size := 0
	take := func(pulled Pulled) error {
		size += weight(pulled)
		if len(in.Pulled) >= maxRecords || size > maxPulled {
			return hub.E("connectors.pass", hub.Invalid, "size_limit", "the source holds more than one pass may read")
		}
		in.Pulled = append(in.Pulled, pulled)
		return ctx.Err()
	}
	err = guard("pull", func() (err error) { in.End, err = source.Pull(ctx, pass, take); return err })
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return in, err
}

// weight is about how much memory a record takes.
func weight(p Pulled) int {
	n := 500 + len(p.Record) + len(p.Change.Key) + len(p.Change.Photo)
	for _, v := range p.Change.Fields {
		n += 50 + len(v.Text)
	}
	return n + 100*(len(p.Change.Units)+len(p.Change.Groups)+len(p.Notes))
}

// fault names why a run failed. A source names its faults by the code of a hub.Error; what
// has no name is told apart by whether anything had come.
func (p *Passes) fault(b beside, err error, read int) Fault {
	var e *hub.Error
	var ours *unplanned
	var panicked *panicError
	switch {
	case errors.As(err, &panicked):
		p.o.Log.Error("pass panicked", "connector", b.spec.ID, "kind", b.spec.Kind, "in", panicked.what, "stack", string(panicked.stack))
		b.unit.count("panics")
		return Fault{Name: "internal", Reason: "An internal fault ended the pass; the log names the place."}
	case errors.As(err, &ours):
		p.o.Log.Error("pass not planned", "connector", b.spec.ID, "kind", b.spec.Kind, "error", err)
		return Fault{Name: "internal", Reason: "What was read could not be planned; the log names the cause."}
	case errors.Is(err, errTime):
		return Fault{Name: "time_limit", Reason: "The source took longer than a pass may take."}
	case b.ctx.Err() != nil:
		return Fault{Name: "stopped", Reason: "The connector was stopped or changed while it was read."}
	}
	p.o.Log.Warn("pass failed", "connector", b.spec.ID, "kind", b.spec.Kind, "read", read, "error", err)
	if errors.As(err, &e) && e.Code != "" {
		return Fault{Name: e.Code, Where: e.Field, Reason: sentence(e)}
	}
	if read > 0 {
		return Fault{Name: "ended_early", Reason: "The source stopped before it had said everything."}
	}
	return Fault{Name: "unreachable", Reason: "The source could not be read."}
}

// sentence is the cause of a hub.Error, which by its rule holds no personal data.
func sentence(e *hub.Error) string {
	s := e.Kind.String()
	if e.Err != nil {
		s = e.Err.Error()
	}
	return s[:min(len(s), 500)]
}

// trouble is what a connector's health says of its last pass; "" when it went well.
func trouble(r Run) string {
	if r.State != RunFailed || r.Fault == nil {
		return ""
	}
	return "the last pass failed: " + r.Fault.Name
}

// troubled keeps how the last pass went, for the health.
func (u *unit) troubled(from *instance, text string) {
	u.mu.Lock()
	changed := u.current == from && u.trouble != text
	if changed {
		u.trouble = text
	}
	h := u.health
	u.mu.Unlock()
	if changed && u.o.OnHealth != nil {
		u.o.OnHealth(u.id, h)
	}
}

// errEnough ends a preview whose source goes on although it was asked for few.
var errEnough = errors.New("enough")

// Preview reads at most 10 people with a configuration that need not be running. Nothing is
// stored; the instance is thrown away. What goes wrong with the source is a fault in the
// sample.
func (p *Passes) Preview(ctx context.Context, spec Spec) (Sample, error) {
	u := p.o.Supervisor.known(spec.ID)
	if u == nil {
		u = newUnit(spec.ID, &p.o.Supervisor.o)
		defer u.sockets.closeAll()
	}
	l := u.sockets.lease(true)
	defer l.discard()
	m, err := u.make(spec, &instance{scratch: true}, l)
	if err != nil {
		return Sample{}, err
	}
	source, ok := m.connector.(StaffSource)
	if !ok {
		return Sample{}, hub.E("connectors.preview", hub.Conflict, "no_source", "")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, previewBound, errTime)
	defer cancel()
	out := Sample{Records: []SampleRecord{}}
	err = guard("preview", func() error {
		_, err := source.Pull(ctx, Pass{Mode: PassFull, Limit: previewRecords}, func(pulled Pulled) error {
			if pulled.Change.Op == directory.OpComplete {
				return nil
			}
			if len(out.Records) == previewRecords {
				return errEnough
			}
			out.Records = append(out.Records, sampled(pulled))
			return nil
		})
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		f := p.fault(beside{made: m, ctx: context.WithoutCancel(ctx), unit: u}, err, len(out.Records))
		out.Fault = &f
	}
	out.End = err == nil && len(out.Records) < previewRecords
	return out, nil
}
