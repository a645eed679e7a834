package storetest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/store/storetest"
)

// hang makes the test binary open a database, print its data directory and wait to be killed.
const hang = "WARDLINE_TEST_STORETEST_HANG"

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

var migrations atomic.Int64

func migrate(ctx context.Context, adminURL string) error {
	migrations.Add(1)
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `create role storetest_reader login; create table t (n int); grant select on t to storetest_reader`)
	return err
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestEachTestHasItsOwnMigratedDatabase(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			conn := connect(t, storetest.New(t, migrate))
			var n int
			if _, err := conn.Exec(t.Context(), `insert into t values (1)`); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRow(t.Context(), `select count(*) from t`).Scan(&n); err != nil || n != 1 {
				t.Errorf("rows: %d, %v", n, err)
			}
			if got := migrations.Load(); got != 1 {
				t.Errorf("migrated %d times", got)
			}
		})
	}
}

func TestDatabaseIsDroppedUnderOpenConnections(t *testing.T) {
	var url string
	t.Run("use", func(t *testing.T) {
		url = storetest.New(t, migrate)
		if _, err := pgx.Connect(t.Context(), url); err != nil { // left open on purpose
			t.Fatal(err)
		}
	})
	if _, err := pgx.Connect(t.Context(), url); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("after the test: %v", err)
	}
}

func TestAs(t *testing.T) {
	conn := connect(t, storetest.As(t, storetest.New(t, migrate), "storetest_reader"))
	var user, fsync string
	if err := conn.QueryRow(t.Context(), `select current_user, current_setting('fsync')`).Scan(&user, &fsync); err != nil {
		t.Fatal(err)
	}
	if user != "storetest_reader" || fsync != "on" {
		t.Errorf("user %s, fsync %s", user, fsync)
	}
}

func TestHang(t *testing.T) {
	if os.Getenv(hang) == "" {
		t.Skip("only as the child of TestKilledTestBinaryLeavesNothing")
	}
	conn := connect(t, storetest.New(t, migrate))
	var data string
	if err := conn.QueryRow(t.Context(), `show data_directory`).Scan(&data); err != nil {
		t.Fatal(err)
	}
	fmt.Println("data " + data)
	time.Sleep(time.Minute)
}

func TestKilledTestBinaryLeavesNothing(t *testing.T) {
	tmp, err := os.MkdirTemp("", "st")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o711); err != nil {
		t.Fatal(err)
	}
	first := hangIn(t, tmp)
	second := hangIn(t, tmp) // sweeps what the killed first one left
	if first == second {
		t.Fatalf("both used %s", first)
	}
	if _, err := os.Stat(filepath.Dir(first)); !os.IsNotExist(err) {
		t.Errorf("the first one's directory is still there (%v)", err)
	}
}

// hangIn runs TestHang with its own temporary directory, kills it and waits until its
// PostgreSQL has ended. It returns the data directory.
func hangIn(t *testing.T, tmp string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHang$", "-test.v")
	cmd.Env = append(os.Environ(), hang+"=1", "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	data := ""
	for lines := bufio.NewScanner(out); data == "" && lines.Scan(); {
		data, _ = strings.CutPrefix(lines.Text(), "data ")
		if data == lines.Text() {
			data = ""
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if data == "" {
		t.Fatal("the child opened no database")
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); os.IsNotExist(err) {
			return data
		}
		if time.Now().After(end) {
			t.Fatal("PostgreSQL outlives the killed test binary")
		}
	}
}

// BenchmarkClone says which strategy New should use.
func BenchmarkClone(b *testing.B) {
	url := storetest.New(b, migrate)
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, strategy := range []string{"wal_log", "file_copy"} {
		b.Run(strategy, func(b *testing.B) {
			for b.Loop() {
				for _, sql := range []string{`create database bench template wardline_template strategy ` + strategy, `drop database bench`} {
					if _, err := conn.Exec(b.Context(), sql); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
