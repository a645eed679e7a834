package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

const deviceColumns = `select d.id, d.account_id, d.name, d.kem_public, d.sign_public, d.created_at, d.last_seen_at from device d`

func scanDevice(row pgx.CollectableRow) (accounts.Device, error) {
	var d accounts.Device
	var seen *time.Time
	err := row.Scan(&d.ID, &d.User, &d.Name, &d.KEMPublic, &d.SignPublic, &d.Created, &seen)
	if seen != nil {
		d.LastSeen = *seen
	}
	return d, err
}

// PutDevice adds a device and binds the session to it. The account's row is locked, so
// that two at once cannot pass the limit together. Alerts that run already reach it too.
func (db *DB) PutDevice(ctx context.Context, clinic hub.ClinicID, d accounts.Device, session string, limit int) error {
	return db.addDevice(ctx, clinic, d.User, func(tx pgx.Tx) error {
		if err := insertDevice(ctx, tx, clinic, d, limit); err != nil {
			return err
		}
		if err := dropWaiting(ctx, tx, clinic, d); err != nil {
			return err
		}
		return bindSession(ctx, tx, "device.put", session, d.User, d.ID)
	})
}

// dropWaiting takes a browser off the list of those that wait, now that a code has let it in.
func dropWaiting(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, d accounts.Device) error {
	tag, err := tx.Exec(ctx, `delete from waiting_device where account_id = $1 and kem_public = $2`, d.User, d.KEMPublic)
	if err != nil {
		return fmt.Errorf("drop waiting: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return pg.TellChanged(ctx, tx, clinic, "persons", "devices")
}

// ApproveDevice makes a device of one that waits, and binds the session it waits in if that
// is still open. user, unless empty, is whose it has to be.
func (db *DB) ApproveDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID, limit int) error {
	const op = "device.approve"
	var d accounts.Device
	var session string
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select account_id from waiting_device where id = $1 and refused_at is null and ($2 = '' or account_id::text = $2)`, id, string(user)).Scan(&d.User)
	})
	if err != nil {
		return oneAccount(op, err)
	}
	return db.addDevice(ctx, clinic, d.User, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
delete from waiting_device where id = $1 and refused_at is null returning id, name, kem_public, sign_public, session_id, now()`, id).
			Scan(&d.ID, &d.Name, &d.KEMPublic, &d.SignPublic, &session, &d.Created)
		if err != nil {
			return oneAccount(op, err)
		}
		if err := insertDevice(ctx, tx, clinic, d, limit); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update session set device_id = $2 where id = $1 and account_id = $3`, session, d.ID, d.User); err != nil {
			return fmt.Errorf("bind session: %w", err)
		}
		return pg.TellChanged(ctx, tx, clinic, "persons")
	})
}

// addDevice runs f with the account's row locked and lets running alerts reach what it adds.
func (db *DB) addDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, f func(pgx.Tx) error) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select from account where id = $1 for update`, user); err != nil {
			return fmt.Errorf("lock account: %w", err)
		}
		if err := f(tx); err != nil {
			return err
		}
		db.joinAlerts(ctx, tx, clinic, user, alerting.ActDevice)
		return nil
	})
	if err == nil {
		db.woke()
	}
	return err
}

func insertDevice(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, d accounts.Device, limit int) error {
	tag, err := tx.Exec(ctx, `
insert into device (clinic_id, id, account_id, name, kem_public, sign_public, created_at, last_seen_at)
select $1, $2, $3, $4, $5, $6, $7, $7 where (select count(*) from device where account_id = $3 and revoked_at is null) < $8`,
		clinic, d.ID, d.User, d.Name, d.KEMPublic, d.SignPublic, d.Created, limit)
	if err != nil {
		return fmt.Errorf("put device: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return hub.E("device.put", hub.Conflict, "too_many", "")
	}
	return nil
}

// bindSession ties a session to a device of the same account.
func bindSession(ctx context.Context, tx pgx.Tx, op, session string, user hub.UserID, device hub.DeviceID) error {
	tag, err := tx.Exec(ctx, `update session set device_id = $3 where id = $1 and account_id = $2`, session, user, device)
	if err != nil {
		return fmt.Errorf("bind session: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return hub.E(op, hub.Unauthenticated, "expired", "")
	}
	return nil
}

// AttachDevice binds a session to a device registered earlier.
func (db *DB) AttachDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, device hub.DeviceID, session string) (accounts.Device, error) {
	const op = "device.attach"
	var d accounts.Device
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, deviceColumns+` where d.id = $1 and d.account_id = $2 and d.revoked_at is null for share`, device, user)
		if err != nil {
			return err
		}
		if d, err = pgx.CollectExactlyOneRow(rows, scanDevice); err != nil {
			return oneAccount(op, err)
		}
		return bindSession(ctx, tx, op, session, user, device)
	})
	return d, err
}

// Devices returns an account's devices in use, newest first.
func (db *DB) Devices(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]accounts.Device, error) {
	var out []accounts.Device
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, scanDevice, deviceColumns+` where d.account_id = $1 and d.revoked_at is null order by d.created_at desc, d.id`, user)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	return out, nil
}

// RevokeDevice ends a device and the sessions bound to it on every node. The row stays:
// what was sealed to it remains explainable.
func (db *DB) RevokeDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, device hub.DeviceID, at time.Time) error {
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update device set revoked_at = $3 where id = $1 and account_id = $2 and revoked_at is null`, device, user, at)
		if err != nil {
			return fmt.Errorf("revoke device: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return hub.E("device.revoke", hub.NotFound, "", "")
		}
		b := &pgx.Batch{}
		b.Queue(`delete from session where device_id = $1`, device)
		b.Queue(`select pg_notify('wardline_access', json_build_object('clinic', $1::text, 'user', $2::text, 'device', $3::text)::text)`,
			string(clinic), string(user), string(device))
		return tx.SendBatch(ctx, b).Close()
	})
}
