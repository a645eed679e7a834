package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

var (
	_ directory.DutyStore = (*DB)(nil)
	_ directory.RoleStore = (*DB)(nil)
)

// CreateRole adds a duty role to a unit.
func (db *DB) CreateRole(ctx context.Context, clinic hub.ClinicID, unit hub.UnitID, name string) (hub.RoleID, error) {
	const op = "directory.create_role"
	id := hub.NewID[hub.RoleID]()
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into role (clinic_id, id, unit_id, name) select $1, $2, u.id, $4 from unit u where u.id = $3`, clinic, id, unit, name)
		if err != nil {
			return fmt.Errorf("insert role: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return hub.E(op, hub.NotFound, "", "")
		}
		return pg.TellChanged(ctx, tx, clinic, "duty", "persons")
	})
	if pg.IsUnique(err, "role_name") {
		return "", hub.E(op, hub.Conflict, "exists", "")
	}
	return id, err
}

// DeleteRole closes a role nobody is on duty in.
func (db *DB) DeleteRole(ctx context.Context, clinic hub.ClinicID, role hub.RoleID) error {
	const op = "directory.delete_role"
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		s, err := lockRole(ctx, tx, op, role)
		if err != nil {
			return err
		}
		if len(s.OnDuty) > 0 {
			return hub.E(op, hub.Conflict, "on_duty", "")
		}
		if _, err := tx.Exec(ctx, `update role set closed_at = now() where id = $1`, role); err != nil {
			return fmt.Errorf("close role: %w", err)
		}
		return pg.TellChanged(ctx, tx, clinic, "duty", "persons")
	})
}

// mayBe finds the active accounts of people on a role's unit ($1 = role) or above it, or in a
// group whose members may take the role.
const mayBe = `
with recursive above as (
  select u.id, u.parent_id from unit u join role r on r.unit_id = u.id where r.id = $1
  union select u.id, u.parent_id from unit u join above b on u.id = b.parent_id
)
select distinct a.id, a.name from (
  select m.person_id from above b join person_unit m on m.unit_id = b.id
  union select m.person_id from grp g join grp_member m on m.group_id = g.id join person p on p.id = m.person_id and p.active
    where g.role_id = $1 and g.deleted_at is null) who
join account a on a.person_id = who.person_id where a.state = 'active'`

// lockRole locks an open role and reads what decisions about it need.
func lockRole(ctx context.Context, tx pgx.Tx, op string, role hub.RoleID) (directory.RoleState, error) {
	s := directory.RoleState{ID: role}
	err := tx.QueryRow(ctx, `select id from role where id = $1 and closed_at is null for update`, role).Scan(&s.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, hub.E(op, hub.NotFound, "", "")
	}
	if err != nil {
		return s, fmt.Errorf("lock role: %w", err)
	}
	id := pgx.RowTo[hub.UserID]
	if s.OnDuty, err = pg.Collect(ctx, tx, id, `select account_id from duty where role_id = $1 and until is null order by since, id`, role); err != nil {
		return s, fmt.Errorf("read who is on duty: %w", err)
	}
	if s.MayBe, err = pg.Collect(ctx, tx, id, `select id from (`+mayBe+`) who`, role); err != nil {
		return s, fmt.Errorf("read who may be on duty: %w", err)
	}
	s.Offers, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.Offer],
		`select id::text, from_id, to_id, at from duty_offer where role_id = $1 and ended is null`, role)
	return s, err
}

// ChangeDuty loads the role, lets decide look at it and writes the outcome. Whoever comes
// on duty takes part in the alerts that run already.
func (db *DB) ChangeDuty(ctx context.Context, clinic hub.ClinicID, role hub.RoleID, decide func(directory.RoleState) (directory.DutyChange, error)) error {
	begun := false
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		s, err := lockRole(ctx, tx, "directory.duty", role)
		if err != nil {
			return err
		}
		c, err := decide(s)
		if err != nil || c == (directory.DutyChange{}) {
			return err
		}
		if err := writeDuty(ctx, tx, clinic, role, c); err != nil {
			return fmt.Errorf("write duty: %w", err)
		}
		if begun = c.Begin != ""; begun {
			db.joinAlerts(ctx, tx, clinic, c.Begin, alerting.ActDuty)
		}
		return pg.TellChanged(ctx, tx, clinic, "duty")
	})
	if err == nil && begun {
		db.woke()
	}
	return err
}

func writeDuty(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, role hub.RoleID, c directory.DutyChange) error {
	if c.Begin != "" {
		if err := beginDuty(ctx, tx, clinic, role, c.Begin, c.Shift); err != nil {
			return err
		}
	}
	b := &pgx.Batch{}
	if c.End != "" {
		b.Queue(`update duty set until = now() where role_id = $1 and account_id = $2 and until is null and ($3 = '' or shift_id is not null)`, role, c.End, c.Shift)
	} else if c.Shift != "" {
		b.Queue(`update shift set begun_at = coalesce(begun_at, now()), fault = '' where id = $1`, c.Shift)
	}
	if c.Close != "" {
		b.Queue(`update duty_offer set ended = $2, ended_at = now() where id = $1 and ended is null`, c.Close, c.CloseWith)
	}
	if o := c.Offer; o != nil {
		b.Queue(`insert into duty_offer (clinic_id, id, role_id, from_id, to_id, at) values ($1, $2, $3, $4, $5, $6)`, clinic, o.ID, role, o.From, o.To, o.At)
	}
	return tx.SendBatch(ctx, b).Close()
}

// beginDuty puts an account on duty, unless it was locked a moment ago: a lock waits for
// this transaction or this one for it, so nobody locked stays on duty.
func beginDuty(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, role hub.RoleID, user hub.UserID, shift string) error {
	tag, err := tx.Exec(ctx, `
with usable as (select id from account where id = $4 and state = 'active' for share)
insert into duty (clinic_id, id, role_id, account_id, shift_id) select $1, $2, $3, id, $5::uuid from usable`,
		clinic, hub.NewID[hub.RoleID](), role, user, pg.Null(shift))
	if err == nil && tag.RowsAffected() == 0 {
		return hub.E("directory.duty", hub.Forbidden, "not_active", "")
	}
	return err
}

// OfferRole returns the role of an offer that is open and concerns the user.
func (db *DB) OfferRole(ctx context.Context, clinic hub.ClinicID, offer string, user hub.UserID) (hub.RoleID, error) {
	const op = "directory.offer"
	var role hub.RoleID
	var open bool
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select role_id, ended is null from duty_offer where id = $1 and $2 in (from_id, to_id)`, offer, user).Scan(&role, &open)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", hub.E(op, hub.NotFound, "", "")
	case err != nil:
		return "", fmt.Errorf("read offer: %w", err)
	case !open:
		return "", hub.E(op, hub.Conflict, "ended", "")
	}
	return role, nil
}

