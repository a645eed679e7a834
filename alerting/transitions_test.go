package alerting_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// TestTransitions has one row per way of an alert: what happens, and where that leads.
func TestTransitions(t *testing.T) {
	t.Parallel()
	type step = func(*desk, hub.AlertID)
	act := func(k alerting.ActKind, users ...string) step {
		return func(d *desk, id hub.AlertID) {
			for _, u := range users {
				if r := d.act(id, k, u); r.Err != nil {
					d.t.Errorf("%s by %s: %v", k, u, r.Err)
				}
			}
		}
	}
	pass := func(s int) step { return func(d *desk, _ hub.AlertID) { d.pass(s) } }
	phase := func(p alerting.Phase) step {
		return func(d *desk, _ hub.AlertID) { s := call(); s.Phase = p; d.signal(s) }
	}
	again := func(p alerting.Priority) step {
		return func(d *desk, _ hub.AlertID) { s := call(); s.Priority = p; d.signal(s) }
	}
	need2 := func(p *alerting.Policy) { p.Need = 2 }
	const (
		started, ended, off  = alerting.AnswerStarted, alerting.AnswerEnded, alerting.AnswerOffDuty
		reached, yes, no     = alerting.AnswerReached, alerting.AnswerAccepted, alerting.AnswerRejected
		busy, silent, nobody = alerting.AnswerBusy, alerting.AnswerNoAnswer, alerting.AnswerNotAccepted
	)
	for name, c := range map[string]struct {
		policy  func(*alerting.Policy)
		people  map[alerting.TargetKind][]alerting.Recipient
		steps   []step
		state   alerting.State
		step    int
		rings   string
		answers []alerting.AnswerKind
		tech    int
	}{
		"raised": {state: alerting.Notifying, rings: "AB", answers: []alerting.AnswerKind{started}},
		"delivered and seen stop nothing": {steps: []step{act(alerting.ActDelivered, "A"), act(alerting.ActSeen, "A", "A"), act(alerting.ActDelivered, "A"), pass(29)},
			state: alerting.Notifying, rings: "B", answers: []alerting.AnswerKind{started, reached}},
		"step passes": {steps: []step{pass(30)}, state: alerting.Notifying, step: 1, rings: "ABC", answers: []alerting.AnswerKind{started, silent, silent}},
		"reached is told once per person": {steps: []step{act(alerting.ActDelivered, "A"), pass(30), act(alerting.ActDelivered, "A")},
			state: alerting.Notifying, step: 1, rings: "BC", answers: []alerting.AnswerKind{started, reached, silent, silent}},
		"accepted":                    {steps: []step{act(alerting.ActAccept, "A")}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, yes}},
		"accepted twice by one":       {steps: []step{act(alerting.ActAccept, "A", "A")}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, yes}},
		"accepted by an earlier step": {steps: []step{pass(90), act(alerting.ActAccept, "A")}, state: alerting.Accepted, step: 2, answers: []alerting.AnswerKind{started, silent, silent, silent, silent, silent, yes}},
		"one of two needed":           {policy: need2, steps: []step{act(alerting.ActAccept, "A")}, state: alerting.Notifying, rings: "B", answers: []alerting.AnswerKind{started, yes}},
		"one of two needed and nobody else there": {policy: need2, people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: who("A")},
			steps: []step{act(alerting.ActAccept, "A")}, state: alerting.Notifying, step: 1, rings: "BC", answers: []alerting.AnswerKind{started, yes}},
		"two of two needed": {policy: need2, steps: []step{act(alerting.ActAccept, "A", "B")}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, yes, yes}},
		"one accepts, the other refuses": {policy: need2, steps: []step{act(alerting.ActAccept, "A"), act(alerting.ActReject, "B")},
			state: alerting.Notifying, step: 1, rings: "BC", answers: []alerting.AnswerKind{started, yes, no}},
		"accepted and escalated keeps who accepted": {policy: need2, steps: []step{act(alerting.ActAccept, "A"), pass(30)},
			state: alerting.Notifying, step: 1, rings: "BC", answers: []alerting.AnswerKind{started, yes, silent}},
		"one refuses":              {steps: []step{act(alerting.ActReject, "A", "A")}, state: alerting.Notifying, rings: "B", answers: []alerting.AnswerKind{started, no}},
		"all refuse":               {steps: []step{act(alerting.ActReject, "A"), act(alerting.ActBusy, "B")}, state: alerting.Notifying, step: 1, rings: "ABC", answers: []alerting.AnswerKind{started, no, busy}},
		"refused, then accepted":   {steps: []step{act(alerting.ActReject, "A"), act(alerting.ActAccept, "A")}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, no, yes}},
		"refuses after the accept": {steps: []step{act(alerting.ActAccept, "A"), act(alerting.ActReject, "B")}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, yes}},
		"all lose their devices":   {steps: []step{act(alerting.ActUnreachable, "A", "A", "B")}, state: alerting.Notifying, step: 1, rings: "ABC", answers: []alerting.AnswerKind{started}},
		"nobody on duty": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: nil},
			state: alerting.Notifying, step: 1, rings: "ABC", answers: []alerting.AnswerKind{started, off}, tech: 1},
		"nobody on duty has a device": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: who("a", "b")},
			state: alerting.Notifying, step: 1, rings: "ABC", answers: []alerting.AnswerKind{started}, tech: 1},
		"one on duty has a device": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: who("a", "B")},
			state: alerting.Notifying, rings: "B", answers: []alerting.AnswerKind{started}},
		"nobody anywhere": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: nil, alerting.TargetWard: nil, alerting.TargetGroup: nil},
			state: alerting.Exhausted, step: 2, answers: []alerting.AnswerKind{started, off, off, off, nobody}, tech: 2},
		"exhausted": {steps: []step{pass(180)}, state: alerting.Exhausted, step: 2,
			answers: []alerting.AnswerKind{started, silent, silent, silent, silent, silent, silent, nobody}, tech: 1},
		"accepted after exhausted": {steps: []step{pass(181), act(alerting.ActAccept, "D")}, state: alerting.Accepted, step: 2,
			answers: []alerting.AnswerKind{started, silent, silent, silent, silent, silent, silent, nobody, yes}, tech: 1},
		"refused after exhausted": {steps: []step{pass(181), act(alerting.ActReject, "D")}, state: alerting.Exhausted, step: 2,
			answers: []alerting.AnswerKind{started, silent, silent, silent, silent, silent, silent, nobody, no}, tech: 1},
		"arrived":               {steps: []step{act(alerting.ActAccept, "A"), act(alerting.ActArrive, "A", "A"), pass(900)}, state: alerting.Arrived, answers: []alerting.AnswerKind{started, yes}},
		"not arrived in time":   {steps: []step{act(alerting.ActAccept, "A"), pass(300)}, state: alerting.Notifying, rings: "AB", answers: []alerting.AnswerKind{started, yes, started}},
		"accept without a time": {policy: func(p *alerting.Policy) { p.AcceptSeconds = 0 }, steps: []step{act(alerting.ActAccept, "A"), pass(3000)}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, yes}},
		"handed back":           {steps: []step{act(alerting.ActAccept, "A"), act(alerting.ActHandBack, "A", "A")}, state: alerting.Notifying, rings: "B", answers: []alerting.AnswerKind{started, yes, no}},
		"handed back by the only one": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: who("A")},
			steps: []step{act(alerting.ActAccept, "A"), act(alerting.ActHandBack, "A")}, state: alerting.Notifying, step: 1, rings: "BC", answers: []alerting.AnswerKind{started, yes, no}},
		"handed back by one of two": {policy: need2, steps: []step{act(alerting.ActAccept, "A", "B"), act(alerting.ActHandBack, "A")},
			state: alerting.Notifying, step: 1, rings: "C", answers: []alerting.AnswerKind{started, yes, yes, no}},
		"handed back before enough": {policy: need2, steps: []step{act(alerting.ActAccept, "A"), act(alerting.ActHandBack, "A")},
			state: alerting.Notifying, rings: "B", answers: []alerting.AnswerKind{started, yes, no}},
		"resolved":                            {steps: []step{phase(alerting.PhaseResolve), phase(alerting.PhaseResolve)}, state: alerting.Resolved, answers: []alerting.AnswerKind{started, ended}},
		"cancelled":                           {steps: []step{act(alerting.ActAccept, "A"), phase(alerting.PhaseCancel), pass(9999)}, state: alerting.Cancelled, answers: []alerting.AnswerKind{started, yes, ended}},
		"expired unaccepted":                  {policy: func(p *alerting.Policy) { p.MaxSeconds = 60 }, steps: []step{pass(60)}, state: alerting.Expired, step: 1, answers: []alerting.AnswerKind{started, silent, silent, nobody, ended}, tech: 1},
		"expired accepted":                    {policy: func(p *alerting.Policy) { p.MaxSeconds = 60 }, steps: []step{act(alerting.ActAccept, "A"), pass(60)}, state: alerting.Expired, answers: []alerting.AnswerKind{started, yes, ended}},
		"raised again":                        {steps: []step{again(alerting.Normal), again(alerting.Low)}, state: alerting.Notifying, rings: "AB", answers: []alerting.AnswerKind{started}},
		"raised again, higher, while ringing": {steps: []step{again(alerting.Urgent)}, state: alerting.Notifying, rings: "AB", answers: []alerting.AnswerKind{started}},
		"raised again, higher, when accepted": {steps: []step{act(alerting.ActAccept, "B"), again(alerting.Urgent)}, state: alerting.Notifying, rings: "AB", answers: []alerting.AnswerKind{started, yes, started}},
		"raised again, same, when accepted":   {steps: []step{act(alerting.ActAccept, "B"), again(alerting.Normal)}, state: alerting.Accepted, answers: []alerting.AnswerKind{started, yes}},
		"raised again, same, when exhausted": {steps: []step{pass(180), again(alerting.Normal)}, state: alerting.Notifying, rings: "AB",
			answers: []alerting.AnswerKind{started, silent, silent, silent, silent, silent, silent, nobody, started}, tech: 1},
		"raised again and again, when nobody is there": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: nil, alerting.TargetWard: nil, alerting.TargetGroup: nil},
			steps: []step{again(alerting.Normal), again(alerting.Normal)}, state: alerting.Exhausted, step: 2, tech: 2, answers: []alerting.AnswerKind{
				started, off, off, off, nobody, started, off, off, off, nobody, started, off, off, off, nobody}},
		"raised again, higher, when exhausted": {people: map[alerting.TargetKind][]alerting.Recipient{alerting.TargetDuty: nil, alerting.TargetWard: nil},
			steps: []step{pass(90), again(alerting.Urgent)}, state: alerting.Notifying, step: 2, rings: "D",
			answers: []alerting.AnswerKind{started, off, off, silent, nobody, started, off, off}, tech: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d *desk
			if c.policy != nil {
				d = newDesk(t, c.policy)
			} else {
				d = newDesk(t)
			}
			for k, p := range c.people {
				d.world.people[k] = p
			}
			id := d.raise()
			for _, s := range c.steps {
				s(d, id)
			}
			d.want(id, c.state, c.step, c.rings)
			d.wantAnswers(id, c.answers...)
			if got := len(d.technical()); got != c.tech {
				t.Errorf("%d technical alerts, want %d", got, c.tech)
			}
		})
	}
}

