// Package storetest gives tests a real PostgreSQL database of their own.
//
// Each test binary starts one private cluster at its first New (about a second) with the
// durability settings of production, since the hub refuses any other. One template
// database in it is migrated once; every test works on a clone. The kernel ends the
// cluster with the test binary, after a panic, a timeout or a kill too; its directory is
// removed by Main, or else by the next test binary that starts one.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/store/embedded"
)

// Migrate brings an empty database to the product's schema. adminURL connects as
// superuser. It is an argument because package store's own tests use storetest.
type Migrate func(ctx context.Context, adminURL string) error

const (
	dirPrefix = "wardline-storetest-"
	template  = "wardline_template"
	startup   = 90 * time.Second // of cluster and migrations on a busy machine
)

// cluster belongs to the process as a whole: `go test` gives no other place to share one
// server between tests that run in parallel.
type cluster struct {
	mu     sync.Mutex
	dir    string
	server *embedded.Server
	ready  bool // the template is migrated
	err    error
}

var shared cluster

// Main runs the tests of a package and removes the cluster afterwards. A package without
// it works too and leaves the directory to the next one. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }
func Main(m *testing.M) int {
	defer shared.end()
	return m.Run()
}

// New returns the superuser's URL of a fresh database, a clone of the one that migrate
// made; As changes the role. The first call's migrate makes the template for the whole
// test binary. The database is dropped when the test ends, whoever is still connected.
// Where no PostgreSQL is installed the test fails with the command that installs it.
func New(tb testing.TB, migrate Migrate) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), startup)
	defer cancel()
	if err := shared.prepare(ctx, migrate); err != nil {
		tb.Fatalf("test database: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:12])
	// FILE_COPY is no faster (BenchmarkClone) and forces two checkpoints of the whole
	// cluster, which the tests running beside this one would feel.
	if err := shared.exec(ctx, `create database `+name+` template `+template+` strategy wal_log`); err != nil {
		tb.Fatalf("clone the test database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startup)
		defer cancel()
		if err := shared.exec(ctx, `drop database `+name+` with (force)`); err != nil {
			tb.Errorf("drop the test database: %v", err)
		}
	})
	return shared.server.URL(name, embedded.Superuser)
}

// As returns databaseURL with another role to connect as.
func As(tb testing.TB, databaseURL, role string) string {
	tb.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatalf("test database URL: %v", err)
	}
	u.User = url.User(role)
	return u.String()
}

// prepare starts the cluster and migrates the template once. A failure stays: a second
// test would only wait for the same.
func (c *cluster) prepare(ctx context.Context, migrate Migrate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready || c.err != nil {
		return c.err
	}
	c.err = c.start(ctx)
	if c.err == nil {
		c.err = c.makeTemplate(ctx, migrate)
	}
	c.ready = c.err == nil
	return c.err
}

func (c *cluster) start(ctx context.Context) error {
	sweep()
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return fmt.Errorf("create a directory: %w", err)
	}
	// User postgres must pass through it when the tests run as root.
	if err := os.Chmod(dir, 0o711); err != nil {
		return fmt.Errorf("open the directory: %w", err)
	}
	c.dir = dir
	c.server, err = embedded.Start(ctx, embedded.Options{Dir: dir})
	return err
}

func (c *cluster) makeTemplate(ctx context.Context, migrate Migrate) error {
	if err := c.exec(ctx, `create database `+template); err != nil {
		return fmt.Errorf("create the template: %w", err)
	}
	if err := migrate(ctx, c.server.URL(template, embedded.Superuser)); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	// A connection to the template would make every clone fail.
	return c.exec(ctx, `alter database `+template+` with allow_connections false`)
}

func (c *cluster) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, c.server.URL("postgres", embedded.Superuser))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

// end stops the server the quick way, as nothing of it is kept, and removes it.
func (c *cluster) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = c.server.Stop(ctx)
	}
	if c.dir != "" {
		os.RemoveAll(c.dir)
	}
}

// sweep removes the directories of test binaries that ended without Main. One in use has
// its lock held; one just being made has no lock yet and is left alone for an hour.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	for _, dir := range dirs {
		if abandoned(dir) {
			os.RemoveAll(dir)
		}
	}
}

func abandoned(dir string) bool {
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if errors.Is(err, os.ErrNotExist) {
		info, err := os.Stat(dir)
		return err == nil && time.Since(info.ModTime()) > time.Hour
	}
	if err != nil {
		return false
	}
	defer lock.Close()
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil
}
