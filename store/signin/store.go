// Package signin keeps how people prove who they are: the policy, passkeys, authenticator
// apps, identities elsewhere, roles, sessions as they are listed, posters, devices that wait.
// Accounts, passwords and the look-up of a session are package store's.
package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/pg"
)

var _ accounts.Ways = (*Store)(nil)

// DB is the part of *store.DB that signing in works through.
type DB interface {
	InClinic(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error
}

// Store implements accounts.Ways.
type Store struct {
	db   DB
	keys *seal.Keyring
}

// New returns a Store over a database; keys seal the secrets in it.
func New(db DB, keys *seal.Keyring) *Store { return &Store{db, keys} }

// do runs f in the clinic. Refusals come back as they are, everything else says what it was
// about.
func (s *Store) do(ctx context.Context, clinic hub.ClinicID, op string, f func(tx pgx.Tx) error) error {
	err := s.db.InClinic(ctx, clinic, f)
	var refusal *hub.Error
	switch {
	case err == nil || errors.As(err, &refusal):
		return err
	case errors.Is(err, pgx.ErrNoRows), errors.Is(err, pgx.ErrTooManyRows): // two whom one name fits are nobody
		return hub.E(op, hub.NotFound, "", "")
	}
	return fmt.Errorf("%s: %w", op, err)
}

// exec runs one statement that has to touch a row: NotFound if it does not.
func (s *Store) exec(ctx context.Context, clinic hub.ClinicID, op, sql string, args ...any) error {
	return s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		if err == nil && tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		return err
	})
}

// used is exec for what works once: false instead of NotFound.
func (s *Store) used(ctx context.Context, clinic hub.ClinicID, op, sql string, args ...any) (bool, error) {
	err := s.exec(ctx, clinic, op, sql, args...)
	if err != nil && hub.KindOf(err) == hub.NotFound {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) oneAccount(ctx context.Context, tx pgx.Tx, sql string, args ...any) (accounts.Account, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return accounts.Account{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanAccount)
}

const accountColumns = `a.clinic_id, a.id, coalesce(a.person_id::text, ''), a.login, a.name, a.level, a.roles, a.state, a.password is not null, a.locked_here, a.locked_there, a.created_at, a.last_seen_at`

func scanAccount(row pgx.CollectableRow) (accounts.Account, error) {
	var a accounts.Account
	var seen *time.Time
	err := row.Scan(&a.Clinic, &a.ID, &a.Person, &a.Login, &a.Name, &a.Level, &a.Roles, &a.State, &a.HasPassword, &a.LockedHere, &a.LockedThere, &a.Created, &seen)
	a.LastSeen = pg.OrZero(seen)
	return a, err
}

// tellAccess tells every node that somebody's access has changed: sockets are looked at again.
func tellAccess(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, user hub.UserID) error {
	_, err := tx.Exec(ctx, `select pg_notify('wardline_access', json_build_object('clinic', $1::text, 'user', $2::text)::text)`, string(clinic), string(user))
	return err
}
