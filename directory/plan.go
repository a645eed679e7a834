package directory

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// Status is how a person stands with one source. It is stored.
type Status string

const (
	// Working people may use their account, as far as this source is concerned.
	Working Status = "working"
	// Gone people were deactivated by the source, or missing from its full set.
	Gone Status = "gone"
	// Waiting people start later (ActiveFrom).
	Waiting Status = "waiting"
	// Ended people were to work until a day that has passed (ActiveUntil).
	Ended Status = "ended"
)

// These appear in differences beside the fields sources state. FieldPhoto holds hashes,
// FieldGroups codes, FieldLocked the administrator's lock in a bulk ("true").
const (
	FieldStatus  Field = "status"
	FieldPrimary Field = "primary_unit"
	FieldUnit    Field = "unit"
	FieldLogin   Field = "account_login"
	FieldPhoto   Field = "photo"
	FieldGroups  Field = "groups"
	FieldLocked  Field = "locked_here"
	FieldMember  Field = "group" // of a group by hand, in a bulk: its id
)

// Person is what the hub knows of somebody through one source, as planning needs it.
type Person struct {
	ID         hub.PersonID
	Key        string
	Values     map[Field]string    // what this source has stated; no empty values
	Units      []UnitRef           // where this source says they work: Code and Primary only
	Groups     []GroupRef          // of this source
	Photo      string              // hash of what this source states; "" for none
	Status     Status              // "" while this source does not know them
	Login      string              // of their account; "" without one
	LockedHere bool                // an administrator has locked the account
	Admin      bool                // the account is an administrator's
	Since      map[Field]time.Time // of Values; only where others state something too
	Digest     string              // see Digest: of the last statement that was applied whole
	Others     []Statement         // what other sources say of them
}

// Unit is a unit as planning needs it.
type Unit struct {
	Name   string
	Kind   UnitKind
	Parent string // code; "" directly below the house
}

// Known is the state a plan starts from: everything the changes may touch. Absent keys
// mean that there is no such person, unit, login or mail address.
type Known struct {
	Source  hub.ConnectorID   // whose statements are planned
	Persons map[string]Person // by the source's key; all of the source's for a full set
	Units   map[string]Unit   // by code
	Logins  map[string]bool   // lower-case logins that accounts of the clinic hold
	Merge   Merge

	// Who newcomers might be: people by what any source has stated, lower-case mail addresses
	// and staff numbers. Those of them whom this source does not know yet are in Strangers.
	Mails     map[string][]hub.PersonID
	Numbers   map[string][]hub.PersonID
	Strangers map[hub.PersonID]Person
	Erased    map[string]bool     // keys with a tombstone
	Decided   map[string]Decision // answers and open questions about keys
	Hand      bool                // the source is the hand: whoever it enters was looked at
	Brought   bool                // it was handed in by somebody who is no owner

	// Of a full set: keys whose record could not be read, which are neither changed nor
	// missing, and people left out of Persons because their statement is the one applied last.
	Spared      map[string]bool
	Same        int
	SameWorking int
}

// Decision is what was said of an unknown key before.
type Decision struct {
	State  ConflictState
	Digest string // of the statement it was about
}

// Limits is when a plan is held. A full set is held when it would lock more than Percent
// of the source's working people or more than Accounts of them; single changes are held
// only by Accounts, since one leaver of a small practice is no accident.
type Limits struct {
	Percent  int
	Accounts int
	Undone   bool // an administrator has undone what the source said last
	Approved bool // an administrator has agreed: nothing is held
}

// DefaultLimits returns the brake as delivered.
func DefaultLimits() Limits { return Limits{Percent: 5, Accounts: 25} }