// TestAnswersCountInTheRunningStep: after an alert has opened again at an earlier step,
// what people say counts there, not in the later step they were in before.
func TestAnswersCountInTheRunningStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.raise()
	d.pass(30)
	d.act(id, alerting.ActAccept, "A")
	s := call()
	s.Priority = alerting.Urgent
	d.signal(s)
	d.want(id, alerting.Notifying, 0, "AB")
	d.now = d.now.Add(1)
	d.act(id, alerting.ActSeen, "A")
	d.act(id, alerting.ActReject, "A")
	d.want(id, alerting.Notifying, 0, "B")
	d.act(id, alerting.ActBusy, "B")
	d.want(id, alerting.Notifying, 1, "ABC")
}

// TestRefusedActs: who may not do something is told so, and nothing is written.
func TestRefusedActs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*desk, hub.AlertID)
		kind   alerting.ActKind
		user   string
		want   hub.Kind
		code   string
	}{
		"not a recipient":               {nil, alerting.ActAccept, "Z", hub.Forbidden, "not_a_recipient"},
		"receipt of a stranger":         {nil, alerting.ActSeen, "Z", hub.Forbidden, "not_a_recipient"},
		"taken":                         {func(d *desk, id hub.AlertID) { d.act(id, alerting.ActAccept, "A") }, alerting.ActAccept, "B", hub.Conflict, "taken"},
		"hands back what is not theirs": {func(d *desk, id hub.AlertID) { d.act(id, alerting.ActAccept, "A") }, alerting.ActHandBack, "B", hub.Forbidden, "not_accepted"},
		"arrives without accept":        {nil, alerting.ActArrive, "A", hub.Forbidden, "not_accepted"},
		"refuses own accept":            {func(d *desk, id hub.AlertID) { d.act(id, alerting.ActAccept, "A") }, alerting.ActReject, "A", hub.Conflict, "accepted"},
		"unknown act":                   {nil, "sing", "A", hub.Invalid, "bad_act"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			id := d.raise()
			if c.before != nil {
				c.before(d, id)
			}
			before := d.alert(id)
			r := d.act(id, c.kind, c.user)
			wantCode(t, r, c.want, c.code)
			if diff := cmp.Diff(before, d.alert(id)); diff != "" {
				t.Errorf("a refused act changed the alert:\n%s", diff)
			}
			if c.code == "taken" && !slices.Equal(r.TakenBy, []hub.UserID{"A"}) {
				t.Errorf("taken by %v", r.TakenBy)
			}
		})
	}
}

