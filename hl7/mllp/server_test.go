package mllp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wardline/wardline/hl7/mllp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is a running server with what it has told its observer.
type bundle struct {
	addr string
	stop context.CancelFunc // begins draining
	done chan error         // what Serve returned

	mu   sync.Mutex
	told map[string]int
}

// echo answers every message with itself.
func echo(_ context.Context, _ *mllp.Peer, message []byte) ([]byte, error) { return message, nil }

// setup runs s on a free port until the test ends.
func setup(tb testing.TB, s *mllp.Server) *bundle {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &bundle{addr: ln.Addr().String(), stop: cancel, done: make(chan error, 1), told: make(map[string]int)}
	s.Observe = func(_ *mllp.Peer, err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.told[mllp.Name(err)]++
	}
	go func() { b.done <- s.Serve(ctx, ln); close(b.done) }()
	tb.Cleanup(func() { cancel(); <-b.done })
	return b
}

// await polls until the observer has been told a name.
func (b *bundle) await(tb testing.TB, name string) {
	tb.Helper()
	for range 1000 {
		b.mu.Lock()
		n := b.told[name]
		b.mu.Unlock()
		if n > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	tb.Errorf("the observer was not told %q but %v", name, b.told)
}

func dial(tb testing.TB, b *bundle) *mllp.Client {
	tb.Helper()
	c, err := mllp.Dial(tb.Context(), b.addr, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return c
}

// rawDial connects without the framing of Client.
func rawDial(tb testing.TB, b *bundle) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", b.addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		tb.Fatal(err)
	}
	return conn
}

func write(tb testing.TB, conn net.Conn, s string) {
	tb.Helper()
	if _, err := io.WriteString(conn, s); err != nil {
		tb.Fatal(err)
	}
}

func exchange(tb testing.TB, c *mllp.Client, message string) {
	tb.Helper()
	reply, err := c.Exchange(tb.Context(), []byte(message))
	if err != nil || string(reply) != message {
		tb.Errorf("the answer to %q is %q, %v", message, reply, err)
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{Handler: echo})
	var wg sync.WaitGroup
	for i := range 8 {
		c := dial(t, b)
		wg.Go(func() {
			for j := range 50 {
				exchange(t, c, fmt.Sprintf("MSH|%d|%d\r", i, j))
			}
		})
	}
	wg.Wait()
	if len(b.told) != 0 {
		t.Errorf("the observer was told %v", b.told)
	}
}

// TestTwoReplies: a commit acknowledgement ahead of the application one.
func TestTwoReplies(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{Handler: func(_ context.Context, p *mllp.Peer, m []byte) ([]byte, error) {
		if string(m) == "silent" {
			return nil, nil
		}
		return []byte("AA"), p.Send([]byte("CA"))
	}})
	c := dial(t, b)
	if err := c.Send(t.Context(), []byte("silent")); err != nil {
		t.Fatal(err)
	}
	first, err := c.Exchange(t.Context(), []byte("m"))
	if err != nil || string(first) != "CA" {
		t.Errorf("first %q, %v", first, err)
	}
	if second, err := c.Receive(t.Context()); err != nil || string(second) != "AA" {
		t.Errorf("second %q, %v", second, err)
	}
}

