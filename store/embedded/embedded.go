package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Superuser is the cluster's bootstrap role. The hub uses it only to create its own roles
// and databases; it works as roles without superuser rights.
const Superuser = "postgres"

// Options say where the cluster lives.
type Options struct {
	Dir string       // created when absent; its parents must be traversable for user postgres when run as root
	Log *slog.Logger // nil discards
	// ExtraSettings are postgresql.conf settings that win over the defaults of this package.
	// Turning fsync off here is for throw-away databases only; the hub refuses such a server.
	ExtraSettings map[string]string
}

// Server is a running PostgreSQL and its supervisor.
type Server struct {
	install  Install
	data     string // data directory, cwd of every process of this cluster
	sockets  string
	logs     string
	settings map[string]string
	owner    *syscall.Credential // nil: PostgreSQL runs as we do
	log      *slog.Logger
	lock     *os.File

	restarts atomic.Int64
	pid      atomic.Int64  // of the postmaster, 0 while none runs
	stop     chan struct{} // closed by Stop
	stopping atomic.Bool
	ready    chan struct{} // closed at the first readiness
	done     chan struct{} // closed when the supervisor has ended
	err      error         // why, valid after done
}

// Start makes the cluster when there is none (about a second), starts it and returns when
// it accepts connections. ctx bounds the start only; Stop ends the server. It refuses a
// directory that another hub uses, and data of a major version that is not installed.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	go s.supervise()
	select {
	case <-s.ready:
		return s, nil
	case <-s.done:
		return nil, s.err
	case <-ctx.Done():
		// The caller gave up; its context must not cut the clean end short as well.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = s.Stop(end)
		return nil, fmt.Errorf("start PostgreSQL: %w", ctx.Err())
	}
}

func prepare(ctx context.Context, o Options) (_ *Server, err error) {
	installed, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	owner, err := serverUser()
	if err != nil {
		return nil, err
	}
	dir, err := makeRoot(o.Dir, owner)
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	install, err := choose(dir, installed)
	if err != nil {
		return nil, err
	}
	s := &Server{
		install: install, owner: owner, lock: lock, settings: o.ExtraSettings, log: o.Log,
		data: filepath.Join(dir, strconv.Itoa(install.Major)), sockets: socketDir(dir), logs: filepath.Join(dir, "log"),
		stop: make(chan struct{}), ready: make(chan struct{}), done: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, s.makeCluster(ctx)
}

// URL addresses a database of this server over its socket.
func (s *Server) URL(database, user string) string { return socketURL(s.sockets, database, user) }

// URL addresses a database of the server that some hub runs in dir, for the commands that
// work beside a running hub. It does not look whether one runs.
func URL(dir, database, user string) (string, error) {
	real, err := realPath(dir)
	if err != nil {
		return "", err
	}
	return socketURL(socketDir(real), database, user), nil
}

// socketURL names the port too, since PGPORT in our environment would win otherwise.
func socketURL(sockets, database, user string) string {
	q := url.Values{"host": {sockets}, "port": {"5432"}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}

// Install tells which PostgreSQL runs, for pg_dump of the same version and for reports.
func (s *Server) Install() Install { return s.install }

// PID is the postmaster's process, 0 while none runs.
func (s *Server) PID() int { return int(s.pid.Load()) }

// Restarts counts how often PostgreSQL came back after ending by itself.
func (s *Server) Restarts() int { return int(s.restarts.Load()) }

// Wait blocks until the server has ended: nil after Stop, otherwise why the supervisor
// gave up. A hub without a database cannot keep any promise; it should end with this error.
func (s *Server) Wait() error {
	<-s.done
	return s.err
}

// Stop ends PostgreSQL by fast shutdown: sessions are cut, committed data is flushed.
// When ctx ends first, by immediate shutdown, which costs a recovery at the next start
// and no data. It may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	if s.stopping.CompareAndSwap(false, true) {
		close(s.stop)
	}
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT)
	select {
	case <-s.done:
	case <-time.After(killAfter):
		s.signal(syscall.SIGKILL)
		<-s.done
	}
	return fmt.Errorf("stop PostgreSQL in good order: %w", ctx.Err())
}

// killAfter is how long an immediate shutdown may take; PostgreSQL itself kills its
// backends after 5 s.
const killAfter = 8 * time.Second

func (s *Server) signal(sig syscall.Signal) {
	if pid := s.PID(); pid > 0 {
		_ = syscall.Kill(pid, sig) // gone already: nothing to do
	}
}
