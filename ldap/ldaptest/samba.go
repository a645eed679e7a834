package ldaptest

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"
)

// The domain of the Samba server.
const (
	Domain      = "DC=klinik,DC=test"
	DomainAdmin = "administrator@klinik.test"
	DomainPW    = "Adm1n-Pass!"
)

// Samba is a running Active Directory domain controller. Its ports are fixed, so that it can
// only be started in a network namespace of its own: see Isolated.
type Samba struct {
	CAFile string
	dir    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// inside marks the process that Isolated has started.
const inside = "WARDLINE_NETNS"

// Inside reports whether this process has a network of its own.
func Inside() bool { return os.Getenv(inside) == "1" }

// Isolated runs a test of this program again in a network namespace of its own and returns
// what it has printed.
func Isolated(ctx context.Context, test string) ([]byte, error) {
	if os.Getuid() != 0 {
		return nil, fmt.Errorf("a network namespace needs root: %w", ErrMissing)
	}
	for _, program := range []string{"samba", "samba-tool", "ldbadd", "ldapmodify", "ip"} {
		if _, err := Find(program); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-test.run", "^"+test+"$", "-test.v", "-test.timeout", "9m")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		return out, fmt.Errorf("no network namespace can be made here: %w", ErrMissing)
	}
	return out, err
}

// StartSamba serves a domain that holds ldif. Making it takes a minute or more, so that it is
// kept in the user's cache, by the version of Samba and the content.
func StartSamba(ldif string) (*Samba, error) {
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ip link: %w: %s", err, out)
	}
	kept, err := provisioned(ldif)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "samba")
	if err != nil {
		return nil, err
	}
	s := &Samba{dir: dir, exited: make(chan struct{})}
	if err := s.start(kept); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

func provisioned(ldif string) (string, error) {
	version, err := exec.Command("samba", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("samba --version: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256(append(version, ldif...))
	kept := filepath.Join(cache, "wardline-test", fmt.Sprintf("samba-%x", sum[:8]))
	if _, err := os.Stat(kept); err == nil {
		return kept, nil
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(kept), "new")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := provision(filepath.Join(fresh, "d"), ldif); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(fresh, "d"), kept); err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return "", err
	}
	return kept, nil
}

func provision(dir, ldif string) error {
	out, err := exec.Command("samba-tool", "domain", "provision", "--realm=KLINIK.TEST", "--domain=KLINIK", "--server-role=dc",
		"--dns-backend=NONE", "--adminpass="+DomainPW, "--use-rfc2307", "--targetdir="+dir, "--host-ip=127.0.0.1", "--host-name=dc1",
		"--option=interfaces=lo", "--option=bind interfaces only=yes", "--option=vfs objects=").CombinedOutput()
	if err != nil {
		return fmt.Errorf("provision: %w: %s", err, out)
	}
	add := exec.Command("ldbadd", "-H", filepath.Join(dir, "private/sam.ldb"))
	add.Stdin = strings.NewReader(ldif)
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("ldbadd: %w: %s", err, out)
	}
	return os.WriteFile(filepath.Join(dir, "made-in"), []byte(dir), 0o600)
}

func (s *Samba) start(kept string) error {
	dir := filepath.Join(s.dir, "d")
	if out, err := exec.Command("cp", "-a", kept, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("cp: %w: %s", err, out)
	}
	made, err := os.ReadFile(filepath.Join(dir, "made-in"))
	if err != nil {
		return err
	}
	ca, _, err := certificates(dir)
	if err != nil {
		return err
	}
	s.CAFile = ca
	path := filepath.Join(dir, "etc/smb.conf")
	conf, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(conf), string(made), dir)
	text = strings.Replace(text, "[global]\n", strings.ReplaceAll(smbGlobal, "DIR", dir), 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	s.cmd = exec.Command("samba", "-i", "-M", "single", "-s", path)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() { s.cmd.Wait(); close(s.exited) }()
	return s.await()
}

// await waits until the server answers with TLS, which it does last.
func (s *Samba) await() error {
	for range 1200 {
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Second}, "tcp", "127.0.0.1:636", &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			c.Close()
			return nil
		}
		select {
		case <-s.exited:
			out, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("samba ended: %s", out)
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.Stop()
	return errors.New("samba does not answer")
}

// Stop ends the server and all it has started, and removes its copy of the data.
func (s *Samba) Stop() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.exited
	os.RemoveAll(s.dir)
}

// Modify applies LDIF change records as the administrator.
func (s *Samba) Modify(ldif string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ldapmodify", "-x", "-H", "ldaps://127.0.0.1", "-D", DomainAdmin, "-w", DomainPW)
	cmd.Env = append(os.Environ(), "LDAPTLS_CACERT="+s.CAFile)
	cmd.Stdin = strings.NewReader(ldif)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ldapmodify: %w: %s", err, out)
	}
	return nil
}

// Password is the LDIF line that gives a new account a password.
func Password(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return "clearTextPassword:: " + base64.StdEncoding.EncodeToString(b) + "\n"
}

const smbGlobal = `[global]
	tls enabled = yes
	tls keyfile = DIR/key.pem
	tls certfile = DIR/cert.pem
	tls cafile = DIR/ca.pem
	server services = ldap, winbindd, kcc
	pid directory = DIR
	ncalrpc dir = DIR/ncalrpc
	winbindd socket directory = DIR/winbindd
	ntp signd socket directory = DIR/ntp
	log level = 1
	log file = DIR/log.%m
`
