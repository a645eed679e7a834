package teams_test

import (
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// plant writes a planned duty as if a roster had, at times the clock of the test is about.
func (w *world) plant(role hub.RoleID, who someone, from, until time.Time) string {
	w.t.Helper()
	id := hub.NewID[string]()
	w.exec(`insert into shift (clinic_id, id, source, role_id, account_id, from_at, until_at) values ($1, $2, 'plan', $3, $4, $5, $6)`, w.clinic, id, role, who.user, from, until)
	return id
}

// run runs the roster at a time and checks how many duties began or ended.
func (w *world) run(at time.Time, want int) {
	w.t.Helper()
	n, err := w.teams.RunRoster(w.t.Context(), w.clinic, at)
	w.must(err)
	if n != want {
		w.t.Errorf("at %v: %d duties began or ended, want %d", at.Format("15:04"), n, want)
	}
}

func (w *world) onDuty(role hub.RoleID, want ...someone) {
	w.t.Helper()
	for _, s := range want {
		if w.number(`select count(*) from duty where role_id = $1 and account_id = $2 and until is null`, role, s.user) != 1 {
			w.t.Error("somebody is not on duty")
		}
	}
	if n := w.number(`select count(*) from duty where role_id = $1 and until is null`, role); n != len(want) {
		w.t.Errorf("%d are on duty, want %d", n, len(want))
	}
}

// ward is a role on 4B and its people; the day begins at eight.
func ward(t *testing.T) (w *world, role hub.RoleID, eva, ida someone, at func(h int) time.Time) {
	w = open(t)
	role = w.role("4B", "Pflege")
	eva, ida = w.person("Eva", []string{"4B"}, "staff_number=1"), w.person("Ida", []string{"4B"}, "staff_number=2")
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	return w, role, eva, ida, func(h int) time.Time { return day.Add(time.Duration(h) * time.Hour) }
}

func TestShiftsFollowEachOther(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.plant(role, ida, at(16), at(24))
	w.run(at(7), 0)
	w.onDuty(role)
	w.run(at(8), 1)
	w.run(at(9), 0)
	w.onDuty(role, eva)
	w.run(at(16), 2)
	w.onDuty(role, ida)
	w.run(at(24), 1) // also the last one
	w.onDuty(role)
	if n := w.number(`select count(*) from duty a join duty b on b.since > a.since where b.since > a.until`); n != 0 {
		t.Error("nobody was on duty between two shifts")
	}
}

func TestShiftsOverlap(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.plant(role, eva, at(15), at(20))
	w.plant(role, ida, at(8), at(16))
	w.run(at(8), 2)
	w.run(at(15), 0)
	w.run(at(16), 1)
	w.onDuty(role, eva)
	w.run(at(20), 1)
	w.onDuty(role)
}

// TestTheHandIsStronger: the roster never ends what was taken by hand, and calls nobody back
// who went off by hand.
func TestTheHandIsStronger(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.must(w.duty.Take(t.Context(), w.clinic, eva.user, role)) // a little early
	w.run(at(8), 0)
	w.run(at(16), 0)
	w.onDuty(role, eva)
	w.must(w.duty.Release(t.Context(), w.clinic, eva.user, role, true))

	w.plant(role, ida, at(16), at(24))
	w.run(at(16), 1)
	w.must(w.duty.Release(t.Context(), w.clinic, ida.user, role, true))
	w.run(at(17), 0)
	w.onDuty(role)
	w.must(w.duty.Take(t.Context(), w.clinic, ida.user, role))
	w.run(at(24), 0)
	w.onDuty(role, ida)
}

// TestHandedOver: whoever took a planned duty over by hand ends it by hand; an open offer is
// void when the shift ends.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.run(at(8), 1)
	offer, err := w.duty.Offer(t.Context(), w.clinic, eva.user, role, ida.user)
	w.must(err)
	w.must(w.duty.Accept(t.Context(), w.clinic, ida.user, offer))
	w.run(at(9), 0)
	w.run(at(16), 0)
	w.onDuty(role, ida)

	w.plant(role, eva, at(16), at(20))
	w.run(at(16), 1)
	other := w.person("Ute", []string{"4B"})
	offer, err = w.duty.Offer(t.Context(), w.clinic, eva.user, role, other.user)
	w.must(err)
	w.run(at(20), 1)
	w.refused("the offer is void", w.duty.Accept(t.Context(), w.clinic, other.user, offer), hub.Conflict, "ended", "")
	w.onDuty(role, ida)
}

func TestSomebodyIsLockedOrGone(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.plant(role, ida, at(8), at(16))
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, eva.user, true))
	w.run(at(8), 1)
	w.onDuty(role, ida)
	faults := func() (out []string) {
		rows, err := w.teams.Shifts(t.Context(), w.clinic, at(0), at(24))
		w.must(err)
		for _, r := range rows {
			if r.Fault != "" {
				out = append(out, r.Person.Name+" "+r.Fault)
			}
		}
		return out
	}
	if got := faults(); len(got) != 1 || got[0] != "Eva not_active" {
		t.Errorf("faults %q", got)
	}
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, eva.user, false))
	w.run(at(9), 1) // while it lasts
	w.onDuty(role, eva, ida)
	if got := faults(); len(got) != 0 {
		t.Errorf("faults %q", got)
	}
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, ida.user, true)) // a lock ends duty
	w.run(at(10), 0)
	w.onDuty(role, eva)
	w.run(at(16), 1)
	w.onDuty(role)
}

