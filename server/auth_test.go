package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

func TestWaysKnowTheHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for host, want := range map[string]bool{"example.com": true, "127.0.0.1:8080": false} {
		res := r.do("", "GET", "http://"+host+"/api/v1/auth/ways", "")
		if got := strings.Contains(res.Body.String(), `"passkey":true`); res.Code != 200 || got != want || !strings.Contains(res.Body.String(), `"label":"Haus"`) {
			t.Errorf("%s: %d %s", host, res.Code, res.Body)
		}
	}
}

func cookieOf(res *http.Response, name string) *http.Cookie {
	for _, c := range res.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func TestTripBindsTheBrowser(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	res := r.do("", "GET", "/api/v1/auth/oidc/"+thing+"/start?next=https://evil.example", "")
	c := cookieOf(res.Result(), consoleTrip)
	if res.Code != 302 || res.Header().Get("Location") != "https://op.example/authorize?state=s" || c == nil || c.Value != "trip-secret" ||
		!c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode {
		t.Fatalf("%d %v %+v", res.Code, res.Header(), c)
	}
	res = r.do("", "GET", "/api/v1/auth/oidc/callback?state=s&code=c&iss=https%3A%2F%2Fop.example&session_state=x&next=//evil.example", "", "Cookie", consoleTrip+"=trip-secret")
	if c := cookieOf(res.Result(), consoleCookie); res.Code != 302 || res.Header().Get("Location") != "/" || c == nil || c.Value != "new-session" || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("%d %v", res.Code, res.Header())
	}
	if c := cookieOf(res.Result(), consoleTrip); c == nil || c.MaxAge >= 0 {
		t.Errorf("the trip's cookie stays: %+v", c)
	}
	if want := (accounts.Returned{Secret: "trip-secret", State: "s", Code: "c", Issuer: "https://op.example"}); r.signIns.returned != want {
		t.Errorf("returned %+v", r.signIns.returned)
	}
}

// TestTripEndsTheOlderSession: the answer of a provider comes from another site, without the
// cookie of the session the browser had before. It ends when the trip begins.
func TestTripEndsTheOlderSession(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		who, query string
		fails      error
		ended      int
	}{
		"signed in":      {who: "admin", ended: 1},
		"nobody":         {},
		"step-up":        {who: "admin", query: "?step_up=true"},
		"other provider": {who: "admin", fails: hub.E("x", hub.NotFound, "", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, true)
			r.signIns.tripErr = x.fails
			r.do(x.who, "GET", "/api/v1/auth/oidc/"+thing+"/start"+x.query, "")
			if len(r.world.ended) != x.ended {
				t.Errorf("ended %v, want %d", r.world.ended, x.ended)
			}
		})
	}
}

func TestTripErrorsAreCodes(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		err  error
		want string
	}{
		"refusal": {hub.E("x", hub.Unauthenticated, "no_account", ""), "/login?error=no_account"},
		"fault":   {hub.E("x", hub.Internal, "secret", ""), "/login?error=internal"},
		"foreign": {http.ErrBodyNotAllowed, "/login?error=internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, false)
			r.signIns.tripErr = x.err
			for _, path := range []string{"/api/v1/auth/oidc/callback?state=s&code=c", "/api/v1/auth/oidc/" + thing + "/start"} {
				res := r.do("", "GET", path, "")
				if res.Code != 302 || res.Header().Get("Location") != x.want || cookieOf(res.Result(), chatCookie) != nil {
					t.Errorf("%s: %d %v", path, res.Code, res.Header())
				}
			}
		})
	}
}

func TestStepUpTripNeedsASession(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	path := "/api/v1/auth/oidc/" + thing + "/start?step_up=true"
	if res := r.do("", "GET", path, ""); res.Header().Get("Location") != "/login?error=expired" {
		t.Errorf("without: %v", res.Header())
	}
	if res := r.do("admin", "GET", path, ""); res.Code != 302 || r.signIns.started.ID == "" {
		t.Errorf("with: %d, of %+v", res.Code, r.signIns.started)
	}
	r.signIns.stepUp = true
	res := r.do("", "GET", "/api/v1/auth/oidc/callback?state=s&code=c", "")
	if res.Header().Get("Location") != "/?step_up=done" || cookieOf(res.Result(), consoleCookie) != nil {
		t.Errorf("%v", res.Header())
	}
}

