package server

import (
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// The structs of this file are both what the ports return and what the API answers, so
// that a field added to one cannot be forgotten in the other.

// List is a part of a list; Next is the cursor of the following part, empty at the end.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// UserRef names an account.
type UserRef struct {
	ID   hub.UserID `json:"user_id"`
	Name string     `json:"name"`
}

// UnitRef names a unit.
type UnitRef struct {
	ID   hub.UnitID `json:"id,omitempty"`
	Code string     `json:"code"`
	Name string     `json:"name"`
}

// ConnectorRef names a connector.
type ConnectorRef struct {
	ID   hub.ConnectorID `json:"id"`
	Name string          `json:"name"`
	Kind string          `json:"kind,omitempty"`
}

// MessageRef names a stored input.
type MessageRef struct {
	ID      hub.MessageID `json:"id"`
	Control string        `json:"control_id,omitempty"`
	Type    string        `json:"type,omitempty"`
}

// Roster is the duty page of one account.
type Roster struct {
	Roles      []DutyRole `json:"roles"`
	OffersToMe []Offer    `json:"offers_to_me"`
	OffersByMe []Offer    `json:"offers_by_me"`
}

// DutyRole is a role the account can see; MayTake says that it may also be on duty in it.
type DutyRole struct {
	ID      hub.RoleID `json:"id"`
	Name    string     `json:"name"`
	Unit    UnitRef    `json:"unit"`
	OnDuty  []OnDuty   `json:"on_duty"`
	Mine    bool       `json:"mine"`
	MayTake bool       `json:"may_take"`
}

// OnDuty is somebody on duty.
type OnDuty struct {
	UserRef
	Since time.Time `json:"since,omitzero"`
}

// Offer is a hand-over that waits for an answer. From is set on offers to the account, To
// on its own.
type Offer struct {
	ID       string     `json:"id"`
	Role     hub.RoleID `json:"role_id"`
	RoleName string     `json:"role_name"`
	From     *UserRef   `json:"from,omitempty"`
	To       *UserRef   `json:"to,omitempty"`
	At       time.Time  `json:"at"`
}

// Person is a row of the list of persons.
type Person struct {
	ID          hub.PersonID   `json:"id"`
	StaffNumber string         `json:"staff_number"`
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Units       []UnitRef      `json:"units"`
	Active      bool           `json:"active"`
	Account     *PersonAccount `json:"account,omitempty"`
}

// PersonAccount is the account of a person.
type PersonAccount struct {
	ID          hub.UserID     `json:"id"`
	Login       string         `json:"login"`
	State       accounts.State `json:"state"`
	LockedHere  bool           `json:"locked_here"`
	LockedThere bool           `json:"locked_there"`
	LastSeen    time.Time      `json:"last_seen,omitzero"`
}

// PersonDetail is a person with the origin of every value.
type PersonDetail struct {
	Person
	Values  []PersonValue  `json:"values"`
	History []PersonChange `json:"history"`
	Devices []PersonDevice `json:"devices"`
	Duty    []string       `json:"duty"`
}

// PersonValue is one value and where it came from.
type PersonValue struct {
	Field   string       `json:"field"`
	Text    string       `json:"text"`
	Source  ConnectorRef `json:"source"`
	Message *MessageRef  `json:"message,omitempty"`
	At      time.Time    `json:"at"`
}

// PersonChange is one line of a person's history.
type PersonChange struct {
	Field   string       `json:"field"`
	From    string       `json:"from"`
	To      string       `json:"to"`
	Source  ConnectorRef `json:"source"`
	Message *MessageRef  `json:"message,omitempty"`
	At      time.Time    `json:"at"`
}

// PersonDevice is a device as the console may see it: no keys.
type PersonDevice struct {
	ID       hub.DeviceID `json:"id"`
	Name     string       `json:"name"`
	LastSeen time.Time    `json:"last_seen,omitzero"`
}

// Unit is a node of the tree of units.
type Unit struct {
	ID      hub.UnitID    `json:"id"`
	Code    string        `json:"code"`
	Name    string        `json:"name"`
	Kind    string        `json:"kind" enum:"house,clinic,ward"`
	Parent  hub.UnitID    `json:"parent_id,omitempty"`
	Persons int           `json:"persons"`
	Source  *ConnectorRef `json:"source,omitempty"`
	Roles   []UnitRole    `json:"roles"`
}

// UnitRole is a duty role of a unit.
type UnitRole struct {
	ID     hub.RoleID `json:"id"`
	Name   string     `json:"name"`
	OnDuty []UserRef  `json:"on_duty"`
}

// Plan is a set of directory changes that was held, applied or rejected.
type Plan struct {
	ID        hub.PlanID   `json:"id"`
	Connector ConnectorRef `json:"connector"`
	Message   *MessageRef  `json:"message,omitempty"`
	Created   time.Time    `json:"created"`
	State     string       `json:"state" enum:"held,applied,rejected"`
	Reason    PlanReason   `json:"reason"`
	Counts    PlanCounts   `json:"counts"`
}

// PlanReason is why the brake held a plan, with the numbers it looked at.
type PlanReason struct {
	Code    string         `json:"code"`
	Numbers map[string]int `json:"numbers,omitempty"`
}

// PlanCounts is how many persons a plan touches, and how.
type PlanCounts struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Lock   int `json:"lock"`
	Unlock int `json:"unlock"`
}

