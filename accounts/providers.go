package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wardline/wardline/accounts/oidc"
	"github.com/wardline/wardline/hub"
)

const (
	tripLife     = 10 * time.Minute
	tripKind     = "oidc"
	callbackPath = "/api/v1/auth/oidc/callback"
	authAge      = time.Minute // how old a proof at the provider may be that was asked for just now, clocks included
)

// tripState is what a round trip to a provider remembers beside oidc.Trip.
type tripState struct {
	Provider string
	Console  bool
	Began    time.Time
	Session  *Session // of a step-up
	oidc.Trip
}

// user is whose step-up it is, or "".
func (t tripState) user() hub.UserID {
	if t.Session == nil {
		return ""
	}
	return t.Session.Account.ID
}

// providerError is why a round trip came to nothing, as a code for the sign-in page.
func providerError(op, code string, err error) error {
	return &hub.Error{Op: op, Kind: hub.Unauthenticated, Code: code, Err: err}
}

func (s *Service) oidcConfig(v Provider, at Place) oidc.Config {
	c := oidc.Config{Issuer: v.Issuer, ID: v.ClientID, Redirect: s.site(at).url + callbackPath, Scopes: v.Scopes, Claims: []string{v.Claim}}
	if v.Secret != nil {
		c.Secret = *v.Secret
	}
	if v.GroupsClaim != "" {
		c.Claims = append(c.Claims, v.GroupsClaim)
	}
	return c
}

// StartTrip begins a sign-in at a provider: where to send the browser, and the secret that
// binds the way back to it. of is the session of a step-up; without an id it is a sign-in.
func (s *Service) StartTrip(ctx context.Context, clinic hub.ClinicID, provider string, of Session, at Place) (target, secret string, err error) {
	const op = "accounts.start_trip"
	policy, _, err := s.ways.SignInPolicy(ctx, clinic)
	if err != nil {
		return "", "", err
	}
	v, ok := policy.find(provider)
	if !ok || s.site(at).url == "" {
		return "", "", providerError(op, "unknown_provider", nil)
	}
	t := tripState{Provider: provider, Console: at.Console, Began: s.now()}
	t.Nonce, t.Verifier = randomCode(43), randomCode(64)
	if of.ID != "" {
		t.Session, t.Again = &of, true
	}
	secret, hash := newToken(clinic)
	t.State = stateOf(secret)
	if target, err = s.oidc.Start(ctx, s.oidcConfig(v, at), t.Trip); err != nil {
		return "", "", providerError(op, "provider_unavailable", err)
	}
	data, err := json.Marshal(t)
	if err != nil {
		return "", "", fmt.Errorf("keep round trip: %w", err)
	}
	c := StoredCeremony{Hash: hash, Kind: tripKind, Data: data, Until: s.now().Add(tripLife)}
	return target, secret, s.keepCeremony(ctx, op, clinic, c, of.Account.ID, at)
}

// stateOf is what goes through the provider of a secret that stays in the browser's cookie.
func stateOf(secret string) string {
	_, tail, _ := strings.Cut(secret, ".")
	return tail[:len(tail)/2]
}

// Returned is how the browser came back from a provider.
type Returned struct {
	Secret      string // of the cookie
	State, Code string
	Error       string // the provider's own
	Issuer      string // iss, where the provider names itself (RFC 9207)
}

// EndTrip ends what StartTrip began. Every refusal is Unauthenticated with a code of
// docs/protocols/signing-in.md, or Forbidden "not_admin". stepUp says that of was proved
// anew; otherwise a session was opened and token is its secret.
func (s *Service) EndTrip(ctx context.Context, clinic hub.ClinicID, r Returned, at Place) (session Session, token string, stepUp bool, err error) {
	const op = "accounts.end_trip"
	t, err := s.takeTrip(ctx, op, clinic, r, at)
	if err != nil {
		return Session{}, "", false, err
	}
	policy, _, err := s.ways.SignInPolicy(ctx, clinic)
	if err != nil {
		return Session{}, "", false, err
	}
	v, ok := policy.find(t.Provider)
	if !ok {
		return Session{}, "", false, providerError(op, "unknown_provider", nil)
	}
	id, err := s.vouched(ctx, s.oidcConfig(v, at), t, r)
	if err != nil {
		return Session{}, "", false, providerError(op, tripCode(err), err)
	}
	a, err := s.identified(ctx, op, clinic, v, id)
	if err != nil {
		return Session{}, "", false, err
	}
	if t.Session != nil {
		session, err = s.stepUpBy(ctx, op, *t.Session, t, a, id, at)
		return session, "", true, err
	}
	session, token, err = s.openBy(ctx, op, a, v, id, at, policy)
	return session, token, false, err
}

// vouched is whom the provider's answer is about, if it is that provider's.
func (s *Service) vouched(ctx context.Context, f oidc.Config, t tripState, r Returned) (oidc.Identity, error) {
	if err := s.oidc.CheckResponse(ctx, f, r.Issuer); err != nil {
		return oidc.Identity{}, err
	}
	if r.Error != "" || r.Code == "" {
		return oidc.Identity{}, oidc.ErrRefused
	}
	return s.oidc.Finish(ctx, f, t.Trip, r.Code)
}

