// Package hl7 reads and writes HL7 version 2 messages in their delimiter encoding
// (HL7 2.5.1 ch.2). It knows the syntax and the message header, and nothing of what a
// hospital means by it.
//
// Three calls carry most uses: Parse finds the boundaries of a message, Message.Get reads
// one value of it, and Header.Reply builds the acknowledgement.
//
//	m, err := hl7.Parse(frame)
//	ward := m.Get("PV1-3.1").String()
//	ack, err := m.Header().Reply(hl7.Ack{Code: hl7.CA, ControlID: id, Time: now}).Bytes()
//
// A message stays the bytes it came in: Parse makes an index of delimiter positions in one
// pass, Bytes returns exactly the input, and escapes and character sets are decoded only
// when a leaf is read. Parse keeps a reference to its input, which must not change while
// the Message is in use. A Message may be read by many goroutines at once.
//
// Reading is tolerant: what real senders get wrong (line feeds, byte order marks, character
// sets that are not what they say) is accepted and counted as a Warning. What cannot be
// read is refused with an Error that says where and why, in words fit for a negative
// acknowledgement. Neither errors nor warnings ever hold text of the message.
//
// The package does not validate against a version of the standard, does no I/O and never
// logs. Framing on the wire is in package mllp.
package hl7
