package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/accounts/oidc"
	"github.com/wardline/wardline/accounts/passkey"
	"github.com/wardline/wardline/hub"
)

// Service signs people in and keeps their sessions and devices.
type Service struct {
	store  Store
	ways   Ways
	binder Binder
	mailer Mailer
	now    func() time.Time
	demo   bool
	sites  [2]site // chat, console
	oidc   *oidc.Client
	hasher *hasher
	limits *limiter
	begun  *begun
}

// Options is what a Service is made of.
type Options struct {
	Store  Store
	Ways   Ways
	Binder Binder           // nil: there is no directory to ask
	Mailer Mailer           // nil: nobody can be sent a code
	Now    func() time.Time // the clock of all time limits
	Demo   bool             // links sign in without a second factor
	// Name is shown by browsers beside passkeys; the addresses are those of the listeners'
	// pages. Without one there are no passkeys and no providers at that listener.
	Name, ChatURL, ConsoleURL string
	Transport                 http.RoundTripper // to providers; nil is the usual one
}

// site is one listener as browsers know it.
type site struct {
	url   string
	party *passkey.Party // nil: reached by an IP address, which WebAuthn does not know
}

// New returns the service.
func New(o Options) (*Service, error) {
	h, err := newHasher()
	if err != nil {
		return nil, err
	}
	s := &Service{store: o.Store, ways: o.Ways, binder: o.Binder, mailer: o.Mailer, now: o.Now, demo: o.Demo,
		oidc: oidc.NewClient(o.Now, o.Transport), hasher: h, limits: newLimiter(o.Now), begun: newBegun(o.Now)}
	for i, address := range []string{o.ChatURL, o.ConsoleURL} {
		if address == "" {
			continue
		}
		s.sites[i].url = strings.TrimRight(address, "/")
		if s.sites[i].party, err = passkey.New(o.Name, address); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Service) site(at Place) site {
	if at.Console {
		return s.sites[1]
	}
	return s.sites[0]
}

// Place is where a sign-in comes from. Address is the remote address without port.
type Place struct {
	Address string
	Console bool   // the console's listener: administrators only, shorter sessions
	Agent   string // what the browser calls itself, to tell sessions apart
}

// wrong is the one answer to every failed proof, so that nobody learns which logins exist.
func wrong(op string) error { return hub.E(op, hub.Unauthenticated, "wrong", "") }

// Login is what somebody types to sign in. OTP is the code of an authenticator app or a
// recovery code, where one is asked for.
type Login struct {
	Login, Password, OTP string
}

// SignIn checks login and password. The answer to an unknown login, a locked account and a
// wrong password is the same, after the same work. "otp_needed" and "otp_wrong" are told
// after the password was right, as is Forbidden "not_admin" at the console. Unavailable
// "directory_unavailable" means that only the directory could have said more.
func (s *Service) SignIn(ctx context.Context, clinic hub.ClinicID, l Login, at Place) (Session, string, error) {
	const op = "accounts.sign_in"
	l.Login = normalLogin(l.Login)
	attempt, err := s.limits.begin(op, clinic, l.Login, at.Address)
	if err != nil {
		return Session{}, "", err
	}
	policy, _, err := s.ways.SignInPolicy(ctx, clinic)
	if err != nil {
		attempt.void()
		return Session{}, "", err
	}
	a, proof, err := s.prove(ctx, op, clinic, l, policy)
	if err != nil {
		if k := hub.KindOf(err); isCode(err, "otp_needed") || k != hub.Unauthenticated && k != hub.Unavailable {
			attempt.void()
		}
		return Session{}, "", err
	}
	attempt.succeeded()
	if err := s.allowed(op, a, at); err != nil {
		return Session{}, "", err
	}
	if a.State == Invited {
		if err := s.ways.Activate(ctx, clinic, a.ID); err != nil {
			return Session{}, "", err
		}
		a.State = Active
	}
	must, err := s.demand(ctx, policy, a, at, proof)
	if err != nil {
		return Session{}, "", err
	}
	return s.open(ctx, op, a, at, must, proof)
}

// prove checks everything somebody has typed to sign in.
func (s *Service) prove(ctx context.Context, op string, clinic hub.ClinicID, l Login, policy SignInPolicy) (Account, Proof, error) {
	a, means, err := s.provePassword(ctx, op, clinic, l, policy)
	if err != nil {
		return a, Proof{}, err
	}
	all, err := s.proveMore(ctx, op, a, means, l.OTP)
	return a, Proof{Means: all}, err
}

// proveMore asks for the second factor once the first has held.
func (s *Service) proveMore(ctx context.Context, op string, a Account, first Means, otp string) ([]Means, error) {
	more, err := s.proveOTP(ctx, op, a, otp)
	if err != nil {
		return nil, err
	}
	return append([]Means{first}, more...), nil
}

// provePassword asks the local password first and then the directory. Whoever is locked here
// stays out, whatever the directory says.
func (s *Service) provePassword(ctx context.Context, op string, clinic hub.ClinicID, l Login, policy SignInPolicy) (Account, Means, error) {
	a, ok, err := s.ownPassword(ctx, clinic, l.Login, l.Password)
	if err != nil {
		return Account{}, "", err
	}
	if ok {
		return a, ByPassword, nil
	}
	if !s.asksDirectory(policy, l.Password) {
		return Account{}, "", wrong(op)
	}
	source, key, err := s.binder.Bind(ctx, clinic, l.Login, l.Password)
	if err != nil {
		return Account{}, "", directoryError(op, err)
	}
	a, err = s.ways.AccountBySource(ctx, clinic, source, key)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return Account{}, "", fmt.Errorf("look up whom the directory means: %w", err)
	}
	if err != nil || a.State == Locked {
		return Account{}, "", wrong(op)
	}
	return a, ByDirectory, nil
}

