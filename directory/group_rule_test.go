package directory_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func rule(clauses ...[]directory.Test) directory.Expression {
	var e directory.Expression
	for _, c := range clauses {
		e.All = append(e.All, directory.Clause{Any: c})
	}
	return e
}

func one(f directory.Field, op directory.TestOp, text string) []directory.Test {
	return []directory.Test{{Field: f, Op: op, Text: text}}
}

func TestRules(t *testing.T) {
	t.Parallel()
	eva := directory.Traits{
		Active: true, Units: []string{"4B", "5A"}, Above: []string{"CHI", "HAUS"},
		Values: map[directory.Field]string{directory.Profession: "Pflegefachkraft", directory.JobTitle: "ΟΔΥΣΣΕΎΣ", directory.Title: "Dr."},
	}
	either := append(one(directory.Profession, directory.TestIs, "Arzt"), one(directory.Title, directory.TestIs, "dr.")...)
	for name, c := range map[string]struct {
		rule directory.Expression
		want bool
	}{
		"is, in another case":              {rule(one(directory.Profession, directory.TestIs, "PFLEGEFACHKRAFT")), true},
		"is, Greek with a final sigma":     {rule(one(directory.JobTitle, directory.TestIs, "οδυσσεύς")), true},
		"is not":                           {rule(one(directory.Profession, directory.TestIsNot, "Arzt")), true},
		"is not, of somebody without":      {rule(one(directory.Pager, directory.TestIsNot, "1")), true},
		"contains":                         {rule(one(directory.Profession, directory.TestContains, "fach")), true},
		"starts":                           {rule(one(directory.Profession, directory.TestStarts, "pflege")), true},
		"starts elsewhere":                 {rule(one(directory.Profession, directory.TestStarts, "fach")), false},
		"empty":                            {rule(one(directory.Mail, directory.TestIsEmpty, "")), true},
		"not empty":                        {rule(one(directory.Title, directory.TestIsEmpty, "")), false},
		"one unit of several":              {rule(one(directory.FieldUnit, directory.TestIs, "5a")), true},
		"none of the units":                {rule(one(directory.FieldUnit, directory.TestIsNot, "5A")), false},
		"the unit above is not its own":    {rule(one(directory.FieldUnit, directory.TestIs, "CHI")), false},
		"under the clinic":                 {rule(one(directory.FieldUnit, directory.TestUnder, "chi")), true},
		"under its own unit":               {rule(one(directory.FieldUnit, directory.TestUnder, "4B")), true},
		"under another":                    {rule(one(directory.FieldUnit, directory.TestUnder, "MED")), false},
		"has units":                        {rule(one(directory.FieldUnit, directory.TestIsEmpty, "")), false},
		"any of a clause":                  {rule(either), true},
		"all clauses":                      {rule(either, one(directory.FieldUnit, directory.TestIs, "6C")), false},
		"no clause is nobody":              {directory.Expression{}, false},
		"an operation of a newer version":  {rule(one(directory.Title, "like", "D%")), false},
		"a clause without tests is nobody": {directory.Expression{All: []directory.Clause{{}}}, false},
	} {
		if got := c.rule.Holds(eva); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		gone := eva
		gone.Active = false
		if c.rule.Holds(gone) {
			t.Errorf("%s: holds for somebody inactive", name)
		}
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	t.Parallel()
	good := one(directory.Title, directory.TestIs, "Dr.")
	many := make([][]directory.Test, directory.MaxClauses+1)
	for i := range many {
		many[i] = good
	}
	for name, c := range map[string]struct {
		rule  directory.Expression
		field string
	}{
		"good":              {rule(good), ""},
		"no clause":         {directory.Expression{}, "rule.all"},
		"too many clauses":  {rule(many...), "rule.all"},
		"an empty clause":   {rule(good, nil), "rule.all[1].any"},
		"too many tests":    {rule(make([]directory.Test, directory.MaxTests+1)), "rule.all[0].any"},
		"unknown field":     {rule(one("salary", directory.TestIs, "1")), "rule.all[0].any[0].field"},
		"unknown operation": {rule(one(directory.Title, "like", "x")), "rule.all[0].any[0].op"},
		"under of a value":  {rule(one(directory.Title, directory.TestUnder, "x")), "rule.all[0].any[0].op"},
		"no text":           {rule(one(directory.Title, directory.TestIs, "")), "rule.all[0].any[0].text"},
		"a text for empty":  {rule(one(directory.Title, directory.TestIsEmpty, "x")), "rule.all[0].any[0].text"},
		"a long text":       {rule(good, append(good, directory.Test{Field: directory.Title, Op: directory.TestIs, Text: strings.Repeat("x", 256)})), "rule.all[1].any[1].text"},
		"a zero byte":       {rule(one(directory.Title, directory.TestIs, "a\x00")), "rule.all[0].any[0].text"},
	} {
		err := c.rule.Check("test")
		var e *hub.Error
		if c.field == "" && err == nil || errors.As(err, &e) && e.Kind == hub.Invalid && e.Field == c.field {
			continue
		}
		t.Errorf("%s: %v, want %q", name, err, c.field)
	}
}

func TestGroupsThatCannotBe(t *testing.T) {
	t.Parallel()
	e := rule(one(directory.Title, directory.TestIs, "Dr."))
	for name, c := range map[string]struct {
		group directory.Group
		field string
	}{
		"by rule":             {directory.Group{Name: "Ärzte", Kind: directory.GroupByRule, Rule: &e}, ""},
		"by hand":             {directory.Group{Name: "Reanimation", Kind: directory.GroupByHand}, ""},
		"of a source":         {directory.Group{ID: hub.NewID[hub.GroupID](), Name: "g", Kind: directory.GroupBySource}, ""},
		"a new one of source": {directory.Group{Name: "g", Kind: directory.GroupBySource}, "kind"},
		"no name":             {directory.Group{Kind: directory.GroupByHand}, "name"},
		"a padded name":       {directory.Group{Name: " g", Kind: directory.GroupByHand}, "name"},
		"no rule":             {directory.Group{Name: "g", Kind: directory.GroupByRule}, "rule"},
		"a rule by hand":      {directory.Group{Name: "g", Kind: directory.GroupByHand, Rule: &e}, "rule"},
		"a role that is none": {directory.Group{Name: "g", Kind: directory.GroupByHand, Duty: "4B"}, "role_id"},
	} {
		err := c.group.Check("test")
		var he *hub.Error
		if c.field == "" && err != nil || c.field != "" && (!errors.As(err, &he) || he.Field != c.field) {
			t.Errorf("%s: %v, want %q", name, err, c.field)
		}
	}
}

// TestRulesAgreeWithTheirNegation: is and is_not, and empty and any text, never both hold.
func TestRulesAgreeWithTheirNegation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SampledFrom([]string{"", "a", "A", "ä", "Ä", "ß", "SS"})
		who := directory.Traits{Active: true, Values: map[directory.Field]string{directory.Title: texts.Draw(t, "value")},
			Units: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "B", "ä"}), 0, 3).Draw(t, "units")}
		f := rapid.SampledFrom([]directory.Field{directory.Title, directory.FieldUnit}).Draw(t, "field")
		text := rapid.SampledFrom([]string{"a", "B", "Ä", "x"}).Draw(t, "text")
		is, isNot := rule(one(f, directory.TestIs, text)).Holds(who), rule(one(f, directory.TestIsNot, text)).Holds(who)
		if is == isNot {
			t.Fatalf("is %v, is_not %v", is, isNot)
		}
		for _, weaker := range []directory.TestOp{directory.TestStarts, directory.TestContains} {
			if is && !rule(one(f, weaker, text)).Holds(who) {
				t.Fatalf("is, but not %s", weaker)
			}
		}
		if is && rule(one(f, directory.TestIsEmpty, "")).Holds(who) {
			t.Fatal("is something, and is empty")
		}
	})
}

// FuzzRule: whatever a client sends as a rule is refused or can be looked at, and what passes
// means the same after it was stored.
func FuzzRule(f *testing.F) {
	f.Add(`{"all":[{"any":[{"field":"title","op":"is","text":"Dr."}]}]}`, "Dr.")
	f.Add(`{"all":[{"any":[{"field":"unit","op":"under","text":"CHI"}]}]}`, "CHI")
	f.Add(`{"all":[{"any":[]}]}`, "")
	f.Fuzz(func(t *testing.T, raw, value string) {
		var e, again directory.Expression
		if json.Unmarshal([]byte(raw), &e) != nil || e.Check("fuzz") != nil {
			return
		}
		kept, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(kept, &again); err != nil || again.Check("fuzz") != nil {
			t.Fatalf("a rule that was taken is refused when read again: %v", err)
		}
		who := directory.Traits{Active: true, Units: []string{value}, Values: map[directory.Field]string{directory.Title: value, directory.Mail: value}}
		if e.Holds(who) != again.Holds(who) {
			t.Fatal("stored, the rule means something else")
		}
	})
}
