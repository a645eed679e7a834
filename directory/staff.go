package directory

import (
	"context"
	"strconv"
	"strings"

	"github.com/wardline/wardline/hub"
)

// PersonStore reads persons and units. *store.DB implements it.
type PersonStore interface {
	Persons(ctx context.Context, clinic hub.ClinicID, f PersonFilter) (Page[PersonRow], error)
	Person(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) (PersonDetail, error)
	Units(ctx context.Context, clinic hub.ClinicID) ([]UnitRow, error)
	UncoveredRoles(ctx context.Context, clinic hub.ClinicID) ([]Uncovered, error)
}

// RoleStore keeps the duty roles of units. *store.DB implements it.
type RoleStore interface {
	// CreateRole is Conflict "exists" when the unit has a role of that name.
	CreateRole(ctx context.Context, clinic hub.ClinicID, unit hub.UnitID, name string) (hub.RoleID, error)
	// DeleteRole closes a role; its past duty stays. Conflict "on_duty" while somebody is.
	DeleteRole(ctx context.Context, clinic hub.ClinicID, role hub.RoleID) error
}

// PlanStore keeps plans. *store.DB implements it.
type PlanStore interface {
	// Plans lists newest first; an empty state lists all.
	Plans(ctx context.Context, clinic hub.ClinicID, state PlanState, cursor string, limit int) (Page[PlanRow], error)
	Plan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID) (PlanDetail, error)
	// ApprovePlan plans the kept changes again and applies them if they come to the same
	// actions. Otherwise it keeps the new plan in place of the old and returns Conflict
	// "stale", so that nobody approves what they have not read. Forbidden "role" where it
	// decides about administrators and by is no owner. Conflict "decided" later on.
	ApprovePlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID) error
	RejectPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, comment string) error
}

// Store is everything Staff needs.
type Store interface {
	PersonStore
	RoleStore
	PlanStore
}

// Staff is the console's view of the directory. The caller has checked the level.
type Staff struct{ Store }

// NewStaff returns the service over store.
func NewStaff(store Store) *Staff { return &Staff{store} }

// CreateRole adds a role such as "Pflege Station 4B"; names have 1 to 100 bytes.
func (s *Staff) CreateRole(ctx context.Context, clinic hub.ClinicID, unit hub.UnitID, name string) (hub.RoleID, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 100 {
		return "", &hub.Error{Op: "directory.create_role", Kind: hub.Invalid, Field: "name", Code: "length"}
	}
	return s.Store.CreateRole(ctx, clinic, unit, name)
}

// Approve applies a held plan. confirm must be the number of people it locks, typed by the
// administrator: the number is the thing to be read.
func (s *Staff) Approve(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, confirm string) error {
	p, err := s.Store.Plan(ctx, clinic, id)
	if err != nil {
		return err
	}
	if p.State == PlanHeld && strings.TrimSpace(confirm) != strconv.Itoa(p.Counts.Lock) {
		return &hub.Error{Op: "directory.approve", Kind: hub.Invalid, Field: "type_to_confirm", Code: "confirm"}
	}
	return s.Store.ApprovePlan(ctx, clinic, id, by)
}
