package server

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// The interfaces below are all the server asks of the rest of the hub. Each is small and
// named by what it serves. Failures are *hub.Error where the caller can act on them; the
// table in errors.go turns their kinds and codes into statuses. Every method that takes a
// clinic answers for that clinic only: an id of another clinic is hub.NotFound.

// Sessions signs browsers in and finds whose a cookie is. The secret is what the cookie
// holds; only its hash is stored.
type Sessions interface {
	// SignIn checks a password. An unknown login, a wrong password and a locked account are
	// all hub.Unauthenticated code "wrong" after the same time. At the console it also needs
	// the level admin.
	SignIn(ctx context.Context, login, password string, console bool) (s accounts.Session, secret string, err error)
	// SignInByLink takes a one-time link; hub.Unauthenticated code "expired" if it is not good.
	SignInByLink(ctx context.Context, token string, console bool) (s accounts.Session, secret string, err error)
	// Session finds the session of a cookie; hub.Unauthenticated if there is none, it has
	// ended, its account is locked or its device revoked. It also moves LastSeen.
	Session(ctx context.Context, secret string, console bool) (accounts.Session, error)
	// SignOut ends a session; ending one that has ended is no error.
	SignOut(ctx context.Context, secret string) error
}

// Devices lets people activate their accounts and register their browsers.
type Devices interface {
	// Activate sets the first password by a one-time code: hub.Unauthenticated "wrong",
	// hub.Conflict "expired", hub.Invalid "weak". It also signs in.
	Activate(ctx context.Context, login, code, password string) (s accounts.Session, secret string, err error)
	// AddDevice registers the keys of a browser and binds the session to it.
	AddDevice(ctx context.Context, s accounts.Session, d accounts.Device) (accounts.Device, error)
	// AttachDevice binds the session to an unrevoked device of the same account.
	AttachDevice(ctx context.Context, s accounts.Session, id hub.DeviceID) (accounts.Device, error)
	// Devices returns the unrevoked devices of an account.
	Devices(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]accounts.Device, error)
	// RevokeDevice ends a device and its sessions at once.
	RevokeDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error
}

// Gatekeeper is what the console does with accounts.
type Gatekeeper interface {
	// IssueCode returns an activation code, which is shown once and stored only as a hash.
	IssueCode(ctx context.Context, clinic hub.ClinicID, user, by hub.UserID) (code string, expires time.Time, err error)
	// Lock and Unlock set and lift the local lock. Locking ends sessions and connections.
	Lock(ctx context.Context, clinic hub.ClinicID, user, by hub.UserID) error
	Unlock(ctx context.Context, clinic hub.ClinicID, user, by hub.UserID) error
}

// Names looks up what people and clinics are called.
type Names interface {
	// Names returns the display names of accounts; unknown ids are absent.
	Names(ctx context.Context, clinic hub.ClinicID, users []hub.UserID) (map[hub.UserID]string, error)
	// ClinicName returns the clinic's name.
	ClinicName(ctx context.Context, clinic hub.ClinicID) (string, error)
}

// Alerts is what recipients do with and read of alerts.
type Alerts interface {
	// Act takes an act of a recipient. The error is for failures of the hub; a refusal is in
	// the result. Doing the same again is no refusal.
	Act(ctx context.Context, clinic hub.ClinicID, act alerting.Act) (alerting.Result, error)
	// Story returns an alert's entries; hub.Forbidden unless the user is or was a recipient.
	// The empty user is an administrator, who may read every story.
	Story(ctx context.Context, clinic hub.ClinicID, alert hub.AlertID, user hub.UserID) ([]alerting.Entry, error)
}

