package stream_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/stream"
)

func newLive(t *testing.T, check func(context.Context) error) (*stream.Live, *websocket.Conn) {
	t.Helper()
	l := stream.NewLive()
	served := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.Serve(w, r, accounts.Session{Clinic: clinic}, check)
		close(served)
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(l.Close)
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(time.Minute))
	<-served
	return l, ws
}

func TestLiveTellsTogether(t *testing.T) {
	t.Parallel()
	l, ws := newLive(t, nil)
	var frame struct {
		T    string
		What []string
	}
	l.Changed("22222222-1111-7111-8111-111111111111", "plans") // another clinic's
	l.Changed(clinic, "alerts")
	if err := ws.ReadJSON(&frame); err != nil || frame.T != "changed" || !slices.Equal(frame.What, []string{"alerts"}) {
		t.Fatalf("got %+v, %v", frame, err)
	}
	began := time.Now()
	for range 1000 {
		l.Changed(clinic, "alerts", "duty")
	}
	if err := ws.ReadJSON(&frame); err != nil || !slices.Equal(frame.What, []string{"alerts", "duty"}) {
		t.Fatalf("got %+v, %v", frame, err)
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("told again after %v, want at most twice a second", took)
	}
}

func TestLiveEndsWithTheSession(t *testing.T) {
	t.Parallel()
	var ended atomic.Bool
	l, ws := newLive(t, func(context.Context) error {
		if ended.Load() {
			return hub.E("accounts.session", hub.Unauthenticated, "locked", "")
		}
		return nil
	})
	l.Recheck()
	l.Changed(clinic, "duty")
	if _, _, err := ws.ReadMessage(); err != nil {
		t.Fatalf("a good session was ended: %v", err)
	}
	ended.Store(true)
	l.Recheck()
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4003) {
		t.Errorf("closed with %v", err)
	}
}