// ownPassword checks the password that is kept here.
func (s *Service) ownPassword(ctx context.Context, clinic hub.ClinicID, login, password string) (Account, bool, error) {
	c, err := s.store.CredentialsByLogin(ctx, clinic, login)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return Account{}, false, fmt.Errorf("look up login: %w", err)
	}
	ok, err := s.hasher.matches(ctx, password, c.Hash)
	return c.Account, ok && c.Account.State == Active, err
}

// asksDirectory is whether a password may be the directory's.
func (s *Service) asksDirectory(policy SignInPolicy, password string) bool {
	return s.binder != nil && policy.Directory && password != "" && len(password) <= maxPassword
}

// directoryError is what is told of a directory that did not say yes.
func directoryError(op string, err error) error {
	if hub.KindOf(err) == hub.Unauthenticated {
		return wrong(op)
	}
	return hub.E(op, hub.Unavailable, "directory_unavailable", "")
}

// allowed is whether an account may be signed in at a listener at all.
func (s *Service) allowed(op string, a Account, at Place) error {
	if at.Console && a.Level != hub.LevelAdmin {
		return hub.E(op, hub.Forbidden, "not_admin", "")
	}
	return nil
}

// demand is what a session must set up first. The break-glass administrator is nobody in
// particular and has to come in when everything else fails; a provider answers for its own.
func (s *Service) demand(ctx context.Context, policy SignInPolicy, a Account, at Place, proof Proof) (Must, error) {
	if s.demo || a.Person == "" || slices.Contains(proof.Means, ByPasskey) {
		return "", nil
	}
	if at.Console && policy.AdminPasskey == passkeyRequired && s.site(at).party != nil {
		return MustPasskey, nil
	}
	second := slices.ContainsFunc(proof.Means, func(m Means) bool { return m == ByOTP || m == ByRecovery || m == ByProvider })
	if !policy.demands(a) || second {
		return "", nil
	}
	has, err := s.ways.Factors(ctx, a.Clinic, a.ID)
	if err != nil {
		return "", err
	}
	if s.keysHere(has.Passkeys, at) > 0 {
		return MustPasskey, nil
	}
	return MustSecondFactor, nil
}

