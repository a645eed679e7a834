package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

const (
	home   = hub.ClinicID("11111111-1111-7111-8111-111111111111")
	away   = hub.ClinicID("22222222-2222-7222-8222-222222222222")
	thing  = "33333333-3333-7333-8333-333333333333" // the id of everything, at home
	device = hub.DeviceID("44444444-4444-7444-8444-444444444444")
	user   = hub.UserID("55555555-5555-7555-8555-555555555555")
)

// world stands in for all ports. Everything in it belongs to home; what is asked for
// another clinic is not found.
type world struct {
	*calls
	audited  []string
	record   connectors.Record
	saved    *connectors.Record
	signIn   error
	act      alerting.Result
	release  error
	validate error
	checks   []connectors.Check
	reload   error
	body     []byte
	console  bool // of the last look-up of a session
	page     directory.Page[directory.PersonRow]
	from     accounts.Place // of the last sign-in
	ended    []string       // sessions
}

func newWorld() *world {
	return &world{
		calls:  &calls{},
		record: connectors.Record{ID: thing, Kind: "sample", Name: "KIS", Revision: 7, Config: json.RawMessage(`{"address":"a:1"}`), Secrets: map[string]string{"key": "stored-secret"}},
		body:   []byte("MSH|^~\\&|KIS|H|WL|H|20260101||MFN^M02|1|P|2.5\rPID|||4711||Müller^Eva\r"),
	}
}

// calls counts what the server asks of its ports. The call with number failAt fails with err.
type calls struct {
	mu     sync.Mutex
	n      int
	failAt int
	err    error
	cursor string // of the last page that was asked for
	limit  int
}

// rearm begins to count anew.
func (c *calls) rearm(failAt int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n, c.failAt, c.err = 0, failAt, err
}

func (c *calls) call() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n == c.failAt {
		return c.err
	}
	return nil
}

func (c *calls) paged(cursor string, limit int) error {
	c.mu.Lock()
	c.cursor, c.limit = cursor, limit
	c.mu.Unlock()
	return c.call()
}

func (c *calls) at(clinic hub.ClinicID) error {
	if err := c.call(); err != nil {
		return err
	}
	return at(clinic)
}

func at(clinic hub.ClinicID) error {
	if clinic != home {
		return hub.E("fake", hub.NotFound, "", "")
	}
	return nil
}

// The tokens of the tests name who they belong to.
func (w *world) SessionByToken(_ context.Context, token string, console bool) (accounts.Session, error) {
	w.mu.Lock()
	w.console = console
	w.mu.Unlock()
	a := accounts.Account{ID: user, Login: "eva", Name: "Eva", Level: hub.LevelInternal, State: accounts.Active}
	s := accounts.Session{ID: "s", Clinic: home, Device: device, Console: console, Fresh: true}
	switch token {
	case "internal":
	case "admin":
		a.Level, a.Roles = hub.LevelAdmin, []accounts.AdminRole{accounts.RoleOwner}
	case "other":
		a.Level, a.Roles, s.Clinic, s.Device = hub.LevelAdmin, []accounts.AdminRole{accounts.RoleOwner}, away, ""
	case "people", "policy", "connectors", "auditor":
		a.Level, a.Roles = hub.LevelAdmin, []accounts.AdminRole{accounts.AdminRole(token)}
	case "stale":
		a.Level, a.Roles, s.Fresh = hub.LevelAdmin, []accounts.AdminRole{accounts.RoleOwner}, false
	case "unfinished":
		a.Level, a.Roles, s.Must = hub.LevelAdmin, []accounts.AdminRole{accounts.RoleOwner}, accounts.MustPasskey
	case "none": // an administrator whose roles were taken away while signed in
		a.Level = hub.LevelAdmin
	case "guest":
		a.Level = hub.LevelGuest
	case "listener":
		s.Console = !console
	case "locked":
		a.State = accounts.Locked
	default:
		return s, hub.E("fake", hub.Unauthenticated, "expired", "")
	}
	s.Account = a
	return s, nil
}