// Duty is who is on duty where, as one account sees it.
type Duty interface {
	Roster(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (Roster, error)
	// Colleagues returns who could take the role over.
	Colleagues(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID) ([]UserRef, error)
	Take(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID) error
	// Release refuses with hub.Conflict "last_on_duty" when nobody would remain, unless forced.
	Release(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID, force bool) error
}

// Offers hands a duty over. The giver stays on duty until the offer is accepted.
type Offers interface {
	Offer(ctx context.Context, clinic hub.ClinicID, from, to hub.UserID, role hub.RoleID) (id string, err error)
	// AnswerOffer takes "accept", "decline" (by the receiver) or "withdraw" (by the giver).
	AnswerOffer(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id, answer string) error
}

// Running is the live side of connectors; connectors.Configs is the stored one.
type Running interface {
	// Status returns the health and the named counters of every connector that was started.
	Status(clinic hub.ClinicID) map[hub.ConnectorID]Status
	// Validate builds a connector without running it and returns what New objects to.
	Validate(ctx context.Context, clinic hub.ClinicID, r connectors.Record) error
	// Check is the Test button. A kind without one returns no checks.
	Check(ctx context.Context, clinic hub.ClinicID, r connectors.Record) ([]connectors.Check, error)
	// Reload makes the stored revision of one connector the running one, or stops it when it
	// is disabled or deleted. It returns when this node has begun to do so.
	Reload(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) error
	// Replay maps a stored input again; hub.Conflict "no_replay" where the kind cannot.
	Replay(ctx context.Context, clinic hub.ClinicID, id hub.MessageID) (connectors.MessageStatus, error)
}

// Status is how a running connector is doing.
type Status struct {
	Health connectors.Health
	Named  map[string]int64
}

// People reads persons with the source of each of their values.
type People interface {
	Persons(ctx context.Context, clinic hub.ClinicID, f PersonFilter) (List[Person], error)
	Person(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) (PersonDetail, error)
}

// Units reads the tree of units and keeps the duty roles on them.
type Units interface {
	Units(ctx context.Context, clinic hub.ClinicID) ([]Unit, error)
	// AddRole refuses with hub.Conflict "name_taken".
	AddRole(ctx context.Context, clinic hub.ClinicID, unit hub.UnitID, name string) (hub.RoleID, error)
	DeleteRole(ctx context.Context, clinic hub.ClinicID, role hub.RoleID) error
}

// Plans shows held changes to the administrator and takes the judgement.
type Plans interface {
	Plans(ctx context.Context, clinic hub.ClinicID, state string, p Page) (List[Plan], error)
	Plan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID) (PlanDetail, error)
	// Approve applies a held plan. locks is what the administrator typed: hub.Invalid
	// "confirm" unless it is the number of locks; hub.Conflict "decided" or "stale".
	Approve(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, locks int) error
	Reject(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, comment string) error
}

// Rules keeps the ordered list of routing rules as a whole.
type Rules interface {
	Rules(ctx context.Context, clinic hub.ClinicID) (rules []alerting.Rule, revision int, err error)
	// SaveRules replaces the list: hub.Conflict "stale" unless revision is the stored one,
	// hub.Invalid "catch_all" unless the last is an enabled catch-all.
	SaveRules(ctx context.Context, clinic hub.ClinicID, rules []alerting.Rule, revision int, by hub.UserID) (int, error)
	// Try routes a signal without raising anything.
	Try(ctx context.Context, clinic hub.ClinicID, s alerting.Signal) (Trial, error)
}

// Board reads alerts for the console, their texts opened.
type Board interface {
	Alerts(ctx context.Context, clinic hub.ClinicID, running bool, p Page) (List[AlertRow], error)
	Alert(ctx context.Context, clinic hub.ClinicID, id hub.AlertID) (AlertDetail, error)
}

// Overview counts what the first page of the console shows. Connectors are filled in by
// the server.
type Overview interface {
	Overview(ctx context.Context, clinic hub.ClinicID) (Summary, error)
}

// Page is one request for a part of a list; the server has checked the limit (1 to 200).
type Page struct {
	Cursor string
	Limit  int
}

// PersonFilter narrows a search for persons; zero fields do not.
type PersonFilter struct {
	Text  string // part of a name, staff number or login
	Unit  string // code
	State string // "active", "inactive", "locked", "invited"
	Page
}

// raw is JSON passed through as it is.
type raw = json.RawMessage
