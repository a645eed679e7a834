package staff_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func (h *house) rules(r directory.Rules) {
	h.tb.Helper()
	was, err := h.staff.Rules(h.tb.Context(), h.clinic)
	must(h.tb, err)
	r.Revision = was.Revision
	is, err := h.staff.SetRules(h.tb.Context(), h.clinic, r, "")
	must(h.tb, err)
	if is.Revision != was.Revision+1 {
		h.tb.Errorf("revision %d after %d", is.Revision, was.Revision)
	}
}

func TestRulesThatCannotBeKept(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	list := func(n int) (out []hub.ConnectorID) {
		for range n {
			out = append(out, hub.NewID[hub.ConnectorID]())
		}
		return out
	}
	many := directory.Precedence{}
	for i := range 41 {
		many[directory.Field(fmt.Sprint("field", i))] = list(1)
	}
	for name, c := range map[string]struct {
		r     directory.Rules
		field string
	}{
		"less than nothing": {directory.Rules{Percent: -1}, "limit_percent"},
		"more than all":     {directory.Rules{Percent: 101}, "limit_percent"},
		"fewer than nobody": {directory.Rules{Accounts: -1}, "limit_accounts"},
		"too many fields":   {directory.Rules{Precedence: many}, "precedence"},
		"too many sources":  {directory.Rules{Precedence: directory.Precedence{directory.Mail: list(101)}}, "precedence"},
		"no source":         {directory.Rules{Precedence: directory.Precedence{directory.Mail: {"AD"}}}, "precedence"},
	} {
		_, set := h.staff.SetRules(ctx, h.clinic, c.r, "")
		_, preview := h.staff.PreviewRules(ctx, h.clinic, c.r)
		for what, err := range map[string]error{"set": set, "preview": preview} {
			var e *hub.Error
			if !errors.As(err, &e) || e.Kind != hub.Invalid || e.Field != c.field {
				t.Errorf("%s of %s: %v, want a refusal of %s", what, name, err, c.field)
			}
		}
	}
	r, err := h.staff.Rules(ctx, h.clinic)
	must(t, err)
	if def := directory.DefaultLimits(); r.Revision != 0 || r.Percent != def.Percent || r.Accounts != def.Accounts || r.Precedence == nil {
		t.Errorf("as delivered: %+v", r)
	}
	h.rules(directory.Rules{Percent: 100, Accounts: 7, Precedence: directory.Precedence{directory.Mail: list(100)}})
	for _, revision := range []int{0, 2, -1} {
		_, err := h.staff.SetRules(ctx, h.clinic, directory.Rules{Revision: revision}, "")
		wantCode(t, err, hub.Conflict, "stale")
	}
	if r, err = h.staff.Rules(ctx, h.clinic); err != nil || r.Percent != 100 || r.Accounts != 7 || len(r.Precedence[directory.Mail]) != 100 {
		t.Errorf("kept: %+v %v", r, err)
	}
	h.rules(directory.Rules{})
	if r, err = h.staff.Rules(ctx, h.clinic); err != nil || r.Precedence == nil || len(r.Precedence) != 0 {
		t.Errorf("without any: %+v %v", r, err)
	}
}

// TestTheBrakeIsSetByTheRules: for full sets by both numbers, for single words by the second.
func TestTheBrakeIsSetByTheRules(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	left := 20
	h.full(h.ad, nurses(left)...)
	for _, c := range []struct {
		percent, accounts, leave int
		held                     bool
	}{
		{5, 25, 1, false}, {5, 25, 2, true}, {15, 25, 2, false}, {100, 0, 1, true}, {100, 1, 2, true}, {100, 2, 2, false}, {0, 100, 1, true},
	} {
		h.rules(directory.Rules{Percent: c.percent, Accounts: c.accounts})
		r := h.full(h.ad, nurses(left-c.leave)...)
		if held := r.State == connectors.RunHeld; held != c.held {
			t.Errorf("%d of %d leave, %d %% and %d: held %v", c.leave, left, c.percent, c.accounts, held)
		}
		if !c.held {
			left -= c.leave
		}
		h.wantLocked(20 - left)
	}
}

// TestPrecedenceOfWardsAndLogins: a preview says what setting does, and changes nothing; a
// login follows with what the source repeats.
func TestPrecedenceOfWardsAndLogins(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	inAD := on(nurse("a", "1", "Eins", "login", "ad", "phone", "1"), "5A")
	inKIS := on(nurse("K", "1", "Eins", "login", "kis", "phone", "2"), "4B", "6C")
	h.full(h.ad, inAD, nurse("b", "2", "Zwei"))
	h.full(h.kis, inKIS)
	if got := slices.Sorted(slices.Values(h.works("1"))); !slices.Equal(got, []string{"4B", "5A", "6C"}) {
		t.Fatalf("works on %v", got)
	}
	rules := directory.Rules{Percent: 5, Accounts: 25, Precedence: directory.Precedence{directory.FieldUnit: {h.ad, h.kis}, directory.Phone: {h.ad}, directory.Login: {h.ad}}}
	before := h.snapshot()
	preview, err := h.staff.PreviewRules(ctx, h.clinic, rules)
	must(t, err)
	if preview.Total != 1 || len(preview.Items) != 1 || h.snapshot() != before {
		t.Fatalf("preview: %+v", preview)
	}
	want := []directory.Diff{{Field: directory.Login, From: "kis", To: "ad"}, {Field: directory.Phone, From: "2", To: "1"}, {Field: directory.FieldUnit, From: "4B, 5A, 6C", To: "5A"}}
	got := preview.Items[0].Fields
	if !slices.Equal(got, want) {
		t.Errorf("preview: %+v, want %+v", got, want)
	}
	login := h.person("1").Account.Login
	h.rules(rules)
	if h.shown("1", directory.Phone) != "1" || !slices.Equal(h.works("1"), []string{"5A"}) {
		t.Errorf("shown: %s on %v", h.shown("1", directory.Phone), h.works("1"))
	}
	if got := h.person("1").Account.Login; got != login {
		t.Errorf("a login has moved without a word of a source: %s", got)
	}
	h.full(h.ad, inAD, nurse("b", "2", "Zwei"))
	if got := h.person("1").Account.Login; got != "ad" {
		t.Errorf("login: %s", got)
	}
	if preview, err = h.staff.PreviewRules(ctx, h.clinic, rules); err != nil || preview.Total != 0 || preview.Items == nil {
		t.Errorf("preview of what is so already: %+v %v", preview, err)
	}
}
