package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/push"
)

var _ push.Store = (*DB)(nil)

// PutSubscription keeps where a device can be woken; a device has one place.
func (db *DB) PutSubscription(ctx context.Context, by messaging.Caller, s push.Subscription) error {
	err := db.InClinic(ctx, by.Clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
insert into push_subscription (clinic_id, device_id, endpoint, p256dh, auth) values ($1, $2, $3, $4, $5)
on conflict (clinic_id, device_id) do update set endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth, at = now()`,
			by.Clinic, by.Device, s.Endpoint, s.P256DH, s.Auth)
		return err
	})
	if err != nil {
		return fmt.Errorf("put subscription: %w", err)
	}
	return nil
}

// DropSubscription forgets a device's place, if it is still that one. Without an endpoint it
// is forgotten whatever it is.
func (db *DB) DropSubscription(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, endpoint string) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from push_subscription where clinic_id = $1 and device_id = $2 and ($3 = '' or endpoint = $3)`, clinic, device, endpoint)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop subscription: %w", err)
	}
	return nil
}

// Revoked devices and locked accounts are not woken, nor is who has muted the room, unless it
// is urgent.
const subscriptionsSQL = `
select s.device_id, s.endpoint, s.p256dh, s.auth from push_subscription s
join device d on d.clinic_id = $1 and d.id = s.device_id and d.revoked_at is null
join account a on a.clinic_id = $1 and a.id = d.account_id and a.state <> 'locked'
where s.clinic_id = $1 and s.device_id = any($2::uuid[])
  and ($4 or not exists (select from room_member m where m.clinic_id = $1 and m.room_id = $3 and m.user_id = d.account_id and m.muted))`

// Subscriptions returns where those of the devices can be woken that want to be.
func (db *DB) Subscriptions(ctx context.Context, clinic hub.ClinicID, room hub.RoomID, devices []hub.DeviceID, urgent bool) ([]push.Subscription, error) {
	var out []push.Subscription
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, subscriptionsSQL, clinic, devices, room, urgent)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[push.Subscription])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	return out, nil
}

// RoomReaders returns the accounts that are members of a room of any kind.
func (db *DB) RoomReaders(ctx context.Context, clinic hub.ClinicID, room hub.RoomID) ([]hub.UserID, error) {
	var out []hub.UserID
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select user_id from room_member where clinic_id = $1 and room_id = $2 and until is null`, clinic, room)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[hub.UserID])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who reads a room: %w", err)
	}
	return out, nil
}
