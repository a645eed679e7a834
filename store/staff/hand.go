package staff

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Duplicates returns known people who may be the one entered, the likeliest first.
func (s *Store) Duplicates(ctx context.Context, clinic hub.ClinicID, values map[directory.Field]string) ([]directory.PersonRow, error) {
	const likely = `
select p.id, max(r.weight) from (
  select person_id, 4 as weight from person_value where field = 'staff_number' and $1 <> '' and text = $1
  union all select person_id, 3 from person_value where field = 'mail' and $2 <> '' and text = lower($2)
  union all select person_id, 2 from account where $3 <> '' and login = lower($3) and person_id is not null
  union all select id, 1 from person where $4 <> '' and lower(family_name) = lower($4) and ($5 = '' or given_name = '' or left(lower(given_name), 3) = left(lower($5), 3))
) r join person p on p.id = r.person_id and p.erased_at is null group by p.id order by 2 desc, p.id limit 20`
	text := func(f directory.Field) string { return strings.TrimSpace(storable(values[f])) }
	var out []directory.PersonRow
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		type hit struct {
			ID     hub.PersonID
			Weight int
		}
		hits, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[hit], likely, text(directory.StaffNumber), text(directory.Mail), text(directory.Login), text(directory.FamilyName), text(directory.GivenName))
		if err != nil {
			return err
		}
		ids := make([]hub.PersonID, len(hits))
		for i, h := range hits {
			ids[i] = h.ID
		}
		persons, err := personsByID(ctx, tx, ids)
		if err != nil {
			return err
		}
		out = make([]directory.PersonRow, 0, len(ids))
		for _, id := range ids {
			for _, p := range persons {
				if p.ID == id {
					out = append(out, p)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find duplicates: %w", err)
	}
	return out, nil
}

// EnterPerson makes somebody by hand. They need a name.
func (s *Store) EnterPerson(ctx context.Context, clinic hub.ClinicID, e directory.Entry, _ hub.UserID) (hub.PersonID, error) {
	const op = "directory.enter"
	if strings.TrimSpace(e.Values[directory.FamilyName].Text) == "" {
		return "", &hub.Error{Op: op, Kind: hub.Invalid, Field: string(directory.FamilyName), Code: "length"}
	}
	id := hub.NewID[hub.PersonID]()
	return id, s.byHand(ctx, clinic, id, e, nil)
}

// EditPerson states values by hand.
func (s *Store) EditPerson(ctx context.Context, clinic hub.ClinicID, person hub.PersonID, e directory.Entry, _ hub.UserID) error {
	return s.byHand(ctx, clinic, person, e, func(tx pgx.Tx, hand hub.ConnectorID) error {
		return knownToHand(ctx, tx, clinic, hand, []hub.PersonID{person})
	})
}

// byHand applies an entry. first may prepare the person. An obstacle that stands in the way
// of what was entered is the administrator's to hear of, so nothing is kept then.
func (s *Store) byHand(ctx context.Context, clinic hub.ClinicID, person hub.PersonID, e directory.Entry, first func(pgx.Tx, hub.ConnectorID) error) error {
	for f, v := range e.Values {
		if badDate(f, v) {
			return &hub.Error{Op: "directory.hand", Kind: hub.Invalid, Code: "bad_date", Field: string(f)}
		}
	}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		hand, err := handSource(ctx, tx, clinic)
		if err != nil {
			return err
		}
		if first != nil {
			if err := first(tx, hand); err != nil {
				return err
			}
		}
		in := Input{Origin: directory.Origin{Source: hand}, Changes: []directory.Change{{Op: directory.OpPut, Key: string(person), Fields: e.Values, Units: e.Units}}}
		l, err := s.look(ctx, tx, clinic, in)
		if err != nil {
			return err
		}
		l.Limits.Approved = true
		plan := l.plan()
		if err := handProblem(plan); err != nil {
			return err
		}
		w := s.Writer(tx, clinic, in.Origin)
		w.Queue(plan, l)
		if err := w.Flush(ctx); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "persons")
	})
	if err != nil {
		return fmt.Errorf("by hand: %w", err)
	}
	return nil
}

// handProblem turns obstacles into refusals of what was entered.
func handProblem(p directory.Plan) error {
	for _, a := range p.Actions {
		for _, problem := range a.Problems {
			if problem == directory.LoginTaken {
				return &hub.Error{Op: "directory.hand", Kind: hub.Conflict, Code: "login_taken", Field: string(directory.Login)}
			}
		}
	}
	return nil
}

// badDate reports whether a text cannot be the day a field asks for. Planning leaves such a
// text out, which of somebody known is no difference, and so no action that tells of it.
func badDate(f directory.Field, v directory.Value) bool {
	if f != directory.ActiveFrom && f != directory.ActiveUntil {
		return false
	}
	newcomer := directory.Change{Op: directory.OpPut, Key: "new", Fields: map[directory.Field]directory.Value{f: v}}
	p := directory.MakePlan(directory.Known{Hand: true}, []directory.Change{newcomer}, directory.Limits{Approved: true}, time.Now())
	return p.Problems() > 0
}

// knownToHand makes people known to the hand, who keeps them under their own ids.
func knownToHand(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, hand hub.ConnectorID, ids []hub.PersonID) error {
	var there int
	if err := tx.QueryRow(ctx, `select count(*) from person where id = any($1) and erased_at is null`, ids).Scan(&there); err != nil {
		return fmt.Errorf("find persons: %w", err)
	}
	if there != len(ids) {
		return hub.E("directory.hand", hub.NotFound, "", "")
	}
	_, err := tx.Exec(ctx, `
insert into person_source (clinic_id, source, key, person_id, status) select $1, $2, id::text, id, 'working' from unnest($3::uuid[]) id on conflict do nothing`,
		clinic, hand, ids)
	if err != nil {
		return fmt.Errorf("note hand: %w", err)
	}
	return nil
}
