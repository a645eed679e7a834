package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// applyChanges plans what a source says about staff and writes it, in the transaction that
// also keeps the raw input. A plan that is held writes only itself.
func (db *DB) applyChanges(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, origin directory.Origin, changes []directory.Change) (directory.Plan, error) {
	a := applier{tx: tx, clinic: clinic, origin: origin}
	now, err := lockSource(ctx, tx, origin.Source, directory.WantedBy(changes, nil))
	if err != nil {
		return directory.Plan{}, err
	}
	limits, err := loadLimits(ctx, tx)
	if err != nil {
		return directory.Plan{}, err
	}
	known, err := loadKnown(ctx, tx, origin.Source, changes)
	if err != nil {
		return directory.Plan{}, err
	}
	plan := directory.MakePlan(known, changes, limits, now)
	if plan.Complete {
		if err := a.supersede(ctx); err != nil {
			return plan, err
		}
	}
	if !plan.Held {
		err = a.apply(ctx, plan)
	}
	if err == nil {
		err = a.record(ctx, &plan, changes)
	}
	return plan, err
}

// applier writes one plan, each table with as few statements as it has kinds of writes,
// and sends most of them together: a message about one person waits for the network a few
// times, not twenty.
type applier struct {
	tx     pgx.Tx
	clinic hub.ClinicID
	origin directory.Origin
	ids    []hub.PersonID // of the plan's actions, in order
	batch  pgx.Batch
}

// apply writes everything a plan says. It never touches a lock set by an administrator.
func (a *applier) apply(ctx context.Context, p directory.Plan) error {
	a.putUnits(p.Units)
	a.putLater(p.Later)
	a.ids = make([]hub.PersonID, len(p.Actions))
	for i, act := range p.Actions {
		if a.ids[i] = act.Person.ID; act.Op == directory.ActCreate {
			a.ids[i] = hub.NewID[hub.PersonID]()
		}
	}
	a.putPersons(p.Actions)
	a.putValues(p.Actions)
	a.putMemberships(p.Actions)
	a.putHistory(p.Actions)
	a.refresh(p.Actions)
	if a.batch.Len() == 0 {
		return nil
	}
	if err := a.tx.SendBatch(ctx, &a.batch).Close(); err != nil {
		return fmt.Errorf("write persons: %w", err)
	}
	if err := a.putLogins(ctx, p.Actions); err != nil {
		return fmt.Errorf("write logins: %w", err)
	}
	if err := a.putLocks(ctx, p.Actions); err != nil {
		return fmt.Errorf("write locks: %w", err)
	}
	return nil
}

// touched returns the persons who are new or differ in one of the fields.
func (a *applier) touched(acts []directory.Action, fields ...directory.Field) []hub.PersonID {
	var out []hub.PersonID
	for i, act := range acts {
		if act.Op == directory.ActCreate || slices.ContainsFunc(act.Fields, func(d directory.Diff) bool { return slices.Contains(fields, d.Field) }) {
			out = append(out, a.ids[i])
		}
	}
	return out
}

// putUnits writes parents before children; refs come in that order.
func (a *applier) putUnits(refs []directory.UnitRef) {
	const q = `
insert into unit (clinic_id, id, code, name, kind, parent_id, source)
select $1, n.id, n.code, n.name, $2, p.id, $3
from unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) as n (id, code, name, parent) left join unit p on p.code = n.parent
order by n.code
on conflict (clinic_id, code) do update set name = excluded.name, parent_id = coalesce(excluded.parent_id, unit.parent_id)`
	for _, kind := range []directory.UnitKind{directory.House, directory.Clinic, directory.Ward} {
		var ids []hub.UnitID
		var codes, names, parents []string
		for _, r := range refs {
			if r.Kind == kind {
				ids, codes = append(ids, hub.NewID[hub.UnitID]()), append(codes, r.Code)
				names, parents = append(names, r.Name), append(parents, r.Parent)
			}
		}
		if len(ids) > 0 {
			a.batch.Queue(q, a.clinic, kind, a.origin.Source, ids, codes, names, parents)
		}
	}
}

// putLater keeps changes for ApplyDue. The same statement again replaces itself.
func (a *applier) putLater(later []directory.Change) {
	const q = `
insert into directory_pending (clinic_id, source, key, due_at, op, change, message_id, control_id) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (clinic_id, source, key, due_at, op) do update set change = excluded.change, message_id = excluded.message_id, control_id = excluded.control_id`
	for _, c := range later {
		a.batch.Queue(q, a.clinic, a.origin.Source, c.Key, c.At, c.Op, c, nullText(string(a.origin.Message)), a.origin.Control)
	}
}

