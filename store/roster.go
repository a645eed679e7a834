package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var _ alerting.World = (*roster)(nil)

// roster answers who a target means, from inside the transaction that will write the
// result. It asks once per target and ward of a batch, and for those that a batch is likely
// to ask about all at once, see foresee.
type roster struct {
	tx     pgx.Tx
	db     *DB
	clinic hub.ClinicID
	rules  []alerting.Rule
	found  map[rosterKey][]alerting.Recipient
	people map[hub.UserID]alerting.Recipient
}

type rosterKey struct {
	target alerting.Target
	ward   string
}

// Rules returns the rules loaded with the batch.
func (r *roster) Rules(context.Context) ([]alerting.Rule, error) { return r.rules, nil }

// recipientColumns: the extension a source knows a person by is the newest stated one; the
// devices are those that can open an alert now.
const recipientColumns = `a.id, a.name,
  coalesce((select v.text from person_value v where v.clinic_id = $1 and v.person_id = a.person_id and v.field = '` + string(directory.Extension) + `' order by v.at desc limit 1), ''),
  (select count(*) from device d where d.clinic_id = $1 and d.account_id = a.id and d.revoked_at is null)`

// The queries take many targets at once ($2 codes, $3 wards) and return with each person
// the place of the target in these lists. Codes are compared folded, which no index can
// answer under row-level security: the units are read once for all targets instead.
const resolveWantedSQL = `
with t as (select no, lower(code) as code, lower(ward) as ward from unnest($2::text[], $3::text[]) with ordinality t(code, ward, no)),
u as materialized (select id, lower(code) as code from unit where clinic_id = $1)`

// A role named by a target is the one of the alert's ward, where that ward has one of this
// name; else every role of this name. Without a name it is every role of the ward.
const resolveDutySQL = resolveWantedSQL + `,
named as (select id, unit_id, lower(name) as name from role where clinic_id = $1 and closed_at is null and exists (select from t where code <> '')),
wanted as (
  select t.no, r.id from t join u on u.code = t.ward join role r on r.clinic_id = $1 and r.unit_id = u.id and r.closed_at is null
  where t.code = ''
  union
  select t.no, r.id from t join named r on r.name = t.code or r.id::text = t.code join u on u.id = r.unit_id
  where t.code <> '' and (u.code = t.ward or not exists (
    select from named o join u w on w.id = o.unit_id where o.name = t.code and w.code = t.ward)))
select distinct on (m.no, a.id) m.no, ` + recipientColumns + `
from wanted m
join duty y on y.clinic_id = $1 and y.role_id = m.id and y.until is null
join account a on a.clinic_id = $1 and a.id = y.account_id and a.state = 'active'
order by m.no, a.id`

const resolveWardSQL = resolveWantedSQL + `
select distinct on (t.no, a.id) t.no, ` + recipientColumns + `
from t join u on u.code = case when t.code = '' then t.ward else t.code end
join person_unit pu on pu.clinic_id = $1 and pu.unit_id = u.id
join account a on a.clinic_id = $1 and a.person_id = pu.person_id and a.state = 'active'
order by t.no, a.id`

// A group is a unit with everything below it, so that the house is everybody.
const resolveGroupSQL = `
with recursive t as (select no, lower(code) as code from unnest($2::text[], $3::text[]) with ordinality t(code, ward, no)),
below as (
  select t.no, u.id from unit u join t on t.code = lower(u.code) where u.clinic_id = $1
  union select b.no, u.id from unit u join below b on u.parent_id = b.id where u.clinic_id = $1)
select distinct on (b.no, a.id) b.no, ` + recipientColumns + `
from below b
join person_unit pu on pu.clinic_id = $1 and pu.unit_id = b.id
join account a on a.clinic_id = $1 and a.person_id = pu.person_id and a.state = 'active'
order by b.no, a.id`

const resolveAdminsSQL = `
select t.no, ` + recipientColumns + `
from unnest($2::text[], $3::text[]) with ordinality t(code, ward, no), account a
where a.clinic_id = $1 and a.level = 'admin' and a.state = 'active' order by t.no, a.id`

const resolveUserSQL = `
select t.no, ` + recipientColumns + `
from unnest($2::text[], $3::text[]) with ordinality t(code, ward, no), account a
where a.clinic_id = $1 and a.id::text = t.code and a.state = 'active' order by t.no, a.id`

