package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// staffSource is a source whose answers a test decides.
type staffSource struct {
	schedule connectors.Schedule
	pull     func(ctx context.Context, p connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error)
}

// runningSource is what each start makes of it.
type runningSource struct {
	*staffSource
	env connectors.Env
}

func (s runningSource) Run(ctx context.Context) error {
	s.env.Report(connectors.Health{State: connectors.Up})
	<-ctx.Done()
	return nil
}
func (s *staffSource) Schedule() connectors.Schedule { return s.schedule }
func (s *staffSource) Pull(ctx context.Context, p connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
	return s.pull(ctx, p, take)
}

// runBook keeps runs as the store does, in memory and on the bubble's clock.
type runBook struct {
	mu     sync.Mutex
	runs   []connectors.Run // oldest first
	inputs map[hub.RunID]connectors.RunInput
	held   bool
	finish error
	full   time.Time
	cursor []byte
}

func (b *runBook) BeginRun(_ context.Context, _ hub.ClinicID, c hub.ConnectorID, s connectors.RunStart) (connectors.Run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.runs {
		if r.State == connectors.RunRunning {
			return connectors.Run{}, hub.E("fake", hub.Conflict, "running", "")
		}
	}
	r := connectors.Run{ID: hub.RunID(fmt.Sprint(len(b.runs))), Connector: c, Mode: s.Mode, Cause: s.Cause, By: s.By, State: connectors.RunRunning, Began: time.Now()}
	b.runs = append(b.runs, r)
	return r, nil
}

func (b *runBook) close(id hub.RunID, change func(*connectors.Run)) connectors.Run {
	i := slices.IndexFunc(b.runs, func(r connectors.Run) bool { return r.ID == id })
	now := time.Now()
	b.runs[i].Ended = &now
	change(&b.runs[i])
	return b.runs[i]
}

func (b *runBook) FinishRun(ctx context.Context, _ hub.ClinicID, id hub.RunID, in connectors.RunInput) (connectors.Run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.finish != nil {
		return connectors.Run{}, b.finish
	}
	return b.close(id, func(r *connectors.Run) {
		r.State, r.Read = connectors.RunApplied, len(in.Pulled)
		if b.held {
			r.State = connectors.RunHeld
			return
		}
		b.cursor = in.End.Cursor
		if in.End.Full {
			b.full = r.Began
		}
	}), ctx.Err()
}

func (b *runBook) FailRun(ctx context.Context, _ hub.ClinicID, id hub.RunID, f connectors.Fault, read int) (connectors.Run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.close(id, func(r *connectors.Run) { r.State, r.Fault, r.Read = connectors.RunFailed, &f, read }), ctx.Err()
}

func (b *runBook) RunCursor(context.Context, hub.ClinicID, hub.ConnectorID) ([]byte, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cursor, b.full, nil
}

func (b *runBook) ListRuns(context.Context, hub.ClinicID, hub.ConnectorID, string, int) ([]connectors.Run, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.runs)
	slices.Reverse(out)
	return out, "", nil
}

func (b *runBook) ReadRun(context.Context, hub.ClinicID, hub.RunID) (connectors.Run, error) {
	return connectors.Run{}, errors.New("not asked for")
}

// log is the runs in one line each: when, why, how and what became of them.
func (b *runBook) log(from time.Time) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, r := range b.runs {
		fault := ""
		if r.Fault != nil {
			fault = " " + r.Fault.Name
		}
		out = append(out, fmt.Sprintf("%s %s %s %s%s", r.Began.Sub(from).Round(time.Minute), r.Cause, r.Mode, r.State, fault))
	}
	return out
}

const staffID = hub.ConnectorID("source")

// hospital is a supervisor with one source, and the passes over it.
type hospital struct {
	*testing.T
	source     *staffSource
	book       *runBook
	supervisor *connectors.Supervisor
	passes     *connectors.Passes
}

