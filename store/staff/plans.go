package staff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// shownActions is how many actions a plan is read with; Actions pages through all.
const shownActions = 200

// overChanges tells the plans of passes over changes, which begin where the last applied pass
// ended.
const overChanges = `exists (select from directory_run r where r.id = d.run_id and not r.whole and length(r.cursor) > 0 and r.message_id is null)`

// supersede sets aside what a newer statement of the source says again: a full set what
// earlier full sets left waiting, a pass over changes what an earlier one did. Approving the
// old one would bring old data back.
func (w *Writer) supersede(ctx context.Context, p directory.Plan, in Input) error {
	if !p.Complete && !in.Again {
		return nil
	}
	_, err := w.tx.Exec(ctx, `
with aside as (
  update directory_plan d set state = 'rejected', decided_at = now(), comment = $4, changes = '[]'
  where source = $1 and state = 'held' and ($2 and (plan->>'complete')::bool or $3 and `+overChanges+`) returning id, message_id
), runs as (update directory_run r set state = 'rejected' from aside where r.plan_id = aside.id and r.state = 'held')
update message m set status = 'applied' from aside where m.id = aside.message_id and m.status = 'held'`, w.origin.Source, p.Complete, in.Again, connectors.Superseded)
	if err != nil {
		return fmt.Errorf("supersede held plans: %w", err)
	}
	return nil
}

