package signin

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// PutPoster keeps a poster of a unit.
func (s *Store) PutPoster(ctx context.Context, clinic hub.ClinicID, p accounts.Poster, hash [32]byte) error {
	return s.exec(ctx, clinic, "poster.put", `
insert into poster (clinic_id, id, hash, unit_id, created_by, created_at, expires_at)
select $1, $2, $3, u.id, nullif($5, '')::uuid, $6, $7 from unit u where u.id = $4`, clinic, p.ID, hash[:], p.Unit, string(p.By), p.Created, p.Expires)
}

// Posters lists those that work, newest first.
func (s *Store) Posters(ctx context.Context, clinic hub.ClinicID, now time.Time) (out []accounts.Poster, err error) {
	err = s.do(ctx, clinic, "posters.list", func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (accounts.Poster, error) {
			var p accounts.Poster
			err := row.Scan(&p.ID, &p.Unit, &p.UnitName, &p.By, &p.Created, &p.Expires)
			return p, err
		}, `
select p.id, p.unit_id, u.name, coalesce(p.created_by::text, ''), p.created_at, p.expires_at from poster p join unit u on u.id = p.unit_id
where p.expires_at > $1 and p.revoked_at is null order by p.created_at desc, p.id limit 500`, now)
		return err
	})
	return out, err
}

// DropPoster takes a poster back.
func (s *Store) DropPoster(ctx context.Context, clinic hub.ClinicID, id string) error {
	return s.exec(ctx, clinic, "poster.drop", `update poster set revoked_at = now() where id = $1 and revoked_at is null`, id)
}

// joinPause is how long nobody is sent another code.
const joinPause = 5 * time.Minute

// Joining finds the account behind a login or staff number that nobody has taken up yet, and
// the mail address that counts for it, not whatever some source says. A poster is for those
// who come for the first time: a mailbox alone must not open an account that has other ways.
// A code that was made a moment ago stays in force: whoever asks again and again must neither
// flood somebody's mail nor make the letter in their hand worthless.
func (s *Store) Joining(ctx context.Context, clinic hub.ClinicID, poster [32]byte, who string, now time.Time) (a accounts.Account, address string, err error) {
	err = s.do(ctx, clinic, "join", func(tx pgx.Tx) error {
		a, err = s.oneAccount(ctx, tx, `
select `+accountColumns+` from account a join person p on p.id = a.person_id
where exists (select from poster x where x.hash = $1 and x.expires_at > $3 and x.revoked_at is null)
  and (a.login = $2 or lower(p.staff_number) = $2 and p.staff_number <> '') and a.state = 'invited' and p.active
  and not exists (select from activation_code k where k.account_id = a.id and k.created_at > $4)`, poster[:], who, now, now.Add(-joinPause))
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
select shown->>'mail' from person where id = $1 and shown ? 'mail'`, a.Person).Scan(&address)
	})
	return a, address, err
}

// PutWaiting keeps a browser that waits to become a device.
func (s *Store) PutWaiting(ctx context.Context, clinic hub.ClinicID, d accounts.Device, session string, limit int) error {
	const op = "waiting.put"
	return s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		var have int
		err := tx.QueryRow(ctx, `
with a as (select id from account where id = $1 for update)
select (select count(*) from waiting_device w where w.account_id = a.id and w.refused_at is null) from a`, d.User).Scan(&have)
		if err != nil {
			return err
		}
		if have >= limit {
			return hub.E(op, hub.Conflict, "too_many", "")
		}
		if _, err := tx.Exec(ctx, `
insert into waiting_device (clinic_id, id, account_id, session_id, name, kem_public, sign_public, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			clinic, d.ID, d.User, session, d.Name, d.KEMPublic, d.SignPublic, d.Created); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "persons", "devices")
	})
}

// Waiting lists what waits, oldest first: whoever waits longest is looked at first.
func (s *Store) Waiting(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (out []accounts.WaitingDevice, err error) {
	err = s.do(ctx, clinic, "waiting.list", func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (accounts.WaitingDevice, error) {
			var w accounts.WaitingDevice
			err := row.Scan(&w.ID, &w.User, &w.Name, &w.KEMPublic, &w.SignPublic, &w.Created, &w.Login, &w.Owner, &w.Reachable)
			return w, err
		}, `
select w.id, w.account_id, w.name, w.kem_public, w.sign_public, w.created_at, a.login, a.name,
  exists (select from device d where d.account_id = a.id and d.revoked_at is null)
from waiting_device w join account a on a.id = w.account_id
where w.refused_at is null and ($1 = '' or w.account_id::text = $1) order by w.created_at, w.id limit 500`, string(user))
		return err
	})
	return out, err
}

// RefuseDevice keeps a waiting device out.
func (s *Store) RefuseDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error {
	return s.do(ctx, clinic, "waiting.refuse", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update waiting_device set refused_at = now() where id = $1 and refused_at is null and ($2 = '' or account_id::text = $2)`, id, string(user))
		if err == nil && tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "persons", "devices")
	})
}

// PutDeviceCode keeps a code that lets one device in.
func (s *Store) PutDeviceCode(ctx context.Context, clinic hub.ClinicID, c accounts.DeviceCode, hash [32]byte) error {
	return s.exec(ctx, clinic, "device_code.put", `
insert into device_code (clinic_id, id, hash, label, created_by, created_at, expires_at) values ($1, $2, $3, $4, nullif($5, '')::uuid, $6, $7)`,
		clinic, c.ID, hash[:], c.Label, string(c.By), c.Created, c.Expires)
}

// DeviceCodes lists those not used yet.
func (s *Store) DeviceCodes(ctx context.Context, clinic hub.ClinicID, now time.Time) (out []accounts.DeviceCode, err error) {
	err = s.do(ctx, clinic, "device_codes.list", func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (accounts.DeviceCode, error) {
			var c accounts.DeviceCode
			err := row.Scan(&c.ID, &c.Label, &c.By, &c.Created, &c.Expires)
			return c, err
		}, `
select id, label, coalesce(created_by::text, ''), created_at, expires_at from device_code
where device_id is null and expires_at > $1 order by created_at desc, id limit 500`, now)
		return err
	})
	return out, err
}

// DropDeviceCode takes a code back.
func (s *Store) DropDeviceCode(ctx context.Context, clinic hub.ClinicID, id string) error {
	return s.exec(ctx, clinic, "device_code.drop", `delete from device_code where id = $1 and device_id is null`, id)
}

// UseDeviceCode uses a code up for a device, once it is known that there is room for one:
// whoever has too many must not lose the code by it.
func (s *Store) UseDeviceCode(ctx context.Context, clinic hub.ClinicID, hash [32]byte, d accounts.Device, limit int, now time.Time) (used bool, err error) {
	const op = "device_code.use"
	err = s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		var have int
		if err := tx.QueryRow(ctx, `select count(*) from device where account_id = $1 and revoked_at is null`, d.User).Scan(&have); err != nil {
			return err
		}
		if have >= limit {
			return hub.E(op, hub.Conflict, "too_many", "")
		}
		tag, err := tx.Exec(ctx, `update device_code set device_id = $2 where hash = $1 and device_id is null and expires_at > $3`, hash[:], d.ID, now)
		used = err == nil && tag.RowsAffected() == 1
		return err
	})
	return used && err == nil, err
}

// FreeDeviceCode gives back the code of a device that there is not.
func (s *Store) FreeDeviceCode(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID) error {
	_, err := s.used(ctx, clinic, "device_code.free", `
update device_code set device_id = null where device_id = $1 and not exists (select from device d where d.id = $1)`, device)
	return err
}