// TestNamedFaults: each wrong behaviour of a peer is told by its name.
func TestNamedFaults(t *testing.T) {
	t.Parallel()
	failing := func(_ context.Context, _ *mllp.Peer, m []byte) ([]byte, error) {
		if string(m) == "panic" {
			panic("message text")
		}
		return nil, errors.New("no database")
	}
	for name, tc := range map[string]struct {
		server mllp.Server
		send   string
		hangUp bool
		told   string
	}{
		"half message, peer leaves":  {mllp.Server{Handler: echo}, "\x0bMSH|a", true, "frame_half"},
		"half message, peer silent":  {mllp.Server{Handler: echo, FrameTimeout: 20 * time.Millisecond}, "\x0bMSH|a", false, "frame_half"},
		"start of a frame, silence":  {mllp.Server{Handler: echo, FrameTimeout: 20 * time.Millisecond}, "\x0b", false, "frame_half"},
		"another protocol":           {mllp.Server{Handler: echo}, strings.Repeat("GET / HTTP/1.1\r\n", 5000), false, "no_frame"},
		"idle":                       {mllp.Server{Handler: echo, IdleTimeout: 20 * time.Millisecond}, "", false, "idle"},
		"handler fails":              {mllp.Server{Handler: failing}, "\x0ba\x1c\r", false, "handler_failed"},
		"handler panics":             {mllp.Server{Handler: failing}, "\x0bpanic\x1c\r", false, "handler_failed"},
		"plain text to a TLS server": {mllp.Server{Handler: echo, TLS: &tls.Config{}}, "\x0bMSH|^~\\&|\x1c\r", false, "tls_failed"},
		"silence to a TLS server":    {mllp.Server{Handler: echo, TLS: &tls.Config{}, FrameTimeout: 20 * time.Millisecond}, "", false, "tls_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, &tc.server)
			conn := rawDial(t, b)
			if _, err := io.WriteString(conn, tc.send); err != nil && tc.told != "no_frame" {
				t.Fatal(err)
			}
			if tc.hangUp {
				conn.(*net.TCPConn).CloseWrite()
			}
			// Whatever was wrong, the server ends the connection and does not answer.
			if got, _ := io.ReadAll(conn); len(got) > 0 && tc.server.TLS == nil {
				t.Errorf("the server answers %q", got)
			}
			b.await(t, tc.told)
		})
	}
}

// TestOversize: the sender is told, and its next message is taken.
func TestOversize(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{
		Handler: echo, MaxFrame: 1000,
		Refuse: func(_ *mllp.Peer, err *mllp.OversizeError) []byte { return append([]byte("AR "), err.Head[:5]...) },
	})
	c := dial(t, b)
	reply, err := c.Exchange(t.Context(), []byte("MSH|1"+strings.Repeat("x", 10<<20)))
	if err != nil || string(reply) != "AR MSH|1" {
		t.Errorf("got %q, %v", reply, err)
	}
	exchange(t, c, "MSH|2")
	b.await(t, "frame_oversize")
}

// TestHandlerFault: the reply goes out although the handler failed, then the connection ends.
func TestHandlerFault(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{Handler: func(context.Context, *mllp.Peer, []byte) ([]byte, error) {
		return []byte("CE"), errors.New("no database")
	}})
	c := dial(t, b)
	if reply, err := c.Exchange(t.Context(), []byte("a")); err != nil || string(reply) != "CE" {
		t.Errorf("got %q, %v", reply, err)
	}
	if _, err := c.Receive(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("the connection goes on: %v", err)
	}
}

func TestConnectionCap(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{Handler: echo, MaxConns: 1})
	first := dial(t, b)
	exchange(t, first, "a")
	if _, err := dial(t, b).Exchange(t.Context(), []byte("b")); err == nil {
		t.Error("a second connection is served")
	}
	b.await(t, "too_many_connections")
	exchange(t, first, "c")
}

// TestSloppyPeers: what is odd is taken, answered and counted.
func TestSloppyPeers(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{Handler: echo})
	conn := rawDial(t, b)
	r := mllp.NewReader(conn)
	for _, tc := range []struct{ send, want, told string }{
		{"\x0ba\x1c", "a", "no_cr_after_frame"}, // and waits for the answer
		{"\r\n \x0bb\x1c\r", "b", "whitespace_between_frames"},
		{"xyz\x0bc\x1c\r", "c", "garbage_between_frames"},
		{"\x0bMSH|half\x0bMSH|d\x1c\r", "MSH|d", "frame_restarted"},
	} {
		write(t, conn, tc.send)
		if got, err := r.ReadFrame(); err != nil || string(got) != tc.want {
			t.Errorf("the answer to %q is %q, %v", tc.send, got, err)
		}
		b.await(t, tc.told)
	}
}

