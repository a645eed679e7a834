package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server"
)

// staffRegister is a source of staff, and a mail server, whose answers a test decides.
type staffRegister struct {
	mu     sync.Mutex
	people int
	err    error
	mails  []connectors.Mail
}

func (r *staffRegister) set(people int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people, r.err = people, err
}

func (r *staffRegister) sent() []connectors.Mail {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]connectors.Mail(nil), r.mails...)
}

func (r *staffRegister) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (r *staffRegister) Schedule() connectors.Schedule { return connectors.Schedule{FullAt: "02:30"} }
func (r *staffRegister) Mail(_ context.Context, m connectors.Mail) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails = append(r.mails, m)
	return nil
}
func (r *staffRegister) Pull(_ context.Context, _ connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.people {
		number := fmt.Sprint(1000 + i)
		err := take(connectors.Pulled{Record: number, Change: directory.Change{Op: directory.OpPut, Key: "key-" + number, Fields: map[directory.Field]directory.Value{
			directory.StaffNumber: {Text: number}, directory.FamilyName: {Text: "Nachname" + number}, directory.GivenName: {Text: "Vorname"},
		}}})
		if err != nil {
			return connectors.PassEnd{}, err
		}
	}
	return connectors.PassEnd{Full: true}, r.err
}

// house is a hub with that source, and its console as the administrator sees it.
type house struct {
	*App
	t      *testing.T
	source *staffRegister
	id     hub.ConnectorID
	cookie *http.Cookie
	admin  hub.UserID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{App: newTestApp(t, testConfig(t)), t: t, source: &staffRegister{}}
	var err error
	h.registry, err = connectors.NewRegistry(append(kinds(), connectors.Kind{
		Name: "register", Config: func() any { return &struct{}{} },
		New: func(any, connectors.Env) (connectors.Connector, error) { return h.source, nil },
	})...)
	h.must(err)
	h.supervisor = connectors.NewSupervisor(h.supervisorOptions())
	h.buildPasses()
	t.Cleanup(func() { h.supervisor.Close(context.Background()) })
	rec, err := h.db.SaveConnector(t.Context(), h.clinic.ID, connectors.Record{Kind: "register", Name: "Register", Enabled: true, Config: json.RawMessage(`{}`)}, "", "")
	h.must(err)
	h.id = rec.ID
	h.must(h.startConnectors(t.Context()))
	h.signIn()
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) signIn() {
	h.t.Helper()
	token, err := h.accounts.EnsureAdmin(h.t.Context(), h.clinic.ID)
	h.must(err)
	res := h.request("POST", "/auth/link", "application/json", []byte(`{"token":"`+token+`"}`))
	if res.Code != http.StatusOK {
		h.t.Fatalf("sign in: %d %s", res.Code, res.Body)
	}
	h.cookie = res.Result().Cookies()[0]
	h.admin = into[server.Me](h, res).UserID
}

