package espax

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder stands where the database is: it notes what it is given and can be told to be
// away.
type recorder struct {
	mu      sync.Mutex
	away    bool
	signals []alerting.Signal
	raws    []connectors.Raw
	alerts  map[string]alerting.Alert
	kv      map[string][]byte
}

var errAway = hub.E("test", hub.Unavailable, "", "database away")

func (r *recorder) PutSignal(_ context.Context, raw connectors.Raw, s alerting.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return errAway
	}
	r.signals, r.raws = append(r.signals, s), append(r.raws, raw)
	a := alerting.Alert{Ref: s.Ref, State: alerting.Notifying, Priority: s.Priority, Kind: s.Kind, Ward: s.Ward}
	if s.Phase != alerting.PhaseRaise {
		a.State = alerting.Resolved
	}
	r.alerts[s.Ref] = a
	return nil
}

func (r *recorder) PutChanges(_ context.Context, raw connectors.Raw, _ ...directory.Change) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raws = append(r.raws, raw)
	return nil
}

func (r *recorder) PutMovements(context.Context, connectors.Raw, ...alerting.Movement) error {
	return errors.New("not for this connector")
}

func (r *recorder) status(_ context.Context, ref string) (alerting.Alert, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.alerts[ref]; ok {
		return a, nil
	}
	return alerting.Alert{}, hub.E("test", hub.NotFound, "", "")
}

func (r *recorder) Get(_ context.Context, key string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return nil, errAway
	}
	return r.kv[key], nil
}

func (r *recorder) Put(_ context.Context, key string, value []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kv[key] = value
	return nil
}

// phases returns "raise tech:link" and so on, for comparing.
func (r *recorder) phases() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.signals {
		out = append(out, string(s.Phase)+" "+s.Ref)
	}
	return out
}

func (r *recorder) setAway(v bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = v
}

const id hub.ConnectorID = "espa"

// rig is a running connector and its surroundings.
type rig struct {
	*connectors.Supervisor
	*recorder
	t *testing.T
}

func start(t *testing.T, settings string) *rig {
	t.Helper()
	rec := &recorder{alerts: map[string]alerting.Alert{}, kv: map[string][]byte{}}
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry, Env: func(connectors.Spec) connectors.Env {
		return connectors.Env{Inbox: rec, Status: rec.status, State: rec}
	}})
	t.Cleanup(func() { s.Close(context.Background()) })
	r := &rig{s, rec, t}
	r.apply(settings)
	return r
}

func (r *rig) apply(settings string) {
	r.t.Helper()
	if settings != "" {
		settings = "," + settings
	}
	config := json.RawMessage(`{"address":"127.0.0.1:0","user":"rufan","password":"geheim12"` + settings + `}`)
	if err := r.Apply(r.t.Context(), connectors.Spec{ID: id, Kind: "espa-x", Revision: 1, Config: config}); err != nil {
		r.t.Fatal(err)
	}
}

// source is a nurse-call system as a test plays it.
type source struct {
	net.Conn
	t       *testing.T
	session string
	invoke  uint64
}

func (r *rig) dial() *source {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.Addrs(id)[0].String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return &source{Conn: conn, t: r.t}
}

func (r *rig) login() *source {
	r.t.Helper()
	before := r.Health(id).Peers
	s := r.dial()
	out := s.ask(request("REQ.LOGIN").With("LI-CLIENT", "Rufanlage").With("LI-USER", "rufan").With("LI-PASSWORD", "geheim12"))
	if out.Code() != wire.OK || out.SessionID == "" {
		r.t.Fatalf("login: %+v", out)
	}
	s.session = out.SessionID
	r.until(func() bool { return r.Health(id).Peers > before })
	return s
}

func request(name string) wire.Message { return wire.Message{Name: name} }

