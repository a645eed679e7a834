package talk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// AskRejoin notes that a device has lost a room's group; the newest package counts.
func (s *Store) AskRejoin(ctx context.Context, by messaging.Caller, r messaging.Rejoin) error {
	const op = "chat.ask_rejoin"
	return s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		if _, err := memberRole(ctx, tx, op, by, r.Room); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
insert into rejoin (clinic_id, room_id, device_id, user_id, package, cause) values ($1, $2, $3, $4, $5, $6)
on conflict (clinic_id, room_id, device_id) do update set package = excluded.package, cause = excluded.cause, at = now(), done_at = null`,
			by.Clinic, r.Room, by.Device, by.User, r.Package, r.Cause)
		if err != nil {
			return fmt.Errorf("ask to rejoin: %w", err)
		}
		return nil
	})
}

// PutFaults notes items of rooms that the account is or was in; others are passed over.
func (s *Store) PutFaults(ctx context.Context, by messaging.Caller, faults []messaging.Fault) error {
	rooms, seqs, causes := make([]hub.RoomID, len(faults)), make([]int64, len(faults)), make([]string, len(faults))
	for i, f := range faults {
		rooms[i], seqs[i], causes[i] = f.Room, f.Seq, f.Cause
	}
	return s.exec(ctx, by.Clinic, "put faults", `
insert into fault (clinic_id, room_id, seq, device_id, user_id, cause)
select $1, t.room, t.seq, $2, $3, t.cause from unnest($4::uuid[], $5::bigint[], $6::text[]) t(room, seq, cause)
join room r on r.clinic_id = $1 and r.id = t.room and r.last_seq >= t.seq and r.kind <> 'alarm'
join room_member m on m.clinic_id = $1 and m.room_id = t.room and m.user_id = $3
on conflict do nothing`, by.Clinic, by.Device, by.User, rooms, seqs, causes)
}

// RepairFaults notes that a device has items after all.
func (s *Store) RepairFaults(ctx context.Context, by messaging.Caller, items []messaging.Fault) error {
	rooms, seqs := make([]hub.RoomID, len(items)), make([]int64, len(items))
	for i, f := range items {
		rooms[i], seqs[i] = f.Room, f.Seq
	}
	return s.exec(ctx, by.Clinic, "repair faults", `
update fault f set repaired_at = now() from unnest($3::uuid[], $4::bigint[]) t(room, seq)
where f.clinic_id = $1 and f.room_id = t.room and f.seq = t.seq and f.device_id = $2 and f.repaired_at is null`, by.Clinic, by.Device, rooms, seqs)
}

// Faults returns faults, the open ones first, then the newest.
func (s *Store) Faults(ctx context.Context, clinic hub.ClinicID, limit int) ([]messaging.FaultRecord, error) {
	const q = `
select f.room_id, f.seq, f.cause, f.user_id, coalesce(a.name, ''), f.device_id, coalesce(d.name, ''), f.at, f.repaired_at
from fault f left join account a on a.clinic_id = $1 and a.id = f.user_id left join device d on d.clinic_id = $1 and d.id = f.device_id
where f.clinic_id = $1 order by f.repaired_at is not null, f.at desc, f.room_id, f.seq limit $2`
	var out []messaging.FaultRecord
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (r messaging.FaultRecord, err error) {
			var repaired *time.Time
			err = row.Scan(&r.Room, &r.Seq, &r.Cause, &r.User, &r.Name, &r.Device, &r.DeviceName, &r.At, &repaired)
			r.RepairedAt = pg.OrZero(repaired)
			return r, err
		}, q, clinic, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read faults: %w", err)
	}
	return out, nil
}

// FaultTotals counts faults; ByCause has the open ones.
func (s *Store) FaultTotals(ctx context.Context, clinic hub.ClinicID) (messaging.FaultTotals, error) {
	t := messaging.FaultTotals{ByCause: map[string]int{}}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
select cause, count(*) filter (where repaired_at is null), count(*) filter (where repaired_at is not null) from fault where clinic_id = $1 group by 1`, clinic)
		if err != nil {
			return err
		}
		var cause string
		var open, repaired int
		_, err = pgx.ForEachRow(rows, []any{&cause, &open, &repaired}, func() error {
			t.Open, t.Repaired = t.Open+open, t.Repaired+repaired
			if open > 0 {
				t.ByCause[cause] = open
			}
			return nil
		})
		return err
	})
	if err != nil {
		return t, fmt.Errorf("count faults: %w", err)
	}
	return t, nil
}

