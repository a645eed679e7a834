package app

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/push"
	"github.com/wardline/wardline/notify"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/server/stream"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/desk"
	"github.com/wardline/wardline/store/talk"
)

// stopBound is how long one part may take to stop.
const stopBound = 10 * time.Second

// App is one running hub.
type App struct {
	config  Config
	version string
	log     *slog.Logger
	level   *slog.LevelVar
	out     io.Writer
	demo    bool
	metrics *metrics

	clinic     store.ClinicRow
	db         *store.DB
	fanout     *store.Fanout
	accounts   *accounts.Service
	duty       *directory.Duty
	staff      *directory.Staff
	teams      *teamwork
	rooms      *messaging.Log
	chat       *messaging.Chat
	recorder   recorderState
	nodes      *nodes       // nil: there can be no others
	push       *push.Sender // nil: switched off
	supervisor *connectors.Supervisor
	passes     *connectors.Passes
	desk       *desk.Store
	registry   *connectors.Registry
	cards      *notify.Cards
	answers    *notify.Answers
	stream     *stream.Hub
	live       *stream.Live
	hubKey     []byte // the public half of the hub's signing key
	hubKeyID   []byte // as envelopes name it: see package seal

	listeners []listener
	work      *group
	lost      chan error // the private PostgreSQL has ended, see openDatabase
	undo      cleanups
	reload    sync.Mutex
}

// listener is one address with what is served there.
type listener struct {
	name   string
	config ListenConfig
	server *http.Server
	socket net.Listener
}

// New reads keys, opens and migrates the database and builds every part. What it began is
// undone when it fails.
func New(ctx context.Context, c Config, s Setup, log *slog.Logger, level *slog.LevelVar) (*App, error) {
	a := &App{config: c, version: s.Version, log: log, level: level, out: s.Out, demo: s.demo, metrics: newMetrics(s.Version), lost: make(chan error, 1)}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return a, nil
}

func (a *App) build(ctx context.Context) error {
	// Passable but not readable by others: PostgreSQL runs below it as a user of its own.
	if err := os.MkdirAll(a.config.DataDir, 0o711); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	made := missingKeys(a.config)
	keys, err := loadKeyring(a.config)
	if err != nil {
		return err
	}
	sign, err := loadSigningKey(a.config)
	if err != nil {
		return err
	}
	if a.db, a.fanout, err = openDatabase(ctx, a.config, keys, a.log, &a.undo, a.lost); err != nil {
		return err
	}
	clinics, err := a.db.Clinics(ctx)
	if err != nil {
		return err
	}
	if len(clinics) > 0 && len(made) > 0 {
		return refuseNewKeys(made)
	}
	if a.clinic, err = a.db.EnsureClinic(ctx, a.config.Clinic.Name, a.config.Clinic.Timezone); err != nil {
		return err
	}
	sender, err := seal.NewSender(sign)
	if err != nil {
		return fmt.Errorf("set up sealing: %w", err)
	}
	a.hubKey = sign.Public().(ed25519.PublicKey)
	sum := sha256.Sum256(a.hubKey)
	a.hubKeyID = sum[:8]
	a.desk = desk.New(a.db, keys)
	if err := a.buildAccounts(keys); err != nil {
		return fmt.Errorf("set up accounts: %w", err)
	}
	if err := a.buildDomains(sender); err != nil {
		return err
	}
	if err := a.buildRecorder(ctx); err != nil {
		return err
	}
	if err := a.buildPush(); err != nil {
		return err
	}
	return a.buildEdges()
}

func (a *App) buildDomains(sender *seal.Sender) (err error) {
	if a.config.Database.URL != "" {
		a.nodes = newNodes()
	}
	a.duty = directory.NewDuty(a.db, time.Now)
	a.staff = directory.NewStaff(a.db)
	a.teams = newTeamwork(a.db)
	a.rooms = messaging.NewLog(a.db, a.fanout)
	a.chat = messaging.NewChat(messaging.ChatOptions{Store: talk.New(a.db), Out: a.fanout, Tell: a.tell, NoBackup: !a.config.Chat.Backup})
	a.cards = notify.NewCards(a.db, a.rooms, sender, a.log)
	if a.registry, err = connectors.NewRegistry(kinds()...); err != nil {
		return err
	}
	a.db.SetAnswerers(answering(kinds())...)
	a.supervisor = connectors.NewSupervisor(a.supervisorOptions())
	a.buildPasses()
	a.answers = notify.NewAnswers(a.db, a.giveAnswer, answerIsVain, a.log)
	return nil
}

