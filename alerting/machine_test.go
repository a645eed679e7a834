package alerting_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// TestMachine sends random lives through the book and checks after every step what must
// hold of every alert, whatever happened.
func TestMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{desk: newDesk(t, randomPolicy(rt)), versions: map[hub.AlertID]int{}}
		rt.Repeat(map[string]func(*rapid.T){
			"raise": m.raise,
			"end":   m.end,
			"act":   m.act,
			"pass":  m.pass,
			"duty":  m.duty,
			"late":  m.lateTimer,
			"":      m.check,
		})
	})
}

type machine struct {
	*desk
	versions map[hub.AlertID]int
}

var (
	refs     = []string{"1", "2", "3"}
	staffIDs = []string{"A", "B", "C", "D", "T"}
	actKinds = []alerting.ActKind{alerting.ActDelivered, alerting.ActSeen, alerting.ActUnreachable, alerting.ActAccept,
		alerting.ActReject, alerting.ActBusy, alerting.ActHandBack, alerting.ActArrive, alerting.ActDuty, alerting.ActDevice}
	targetKinds = []alerting.TargetKind{alerting.TargetDuty, alerting.TargetWard, alerting.TargetGroup, alerting.TargetAdmins}
)

func randomPolicy(rt *rapid.T) func(*alerting.Policy) {
	need := rapid.IntRange(1, 3).Draw(rt, "need")
	accept := rapid.SampledFrom([]int{0, 60, 300}).Draw(rt, "accept")
	steps := rapid.IntRange(1, 3).Draw(rt, "steps")
	return func(p *alerting.Policy) { p.Need, p.AcceptSeconds, p.Steps = need, accept, p.Steps[:steps] }
}

func (m *machine) raise(rt *rapid.T) {
	s := call()
	s.Ref = rapid.SampledFrom(refs).Draw(rt, "ref")
	s.Priority = alerting.Priority(rapid.IntRange(0, 4).Draw(rt, "priority"))
	if r := m.signal(s); r.Err != nil {
		rt.Fatal(r.Err)
	}
}

func (m *machine) end(rt *rapid.T) {
	s := call()
	s.Ref = rapid.SampledFrom(refs).Draw(rt, "ref")
	s.Phase = rapid.SampledFrom([]alerting.Phase{alerting.PhaseResolve, alerting.PhaseCancel}).Draw(rt, "phase")
	m.signal(s)
}

func (m *machine) act(rt *rapid.T) {
	if len(m.order) == 0 {
		rt.Skip("no alert")
	}
	id := rapid.SampledFrom(m.order).Draw(rt, "alert")
	before := m.alert(id)
	kind, user := rapid.SampledFrom(actKinds).Draw(rt, "kind"), rapid.SampledFrom(staffIDs).Draw(rt, "user")
	r := m.desk.act(id, kind, user)
	if said := m.running(before, user); (kind == alerting.ActReject || kind == alerting.ActBusy) && r.Err == nil && said != nil && said.State == alerting.Pending {
		rt.Fatalf("%s by %s was not heard in step %d", kind, user, before.Step)
	}
	if kind == alerting.ActAccept && r.Err == nil {
		after := m.alert(id)
		if !slices.Contains(after.AcceptedBy, hub.UserID(user)) {
			rt.Fatalf("%s accepted and is not among %v", user, after.AcceptedBy)
		}
		if before.State == alerting.Accepted && !slices.Equal(before.AcceptedBy, after.AcceptedBy) {
			rt.Fatalf("taken alert was taken again: %v then %v", before.AcceptedBy, after.AcceptedBy)
		}
	}
}

// running returns the user's dispatch in the step that ran before, unless it has moved on.
func (m *machine) running(before alerting.Alert, user string) *alerting.Dispatch {
	if a := m.alert(before.ID); a.Gen != before.Gen {
		return nil
	}
	for i, x := range m.alerts[before.ID].Dispatches {
		if x.Step == before.Step && x.User == hub.UserID(user) {
			return &m.alerts[before.ID].Dispatches[i]
		}
	}
	return nil
}

func (m *machine) pass(rt *rapid.T) {
	m.desk.pass(rapid.SampledFrom([]int{1, 29, 30, 90, 400, 3600}).Draw(rt, "seconds"))
}

// duty changes who is where, and who has a device.
func (m *machine) duty(rt *rapid.T) {
	kind := rapid.SampledFrom(targetKinds).Draw(rt, "target")
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C", "D", "T", "x"}), 0, 4, rapid.ID[string]).Draw(rt, "people")
	m.world.people[kind] = who(names...)
}

// lateTimer fires a timer of an earlier generation, as a second node might.
func (m *machine) lateTimer(rt *rapid.T) {
	if len(m.order) == 0 {
		rt.Skip("no alert")
	}
	a := m.alert(rapid.SampledFrom(m.order).Draw(rt, "alert"))
	if a.Gen == 0 {
		rt.Skip("no earlier generation")
	}
	before := len(m.story[a.ID])
	kind := rapid.SampledFrom([]alerting.TimerKind{alerting.TimerStep, alerting.TimerAccept}).Draw(rt, "kind")
	m.apply(alerting.Input{Due: &alerting.Timer{Alert: a.ID, Kind: kind, Gen: rapid.IntRange(0, a.Gen-1).Draw(rt, "gen")}})
	if len(m.story[a.ID]) != before {
		rt.Fatalf("a void timer did something")
	}
}

