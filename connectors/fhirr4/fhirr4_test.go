package fhirr4

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
	"github.com/wardline/wardline/fhir/fhirtest"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/form"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got)+"\n", "\n")); d != "" {
		t.Error(d)
	}
}

func goldenJSON(t *testing.T, file string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, file, got)
}

func TestConfigSchema(t *testing.T) {
	t.Parallel()
	var v any
	if err := json.Unmarshal(form.ConfigSchema(Kind()), &v); err != nil {
		t.Fatal(err)
	}
	goldenJSON(t, "testdata/schema.golden", v)
	if got := form.New(Kind()).Secrets(); !slices.Equal(got, []string{"client_secret"}) {
		t.Errorf("secrets %v", got)
	}
}

// house is a small hospital: two people, a ward, a clinic, and what ends and begins.
func house(t *testing.T, s *fhirtest.Server) {
	t.Helper()
	raw, err := os.ReadFile("testdata/house.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		s.Put(string(r))
	}
}

func start(t *testing.T) *fhirtest.Server {
	s := fhirtest.New(t, httptest.NewServer)
	s.Now = func() time.Time { return now }
	return s
}

func configured(s *fhirtest.Server, change ...func(*Config)) *Config {
	c := Kind().Config().(*Config)
	if s != nil {
		c.BaseURL = s.Base()
	}
	c.PageSize = 10
	for _, f := range change {
		f(c)
	}
	return c
}

func made(t *testing.T, c *Config) *source {
	t.Helper()
	s, err := newSource(*c, connectors.Env{Now: func() time.Time { return now }, Count: func(string) {}, Report: func(connectors.Health) {},
		Listen: nil})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pull(t *testing.T, src *source, p connectors.Pass) ([]connectors.Pulled, connectors.PassEnd, error) {
	t.Helper()
	var out []connectors.Pulled
	end, err := src.Pull(t.Context(), p, func(p connectors.Pulled) error {
		out = append(out, p)
		return nil
	})
	return out, end, err
}

func keys(list []connectors.Pulled) (out []string) {
	for _, p := range list {
		switch {
		case p.Fault != nil:
			out = append(out, p.Change.Key+"!"+p.Fault.Name)
		case p.Change.Op != directory.OpUnits:
			out = append(out, p.Change.Key+" "+string(p.Change.Op))
		}
	}
	return out
}

func personal(c *Config) {
	c.Key.System = "https://klinik.example/sid/personal"
	c.StaffNumber = IdentifierOf{Type: "EI"}
	c.UnitID = "https://klinik.example/sid/station"
	c.RoleCodes = []RoleCode{{Code: "urn:rollen|OA", Profession: "Arzt", JobTitle: "Oberärztin"}}
}

// What the house comes to, in both ways of reading roles, by golden file.
func TestFullPass(t *testing.T) {
	t.Parallel()
	s := start(t)
	house(t, s)
	for _, roles := range []string{"search", "revinclude"} {
		got, end, err := pull(t, made(t, configured(s, personal, func(c *Config) { c.Roles = roles })), connectors.Pass{Mode: connectors.PassFull})
		if err != nil || !end.Full || string(end.Cursor) != `{"since":"2026-03-02T08:58:00Z"}` {
			t.Errorf("%s: %+v %s, %v", roles, end, end.Cursor, err)
		}
		goldenJSON(t, "testdata/house.golden", got)
	}
}

// ISiK's base module has people and nothing else.
func TestPeopleWithoutRoles(t *testing.T) {
	t.Parallel()
	s := start(t)
	house(t, s)
	got, _, err := pull(t, made(t, configured(s, func(c *Config) { c.Roles = "none" })), connectors.Pass{Mode: connectors.PassFull})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got {
		if _, said := p.Change.Fields[directory.ActiveUntil]; said || p.Change.Units != nil || p.Change.Op == directory.OpUnits {
			t.Errorf("without roles something is said about them: %+v", p.Change)
		}
	}
	for _, r := range s.Requests() {
		if !strings.HasPrefix(r, "GET /fhir/Practitioner?") {
			t.Errorf("asked for %s", r)
		}
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	names, _ := filepath.Glob("../../../shared/data/fhir/*/*.json")
	if len(names) == 0 {
		t.Skip("no examples at ../../../shared/data/fhir")
	}
	s := start(t)
	for _, name := range names {
		if kind, _, _ := strings.Cut(filepath.Base(name), "-"); !slices.Contains([]string{"Practitioner", "PractitionerRole", "Organization", "Location"}, kind) {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Put(string(raw))
	}
	got, end, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassFull})
	if err != nil || !end.Full {
		t.Fatal(err)
	}
	people := map[string]directory.Change{}
	for _, p := range got {
		if p.Fault != nil {
			t.Errorf("%s: %+v", p.Record, p.Fault)
		}
		people[p.Change.Key] = p.Change
	}
	arzt := people["PractitionerWalterArzt"]
	if arzt.Fields[directory.FamilyName].Text != "Arzt" || arzt.Fields[directory.GivenName].Text != "Walter" || arzt.Fields[directory.Profession].Text != "Medical doctor (occupation)" {
		t.Errorf("ISiK's physician: %+v", arzt)
	}
	if careful := people["example"]; careful.Fields[directory.ActiveUntil].Text != "2012-03-31" {
		t.Errorf("a role that ended in 2012: %+v", careful)
	}
}

func TestPreviewEndsEarly(t *testing.T) {
	t.Parallel()
	s := start(t)
	house(t, s)
	got, end, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassFull, Limit: 2})
	if err != nil || end.Full || end.Cursor != nil || len(keys(got)) != 2 || got[1].Change.Units == nil {
		t.Errorf("%v, %+v, %v", keys(got), end, err)
	}
	for _, r := range s.Requests() {
		if strings.Contains(r, "PractitionerRole") && !strings.Contains(r, "practitioner=") {
			t.Errorf("a preview asked for everybody's roles: %s", r)
		}
	}
}

