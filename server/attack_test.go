package server

import (
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// TestNoOtherPageWrites sends every write as a browser does for a page of somebody else.
func TestNoOtherPageWrites(t *testing.T) {
	t.Parallel()
	for _, consoleSide := range []bool{false, true} {
		r := newRig(t, consoleSide)
		for _, rt := range r.routes {
			if rt.method == http.MethodGet {
				continue
			}
			for _, h := range [][]string{
				{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
				{"Origin", "http://example.com.evil.example"}, {"Origin", "http://example.com:81"}, {"Sec-Fetch-Site", "cross-site", "Origin", "http://example.com"},
			} {
				r.rearm(0, nil)
				p := r.problem(r.do("admin", rt.method, target(rt), bodies[rt.id], append(h, "If-Match", `"7"`)...))
				if p.Status != 403 || p.Code != "cross_origin" || r.n > 0 {
					t.Errorf("%s from %v: %+v after %d calls", rt.id, h, p, r.n)
				}
			}
		}
	}
}

// TestOnlyJSONIsJSON: what a form of a page can send is never read as a request.
func TestOnlyJSONIsJSON(t *testing.T) {
	t.Parallel()
	for _, consoleSide := range []bool{false, true} {
		r := newRig(t, consoleSide)
		for _, rt := range r.routes {
			if !strings.HasPrefix(bodies[rt.id], "{") {
				continue
			}
			for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/xml"} {
				r.rearm(0, nil)
				p := r.problem(r.do("admin", rt.method, target(rt), bodies[rt.id], "Content-Type", kind, "If-Match", `"7"`))
				if p.Status != http.StatusUnsupportedMediaType || r.n > 0 {
					t.Errorf("%s as %s: %+v after %d calls", rt.id, kind, p, r.n)
				}
			}
		}
	}
}

// documented is what a listener says of its operations.
type documented struct {
	byID map[string]*huma.Operation
	reg  huma.Registry
}

func operations(t *testing.T, consoleSide bool) documented {
	t.Helper()
	var a *api
	if consoleSide {
		c, err := newConsole(ConsoleOptions{Options: Options{Log: slog.New(slog.DiscardHandler)}})
		if err != nil {
			t.Fatal(err)
		}
		a = c.api
	} else {
		c, err := newChat(ChatOptions{Options: Options{Log: slog.New(slog.DiscardHandler)}})
		if err != nil {
			t.Fatal(err)
		}
		a = c.api
	}
	out := documented{map[string]*huma.Operation{}, a.huma.OpenAPI().Components.Schemas}
	for _, item := range a.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op != nil {
				out.byID[op.OperationID] = op
			}
		}
	}
	return out
}

// TestRevisionsEverywhere: whatever has a revision is replaced only by who names the one there is.
func TestRevisionsEverywhere(t *testing.T) {
	t.Parallel()
	r, ops := newRig(t, true), operations(t, true)
	found := 0
	for _, rt := range r.routes {
		if !takes(ops.byID[rt.id], "header", "If-Match") {
			continue
		}
		found++
		audited := len(r.audited)
		if p := r.problem(r.do("admin", rt.method, target(rt), bodies[rt.id])); p.Status != 422 || len(p.Errors) != 1 || p.Errors[0].Location != "header.If-Match" {
			t.Errorf("%s without: %+v", rt.id, p)
		}
		for _, tag := range []string{`"1"`, `"8"`, `1`, `*`, `W/"7"`, `W/"3"`, `"-7"`, `"7", "8"`, `"07`, `""`, `"99999999999999999"`, `7.0`, "\"7\x7f\""} {
			if p := r.problem(r.do("admin", rt.method, target(rt), bodies[rt.id], "If-Match", tag)); p.Status != 412 || p.Code != "stale" {
				t.Errorf("%s with %s: %+v", rt.id, tag, p)
			}
		}
		if p := r.problem(r.do("admin", rt.method, target(rt), bodies[rt.id], "If-Match", `"`+strings.Repeat("7", 30)+`"`)); p.Status != 422 {
			t.Errorf("%s with a long tag: %+v", rt.id, p)
		}
		if r.saved != nil || len(r.audited) > audited {
			t.Errorf("%s was saved nevertheless: %+v %v", rt.id, r.saved, r.audited[audited:])
		}
	}
	if found < 4 {
		t.Errorf("only %d routes with a revision", found)
	}
}

