package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// alarmRoom is the room of a unit; Unit is the unit's name, "" for the house's room.
type alarmRoom struct {
	ID   hub.RoomID
	Unit string
}

// alarmRoomSQL finds or makes the alarm room of the unit with a code. An unknown ward's
// alerts go to the room of the house: they must be seen somewhere.
const (
	findAlarmRoomSQL = `
select coalesce(r.id::text, ''), coalesce(u.id::text, ''), coalesce(u.name, '') from (select 1) one
left join unit u on u.clinic_id = $1 and lower(u.code) = lower($2)
left join room r on r.clinic_id = $1 and r.kind = 'alarm' and r.unit_id is not distinct from u.id
limit 1`
	makeAlarmRoomSQL = `
insert into room (clinic_id, id, kind, name, unit_id) values ($1, $2, 'alarm', $3, nullif($4, '')::uuid) on conflict do nothing`
)

// AlarmRoom returns the alarm room of a ward, making it at the first alert.
func (db *DB) AlarmRoom(ctx context.Context, clinic hub.ClinicID, ward string) (hub.RoomID, error) {
	var room alarmRoom
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		room, err = findAlarmRoom(ctx, tx, clinic, ward)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("find alarm room: %w", err)
	}
	return room.ID, nil
}

func findAlarmRoom(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, ward string) (alarmRoom, error) {
	for {
		var room alarmRoom
		var unit string
		err := tx.QueryRow(ctx, findAlarmRoomSQL, clinic, ward).Scan(&room.ID, &unit, &room.Unit)
		if err != nil || room.ID != "" {
			return room, err
		}
		name := "Alarme Haus"
		if unit != "" {
			name = "Alarme " + room.Unit
		}
		// Two at once make one: the insert waits for the other and then does nothing.
		if _, err := tx.Exec(ctx, makeAlarmRoomSQL, clinic, hub.NewID[hub.RoomID](), name, unit); err != nil {
			return room, err
		}
	}
}

func cachedAlarmRoom(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, ward string, cache map[string]alarmRoom) (alarmRoom, error) {
	if room, ok := cache[ward]; ok {
		return room, nil
	}
	room, err := findAlarmRoom(ctx, tx, clinic, ward)
	cache[ward] = room
	return room, err
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
where r.clinic_id = $1 and (
  exists (select from room_member m where m.clinic_id = $1 and m.room_id = r.id and m.user_id = $2)
  or r.kind = 'alarm' and r.unit_id in (select m.unit_id from account a
    join person_unit m on m.clinic_id = $1 and m.person_id = a.person_id where a.clinic_id = $1 and a.id = $2))
order by r.name, r.id`

// Rooms returns the rooms an account is a member of and the alarm rooms of its wards, by
// name.
func (db *DB) Rooms(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]messaging.Room, error) {
	var rooms []messaging.Room
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
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
