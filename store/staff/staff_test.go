package staff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func TestADryRunChangesNobodyAndIsForgotten(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	before := h.snapshot()
	r := h.pass(h.ad, &source{people: append(nurses(20), nurse("x", "9", "Neu")), cursor: "c1"}, connectors.RunStart{Dry: true})
	h.wantState(r, connectors.RunDry)
	if r.Counts.Lock != 20 || r.Counts.Create != 1 || r.Plan == "" || h.snapshot() != before {
		t.Errorf("run: %+v", r)
	}
	if cursor, _, err := h.staff.RunCursor(t.Context(), h.clinic, h.ad); err != nil || len(cursor) != 0 {
		t.Errorf("cursor %q %v", cursor, err)
	}
	_, err := h.super.Exec(t.Context(), `update directory_plan set created_at = created_at - interval '25 hours' where id = $1`, r.Plan)
	must(t, err)
	_, err = h.staff.ApplyDue(t.Context(), h.clinic, r.Began)
	must(t, err)
	_, err = h.staff.Plan(t.Context(), h.clinic, r.Plan)
	wantCode(t, err, hub.NotFound, "")
}

func TestTheCursorMovesOnlyWhenAPassIsApplied(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	cursor := func() string {
		t.Helper()
		c, _, err := h.staff.RunCursor(t.Context(), h.clinic, h.ad)
		must(t, err)
		return string(c)
	}
	h.pass(h.ad, &source{people: nurses(40), cursor: "c1"}, connectors.RunStart{})
	r := h.pass(h.ad, &source{people: nurses(10), cursor: "c2"}, connectors.RunStart{})
	h.wantState(r, connectors.RunHeld)
	if cursor() != "c1" {
		t.Errorf("cursor of a held pass: %s", cursor())
	}
	must(t, h.staff.ApprovePlan(t.Context(), h.clinic, r.Plan, ""))
	if cursor() != "c2" {
		t.Errorf("cursor of an approved pass: %s", cursor())
	}
	h.wantLocked(30)
	runs, next, err := h.staff.ListRuns(t.Context(), h.clinic, h.ad, "", 1)
	must(t, err)
	if len(runs) != 1 || next == "" || runs[0].State != connectors.RunApplied {
		t.Errorf("runs: %+v %q", runs, next)
	}
}

// A source was asked every five minutes while thirty leavers waited for a judgement: a morning
// later there were a hundred plans, and a hundred letters about them.
func TestAPassOverChangesAsksOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.pass(h.ad, &source{people: nurses(100), cursor: "c0"}, connectors.RunStart{})
	leave := func(n int, cursor string) connectors.Run {
		t.Helper()
		s := &source{changes: true, cursor: cursor}
		for _, c := range nurses(n) {
			s.people = append(s.people, directory.Change{Op: directory.OpDeactivate, Key: c.Key})
		}
		return h.pass(h.ad, s, connectors.RunStart{Mode: connectors.PassChanges})
	}
	wantHeld := func(want int) {
		t.Helper()
		h.wantCount("held plans", want, `select count(*) from directory_plan where state = 'held'`)
	}
	message := directory.Change{Op: directory.OpDeactivate, Key: "guid-00099"}
	_, err := h.staff.SetRules(t.Context(), h.clinic, directory.Rules{Percent: 5, Accounts: 0}, "")
	must(t, err)
	h.say(h.ad, message) // a question of its own, which no pass answers
	_, err = h.staff.SetRules(t.Context(), h.clinic, directory.Rules{Percent: 5, Accounts: 25, Revision: 1}, "")
	must(t, err)

	first, again := leave(30, "c1"), leave(30, "c2")
	h.wantState(again, connectors.RunHeld)
	if wantHeld(2); again.Plan == "" || again.Plan != first.Plan {
		t.Errorf("the same is asked twice: %s, %s", first.Plan, again.Plan)
	}
	more := leave(31, "c3")
	h.wantState(more, connectors.RunHeld)
	wantHeld(2)
	wantCode(t, h.staff.ApprovePlan(t.Context(), h.clinic, first.Plan, ""), hub.Conflict, "decided")
	last := leave(31, "c4")
	must(t, h.staff.ApprovePlan(t.Context(), h.clinic, more.Plan, ""))
	h.wantLocked(31)
	wantHeld(1)
	h.wantCount("runs of the approved plan", 2, `select count(*) from directory_run where state = 'applied' and id in ($1, $2)`, more.ID, last.ID)

	leave(80, "c5")
	wantHeld(2)
	h.wantState(leave(40, "c6"), connectors.RunApplied) // most are back before anybody looked
	h.wantLocked(40)
	wantHeld(1)
}