func (s *source) send(m wire.Message) {
	s.t.Helper()
	s.invoke++
	m.InvokeID, m.SessionID = s.invoke, s.session
	if _, err := s.Write(m.AppendFrame(nil)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *source) receive() wire.Message {
	s.t.Helper()
	body, err := wire.ReadFrame(s, wire.DefaultLimit)
	if err != nil {
		s.t.Fatalf("receive: %v", err)
	}
	checkSchema(s.t, body)
	m, err := wire.Parse(body)
	if err != nil {
		s.t.Fatal(err)
	}
	return *m
}

func (s *source) ask(m wire.Message) wire.Message {
	s.t.Helper()
	s.send(m)
	out := s.receive()
	if out.InvokeID != s.invoke && strings.HasPrefix(out.Name, "RSP.") {
		s.t.Errorf("%s carries invokeID %d, want %d", out.Name, out.InvokeID, s.invoke)
	}
	return out
}

func (r *rig) until(ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("condition not met within 10 s; counters %v, health %+v, signals %v", r.Counters(id), r.Health(id), r.phases())
		}
	}
}

func call(ref string) wire.Message {
	return request("REQ.P-START").With("CP-PR-REF", ref).With("CP-CALLINGNAME", "Zi 302 Bett 2").
		With("CP-TEXTMSG", "Ruf").With("CP-WARD", "CHI3").With("CP-BED", "302-2").With("CP-PRIO", "Standard")
}

func answer(ref string, k alerting.AnswerKind) alerting.Answer {
	return alerting.Answer{Connector: id, Ref: ref, Kind: k, Name: "Käthe Müller", Extension: "4711", State: alerting.Resolved}
}

func TestClosedLoop(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	if out := s.ask(request("REQ.HEARTBEAT")); out.Code() != wire.OK {
		t.Errorf("heartbeat: %+v", out)
	}
	out := s.ask(call("ruf-1"))
	number := out.Get("SP-PR-TAN")
	if out.Code() != wire.OK || out.Get("CP-PR-REF") != "ruf-1" || number == "0" {
		t.Fatalf("P-START: %+v", out)
	}
	want := alerting.Signal{Ref: "ruf-1", Phase: alerting.PhaseRaise, Kind: "nurse-call", Priority: alerting.Normal,
		Ward: "CHI3", Room: "302", Bed: "2", Text: "Ruf", Caller: "Zi 302 Bett 2"}
	if d := cmp.Diff(want, r.signals[0]); d != "" {
		t.Error(d)
	}
	if raw := r.raws[0]; raw.Type != "REQ.P-START" || raw.ControlID != "ruf-1" || raw.Peer != "127.0.0.1" || len(raw.Body) == 0 {
		t.Errorf("raw input: %+v", raw)
	}
	tests := []struct {
		kind alerting.AnswerKind
		want string
	}{
		{alerting.AnswerStarted, "IND.P-STARTED Active"},
		{alerting.AnswerReached, "IND.P-EVENT 4711 Käthe Müller Processing Reached"},
		{alerting.AnswerRejected, "IND.P-EVENT 4711 Käthe Müller Completed Rejected"},
		{alerting.AnswerBusy, "IND.P-EVENT 4711 Käthe Müller Completed Busy"},
		{alerting.AnswerNoAnswer, "IND.P-EVENT 4711 Käthe Müller Completed No answer"},
		{alerting.AnswerOffDuty, "IND.P-EVENT 4711 Käthe Müller Completed Off duty"},
		{alerting.AnswerAccepted, "IND.P-EVENT 4711 Käthe Müller Completed Accepted"},
		{alerting.AnswerNotAccepted, "IND.P-ENDED Failure Negative"},
		{alerting.AnswerEnded, "IND.P-ENDED Finished Positive confirmed"},
	}
	for _, tt := range tests {
		if err := r.Answer(t.Context(), answer("ruf-1", tt.kind)); err != nil {
			t.Fatalf("answer %s: %v", tt.kind, err)
		}
		m := s.receive()
		got := m.Name
		for _, f := range m.Fields {
			if f.Name != "CP-PR-REF" && f.Name != "SP-PR-TAN" {
				got += " " + f.Text
			}
		}
		if got != tt.want || m.SessionID != s.session || m.Get("SP-PR-TAN") != number || m.Get("CP-PR-REF") != "ruf-1" {
			t.Errorf("%s came as %q (%+v), want %q", tt.kind, got, m, tt.want)
		}
	}
	if out := s.ask(request("REQ.P-STOP").With("CP-PR-REF", "ruf-1").With("CP-PR-MASK", "All")); out.Code() != wire.OK {
		t.Errorf("P-STOP: %+v", out)
	}
	if d := cmp.Diff([]string{"raise ruf-1", "resolve ruf-1"}, r.phases()); d != "" {
		t.Error(d)
	}
	if out := s.ask(request("REQ.LOGOUT").With("LO-REASON", "Normal")); out.Code() != wire.OK {
		t.Errorf("LOGOUT: %+v", out)
	}
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after LOGOUT: %v, want the end of the connection", err)
	}
}

