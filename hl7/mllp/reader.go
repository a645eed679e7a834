package mllp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// The bytes of release 1.
const (
	startBlock = 0x0B
	endBlock   = 0x1C
	carriage   = 0x0D
)

const (
	// DefaultMaxFrame is the largest frame accepted unless stated otherwise.
	DefaultMaxFrame = 1 << 20
	// HardMaxFrame is the largest frame that can be allowed, and the most that is skipped
	// of one that is larger than allowed.
	HardMaxFrame = 16 << 20

	maxGarbage  = 64 << 10 // between frames, before the peer is given up
	headSize    = 4 << 10  // kept of an oversize frame
	trailerWait = 200 * time.Millisecond
)

// Reader takes frames from a stream. It is for one goroutine.
type Reader struct {
	// MaxFrame limits a message: DefaultMaxFrame if zero, HardMaxFrame at most.
	MaxFrame int
	// Warn is called for each oddity, on the reading goroutine. It may be nil.
	Warn func(Warning)
	// FrameTimeout bounds the time from the first byte of a frame to its last, for streams
	// with a SetReadDeadline, as connections have. It also lets the Reader notice, by
	// 200 ms of silence, a peer that never sends the last carriage return. The read
	// deadline of the connection is changed by it. Zero: no bound.
	FrameTimeout time.Duration

	started func() // called when a frame begins
	until   time.Time
	br      *bufio.Reader
	src     io.Reader
}

// deadliner is the part of net.Conn that FrameTimeout needs.
type deadliner interface{ SetReadDeadline(time.Time) error }

// NewReader returns a Reader with the default limit.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, 16<<10), src: r}
}

// Buffered tells whether bytes wait that were taken from the stream already.
func (r *Reader) Buffered() bool { return r.br.Buffered() > 0 }

// ReadFrame returns the next message without its framing; the slice is the caller's. The
// error is io.EOF between frames, ErrHalf within one, ErrGarbage if no frame comes, an
// *OversizeError after which reading can go on, or the error of the stream.
func (r *Reader) ReadFrame() ([]byte, error) {
	for {
		if err := r.findStart(); err != nil {
			return nil, err
		}
		if err := r.begin(); err != nil {
			return nil, err
		}
		frame, err := r.body()
		if err != nil || len(frame) > 0 {
			return frame, err
		}
		r.warn(WarnEmpty)
	}
}

// begin starts the clock of a frame.
func (r *Reader) begin() error {
	if r.started != nil {
		r.started()
	}
	if r.FrameTimeout <= 0 {
		return nil
	}
	r.until = time.Now().Add(r.FrameTimeout)
	return r.deadline(r.until)
}

func (r *Reader) deadline(t time.Time) error {
	if conn, ok := r.src.(deadliner); ok && r.FrameTimeout > 0 {
		return conn.SetReadDeadline(t)
	}
	return nil
}

func (r *Reader) warn(w Warning) {
	if r.Warn != nil {
		r.Warn(w)
	}
}

func (r *Reader) limit() int {
	if r.MaxFrame <= 0 {
		return DefaultMaxFrame
	}
	return min(r.MaxFrame, HardMaxFrame)
}

// findStart reads up to and including the start of a frame. A single carriage return is
// the late end of the frame before.
func (r *Reader) findStart() error {
	var seen [2]bool // white space, garbage: one warning each per gap
	defer func() {
		if seen[0] {
			r.warn(WarnWhitespace)
		}
		if seen[1] {
			r.warn(WarnGarbage)
		}
	}()
	for n := 0; n <= maxGarbage; n++ {
		c, err := r.br.ReadByte()
		switch {
		case err != nil:
			return err
		case c == startBlock:
			return nil
		case c == carriage && n == 0:
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0:
			seen[0] = true
		default:
			seen[1] = true
		}
	}
	return ErrGarbage
}

// body reads a message and the end of its frame.
func (r *Reader) body() ([]byte, error) {
	var frame []byte
	limit, skipped := r.limit(), 0
	for {
		chunk, err := r.br.ReadSlice(endBlock)
		take := min(len(chunk), limit+1-len(frame)) // one more for the 0x1C
		frame = append(frame, chunk[:take]...)
		skipped += len(chunk) - take
		switch {
		case skipped > HardMaxFrame:
			return nil, fmt.Errorf("%w: %w", ErrHalf, r.oversize(frame))
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return nil, half(err)
		}
		done, err := r.atEnd()
		switch {
		case err != nil:
			return nil, half(err)
		case !done:
			r.warn(WarnSeparator)
		case skipped > 0:
			return nil, r.oversize(frame)
		default:
			return r.restarted(frame[:len(frame)-1]), nil
		}
	}
}

// restarted drops an unfinished message before a new one in the same frame.
func (r *Reader) restarted(frame []byte) []byte {
	if i := bytes.LastIndex(frame, []byte("\x0bMSH")); i >= 0 {
		r.warn(WarnRestart)
		return frame[i+1:]
	}
	return frame
}

func (r *Reader) oversize(frame []byte) *OversizeError {
	return &OversizeError{Head: bytes.Clone(frame[:min(len(frame), headSize)]), Limit: r.limit()}
}

// atEnd decides whether the 0x1C just read ends the frame: yes before CR, before a line
// feed or the start of the next frame, at the end of the stream and in silence. Anything
// else is part of the message.
func (r *Reader) atEnd() (bool, error) {
	c, err := r.peek()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded):
		r.warn(WarnNoCR)
		return true, nil
	case err != nil:
		return false, err
	case c == carriage:
		_, err = r.br.Discard(1)
		return true, err
	case c == startBlock || c == '\n':
		r.warn(WarnNoCR)
		return true, nil
	}
	return false, nil
}

// peek looks at the next byte, waiting no longer than trailerWait where it can be bounded.
func (r *Reader) peek() (byte, error) {
	if r.br.Buffered() == 0 {
		if wait := time.Now().Add(trailerWait); r.until.After(wait) {
			if err := r.deadline(wait); err != nil {
				return 0, err
			}
		}
	}
	b, err := r.br.Peek(1)
	if err != nil {
		return 0, err
	}
	return b[0], r.deadline(r.until)
}

// half marks an error within a frame.
func half(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrHalf, err)
}

// Writer puts messages on a stream, each as one frame in one write. It is for one goroutine.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// WriteFrame sends one message. It refuses one that contains the end of a frame, which the
// peer would take for two (ErrPayload).
func (w *Writer) WriteFrame(message []byte) error {
	if bytes.Contains(message, []byte{endBlock, carriage}) {
		return ErrPayload
	}
	w.buf = append(append(append(w.buf[:0], startBlock), message...), endBlock, carriage)
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}
