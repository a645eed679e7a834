package oidc_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"github.com/wardline/wardline/accounts/oidc"
	"github.com/wardline/wardline/accounts/oidc/oidctest"
)

const redirect = "https://chat.klinik.example/api/v1/auth/oidc/callback"

func trip() oidc.Trip {
	return oidc.Trip{State: "state", Nonce: "a-nonce", Verifier: "verifier-verifier-verifier-verifier-verifier"}
}

// goes is a whole round trip with a trip that may be changed on the way back.
func goes(t *testing.T, p *oidctest.Provider, change func(*oidc.Trip)) (oidc.Identity, error) {
	t.Helper()
	c := oidc.NewClient(time.Now, nil)
	f := oidc.Config{Issuer: p.URL, ID: oidctest.Client, Secret: oidctest.Secret, Redirect: redirect, Claims: []string{"groups"}}
	at := trip()
	target, err := c.Start(t.Context(), f, at)
	if err != nil {
		t.Fatal(err)
	}
	back := oidctest.Visit(t, target)
	if change != nil {
		change(&at)
	}
	return c.Finish(t.Context(), f, at, back.Get("code"))
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	p.Says(map[string]any{"sub": "s1", "sid": "sid-1", "groups": []string{"a", "b"}, "preferred_username": "eva"})
	id, err := goes(t, p, nil)
	if err != nil || id.Subject != "s1" || id.SID != "sid-1" || id.Issuer != p.URL || len(id.Texts("groups")) != 2 || id.Text("preferred_username") != "eva" {
		t.Fatalf("%+v %v", id, err)
	}
}

func TestGroupsOfUserinfo(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	p.Tells(map[string]any{"sub": "subject-1", "groups": "only"})
	if id, err := goes(t, p, nil); err != nil || len(id.Texts("groups")) != 1 {
		t.Errorf("%+v %v", id, err)
	}
	p.Tells(map[string]any{"sub": "somebody-else", "groups": "admins"})
	if id, err := goes(t, p, nil); !errors.Is(err, oidc.ErrToken) {
		t.Errorf("somebody else's userinfo: %+v %v", id, err)
	}
}

// TestAnotherImplementation is the round trip against a provider that is not ours.
func TestAnotherImplementation(t *testing.T) {
	t.Parallel()
	m, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown() })
	m.QueueUser(&mockoidc.MockUser{Subject: "eva-1", PreferredUsername: "eva", Groups: []string{"pflege"}})
	c := oidc.NewClient(time.Now, nil)
	f := oidc.Config{Issuer: m.Issuer(), ID: m.ClientID, Secret: m.ClientSecret, Redirect: redirect, Scopes: []string{"profile", "groups"}}
	target, err := c.Start(t.Context(), f, trip())
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.Finish(t.Context(), f, trip(), oidctest.Visit(t, target).Get("code"))
	if err != nil || id.Subject != "eva-1" || id.Text("preferred_username") != "eva" || len(id.Texts("groups")) != 1 {
		t.Errorf("%+v %v", id, err)
	}
}

func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		claims, header map[string]any
		change         func(*oidc.Trip)
		want           error
	}{
		"another nonce":    {claims: map[string]any{"sub": "s", "nonce": "x"}, want: oidc.ErrToken},
		"no nonce":         {claims: map[string]any{"sub": "s", "nonce": nil}, want: oidc.ErrToken},
		"another audience": {claims: map[string]any{"sub": "s", "aud": "x"}, want: oidc.ErrToken},
		"another issuer":   {claims: map[string]any{"sub": "s", "iss": "https://evil.example"}, want: oidc.ErrToken},
		"expired":          {claims: map[string]any{"sub": "s", "exp": 1000}, want: oidc.ErrToken},
		"no subject":       {claims: map[string]any{"sub": ""}, want: oidc.ErrToken},
		"alg none":         {claims: map[string]any{"sub": "s"}, header: map[string]any{"alg": "none"}, want: oidc.ErrToken},
		"alg HS256":        {claims: map[string]any{"sub": "s"}, header: map[string]any{"alg": "HS256"}, want: oidc.ErrToken},
		"unknown key":      {claims: map[string]any{"sub": "s"}, header: map[string]any{"kid": "2"}, want: oidc.ErrToken},
		"another verifier": {claims: map[string]any{"sub": "s"}, change: func(t *oidc.Trip) { t.Verifier += "x" }, want: oidc.ErrRefused},
		"nonce not kept":   {claims: map[string]any{"sub": "s", "nonce": ""}, change: func(t *oidc.Trip) { t.Nonce = "" }, want: oidc.ErrToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := oidctest.New(t)
			p.Says(x.claims)
			p.Heads(x.header)
			if id, err := goes(t, p, x.change); !errors.Is(err, x.want) {
				t.Errorf("%+v %v, want %v", id, err, x.want)
			}
		})
	}
}

