package mllp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"
)

// Client sends messages over one connection, one at a time: the next goes out when the one
// before is answered. After an error the connection is closed and the Client of no more
// use, since a late reply would be taken for the answer to the next message.
type Client struct {
	mu   sync.Mutex
	conn net.Conn
	r    *Reader
	w    *Writer
}

// Dial connects to a server, with encryption if config is not nil.
func Dial(ctx context.Context, addr string, config *tls.Config) (*Client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if config != nil {
		if conn, err = secure(ctx, conn, addr, config); err != nil {
			return nil, err
		}
	}
	return NewClient(conn), nil
}

// secure does the TLS handshake; the server's name defaults to the host of addr.
func secure(ctx context.Context, conn net.Conn, addr string, config *tls.Config) (net.Conn, error) {
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	t := tls.Client(conn, config)
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrTLS, err)
	}
	return t, nil
}

// NewClient returns a Client on a connection, which it then owns.
func NewClient(conn net.Conn) *Client {
	c := &Client{conn: conn, r: NewReader(conn), w: NewWriter(conn)}
	c.r.FrameTimeout = 30 * time.Second
	return c
}

// Exchange sends a message and returns the reply. ctx bounds the whole of it.
func (c *Client) Exchange(ctx context.Context, message []byte) (reply []byte, err error) {
	err = c.do(ctx, func() error {
		if err := c.w.WriteFrame(message); err != nil {
			return err
		}
		reply, err = c.read()
		return err
	})
	return reply, err
}

// Send sends a message that is not answered (MSH-15 and MSH-16 NE).
func (c *Client) Send(ctx context.Context, message []byte) error {
	return c.do(ctx, func() error { return c.w.WriteFrame(message) })
}

// Receive waits for one more frame, such as the application acknowledgement that follows a
// commit acknowledgement on the same connection.
func (c *Client) Receive(ctx context.Context) (message []byte, err error) {
	err = c.do(ctx, func() error {
		message, err = c.read()
		return err
	})
	return message, err
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// read takes a frame without a deadline of its own: the end of ctx closes the connection.
func (c *Client) read() ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return c.r.ReadFrame()
}

// do runs one step alone and within ctx.
func (c *Client) do(ctx context.Context, step func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	defer stop()
	err := step()
	if err == nil {
		return nil
	}
	c.conn.Close()
	if ctx.Err() != nil {
		return fmt.Errorf("exchange: %w", context.Cause(ctx))
	}
	return fmt.Errorf("exchange: %w", err)
}
