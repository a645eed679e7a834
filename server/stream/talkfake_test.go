package stream_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// say appends an item of a conversation that the given devices may have.
func (w *world) say(room hub.RoomID, kind messaging.ItemKind, from hub.DeviceID, devices ...hub.DeviceID) *messaging.Put {
	w.mu.Lock()
	defer w.mu.Unlock()
	seq := int64(len(w.log[room]) + 1)
	p := &messaging.Put{Clinic: clinic, Audience: slices.Sorted(slices.Values(devices)), Item: messaging.Item{
		Room: room, Seq: seq, ID: string(hub.NewID[hub.MessageID]()), Kind: kind, User: userOf(from), From: from, Epoch: 1,
		Body: fmt.Appendf(nil, "%s/%d", room, seq), At: time.Unix(1_800_000_000, 0),
	}}
	w.log[room] = append(w.log[room], p)
	return p
}

// hint is what another node tells of an item.
func hint(p *messaging.Put) []*messaging.Put {
	return []*messaging.Put{{Clinic: p.Clinic, Item: messaging.Item{Room: p.Item.Room, Seq: p.Item.Seq}}}
}

func (w *world) roomReaders(context.Context, hub.ClinicID, hub.RoomID) ([]hub.UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readers, nil
}

// talk stands in for the delivery service. Messages go to everybody in the audience.
type talk struct {
	*world
	mu       sync.Mutex
	audience []hub.DeviceID
	code     func(*messaging.Message) string
	away     error
	hold     chan struct{} // when set, Send waits for it
	held     chan struct{} // is told that it does
	batches  [][]string    // ids, as given to Send
	seen     map[string]int64
	read     []int64
	receipts []messaging.Receipt
}

func (k *talk) Send(ctx context.Context, by messaging.Caller, messages []*messaging.Message) error {
	k.mu.Lock()
	hold := k.hold
	k.mu.Unlock()
	if hold != nil {
		select {
		case k.held <- struct{}{}:
		default:
		}
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	k.batches = append(k.batches, ids)
	if k.away != nil {
		return k.away
	}
	for _, m := range messages {
		k.sendOne(by, m)
	}
	return nil
}

func (k *talk) sendOne(by messaging.Caller, m *messaging.Message) {
	if k.code != nil {
		if m.Code = k.code(m); m.Code != "" {
			return
		}
	}
	if seq, twice := k.seen[m.ID]; twice {
		m.Seq = seq
		return
	}
	p := k.say(m.Room, messaging.ItemMessage, by.Device, append(k.audience, by.Device)...)
	m.Seq, m.At = p.Item.Seq, p.Item.At
	if k.seen == nil {
		k.seen = map[string]int64{}
	}
	k.seen[m.ID] = m.Seq
	k.publish([]*messaging.Put{p})
}

func (k *talk) MarkRead(_ context.Context, _ messaging.Caller, room hub.RoomID, seq int64) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if room == roomN(99) {
		return false, hub.E("fake", hub.NotFound, "room", "")
	}
	k.read = append(k.read, seq)
	return true, nil
}

func (k *talk) Receipts(_ context.Context, _ messaging.Caller, room hub.RoomID) ([]messaging.Receipt, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if room == roomN(99) {
		return nil, hub.E("fake", hub.NotFound, "room", "")
	}
	return k.receipts, nil
}

func (k *talk) locked(f func() bool) func() bool {
	return func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return f()
	}
}

// post sends a message; more overrides fields of its header.
func (c *client) post(room hub.RoomID, id string, body []byte, more map[string]any) {
	c.t.Helper()
	head := map[string]any{"room": room, "id": id, "epoch": 1, "prio": 0}
	for k, v := range more {
		head[k] = v
	}
	c.raw(postFrame(head, body))
}

func postFrame(head any, body []byte) []byte {
	b, err := json.Marshal(head)
	if err != nil {
		panic(err)
	}
	frame := binary.BigEndian.AppendUint32([]byte{2}, uint32(len(b)))
	return append(append(frame, b...), body...)
}

func (c *client) raw(frame []byte) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.BinaryMessage, frame); err != nil {
		c.t.Fatal(err)
	}
}

func idN(n int) string { return fmt.Sprintf("ffffffff-0000-7000-8000-%012d", n) }

// connect is a device that has caught up.
func (r *rig) connect(n int) *client {
	c := r.client(r.t, n)
	c.dial()
	c.hello()
	c.until("ready")
	return c
}
