package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// SignIn is everything the ways of signing in need; accounts.Service stands behind all of it
// but the audit log.
type SignIn struct {
	Offers   Offered
	Passkeys Passkeys
	Own      OwnFactors
	StepUps  StepUps
	Trips    Trips
	Sessions OwnSessions
	Waiting  WaitingDevices
	Joining  Joining
	Access   AccessAdmin
	Stripper Stripper
	Invites  Invites
	Codes    DeviceCodes
	Policy   Policies
	Audit    connectors.Audit
}

// Offered is what the sign-in page shows.
type Offered interface {
	Offered(ctx context.Context, clinic hub.ClinicID, at accounts.Place) (accounts.OfferedWays, error)
	HasPasskeys(host string, at accounts.Place) bool
	KeyWorks(k accounts.Passkey, at accounts.Place) bool
}

// Passkeys signs in by passkey and keeps one's own.
type Passkeys interface {
	AskPasskey(ctx context.Context, clinic hub.ClinicID, login string, at accounts.Place) (accounts.Ceremony, error)
	SignInByPasskey(ctx context.Context, clinic hub.ClinicID, handle string, answer []byte, at accounts.Place) (accounts.Session, string, error)
	BeginPasskey(ctx context.Context, of accounts.Session, at accounts.Place) (accounts.Ceremony, error)
	AddPasskey(ctx context.Context, of accounts.Session, handle, name string, answer []byte, at accounts.Place) (accounts.Passkey, error)
	RenamePasskey(ctx context.Context, of accounts.Session, id, name string) error
	DropPasskey(ctx context.Context, of accounts.Session, id string) error
}

// OwnFactors is one's own second factor.
type OwnFactors interface {
	Factors(ctx context.Context, of accounts.Session) (accounts.Factors, error)
	BeginTOTP(ctx context.Context, of accounts.Session, name string) (accounts.OTPEnrolment, error)
	ConfirmTOTP(ctx context.Context, of accounts.Session, code string, at accounts.Place) ([]string, error)
	RenewRecovery(ctx context.Context, of accounts.Session) ([]string, error)
	DropTOTP(ctx context.Context, of accounts.Session) error
}

// StepUps proves anew who holds a session.
type StepUps interface {
	StepUp(ctx context.Context, of accounts.Session, password, otp string, at accounts.Place) (accounts.Session, error)
	AskStepUp(ctx context.Context, of accounts.Session, at accounts.Place) (accounts.Ceremony, error)
	StepUpByPasskey(ctx context.Context, of accounts.Session, handle string, answer []byte, at accounts.Place) (accounts.Session, error)
}

// Trips signs in at providers, which also say when their sessions end.
type Trips interface {
	StartTrip(ctx context.Context, clinic hub.ClinicID, provider string, of accounts.Session, at accounts.Place) (target, secret string, err error)
	EndTrip(ctx context.Context, clinic hub.ClinicID, r accounts.Returned, at accounts.Place) (session accounts.Session, token string, stepUp bool, err error)
	Logout(ctx context.Context, clinic hub.ClinicID, raw string) error
	ReachProvider(ctx context.Context, issuer string) error
}

// OwnSessions lists and ends sessions, one's own and, at the console, others'.
type OwnSessions interface {
	Sessions(ctx context.Context, of accounts.Session) ([]accounts.Session, error)
	EndSession(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id string) error
	EndSessions(ctx context.Context, clinic hub.ClinicID, user hub.UserID, keep string) error
}

// WaitingDevices judges browsers that wait to become devices.
type WaitingDevices interface {
	Waiting(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]accounts.WaitingDevice, error)
	ApproveDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error
	RefuseDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error
}

// Joining sends a code to whoever scanned a poster. What it returns does so and takes as long
// as it takes; the answer must not wait for it.
type Joining interface {
	Join(ctx context.Context, clinic hub.ClinicID, token, who string, at accounts.Place) (func(context.Context) error, error)
}

// AccessAdmin is what the console reads and changes of who gets in.
type AccessAdmin interface {
	AccessOf(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (accounts.Access, error)
	Reach(ctx context.Context, of accounts.Session, user hub.UserID) error
	SetRoles(ctx context.Context, of accounts.Session, user hub.UserID, roles []accounts.AdminRole) error
	Admins(ctx context.Context, clinic hub.ClinicID) ([]accounts.Admin, error)
}

// Stripper takes away what lets somebody in.
type Stripper interface {
	Strip(ctx context.Context, clinic hub.ClinicID, user hub.UserID, what, id string) error
}

// Invites makes letters and posters.
type Invites interface {
	IssueLetters(ctx context.Context, of accounts.Session, users []hub.UserID) ([]accounts.Letter, error)
	IssuePoster(ctx context.Context, of accounts.Session, unit hub.UnitID, life time.Duration) (p accounts.Poster, token, url string, err error)
	Posters(ctx context.Context, clinic hub.ClinicID) ([]accounts.Poster, error)
	DropPoster(ctx context.Context, clinic hub.ClinicID, id string) error
}

// DeviceCodes lets devices in without waiting.
type DeviceCodes interface {
	IssueDeviceCode(ctx context.Context, of accounts.Session, label string, life time.Duration) (accounts.DeviceCode, string, error)
	DeviceCodes(ctx context.Context, clinic hub.ClinicID) ([]accounts.DeviceCode, error)
	DropDeviceCode(ctx context.Context, clinic hub.ClinicID, id string) error
}

// Policies keeps how the clinic signs in.
type Policies interface {
	Policy(ctx context.Context, clinic hub.ClinicID) (accounts.SignInPolicy, int, error)
	SavePolicy(ctx context.Context, of accounts.Session, p accounts.SignInPolicy, revision int) (accounts.SignInPolicy, int, error)
}
