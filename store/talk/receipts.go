package talk

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// Mute keeps a room silent for one account.
func (s *Store) Mute(ctx context.Context, by messaging.Caller, room hub.RoomID, muted bool) error {
	return s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
update room_member m set muted = $4 from room r where m.clinic_id = $1 and m.room_id = $2 and m.user_id = $3 and m.until is null
  and r.clinic_id = $1 and r.id = m.room_id and r.kind <> 'alarm'`, by.Clinic, room, by.User, muted)
		if err != nil {
			return fmt.Errorf("mute room: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return noRoom("chat.mute")
		}
		return nil
	})
}

// Receipts returns how far people have come in a room. The recorder is not one of them.
func (s *Store) Receipts(ctx context.Context, by messaging.Caller, room hub.RoomID) (out []messaging.Receipt, err error) {
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		if _, err := memberRole(ctx, tx, "chat.receipts", by, room); err != nil {
			return err
		}
		out, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[messaging.Receipt], `
select m.user_id, m.delivered_seq, m.read_seq from room_member m join account a on a.clinic_id = $1 and a.id = m.user_id and not a.recorder
where m.clinic_id = $1 and m.room_id = $2 and m.until is null order by m.user_id`, by.Clinic, room)
		return err
	})
	return out, err
}

// ItemReceipts returns when an item reached and was read by each of those who were in the
// room by then, its sender and the recorder left out.
func (s *Store) ItemReceipts(ctx context.Context, by messaging.Caller, room hub.RoomID, seq int64) (out []messaging.ItemReceipt, err error) {
	const q = `
select m.user_id,
  (select at from receipt where clinic_id = $1 and room_id = $2 and user_id = m.user_id and kind = 'delivered' and receipt.seq >= $3 order by receipt.seq limit 1),
  (select at from receipt where clinic_id = $1 and room_id = $2 and user_id = m.user_id and kind = 'read' and receipt.seq >= $3 order by receipt.seq limit 1)
from item i join room_member m on m.clinic_id = $1 and m.room_id = i.room_id and m.until is null and m.since_seq < i.seq and m.user_id is distinct from i.user_id
join account a on a.clinic_id = $1 and a.id = m.user_id and not a.recorder
where i.clinic_id = $1 and i.room_id = $2 and i.seq = $3 order by m.user_id`
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		if _, err := memberRole(ctx, tx, "chat.receipts", by, room); err != nil {
			return err
		}
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (r messaging.ItemReceipt, err error) {
			var delivered, read *time.Time
			err = row.Scan(&r.User, &delivered, &read)
			r.DeliveredAt, r.ReadAt = pg.OrZero(delivered), pg.OrZero(read)
			return r, err
		}, q, by.Clinic, room, seq)
		return err
	})
	return out, err
}
