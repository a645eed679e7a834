package fanout_test

import (
	"testing"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/fanout"
	"github.com/wardline/wardline/messaging/fanout/fanouttest"
)

func TestLocalConforms(t *testing.T) {
	t.Parallel()
	fanouttest.Conform(t, func(*testing.T) (fanout.Fanout, fanouttest.Node) {
		f := &fanout.Local{}
		return f, fanouttest.Node{Fanout: f, Bodies: true}
	})
}

// TestFarBehindIsTold: a subscriber that cannot keep up is told to look in the store, and
// hears of what comes afterwards.
func TestFarBehindIsTold(t *testing.T) {
	t.Parallel()
	f := &fanout.Local{}
	room := hub.NewID[hub.RoomID]()
	started, hold := make(chan struct{}), make(chan struct{})
	calls := make(chan []*messaging.Put, 16)
	first := true
	defer f.Subscribe(func(puts []*messaging.Put) {
		if first {
			first = false
			close(started)
			<-hold
			return
		}
		calls <- puts
	})()
	f.Publish([]*messaging.Put{fanouttest.NewPut(room, 1)})
	<-started
	many := make([]*messaging.Put, 3000)
	for i := range many {
		many[i] = fanouttest.NewPut(room, int64(i+2))
	}
	f.Publish(many)
	f.Publish(many) // does not fit any more
	f.Publish([]*messaging.Put{fanouttest.NewPut(room, 9000)})
	close(hold)
	if got := <-calls; got != nil {
		t.Fatalf("first call after the loss has %d puts, want nil", len(got))
	}
	if got := <-calls; len(got) != 1 || got[0].Item.Seq != 9000 {
		t.Fatalf("what came after the loss is missing: %d puts", len(got))
	}
}

func TestLostReachesSubscribers(t *testing.T) {
	t.Parallel()
	f := &fanout.Local{}
	calls := make(chan []*messaging.Put, 1)
	defer f.Subscribe(func(puts []*messaging.Put) { calls <- puts })()
	f.Lost()
	if got := <-calls; got != nil {
		t.Errorf("got %d puts, want nil", len(got))
	}
}
