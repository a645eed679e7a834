package staff_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Each test is a night some hospital, or some product, has had. What went wrong there is in
// the comment; a sync that does it fails the test.

// The directory answered two pages and was gone. Whoever was on the third was deactivated
// (zulip 13130, glpi 984, keycloak 24669).
func TestTheSourceGoneMidPageChangesNobody(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	before := h.snapshot()
	s := &source{people: nurses(40), dies: 15}
	s.people[3] = nurse("guid-00003", "10003", "Umbenannt")
	r := h.pass(h.ad, s, connectors.RunStart{})
	h.wantState(r, connectors.RunFailed)
	if r.Fault == nil || r.Fault.Name != "ended_early" || r.Read != 15 || r.Plan != "" {
		t.Errorf("run: %+v", r)
	}
	if h.snapshot() != before {
		t.Error("a pass that did not end has changed somebody")
	}
	h.wantCount("plans of it", 0, `select count(*) from directory_plan where run_id = $1`, r.ID)
}

// A filter was mistyped, and the directory answered: nobody, success (gitea 7949).
func TestAnEmptySuccessIsHeld(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	r := h.full(h.ad)
	h.wantState(r, connectors.RunHeld)
	h.wantLocked(0)
	d, err := h.staff.Plan(t.Context(), h.clinic, r.Plan)
	must(t, err)
	if d.Reason == nil || d.Reason.Code != directory.ReasonEmpty || d.Counts.Lock != 40 {
		t.Errorf("plan: %+v", d.PlanRow)
	}
}

// One organisational unit had lost its read permission: far fewer people, no error.
func TestFarFewerPeopleAreHeldAndASingleLeaverIsNot(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	h.wantState(h.full(h.ad, nurses(39)...), connectors.RunApplied)
	h.wantLocked(1)
	h.wantState(h.full(h.ad, nurses(30)...), connectors.RunHeld)
	h.wantLocked(1)
}

// MFN^M02 with MFI-3 REP held 10 of 500 people: a test extract, sent to production.
func TestReplaceWithTenOfFiveHundredIsHeld(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	everybody := append(nurses(500), directory.Change{Op: directory.OpComplete})
	h.say(h.kis, everybody...)
	h.say(h.kis, append(nurses(10), directory.Change{Op: directory.OpComplete})...)
	h.wantLocked(0)
	page, err := h.staff.Plans(t.Context(), h.clinic, directory.PlanHeld, "", 10)
	must(t, err)
	if len(page.Items) != 1 || page.Items[0].Counts.Lock != 490 || page.Items[0].Reason.Code != directory.ReasonShrunk {
		t.Errorf("held: %+v", page.Items)
	}
}

// Somebody married, the uid changed, and the sync made a second account (mattermost 8878).
func TestARenamedUIDKeepsThePerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("guid-1", "4711", "Eins", "login", "eva.eins"))
	was := h.person("4711")
	h.wantState(h.full(h.ad, nurse("guid-1", "4711", "Zwei", "login", "eva.zwei")), connectors.RunApplied)
	is := h.person("4711")
	if is.ID != was.ID || is.Account.ID != was.Account.ID || is.Account.Login != "eva.zwei" {
		t.Errorf("before %+v %+v, after %+v %+v", was, was.Account, is, is.Account)
	}
	h.wantCount("persons", 1, `select count(*) from person`)
}

// A leaver's address was given to a newcomer, who got the leaver's account; or a stale user
// blocked the import of the real one (keycloak 19056).
func TestTheSameMailUnderANewGUIDIsAQuestion(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	old := nurse("guid-1", "4711", "Eins", "mail", "e.eins@linden.test")
	h.full(h.ad, old)
	r := h.full(h.ad, old, nurse("guid-2", "4712", "Eins", "mail", "E.Eins@linden.test"))
	h.wantState(r, connectors.RunApplied)
	open := h.conflicts(directory.ConflictOpen)
	if r.Conflicts != 1 || len(open) != 1 || open[0].Reason != directory.MailMatches || len(open[0].Candidates) != 1 || open[0].Candidates[0].StaffNumber != "4711" {
		t.Fatalf("questions: %d %+v", r.Conflicts, open)
	}
	h.wantCount("persons", 1, `select count(*) from person`)
	h.wantCount("keys", 1, `select count(*) from person_source`)

	must(t, h.staff.DecideConflict(t.Context(), h.clinic, open[0].ID, directory.ConflictOther, "", ""))
	if h.person("4712").ID == h.person("4711").ID {
		t.Error("somebody else became the same person")
	}
	wantCode(t, h.staff.DecideConflict(t.Context(), h.clinic, open[0].ID, directory.ConflictSame, h.person("4711").ID, ""), hub.Conflict, "decided")
	if r = h.full(h.ad, old, nurse("guid-2", "4712", "Eins", "mail", "e.eins@linden.test")); r.Conflicts != 0 {
		t.Error("asked again after the answer")
	}
}

