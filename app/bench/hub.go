package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/embedded"
)

const hubDatabase = "wardline"

// bench holds what the figures of one run share. The hub is started by the first figure
// that needs it.
type bench struct {
	options
	hub      *runningHub
	database *pgx.Conn // as superuser, for seeding
	clinic   string
	postgres string // version of the server
	chromium string // version of the browser
	admin    *console
	crowd    *crowd
}

// scaled returns n, or a tenth of it in a quick run.
func (b *bench) scaled(n int) int {
	if b.quick {
		return max(n/10, 1)
	}
	return n
}

// scaledTime is scaled for the length of a round.
func (b *bench) scaledTime(d time.Duration) time.Duration {
	if b.quick {
		return max(d/10, 500*time.Millisecond)
	}
	return d
}

// runningHub is the real program in a directory of its own.
type runningHub struct {
	dir                 string
	chat, console, mgmt string
	cmd                 *exec.Cmd
	out                 lockedBuffer
	exited              chan struct{}
	outside             *arena // its database, where that is not private
}

// lockedBuffer keeps the end of what the hub prints, for error messages.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const keptOutput = 64 << 10

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > keptOutput {
		l.b.Next(l.b.Len() / 2)
	}
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// ready starts the hub if it does not run yet.
func (b *bench) ready(ctx context.Context) error {
	if b.hub != nil {
		return nil
	}
	h, err := startHub(ctx, b.binary, nil)
	if err != nil {
		return err
	}
	if err := b.adopt(ctx, h); err != nil {
		return err
	}
	if b.admin, err = b.seedAdmin(ctx); err != nil {
		return err
	}
	return b.writeRules(ctx)
}

// adopt takes a hub that has been started: it is stopped with the bench.
func (b *bench) adopt(ctx context.Context, h *runningHub) (err error) {
	b.hub = h
	if b.database, err = pgx.Connect(ctx, h.databaseURL()); err != nil {
		return fmt.Errorf("connect to the hub's database: %w", err)
	}
	if err := b.database.QueryRow(ctx, `select id::text, current_setting('server_version') from clinic`).Scan(&b.clinic, &b.postgres); err != nil {
		return fmt.Errorf("find the clinic: %w", err)
	}
	return nil
}

// closeHub ends what runs; a figure after it starts anew.
func (b *bench) closeHub() error {
	err := b.close()
	*b = bench{options: b.options, postgres: b.postgres, chromium: b.chromium}
	return err
}

func (b *bench) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if b.crowd != nil {
		b.crowd.load.stop()
	}
	if b.database != nil {
		b.database.Close(ctx)
	}
	if b.hub == nil {
		return nil
	}
	return b.hub.stop(ctx)
}

// startHub starts the program with a private PostgreSQL, or on one that the bench has
// started before.
func startHub(ctx context.Context, binary string, outside *arena) (*runningHub, error) {
	dir, err := os.MkdirTemp("", "wl-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the hub: %w", err)
	}
	// Started by root, PostgreSQL runs as its own user and must be able to pass through.
	if err := errors.Join(os.Chmod(dir, 0o711), os.Mkdir(filepath.Join(dir, "data"), 0o711)); err != nil {
		return nil, fmt.Errorf("open the hub's directory: %w", err)
	}
	h := &runningHub{dir: dir, exited: make(chan struct{}), outside: outside}
	for _, addr := range []*string{&h.chat, &h.console, &h.mgmt} {
		if *addr, err = hubtest.FreeAddr(); err != nil {
			return nil, err
		}
	}
	h.cmd = exec.Command(binary, "serve", "--data-dir", filepath.Join(dir, "data"), "--chat", h.chat, "--console", h.console, "--manage", h.mgmt)
	h.cmd.Env = append(os.Environ(), "WARDLINE_CHAT_URL=http://"+h.chat, "WARDLINE_CONSOLE_URL=http://"+h.console, "WARDLINE_LOG_LEVEL=warn")
	if outside != nil {
		h.cmd.Env = append(h.cmd.Env, "WARDLINE_DATABASE_URL="+outside.url(hubDatabase, store.AppRole), "WARDLINE_DATABASE_OWNER_URL="+outside.url(hubDatabase, embedded.Superuser))
	}
	h.cmd.Stdout, h.cmd.Stderr = &h.out, &h.out
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (build it with make build): %w", binary, err)
	}
	go func() { _ = h.cmd.Wait(); close(h.exited) }()
	if err := h.waitReady(ctx); err != nil {
		return nil, errors.Join(err, h.stop(context.WithoutCancel(ctx)))
	}
	return h, nil
}

func (h *runningHub) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	for {
		res, err := http.Get("http://" + h.mgmt + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-h.exited:
			return fmt.Errorf("the hub ended:\n%s", h.out.String())
		case <-ctx.Done():
			return fmt.Errorf("the hub did not become ready:\n%s", h.out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop asks the hub to end, kills it if it does not, and removes its data.
func (h *runningHub) stop(ctx context.Context) error {
	_ = h.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-h.exited:
	case <-ctx.Done():
		_ = h.cmd.Process.Kill()
		<-h.exited
	}
	if err := os.RemoveAll(h.dir); err != nil {
		return fmt.Errorf("remove the hub's data: %w", err)
	}
	return nil
}

// databaseURL is the superuser's way into the private database: its Unix socket.
func (h *runningHub) databaseURL() string { return h.databaseURLAs(embedded.Superuser) }

// databaseURLAs is the way into the private database for any of its roles.
func (h *runningHub) databaseURLAs(role string) string {
	if h.outside != nil {
		return h.outside.pg.URL(hubDatabase, role)
	}
	return "postgres:///" + hubDatabase + "?host=" + url.QueryEscape(filepath.Join(h.dir, "data/postgres/run")) + "&user=" + role
}

// cpu returns the processor time of the hub and its PostgreSQL so far.
func (h *runningHub) cpu() cpu { return processorTime(h.cmd.Process.Pid, h.postmaster()) }

// collections scrapes the hub's metrics and returns how often its collector has run.
func (h *runningHub) collections(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.mgmt+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("build request: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("scrape the hub: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, fmt.Errorf("scrape the hub: %w", err)
	}
	_, rest, found := strings.Cut(string(text), "\ngo_gc_duration_seconds_count ")
	count, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(count)
	if !found || err != nil {
		return 0, fmt.Errorf("the hub's metrics do not count collections: %q", count)
	}
	return n, nil
}

func (h *runningHub) postmaster() int {
	if h.outside != nil {
		return h.outside.pg.PID()
	}
	files, _ := filepath.Glob(filepath.Join(h.dir, "data/postgres/*/postmaster.pid"))
	if len(files) == 0 {
		return -1
	}
	first, _, _ := strings.Cut(readOr(files[0], ""), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return -1
	}
	return pid
}
