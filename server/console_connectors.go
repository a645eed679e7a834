package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/form"
)

// connectorView is a connector without its secrets.
type connectorView struct {
	ConnectorRef
	Enabled  bool              `json:"enabled"`
	Revision int               `json:"revision"`
	Config   raw               `json:"config"`
	Secrets  map[string]string `json:"secrets" doc:"Field: \"set\" or \"not set\"."`
	Health   connectors.Health `json:"health"`
	Counters counterView       `json:"counters"`
	Counts   namedCounts       `json:"counts"`
}

type counterView struct {
	Received   int       `json:"received"`
	Applied    int       `json:"applied"`
	Errors     int       `json:"errors"`
	Duplicates int       `json:"duplicates"`
	Held       int       `json:"held"`
	Last       time.Time `json:"last_at,omitzero"`
}

type namedCounts struct {
	Named map[string]int64 `json:"named"`
}

type ConnectorPath struct {
	ID hub.ConnectorID `path:"id" format:"uuid"`
}

// ConnectorForm is what an administrator fills in. In config a secret that is left out or
// null keeps its value, an empty one is cleared.
type ConnectorForm struct {
	Name    string         `json:"name" minLength:"1" maxLength:"100"`
	Enabled bool           `json:"enabled"`
	Config  map[string]any `json:"config"`
	Comment string         `json:"comment,omitempty" maxLength:"500"`
}

type createConnector struct {
	Body struct {
		Kind string `json:"kind" maxLength:"40"`
		ConnectorForm
	}
}

type updateConnector struct {
	ConnectorPath
	IfMatch
	Body ConnectorForm
}

type testConnector struct {
	Body struct {
		Kind   string          `json:"kind" maxLength:"40"`
		ID     hub.ConnectorID `json:"id,omitempty" format:"uuid" doc:"Whose stored secrets to use."`
		Config map[string]any  `json:"config"`
	}
}

type checksView struct {
	Checks []connectors.Check `json:"checks"`
}

func (c *console) connectorRoutes() {
	handle(c.api, route{"GET", "/connectors", "connectors", "Connectors with health and counters", forConnectors | forPeople | forAudit, 200}, c.connectors)
	register(c.api, route{"POST", "/connectors", "create-connector", "Add a connector", forConnectors | fresh, 201}, c.createConnector)
	handle(c.api, route{"POST", "/connectors/test", "test-connector", "Try a configuration without saving it", forConnectors | fresh, 200}, c.testConnector)
	register(c.api, route{"GET", "/connectors/{id}", "connector", "One connector", forConnectors | forPeople | forAudit, 200}, c.connector)
	register(c.api, route{"PUT", "/connectors/{id}", "update-connector", "Save a new revision", forConnectors | fresh, 200}, c.updateConnector)
	handle(c.api, route{"DELETE", "/connectors/{id}", "delete-connector", "Delete a disabled connector", forConnectors, 0}, c.deleteConnector)
}

func (c *console) connectors(ctx context.Context, _ *struct{}) (list[connectorView], error) {
	clinic := caller(ctx).Clinic
	var out list[connectorView]
	records, err := c.o.Configs.Connectors(ctx, clinic)
	if err != nil {
		return out, err
	}
	counters, err := c.o.Messages.Counters(ctx, clinic)
	if err != nil {
		return out, err
	}
	status := c.o.Running.Status(clinic)
	for _, r := range records {
		out.Items = append(out.Items, c.view(r, status, counters[r.ID]))
	}
	return out, nil
}

func (c *console) view(r connectors.Record, status map[hub.ConnectorID]Status, n connectors.Counters) connectorView {
	v := connectorView{
		ConnectorRef: ConnectorRef{r.ID, r.Name, r.Kind}, Enabled: r.Enabled, Revision: r.Revision, Config: r.Config,
		Secrets: map[string]string{}, Health: health(r, status), Counts: namedCounts{status[r.ID].Named},
		Counters: counterView{n.Received, n.Applied, n.Errors, n.Duplicates, n.Held, n.Last},
	}
	if f := c.forms[r.Kind]; f != nil {
		for _, field := range f.Secrets() {
			v.Secrets[field] = "not set"
			if r.Secrets[field] != "" {
				v.Secrets[field] = "set"
			}
		}
	}
	return v
}

func (c *console) connector(ctx context.Context, in *ConnectorPath) (*tagged[connectorView], error) {
	r, err := c.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return c.show(ctx, r)
}

func (c *console) show(ctx context.Context, r connectors.Record) (*tagged[connectorView], error) {
	clinic := caller(ctx).Clinic
	counters, err := c.o.Messages.Counters(ctx, clinic)
	return newTagged(r.Revision, c.view(r, c.o.Running.Status(clinic), counters[r.ID])), err
}

// find reads one connector. There are few, so all are read.
func (c *console) find(ctx context.Context, id hub.ConnectorID) (connectors.Record, error) {
	records, err := c.o.Configs.Connectors(ctx, caller(ctx).Clinic)
	if err != nil {
		return connectors.Record{}, err
	}
	i := slices.IndexFunc(records, func(r connectors.Record) bool { return r.ID == id })
	if i < 0 {
		return connectors.Record{}, hub.E("server.connector", hub.NotFound, "", "")
	}
	return records[i], nil
}

// fill takes a form into a record: schema first, then what only the connector's own code
// can tell. The record is not changed when there is an objection.
func (c *console) fill(ctx context.Context, r *connectors.Record, config map[string]any) error {
	f := c.forms[r.Kind]
	if f == nil {
		p := problem(http.StatusUnprocessableEntity, "unknown_kind")
		p.Errors = []FieldProblem{{"body.kind", "unknown kind"}}
		return p
	}
	given, err := json.Marshal(config)
	if err != nil {
		return err
	}
	public, secrets, wrong := f.Submit(given, r.Secrets)
	if len(wrong) > 0 {
		return configProblem(wrong...)
	}
	next := *r
	next.Config, next.Secrets = public, secrets
	if err := c.o.Running.Validate(ctx, caller(ctx).Clinic, next); err != nil {
		return refused(err)
	}
	*r = next
	return nil
}

