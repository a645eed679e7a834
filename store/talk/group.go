package talk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// locked is a conversation whose row this transaction holds.
type locked struct {
	id     hub.RoomID
	kind   messaging.RoomKind
	epoch  int64
	last   int64
	now    time.Time
	clinic hub.ClinicID
}

// lock holds a conversation, or refuses. Everything that numbers its items waits meanwhile.
func lock(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, room hub.RoomID) (*locked, error) {
	l := &locked{id: room, clinic: clinic}
	err := tx.QueryRow(ctx, `
select kind, epoch, last_seq, clock_timestamp() from room where clinic_id = $1 and id = $2 and kind <> 'alarm' for update`, clinic, room).
		Scan(&l.kind, &l.epoch, &l.last, &l.now)
	if err != nil {
		return nil, pg.Found(err, noRoom(op))
	}
	return l, nil
}

// group reads what a commit is judged by.
func (l *locked) group(ctx context.Context, tx pgx.Tx, devices []hub.DeviceID) (*messaging.Group, error) {
	g := &messaging.Group{Room: l.id, Epoch: l.epoch, Roles: map[hub.UserID]messaging.Role{}}
	var user hub.UserID
	var role messaging.Role
	var recorder bool
	var batch pgx.Batch
	batch.Queue(`
select m.user_id, m.role, a.recorder from room_member m join account a on a.clinic_id = $1 and a.id = m.user_id
where m.clinic_id = $1 and m.room_id = $2 and m.until is null`, l.clinic, l.id).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&user, &role, &recorder}, func() error {
			if g.Roles[user] = role; recorder {
				g.Recorder = user
			}
			return nil
		})
		return err
	})
	batch.Queue(`
select leaf, user_id, device_id from room_leaf where clinic_id = $1 and room_id = $2 and to_seq is null order by leaf`, l.clinic, l.id).
		Query(func(rows pgx.Rows) (err error) {
			g.Leaves, err = pgx.CollectRows(rows, pgx.RowToStructByPos[messaging.Leaf])
			return err
		})
	queueDevices(&batch, l.clinic, devices, &g.Devices)
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	return g, nil
}

const deviceKeysSQL = `
select d.id, d.account_id, d.sign_public, d.kem_public, d.revoked_at is null and a.state = 'active', d.certified_at is not null
from device d join account a on a.clinic_id = $1 and a.id = d.account_id where d.clinic_id = $1 and d.id = any($2)`

func queueDevices(batch *pgx.Batch, clinic hub.ClinicID, devices []hub.DeviceID, into *map[hub.DeviceID]messaging.DeviceKeys) {
	*into = map[hub.DeviceID]messaging.DeviceKeys{}
	batch.Queue(deviceKeysSQL, clinic, devices).Query(func(rows pgx.Rows) error {
		var id hub.DeviceID
		var d messaging.DeviceKeys
		_, err := pgx.ForEachRow(rows, []any{&id, &d.User, &d.Sign, &d.KEM, &d.Usable, &d.Certified}, func() error { (*into)[id] = d; return nil })
		return err
	})
}

// ChangeGroup appends a commit that decide admits. Of several made in one epoch one moves
// the room's row; the others find it moved.
func (s *Store) ChangeGroup(ctx context.Context, by messaging.Caller, room hub.RoomID, id string, adds []hub.DeviceID, decide func(*messaging.Group) (*messaging.Step, error)) (done messaging.Committed, put *messaging.Put, err error) {
	const op = "chat.commit"
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		done, put = messaging.Committed{}, nil
		l, err := lock(ctx, tx, op, by.Clinic, room)
		if err != nil {
			return err
		}
		if _, err := memberRole(ctx, tx, op, by, room); err != nil {
			return err
		}
		if done, err = repeated(ctx, tx, op, by, room, id); err != nil || done.Seq > 0 {
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
		put, err = l.admit(ctx, tx, g, step)
		done = messaging.Committed{Seq: l.last, Epoch: l.epoch}
		return err
	})
	return done, put, err
}

