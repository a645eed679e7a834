// Package passkey registers and checks passkeys (W3C WebAuthn level 3) for one relying
// party. It keeps nothing: what a ceremony must remember is handed out and taken back.
package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ErrRefused is every answer of an authenticator that does not hold: another origin,
// another relying party, another challenge, no user verification, a wrong signature.
var ErrRefused = errors.New("the passkey was refused")

// Party is a relying party: a host name and the origin of its pages.
type Party struct {
	Host string
	w    *webauthn.WebAuthn
}

// New returns the party of the pages at an address such as https://chat.example.org. It is
// nil without an error where there can be none: WebAuthn knows no IP addresses.
func New(name, address string) (*Party, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("read address of pages: %w", errors.Join(err, errors.New("no host")))
	}
	host := u.Hostname()
	if net.ParseIP(host) != nil {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys: %w", err)
	}
	return &Party{Host: host, w: w}, nil
}

// User is whose passkeys are spoken of.
type User struct {
	Handle []byte // given back by the authenticator; tells nothing of the person
	Login  string
	Name   string
	Keys   []Key
}

// Key is one registered passkey. Data is opaque to everybody else.
type Key struct {
	Credential []byte
	Data       []byte
}

// Registering begins: options go to the browser, state comes back with its answer.
func (p *Party) Registering(u User) (options, state []byte, err error) {
	known, err := u.known()
	if err != nil {
		return nil, nil, err
	}
	exclude := make([]protocol.CredentialDescriptor, len(known.keys))
	for i, k := range known.keys {
		exclude[i] = k.Descriptor()
	}
	creation, session, err := p.w.BeginRegistration(known, webauthn.WithExclusions(exclude))
	if err != nil {
		return nil, nil, fmt.Errorf("begin registration: %w", err)
	}
	return both(creation.Response, session)
}

// Registered checks the browser's answer and returns the new key.
func (p *Party) Registered(u User, state, answer []byte) (Key, error) {
	session, err := sessionOf(state)
	if err != nil {
		return Key{}, err
	}
	known, err := u.known()
	if err != nil {
		return Key{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Key{}, refused(err)
	}
	made, err := p.w.CreateCredential(known, session, parsed)
	if err != nil {
		return Key{}, refused(err)
	}
	return keyOf(made)
}

// Asking begins a sign-in with whatever passkey of this party the browser holds.
func (p *Party) Asking() (options, state []byte, err error) {
	assertion, session, err := p.w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("begin sign-in: %w", err)
	}
	return both(assertion.Response, session)
}

// Answered checks the browser's answer against the user that find returns for the handle in
// it. The key comes back with its new counter; cloned says that the counter went back, as
// it does when a copy of the key is about.
func (p *Party) Answered(state, answer []byte, find func(handle []byte) (User, error)) (key Key, cloned bool, err error) {
	session, err := sessionOf(state)
	if err != nil {
		return Key{}, false, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Key{}, false, refused(err)
	}
	var failed error // of the search, which is no refusal
	_, used, err := p.w.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		u, err := find(handle)
		if err != nil {
			failed = err
			return nil, err
		}
		return u.known()
	}, session, parsed)
	if failed != nil {
		return Key{}, false, failed
	}
	if err != nil {
		return Key{}, false, refused(err)
	}
	cloned = used.Authenticator.CloneWarning
	used.Authenticator.CloneWarning = false
	key, err = keyOf(used)
	return key, cloned, err
}

// refused keeps what the library says out of answers; it may quote what was sent.
func refused(error) error { return ErrRefused }

func both(options any, session *webauthn.SessionData) ([]byte, []byte, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("write options: %w", err)
	}
	s, err := json.Marshal(session)
	if err != nil {
		return nil, nil, fmt.Errorf("write state: %w", err)
	}
	return o, s, nil
}

func sessionOf(state []byte) (webauthn.SessionData, error) {
	var s webauthn.SessionData
	if err := json.Unmarshal(state, &s); err != nil {
		return s, fmt.Errorf("read state: %w", err)
	}
	return s, nil
}

func keyOf(c *webauthn.Credential) (Key, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return Key{}, fmt.Errorf("write key: %w", err)
	}
	return Key{Credential: slices.Clone(c.ID), Data: data}, nil
}

// known is a User as the library wants it.
type known struct {
	User
	keys []webauthn.Credential
}

func (u User) known() (known, error) {
	k := known{User: u, keys: make([]webauthn.Credential, len(u.Keys))}
	for i, key := range u.Keys {
		if err := json.Unmarshal(key.Data, &k.keys[i]); err != nil {
			return k, fmt.Errorf("read key: %w", err)
		}
	}
	return k, nil
}

// WebAuthnID is the user's handle.
func (k known) WebAuthnID() []byte { return k.Handle }

// WebAuthnName tells two users of one browser apart.
func (k known) WebAuthnName() string { return k.Login }

// WebAuthnDisplayName is shown by the browser.
func (k known) WebAuthnDisplayName() string { return k.Name }

// WebAuthnCredentials are the keys that may answer.
func (k known) WebAuthnCredentials() []webauthn.Credential { return k.keys }
