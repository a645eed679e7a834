package staff_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/staff"
)

// walk reads a list to its end, some rows at a time, and returns the ids in their order.
func walk[T any](tb testing.TB, id func(T) string, page func(cursor string) ([]T, string, error)) (out []string) {
	tb.Helper()
	for cursor := ""; ; {
		items, next, err := page(cursor)
		must(tb, err)
		for _, item := range items {
			out = append(out, id(item))
		}
		if cursor = next; cursor == "" {
			return out
		}
		if len(items) == 0 || len(out) > 1000 {
			tb.Fatalf("a page without rows, or no end: %d", len(out))
		}
	}
}

// badCursors are none that a list has given.
func badCursors() map[string]string {
	place := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	id := hub.NewID[string]()
	return map[string]string{
		"words":             "next",
		"no id":             "2026-11-01T08:00:00Z_",
		"no time":           "_" + id,
		"another id":        "2026-11-01T08:00:00Z_1; drop table person",
		"a time of letters": "yesterday_" + id,
		"nul":               "\x00",
		"not utf-8":         "\xff",
		"no object":         place(`[]`),
		"place without id":  place(`{"a":"x"}`),
		"place with nul":    place(`{"a":"\u0000","b":"","id":"` + id + `"}`),
		"a huge number":     "99999999999",
	}
}

// TestListsArePagedWithoutLossOrRepetition: also where many rows are of one moment, as a
// night's are, and where the last page is just full.
func TestListsArePagedWithoutLossOrRepetition(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	people := nurses(40)
	h.full(h.ad, people...)
	h.pass(h.ad, &source{people: people[:30]}, connectors.RunStart{Dry: true})
	h.wantState(h.full(h.ad, people[:10]...), connectors.RunHeld)
	h.full(h.kis, nurse("k", "1", "K"))
	for i := range 5 {
		h.say(h.kis, nurse(fmt.Sprint("asked", i), fmt.Sprint("n", i), "Frage", "mail", "n00001@linden.test"))
		must(t, h.staff.EditPerson(ctx, h.clinic, h.person("1").ID, directory.Entry{Values: map[directory.Field]directory.Value{directory.Title: {Text: fmt.Sprint(i)}}}, ""))
	}
	one := &directory.PersonFilter{Query: "10001"}
	for _, op := range []directory.BulkOp{directory.BulkLock, directory.BulkUnlock} {
		_, err := h.staff.RunBulk(ctx, h.clinic, directory.Bulk{Op: op, Filter: one}, false, "")
		must(t, err)
	}
	plans := func(state directory.PlanState, limit int) []string {
		return walk(t, func(p directory.PlanRow) string { return string(p.ID) }, func(cursor string) ([]directory.PlanRow, string, error) {
			page, err := h.staff.Plans(ctx, h.clinic, state, cursor, limit)
			return page.Items, page.Next, err
		})
	}
	runs := func(c hub.ConnectorID, limit int) []string {
		return walk(t, func(r connectors.Run) string { return string(r.ID) }, func(cursor string) ([]connectors.Run, string, error) {
			return h.staff.ListRuns(ctx, h.clinic, c, cursor, limit)
		})
	}
	questions := func(state directory.ConflictState, limit int) []string {
		return walk(t, func(c directory.Conflict) string { return string(c.ID) }, func(cursor string) ([]directory.Conflict, string, error) {
			page, err := h.staff.Conflicts(ctx, h.clinic, state, cursor, limit)
			return page.Items, page.Next, err
		})
	}
	lists := map[string]struct {
		rows int
		read func(limit int) []string
	}{
		"plans":             {6, func(n int) []string { return plans("", n) }},
		"applied plans":     {4, func(n int) []string { return plans(directory.PlanApplied, n) }},
		"held plans":        {1, func(n int) []string { return plans(directory.PlanHeld, n) }},
		"dry plans":         {1, func(n int) []string { return plans(directory.PlanDry, n) }},
		"rejected plans":    {0, func(n int) []string { return plans(directory.PlanRejected, n) }},
		"runs":              {4, func(n int) []string { return runs("", n) }},
		"runs of a source":  {3, func(n int) []string { return runs(h.ad, n) }},
		"runs of nobody":    {0, func(n int) []string { return runs(hub.NewID[hub.ConnectorID](), n) }},
		"questions":         {5, func(n int) []string { return questions("", n) }},
		"open questions":    {5, func(n int) []string { return questions(directory.ConflictOpen, n) }},
		"decided questions": {0, func(n int) []string { return questions(directory.ConflictOther, n) }},
	}
	check := func(when string) {
		t.Helper()
		for name, l := range lists {
			all := l.read(100)
			if len(all) != l.rows || len(slices.Compact(slices.Sorted(slices.Values(all)))) != l.rows {
				t.Errorf("%s %s: %d rows, want %d", name, when, len(all), l.rows)
			}
			for _, limit := range []int{1, 2, max(1, l.rows)} {
				if got := l.read(limit); !slices.Equal(got, all) {
					t.Errorf("%s %s by %d: %v, want %v", name, when, limit, got, all)
				}
			}
		}
	}
	check("one after another")
	newest, err := h.staff.Plans(ctx, h.clinic, "", "", 2)
	must(t, err)
	if a, b := newest.Items[0], newest.Items[1]; a.Counts.Unlock != 1 || b.Counts.Lock != 1 || a.Created.Before(b.Created) {
		t.Errorf("the newest plans: %+v, %+v", a, b)
	}
	_, err = h.super.Exec(ctx, `
with a as (update directory_plan set created_at = '2026-11-01 08:00:00.000001Z'), b as (update directory_run set began_at = '2026-11-01 08:00:00.000001Z')
update directory_conflict set created_at = '2026-11-01 08:00:00.000001Z'`)
	must(t, err)
	check("of one moment")

	for name, cursor := range badCursors() {
		_, err := h.staff.Plans(ctx, h.clinic, "", cursor, 5)
		wantBad(t, "plans from "+name, err)
		_, _, err = h.staff.ListRuns(ctx, h.clinic, "", cursor, 5)
		wantBad(t, "runs from "+name, err)
		_, err = h.staff.Conflicts(ctx, h.clinic, "", cursor, 5)
		wantBad(t, "questions from "+name, err)
		_, err = h.staff.PlanActions(ctx, h.clinic, newest.Items[0].ID, directory.ActionFilter{Cursor: cursor, Limit: 5})
		wantBad(t, "actions from "+name, err)
		_, err = h.staff.Persons(ctx, h.clinic, directory.PersonFilter{Cursor: cursor, Limit: 5})
		wantBad(t, "persons from "+name, err)
	}
}