func TestCodeWorksOnce(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	c := oidc.NewClient(time.Now, nil)
	f := oidc.Config{Issuer: p.URL, ID: oidctest.Client, Secret: oidctest.Secret, Redirect: redirect}
	target, err := c.Start(t.Context(), f, trip())
	if err != nil {
		t.Fatal(err)
	}
	code := oidctest.Visit(t, target).Get("code")
	if _, err := c.Finish(t.Context(), f, trip(), code); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(t.Context(), f, trip(), code); !errors.Is(err, oidc.ErrRefused) {
		t.Errorf("the second time: %v", err)
	}
}

func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	p.Down(true)
	c := oidc.NewClient(time.Now, nil)
	f := oidc.Config{Issuer: p.URL, ID: oidctest.Client, Secret: oidctest.Secret, Redirect: redirect}
	if _, err := c.Start(t.Context(), f, trip()); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("down: %v", err)
	}
	p.Down(false) // that it was away is not remembered
	target, err := c.Start(t.Context(), f, trip())
	if err != nil {
		t.Fatalf("up again: %v", err)
	}
	code := oidctest.Visit(t, target).Get("code")
	p.Down(true)
	if _, err := c.Finish(t.Context(), f, trip(), code); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("down on the way back: %v", err)
	}
}

func TestIssuers(t *testing.T) {
	t.Parallel()
	for issuer, ok := range map[string]bool{
		"https://op.example/realms/x": true, "http://localhost:8080": true, "http://127.0.0.1:1": true, "http://[::1]:1": true,
		"http://op.example": false, "http://10.0.0.1": false, "ftp://localhost": false, "": false, "https://": false, "https://u:p@op.example": false, "https://op.example?x=1": false,
	} {
		if err := oidc.CheckIssuer(issuer); (err == nil) != ok {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}

func TestLogoutTokens(t *testing.T) {
	t.Parallel()
	now := time.Now()
	events := func(name string, v any) map[string]any { return map[string]any{"events": map[string]any{name: v}} }
	for name, x := range map[string]struct {
		claims, header map[string]any
		ok             bool
	}{
		"right":            {ok: true},
		"by sid":           {claims: map[string]any{"sub": nil, "sid": "s"}, ok: true},
		"without exp":      {claims: map[string]any{"exp": nil}, ok: true},
		"with a nonce":     {claims: map[string]any{"nonce": "x"}},
		"without events":   {claims: map[string]any{"events": nil}},
		"another event":    {claims: events("http://schemas.openid.net/event/other", map[string]any{})},
		"event no object":  {claims: events("http://schemas.openid.net/event/backchannel-logout", "x")},
		"nobody":           {claims: map[string]any{"sub": nil}},
		"without jti":      {claims: map[string]any{"jti": nil}},
		"without iat":      {claims: map[string]any{"iat": nil}},
		"old":              {claims: map[string]any{"iat": now.Add(-time.Hour).Unix()}},
		"of tomorrow":      {claims: map[string]any{"iat": now.Add(24 * time.Hour).Unix()}},
		"expired":          {claims: map[string]any{"exp": now.Add(-2 * time.Minute).Unix()}},
		"another audience": {claims: map[string]any{"aud": "x"}},
		"another issuer":   {claims: map[string]any{"iss": "https://evil.example"}},
		"alg none":         {header: map[string]any{"alg": "none"}},
		"alg HS256":        {header: map[string]any{"alg": "HS256"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := oidctest.New(t)
			p.Heads(x.header)
			c := oidc.NewClient(time.Now, nil)
			l, err := c.Logout(t.Context(), oidc.Config{Issuer: p.URL, ID: oidctest.Client}, p.LogoutToken(x.claims))
			if (err == nil) != x.ok || err != nil && !errors.Is(err, oidc.ErrToken) {
				t.Errorf("%+v %v", l, err)
			}
		})
	}
}

// TestKeysAreAway: that a provider does not show its keys says nothing against its token,
// which is good as soon as it does.
func TestKeysAreAway(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	p.HidesKeys(true)
	c := oidc.NewClient(time.Now, nil)
	f := oidc.Config{Issuer: p.URL, ID: oidctest.Client}
	raw := p.LogoutToken(nil)
	if _, err := c.Logout(t.Context(), f, raw); !errors.Is(err, oidc.ErrUnavailable) || errors.Is(err, oidc.ErrToken) {
		t.Errorf("logout: %v", err)
	}
	if _, err := goes(t, p, nil); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("sign-in: %v", err)
	}
	p.HidesKeys(false)
	if _, err := c.Logout(t.Context(), f, raw); err != nil {
		t.Errorf("the same token later on: %v", err)
	}
	p.HidesKeys(true)
	if _, err := c.Logout(t.Context(), f, p.LogoutToken(nil)); err != nil {
		t.Errorf("by the keys that are known: %v", err)
	}
	if _, err := c.Logout(t.Context(), f, p.LogoutToken(map[string]any{"aud": "x"})); !errors.Is(err, oidc.ErrToken) {
		t.Errorf("a bad token by the keys that are known: %v", err)
	}
}

// TestIssuerOfAnswers is RFC 9207 section 2.4.
func TestIssuerOfAnswers(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		announced bool
		iss       func(issuer string) string
		want      error
	}{
		"named":                     {true, func(issuer string) string { return issuer }, nil},
		"named without a word":      {false, func(issuer string) string { return issuer }, nil},
		"silent":                    {false, func(string) string { return "" }, nil},
		"silent though announced":   {true, func(string) string { return "" }, oidc.ErrIssuer},
		"another":                   {true, func(string) string { return "https://evil.example" }, oidc.ErrIssuer},
		"another, not announced":    {false, func(string) string { return "https://evil.example" }, oidc.ErrIssuer},
		"nearly the same is not it": {true, func(issuer string) string { return issuer + "/" }, oidc.ErrIssuer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := oidctest.New(t)
			p.NamesItself(x.announced, "")
			c := oidc.NewClient(time.Now, nil)
			if err := c.CheckResponse(t.Context(), oidc.Config{Issuer: p.URL}, x.iss(p.URL)); !errors.Is(err, x.want) || (err == nil) != (x.want == nil) {
				t.Errorf("%v, want %v", err, x.want)
			}
		})
	}
}

// huge answers without end.
type huge struct{}

func (huge) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: endless{}, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}, nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
func (endless) Close() error { return nil }

func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	c := oidc.NewClient(time.Now, huge{})
	if err := c.Reach(t.Context(), "https://op.example"); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// FuzzIssuer: what claims to be a token is read or refused.
func FuzzIssuer(f *testing.F) {
	f.Add("a.eyJpc3MiOiJ4In0.b")
	f.Add("..")
	f.Add("a.!.b")
	f.Fuzz(func(t *testing.T, raw string) {
		issuer, err := oidc.Issuer(raw)
		if (err == nil) == (issuer == "") || err != nil && !errors.Is(err, oidc.ErrToken) {
			t.Errorf("%q %v", issuer, err)
		}
	})
}
