package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// manyKeys is from how many persons on a batch locks its whole source instead of each
// person: the server's lock table has a few thousand places for everybody.
const manyKeys = 100

// lockSource keeps two batches about the same people of one source apart until the
// transaction ends. A few persons lock only themselves, so that messages about different
// people commit side by side; a full set locks the source. It returns the database's time.
func lockSource(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, w directory.Wanted) (now time.Time, err error) {
	const whole = `select pg_advisory_xact_lock(hashtextextended('directory ' || $1, 0))`
	const shared = `select pg_advisory_xact_lock_shared(hashtextextended('directory ' || $1, 0))`
	const each = `select pg_advisory_xact_lock(k) from (
  select distinct hashtextextended('person ' || $1 || ' ' || key, 0) as k from unnest($2::text[]) key order by k) sorted`
	var b pgx.Batch
	if w.All || len(w.Keys) > manyKeys {
		b.Queue(whole, string(source))
	} else {
		b.Queue(shared, string(source))
		b.Queue(each, string(source), w.Keys)
	}
	b.Queue(`select clock_timestamp()`).QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return now, fmt.Errorf("lock source: %w", err)
	}
	return now, nil
}

// loadKnown reads what a plan of these changes starts from. The caller holds lockSource.
func loadKnown(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, changes []directory.Change) (directory.Known, error) {
	var k directory.Known
	var err error
	if k.Persons, err = loadPersons(ctx, tx, source, directory.WantedBy(changes, nil)); err != nil {
		return k, fmt.Errorf("read persons: %w", err)
	}
	w := directory.WantedBy(changes, k.Persons)
	if k.Units, err = loadUnits(ctx, tx, w.Units); err != nil {
		return k, fmt.Errorf("read units: %w", err)
	}
	if k.Logins, err = loadSet(ctx, tx, `select login from account where login = any($1)`, w.Logins); err != nil {
		return k, fmt.Errorf("read logins: %w", err)
	}
	const mails = `select distinct text from person_value where field = 'mail' and text = any($1)`
	if k.Mails, err = loadSet(ctx, tx, mails, w.Mails); err != nil {
		return k, fmt.Errorf("read mail addresses: %w", err)
	}
	return k, nil
}

// loadPersons reads the source's persons with these keys, or all of them.
func loadPersons(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, w directory.Wanted) (map[string]directory.Person, error) {
	const q = `
select s.key, s.person_id, s.status, coalesce(a.login, ''), coalesce(a.locked_here, false),
  coalesce((select jsonb_object_agg(v.field, v.text) from person_value v
    where (v.clinic_id, v.person_id, v.source) = (s.clinic_id, s.person_id, s.source)), '{}'),
  coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'primary', m.is_primary) order by m.is_primary desc, u.code)
    from person_unit m join unit u on (u.clinic_id, u.id) = (m.clinic_id, m.unit_id)
    where (m.clinic_id, m.person_id, m.source) = (s.clinic_id, s.person_id, s.source)), '[]')
from person_source s left join account a on (a.clinic_id, a.person_id) = (s.clinic_id, s.person_id)
where s.source = $1 and ($2 or s.key = any($3))`
	rows, err := tx.Query(ctx, q, source, w.All, w.Keys)
	if err != nil {
		return nil, err
	}
	out := map[string]directory.Person{}
	var p directory.Person
	_, err = pgx.ForEachRow(rows, []any{&p.Key, &p.ID, &p.Status, &p.Login, &p.LockedHere, &p.Values, &p.Units}, func() error {
		out[p.Key] = p
		p.Values, p.Units = nil, nil // the next row must not write into this one's
		return nil
	})
	return out, err
}

func loadUnits(ctx context.Context, tx pgx.Tx, codes []string) (map[string]directory.Unit, error) {
	out := map[string]directory.Unit{}
	if len(codes) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, `
select u.code, u.name, u.kind, coalesce(p.code, '') from unit u left join unit p on (p.clinic_id, p.id) = (u.clinic_id, u.parent_id)
where u.code = any($1)`, codes)
	if err != nil {
		return nil, err
	}
	var code string
	var u directory.Unit
	_, err = pgx.ForEachRow(rows, []any{&code, &u.Name, &u.Kind, &u.Parent}, func() error {
		out[code] = u
		return nil
	})
	return out, err
}

// loadSet returns those of the texts that q finds.
func loadSet(ctx context.Context, tx pgx.Tx, q string, texts []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(texts) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, q, texts)
	if err != nil {
		return nil, err
	}
	var s string
	_, err = pgx.ForEachRow(rows, []any{&s}, func() error {
		out[s] = true
		return nil
	})
	return out, err
}

// loadLimits returns the clinic's brake.
func loadLimits(ctx context.Context, tx pgx.Tx) (directory.Limits, error) {
	l := directory.DefaultLimits()
	rows, err := tx.Query(ctx, `select percent, accounts from directory_limits`)
	if err != nil {
		return l, fmt.Errorf("read limits: %w", err)
	}
	_, err = pgx.ForEachRow(rows, []any{&l.Percent, &l.Accounts}, func() error { return nil })
	return l, err
}