// Many changes are read as a whole: one request for each person would take longer.
func TestManyChangesAreReadWhole(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i := range maxChanged + 1 {
		s.Put(fmt.Sprintf(`{"resourceType":"Practitioner","id":"p%d","meta":{"lastUpdated":"2026-03-02T09:30:00Z"},"name":[{"family":"N"}]}`, i))
	}
	got, end, err := pull(t, made(t, configured(s, func(c *Config) { c.PageSize = 200 })), connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(`{"since":"2026-03-02T08:00:00Z"}`)})
	if err != nil || !end.Full || len(got) != maxChanged+1 || len(s.Requests()) > 20 {
		t.Errorf("%d people in %d requests, %+v, %v", len(got), len(s.Requests()), end, err)
	}
}

// Certificates come from files: a pinned CA and a client certificate.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	s := fhirtest.New(t, func(h http.Handler) *httptest.Server {
		srv := httptest.NewUnstartedServer(h)
		srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		return srv
	})
	house(t, s)
	dir := t.TempDir()
	ca, cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pair := s.TLS.Certificates[0]
	secret, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{ca: {Type: "CERTIFICATE", Bytes: s.Certificate().Raw}, cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src := made(t, configured(s, func(c *Config) { c.CAFile, c.CertFile, c.KeyFile = ca, cert, key }))
	if got, end, err := pull(t, src, connectors.Pass{Mode: connectors.PassFull}); err != nil || !end.Full || len(keys(got)) != 5 {
		t.Errorf("%v, %+v, %v", keys(got), end, err)
	}
	_, _, err = pull(t, made(t, configured(s, func(c *Config) { c.CertFile, c.KeyFile = cert, key })), connectors.Pass{Mode: connectors.PassFull})
	var e *hub.Error
	if !errors.As(err, &e) || e.Code != fhir.TLSFailed {
		t.Errorf("without the pinned CA: %v", err)
	}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	s := start(t)
	house(t, s)
	s.Before = s.Signed
	src := made(t, configured(s, func(c *Config) {
		c.Auth, c.ClientID, c.ClientSecret, c.TokenURL = fhir.OAuth2, "wardline", "secret", s.URL+"/token"
	}))
	for range 2 { // the token taken back in between is renewed
		if _, end, err := pull(t, src, connectors.Pass{Mode: connectors.PassFull}); err != nil || !end.Full {
			t.Errorf("%+v, %v", end, err)
		}
		s.Revoke()
	}
	if s.Issued() != 2 {
		t.Errorf("%d tokens", s.Issued())
	}
}

