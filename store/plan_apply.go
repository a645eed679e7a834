package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// applyChanges plans what a source says about staff and writes it, in the transaction that
// also keeps the raw input. A plan that is held writes only itself.
func (db *DB) applyChanges(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, origin directory.Origin, changes []directory.Change) (directory.Plan, error) {
	var b pgx.Batch
	var now time.Time
	queuePersonLocks(&b, origin.Source, directory.WantedBy(changes, nil), &now)
	load := queueKnown(&b, origin.Source, changes)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return directory.Plan{}, fmt.Errorf("read what is known: %w", err)
	}
	limits, err := loadLimits(ctx, tx)
	if err != nil {
		return directory.Plan{}, err
	}
	known, err := load.finish(ctx, tx)
	if err != nil {
		return directory.Plan{}, err
	}
	plan := directory.MakePlan(known, changes, limits, now)
	a := newApplier(tx, clinic, origin)
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
// and sends them together. A person is the subject of one message in a plan, and all that
// is written of them names it.
type applier struct {
	tx     pgx.Tx
	clinic hub.ClinicID
	origin directory.Origin            // of the plan, where all of it came in one message
	causes map[string]directory.Origin // by the person's key, where it came in several
	ids    []hub.PersonID              // of the plan's actions, in order
	batch  *pgx.Batch
	locked []hub.UserID // accounts that were locked, known once the batch was sent
}

func newApplier(tx pgx.Tx, clinic hub.ClinicID, origin directory.Origin) *applier {
	return &applier{tx: tx, clinic: clinic, origin: origin, batch: &pgx.Batch{}}
}

// cause returns the message that spoke of a person.
func (a *applier) cause(key string) directory.Origin {
	if o, ok := a.causes[key]; ok {
		return o
	}
	return a.origin
}

// named are the messages of rows to be written, as columns.
type named struct{ messages, controls []string }

func (n *named) add(o directory.Origin) {
	n.messages, n.controls = append(n.messages, string(o.Message)), append(n.controls, o.Control)
}

// apply writes everything a plan says. It never touches a lock set by an administrator.
func (a *applier) apply(ctx context.Context, p directory.Plan) error {
	a.queue(p)
	return a.flush(ctx)
}

func (a *applier) queue(p directory.Plan) {
	a.putUnits(p.Units)
	a.putLater(p.Later)
	a.ids = make([]hub.PersonID, len(p.Actions))
	for i, act := range p.Actions {
		if a.ids[i] = act.Person.ID; act.Op == directory.ActCreate {
			a.ids[i] = hub.NewID[hub.PersonID]()
		}
	}
	a.putPersons(p.Actions)
	a.putStandings(p.Actions)
	a.putValues(p.Actions)
	a.putMemberships(p.Actions)
	a.putHistory(p.Actions)
	a.refresh(p.Actions)
	a.putLogins(p.Actions)
	a.putLocks(p.Actions)
}

// flush sends what is queued and then shuts out whoever was locked by it.
func (a *applier) flush(ctx context.Context) error {
	if a.batch.Len() == 0 {
		return nil
	}
	if err := a.tx.SendBatch(ctx, a.batch).Close(); err != nil {
		return fmt.Errorf("write persons: %w", err)
	}
	a.batch = &pgx.Batch{}
	if len(a.locked) == 0 {
		return nil
	}
	return shutOut(ctx, a.tx, a.clinic, a.locked)
}

