package talk

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// follows reports whether the members of a room come from a unit, a duty role or a group.
func (l *locked) follows(ctx context.Context, tx pgx.Tx) (yes bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from follow where clinic_id = $1 and room_id = $2 and ended_at is null)`, l.clinic, l.id).Scan(&yes)
	return yes, err
}

// housesSQL finds, of the rooms that follow: those that are not begun, those in which the
// recorder has said nothing since their title changed, and those of which something else is
// to be mended ($3).
const housesSQL = `
select f.room_id, f.title, r.id is null, array(
  select m.user_id::text from room_member m where m.clinic_id = $1 and m.room_id = f.room_id and m.until is null order by m.user_id)
from follow f left join room r on r.clinic_id = $1 and r.id = f.room_id
where f.clinic_id = $1 and f.ended_at is null and (r.id is null or f.room_id = any($3)
  or exists (select from room_leaf l where l.clinic_id = $1 and l.room_id = f.room_id and l.device_id = $2 and l.to_seq is null)
    and not exists (select from item i where i.clinic_id = $1 and i.room_id = f.room_id and i.seq > f.title_seq and i.kind = 'msg' and i.device_id = $2))`

// housesOf reads what the hub says of rooms that follow, by room.
func housesOf(ctx context.Context, tx pgx.Tx, by messaging.Caller, mended []hub.RoomID) (map[hub.RoomID]*messaging.House, error) {
	if mended == nil {
		mended = []hub.RoomID{}
	}
	rows, err := tx.Query(ctx, housesSQL, by.Clinic, by.Device, mended)
	if err != nil {
		return nil, err
	}
	out := map[hub.RoomID]*messaging.House{}
	var room hub.RoomID
	var h messaging.House
	_, err = pgx.ForEachRow(rows, []any{&room, &h.Title, &h.Begin, &h.Members}, func() error {
		kept := h
		out[room], h.Members = &kept, nil
		return nil
	})
	return out, err
}

// reserved refuses to let anybody but the recorder begin a room that will follow something.
func reserved(ctx context.Context, tx pgx.Tx, op string, by messaging.Caller, room hub.RoomID) error {
	var others bool
	err := tx.QueryRow(ctx, `
select exists (select from follow where clinic_id = $1 and room_id = $2) and not exists (select from account where clinic_id = $1 and id = $3 and recorder)`,
		by.Clinic, room, by.User).Scan(&others)
	if err == nil && others {
		return hub.E(op, hub.Conflict, "taken", "the id is another room's")
	}
	return err
}

// tellBegun tells of a room that follows something: its members can come now.
func tellBegun(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, room hub.RoomID) error {
	var follows bool
	err := tx.QueryRow(ctx, `select exists (select from follow where clinic_id = $1 and room_id = $2 and ended_at is null)`, clinic, room).Scan(&follows)
	if err != nil || !follows {
		return err
	}
	return pg.TellChanged(ctx, tx, clinic, "followings")
}
