package accounts

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// Credentials is an account with the hash its password is compared to; Hash is empty while
// no password is set.
type Credentials struct {
	Account Account
	Hash    string
}

// AccountStore keeps accounts. *store.DB implements it; NotFound where there is none.
type AccountStore interface {
	CredentialsByLogin(ctx context.Context, clinic hub.ClinicID, login string) (Credentials, error)
	// SetPassword also activates the account and ends all its other sessions.
	SetPassword(ctx context.Context, clinic hub.ClinicID, user hub.UserID, hash string, keep string) error
	// SetLockedHere sets or lifts the administrator's lock. Locking ends the sessions and the
	// duty of the account in the same transaction and tells every node.
	SetLockedHere(ctx context.Context, clinic hub.ClinicID, user hub.UserID, locked bool) error
	// BreakGlass returns the account of the first administrator, made if there is none.
	// ready is true once any administrator has a password.
	BreakGlass(ctx context.Context, clinic hub.ClinicID) (a Account, ready bool, err error)
}

// Code is a stored activation code.
type Code struct {
	Hash     string
	Attempts int // including the one that reads it
	Expires  time.Time
}

// Link is a stored sign-in link.
type Link struct {
	User     hub.UserID
	Expires  time.Time
	Reusable bool
}

// SecretStore keeps activation codes and sign-in links. *store.DB implements it.
type SecretStore interface {
	// PutCode replaces the account's code. Conflict "active" for an account with a password
	// that is locked; a new code for an active account lets its owner set a new password.
	PutCode(ctx context.Context, clinic hub.ClinicID, user hub.UserID, c Code) error
	// TryCode counts an attempt and returns the code; NotFound where there is none.
	TryCode(ctx context.Context, clinic hub.ClinicID, login string) (Account, Code, error)
	// UseCode removes the code with this very hash and sets the password, or takes it away
	// when its hash is empty; false when another attempt has used the code meanwhile.
	UseCode(ctx context.Context, clinic hub.ClinicID, user hub.UserID, codeHash, passwordHash string) (bool, error)
	PutLink(ctx context.Context, clinic hub.ClinicID, hash [32]byte, l Link) error
	// TakeLink returns the link's account and removes the link unless it is reusable; an
	// invited account becomes active. NotFound for unknown, used and expired links.
	TakeLink(ctx context.Context, clinic hub.ClinicID, hash [32]byte, now time.Time, level hub.Level) (Account, error)
}

// StoredSession is a session row; Session.Expires is the absolute end.
type StoredSession struct {
	Session
}

// SessionStore keeps sessions by the hash of their token. *store.DB implements it.
type SessionStore interface {
	PutSession(ctx context.Context, hash [32]byte, s StoredSession) error
	SessionByHash(ctx context.Context, clinic hub.ClinicID, hash [32]byte) (StoredSession, error)
	// TouchSession notes a use; it also moves the last-seen times of account and device.
	TouchSession(ctx context.Context, clinic hub.ClinicID, id string, at time.Time) error
	EndSession(ctx context.Context, clinic hub.ClinicID, id string) error
}

// DeviceStore keeps devices. *store.DB implements it.
type DeviceStore interface {
	// PutDevice adds a device and binds the session to it; Conflict "too_many" at the limit.
	PutDevice(ctx context.Context, clinic hub.ClinicID, d Device, session string, limit int) error
	// AttachDevice binds the session to a device of the same account; NotFound when it is
	// somebody else's or revoked.
	AttachDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, device hub.DeviceID, session string) (Device, error)
	Devices(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]Device, error)
	// ApproveDevice makes a waiting device one, of user if not empty. NotFound when it waits
	// no more; Conflict "too_many" at the limit.
	ApproveDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID, limit int) error
	// RevokeDevice ends a device and its sessions and tells every node.
	RevokeDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, device hub.DeviceID, at time.Time) error
}

// Store is everything Service needs.
type Store interface {
	AccountStore
	SecretStore
	SessionStore
	DeviceStore
}
