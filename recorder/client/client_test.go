package client

import (
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

func newAPI(t *testing.T, h http.Handler) *API {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	a, err := New(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestNewNeedsAnAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "localhost:8080", "ftp://hub", "http://", "://"} {
		if _, err := New(base, nil); err == nil {
			t.Errorf("%q was taken for the address of a hub", base)
		}
	}
}

// TestRefusals: what the hub answers becomes an error that says whether trying again can help,
// with nothing of the answer in it but the code.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   hub.Kind
		code   string
	}{
		"epoch":                {409, `{"code":"epoch","epoch":7}`, hub.Conflict, "epoch"},
		"signed out":           {401, `{"code":"expired"}`, hub.Unauthenticated, "expired"},
		"forbidden":            {403, `{"code":"sender"}`, hub.Forbidden, "sender"},
		"malformed":            {422, `{"code":"malformed"}`, hub.Invalid, "malformed"},
		"slow down":            {429, `{"code":"slow_down"}`, hub.TooMany, "slow_down"},
		"trouble":              {500, `{"code":"internal"}`, hub.Unavailable, "internal"},
		"a proxy":              {502, `<html>`, hub.Unavailable, ""},
		"a timeout":            {408, ``, hub.Unavailable, ""},
		"a redirect":           {302, ``, hub.Unavailable, ""},
		"text for a code":      {409, `{"code":"Frau Meier, geb. 1950"}`, hub.Conflict, ""},
		"a code without end":   {409, `{"code":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`, hub.Conflict, ""},
		"answer that is none":  {200, `{"count":`, hub.Unavailable, "away"},
		"answer of other type": {200, `[]`, hub.Unavailable, "away"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				w.Write([]byte(c.body))
			}))
			_, err := a.CountPackages(t.Context())
			var e *hub.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Code != c.code || e.Err != nil {
				t.Errorf("%v, want %v (%s)", err, c.kind, c.code)
			}
		})
	}
}

func TestAHubThatIsAway(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	a, err := New(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	srv.Close()
	if _, err := a.Me(t.Context()); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := a.Open(t.Context(), "", nil); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("%v", err)
	}
}

// TestSession: the cookie is kept and sent although it is Secure and the hub is reached by
// plain HTTP on the same machine.
func TestSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/auth/link" {
			http.SetCookie(w, &http.Cookie{Name: cookieName, Value: "secret", Secure: true, Path: "/"})
		} else if c, err := r.Cookie(cookieName); err != nil || c.Value != "secret" || r.Header.Get("Origin") != "http://"+r.Host {
			w.WriteHeader(http.StatusUnauthorized)
		}
		w.Write([]byte(`{}`))
	}))
	if _, err := a.Link(t.Context(), "token"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Me(t.Context()); err != nil || a.Session() != "secret" {
		t.Errorf("session %q: %v", a.Session(), err)
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	const room = hub.RoomID("00000000-0000-4000-8000-000000000001")
	heard := make(chan string, 3)
	a := newAPI(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{Subprotocols: []string{protocol}}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for range 3 {
			_, frame, _ := ws.ReadMessage()
			heard <- string(frame)
		}
		ws.WriteMessage(websocket.BinaryMessage, frameOf(`{"room":"`+string(room)+`","seq":3,"id":"x","kind":"commit","from":"d","epoch":2,"welcome":true}`, nil, nil, "body"))
		ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"sent","id":"m","room":"`+string(room)+`","seq":4}`))
		ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"bye","code":"replaced"}`))
		ws.ReadMessage()
	}))
	s, err := a.Open(t.Context(), "device", map[hub.RoomID]int64{room: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(s.Ack(room, 2), s.Send(room, "m", 2, []byte("sealed"))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"cursor":{"` + string(room) + `":2},"device":"device","t":"hello"}`,
		`{"room":"` + string(room) + `","seq":2,"t":"ack"}`,
		"\x02\x00\x00\x00\x4b" + `{"epoch":2,"id":"m","prio":0,"room":"` + string(room) + `"}sealed`,
	} {
		if got := <-heard; got != want {
			t.Errorf("the hub heard %q, want %q", got, want)
		}
	}
	item, _, err := s.Next()
	if err != nil || item.Seq != 3 || item.Kind != messaging.ItemCommit || !item.Welcome || item.Epoch != 2 || string(item.Body) != "body" {
		t.Errorf("%+v: %v", item, err)
	}
	if _, note, err := s.Next(); err != nil || note.T != "sent" || note.Seq != 4 || note.ID != "m" {
		t.Errorf("%+v: %v", note, err)
	}
	if _, _, err := s.Next(); !errors.Is(err, Bye("replaced")) {
		t.Errorf("%v", err)
	}
}

func frameOf(head string, enc, row []byte, body string) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{itemFrame}, uint32(len(head)))
	frame = append(frame, head...)
	for _, part := range [][]byte{enc, row} {
		frame = append(binary.BigEndian.AppendUint16(frame, uint16(len(part))), part...)
	}
	return append(frame, body...)
}

func FuzzItem(f *testing.F) {
	const head = `{"room":"00000000-0000-4000-8000-000000000001","seq":3,"id":"x","kind":"alert"}`
	f.Add(frameOf(head, nil, nil, "body"))
	f.Add(frameOf(head, make([]byte, 1120), make([]byte, 60), "body"))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, frame []byte) {
		it, err := parseItem(frame)
		if err == nil && (it.Seq < 1 || !hub.ValidID(string(it.Room)) || len(it.Body) > len(frame)) {
			t.Errorf("took %x", frame)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("slow_down")
	f.Add("Frau Meier")
	f.Fuzz(func(t *testing.T, code string) {
		got := Clean(code)
		if got != "" && got != code || len(got) > 40 || strings.ContainsAny(got, " \n\"<") {
			t.Errorf("%q became %q", code, got)
		}
	})
}