// newHospital must be called inside a bubble.
func newHospital(t *testing.T, schedule connectors.Schedule) *hospital {
	t.Helper()
	h := &hospital{T: t, book: &runBook{}, source: &staffSource{schedule: schedule}}
	h.source.pull = func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
		return connectors.PassEnd{Full: true, Cursor: []byte("1")}, nil
	}
	registry, err := connectors.NewRegistry(connectors.Kind{
		Name: "staff", Config: func() any { return &struct{}{} },
		New: func(_ any, e connectors.Env) (connectors.Connector, error) {
			return runningSource{h.source, e}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.supervisor = connectors.NewSupervisor(connectors.Options{Registry: registry, Jitter: func() float64 { return 1 },
		Env: func(connectors.Spec) connectors.Env { return connectors.Env{} }})
	h.passes = connectors.NewPasses(connectors.PassOptions{Supervisor: h.supervisor, Runs: h.book,
		Zone: func(hub.ClinicID) *time.Location { return time.UTC }, Jitter: func() float64 { return 0.8 }})
	h.apply(1)
	return h
}

func (h *hospital) apply(revision int) {
	h.Helper()
	if err := h.supervisor.Apply(h.Context(), connectors.Spec{Clinic: "c", ID: staffID, Kind: "staff", Revision: revision}); err != nil {
		h.Fatal(err)
	}
}

// live lets schedules run for a while.
func (h *hospital) live(d time.Duration) {
	ctx, cancel := context.WithCancel(h.Context())
	done := make(chan struct{})
	go func() { h.passes.Run(ctx); close(done) }()
	time.Sleep(d)
	cancel()
	<-done
	synctest.Wait()
}

func (h *hospital) close() { h.supervisor.Close(context.Background()) }

func (h *hospital) want(from time.Time, want ...string) {
	h.Helper()
	if got := h.book.log(from); !slices.Equal(got, want) {
		h.Errorf("runs:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// pulled is a record of somebody.
func pulled(key string) connectors.Pulled {
	return connectors.Pulled{Record: "row " + key, Change: directory.Change{Op: directory.OpPut, Key: key, Fields: map[directory.Field]directory.Value{
		directory.FamilyName: {Text: "N" + key}, directory.Mobile: {Null: true},
	}}}
}

// The bubble's clock begins at midnight UTC of 1 January 2000.
func TestScheduleOfADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{ChangesMinutes: 360, FullAt: "02:30"})
		from := time.Now()
		h.live(25 * time.Hour)
		h.want(from, "2h30m0s schedule full applied", "8h30m0s schedule changes applied", "14h30m0s schedule changes applied",
			"20h30m0s schedule changes applied")
		h.close()
	})
}

func TestByHandOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{})
		h.live(72 * time.Hour)
		h.want(time.Now())
		if a, err := h.passes.Ailing(t.Context(), "c"); err != nil || len(a) > 0 {
			t.Errorf("a source without a schedule is late: %+v %v", a, err)
		}
		h.close()
	})
}

// TestMissedFullPass: the hub was down at half past two.
func TestMissedFullPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{FullAt: "02:30"})
		from := time.Now()
		h.live(3 * time.Hour)
		time.Sleep(30 * time.Hour) // nobody looks at schedules
		h.live(time.Hour)
		h.want(from, "2h30m0s schedule full applied", "33h0m0s schedule full applied")
		h.close()
	})
}

func TestRetriesGrowAndANewRevisionTriesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{ChangesMinutes: 10})
		from := time.Now()
		works := h.source.pull
		h.source.pull = func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
			return connectors.PassEnd{}, errors.New("no route to host")
		}
		h.live(45 * time.Minute)
		h.want(from, "10m0s schedule changes failed unreachable", "12m0s schedule changes failed unreachable",
			"16m0s schedule changes failed unreachable", "24m0s schedule changes failed unreachable", "40m0s schedule changes failed unreachable")
		if a, err := h.passes.Ailing(t.Context(), "c"); err != nil || len(a) != 1 || a[0].Failures != 5 || a[0].Fault != "unreachable" {
			t.Errorf("ailing %+v %v", a, err)
		}
		h.source.pull = works
		h.apply(2)
		h.live(time.Minute)
		got := h.book.log(from)
		if last := got[len(got)-1]; last != "45m0s schedule changes applied" {
			t.Errorf("after the new revision: %s", last)
		}
		if a, _ := h.passes.Ailing(t.Context(), "c"); len(a) > 0 {
			t.Errorf("still ailing: %+v", a)
		}
		h.close()
	})
}