// DutyBoard returns the roles a user is in or may take, and the open offers to and by them.
func (db *DB) DutyBoard(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (directory.Board, error) {
	const roles = `
with recursive below as (
  select m.unit_id as id from person_unit m join account a on a.person_id = m.person_id where a.id = $1 and a.state = 'active'
  union select u.id from unit u join below b on u.parent_id = b.id
), seen as (
  select r.id, r.name, r.unit_id, exists (select from duty d where d.role_id = r.id and d.account_id = $1 and d.until is null) as mine,
    r.unit_id in (select id from below) or exists (
      select from grp g join grp_member m on m.group_id = g.id join account a on a.person_id = m.person_id
      where g.role_id = r.id and g.deleted_at is null and a.id = $1 and a.state = 'active') as may_take
  from role r where r.closed_at is null
)
select r.id, r.name, jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name), ` + onDutyNow + `, r.mine, r.may_take
from seen r join unit u on u.id = r.unit_id where r.mine or r.may_take order by u.code, r.name`
	const toMe = `
select o.id::text, o.role_id, r.name, jsonb_build_object('user_id', a.id, 'name', a.name), null::jsonb, o.at
from duty_offer o join role r on r.id = o.role_id join account a on a.id = o.from_id where o.to_id = $1 and o.ended is null order by o.at`
	const byMe = `
select o.id::text, o.role_id, r.name, null::jsonb, jsonb_build_object('user_id', a.id, 'name', a.name), o.at
from duty_offer o join role r on r.id = o.role_id join account a on a.id = o.to_id where o.from_id = $1 and o.ended is null order by o.at`
	var b directory.Board
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		if b.Roles, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.BoardRole], roles, user); err != nil {
			return err
		}
		offer := pgx.RowToStructByPos[directory.BoardOffer]
		if b.OffersToMe, err = pg.Collect(ctx, tx, offer, toMe, user); err != nil {
			return err
		}
		b.OffersByMe, err = pg.Collect(ctx, tx, offer, byMe, user)
		return err
	})
	if err != nil {
		return b, fmt.Errorf("read duty board: %w", err)
	}
	return b, nil
}

// Colleagues returns who else may be on duty in a role, by name.
func (db *DB) Colleagues(ctx context.Context, clinic hub.ClinicID, role hub.RoleID, user hub.UserID) ([]directory.UserRef, error) {
	var out []directory.UserRef
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.UserRef], `select id, name from (`+mayBe+`) who where id <> $2 order by name, id`, role, user)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list colleagues: %w", err)
	}
	return out, nil
}

// UncoveredRoles returns the roles nobody is on duty in.
func (db *DB) UncoveredRoles(ctx context.Context, clinic hub.ClinicID) ([]directory.Uncovered, error) {
	const q = `
select r.id, r.name, jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name) from role r join unit u on u.id = r.unit_id
where r.closed_at is null and not exists (select from duty d where d.role_id = r.id and d.until is null) order by u.code, r.name`
	var out []directory.Uncovered
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.Uncovered], q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list uncovered roles: %w", err)
	}
	return out, nil
}
