package directory

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// Precedence says per field whose word counts: the first source listed that states the
// field. Sources that are not listed come after those that are, the newest statement first,
// except that what an administrator entered by hand comes before all of them unless the
// list says otherwise. Two names are not fields of a source: FieldStatus decides who may let
// somebody go (unlisted: any source may, the safe side), FieldUnit whose units count
// (unlisted: all sources' units together). It is stored.
type Precedence map[Field][]hub.ConnectorID

// Rules is how the clinic merges and when it brakes.
type Rules struct {
	Precedence Precedence `json:"precedence"`
	Percent    int        `json:"limit_percent"`
	Accounts   int        `json:"limit_accounts"`
	Revision   int        `json:"revision"`
}

// RuleStore keeps Rules. SetRules is Conflict "stale" when Revision is not the stored one;
// it recomputes what is shown of everybody in the same transaction.
type RuleStore interface {
	Rules(ctx context.Context, clinic hub.ClinicID) (Rules, error)
	// PreviewRules returns what would be shown differently, at most 200 persons, and how many in all.
	PreviewRules(ctx context.Context, clinic hub.ClinicID, r Rules) (Preview, error)
	SetRules(ctx context.Context, clinic hub.ClinicID, r Rules, by hub.UserID) (Rules, error)
}

// Preview is what a change of rules would show differently.
type Preview struct {
	Total int          `json:"total"`
	Items []ShownDiffs `json:"items"`
}

// ShownDiffs is how one person would be shown differently.
type ShownDiffs struct {
	Person PersonRef `json:"person"`
	Fields []Diff    `json:"fields"`
}

// ConflictReason says what makes it doubtful who somebody is.
type ConflictReason string

const (
	// MailMatches: an unknown key states the mail address of somebody known.
	MailMatches ConflictReason = "mail_known"
	// NumberMatches: an unknown key states the staff number of somebody the same source
	// knows by another key: deleted and created again, or a mistake.
	NumberMatches ConflictReason = "number_known"
	// SeveralMatch: staff number and mail point to different people.
	SeveralMatch ConflictReason = "several_match"
	// AdminMatches: the staff number is an administrator's whom this source does not know yet.
	// Whoever may keep a source could else become them, so that an owner is asked first.
	AdminMatches ConflictReason = "administrator"
)

// ConflictState is what has become of a question.
type ConflictState string

// Open questions keep the newcomer out; a later statement about the same key renews them.
const (
	ConflictOpen      ConflictState = "open"
	ConflictSame      ConflictState = "same"      // the key now names the person it was taken for
	ConflictOther     ConflictState = "other"     // somebody else: a person of their own
	ConflictDismissed ConflictState = "dismissed" // not wanted here; asked again only when the statement changes
)

// Conflict is a question who an unknown key of a source is.
type Conflict struct {
	ID         hub.ConflictID   `json:"id"`
	Source     SourceRef        `json:"source"`
	Key        string           `json:"key"`
	Reason     ConflictReason   `json:"reason"`
	State      ConflictState    `json:"state"`
	Stated     map[Field]string `json:"stated"`
	Candidates []PersonRow      `json:"candidates"`
	Created    time.Time        `json:"created"`
	DecidedAt  *time.Time       `json:"decided_at,omitempty"`
}

// ConflictStore keeps the queue of questions.
type ConflictStore interface {
	Conflicts(ctx context.Context, clinic hub.ClinicID, state ConflictState, cursor string, limit int) (Page[Conflict], error)
	// DecideConflict applies an answer. Same needs person, one of the candidates; where the
	// person has another key of this source already, the new key takes its place. Forbidden
	// "role" where person is an administrator and by is no owner. Conflict "decided" later on.
	DecideConflict(ctx context.Context, clinic hub.ClinicID, id hub.ConflictID, as ConflictState, person hub.PersonID, by hub.UserID) error
}

// Entry is what an administrator enters by hand. Units nil: not mentioned.
type Entry struct {
	Values map[Field]Value `json:"values"`
	Units  []UnitRef       `json:"units,omitempty"`
}

// Identifies reports whether an entry states what somebody signs in by, or is first found by.
func (e Entry) Identifies() bool {
	for f := range e.Values {
		if f.Identifies() {
			return true
		}
	}
	return false
}

// HandStore takes what is entered by hand; it is a source of its own, kind "hand".
type HandStore interface {
	// Duplicates returns known people who may be the one entered: same staff number, mail or
	// login, or the same name written alike. At most 20, the likeliest first.
	Duplicates(ctx context.Context, clinic hub.ClinicID, values map[Field]string) ([]PersonRow, error)
	EnterPerson(ctx context.Context, clinic hub.ClinicID, e Entry, by hub.UserID) (hub.PersonID, error)
	// EditPerson states values by hand; a null value takes the hand's word back, so that the
	// sources' counts again.
	EditPerson(ctx context.Context, clinic hub.ClinicID, person hub.PersonID, e Entry, by hub.UserID) error
	// ErasePerson pseudonymises: values, names, keys and history texts go, the person, its
	// account (locked, without login) and what others need for the record stay; a keyed hash of
	// every source key stays as a tombstone, so that no source brings the person back.
	ErasePerson(ctx context.Context, clinic hub.ClinicID, person hub.PersonID, by hub.UserID) error
}

// BulkOp is what is done to many people at once.
type BulkOp string

// Lock and Unlock are the administrator's lock; AddUnit, RemoveUnit and SetField state by hand.
const (
	BulkLock        BulkOp = "lock"
	BulkUnlock      BulkOp = "unlock"
	BulkAddUnit     BulkOp = "add_unit"
	BulkRemoveUnit  BulkOp = "remove_unit"
	BulkSetField    BulkOp = "set_field"
	BulkAddGroup    BulkOp = "add_group"
	BulkRemoveGroup BulkOp = "remove_group"
)

// Bulk is one act on many people: those named, or all that the filter finds (at most 5,000).
type Bulk struct {
	Op      BulkOp         `json:"op"`
	Persons []hub.PersonID `json:"persons,omitempty"`
	Filter  *PersonFilter  `json:"filter,omitempty"`
	Unit    string         `json:"unit,omitempty"`  // code
	Field   Field          `json:"field,omitempty"` // of BulkSetField
	Text    string         `json:"text,omitempty"`  // "" takes the hand's word back
	Group   hub.GroupID    `json:"group,omitempty"`
}

// ChangeStore does what can be undone.
type ChangeStore interface {
	// RunBulk plans a bulk and, unless dry, applies and stores it as a plan of source "hand".
	RunBulk(ctx context.Context, clinic hub.ClinicID, b Bulk, dry bool, by hub.UserID) (PlanDetail, error)
	// UndoPlan takes back what an applied plan did, where nobody has changed it since. The next
	// full pass of the same source is then held (ReasonUndone), or it would do it again.
	// Conflict "not_applied" for other plans.
	UndoPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID) (Undone, error)
}

// Undone is what an undo came to.
type Undone struct {
	Undone  int         `json:"undone"`  // people put back
	Skipped []PersonRef `json:"skipped"` // changed since, at most 200
}
