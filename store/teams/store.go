// Package teams keeps groups of people, planned duties and what rooms follow, and edits units
// by hand. It works through the database of package store.
package teams

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var (
	_ directory.GroupStore  = (*Store)(nil)
	_ directory.UnitStore   = (*Store)(nil)
	_ directory.RosterStore = (*Store)(nil)
)

// DB is the part of *store.DB that teams work through.
type DB interface {
	// InClinic runs f in a transaction that sees one clinic; see store.DB.
	InClinic(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error
	ChangeDuty(ctx context.Context, clinic hub.ClinicID, role hub.RoleID, decide func(directory.RoleState) (directory.DutyChange, error)) error
}

// Store implements directory.GroupStore, UnitStore and RosterStore.
type Store struct{ db DB }

// New returns a Store over a database.
func New(db DB) *Store { return &Store{db} }

func invalid(op, field string) error { return &hub.Error{Op: op, Kind: hub.Invalid, Field: field} }

// holding takes a lock of the clinic's for the transaction, or reports that another node
// holds it and does the same work.
func holding(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, what string) (held bool, err error) {
	err = tx.QueryRow(ctx, `select pg_try_advisory_xact_lock(hashtextextended($1, 0))`, what+" "+string(clinic)).Scan(&held)
	return held, err
}
