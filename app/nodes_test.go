package app

import (
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/messaging"
)

// TestTwoNodes connects a device to one node while the other one writes: alert cards, also of
// a room it has never been in, and hints of conversations reach it.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	a := newTestApp(t, c)
	c.Chat.Addr, c.Console.Addr, c.Management.Addr = hubtest.MustFreeAddr(t), hubtest.MustFreeAddr(t), hubtest.MustFreeAddr(t)
	b := newTestApp(t, c)
	for _, node := range []*App{a, b} {
		if err := node.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	user, device, ws := b.socket(t)
	until(t, ws, "ready")

	room, err := a.db.AlarmRoom(t.Context(), a.clinic.ID, "4B")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // the first makes the room known there, the others may come before it is
		put := &messaging.Put{
			Clinic: a.clinic.ID, Readers: []hub.UserID{user},
			Item:  messaging.Item{Room: room, ID: hub.NewID[string](), Kind: messaging.ItemAlert, Ref: "ref", Body: []byte("sealed")},
			Wraps: []messaging.Wrap{{Device: device, KEK: make([]byte, 8), Enc: make([]byte, 1120), Row: []byte("row")}},
		}
		if err := a.rooms.Append(t.Context(), []*messaging.Put{put}); err != nil {
			t.Fatal(err)
		}
		until(t, ws, "item")
	}
	a.tell(messaging.Hint{Kind: messaging.HintMail, Clinic: a.clinic.ID, Device: device})
	until(t, ws, "mail")
	a.tell(messaging.Hint{Kind: messaging.HintLog, Clinic: a.clinic.ID, Users: []hub.UserID{user}})
	until(t, ws, "log")
}

// socket opens a stream of a new device of the recorder's account.
func (a *App) socket(t *testing.T) (hub.UserID, hub.DeviceID, *websocket.Conn) {
	t.Helper()
	token, err := a.accounts.IssueLink(t.Context(), a.clinic.ID, a.recorder.user, time.Minute, true)
	if err != nil {
		t.Fatal(err)
	}
	s, secret, err := a.accounts.FollowLink(t.Context(), token, accounts.Place{})
	if err != nil {
		t.Fatal(err)
	}
	sign, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	kem, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := a.accounts.RegisterDevice(t.Context(), s, accounts.Device{Name: "Test", KEMPublic: kem.PublicKey().Bytes(), SignPublic: sign}, "", accounts.Place{})
	if err != nil {
		t.Fatal(err)
	}
	dialer := websocket.Dialer{Subprotocols: []string{"wardline.v1"}}
	ws, _, err := dialer.Dial("ws://"+a.config.Chat.Addr+"/api/v1/stream", http.Header{"Cookie": {"__Host-wardline=" + secret}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	if err := ws.WriteJSON(map[string]any{"t": "hello", "device": d.ID, "cursor": map[string]int64{}}); err != nil {
		t.Fatal(err)
	}
	return s.Account.ID, d.ID, ws
}

// until reads frames up to the wanted one: the type of a text frame, or "item".
func until(t *testing.T, ws *websocket.Conn, want string) {
	t.Helper()
	if err := ws.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %q after %s: %v", want, strings.Join(seen, " "), err)
		}
		got := struct{ T string }{"item"}
		if kind == websocket.TextMessage {
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
		}
		if got.T == want {
			return
		}
		seen = append(seen, got.T)
	}
}