func TestStopByNumberAndByMask(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	named := s.ask(call("ruf-1")).Get("SP-PR-TAN")
	nameless := s.ask(request("REQ.P-START").With("CP-TEXTMSG", "ohne Referenz"))
	if nameless.Get("CP-PR-REF") != "" {
		t.Errorf("a call without a reference got one: %+v", nameless)
	}
	for number, mask := range map[string]string{named: "Prepared Queued Active", nameless.Get("SP-PR-TAN"): "All"} {
		if out := s.ask(request("REQ.P-STOP").With("SP-PR-TAN", number).With("CP-PR-MASK", mask)); out.Code() != wire.OK {
			t.Errorf("P-STOP by number: %+v", out)
		}
	}
	var cancelled, resolved bool
	for _, p := range r.phases() {
		cancelled = cancelled || p == "cancel ruf-1"
		resolved = resolved || p == "resolve tan:"+nameless.Get("SP-PR-TAN")
	}
	if !cancelled || !resolved {
		t.Errorf("signals %v", r.phases())
	}
	if out := s.ask(request("REQ.P-STOP").With("CP-PR-REF", "nie-da").With("CP-PR-MASK", "All")); out.Code() != wire.NotFound {
		t.Errorf("stop of an unknown call: %+v", out)
	}
}

func TestDuplicateReference(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	first := s.ask(call("ruf-1"))
	again := s.ask(call("ruf-1"))
	if again.Code() != wire.Duplicate || again.Get("SP-PR-TAN") != first.Get("SP-PR-TAN") {
		t.Errorf("second P-START: %+v", again)
	}
	higher := call("ruf-1").With("CP-SIGNAL", "Emergency")
	if out := s.ask(higher); out.Code() != wire.Duplicate {
		t.Errorf("P-START with a higher priority: %+v", out)
	}
	if len(r.signals) != 2 || r.signals[1].Priority != alerting.Emergency {
		t.Errorf("signals %+v, want the first and the one with the higher priority", r.signals)
	}
	s.ask(request("REQ.P-STOP").With("CP-PR-REF", "ruf-1").With("CP-PR-MASK", "All"))
	if out := s.ask(call("ruf-1")); out.Code() != wire.OK {
		t.Errorf("the reference after its end: %+v", out)
	}
	r.mu.Lock()
	given := r.alerts["ruf-1"]
	given.State = alerting.Exhausted // the source has heard P-ENDED
	r.alerts["ruf-1"] = given
	before := len(r.signals)
	r.mu.Unlock()
	if out := s.ask(call("ruf-1")); out.Code() != wire.OK || len(r.signals) != before+1 {
		t.Errorf("the reference after the call was given up: %+v, %d signals more", out, len(r.signals)-before)
	}
}

