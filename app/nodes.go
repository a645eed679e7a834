package app

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store"
)

// nodes carries hints of conversations to the other nodes of a clinic. A transaction that
// notifies takes a lock of the whole database, so what gathers meanwhile goes together.
type nodes struct {
	id    string
	queue chan messaging.Hint
}

const (
	maxNodeHints = 1024 // waiting; beyond it they are lost, as hints may be
	nodePause    = 50 * time.Millisecond
)

func newNodes() *nodes {
	return &nodes{id: hub.NewID[string](), queue: make(chan messaging.Hint, maxNodeHints)}
}

// tell brings a hint of the delivery service to whom it concerns, here and on other nodes.
func (a *App) tell(h messaging.Hint) {
	a.stream.Told(h)
	if a.nodes == nil || h.Kind == messaging.HintReceipts {
		return // nobody listens to the latter
	}
	select {
	case a.nodes.queue <- h:
	default:
	}
}

// tellNodes passes hints on until ctx ends.
func (a *App) tellNodes(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case first := <-a.nodes.queue:
			hints := a.nodes.gathered(first)
			if err := a.db.TellNodes(ctx, store.Hint{Clinic: a.clinic.ID, Node: a.nodes.id, Talk: hints}); err != nil && ctx.Err() == nil {
				a.log.Warn("other nodes were not told", "hints", len(hints), "err", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(nodePause):
		}
	}
}

// gathered takes all that waits.
func (n *nodes) gathered(first messaging.Hint) []messaging.Hint {
	hints := []messaging.Hint{first}
	for {
		select {
		case h := <-n.queue:
			hints = append(hints, h)
		default:
			return hints
		}
	}
}
