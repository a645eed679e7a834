package alerting

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/hub"
)

// Limits of what a source may say; longer texts are cut, because a call that is too long
// is still a call. Only a reference that cannot be kept whole is refused.
const (
	maxRef  = 255
	maxText = 1000
	maxCode = 64
)

// signal handles what a source reports.
func (b *Book) signal(ctx context.Context, s Signal) Result {
	if s.Ref == "" || len(s.Ref) > maxRef || strings.ContainsRune(s.Ref, 0) || !utf8.ValidString(s.Ref) {
		return Result{Err: &hub.Error{Op: "alerting.signal", Kind: hub.Invalid, Code: "bad_ref", Field: "ref"}}
	}
	s = tidy(s)
	r, running := b.byKey[key{s.Connector, s.Ref}]
	switch {
	case s.Phase == PhaseRaise && running:
		return b.again(ctx, r, s)
	case s.Phase == PhaseRaise:
		return b.raise(ctx, s)
	case s.Phase == PhaseResolve && running:
		b.end(ctx, r, Resolved, EntryResolved, "source")
		return r.result()
	case s.Phase == PhaseCancel && running:
		b.end(ctx, r, Cancelled, EntryCancelled, "source")
		return r.result()
	case s.Phase == PhaseResolve || s.Phase == PhaseCancel:
		return Result{} // ended already, or never heard of: nothing to do
	}
	return Result{Err: &hub.Error{Op: "alerting.signal", Kind: hub.Invalid, Code: "bad_phase", Field: "phase"}}
}

// raise makes a new alert and starts its chain at once.
func (b *Book) raise(ctx context.Context, s Signal) Result {
	r := newRunning(Alert{
		ID: hub.NewID[hub.AlertID](), Clinic: b.clinic, Connector: s.Connector, Ref: s.Ref, State: Raised,
		Kind: s.Kind, Priority: s.Priority, Ward: s.Ward, Room: s.Room, Bed: s.Bed, Text: s.Text, Caller: s.Caller,
		Technical: s.Technical, RaisedAt: b.now, UpdatedAt: b.now,
	})
	r.fresh = true
	b.add(r)
	d := detail{Priority: &s.Priority}
	if !s.At.IsZero() {
		d.SourceAt = s.At.UTC().Format(time.RFC3339Nano)
	}
	b.entry(r, EntryRaised, "", d)
	b.route(ctx, r, s)
	b.setTimer(r, TimerExpire, seconds(r.alert.Policy.MaxSeconds))
	b.answer(ctx, r, AnswerStarted, Recipient{})
	b.notify(ctx, r, 0, "")
	res := r.result()
	res.Created = true
	return res
}

// route snapshots the policy of the first matching rule into the alert.
func (b *Book) route(ctx context.Context, r *running, s Signal) {
	rules, err := b.world.Rules(ctx)
	b.fail(err)
	rule := TryRoute(rules, s, b.now.In(b.loc)).Rule
	r.alert.State, r.alert.Rule, r.alert.RuleName, r.alert.Policy = Routed, rule.ID, rule.Name, rule.Policy
	b.entry(r, EntryRouted, "", detail{Rule: rule.ID})
}

// again handles a raise whose reference is running. It is never a second alert. What the
// source now says differently is shown; a higher priority opens an alert again that was
// accepted or given up, because the accept was given for less. A priority never falls.
// One that was given up is opened by any raise: the source has heard that it is over, and
// calls again.
func (b *Book) again(ctx context.Context, r *running, s Signal) Result {
	a := &r.alert
	higher := s.Priority > a.Priority
	same := a.Text == s.Text && a.Caller == s.Caller && a.Ward == s.Ward && a.Room == s.Room && a.Bed == s.Bed && a.Kind == s.Kind
	if same && !higher && a.State != Exhausted {
		b.entry(r, EntryDuplicate, "", detail{})
		return r.result()
	}
	a.Text, a.Caller, a.Ward, a.Room, a.Bed, a.Kind = s.Text, s.Caller, s.Ward, s.Room, s.Bed, s.Kind
	a.Priority = max(a.Priority, s.Priority)
	b.entry(r, EntryUpdated, "", detail{Priority: &a.Priority})
	b.show(r)
	switch {
	case higher && a.State != Notifying:
		b.reopen(ctx, r, 0, "higher_priority", "")
	case a.State == Exhausted:
		b.reopen(ctx, r, 0, raisedAgain, "")
	}
	return r.result()
}

// tidy brings a signal into what can be stored and shown.
func tidy(s Signal) Signal {
	s.Priority = min(max(s.Priority, Info), Emergency)
	s.Kind, s.Ward = cut(s.Kind, maxCode), cut(s.Ward, maxCode)
	s.Room, s.Bed = cut(s.Room, maxCode), cut(s.Bed, maxCode)
	s.Text, s.Caller = cut(s.Text, maxText), cut(s.Caller, maxText)
	return s
}

// cut drops what PostgreSQL cannot store as text and shortens to n bytes between runes.
func cut(s string, n int) string {
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	}
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
