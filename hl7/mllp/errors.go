package mllp

import (
	"errors"
	"fmt"
)

// Faults of a peer or of a connection; match them with errors.Is.
var (
	// ErrOversize: a frame larger than the limit. What there is of it is skipped.
	ErrOversize = errors.New("frame larger than the limit")
	// ErrHalf: the connection ended or fell silent within a frame.
	ErrHalf = errors.New("frame ends half way")
	// ErrGarbage: so much outside of frames that the peer speaks some other protocol.
	ErrGarbage = errors.New("no frame in sight")
	// ErrPayload: a message that contains the end of a frame cannot be sent.
	ErrPayload = errors.New("message contains an end of frame")
	// ErrTLS: the handshake failed, for instance for want of a client certificate.
	ErrTLS = errors.New("tls handshake failed")
	// ErrTooMany: a connection beyond the cap, closed at once.
	ErrTooMany = errors.New("too many connections")
	// ErrHandler: the handler returned an error or panicked; the connection was closed.
	ErrHandler = errors.New("handler failed")
	// ErrWrite: the reply could not be written.
	ErrWrite = errors.New("reply not written")
	// ErrIdle: the peer sent nothing for longer than the idle time.
	ErrIdle = errors.New("connection idle")
	// ErrAccept: the listener could not take a connection; it is tried again.
	ErrAccept = errors.New("accept failed")
)

// Warning is an oddity of a peer that was tolerated. It is an error so that one observer
// can take both.
type Warning uint8

const (
	// WarnNoCR: no carriage return after 0x1C.
	WarnNoCR Warning = iota
	// WarnWhitespace: white space between frames.
	WarnWhitespace
	// WarnGarbage: other bytes between frames.
	WarnGarbage
	// WarnSeparator: 0x1C within a message.
	WarnSeparator
	// WarnRestart: a new frame began within one; the unfinished one was dropped. Its
	// sender has had no answer to it.
	WarnRestart
	// WarnEmpty: a frame without content, skipped; some peers keep a line alive by them.
	WarnEmpty
)

// Error names the oddity.
func (w Warning) Error() string { return "tolerated: " + Name(w) }

// Name returns the stable name of a fault or warning, for counting.
func Name(err error) string {
	var w Warning
	if errors.As(err, &w) {
		names := [...]string{"no_cr_after_frame", "whitespace_between_frames", "garbage_between_frames",
			"separator_in_message", "frame_restarted", "frame_empty"}
		if int(w) < len(names) {
			return names[w]
		}
		return "unknown"
	}
	for _, n := range [...]struct {
		err  error
		name string
	}{
		{ErrOversize, "frame_oversize"}, {ErrHalf, "frame_half"}, {ErrGarbage, "no_frame"},
		{ErrPayload, "frame_in_payload"}, {ErrTLS, "tls_failed"}, {ErrTooMany, "too_many_connections"},
		{ErrHandler, "handler_failed"}, {ErrWrite, "reply_not_written"}, {ErrIdle, "idle"}, {ErrAccept, "accept_failed"},
	} {
		if errors.Is(err, n.err) {
			return n.name
		}
	}
	return "connection_lost"
}

// OversizeError tells of a frame beyond the limit. Head is its beginning, at most 4 KiB:
// enough to read the header and answer the sender. It matches ErrOversize.
type OversizeError struct {
	Head  []byte
	Limit int
}

// Error names the limit.
func (e *OversizeError) Error() string { return fmt.Sprintf("%v of %d bytes", ErrOversize, e.Limit) }

// Is matches ErrOversize.
func (e *OversizeError) Is(target error) bool { return target == ErrOversize }
