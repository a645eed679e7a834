package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// manyKeys is from how many persons or visits on a transaction locks its whole source
// instead of each of them: the server's lock table has a few thousand places for everybody.
const manyKeys = 100

// lockKind is what an advisory lock stands for. Who needs both locks persons first.
type lockKind string

const (
	personLocks lockKind = "person"
	visitLocks  lockKind = "visit"
)

// queueLocks keeps two transactions about the same keys of one source apart until they end.
// A few keys lock only themselves, so that messages about different people commit side by
// side, in order of their hashes, so that nobody waits in a circle. The second column of
// the last row is the database's time once all locks are held.
func queueLocks(b *pgx.Batch, kind lockKind, source hub.ConnectorID, keys []string, whole bool) *pgx.QueuedQuery {
	if whole {
		return b.Queue(`select pg_advisory_xact_lock(hashtextextended($2::text || 's of ' || $1::text, 0)), clock_timestamp()`, string(source), string(kind))
	}
	return b.Queue(`
select case when one then pg_advisory_xact_lock(k) else pg_advisory_xact_lock_shared(k) end, clock_timestamp() from (
  select false as one, hashtextextended($2::text || 's of ' || $1::text, 0) as k union all
  select distinct true, hashtextextended($2::text || ' ' || $1::text || ' ' || key, 0) from unnest($3::text[]) key order by one, k
) sorted`, string(source), string(kind), keys)
}

// queuePersonLocks locks the persons a source speaks of, or with a full set all of them.
func queuePersonLocks(b *pgx.Batch, source hub.ConnectorID, w directory.Wanted, now *time.Time) {
	queueLocks(b, personLocks, source, w.Keys, w.All || len(w.Keys) > manyKeys).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{nil, now}, func() error { return nil })
		return err
	})
}

// lockSource locks persons, see queueLocks, and returns the database's time.
func lockSource(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, w directory.Wanted) (now time.Time, err error) {
	var b pgx.Batch
	queuePersonLocks(&b, source, w, &now)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return now, fmt.Errorf("lock source: %w", err)
	}
	return now, nil
}

// loadKnown reads what a plan of these changes starts from. The caller holds lockSource.
func loadKnown(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, changes []directory.Change) (directory.Known, error) {
	var b pgx.Batch
	l := queueKnown(&b, source, changes)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return l.known, fmt.Errorf("read what is known: %w", err)
	}
	return l.finish(ctx, tx)
}

// knownLoad is what a plan starts from while it is on its way.
type knownLoad struct {
	changes []directory.Change
	asked   directory.Wanted
	known   directory.Known
}

// Keys are looked up one by one. Without statistics, and in a young database there are
// none, the planner takes a clinic for one row, and would rather walk through all of it by
// any index than look up a list in the right one.
const (
	loginsSQL = `
select t.text from unnest($1::text[]) t (text) cross join lateral (select from account a where a.login = t.text limit 1) a`
	mailsSQL = `
select t.text from unnest($1::text[]) t (text) cross join lateral (
  select from person_value v where v.field = 'mail' and v.text = t.text limit 1) v`
	// Persons by their keys, and all of a source.
	personsSQL = personSQL + `unnest($2::text[]) t (key) cross join lateral (
  select * from person_source s where s.source = $1 and s.key = t.key offset 0)` + accountSQL
	everybodySQL = personSQL + `(select * from person_source where source = $1)` + accountSQL
	personSQL    = `
select s.key, s.person_id, s.status, coalesce(a.login, ''), coalesce(a.locked_here, false),
  coalesce((select jsonb_object_agg(v.field, v.text) from person_value v
    where (v.clinic_id, v.person_id, v.source) = (s.clinic_id, s.person_id, s.source)), '{}'),
  coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'primary', m.is_primary) order by m.is_primary desc, u.code)
    from person_unit m join unit u on (u.clinic_id, u.id) = (m.clinic_id, m.unit_id)
    where (m.clinic_id, m.person_id, m.source) = (s.clinic_id, s.person_id, s.source)), '[]')
from `
	accountSQL = ` s left join lateral (
  select login, locked_here from account where (clinic_id, person_id) = (s.clinic_id, s.person_id) limit 1) a on true`
)

// queueKnown asks for what a plan of these changes starts from; finish returns it. The
// source's locks must be queued before: only a statement after them sees what others did.
func queueKnown(b *pgx.Batch, source hub.ConnectorID, changes []directory.Change) *knownLoad {
	l := &knownLoad{changes: changes, asked: directory.WantedBy(changes, nil)}
	l.known = directory.Known{Persons: map[string]directory.Person{}, Units: map[string]directory.Unit{}, Logins: map[string]bool{}, Mails: map[string]bool{}}
	queuePersons(b, source, l.asked, l.known.Persons)
	if len(l.asked.Units) > 0 {
		queueUnits(b, l.asked.Units, l.known.Units)
	}
	if len(l.asked.Logins) > 0 {
		b.Queue(loginsSQL, l.asked.Logins).Query(into(l.known.Logins))
	}
	if len(l.asked.Mails) > 0 {
		b.Queue(mailsSQL, l.asked.Mails).Query(into(l.known.Mails))
	}
	return l
}

// finish looks up the logins that only the known persons' values ask for, which is seldom
// any: mostly the changes state the same values, or the person has that login already.
func (l *knownLoad) finish(ctx context.Context, tx pgx.Tx) (directory.Known, error) {
	asked := map[string]bool{}
	for _, s := range l.asked.Logins {
		asked[s] = true
	}
	for _, p := range l.known.Persons {
		if p.Login != "" {
			asked[p.Login], l.known.Logins[p.Login] = true, true
		}
	}
	var more []string
	for _, s := range directory.WantedBy(l.changes, l.known.Persons).Logins {
		if !asked[s] {
			more = append(more, s)
		}
	}
	if len(more) == 0 {
		return l.known, nil
	}
	rows, err := tx.Query(ctx, loginsSQL, more)
	if err == nil {
		err = into(l.known.Logins)(rows)
	}
	if err != nil {
		return l.known, fmt.Errorf("read logins: %w", err)
	}
	return l.known, nil
}

// into adds texts to a set.
func into(set map[string]bool) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var s string
		_, err := pgx.ForEachRow(rows, []any{&s}, func() error {
			set[s] = true
			return nil
		})
		return err
	}
}

// queuePersons reads the source's persons with these keys, or all of them.
func queuePersons(b *pgx.Batch, source hub.ConnectorID, w directory.Wanted, out map[string]directory.Person) {
	asked := b.Queue(personsSQL, source, w.Keys)
	if w.All {
		asked.SQL, asked.Arguments = everybodySQL, []any{source}
	}
	asked.Query(func(rows pgx.Rows) error {
		var p directory.Person
		_, err := pgx.ForEachRow(rows, []any{&p.Key, &p.ID, &p.Status, &p.Login, &p.LockedHere, &p.Values, &p.Units}, func() error {
			out[p.Key] = p
			p.Values, p.Units = nil, nil // the next row must not write into this one's
			return nil
		})
		return err
	})
}

func queueUnits(b *pgx.Batch, codes []string, out map[string]directory.Unit) {
	b.Queue(`
select u.code, u.name, u.kind, coalesce(p.code, '') from unit u left join unit p on (p.clinic_id, p.id) = (u.clinic_id, u.parent_id)
where u.code = any($1)`, codes).Query(func(rows pgx.Rows) error {
		var code string
		var u directory.Unit
		_, err := pgx.ForEachRow(rows, []any{&code, &u.Name, &u.Kind, &u.Parent}, func() error {
			out[code] = u
			return nil
		})
		return err
	})
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
