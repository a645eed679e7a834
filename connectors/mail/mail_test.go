package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mhale/smtpd"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/server/form"
)

// Connections that are left open count, so nothing may close them by collecting them.
func TestMain(m *testing.M) {
	debug.SetGCPercent(-1)
	goleak.VerifyTestMain(m)
}

// box is a mail server in this process and what it has taken.
type box struct {
	addr   *net.TCPAddr
	caFile string
	mu     sync.Mutex
	taken  []string
	users  []string
}

func (b *box) mails() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken)
}

// newBox starts a server; change may turn it into a worse one.
func newBox(t *testing.T, change func(*smtpd.Server)) *box {
	t.Helper()
	b := &box{}
	cert, ca := certificate(t)
	b.caFile = ca
	srv := &smtpd.Server{
		Hostname: "mail.klinik.example", DisableReverseDNS: true, Timeout: time.Minute,
		Handler: func(_ net.Addr, from string, to []string, data []byte) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.taken = append(b.taken, from+" > "+strings.Join(to, ",")+"\n"+string(data))
			return nil
		},
		AuthHandler: func(_ net.Addr, _ string, user, password, _ []byte) (bool, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.users = append(b.users, string(user))
			return string(user) == "wardline" && string(password) == "right", nil
		},
		AuthMechs: map[string]bool{"PLAIN": true, "LOGIN": false, "CRAM-MD5": false},
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
	}
	if change != nil {
		change(srv)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = ln.Addr().(*net.TCPAddr)
	if srv.TLSListener {
		ln = tls.NewListener(ln, srv.TLSConfig)
	}
	done := make(chan struct{})
	go func() { srv.Serve(ln); close(done) }()
	t.Cleanup(func() { srv.Close(); ln.Close(); <-done })
	return b
}

func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func (b *box) config() Config {
	return Config{Host: "127.0.0.1", Port: b.addr.Port, TLS: startTLS, CAFile: b.caFile, User: "wardline", Password: "right", From: "Wardline <wardline@klinik.example>"}
}

