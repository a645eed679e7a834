package teams_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func (w *world) want(what string, g hub.GroupID, names ...string) {
	w.t.Helper()
	if got := w.in(g); !slices.Equal(got, names) {
		w.t.Errorf("%s: %q, want %q", what, got, names)
	}
}

// TestRulesFollow: whatever changes of a person or a unit, by whichever way, the groups know
// it with the next refresh.
func TestRulesFollow(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("Eva", []string{"4B"}, "profession=Pflege")
	ida := w.person("Ida", []string{"5A"}, "profession=Arzt")
	care := w.save(directory.Group{Name: "Pflege", Kind: directory.GroupByRule, Rule: byRule(directory.Profession, directory.TestIs, "pflege")})
	surgery := w.save(directory.Group{Name: "Chirurgie", Kind: directory.GroupByRule, Rule: byRule(directory.FieldUnit, directory.TestUnder, "CHI")})
	w.want("at once", care.ID, "Eva")
	w.want("at once", surgery.ID, "Eva", "Ida")
	for _, c := range []struct {
		what, sql     string
		arg           any
		care, surgery []string
	}{
		{"a value", `update person set shown = '{"profession":"Pflege"}' where id = $1`, ida.person, []string{"Eva", "Ida"}, []string{"Eva", "Ida"}},
		{"gone from the unit", `delete from person_unit where person_id = $1`, eva.person, []string{"Eva", "Ida"}, []string{"Ida"}},
		{"inactive", `update person set active = false where id = $1`, ida.person, []string{"Eva"}, nil},
		{"back", `update person set active = true where id = $1`, ida.person, []string{"Eva", "Ida"}, []string{"Ida"}},
		{"the unit moves", `update unit set parent_id = null where id = $1`, w.units["5A"], []string{"Eva", "Ida"}, nil},
	} {
		w.exec(c.sql, c.arg)
		w.refresh()
		w.want(c.what, care.ID, c.care...)
		w.want(c.what, surgery.ID, c.surgery...)
	}
	w.person("Ute", []string{"4B"}, "profession=Pflege")
	w.refresh()
	w.want("somebody new", care.ID, "Eva", "Ida", "Ute")
	if n := w.number(`select count(*) from grp_dirty`); n != 0 {
		t.Errorf("%d changes are left over", n)
	}
}

// TestRulesSeeAboveEveryUnit: of somebody who works nearly everywhere, too.
func TestRulesSeeAboveEveryUnit(t *testing.T) {
	t.Parallel()
	w := open(t)
	wards := []string{"4B", "5A"}
	for i := range 8 {
		code := fmt.Sprintf("C%d", i)
		w.unit(code, "Station "+code, directory.Ward, "CHI")
		wards = append(wards, code)
	}
	w.unit("MED", "Medizin", directory.Clinic, "HAUS")
	w.unit("M1", "Station M1", directory.Ward, "MED")
	w.person("Eva", append(wards, "M1"))
	medicine := w.save(directory.Group{Name: "Medizin", Kind: directory.GroupByRule, Rule: byRule(directory.FieldUnit, directory.TestUnder, "MED")})
	w.want("above the last of many", medicine.ID, "Eva")
}

// TestChangesAreNotLost: a change that commits while another refresh runs is taken by the next.
func TestChangesAreNotLost(t *testing.T) {
	t.Parallel()
	w := open(t)
	g := w.save(directory.Group{Name: "Ärzte", Kind: directory.GroupByRule, Rule: byRule(directory.Title, directory.TestIs, "Dr.")})
	eva := w.person("Eva", nil)
	late, err := w.super.Begin(t.Context())
	w.must(err)
	_, err = late.Exec(t.Context(), `update person set shown = '{"title":"Dr."}' where id = $1`, eva.person)
	w.must(err)
	w.refresh() // takes what is committed and does not wait
	w.want("before the commit", g.ID)
	w.must(late.Commit(t.Context()))
	w.refresh()
	w.want("after the commit", g.ID, "Eva")
}

