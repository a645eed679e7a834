package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Units returns all units with their roles and who is on duty, by code.
func (s *Store) Units(ctx context.Context, clinic hub.ClinicID) ([]directory.UnitRow, error) {
	const q = `
select u.id, u.code, u.name, u.kind, coalesce(u.parent_id::text, ''), coalesce(u.source::text, ''), coalesce(c.name, ''),
  (select count(distinct m.person_id) from person_unit m join person p on p.id = m.person_id where m.unit_id = u.id and p.active)
from unit u left join connector c on c.id = u.source order by u.code`
	var out []directory.UnitRow
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, scanUnit, q)
		if err != nil {
			return err
		}
		roles, err := rolesByUnit(ctx, tx)
		for i := range out {
			if r := roles[out[i].ID]; r != nil {
				out[i].Roles = r
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	return out, nil
}

func scanUnit(row pgx.CollectableRow) (directory.UnitRow, error) {
	u := directory.UnitRow{Roles: []directory.RoleRow{}}
	err := row.Scan(&u.ID, &u.Code, &u.Name, &u.Kind, &u.Parent, &u.Source.ID, &u.Source.Name, &u.Persons)
	return u, err
}

// OnDutyNow is who is on duty in role r, as JSON.
const OnDutyNow = `coalesce((
  select jsonb_agg(jsonb_build_object('user_id', a.id, 'name', a.name, 'since', d.since) order by d.since, a.name)
  from duty d join account a on a.id = d.account_id where d.role_id = r.id and d.until is null), '[]')`

func rolesByUnit(ctx context.Context, tx pgx.Tx) (map[hub.UnitID][]directory.RoleRow, error) {
	rows, err := tx.Query(ctx, `select r.unit_id, r.id, r.name, `+OnDutyNow+` from role r where r.closed_at is null order by r.name`)
	if err != nil {
		return nil, err
	}
	out := map[hub.UnitID][]directory.RoleRow{}
	var unit hub.UnitID
	var r directory.RoleRow
	_, err = pgx.ForEachRow(rows, []any{&unit, &r.ID, &r.Name, &r.OnDuty}, func() error {
		out[unit] = append(out[unit], r)
		r.OnDuty = nil
		return nil
	})
	return out, err
}

// Counts is how many persons and accounts there are, for the overview.
type Counts struct {
	PersonsActive, PersonsLocked                      int
	AccountsInvited, AccountsActive, AccountsLocked   int
	PlansHeld, UncoveredRoles, ActivationOpen, OnDuty int
}

// StaffCounts counts. ActivationOpen is invited people without a valid code.
func (s *Store) StaffCounts(ctx context.Context, clinic hub.ClinicID, now time.Time) (Counts, error) {
	const q = `
select (select count(*) from person where active), (select count(*) from person where not active),
  count(*) filter (where state = 'invited'), count(*) filter (where state = 'active'), count(*) filter (where state = 'locked'),
  (select count(*) from directory_plan where state = 'held'),
  (select count(*) from role r where closed_at is null and not exists (select from duty d where d.role_id = r.id and d.until is null)),
  count(*) filter (where state = 'invited' and person_id is not null
    and not exists (select from activation_code k where k.account_id = account.id and k.expires_at > $1)),
  (select count(distinct account_id) from duty where until is null)
from account where not recorder`
	var out Counts
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, now)
		if err != nil {
			return err
		}
		out, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Counts])
		return err
	})
	if err != nil {
		return out, fmt.Errorf("count staff: %w", err)
	}
	return out, nil
}