// open makes a sender as the registry does.
func open(t *testing.T, c Config, report func(connectors.Health)) *sender {
	t.Helper()
	if report == nil {
		report = func(connectors.Health) {}
	}
	made, err := Kind().New(&c, connectors.Env{Log: slog.New(slog.DiscardHandler), Report: report, Count: func(string) {}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return made.(*sender)
}

var letter = connectors.Mail{To: "it@klinik.example", Subject: "Prüfung: Abgleich angehalten", Text: "Guten Tag,\n.\nder Abgleich wartet.\n"}

func TestMailArrives(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*smtpd.Server)
		config func(*Config)
		signed bool
	}{
		"starttls": {func(s *smtpd.Server) { s.TLSRequired, s.AuthRequired = true, true }, func(*Config) {}, true},
		"implicit": {func(s *smtpd.Server) { s.TLSListener, s.AuthRequired = true, true }, func(c *Config) { c.TLS = implicit }, true},
		"in clear": {nil, func(c *Config) { c.TLS, c.User, c.Password = plain, "", "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, tt.change)
			c := b.config()
			tt.config(&c)
			if err := open(t, c, nil).Mail(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			got := b.mails()
			if len(got) != 1 || len(b.users) > 0 != tt.signed {
				t.Fatalf("%d mails, signed in as %v", len(got), b.users)
			}
			envelope, raw, _ := strings.Cut(got[0], "\n")
			if envelope != "wardline@klinik.example > it@klinik.example" {
				t.Errorf("envelope %q", envelope)
			}
			checkLetter(t, raw)
		})
	}
}

func checkLetter(t *testing.T, raw string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimRight(strings.ReplaceAll(string(body), "\r", ""), "\n"); got != strings.TrimRight(letter.Text, "\n") {
		t.Errorf("text %q", got)
	}
	if !strings.Contains(m.Header.Get("Subject"), "=?UTF-8?") || m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("Message-Id") == "" || m.Header.Get("Date") == "" {
		t.Errorf("header %v", m.Header)
	}
}

func TestMailFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*smtpd.Server)
		config func(*Config)
		code   string
		kind   hub.Kind
	}{
		"wrong password":      {nil, func(c *Config) { c.Password = "wrong" }, "wrong_credentials", hub.Unavailable},
		"unknown authority":   {nil, func(c *Config) { c.CAFile = "" }, "tls", hub.Unavailable},
		"no starttls offered": {func(s *smtpd.Server) { s.TLSConfig = nil }, func(*Config) {}, "tls", hub.Unavailable},
		"tls spoken to plain": {nil, func(c *Config) { c.TLS = implicit }, "tls", hub.Unavailable},
		"later": {func(s *smtpd.Server) {
			s.Handler = func(net.Addr, string, []string, []byte) error {
				return errors.New("451 4.3.0 it@klinik.example is busy")
			}
		}, func(*Config) {}, "later", hub.Unavailable},
		"never": {func(s *smtpd.Server) {
			s.Handler = func(net.Addr, string, []string, []byte) error {
				return errors.New("554 5.7.1 it@klinik.example is spam")
			}
		}, func(*Config) {}, "refused", hub.Invalid},
		"unknown recipient": {func(s *smtpd.Server) { s.HandlerRcpt = func(net.Addr, string, string) bool { return false } }, func(*Config) {}, "refused", hub.Invalid},
		"nobody there":      {nil, func(c *Config) { c.Port = freePort(t) }, "unreachable", hub.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, tt.change)
			c := b.config()
			tt.config(&c)
			err := open(t, c, nil).Mail(t.Context(), letter)
			var e *hub.Error
			if !errors.As(err, &e) || e.Code != tt.code || e.Kind != tt.kind {
				t.Fatalf("%v, want %s", err, tt.code)
			}
			if strings.Contains(err.Error(), "klinik.example") {
				t.Errorf("the error names an address: %v", err)
			}
		})
	}
}

