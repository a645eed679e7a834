package mllp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Handler is called with each message. The reply, if not nil, is sent as one frame before
// the next message is read; more frames, such as a commit acknowledgement ahead of an
// application one, go out by Peer.Send. After an error the reply is still sent and then the
// connection closed, which makes the sender try again later. ctx ends when the drain time
// of a shutdown is over; it does not end when the shutdown begins.
type Handler func(ctx context.Context, p *Peer, message []byte) (reply []byte, err error)

// Server takes messages from many connections. Its fields must not be changed after Serve.
type Server struct {
	// Handler is called on the goroutine of the connection: messages of one peer are
	// handled one after another. Required.
	Handler Handler
	// Refuse makes the reply to a message beyond the limit from what is known of it; nil
	// means none. The connection lives on.
	Refuse func(p *Peer, err *OversizeError) []byte
	// Observe is told every fault and every Warning, with the peer if there is one. It is
	// called from many goroutines and must not block. It may be nil.
	Observe func(p *Peer, err error)
	// TLS, with Certificates and as wanted ClientAuth and ClientCAs, turns on encryption.
	TLS *tls.Config

	MaxFrame     int           // of one message; DefaultMaxFrame if zero
	MaxConns     int           // at one time; 64 if zero
	FrameTimeout time.Duration // from a frame's first byte to its last, and for a TLS handshake; 30 s and 10 s if zero
	WriteTimeout time.Duration // for one reply; 10 s if zero
	IdleTimeout  time.Duration // between frames; zero: none, peers keep lines open for days
	DrainTimeout time.Duration // for messages in hand when Serve ends; 5 s if zero
}

const (
	handshakeTimeout = 10 * time.Second
	drainLinger      = 50 * time.Millisecond  // for a message on its way when draining begins
	closeLinger      = 200 * time.Millisecond // for the peer to take the last reply
	acceptPause      = 50 * time.Millisecond  // after a failed accept, such as too many files
)

// Serve takes connections from ln until ctx ends, and then returns nil once all of them are
// done. It then closes ln, finishes the message in hand on every connection (reading it to
// its end, handling it, sending the reply), as well as those that were received behind it,
// and closes. A message on its way at that moment is still taken if it arrives within 50 ms.
// What exceeds DrainTimeout is cut off, its handler's context cancelled. Serve returns an
// error only if ln fails for good before ctx ends.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r := &serving{Server: s, ctx: work, peers: make(map[*Peer]struct{})}
	stop := context.AfterFunc(ctx, func() {
		ln.Close()
		r.drain()
	})
	err := r.accept(ctx, ln)
	if stop() { // ctx has not ended: the listener failed
		ln.Close()
		r.drain()
	}
	bound := time.AfterFunc(or(s.DrainTimeout, 5*time.Second), func() {
		cancel()
		r.closeAll()
	})
	defer bound.Stop()
	r.wg.Wait()
	return err
}

func or[T int | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// serving is one run of Serve.
type serving struct {
	*Server
	ctx context.Context // of the handlers
	wg  sync.WaitGroup

	mu       sync.Mutex
	peers    map[*Peer]struct{}
	draining bool
}

// accept takes connections until ctx ends or the listener is closed.
func (r *serving) accept(ctx context.Context, ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			r.start(conn)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept: %w", err)
		default:
			r.observe(nil, fmt.Errorf("%w: %w", ErrAccept, err))
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(acceptPause):
			}
		}
	}
}

// start gives a connection its goroutine, unless there are too many.
func (r *serving) start(conn net.Conn) {
	p := &Peer{raw: conn, conn: conn, writeTimeout: or(r.WriteTimeout, 10*time.Second)}
	if r.TLS != nil {
		p.conn = tls.Server(conn, r.TLS)
	}
	r.mu.Lock()
	full := len(r.peers) >= or(r.MaxConns, 64)
	if !full {
		r.peers[p] = struct{}{}
		p.draining = r.draining
	}
	r.mu.Unlock()
	if full {
		r.observe(p, ErrTooMany)
		conn.Close()
		return
	}
	r.wg.Go(func() { r.serve(p) })
}

// drain tells every connection to end after what it has in hand.
func (r *serving) drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draining = true
	for p := range r.peers {
		p.drain()
	}
}

// closeAll cuts off what is left after the drain time.
func (r *serving) closeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.peers {
		p.raw.Close()
	}
}

func (r *serving) observe(p *Peer, err error) {
	if r.Observe != nil {
		r.Observe(p, err)
	}
}

// serve runs one connection to its end.
func (r *serving) serve(p *Peer) {
	defer func() {
		p.close()
		r.mu.Lock()
		delete(r.peers, p)
		r.mu.Unlock()
	}()
	if err := r.handshake(p); err != nil {
		r.observe(p, err)
		return
	}
	rd := NewReader(p.conn)
	rd.MaxFrame, rd.FrameTimeout, rd.started = r.MaxFrame, or(r.FrameTimeout, 30*time.Second), p.busy
	rd.Warn = func(w Warning) { r.observe(p, w) }
	for p.await(rd, r.IdleTimeout) {
		message, err := rd.ReadFrame()
		if err == nil {
			err = r.handle(p, message)
		} else {
			err = r.readFailed(p, err)
		}
		if err != nil {
			return
		}
	}
}

// handshake does the TLS part, within a bound: an unanswered one would hold its place.
func (r *serving) handshake(p *Peer) error {
	conn, ok := p.conn.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.ctx, min(handshakeTimeout, or(r.FrameTimeout, handshakeTimeout)))
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrTLS, err)
	}
	state := conn.ConnectionState()
	p.TLS = &state
	return nil
}

// handle calls the handler and sends its reply.
func (r *serving) handle(p *Peer, message []byte) error {
	reply, err := r.call(p, message)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrHandler, err)
		r.observe(p, err)
	}
	if reply == nil {
		return err
	}
	if werr := p.Send(reply); werr != nil {
		r.observe(p, fmt.Errorf("%w: %w", ErrWrite, werr))
		return werr
	}
	return err
}

// call turns a panic of the handler into an error: one message must not end the program
// that carries all the others. The panic's value may hold message text and is not passed on.
func (r *serving) call(p *Peer, message []byte) (reply []byte, err error) {
	defer func() {
		if recover() != nil {
			reply, err = nil, errors.New("panic")
		}
	}()
	return r.Handler(r.ctx, p, message)
}

// readFailed tells the observer what went wrong and returns nil if reading can go on.
func (r *serving) readFailed(p *Peer, err error) error {
	var over *OversizeError
	switch {
	case errors.Is(err, ErrHalf) || errors.Is(err, ErrGarbage):
		r.observe(p, err)
	case errors.As(err, &over):
		r.observe(p, err)
		return r.refuse(p, over)
	case p.quiet(err):
		// The peer closed between frames, or this side is draining: nothing is wrong.
	case isTimeout(err):
		r.observe(p, ErrIdle)
	default:
		r.observe(p, fmt.Errorf("read frame: %w", err))
	}
	return err
}

func (r *serving) refuse(p *Peer, over *OversizeError) error {
	if r.Refuse == nil {
		return nil
	}
	reply := r.Refuse(p, over)
	if reply == nil {
		return nil
	}
	if err := p.Send(reply); err != nil {
		r.observe(p, fmt.Errorf("%w: %w", ErrWrite, err))
		return err
	}
	return nil
}
