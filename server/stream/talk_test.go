package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

var (
	group  = roomN(10)
	direct = roomN(20)
)

func TestSendIsAnsweredInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	r.talk.audience = []hub.DeviceID{deviceN(2)}
	a, b := r.connect(1), r.connect(2)
	for n := range 100 { // many more than small frames may wait
		a.post(group, idN(n), []byte("x"), nil)
	}
	for n := range 100 {
		a.until("sent")
		if f := a.heard; f.ID != idN(n) || f.Room != group || f.Seq != int64(n+1) || f.At.IsZero() {
			t.Fatalf("answer %d is %+v", n, f)
		}
	}
	for len(b.got) < 100 {
		b.until("item")
	}
	a.post(group, idN(7), []byte("x"), nil) // again
	a.until("sent")
	if a.heard.Seq != 8 {
		t.Errorf("the same id has number %d, want that of before", a.heard.Seq)
	}
}

// While the store is slow, acknowledgements are read, alerts are written, and what comes
// meanwhile goes together.
func TestSendHoldsUpNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	c := r.connect(1)
	hold := make(chan struct{})
	r.talk.mu.Lock()
	r.talk.hold = hold
	r.talk.mu.Unlock()
	c.post(group, idN(0), []byte("x"), nil)
	<-r.talk.held
	for n := 1; n <= 50; n++ {
		c.post(group, idN(n), []byte("x"), nil)
	}
	r.send(roomN(1), deviceN(1))
	c.until("item")
	c.write(map[string]any{"t": "ack", "room": roomN(1), "seq": 1})
	eventually(t, "receipt", r.locked(func() bool { return len(r.acts) == 1 }))
	r.talk.mu.Lock()
	r.talk.hold = nil
	r.talk.mu.Unlock()
	close(hold)
	for range 51 {
		c.until("sent")
	}
	r.talk.mu.Lock()
	defer r.talk.mu.Unlock()
	if len(r.talk.batches) != 2 || len(r.talk.batches[1]) != 50 {
		t.Errorf("given to the store in batches of %v", lengths(r.talk.batches))
	}
}

func lengths(batches [][]string) (out []int) {
	for _, b := range batches {
		out = append(out, len(b))
	}
	return out
}

func TestRefusedMessages(t *testing.T) {
	t.Parallel()
	codes := map[string]string{idN(1): "role", idN(2): "epoch", idN(3): "joining"}
	tests := map[string]struct {
		frame []byte
		want  string
		id    string
	}{
		"role":              {postFrame(map[string]any{"room": group, "id": idN(1), "epoch": 1, "prio": 0}, []byte("x")), "refused role", idN(1)},
		"epoch":             {postFrame(map[string]any{"room": group, "id": idN(2), "epoch": 9, "prio": 0}, []byte("x")), "refused epoch", idN(2)},
		"joining":           {postFrame(map[string]any{"room": group, "id": idN(3), "epoch": 1, "prio": 0}, []byte("x")), "refused joining", idN(3)},
		"too large":         {postFrame(map[string]any{"room": group, "id": idN(4), "epoch": 1, "prio": 0}, make([]byte, 60<<10+1)), "refused too_large", idN(4)},
		"no body":           {postFrame(map[string]any{"room": group, "id": idN(5), "epoch": 1, "prio": 0}, nil), "refused malformed", idN(5)},
		"priority":          {postFrame(map[string]any{"room": group, "id": idN(6), "epoch": 1, "prio": 3}, []byte("x")), "refused malformed", idN(6)},
		"negative epoch":    {postFrame(map[string]any{"room": group, "id": idN(7), "epoch": -1, "prio": 0}, []byte("x")), "refused malformed", idN(7)},
		"foreign id":        {postFrame(map[string]any{"room": group, "id": "1", "epoch": 1, "prio": 0}, []byte("x")), "error malformed", ""},
		"foreign room":      {postFrame(map[string]any{"room": "room", "id": idN(8), "epoch": 1, "prio": 0}, []byte("x")), "error malformed", ""},
		"not JSON":          {append([]byte{2, 0, 0, 0, 1}, "{x"...), "error malformed", ""},
		"header cut off":    {[]byte{2, 0, 0, 1, 0, '{'}, "error malformed", ""},
		"header of 4 GiB":   {[]byte{2, 255, 255, 255, 255, '{'}, "error malformed", ""},
		"another kind":      {[]byte{3, 0, 0, 0, 2, '{', '}'}, "error malformed", ""},
		"an item":           {[]byte{1, 0, 0, 0, 2, '{', '}'}, "error malformed", ""},
		"nothing":           {nil, "error malformed", ""},
		"header of a novel": {postFrame(map[string]any{"room": group, "id": idN(9), "more": strings.Repeat("x", 2000)}, []byte("x")), "error malformed", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{}, 0)
			r.talk.code = func(m *messaging.Message) string { return codes[m.ID] }
			c := r.connect(1)
			c.raw(tt.frame)
			c.until(tt.want)
			if c.heard.ID != tt.id {
				t.Errorf("refused id %q, want %q", c.heard.ID, tt.id)
			}
			code := tt.want[strings.Index(tt.want, " ")+1:]
			if n := r.hub.Stats().Refused[code]; n != 1 {
				t.Errorf("%d refusals counted as %s", n, code)
			}
			r.mu.Lock()
			kept := len(r.log[group])
			r.mu.Unlock()
			if kept != 0 {
				t.Error("something was stored")
			}
			c.post(group, idN(50), []byte("x"), nil) // the connection stays
			c.until("sent")
		})
	}
}

func TestMessageBeforeHelloEndsTheConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	c := r.client(t, 1)
	c.dial()
	c.post(group, idN(1), []byte("x"), nil)
	c.until("error hello_expected")
	if _, err := c.next(); !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
		t.Errorf("closed with %v", err)
	}
	if len(r.talk.batches) != 0 {
		t.Error("the message was passed on")
	}
}

// A store that does not answer means "not sent", never a tick.
func TestStoreAwayMeansNotSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	c := r.connect(1)
	r.talk.mu.Lock()
	r.talk.away = errors.New("no space left on device")
	r.talk.mu.Unlock()
	c.post(group, idN(1), []byte("x"), nil)
	c.until("refused unavailable")
	r.talk.mu.Lock()
	r.talk.away = nil
	r.talk.mu.Unlock()
	c.post(group, idN(1), []byte("x"), nil)
	c.until("sent")
}

func TestRateOfMessages(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{SendRate: 0.0001, SendBurst: 5})
	c := r.connect(1)
	for n := range 7 {
		c.post(group, idN(n), []byte("x"), nil)
	}
	for n := range 7 {
		want := "sent"
		if n >= 5 {
			want = "refused slow_down"
		}
		if before := slices.DeleteFunc(c.until(want), func(f string) bool { return f == "item" || f == "rooms" }); len(before) > 0 || c.heard.ID != idN(n) {
			t.Fatalf("%v came before the answer to %d: %+v", before, n, c.heard)
		}
	}
	r.send(roomN(1), deviceN(1)) // alarms know no limit
	c.until("item")
	for n := range 200 {
		c.write(map[string]any{"t": "ack", "room": roomN(1), "seq": 1})
		c.write(map[string]any{"t": "seen", "alert": alertOf(int64(n))})
	}
	eventually(t, "all acts", r.locked(func() bool { return len(r.acts) == 201 }))
	c.ws.Close() // coming back does not fill the bucket
	c.dial()
	c.hello()
	c.until("ready")
	c.post(group, idN(9), []byte("x"), nil)
	c.until("refused slow_down")
}

func TestFloodEndsTheConnection(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{SendRate: 0.0001, SendBurst: 1})
	c := r.connect(1)
	go func() {
		for n := range 700 {
			frame := postFrame(map[string]any{"room": group, "id": idN(n), "epoch": 1, "prio": 0}, []byte("x"))
			if c.ws.WriteMessage(websocket.BinaryMessage, frame) != nil {
				return
			}
		}
	}()
	for {
		if _, err := c.next(); err != nil {
			if !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
				t.Errorf("closed with %v", err)
			}
			return
		}
	}
}

// Messages that wait for the store are bounded, and what does not fit is refused in its place.
func TestWaitingMessagesAreBounded(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{SendBurst: 10_000})
	c := r.connect(1)
	hold := make(chan struct{})
	r.talk.mu.Lock()
	r.talk.hold = hold
	r.talk.mu.Unlock()
	c.post(group, idN(0), []byte("x"), nil)
	<-r.talk.held
	for n := 1; n <= 300; n++ {
		c.post(group, idN(n), []byte("x"), nil)
	}
	c.write(map[string]any{"t": "nonsense"})
	c.until("error unknown_type") // so all of them have been read
	r.talk.mu.Lock()
	r.talk.hold = nil
	r.talk.mu.Unlock()
	close(hold)
	for n := range 301 {
		want := "sent"
		if n > 256 {
			want = "refused slow_down"
		}
		c.until(want)
		if c.heard.ID != idN(n) {
			t.Fatalf("answer %d is %+v", n, c.heard)
		}
	}
}

