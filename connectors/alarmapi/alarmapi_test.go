package alarmapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id hub.ConnectorID = "api"

// recorder stands where the database is.
type recorder struct {
	connectors.Inbox
	mu      sync.Mutex
	away    bool
	signals []alerting.Signal
	raws    []connectors.Raw
}

func (r *recorder) PutSignal(_ context.Context, raw connectors.Raw, s alerting.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return hub.E("test", hub.Unavailable, "", "away")
	}
	if s.Text == "panic" {
		panic("Patient Meier")
	}
	r.signals, r.raws = append(r.signals, s), append(r.raws, raw)
	return nil
}

func (r *recorder) status(_ context.Context, ref string) (alerting.Alert, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range slices.Backward(r.signals) {
		if s.Ref == ref {
			return alerting.Alert{ID: "a1", Ref: ref, State: alerting.Accepted, Ward: s.Ward, Kind: s.Kind, Priority: s.Priority,
				AcceptedBy: []hub.UserID{"u1"}, RaisedAt: time.Unix(1, 0).UTC()}, nil
		}
	}
	return alerting.Alert{}, hub.E("test", hub.NotFound, "", "")
}

func grants(_ context.Context, token string) (connectors.Grant, error) {
	all := []string{"trigger", "resolve", "status"}
	switch token {
	case "all":
		return connectors.Grant{TokenID: "t1", Scopes: all}, nil
	case "4b":
		return connectors.Grant{TokenID: "t2", Scopes: all, Wards: []string{"4B"}}, nil
	case "trigger":
		return connectors.Grant{TokenID: "t3", Scopes: []string{"trigger"}}, nil
	case "db":
		return connectors.Grant{}, hub.E("test", hub.Unavailable, "", "away")
	}
	return connectors.Grant{}, hub.E("test", hub.Unauthenticated, "", "")
}

type rig struct {
	*connectors.Supervisor
	*recorder
	t *testing.T
}

func start(t *testing.T, settings string) *rig {
	t.Helper()
	rec := &recorder{}
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	names := func(context.Context, []hub.UserID) (map[hub.UserID]string, error) {
		return map[hub.UserID]string{"u1": "Käthe Müller"}, nil
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry, Env: func(connectors.Spec) connectors.Env {
		return connectors.Env{Inbox: rec, Status: rec.status, Grant: grants, Names: names}
	}})
	t.Cleanup(func() { s.Close(context.Background()) })
	if err := s.Apply(t.Context(), connectors.Spec{ID: id, Kind: "alarm-http", Revision: 1,
		Config: json.RawMessage(`{"address":"127.0.0.1:0"` + settings + `}`)}); err != nil {
		t.Fatal(err)
	}
	return &rig{s, rec, t}
}

// ask sends one request on a connection of its own and returns status, headers and body.
func (r *rig) ask(method, path, token, body string, headers ...string) (int, http.Header, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addrs(id)[0].String()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	if res.StatusCode >= 400 && (res.Header.Get("Content-Type") != "application/problem+json" || out["title"] == "" || out["status"] != float64(res.StatusCode)) {
		r.t.Errorf("%s %s: %d is no problem after RFC 9457: %v", method, path, res.StatusCode, out)
	}
	return res.StatusCode, res.Header, out
}

const fall = `{"action":"trigger","dedup_key":"bed/302 2","kind":"fall","priority":"urgent","ward":"4B","room":"302","bed":"2","text":"Sturz","caller":"Matte 302"}`

