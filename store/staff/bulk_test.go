package staff_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/teams"
)

func (h *house) bulk(b directory.Bulk, dry bool) directory.PlanDetail {
	h.tb.Helper()
	d, err := h.staff.RunBulk(h.tb.Context(), h.clinic, b, dry, "")
	must(h.tb, err)
	return d
}

func (h *house) wantActions(what string, d directory.PlanDetail, want int) {
	h.tb.Helper()
	if len(d.Actions) != want {
		h.tb.Errorf("%s: %d people, want %d: %+v", what, len(d.Actions), want, d.Actions)
	}
}

// TestABulkOfGroups: whoever is in it already is left as they are, also by the undo.
func TestABulkOfGroups(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, append(nurses(4), on(nurse("guid-x", "99", "Anders"), "5A"))...)
	groups := teams.New(h.db)
	save := func(name string, kind directory.GroupKind, members ...hub.PersonID) hub.GroupID {
		t.Helper()
		g := directory.Group{Name: name, Kind: kind}
		if kind == directory.GroupByRule {
			g.Rule = &directory.Expression{All: []directory.Clause{{Any: []directory.Test{{Field: directory.FieldUnit, Op: directory.TestIs, Text: "5A"}}}}}
		}
		g, err := groups.SaveGroup(ctx, h.clinic, g, members, "")
		must(t, err)
		return g.ID
	}
	first := h.person("10000").ID
	hygiene, ruled, gone := save("Hygiene", directory.GroupByHand, first), save("5A", directory.GroupByRule), save("Weg", directory.GroupByHand)
	must(t, groups.DeleteGroup(ctx, h.clinic, gone, ""))
	ward := &directory.PersonFilter{Unit: "4B"}
	members := func(want int) {
		t.Helper()
		h.wantCount("members", want, `select count(*) from grp_member where group_id = $1`, hygiene)
	}
	add := directory.Bulk{Op: directory.BulkAddGroup, Group: hygiene, Filter: ward}
	h.wantActions("previewed", h.bulk(add, true), 3)
	members(1)
	d := h.bulk(add, false)
	h.wantActions("added", d, 3)
	members(4)
	h.wantActions("added again", h.bulk(add, true), 0)
	if diff := d.Actions[0].Diff(directory.FieldMember); diff.From != "" || diff.To != string(hygiene) || d.Counts.Update != 3 {
		t.Errorf("said of it: %+v %+v", diff, d.Counts)
	}
	if out := h.undo(d.ID); out.Undone != 3 || len(out.Skipped) != 0 {
		t.Errorf("undone: %+v", out)
	}
	members(1)
	h.wantCount("who was in it before", 1, `select count(*) from grp_member where group_id = $1 and person_id = $2`, hygiene, first)

	remove := directory.Bulk{Op: directory.BulkRemoveGroup, Group: hygiene, Filter: ward}
	h.wantActions("preview of the removal", h.bulk(remove, true), 1)
	members(1)
	d = h.bulk(remove, false)
	members(0)
	if out := h.undo(d.ID); out.Undone != 1 {
		t.Errorf("undone: %+v", out)
	}
	members(1)
	d = h.bulk(add, false)
	must(t, h.staff.ErasePerson(ctx, h.clinic, h.person("10001").ID, ""))
	h.bulk(directory.Bulk{Op: directory.BulkRemoveGroup, Group: hygiene, Filter: ward}, false)
	if out := h.undo(d.ID); out.Undone != 2 || len(out.Skipped) != 1 || out.Skipped[0].Name != "" {
		t.Errorf("undone with somebody erased: %+v", out)
	}
	members(0)
	for name, id := range map[string]hub.GroupID{"by a rule": ruled, "deleted": gone, "of nobody": hub.NewID[hub.GroupID](), "no id": "x\x00"} {
		_, err := h.staff.RunBulk(ctx, h.clinic, directory.Bulk{Op: directory.BulkAddGroup, Group: id, Filter: ward}, true, "")
		wantCode(t, err, hub.Invalid, "unknown")
		if err == nil {
			t.Errorf("a group %s takes people by hand", name)
		}
	}
}

