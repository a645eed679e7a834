package alerting_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

const (
	clinic = hub.ClinicID("11111111-1111-7111-8111-111111111111")
	source = hub.ConnectorID("22222222-2222-7222-8222-222222222222")
)

// world is who is on duty where, by target kind; tests change it while an alert runs.
type world struct {
	people map[alerting.TargetKind][]alerting.Recipient
	rules  []alerting.Rule
	mute   bool // the source takes no answers
	err    error
}

func (w *world) Rules(context.Context) ([]alerting.Rule, error) { return w.rules, w.err }

func (w *world) Resolve(_ context.Context, t alerting.Target, _ string) ([]alerting.Recipient, error) {
	return w.people[t.Kind], w.err
}

func (w *world) Person(_ context.Context, u hub.UserID) (alerting.Recipient, error) {
	return alerting.Recipient{User: u, Name: "Name " + string(u), Extension: "7" + string(u)}, w.err
}

func (w *world) TakesAnswers(context.Context, hub.ConnectorID) (bool, error) { return !w.mute, w.err }

// who makes reachable recipients; a name in small letters has no device.
func who(names ...string) []alerting.Recipient {
	var out []alerting.Recipient
	for _, n := range names {
		r := alerting.Recipient{User: hub.UserID(n), Name: "Name " + n, Devices: 1}
		if n[0] >= 'a' {
			r.Devices = 0
		}
		out = append(out, r)
	}
	return out
}

// desk is the database of these tests: it keeps what one book came to for the next, so
// that each input runs in a transaction of its own as in the product.
type desk struct {
	t      *testing.T
	world  *world
	now    time.Time
	alerts map[hub.AlertID]*alerting.Snapshot
	order  []hub.AlertID
	timers map[timerKey]alerting.Timer
	story  map[hub.AlertID][]alerting.Entry
	told   map[hub.AlertID][]alerting.AnswerKind
	names  []string            // of answers, in order
	shown  map[hub.AlertID]int // version of the newest card
}

type timerKey struct {
	alert hub.AlertID
	kind  alerting.TimerKind
}

// policy is duty 30 s, ward 60 s, admins 90 s; re-open after 300 s, expire after 1 h.
func policy() alerting.Policy {
	return alerting.Policy{
		Steps: []alerting.Step{
			{Targets: []alerting.Target{{Kind: alerting.TargetDuty}}, Seconds: 30},
			{Targets: []alerting.Target{{Kind: alerting.TargetWard}}, Seconds: 60},
			{Targets: []alerting.Target{{Kind: alerting.TargetGroup, Code: "H"}}, Seconds: 90},
		},
		Need: 1, AcceptSeconds: 300, MaxSeconds: 3600,
	}
}

func newDesk(t *testing.T, change ...func(*alerting.Policy)) *desk {
	p := policy()
	for _, c := range change {
		c(&p)
	}
	return &desk{
		t: t, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		world: &world{
			people: map[alerting.TargetKind][]alerting.Recipient{
				alerting.TargetDuty: who("A", "B"), alerting.TargetWard: who("A", "B", "C"), alerting.TargetGroup: who("D"), alerting.TargetAdmins: who("T"),
			},
			rules: []alerting.Rule{{ID: "r", Name: "all", Enabled: true, CatchAll: true, Policy: p}},
		},
		alerts: map[hub.AlertID]*alerting.Snapshot{}, timers: map[timerKey]alerting.Timer{},
		story: map[hub.AlertID][]alerting.Entry{}, told: map[hub.AlertID][]alerting.AnswerKind{}, shown: map[hub.AlertID]int{},
	}
}

// apply runs inputs through one book and keeps what it came to.
func (d *desk) apply(inputs ...alerting.Input) []alerting.Result {
	d.t.Helper()
	b := alerting.NewBook(clinic, d.now, time.UTC, d.world)
	var snaps []alerting.Snapshot
	for _, id := range d.order {
		s := *d.alerts[id]
		s.Dispatches = slices.Clone(s.Dispatches)
		snaps = append(snaps, s)
	}
	b.Load(snaps)
	var results []alerting.Result
	for _, in := range inputs {
		results = append(results, b.Apply(d.t.Context(), in))
	}
	c, err := b.Changes()
	if err != nil {
		d.t.Fatal(err)
	}
	d.keep(c)
	return results
}