func wantBad(tb testing.TB, what string, err error) {
	tb.Helper()
	if hub.KindOf(err) != hub.Invalid {
		tb.Errorf("%s: %v, want a refusal", what, err)
	}
}

func TestPeopleOfOneNameArePaged(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	var all []directory.Change
	for i := range 7 {
		all = append(all, nurse(fmt.Sprint("guid-", i), "", "Meier", "given_name", "Eva", "login", fmt.Sprint("meier", i)))
	}
	h.full(h.ad, all...)
	_, err := h.super.Exec(ctx, `update account set last_seen_at = '2026-11-01 08:00:00.000001Z'::timestamptz + (right(login, 1)::int / 3) * interval '1 microsecond' where login > 'meier1'`)
	must(t, err)
	read := func(f directory.PersonFilter) []string {
		return walk(t, func(p directory.PersonRow) string { return string(p.ID) }, func(cursor string) ([]directory.PersonRow, string, error) {
			f.Cursor = cursor
			page, err := h.staff.Persons(ctx, h.clinic, f)
			return page.Items, page.Next, err
		})
	}
	for _, sort := range []directory.PersonSort{"", directory.SortFamilyName, directory.SortGivenName, directory.SortStaffNumber, directory.SortLastSeen, directory.SortCreated} {
		forth := read(directory.PersonFilter{Sort: sort, Limit: 100})
		for _, limit := range []int{1, 3, 7} {
			if got := read(directory.PersonFilter{Sort: sort, Limit: limit}); len(got) != 7 || !slices.Equal(got, forth) {
				t.Errorf("by %q, %d at a time: %v, want %v", sort, limit, got, forth)
			}
			back := read(directory.PersonFilter{Sort: sort, Limit: limit, Desc: true})
			if slices.Reverse(back); !slices.Equal(back, forth) {
				t.Errorf("by %q backwards, %d at a time: %v, want %v", sort, limit, back, forth)
			}
		}
	}
	page, err := h.staff.Persons(ctx, h.clinic, directory.PersonFilter{Limit: 2})
	must(t, err)
	for _, sort := range []directory.PersonSort{directory.SortLastSeen, directory.SortCreated} {
		_, err = h.staff.Persons(ctx, h.clinic, directory.PersonFilter{Sort: sort, Cursor: page.Next, Limit: 2})
		wantBad(t, "a place among names, by "+string(sort), err)
	}
}

