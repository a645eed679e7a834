package sheet

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id hub.ConnectorID = "sheet"

var now = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// hubStub stands where the engine and the database are.
type hubStub struct {
	connectors.Inbox
	mu     sync.Mutex
	err    error
	tries  int
	starts []connectors.RunStart
	inputs []connectors.RunInput
	raws   []connectors.Raw
	shifts []directory.Shift
	kept   map[string][]byte
}

func (h *hubStub) Hand(_ context.Context, s connectors.RunStart, in connectors.RunInput) (connectors.Run, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tries++
	if h.err != nil {
		return connectors.Run{}, h.err
	}
	h.starts, h.inputs = append(h.starts, s), append(h.inputs, in)
	run := connectors.Run{ID: "run", State: connectors.RunApplied, Read: len(in.Pulled), Counts: directory.Counts{Create: len(in.Pulled)}}
	if s.Dry {
		run.State = connectors.RunDry
	}
	for _, p := range in.Pulled {
		if p.Fault != nil {
			run.Faults++
			run.Records = append(run.Records, connectors.RunRecord{Record: p.Record, Key: p.Change.Key, Fault: p.Fault})
		}
	}
	return run, nil
}

func (h *hubStub) PutChanges(_ context.Context, raw connectors.Raw, _ ...directory.Change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.raws = append(h.raws, raw)
	return h.err
}

func (h *hubStub) PlanRoster(_ context.Context, _ hub.ClinicID, _ string, s []directory.Shift) (directory.RosterPlan, error) {
	return directory.RosterPlan{Adds: make([]directory.ShiftRow, len(s))}, nil
}

func (h *hubStub) ApplyRoster(_ context.Context, _ hub.ClinicID, _ string, s []directory.Shift, _ hub.UserID) (directory.RosterPlan, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shifts = s
	return directory.RosterPlan{Adds: make([]directory.ShiftRow, len(s))}, h.err
}

func (h *hubStub) Get(_ context.Context, key string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept[key], nil
}

func (h *hubStub) Put(_ context.Context, key string, value []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept[key] = value
	return nil
}

func (h *hubStub) runs() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.starts)
}

func grants(_ context.Context, token string) (connectors.Grant, error) {
	switch token {
	case "good":
		return connectors.Grant{TokenID: "t", Scopes: []string{"staff"}}, nil
	case "alarms":
		return connectors.Grant{TokenID: "t", Scopes: []string{"trigger"}}, nil
	case "db":
		return connectors.Grant{}, hub.E("test", hub.Unavailable, "", "away")
	}
	return connectors.Grant{}, hub.E("test", hub.Unauthenticated, "", "")
}

type rig struct {
	*hubStub
	*connectors.Supervisor
	t *testing.T
}

func (h *hubStub) env() connectors.Env {
	return connectors.Env{Inbox: h, Feed: h, Rosters: h, State: h, Grant: grants, Now: func() time.Time { return now },
		Log: slog.New(slog.DiscardHandler), Report: func(connectors.Health) {}, Count: func(string) {}}
}

func start(t *testing.T, settings string) *rig {
	t.Helper()
	h := &hubStub{kept: map[string][]byte{}}
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry, Now: func() time.Time { return now }, Env: func(connectors.Spec) connectors.Env { return h.env() }})
	t.Cleanup(func() { s.Close(context.Background()) })
	if err := s.Apply(t.Context(), connectors.Spec{ID: id, Kind: "sheet", Revision: 1, Config: json.RawMessage(`{"address":"127.0.0.1:0"` + settings + `}`)}); err != nil {
		t.Fatal(err)
	}
	return &rig{h, s, t}
}

func (r *rig) ask(method, path, token string, body io.Reader, headers ...string) (*http.Response, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addrs(id)[0].String()+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res, b
}

const people = "Personalnummer;Nachname\r\n1;Müller\r\n;Meier\r\n"

