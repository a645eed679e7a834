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
// what it holds and not what the room or the device has. The question after the room's kind
// is answered once: a conversation has no wraps and is not searched for any.
const sinceSQL = `
select i.seq, i.id, i.kind, i.ref, i.body, i.at, w.kek, k.enc, w.row
from item i
cross join lateral (select kek, row from item_wrap where clinic_id = $1 and room_id = i.room_id and seq = i.seq and device_id = $2 limit 1) w
cross join lateral (select enc from device_kek where clinic_id = $1 and device_id = $2 and kek = w.kek limit 1) k
where i.clinic_id = $1 and i.room_id = $3 and i.seq > $4
  and exists (select from room where clinic_id = $1 and id = $3 and kind = 'alarm')
order by i.seq limit $5`

// sinceTalkSQL reads a conversation: messages and commits while the device has a leaf, both
// ends included, messages no longer than its account is a member; lines while it is one. The page begins where the first of
// these intervals does, so that one who came late does not walk through what was before. A
// revoked device and one of a locked account get nothing.
const sinceTalkSQL = `
with who as materialized (
  select d.account_id as id from device d join account a on a.clinic_id = $1 and a.id = d.account_id
  where d.clinic_id = $1 and d.id = $2 and d.revoked_at is null and a.state = 'active'
    and exists (select from room where clinic_id = $1 and id = $3 and kind <> 'alarm')),
seat as materialized (
  select l.from_seq, coalesce(l.to_seq, 9223372036854775807) as to_seq, coalesce(l.said_to, 9223372036854775807) as said_to from room_leaf l
  where l.clinic_id = $1 and l.room_id = $3 and l.device_id = $2 and exists (select from who)),
stay as materialized (
  select m.since_seq + 1 as from_seq, coalesce(m.until_seq, 9223372036854775807) as to_seq from who
  join room_member m on m.clinic_id = $1 and m.room_id = $3 and m.user_id = who.id),
span as materialized (
  select min(greatest(from_seq, $4 + 1)) as low, max(to_seq) as high
  from (select from_seq, to_seq from seat union all select from_seq, to_seq from stay) x where to_seq > $4)
select i.seq, i.id, i.kind, i.body, i.at, coalesce(i.user_id::text, ''), coalesce(i.device_id::text, ''), coalesce(i.epoch, 0), coalesce(i.prio, 0),
  i.kind = 'commit' and exists (select from seat s where s.from_seq = i.seq)
from item i
where i.clinic_id = $1 and i.room_id = $3 and i.seq >= (select low from span) and i.seq <= (select high from span) and case i.kind
  when 'line' then exists (select from stay s where i.seq between s.from_seq and s.to_seq)
  else exists (select from seat s where i.seq between s.from_seq and s.to_seq and (i.kind = 'commit' or i.seq <= s.said_to)) end
order by i.seq limit $5`

// Since returns what a device may open in a room after a number, oldest first. Which of the
// two questions finds anything is the room's kind.
func (db *DB) Since(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, room hub.RoomID, after int64, limit int) ([]messaging.Delivery, error) {
	var list []messaging.Delivery
	var batch pgx.Batch
	batch.Queue(sinceSQL, clinic, device, room, after, limit).Query(func(rows pgx.Rows) error {
		d := messaging.Delivery{Item: messaging.Item{Room: room}, Wrap: messaging.Wrap{Device: device}}
		i, w := &d.Item, &d.Wrap
		return eachRow(rows, []any{&i.Seq, &i.ID, &i.Kind, &i.Ref, &i.Body, &i.At, &w.KEK, &w.Enc, &w.Row}, &list, &d)
	})
	batch.Queue(sinceTalkSQL, clinic, device, room, after, limit).Query(func(rows pgx.Rows) error {
		d := messaging.Delivery{Item: messaging.Item{Room: room}}
		i := &d.Item
		return eachRow(rows, []any{&i.Seq, &i.ID, &i.Kind, &i.Body, &i.At, &i.User, &i.From, &i.Epoch, &i.Priority, &d.Welcome}, &list, &d)
	})
	err := db.ByKeys(ctx, clinic, func(tx pgx.Tx) error { return tx.SendBatch(ctx, &batch).Close() })
	if err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	return list, nil
}

// eachRow scans rows into the fields of one value and appends a copy of it for each. Byte
// slices are made anew by each scan.
func eachRow[T any](rows pgx.Rows, fields []any, list *[]T, one *T) error {
	_, err := pgx.ForEachRow(rows, fields, func() error { *list = append(*list, *one); return nil })
	return err
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

// deliveredSQL moves the marks of the accounts of these devices in conversations, and keeps
// each step: what the first device of an account has is delivered. The marks are locked in
// order, so that two nodes never wait in a circle.
const deliveredSQL = `
with got as (
  select t.room, d.account_id as usr, max(least(t.seq, r.last_seq)) as seq from unnest($2::uuid[], $3::uuid[], $4::bigint[]) t(device, room, seq)
  join room r on r.clinic_id = $1 and r.id = t.room and r.kind <> 'alarm'
  join device d on d.clinic_id = $1 and d.id = t.device group by 1, 2),
held as (
  select m.room_id, m.user_id, g.seq from got g join room_member m on m.clinic_id = $1 and m.room_id = g.room and m.user_id = g.usr
  where m.until is null and m.delivered_seq < g.seq order by m.room_id, m.user_id for no key update of m),
moved as (
  update room_member m set delivered_seq = h.seq from held h
  where m.clinic_id = $1 and m.room_id = h.room_id and m.user_id = h.user_id returning m.room_id, m.user_id, m.delivered_seq)
insert into receipt (clinic_id, room_id, user_id, kind, seq, at)
select $1, room_id, user_id, 'delivered', delivered_seq, clock_timestamp() from moved on conflict do nothing`

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
	var batch pgx.Batch
	batch.Queue(saveCursorsSQL, puts[0].clinic, devices, rooms, seqs)
	batch.Queue(deliveredSQL, puts[0].clinic, devices, rooms, seqs)
	err := db.ByKeys(ctx, puts[0].clinic, func(tx pgx.Tx) error { return tx.SendBatch(ctx, &batch).Close() })
	if err != nil {
		return fmt.Errorf("save cursors: %w", err)
	}
	return nil
}
