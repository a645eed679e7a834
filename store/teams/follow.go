package teams

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// handover is how long whoever went off duty stays in the room of the role: what is still to
// be said is said after the change of shift.
const handover = 30 * time.Minute

// wantedSQL is who should be in the rooms that follow: active accounts of the people who work
// on the unit itself, of those on duty in the role or off it for less than $2 seconds, of
// those in the group. What a follower was called for is not remembered: it is worked out.
const wantedSQL = `
with wanted as (
  select f.room_id, a.id as user_id from follow f
  join person_unit m on m.clinic_id = $1 and m.unit_id = f.unit_id
  join person p on p.clinic_id = $1 and p.id = m.person_id and p.active
  join account a on a.clinic_id = $1 and a.person_id = p.id and a.state = 'active' and not a.recorder
  where f.clinic_id = $1 and f.ended_at is null
  union
  select f.room_id, a.id from follow f
  join duty d on d.clinic_id = $1 and d.role_id = f.role_id and (d.until is null or d.until > now() - make_interval(secs => $2))
  join account a on a.clinic_id = $1 and a.id = d.account_id and a.state = 'active' and not a.recorder
  where f.clinic_id = $1 and f.ended_at is null
  union
  select f.room_id, a.id from follow f
  join grp_member m on m.clinic_id = $1 and m.group_id = f.group_id
  join person p on p.clinic_id = $1 and p.id = m.person_id and p.active
  join account a on a.clinic_id = $1 and a.person_id = p.id and a.state = 'active' and not a.recorder
  where f.clinic_id = $1 and f.ended_at is null)`

// titleSQL is what a room is called that follows f. A role is named with its unit, unless its
// name says that already. Titles have at most 120 UTF-16 code units (chat.md).
const titleSQL = `left(coalesce(
  (select name from unit where clinic_id = f.clinic_id and id = f.unit_id),
  (select r.name || case when position(lower(u.name) in lower(r.name)) > 0 then '' else ' · ' || u.name end
    from role r join unit u on u.clinic_id = r.clinic_id and u.id = r.unit_id where r.clinic_id = f.clinic_id and r.id = f.role_id),
  (select name from grp where clinic_id = f.clinic_id and id = f.group_id)), 60)`

// FollowRoom switches a room that follows on or lets it go. The hub names the room; the
// clinic's recorder, whose device can, begins it.
func (s *Store) FollowRoom(ctx context.Context, clinic hub.ClinicID, f directory.Following, on bool, by hub.UserID) error {
	const op = "directory.follow"
	if err := f.Check(op); err != nil {
		return err
	}
	return pg.Wrap("follow", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var there bool
		err := tx.QueryRow(ctx, `
select exists (select from unit where clinic_id = $1 and id::text = $2) or exists (select from role where clinic_id = $1 and id::text = $3 and closed_at is null)
  or exists (select from grp where clinic_id = $1 and id::text = $4 and deleted_at is null)`,
			clinic, string(f.Unit), string(f.Role), string(f.Group)).Scan(&there)
		switch {
		case err != nil:
			return err
		case !there:
			return hub.E(op, hub.NotFound, "", "")
		case on:
			err = switchOn(ctx, tx, op, clinic, f, by)
		default:
			err = letGo(ctx, tx, clinic, f, by)
		}
		if err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "groups", "followings")
	}))
}

// switchOn is follow for an administrator, who is told when the room would be too large.
func switchOn(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, f directory.Following, by hub.UserID) error {
	if err := follow(ctx, tx, clinic, f, by); err != nil {
		return err
	}
	var room hub.RoomID
	err := tx.QueryRow(ctx, `
select room_id from follow where clinic_id = $1 and coalesce(unit_id, role_id, group_id)::text = $2`, clinic, f.String()).Scan(&room)
	if err != nil {
		return err
	}
	n, err := leavesIn(ctx, tx, clinic, room)
	if err == nil && n > directory.MaxRoomLeaves {
		return tooLarge(op, n)
	}
	return err
}

// follow makes a room follow. One that did before follows again.
func follow(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, f directory.Following, by hub.UserID) error {
	tag, err := tx.Exec(ctx, `
update follow set ended_at = null, changed_by = $3 where clinic_id = $1 and coalesce(unit_id, role_id, group_id)::text = $2`, clinic, f.String(), pg.Null(by))
	if err != nil || tag.RowsAffected() > 0 {
		return err
	}
	_, err = tx.Exec(ctx, `
insert into follow (clinic_id, room_id, unit_id, role_id, group_id, title, changed_by)
select f.clinic_id, $2, f.unit_id, f.role_id, f.group_id, `+titleSQL+`, $6
from (select $1::uuid as clinic_id, $3::uuid as unit_id, $4::uuid as role_id, $5::uuid as group_id) f on conflict do nothing`,
		clinic, hub.NewID[hub.RoomID](), pg.Null(f.Unit), pg.Null(f.Role), pg.Null(f.Group), pg.Null(by))
	return err
}