// asked returns the plan of an earlier pass over changes that waits and does the same as p, ""
// for none.
func (w *Writer) asked(ctx context.Context, p directory.Plan) (hub.PlanID, error) {
	var h heldPlan
	err := w.tx.QueryRow(ctx, `select id from directory_plan d where source = $1 and state = 'held' and `+overChanges+` order by created_at desc, id desc limit 1`,
		w.origin.Source).Scan(&h.id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err == nil {
		var b pgx.Batch
		h.queue(&b)
		err = w.tx.SendBatch(ctx, &b).Close()
	}
	if err != nil {
		return "", fmt.Errorf("read what is asked: %w", err)
	}
	if !h.plan.Same(p) {
		return "", nil
	}
	return h.id, nil
}

// record keeps a plan with its actions. Only a held one keeps the changes it came from.
func (w *Writer) record(ctx context.Context, p *directory.Plan, state directory.PlanState, changes []directory.Change) error {
	if changes == nil {
		changes = []directory.Change{}
	}
	p.ID = cmp.Or(p.ID, hub.NewID[hub.PlanID]())
	head := *p
	head.Actions, head.Later, head.Asks = nil, nil, nil
	_, err := w.tx.Exec(ctx, `
insert into directory_plan (clinic_id, id, source, message_id, control_id, run_id, state, plan, changes, counts, problems)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		w.clinic, p.ID, w.origin.Source, pg.Null(w.origin.Message), w.origin.Control, pg.Null(w.origin.Run), state, head, changes, p.Counts(), p.Problems())
	if err == nil {
		err = w.keepActions(ctx, *p)
	}
	if err != nil {
		return fmt.Errorf("keep plan: %w", err)
	}
	return pg.TellChanged(ctx, w.tx, w.clinic, "plans")
}

// keepActions writes a plan's actions, with the ids of those it has made.
func (w *Writer) keepActions(ctx context.Context, p directory.Plan) error {
	for from := 0; from < len(p.Actions); from += partSize {
		if err := w.keepPart(ctx, p, from, min(from+partSize, len(p.Actions))); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) keepPart(ctx context.Context, p directory.Plan, from, to int) error {
	var ops, keys, persons, names, numbers []string
	var problems []bool
	for i, a := range p.Actions[from:to] {
		id := a.Person.ID
		if from+i < len(w.ids) {
			id = w.ids[from+i]
		}
		ops, keys, persons = append(ops, string(a.Op)), append(keys, a.Key), append(persons, string(id))
		names, numbers, problems = append(names, a.Person.Name), append(numbers, a.Person.StaffNumber), append(problems, len(a.Problems) > 0)
	}
	_, err := w.tx.Exec(ctx, `
insert into directory_action (clinic_id, plan_id, no, op, key, person_id, name, staff_number, problem, action)
select $1, $2, $10 + n.no, n.op, n.key, nullif(n.person, '')::uuid, n.name, n.number, n.problem, n.action
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::jsonb[]) with ordinality as n (op, key, person, name, number, problem, action, no)`,
		w.clinic, p.ID, ops, keys, persons, names, numbers, problems, p.Actions[from:to], from)
	return err
}

var planColumns = `
select d.id, ` + causeColumns("d") + `, d.created_at, d.state, d.plan, d.counts, d.problems, d.comment
from directory_plan d` + causeJoins("d")

func scanPlan(row pgx.CollectableRow) (directory.PlanDetail, error) {
	var d directory.PlanDetail
	var by cause
	var p directory.Plan
	to := append([]any{&d.ID}, by.fields()...)
	err := row.Scan(append(to, &d.Created, &d.State, &p, &d.Counts, &d.Problems, &d.Comment)...)
	d.Connector, d.Message = by.source, by.ref()
	d.Actions, d.Units, d.Reason = []directory.Action{}, p.Units, p.Reason
	return d, err
}

// Plans lists stored plans, newest first.
func (s *Store) Plans(ctx context.Context, clinic hub.ClinicID, state directory.PlanState, cursor string, limit int) (directory.Page[directory.PlanRow], error) {
	page := directory.Page[directory.PlanRow]{Items: []directory.PlanRow{}}
	at, id, err := pg.ParseCursor(cursor)
	if err != nil {
		return page, err
	}
	where := `
where ($1 = '' or d.state = $1) and ($2::timestamptz is null or (d.created_at, d.id) < ($2, $3::uuid))
order by d.created_at desc, d.id desc limit $4`
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		all, err := pg.Collect(ctx, tx, scanPlan, planColumns+where, string(state), pg.Null(at), pg.Null(id), limit+1)
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
		page.Next = pg.FormatCursor(last.Created, string(last.ID))
	}
	return page, nil
}

// Plan returns a stored plan with its first actions.
func (s *Store) Plan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID) (directory.PlanDetail, error) {
	var out directory.PlanDetail
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, planColumns+` where d.id = $1`, id)
		if err != nil {
			return err
		}
		if out, err = pgx.CollectExactlyOneRow(rows, scanPlan); err != nil {
			return err
		}
		out.Actions, err = pg.Collect(ctx, tx, pgx.RowTo[directory.Action], `select action from directory_action where plan_id = $1 order by no limit $2`, id, shownActions)
		return err
	})
	return out, found("directory.plan", err)
}

// PlanActions pages through what a stored plan does, in its order.
func (s *Store) PlanActions(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, f directory.ActionFilter) (directory.Page[directory.Action], error) {
	page := directory.Page[directory.Action]{Items: []directory.Action{}}
	after := 0
	if f.Cursor != "" {
		no, err := strconv.ParseInt(f.Cursor, 10, 32)
		if err != nil {
			return page, &hub.Error{Op: "page", Kind: hub.Invalid, Field: "cursor"}
		}
		after = int(no)
	}
	type row struct {
		No     int
		Action directory.Action
	}
	var rows []row
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		if err = tx.QueryRow(ctx, `select from directory_plan where id = $1`, id).Scan(); err != nil {
			return err
		}
		rows, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[row], `
select no, action from directory_action where plan_id = $1 and no > $2 and ($3 = '' or op = $3)
  and ($4 = '' or name ilike $4 or staff_number ilike $4 or key ilike $4) and ($5 = '' or problem and ($5 = 'any' or action->'problems' ? $5)) order by no limit $6`,
			id, after, string(f.Op), like(f.Query), storable(string(f.Problem)), f.Limit+1)
		return err
	})
	if err != nil {
		return page, found("directory.actions", err)
	}
	for _, r := range rows[:min(len(rows), f.Limit)] {
		page.Items = append(page.Items, r.Action)
	}
	if len(rows) > f.Limit {
		page.Next = strconv.Itoa(rows[f.Limit-1].No)
	}
	return page, nil
}

// heldPlan is what deciding needs of a stored plan.
type heldPlan struct {
	id     hub.PlanID
	origin directory.Origin
	state  directory.PlanState
	plan   directory.Plan
	in     Input
}

// queue asks for the plan by its id and keeps it as it is until the transaction ends.
func (h *heldPlan) queue(b *pgx.Batch) {
	b.Queue(`select state, plan, changes from directory_plan where id = $1 for update`, h.id).QueryRow(func(row pgx.Row) error {
		return row.Scan(&h.state, &h.plan, &h.in.Changes)
	})
	b.Queue(`select action from directory_action where plan_id = $1 order by no`, h.id).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var a directory.Action
			if err := rows.Scan(&a); err != nil {
				return err
			}
			if a.Works == nil && len(a.Units.Lose) > 0 { // as JSON, to work nowhere is nothing
				a.Works = []directory.UnitRef{}
			}
			h.plan.Actions = append(h.plan.Actions, a)
		}
		return rows.Err()
	})
}

// openPlan locks the source of a plan and then the plan, in the order in which Apply does,
// and returns it. Conflict code when it is not in the state wanted.
func openPlan(ctx context.Context, tx pgx.Tx, op string, id hub.PlanID, want directory.PlanState, code string) (heldPlan, error) {
	h := heldPlan{id: id}
	o := &h.origin
	err := tx.QueryRow(ctx, `select source, coalesce(message_id::text, ''), control_id, coalesce(run_id::text, '') from directory_plan where id = $1`, id).
		Scan(&o.Source, &o.Message, &o.Control, &o.Run)
	if err != nil {
		return h, found(op, err)
	}
	var b pgx.Batch
	QueueLock(&b, PersonLocks, o.Source)
	h.queue(&b)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return h, found(op, err)
	}
	if h.state != want {
		return h, hub.E(op, hub.Conflict, code, "")
	}
	h.in.Origin, h.in.Spared = *o, h.plan.Spared
	return h, nil
}

// ApprovePlan applies a held plan if planning it again comes to the same.
func (s *Store) ApprovePlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID) error {
	const op = "directory.approve"
	stale := false
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		h, err := openPlan(ctx, tx, op, id, directory.PlanHeld, "decided")
		if err != nil {
			return err
		}
		if h.plan.OfAdmins() {
			if err := owner(ctx, tx, op, by); err != nil {
				return err
			}
		}
		l, err := s.look(ctx, tx, clinic, h.in)
		if err != nil {
			return err
		}
		fresh, w := l.plan(), s.Writer(tx, clinic, h.origin)
		if stale = !h.plan.Same(fresh); stale {
			return w.replace(ctx, id, h.plan, fresh)
		}
		w.Queue(fresh, l)
		if err := w.Flush(ctx); err != nil {
			return err
		}
		if err := w.noteMade(ctx, id); err != nil {
			return err
		}
		if err := s.finishHeld(ctx, tx, clinic, h); err != nil {
			return err
		}
		return decidePlan(ctx, tx, clinic, id, directory.PlanApplied, by, "")
	})
	if err == nil && stale {
		return hub.E(op, hub.Conflict, "stale", "")
	}
	return err
}

// replace keeps a fresh plan in place of one that is out of date. It stays held whatever
// the brake says now: somebody is looking at it.
func (w *Writer) replace(ctx context.Context, id hub.PlanID, old, fresh directory.Plan) error {
	fresh.Held, fresh.Complete = true, old.Complete
	if fresh.Reason == nil {
		fresh.Reason = old.Reason
	}
	fresh.ID = id
	head := fresh
	head.Actions, head.Later, head.Asks = nil, nil, nil
	b := &pgx.Batch{}
	b.Queue(`update directory_plan set plan = $2, counts = $3, problems = $4 where id = $1`, id, head, fresh.Counts(), fresh.Problems())
	b.Queue(`delete from directory_action where plan_id = $1`, id)
	err := w.tx.SendBatch(ctx, b).Close()
	if err == nil {
		err = w.keepActions(ctx, fresh)
	}
	if err != nil {
		return fmt.Errorf("renew plan: %w", err)
	}
	return pg.TellChanged(ctx, w.tx, w.clinic, "plans")
}

// noteMade writes the ids of those an approved plan has made.
func (w *Writer) noteMade(ctx context.Context, id hub.PlanID) error {
	_, err := w.tx.Exec(ctx, `
update directory_action a set person_id = n.person from unnest($2::uuid[]) with ordinality as n (person, no)
where a.plan_id = $1 and a.no = n.no and a.person_id is null`, id, w.ids)
	if err != nil {
		return fmt.Errorf("note who was made: %w", err)
	}
	return nil
}

// decidePlan closes a plan. What the source said is kept no longer. The message it came in is
// no longer held either, nor the run it is of and those after it that came to the same.
func decidePlan(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.PlanID, state directory.PlanState, by hub.UserID, comment string) error {
	b := &pgx.Batch{}
	b.Queue(`
update directory_plan set state = $2, decided_by = nullif($3, '')::uuid, decided_at = now(), comment = $4, changes = '[]' where id = $1`,
		id, state, string(by), comment)
	b.Queue(`update message m set status = 'applied' from directory_plan d where d.id = $1 and m.id = d.message_id and m.status = 'held'`, id)
	b.Queue(`update directory_run set state = $2 where plan_id = $1 and state = 'held'`, id, state)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("decide plan: %w", err)
	}
	return pg.TellChanged(ctx, tx, clinic, "plans", "persons", "runs")
}

// RejectPlan closes a held plan and changes nobody.
func (s *Store) RejectPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID, comment string) error {
	return s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := openPlan(ctx, tx, "directory.reject", id, directory.PlanHeld, "decided"); err != nil {
			return err
		}
		return decidePlan(ctx, tx, clinic, id, directory.PlanRejected, by, comment)
	})
}