func TestTriggerStatusResolve(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	code, h, out := r.ask("POST", "/v1/events", "all", fall)
	if code != 202 || h.Get("Location") != "/v1/alerts/bed%2F302%202" || out["status_url"] != h.Get("Location") {
		t.Fatalf("trigger: %d %v %v", code, h, out)
	}
	want := alerting.Signal{Ref: "bed/302 2", Phase: alerting.PhaseRaise, Kind: "fall", Priority: alerting.Urgent, Ward: "4B",
		Room: "302", Bed: "2", Text: "Sturz", Caller: "Matte 302"}
	if d := cmp.Diff(want, r.signals[0]); d != "" {
		t.Error(d)
	}
	if raw := r.raws[0]; raw.Type != "POST /v1/events" || raw.ControlID != "bed/302 2" || raw.Peer != "127.0.0.1" || string(raw.Body) != fall {
		t.Errorf("raw input %+v", raw)
	}
	code, _, out = r.ask("GET", h.Get("Location"), "all", "")
	if code != 200 || out["state"] != "accepted" || out["priority"] != "urgent" || fmt.Sprint(out["accepted_by"]) != "[Käthe Müller]" {
		t.Errorf("status: %d %v", code, out)
	}
	if code, _, _ = r.ask("POST", "/v1/events", "all", `{"action":"resolve","dedup_key":"bed/302 2"}`); code != 202 || r.signals[1].Phase != alerting.PhaseResolve {
		t.Errorf("resolve: %d %+v", code, r.signals[1])
	}
	if code, _, _ = r.ask("GET", "/v1/alerts/none", "all", ""); code != 404 {
		t.Errorf("status of an unknown alert: %d", code)
	}
	if err := r.Replay(t.Context(), id, nil, r.raws[0]); err != nil || !cmp.Equal(r.signals[0], r.signals[2]) {
		t.Errorf("replay: %v", err)
	}
}