// A page that is missing, wherever it is, makes the pass an error: nobody is absent.
func TestMissingPagesAreErrors(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Practitioner", "PractitionerRole", "Organization", "Location"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			house(t, s)
			for i := range 25 {
				s.Put(fmt.Sprintf(`{"resourceType":%q,"id":"x%d"}`, kind, i))
			}
			s.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("_offset") == "" {
					return false
				}
				fhirtest.Outcome(w, 500, "exception")
				return true
			}
			_, end, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassFull})
			var e *hub.Error
			if !errors.As(err, &e) || e.Code != fhir.ServerFailed || end.Full || strings.Contains(err.Error(), "Geheim") {
				t.Errorf("%+v, %v", end, err)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	house(t, s)
	src := made(t, configured(s, personal))
	_, end, err := pull(t, src, connectors.Pass{Mode: connectors.PassFull})
	if err != nil {
		t.Fatal(err)
	}
	changes := func() []string {
		t.Helper()
		got, next, err := pull(t, src, connectors.Pass{Mode: connectors.PassChanges, Cursor: end.Cursor})
		if err != nil || next.Full || len(next.Cursor) == 0 {
			t.Fatalf("%+v, %v", next, err)
		}
		return keys(got)
	}
	if got := changes(); got != nil {
		t.Errorf("nothing has changed: %v", got)
	}
	// Only a role of hers has changed: she comes with all her roles.
	s.Put(`{"resourceType":"PractitionerRole","id":"r-neu","meta":{"lastUpdated":"2026-03-02T09:30:00Z"},"practitioner":{"reference":"Practitioner/p-eva"},"location":[{"reference":"Location/4b"}]}`)
	if got := changes(); !slices.Equal(got, []string{"4711 put"}) {
		t.Errorf("a role has changed: %v", got)
	}
	s.Put(`{"resourceType":"Practitioner","id":"p-neu","meta":{"lastUpdated":"2026-03-02T09:30:00Z"},"identifier":[{"system":"https://klinik.example/sid/personal","value":"4799"}],"name":[{"family":"Neu"}]}`)
	if got := changes(); !slices.Equal(got, []string{"4711 put", "4799 put"}) {
		t.Errorf("somebody is new: %v", got)
	}
	// Deleted without a trace: changes do not see it, a full pass does.
	s.Delete("Practitioner", "p-eva")
	if got := changes(); !slices.Equal(got, []string{"4799 put"}) {
		t.Errorf("somebody was deleted: %v", got)
	}
	for name, cursor := range map[string]string{"none": "", "nonsense": "x", "empty": "{}"} {
		if _, end, err := pull(t, src, connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(cursor)}); err != nil || !end.Full {
			t.Errorf("cursor %s: %+v, %v", name, end, err)
		}
	}
}

func TestServersThatCannotSearchByTimeAreReadWhole(t *testing.T) {
	t.Parallel()
	s := start(t)
	house(t, s)
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("_lastUpdated") {
			fhirtest.Outcome(w, 400, "not-supported")
			return true
		}
		return false
	}
	got, end, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(`{"since":"2026-03-01T00:00:00Z"}`)})
	if err != nil || !end.Full || len(keys(got)) < 4 {
		t.Errorf("%v, %+v, %v", keys(got), end, err)
	}
}

// Gone is the server's own word; not found is not.
func TestDeletedPeople(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][]string{410: {"p-weg deactivate"}, 404: nil} {
		s := start(t)
		s.Put(`{"resourceType":"PractitionerRole","id":"r","meta":{"lastUpdated":"2026-03-02T09:30:00Z"},"practitioner":{"reference":"Practitioner/p-weg"}}`)
		s.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/p-weg") {
				w.WriteHeader(status)
				return true
			}
			return false
		}
		got, _, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(`{"since":"2026-03-02T08:00:00Z"}`)})
		if err != nil || !slices.Equal(keys(got), want) {
			t.Errorf("%d: %v, %v", status, keys(got), err)
		}
	}
}

