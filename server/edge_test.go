package server

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden compares with a checked-in file, which UPDATE=1 rewrites.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

func TestOpenAPIGolden(t *testing.T) {
	t.Parallel()
	for _, listener := range []string{"chat", "console"} {
		doc, err := OpenAPI(listener)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "../docs/api/"+listener+".yaml", string(doc))
	}
}

// bodies are requests good enough to reach the handler.
var bodies = withBodies(staffBodies, signInBodies(), map[string]string{
	"login": `{"login":"a","password":"b"}`, "follow-link": `{"token":"t"}`, "activate": `{"login":"a","code":"b","password":"c"}`,
	"set-password": `{"current":"a","password":"b"}`,
	"create-room":  roomJSON("group", 1, 9), "commit": commitJSON(9, 9), "rejoin": `{"package":"AAAA","cause":"state_lost"}`,
	"add-members": `{"users":["` + thing + `"]}`, "set-role": `{"role":"member"}`, "mute": `{"muted":true}`,
	"put-packages": `{"packages":["AAAA"]}`, "claim-packages": `{"users":["` + thing + `"]}`, "append-log": `{"body":"AAAA","sig":"` + b64(64) + `"}`,
	"put-mail": `{"to":"` + thing + `","body":"AAAA"}`, "put-faults": `{"items":[{"room":"` + thing + `","seq":1,"cause":"epoch"}]}`,
	"repair-faults": `{"items":[{"room":"` + thing + `","seq":1}]}`, "put-backup": `{"body":"AAAA"}`, "put-push": `{"endpoint":"e","p256dh":"p","auth":"a"}`,
	"add-device": `{"device_id":"` + thing + `"}`, "offer-duty": `{"to":"` + thing + `"}`,
	"create-connector": `{"kind":"sample","name":"n","enabled":true,"config":{}}`, "update-connector": `{"name":"n","enabled":true,"config":{}}`,
	"test-connector": `{"kind":"sample","id":"` + thing + `","config":{}}`, "revert-connector": `{"revision":6}`,
	"create-token": `{"name":"n","scopes":["trigger"]}`, "create-role": `{"name":"n"}`,
	"approve-plan": `{"type_to_confirm":"3"}`, "reject-plan": `{"comment":"no"}`, "try-signal": `{"signal":{"kind":"k","priority":1,"ward":"4B"}}`,
	"save-rules": `{"items":[{"id":"` + thing + `","name":"n","enabled":true,"catch_all":true,"match":{},"policy":{"steps":[{"targets":[{"kind":"duty"}],"seconds":30}],"need":1,"accept_seconds":0,"max_seconds":600}}]}`,
})

var pathParam = regexp.MustCompile(`\{(\w+)\}`)

// target fills in the parameters of a route.
func target(r route) string {
	if r.id == "shifts" {
		return apiRoot + r.path + "?from=2026-01-01T00:00:00Z&until=2026-01-08T00:00:00Z"
	}
	return apiRoot + pathParam.ReplaceAllStringFunc(r.path, func(p string) string {
		switch p {
		case "{act}", "{answer}":
			return "accept"
		case "{seq}", "{n}":
			return "1"
		case "{step}":
			return "mail"
		}
		return thing
	})
}

// TestAccessMatrix sends every route as everybody and compares with a checked-in table. A
// new route, or one that lets in somebody else than before, changes the table.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	for name, console := range map[string]bool{"chat": false, "console": true} {
		r := newRig(t, console)
		var table strings.Builder
		fmt.Fprintf(&table, "%-7s %-36s", "method", "path")
		for _, who := range everybody(console) {
			fmt.Fprintf(&table, " %10s", who)
		}
		table.WriteByte('\n')
		for _, rt := range r.routes {
			fmt.Fprintf(&table, "%-7s %-36s", rt.method, rt.path)
			for _, who := range everybody(console) {
				cookie := strings.TrimPrefix(who, "anonymous")
				res := r.do(cookie, rt.method, target(rt), bodies[rt.id], "If-Match", `"7"`)
				if rt.id == "save-rules" {
					res = r.do(cookie, rt.method, target(rt), bodies[rt.id], "If-Match", `"3"`)
				}
				fmt.Fprintf(&table, " %10d", res.Code)
				if rt.need == anybody {
					continue
				}
				shut := res.Code == http.StatusUnauthorized || res.Code == http.StatusForbidden
				if !expected(who, rt.need) && !shut {
					t.Errorf("%s %s lets %q in: %d", rt.method, rt.path, who, res.Code)
				}
			}
			table.WriteByte('\n')
		}
		golden(t, "testdata/access_"+name+".txt", table.String())
	}
}

