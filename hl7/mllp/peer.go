package mllp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Peer is one connection to a Server.
type Peer struct {
	// TLS is the state after the handshake, with the client's certificate if there is one;
	// nil without encryption.
	TLS *tls.ConnectionState

	raw, conn    net.Conn // raw lies below TLS; without TLS they are the same
	writeTimeout time.Duration

	mu       sync.Mutex
	reading  bool // a frame has begun and its end is not yet reached, or it is handled
	draining bool
}

// RemoteAddr returns the address of the other side.
func (p *Peer) RemoteAddr() net.Addr { return p.raw.RemoteAddr() }

// Send writes one more frame to the peer, ahead of the reply. Only the Handler may call it,
// and only until it returns.
func (p *Peer) Send(message []byte) error {
	if err := p.conn.SetWriteDeadline(time.Now().Add(p.writeTimeout)); err != nil {
		return err
	}
	return NewWriter(p.conn).WriteFrame(message)
}

// await sets the deadline for the next frame and returns false when, while draining, the
// message in hand was answered and nothing more has been received.
func (p *Peer) await(r *Reader, idle time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	wasReading := p.reading
	p.reading = false
	var deadline time.Time
	switch {
	case p.draining && wasReading && !r.Buffered():
		return false
	case p.draining:
		deadline = time.Now().Add(drainLinger)
	case idle > 0:
		deadline = time.Now().Add(idle)
	}
	return p.conn.SetReadDeadline(deadline) == nil
}

// busy notes that a frame has begun: from here on draining waits for it. The Reader then
// replaces whatever deadline stood before.
func (p *Peer) busy() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = true
}

// drain shortens the wait for a frame that has not begun.
func (p *Peer) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draining = true
	if !p.reading {
		// An error means that the connection is gone, which its reader learns by itself.
		_ = p.conn.SetReadDeadline(time.Now().Add(drainLinger))
	}
}

// quiet tells whether the end of reading between frames is in order.
func (p *Peer) quiet(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Is(err, io.EOF) || p.draining && isTimeout(err)
}

// close ends the connection so that the last reply arrives: closing with received bytes
// unread would reset the connection and take the reply back from the peer's buffer. So
// this side stops sending first, and what still comes is thrown away for a moment; the
// peer has no answer to it and sends it again.
func (p *Peer) close() {
	defer p.raw.Close()
	if c, ok := p.conn.(*tls.Conn); ok {
		_ = c.SetWriteDeadline(time.Now().Add(closeLinger))
		_ = c.CloseWrite()
	}
	half, ok := p.raw.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || p.raw.SetReadDeadline(time.Now().Add(closeLinger)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(p.raw, HardMaxFrame))
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
