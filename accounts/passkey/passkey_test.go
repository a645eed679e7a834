package passkey_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/wardline/wardline/accounts/passkey"
	"github.com/wardline/wardline/accounts/passkey/passkeytest"
)

const (
	host   = "console.klinik.example"
	origin = "https://" + host + ":8443"
)

// bench is a party, a person and their authenticator.
type bench struct {
	*testing.T
	party *passkey.Party
	user  passkey.User
	auth  *passkeytest.Authenticator
}

func newBench(t *testing.T) *bench {
	t.Helper()
	p, err := passkey.New("Klinikum", origin)
	if err != nil || p.Host != host {
		t.Fatalf("%+v %v", p, err)
	}
	return &bench{t, p, passkey.User{Handle: []byte("0199"), Login: "eva", Name: "Eva"}, &passkeytest.Authenticator{Origin: origin, Host: host}}
}

func (b *bench) register() error {
	b.Helper()
	options, state, err := b.party.Registering(b.user)
	if err != nil {
		b.Fatal(err)
	}
	key, err := b.party.Registered(b.user, state, b.auth.Create(b, options))
	if err == nil {
		b.user.Keys = append(b.user.Keys, key)
	}
	return err
}

func (b *bench) find(handle []byte) (passkey.User, error) {
	if !bytes.Equal(handle, b.user.Handle) {
		return passkey.User{}, passkey.ErrRefused
	}
	return b.user, nil
}

func TestRegisterAndSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.register(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		options, state, err := b.party.Asking()
		if err != nil {
			t.Fatal(err)
		}
		key, cloned, err := b.party.Answered(state, b.auth.Get(t, options), b.find)
		if err != nil || cloned || !bytes.Equal(key.Credential, b.auth.ID) {
			t.Fatalf("%v %v", cloned, err)
		}
		b.user.Keys[0] = key
	}
	b.auth.Count = 0 // as of a copy made before the last uses
	options, state, _ := b.party.Asking()
	if _, cloned, err := b.party.Answered(state, b.auth.Get(t, options), b.find); err != nil || !cloned {
		t.Errorf("a counter that went back: cloned %v, %v", cloned, err)
	}
}

func TestRegistrationIsRefused(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(b *bench){
		"another origin":        func(b *bench) { b.auth.Origin = "https://console.klinik.evil" },
		"another port":          func(b *bench) { b.auth.Origin = "https://" + host + ":9000" },
		"plain http":            func(b *bench) { b.auth.Origin = "http://" + host + ":8443" },
		"another relying party": func(b *bench) { b.auth.Host = "klinik.evil" },
		"user not verified":     func(b *bench) { b.auth.Unverified = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			lie(b)
			if err := b.register(); !errors.Is(err, passkey.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnswerIsRefused(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(b *bench) (options []byte){
		"another origin":        func(b *bench) []byte { b.auth.Origin = "https://klinik.evil"; return nil },
		"another relying party": func(b *bench) []byte { b.auth.Host = "klinik.evil"; return nil },
		"user not verified":     func(b *bench) []byte { b.auth.Unverified = true; return nil },
		"another challenge":     func(b *bench) []byte { o, _, _ := b.party.Asking(); return o },
		"unknown handle":        func(b *bench) []byte { b.auth.Handle = []byte("nobody"); return nil },
		"another credential":    func(b *bench) []byte { b.auth.ID = bytes.Repeat([]byte{1}, 16); return nil },
		"another key": func(b *bench) []byte {
			id, handle := b.auth.ID, b.auth.Handle
			o, _, _ := b.party.Registering(b.user)
			b.auth.Create(b, o)
			b.auth.ID, b.auth.Handle = id, handle
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if err := b.register(); err != nil {
				t.Fatal(err)
			}
			options, state, err := b.party.Asking()
			if err != nil {
				t.Fatal(err)
			}
			if other := lie(b); other != nil {
				options = other
			}
			if _, _, err := b.party.Answered(state, b.auth.Get(t, options), b.find); !errors.Is(err, passkey.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestSearchFailureIsNoRefusal: a database that is away must not look like a wrong key.
func TestSearchFailureIsNoRefusal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.register(); err != nil {
		t.Fatal(err)
	}
	options, state, _ := b.party.Asking()
	away := errors.New("away")
	_, _, err := b.party.Answered(state, b.auth.Get(t, options), func([]byte) (passkey.User, error) { return passkey.User{}, away })
	if !errors.Is(err, away) || errors.Is(err, passkey.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestParties(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"http://localhost:8080": "localhost", "https://chat.example.org": "chat.example.org", "http://127.0.0.1:8080": "", "https://[::1]:1": ""} {
		p, err := passkey.New("x", address)
		if err != nil || (p == nil) != (want == "") || p != nil && p.Host != want {
			t.Errorf("%s: %+v %v", address, p, err)
		}
	}
	for _, bad := range []string{"", "localhost", ":"} {
		if p, err := passkey.New("x", bad); err == nil {
			t.Errorf("%q: %+v", bad, p)
		}
	}
}

// FuzzAnswers: whatever a browser sends is refused or right, and never a fault.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA","authenticatorData":"AA","signature":"AA"}}`))
	p, err := passkey.New("x", origin)
	if err != nil {
		f.Fatal(err)
	}
	u := passkey.User{Handle: []byte("h"), Login: "l", Name: "n"}
	_, made, _ := p.Registering(u)
	_, asked, _ := p.Asking()
	f.Fuzz(func(t *testing.T, answer []byte) {
		if _, err := p.Registered(u, made, answer); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("registration: %v", err)
		}
		if _, _, err := p.Answered(asked, answer, func([]byte) (passkey.User, error) { return u, nil }); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("sign-in: %v", err)
		}
	})
}
