package staff_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/directory"
)

// TestAnnouncementsMove: what is said anew for another day takes the place of what was said
// before, unless something lies between that makes it a second time.
func TestAnnouncementsMove(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	start := time.Now().Add(time.Hour)
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	at := func(n int, c directory.Change) directory.Change {
		c.At = day(n)
		return c
	}
	leaves := func(n int) directory.Change { return at(n, directory.Change{Op: directory.OpDeactivate, Key: "1"}) }
	returns := func(n int) directory.Change { return at(n, directory.Change{Op: directory.OpReactivate, Key: "1"}) }
	ward := func(n int, code string, more ...string) directory.Change {
		return at(n, on(nurse("1", "1", "Eins", more...), code))
	}
	type look struct {
		day    int
		active bool
		ward   string
	}
	for name, c := range map[string]struct {
		says []directory.Change
		want []look
	}{
		"a leaving to a later day":         {[]directory.Change{leaves(10), leaves(20)}, []look{{11, true, "4B"}, {21, false, "4B"}}},
		"a leaving to an earlier day":      {[]directory.Change{leaves(20), leaves(10), returns(15)}, []look{{11, false, "4B"}, {16, true, "4B"}, {21, true, "4B"}}},
		"a leaving moved twice":            {[]directory.Change{leaves(10), leaves(20), leaves(30)}, []look{{21, true, "4B"}, {31, false, "4B"}}},
		"leaves, returns and leaves again": {[]directory.Change{leaves(10), returns(20), leaves(30)}, []look{{11, false, "4B"}, {21, true, "4B"}, {31, false, "4B"}}},
		"a return to a later day":          {[]directory.Change{leaves(10), returns(20), returns(30)}, []look{{21, false, "4B"}, {31, true, "4B"}}},
		"another ward to a later day":      {[]directory.Change{ward(10, "5A"), ward(20, "5A")}, []look{{11, true, "4B"}, {21, true, "5A"}}},
		"with more said besides":           {[]directory.Change{ward(10, "5A"), ward(20, "5A", "phone", "17")}, []look{{11, true, "4B"}, {21, true, "5A"}}},
		"from ward to ward":                {[]directory.Change{ward(10, "5A"), ward(20, "6C")}, []look{{11, true, "5A"}, {21, true, "6C"}}},
		"to a ward twice":                  {[]directory.Change{ward(10, "5A"), ward(20, "6C"), ward(30, "5A")}, []look{{11, true, "5A"}, {21, true, "6C"}, {31, true, "5A"}}},
		"somebody else's":                  {[]directory.Change{leaves(10), at(20, directory.Change{Op: directory.OpDeactivate, Key: "2"})}, []look{{11, false, "4B"}}},
	} {
		t.Run(name, func(t *testing.T) { // one after another: each begins where everybody is there, on one ward, and nothing is to come
			h := h.in(t)
			h.say(h.kis, nurse("1", "1", "Eins"), nurse("2", "2", "Zwei"))
			for _, says := range c.says {
				h.say(h.kis, says)
			}
			for _, want := range c.want {
				h.due(day(want.day))
				if got := h.person("1"); got.Active != want.active || !slices.Equal(h.works("1"), []string{want.ward}) {
					t.Errorf("on day %d: active %v on %v, want %+v", want.day, got.Active, h.works("1"), want)
				}
			}
			h.wantCount("announcements left", 0, `select count(*) from directory_pending where key = '1'`)
		})
	}
}

func (h *house) due(at time.Time) {
	h.tb.Helper()
	_, err := h.staff.ApplyDue(h.tb.Context(), h.clinic, at)
	must(h.tb, err)
}

