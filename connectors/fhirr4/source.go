package fhirr4

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/fhir"
	"github.com/wardline/wardline/hub"
)

// source is one connector: a server to read from, a listener, or both.
type source struct {
	config Config
	env    connectors.Env
	peers  connectors.Peers
	parser *fhir.Parser // of what comes in

	tls *tls.Config
	ln  net.Listener

	reporting sync.Mutex // keeps an older health from being reported after a newer one

	mu      sync.Mutex
	client  *fhir.Client
	healthy bool   // what came in could be stored
	away    string // why the server could not be reached when last tried
}

var (
	_ connectors.Connector   = (*source)(nil)
	_ connectors.Preparer    = (*source)(nil)
	_ connectors.Checker     = (*source)(nil)
	_ connectors.StaffSource = (*source)(nil)
	_ connectors.Replayer    = (*source)(nil)
)

// beat is how often the server is looked at between passes.
const beat = 5 * time.Minute

// Schedule says when passes are due; never where there is no server to read from.
func (s *source) Schedule() connectors.Schedule {
	if s.config.BaseURL == "" {
		return connectors.Schedule{}
	}
	return s.config.Schedule
}

// Prepare reads the certificates and takes the address.
func (s *source) Prepare() (err error) {
	if s.config.BaseURL != "" {
		if _, err := s.server(); err != nil {
			return err
		}
	}
	if s.config.Inbound.Address == "" {
		return nil
	}
	if s.tls, err = s.config.Inbound.TLS.Load(s.env.Now()); err != nil {
		return err
	}
	s.ln, err = s.env.Listen("tcp", s.config.Inbound.Address)
	return err
}

// Run receives until ctx ends and keeps the health up to date. Passes are asked for by the
// hub.
func (s *source) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	s.report()
	if s.config.BaseURL != "" {
		wg.Go(func() { s.watch(ctx) })
	}
	if s.ln == nil {
		<-ctx.Done()
		return nil
	}
	return s.serve(ctx)
}

func (s *source) watch(ctx context.Context) {
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (s *source) look(ctx context.Context) {
	c, err := s.server()
	if err == nil {
		_, err = c.Version(ctx)
		c.Close()
	}
	if ctx.Err() != nil {
		return
	}
	away := ""
	if err != nil {
		away = err.Error()
		s.env.Count("connect_failed")
	}
	s.mu.Lock()
	s.away = away
	s.mu.Unlock()
	s.report()
}

func (s *source) setHealthy(ok bool) {
	s.mu.Lock()
	changed := s.healthy != ok
	s.healthy = ok
	s.mu.Unlock()
	if changed {
		s.report()
	}
}

func (s *source) report() {
	s.reporting.Lock()
	defer s.reporting.Unlock()
	s.mu.Lock()
	h := connectors.Health{State: connectors.Up}
	switch {
	case s.away != "" && s.ln == nil:
		h.State, h.Detail = connectors.Down, s.away
	case s.away != "":
		h.State, h.Detail = connectors.Degraded, s.away
	case !s.healthy:
		h.State, h.Detail = connectors.Degraded, "bundles cannot be stored at the moment; senders are asked to try again"
	}
	s.mu.Unlock()
	s.env.Report(h)
}

// server returns the client, made on first use: its kept pages and its token outlive a pass.
func (s *source) server() (*fhir.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	if s.config.BaseURL == "" {
		return nil, hub.E("fhirr4.pull", hub.Invalid, "no_server", "this connector only receives")
	}
	roots, certificates, err := s.config.trust(s.env.Now())
	if err != nil {
		return nil, err
	}
	s.client, err = fhir.NewClient(fhir.Options{Base: s.config.BaseURL, Roots: roots, Certificates: certificates,
		Login:   fhir.Login{Kind: s.config.Auth, Name: s.config.ClientID, Secret: s.config.ClientSecret, TokenURL: s.config.TokenURL, Scopes: s.config.Scopes},
		Limits:  fhir.Limits{Bytes: s.config.MaxPageBytes},
		Timeout: time.Duration(s.config.Timeout) * time.Second})
	return s.client, err
}

// trust reads the pinned CA and the client's certificate.
func (c *Config) trust(now time.Time) (*x509.CertPool, []tls.Certificate, error) {
	var roots *x509.CertPool
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, nil, invalid("ca_file", "the file cannot be read")
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, nil, invalid("ca_file", "no certificate was found in the file")
		}
	}
	if c.CertFile == "" {
		return roots, nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, nil, invalid("cert_file", "certificate and key cannot be read, or do not belong together")
	}
	if cert.Leaf != nil && now.After(cert.Leaf.NotAfter) {
		return nil, nil, invalid("cert_file", "the certificate expired on "+cert.Leaf.NotAfter.Format(time.DateOnly))
	}
	return roots, []tls.Certificate{cert}, nil
}

