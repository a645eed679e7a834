package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// alarmRoom is the room of a unit; Unit is the unit's name, "" for the house's room.
type alarmRoom struct {
	ID   hub.RoomID
	Unit string
}

// findAlarmRoomsSQL finds the units and alarm rooms of several ward codes at once; the
// units are read once, since no index compares folded codes under row-level security. An
// unknown ward's alerts go to the room of the house: they must be seen somewhere.
const (
	findAlarmRoomsSQL = `
with u as materialized (select id, name, lower(code) as code from unit where clinic_id = $1)
select distinct on (t.no) t.no, coalesce(r.id::text, ''), coalesce(u.id::text, ''), coalesce(u.name, '')
from unnest($2::text[]) with ordinality t(ward, no) left join u on u.code = lower(t.ward)
left join room r on r.clinic_id = $1 and r.kind = 'alarm'
  and coalesce(r.unit_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(u.id, '00000000-0000-0000-0000-000000000000'::uuid)
order by t.no`
	makeAlarmRoomSQL = `
insert into room (clinic_id, id, kind, name, unit_id) values ($1, $2, 'alarm', $3, nullif($4, '')::uuid) on conflict do nothing`
)

// AlarmRoom returns the alarm room of a ward, making it at the first alert.
func (db *DB) AlarmRoom(ctx context.Context, clinic hub.ClinicID, ward string) (hub.RoomID, error) {
	var rooms map[string]alarmRoom
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		rooms, err = alarmRooms(ctx, tx, clinic, []string{ward})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("find alarm room: %w", err)
	}
	return rooms[ward].ID, nil
}

// alarmRooms returns the room of each ward, making those that are missing. Two that make
// one at once make one: the insert waits for the other and then does nothing.
func alarmRooms(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, wards []string) (map[string]alarmRoom, error) {
	for {
		rooms, missing, err := findAlarmRooms(ctx, tx, clinic, wards)
		if err != nil || len(missing) == 0 {
			return rooms, err
		}
		for _, unit := range slices.Sorted(maps.Keys(missing)) {
			name := "Alarme Haus"
			if unit != "" {
				name = "Alarme " + missing[unit]
			}
			if _, err := tx.Exec(ctx, makeAlarmRoomSQL, clinic, hub.NewID[hub.RoomID](), name, unit); err != nil {
				return nil, err
			}
		}
	}
}

// findAlarmRooms also returns the units, by id with their names, that have no room yet; the
// house is the unit "".
func findAlarmRooms(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, wards []string) (rooms map[string]alarmRoom, missing map[string]string, err error) {
	rows, err := tx.Query(ctx, findAlarmRoomsSQL, clinic, wards)
	if err != nil {
		return nil, nil, err
	}
	rooms, missing = make(map[string]alarmRoom, len(wards)), map[string]string{}
	var no int
	var room alarmRoom
	var unit string
	_, err = pgx.ForEachRow(rows, []any{&no, &room.ID, &unit, &room.Unit}, func() error {
		if room.ID == "" {
			missing[unit] = room.Unit
		}
		rooms[wards[no-1]] = room
		return nil
	})
	return rooms, missing, err
}

// wardRoomsSQL makes the alarm rooms of the wards an account works on, so that their people
// see where alarms will come before the first one does.
const wardRoomsSQL = `
insert into room (clinic_id, id, kind, name, unit_id)
select $1, gen_random_uuid(), 'alarm', 'Alarme ' || u.name, u.id
from account a join person_unit m on m.clinic_id = $1 and m.person_id = a.person_id
join unit u on u.clinic_id = $1 and u.id = m.unit_id and u.kind = 'ward'
where a.clinic_id = $1 and a.id = $2
  and not exists (select from room r where r.clinic_id = $1 and r.kind = 'alarm' and r.unit_id = u.id)
on conflict do nothing`

const roomsSQL = `
select r.id, r.kind, r.name, coalesce(r.unit_id::text, ''), r.last_seq from room r
where r.clinic_id = $1 and r.kind = 'alarm' and (
  exists (select from room_member m where m.clinic_id = $1 and m.room_id = r.id and m.user_id = $2)
  or r.unit_id in (select m.unit_id from account a
    join person_unit m on m.clinic_id = $1 and m.person_id = a.person_id where a.clinic_id = $1 and a.id = $2))
order by r.name, r.id`

// Rooms returns the alarm rooms an account is a member of and those of its wards, by name.
func (db *DB) Rooms(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]messaging.Room, error) {
	var rooms []messaging.Room
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, wardRoomsSQL, clinic, user); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, roomsSQL, clinic, user)
		if err != nil {
			return err
		}
		rooms, err = pgx.CollectRows(rows, pgx.RowToStructByPos[messaging.Room])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rooms: %w", err)
	}
	return rooms, nil
}
