package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/embedded"
)

const (
	ejabberdDatabase = "ejabberd"
	ejabberdSchema   = "/usr/share/ejabberd/sql/pg.sql"
	ejabberdBound    = time.Minute // to start, on a busy machine
)

// ejabberd is the peer: the distribution's package, run from a directory of its own. It shares
// nothing with an installation of it on this machine.
type ejabberd struct {
	dir, addr string
	cmd       *exec.Cmd
	out       lockedBuffer
	exited    chan struct{}
}

// hasEjabberd tells whether deploy/install-deps.sh bench has been run.
func hasEjabberd() bool {
	_, err := os.Stat(ejabberdSchema)
	return err == nil && ejabberdLibraries() != ""
}

// ejabberdLibraries is the directory that holds the package's, which differs by architecture.
func ejabberdLibraries() string {
	found, _ := filepath.Glob("/usr/lib/*/ejabberd-*/ebin/ejabberd.app")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(found[0])))
}

// ejabberdConfig archives every message of both kinds in PostgreSQL, as the hub does, and asks
// for nothing else that costs time: no shapers, no history for who joins, no other modules.
const ejabberdConfig = `hosts: [%[1]q]
loglevel: warning
listen:
  - {port: %[2]d, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, access: everybody}
auth_method: [sql]
auth_password_format: plain
default_db: sql
sql_type: pgsql
sql_server: %[3]q
sql_port: %[6]d
sql_database: %[4]q
sql_username: %[5]q
sql_password: ""
sql_pool_size: 10
access_rules: {everybody: {allow: all}}
modules:
  mod_muc:
    access: everybody
    access_create: everybody
    default_room_options: {mam: true, anonymous: false, max_users: 5000}
    max_users: 5000
    history_size: 0
    db_type: mnesia
    ram_db_type: mnesia
  mod_mam: {db_type: sql, default: always, assume_mam_usage: true}
  mod_offline: {db_type: sql}
  mod_stream_mgmt: {}
`

// startEjabberd makes its database in the arena, with users u0, u1, ..., and starts it.
func startEjabberd(ctx context.Context, a *arena, users int) (*ejabberd, error) {
	if err := seedEjabberd(ctx, a, users); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "wl-ejabberd-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for ejabberd: %w", err)
	}
	e := &ejabberd{dir: dir, exited: make(chan struct{})}
	if e.addr, err = hubtest.FreeAddr(); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(ejabberdConfig, xmppDomain, portOf(e.addr), a.host, ejabberdDatabase, embedded.Superuser, postgresPort)
	if err := os.WriteFile(e.path("ejabberd.yml"), []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("configure ejabberd: %w", err)
	}
	// The options of Debian's ejabberdctl, without a node name: so Erlang's port mapper, which
	// listens on every interface, is not needed.
	e.cmd = exec.Command("erl", "+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir", strconv.Quote(e.path("mnesia")), "-s", "ejabberd")
	e.cmd.Env = append(os.Environ(), "HOME="+dir, "ERL_LIBS="+ejabberdLibraries(), "ERL_MAX_PORTS=32000", "ERL_CRASH_DUMP_BYTES=0",
		"EJABBERD_CONFIG_PATH="+e.path("ejabberd.yml"), "EJABBERD_LOG_PATH="+e.path("ejabberd.log"))
	e.cmd.Dir, e.cmd.Stdout, e.cmd.Stderr = dir, &e.out, &e.out
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start ejabberd: %w", err)
	}
	go func() { _ = e.cmd.Wait(); close(e.exited) }()
	if err := e.waitReady(ctx); err != nil {
		return nil, errors.Join(err, e.stop())
	}
	return e, nil
}

func (e *ejabberd) path(name string) string { return filepath.Join(e.dir, name) }

func seedEjabberd(ctx context.Context, a *arena, users int) error {
	if err := store.CreateDatabase(ctx, a.pg.URL("postgres", embedded.Superuser), ejabberdDatabase); err != nil {
		return err
	}
	schema, err := os.ReadFile(ejabberdSchema)
	if err != nil {
		return fmt.Errorf("read ejabberd's schema: %w", err)
	}
	db, err := pgx.Connect(ctx, a.pg.URL(ejabberdDatabase, embedded.Superuser))
	if err != nil {
		return fmt.Errorf("connect to ejabberd's database: %w", err)
	}
	defer db.Close(ctx)
	if _, err := db.PgConn().Exec(ctx, string(schema)).ReadAll(); err != nil {
		return fmt.Errorf("make ejabberd's tables: %w", err)
	}
	_, err = db.Exec(ctx, `insert into users (username, password) select 'u' || i, $1 from generate_series(0, $2::int - 1) i`, xmppPassword, users)
	if err != nil {
		return fmt.Errorf("seed ejabberd's users: %w", err)
	}
	return nil
}

// waitReady signs the first user in until that works: the port opens before the database does.
func (e *ejabberd) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ejabberdBound)
	defer cancel()
	for {
		attempt, stop := context.WithTimeout(ctx, 5*time.Second)
		l, err := dialXMPP(attempt, e.addr, talker{Login: "u0"}, ear{&flights{}, 0})
		stop()
		if err == nil {
			l.close()
			return nil
		}
		select {
		case <-e.exited:
			return fmt.Errorf("ejabberd ended:\n%s", e.out.String())
		case <-ctx.Done():
			return fmt.Errorf("ejabberd did not become ready: %w; it said:\n%.4000s", err, e.out.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop asks ejabberd to end, kills it if it does not, and removes its directory.
func (e *ejabberd) stop() error {
	_ = e.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-e.exited:
	case <-time.After(15 * time.Second):
		_ = e.cmd.Process.Kill()
		<-e.exited
	}
	if err := os.RemoveAll(e.dir); err != nil {
		return fmt.Errorf("remove ejabberd's data: %w", err)
	}
	return nil
}

func portOf(addr string) int {
	_, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return n
}
