package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

var _ messaging.Store = (*DB)(nil)

// itemLanes is how many writers append side by side in one clinic. A room always belongs
// to the same one, so no two of them wait for one room's counter.
const itemLanes = 4

// maxItemBatch bounds the items of one transaction.
const maxItemBatch = 512

// itemWriter appends items in batches and remembers which encapsulations are stored: they
// are 1,120 bytes each and are written once a day per device, not with every item.
type itemWriter struct {
	*batcher[*itemPut]
	mu    sync.Mutex
	known map[kekKey]struct{}
}

// itemPut is an item on its way. Its number is handed out when the batch has committed.
type itemPut struct {
	*messaging.Put
	seq  int64
	at   time.Time
	old  bool   // the room has it already
	code string // why a message is refused
	err  error  // why an item cannot be kept
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
	w.batcher = newBatcher(maxItemBatch, func(ctx context.Context, puts []*itemPut) error {
		return db.appendItems(ctx, w, puts)
	})
	// After any other failure than of the data itself a later item would be tried as well as
	// an earlier one, and one device's messages would stand in the wrong order.
	w.alone = isDataError
	return w
}

// isDataError reports whether PostgreSQL refused values (classes 22 and 23).
func isDataError(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && len(e.Code) == 5 && (e.Code[:2] == "22" || e.Code[:2] == "23")
}

// Append writes puts and fills in their numbers; see messaging.Store. A put whose item the
// room has already loses its body and wraps: they are not those that are stored.
func (db *DB) Append(ctx context.Context, puts []*messaging.Put) error {
	items, err := db.items.append(ctx, puts)
	for _, p := range items {
		err = cmp.Or(err, p.err)
	}
	return err
}

// append queues the puts of each lane next to each other, in their order.
func (w *itemWriter) append(ctx context.Context, puts []*messaging.Put) ([]*itemPut, error) {
	items, lanes := make([]*itemPut, len(puts)), map[string][]*itemPut{}
	for i, p := range puts {
		items[i] = &itemPut{Put: p}
		name := itemLane(p)
		lanes[name] = append(lanes[name], items[i])
	}
	if len(lanes) == 1 {
		return items, cmp.Or(w.DoAll(ctx, itemLane(puts[0]), items)...)
	}
	errs := make(chan error, len(lanes))
	for name, some := range lanes {
		go func() { errs <- cmp.Or(w.DoAll(ctx, name, some)...) }()
	}
	var err error
	for range lanes {
		err = cmp.Or(err, <-errs)
	}
	return items, err
}

func itemLane(p *messaging.Put) string {
	h := fnv.New32a()
	h.Write([]byte(p.Item.Room))
	return fmt.Sprintf("%s/%d", p.Clinic, h.Sum32()%itemLanes)
}

// The rooms are locked in order of their ids, so that writers of several nodes never wait
// in a circle. What the rooms have already is read after that, under the lock.
const (
	lockRoomsSQL = `
select id, kind, last_seq, epoch, min_epoch, gen, clock_timestamp() from room where clinic_id = $1 and id = any($2) order by id for update`
	// Asked for as the first entry at or after each id, so that only the index by id can
	// answer. Before a table is analysed the index by number looks as good to the planner,
	// and a busy room would be read from end to end for each message.
	repeatsSQL = `
select t.room, t.id, i.seq, i.at, coalesce(i.device_id::text, '') from unnest($2::uuid[], $3::uuid[]) t(room, id) cross join lateral (
  select room_id, id, seq, at, device_id from item where clinic_id = $1 and (room_id, id) >= (t.room, t.id) order by room_id, id limit 1) i
where i.room_id = t.room and i.id = t.id`
)

// numbering is what a batch of items learns of its rooms.
type numbering struct {
	rooms  map[hub.RoomID]*roomState
	has    map[roomItem]itemPlace
	usable map[hub.DeviceID]bool // of those that send
	now    time.Time
	fresh  []*itemPut
}

// roomState is a room under the lock of this batch.
type roomState struct {
	kind            messaging.RoomKind
	last            int64
	epoch, minEpoch int64
	gen             int64
	audience        *audience // of a conversation
}

type roomItem struct {
	room hub.RoomID
	id   string
}

// itemPlace is where an item is, and whose it is.
type itemPlace struct {
	seq  int64
	at   time.Time
	from hub.DeviceID
}

