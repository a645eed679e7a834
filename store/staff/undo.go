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

// UndoPlan takes back what an applied plan did, person by person, where nobody has changed
// it since. The source's next full pass waits for a judgement then.
func (s *Store) UndoPlan(ctx context.Context, clinic hub.ClinicID, id hub.PlanID, by hub.UserID) (directory.Undone, error) {
	out := directory.Undone{Skipped: []directory.PersonRef{}}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		h, err := openPlan(ctx, tx, "directory.undo", id, directory.PlanApplied, "not_applied")
		if err != nil {
			return err
		}
		inverse, l, err := s.inverse(ctx, tx, clinic, h, by, &out)
		if err != nil {
			return err
		}
		w := s.Writer(tx, clinic, directory.Origin{Source: h.origin.Source, Control: "undo"})
		w.Queue(inverse, l)
		if err := w.Flush(ctx); err != nil {
			return err
		}
		out.Undone = len(inverse.Actions)
		return noteUndone(ctx, tx, clinic, h, id, by)
	})
	if err != nil {
		return out, fmt.Errorf("undo plan: %w", err)
	}
	return out, nil
}

// inverse is the plan that takes another back, and notes who has changed since.
func (s *Store) inverse(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, h heldPlan, by hub.UserID, out *directory.Undone) (directory.Plan, *Look, error) {
	ids, err := pg.Collect(ctx, tx, pgx.RowTo[string], `select coalesce(person_id::text, '') from directory_action where plan_id = $1 order by no`, h.id)
	if err != nil {
		return directory.Plan{}, nil, err
	}
	l := s.newLook(clinic, h.origin.Source, nil)
	keys := make([]string, len(h.plan.Actions))
	for i, a := range h.plan.Actions {
		keys[i] = a.Key
		if login := a.Diff(directory.FieldLogin).From; login != "" {
			l.asked.Logins = append(l.asked.Logins, login)
		}
	}
	var b pgx.Batch
	l.queue(&b, keys)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return directory.Plan{}, nil, err
	}
	locks, err := s.lockable(ctx, tx, ids)
	if err != nil {
		return directory.Plan{}, nil, err
	}
	admins := map[hub.PersonID]bool{}
	if by != "" { // the empty user is the hub itself
		if admins, err = beyond(ctx, tx, ids, by); err != nil {
			return directory.Plan{}, nil, err
		}
	}
	if l.photos, err = pastPhotos(ctx, tx, h.id); err != nil {
		return directory.Plan{}, nil, err
	}
	var p directory.Plan
	for i, a := range h.plan.Actions {
		now, known := l.Known.Persons[a.Key]
		if a.Op == directory.ActLockHere || a.Op == directory.ActUnlockHere {
			now, known = locks[a.Person.ID], locks[a.Person.ID].ID != ""
		} else if a.Diff(directory.FieldMember).Field != "" {
			now, known = directory.Person{ID: a.Person.ID}, ids[i] != ""
		}
		back, ok := directory.Undo(a, now)
		if ok {
			back, ok = withoutLost(back, l.photos)
		}
		if !known || string(now.ID) != ids[i] || !ok || admins[now.ID] && a.Decides() {
			if len(out.Skipped) < 200 {
				out.Skipped = append(out.Skipped, a.Person)
			}
			continue
		}
		back.Person.ID = now.ID
		p.Actions = append(p.Actions, back)
	}
	giveBack(p.Actions, l.Known.Logins)
	return p, l, nil
}

// giveBack leaves an account its new login where somebody else has the former one now, and
// keeps it after the undo.
func giveBack(acts []directory.Action, taken map[string]bool) {
	got := make([]bool, len(acts))
	for moved := true; moved; {
		moved = false
		for i, a := range acts {
			if a.Login != "" && !got[i] && !taken[a.Login] {
				delete(taken, a.Diff(directory.FieldLogin).From)
				taken[a.Login], got[i], moved = true, true, true
			}
		}
	}
	for i := range acts {
		if a := &acts[i]; a.Login != "" && !got[i] {
			a.Login = ""
			a.Fields = slices.DeleteFunc(a.Fields, func(d directory.Diff) bool { return d.Field == directory.FieldLogin })
		}
	}
}

// lockable reads the administrator's lock of people. Whoever was erased stays locked.
func (s *Store) lockable(ctx context.Context, tx pgx.Tx, ids []string) (map[hub.PersonID]directory.Person, error) {
	out := map[hub.PersonID]directory.Person{}
	rows, err := tx.Query(ctx, `
select a.person_id, a.locked_here from account a join person p on p.id = a.person_id and p.erased_at is null
where p.id = any(array_remove($1::text[], '')::uuid[])`, ids)
	if err != nil {
		return nil, err
	}
	var p directory.Person
	return out, eachRow([]any{&p.ID, &p.LockedHere}, func() { out[p.ID] = p })(rows)
}

func noteUndone(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, h heldPlan, id hub.PlanID, by hub.UserID) error {
	b := &pgx.Batch{}
	b.Queue(`update directory_plan set state = 'undone', decided_by = nullif($2, '')::uuid, decided_at = now() where id = $1`, id, string(by))
	b.Queue(`delete from plan_photo where plan_id = $1`, id)
	b.Queue(`update directory_run set state = 'undone' where plan_id = $1 and state = 'applied'`, id)
	b.Queue(`
insert into directory_source (clinic_id, source, hold_next) select $1, $2, true where not exists (select from connector where id = $2 and kind = 'hand')
on conflict (clinic_id, source) do update set hold_next = true`, clinic, h.origin.Source)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return pg.TellChanged(ctx, tx, clinic, "plans", "persons", "runs")
}
