package directory

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// GroupKind is who says who is in a group. It is stored.
type GroupKind string

// A rule's members follow the shown values; a source's follow its statements.
const (
	GroupByRule   GroupKind = "rule"
	GroupBySource GroupKind = "source"
	GroupByHand   GroupKind = "hand"
)

// Test compares one shown value. It is stored as JSON inside an Expression.
type Test struct {
	Field Field  `json:"field"` // any stored field, or FieldUnit
	Op    TestOp `json:"op"`
	Text  string `json:"text"`
}

// TestOp is how a Test compares; upper and lower case are the same to all of them.
type TestOp string

// Under is for FieldUnit only: the unit with this code or one below it.
const (
	TestIs       TestOp = "is"
	TestIsNot    TestOp = "is_not"
	TestContains TestOp = "contains"
	TestStarts   TestOp = "starts"
	TestUnder    TestOp = "under"
	TestIsEmpty  TestOp = "is_empty"
)

// Expression is an attribute expression: all of its clauses hold, and of each clause at
// least one test. At most 10 clauses of 10 tests. Somebody inactive is never in a group.
type Expression struct {
	All []Clause `json:"all"`
}

// Clause holds when any of its tests does.
type Clause struct {
	Any []Test `json:"any"`
}

// Group is a named set of people. What follows it is a room, the eligibility for a duty
// role, membership of a unit and rights at the console, each switched on by itself.
type Group struct {
	ID       hub.GroupID `json:"id"`
	Name     string      `json:"name"`
	Kind     GroupKind   `json:"kind"`
	Source   *SourceRef  `json:"source,omitempty"`
	Code     string      `json:"code,omitempty"` // of a source's group
	Rule     *Expression `json:"rule,omitempty"`
	Room     bool        `json:"room"`              // a room follows the group
	Duty     hub.RoleID  `json:"role_id,omitempty"` // its members may take this duty
	Unit     hub.UnitID  `json:"unit_id,omitempty"` // its members work on this unit
	Members  int         `json:"members"`
	Revision int         `json:"revision"`
}

// Membership is a preview of who joins and who leaves; each list has at most 200 people.
type Membership struct {
	Joining int         `json:"joining"`
	Leaving int         `json:"leaving"`
	Staying int         `json:"staying"`
	Joins   []PersonRef `json:"joins"`
	Leaves  []PersonRef `json:"leaves"`
}

// GroupStore keeps groups.
type GroupStore interface {
	Groups(ctx context.Context, clinic hub.ClinicID) ([]Group, error)
	GroupMembers(ctx context.Context, clinic hub.ClinicID, id hub.GroupID, cursor string, limit int) (Page[PersonRow], error)
	// PreviewGroup says what saving g with these members (GroupByHand only) would change.
	PreviewGroup(ctx context.Context, clinic hub.ClinicID, g Group, members []hub.PersonID) (Membership, error)
	// SaveGroup makes (empty ID) or changes a group; Conflict "stale", "name_taken". members is
	// all members afterwards and is heeded for GroupByHand only; nil leaves them.
	SaveGroup(ctx context.Context, clinic hub.ClinicID, g Group, members []hub.PersonID, by hub.UserID) (Group, error)
}

// UnitStore edits units by hand and binds rooms to units and duty roles.
type UnitStore interface {
	// SaveUnit makes (empty ID) or renames, moves a unit; Conflict "code_taken", "circle".
	SaveUnit(ctx context.Context, clinic hub.ClinicID, u UnitEdit, by hub.UserID) (hub.UnitID, error)
	// FollowRoom makes a room follow a unit or a duty role, or lets it go (the room stays, its
	// members stay, nobody is added or removed by itself any more).
	FollowRoom(ctx context.Context, clinic hub.ClinicID, f Following, on bool, by hub.UserID) error
	Followings(ctx context.Context, clinic hub.ClinicID) ([]FollowingRow, error)
	DeleteGroup(ctx context.Context, clinic hub.ClinicID, id hub.GroupID, by hub.UserID) error
}

// UnitEdit is a unit as an administrator saves it.
type UnitEdit struct {
	ID     hub.UnitID `json:"id,omitempty"`
	Code   string     `json:"code"`
	Name   string     `json:"name"`
	Kind   UnitKind   `json:"kind"`
	Parent hub.UnitID `json:"parent_id,omitempty"`
}

// Following names what a room follows: exactly one of the three.
type Following struct {
	Unit  hub.UnitID  `json:"unit_id,omitempty"`
	Role  hub.RoleID  `json:"role_id,omitempty"` // whoever is on duty, and stays a while after
	Group hub.GroupID `json:"group_id,omitempty"`
}

// FollowingRow is a room that follows.
type FollowingRow struct {
	Following
	Room    hub.RoomID `json:"room_id"`
	Name    string     `json:"name"`
	Members int        `json:"members"` // wanted
	Waiting int        `json:"waiting"` // wanted people without a device that can chat
}

// Shift is one planned duty as a roster file states it.
type Shift struct {
	UID    string    `json:"uid"`    // of the source, stable; made of role, person and times where there is none
	Unit   string    `json:"unit"`   // code; may be empty where the role's name is unique in the clinic
	Role   string    `json:"role"`   // name
	Person string    `json:"person"` // staff number, login or mail address
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`  // at most 72 h after From
	Record string    `json:"record"` // place in the file
}

// RosterFault is a shift that could not be taken.
type RosterFault struct {
	Record string `json:"record"`
	Code   string `json:"code"` // unknown_role, unknown_person, ambiguous_person, no_account, times, past
	Text   string `json:"text,omitempty"`
}

// RosterPlan is what a roster would change within its window.
type RosterPlan struct {
	From    time.Time     `json:"from"`
	Until   time.Time     `json:"until"`
	Adds    []ShiftRow    `json:"adds"`
	Removes []ShiftRow    `json:"removes"`
	Same    int           `json:"same"`
	Faults  []RosterFault `json:"faults"`
}

// ShiftRow is a planned duty as the console shows it.
type ShiftRow struct {
	ID     string    `json:"id,omitempty"`
	Role   RoleName  `json:"role"`
	Person UserRef   `json:"person"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Source string    `json:"source"`          // name of the file or connector
	Fault  string    `json:"fault,omitempty"` // "not_active": it should have begun, and the account is locked or gone
}

// RoleName names a duty role where a screen shows it beside something else.
type RoleName struct {
	ID   hub.RoleID `json:"id"`
	Name string     `json:"name"`
	Unit UnitName   `json:"unit"`
}

// RosterStore keeps planned duties. A new roster of the same source replaces the shifts of
// the roles it names from its first to its last day, those in the past excepted.
type RosterStore interface {
	PlanRoster(ctx context.Context, clinic hub.ClinicID, source string, shifts []Shift) (RosterPlan, error)
	ApplyRoster(ctx context.Context, clinic hub.ClinicID, source string, shifts []Shift, by hub.UserID) (RosterPlan, error)
	Shifts(ctx context.Context, clinic hub.ClinicID, from, until time.Time) ([]ShiftRow, error)
	// RunRoster begins and ends duties whose time has come and returns how many; it never ends
	// a duty somebody took by hand. Run it every 20 seconds.
	RunRoster(ctx context.Context, clinic hub.ClinicID, now time.Time) (int, error)
}
