package fhir_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wardline/wardline/fhir"
	"github.com/wardline/wardline/fhir/fhirtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func person(i int) string {
	return fmt.Sprintf(`{"resourceType":"Practitioner","id":"p%d","name":[{"family":"Nachname%d"}]}`, i, i)
}

func server(t *testing.T, n int) *fhirtest.Server {
	s := fhirtest.New(t, httptest.NewServer)
	for i := range n {
		s.Put(person(i))
	}
	return s
}

func client(t *testing.T, s *fhirtest.Server, change ...func(*fhir.Options)) *fhir.Client {
	t.Helper()
	o := fhir.Options{Base: s.Base(), Timeout: 10 * time.Second, Wait: func(context.Context, time.Duration) error { return nil }}
	for _, f := range change {
		f(&o)
	}
	c, err := fhir.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// all searches for everybody, three to a page, and returns whom it was handed.
func all(t *testing.T, c *fhir.Client) ([]string, fhir.Found, error) {
	t.Helper()
	var ids []string
	found, err := c.Search(t.Context(), fhir.Query{Kind: "Practitioner", Params: url.Values{"_count": {"3"}}}, func(b fhir.Bundle) error {
		for _, e := range b.Entries {
			ids = append(ids, e.Any.ID)
		}
		return nil
	})
	return ids, found, err
}

func TestSearchReadsEveryPage(t *testing.T) {
	t.Parallel()
	s := server(t, 8)
	s.Now = func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	ids, found, err := all(t, client(t, s))
	if err != nil || len(ids) != 8 || found.Count != 8 || found.Pages != 3 || !found.Date.Equal(s.Now()) {
		t.Errorf("%v, %+v, %v", ids, found, err)
	}
}

// page answers one page by hand where the offset is the given one.
func page(offset int, answer func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		at := r.URL.Query().Get("_offset")
		if at == "" {
			at = "0"
		}
		if at != strconv.Itoa(offset) {
			return false
		}
		answer(w)
		return true
	}
}

func bundle(next string) string {
	return `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"` + next + `"}],"entry":[{"resource":` + person(77) + `}]}`
}

func send(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/fhir+json")
		fmt.Fprint(w, body)
	}
}

