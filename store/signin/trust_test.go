package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// TestOnlyOwnersSayWhoIsBelieved: a provider of one's own would name the owner, and nobody
// would ask for a passkey once the same hand has said that none is needed.
func TestOnlyOwnersSayWhoIsBelieved(t *testing.T) {
	t.Parallel()
	w := open(t)
	owner, _ := w.withPassword(w.person("anna", "owner"), "anna")
	policy, _ := w.withPassword(w.person("ben", "policy"), "ben")
	provider := accounts.Provider{Label: "Haus", Enabled: true, Issuer: "https://op.example", ClientID: "w", Claim: "sub", Match: "login"}
	p := accounts.DefaultPolicy()
	p.Providers = []accounts.Provider{provider}
	_, _, err := w.s.SavePolicy(w.ctx, policy, p, 0)
	w.want(err, "role")
	saved, _, err := w.s.SavePolicy(w.ctx, owner, p, 0)
	w.must(err)
	for name, change := range map[string]func(*accounts.Provider){
		"issuer": func(v *accounts.Provider) { v.Issuer = "https://evil.example" },
		"claim":  func(v *accounts.Provider) { v.Claim = "nickname" },
		"match":  func(v *accounts.Provider) { v.Match = "staff_number" },
	} {
		q := saved
		q.Providers = slices.Clone(saved.Providers)
		change(&q.Providers[0])
		if _, _, err := w.s.SavePolicy(w.ctx, policy, q, 1); hub.KindOf(err) != hub.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	saved.Providers[0].Label, saved.Providers[0].Enabled = "Anmeldung", false
	_, revision, err := w.s.SavePolicy(w.ctx, policy, saved, 1)
	w.must(err)
	saved.Providers = nil
	if _, _, err := w.s.SavePolicy(w.ctx, policy, saved, revision); err != nil {
		t.Errorf("believe nobody any more: %v", err)
	}
}

// TestFirstPasswordNeedsAYoungProof: a browser left open must not become a password, which
// would pass every step-up from then on.
func TestFirstPasswordNeedsAYoungProof(t *testing.T) {
	t.Parallel()
	w := open(t)
	code, _, err := w.s.IssueCode(w.ctx, w.clinic, w.person("eva"))
	w.must(err)
	s, token, err := w.s.Activate(w.ctx, w.clinic, "eva", code, "", ward)
	w.must(err)
	k := key(ward)
	_, err = w.register(s, k, ward)
	w.must(err)
	again := func() accounts.Session {
		t.Helper()
		s, err := w.s.SessionByToken(w.ctx, token, false)
		w.must(err)
		return s
	}
	w.later(10 * time.Minute)
	w.want(w.s.SetPassword(w.ctx, again(), "", password, ward), "step_up")
	c, err := w.s.AskStepUp(w.ctx, again(), ward)
	w.must(err)
	_, err = w.s.StepUpByPasskey(w.ctx, again(), c.Handle, k.Get(w, c.Options), ward)
	w.must(err)
	w.must(w.s.SetPassword(w.ctx, again(), "", password, ward))
}

// TestWhoHasNothingBeginsWithoutAStepUp: there is nothing a step-up could ask for.
func TestWhoHasNothingBeginsWithoutAStepUp(t *testing.T) {
	t.Parallel()
	w := open(t)
	link, err := w.s.EnsureAdmin(w.ctx, w.clinic)
	w.must(err)
	_, token, err := w.s.FollowLink(w.ctx, link, console)
	w.must(err)
	w.later(12 * time.Minute)
	s, err := w.s.SessionByToken(w.ctx, token, true)
	if err != nil || s.Fresh {
		t.Fatalf("%v %v", s.Fresh, err)
	}
	w.must(w.s.SetPassword(w.ctx, s, "", password, console))
}

// TestLettersAreOneForEach: whoever is named twice gets one letter, and its code works.
func TestLettersAreOneForEach(t *testing.T) {
	t.Parallel()
	w := open(t)
	owner, _ := w.withPassword(w.person("anna", "owner"), "anna")
	eva := w.person("eva")
	letters, err := w.s.IssueLetters(w.ctx, owner, []hub.UserID{eva, eva})
	w.must(err)
	if len(letters) != 1 {
		t.Errorf("%d letters", len(letters))
	}
	if _, _, err := w.s.Activate(w.ctx, w.clinic, "eva", letters[0].Code, password, ward); err != nil {
		t.Errorf("the first letter: %v", err)
	}
	_, err = w.s.IssueLetters(w.ctx, owner, []hub.UserID{eva, "x"})
	w.want(err, "bad_id")
}
