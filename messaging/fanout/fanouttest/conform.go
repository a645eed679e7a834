// Package fanouttest holds what every implementation of fanout.Fanout must do. One test
// runs it against each.
package fanouttest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/fanout"
)

// patience bounds how long a test waits for a hint on a busy machine.
const patience = 20 * time.Second

// Node is one implementation as one node sees it; Sees says whether its subscribers get
// bodies from here, or hints only because they are on another node.
type Node struct {
	fanout.Fanout
	Bodies bool
}

// Conform runs the contract. open returns the node that publishes and a node that listens
// (the same one for an implementation within one process), ready to use.
func Conform(t *testing.T, open func(t *testing.T) (publisher fanout.Fanout, listener Node)) {
	t.Run("every item arrives once and in order", func(t *testing.T) { inOrder(t, open) })
	t.Run("a slow subscriber holds up nobody", func(t *testing.T) { slow(t, open) })
	t.Run("after cancel nothing comes", func(t *testing.T) { cancelled(t, open) })
}

// NewPut returns a put as it is after its commit.
func NewPut(room hub.RoomID, seq int64) *messaging.Put {
	return &messaging.Put{
		Clinic: "11111111-1111-7111-8111-111111111111",
		Item:   messaging.Item{Room: room, Seq: seq, ID: hub.NewID[string](), Kind: messaging.ItemAlert, Body: []byte(fmt.Sprint(seq))},
	}
}

// collector keeps what a subscriber was told.
type collector struct {
	mu   sync.Mutex
	puts []*messaging.Put
	lost int
	more chan struct{}
}

func newCollector() *collector { return &collector{more: make(chan struct{}, 1)} }

func (c *collector) take(puts []*messaging.Put) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if puts == nil {
		c.lost++
	}
	c.puts = append(c.puts, puts...)
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// wait returns once n puts have come.
func (c *collector) wait(t *testing.T, n int) []*messaging.Put {
	t.Helper()
	late := time.After(patience)
	for {
		c.mu.Lock()
		got := slices.Clone(c.puts)
		c.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-c.more:
		case <-late:
			t.Fatalf("%d of %d puts came", len(got), n)
		}
	}
}

func inOrder(t *testing.T, open func(*testing.T) (fanout.Fanout, Node)) {
	out, in := open(t)
	c := newCollector()
	defer in.Subscribe(c.take)()
	room := hub.NewID[hub.RoomID]()
	const n = 500 // more than fits into one message of any implementation
	var batch []*messaging.Put
	for seq := int64(1); seq <= n; seq++ {
		if batch = append(batch, NewPut(room, seq)); seq%50 == 0 {
			out.Publish(batch)
			batch = nil
		}
	}
	for i, p := range c.wait(t, n) {
		if p.Item.Room != room || p.Item.Seq != int64(i+1) || p.Clinic == "" {
			t.Fatalf("put %d: room %s, seq %d, clinic %q", i, p.Item.Room, p.Item.Seq, p.Clinic)
		}
		if in.Bodies != (p.Item.Body != nil) {
			t.Fatalf("put %d: body present %v, want %v", i, p.Item.Body != nil, in.Bodies)
		}
	}
}

func slow(t *testing.T, open func(*testing.T) (fanout.Fanout, Node)) {
	out, in := open(t)
	hold := make(chan struct{})
	defer in.Subscribe(func([]*messaging.Put) { <-hold })()
	defer close(hold)
	quick := newCollector()
	defer in.Subscribe(quick.take)()
	room := hub.NewID[hub.RoomID]()
	for seq := int64(1); seq <= 20; seq++ {
		out.Publish([]*messaging.Put{NewPut(room, seq)})
	}
	quick.wait(t, 20)
}

func cancelled(t *testing.T, open func(*testing.T) (fanout.Fanout, Node)) {
	out, in := open(t)
	gone, there := newCollector(), newCollector()
	cancel := in.Subscribe(gone.take)
	defer in.Subscribe(there.take)()
	cancel()
	cancel() // twice is harmless
	out.Publish([]*messaging.Put{NewPut(hub.NewID[hub.RoomID](), 1)})
	there.wait(t, 1)
	gone.mu.Lock()
	defer gone.mu.Unlock()
	if len(gone.puts) != 0 {
		t.Errorf("%d puts came after cancel", len(gone.puts))
	}
}
