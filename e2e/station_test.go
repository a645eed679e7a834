package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub/hubtest"
)

// station is a hub with one connector of each kind, and witnesses: lines of well-behaved
// peers that stay open and must not notice what happens on the lines beside them.
type station struct {
	*theHub
	admin                         *browser
	mllpAddr, espaAddr, alarmAddr string
	kis, calls, alarms, others    string // ids of connectors; others is a second alarm interface
	token                         string // of alarms, with every scope

	kisLine  *mllp.Client
	callLine *line
	sent     int
}

// newStation starts the hub with its connectors; the lines are opened by witness.
func newStation(t *testing.T) *station {
	t.Helper()
	s := &station{theHub: newHub(t), mllpAddr: hubtest.MustFreeAddr(t), espaAddr: hubtest.MustFreeAddr(t), alarmAddr: hubtest.MustFreeAddr(t)}
	s.admin = s.theHub.admin(t)
	s.kis = s.connector(t, "hl7v2-mllp", "KIS", map[string]any{"address": s.mllpAddr})
	s.calls = s.connector(t, "espa-x", "Rufanlage", map[string]any{"address": s.espaAddr, "user": faultUser, "password": faultPassword,
		"heartbeat_seconds": 60}) // longer than any test, so that a silent line is not a lost one
	s.alarms = s.connector(t, "alarm-http", "Monitore", map[string]any{"address": s.alarmAddr})
	s.others = s.connector(t, "alarm-http", "Gebäudetechnik", map[string]any{"address": hubtest.MustFreeAddr(t)})
	s.token = s.newToken(t, s.alarms, "trigger", "resolve", "status")
	return s
}

func (s *station) connector(t *testing.T, kind, name string, config map[string]any) string {
	t.Helper()
	var out struct{ ID string }
	s.admin.must(t, "POST", "/connectors", map[string]any{"kind": kind, "name": name, "enabled": true, "config": config}, &out)
	return out.ID
}

func (s *station) newToken(t *testing.T, connector string, scopes ...string) string {
	t.Helper()
	var out struct{ Token string }
	s.admin.must(t, "POST", "/connectors/"+connector+"/tokens", map[string]any{"name": strings.Join(scopes, " "), "scopes": scopes}, &out)
	return out.Token
}

// witness opens the lines that undisturbed uses.
func (s *station) witness(t *testing.T) {
	t.Helper()
	var err error
	if s.kisLine, err = mllp.Dial(t.Context(), s.mllpAddr, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kisLine.Close() })
	s.callLine = s.logIn(t)
}

// undisturbed holds that the hub is ready and that every kind of source is served, the two
// witnesses on the very lines they have had since the beginning.
func (s *station) undisturbed(t *testing.T) {
	t.Helper()
	s.waitReady(t)
	s.sent++
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	id := fmt.Sprintf("GOOD%d", s.sent)
	reply, err := s.kisLine.Exchange(ctx, goodMessage(id))
	if err != nil {
		t.Fatalf("the KIS beside it was disturbed: %v", err)
	}
	if ack, err := hl7.Parse(reply); err != nil || ack.Get("MSA-1").String() != "CA" || ack.Get("MSA-2").String() != id {
		t.Fatalf("a good message was answered %q (%v)", reply, err)
	}
	if got := s.callLine.ask(t, wire.Message{Name: "REQ.HEARTBEAT", InvokeID: uint64(s.sent)}); got.Code() != wire.OK {
		t.Fatalf("the nurse-call system beside it was disturbed: heartbeat answered %d", got.Code())
	}
	if a := s.post(t, "GET", "/v1/alerts/nobody", s.token, nil); a.status != http.StatusNotFound {
		t.Fatalf("the monitor beside it was disturbed: %d %s", a.status, a.body)
	}
}

// goodMessage is an admission without a word that matters.
func goodMessage(controlID string) []byte {
	return []byte("MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000||ADT^A01^ADT_A01|" + controlID + "|P|2.5|||AL|NE||UNICODE UTF-8\r" +
		"EVN|A01|20260201080000\rPID|1||4711^^^KIS^PI||Muster^Max\rPV1|1|I|4B^12^1||||||||||||||||471100^^^KIS^VN\r" +
		"ZBE|" + controlID + "^KIS|20260201080000||INSERT\r")
}

// named is one of a connector's counters, as the console shows it.
func (s *station) named(t *testing.T, connector, name string) int64 {
	t.Helper()
	var out struct {
		Counts struct{ Named map[string]int64 }
	}
	s.admin.must(t, "GET", "/connectors/"+connector, nil, &out)
	return out.Counts.Named[name]
}

