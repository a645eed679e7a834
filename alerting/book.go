package alerting

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// World is what decisions read besides the alerts themselves. The store implements it
// inside the transaction that will also write the result, and caches per batch.
type World interface {
	// Rules returns the clinic's enabled rules in order; the last one catches all.
	Rules(ctx context.Context) ([]Rule, error)
	// Resolve returns who a target means right now, for an alert on the given ward.
	Resolve(ctx context.Context, t Target, ward string) ([]Recipient, error)
	// Person returns one account as a source may be told of it; unknown accounts have no name.
	Person(ctx context.Context, user hub.UserID) (Recipient, error)
	// TakesAnswers reports whether a source hears what becomes of its alerts; for one that
	// does not no answers are written.
	TakesAnswers(ctx context.Context, source hub.ConnectorID) (bool, error)
}

// ActKind is what a person or their device did with an alert.
type ActKind string

// Delivered and Seen are told by devices, the others by people.
const (
	ActDelivered ActKind = "delivered"
	// ActUnreachable is told by the part that seals cards: this person has no device left.
	ActUnreachable ActKind = "unreachable"
	ActSeen        ActKind = "seen"
	ActAccept      ActKind = "accept"
	ActReject      ActKind = "reject"
	ActBusy        ActKind = "busy"
	ActHandBack    ActKind = "hand_back"
	ActArrive      ActKind = "arrive"
	// ActDuty and ActDevice are told by the store when a person has come on duty or has
	// registered a device; they need not be recipients yet. See join.
	ActDuty   ActKind = "duty"
	ActDevice ActKind = "device"
)

// Act is an input from a recipient.
type Act struct {
	Alert hub.AlertID
	Kind  ActKind
	User  hub.UserID
}

// Input is one thing that happens to alerts; exactly one field is set.
type Input struct {
	Signal *Signal
	Act    *Act
	Due    *Timer
}

// Result says what an input came to, for whoever sent it.
type Result struct {
	Alert   hub.AlertID
	Created bool         // a new alert came of it
	State   State        // after the input
	Err     error        // a *hub.Error: NotFound, Forbidden, Conflict (code "taken", "ended"), Invalid; nothing was written for it
	TakenBy []hub.UserID // who had accepted, where Err is code "taken"
}

// Changes is everything a batch of inputs came to, in the order in which it must be
// written. The store writes each slice with one statement.
type Changes struct {
	New        []*Alert
	Updated    []*Alert
	Dispatches []Dispatch // upserts by (alert, step, user)
	Entries    []Entry
	Timers     []Timer
	Answers    []Answer
	Cards      []hub.AlertID // whose card must be put into its room again
}

// Snapshot is what the store loaded for one running alert.
type Snapshot struct {
	Alert      Alert
	Dispatches []Dispatch
}

// key finds a running alert by what its source calls it.
type key struct {
	connector hub.ConnectorID
	ref       string
}

// Clock is the time one batch is decided at: the database's, never this machine's.
type Clock = time.Time
