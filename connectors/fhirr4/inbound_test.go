package fhirr4

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

const id hub.ConnectorID = "fhir"

// ledger stands where the database is: what is in it is committed.
type ledger struct {
	connectors.Inbox
	mu      sync.Mutex
	away    bool
	raws    []connectors.Raw
	changes []directory.Change
}

func (l *ledger) PutChanges(_ context.Context, raw connectors.Raw, changes ...directory.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return hub.E("test", hub.Unavailable, "", "database away")
	}
	if slices.ContainsFunc(l.raws, func(r connectors.Raw) bool { return r.Key == raw.Key }) {
		return nil
	}
	l.raws, l.changes = append(l.raws, raw), append(l.changes, changes...)
	return nil
}

type rig struct {
	*connectors.Supervisor
	*ledger
	t *testing.T
}

func listen(t *testing.T, settings string) *rig {
	t.Helper()
	l := &ledger{}
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	grant := func(_ context.Context, token string) (connectors.Grant, error) {
		switch token {
		case "staff":
			return connectors.Grant{TokenID: "1", Scopes: []string{"staff"}}, nil
		case "alarms":
			return connectors.Grant{TokenID: "2", Scopes: []string{"trigger"}}, nil
		}
		return connectors.Grant{}, hub.E("test", hub.Unauthenticated, "", "")
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry,
		Env: func(connectors.Spec) connectors.Env { return connectors.Env{Inbox: l, Grant: grant} }})
	t.Cleanup(func() { s.Close(context.Background()) })
	config := `{"inbound":{"address":"127.0.0.1:0","max_bytes":1048576}` + settings + `}`
	if err := s.Apply(t.Context(), connectors.Spec{ID: id, Kind: "fhir-r4", Revision: 1, Config: json.RawMessage(config)}); err != nil {
		t.Fatal(err)
	}
	return &rig{s, l, t}
}

// ask sends one request and returns the status and the answer.
func (r *rig) ask(method, path, body string, header ...string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addrs(id)[0].String()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Authorization", "Bearer staff")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

func (r *rig) stated() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.changes {
		units := []string{}
		for _, u := range c.Units {
			units = append(units, u.Code)
		}
		out = append(out, strings.TrimSpace(string(c.Op)+" "+c.Key+" "+strings.Join(units, ",")))
	}
	return out
}

const (
	eva  = `{"resourceType":"Practitioner","id":"eva","name":[{"family":"Lindenau"}]}`
	bad  = `{"resourceType":"Practitioner","id":"bad","active":"Geheim"}`
	ward = `{"resourceType":"Location","id":"4b","name":"Station 4B","physicalType":{"coding":[{"code":"wa"}]}}`
	role = `{"resourceType":"PractitionerRole","practitioner":{"reference":"Practitioner/eva"},"location":[{"reference":"Location/4b"}]}`
)

func bundleOf(kind string, resources ...string) string {
	var entries []string
	for _, r := range resources {
		entries = append(entries, `{"resource":`+r+`,"request":{"method":"PUT","url":"x"}}`)
	}
	return fmt.Sprintf(`{"resourceType":"Bundle","type":%q,"entry":[%s]}`, kind, strings.Join(entries, ","))
}