// failure makes an error of the wire one that crosses the border: Code is its name, which the
// console translates.
func failure(op string, err error) error {
	var known *hub.Error
	if err == nil || errors.As(err, &known) || fhir.Name(err) == "" {
		return err
	}
	return &hub.Error{Op: op, Kind: hub.Unavailable, Code: fhir.Name(err), Err: err}
}

// Check is the Test button.
func (s *source) Check(ctx context.Context) []connectors.Check {
	var out []connectors.Check
	if s.config.Inbound.Address != "" {
		out = connectors.CheckListener(s.env, s.config.Inbound.Address, s.config.Inbound.TLS)
	}
	for _, c := range out {
		if !c.OK {
			return out
		}
	}
	if s.config.BaseURL == "" {
		return out
	}
	return append(out, s.checkServer(ctx)...)
}

// checkServer tries what a pass needs, in the order in which it would fail.
func (s *source) checkServer(ctx context.Context) []connectors.Check {
	c, err := s.server()
	if err != nil {
		return []connectors.Check{{Name: "tls", Detail: err.Error()}}
	}
	defer c.Close()
	version, err := c.Version(ctx)
	steps := []string{"dns", "tcp", "tls", "login", "metadata"}
	failed := map[string]string{fhir.DNS: "dns", fhir.Unreachable: "tcp", fhir.TimeLimit: "tcp", fhir.TLSFailed: "tls",
		fhir.WrongCredentials: "login", fhir.Forbidden: "login"}[fhir.Name(err)]
	if err != nil && failed == "" {
		failed = "metadata"
	}
	if err == nil && !fhir.R4(version) {
		failed, err = "metadata", fmt.Errorf("the server speaks FHIR %q, needed is 4.0", version[:min(len(version), 20)])
	}
	var out []connectors.Check
	for _, step := range steps {
		if step == failed {
			return append(out, connectors.Check{Name: step, Detail: err.Error()})
		}
		out = append(out, connectors.Check{Name: step, OK: true})
	}
	return append(out, s.checkRead(ctx, c)...)
}

// checkRead reads some people and, where they are wanted, a page of roles.
func (s *source) checkRead(ctx context.Context, c *fhir.Client) []connectors.Check {
	read := connectors.Check{Name: "read"}
	n, keyless := 0, 0
	_, err := s.Pull(ctx, connectors.Pass{Mode: connectors.PassFull, Limit: 10}, func(p connectors.Pulled) error {
		if n++; p.Change.Key == "" {
			keyless++
		}
		return nil
	})
	switch {
	case err != nil:
		read.Detail = err.Error()
	case n == 0:
		read.Detail = "the search finds nobody the client may read"
	case keyless == n:
		read.Detail = fmt.Sprintf("none of the first %d people has the configured key", n)
	default:
		read.OK, read.Detail = true, fmt.Sprintf("the first %d people were read, %d of them without a key", n, keyless)
	}
	return []connectors.Check{read}
}
