// Package staff keeps what sources say of the people of a clinic: it loads what a plan
// starts from, writes what a plan says, and keeps plans, runs, questions and rules.
// Deciding is package directory's; the inputs' own transactions are package store's.
package staff

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/pg"
)

var (
	_ directory.PlanStore     = (*Store)(nil)
	_ directory.RuleStore     = (*Store)(nil)
	_ directory.ConflictStore = (*Store)(nil)
	_ directory.HandStore     = (*Store)(nil)
	_ directory.ChangeStore   = (*Store)(nil)
	_ connectors.Runs         = (*Store)(nil)
)

// DB is the part of *store.DB that staff works through.
type DB interface {
	// InClinic runs f in a transaction that sees one clinic; see store.DB.
	InClinic(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error
	// KeepRaw stores an input sealed; fresh is false when it was stored before.
	KeepRaw(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, c hub.ConnectorID, raw connectors.Raw) (id hub.MessageID, fresh bool, err error)
}

// Store implements what directory and connectors ask of a store of staff.
type Store struct {
	db   DB
	keys *seal.Keyring // hashes the keys of erased people
}

// New returns a Store over a database.
func New(db DB, keys *seal.Keyring) *Store { return &Store{db: db, keys: keys} }

// ManyKeys is from how many persons on a transaction locks its whole source instead of each
// of them: the server's lock table has a few thousand places for everybody.
const ManyKeys = 100

// ShutOut ends the sessions and the duty of accounts that were just locked and tells every
// node, which then closes their sockets: all of it takes effect with the lock's commit.
func ShutOut(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, users []hub.UserID) error {
	b := &pgx.Batch{}
	b.Queue(`delete from session where account_id = any($1)`, users)
	b.Queue(`delete from signin_link where account_id = any($1) and not reusable`, users)
	b.Queue(`delete from activation_code where account_id = any($1)`, users)
	b.Queue(`update duty_offer set ended = 'void', ended_at = now() where ended is null and (from_id = any($1) or to_id = any($1))`, users)
	b.Queue(`update duty set until = now() where until is null and account_id = any($1)`, users)
	b.Queue(`select pg_notify('wardline_access', json_build_object('clinic', $1::text, 'user', id, 'end', 'locked')::text) from unnest($2::uuid[]) id`, string(clinic), users)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("shut out locked accounts: %w", err)
	}
	return pg.TellChanged(ctx, tx, clinic, "duty", "persons")
}

// handSource returns the clinic's built-in source of what is entered by hand, and makes it
// the first time.
func handSource(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) (hub.ConnectorID, error) {
	var id hub.ConnectorID
	_, err := tx.Exec(ctx, `
insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'hand', 'Hand', false, 0) on conflict do nothing`,
		clinic, hub.NewID[hub.ConnectorID]())
	if err == nil {
		err = tx.QueryRow(ctx, `select id from connector where kind = 'hand'`).Scan(&id)
	}
	if err != nil {
		return "", fmt.Errorf("find the hand: %w", err)
	}
	return id, nil
}

// Hand returns the clinic's built-in source of what is done by hand. Test alarms are raised
// in its name too.
func (s *Store) Hand(ctx context.Context, clinic hub.ClinicID) (id hub.ConnectorID, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		id, err = handSource(ctx, tx, clinic)
		return err
	})
	return id, err
}

// found turns "no row" into the NotFound the domain speaks of.
func found(op string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return hub.E(op, hub.NotFound, "", "")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// The causes of rows, as columns of them: source, name, message, control id, type, run.
func causeColumns(row string) string {
	return row + `.source, coalesce(case when c.kind = 'hand' then '' else c.name end, ''), coalesce(` + row + `.message_id::text, ''), ` + row + `.control_id, coalesce(m.type, ''), coalesce(` + row + `.run_id::text, '')`
}

func causeJoins(row string) string {
	return ` left join connector c on (c.clinic_id, c.id) = (` + row + `.clinic_id, ` + row + `.source) left join message m on (m.clinic_id, m.id) = (` + row + `.clinic_id, ` + row + `.message_id)`
}

// cause is where causeColumns are scanned to.
type cause struct {
	source  directory.SourceRef
	message directory.MessageRef
}

func (c *cause) fields() []any {
	m := &c.message
	return []any{&c.source.ID, &c.source.Name, &m.ID, &m.Control, &m.Type, &m.Run}
}

// ref is nil where neither a message nor a run is known.
func (c *cause) ref() *directory.MessageRef {
	if c.message.ID == "" && c.message.Run == "" {
		return nil
	}
	m := c.message
	return &m
}
