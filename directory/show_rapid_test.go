package directory_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestTheOrderOfSourcesDoesNotMatter: whoever speaks first, the same is shown, by whatever
// precedence, also of statements made at the same moment.
func TestTheOrderOfSourcesDoesNotMatter(t *testing.T) {
	t.Parallel()
	sources := []hub.ConnectorID{"a", "b", "c", "hand"}
	rapid.Check(t, func(t *rapid.T) {
		m := directory.Merge{Hand: "hand", Precedence: directory.Precedence{}}
		for _, f := range []directory.Field{directory.Mail, directory.FieldUnit, directory.FieldStatus} {
			m.Precedence[f] = rapid.SliceOfNDistinct(rapid.SampledFrom(sources), 0, 3, rapid.ID).Draw(t, string(f))
		}
		var said []directory.Statement
		for _, s := range sources {
			one := directory.Statement{Source: s, Key: "k" + string(s), Status: rapid.SampledFrom([]directory.Status{directory.Working, directory.Working, directory.Gone}).Draw(t, "status"), Values: map[directory.Field]directory.Said{}}
			for _, f := range []directory.Field{directory.Mail, directory.Phone} {
				if rapid.Bool().Draw(t, "states") {
					one.Values[f] = directory.Said{Text: string(s), At: now.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "at")))}
				}
			}
			for _, code := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"4B", "5A"}), 0, 2, rapid.ID).Draw(t, "units") {
				one.Units = append(one.Units, directory.UnitRef{Code: code, Primary: len(one.Units) == 0})
			}
			said = append(said, one)
		}
		a, b := m.Show(said), m.Show(rapid.Permutation(said).Draw(t, "order"))
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%+v\n%+v", a, b)
		}
		mains := 0
		for _, u := range a.Units {
			if u.Primary {
				mains++
			}
		}
		if mains > 1 || len(a.Units) > 0 && mains == 0 {
			t.Fatalf("%d primary units: %+v", mains, a.Units)
		}
	})
}

// TestUndoneIsAsBefore: every action that is not the making of somebody, applied and taken
// back at once, leaves the person as they were, but for an account that they did not have.
func TestUndoneIsAsBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		before := maps.Clone(h.known.Persons)
		h.limits.Approved = true
		done := h.put(now, anyChanges(t, "changes")...)
		for _, a := range done.Actions {
			back, ok := directory.Undo(a, h.known.Persons[a.Key])
			if !ok {
				t.Fatalf("nobody has changed %s since, and it is not undone", a.Key)
			}
			back.Person.ID = h.known.Persons[a.Key].ID
			h.apply(directory.Plan{Actions: []directory.Action{back}})
			is := h.known.Persons[a.Key]
			if a.Op == directory.ActCreate {
				if is.Status != directory.Gone {
					t.Fatalf("whom the plan had made is %s", is.Status)
				}
				continue
			}
			was := before[a.Key]
			if was.Login == "" && is.Login != "" {
				was.Login = is.Login
				if len(a.Fields) == 1 {
					continue // nothing was done that could be undone
				}
			}
			if got, want := about(is), about(was); got != want {
				t.Fatalf("was    %s\nbecame %s", want, got)
			}
			if _, ok := directory.Undo(a, is); ok {
				t.Fatal("undone twice")
			}
		}
	})
}

func about(p directory.Person) string {
	units := map[string]bool{}
	for _, u := range p.Units {
		units[u.Code] = u.Primary
	}
	return fmt.Sprintf("%v %v %s login %q photo %q", p.Values, units, p.Status, p.Login, p.Photo)
}