func TestAFaultyRecordIsNeitherChangedNorMissing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	people := nurses(40)
	people[3] = nurse("guid-00003", "10003", "Verdorben")
	r := h.pass(h.ad, &source{people: people, spoilt: map[int]connectors.Fault{3: {Name: "bad_date"}}}, connectors.RunStart{})
	h.wantState(r, connectors.RunApplied)
	h.wantLocked(0)
	read, err := h.staff.ReadRun(t.Context(), h.clinic, r.ID)
	must(t, err)
	if h.shown("10003", directory.FamilyName) != "Name00003" || r.Faults != 1 || r.Read != 40 || r.Unchanged != 39 || len(read.Records) != 1 || read.Records[0].Record != "4" {
		t.Errorf("run: %+v", read)
	}
}

func TestWhatIsEnteredByHandCountsUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("guid-1", "4711", "Eins", "phone", "11", "mail", "eva@linden.test"))
	p := h.person("4711").ID
	hand := func(v directory.Value) {
		t.Helper()
		must(t, h.staff.EditPerson(t.Context(), h.clinic, p, directory.Entry{Values: map[directory.Field]directory.Value{directory.Phone: v}}, ""))
	}
	hand(directory.Value{Text: "22"})
	h.full(h.ad, nurse("guid-1", "4711", "Eins", "phone", "33", "mail", "eva@linden.test"))
	if got := h.shown("4711", directory.Phone); got != "22" {
		t.Errorf("phone by hand: %s", got)
	}
	hand(directory.Value{Null: true})
	if got := h.shown("4711", directory.Phone); got != "33" {
		t.Errorf("phone of the source: %s", got)
	}
	dup, err := h.staff.Duplicates(t.Context(), h.clinic, map[directory.Field]string{directory.Mail: "EVA@linden.test", directory.FamilyName: "Anders"})
	must(t, err)
	if len(dup) != 1 || dup[0].ID != p {
		t.Errorf("duplicates: %+v", dup)
	}
	id, err := h.staff.EnterPerson(t.Context(), h.clinic, directory.Entry{Values: map[directory.Field]directory.Value{directory.FamilyName: {Text: "Hand"}, directory.StaffNumber: {Text: "5"}}}, "")
	must(t, err)
	if got := h.person("5"); got.ID != id || got.Account.Login != "5" {
		t.Errorf("entered: %+v", got)
	}
	h.full(h.ad, nurse("guid-1", "4711", "Eins"), nurse("guid-5", "5", "Hand"))
	h.wantCount("persons after a source knows whom the hand had entered", 2, `select count(*) from person`)
	all, err := h.db.Connectors(t.Context(), h.clinic)
	must(t, err)
	if slices.ContainsFunc(all, func(r connectors.Record) bool { return r.Kind == "hand" }) {
		t.Error("the hand is listed among the connectors")
	}
	wantCode(t, h.staff.EditPerson(t.Context(), h.clinic, hub.NewID[hub.PersonID](), directory.Entry{}, ""), hub.NotFound, "")
}

// Who may look after people must not shut the owners out, nor steer who they are found as.
func TestABulkSparesAdministratorsUnlessAnOwnerActs(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(5)...)
	account := func(number string) (id hub.UserID) {
		t.Helper()
		must(t, h.super.QueryRow(t.Context(), `select a.id::text from account a join person p on p.id = a.person_id where p.staff_number = $1`, number).Scan(&id))
		return id
	}
	owner, desk := account("10000"), account("10001")
	_, err := h.super.Exec(t.Context(), `update account set level = 'admin', roles = case when id::text = $1 then array['owner'] else array['people'] end where id::text = any($2)`,
		string(owner), []string{string(owner), string(desk)})
	must(t, err)
	all := &directory.PersonFilter{Unit: "4B"}
	for _, b := range []directory.Bulk{{Op: directory.BulkLock, Filter: all}, {Op: directory.BulkSetField, Field: directory.Mail, Text: "x@klinik.example", Filter: all}} {
		d, err := h.staff.RunBulk(t.Context(), h.clinic, b, true, desk)
		must(t, err)
		if len(d.Actions) != 3 {
			t.Errorf("%s by the people's desk: %d people, want the 3 without rights", b.Op, len(d.Actions))
		}
	}
	d, err := h.staff.RunBulk(t.Context(), h.clinic, directory.Bulk{Op: directory.BulkLock, Filter: all}, false, owner)
	must(t, err)
	if len(d.Actions) != 5 {
		t.Errorf("by the owner: %d people", len(d.Actions))
	}
	undone, err := h.staff.UndoPlan(t.Context(), h.clinic, d.ID, desk)
	must(t, err)
	if undone.Undone != 3 || len(undone.Skipped) != 2 {
		t.Errorf("undone by the people's desk: %+v", undone)
	}
}