// PlanDetail is a plan with each of its actions.
type PlanDetail struct {
	Plan
	Actions []PlanAction `json:"actions"`
}

// PlanAction is what a plan does to one person.
type PlanAction struct {
	Op     string       `json:"op" enum:"create,update,lock,unlock"`
	Person PlanPerson   `json:"person"`
	Fields []PlanField  `json:"fields"`
	Units  PlanGainLoss `json:"units"`
}

// PlanPerson names the person of an action; a person to be created has no id yet.
type PlanPerson struct {
	ID          hub.PersonID `json:"id,omitempty"`
	Name        string       `json:"name"`
	StaffNumber string       `json:"staff_number"`
}

// PlanField is one value before and after.
type PlanField struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// PlanGainLoss is the units a person joins and leaves.
type PlanGainLoss struct {
	Gain []UnitRef `json:"gain"`
	Lose []UnitRef `json:"lose"`
}

// Trial is what the rules would do with a signal.
type Trial struct {
	Rule       TrialRule     `json:"rule"`
	Steps      []TrialStep   `json:"steps"`
	PassedOver []TrialPassed `json:"passed_over"`
}

// TrialRule is the rule that took the signal; Position counts from 1.
type TrialRule struct {
	ID       hub.RuleID `json:"id"`
	Name     string     `json:"name"`
	Position int        `json:"position"`
}

// TrialStep is one step with the people it would reach now.
type TrialStep struct {
	Seconds    int               `json:"seconds"`
	Targets    []alerting.Target `json:"targets"`
	Recipients []TrialRecipient  `json:"recipients"`
}

// TrialRecipient is somebody a step would reach.
type TrialRecipient struct {
	UserRef
	Devices int `json:"devices"`
}

// TrialPassed is a rule that did not match, and the field by which it did not.
type TrialPassed struct {
	Rule hub.RuleID `json:"rule_id"`
	Why  string     `json:"why"`
}

// AlertRow is a line of the alert board.
type AlertRow struct {
	ID         hub.AlertID       `json:"id"`
	State      alerting.State    `json:"state"`
	Kind       string            `json:"kind"`
	Priority   alerting.Priority `json:"priority"`
	Ward       string            `json:"ward"`
	Room       string            `json:"room"`
	Bed        string            `json:"bed"`
	Text       string            `json:"text"`
	Caller     string            `json:"caller"`
	Connector  ConnectorRef      `json:"connector"`
	RuleName   string            `json:"rule_name"`
	Step       int               `json:"step"` // counts from 1
	Steps      int               `json:"steps"`
	RaisedAt   time.Time         `json:"raised_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	AcceptedBy []UserRef         `json:"accepted_by"`
	Technical  bool              `json:"technical"`
}

// AlertDetail is an alert with everything that happened to it. Story is filled in by the
// server through Alerts.Story.
type AlertDetail struct {
	AlertRow
	Story      []StoryEntry  `json:"story"`
	Dispatches []DispatchRow `json:"dispatches"`
	Answers    []AnswerRow   `json:"answers"`
}

// StoryEntry is one line of an alert's story.
type StoryEntry struct {
	No   int                `json:"no"`
	At   time.Time          `json:"at"`
	Kind alerting.EntryKind `json:"kind"`
	User *StoryUser         `json:"user,omitempty"`
	Step int                `json:"step"`
	Data raw                `json:"data,omitempty"`
}

// StoryUser is who did what a line tells.
type StoryUser struct {
	ID   hub.UserID `json:"id"`
	Name string     `json:"name"`
}

// DispatchRow is how far one notification has come.
type DispatchRow struct {
	Step    int                    `json:"step"`
	User    StoryUser              `json:"user"`
	State   alerting.DispatchState `json:"state"`
	Changed time.Time              `json:"changed"`
}

// AnswerRow is one answer to the source; DoneAt is zero until the source has it.
type AnswerRow struct {
	Kind     alerting.AnswerKind `json:"kind"`
	At       time.Time           `json:"at"`
	DoneAt   time.Time           `json:"done_at,omitzero"`
	Attempts int                 `json:"attempts"`
}

// Summary is what the first page of the console counts.
type Summary struct {
	Todos    []Todo        `json:"todos"`
	Alerts   AlertSummary  `json:"alerts"`
	Persons  PersonCounts  `json:"persons"`
	Accounts AccountCounts `json:"accounts"`
	RawHour  int           `json:"raw_last_hour"`
}

// Todo is something an administrator should look at.
type Todo struct {
	Kind  string `json:"kind" enum:"plan_held,connector_down,message_errors,uncovered_role,activation_open"`
	Count int    `json:"count"`
	Ref   string `json:"ref,omitempty"`
}

// AlertSummary counts the alerts of the last 24 hours.
type AlertSummary struct {
	Running     int     `json:"running"`
	Exhausted   int     `json:"exhausted_24h"`
	Accepted    int     `json:"accepted_24h"`
	AcceptP50   float64 `json:"p50_accept_ms_24h"`
	FirstDevP99 float64 `json:"p99_first_device_ms_24h"`
}

// PersonCounts counts persons.
type PersonCounts struct {
	Active int `json:"active"`
	Locked int `json:"locked"`
}

// AccountCounts counts accounts by state.
type AccountCounts struct {
	Invited int `json:"invited"`
	Active  int `json:"active"`
	Locked  int `json:"locked"`
}