func TestPost(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	res, body := r.ask("POST", "/v1/staff?dry=true&name=../../personal.csv", "good", strings.NewReader(people))
	var got staffAnswer
	if err := json.Unmarshal(body, &got); err != nil || res.StatusCode != 200 || got.State != connectors.RunDry || got.Read != 2 || got.Faults != 1 || got.Records[0].Record != "row 3" {
		t.Fatalf("%d %s %v", res.StatusCode, body, err)
	}
	if s := r.starts[0]; !s.Dry || s.Cause != "api" || s.File != "personal.csv" || s.Mode != connectors.PassChanges {
		t.Errorf("%+v", s)
	}
	if raw := r.inputs[0].Raw; string(raw.Body) != people || raw.Peer != "127.0.0.1" || raw.Type != "sheet/staff" {
		t.Errorf("%+v", raw)
	}
	res, body = r.ask("GET", got.Result, "good", nil)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/csv" || !strings.Contains(string(body), "1;Müller;checked;\r\n") || !strings.Contains(string(body), "missing_key") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	res, body = r.ask("POST", "/v1/staff", "good", strings.NewReader(people), "Accept", "text/csv")
	if res.StatusCode != 200 || !strings.Contains(string(body), "1;Müller;ok;\r\n") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if len(r.kept) != 1 {
		t.Errorf("the mapping of an applied file is not kept: %v", r.kept)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	w.WriteField("other", "x")
	part, _ := w.CreateFormFile("file", `C:\Daten\März.csv`)
	part.Write([]byte(people))
	w.Close()
	if res, body = r.ask("POST", "/v1/staff", "good", &form, "Content-Type", w.FormDataContentType()); res.StatusCode != 200 || r.starts[2].File == "" || r.starts[2].Dry {
		t.Errorf("%d %s %+v", res.StatusCode, body, r.starts)
	}
}

func TestPostRefusals(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	tests := map[string]struct {
		method, path, token, body string
		status                    int
		code                      string
	}{
		"no token":       {"POST", "/v1/staff", "", people, 401, ""},
		"wrong token":    {"POST", "/v1/staff", "guess", people, 401, ""},
		"other scope":    {"POST", "/v1/staff", "alarms", people, 403, ""},
		"tokens away":    {"POST", "/v1/staff", "db", people, 503, ""},
		"wrong method":   {"GET", "/v1/staff", "good", "", 405, ""},
		"nothing there":  {"GET", "/v1/people", "good", "", 404, ""},
		"no result":      {"GET", "/v1/staff/runs/x/result", "good", "", 404, ""},
		"result, no key": {"GET", "/v1/staff/runs/x/result", "", "", 401, ""},
		"no key column":  {"POST", "/v1/staff", "good", "a;b\n1;2\n", 422, "no_key_column"},
		"wrong encoding": {"POST", "/v1/staff", "good", "nr;name\n1;M\x81ller\n", 422, "encoding"},
		"too large":      {"POST", "/v1/staff", "good", strings.Repeat("x", MaxBytes+1), 413, "too_large"},
		"far too large":  {"POST", "/v1/staff", "good", strings.Repeat("x", MaxBytes+1<<20), 413, "too_large"},
	}
	for name, c := range tests {
		res, body := r.ask(c.method, c.path, c.token, strings.NewReader(c.body))
		var p struct{ Code, Title string }
		if err := json.Unmarshal(body, &p); err != nil || res.StatusCode != c.status || p.Code != c.code || p.Title == "" || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
	for kind, status := range map[hub.Kind]int{hub.Unavailable: 503, hub.Conflict: 409} {
		r.mu.Lock()
		r.err = hub.E("test", kind, "running", "")
		r.mu.Unlock()
		if res, body := r.ask("POST", "/v1/staff", "good", strings.NewReader(people)); res.StatusCode != status || res.Header.Get("Retry-After") == "" {
			t.Errorf("%v: %d %s", kind, res.StatusCode, body)
		}
	}
	if r.runs() != 0 || r.Health(id).State != connectors.Degraded {
		t.Errorf("%d runs, %v", r.runs(), r.Health(id))
	}
	r.mu.Lock()
	r.err = nil
	r.mu.Unlock()
	if r.ask("POST", "/v1/staff", "good", strings.NewReader(people)); r.Health(id).State != connectors.Up {
		t.Errorf("not well again: %v", r.Health(id))
	}
}

func TestRosterByPost(t *testing.T) {
	t.Parallel()
	r := start(t, `,"content":"roster"`)
	res, body := r.ask("POST", "/v1/staff", "good", strings.NewReader("Station;Rolle;Personalnummer;Datum;von;bis\n4B;Pflege;1;05.10.2026;22:00;06:00\n4B;Pflege;1;05.10.2026;;\n"))
	if res.StatusCode != 200 || !strings.Contains(string(body), `"adds":1`) || !strings.Contains(string(body), `"code":"times"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if len(r.shifts) != 1 || r.shifts[0].Until.Sub(r.shifts[0].From) != 8*time.Hour || len(r.raws) != 1 {
		t.Errorf("%+v", r.shifts)
	}
	if res, body = r.ask("POST", "/v1/staff?dry=true", "good", strings.NewReader("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")); res.StatusCode != 200 || len(r.raws) != 1 {
		t.Errorf("a dry run has left something: %d %s", res.StatusCode, body)
	}
}

// folder runs a connector over a folder, looking every few milliseconds.
func folder(t *testing.T, h *hubStub, change func(*Config)) string {
	t.Helper()
	c := *Kind().Config().(*Config)
	c.Folder = t.TempDir()
	if change != nil {
		change(&c)
	}
	s, err := newSource(c, h.env())
	if err != nil {
		t.Fatal(err)
	}
	s.poll = 5 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c.Folder
}

// drop puts a file into a folder as a careful program does.
func drop(t *testing.T, folder, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "."+name), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(folder, "."+name), filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond) // the poll of a condition
	}
	t.Fatalf("never: %s", what)
}

// names lists a folder, without the stamps that files get.
func names(folder string) []string {
	entries, _ := os.ReadDir(folder)
	out := []string{}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, "2026") {
			name = name[len("20260102-150405.000-"):]
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestFolder(t *testing.T) {
	t.Parallel()
	h := &hubStub{kept: map[string][]byte{}}
	dir := folder(t, h, nil)
	drop(t, dir, "a.csv", []byte(people))
	drop(t, dir, "~$a.xlsx", []byte("lock"))
	drop(t, dir, "notes.docx", []byte("x"))
	eventually(t, "a.csv is done", func() bool {
		return slices.Equal(names(filepath.Join(dir, doneFolder)), []string{"a.csv", "a.csv.result.csv"})
	})
	drop(t, dir, "b.csv", []byte("nr;name\n1;M\x81ller\n"))
	eventually(t, "b.csv has failed", func() bool {
		return slices.Equal(names(filepath.Join(dir, failedFolder)), []string{"b.csv", "b.csv.error.txt"})
	})
	found, _ := filepath.Glob(filepath.Join(dir, failedFolder, "*.error.txt"))
	if text, err := os.ReadFile(found[0]); err != nil || !strings.HasPrefix(string(text), "encoding: ") {
		t.Errorf("%q %v", text, err)
	}
	if h.runs() != 1 || h.starts[0].Cause != "folder" || h.starts[0].File != "a.csv" {
		t.Errorf("%+v", h.starts)
	}
	if got := names(dir); !slices.Equal(got, []string{"done", "failed", "notes.docx", "~$a.xlsx"}) {
		t.Errorf("left: %v", got)
	}
}

func TestFolderWaitsForTheDatabaseAndTheEndOfWriting(t *testing.T) {
	t.Parallel()
	h := &hubStub{kept: map[string][]byte{}, err: hub.E("test", hub.Unavailable, "", "away")}
	dir := folder(t, h, nil)
	f, err := os.Create(filepath.Join(dir, "slow.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		f.WriteString("Personalnummer;Nachname\r\n")
	}
	f.Close()
	eventually(t, "the file was tried", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.tries > 1 })
	h.mu.Lock()
	h.err = nil
	h.mu.Unlock()
	eventually(t, "slow.csv is done", func() bool { return len(names(filepath.Join(dir, doneFolder))) == 2 })
	if h.runs() != 1 || len(h.inputs[0].Pulled) != 9 {
		t.Errorf("%+v", h.inputs)
	}
}

// TestOnlyWhatRestsIsTaken: a file that changes between two looks is still being written.
func TestOnlyWhatRestsIsTaken(t *testing.T) {
	t.Parallel()
	h := &hubStub{kept: map[string][]byte{}}
	c := *Kind().Config().(*Config)
	c.Folder = t.TempDir()
	s, err := newSource(c, h.env())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.Folder, "x.csv")
	grow := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	grow("Personalnummer\n1\n")
	seen := s.look(t.Context(), nil)
	grow("Personalnummer\n1\n2\n")
	if seen = s.look(t.Context(), seen); h.runs() != 0 {
		t.Fatal("taken while it grew")
	}
	if s.look(t.Context(), seen); h.runs() != 1 || len(h.inputs[0].Pulled) != 2 {
		t.Errorf("%+v", h.inputs)
	}
}

// TestAFileThatCannotBeMovedIsTakenOnce: otherwise it would have a run at every look.
func TestAFileThatCannotBeMovedIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := &hubStub{kept: map[string][]byte{}}
	c := *Kind().Config().(*Config)
	c.Folder = t.TempDir()
	for name, data := range map[string]string{"x.csv": people, doneFolder: "a file in the way of the folder"} {
		if err := os.WriteFile(filepath.Join(c.Folder, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := newSource(c, h.env())
	if err != nil {
		t.Fatal(err)
	}
	var seen map[string]glimpse
	for range 4 {
		seen = s.look(t.Context(), seen)
	}
	if h.runs() != 1 || s.healthy || !slices.Contains(names(c.Folder), "x.csv") {
		t.Errorf("%d runs, healthy %v, %v", h.runs(), s.healthy, names(c.Folder))
	}
}

func TestFolderLeavesLinksAlone(t *testing.T) {
	t.Parallel()
	h := &hubStub{kept: map[string][]byte{}}
	c := *Kind().Config().(*Config)
	c.Folder = t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(c.Folder, "x.csv")); err != nil {
		t.Fatal(err)
	}
	s, err := newSource(c, h.env())
	if err != nil {
		t.Fatal(err)
	}
	if s.look(t.Context(), s.look(t.Context(), nil)); h.runs() != 0 {
		t.Error("a link was followed")
	}
}

func TestDryFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data string
		dry  []bool
	}{
		"with a fault":    {people, []bool{true}},
		"without a fault": {"Personalnummer;Nachname\r\n1;Müller\r\n", []bool{true, false}},
	} {
		h := &hubStub{kept: map[string][]byte{}}
		s, err := newSource(Config{Content: People, Mode: Full, Key: "staff_number", PollSeconds: 1, DryFirst: true}, h.env())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.take(t.Context(), file{name: "x.csv", data: []byte(c.data)}); err != nil {
			t.Fatal(err)
		}
		var dry []bool
		for _, s := range h.starts {
			dry = append(dry, s.Dry)
			if s.Mode != connectors.PassFull {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if !slices.Equal(dry, c.dry) {
			t.Errorf("%s: %v", name, dry)
		}
	}
}

func TestRememberedMappingIsUsed(t *testing.T) {
	t.Parallel()
	h := &hubStub{kept: map[string][]byte{}}
	if err := Remember(t.Context(), h, []string{"Personalnummer", "Nachname"}, Mapping{{"Nachname", "key"}}); err != nil {
		t.Fatal(err)
	}
	s, err := newSource(Config{Content: People, Mode: Update, Key: Key, PollSeconds: 1}, h.env())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.take(t.Context(), file{name: "x.csv", data: []byte(people)}); err != nil || h.inputs[0].Pulled[0].Change.Key != "Müller" {
		t.Errorf("%+v %v", h.inputs, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c := *Kind().Config().(*Config)
	c.Folder = filepath.Join(t.TempDir(), "none")
	s, err := newSource(c, (&hubStub{}).env())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Check(t.Context()); len(got) != 1 || got[0].OK || strings.Contains(got[0].Detail, "none") {
		t.Errorf("%+v", got)
	}
	if err := os.Mkdir(c.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := s.Check(t.Context()); len(got) != 1 || !got[0].OK || len(names(c.Folder)) != 0 {
		t.Errorf("%+v %v", got, names(c.Folder))
	}
}