// TestFiltersFindWhatIsWritten: whatever somebody types is text, never a pattern, and what no
// text can hold finds nothing.
func TestFiltersFindWhatIsWritten(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.say(h.ad, directory.Change{Op: directory.OpUnits, Units: []directory.UnitRef{
		{Code: "H", Name: "Haus", Kind: directory.House}, {Code: "INN", Name: "Innere", Kind: directory.Clinic, Parent: "H"}, {Code: "4B", Name: "Station 4B", Kind: directory.Ward, Parent: "INN"}}})
	r := h.full(h.ad, nurse(`DOM\a_b`, "1", `50%_x\y`), nurse("guid-2", "2", "50xxxxy", "mail", "zwei@linden.test"), nurse("guid-3", "3", "Drei", "login", "dritte"),
		on(nurse("guid-4", "4", "Vier"), "INN"), on(nurse("guid-5", "5", "Fünf"), "H"), on(nurse("guid-6", "6", "Sechs")))
	h.say(h.ad, directory.Change{Op: directory.OpDeactivate, Key: "guid-6"})
	_, err := h.super.Exec(ctx, `update account set activated_at = now() where login = 'dritte'`)
	must(t, err)
	must(t, h.db.SetLockedHere(ctx, h.clinic, h.person("5").Account.ID, true))
	for name, c := range map[string]struct {
		f    directory.PersonFilter
		want []string
	}{
		"percent":               {directory.PersonFilter{Query: "%"}, []string{"1"}},
		"underscore":            {directory.PersonFilter{Query: "_"}, []string{"1"}},
		"backslash":             {directory.PersonFilter{Query: `\`}, []string{"1"}},
		"all of them":           {directory.PersonFilter{Query: `0%_X\Y`}, []string{"1"}},
		"spaces":                {directory.PersonFilter{Query: "   "}, []string{"1", "2", "3", "4", "5", "6"}},
		"nul":                   {directory.PersonFilter{Query: "Dr\x00ei"}, []string{"3"}},
		"not utf-8":             {directory.PersonFilter{Query: "Dr\xffei"}, []string{"3"}},
		"an address":            {directory.PersonFilter{Query: "ZWEI@"}, []string{"2"}},
		"a login":               {directory.PersonFilter{Query: "dritt"}, []string{"3"}},
		"the house":             {directory.PersonFilter{Unit: "H"}, []string{"1", "2", "3", "4", "5"}},
		"a clinic":              {directory.PersonFilter{Unit: "INN"}, []string{"1", "2", "3", "4"}},
		"a ward":                {directory.PersonFilter{Unit: "4B"}, []string{"1", "2", "3"}},
		"a unit nobody knows":   {directory.PersonFilter{Unit: "4b\x00"}, nil},
		"whoever left":          {directory.PersonFilter{State: "inactive"}, []string{"6"}},
		"locked":                {directory.PersonFilter{State: "locked"}, []string{"5", "6"}},
		"invited, of the house": {directory.PersonFilter{State: "invited", Unit: "INN", Query: "5"}, []string{"1", "2"}},
		"whoever uses it":       {directory.PersonFilter{State: "active"}, []string{"3"}},
		"a state of nobody":     {directory.PersonFilter{State: "\x00"}, nil},
	} {
		c.f.Sort, c.f.Limit = directory.SortStaffNumber, 50
		page, err := h.staff.Persons(ctx, h.clinic, c.f)
		must(t, err)
		var got []string
		for _, p := range page.Items {
			got = append(got, p.StaffNumber)
		}
		n, err := h.staff.CountPersons(ctx, h.clinic, c.f)
		must(t, err)
		var exported []string
		must(t, h.staff.ExportPersons(ctx, h.clinic, c.f, func(e directory.PersonExport) error {
			exported = append(exported, e.StaffNumber)
			return nil
		}))
		if !slices.Equal(got, c.want) || n != len(c.want) || !slices.Equal(exported, c.want) {
			t.Errorf("%s: %v, %d counted, %v exported, want %v", name, got, n, exported, c.want)
		}
	}
	for name, c := range map[string]struct {
		f    directory.ActionFilter
		want []string
	}{
		"percent":      {directory.ActionFilter{Query: "%"}, []string{"1"}},
		"a number":     {directory.ActionFilter{Query: "4"}, []string{"4"}},
		"a key":        {directory.ActionFilter{Query: `dom\A_`}, []string{"1"}},
		"nul":          {directory.ActionFilter{Query: "Vi\x00er\xff"}, []string{"4"}},
		"those made":   {directory.ActionFilter{Op: directory.ActCreate, Query: "50"}, []string{"1", "2"}},
		"those locked": {directory.ActionFilter{Op: directory.ActLock}, nil},
	} {
		c.f.Limit = 50
		page, err := h.staff.PlanActions(ctx, h.clinic, r.Plan, c.f)
		must(t, err)
		var got []string
		for _, a := range page.Items {
			got = append(got, a.Person.StaffNumber)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("actions by %s: %v, want %v", name, got, c.want)
		}
	}
	_, err = h.staff.PlanActions(ctx, h.clinic, hub.NewID[hub.PlanID](), directory.ActionFilter{Limit: 5})
	wantCode(t, err, hub.NotFound, "")
	_, err = h.staff.Plan(ctx, h.clinic, hub.NewID[hub.PlanID]())
	wantCode(t, err, hub.NotFound, "")
	_, err = h.staff.Person(ctx, h.clinic, hub.NewID[hub.PersonID]())
	wantCode(t, err, hub.NotFound, "")
	if err := h.staff.ExportPersons(ctx, h.clinic, directory.PersonFilter{}, func(directory.PersonExport) error { return errCut }); err == nil {
		t.Error("an export that nobody takes ends well")
	}
}

func TestUnitsAndCounts(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.say(h.ad, directory.Change{Op: directory.OpUnits, Units: []directory.UnitRef{
		{Code: "INN", Name: "Innere", Kind: directory.Clinic, Parent: "H"}, {Code: "H", Name: "Haus", Kind: directory.House}, {Code: "4B", Name: "Station 4B", Kind: directory.Ward, Parent: "INN"}}})
	h.full(h.kis, nurse("1", "1", "Eins"), nurse("2", "2", "Zwei"), on(nurse("3", "3", "Drei"), "INN"), nurse("4", "4", "Vier"))
	h.say(h.kis, directory.Change{Op: directory.OpDeactivate, Key: "4"})
	must(t, h.db.SetLockedHere(ctx, h.clinic, h.person("3").Account.ID, true))
	must(t, h.staff.ErasePerson(ctx, h.clinic, h.person("2").ID, ""))

	units, err := h.staff.Units(ctx, h.clinic)
	must(t, err)
	var got []string
	byCode := map[string]directory.UnitRow{}
	for _, u := range units {
		got = append(got, fmt.Sprint(u.Code, " ", u.Name, " ", u.Kind, " ", u.Persons, " ", u.Source.Name, " ", len(u.Roles)))
		byCode[u.Code] = u
	}
	if want := []string{"4B Station 4B ward 1 AD 0", "H Haus house 0 AD 0", "INN Innere clinic 1 AD 0"}; !slices.Equal(got, want) {
		t.Errorf("units %q, want %q", got, want)
	}
	if byCode["4B"].Parent != byCode["INN"].ID || byCode["INN"].Parent != byCode["H"].ID || byCode["H"].Parent != "" {
		t.Errorf("above one another: %+v", units)
	}

	covered, err := h.db.CreateRole(ctx, h.clinic, byCode["4B"].ID, "Dienst")
	must(t, err)
	_, err = h.db.CreateRole(ctx, h.clinic, byCode["4B"].ID, "Notfall")
	must(t, err)
	_, err = h.super.Exec(ctx, `insert into duty (clinic_id, id, role_id, account_id) values ($1, gen_random_uuid(), $2, $3)`, h.clinic, covered, h.person("1").Account.ID)
	must(t, err)
	units, err = h.staff.Units(ctx, h.clinic)
	must(t, err)
	roles := units[0].Roles
	if len(roles) != 2 || roles[0].Name != "Dienst" || len(roles[0].OnDuty) != 1 || roles[0].OnDuty[0].ID != h.person("1").Account.ID || len(roles[1].OnDuty) != 0 || len(units[1].Roles) != 0 {
		t.Errorf("roles: %+v", units)
	}
	if d := h.detail("1"); !slices.Equal(d.Duty, []string{"Dienst"}) {
		t.Errorf("on duty in %v", d.Duty)
	}
	counts, err := h.staff.StaffCounts(ctx, h.clinic, time.Now())
	must(t, err)
	want := staff.Counts{PersonsActive: 2, PersonsLocked: 2, AccountsInvited: 1, AccountsLocked: 3, UncoveredRoles: 1, ActivationOpen: 1, OnDuty: 1}
	if counts != want {
		t.Errorf("counts %+v, want %+v", counts, want)
	}
}

// TestAnotherClinicNeitherSeesNorTouches: every call, with ids that are right.
func TestAnotherClinicNeitherSeesNorTouches(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := nurses(40)
	applied := h.full(h.ad, people...)
	held := h.full(h.ad, people[:10]...)
	h.wantState(held, connectors.RunHeld)
	h.say(h.kis, nurse("asked", "x", "Frage", "mail", "n00001@linden.test"))
	question, person := h.asked("asked", directory.ConflictOpen), h.person("10001").ID
	open, err := h.staff.BeginRun(t.Context(), h.clinic, h.kis, connectors.RunStart{Mode: connectors.PassFull, Cause: "hand"})
	must(t, err)
	other := scalar[hub.ClinicID](h, `insert into clinic (id, name) values (gen_random_uuid(), 'Andere') returning id`)
	s, before := h.staff, h.snapshot()
	by := directory.Entry{Values: map[directory.Field]directory.Value{directory.Phone: {Text: "1"}}}
	for name, call := range map[string]func(context.Context) error{
		"plan": func(ctx context.Context) error { _, err := s.Plan(ctx, other, held.Plan); return err },
		"actions": func(ctx context.Context) error {
			_, err := s.PlanActions(ctx, other, held.Plan, staffFilter(""))
			return err
		},
		"approve": func(ctx context.Context) error { return s.ApprovePlan(ctx, other, held.Plan, "") },
		"reject":  func(ctx context.Context) error { return s.RejectPlan(ctx, other, held.Plan, "", "") },
		"undo":    func(ctx context.Context) error { _, err := s.UndoPlan(ctx, other, applied.Plan, ""); return err },
		"run":     func(ctx context.Context) error { _, err := s.ReadRun(ctx, other, held.ID); return err },
		"finish a run": func(ctx context.Context) error {
			_, err := s.FinishRun(ctx, other, open.ID, connectors.RunInput{})
			return err
		},
		"fail a run": func(ctx context.Context) error {
			_, err := s.FailRun(ctx, other, open.ID, connectors.Fault{}, 0)
			return err
		},
		"decide": func(ctx context.Context) error {
			return s.DecideConflict(ctx, other, question.ID, directory.ConflictOther, "", "")
		},
		"person": func(ctx context.Context) error { _, err := s.Person(ctx, other, person); return err },
		"photo":  func(ctx context.Context) error { _, err := s.Photo(ctx, other, person); return err },
		"edit":   func(ctx context.Context) error { return s.EditPerson(ctx, other, person, by, "") },
		"erase":  func(ctx context.Context) error { return s.ErasePerson(ctx, other, person, "") },
		"what was stated": func(ctx context.Context) error {
			_, err := s.Stated(other, h.ad).StatedPerson(ctx, "guid-00001")
			return err
		},
		"a bulk's field": func(ctx context.Context) error {
			_, err := s.RunBulk(ctx, other, directory.Bulk{Op: directory.BulkSetField, Field: directory.Phone, Text: "1", Persons: []hub.PersonID{person}}, false, "")
			return err
		},
	} {
		if err := call(t.Context()); hub.KindOf(err) != hub.NotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	ctx := t.Context()
	locked, err := s.RunBulk(ctx, other, directory.Bulk{Op: directory.BulkLock, Persons: []hub.PersonID{person}}, false, "")
	must(t, err)
	ended, err := s.EndRuns(ctx, other)
	must(t, err)
	due, err := s.ApplyDue(ctx, other, time.Now().AddDate(1, 0, 0))
	must(t, err)
	_, err = s.SetRules(ctx, other, directory.Rules{Percent: 100, Accounts: 1000}, "")
	must(t, err)
	rules, err := s.Rules(ctx, h.clinic)
	must(t, err)
	if len(locked.Actions) != 0 || ended != 0 || due != 0 || rules.Revision != 0 || h.snapshot() != before {
		t.Errorf("touched: %d locked, %d runs ended, %d due, rules %+v", len(locked.Actions), ended, due, rules)
	}
	plans, err := s.Plans(ctx, other, directory.PlanHeld, "", 10)
	must(t, err)
	runs, _, err := s.ListRuns(ctx, other, "", "", 10)
	must(t, err)
	asked, err := s.Conflicts(ctx, other, "", "", 10)
	must(t, err)
	persons, err := s.Persons(ctx, other, directory.PersonFilter{Limit: 10})
	must(t, err)
	units, err := s.Units(ctx, other)
	must(t, err)
	alike, err := s.Duplicates(ctx, other, map[directory.Field]string{directory.StaffNumber: "10001", directory.Mail: "n00001@linden.test", directory.FamilyName: "Name00001"})
	must(t, err)
	counts, err := s.StaffCounts(ctx, other, time.Now())
	must(t, err)
	if n := len(plans.Items) + len(runs) + len(asked.Items) + len(persons.Items) + len(units) + len(alike); n != 0 || counts != (staff.Counts{}) {
		t.Errorf("sees %d rows and %+v", n, counts)
	}
	h.wantState(h.run(held.ID), connectors.RunHeld)
}
