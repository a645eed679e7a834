package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// The laterals are one index lookup each per item, in the room's order, so that a page costs
// what it holds and not what the room or the device has.
const sinceSQL = `
select i.seq, i.id, i.kind, i.ref, i.body, i.at, w.kek, k.enc, w.row
from item i
cross join lateral (select kek, row from item_wrap where clinic_id = $1 and room_id = i.room_id and seq = i.seq and device_id = $2 limit 1) w
cross join lateral (select enc from device_kek where clinic_id = $1 and device_id = $2 and kek = w.kek limit 1) k
where i.clinic_id = $1 and i.room_id = $3 and i.seq > $4
order by i.seq limit $5`

// Since returns what a device may open in a room after a number, oldest first.
func (db *DB) Since(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, room hub.RoomID, after int64, limit int) ([]messaging.Delivery, error) {
	var list []messaging.Delivery
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sinceSQL, clinic, device, room, after, limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (messaging.Delivery, error) {
			d := messaging.Delivery{Item: messaging.Item{Room: room}, Wrap: messaging.Wrap{Device: device}}
			i, w := &d.Item, &d.Wrap
			err := row.Scan(&i.Seq, &i.ID, &i.Kind, &i.Ref, &i.Body, &i.At, &w.KEK, &w.Enc, &w.Row)
			return d, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	return list, nil
}

// cursorPut is one device's acknowledgement in one room.
type cursorPut struct {
	clinic hub.ClinicID
	device hub.DeviceID
	at     messaging.Cursor
}

// SaveCursor keeps how far a device has read. Those of one clinic that come together are
// written together: an emergency is acknowledged by thousands of devices at once.
func (db *DB) SaveCursor(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, at messaging.Cursor) error {
	if len(at) == 0 {
		return nil
	}
	return db.cursors.Do(ctx, string(clinic), &cursorPut{clinic, device, at})
}

// A device cannot have read further than its room goes, whatever it says.
const saveCursorsSQL = `
insert into device_cursor (clinic_id, device_id, room_id, seq)
select $1, t.device, t.room, least(t.seq, r.last_seq) from unnest($2::uuid[], $3::uuid[], $4::bigint[]) t(device, room, seq)
join room r on r.clinic_id = $1 and r.id = t.room
on conflict (clinic_id, device_id, room_id) do update set seq = excluded.seq, at = now() where device_cursor.seq < excluded.seq`

type deviceRoom struct {
	device hub.DeviceID
	room   hub.RoomID
}

func (db *DB) writeCursors(ctx context.Context, puts []*cursorPut) error {
	highest := map[deviceRoom]int64{}
	for _, p := range puts {
		for room, seq := range p.at {
			k := deviceRoom{p.device, room}
			highest[k] = max(highest[k], seq)
		}
	}
	keys := make([]deviceRoom, 0, len(highest))
	for k := range highest {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b deviceRoom) int {
		return cmp.Or(cmp.Compare(a.device, b.device), cmp.Compare(a.room, b.room))
	})
	devices, rooms, seqs := make([]hub.DeviceID, len(keys)), make([]hub.RoomID, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		devices[i], rooms[i], seqs[i] = k.device, k.room, highest[k]
	}
	err := db.inClinic(ctx, puts[0].clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, saveCursorsSQL, puts[0].clinic, devices, rooms, seqs)
		return err
	})
	if err != nil {
		return fmt.Errorf("save cursors: %w", err)
	}
	return nil
}
