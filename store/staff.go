package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/staff"
)

var _ directory.Store = (*DB)(nil)

// Staff returns the store of staff over this database. What is below lends its most used
// methods to whoever has a DB in hand.
func (db *DB) Staff() *staff.Store { return db.staff }

// KeepRaw stores an input sealed; fresh is false when the source sent it before.
func (db *DB) KeepRaw(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, c hub.ConnectorID, raw connectors.Raw) (hub.MessageID, bool, error) {
	id, fresh, err := db.Inbox(clinic, c).storeRaw(ctx, tx, raw)
	if err != nil {
		return id, fresh, fmt.Errorf("store input: %w", err)
	}
	return id, fresh, nil
}

// Persons is staff.Store's.
func (db *DB) Persons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter) (directory.Page[directory.PersonRow], error) {
	return db.staff.Persons(ctx, clinic, f)
}

// Person is staff.Store's.
func (db *DB) Person(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) (directory.PersonDetail, error) {
	return db.staff.Person(ctx, clinic, id)
}

// Units is staff.Store's.
func (db *DB) Units(ctx context.Context, clinic hub.ClinicID) ([]directory.UnitRow, error) {
	return db.staff.Units(ctx, clinic)
}

// Plans is staff.Store's.
func (db *DB) Plans(ctx context.Context, clinic hub.ClinicID, state directory.PlanState, cursor string, limit int) (directory.Page[directory.PlanRow], error) {
	return db.staff.Plans(ctx, clinic, state, cursor, limit)
}

// Plan is staff.Store's.
func (db *DB) Plan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID) (directory.PlanDetail, error) {
	return db.staff.Plan(ctx, clinic, id)
}

// ApprovePlan is staff.Store's.
func (db *DB) ApprovePlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID) error {
	return db.staff.ApprovePlan(ctx, clinic, id, by)
}

// RejectPlan is staff.Store's.
func (db *DB) RejectPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, comment string) error {
	return db.staff.RejectPlan(ctx, clinic, id, by, comment)
}

// ApplyDue is staff.Store's.
func (db *DB) ApplyDue(ctx context.Context, clinic hub.ClinicID, now time.Time) (int, error) {
	return db.staff.ApplyDue(ctx, clinic, now)
}

// StaffCounts is staff.Store's.
func (db *DB) StaffCounts(ctx context.Context, clinic hub.ClinicID, now time.Time) (staff.Counts, error) {
	return db.staff.StaffCounts(ctx, clinic, now)
}

// shutOut is staff's; accounts and duty use it too.
func shutOut(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, users []hub.UserID) error {
	return staff.ShutOut(ctx, tx, clinic, users)
}

// onDutyNow is who is on duty in role r, as JSON.
const onDutyNow = staff.OnDutyNow