func (db *DB) appendItems(ctx context.Context, w *itemWriter, puts []*itemPut) error {
	clinic := puts[0].Clinic
	n := &numbering{rooms: map[hub.RoomID]*roomState{}, has: map[roomItem]itemPlace{}, usable: map[hub.DeviceID]bool{}}
	var keks []kekKey
	lock := func(b *pgx.Batch) { n.queueRooms(b, clinic, puts) }
	err := db.enter(ctx, byKeysSQL, clinic, lock, func(tx pgx.Tx) (err error) {
		if err = db.meetAudiences(ctx, tx, clinic, n, puts); err != nil {
			return err
		}
		if n.number(puts); len(n.fresh) == 0 {
			return nil
		}
		keks, err = w.writeItems(ctx, tx, clinic, n)
		return err
	})
	if err != nil {
		return fmt.Errorf("append items: %w", err)
	}
	w.remember(keks)
	for _, p := range puts {
		p.Item.Seq, p.Item.At = p.seq, p.at
		if p.old {
			p.Item.Body, p.Wraps = nil, nil
		}
	}
	return nil
}

// queueRooms locks the rooms of a batch and reads what it needs of them.
func (n *numbering) queueRooms(batch *pgx.Batch, clinic hub.ClinicID, puts []*itemPut) {
	rooms, ids := make([]hub.RoomID, len(puts)), make([]string, len(puts))
	for i, p := range puts {
		rooms[i], ids[i] = p.Item.Room, p.Item.ID
		if p.Item.From != "" {
			n.usable[p.Item.From] = false
		}
	}
	batch.Queue(lockRoomsSQL, clinic, rooms).Query(func(rows pgx.Rows) error {
		var room hub.RoomID
		var s roomState
		_, err := pgx.ForEachRow(rows, []any{&room, &s.kind, &s.last, &s.epoch, &s.minEpoch, &s.gen, &n.now}, func() error {
			found := s
			n.rooms[room] = &found
			return nil
		})
		return err
	})
	batch.Queue(repeatsSQL, clinic, rooms, ids).Query(func(rows pgx.Rows) error {
		var key roomItem
		var at itemPlace
		_, err := pgx.ForEachRow(rows, []any{&key.room, &key.id, &at.seq, &at.at, &at.from}, func() error { n.has[key] = at; return nil })
		return err
	})
	n.queueUsable(batch, clinic)
}

// number gives each new item the next number of its room. Nothing leaves a hole: numbers
// and items commit together.
func (n *numbering) number(puts []*itemPut) {
	n.fresh = nil
	for _, p := range puts {
		p.seq, p.at, p.old, p.code, p.err = 0, time.Time{}, false, "", nil
		key, room := roomItem{p.Item.Room, p.Item.ID}, n.rooms[p.Item.Room]
		if at, ok := n.has[key]; ok {
			if at.from != p.Item.From {
				p.code = "malformed" // somebody else's id
				continue
			}
			p.seq, p.at, p.old = at.seq, at.at, true
			continue
		}
		if !n.admits(p, room) {
			continue
		}
		room.last++
		p.seq, p.at = room.last, n.now
		n.has[key] = itemPlace{p.seq, p.at, p.Item.From}
		n.fresh = append(n.fresh, p)
	}
}

const (
	moveRoomsSQL = `
update room r set last_seq = t.last, at = $4 from unnest($2::uuid[], $3::bigint[]) t(id, last) where r.clinic_id = $1 and r.id = t.id`
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
	var alerts, messages []*itemPut
	top := map[hub.RoomID]int64{}
	for _, p := range n.fresh {
		top[p.Item.Room] = p.seq
		if p.Item.From == "" {
			alerts = append(alerts, p)
		} else {
			messages = append(messages, p)
		}
	}
	var moved []hub.RoomID
	var last []int64
	for room, seq := range top {
		moved, last = append(moved, room), append(last, seq)
	}
	batch.Queue(moveRoomsSQL, clinic, moved, last, n.now)
	queueMessages(&batch, clinic, messages, n.now)
	rooms, seqs := queueItems(&batch, clinic, alerts, n.now)
	keks := w.queueWraps(&batch, clinic, alerts, rooms, seqs)
	queueMembers(&batch, clinic, alerts)
	return keks, tx.SendBatch(ctx, &batch).Close()
}

func queueItems(batch *pgx.Batch, clinic hub.ClinicID, puts []*itemPut, now time.Time) (rooms []hub.RoomID, seqs []int64) {
	if len(puts) == 0 {
		return nil, nil
	}
	var ids, kinds, refs []string
	var bodies [][]byte
	for _, p := range puts {
		rooms, seqs, ids = append(rooms, p.Item.Room), append(seqs, p.seq), append(ids, p.Item.ID)
		kinds, refs, bodies = append(kinds, string(p.Item.Kind)), append(refs, p.Item.Ref), append(bodies, p.Item.Body)
	}
	batch.Queue(writeItemsSQL, clinic, rooms, seqs, ids, kinds, refs, bodies, now)
	return rooms, seqs
}

func (w *itemWriter) queueWraps(batch *pgx.Batch, clinic hub.ClinicID, puts []*itemPut, rooms []hub.RoomID, seqs []int64) []kekKey {
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

func queueMembers(batch *pgx.Batch, clinic hub.ClinicID, puts []*itemPut) {
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