func TestWelcomeOnlyForTheAdded(t *testing.T) {
	t.Parallel()
	for name, live := range map[string]bool{"live": true, "caught up": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{}, 0)
			r.say(group, messaging.ItemLine, "", deviceN(1), deviceN(2))
			put := func() {
				p := r.say(group, messaging.ItemCommit, deviceN(1), deviceN(1), deviceN(2))
				p.Added = []hub.DeviceID{deviceN(2)}
				if live {
					r.publish([]*messaging.Put{p})
				}
			}
			if !live {
				put()
			}
			a, b := r.connect(1), r.connect(2)
			if live {
				put()
				a.until("item")
				b.until("item")
			}
			if a.last.Seq != 2 || a.last.Welcome || b.last.Seq != 2 || !b.last.Welcome {
				t.Errorf("member got %+v, the new one %+v", a.last, b.last)
			}
			if *a.last.From != string(deviceN(1)) || a.last.Kind != "commit" || *a.last.Epoch != 1 {
				t.Errorf("header is %+v", a.last)
			}
		})
	}
}

func TestOnlyTheAudienceHears(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	a, b := r.connect(1), r.connect(2)
	r.publish([]*messaging.Put{r.say(group, messaging.ItemMessage, deviceN(3), deviceN(1))})
	a.until("item")
	foreign := r.say(group, messaging.ItemMessage, deviceN(3), deviceN(1), deviceN(2))
	foreign.Clinic = "22222222-2222-7222-8222-222222222222"
	r.publish([]*messaging.Put{foreign})
	b.sync()
	if len(b.got) != 0 {
		t.Errorf("device 2 got %v", b.got)
	}
}

// The senders of one batch publish in any order: what comes early waits for what is before
// it, and nobody reads the store for that. An alarm does not wait; its devices read at once.
func TestWhatComesEarlyWaits(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]messaging.ItemKind{"message": messaging.ItemMessage, "alarm": messaging.ItemAlert} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{Gap: time.Minute}, 0)
			put := func() *messaging.Put {
				if kind == messaging.ItemAlert {
					return r.add(roomN(1), deviceN(1))
				}
				return r.say(group, kind, deviceN(2), deviceN(1))
			}
			r.world.publish([]*messaging.Put{put()})
			c := r.connect(1)
			for len(c.got) < 1 {
				c.until("item")
			}
			c.sync()
			quiet(r)
			second, third, fourth := put(), put(), put()
			for _, p := range []*messaging.Put{fourth, third, second} {
				r.publish([]*messaging.Put{p})
			}
			for len(c.got) < 4 {
				c.until("item")
			}
			c.sync()
			for i, got := range c.got {
				if want := fmt.Sprintf("%s/%d", second.Item.Room, i+1); got != want {
					t.Errorf("item %d is %s, want %s", i, got, want)
				}
			}
			if read := len(r.asked) > 0; read != (kind == messaging.ItemAlert) {
				t.Errorf("the store was read: %v", read)
			}
		})
	}
}

// Another node tells only that there is something: alerts and messages come all the same, also
// to somebody who has never been in the room.
func TestHintsOfOtherNodes(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"who has the room": true, "who is new to it": false} {
		for _, kind := range []string{"alert", "message"} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				world := func(o *stream.Options) *rig {
					var r *rig
					o.Readers = func(ctx context.Context, c hub.ClinicID, room hub.RoomID) ([]hub.UserID, error) {
						return r.roomReaders(ctx, c, room)
					}
					r = newTalkRig(t, *o)
					return r
				}
				r := world(&stream.Options{})
				r.readers = []hub.UserID{userOf(deviceN(1))}
				put := func() *messaging.Put {
					if kind == "alert" {
						return r.add(roomN(1), deviceN(1))
					}
					return r.say(group, messaging.ItemMessage, deviceN(2), deviceN(1))
				}
				if known {
					put()
				}
				c, other := r.connect(1), r.connect(2)
				p := put()
				r.publish(hint(p))
				if before := c.until("item"); slices.Contains(before, "rooms") == known {
					t.Errorf("before it came %v", before)
				}
				if got, want := c.got[len(c.got)-1], fmt.Sprintf("%s/%d", p.Item.Room, p.Item.Seq); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				c.sync()
				other.sync()
				quiet(r)
				r.publish(hint(p)) // again: nobody reads for nothing
				c.sync()
				other.sync()
				if len(r.asked) != 0 || len(other.got) != 0 {
					t.Errorf("%d reads for a hint that was known; the other got %v", len(r.asked), other.got)
				}
			})
		}
	}
}

