package directory

import (
	"time"

	"github.com/wardline/wardline/hub"
)

// Field names one value of a person that sources may state. The names are stored.
type Field string

// The fields hospital sources have in common; data minimisation keeps all others out.
const (
	StaffNumber Field = "staff_number"
	GivenName   Field = "given_name"
	FamilyName  Field = "family_name"
	Title       Field = "title"
	Login       Field = "login"
	Mail        Field = "mail"
	Phone       Field = "phone"
	Mobile      Field = "mobile"
	Pager       Field = "pager"
	Extension   Field = "extension"
	JobTitle    Field = "job_title"
	Department  Field = "department"
	Profession  Field = "profession"
	ActiveFrom  Field = "active_from"
	ActiveUntil Field = "active_until"
)

// Identifies reports whether somebody signs in by a field, or is first found by it.
func (f Field) Identifies() bool { return f == Login || f == StaffNumber || f == Mail }

// Op is what a source says about a person.
type Op string

const (
	// OpPut adds or updates: fields that are absent stay, null fields are cleared.
	OpPut Op = "put"
	// OpDeactivate locks the account and keeps everything (MDC, MDL, B03, B05, B06, STF-7 = I).
	OpDeactivate Op = "deactivate"
	// OpReactivate lifts the source's own lock, never a local one (MAC, B04).
	OpReactivate Op = "reactivate"
	// OpComplete says that the changes of this call are all people the source knows
	// (MFI-3 = REP). It names no person. Whoever is missing would be deactivated, which is
	// what the brake looks at.
	OpComplete Op = "complete"
	// OpUnits states units alone (MFN^M05, FHIR Organization); Key is empty. A unit that is
	// gone is not deleted: people and rooms hang on it. One in the future waits for its time.
	OpUnits Op = "units"
)

// Value is a field's new content. Null clears it; that is not the same as not being
// mentioned at all (HL7 2.5.1 ch.2 s.2.5.3: "" against empty).
type Value struct {
	Text string `json:"text"`
	Null bool   `json:"null,omitempty"`
}

// UnitKind is the storey of a unit.
type UnitKind string

// A house has clinics, a clinic has wards; a unit without a known parent hangs below the house.
const (
	House  UnitKind = "house"
	Clinic UnitKind = "clinic"
	Ward   UnitKind = "ward"
)

// UnitRef is a unit as a source names it. Code is unique within the clinic; an unknown
// code creates the unit.
type UnitRef struct {
	Code    string   `json:"code"`
	Name    string   `json:"name,omitempty"`
	Kind    UnitKind `json:"kind"`
	Parent  string   `json:"parent,omitempty"` // code of the unit above
	Primary bool     `json:"primary,omitempty"`
}

// Change is one statement of one source about one person. Key is the source's stable id
// (staff number, objectGUID), never a mail address.
type Change struct {
	Op     Op              `json:"op"`
	Key    string          `json:"key"` // at most 255 bytes
	Fields map[Field]Value `json:"fields,omitempty"`
	Units  []UnitRef       `json:"units,omitzero"`  // nil: not mentioned; empty: works nowhere
	Groups []GroupRef      `json:"groups,omitzero"` // nil: not mentioned; empty: in none of this source's groups
	Photo  []byte          `json:"photo,omitzero"`  // JPEG, at most 100 KiB; nil: not mentioned; empty: has none
	At     time.Time       `json:"at"`              // when it takes effect; in the future: applied then
}

// GroupRef is a group as a source names it. Code is unique within the source; an unknown
// one creates a group of kind "source", which Room and Role bind when it is made.
type GroupRef struct {
	Code string `json:"code"` // at most 255 bytes
	Name string `json:"name,omitempty"`
	Room bool   `json:"room,omitempty"` // a room follows the group
	Role string `json:"role,omitempty"` // "unit code/role name": its members may take this duty
}

// Origin is what caused a change; every applied value keeps it.
type Origin struct {
	Source  hub.ConnectorID `json:"source"`
	Message hub.MessageID   `json:"message"`
	Run     hub.RunID       `json:"run,omitempty"`
	Control string          `json:"control,omitempty"` // the source's own message id, shown to the administrator
}
