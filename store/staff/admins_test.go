package staff_test

import (
	"context"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// promote gives the account of somebody rights and returns it.
func (h *house) promote(number string, roles ...string) hub.UserID {
	h.tb.Helper()
	return scalar[hub.UserID](h, `
update account a set level = 'admin', roles = $2 from person p where p.id = a.person_id and p.staff_number = $1 returning a.id`, number, roles)
}

// theirs is what decides who gets in as somebody.
func (h *house) theirs(number string) string {
	h.tb.Helper()
	return scalar[string](h, `select a.login || ' ' || a.state || ' ' || coalesce(p.shown->>'mail', '') from account a join person p on p.id = a.person_id where p.staff_number = $1`, number)
}

// Whoever keeps connectors brings a source of their own, which names the number of an owner
// and another login and address. It was linked, and its word was the newest.
func TestASourceDoesNotBecomeAnAdministrator(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurse("guid-1", "4711", "Groß", "login", "gross", "mail", "gross@linden.test"), nurse("guid-2", "4712", "Klein"))
	owner := h.promote("4711", "owner")
	desk := h.promote("4712", "people")
	was := h.theirs("4711")
	taking := nurse("x", "4711", "Groß", "login", "eve", "mail", "eve@linden.test")

	r := h.full(h.kis, taking, nurse("y", "4713", "Neu"))
	h.wantState(r, connectors.RunApplied)
	open := h.conflicts(directory.ConflictOpen)
	if r.Conflicts != 1 || len(open) != 1 || open[0].Reason != directory.AdminMatches || r.Counts.Create != 1 {
		t.Fatalf("%d questions %+v, %+v", r.Conflicts, open, r.Counts)
	}
	h.say(h.kis, directory.Change{Op: directory.OpDeactivate, Key: "x"})
	wantCode(t, h.staff.DecideConflict(ctx, h.clinic, open[0].ID, directory.ConflictSame, h.person("4711").ID, desk), hub.Forbidden, "role")
	wantCode(t, h.staff.DecideConflict(ctx, h.clinic, open[0].ID, directory.ConflictSame, h.person("4711").ID, ""), hub.Forbidden, "role")
	if is := h.theirs("4711"); is != was {
		t.Errorf("an owner is %q, was %q", is, was)
	}

	must(t, h.staff.DecideConflict(ctx, h.clinic, open[0].ID, directory.ConflictSame, h.person("4711").ID, owner))
	if is := h.theirs("4711"); is == was {
		t.Error("an owner has agreed, and nothing has changed")
	}
	h.wantState(h.full(h.kis, nurse("x", "4711", "Groß", "login", "gross2"), nurse("y", "4713", "Neu")), connectors.RunApplied)
	if n := len(h.conflicts(directory.ConflictOpen)); n != 0 {
		t.Errorf("%d questions after an owner has agreed", n)
	}
}

// Administrators come from the directory like everybody else: who is known there already is
// renamed and locked by its word alone.
func TestAnAdministratorsOwnDirectoryNeedsNobody(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := nurses(40)
	h.full(h.ad, append(people, nurse("guid-1", "4711", "Groß", "login", "gross"))...)
	h.promote("4711", "owner")
	h.wantState(h.full(h.ad, append(people, nurse("guid-1", "4711", "Klein", "login", "klein", "mail", "klein@linden.test"))...), connectors.RunApplied)
	if got := h.theirs("4711"); got != "klein invited klein@linden.test" {
		t.Errorf("renamed: %q", got)
	}
	h.wantState(h.full(h.ad, people...), connectors.RunApplied)
	if got := h.theirs("4711"); got != "klein locked klein@linden.test" {
		t.Errorf("gone: %q", got)
	}
}

