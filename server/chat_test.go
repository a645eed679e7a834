package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/stream"
)

func TestCookie(t *testing.T) {
	t.Parallel()
	for console, want := range map[bool]string{
		false: "__Host-wardline=secret; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict",
		true:  "__Host-wardline-console=secret; Path=/; HttpOnly; Secure; SameSite=Strict",
	} {
		r := newRig(t, console)
		res := r.do("", "POST", "/api/v1/auth/login", bodies["login"])
		if got := res.Header().Get("Set-Cookie"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		r.do("admin", "GET", "/api/v1/me", "")
		if r.world.console != console {
			t.Error("the session was looked up for the other listener")
		}
		if res := r.do("admin", "POST", "/api/v1/auth/logout", ""); !strings.Contains(res.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("logout keeps the cookie: %v", res.Header())
		}
	}
}

func TestCookieOfTheOtherListenerIsUnknown(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.cookie = chatCookie
	if p := r.problem(r.do("admin", "GET", "/api/v1/me", "")); p.Status != http.StatusUnauthorized {
		t.Errorf("got %+v", p)
	}
}

func TestErrorsToStatuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		path   string
		status int
		code   string
	}{
		"wrong":       {hub.E("x", hub.Unauthenticated, "wrong", ""), "login", 401, "wrong"},
		"slow down":   {hub.E("x", hub.TooMany, "slow_down", "%w", accounts.Wait(1_500_000_000)), "login", 429, "slow_down"},
		"not admin":   {hub.E("x", hub.Forbidden, "not_admin", ""), "login", 403, "not_admin"},
		"weak":        {&hub.Error{Kind: hub.Invalid, Code: "weak", Field: "password"}, "activate", 422, "weak"},
		"expired":     {hub.E("x", hub.Conflict, "expired", ""), "activate", 410, "expired"},
		"link":        {hub.E("x", hub.Unauthenticated, "expired", ""), "link", 401, "expired"},
		"unavailable": {hub.E("x", hub.Unavailable, "", ""), "login", 503, "unavailable"},
		"other":       {errors.New("select password from account failed"), "login", 500, "internal"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, false)
			r.signIn = tt.err
			body := map[string]string{"login": bodies["login"], "activate": bodies["activate"], "link": bodies["follow-link"]}[tt.path]
			res := r.do("", "POST", "/api/v1/auth/"+tt.path, body)
			p := r.problem(res)
			if p.Status != tt.status || p.Code != tt.code || strings.Contains(res.Body.String(), "select") {
				t.Errorf("got %s", res.Body)
			}
			if tt.status == 429 && res.Header().Get("Retry-After") != "2" {
				t.Errorf("Retry-After %q", res.Header().Get("Retry-After"))
			}
		})
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.act = alerting.Result{Err: hub.E("x", hub.Conflict, "taken", ""), TakenBy: []hub.UserID{user}}
	p := r.problem(r.do("internal", "POST", "/api/v1/alerts/"+thing+"/accept", "{}"))
	if p.Status != 409 || p.Code != "taken" || len(p.TakenBy) != 1 || p.TakenBy[0].Name != "Eva" {
		t.Errorf("got %+v", p)
	}
	r.act = alerting.Result{State: alerting.Accepted}
	if res := r.do("internal", "POST", "/api/v1/alerts/"+thing+"/accept", ""); strings.TrimSpace(res.Body.String()) != `{"alert_id":"`+thing+`","state":"accepted"}` {
		t.Errorf("got %s", res.Body)
	}
}

func TestLastOnDuty(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.release = hub.E("x", hub.Conflict, "last_on_duty", "")
	path := "/api/v1/duty/" + thing + "/release"
	if p := r.problem(r.do("internal", "POST", path, "")); p.Status != 409 || p.Code != "last_on_duty" {
		t.Errorf("got %+v", p)
	}
	if res := r.do("internal", "POST", path, `{"force":true}`); res.Code != 204 {
		t.Errorf("forced: %d %s", res.Code, res.Body)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for path, want := range map[string]string{
		"/api/v1/rooms": `{"items":[]}`,
		"/api/v1/duty":  `{"roles":[],"offers_to_me":[],"offers_by_me":[]}`,
	} {
		if got := strings.TrimSpace(r.do("internal", "GET", path, "").Body.String()); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestStreamUpgrade(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	srv := httptest.NewServer(r.handler)
	defer srv.Close()
	url := "ws" + strings.TrimPrefix(srv.URL, "http") + "/api/v1/stream"
	tests := map[string]struct {
		who, origin, protocol string
		status                int
	}{
		"good":           {"internal", srv.URL, stream.Protocol, 101},
		"anonymous":      {"", srv.URL, stream.Protocol, 401},
		"without device": {"other", srv.URL, stream.Protocol, 403},
		"other origin":   {"internal", "https://evil.example", stream.Protocol, 403},
		"no protocol":    {"internal", srv.URL, "", 400},
	}
	for name, tt := range tests {
		h := http.Header{"Origin": {tt.origin}}
		if tt.who != "" {
			h.Set("Cookie", chatCookie+"="+tt.who)
		}
		d := websocket.Dialer{}
		if tt.protocol != "" {
			d.Subprotocols = []string{tt.protocol}
		}
		ws, res, err := d.Dial(url, h)
		if res == nil {
			t.Fatalf("%s: %v", name, err)
		}
		if res.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, tt.status)
		}
		if ws != nil {
			ws.Close()
		}
	}
}

func TestManagement(t *testing.T) {
	t.Parallel()
	broken := errors.New("password=hunter2")
	checks := map[string]func(context.Context) error{"database": func(context.Context) error { return broken }, "keys": func(context.Context) error { return nil }}
	h := NewManagement(ManagementOptions{Metrics: prometheus.NewRegistry(), Checks: checks, Log: slog.New(slog.DiscardHandler)})
	get := func(path string) (int, string) {
		res := httptest.NewRecorder()
		h.ServeHTTP(res, httptest.NewRequest("GET", path, nil))
		return res.Code, strings.TrimSpace(res.Body.String())
	}
	if code, body := get("/readyz"); code != 503 || body != `{"checks":{"database":"failing","keys":"ok"}}` {
		t.Errorf("not ready: %d %s", code, body)
	}
	broken = nil
	if code, _ := get("/readyz"); code != 200 {
		t.Errorf("ready: %d", code)
	}
	for _, path := range []string{"/livez", "/metrics"} {
		if code, _ := get(path); code != 200 {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestPanicIsContained(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	c, err := newChat(ChatOptions{Options: Options{Log: slog.New(slog.DiscardHandler), Sessions: r.world}}) // no duty: a nil port
	if err != nil {
		t.Fatal(err)
	}
	r.handler = c.engine
	if p := r.problem(r.do("internal", "GET", "/api/v1/duty", "")); p.Status != 500 || p.Code != "internal" {
		t.Errorf("got %+v", p)
	}
}
