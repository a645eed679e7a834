package staff_test

import (
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestNobodyApprovesWhatTheyHaveNotRead: what has changed since is planned anew, shown, and
// waits again.
func TestNobodyApprovesWhatTheyHaveNotRead(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurses(40)...)
	r := h.pass(h.ad, &source{people: append(nurses(10), nurse("neu", "99", "Neu")), cursor: "c1"}, connectors.RunStart{})
	h.wantState(r, connectors.RunHeld)
	h.say(h.ad, directory.Change{Op: directory.OpDeactivate, Key: "guid-00039"}, nurse("guid-00001", "10001", "Umbenannt", "given_name", "Eva", "mail", "n00001@linden.test"))
	before := h.snapshot()
	wantCode(t, h.staff.ApprovePlan(ctx, h.clinic, r.Plan, ""), hub.Conflict, "stale")
	if h.snapshot() != before {
		t.Error("a plan that nobody has read was applied")
	}
	d, err := h.staff.Plan(ctx, h.clinic, r.Plan)
	must(t, err)
	if d.State != directory.PlanHeld || d.Counts != (directory.Counts{Create: 1, Update: 1, Lock: 29}) || d.Reason == nil || len(d.Actions) != 31 {
		t.Errorf("renewed: %s %+v %+v, %d actions", d.State, d.Counts, d.Reason, len(d.Actions))
	}
	h.wantState(h.run(r.ID), connectors.RunHeld)
	must(t, h.staff.ApprovePlan(ctx, h.clinic, r.Plan, ""))
	h.wantLocked(30)
	h.wantState(h.run(r.ID), connectors.RunApplied)
	if got := h.shown("10001", directory.FamilyName); got != "Name00001" {
		t.Errorf("family name: %s", got)
	}
	cursor, full, err := h.staff.RunCursor(ctx, h.clinic, h.ad)
	must(t, err)
	if string(cursor) != "c1" || full.IsZero() {
		t.Errorf("cursor %q, full pass %v", cursor, full)
	}
	h.wantCount("made by it and named in it", 1, `select count(*) from directory_action a join person p on p.id = a.person_id where a.plan_id = $1 and a.op = 'create' and p.staff_number = '99'`, r.Plan)

	wantCode(t, h.staff.ApprovePlan(ctx, h.clinic, r.Plan, ""), hub.Conflict, "decided")
	wantCode(t, h.staff.RejectPlan(ctx, h.clinic, r.Plan, "", ""), hub.Conflict, "decided")
	for name, act := range map[string]func(hub.PlanID) error{
		"approve": func(id hub.PlanID) error { return h.staff.ApprovePlan(ctx, h.clinic, id, "") },
		"reject":  func(id hub.PlanID) error { return h.staff.RejectPlan(ctx, h.clinic, id, "", "") },
	} {
		if err := act(hub.NewID[hub.PlanID]()); hub.KindOf(err) != hub.NotFound {
			t.Errorf("%s a plan nobody knows: %v", name, err)
		}
	}
	if out := h.undo(r.Plan); out.Undone != 31 { // with whom it had made
		t.Errorf("undone: %+v", out)
	}
	h.wantLocked(2)
}

// TestARejectedPlanChangesNobody: nor does what it had said come back with anything later.
func TestARejectedPlanChangesNobody(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.pass(h.ad, &source{people: nurses(40), cursor: "c1"}, connectors.RunStart{})
	before := h.snapshot()
	r := h.pass(h.ad, &source{people: nurses(10), cursor: "c2"}, connectors.RunStart{})
	h.say(h.ad, append(nurses(9), directory.Change{Op: directory.OpComplete})...) // a message says it all anew
	h.wantState(h.run(r.ID), connectors.RunRejected)
	page, err := h.staff.Plans(ctx, h.clinic, directory.PlanHeld, "", 10)
	must(t, err)
	if len(page.Items) != 1 || page.Items[0].Message == nil || page.Items[0].Message.Control != "C" || page.Items[0].Message.Run != "" {
		t.Fatalf("held: %+v", page.Items)
	}
	must(t, h.staff.RejectPlan(ctx, h.clinic, page.Items[0].ID, "", "Testdaten"))
	d, err := h.staff.Plan(ctx, h.clinic, page.Items[0].ID)
	must(t, err)
	if d.State != directory.PlanRejected || d.Comment != "Testdaten" || d.Counts.Lock != 31 {
		t.Errorf("rejected: %+v", d)
	}
	h.wantSame(before)
	h.wantCount("what rejected plans keep of the source's words", 0, `select count(*) from directory_plan where changes <> '[]'`)
	h.wantCount("messages held", 0, `select count(*) from message where status = 'held'`)
	if cursor, _, _ := h.staff.RunCursor(ctx, h.clinic, h.ad); string(cursor) != "c1" {
		t.Errorf("cursor %q", cursor)
	}
	wantCode(t, h.staff.RejectPlan(ctx, h.clinic, d.ID, "", ""), hub.Conflict, "decided")
	_, err = h.staff.UndoPlan(ctx, h.clinic, d.ID, "")
	wantCode(t, err, hub.Conflict, "not_applied")
}