// Taking back what a source had said decides about administrators as much as saying it.
func TestOnlyOwnersTakeBackWhatDecidesAboutAdministrators(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := func(login, phone string) []directory.Change {
		return []directory.Change{nurse("guid-1", "4711", "Groß", "login", login), nurse("guid-2", "4712", "Klein", "login", login+"2", "phone", phone), nurse("guid-3", "4713", "Drei", "phone", phone)}
	}
	h.full(h.ad, people("alt", "1")...)
	owner := h.promote("4711", "owner")
	desk := h.promote("4712", "people")
	h.promote("4713", "auditor")
	r := h.full(h.ad, people("neu", "2")...)
	h.wantState(r, connectors.RunApplied)
	undo := func(ctx context.Context, by hub.UserID) directory.Undone {
		out, err := h.staff.UndoPlan(ctx, h.clinic, r.Plan, by)
		must(t, err)
		return out
	}
	if out := undo(t.Context(), desk); out.Undone != 1 || len(out.Skipped) != 2 || h.shown("4713", directory.Phone) != "1" {
		t.Errorf("by the people's desk: %+v", out)
	}
	if got := h.theirs("4711"); got != "neu invited " {
		t.Errorf("the owner is %q", got)
	}
	r = h.full(h.ad, people("ganzneu", "3")...)
	if r.State == connectors.RunHeld { // after an undo the next full pass waits
		must(t, h.staff.ApprovePlan(t.Context(), h.clinic, r.Plan, desk))
	}
	if out := undo(t.Context(), owner); out.Undone != 3 || len(out.Skipped) != 0 {
		t.Errorf("by the owner: %+v", out)
	}
}

// A file is the word of whoever hands it in: it steers administrators as little as an entry by
// hand, and as little as a bulk shuts them out.
func TestAFileAboutAdministratorsWaitsForAnOwner(t *testing.T) {
	t.Parallel()
	eva := func(more ...string) directory.Change {
		return nurse("guid-1", "4711", "Groß", append([]string{"mail", "gross@linden.test"}, more...)...)
	}
	for name, c := range map[string]struct {
		by    string
		cause string
		says  []directory.Change
		held  bool
	}{
		"another login":                {"desk", "upload", []directory.Change{eva("login", "eve")}, true},
		"another address":              {"desk", "upload", []directory.Change{eva("mail", "eve@linden.test")}, true},
		"left out":                     {"desk", "upload", nil, true},
		"a telephone":                  {"desk", "upload", []directory.Change{eva("phone", "17")}, false},
		"another login, by an owner":   {"owner", "upload", []directory.Change{eva("login", "eve")}, false},
		"another login, by the source": {"desk", "hand", []directory.Change{eva("login", "eve")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			ctx := t.Context()
			others := nurses(40)
			h.full(h.ad, append(others, eva())...)
			by := map[string]hub.UserID{"owner": h.promote("4711", "owner"), "desk": h.promote("10000", "people")}
			was := h.theirs("4711")
			r := h.pass(h.ad, &source{people: append(others, c.says...)}, connectors.RunStart{Cause: c.cause, By: by[c.by]})
			if !c.held {
				h.wantState(r, connectors.RunApplied)
				return
			}
			h.wantState(r, connectors.RunHeld)
			d, err := h.staff.Plan(ctx, h.clinic, r.Plan)
			must(t, err)
			if d.Reason == nil || d.Reason.Code != directory.ReasonAdmins || d.Problems != 1 || h.theirs("4711") != was {
				t.Errorf("held: %+v %+v, is %q", d.PlanRow, d.Reason, h.theirs("4711"))
			}
			wantCode(t, h.staff.ApprovePlan(ctx, h.clinic, r.Plan, by["desk"]), hub.Forbidden, "role")
			wantCode(t, h.staff.ApprovePlan(ctx, h.clinic, r.Plan, ""), hub.Forbidden, "role")
			must(t, h.staff.ApprovePlan(ctx, h.clinic, r.Plan, by["owner"]))
			if h.theirs("4711") == was {
				t.Error("an owner has agreed, and nothing has changed")
			}
		})
	}
}
