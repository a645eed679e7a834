package staff_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func (h *house) photo(number string) string {
	h.tb.Helper()
	body, err := h.staff.Photo(h.tb.Context(), h.clinic, h.person(number).ID)
	if err != nil {
		wantCode(h.tb, err, hub.NotFound, "")
	}
	return string(body)
}

func (h *house) undo(plan hub.PlanID) directory.Undone {
	h.tb.Helper()
	out, err := h.staff.UndoPlan(h.tb.Context(), h.clinic, plan, "")
	must(h.tb, err)
	return out
}

// TestAnUndoPutsPhotosBack: the former one, none where there was none, and none at all over
// one that came later.
func TestAnUndoPutsPhotosBack(t *testing.T) {
	t.Parallel()
	with := func(c directory.Change, photo string) directory.Change {
		c.Photo = []byte(photo)
		return c
	}
	for name, c := range map[string]struct{ before, after, later, want string }{
		"another one": {"alt", "neu", "", "alt"},
		"removed":     {"alt", "", "", "alt"},
		"a first one": {"", "neu", "", ""},
		"a later one": {"alt", "neu", "neuer", "neuer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			eva, ida := nurse("1", "4711", "Eins"), with(nurse("2", "4712", "Zwei"), "ida")
			h.full(h.ad, with(eva, c.before), ida)
			r := h.full(h.ad, with(eva, c.after), with(ida, "ida"))
			if got := h.photo("4711"); got != c.after {
				t.Fatalf("before the undo: %q, want %q", got, c.after)
			}
			if c.later != "" {
				h.say(h.ad, with(directory.Change{Op: directory.OpPut, Key: "1"}, c.later))
			}
			out := h.undo(r.Plan)
			if skipped := c.later != ""; h.photo("4711") != c.want || (len(out.Skipped) == 1) != skipped || (out.Undone == 1) == skipped {
				t.Errorf("after the undo: %q, want %q; %+v", h.photo("4711"), c.want, out)
			}
			if got := h.photo("4712"); got != "ida" {
				t.Errorf("a colleague's photo is %q", got)
			}
			if c.later == "" {
				h.wantCount("photos kept of what was undone", 0, `select count(*) from plan_photo`)
			}
			if r = h.full(h.ad, with(eva, c.after), ida); r.Plan == "" {
				t.Error("the source says it again, and nobody is asked")
			}
		})
	}
}

// TestPastPhotosAreBounded: by time, by size, and by what somebody erased wants.
func TestPastPhotosAreBounded(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	photo := func(c directory.Change, b byte) directory.Change {
		c.Photo = bytes.Repeat([]byte{b}, directory.MaxPhoto)
		return c
	}
	people := func(n int, b byte) []directory.Change {
		out := nurses(n)
		for i := range out {
			out[i] = photo(out[i], b)
		}
		return out
	}
	const kept = `select count(*) from plan_photo`
	const most = 64 << 20 / directory.MaxPhoto
	h.full(h.ad, people(most+5, 1)...)
	h.wantCount("photos kept of newcomers", 0, kept)
	first := h.full(h.ad, people(most+5, 2)...)
	h.wantCount("photos kept", most, kept)
	second := h.full(h.ad, append(people(10, 3), people(most+5, 2)[10:]...)...)
	h.wantCount("photos kept after another pass", most, kept)
	h.wantCount("those of the newer plan", 10, kept+` where plan_id = $1`, second.Plan)

	h.say(h.ad, photo(directory.Change{Op: directory.OpPut, Key: "guid-00001"}, 4))
	h.wantCount("photos kept after a message, which nobody undoes", most, kept)
	must(t, h.staff.ErasePerson(t.Context(), h.clinic, h.person("10000").ID, ""))
	h.wantCount("photos of the newer plan after an erasure", 9, kept+` where plan_id = $1`, second.Plan)

	h.due(time.Now().AddDate(0, 0, 29))
	h.wantCount("the newer ones after 29 days", 9, kept+` where plan_id = $1`, second.Plan)
	h.due(time.Now().AddDate(0, 0, 31))
	h.wantCount("photos kept after 31 days", 0, kept)
	if out := h.undo(first.Plan); out.Undone != 0 {
		t.Errorf("photos put back that are not kept: %+v", out.Undone)
	}
}
