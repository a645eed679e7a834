package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// audience is who is in a conversation at one of its generations. It is shared and never
// changed.
type audience struct {
	gen     int64
	leaves  map[hub.DeviceID]hub.UserID
	devices []hub.DeviceID // those of leaves whose person is a member, ascending
	roles   map[hub.UserID]messaging.Role
}

// audienceCache spares the hot path from reading rooms that have not changed. An entry is
// used only by a transaction that has seen the room at the entry's generation, so a stale
// one does no harm. The zero value is ready.
type audienceCache struct {
	mu   sync.Mutex
	kept map[audienceKey]*audience
	size int // leaves and members
}

type audienceKey struct {
	clinic hub.ClinicID
	room   hub.RoomID
}

// maxAudience bounds the cache to some 50 MB; forgetting only costs reading again.
const maxAudience = 400_000

func (c *audienceCache) get(clinic hub.ClinicID, room hub.RoomID, gen int64) *audience {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.kept[audienceKey{clinic, room}]; a != nil && a.gen == gen {
		return a
	}
	return nil
}

func (c *audienceCache) put(clinic hub.ClinicID, room hub.RoomID, a *audience) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, more := audienceKey{clinic, room}, len(a.leaves)+len(a.roles)
	if old := c.kept[key]; old != nil {
		c.size -= len(old.leaves) + len(old.roles)
	}
	if c.kept == nil || c.size+more > maxAudience {
		c.kept, c.size = map[audienceKey]*audience{}, 0
	}
	c.kept[key] = a
	c.size += more
}

const (
	leavesNowSQL = `select room_id, device_id, user_id from room_leaf where clinic_id = $1 and room_id = any($2) and to_seq is null`
	rolesNowSQL  = `select room_id, user_id, role from room_member where clinic_id = $1 and room_id = any($2) and until is null`
)

// readAudiences reads rooms whose generation the transaction knows and keeps them.
func (db *DB) readAudiences(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, gens map[hub.RoomID]int64) (map[hub.RoomID]*audience, error) {
	found := map[hub.RoomID]*audience{}
	for room, gen := range gens {
		found[room] = &audience{gen: gen, leaves: map[hub.DeviceID]hub.UserID{}, roles: map[hub.UserID]messaging.Role{}}
	}
	rooms := slices.Collect(maps.Keys(gens))
	var room hub.RoomID
	var device hub.DeviceID
	var user hub.UserID
	var role messaging.Role
	var batch pgx.Batch
	batch.Queue(leavesNowSQL, clinic, rooms).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&room, &device, &user}, func() error { found[room].leaves[device] = user; return nil })
		return err
	})
	batch.Queue(rolesNowSQL, clinic, rooms).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&room, &user, &role}, func() error { found[room].roles[user] = role; return nil })
		return err
	})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("read who is in rooms: %w", err)
	}
	for room, a := range found {
		a.devices = a.listening()
		db.audiences.put(clinic, room, a)
	}
	return found, nil
}

// listening are the devices messages are given to: the leaf of somebody who was removed
// stays in the tree until the recorder's commit.
func (a *audience) listening() []hub.DeviceID {
	var out []hub.DeviceID
	for device, user := range a.leaves {
		if _, member := a.roles[user]; member {
			out = append(out, device)
		}
	}
	slices.Sort(out)
	return out
}

// meetAudiences gives the conversations of a batch their audiences.
func (db *DB) meetAudiences(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, n *numbering, puts []*itemPut) error {
	stale := map[hub.RoomID]int64{}
	for _, p := range puts {
		s := n.rooms[p.Item.Room]
		if p.Item.From == "" || s == nil || s.audience != nil {
			continue
		}
		if s.audience = db.audiences.get(clinic, p.Item.Room, s.gen); s.audience == nil {
			stale[p.Item.Room] = s.gen
		}
	}
	if len(stale) == 0 {
		return nil
	}
	found, err := db.readAudiences(ctx, tx, clinic, stale)
	for room, a := range found {
		n.rooms[room].audience = a
	}
	return err
}

// Audience returns the devices that have a leaf in a conversation, ascending. The slice is
// shared and never changed.
func (db *DB) Audience(ctx context.Context, clinic hub.ClinicID, room hub.RoomID) ([]hub.DeviceID, error) {
	a, err := db.audience(ctx, clinic, room)
	if err != nil {
		return nil, err
	}
	return a.devices, nil
}

// RoomUsers returns the members of a conversation, ascending.
func (db *DB) RoomUsers(ctx context.Context, clinic hub.ClinicID, room hub.RoomID) ([]hub.UserID, error) {
	a, err := db.audience(ctx, clinic, room)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(a.roles)), nil
}

// audience is empty for a room that does not exist.
func (db *DB) audience(ctx context.Context, clinic hub.ClinicID, room hub.RoomID) (*audience, error) {
	a := &audience{}
	err := db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		var gen int64
		err := tx.QueryRow(ctx, `select gen from room where clinic_id = $1 and id = $2`, clinic, room).Scan(&gen)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if kept := db.audiences.get(clinic, room, gen); kept != nil {
			a = kept
			return nil
		}
		// Should the room move on before this reads it, nobody sees it at that generation again.
		found, err := db.readAudiences(ctx, tx, clinic, map[hub.RoomID]int64{room: gen})
		if err == nil {
			a = found[room]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read audience: %w", err)
	}
	return a, nil
}
