package server

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestClumsyAdministrators: what is refused although its form is right, with code and place.
func TestClumsyAdministrators(t *testing.T) {
	t.Parallel()
	ids := strings.TrimSuffix(strings.Repeat(`"`+thing+`",`, 101), ",")
	var fields []string
	for i := range 33 {
		fields = append(fields, `"f`+strings.Repeat("x", i)+`":["`+thing+`"]`)
	}
	merge := func(precedence string) string {
		return `{"precedence":{` + precedence + `},"limit_percent":5,"limit_accounts":25}`
	}
	for name, x := range map[string]struct {
		method, path, body string
		status             int
		code, place        string
	}{
		"precedence of too many":    {"PUT", "/directory/rules", merge(`"mail":[` + ids + `]`), 422, "too_many", "body.precedence"},
		"too many fields":           {"PUT", "/directory/rules", merge(strings.Join(fields, ",")), 422, "too_many", "body.precedence"},
		"too many values":           {"PUT", "/persons/" + thing + "/values", `{"values":{` + strings.ReplaceAll(strings.Join(fields, ","), `["`+thing+`"]`, `"x"`) + `}}`, 422, "too_many", "body.values"},
		"a text that is too long":   {"PUT", "/persons/" + thing + "/values", `{"values":{"phone":"` + strings.Repeat("ä", 501) + `"}}`, 422, "length", "body.values"},
		"device of no id":           {"DELETE", "/accounts/" + thing + "/devices/all", "", 404, "not_found", ""},
		"passkey of no id":          {"DELETE", "/accounts/" + thing + "/passkeys/..", "", 404, "not_found", ""},
		"token for a long ward":     {"POST", "/connectors/" + thing + "/tokens", `{"name":"n","scopes":["trigger"],"wards":["4B","` + strings.Repeat("x", 65) + `"]}`, 422, "length", "body.wards"},
		"token for no ward":         {"POST", "/connectors/" + thing + "/tokens", `{"name":"n","scopes":["trigger"],"wards":[""]}`, 422, "length", "body.wards"},
		"connector of no kind":      {"POST", "/connectors", `{"kind":"","name":"n","enabled":true,"config":{}}`, 422, "unknown_kind", "body.kind"},
		"preview of no kind":        {"POST", "/connectors/preview", `{"kind":"gone","config":{}}`, 422, "unknown_kind", "body.kind"},
		"test of another connector": {"POST", "/connectors/test", `{"kind":"sample","id":"` + string(device) + `","config":{}}`, 404, "not_found", ""},
		"revision that never was":   {"POST", "/connectors/" + thing + "/revert", `{"revision":99}`, 404, "not_found", ""},
		"erase of no name":          {"POST", "/persons/" + thing + "/erase", `{"type_to_confirm":""}`, 422, "confirm", "body.type_to_confirm"},
		"erase by half a name":      {"POST", "/persons/" + thing + "/erase", `{"type_to_confirm":"Eva"}`, 422, "confirm", "body.type_to_confirm"},
		"erase in another case":     {"POST", "/persons/" + thing + "/erase", `{"type_to_confirm":"EVA MÜLLER"}`, 422, "confirm", "body.type_to_confirm"},
		"shifts backwards":          {"GET", "/shifts?from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "", 422, "window", ""},
		"shifts without an end":     {"GET", "/shifts?from=2026-02-01T00:00:00Z", "", 422, "invalid", "query.until"},
		"same as themselves twice":  {"POST", "/conflicts/" + thing, `{"as":"dismissed","person_id":"` + thing + `"}`, 422, "person", "body.person_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, true)
			p := r.problem(r.do("admin", x.method, "/api/v1"+x.path, x.body, "If-Match", `"7"`))
			if p.Status != x.status || p.Code != x.code || x.place != "" && (len(p.Errors) != 1 || p.Errors[0].Location != x.place) {
				t.Errorf("%+v", p)
			}
			if len(r.audited) > 0 {
				t.Errorf("kept as done: %v", r.audited)
			}
		})
	}
}