// What another node writes reaches a device also while its list of rooms does not have the
// room yet.
func TestHintsBeforeTheRoomIsListed(t *testing.T) {
	t.Parallel()
	var r *rig
	r = newTalkRig(t, stream.Options{Readers: func(ctx context.Context, c hub.ClinicID, room hub.RoomID) ([]hub.UserID, error) {
		return r.roomReaders(ctx, c, room)
	}})
	r.readers = []hub.UserID{userOf(deviceN(1))}
	r.left = map[hub.RoomID][]hub.UserID{group: r.readers, roomN(1): r.readers}
	c := r.connect(1)
	for range 3 {
		r.publish(hint(r.say(group, messaging.ItemMessage, deviceN(2), deviceN(1))))
		c.until("item")
		r.publish(hint(r.add(roomN(1), deviceN(1))))
		c.until("item")
	}
}

// quiet waits until nobody reads the store any more.
func quiet(r *rig) {
	for idle := 0; idle < 20; {
		select {
		case <-r.asked:
			idle = 0
		case <-time.After(2 * time.Millisecond):
			idle++
		}
	}
}

// Everything that waits of conversations lets alarms pass: queued items, answers, and rooms
// that are still to be read.
func TestAlarmsPassConversations(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	for range 150 {
		r.say(group, messaging.ItemMessage, deviceN(2), deviceN(1))
	}
	r.add(roomN(1), deviceN(1))
	r.add(roomN(1), deviceN(1))
	c := r.connect(1)
	if c.got[0] != fmt.Sprintf("%s/1", roomN(1)) || c.got[1] != fmt.Sprintf("%s/2", roomN(1)) {
		t.Errorf("first came %v", c.got[:3])
	}
}

func TestFormerMemberGetsTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	r.say(group, messaging.ItemMessage, deviceN(2), deviceN(1))
	r.say(group, messaging.ItemCommit, deviceN(2), deviceN(1)) // removes it
	r.left = map[hub.RoomID][]hub.UserID{group: {userOf(deviceN(1))}}
	c := r.client(t, 1)
	c.cursor[group] = 1
	c.dial()
	c.hello()
	c.until("ready")
	if len(c.got) != 1 || c.last.Seq != 2 {
		t.Errorf("got %v, want the commit that removed the device", c.got)
	}
}

func TestBadReadAndWatch(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Receipts: true})
	c := r.connect(1)
	for _, f := range []map[string]any{
		{"t": "read", "room": "x", "seq": 1}, {"t": "read", "room": group}, {"t": "read", "room": group, "seq": -1}, {"t": "watch", "room": "x"},
	} {
		c.write(f)
		c.until("error malformed")
	}
	c.write(map[string]any{"t": "read", "room": roomN(99), "seq": 1})
	c.until("error room")
	c.write(map[string]any{"t": "watch", "room": ""})
	c.sync()
}

func TestConnected(t *testing.T) {
	t.Parallel()
	joined := make(chan hub.DeviceID, 4)
	r := newTalkRig(t, stream.Options{Joined: func(d hub.DeviceID) { joined <- d }})
	c := r.connect(1)
	if d := <-joined; d != deviceN(1) || !r.hub.Connected(clinic, d) || r.hub.Connected("22222222-2222-7222-8222-222222222222", d) {
		t.Errorf("device %s is not connected", d)
	}
	c.ws.Close()
	eventually(t, "gone", func() bool { return !r.hub.Connected(clinic, deviceN(1)) })
}

// The recorder is in every room, and hears and acknowledges what everybody says.
func TestRecorderIsBoundByNoRate(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Recorder: userOf(deviceN(1)), SendRate: 0.0001, SendBurst: 1})
	r.say(group, messaging.ItemMessage, deviceN(2), deviceN(1))
	c := r.client(t, 1)
	for n := range 2000 {
		c.cursor[hub.RoomID(idN(n))] = 1
	}
	c.dial()
	c.hello()
	c.until("ready")
	for range 2000 {
		c.write(map[string]any{"t": "ack", "room": group, "seq": 1})
	}
	for n := range 3 {
		c.post(group, idN(n), []byte("x"), nil)
	}
	for range 3 {
		c.until("sent")
	}
	if refused := r.hub.Stats().Refused; len(refused) != 0 {
		t.Errorf("refused %v", refused)
	}
}

func TestDeviceOfManyRooms(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	for n := range 40 {
		r.put(roomN(n+1), deviceN(1))
	}
	c := r.connect(1)
	if len(c.got) != 40 {
		t.Fatalf("caught up with %d items", len(c.got))
	}
	for n := range 45 { // the last five rooms are new
		r.publish([]*messaging.Put{r.put(roomN(n+1), deviceN(1))})
	}
	for len(c.got) < 85 {
		c.until("item")
	}
}
