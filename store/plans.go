package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var _ directory.PlanStore = (*DB)(nil)

// supersede sets aside what earlier full sets of the source left waiting: the newer set
// says everything they said, and approving an old one would bring old data back.
func (a *applier) supersede(ctx context.Context) error {
	_, err := a.tx.Exec(ctx, `
update directory_plan set state = 'rejected', decided_at = now(), comment = 'superseded'
where source = $1 and state = 'held' and (plan->>'complete')::bool`, a.origin.Source)
	if err != nil {
		return fmt.Errorf("supersede held plans: %w", err)
	}
	return nil
}

// record keeps the plans people may want to look at: held ones, full sets that changed
// somebody, and those with an obstacle. Only a held one keeps the changes it came from.
func (a *applier) record(ctx context.Context, p *directory.Plan, changes []directory.Change) error {
	state := directory.PlanHeld
	if !p.Held {
		state, changes = directory.PlanApplied, []directory.Change{}
		if (!p.Complete || len(p.Actions) == 0) && p.Problems() == 0 {
			return nil
		}
	}
	p.ID = hub.NewID[hub.PlanID]()
	_, err := a.tx.Exec(ctx, `
insert into directory_plan (clinic_id, id, source, message_id, control_id, state, plan, changes) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.clinic, p.ID, a.origin.Source, nullText(string(a.origin.Message)), a.origin.Control, state, p, changes)
	if err != nil {
		return fmt.Errorf("keep plan: %w", err)
	}
	return tellChanged(ctx, a.tx, a.clinic, "plans")
}

const planColumns = `
select d.id, d.source, coalesce(c.name, ''), coalesce(d.message_id::text, ''), d.control_id, coalesce(m.type, ''), d.created_at, d.state, d.plan, d.comment
from directory_plan d left join connector c on (c.clinic_id, c.id) = (d.clinic_id, d.source)
left join message m on (m.clinic_id, m.id) = (d.clinic_id, d.message_id)`

func scanPlan(row pgx.CollectableRow) (directory.PlanDetail, error) {
	var d directory.PlanDetail
	var m directory.MessageRef
	var p directory.Plan
	err := row.Scan(&d.ID, &d.Connector.ID, &d.Connector.Name, &m.ID, &m.Control, &m.Type, &d.Created, &d.State, &p, &d.Comment)
	if m.ID != "" {
		d.Message = &m
	}
	d.Actions, d.Units, d.Reason, d.Counts, d.Problems = p.Actions, p.Units, p.Reason, p.Counts(), p.Problems()
	return d, err
}

// Plans lists stored plans, newest first.
func (db *DB) Plans(ctx context.Context, clinic hub.ClinicID, state directory.PlanState, cursor string, limit int) (directory.Page[directory.PlanRow], error) {
	page := directory.Page[directory.PlanRow]{Items: []directory.PlanRow{}}
	at, id, err := parseCursor(cursor)
	if err != nil {
		return page, err
	}
	const where = `
where ($1 = '' or d.state = $1) and ($2::timestamptz is null or (d.created_at, d.id) < ($2, $3::uuid))
order by d.created_at desc, d.id desc limit $4`
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, planColumns+where, string(state), nullTime(at), nullText(id), limit+1)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, scanPlan)
		for _, d := range all {
			page.Items = append(page.Items, d.PlanRow)
		}
		return err
	})
	if err != nil {
		return page, fmt.Errorf("list plans: %w", err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = formatCursor(last.Created, string(last.ID))
	}
	return page, nil
}

// Plan returns a stored plan with its actions.
func (db *DB) Plan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID) (directory.PlanDetail, error) {
	var out directory.PlanDetail
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, planColumns+` where d.id = $1`, id)
		if err != nil {
			return err
		}
		out, err = pgx.CollectExactlyOneRow(rows, scanPlan)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return out, hub.E("directory.plan", hub.NotFound, "", "")
	}
	if err != nil {
		return out, fmt.Errorf("read plan: %w", err)
	}
	return out, nil
}

// heldPlan is what approving needs of a stored plan.
type heldPlan struct {
	origin  directory.Origin
	plan    directory.Plan
	changes []directory.Change
}

// openPlan locks the source of a held plan and then the plan, in the order in which
// applyChanges does, and returns it. Conflict "decided" when it waits no more.
func openPlan(ctx context.Context, tx pgx.Tx, op string, id hub.PlanID) (heldPlan, time.Time, error) {
	var h heldPlan
	var now time.Time
	err := tx.QueryRow(ctx, `select source, coalesce(message_id::text, ''), control_id, changes from directory_plan where id = $1`, id).
		Scan(&h.origin.Source, &h.origin.Message, &h.origin.Control, &h.changes)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, now, hub.E(op, hub.NotFound, "", "")
	}
	if err != nil {
		return h, now, fmt.Errorf("read plan: %w", err)
	}
	if now, err = lockSource(ctx, tx, h.origin.Source, directory.Wanted{All: true}); err != nil {
		return h, now, err
	}
	var state directory.PlanState
	if err := tx.QueryRow(ctx, `select state, plan from directory_plan where id = $1 for update`, id).Scan(&state, &h.plan); err != nil {
		return h, now, fmt.Errorf("read plan: %w", err)
	}
	if state != directory.PlanHeld {
		return h, now, hub.E(op, hub.Conflict, "decided", "")
	}
	return h, now, nil
}

// ApprovePlan applies a held plan if planning it again comes to the same.
func (db *DB) ApprovePlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID) error {
	const op = "directory.approve"
	stale := false
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		h, now, err := openPlan(ctx, tx, op, id)
		if err != nil {
			return err
		}
		known, err := loadKnown(ctx, tx, h.origin.Source, h.changes)
		if err != nil {
			return err
		}
		limits, err := loadLimits(ctx, tx)
		if err != nil {
			return err
		}
		fresh := directory.MakePlan(known, h.changes, limits, now)
		if stale = !h.plan.Same(fresh); stale {
			return replacePlan(ctx, tx, clinic, id, h.plan, fresh)
		}
		a := newApplier(tx, clinic, h.origin)
		if err := a.apply(ctx, fresh); err != nil {
			return err
		}
		return decidePlan(ctx, tx, clinic, id, directory.PlanApplied, by, "")
	})
	if err == nil && stale {
		return hub.E(op, hub.Conflict, "stale", "")
	}
	return err
}

// replacePlan puts what the changes come to now in the place of an outdated plan. It stays
// held even if it has become harmless: somebody is just looking at it.
func replacePlan(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.PlanID, old, fresh directory.Plan) error {
	if fresh.Held = true; fresh.Reason == nil {
		fresh.Reason = old.Reason
	}
	if _, err := tx.Exec(ctx, `update directory_plan set plan = $2 where id = $1`, id, fresh); err != nil {
		return fmt.Errorf("replace plan: %w", err)
	}
	return tellChanged(ctx, tx, clinic, "plans")
}

// decidePlan closes a plan and forgets the changes it came from. The message they came in
// is no longer held either.
func decidePlan(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.PlanID, state directory.PlanState, by hub.UserID, comment string) error {
	_, err := tx.Exec(ctx, `
update directory_plan set state = $2, decided_by = nullif($3, '')::uuid, decided_at = now(), comment = $4, changes = '[]' where id = $1`,
		id, state, string(by), comment)
	if err != nil {
		return fmt.Errorf("decide plan: %w", err)
	}
	if _, err := tx.Exec(ctx, `
update message m set status = 'applied' from directory_plan d where d.id = $1 and m.id = d.message_id and m.status = 'held'`, id); err != nil {
		return fmt.Errorf("release message of plan: %w", err)
	}
	return tellChanged(ctx, tx, clinic, "plans", "persons")
}

// RejectPlan closes a held plan and changes nobody.
func (db *DB) RejectPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, comment string) error {
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, _, err := openPlan(ctx, tx, "directory.reject", id); err != nil {
			return err
		}
		return decidePlan(ctx, tx, clinic, id, directory.PlanRejected, by, comment)
	})
}

// dueChange is a change whose time has come, with what caused it.
type dueChange struct {
	origin directory.Origin
	change directory.Change
}

// ApplyDue applies what sources had said about the future and returns how many persons
// changed. Run it every minute; running it twice at once is harmless. It has no brake:
// each change was stated about a named person by date, none follows from an absence.
func (db *DB) ApplyDue(ctx context.Context, clinic hub.ClinicID, now time.Time) (int, error) {
	var sources []hub.ConnectorID
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select source from directory_pending where due_at <= $1 union `+`select distinct source from (`+windowDue+`) w`, now)
		if err != nil {
			return err
		}
		sources, err = pgx.CollectRows(rows, pgx.RowTo[hub.ConnectorID])
		return err
	})
	total := 0
	for i := 0; i < len(sources) && err == nil; i++ {
		err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
			n, err := applyDueOf(ctx, tx, clinic, sources[i], now)
			total += n
			return err
		})
	}
	if err != nil {
		return total, fmt.Errorf("apply due changes: %w", err)
	}
	return total, nil
}

