package teams

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// PlanRoster says what ApplyRoster would do now.
func (s *Store) PlanRoster(ctx context.Context, clinic hub.ClinicID, source string, shifts []directory.Shift) (p directory.RosterPlan, err error) {
	const op = "directory.plan_roster"
	if err := directory.CheckRoster(op, source, shifts); err != nil {
		return p, err
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		p, err = plan(ctx, tx, clinic, source, shifts)
		return err
	})
	return p, pg.Wrap("plan roster", err)
}

// ApplyRoster writes what a roster changes. Duties that should run now begin and end with the
// next RunRoster.
func (s *Store) ApplyRoster(ctx context.Context, clinic hub.ClinicID, source string, shifts []directory.Shift, by hub.UserID) (p directory.RosterPlan, err error) {
	const op = "directory.apply_roster"
	if err := directory.CheckRoster(op, source, shifts); err != nil {
		return p, err
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, "roster "+string(clinic)); err != nil {
			return err
		}
		if p, err = plan(ctx, tx, clinic, source, shifts); err != nil {
			return err
		}
		if err := writePlan(ctx, tx, clinic, source, &p, by); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "duty", "shifts")
	})
	return p, pg.Wrap("apply roster", err)
}

// plan reads what the roster is about and decides.
func plan(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, source string, shifts []directory.Shift) (directory.RosterPlan, error) {
	var known directory.RosterKnown
	var zone string
	err := tx.QueryRow(ctx, `select now(), timezone from clinic where id = $1`, clinic).Scan(&known.Now, &zone)
	if err != nil {
		return directory.RosterPlan{}, err
	}
	if known.Zone, err = time.LoadLocation(zone); err != nil {
		return directory.RosterPlan{}, err
	}
	if known.Roles, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.RoleName], `
select r.id, r.name, jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name)
from role r join unit u on u.clinic_id = $1 and u.id = r.unit_id where r.clinic_id = $1 and r.closed_at is null`, clinic); err != nil {
		return directory.RosterPlan{}, err
	}
	if known.People, err = rosterPeople(ctx, tx, clinic, shifts); err != nil {
		return directory.RosterPlan{}, err
	}
	if known.Shifts, err = pg.Collect(ctx, tx, scanShift, shiftSQL+` and s.source = $2 and s.until_at > now()`, clinic, source); err != nil {
		return directory.RosterPlan{}, err
	}
	return directory.MakeRoster(known, source, shifts), nil
}

// rosterPeople reads everybody whom one of the shifts may mean. Locked and invited accounts
// can be planned: until the day comes they may be others.
func rosterPeople(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, shifts []directory.Shift) ([]directory.RosterPerson, error) {
	seen := map[string]bool{}
	names := []string{}
	for _, s := range shifts {
		if name := strings.ToLower(strings.TrimSpace(s.Person)); !seen[name] && !strings.Contains(name, "\x00") {
			seen[name], names = true, append(names, name)
		}
	}
	return pg.Collect(ctx, tx, func(row pgx.CollectableRow) (p directory.RosterPerson, err error) {
		err = row.Scan(&p.StaffNumber, &p.Login, &p.Mail, &p.Account.ID, &p.Account.Name)
		return p, err
	}, `
with names as materialized (select unnest($2::text[]) as name)
select p.staff_number, coalesce(a.login, ''), coalesce(p.shown->>'mail', ''), case when p.active then coalesce(a.id::text, '') else '' end, coalesce(a.name, '')
from person p left join account a on a.clinic_id = $1 and a.person_id = p.id
where p.clinic_id = $1 and p.erased_at is null
  and (lower(p.staff_number) in (select name from names) or a.login in (select name from names) or lower(p.shown->>'mail') in (select name from names))`,
		clinic, names)
}

const shiftSQL = `
select s.id::text, r.id, r.name, jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name), a.id, a.name, s.from_at, s.until_at, s.source, s.fault
from shift s join role r on r.clinic_id = $1 and r.id = s.role_id join unit u on u.clinic_id = $1 and u.id = r.unit_id
join account a on a.clinic_id = $1 and a.id = s.account_id
where s.clinic_id = $1 and s.removed_at is null`

func scanShift(row pgx.CollectableRow) (s directory.ShiftRow, err error) {
	err = row.Scan(&s.ID, &s.Role.ID, &s.Role.Name, &s.Role.Unit, &s.Person.ID, &s.Person.Name, &s.From, &s.Until, &s.Source, &s.Fault)
	return s, err
}

