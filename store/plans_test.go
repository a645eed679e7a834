package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func asHubError(err error, target **hub.Error) bool { return errors.As(err, target) }

func complete(changes ...directory.Change) []directory.Change {
	return append(changes, directory.Change{Op: directory.OpComplete})
}

func TestApplyCreatesPersonUnitAndAccount(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("4711", "Käthe", "Müller-Groß"))
	p := h.person("4711")
	if p.Name != "Käthe Müller-Groß" || !p.Active || p.Account == nil || p.Account.Login != "4711" || p.Account.State != "invited" {
		t.Errorf("person: %+v account %+v", p, p.Account)
	}
	if len(p.Units) != 1 || p.Units[0].Code != "4B" || p.Units[0].Name != "Station 4B" {
		t.Errorf("units: %+v", p.Units)
	}
	units, err := h.db.Units(t.Context(), h.clinic)
	if err != nil || len(units) != 2 {
		t.Fatalf("units: %+v %v", units, err)
	}
	ward, clinic := units[0], units[1]
	if ward.Code != "4B" || clinic.Code != "CHI" || clinic.Kind != directory.Clinic || ward.Parent != clinic.ID || ward.Persons != 1 || ward.Source.Name != "KIS" {
		t.Errorf("units: %+v", units)
	}
}

func TestEveryValueNamesItsMessage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("4711", "Eva", "Eins"))
	renamed := nurse("4711", "Eva", "Zwei")
	h.put(renamed)
	d := h.detail("4711")
	got := map[directory.Field]string{}
	for _, v := range d.Values {
		if v.Message == nil || v.Message.Type != "MFN^M02" || v.Source.ID != h.source {
			t.Errorf("value without its origin: %+v", v)
			continue
		}
		got[v.Field] = v.Text + " by " + v.Message.Control
	}
	want := map[directory.Field]string{directory.StaffNumber: "4711 by C1", directory.GivenName: "Eva by C1", directory.FamilyName: "Zwei by C2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	last := d.History[0]
	if last.Field != directory.FamilyName || last.From != "Eins" || last.To != "Zwei" || last.Message.Control != "C2" {
		t.Errorf("newest line of the history: %+v", last)
	}
	if d.Name != "Eva Zwei" || d.Account.Login != "4711" {
		t.Errorf("renamed: %+v", d.PersonRow)
	}
}

func TestNullClearsAbsentStays(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := nurse("1", "Eva", "Eins")
	c.Fields[directory.Phone], c.Fields[directory.Title] = directory.Value{Text: "+49 30 1"}, directory.Value{Text: "Dr."}
	h.put(c)
	h.put(directory.Change{Op: directory.OpPut, Key: "1", Fields: map[directory.Field]directory.Value{directory.Title: {Null: true}}})
	d := h.detail("1")
	if d.Title != "" || d.Name != "Eva Eins" || len(d.Units) != 1 {
		t.Errorf("person: %+v", d.PersonRow)
	}
	phone := false
	for _, v := range d.Values {
		phone = phone || v.Field == directory.Phone
		if v.Field == directory.Title {
			t.Errorf("cleared value is still there: %+v", v)
		}
	}
	if !phone {
		t.Error("a field that was not mentioned is gone")
	}
}

func TestTheSameChangeTwiceWritesNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"))
	before := len(h.detail("1").History)
	h.put(nurse("1", "Eva", "Eins"))
	if after := len(h.detail("1").History); after != before {
		t.Errorf("history grew from %d to %d lines", before, after)
	}
}

func TestEmptyFullSetIsHeldAndCanBeRejected(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))
	h.put(complete()...)
	if p := h.person("1"); !p.Active {
		t.Fatal("an empty full set locked somebody")
	}
	plans, err := h.db.Plans(t.Context(), h.clinic, directory.PlanHeld, "", 50)
	if err != nil || len(plans.Items) != 1 {
		t.Fatalf("held plans: %+v %v", plans, err)
	}
	plan := plans.Items[0]
	if plan.Reason == nil || plan.Reason.Code != directory.ReasonEmpty || plan.Counts.Lock != 2 || plan.Message.Control != "C2" || plan.Connector.Name != "KIS" {
		t.Errorf("plan: %+v", plan)
	}
	if err := h.db.RejectPlan(t.Context(), h.clinic, plan.ID, "", "falscher Export"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, h.db.RejectPlan(t.Context(), h.clinic, plan.ID, "", ""), hub.Conflict, "decided")
	wantCode(t, h.db.ApprovePlan(t.Context(), h.clinic, plan.ID, ""), hub.Conflict, "decided")
	if p := h.person("1"); !p.Active {
		t.Error("a rejected plan locked somebody")
	}
}

