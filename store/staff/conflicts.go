package staff

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Conflicts lists questions, the newest first; an empty state lists all.
func (s *Store) Conflicts(ctx context.Context, clinic hub.ClinicID, state directory.ConflictState, cursor string, limit int) (directory.Page[directory.Conflict], error) {
	page := directory.Page[directory.Conflict]{Items: []directory.Conflict{}}
	at, id, err := pg.ParseCursor(cursor)
	if err != nil {
		return page, err
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var ids [][]hub.PersonID
		page.Items, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (directory.Conflict, error) {
			var c directory.Conflict
			var who []hub.PersonID
			err := row.Scan(&c.ID, &c.Source.ID, &c.Source.Name, &c.Key, &c.Reason, &c.State, &c.Stated, &who, &c.Created, &c.DecidedAt)
			ids = append(ids, who)
			return c, err
		}, `
select d.id, d.source, coalesce(c.name, ''), d.key, d.reason, d.state, d.stated, d.candidates, d.created_at, d.decided_at
from directory_conflict d left join connector c on c.id = d.source
where ($1 = '' or d.state = $1) and ($2::timestamptz is null or (d.created_at, d.id) < ($2, $3::uuid))
order by d.created_at desc, d.id desc limit $4`, string(state), pg.Null(at), pg.Null(id), limit+1)
		if err != nil {
			return err
		}
		return addCandidates(ctx, tx, page.Items, ids)
	})
	if err != nil {
		return page, fmt.Errorf("list conflicts: %w", err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = pg.FormatCursor(last.Created, string(last.ID))
	}
	return page, nil
}

func addCandidates(ctx context.Context, tx pgx.Tx, of []directory.Conflict, ids [][]hub.PersonID) error {
	persons, err := personsByID(ctx, tx, slices.Concat(ids...))
	if err != nil {
		return err
	}
	for i := range of {
		of[i].Candidates = []directory.PersonRow{}
		for _, p := range persons {
			if slices.Contains(ids[i], p.ID) {
				of[i].Candidates = append(of[i].Candidates, p)
			}
		}
	}
	return nil
}

// question is a conflict as deciding needs it.
type question struct {
	key        string
	origin     directory.Origin
	change     directory.Change
	candidates []hub.PersonID
}

// openQuestion locks the source of a question and then the question.
func openQuestion(ctx context.Context, tx pgx.Tx, id hub.ConflictID) (question, error) {
	const op = "directory.decide"
	var q question
	if err := tx.QueryRow(ctx, `select source from directory_conflict where id = $1`, id).Scan(&q.origin.Source); err != nil {
		return q, found(op, err)
	}
	var b pgx.Batch
	var state directory.ConflictState
	QueueLock(&b, PersonLocks, q.origin.Source)
	b.Queue(`select key, state, change, candidates, coalesce(message_id::text, ''), coalesce(run_id::text, ''), control_id from directory_conflict where id = $1 for update`, id).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&q.key, &state, &q.change, &q.candidates, &q.origin.Message, &q.origin.Run, &q.origin.Control)
		})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return q, found(op, err)
	}
	if state != directory.ConflictOpen {
		return q, hub.E(op, hub.Conflict, "decided", "")
	}
	return q, nil
}

// DecideConflict applies an answer.
func (s *Store) DecideConflict(ctx context.Context, clinic hub.ClinicID, id hub.ConflictID, as directory.ConflictState, person hub.PersonID, by hub.UserID) error {
	const op = "directory.decide"
	if !slices.Contains([]directory.ConflictState{directory.ConflictSame, directory.ConflictOther, directory.ConflictDismissed}, as) {
		return &hub.Error{Op: op, Kind: hub.Invalid, Field: "as"}
	}
	return s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		q, err := openQuestion(ctx, tx, id)
		if err != nil {
			return err
		}
		if as == directory.ConflictSame {
			if !slices.Contains(q.candidates, person) {
				return &hub.Error{Op: op, Kind: hub.Invalid, Field: "person_id"}
			}
			if err := reach(ctx, tx, op, person, by); err != nil {
				return err
			}
			if err := takeKey(ctx, tx, clinic, q, person); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update directory_conflict set state = $2, decided_by = nullif($3, '')::uuid, decided_at = now() where id = $1`, id, as, string(by)); err != nil {
			return fmt.Errorf("decide conflict: %w", err)
		}
		if as != directory.ConflictDismissed {
			if err := s.state(ctx, tx, clinic, q); err != nil {
				return err
			}
		}
		return pg.TellChanged(ctx, tx, clinic, "conflicts", "persons")
	})
}

// reach refuses an administrator to whoever is no owner.
func reach(ctx context.Context, tx pgx.Tx, op string, person hub.PersonID, by hub.UserID) error {
	out, err := beyond(ctx, tx, []string{string(person)}, by)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if out[person] {
		return hub.E(op, hub.Forbidden, "role", "")
	}
	return nil
}

// owner refuses everybody who is none.
func owner(ctx context.Context, tx pgx.Tx, op string, by hub.UserID) error {
	var is bool
	if err := tx.QueryRow(ctx, `select exists (select from account where id::text = $1 and 'owner' = any(roles))`, string(by)).Scan(&is); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if !is {
		return hub.E(op, hub.Forbidden, "role", "")
	}
	return nil
}

// beyond returns which of the persons with these ids only owners reach, unless by is one.
func beyond(ctx context.Context, tx pgx.Tx, ids []string, by hub.UserID) (map[hub.PersonID]bool, error) {
	out := map[hub.PersonID]bool{}
	rows, err := tx.Query(ctx, `select n.id from unnest(array_remove($1::text[], '')::uuid[]) n (id) where not `+withinReach("n.id", "$2"), ids, string(by))
	if err != nil {
		return nil, err
	}
	var id hub.PersonID
	return out, eachRow([]any{&id}, func() { out[id] = true })(rows)
}

// takeKey puts an unknown key on a person, in place of the one the source had for them.
// Like somebody the source does not know they stand nowhere until its statement is applied.
func takeKey(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, q question, person hub.PersonID) error {
	_, err := tx.Exec(ctx, `
insert into person_source (clinic_id, source, key, person_id, status) values ($1, $2, $3, $4, 'gone')
on conflict (clinic_id, person_id, source) do update set key = excluded.key, digest = null, changed_at = now()`,
		clinic, q.origin.Source, q.key, person)
	if err != nil {
		return fmt.Errorf("take key: %w", err)
	}
	return nil
}

// state applies what was kept with a question. It has no brake: it is about one person, and
// an administrator has looked at it.
func (s *Store) state(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, q question) error {
	l, err := s.look(ctx, tx, clinic, Input{Origin: q.origin, Changes: []directory.Change{q.change}})
	if err != nil {
		return err
	}
	l.Limits.Approved = true
	plan, w := l.plan(), s.Writer(tx, clinic, q.origin)
	w.Queue(plan, l)
	return w.Flush(ctx)
}
