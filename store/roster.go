package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var _ alerting.World = (*roster)(nil)

// roster answers who a target means, from inside the transaction that will write the
// result. It asks once per target and ward of a batch.
type roster struct {
	tx     pgx.Tx
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

// A role named by a target is the one of the alert's ward, where that ward has one of this
// name; else every role of this name.
const resolveDutySQL = `
select distinct on (a.id) ` + recipientColumns + `
from role r
join unit u on u.clinic_id = $1 and u.id = r.unit_id
join duty y on y.clinic_id = $1 and y.role_id = r.id and y.until is null
join account a on a.clinic_id = $1 and a.id = y.account_id and a.state = 'active'
where r.clinic_id = $1 and r.closed_at is null and case
  when $2 = '' then lower(u.code) = lower($3)
  else (lower(r.name) = lower($2) or r.id::text = lower($2)) and (lower(u.code) = lower($3) or not exists (
    select from role o join unit w on w.clinic_id = $1 and w.id = o.unit_id
    where o.clinic_id = $1 and o.closed_at is null and lower(o.name) = lower($2) and lower(w.code) = lower($3)))
  end
order by a.id`

const resolveWardSQL = `
select distinct on (a.id) ` + recipientColumns + `
from unit u
join person_unit pu on pu.clinic_id = $1 and pu.unit_id = u.id
join account a on a.clinic_id = $1 and a.person_id = pu.person_id and a.state = 'active'
where u.clinic_id = $1 and lower(u.code) = lower(case when $2 = '' then $3 else $2 end)
order by a.id`

// A group is a unit with everything below it, so that the house is everybody.
const resolveGroupSQL = `
with recursive below as (
  select id from unit where clinic_id = $1 and lower(code) = lower($2) and $3::text is not null
  union select u.id from unit u join below b on u.parent_id = b.id where u.clinic_id = $1)
select distinct on (a.id) ` + recipientColumns + `
from below b
join person_unit pu on pu.clinic_id = $1 and pu.unit_id = b.id
join account a on a.clinic_id = $1 and a.person_id = pu.person_id and a.state = 'active'
order by a.id`

const resolveAdminsSQL = `
select ` + recipientColumns + ` from account a
where a.clinic_id = $1 and a.level = 'admin' and a.state = 'active' and $2::text is not null and $3::text is not null order by a.id`

// Resolve returns the people a target means now. Locked accounts and those not yet
// activated are nobody.
func (r *roster) Resolve(ctx context.Context, t alerting.Target, ward string) ([]alerting.Recipient, error) {
	k := rosterKey{t, strings.ToLower(ward)}
	if found, ok := r.found[k]; ok {
		return found, nil
	}
	found, err := r.resolve(ctx, t, ward)
	if err != nil {
		return nil, fmt.Errorf("resolve recipients: %w", err)
	}
	if r.found == nil {
		r.found = map[rosterKey][]alerting.Recipient{}
	}
	if r.people == nil {
		r.people = map[hub.UserID]alerting.Recipient{}
	}
	r.found[k] = found
	for _, p := range found {
		r.people[p.User] = p
	}
	return found, nil
}

func (r *roster) resolve(ctx context.Context, t alerting.Target, ward string) ([]alerting.Recipient, error) {
	var sql string
	switch t.Kind {
	case alerting.TargetDuty:
		sql = resolveDutySQL
	case alerting.TargetWard:
		sql = resolveWardSQL
	case alerting.TargetGroup:
		sql = resolveGroupSQL
	case alerting.TargetAdmins:
		sql = resolveAdminsSQL
	default:
		return nil, nil // a kind of a newer version: the step reaches nobody and says so
	}
	rows, err := r.tx.Query(ctx, sql, r.clinic, t.Code, ward)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[alerting.Recipient])
}

const peopleSQL = `select ` + recipientColumns + ` from account a where a.clinic_id = $1 and a.id = any($2)`

// meet reads the people a batch of inputs is about in one go: an emergency is told
// delivered by thousands of devices at once, and asking for each took longer than all the
// rest of such a batch.
func (r *roster) meet(ctx context.Context, users []hub.UserID) error {
	if r.people == nil {
		r.people = map[hub.UserID]alerting.Recipient{}
	}
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
		r.people[p.User] = p
	}
	return nil
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
