package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/form"
)

// console is the listener of the administrators.
type console struct {
	*api
	o     ConsoleOptions
	forms map[string]*form.Form
}

// NewConsole returns the handler of the console listener. It fails only when the files of
// the web app cannot be read.
func NewConsole(o ConsoleOptions) (http.Handler, error) {
	c, err := newConsole(o)
	if err != nil {
		return nil, err
	}
	return c.engine, nil
}

func newConsole(o ConsoleOptions) (*console, error) {
	e := &edge{o: o.Options, console: true, engine: newEngine(o.Options, "console")}
	c := &console{api: newAPI(e, "Wardline console API"), o: o, forms: map[string]*form.Form{}}
	for _, k := range o.Kinds {
		c.forms[k.Name] = form.New(k)
	}
	c.authRoutes()
	c.accessRoutes()
	c.codeRoutes()
	c.overviewRoutes()
	c.connectorRoutes()
	c.revisionRoutes()
	c.tokenRoutes()
	c.messageRoutes()
	c.staffRoutes()
	c.planRoutes()
	c.peopleRoutes()
	c.diffRoutes()
	c.conflictRoutes()
	c.mergeRoutes()
	c.runRoutes()
	c.importRoutes()
	c.rosterRoutes()
	c.groupRoutes()
	c.unitRoutes()
	c.setupRoutes()
	c.contactRoutes()
	c.ruleRoutes()
	c.alertRoutes()
	c.chatRoutes()
	c.socket(route{"GET", "/live", "live", "WebSocket that says what has changed", admin, 101}, c.live)
	c.finish()
	return c, e.serveFiles()
}

// live hands the connection over. The session is looked at again only when somebody's
// access has changed: asking would count as use, and the console signs out when idle.
func (c *console) live(g *gin.Context, s accounts.Session) {
	switch {
	case !websocket.IsWebSocketUpgrade(g.Request):
		g.Header("Upgrade", "websocket")
		fail(g, problem(http.StatusUpgradeRequired, ""))
	case !sameHost(g.Request):
		fail(g, problem(http.StatusForbidden, "cross_origin"))
	default:
		c.o.Live.Serve(g.Writer, g.Request, s, c.check(g.Request))
	}
}

// audit keeps what an administrator did. It comes before what is read, so that nothing is
// shown without a trace, and after what is changed.
func (c *console) audit(ctx context.Context, act, object string, data map[string]string) error {
	s := caller(ctx)
	err := c.o.Audit.WriteAudit(ctx, s.Clinic, connectors.AuditLine{Actor: s.Account.ID, Act: act, Object: object, Data: data})
	if err != nil {
		return fmt.Errorf("keep %s in the audit log: %w", act, err)
	}
	return nil
}

// done is audit for a change that has been made, with the consoles told of it.
func (c *console) done(ctx context.Context, what, act, object string, data map[string]string) error {
	c.o.Live.Changed(caller(ctx).Clinic, what)
	return c.audit(ctx, act, object, data)
}

// overviewView is the first page of the console.
type overviewView struct {
	Connectors []connectorState `json:"connectors"`
	Summary
}

type connectorState struct {
	ConnectorRef
	connectors.Health
}

// kindView is a kind as the console offers it.
type kindView struct {
	Name         string       `json:"name"`
	Schema       raw          `json:"schema"`
	Defaults     raw          `json:"defaults"`
	Capabilities capabilities `json:"capabilities"`
}

// capabilities is which buttons a kind has.
type capabilities struct {
	Test   bool `json:"test"`
	Sync   bool `json:"sync"`
	Answer bool `json:"answer"`
	Tokens bool `json:"tokens"`
	Replay bool `json:"replay"`
	Pull   bool `json:"pull" doc:"Reads people: has runs, a preview and a schedule."`
	Mail   bool `json:"mail" doc:"Sends mail."`
	SignIn bool `json:"signs_in" doc:"Can check passwords, where its configuration says so."`
}

