package alerting

import (
	"encoding/json"
	"time"

	"github.com/wardline/wardline/hub"
)

// Priority orders alerts; the values are stored and compared, so they never change.
type Priority int8

const (
	// Info is shown but does not sound.
	Info Priority = iota
	// Low sounds once.
	Low
	// Normal is a usual nurse call.
	Normal
	// Urgent opens the full-screen alarm.
	Urgent
	// Emergency is never grouped, delayed, throttled or quietened.
	Emergency
)

// Phase says what a signal reports about its cause.
type Phase string

const (
	// PhaseRaise starts an alert, or updates the running one with the same reference.
	PhaseRaise Phase = "raise"
	// PhaseResolve says that the cause has ended (the call was reset at the bed).
	PhaseResolve Phase = "resolve"
	// PhaseCancel says that the source withdraws the call.
	PhaseCancel Phase = "cancel"
)

// Signal is what a connector heard, translated into our words. A signal is an input; the
// alert is what the hub makes of it.
type Signal struct {
	Connector hub.ConnectorID `json:"connector"`
	Ref       string          `json:"ref"` // the source's own reference, at most 255 bytes: one alert per (connector, ref)
	Phase     Phase           `json:"phase"`
	Kind      string          `json:"kind"` // "nurse-call", "monitor", "technical", ...: a word rules match on
	Priority  Priority        `json:"priority"`
	Ward      string          `json:"ward"` // codes as the source spells them; matched against units by code
	Room      string          `json:"room"`
	Bed       string          `json:"bed"`
	Text      string          `json:"text"`   // shown to the recipients, stored only encrypted; at most 1,000 bytes
	Caller    string          `json:"caller"` // "Zi 302 Bett 2"; stored only encrypted
	At        time.Time       `json:"at"`     // when the source raised it; zero means unknown
	Technical bool            `json:"technical"`

	// To is set by the hub alone, for a test alarm: no rule is asked, only this account is told.
	To hub.UserID `json:"-"`
}

// State is where an alert stands. See docs/alerting.md for the picture.
type State string

// The states of an alert. The last six are final.
const (
	Raised     State = "raised"
	Routed     State = "routed"
	Notifying  State = "notifying"
	Accepted   State = "accepted"
	Arrived    State = "arrived"
	Resolved   State = "resolved"
	Cancelled  State = "cancelled"
	Exhausted  State = "exhausted" // every step passed, nobody accepted; the source has been told
	Expired    State = "expired"
	Suppressed State = "suppressed"
	Silenced   State = "silenced"
)

// Final reports whether no input can change an alert in this state any more. An
// exhausted alert is not final: somebody may still accept it, late but gladly seen.
func (s State) Final() bool {
	switch s {
	case Resolved, Cancelled, Expired, Suppressed, Silenced:
		return true
	}
	return false
}

// TargetKind says how a step finds its people.
type TargetKind string

const (
	// TargetDuty is whoever is on duty in a role; Code names the role, "" the duty roles of the alert's ward.
	TargetDuty TargetKind = "duty"
	// TargetWard is everybody who works on a unit; Code names the unit, "" the alert's ward.
	TargetWard TargetKind = "ward"
	// TargetGroup is everybody on a unit named by Code, used as the fallback group.
	TargetGroup TargetKind = "group"
	// TargetAdmins is the technical contacts of the clinic.
	TargetAdmins TargetKind = "admins"
	// TargetUser is the account whose id Code is. Rules cannot name it: see Signal.To.
	TargetUser TargetKind = "user"
)

// Target names the recipients of a step; who they are is looked up when the step starts.
type Target struct {
	Kind TargetKind `json:"kind" enum:"duty,ward,group,admins"`
	Code string     `json:"code,omitempty" maxLength:"64"`
}

// Step is one rung of an escalation chain. Seconds is how long it has before the next one
// starts (5 to 86,400).
type Step struct {
	Targets []Target `json:"targets" minItems:"1" maxItems:"8"`
	Seconds int      `json:"seconds" minimum:"5" maximum:"86400"`
}

// Policy is what a rule does with an alert. A running alert keeps the policy it was routed
// with: editing a rule changes only alerts raised later.
type Policy struct {
	Steps         []Step `json:"steps" minItems:"1" maxItems:"10"`
	Need          int    `json:"need" minimum:"1" maximum:"50"`              // how many people must accept; 1 is the rule
	AcceptSeconds int    `json:"accept_seconds" minimum:"0" maximum:"86400"` // re-open when nobody arrived and nothing was resolved so long after the accept; 0: never
	MaxSeconds    int    `json:"max_seconds" minimum:"60" maximum:"604800"`  // absolute age after which an alert expires, as an entry of its story
}

// Alert is one condition at its source, from the first signal to its end.
type Alert struct {
	ID         hub.AlertID
	Clinic     hub.ClinicID
	Connector  hub.ConnectorID
	Ref        string
	State      State
	Kind       string
	Priority   Priority
	Ward       string
	Room       string
	Bed        string
	Text       string // plaintext in memory only
	Caller     string // plaintext in memory only
	Technical  bool
	Rule       hub.RuleID
	RuleName   string
	Policy     Policy
	Step       int // index into Policy.Steps of the running step
	Gen        int // counts up whenever pending step and accept timers become void
	Version    int // counts every change a card shows; a card with a lower version is older
	Entries    int // number of story entries written so far
	Answers    int // number of answers written so far
	Notices    int // bits: technical alerts already raised for this one, see technical.go
	RaisedAt   time.Time
	UpdatedAt  time.Time
	EndedAt    time.Time    // zero while running
	AcceptedBy []hub.UserID // in order
}

