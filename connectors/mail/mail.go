// Package mail is the connector kind "mail": it sends what the hub has to say to people's
// mailboxes over the clinic's own mail server (SMTP, RFC 5321; submission, RFC 6409 and
// 8314). Nothing of a conversation or of a patient is ever sent.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	netmail "net/mail"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one mail server.
type Config struct {
	Host     string `json:"host" minLength:"1" maxLength:"253" doc:"Mailserver. / Mail server." example:"mail.klinik.example"`
	Port     int    `json:"port" minimum:"1" maximum:"65535" doc:"Port: 587 mit STARTTLS, 465 mit TLS. / Port: 587 with STARTTLS, 465 with TLS."`
	TLS      string `json:"tls" enum:"starttls,implicit,none" doc:"Verschlüsselung: STARTTLS verlangt, TLS von Anfang an, keine. / Encryption: STARTTLS required, TLS from the start, none."`
	CAFile   string `json:"ca_file,omitempty" maxLength:"1000" doc:"Zertifizierungsstelle des Servers (PEM). Leer: die des Systems. / CA of the server (PEM). Empty: the system's."`
	User     string `json:"user,omitempty" maxLength:"255" doc:"Benutzer. Leer: ohne Anmeldung. / User. Empty: no login."`
	Password string `json:"password,omitempty" secret:"true" doc:"Kennwort. / Password."`
	From     string `json:"from" minLength:"3" maxLength:"320" doc:"Absender. / Sender." example:"Wardline <wardline@klinik.example>"`
}

// The values of Config.TLS.
const (
	startTLS = "starttls"
	implicit = "implicit"
	plain    = "none"
)

// How long one conversation with the server may take, and how often it is asked whether it
// is there.
const (
	talkBound = 30 * time.Second
	beat      = 5 * time.Minute
)

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name:   "mail",
		Config: func() any { return &Config{Port: 587, TLS: startTLS} },
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, hub.E("mail.new", hub.Invalid, "config", "not a configuration of this kind")
			}
			return &sender{config: *c, env: e}, c.validate()
		},
	}
}

func (c *Config) validate() error {
	switch {
	case c.Host == "" || strings.ContainsAny(c.Host, " \t\r\n/:"):
		return invalid("host", "the name or address of a server is needed")
	case c.TLS != startTLS && c.TLS != implicit && c.TLS != plain:
		return invalid("tls", "one of starttls, implicit, none is needed")
	case (c.User == "") != (c.Password == ""):
		return invalid("user", "user and password are needed together")
	case c.User != "" && c.TLS == plain:
		return invalid("tls", "a password is not sent without encryption")
	}
	if _, err := netmail.ParseAddress(c.From); err != nil || hasControl(c.From) {
		return invalid("from", "an address such as wardline@klinik.example is needed")
	}
	return nil
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "mail.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}

// sender is one configured mail server. It holds no connection between mails: they are few.
type sender struct {
	config Config
	env    connectors.Env
}

var (
	_ connectors.Connector = (*sender)(nil)
	_ connectors.Preparer  = (*sender)(nil)
	_ connectors.Checker   = (*sender)(nil)
	_ connectors.Mailer    = (*sender)(nil)
)

// Prepare refuses a configuration whose CA file cannot be read.
func (s *sender) Prepare() error {
	_, err := s.roots()
	return err
}

// Run keeps the health up to date by greeting the server every few minutes, without signing
// in: a password that was changed must not lock the account.
func (s *sender) Run(ctx context.Context) error {
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		s.greet(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

func (s *sender) greet(ctx context.Context) {
	c, err := s.call(false)
	if err == nil {
		err = c.hello(ctx)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.env.Count("greet_failed")
		s.env.Report(connectors.Health{State: connectors.Down, Detail: explain(err)})
	default:
		s.env.Report(connectors.Health{State: connectors.Up})
	}
}

// call is one conversation with the server, not begun yet. The library leaves its connection
// open where the greeting, TLS or the login fails (mended in v0.8.2), and where the server does
// not answer the goodbye; the next beat would open another.
type call struct {
	*gomail.Client
	conn net.Conn
}

func (c *call) hangUp() {
	if c.conn != nil {
		_ = c.conn.Close() // closed already after a goodbye that was answered
	}
}

func (c *call) hello(ctx context.Context) error {
	defer c.hangUp()
	conn, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return failure("mail.dial", err)
	}
	// A server that does not answer QUIT has answered everything before it.
	_ = c.CloseWithSMTPClient(conn)
	return nil
}

func (s *sender) call(signIn bool) (*call, error) {
	config, err := s.tls()
	if err != nil {
		return nil, err
	}
	c := &call{}
	dial := new(net.Dialer).DialContext
	policy := gomail.NoTLS
	switch s.config.TLS {
	case implicit:
		dial = (&tls.Dialer{Config: config}).DialContext
	case startTLS:
		policy = gomail.TLSMandatory
	}
	o := []gomail.Option{
		gomail.WithPort(s.config.Port), gomail.WithTimeout(talkBound), gomail.WithHELO(helo()), gomail.WithTLSConfig(config), gomail.WithTLSPolicy(policy),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			if conn, err = dial(ctx, network, address); err == nil {
				c.conn = conn
			}
			return conn, err
		}),
	}
	if signIn && s.config.User != "" {
		o = append(o, gomail.WithOpportunisticSMTPAuth(signIns()...), gomail.WithUsername(s.config.User), gomail.WithPassword(s.config.Password))
	}
	if c.Client, err = gomail.NewClient(s.config.Host, o...); err != nil {
		return nil, failure("mail.client", err)
	}
	return c, nil
}

// signIns are the ways of signing in, the best first. A password is only sent once all is
// encrypted (Config.validate), so those that show it to the server are among them.
func signIns() []gomail.SMTPAuthType {
	return []gomail.SMTPAuthType{
		gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS, gomail.SMTPAuthSCRAMSHA1,
		gomail.SMTPAuthNTLM, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
	}
}

// helo is what the server is told of this machine.
func helo() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "localhost"
}

func (s *sender) tls() (*tls.Config, error) {
	roots, err := s.roots()
	return &tls.Config{ServerName: s.config.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}, err
}

func (s *sender) roots() (*x509.CertPool, error) {
	if s.config.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.config.CAFile)
	if err != nil {
		return nil, invalid("ca_file", "the file cannot be read")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, invalid("ca_file", "no certificate was found in the file")
	}
	return pool, nil
}

// Check is the Test button. It signs in and sends nothing.
func (s *sender) Check(ctx context.Context) []connectors.Check {
	ctx, cancel := context.WithTimeout(ctx, talkBound)
	defer cancel()
	var out []connectors.Check
	for _, step := range []struct {
		name string
		skip bool
		try  func(context.Context) error
	}{
		{"dns", net.ParseIP(s.config.Host) != nil, func(ctx context.Context) error {
			_, err := net.DefaultResolver.LookupHost(ctx, s.config.Host)
			return err
		}},
		{"tcp", false, s.reach},
		{"tls", s.config.TLS == plain, s.try(false)},
		{"login", false, s.try(true)},
	} {
		if step.skip {
			continue
		}
		c := connectors.Check{Name: step.name, OK: true}
		if err := step.try(ctx); err != nil {
			c.OK, c.Detail = false, explain(failure("mail.check", err))
		}
		if out = append(out, c); !c.OK {
			break
		}
	}
	return out
}

func (s *sender) reach(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port)))
	if err != nil {
		return err
	}
	return conn.Close()
}

func (s *sender) try(signIn bool) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := s.call(signIn)
		if err != nil {
			return err
		}
		return c.hello(ctx)
	}
}
