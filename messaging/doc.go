// Package messaging is the log of rooms: sealed items in order, and how far each device has
// read them. Log carries alert cards. Chat is the delivery service of conversations: who is
// in which room, one MLS group each, commits admitted one per epoch, and beside the log what
// devices need to find and help each other.
//
// Everything here is ciphertext. No package that can decrypt is linked into this one or
// below it, and a test of the whole tree enforces that (promise 3).
//
// A room numbers its items 1, 2, 3 ... without a gap. A device is given the items it can
// open, in ascending order; its own cursor, acknowledged after it has stored an item, is the
// only thing needed to continue anywhere. Live delivery (package fanout) is a hint on top:
// losing one loses nothing.
package messaging
