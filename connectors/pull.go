package connectors

import (
	"context"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// StaffSource is implemented by connectors that can read the people their system knows.
// The hub asks for passes by the connector's Schedule, by hand, as a preview and as a dry
// run; a source neither plans nor writes.
type StaffSource interface {
	// Pull reads people and hands each to take, in the source's order. A nil error means
	// that the source itself said that its answer is whole (LDAP result 0 after the last
	// page, a FHIR bundle without a next link, the last row of a file). Everything else,
	// a cut connection or a size limit, is an error and changes nobody: an error is not an
	// absence. take's error ends the pass and is returned as it is.
	Pull(ctx context.Context, p Pass, take func(Pulled) error) (PassEnd, error)
	// Schedule says when passes are due by themselves.
	Schedule() Schedule
}

// Pass is what is asked of a source.
type Pass struct {
	Mode   PassMode
	Cursor []byte // where the last applied pass ended; nil: there is none, read everything
	Limit  int    // end after so many people with a nil error: a preview; 0: no limit
}

// PassMode is how much of the source is read. It is stored.
type PassMode string

const (
	// PassFull reads everybody. Whoever is missing afterwards has left, as far as the source
	// is concerned, which is what the brake looks at.
	PassFull PassMode = "full"
	// PassChanges reads what has changed since the cursor. A source that cannot tell, or no
	// longer knows the cursor, reads everything and says so by PassEnd.Full.
	PassChanges PassMode = "changes"
)

// PassEnd is what a source says at the end of a pass.
type PassEnd struct {
	Full   bool   // everybody was read
	Cursor []byte // where the next PassChanges begins; at most 64 KiB, no personal data
}

// Pulled is one record of a source: a change, or the fault that keeps it out. A record with
// a fault never stops the others; in a full pass its person (where Change.Key is known) is
// neither changed nor missing.
type Pulled struct {
	Change directory.Change
	// Record is the place of the record as its administrator can find it: a row number, a
	// DN, a resource id. It is shown at the console only and never logged.
	Record string
	Fault  *Fault
	Notes  []string // named quirks that were tolerated: "photo_too_large", "group_cycle"
}

// Schedule is the part of a pulling connector's configuration that says when passes are
// due. The zero value: only by hand.
type Schedule struct {
	ChangesMinutes int    `json:"changes_minutes" minimum:"0" maximum:"1440" doc:"Änderungen alle so viele Minuten holen; 0: nur vollständige Abgleiche. / Fetch changes every so many minutes; 0: full passes only."`
	FullAt         string `json:"full_at,omitempty" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9])?$" doc:"Vollständiger Abgleich täglich um (HH:MM, Zeitzone der Klinik). Leer: nur von Hand. / Full pass each day at (HH:MM, the clinic's time zone). Empty: by hand only." example:"02:30"`
}

// RunState is what has become of a run. It is stored.
type RunState string

// A run that failed changed nobody; a held one waits as a plan for a judgement, and a
// rejected one has waited in vain.
const (
	RunRunning  RunState = "running"
	RunApplied  RunState = "applied"
	RunHeld     RunState = "held"
	RunRejected RunState = "rejected"
	RunFailed   RunState = "failed"
	RunDry      RunState = "dry" // planned only
	RunUndone   RunState = "undone"
)

// Superseded is the comment of a judgement nobody made: a newer pass said it all again.
const Superseded = "superseded"

// Judgement is what became of a run's plan last: approved, rejected or undone.
type Judgement struct {
	By      string    `json:"by"` // the name; empty where nobody judged
	At      time.Time `json:"at"`
	Comment string    `json:"comment,omitempty"`
}

// Run is one pass over a source, or one file that was handed in, as the console lists it.
type Run struct {
	ID        hub.RunID         `json:"id"`
	Connector hub.ConnectorID   `json:"connector_id"`
	Mode      PassMode          `json:"mode"`
	State     RunState          `json:"state"`
	Cause     string            `json:"cause"` // "schedule", "hand", "upload", "folder", "api"
	By        hub.UserID        `json:"by,omitempty"`
	File      string            `json:"file,omitempty"` // name of a handed-in file, without its folder
	Began     time.Time         `json:"began"`
	Ended     *time.Time        `json:"ended,omitempty"`
	Read      int               `json:"read"`   // records
	Faults    int               `json:"faults"` // records that were kept out
	Counts    directory.Counts  `json:"counts"`
	Unchanged int               `json:"unchanged"`
	Conflicts int               `json:"conflicts"`
	Fault     *Fault            `json:"fault,omitempty"` // why a run failed
	Plan      hub.PlanID        `json:"plan_id,omitempty"`
	Reason    *directory.Reason `json:"reason,omitempty"`     // why its plan was held or, of a dry run, would be
	Judged    *Judgement        `json:"judged,omitempty"`     // of its plan
	Message   hub.MessageID     `json:"message_id,omitempty"` // the stored input, for files
	Records   []RunRecord       `json:"records,omitempty"`    // only where one run is read: those with a fault or a note, at most 1,000
}

// RunRecord is the fate of one record that did not simply pass.
type RunRecord struct {
	Record string   `json:"record"`
	Key    string   `json:"key,omitempty"`
	Fault  *Fault   `json:"fault,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// RunStart opens a run.
type RunStart struct {
	Mode  PassMode
	Cause string
	By    hub.UserID
	File  string
	Dry   bool // plan, keep the plan for 24 h, change nobody and nothing
}

// RunInput is what a run has read.
type RunInput struct {
	Pulled []Pulled
	End    PassEnd
	Raw    *Raw // a handed-in file, kept sealed like every raw input; its key makes the same file twice harmless only where the caller wants that
}

// Runs keeps runs and gives them their effect. *store.DB implements it.
type Runs interface {
	// BeginRun opens a run; Conflict "running" while another of the connector is under way
	// on any node (a run whose node died counts as over after 30 minutes).
	BeginRun(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, s RunStart) (Run, error)
	// FinishRun plans what was read, applies the plan unless the brake holds it or the run is
	// dry, and closes the run, all in one transaction.
	FinishRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID, in RunInput) (Run, error)
	// FailRun closes a run that changed nobody.
	FailRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID, f Fault, read int) (Run, error)
	// RunCursor returns where the last applied pass of a connector ended, nil before, and
	// when its last full pass was applied.
	RunCursor(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID) (cursor []byte, full time.Time, err error)
	// ListRuns lists newest first; an empty connector lists all.
	ListRuns(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, cursor string, limit int) (runs []Run, next string, err error)
	ReadRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID) (Run, error)
}

// Feed is how a connector gives people it was handed (a dropped file, a posted bundle) a
// run of their own. Env.Feed is it; nil in tests that do not need it. Commit, then
// acknowledge: only a returned Run without error is durable.
type Feed interface {
	// Hand runs what was read from one input as RunStart says. Changes keep the order.
	Hand(ctx context.Context, s RunStart, in RunInput) (Run, error)
}

// Authenticator is implemented by connectors whose system can check a password (LDAP bind).
type Authenticator interface {
	// Authenticate returns the source's key of the person whose login and password these are.
	// Unauthenticated "wrong" where they are not, whatever the reason; other errors mean that
	// nothing could be found out. SignsIn reports whether the configuration allows it at all.
	Authenticate(ctx context.Context, login, password string) (key string, err error)
	SignsIn() bool
}

// Mailer is implemented by connectors that send mail.
type Mailer interface {
	// Mail sends one text to one address; nil means that the server has taken it.
	Mail(ctx context.Context, m Mail) error
}

// Mail is one outgoing message. It never holds anything of a conversation or of a patient.
type Mail struct {
	To      string
	Subject string
	Text    string
}