// What a source says of where people work is not the hand's to take away; what the hand has
// said is.
func TestABulkTakesBackOnlyTheHandsWord(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, append(nurses(3), on(nurse("guid-x", "99", "Anders"), "5A"))...)
	ward := &directory.PersonFilter{Unit: "4B"}
	unit := func(op directory.BulkOp, code string) directory.Bulk {
		return directory.Bulk{Op: op, Unit: code, Filter: ward}
	}
	h.wantActions("removed from the source's unit", h.bulk(unit(directory.BulkRemoveUnit, "4B"), false), 0)
	h.wantActions("added", h.bulk(unit(directory.BulkAddUnit, "5A"), false), 3)
	h.wantActions("added again", h.bulk(unit(directory.BulkAddUnit, "5A"), false), 0)
	d := h.bulk(unit(directory.BulkRemoveUnit, "5A"), false)
	h.wantActions("removed", d, 3)
	if got := h.works("10001"); !slices.Equal(got, []string{"4B"}) {
		t.Errorf("works on %v", got)
	}
	h.undo(d.ID)
	if got := h.works("10001"); !slices.Equal(got, []string{"4B", "5A"}) {
		t.Errorf("after the undo on %v", got)
	}

	set := directory.Bulk{Op: directory.BulkSetField, Field: directory.Department, Text: " OP\x00 ", Filter: ward}
	first := h.bulk(set, false)
	set.Text = "Neu"
	second := h.bulk(set, false)
	if out := h.undo(first.ID); out.Undone != 0 || len(out.Skipped) != 3 {
		t.Errorf("what is said otherwise by now was undone: %+v", out)
	}
	h.undo(second.ID)
	if got := h.shown("10002", directory.Department); got != "OP" {
		t.Errorf("department: %q", got)
	}
	set.Text = ""
	h.wantActions("taken back", h.bulk(set, false), 3)
	if got := h.shown("10002", directory.Department); got != "" {
		t.Errorf("department: %q", got)
	}
}

func TestABulkLocksAndUnlocksWhoNeedsIt(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurses(4)...)
	var ids []hub.PersonID
	for _, number := range []string{"10000", "10001", "10002", "10003"} {
		ids = append(ids, h.person(number).ID)
	}
	must(t, h.staff.ErasePerson(ctx, h.clinic, ids[3], ""))
	must(t, h.db.SetLockedHere(ctx, h.clinic, h.person("10000").Account.ID, true))
	all := append(slices.Concat(ids, ids[:2]), hub.NewID[hub.PersonID]())
	d := h.bulk(directory.Bulk{Op: directory.BulkLock, Persons: all}, false)
	h.wantActions("locked", d, 2)
	unlock := h.bulk(directory.Bulk{Op: directory.BulkUnlock, Persons: ids[:2]}, false)
	h.wantActions("unlocked", unlock, 2)
	if unlock.Counts.Unlock != 2 || h.person("10000").Account.LockedHere {
		t.Errorf("unlocked: %+v", unlock.Counts)
	}
	if out := h.undo(d.ID); out.Undone != 1 || len(out.Skipped) != 1 || out.Skipped[0].StaffNumber != "10001" {
		t.Errorf("whoever was unlocked since is skipped: %+v", out)
	}
	h.undo(unlock.ID)
	for number, want := range map[string]bool{"10000": true, "10001": true, "10002": false} {
		if got := h.person(number).Account.LockedHere; got != want {
			t.Errorf("%s locked: %v, want %v", number, got, want)
		}
	}
	stored, err := h.staff.Plan(ctx, h.clinic, unlock.ID)
	must(t, err)
	if stored.State != directory.PlanUndone || stored.Connector.Name != "" || len(stored.Actions) != 2 {
		t.Errorf("kept: %+v", stored)
	}
}

func TestABulkIsRefused(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(2)...)
	one, before := []hub.PersonID{h.person("10000").ID}, h.snapshot()
	many := make([]hub.PersonID, 5001)
	for i := range many {
		many[i] = hub.NewID[hub.PersonID]()
	}
	for name, c := range map[string]struct {
		b    directory.Bulk
		kind hub.Kind
		code string
	}{
		"an act of no name": {directory.Bulk{Op: "erase", Persons: one}, hub.Invalid, ""},
		"too many":          {directory.Bulk{Op: directory.BulkLock, Persons: many}, hub.Invalid, "too_many"},
		"no id":             {directory.Bulk{Op: directory.BulkLock, Persons: []hub.PersonID{"1"}}, hub.Invalid, "id"},
		"no field":          {directory.Bulk{Op: directory.BulkSetField, Field: "salary", Text: "1", Persons: one}, hub.Invalid, "unknown"},
		"status":            {directory.Bulk{Op: directory.BulkSetField, Field: directory.FieldStatus, Text: "gone", Persons: one}, hub.Invalid, "unknown"},
		"no date":           {directory.Bulk{Op: directory.BulkSetField, Field: directory.ActiveUntil, Text: "morgen", Persons: one}, hub.Invalid, "bad_date"},
		"no unit":           {directory.Bulk{Op: directory.BulkAddUnit, Unit: "9Z", Persons: one}, hub.Invalid, "unknown"},
		"unit with nul":     {directory.Bulk{Op: directory.BulkRemoveUnit, Unit: "4B\x00", Persons: one}, hub.Invalid, "unknown"},
		"a stranger":        {directory.Bulk{Op: directory.BulkSetField, Field: directory.Phone, Text: "1", Persons: many[:1]}, hub.NotFound, ""},
	} {
		_, err := h.staff.RunBulk(t.Context(), h.clinic, c.b, false, "")
		if err == nil {
			t.Errorf("%s: done", name)
			continue
		}
		wantCode(t, err, c.kind, c.code)
	}
	if h.snapshot() != before {
		t.Error("what was refused has changed somebody")
	}
	h.wantCount("plans of what was refused", 0, `select count(*) from directory_plan where control_id = 'bulk'`)
}
