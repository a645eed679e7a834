package embedded

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	firstDelay = 50 * time.Millisecond // most restarts after a kill succeed at the first retry
	maxDelay   = 5 * time.Second
	giveUp     = 60 * time.Second // of failed starts in a row; a long recovery is no failed start
)

// supervise runs PostgreSQL until Stop, or until it would not start for giveUp.
//
// It keeps its OS thread: the death signal of a child follows the thread that made it,
// not the process, and Go ends idle threads.
func (s *Server) supervise() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	defer s.lock.Close()
	defer s.removeSocketDir()
	delay, failing := firstDelay, time.Time{}
	for {
		err := s.runOnce()
		if s.stopping.Load() {
			return
		}
		var failed *startError
		switch {
		case !errors.As(err, &failed): // it ran and ended by itself
			delay, failing = firstDelay, time.Time{}
			s.log.Error("PostgreSQL ended by itself, starting it again", "error", err)
		case failing.IsZero():
			failing = time.Now()
		case time.Since(failing) > giveUp:
			s.err = err
			return
		}
		if failed != nil && !failed.transient && !s.wasReady() {
			s.err = err // a first start that waiting does not mend
			return
		}
		select {
		case <-s.stop:
			return
		case <-time.After(delay):
		}
		delay = min(2*delay, maxDelay)
	}
}

func (s *Server) wasReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// startError is an end before the server ever accepted connections.
type startError struct {
	cause     error
	said      string // the server's last words
	transient bool   // old processes of the cluster are still ending
}

func (e *startError) Error() string { return fmt.Sprintf("start PostgreSQL: %v: %s", e.cause, e.said) }
func (e *startError) Unwrap() error { return e.cause }

// runOnce starts the server and returns when it has ended, with a *startError when it
// never got ready.
func (s *Server) runOnce() error {
	if err := s.clearLeftovers(); err != nil {
		return &startError{cause: err, transient: true}
	}
	said := filepath.Join(s.logs, "start.log")
	out, err := os.OpenFile(said, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return &startError{cause: fmt.Errorf("open the start log: %w", err)}
	}
	cmd := s.command(out)
	err = cmd.Start()
	out.Close()
	if err != nil {
		return &startError{cause: err}
	}
	s.pid.Store(int64(cmd.Process.Pid))
	ended, up := make(chan struct{}), make(chan bool, 1)
	go func() { up <- s.attend(cmd.Process, ended) }()
	err = cmd.Wait()
	s.pid.Store(0)
	close(ended)
	if err == nil {
		err = errors.New("exit status 0")
	}
	if <-up {
		return err
	}
	text, _ := os.ReadFile(said)
	return &startError{cause: err, said: lastLines(text), transient: transient(string(text))}
}

// transient tells the two refusals that pass by themselves once an old cluster has ended.
func transient(said string) bool {
	return strings.Contains(said, "pre-existing shared memory block") || strings.Contains(said, "postmaster.pid")
}

// command builds the server's call. Its output goes to a file, not a pipe: backends that
// outlive a killed postmaster would keep a pipe open and Wait waiting.
func (s *Server) command(out *os.File) *exec.Cmd {
	args := []string{"-D", s.data, "-k", s.sockets}
	settings := s.allSettings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(filepath.Join(s.install.Bin, "postgres"), args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = childEnv(), "/", out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: s.owner,
		Setpgid:    true,           // Ctrl-C at the terminal reaches us alone; we end it after our own work
		Pdeathsig:  syscall.SIGINT, // fast shutdown when we die
	}
	return cmd
}

// allSettings are given on the command line, where they win over postgresql.conf and
// ALTER SYSTEM.
func (s *Server) allSettings() map[string]string {
	all := map[string]string{
		"listen_addresses": "", "unix_socket_permissions": "0700", "port": "5432",
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
		"shared_buffers": "128MB", "max_connections": "100", "jit": "off", "timezone": "UTC",
		// A young database grows from empty tables to full ones within a minute; without fresh
		// statistics its plans are those of empty tables. WAL is kept for a busy hour.
		"autovacuum_naptime": "5s", "max_wal_size": "2GB", "wal_compression": "on",
		"logging_collector": "on", "log_directory": s.logs, "log_filename": "postgresql-%a.log",
		"log_rotation_age": "1d", "log_truncate_on_rotation": "on", "log_file_mode": "0600",
		// What the log must not hold: errors of single statements quote the values in them
		// ("invalid input syntax", "Key (name)=..."), so only log, fatal and panic are written,
		// without DETAIL; statements and parameters never.
		"log_min_messages": "log", "log_error_verbosity": "terse", "log_statement": "none",
		"log_min_error_statement": "panic", "log_min_duration_statement": "-1",
		"log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0",
	}
	maps.Copy(all, s.settings)
	return all
}

// attend watches one run: it tells when the server gets ready, and passes Stop on to it.
// It returns, when the process has ended, whether it was ever ready.
func (s *Server) attend(p *os.Process, ended <-chan struct{}) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	up, stop := false, s.stop
	for {
		select {
		case <-ended:
			return up
		case <-stop:
			stop = nil
			_ = p.Signal(syscall.SIGINT)
		case <-tick.C:
			if s.accepts(p.Pid) {
				up = true
				tick.Stop()
				s.announce()
			}
		}
	}
}

func (s *Server) announce() {
	if s.wasReady() {
		s.restarts.Add(1)
		s.log.Warn("PostgreSQL is back")
		return
	}
	s.log.Info("PostgreSQL is ready", "major", s.install.Major)
	close(s.ready)
}

// accepts reads what the postmaster writes for pg_ctl: its process on the first line of
// postmaster.pid, its state on the eighth.
func (s *Server) accepts(pid int) bool {
	text, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(text), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}