// freePort is one nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	_, port, _ := net.SplitHostPort(hubtest.MustFreeAddr(t))
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNothingIsInjected: what would begin a header or another recipient is refused before
// anything is sent.
func TestNothingIsInjected(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	s := open(t, b.config(), nil)
	for name, m := range map[string]connectors.Mail{
		"subject":             {To: "a@b.example", Subject: "x\r\nBcc: c@d.example", Text: "t"},
		"bare line feed":      {To: "a@b.example", Subject: "x\nBcc: c@d.example", Text: "t"},
		"address":             {To: "a@b.example\r\nBcc: c@d.example", Subject: "x", Text: "t"},
		"two addresses":       {To: "a@b.example, c@d.example", Subject: "x", Text: "t"},
		"display name":        {To: "\"c@d.example\" <a@b.example>", Subject: "x", Text: "t"},
		"command in address":  {To: "a@b.example> SIZE=1\r\nRCPT TO:<c@d.example", Subject: "x", Text: "t"},
		"no subject":          {To: "a@b.example", Text: "t"},
		"much too long":       {To: "a@b.example", Subject: "x", Text: strings.Repeat("x", maxText+1)},
		"nul":                 {To: "a@b.example", Subject: "x", Text: "a\x00b"},
		"address of no place": {To: "nobody", Subject: "x", Text: "t"},
	} {
		if err := s.Mail(t.Context(), m); hub.KindOf(err) != hub.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := b.mails(); len(got) > 0 {
		t.Errorf("sent all the same: %q", got)
	}
}

// FuzzMessage: whatever texts are given, a mail that is built has one recipient and the
// headers it is to have.
func FuzzMessage(f *testing.F) {
	f.Add("a@b.example", "Hallo", "Text")
	f.Add("a@b.example\r\nBcc: x@y.example", "s\nX: y", ".\r\n.\r\nQUIT")
	s := &sender{config: Config{From: "wardline@klinik.example"}}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		msg, err := s.message(connectors.Mail{To: to, Subject: subject, Text: text})
		if err != nil {
			return
		}
		var out strings.Builder
		if _, err := msg.WriteTo(&out); err != nil {
			t.Skip() // an address the library does not take
		}
		m, err := netmail.ReadMessage(strings.NewReader(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		for name := range m.Header {
			if !slices.Contains([]string{"From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "Mime-Version", "User-Agent", "X-Mailer"}, name) {
				t.Errorf("header %q of %q", name, subject)
			}
		}
		if list, err := m.Header.AddressList("To"); err != nil || len(list) != 1 {
			t.Errorf("recipients %v of %q: %v", list, to, err)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config func(*Config)
		want   []string
	}{
		"all":            {func(*Config) {}, []string{"tcp true", "tls true", "login true"}},
		"in clear":       {func(c *Config) { c.TLS, c.User, c.Password = plain, "", "" }, []string{"tcp true", "login true"}},
		"wrong password": {func(c *Config) { c.Password = "wrong" }, []string{"tcp true", "tls true", "login false"}},
		"no authority":   {func(c *Config) { c.CAFile = "" }, []string{"tcp true", "tls false"}},
		"nobody there":   {func(c *Config) { c.Port = freePort(t) }, []string{"tcp false"}},
		"no such name":   {func(c *Config) { c.Host = "mail.invalid" }, []string{"dns false"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, nil)
			c := b.config()
			tt.config(&c)
			var got []string
			for _, check := range open(t, c, nil).Check(t.Context()) {
				got = append(got, check.Name+" "+map[bool]string{true: "true", false: "false"}[check.OK])
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("checks (-want +got):\n%s", d)
			}
			if len(b.mails()) > 0 {
				t.Error("a check sent a mail")
			}
		})
	}
}

// TestHealth: the beat never signs in.
func TestHealth(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	c := b.config()
	c.Password = "wrong"
	heard := make(chan connectors.Health, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	s := open(t, c, func(h connectors.Health) { heard <- h })
	go func() { done <- s.Run(ctx) }()
	if h := <-heard; h.State != connectors.Up {
		t.Errorf("health %+v", h)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	if len(b.users) > 0 {
		t.Errorf("signed in as %v", b.users)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := Config{Host: "mail.klinik.example", Port: 587, TLS: startTLS, From: "wardline@klinik.example"}
	for name, tt := range map[string]struct {
		change func(*Config)
		field  string
	}{
		"good":              {func(*Config) {}, ""},
		"no host":           {func(c *Config) { c.Host = "" }, "host"},
		"an URL":            {func(c *Config) { c.Host = "smtp://mail" }, "host"},
		"half a login":      {func(c *Config) { c.User = "u" }, "user"},
		"password in clear": {func(c *Config) { c.User, c.Password, c.TLS = "u", "p", plain }, "tls"},
		"no sender":         {func(c *Config) { c.From = "wardline" }, "from"},
		"sender and header": {func(c *Config) { c.From = "a@b.example\r\nBcc: c@d.example" }, "from"},
	} {
		c := good
		tt.change(&c)
		_, err := Kind().New(&c, connectors.Env{})
		var e *hub.Error
		if errors.As(err, &e); (err == nil) != (tt.field == "") || e != nil && e.Field != tt.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	made, _ := Kind().New(Kind().Config(), connectors.Env{})
	if _, ok := made.(connectors.Mailer); !ok {
		t.Error("the console cannot tell that this kind sends mail")
	}
}

// TestSchema: the form of the administrator, as it was last agreed on.
func TestSchema(t *testing.T) {
	t.Parallel()
	got := string(form.New(Kind()).Schema()) + "\n"
	const path = "testdata/schema.json"
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("schema (-want +got):\n%s", d)
	}
	if got := form.New(Kind()).Secrets(); !slices.Equal(got, []string{"password"}) {
		t.Errorf("secrets %v", got)
	}
}