func TestTokenOfAWardWithUmlauts(t *testing.T) {
	t.Parallel()
	body := `{"name":"n","scopes":["trigger"],"wards":["` + strings.Repeat("ä", 64) + `"]}`
	if res := newRig(t, true).do("connectors", "POST", "/api/v1/connectors/"+thing+"/tokens", body); res.Code != http.StatusCreated {
		t.Errorf("%d %s", res.Code, res.Body)
	}
}

// TestWhoHasNoAccount: nobody's access is in the way of editing and erasing them.
func TestWhoHasNoAccount(t *testing.T) {
	t.Parallel()
	c := &console{}
	if err := c.reachAccount(t.Context(), directory.PersonDetail{}); err != nil {
		t.Errorf("reach: %v", err)
	}
}

// TestExportsHoldAccounts: the columns of an account are neutralised like those of a person.
func TestExportsHoldAccounts(t *testing.T) {
	t.Parallel()
	seen := time.Date(2026, 3, 1, 13, 5, 0, 0, time.FixedZone("", 3600))
	r := newRig(t, true)
	r.staff.people = []directory.PersonExport{
		{PersonRow: directory.PersonRow{ID: "1", Name: "Eva", Active: true, Units: []directory.UnitName{{Code: "4B"}, {Code: "=5A"}}, Account: &directory.AccountRow{Login: "@eva", State: "active", LastSeen: &seen}}},
		{PersonRow: directory.PersonRow{ID: "2", Name: "Max", Account: &directory.AccountRow{Login: "max", State: "invited"}}, Shown: map[directory.Field]string{directory.Mobile: "+49 170", directory.Title: "Dr."}},
		{PersonRow: directory.PersonRow{ID: "3", Name: "-"}},
	}
	lines := strings.Split(strings.TrimSpace(r.do("people", "GET", "/api/v1/persons/export", "").Body.String()), "\r\n")
	want := []string{
		"1;Eva;4B, =5A;true;'@eva;active;2026-03-01T12:05:00Z;;;;;;;;;;;;;;;", "2;Max;;false;max;invited;;;;;Dr.;;;;'+49 170;;;;;;;", "3;-;;false;;;;;;;;;;;;;;;;;;",
	}
	if d := cmp.Diff(want, lines[1:]); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

func TestBulkForms(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	res := r.do("people", "POST", "/api/v1/persons/bulk", `{"bulk":{"op":"add_unit","filter":{"unit":"4B","state":"active"},"unit":"5A"},"dry":true}`)
	want := directory.Bulk{Op: "add_unit", Unit: "5A", Filter: &directory.PersonFilter{Unit: "4B", State: "active"}}
	if d := cmp.Diff(want, r.staff.bulk); res.Code != 200 || !r.staff.dry || d != "" {
		t.Errorf("%d, dry %v (-want +got):\n%s", res.Code, r.staff.dry, d)
	}
	if len(r.audited) > 0 {
		t.Errorf("a dry bulk is kept as done: %v", r.audited)
	}
}

// TestSetupIsDone when no step is open, whatever is already true of it.
func TestSetupIsDone(t *testing.T) {
	t.Parallel()
	for want, states := range map[string][]SetupState{`"done":true`: {SetupDone, SetupSkipped}, `"done":false`: {SetupDone, SetupOpen, SetupSkipped}} {
		r := newRig(t, true)
		for _, s := range states {
			r.staff.steps = append(r.staff.steps, SetupStep{Name: SetupMail, State: s, Met: true})
		}
		for _, res := range []string{
			r.do("admin", "GET", "/api/v1/setup", "").Body.String(), r.do("admin", "PUT", "/api/v1/setup/mail", `{"state":"skipped"}`).Body.String(),
		} {
			if !strings.Contains(res, want) {
				t.Errorf("%v: %s", states, res)
			}
		}
		if r.staff.step != SetupMail || r.staff.state != SetupSkipped {
			t.Errorf("set %s %s", r.staff.step, r.staff.state)
		}
	}
}

// TestWhatCannotBeStarted is refused before it is saved, and only where it would be started.
func TestWhatCannotBeStarted(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		checks  []connectors.Check
		enabled string
		status  int
		saved   bool
	}{
		"switched on":       {[]connectors.Check{{Name: "dns", OK: true}, {Name: "tls", Detail: "expired"}}, "true", 422, false},
		"switched off":      {[]connectors.Check{{Name: "tls", Detail: "expired"}}, "false", 201, true},
		"checks that it is": {[]connectors.Check{{Name: "listen", OK: true}}, "true", 201, true},
	} {
		r := newRig(t, true)
		r.checks = x.checks
		res := r.do("connectors", "POST", "/api/v1/connectors", `{"kind":"sample","name":"n","enabled":`+x.enabled+`,"config":{}}`)
		if res.Code != x.status || (r.saved != nil) != x.saved {
			t.Errorf("%s: %d %s, saved %v", name, res.Code, res.Body, r.saved)
		}
	}
}

