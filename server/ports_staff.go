package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Staff is everything the console's pages about people ask for. Each port is as small as
// the pages of one subject; *staff.Store, *teams.Store and app stand behind them.
type Staff struct {
	Records   Records
	Hand      directory.HandStore
	Changes   directory.ChangeStore
	Actions   Actions
	Conflicts directory.ConflictStore
	Merging   directory.RuleStore
	Runs      Runs
	Passes    Passes
	Imports   Imports
	Groups    directory.GroupStore
	Units     directory.UnitStore
	Rosters   Rosters
	Setup     Setup
	Contacts  Contacts
}

// Records reads what lists of persons leave out.
type Records interface {
	// CountPersons counts everybody a filter finds, on whichever page.
	CountPersons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter) (int, error)
	// ExportPersons calls take for everybody a filter finds.
	ExportPersons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter, take func(directory.PersonExport) error) error
	// Photo returns a JPEG; NotFound where there is none.
	Photo(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) ([]byte, error)
	// Hand names the source of what is entered by hand, for precedence: no list of
	// connectors holds it.
	Hand(ctx context.Context, clinic hub.ClinicID) (hub.ConnectorID, error)
}

// Actions reads the actions of a plan page by page.
type Actions interface {
	PlanActions(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, f directory.ActionFilter) (directory.Page[directory.Action], error)
}

// Runs reads what passes and files came to: connectors.Runs.
type Runs interface {
	ListRuns(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, cursor string, limit int) (runs []connectors.Run, next string, err error)
	ReadRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID) (connectors.Run, error)
}

// Passes asks a source for its people now: connectors.Passes.
type Passes interface {
	// RunNow begins a pass that goes on in the background. Conflict "running" while another
	// is under way, "no_source" where the kind reads nobody; Unavailable "not_running".
	RunNow(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, mode connectors.PassMode, dry bool, by hub.UserID) (connectors.Run, error)
	// Preview reads at most 10 people with a configuration that need not be saved.
	Preview(ctx context.Context, clinic hub.ClinicID, r connectors.Record) (connectors.Sample, error)
}

// Upload is a file a browser has sent. Body is at most 20 MiB.
type Upload struct {
	Name      string // without folders
	Connector hub.ConnectorID
	Body      []byte
	By        hub.UserID
}

// Import is a handed-in file that waits for its run.
type Import struct {
	ID         string          `json:"id"`
	Connector  hub.ConnectorID `json:"connector_id"`
	Name       string          `json:"name"`
	Format     string          `json:"format" enum:"csv,xlsx"`
	Sheet      string          `json:"sheet,omitempty" doc:"Name of the sheet that was read."`
	Header     []string        `json:"header"`
	Sample     [][]string      `json:"sample" doc:"The first 10 rows."`
	Rows       int             `json:"rows"`
	Suggested  []Column        `json:"suggested"`
	Remembered bool            `json:"remembered" doc:"Suggested is what was applied to this header before."`
	Key        string          `json:"key" enum:"staff_number,login,key" doc:"Suggested field that identifies people."`
	Warnings   []string        `json:"warnings"`
	Expires    time.Time       `json:"expires"`
}

// Column says what a column of a file means; an empty field leaves it out.
type Column struct {
	Header string `json:"header" maxLength:"255"`
	Field  string `json:"field" enum:",staff_number,given_name,family_name,title,login,mail,phone,mobile,pager,extension,job_title,department,profession,active_from,active_until,unit,group,active,locked,key"`
}

// ImportOrder is how a file is to be read.
type ImportOrder struct {
	Mapping []Column            `json:"mapping" minItems:"1" maxItems:"200"`
	Mode    connectors.PassMode `json:"mode" enum:"full,changes" doc:"full: the file names everybody, whoever is missing has left."`
	Key     string              `json:"key,omitempty" enum:"staff_number,login,key" doc:"Field that identifies people; the staff number unless given."`
}

// File is one that a browser is to save.
type File struct {
	Name string
	Type string // media type
	Body []byte
}

// Imports takes files with people in them. A file is kept sealed for 24 hours.
type Imports interface {
	Take(ctx context.Context, clinic hub.ClinicID, u Upload) (Import, error)
	// Run reads a file as ordered; dry only plans. NotFound once the file is gone.
	Run(ctx context.Context, clinic hub.ClinicID, id string, o ImportOrder, dry bool, by hub.UserID) (connectors.Run, error)
	// Result is the file with the fate of each row; NotFound before a run.
	Result(ctx context.Context, clinic hub.ClinicID, id string) (File, error)
	// Template is an empty file of the right columns; content is "staff" or "roster".
	Template(ctx context.Context, format, content string) (File, error)
}

// Rosters plans duties from files.
type Rosters interface {
	// Roster reads a file and plans its shifts; unless dry, it applies them. The next roster of
	// the same source replaces this one.
	Roster(ctx context.Context, clinic hub.ClinicID, u Upload, source string, dry bool) (directory.RosterPlan, error)
	Shifts(ctx context.Context, clinic hub.ClinicID, from, until time.Time) ([]directory.ShiftRow, error)
}

// Setup is the first-run wizard.
type Setup interface {
	// Steps lists all steps; some facts are about who asks.
	Steps(ctx context.Context, of accounts.Session) ([]SetupStep, error)
	SetStep(ctx context.Context, clinic hub.ClinicID, step SetupName, state SetupState, by hub.UserID) error
	Rename(ctx context.Context, clinic hub.ClinicID, name, timezone string, by hub.UserID) error
	SetupTests
}

// Contacts is whom the hub writes to when a source ails or a plan is held.
type Contacts interface {
	Contacts(ctx context.Context, clinic hub.ClinicID) ([]string, error)
	SetContacts(ctx context.Context, clinic hub.ClinicID, mails []string) error
}

// SetupTests shows whether what was set up works.
type SetupTests interface {
	// TestAlarm raises a technical alert to one account alone.
	TestAlarm(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (hub.AlertID, error)
	// TestMail sends one mail; Conflict "no_mail" without a mail connector.
	TestMail(ctx context.Context, clinic hub.ClinicID, to string) error
}
