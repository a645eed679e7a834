package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// supervisorOptions gives each connector the parts of the hub it may touch.
func (a *App) supervisorOptions() connectors.Options {
	return connectors.Options{
		Registry: a.registry,
		Log:      a.log,
		Env:      a.env,
		OnHealth: func(hub.ConnectorID, connectors.Health) { a.live.Changed(a.clinic.ID, "connectors") },
		OnCount:  func(id hub.ConnectorID, name string) { a.counts.WithLabelValues(string(id), name).Inc() },
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
	a.undo.push("connectors", func(ctx context.Context) error { a.supervisor.Close(ctx); return nil })
	for _, r := range all {
		if !r.Enabled {
			continue
		}
		if err := a.applyConnector(ctx, r); err != nil {
			a.log.Error("connector not started", "connector", r.ID, "kind", r.Kind, "err", err)
		}
	}
	return nil
}

func (a *App) applyConnector(ctx context.Context, r connectors.Record) error {
	spec, err := a.spec(r)
	if err != nil {
		return err
	}
	return a.supervisor.Apply(ctx, spec)
}

// spec joins a record's configuration with its secrets, as the connector wants it.
func (a *App) spec(r connectors.Record) (connectors.Spec, error) {
	config := map[string]any{}
	if len(r.Config) > 0 {
		if err := json.Unmarshal(r.Config, &config); err != nil {
			return connectors.Spec{}, fmt.Errorf("read configuration of connector %s: %w", r.ID, err)
		}
	}
	for name, secret := range r.Secrets {
		config[name] = secret
	}
	joined, err := json.Marshal(config)
	if err != nil {
		return connectors.Spec{}, fmt.Errorf("join configuration of connector %s: %w", r.ID, err)
	}
	return connectors.Spec{Clinic: a.clinic.ID, ID: r.ID, Kind: r.Kind, Revision: r.Revision, Config: joined}, nil
}

// giveAnswer hands an answer to the connector its alert came from.
func (a *App) giveAnswer(ctx context.Context, o alerting.OpenAnswer) error {
	return a.supervisor.Answer(ctx, o.Answer)
}

// answerIsVain reports whether the source will never take an answer.
func answerIsVain(err error) bool { return errors.Is(err, connectors.ErrGone) }