// held sends a full set with half the people and returns the plan it comes to.
func (h *house) held() directory.PlanRow {
	h.t.Helper()
	h.put(complete(nurse("1", "Eva", "Eins"))...)
	plans, err := h.db.Plans(h.t.Context(), h.clinic, directory.PlanHeld, "", 50)
	if err != nil || len(plans.Items) != 1 {
		h.t.Fatalf("held plans: %+v %v", plans, err)
	}
	return plans.Items[0]
}

func TestApproveAppliesAHeldPlan(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))
	plan := h.held()
	staff := directory.NewStaff(h.db)
	err := staff.Approve(t.Context(), h.clinic, plan.ID, "", "2")
	if hub.KindOf(err) != hub.Invalid {
		t.Errorf("the wrong number was taken: %v", err)
	}
	if err := staff.Approve(t.Context(), h.clinic, plan.ID, "", "1"); err != nil {
		t.Fatal(err)
	}
	if p := h.person("2"); p.Active || p.Account.State != "locked" || !p.Account.LockedThere || p.Account.LockedHere {
		t.Errorf("after approval: %+v %+v", p, p.Account)
	}
	if p := h.person("1"); !p.Active {
		t.Error("the approved plan locked the wrong one")
	}
	d, err := h.db.Plan(t.Context(), h.clinic, plan.ID)
	if err != nil || d.State != directory.PlanApplied || len(d.Actions) != 1 || d.Actions[0].Op != directory.ActLock {
		t.Errorf("decided plan: %+v %v", d, err)
	}
}

func TestApproveRefusesAnOutdatedPlan(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))
	plan := h.held()
	h.put(nurse("3", "Uta", "Drei")) // would be locked by the plan too, which nobody has read
	wantCode(t, h.db.ApprovePlan(t.Context(), h.clinic, plan.ID, ""), hub.Conflict, "stale")
	if !h.person("2").Active || !h.person("3").Active {
		t.Error("an outdated plan was applied")
	}
	d, err := h.db.Plan(t.Context(), h.clinic, plan.ID)
	if err != nil || d.State != directory.PlanHeld || d.Counts.Lock != 2 {
		t.Fatalf("renewed plan: %+v %v", d.PlanRow, err)
	}
	if err := h.db.ApprovePlan(t.Context(), h.clinic, plan.ID, ""); err != nil {
		t.Fatal(err)
	}
	if h.person("3").Active {
		t.Error("the renewed plan was not applied")
	}
}

func TestANewerFullSetSupersedesAHeldOne(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))
	old := h.held()
	h.put(complete(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))...)
	d, err := h.db.Plan(t.Context(), h.clinic, old.ID)
	if err != nil || d.State != directory.PlanRejected || d.Comment != "superseded" {
		t.Errorf("old plan: %+v %v", d.PlanRow, err)
	}
}

func TestLocalLockSurvivesTheSource(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"))
	id := h.person("1").Account.ID
	if err := h.db.SetLockedHere(t.Context(), h.clinic, id, true); err != nil {
		t.Fatal(err)
	}
	h.put(directory.Change{Op: directory.OpDeactivate, Key: "1"})
	h.put(directory.Change{Op: directory.OpReactivate, Key: "1"})
	h.put(complete(nurse("1", "Eva", "Eins"))...)
	a := h.person("1").Account
	if !a.LockedHere || a.LockedThere || a.State != "locked" {
		t.Errorf("account: %+v", a)
	}
	if err := h.db.SetLockedHere(t.Context(), h.clinic, id, false); err != nil {
		t.Fatal(err)
	}
	if a := h.person("1").Account; a.State != "invited" {
		t.Errorf("account after unlocking: %+v", a)
	}
}

