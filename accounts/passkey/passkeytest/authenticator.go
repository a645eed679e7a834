// Package passkeytest is an authenticator in software: it answers as a browser with a
// platform key does, and lies where a test wants it to.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"
)

// Authenticator holds one discoverable ES256 key after Create. The other fields are what it
// says of itself, and may be changed.
type Authenticator struct {
	Origin     string
	Host       string // the relying party it believes to serve
	Count      uint32
	Unverified bool // does not say that the user was verified

	ID     []byte
	Handle []byte
	key    *ecdsa.PrivateKey
}

const (
	flagPresent  = 0x01
	flagVerified = 0x04
	flagAttested = 0x40
)

// Create answers the options of a registration.
func (a *Authenticator) Create(tb testing.TB, options []byte) []byte {
	tb.Helper()
	var o struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	a.ID = make([]byte, 16)
	rand.Read(a.ID)
	var errs [3]error
	errs[0] = json.Unmarshal(options, &o)
	a.Handle, errs[1] = base64.RawURLEncoding.DecodeString(o.User.ID)
	a.key, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(errs[:]...); err != nil {
		tb.Fatal(err)
	}
	client := a.client(tb, "webauthn.create", o.Challenge)
	attestation := cborMap(
		"fmt", cborText("none"),
		"attStmt", []byte{0xa0},
		"authData", cborBytes(append(a.data(flagAttested), a.attested()...)),
	)
	return a.answer(tb, map[string]any{"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": []string{"internal"}})
}

// Get answers the options of a sign-in.
func (a *Authenticator) Get(tb testing.TB, options []byte) []byte {
	tb.Helper()
	var o struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(options, &o); err != nil {
		tb.Fatal(err)
	}
	a.Count++
	client, data := a.client(tb, "webauthn.get", o.Challenge), a.data(0)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		tb.Fatal(err)
	}
	return a.answer(tb, map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.Handle)})
}

func (a *Authenticator) client(tb testing.TB, kind, challenge string) []byte {
	tb.Helper()
	out, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// data is authenticatorData (WebAuthn section 6.1) without what was attested.
func (a *Authenticator) data(flags byte) []byte {
	flags |= flagPresent
	if !a.Unverified {
		flags |= flagVerified
	}
	host := sha256.Sum256([]byte(a.Host))
	return binary.BigEndian.AppendUint32(append(host[:], flags), a.Count)
}

// attested is attestedCredentialData with the key in COSE form (RFC 9053).
func (a *Authenticator) attested() []byte {
	point, err := a.key.PublicKey.Bytes() // 0x04, x, y
	if err != nil {
		panic(err)
	}
	out := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(a.ID)))
	out = append(out, a.ID...)
	// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
	out = append(out, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21)
	out = append(out, cborBytes(point[1:33])...)
	return append(append(out, 0x22), cborBytes(point[33:])...)
}

func (a *Authenticator) answer(tb testing.TB, response map[string]any) []byte {
	tb.Helper()
	out, err := json.Marshal(map[string]any{
		"id": b64(a.ID), "rawId": b64(a.ID), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform",
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}

func cborText(s string) []byte  { return append(cborHead(3, len(s)), s...) }
func cborBytes(b []byte) []byte { return append(cborHead(2, len(b)), b...) }

// cborMap takes names and encoded values in turn.
func cborMap(pairs ...any) []byte {
	out := cborHead(5, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		out = append(append(out, cborText(pairs[i].(string))...), pairs[i+1].([]byte)...)
	}
	return out
}