func everybody(console bool) []string {
	all := []string{"anonymous", "internal", "guest", "admin", "other", "locked", "listener"}
	if console {
		all = append(all, "people", "policy", "connectors", "auditor", "none", "stale", "unfinished")
	}
	return all
}

// expected says who should be let in, told apart from how access does it.
func expected(who string, need access) bool {
	switch who {
	case "admin", "other":
		return true
	case "internal", "guest":
		return need&(admin|anyRole) == 0
	case "people":
		return need&anyRole == 0 || need&forPeople != 0
	case "policy":
		return need&anyRole == 0 || need&forPolicy != 0
	case "connectors":
		return need&anyRole == 0 || need&forConnectors != 0
	case "auditor":
		return need&anyRole == 0 || need&forAudit != 0
	case "none":
		return need&anyRole == 0
	case "stale":
		return need&fresh == 0
	case "unfinished":
		return need&unfinished != 0
	}
	return false
}

// TestCodesOfRefusals: clients decide by them what to ask for.
func TestCodesOfRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for _, try := range []struct{ who, method, path, code string }{
		{"internal", "GET", "/api/v1/overview", "not_admin"},
		{"auditor", "GET", "/api/v1/messages", "role"},
		{"people", "GET", "/api/v1/audit", "role"},
		{"stale", "POST", "/api/v1/accounts/" + thing + "/code", "step_up"},
		{"unfinished", "GET", "/api/v1/overview", "passkey_needed"},
	} {
		if p := r.problem(r.do(try.who, try.method, try.path, "")); p.Status != 403 || p.Code != try.code {
			t.Errorf("%s %s %s: %+v", try.who, try.method, try.path, p)
		}
	}
	if res := r.do("unfinished", "GET", "/api/v1/me", ""); res.Code != 200 || !strings.Contains(res.Body.String(), `"must":"passkey"`) {
		t.Errorf("who must still set up is not told: %d %s", res.Code, res.Body)
	}
}

// TestHeaders checks the security headers of every route, and of everything no route takes.
func TestHeaders(t *testing.T) {
	t.Parallel()
	watched := []string{"Content-Security-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
		"Permissions-Policy", "Referrer-Policy", "X-Content-Type-Options"}
	snapshot := ""
	for _, console := range []bool{false, true} {
		r := newRig(t, console)
		targets := [][2]string{{"GET", "/"}, {"GET", "/rooms/1"}, {"GET", "/sw.js"}, {"GET", "/assets/app-1a2b.js"}, {"GET", "/missing.js"}, {"GET", "/api/docs"},
			{"GET", "/api/v1/openapi.json"}, {"GET", "/api/v1/nothing"}, {"POST", "/api/v1/me"}, {"TRACE", "/"}, {"OPTIONS", "/api/v1/me"}, {"GET", "/api/v1/me/"}, {"PATCH", "/api/v1/rules"}}
		for _, rt := range r.routes {
			targets = append(targets, [2]string{rt.method, target(rt)})
		}
		for _, tg := range targets {
			for _, who := range []string{"", "admin"} {
				res := r.do(who, tg[0], tg[1], "")
				var got strings.Builder
				for _, h := range watched {
					fmt.Fprintf(&got, "%s: %s\n", h, res.Header().Get(h))
				}
				if snapshot == "" {
					snapshot = got.String()
				}
				if got.String() != snapshot {
					t.Errorf("%s %s as %q: %s", tg[0], tg[1], who, cmp.Diff(snapshot, got.String()))
				}
				if strings.HasPrefix(tg[1], "/api/v1/") && !strings.Contains(tg[1], "openapi") && res.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%s %s may be cached: %q", tg[0], tg[1], res.Header().Get("Cache-Control"))
				}
			}
		}
	}
	golden(t, "testdata/headers.txt", snapshot)
}