func takes(op *huma.Operation, in, name string) bool {
	if op != nil {
		for _, p := range op.Parameters {
			if p.In == in && p.Name == name {
				return true
			}
		}
	}
	return false
}

// part is one part of a form.
func part(disposition, body string) string {
	return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + body + "\r\n"
}

// TestForms: what a browser, or somebody who is none, may hand in as a file.
func TestForms(t *testing.T) {
	t.Parallel()
	const end = "--b--\r\n"
	file := part(`name="file"; filename="a.csv"`, "a;b")
	many := strings.Repeat(part(`name="FIELD"`, ""), 50)
	for name, x := range map[string]struct {
		form   string
		status int
		code   string
		place  string
	}{
		"empty file":           {part(`name="file"; filename="a.csv"`, "") + end, 422, "empty", "body.file"},
		"no part at all":       {end, 422, "empty", "body.file"},
		"two files":            {file + file + end, 422, "unknown_part", "body"},
		"an empty one first":   {part(`name="file"; filename="a.csv"`, "") + file + end, 422, "unknown_part", "body"},
		"file of another name": {part(`name="datei"; filename="a.csv"`, "a;b") + end, 422, "unknown_part", "body"},
		"part without a name":  {"--b\r\nContent-Type: text/csv\r\n\r\na;b\r\n" + end, 422, "unknown_part", "body"},
		"file by another case": {part(`name="File"; filename="a.csv"`, "a;b") + end, 422, "unknown_part", "body"},
		"long text":            {file + part(`name="FIELD"`, strings.Repeat("x", maxFormValue+1)) + end, 413, "too_large", ""},
		"cut off":              {file, 400, "malformed", ""},
		"cut off in a header":  {file + "--b\r\nContent-Dispo", 400, "malformed", ""},
		"huge header of part":  {"--b\r\nX: " + strings.Repeat("x", maxForm/2) + "\r\n\r\n" + end, 400, "malformed", ""},
		"many fields, no file": {many + end, 422, "empty", "body.file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, true)
			for _, rt := range r.routes {
				if !strings.HasPrefix(bodies[rt.id], "--b\r\n") {
					continue
				}
				field := "source"
				if rt.id == "upload-import" {
					field = "connector"
				}
				p := r.problem(r.do("people", rt.method, target(rt), strings.ReplaceAll(x.form, "FIELD", field), "Content-Type", formType))
				if p.Status != x.status || p.Code != x.code || x.place != "" && (len(p.Errors) != 1 || p.Errors[0].Location != x.place) {
					t.Errorf("%s: %+v", rt.id, p)
				}
			}
			if r.n > 0 || r.staff.upload.Body != nil {
				t.Errorf("passed on: %d calls", r.n)
			}
		})
	}
}

