package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/accounts/passkey"
	"github.com/wardline/wardline/hub"
)

const (
	ceremonyLife = 5 * time.Minute
	maxPasskeys  = 20

	registering = "passkey.register"
	asking      = "passkey.sign_in"
	steppingUp  = "passkey.step_up"
)

// Ceremony is what a browser needs to use a passkey, and the handle it answers under.
type Ceremony struct {
	Handle  string
	Options []byte // JSON
}

// passkeyState is what a ceremony remembers.
type passkeyState struct {
	Console bool
	Session string     // of registrations and step-ups
	User    hub.UserID // whose passkey it has to be; empty: anybody's
	Login   string     // what was typed, for the limits
	State   []byte
}

// keysHere counts the passkeys that work at a listener.
func (s *Service) keysHere(keys []Passkey, at Place) int {
	n := 0
	for _, k := range keys {
		if s.KeyWorks(k, at) {
			n++
		}
	}
	return n
}

// KeyWorks reports whether a passkey belongs to a listener.
func (s *Service) KeyWorks(k Passkey, at Place) bool {
	p := s.site(at).party
	return p != nil && p.Host == k.Host
}

// HasPasskeys reports whether pages at a host can use passkeys at all.
func (s *Service) HasPasskeys(host string, at Place) bool {
	p := s.site(at).party
	return p != nil && strings.EqualFold(p.Host, host)
}

func (s *Service) party(op string, at Place) (*passkey.Party, error) {
	if p := s.site(at).party; p != nil {
		return p, nil
	}
	return nil, hub.E(op, hub.Conflict, "no_host", "")
}

func (s *Service) passkeyUser(ctx context.Context, a Account, host string) (passkey.User, int, error) {
	has, err := s.ways.Factors(ctx, a.Clinic, a.ID)
	if err != nil {
		return passkey.User{}, 0, err
	}
	u := passkey.User{Handle: []byte(a.ID), Login: a.Login, Name: a.Name}
	for _, k := range has.Passkeys {
		if k.Host == host {
			u.Keys = append(u.Keys, k.Key)
		}
	}
	return u, len(has.Passkeys), nil
}

// BeginPasskey begins to register a passkey for the session's account. A session that has
// still to prove one cannot get on by registering another: Forbidden "passkey_needed".
func (s *Service) BeginPasskey(ctx context.Context, of Session, at Place) (Ceremony, error) {
	const op = "accounts.begin_passkey"
	p, err := s.party(op, at)
	if err != nil {
		return Ceremony{}, err
	}
	u, all, err := s.passkeyUser(ctx, of.Account, p.Host)
	if err != nil {
		return Ceremony{}, err
	}
	if of.Must == MustPasskey && len(u.Keys) > 0 {
		return Ceremony{}, hub.E(op, hub.Forbidden, "passkey_needed", "")
	}
	if all >= maxPasskeys {
		return Ceremony{}, hub.E(op, hub.Conflict, "too_many", "")
	}
	options, state, err := p.Registering(u)
	if err != nil {
		return Ceremony{}, err
	}
	return s.begin(ctx, op, of.Clinic, registering, options, passkeyState{Console: at.Console, Session: of.ID, User: of.Account.ID, State: state}, at)
}

// AddPasskey ends what BeginPasskey began. Invalid "credential" for an answer that does not
// hold; Unauthenticated "expired" for a ceremony that is over or of another session.
func (s *Service) AddPasskey(ctx context.Context, of Session, handle, name string, answer []byte, at Place) (Passkey, error) {
	const op = "accounts.add_passkey"
	p, err := s.party(op, at)
	if err != nil {
		return Passkey{}, err
	}
	state, err := s.take(ctx, op, of.Clinic, registering, handle, at)
	if err != nil {
		return Passkey{}, err
	}
	if state.Session != of.ID {
		return Passkey{}, expiredCeremony(op)
	}
	u, _, err := s.passkeyUser(ctx, of.Account, p.Host)
	if err != nil {
		return Passkey{}, err
	}
	key, err := p.Registered(u, state.State, answer)
	if errors.Is(err, passkey.ErrRefused) {
		return Passkey{}, &hub.Error{Op: op, Kind: hub.Invalid, Field: "credential", Code: "credential"}
	}
	if err != nil {
		return Passkey{}, err
	}
	k := Passkey{ID: string(hub.NewID[hub.DeviceID]()), User: of.Account.ID, Key: key, Host: p.Host, Name: name, Created: s.now()}
	if err := s.ways.PutPasskey(ctx, of.Clinic, k, maxPasskeys); err != nil {
		return Passkey{}, err
	}
	if of.Must == "" {
		return k, nil
	}
	of.Proof.Means, of.Proof.At = append(of.Proof.Means, ByPasskey), s.now()
	return k, s.settle(ctx, of, at)
}

// AskPasskey begins a sign-in by passkey, the same for every login and for none. TooMany
// "slow_down" while too many that were begun are still open.
func (s *Service) AskPasskey(ctx context.Context, clinic hub.ClinicID, login string, at Place) (Ceremony, error) {
	const op = "accounts.ask_passkey"
	p, err := s.party(op, at)
	if err != nil {
		return Ceremony{}, err
	}
	options, state, err := p.Asking()
	if err != nil {
		return Ceremony{}, err
	}
	return s.begin(ctx, op, clinic, asking, options, passkeyState{Console: at.Console, Login: normalLogin(login), State: state}, at)
}