func TestLoginAndSession(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.dial()
	if out := s.ask(call("ruf-1")); out.Code() != wire.NeedsLogin {
		t.Errorf("P-START before login: %+v", out)
	}
	wrong := request("REQ.LOGIN").With("LI-CLIENT", "x").With("LI-USER", "rufan").With("LI-PASSWORD", "falsch12")
	for range 3 {
		if out := s.ask(wrong); out.Code() != wire.Unauthorized {
			t.Errorf("wrong password: %+v", out)
		}
	}
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after three wrong passwords: %v", err)
	}
	good := r.login()
	good.session = "another"
	if out := good.ask(request("REQ.HEARTBEAT")); out.Code() != wire.NeedsLogin {
		t.Errorf("heartbeat under another session: %+v", out)
	}
	c := r.Counters(id)
	if c["login_refused"] != 3 || c["requests_before_login"] != 2 || c["logins"] != 1 || len(r.signals) != 0 {
		t.Errorf("counters %v, signals %v", c, r.signals)
	}
}

func TestForeignPeersAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, `"allowed_peers":["10.0.0.0/8"]`)
	if _, err := r.dial().Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a foreign peer got %v", err)
	}
	if r.Counters(id)["peer_refused"] != 1 {
		t.Errorf("counters %v", r.Counters(id))
	}
}

func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	frame := func(xml string) string { return string(wire.AppendFrame(nil, []byte(xml))) }
	tests := []struct {
		name, in, answer string
		code             wire.Code
		counter          string
	}{
		{"wrong header", "GET / HTTP/1.1\r\n\r\n", "IND.ERROR", wire.BadHeader, "frames_broken"},
		{"10 MB", "EX\x00\x98\x96\x80\x00\x00\x00\x00", "IND.ERROR", wire.BadHeader, "frames_too_long"},
		{"not well-formed", frame("<ESPA-X><REQ"), "IND.ERROR", wire.NotWellFormed, "messages_malformed"},
		{"XML bomb", frame(`<!DOCTYPE x [<!ENTITY a "a">]><ESPA-X/>`), "IND.ERROR", wire.NotWellFormed, "messages_malformed"},
		{"no ESPA-X", frame("<html/>"), "IND.ERROR", wire.BadMessage, "messages_invalid"},
		{"stop of nothing", frame(`<ESPA-X version="1.00"><REQ.P-STOP invokeID="9" sessionID="s"/></ESPA-X>`), "RSP.P-STOP", wire.BadMessage, "messages_invalid"},
		{"start within broken XML", frame(`<ESPA-X version="1.00"><REQ.P-START invokeID="9" sessionID="s"><CP-`), "RSP.P-START", wire.NotWellFormed, "messages_malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, "")
			s := r.login()
			fmt.Fprint(s, tt.in)
			m := s.receive()
			if m.Name != tt.answer || m.Code() != tt.code {
				t.Errorf("answer %+v, want %s %d", m, tt.answer, tt.code)
			}
			r.until(func() bool { return r.Counters(id)[tt.counter] == 1 })
		})
	}
}