func TestPostedBundles(t *testing.T) {
	t.Parallel()
	urn := `{"resourceType":"Bundle","type":"transaction","entry":[
		{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{"resourceType":"Practitioner","identifier":[{"system":"n","value":"4711"}],"name":[{"family":"Neu"}]},"request":{"method":"POST","url":"Practitioner"}},
		{"fullUrl":"urn:uuid:1c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{"resourceType":"PractitionerRole","practitioner":{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},"organization":{"reference":"Organization/CHI","display":"Chirurgie"}},"request":{"method":"POST","url":"PractitionerRole"}}]}`
	tests := []struct {
		name, settings, body string
		status               int
		stated               []string
		entries              string // statuses of the answer
		fault                string // kept with the input
	}{
		{"collection", "", bundleOf("collection", eva, ward, role), 200, []string{"units  4b", "put eva 4b"}, "200 200 200", ""},
		{"transaction with references inside", `,"key":{"system":"n"}`, urn, 200, []string{"units  CHI", "put 4711 CHI"}, "200 200", ""},
		{"one bad of a batch", "", bundleOf("batch", bad, eva), 200, []string{"put eva"}, "422 200", "bad_value"},
		{"one bad of a transaction", "", bundleOf("transaction", bad, eva), 422, nil, "", "bad_value"},
		{"a role of nobody", "", bundleOf("batch", role), 200, nil, "422", "missing_person"},
		{"a role that cannot be used", "", bundleOf("batch", eva, strings.Replace(role, `"location"`, `"period":{"start":"Geheim"},"location"`, 1)), 200, nil, "422 422", "bad_value"},
		{"a key nobody has", `,"key":{"system":"n"}`, bundleOf("batch", eva), 200, nil, "422", "missing_key"},
		{"other resources", "", bundleOf("batch", `{"resourceType":"Patient","id":"1"}`, eva), 200, []string{"put eva"}, "200 200", ""},
		{"deleted", "", `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Practitioner/eva"}}]}`, 200, []string{"deactivate eva"}, "200", ""},
		{"deleted, by an unknown key", `,"key":{"system":"n"}`, `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"DELETE","url":"Practitioner/eva"}}]}`, 200, nil, "422", "not_supported"},
		{"asked for", "", `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Practitioner/eva"}}]}`, 200, nil, "422", "not_supported"},
		{"nothing in it", "", bundleOf("batch"), 200, nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := listen(t, tt.settings)
			status, answer := r.ask("POST", "/fhir", tt.body)
			if status != tt.status || !slices.Equal(r.stated(), tt.stated) {
				t.Errorf("%d %s, stated %q", status, answer, r.stated())
			}
			var reply response
			if err := json.Unmarshal([]byte(answer), &reply); err != nil {
				t.Fatal(err)
			}
			var entries []string
			for _, e := range reply.Entry {
				entries = append(entries, e.Response.Status[:3])
			}
			if got := strings.Join(entries, " "); got != tt.entries || strings.Contains(answer, "Geheim") {
				t.Errorf("answered %s", answer)
			}
			last := r.raws[len(r.raws)-1]
			if got := last.Fault; (got == nil) != (tt.fault == "") || got != nil && got.Name != tt.fault || string(last.Body) != tt.body {
				t.Errorf("kept %+v", last.Fault)
			}
		})
	}
}

