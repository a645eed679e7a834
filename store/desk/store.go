// Package desk keeps what administrators have at hand: files between upload and run, how far
// the first-run wizard has come, whom the hub writes to and what they were told.
package desk

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/pg"
)

// DB is the part of *store.DB that the desk works through.
type DB interface {
	InClinic(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error
}

// Store keeps the desk of each clinic.
type Store struct {
	db   DB
	keys *seal.Keyring
}

// New returns a Store over a database.
func New(db DB, keys *seal.Keyring) *Store { return &Store{db, keys} }

// kept is how long a handed-in file waits for its run.
const kept = 24 * time.Hour

// maxFiles bounds what one clinic may have waiting.
const maxFiles = 50

// File is one that was handed in.
type File struct {
	ID        string
	Connector hub.ConnectorID
	By        hub.UserID
	Name      string
	Body      []byte
	Created   time.Time
	Run       hub.RunID // of its last run; "" before
	Orders    []byte    // JSON: how it was read for that run
}

// Expires is when a file is thrown away.
func (f File) Expires() time.Time { return f.Created.Add(kept) }

func place(id string) string { return "import/" + id }

// PutFile keeps a file for a day, sealed; those that are older go. TooMany "files" when too
// many are waiting.
func (s *Store) PutFile(ctx context.Context, clinic hub.ClinicID, f File) (File, error) {
	f.ID = string(hub.NewID[hub.RunID]())
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if err := sweep(ctx, tx); err != nil {
			return err
		}
		var waiting int
		if err := tx.QueryRow(ctx, `select count(*) from import_file`).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= maxFiles {
			return hub.E("desk.put", hub.TooMany, "files", "")
		}
		return tx.QueryRow(ctx, `
insert into import_file (clinic_id, id, connector_id, by_id, name, body) values ($1, $2, $3, nullif($4, '')::uuid, $5, $6) returning created_at`,
			clinic, f.ID, f.Connector, string(f.By), f.Name, s.keys.Seal(place(f.ID), f.Body)).Scan(&f.Created)
	})
	return f, pg.Wrap("keep file", err)
}

func sweep(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `delete from import_file where created_at < now() - $1::interval`, kept)
	return err
}

// Sweep throws away files whose day is over.
func (s *Store) Sweep(ctx context.Context, clinic hub.ClinicID) error {
	return pg.Wrap("sweep files", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error { return sweep(ctx, tx) }))
}

// ReadFile returns a file; NotFound once its day is over.
func (s *Store) ReadFile(ctx context.Context, clinic hub.ClinicID, id string) (File, error) {
	f := File{ID: id}
	var sealed []byte
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
select connector_id, coalesce(by_id::text, ''), name, body, created_at, coalesce(run_id::text, ''), orders from import_file
where id = $1 and created_at >= now() - $2::interval`, id, kept).Scan(&f.Connector, &f.By, &f.Name, &sealed, &f.Created, &f.Run, &f.Orders)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return f, hub.E("desk.read", hub.NotFound, "", "")
	}
	if err == nil {
		f.Body, err = s.keys.Open(place(id), sealed)
	}
	return f, pg.Wrap("read file", err)
}

// SetRun notes the last run of a file and how the file was read for it.
func (s *Store) SetRun(ctx context.Context, clinic hub.ClinicID, id string, run hub.RunID, orders []byte) error {
	return pg.Wrap("note run", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update import_file set run_id = $2, orders = $3 where id = $1`, id, run, orders)
		return err
	}))
}

// Step is what was said of one step of the first-run wizard.
type Step struct {
	State string
	Ref   string
}

// Steps returns the steps that are not open, by name.
func (s *Store) Steps(ctx context.Context, clinic hub.ClinicID) (map[string]Step, error) {
	out := map[string]Step{}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select step, state, ref from setup_step`)
		if err != nil {
			return err
		}
		var name string
		var step Step
		_, err = pgx.ForEachRow(rows, []any{&name, &step.State, &step.Ref}, func() error {
			out[name] = step
			return nil
		})
		return err
	})
	return out, pg.Wrap("read setup", err)
}

// SetStep says that a step is done or skipped; any other state opens it again. ref "" leaves
// the one there is.
func (s *Store) SetStep(ctx context.Context, clinic hub.ClinicID, step, state, ref string, by hub.UserID) error {
	return pg.Wrap("set step", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if state != "done" && state != "skipped" {
			_, err := tx.Exec(ctx, `delete from setup_step where step = $1`, step)
			return err
		}
		_, err := tx.Exec(ctx, `
insert into setup_step (clinic_id, step, state, ref, by_id) values ($1, $2, $3, $4, nullif($5, '')::uuid)
on conflict (clinic_id, step) do update set state = excluded.state, by_id = excluded.by_id, at = now(),
  ref = case when excluded.ref = '' then setup_step.ref else excluded.ref end`, clinic, step, state, ref, string(by))
		return err
	}))
}

// Rename changes the name and the time zone of a clinic.
func (s *Store) Rename(ctx context.Context, clinic hub.ClinicID, name, timezone string) error {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 200 {
		return &hub.Error{Op: "desk.rename", Kind: hub.Invalid, Field: "name", Code: "length"}
	}
	if _, err := time.LoadLocation(timezone); err != nil || timezone == "" || timezone == "Local" {
		return &hub.Error{Op: "desk.rename", Kind: hub.Invalid, Field: "timezone", Code: "unknown"}
	}
	return pg.Wrap("rename clinic", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update clinic set name = $2, timezone = $3 where id = $1`, clinic, name, timezone)
		return err
	}))
}

// maxContacts is how many addresses a clinic may name.
const maxContacts = 5

// Contacts returns the addresses of the technical contacts.
func (s *Store) Contacts(ctx context.Context, clinic hub.ClinicID) (out []string, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select mail from technical_contact order by mail`)
		if err != nil {
			return err
		}
		out, err = pgx.AppendRows([]string{}, rows, pgx.RowTo[string])
		return err
	})
	return out, pg.Wrap("read contacts", err)
}

// SetContacts replaces the addresses of the technical contacts.
func (s *Store) SetContacts(ctx context.Context, clinic hub.ClinicID, mails []string) error {
	if len(mails) > maxContacts {
		return &hub.Error{Op: "desk.contacts", Kind: hub.Invalid, Field: "mails", Code: "too_many"}
	}
	for _, m := range mails {
		if a, err := mail.ParseAddress(m); err != nil || a.Address != m || len(m) > 254 {
			return &hub.Error{Op: "desk.contacts", Kind: hub.Invalid, Field: "mails", Code: "address"}
		}
	}
	return pg.Wrap("set contacts", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from technical_contact`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into technical_contact (clinic_id, mail) select distinct $1::uuid, m from unnest($2::text[]) m`, clinic, mails)
		return err
	}))
}

// Told returns which of the current incidents nobody was told of yet, and notes them. That
// is decided here, once for all nodes; those that are not current any more are over.
func (s *Store) Told(ctx context.Context, clinic hub.ClinicID, current []string) (news []string, err error) {
	if current == nil {
		current = []string{}
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from incident_told where incident <> all($1)`, current); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
insert into incident_told (clinic_id, incident) select $1::uuid, i from unnest($2::text[]) i on conflict do nothing returning incident`, clinic, current)
		if err != nil {
			return err
		}
		news, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return news, pg.Wrap("note incidents", err)
}

// Untold takes a telling back that failed, so that it is tried again.
func (s *Store) Untold(ctx context.Context, clinic hub.ClinicID, incident string) error {
	return pg.Wrap("take back incident", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from incident_told where incident = $1`, incident)
		return err
	}))
}