// TestAClosedRole: its shifts are passed over.
func TestAClosedRole(t *testing.T) {
	t.Parallel()
	w, role, eva, _, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.must(w.db.DeleteRole(t.Context(), w.clinic, role))
	w.run(at(8), 0)
	w.onDuty(role)
}

// TestSeveralNodesRunTheRoster: one does it, nothing is done twice.
func TestSeveralNodesRunTheRoster(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, at := ward(t)
	w.plant(role, eva, at(8), at(16))
	w.plant(role, ida, at(8), at(16))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := w.teams.RunRoster(t.Context(), w.clinic, at(8)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.run(at(8), 0)
	w.onDuty(role, eva, ida)
	if n := w.number(`select count(*) from duty`); n != 2 {
		t.Errorf("%d duties", n)
	}
}

func TestRosterIsPlannedAndApplied(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, _ := ward(t)
	now := time.Now().Truncate(time.Second)
	at := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	w.exec(`update person set shown = '{"mail":"ida@klinik.test"}' where id = $1`, ida.person)
	first := []directory.Shift{
		{Unit: "4B", Role: "Pflege", Person: "1", From: at(-1), Until: at(2), Record: "2"},
		{Role: "pflege", Person: "IDA@klinik.test", From: at(2), Until: at(10), Record: "3"},
		{Role: "pflege", Person: "nobody", From: at(2), Until: at(10), Record: "4"},
	}
	p, err := w.teams.PlanRoster(t.Context(), w.clinic, "plan.xlsx", first)
	w.must(err)
	if len(p.Adds) != 2 || len(p.Faults) != 1 || p.Faults[0] != (directory.RosterFault{Record: "4", Code: "unknown_person"}) {
		t.Fatalf("%+v", p)
	}
	if n := w.number(`select count(*) from shift`); n != 0 {
		t.Error("planning wrote something")
	}
	_, err = w.teams.ApplyRoster(t.Context(), w.clinic, "plan.xlsx", first, w.admin)
	w.must(err)
	w.run(at(0), 1)
	w.onDuty(role, eva)
	p, err = w.teams.ApplyRoster(t.Context(), w.clinic, "plan.xlsx", first, w.admin)
	w.must(err)
	if p.Same != 2 || len(p.Adds)+len(p.Removes) != 0 {
		t.Errorf("the same again: %+v", p)
	}
	// Another source says nothing about this one's shifts.
	p, err = w.teams.ApplyRoster(t.Context(), w.clinic, "ical", []directory.Shift{{Role: "Pflege", Person: "2", From: at(20), Until: at(22)}}, w.admin)
	w.must(err)
	if len(p.Removes) != 0 || len(p.Adds) != 1 {
		t.Errorf("of another source: %+v", p)
	}
	// Eva went home; the corrected roster lengthens her shift and takes Ida's away.
	w.must(w.duty.Release(t.Context(), w.clinic, eva.user, role, true))
	p, err = w.teams.ApplyRoster(t.Context(), w.clinic, "plan.xlsx", []directory.Shift{
		{Role: "Pflege", Person: "1", From: at(-1), Until: at(3)}, {Role: "Pflege", Person: "1", From: at(4), Until: at(10)},
	}, w.admin)
	w.must(err)
	if len(p.Adds) != 2 || len(p.Removes) == 0 {
		t.Errorf("%+v", p)
	}
	w.run(at(0), 0)
	w.onDuty(role)
	w.run(at(4), 1)
	w.onDuty(role, eva)
	rows, err := w.teams.Shifts(t.Context(), w.clinic, at(-1), at(12))
	w.must(err)
	for _, r := range rows {
		if r.Source != "plan.xlsx" || r.Role.ID != role || r.Role.Unit.Code != "4B" || r.Person.ID != eva.user {
			t.Errorf("%+v", r)
		}
	}
	_, err = w.teams.Shifts(t.Context(), w.clinic, at(0), at(0).Add(directory.MaxShiftSpan+time.Hour))
	w.refused("too long a span", err, hub.Invalid, "", "until")
	_, err = w.teams.PlanRoster(t.Context(), w.clinic, "plan.xlsx", nil)
	w.refused("an empty roster", err, hub.Invalid, "empty", "shifts")
}

// TestARunningShiftIsTakenAway: the duty that the roster began ends, the replacement begins first.
func TestARunningShiftIsTakenAway(t *testing.T) {
	t.Parallel()
	w, role, eva, ida, _ := ward(t)
	now := time.Now()
	shift := func(who string) []directory.Shift {
		return []directory.Shift{{Role: "Pflege", Person: who, From: now.Add(-time.Hour), Until: now.Add(3 * time.Hour)}}
	}
	for _, c := range []struct {
		who  string
		is   someone
		runs int
	}{{"1", eva, 1}, {"2", ida, 2}} {
		_, err := w.teams.ApplyRoster(t.Context(), w.clinic, "plan", shift(c.who), w.admin)
		w.must(err)
		w.run(now, c.runs)
		w.onDuty(role, c.is)
	}
}