// TestActsOnEndedAlerts: within one batch, people are told that it has ended; receipts of
// devices are harmless.
func TestActsOnEndedAlerts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.raise()
	end := call()
	end.Phase = alerting.PhaseResolve
	results := d.apply(alerting.Input{Signal: &end},
		alerting.Input{Act: &alerting.Act{Alert: id, Kind: alerting.ActAccept, User: "A"}},
		alerting.Input{Act: &alerting.Act{Alert: id, Kind: alerting.ActDelivered, User: "A"}},
		alerting.Input{Due: &alerting.Timer{Alert: id, Kind: alerting.TimerStep, Gen: 1}})
	wantCode(t, results[1], hub.Conflict, "ended")
	if results[2].Err != nil || results[2].State != alerting.Resolved {
		t.Errorf("receipt: %+v", results[2])
	}
	wantCode(t, d.act("unknown", alerting.ActAccept, "A"), hub.NotFound, "")
}

// TestEmergencyRingsUntilSomebodyComes: its source hears "not accepted" once, its people
// are rung again and again, and it is looked up anew who they are.
func TestEmergencyRingsUntilSomebodyComes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := call()
	s.Priority = alerting.Emergency
	id := d.signal(s).Alert
	d.pass(180)
	d.want(id, alerting.Notifying, 2, "D")
	version := d.alert(id).Version
	d.world.people[alerting.TargetGroup] = who("D", "E")
	d.pass(90)
	d.want(id, alerting.Notifying, 2, "DE")
	if got := d.alert(id).Version; got <= version {
		t.Errorf("no new card: version %d then %d", version, got)
	}
	d.world.people[alerting.TargetGroup] = who("d")
	d.pass(90)
	d.want(id, alerting.Notifying, 2, "")
	d.act(id, alerting.ActUnreachable, "E")
	d.world.people[alerting.TargetGroup] = who("D")
	d.pass(90)
	d.want(id, alerting.Notifying, 2, "D")
	if n := count(d.told[id], alerting.AnswerNotAccepted); n != 1 {
		t.Errorf("the source heard %d times that nobody accepted", n)
	}
	if tech := d.technical(); len(tech) != 2 || tech[0].Priority != alerting.Urgent {
		t.Errorf("technical alerts: %+v", tech)
	}
	d.act(id, alerting.ActAccept, "D")
	d.want(id, alerting.Accepted, 2, "")
}

