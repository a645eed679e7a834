package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/wardline/wardline/adminui"
	"github.com/wardline/wardline/chatui"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/embedded"
)

// Finding is one thing `wardline doctor` looked at. Mend is the command, or the one step,
// that puts it right.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"`
}

const (
	minFreeDisk   = 1 << 30         // bytes; below it PostgreSQL may soon refuse to write
	maxClockSkew  = 2 * time.Second // between this machine and its database
	certWarning   = 30 * 24 * time.Hour
	doctorTimeout = 10 * time.Second
)

// Doctor looks at everything a hub needs and changes nothing. It works beside a running
// hub and without one.
func Doctor(ctx context.Context, c Config) []Finding {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	findings := []Finding{checkDataDir(c), checkMasterKey(c), checkTimezone(c)}
	findings = append(findings, checkDatabase(ctx, c)...)
	for _, l := range []struct {
		name string
		ListenConfig
	}{{"chat", c.Chat.ListenConfig}, {"console", c.Console}, {"management", c.Management}} {
		findings = append(findings, checkListener(ctx, c, l.name, l.Addr))
		if l.Cert != "" {
			findings = append(findings, checkCertificate(l.name, l.ListenConfig, time.Now()))
		}
	}
	findings = append(findings, checkRecorder(ctx, c))
	return append(findings, checkWeb("chat app", chatui.Files()), checkWeb("console app", adminui.Files()))
}

func ok(name, format string, args ...any) Finding {
	return Finding{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)}
}

func bad(name, mend, format string, args ...any) Finding {
	return Finding{Name: name, Detail: fmt.Sprintf(format, args...), Mend: mend}
}

func checkDataDir(c Config) Finding {
	const name = "data directory"
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return bad(name, "name an absolute data_dir", "%v", err)
	}
	probe := dir
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		probe = filepath.Dir(dir) // made at the first start
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(probe, &st); err != nil {
		return bad(name, "mkdir -p "+dir, "cannot read %s: %v", probe, err)
	}
	if err := syscall.Access(probe, 2); err != nil {
		return bad(name, "chown $(id -u) "+probe, "%s is not writable", probe)
	}
	free := st.Bavail * uint64(st.Bsize)
	if free < minFreeDisk {
		return bad(name, "df -h "+probe+"; free some space there", "only %d MiB free", free>>20)
	}
	return ok(name, "%s, %d GiB free", dir, free>>30)
}

func checkMasterKey(c Config) Finding {
	const name = "master key"
	if c.MasterKey != "" {
		return ok(name, "given by configuration or environment")
	}
	path := c.path("keys", "master.key")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ok(name, "none yet; made at the first start")
	}
	if err != nil {
		return bad(name, "ls -l "+path, "%v", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return bad(name, "chmod 0400 "+path, "readable by others (%v)", info.Mode().Perm())
	}
	if _, err := loadKeyring(c); err != nil {
		return bad(name, "restore "+path+" from its backup", "%v", err)
	}
	return ok(name, "%s; keep a copy apart from the database backups", path)
}

func checkTimezone(c Config) Finding {
	if _, err := time.LoadLocation(c.Clinic.Timezone); err != nil {
		return bad("time zone", "set clinic.timezone, for example Europe/Berlin", "%v", err)
	}
	return ok("time zone", "%s", c.Clinic.Timezone)
}

func checkDatabase(ctx context.Context, c Config) []Finding {
	url, f := databaseURL(ctx, c)
	if url == "" {
		return []Finding{f}
	}
	report, err := store.Inspect(ctx, url)
	if err != nil {
		return []Finding{f, bad("database", "wardline serve (starts the private one); else check database.url", "not reachable: %v", err)}
	}
	out := []Finding{f}
	for _, problem := range report.Unsafe {
		out = append(out, bad("database safety", "see the text", "%s", problem))
	}
	if len(report.Unsafe) == 0 {
		out = append(out, ok("database safety", "fsync, full_page_writes and synchronous_commit are on; role bound by row-level security"))
	}
	if report.Pending > 0 {
		out = append(out, bad("database schema", "wardline migrate", "%d migrations not applied", report.Pending))
	} else {
		out = append(out, ok("database schema", "version %d", report.Version))
	}
	if skew := time.Since(report.Clock).Abs(); skew > maxClockSkew {
		out = append(out, bad("clock", "timedatectl set-ntp true (on both machines)", "differs from the database's by %v", skew.Round(time.Millisecond)))
	} else {
		out = append(out, ok("clock", "agrees with the database's"))
	}
	return out
}

