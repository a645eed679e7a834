package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/knadh/koanf/parsers/yaml"

	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// outcome is how a command ended.
type outcome struct {
	code int
	out  string // standard output
	text string // both outputs
}

// run runs a subcommand to its end.
func (h *theHub) run(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, h.cmd.Path, args...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	var both lockedBuffer // both outputs are copied at the same time
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, &both), &both
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("wardline %s: %v", strings.Join(args, " "), err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), both.String()}
}

// flags are those of the running hub.
func (h *theHub) flags() []string {
	return []string{"--data-dir", filepath.Join(h.dir, "data"), "--chat", h.chat, "--console", h.console, "--manage", h.management}
}

// elsewhere is a directory and addresses that no hub uses.
func elsewhere(t *testing.T) (dir string, flags []string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "wl-ops-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL runs as another user when the tests run as root
		t.Fatal(err)
	}
	return dir, []string{"--data-dir", filepath.Join(dir, "data"), "--chat", hubtest.MustFreeAddr(t), "--console", hubtest.MustFreeAddr(t), "--manage", hubtest.MustFreeAddr(t)}
}

// TestOperations does with one hub what an operator does, in an order in which each step
// finds what the one before left.
func TestOperations(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a hub several times")
	}
	s := newStation(t)
	t.Run("doctor beside a running hub", s.testDoctor)
	t.Run("doctor finds a taken port", s.testDoctorPort)
	t.Run("second hub", s.testSecondHub)
	t.Run("unknown settings", s.testUnknownSettings)
	t.Run("migrate twice", s.testMigrate)
	t.Run("openapi", s.testOpenAPI)
	t.Run("admin link", s.testAdminLink)
	t.Run("hangup", s.testHangup)
	t.Run("database away", s.testDatabaseAway)
	t.Run("end under load", s.testEnd)
	t.Run("external database", s.testExternal)
}

// finding is one line of the doctor.
type finding struct {
	Name, Detail, Mend string
	OK                 bool
}

func (s *station) testDoctor(t *testing.T) {
	doctor := func() outcome { return s.run(t, nil, append([]string{"doctor"}, s.flags()...)...) }
	if got := doctor(); got.code != 1 || strings.Count(got.text, "MEND") != 1 || !strings.Contains(got.text, "-> run beside the hub: wardline recorder") {
		t.Errorf("without its recorder: exit %d: %s", got.code, got.text)
	}
	s.recorder(t)
	var got outcome
	waitFor(t, "the doctor to find nothing", 30*time.Second, func() bool { got = doctor(); return got.code == 0 }, func() string { return got.text })
	if strings.Contains(got.text, "MEND") {
		t.Errorf("%s", got.text)
	}
	got = s.run(t, nil, append([]string{"doctor", "--json"}, s.flags()...)...)
	var all []finding
	if err := json.Unmarshal([]byte(got.out), &all); err != nil || got.code != 0 {
		t.Fatalf("exit %d, %v: %s", got.code, err, got.text)
	}
	named := map[string]bool{}
	for _, f := range all {
		named[f.Name] = f.OK
	}
	for _, want := range []string{"data directory", "master key", "PostgreSQL", "database safety", "database schema", "clock", "chat listener", "console listener", "management listener", "chat app"} {
		if !named[want] {
			t.Errorf("%s is missing or not in order: %s", want, got.text)
		}
	}
}

func (s *station) testDoctorPort(t *testing.T) {
	_, flags := elsewhere(t)
	l, err := net.Listen("tcp", flags[3])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := s.run(t, nil, append([]string{"doctor"}, flags...)...)
	_, port, _ := net.SplitHostPort(flags[3])
	if got.code != 1 || !strings.Contains(got.text, "MEND  chat listener") || !strings.Contains(got.text, "-> ss -ltnp 'sport = :"+port+"'; or set chat.addr") {
		t.Errorf("exit %d: %s", got.code, got.text)
	}
	got = s.run(t, nil, append([]string{"serve"}, flags...)...)
	if got.code != 1 || !strings.Contains(got.text, "open chat listener") || !strings.Contains(got.text, "address already in use") {
		t.Errorf("serve: exit %d: %s", got.code, got.text)
	}
}

// testSecondHub starts another hub, and a migration, on the running one's directory.
func (s *station) testSecondHub(t *testing.T) {
	_, flags := elsewhere(t)
	flags[1] = filepath.Join(s.dir, "data")
	for _, command := range []string{"serve", "migrate"} {
		got := s.run(t, nil, append([]string{command}, flags...)...)
		if got.code != 1 || !strings.Contains(got.text, fmt.Sprintf("in use by another hub (process %d): stop it first", s.cmd.Process.Pid)) {
			t.Errorf("%s: exit %d: %s", command, got.code, got.text)
		}
	}
	s.waitReady(t)
}

