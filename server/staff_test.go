package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestPathsAreRead: the framework overlooks parameters in embedded types that are not
// exported, and would hand every handler an empty id.
func TestPathsAreRead(t *testing.T) {
	t.Parallel()
	c, err := newConsole(ConsoleOptions{Options: Options{Log: slog.New(slog.DiscardHandler)}})
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range c.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			for _, m := range pathParam.FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == m[1] }) {
					t.Errorf("%s %s never reads %s", op.Method, path, m[0])
				}
			}
		}
	}
}

func TestExportsAreNeutralised(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for _, name := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "Müller; \"Eva\"", ""} {
		r.staff.people = append(r.staff.people, directory.PersonExport{PersonRow: directory.PersonRow{ID: thing, Name: name}, Shown: map[directory.Field]string{directory.Phone: "030"}})
	}
	res := r.do("people", "GET", "/api/v1/persons/export?unit=4B&sort=last_seen&dir=desc", "")
	if res.Header().Get("Content-Type") != csvType || res.Header().Get("Content-Disposition") != "attachment; filename=personen.csv" {
		t.Errorf("header %v", res.Header())
	}
	body, ok := strings.CutPrefix(res.Body.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark: umlauts come out wrong in a spreadsheet")
	}
	for _, want := range []string{";'=cmd|' /C calc'!A0;", ";'+1;", ";'-1;", ";'@SUM(A1);", "'\tx", `;"Müller; ""Eva""";`} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %q:\n%s", want, body)
		}
	}
	if want := (directory.PersonFilter{Unit: "4B", Sort: directory.SortLastSeen, Desc: true}); r.staff.filter != want {
		t.Errorf("filter %+v", r.staff.filter)
	}
}

func TestExportOfAPlanReadsAllPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.staff.actions = []directory.Action{
		{Op: directory.ActLock, Key: "=1", Fields: []directory.Diff{{Field: directory.FieldStatus, From: "working", To: "gone"}}},
		{Op: directory.ActUpdate, Key: "2", Units: directory.UnitDiff{Gain: []string{"4B"}, Lose: []string{"5A"}}},
		{Op: directory.ActLink, Key: "3"},
	}
	got := strings.Split(strings.TrimSpace(r.do("people", "GET", "/api/v1/plans/"+thing+"/export", "").Body.String()), "\r\n")
	want := []string{"lock;'=1;;;;status;working;gone;", "update;2;;;;unit;;4B;", "update;2;;;;unit;5A;;", "link;3;;;;;;;"}
	if d := cmp.Diff(want, got[1:]); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

func TestEnteringSomebodyKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	r.staff.alike = []directory.PersonRow{{ID: thing, Name: "Eva Müller"}}
	p := r.problem(r.do("people", "POST", "/api/v1/persons", `{"entry":{"values":{"family_name":"Müller"}}}`))
	if p.Status != http.StatusConflict || p.Code != "duplicates" || len(p.Persons) != 1 {
		t.Errorf("problem %+v", p)
	}
	res := r.do("people", "POST", "/api/v1/persons", `{"entry":{"values":{"family_name":"Müller","mobile":null},"units":[{"code":"4B","primary":true}]},"confirm":true}`)
	want := directory.Entry{
		Values: map[directory.Field]directory.Value{directory.FamilyName: {Text: "Müller"}, directory.Mobile: {Null: true}},
		Units:  []directory.UnitRef{{Code: "4B", Primary: true}},
	}
	if d := cmp.Diff(want, r.staff.entry); res.Code != http.StatusCreated || d != "" {
		t.Errorf("%d (-want +got):\n%s", res.Code, d)
	}
}

