package talk

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// LogHead returns the end of the caller's device log; N is 0 before its first entry.
func (s *Store) LogHead(ctx context.Context, by messaging.Caller) (messaging.LogHead, error) {
	head, err := read(ctx, s, by.Clinic, "device log", pgx.RowToStructByPos[messaging.LogHead],
		`select n, hash, account from device_log where clinic_id = $1 and user_id = $2 order by n desc limit 1`, by.Clinic, by.User)
	if err != nil || len(head) == 0 {
		return messaging.LogHead{}, err
	}
	return head[0], nil
}

// DeviceKeys returns one device of the clinic.
func (s *Store) DeviceKeys(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID) (messaging.DeviceKeys, error) {
	var devices map[hub.DeviceID]messaging.DeviceKeys
	err := s.db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		var batch pgx.Batch
		queueDevices(&batch, clinic, []hub.DeviceID{device}, &devices)
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return messaging.DeviceKeys{}, fmt.Errorf("read device: %w", err)
	}
	d, ok := devices[device]
	if !ok {
		return d, hub.E("chat.device", hub.NotFound, "", "")
	}
	return d, nil
}

// AppendLog appends an entry and has it take effect on the account's devices. Its number is
// the key: of two that follow the same entry one is refused.
func (s *Store) AppendLog(ctx context.Context, by messaging.Caller, row messaging.LogRow) error {
	err := s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(`insert into device_log (clinic_id, user_id, n, body, sig, hash, account) values ($1, $2, $3, $4, $5, $6, $7)`,
			by.Clinic, by.User, row.N, row.Body, row.Sig, row.Hash, row.Account)
		if row.Reset {
			batch.Queue(`update device set certified_at = null where clinic_id = $1 and account_id = $2 and certified_at is not null`, by.Clinic, by.User)
		}
		if row.Revoke != "" {
			batch.Queue(`update device set certified_at = null where clinic_id = $1 and id = $2 and account_id = $3`, by.Clinic, row.Revoke, by.User)
		}
		if row.Certify != "" {
			batch.Queue(`update device set certified_at = now() where clinic_id = $1 and id = $2 and account_id = $3`, by.Clinic, row.Certify, by.User)
		}
		return tx.SendBatch(ctx, &batch).Close()
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return hub.E("chat.append_log", hub.Conflict, "log", "")
	}
	if err != nil {
		return fmt.Errorf("append to device log: %w", err)
	}
	return nil
}

// maxLogPage bounds one answer; a log grows by a few entries a year.
const maxLogPage = 500

// LogEntries returns an account's log after a number, oldest first.
func (s *Store) LogEntries(ctx context.Context, by messaging.Caller, user hub.UserID, after int64) ([]messaging.LogEntry, error) {
	return read(ctx, s, by.Clinic, "device log", pgx.RowToStructByPos[messaging.LogEntry],
		`select n, body, sig from device_log where clinic_id = $1 and user_id = $2 and n > $3 order by n limit $4`, by.Clinic, user, after, maxLogPage)
}