// What the recorder mends, in rooms whose group it is in itself. Leaves go of devices that
// are revoked or certified no more, of accounts that are not active, and of those who are
// not members any more; never its own, since nobody removes their own leaf. Devices come
// that could be in the tree and have packages.
const (
	ownRoomsSQL = `
with own as materialized (select room_id from room_leaf where clinic_id = $1 and device_id = $2 and to_seq is null)`
	removeSQL = ownRoomsSQL + `
select l.room_id, l.leaf, l.user_id, l.device_id
from own join room_leaf l on l.clinic_id = $1 and l.room_id = own.room_id and l.to_seq is null and l.device_id <> $2
join device d on d.clinic_id = $1 and d.id = l.device_id
join account a on a.clinic_id = $1 and a.id = l.user_id
left join room_member m on m.clinic_id = $1 and m.room_id = l.room_id and m.user_id = l.user_id and m.until is null
where d.revoked_at is not null or d.certified_at is null or a.state <> 'active' or m.user_id is null
order by l.room_id, l.leaf limit $3`
	missingSQL = ownRoomsSQL + `
select m.room_id, d.id
from own join room_member m on m.clinic_id = $1 and m.room_id = own.room_id and m.until is null
join account a on a.clinic_id = $1 and a.id = m.user_id and a.state = 'active'
join device d on d.clinic_id = $1 and d.account_id = m.user_id and d.revoked_at is null and d.certified_at is not null
left join room_leaf l on l.clinic_id = $1 and l.device_id = d.id and l.room_id = m.room_id and l.to_seq is null
where l.leaf is null
  and exists (select from key_package k where k.clinic_id = $1 and k.device_id = d.id and k.expires_at > now() + interval '1 hour')
order by m.room_id, d.id limit $3`
	rejoinSQL = ownRoomsSQL + `
select j.room_id, j.user_id, j.device_id, j.package, j.cause
from own join rejoin j on j.clinic_id = $1 and j.room_id = own.room_id and j.done_at is null and j.device_id <> $2
join device d on d.clinic_id = $1 and d.id = j.device_id and d.revoked_at is null and d.certified_at is not null
join account a on a.clinic_id = $1 and a.id = j.user_id and a.state = 'active'
join room_member m on m.clinic_id = $1 and m.room_id = j.room_id and m.user_id = j.user_id and m.until is null
order by j.room_id, j.device_id limit $3`
)

// Upkeep gathers the differences by room. Rooms beyond the limit come when others are done.
func (s *Store) Upkeep(ctx context.Context, by messaging.Caller, limit int) ([]messaging.Upkeep, error) {
	rooms := map[hub.RoomID]*messaging.Upkeep{}
	var order []hub.RoomID
	at := func(room hub.RoomID) *messaging.Upkeep {
		if rooms[room] == nil {
			rooms[room] = &messaging.Upkeep{Room: room}
			order = append(order, room)
		}
		return rooms[room]
	}
	rows := limit * messaging.MaxLeaves // so that no room of the limit is cut short
	var batch pgx.Batch
	// This compares whole tables. Where they were not analysed yet the planner takes them for
	// tiny and loops over them in each other, which took a minute with 5,000 rooms.
	batch.Queue(`select set_config('enable_nestloop', 'off', true)`)
	batch.Queue(removeSQL, by.Clinic, by.Device, rows).Query(func(rows pgx.Rows) error {
		var room hub.RoomID
		var l messaging.Leaf
		_, err := pgx.ForEachRow(rows, []any{&room, &l.Index, &l.User, &l.Device}, func() error { u := at(room); u.Remove = append(u.Remove, l); return nil })
		return err
	})
	batch.Queue(missingSQL, by.Clinic, by.Device, rows).Query(func(rows pgx.Rows) error {
		var room hub.RoomID
		var d hub.DeviceID
		_, err := pgx.ForEachRow(rows, []any{&room, &d}, func() error { u := at(room); u.Missing = append(u.Missing, d); return nil })
		return err
	})
	batch.Queue(rejoinSQL, by.Clinic, by.Device, rows).Query(func(rows pgx.Rows) error {
		var r messaging.Rejoin
		_, err := pgx.ForEachRow(rows, []any{&r.Room, &r.User, &r.Device, &r.Package, &r.Cause}, func() error { u := at(r.Room); u.Rejoin = append(u.Rejoin, r); return nil })
		return err
	})
	var houses map[hub.RoomID]*messaging.House
	err := s.db.InClinic(ctx, by.Clinic, func(tx pgx.Tx) (err error) {
		if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
			return err
		}
		houses, err = housesOf(ctx, tx, by, order)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read upkeep: %w", err)
	}
	for room, h := range houses {
		at(room).House = h
	}
	var out []messaging.Upkeep
	for _, room := range slices.Sorted(slices.Values(order)) {
		if len(out) == limit {
			break
		}
		out = append(out, *rooms[room])
	}
	return out, nil
}
