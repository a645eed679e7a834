package alerting

import (
	"context"
	"slices"
)

// join lets somebody who has just become able to hear take part in an alert that runs
// already: they came on duty, or registered a device. Without it a call that reached nobody
// would stay silent for whoever comes half a minute later. The time of the step goes on.
func (b *Book) join(ctx context.Context, r *running, a Act) Result {
	last, known := r.latest[a.User]
	open := r.alert.State == Notifying || r.alert.State == Exhausted
	switch {
	case open && (!known || r.dispatches[last].lapsed()) && b.means(ctx, r, a):
		b.setDispatch(r, r.alert.Step, a.User, Pending)
		b.entry(r, EntryNotified, a.User, detail{})
		b.show(r)
	case known && a.Kind == ActDevice: // what the new device cannot open yet is sealed again
		b.show(r)
	}
	return r.result()
}

// lapsed reports whether a dispatch came to its end without a word of the person.
func (d *Dispatch) lapsed() bool {
	switch d.State {
	case Unreachable, TimedOut, Withdrawn, Failed:
		return true
	}
	return false
}

// means reports whether a step so far would now reach this person on a device.
func (b *Book) means(ctx context.Context, r *running, a Act) bool {
	for _, step := range r.alert.Policy.Steps[:r.alert.Step+1] {
		people, err := ResolveStep(ctx, b.world, step, r.alert.Ward)
		b.fail(err)
		if slices.ContainsFunc(people, func(p Recipient) bool { return p.User == a.User && p.Devices > 0 }) {
			return true
		}
	}
	return false
}
