package server

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// The interfaces below are all the server asks of the rest of the hub. Each is small and
// named by what it serves. Failures are *hub.Error where the caller can act on them; the
// table in errors.go turns their kinds and codes into statuses. Every method that takes a
// clinic answers for that clinic only: an id of another clinic is hub.NotFound.
//
// The signatures are those of the domain services (accounts.Service, directory.Duty,
// directory.Staff) and of *store.DB, so that app passes these in as they are.

// Sessions signs browsers in and finds whose a cookie is: accounts.Service.
type Sessions interface {
	SignIn(ctx context.Context, clinic hub.ClinicID, l accounts.Login, at accounts.Place) (accounts.Session, string, error)
	FollowLink(ctx context.Context, token string, at accounts.Place) (accounts.Session, string, error)
	SessionByToken(ctx context.Context, token string, console bool) (accounts.Session, error)
	SignOut(ctx context.Context, of accounts.Session) error
	SetPassword(ctx context.Context, of accounts.Session, current, password string, at accounts.Place) error
}

// Devices lets people activate their accounts and register their browsers: accounts.Service.
type Devices interface {
	Activate(ctx context.Context, clinic hub.ClinicID, login, code, password string, at accounts.Place) (accounts.Session, string, error)
	// RegisterDevice says also whether the device has to wait for somebody to approve it.
	RegisterDevice(ctx context.Context, of accounts.Session, d accounts.Device, code string, at accounts.Place) (accounts.Device, bool, error)
	AttachDevice(ctx context.Context, of accounts.Session, device hub.DeviceID) (accounts.Device, error)
	Devices(ctx context.Context, of accounts.Session) ([]accounts.Device, error)
	RevokeDevice(ctx context.Context, of accounts.Session, device hub.DeviceID) error
}

// Gatekeeper is what the console does with accounts: accounts.Service.
type Gatekeeper interface {
	IssueCode(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (code string, expires time.Time, err error)
	Lock(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error
	Unlock(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error
}

// Names looks up what accounts are called: *store.DB.
type Names interface {
	Names(ctx context.Context, clinic hub.ClinicID, users []hub.UserID) (map[hub.UserID]string, error)
}

// Alerts is what recipients do with and read of alerts: *store.DB.
type Alerts interface {
	// Act takes an act of a recipient. The error is for failures of the hub; a refusal is in
	// the result. Doing the same again is no refusal.
	Act(ctx context.Context, clinic hub.ClinicID, act alerting.Act) (alerting.Result, error)
	// Story returns an alert's entries; hub.Forbidden unless the user is or was a recipient.
	// The empty user is an administrator, who may read every story.
	Story(ctx context.Context, clinic hub.ClinicID, alert hub.AlertID, user hub.UserID) ([]alerting.Entry, error)
}

// Push wakes the devices of people who are away: push.Sender.
type Push interface {
	// Key is the clinic's public VAPID key (RFC 8292) as browsers want it.
	Key() string
	Subscribe(ctx context.Context, by messaging.Caller, endpoint, p256dh, auth string) error
	Unsubscribe(ctx context.Context, by messaging.Caller) error
}

// Duty is who is on duty where, as one account sees it: directory.Duty.
type Duty interface {
	Board(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (directory.Board, error)
	Colleagues(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID) ([]directory.UserRef, error)
	Take(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID) error
	Release(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID, force bool) error
}

// Offers hands a duty over: directory.Duty.
type Offers interface {
	Offer(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID, to hub.UserID) (string, error)
	Accept(ctx context.Context, clinic hub.ClinicID, user hub.UserID, offer string) error
	Decline(ctx context.Context, clinic hub.ClinicID, user hub.UserID, offer string) error
	Withdraw(ctx context.Context, clinic hub.ClinicID, user hub.UserID, offer string) error
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

// People reads persons with the source of each of their values: directory.Staff.
type People interface {
	Persons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter) (directory.Page[directory.PersonRow], error)
	Person(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) (directory.PersonDetail, error)
}

// Units reads the tree of units and keeps the duty roles on them: directory.Staff.
type Units interface {
	Units(ctx context.Context, clinic hub.ClinicID) ([]directory.UnitRow, error)
	CreateRole(ctx context.Context, clinic hub.ClinicID, unit hub.UnitID, name string) (hub.RoleID, error)
	DeleteRole(ctx context.Context, clinic hub.ClinicID, role hub.RoleID) error
}

// Plans shows held changes to the administrator and takes the judgement: directory.Staff.
type Plans interface {
	Plans(ctx context.Context, clinic hub.ClinicID, state directory.PlanState, cursor string, limit int) (directory.Page[directory.PlanRow], error)
	Plan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID) (directory.PlanDetail, error)
	// Approve takes what the administrator typed to confirm: the number of locks.
	Approve(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, confirm string) error
	RejectPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, comment string) error
}

// Rules keeps the ordered list of routing rules as a whole: *store.DB.
type Rules interface {
	Rules(ctx context.Context, clinic hub.ClinicID) (rules []alerting.Rule, revision int, err error)
	SaveRules(ctx context.Context, clinic hub.ClinicID, rules []alerting.Rule, revision int, by hub.UserID) (int, error)
	TrySignal(ctx context.Context, clinic hub.ClinicID, s alerting.Signal) (alerting.Trial, error)
}

// Board reads alerts for the console, their texts opened: *store.DB.
type Board interface {
	Alerts(ctx context.Context, clinic hub.ClinicID, running bool, cursor string, limit int) ([]alerting.Row, string, error)
	Alert(ctx context.Context, clinic hub.ClinicID, id hub.AlertID) (alerting.Detail, error)
}

// Responders says with whom an alert can be discussed: *store.DB.
type Responders interface {
	// Responders returns the recipients of an alert who can chat; hub.NotFound unless the user
	// is or was one of them.
	Responders(ctx context.Context, clinic hub.ClinicID, alert hub.AlertID, user hub.UserID) ([]alerting.Responder, error)
}

// Health is how conversations are doing.
type Health interface {
	Chat(ctx context.Context, clinic hub.ClinicID) (ChatHealth, error)
	// Faults returns the newest items that devices could not open, those still open first.
	Faults(ctx context.Context, clinic hub.ClinicID) ([]messaging.FaultRecord, error)
}

// Overview counts what the first page of the console shows. Connectors are filled in by
// the server.
type Overview interface {
	Overview(ctx context.Context, clinic hub.ClinicID) (Summary, error)
}

// raw is JSON passed through as it is.
type raw = json.RawMessage
