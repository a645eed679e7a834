package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// AppendMessages appends messages of one device in their order: those of one room queue
// next to each other in the lane of the room. Each gets its number and time, or a code.
func (db *DB) AppendMessages(ctx context.Context, _ messaging.Caller, puts []*messaging.Put) ([]string, error) {
	items, err := db.items.append(ctx, puts)
	codes := make([]string, len(puts))
	for i, p := range items {
		codes[i] = p.code
	}
	return codes, err
}

// usableSQL finds the devices that may still say something.
const usableSQL = `
select d.id from device d join account a on a.clinic_id = $1 and a.id = d.account_id
where d.clinic_id = $1 and d.id = any($2) and d.revoked_at is null and a.state = 'active'`

func (n *numbering) queueUsable(batch *pgx.Batch, clinic hub.ClinicID) {
	if len(n.usable) == 0 {
		return
	}
	batch.Queue(usableSQL, clinic, slices.Collect(maps.Keys(n.usable))).Query(func(rows pgx.Rows) error {
		var id hub.DeviceID
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error { n.usable[id] = true; return nil })
		return err
	})
}

// admits says whether a new item may be written, and otherwise in the put why not. A
// message must be of the room's current epoch, or of the one before it unless the commit
// between them changed the tree: who was removed must not read what is said now, and who was
// added could not.
func (n *numbering) admits(p *itemPut, room *roomState) bool {
	i := &p.Item
	if i.From == "" {
		if room == nil || room.kind != messaging.AlarmRoom {
			p.err = &hub.Error{Op: "store.append", Kind: hub.NotFound, Field: "room"}
		}
		return p.err == nil
	}
	if room == nil || room.kind == messaging.AlarmRoom || !n.usable[i.From] {
		p.code = "room"
		return false
	}
	role, member := room.audience.roles[i.User]
	user, leaf := room.audience.leaves[i.From]
	switch {
	case !member:
		p.code = "room"
	case !leaf || user != i.User:
		p.code = "joining"
	case role == messaging.Reader:
		p.code = "role"
	case i.Epoch != room.epoch && (i.Epoch != room.epoch-1 || i.Epoch < room.minEpoch):
		p.code = "epoch"
	}
	p.Audience = room.audience.devices
	return p.code == ""
}

const writeMessagesSQL = `
insert into item (clinic_id, room_id, seq, id, kind, ref, body, at, user_id, device_id, epoch, prio)
select $1, t.room, t.seq, t.id, 'msg', '', t.body, $10::timestamptz, t.usr, t.device, t.epoch, t.prio
from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::bytea[], $6::uuid[], $7::uuid[], $8::bigint[], $9::smallint[])
  t(room, seq, id, body, usr, device, epoch, prio)`

func queueMessages(batch *pgx.Batch, clinic hub.ClinicID, puts []*itemPut, now time.Time) {
	if len(puts) == 0 {
		return
	}
	rooms, seqs, ids := make([]hub.RoomID, len(puts)), make([]int64, len(puts)), make([]string, len(puts))
	bodies, users, devices := make([][]byte, len(puts)), make([]hub.UserID, len(puts)), make([]hub.DeviceID, len(puts))
	epochs, prios := make([]int64, len(puts)), make([]int16, len(puts))
	for k, p := range puts {
		i := &p.Item
		rooms[k], seqs[k], ids[k], bodies[k] = i.Room, p.seq, i.ID, i.Body
		users[k], devices[k], epochs[k], prios[k] = i.User, i.From, i.Epoch, int16(i.Priority)
	}
	batch.Queue(writeMessagesSQL, clinic, rooms, seqs, ids, bodies, users, devices, epochs, prios, now)
}