// TestDrainAnswersWhatWasRead is the rule of this package: at a reload no message that was
// read goes without its answer, whatever state its connection is in.
func TestDrainAnswersWhatWasRead(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 10), make(chan struct{})
	b := setup(t, &mllp.Server{Handler: func(ctx context.Context, _ *mllp.Peer, m []byte) ([]byte, error) {
		entered <- struct{}{}
		<-release
		return m, ctx.Err() // the end of Serve's context must not reach the handler
	}})
	handled, half, idle := rawDial(t, b), rawDial(t, b), rawDial(t, b)
	write(t, handled, "\x0bone\x1c\r\x0btwo\x1c\r\x0bthree\x1c\r") // two wait behind the first
	<-entered
	write(t, half, "x\x0bha") // the stray byte shows in the observer that the frame has begun
	b.await(t, "garbage_between_frames")
	b.stop()
	closed(t, idle)
	if c, err := net.Dial("tcp", b.addr); err == nil {
		c.Close()
		t.Error("a connection is taken while draining")
	}
	write(t, half, "lf\x1c\r") // the second half comes after the end was announced
	close(release)
	for _, want := range []struct {
		conn net.Conn
		all  string
	}{{handled, "\x0bone\x1c\r\x0btwo\x1c\r\x0bthree\x1c\r"}, {half, "\x0bhalf\x1c\r"}} {
		if got, err := io.ReadAll(want.conn); err != nil || string(got) != want.all {
			t.Errorf("answered %q, %v, want %q", got, err, want.all)
		}
	}
	if err := <-b.done; err != nil {
		t.Errorf("Serve returns %v", err)
	}
}

func closed(tb testing.TB, conn net.Conn) {
	tb.Helper()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		tb.Errorf("the connection is not closed: %d, %v", n, err)
	}
}