// TestNamesOfFiles: a name is what is shown and kept, and never a way to anywhere.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`../../../etc/cron.d/wardline`: "wardline", `C:\\Users\\eva\\liste.csv`: "liste.csv", `..`: "", `.`: "", `a/..`: "",
		`x"; filename*="utf-8''liste%07%1b[31m%00.csv`: "liste[31m.csv", `li\"ste.csv`: `li"ste.csv`, `=cmd.csv`: "=cmd.csv", `a/`: "a",
	} {
		r := newRig(t, true)
		res := r.do("people", "POST", "/api/v1/imports", part(`name="file"; filename="`+given+`"`, "a;b")+"--b--\r\n")
		if got := r.staff.upload; res.Code != 201 || got.Name != want || string(got.Body) != "a;b" || got.By != user {
			t.Errorf("%q: %d %q of %s", given, res.Code, got.Name, got.By)
		}
	}
	r := newRig(t, true)
	if p := r.problem(r.do("people", "POST", "/api/v1/imports", part(`name="connector"`, "../x")+formBody)); p.Status != 422 || p.Code != "bad_id" || p.Errors[0].Location != "body.connector" {
		t.Errorf("connector: %+v", p)
	}
	if res := r.do("people", "POST", "/api/v1/rosters/dry", part(`name="source"`, "Pflege 4B")+formBody); res.Code != 200 || r.staff.source != "Pflege 4B" || !r.staff.dry {
		t.Errorf("source: %d %q", res.Code, r.staff.source)
	}
	if res := r.do("people", "POST", "/api/v1/rosters", formBody); res.Code != 200 || r.staff.source != "liste.csv" || r.staff.dry {
		t.Errorf("no source: %d %q", res.Code, r.staff.source)
	}
}

// TestFilesAreSaved: no file is ever shown in a browser, whatever it is called.
func TestFilesAreSaved(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for path, want := range map[string]string{
		"/persons/export": "personen.csv", "/plans/" + thing + "/export": "plan-" + thing + ".csv",
		"/imports/template": "vorlage.csv", "/imports/" + thing + "/result": `ergebnis "4B".csv`,
	} {
		res := r.do("people", "GET", "/api/v1"+path, "")
		kind, params, err := mime.ParseMediaType(res.Header().Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] != want || res.Header().Get("Content-Type") != csvType || res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v, %v", path, err, res.Header())
		}
	}
	for _, name := range []string{"a\r\nSet-Cookie: x=1.csv", `a"; filename=evil.html`, "Müller; Pläne.csv", "a\x00b.csv", "", `\\host\share`} {
		d := attach(File{Name: name, Type: csvType}).Disposition
		kind, params, err := mime.ParseMediaType(d)
		if err != nil || kind != "attachment" || params["filename"] != name || strings.ContainsAny(d, "\r\n\x00") {
			t.Errorf("%q: %q is read as %q, %v", name, d, params["filename"], err)
		}
	}
}

func TestLiveUpgrade(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	srv := httptest.NewServer(r.handler)
	defer srv.Close()
	for name, x := range map[string]struct {
		who, origin string
		status      int
	}{
		"good": {"auditor", srv.URL, 101}, "no browser": {"admin", "", 101}, "anonymous": {"", srv.URL, 401}, "no administrator": {"internal", srv.URL, 403},
		"guest": {"guest", srv.URL, 403}, "unfinished": {"unfinished", srv.URL, 403}, "other origin": {"admin", "https://evil.example", 403},
		"null": {"admin", "null", 403},
	} {
		h := http.Header{}
		if x.origin != "" {
			h.Set("Origin", x.origin)
		}
		if x.who != "" {
			h.Set("Cookie", consoleCookie+"="+x.who)
		}
		ws, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http")+"/api/v1/live", h)
		if res == nil {
			t.Fatalf("%s: %v", name, err)
		}
		if res.StatusCode != x.status {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, x.status)
		}
		if ws != nil {
			ws.Close()
		}
	}
}

func TestSameHost(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]bool{
		"": true, "https://hub.klinik.example": true, "https://HUB.klinik.example": true, "null": false, "https://%zz": false, "hub.klinik.example": false,
		"https://hub.klinik.example.evil.example": false, "https://evil-hub.klinik.example": false, "https://klinik.example": false,
		"https://hub.klinik.example:8443": false, "https://hub.klinik.example@evil.example": false, "https://evil.example/hub.klinik.example": false,
	} {
		r := httptest.NewRequest("GET", "https://hub.klinik.example/api/v1/live", nil)
		r.Header.Set("Origin", origin)
		if got := sameHost(r); got != want {
			t.Errorf("%q: %v", origin, got)
		}
	}
}

