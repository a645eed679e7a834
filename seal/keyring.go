package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrSealed means that a sealed record cannot be opened: wrong key, wrong place or changed
// bytes. Which of them it was cannot be told.
var ErrSealed = errors.New("sealed record cannot be opened")

const (
	keyBytes   = 32
	keyIDBytes = 4
	nonceBytes = 12
)

// Keyring seals records at rest with AES-256-GCM (NIST SP 800-38D). The first key seals,
// every key opens, so that a key can be replaced without rewriting what is stored.
//
// A sealed record is: version 0x01, key id (4 bytes), nonce (12 bytes), ciphertext and tag.
type Keyring struct {
	keys []ringKey
}

type ringKey struct {
	id   [keyIDBytes]byte
	aead cipher.AEAD
	mac  []byte
}

// ParseKeyring reads keys in base64, 32 bytes each, one a line; the first one seals.
// Blank lines and lines starting with # are passed over.
func ParseKeyring(text string) (*Keyring, error) {
	r := &Keyring{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		k, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("read key %d: %w", len(r.keys)+1, err)
		}
		r.keys = append(r.keys, k)
	}
	if len(r.keys) == 0 {
		return nil, errors.New("read keyring: no key")
	}
	return r, nil
}

// NewKey returns a line for ParseKeyring holding a fresh random key.
func NewKey() string {
	var b [keyBytes]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

func parseKey(line string) (ringKey, error) {
	secret, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		return ringKey{}, errors.New("not base64")
	}
	if len(secret) != keyBytes {
		return ringKey{}, fmt.Errorf("%d bytes instead of %d", len(secret), keyBytes)
	}
	var k ringKey
	sum := sha256.Sum256(append([]byte("wardline key id\x00"), secret...))
	copy(k.id[:], sum[:])
	boxKey, err := hkdf.Key(sha256.New, secret, nil, "wardline box v1", keyBytes)
	if err != nil {
		return ringKey{}, err
	}
	if k.mac, err = hkdf.Key(sha256.New, secret, nil, "wardline mac v1", keyBytes); err != nil {
		return ringKey{}, err
	}
	block, err := aes.NewCipher(boxKey)
	if err != nil {
		return ringKey{}, err
	}
	k.aead, err = cipher.NewGCM(block)
	return k, err
}

// Seal encrypts plain. The same place must be given to Open: it names where the record
// lives ("message/<id>"), so that a record moved elsewhere in the database does not open.
func (r *Keyring) Seal(place string, plain []byte) []byte {
	k := r.keys[0]
	out := make([]byte, 1+keyIDBytes+nonceBytes, 1+keyIDBytes+nonceBytes+len(plain)+k.aead.Overhead())
	out[0] = 1
	copy(out[1:], k.id[:])
	nonce := out[1+keyIDBytes : 1+keyIDBytes+nonceBytes]
	rand.Read(nonce)
	return k.aead.Seal(out, nonce, plain, []byte(place))
}

// Open decrypts what Seal returned for the same place, or returns ErrSealed.
func (r *Keyring) Open(place string, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+keyIDBytes+nonceBytes || sealed[0] != 1 {
		return nil, ErrSealed
	}
	id, rest := sealed[1:1+keyIDBytes], sealed[1+keyIDBytes:]
	for _, k := range r.keys {
		if string(k.id[:]) != string(id) {
			continue
		}
		plain, err := k.aead.Open(nil, rest[:nonceBytes], rest[nonceBytes:], []byte(place))
		if err != nil {
			return nil, ErrSealed
		}
		return plain, nil
	}
	return nil, ErrSealed
}

// MAC returns a keyed hash of data (HMAC-SHA256, RFC 2104) under a name of its own, for
// looking things up that must not stand in the database readably. It uses the last key
// of the ring: look-up values stay the same when a new sealing key is put in front.
func (r *Keyring) MAC(domain, data string) []byte {
	h := hmac.New(sha256.New, r.keys[len(r.keys)-1].mac)
	h.Write([]byte(domain))
	h.Write([]byte{0})
	h.Write([]byte(data))
	return h.Sum(nil)
}
