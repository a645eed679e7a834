package alerting

import (
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
)

// act handles what a recipient or their device did. Whoever was notified in any step may
// act; nobody else.
func (b *Book) act(ctx context.Context, a Act) Result {
	r, ok := b.byID[a.Alert]
	if !ok {
		return refuse(a, hub.NotFound, "")
	}
	if (a.Kind == ActDuty || a.Kind == ActDevice) && !r.alert.State.Final() {
		return b.join(ctx, r, a)
	}
	if _, ok := r.latest[a.User]; !ok {
		return refuse(a, hub.Forbidden, "not_a_recipient")
	}
	if r.alert.State.Final() {
		return b.actLate(r, a)
	}
	switch a.Kind {
	case ActDelivered, ActSeen:
		return b.progress(ctx, r, a)
	case ActUnreachable:
		return b.unreachable(ctx, r, a)
	case ActAccept:
		return b.accept(ctx, r, a)
	case ActReject:
		return b.decline(ctx, r, a, Rejected, EntryRejected, AnswerRejected)
	case ActBusy:
		return b.decline(ctx, r, a, Busy, EntryBusy, AnswerBusy)
	case ActHandBack:
		return b.handBack(ctx, r, a)
	case ActArrive:
		return b.arrive(r, a)
	}
	return refuse(a, hub.Invalid, "bad_act")
}

func refuse(a Act, k hub.Kind, code string) Result {
	return Result{Alert: a.Alert, Err: &hub.Error{Op: "alerting.act", Kind: k, Code: code}}
}

// actLate answers an act on an alert that ended within the same batch. Alerts that had
// ended before are not loaded: the store answers for them by the same words, see Late.
func (b *Book) actLate(r *running, a Act) Result {
	return Late(a, r.alert.State)
}

// Late says what an act on an ended alert comes to: what devices and the store tell is
// harmless, people are told that it has ended.
func Late(a Act, s State) Result {
	switch a.Kind {
	case ActDelivered, ActSeen, ActUnreachable, ActDuty, ActDevice:
		return Result{Alert: a.Alert, State: s}
	}
	res := refuse(a, hub.Conflict, "ended")
	res.State = s
	return res
}

// progress notes a device's receipt. It changes no card and stops nothing.
func (b *Book) progress(ctx context.Context, r *running, a Act) Result {
	i := r.latest[a.User]
	d := &r.dispatches[i]
	to, kind := Delivered, EntryDelivered
	if a.Kind == ActSeen {
		to, kind = Seen, EntrySeen
	}
	if !d.State.live() || d.State == to || d.State == Seen {
		return r.result()
	}
	b.move(r, i, to)
	b.entry(r, kind, a.User, detail{})
	if !d.Reached {
		d.Reached = true
		b.answerBy(ctx, r, AnswerReached, a.User)
	}
	return r.result()
}

// unreachable notes that a person lost their last device after the step had started.
func (b *Book) unreachable(ctx context.Context, r *running, a Act) Result {
	i := r.latest[a.User]
	if !r.dispatches[i].State.live() {
		return r.result()
	}
	b.move(r, i, Unreachable)
	b.entry(r, EntryUnreachable, a.User, detail{})
	b.escalateIfSilent(ctx, r)
	return r.result()
}

// accept takes responsibility. The first one wins (with Policy.Need, the first so many);
// the transaction holds the alert's row, so there is no second winner.
func (b *Book) accept(ctx context.Context, r *running, a Act) Result {
	if r.accepted(a.User) {
		return r.result()
	}
	if r.alert.State == Accepted || r.alert.State == Arrived {
		res := refuse(a, hub.Conflict, "taken")
		res.State, res.TakenBy = r.alert.State, slices.Clone(r.alert.AcceptedBy)
		return res
	}
	r.alert.AcceptedBy = append(slices.Clone(r.alert.AcceptedBy), a.User)
	b.move(r, r.latest[a.User], DidAccept)
	b.entry(r, EntryAccepted, a.User, detail{Of: r.alert.Policy.Need})
	if len(r.alert.AcceptedBy) >= r.alert.Policy.Need {
		b.taken(r)
	}
	b.answerBy(ctx, r, AnswerAccepted, a.User)
	b.show(r)
	b.escalateIfSilent(ctx, r)
	return r.result()
}