// request asks the console's listener.
func (h *house) request(method, path, mediaType string, body []byte, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "/api/v1"+path, bytes.NewReader(body))
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	if h.cookie != nil {
		req.AddCookie(h.cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res := httptest.NewRecorder()
	h.listeners[1].server.Handler.ServeHTTP(res, req)
	return res
}

// into decodes an answer that must have succeeded.
func into[T any](h *house, res *httptest.ResponseRecorder) (out T) {
	h.t.Helper()
	if res.Code >= 300 {
		h.t.Fatalf("%d %s", res.Code, res.Body)
	}
	h.must(json.Unmarshal(res.Body.Bytes(), &out))
	return out
}

func (h *house) call(method, path, body string) *httptest.ResponseRecorder {
	return h.request(method, path, "application/json", []byte(body))
}

// newest waits for the newest run of the source to end.
func (h *house) newest() (r connectors.Run) {
	h.t.Helper()
	eventually(h.t, "the run has ended", func() bool {
		runs, _, err := h.db.Staff().ListRuns(h.t.Context(), h.clinic.ID, h.id, "", 1)
		h.must(err)
		if len(runs) == 0 {
			return false
		}
		r = runs[0]
		return r.State != connectors.RunRunning
	})
	return r
}

// TestPassesEndToEnd: by hand, by schedule after a missed night, held by the brake, failed.
func TestPassesEndToEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.source.set(100, nil)
	into[connectors.Run](h, h.call("POST", "/connectors/"+string(h.id)+"/runs", `{"mode":"full","dry":true}`))
	if r := h.newest(); r.State != connectors.RunDry || r.Counts.Create != 100 {
		t.Fatalf("dry run %+v", r)
	}
	into[connectors.Run](h, h.call("POST", "/connectors/"+string(h.id)+"/runs", `{"mode":"full"}`))
	if r := h.newest(); r.State != connectors.RunApplied || r.Counts.Create != 100 || r.Cause != "hand" {
		t.Fatalf("first run %+v", r)
	}
	// The hub was down for two nights, and half of the people are gone.
	h.source.set(50, nil)
	h.passes = connectors.NewPasses(connectors.PassOptions{Supervisor: h.supervisor, Runs: h.db.Staff(), Zone: h.zone,
		Now: func() time.Time { return time.Now().Add(49 * time.Hour) }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { h.passes.Run(ctx); close(done) }()
	eventually(t, "the missed pass was caught up", func() bool { return h.newest().Cause == "schedule" })
	cancel()
	<-done
	r := h.newest()
	if r.State != connectors.RunHeld || r.Plan == "" {
		t.Fatalf("half of the people: %+v", r)
	}
	h.tellsOnce()
	if got := h.call("GET", "/plans/"+string(r.Plan)+"/export", "").Body.String(); strings.Count(got, "\nlock;") != 50 {
		t.Errorf("export:\n%s", got)
	}
	h.fails()
}

// tellsOnce: the contacts are told of the held plan and of the source that is behind, once.
func (h *house) tellsOnce() {
	h.t.Helper()
	into[json.RawMessage](h, h.call("PUT", "/contacts", `{"mails":["it@klinik.example","leitung@klinik.example"]}`))
	for range 3 {
		h.must(h.tellIncidents(h.t.Context()))
	}
	mails := h.source.sent()
	if len(mails) != 4 {
		h.t.Fatalf("mails %+v", mails)
	}
	for _, m := range mails {
		if strings.Contains(m.Text, "Nachname") || !strings.HasPrefix(m.Subject, "Wardline: Register") {
			h.t.Errorf("mail %+v", m)
		}
	}
	todos := h.call("GET", "/overview", "").Body.String()
	for _, want := range []string{`"kind":"plan_held","count":1`, `"kind":"source_stale","count":1`} {
		if !strings.Contains(todos, want) {
			h.t.Errorf("first page lacks %s: %s", want, todos)
		}
	}
}

// fails: an error is not an absence, however much was read before it.
func (h *house) fails() {
	h.t.Helper()
	h.source.set(10, hub.E("register", hub.Unavailable, "tls", "the certificate has expired"))
	for range 3 {
		into[connectors.Run](h, h.call("POST", "/connectors/"+string(h.id)+"/runs", `{"mode":"full"}`))
		if r := h.newest(); r.State != connectors.RunFailed || r.Fault == nil || r.Fault.Name != "tls" || r.Read != 10 {
			h.t.Fatalf("failed run %+v %+v", r, r.Fault)
		}
	}
	if got := h.call("GET", "/overview", "").Body.String(); !strings.Contains(got, `"kind":"source_failing","count":1,"ref":"`+string(h.id)) {
		h.t.Errorf("three failures are not on the first page: %s", got)
	}
	all := into[directory.Page[directory.PersonRow]](h, h.call("GET", "/persons?limit=200", ""))
	for _, p := range all.Items {
		if !p.Active {
			h.t.Fatalf("somebody was locked by a failed pass: %+v", p)
		}
	}
}

// upload is a multipart form with one file.
func upload(t *testing.T, name, content string, fields ...string) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		w.WriteField(fields[i], fields[i+1])
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte(content))
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// TestImportEndToEnd: a faulty file is handed in, tried, taken, and its result fetched; the
// next file with this header needs no mapping.
func TestImportEndToEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const file = "Personalnummer;Nachname;Vorname;E-Mail\r\n7001;Ärmel;Eva;eva@klinik.example\r\n;Ohne;Nummer;\r\n7003;=1+1;Max;max@klinik.example\r\n"
	mediaType, body := upload(t, `C:\Eigene Dateien\personal.csv`, file)
	i := into[server.Import](h, h.request("POST", "/imports", mediaType, body))
	if i.Name != "personal.csv" || i.Rows != 3 || i.Remembered || len(i.Suggested) != 4 || len(i.Sample) != 3 {
		t.Fatalf("import %+v", i)
	}
	if res := h.call("GET", "/imports/"+i.ID+"/result", ""); res.Code != http.StatusNotFound {
		t.Errorf("a result before the run: %d", res.Code)
	}
	order, err := json.Marshal(server.ImportOrder{Mapping: i.Suggested, Mode: connectors.PassChanges, Key: i.Key})
	h.must(err)
	dry := into[connectors.Run](h, h.call("POST", "/imports/"+i.ID+"/dry", string(order)))
	if dry.State != connectors.RunDry || dry.Plan == "" || dry.Read != 3 || dry.Faults != 1 || len(dry.Records) == 0 {
		t.Fatalf("dry run %+v", dry)
	}
	run := into[connectors.Run](h, h.call("POST", "/imports/"+i.ID+"/apply", string(order)))
	if run.State != connectors.RunApplied || run.Counts.Create != 2 || run.Cause != "upload" || run.File != "personal.csv" || run.By != h.admin {
		t.Fatalf("run %+v", run)
	}
	res := h.call("GET", "/imports/"+i.ID+"/result", "")
	if got := res.Body.String(); res.Header().Get("Content-Disposition") != `attachment; filename=personal-ergebnis.csv` ||
		!strings.Contains(got, "missing_key") || !strings.Contains(got, "'=1+1") {
		t.Errorf("result %v\n%s", res.Header(), got)
	}
	again := into[server.Import](h, h.request("POST", "/imports", mediaType, body))
	if !again.Remembered || again.Connector != i.Connector {
		t.Errorf("the mapping was forgotten: %+v", again)
	}
	if run := into[connectors.Run](h, h.call("POST", "/imports/"+again.ID+"/apply", string(order))); run.Unchanged != 2 || run.Counts.Create != 0 {
		t.Errorf("the same file again: %+v", run)
	}
}