func TestGroupsOfSources(t *testing.T) {
	t.Parallel()
	w := open(t)
	ad := w.source("AD")
	role := w.role("4B", "Pflege Station 4B")
	w.person("Ida", nil)
	eva, ute := w.person("Eva", nil), w.person("Ute", nil)
	w.save(directory.Group{Name: "Rea-Team", Kind: directory.GroupByHand})
	state := func(s someone, code, name, role string, room bool) {
		w.exec(`insert into group_stated (clinic_id, source, code, name, person_id, room, role) values ($1, $2, $3, $4, $5, $6, $7)`, w.clinic, ad, code, name, s.person, room, role)
	}
	state(eva, "cn=rea", "Rea-Team", "4b/pflege station 4B", true)
	state(ute, "cn=rea", "Rea-Team", "", false)
	w.refresh()
	g := w.group("Rea-Team (2)") // the first has the name already
	if g.Kind != directory.GroupBySource || g.Source.Name != "AD" || g.Code != "cn=rea" || !g.Room || g.Duty != role || g.Members != 2 {
		t.Errorf("%+v", g)
	}
	w.want("as stated", g.ID, "Eva", "Ute")
	g.Name, g.Room, g.Unit = "Reanimation", false, w.units["4B"]
	g = w.save(g)
	w.exec(`delete from group_stated where person_id = $1`, eva.person)
	w.refresh()
	w.want("less is stated", g.ID, "Ute")
	if got := w.group("Reanimation"); got.Room || got.Unit != w.units["4B"] {
		t.Errorf("bound anew by the source: %+v", got)
	}
	w.refused("it would come again", w.teams.DeleteGroup(t.Context(), w.clinic, g.ID, w.admin), hub.Conflict, "stated", "")
	w.exec(`delete from group_stated`)
	w.refresh()
	w.want("nobody is stated", g.ID)
	w.must(w.teams.DeleteGroup(t.Context(), w.clinic, g.ID, w.admin))
	w.refused("it is gone", w.teams.DeleteGroup(t.Context(), w.clinic, g.ID, w.admin), hub.NotFound, "", "")
}

func TestGroupsByHand(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, ida := w.person("Eva", nil), w.person("Ida", nil)
	g := w.save(directory.Group{Name: "Brandschutz", Kind: directory.GroupByHand}, eva.person, ida.person, eva.person)
	w.want("made", g.ID, "Eva", "Ida")
	w.exec(`update person set active = false where id = $1`, ida.person)
	w.refresh()
	w.want("somebody is inactive", g.ID, "Eva")
	w.exec(`update person set active = true where id = $1`, ida.person)
	w.refresh()
	w.want("and back", g.ID, "Eva", "Ida")
	g.Name = "Brandschutzhelfer"
	saved, err := w.teams.SaveGroup(t.Context(), w.clinic, g, nil, w.admin)
	w.must(err)
	w.want("members are not mentioned", g.ID, "Eva", "Ida")
	if saved.Revision != g.Revision+1 || saved.Members != 2 {
		t.Errorf("%+v", saved)
	}
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, g, nil, w.admin)
	w.refused("an old revision", err, hub.Conflict, "stale", "")
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, directory.Group{Name: "BRANDSCHUTZHELFER", Kind: directory.GroupByHand}, nil, w.admin)
	w.refused("the same name", err, hub.Conflict, "name_taken", "")
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, saved, []hub.PersonID{hub.NewID[hub.PersonID]()}, w.admin)
	w.refused("nobody we know", err, hub.Invalid, "", "members")
	other := saved
	other.Kind, other.Rule = directory.GroupByRule, byRule(directory.Title, directory.TestIs, "x")
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, other, nil, w.admin)
	w.refused("another kind", err, hub.Invalid, "", "kind")
	other = saved
	other.Unit = hub.NewID[hub.UnitID]()
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, other, nil, w.admin)
	w.refused("no such unit", err, hub.Invalid, "", "unit_id")
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, saved, []hub.PersonID{}, w.admin)
	w.must(err)
	w.want("emptied", g.ID)
}