// TestStrangersSecretsStayTheirs: a form of another kind is not tried with stored secrets.
func TestStrangersSecretsStayTheirs(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	w := &testConnector{}
	w.Body.ID, w.Body.Kind, w.Body.Config = thing, "sample", map[string]any{}
	c, err := newConsole(ConsoleOptions{Options: Options{Log: slog.New(slog.DiscardHandler)}, Kinds: []connectors.Kind{sampleKind()}, Configs: r.world, Running: r.world})
	if err != nil {
		t.Fatal(err)
	}
	ctx := contextOf(t, accounts.Session{Clinic: home})
	if got, err := c.trial(ctx, w); err != nil || got.Secrets["key"] != "stored-secret" {
		t.Errorf("own: %v, %v", got.Secrets, err)
	}
	r.record.Kind = "another"
	if got, err := c.trial(ctx, w); err != nil || len(got.Secrets) > 0 {
		t.Errorf("of another kind: %v, %v", got.Secrets, err)
	}
}

// brokenFiles is a web app that cannot be read.
type brokenFiles struct{}

func (brokenFiles) Open(string) (fs.File, error) { return nil, errors.New("input/output error") }

func TestListenersStartOnlyWhole(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		files fs.FS
		ok    bool
	}{"no files": {nil, true}, "not built": {fstest.MapFS{"placeholder.html": {Data: []byte("not built")}}, true}, "broken": {brokenFiles{}, false}} {
		o := Options{Log: slog.New(slog.DiscardHandler), Files: x.files}
		if _, err := NewChat(ChatOptions{Options: o}); (err == nil) != x.ok {
			t.Errorf("chat, %s: %v", name, err)
		}
		if _, err := NewConsole(ConsoleOptions{Options: o}); (err == nil) != x.ok {
			t.Errorf("console, %s: %v", name, err)
		}
	}
	if _, err := OpenAPI("management"); hub.KindOf(err) != hub.Invalid {
		t.Errorf("a document of no listener: %v", err)
	}
}

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	h, err := NewChat(ChatOptions{Options: Options{Log: slog.New(slog.DiscardHandler), Named: func() string { return "now" }, Files: fstest.MapFS{
		"placeholder.html": {Data: []byte("not built")}, "model.bin": {Data: []byte("b")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, handler: h}
	if res := r.do("", "GET", "/rooms", ""); res.Code != 200 || res.Body.String() != "not built" {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if res := r.do("", "GET", "/model.bin", ""); res.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%v", res.Header())
	}
	bare, err := NewChat(ChatOptions{Options: Options{Log: slog.New(slog.DiscardHandler)}})
	if err != nil {
		t.Fatal(err)
	}
	r.handler = bare
	if p := r.problem(r.do("", "GET", "/", "")); p.Status != http.StatusNotFound {
		t.Errorf("without files: %+v", p)
	}
}
