package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
)

// recorderName is what rosters show of it.
const recorderName = "Protokoll (Archiv)"

// EnsureRecorder returns the account of the clinic's recorder, making it when there is
// none; two nodes starting at once make one. A new one becomes a member of the
// conversations there are: it can join their groups once a member adds its device.
func (db *DB) EnsureRecorder(ctx context.Context, clinic hub.ClinicID) (user hub.UserID, created bool, err error) {
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('recorder ' || $1, 0))`, string(clinic)); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
insert into account (clinic_id, id, login, name, level, recorder)
select $1, $2::uuid, 'recorder-' || $2::uuid::text, $3, 'internal', true where not exists (select from account where clinic_id = $1 and recorder)`,
			clinic, hub.NewID[hub.UserID](), recorderName)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `select id from account where clinic_id = $1 and recorder`, clinic).Scan(&user); err != nil {
			return err
		}
		if created = tag.RowsAffected() == 1; !created {
			return nil
		}
		return joinEverywhere(ctx, tx, clinic, user)
	})
	if err != nil {
		return "", false, fmt.Errorf("ensure recorder: %w", err)
	}
	return user, created, nil
}

func joinEverywhere(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, user hub.UserID) error {
	_, err := tx.Exec(ctx, `
with all_rooms as (select id, last_seq from room where clinic_id = $1 and kind <> 'alarm' order by id for update),
moved as (update room r set gen = gen + 1 from all_rooms a where r.clinic_id = $1 and r.id = a.id)
insert into room_member (clinic_id, room_id, user_id, role, since_seq, read_seq, delivered_seq)
select $1, id, $2, 'member', last_seq, last_seq, last_seq from all_rooms on conflict do nothing`, clinic, user)
	return err
}

// purgeTalkSQL are what a conversation leaves behind that nobody needs: letters that were
// never fetched, packages that have ended, rejoins that are done, and the Welcomes of
// commits whose devices have all left or come anew.
var purgeTalkSQL = [...]string{
	`delete from letter where clinic_id = $1 and at < now() - interval '30 days'`,
	`delete from key_package where clinic_id = $1 and expires_at < now()`,
	`delete from rejoin where clinic_id = $1 and (done_at < now() - interval '7 days' or at < now() - interval '28 days')`,
	`delete from welcome w where clinic_id = $1 and not exists (
  select from room_leaf l where l.clinic_id = $1 and l.room_id = w.room_id and l.from_seq = w.seq and l.to_seq is null)`,
}

// PurgeTalk deletes what conversations need no more and returns how many rows that were.
func (db *DB) PurgeTalk(ctx context.Context, clinic hub.ClinicID) (int64, error) {
	var n int64
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		for _, sql := range purgeTalkSQL {
			tag, err := tx.Exec(ctx, sql, clinic)
			if err != nil {
				return err
			}
			n += tag.RowsAffected()
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("purge conversations: %w", err)
	}
	return n, nil
}