// resolveSQL is the query of a kind, "" for a kind of a newer version: its step reaches
// nobody and says so.
func resolveSQL(k alerting.TargetKind) string {
	switch k {
	case alerting.TargetDuty:
		return resolveDutySQL
	case alerting.TargetWard:
		return resolveWardSQL
	case alerting.TargetGroup:
		return resolveGroupSQL
	case alerting.TargetAdmins:
		return resolveAdminsSQL
	case alerting.TargetUser:
		return resolveUserSQL
	}
	return ""
}

// Resolve returns the people a target means now. Locked accounts and those not yet
// activated are nobody.
func (r *roster) Resolve(ctx context.Context, t alerting.Target, ward string) ([]alerting.Recipient, error) {
	k := rosterKey{t, ward}
	if found, ok := r.found[k]; ok {
		return found, nil
	}
	if err := r.resolve(ctx, []rosterKey{k}); err != nil {
		return nil, err
	}
	return r.found[k], nil
}

// foresee resolves together what new alerts will ask first: the first step of the rule
// that takes each signal. Foreseeing too much or too little changes no decision.
func (r *roster) foresee(ctx context.Context, inputs []alerting.Input, now time.Time) error {
	seen := map[rosterKey]bool{}
	var keys []rosterKey
	for _, in := range inputs {
		if in.Signal == nil || in.Signal.Phase != alerting.PhaseRaise || cleanRef(in.Signal.Ward) != in.Signal.Ward {
			continue // the last: PostgreSQL would refuse it, the engine mends it first
		}
		steps := alerting.TryRoute(r.rules, *in.Signal, now).Rule.Policy.Steps
		if len(steps) == 0 {
			continue
		}
		for _, t := range steps[0].Targets {
			if k := (rosterKey{t, in.Signal.Ward}); !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	return r.resolve(ctx, keys)
}

// resolve asks for targets with one statement per kind, all in one round trip.
func (r *roster) resolve(ctx context.Context, keys []rosterKey) error {
	if r.found == nil {
		r.found = make(map[rosterKey][]alerting.Recipient, len(keys))
	}
	byKind := map[string][]rosterKey{}
	for _, k := range keys {
		r.found[k] = nil
		if sql := resolveSQL(k.target.Kind); sql != "" {
			byKind[sql] = append(byKind[sql], k)
		}
	}
	if len(byKind) == 0 {
		return nil
	}
	var batch pgx.Batch
	for sql, some := range byKind {
		r.queueResolve(&batch, sql, some)
	}
	if err := r.tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("resolve recipients: %w", err)
	}
	return nil
}

func (r *roster) queueResolve(batch *pgx.Batch, sql string, keys []rosterKey) {
	codes, wards := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		codes[i], wards[i] = k.target.Code, k.ward
	}
	batch.Queue(sql, r.clinic, codes, wards).Query(func(rows pgx.Rows) error {
		var no int
		var p alerting.Recipient
		_, err := pgx.ForEachRow(rows, []any{&no, &p.User, &p.Name, &p.Extension, &p.Devices}, func() error {
			r.found[keys[no-1]] = append(r.found[keys[no-1]], p)
			r.know(p)
			return nil
		})
		return err
	})
}

func (r *roster) know(p alerting.Recipient) {
	if r.people == nil {
		r.people = map[hub.UserID]alerting.Recipient{}
	}
	r.people[p.User] = p
}

const peopleSQL = `select ` + recipientColumns + ` from account a where a.clinic_id = $1 and a.id = any($2)`

// meet reads the people a batch of inputs is about in one go: an emergency is told
// delivered by thousands of devices at once, and asking for each took longer than all the
// rest of such a batch.
func (r *roster) meet(ctx context.Context, users []hub.UserID) error {
	if len(users) == 0 {
		return nil
	}
	rows, err := r.tx.Query(ctx, peopleSQL, r.clinic, users)
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[alerting.Recipient])
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	for _, p := range people {
		r.know(p)
	}
	return nil
}

// TakesAnswers reports whether the kind of a connector takes answers.
func (r *roster) TakesAnswers(ctx context.Context, c hub.ConnectorID) (bool, error) {
	return r.db.answerers.take(ctx, r.tx, r.clinic, c)
}

// Person returns one account, also one that is locked by now: the source is told who it was.
func (r *roster) Person(ctx context.Context, user hub.UserID) (alerting.Recipient, error) {
	if _, ok := r.people[user]; !ok {
		if err := r.meet(ctx, []hub.UserID{user}); err != nil {
			return alerting.Recipient{}, err
		}
	}
	if p, ok := r.people[user]; ok {
		return p, nil
	}
	return alerting.Recipient{User: user}, nil
}
