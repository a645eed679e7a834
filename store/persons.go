package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var _ directory.PersonStore = (*DB)(nil)

const personColumns = `
select p.id, p.staff_number, p.name, p.title, p.active,
  coalesce((select jsonb_agg(jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name) order by m.main desc, u.code)
    from (select unit_id, bool_or(is_primary) as main from person_unit where person_id = p.id group by unit_id) m join unit u on u.id = m.unit_id), '[]'),
  coalesce(a.id::text, ''), coalesce(a.login, ''), coalesce(a.state, ''), coalesce(a.locked_here, false), coalesce(a.locked_there, false), a.last_seen_at
from person p left join account a on a.person_id = p.id`

func scanPerson(row pgx.CollectableRow) (directory.PersonRow, error) {
	var p directory.PersonRow
	var a directory.AccountRow
	err := row.Scan(&p.ID, &p.StaffNumber, &p.Name, &p.Title, &p.Active, &p.Units, &a.ID, &a.Login, &a.State, &a.LockedHere, &a.LockedThere, &a.LastSeen)
	if a.ID != "" {
		p.Account = &a
	}
	return p, err
}

// Persons lists persons by name.
func (db *DB) Persons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter) (directory.Page[directory.PersonRow], error) {
	const where = `
where ($1 = '' or p.name ilike $1 or p.staff_number ilike $1 or a.login ilike $1)
  and ($2 = '' or p.id in (
    with recursive below as (select id from unit where code = $2 union select u.id from unit u join below b on u.parent_id = b.id)
    select person_id from person_unit where unit_id in (select id from below)))
  and ($3 = '' or a.state = $3 or ($3 = 'inactive' and not p.active))
  and ($4 = '' or (p.name, p.id) > ($5, $4::uuid))
order by p.name, p.id limit $6`
	page := directory.Page[directory.PersonRow]{Items: []directory.PersonRow{}}
	name, id, err := parseNameCursor(f.Cursor)
	if err != nil {
		return page, err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, personColumns+where, likeArg(f.Query), f.Unit, f.State, id, name, f.Limit+1)
		if err != nil {
			return err
		}
		page.Items, err = pgx.CollectRows(rows, scanPerson)
		return err
	})
	if err != nil {
		return page, fmt.Errorf("list persons: %w", err)
	}
	if len(page.Items) > f.Limit {
		page.Items = page.Items[:f.Limit]
		last := page.Items[f.Limit-1]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(string(last.ID) + last.Name))
	}
	return page, nil
}

// parseNameCursor reads the id and the name of the last person shown.
func parseNameCursor(s string) (name, id string, err error) {
	if s == "" {
		return "", "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) < 36 || !hub.ValidID(string(b[:36])) {
		return "", "", &hub.Error{Op: "page", Kind: hub.Invalid, Field: "cursor"}
	}
	return string(b[36:]), string(b[:36]), nil
}

// likeArg makes a pattern that finds s anywhere; what is special in patterns is not in s.
func likeArg(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, "\x00", "").Replace(s) + "%"
}

// Person returns a person with the origin of every value.
func (db *DB) Person(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) (directory.PersonDetail, error) {
	var out directory.PersonDetail
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, personColumns+` where p.id = $1`, id)
		if err != nil {
			return err
		}
		if out.PersonRow, err = pgx.CollectExactlyOneRow(rows, scanPerson); err != nil {
			return err
		}
		return personParts(ctx, tx, id, &out)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return out, hub.E("directory.person", hub.NotFound, "", "")
	}
	if err != nil {
		return out, fmt.Errorf("read person: %w", err)
	}
	return out, nil
}