func TestPreviewOfAGroup(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("Eva", nil, "title=Dr.")
	ida, ute := w.person("Ida", nil, "title=Prof."), w.person("Ute", nil, "title=Prof.")
	g := w.save(directory.Group{Name: "Ärzte", Kind: directory.GroupByRule, Rule: byRule(directory.Title, directory.TestStarts, "Dr")})
	g.Rule = byRule(directory.Title, directory.TestStarts, "Pr")
	m, err := w.teams.PreviewGroup(t.Context(), w.clinic, g, nil)
	w.must(err)
	want := directory.Membership{Joining: 2, Leaving: 1,
		Joins: []directory.PersonRef{{ID: ida.person, Name: "Ida"}, {ID: ute.person, Name: "Ute"}}, Leaves: []directory.PersonRef{{ID: eva.person, Name: "Eva"}}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	w.want("nothing has changed", g.ID, "Eva")
	g.Rule = &directory.Expression{}
	_, err = w.teams.PreviewGroup(t.Context(), w.clinic, g, nil)
	w.refused("no rule", err, hub.Invalid, "rule", "rule.all")
	hand := directory.Group{Name: "Neu", Kind: directory.GroupByHand}
	m, err = w.teams.PreviewGroup(t.Context(), w.clinic, hand, []hub.PersonID{eva.person})
	w.must(err)
	if m.Joining != 1 || m.Leaving != 0 || m.Staying != 0 {
		t.Errorf("%+v", m)
	}
}

// TestPreviewNamesSome: of many it names 200 and counts all.
func TestPreviewNamesSome(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.exec(`insert into person (clinic_id, id, name, shown) select $1, gen_random_uuid(), 'P' || n, '{"title":"Dr."}' from generate_series(1, 301) n`, w.clinic)
	m, err := w.teams.PreviewGroup(t.Context(), w.clinic, directory.Group{Name: "g", Kind: directory.GroupByRule, Rule: byRule(directory.Title, directory.TestIs, "Dr.")}, nil)
	w.must(err)
	if m.Joining != 301 || len(m.Joins) != directory.MaxPreview {
		t.Errorf("%d, of which %d named", m.Joining, len(m.Joins))
	}
}

// TestGroupsGiveUnits: members work on the unit of their group as long as they are in it, and
// a rule that looks at units does not see what groups give.
func TestGroupsGiveUnits(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("Eva", []string{"5A"})
	works := func() (codes []string) {
		p, err := w.db.Person(t.Context(), w.clinic, eva.person)
		w.must(err)
		for _, u := range p.Units {
			codes = append(codes, u.Code)
		}
		return codes
	}
	check := func(what string, want ...string) {
		t.Helper()
		w.refresh()
		if got := works(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	pool := w.save(directory.Group{Name: "Springer", Kind: directory.GroupByHand, Unit: w.units["4B"]}, eva.person)
	check("in the group", "4B", "5A")
	self := w.save(directory.Group{Name: "Zirkel", Kind: directory.GroupByRule, Unit: w.units["4B"], Rule: byRule(directory.FieldUnit, directory.TestIs, "4B")})
	check("a rule about its own unit", "4B", "5A")
	w.want("sees only what others say", self.ID)
	pool.Unit = w.units["CHI"]
	pool = w.save(pool)
	check("another unit", "5A", "CHI")
	w.exec(`update person set active = false where id = $1`, eva.person)
	check("inactive", "5A")
	w.exec(`update person set active = true where id = $1`, eva.person)
	check("back", "5A", "CHI")
	w.must(w.teams.DeleteGroup(t.Context(), w.clinic, pool.ID, w.admin))
	check("no group any more", "5A")
}

// TestGroupsGiveDuty: members may take the role of their group wherever they work.
func TestGroupsGiveDuty(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, ida := w.person("Eva", []string{"5A"}), w.person("Ida", []string{"5A"})
	role := w.role("4B", "Pflege Station 4B")
	g := w.save(directory.Group{Name: "Springer", Kind: directory.GroupByHand, Duty: role}, eva.person)
	w.refused("not in the group", w.duty.Take(t.Context(), w.clinic, ida.user, role), hub.Forbidden, "not_your_unit", "")
	b, err := w.duty.Board(t.Context(), w.clinic, eva.user)
	w.must(err)
	if len(b.Roles) != 1 || !b.Roles[0].MayTake {
		t.Errorf("the board shows %+v", b.Roles)
	}
	w.must(w.duty.Take(t.Context(), w.clinic, eva.user, role))
	w.must(w.teams.DeleteGroup(t.Context(), w.clinic, g.ID, w.admin))
	w.must(w.duty.Release(t.Context(), w.clinic, eva.user, role, true))
	w.refused("the group is gone", w.duty.Take(t.Context(), w.clinic, eva.user, role), hub.Forbidden, "not_your_unit", "")
}

func TestMembersInPages(t *testing.T) {
	t.Parallel()
	w := open(t)
	var members []hub.PersonID
	var names, got []string
	for i := range 7 {
		name := fmt.Sprintf("P%d", i)
		names, members = append(names, name), append(members, w.person(name, []string{"4B"}).person)
	}
	g := w.save(directory.Group{Name: "g", Kind: directory.GroupByHand}, members...)
	for cursor, n := "", 0; n < 5; n++ {
		page, err := w.teams.GroupMembers(t.Context(), w.clinic, g.ID, cursor, 3)
		w.must(err)
		for _, p := range page.Items {
			got = append(got, p.Name)
			if p.Account == nil || len(p.Units) != 1 {
				t.Errorf("%+v", p)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("%q", got)
	}
	_, err := w.teams.GroupMembers(t.Context(), w.clinic, g.ID, "x", 3)
	w.refused("no cursor", err, hub.Invalid, "", "cursor")
	_, err = w.teams.GroupMembers(t.Context(), w.clinic, hub.NewID[hub.GroupID](), "", 3)
	w.refused("no group", err, hub.NotFound, "", "")
}

func TestUnitsByHand(t *testing.T) {
	t.Parallel()
	w := open(t)
	save := func(u directory.UnitEdit) error {
		_, err := w.teams.SaveUnit(t.Context(), w.clinic, u, w.admin)
		return err
	}
	ward := directory.UnitEdit{ID: w.units["4B"], Code: "4B", Name: "Station 4B", Kind: directory.Ward, Parent: w.units["CHI"]}
	for name, c := range map[string]struct {
		change      func(*directory.UnitEdit)
		kind        hub.Kind
		code, field string
	}{
		"the code of another":   {func(u *directory.UnitEdit) { u.Code = "5A" }, hub.Conflict, "code_taken", ""},
		"no code":               {func(u *directory.UnitEdit) { u.Code = " " }, hub.Invalid, "", "code"},
		"no name":               {func(u *directory.UnitEdit) { u.Name = "" }, hub.Invalid, "", "name"},
		"a kind there is not":   {func(u *directory.UnitEdit) { u.Kind = "floor" }, hub.Invalid, "", "kind"},
		"above itself":          {func(u *directory.UnitEdit) { u.Parent = u.ID }, hub.Conflict, "circle", ""},
		"below another ward":    {func(u *directory.UnitEdit) { u.Parent = w.units["5A"] }, hub.Invalid, "storey", "parent_id"},
		"below nothing we know": {func(u *directory.UnitEdit) { u.Parent = hub.NewID[hub.UnitID]() }, hub.Invalid, "", "parent_id"},
		"a unit there is not":   {func(u *directory.UnitEdit) { u.ID = hub.NewID[hub.UnitID]() }, hub.NotFound, "", ""},
		"a clinic below its own": {func(u *directory.UnitEdit) {
			u.ID, u.Code, u.Kind, u.Parent = w.units["CHI"], "CHI", directory.Clinic, w.units["4B"]
		}, hub.Conflict, "circle", ""},
		"above what it is below": {func(u *directory.UnitEdit) {
			u.ID, u.Code, u.Kind, u.Parent = w.units["CHI"], "CHI", directory.Ward, ""
		}, hub.Invalid, "storey", "kind"},
	} {
		u := ward
		c.change(&u)
		w.refused(name, save(u), c.kind, c.code, c.field)
	}
	ward.Code, ward.Name, ward.Parent = "4C", "Station 4C", ""
	w.must(save(ward))
	units, err := w.db.Units(t.Context(), w.clinic)
	w.must(err)
	i := slices.IndexFunc(units, func(u directory.UnitRow) bool { return u.ID == ward.ID })
	if u := units[i]; u.Code != "4C" || u.Name != "Station 4C" || u.Parent != "" || u.Kind != directory.Ward {
		t.Errorf("%+v", u)
	}
}
