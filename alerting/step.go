package alerting

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// notify starts step k, or the first one after it that reaches somebody. Recipients are
// resolved now, not when the alert was raised: duty may have changed hands. A step that
// reaches nobody costs no time, but is told to the technical contacts. except is somebody
// who has just handed the alert back, or "".
func (b *Book) notify(ctx context.Context, r *running, k int, except hub.UserID) {
	for ; k < len(r.alert.Policy.Steps); k++ {
		r.alert.Step = k
		r.alert.Gen++
		r.alert.State = Notifying
		if b.ring(ctx, r, except) {
			step := r.alert.Policy.Steps[k]
			b.setTimer(r, TimerStep, seconds(step.Seconds))
			b.show(r)
			return
		}
	}
	b.exhaust(ctx, r)
}

// ring dispatches the running step to its people and reports whether anybody can hear it.
func (b *Book) ring(ctx context.Context, r *running, except hub.UserID) bool {
	people := b.recipients(ctx, r)
	reachable, deaf := 0, 0
	for _, p := range people {
		switch {
		case p.User == except || r.accepted(p.User):
		case p.Devices == 0:
			deaf++
			b.setDispatch(r, r.alert.Step, p.User, Unreachable)
		default:
			reachable++
			b.setDispatch(r, r.alert.Step, p.User, Pending)
		}
	}
	b.entry(r, EntryStep, "", detail{Recipients: reachable, Unreachable: deaf, Seconds: r.alert.Policy.Steps[r.alert.Step].Seconds})
	b.storyOf(r, people, except)
	switch {
	case len(people) == 0:
		b.entry(r, EntryNobody, "", detail{})
		b.answer(ctx, r, AnswerOffDuty, Recipient{})
		b.technical(r, noticeNobody)
	case reachable == 0 && deaf > 0:
		b.technical(r, noticeNobody)
	}
	return reachable > 0
}

// maxNamed bounds the lines one step adds to a story: beyond it the step's own line with
// its numbers must do, and the dispatches tell the rest.
const maxNamed = 50

func (b *Book) storyOf(r *running, people []Recipient, except hub.UserID) {
	if len(people) > maxNamed {
		return
	}
	for _, p := range people {
		switch {
		case p.User == except || r.accepted(p.User):
		case p.Devices == 0:
			b.entry(r, EntryUnreachable, p.User, detail{})
		default:
			b.entry(r, EntryNotified, p.User, detail{})
		}
	}
}

// recipients resolves the targets of the running step.
func (b *Book) recipients(ctx context.Context, r *running) []Recipient {
	people, err := ResolveStep(ctx, b.world, r.alert.Policy.Steps[r.alert.Step], r.alert.Ward)
	b.fail(err)
	return people
}

// advance leaves the running step: its time is over, or all its people said no.
func (b *Book) advance(ctx context.Context, r *running) {
	last := len(r.alert.Policy.Steps) - 1
	if r.alert.Step >= last && r.alert.Priority == Emergency {
		b.tellNotAccepted(ctx, r)
		b.notifyAgain(ctx, r)
		return
	}
	b.notify(ctx, r, r.alert.Step+1, "")
}

// notifyAgain rings the last step of an emergency once more. It stays in this step even
// when nobody can hear it just now: somebody may come on duty before the next round.
func (b *Book) notifyAgain(ctx context.Context, r *running) {
	r.alert.Gen++
	r.alert.State = Notifying
	b.ring(ctx, r, "")
	b.setTimer(r, TimerStep, seconds(r.alert.Policy.Steps[r.alert.Step].Seconds))
	b.show(r)
}

// exhaust ends the chain: promise 2 says that the source and the technical contacts hear
// of it. An emergency does not stay here: it rings its last step again when the time of
// that step has passed.
func (b *Book) exhaust(ctx context.Context, r *running) {
	b.tellNotAccepted(ctx, r)
	if r.alert.Priority == Emergency {
		b.setTimer(r, TimerStep, seconds(r.alert.Policy.Steps[r.alert.Step].Seconds))
		b.show(r)
		return
	}
	r.alert.Gen++
	r.alert.State = Exhausted
	b.dropTimer(r, TimerStep)
	b.show(r)
}

