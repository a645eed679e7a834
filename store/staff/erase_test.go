package staff_test

import (
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestSomebodyErasedStaysAway: no source brings them back, by whichever way it speaks, and a
// namesake under another key is somebody of their own.
func TestSomebodyErasedStaysAway(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	eva := nurse("guid-x", "4711", "Eins", "login", "eva", "mail", "eva@linden.test")
	h.full(h.ad, append(nurses(30), eva)...)
	h.full(h.kis, nurse("K", "4711", "Eins"))
	must(t, h.staff.EditPerson(ctx, h.clinic, h.person("4711").ID, entry("phone", "1"), ""))
	p := h.person("4711")
	must(t, h.staff.ErasePerson(ctx, h.clinic, p.ID, ""))

	after := h.snapshot()
	h.say(h.ad, eva)
	h.say(h.ad, directory.Change{Op: directory.OpReactivate, Key: "guid-x"})
	h.say(h.ad, directory.Change{Op: directory.OpDeactivate, Key: "guid-x"})
	later := eva
	later.At = time.Now().Add(time.Hour)
	h.say(h.ad, later)
	h.due(time.Now().Add(2 * time.Hour))
	r := h.full(h.ad, append(nurses(30), eva)...)
	h.wantState(r, connectors.RunApplied)
	if r.Counts != (directory.Counts{}) || r.Unchanged != 30 {
		t.Errorf("a pass with them: %+v", r)
	}
	h.full(h.kis, nurse("K", "4711", "Eins"))
	h.wantSame(after)
	wantCode(t, h.staff.EditPerson(ctx, h.clinic, p.ID, entry("phone", "2"), ""), hub.NotFound, "")

	d, err := h.staff.Person(ctx, h.clinic, p.ID)
	must(t, err)
	if d.Active || d.StaffNumber != "" || d.FamilyName != "" || len(d.Values) != 0 || len(d.Sources) != 0 || d.Account.State != "locked" || d.Account.Login == "eva" {
		t.Errorf("what is left: %+v %+v", d.PersonRow, d.Account)
	}
	if len(d.History) == 0 {
		t.Error("that something was changed, and when, is gone too")
	}
	for _, line := range d.History {
		if line.From != "" || line.To != "" {
			t.Errorf("the history tells %+v", line)
		}
	}
	h.wantCount("tombstones", 3, `select count(*) from person_tombstone`)
	h.wantCount("people in lists", 30, `select count(*) from person where erased_at is null`)

	// The login and the address are free again, and another source's key is another's.
	h.say(h.kis, nurse("K2", "4711", "Eins", "login", "eva", "mail", "eva@linden.test"))
	if again := h.person("4711"); again.ID == p.ID || again.Account.Login != "eva" || !again.Active {
		t.Errorf("a namesake: %+v %+v", again, again.Account)
	}
	// Keys are a source's own: the same key of another says nothing of them.
	h.say(h.kis, nurse("guid-x", "4712", "Anders"))
	h.person("4712")
}

// TestWhoWaitsIsErasedFromWhatWaits: of a held plan, of the questions and of what is to come.
func TestWhoWaitsIsErasedFromWhatWaits(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurses(40)...)
	changed := nurse("guid-00001", "10001", "Wartend")
	held := h.full(h.ad, append(nurses(10)[2:], changed)...)
	h.wantState(held, connectors.RunHeld)
	h.say(h.kis, nurse("asked", "x", "Frage", "mail", "n00001@linden.test"))
	must(t, h.staff.ErasePerson(ctx, h.clinic, h.person("10001").ID, ""))
	if n := len(h.conflicts("")); n != 0 {
		t.Errorf("%d questions about somebody erased", n)
	}
	wantCode(t, h.staff.ApprovePlan(ctx, h.clinic, held.Plan, ""), hub.Conflict, "stale")
	h.wantLocked(1) // the erased one
	must(t, h.staff.ApprovePlan(ctx, h.clinic, held.Plan, ""))
	h.wantLocked(32)
	h.wantCount("where they are named", 0, `select count(*) from directory_action where action::text ~ 'Wartend|guid-00001'`)
}