// TestRefusedAccountIsLeftAlone: directories lock an account that tries again and again.
func TestRefusedAccountIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{ChangesMinutes: 10})
		h.source.pull = func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
			return connectors.PassEnd{}, hub.E("ldap", hub.Unavailable, "wrong_credentials", "")
		}
		from := time.Now()
		h.live(75 * time.Minute)
		h.want(from, "10m0s schedule changes failed wrong_credentials", "1h10m0s schedule changes failed wrong_credentials")
		h.close()
	})
}

// TestHeldPassIsNotAskedAgain: a plan that waits for a judgement answers the day's full pass.
func TestHeldPassIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{FullAt: "02:30"})
		h.book.held = true
		from := time.Now()
		h.live(60 * time.Hour)
		h.want(from, "2h30m0s schedule full held", "26h30m0s schedule full held", "50h30m0s schedule full held")
		if a, _ := h.passes.Ailing(t.Context(), "c"); len(a) != 1 || !a[0].Stale {
			t.Errorf("two days without an applied full pass are not noticed: %+v", a)
		}
		h.close()
	})
}

func TestFaultsOfPasses(t *testing.T) {
	t.Parallel()
	type pull = func(ctx context.Context, p connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error)
	for name, tt := range map[string]struct {
		pull  pull
		fault string
	}{
		"named": {func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
			return connectors.PassEnd{}, fmt.Errorf("read: %w", hub.E("x", hub.Unavailable, "tls", "unknown authority"))
		}, "tls"},
		"nothing came": {func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
			return connectors.PassEnd{}, errors.New("dial tcp: refused")
		}, "unreachable"},
		"cut in the middle": {func(_ context.Context, _ connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
			return connectors.PassEnd{}, errors.Join(take(pulled("1")), errors.New("connection reset"))
		}, "ended_early"},
		"endless": {func(_ context.Context, _ connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
			photo := make([]byte, 100<<10)
			for {
				if err := take(connectors.Pulled{Change: directory.Change{Key: "k", Photo: photo}}); err != nil {
					return connectors.PassEnd{}, err
				}
			}
		}, "size_limit"},
		"silent": {func(ctx context.Context, _ connectors.Pass, _ func(connectors.Pulled) error) (connectors.PassEnd, error) {
			<-ctx.Done()
			return connectors.PassEnd{}, ctx.Err()
		}, "time_limit"},
		"panics": {func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
			panic("Müller, Eva")
		}, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHospital(t, connectors.Schedule{})
				h.source.pull = tt.pull
				if _, err := h.passes.RunNow(t.Context(), "c", staffID, connectors.PassFull, false, "u"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				r := h.book.runs[0]
				if r.State != connectors.RunFailed || r.Fault.Name != tt.fault || strings.Contains(r.Fault.Reason, "Müller") {
					t.Errorf("run %+v, fault %+v", r, r.Fault)
				}
				h.close()
			})
		})
	}
}

func TestPlanningFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{})
		h.book.finish = errors.New("database away")
		h.passes.RunNow(t.Context(), "c", staffID, connectors.PassFull, false, "u")
		synctest.Wait()
		if f := h.book.runs[0].Fault; f == nil || f.Name != "internal" {
			t.Errorf("fault %+v", f)
		}
		h.close()
	})
}