// writePlan writes a plan. A shift that replaces one that had begun has begun as well, so that
// whoever went off duty by hand is not called back by a corrected roster.
func writePlan(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, source string, p *directory.RosterPlan, by hub.UserID) error {
	gone := []string{}
	for _, row := range p.Removes {
		gone = append(gone, row.ID)
	}
	var ids, roles, users []string
	var from, until []time.Time
	for i := range p.Adds {
		row := &p.Adds[i]
		row.ID = hub.NewID[string]()
		ids, roles, users = append(ids, row.ID), append(roles, string(row.Role.ID)), append(users, string(row.Person.ID))
		from, until = append(from, row.From), append(until, row.Until)
	}
	var b pgx.Batch
	b.Queue(`delete from shift where clinic_id = $1 and until_at < now() - make_interval(secs => $2)`, clinic, directory.MaxShiftSpan.Seconds())
	b.Queue(`update shift set removed_at = now() where clinic_id = $1 and id = any($2::uuid[])`, clinic, gone)
	if len(ids) > 0 {
		b.Queue(`
insert into shift (clinic_id, id, source, role_id, account_id, from_at, until_at, begun_at, made_by)
select $1, n.id, $2, n.role, n.usr, n.from_at, n.until_at, (
  select max(o.begun_at) from shift o where o.clinic_id = $1 and o.role_id = n.role and o.account_id = n.usr and o.removed_at = now()
    and o.from_at < n.until_at and o.until_at > n.from_at and n.from_at <= now()), $3
from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::timestamptz[]) n (id, role, usr, from_at, until_at)`,
			clinic, source, pg.Null(by), ids, roles, users, from, until)
	}
	return tx.SendBatch(ctx, &b).Close()
}

// Shifts lists planned duties that touch a span, by their begin.
func (s *Store) Shifts(ctx context.Context, clinic hub.ClinicID, from, until time.Time) (out []directory.ShiftRow, err error) {
	if !until.After(from) || until.Sub(from) > directory.MaxShiftSpan {
		return nil, invalid("directory.shifts", "until")
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, scanShift, shiftSQL+` and s.from_at < $3 and s.until_at > $2 order by s.from_at, r.name, a.name, s.id limit 20000`, clinic, from, until)
		return err
	})
	return out, pg.Wrap("list shifts", err)
}

// step is a duty that a roster begins or ends.
type step struct {
	Shift string
	Role  hub.RoleID
	User  hub.UserID
}

const (
	dueSQL = `
select s.id::text, s.role_id, s.account_id from shift s join role r on r.clinic_id = $1 and r.id = s.role_id and r.closed_at is null
where s.clinic_id = $1 and s.removed_at is null and s.begun_at is null and s.from_at <= $2 and s.until_at > $2 order by s.from_at, s.id`
	// A duty that a roster has begun is over when no shift asks for it any more: shifts may
	// overlap, follow each other or have been taken out of the roster.
	overSQL = `
select d.shift_id::text, d.role_id, d.account_id from duty d
where d.clinic_id = $1 and d.until is null and d.shift_id is not null and not exists (
  select from shift s where s.clinic_id = $1 and s.role_id = d.role_id and s.account_id = d.account_id
    and s.removed_at is null and s.from_at <= $2 and s.until_at > $2) order by d.since, d.id`
)

// RunRoster begins what is due and then ends what is over, in this order, so that no role is
// without anybody at a change of shift. It goes the way of taking duty: alerts that run reach
// whoever comes. Somebody locked or gone is passed over with a fault, and tried again while
// the shift lasts.
func (s *Store) RunRoster(ctx context.Context, clinic hub.ClinicID, now time.Time) (n int, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		held, err := holding(ctx, tx, clinic, "duties")
		if err != nil || !held {
			return err
		}
		due, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[step], dueSQL, clinic, now)
		if err != nil {
			return err
		}
		for _, d := range due {
			done, err := s.begin(ctx, tx, clinic, d)
			if err != nil {
				return err
			}
			n += done
		}
		over, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[step], overSQL, clinic, now)
		if err != nil {
			return err
		}
		for _, d := range over {
			end := func(state directory.RoleState) (directory.DutyChange, error) {
				return directory.EndShift(state, d.User, d.Shift), nil
			}
			if err := s.db.ChangeDuty(ctx, clinic, d.Role, end); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, pg.Wrap("run roster", err)
}

// begin begins a planned duty, or notes why it cannot.
func (s *Store) begin(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, d step) (done int, err error) {
	err = s.db.ChangeDuty(ctx, clinic, d.Role, func(state directory.RoleState) (directory.DutyChange, error) {
		c := directory.BeginShift(state, d.User, d.Shift)
		done = 0
		if c.Begin != "" {
			done = 1
		}
		return c, nil
	})
	switch {
	case isRefusal(err, "not_active"):
		_, err = tx.Exec(ctx, `update shift set fault = 'not_active' where clinic_id = $1 and id = $2 and fault = ''`, clinic, d.Shift)
		return 0, err
	case hub.KindOf(err) == hub.NotFound && err != nil: // the role was closed a moment ago
		return 0, nil
	}
	return done, err
}