// putPersons writes the persons themselves and how they stand with the source.
func (a *applier) putPersons(acts []directory.Action) {
	var fresh, moved []hub.PersonID
	var names, keys, statuses []string
	for i, act := range acts {
		if act.Op == directory.ActCreate {
			fresh, names = append(fresh, a.ids[i]), append(names, act.Person.Name)
		}
		if act.Op != directory.ActUpdate || slices.ContainsFunc(act.Fields, func(d directory.Diff) bool { return d.Field == directory.FieldStatus }) {
			moved, keys, statuses = append(moved, a.ids[i]), append(keys, act.Key), append(statuses, string(act.Status))
		}
	}
	if len(fresh) > 0 {
		a.batch.Queue(`insert into person (clinic_id, id, name) select $1, * from unnest($2::uuid[], $3::text[])`, a.clinic, fresh, names)
	}
	if len(moved) > 0 {
		a.batch.Queue(`
insert into person_source (clinic_id, source, key, person_id, status, message_id)
select $1, $2, n.key, n.person, n.status, $3 from unnest($4::text[], $5::uuid[], $6::text[]) as n (key, person, status)
on conflict (clinic_id, source, key) do update set status = excluded.status, message_id = excluded.message_id, changed_at = now()`,
			a.clinic, a.origin.Source, nullText(string(a.origin.Message)), keys, moved, statuses)
	}
}

// sourced reports whether a field is stated by sources, and so kept as a value.
func sourced(f directory.Field) bool {
	return f != directory.FieldStatus && f != directory.FieldPrimary && f != directory.FieldLogin && f != directory.FieldUnit
}

func (a *applier) putValues(acts []directory.Action) {
	var put, cut struct {
		ids           []hub.PersonID
		fields, texts []string
	}
	for i, act := range acts {
		for _, d := range act.Fields {
			switch {
			case !sourced(d.Field):
			case d.To == "":
				cut.ids, cut.fields = append(cut.ids, a.ids[i]), append(cut.fields, string(d.Field))
			default:
				put.ids, put.fields, put.texts = append(put.ids, a.ids[i]), append(put.fields, string(d.Field)), append(put.texts, d.To)
			}
		}
	}
	if len(put.ids) > 0 {
		a.batch.Queue(`
insert into person_value (clinic_id, person_id, field, source, text, message_id, control_id)
select $1, n.person, n.field, $2, n.text, $3, $4 from unnest($5::uuid[], $6::text[], $7::text[]) as n (person, field, text)
on conflict (clinic_id, person_id, field, source) do update
set text = excluded.text, message_id = excluded.message_id, control_id = excluded.control_id, at = now()`,
			a.clinic, a.origin.Source, nullText(string(a.origin.Message)), a.origin.Control, put.ids, put.fields, put.texts)
	}
	if len(cut.ids) > 0 {
		a.batch.Queue(`
delete from person_value v using unnest($1::uuid[], $2::text[]) as n (person, field)
where v.source = $3 and (v.person_id, v.field) = (n.person, n.field)`, cut.ids, cut.fields, a.origin.Source)
	}
}

// putMemberships replaces where the source says that people work, for those where that changed.
func (a *applier) putMemberships(acts []directory.Action) {
	var moved, persons []hub.PersonID
	var codes []string
	var primary []bool
	for i, act := range acts {
		if act.Works == nil {
			continue
		}
		moved = append(moved, a.ids[i])
		for _, w := range act.Works {
			persons, codes, primary = append(persons, a.ids[i]), append(codes, w.Code), append(primary, w.Primary)
		}
	}
	if len(moved) == 0 {
		return
	}
	a.batch.Queue(`delete from person_unit where source = $1 and person_id = any($2)`, a.origin.Source, moved)
	a.batch.Queue(`
insert into person_unit (clinic_id, person_id, unit_id, source, is_primary)
select $1, n.person, u.id, $2, n.main from unnest($3::uuid[], $4::text[], $5::bool[]) as n (person, code, main) join unit u on u.code = n.code`,
		a.clinic, a.origin.Source, persons, codes, primary)
}

// putHistory writes every difference down with the message that caused it.
func (a *applier) putHistory(acts []directory.Action) {
	var ids []hub.PersonID
	var fields, from, to []string
	add := func(i int, f directory.Field, old, new string) {
		ids, fields, from, to = append(ids, a.ids[i]), append(fields, string(f)), append(from, old), append(to, new)
	}
	for i, act := range acts {
		for _, d := range act.Fields {
			add(i, d.Field, d.From, d.To)
		}
		for _, code := range act.Units.Lose {
			add(i, directory.FieldUnit, code, "")
		}
		for _, code := range act.Units.Gain {
			add(i, directory.FieldUnit, "", code)
		}
	}
	if len(ids) == 0 {
		return
	}
	a.batch.Queue(`
insert into person_change (clinic_id, person_id, field, old_text, new_text, source, message_id, control_id)
select $1, n.person, n.field, n.old, n.new, $2, $3, $4 from unnest($5::uuid[], $6::text[], $7::text[], $8::text[]) as n (person, field, old, new)`,
		a.clinic, a.origin.Source, nullText(string(a.origin.Message)), a.origin.Control, ids, fields, from, to)
}

