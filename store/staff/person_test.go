package staff_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/teams"
)

func TestAPersonNamesTheGroupsAndByWhat(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	eva := nurse("guid-1", "4711", "Müller", "given_name", "Eva")
	eva.Groups = []directory.GroupRef{{Code: "CN=Hygiene", Name: "Hygiene"}}
	h.full(h.ad, eva, on(nurse("guid-2", "4712", "Ott"), "5A"))
	groups := teams.New(h.db)
	save := func(g directory.Group, members ...hub.PersonID) directory.Group {
		t.Helper()
		saved, err := groups.SaveGroup(t.Context(), h.clinic, g, members, "")
		must(t, err)
		return saved
	}
	ward := &directory.Expression{All: []directory.Clause{{Any: []directory.Test{{Field: directory.FieldUnit, Op: directory.TestIs, Text: "4B"}}}}}
	save(directory.Group{Name: "Pflege 4B", Kind: directory.GroupByRule, Rule: ward})
	save(directory.Group{Name: "Brandschutz", Kind: directory.GroupByHand}, h.person("4711").ID)
	gone := save(directory.Group{Name: "Aufgelöst", Kind: directory.GroupByHand}, h.person("4711").ID)
	must(t, groups.DeleteGroup(t.Context(), h.clinic, gone.ID, ""))
	_, err := groups.Refresh(t.Context(), h.clinic)
	must(t, err)

	var got []string
	for _, g := range h.detail("4711").Groups {
		by := ""
		if g.Source != nil {
			by = g.Source.Name
		}
		if got = append(got, g.Name+"/"+string(g.Kind)+"/"+by); g.ID == "" || g.Since.IsZero() {
			t.Errorf("group without id or time: %+v", g)
		}
	}
	if want := []string{"Brandschutz/hand/", "Hygiene/source/AD", "Pflege 4B/rule/"}; !slices.Equal(got, want) {
		t.Errorf("groups %q, want %q", got, want)
	}
	if other := h.detail("4712").Groups; len(other) != 0 {
		t.Errorf("somebody else's groups: %+v", other)
	}
}

func TestRowsPartTheName(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("guid-1", "4711", "von der Heide", "given_name", "Émile"), nurse("guid-2", "4712", "Ott"))
	if p := h.person("4711"); p.FamilyName != "von der Heide" || p.GivenName != "Émile" || p.Name != "Émile von der Heide" {
		t.Errorf("row %+v", p)
	}
	save := directory.Group{Name: "Alle", Kind: directory.GroupByHand}
	groups := teams.New(h.db)
	saved, err := groups.SaveGroup(t.Context(), h.clinic, save, []hub.PersonID{h.person("4711").ID}, "")
	must(t, err)
	page, err := groups.GroupMembers(t.Context(), h.clinic, saved.ID, "", 10)
	must(t, err)
	if len(page.Items) != 1 || page.Items[0].FamilyName != "von der Heide" || page.Items[0].GivenName != "Émile" {
		t.Errorf("members %+v", page.Items)
	}
}

// The hand comes before all sources unless precedence gives it a place.
func TestTheHandTakesItsPlaceInTheOrder(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	hand, err := h.staff.Hand(t.Context(), h.clinic)
	must(t, err)
	h.full(h.ad, nurse("guid-1", "4711", "Eins", "phone", "11"))
	h.full(h.kis, nurse("K-1", "4711", "Eins", "phone", "33"))
	by := directory.Entry{Values: map[directory.Field]directory.Value{directory.Phone: {Text: "22"}}}
	must(t, h.staff.EditPerson(t.Context(), h.clinic, h.person("4711").ID, by, ""))
	for revision, c := range []struct {
		order []hub.ConnectorID
		want  string
	}{
		{nil, "22"},
		{[]hub.ConnectorID{h.ad, h.kis}, "22"},
		{[]hub.ConnectorID{hand, h.ad}, "22"},
		{[]hub.ConnectorID{h.ad, hand, h.kis}, "11"},
		{[]hub.ConnectorID{h.kis, h.ad, hand}, "33"},
	} {
		rules := directory.Rules{Percent: 5, Accounts: 25, Revision: revision, Precedence: directory.Precedence{directory.Phone: c.order}}
		_, err := h.staff.SetRules(t.Context(), h.clinic, rules, "")
		must(t, err)
		if got := h.shown("4711", directory.Phone); got != c.want {
			t.Errorf("order %v: phone %s, want %s", c.order, got, c.want)
		}
	}
}