func TestDeactivateEndsSessionsDutyAndTellsEveryNode(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"))
	user := h.activate("1")
	role := h.role("4B", "Pflege Station 4B")
	if err := directory.NewDuty(h.db, time.Now).Take(t.Context(), h.clinic, user, role); err != nil {
		t.Fatal(err)
	}
	_, hash := h.login(user)
	ears := h.listen("wardline_access")
	h.put(directory.Change{Op: directory.OpDeactivate, Key: "1"})
	if got := h.heard(ears); got["user"] != string(user) || got["clinic"] != string(h.clinic) {
		t.Errorf("heard %v", got)
	}
	if _, err := h.db.SessionByHash(t.Context(), h.clinic, hash); hub.KindOf(err) != hub.NotFound {
		t.Errorf("session of a locked account: %v", err)
	}
	uncovered, err := h.db.UncoveredRoles(t.Context(), h.clinic)
	if err != nil || len(uncovered) != 1 || uncovered[0].Role != role {
		t.Errorf("uncovered roles: %+v %v", uncovered, err)
	}
	h.put(directory.Change{Op: directory.OpReactivate, Key: "1"})
	if a := h.person("1").Account; a.State != "active" {
		t.Errorf("reactivated: %+v", a)
	}
}

func TestTakenLoginIsAProblemAndNeverOverwritten(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.put(nurse("1", "Eva", "Eins"))
	owner := h.person("1").Account.ID
	other := h.addSource("HR")
	h.putAs(other, "X1", directory.Change{Op: directory.OpPut, Key: "hr-1", Fields: map[directory.Field]directory.Value{
		directory.StaffNumber: {Text: "99"}, directory.Login: {Text: "1"}, directory.GivenName: {Text: "Uta"}}})
	if p := h.person("99"); p.Account != nil {
		t.Errorf("somebody got an account under a taken login: %+v", p.Account)
	}
	if p := h.person("1"); p.Account.ID != owner || p.Name != "Eva Eins" {
		t.Errorf("owner: %+v", p)
	}
	plans, err := h.db.Plans(t.Context(), h.clinic, directory.PlanApplied, "", 50)
	if err != nil || len(plans.Items) != 1 || plans.Items[0].Problems != 1 {
		t.Errorf("the collision is nowhere to be seen: %+v %v", plans, err)
	}
}

func TestFutureChangesWaitForTheirDay(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	now := time.Now()
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))
	h.put(directory.Change{Op: directory.OpDeactivate, Key: "1", At: now.Add(time.Hour)})
	h.put(directory.Change{Op: directory.OpPut, Key: "2", Fields: map[directory.Field]directory.Value{
		directory.ActiveUntil: {Text: now.Add(2 * time.Hour).Format(time.RFC3339)}}})
	if !h.person("1").Active || !h.person("2").Active {
		t.Fatal("a future change was applied at once")
	}
	steps := []struct {
		after time.Duration
		want  [2]bool
		n     int
	}{{0, [2]bool{true, true}, 0}, {90 * time.Minute, [2]bool{false, true}, 1}, {3 * time.Hour, [2]bool{false, false}, 1}, {3 * time.Hour, [2]bool{false, false}, 0}}
	for _, s := range steps {
		n, err := h.db.ApplyDue(t.Context(), h.clinic, now.Add(s.after))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{h.person("1").Active, h.person("2").Active}; got != s.want || n != s.n {
			t.Errorf("after %v: active %v, %d applied; want %v, %d", s.after, got, n, s.want, s.n)
		}
	}
	if last := h.detail("1").History[0]; last.Field != directory.FieldStatus || last.Message == nil || last.Message.Control != "C2" {
		t.Errorf("the applied change does not name its message: %+v", last)
	}
}

