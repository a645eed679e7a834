package stream_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

// Whatever is lost, late or out of order on the way, told by another node or twice, and
// whenever the connection drops, a device ends with each of its items once, and those of a
// room in order: cards of alarm rooms and items of conversations alike.
func TestNothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := stream.Options{Times: stream.Times{Gap: 5 * time.Millisecond}, Queue: rapid.IntRange(1, 8).Draw(rt, "queue")}
		if rapid.Bool().Draw(rt, "readers are looked up") {
			o.Readers = func(context.Context, hub.ClinicID, hub.RoomID) ([]hub.UserID, error) {
				return []hub.UserID{userOf(deviceN(1)), userOf(deviceN(2))}, nil
			}
		}
		r := newTalkRig(t, o)
		c := r.client(t, 1)
		c.dial()
		c.hello()
		c.until("ready")
		var late []*messaging.Put
		want := 0
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			room := rapid.SampledFrom([]hub.RoomID{roomN(1), roomN(2), group, direct}).Draw(rt, "room")
			devices := rapid.SampledFrom([][]hub.DeviceID{{deviceN(1)}, {deviceN(2)}, {deviceN(1), deviceN(2)}}).Draw(rt, "for")
			switch rapid.IntRange(0, 12).Draw(rt, "what") {
			case 0:
				reconnect(rt, c)
				continue
			case 1, 2: // the hint comes later, out of order
				late = append(late, r.put(room, devices...))
			case 3: // the hint is lost
				r.put(room, devices...)
			case 4: // read something
				c.sync()
				continue
			case 5: // written by another node
				r.publish(hint(r.put(room, devices...)))
			case 6: // told twice
				p := r.put(room, devices...)
				r.publish([]*messaging.Put{p})
				r.publish([]*messaging.Put{p})
				r.publish(hint(p))
			case 7: // the list of rooms is read again
				r.hub.Tell(clinic, stream.HintRooms, userOf(deviceN(1)))
				continue
			default:
				r.publish([]*messaging.Put{r.put(room, devices...)})
			}
			if devices[0] == deviceN(1) {
				want++
			}
		}
		for _, i := range rapid.Permutation(indices(late)).Draw(rt, "order") {
			r.publish([]*messaging.Put{late[i]})
		}
		r.publish(nil) // the bus notices in the end
		for len(c.got) < want {
			if _, err := c.next(); err != nil {
				rt.Fatalf("got %d of %d: %v", len(c.got), want, err)
			}
		}
		if left := settle(c); left != "" || len(c.got) != want {
			rt.Fatalf("too much: %s", left)
		}
		inOrder(rt, c.got)
	})
}

// put appends what belongs into a room of that sort.
func (w *world) put(room hub.RoomID, devices ...hub.DeviceID) *messaging.Put {
	if kindOf(room) == messaging.AlarmRoom {
		return w.add(room, devices...)
	}
	return w.say(room, messaging.ItemMessage, deviceN(3), devices...)
}

// reconnect drops the connection, with or without reading what is under way, and comes
// back with the cursor.
func reconnect(rt *rapid.T, c *client) {
	for range rapid.IntRange(0, 3).Draw(rt, "read before the drop") {
		if c.ready {
			c.rig.hub.Tell(clinic, stream.HintDuty) // so that there is something to read
		}
		if _, err := c.next(); err != nil {
			rt.Fatal(err)
		}
	}
	c.ws.Close()
	c.dial()
	c.hello()
	if rapid.Bool().Draw(rt, "wait until ready") {
		c.until("ready")
	}
}

// settle reads until a marker sent last has come, and returns an item that came too many.
func settle(c *client) string {
	c.sync()
	n := len(c.got)
	c.sync()
	return strings.Join(c.got[n:], " ")
}

func indices(list []*messaging.Put) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	return out
}

// inOrder checks that no item came twice; client.keep has checked the order in rooms.
func inOrder(rt *rapid.T, got []string) {
	sorted := slices.Clone(got)
	slices.SortFunc(sorted, cmp.Compare[string])
	if len(slices.Compact(sorted)) != len(got) {
		rt.Fatal(fmt.Errorf("twice: %v", got))
	}
}
