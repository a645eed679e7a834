package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// Where files go once they are dealt with.
const (
	doneFolder   = "done"
	failedFolder = "failed"
)

// glimpse is what a look at a file told. One that looks the same twice is written to its end.
type glimpse struct {
	size int64
	at   time.Time
}

// watch looks into the folder again and again until ctx ends.
func (s *source) watch(ctx context.Context) {
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	seen := map[string]glimpse{}
	for {
		seen = s.look(ctx, seen)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look takes every file that has not changed since the last look and returns what it saw.
func (s *source) look(ctx context.Context, before map[string]glimpse) map[string]glimpse {
	now, err := s.list()
	if err != nil {
		s.env.Count("folder_unreadable")
		s.setHealthy(false, "the drop folder cannot be read")
		return nil
	}
	well := true
	for _, name := range sortedNames(now) {
		if ctx.Err() != nil {
			return now
		}
		if s.stuck[name] == now[name] {
			well = false // dealt with, and still in the way: never a second run for it
		} else if before[name] == now[name] {
			well = s.takeFile(ctx, name, now[name]) && well
		}
	}
	s.setHealthy(well, "files of the drop folder wait: they cannot be stored or moved at the moment")
	return now
}

func sortedNames(m map[string]glimpse) []string {
	names := []string{}
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// list returns the files that may be taken. Links are left alone: they lead out of the folder.
func (s *source) list() (map[string]glimpse, error) {
	entries, err := os.ReadDir(s.config.Folder)
	if err != nil {
		return nil, err
	}
	out := map[string]glimpse{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !wanted(e.Name()) || info.Size() == 0 {
			continue
		}
		out[e.Name()] = glimpse{info.Size(), info.ModTime()}
	}
	return out, nil
}

// wanted leaves out what programs put beside a file while somebody works on it.
func wanted(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
		return false
	}
	return slices.Contains([]string{".csv", ".txt", ".tsv", ".xlsx", ".xls", ".ics"}, strings.ToLower(filepath.Ext(name)))
}

// takeFile deals with one file; false means that something is wrong and it stays where it is.
func (s *source) takeFile(ctx context.Context, name string, seen glimpse) bool {
	s.working.Lock()
	defer s.working.Unlock()
	data, err := readFile(s.config.Folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return true // another node was quicker
	}
	if err != nil && hub.KindOf(err) != hub.Invalid {
		s.env.Count("files_unreadable")
		return false
	}
	var out outcome
	if err == nil {
		out, err = s.take(ctx, file{name: name, data: data, cause: "folder"})
	}
	switch {
	case err == nil:
		s.env.Count("files_taken")
		return s.put(doneFolder, name, seen, out.file())
	case hub.KindOf(err) == hub.Invalid:
		s.env.Count("files_refused")
		f := FaultOf(err)
		return s.put(failedFolder, name, seen, resultFile{".error.txt", []byte(f.Name + ": " + f.Reason + "\r\n")})
	case hub.KindOf(err) == hub.Conflict:
		return true // a run is under way: this file's turn comes
	}
	s.env.Count("feed_unavailable")
	s.env.Log.Warn("file not taken", "error", err)
	return false
}

// resultFile is what is put beside a file that was dealt with.
type resultFile struct {
	suffix string
	data   []byte
}

func (o outcome) file() resultFile {
	switch {
	case o.plan != nil:
		b, err := json.MarshalIndent(rosterAnswer(*o.plan), "", "  ")
		if err != nil {
			return resultFile{}
		}
		return resultFile{".result.json", b}
	case o.result == nil:
		return resultFile{}
	}
	return resultFile{".result." + string(o.format), o.result}
}

// readFile reads a file up to the limit, and only where the name is no way out of the folder.
func readFile(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err == nil && len(data) > MaxBytes {
		err = refuse("too_large", "the file has more than %d MiB", MaxBytes>>20)
	}
	return data, err
}

// put writes the result and moves the file away. The result comes first: a file that is gone
// without one would leave its sender in the dark.
func (s *source) put(folder, name string, seen glimpse, r resultFile) bool {
	err := s.move(folder, s.env.Now().UTC().Format("20060102-150405.000")+"-"+name, name, r)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.stuck[name] = seen
		s.env.Count("files_not_moved")
		s.env.Log.Warn("file not moved", "error", pathless(err))
		return false
	}
	return true
}

func (s *source) move(folder, as, name string, r resultFile) error {
	root, err := os.OpenRoot(s.config.Folder)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Mkdir(folder, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if r.suffix != "" {
		if err := root.WriteFile(folder+"/"+as+r.suffix, r.data, 0o640); err != nil {
			return err
		}
	}
	return root.Rename(name, folder+"/"+as)
}

// pathless drops the path of a file error: a name may be a person's.
func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
