package directory

import (
	"slices"

	"github.com/wardline/wardline/hub"
)

// BeginShift is the begin of a planned duty. Whoever is on duty already stays so as they
// came: what was taken by hand is not the roster's to end. Unlike Take it does not ask for the
// unit: who plans a roster may send somebody from elsewhere.
func BeginShift(s RoleState, user hub.UserID, shift string) DutyChange {
	if slices.Contains(s.OnDuty, user) {
		return DutyChange{Shift: shift}
	}
	return DutyChange{Begin: user, Shift: shift}
}

// EndShift is the end of a planned duty, also of the last one on duty. Their open offer of it
// is void.
func EndShift(s RoleState, user hub.UserID, shift string) DutyChange {
	if !slices.Contains(s.OnDuty, user) {
		return DutyChange{}
	}
	c := DutyChange{End: user, Shift: shift}
	if o, ok := openOffer(s, func(o Offer) bool { return o.From == user }); ok {
		c.Close, c.CloseWith = o.ID, OfferVoid
	}
	return c
}