func TestActiveFromOpensAnAccountOnItsDay(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	c := nurse("1", "Eva", "Eins")
	c.Fields[directory.ActiveFrom] = directory.Value{Text: time.Now().Add(time.Hour).Format(time.RFC3339)}
	h.put(c)
	if a := h.person("1").Account; a.State != "locked" || !a.LockedThere {
		t.Errorf("before the first day: %+v", a)
	}
	if _, err := h.db.ApplyDue(t.Context(), h.clinic, time.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if a := h.person("1").Account; a.State != "invited" {
		t.Errorf("on the first day: %+v", a)
	}
}

func TestSwappedLoginsAreRenamedInOneGo(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	login := func(key, to string) directory.Change {
		c := nurse(key, "N", key)
		c.Fields[directory.Login] = directory.Value{Text: to}
		return c
	}
	h.put(login("1", "anna"), login("2", "berta"))
	h.put(login("1", "berta"), login("2", "clara"))
	if a, b := h.person("1").Account.Login, h.person("2").Account.Login; a != "berta" || b != "clara" {
		t.Errorf("logins: %q %q", a, b)
	}
}

// TestBatchesOfOneSourceSerialise sends the same newcomers many times at once: each must
// come to be once, whatever the order of commits.
func TestBatchesOfOneSourceSerialise(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	var wg sync.WaitGroup
	errs := make(chan error, 32)
	for i := range cap(errs) {
		wg.Go(func() {
			raw := connectors.Raw{Key: fmt.Sprint(i), Type: "MFN^M02", ControlID: fmt.Sprint(i), Body: []byte("x"), Received: time.Now()}
			changes := []directory.Change{nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei")}
			if i%2 == 1 {
				changes[0], changes[1] = changes[1], changes[0]
			}
			if i%8 == 0 {
				changes = complete(changes...)
			}
			errs <- h.db.Inbox(h.clinic, h.source).PutChanges(t.Context(), raw, changes...)
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	page, err := h.db.Persons(t.Context(), h.clinic, directory.PersonFilter{Limit: 200})
	if err != nil || len(page.Items) != 2 {
		t.Errorf("%d persons, want 2 (%v)", len(page.Items), err)
	}
	if n := query[int](t, h.super, `select count(*)::int from account`)[0]; n != 2 {
		t.Errorf("%d accounts, want 2", n)
	}
	if n := query[int](t, h.super, `select count(*)::int from person_change where field = 'status'`)[0]; n != 2 {
		t.Errorf("%d beginnings in the history, want 2", n)
	}
}

func TestLimitsOfTheClinicReplaceTheDefault(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	if _, err := h.db.Staff().SetRules(t.Context(), h.clinic, directory.Rules{Percent: 60, Accounts: 10}, ""); err != nil {
		t.Fatal(err)
	}
	h.put(nurse("1", "Eva", "Eins"), nurse("2", "Ida", "Zwei"))
	h.put(complete(nurse("1", "Eva", "Eins"))...)
	if h.person("2").Active {
		t.Error("one of two is 50 %, below this clinic's limit, and was held all the same")
	}
}

// TestFullSetOfAHospital measures nothing; it shows that the statements carry 5,000 people.
func TestFullSetOfAHospital(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	var all []directory.Change
	for i := range 5000 {
		c := nurse(fmt.Sprintf("P%05d", i), "Vor", fmt.Sprintf("Name%d", i))
		c.Units[0].Code = fmt.Sprintf("W%d", i%80)
		all = append(all, c)
	}
	start := time.Now()
	h.put(complete(all...)...)
	t.Logf("first load of 5,000: %v", time.Since(start))
	start = time.Now()
	h.put(complete(all...)...)
	t.Logf("the same again: %v", time.Since(start))
	counts, err := h.db.StaffCounts(t.Context(), h.clinic, time.Now())
	if err != nil || counts.PersonsActive != 5000 || counts.AccountsInvited != 5000 || counts.ActivationOpen != 5000 {
		t.Errorf("counts: %+v %v", counts, err)
	}
	h.put(complete(all[:10]...)...)
	if counts, _ := h.db.StaffCounts(t.Context(), h.clinic, time.Now()); counts.PersonsActive != 5000 || counts.PlansHeld != 1 {
		t.Errorf("after a shrunk set: %+v", counts)
	}
	seen, cursor := 0, ""
	for {
		page, err := h.db.Persons(t.Context(), h.clinic, directory.PersonFilter{Unit: "CHI", Limit: 200, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		if seen += len(page.Items); page.Next == "" {
			break
		}
		cursor = page.Next
	}
	if seen != 5000 {
		t.Errorf("pages below CHI hold %d persons, want 5000", seen)
	}
}