// What a source that is logged in sends and we cannot read is kept for the administrator.
func TestInvalidMessagesAreKept(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	s.ask(request("REQ.P-STOP").With("CP-PR-MASK", "All"))
	if len(r.raws) != 1 || r.raws[0].Fault == nil || r.raws[0].Fault.Name != "messages_invalid" {
		t.Errorf("kept %+v", r.raws)
	}
	if out := s.ask(request("REQ.HEARTBEAT")); out.Code() != wire.OK {
		t.Errorf("it blocked the next: %+v", out)
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	r.setAway(true)
	s.send(call("ruf-1"))
	seen := map[string]wire.Message{}
	for range 2 { // the indication goes out while the request is still in hand
		m := s.receive()
		seen[m.Name] = m
	}
	response, condition := seen["RSP.P-START"], seen["IND.S-SYSTEM"]
	if response.Code() != wire.Unavailable || condition.Get("S-HEALTH") != "Problem detected" {
		t.Errorf("heard %+v", seen)
	}
	if h := r.Health(id); h.State != connectors.Degraded {
		t.Errorf("health %+v", h)
	}
	r.setAway(false)
	s.send(call("ruf-1"))
	for range 2 {
		m := s.receive()
		seen[m.Name] = m
	}
	response, condition = seen["RSP.P-START"], seen["IND.S-SYSTEM"]
	if response.Code() != wire.OK || condition.Get("S-HEALTH") != "OK" {
		t.Errorf("after its return: %+v", seen)
	}
}

func TestSilentSourceRaisesATechnicalAlert(t *testing.T) {
	t.Parallel()
	r := start(t, `"heartbeat_seconds":1,"missed_heartbeats":1`)
	r.until(func() bool { return r.Health(id).State == connectors.Down }) // never seen since the start
	s := r.login()
	r.until(func() bool { return len(r.phases()) == 2 && r.Health(id).State == connectors.Up })
	if _, err := wire.ReadFrame(s, wire.DefaultLimit); err == nil {
		t.Error("a silent session was not dropped")
	}
	r.until(func() bool { return len(r.phases()) == 3 })
	want := []string{"raise tech:link", "resolve tech:link", "raise tech:link"}
	if d := cmp.Diff(want, r.phases()); d != "" {
		t.Error(d)
	}
	if sig := r.signals[0]; !sig.Technical || sig.Kind != "technical" {
		t.Errorf("signal %+v", sig)
	}
	if err := r.Answer(t.Context(), answer(linkRef, alerting.AnswerAccepted)); !errors.Is(err, connectors.ErrGone) {
		t.Errorf("answer to the link's own alert: %v", err)
	}
}

// While the source is away answers are refused, so that the outbox keeps them; what the
// lost session may not have read is sent again to the next.
func TestAnswersSurviveALostConnection(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	s.ask(call("ruf-1"))
	if err := r.Answer(t.Context(), answer("ruf-1", alerting.AnswerAccepted)); err != nil {
		t.Fatal(err)
	}
	s.Close() // before it has read the answer
	r.until(func() bool { return r.Health(id).Peers == 0 })
	if err := r.Answer(t.Context(), answer("ruf-1", alerting.AnswerEnded)); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("answer while nobody is logged in: %v", err)
	}
	next := r.login()
	if m := next.receive(); m.Get("SS-RESULT") != "Accepted" || m.SessionID != next.session {
		t.Errorf("the next session received %+v", m)
	}
	next.ask(request("REQ.HEARTBEAT")) // may have crossed the answer
	next.ask(request("REQ.HEARTBEAT"))
	next.Close()
	r.until(func() bool { return r.Health(id).Peers == 0 })
	if again := r.login().ask(request("REQ.HEARTBEAT")); again.Name != "RSP.HEARTBEAT" {
		t.Errorf("sent again although the source had shown a sign of life: %+v", again)
	}
}

func TestAnswersGoToTheNewestSession(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	old := r.login()
	fresh := r.login()
	if err := r.Answer(t.Context(), answer("x", alerting.AnswerReached)); err != nil {
		t.Fatal(err)
	}
	if m := fresh.receive(); m.Name != "IND.P-EVENT" {
		t.Errorf("newest session received %+v", m)
	}
	fresh.ask(request("REQ.HEARTBEAT"))
	fresh.ask(request("REQ.HEARTBEAT"))
	fresh.Close()
	r.until(func() bool { return r.Health(id).Peers == 1 })
	if err := r.Answer(t.Context(), answer("x", alerting.AnswerAccepted)); err != nil {
		t.Fatal(err)
	}
	if m := old.receive(); m.Get("SS-RESULT") != "Accepted" {
		t.Errorf("the session that is left received %+v", m)
	}
}

