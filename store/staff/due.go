package staff

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// dueChange is a change whose time has come, with what caused it.
type dueChange struct {
	origin directory.Origin
	change directory.Change
}

// ApplyDue applies what sources had said about the future, forgets dry plans of yesterday and
// photos replaced long ago, and returns how many persons changed. Run it every minute; running it twice at once is
// harmless. It has no brake: each change was stated about a named person by date, none
// follows from an absence.
func (s *Store) ApplyDue(ctx context.Context, clinic hub.ClinicID, now time.Time) (int, error) {
	var sources []hub.ConnectorID
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		if _, err = tx.Exec(ctx, `delete from directory_plan where state = 'dry' and created_at < $1::timestamptz - interval '24 hours'`, now); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `delete from plan_photo where at < $1`, now.AddDate(0, 0, -photoDays)); err != nil {
			return err
		}
		sources, err = pg.Collect(ctx, tx, pgx.RowTo[hub.ConnectorID], `select source from directory_pending where due_at <= $1 union select distinct source from (`+windowDue+`) w`, now)
		return err
	})
	total := 0
	for i := 0; i < len(sources) && err == nil; i++ {
		err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
			n, err := s.applyDueOf(ctx, tx, clinic, sources[i], now)
			total += n
			return err
		})
	}
	if err != nil {
		return total, fmt.Errorf("apply due changes: %w", err)
	}
	return total, nil
}

// movedSQL forgets what a newer announcement ($3 to $6) says for another day: the same
// leaving or return, or, of other statements, all that was announced. It stays where
// something of the kinds in $7 is to happen between the two days: somebody who leaves,
// comes back and leaves again does so twice.
const movedSQL = `
delete from directory_pending p where p.source = $2 and p.key = $3 and p.op = $4 and p.due_at <> $5
  and ($4 in ('deactivate', 'reactivate') or coalesce($6::jsonb->'fields', '{}') @> coalesce(p.change->'fields', '{}')
    and not exists (select from unnest(array['units', 'groups', 'photo']) said where p.change ? said and p.change->said is distinct from $6::jsonb->said))
  and not exists (select from directory_pending o where o.clinic_id = $1 and o.source = $2 and o.key = $3 and o.op = any($7)
    and o.due_at > least(p.due_at, $5) and o.due_at < greatest(p.due_at, $5))`

func (w *Writer) queueMoved(c directory.Change) {
	between := []directory.Op{c.Op}
	switch c.Op {
	case directory.OpDeactivate:
		between = []directory.Op{directory.OpReactivate}
	case directory.OpReactivate:
		between = []directory.Op{directory.OpDeactivate}
	}
	w.Batch.Queue(movedSQL, w.clinic, w.origin.Source, pendingKey(c), c.Op, c.At, c, between)
}

// pendingKey is what a change to come is kept under: units, which are stated one by one, by
// their codes.
func pendingKey(c directory.Change) string {
	if c.Op == directory.OpUnits {
		return c.Units[0].Code
	}
	return c.Key
}

// windowDue finds people whose first or last day has come since their standing was worked
// out. Dates are stored as RFC 3339; the case keeps other fields away from the cast.
const windowDue = `
select s.source, s.key, coalesce(v.message_id::text, '') as message, v.control_id, coalesce(v.run_id::text, '') as run
from person_value v join person_source s on (s.clinic_id, s.person_id, s.source) = (v.clinic_id, v.person_id, v.source)
where v.field in ('active_from', 'active_until')
  and case when v.field in ('active_from', 'active_until') then v.text::timestamptz end <= $1
  and (s.status = 'waiting' or (s.status = 'working' and v.field = 'active_until'))`

func (s *Store) applyDueOf(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, source hub.ConnectorID, now time.Time) (int, error) {
	var b pgx.Batch
	QueueLock(&b, PersonLocks, source)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return 0, fmt.Errorf("lock source: %w", err)
	}
	due, err := takeDue(ctx, tx, source, now)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, d := range due {
		l, err := s.look(ctx, tx, clinic, Input{Origin: d.origin, Changes: []directory.Change{d.change}})
		if err != nil {
			return n, err
		}
		l.Limits.Approved, l.Now = true, now
		plan, w := l.plan(), s.Writer(tx, clinic, d.origin)
		w.Queue(plan, l)
		if err := w.Flush(ctx); err != nil {
			return n, err
		}
		if worthKeeping(plan, directory.Origin{}) {
			if err := w.record(ctx, &plan, directory.PlanApplied, nil); err != nil {
				return n, err
			}
		}
		n += len(plan.Actions)
	}
	return n, nil
}

// takeDue removes and returns pending changes in the order of their time, then the empty
// statements that make planning look at the dates of a person again.
func takeDue(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, now time.Time) ([]dueChange, error) {
	due, err := pg.Collect(ctx, tx, func(row pgx.CollectableRow) (dueChange, error) {
		d := dueChange{origin: directory.Origin{Source: source}}
		var change json.RawMessage
		if err := row.Scan(&d.origin.Message, &d.origin.Control, &change); err != nil {
			return d, err
		}
		return d, json.Unmarshal(change, &d.change)
	}, `
with taken as (delete from directory_pending where source = $1 and due_at <= $2 returning *)
select coalesce(message_id::text, ''), control_id, change from taken order by due_at, op <> 'units', key, op`, source, now)
	if err != nil {
		return nil, err
	}
	windows, err := pg.Collect(ctx, tx, func(row pgx.CollectableRow) (dueChange, error) {
		d := dueChange{origin: directory.Origin{Source: source}, change: directory.Change{Op: directory.OpPut}}
		err := row.Scan(&d.change.Key, &d.origin.Message, &d.origin.Control, &d.origin.Run)
		return d, err
	}, `select key, message, control_id, run from (`+windowDue+`) w where source = $2 order by key`, now, source)
	return append(due, windows...), err
}