func isCode(err error, code string) bool {
	var e *hub.Error
	return errors.As(err, &e) && e.Code == code
}

// Activate sets the first password (or, after a new code, another one) with a one-time
// code. Without a password the session has to set up something lasting before it is of use.
// Unauthenticated "wrong" for any mismatch; Conflict "expired" when the code was right but
// is too old or was tried too often; Invalid "weak" for a poor password, before the code is
// looked at.
func (s *Service) Activate(ctx context.Context, clinic hub.ClinicID, login, code, password string, at Place) (Session, string, error) {
	const op = "accounts.activate"
	login = normalLogin(login)
	if password != "" {
		if err := checkPassword(op, login, password); err != nil {
			return Session{}, "", err
		}
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
	proof, must := Proof{Means: []Means{ByCode}}, MustCredential
	if a.HasPassword {
		policy, _, err := s.ways.SignInPolicy(ctx, clinic)
		if err != nil {
			return Session{}, "", err
		}
		if must, err = s.demand(ctx, policy, a, at, proof); err != nil {
			return Session{}, "", err
		}
	}
	return s.open(ctx, op, a, at, must, proof)
}

// redeem proves the code and swaps it for the password, if there is one.
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
	hash := ""
	if password != "" {
		if hash, err = s.hasher.hash(ctx, password); err != nil {
			return a, err
		}
	}
	used, err := s.store.UseCode(ctx, clinic, a.ID, c.Hash, hash)
	if err != nil {
		return a, fmt.Errorf("use code: %w", err)
	}
	if !used {
		return a, wrong(op)
	}
	// A code that sets no password takes the former one away: somebody else may know it.
	a.State, a.HasPassword = Active, password != ""
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
	proof := Proof{Means: []Means{ByLink}}
	policy, _, err := s.ways.SignInPolicy(ctx, clinic)
	if err != nil {
		return Session{}, "", err
	}
	must, err := s.demand(ctx, policy, a, at, proof)
	if err != nil {
		return Session{}, "", err
	}
	return s.open(ctx, op, a, at, must, proof)
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
// current is the password so far; an account without one needs none, but a young proof by
// what it has instead: Forbidden "step_up". Unauthenticated "wrong" when it does not match,
// with the same limits as a sign-in.
func (s *Service) SetPassword(ctx context.Context, of Session, current, password string, at Place) error {
	if of.Account.HasPassword {
		if err := s.confirm(ctx, of, current, at); err != nil {
			return err
		}
	} else if err := s.young(ctx, of); err != nil {
		return err
	}
	if err := checkPassword("accounts.set_password", of.Account.Login, password); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := s.store.SetPassword(ctx, of.Clinic, of.Account.ID, hash, of.ID); err != nil {
		return err
	}
	if of.Must != MustCredential {
		return nil
	}
	return s.settle(ctx, of, at)
}

// young refuses a first password to a session whose proof is old: whoever finds a browser
// left open would make themselves a way in that passes every step-up from then on. Who has
// nothing to prove themselves by, having come by a link or a code, must be able to begin.
func (s *Service) young(ctx context.Context, of Session) error {
	if of.Fresh || s.demo {
		return nil
	}
	has, err := s.ways.Factors(ctx, of.Clinic, of.Account.ID)
	if err != nil {
		return err
	}
	if len(has.Passkeys) == 0 && len(has.Links) == 0 && !slices.Contains(of.Proof.Means, ByDirectory) {
		return nil
	}
	return hub.E("accounts.set_password", hub.Forbidden, "step_up", "")
}

// settle asks again what a session must still set up, once it has set up something.
func (s *Service) settle(ctx context.Context, of Session, at Place) error {
	policy, _, err := s.ways.SignInPolicy(ctx, of.Clinic)
	if err != nil {
		return err
	}
	if of.Must, err = s.demand(ctx, policy, of.Account, at, of.Proof); err != nil {
		return err
	}
	return s.ways.SetProof(ctx, of)
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
