package app

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/server"
	"github.com/wardline/wardline/store/signin"
)

// buildAccounts makes what signs people in. It asks the connectors, which are built later.
func (a *App) buildAccounts(keys *seal.Keyring) (err error) {
	a.accounts, err = accounts.New(accounts.Options{
		Store: a.db, Ways: signin.New(a.db, keys), Binder: outward{a}, Mailer: outward{a}, Now: time.Now, Demo: a.demo,
		Name: a.clinic.Name, ChatURL: baseURL(a.config.Chat.ListenConfig), ConsoleURL: baseURL(a.config.Console),
	})
	return err
}

// outward is what signing in asks of the hospital's systems.
type outward struct{ a *App }

var (
	_ accounts.Binder = outward{}
	_ accounts.Mailer = outward{}
)

// Bind asks the directories.
func (o outward) Bind(ctx context.Context, clinic hub.ClinicID, login, password string) (hub.ConnectorID, string, error) {
	return o.a.supervisor.Authenticate(ctx, clinic, login, password)
}

// BindAs asks those that know somebody by a key.
func (o outward) BindAs(ctx context.Context, clinic hub.ClinicID, keys map[hub.ConnectorID]string, password string) error {
	return o.a.supervisor.AuthenticateKey(ctx, clinic, keys, password)
}

// SignsIn reports whether there are any.
func (o outward) SignsIn(clinic hub.ClinicID) bool { return o.a.supervisor.SignsIn(clinic) }

// Mail sends by a mail server.
func (o outward) Mail(ctx context.Context, clinic hub.ClinicID, to, subject, text string) error {
	return o.a.supervisor.Mail(ctx, clinic, connectors.Mail{To: to, Subject: subject, Text: text})
}

func (a *App) signIn() server.SignIn {
	s := a.accounts
	return server.SignIn{
		Offers: s, Passkeys: s, Own: s, StepUps: s, Trips: s, Sessions: s, Waiting: s, Joining: s, Access: s, Stripper: s, Invites: s, Codes: s, Policy: s, Audit: a.db,
	}
}

// ceremonyPace is how often sign-ins that were begun and never ended are forgotten.
const ceremonyPace = time.Minute

// sweepCeremonies keeps the table of them small: whoever comes by can begin one.
func (a *App) sweepCeremonies(ctx context.Context) error {
	t := time.NewTicker(ceremonyPace)
	defer t.Stop()
	for {
		if err := a.accounts.Sweep(ctx, a.clinic.ID); err != nil && ctx.Err() == nil {
			a.log.Warn("sign-ins that never ended are not forgotten", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// breakGlassShown is how long a sign-in of nobody in particular is on the first page.
const breakGlassShown = 7 * 24 * time.Hour

// accessTodos are what an administrator should know of who gets in.
func (o overview) accessTodos(ctx context.Context, clinic hub.ClinicID) ([]server.Todo, error) {
	if o.a.demo { // whose links are all of them the break-glass administrator's
		return nil, nil
	}
	opened, err := o.a.db.BreakGlassSince(ctx, clinic, time.Now().Add(-breakGlassShown))
	if err != nil {
		return nil, err
	}
	waiting, err := o.a.accounts.Waiting(ctx, clinic, "")
	if err != nil {
		return nil, err
	}
	var out []server.Todo
	for _, t := range []server.Todo{{Kind: "break_glass", Count: opened}, {Kind: "device_waiting", Count: len(waiting)}} {
		if t.Count > 0 {
			out = append(out, t)
		}
	}
	return out, nil
}
