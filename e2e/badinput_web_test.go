package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub/hubtest"
)

// testAlarms calls the alarm interface in every wrong way.
func (s *station) testAlarms(t *testing.T) {
	const event = `{"action":"trigger","dedup_key":"k","ward":"4B","text":"t"}`
	other, status := s.newToken(t, s.others, "trigger", "resolve", "status"), s.newToken(t, s.alarms, "status")
	field := func(name, value string) string {
		return `{"action":"trigger","dedup_key":"k","` + name + `":` + value + `}`
	}
	for _, c := range []struct {
		name, method, path, token, body string
		status                          int
		counter, field                  string
	}{
		{"no token", "POST", "/v1/events", "", event, 401, "token_refused", ""},
		{"wrong token", "POST", "/v1/events", strings.Repeat("x", 43), event, 401, "token_refused", ""},
		{"token of another connector", "POST", "/v1/events", other, event, 401, "token_refused", ""},
		{"token of half a megabyte", "POST", "/v1/events", strings.Repeat("x", 12<<10), event, 401, "token_refused", ""},
		{"missing scope", "POST", "/v1/events", status, event, 403, "scope_refused", ""},
		{"missing scope for a webhook", "POST", "/v1/alertmanager", status, `{"version":"4"}`, 403, "scope_refused", ""},
		{"ten megabytes", "POST", "/v1/events", s.token, field("text", `"`+strings.Repeat("a", 10<<20)+`"`), 413, "requests_too_large", ""},
		{"unknown field", "POST", "/v1/events", s.token, field("wards", `"4B"`), 422, "requests_invalid", "wards"},
		{"text that is a number", "POST", "/v1/events", s.token, field("text", `7`), 422, "requests_invalid", "text"},
		{"ward that is a list", "POST", "/v1/events", s.token, field("ward", `["4B"]`), 422, "requests_invalid", "ward"},
		{"unknown priority", "POST", "/v1/events", s.token, field("priority", `"sehr"`), 422, "requests_invalid", "priority"},
		{"key of 256 bytes", "POST", "/v1/events", s.token, `{"action":"trigger","dedup_key":"` + strings.Repeat("k", 256) + `"}`, 422, "requests_invalid", "dedup_key"},
		{"no key", "POST", "/v1/events", s.token, `{"action":"trigger"}`, 422, "requests_invalid", "dedup_key"},
		{"deep json", "POST", "/v1/events", s.token, field("text", strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)), 422, "requests_invalid", ""},
		{"not json", "POST", "/v1/events", s.token, "Hallo", 422, "requests_invalid", ""},
		{"no body", "POST", "/v1/events", s.token, "", 422, "requests_invalid", ""},
		{"two objects", "POST", "/v1/events", s.token, event + event, 422, "requests_invalid", ""},
		{"not utf-8", "POST", "/v1/events", s.token, "{\"action\":\"trigger\",\"dedup_key\":\"k\x00\"}", 422, "requests_invalid", ""},
		{"webhook of another version", "POST", "/v1/alertmanager", s.token, `{"version":"3","alerts":[]}`, 422, "requests_invalid", "version"},
		{"unknown address", "GET", "/v2/events", s.token, "", 404, "", ""},
		{"wrong method", "DELETE", "/v1/events", s.token, "", 405, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.counted(t, s.alarms, c.counter, func() {
				a := s.post(t, c.method, c.path, c.token, []byte(c.body))
				if a.status != c.status {
					t.Errorf("answered %d, want %d: %.300s", a.status, c.status, a.body)
				}
				p := a.problem(t)
				if c.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != c.field) {
					t.Errorf("does not name %s: %s", c.field, a.body)
				}
			})
		})
	}
	t.Run("long key of 255 bytes works", func(t *testing.T) {
		key := strings.Repeat("k", 255)
		if a := s.post(t, "POST", "/v1/events", s.token, []byte(`{"action":"trigger","dedup_key":"`+key+`"}`)); a.status != 202 {
			t.Errorf("answered %d: %s", a.status, a.body)
		}
		if a := s.post(t, "GET", "/v1/alerts/"+key, s.token, nil); a.status != 200 {
			t.Errorf("status answered %d: %s", a.status, a.body)
		}
	})
	s.undisturbed(t)
}