// The account was deleted and created again: new GUID, same staff number. The old account
// stayed locked, the new one had none of its rooms (keycloak 44108).
func TestAUserCreatedAgainIsAQuestionAndThenTheSamePerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	rest := nurses(60)
	h.full(h.ad, append(rest, nurse("guid-old", "4711", "Eins"))...)
	was := h.person("4711")
	r := h.full(h.ad, append(rest, nurse("guid-new", "4711", "Eins", "phone", "12"))...)
	h.wantState(r, connectors.RunApplied)
	open := h.conflicts(directory.ConflictOpen)
	if len(open) != 1 || open[0].Reason != directory.NumberMatches {
		t.Fatalf("questions: %+v", open)
	}
	wantCode(t, h.staff.DecideConflict(t.Context(), h.clinic, open[0].ID, directory.ConflictSame, h.person("10000").ID, ""), hub.Invalid, "")
	must(t, h.staff.DecideConflict(t.Context(), h.clinic, open[0].ID, directory.ConflictSame, was.ID, ""))
	is := h.person("4711")
	if is.ID != was.ID || !is.Active || is.Account.State == "locked" || h.shown("4711", directory.Phone) != "12" {
		t.Errorf("after the answer: %+v %+v", is, is.Account)
	}
	if r = h.full(h.ad, append(rest, nurse("guid-new", "4711", "Eins", "phone", "12"))...); r.Counts != (directory.Counts{}) || r.Conflicts != 0 {
		t.Errorf("the same pass again: %+v", r)
	}
}

// Back from parental leave under the same GUID, and IT had to unlock by hand.
func TestBackUnderTheSameGUIDIsUnlockedByItself(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	id := h.person("10039").ID
	h.full(h.ad, nurses(39)...)
	h.wantLocked(1)
	r := h.full(h.ad, nurses(40)...)
	if r.Counts.Unlock != 1 || h.person("10039").ID != id {
		t.Errorf("run: %+v", r)
	}
	h.wantLocked(0)
}