// Start opens the listeners, starts the workers and the configured connectors.
func (a *App) Start(ctx context.Context) error {
	for i := range a.listeners {
		if err := a.listen(ctx, &a.listeners[i]); err != nil {
			return err
		}
	}
	if err := a.endRuns(ctx); err != nil {
		return err
	}
	a.work = newGroup(a.log)
	a.undo.push("workers", a.work.stop)
	a.startWorkers()
	a.undo.push("connectors", func(ctx context.Context) error { a.supervisor.Close(ctx); return nil })
	if err := a.startConnectors(ctx); err != nil {
		return err
	}
	for i := range a.listeners {
		a.serve(&a.listeners[i])
	}
	return nil
}

func (a *App) startWorkers() {
	a.work.start("timers", func(ctx context.Context) error { a.db.RunTimers(ctx, a.log); return nil })
	a.work.start("cards", func(ctx context.Context) error { a.cards.Run(ctx); return nil })
	a.work.start("answers", func(ctx context.Context) error { a.answers.Run(ctx); return nil })
	a.work.start("hints", a.pumpHints)
	a.work.start("access", func(ctx context.Context) error { return a.db.Listen(ctx, a.hear) })
	a.work.start("auditor", a.audit)
	a.work.start("teams", a.tendTeams)
	a.work.start("passes", func(ctx context.Context) error { a.passes.Run(ctx); return nil })
	a.work.start("incidents", a.watchIncidents)
	a.work.start("ceremonies", a.sweepCeremonies)
	if a.nodes != nil {
		a.work.start("hints to other nodes", a.tellNodes)
	}
	if a.push != nil {
		a.work.start("push", func(ctx context.Context) error { a.push.Run(ctx); return nil })
	}
	a.work.start("jobs", func(ctx context.Context) error {
		return a.db.RunJobs(ctx, a.log, time.Duration(a.config.Retention.RawDays)*24*time.Hour)
	})
}

// pumpHints wakes whoever may have work after a commit.
func (a *App) pumpHints(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.db.Woken():
			a.cards.Poke()
			a.answers.Poke()
			a.live.Changed(a.clinic.ID, "alerts", "messages")
		}
	}
}

// hear takes hints of this and other nodes. An empty hint follows a gap in hearing: then
// every open connection is checked.
func (a *App) hear(h store.Hint) {
	a.teams.hear(h)
	switch {
	case h.Clinic == "":
		a.stream.Recheck()
	case h.User != "":
		if h.End == "locked" { // before the sessions are found gone: people shall know why
			a.stream.Kick(h.Clinic, h.User, stream.Locked)
		}
		if h.Device != "" { // before its session is found gone: a browser forgets only what was revoked
			a.stream.KickDevice(h.Clinic, h.Device, stream.Revoked)
		}
		a.stream.Recheck()
		a.live.Recheck()
		a.stream.TellRecorder(h.Clinic) // leaves may have to go
	}
	if a.nodes != nil && h.Node != a.nodes.id {
		for _, hint := range h.Talk {
			a.stream.Told(hint)
		}
	}
	if len(h.What) > 0 {
		a.live.Changed(h.Clinic, h.What...)
	}
	if slices.Contains(h.What, "followings") {
		a.stream.TellRecorder(h.Clinic) // a room is to be begun
	}
	if slices.Contains(h.What, "duty") {
		a.stream.Tell(h.Clinic, stream.HintDuty) // who is on duty is on the screen of every phone
	}
}

// Stop ends everything Start began, last first. It may be called twice.
func (a *App) Stop(ctx context.Context) error { return a.undo.run(ctx, a.log, stopBound) }

// Reload takes what may change in a running process: the log level, and the connectors as
// they are stored now.
func (a *App) Reload(ctx context.Context, c Config) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	level, err := parseLevel(c.Log.Level)
	if err != nil {
		return err
	}
	a.level.Set(level)
	return a.startConnectors(ctx)
}

// Clinic returns the id of the clinic this hub serves.
func (a *App) Clinic() hub.ClinicID { return a.clinic.ID }
