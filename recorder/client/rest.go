package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

const (
	prefix     = "/api/v1"
	cookieName = "__Host-wardline"
	callBound  = 20 * time.Second
	maxAnswer  = 64 << 20 // an answer may hold 256 key packages or rejoins
	maxProblem = 64 << 10
)

// API makes the calls. It may be used by several goroutines.
type API struct {
	base *url.URL
	http *http.Client

	mu      sync.Mutex
	session string
}

// New returns an API of a hub, whose base is the address of the chat listener. The transport
// may be nil.
func New(base string, transport http.RoundTripper) (*API, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("client: the hub's address is not a URL")
	}
	return &API{base: &url.URL{Scheme: u.Scheme, Host: u.Host}, http: &http.Client{
		Transport:     transport,
		Timeout:       callBound,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Session is the secret of the session, to be kept sealed.
func (a *API) Session() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session
}

// Resume goes on with a session of before.
func (a *API) Resume(session string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = session
}

// problem is the hub's answer to what it refuses.
type problem struct {
	Code string `json:"code"`
}

func (a *API) post(ctx context.Context, path string, in, out any) error {
	return a.call(ctx, http.MethodPost, path, in, out)
}

func (a *API) get(ctx context.Context, path string, out any) error {
	return a.call(ctx, http.MethodGet, path, nil, out)
}

// call makes one call. What the hub refuses comes back as a *hub.Error with its code; what did
// not get through, or got no answer, has the kind Unavailable, and may have taken effect.
func (a *API) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base.String()+prefix+path, body)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	a.head(req.Header)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := a.http.Do(req)
	if err != nil {
		return away(method, err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return refusal(method, res)
	}
	a.keepSession(res)
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(out); err != nil {
		return away(method, err)
	}
	return nil
}

// head sets what a browser on the hub's own page would send.
func (a *API) head(h http.Header) {
	h.Set("Origin", a.base.String())
	if s := a.Session(); s != "" {
		h.Set("Cookie", cookieName+"="+s)
	}
}

// keepSession reads the cookie by hand: a cookie jar rightly keeps a Secure one from plain
// HTTP, which is how the recorder reaches a hub on the same machine.
func (a *API) keepSession(res *http.Response) {
	for _, c := range res.Cookies() {
		if c.Name == cookieName {
			a.Resume(c.Value)
		}
	}
}

// away says that it is not known what became of a call. The cause is left out: it quotes URLs.
func away(method string, err error) error {
	code := "away"
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		code = "certificate"
	case errors.Is(err, context.DeadlineExceeded):
		code = "timeout"
	}
	return &hub.Error{Op: "client." + method, Kind: hub.Unavailable, Code: code}
}

func refusal(method string, res *http.Response) error {
	var p problem
	if json.NewDecoder(io.LimitReader(res.Body, maxProblem)).Decode(&p) != nil {
		p.Code = ""
	}
	return &hub.Error{Op: "client." + method, Kind: kindOf(res.StatusCode), Code: Clean(p.Code)}
}

// Clean lets only a code through: it reaches logs.
func Clean(code string) string {
	if len(code) > 40 {
		return ""
	}
	for _, c := range code {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return ""
		}
	}
	return code
}

func kindOf(status int) hub.Kind {
	switch status {
	case http.StatusUnauthorized:
		return hub.Unauthenticated
	case http.StatusForbidden:
		return hub.Forbidden
	case http.StatusNotFound:
		return hub.NotFound
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusGone:
		return hub.Conflict
	case http.StatusTooManyRequests:
		return hub.TooMany
	}
	if status/100 == 4 && status != http.StatusRequestTimeout {
		return hub.Invalid
	}
	return hub.Unavailable // of a proxy or a hub in trouble: nobody knows what happened
}