func (d *desk) keep(c alerting.Changes) {
	d.t.Helper()
	for _, a := range append(slices.Clone(c.New), c.Updated...) {
		s := d.alerts[a.ID]
		if s == nil {
			s = &alerting.Snapshot{}
			d.alerts[a.ID] = s
			d.order = append(d.order, a.ID)
		} else if a.Version < s.Alert.Version || a.Gen < s.Alert.Gen {
			d.t.Fatalf("version or generation went back: %d -> %d, %d -> %d", s.Alert.Version, a.Version, s.Alert.Gen, a.Gen)
		} else if s.Alert.State.Final() {
			d.t.Fatalf("final alert changed: %s -> %s", s.Alert.State, a.State)
		}
		s.Alert = *a
	}
	for _, x := range c.Dispatches {
		s := d.alerts[x.Alert]
		i := slices.IndexFunc(s.Dispatches, func(y alerting.Dispatch) bool { return y.Step == x.Step && y.User == x.User })
		if i < 0 {
			s.Dispatches = append(s.Dispatches, x)
		} else {
			s.Dispatches[i] = x
		}
	}
	for _, t := range c.Timers {
		if t.Due.IsZero() {
			delete(d.timers, timerKey{t.Alert, t.Kind})
		} else {
			d.timers[timerKey{t.Alert, t.Kind}] = t
		}
	}
	for _, e := range c.Entries {
		d.story[e.Alert] = append(d.story[e.Alert], e)
		if e.No != len(d.story[e.Alert]) {
			d.t.Fatalf("entry %d of the story has number %d", len(d.story[e.Alert]), e.No)
		}
	}
	for _, a := range c.Answers {
		d.told[a.Alert] = append(d.told[a.Alert], a.Kind)
		if a.No != len(d.told[a.Alert]) {
			d.t.Fatalf("answer %d has number %d", len(d.told[a.Alert]), a.No)
		}
		d.names = append(d.names, fmt.Sprintf("%s %s", a.Kind, a.Name))
	}
	for _, id := range c.Cards {
		if v := d.alert(id).Version; v <= d.shown[id] {
			d.t.Fatalf("card of version %d after version %d", v, d.shown[id])
		}
		d.shown[id] = d.alert(id).Version
	}
}

func call() alerting.Signal {
	return alerting.Signal{Connector: source, Ref: "17", Phase: alerting.PhaseRaise, Kind: "nurse-call", Priority: alerting.Normal, Ward: "4B", Room: "12", Text: "Ruf"}
}

func (d *desk) signal(s alerting.Signal) alerting.Result {
	d.t.Helper()
	return d.apply(alerting.Input{Signal: &s})[0]
}

func (d *desk) raise() hub.AlertID {
	d.t.Helper()
	return d.signal(call()).Alert
}

func (d *desk) act(id hub.AlertID, k alerting.ActKind, u string) alerting.Result {
	d.t.Helper()
	return d.apply(alerting.Input{Act: &alerting.Act{Alert: id, Kind: k, User: hub.UserID(u)}})[0]
}

// pass lets time pass and fires what falls due, in order.
func (d *desk) pass(seconds int) {
	d.t.Helper()
	end := d.now.Add(time.Duration(seconds) * time.Second)
	for {
		var next *alerting.Timer
		for _, t := range d.timers {
			if !t.Due.After(end) && (next == nil || t.Due.Before(next.Due)) {
				next = &t
			}
		}
		if next == nil {
			break
		}
		if next.Due.After(d.now) {
			d.now = next.Due
		}
		delete(d.timers, timerKey{next.Alert, next.Kind})
		d.apply(alerting.Input{Due: next})
	}
	d.now = end
}

func (d *desk) alert(id hub.AlertID) alerting.Alert { return d.alerts[id].Alert }

// rings returns the users whose dispatch waits for them in the running step.
func (d *desk) rings(id hub.AlertID) string {
	s, out := d.alerts[id], ""
	for _, x := range s.Dispatches {
		if x.Step == s.Alert.Step && x.State == alerting.Pending {
			out += string(x.User)
		}
	}
	return out
}

// technical returns the texts of technical alerts.
func (d *desk) technical() []alerting.Alert {
	var out []alerting.Alert
	for _, id := range d.order {
		if a := d.alert(id); a.Technical {
			out = append(out, a)
		}
	}
	return out
}

func (d *desk) want(id hub.AlertID, state alerting.State, step int, rings string) {
	d.t.Helper()
	a := d.alert(id)
	if a.State != state || a.Step != step || d.rings(id) != rings {
		d.t.Errorf("alert is %s in step %d ringing %q; want %s in step %d ringing %q", a.State, a.Step, d.rings(id), state, step, rings)
	}
}

func (d *desk) wantAnswers(id hub.AlertID, kinds ...alerting.AnswerKind) {
	d.t.Helper()
	if diff := cmp.Diff(kinds, d.told[id]); diff != "" {
		d.t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func (d *desk) kinds(id hub.AlertID) []alerting.EntryKind {
	var out []alerting.EntryKind
	for _, e := range d.story[id] {
		out = append(out, e.Kind)
	}
	return out
}

func wantCode(t *testing.T, r alerting.Result, kind hub.Kind, code string) {
	t.Helper()
	var e *hub.Error
	if !errors.As(r.Err, &e) || e.Kind != kind || e.Code != code {
		t.Errorf("got %v, want %s (%s)", r.Err, kind, code)
	}
}