// TestDrainIsBounded: a peer that never ends its frame and a handler that hangs cannot hold
// up the end.
func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	b := setup(t, &mllp.Server{DrainTimeout: 50 * time.Millisecond, Handler: func(ctx context.Context, _ *mllp.Peer, m []byte) ([]byte, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	write(t, rawDial(t, b), "\x0bnever ends")
	write(t, rawDial(t, b), "\x0ba\x1c\r")
	<-entered
	b.stop()
	select {
	case err := <-b.done:
		if err != nil {
			t.Errorf("Serve returns %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("Serve does not return")
	}
}

// TestReloadUnderLoad: senders in lock-step while the server is replaced again and again.
// Every message that reached a handler was answered; a sender repeats the others.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	handled, answered := make(map[string]bool), make(map[string]bool)
	note := func(set map[string]bool, m []byte) { mu.Lock(); set[string(m)] = true; mu.Unlock() }
	server := func() *bundle {
		return setup(t, &mllp.Server{Handler: func(_ context.Context, _ *mllp.Peer, m []byte) ([]byte, error) {
			note(handled, m)
			return m, nil
		}})
	}
	for reload := range 5 {
		b := server()
		var clients []*mllp.Client
		for range 4 {
			clients = append(clients, dial(t, b))
		}
		var wg sync.WaitGroup
		for sender, c := range clients {
			wg.Go(func() {
				for n := 0; ; n++ {
					m := fmt.Appendf(nil, "%d/%d/%d", reload, sender, n)
					if reply, err := c.Exchange(context.Background(), m); err != nil {
						return
					} else {
						note(answered, reply)
					}
					if n == 50 && sender == 0 {
						b.stop()
					}
				}
			})
		}
		wg.Wait()
		<-b.done
	}
	for m := range handled {
		if !answered[m] {
			t.Errorf("%s was handled and not answered", m)
		}
	}
	if len(handled) < 5*50 {
		t.Errorf("only %d messages", len(handled))
	}
}

func TestListenerFails(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := (&mllp.Server{Handler: echo}).Serve(t.Context(), ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// flaky fails once and then takes connections.
type flaky struct {
	net.Listener
	once sync.Once
}

func (l *flaky) Accept() (net.Conn, error) {
	var err error
	l.once.Do(func() { err = errors.New("too many open files") })
	if err != nil {
		return nil, err
	}
	return l.Listener.Accept()
}

func TestAcceptFailsOnce(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done, told := make(chan error), make(chan error, 1)
	s := &mllp.Server{Handler: echo, Observe: func(_ *mllp.Peer, err error) { told <- err }}
	go func() { done <- s.Serve(ctx, &flaky{Listener: ln}) }()
	if err := <-told; !errors.Is(err, mllp.ErrAccept) {
		t.Errorf("told %v", err)
	}
	c, err := mllp.Dial(t.Context(), ln.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, c, "a")
	c.Close()
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve returns %v", err)
	}
}

func TestClientDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, &mllp.Server{Handler: func(context.Context, *mllp.Peer, []byte) ([]byte, error) { return nil, nil }})
	c := dial(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Exchange(ctx, []byte("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Exchange(t.Context(), []byte("b")); err == nil {
		t.Error("a client is used on after an unanswered message")
	}
	if _, err := mllp.Dial(ctx, b.addr, nil); err == nil {
		t.Error("Dial after the deadline succeeds")
	}
}

// authority issues certificates for a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		tb.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) issue(tb testing.TB, name string) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.key.Public(), a.key)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

// TestTLS: a peer with a certificate of the right authority is served and known by name,
// any other is refused and counted.
func TestTLS(t *testing.T) {
	t.Parallel()
	ours, other := newAuthority(t), newAuthority(t)
	b := setup(t, &mllp.Server{
		TLS: &tls.Config{Certificates: []tls.Certificate{ours.issue(t, "hub")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool},
		Handler: func(_ context.Context, p *mllp.Peer, m []byte) ([]byte, error) {
			return append(m, p.TLS.PeerCertificates[0].Subject.CommonName...), nil
		},
	})
	connect := func(c *tls.Config) ([]byte, error) {
		client, err := mllp.Dial(t.Context(), b.addr, c)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return client.Exchange(t.Context(), []byte("from "))
	}
	reply, err := connect(&tls.Config{RootCAs: ours.pool, Certificates: []tls.Certificate{ours.issue(t, "kis")}})
	if err != nil || string(reply) != "from kis" {
		t.Errorf("got %q, %v", reply, err)
	}
	for name, c := range map[string]*tls.Config{
		"no certificate":    {RootCAs: ours.pool},
		"wrong certificate": {RootCAs: ours.pool, Certificates: []tls.Certificate{other.issue(t, "kis")}},
		"wrong server":      {RootCAs: other.pool, Certificates: []tls.Certificate{ours.issue(t, "kis")}},
	} {
		if reply, err := connect(c); err == nil {
			t.Errorf("%s: answered %q", name, reply)
		}
	}
	b.await(t, "tls_failed")
}

// FuzzServer writes garbage to a running server: it must survive and go on answering.
func FuzzServer(f *testing.F) {
	for _, s := range []string{"\x0ba\x1c\r", "\x0b\x0b\x1c", "GET / HTTP/1.1\r\n\r\n", "\x0bMSH|half", "\x1c\r\x1c\r", "\x0b0123456789012345678901234567890123456789\x1c\r\x0bb\x1c\r"} {
		f.Add([]byte(s))
	}
	b := setup(f, &mllp.Server{Handler: echo, MaxFrame: 32, MaxConns: 1000, FrameTimeout: time.Second})
	f.Fuzz(func(t *testing.T, in []byte) {
		conn := rawDial(t, b)
		go func() {
			conn.Write(in)
			conn.(*net.TCPConn).CloseWrite()
		}()
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, net.ErrClosed) && len(in) < 1000 {
			t.Errorf("the server ends the connection with %v", err)
		}
		exchange(t, dial(t, b), "still there")
	})
}

// BenchmarkExchange is one connection in lock-step: frame, handler, reply.
func BenchmarkExchange(b *testing.B) {
	s := setup(b, &mllp.Server{Handler: echo})
	c := dial(b, s)
	message := []byte(strings.Repeat("x", 1100))
	for b.Loop() {
		if _, err := c.Exchange(b.Context(), message); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