// A server that keeps a history says itself who was deleted, also where the key is a number
// that only what was deleted had.
func TestDeletionsByHistory(t *testing.T) {
	t.Parallel()
	person := func(id, number string) string {
		return fmt.Sprintf(`{"resourceType":"Practitioner","id":%q,"meta":{"lastUpdated":"2026-03-01T09:00:00Z"},"identifier":[{"system":"https://klinik.example/sid/personal","value":%q}],"name":[{"family":"Name"}]}`, id, number)
	}
	role := func(id, of string) string {
		return fmt.Sprintf(`{"resourceType":"PractitionerRole","id":%q,"meta":{"lastUpdated":"2026-03-01T09:00:00Z"},"practitioner":{"reference":"Practitioner/%s"}}`, id, of)
	}
	many := func(c *Config) { c.PageSize = 10 }
	for name, c := range map[string]struct {
		config []func(*Config)
		do     func(*fhirtest.Server)
		want   []string
	}{
		"nobody":        {nil, func(*fhirtest.Server) {}, nil},
		"by the id":     {nil, func(s *fhirtest.Server) { s.Delete("Practitioner", "a") }, []string{"a deactivate"}},
		"by the number": {[]func(*Config){personal}, func(s *fhirtest.Server) { s.Delete("Practitioner", "a") }, []string{"17 deactivate"}},
		"of those a query finds": {[]func(*Config){personal, func(c *Config) { c.Query = "active=true" }},
			func(s *fhirtest.Server) { s.Delete("Practitioner", "a") }, []string{"17 deactivate"}},
		"a double":        {[]func(*Config){personal}, func(s *fhirtest.Server) { s.Put(person("b", "17")); s.Delete("Practitioner", "a") }, nil},
		"and there again": {nil, func(s *fhirtest.Server) { s.Delete("Practitioner", "a"); s.Put(person("a", "17")) }, []string{"a put"}},
		"a role":          {[]func(*Config){personal}, func(s *fhirtest.Server) { s.Delete("PractitionerRole", "r") }, []string{"18 put"}},
		"on the second page": {[]func(*Config){many}, func(s *fhirtest.Server) {
			s.Delete("Practitioner", "a")
			for range 12 {
				s.Put(person("c", "19"))
			}
		}, []string{"a deactivate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.History = true
			at := now.Add(-24 * time.Hour)
			s.Now = func() time.Time { return at }
			s.Put(person("a", "17"), person("c", "19"), person("d", "18"), role("r", "d"), role("s", "d"))
			at = now
			c.do(s)
			got, end, err := pull(t, made(t, configured(s, c.config...)), connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(`{"since":"2026-03-02T08:00:00Z"}`)})
			if err != nil || end.Full || !slices.Equal(keys(got), c.want) {
				t.Errorf("%v, want %v; %+v, %v", keys(got), c.want, end, err)
			}
		})
	}
}

// Too many to be asked about one by one are read with everybody.
func TestManyDeletionsAreReadWhole(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.History = true
	s.Put(`{"resourceType":"Practitioner","id":"a","meta":{"lastUpdated":"2026-03-01T09:00:00Z"},"name":[{"family":"Da"}]}`)
	for i := range maxChanged + 1 {
		s.Delete("PractitionerRole", fmt.Sprint(i))
	}
	got, end, err := pull(t, made(t, configured(s, func(c *Config) { c.PageSize = 200 })), connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(`{"since":"2026-03-02T08:00:00Z"}`)})
	if err != nil || !end.Full || !slices.Equal(keys(got), []string{"a put"}) || len(s.Requests()) > 20 {
		t.Errorf("%v after %d requests, %+v, %v", keys(got), len(s.Requests()), end, err)
	}
}

// What a server promises and does not do is no reason to read nothing.
func TestAHistoryThatIsRefusedIsNone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 501, 500} {
		s := start(t)
		s.History = true
		s.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/_history") {
				fhirtest.Outcome(w, status, "not-supported")
				return true
			}
			return false
		}
		_, end, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(`{"since":"2026-03-02T08:00:00Z"}`)})
		if failed := err != nil; failed != (status == 500) || end.Full {
			t.Errorf("%d: %+v, %v", status, end, err)
		}
	}
}

// Records that cannot be used are faults, and stop nobody else.
func TestFaultyRecords(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Put(`{"resourceType":"Practitioner","id":"a","active":"ja"}`,
		`{"resourceType":"Practitioner","id":"b","name":[{"family":"Gut"}]}`,
		`{"resourceType":"Practitioner","id":"c","name":[{"family":"Rolle"}]}`,
		`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/c"},"period":{"start":"gestern"}}`)
	got, end, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassFull})
	if err != nil || !end.Full || !slices.Equal(keys(got), []string{"a!bad_value", "b put", "c!bad_value"}) {
		t.Errorf("%v, %+v, %v", keys(got), end, err)
	}
	byNumber := func(c *Config) { c.Key.System = "n" }
	s = start(t)
	s.Put(`{"resourceType":"Practitioner","id":"a","identifier":[{"system":"n","value":"1"}],"name":[{"family":"Eins"}]}`,
		`{"resourceType":"Practitioner","id":"b","identifier":[{"system":"n","value":"1"}],"name":[{"family":"Zwei"}]}`,
		`{"resourceType":"Practitioner","id":"c","name":[{"family":"Drei"}]}`)
	got, _, err = pull(t, made(t, configured(s, byNumber)), connectors.Pass{Mode: connectors.PassFull})
	if err != nil || !slices.Equal(keys(got), []string{"1 put", "1!duplicate_key", "!missing_key"}) {
		t.Errorf("%v, %v", keys(got), err)
	}
}

