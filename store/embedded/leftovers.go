package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long processes of an earlier run may take to end before they are pushed. Backends
// notice a dead postmaster when they next wait for something.
const (
	leftoverGrace = 10 * time.Second
	leftoverLimit = 30 * time.Second
	leftoverPoll  = 20 * time.Millisecond
)

// clearLeftovers waits until no process of an earlier run works on the data and then
// removes its postmaster.pid. PostgreSQL would judge that file by the process number
// alone, which after a container's restart is often somebody else's. The lock is ours, so
// no other hub can start a server in between.
func (s *Server) clearLeftovers() error {
	begun, pushed := time.Now(), false
	for {
		left := s.leftovers()
		if len(left) == 0 {
			break
		}
		switch age := time.Since(begun); {
		case age > leftoverLimit:
			return fmt.Errorf("%d processes of an earlier PostgreSQL still use %s", len(left), s.data)
		case age > leftoverGrace:
			signalAll(left, syscall.SIGQUIT) // immediate shutdown; recovery follows
		case !pushed:
			// A postmaster shuts down, an idle orphan ends; the others end by themselves.
			signalAll(left[:1], syscall.SIGINT)
			pushed = true
		}
		select {
		case <-s.stop:
			return errors.New("stopped while an earlier PostgreSQL was ending")
		case <-time.After(leftoverPoll):
		}
	}
	err := os.Remove(filepath.Join(s.data, "postmaster.pid"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the mark of an earlier PostgreSQL: %w", err)
	}
	return nil
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) // gone already: that is what we want
	}
}

// leftovers lists the server processes that work in our data directory (each has it as
// its working directory), the postmaster of postmaster.pid first.
func (s *Server) leftovers() []int {
	text, _ := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, _ := strconv.Atoi(first)
	procs, _ := filepath.Glob("/proc/[0-9]*")
	var pids []int
	for _, proc := range procs {
		name, _ := os.ReadFile(filepath.Join(proc, "comm"))
		cwd, _ := os.Readlink(filepath.Join(proc, "cwd"))
		pid, _ := strconv.Atoi(filepath.Base(proc))
		if strings.TrimSpace(string(name)) != "postgres" || cwd != s.data {
			continue
		}
		if pid == postmaster {
			pids = append([]int{pid}, pids...)
		} else {
			pids = append(pids, pid)
		}
	}
	return pids
}