// TestEmergencyNobodyHears rings at the pace of its last step, not in a loop without end.
func TestEmergencyNobodyHears(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.world.people = map[alerting.TargetKind][]alerting.Recipient{}
	s := call()
	s.Priority = alerting.Emergency
	id := d.signal(s).Alert
	d.want(id, alerting.Notifying, 2, "")
	if _, ok := d.timers[timerKey{id, alerting.TimerStep}]; !ok {
		t.Fatal("no timer for the next round")
	}
	d.world.people[alerting.TargetGroup] = who("D")
	d.pass(90)
	d.want(id, alerting.Notifying, 2, "D")
	d.act(id, alerting.ActReject, "D") // the only one says no: the next round comes with its timer
	d.want(id, alerting.Notifying, 2, "")
	d.pass(90)
	d.want(id, alerting.Notifying, 2, "D")
}

func count[T comparable](list []T, x T) int {
	n := 0
	for _, y := range list {
		if y == x {
			n++
		}
	}
	return n
}

// TestRecipientsAreLookedUpAtEachStep: duty may have changed hands since the raise.
func TestRecipientsAreLookedUpAtEachStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.raise()
	d.world.people[alerting.TargetWard] = who("X")
	d.pass(30)
	d.want(id, alerting.Notifying, 1, "X")
}