// DispatchState is how far one notification of one person has come.
type DispatchState string

// Sent, Delivered and Seen never stop escalation; only an accept does.
const (
	Pending     DispatchState = "pending"
	Sending     DispatchState = "sending"
	Sent        DispatchState = "sent"
	Delivered   DispatchState = "delivered"
	Seen        DispatchState = "seen"
	DidAccept   DispatchState = "accepted"
	Rejected    DispatchState = "rejected"
	Busy        DispatchState = "busy"
	Failed      DispatchState = "failed"
	Unreachable DispatchState = "unreachable"
	TimedOut    DispatchState = "timed_out"
	Withdrawn   DispatchState = "withdrawn"
)

// Dispatch is one recipient in one step.
type Dispatch struct {
	Alert   hub.AlertID
	Step    int
	User    hub.UserID
	State   DispatchState
	Reached bool // a device of theirs has had a card of this alert; the source was told
	Changed time.Time
}

// After reports whether d counts rather than o, another dispatch of the same person and
// alert: the one that changed last does. Within one transaction, which has one time, the
// one that still waits does; an alert that opens again may be back in an earlier step.
func (d Dispatch) After(o Dispatch) bool {
	if c := d.Changed.Compare(o.Changed); c != 0 {
		return c > 0
	}
	if d.State.live() != o.State.live() {
		return d.State.live()
	}
	return d.Step > o.Step
}

// Recipient is a person a target resolved to, with what the source may be told of them.
type Recipient struct {
	User      hub.UserID
	Name      string // display name, for the card and the answer to the source
	Extension string // the number a source knows them by; may be empty
	Devices   int    // devices able to receive; 0 means unreachable
}

// TimerKind says what a due timer does.
type TimerKind string

const (
	// TimerStep starts the next escalation step.
	TimerStep TimerKind = "step"
	// TimerAccept re-opens an accepted alert that nobody resolved.
	TimerAccept TimerKind = "accept"
	// TimerExpire ends an alert at its maximum age.
	TimerExpire TimerKind = "expire"
)

// Timer is a row with a due time; the database clock decides when it fires. An alert has
// at most one of each kind. In Changes a zero Due takes the row away.
type Timer struct {
	Alert hub.AlertID
	Kind  TimerKind
	Gen   int // void when the alert's Gen has moved on; not looked at for TimerExpire
	Due   time.Time
}

// EntryKind names what happened in one line of an alert's story.
type EntryKind string

// The entries of a story, in the order in which they usually come.
const (
	EntryRaised      EntryKind = "raised"
	EntryUpdated     EntryKind = "updated"
	EntryRouted      EntryKind = "routed"
	EntryStep        EntryKind = "step"
	EntryNobody      EntryKind = "nobody_on_duty"
	EntryNotified    EntryKind = "notified"
	EntryDelivered   EntryKind = "delivered"
	EntrySeen        EntryKind = "seen"
	EntryUnreachable EntryKind = "unreachable"
	EntryAccepted    EntryKind = "accepted"
	EntryRejected    EntryKind = "rejected"
	EntryBusy        EntryKind = "busy"
	EntryHandedBack  EntryKind = "handed_back"
	EntryArrived     EntryKind = "arrived"
	EntryReopened    EntryKind = "reopened"
	EntryExhausted   EntryKind = "exhausted"
	EntryResolved    EntryKind = "resolved"
	EntryCancelled   EntryKind = "cancelled"
	EntryExpired     EntryKind = "expired"
	EntryDuplicate   EntryKind = "duplicate"
	EntryAnswered    EntryKind = "answered"   // the source has taken the answer
	EntryUnanswered  EntryKind = "unanswered" // the source could not be told and never will be
)

// Entry is one line of an alert's append-only story. Data holds codes and numbers, never
// names or texts; User is resolved to a name by whoever shows the story.
type Entry struct {
	Alert hub.AlertID     `json:"alert"`
	No    int             `json:"no"`
	At    time.Time       `json:"at"`
	Kind  EntryKind       `json:"kind"`
	User  hub.UserID      `json:"user,omitempty"`
	Step  int             `json:"step"`
	Data  json.RawMessage `json:"data,omitempty"`
}

// AnswerKind is what a source is told about its call.
type AnswerKind string

// The answers a closed-loop source can show. NotAccepted is promise 2: the end of the
// chain is reported, never passed over.
const (
	AnswerStarted     AnswerKind = "started"
	AnswerReached     AnswerKind = "reached"
	AnswerAccepted    AnswerKind = "accepted"
	AnswerRejected    AnswerKind = "rejected"
	AnswerBusy        AnswerKind = "busy"
	AnswerNoAnswer    AnswerKind = "no_answer"
	AnswerOffDuty     AnswerKind = "off_duty"
	AnswerNotAccepted AnswerKind = "not_accepted"
	AnswerEnded       AnswerKind = "ended"
)

// Answer is one line of the durable outbox to an alert's source. No counts from 1 within
// the alert: a source hears them in this order.
type Answer struct {
	ID        string          `json:"id"`
	No        int             `json:"no"`
	Connector hub.ConnectorID `json:"connector"`
	Alert     hub.AlertID     `json:"alert"`
	Ref       string          `json:"ref"`
	Kind      AnswerKind      `json:"kind"`
	Name      string          `json:"name"`      // who, for reached/accepted/rejected/busy; stored only encrypted
	Extension string          `json:"extension"` // their number, may be empty
	State     State           `json:"state"`     // of the alert when the answer was written
	At        time.Time       `json:"at"`
}