func TestReloadSaysGoodbye(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	done := make(chan struct{})
	go func() { defer close(done); r.apply(`"send_names":false`) }()
	if m := s.receive(); m.Name != "CMD.SHUTDOWN" {
		t.Errorf("received %+v", m)
	}
	<-done
	next := r.login()
	if err := r.Answer(t.Context(), answer("x", alerting.AnswerAccepted)); err != nil {
		t.Fatal(err)
	}
	if m := next.receive(); m.Get("SS-SBSCRDATA") != "" {
		t.Errorf("the name was sent although it is switched off: %+v", m)
	}
}

func TestOtherRequests(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	s := r.login()
	s.ask(call("ruf-1"))
	if out := s.ask(request("REQ.S-CONDITION")); out.Get("S-HEALTH") != "OK" {
		t.Errorf("S-CONDITION: %+v", out)
	}
	if out := s.ask(request("REQ.S-PARAMETERS")); out.Code() != wire.OK {
		t.Errorf("S-PARAMETERS: %+v", out)
	}
	if out := s.ask(request("REQ.P-GETSTAT").With("CP-PR-REF", "ruf-1").With("CP-PR-MASK", "All")); out.Code() != wire.OK {
		t.Errorf("P-GETSTAT: %+v", out)
	}
	if m := s.receive(); m.Name != "IND.P-STATUS" || m.Get("SP-STATUS") != "Active" || m.Get("SP-GETSTAT") != "true" {
		t.Errorf("P-STATUS: %+v", m)
	}
	s.send(request("PROPRIETARY"))
	s.ask(request("REQ.HEARTBEAT"))
	if raw := r.raws[len(r.raws)-1]; raw.Type != "PROPRIETARY" {
		t.Errorf("vendor message not kept: %+v", raw)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.login().ask(call("ruf-1"))
	raw := r.raws[0]
	raw.Key += "/replay"
	if err := r.Replay(t.Context(), id, nil, raw); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r.signals[0], r.signals[1]); d != "" {
		t.Error(d)
	}
	raw.Body = []byte("<x/>")
	if err := r.Replay(t.Context(), id, nil, raw); hub.KindOf(err) != hub.Invalid {
		t.Errorf("replay of nonsense: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	for field, settings := range map[string]string{
		"address":           `"address":"x"`,
		"user":              `"user":"abc"`,
		"password":          `"password":"viel zu langes Passwort"`,
		"heartbeat_seconds": `"heartbeat_seconds":0`,
		"missed_heartbeats": `"missed_heartbeats":99`,
		"max_frame_bytes":   `"max_frame_bytes":1`,
		"signal_kind":       `"signal_kind":""`,
		"bed_pattern":       `"bed_pattern":"("`,
		"allowed_peers":     `"allowed_peers":["ward"]`,
		"colour":            `"colour":"red"`,
	} {
		config := json.RawMessage(`{"address":"127.0.0.1:0","user":"rufan","password":"geheim12",` + settings + `}`)
		err := r.Apply(t.Context(), connectors.Spec{ID: id, Kind: "espa-x", Config: config})
		var e *hub.Error
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestPriority(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prio, signal string
		want         alerting.Priority
	}{
		{"", "", alerting.Normal}, {"Low", "", alerting.Low}, {"Low", "Standard", alerting.Low}, {"Standard", "", alerting.Normal},
		{"Medium", "Urgent", alerting.Urgent}, {"High", "", alerting.Urgent}, {"Low", "Emergency", alerting.Emergency},
		{"Emergency", "Standard", alerting.Emergency}, {"", "Special", alerting.Normal}, {"Sofort", "Standard", alerting.Normal},
	}
	for _, tt := range tests {
		if got := priority(tt.prio, tt.signal); got != tt.want {
			t.Errorf("priority(%q, %q) = %d, want %d", tt.prio, tt.signal, got, tt.want)
		}
	}
}
