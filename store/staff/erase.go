package staff

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// ErasePerson takes away all that says who somebody was. What stays is an id others refer
// to, an account nobody can sign in to, and the keyed hashes of the keys by which sources
// knew them. What they have written is the archive's, whose keys the hub does not have.
func (s *Store) ErasePerson(ctx context.Context, clinic hub.ClinicID, person hub.PersonID, _ hub.UserID) error {
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		keys, err := s.lockForErasing(ctx, tx, person)
		if err != nil {
			return err
		}
		b := &pgx.Batch{}
		for _, k := range keys {
			b.Queue(`insert into person_tombstone (clinic_id, source, mac) values ($1, $2, $3) on conflict do nothing`, clinic, k.source, s.tombstone(k.source, k.key))
			b.Queue(`delete from directory_pending where source = $1 and key = $2 and op <> 'units'`, k.source, k.key)
			b.Queue(`delete from directory_conflict where source = $1 and key = $2`, k.source, k.key)
		}
		queueScrub(b, person, keys)
		queueForget(b, person)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return closeErased(ctx, tx, clinic, person)
	})
	if err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	return nil
}

// sourceKey is a key by which a source knows somebody.
type sourceKey struct {
	source hub.ConnectorID
	key    string
}

// lockForErasing locks all sources that know a person, so that none states something of it
// meanwhile, and returns their keys.
func (s *Store) lockForErasing(ctx context.Context, tx pgx.Tx, person hub.PersonID) ([]sourceKey, error) {
	sources, err := pg.Collect(ctx, tx, pgx.RowTo[hub.ConnectorID], `select source from person_source where person_id = $1 order by source`, person)
	if err != nil {
		return nil, err
	}
	var b pgx.Batch
	for _, id := range sources {
		QueueLock(&b, PersonLocks, id)
	}
	b.Queue(`select from person where id = $1 and erased_at is null for update`, person).QueryRow(func(row pgx.Row) error { return row.Scan() })
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, found("directory.erase", err)
	}
	return pg.Collect(ctx, tx, func(row pgx.CollectableRow) (k sourceKey, err error) {
		return k, row.Scan(&k.source, &k.key)
	}, `select source, key from person_source where person_id = $1`, person)
}

// queueScrub takes a person out of what waits and out of what is kept of past plans.
func queueScrub(b *pgx.Batch, person hub.PersonID, keys []sourceKey) {
	const blank = `key = '', name = '', staff_number = '', action = jsonb_build_object('op', op, 'key', '', 'fields', '[]'::jsonb,
  'person', jsonb_build_object('id', $1::text, 'name', '', 'staff_number', ''), 'units', jsonb_build_object('gain', '[]'::jsonb, 'lose', '[]'::jsonb), 'status', '')`
	b.Queue(`update directory_action set `+blank+` where person_id = $1::text::uuid`, string(person))
	for _, k := range keys {
		b.Queue(`update directory_action a set `+blank+` from directory_plan d where d.id = a.plan_id and d.source = $2 and a.key = $3`, string(person), k.source, k.key)
		b.Queue(`
update directory_plan d set changes = (select coalesce(jsonb_agg(c), '[]') from jsonb_array_elements(d.changes) c where c->>'key' is distinct from $2)
where d.source = $1 and d.state = 'held' and jsonb_array_length(d.changes) > 0`, k.source, k.key)
		b.Queue(`update directory_plan set plan = jsonb_set(plan, '{spared}', (plan->'spared') - $2::text) where source = $1 and plan->'spared' ? $2::text`, k.source, k.key)
		b.Queue(`
update directory_run r set records = (select coalesce(jsonb_agg(c), '[]') from jsonb_array_elements(r.records) c where c->>'key' is distinct from $2)
where r.source = $1 and r.records @> jsonb_build_array(jsonb_build_object('key', $2::text))`, k.source, k.key)
	}
	b.Queue(`update directory_conflict set candidates = array_remove(candidates, $1::uuid) where state <> 'open' and $1::uuid = any(candidates)`, person)
	b.Queue(`delete from directory_conflict where state = 'open' and $1::uuid = any(candidates)`, person)
}

// queueForget deletes what is known of a person and leaves a pseudonym.
func queueForget(b *pgx.Batch, person hub.PersonID) {
	for _, table := range []string{"person_value", "person_unit_stated", "person_unit", "person_photo", "plan_photo", "group_stated", "grp_member", "person_source"} {
		b.Queue(`delete from `+table+` where person_id = $1`, person)
	}
	b.Queue(`select wardline_erase_history($1)`, person)
	b.Queue(`
update person set name = 'P-' || right(id::text, 12), title = '', staff_number = '', family_name = '', given_name = '', shown = '{}', active = false, erased_at = now()
where id = $1`, person)
}

// closeErased frees the login and ends everything the account could do.
func closeErased(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, person hub.PersonID) error {
	users, err := pg.Collect(ctx, tx, pgx.RowTo[hub.UserID], `
update account a set login = '~' || a.id::text, name = p.name, password = null, locked_here = true, locked_there = true
from person p where a.person_id = p.id and p.id = $1 returning a.id`, person)
	if err != nil || len(users) == 0 {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`update device set name = '-' where account_id = any($1)`, users)
	for _, table := range []string{"passkey", "totp", "recovery_code", "identity_link", "waiting_device", "account_role"} {
		b.Queue(`delete from `+table+` where account_id = any($1)`, users)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return ShutOut(ctx, tx, clinic, users)
}
