// Package oidctest is an OpenID provider in this process that does as it is told, wrong
// things too.
package oidctest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Client is what the provider knows of the only client it has.
const (
	Client = "wardline"
	Secret = "client-secret"
)

// Provider signs in whoever Claims says, without asking.
type Provider struct {
	*httptest.Server
	Now func() time.Time

	mu     sync.Mutex
	claims map[string]any // beside those of the protocol; they may override them
	info   map[string]any // of the userinfo endpoint
	header map[string]any // of tokens, overriding
	key    *rsa.PrivateKey
	codes  map[string]trip
	down   bool
	noKeys bool
	iss    string // of authorization responses; empty: they have none
	names  bool   // what discovery says about iss
}

type trip struct{ nonce, challenge, redirect, prompt string }

// New starts a provider that ends with the test.
func New(tb testing.TB) *Provider {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Provider{Now: time.Now, key: key, codes: map[string]trip{}, claims: map[string]any{"sub": "subject-1"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		info := map[string]any{"sub": p.claims["sub"]}
		maps.Copy(info, p.info)
		write(w, info)
	})
	mux.HandleFunc("GET /keys", p.keys)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.isDown() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(p.Close)
	return p
}

// Says sets the claims of those who sign in next.
func (p *Provider) Says(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = maps.Clone(claims)
}

// Tells sets what the userinfo endpoint answers.
func (p *Provider) Tells(info map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.info = maps.Clone(info)
}

// Heads overrides the header of tokens, whose signature is then left out for "none".
func (p *Provider) Heads(header map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.header = maps.Clone(header)
}

// Down makes it answer nothing, or again.
func (p *Provider) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// HidesKeys makes it answer everything but where its keys are asked for, or that too again.
func (p *Provider) HidesKeys(hides bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noKeys = hides
}

// NamesItself makes it announce that its authorization responses say whose they are
// (RFC 9207), and say iss in them; "" says nothing.
func (p *Provider) NamesItself(announces bool, iss string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names, p.iss = announces, iss
}

func (p *Provider) isDown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	write(w, map[string]any{
		"authorization_response_iss_parameter_supported": p.names,
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "userinfo_endpoint": p.URL + "/userinfo",
		"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.noKeys {
		http.Error(w, "no keys now", http.StatusServiceUnavailable)
		return
	}
	write(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("client_id") != Client {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = trip{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("prompt")}
	answer := url.Values{"code": {code}, "state": {q.Get("state")}, "session_state": {"x"}}
	if p.iss != "" {
		answer.Set("iss", p.iss)
	}
	p.mu.Unlock()
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	t, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	more := p.claims
	p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || b64(sum[:]) != t.challenge || r.PostFormValue("redirect_uri") != t.redirect || id != Client || secret != Secret {
		w.WriteHeader(http.StatusBadRequest)
		write(w, map[string]any{"error": "invalid_grant"})
		return
	}
	now := p.Now()
	claims := map[string]any{"iss": p.URL, "aud": Client, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "nonce": t.nonce}
	if t.prompt == "login" {
		claims["auth_time"] = now.Unix()
	}
	maps.Copy(claims, more)
	write(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": p.Sign(claims)})
}

// Sign makes a token of claims.
func (p *Provider) Sign(claims map[string]any) string {
	p.mu.Lock()
	header := map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}
	maps.Copy(header, p.header)
	p.mu.Unlock()
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	signed := b64(h) + "." + b64(c)
	if header["alg"] == "none" {
		return signed + "."
	}
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + b64(signature)
}

// LogoutToken makes one that is right but for what more says; a nil value leaves a claim out.
func (p *Provider) LogoutToken(more map[string]any) string {
	claims := map[string]any{
		"iss": p.URL, "aud": Client, "iat": p.Now().Unix(), "exp": p.Now().Add(2 * time.Minute).Unix(), "jti": rand.Text(), "sub": "subject-1",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	for name, v := range more {
		claims[name] = v
		if v == nil {
			delete(claims, name)
		}
	}
	return p.Sign(claims)
}

// Visit goes to a provider as a browser does and returns the query it comes back with.
func Visit(tb testing.TB, target string) url.Values {
	tb.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	res, err := client.Get(target)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		tb.Fatalf("%s: %v", res.Status, err)
	}
	return back.Query()
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
