package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/fanout"
	"github.com/wardline/wardline/messaging/fanout/fanouttest"
	"github.com/wardline/wardline/store"
)

// itemFor makes an item for one device.
func (w *callWard) itemFor(room hub.RoomID, s staff, body string) *messaging.Put {
	return &messaging.Put{
		Clinic:  w.clinic,
		Item:    messaging.Item{Room: room, ID: hub.NewID[string](), Kind: messaging.ItemAlert, Ref: "ref", Body: []byte(body)},
		Wraps:   []messaging.Wrap{{Device: s.device, KEK: []byte("kek-0001"), Enc: bytes.Repeat([]byte{7}, 1120), Row: []byte("row " + body)}},
		Readers: []hub.UserID{s.user},
	}
}

func (w *callWard) rooms(n int) []hub.RoomID {
	var rooms []hub.RoomID
	for i := range n {
		code := fmt.Sprint("W", i)
		w.exec(`insert into unit (clinic_id, id, code, name, kind) values ($1, gen_random_uuid(), $2, $2, 'ward')`, w.clinic, code)
		room, err := w.db.AlarmRoom(w.tb.Context(), w.clinic, code)
		w.must(err)
		rooms = append(rooms, room)
	}
	return rooms
}

// TestNumbersHaveNoGap: many writers on two nodes, several rooms, some items sent twice and
// some refused: every room counts 1, 2, 3 ... and each item is there once.
func TestNumbersHaveNoGap(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	rooms, nodes := w.rooms(3), []*store.DB{w.db, w.reopen()}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for j := range 20 {
				p := w.itemFor(rooms[(i+j)%len(rooms)], eva, fmt.Sprint(i, "/", j))
				again := *p
				bad := w.itemFor(hub.NewID[hub.RoomID](), eva, "no such room")
				if err := nodes[i%2].Append(t.Context(), []*messaging.Put{p, bad}); hub.KindOf(err) != hub.NotFound {
					t.Errorf("an item for no room: %v", err)
				}
				if err := nodes[1-i%2].Append(t.Context(), []*messaging.Put{&again}); err != nil {
					t.Error(err)
				}
				if p.Item.Seq == 0 || again.Item.Seq != p.Item.Seq || again.Item.Body != nil {
					t.Errorf("sent twice: numbers %d and %d", p.Item.Seq, again.Item.Seq)
				}
			}
		})
	}
	writers.Wait()
	if gaps := w.number(`select count(*) from (select max(seq) <> count(*) or min(seq) <> 1 as gap from item group by room_id) x where gap`); gaps != 0 {
		t.Errorf("%d rooms with gaps", gaps)
	}
	if n := w.number(`select count(*) from item`); n != 160 {
		t.Errorf("%d items, want 160", n)
	}
	if n := w.number(`select count(*) from room r where last_seq <> (select count(*) from item i where i.room_id = r.id)`); n != 0 {
		t.Errorf("%d counters differ from their rooms", n)
	}
}

