package staff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/staff"
)

func (h *house) run(id hub.RunID) connectors.Run {
	h.tb.Helper()
	r, err := h.staff.ReadRun(h.tb.Context(), h.clinic, id)
	must(h.tb, err)
	return r
}

// account is an account of its own, as administrators have them.
func (h *house) account(login string, roles ...string) hub.UserID {
	h.tb.Helper()
	return scalar[hub.UserID](h, `
insert into account (clinic_id, id, login, name, level, roles) values ($1, gen_random_uuid(), $2, initcap($2), case when $3::text[] = '{}' then 'internal' else 'admin' end, $3) returning id`,
		h.clinic, login, append([]string{}, roles...))
}

// TestARunEndsWithItsPlan: whoever looks at the history sees that nobody waits any more, and
// who has judged.
func TestARunEndsWithItsPlan(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	petra := h.account("petra", "people")
	h.full(h.ad, nurses(40)...)
	held := h.full(h.ad, nurses(10)...)
	h.wantState(held, connectors.RunHeld)
	if held.Judged != nil {
		t.Errorf("judged before anybody was asked: %+v", held.Judged)
	}
	must(t, h.staff.RejectPlan(ctx, h.clinic, held.Plan, petra, "ein Testauszug"))
	r := h.run(held.ID)
	h.wantState(r, connectors.RunRejected)
	if r.Judged == nil || r.Judged.By != "Petra" || r.Judged.Comment != "ein Testauszug" || r.Judged.At.Before(held.Began) {
		t.Errorf("judged: %+v", r.Judged)
	}

	first := h.full(h.ad, nurses(10)...)
	second := h.full(h.ad, nurses(11)...)
	r = h.run(first.ID)
	h.wantState(r, connectors.RunRejected)
	if r.Judged == nil || r.Judged.By != "" || r.Judged.Comment != connectors.Superseded {
		t.Errorf("set aside: %+v", r.Judged)
	}
	must(t, h.staff.ApprovePlan(ctx, h.clinic, second.Plan, petra))
	h.wantState(h.run(second.ID), connectors.RunApplied)
	_, err := h.staff.UndoPlan(ctx, h.clinic, second.Plan, petra)
	must(t, err)
	h.wantState(h.run(second.ID), connectors.RunUndone)
	runs, _, err := h.staff.ListRuns(ctx, h.clinic, h.ad, "", 10)
	must(t, err)
	if len(runs) != 4 || runs[0].Judged == nil || runs[0].Judged.By != "Petra" {
		t.Errorf("listed: %+v", runs)
	}
}

// TestAMessageThatWasSetAsideIsNotHeld: like one whose plan was rejected.
func TestAMessageThatWasSetAsideIsNotHeld(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	all := func(n int) []directory.Change { return append(nurses(n), directory.Change{Op: directory.OpComplete}) }
	h.say(h.kis, all(40)...)
	h.say(h.kis, all(10)...)
	h.say(h.kis, all(11)...)
	h.wantCount("messages held", 1, `select count(*) from message where status = 'held'`)
	h.say(h.kis, all(40)...)
	h.wantCount("messages held in the end", 0, `select count(*) from message where status = 'held'`)
}

// TestARunIsClosedOnce: whatever comes for it later is refused and changes nobody.
func TestARunIsClosedOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	begin := func(start connectors.RunStart) (connectors.Run, error) {
		return h.staff.BeginRun(ctx, h.clinic, h.ad, start)
	}
	_, err := begin(connectors.RunStart{Mode: "all", Cause: "hand"})
	wantCode(t, err, hub.Invalid, "")
	done := h.full(h.ad, nurses(3)...)
	failed, err := begin(connectors.RunStart{Mode: connectors.PassFull, Cause: "upload", File: strings.Repeat("ä", 300)})
	must(t, err)
	if failed.File != strings.Repeat("ä", 255) || failed.State != connectors.RunRunning {
		t.Errorf("begun: %+v", failed)
	}
	got, err := h.staff.FailRun(ctx, h.clinic, failed.ID, connectors.Fault{Name: "ended_early", Reason: "The end is missing."}, 7)
	must(t, err)
	if got.State != connectors.RunFailed || got.Read != 7 || got.Fault.Name != "ended_early" || got.Ended == nil {
		t.Errorf("failed: %+v", got)
	}
	before := h.snapshot()
	for name, id := range map[string]hub.RunID{"applied": done.ID, "failed": failed.ID} {
		in := connectors.RunInput{Pulled: []connectors.Pulled{{Change: nurse("spät", "9", "Spät")}}}
		_, err := h.staff.FinishRun(ctx, h.clinic, id, in)
		wantCode(t, err, hub.Conflict, "over")
		_, err = h.staff.FailRun(ctx, h.clinic, id, connectors.Fault{Name: "late"}, 0)
		wantCode(t, err, hub.Conflict, "over")
		if err == nil || h.snapshot() != before {
			t.Errorf("a run that was %s goes on", name)
		}
	}
	unknown := hub.NewID[hub.RunID]()
	_, err = h.staff.ReadRun(ctx, h.clinic, unknown)
	wantCode(t, err, hub.NotFound, "")
	_, err = h.staff.FinishRun(ctx, h.clinic, unknown, connectors.RunInput{})
	wantCode(t, err, hub.NotFound, "")
}