// TestPolicyIsASnapshot: a rule edited while an alert runs changes later alerts only.
func TestPolicyIsASnapshot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.raise()
	d.world.rules[0].Policy.Steps = d.world.rules[0].Policy.Steps[:1]
	d.pass(30)
	d.want(id, alerting.Notifying, 1, "ABC")
}

// TestStory reads the story of a full life as an auditor does.
func TestStory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.world.people[alerting.TargetWard] = nil
	id := d.raise()
	d.act(id, alerting.ActDelivered, "A")
	d.act(id, alerting.ActReject, "A")
	d.pass(30)
	d.act(id, alerting.ActAccept, "D")
	d.act(id, alerting.ActArrive, "D")
	s := call()
	s.Text = "Ruf, dringend"
	d.signal(s)
	d.signal(s)
	s.Phase = alerting.PhaseResolve
	d.signal(s)
	want := []alerting.EntryKind{"raised", "routed", "step", "notified", "notified", "delivered", "rejected",
		"step", "nobody_on_duty", "step", "notified", "accepted", "arrived", "updated", "duplicate", "resolved"}
	if diff := cmp.Diff(want, d.kinds(id)); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	for _, e := range d.story[id] {
		if strings.Contains(string(e.Data), "Ruf") || strings.Contains(string(e.Data), "Name") {
			t.Errorf("the story holds a text or a name: %s", e.Data)
		}
	}
	if d.names[1] != "reached Name A" {
		t.Errorf("answers: %v", d.names)
	}
}

// TestTechnicalAlertsEndThere: they go to the technical contacts, answer nobody and lead
// to no further ones, even when nobody takes them.
func TestTechnicalAlertsEndThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.world.people = map[alerting.TargetKind][]alerting.Recipient{alerting.TargetAdmins: who("T")}
	d.raise()
	d.pass(3599)
	tech := d.technical()
	if len(tech) != 2 {
		t.Fatalf("%d technical alerts, want nobody on duty and not accepted", len(tech))
	}
	for _, a := range tech {
		if a.State != alerting.Exhausted || len(d.told[a.ID]) != 0 || a.Ward != "4B" || !strings.HasPrefix(a.Ref, "tech:") {
			t.Errorf("technical alert: %s, answers %v, ward %q, ref %q", a.State, d.told[a.ID], a.Ward, a.Ref)
		}
	}
	d.world.people = nil
	d.raise()
}