// differing returns the persons known before who differ in one of the fields.
func (a *applier) differing(acts []directory.Action, fields ...directory.Field) []hub.PersonID {
	var out []hub.PersonID
	for i, act := range acts {
		if act.Op != directory.ActCreate && slices.ContainsFunc(act.Fields, func(d directory.Diff) bool { return slices.Contains(fields, d.Field) }) {
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
		o := a.cause(c.Key)
		a.batch.Queue(q, a.clinic, a.origin.Source, c.Key, c.At, c.Op, c, nullText(string(o.Message)), o.Control)
	}
}

// putPersons makes persons as lists show them: nobody else has stated anything of them yet.
func (a *applier) putPersons(acts []directory.Action) {
	var ids []hub.PersonID
	var names, titles, numbers []string
	var active []bool
	for i, act := range acts {
		if act.Op == directory.ActCreate {
			ids, names, titles = append(ids, a.ids[i]), append(names, act.Person.Name), append(titles, act.Diff(directory.Title).To)
			numbers, active = append(numbers, act.Person.StaffNumber), append(active, act.Status == directory.Working)
		}
	}
	if len(ids) > 0 {
		a.batch.Queue(`
insert into person (clinic_id, id, name, title, staff_number, active)
select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bool[]) as n`, a.clinic, ids, names, titles, numbers, active)
	}
}

// putStandings writes how persons stand with the source, where that changed.
func (a *applier) putStandings(acts []directory.Action) {
	var ids []hub.PersonID
	var keys, statuses []string
	var by named
	for i, act := range acts {
		if act.Op != directory.ActUpdate || slices.ContainsFunc(act.Fields, func(d directory.Diff) bool { return d.Field == directory.FieldStatus }) {
			ids, keys, statuses = append(ids, a.ids[i]), append(keys, act.Key), append(statuses, string(act.Status))
			by.add(a.cause(act.Key))
		}
	}
	if len(ids) > 0 {
		a.batch.Queue(`
insert into person_source (clinic_id, source, key, person_id, status, message_id)
select $1, $2, n.key, n.person, n.status, nullif(n.message, '')::uuid
from unnest($3::text[], $4::uuid[], $5::text[], $6::text[]) as n (key, person, status, message)
on conflict (clinic_id, source, key) do update set status = excluded.status, message_id = excluded.message_id, changed_at = now()`,
			a.clinic, a.origin.Source, keys, ids, statuses, by.messages)
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
	var by named
	for i, act := range acts {
		for _, d := range act.Fields {
			switch {
			case !sourced(d.Field):
			case d.To == "":
				cut.ids, cut.fields = append(cut.ids, a.ids[i]), append(cut.fields, string(d.Field))
			default:
				put.ids, put.fields, put.texts = append(put.ids, a.ids[i]), append(put.fields, string(d.Field)), append(put.texts, d.To)
				by.add(a.cause(act.Key))
			}
		}
	}
	if len(put.ids) > 0 {
		a.batch.Queue(`
insert into person_value (clinic_id, person_id, field, source, text, message_id, control_id)
select $1, n.person, n.field, $2, n.text, nullif(n.message, '')::uuid, n.control
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[]) as n (person, field, text, message, control)
on conflict (clinic_id, person_id, field, source) do update
set text = excluded.text, message_id = excluded.message_id, control_id = excluded.control_id, at = now()`,
			a.clinic, a.origin.Source, put.ids, put.fields, put.texts, by.messages, by.controls)
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
	var by named
	add := func(i int, f directory.Field, old, new string) {
		ids, fields, from, to = append(ids, a.ids[i]), append(fields, string(f)), append(from, old), append(to, new)
		by.add(a.cause(acts[i].Key))
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
select $1, n.person, n.field, n.old, n.new, $2, nullif(n.message, '')::uuid, n.control
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as n (person, field, old, new, message, control)`,
		a.clinic, a.origin.Source, ids, fields, from, to, by.messages, by.controls)
}

// refresh computes what lists show of a known person from the newest value of each field.
// A person is active while no source says otherwise.
func (a *applier) refresh(acts []directory.Action) {
	ids := a.differing(acts, directory.GivenName, directory.FamilyName, directory.StaffNumber, directory.Title, directory.FieldStatus)
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
// can have, because two people may swap, and comes first, because it frees names. Another
// source may have taken a login since the plan was made: then nothing is written and the
// source tries again.
func (a *applier) putLogins(acts []directory.Action) {
	var renamed, fresh []hub.PersonID
	var names, logins []string
	var accounts []hub.UserID
	for i, act := range acts {
		switch {
		case act.Login == "":
		case act.Diff(directory.FieldLogin).From != "":
			renamed, names = append(renamed, a.ids[i]), append(names, act.Login)
		default:
			fresh, logins, accounts = append(fresh, a.ids[i]), append(logins, act.Login), append(accounts, hub.NewID[hub.UserID]())
		}
	}
	if len(renamed) > 0 {
		a.batch.Queue(`update account set login = '~' || id::text where person_id = any($1)`, renamed)
		a.batch.Queue(`
update account a set login = n.login from unnest($1::uuid[], $2::text[]) as n (person, login) where a.person_id = n.person`, renamed, names).
			Exec(allOf(len(renamed)))
	}
	if len(fresh) > 0 {
		a.batch.Queue(`
insert into account (clinic_id, id, person_id, login, name)
select $1, n.id, n.person, n.login, p.name from unnest($2::uuid[], $3::uuid[], $4::text[]) as n (id, person, login) join person p on p.id = n.person
on conflict do nothing`, a.clinic, accounts, fresh, logins).
			Exec(allOf(len(fresh)))
	}
}

// allOf fails when a statement about n logins wrote fewer of them.
func allOf(n int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != int64(n) {
			return hub.E("directory.apply", hub.Unavailable, "login_race", "")
		}
		return nil
	}
}

// putLocks makes the source's lock of each account what the person's standing asks for. A
// new person who works has nothing to lock.
func (a *applier) putLocks(acts []directory.Action) {
	ids := a.differing(acts, directory.FieldStatus, directory.FieldLogin)
	for i, act := range acts {
		if act.Op == directory.ActCreate && act.Status != directory.Working {
			ids = append(ids, a.ids[i])
		}
	}
	if len(ids) == 0 {
		return
	}
	a.batch.Queue(`
update account a set locked_there = not p.active from person p
where a.person_id = p.id and p.id = any($1) and a.locked_there = p.active returning a.id, a.locked_there`, ids).
		Query(func(rows pgx.Rows) error {
			var id hub.UserID
			var there bool
			_, err := pgx.ForEachRow(rows, []any{&id, &there}, func() error {
				if there {
					a.locked = append(a.locked, id)
				}
				return nil
			})
			return err
		})
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
