package accounts

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/wardline/wardline/hub"
)

// OWASP's first choice for Argon2id (46 MiB, one pass, one lane): about 40 ms here.
const (
	argonMemory     = 46 * 1024 // KiB
	argonIterations = 1
	hashersAtOnce   = 2  // sign-in storms must leave processors to alerts
	hashersWaiting  = 64 // beyond these the answer is "slow down"

	minPassword = 12   // characters
	maxPassword = 1024 // bytes: Argon2id reads them all
)

// hasher does the slow hashing, a few at a time.
type hasher struct {
	params  argon2id.Params
	running chan struct{}
	queued  chan struct{}
	dummy   string // compared to where there is no hash, so that both take the same time
}

func newHasher() (*hasher, error) {
	h := &hasher{
		params:  argon2id.Params{Memory: argonMemory, Iterations: argonIterations, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		running: make(chan struct{}, hashersAtOnce),
		queued:  make(chan struct{}, hashersAtOnce+hashersWaiting),
	}
	var err error
	h.dummy, err = argon2id.CreateHash(rand.Text(), &h.params)
	if err != nil {
		return nil, fmt.Errorf("make dummy hash: %w", err)
	}
	return h, nil
}

// do runs f when it is its turn. TooMany "slow_down" when the queue is full.
func (h *hasher) do(ctx context.Context, f func() error) error {
	select {
	case h.queued <- struct{}{}:
		defer func() { <-h.queued }()
	default:
		return hub.E("accounts.hash", hub.TooMany, "slow_down", "%w", Wait(time.Second))
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
		return f()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) hash(ctx context.Context, secret string) (out string, err error) {
	err = h.do(ctx, func() error {
		out, err = argon2id.CreateHash(secret, &h.params)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash secret: %w", err)
	}
	return out, nil
}

// matches compares a secret with a hash; an empty hash never matches and takes as long.
func (h *hasher) matches(ctx context.Context, secret, hash string) (ok bool, err error) {
	against := hash
	if hash == "" {
		against = h.dummy
	}
	if len(secret) > maxPassword {
		secret = secret[:maxPassword] // longer ones were never accepted
	}
	err = h.do(ctx, func() error {
		ok, err = argon2id.ComparePasswordAndHash(secret, against)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("compare secret: %w", err)
	}
	return ok && hash != "", nil
}

// common is what people choose when told to take twelve characters; one per line.
//
//go:embed common.txt
var common string

// checkPassword refuses passwords that are too short ("short"), too long ("long"), or
// among the first an attacker tries ("weak").
func checkPassword(op, login, password string) error {
	refuse := func(code string) error {
		return &hub.Error{Op: op, Kind: hub.Invalid, Field: "password", Code: code}
	}
	switch lower := strings.ToLower(password); {
	case utf8.RuneCountInString(password) < minPassword:
		return refuse("short")
	case len(password) > maxPassword:
		return refuse("long")
	case lower == login, slices.Contains(strings.Split(common, "\n"), lower), fewDistinct(lower):
		return refuse("weak")
	}
	return nil
}

// fewDistinct finds "aaaaaaaaaaaa" and "121212121212".
func fewDistinct(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen) < 4
}

// Activation codes are read aloud and typed from paper: no I, O, 0 or 1.
const (
	codeAlphabet    = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	codeLength      = 10 // of 32 letters: 50 bits
	codeLife        = 72 * time.Hour
	maxCodeAttempts = 10
)

func newCode() string { return randomCode(codeLength) }

func randomCode(length int) string {
	b := make([]byte, length)
	rand.Read(b)
	for i := range b {
		b[i] = codeAlphabet[b[i]%byte(len(codeAlphabet))]
	}
	return string(b)
}

// normalCode forgives case, spaces and dashes.
func normalCode(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
}
