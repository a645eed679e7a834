package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/staff"
)

// records is one transaction of inputs about staff and stays, all of one connector.
type records struct {
	db    *DB
	from  *Inbox
	known *staff.Look
	stays *stays
}

// commitRecords stores a group of inputs about staff and stays and applies those that are
// new. It returns errAlone, and nothing has happened, when a plan has to be kept for people
// to look at: such a plan shows one input, and the brake counts the locks of one input.
func (db *DB) commitRecords(ctx context.Context, group []*input) error {
	r := &records{db: db, from: group[0].box}
	return db.commitInputs(ctx, group, func(b *pgx.Batch) { r.look(b, group) }, func(tx pgx.Tx, fresh []freshRaw) error {
		return r.apply(ctx, tx, fresh)
	})
}

// look queues the locks and reads what the inputs may touch. Inputs that turn out to have
// been stored before are looked up in vain.
func (r *records) look(b *pgx.Batch, group []*input) {
	var changes []directory.Change
	var moves []alerting.Movement
	for _, in := range group {
		if in.raw.Fault == nil {
			changes, moves = append(changes, in.changes...), append(moves, in.moves...)
		}
	}
	if len(changes) > 0 {
		r.known = r.db.staff.Look(b, r.from.clinic, r.from.connector, changes)
	}
	if r.stays = newStays(r.db, r.from.clinic, r.from.connector); len(moves) > 0 {
		r.stays.queueLoad(b, moves)
	}
}

// apply writes what the inputs come to: the last round of staff, the stays and the effects
// are sent together.
func (r *records) apply(ctx context.Context, tx pgx.Tx, fresh []freshRaw) error {
	w := r.db.staff.Writer(tx, r.from.clinic, directory.Origin{Source: r.from.connector})
	all := rounds(fresh)
	for i, round := range all {
		if err := r.staff(ctx, tx, w, round, i > 0); err != nil {
			return err
		}
		if i < len(all)-1 {
			if err := w.Flush(ctx); err != nil {
				return err
			}
		}
	}
	for _, f := range fresh {
		if err := r.stays.fold(f.id, f.moves); err != nil {
			return err
		}
	}
	r.stays.queueWrite(w.Batch)
	return w.Flush(ctx)
}

// staff queues what one round comes to. again says that an earlier round has changed what
// is known.
func (r *records) staff(ctx context.Context, tx pgx.Tx, w *staff.Writer, round []freshRaw, again bool) error {
	var changes []directory.Change
	w.Causes = map[string]directory.Origin{}
	for _, f := range round {
		changes = append(changes, f.changes...)
		for _, c := range f.changes {
			w.Causes[c.Key] = f.origin(f.id)
		}
	}
	look := r.known
	if again {
		var b pgx.Batch
		look = r.db.staff.Look(&b, r.from.clinic, r.from.connector, changes)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("look again: %w", err)
		}
	}
	if err := look.Finish(ctx, tx); err != nil {
		return err
	}
	plan := directory.MakePlan(look.Known, changes, look.Limits, look.Now)
	if plan.Held || plan.Problems() > 0 || len(plan.Asks) > 0 {
		return errAlone
	}
	w.Queue(plan, look)
	queueEffects(w, plan)
	return nil
}

// queueEffects writes on each input how many people it changed.
func queueEffects(w *staff.Writer, p directory.Plan) {
	counts := map[hub.MessageID]int{}
	for _, act := range p.Actions {
		counts[w.Cause(act.Key).Message]++
	}
	for id, n := range counts {
		w.Batch.Queue(`update message set effect = jsonb_build_object('actions', $2::int) where id = $1`, id, n)
	}
}
