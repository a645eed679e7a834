package staff_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// entry is what somebody types, "field", "text", and so on; "-" takes the hand's word back.
func entry(more ...string) directory.Entry {
	e := directory.Entry{Values: map[directory.Field]directory.Value{}}
	for i := 0; i < len(more); i += 2 {
		v := directory.Value{Text: more[i+1]}
		if v.Text == "-" {
			v = directory.Value{Null: true}
		}
		e.Values[directory.Field(more[i])] = v
	}
	return e
}

func TestAnEntryThatCannotBeKept(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurse("a", "1", "Eins", "login", "eins"), nurse("b", "2", "Zwei", "login", "zwei"))
	two, before := h.person("2").ID, h.snapshot()
	for name, c := range map[string]struct {
		e     directory.Entry
		edit  bool
		kind  hub.Kind
		code  string
		field string
	}{
		"nobody's name":         {entry("family_name", "  ", "given_name", "Eva"), false, hub.Invalid, "length", "family_name"},
		"a login taken":         {entry("family_name", "Neu", "login", " EINS "), false, hub.Conflict, "login_taken", "login"},
		"a number as login":     {entry("family_name", "Neu", "staff_number", "eins"), false, hub.Conflict, "login_taken", "login"},
		"no date":               {entry("family_name", "Neu", "active_until", "morgen"), false, hub.Invalid, "bad_date", "active_until"},
		"another's login":       {entry("login", "eins"), true, hub.Conflict, "login_taken", "login"},
		"no date for somebody":  {entry("active_from", "31.12.2026"), true, hub.Invalid, "bad_date", "active_from"},
		"a login and no date":   {entry("login", "eins", "active_until", "nie"), true, hub.Invalid, "bad_date", "active_until"},
		"the login of somebody": {entry("phone", "5", "login", "Eins"), true, hub.Conflict, "login_taken", "login"},
	} {
		var err error
		if c.edit {
			err = h.staff.EditPerson(ctx, h.clinic, two, c.e, "")
		} else {
			_, err = h.staff.EnterPerson(ctx, h.clinic, c.e, "")
		}
		var refused *hub.Error
		if !errors.As(err, &refused) || refused.Kind != c.kind || refused.Code != c.code || refused.Field != c.field {
			t.Errorf("%s: %v, want %v %q of %s", name, err, c.kind, c.code, c.field)
		}
	}
	h.wantSame(before)
}

func TestWhatIsEnteredIsThere(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurse("a", "1", "Eins", "login", "eins", "mail", "eins@linden.test"))
	e := entry("family_name", "Hand", "given_name", "Eva", "mail", "EVA@linden.test", "active_until", "2999-12-31")
	e.Units = []directory.UnitRef{{Code: "4B"}}
	id, err := h.staff.EnterPerson(ctx, h.clinic, e, "")
	must(t, err)
	d, err := h.staff.Person(ctx, h.clinic, id)
	must(t, err)
	if d.Name != "Eva Hand" || !d.Active || d.Account == nil || d.Account.Login != string(id) || len(d.Units) != 1 || len(d.Sources) != 1 || d.Sources[0].Source.Name != "" || d.Sources[0].Key != string(id) {
		t.Errorf("entered: %+v", d)
	}
	for _, v := range d.Values {
		if !v.Shown || v.Source.Name != "" || v.Message != nil {
			t.Errorf("value: %+v", v)
		}
	}

	// The same address is no refusal by hand: whoever enters has looked at the duplicates.
	_, err = h.staff.EnterPerson(ctx, h.clinic, entry("family_name", "Eins", "mail", "eins@linden.test"), "")
	must(t, err)
	h.wantCount("questions", 0, `select count(*) from directory_conflict`)

	// The hand renames a login, and takes its word back.
	one := h.person("1").ID
	must(t, h.staff.EditPerson(ctx, h.clinic, one, entry("login", "Neu"), ""))
	if got := h.person("1").Account.Login; got != "neu" {
		t.Errorf("login by hand: %q", got)
	}
	must(t, h.staff.EditPerson(ctx, h.clinic, one, entry("login", "-"), ""))
	if got := h.person("1").Account.Login; got != "eins" {
		t.Errorf("login of the source: %q", got)
	}

	must(t, h.staff.ErasePerson(ctx, h.clinic, id, ""))
	wantCode(t, h.staff.EditPerson(ctx, h.clinic, id, entry("phone", "1"), ""), hub.NotFound, "")
}

func TestDuplicatesTheLikeliestFirst(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad,
		nurse("a", "number", "A"), nurse("b", "2", "B", "mail", "mail@linden.test"), nurse("c", "3", "C", "login", "login"),
		nurse("d", "4", "Müller", "given_name", "Katharina"), nurse("e", "5", "Müller", "given_name", "Jens"), nurse("f", "6", "Müller"), nurse("g", "number2", "Weg"))
	must(t, h.staff.ErasePerson(ctx, h.clinic, h.person("number2").ID, ""))
	for name, c := range map[string]struct {
		values map[directory.Field]string
		want   []string
	}{
		"nothing typed":      {nil, nil},
		"spaces":             {map[directory.Field]string{directory.FamilyName: " ", directory.StaffNumber: "", directory.Mail: "\x00"}, nil},
		"a number":           {map[directory.Field]string{directory.StaffNumber: " number "}, []string{"number"}},
		"part of a number":   {map[directory.Field]string{directory.StaffNumber: "numb"}, nil},
		"somebody erased":    {map[directory.Field]string{directory.StaffNumber: "number2", directory.FamilyName: "Weg"}, nil},
		"a login":            {map[directory.Field]string{directory.Login: "LOGIN"}, []string{"3"}},
		"a name":             {map[directory.Field]string{directory.FamilyName: "müller", directory.GivenName: "Kathrin"}, []string{"4", "6"}},
		"a name alone":       {map[directory.Field]string{directory.FamilyName: "Müller"}, []string{"4", "5", "6"}},
		"all, by likelihood": {map[directory.Field]string{directory.FamilyName: "Müller", directory.GivenName: "Jens", directory.Login: "login", directory.Mail: "Mail@linden.test\xff", directory.StaffNumber: "num\x00ber"}, []string{"number", "2", "3", "5", "6"}},
	} {
		hits, err := h.staff.Duplicates(ctx, h.clinic, c.values)
		must(t, err)
		var got []string
		for _, p := range hits {
			got = append(got, p.StaffNumber)
		}
		if name == "a name" || name == "a name alone" { // of one likelihood
			slices.Sort(got)
		}
		if name == "all, by likelihood" {
			slices.Sort(got[min(3, len(got)):])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
