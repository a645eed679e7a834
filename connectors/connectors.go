package connectors

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Kind describes one sort of connector. Name is stored for ever. Config returns a pointer
// to a struct holding the defaults; its tags (json, doc, enum, minimum, maximum, pattern,
// secret:"true") are the form the administrator sees and the schema the server checks. New
// validates and does no I/O; its errors are shown at the form.
type Kind struct {
	Name   string
	Config func() any
	New    func(config any, e Env) (Connector, error)
}

// Connector is one configured link to a hospital system. Run serves and reconnects by
// itself until ctx ends, and then: it stops accepting, finishes the message in hand under
// context.WithoutCancel with a bound (5 s), leaves no goroutine behind and returns nil. An
// error asks the supervisor to start it again after a pause.
type Connector interface {
	Run(ctx context.Context) error
}

// Preparer is implemented by connectors that read files or listen. Prepare does all of
// that before the old run is drained, so that an error there (a missing certificate, a
// port in use) refuses the new configuration while the old one goes on serving. It is
// called once, before Run, and returns within a second.
type Preparer interface {
	Prepare() error
}

// Checker is the Test button: it tries the connection and changes nothing. Each step
// that was tried is a Check, in order; the first failed one ends the list.
type Checker interface {
	Check(ctx context.Context) []Check
}

// Check is one step of a test. Detail is a plain sentence without personal data.
type Check struct {
	Name   string `json:"name"` // "listen", "dns", "tcp", "tls", "login": translated by the console
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// ErrGone is returned by an Answerer whose source will never take the answer.
var ErrGone = errors.New("the source will never take this answer")

// Answerer takes the state of an alert back to its source. It is called from the durable
// outbox, at least once per answer and in order per alert; nil means the source has it.
// ErrGone means the source will never take it (its session ended), so trying again is vain.
type Answerer interface {
	Answer(ctx context.Context, a alerting.Answer) error
}

// Syncer fetches everything again from the source.
type Syncer interface {
	Sync(ctx context.Context) error
}

// Env is all a connector may touch. The supervisor makes a new one for every start.
type Env struct {
	Clinic hub.ClinicID
	ID     hub.ConnectorID
	Log    *slog.Logger
	Inbox  Inbox
	Report func(Health)
	// Count adds to one of the connector's named counters ("frames_broken",
	// "login_refused"), shown in the console and exported as a metric. Names are constants.
	Count func(name string)
	// Listen returns a listener owned by the supervisor: closing it ends Accept for this
	// run only, the socket itself outlives a reload to the same address.
	Listen func(network, addr string) (net.Listener, error)
	// Status returns the newest alert of this connector with the given reference.
	Status func(ctx context.Context, ref string) (alerting.Alert, error)
	// Names returns the display names of people, for a source that may see who accepted;
	// somebody unknown is missing.
	Names func(ctx context.Context, users []hub.UserID) (map[hub.UserID]string, error)
	// Grant finds what an API token of this connector may do; hub.Unauthenticated if none.
	Grant func(ctx context.Context, token string) (Grant, error)
	// Feed gives people that were handed to the connector a run of their own.
	Feed Feed
	// Stated reads back what this connector has stated of people; nil where none needs it.
	Stated Stated
	// Rosters takes planned duties; nil where none needs it.
	Rosters Rosters
	State   KV
	Now     func() time.Time
}

// Grant is what an API token allows.
type Grant struct {
	TokenID string
	Scopes  []string // "trigger", "resolve", "status"
	Wards   []string // empty: all
}

// KV is a connector's own small durable memory (sequence numbers, cookies); values are at
// most 64 KiB and hold no personal data.
type KV interface {
	Get(ctx context.Context, key string) ([]byte, error) // nil, nil when absent
	Put(ctx context.Context, key string, value []byte) error
}

// Raw is an input exactly as it came. It is stored encrypted and kept 30 days.
type Raw struct {
	Key       string // the source's own identity of this input; the same (connector, key) twice takes effect once
	Type      string // "MFN^M02", "REQ.P-START", "POST /v1/events"
	ControlID string // the source's message id, searchable; never a person's name or number
	Peer      string // remote address without port
	Body      []byte
	Received  time.Time
	Warnings  []string // named quirks that were tolerated
	Fault     *Fault   // set when the input could not be turned into anything
}

// Fault is why an input came to nothing. It is stored with the input, counted by Name and
// shown to the administrator; the input can be replayed once the cause is mended.
type Fault struct {
	Name   string `json:"name"`   // stable: "unknown_type", "missing_key", ...
	Where  string `json:"where"`  // "STF-2.1", "byte 112"
	Reason string `json:"reason"` // a plain sentence without content of the message
}

// Inbox is where inputs become durable. A nil error means that PostgreSQL has committed
// the raw input, its effect and every follow-up: only then may the source be acknowledged.
// The same (connector, Raw.Key) twice is harmless and returns nil. An error means that
// nothing happened and the source should try again.
type Inbox interface {
	// PutChanges takes statements about staff; none at all stores only the raw input.
	PutChanges(ctx context.Context, raw Raw, changes ...directory.Change) error
	// PutSignal takes a signal of an alarm source.
	PutSignal(ctx context.Context, raw Raw, s alerting.Signal) error
	// PutMovements takes stays of patients, for the bed context of alerts.
	PutMovements(ctx context.Context, raw Raw, moves ...alerting.Movement) error
}

// Replayer is implemented by connectors whose stored inputs can be read again: it maps a
// raw body as if it had just arrived and puts the effect through in.
type Replayer interface {
	Replay(ctx context.Context, in Inbox, raw Raw) error
}

// State is how a connector is doing.
type State string

// Stopped connectors are switched off; Degraded ones work with a loss that Detail names.
const (
	Stopped    State = "stopped"
	Connecting State = "connecting"
	Up         State = "up"
	Degraded   State = "degraded"
	Down       State = "down"
)

// Health is what a connector last reported of itself. Detail is a plain sentence without
// personal data.
type Health struct {
	State  State     `json:"state"`
	Since  time.Time `json:"since"`
	Detail string    `json:"detail,omitempty"`
	Peers  int       `json:"peers"` // open connections or sessions
}
