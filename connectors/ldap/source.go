package ldapsync

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/ldap"
)

// source is one configured directory. It holds no connection between uses.
type source struct {
	config Config
	env    connectors.Env
}

var (
	_ connectors.Connector     = (*source)(nil)
	_ connectors.Preparer      = (*source)(nil)
	_ connectors.Checker       = (*source)(nil)
	_ connectors.StaffSource   = (*source)(nil)
	_ connectors.Authenticator = (*source)(nil)
)

// How often the health of a directory is looked at between passes. A refused password is not
// tried again soon: directories lock accounts after a few of those.
const (
	beat    = 5 * time.Minute
	refused = time.Hour
)

// Schedule says when passes are due.
func (s *source) Schedule() connectors.Schedule { return s.config.Schedule }

// SignsIn reports whether people may sign in with the directory's password.
func (s *source) SignsIn() bool { return s.config.SignIn }

// Prepare refuses a configuration whose CA file cannot be read.
func (s *source) Prepare() error {
	_, err := s.roots()
	return err
}

// Run keeps the health up to date by signing in every few minutes. Passes are asked for by
// the hub.
func (s *source) Run(ctx context.Context) error {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			t.Reset(s.look(ctx))
		}
	}
}

// look reports the health and says when to look again.
func (s *source) look(ctx context.Context) time.Duration {
	c, err := s.connect(ctx)
	if err == nil {
		c.Close()
		s.env.Report(connectors.Health{State: connectors.Up})
		return beat
	}
	if ctx.Err() == nil {
		s.env.Count("connect_failed")
		s.env.Report(connectors.Health{State: connectors.Down, Detail: err.Error()})
	}
	if refusesAccount(err) {
		return refused
	}
	return beat
}

func (s *source) roots() (*x509.CertPool, error) {
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

// connect tries the servers in their order and signs in. A refused password is not tried at
// the next server: a few of them lock the service account.
func (s *source) connect(ctx context.Context) (*ldap.Conn, error) {
	var failed error
	for _, u := range s.config.URLs {
		c, err := s.dial(ctx, u)
		if err == nil {
			err = c.Bind(ctx, s.config.BindDN, s.config.BindPassword)
			if err == nil {
				return c, nil
			}
			c.Close()
		}
		failed = err
		if refusesAccount(err) || ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

func (s *source) dial(ctx context.Context, u string) (*ldap.Conn, error) {
	roots, err := s.roots()
	if err != nil {
		return nil, err
	}
	return ldap.Dial(ctx, ldap.Options{URL: u, StartTLS: s.config.StartTLS, Roots: roots, Pin: s.config.Fingerprint,
		ServerName: s.config.ServerName, Answer: time.Duration(s.config.Timeout) * time.Second})
}

// refusesAccount reports whether a server has looked at name and password and said no.
func refusesAccount(err error) bool {
	switch ldap.Name(err) {
	case ldap.WrongCredentials, ldap.AccountDisabled, ldap.AccountExpired, ldap.AccountLocked, ldap.PasswordExpired:
		return true
	}
	return false
}

// session is a connection with what was learned of the server.
type session struct {
	*ldap.Conn
	source *source
	root   ldap.Entry
	m      *mapping
}

func (s *source) session(ctx context.Context) (*session, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	root, err := c.Root(ctx)
	if err != nil {
		c.Close()
		return nil, err
	}
	return &session{Conn: c, source: s, root: root, m: s.config.mapping(s.config.detect(root))}, nil
}

// failure makes an error of a directory one that crosses the border: Code is its name, which
// the console translates. What other sources know too has their name.
func failure(op string, err error) error {
	var known *hub.Error
	name := ldap.Name(err)
	if err == nil || errors.As(err, &known) || name == "" {
		return err
	}
	switch name {
	case ldap.ServerGone:
		name = "ended_early"
	case ldap.NoPermission:
		name = "forbidden"
	case ldap.TooMuch:
		name = "too_large"
	}
	return &hub.Error{Op: op, Kind: hub.Unavailable, Code: name, Err: err}
}

func (d Domain) people(m *mapping) string {
	if d.Filter != "" {
		return d.Filter
	}
	return m.people
}

func (d Domain) groups(m *mapping) (base, filter string) {
	base, filter = d.Base, m.dialect.groups
	if d.GroupBase != "" {
		base = d.GroupBase
	}
	if d.GroupFilter != "" {
		filter = d.GroupFilter
	}
	return base, filter
}

// maxPhotos is how many entries are read at once where each may hold a photo.
const maxPhotos = 200

func (s *session) query(base, filter string, attributes []string) ldap.Query {
	page := s.source.config.PageSize
	if s.source.config.Photo {
		page = min(page, maxPhotos)
	}
	return ldap.Query{Base: base, Scope: ldap.Subtree, Filter: filter, Attributes: attributes, Page: page}
}