// TestSinceGivesEachDeviceItsOwn: in order, from its cursor, and nothing of anybody else's.
func TestSinceGivesEachDeviceItsOwn(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva, tom := w.nurse("Eva Lindner", true, 1), w.nurse("Tom Sommer", true, 1)
	room := w.rooms(1)[0]
	for i := range 6 {
		who := eva
		if i == 3 {
			who = tom
		}
		w.must(w.log.Append(t.Context(), []*messaging.Put{w.itemFor(room, who, fmt.Sprint("b", i))}))
	}
	read := func(s staff, after int64, limit int) (got []string) {
		list, err := w.log.Since(t.Context(), w.clinic, s.device, room, after, limit)
		w.must(err)
		for _, d := range list {
			got = append(got, fmt.Sprint(d.Item.Seq, " ", string(d.Item.Body), " ", string(d.Wrap.Row), " ", len(d.Wrap.Enc)))
		}
		return got
	}
	if diff := cmp.Diff([]string{"3 b2 row b2 1120", "5 b4 row b4 1120"}, read(eva, 2, 2)); diff != "" {
		t.Errorf("Eva's page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"4 b3 row b3 1120"}, read(tom, 0, 0)); diff != "" {
		t.Errorf("Tom's (-want +got):\n%s", diff)
	}
	rooms, err := w.log.Rooms(t.Context(), w.clinic, tom.user)
	w.must(err)
	// The alarm room of his own ward stands beside the one he has read.
	if len(rooms) != 2 || rooms[1].LastSeq != 6 || rooms[1].Name != "Alarme W0" {
		t.Errorf("Tom's rooms: %+v", rooms)
	}
}

// TestCursorNeverGoesBack, nor beyond the room's end.
func TestCursorNeverGoesBack(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	room := w.rooms(1)[0]
	for range 5 {
		w.must(w.log.Append(t.Context(), []*messaging.Put{w.itemFor(room, eva, "x")}))
	}
	var all sync.WaitGroup
	for _, seq := range []int64{1, 4, 2, 3} {
		all.Go(func() {
			if err := w.db.SaveCursor(t.Context(), w.clinic, eva.device, messaging.Cursor{room: seq}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	at := func() int { return w.number(`select seq from device_cursor where device_id = $1`, eva.device) }
	if got := at(); got != 4 {
		t.Errorf("cursor at %d, want 4", got)
	}
	w.must(w.db.SaveCursor(t.Context(), w.clinic, eva.device, messaging.Cursor{room: 1 << 40, hub.NewID[hub.RoomID](): 1}))
	if got := at(); got != 5 {
		t.Errorf("cursor at %d, want the room's last", got)
	}
}

// TestAlarmRoomIsMadeOnce by however many at once.
func TestAlarmRoomIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	var all sync.WaitGroup
	ids := make([]hub.RoomID, 8)
	for i := range ids {
		all.Go(func() { ids[i], _ = w.db.AlarmRoom(t.Context(), w.clinic, []string{"4B", "4b"}[i%2]) })
	}
	all.Wait()
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 || ids[0] == "" {
		t.Errorf("rooms %v", ids)
	}
}

// TestNotifyConforms runs the contract of fan-outs over PostgreSQL, between two nodes and
// within one.
func TestNotifyConforms(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	node := func(t *testing.T) *store.Fanout {
		f, err := store.OpenFanout(t.Context(), w.url, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		return f
	}
	t.Run("two nodes", func(t *testing.T) {
		fanouttest.Conform(t, func(t *testing.T) (fanout.Fanout, fanouttest.Node) {
			return node(t), fanouttest.Node{Fanout: node(t)}
		})
	})
	t.Run("one node", func(t *testing.T) {
		fanouttest.Conform(t, func(t *testing.T) (fanout.Fanout, fanouttest.Node) {
			f := node(t)
			return f, fanouttest.Node{Fanout: f, Bodies: true}
		})
	})
}

// TestLostConnectionIsTold: what was missed meanwhile cannot be known, so subscribers are
// told to look, and hear of what comes afterwards.
func TestLostConnectionIsTold(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	listener, err := store.OpenFanout(t.Context(), w.url, slog.New(slog.DiscardHandler))
	w.must(err)
	defer listener.Close()
	sender, err := store.OpenFanout(t.Context(), w.url, slog.New(slog.DiscardHandler))
	w.must(err)
	defer sender.Close()
	calls := make(chan []*messaging.Put, 64)
	defer listener.Subscribe(func(puts []*messaging.Put) { calls <- puts })()
	w.exec(`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()`)
	if got := <-calls; got != nil {
		t.Fatalf("first call after the loss has %d puts", len(got))
	}
	sender.Publish([]*messaging.Put{fanouttest.NewPut(hub.NewID[hub.RoomID](), 7)})
	if got := <-calls; len(got) != 1 || got[0].Item.Seq != 7 {
		t.Errorf("after the loss: %v", got)
	}
}
