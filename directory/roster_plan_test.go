package directory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var (
	care4B = directory.RoleName{ID: "r4b", Name: "Pflege", Unit: directory.UnitName{Code: "4B", Name: "Station 4B"}}
	care5A = directory.RoleName{ID: "r5a", Name: "Pflege", Unit: directory.UnitName{Code: "5A", Name: "Station 5A"}}
	onCall = directory.RoleName{ID: "rod", Name: "OA Dienst", Unit: directory.UnitName{Code: "CHI", Name: "Chirurgie"}}
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func rosterWorld(t testing.TB) directory.RosterKnown {
	zone := berlin(t)
	return directory.RosterKnown{
		Roles: []directory.RoleName{care4B, care5A, onCall}, Zone: zone, Now: time.Date(2026, 3, 2, 12, 0, 0, 0, zone),
		People: []directory.RosterPerson{
			{StaffNumber: "1", Login: "eva", Mail: "eva@klinik.test", Account: directory.UserRef{ID: "ua", Name: "Eva"}},
			{StaffNumber: "2", Login: "ida", Mail: "team@klinik.test", Account: directory.UserRef{ID: "ub", Name: "Ida"}},
			{StaffNumber: "3", Login: "eva2", Mail: "team@klinik.test", Account: directory.UserRef{ID: "uc", Name: "Ute"}},
			{StaffNumber: "4"}, // without an account
			{StaffNumber: "5", Login: "1", Account: directory.UserRef{ID: "ue", Name: "Zoe"}},
		},
	}
}

func TestRosterFaults(t *testing.T) {
	t.Parallel()
	known := rosterWorld(t)
	at := func(h int) time.Time { return known.Now.Add(time.Duration(h) * time.Hour) }
	for name, c := range map[string]struct {
		shift directory.Shift
		who   hub.UserID
		code  string
	}{
		"by staff number":           {directory.Shift{Unit: "4B", Role: "Pflege", Person: "1", From: at(1), Until: at(9)}, "ua", ""},
		"by login, in capitals":     {directory.Shift{Unit: "4b", Role: "PFLEGE", Person: "IDA", From: at(1), Until: at(9)}, "ub", ""},
		"by mail":                   {directory.Shift{Unit: "4B", Role: "Pflege", Person: "Eva@Klinik.test", From: at(1), Until: at(9)}, "ua", ""},
		"the role's name is unique": {directory.Shift{Role: "OA Dienst", Person: "1", From: at(1), Until: at(9)}, "ua", ""},
		"it runs already":           {directory.Shift{Role: "OA Dienst", Person: "1", From: at(-1), Until: at(9)}, "ua", ""},
		"the role's name is not":    {directory.Shift{Role: "Pflege", Person: "1", From: at(1), Until: at(9)}, "", "unknown_role"},
		"no such role":              {directory.Shift{Unit: "4B", Role: "Küche", Person: "1", From: at(1), Until: at(9)}, "", "unknown_role"},
		"no such person":            {directory.Shift{Role: "OA Dienst", Person: "9", From: at(1), Until: at(9)}, "", "unknown_person"},
		"nobody named":              {directory.Shift{Role: "OA Dienst", From: at(1), Until: at(9)}, "", "unknown_person"},
		"a shared address":          {directory.Shift{Role: "OA Dienst", Person: "team@klinik.test", From: at(1), Until: at(9)}, "", "ambiguous_person"},
		"no account":                {directory.Shift{Role: "OA Dienst", Person: "4", From: at(1), Until: at(9)}, "", "no_account"},
		"ends before it begins":     {directory.Shift{Role: "OA Dienst", Person: "1", From: at(9), Until: at(1)}, "", "times"},
		"longer than three days":    {directory.Shift{Role: "OA Dienst", Person: "1", From: at(1), Until: at(74)}, "", "times"},
		"three days":                {directory.Shift{Role: "OA Dienst", Person: "1", From: at(1), Until: at(73)}, "ua", ""},
		"no times":                  {directory.Shift{Role: "OA Dienst", Person: "1"}, "", "times"},
		"over":                      {directory.Shift{Role: "OA Dienst", Person: "1", From: at(-9), Until: at(0)}, "", "past"},
	} {
		c.shift.Record = "line 7"
		p := directory.MakeRoster(known, "plan.xlsx", []directory.Shift{c.shift})
		switch {
		case c.code == "" && (len(p.Adds) != 1 || p.Adds[0].Person.ID != c.who || p.Adds[0].Source != "plan.xlsx"):
			t.Errorf("%s: %+v", name, p)
		case c.code != "" && (len(p.Adds) != 0 || len(p.Faults) != 1 || p.Faults[0] != directory.RosterFault{Record: "line 7", Code: c.code}):
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestRosterReplaces: a roster says everything of the roles it names on its days, nothing of
// other roles and other days, and nothing of what is over.
func TestRosterReplaces(t *testing.T) {
	t.Parallel()
	known := rosterWorld(t)
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, known.Zone) }
	row := func(id string, role directory.RoleName, who hub.UserID, from, until time.Time) directory.ShiftRow {
		return directory.ShiftRow{ID: id, Role: role, Person: directory.UserRef{ID: who}, From: from, Until: until}
	}
	known.Shifts = []directory.ShiftRow{
		row("over", care4B, "ua", day(2, 4), day(2, 10)),
		row("runs", care4B, "ua", day(2, 10), day(2, 18)),
		row("same", care4B, "ub", day(3, 6), day(3, 14)),
		row("gone", care4B, "ua", day(3, 14), day(3, 22)),
		row("other role", care5A, "ua", day(3, 14), day(3, 22)),
		row("later day", care4B, "ua", day(5, 6), day(5, 14)),
		row("same twice", care4B, "ub", day(3, 6), day(3, 14)),
	}
	shift := func(who string, from, until time.Time) directory.Shift {
		return directory.Shift{Unit: "4B", Role: "Pflege", Person: who, From: from, Until: until}
	}
	p := directory.MakeRoster(known, "s", []directory.Shift{
		shift("2", day(2, 11), day(2, 18)), // runs, with another person
		shift("2", day(3, 6), day(3, 14)), shift("2", day(3, 6), day(3, 14)),
		shift("1", day(4, 6), day(4, 14)),
	})
	var removed []string
	for _, r := range p.Removes {
		removed = append(removed, r.ID)
	}
	if want := []string{"runs", "same twice", "gone"}; !cmp.Equal(removed, want) {
		t.Errorf("removes %q, want %q", removed, want)
	}
	if p.Same != 1 || len(p.Adds) != 2 || !p.From.Equal(day(2, 0)) || !p.Until.Equal(day(5, 0)) {
		t.Errorf("same %d, adds %+v, from %v until %v", p.Same, p.Adds, p.From, p.Until)
	}
	// A role stays named when its person is not known: the roster does say who works then.
	p = directory.MakeRoster(known, "s", []directory.Shift{shift("nobody", day(3, 14), day(3, 22))})
	if len(p.Removes) != 3 || len(p.Faults) != 1 {
		t.Errorf("%+v", p)
	}
}

// TestRosterDays: a day is the clinic's, also where it has 23 or 25 hours.
func TestRosterDays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from  string
		hours float64
	}{
		"summer time begins":            {"2026-03-29T01:30:00+01:00", 23},
		"summer time ends":              {"2026-10-25T02:30:00+01:00", 25},
		"the hour before, of that name": {"2026-10-25T02:30:00+02:00", 25},
		"a day like others":             {"2026-03-30T00:00:00+02:00", 24},
		"in UTC it is the day before":   {"2026-03-29T22:30:00Z", 24},
	} {
		known := rosterWorld(t)
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		known.Now = from.Add(-time.Hour)
		p := directory.MakeRoster(known, "s", []directory.Shift{{Role: "OA Dienst", Person: "1", From: from, Until: from.Add(8 * time.Hour)}})
		if len(p.Adds) != 1 || p.Until.Sub(p.From).Hours() != c.hours || p.From.After(from) || p.From.In(known.Zone).Hour() != 0 {
			t.Errorf("%s: %v to %v", name, p.From, p.Until)
		}
		if got := p.Adds[0].Until.Sub(p.Adds[0].From); got != 8*time.Hour {
			t.Errorf("%s: the shift became %v long", name, got)
		}
	}
}

func TestRostersRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		shifts int
		field  string
	}{"good": {"plan.csv", 1, ""}, "no name": {"", 1, "source"}, "nothing in it": {"plan.csv", 0, "shifts"}, "too many": {"plan.csv", directory.MaxShifts + 1, "shifts"}} {
		err := directory.CheckRoster("test", c.source, make([]directory.Shift, c.shifts))
		var e *hub.Error
		if c.field == "" && err != nil || c.field != "" && (!errors.As(err, &e) || e.Field != c.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRosterTwiceIsNothing: whatever a roster says, taking it a second time changes nothing,
// and no shift is both added and removed.
func TestRosterTwiceIsNothing(t *testing.T) {
	t.Parallel()
	base := rosterWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		known := base
		drawn := func(name string) (out []directory.Shift) {
			for range rapid.IntRange(1, 12).Draw(t, name) {
				from := known.Now.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "from")) * time.Hour)
				out = append(out, directory.Shift{
					Unit: rapid.SampledFrom([]string{"4B", "5A"}).Draw(t, "unit"), Role: "Pflege",
					Person: rapid.SampledFrom([]string{"1", "2", "3", "4", "9"}).Draw(t, "who"),
					From:   from, Until: from.Add(time.Duration(rapid.IntRange(-2, 80).Draw(t, "long")) * time.Hour),
				})
			}
			return out
		}
		apply := func(p directory.RosterPlan) {
			var left []directory.ShiftRow
			for _, row := range known.Shifts {
				if !contains(p.Removes, row) {
					left = append(left, row)
				}
			}
			known.Shifts = append(left, p.Adds...)
		}
		apply(directory.MakeRoster(known, "s", drawn("before")))
		shifts := drawn("after")
		p := directory.MakeRoster(known, "s", shifts)
		for _, row := range p.Adds {
			if contains(p.Removes, row) {
				t.Fatalf("added and removed: %+v", row)
			}
		}
		apply(p)
		if again := directory.MakeRoster(known, "s", shifts); len(again.Adds) != 0 || len(again.Removes) != 0 {
			t.Fatalf("a second time: adds %+v, removes %+v", again.Adds, again.Removes)
		}
	})
}

func contains(rows []directory.ShiftRow, row directory.ShiftRow) bool {
	for _, r := range rows {
		if r.Role.ID == row.Role.ID && r.Person.ID == row.Person.ID && r.From.Equal(row.From) && r.Until.Equal(row.Until) {
			return true
		}
	}
	return false
}
