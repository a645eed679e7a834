package staff

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
)

// LockKind is what an advisory lock stands for. Who needs several locks persons, then
// visits, then names.
type LockKind string

// What is locked: people and visits of a source, and what people of a clinic are known by.
const (
	PersonLocks LockKind = "person"
	VisitLocks  LockKind = "visit"
	nameLocks   LockKind = "name"
)

// QueueLocks keeps two transactions about the same keys of one owner (a source, a clinic)
// apart until they end. A few keys lock only themselves, so that messages about different
// people commit side by side, in order of their hashes, so that nobody waits in a circle.
// The second column of the last row is the database's time once all locks are held.
func QueueLocks[T hub.ID](b *pgx.Batch, kind LockKind, owner T, keys []string) *pgx.QueuedQuery {
	if len(keys) > ManyKeys {
		return QueueLock(b, kind, owner)
	}
	return b.Queue(`
select case when one then pg_advisory_xact_lock(k) else pg_advisory_xact_lock_shared(k) end, clock_timestamp() from (
  select false as one, hashtextextended($2::text || 's of ' || $1::text, 0) as k union all
  select distinct true, hashtextextended($2::text || ' ' || $1::text || ' ' || key, 0) from unnest($3::text[]) key order by one, k
) sorted`, string(owner), string(kind), keys)
}

// QueueLock locks all keys of an owner.
func QueueLock[T hub.ID](b *pgx.Batch, kind LockKind, owner T) *pgx.QueuedQuery {
	return b.Queue(`select pg_advisory_xact_lock(hashtextextended($2::text || 's of ' || $1::text, 0)), clock_timestamp()`, string(owner), string(kind))
}

// heldAt reads the time at which locks were held.
func heldAt(q *pgx.QueuedQuery, now *time.Time) {
	q.Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{nil, now}, func() error { return nil })
		return err
	})
}