func TestBadRequestsNameTheField(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	tests := []struct {
		name, body, field string
		code              int
	}{
		{"unknown field", `{"action":"trigger","dedup_key":"x","wardd":"4B"}`, "wardd", 422},
		{"wrong type", `{"action":"trigger","dedup_key":7}`, "dedup_key", 422},
		{"unknown action", `{"action":"start","dedup_key":"x"}`, "action", 422},
		{"no key", `{"action":"trigger"}`, "dedup_key", 422},
		{"long key", `{"action":"trigger","dedup_key":"` + strings.Repeat("x", 256) + `"}`, "dedup_key", 422},
		{"unknown priority", `{"action":"trigger","dedup_key":"x","priority":"high"}`, "priority", 422},
		{"long text", `{"action":"trigger","dedup_key":"x","text":"` + strings.Repeat("x", 1001) + `"}`, "text", 422},
		{"NUL", `{"action":"trigger","dedup_key":"x","text":"\u0000"}`, "text", 422},
		{"NUL in the key", `{"action":"trigger","dedup_key":"a\u0000"}`, "dedup_key", 422},
		{"not JSON", `{"action"`, "", 422},
		{"an array", `[]`, "", 422},
		{"two objects", `{"action":"trigger","dedup_key":"x"}{}`, "", 422},
	}
	for _, tt := range tests {
		code, _, out := r.ask("POST", "/v1/events", "all", tt.body)
		first, _ := out["errors"].([]any)
		if code != tt.code || len(first) == 0 || first[0].(map[string]any)["field"] != tt.field {
			t.Errorf("%s: %d %v, want %d at %q", tt.name, code, out, tt.code, tt.field)
		}
	}
	if code, _, _ := r.ask("POST", "/v1/events", "all", strings.Repeat(" ", 10<<20)); code != 413 {
		t.Errorf("10 MB body: %d", code)
	}
	if code, h, _ := r.ask("DELETE", "/v1/events", "all", ""); code != 405 || h.Get("Allow") != "POST" {
		t.Errorf("DELETE: %d %v", code, h)
	}
	if code, _, _ := r.ask("GET", "/", "", ""); code != 404 {
		t.Errorf("GET /: %d", code)
	}
	if c := r.Counters(id); len(r.signals) != 0 || c["requests_invalid"] != int64(len(tests)) || c["requests_too_large"] != 1 {
		t.Errorf("signals %v, counters %v", r.signals, c)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.ask("POST", "/v1/events", "all", `{"action":"trigger","dedup_key":"int","ward":"INT1"}`)
	tests := []struct {
		name, method, path, token, body string
		want                            int
	}{
		{"no token", "POST", "/v1/events", "", fall, 401},
		{"wrong token", "POST", "/v1/events", "guess", fall, 401},
		{"status without a token", "GET", "/v1/alerts/int", "", "", 401},
		{"missing scope", "POST", "/v1/events", "trigger", `{"action":"resolve","dedup_key":"int"}`, 403},
		{"status without its scope", "GET", "/v1/alerts/int", "trigger", "", 403},
		{"own ward", "POST", "/v1/events", "4b", fall, 202},
		{"other ward", "POST", "/v1/events", "4b", `{"action":"trigger","dedup_key":"x","ward":"INT1"}`, 403},
		{"no ward", "POST", "/v1/events", "4b", `{"action":"trigger","dedup_key":"x"}`, 403},
		{"key of another ward's alert", "POST", "/v1/events", "4b", `{"action":"trigger","dedup_key":"int","ward":"4B"}`, 403},
		{"resolve another ward's alert", "POST", "/v1/events", "4b", `{"action":"resolve","dedup_key":"int"}`, 403},
		{"resolve what is not there", "POST", "/v1/events", "4b", `{"action":"resolve","dedup_key":"none"}`, 202},
		{"status of another ward's alert", "GET", "/v1/alerts/int", "4b", "", 404},
		{"tokens cannot be looked up", "POST", "/v1/events", "db", fall, 503},
	}
	for _, tt := range tests {
		if code, h, _ := r.ask(tt.method, tt.path, tt.token, tt.body); code != tt.want || code == 401 && h.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d, want %d", tt.name, code, tt.want)
		}
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.away = true
	code, h, _ := r.ask("POST", "/v1/events", "all", fall)
	if code != 503 || h.Get("Retry-After") == "" || r.Health(id).State != connectors.Degraded {
		t.Errorf("%d %v %+v", code, h, r.Health(id))
	}
	r.away = false
	if code, _, _ := r.ask("POST", "/v1/events", "all", fall); code != 202 || r.Health(id).State != connectors.Up {
		t.Errorf("after its return: %d %+v", code, r.Health(id))
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	for _, token := range []string{"all", "all", "4b"} {
		r.ask("POST", "/v1/events", token, fall, "Idempotency-Key", "k1")
	}
	r.ask("POST", "/v1/events", "all", fall)
	r.ask("POST", "/v1/events", "all", fall)
	keys := map[string]int{}
	for _, raw := range r.raws {
		keys[raw.Key]++
	}
	if got := slices.Sorted(maps.Values(keys)); !slices.Equal(got, []int{1, 1, 1, 2}) {
		t.Errorf("keys %v", keys)
	}
	r.ask("POST", "/v1/events", "all", strings.Replace(fall, "bed/302 2", "bed/303 1", 1), "Idempotency-Key", "k1")
	if last := r.raws[len(r.raws)-1]; keys[last.Key] > 0 {
		t.Error("another alarm with the same key would be answered 202 and lost")
	}
}

// TestWebhookEndsNoOtherWardsAlarm: a fingerprint is chosen by the caller, so it may be the
// key of an alarm its token is not for.
func TestWebhookEndsNoOtherWardsAlarm(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.ask("POST", "/v1/alertmanager", "all", webhookBody(amBody("firing", `,"ward":"7A"`)))
	for _, status := range []string{"resolved", "firing"} {
		code, _, _ := r.ask("POST", "/v1/alertmanager", "4b", webhookBody(amBody(status, `,"ward":"4B"`)))
		if code != 403 || len(r.signals) != 1 {
			t.Errorf("%s of another ward's alarm: %d, %d signals", status, code, len(r.signals))
		}
	}
}

func TestEmergenciesAreNeverThrottled(t *testing.T) {
	t.Parallel()
	r := start(t, `,"rate_per_second":1`)
	codes := map[int]int{}
	for range 6 {
		code, h, _ := r.ask("POST", "/v1/events", "all", fall)
		codes[code]++
		if code == 429 && h.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	if codes[429] == 0 {
		t.Errorf("answers %v, want some 429", codes)
	}
	for range 6 {
		if code, _, _ := r.ask("POST", "/v1/events", "all", strings.Replace(fall, "urgent", "emergency", 1)); code != 202 {
			t.Errorf("emergency: %d", code)
		}
	}
}

func webhookBody(alerts ...string) string {
	return `{"version":"4","groupKey":"g","status":"firing","receiver":"wardline","truncatedAlerts":0,"groupLabels":{},"commonLabels":{},
		"commonAnnotations":{},"externalURL":"http://am","alerts":[` + strings.Join(alerts, ",") + `]}`
}

func amBody(status, labels string) string {
	return `{"status":"` + status + `","labels":{"alertname":"Kühlschrank"` + labels + `},"annotations":{"summary":"Zu warm"},
		"startsAt":"2026-02-01T08:00:00Z","endsAt":"2026-02-01T09:00:00Z","generatorURL":"http://p","fingerprint":"f1"}`
}

func TestAlertmanager(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	body := webhookBody(amBody("firing", `,"ward":"4B","room":"K1","severity":"critical","kind":"technical","instance":"k1"`), amBody("resolved", `,"priority":"low"`))
	if code, _, out := r.ask("POST", "/v1/alertmanager", "all", body); code != 202 || out["accepted"] != 2.0 {
		t.Fatalf("%d %v", code, out)
	}
	want := []alerting.Signal{
		{Ref: "f1", Phase: alerting.PhaseRaise, Kind: "technical", Priority: alerting.Urgent, Ward: "4B", Room: "K1", Text: "Zu warm",
			Caller: "k1", At: time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC), Technical: true},
		{Ref: "f1", Phase: alerting.PhaseResolve, Kind: "monitor", Priority: alerting.Low, Text: "Zu warm",
			At: time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)},
	}
	if d := cmp.Diff(want, r.signals); d != "" {
		t.Error(d)
	}
	r.ask("POST", "/v1/alertmanager", "all", body)
	if r.raws[0].Key != r.raws[2].Key || r.raws[0].Key == r.raws[1].Key {
		t.Error("a repeated webhook has other keys")
	}
	if err := r.Replay(t.Context(), id, nil, r.raws[0]); err != nil || !cmp.Equal(r.signals[0], r.signals[4]) {
		t.Errorf("replay: %v", err)
	}
	if code, _, _ := r.ask("POST", "/v1/alertmanager", "4b", body); code != 403 || len(r.signals) != 6 {
		t.Errorf("alerts of two wards with a token for one: %d, %d signals, want the one taken", code, len(r.signals))
	}
	for field, bad := range map[string]string{
		"version":               `{"version":"3"}`,
		"alerts[0].status":      webhookBody(`{"status":"odd","fingerprint":"x"}`),
		"alerts[0].fingerprint": webhookBody(`{"status":"firing"}`),
		"alerts[0]":             webhookBody(`{"status":7}`),
	} {
		code, _, out := r.ask("POST", "/v1/alertmanager", "all", bad)
		if code != 422 || out["errors"].([]any)[0].(map[string]any)["field"] != field {
			t.Errorf("%s: %d %v", field, code, out)
		}
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	code, _, out := r.ask("POST", "/v1/events", "all", strings.Replace(fall, "Sturz", "panic", 1))
	if code != 500 || strings.Contains(fmt.Sprint(out), "Meier") || r.Counters(id)["panics"] != 1 {
		t.Errorf("%d %v", code, out)
	}
}

func TestForeignPeersAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, `,"allowed_peers":["10.0.0.0/8"]`)
	conn, err := net.Dial("tcp", r.Addrs(id)[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a foreign peer got %v", err)
	}
}

func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	for field, settings := range map[string]string{
		"address":         `"address":"x"`,
		"signal_kind":     `"signal_kind":""`,
		"rate_per_second": `"rate_per_second":-1`,
		"allowed_peers":   `"allowed_peers":["x"]`,
		"tls.cert_file":   `"tls":{"key_file":"x"}`,
		"colour":          `"colour":1`,
	} {
		var e *hub.Error
		err := r.Apply(t.Context(), connectors.Spec{ID: id, Kind: "alarm-http", Config: json.RawMessage(`{"address":"127.0.0.1:0",` + settings + `}`)})
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	model := httptest.NewTLSServer(nil) // lends its certificate for 127.0.0.1
	model.Close()
	pair, dir := model.TLS.Certificates[0], t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := start(t, fmt.Sprintf(`,"tls":{"cert_file":%q,"key_file":%q}`, dir+"/cert", dir+"/key"))
	client := model.Client()
	defer client.CloseIdleConnections()
	res, err := client.Get("https://" + r.Addrs(id)[0].String() + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("over TLS: %d", res.StatusCode)
	}
	if conn, err := tls.Dial("tcp", r.Addrs(id)[0].String(), &tls.Config{RootCAs: x509.NewCertPool()}); err == nil {
		conn.Close()
		t.Error("a certificate of nobody known was trusted")
	}
	for deadline := time.Now().Add(time.Minute); r.Counters(id)["tls_failed"] == 0; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the failed handshake was not counted: %v", r.Counters(id))
		}
	}
}

