package connectors

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wardline/wardline/hub"
)

// Record is a configured connector as it is stored. Config never holds secrets; Secrets
// holds only those that are set, and never leaves the server.
type Record struct {
	ID       hub.ConnectorID
	Kind     string
	Name     string
	Enabled  bool
	Revision int
	Config   json.RawMessage
	Secrets  map[string]string
}

// Revision is one configuration a connector had.
type Revision struct {
	Revision int
	Name     string
	Enabled  bool
	Config   json.RawMessage
	Author   hub.UserID // "" when the hub itself made it
	Comment  string
	At       time.Time
}

// Configs keeps connector configurations. *store.DB implements it.
type Configs interface {
	Connectors(ctx context.Context, clinic hub.ClinicID) ([]Record, error)
	// SaveConnector writes revision r.Revision+1 and returns the record with it. It refuses
	// with hub.Conflict code "stale" when r.Revision is not the stored one (0 for a new one),
	// and code "name_taken".
	SaveConnector(ctx context.Context, clinic hub.ClinicID, r Record, author hub.UserID, comment string) (Record, error)
	// DeleteConnector hides a connector; what it received stays.
	DeleteConnector(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) error
	Revisions(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) ([]Revision, error)
	// RevisionSecrets returns the secrets of an earlier revision, to go back to it.
	RevisionSecrets(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID, revision int) (map[string]string, error)
}

// Token is an API token of one connector, without its secret.
type Token struct {
	ID       string
	Name     string
	Scopes   []string
	Wards    []string
	Created  time.Time
	LastUsed time.Time
}

// Tokens keeps API tokens. *store.DB implements it.
type Tokens interface {
	Tokens(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID) ([]Token, error)
	// CreateToken returns the secret, which is stored only as a hash and never shown again.
	CreateToken(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, t Token, by hub.UserID) (id, secret string, err error)
	RevokeToken(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, id string) error
}

// MessageStatus is what became of a raw input.
type MessageStatus string

// Held inputs wait in a plan for an administrator's judgement.
const (
	MessageApplied MessageStatus = "applied"
	MessageError   MessageStatus = "error"
	MessageHeld    MessageStatus = "held"
)

// Message is a stored raw input. Body is set only by the call that reads one message.
type Message struct {
	ID        hub.MessageID
	Connector hub.ConnectorID
	Key       string
	Type      string
	ControlID string
	Peer      string
	Size      int
	Status    MessageStatus
	Fault     *Fault
	Warnings  []string
	Repeats   int // how often the source sent it again
	Effect    json.RawMessage
	Received  time.Time
	Body      []byte
}

// MessageFilter narrows a search; zero fields do not.
type MessageFilter struct {
	Connector hub.ConnectorID
	Type      string
	ControlID string
	Status    string // a MessageStatus, or "duplicate": sent more than once
	Fault     string
	From, To  time.Time
	Cursor    string
	Limit     int
}

// FaultCount is how often a named fault happened at a connector in the kept 30 days.
type FaultCount struct {
	Name      string
	Connector hub.ConnectorID
	Count     int
	Last      time.Time
}

// Counters are counted from the stored rows, so they are right after any crash.
type Counters struct {
	Received, Applied, Errors, Duplicates, Held int
	Last                                        time.Time
}

// Messages reads stored raw inputs. *store.DB implements it.
type Messages interface {
	Messages(ctx context.Context, clinic hub.ClinicID, f MessageFilter) (items []Message, next string, err error)
	Message(ctx context.Context, clinic hub.ClinicID, id hub.MessageID) (Message, error)
	FaultCounts(ctx context.Context, clinic hub.ClinicID) ([]FaultCount, error)
	Counters(ctx context.Context, clinic hub.ClinicID) (map[hub.ConnectorID]Counters, error)
}

// AuditLine is one act of an administrator. Data holds ids and codes, never content.
type AuditLine struct {
	At     time.Time
	Actor  hub.UserID
	Act    string // "message.view", "connector.save", "account.lock", ...
	Object string // id of what it was done to
	Data   map[string]string
}

// Audit keeps the acts of administrators. *store.DB implements it.
type Audit interface {
	WriteAudit(ctx context.Context, clinic hub.ClinicID, line AuditLine) error
	AuditLines(ctx context.Context, clinic hub.ClinicID, cursor string, limit int) (lines []AuditLine, next string, err error)
}