func TestABulkIsDryThenAppliedThenUndone(t *testing.T) {
	t.Parallel()
	for _, b := range []directory.Bulk{
		{Op: directory.BulkLock}, {Op: directory.BulkSetField, Field: directory.Department, Text: "OP"}, {Op: directory.BulkAddUnit, Unit: "5A"},
	} {
		t.Run(string(b.Op), func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			h.full(h.ad, append(nurses(5), on(nurse("guid-x", "99999", "Anders"), "5A"))...)
			b.Filter = &directory.PersonFilter{Unit: "4B"}
			before := h.snapshot()
			d, err := h.staff.RunBulk(t.Context(), h.clinic, b, true, "")
			must(t, err)
			if len(d.Actions) != 5 || d.State != directory.PlanDry || h.snapshot() != before {
				t.Fatalf("dry: %+v", d)
			}
			d, err = h.staff.RunBulk(t.Context(), h.clinic, b, false, "")
			must(t, err)
			if len(d.Actions) != 5 || h.snapshot() == before {
				t.Fatalf("applied: %+v", d)
			}
			switch b.Op {
			case directory.BulkLock:
				h.wantLocked(5)
			case directory.BulkSetField:
				if got := h.shown("10002", directory.Department); got != "OP" {
					t.Errorf("department: %q", got)
				}
			case directory.BulkAddUnit:
				if got := h.works("10002"); !slices.Equal(got, []string{"4B", "5A"}) {
					t.Errorf("works on %v", got)
				}
			}
			undone, err := h.staff.UndoPlan(t.Context(), h.clinic, d.ID, "")
			must(t, err)
			if undone.Undone != 5 || len(undone.Skipped) != 0 {
				t.Errorf("undone: %+v", undone)
			}
			h.wantLocked(0)
			if got := h.works("10002"); !slices.Equal(got, []string{"4B"}) || h.shown("10002", directory.Department) != "" {
				t.Errorf("after the undo: %v", got)
			}
		})
	}
}

