package accounts

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts/passkey"
	"github.com/wardline/wardline/hub"
)

// The interfaces below are implemented by store/signin. NotFound where there is nothing.

// PolicyStore keeps how a clinic signs in. Secrets are sealed and come back filled in.
type PolicyStore interface {
	SignInPolicy(ctx context.Context, clinic hub.ClinicID) (p SignInPolicy, revision int, err error)
	// SaveSignInPolicy writes revision+1; Conflict "stale" when another has.
	SaveSignInPolicy(ctx context.Context, clinic hub.ClinicID, p SignInPolicy, revision int, by hub.UserID) (int, error)
}

// StoredCeremony begins in one request and ends in another.
type StoredCeremony struct {
	Hash  [32]byte
	Kind  string
	Data  []byte
	Until time.Time
}

// CeremonyStore keeps what begins in one request and ends in another.
type CeremonyStore interface {
	// PutCeremony keeps one; TooMany "slow_down" when limit of its kind are kept already. 0: no limit.
	PutCeremony(ctx context.Context, clinic hub.ClinicID, c StoredCeremony, limit int) error
	// SweepCeremonies forgets those that are over.
	SweepCeremonies(ctx context.Context, clinic hub.ClinicID, now time.Time) error
	// TakeCeremony removes it; NotFound for one that is unknown, used, or over.
	TakeCeremony(ctx context.Context, clinic hub.ClinicID, hash [32]byte, kind string, now time.Time) ([]byte, error)
}

// Factors is what an account has beside its password.
type Factors struct {
	TOTP         bool
	RecoveryLeft int
	Passkeys     []Passkey
	Links        []Identity
}

// TOTP is an authenticator app's secret.
type TOTP struct {
	Secret    string
	Confirmed bool
}

