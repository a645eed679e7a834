package e2e

import (
	"bytes"
	"context"
	"crypto/hpke"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wardline/wardline/hub/hubtest"
)

// theHub is the real program in a directory of its own, started again after each kill.
type theHub struct {
	dir                       string
	chat, console, management string
	mu                        sync.Mutex
	cmd                       *exec.Cmd
	out                       lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newHub builds the program once per run and starts it.
func newHub(t *testing.T) *theHub {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "wardline")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../cmd/wardline")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	dir, err := os.MkdirTemp("", "wl-fault-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL runs as another user when the tests run as root
		t.Fatal(err)
	}
	h := &theHub{dir: dir, chat: hubtest.MustFreeAddr(t), console: hubtest.MustFreeAddr(t), management: hubtest.MustFreeAddr(t)}
	h.cmd = exec.Command(bin)
	t.Cleanup(func() {
		h.kill(syscall.SIGTERM)
		os.RemoveAll(dir)
	})
	h.start(t)
	return h
}

func (h *theHub) start(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	path := h.cmd.Path
	cmd := exec.Command(path, "serve", "--data-dir", filepath.Join(h.dir, "data"), "--chat", h.chat, "--console", h.console, "--manage", h.management)
	cmd.Env = append(os.Environ(), "WARDLINE_CHAT_URL=http://"+h.chat, "WARDLINE_CONSOLE_URL=http://"+h.console)
	cmd.Stdout, cmd.Stderr = &h.out, &h.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err := cmd.Start()
	h.cmd = cmd
	h.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	h.waitReady(t)
}

func (h *theHub) waitReady(t *testing.T) {
	t.Helper()
	waitFor(t, "the hub to be ready", 90*time.Second, func() bool {
		if h.cmd.ProcessState != nil || strings.Contains(h.out.String(), "wardline: ") {
			t.Fatalf("the hub ended: %s", h.out.String())
		}
		res, err := http.Get("http://" + h.management + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, h.out.String)
}

func (h *theHub) kill(sig syscall.Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd.Process == nil {
		return
	}
	h.cmd.Process.Signal(sig)
	h.cmd.Wait()
}

// killPostgres kills the postmaster and every backend at once, so that nothing that is only
// in shared memory survives.
func (h *theHub) killPostgres(t *testing.T) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(h.dir, "data/postgres/*/postmaster.pid"))
	if len(files) == 0 {
		return // down already; the supervisor is starting it again
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(b), "\n", 2)[0]))
	if err != nil {
		return
	}
	for _, p := range append(children(pid), pid) {
		syscall.Kill(p, syscall.SIGKILL)
	}
}

func children(parent int) []int {
	var out []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		rest := string(b[bytes.LastIndexByte(b, ')')+1:])
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			out = append(out, pid)
		}
	}
	return out
}

// database is the superuser's address of the hub's private database.
func (h *theHub) database(t *testing.T) string {
	t.Helper()
	var dir string
	waitFor(t, "the database socket", time.Minute, func() bool {
		for _, pattern := range []string{filepath.Join(h.dir, "data/postgres/run/.s.PGSQL.*"), filepath.Join(h.dir, "data/postgres/run")} {
			if found, _ := filepath.Glob(pattern); len(found) > 0 {
				dir = filepath.Join(h.dir, "data/postgres/run")
				return true
			}
		}
		return false
	}, h.out.String)
	return "postgres:///wardline?host=" + url.QueryEscape(dir) + "&user=postgres"
}

func waitFor(t *testing.T, what string, within time.Duration, ok func() bool, context func() string) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s\n%s", within, what, context())
		}
		time.Sleep(50 * time.Millisecond) // the pause of a poll, not a wait for something to have happened
	}
}

// browser is a signed-in client of one listener.
type browser struct {
	base string
	http *http.Client
}

func newBrowser(base string) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{base: "http://" + base, http: &http.Client{Jar: plainJar{jar}, Timeout: 10 * time.Second}}
}

// plainJar stores and sends Secure cookies over http on loopback, as browsers do.
type plainJar struct{ http.CookieJar }

func (j plainJar) SetCookies(u *url.URL, c []*http.Cookie) {
	s := *u
	s.Scheme = "https"
	j.CookieJar.SetCookies(&s, c)
}

func (j plainJar) Cookies(u *url.URL) []*http.Cookie {
	s := *u
	s.Scheme = "https"
	return j.CookieJar.Cookies(&s)
}

// do sends in as JSON and reads the answer into out. It returns the status, 0 when there
// was no answer.
func (b *browser) do(ctx context.Context, method, path string, in, out any) (int, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.base+"/api/v1"+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", b.base)
	res, err := b.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if res.StatusCode >= 300 {
		return res.StatusCode, fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	if out == nil || len(raw) == 0 {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.Unmarshal(raw, out)
}

func (b *browser) must(t *testing.T, method, path string, in, out any) {
	t.Helper()
	if _, err := b.do(t.Context(), method, path, in, out); err != nil {
		t.Fatal(err)
	}
}

var linkToken = regexp.MustCompile(`#token=(\S+)`)

// admin signs in at the console by the link the hub printed at its first start.
func (h *theHub) admin(t *testing.T) *browser {
	t.Helper()
	waitFor(t, "the administrator link", 20*time.Second, func() bool { return linkToken.MatchString(h.out.String()) }, h.out.String)
	token, err := url.QueryUnescape(linkToken.FindStringSubmatch(h.out.String())[1])
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(h.console)
	b.must(t, "POST", "/auth/link", map[string]string{"token": token}, nil)
	return b
}

// nurse activates the account of a staff number and registers a device able to receive.
func (h *theHub) nurse(t *testing.T, admin *browser, staff string) *browser {
	t.Helper()
	b := h.activate(t, admin, staff)
	key, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	sign := make([]byte, 32)
	rand.Read(sign)
	b.must(t, "POST", "/devices", map[string]any{"name": "Harness", "kem_public": key.PublicKey().Bytes(), "sign_public": sign}, nil)
	return b
}

// activate sets the first password of a staff number's account and signs in.
func (h *theHub) activate(t *testing.T, admin *browser, staff string) *browser {
	t.Helper()
	var found struct {
		Items []struct {
			Account *struct{ ID string }
		}
	}
	waitFor(t, "person "+staff, 30*time.Second, func() bool {
		_, err := admin.do(t.Context(), "GET", "/persons?q="+staff, nil, &found)
		return err == nil && len(found.Items) == 1 && found.Items[0].Account != nil
	}, h.out.String)
	var code struct{ Code string }
	admin.must(t, "POST", "/accounts/"+found.Items[0].Account.ID+"/code", map[string]any{}, &code)
	b := newBrowser(h.chat)
	b.must(t, "POST", "/auth/activate", map[string]string{"login": staff, "code": code.Code, "password": "drei-Lampen-im-Flur"}, nil)
	return b
}