func TestMethodsAndPaths(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	tests := map[[2]string]int{
		{"TRACE", "/"}: 405, {"PATCH", "/api/v1/me"}: 405, {"POST", "/api/v1/me"}: 405, {"POST", "/"}: 404,
		{"GET", "/api/v1/nothing"}: 404, {"GET", "/api/v1/me/"}: 404, {"GET", "/api/"}: 404, {"GET", "/missing.js"}: 404,
		{"GET", "/../etc/passwd"}: 200, {"GET", "/duty"}: 200, {"HEAD", "/"}: 200,
	}
	for tg, want := range tests {
		if got := r.do("", tg[0], tg[1], ""); got.Code != want {
			t.Errorf("%s %s: %d, want %d", tg[0], tg[1], got.Code, want)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	tests := map[string]struct{ body, mediaType, cache string }{
		"/":                   {"<!doctype html>index", "text/html; charset=utf-8", "no-cache"},
		"/alerts/1":           {"<!doctype html>index", "text/html; charset=utf-8", "no-cache"},
		"/sw.js":              {"sw", "text/javascript; charset=utf-8", "no-cache"},
		"/assets/app-1a2b.js": {"app", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
	}
	for path, want := range tests {
		res := r.do("", "GET", path, "")
		if res.Body.String() != want.body || res.Header().Get("Content-Type") != want.mediaType || res.Header().Get("Cache-Control") != want.cache {
			t.Errorf("%s: %q %v", path, res.Body, res.Header())
		}
		if again := r.do("", "GET", path, "", "If-None-Match", res.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s again: %d %q", path, again.Code, again.Body)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		if p := r.problem(r.do("admin", "POST", "/api/v1/auth/logout", "", h...)); p.Status != 403 || p.Code != "cross_origin" {
			t.Errorf("%v: %+v", h, p)
		}
	}
	if res := r.do("admin", "POST", "/api/v1/auth/logout", "", "Sec-Fetch-Site", "same-origin"); res.Code != 204 {
		t.Errorf("same origin: %d", res.Code)
	}
}

func TestNothingIsEchoed(t *testing.T) {
	t.Parallel()
	const secret = "Patient-Meier-geb-1950"
	r := newRig(t, true)
	for _, try := range []struct{ method, path, body string }{
		{"POST", "/api/v1/auth/login", `{"login":{"x":"` + secret + `"},"password":1}`},
		{"POST", "/api/v1/auth/login", `{"login":"a","password":"` + secret},
		{"GET", "/api/v1/messages?status=" + secret, ""},
		{"GET", "/api/v1/messages?limit=" + secret, ""},
		{"GET", "/api/v1/messages?from=" + secret, ""},
		{"GET", "/api/v1/persons/" + secret, ""},
		{"POST", "/api/v1/connectors", `{"kind":"` + secret + `","name":"n","enabled":true,"config":{}}`},
		{"POST", "/api/v1/connectors", `{"kind":"sample","name":"n","enabled":true,"config":{"address":"` + secret + `"}}`},
	} {
		res := r.do("admin", try.method, try.path, try.body)
		if p := r.problem(res); p.Status/100 != 4 || strings.Contains(res.Body.String(), secret) {
			t.Errorf("%s %s: %d %s", try.method, try.path, res.Code, res.Body)
		}
	}
	if strings.Contains(r.logs.String(), secret) {
		t.Error("the log holds it")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	huge := `{"login":"` + strings.Repeat("x", maxBody) + `","password":"b"}`
	if p := r.problem(r.do("", "POST", "/api/v1/auth/login", huge)); p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("huge body: %+v", p)
	}
	if p := r.problem(r.do("admin", "GET", "/api/v1/messages?limit=201", "")); p.Status != 422 {
		t.Errorf("limit 201: %+v", p)
	}
	if p := r.problem(r.do("admin", "GET", "/api/v1/messages?unknown=1", "")); p.Status != 422 {
		t.Errorf("unknown parameter: %+v", p)
	}
	if p := r.problem(r.do("", "POST", "/api/v1/auth/login", `{"login":"a","password":"b","admin":true}`)); p.Status != 422 {
		t.Errorf("unknown property: %+v", p)
	}
}

func TestDocsHaveNoScript(t *testing.T) {
	t.Parallel()
	res := newRig(t, true).do("", "GET", "/api/docs", "")
	if body := res.Body.String(); res.Code != 200 || strings.Contains(body, "<script") || strings.Contains(body, "//") && strings.Contains(body, "http") && strings.Contains(body, "src=") || !strings.Contains(body, "/api/v1/rules") {
		t.Errorf("%d %s", res.Code, body)
	}
}

func TestRoutesAreDocumentedOnce(t *testing.T) {
	t.Parallel()
	for _, console := range []bool{false, true} {
		var ids []string
		for _, rt := range newRig(t, console).routes {
			ids = append(ids, rt.id)
		}
		slices.Sort(ids)
		if len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("an operation id is used twice: %v", ids)
		}
	}
}