// FactorStore keeps authenticator apps and recovery codes.
type FactorStore interface {
	TOTP(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (TOTP, error)
	// PutTOTP replaces one that was never confirmed; Conflict "enrolled" for one that was.
	PutTOTP(ctx context.Context, clinic hub.ClinicID, user hub.UserID, secret string) error
	// UseStep notes the step of a right code; false when it or a later one was used before.
	UseStep(ctx context.Context, clinic hub.ClinicID, user hub.UserID, step int64, confirm bool) (bool, error)
	// PutRecovery replaces the recovery codes; UseRecovery uses one up.
	PutRecovery(ctx context.Context, clinic hub.ClinicID, user hub.UserID, hashes [][32]byte) error
	UseRecovery(ctx context.Context, clinic hub.ClinicID, user hub.UserID, hash [32]byte) (bool, error)
	DropTOTP(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error
	Factors(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (Factors, error)
}

// Passkey is one registered passkey.
type Passkey struct {
	ID      string
	User    hub.UserID
	Key     passkey.Key
	Host    string // the relying party
	Name    string
	Created time.Time
	Used    time.Time // zero: never
	Cloned  bool      // its counter went back once
}

// PasskeyStore keeps passkeys.
type PasskeyStore interface {
	// PutPasskey adds one; Conflict "taken" for a credential that is there, "too_many" beyond limit.
	PutPasskey(ctx context.Context, clinic hub.ClinicID, p Passkey, limit int) error
	// UsePasskey writes back what changes with each use.
	UsePasskey(ctx context.Context, clinic hub.ClinicID, key passkey.Key, at time.Time, cloned bool) error
	RenamePasskey(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id, name string) error
	DropPasskey(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id string) error
}

// Identity is an identity at a provider that is an account here.
type Identity struct {
	Provider, Issuer, Subject string
	Created, Used             time.Time
}

// IdentityStore knows whose accounts identities elsewhere are.
type IdentityStore interface {
	// AccountByIdentity returns the account linked to an identity.
	AccountByIdentity(ctx context.Context, clinic hub.ClinicID, issuer, subject string) (Account, error)
	// LinkIdentity links the only account with a login or staff number; NotFound where there is
	// none or more than one, or the account has another identity at this provider.
	LinkIdentity(ctx context.Context, clinic hub.ClinicID, l Identity, match, value string) (Account, error)
	DropLink(ctx context.Context, clinic hub.ClinicID, user hub.UserID, provider string) error
	// AccountBySource returns the account of somebody a source knows as working here.
	AccountBySource(ctx context.Context, clinic hub.ClinicID, source hub.ConnectorID, key string) (Account, error)
	// KeysOf returns by which keys sources know the person of an account as working here.
	KeysOf(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (map[hub.ConnectorID]string, error)
}

// RoleStore keeps who gave which role.
type RoleStore interface {
	// SetRoles replaces the roles given by one source, "" being an owner's hand. Conflict
	// "last_owner" when nobody would be left. It returns the account as it is then.
	SetRoles(ctx context.Context, clinic hub.ClinicID, user hub.UserID, source string, roles []AdminRole, by hub.UserID) (Account, error)
	Admins(ctx context.Context, clinic hub.ClinicID) ([]Admin, error)
}

// Admin is an administrator as the console lists them.
type Admin struct {
	Account    Account
	ByProvider []AdminRole
	Passkeys   int
}

// LiveStore lists and changes sessions.
type LiveStore interface {
	Activate(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error
	Sessions(ctx context.Context, clinic hub.ClinicID, user hub.UserID, now time.Time) ([]Session, error)
	// EndSessions ends one session of an account, or all but keep when id is empty, and tells
	// every node. NotFound for an id that is not the account's.
	EndSessions(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id, keep string) error
	// SetProof writes how a session proved itself and what it must still do.
	SetProof(ctx context.Context, s Session) error
	// EndByProvider ends what a logout token names, once; Conflict "replayed" afterwards.
	EndByProvider(ctx context.Context, clinic hub.ClinicID, provider string, l ProviderLogout) error
}

// ProviderLogout is what a provider says of its sessions.
type ProviderLogout struct {
	Issuer, Subject, SID, ID string
	Until                    time.Time
}

// Poster is what people scan to ask for a code by mail.
type Poster struct {
	ID               string
	Unit             hub.UnitID
	UnitName         string
	By               hub.UserID
	Created, Expires time.Time
}

// InviteStore keeps posters and knows whom to write to.
type InviteStore interface {
	PutPoster(ctx context.Context, clinic hub.ClinicID, p Poster, hash [32]byte) error
	Posters(ctx context.Context, clinic hub.ClinicID, now time.Time) ([]Poster, error)
	DropPoster(ctx context.Context, clinic hub.ClinicID, id string) error
	// Joining returns the account and known mail address behind a poster and a login or staff
	// number; NotFound for every reason there is none.
	Joining(ctx context.Context, clinic hub.ClinicID, poster [32]byte, who string, now time.Time) (Account, string, error)
	AccountsByID(ctx context.Context, clinic hub.ClinicID, users []hub.UserID) ([]Account, error)
}

// WaitingDevice is a browser that asked to become a device.
type WaitingDevice struct {
	Device
	Login, Owner string
	Reachable    bool // the account has a device already
}

// DeviceCode lets one device in.
type DeviceCode struct {
	ID, Label        string
	By               hub.UserID
	Created, Expires time.Time
}

// WaitingStore keeps devices that wait, and codes that spare them the waiting.
type WaitingStore interface {
	PutWaiting(ctx context.Context, clinic hub.ClinicID, d Device, session string, limit int) error
	// Waiting lists those of one account, or of all for "".
	Waiting(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]WaitingDevice, error)
	RefuseDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error
	PutDeviceCode(ctx context.Context, clinic hub.ClinicID, c DeviceCode, hash [32]byte) error
	DeviceCodes(ctx context.Context, clinic hub.ClinicID, now time.Time) ([]DeviceCode, error)
	DropDeviceCode(ctx context.Context, clinic hub.ClinicID, id string) error
	// UseDeviceCode uses a code up for a device of an account that has room for it; Conflict
	// "too_many" at the limit, false for a code that is unknown, used, or over.
	UseDeviceCode(ctx context.Context, clinic hub.ClinicID, hash [32]byte, d Device, limit int, now time.Time) (bool, error)
	// FreeDeviceCode gives back the code of a device that came to nothing.
	FreeDeviceCode(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID) error
}

// Ways is everything the ways of signing in keep: store/signin.
type Ways interface {
	PolicyStore
	CeremonyStore
	FactorStore
	PasskeyStore
	IdentityStore
	RoleStore
	LiveStore
	InviteStore
	WaitingStore
}

// Binder asks the directory for a password. Unauthenticated "wrong" where it is not right;
// any other error means that nothing could be found out.
type Binder interface {
	Bind(ctx context.Context, clinic hub.ClinicID, login, password string) (source hub.ConnectorID, key string, err error)
	// BindAs asks whether a password is that of somebody whom sources know by these keys.
	BindAs(ctx context.Context, clinic hub.ClinicID, keys map[hub.ConnectorID]string, password string) error
	// SignsIn reports whether any directory of the clinic is set to check passwords.
	SignsIn(clinic hub.ClinicID) bool
}

// Mailer sends one mail by whatever connector of the clinic does so; Unavailable without one.
type Mailer interface {
	Mail(ctx context.Context, clinic hub.ClinicID, to, subject, text string) error
}