// TestASocketAsksAgain: a connection outlives neither its session nor a lock.
func TestASocketAsksAgain(t *testing.T) {
	t.Parallel()
	e := &edge{o: Options{Sessions: newWorld()}, console: true}
	for who, holds := range map[string]bool{"admin": true, "auditor": true, "locked": false, "listener": false, "gone": false, "": false} {
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set("Cookie", consoleCookie+"="+who)
		if err := e.check(req)(t.Context()); (err == nil) != holds {
			t.Errorf("%q: %v", who, err)
		}
	}
}

// TestServerIsBounded: a request that is all header is refused before it is anybody's.
func TestServerIsBounded(t *testing.T) {
	t.Parallel()
	s := HTTPServer(newRig(t, false).handler)
	if s.ReadHeaderTimeout == 0 || s.ReadTimeout == 0 || s.IdleTimeout == 0 || s.WriteTimeout != 0 {
		t.Errorf("times %v %v %v %v", s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout, s.WriteTimeout)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for size, want := range map[int]int{16 << 10: 200, 64 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		req, err := http.NewRequest("GET", "http://"+l.Addr().String()+"/api/v1/auth/ways", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Long", strings.Repeat("x", size))
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", size, res.StatusCode, want)
		}
	}
}

// TestJudge: the table of access.go, with what the demo changes.
func TestJudge(t *testing.T) {
	t.Parallel()
	people := accounts.Session{Fresh: true, Account: accounts.Account{Level: hub.LevelAdmin, Roles: []accounts.AdminRole{accounts.RolePeople}}}
	stale, setUp, demoted := people, people, people
	stale.Fresh, setUp.Must, demoted.Account.Level = false, accounts.MustPasskey, hub.LevelInternal
	for name, x := range map[string]struct {
		s    accounts.Session
		need access
		demo bool
		code string
	}{
		"own role":               {people, forPeople | fresh, false, ""},
		"one of two":             {people, forAudit | forPeople, false, ""},
		"another role":           {people, forPolicy, false, "role"},
		"another role, demo":     {people, forPolicy, true, "role"},
		"owner only":             {people, forOwner, false, "role"},
		"stale":                  {stale, forPeople | fresh, false, "step_up"},
		"stale, demo":            {stale, forPeople | fresh, true, ""},
		"stale and another role": {stale, forPolicy | fresh, false, "role"}, // a step-up would not help
		"must set up":            {setUp, forPeople, false, "passkey_needed"},
		"must set up, demo":      {setUp, forPeople, true, "passkey_needed"},
		"sets up":                {setUp, member | unfinished, false, ""},
		"role without the level": {demoted, forPeople, false, "not_admin"},
		"member":                 {demoted, member, false, ""},
	} {
		err := x.need.judge(x.s, x.demo)
		if x.code == "" && err != nil || x.code != "" && !strings.Contains(fmt.Sprint(err), "("+x.code+")") {
			t.Errorf("%s: %v, want %q", name, err, x.code)
		}
	}
}

// TestNothingRunsThatWasNotStarted: the console shows no green light by mistake.
func TestNothingRunsThatWasNotStarted(t *testing.T) {
	t.Parallel()
	r := connectors.Record{ID: thing}
	for name, x := range map[string]struct {
		status map[hub.ConnectorID]Status
		want   connectors.State
	}{
		"up":          {map[hub.ConnectorID]Status{thing: {Health: connectors.Health{State: connectors.Up}}}, connectors.Up},
		"unknown":     {nil, connectors.Stopped},
		"not yet":     {map[hub.ConnectorID]Status{thing: {}}, connectors.Stopped},
		"another one": {map[hub.ConnectorID]Status{"x": {Health: connectors.Health{State: connectors.Up}}}, connectors.Stopped},
	} {
		if got := health(r, x.status).State; got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}
