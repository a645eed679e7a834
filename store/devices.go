package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
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
	const op = "device.put"
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select from account where id = $1 for update`, d.User); err != nil {
			return fmt.Errorf("lock account: %w", err)
		}
		tag, err := tx.Exec(ctx, `
insert into device (clinic_id, id, account_id, name, kem_public, sign_public, created_at, last_seen_at)
select $1, $2, $3, $4, $5, $6, $7, $7 where (select count(*) from device where account_id = $3 and revoked_at is null) < $8`,
			clinic, d.ID, d.User, d.Name, d.KEMPublic, d.SignPublic, d.Created, limit)
		if err != nil {
			return fmt.Errorf("put device: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return hub.E(op, hub.Conflict, "too_many", "")
		}
		if err := bindSession(ctx, tx, op, session, d.User, d.ID); err != nil {
			return err
		}
		db.joinAlerts(ctx, tx, clinic, d.User, alerting.ActDevice)
		return nil
	})
	if err == nil {
		db.woke()
	}
	return err
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
		out, err = collect(ctx, tx, scanDevice, deviceColumns+` where d.account_id = $1 and d.revoked_at is null order by d.created_at desc, d.id`, user)
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
