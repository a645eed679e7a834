package fhir

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Options say how a server is reached.
type Options struct {
	Base         string // "https://kis.klinik.example/fhir"
	Login        Login
	Roots        *x509.CertPool    // nil: the system's
	Certificates []tls.Certificate // shown to a server that asks
	Limits       Limits            // of one answer
	Timeout      time.Duration     // of one request with its answer; 0: a minute
	MaxPages     int               // of one search; 0: 2,000
	// Wait pauses before a request is tried again; nil waits in earnest.
	Wait func(ctx context.Context, d time.Duration) error
}

// Client fetches from one server. Nothing is ever sent to another one, the token server of
// its Login apart.
type Client struct {
	base     *url.URL
	http     *http.Client
	login    *login
	parser   *Parser
	limit    int64
	timeout  time.Duration
	maxPages int
	wait     func(ctx context.Context, d time.Duration) error
	kept     kept
}

// ErrNotModified is returned by Read where the version is the one that is known.
var ErrNotModified = errors.New("fhir: not modified")

// ParseBase checks the address of a server.
func ParseBase(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address needs the form https://host/path")
	}
	return u, nil
}

// NewClient makes a client. It does no I/O.
func NewClient(o Options) (*Client, error) {
	base, err := ParseBase(o.Base)
	if err != nil {
		return nil, err
	}
	parser, err := NewParser(o.Limits)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, parser: parser, limit: int64(parser.limits.Bytes), timeout: o.Timeout, maxPages: o.MaxPages, wait: o.Wait,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				TLSClientConfig:     &tls.Config{RootCAs: o.Roots, Certificates: o.Certificates, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout: 10 * time.Second,
				ForceAttemptHTTP2:   true,
				MaxIdleConns:        4,
				IdleConnTimeout:     30 * time.Second,
			},
			// A redirect would carry the token to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
	if c.timeout <= 0 {
		c.timeout = time.Minute
	}
	if c.maxPages <= 0 {
		c.maxPages = 2000
	}
	if c.wait == nil {
		c.wait = pause
	}
	c.login = &login{Login: o.Login, http: c.http}
	return c, nil
}

// Close gives back the connections. The client may be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Capabilities is what is used of what a server says it can do.
type Capabilities struct {
	Version  string // of FHIR
	interact map[string]bool
}

// Can reports whether the server offers an interaction ("history-type") for a kind of
// resource.
func (c Capabilities) Can(kind, interaction string) bool { return c.interact[kind+" "+interaction] }

// Capabilities asks for the server's capabilities. The statement is not validated: that of
// ISiK's own base server does not pass google/fhir.
func (c *Client) Capabilities(ctx context.Context) (Capabilities, error) {
	a, err := c.get(ctx, c.base.JoinPath("metadata"), "")
	if err != nil {
		return Capabilities{}, err
	}
	var statement struct {
		ResourceType string `json:"resourceType"`
		FHIRVersion  string `json:"fhirVersion"`
		Rest         []struct {
			Mode     string `json:"mode"`
			Resource []struct {
				Type        string `json:"type"`
				Interaction []struct {
					Code string `json:"code"`
				} `json:"interaction"`
			} `json:"resource"`
		} `json:"rest"`
	}
	if json.Unmarshal(a.body, &statement) != nil || statement.ResourceType != "CapabilityStatement" {
		return Capabilities{}, fail(Malformed, "metadata", "this is no CapabilityStatement")
	}
	out := Capabilities{Version: statement.FHIRVersion, interact: map[string]bool{}}
	for _, rest := range statement.Rest {
		for _, r := range rest.Resource {
			for _, i := range r.Interaction {
				out.interact[r.Type+" "+i.Code] = rest.Mode == "server"
			}
		}
	}
	return out, nil
}

// Version returns the server's FHIR version.
func (c *Client) Version(ctx context.Context) (string, error) {
	can, err := c.Capabilities(ctx)
	return can.Version, err
}

// R4 reports whether a FHIR version is one this package reads: 4.0.1 and 4.0.0.
func R4(version string) bool { return version == "4.0.1" || version == "4.0.0" }

// Read fetches one resource. With the ETag of the version that is known it returns
// ErrNotModified where that is still the newest; NotFound and Gone are names of errors.
func (c *Client) Read(ctx context.Context, kind, id, etag string) (Any, string, error) {
	a, err := c.get(ctx, c.base.JoinPath(kind, id), etag)
	if err != nil {
		return Any{}, "", err
	}
	if a.status == http.StatusNotModified {
		return Any{}, etag, ErrNotModified
	}
	out, err := c.parser.Resource(a.body)
	if err == nil && out.Type != kind {
		err = fail(Malformed, "resourceType", "another type was asked for")
	}
	return out, a.etag, err
}

