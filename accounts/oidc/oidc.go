// Package oidc signs in at an OpenID provider (OpenID Connect Core 1.0, code flow with PKCE)
// and reads what the provider says about the end of its sessions (Back-Channel Logout 1.0).
package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// What can go wrong, as far as anybody has to tell it apart.
var (
	// ErrUnavailable means that the provider cannot be reached or makes no sense.
	ErrUnavailable = errors.New("the provider is not available")
	// ErrRefused means that the provider does not take the code.
	ErrRefused = errors.New("the provider refused")
	// ErrToken means that a token is not what it should be.
	ErrToken = errors.New("the token is not valid")
	// ErrIssuer means that the answer is not of the provider that was asked (RFC 9207).
	ErrIssuer = errors.New("the answer is of another provider")
)

const (
	answerWithin = 10 * time.Second
	maxAnswer    = 1 << 20
	keepFor      = time.Hour // discovery documents
	maxKept      = 50
	skew         = time.Minute
)

// algorithms are those a provider may sign with. None of them is symmetric, and none is none.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// Config is one provider as one listener uses it.
type Config struct {
	Issuer   string
	ID       string // client id
	Secret   string // "" for a public client
	Redirect string
	Scopes   []string // beside openid
	Claims   []string // those asked of the userinfo endpoint when the token lacks them
}

// Client talks to providers. What it knows of them is kept for an hour; that one is away is
// not kept.
type Client struct {
	now  func() time.Time
	http *http.Client
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	*provider
	until time.Time
}

// provider is what its discovery document says, and its keys.
type provider struct {
	*oidc.Provider
	keys *oidc.RemoteKeySet
	// namesItself: its answers hold iss (RFC 9207 section 3), so that one without is not its own.
	namesItself bool
}

// NewClient returns a client that reaches providers through transport; nil is the usual one.
func NewClient(now func() time.Time, transport http.RoundTripper) *Client {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Client{now: now, kept: map[string]kept{}, http: &http.Client{Timeout: answerWithin, Transport: bounded{transport}}}
}

// bounded gives up on answers that are too large.
type bounded struct{ http.RoundTripper }

// RoundTrip cuts the body.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// CheckIssuer says whether an issuer may be used: https, or loopback.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("is not an address")
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	if u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return errors.New("must begin with https://")
}

// Reach reads the provider's discovery document anew.
func (c *Client) Reach(ctx context.Context, issuer string) error {
	_, err := c.discover(ctx, issuer)
	return err
}

func (c *Client) discover(ctx context.Context, issuer string) (*provider, error) {
	if err := CheckIssuer(issuer); err != nil {
		return nil, errors.Join(ErrUnavailable, err)
	}
	// The keys are fetched later on with this context, so it must outlive the request.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), c.http)
	found, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, errors.Join(ErrUnavailable, err)
	}
	var more struct {
		Keys        string `json:"jwks_uri"`
		NamesItself bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, errors.Join(ErrUnavailable, err)
	}
	p := &provider{found, oidc.NewRemoteKeySet(ctx, more.Keys), more.NamesItself}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxKept {
		clear(c.kept)
	}
	c.kept[issuer] = kept{p, c.now().Add(keepFor)}
	return p, nil
}

func (c *Client) provider(ctx context.Context, issuer string) (*provider, error) {
	c.mu.Lock()
	k, ok := c.kept[issuer]
	c.mu.Unlock()
	if ok && c.now().Before(k.until) {
		return k.provider, nil
	}
	return c.discover(ctx, issuer)
}

