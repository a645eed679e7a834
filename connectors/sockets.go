package connectors

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// sockets are the listening sockets of one connector. They belong to the supervisor: a run
// gets handles, and closing a handle ends its Accept while the socket stays bound. A
// connection that arrives between two runs waits for the next one.
type sockets struct {
	mu   sync.Mutex
	open map[string]*socket // by network and address as configured, so that ":0" stays the same port
}

// socket is one bound address. Its goroutine accepts and hands over to whichever handle
// asks next.
type socket struct {
	network, addr string
	conns         chan net.Conn
	quit          chan struct{} // closed when the socket goes for good

	mu sync.Mutex
	ln net.Listener
	wg sync.WaitGroup
}

func newSockets() *sockets { return &sockets{open: map[string]*socket{}} }

// lease is what one instance of a connector holds; it remembers what to undo when the
// instance is refused before it ran.
type lease struct {
	set     *sockets
	scratch bool // a test: what is in the way of a new address is looked at, not moved
	mu      sync.Mutex
	used    map[*socket]bool
	created []*socket
	moved   []move
	handles []*handle
}

type move struct {
	s        *socket
	oldAddr  string
	from, to string // keys in sockets.open
}

func (s *sockets) lease(scratch bool) *lease {
	return &lease{set: s, scratch: scratch, used: map[*socket]bool{}}
}

// listen implements Env.Listen for one instance.
func (l *lease) listen(network, addr string) (net.Listener, error) {
	l.set.mu.Lock()
	defer l.set.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	key := network + " " + addr
	s := l.set.open[key]
	if s == nil {
		var err error
		if s, err = l.bind(network, addr, key); err != nil {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
	}
	l.used[s] = true
	h := &handle{s: s, closed: make(chan struct{})}
	l.handles = append(l.handles, h)
	return h, nil
}

func (l *lease) bind(network, addr, key string) (*socket, error) {
	ln, err := net.Listen(network, addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		if s := l.moveOwn(network, addr, key); s != nil {
			return s, nil
		}
	}
	if err != nil {
		return nil, err
	}
	s := &socket{network: network, addr: addr, conns: make(chan net.Conn), quit: make(chan struct{})}
	s.serve(ln)
	l.set.open[key] = s
	l.created = append(l.created, s)
	return s, nil
}

// moveOwn handles a change such as 127.0.0.1:2575 to 0.0.0.0:2575, where the connector's
// own old socket is what is in the way: it is rebound in place. Established connections do
// not notice. If the new address cannot be had, the old one is taken again.
func (l *lease) moveOwn(network, addr, key string) *socket {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	for from, s := range l.set.open {
		if _, p, err := net.SplitHostPort(s.addr); err != nil || p != port || s.network != network {
			continue
		}
		if l.scratch {
			return s
		}
		old := s.addr
		if s.rebind(addr) != nil {
			return nil
		}
		delete(l.set.open, from)
		l.set.open[key] = s
		l.moved = append(l.moved, move{s: s, oldAddr: old, from: from, to: key})
		return s
	}
	return nil
}

// discard undoes what a refused instance opened or moved.
func (l *lease) discard() {
	l.closeHandles()
	l.set.mu.Lock()
	defer l.set.mu.Unlock()
	for _, s := range l.created {
		l.set.drop(s)
	}
	for _, m := range l.moved {
		if m.s.rebind(m.oldAddr) == nil {
			delete(l.set.open, m.to)
			l.set.open[m.from] = m.s
		}
	}
}

// settle closes the sockets that this instance, which has just replaced another one, did
// not ask for.
func (l *lease) settle() {
	l.set.mu.Lock()
	defer l.set.mu.Unlock()
	for _, s := range l.set.open {
		if !l.used[s] {
			l.set.drop(s)
		}
	}
}

func (l *lease) closeHandles() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.handles {
		h.Close()
	}
}

// drop closes a socket; the caller holds mu.
func (s *sockets) drop(gone *socket) {
	for key, other := range s.open {
		if other == gone {
			delete(s.open, key)
		}
	}
	gone.close()
}

func (s *sockets) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, open := range s.open {
		s.drop(open)
	}
}

func (s *sockets) addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []net.Addr
	for _, open := range s.open {
		out = append(out, open.address())
	}
	return out
}

func (s *socket) serve(ln net.Listener) {
	s.mu.Lock()
	s.ln = ln
	s.mu.Unlock()
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // out of file descriptors, or the peer gave up early
				time.Sleep(10 * time.Millisecond)
				continue
			}
			select {
			case s.conns <- c:
			case <-s.quit:
				c.Close()
				return
			}
		}
	})
}

// rebind closes the bound address and takes another one, or the old one again.
func (s *socket) rebind(addr string) error {
	s.mu.Lock()
	s.ln.Close()
	s.mu.Unlock()
	ln, err := net.Listen(s.network, addr)
	if err == nil {
		s.addr = addr
		s.serve(ln)
		return nil
	}
	if back, again := net.Listen(s.network, s.addr); again == nil {
		s.serve(back)
	}
	return err
}

func (s *socket) close() {
	s.mu.Lock()
	s.ln.Close()
	s.mu.Unlock()
	close(s.quit)
	s.wg.Wait()
}

func (s *socket) address() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ln.Addr()
}

// handle is the net.Listener a run sees.
type handle struct {
	s      *socket
	once   sync.Once
	closed chan struct{}
}

func (h *handle) Accept() (net.Conn, error) {
	select { // a closed handle never takes a connection away from its successor
	case <-h.closed:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-h.s.conns:
		return c, nil
	case <-h.closed:
	case <-h.s.quit:
	}
	return nil, net.ErrClosed
}

func (h *handle) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *handle) Addr() net.Addr { return h.s.address() }