// personParts reads what hangs on a person.
func personParts(ctx context.Context, tx pgx.Tx, id hub.PersonID, out *directory.PersonDetail) error {
	const values = `
select v.field, v.text, v.source, coalesce(c.name, ''), coalesce(v.message_id::text, ''), v.control_id, coalesce(m.type, ''), v.at
from person_value v left join connector c on c.id = v.source left join message m on m.id = v.message_id
where v.person_id = $1 order by v.field, v.at desc`
	const history = `
select h.field, h.old_text, h.new_text, h.source, coalesce(c.name, ''), coalesce(h.message_id::text, ''), h.control_id, coalesce(m.type, ''), h.at
from person_change h left join connector c on c.id = h.source left join message m on m.id = h.message_id
where h.person_id = $1 order by h.no desc limit 200`
	const devices = `
select d.id, d.name, d.last_seen_at from device d join account a on a.id = d.account_id
where a.person_id = $1 and d.revoked_at is null order by d.created_at desc`
	const duty = `
select r.name from duty d join role r on r.id = d.role_id join account a on a.id = d.account_id
where a.person_id = $1 and d.until is null order by r.name`
	var err error
	if out.Values, err = collect(ctx, tx, scanValue, values, id); err != nil {
		return err
	}
	if out.History, err = collect(ctx, tx, scanHistory, history, id); err != nil {
		return err
	}
	if out.Devices, err = collect(ctx, tx, pgx.RowToStructByPos[directory.DeviceRow], devices, id); err != nil {
		return err
	}
	out.Duty, err = collect(ctx, tx, pgx.RowTo[string], duty, id)
	return err
}

// collect runs q and gathers its rows; the result is never nil, so that JSON shows [].
func collect[T any](ctx context.Context, tx pgx.Tx, scan pgx.RowToFunc[T], q string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]T{}, rows, scan)
}

func scanValue(row pgx.CollectableRow) (directory.ValueRow, error) {
	var v directory.ValueRow
	var m directory.MessageRef
	err := row.Scan(&v.Field, &v.Text, &v.Source.ID, &v.Source.Name, &m.ID, &m.Control, &m.Type, &v.At)
	if m.ID != "" {
		v.Message = &m
	}
	return v, err
}

func scanHistory(row pgx.CollectableRow) (directory.HistoryRow, error) {
	var h directory.HistoryRow
	var m directory.MessageRef
	err := row.Scan(&h.Field, &h.From, &h.To, &h.Source.ID, &h.Source.Name, &m.ID, &m.Control, &m.Type, &h.At)
	if m.ID != "" {
		h.Message = &m
	}
	return h, err
}

// Units returns all units with their roles and who is on duty, by code.
func (db *DB) Units(ctx context.Context, clinic hub.ClinicID) ([]directory.UnitRow, error) {
	const q = `
select u.id, u.code, u.name, u.kind, coalesce(u.parent_id::text, ''), coalesce(u.source::text, ''), coalesce(c.name, ''),
  (select count(distinct m.person_id) from person_unit m join person p on p.id = m.person_id where m.unit_id = u.id and p.active)
from unit u left join connector c on c.id = u.source order by u.code`
	var out []directory.UnitRow
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = collect(ctx, tx, scanUnit, q)
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

// onDutyNow is who is on duty in role r, as JSON.
const onDutyNow = `coalesce((
  select jsonb_agg(jsonb_build_object('user_id', a.id, 'name', a.name, 'since', d.since) order by d.since, a.name)
  from duty d join account a on a.id = d.account_id where d.role_id = r.id and d.until is null), '[]')`

func rolesByUnit(ctx context.Context, tx pgx.Tx) (map[hub.UnitID][]directory.RoleRow, error) {
	rows, err := tx.Query(ctx, `select r.unit_id, r.id, r.name, `+onDutyNow+` from role r where r.closed_at is null order by r.name`)
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

// StaffCounts is how many persons and accounts there are, for the overview.
type StaffCounts struct {
	PersonsActive, PersonsLocked                      int
	AccountsInvited, AccountsActive, AccountsLocked   int
	PlansHeld, UncoveredRoles, ActivationOpen, OnDuty int
}

// StaffCounts counts. ActivationOpen is invited people without a valid code.
func (db *DB) StaffCounts(ctx context.Context, clinic hub.ClinicID, now time.Time) (StaffCounts, error) {
	const q = `
select (select count(*) from person where active), (select count(*) from person where not active),
  count(*) filter (where state = 'invited'), count(*) filter (where state = 'active'), count(*) filter (where state = 'locked'),
  (select count(*) from directory_plan where state = 'held'),
  (select count(*) from role r where closed_at is null and not exists (select from duty d where d.role_id = r.id and d.until is null)),
  count(*) filter (where state = 'invited' and person_id is not null
    and not exists (select from activation_code k where k.account_id = account.id and k.expires_at > $1)),
  (select count(distinct account_id) from duty where until is null)
from account where not recorder`
	var out StaffCounts
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, now)
		if err != nil {
			return err
		}
		out, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[StaffCounts])
		return err
	})
	if err != nil {
		return out, fmt.Errorf("count staff: %w", err)
	}
	return out, nil
}
