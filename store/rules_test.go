package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// TestRulesAreReplacedAsAWhole and only on top of the revision they were made from.
func TestRulesAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	rules, revision, err := w.db.Rules(t.Context(), w.clinic)
	w.must(err)
	if revision != 0 || !rules[0].CatchAll {
		t.Fatalf("a new clinic has revision %d: %+v", revision, rules)
	}
	rules[0].Name, rules[0].ID = "Unsere Rufe", hub.NewID[hub.RuleID]()
	revision, err = w.db.SaveRules(t.Context(), w.clinic, rules, 0, eva.user)
	if err != nil || revision != 1 {
		t.Fatalf("saved as %d, %v", revision, err)
	}
	var he *hub.Error
	if _, err = w.db.SaveRules(t.Context(), w.clinic, rules, 0, eva.user); !errors.As(err, &he) || he.Code != "stale" {
		t.Errorf("saved on an old revision: %v", err)
	}
	if _, err = w.db.SaveRules(t.Context(), w.clinic, nil, 1, eva.user); hub.KindOf(err) != hub.Invalid {
		t.Errorf("saved no rules at all: %v", err)
	}
	back, revision, err := w.db.Rules(t.Context(), w.clinic)
	if diff := cmp.Diff(rules, back); diff != "" || revision != 1 || err != nil {
		t.Errorf("read back revision %d, %v (-want +got):\n%s", revision, err, diff)
	}
	id := w.signal(nurseCall("1", alerting.Normal))
	if d := w.detail(id); d.RuleName != "Unsere Rufe" {
		t.Errorf("routed by %q", d.RuleName)
	}
}

// TestTargets: who each kind of target means.
func TestTargets(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva, ida, it := w.nurse("Eva", true, 2), w.nurse("Ida", false, 0), w.admin(1)
	locked := w.nurse("Locked", true, 1)
	w.exec(`update account set locked_here = true where id = $1`, locked.user)
	left := w.nurse("Left", true, 1)
	w.exec(`update duty set until = now() where account_id = $1`, left.user)
	house := hub.NewID[hub.UnitID]()
	w.exec(`insert into unit (clinic_id, id, code, name, kind) values ($1, $2, 'H', 'Haus', 'house')`, w.clinic, house)
	w.exec(`update unit set parent_id = $1 where code = '4B'`, house)
	w.exec(`update device set revoked_at = now() where id = $1`, eva.device)
	for name, c := range map[string]struct {
		target alerting.Target
		ward   string
		want   map[hub.UserID]int // and their devices
	}{
		"duty of the ward":        {alerting.Target{Kind: alerting.TargetDuty}, "4b", map[hub.UserID]int{eva.user: 1}},
		"duty by the role's name": {alerting.Target{Kind: alerting.TargetDuty, Code: "pflege"}, "other", map[hub.UserID]int{eva.user: 1}},
		"duty by the role's id":   {alerting.Target{Kind: alerting.TargetDuty, Code: string(w.role)}, "", map[hub.UserID]int{eva.user: 1}},
		"duty elsewhere":          {alerting.Target{Kind: alerting.TargetDuty}, "5A", map[hub.UserID]int{}},
		"the ward":                {alerting.Target{Kind: alerting.TargetWard}, "4B", map[hub.UserID]int{eva.user: 1, ida.user: 0, left.user: 1}},
		"a named ward":            {alerting.Target{Kind: alerting.TargetWard, Code: "4B"}, "5A", map[hub.UserID]int{eva.user: 1, ida.user: 0, left.user: 1}},
		"the house as a group":    {alerting.Target{Kind: alerting.TargetGroup, Code: "h"}, "", map[hub.UserID]int{eva.user: 1, ida.user: 0, left.user: 1}},
		"technical contacts":      {alerting.Target{Kind: alerting.TargetAdmins}, "", map[hub.UserID]int{it.user: 1}},
		"a kind of the future":    {alerting.Target{Kind: "moon"}, "4B", map[hub.UserID]int{}},
	} {
		rules := alerting.DefaultRules()
		rules[0].Policy.Steps = []alerting.Step{{Targets: []alerting.Target{c.target}, Seconds: 5}}
		w.exec(`delete from alert_rules`)
		w.exec(`insert into alert_rules (clinic_id, revision, items) values ($1, 1, $2)`, w.clinic, rules)
		trial, err := w.db.TrySignal(t.Context(), w.clinic, alerting.Signal{Kind: "nurse-call", Ward: c.ward})
		w.must(err)
		got := map[hub.UserID]int{}
		for _, p := range trial.Recipients[0] {
			got[p.User] = p.Devices
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestRoleOfTheWardComesFirst: a role's name that several wards use means the alert's ward.
func TestRoleOfTheWardComesFirst(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva", true, 1)
	other, role := hub.NewID[hub.UnitID](), hub.NewID[hub.RoleID]()
	w.exec(`insert into unit (clinic_id, id, code, name, kind) values ($1, $2, '5A', '5A', 'ward')`, w.clinic, other)
	w.exec(`insert into role (clinic_id, id, unit_id, name) values ($1, $2, $3, 'Pflege')`, w.clinic, role, other)
	tom := w.nurse("Tom", false, 1)
	w.exec(`insert into duty (clinic_id, id, role_id, account_id) values ($1, gen_random_uuid(), $2, $3)`, w.clinic, role, tom.user)
	rules := alerting.DefaultRules()
	rules[0].Policy.Steps = []alerting.Step{{Targets: []alerting.Target{{Kind: alerting.TargetDuty, Code: "Pflege"}}, Seconds: 5}}
	w.exec(`insert into alert_rules (clinic_id, revision, items) values ($1, 1, $2)`, w.clinic, rules)
	for ward, want := range map[string][]hub.UserID{"4B": {eva.user}, "5A": {tom.user}, "9": {eva.user, tom.user}} {
		trial, err := w.db.TrySignal(t.Context(), w.clinic, alerting.Signal{Ward: ward})
		w.must(err)
		var got []hub.UserID
		for _, p := range trial.Recipients[0] {
			got = append(got, p.User)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("ward %s: %v, want %v", ward, got, want)
		}
	}
}
