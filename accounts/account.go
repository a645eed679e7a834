package accounts

import (
	"time"

	"github.com/wardline/wardline/hub"
)

// State is whether an account may be used.
type State string

const (
	// Invited accounts exist and wait for their owner to set a password.
	Invited State = "invited"
	// Active accounts may sign in.
	Active State = "active"
	// Locked accounts may not; a source or an administrator has said so.
	Locked State = "locked"
)

// Account is somebody who may log in. It belongs to one person, except the break-glass
// administrator, who is nobody in particular.
type Account struct {
	ID          hub.UserID
	Clinic      hub.ClinicID
	Person      hub.PersonID // "" for the break-glass administrator
	Login       string       // lower case, unique within the clinic
	Name        string       // display name
	Level       hub.Level
	Roles       []AdminRole // none unless Level is admin
	State       State
	HasPassword bool // false: signed in by link or code so far, should set one
	LockedHere  bool // by an administrator: no source ever lifts this
	LockedThere bool // by a source
	Created     time.Time
	LastSeen    time.Time
}

// Device is one browser or phone of an account. KEMPublic is its X-Wing public key
// (1,216 bytes), to which alerts are sealed; SignPublic its Ed25519 key (32 bytes).
type Device struct {
	ID         hub.DeviceID
	User       hub.UserID
	Name       string
	KEMPublic  []byte
	SignPublic []byte
	Created    time.Time
	LastSeen   time.Time
	Revoked    time.Time // zero while in use
}

// Session is a signed-in browser. Device is empty until the browser has registered its keys.
type Session struct {
	ID      string // a public handle, not the secret
	Clinic  hub.ClinicID
	Account Account
	Device  hub.DeviceID
	Console bool // signed in at the console; such a session cannot be used at the chat listener
	Created time.Time
	Expires time.Time
	Used    time.Time // at most a minute old

	Agent string // what the browser called itself

	Proof Proof
	Must  Must // what has to be set up before the session can be used
	Fresh bool // Proof is young enough for sensitive acts; set where a session is looked up
}

// Proof is how and when whoever holds a session last showed who they are.
type Proof struct {
	At    time.Time
	Means []Means
	// Of a sign-in by a provider: which one, and the provider's own names for the person and
	// the session, by which it ends sessions.
	Provider, Subject, SID string
}

// Means is one way of proving who somebody is. It is stored.
type Means string

// The names follow RFC 8176 where it has one.
const (
	ByPassword  Means = "pwd"
	ByDirectory Means = "ldap" // the password of the directory, checked by a bind
	ByOTP       Means = "otp"
	ByRecovery  Means = "recovery"
	ByPasskey   Means = "passkey"
	ByProvider  Means = "oidc"
	ByCode      Means = "code" // one-time code of a letter or mail
	ByLink      Means = "link"
)

// Must is what a session has to set up before anything else. It is stored.
type Must string

const (
	// MustPasskey sessions register a first passkey, or prove that they hold one.
	MustPasskey Must = "passkey"
	// MustSecondFactor sessions enrol an authenticator or a passkey.
	MustSecondFactor Must = "second_factor"
	// MustCredential sessions began with a one-time code and need something lasting.
	MustCredential Must = "credential"
)