// Whatever goes wrong on the way is an error with a name, and never the end of a list.
func TestEarlyEndsAreErrors(t *testing.T) {
	t.Parallel()
	other := server(t, 3)
	tests := []struct {
		name   string
		before func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		{"cut in the middle of a page", page(3, func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/fhir+json")
			w.Header().Set("Content-Length", "5000")
			fmt.Fprint(w, `{"resourceType":"Bundle","type":"searchset","entry":[`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}), fhir.EndedEarly},
		{"cut without a length", page(3, send(`{"resourceType":"Bundle","type":"searchset","entry":[`)), fhir.Malformed},
		{"500 on page 2", page(3, func(w http.ResponseWriter) { fhirtest.Outcome(w, 500, "exception") }), fhir.ServerFailed},
		{"10 MB", page(3, send(bundle(strings.Repeat("x", 10<<20)))), fhir.TooLarge},
		{"wrong charset in the header", page(3, func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/fhir+json; charset=iso-8859-1")
			fmt.Fprint(w, bundle("x"))
		}), fhir.Encoding},
		{"wrong charset in the body", page(3, send("{\"resourceType\":\"Bundle\",\"type\":\"Gro\xdf\"}")), fhir.Encoding},
		{"next link to another host", page(3, send(bundle(other.Base()+"/Practitioner"))), fhir.ForeignLink},
		{"next link with another scheme", page(3, send(bundle("ftp://127.0.0.1/Practitioner"))), fhir.ForeignLink},
		{"next link to itself", page(3, send(bundle("?_count=3&_offset=3"))), fhir.PageLoop},
		{"next link to the beginning", page(3, send(bundle("?_count=3"))), fhir.PageLoop},
		{"next links without an end", func(w http.ResponseWriter, r *http.Request) bool {
			send(bundle("?n=" + strconv.Itoa(len(r.URL.RawQuery)) + r.URL.RawQuery))(w)
			return true
		}, fhir.TooManyPages},
		{"fewer than promised", page(6, send(`{"resourceType":"Bundle","type":"searchset"}`)), fhir.EndedEarly},
		{"an error among the entries", page(3, send(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]},"search":{"mode":"outcome"}}]}`)), fhir.ServerFailed},
		{"an OperationOutcome instead of a page", page(3, send(`{"resourceType":"OperationOutcome","issue":[]}`)), fhir.Malformed},
		{"a page of a proxy", page(3, func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }), fhir.Malformed},
		{"a redirect", page(3, func(w http.ResponseWriter) { w.Header().Set("Location", other.Base()); w.WriteHeader(302) }), fhir.Refused},
		{"forbidden", page(3, func(w http.ResponseWriter) { w.WriteHeader(403) }), fhir.Forbidden},
		{"unknown parameter", page(0, func(w http.ResponseWriter) { fhirtest.Outcome(w, 400, "not-supported") }), fhir.Refused},
		{"no content", page(3, func(w http.ResponseWriter) { w.WriteHeader(204) }), fhir.Refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := server(t, 8)
			s.Before = tt.before
			_, _, err := all(t, client(t, s, func(o *fhir.Options) { o.MaxPages = 20 }))
			if fhir.Name(err) != tt.want {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "Geheim") || strings.Contains(err.Error(), "Nachname")) {
				t.Errorf("the error quotes the server: %v", err)
			}
		})
	}
	if n := len(other.Requests()); n != 0 {
		t.Errorf("another server was asked %d times", n)
	}
}

func TestBusyServersAreAskedAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, after string
		busy        int // times
		want        string
		waited      time.Duration
	}{
		{"a while", "3", 2, "", 6 * time.Second},
		{"without a pause", "", 1, "", 2 * time.Second},
		{"for ever", "1", 100, fhir.Throttled, 4 * time.Second},
		{"too long", "3600", 1, fhir.Throttled, 0},
		{"nonsense", "-1", 1, "", 2 * time.Second},
	}
	for _, tt := range tests {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprint(tt.name, " ", status), func(t *testing.T) {
				t.Parallel()
				s, left, waited := server(t, 2), tt.busy, time.Duration(0)
				s.Before = func(w http.ResponseWriter, _ *http.Request) bool {
					if left--; left < 0 {
						return false
					}
					w.Header().Set("Retry-After", tt.after)
					w.WriteHeader(status)
					return true
				}
				c := client(t, s, func(o *fhir.Options) {
					o.Wait = func(_ context.Context, d time.Duration) error { waited += d; return nil }
				})
				_, _, err := all(t, c)
				if fhir.Name(err) != tt.want || waited != tt.waited {
					t.Errorf("error %v after waiting %v", err, waited)
				}
			})
		}
	}
}

func TestReadKnowsVersionsAndDeletions(t *testing.T) {
	t.Parallel()
	s := server(t, 1)
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/gone") {
			w.WriteHeader(410)
			return true
		}
		return false
	}
	c := client(t, s)
	a, etag, err := c.Read(t.Context(), "Practitioner", "p0", "")
	if err != nil || a.Practitioner.Names[0].Family != "Nachname0" || etag == "" {
		t.Fatalf("%+v %q %v", a, etag, err)
	}
	if _, _, err := c.Read(t.Context(), "Practitioner", "p0", etag); !errors.Is(err, fhir.ErrNotModified) {
		t.Errorf("the same version: %v", err)
	}
	s.Put(strings.Replace(person(0), "Nachname0", "Neu", 1))
	if a, _, err := c.Read(t.Context(), "Practitioner", "p0", etag); err != nil || a.Practitioner.Names[0].Family != "Neu" {
		t.Errorf("a new version: %+v, %v", a, err)
	}
	for id, want := range map[string]string{"gone": fhir.Gone, "never": fhir.NotFound} {
		if _, _, err := c.Read(t.Context(), "Practitioner", id, ""); fhir.Name(err) != want {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Kept pages are asked for with their ETag and come again only when they have changed.
func TestPagesAreKept(t *testing.T) {
	t.Parallel()
	s := server(t, 5)
	unchanged := 0
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") != "" {
			unchanged++
		}
		return false
	}
	c := client(t, s)
	names := func() (out string) {
		_, err := c.Search(t.Context(), fhir.Query{Kind: "Practitioner", Params: url.Values{"_count": {"3"}}, Keep: true}, func(b fhir.Bundle) error {
			for _, e := range b.Entries {
				out += e.Any.Practitioner.Names[0].Family + " "
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := names()
	if second := names(); second != first || unchanged != 2 {
		t.Errorf("second %q after %q, %d conditional requests", second, first, unchanged)
	}
	s.Put(strings.Replace(person(4), "Nachname4", "Neu", 1))
	if third := names(); !strings.HasSuffix(third, "Neu ") {
		t.Errorf("third %q", third)
	}
}

func TestTokensAreRenewed(t *testing.T) {
	t.Parallel()
	s := server(t, 8)
	asked := 0
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if asked++; asked == 4 {
			s.Revoke() // before its time, in the middle of a search
		}
		return s.Signed(w, r)
	}
	login := fhir.Login{Kind: fhir.OAuth2, Name: "wardline", Secret: "s", TokenURL: s.URL + "/token", Scopes: []string{"system/*.read"}}
	c := client(t, s, func(o *fhir.Options) { o.Login = login })
	if ids, _, err := all(t, c); err != nil || len(ids) != 8 || s.Issued() != 2 {
		t.Errorf("%v, %v, %d tokens", ids, err, s.Issued())
	}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" {
			return false
		}
		w.WriteHeader(401) // whatever the token
		return true
	}
	if _, _, err := all(t, c); fhir.Name(err) != fhir.WrongCredentials || s.Issued() != 3 {
		t.Errorf("a server that takes no token: %v, %d tokens", err, s.Issued())
	}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"Geheim"}`)
		return true
	}
	_, _, err := all(t, client(t, s, func(o *fhir.Options) { o.Login = login }))
	if fhir.Name(err) != fhir.WrongCredentials || strings.Contains(err.Error(), "Geheim") {
		t.Errorf("a token server that says no: %v", err)
	}
}