// repeated returns what a commit of the same id came to, if there is one.
func repeated(ctx context.Context, tx pgx.Tx, op string, by messaging.Caller, room hub.RoomID, id string) (done messaging.Committed, err error) {
	var kind messaging.ItemKind
	var from hub.DeviceID
	// As in store: the first entry at or after the id, so that the index by id answers.
	err = tx.QueryRow(ctx, `
select seq, kind, coalesce(device_id::text, ''), coalesce(epoch, 0) + 1 from (
  select * from item where clinic_id = $1 and (room_id, id) >= ($2::uuid, $3::uuid) order by room_id, id limit 1) i where room_id = $2 and id = $3`,
		by.Clinic, room, id).Scan(&done.Seq, &kind, &from, &done.Epoch)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return messaging.Committed{}, nil
	case err != nil:
		return done, err
	case kind != messaging.ItemCommit || from != by.Device:
		return done, hub.E(op, hub.Invalid, "malformed", "the id is another item's")
	}
	return done, nil
}

// The epoch is compared and set; the leaves are ended before others begin at the same
// places.
const (
	moveEpochSQL = `
update room set epoch = epoch + 1, min_epoch = case when $5 then epoch + 1 else min_epoch end,
  gen = gen + case when $5 then 1 else 0 end, last_seq = last_seq + 1, at = $4
where clinic_id = $1 and id = $2 and epoch = $3`
	endLeavesSQL = `
update room_leaf set to_seq = $3 where clinic_id = $1 and room_id = $2 and device_id = any($4) and to_seq is null`
	beginLeavesSQL = `
insert into room_leaf (clinic_id, room_id, device_id, from_seq, leaf, user_id)
select $1, $2, t.device, $3, t.leaf, t.usr from unnest($4::uuid[], $5::int[], $6::uuid[]) t(device, leaf, usr)`
	writeItemSQL = `
insert into item (clinic_id, room_id, seq, id, kind, ref, body, at, user_id, device_id, epoch, prio)
values ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, 0)`
	writeWelcomeSQL = `insert into welcome (clinic_id, room_id, seq, body) values ($1, $2, $3, $4)`
	doneRejoinSQL   = `
update rejoin set done_at = $4 where clinic_id = $1 and room_id = $2 and device_id = any($3) and done_at is null`
)

// admit writes a step and moves the room.
func (l *locked) admit(ctx context.Context, tx pgx.Tx, g *messaging.Group, step *messaging.Step) (*messaging.Put, error) {
	moves := len(step.Remove)+len(step.Add) > 0
	tag, err := tx.Exec(ctx, moveEpochSQL, l.clinic, l.id, l.epoch, l.now, moves)
	if err != nil {
		return nil, fmt.Errorf("move epoch: %w", err)
	}
	if tag.RowsAffected() != 1 {
		return nil, fmt.Errorf("move epoch: %d rooms", tag.RowsAffected())
	}
	l.epoch++
	l.last++
	put := &messaging.Put{Clinic: l.clinic, Item: step.Item, Audience: union(devicesOf(g.Leaves), devicesOf(step.Add)), Added: union(devicesOf(step.Add))}
	put.Item.Seq, put.Item.At = l.last, l.now
	var batch pgx.Batch
	if len(step.Remove) > 0 {
		batch.Queue(endLeavesSQL, l.clinic, l.id, l.last, devicesOf(step.Remove))
	}
	if len(step.Add) > 0 {
		queueLeaves(&batch, l, l.last, step.Add)
		batch.Queue(writeWelcomeSQL, l.clinic, l.id, l.last, step.Welcome)
		batch.Queue(doneRejoinSQL, l.clinic, l.id, put.Added, l.now)
	}
	l.queueItem(&batch, &put.Item)
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("write commit: %w", err)
	}
	return put, nil
}

func queueLeaves(batch *pgx.Batch, l *locked, from int64, leaves []messaging.Leaf) {
	indices, users := make([]int32, len(leaves)), make([]hub.UserID, len(leaves))
	for i, leaf := range leaves {
		indices[i], users[i] = int32(leaf.Index), leaf.User
	}
	batch.Queue(beginLeavesSQL, l.clinic, l.id, from, devicesOf(leaves), indices, users)
}

func (l *locked) queueItem(batch *pgx.Batch, i *messaging.Item) {
	batch.Queue(writeItemSQL, l.clinic, l.id, i.Seq, i.ID, i.Kind, i.Body, i.At, i.User, pg.Null(string(i.From)), i.Epoch)
}

func devicesOf(leaves []messaging.Leaf) []hub.DeviceID {
	out := make([]hub.DeviceID, len(leaves))
	for i, l := range leaves {
		out[i] = l.Device
	}
	return out
}