func TestSinglePeople(t *testing.T) {
	t.Parallel()
	r := listen(t, "")
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/fhir/Practitioner", eva, 200},
		{"PUT", "/fhir/Practitioner/eva", eva, 200},
		{"PUT", "/fhir/Practitioner/ada", eva, 400},
		{"POST", "/fhir/Practitioner", ward, 400},
		{"POST", "/fhir/Practitioner", bad, 400},
		{"POST", "/fhir/Practitioner", `{"resourceType":"Practitioner"}`, 422},
		{"GET", "/fhir/Practitioner", "", 405},
		{"DELETE", "/fhir/", "", 405},
		{"GET", "/", "", 404},
		{"GET", "/fhir/metadata", "", 200},
	} {
		if status, answer := r.ask(tt.method, tt.path, tt.body); status != tt.status || strings.Contains(answer, "Geheim") {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, status, answer)
		}
	}
	if got := r.stated(); !slices.Equal(got, []string{"put eva", "put eva"}) {
		t.Errorf("stated %q", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	r := listen(t, "")
	good := bundleOf("batch", eva)
	for _, tt := range []struct {
		name, body string
		header     []string
		status     int
		code       string
	}{
		{"no token", good, []string{"Authorization", ""}, 401, "login"},
		{"unknown token", good, []string{"Authorization", "Bearer x"}, 401, "login"},
		{"token for alarms", good, []string{"Authorization", "Bearer alarms"}, 403, "forbidden"},
		{"XML", "<Bundle/>", []string{"Content-Type", "application/fhir+xml"}, 415, "not-supported"},
		{"Latin-1 by name", good, []string{"Content-Type", "application/fhir+json; charset=iso-8859-1"}, 415, "not-supported"},
		{"Latin-1 in fact", "{\"resourceType\":\"Bundle\",\"type\":\"\xdf\"}", nil, 400, "structure"},
		{"10 MB", bundleOf("batch", strings.Replace(eva, "Lindenau", strings.Repeat("x", 10<<20), 1)), nil, 413, "too-long"},
		{"nested", `{"resourceType":"Bundle","a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}", nil, 400, "too-long"},
		{"cut", good[:40], nil, 400, "structure"},
		{"a document", bundleOf("document", eva), nil, 400, "not-supported"},
		{"no bundle", eva, nil, 400, "structure"},
	} {
		status, answer := r.ask("POST", "/fhir", tt.body, tt.header...)
		var o outcome
		if err := json.Unmarshal([]byte(answer), &o); err != nil || status != tt.status || o.Type != "OperationOutcome" || o.Issue[0].Code != tt.code {
			t.Errorf("%s: %d %s", tt.name, status, answer)
		}
	}
	if len(r.raws) != 0 {
		t.Errorf("%d inputs were kept", len(r.raws))
	}
}

// Nothing is said to be stored that is not, and what is sent again does no harm.
func TestCommitThenAnswer(t *testing.T) {
	t.Parallel()
	r := listen(t, "")
	r.away = true
	if status, answer := r.ask("POST", "/fhir", bundleOf("batch", eva)); status != 503 || !strings.Contains(answer, "transient") {
		t.Errorf("%d %s", status, answer)
	}
	if h := r.Health(id); h.State != connectors.Degraded {
		t.Errorf("health %+v", h)
	}
	r.mu.Lock()
	r.away = false
	r.mu.Unlock()
	for range 2 {
		if status, answer := r.ask("POST", "/fhir", bundleOf("batch", eva), "Idempotency-Key", "7"); status != 200 {
			t.Errorf("%d %s", status, answer)
		}
	}
	if len(r.raws) != 1 {
		t.Errorf("the same request twice is %d inputs", len(r.raws))
	}
	if h := r.Health(id); h.State != connectors.Up {
		t.Errorf("health %+v", h)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	r := listen(t, `,"key":{"system":"n"}`)
	r.ask("POST", "/fhir", bundleOf("batch", eva))
	kept := r.raws[0]
	mended := `{"inbound":{"address":"127.0.0.1:0"}}`
	if err := r.Apply(t.Context(), connectors.Spec{ID: id, Kind: "fhir-r4", Revision: 2, Config: json.RawMessage(mended)}); err != nil {
		t.Fatal(err)
	}
	kept.Key += "/again"
	if err := r.Replay(t.Context(), id, nil, kept); err != nil || !slices.Equal(r.stated(), []string{"put eva"}) {
		t.Errorf("%v, stated %q", err, r.stated())
	}
	kept.Body = []byte("x")
	if err := r.Replay(t.Context(), id, nil, kept); hub.KindOf(err) != hub.Invalid {
		t.Errorf("replay of nonsense: %v", err)
	}
}

// FuzzPosted: whatever is posted, there is an answer, and no statement without a key.
func FuzzPosted(f *testing.F) {
	for _, kind := range []string{"batch", "transaction", "collection", "document"} {
		f.Add([]byte(bundleOf(kind, eva, ward, role, bad)))
	}
	f.Add([]byte(eva))
	src, err := newSource(*configured(nil, func(c *Config) { c.Inbound.Address = "127.0.0.1:0" }), connectors.Env{Now: clock})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []string{typeBundle, typePost} {
			in := src.read(kind, "", body)
			if in.status == 0 && in.fault == nil {
				t.Error("neither an answer nor a fault")
			}
			for _, c := range in.changes {
				if (c.Key == "") != (c.Op == directory.OpUnits) || len(c.Key) > 255 || c.Op == directory.OpComplete {
					t.Errorf("change %+v", c)
				}
			}
		}
	})
}
