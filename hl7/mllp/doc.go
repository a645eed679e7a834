// Package mllp carries HL7 messages over TCP in the Minimal Lower Layer Protocol, release
// 1: each frame is 0x0B, the message, 0x1C, 0x0D. The commit bytes of release 2 are not
// spoken; a peer that sends them is answered like any other.
//
// Server takes frames from many peers and hands each to a Handler, whose reply goes back
// on the same connection; Client sends one frame and waits for the reply; Reader and Writer
// are the framing alone. The package knows nothing of what is in a frame and never logs:
// faults and tolerated oddities reach the caller as errors with stable names (see Name).
//
// The rule that must hold at a shutdown or a reload: a frame that was read is handled and
// answered. See Server.Serve.
package mllp