func (c *Client) oauth(p *provider, f Config) oauth2.Config {
	scopes := []string{oidc.ScopeOpenID}
	for _, s := range f.Scopes {
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return oauth2.Config{ClientID: f.ID, ClientSecret: f.Secret, Endpoint: p.Endpoint(), RedirectURL: f.Redirect, Scopes: scopes}
}

// Trip is what one round trip to the provider must remember.
type Trip struct {
	State, Nonce, Verifier string
	Again                  bool // the person must prove themselves anew, whatever the provider remembers
}

// Start returns where to send the browser.
func (c *Client) Start(ctx context.Context, f Config, t Trip) (string, error) {
	p, err := c.provider(ctx, f.Issuer)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if t.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	o := c.oauth(p, f)
	return o.AuthCodeURL(t.State, options...), nil
}

// Identity is whom the provider vouches for.
type Identity struct {
	Issuer, Subject, SID string
	At                   time.Time // when they proved themselves there; zero if the provider does not say
	Claims               map[string]any
}

// CheckResponse compares the iss of an authorization response, "" where it has none, before
// anything else of it is believed: a mixed-up answer of another provider, an error too, must
// not be taken for that of the one that was asked (RFC 9207 section 2.4).
func (c *Client) CheckResponse(ctx context.Context, f Config, iss string) error {
	if iss != "" && iss != f.Issuer {
		return ErrIssuer
	}
	if iss != "" {
		return nil
	}
	p, err := c.provider(ctx, f.Issuer)
	if err != nil {
		return err
	}
	if p.namesItself {
		return ErrIssuer
	}
	return nil
}

// verify checks signature, issuer and audience of a token. That the keys cannot be had says
// nothing against it.
func (c *Client) verify(ctx context.Context, p *provider, f Config, raw string, anyAge bool) (*oidc.IDToken, error) {
	keys := &asked{KeySet: p.keys}
	config := &oidc.Config{ClientID: f.ID, SupportedSigningAlgs: algorithms(), Now: c.now, SkipExpiryCheck: anyAge}
	checked, err := oidc.NewVerifier(f.Issuer, keys, config).Verify(ctx, raw)
	switch {
	case keys.away:
		return nil, ErrUnavailable
	case err != nil:
		return nil, wrongToken("signature, issuer, audience or age")
	}
	return checked, nil
}

// asked remembers of one verification whether the provider's keys could be had.
type asked struct {
	oidc.KeySet
	away bool
}

// VerifySignature asks the keys. The library flattens its errors later on, and by nothing but
// these words does it tell a provider that does not answer from a signature that is wrong.
func (a *asked) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	payload, err := a.KeySet.VerifySignature(ctx, raw)
	a.away = err != nil && strings.HasPrefix(err.Error(), "fetching keys")
	return payload, err
}

// Finish swaps the code for the identity.
func (c *Client) Finish(ctx context.Context, f Config, t Trip, code string) (Identity, error) {
	p, err := c.provider(ctx, f.Issuer)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, c.http)
	o := c.oauth(p, f)
	token, err := o.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		var answered *oauth2.RetrieveError
		if errors.As(err, &answered) && answered.Response != nil && answered.Response.StatusCode < http.StatusInternalServerError {
			return Identity{}, ErrRefused
		}
		return Identity{}, ErrUnavailable
	}
	raw, _ := token.Extra("id_token").(string)
	checked, err := c.verify(ctx, p, f, raw, false)
	if err != nil {
		return Identity{}, err
	}
	if checked.Nonce != t.Nonce || t.Nonce == "" {
		return Identity{}, wrongToken("nonce")
	}
	id := Identity{Issuer: checked.Issuer, Subject: checked.Subject, Claims: map[string]any{}}
	if err := checked.Claims(&id.Claims); err != nil || id.Subject == "" || len(id.Subject) > 255 {
		return Identity{}, ErrToken
	}
	id.SID, _ = id.Claims["sid"].(string)
	if at, ok := id.Claims["auth_time"].(float64); ok {
		id.At = time.Unix(int64(at), 0)
	}
	return c.complete(ctx, p, f, token, id)
}

// complete asks the userinfo endpoint for what the token lacks. Some providers tell groups
// only there.
func (c *Client) complete(ctx context.Context, p *provider, f Config, token *oauth2.Token, id Identity) (Identity, error) {
	lacks := slices.ContainsFunc(f.Claims, func(name string) bool { return name != "" && id.Claims[name] == nil })
	if !lacks || p.UserInfoEndpoint() == "" {
		return id, nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return id, ErrUnavailable
	}
	if info.Subject != id.Subject { // OpenID Connect Core 5.3.2: such an answer must not be used
		return id, ErrToken
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return id, ErrToken
	}
	for _, name := range f.Claims {
		if id.Claims[name] == nil && more[name] != nil {
			id.Claims[name] = more[name]
		}
	}
	return id, nil
}

// Texts reads a claim that may be one text or a list of them.
func (i Identity) Texts(claim string) []string {
	var out []string
	switch v := i.Claims[claim].(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
	case json.Number:
		return []string{v.String()}
	}
	return out
}

// Text reads a claim that is one text.
func (i Identity) Text(claim string) string {
	s, _ := i.Claims[claim].(string)
	return s
}

func wrongToken(format string, args ...any) error {
	return errors.Join(ErrToken, fmt.Errorf(format, args...))
}