// tellNotAccepted reports the end of the chain, once per run through it.
func (b *Book) tellNotAccepted(ctx context.Context, r *running) {
	if r.alert.Notices&noticeExhausted != 0 {
		return
	}
	b.entry(r, EntryExhausted, "", detail{})
	b.answer(ctx, r, AnswerNotAccepted, Recipient{})
	b.technical(r, noticeExhausted)
	r.alert.Notices |= noticeExhausted
}

// raisedAgain is why an alert that was given up runs again.
const raisedAgain = "raised_again"

// reopen lets an alert run through its chain again from step k.
func (b *Book) reopen(ctx context.Context, r *running, k int, why string, except hub.UserID) {
	for _, u := range r.alert.AcceptedBy {
		if i, ok := r.latest[u]; ok && r.dispatches[i].State == DidAccept {
			b.move(r, i, Withdrawn)
		}
	}
	r.alert.AcceptedBy = nil
	r.alert.Notices = 0
	if why == raisedAgain {
		r.alert.Notices = noticeGiven
	}
	b.dropTimer(r, TimerAccept)
	b.entry(r, EntryReopened, "", detail{Why: why})
	r.alert.State = Notifying
	b.answer(ctx, r, AnswerStarted, Recipient{})
	b.notify(ctx, r, k, except)
}

// end brings an alert into a final state.
func (b *Book) end(ctx context.Context, r *running, s State, k EntryKind, why string) {
	b.withdraw(r)
	r.alert.State = s
	r.alert.Gen++
	r.alert.EndedAt = b.now
	for _, t := range []TimerKind{TimerStep, TimerAccept, TimerExpire} {
		b.dropTimer(r, t)
	}
	b.entry(r, k, "", detail{Why: why})
	b.answer(ctx, r, AnswerEnded, Recipient{})
	b.show(r)
	delete(b.byKey, key{r.alert.Connector, r.alert.Ref}) // the reference is free for a new alert
}

// due handles a timer whose time has come. A timer of an earlier generation is void: the
// alert has moved on since it was set.
func (b *Book) due(ctx context.Context, t Timer) Result {
	r, ok := b.byID[t.Alert]
	if !ok || r.alert.State.Final() {
		return Result{Alert: t.Alert}
	}
	switch {
	case t.Kind == TimerExpire:
		b.expire(ctx, r)
	case t.Gen != r.alert.Gen:
	case t.Kind == TimerStep && r.alert.State == Notifying:
		b.timeOut(ctx, r)
		b.advance(ctx, r)
	case t.Kind == TimerAccept && r.alert.State == Accepted:
		b.reopen(ctx, r, 0, "accept_timeout", "")
	}
	return r.result()
}

// timeOut closes the dispatches of the running step that nobody answered. The source hears
// of each person once, not again at every round of an emergency.
func (b *Book) timeOut(ctx context.Context, r *running) {
	again := r.alert.Notices&noticeExhausted != 0
	for i := range r.dispatches {
		d := r.dispatches[i]
		if d.Step != r.alert.Step || !d.State.live() {
			continue
		}
		b.move(r, i, TimedOut)
		if !again {
			b.answerBy(ctx, r, AnswerNoAnswer, d.User)
		}
	}
}

// expire ends an alert at its maximum age, so that none pages anybody months later. One
// that nobody ever accepted is reported as such first.
func (b *Book) expire(ctx context.Context, r *running) {
	if b.now.Before(r.alert.RaisedAt.Add(seconds(r.alert.Policy.MaxSeconds))) {
		return
	}
	if r.alert.State != Accepted && r.alert.State != Arrived {
		b.tellNotAccepted(ctx, r)
	}
	b.end(ctx, r, Expired, EntryExpired, "")
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