// Plan is what a set of changes comes to. It is stored as JSON while it is held.
type Plan struct {
	Actions  []Action   `json:"actions,omitempty"`
	Units    []UnitRef  `json:"units,omitempty"`   // to create or to rename, parents first
	Later    []Change   `json:"later,omitempty"`   // take effect in the future
	Asks     []Question `json:"asks,omitempty"`    // newcomers who may be somebody known
	Spared   []string   `json:"spared,omitempty"`  // see Known
	Erased   int        `json:"erased,omitempty"`  // statements about somebody erased
	Ignored  int        `json:"ignored,omitempty"` // statements about nobody: no usable key, or a leaver never heard of
	Complete bool       `json:"complete,omitempty"`
	Held     bool       `json:"held,omitempty"`
	Reason   *Reason    `json:"reason,omitempty"` // set when held
	ID       hub.PlanID `json:"id,omitempty"`     // set when the plan was stored
}

// ActionOp is the gist of an action; an action that locks may also update fields.
type ActionOp string

// What can happen to a person.
const (
	ActCreate ActionOp = "create"
	ActUpdate ActionOp = "update"
	ActLock   ActionOp = "lock"
	ActUnlock ActionOp = "unlock"
	// ActLink: somebody another source knows is known to this source too from now on.
	ActLink ActionOp = "link"
	// ActLockHere and ActUnlockHere are the administrator's own lock, in a bulk.
	ActLockHere   ActionOp = "lock_here"
	ActUnlockHere ActionOp = "unlock_here"
	// ActUnlink: the source no longer knows the person; only an undo does that.
	ActUnlink ActionOp = "unlink"
)

// Problem is a named obstacle inside an action that is otherwise carried out.
type Problem string

const (
	// LoginTaken: somebody else holds the login, so the account is not made or not renamed.
	LoginTaken Problem = "login_taken"
	// MailKnown: another person has the same mail address; the two are never merged.
	MailKnown Problem = "mail_known"
	// BadDate: active_from or active_until could not be read and was left out.
	BadDate Problem = "bad_date"
	// StaysLocked: the source lifts its lock, the administrator's lock remains.
	StaysLocked Problem = "locked_here"
	// Administrator: what was handed in decides who gets in as an administrator; the plan waits
	// for an owner.
	Administrator Problem = "administrator"
)

// Action is everything that happens to one person.
type Action struct {
	Op       ActionOp  `json:"op"`
	Key      string    `json:"key"`
	Person   PersonRef `json:"person"`
	Fields   []Diff    `json:"fields"`
	Units    UnitDiff  `json:"units"`
	Works    []UnitRef `json:"works,omitempty"` // all units afterwards, when Units or the primary unit changed
	Status   Status    `json:"status"`          // afterwards
	Login    string    `json:"login,omitempty"` // account to make, or new login of the existing one
	Problems []Problem `json:"problems,omitempty"`
	// Where its groups changed: all that the source says they are in, before and after.
	Groups *GroupDiff `json:"groups,omitempty"`
	Linked bool       `json:"linked,omitempty"` // this source did not know the person before
}

// GroupDiff is the groups of a source before and after.
type GroupDiff struct {
	From []GroupRef `json:"from"`
	To   []GroupRef `json:"to"`
}

// Question is a newcomer who may be somebody known and so is kept out.
type Question struct {
	Key        string           `json:"key"`
	Reason     ConflictReason   `json:"reason"`
	Candidates []hub.PersonID   `json:"candidates,omitempty"`
	Rivals     []string         `json:"rivals,omitempty"` // keys the same plan creates
	Stated     map[Field]string `json:"stated"`
	Change     Change           `json:"change"`
	Digest     string           `json:"digest"`
}

// Diff returns how a field changes; zero when it does not.
func (a Action) Diff(f Field) Diff {
	for _, d := range a.Fields {
		if d.Field == f {
			return d
		}
	}
	return Diff{}
}

// Decides reports whether an action settles who gets in, or as whom: what happens to an
// administrator by nobody's hand but an owner's.
func (a Action) Decides() bool {
	return a.Op != ActUpdate || slices.ContainsFunc(a.Fields, func(d Diff) bool {
		return d.Field.Identifies() || d.Field == FieldLogin || d.Field == FieldStatus
	})
}

