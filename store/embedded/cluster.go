package embedded

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// serverUser says as whom PostgreSQL runs: nil for ourselves. It refuses to run as root,
// and any user needs an entry in passwd; postgres has one once the package is installed.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root and needs the user postgres: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// makeRoot makes the directory that holds everything and returns its real path. It stays
// ours; only what lies in it is given to PostgreSQL's user, who must be able to pass
// through it and all directories above.
func makeRoot(dir string, owner *syscall.Credential) (string, error) {
	mode := fs.FileMode(0o700)
	if owner != nil {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return "", fmt.Errorf("create database directory: %w", err)
	}
	real, err := realPath(dir)
	if err != nil || owner == nil {
		return real, err
	}
	for p := real; ; p = filepath.Dir(p) {
		var st syscall.Stat_t
		if err := syscall.Stat(p, &st); err != nil {
			return "", fmt.Errorf("look at %s: %w", p, err)
		}
		if !mayPass(&st, owner) {
			return "", fmt.Errorf("user postgres cannot pass through %s to the database; allow it with: chmod o+x %s", p, p)
		}
		if p == filepath.Dir(p) {
			return real, nil
		}
	}
}

// realPath is absolute and without symbolic links, as the kernel reports it for the
// working directory of a process.
func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", fmt.Errorf("database directory: %w", err)
	}
	return abs, nil
}

func mayPass(st *syscall.Stat_t, who *syscall.Credential) bool {
	switch {
	case st.Uid == who.Uid:
		return st.Mode&0o100 != 0
	case st.Gid == who.Gid:
		return st.Mode&0o010 != 0
	default:
		return st.Mode&0o001 != 0
	}
}

// takeLock keeps a second hub away from dir. The kernel drops the lock with the process,
// so a killed hub leaves none behind. Children do not inherit it.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the database directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := f.ReadAt(holder, 0)
		f.Close()
		return nil, fmt.Errorf("database directory %s is in use by another hub (process %s): stop it first, or give this one a directory of its own",
			dir, strings.TrimSpace(string(holder[:n])))
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write the lock of the database directory: %w", err)
	}
	return f, nil
}

// maxSocketPath leaves room below the 107 bytes that sockaddr_un holds on Linux.
const maxSocketPath = 100

// socketDir is where the server of dir listens. The path depends on dir alone, so that
// commands beside a running hub find it.
func socketDir(dir string) string {
	run := filepath.Join(dir, "run")
	if len(run)+len("/.s.PGSQL.5432") < maxSocketPath {
		return run
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(os.TempDir(), fmt.Sprintf("wardline-%x", sum[:8]))
}

// removeSocketDir leaves nothing of ours in the shared temporary directory.
func (s *Server) removeSocketDir() {
	if filepath.Dir(s.sockets) != filepath.Dir(s.data) {
		_ = os.Remove(s.sockets) // not empty after a kill: the next start uses it again
	}
}

// makeCluster makes what is missing: directories and, once, the cluster itself.
func (s *Server) makeCluster(ctx context.Context) error {
	for _, dir := range []string{s.sockets, s.logs} {
		if err := s.privateDir(dir); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(s.data, "PG_VERSION")); err == nil {
		return nil
	}
	return s.initdb(ctx)
}

// privateDir makes a directory that only PostgreSQL's user may enter. What exists must
// be such a directory already: in the shared temporary directory anybody may have made it
// to listen in our place.
func (s *Server) privateDir(dir string) error {
	owner := s.credential()
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = os.Lchown(dir, int(owner.Uid), int(owner.Gid))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create %s: %w", dir, err)
	}
	var st syscall.Stat_t
	if err := syscall.Lstat(dir, &st); err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR || st.Uid != owner.Uid || st.Mode&0o077 != 0 {
		return fmt.Errorf("%s must be a directory of user id %d with mode 0700; it belongs to user id %d with mode %04o",
			dir, owner.Uid, st.Uid, st.Mode&0o7777)
	}
	return nil
}

func (s *Server) credential() syscall.Credential {
	if s.owner != nil {
		return *s.owner
	}
	return syscall.Credential{Uid: uint32(os.Geteuid()), Gid: uint32(os.Getegid())}
}

// initdb makes the cluster beside its place and moves it there when complete, so that
// a crash half-way leaves nothing that looks like data.
func (s *Server) initdb(ctx context.Context) error {
	if left, err := os.ReadDir(s.data); err == nil && len(left) > 0 {
		return fmt.Errorf("%s holds files but no PostgreSQL data (no PG_VERSION): move it away", s.data)
	}
	fresh := s.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove a half-made cluster: %w", err)
	}
	if err := s.privateDir(fresh); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.install.Bin, "initdb"), "-D", fresh, "-U", Superuser,
		"-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "-A", "trust", "--no-instructions")
	cmd.Env, cmd.Dir = childEnv(), "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setpgid: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("create the database cluster: %w: %s", err, lastLines(out))
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return syncDir(filepath.Dir(s.data))
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

// childEnv keeps PG* variables of our environment away from the server and its messages
// in English, because transient looks for their words.
func childEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
}

// lastLines shortens a program's output for an error text. Server programs speak here of
// paths and settings only, before any client can connect.
func lastLines(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], "; ")
}