func TestListsAreSortedFilteredAndPaged(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("1", "30", "Özdemir"), nurse("2", "20", "Ott"), nurse("3", "10", "Zander"), on(nurse("4", "40", "Abel"), "5A"))
	h.say(h.kis, nurse("K1", "20", "Ott"))
	list := func(f directory.PersonFilter) (out []string) {
		t.Helper()
		for f.Limit = 1; ; {
			page, err := h.staff.Persons(t.Context(), h.clinic, f)
			must(t, err)
			for _, p := range page.Items {
				out = append(out, p.StaffNumber)
			}
			if f.Cursor = page.Next; f.Cursor == "" || len(out) > 9 {
				return out
			}
		}
	}
	tests := map[string]struct {
		f    directory.PersonFilter
		want []string
	}{
		"by name, umlauts where people look": {directory.PersonFilter{}, []string{"40", "20", "30", "10"}},
		"backwards":                          {directory.PersonFilter{Desc: true}, []string{"10", "30", "20", "40"}},
		"by number":                          {directory.PersonFilter{Sort: directory.SortStaffNumber}, []string{"10", "20", "30", "40"}},
		"by given name":                      {directory.PersonFilter{Sort: directory.SortGivenName, Desc: true}, []string{"10", "30", "20", "40"}},
		"by last seen":                       {directory.PersonFilter{Sort: directory.SortLastSeen}, []string{"40", "20", "30", "10"}},
		"of a unit":                          {directory.PersonFilter{Unit: "5A"}, []string{"40"}},
		"of a source":                        {directory.PersonFilter{Source: h.kis}, []string{"20"}},
		"of a group":                         {directory.PersonFilter{Group: hub.NewID[hub.GroupID]()}, nil},
		"by a part of a name":                {directory.PersonFilter{Query: " ott "}, []string{"20"}},
		"by a sign of patterns":              {directory.PersonFilter{Query: "%"}, nil},
		"left":                               {directory.PersonFilter{State: "inactive"}, nil},
		"invited, of a unit and a source":    {directory.PersonFilter{Unit: "4B", State: "invited", Source: h.ad, Sort: directory.SortStaffNumber}, []string{"10", "20", "30"}},
	}
	for name, c := range tests {
		if got := list(c.f); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if n, err := h.staff.CountPersons(t.Context(), h.clinic, c.f); err != nil || n != len(c.want) {
			t.Errorf("%s: %d counted, want %d: %v", name, n, len(c.want), err)
		}
	}
	if got := list(directory.PersonFilter{Sort: directory.SortCreated}); len(got) != 4 {
		t.Errorf("by creation: %v", got)
	}
	var exported []string
	must(t, h.staff.ExportPersons(t.Context(), h.clinic, directory.PersonFilter{Query: "O"}, func(e directory.PersonExport) error {
		exported = append(exported, e.Shown[directory.FamilyName])
		return nil
	}))
	if !slices.Contains(exported, "Ott") {
		t.Errorf("exported: %v", exported)
	}
	_, err := h.staff.Persons(t.Context(), h.clinic, directory.PersonFilter{Cursor: "x", Limit: 5})
	wantCode(t, err, hub.Invalid, "")
	_, err = h.staff.Persons(t.Context(), h.clinic, directory.PersonFilter{Sort: "secret", Limit: 5})
	wantCode(t, err, hub.Invalid, "")
}

func TestActionsOfThousandsArePaged(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	r := h.full(h.ad, nurses(450)...)
	d, err := h.staff.Plan(t.Context(), h.clinic, r.Plan)
	must(t, err)
	if len(d.Actions) != 200 || d.Counts.Create != 450 {
		t.Errorf("%d actions, %+v", len(d.Actions), d.Counts)
	}
	n, f := 0, directory.ActionFilter{Limit: 100}
	for {
		page, err := h.staff.PlanActions(t.Context(), h.clinic, r.Plan, f)
		must(t, err)
		for _, a := range page.Items {
			if want := fmt.Sprintf("guid-%05d", n); a.Key != want {
				t.Fatalf("%s in place of %s", a.Key, want)
			}
			n++
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	page, err := h.staff.PlanActions(t.Context(), h.clinic, r.Plan, directory.ActionFilter{Query: "name00017", Limit: 10})
	must(t, err)
	if n != 450 || len(page.Items) != 1 {
		t.Errorf("%d actions in all, %d found", n, len(page.Items))
	}
}

func TestASourceReadsBackWhatItStated(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	eva := nurse("guid-1", "4711", "Eins", "login", "Eva")
	eva.Groups = []directory.GroupRef{{Code: "g1", Name: "OP"}}
	h.full(h.ad, eva)
	h.say(h.kis, nurse("K1", "4711", "Anders"))
	s := h.staff.Stated(h.clinic, h.ad)
	p, err := s.StatedPerson(t.Context(), "guid-1")
	must(t, err)
	if p.Values[directory.FamilyName] != "Eins" || !p.Active || len(p.Groups) != 1 || len(p.Units) != 1 {
		t.Errorf("stated: %+v", p)
	}
	_, err = s.StatedPerson(t.Context(), "K1")
	wantCode(t, err, hub.NotFound, "")
	hits, err := s.FindStated(t.Context(), directory.Login, "eVA")
	must(t, err)
	all, total, err := s.ListStated(t.Context(), "", 10)
	must(t, err)
	groups, err := s.StatedGroups(t.Context())
	must(t, err)
	if len(hits) != 1 || len(all) != 1 || total != 1 || len(groups) != 1 || !slices.Equal(groups[0].Members, []string{"guid-1"}) {
		t.Errorf("%+v %+v %d %+v", hits, all, total, groups)
	}
}
