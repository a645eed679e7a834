package talk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// CreateRoom makes a room, its members, its first commit and the line that tells of it. The
// same room again, by its first commit's id, changes nothing and returns no puts.
func (s *Store) CreateRoom(ctx context.Context, by messaging.Caller, r messaging.NewRoom, adds []hub.DeviceID, decide func(*messaging.Group) (*messaging.Step, error)) (puts []*messaging.Put, err error) {
	const op = "chat.create"
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		puts = nil
		made, err := insertRoom(ctx, tx, op, by, r)
		if err != nil || !made {
			return err
		}
		l, err := lock(ctx, tx, op, by.Clinic, r.ID)
		if err != nil {
			return err
		}
		if err := l.begin(ctx, tx, by, r.Members); err != nil {
			return err
		}
		g, err := l.group(ctx, tx, adds)
		if err != nil {
			return err
		}
		if !g.Devices[by.Device].Usable {
			return hub.E(op, hub.Forbidden, "sender", "")
		}
		step, err := decide(g)
		if err != nil {
			return err
		}
		commit, err := l.admit(ctx, tx, g, step)
		if err != nil {
			return err
		}
		line, err := l.line(ctx, tx, by.User, messaging.MemberChange{Act: messaging.LineCreated, Users: r.Members})
		puts = []*messaging.Put{commit, line}
		return err
	})
	return puts, err
}

// directKey names the two people of a direct room, whoever of them begins it.
func directKey(by messaging.Caller, r messaging.NewRoom) *string {
	if r.Kind != messaging.DirectRoom {
		return nil
	}
	low, high := by.User, r.Members[0]
	if high < low {
		low, high = high, low
	}
	return pg.Null(string(low) + "/" + string(high))
}

// insertRoom reports whether it made the room. Two that make the same direct room at once,
// or one for the same alert, make one: the insert of the second waits and does nothing.
func insertRoom(ctx context.Context, tx pgx.Tx, op string, by messaging.Caller, r messaging.NewRoom) (bool, error) {
	if r.Alert != "" {
		var known bool
		if err := tx.QueryRow(ctx, `select exists (select from alert where clinic_id = $1 and id = $2)`, by.Clinic, r.Alert).Scan(&known); err != nil {
			return false, fmt.Errorf("find alert: %w", err)
		}
		if !known {
			return false, &hub.Error{Op: op, Kind: hub.Invalid, Field: "alert"}
		}
	}
	if err := reserved(ctx, tx, op, by, r.ID); err != nil {
		return false, err
	}
	key, alert := directKey(by, r), pg.Null(string(r.Alert))
	tag, err := tx.Exec(ctx, `
insert into room (clinic_id, id, kind, name, alert_id, direct_key, min_epoch, at) values ($1, $2, $3, '', $4, $5, 1, now()) on conflict do nothing`,
		by.Clinic, r.ID, r.Kind, alert, key)
	if err != nil {
		return false, fmt.Errorf("insert room: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return true, tellBegun(ctx, tx, by.Clinic, r.ID)
	}
	done, err := repeated(ctx, tx, op, by, r.ID, r.Commit.ID)
	if err != nil || done.Seq > 0 {
		return false, err
	}
	var there hub.RoomID
	err = tx.QueryRow(ctx, `
select id from room where clinic_id = $1 and direct_key = $2 union all select id from room where clinic_id = $1 and alert_id = $3 limit 1`,
		by.Clinic, key, alert).Scan(&there)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, hub.E(op, hub.Conflict, "taken", "the id is another room's")
	}
	if err != nil {
		return false, fmt.Errorf("find room: %w", err)
	}
	return false, hub.E(op, hub.Conflict, "exists", "%w", messaging.ExistingRoom(there))
}

