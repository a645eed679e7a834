package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// readPut is one account's word that it has read a room up to a number.
type readPut struct {
	by    messaging.Caller
	room  hub.RoomID
	seq   int64
	moved bool
}

// MarkRead moves an account's mark in a conversation, never back and never beyond its end.
// Marks of one clinic that come together are written together.
func (db *DB) MarkRead(ctx context.Context, by messaging.Caller, room hub.RoomID, seq int64) (bool, error) {
	p := &readPut{by: by, room: room, seq: seq}
	err := db.reads.Do(ctx, string(by.Clinic), p)
	return err == nil && p.moved, err
}

const markReadSQL = `
with got as (
  select t.room, t.usr, max(least(t.seq, r.last_seq)) as seq from unnest($2::uuid[], $3::uuid[], $4::bigint[]) t(room, usr, seq)
  join room r on r.clinic_id = $1 and r.id = t.room and r.kind <> 'alarm' group by 1, 2),
held as (
  select m.room_id, m.user_id, g.seq from got g join room_member m on m.clinic_id = $1 and m.room_id = g.room and m.user_id = g.usr
  where m.until is null and m.read_seq < g.seq order by m.room_id, m.user_id for no key update of m),
moved as (
  update room_member m set read_seq = h.seq from held h
  where m.clinic_id = $1 and m.room_id = h.room_id and m.user_id = h.user_id returning m.room_id, m.user_id, m.read_seq),
kept as (
  insert into receipt (clinic_id, room_id, user_id, kind, seq, at)
  select $1, room_id, user_id, 'read', read_seq, clock_timestamp() from moved on conflict do nothing)
select room_id, user_id, read_seq from moved`

type userRoom struct {
	room hub.RoomID
	user hub.UserID
}

func (db *DB) writeReads(ctx context.Context, puts []*readPut) error {
	clinic := puts[0].by.Clinic
	rooms, users, seqs := make([]hub.RoomID, len(puts)), make([]hub.UserID, len(puts)), make([]int64, len(puts))
	for i, p := range puts {
		rooms[i], users[i], seqs[i] = p.room, p.by.User, p.seq
	}
	moved := map[userRoom]int64{}
	err := db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, markReadSQL, clinic, rooms, users, seqs)
		if err != nil {
			return err
		}
		var at userRoom
		var seq int64
		_, err = pgx.ForEachRow(rows, []any{&at.room, &at.user, &seq}, func() error { moved[at] = seq; return nil })
		return err
	})
	if err != nil {
		return fmt.Errorf("mark read: %w", err)
	}
	for _, p := range puts {
		seq, ok := moved[userRoom{p.room, p.by.User}]
		p.moved = ok && p.seq >= seq
	}
	return nil
}
