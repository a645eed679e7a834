package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/store/embedded"
)

// childDir makes the test binary act as a hub that only runs PostgreSQL in that directory.
const childDir = "WARDLINE_TEST_EMBEDDED_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		s, err := embedded.Start(context.Background(), embedded.Options{Dir: dir})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.PID())
		_ = s.Wait()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// newDir differs from t.TempDir in that user postgres may pass through it.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wardline-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, dir string) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: dir})
	if errors.Is(err, embedded.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func query[T any](t *testing.T, s *embedded.Server, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", embedded.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var v T
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestKeepsDataOverStopAndStart(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, dir)
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", embedded.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `create table kept as select 42 as n`); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	if err := s.Wait(); err != nil {
		t.Errorf("Wait after Stop: %v", err)
	}
	if got := query[int](t, start(t, dir), `select n from kept`); got != 42 {
		t.Errorf("after a restart the row is %d, want 42", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := start(t, newDir(t))
	for name, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"listen_addresses": "", "server_encoding": "UTF8", "lc_collate": "C.UTF-8",
		"log_min_error_statement": "panic", "log_statement": "none", "log_parameter_max_length": "0",
	} {
		if got := query[string](t, s, `select setting from pg_settings where name = '`+name+`'`); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, sub := range []string{"run", "log", fmt.Sprint(s.Install().Major)} {
		info, err := os.Stat(filepath.Join(filepath.Dir(dirOf(t, s)), sub))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: mode %v, error %v, want 0700", sub, info.Mode(), err)
		}
	}
}

func dirOf(t *testing.T, s *embedded.Server) string {
	return query[string](t, s, `show data_directory`)
}

// An error of a statement quotes the value in it, so the log must stay without it.
func TestLogHoldsNoValues(t *testing.T) {
	t.Parallel()
	s := start(t, newDir(t))
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", embedded.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `select 'Mustermann'::int`); err == nil {
		t.Fatal("the statement did not fail")
	}
	dir := dirOf(t, s)
	stop(t, s) // writes the log out
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "log", "*"))
	if len(files) < 2 {
		t.Fatalf("log files: %v", files)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "Mustermann") {
			t.Errorf("%s holds the value (read error: %v)", file, err)
		}
	}
}

func TestSecondHubIsRefused(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	start(t, dir)
	_, err := embedded.Start(t.Context(), embedded.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in use by another hub (process %d)", os.Getpid())) {
		t.Errorf("second Start: %v", err)
	}
}

func TestWrongSettingIsToldAtOnce(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	_, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, ExtraSettings: map[string]string{"shared_buffers": "much"}})
	if errors.Is(err, embedded.ErrNotInstalled) {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
		t.Errorf("Start: %v", err)
	}
	start(t, dir) // the failed start has given the directory back
}

func TestLongPathGetsAnotherSocketDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(newDir(t), strings.Repeat("x", 90))
	s := start(t, dir)
	if got := query[int](t, s, `select 1`); got != 1 {
		t.Error(got)
	}
	if url, err := embedded.URL(dir, "a", "b"); err != nil || url != s.URL("a", "b") {
		t.Errorf("URL = %q, %v; the server says %q", url, err, s.URL("a", "b"))
	}
	sockets := query[string](t, s, `show unix_socket_directories`)
	if stop(t, s); filepath.Dir(sockets) != filepath.Clean(os.TempDir()) {
		t.Errorf("sockets in %s", sockets)
	}
	if _, err := os.Stat(sockets); !os.IsNotExist(err) {
		t.Errorf("%s is left behind (%v)", sockets, err)
	}
}

func TestKilledUnderWritesComesBackWithEveryAckedRow(t *testing.T) {
	t.Parallel()
	s := start(t, newDir(t))
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", embedded.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `create table acked (n bigint primary key, filler text)`); err != nil {
		t.Fatal(err)
	}
	acked := 0
	for round := 1; round <= 3; round++ {
		acked += writeUntilKilled(t, s, conn, acked)
		until(t, "PostgreSQL is back", func() bool { return s.Restarts() >= round })
		if conn, err = pgx.Connect(t.Context(), s.URL("postgres", embedded.Superuser)); err != nil {
			t.Fatal(err)
		}
		var missing int
		row := conn.QueryRow(t.Context(), `select count(*) from generate_series(1, $1::bigint) n where not exists (select 1 from acked where acked.n = n.n)`, acked)
		if err := row.Scan(&missing); err != nil {
			t.Fatal(err)
		}
		if missing > 0 {
			t.Fatalf("round %d: %d of %d acknowledged rows are gone", round, missing, acked)
		}
		// The one insert in flight may have been committed without an answer.
		if _, err := conn.Exec(t.Context(), `delete from acked where n > $1`, acked); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close(context.Background())
}

// writeUntilKilled inserts the numbers after first, has the postmaster killed on the way,
// and returns how many were acknowledged.
func writeUntilKilled(t *testing.T, s *embedded.Server, conn *pgx.Conn, first int) int {
	t.Helper()
	kill, postmaster := make(chan struct{}), s.PID()
	go func() {
		<-kill
		_ = syscall.Kill(postmaster, syscall.SIGKILL)
	}()
	for n := 0; ; n++ {
		if n == 200 {
			close(kill)
		}
		if _, err := conn.Exec(t.Context(), `insert into acked values ($1, repeat('x', 20000))`, first+n+1); err != nil {
			if n < 200 {
				t.Fatal(err)
			}
			conn.Close(context.Background())
			return n
		}
		if s.PID() != postmaster { // a busy orphan may go on serving us
			conn.Close(context.Background())
			return n + 1
		}
	}
}

// A killed hub takes its PostgreSQL along without anybody's help.
func TestHubKilled(t *testing.T) {
	t.Parallel()
	postmaster := killHub(t, newDir(t))
	until(t, "the postmaster has ended", func() bool { return !alive(postmaster) })
}

// The next hub starts at once on the same data, however far the old PostgreSQL is.
func TestHubKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	postmaster := killHub(t, dir)
	s := start(t, dir)
	if alive(postmaster) {
		t.Error("the old postmaster still runs")
	}
	if got := query[int](t, s, `select 1`); got != 1 {
		t.Error(got)
	}
}

// killHub starts a hub as a process of its own, kills it and returns its postmaster.
func killHub(t *testing.T, dir string) int {
	t.Helper()
	hub := exec.Command(os.Args[0])
	hub.Env = append(os.Environ(), childDir+"="+dir)
	out, err := hub.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := hub.Start(); err != nil {
		t.Fatal(err)
	}
	var postmaster int
	if _, err := fmt.Fscan(out, &postmaster); err != nil {
		rest, _ := io.ReadAll(out)
		t.Fatalf("the child hub did not start: %v %s", err, rest)
	}
	if err := hub.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = hub.Wait()
	return postmaster
}

// alive is false for a zombie, which has no working directory any more.
func alive(pid int) bool {
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil
}

// A file left by a killed container names a process that is somebody else by now: us.
func TestStaleMarkOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, dir)
	data := dirOf(t, s)
	stop(t, s)
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n\n\n1 1\nready   \n", os.Getppid(), data)
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func ExampleStart() {
	ctx := context.Background()
	s, err := embedded.Start(ctx, embedded.Options{Dir: "/var/lib/wardline/postgres"})
	if err != nil {
		fmt.Println(err) // names what is missing and the command that mends it
		return
	}
	defer s.Stop(ctx)
	conn, err := pgx.Connect(ctx, s.URL("wardline", "wardline_app"))
	if err != nil {
		return
	}
	defer conn.Close(ctx)
}