// SignInByPasskey ends what AskPasskey began. Unauthenticated "wrong" for every answer that
// does not hold, and for a locked account.
func (s *Service) SignInByPasskey(ctx context.Context, clinic hub.ClinicID, handle string, answer []byte, at Place) (Session, string, error) {
	const op = "accounts.passkey_sign_in"
	attempt, err := s.limits.beginFrom(op, at.Address)
	if err != nil {
		return Session{}, "", err
	}
	a, err := s.answered(ctx, op, clinic, asking, "", handle, answer, at)
	if err != nil {
		if hub.KindOf(err) != hub.Unauthenticated || isCode(err, "expired") {
			attempt.void()
		}
		return Session{}, "", err
	}
	attempt.succeeded()
	if err := s.allowed(op, a, at); err != nil {
		return Session{}, "", err
	}
	return s.open(ctx, op, a, at, "", Proof{Means: []Means{ByPasskey}})
}

// answered checks a passkey's answer and returns whose it is. session is the one that has to
// have begun the ceremony, or "".
func (s *Service) answered(ctx context.Context, op string, clinic hub.ClinicID, kind, session, handle string, answer []byte, at Place) (Account, error) {
	p, err := s.party(op, at)
	if err != nil {
		return Account{}, err
	}
	state, err := s.take(ctx, op, clinic, kind, handle, at)
	if err != nil {
		return Account{}, err
	}
	if state.Session != session {
		return Account{}, expiredCeremony(op)
	}
	var a Account
	key, cloned, err := p.Answered(state.State, answer, func(userHandle []byte) (passkey.User, error) {
		found, err := s.ways.AccountsByID(ctx, clinic, validUsers(string(userHandle)))
		if err != nil {
			return passkey.User{}, fmt.Errorf("look up whose passkey it is: %w", err)
		}
		if len(found) == 0 {
			return passkey.User{}, passkey.ErrRefused
		}
		a = found[0]
		u, _, err := s.passkeyUser(ctx, a, p.Host)
		return u, err
	})
	if err != nil && !errors.Is(err, passkey.ErrRefused) {
		return Account{}, err
	}
	if err != nil || a.State != Active || state.User != "" && state.User != a.ID || state.Login != "" && state.Login != a.Login {
		return Account{}, wrong(op)
	}
	if err := s.ways.UsePasskey(ctx, clinic, key, s.now(), cloned); err != nil {
		return Account{}, err
	}
	if cloned { // somebody else has used a copy: neither is believed until it is registered anew
		return Account{}, wrong(op)
	}
	return a, nil
}

func validUsers(id string) []hub.UserID {
	if !hub.ValidID(id) {
		return nil
	}
	return []hub.UserID{hub.UserID(id)}
}

// RenamePasskey gives an own passkey another name.
func (s *Service) RenamePasskey(ctx context.Context, of Session, id, name string) error {
	return s.ways.RenamePasskey(ctx, of.Clinic, of.Account.ID, id, name)
}

// DropPasskey removes an own passkey. Conflict "last_way" when nothing else would sign its
// owner in.
func (s *Service) DropPasskey(ctx context.Context, of Session, id string) error {
	has, err := s.ways.Factors(ctx, of.Clinic, of.Account.ID)
	if err != nil {
		return err
	}
	others := slices.ContainsFunc(has.Passkeys, func(k Passkey) bool { return k.ID != id })
	if !of.Account.HasPassword && !others && len(has.Links) == 0 && !slices.Contains(of.Proof.Means, ByDirectory) {
		return hub.E("accounts.drop_passkey", hub.Conflict, "last_way", "")
	}
	return s.ways.DropPasskey(ctx, of.Clinic, of.Account.ID, id)
}

func (s *Service) begin(ctx context.Context, op string, clinic hub.ClinicID, kind string, options []byte, state passkeyState, at Place) (Ceremony, error) {
	data, err := json.Marshal(state)
	if err != nil {
		return Ceremony{}, fmt.Errorf("keep ceremony: %w", err)
	}
	handle, hash := newToken(clinic)
	c := StoredCeremony{Hash: hash, Kind: kind, Data: data, Until: s.now().Add(ceremonyLife)}
	if err := s.keepCeremony(ctx, op, clinic, c, state.User, at); err != nil {
		return Ceremony{}, err
	}
	return Ceremony{handle, options}, nil
}

func (s *Service) take(ctx context.Context, op string, clinic hub.ClinicID, kind, handle string, at Place) (passkeyState, error) {
	var state passkeyState
	of, hash, ok := parseToken(handle)
	if !ok || of != clinic {
		return state, expiredCeremony(op)
	}
	data, err := s.ways.TakeCeremony(ctx, clinic, hash, kind, s.now())
	if err != nil && hub.KindOf(err) == hub.NotFound {
		return state, expiredCeremony(op)
	}
	if err != nil {
		return state, fmt.Errorf("take ceremony: %w", err)
	}
	if err := json.Unmarshal(data, &state); err != nil {
		return state, fmt.Errorf("read ceremony: %w", err)
	}
	s.begun.give(beginner(state.User, at))
	if state.Console != at.Console {
		return state, expiredCeremony(op)
	}
	return state, nil
}

func expiredCeremony(op string) error { return hub.E(op, hub.Unauthenticated, "expired", "") }