func letGo(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, f directory.Following, by hub.UserID) error {
	_, err := tx.Exec(ctx, `
update follow set ended_at = now(), changed_by = $3 where clinic_id = $1 and coalesce(unit_id, role_id, group_id)::text = $2 and ended_at is null`,
		clinic, f.String(), pg.Null(by))
	return err
}

// Followings lists the rooms that follow, by name.
func (s *Store) Followings(ctx context.Context, clinic hub.ClinicID) (out []directory.FollowingRow, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (r directory.FollowingRow, err error) {
			err = row.Scan(&r.Unit, &r.Role, &r.Group, &r.Room, &r.Name, &r.Members, &r.Waiting)
			return r, err
		}, wantedSQL+`
select coalesce(f.unit_id::text, ''), coalesce(f.role_id::text, ''), coalesce(f.group_id::text, ''), f.room_id, f.title, count(w.user_id),
  count(w.user_id) filter (where not exists (select from device d
    where d.clinic_id = $1 and d.account_id = w.user_id and d.revoked_at is null and d.certified_at is not null))
from follow f left join wanted w on w.room_id = f.room_id
where f.clinic_id = $1 and f.ended_at is null group by f.clinic_id, f.room_id order by lower(f.title), f.room_id`, clinic, handover.Seconds())
		return err
	})
	return out, pg.Wrap("list followings", err)
}

// Rooms changes who is in a room that follows. *messaging.Chat implements it.
type Rooms interface {
	// Follow makes people members of a room and others former ones, each told by a line in it.
	// Whom that does not concern any more is passed over.
	Follow(ctx context.Context, clinic hub.ClinicID, room hub.RoomID, come, gone []hub.UserID) error
}

// Reconcile makes the members of all rooms that follow those that are wanted, and returns how
// many came or went. The hub only lets them in and out: the recorder commits, as always. Every
// node may run it at any time; one does the work.
func (s *Store) Reconcile(ctx context.Context, clinic hub.ClinicID, rooms Rooms) (n int, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		held, err := holding(ctx, tx, clinic, "follow")
		if err != nil || !held {
			return err
		}
		moves, err := differing(ctx, tx, clinic)
		if err != nil {
			return err
		}
		// Rooms are changed in transactions of their own: this one only keeps other nodes out.
		for _, m := range moves {
			if err := rooms.Follow(ctx, clinic, m.room, m.come, m.gone); err != nil {
				return err
			}
			n += len(m.come) + len(m.gone)
		}
		return retitle(ctx, tx, clinic)
	})
	return n, pg.Wrap("follow members", err)
}

// move is a room whose members are not those that are wanted.
type move struct {
	room       hub.RoomID
	come, gone []hub.UserID
}

func differing(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) (out []move, err error) {
	const q = wantedSQL + `,
there as (
  select m.room_id, m.user_id from follow f join room_member m on m.clinic_id = $1 and m.room_id = f.room_id and m.until is null
  join account a on a.clinic_id = $1 and a.id = m.user_id and not a.recorder
  where f.clinic_id = $1 and f.ended_at is null)
select coalesce(w.room_id, t.room_id), coalesce(w.user_id, t.user_id), t.user_id is null
from wanted w full join there t on t.room_id = w.room_id and t.user_id = w.user_id
join room r on r.clinic_id = $1 and r.id = coalesce(w.room_id, t.room_id)
where w.user_id is null or t.user_id is null order by 1, 2`
	rows, err := tx.Query(ctx, q, clinic, handover.Seconds())
	if err != nil {
		return nil, err
	}
	var room hub.RoomID
	var user hub.UserID
	var comes bool
	_, err = pgx.ForEachRow(rows, []any{&room, &user, &comes}, func() error {
		if len(out) == 0 || out[len(out)-1].room != room {
			out = append(out, move{room: room})
		}
		m := &out[len(out)-1]
		if comes {
			m.come = append(m.come, user)
		} else {
			m.gone = append(m.gone, user)
		}
		return nil
	})
	return out, err
}

// retitle gives rooms the names of what they follow. The recorder says it in the room.
func retitle(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) error {
	_, err := tx.Exec(ctx, `
update follow f set title = `+titleSQL+`, title_seq = coalesce((select last_seq from room where clinic_id = f.clinic_id and id = f.room_id), 0)
where f.clinic_id = $1 and f.ended_at is null and f.title <> `+titleSQL, clinic)
	return err
}