// refresh computes what lists show of a person from the newest value of each field. A
// person is active while no source says otherwise.
func (a *applier) refresh(acts []directory.Action) {
	ids := a.touched(acts, directory.GivenName, directory.FamilyName, directory.StaffNumber, directory.Title, directory.FieldStatus)
	if len(ids) == 0 {
		return
	}
	a.batch.Queue(`
with newest as (
  select distinct on (person_id, field) person_id, field, text from person_value where person_id = any($1) order by person_id, field, at desc
), shown as (
  select n.id, coalesce(
      nullif(btrim(concat_ws(' ', max(v.text) filter (where v.field = 'given_name'), max(v.text) filter (where v.field = 'family_name'))), ''),
      max(v.text) filter (where v.field = 'staff_number'),
      (select min(s.key) from person_source s where s.person_id = n.id)) as name,
    coalesce(max(v.text) filter (where v.field = 'title'), '') as title,
    coalesce(max(v.text) filter (where v.field = 'staff_number'), '') as staff_number,
    not exists (select from person_source s where s.person_id = n.id and s.status <> 'working') as active
  from unnest($1::uuid[]) as n (id) left join newest v on v.person_id = n.id group by n.id
)
update person p set name = s.name, title = s.title, staff_number = s.staff_number, active = s.active from shown s where p.id = s.id`, ids)
	a.batch.Queue(`update account a set name = p.name from person p where a.person_id = p.id and p.id = any($1) and a.name <> p.name`, ids)
}

// putLogins makes accounts and renames their logins. Renaming goes by way of names nobody
// can have, because two people may swap. Another source may have taken a login since the
// plan was made: then nothing is written and the source tries again.
func (a *applier) putLogins(ctx context.Context, acts []directory.Action) error {
	var ids []hub.PersonID
	var logins []string
	var accounts []hub.UserID
	for i, act := range acts {
		if act.Login != "" {
			ids, logins, accounts = append(ids, a.ids[i]), append(logins, act.Login), append(accounts, hub.NewID[hub.UserID]())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return a.putAccounts(ctx, ids, logins, accounts)
}

func (a *applier) putAccounts(ctx context.Context, ids []hub.PersonID, logins []string, accounts []hub.UserID) error {
	if _, err := a.tx.Exec(ctx, `update account set login = '~' || id::text where person_id = any($1)`, ids); err != nil {
		return err
	}
	renamed, err := a.tx.Exec(ctx, `
update account a set login = n.login from unnest($1::uuid[], $2::text[]) as n (person, login) where a.person_id = n.person`, ids, logins)
	if err != nil {
		return err
	}
	made, err := a.tx.Exec(ctx, `
insert into account (clinic_id, id, person_id, login, name)
select $1, n.id, n.person, n.login, p.name from unnest($2::uuid[], $3::uuid[], $4::text[]) as n (id, person, login) join person p on p.id = n.person
where not exists (select from account o where o.person_id = n.person)
on conflict (clinic_id, login) do nothing`, a.clinic, accounts, ids, logins)
	if err != nil {
		return err
	}
	if n := renamed.RowsAffected() + made.RowsAffected(); n != int64(len(ids)) {
		return hub.E("directory.apply", hub.Unavailable, "login_race", "")
	}
	return nil
}

// putLocks makes the source's lock of each account what the person's standing asks for.
func (a *applier) putLocks(ctx context.Context, acts []directory.Action) error {
	ids := a.touched(acts, directory.FieldStatus, directory.FieldLogin)
	if len(ids) == 0 {
		return nil
	}
	rows, err := a.tx.Query(ctx, `
update account a set locked_there = not p.active from person p
where a.person_id = p.id and p.id = any($1) and a.locked_there = p.active returning a.id, a.locked_there`, ids)
	if err != nil {
		return err
	}
	var locked []hub.UserID
	var id hub.UserID
	var there bool
	_, err = pgx.ForEachRow(rows, []any{&id, &there}, func() error {
		if there {
			locked = append(locked, id)
		}
		return nil
	})
	if err != nil || len(locked) == 0 {
		return err
	}
	return shutOut(ctx, a.tx, a.clinic, locked)
}

// shutOut ends the sessions and the duty of accounts that were just locked and tells every
// node, which then closes their sockets: all of it takes effect with the lock's commit.
func shutOut(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, users []hub.UserID) error {
	b := &pgx.Batch{}
	b.Queue(`delete from session where account_id = any($1)`, users)
	b.Queue(`delete from signin_link where account_id = any($1) and not reusable`, users)
	b.Queue(`delete from activation_code where account_id = any($1)`, users)
	b.Queue(`update duty_offer set ended = 'void', ended_at = now() where ended is null and (from_id = any($1) or to_id = any($1))`, users)
	b.Queue(`update duty set until = now() where until is null and account_id = any($1)`, users)
	b.Queue(`select pg_notify('wardline_access', json_build_object('clinic', $1::text, 'user', id)::text) from unnest($2::uuid[]) id`, string(clinic), users)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("shut out locked accounts: %w", err)
	}
	return tellChanged(ctx, tx, clinic, "duty", "persons")
}

// tellChanged tells every node at commit which lists of a clinic to fetch again. It is not
// for the path of single staff messages: commits that notify go one after another.
func tellChanged(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, what ...string) error {
	_, err := tx.Exec(ctx, `select pg_notify('wardline_changed', json_build_object('clinic', $1::text, 'what', $2::text[])::text)`, string(clinic), what)
	return err
}