// Disabled in the directory, and still chatting: the session outlived the account
// (RocketChat 19465, zammad 1211, authentik 3986).
func TestADisabledUserLosesTheOpenSessionAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	user := h.person("10005").Account.ID
	now := time.Now().UTC()
	s := accounts.StoredSession{Session: accounts.Session{ID: hub.NewID[string](), Clinic: h.clinic, Account: accounts.Account{ID: user}, Created: now, Used: now, Expires: now.Add(time.Hour)}}
	s.Proof.Means = []accounts.Means{}
	hash := [32]byte([]byte(s.ID)[4:])
	must(t, h.db.PutSession(t.Context(), hash, s))
	ear := dial(t, h.url)
	_, err := ear.Exec(t.Context(), `listen wardline_access`)
	must(t, err)

	people := nurses(40)
	people[5] = directory.Change{Op: directory.OpDeactivate, Key: "guid-00005"}
	h.wantState(h.full(h.ad, people...), connectors.RunApplied)
	if _, err := h.db.SessionByHash(t.Context(), h.clinic, hash); hub.KindOf(err) != hub.NotFound {
		t.Errorf("the session is still there: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	n, err := ear.WaitForNotification(ctx)
	must(t, err)
	var told map[string]string
	must(t, json.Unmarshal([]byte(n.Payload), &told))
	if told["user"] != string(user) {
		t.Errorf("told %v, want %s", told, user)
	}
}

// IT locked somebody by hand, and the next sync let them in again (mattermost 28199,
// synapse 10876).
func TestALocalLockBeatsTheSourcesWord(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	must(t, h.db.SetLockedHere(t.Context(), h.clinic, h.person("10001").Account.ID, true))
	people := nurses(40)
	people[1].Op = directory.OpDeactivate
	h.full(h.ad, people...)
	r := h.full(h.ad, nurses(40)...)
	if r.Counts.Unlock != 1 {
		t.Errorf("run: %+v", r)
	}
	if a := h.person("10001").Account; a.State != "locked" || !a.LockedHere || a.LockedThere {
		t.Errorf("account: %+v", a)
	}
	page, err := h.staff.PlanActions(t.Context(), h.clinic, r.Plan, staffFilter("any"))
	must(t, err)
	if len(page.Items) != 1 || !slices.Contains(page.Items[0].Problems, directory.StaysLocked) {
		t.Errorf("actions with an obstacle: %+v", page.Items)
	}
	for problem, want := range map[directory.Problem]int{directory.StaysLocked: 1, directory.LoginTaken: 0, "any\x00": 1, "none": 0} {
		page, err = h.staff.PlanActions(t.Context(), h.clinic, r.Plan, staffFilter(problem))
		must(t, err)
		if len(page.Items) != want {
			t.Errorf("actions with the obstacle %q: %d, want %d", problem, len(page.Items), want)
		}
	}
}

// Somebody had their data erased, and the next sync brought it all back.
func TestSomebodyErasedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := nurses(40)
	people[7] = nurse("guid-00007", "10007", "Großmann-Unverwechselbar", "given_name", "Käthe", "mail", "unverwechselbar@linden.test", "login", "unverwechselbar")
	people[7].Photo, people[7].Groups = []byte("unverwechselbar"), []directory.GroupRef{{Code: "g1"}}
	h.full(h.ad, people...)
	h.say(h.kis, nurse("K7", "10007", "Großmann-Unverwechselbar"))
	moved := append(slices.Clone(people), nurse("guid-new", "20000", "Neu"))
	h.pass(h.ad, &source{people: moved, spoilt: map[int]connectors.Fault{7: {Name: "bad_date"}}}, connectors.RunStart{}) // its plan spares them by their key
	h.say(h.ad, directory.Change{Op: directory.OpDeactivate, Key: "guid-00007", At: time.Now().Add(time.Hour), Fields: people[7].Fields})
	h.wantState(h.full(h.ad, people[:10]...), connectors.RunHeld) // its changes speak of them too
	p := h.person("10007")
	locked, err := h.staff.RunBulk(t.Context(), h.clinic, directory.Bulk{Op: directory.BulkLock, Persons: []hub.PersonID{p.ID}}, false, "")
	must(t, err)
	must(t, h.staff.ErasePerson(t.Context(), h.clinic, p.ID, ""))

	h.full(h.ad, people...)
	h.say(h.kis, nurse("K7", "10007", "Großmann-Unverwechselbar"))
	h.wantCount("persons not erased", 40, `select count(*) from person where erased_at is null`)
	h.wantCount("persons", 41, `select count(*) from person`)
	for _, table := range []string{"person", "person_source", "person_value", "person_change", "person_photo", "plan_photo", "group_stated", "account", "directory_plan", "directory_action", "directory_pending", "directory_conflict", "directory_run"} {
		h.wantCount(table+" still tells who it was", 0, `select count(*) from `+table+` t where t::text ~* 'unverwechselbar|guid-00007|10007'`)
	}
	wantCode(t, h.staff.ErasePerson(t.Context(), h.clinic, p.ID, ""), hub.NotFound, "")
	undone, err := h.staff.UndoPlan(t.Context(), h.clinic, locked.ID, "")
	must(t, err)
	h.wantCount("accounts whose lock an undo has lifted", 0, `select count(*) from account where person_id = $1 and not locked_here`, p.ID)
	if undone.Undone != 0 {
		t.Errorf("undone: %+v", undone)
	}
	h.wantCount("accounts that can sign in", 0, `select count(*) from account where person_id = $1 and state <> 'locked'`, p.ID)
	h.wantCount("lines of the history that stay", 1, `select count(*) from (select 1 from person_change where person_id = $1 limit 1) x`, p.ID)
}