// TestRefusalsOfStaff: what a form may not say, each with its place or code.
func TestRefusalsOfStaff(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"field of no person":   {"POST", "/persons", `{"entry":{"values":{"salary":"1"}}}`, 422, "unknown_field"},
		"text too long":        {"POST", "/persons", `{"entry":{"values":{"family_name":"` + strings.Repeat("x", 1001) + `"}}}`, 422, "length"},
		"wrong confirmation":   {"POST", "/persons/" + thing + "/erase", `{"type_to_confirm":"1043"}`, 422, "confirm"},
		"empty confirmation":   {"POST", "/persons/" + thing + "/erase", `{"type_to_confirm":" "}`, 422, "confirm"},
		"bulk of nobody":       {"POST", "/persons/bulk", `{"bulk":{"op":"lock"},"dry":true}`, 422, "persons_or_filter"},
		"bulk of both":         {"POST", "/persons/bulk", `{"bulk":{"op":"lock","persons":["` + thing + `"],"filter":{}},"dry":true}`, 422, "persons_or_filter"},
		"same as nobody":       {"POST", "/conflicts/" + thing, `{"as":"same"}`, 422, "person"},
		"other as somebody":    {"POST", "/conflicts/" + thing, `{"as":"other","person_id":"` + thing + `"}`, 422, "person"},
		"source that is no id": {"POST", "/directory/rules/preview", `{"precedence":{"mail":["x"]},"limit_percent":5,"limit_accounts":25}`, 422, "bad_id"},
		"follows two":          {"PUT", "/followings", `{"following":{"unit_id":"` + thing + `","role_id":"` + thing + `"},"on":true}`, 422, "one_of"},
		"follows nothing":      {"PUT", "/followings", `{"following":{},"on":true}`, 422, "one_of"},
		"no form":              {"POST", "/imports", `{}`, 415, "unsupported_media_type"},
		"half a form":          {"POST", "/imports", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx", 400, "malformed"},
		"form without a file":  {"POST", "/imports", "--b\r\nContent-Disposition: form-data; name=\"connector\"\r\n\r\n\r\n--b--\r\n", 422, "empty"},
		"unknown part":         {"POST", "/imports", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--\r\n", 422, "unknown_part"},
		"too many days":        {"GET", "/shifts?from=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z", "", 422, "window"},
		"step of no wizard":    {"PUT", "/setup/lunch", `{"state":"done"}`, 422, "invalid"},
	} {
		p := r.problem(r.do("admin", tt.method, "/api/v1"+tt.path, tt.body))
		if p.Status != tt.status || p.Code != tt.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
	r.staff.passErr = hub.E("x", hub.Conflict, "running", "")
	if p := r.problem(r.do("connectors", "POST", "/api/v1/connectors/"+thing+"/runs", `{"mode":"full"}`)); p.Status != 409 || p.Code != "running" {
		t.Errorf("a second run: %+v", p)
	}
}

func TestUploadsAreLimited(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	head, tail := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n", "\r\n--b--\r\n"
	if res := r.do("people", "POST", "/api/v1/imports", head+strings.Repeat("x", maxUpload)+tail); res.Code != http.StatusCreated || len(r.staff.upload.Body) != maxUpload {
		t.Errorf("20 MiB: %d", res.Code)
	}
	for _, more := range []int{1, 1 << 20} {
		if p := r.problem(r.do("people", "POST", "/api/v1/imports", head+strings.Repeat("x", maxUpload+more)+tail)); p.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%d more: %+v", more, p)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`C:\fakepath\liste.csv`: "liste.csv", "../../etc/passwd": "passwd", "": "", "/": "", "a\r\nb.csv": "ab.csv",
		strings.Repeat("ä", 300) + ".csv": strings.Repeat("ä", 125) + ".csv",
	} {
		if got := fileName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAListSaysHowManyThereAre(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	total := func(path string) any {
		t.Helper()
		var got map[string]any
		if err := json.Unmarshal(r.do("people", "GET", path, "").Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		return got["total"]
	}
	r.page = directory.Page[directory.PersonRow]{Items: []directory.PersonRow{{ID: thing, FamilyName: "Müller", GivenName: "Eva"}}}
	if n := total("/api/v1/persons?q=x"); n != 1.0 {
		t.Errorf("all on one page: %v, want 1 without counting", n)
	}
	r.page.Next = "more"
	if n := total("/api/v1/persons?q=x&unit=4B"); n != 1234.0 {
		t.Errorf("first of many: %v", n)
	}
	if f := r.staff.filter; f.Query != "x" || f.Unit != "4B" {
		t.Errorf("counted %+v, not what the list holds", f)
	}
	if n := total("/api/v1/persons?cursor=more"); n != nil {
		t.Errorf("a further page counts again: %v", n)
	}
	r.page.Items, r.page.Next = nil, ""
	if n := total("/api/v1/persons"); n != 0.0 {
		t.Errorf("nobody: %v, want 0 and not nothing", n)
	}
}

func TestRulesNameTheHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	for _, who := range []string{"people", "policy", "auditor"} {
		if body := r.do(who, "GET", "/api/v1/directory/rules", "").Body.String(); !strings.Contains(body, `"hand":"`+thing+`"`) {
			t.Errorf("%s reads no hand: %s", who, body)
		}
	}
	order := `{"precedence":{"mail":["` + thing + `"]},"limit_percent":5,"limit_accounts":25}`
	res := r.do("policy", "PUT", "/api/v1/directory/rules", order, "If-Match", `"7"`)
	if res.Code != http.StatusOK || res.Header().Get("ETag") != `"8"` || !strings.Contains(res.Body.String(), `"hand":"`+thing+`"`) {
		t.Errorf("saved: %d %v %s", res.Code, res.Header(), res.Body)
	}
}