// The published document and the code say the same.
func TestOpenAPIMatchesTheCode(t *testing.T) {
	t.Parallel()
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]any
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
				Required   []string
			}
		}
	}
	if err := json.Unmarshal(openapi, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("openapi.json: %v, version %q", err, doc.OpenAPI)
	}
	operations := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			operations[strings.ToUpper(method)+" "+path] = true
		}
	}
	routes := map[string]bool{}
	for _, r := range (&server{}).table() {
		routes[r.method+" "+r.path] = true
	}
	if d := cmp.Diff(routes, operations); d != "" {
		t.Errorf("routes: %s", d)
	}
	for name, value := range map[string]any{"Event": notice{}, "Accepted": accepted{}, "AcceptedBatch": acceptedBatch{}, "Status": status{},
		"Webhook": webhook{}, "WebhookAlert": amAlert{}, "Problem": problem{}, "FieldError": fieldError{}} {
		var fields, required []string
		for f := range reflect.TypeOf(value).Fields() {
			tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == "" {
				continue
			}
			fields = append(fields, tag)
			if options != "omitempty" {
				required = append(required, tag)
			}
		}
		schema := doc.Components.Schemas[name]
		if d := cmp.Diff(slices.Sorted(slices.Values(fields)), slices.Sorted(maps.Keys(schema.Properties))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff(required, schema.Required); d != "" && name != "WebhookAlert" {
			t.Errorf("%s required: %s", name, d)
		}
		if p, ok := schema.Properties["priority"]; ok && !slices.Equal(p.Enum, priorities()) {
			t.Errorf("%s: priorities %v", name, p.Enum)
		}
	}
	r := start(t, "")
	if code, h, out := r.ask("GET", "/openapi.json", "", ""); code != 200 || h.Get("Content-Type") != "application/json" || out["openapi"] != "3.1.0" {
		t.Errorf("served: %d %v", code, h)
	}
}

// FuzzNotice: whatever the bytes, no panic, and what is accepted is within its limits.
func FuzzNotice(f *testing.F) {
	f.Add([]byte(fall))
	f.Add([]byte(webhookBody(amBody("firing", ""))))
	f.Add([]byte(`{"action":"resolve","dedup_key":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n, wrong := parseNotice(body); len(wrong) == 0 {
			if s := n.signal("k"); s.Ref == "" || len(s.Ref) > 255 || len(s.Text) > 1000 || s.Priority > alerting.Emergency {
				t.Errorf("accepted %+v", s)
			}
		}
		if alerts, wrong := parseWebhook(body); len(wrong) == 0 {
			for _, a := range alerts {
				if s := a.signal("k"); s.Ref == "" || len(s.Text) > 1000 || bytes.Contains([]byte(s.Kind), []byte{0}) && a.Labels["kind"] == "" {
					t.Errorf("accepted %+v", s)
				}
			}
		}
	})
}
