package e2e

import (
	"context"
	"crypto/hpke"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/connectors/espax/wire"
)

// socket is one connection of the chat client.
type socket struct {
	*websocket.Conn
	device string
}

func (s *station) socket(t *testing.T, nurse *browser) *socket {
	t.Helper()
	ws, res, err := s.dialSocket(t, nurse, nurse.base)
	if err != nil {
		t.Fatalf("socket: %v %v", err, res)
	}
	return &socket{ws, device(t, nurse)}
}

func (s *station) dialSocket(t *testing.T, nurse *browser, origin string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	d := websocket.Dialer{Jar: nurse.http.Jar, Subprotocols: []string{"wardline.v1"}, HandshakeTimeout: 10 * time.Second}
	ws, res, err := d.DialContext(t.Context(), "ws://"+s.chat+"/api/v1/stream", http.Header{"Origin": {origin}})
	if err == nil {
		t.Cleanup(func() { ws.Close() })
	}
	return ws, res, err
}

// device is the id of the device this browser is.
func device(t *testing.T, nurse *browser) string {
	t.Helper()
	var me struct {
		ID string `json:"device_id"`
	}
	nurse.must(t, "GET", "/me", nil, &me)
	return me.ID
}

// anotherDevice signs a nurse in at one more browser.
func (s *station) anotherDevice(t *testing.T, staff string) *browser {
	t.Helper()
	b := newBrowser(s.chat)
	b.must(t, "POST", "/auth/login", map[string]string{"login": staff, "password": "drei-Lampen-im-Flur"}, nil)
	registerDevice(t, b)
	return b
}

// registerDevice gives a signed-in browser keys.
func registerDevice(t *testing.T, b *browser) {
	t.Helper()
	key, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	b.must(t, "POST", "/devices", map[string]any{"name": "Tablet", "kem_public": key.PublicKey().Bytes(), "sign_public": make([]byte, 32)}, nil)
}

func (w *socket) hello(t *testing.T) {
	t.Helper()
	w.say(t, `{"t":"hello","device":"`+w.device+`","cursor":{}}`)
	w.expect(t, "welcome", "")
}

func (w *socket) say(t *testing.T, text string) {
	t.Helper()
	if err := w.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// expect reads up to a text frame of a type, with a code if that is given.
func (w *socket) expect(t *testing.T, kind, code string) {
	t.Helper()
	w.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		what, data, err := w.ReadMessage()
		if err != nil {
			t.Fatalf("waited for %s %s: %v", kind, code, err)
		}
		var f struct{ T, Code string }
		if what == websocket.TextMessage && json.Unmarshal(data, &f) == nil && f.T == kind && (code == "" || f.Code == code) {
			return
		}
	}
}

// closed reads until the hub has ended the connection, and returns the code it gave.
func (w *socket) closed(t *testing.T) int {
	t.Helper()
	w.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		if _, _, err := w.ReadMessage(); err != nil {
			var end *websocket.CloseError
			if errors.As(err, &end) {
				return end.Code
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the socket is still open")
			}
			return websocket.CloseAbnormalClosure
		}
	}
}

const anyID = "01234567-89ab-7def-8123-456789abcdef"