func (w *world) SignIn(_ context.Context, _ hub.ClinicID, _ accounts.Login, from accounts.Place) (accounts.Session, string, error) {
	s, _ := w.SessionByToken(context.Background(), "admin", false)
	w.mu.Lock()
	w.from = from
	w.mu.Unlock()
	if err := w.call(); err != nil {
		return s, "", err
	}
	return s, "secret", w.signIn
}
func (w *world) FollowLink(ctx context.Context, _ string, from accounts.Place) (accounts.Session, string, error) {
	return w.SignIn(ctx, home, accounts.Login{}, from)
}
func (w *world) SignOut(_ context.Context, s accounts.Session) error {
	w.mu.Lock()
	w.ended = append(w.ended, s.ID)
	w.mu.Unlock()
	return w.call()
}
func (w *world) SetPassword(context.Context, accounts.Session, string, string, accounts.Place) error {
	return w.call()
}
func (w *world) Activate(ctx context.Context, _ hub.ClinicID, _, _, _ string, from accounts.Place) (accounts.Session, string, error) {
	return w.SignIn(ctx, home, accounts.Login{}, from)
}
func (w *world) RegisterDevice(_ context.Context, _ accounts.Session, d accounts.Device, _ string, _ accounts.Place) (accounts.Device, bool, error) {
	return accounts.Device{ID: device}, d.Name == "waits", w.call()
}
func (w *world) AttachDevice(_ context.Context, s accounts.Session, id hub.DeviceID) (accounts.Device, error) {
	return accounts.Device{ID: id}, w.at(s.Clinic)
}
func (w *world) Devices(context.Context, accounts.Session) ([]accounts.Device, error) {
	return []accounts.Device{{ID: device, Name: "Handy", KEMPublic: []byte("a kem key")}}, w.call()
}
func (w *world) RevokeDevice(_ context.Context, s accounts.Session, _ hub.DeviceID) error {
	return w.at(s.Clinic)
}
func (w *world) IssueCode(_ context.Context, c hub.ClinicID, _ hub.UserID) (string, time.Time, error) {
	return "ABCD", time.Unix(0, 0), w.at(c)
}
func (w *world) Lock(_ context.Context, c hub.ClinicID, _ hub.UserID) error   { return w.at(c) }
func (w *world) Unlock(_ context.Context, c hub.ClinicID, _ hub.UserID) error { return w.at(c) }
func (w *world) Names(context.Context, hub.ClinicID, []hub.UserID) (map[hub.UserID]string, error) {
	return map[hub.UserID]string{user: "Eva"}, w.call()
}
func (w *world) Act(_ context.Context, c hub.ClinicID, _ alerting.Act) (alerting.Result, error) {
	return w.act, w.at(c)
}
func (w *world) Acts(context.Context, hub.ClinicID, []alerting.Act) ([]alerting.Result, error) {
	return nil, w.call()
}
func (w *world) Story(_ context.Context, c hub.ClinicID, _ hub.AlertID, _ hub.UserID) ([]alerting.Entry, error) {
	return []alerting.Entry{{No: 1, Kind: alerting.EntryAccepted, User: user}}, w.at(c)
}
func (w *world) Since(_ context.Context, c hub.ClinicID, d hub.DeviceID, r hub.RoomID, after int64, _ int) ([]messaging.Delivery, error) {
	return []messaging.Delivery{{Item: messaging.Item{Room: r, Seq: after + 1, Body: []byte{1}}}}, w.at(c)
}
func (w *world) SaveCursor(context.Context, hub.ClinicID, hub.DeviceID, messaging.Cursor) error {
	return w.call()
}
func (w *world) Publish([]*messaging.Put)                {}
func (w *world) Subscribe(func([]*messaging.Put)) func() { return func() {} }
func (w *world) rooms(_ context.Context, c hub.ClinicID, _ hub.UserID) ([]stream.Room, error) {
	return nil, w.call()
}

// duty is apart because some of its names are taken.
type duty struct{ *world }

