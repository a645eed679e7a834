package directory

import (
	"time"

	"github.com/wardline/wardline/hub"
)

// Page is one part of a list. Next is opaque and empty at the end.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// UserRef names an account where a screen shows a person.
type UserRef struct {
	ID   hub.UserID `json:"user_id"`
	Name string     `json:"name"`
}

// UnitName names a unit where a screen shows it beside something else.
type UnitName struct {
	ID   hub.UnitID `json:"id,omitempty"`
	Code string     `json:"code"`
	Name string     `json:"name"`
}

// SourceRef names the connector a value came from; Name is empty once it is deleted.
type SourceRef struct {
	ID   hub.ConnectorID `json:"id"`
	Name string          `json:"name"`
}

// MessageRef names the stored input a value came from. The input itself is gone after its
// retention, its control id stays.
type MessageRef struct {
	ID      hub.MessageID `json:"id"`
	Control string        `json:"control_id"`
	Type    string        `json:"type,omitempty"`
	Run     hub.RunID     `json:"run_id,omitempty"` // set where a run stated it; ID is empty then unless the run came from a file
}

// PersonFilter narrows a list of persons; zero fields do not narrow.
type PersonFilter struct {
	Query  string // part of a name, staff number, login or mail address
	Unit   string // code; people of the units below it are included
	State  string // "active", "locked", "invited": of the account; "inactive": of the person
	Source hub.ConnectorID
	Group  hub.GroupID
	Sort   PersonSort // "" is by family name
	Desc   bool
	Cursor string // of the same filter and order
	Limit  int
}

// PersonSort is the order of a list of persons.
type PersonSort string

// Equals come in the order of their names, then of their ids.
const (
	SortFamilyName  PersonSort = "family_name"
	SortGivenName   PersonSort = "given_name"
	SortStaffNumber PersonSort = "staff_number"
	SortLastSeen    PersonSort = "last_seen" // never seen comes first
	SortCreated     PersonSort = "created"
)

// PersonExport is a person as an export writes it.
type PersonExport struct {
	PersonRow
	Shown map[Field]string `json:"shown"`
}

// PersonRow is a person as lists show them.
type PersonRow struct {
	ID          hub.PersonID `json:"id"`
	StaffNumber string       `json:"staff_number"`
	Name        string       `json:"name"`        // as people read it, given name first
	FamilyName  string       `json:"family_name"` // "" where no source parts the name
	GivenName   string       `json:"given_name"`
	Title       string       `json:"title"`
	Units       []UnitName   `json:"units"`
	Active      bool         `json:"active"` // no source has deactivated them
	Account     *AccountRow  `json:"account,omitempty"`
}

// AccountRow is the account of a listed person.
type AccountRow struct {
	ID          hub.UserID `json:"id"`
	Login       string     `json:"login"`
	State       string     `json:"state"`
	LockedHere  bool       `json:"locked_here"`
	LockedThere bool       `json:"locked_there"`
	LastSeen    *time.Time `json:"last_seen,omitempty"`
}

// PersonDetail is a person with the origin of every value.
type PersonDetail struct {
	PersonRow
	Sources []StandingRow `json:"sources"` // who knows them, and how they stand there
	Values  []ValueRow    `json:"values"`
	History []HistoryRow  `json:"history"` // newest first, at most 200
	Devices []DeviceRow   `json:"devices"`
	Duty    []string      `json:"duty"` // names of the roles the person is on duty in
	Groups  []PersonGroup `json:"groups"`
}

// PersonGroup is a group somebody is in, and by what. An inactive person counts in none,
// but groups by hand remember them until they are back.
type PersonGroup struct {
	ID     hub.GroupID `json:"id"`
	Name   string      `json:"name"`
	Kind   GroupKind   `json:"kind"`
	Source *SourceRef  `json:"source,omitempty"` // of a group by source
	Since  time.Time   `json:"since"`
}

// StandingRow is how a person stands with one source.
type StandingRow struct {
	Source SourceRef `json:"source"`
	Key    string    `json:"key"`
	Status Status    `json:"status"`
	Units  []string  `json:"units"` // codes, as this source states them
	Photo  bool      `json:"photo"`
	At     time.Time `json:"at"`
}

// ValueRow is one value and who stated it.
type ValueRow struct {
	Field   Field       `json:"field"`
	Text    string      `json:"text"`
	Source  SourceRef   `json:"source"`
	Message *MessageRef `json:"message,omitempty"`
	At      time.Time   `json:"at"`
	Shown   bool        `json:"shown"` // it is the one that counts
}

// HistoryRow is one applied difference and the message that caused it.
type HistoryRow struct {
	Field   Field       `json:"field"`
	From    string      `json:"from"`
	To      string      `json:"to"`
	Source  SourceRef   `json:"source"`
	Message *MessageRef `json:"message,omitempty"`
	At      time.Time   `json:"at"`
}

// DeviceRow is a device in use of a person's account.
type DeviceRow struct {
	ID       hub.DeviceID `json:"id"`
	Name     string       `json:"name"`
	LastSeen *time.Time   `json:"last_seen,omitempty"`
}

// UnitRow is a unit with its roles.
type UnitRow struct {
	ID      hub.UnitID `json:"id"`
	Code    string     `json:"code"`
	Name    string     `json:"name"`
	Kind    UnitKind   `json:"kind"`
	Parent  hub.UnitID `json:"parent_id,omitempty"`
	Persons int        `json:"persons"` // working on the unit itself, active ones only
	Source  SourceRef  `json:"source"`
	Roles   []RoleRow  `json:"roles"`
}

// RoleRow is a duty role and who is in it now.
type RoleRow struct {
	ID     hub.RoleID `json:"id"`
	Name   string     `json:"name"`
	OnDuty []OnDuty   `json:"on_duty"`
}

// OnDuty is somebody on duty.
type OnDuty struct {
	ID    hub.UserID `json:"user_id"`
	Name  string     `json:"name"`
	Since time.Time  `json:"since"`
}
