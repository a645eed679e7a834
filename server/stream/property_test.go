package stream_test

import (
	"cmp"
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

// Whatever is lost, late or out of order on the way, and whenever the connection drops, a
// device ends with each of its items once, and those of a room in order.
func TestNothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, stream.Times{Gap: 5 * time.Millisecond}, rapid.IntRange(1, 8).Draw(rt, "queue"))
		c := r.client(t, 1)
		c.dial()
		c.hello()
		c.until("ready")
		var late []*messaging.Put
		want := 0
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			room := roomN(rapid.IntRange(1, 3).Draw(rt, "room"))
			devices := rapid.SampledFrom([][]hub.DeviceID{{deviceN(1)}, {deviceN(2)}, {deviceN(1), deviceN(2)}}).Draw(rt, "for")
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				reconnect(rt, c)
				continue
			case 1, 2: // the hint comes later, out of order
				late = append(late, r.add(room, devices...))
			case 3: // the hint is lost
				r.add(room, devices...)
			case 4: // read something
				c.sync()
				continue
			default:
				r.send(room, devices...)
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