// authority signs certificates for one test.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.issue(t, "ca", time.Now().Add(time.Hour))
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name+".pem") }

// issue writes name.pem and name.key.pem; the first certificate signs itself.
func (a *authority) issue(t *testing.T, name string, until time.Time) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-48 * time.Hour),
		NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: a.cert == nil, BasicConstraintsValid: true}
	parent, signer := c, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	secret, err2 := x509.MarshalECPrivateKey(key)
	cert, err3 := x509.ParseCertificate(der)
	err4 := os.WriteFile(a.path(name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
	err5 := os.WriteFile(a.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (a *authority) files(name string) map[string]any {
	return map[string]any{"cert_file": a.path(name), "key_file": a.path(name + ".key")}
}

// testForms fills in connector forms wrongly. Nothing of it may be saved, and what runs
// must go on running as it was.
func (s *station) testForms(t *testing.T) {
	ca := newAuthority(t)
	ca.issue(t, "old", time.Now().Add(-time.Hour))
	ca.issue(t, "one", time.Now().Add(time.Hour))
	ca.issue(t, "two", time.Now().Add(time.Hour))
	mixed := map[string]any{"cert_file": ca.path("one"), "key_file": ca.path("two.key")}
	tlsOf := func(files map[string]any) map[string]any {
		return map[string]any{"address": hubtest.MustFreeAddr(t), "tls": files}
	}
	for _, c := range []struct {
		name, kind string
		config     map[string]any
		code       string
		location   string // of the objection; "" where only the text can tell
		text       string // in the objection
	}{
		{"unknown field", "hl7v2-mllp", map[string]any{"adress": hubtest.MustFreeAddr(t)}, "invalid", "body.config.adress", ""},
		{"unknown field below", "hl7v2-mllp", tlsOf(map[string]any{"cert": "x"}), "invalid", "body.config.tls.cert", ""},
		{"wrong type", "hl7v2-mllp", map[string]any{"address": 2575}, "invalid", "body.config.address", "string"},
		{"number as text", "hl7v2-mllp", map[string]any{"address": hubtest.MustFreeAddr(t), "max_frame_bytes": "viel"}, "invalid", "body.config.max_frame_bytes", ""},
		{"number out of range", "hl7v2-mllp", map[string]any{"address": hubtest.MustFreeAddr(t), "max_frame_bytes": 1}, "invalid", "body.config.max_frame_bytes", ""},
		{"address without a port", "hl7v2-mllp", map[string]any{"address": "kis"}, "invalid", "body.config.address", ""},
		{"port that is taken", "hl7v2-mllp", map[string]any{"address": s.espaAddr}, "not_startable", "", "in use"},
		{"secret that is a number", "espa-x", map[string]any{"address": hubtest.MustFreeAddr(t), "user": "rufan", "password": 12345678}, "invalid", "body.config.password", ""},
		{"certificate that does not exist", "hl7v2-mllp", tlsOf(ca.files("nobody")), "not_startable", "", "no such file"},
		{"certificate that has expired", "hl7v2-mllp", tlsOf(ca.files("old")), "not_startable", "", "expired"},
		{"key of another certificate", "alarm-http", tlsOf(mixed), "not_startable", "", "match"},
		{"certificate without a key", "hl7v2-mllp", tlsOf(map[string]any{"cert_file": ca.path("one")}), "invalid", "body.config.tls.cert_file", ""},
		{"unknown kind", "fax", map[string]any{}, "unknown_kind", "body.kind", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := encode(t, map[string]any{"kind": c.kind, "name": c.name, "enabled": true, "config": c.config})
			a := s.admin.send(t, "POST", "/connectors", nil, body)
			checkObjection(t, a, c.code, c.location, c.text)
			if c.kind != "hl7v2-mllp" {
				return
			}
			body = encode(t, map[string]any{"name": "KIS", "enabled": true, "config": c.config})
			a = s.admin.send(t, "PUT", "/connectors/"+s.kis, http.Header{"If-Match": {`"1"`}}, body)
			checkObjection(t, a, c.code, c.location, c.text)
		})
	}
	var list struct {
		Items []struct {
			ID       string
			Revision int
		}
	}
	s.admin.must(t, "GET", "/connectors", nil, &list)
	if len(list.Items) != 4 || slices.ContainsFunc(list.Items, func(c struct {
		ID       string
		Revision int
	}) bool {
		return c.Revision != 1
	}) {
		t.Errorf("something was saved: %+v", list.Items)
	}
	s.undisturbed(t)
}

func checkObjection(t *testing.T, a answer, code, location, text string) {
	t.Helper()
	if a.status != http.StatusUnprocessableEntity {
		t.Fatalf("answered %d: %s", a.status, a.body)
	}
	p := a.problem(t)
	if p.Code != code || len(p.Errors) == 0 || location != "" && p.Errors[0].Location != location || !strings.Contains(p.Errors[0].Message, text) {
		t.Errorf("want %s at %q with %q: %s", code, location, text, a.body)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// testMutualTLS has the KIS show a certificate: none and one of a stranger are refused,
// the right one is served.
func (s *station) testMutualTLS(t *testing.T) {
	ours, strangers := newAuthority(t), newAuthority(t)
	ours.issue(t, "hub", time.Now().Add(time.Hour))
	ours.issue(t, "kis", time.Now().Add(time.Hour))
	ours.issue(t, "late", time.Now().Add(-time.Minute))
	strangers.issue(t, "kis", time.Now().Add(time.Hour))
	addr, files := hubtest.MustFreeAddr(t), ours.files("hub")
	files["client_ca_file"] = ours.path("ca")
	id := s.connector(t, "hl7v2-mllp", "KIS mit Zertifikat", map[string]any{"address": addr, "tls": files})
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)
	for _, c := range []struct {
		name string
		from *authority
		who  string
		ok   bool
	}{
		{"no certificate", nil, "", false},
		{"another authority", strangers, "kis", false},
		{"expired", ours, "late", false},
		{"the right one", ours, "kis", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := &tls.Config{RootCAs: roots}
			if c.from != nil {
				pair, err := tls.LoadX509KeyPair(c.from.path(c.who), c.from.path(c.who+".key"))
				if err != nil {
					t.Fatal(err)
				}
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
			}
			counter := "tls_failed"
			if c.ok {
				counter = ""
			}
			s.counted(t, id, counter, func() {
				if err := exchangeTLS(t, addr, config); (err == nil) != c.ok {
					t.Errorf("served: %v", err)
				}
			})
		})
	}
	t.Run("no tls at all", func(t *testing.T) {
		s.counted(t, id, "tls_failed", func() {
			if err := exchangeTLS(t, addr, nil); err == nil {
				t.Error("served in the clear")
			}
		})
	})
	s.undisturbed(t)
}

func exchangeTLS(t *testing.T, addr string, config *tls.Config) error {
	t.Helper()
	c, err := mllp.Dial(t.Context(), addr, config)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Exchange(t.Context(), goodMessage("TLS"))
	return err
}

// send makes one signed-in request with exactly this body and these headers added.
func (b *browser) send(t *testing.T, method, path string, header http.Header, body []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", b.base)
	for name, values := range header {
		req.Header[name] = values
	}
	for _, c := range b.http.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	return call(t, strings.TrimPrefix(b.base, "http://"), method, "/api/v1"+path, req.Header, body)
}

// testChatAPI sends the staff's listener what it must refuse.
func (s *station) testChatAPI(t *testing.T, nurse *browser) {
	const login, nobody = `{"login":"a","password":"b"}`, "01234567-89ab-7def-8123-456789abcdef"
	stranger := newBrowser(s.chat)
	type h = http.Header
	for _, c := range []struct {
		name, method, path string
		who                *browser
		header             h
		body               string
		status             int
		code               string
	}{
		{"two megabytes", "POST", "/auth/login", stranger, nil, `{"login":"` + strings.Repeat("a", 2<<20) + `"}`, 413, "too_large"},
		{"ten megabytes signed in", "POST", "/devices", nurse, nil, `{"name":"` + strings.Repeat("a", 10<<20) + `"}`, 413, "too_large"},
		{"plain text", "POST", "/auth/login", stranger, h{"Content-Type": {"text/plain"}}, login, 415, "unsupported_media_type"},
		{"form", "POST", "/auth/login", stranger, h{"Content-Type": {"application/x-www-form-urlencoded"}}, "login=a&password=b", 415, "unsupported_media_type"},
		{"xml", "POST", "/devices", nurse, h{"Content-Type": {"application/xml"}}, "<x/>", 415, "unsupported_media_type"},
		{"foreign origin", "POST", "/auth/login", stranger, h{"Origin": {"https://evil.example"}}, login, 403, "cross_origin"},
		{"foreign site", "POST", "/devices", nurse, h{"Sec-Fetch-Site": {"cross-site"}}, `{}`, 403, "cross_origin"},
		{"opaque origin", "POST", "/devices", nurse, h{"Origin": {"null"}}, `{}`, 403, "cross_origin"},
		{"not json", "POST", "/auth/login", stranger, nil, "Hallo", 400, "bad_request"},
		{"deep json", "POST", "/auth/login", stranger, nil, strings.Repeat("[", 100_000), 400, "bad_request"},
		{"wrong type", "POST", "/auth/login", stranger, nil, `{"login":7,"password":"b"}`, 422, "invalid"},
		{"NUL in a text", "POST", "/auth/activate", stranger, nil, `{"login":"a\u0000","code":"b"}`, 400, "bad_text"},
		{"text that is not utf-8", "POST", "/devices", nurse, nil, "{\"name\":\"\xc3\"}", 400, "bad_text"},
		{"NUL in the query", "GET", "/rooms?q=%00", nurse, nil, "", 400, "bad_text"},
		{"unknown field", "POST", "/auth/login", stranger, nil, `{"login":"a","password":"b","admin":true}`, 422, "invalid"},
		{"unknown parameter", "GET", "/rooms?all=1", nurse, nil, "", 422, "invalid"},
		{"id that is none", "POST", "/alerts/1%20or%201=1/accept", nurse, nil, `{}`, 422, "invalid"},
		{"nobody's alert", "POST", "/alerts/" + nobody + "/accept", nurse, nil, `{}`, 404, "not_found"},
		{"nobody's device", "DELETE", "/devices/" + nobody, nurse, nil, "", 404, "not_found"},
		{"key of the wrong length", "POST", "/devices", nurse, nil, `{"name":"x","kem_public":"AAAA","sign_public":"AAAA"}`, 422, "length"},
		{"no session", "GET", "/me", stranger, nil, "", 401, "unauthenticated"},
		{"wrong login", "POST", "/auth/login", stranger, nil, login, 401, "wrong"},
		{"method of nothing", "TRACE", "/me", nurse, nil, "", 405, "method_not_allowed"},
		{"another method", "DELETE", "/me", nurse, nil, "", 405, "method_not_allowed"},
		{"console's route", "GET", "/connectors", nurse, nil, "", 404, "not_found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := s.refusals(t, c.status)
			a := c.who.send(t, c.method, c.path, c.header, []byte(c.body))
			if a.status != c.status {
				t.Fatalf("answered %d, want %d: %.300s", a.status, c.status, a.body)
			}
			if p := a.problem(t); p.Code != c.code {
				t.Errorf("code %q, want %q", p.Code, c.code)
			}
			if after := s.refusals(t, c.status); after <= before {
				t.Errorf("not counted: %v then %v", before, after)
			}
		})
	}
	s.undisturbed(t)
}

// metric sums the samples of a metric whose line holds every part.
func (s *station) metric(t *testing.T, name string, parts ...string) float64 {
	t.Helper()
	res, err := http.Get("http://" + s.management + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for l := range strings.Lines(string(all)) {
		if strings.HasPrefix(l, name+"{") && !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(l, p) }) {
			var v float64
			fmt.Sscan(l[strings.LastIndexByte(l, ' ')+1:], &v)
			sum += v
		}
	}
	return sum
}

func (s *station) refusals(t *testing.T, status int) float64 {
	t.Helper()
	return s.metric(t, "wardline_http_request_seconds_count", `listener="chat"`, fmt.Sprintf(`status="%d"`, status))
}
