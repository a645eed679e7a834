package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/recorder"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

// testConfig is a hub on a database of its own. The owner is the superuser of the test cluster.
func testConfig(t *testing.T) Config {
	t.Helper()
	owner := storetest.New(t, store.Migrate)
	c, err := LoadConfig("", nil, map[string]any{
		"data_dir": t.TempDir(), "chat.addr": hubtest.MustFreeAddr(t), "console.addr": hubtest.MustFreeAddr(t), "management.addr": hubtest.MustFreeAddr(t),
		"database.url": storetest.As(t, owner, store.AppRole), "database.owner_url": owner,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newTestApp(t *testing.T, c Config) *App {
	t.Helper()
	level := &slog.LevelVar{}
	a, err := New(t.Context(), c, Setup{Version: "test", Out: io.Discard}, slog.New(slog.DiscardHandler), level)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestRecorderToken(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	path := c.path("recorder.token")
	read := func(a *App) string {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // it works again and again
			s, _, err := a.accounts.FollowLink(t.Context(), strings.TrimSpace(string(b)), accounts.Place{})
			if err != nil || s.Account.ID != a.recorder.user || s.Console {
				t.Fatalf("signed in as %+v, %v", s, err)
			}
		}
		return string(b)
	}
	first := read(newTestApp(t, c))
	if again := read(newTestApp(t, c)); again != first {
		t.Error("the token has changed although it was there")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if again := read(newTestApp(t, c)); again == first {
		t.Error("the token was not made anew")
	}
}

// TestRecorderConnects runs hub and recorder together and takes the recorder away again.
func TestRecorderConnects(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	a := newTestApp(t, c)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	health := func() (connected, away bool) {
		h, err := a.recorderHealth(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return h.Connected, h.Away
	}
	if connected, away := health(); connected || !away {
		t.Errorf("before: connected %v, away %v", connected, away)
	}
	eventually(t, "doctor misses it", func() bool { return !checkRecorder(t.Context(), c).OK })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- recorder.Run(ctx, recorderOptions(c, slog.New(slog.DiscardHandler))) }()
	eventually(t, "it connects", func() bool { connected, away := health(); return connected && !away })
	eventually(t, "doctor is content", func() bool { return checkRecorder(t.Context(), c).OK })
	stop()
	if err := <-done; err != nil {
		t.Errorf("recorder: %v", err)
	}
	eventually(t, "it is gone, for a moment only", func() bool { connected, away := health(); return !connected && !away })
	if h, err := a.recorderHealth(t.Context(), time.Now().Add(recorderAway+time.Minute)); err != nil || !h.Away {
		t.Errorf("after a while: %+v, %v", h, err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