// auditView is a line of the audit log.
type auditView struct {
	At     time.Time         `json:"at"`
	Actor  *namedUser        `json:"actor,omitempty"`
	Act    string            `json:"act"`
	Object string            `json:"object"`
	Data   map[string]string `json:"data,omitempty"`
}

type namedUser struct {
	ID   hub.UserID `json:"user_id"`
	Name string     `json:"name"`
}

func (c *console) overviewRoutes() {
	handle(c.api, route{"GET", "/overview", "overview", "What needs attention", admin, 200}, c.overview)
	handle(c.api, route{"GET", "/kinds", "kinds", "Kinds of connectors with their forms", admin, 200}, c.kinds)
	handle(c.api, route{"GET", "/audit", "audit", "What administrators did", forAudit, 200}, c.auditLines)
}

func (c *console) overview(ctx context.Context, _ *struct{}) (overviewView, error) {
	clinic := caller(ctx).Clinic
	var out overviewView
	records, err := c.o.Configs.Connectors(ctx, clinic)
	if err != nil {
		return out, err
	}
	status := c.o.Running.Status(clinic)
	for _, r := range records {
		out.Connectors = append(out.Connectors, connectorState{ConnectorRef{r.ID, r.Name, r.Kind}, health(r, status)})
	}
	out.Summary, err = c.o.Overview.Overview(ctx, clinic)
	return out, err
}

// health is what a connector reports, or that it does not run.
func health(r connectors.Record, status map[hub.ConnectorID]Status) connectors.Health {
	s, ok := status[r.ID]
	if !ok || s.Health.State == "" {
		return connectors.Health{State: connectors.Stopped}
	}
	return s.Health
}

func (c *console) kinds(context.Context, *struct{}) (list[kindView], error) {
	var out list[kindView]
	for _, k := range c.o.Kinds {
		f := c.forms[k.Name]
		out.Items = append(out.Items, kindView{k.Name, f.Schema(), f.Defaults(), capable(k)})
	}
	return out, nil
}

// capable makes a connector of the defaults to see what it can do; New does no I/O. A kind
// whose defaults alone are no configuration must return its connector beside the error, or
// its buttons are missing.
func capable(k connectors.Kind) capabilities {
	made, _ := k.New(k.Config(), connectors.Env{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	_, test := made.(connectors.Checker)
	_, sync := made.(connectors.Syncer)
	_, answer := made.(connectors.Answerer)
	_, replay := made.(connectors.Replayer)
	_, pull := made.(connectors.StaffSource)
	_, mail := made.(connectors.Mailer)
	_, signIn := made.(connectors.Authenticator)
	return capabilities{test, sync || pull, answer, k.Name == tokenKind, replay, pull, mail, signIn}
}

// tokenKind is the one kind whose callers show API tokens.
const tokenKind = "alarm-http"

func (c *console) auditLines(ctx context.Context, in *Paging) (page[auditView], error) {
	s := caller(ctx)
	lines, next, err := c.o.Audit.AuditLines(ctx, s.Clinic, in.Cursor, in.Limit)
	if err != nil {
		return page[auditView]{}, err
	}
	var users []hub.UserID
	for _, l := range lines {
		if l.Actor != "" {
			users = append(users, l.Actor)
		}
	}
	names, err := c.names(ctx, s.Clinic, users)
	out := page[auditView]{Next: next}
	for _, l := range lines {
		v := auditView{At: l.At, Act: l.Act, Object: l.Object, Data: l.Data}
		if l.Actor != "" {
			v.Actor = &namedUser{l.Actor, names[l.Actor]}
		}
		out.Items = append(out.Items, v)
	}
	return out, err
}

// names looks up names, where there are any to look up.
func (c *console) names(ctx context.Context, clinic hub.ClinicID, users []hub.UserID) (map[hub.UserID]string, error) {
	if len(users) == 0 {
		return nil, nil
	}
	return c.o.Names.Names(ctx, clinic, users)
}

// page is a part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}
