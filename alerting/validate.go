package alerting

import (
	"fmt"
	"time"

	"github.com/wardline/wardline/hub"
)

// Problem is one reason why a list of rules is refused. Where is a path into the list
// ("items[2].policy.steps[0].seconds"), so that the console can point at the field.
type Problem struct {
	Where   string
	Message string
}

// Limits of rules, the same as in the struct tags, checked here too because rules also
// come from files and tests.
const (
	maxRules   = 500
	maxSteps   = 10
	maxTargets = 8
	maxNames   = 50  // connectors, kinds
	maxPlaces  = 200 // wards, rooms, beds
)

// ValidateRules returns what is wrong with a whole ordered list; nil means that every
// signal finds a rule and every chain ends.
func ValidateRules(rules []Rule) []Problem {
	var c checker
	c.require(len(rules) > 0 && len(rules) <= maxRules, "items", fmt.Sprintf("1 to %d rules are needed", maxRules))
	seen := map[hub.RuleID]bool{}
	for i := range rules {
		r, at := &rules[i], fmt.Sprintf("items[%d]", i)
		c.require(hub.ValidID(string(r.ID)), at+".id", "must be a UUID")
		c.require(!seen[r.ID], at+".id", "is used twice")
		seen[r.ID] = true
		c.require(len(r.Name) > 0 && len([]rune(r.Name)) <= 120, at+".name", "needs 1 to 120 characters")
		c.require(!r.CatchAll || r.Match.empty(), at+".match", "a catch-all must not narrow anything")
		c.match(at+".match", &r.Match)
		c.policy(at+".policy", &r.Policy)
	}
	if n := len(rules); n > 0 {
		last := rules[n-1]
		c.require(last.Enabled && last.CatchAll && last.Match.empty(), fmt.Sprintf("items[%d]", n-1), "the last rule must be an enabled catch-all")
	}
	return c.problems
}

type checker struct{ problems []Problem }

func (c *checker) require(ok bool, where, message string) {
	if !ok {
		c.problems = append(c.problems, Problem{where, message})
	}
}

func (c *checker) match(at string, m *Match) {
	c.require(wallClock(m.From), at+".from", "must be HH:MM")
	c.require(wallClock(m.To), at+".to", "must be HH:MM")
	for _, l := range []struct {
		name      string
		has, most int
	}{
		{"connectors", len(m.Connectors), maxNames}, {"kinds", len(m.Kinds), maxNames},
		{"wards", len(m.Wards), maxPlaces}, {"rooms", len(m.Rooms), maxPlaces}, {"beds", len(m.Beds), maxPlaces},
		{"weekdays", len(m.Weekdays), 7},
	} {
		c.require(l.has <= l.most, at+"."+l.name, fmt.Sprintf("has more than %d entries", l.most))
	}
	for i, d := range m.Weekdays {
		c.require(d >= 1 && d <= 7, fmt.Sprintf("%s.weekdays[%d]", at, i), "must be 1 (Monday) to 7 (Sunday)")
	}
	if m.MinPriority != nil && m.MaxPriority != nil {
		c.require(*m.MinPriority <= *m.MaxPriority, at+".min_priority", "is above max_priority")
	}
}

func (c *checker) policy(at string, p *Policy) {
	c.require(len(p.Steps) >= 1 && len(p.Steps) <= maxSteps, at+".steps", fmt.Sprintf("1 to %d steps are needed", maxSteps))
	c.require(p.Need >= 1 && p.Need <= 50, at+".need", "must be 1 to 50")
	c.require(p.AcceptSeconds >= 0 && p.AcceptSeconds <= 86400, at+".accept_seconds", "must be 0 to 86400")
	c.require(p.MaxSeconds >= 60 && p.MaxSeconds <= 604800, at+".max_seconds", "must be 60 to 604800")
	for i := range p.Steps {
		c.step(fmt.Sprintf("%s.steps[%d]", at, i), &p.Steps[i])
	}
}

func (c *checker) step(at string, s *Step) {
	c.require(s.Seconds >= 5 && s.Seconds <= 86400, at+".seconds", "must be 5 to 86400")
	c.require(len(s.Targets) >= 1 && len(s.Targets) <= maxTargets, at+".targets", fmt.Sprintf("1 to %d targets are needed", maxTargets))
	for i, t := range s.Targets {
		where := fmt.Sprintf("%s.targets[%d]", at, i)
		switch t.Kind {
		case TargetDuty, TargetWard, TargetAdmins:
		case TargetGroup:
			c.require(t.Code != "", where+".code", "a group needs the code of its unit")
		default:
			c.require(false, where+".kind", "must be duty, ward, group or admins")
		}
		c.require(len(t.Code) <= maxCode, where+".code", fmt.Sprintf("has at most %d bytes", maxCode))
	}
}

// empty reports whether the match narrows nothing.
func (m *Match) empty() bool {
	return len(m.Connectors)+len(m.Kinds)+len(m.Wards)+len(m.Rooms)+len(m.Beds)+len(m.Weekdays) == 0 &&
		m.MinPriority == nil && m.MaxPriority == nil && m.From == "" && m.To == ""
}

// wallClock reports whether s is "" or a time of day as "22:00", always with two digits:
// times are compared as text.
func wallClock(s string) bool {
	_, err := time.Parse("15:04", s)
	return s == "" || err == nil && len(s) == len("22:00")
}