// Two systems overwrote each other's mail address and ward every night.
func TestTwoSourcesKeepTheirWordsApart(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	_, err := h.staff.SetRules(t.Context(), h.clinic, directory.Rules{Percent: 5, Accounts: 25, Precedence: directory.Precedence{
		directory.Mail: {h.ad, h.kis}, directory.FieldUnit: {h.kis}}}, "")
	must(t, err)
	inAD := on(nurse("guid-1", "4711", "Eins", "mail", "eva@ad.test", "login", "eva"), "VERWALTUNG")
	inKIS := on(nurse("K1", "4711", "Eins", "mail", "eva@kis.test", "phone", "77"), "5A")
	for range 2 {
		h.full(h.ad, inAD)
		h.say(h.kis, inKIS)
	}
	h.wantCount("persons", 1, `select count(*) from person`)
	if got := h.shown("4711", directory.Mail); got != "eva@ad.test" {
		t.Errorf("mail: %s", got)
	}
	if got := h.works("4711"); !slices.Equal(got, []string{"5A"}) {
		t.Errorf("works on %v", got)
	}
	d := h.detail("4711")
	if d.Account.Login != "eva" {
		t.Errorf("login: %s", d.Account.Login)
	}
	by := map[string]string{}
	for _, v := range d.Values {
		if v.Shown {
			by[string(v.Field)] = v.Source.Name
		}
		if v.Message == nil || v.Source.Name == "AD" && v.Message.Run == "" || v.Source.Name == "KIS" && v.Message.Control != "C" {
			t.Errorf("value without a cause: %+v", v)
		}
	}
	if by["mail"] != "AD" || by["phone"] != "KIS" {
		t.Errorf("who counts: %v", by)
	}
	lines := scalar[int](h, `select count(*) from person_change`)
	h.full(h.ad, inAD)
	h.say(h.kis, inKIS)
	h.wantCount("lines of history after the same again", lines, `select count(*) from person_change`)
}

// Either source's leaver is a leaver, unless the clinic has said who decides.
func TestAnySourceLocksUnlessOneIsToDecide(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("guid-1", "4711", "Eins"))
	h.say(h.kis, nurse("K1", "4711", "Eins"), nurse("K2", "4712", "Zwei"))
	h.say(h.kis, directory.Change{Op: directory.OpDeactivate, Key: "K1"})
	h.wantLocked(1)
	rules, err := h.staff.Rules(t.Context(), h.clinic)
	must(t, err)
	rules.Precedence = directory.Precedence{directory.FieldStatus: {h.ad}}
	preview, err := h.staff.PreviewRules(t.Context(), h.clinic, rules)
	must(t, err)
	if preview.Total != 1 || preview.Items[0].Person.StaffNumber != "4711" || preview.Items[0].Fields[0] != (directory.Diff{Field: directory.FieldStatus, From: "gone", To: "working"}) {
		t.Errorf("preview: %+v", preview)
	}
	h.wantLocked(1)
	_, err = h.staff.SetRules(t.Context(), h.clinic, rules, "")
	must(t, err)
	h.wantLocked(0)
	_, err = h.staff.SetRules(t.Context(), h.clinic, rules, "")
	wantCode(t, err, hub.Conflict, "stale")
	h.say(h.kis, directory.Change{Op: directory.OpDeactivate, Key: "K2"})
	h.wantLocked(1) // whom none of those listed knows, any source lets go
}

// People came in one pass and their groups in another, hours later (keycloak 9609).
func TestPeopleAndTheirGroupsComeInOnePass(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	eva, ida := nurse("guid-1", "4711", "Eins"), nurse("guid-2", "4712", "Zwei")
	eva.Groups = []directory.GroupRef{{Code: "CN=OP", Name: "OP", Room: true}, {Code: "CN=Rufdienst", Role: "4B/Dienst"}}
	ida.Groups = []directory.GroupRef{{Code: "CN=OP", Name: "OP", Room: true}}
	eva.Photo = []byte{0xff, 0xd8, 0xff}
	h.full(h.ad, eva, ida)
	const members = `select count(*) from group_stated where code = $1`
	h.wantCount("OP", 2, members, "CN=OP")
	h.wantCount("on call", 1, members, "CN=Rufdienst")
	if photo, err := h.staff.Photo(t.Context(), h.clinic, h.person("4711").ID); err != nil || len(photo) != 3 {
		t.Errorf("photo: %v %v", photo, err)
	}
	eva.Groups, eva.Photo = []directory.GroupRef{}, []byte{}
	r := h.full(h.ad, eva, ida)
	h.wantCount("OP afterwards", 1, members, "CN=OP")
	_, err := h.staff.Photo(t.Context(), h.clinic, h.person("4711").ID)
	wantCode(t, err, hub.NotFound, "")
	_, err = h.staff.UndoPlan(t.Context(), h.clinic, r.Plan, "")
	must(t, err)
	h.wantCount("OP after the undo", 2, members, "CN=OP")
	h.wantCount("room of OP after the undo", 2, `select count(*) from group_stated where code = 'CN=OP' and room and name = 'OP'`)
}

