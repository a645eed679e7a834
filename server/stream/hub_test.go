package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestCatchUpThenLive(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	room, me, other := roomN(1), deviceN(1), deviceN(2)
	for range 250 { // more than two pages
		r.add(room, me)
		r.add(room, other)
	}
	c := r.client(t, 1)
	c.cursor[room] = 3
	c.dial()
	c.hello()
	if before := c.until("welcome"); len(before) != 0 {
		t.Errorf("before welcome came %v", before)
	}
	if missed := len(c.until("ready")); missed != 248 {
		t.Errorf("%d items before ready, want 248", missed)
	}
	r.send(room, other)
	r.send(room, me)
	c.until("item")
	if got, want := c.got[len(c.got)-1], fmt.Sprintf("%s/%d", room, 502); got != want {
		t.Errorf("live item %s, want %s", got, want)
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{Cursor: 5 * time.Millisecond}, 0)
	room, me := roomN(1), deviceN(1)
	r.add(room, me)
	r.add(room, me)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	c.write(map[string]any{"t": "ack", "room": room, "seq": 9}) // never written: moves nothing, delivers what was
	c.write(map[string]any{"t": "ack", "room": room, "seq": 2})
	c.write(map[string]any{"t": "seen", "alert": alertOf(2)})
	want := []alerting.Act{
		{Alert: hub.AlertID(alertOf(1)), Kind: alerting.ActDelivered, User: userOf(me)},
		{Alert: hub.AlertID(alertOf(2)), Kind: alerting.ActDelivered, User: userOf(me)},
		{Alert: hub.AlertID(alertOf(2)), Kind: alerting.ActSeen, User: userOf(me)},
	}
	eventually(t, "receipts", r.locked(func() bool { return len(r.acts) >= len(want) }))
	if d := cmp.Diff(want, r.acts); d != "" {
		t.Errorf("acts (-want +got):\n%s", d)
	}
	eventually(t, "cursor", r.locked(func() bool { return r.cursors[me][room] == 2 }))
}

func TestReceiptOfALostConnectionCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	room, me := roomN(1), deviceN(1)
	r.add(room, me)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	c.ws.Close() // stored, not acknowledged
	eventually(t, "connection gone", func() bool { return r.hub.Stats().Open == 0 })
	c.dial()
	c.hello()
	c.until("ready")
	eventually(t, "delivered by the cursor of the hello", r.locked(func() bool {
		return len(r.acts) == 1 && r.acts[0].Kind == alerting.ActDelivered
	}))
}

func TestReceiptsSurviveAnOutage(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	r.add(roomN(1), deviceN(1))
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	r.mu.Lock()
	r.fail = errors.New("store is away")
	r.mu.Unlock()
	c.write(map[string]any{"t": "ack", "room": roomN(1), "seq": 1})
	c.write(map[string]any{"t": "nonsense"})
	c.until("error unknown_type") // so the ack has been read
	r.mu.Lock()
	r.fail = nil
	r.mu.Unlock()
	eventually(t, "receipt after the outage", r.locked(func() bool { return len(r.acts) == 1 }))
}

func TestBye(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end  func(r *rig)
		want string
		code int
	}{
		"locked":  {func(r *rig) { r.hub.Kick(clinic, userOf(deviceN(1)), stream.Locked) }, "bye locked", 4001},
		"revoked": {func(r *rig) { r.hub.KickDevice(clinic, deviceN(1), stream.Revoked) }, "bye revoked", 4002},
		"restart": {func(r *rig) { go r.hub.Close(context.Background()) }, "bye restart", 4005},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{}, 0)
			c := r.client(t, 1)
			c.dial()
			c.hello()
			c.until("ready")
			r.hub.Kick("22222222-1111-7111-8111-111111111111", userOf(deviceN(1)), stream.Locked) // another clinic's
			tt.end(r)
			c.until(tt.want)
			_, err := c.next()
			if !websocket.IsCloseError(err, tt.code) {
				t.Errorf("closed with %v, want %d", err, tt.code)
			}
		})
	}
}

func TestKickReachesAConnectionThatReadsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	r.add(roomN(1), deviceN(1))
	r.mu.Lock()
	r.block = make(chan struct{}) // the store hangs in the middle of catching up
	r.mu.Unlock()
	c := r.client(t, 1)
	c.dial()
	c.hello()
	<-r.asked
	r.hub.Kick(clinic, userOf(deviceN(1)), stream.Locked)
	eventually(t, "connection ended", func() bool { return r.hub.Stats().Open == 0 })
	close(r.block)
}

func TestOneConnectionPerDevice(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	first, second := r.client(t, 1), r.client(t, 1)
	first.dial()
	first.hello()
	first.until("ready")
	second.dial()
	second.hello()
	second.until("ready")
	first.until("bye replaced")
	if _, err := first.next(); !websocket.IsCloseError(err, 4004) {
		t.Errorf("closed with %v", err)
	}
	r.send(roomN(1), deviceN(1))
	second.until("item")
}

func TestSessionThatEnded(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"expired": "bye expired", "locked": "bye locked"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{Recheck: 20 * time.Millisecond, Gap: 5 * time.Millisecond}, 0)
			r.check = func(context.Context) error { return hub.E("accounts.session", hub.Unauthenticated, code, "") }
			c := r.client(t, 1)
			c.dial()
			c.hello()
			c.until(want)
		})
	}
}

// TestLockDuringALookIsNotForgotten: somebody is locked just after the look at their
// session, which an earlier hint has asked for, has read that it holds.
func TestLockDuringALookIsNotForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{Recheck: time.Hour, Gap: 5 * time.Millisecond}, 0)
	looked, goOn := make(chan struct{}), make(chan struct{})
	var looks atomic.Int32
	r.check = func(context.Context) error {
		if looks.Add(1) == 1 {
			close(looked)
			<-goOn
			return nil
		}
		return hub.E("accounts.session", hub.Unauthenticated, "locked", "")
	}
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	r.hub.Recheck()
	<-looked
	r.hub.Recheck() // the lock's own hint
	close(goOn)
	c.ws.SetReadDeadline(time.Now().Add(time.Minute)) // the next look by itself is later
	c.until("bye locked")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		frames []string
		want   string
		closed bool
	}{
		"no hello":        {[]string{`{"t":"ack"}`}, "error hello_expected", true},
		"hello not JSON":  {[]string{`{`}, "error hello_expected", true},
		"foreign device":  {[]string{`{"t":"hello","device":"` + string(deviceN(2)) + `"}`}, "error wrong_device", true},
		"unknown type":    {[]string{hello(1), `{"t":"shout"}`}, "error unknown_type", false},
		"second hello":    {[]string{hello(1), hello(1)}, "error malformed", false},
		"ack of nothing":  {[]string{hello(1), `{"t":"ack","room":"x","seq":1}`}, "error malformed", false},
		"ack of negative": {[]string{hello(1), `{"t":"ack","room":"` + string(roomN(1)) + `","seq":-1}`}, "error malformed", false},
		"seen by name":    {[]string{hello(1), `{"t":"seen","alert":"Zimmer 4"}`}, "error malformed", false},
		"huge number":     {[]string{hello(1), `{"t":"ack","seq":1e99}`}, "error malformed", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{}, 0)
			c := r.client(t, 1)
			c.dial()
			for _, f := range tt.frames {
				c.ws.WriteMessage(websocket.TextMessage, []byte(f))
			}
			c.until(tt.want)
			if tt.closed {
				if _, err := c.next(); !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
					t.Errorf("closed with %v", err)
				}
				return
			}
			r.send(roomN(1), deviceN(1))
			c.until("item")
		})
	}
}

func hello(n int) string { return `{"t":"hello","device":"` + string(deviceN(n)) + `","cursor":{}}` }

func TestAbusiveClientIsClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	for range 50 {
		c.ws.WriteMessage(websocket.BinaryMessage, []byte("?"))
	}
	for {
		if _, err := c.next(); err != nil {
			if !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
				t.Errorf("closed with %v", err)
			}
			break
		}
	}
	if n := r.hub.Stats().Refused["malformed"]; n != 20 {
		t.Errorf("%d refusals counted, want 20", n)
	}
}