func (d duty) Board(context.Context, hub.ClinicID, hub.UserID) (directory.Board, error) {
	return directory.Board{}, d.call()
}
func (d duty) Colleagues(_ context.Context, c hub.ClinicID, _ hub.UserID, _ hub.RoleID) ([]directory.UserRef, error) {
	return nil, d.at(c)
}
func (d duty) Take(_ context.Context, c hub.ClinicID, _ hub.UserID, _ hub.RoleID) error {
	return d.at(c)
}
func (d duty) Release(_ context.Context, c hub.ClinicID, _ hub.UserID, _ hub.RoleID, force bool) error {
	if !force && d.release != nil {
		return d.release
	}
	return d.at(c)
}
func (d duty) Offer(_ context.Context, c hub.ClinicID, _ hub.UserID, _ hub.RoleID, _ hub.UserID) (string, error) {
	return thing, d.at(c)
}
func (d duty) Accept(_ context.Context, c hub.ClinicID, _ hub.UserID, _ string) error { return d.at(c) }
func (d duty) Decline(_ context.Context, c hub.ClinicID, _ hub.UserID, _ string) error {
	return d.at(c)
}
func (d duty) Withdraw(_ context.Context, c hub.ClinicID, _ hub.UserID, _ string) error {
	return d.at(c)
}

