package directory

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wardline/wardline/hub"
)

// Limits of groups and their rules.
const (
	MaxClauses    = 10
	MaxTests      = 10     // of one clause
	MaxTestText   = 255    // bytes
	MaxGroupName  = 100    // bytes
	MaxGroupHand  = 50_000 // people put into a group by hand
	MaxPreview    = 200    // people named in a Membership
	MaxRoomLeaves = 256    // of a room that follows, the recorder's among them
	MaxUnitName   = 200    // bytes
)

// TooLarge is the cause of a Conflict with the code "too_large": how many devices a room
// that follows would have. Read it with errors.As.
type TooLarge int

func (n TooLarge) Error() string {
	return strconv.Itoa(int(n)) + " devices, a room has at most " + strconv.Itoa(MaxRoomLeaves)
}

// Traits is what a rule looks at: what is shown of a person, and where they work.
type Traits struct {
	Active bool
	Values map[Field]string
	Units  []string // codes of the units themselves
	Above  []string // and of all units above them
}

// Holds reports whether somebody belongs to the group of this rule.
func (e Expression) Holds(t Traits) bool {
	if !t.Active || len(e.All) == 0 {
		return false
	}
	for _, c := range e.All {
		if !slices.ContainsFunc(c.Any, func(one Test) bool { return one.holds(t) }) {
			return false
		}
	}
	return true
}

// holds: of a person with several units, a test holds when it does for one of them, except
// that is_not asks for all.
func (t Test) holds(of Traits) bool {
	texts := []string{of.Values[t.Field]}
	if t.Field == FieldUnit {
		texts = of.Units
	}
	is := func(s string) bool { return fold(s) == fold(t.Text) }
	switch t.Op {
	case TestIs:
		return slices.ContainsFunc(texts, is)
	case TestIsNot:
		return !slices.ContainsFunc(texts, is)
	case TestContains:
		return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(fold(s), fold(t.Text)) })
	case TestStarts:
		return slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(fold(s), fold(t.Text)) })
	case TestUnder:
		return slices.ContainsFunc(of.Units, is) || slices.ContainsFunc(of.Above, is)
	case TestIsEmpty:
		return !slices.ContainsFunc(texts, func(s string) bool { return s != "" })
	}
	return false
}

// fold makes texts alike that differ in case only. Upper case first: some letters have two
// lower-case forms (σ, ς).
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// Check refuses a rule that breaks a limit or can never hold; Field says where, as
// "rule.all[2].any[0].text".
func (e Expression) Check(op string) error {
	if len(e.All) == 0 || len(e.All) > MaxClauses {
		return badRule(op, "rule.all")
	}
	for i, c := range e.All {
		at := "rule.all[" + strconv.Itoa(i) + "].any"
		if len(c.Any) == 0 || len(c.Any) > MaxTests {
			return badRule(op, at)
		}
		for j, t := range c.Any {
			if part := t.fault(); part != "" {
				return badRule(op, at+"["+strconv.Itoa(j)+"]."+part)
			}
		}
	}
	return nil
}

func badRule(op, field string) error {
	return &hub.Error{Op: op, Kind: hub.Invalid, Field: field, Code: "rule"}
}

// fault names the part of a test that cannot be, or "".
func (t Test) fault() string {
	ops := []TestOp{TestIs, TestIsNot, TestContains, TestStarts, TestUnder, TestIsEmpty}
	switch {
	case t.Field != FieldUnit && !slices.Contains(stored, t.Field):
		return "field"
	case !slices.Contains(ops, t.Op), t.Op == TestUnder && t.Field != FieldUnit:
		return "op"
	case (t.Text == "") != (t.Op == TestIsEmpty), len(t.Text) > MaxTestText, clean(t.Text) != t.Text:
		return "text"
	}
	return ""
}

// Check refuses a group that cannot be saved, whatever is stored already.
func (g Group) Check(op string) error {
	wrong := func(field string) error { return &hub.Error{Op: op, Kind: hub.Invalid, Field: field} }
	for field, id := range map[string]string{"id": string(g.ID), "role_id": string(g.Duty), "unit_id": string(g.Unit)} {
		if id != "" && !hub.ValidID(id) {
			return wrong(field)
		}
	}
	switch {
	case g.Name == "" || len(g.Name) > MaxGroupName || clean(g.Name) != g.Name:
		return wrong("name")
	case g.Kind != GroupByRule && g.Kind != GroupByHand && (g.Kind != GroupBySource || g.ID == ""):
		return wrong("kind") // groups of sources are made by what the sources say
	case (g.Rule != nil) != (g.Kind == GroupByRule):
		return wrong("rule")
	case g.Rule != nil:
		return g.Rule.Check(op)
	}
	return nil
}

// GroupName makes a name of what a source calls a group, shortened so that the ending fits in.
func GroupName(name, ending string) string {
	name = clean(name)
	if most := MaxGroupName - len(ending); len(name) > most {
		name = clean(name[:most])
	}
	if name == "" {
		name = "?"
	}
	return name + ending
}