// testSocket speaks wrongly on the chat socket, beside the nurse's other device, which
// must not notice.
func (s *station) testSocket(t *testing.T, nurse *browser) {
	watcher := s.socket(t, s.anotherDevice(t, "9000")) // one connection per device
	watcher.hello(t)
	watcher.expect(t, "ready", "")
	for _, c := range []struct {
		name   string
		hello  bool
		binary bool
		frame  string
		error  string // code of the error frame; "" if none is said
		closes int    // close code; 0: the socket stays
	}{
		{"first frame is no hello", false, false, `{"t":"ack"}`, "hello_expected", websocket.ClosePolicyViolation},
		{"first frame is no json", false, false, `Hallo`, "hello_expected", websocket.ClosePolicyViolation},
		{"first frame is binary", false, true, "\x01\x02", "hello_expected", websocket.ClosePolicyViolation},
		{"device of somebody else", false, false, `{"t":"hello","device":"` + anyID + `"}`, "wrong_device", websocket.ClosePolicyViolation},
		{"not json", true, false, `{"t":`, "malformed", 0},
		{"deep json", true, false, strings.Repeat("[", 20_000), "malformed", 0},
		{"binary", true, true, "\x01\x00\xff", "malformed", 0},
		{"unknown type", true, false, `{"t":"dance"}`, "unknown_type", 0},
		{"hello twice", true, false, `{"t":"hello","device":"x"}`, "malformed", 0},
		{"room that is none", true, false, `{"t":"ack","room":"x","seq":1}`, "malformed", 0},
		{"negative number", true, false, `{"t":"ack","room":"` + anyID + `","seq":-1}`, "malformed", 0},
		{"number beyond 64 bits", true, false, `{"t":"ack","room":"` + anyID + `","seq":99999999999999999999}`, "malformed", 0},
		{"more than 64 KiB", true, false, `{"t":"ack","room":"` + strings.Repeat("x", 65<<10) + `"}`, "", websocket.CloseMessageTooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := s.socket(t, nurse)
			if c.hello {
				w.hello(t)
			}
			kind := websocket.TextMessage
			if c.binary {
				kind = websocket.BinaryMessage
			}
			if err := w.WriteMessage(kind, []byte(c.frame)); err != nil {
				t.Fatal(err)
			}
			if c.error != "" {
				w.expect(t, "error", c.error)
			}
			if c.closes != 0 {
				if got := w.closed(t); got != c.closes {
					t.Errorf("closed with %d, want %d", got, c.closes)
				}
				return
			}
			w.say(t, `{"t":"still there?"}`)
			w.expect(t, "error", "unknown_type")
		})
	}
	t.Run("twenty in a row", func(t *testing.T) {
		w := s.socket(t, nurse)
		w.hello(t)
		for range 20 {
			w.say(t, `{"t":"dance"}`)
		}
		if got := w.closed(t); got != websocket.ClosePolicyViolation {
			t.Errorf("closed with %d", got)
		}
	})
	t.Run("foreign origin", func(t *testing.T) {
		_, res, err := s.dialSocket(t, nurse, "https://evil.example")
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("let in: %v %v", res, err)
		}
	})
	t.Run("room and alert of somebody else", func(t *testing.T) { s.testForeignIDs(t, nurse, watcher) })
	waitFor(t, "refused frames to be counted", 15*time.Second, func() bool {
		return s.metric(t, "wardline_frames_refused_total", `code=`) >= 12
	}, s.out.String)
	s.undisturbed(t)
}

// testForeignIDs acknowledges and has seen what is not the nurse's. That has no effect, and
// what she says of her own alert beside it has its.
func (s *station) testForeignIDs(t *testing.T, nurse *browser, watcher *socket) {
	foreign, own := s.raiseFor(t, "9Z", "fremd"), s.raiseFor(t, "4B", "eigen")
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	dispatches := func(alert, states string) (n int) {
		t.Helper()
		err := db.QueryRow(t.Context(), `select count(*) from dispatch where alert_id = $1 and state = any(string_to_array($2, ' '))
and user_id = (select account_id from device where id = $3)`, alert, states, watcher.device).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	waitFor(t, "her own alert to be sent to her", 10*time.Second, func() bool { return dispatches(own, "sent delivered") == 1 }, s.out.String)
	watcher.say(t, `{"t":"ack","room":"`+anyID+`","seq":7}`)
	watcher.say(t, `{"t":"seen","alert":"`+anyID+`"}`)
	watcher.say(t, `{"t":"seen","alert":"`+foreign+`"}`)
	watcher.say(t, `{"t":"seen","alert":"`+own+`"}`)
	waitFor(t, "her own alert to be seen", 10*time.Second, func() bool { return dispatches(own, "seen") == 1 }, s.out.String)
	if n := dispatches(foreign, "seen delivered accepted"); n != 0 {
		t.Errorf("somebody else's alert was marked")
	}
	if status, _ := nurse.do(t.Context(), "POST", "/alerts/"+foreign+"/accept", map[string]any{}, nil); status < 400 {
		t.Errorf("somebody else's alert was accepted: %d", status)
	}
	nurse.must(t, "POST", "/alerts/"+own+"/accept", map[string]any{}, nil)
}

// raiseFor raises a call on a ward and returns the alert's id.
func (s *station) raiseFor(t *testing.T, ward, ref string) (id string) {
	t.Helper()
	l := s.logIn(t)
	start := wire.Message{Name: "REQ.P-START", InvokeID: 2}.With("CP-PR-REF", ref).With("CP-TEXTMSG", "Ruf").With("CP-WARD", ward)
	if got := l.ask(t, start); got.Code() != wire.OK {
		t.Fatalf("call answered %d", got.Code())
	}
	l.Close()
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	if err := db.QueryRow(t.Context(), `select id::text from alert where ref = $1`, ref).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}