func (w *world) Overview(context.Context, hub.ClinicID) (Summary, error) { return Summary{}, w.call() }
func (w *world) Connectors(_ context.Context, c hub.ClinicID) ([]connectors.Record, error) {
	if c != home {
		return nil, w.call()
	}
	return []connectors.Record{w.record}, w.call()
}
func (w *world) SaveConnector(_ context.Context, c hub.ClinicID, r connectors.Record, _ hub.UserID, _ string) (connectors.Record, error) {
	r.Revision++
	if r.ID == "" {
		r.ID = thing
	}
	w.saved = &r
	return r, w.call()
}
func (w *world) DeleteConnector(_ context.Context, c hub.ClinicID, _ hub.ConnectorID) error {
	return w.at(c)
}
func (w *world) Revisions(_ context.Context, c hub.ClinicID, _ hub.ConnectorID) ([]connectors.Revision, error) {
	return []connectors.Revision{
		{Revision: 7, Config: w.record.Config, Author: user},
		{Revision: 6, Config: json.RawMessage(`{"address":"b:2"}`)},
	}, w.at(c)
}
func (w *world) RevisionSecrets(_ context.Context, c hub.ClinicID, _ hub.ConnectorID, _ int) (map[string]string, error) {
	return map[string]string{"key": "older-secret"}, w.at(c)
}
func (w *world) Status(hub.ClinicID) map[hub.ConnectorID]Status {
	return map[hub.ConnectorID]Status{thing: {Health: connectors.Health{State: connectors.Up}}}
}
func (w *world) Validate(context.Context, hub.ClinicID, connectors.Record) error {
	if err := w.call(); err != nil {
		return err
	}
	return w.validate
}
func (w *world) Check(context.Context, hub.ClinicID, connectors.Record) ([]connectors.Check, error) {
	return w.checks, w.call()
}
func (w *world) Reload(context.Context, hub.ClinicID, hub.ConnectorID) error {
	if err := w.call(); err != nil {
		return err
	}
	return w.reload
}
func (w *world) Replay(_ context.Context, c hub.ClinicID, _ hub.MessageID) (connectors.MessageStatus, error) {
	return connectors.MessageApplied, w.at(c)
}
func (w *world) Tokens(_ context.Context, c hub.ClinicID, _ hub.ConnectorID) ([]connectors.Token, error) {
	return nil, w.at(c)
}
func (w *world) CreateToken(_ context.Context, c hub.ClinicID, _ hub.ConnectorID, _ connectors.Token, _ hub.UserID) (string, string, error) {
	return thing, "wardline_once", w.at(c)
}
func (w *world) RevokeToken(_ context.Context, c hub.ClinicID, _ hub.ConnectorID, _ string) error {
	return w.at(c)
}
func (w *world) Messages(_ context.Context, c hub.ClinicID, f connectors.MessageFilter) ([]connectors.Message, string, error) {
	return []connectors.Message{{ID: thing, Connector: hub.ConnectorID(device)}}, "", w.paged(f.Cursor, f.Limit)
}
func (w *world) Message(_ context.Context, c hub.ClinicID, id hub.MessageID) (connectors.Message, error) {
	return connectors.Message{ID: id, Connector: thing, Body: w.body}, w.at(c)
}
func (w *world) FaultCounts(context.Context, hub.ClinicID) ([]connectors.FaultCount, error) {
	return []connectors.FaultCount{{Name: "missing_key", Count: 2, Connector: thing}}, w.call()
}
func (w *world) Counters(context.Context, hub.ClinicID) (map[hub.ConnectorID]connectors.Counters, error) {
	return nil, w.call()
}
func (w *world) WriteAudit(_ context.Context, _ hub.ClinicID, l connectors.AuditLine) error {
	if err := w.call(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.audited = append(w.audited, l.Act)
	return nil
}
func (w *world) AuditLines(_ context.Context, _ hub.ClinicID, cursor string, limit int) ([]connectors.AuditLine, string, error) {
	return []connectors.AuditLine{{Act: "rules.save", Actor: user}, {Act: "hub.start"}}, "", w.paged(cursor, limit)
}
func (w *world) Persons(_ context.Context, _ hub.ClinicID, f directory.PersonFilter) (directory.Page[directory.PersonRow], error) {
	return w.page, w.paged(f.Cursor, f.Limit)
}
func (w *world) Person(_ context.Context, c hub.ClinicID, _ hub.PersonID) (directory.PersonDetail, error) {
	return directory.PersonDetail{PersonRow: directory.PersonRow{StaffNumber: "1042", Name: "Eva Müller", Account: &directory.AccountRow{ID: thing}}}, w.at(c)
}
func (w *world) Units(context.Context, hub.ClinicID) ([]directory.UnitRow, error) {
	return nil, w.call()
}
func (w *world) CreateRole(_ context.Context, c hub.ClinicID, _ hub.UnitID, _ string) (hub.RoleID, error) {
	return thing, w.at(c)
}
func (w *world) DeleteRole(_ context.Context, c hub.ClinicID, _ hub.RoleID) error { return w.at(c) }
func (w *world) Plans(_ context.Context, _ hub.ClinicID, _ directory.PlanState, cursor string, limit int) (directory.Page[directory.PlanRow], error) {
	return directory.Page[directory.PlanRow]{}, w.paged(cursor, limit)
}
func (w *world) Plan(_ context.Context, c hub.ClinicID, _ hub.PlanID) (directory.PlanDetail, error) {
	return directory.PlanDetail{}, w.at(c)
}
func (w *world) Approve(_ context.Context, c hub.ClinicID, _ hub.PlanID, _ hub.UserID, _ string) error {
	return w.at(c)
}
func (w *world) RejectPlan(_ context.Context, c hub.ClinicID, _ hub.PlanID, _ hub.UserID, _ string) error {
	return w.at(c)
}
func (w *world) Rules(context.Context, hub.ClinicID) ([]alerting.Rule, int, error) {
	return alerting.DefaultRules(), 3, w.call()
}
func (w *world) SaveRules(_ context.Context, c hub.ClinicID, _ []alerting.Rule, revision int, _ hub.UserID) (int, error) {
	if revision != 3 {
		return 0, hub.E("fake", hub.Conflict, "stale", "")
	}
	return 4, w.call()
}
func (w *world) TrySignal(context.Context, hub.ClinicID, alerting.Signal) (alerting.Trial, error) {
	return alerting.Trial{Route: alerting.Route{Rule: alerting.DefaultRules()[0], Position: 1}, Recipients: [][]alerting.Recipient{{{User: user, Name: "Eva", Devices: 2}}}}, w.call()
}

// board is apart because Alerts is the name of a port.
type board struct{ *world }

func (b board) Alerts(_ context.Context, _ hub.ClinicID, _ bool, cursor string, limit int) ([]alerting.Row, string, error) {
	return []alerting.Row{{Alert: alerting.Alert{ID: thing, AcceptedBy: []hub.UserID{user}}, Names: map[hub.UserID]string{user: "Eva"}}}, "", b.paged(cursor, limit)
}
func (b board) Alert(_ context.Context, c hub.ClinicID, _ hub.AlertID) (alerting.Detail, error) {
	return alerting.Detail{Row: alerting.Row{Names: map[hub.UserID]string{user: "Eva"}}, Dispatches: []alerting.Dispatch{{User: user}}, Answers: []alerting.Given{{Attempts: 2}}}, b.at(c)
}

type sampleConfig struct {
	Address string `json:"address" pattern:"^[^:]+:[0-9]+$"`
	Key     string `json:"key,omitempty" secret:"true"`
}

func sampleKind() connectors.Kind {
	return connectors.Kind{
		Name: "sample", Config: func() any { return &sampleConfig{Address: "localhost:1"} },
		New: func(any, connectors.Env) (connectors.Connector, error) { return nil, nil },
	}
}

// rig is one listener over a world.
type rig struct {
	*world
	t       *testing.T
	talk    *talkFake
	signIns *signInFake
	staff   *staffFake
	log     *slog.Logger
	handler http.Handler
	routes  []route
	cookie  string
	live    *stream.Live
	stream  *stream.Hub
	metrics *prometheus.Registry
	logs    *strings.Builder
}

func newRig(t *testing.T, consoleSide bool) *rig {
	t.Helper()
	w := newWorld()
	logs := &strings.Builder{}
	log := slog.New(slog.NewTextHandler(&lockedWriter{b: logs}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := &rig{world: w, t: t, talk: &talkFake{}, signIns: &signInFake{world: w}, staff: &staffFake{calls: w.calls}, log: log, cookie: chatCookie, live: stream.NewLive(), metrics: prometheus.NewRegistry(), logs: logs}
	t.Cleanup(r.live.Close)
	o := Options{Clinic: home, ClinicName: "Klinikum", Version: "test", Log: log, Metrics: r.metrics, Sessions: w, SignIn: r.signIns.port(), Files: fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>index")}, "sw.js": {Data: []byte("sw")}, "assets/app-1a2b.js": {Data: []byte("app")},
	}}
	if consoleSide {
		c, err := newConsole(ConsoleOptions{Options: o, Gatekeeper: w, Names: w, Overview: w, Kinds: []connectors.Kind{sampleKind()}, Configs: w,
			Running: w, Tokens: w, Messages: w, Audit: w, People: w, Units: w, Plans: w, Rules: w, Board: board{w}, Live: r.live, Health: w, Staff: r.staff.staff()})
		if err != nil {
			t.Fatal(err)
		}
		r.handler, r.routes, r.cookie = c.engine, c.routes, consoleCookie
		return r
	}
	r.stream = stream.New(stream.Options{Log: w, Acts: w, Fanout: w, Rooms: w.rooms, Logger: log})
	t.Cleanup(func() { r.stream.Close(context.Background()) })
	c, err := newChat(ChatOptions{Options: o, Devices: w, Alerts: w, Duty: duty{w}, Offers: duty{w}, Names: w, Rooms: w.rooms, Items: w, Stream: r.stream, Talk: r.talk.port(), Push: pushFake{r.talk}, Responders: w, HubKey: make([]byte, 32), HubID: make([]byte, 8)})
	if err != nil {
		t.Fatal(err)
	}
	r.handler, r.routes = c.engine, c.routes
	return r
}

type lockedWriter struct {
	mu sync.Mutex
	b  *strings.Builder
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// do sends a request as somebody; further headers come in pairs.
func (r *rig) do(who, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, path, in)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(body, "--b\r\n") {
			req.Header.Set("Content-Type", formType)
		}
	}
	if who != "" {
		req.AddCookie(&http.Cookie{Name: r.cookie, Value: who})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	out := httptest.NewRecorder()
	r.handler.ServeHTTP(out, req)
	return out
}

// problem decodes an answer that must be one.
func (r *rig) problem(res *httptest.ResponseRecorder) Problem {
	r.t.Helper()
	var p Problem
	if res.Header().Get("Content-Type") != problemType {
		r.t.Fatalf("%d with %s: %s", res.Code, res.Header().Get("Content-Type"), res.Body)
	}
	if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil {
		r.t.Fatal(err)
	}
	if p.RequestID == "" || p.RequestID != res.Header().Get("X-Request-Id") || p.Status != res.Code || p.Code == "" {
		r.t.Errorf("problem is not complete: %+v", p)
	}
	return p
}

// contextOf is the context of a handler that somebody has called.
func contextOf(t *testing.T, s accounts.Session) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), sessionKey{}, s)
}
