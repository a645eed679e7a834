package accounts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
	freshFor     = 10 * time.Minute
	maxAgent     = 200 // bytes
)

// open starts a session for an account that has proved itself by some means, and that must
// perhaps set up more before it is of use.
func (s *Service) open(ctx context.Context, op string, a Account, at Place, must Must, proof Proof) (Session, string, error) {
	if at.Console && a.Level != hub.LevelAdmin {
		return Session{}, "", hub.E(op, hub.Forbidden, "not_admin", "")
	}
	now, life := s.now(), chatLife
	if at.Console {
		life = consoleLife
	}
	proof.At = now
	token, hash := newToken(a.Clinic)
	row := StoredSession{Session{
		ID: string(hub.NewID[hub.UserID]()), Clinic: a.Clinic, Account: a, Console: at.Console, Created: now, Expires: now.Add(life), Used: now,
		Agent: agentName(at.Agent), Proof: proof, Must: must,
	}}
	if err := s.store.PutSession(ctx, hash, row); err != nil {
		return Session{}, "", fmt.Errorf("open session: %w", err)
	}
	return s.seen(row), token, nil
}

// agentName keeps what a browser calls itself printable and short.
func agentName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), maxAgent)], "")
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
	now, live := s.now(), s.seen(row)
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
	return s.seen(row), nil
}

// seen is a session as it is now: its end is where it ends if nobody uses it again.
func (s *Service) seen(row StoredSession) Session {
	idle := chatIdle
	if row.Console {
		idle = consoleIdle
	}
	out := row.Session
	if end := row.Used.Add(idle); end.Before(out.Expires) {
		out.Expires = end
	}
	out.Fresh = s.now().Sub(out.Proof.At) < freshFor
	return out
}

// SignOut ends a session; its device stays registered.
func (s *Service) SignOut(ctx context.Context, of Session) error {
	return s.store.EndSession(ctx, of.Clinic, of.ID)
}

// RegisterDevice adds the browser's keys and binds the session to them. Invalid for keys
// of a wrong length, Conflict "too_many" beyond ten devices. By the policy it may have to
// wait instead, which the second result says: then it is no device yet. code is that of an
// administrator, who lets it in at once; Forbidden "managed_only" for a wrong one, and where nothing else does.
func (s *Service) RegisterDevice(ctx context.Context, of Session, d Device, code string, at Place) (Device, bool, error) {
	const op = "accounts.register_device"
	if err := checkDevice(d); err != nil {
		return Device{}, false, err
	}
	policy, _, err := s.ways.SignInPolicy(ctx, of.Clinic)
	if err != nil {
		return Device{}, false, err
	}
	now := s.now()
	d.ID, d.User, d.Created, d.LastSeen, d.Revoked = hub.NewID[hub.DeviceID](), of.Account.ID, now, now, time.Time{}
	let, used := policy.Devices == DevicesAny || of.Account.Person == "", false // the recorder is the hub's own
	if !let && code != "" {
		if used, err = s.deviceCode(ctx, op, of, d, code, at); err != nil {
			return Device{}, false, err
		}
	}
	switch {
	case let:
		return d, false, s.store.PutDevice(ctx, of.Clinic, d, of.ID, maxDevices)
	case used:
		return d, false, s.putByCode(ctx, of, d)
	case policy.Devices == DevicesManaged, code != "": // who shows a wrong code is told, and not made to wait
		return Device{}, false, hub.E(op, hub.Forbidden, "managed_only", "")
	}
	return d, true, s.ways.PutWaiting(ctx, of.Clinic, d, of.ID, maxDevices)
}

// putByCode adds the device a code was used for. What refuses it after all, such as a session
// that has ended meanwhile, leaves the code as good as it was.
func (s *Service) putByCode(ctx context.Context, of Session, d Device) error {
	err := s.store.PutDevice(ctx, of.Clinic, d, of.ID, maxDevices)
	if err == nil {
		return nil
	}
	// Also where the browser has gone away in the middle of it.
	return errors.Join(err, s.ways.FreeDeviceCode(context.WithoutCancel(ctx), of.Clinic, d.ID))
}

// deviceCode uses up a device code, within the limits of guessing and of devices.
func (s *Service) deviceCode(ctx context.Context, op string, of Session, d Device, code string, at Place) (bool, error) {
	attempt, err := s.limits.beginFrom(op, at.Address)
	if err != nil {
		return false, err
	}
	ok, err := s.ways.UseDeviceCode(ctx, of.Clinic, sha256.Sum256([]byte(normalCode(code))), d, maxDevices, s.now())
	if err != nil {
		attempt.void()
	} else if ok {
		attempt.succeeded()
	}
	return ok, err
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
// Conflict "waiting" while nobody has approved it.
func (s *Service) AttachDevice(ctx context.Context, of Session, device hub.DeviceID) (Device, error) {
	d, err := s.store.AttachDevice(ctx, of.Clinic, of.Account.ID, device, of.ID)
	if err == nil || hub.KindOf(err) != hub.NotFound {
		return d, err
	}
	waiting, lost := s.ways.Waiting(ctx, of.Clinic, of.Account.ID)
	if lost != nil {
		return d, lost
	}
	if slices.ContainsFunc(waiting, func(w WaitingDevice) bool { return w.ID == device }) {
		return d, hub.E("accounts.attach_device", hub.Conflict, "waiting", "")
	}
	return d, err
}

// Devices returns the account's devices in use, newest first.
func (s *Service) Devices(ctx context.Context, of Session) ([]Device, error) {
	return s.store.Devices(ctx, of.Clinic, of.Account.ID)
}

// RevokeDevice ends one of the account's own devices for good.
func (s *Service) RevokeDevice(ctx context.Context, of Session, device hub.DeviceID) error {
	return s.store.RevokeDevice(ctx, of.Clinic, of.Account.ID, device, s.now())
}