// check is what must hold of every alert at any time. Desk itself checks that versions
// never fall, that final alerts never change and that stories and answers have no holes.
func (m *machine) check(rt *rapid.T) {
	running := map[string]int{}
	for _, id := range m.order {
		a := m.alert(id)
		m.checkTimers(rt, a)
		m.checkAccepts(rt, a)
		if a.State.Final() == a.EndedAt.IsZero() {
			rt.Fatalf("%s alert ended at %v", a.State, a.EndedAt)
		}
		if !a.State.Final() {
			running[a.Ref]++
		}
		if a.Technical && len(m.told[id]) > 0 {
			rt.Fatalf("a technical alert answered %v", m.told[id])
		}
	}
	for ref, n := range running {
		if n > 1 {
			rt.Fatalf("%d running alerts of reference %s", n, ref)
		}
	}
}

func (m *machine) checkTimers(rt *rapid.T, a alerting.Alert) {
	timer := func(k alerting.TimerKind) bool {
		t, ok := m.timers[timerKey{a.ID, k}]
		return ok && (k == alerting.TimerExpire || t.Gen == a.Gen)
	}
	if a.State.Final() {
		for _, k := range []alerting.TimerKind{alerting.TimerStep, alerting.TimerAccept, alerting.TimerExpire} {
			if _, ok := m.timers[timerKey{a.ID, k}]; ok {
				rt.Fatalf("%s alert has a %s timer", a.State, k)
			}
		}
		return
	}
	if !timer(alerting.TimerExpire) {
		rt.Fatalf("%s alert would live for ever", a.State)
	}
	if a.State == alerting.Notifying && !timer(alerting.TimerStep) {
		rt.Fatalf("nothing would escalate a ringing alert in step %d", a.Step)
	}
	lastOfEmergency := a.Priority == alerting.Emergency && a.Step == len(a.Policy.Steps)-1
	if a.State == alerting.Notifying && !lastOfEmergency && !m.waitsForSomebody(a) {
		rt.Fatalf("step %d rings although nobody in it is left to answer", a.Step)
	}
	if a.State == alerting.Accepted && a.Policy.AcceptSeconds > 0 && !timer(alerting.TimerAccept) {
		rt.Fatal("nothing would open a forgotten accept again")
	}
	if a.State == alerting.Exhausted && (a.Priority == alerting.Emergency || !a.Technical && count(m.told[a.ID], alerting.AnswerNotAccepted) == 0) {
		rt.Fatal("an alert was given up in silence")
	}
}

func (m *machine) waitsForSomebody(a alerting.Alert) bool {
	return slices.ContainsFunc(m.alerts[a.ID].Dispatches, func(x alerting.Dispatch) bool {
		return x.Step == a.Step && slices.Contains([]alerting.DispatchState{alerting.Pending, alerting.Delivered, alerting.Seen}, x.State)
	})
}

func (m *machine) checkAccepts(rt *rapid.T, a alerting.Alert) {
	n := len(a.AcceptedBy)
	switch a.State {
	case alerting.Accepted, alerting.Arrived:
		if n != a.Policy.Need {
			rt.Fatalf("%s by %d, %d are needed", a.State, n, a.Policy.Need)
		}
		for _, x := range m.alerts[a.ID].Dispatches {
			if x.State == alerting.Pending || x.State == alerting.Delivered || x.State == alerting.Seen {
				rt.Fatalf("%s still rings at %s", a.State, x.User)
			}
		}
	case alerting.Notifying, alerting.Exhausted:
		if n >= a.Policy.Need {
			rt.Fatalf("%s although %d of %d accepted", a.State, n, a.Policy.Need)
		}
	}
	if users := slices.Clone(a.AcceptedBy); len(slices.Compact(slices.Sorted(slices.Values(users)))) != n {
		rt.Fatalf("somebody accepted twice: %v", a.AcceptedBy)
	}
}

// TestRepetitionsChangeNothing: every input sent up to three times, repetitions anywhere
// after the first, ends where the inputs sent once end.
func TestRepetitionsChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		inputs := rapid.SliceOfN(rapid.Custom(randomInput), 1, 8).Draw(rt, "inputs")
		once := newDesk(t)
		id := once.raise()
		for _, in := range inputs {
			once.repeatable(id, in)
		}
		twice := newDesk(t)
		id2 := twice.raise()
		twice.raise()
		for i, in := range inputs {
			twice.repeatable(id2, in)
			if j := rapid.IntRange(0, i).Draw(rt, "repeat"); inputs[j].safe() {
				twice.repeatable(id2, inputs[j])
			}
		}
		if diff := cmp.Diff(summary(once.alert(id)), summary(twice.alert(id2))); diff != "" {
			rt.Fatalf("repetitions changed the outcome (-once +repeated):\n%s", diff)
		}
		if diff := cmp.Diff(once.told[id], twice.told[id2]); diff != "" {
			rt.Fatalf("the source heard something else (-once +repeated):\n%s", diff)
		}
	})
}

// repeated is an act or the end of the call.
type repeated struct {
	Act  alerting.ActKind
	User string
}

// safe inputs mean the same whenever they come again: receipts, accepts and the source's
// own words. A repeated refusal after an accept is a new statement.
func (r repeated) safe() bool {
	return r.Act == "" || r.Act == alerting.ActDelivered || r.Act == alerting.ActSeen || r.Act == alerting.ActAccept
}

func randomInput(rt *rapid.T) repeated {
	return repeated{
		Act:  rapid.SampledFrom([]alerting.ActKind{"", alerting.ActDelivered, alerting.ActSeen, alerting.ActAccept}).Draw(rt, "act"),
		User: rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "user"),
	}
}

func (d *desk) repeatable(id hub.AlertID, r repeated) {
	if r.Act == "" {
		s := call()
		s.Phase = alerting.PhaseResolve
		d.signal(s)
		return
	}
	d.act(id, r.Act, r.User)
}

func summary(a alerting.Alert) string {
	return fmt.Sprint(a.State, a.Step, a.AcceptedBy, a.Priority, a.Text)
}
