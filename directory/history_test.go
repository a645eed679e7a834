package directory_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestAYearOfOnePerson follows somebody through what a KIS says over time.
func TestAYearOfOnePerson(t *testing.T) {
	t.Parallel()
	h := newHospital(nurses(100)...)
	h.limits.Percent = 100
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	eva := func(fields map[directory.Field]string, units ...directory.UnitRef) directory.Change {
		return put("4711", fields, units...)
	}
	steps := []struct {
		name   string
		at     time.Time
		say    []directory.Change
		want   string
		status directory.Status
	}{
		{"announced before her first day", day(0), []directory.Change{eva(map[directory.Field]string{directory.FamilyName: "Groß", directory.ActiveFrom: "2026-03-10"}, directory.UnitRef{Code: "4B"})},
			"create 4711: family_name >Groß active_from >2026-03-10T00:00:00Z primary_unit >4B status >waiting +4B login 4711", directory.Waiting},
		{"nothing new before it", day(7), []directory.Change{eva(nil)}, "", directory.Waiting},
		{"her first day", day(8), []directory.Change{eva(nil)}, "unlock 4711: status waiting>working", directory.Working},
		{"marries", day(30), []directory.Change{eva(map[directory.Field]string{directory.FamilyName: "Müller-Groß"})},
			"update 4711: family_name Groß>Müller-Groß", directory.Working},
		{"missing from a full set", day(60), full(nurses(100)...), "lock 4711: status working>gone", directory.Gone},
		{"gone stays gone on the dates alone", day(61), full(nurses(100)...), "", directory.Gone},
		{"back", day(62), full(append(nurses(100), eva(nil))...), "unlock 4711: status gone>working", directory.Working},
		{"a last day", day(90), []directory.Change{eva(map[directory.Field]string{directory.ActiveUntil: "2026-12-31"})},
			"update 4711: active_until >2027-01-01T00:00:00Z", directory.Working},
		{"her last day", time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC), []directory.Change{eva(nil)}, "", directory.Working},
		{"the day after", time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), []directory.Change{eva(nil)}, "lock 4711: status working>ended", directory.Ended},
		{"a deactivation after the end", day(320), []directory.Change{deactivate("4711")}, "update 4711: status ended>gone", directory.Gone},
		{"extended", day(330), []directory.Change{{Op: directory.OpPut, Key: "4711", Fields: map[directory.Field]directory.Value{directory.ActiveUntil: {Null: true}}}},
			"unlock 4711: active_until 2027-01-01T00:00:00Z> status gone>working", directory.Working},
	}
	for _, s := range steps {
		p := h.put(s.at, s.say...)
		if diff := cmp.Diff(s.want, short(p)); diff != "" || p.Held {
			t.Errorf("%s (held %v): %s", s.name, p.Held, diff)
		}
		if got := h.known.Persons["4711"].Status; got != s.status {
			t.Errorf("%s: status %s, want %s", s.name, got, s.status)
		}
	}
}

// TestPlanAsJSON pins how plans are stored and shown: both outlive this version.
func TestPlanAsJSON(t *testing.T) {
	t.Parallel()
	h := newHospital(nurses(3)...)
	for key, p := range h.known.Persons {
		p.ID = hub.PersonID("0195cc2e-0000-7000-8000-00000000" + key) // keys have four digits
		h.known.Persons[key] = p
	}
	plan := h.plan(now, full(
		put("1000", map[directory.Field]string{directory.FamilyName: "Groß", directory.Login: "1001"}, directory.UnitRef{Code: "5A", Name: "Station 5A", Parent: "INN"}),
		put("2000", map[directory.Field]string{directory.GivenName: "Ida", directory.FamilyName: "Neu"}),
		directory.Change{Op: directory.OpPut, Key: "1001", Units: []directory.UnitRef{}},
		directory.Change{Op: directory.OpDeactivate, Key: "1001", At: now.Add(24 * time.Hour)},
	)...)
	got, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.json", append(got, '\n'))
}

// golden compares with a file in testdata; UPDATE=1 writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data on this machine: ", err)
	}
	tests := map[string]struct {
		field directory.Field
		text  string
		want  string // "" is not understood
	}{
		"from a day":               {directory.ActiveFrom, "2026-04-01", "2026-03-31T22:00:00Z"},
		"until a day includes it":  {directory.ActiveUntil, "2026-04-01", "2026-04-01T22:00:00Z"},
		"compact":                  {directory.ActiveFrom, "20260401", "2026-03-31T22:00:00Z"},
		"until the day of 23 h":    {directory.ActiveUntil, "2026-03-29", "2026-03-29T22:00:00Z"},
		"until an hour":            {directory.ActiveUntil, "2026-04-01T12:00:00+02:00", "2026-04-01T10:00:00Z"},
		"with fractions":           {directory.ActiveUntil, "2026-04-01T12:00:00.5Z", "2026-04-01T12:00:00Z"},
		"spaces around":            {directory.ActiveFrom, " 2026-04-01 ", "2026-03-31T22:00:00Z"},
		"no such day":              {directory.ActiveFrom, "2026-02-30", ""},
		"German":                   {directory.ActiveFrom, "01.04.2026", ""},
		"words":                    {directory.ActiveFrom, "demnächst", ""},
		"a day with a text behind": {directory.ActiveFrom, "20260401X", ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital()
			p := h.put(now.In(berlin), put("1", map[directory.Field]string{c.field: c.text}))
			if got := h.known.Persons["1"].Values[c.field]; got != c.want {
				t.Errorf("%q became %q, want %q", c.text, got, c.want)
			}
			if bad := slices.Contains(p.Actions[0].Problems, directory.BadDate); bad != (c.want == "") {
				t.Errorf("problems: %v", p.Actions[0].Problems)
			}
		})
	}
}

func TestAWrongDateLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	h := newHospital(put("1", map[directory.Field]string{directory.ActiveUntil: "2026-12-31"}))
	p := h.put(now, put("1", map[directory.Field]string{directory.ActiveUntil: "31.03.", directory.FamilyName: "N"}))
	if got := h.known.Persons["1"].Values[directory.ActiveUntil]; got != "2027-01-01T00:00:00Z" {
		t.Errorf("active until %q", got)
	}
	if p.Problems() != 1 {
		t.Errorf("problems: %+v", p.Actions)
	}
}

func TestTextsAreMadeStorable(t *testing.T) {
	t.Parallel()
	long := string(slices.Repeat([]byte("ä"), 600))
	for name, c := range map[string]struct{ in, want string }{
		"spaces":               {"  Müller  ", "Müller"},
		"NUL":                  {"Mül\x00ler", "Müller"},
		"broken UTF-8":         {"M\xfcller", "Mller"},
		"only NUL":             {"\x00", ""},
		"cut between, not in":  {long, long[:1000]},
		"cut at a whole sign":  {"a" + long, "a" + long[:998]},
		"line breaks are kept": {"a\nb", "a\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital(put("1", map[directory.Field]string{directory.JobTitle: c.in}))
			if got := h.known.Persons["1"].Values[directory.JobTitle]; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestDisplayNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields map[directory.Field]string
		want   string
	}{
		"both names":   {map[directory.Field]string{directory.GivenName: "Eva", directory.FamilyName: "Groß", directory.Title: "Dr."}, "Eva Groß"},
		"family only":  {map[directory.Field]string{directory.FamilyName: "Groß"}, "Groß"},
		"number":       {map[directory.Field]string{directory.StaffNumber: "4711"}, "4711"},
		"nothing else": {nil, "K1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHospital().plan(now, put("K1", c.fields))
			if got := p.Actions[0].Person.Name; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestUnitsNeverFormACircle: whatever parents sources state, every way up ends, at a unit
// of a higher storey each time, and every membership has its unit.
func TestUnitsNeverFormACircle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		h.limits.Approved = true
		h.put(now, anyChanges(t, "changes")...)
		for code, u := range h.known.Units {
			steps := 0
			for u.Parent != "" {
				above, ok := h.known.Units[u.Parent]
				if steps++; !ok || steps > 3 {
					t.Fatalf("from %s: parent %s known %v after %d steps", code, u.Parent, ok, steps)
				}
				u = above
			}
		}
		for key, p := range h.known.Persons {
			primaries := 0
			for _, u := range p.Units {
				if _, ok := h.known.Units[u.Code]; !ok {
					t.Fatalf("%s works on %s, which there is not", key, u.Code)
				}
				if u.Primary {
					primaries++
				}
			}
			if want := min(1, len(p.Units)); primaries != want {
				t.Fatalf("%s has %d primary units of %d", key, primaries, len(p.Units))
			}
		}
	})
}

func TestLaterChangesAreKeptWhole(t *testing.T) {
	t.Parallel()
	h := newHospital(nurses(2)...)
	c := deactivate("1001")
	c.At = now.Add(48 * time.Hour)
	p := h.plan(now, full(nurse("1000"), c)...)
	if diff := cmp.Diff([]directory.Change{c}, p.Later); diff != "" || len(p.Actions) != 0 || p.Held {
		t.Errorf("%s actions %s, held %v", diff, short(p), p.Held)
	}
	if got := short(h.put(c.At, p.Later...)); got != "lock 1001: status working>gone" {
		t.Errorf("when due: %s", got)
	}
}

func FuzzMakePlan(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"put","key":"1","fields":{"family_name":{"text":"Groß"}},"units":[{"code":"4B","kind":"ward","parent":"CHI"}]},{"op":"complete"}]`,
		`[{"op":"deactivate","key":"1000"}]`, `[{"op":"put","key":"","units":[{}]}]`, `[{"op":"x","key":"1000","fields":{"active_from":{"text":"20260101"}}}]`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var changes []directory.Change
		if json.Unmarshal(data, &changes) != nil {
			return
		}
		h := newHospital(nurses(30)...)
		p := h.put(now, changes...)
		if lost := 30 - h.working(); p.Held && lost > 0 {
			t.Fatalf("a held plan locked %d", lost)
		}
		if again := h.plan(now, changes...); !p.Held && len(again.Actions) != 0 {
			t.Fatalf("the same again: %s", short(again))
		}
	})
}