// answer is a whole response.
type answer struct {
	status int
	etag   string
	date   time.Time
	body   []byte
}

// Times a server is asked again when it is busy, and the longest pause it may ask for.
const (
	maxTries = 5
	maxPause = time.Minute
)

// get fetches a document. A busy server (429, 503) is asked again after the pause it wants; a
// token that was taken back before its time is renewed once.
func (c *Client) get(ctx context.Context, u *url.URL, etag string) (answer, error) {
	renewed := false
	for try := 1; ; try++ {
		a, retry, err := c.once(ctx, u, etag)
		var e *Error
		switch {
		case err == nil || !errors.As(err, &e):
			return a, err
		case e.Status == http.StatusUnauthorized && c.login.Kind == OAuth2 && !renewed:
			renewed = true
			c.login.drop()
		case e.Status != http.StatusTooManyRequests && e.Status != http.StatusServiceUnavailable:
			return a, err
		case try == maxTries || retry > maxPause:
			return a, &Error{Name: Throttled, Status: e.Status}
		default:
			if err := c.wait(ctx, retry); err != nil {
				return a, err
			}
		}
	}
}

func (c *Client) once(ctx context.Context, u *url.URL, etag string) (answer, time.Duration, error) {
	bound, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, http.MethodGet, u.String(), nil)
	if err != nil {
		return answer{}, 0, fail(Malformed, "link", "this is no address")
	}
	r.Header.Set("Accept", "application/fhir+json")
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	if err := c.login.sign(bound, r); err != nil {
		return answer{}, 0, c.broken(ctx, err, WrongCredentials)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, 0, c.broken(ctx, err, Unreachable)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, etag: resp.Header.Get("ETag")}
	a.date, _ = http.ParseTime(resp.Header.Get("Date"))
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, c.limit+1)); err != nil {
		return a, 0, c.broken(ctx, err, EndedEarly)
	}
	if int64(len(a.body)) > c.limit {
		return a, 0, fail(TooLarge, "", fmt.Sprintf("an answer has more than %d bytes", c.limit))
	}
	return a, retryAfter(resp.Header.Get("Retry-After")), a.judge(resp.Header.Get("Content-Type"))
}

// retryAfter reads the pause of a busy server in seconds; a date would need its clock.
func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return time.Duration(min(n, 86_400)) * time.Second
	}
	return 2 * time.Second
}

// judge turns everything but a document into an error.
func (a answer) judge(contentType string) error {
	switch {
	case a.status == http.StatusNotModified:
		return nil
	case a.status == http.StatusOK:
		return checkType(contentType)
	}
	e := &Error{Name: ServerFailed, Status: a.status}
	switch a.status {
	case http.StatusUnauthorized:
		e.Name = WrongCredentials
	case http.StatusForbidden:
		e.Name = Forbidden
	case http.StatusNotFound:
		e.Name = NotFound
	case http.StatusGone:
		e.Name = Gone
	default:
		if a.status < 500 {
			e.Name = Refused
		}
	}
	e.Err = outcome(a.body)
	return e
}

// checkType refuses pages of proxies, XML, and every encoding that JSON does not have.
func checkType(contentType string) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasSuffix(kind, "json") {
		return fail(Malformed, "Content-Type", "the answer is no FHIR JSON")
	}
	if set := params["charset"]; set != "" && !strings.EqualFold(set, "utf-8") && !strings.EqualFold(set, "us-ascii") {
		return fail(Encoding, "Content-Type", "the answer is not UTF-8")
	}
	return nil
}

// outcome reads the codes of an OperationOutcome, never its texts: they quote what was asked.
func outcome(body []byte) error {
	var o struct {
		ResourceType string  `json:"resourceType"`
		Issue        []Issue `json:"issue"`
	}
	if json.Unmarshal(bytes.TrimSpace(body), &o) != nil || o.ResourceType != "OperationOutcome" || len(o.Issue) == 0 {
		return nil
	}
	code := o.Issue[0].Code
	if code == "" || len(code) > 20 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return nil
	}
	return fmt.Errorf("the server says %q", code)
}

// broken names what went wrong below HTTP. The texts of net/http quote addresses, so they
// stay here. otherwise is the name where nothing more is known.
func (c *Client) broken(ctx context.Context, err error, otherwise string) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if ctx.Err() != nil { // the caller has given up
		return ctx.Err()
	}
	var dns *net.DNSError
	var alert *net.OpError // crypto/tls keeps the type of an alert to itself
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &verify), errors.As(err, &alert) && alert.Op == "remote error", errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return &Error{Name: TLSFailed}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &Error{Name: TimeLimit}
	case errors.As(err, &dns):
		return &Error{Name: DNS}
	}
	return &Error{Name: otherwise}
}
