package alerting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 3, 2, 10, 30, 0, 0, berlin)
	urgent, normal := alerting.Urgent, alerting.Normal
	for name, c := range map[string]struct {
		match alerting.Match
		at    time.Time
		want  string // why not, "" for a match
	}{
		"everything":               {alerting.Match{}, monday, ""},
		"its connector":            {alerting.Match{Connectors: []hub.ConnectorID{source}}, monday, ""},
		"another connector":        {alerting.Match{Connectors: []hub.ConnectorID{"x"}}, monday, "connector"},
		"its kind in capitals":     {alerting.Match{Kinds: []string{"NURSE-CALL"}}, monday, ""},
		"another kind":             {alerting.Match{Kinds: []string{"monitor"}}, monday, "kind"},
		"its ward":                 {alerting.Match{Wards: []string{"3A", "4b"}}, monday, ""},
		"another ward":             {alerting.Match{Wards: []string{"3A"}}, monday, "ward"},
		"another room":             {alerting.Match{Rooms: []string{"13"}}, monday, "room"},
		"another bed":              {alerting.Match{Beds: []string{"2"}}, monday, "bed"},
		"high enough":              {alerting.Match{MinPriority: &normal}, monday, ""},
		"too low":                  {alerting.Match{MinPriority: &urgent}, monday, "priority"},
		"not above":                {alerting.Match{MaxPriority: &normal}, monday, ""},
		"in the window":            {alerting.Match{From: "10:30", To: "11:00"}, monday, ""},
		"the end is outside":       {alerting.Match{From: "10:00", To: "10:30"}, monday, "time"},
		"from only":                {alerting.Match{From: "10:31"}, monday, "time"},
		"to only":                  {alerting.Match{To: "10:31"}, monday, ""},
		"same from and to":         {alerting.Match{From: "08:00", To: "08:00"}, monday, ""},
		"its weekday":              {alerting.Match{Weekdays: []int{1}}, monday, ""},
		"another weekday":          {alerting.Match{Weekdays: []int{2, 7}}, monday, "weekday"},
		"night, before midnight":   {alerting.Match{From: "22:00", To: "06:00", Weekdays: []int{1}}, monday.Add(12 * time.Hour), ""},
		"night, after midnight":    {alerting.Match{From: "22:00", To: "06:00", Weekdays: []int{1}}, monday.Add(17 * time.Hour), ""},
		"night of the day before":  {alerting.Match{From: "22:00", To: "06:00", Weekdays: []int{1}}, monday.Add(-8 * time.Hour), "weekday"},
		"day, in a night rule":     {alerting.Match{From: "22:00", To: "06:00"}, monday, "time"},
		"Sunday":                   {alerting.Match{Weekdays: []int{7}}, monday.AddDate(0, 0, 6), ""},
		"hour that does not exist": {alerting.Match{From: "02:00", To: "03:00"}, time.Date(2026, 3, 29, 2, 30, 0, 0, berlin), "time"},
		"hour that comes twice":    {alerting.Match{From: "02:00", To: "03:00"}, time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).In(berlin), ""},
		"and again":                {alerting.Match{From: "02:00", To: "03:00"}, time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC).In(berlin), ""},
	} {
		s := call()
		s.Bed = "1"
		route := alerting.TryRoute([]alerting.Rule{{ID: "r", Enabled: true, Match: c.match}}, s, c.at)
		got := ""
		if len(route.PassedOver) > 0 {
			got = route.PassedOver[0].Why
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTryRouteSaysWhyNot(t *testing.T) {
	t.Parallel()
	rules := []alerting.Rule{
		{ID: "off", Match: alerting.Match{}},
		{ID: "icu", Enabled: true, Match: alerting.Match{Wards: []string{"ITS"}}},
		{ID: "ward", Enabled: true, Match: alerting.Match{Wards: []string{"4B"}}},
		{ID: "all", Enabled: true, CatchAll: true},
	}
	r := alerting.TryRoute(rules, call(), time.Now())
	if r.Rule.ID != "ward" || r.Position != 3 {
		t.Errorf("routed by %s at %d", r.Rule.ID, r.Position)
	}
	if diff := cmp.Diff([]alerting.Passed{{"off", "disabled"}, {"icu", "ward"}}, r.PassedOver); diff != "" {
		t.Errorf("passed over (-want +got):\n%s", diff)
	}
}

// TestNothingFallsThrough: without a matching rule the built-in ones take over, and
// technical alerts go to the technical contacts whatever the catch-all says.
func TestNothingFallsThrough(t *testing.T) {
	t.Parallel()
	s := call()
	if r := alerting.TryRoute(nil, s, time.Now()); r.Rule.Name != "Alle Rufe" || len(r.Rule.Policy.Steps) != 3 {
		t.Errorf("no rules: %+v", r.Rule)
	}
	s.Technical = true
	for name, rules := range map[string][]alerting.Rule{"none": nil, "catch-all": alerting.DefaultRules(), "nurse calls": {{Enabled: true, Match: alerting.Match{Kinds: []string{"monitor"}}}}} {
		r := alerting.TryRoute(rules, s, time.Now())
		if got := r.Rule.Policy.Steps[0].Targets[0].Kind; got != alerting.TargetAdmins || r.Position != 0 {
			t.Errorf("%s: technical alert goes to %s by rule %d", name, got, r.Position)
		}
	}
}

func TestValidateRules(t *testing.T) {
	t.Parallel()
	if p := alerting.ValidateRules(alerting.DefaultRules()); len(p) > 0 {
		t.Errorf("the product's own rules: %v", p)
	}
	high, low := alerting.Urgent, alerting.Low
	for name, c := range map[string]struct {
		change func([]alerting.Rule) []alerting.Rule
		where  string
	}{
		"none":                   {func([]alerting.Rule) []alerting.Rule { return nil }, "items"},
		"too many":               {func(r []alerting.Rule) []alerting.Rule { return slices.Repeat(r, 501) }, "items"},
		"id":                     {func(r []alerting.Rule) []alerting.Rule { r[0].ID = "1"; return r }, "items[0].id"},
		"same id":                {func(r []alerting.Rule) []alerting.Rule { return append(r, r[0]) }, "items[1].id"},
		"no name":                {func(r []alerting.Rule) []alerting.Rule { r[0].Name = ""; return r }, "items[0].name"},
		"last is off":            {func(r []alerting.Rule) []alerting.Rule { r[0].Enabled = false; return r }, "items[0]"},
		"last is no catch-all":   {func(r []alerting.Rule) []alerting.Rule { r[0].CatchAll = false; return r }, "items[0]"},
		"catch-all that narrows": {func(r []alerting.Rule) []alerting.Rule { r[0].Match.Wards = []string{"4B"}; return r }, "items[0].match"},
		"from":                   {func(r []alerting.Rule) []alerting.Rule { r[0].Match.From = "8:00"; return r }, "items[0].match.from"},
		"to":                     {func(r []alerting.Rule) []alerting.Rule { r[0].Match.To = "24:00"; return r }, "items[0].match.to"},
		"weekday":                {func(r []alerting.Rule) []alerting.Rule { r[0].Match.Weekdays = []int{1, 0}; return r }, "items[0].match.weekdays[1]"},
		"many kinds":             {func(r []alerting.Rule) []alerting.Rule { r[0].Match.Kinds = make([]string, 51); return r }, "items[0].match.kinds"},
		"many beds":              {func(r []alerting.Rule) []alerting.Rule { r[0].Match.Beds = make([]string, 201); return r }, "items[0].match.beds"},
		"bounds crossed": {func(r []alerting.Rule) []alerting.Rule {
			r[0].Match.MinPriority, r[0].Match.MaxPriority = &high, &low
			return r
		}, "items[0].match.min_priority"},
		"no steps": {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.Steps = nil; return r }, "items[0].policy.steps"},
		"too many steps": {func(r []alerting.Rule) []alerting.Rule {
			r[0].Policy.Steps = slices.Repeat(r[0].Policy.Steps, 4)
			return r
		}, "items[0].policy.steps"},
		"step too short": {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.Steps[1].Seconds = 4; return r }, "items[0].policy.steps[1].seconds"},
		"no targets":     {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.Steps[1].Targets = nil; return r }, "items[0].policy.steps[1].targets"},
		"unknown target": {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.Steps[0].Targets[0].Kind = "moon"; return r }, "items[0].policy.steps[0].targets[0].kind"},
		"group of nobody": {func(r []alerting.Rule) []alerting.Rule {
			r[0].Policy.Steps[0].Targets[0].Kind = alerting.TargetGroup
			return r
		}, "items[0].policy.steps[0].targets[0].code"},
		"long code": {func(r []alerting.Rule) []alerting.Rule {
			r[0].Policy.Steps[0].Targets[0].Code = strings.Repeat("x", 65)
			return r
		}, "items[0].policy.steps[0].targets[0].code"},
		"nobody needed": {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.Need = 0; return r }, "items[0].policy.need"},
		"accept time":   {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.AcceptSeconds = -1; return r }, "items[0].policy.accept_seconds"},
		"age":           {func(r []alerting.Rule) []alerting.Rule { r[0].Policy.MaxSeconds = 59; return r }, "items[0].policy.max_seconds"},
	} {
		problems := alerting.ValidateRules(c.change(alerting.DefaultRules()))
		if !slices.ContainsFunc(problems, func(p alerting.Problem) bool { return p.Where == c.where }) {
			t.Errorf("%s: no problem at %s: %v", name, c.where, problems)
		}
	}
}

func TestAnswerPause(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		if got := alerting.AnswerPause(attempts); got != want {
			t.Errorf("after %d attempts %v, want %v", attempts, got, want)
		}
	}
}

// TestATestAlarmGoesToOneAccount: no rule is asked, not even one that would take everything,
// and no rule can name a single account itself.
func TestATestAlarmGoesToOneAccount(t *testing.T) {
	t.Parallel()
	rules := alerting.DefaultRules()
	got := alerting.TryRoute(rules, alerting.Signal{Kind: "test", Technical: true, To: "u"}, time.Now())
	want := []alerting.Target{{Kind: alerting.TargetUser, Code: "u"}}
	if d := cmp.Diff(want, got.Rule.Policy.Steps[0].Targets); d != "" || len(got.Rule.Policy.Steps) != 1 || got.Position != 0 {
		t.Errorf("route %+v (-want +got):\n%s", got, d)
	}
	rules[0].Policy.Steps[0].Targets = want
	if err := alerting.ValidateRules(rules); err == nil {
		t.Error("a rule may name one account")
	}
}
