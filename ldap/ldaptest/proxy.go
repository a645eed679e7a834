package ldaptest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Proxy carries connections to a server and cuts each after a number of bytes.
type Proxy struct {
	Addr string
	ln   net.Listener
	cut  atomic.Int64
	work sync.WaitGroup
}

// StartProxy listens on a free port. Of each connection, after bytes of the server's answers
// are let through; 0: all.
func StartProxy(to string, after int64) (*Proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Addr: ln.Addr().String(), ln: ln}
	p.cut.Store(after)
	p.work.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.work.Go(func() { p.carry(c, to) })
		}
	})
	return p, nil
}

func (p *Proxy) carry(c net.Conn, to string) {
	defer c.Close()
	s, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer s.Close()
	p.work.Go(func() {
		io.Copy(s, c)
		s.Close()
		c.Close()
	})
	if n := p.cut.Load(); n > 0 {
		io.CopyN(c, s, n)
		return
	}
	io.Copy(c, s)
}

// Stop ends the proxy. Connections end with their peers.
func (p *Proxy) Stop() {
	p.ln.Close()
	p.work.Wait()
}