// TestUnitsWaitForTheirDay: each unit of one statement by itself.
func TestUnitsWaitForTheirDay(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	start := time.Now().Add(time.Hour)
	h.say(h.kis, nurse("1", "1", "Eins"))
	units := func(n int, refs ...directory.UnitRef) directory.Change {
		return directory.Change{Op: directory.OpUnits, Units: refs, At: start.AddDate(0, 0, n)}
	}
	ward := func(code, name string) directory.UnitRef {
		return directory.UnitRef{Code: code, Name: name, Kind: directory.Ward}
	}
	h.say(h.kis, units(10, ward("4B", "Station Birke"), ward("9Z", "Station Neu")))
	h.say(h.kis, units(20, ward("9Z", "Station Neu")))
	name := `select coalesce((select name from unit where code = $1), '')`
	for _, want := range []struct {
		day      int
		old, new string
	}{{0, "Station 4B", ""}, {11, "Station Birke", ""}, {21, "Station Birke", "Station Neu"}} {
		h.due(start.AddDate(0, 0, want.day))
		if a, b := scalar[string](h, name, "4B"), scalar[string](h, name, "9Z"); a != want.old || b != want.new {
			t.Errorf("on day %d: %q and %q, want %q and %q", want.day, a, b, want.old, want.new)
		}
	}
}

// TestNothingIsSaidInWhatIsKept: that somebody works nowhere is not the same as not to have
// said where, also of a statement that waited.
func TestNothingIsSaidInWhatIsKept(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	start := time.Now().Add(time.Hour)
	h.say(h.kis, nurse("1", "1", "Eins"))
	h.say(h.kis, directory.Change{Op: directory.OpPut, Key: "1", Units: []directory.UnitRef{}, At: start})
	h.due(start.Add(time.Minute))
	if got := h.works("1"); len(got) != 0 {
		t.Errorf("works on %v, want nowhere", got)
	}
}

// TestDaysComeByThemselves: the first and the last day somebody works, of whoever stated them,
// and once only.
func TestDaysComeByThemselves(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	start := time.Now()
	day := func(n int) string { return start.AddDate(0, 0, n).Format(time.RFC3339) }
	h.full(h.ad, nurse("a", "1", "Kommt", "active_from", day(10), "active_until", day(20)), nurse("b", "2", "Geht", "active_until", day(10)), nurse("c", "3", "Bleibt"))
	by := directory.Entry{Values: map[directory.Field]directory.Value{directory.ActiveUntil: {Text: day(15)}}}
	must(t, h.staff.EditPerson(t.Context(), h.clinic, h.person("3").ID, by, ""))
	for _, c := range []struct {
		day, changed int
		want         map[string]bool
	}{
		{0, 0, map[string]bool{"1": false, "2": true, "3": true}},
		{11, 2, map[string]bool{"1": true, "2": false, "3": true}},
		{11, 0, map[string]bool{"1": true, "2": false, "3": true}},
		{16, 1, map[string]bool{"1": true, "2": false, "3": false}},
		{21, 1, map[string]bool{"1": false, "2": false, "3": false}},
		{400, 0, map[string]bool{"1": false, "2": false, "3": false}},
	} {
		n, err := h.staff.ApplyDue(t.Context(), h.clinic, start.AddDate(0, 0, c.day))
		must(t, err)
		if n != c.changed {
			t.Errorf("on day %d: %d changed, want %d", c.day, n, c.changed)
		}
		for number, want := range c.want {
			if p := h.person(number); p.Active != want || (p.Account.State == "locked") == want {
				t.Errorf("on day %d: %s is active %v, %s", c.day, number, p.Active, p.Account.State)
			}
		}
	}
}

// TestAnObstacleOfAnAnnouncementIsKept: nobody watches when its day comes.
func TestAnObstacleOfAnAnnouncementIsKept(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	start := time.Now().Add(time.Hour)
	h.say(h.kis, nurse("a", "1", "Eins", "login", "eins"), nurse("b", "2", "Zwei", "login", "zwei"))
	renamed := nurse("b", "2", "Zwei", "login", "eins")
	renamed.At = start
	h.say(h.kis, renamed)
	n, err := h.staff.ApplyDue(t.Context(), h.clinic, start.Add(time.Minute))
	must(t, err)
	page, err := h.staff.Plans(t.Context(), h.clinic, directory.PlanApplied, "", 10)
	must(t, err)
	if n != 1 || len(page.Items) != 1 || page.Items[0].Problems != 1 || page.Items[0].Message == nil {
		t.Fatalf("%d changed, plans %+v", n, page.Items)
	}
	if got := h.person("2").Account.Login; got != "zwei" {
		t.Errorf("login: %s", got)
	}
}
