package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// Service signs people in and keeps their sessions and devices.
type Service struct {
	store  Store
	now    func() time.Time
	hasher *hasher
	limits *limiter
}

// New returns the service over store; now is the clock of all its time limits.
func New(store Store, now func() time.Time) (*Service, error) {
	h, err := newHasher()
	if err != nil {
		return nil, err
	}
	return &Service{store: store, now: now, hasher: h, limits: newLimiter(now)}, nil
}

// Place is where a sign-in comes from. Address is the remote address without port.
type Place struct {
	Address string
	Console bool // the console's listener: administrators only, shorter sessions
}

// wrong is the one answer to every failed proof, so that nobody learns which logins exist.
func wrong(op string) error { return hub.E(op, hub.Unauthenticated, "wrong", "") }

// SignIn checks login and password. The answer to an unknown login, a locked account and a
// wrong password is the same, after the same work. The console admits administrators only:
// Forbidden "not_admin", told after the password was right.
func (s *Service) SignIn(ctx context.Context, clinic hub.ClinicID, login, password string, at Place) (Session, string, error) {
	const op = "accounts.sign_in"
	login = normalLogin(login)
	attempt, err := s.limits.begin(op, clinic, login, at.Address)
	if err != nil {
		return Session{}, "", err
	}
	c, err := s.store.CredentialsByLogin(ctx, clinic, login)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		attempt.void()
		return Session{}, "", fmt.Errorf("look up login: %w", err)
	}
	ok, err := s.hasher.matches(ctx, password, c.Hash)
	if err != nil {
		attempt.void()
		return Session{}, "", err
	}
	if !ok || c.Account.State != Active {
		return Session{}, "", wrong(op)
	}
	attempt.succeeded()
	return s.open(ctx, op, c.Account, at)
}

// Activate sets the first password (or, after a new code, another one) with a one-time
// code. Unauthenticated "wrong" for any mismatch; Conflict "expired" when the code was
// right but is too old or was tried too often; Invalid "weak" for a poor password, before
// the code is looked at.
func (s *Service) Activate(ctx context.Context, clinic hub.ClinicID, login, code, password string, at Place) (Session, string, error) {
	const op = "accounts.activate"
	login = normalLogin(login)
	if err := checkPassword(op, login, password); err != nil {
		return Session{}, "", err
	}
	attempt, err := s.limits.begin(op, clinic, login, at.Address)
	if err != nil {
		return Session{}, "", err
	}
	a, err := s.redeem(ctx, op, clinic, login, code, password)
	if err != nil {
		if hub.KindOf(err) != hub.Unauthenticated {
			attempt.void()
		}
		return Session{}, "", err
	}
	attempt.succeeded()
	return s.open(ctx, op, a, at)
}

// redeem proves the code and swaps it for the password.
func (s *Service) redeem(ctx context.Context, op string, clinic hub.ClinicID, login, code, password string) (Account, error) {
	a, c, err := s.store.TryCode(ctx, clinic, login)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return a, fmt.Errorf("look up code: %w", err)
	}
	ok, err := s.hasher.matches(ctx, normalCode(code), c.Hash)
	if err != nil {
		return a, err
	}
	if !ok || a.State == Locked {
		return a, wrong(op)
	}
	if c.Attempts > maxCodeAttempts || !s.now().Before(c.Expires) {
		return a, hub.E(op, hub.Conflict, "expired", "")
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return a, err
	}
	used, err := s.store.UseCode(ctx, clinic, a.ID, c.Hash, hash)
	if err != nil {
		return a, fmt.Errorf("use code: %w", err)
	}
	if !used {
		return a, wrong(op)
	}
	a.State = Active
	return a, nil
}

// FollowLink signs in with a one-time link; its token names the clinic. Unauthenticated
// "expired" for every link that does not work.
func (s *Service) FollowLink(ctx context.Context, token string, at Place) (Session, string, error) {
	const op = "accounts.follow_link"
	expired := hub.E(op, hub.Unauthenticated, "expired", "")
	clinic, hash, ok := parseToken(token)
	if !ok {
		return Session{}, "", expired
	}
	level := hub.Level("")
	if at.Console {
		level = hub.LevelAdmin
	}
	a, err := s.store.TakeLink(ctx, clinic, hash, s.now(), level)
	if hub.KindOf(err) == hub.NotFound {
		return Session{}, "", expired
	}
	if err != nil {
		return Session{}, "", fmt.Errorf("take link: %w", err)
	}
	return s.open(ctx, op, a, at)
}