// TestOwnRuleForTechnical: a rule that names them takes technical alerts.
func TestOwnRuleForTechnical(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own := alerting.Rule{ID: "t", Name: "Technik", Enabled: true, Match: alerting.Match{Kinds: []string{"technical"}}, Policy: policy()}
	d.world.rules = append([]alerting.Rule{own}, d.world.rules...)
	s := call()
	s.Technical, s.Kind, s.Ref = true, "heartbeat", "hb"
	id := d.signal(s).Alert
	if got := d.alert(id).RuleName; got != "Technik" {
		t.Errorf("routed by %q", got)
	}
}

// TestSignals: what a source may send wrong.
func TestSignals(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		change func(*alerting.Signal)
		code   string
	}{
		"no reference":       {func(s *alerting.Signal) { s.Ref = "" }, "bad_ref"},
		"long reference":     {func(s *alerting.Signal) { s.Ref = strings.Repeat("x", 256) }, "bad_ref"},
		"NUL in reference":   {func(s *alerting.Signal) { s.Ref = "a\x00b" }, "bad_ref"},
		"reference not text": {func(s *alerting.Signal) { s.Ref = "\xff" }, "bad_ref"},
		"unknown phase":      {func(s *alerting.Signal) { s.Phase = "hum" }, "bad_phase"},
	} {
		s := call()
		c.change(&s)
		r := d.signal(s)
		wantCode(t, r, hub.Invalid, c.code)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	s := call()
	s.Text, s.Caller, s.Ward, s.Priority = strings.Repeat("ä", 600), "a\x00b\xff", strings.Repeat("w", 99), 99
	a := d.alert(d.signal(s).Alert)
	if len(a.Text) != 1000 || a.Caller != "ab\uFFFD" || len(a.Ward) != 64 || a.Priority != alerting.Emergency {
		t.Errorf("tidied: %d bytes, %q, %d, %d", len(a.Text), a.Caller, len(a.Ward), a.Priority)
	}
	s.Text = strings.Repeat("ä", 500) + "x"
	s.Ref, s.Phase = "never seen", alerting.PhaseResolve
	if r := d.signal(s); r.Err != nil || r.Alert != "" {
		t.Errorf("resolve of what never was: %+v", r)
	}
}

// TestRaisedAfterTheEndIsANewAlert: final alerts never come back.
func TestRaisedAfterTheEndIsANewAlert(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.raise()
	end := call()
	end.Phase = alerting.PhaseResolve
	again := call()
	results := d.apply(alerting.Input{Signal: &end}, alerting.Input{Signal: &again})
	if results[1].Alert == first || !results[1].Created || d.alert(first).State != alerting.Resolved {
		t.Errorf("results: %+v", results)
	}
}

// TestMuteSource: a source that takes no answers gets none and changes nothing else.
func TestMuteSource(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.world.mute = true
	id := d.raise()
	d.apply(alerting.Input{Act: &alerting.Act{Alert: id, Kind: alerting.ActDelivered, User: "A"}},
		alerting.Input{Act: &alerting.Act{Alert: id, Kind: alerting.ActAccept, User: "A"}})
	d.wantAnswers(id)
	d.want(id, alerting.Accepted, 0, "")
	if n := d.alert(id).Answers; n != 0 {
		t.Errorf("%d answers counted", n)
	}
}

// TestWorldFails: nothing of the batch may be written.
func TestWorldFails(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	s := call()
	b := alerting.NewBook(clinic, newDesk(t).now, newDesk(t).now.Location(), &world{err: down})
	b.Apply(t.Context(), alerting.Input{Signal: &s})
	if _, err := b.Changes(); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	if r := b.Apply(t.Context(), alerting.Input{}); hub.KindOf(r.Err) != hub.Invalid {
		t.Errorf("an empty input: %v", r.Err)
	}
}

// TestManyRecipientsDoNotFloodTheStory: beyond fifty people the step's own line tells.
func TestManyRecipientsDoNotFloodTheStory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var many []alerting.Recipient
	for i := range 60 {
		many = append(many, alerting.Recipient{User: hub.UserID(strings.Repeat("X", i+1)), Devices: 1})
	}
	d.world.people[alerting.TargetDuty] = many
	id := d.raise()
	if n := len(d.story[id]); n != 3 {
		t.Errorf("%d entries", n)
	}
}
