package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
)

// ErrNotInstalled means that no PostgreSQL server program was found. The text carries the
// command that mends it on Debian and Ubuntu; the first step keeps the package from
// starting a cluster of its own on port 5432.
var ErrNotInstalled = errors.New(`no PostgreSQL server found in /usr/lib/postgresql/*/bin nor in PATH; install it with: ` +
	`sudo apt-get update && sudo apt-get install -y postgresql-common && ` +
	`sudo sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && ` +
	`sudo apt-get install -y postgresql`)

// Install is one PostgreSQL server found on this machine.
type Install struct {
	Major int    // 15
	Bin   string // directory of postgres, initdb, pg_dump
}

// debianBins is where Debian and Ubuntu put each major version, side by side.
const debianBins = "/usr/lib/postgresql/*/bin"

// Find lists the PostgreSQL servers of this machine, newest first. PATH is only asked
// when the distribution's directories hold none. It returns ErrNotInstalled for none.
func Find(ctx context.Context) ([]Install, error) { return find(ctx, debianBins) }

func find(ctx context.Context, pattern string) ([]Install, error) {
	dirs, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", pattern, err)
	}
	var found []Install
	for _, dir := range dirs {
		if major, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && complete(dir) {
			found = append(found, Install{Major: major, Bin: dir})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Major > found[j].Major })
	if len(found) > 0 {
		return found, nil
	}
	return findInPath(ctx)
}

// complete tells a server from a client-only package, which has the directory but no server.
func complete(dir string) bool {
	for _, program := range []string{"postgres", "initdb"} {
		if info, err := os.Stat(filepath.Join(dir, program)); err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func findInPath(ctx context.Context) ([]Install, error) {
	program, err := exec.LookPath("postgres")
	if err != nil {
		return nil, ErrNotInstalled
	}
	if program, err = filepath.EvalSymlinks(program); err != nil || !complete(filepath.Dir(program)) {
		return nil, ErrNotInstalled
	}
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", program, err)
	}
	m := versionText.FindSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("%s --version: no version in its answer", program)
	}
	major, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", program, err)
	}
	return []Install{{Major: major, Bin: filepath.Dir(program)}}, nil
}

// choose picks the server for the data below dir. Data decides: the newest data directory
// is the clinic's current one, and starting an older one beside it, or an empty new one
// because a package was upgraded, would show the clinic an old or empty house.
func choose(dir string, installed []Install) (Install, error) {
	if len(installed) == 0 {
		return Install{}, ErrNotInstalled
	}
	data := newestData(dir)
	if data == 0 {
		return installed[0], nil
	}
	for _, in := range installed {
		if in.Major == data {
			return in, nil
		}
	}
	return Install{}, fmt.Errorf("the data in %s was written by PostgreSQL %d, but only PostgreSQL %d is installed; "+
		"install the former (sudo apt-get install -y postgresql-%d) or move the data over with pg_upgrade",
		filepath.Join(dir, strconv.Itoa(data)), data, installed[0].Major, data)
}

// newestData returns the highest major version with a finished data directory, 0 for none.
func newestData(dir string) int {
	newest := 0
	versions, _ := filepath.Glob(filepath.Join(dir, "*", "PG_VERSION"))
	for _, file := range versions {
		if major, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			newest = max(newest, major)
		}
	}
	return newest
}
