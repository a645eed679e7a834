package app

import (
	"context"
	"errors"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server"
	"github.com/wardline/wardline/server/form"
	"github.com/wardline/wardline/store/staff"
)

// supervisorOptions gives each connector the parts of the hub it may touch.
func (a *App) supervisorOptions() connectors.Options {
	return connectors.Options{
		Registry: a.registry,
		Log:      a.log,
		Env:      a.env,
		OnHealth: func(hub.ConnectorID, connectors.Health) { a.live.Changed(a.clinic.ID, "connectors") },
		OnCount:  func(id hub.ConnectorID, name string) { a.metrics.named.WithLabelValues(string(id), name).Inc() },
	}
}

func (a *App) env(s connectors.Spec) connectors.Env {
	return connectors.Env{
		Inbox: a.db.Inbox(s.Clinic, s.ID),
		State: a.db.KV(s.Clinic, s.ID),
		Status: func(ctx context.Context, ref string) (alerting.Alert, error) {
			return a.db.AlertByRef(ctx, s.Clinic, s.ID, ref)
		},
		Grant: func(ctx context.Context, token string) (connectors.Grant, error) {
			return a.db.Grant(ctx, s.Clinic, s.ID, token)
		},
		Feed:    staff.NewFeed(told{a.db.Staff(), a}, s.Clinic, s.ID),
		Stated:  a.db.Staff().Stated(s.Clinic, s.ID),
		Rosters: a.teams,
		Names: func(ctx context.Context, users []hub.UserID) (map[hub.UserID]string, error) {
			return a.db.Names(ctx, s.Clinic, users)
		},
	}
}

// startConnectors makes the stored revisions the running ones. One that cannot be started
// is shown as down and does not keep the others, or the hub, from running.
func (a *App) startConnectors(ctx context.Context) error {
	all, err := a.db.Connectors(ctx, a.clinic.ID)
	if err != nil {
		return err
	}
	for _, r := range all {
		if !r.Enabled {
			continue
		}
		if err := a.supervisor.Apply(ctx, a.spec(a.clinic.ID, r)); err != nil {
			a.log.Error("connector not started", "connector", r.ID, "kind", r.Kind, "err", err)
		}
	}
	return nil
}

// spec joins a record's configuration with its secrets, as the connector wants it.
func (a *App) spec(clinic hub.ClinicID, r connectors.Record) connectors.Spec {
	return connectors.Spec{Clinic: clinic, ID: r.ID, Kind: r.Kind, Revision: r.Revision, Config: form.Join(r.Config, r.Secrets)}
}

// giveAnswer hands an answer to the connector its alert came from.
func (a *App) giveAnswer(ctx context.Context, o alerting.OpenAnswer) error {
	return a.supervisor.Answer(ctx, o.Answer)
}

// answerIsVain reports whether the source will never take an answer.
func answerIsVain(err error) bool { return errors.Is(err, connectors.ErrGone) }

// running is the live side of connectors, as the console sees it.
type running struct{ a *App }

var _ server.Running = running{}

// Status returns how every stored connector is doing on this node.
func (r running) Status(hub.ClinicID) map[hub.ConnectorID]server.Status {
	out := map[hub.ConnectorID]server.Status{}
	for _, id := range r.a.supervisor.IDs() {
		out[id] = server.Status{Health: r.a.supervisor.Health(id), Named: r.a.supervisor.Counters(id)}
	}
	return out
}

// Validate builds a connector without running it.
func (r running) Validate(_ context.Context, clinic hub.ClinicID, rec connectors.Record) error {
	kind, err := r.a.registry.Kind(rec.Kind)
	if err != nil {
		return err
	}
	config, err := kind.Decode(form.Join(rec.Config, rec.Secrets))
	if err != nil {
		return err
	}
	_, err = kind.New(config, r.a.env(r.a.spec(clinic, rec)))
	return err
}

// Check is the Test button.
func (r running) Check(ctx context.Context, clinic hub.ClinicID, rec connectors.Record) ([]connectors.Check, error) {
	return r.a.supervisor.Test(ctx, r.a.spec(clinic, rec)), nil
}

// Reload makes the stored revision the running one, or stops what is switched off or gone.
func (r running) Reload(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) error {
	rec, err := r.find(ctx, clinic, id)
	if hub.KindOf(err) == hub.NotFound && err != nil || err == nil && !rec.Enabled {
		r.a.supervisor.Stop(ctx, id)
		return nil
	}
	if err != nil {
		return err
	}
	return r.a.supervisor.Apply(ctx, r.a.spec(clinic, rec))
}

func (r running) find(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) (connectors.Record, error) {
	all, err := r.a.db.Connectors(ctx, clinic)
	if err != nil {
		return connectors.Record{}, err
	}
	for _, rec := range all {
		if rec.ID == id {
			return rec, nil
		}
	}
	return connectors.Record{}, hub.E("connector.find", hub.NotFound, "", "")
}

// Replay gives a stored input its effect again and returns what became of it.
func (r running) Replay(ctx context.Context, clinic hub.ClinicID, id hub.MessageID) (connectors.MessageStatus, error) {
	m, err := r.a.db.Message(ctx, clinic, id)
	if err != nil {
		return "", err
	}
	raw := connectors.Raw{Key: m.Key, Type: m.Type, ControlID: m.ControlID, Peer: m.Peer, Body: m.Body, Received: m.Received}
	box := r.a.db.Inbox(clinic, m.Connector).Replaying(m.ID)
	if err := r.a.supervisor.Replay(ctx, m.Connector, box, raw); err != nil {
		return "", err
	}
	m, err = r.a.db.Message(ctx, clinic, id)
	return m.Status, err
}
