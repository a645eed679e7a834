package fhir

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// LoginKind is how a client makes itself known. A TLS certificate comes on top of any.
type LoginKind string

const (
	NoLogin LoginKind = "none"
	Basic   LoginKind = "basic"
	OAuth2  LoginKind = "oauth2" // client credentials, RFC 6749 section 4.4
)

// Login is the client's name and secret.
type Login struct {
	Kind     LoginKind
	Name     string // user or client id
	Secret   string
	TokenURL string
	Scopes   []string
}

// login signs requests and keeps the token.
type login struct {
	Login
	http *http.Client

	mu    sync.Mutex
	token *oauth2.Token
}

func (l *login) sign(ctx context.Context, r *http.Request) error {
	switch l.Kind {
	case Basic:
		r.SetBasicAuth(l.Name, l.Secret)
	case OAuth2:
		t, err := l.get(ctx)
		if err != nil {
			return err
		}
		t.SetAuthHeader(r)
	}
	return nil
}

// get returns a token that is valid for some seconds more.
func (l *login) get(ctx context.Context) (*oauth2.Token, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token.Valid() {
		return l.token, nil
	}
	config := clientcredentials.Config{ClientID: l.Name, ClientSecret: l.Secret, TokenURL: l.TokenURL, Scopes: l.Scopes}
	t, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, l.http))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response != nil: // its text quotes the answer
		e := &Error{Name: WrongCredentials, Where: "token", Status: refused.Response.StatusCode}
		if e.Status >= 500 {
			e.Name = ServerFailed
		}
		return nil, e
	case err != nil:
		return nil, err
	}
	l.token = t
	return t, nil
}

// drop forgets a token that the server no longer takes.
func (l *login) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.token = nil
}