// PersonRef names the person of an action; ID is empty for one to be created.
type PersonRef struct {
	ID          hub.PersonID `json:"id,omitempty"`
	Name        string       `json:"name"`
	StaffNumber string       `json:"staff_number"`
}

// Diff is one field's change; "" is no value.
type Diff struct {
	Field Field  `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// UnitDiff lists the codes of units a person gains and loses.
type UnitDiff struct {
	Gain []string `json:"gain"`
	Lose []string `json:"lose"`
}

// ReasonCode says why a plan is held.
type ReasonCode string

const (
	// ReasonEmpty: a full set without anybody in it.
	ReasonEmpty ReasonCode = "empty"
	// ReasonShrunk: too many people are missing from a full set.
	ReasonShrunk ReasonCode = "shrunk"
	// ReasonLocks: too many accounts would be locked.
	ReasonLocks ReasonCode = "too_many_locks"
	// ReasonUndone: an administrator has undone what this source said last.
	ReasonUndone ReasonCode = "undone"
	// ReasonAdmins: it decides about administrators, which is for owners to approve.
	ReasonAdmins ReasonCode = "administrators"
)

// Reason is why a plan is held. Numbers: "known" (working before), "mentioned", "missing",
// "locks", "limit_percent", "limit_accounts".
type Reason struct {
	Code    ReasonCode     `json:"code"`
	Numbers map[string]int `json:"numbers"`
}

// Counts is a plan in five numbers.
type Counts struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Lock   int `json:"lock"`
	Unlock int `json:"unlock"`
	Link   int `json:"link"`
}

// Counts adds up the actions.
func (p Plan) Counts() Counts {
	var c Counts
	for _, a := range p.Actions {
		switch a.Op {
		case ActCreate:
			c.Create++
		case ActUpdate:
			c.Update++
		case ActLock:
			c.Lock++
		case ActUnlock:
			c.Unlock++
		case ActLink:
			c.Link++
		case ActLockHere:
			c.Lock++
		case ActUnlockHere:
			c.Unlock++
		}
	}
	return c
}

// PlanState is what has become of a stored plan.
type PlanState string

// A held plan waits for an administrator; a newer full set of the same source rejects it.
const (
	PlanHeld     PlanState = "held"
	PlanApplied  PlanState = "applied"
	PlanRejected PlanState = "rejected"
	PlanUndone   PlanState = "undone"
	PlanDry      PlanState = "dry" // only worked out; kept for 24 hours
)

// PlanRow is a stored plan as lists show it.
type PlanRow struct {
	ID        hub.PlanID  `json:"id"`
	Connector SourceRef   `json:"connector"`
	Message   *MessageRef `json:"message,omitempty"`
	Created   time.Time   `json:"created"`
	State     PlanState   `json:"state"`
	Reason    *Reason     `json:"reason,omitempty"`
	Counts    Counts      `json:"counts"`
	Problems  int         `json:"problems"` // actions with an obstacle
}

// PlanDetail is a stored plan with its actions.
type PlanDetail struct {
	PlanRow
	Actions []Action  `json:"actions"`
	Units   []UnitRef `json:"units,omitempty"`
	Comment string    `json:"comment,omitempty"`
}

// Problems counts the actions with an obstacle.
func (p Plan) Problems() int {
	n := 0
	for _, a := range p.Actions {
		if len(a.Problems) > 0 {
			n++
		}
	}
	return n
}

// OfAdmins reports whether only owners may approve a plan.
func (p Plan) OfAdmins() bool {
	return slices.ContainsFunc(p.Actions, func(a Action) bool { return slices.Contains(a.Problems, Administrator) })
}

// Same reports whether two plans do the same, whatever was read from storage meanwhile.
func (p Plan) Same(o Plan) bool {
	a, errA := json.Marshal([]any{p.Actions, p.Units})
	b, errB := json.Marshal([]any{o.Actions, o.Units})
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
