// Package messaging is the log of rooms: sealed items in order, and how far each device has
// read them. Alert cards are its first items; conversations will use the same log.
//
// Everything here is ciphertext. No package that can decrypt is linked into this one or
// below it, and a test of the whole tree enforces that (promise 3).
//
// A room numbers its items 1, 2, 3 ... without a gap. A device is given the items it can
// open, in ascending order; its own cursor, acknowledged after it has stored an item, is the
// only thing needed to continue anywhere. Live delivery (package fanout) is a hint on top:
// losing one loses nothing.
package messaging
