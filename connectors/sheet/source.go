package sheet

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// source is one connector.
type source struct {
	config  Config
	env     connectors.Env
	peers   connectors.Peers
	poll    time.Duration
	results *results
	tls     *tls.Config
	ln      net.Listener

	stuck   map[string]glimpse // files that could not be moved away; used by watch alone
	working sync.Mutex         // held while a file is taken: one at a time, for memory's sake

	mu      sync.Mutex
	healthy bool
}

// Prepare reads the certificate and takes the address, where there is one.
func (s *source) Prepare() (err error) {
	if s.config.Address == "" {
		return nil
	}
	if s.tls, err = s.config.TLS.Load(s.env.Now()); err != nil {
		return err
	}
	s.ln, err = s.env.Listen("tcp", s.config.Address)
	return err
}

// Check is the Test button: the folder can be read and written, the address is free.
func (s *source) Check(context.Context) []connectors.Check {
	var out []connectors.Check
	if s.config.Folder != "" {
		c := connectors.Check{Name: "folder", OK: true, Detail: "the folder can be read and written"}
		if err := tryFolder(s.config.Folder); err != nil {
			c.OK, c.Detail = false, err.Error()
			return []connectors.Check{c}
		}
		out = append(out, c)
	}
	if s.config.Address != "" {
		out = append(out, connectors.CheckListener(s.env, s.config.Address, s.config.TLS)...)
	}
	if out == nil {
		out = []connectors.Check{{Name: "upload", OK: true, Detail: "files come by upload only"}}
	}
	return out
}

// tryFolder does what taking a file needs, and leaves nothing behind.
func tryFolder(folder string) error {
	if _, err := os.ReadDir(folder); err != nil {
		return fmt.Errorf("the folder cannot be read: %w", pathless(err))
	}
	f, err := os.CreateTemp(folder, ".wardline-*")
	if err != nil {
		return fmt.Errorf("the folder cannot be written: %w", pathless(err))
	}
	f.Close()
	return os.Remove(f.Name())
}

// Run serves the interface and watches the folder until ctx ends.
func (s *source) Run(ctx context.Context) error {
	s.env.Report(connectors.Health{State: connectors.Up})
	var tasks sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.config.Folder != "" {
		tasks.Go(func() { s.watch(ctx) })
	}
	err := s.serve(ctx)
	cancel()
	tasks.Wait()
	return err
}

// file is one input before it is read.
type file struct {
	name  string // without its folder
	data  []byte
	cause string // "folder", "api"
	peer  string
	dry   bool
}

// outcome is what became of a file.
type outcome struct {
	run    connectors.Run
	plan   *directory.RosterPlan // of a roster
	result []byte
	format Format
}

// take reads a file and hands it over. An error of kind Invalid means that the file cannot be
// used; any other that nothing happened and that the same file may be tried again.
func (s *source) take(ctx context.Context, f file) (outcome, error) {
	ctx = context.WithoutCancel(ctx) // a sender that hangs up has not taken its file back
	if s.config.Content == Roster {
		return s.takeRoster(ctx, f)
	}
	t, err := ReadSheet(f.name, f.data, s.config.Sheet)
	if err != nil {
		return outcome{}, err
	}
	m, remembered, err := s.mapping(ctx, t)
	if err != nil {
		return outcome{}, err
	}
	pulled, err := Pull(t, m, Options{Mode: s.config.Mode, Key: s.config.Key, Kind: s.config.UnitKind})
	if err != nil {
		return outcome{}, err
	}
	run, err := s.hand(ctx, f, pulled)
	if err != nil {
		return outcome{}, err
	}
	if !remembered && run.State == connectors.RunApplied {
		s.remember(ctx, t, m)
	}
	out := outcome{run: run, format: t.Format}
	out.result, err = Result(t, Fates(pulled, run))
	if err != nil { // the run is done all the same
		s.env.Count("results_failed")
	}
	return out, nil
}

