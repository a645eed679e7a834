package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// role makes a role on the unit with a code.
func (h *house) role(unit, name string) hub.RoleID {
	h.t.Helper()
	units, err := h.db.Units(h.t.Context(), h.clinic)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, u := range units {
		if u.Code == unit {
			id, err := h.db.CreateRole(h.t.Context(), h.clinic, u.ID, name)
			if err != nil {
				h.t.Fatal(err)
			}
			return id
		}
	}
	h.t.Fatalf("no unit %s", unit)
	return ""
}

// ward is a house with a role on 4B, two nurses there, a doctor of the clinic above and a
// nurse of another ward.
type ward struct {
	*house
	duty                      *directory.Duty
	role                      hub.RoleID
	eva, ida, doctor, foreign hub.UserID
}

func openWard(t *testing.T) *ward {
	h := openHouse(t)
	doctor, foreign := nurse("3", "Dora", "Drei"), nurse("4", "Vera", "Vier")
	doctor.Units = []directory.UnitRef{{Code: "CHI", Kind: directory.Clinic}}
	foreign.Units = []directory.UnitRef{{Code: "5A", Kind: directory.Ward, Parent: "CHI"}}
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"), doctor, foreign)
	w := &ward{house: h, duty: directory.NewDuty(h.db, time.Now), role: h.role("4B", "Pflege Station 4B")}
	w.eva, w.ida, w.doctor, w.foreign = h.activate("1"), h.activate("2"), h.activate("3"), h.activate("4")
	return w
}

func (w *ward) board(user hub.UserID) directory.Board {
	w.t.Helper()
	b, err := w.duty.Board(w.t.Context(), w.clinic, user)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func TestWhoMayTakeDuty(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	for name, c := range map[string]struct {
		user hub.UserID
		may  bool
	}{"of the ward": {w.eva, true}, "of the clinic above": {w.doctor, true}, "of another ward": {w.foreign, false}} {
		err := w.duty.Take(t.Context(), w.clinic, c.user, w.role)
		if c.may != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		b := w.board(c.user)
		if got := len(b.Roles) == 1 && b.Roles[0].MayTake && b.Roles[0].Mine; got != c.may {
			t.Errorf("%s: board %+v", name, b)
		}
	}
	wantCode(t, w.duty.Take(t.Context(), w.clinic, w.eva, hub.NewID[hub.RoleID]()), hub.NotFound, "")
}

func TestTheLastOneIsAskedBeforeLeaving(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	ctx := t.Context()
	for _, user := range []hub.UserID{w.eva, w.eva, w.ida} { // twice is harmless
		if err := w.duty.Take(ctx, w.clinic, user, w.role); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.duty.Release(ctx, w.clinic, w.eva, w.role, false); err != nil {
		t.Errorf("one of two: %v", err)
	}
	wantCode(t, w.duty.Release(ctx, w.clinic, w.ida, w.role, false), hub.Conflict, "last_on_duty")
	wantCode(t, w.db.DeleteRole(ctx, w.clinic, w.role), hub.Conflict, "on_duty")
	if err := w.duty.Release(ctx, w.clinic, w.ida, w.role, true); err != nil {
		t.Errorf("forced: %v", err)
	}
	if err := w.db.DeleteRole(ctx, w.clinic, w.role); err != nil {
		t.Errorf("delete an empty role: %v", err)
	}
	if b := w.board(w.eva); len(b.Roles) != 0 {
		t.Errorf("a deleted role is still on the board: %+v", b)
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	ctx := t.Context()
	if err := w.duty.Take(ctx, w.clinic, w.eva, w.role); err != nil {
		t.Fatal(err)
	}
	colleagues, err := w.duty.Colleagues(ctx, w.clinic, w.eva, w.role)
	if err != nil || len(colleagues) != 2 {
		t.Errorf("colleagues: %+v %v", colleagues, err)
	}
	_, err = w.duty.Colleagues(ctx, w.clinic, w.foreign, w.role)
	wantCode(t, err, hub.Forbidden, "not_your_unit")
	_, err = w.duty.Offer(ctx, w.clinic, w.eva, w.role, w.foreign)
	wantCode(t, err, hub.Invalid, "not_a_colleague")
	offer, err := w.duty.Offer(ctx, w.clinic, w.eva, w.role, w.ida)
	if err != nil {
		t.Fatal(err)
	}
	if b := w.board(w.eva); !b.Roles[0].Mine || len(b.OffersByMe) != 1 || b.OffersByMe[0].To.Name != "Ida Zwei" {
		t.Errorf("the giver's board: %+v", b)
	}
	if b := w.board(w.ida); b.Roles[0].Mine || len(b.OffersToMe) != 1 || b.OffersToMe[0].From.ID != w.eva {
		t.Errorf("the taker's board: %+v", b)
	}
	wantCode(t, w.duty.Accept(ctx, w.clinic, w.doctor, offer), hub.NotFound, "")
	wantCode(t, w.duty.Accept(ctx, w.clinic, w.eva, offer), hub.Forbidden, "not_yours")
	if err := w.duty.Accept(ctx, w.clinic, w.ida, offer); err != nil {
		t.Fatal(err)
	}
	if b := w.board(w.ida); !b.Roles[0].Mine || len(b.Roles[0].OnDuty) != 1 || len(b.OffersToMe) != 0 {
		t.Errorf("after the hand-over: %+v", b)
	}
	wantCode(t, w.duty.Decline(ctx, w.clinic, w.ida, offer), hub.Conflict, "ended")
}

// TestOneOfTwoReleasesAtOnceIsTheLast lets both people of a role leave at the same moment:
// exactly one of them must be asked.
func TestOneOfTwoReleasesAtOnceIsTheLast(t *testing.T) {
	t.Parallel()
	w := openWard(t)
	for range 10 {
		for _, user := range []hub.UserID{w.eva, w.ida} {
			if err := w.duty.Take(t.Context(), w.clinic, user, w.role); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, user := range []hub.UserID{w.eva, w.ida} {
			wg.Go(func() { errs[i] = w.duty.Release(t.Context(), w.clinic, user, w.role, false) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("released: %v, %v; want exactly one", errs[0], errs[1])
		}
	}
}
