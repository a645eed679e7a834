// Package fanout tells the nodes that hold connections that a room has something new.
//
// What it carries is a hint and may be lost: the store is the truth, and every receiver
// pulls from its cursor when numbers do not follow each other. On one node the hint also
// carries the items themselves, so that an alert reaches thousands of sockets without one
// query per socket. A put without a body is a hint only: look in the store.
package fanout

import "github.com/wardline/wardline/messaging"

// Fanout spreads hints to all subscribers of all nodes.
type Fanout interface {
	// Publish tells that these items are committed. It never blocks on a slow subscriber.
	Publish(puts []*messaging.Put)
	// Subscribe calls f for each batch, one call at a time, until cancel is called. f must
	// not block. After a loss f is called with nil: everything may have changed.
	Subscribe(f func(puts []*messaging.Put)) (cancel func())
}