func (s *station) testUnknownSettings(t *testing.T) {
	dir, flags := elsewhere(t)
	for _, c := range []struct{ name, file, env, want string }{
		{"in the file", "chatt:\n  addr: 127.0.0.1:1\n", "", "chatt"},
		{"below in the file", "chat:\n  adress: 127.0.0.1:1\n", "", "adress"},
		{"in the environment", "", "WARDLINE_CHAT_ADRESS=127.0.0.1:1", "WARDLINE_CHAT_ADRESS"},
		{"wrong type", "retention:\n  raw_days: viel\n", "", "raw_days"},
		{"out of range", "retention:\n  raw_days: 999\n", "", "retention.raw_days must be 1 to 365"},
		{"no yaml", "chat: [", "", "wardline.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, "wardline.yaml")
			if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got := s.run(t, []string{c.env}, append([]string{"serve", "--config", path}, flags...)...)
			if got.code != 1 || !strings.Contains(got.text, c.want) || strings.Contains(got.text, "goroutine") {
				t.Errorf("exit %d: %s", got.code, got.text)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("a hub that was refused has left a data directory")
	}
}

func (s *station) testMigrate(t *testing.T) {
	_, flags := elsewhere(t)
	for range 2 {
		if got := s.run(t, nil, append([]string{"migrate"}, flags...)...); got.code != 0 {
			t.Fatalf("exit %d: %s", got.code, got.text)
		}
	}
	if _, err := os.Stat(filepath.Join(flags[1], "postgres/lock")); err != nil {
		t.Errorf("no database was made: %v", err)
	}
}

func (s *station) testOpenAPI(t *testing.T) {
	for listener, path := range map[string]string{"chat": "/api/v1/stream", "console": "/api/v1/connectors"} {
		got := s.run(t, nil, "openapi", listener)
		doc, err := yaml.Parser().Unmarshal([]byte(got.out))
		if err != nil || got.code != 0 {
			t.Errorf("%s: exit %d, %v", listener, got.code, err)
			continue
		}
		paths, _ := doc["paths"].(map[string]any)
		if doc["openapi"] != "3.1.0" || paths[path] == nil {
			t.Errorf("%s: version %v, %d paths", listener, doc["openapi"], len(paths))
		}
	}
	if got := s.run(t, nil, "openapi", "fax"); got.code == 0 {
		t.Error("a listener that does not exist has a document")
	}
}

// testAdminLink follows the link `wardline admin` prints and sets a password with it. The
// administrator who was signed in so far is signed out by that.
func (s *station) testAdminLink(t *testing.T) {
	b := s.followNewLink(t)
	const password = "Turmuhr-Elf-Linden"
	if status, err := b.do(t.Context(), "POST", "/me/password", map[string]string{"password": "kurz"}, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d %v", status, err)
	}
	b.must(t, "POST", "/me/password", map[string]string{"password": password}, nil)
	if status, _ := s.admin.do(t.Context(), "GET", "/me", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("an earlier session goes on: %d", status)
	}
	var me struct {
		Login string
		Has   bool `json:"has_password"`
	}
	b.must(t, "GET", "/me", nil, &me)
	if !me.Has {
		t.Error("the console does not know of the password")
	}
	signIn := func(password string) int {
		status, _ := newBrowser(s.console).do(t.Context(), "POST", "/auth/login", map[string]string{"login": me.Login, "password": password}, nil)
		return status
	}
	if wrong, right := signIn(password+"x"), signIn(password); wrong != http.StatusUnauthorized || right != http.StatusOK {
		t.Errorf("a wrong password: %d, the right one: %d", wrong, right)
	}
	s.admin = s.followNewLink(t)
	if status := signIn(password); status != http.StatusUnauthorized {
		t.Errorf("the password still works after a new link: %d", status)
	}
}

// followNewLink signs in by a link that `wardline admin` prints, which works once.
func (s *station) followNewLink(t *testing.T) *browser {
	t.Helper()
	got := s.run(t, []string{"WARDLINE_CONSOLE_URL=http://" + s.console}, append([]string{"admin"}, s.flags()...)...)
	found := linkToken.FindStringSubmatch(got.out)
	if got.code != 0 || found == nil {
		t.Fatalf("exit %d: %s", got.code, got.text)
	}
	token, err := url.QueryUnescape(found[1])
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(s.console)
	b.must(t, "POST", "/auth/link", map[string]string{"token": token}, nil)
	if status, _ := newBrowser(s.console).do(t.Context(), "POST", "/auth/link", map[string]string{"token": token}, nil); status != http.StatusUnauthorized {
		t.Errorf("the link worked twice: %d", status)
	}
	return b
}

// testHangup reloads the hub. A connector finishes what it has in hand and starts again on
// its socket: a source that comes back is never turned away, and phones notice nothing.
func (s *station) testHangup(t *testing.T) {
	ws := s.socket(t, prepareWard(t, s.theHub, s.admin, s.mllpAddr, &ledger{}))
	ws.hello(t)
	ws.expect(t, "ready", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := &ledger{}
	var load sync.WaitGroup
	load.Go(func() {
		for ctx.Err() == nil {
			if conn, err := net.Dial("tcp", s.mllpAddr); err != nil {
				t.Errorf("turned away: %v", err)
			} else {
				conn.Close()
			}
		}
	})
	load.Go(func() { sendStaff(ctx, s.mllpAddr, l) })
	for n := range 3 {
		before, _, _ := l.sizes()
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the reload", 10*time.Second, func() bool { return strings.Count(s.out.String(), `"reloaded"`) > n }, s.out.String)
		waitFor(t, "a message after it", 10*time.Second, func() bool { now, _, _ := l.sizes(); return now > before+1 }, s.out.String)
		ws.say(t, `{"t":"still there?"}`)
		ws.expect(t, "error", "unknown_type")
	}
	cancel()
	load.Wait()
	if lost := audit(t, s.theHub, l); len(lost) > 0 {
		t.Errorf("acknowledged and lost: %v", lost)
	}
	s.witness(t)
	s.undisturbed(t)
}

// testDatabaseAway kills PostgreSQL until the hub is seen not to be ready, which can pass in
// less time than a request takes, and then waits for it to be ready by itself.
func (s *station) testDatabaseAway(t *testing.T) {
	s.witness(t)
	ready := func() int {
		res, err := http.Get("http://" + s.management + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	seen := false
	for range 10 {
		s.killPostgres(t)
		for end := time.Now().Add(time.Second); !seen && time.Now().Before(end); {
			seen = ready() == http.StatusServiceUnavailable
		}
		if seen {
			break
		}
		s.waitReady(t)
	}
	if !seen {
		t.Error("ready while its database was dead")
	}
	if a := call(t, s.management, "GET", "/livez", http.Header{}, nil); a.status != http.StatusOK {
		t.Errorf("not alive: %d", a.status)
	}
	s.waitReady(t)
	s.undisturbed(t)
}

// testEnd ends the hub under load and open lines of every kind, starts it again and holds
// the database against what the sources were told.
func (s *station) testEnd(t *testing.T) {
	nurse := s.anotherDevice(t, "9000")
	var sockets []*socket
	for range 5 {
		ws := s.socket(t, s.anotherDevice(t, "9000"))
		ws.hello(t)
		sockets = append(sockets, ws)
	}
	half := s.dialKIS(t)
	defer half.Close()
	half.Write([]byte("\x0bMSH|^~\\&|half a message"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := &ledger{accepted: map[string]string{}}
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() { s.stream(ctx, t, l) })
	}
	load.Go(func() { raiseCalls(ctx, s.espaAddr, l) })
	waitFor(t, "load", 30*time.Second, func() bool { n, calls, _ := l.sizes(); return n > 50 && calls > 5 }, s.out.String)
	began := time.Now()
	s.kill(syscall.SIGTERM)
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("ended after %v", took)
	} else {
		t.Logf("ended after %v", took.Round(time.Millisecond))
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit %d: %s", code, s.out.String())
	}
	cancel()
	load.Wait()
	for _, ws := range sockets {
		if code := ws.closed(t); code != 4005 { // "bye restart": phones come back at once
			t.Errorf("a socket was ended with %d", code)
		}
	}
	s.start(t)
	if lost := audit(t, s.theHub, l); len(lost) > 0 {
		t.Errorf("%d were acknowledged and are lost: %v", len(lost), lost[:min(len(lost), 5)])
	}
	staff, calls, _ := l.sizes()
	t.Logf("acknowledged %d messages and %d calls", staff, calls)
	nurse.must(t, "GET", "/rooms", nil, nil) // the session has lived on
	var list struct{ Items []struct{ ID string } }
	s.admin.must(t, "GET", "/connectors", nil, &list)
	if len(list.Items) != 4 {
		t.Errorf("%d connectors after the restart", len(list.Items))
	}
	s.witness(t)
	s.undisturbed(t)
}

// stream sends members of staff on one connection, each waiting for the one before to be
// acknowledged. A connection that ends without an answer leaves its last message untold.
func (s *station) stream(ctx context.Context, t *testing.T, l *ledger) {
	line := s.dialKIS(t)
	defer line.Close()
	for i := 0; ctx.Err() == nil; i++ {
		number := fmt.Sprintf("%d%03d", time.Now().UnixNano()%1e9, i)
		line.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := line.Write(mllpFrame(staffMessage(number))); err != nil {
			return
		}
		reply, err := line.frames.ReadFrame()
		if err != nil {
			return
		}
		ack, err := hl7.Parse(reply)
		if err != nil || ack.Get("MSA-2").String() != "C"+number {
			t.Errorf("message C%s was answered %q", number, reply)
			return
		}
		if ack.Get("MSA-1").String() == "CA" {
			l.note(func() { l.staff = append(l.staff, number) })
		}
	}
}

func staffMessage(number string) []byte {
	return []byte("MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000||MFN^M02^MFN_M02|C" + number + "|P|2.5|||AL|NE||UNICODE UTF-8\r" +
		"MFI|PRA|KIS|UPD|20260201080000||NE\rMFE|MAD|R" + number + "||" + number + "^^KIS|CE\r" +
		"STF|" + number + "^^KIS|" + number + "^^^KIS^PN|Probe" + number + "^Eva|N|||A\rORG|1|4B^Station 4B|WARD|Y\r")
}

// testExternal runs a hub on a database of somebody else: one that could forget commits is
// refused, before anything is served, and a safe one is used.
func (s *station) testExternal(t *testing.T) {
	owner := storetest.New(t, store.Migrate)
	db, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	set := func(value string) {
		var name string
		if err := db.QueryRow(t.Context(), `select current_database()`).Scan(&name); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `alter database `+name+` set synchronous_commit = `+value); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"WARDLINE_DATABASE_URL=" + storetest.As(t, owner, store.AppRole), "WARDLINE_DATABASE_OWNER_URL=" + owner}
	_, flags := elsewhere(t)
	set("off")
	got := s.run(t, env, append([]string{"serve"}, flags...)...)
	if got.code != 1 || !strings.Contains(got.text, "synchronous_commit is off, mend with: ") || strings.Contains(got.text, "listening") {
		t.Errorf("exit %d: %s", got.code, got.text)
	}
	got = s.run(t, env, append([]string{"doctor"}, flags...)...)
	if got.code != 1 || !strings.Contains(got.text, "MEND  database safety") {
		t.Errorf("doctor: exit %d: %s", got.code, got.text)
	}
	set("on")
	got = s.run(t, []string{"WARDLINE_DATABASE_URL=" + owner, "WARDLINE_DATABASE_OWNER_URL=" + owner}, append([]string{"serve"}, flags...)...)
	if got.code != 1 || !strings.Contains(got.text, "can bypass row-level security") {
		t.Errorf("as superuser: exit %d: %s", got.code, got.text)
	}
	s.serveExternal(t, env, flags)
}

// serveExternal starts a hub, gives it one call and ends it.
func (s *station) serveExternal(t *testing.T, env, flags []string) {
	t.Helper()
	other := &station{theHub: &theHub{dir: filepath.Dir(flags[1]), chat: flags[3], console: flags[5], management: flags[7]}, espaAddr: hubtest.MustFreeAddr(t)}
	other.cmd = exec.Command(s.cmd.Path, append([]string{"serve"}, flags...)...)
	other.cmd.Env = append(append(os.Environ(), "WARDLINE_CONSOLE_URL=http://"+other.console), env...)
	other.cmd.Stdout, other.cmd.Stderr = &other.out, &other.out
	if err := other.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.kill(syscall.SIGTERM)
	other.waitReady(t)
	other.admin = other.theHub.admin(t)
	other.connector(t, "espa-x", "Rufanlage", map[string]any{"address": other.espaAddr, "user": faultUser, "password": faultPassword})
	start := wire.Message{Name: "REQ.P-START", InvokeID: 2}.With("CP-PR-REF", "auswärts").With("CP-TEXTMSG", "Ruf").With("CP-WARD", "4B")
	if got := other.logIn(t).ask(t, start); got.Code() != wire.OK {
		t.Errorf("a call was answered %d", got.Code())
	}
	if _, err := os.Stat(filepath.Join(flags[1], "postgres")); err == nil {
		t.Error("a private database was made beside the external one")
	}
	if bytes.Contains([]byte(other.out.String()), []byte("PostgreSQL is ready")) {
		t.Error("a private PostgreSQL was started")
	}
}
