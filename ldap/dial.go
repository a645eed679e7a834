package ldap

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// StartTLS says what becomes of a connection to an ldap:// address.
type StartTLS string

// Optional goes on in the clear where the server does not offer StartTLS; a server that
// offers it and then fails, or shows a wrong certificate, is refused all the same.
const (
	StartTLSRequired StartTLS = "required"
	StartTLSOptional StartTLS = "optional"
	StartTLSOff      StartTLS = "off"
)

// Options says how to reach a server.
type Options struct {
	URL      string // ldap://host[:389] or ldaps://host[:636]
	StartTLS StartTLS
	// Roots are the authorities the certificate must come from; nil: those of the system.
	Roots *x509.CertPool
	// Pin is the SHA-256 of the server's certificate in hexadecimal, colons allowed. Set, it
	// decides alone: neither authority nor name nor expiry are looked at.
	Pin        string
	ServerName string        // name in the certificate where it is not that of the URL
	Dial       time.Duration // bound for connection and TLS; 0: 10 s
	Answer     time.Duration // bound for each answer and each page; 0: 60 s
}

// Conn is a connection to a server. It is for one goroutine at a time.
type Conn struct {
	ldap   *goldap.Conn
	wire   *wire
	answer time.Duration
}

// Dial connects and, where told so, encrypts.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	u, err := ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	config, err := o.tls(u.Hostname())
	if err != nil {
		return nil, err
	}
	c, err := dial(ctx, u, o, config)
	if Name(err) == StartTLSRefused && o.StartTLS == StartTLSOptional {
		// A new connection: the library no longer reads from one on which StartTLS was refused.
		o.StartTLS = StartTLSOff
		return dial(ctx, u, o, config)
	}
	return c, err
}

func dial(ctx context.Context, u *url.URL, o Options, config *tls.Config) (*Conn, error) {
	bound := orElse(o.Dial, 10*time.Second)
	dialCtx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(dialCtx, "tcp", u.Host)
	if err != nil {
		return nil, dialError(ctx, err)
	}
	c := &Conn{wire: &wire{Conn: raw}, answer: orElse(o.Answer, time.Minute)}
	c.wire.left.Store(maxAnswer)
	raw.SetDeadline(time.Now().Add(bound))
	if err := c.secure(dialCtx, u.Scheme, o.StartTLS, config); err != nil {
		raw.Close()
		return nil, err
	}
	raw.SetDeadline(time.Time{})
	return c, nil
}

// ParseURL reads the address of a server and completes its port.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, errors.New("the address needs the form ldaps://host or ldap://host:389")
	}
	port := map[string]string{"ldap": "389", "ldaps": "636"}[u.Scheme]
	if port == "" {
		return nil, errors.New("the address must begin with ldap:// or ldaps://")
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u, nil
}

func (c *Conn) secure(ctx context.Context, scheme string, start StartTLS, config *tls.Config) error {
	if scheme == "ldaps" {
		secured := tls.Client(c.wire, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return tlsError(err)
		}
		c.ldap = goldap.NewConn(secured, true)
		c.ldap.Start()
		return nil
	}
	c.ldap = goldap.NewConn(c.wire, false)
	c.ldap.Start()
	if start == StartTLSOff {
		return nil
	}
	err := c.ldap.StartTLS(config)
	if err == nil {
		return nil
	}
	c.Close()
	var e *goldap.Error
	if errors.As(err, &e) && e.ResultCode < goldap.ErrorNetwork {
		return &Error{Name: StartTLSRefused, Code: e.ResultCode}
	}
	return tlsError(err)
}

// tlsError keeps of a failed handshake what helps the administrator: which check failed. The
// names in a certificate are those of servers.
func tlsError(err error) error {
	var e *goldap.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	return &Error{Name: TLSFailed, Err: err}
}

func (o Options) tls(host string) (*tls.Config, error) {
	config := &tls.Config{RootCAs: o.Roots, ServerName: host, MinVersion: tls.VersionTLS12}
	if o.ServerName != "" {
		config.ServerName = o.ServerName
	}
	if o.Pin == "" {
		return config, nil
	}
	pin, err := ParsePin(o.Pin)
	if err != nil {
		return nil, err
	}
	config.InsecureSkipVerify = true // the pin is checked instead, on resumed sessions too
	config.VerifyConnection = func(s tls.ConnectionState) error {
		sum := sha256.Sum256(s.PeerCertificates[0].Raw)
		if subtle.ConstantTimeCompare(sum[:], pin) != 1 {
			return fmt.Errorf("the certificate's SHA-256 is %x, which is not the pinned one", sum)
		}
		return nil
	}
	return config, nil
}

// ParsePin reads a SHA-256 fingerprint as openssl and browsers print it.
func ParsePin(s string) ([]byte, error) {
	pin, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(s)))
	if err != nil || len(pin) != sha256.Size {
		return nil, errors.New("the fingerprint must be 32 bytes in hexadecimal")
	}
	return pin, nil
}

// Close ends the connection.
func (c *Conn) Close() {
	c.wire.SetDeadline(time.Now().Add(time.Second)) // for a server that no longer reads
	c.ldap.Close()
}

// begin bounds what follows by ctx and the time for one answer; end lifts the bound again.
// Deadlines lie on the socket itself: the library's own timeout drops answers in silence
// while their reader is slow.
func (c *Conn) begin(ctx context.Context) (end func()) {
	c.wire.left.Store(maxAnswer)
	c.wire.SetDeadline(time.Now().Add(c.answer))
	stop := context.AfterFunc(ctx, func() { c.wire.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			c.wire.SetDeadline(time.Time{})
		}
	}
}

// more gives the server its time again: for answers that come as a stream.
func (c *Conn) more() {
	c.wire.left.Store(maxAnswer)
	c.wire.SetDeadline(time.Now().Add(c.answer))
}

// Bind signs in. An empty password would be an unauthenticated bind, which succeeds without
// proving anything (RFC 4513 section 5.1.2), and is refused here.
func (c *Conn) Bind(ctx context.Context, dn, password string) error {
	if dn == "" || password == "" {
		return &Error{Name: WrongCredentials}
	}
	defer c.begin(ctx)()
	_, err := c.ldap.SimpleBind(&goldap.SimpleBindRequest{Username: dn, Password: password})
	return wrap(ctx, err)
}

// maxAnswer is the most that is read for one answer or one page.
const maxAnswer = 256 << 20

var errTooMuch = errors.New("more than 256 MiB in one answer")

// wire counts what is read.
type wire struct {
	net.Conn
	left atomic.Int64
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.left.Add(-int64(n)) < 0 {
		return 0, errTooMuch
	}
	return n, err
}

func orElse(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}

// Encrypted reports whether TLS is in use.
func (c *Conn) Encrypted() bool {
	_, ok := c.ldap.TLSConnectionState()
	return ok
}