func TestTooLargeFrame(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hello bool
		size  int
	}{"the first": {false, 1<<20 + 1}, "a later one": {true, 64<<10 + 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{}, 0)
			c := r.client(t, 1)
			c.dial()
			if tt.hello {
				c.hello()
				c.until("ready")
			}
			c.ws.WriteMessage(websocket.TextMessage, []byte(strings.Repeat(" ", tt.size)))
			if _, err := c.next(); !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

func TestSilenceEndsTheConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{Ping: 20 * time.Millisecond, Silence: 100 * time.Millisecond}, 0)
	quiet, lively := r.client(t, 1), r.client(t, 2)
	for _, c := range []*client{quiet, lively} {
		c.dial()
		c.hello()
		c.until("ready")
	}
	answering := make(chan error, 1)
	go func() { // reading answers pings
		_, _, err := lively.ws.ReadMessage()
		for err == nil {
			_, _, err = lively.ws.ReadMessage()
		}
		answering <- err
	}()
	eventually(t, "the silent one is given up", func() bool { return r.hub.Stats().Open == 1 })
	r.hub.KickDevice(clinic, deviceN(2), stream.Revoked)
	if err := <-answering; !websocket.IsCloseError(err, 4002) {
		t.Errorf("the lively one ended with %v", err)
	}
}

// A reader too slow for its queue gets everything all the same, once and in order.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 4)
	room, me := roomN(1), deviceN(1)
	r.add(room, me)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	const items = 3000
	for range items { // far faster than frames are written, and the client does not read yet
		r.send(room, me)
	}
	eventually(t, "resync", func() bool { return r.hub.Stats().Resyncs > 0 })
	for len(c.got) < items+1 {
		if _, err := c.next(); err != nil {
			t.Fatal(err)
		}
	}
	for i, got := range c.got {
		if want := fmt.Sprintf("%s/%d", room, i+1); got != want {
			t.Fatalf("item %d is %s, want %s", i, got, want)
		}
	}
}

// A hint that is lost leaves a gap in the room's numbers, which is repaired for everybody,
// also for those the later items are not for.
func TestLostHint(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{Gap: 10 * time.Millisecond}, 0)
	room, me, other := roomN(1), deviceN(1), deviceN(2)
	r.send(room, me, other)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	r.add(room, me) // committed, hint lost
	r.send(room, other)
	c.until("item")
	r.add(room, me) // lost as well, and the bus says so
	r.publish(nil)
	c.until("item")
	if len(c.got) != 3 {
		t.Errorf("got %v", c.got)
	}
}

func TestNewRoom(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	r.send(roomN(7), deviceN(1))
	if before := c.until("item"); !slices.Contains(before, "rooms") {
		c.until("rooms")
	}
}

func TestHintsGoToWhomTheyConcern(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	one, two := r.client(t, 1), r.client(t, 2)
	for _, c := range []*client{one, two} {
		c.dial()
		c.hello()
		c.until("ready")
	}
	r.hub.Tell(clinic, stream.HintDuty, userOf(deviceN(1)))
	one.until("duty")
	r.hub.Tell(clinic, stream.HintRooms)
	if before := two.until("rooms"); len(before) > 0 {
		t.Errorf("the other one got %v", before)
	}
}

func TestCursorBeyondTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	r.add(roomN(1), deviceN(1))
	c := r.client(t, 1)
	c.dial()
	c.write(map[string]any{"t": "hello", "device": c.device, "cursor": map[hub.RoomID]int64{roomN(1): 99}})
	if got := c.until("ready"); !slices.Contains(got, "item") {
		t.Errorf("a database restored to an earlier time sends nothing: %v", got)
	}
}

func TestStoreAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	r.fail = errors.New("away")
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("error unavailable")
	if _, err := c.next(); !websocket.IsCloseError(err, websocket.CloseTryAgainLater) {
		t.Errorf("closed with %v", err)
	}
}

func TestOtherClinicsItemIsNotSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, stream.Times{}, 0)
	c := r.client(t, 1)
	c.dial()
	c.hello()
	c.until("ready")
	p := r.add(roomN(1), deviceN(1))
	foreign := *p
	foreign.Clinic = "22222222-1111-7111-8111-111111111111"
	r.publish([]*messaging.Put{&foreign})
	r.hub.Tell(clinic, stream.HintDuty)
	if before := c.until("duty"); slices.Contains(before, "item") {
		t.Error("an item of another clinic was sent")
	}
}
