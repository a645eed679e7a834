package talk

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// PutPackages adds to a device's pool. Beyond limit those that end first go: they are the
// ones the device is least likely to know still.
func (s *Store) PutPackages(ctx context.Context, by messaging.Caller, packages []messaging.StoredPackage, limit int) error {
	err := s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(`select from device where clinic_id = $1 and id = $2 for update`, by.Clinic, by.Device)
		for _, p := range packages {
			if p.LastResort {
				batch.Queue(`delete from key_package where clinic_id = $1 and device_id = $2 and last_resort`, by.Clinic, by.Device)
			}
			batch.Queue(`
insert into key_package (clinic_id, device_id, ref, body, expires_at, last_resort) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
				by.Clinic, by.Device, p.Ref, p.Body, p.Expires, p.LastResort)
		}
		batch.Queue(`
delete from key_package where clinic_id = $1 and device_id = $2 and not last_resort and ref not in (
  select ref from key_package where clinic_id = $1 and device_id = $2 and not last_resort order by expires_at desc, ref limit $3)`,
			by.Clinic, by.Device, limit)
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return fmt.Errorf("put key packages: %w", err)
	}
	return nil
}

const countPackagesSQL = `
select count(*) from key_package where clinic_id = $1 and device_id = $2 and not last_resort and expires_at > now()`

// CountPackages counts what is left of a device's pool.
func (s *Store) CountPackages(ctx context.Context, by messaging.Caller) (int, error) {
	n, err := read(ctx, s, by.Clinic, "key packages", pgx.RowTo[int], countPackagesSQL, by.Clinic, by.Device)
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// claimSQL takes one single-use package of each device, skipping those that another claim is
// about to take, or copies its last resort. One that ends within the hour is not worth
// giving: the commit may come late.
const claimSQL = `
with want as materialized (
  select d.id, d.account_id from device d join account a on a.clinic_id = $1 and a.id = d.account_id and a.state = 'active'
  where d.clinic_id = $1 and d.account_id = any($2) and d.revoked_at is null and d.certified_at is not null and d.id <> $4
  union
  select d.id, d.account_id from device d join account a on a.clinic_id = $1 and a.id = d.account_id and a.state = 'active'
  where d.clinic_id = $1 and d.id = any($3) and d.revoked_at is null and d.certified_at is not null and d.id <> $4),
pick as materialized (
  select w.id, p.ref from want w cross join lateral (
    select ref from key_package k where k.clinic_id = $1 and k.device_id = w.id and not k.last_resort and k.expires_at > now() + interval '1 hour'
    order by k.expires_at limit 1 for update skip locked) p),
taken as (
  delete from key_package k using pick where k.clinic_id = $1 and k.device_id = pick.id and k.ref = pick.ref returning k.device_id, k.body),
given as (
  select w.account_id, w.id, coalesce(t.body, (select k.body from key_package k
    where k.clinic_id = $1 and k.device_id = w.id and k.last_resort and k.expires_at > now() + interval '1 hour')) as body
  from want w left join taken t on t.device_id = w.id)
select account_id, id, body,
  (select count(*) from key_package k where k.clinic_id = $1 and k.device_id = given.id and not k.last_resort and k.expires_at > now()) - 1
from given where body is not null order by account_id, id`

// ClaimPackages takes packages and says which devices have fewer than low left.
func (s *Store) ClaimPackages(ctx context.Context, by messaging.Caller, users []hub.UserID, devices []hub.DeviceID, low int) (out []messaging.KeyPackage, few []hub.DeviceID, err error) {
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		out, few = nil, nil
		rows, err := tx.Query(ctx, claimSQL, by.Clinic, users, devices, by.Device)
		if err != nil {
			return err
		}
		var k messaging.KeyPackage
		var left int
		_, err = pgx.ForEachRow(rows, []any{&k.User, &k.Device, &k.Package, &left}, func() error {
			if out = append(out, k); left < low {
				few = append(few, k.Device)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("claim key packages: %w", err)
	}
	return out, few, nil
}

// Welcome returns the Welcome of the commit that last added the device.
func (s *Store) Welcome(ctx context.Context, by messaging.Caller, room hub.RoomID) (seq int64, body []byte, err error) {
	const op = "chat.welcome"
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		if _, err := memberRole(ctx, tx, op, by, room); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
select w.seq, w.body from room_leaf l join welcome w on w.clinic_id = $1 and w.room_id = l.room_id and w.seq = l.from_seq
where l.clinic_id = $1 and l.room_id = $2 and l.device_id = $3 and l.to_seq is null`, by.Clinic, room, by.Device).Scan(&seq, &body)
		return pg.Found(err, hub.E(op, hub.NotFound, "joining", ""))
	})
	return seq, body, err
}
