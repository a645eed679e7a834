package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
)

// How long sessions last: a ward shift without use at most, a week in all; the console is
// stricter. touchEvery bounds the writes a busy session costs.
const (
	chatIdle     = 12 * time.Hour
	chatLife     = 7 * 24 * time.Hour
	consoleIdle  = 15 * time.Minute
	consoleLife  = 12 * time.Hour
	touchEvery   = time.Minute
	maxDevices   = 10
	kemKeyBytes  = 1216 // X-Wing public key
	signKeyBytes = 32   // Ed25519 public key
)

// open starts a session for an account that has proved itself.
func (s *Service) open(ctx context.Context, op string, a Account, at Place) (Session, string, error) {
	if at.Console && a.Level != hub.LevelAdmin {
		return Session{}, "", hub.E(op, hub.Forbidden, "not_admin", "")
	}
	now, life := s.now(), chatLife
	if at.Console {
		life = consoleLife
	}
	token, hash := newToken(a.Clinic)
	row := StoredSession{Used: now, Session: Session{
		ID: string(hub.NewID[hub.UserID]()), Clinic: a.Clinic, Account: a, Console: at.Console, Created: now, Expires: now.Add(life),
	}}
	if err := s.store.PutSession(ctx, hash, row); err != nil {
		return Session{}, "", fmt.Errorf("open session: %w", err)
	}
	return withIdle(row), token, nil
}

// SessionByToken returns the live session a token belongs to. Unauthenticated "expired"
// when it has ended or never was, "locked" when its account was locked meanwhile. console
// is the listener the token came in by; a token of the other one is unknown.
func (s *Service) SessionByToken(ctx context.Context, token string, console bool) (Session, error) {
	const op = "accounts.session"
	expired := hub.E(op, hub.Unauthenticated, "expired", "")
	clinic, hash, ok := parseToken(token)
	if !ok {
		return Session{}, expired
	}
	row, err := s.store.SessionByHash(ctx, clinic, hash)
	if hub.KindOf(err) == hub.NotFound && err != nil {
		return Session{}, expired
	}
	if err != nil {
		return Session{}, fmt.Errorf("look up session: %w", err)
	}
	now, live := s.now(), withIdle(row)
	switch {
	case row.Console != console || !now.Before(live.Expires):
		return Session{}, expired
	case row.Account.State == Locked:
		return Session{}, hub.E(op, hub.Unauthenticated, "locked", "")
	}
	return s.touch(ctx, row, now)
}

// touch notes the use of a session, at most once a minute.
func (s *Service) touch(ctx context.Context, row StoredSession, now time.Time) (Session, error) {
	if now.Sub(row.Used) >= touchEvery {
		if err := s.store.TouchSession(ctx, row.Clinic, row.ID, now); err != nil {
			return Session{}, fmt.Errorf("touch session: %w", err)
		}
		row.Used = now
	}
	return withIdle(row), nil
}

// withIdle moves the end of a session to where it ends if nobody uses it again.
func withIdle(row StoredSession) Session {
	idle := chatIdle
	if row.Console {
		idle = consoleIdle
	}
	out := row.Session
	if end := row.Used.Add(idle); end.Before(out.Expires) {
		out.Expires = end
	}
	return out
}

// SignOut ends a session; its device stays registered.
func (s *Service) SignOut(ctx context.Context, of Session) error {
	return s.store.EndSession(ctx, of.Clinic, of.ID)
}

// RegisterDevice adds the browser's keys and binds the session to them. Invalid for keys
// of a wrong length, Conflict "too_many" beyond ten devices.
func (s *Service) RegisterDevice(ctx context.Context, of Session, d Device) (Device, error) {
	if err := checkDevice(d); err != nil {
		return Device{}, err
	}
	now := s.now()
	d.ID, d.User, d.Created, d.LastSeen, d.Revoked = hub.NewID[hub.DeviceID](), of.Account.ID, now, now, time.Time{}
	if err := s.store.PutDevice(ctx, of.Clinic, d, of.ID, maxDevices); err != nil {
		return Device{}, err
	}
	return d, nil
}

func checkDevice(d Device) error {
	bad := func(field string) error {
		return &hub.Error{Op: "accounts.register_device", Kind: hub.Invalid, Field: field, Code: "length"}
	}
	switch {
	case len(d.KEMPublic) != kemKeyBytes:
		return bad("kem_public")
	case len(d.SignPublic) != signKeyBytes:
		return bad("sign_public")
	case d.Name == "" || len(d.Name) > 120:
		return bad("name")
	}
	if err := seal.CheckDeviceKey(d.KEMPublic); err != nil {
		// Registered all the same, it would be a device no alarm can be sealed for.
		return &hub.Error{Op: "accounts.register_device", Kind: hub.Invalid, Field: "kem_public", Code: "key", Err: err}
	}
	return nil
}

// AttachDevice binds the session to a device the browser registered earlier. NotFound when
// it is not the account's own or was revoked.
func (s *Service) AttachDevice(ctx context.Context, of Session, device hub.DeviceID) (Device, error) {
	return s.store.AttachDevice(ctx, of.Clinic, of.Account.ID, device, of.ID)
}

// Devices returns the account's devices in use, newest first.
func (s *Service) Devices(ctx context.Context, of Session) ([]Device, error) {
	return s.store.Devices(ctx, of.Clinic, of.Account.ID)
}

// RevokeDevice ends one of the account's own devices for good.
func (s *Service) RevokeDevice(ctx context.Context, of Session, device hub.DeviceID) error {
	return s.store.RevokeDevice(ctx, of.Clinic, of.Account.ID, device, s.now())
}
