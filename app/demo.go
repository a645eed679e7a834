package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/demo"
	"github.com/wardline/wardline/hub"
)

// DemoOptions are the flags of `wardline demo`.
type DemoOptions struct {
	Fresh   bool // delete the demo's data first
	Seconds int  // between two nurse calls
}

// Where the demo's connectors listen, all on loopback.
const (
	demoMLLP     = "127.0.0.1:2575"
	demoESPA     = "127.0.0.1:2023"
	demoAlarms   = "127.0.0.1:8090"
	demoUser     = "rufanlage"
	demoPassword = "geheim12"
	demoWard     = "4B"
	demoWait     = time.Minute
)

// Demo runs a hub on loopback with a simulated clinic beside it, which speaks the real
// protocols over real sockets, and prints three links that sign in. Data is kept between
// runs unless o.Fresh.
func Demo(ctx context.Context, s Setup, o DemoOptions) error {
	s.demo = true
	c, err := s.load()
	if err != nil {
		return err
	}
	c.DataDir = filepath.Join(c.DataDir, "demo")
	c.Clinic.Name = "Klinikum Lindenau (Demo)"
	if o.Fresh {
		if err := os.RemoveAll(c.DataDir); err != nil {
			return fmt.Errorf("start over: %w", err)
		}
	}
	if err := demoPortsFree(ctx); err != nil {
		return err
	}
	log, level, err := demoLogger(c)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.Out, "Starting the hub and its database ...")
	a, err := New(ctx, c, s, log, level)
	if err != nil {
		return err
	}
	err = a.runDemo(ctx, o)
	return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

// demoPortsFree fails early and by name when something else, such as another demo, has one
// of the connectors' ports.
func demoPortsFree(ctx context.Context) error {
	var config net.ListenConfig
	for what, addr := range map[string]string{"MLLP": demoMLLP, "ESPA-X": demoESPA, "the alarm API": demoAlarms} {
		l, err := config.Listen(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("the demo needs %s for %s: %w", addr, what, err)
		}
		l.Close()
	}
	return nil
}

// demoLogger writes to a file in the data directory, so that the links stay on the screen.
func demoLogger(c Config) (*slog.Logger, *slog.LevelVar, error) {
	if err := os.MkdirAll(c.DataDir, 0o711); err != nil {
		return nil, nil, fmt.Errorf("make data directory: %w", err)
	}
	f, err := os.OpenFile(c.path("demo.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open log: %w", err)
	}
	return newLogger(c.Log, f)
}

func (a *App) runDemo(ctx context.Context, o DemoOptions) error {
	if err := a.demoConnectors(ctx); err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	kis := &demo.KIS{Addr: demoMLLP, Log: a.log}
	call := &demo.NurseCall{Addr: demoESPA, User: demoUser, Password: demoPassword, Ward: demoWard, Interval: time.Duration(o.Seconds) * time.Second, Log: a.log}
	clinic := newGroup(a.log)
	a.undo.push("simulated clinic", clinic.stop)
	clinic.start("recorder", a.demoRecorder)
	clinic.start("kis", kis.Run)
	fmt.Fprintln(a.out, "The simulated KIS sends its staff over MLLP ...")
	nurses, err := a.demoNurses(ctx)
	if err != nil {
		return err
	}
	clinic.start("nurse call", call.Run)
	if err := a.printDemo(ctx, a.out, nurses, o); err != nil {
		return err
	}
	select {
	case err := <-a.lost:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(a.out, "\nStopping ...")
	return nil
}

// demoConnectors makes the connectors at the first run.
func (a *App) demoConnectors(ctx context.Context) error {
	have, err := a.db.Connectors(ctx, a.clinic.ID)
	if err != nil || len(have) > 0 {
		return err
	}
	for _, r := range []connectors.Record{
		{Kind: "hl7v2-mllp", Name: "KIS Lindenau", Config: json.RawMessage(`{"address":"` + demoMLLP + `"}`)},
		{Kind: "espa-x", Name: "Rufanlage Station 4B", Config: json.RawMessage(`{"address":"` + demoESPA + `","user":"` + demoUser + `"}`), Secrets: map[string]string{"password": demoPassword}},
		{Kind: "alarm-http", Name: "Alarm-Schnittstelle", Config: json.RawMessage(`{"address":"` + demoAlarms + `"}`)},
	} {
		r.Enabled = true
		if _, err := a.db.SaveConnector(ctx, a.clinic.ID, r, "", "Demo"); err != nil {
			return err
		}
	}
	return nil
}

// demoNurses waits until the KIS has sent two nurses, makes a duty role on each ward and
// puts the two on duty.
func (a *App) demoNurses(ctx context.Context) ([]accounts.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, demoWait)
	defer cancel()
	var out []accounts.Account
	staff := demo.Staff()
	for _, n := range staff[:2] {
		account, err := a.waitForAccount(ctx, n.Number)
		if err != nil {
			return nil, fmt.Errorf("wait for the KIS to send nurse %s: %w", n.Number, err)
		}
		out = append(out, account)
	}
	if _, err := a.waitForAccount(ctx, staff[len(staff)-1].Number); err != nil {
		return nil, fmt.Errorf("wait for the KIS to send everybody: %w", err)
	}
	return out, a.demoRoles(ctx, out)
}