// The wrong list was approved, taken back, and came again with the next night's pass.
func TestAfterAnUndoTheNextFullPassWaits(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	before := h.snapshot()
	wrong := nurses(39)
	wrong[0] = on(nurse("guid-00000", "10000", "Falsch", "login", "falsch"), "5A")
	wrong = append(wrong, nurse("guid-x", "99999", "Neu"))
	r := h.full(h.ad, wrong...)
	h.wantState(r, connectors.RunApplied)
	h.say(h.ad, nurse("guid-00001", "10001", "Inzwischen"))
	undone, err := h.staff.UndoPlan(t.Context(), h.clinic, r.Plan, "")
	must(t, err)
	if undone.Undone != 3 || len(undone.Skipped) != 0 {
		t.Errorf("undone: %+v", undone)
	}
	h.say(h.ad, nurses(40)[1])
	after := strings.Split(h.snapshot(), "\n")
	for _, line := range strings.Split(before, "\n") {
		if !slices.Contains(after, line) {
			t.Errorf("not put back: %s", line)
		}
	}
	if p := h.person("99999"); p.Active || p.Account.State != "locked" {
		t.Errorf("whom the plan had made: %+v %+v", p, p.Account)
	}
	again := h.full(h.ad, wrong...)
	h.wantState(again, connectors.RunHeld)
	d, err := h.staff.Plan(t.Context(), h.clinic, again.Plan)
	must(t, err)
	if d.Reason.Code != directory.ReasonUndone {
		t.Errorf("reason: %+v", d.Reason)
	}
	first, err := h.staff.ReadRun(t.Context(), h.clinic, r.ID)
	must(t, err)
	h.wantState(first, connectors.RunUndone)
	_, err = h.staff.UndoPlan(t.Context(), h.clinic, r.Plan, "")
	wantCode(t, err, hub.Conflict, "not_applied")
	must(t, h.staff.ApprovePlan(t.Context(), h.clinic, again.Plan, ""))
	h.wantState(h.full(h.ad, wrong...), connectors.RunApplied)
}

// The hub was killed in the middle of a run, and half of the people were changed.
func TestAKilledRunLeavesNobodyChangedAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurses(40)...)
	before := h.snapshot()
	run, err := h.staff.BeginRun(t.Context(), h.clinic, h.ad, connectors.RunStart{Mode: connectors.PassFull, Cause: "schedule"})
	must(t, err)
	_, err = h.staff.BeginRun(t.Context(), h.clinic, h.ad, connectors.RunStart{Mode: connectors.PassFull, Cause: "hand"})
	wantCode(t, err, hub.Conflict, "running")

	// The node dies while it writes: its connection ends inside of FinishRun's transaction.
	_, err = h.super.Exec(t.Context(), `
create function die() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
create trigger die before insert on directory_action for each row execute function die()`)
	must(t, err)
	changed := connectors.RunInput{Pulled: []connectors.Pulled{{Change: nurse("guid-00000", "10000", "Halb")}}}
	if _, err = h.staff.FinishRun(t.Context(), h.clinic, run.ID, changed); err == nil {
		t.Fatal("the node was to die")
	}
	_, err = h.super.Exec(t.Context(), `drop trigger die on directory_action`)
	must(t, err)
	if h.snapshot() != before {
		t.Error("half of a run was kept")
	}
	if cursor, _, err := h.staff.RunCursor(t.Context(), h.clinic, h.ad); err != nil || len(cursor) != 0 {
		t.Errorf("cursor %q %v", cursor, err)
	}
	_, err = h.super.Exec(t.Context(), `update directory_run set began_at = now() - interval '31 minutes' where id = $1`, run.ID)
	must(t, err)
	h.wantState(h.full(h.ad, nurses(40)...), connectors.RunApplied)
	dead, err := h.staff.ReadRun(t.Context(), h.clinic, run.ID)
	must(t, err)
	h.wantState(dead, connectors.RunFailed)
}

// A hub that is alone and starts again does not keep its sources waiting for a run that died with it.
func TestAHubThatStartsAloneEndsTheRunsOfTheOneBefore(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	done := h.full(h.ad, nurses(2)...)
	run, err := h.staff.BeginRun(t.Context(), h.clinic, h.ad, connectors.RunStart{Mode: connectors.PassFull, Cause: "upload", Dry: true})
	must(t, err)
	for _, want := range []int64{1, 0} {
		if n, err := h.staff.EndRuns(t.Context(), h.clinic); err != nil || n != want {
			t.Fatalf("ended %d runs, want %d: %v", n, want, err)
		}
	}
	for id, want := range map[hub.RunID]connectors.RunState{run.ID: connectors.RunFailed, done.ID: connectors.RunApplied} {
		r, err := h.staff.ReadRun(t.Context(), h.clinic, id)
		must(t, err)
		h.wantState(r, want)
	}
	h.wantState(h.full(h.ad, nurses(2)...), connectors.RunApplied)
}
