package alerting

import (
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// Route is where a signal would go, and why not elsewhere.
type Route struct {
	Rule       Rule
	Position   int // 1-based; 0 for the built-in rule
	PassedOver []Passed
}

// Passed is a rule that did not take a signal. Why is a stable code: disabled, connector,
// kind, ward, room, bed, priority, weekday or time.
type Passed struct {
	Rule hub.RuleID `json:"rule_id"`
	Why  string     `json:"why"`
}

// TryRoute finds the rule for a signal. at is the time on the clinic's wall clock. It
// always finds one: where no rule matches (which validated rules exclude) the built-in one
// does, because a call must never fall through.
func TryRoute(rules []Rule, s Signal, at time.Time) Route {
	var route Route
	if s.To != "" {
		route.Rule = Rule{Name: "Test", Enabled: true, Policy: testPolicy(s.To)}
		return route
	}
	for i, r := range rules {
		why := r.refuses(s, at)
		if why == "" {
			route.Rule, route.Position = r, i+1
			return route
		}
		route.PassedOver = append(route.PassedOver, Passed{r.ID, why})
	}
	route.Rule = DefaultRules()[0]
	if s.Technical {
		route.Rule = Rule{Name: "Technik", Enabled: true, Policy: technicalPolicy()}
	}
	return route
}

// DefaultRules is what a clinic starts with: those on duty, then everybody of the ward,
// then the technical contacts.
func DefaultRules() []Rule {
	return []Rule{{
		ID: "00000000-0000-8000-8000-000000000001", Name: "Alle Rufe", Enabled: true, CatchAll: true,
		Policy: Policy{
			Steps: []Step{
				{Targets: []Target{{Kind: TargetDuty}}, Seconds: 30},
				{Targets: []Target{{Kind: TargetWard}}, Seconds: 60},
				{Targets: []Target{{Kind: TargetAdmins}}, Seconds: 120},
			},
			Need: 1, AcceptSeconds: 900, MaxSeconds: 86400,
		},
	}}
}

// refuses returns why the rule does not take a signal, or "". Technical alerts are taken
// only by rules that name them: a catch-all for nurse calls must not page nurses about a
// broken cable.
func (r *Rule) refuses(s Signal, at time.Time) string {
	m := &r.Match
	switch {
	case !r.Enabled:
		return "disabled"
	case s.Technical && !(lists(m.Kinds, s.Kind) || lists(m.Kinds, KindTechnical)):
		return "kind"
	case !s.Technical && len(m.Kinds) > 0 && !lists(m.Kinds, s.Kind):
		return "kind"
	case len(m.Connectors) > 0 && !slices.Contains(m.Connectors, s.Connector):
		return "connector"
	}
	return m.refusesPlace(s, at)
}

func (m *Match) refusesPlace(s Signal, at time.Time) string {
	switch {
	case len(m.Wards) > 0 && !lists(m.Wards, s.Ward):
		return "ward"
	case len(m.Rooms) > 0 && !lists(m.Rooms, s.Room):
		return "room"
	case len(m.Beds) > 0 && !lists(m.Beds, s.Bed):
		return "bed"
	case m.MinPriority != nil && s.Priority < *m.MinPriority, m.MaxPriority != nil && s.Priority > *m.MaxPriority:
		return "priority"
	}
	return m.refusesTime(at)
}

// refusesTime compares wall-clock times, half-open [From, To). A window across midnight
// belongs to the day on which it began: Friday 22:00-06:00 holds at 3:00 on Saturday.
func (m *Match) refusesTime(at time.Time) string {
	clock := at.Format("15:04")
	day := int(at.Weekday()+6)%7 + 1
	from, to := m.From, m.To
	if to == "" {
		to = "24:00"
	}
	inside := from == to || from < to && from <= clock && clock < to
	if from > to {
		inside = clock >= from || clock < to
		if clock < to {
			day = (day+5)%7 + 1
		}
	}
	switch {
	case len(m.Weekdays) > 0 && !slices.Contains(m.Weekdays, day):
		return "weekday"
	case !inside:
		return "time"
	}
	return ""
}

// lists reports whether a code is in a list, without regard to case.
func lists(list []string, code string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, code) })
}