// windowDue finds people whose first or last day has come since their standing was worked
// out. Dates are stored as RFC 3339; the case keeps other fields away from the cast.
const windowDue = `
select s.source, s.key, coalesce(v.message_id::text, '') as message, v.control_id
from person_value v join person_source s on (s.clinic_id, s.person_id, s.source) = (v.clinic_id, v.person_id, v.source)
where v.field in ('active_from', 'active_until')
  and case when v.field in ('active_from', 'active_until') then v.text::timestamptz end <= $1
  and (s.status = 'waiting' or (s.status = 'working' and v.field = 'active_until'))`

func applyDueOf(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, source hub.ConnectorID, now time.Time) (int, error) {
	if _, err := lockSource(ctx, tx, source, directory.Wanted{All: true}); err != nil {
		return 0, err
	}
	due, err := takeDue(ctx, tx, source, now)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, d := range due {
		changes := []directory.Change{d.change}
		known, err := loadKnown(ctx, tx, source, changes)
		if err != nil {
			return n, err
		}
		plan := directory.MakePlan(known, changes, directory.Limits{Approved: true}, now)
		a := newApplier(tx, clinic, d.origin)
		if err := a.apply(ctx, plan); err != nil {
			return n, err
		}
		if err := a.record(ctx, &plan, nil); err != nil {
			return n, err
		}
		n += len(plan.Actions)
	}
	return n, nil
}

// takeDue removes and returns pending changes in the order of their time, then the empty
// statements that make planning look at the dates of a person again.
func takeDue(ctx context.Context, tx pgx.Tx, source hub.ConnectorID, now time.Time) ([]dueChange, error) {
	rows, err := tx.Query(ctx, `
with taken as (delete from directory_pending where source = $1 and due_at <= $2 returning *)
select coalesce(message_id::text, ''), control_id, change from taken order by due_at, key, op`, source, now)
	if err != nil {
		return nil, err
	}
	due, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (dueChange, error) {
		d := dueChange{origin: directory.Origin{Source: source}}
		var change json.RawMessage
		if err := row.Scan(&d.origin.Message, &d.origin.Control, &change); err != nil {
			return d, err
		}
		return d, json.Unmarshal(change, &d.change)
	})
	if err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, `select key, message, control_id from (`+windowDue+`) w where source = $2 order by key`, now, source)
	if err != nil {
		return nil, err
	}
	windows, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (dueChange, error) {
		d := dueChange{origin: directory.Origin{Source: source}, change: directory.Change{Op: directory.OpPut}}
		err := row.Scan(&d.change.Key, &d.origin.Message, &d.origin.Control)
		return d, err
	})
	return append(due, windows...), err
}
