// Package talk keeps what belongs to conversations beside their items: rooms and rosters,
// groups and their leaves, key packages, device logs, letters, receipts, faults, backups.
// The hot path of items is package store's; this one works through its database.
package talk

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

var _ messaging.ChatStore = (*Store)(nil)

// DB is the part of *store.DB that conversations work through.
type DB interface {
	// InClinic and ByKeys run f in a transaction that sees one clinic; see store.DB.
	InClinic(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error
	ByKeys(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error
	AppendMessages(ctx context.Context, by messaging.Caller, puts []*messaging.Put) ([]string, error)
	MarkRead(ctx context.Context, by messaging.Caller, room hub.RoomID, seq int64) (bool, error)
}

// Store implements messaging.ChatStore.
type Store struct{ db DB }

// New returns a Store over a database.
func New(db DB) *Store { return &Store{db} }

// AppendMessages is store.DB's.
func (s *Store) AppendMessages(ctx context.Context, by messaging.Caller, puts []*messaging.Put) ([]string, error) {
	return s.db.AppendMessages(ctx, by, puts)
}

// MarkRead is store.DB's.
func (s *Store) MarkRead(ctx context.Context, by messaging.Caller, room hub.RoomID, seq int64) (bool, error) {
	return s.db.MarkRead(ctx, by, room, seq)
}

// read is collect in a transaction of its own.
func read[T any](ctx context.Context, s *Store, clinic hub.ClinicID, what string, to pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var out []T
	err := s.db.ByKeys(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, to, sql, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return out, nil
}

// noRoom is the answer to everybody who is not in a room, whether there is one or not.
func noRoom(op string) error { return hub.E(op, hub.NotFound, "room", "") }

// memberRole returns what an account may do in a conversation.
func memberRole(ctx context.Context, tx pgx.Tx, op string, by messaging.Caller, room hub.RoomID) (role messaging.Role, err error) {
	err = tx.QueryRow(ctx, `
select m.role from room_member m join room r on r.clinic_id = $1 and r.id = m.room_id and r.kind <> 'alarm'
where m.clinic_id = $1 and m.room_id = $2 and m.user_id = $3 and m.until is null`, by.Clinic, room, by.User).Scan(&role)
	return role, pg.Found(err, noRoom(op))
}

func union[T ~string](lists ...[]T) []T {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(lists...))))
}
