package staff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// goOn releases a source after an undo, so that its next full pass does not wait.
func (h *house) goOn() {
	h.tb.Helper()
	_, err := h.super.Exec(h.tb.Context(), `update directory_source set hold_next = false`)
	must(h.tb, err)
}

func (h *house) wantSame(before string) {
	h.tb.Helper()
	was, is := strings.Split(before, "\n"), strings.Split(h.snapshot(), "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			h.tb.Errorf("lost: %s", line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			h.tb.Errorf("left behind: %s", line)
		}
	}
}

func TestAnUndoPutsEverythingBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := func(more ...directory.Change) []directory.Change { return append(nurses(40), more...) }
	eva := func(more ...string) directory.Change { return nurse("guid-x", "99", "Eva", more...) }
	gone := directory.Change{Op: directory.OpDeactivate, Key: "guid-x"}
	grouped := eva("login", "eva")
	grouped.Groups = []directory.GroupRef{{Code: "g", Name: "OP", Room: true}}
	h.full(h.ad, people(eva("login", "eva"))...)
	for _, c := range []struct {
		what          string
		before, after directory.Change
		want          directory.Counts
	}{
		{"a value that changes", eva("login", "eva", "phone", "1"), eva("login", "eva", "phone", "2"), directory.Counts{Update: 1}},
		{"a login", eva("login", "eva", "phone", "1"), eva("login", "eva.neu", "phone", "1"), directory.Counts{Update: 1}},
		{"a ward", eva("login", "eva"), on(eva("login", "eva"), "5A", "6C"), directory.Counts{Update: 1}},
		{"nowhere", eva("login", "eva"), on(eva("login", "eva")), directory.Counts{Update: 1}},
		{"a group", eva("login", "eva"), grouped, directory.Counts{Update: 1}},
		{"a lock", eva("login", "eva"), gone, directory.Counts{Lock: 1}},
		{"an unlock", gone, eva("login", "eva"), directory.Counts{Unlock: 1}},
		{"everything at once", eva("login", "eva", "phone", "1"), on(nurse("guid-x", "99", "Evi", "login", "evi", "mobile", "3"), "5A"), directory.Counts{Update: 1}},
	} {
		says := c.before
		if says.Op == directory.OpPut {
			says.Fields[directory.Phone] = directory.Value{Text: says.Fields[directory.Phone].Text, Null: says.Fields[directory.Phone].Text == ""}
		}
		h.full(h.ad, people(says)...)
		before := h.snapshot()
		r := h.full(h.ad, people(c.after)...)
		h.wantState(r, connectors.RunApplied)
		if r.Counts != c.want || h.snapshot() == before {
			t.Errorf("%s: %+v", c.what, r.Counts)
		}
		if out := h.undo(r.Plan); out.Undone != 1 || len(out.Skipped) != 0 {
			t.Errorf("%s: undone %+v", c.what, out)
		}
		h.wantSame(before)
		h.goOn()
		if t.Failed() {
			t.Fatalf("at %s", c.what)
		}
	}
}

// Another source knows somebody by mistake: what it said of them goes, and with it the link.
func TestAnUndoUnlinks(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("a", "1", "Eins", "login", "eins", "phone", "1"))
	before := h.snapshot()
	linked := on(nurse("K", "1", "Fremd", "login", "fremd", "phone", "2"), "5A")
	linked.Photo = []byte("bild")
	r := h.full(h.kis, linked)
	h.wantState(r, connectors.RunApplied)
	if r.Counts.Link != 1 || h.shown("1", directory.Phone) != "2" || h.photo("1") != "bild" {
		t.Fatalf("linked: %+v", r)
	}
	if out := h.undo(r.Plan); out.Undone != 1 {
		t.Errorf("undone: %+v", out)
	}
	h.wantSame(before)
	if got := h.photo("1"); got != "" {
		t.Errorf("the photo of a source that knows nobody: %q", got)
	}
	h.wantState(h.full(h.kis, linked), connectors.RunHeld)
}

// Logins had moved on from one to the next; put back one by one, each was still somebody's.
func TestAnUndoGivesLoginsBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := func(logins ...string) (out []directory.Change) {
		for i, login := range logins {
			number := string(rune('1' + i))
			out = append(out, nurse("guid-"+number, number, "Name "+number, "login", login))
		}
		return out
	}
	logins := func() (out []string) {
		for _, number := range []string{"1", "2", "3"} {
			out = append(out, h.person(number).Account.Login)
		}
		return out
	}
	h.full(h.ad, people("c", "b", "a")...)
	r := h.full(h.ad, people("d", "c", "b")...)
	if got := logins(); !slices.Equal(got, []string{"d", "c", "b"}) {
		t.Fatalf("moved on to %v", got)
	}
	h.undo(r.Plan)
	if got := logins(); !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("put back to %v", got)
	}

	// Somebody else has one of them by now: the account keeps the new one, and its history
	// does not say otherwise.
	h.goOn()
	r = h.full(h.ad, people("d", "c", "b")...)
	h.say(h.kis, nurse("K", "9", "Neun", "login", "a"))
	const renamed = `select count(*) from person_change where field = 'account_login' and old_text <> '' and control_id = 'undo'`
	lines := scalar[int](h, renamed)
	if out := h.undo(r.Plan); out.Undone != 3 {
		t.Errorf("undone: %+v", out)
	}
	if got := logins(); !slices.Equal(got, []string{"d", "c", "b"}) {
		t.Errorf("after somebody took the first: %v", got)
	}
	h.wantCount("logins the history says were given back", lines, renamed)
}

// Whoever has changed since is left alone and named; the others are put back.
func TestAnUndoSkipsWhoeverHasChangedSince(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := func(phone string) []directory.Change {
		out := nurses(4)
		for i := range out {
			out[i].Fields[directory.Phone] = directory.Value{Text: phone}
		}
		return out
	}
	h.full(h.ad, people("1")...)
	r := h.full(h.ad, people("2")...)
	later := people("3")[0]
	h.say(h.ad, later)
	must(t, h.staff.ErasePerson(t.Context(), h.clinic, h.person("10001").ID, ""))
	by := directory.Entry{Values: map[directory.Field]directory.Value{directory.Phone: {Text: "4"}}}
	must(t, h.staff.EditPerson(t.Context(), h.clinic, h.person("10002").ID, by, "")) // by hand: the source's own word still stands
	out := h.undo(r.Plan)
	var skipped []string
	for _, p := range out.Skipped {
		skipped = append(skipped, p.StaffNumber)
	}
	if out.Undone != 2 || !slices.Equal(skipped, []string{"10000", ""}) {
		t.Errorf("undone: %+v", out)
	}
	for number, want := range map[string]string{"10000": "3", "10002": "4", "10003": "1"} {
		if got := h.shown(number, directory.Phone); got != want {
			t.Errorf("%s has %s, want %s", number, got, want)
		}
	}
	for name, id := range map[string]hub.PlanID{"undone already": r.Plan, "never heard of": hub.NewID[hub.PlanID]()} {
		_, err := h.staff.UndoPlan(t.Context(), h.clinic, id, "")
		if kind := hub.KindOf(err); kind != hub.Conflict && kind != hub.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
