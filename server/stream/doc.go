// Package stream serves the sockets of both listeners: Hub brings room items to devices,
// Live tells consoles what has changed.
//
// The store is the truth, the fan-out a hint. A connection holds, per room, the number up
// to which it has written, and whether it is stale. A stale room is read from the store
// until nothing is left; only then do items published meanwhile go to the connection
// directly. A slow reader, a lost hint or a gap in the numbers only makes a room stale
// again, so that whatever happens the device gets each item once and in order.
//
// An idle connection costs one goroutine that reads. Writing is done by a second one that
// is started when there is something to write and ends when there is not.
package stream