func configProblem(wrong ...form.FieldError) error {
	p := problem(http.StatusUnprocessableEntity, "invalid")
	for _, e := range wrong {
		at := "body.config"
		if e.Location != "" {
			at += "." + e.Location
		}
		p.Errors = append(p.Errors, FieldProblem{at, e.Message})
	}
	return p
}

// refused places what a connector objects to at its field of the form.
func refused(err error) error {
	var e *hub.Error
	if errors.As(err, &e) && e.Kind == hub.Invalid {
		return configProblem(form.FieldError{Location: e.Field, Message: reason(e)})
	}
	return err
}

func (c *console) createConnector(ctx context.Context, in *createConnector) (*tagged[connectorView], error) {
	r := connectors.Record{Kind: in.Body.Kind, Name: in.Body.Name, Enabled: in.Body.Enabled}
	if err := c.fill(ctx, &r, in.Body.Config); err != nil {
		return nil, err
	}
	if err := c.probe(ctx, r); err != nil {
		return nil, err
	}
	return c.save(ctx, r, in.Body.Comment, "connector.create")
}

func (c *console) updateConnector(ctx context.Context, in *updateConnector) (*tagged[connectorView], error) {
	seen, err := in.revision()
	if err != nil {
		return nil, err
	}
	r, err := c.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if r.Revision != seen {
		return nil, problem(http.StatusPreconditionFailed, "stale")
	}
	r.Name, r.Enabled = in.Body.Name, in.Body.Enabled
	if err := c.fill(ctx, &r, in.Body.Config); err != nil {
		return nil, err
	}
	if err := c.probe(ctx, r); err != nil {
		return nil, err
	}
	return c.save(ctx, r, in.Body.Comment, "connector.update")
}

// probe refuses what could not even be started here, such as a port somebody else holds,
// while the old revision goes on running. That a peer does not answer is no objection: it
// may be switched off today.
func (c *console) probe(ctx context.Context, r connectors.Record) error {
	if !r.Enabled {
		return nil
	}
	checks, err := c.o.Running.Check(ctx, caller(ctx).Clinic, r)
	if err != nil {
		return refused(err)
	}
	for _, check := range checks {
		if !check.OK && slices.Contains([]string{"config", "listen", "tls"}, check.Name) {
			p := configProblem(form.FieldError{Message: check.Detail}).(*Problem)
			p.Code = "not_startable"
			return p
		}
	}
	return nil
}

// save writes the next revision and makes it the running one. If it cannot be started now
// (its port is taken), the old one goes on running: the health says so, and the revision
// before is one click away.
func (c *console) save(ctx context.Context, r connectors.Record, comment, act string) (*tagged[connectorView], error) {
	s := caller(ctx)
	saved, err := c.o.Configs.SaveConnector(ctx, s.Clinic, r, s.Account.ID, comment)
	if err != nil {
		return nil, as(err, "stale", http.StatusPreconditionFailed)
	}
	started := c.o.Running.Reload(ctx, s.Clinic, saved.ID)
	if err := c.done(ctx, "connectors", act, string(saved.ID), map[string]string{"kind": saved.Kind}); err != nil {
		return nil, err
	}
	if started != nil {
		c.api.o.Log.WarnContext(ctx, "saved connector was not started", "connector", saved.ID, "kind", saved.Kind, "error", started)
		return nil, notStarted(started)
	}
	return c.show(ctx, saved)
}

// notStarted tells the administrator that the revision is kept but does not run.
func notStarted(err error) error {
	p := problem(http.StatusConflict, "not_started")
	var e *hub.Error
	if errors.As(err, &e) {
		p.Errors = []FieldProblem{{"body.config." + e.Field, reason(e)}}
	}
	p.Detail = "The revision was saved. It could not be started, the one before goes on running."
	p.cause = err
	return p
}

func (c *console) testConnector(ctx context.Context, in *testConnector) (checksView, error) {
	r, err := c.trial(ctx, in)
	if err != nil {
		return checksView{}, err
	}
	checks, err := c.o.Running.Check(ctx, caller(ctx).Clinic, r)
	return checksView{checks}, err
}

// trial is a record made of a form that is not saved, with the stored secrets where the
// form leaves them out.
func (c *console) trial(ctx context.Context, in *testConnector) (connectors.Record, error) {
	r := connectors.Record{ID: in.Body.ID, Kind: in.Body.Kind}
	if r.ID != "" {
		stored, err := c.find(ctx, r.ID)
		if err != nil {
			return r, err
		}
		if stored.Kind == r.Kind {
			r.Secrets = stored.Secrets
		}
	}
	err := c.fill(ctx, &r, in.Body.Config)
	return r, err
}

func (c *console) deleteConnector(ctx context.Context, in *ConnectorPath) (none, error) {
	r, err := c.find(ctx, in.ID)
	if err != nil {
		return none{}, err
	}
	if r.Enabled {
		return none{}, hub.E("server.delete_connector", hub.Conflict, "enabled", "")
	}
	clinic := caller(ctx).Clinic
	if err := c.o.Configs.DeleteConnector(ctx, clinic, r.ID); err != nil {
		return none{}, err
	}
	if err := c.o.Running.Reload(ctx, clinic, r.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "connectors", "connector.delete", string(r.ID), map[string]string{"kind": r.Kind})
}
