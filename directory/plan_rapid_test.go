package directory_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
)

// anyChange draws a statement about one of a few people, so that statements meet.
func anyChange(t *rapid.T) directory.Change {
	c := directory.Change{
		Op:  rapid.SampledFrom([]directory.Op{directory.OpPut, directory.OpPut, directory.OpPut, directory.OpDeactivate, directory.OpReactivate}).Draw(t, "op"),
		Key: rapid.SampledFrom([]string{"1", "2", "3", "4", "5", ""}).Draw(t, "key"),
	}
	fields := []directory.Field{directory.FamilyName, directory.Login, directory.StaffNumber, directory.Mail, directory.ActiveUntil, directory.ActiveFrom}
	texts := map[directory.Field][]string{
		directory.ActiveUntil: {"2026-03-01", "2026-04-01", "?"}, directory.ActiveFrom: {"2026-03-01", "2026-04-01"},
	}
	c.Fields = map[directory.Field]directory.Value{}
	for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(fields), 0, 4, rapid.ID).Draw(t, "fields") {
		of := texts[f]
		if of == nil {
			of = []string{"a", "B", "c", "3", ""}
		}
		c.Fields[f] = directory.Value{Text: rapid.SampledFrom(of).Draw(t, "text"), Null: rapid.Float64Range(0, 1).Draw(t, "null") < 0.1}
	}
	if rapid.Bool().Draw(t, "units") {
		c.Units = []directory.UnitRef{}
		for _, code := range rapid.SliceOfN(rapid.SampledFrom([]string{"4B", "5A", "CHI", "4B "}), 0, 3).Draw(t, "codes") {
			c.Units = append(c.Units, directory.UnitRef{
				Code: code, Name: rapid.SampledFrom([]string{"", "N"}).Draw(t, "name"),
				Kind:    rapid.SampledFrom([]directory.UnitKind{directory.Ward, directory.Clinic, ""}).Draw(t, "kind"),
				Parent:  rapid.SampledFrom([]string{"", "CHI", "4B"}).Draw(t, "parent"),
				Primary: rapid.Bool().Draw(t, "primary"),
			})
		}
	}
	c.Photo = rapid.SampledFrom([][]byte{nil, nil, {}, {1}, {2}}).Draw(t, "photo")
	if rapid.Float64Range(0, 1).Draw(t, "future") < 0.1 {
		c.At = now.Add(time.Hour)
	}
	return c
}

func anyChanges(t *rapid.T, label string) []directory.Change {
	n := rapid.IntRange(0, 12).Draw(t, label)
	var out []directory.Change
	for range n {
		out = append(out, anyChange(t))
	}
	if rapid.Bool().Draw(t, "complete") {
		out = append(out, directory.Change{Op: directory.OpComplete})
	}
	return out
}

// anyHospital is one with a history of drawn statements, applied without a brake.
func anyHospital(t *rapid.T) *hospital {
	h := newHospital()
	h.limits.Approved = true
	for range rapid.IntRange(0, 3).Draw(t, "history") {
		h.put(now, anyChanges(t, "earlier")...)
	}
	h.limits.Approved = false
	return h
}

func TestAppliedTwiceNothingIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		h.limits.Approved = true
		changes := anyChanges(t, "changes")
		first := h.put(now, changes...)
		again := h.plan(now, changes...)
		asked := func(a directory.Action) bool { // the same batch may have settled its own question
			return slices.ContainsFunc(first.Asks, func(q directory.Question) bool { return q.Key == a.Key })
		}
		if left := slices.DeleteFunc(again.Actions, asked); len(left) != 0 {
			t.Fatalf("the same again: %s", short(again))
		}
	})
}

func TestPlanningAltersNothingAndIsDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		changes := anyChanges(t, "changes")
		before := fmt.Sprintf("%v %v", h.known, changes)
		a, b := h.plan(now, changes...), h.plan(now, changes...)
		if after := fmt.Sprintf("%v %v", h.known, changes); after != before {
			t.Fatalf("planning altered its arguments:\n%s\n%s", before, after)
		}
		if !a.Same(b) {
			t.Fatalf("two plans of the same:\n%s\n%s", short(a), short(b))
		}
	})
}

func TestFullReloadOfTheSamePeopleDoesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := nurses(rapid.IntRange(0, 60).Draw(t, "people"))
		h := newHospital(full(all...)...)
		shuffled := rapid.Permutation(all).Draw(t, "order")
		if p := h.plan(now, full(shuffled...)...); p.Held || len(p.Actions) != 0 || len(p.Units) != 0 {
			t.Fatalf("held %v: %s", p.Held, short(p))
		}
	})
}

func TestTheBrakeNeverLetsMorePass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := nurses(rapid.IntRange(1, 600).Draw(t, "people"))
		h := newHospital(all...)
		h.limits = directory.Limits{Percent: rapid.IntRange(0, 100).Draw(t, "percent"), Accounts: rapid.IntRange(0, 50).Draw(t, "accounts")}
		keep := rapid.IntRange(0, len(all)).Draw(t, "keep")
		leave := rapid.IntRange(0, len(all)-keep).Draw(t, "leave")
		before := h.working()
		p := h.put(now, full(append(slices.Clone(all[:keep]), leavers(keep, leave)...)...)...)
		lost := before - h.working()
		if lost > h.limits.Accounts || lost*100 > h.limits.Percent*before {
			t.Fatalf("%d of %d locked at %+v", lost, before, h.limits)
		}
		if p.Held && lost != 0 {
			t.Fatalf("a held plan locked %d", lost)
		}
		if want := before - keep; !p.Held && lost != want {
			t.Fatalf("%d locked, want %d", lost, want)
		}
	})
}

func TestEverybodyKeepsTheirLoginToThemselves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		h.limits.Approved = true
		h.put(now, anyChanges(t, "changes")...)
		owner := map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(h.known.Persons)) {
			login := h.known.Persons[key].Login
			if login != "" && owner[login] != "" {
				t.Fatalf("%s and %s both have the login %q", owner[login], key, login)
			}
			owner[login] = key
		}
	})
}

// TestNobodyDisappears: whatever a source says, whoever was there is still there, and what
// an administrator locked is not for a plan to mention other than as still locked.
func TestNobodyDisappears(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		for key, p := range h.known.Persons {
			p.LockedHere = rapid.Bool().Draw(t, "locked "+key)
			h.known.Persons[key] = p
		}
		before := maps.Clone(h.known.Persons)
		p := h.put(now, anyChanges(t, "changes")...)
		for key, was := range before {
			is, ok := h.known.Persons[key]
			if !ok || is.ID != was.ID || is.LockedHere != was.LockedHere {
				t.Fatalf("%s: %+v became %+v", key, was, is)
			}
		}
		for _, a := range p.Actions {
			locked := a.Op == directory.ActUnlock && before[a.Key].LockedHere
			if locked != slices.Contains(a.Problems, directory.StaysLocked) {
				t.Fatalf("%+v", a)
			}
		}
	})
}