// counted holds that act raises a connector's counter. Without a name it only acts.
func (s *station) counted(t *testing.T, connector, name string, act func()) {
	t.Helper()
	if name == "" {
		act()
		return
	}
	before := s.named(t, connector, name)
	act()
	waitFor(t, "counter "+name, 10*time.Second, func() bool { return s.named(t, connector, name) > before }, s.out.String)
}

// faultKept holds that the console lists an input of a connector with a fault, and that its
// reason is there.
func (s *station) faultKept(t *testing.T, connector, fault string) {
	t.Helper()
	var out struct {
		Items []struct {
			Status string
			Fault  struct{ Name, Where, Reason string }
		}
	}
	waitFor(t, "a message with fault "+fault, 10*time.Second, func() bool {
		s.admin.must(t, "GET", "/messages?connector="+connector+"&fault="+fault+"&limit=1", nil, &out)
		return len(out.Items) == 1
	}, s.out.String)
	if m := out.Items[0]; m.Status != "error" || m.Fault.Reason == "" {
		t.Errorf("fault without a reason: %+v", m)
	}
}

// answer is what an HTTP interface said.
type answer struct {
	status int
	header http.Header
	body   string
}

// problem reads an answer as a problem after RFC 9457.
func (a answer) problem(t *testing.T) (p struct {
	Code   string
	Errors []struct{ Location, Field, Message, Reason string }
}) {
	t.Helper()
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("a refusal of type %q: %s", ct, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Errorf("refusal: %v: %s", err, a.body)
	}
	return p
}

// post calls the alarm interface.
func (s *station) post(t *testing.T, method, path, token string, body []byte) answer {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	return call(t, s.alarmAddr, method, path, header, body)
}

// call makes one HTTP request by hand. It reads while it writes: whoever refuses a body
// says so before all of it has arrived, and a client that writes on would miss it.
func call(t *testing.T, addr, method, path string, header http.Header, body []byte) answer {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(15 * time.Second))
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header, req.Close = header, true
	go req.Write(conn) // its error is that the other side has heard enough
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

// line is one ESPA-X connection.
type line struct {
	net.Conn
	session string
}

func (s *station) dialCalls(t *testing.T) *line {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.espaAddr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &line{Conn: conn}
}

func (s *station) logIn(t *testing.T) *line {
	t.Helper()
	l := s.dialCalls(t)
	got := l.ask(t, loginAs(faultUser, faultPassword))
	if got.Code() != wire.OK {
		t.Fatalf("login answered %d", got.Code())
	}
	l.session = got.SessionID
	return l
}

func loginAs(user, password string) wire.Message {
	return wire.Message{Name: "REQ.LOGIN", InvokeID: 1}.With("LI-CLIENT", "Harness").With("LI-USER", user).With("LI-PASSWORD", password)
}

func (l *line) ask(t *testing.T, m wire.Message) *wire.Message {
	t.Helper()
	if m.SessionID == "" {
		m.SessionID = l.session
	}
	l.SetDeadline(time.Now().Add(10 * time.Second))
	got, err := ask(l, m)
	if err != nil {
		t.Fatalf("%s: %v", m.Name, err)
	}
	return got
}

// verdict reads up to the next response or error; calls that were raised elsewhere may send
// their indications in between. nil means that the hub has closed the line.
func (l *line) verdict(t *testing.T) *wire.Message {
	t.Helper()
	l.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		body, err := wire.ReadFrame(l, wire.DefaultLimit)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("neither an answer nor an end")
		}
		if err != nil {
			return nil
		}
		m, err := wire.Parse(body)
		if err != nil {
			t.Fatalf("the hub's own message: %v", err)
		}
		if m.Code() != 0 {
			return m
		}
	}
}

// onDuty makes the duty role of ward 4B, which came with the nurse, and puts her on duty.
func onDuty(t *testing.T, admin, nurse *browser) {
	t.Helper()
	var units struct {
		Items []struct{ ID, Code string }
	}
	admin.must(t, "GET", "/units", nil, &units)
	for _, u := range units.Items {
		if u.Code == "4B" {
			var role struct{ ID string }
			admin.must(t, "POST", "/units/"+u.ID+"/roles", map[string]string{"name": "Pflege Station 4B"}, &role)
			nurse.must(t, "POST", "/duty/"+role.ID+"/take", map[string]any{}, nil)
			return
		}
	}
	t.Fatal("ward 4B did not come with the nurse")
}