func (s *Service) takeTrip(ctx context.Context, op string, clinic hub.ClinicID, r Returned, at Place) (tripState, error) {
	var t tripState
	expired := providerError(op, "expired", nil)
	of, hash, ok := parseToken(r.Secret)
	if !ok || of != clinic {
		return t, expired
	}
	data, err := s.ways.TakeCeremony(ctx, clinic, hash, tripKind, s.now())
	if err != nil && hub.KindOf(err) == hub.NotFound {
		return t, expired
	}
	if err != nil {
		return t, fmt.Errorf("take round trip: %w", err)
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return t, fmt.Errorf("read round trip: %w", err)
	}
	s.begun.give(beginner(t.user(), at))
	if t.Console != at.Console || t.State != r.State || r.State == "" {
		return t, expired
	}
	return t, nil
}

func tripCode(err error) string {
	switch {
	case errors.Is(err, oidc.ErrToken):
		return "token"
	case errors.Is(err, oidc.ErrIssuer):
		return "issuer"
	case errors.Is(err, oidc.ErrRefused):
		return "provider_refused"
	}
	return "provider_unavailable"
}

// identified finds whose account an identity is, by its link or, the first time, by the
// configured claim, and gives it the roles its groups stand for.
func (s *Service) identified(ctx context.Context, op string, clinic hub.ClinicID, v Provider, id oidc.Identity) (Account, error) {
	a, err := s.ways.AccountByIdentity(ctx, clinic, id.Issuer, id.Subject)
	if err != nil && hub.KindOf(err) == hub.NotFound {
		value := id.Text(v.Claim)
		if value == "" {
			return a, providerError(op, "no_account", nil)
		}
		if v.Match == "login" {
			value = normalLogin(value)
		}
		link := Identity{Provider: v.ID, Issuer: id.Issuer, Subject: id.Subject, Created: s.now()}
		a, err = s.ways.LinkIdentity(ctx, clinic, link, v.Match, value)
	}
	if err != nil && hub.KindOf(err) == hub.NotFound {
		return a, providerError(op, "no_account", nil)
	}
	if err != nil {
		return a, fmt.Errorf("look up identity: %w", err)
	}
	if a.State == Locked {
		return a, providerError(op, "locked", nil)
	}
	if len(v.Groups) == 0 && len(a.Roles) == 0 {
		return a, nil
	}
	changed, err := s.ways.SetRoles(ctx, clinic, a.ID, v.Source(), v.roles(id.Texts(v.GroupsClaim)), "")
	if err != nil {
		return a, fmt.Errorf("give roles: %w", err)
	}
	return changed, nil
}

func (s *Service) openBy(ctx context.Context, op string, a Account, v Provider, id oidc.Identity, at Place, policy SignInPolicy) (Session, string, error) {
	if err := s.allowed(op, a, at); err != nil {
		return Session{}, "", err
	}
	if a.State == Invited {
		if err := s.ways.Activate(ctx, a.Clinic, a.ID); err != nil {
			return Session{}, "", err
		}
		a.State = Active
	}
	proof := Proof{Means: []Means{ByProvider}, Provider: v.ID, Subject: id.Subject, SID: id.SID}
	must, err := s.demand(ctx, policy, a, at, proof)
	if err != nil {
		return Session{}, "", err
	}
	return s.open(ctx, op, a, at, must, proof)
}

// stepUpBy takes a new proof at the provider for the session that asked for it.
func (s *Service) stepUpBy(ctx context.Context, op string, of Session, t tripState, a Account, id oidc.Identity, at Place) (Session, error) {
	if a.ID != of.Account.ID {
		return of, providerError(op, "other_account", nil)
	}
	if id.At.IsZero() || t.Began.Sub(id.At) > authAge { // it did not ask again, whatever was wished
		return of, providerError(op, "provider_refused", nil)
	}
	return s.proved(ctx, of, at, ByProvider)
}

// Logout takes a provider's word that sessions have ended there, once.
func (s *Service) Logout(ctx context.Context, clinic hub.ClinicID, raw string) error {
	const op = "accounts.logout"
	invalid := hub.E(op, hub.Invalid, "token", "")
	issuer, err := oidc.Issuer(raw)
	if err != nil {
		return invalid
	}
	policy, _, err := s.ways.SignInPolicy(ctx, clinic)
	if err != nil {
		return err
	}
	for _, v := range policy.Providers {
		if v.Issuer != issuer {
			continue
		}
		l, err := s.oidc.Logout(ctx, s.oidcConfig(v, Place{}), raw)
		if errors.Is(err, oidc.ErrToken) {
			continue
		}
		if err != nil {
			return hub.E(op, hub.Unavailable, "provider_unavailable", "%w", err)
		}
		err = s.ways.EndByProvider(ctx, clinic, v.ID, ProviderLogout{l.Issuer, l.Subject, l.SID, l.ID, l.Until})
		if isCode(err, "replayed") {
			return invalid
		}
		return err
	}
	return invalid
}

// ReachProvider reports whether a provider's discovery document can be read.
func (s *Service) ReachProvider(ctx context.Context, issuer string) error {
	return s.oidc.Reach(ctx, issuer)
}