// databaseURL finds where the database is, or why there is none to look at.
func databaseURL(ctx context.Context, c Config) (string, Finding) {
	if c.Database.URL != "" {
		return c.Database.URL, ok("PostgreSQL", "external, by database.url")
	}
	installs, err := embedded.Find(ctx)
	if err != nil {
		return "", bad("PostgreSQL", "sudo apt-get install -y postgresql", "no server program found")
	}
	found := ok("PostgreSQL", "private, version %d in %s", installs[0].Major, installs[0].Bin)
	if _, err := os.Stat(c.path("postgres")); err != nil {
		return "", ok("PostgreSQL", "%s; no data yet", found.Detail)
	}
	url, err := embedded.URL(c.path("postgres"), databaseName, store.AppRole)
	if err != nil {
		return "", bad("PostgreSQL", "wardline serve", "%v", err)
	}
	return url, found
}

// checkListener is content when the port is free, and when this hub holds it.
func checkListener(ctx context.Context, c Config, name, addr string) Finding {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		l.Close()
		return ok(name+" listener", "%s is free", addr)
	}
	req, reqErr := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Management.Addr+"/livez", nil)
	if reqErr == nil {
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			return ok(name+" listener", "%s, held by a running hub", addr)
		}
	}
	_, port := hostPort(addr)
	return bad(name+" listener", fmt.Sprintf("ss -ltnp 'sport = :%s'; or set %s.addr", port, name), "%v", err)
}

// hostPort splits an address; one without a port is all host.
func hostPort(addr string) (host, port string) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr, ""
	}
	return host, port
}

// checkRecorder asks a running hub when it last had its recorder.
func checkRecorder(ctx context.Context, c Config) Finding {
	const name = "recorder"
	silent, found := silentRecorder(ctx, c.Management.Addr)
	switch {
	case !found:
		return ok(name, "not looked at: the hub does not run")
	case silent < 0:
		return bad(name, "run beside the hub: wardline recorder", "has never been connected; rooms are not kept in order")
	case silent > recorderAway:
		return bad(name, "run beside the hub: wardline recorder", "away for %v; rooms are not kept in order", silent.Round(time.Second))
	}
	return ok(name, "connected")
}

// silentRecorder reads a running hub's metrics; the time is negative when it has never seen
// its recorder.
func silentRecorder(ctx context.Context, addr string) (silent time.Duration, found bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return 0, false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, false
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, is := strings.CutPrefix(lines.Text(), `wardline_watch{what="recorder_silent_seconds"} `); is {
			seconds, err := strconv.ParseFloat(value, 64)
			return time.Duration(seconds * float64(time.Second)), err == nil
		}
	}
	return 0, false
}

func checkCertificate(name string, l ListenConfig, now time.Time) Finding {
	name += " certificate"
	pair, err := tls.LoadX509KeyPair(l.Cert, l.Key)
	if err != nil {
		return bad(name, "openssl x509 -in "+l.Cert+" -noout -text", "%v", err)
	}
	left := pair.Leaf.NotAfter.Sub(now)
	if left < certWarning {
		return bad(name, "renew "+l.Cert, "ends in %d days", int(left.Hours()/24))
	}
	return ok(name, "valid for %d more days", int(left.Hours()/24))
}

func checkWeb(name string, files fs.FS) Finding {
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return bad(name, "make web build", "not built into this binary")
	}
	return ok(name, "built in")
}
