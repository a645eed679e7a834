package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

var _ messaging.Store = (*DB)(nil)

// itemLanes is how many writers append side by side in one clinic. A room always belongs
// to the same one, so no two of them wait for one room's counter.
const itemLanes = 4

// maxItemBatch bounds the items of one transaction.
const maxItemBatch = 256

// itemWriter appends items in batches and remembers which encapsulations are stored: they
// are 1,120 bytes each and are written once a day per device, not with every item.
type itemWriter struct {
	*batcher[*messaging.Put]
	mu    sync.Mutex
	known map[kekKey]struct{}
}

type kekKey struct {
	clinic hub.ClinicID
	device hub.DeviceID
	kek    string
}

// maxKnownKEKs bounds the memory to some 20 MB; forgetting only costs writing them again.
const maxKnownKEKs = 100_000

func newItemWriter(db *DB) *itemWriter {
	w := &itemWriter{known: map[kekKey]struct{}{}}
	w.batcher = newBatcher(maxItemBatch, func(ctx context.Context, puts []*messaging.Put) error {
		return db.appendItems(ctx, w, puts)
	})
	return w
}

// Append writes puts and fills in their numbers; see messaging.Store. A put whose item the
// room has already loses its body and wraps: they are not those that are stored.
func (db *DB) Append(ctx context.Context, puts []*messaging.Put) error {
	if len(puts) == 1 {
		return db.items.Do(ctx, itemLane(puts[0]), puts[0])
	}
	errs := make(chan error, len(puts))
	for _, p := range puts {
		go func() { errs <- db.items.Do(ctx, itemLane(p), p) }()
	}
	var first error
	for range puts {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func itemLane(p *messaging.Put) string {
	h := fnv.New32a()
	h.Write([]byte(p.Item.Room))
	return fmt.Sprintf("%s/%d", p.Clinic, h.Sum32()%itemLanes)
}

// The rooms are locked in order of their ids, so that writers of several nodes never wait
// in a circle. What the rooms have already is read after that, under the lock.
const (
	lockRoomsSQL = `select id, last_seq, clock_timestamp() from room where clinic_id = $1 and id = any($2) order by id for update`
	repeatsSQL   = `
select t.room, t.id, i.seq from unnest($2::uuid[], $3::uuid[]) t(room, id) cross join lateral (
  select seq from item where clinic_id = $1 and room_id = t.room and item.id = t.id limit 1) i`
)

// numbering is what a batch of items learns of its rooms.
type numbering struct {
	last   map[hub.RoomID]int64
	has    map[roomItem]int64
	now    time.Time
	fresh  []*messaging.Put
	repeat []*messaging.Put
}

type roomItem struct {
	room hub.RoomID
	id   string
}

func (db *DB) appendItems(ctx context.Context, w *itemWriter, puts []*messaging.Put) error {
	clinic := puts[0].Clinic
	var n *numbering
	var keks []kekKey
	err := db.byKeys(ctx, clinic, func(tx pgx.Tx) (err error) {
		if n, err = readRooms(ctx, tx, clinic, puts); err != nil {
			return err
		}
		if err = n.number(puts); err != nil || len(n.fresh) == 0 {
			return err
		}
		keks, err = w.writeItems(ctx, tx, clinic, n)
		return err
	})
	if err != nil {
		return fmt.Errorf("append items: %w", err)
	}
	w.remember(keks)
	for _, p := range n.repeat {
		p.Item.Seq, p.Item.Body, p.Wraps = n.has[roomItem{p.Item.Room, p.Item.ID}], nil, nil
	}
	return nil
}

func readRooms(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, puts []*messaging.Put) (*numbering, error) {
	n := &numbering{last: map[hub.RoomID]int64{}, has: map[roomItem]int64{}}
	rooms, ids := make([]hub.RoomID, len(puts)), make([]string, len(puts))
	for i, p := range puts {
		rooms[i], ids[i] = p.Item.Room, p.Item.ID
	}
	var batch pgx.Batch
	batch.Queue(lockRoomsSQL, clinic, rooms).Query(func(rows pgx.Rows) error {
		var room hub.RoomID
		var last int64
		_, err := pgx.ForEachRow(rows, []any{&room, &last, &n.now}, func() error { n.last[room] = last; return nil })
		return err
	})
	batch.Queue(repeatsSQL, clinic, rooms, ids).Query(func(rows pgx.Rows) error {
		var key roomItem
		var seq int64
		_, err := pgx.ForEachRow(rows, []any{&key.room, &key.id, &seq}, func() error { n.has[key] = seq; return nil })
		return err
	})
	return n, tx.SendBatch(ctx, &batch).Close()
}

// number gives each new item the next number of its room. Nothing leaves a hole: numbers
// and items commit together.
func (n *numbering) number(puts []*messaging.Put) error {
	n.fresh, n.repeat = nil, nil
	for _, p := range puts {
		key := roomItem{p.Item.Room, p.Item.ID}
		if _, ok := n.has[key]; ok {
			n.repeat = append(n.repeat, p)
			continue
		}
		last, ok := n.last[p.Item.Room]
		if !ok {
			return &hub.Error{Op: "store.append", Kind: hub.NotFound, Field: "room"}
		}
		n.last[p.Item.Room], n.has[key] = last+1, last+1
		p.Item.Seq, p.Item.At = last+1, n.now
		n.fresh = append(n.fresh, p)
	}
	return nil
}

const (
	moveRoomsSQL = `
update room r set last_seq = t.last from unnest($2::uuid[], $3::bigint[]) t(id, last) where r.clinic_id = $1 and r.id = t.id`
	writeItemsSQL = `
insert into item (clinic_id, room_id, seq, id, kind, ref, body, at)
select $1, *, $8::timestamptz from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::bytea[])`
	writeKEKsSQL = `
insert into device_kek (clinic_id, device_id, kek, enc)
select $1, * from unnest($2::uuid[], $3::bytea[], $4::bytea[]) on conflict do nothing`
	// A wrap names its item by its place in the batch: ids would be most of the statement.
	writeWrapsSQL = `
insert into item_wrap (clinic_id, room_id, seq, device_id, kek, row)
select $1, i.room, i.seq, w.device, w.kek, w.wrap from unnest($4::int[], $5::uuid[], $6::bytea[], $7::bytea[]) w(place, device, kek, wrap)
join unnest($2::uuid[], $3::bigint[]) with ordinality i(room, seq, place) on i.place = w.place`
	writeMembersSQL = `
insert into room_member (clinic_id, room_id, user_id)
select $1, t.room, t.usr from unnest($2::uuid[], $3::uuid[]) t(room, usr)
where not exists (select from room_member m where m.clinic_id = $1 and m.room_id = t.room and m.user_id = t.usr)
on conflict do nothing`
)

// writeItems writes the new items and returns the encapsulations stored with them.
func (w *itemWriter) writeItems(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, n *numbering) ([]kekKey, error) {
	var batch pgx.Batch
	rooms, seqs := queueItems(&batch, clinic, n)
	keks := w.queueWraps(&batch, clinic, n.fresh, rooms, seqs)
	queueMembers(&batch, clinic, n.fresh)
	return keks, tx.SendBatch(ctx, &batch).Close()
}

func queueItems(batch *pgx.Batch, clinic hub.ClinicID, n *numbering) (rooms []hub.RoomID, seqs []int64) {
	var ids, kinds, refs []string
	var bodies [][]byte
	top := map[hub.RoomID]int64{}
	for _, p := range n.fresh {
		rooms, seqs, ids = append(rooms, p.Item.Room), append(seqs, p.Item.Seq), append(ids, p.Item.ID)
		kinds, refs, bodies = append(kinds, string(p.Item.Kind)), append(refs, p.Item.Ref), append(bodies, p.Item.Body)
		top[p.Item.Room] = p.Item.Seq
	}
	var moved []hub.RoomID
	var last []int64
	for room, seq := range top {
		moved, last = append(moved, room), append(last, seq)
	}
	batch.Queue(moveRoomsSQL, clinic, moved, last)
	batch.Queue(writeItemsSQL, clinic, rooms, seqs, ids, kinds, refs, bodies, n.now)
	return rooms, seqs
}

func (w *itemWriter) queueWraps(batch *pgx.Batch, clinic hub.ClinicID, puts []*messaging.Put, rooms []hub.RoomID, seqs []int64) []kekKey {
	var places []int32
	var devices, kekDevices []hub.DeviceID
	var keks, wraps, newKEKs, encs [][]byte
	var stored []kekKey
	w.mu.Lock()
	for i, p := range puts {
		for _, r := range p.Wraps {
			places, devices, keks, wraps = append(places, int32(i+1)), append(devices, r.Device), append(keks, r.KEK), append(wraps, r.Row)
			key := kekKey{clinic, r.Device, string(r.KEK)}
			if _, ok := w.known[key]; !ok {
				kekDevices, newKEKs, encs = append(kekDevices, r.Device), append(newKEKs, r.KEK), append(encs, r.Enc)
				stored = append(stored, key)
			}
		}
	}
	w.mu.Unlock()
	if len(stored) > 0 {
		batch.Queue(writeKEKsSQL, clinic, kekDevices, newKEKs, encs)
	}
	if len(places) > 0 {
		batch.Queue(writeWrapsSQL, clinic, rooms, seqs, places, devices, keks, wraps)
	}
	return stored
}

// remember notes encapsulations whose transaction has committed, never before.
func (w *itemWriter) remember(keys []kekKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.known)+len(keys) > maxKnownKEKs {
		clear(w.known)
	}
	for _, k := range keys {
		w.known[k] = struct{}{}
	}
}

func queueMembers(batch *pgx.Batch, clinic hub.ClinicID, puts []*messaging.Put) {
	type member struct {
		room hub.RoomID
		user hub.UserID
	}
	seen := map[member]bool{}
	var rooms []hub.RoomID
	var users []hub.UserID
	for _, p := range puts {
		for _, u := range p.Readers {
			if m := (member{p.Item.Room, u}); !seen[m] {
				seen[m] = true
				rooms, users = append(rooms, m.room), append(users, u)
			}
		}
	}
	if len(rooms) > 0 {
		batch.Queue(writeMembersSQL, clinic, rooms, users)
	}
}
