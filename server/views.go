package server

import (
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// The structs of this file are what the API answers where a domain has no view of its own.

// ConnectorRef names a connector.
type ConnectorRef struct {
	ID   hub.ConnectorID `json:"id"`
	Name string          `json:"name"`
	Kind string          `json:"kind,omitempty"`
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
	directory.UserRef
	Devices int `json:"devices"`
}

// TrialPassed is a rule that did not match, and the field by which it did not.
type TrialPassed struct {
	Rule hub.RuleID `json:"rule_id"`
	Why  string     `json:"why"`
}

// AlertRow is a line of the alert board.
type AlertRow struct {
	ID         hub.AlertID         `json:"id"`
	State      alerting.State      `json:"state"`
	Kind       string              `json:"kind"`
	Priority   alerting.Priority   `json:"priority"`
	Ward       string              `json:"ward"`
	Room       string              `json:"room"`
	Bed        string              `json:"bed"`
	Text       string              `json:"text"`
	Caller     string              `json:"caller"`
	Connector  ConnectorRef        `json:"connector"`
	RuleName   string              `json:"rule_name"`
	Step       int                 `json:"step"` // counts from 1
	Steps      int                 `json:"steps"`
	RaisedAt   time.Time           `json:"raised_at"`
	UpdatedAt  time.Time           `json:"updated_at"`
	EndedAt    time.Time           `json:"ended_at,omitzero"`
	AcceptedBy []directory.UserRef `json:"accepted_by"`
	Technical  bool                `json:"technical"`
}

// AlertDetail is an alert with everything that happened to it.
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
	Kind  string `json:"kind" enum:"plan_held,connector_down,source_failing,source_stale,conflict_open,message_errors,uncovered_role,activation_open,recorder_away,chat_faults,break_glass,device_waiting"`
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

// ChatHealth is how conversations are doing.
type ChatHealth struct {
	Recorder RecorderHealth `json:"recorder"`
	Open     int            `json:"open" doc:"Items that devices could not open and that nobody has restored."`
	Repaired int            `json:"repaired"`
	ByCause  map[string]int `json:"by_cause"`
}

// RecorderHealth is whether the recorder is at work.
type RecorderHealth struct {
	Connected bool      `json:"connected"`
	LastSeen  time.Time `json:"last_seen,omitzero" doc:"Absent: never."`
	Away      bool      `json:"away" doc:"For so long that somebody should look."`
}
