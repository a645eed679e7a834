package server

import (
	"context"
	"net/http"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

type rulesView struct {
	Revision int             `json:"revision"`
	Items    []alerting.Rule `json:"items"`
}

type rulesInput struct {
	IfMatch
	Body struct {
		Items []alerting.Rule `json:"items" minItems:"1" maxItems:"500"`
	}
}

type tryInput struct {
	Body struct {
		Signal trySignal `json:"signal"`
	}
}

// trySignal is the part of a signal rules look at.
type trySignal struct {
	Kind      string            `json:"kind" maxLength:"64"`
	Priority  alerting.Priority `json:"priority" minimum:"0" maximum:"4"`
	Ward      string            `json:"ward" maxLength:"64"`
	Room      string            `json:"room,omitempty" maxLength:"64"`
	Bed       string            `json:"bed,omitempty" maxLength:"64"`
	Connector hub.ConnectorID   `json:"connector,omitempty" format:"uuid"`
	At        time.Time         `json:"at,omitzero" doc:"Now unless given."`
}

type alertsInput struct {
	State string `query:"state" enum:"running,all" default:"running"`
	Paging
}

func (c *console) ruleRoutes() {
	register(c.api, route{"GET", "/rules", "rules", "Routing rules in their order", forPolicy | forConnectors | forAudit, 200}, c.rules)
	register(c.api, route{"PUT", "/rules", "save-rules", "Replace the whole list", forPolicy, 200}, c.saveRules)
	handle(c.api, route{"POST", "/rules/try", "try-signal", "Where a signal would go now", forPolicy | forConnectors, 200}, c.try)
}

func (c *console) alertRoutes() {
	handle(c.api, route{"GET", "/alerts", "alerts", "Alert board", forPolicy | forConnectors | forAudit, 200}, c.alerts)
	handle(c.api, route{"GET", "/alerts/{id}", "alert", "One alert with its story", forPolicy | forConnectors | forAudit, 200}, c.alert)
}

func (c *console) rules(ctx context.Context, _ *struct{}) (*tagged[rulesView], error) {
	rules, revision, err := c.o.Rules.Rules(ctx, caller(ctx).Clinic)
	return newTagged(revision, rulesView{revision, rules}), err
}

func (c *console) saveRules(ctx context.Context, in *rulesInput) (*tagged[rulesView], error) {
	s := caller(ctx)
	seen, err := in.revision()
	if err != nil {
		return nil, err
	}
	if wrong := alerting.ValidateRules(in.Body.Items); len(wrong) > 0 {
		p := problem(http.StatusUnprocessableEntity, "invalid")
		for _, w := range wrong {
			p.Errors = append(p.Errors, FieldProblem{"body." + w.Where, w.Message})
		}
		return nil, p
	}
	revision, err := c.o.Rules.SaveRules(ctx, s.Clinic, in.Body.Items, seen, s.Account.ID)
	if err != nil {
		return nil, as(err, "stale", http.StatusPreconditionFailed)
	}
	if err := c.done(ctx, "alerts", "rules.save", "", nil); err != nil {
		return nil, err
	}
	return newTagged(revision, rulesView{revision, in.Body.Items}), nil
}

func (c *console) try(ctx context.Context, in *tryInput) (Trial, error) {
	t := in.Body.Signal
	found, err := c.o.Rules.TrySignal(ctx, caller(ctx).Clinic, alerting.Signal{
		Connector: t.Connector, Phase: alerting.PhaseRaise, Kind: t.Kind, Priority: t.Priority,
		Ward: t.Ward, Room: t.Room, Bed: t.Bed, At: t.At,
	})
	return trialView(found), err
}

func trialView(t alerting.Trial) Trial {
	out := Trial{Rule: TrialRule{t.Rule.ID, t.Rule.Name, t.Position}}
	for i, s := range t.Rule.Policy.Steps {
		step := TrialStep{Seconds: s.Seconds, Targets: s.Targets}
		if i < len(t.Recipients) {
			for _, r := range t.Recipients[i] {
				step.Recipients = append(step.Recipients, TrialRecipient{directory.UserRef{ID: r.User, Name: r.Name}, r.Devices})
			}
		}
		out.Steps = append(out.Steps, step)
	}
	for _, p := range t.PassedOver {
		out.PassedOver = append(out.PassedOver, TrialPassed{p.Rule, p.Why})
	}
	return out
}

func (c *console) alerts(ctx context.Context, in *alertsInput) (page[AlertRow], error) {
	rows, next, err := c.o.Board.Alerts(ctx, caller(ctx).Clinic, in.State == "running", in.Cursor, in.Limit)
	out := page[AlertRow]{Next: next}
	for i := range rows {
		out.Items = append(out.Items, alertView(&rows[i]))
	}
	return out, err
}

func alertView(r *alerting.Row) AlertRow {
	v := AlertRow{
		ID: r.ID, State: r.State, Kind: r.Kind, Priority: r.Priority, Ward: r.Ward, Room: r.Room, Bed: r.Bed,
		Text: r.Text, Caller: r.Caller, Connector: ConnectorRef{r.Connector, r.ConnectorName, r.ConnectorKind},
		RuleName: r.RuleName, Step: r.Step + 1, Steps: len(r.Policy.Steps), RaisedAt: r.RaisedAt,
		UpdatedAt: r.UpdatedAt, EndedAt: r.EndedAt, Technical: r.Technical,
	}
	for _, u := range r.AcceptedBy {
		v.AcceptedBy = append(v.AcceptedBy, directory.UserRef{ID: u, Name: r.Names[u]})
	}
	return v
}

func (c *console) alert(ctx context.Context, in *alertPath) (AlertDetail, error) {
	d, err := c.o.Board.Alert(ctx, caller(ctx).Clinic, in.ID)
	if err != nil {
		return AlertDetail{}, err
	}
	out := AlertDetail{AlertRow: alertView(&d.Row), Story: storyView(d.Story, d.Names)}
	for _, s := range d.Dispatches {
		out.Dispatches = append(out.Dispatches, DispatchRow{s.Step + 1, StoryUser{s.User, d.Names[s.User]}, s.State, s.Changed})
	}
	for _, a := range d.Answers {
		out.Answers = append(out.Answers, AnswerRow{a.Kind, a.At, a.DoneAt, a.Attempts})
	}
	return out, nil
}
