package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/embedded"
	"github.com/wardline/wardline/store/signin"
)

// Setup is how a subcommand was called.
type Setup struct {
	Version string
	File    string // configuration file; "" looks for DefaultFile
	Environ []string
	Flags   map[string]any
	Out     io.Writer

	demo bool
}

func (s Setup) load() (Config, error) { return LoadConfig(FindFile(s.File), s.Environ, s.Flags) }

func parseLevel(name string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf("configuration: log.level %q is none of debug, info, warn, error", name)
	}
	return level, nil
}

// newLogger logs to standard error. Messages are constants; attributes are ids, codes,
// numbers and errors, never names or texts.
func newLogger(c LogConfig, w io.Writer) (*slog.Logger, *slog.LevelVar, error) {
	parsed, err := parseLevel(c.Level)
	if err != nil {
		return nil, nil, err
	}
	level := &slog.LevelVar{}
	level.Set(parsed)
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options)), level, nil
	}
	return slog.New(slog.NewJSONHandler(w, options)), level, nil
}

// Serve runs the hub until ctx ends. SIGHUP reloads. While no administrator has a password
// it prints a link that signs in as one.
func Serve(ctx context.Context, s Setup) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	log, level, err := newLogger(c.Log, os.Stderr)
	if err != nil {
		return err
	}
	a, err := New(ctx, c, s, log, level)
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	if err := a.printSetupLink(ctx); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return a.Stop(context.WithoutCancel(ctx))
		case err := <-a.lost: // without a database the hub can keep no promise: let systemd see it
			return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
		case <-hangup:
			if err := s.reload(ctx, a); err != nil {
				log.Error("reload refused, going on as before", "err", err)
				continue
			}
			log.Info("reloaded")
		}
	}
}

func (s Setup) reload(ctx context.Context, a *App) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	return a.Reload(ctx, c)
}

func (a *App) printSetupLink(ctx context.Context) error {
	token, err := a.accounts.EnsureAdmin(ctx, a.clinic.ID)
	if err != nil || token == "" {
		return err
	}
	_, err = fmt.Fprintf(a.out, "\nNo administrator yet. Set one up within 24 hours:\n  %s\n\n", signInLink(a.config.Console, token))
	return err
}

// signInLink keeps the token behind the #, which browsers do not send and servers do not log.
func signInLink(c ListenConfig, token string) string { return baseURL(c) + "/#token=" + token }

// Migrate brings the database to this version's schema.
func Migrate(ctx context.Context, s Setup) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	log, _, err := newLogger(c.Log, os.Stderr)
	if err != nil {
		return err
	}
	keys, err := loadKeyring(c)
	if err != nil {
		return err
	}
	var undo cleanups
	_, _, err = openDatabase(ctx, c, keys, log, &undo, make(chan error, 1))
	return errors.Join(err, undo.run(context.WithoutCancel(ctx), log, stopBound))
}

// AdminLink takes the break-glass administrator's password, authenticator app and lock away
// and prints a one-time link to set a new one, which is kept in the audit log. It works beside a running hub; whoever can run it holds the keys anyway.
func AdminLink(ctx context.Context, s Setup) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	keys, err := loadKeyring(c)
	if err != nil {
		return err
	}
	url := c.Database.URL
	if url == "" {
		if url, err = embedded.URL(c.path("postgres"), databaseName, store.AppRole); err != nil {
			return err
		}
	}
	db, err := store.Open(ctx, url, keys)
	if err != nil {
		return fmt.Errorf("%w\nis the hub running? start it with: wardline serve", err)
	}
	defer db.Close()
	return printAdminLink(ctx, s, c, db, keys)
}

// RunDoctor prints what Doctor found and fails when something must be mended.
func RunDoctor(ctx context.Context, s Setup, asJSON bool) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	findings := Doctor(ctx, c)
	wrong := 0
	for _, f := range findings {
		if !f.OK {
			wrong++
		}
	}
	if asJSON {
		err = json.NewEncoder(s.Out).Encode(findings)
	} else {
		err = printFindings(s.Out, findings)
	}
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d of %d findings need mending", wrong, len(findings))
	}
	return err
}

func printFindings(w io.Writer, findings []Finding) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		mark := "ok"
		if !f.OK {
			mark = "MEND"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", mark, f.Name, f.Detail)
		if f.Mend != "" {
			fmt.Fprintf(table, "\t\t-> %s\n", f.Mend)
		}
	}
	return table.Flush()
}

// linkLife is how long a link printed by `wardline admin` works.
const linkLife = time.Hour

func printAdminLink(ctx context.Context, s Setup, c Config, db *store.DB, keys *seal.Keyring) error {
	clinics, err := db.Clinics(ctx)
	if err != nil {
		return err
	}
	if len(clinics) == 0 {
		return errors.New("no clinic yet; start the hub once: wardline serve")
	}
	ways := signin.New(db, keys)
	service, err := accounts.New(accounts.Options{Store: db, Ways: ways, Now: time.Now})
	if err != nil {
		return err
	}
	admin, _, err := db.BreakGlass(ctx, clinics[0].ID)
	if err != nil {
		return err
	}
	clinic := clinics[0].ID
	err = errors.Join(db.ClearPassword(ctx, clinic, admin.ID), ways.DropTOTP(ctx, clinic, admin.ID), db.SetLockedHere(ctx, clinic, admin.ID, false))
	if err != nil {
		return err
	}
	if err := db.WriteAudit(ctx, clinic, connectors.AuditLine{Act: "admin.reset", Object: string(admin.ID)}); err != nil {
		return err
	}
	token, err := service.IssueLink(ctx, clinic, admin.ID, linkLife, false)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, signInLink(c.Console, token))
	return err
}