// TestHealthNamesTheTrouble: a source that answers its beat but not its passes is degraded,
// until a pass succeeds.
func TestHealthNamesTheTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{})
		works := h.source.pull
		h.source.pull = func(context.Context, connectors.Pass, func(connectors.Pulled) error) (connectors.PassEnd, error) {
			return connectors.PassEnd{}, errors.New("no")
		}
		pass := func(want connectors.State, detail string) {
			h.passes.RunNow(t.Context(), "c", staffID, connectors.PassFull, false, "u")
			synctest.Wait()
			if got := h.supervisor.Health(staffID); got.State != want || got.Detail != detail {
				t.Errorf("health %+v, want %s %q", got, want, detail)
			}
		}
		synctest.Wait()
		pass(connectors.Degraded, "the last pass failed: unreachable")
		h.source.pull = works
		pass(connectors.Up, "")
		h.close()
	})
}

// TestReloadEndsThePass: the pass ends with the revision it reads by, and the next revision
// begins only then.
func TestReloadEndsThePass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{ChangesMinutes: 60})
		h.source.pull = func(ctx context.Context, _ connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
			take(pulled("1"))
			<-ctx.Done()
			return connectors.PassEnd{}, ctx.Err()
		}
		from := time.Now()
		if _, err := h.passes.RunNow(t.Context(), "c", staffID, connectors.PassFull, false, "u"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := h.passes.RunNow(t.Context(), "c", staffID, connectors.PassFull, false, "u"); hub.KindOf(err) != hub.Conflict {
			t.Errorf("a second pass at the same time: %v", err)
		}
		h.apply(2)
		h.want(from, "0s hand full failed stopped")
		h.close()
		if _, err := h.passes.RunNow(t.Context(), "c", staffID, connectors.PassFull, false, "u"); hub.KindOf(err) != hub.Unavailable {
			t.Errorf("a pass over a stopped connector: %v", err)
		}
	})
}

func TestChangesBeginAtTheCursor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHospital(t, connectors.Schedule{})
		var asked []string
		h.source.pull = func(_ context.Context, p connectors.Pass, _ func(connectors.Pulled) error) (connectors.PassEnd, error) {
			asked = append(asked, fmt.Sprintf("%s %s", p.Mode, p.Cursor))
			return connectors.PassEnd{Full: p.Cursor == nil, Cursor: []byte("usn 7")}, nil
		}
		for _, mode := range []connectors.PassMode{connectors.PassChanges, connectors.PassChanges, connectors.PassFull} {
			h.passes.RunNow(t.Context(), "c", staffID, mode, false, "u")
			synctest.Wait()
		}
		if want := []string{"changes ", "changes usn 7", "full "}; !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
		h.close()
	})
}

func TestPreview(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		people int
		err    error
		shown  int
		end    bool
		fault  string
	}{
		"few":             {people: 3, shown: 3, end: true},
		"more than asked": {people: 50, shown: 10},
		"cut":             {people: 2, err: hub.E("x", hub.Unavailable, "ended_early", ""), shown: 2, fault: "ended_early"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHospital(t, connectors.Schedule{})
				h.source.pull = func(_ context.Context, p connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
					for i := range tt.people {
						if err := take(pulled(fmt.Sprint(i))); err != nil {
							return connectors.PassEnd{}, err
						}
					}
					return connectors.PassEnd{Full: true}, tt.err
				}
				s, err := h.passes.Preview(t.Context(), connectors.Spec{Clinic: "c", ID: "new", Kind: "staff"})
				if err != nil || len(s.Records) != tt.shown || s.End != tt.end || (s.Fault == nil) != (tt.fault == "") {
					t.Fatalf("%+v %v", s, err)
				}
				if r := s.Records[0]; r.Key != "0" || r.Record != "row 0" || r.Values[directory.FamilyName] != "N0" || len(r.Values) != 1 {
					t.Errorf("record %+v", r)
				}
				if len(h.book.runs) > 0 {
					t.Error("a preview was stored")
				}
				h.close()
			})
		})
	}
}