// TestAFileHandedInTwiceIsOneFile: the second time nothing is done, and nobody is missing.
func TestAFileHandedInTwiceIsOneFile(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	feed := staff.NewFeed(h.staff, h.clinic, h.ad)
	file := func(key string, people ...directory.Change) connectors.RunInput {
		in := connectors.RunInput{Raw: &connectors.Raw{Key: key, Type: "CSV", ControlID: key, Body: []byte(key), Received: time.Now()}}
		for i, c := range people {
			in.Pulled = append(in.Pulled, connectors.Pulled{Change: c, Record: fmt.Sprint(i + 1), Notes: []string{"a note"}})
		}
		in.End.Full = true
		return in
	}
	start := connectors.RunStart{Mode: connectors.PassFull, Cause: "upload", File: "personal.csv"}
	hand := func(in connectors.RunInput, dry bool) connectors.Run {
		t.Helper()
		start.Dry = dry
		r, err := feed.Hand(ctx, start, in)
		must(t, err)
		return r
	}
	h.wantState(hand(file("a", nurses(40)...), true), connectors.RunDry)
	h.wantCount("files kept of a dry run", 0, `select count(*) from message`)
	first := hand(file("a", nurses(40)...), false)
	h.wantState(first, connectors.RunApplied)
	if first.Counts.Create != 40 || first.Message == "" {
		t.Errorf("first: %+v", first)
	}
	again := hand(file("a", nurses(10)...), false)
	h.wantState(again, connectors.RunApplied)
	if again.Counts != (directory.Counts{}) || again.Message != "" || again.Plan != "" {
		t.Errorf("the same file again: %+v", again)
	}
	h.wantLocked(0)
	held := hand(file("b", nurses(10)...), false)
	h.wantState(held, connectors.RunHeld)
	if got := scalar[string](h, `select status from message where id = $1`, held.Message); got != "held" {
		t.Errorf("the file is %s", got)
	}
	if d := h.detail("10001"); d.Values[0].Message == nil || d.Values[0].Message.Control != "a" || d.Values[0].Message.Run != first.ID || d.Values[0].Message.Type != "CSV" {
		t.Errorf("a value's cause: %+v", d.Values[0].Message)
	}
	if r := h.run(first.ID); len(r.Records) != 40 || r.Records[39].Record != "40" || len(r.Records[39].Notes) != 1 {
		t.Errorf("records: %d", len(r.Records))
	}
}

// TestAFileThatCannotBeFinishedIsAFailedRun: and the connector is free for the next.
func TestAFileThatCannotBeFinishedIsAFailedRun(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	_, err := h.super.Exec(t.Context(), `
create function refuse() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$;
create trigger refuse before insert on person for each row execute function refuse()`)
	must(t, err)
	feed := staff.NewFeed(h.staff, h.clinic, h.ad)
	start := connectors.RunStart{Mode: connectors.PassChanges, Cause: "upload"}
	in := connectors.RunInput{Pulled: []connectors.Pulled{{Change: nurse("a", "1", "Eins")}}}
	if _, err := feed.Hand(t.Context(), start, in); err == nil {
		t.Fatal("nobody could be written, and all is well")
	}
	runs, _, err := h.staff.ListRuns(t.Context(), h.clinic, h.ad, "", 10)
	must(t, err)
	if len(runs) != 1 || runs[0].State != connectors.RunFailed || runs[0].Fault == nil || runs[0].Fault.Name != "stopped" || runs[0].Read != 1 {
		t.Fatalf("runs: %+v", runs)
	}
	_, err = h.super.Exec(t.Context(), `drop trigger refuse on person`)
	must(t, err)
	r, err := feed.Hand(t.Context(), start, in)
	must(t, err)
	h.wantState(r, connectors.RunApplied)
}

// TestARunKeepsSomeOfItsRecords: a file that is bad throughout does not fill the database.
func TestARunKeepsSomeOfItsRecords(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	s := &source{people: nurses(1003), spoilt: map[int]connectors.Fault{}, cursor: "c"}
	for i := range 1001 {
		s.spoilt[i] = connectors.Fault{Name: "bad_date"}
	}
	r := h.run(h.pass(h.ad, s, connectors.RunStart{}).ID)
	if len(r.Records) != 1000 || r.Faults != 1001 || r.Read != 1003 || r.Counts.Create != 2 || r.Unchanged != 0 {
		t.Errorf("%d records, %+v", len(r.Records), r.Counts)
	}
}