// IssueCode makes the account's activation code, replacing an older one. The code is
// returned here and never again. Conflict "locked" for locked accounts.
func (s *Service) IssueCode(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (code string, expires time.Time, err error) {
	code, expires = newCode(), s.now().Add(codeLife)
	hash, err := s.hasher.hash(ctx, code)
	if err != nil {
		return "", expires, err
	}
	return code, expires, s.store.PutCode(ctx, clinic, user, Code{Hash: hash, Expires: expires})
}

// IssueLink makes the token of a sign-in link that works once within ttl, or any number of
// times when reusable: that is for the demo on loopback only.
func (s *Service) IssueLink(ctx context.Context, clinic hub.ClinicID, user hub.UserID, ttl time.Duration, reusable bool) (string, error) {
	token, hash := newToken(clinic)
	return token, s.store.PutLink(ctx, clinic, hash, Link{User: user, Expires: s.now().Add(ttl), Reusable: reusable})
}

// EnsureAdmin makes sure that somebody can administer the clinic. While no administrator
// has a password it returns the token of a fresh set-up link (24 h) for the break-glass
// account "admin"; afterwards "".
func (s *Service) EnsureAdmin(ctx context.Context, clinic hub.ClinicID) (string, error) {
	a, ready, err := s.store.BreakGlass(ctx, clinic)
	if err != nil || ready {
		return "", err
	}
	return s.IssueLink(ctx, clinic, a.ID, setupLinkLife, false)
}

// Find returns the account with a login, for command lines and the demo.
func (s *Service) Find(ctx context.Context, clinic hub.ClinicID, login string) (Account, error) {
	c, err := s.store.CredentialsByLogin(ctx, clinic, normalLogin(login))
	return c.Account, err
}

// SetPassword sets the password of the session's own account, and ends its other sessions.
// current is the password so far; an account without one needs none. Unauthenticated
// "wrong" when it does not match, with the same limits as a sign-in.
func (s *Service) SetPassword(ctx context.Context, of Session, current, password string, at Place) error {
	if of.Account.HasPassword {
		if err := s.confirm(ctx, of, current, at); err != nil {
			return err
		}
	}
	if err := checkPassword("accounts.set_password", of.Account.Login, password); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.SetPassword(ctx, of.Clinic, of.Account.ID, hash, of.ID)
}

// confirm checks that whoever holds the session also knows its password.
func (s *Service) confirm(ctx context.Context, of Session, password string, at Place) error {
	const op = "accounts.confirm"
	try, err := s.limits.begin(op, of.Clinic, of.Account.Login, at.Address)
	if err != nil {
		return err
	}
	c, err := s.store.CredentialsByLogin(ctx, of.Clinic, of.Account.Login)
	if err != nil {
		try.void()
		return fmt.Errorf("read credentials: %w", err)
	}
	ok, err := s.hasher.matches(ctx, password, c.Hash)
	if err != nil {
		try.void()
		return err
	}
	if !ok {
		return wrong(op)
	}
	try.succeeded()
	return nil
}

// Lock sets the administrator's lock, which no source ever lifts; open sessions end at
// once on every node.
func (s *Service) Lock(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error {
	return s.store.SetLockedHere(ctx, clinic, user, true)
}

// Unlock lifts the administrator's lock; a source's lock stays.
func (s *Service) Unlock(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error {
	return s.store.SetLockedHere(ctx, clinic, user, false)
}

// normalLogin makes what people type comparable: case and outer spaces do not matter.
func normalLogin(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.ToValidUTF8(s[:min(len(s), maxLogin)], "")
}

// newToken returns <clinic>.<256 random bits> and the hash that is stored of it.
func newToken(clinic hub.ClinicID) (string, [32]byte) {
	var b [32]byte
	rand.Read(b[:])
	token := string(clinic) + "." + base64.RawURLEncoding.EncodeToString(b[:])
	return token, sha256.Sum256([]byte(token))
}

// parseToken returns the clinic a token claims and the hash to look it up by. 256 random
// bits need no slow hash.
func parseToken(token string) (hub.ClinicID, [32]byte, bool) {
	clinic, secret, ok := strings.Cut(token, ".")
	if !ok || len(secret) != 43 || !hub.ValidID(clinic) {
		return "", [32]byte{}, false
	}
	return hub.ClinicID(clinic), sha256.Sum256([]byte(token)), true
}

const (
	maxLogin      = 255 // bytes
	setupLinkLife = 24 * time.Hour
)