func TestBasicLogin(t *testing.T) {
	t.Parallel()
	s := server(t, 2)
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		name, secret, _ := r.BasicAuth()
		if name == "wardline" && secret == "richtig" {
			return false
		}
		w.WriteHeader(401)
		return true
	}
	for secret, want := range map[string]string{"richtig": "", "falsch": fhir.WrongCredentials} {
		_, _, err := all(t, client(t, s, func(o *fhir.Options) { o.Login = fhir.Login{Kind: fhir.Basic, Name: "wardline", Secret: secret} }))
		if fhir.Name(err) != want {
			t.Errorf("%s: %v", secret, err)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := fhirtest.New(t, func(h http.Handler) *httptest.Server {
		srv := httptest.NewUnstartedServer(h)
		srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		return srv
	})
	s.Put(person(1))
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	pinned := func(o *fhir.Options) { o.Roots = roots }
	shown := func(o *fhir.Options) { o.Certificates = s.TLS.Certificates }
	if ids, _, err := all(t, client(t, s, pinned, shown)); err != nil || len(ids) != 1 {
		t.Errorf("with CA and certificate: %v, %v", ids, err)
	}
	for name, options := range map[string][]func(*fhir.Options){
		"unknown CA":            {shown},
		"pinned to another CA":  {shown, func(o *fhir.Options) { o.Roots = x509.NewCertPool() }},
		"without a certificate": {pinned},
		"plain HTTP":            {func(o *fhir.Options) { o.Base = strings.Replace(o.Base, "https", "http", 1) }},
	} {
		_, _, err := all(t, client(t, s, options...))
		// A server that wants a certificate may have closed before its alert is read.
		closed := name == "without a certificate" && fhir.Name(err) == fhir.Unreachable
		if name != "plain HTTP" && fhir.Name(err) != fhir.TLSFailed && !closed || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnreachableServers(t *testing.T) {
	t.Parallel()
	s := server(t, 1)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	s.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
		return true
	}
	for want, change := range map[string]func(*fhir.Options){
		fhir.TimeLimit:   func(o *fhir.Options) { o.Timeout = 20 * time.Millisecond },
		fhir.Unreachable: func(o *fhir.Options) { o.Base = "http://127.0.0.1:1/fhir" },
		fhir.DNS:         func(o *fhir.Options) { o.Base = "http://no-such-host.invalid/fhir" },
	} {
		if _, _, err := all(t, client(t, s, change)); fhir.Name(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client(t, s).Version(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("given up by the caller: %v", err)
	}
}

func TestBaseAddresses(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{"https://kis.example/fhir": true, "http://kis.example:8080/fhir/": true, "kis.example/fhir": false,
		"ftp://kis.example": false, "https://user:secret@kis.example": false, "https://kis.example/?a=b": false, "": false} {
		if _, err := fhir.ParseBase(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	s := server(t, 0)
	if v, err := client(t, s).Version(t.Context()); err != nil || !fhir.R4(v) || fhir.R4("5.0.0") {
		t.Errorf("version %q, %v", v, err)
	}
}

// HL7's and ISiK's own examples, fetched page by page from a server.
func TestExamplesFromAServer(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../shared/data/fhir/*/Practitioner-*.json")
	if err != nil || len(names) == 0 {
		t.Skip("no examples at ../../shared/data/fhir")
	}
	s := server(t, 0)
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Put(string(raw))
	}
	ids, _, err := all(t, client(t, s))
	if err != nil || len(ids) != len(names) {
		t.Errorf("%d of %d, %v", len(ids), len(names), err)
	}
}