// begin writes the roster of a new room and the creator's leaf: 0, from before the first
// item, since nobody welcomed it.
func (l *locked) begin(ctx context.Context, tx pgx.Tx, by messaging.Caller, members []hub.UserID) error {
	var batch pgx.Batch
	batch.Queue(`
insert into room_member (clinic_id, room_id, user_id, role)
select $1, $2, u, case when u = $4 then 'owner' else 'member' end
from (select unnest($3::uuid[]) union select $4 union select id from account where clinic_id = $1 and recorder) x(u)`,
		l.clinic, l.id, members, by.User)
	queueLeaves(&batch, l, 0, []messaging.Leaf{{Index: 0, User: by.User, Device: by.Device}})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("begin room: %w", err)
	}
	return nil
}

// line is the JSON of a line of the hub.
type line struct {
	Act   messaging.LineAct `json:"act"`
	By    hub.UserID        `json:"by"`
	Users []hub.UserID      `json:"users"`
	Role  messaging.Role    `json:"role,omitempty"`
}

// line writes a line and moves the room. It is for the devices in use of all members, and
// of those it is about: who was removed sees that.
func (l *locked) line(ctx context.Context, tx pgx.Tx, by hub.UserID, c messaging.MemberChange) (*messaging.Put, error) {
	l.last++
	users := c.Users
	if users == nil {
		users = []hub.UserID{}
	}
	body, err := json.Marshal(line{c.Act, by, users, c.Role})
	if err != nil {
		return nil, fmt.Errorf("write line: %w", err)
	}
	put := &messaging.Put{Clinic: l.clinic, Item: messaging.Item{
		Room: l.id, Seq: l.last, ID: hub.NewID[string](), Kind: messaging.ItemLine, Body: body, At: l.now, User: by, Epoch: l.epoch,
	}}
	var batch pgx.Batch
	batch.Queue(`update room set last_seq = last_seq + 1, gen = gen + 1, at = $3 where clinic_id = $1 and id = $2`, l.clinic, l.id, l.now)
	l.queueItem(&batch, &put.Item)
	batch.Queue(`
select d.id from (select user_id as id from room_member where clinic_id = $1 and room_id = $2 and until is null union select unnest($3::uuid[])) u
join device d on d.clinic_id = $1 and d.account_id = u.id and d.revoked_at is null order by d.id`, l.clinic, l.id, users).
		Query(func(rows pgx.Rows) (err error) {
			put.Audience, err = pgx.CollectRows(rows, pgx.RowTo[hub.DeviceID])
			return err
		})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("write line: %w", err)
	}
	return put, nil
}

// Conversations returns an account's direct and group rooms, the liveliest first, or one.
func (s *Store) Conversations(ctx context.Context, by messaging.Caller, room hub.RoomID) ([]messaging.Conversation, error) {
	const q = `
select r.id, r.kind, r.last_seq, r.epoch, m.role, m.muted, m.since_seq, m.read_seq,
  (select count(*) from room_member o where o.clinic_id = $1 and o.room_id = r.id and o.until is null),
  case $2::text when split_part(r.direct_key, '/', 1) then split_part(r.direct_key, '/', 2)
    when split_part(r.direct_key, '/', 2) then split_part(r.direct_key, '/', 1) else '' end, -- the recorder has no peer
  coalesce(r.alert_id::text, ''), r.at
from room_member m join room r on r.clinic_id = $1 and r.id = m.room_id and r.kind <> 'alarm'
where m.clinic_id = $1 and m.user_id = $2::uuid and m.until is null and ($3 = '' or m.room_id::text = $3)
order by r.at desc, r.id`
	return read(ctx, s, by.Clinic, "conversations", func(row pgx.CollectableRow) (c messaging.Conversation, err error) {
		err = row.Scan(&c.ID, &c.Kind, &c.LastSeq, &c.Epoch, &c.Role, &c.Muted, &c.Since, &c.Read, &c.Members, &c.Peer, &c.Alert, &c.At)
		return c, err
	}, q, by.Clinic, string(by.User), string(room))
}