func (a *App) waitForAccount(ctx context.Context, login string) (accounts.Account, error) {
	for {
		account, err := a.accounts.Find(ctx, a.clinic.ID, login)
		if hub.KindOf(err) != hub.NotFound || err == nil {
			return account, err
		}
		select {
		case <-ctx.Done():
			return account, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (a *App) demoRoles(ctx context.Context, nurses []accounts.Account) error {
	units, err := a.staff.Units(ctx, a.clinic.ID)
	if err != nil {
		return err
	}
	for _, u := range units {
		if u.Code != demoWard || len(u.Roles) > 0 {
			continue
		}
		role, err := a.staff.CreateRole(ctx, a.clinic.ID, u.ID, "Pflege "+u.Name)
		if err != nil {
			return err
		}
		for _, n := range nurses {
			if err := a.demoActivate(ctx, n.ID); err != nil {
				return err
			}
			if err := a.duty.Take(ctx, a.clinic.ID, n.ID, role); err != nil {
				return err
			}
		}
	}
	return nil
}

// demoActivate follows a link for a nurse, since only active accounts may be on duty.
func (a *App) demoActivate(ctx context.Context, user hub.UserID) error {
	token, err := a.accounts.IssueLink(ctx, a.clinic.ID, user, time.Minute, false)
	if err != nil {
		return err
	}
	session, _, err := a.accounts.FollowLink(ctx, token, accounts.Place{Address: "127.0.0.1"})
	if err != nil {
		return err
	}
	return a.accounts.SignOut(ctx, session)
}

// printDemo prints the links. The two nurses have two host names, because a browser keeps
// one sign-in per host name.
func (a *App) printDemo(ctx context.Context, w io.Writer, nurses []accounts.Account, o DemoOptions) error {
	admin, _, err := a.db.BreakGlass(ctx, a.clinic.ID)
	if err != nil {
		return err
	}
	_, chatPort := hostPort(a.config.Chat.Addr)
	_, consolePort := hostPort(a.config.Console.Addr)
	fmt.Fprintf(w, "\nWardline demo: %s. No real data.\n\n", a.clinic.Name)
	for _, l := range []struct {
		who  string
		base string
		user hub.UserID
	}{
		{"IT administrator", "http://localhost:" + consolePort, admin.ID},
		{nurses[0].Name, "http://localhost:" + chatPort, nurses[0].ID},
		{nurses[1].Name, "http://127.0.0.1:" + chatPort, nurses[1].ID},
	} {
		token, err := a.accounts.IssueLink(ctx, a.clinic.ID, l.user, 24*time.Hour, true)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-18s %s/#token=%s\n", l.who, l.base, token)
	}
	fmt.Fprintf(w, "\nA nurse call comes every %d s. KIS: %s (MLLP), nurse call: %s (ESPA-X).\nEnd with Ctrl-C; data stays in %s, start over with: wardline demo --fresh\n", o.Seconds, demoMLLP, demoESPA, a.config.DataDir)
	return nil
}