// TestImportRefuses: what cannot be a file of staff is named.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, tt := range map[string]struct {
		file, content string
		fields        []string
		status        int
		code          string
	}{
		"empty":         {"a.csv", "", nil, 422, "empty"},
		"no sheet":      {"a.csv", "a;b\r\n1;2\r\n", []string{"connector", string(h.id)}, 422, "no_sheet"},
		"unknown field": {"a.csv", "a;b\r\n1;2\r\n", []string{"other", "x"}, 422, "unknown_part"},
		"old format":    {"a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", nil, 422, "old_excel"},
		"PDF":           {"a.csv", "%PDF-1.7\r\n%\xe2\xe3\xcf\xd3\r\n", nil, 422, "pdf"},
		"calendar":      {"plan.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", nil, 422, "calendar"},
		"picture":       {"a.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", nil, 422, "no_table"},
		"too large":     {"a.csv", strings.Repeat("x", 21<<20), nil, 413, "too_large"},
	} {
		mediaType, body := upload(t, tt.file, tt.content, tt.fields...)
		res := h.request("POST", "/imports", mediaType, body)
		var p server.Problem
		if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil || res.Code != tt.status || p.Code != tt.code {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
	}
}

// TestFirstRun: what is true is seen, what is said is kept, and a test alarm reaches the one
// who asked for it and nobody else.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type wizard struct {
		Done  bool               `json:"done"`
		Steps []server.SetupStep `json:"steps"`
	}
	w := into[wizard](h, h.call("GET", "/setup", ""))
	if len(w.Steps) != 6 || w.Done || w.Steps[0].Met {
		t.Fatalf("at first %+v", w)
	}
	if res := h.call("PUT", "/setup/name", `{"name":"Klinikum Lindenau","timezone":"Mars/Olympus"}`); res.Code != http.StatusUnprocessableEntity {
		t.Errorf("a time zone of no place: %d", res.Code)
	}
	w = into[wizard](h, h.call("PUT", "/setup/name", `{"name":"Klinikum Lindenau","timezone":"Europe/Vienna"}`))
	if f := w.Steps[0]; !f.Met || f.State != server.SetupDone || f.Facts.ClinicName != "Klinikum Lindenau" || f.Facts.Timezone != "Europe/Vienna" {
		t.Errorf("renamed %+v", f)
	}
	if me := into[server.Me](h, h.call("GET", "/me", "")); me.Clinic.Name != "Klinikum Lindenau" {
		t.Errorf("the name stays %q", me.Clinic.Name)
	}
	into[wizard](h, h.call("PUT", "/setup/mail", `{"state":"skipped"}`))
	into[wizard](h, h.call("PUT", "/setup/mail", `{"state":"open"}`))
	w = into[wizard](h, h.call("PUT", "/setup/staff", `{"state":"skipped"}`))
	if w.Steps[3].State != server.SetupSkipped || w.Steps[4].State != server.SetupOpen {
		t.Errorf("steps %+v", w.Steps)
	}
	h.alarmsOneself()
	into[json.RawMessage](h, h.call("PUT", "/contacts", `{"mails":[]}`))
	if res := h.call("POST", "/setup/mail", `{"to":"it@klinik.example"}`); res.Code != http.StatusNoContent || len(h.source.sent()) != 1 {
		t.Errorf("test mail: %d %s", res.Code, res.Body)
	}
}

