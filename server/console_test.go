package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

func TestSecretsNeverComeBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for _, try := range [][3]string{
		{"GET", "/api/v1/connectors", ""}, {"GET", "/api/v1/connectors/" + thing, ""}, {"GET", "/api/v1/connectors/" + thing + "/revisions", ""},
		{"GET", "/api/v1/kinds", ""}, {"PUT", "/api/v1/connectors/" + thing, `{"name":"n","enabled":true,"config":{"key":"fresh-secret"}}`},
		{"POST", "/api/v1/connectors/" + thing + "/revert", `{"revision":6}`},
	} {
		res := r.do("admin", try[0], try[1], try[2], "If-Match", `"7"`)
		if res.Code != http.StatusOK || strings.Contains(res.Body.String(), "-secret") {
			t.Errorf("%s %s: %d %s", try[0], try[1], res.Code, res.Body)
		}
	}
	if got := r.do("admin", "GET", "/api/v1/connectors/"+thing, "").Body.String(); !strings.Contains(got, `"key":"set"`) {
		t.Errorf("the form cannot tell that the secret is set: %s", got)
	}
}

func TestUpdateConnector(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(w *world)
		ifMatch string
		config  string
		status  int
		code    string
		field   string
		saved   map[string]string // secrets
	}{
		"keeps the secret":  {ifMatch: `"7"`, config: `{"address":"b:2"}`, status: 200, saved: map[string]string{"key": "stored-secret"}},
		"null keeps it too": {ifMatch: `"7"`, config: `{"key":null}`, status: 200, saved: map[string]string{"key": "stored-secret"}},
		"clears it":         {ifMatch: `7`, config: `{"key":""}`, status: 200, saved: map[string]string{}},
		"stale":             {ifMatch: `"6"`, config: `{}`, status: 412, code: "stale"},
		"nonsense tag":      {ifMatch: `"x"`, config: `{}`, status: 412, code: "stale"},
		"no tag":            {config: `{}`, status: 422, code: "invalid", field: "header.If-Match"},
		"schema":            {ifMatch: `"7"`, config: `{"address":"?"}`, status: 422, code: "invalid", field: "body.config.address"},
		"unknown":           {ifMatch: `"7"`, config: `{"adress":"a:1"}`, status: 422, code: "invalid", field: "body.config.adress"},
		"objection": {
			prepare: func(w *world) { w.validate = &hub.Error{Kind: hub.Invalid, Field: "address"} },
			ifMatch: `"7"`, config: `{}`, status: 422, code: "invalid", field: "body.config.address",
		},
		"port taken": {
			prepare: func(w *world) { w.checks = []connectors.Check{{Name: "listen", Detail: "in use"}} },
			ifMatch: `"7"`, config: `{}`, status: 422, code: "not_startable", field: "body.config",
		},
		"peer away is no objection": {
			prepare: func(w *world) { w.checks = []connectors.Check{{Name: "tcp", Detail: "refused"}} },
			ifMatch: `"7"`, config: `{}`, status: 200, saved: map[string]string{"key": "stored-secret"},
		},
		"not started": {
			prepare: func(w *world) { w.reload = hub.E("x", hub.Unavailable, "", "") },
			ifMatch: `"7"`, config: `{}`, status: 409, code: "not_started", saved: map[string]string{"key": "stored-secret"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, true)
			if tt.prepare != nil {
				tt.prepare(r.world)
			}
			var headers []string
			if tt.ifMatch != "" {
				headers = []string{"If-Match", tt.ifMatch}
			}
			res := r.do("admin", "PUT", "/api/v1/connectors/"+thing, `{"name":"n","enabled":true,"config":`+tt.config+`}`, headers...)
			if res.Code != tt.status {
				t.Fatalf("%d %s", res.Code, res.Body)
			}
			if tt.code != "" {
				p := r.problem(res)
				if p.Code != tt.code || tt.field != "" && (len(p.Errors) == 0 || p.Errors[0].Location != tt.field) {
					t.Errorf("got %+v", p)
				}
			} else if res.Header().Get("ETag") != `"8"` {
				t.Errorf("ETag %q", res.Header().Get("ETag"))
			}
			if (tt.saved == nil) != (r.saved == nil) {
				t.Fatalf("saved %+v", r.saved)
			}
			if r.saved != nil && !cmp.Equal(tt.saved, r.saved.Secrets) {
				t.Errorf("secrets %v", r.saved.Secrets)
			}
		})
	}
}

func TestRevertTakesTheOlderSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.do("admin", "POST", "/api/v1/connectors/"+thing+"/revert", `{"revision":6}`)
	if r.saved == nil || r.saved.Revision != 8 || r.saved.Secrets["key"] != "older-secret" || string(r.saved.Config) != `{"address":"b:2"}` {
		t.Errorf("saved %+v", r.saved)
	}
	if p := r.problem(r.do("admin", "POST", "/api/v1/connectors/"+thing+"/revert", `{"revision":5}`)); p.Status != 404 {
		t.Errorf("a revision that never was: %+v", p)
	}
}

func TestRevisionsShowDifferences(t *testing.T) {
	t.Parallel()
	res := newRig(t, true).do("admin", "GET", "/api/v1/connectors/"+thing+"/revisions", "")
	var out list[revisionView]
	if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	d := out.Items[0].Diff
	if len(d) != 1 || d[0].Path != "address" || string(d[0].From) != `"b:2"` || string(d[0].To) != `"a:1"` || out.Items[0].Author.Name != "Eva" {
		t.Errorf("got %s", res.Body)
	}
}

func TestDeleteOnlyDisabled(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.record.Enabled = true
	if p := r.problem(r.do("admin", "DELETE", "/api/v1/connectors/"+thing, "")); p.Status != 409 || p.Code != "enabled" {
		t.Errorf("got %+v", p)
	}
}

func TestMessageView(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.record.Kind = "hl7v2-mllp"
	res := r.do("admin", "GET", "/api/v1/messages/"+thing, "")
	var out messageDetail
	if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	pid := out.Segments[1]
	want := []fieldView{{No: 3, Value: "4711"}, {No: 5, Value: "Müller^Eva", Comps: []string{"Müller", "Eva"}}}
	if d := cmp.Diff(want, pid.Fields); pid.Name != "PID" || d != "" {
		t.Errorf("segments (-want +got):\n%s", d)
	}
	if out.Raw != string(r.body) || !slices.Contains(r.audited, "message.view") {
		t.Errorf("raw %q, audited %v", out.Raw, r.audited)
	}
}

func TestTextOfAnyBytes(t *testing.T) {
	t.Parallel()
	if got := text([]byte{'M', 0xfc, 'l'}); got != "Mül" {
		t.Errorf("got %q", got)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	if p := r.problem(r.do("admin", "PUT", "/api/v1/rules", bodies["save-rules"], "If-Match", `"2"`)); p.Status != 412 {
		t.Errorf("stale: %+v", p)
	}
	narrow := strings.Replace(bodies["save-rules"], `"catch_all":true`, `"catch_all":false`, 1)
	if p := r.problem(r.do("admin", "PUT", "/api/v1/rules", narrow, "If-Match", `"3"`)); p.Status != 422 || p.Errors[0].Location != "body.items[0]" {
		t.Errorf("no catch-all: %+v", p)
	}
	res := r.do("admin", "POST", "/api/v1/rules/try", bodies["try-signal"])
	if !strings.Contains(res.Body.String(), `"recipients":[{"user_id":"`+string(user)+`","name":"Eva","devices":2}]`) || !strings.Contains(res.Body.String(), `"passed_over":[]`) {
		t.Errorf("try: %s", res.Body)
	}
}

func TestEveryChangeIsAudited(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	quiet := []string{"login", "follow-link", "logout", "set-password", "test-connector", "try-signal", "preview-merge-rules", "preview-group", "dry-roster",
		"ask-passkey", "passkey-login", "begin-passkey", "step-up", "ask-step-up", "step-up-passkey", "begin-totp", "oidc-logout", "test-provider"}
	for _, rt := range r.routes {
		if rt.method == "GET" || slices.Contains(quiet, rt.id) {
			continue
		}
		before := len(r.audited)
		tag := `"7"`
		if rt.id == "save-rules" {
			tag = `"3"`
		}
		if res := r.do("admin", rt.method, target(rt), bodies[rt.id], "If-Match", tag); res.Code >= 300 || len(r.audited) == before {
			t.Errorf("%s: %d, audited %v", rt.id, res.Code, r.audited[before:])
		}
	}
}