// hand gives people a run. With a dry run first a file with a fault goes no further.
func (s *source) hand(ctx context.Context, f file, pulled []connectors.Pulled) (connectors.Run, error) {
	raw := s.raw(f)
	start := connectors.RunStart{Mode: s.config.Mode.PassMode(), Cause: f.cause, File: f.name, Dry: f.dry || s.config.DryFirst}
	run, err := s.env.Feed.Hand(ctx, start, Input(pulled, s.config.Mode, &raw))
	if err != nil || f.dry || !s.config.DryFirst {
		return run, err
	}
	if run.Faults > 0 || run.Conflicts > 0 || run.State != connectors.RunDry {
		s.env.Count("dry_run_faults")
		return run, nil
	}
	start.Dry, raw = false, s.raw(f)
	return s.env.Feed.Hand(ctx, start, Input(pulled, s.config.Mode, &raw))
}

func (s *source) raw(f file) connectors.Raw {
	return connectors.Raw{Key: string(hub.NewID[hub.MessageID]()), Type: "sheet/" + string(s.config.Content), Peer: f.peer, Body: f.data, Received: s.env.Now()}
}

// takeRoster keeps the file and then plans the duties it names.
func (s *source) takeRoster(ctx context.Context, f file) (outcome, error) {
	now := s.env.Now()
	var m Mapping
	if len(s.config.Mapping) > 0 {
		m = s.config.Mapping
	}
	shifts, faults, err := ReadRoster(f.name, f.data, m, now, now.Location())
	if err != nil {
		return outcome{}, err
	}
	var plan directory.RosterPlan
	if f.dry || s.config.DryFirst {
		if plan, err = s.env.Rosters.PlanRoster(ctx, s.env.Clinic, string(s.env.ID), shifts); err != nil {
			return outcome{}, err
		}
	}
	faulty := len(faults)+len(plan.Faults) > 0
	if !f.dry && (!s.config.DryFirst || !faulty) {
		if err = s.env.Inbox.PutChanges(ctx, s.raw(f)); err != nil {
			return outcome{}, err
		}
		if plan, err = s.env.Rosters.ApplyRoster(ctx, s.env.Clinic, string(s.env.ID), shifts, ""); err != nil {
			return outcome{}, err
		}
	}
	plan.Faults = append(faults, plan.Faults...)
	return outcome{plan: &plan}, nil
}

// mapping is the configured one, or the one remembered for this header, or a guess.
func (s *source) mapping(ctx context.Context, t *Table) (m Mapping, known bool, err error) {
	if len(s.config.Mapping) > 0 {
		return s.config.Mapping, true, nil
	}
	kept, err := Remembered(ctx, s.env.State, t.Header)
	if err != nil {
		return nil, false, err
	}
	if len(kept) > 0 {
		return kept, true, nil
	}
	return Suggest(t.Header), false, nil
}

func (s *source) remember(ctx context.Context, t *Table, m Mapping) {
	if err := Remember(ctx, s.env.State, t.Header, m); err != nil {
		s.env.Count("mapping_not_kept")
	}
}

// Remembered returns the mapping that was kept for a header, nil where there is none.
func Remembered(ctx context.Context, kv connectors.KV, header []string) (Mapping, error) {
	b, err := kv.Get(ctx, "mapping/"+Fingerprint(header))
	if err != nil || b == nil {
		return nil, err
	}
	var m Mapping
	if json.Unmarshal(b, &m) != nil {
		return nil, nil
	}
	return m, nil
}

// Remember keeps a mapping for the next file with the same header. Headers are no personal data.
func Remember(ctx context.Context, kv connectors.KV, header []string, m Mapping) error {
	b, err := json.Marshal(m)
	if err != nil {
		return hub.E("sheet.remember", hub.Internal, "", "%w", err)
	}
	return kv.Put(ctx, "mapping/"+Fingerprint(header), b)
}

func (s *source) setHealthy(ok bool, detail string) {
	s.mu.Lock()
	changed := s.healthy != ok
	s.healthy = ok
	s.mu.Unlock()
	if !changed {
		return
	}
	if ok {
		s.env.Report(connectors.Health{State: connectors.Up})
		return
	}
	s.env.Report(connectors.Health{State: connectors.Degraded, Detail: detail})
}

// cleanName is a file's name without any folder, for people to read.
func cleanName(name string) string {
	name = filepath.Base(filepath.ToSlash(name))
	if name == "." || name == "/" || !plain(name) {
		return ""
	}
	if len(name) > 200 {
		name = name[len(name)-200:]
	}
	return name
}