func (h *house) alarmsOneself() {
	h.t.Helper()
	raised := into[struct {
		Alert hub.AlertID `json:"alert_id"`
	}](h, h.call("POST", "/setup/alarm", ""))
	detail, err := h.db.Alert(h.t.Context(), h.clinic.ID, raised.Alert)
	h.must(err)
	if len(detail.Dispatches) != 1 || detail.Dispatches[0].User != h.admin {
		h.t.Fatalf("dispatches %+v", detail.Dispatches)
	}
	if _, err := h.db.Act(h.t.Context(), h.clinic.ID, alerting.Act{Alert: raised.Alert, User: h.admin, Kind: alerting.ActAccept}); err != nil {
		h.t.Fatal(err)
	}
	w := into[struct {
		Steps []server.SetupStep `json:"steps"`
	}](h, h.call("GET", "/setup", ""))
	if alarm := w.Steps[5]; !alarm.Met || alarm.State != server.SetupDone || alarm.Facts.Alert != raised.Alert {
		h.t.Errorf("an accepted test alarm is not seen: %+v", alarm)
	}
}

// A run that died with the hub before keeps nobody out, unless another node may be running it.
func TestAHubAloneEndsTheRunsOfTheOneBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, err := h.db.Staff().BeginRun(t.Context(), h.clinic.ID, h.id, connectors.RunStart{Mode: connectors.PassFull, Cause: "schedule"})
	h.must(err)
	h.must(h.endRuns(t.Context()))
	if got, err := h.db.Staff().ReadRun(t.Context(), h.clinic.ID, r.ID); err != nil || got.State != connectors.RunRunning {
		t.Fatalf("beside other nodes it is %s: %v", got.State, err)
	}
	h.nodes = nil
	h.must(h.endRuns(t.Context()))
	if got, err := h.db.Staff().ReadRun(t.Context(), h.clinic.ID, r.ID); err != nil || got.State != connectors.RunFailed {
		t.Fatalf("alone it is %s: %v", got.State, err)
	}
}