// taken stops the escalation: enough people are coming.
func (b *Book) taken(r *running) {
	r.alert.State = Accepted
	r.alert.Gen++
	b.withdraw(r)
	b.dropTimer(r, TimerStep)
	if r.alert.Policy.AcceptSeconds > 0 {
		b.setTimer(r, TimerAccept, seconds(r.alert.Policy.AcceptSeconds))
	}
}

// decline notes a no. When nobody of the running step is left who might say yes, the next
// step starts at once.
func (b *Book) decline(ctx context.Context, r *running, a Act, to DispatchState, e EntryKind, ans AnswerKind) Result {
	if r.accepted(a.User) {
		return refuse(a, hub.Conflict, "accepted") // whoever has accepted hands back
	}
	i := r.latest[a.User]
	if r.dispatches[i].State == to || r.alert.State == Accepted || r.alert.State == Arrived {
		return r.result()
	}
	b.move(r, i, to)
	b.entry(r, e, a.User, detail{})
	b.answerBy(ctx, r, ans, a.User)
	b.show(r)
	b.escalateIfSilent(ctx, r)
	return r.result()
}

func (b *Book) escalateIfSilent(ctx context.Context, r *running) {
	if r.alert.State == Notifying && !r.anyLive() && !r.waits() {
		b.advance(ctx, r)
	}
}

// waits reports whether the alert is an emergency in its last step: its next round comes
// with its timer, else people without devices would make it ring in a loop without end.
func (r *running) waits() bool {
	return r.alert.Priority == Emergency && r.alert.Step == len(r.alert.Policy.Steps)-1
}

// handBack returns responsibility. The alert rings again in the step in which it was
// taken, at everybody but the one who gave it back.
func (b *Book) handBack(ctx context.Context, r *running, a Act) Result {
	i := r.latest[a.User]
	if !r.accepted(a.User) {
		if r.dispatches[i].State == Rejected {
			return r.result() // handed back already
		}
		return refuse(a, hub.Forbidden, "not_accepted")
	}
	was := r.alert.State
	r.alert.AcceptedBy = slices.DeleteFunc(slices.Clone(r.alert.AcceptedBy), func(u hub.UserID) bool { return u == a.User })
	b.move(r, i, Rejected)
	b.entry(r, EntryHandedBack, a.User, detail{})
	b.answerBy(ctx, r, AnswerRejected, a.User)
	if was != Accepted && was != Arrived {
		b.show(r)
		return r.result()
	}
	b.resume(ctx, r, a.User)
	return r.result()
}

// resume rings again after a hand-back; others who have accepted keep their part.
func (b *Book) resume(ctx context.Context, r *running, except hub.UserID) {
	r.alert.Notices = 0
	b.dropTimer(r, TimerAccept)
	b.entry(r, EntryReopened, "", detail{Why: "handed_back"})
	b.notify(ctx, r, r.alert.Step, except)
}

// arrive notes that help is at the bed. From here on the accept timeout no longer counts:
// ringing the colleagues of somebody at work helps nobody.
func (b *Book) arrive(r *running, a Act) Result {
	if !r.accepted(a.User) {
		return refuse(a, hub.Forbidden, "not_accepted")
	}
	if r.alert.State != Accepted {
		return r.result()
	}
	r.alert.State = Arrived
	r.alert.Gen++
	b.dropTimer(r, TimerAccept)
	b.entry(r, EntryArrived, a.User, detail{})
	b.show(r)
	return r.result()
}

func (r *running) accepted(u hub.UserID) bool {
	return slices.Contains(r.alert.AcceptedBy, u)
}