func TestHierarchiesWithMistakes(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Put(`{"resourceType":"Organization","id":"a","name":"A","partOf":{"reference":"Organization/b"}}`,
		`{"resourceType":"Organization","id":"b","name":"B","partOf":{"reference":"Organization/a"}}`,
		`{"resourceType":"Location","id":"bett","physicalType":{"coding":[{"code":"bd"}]},"partOf":{"reference":"Location/bett"}}`,
		`{"resourceType":"Practitioner","id":"p","name":[{"family":"Kreis"}]}`,
		`{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/p"},"organization":{"reference":"Organization/a"},"location":[{"reference":"Location/bett"}]}`)
	got, _, err := pull(t, made(t, configured(s)), connectors.Pass{Mode: connectors.PassFull})
	last := got[len(got)-1]
	if err != nil || !slices.Equal(last.Notes, []string{"unknown_unit"}) {
		t.Errorf("%+v, %v", last, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	names := func(list []connectors.Check) (out string) {
		for _, c := range list {
			out += c.Name
			if !c.OK {
				out += "!"
			}
			out += " "
		}
		return strings.TrimSpace(out)
	}
	s := start(t)
	house(t, s)
	if got := names(made(t, configured(s)).Check(t.Context())); got != "dns tcp tls login metadata read" {
		t.Errorf("a good server: %s", got)
	}
	if got := names(made(t, configured(s, func(c *Config) { c.Key.System = "unheard" })).Check(t.Context())); got != "dns tcp tls login metadata read!" {
		t.Errorf("a key nobody has: %s", got)
	}
	if got := names(made(t, configured(nil, func(c *Config) { c.BaseURL = "http://127.0.0.1:1/fhir" })).Check(t.Context())); got != "dns tcp!" {
		t.Errorf("nobody there: %s", got)
	}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"resourceType":"CapabilityStatement","fhirVersion":"5.0.0"}`)
		return true
	}
	if got := names(made(t, configured(s)).Check(t.Context())); got != "dns tcp tls login metadata!" {
		t.Errorf("FHIR R5: %s", got)
	}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(401); return true }
	if got := names(made(t, configured(s)).Check(t.Context())); got != "dns tcp tls login!" {
		t.Errorf("not signed in: %s", got)
	}
}

func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*Config){
		"base_url":              func(c *Config) { c.BaseURL = "kis.example" },
		"cert_file":             func(c *Config) { c.CertFile = "x" },
		"client_id":             func(c *Config) { c.Auth = fhir.Basic },
		"token_url":             func(c *Config) { c.Auth, c.ClientID, c.TokenURL = fhir.OAuth2, "x", "x" },
		"auth":                  func(c *Config) { c.Auth = "kerberos" },
		"query":                 func(c *Config) { c.Query = "a=%zz" },
		"roles":                 func(c *Config) { c.Roles = "" },
		"units":                 func(c *Config) { c.Units = "all" },
		"role_codes":            func(c *Config) { c.RoleCodes = []RoleCode{{}} },
		"page_size":             func(c *Config) { c.PageSize = 1 },
		"max_page_bytes":        func(c *Config) { c.MaxPageBytes = 1 },
		"timeout_seconds":       func(c *Config) { c.Timeout = 0 },
		"inbound.max_bytes":     func(c *Config) { c.Inbound.MaxBytes = 1 },
		"inbound.address":       func(c *Config) { c.Inbound.Address = "x" },
		"inbound.tls.cert_file": func(c *Config) { c.Inbound.Address, c.Inbound.TLS.CertFile = "127.0.0.1:0", "x" },
		"inbound.allowed_peers": func(c *Config) { c.Inbound.AllowedPeers = []string{"x"} },
	} {
		c := configured(nil, func(c *Config) { c.BaseURL = "https://kis.example/fhir" }, change)
		_, err := newSource(*c, connectors.Env{})
		var e *hub.Error
		if !errors.As(err, &e) || e.Field != field && !strings.HasSuffix(field, e.Field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := newSource(*configured(nil), connectors.Env{}); err == nil {
		t.Error("neither a server nor a listener: accepted")
	}
	src := made(t, configured(nil, func(c *Config) { c.BaseURL, c.CAFile = "https://kis.example/fhir", "/nowhere" }))
	if err := src.Prepare(); err == nil {
		t.Error("a CA file that is not there: accepted")
	}
}

func clock() time.Time { return now }