func TestBackChannelAnswers(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		err    error
		status int
	}{
		"taken": {nil, 200}, "invalid": {hub.E("x", hub.Invalid, "token", ""), 400}, "later": {hub.E("x", hub.Unavailable, "", ""), 503},
	} {
		r := newRig(t, false)
		r.signIns.logout = x.err
		res := r.do("", "POST", "/api/v1/auth/oidc/backchannel", "logout_token=x", "Content-Type", "application/x-www-form-urlencoded")
		if res.Code != x.status || res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, res.Code, res.Header())
		}
	}
}

func TestJoinAlwaysAnswersTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	r.signIns.joined = make(chan string, 1)
	res := r.do("", "POST", "/api/v1/auth/join", `{"token":"t","who":"4711"}`)
	if res.Code != 202 || strings.Contains(res.Body.String(), "4711") {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if who := <-r.signIns.joined; who != "4711" {
		t.Errorf("asked for %q", who)
	}
}

func TestWaitingDeviceIsSaid(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	res := r.do("internal", "POST", "/api/v1/devices", `{"name":"waits"}`)
	if res.Code != 202 || !strings.Contains(res.Body.String(), `"state":"waiting"`) {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if res := r.do("internal", "POST", "/api/v1/devices", `{"name":"n"}`); res.Code != 201 || !strings.Contains(res.Body.String(), `"state":"ready"`) {
		t.Errorf("%d %s", res.Code, res.Body)
	}
}

func TestAdministratorsAreOutOfReach(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.signIns.reach = hub.E("x", hub.Forbidden, "role", "")
	for _, try := range [][2]string{{"POST", "/code"}, {"POST", "/lock"}, {"POST", "/unlock"}, {"DELETE", "/sessions"}, {"DELETE", "/devices/" + thing}, {"DELETE", "/totp"}} {
		if p := r.problem(r.do("people", try[0], "/api/v1/accounts/"+thing+try[1], "")); p.Status != 403 || p.Code != "role" {
			t.Errorf("%v: %+v", try, p)
		}
	}
	if p := r.problem(r.do("people", "POST", "/api/v1/persons/"+thing+"/erase", bodies["erase-person"])); p.Status != 403 || p.Code != "role" {
		t.Errorf("erase: %+v", p)
	}
	if p := r.problem(r.do("people", "PUT", "/api/v1/persons/"+thing+"/values", `{"values":{"login":"leitung"}}`)); p.Status != 403 || p.Code != "role" {
		t.Errorf("another login: %+v", p)
	}
	if res := r.do("people", "PUT", "/api/v1/persons/"+thing+"/values", `{"values":{"phone":"17"}}`); res.Code != 204 {
		t.Errorf("another telephone: %d %s", res.Code, res.Body)
	}
	if p := r.problem(r.do("people", "POST", "/api/v1/conflicts/"+thing, `{"as":"same","person_id":"`+thing+`"}`)); p.Status != 403 || p.Code != "role" {
		t.Errorf("the same as an administrator: %+v", p)
	}
}

func TestPolicyIsNotOverwritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	if got := r.do("policy", "GET", "/api/v1/access/policy", ""); got.Header().Get("ETag") != `"7"` {
		t.Errorf("%v", got.Header())
	}
	body := bodies["save-signin-policy"]
	if p := r.problem(r.do("policy", "PUT", "/api/v1/access/policy", body, "If-Match", `"6"`)); p.Status != 412 || p.Code != "stale" {
		t.Errorf("%+v", p)
	}
	if res := r.do("policy", "PUT", "/api/v1/access/policy", body, "If-Match", `"7"`); res.Code != 200 || res.Header().Get("ETag") != `"8"` {
		t.Errorf("%d %s", res.Code, res.Body)
	}
}
