package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server"
)

// How often incidents are looked for, and how many held plans are told apart.
const (
	incidentPace = time.Minute
	plansTold    = 50
)

// incident is something the technical contacts are told once. id is stable as long as it
// lasts; text names nobody.
type incident struct {
	id, subject, text string
}

// watchIncidents tells the technical contacts when sources ail and when plans are held.
func (a *App) watchIncidents(ctx context.Context) error {
	t := time.NewTicker(incidentPace)
	defer t.Stop()
	for {
		if err := a.tellIncidents(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("incidents not told", "err", err)
		}
		if err := a.desk.Sweep(ctx, a.clinic.ID); err != nil && ctx.Err() == nil {
			a.log.Warn("handed-in files not swept", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// tellIncidents writes of what is new. Which that is the database decides, for all nodes; a
// mail that could not be sent is tried again the next minute.
func (a *App) tellIncidents(ctx context.Context) error {
	contacts, err := a.desk.Contacts(ctx, a.clinic.ID)
	if err != nil || len(contacts) == 0 || !a.supervisor.SendsMail(a.clinic.ID) {
		return err // nobody to tell, or no way to: the first page of the console tells
	}
	current, err := a.incidents(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(current))
	for i, c := range current {
		ids[i] = c.id
	}
	news, err := a.desk.Told(ctx, a.clinic.ID, ids)
	if err != nil {
		return err
	}
	for _, id := range news {
		for _, c := range current {
			if c.id == id {
				a.tellIncident(ctx, c, contacts)
			}
		}
	}
	return nil
}

// tellIncident writes to all contacts. It is tried again only when nobody could be told, so
// that one wrong address does not write to the others every minute.
func (a *App) tellIncident(ctx context.Context, c incident, contacts []string) {
	sent := 0
	for _, to := range contacts {
		err := a.supervisor.Mail(ctx, a.clinic.ID, connectors.Mail{To: to, Subject: c.subject, Text: c.text})
		if err != nil {
			a.log.Warn("incident not told", "incident", c.id, "err", err)
			continue
		}
		sent++
	}
	if sent > 0 {
		return
	}
	if err := a.desk.Untold(context.WithoutCancel(ctx), a.clinic.ID, c.id); err != nil {
		a.log.Warn("incident stays told", "incident", c.id, "err", err)
	}
}

// incidents lists what is wrong now.
func (a *App) incidents(ctx context.Context) ([]incident, error) {
	ailing, err := a.passes.Ailing(ctx, a.clinic.ID)
	if err != nil {
		return nil, err
	}
	plans, err := a.staff.Plans(ctx, a.clinic.ID, directory.PlanHeld, "", plansTold)
	if err != nil {
		return nil, err
	}
	names, err := a.connectorNames(ctx)
	if err != nil {
		return nil, err
	}
	var out []incident
	for _, s := range ailing {
		if s.Failures > 0 {
			out = append(out, a.letter("failing:"+string(s.Connector), names[s.Connector], "/connectors/"+string(s.Connector),
				fmt.Sprintf("Der Abgleich ist %d Mal nacheinander fehlgeschlagen (%s). Niemand wurde geändert.", s.Failures, s.Fault),
				fmt.Sprintf("The pass has failed %d times in a row (%s). Nobody was changed.", s.Failures, s.Fault)))
		}
		if s.Stale {
			out = append(out, a.letter("stale:"+string(s.Connector), names[s.Connector], "/connectors/"+string(s.Connector),
				"Seit mehr als 48 Stunden wurde kein vollständiger Abgleich übernommen.", "No full pass was applied for more than 48 hours."))
		}
	}
	for _, p := range plans.Items {
		out = append(out, a.letter("held:"+string(p.ID), p.Connector.Name, "/plans/"+string(p.ID),
			"Änderungen am Personal wurden angehalten und warten auf eine Entscheidung.", "Changes to staff are held and wait for a decision."))
	}
	return out, nil
}

// letter is an incident in both languages, with the way to its page.
func (a *App) letter(id, source, page, german, english string) incident {
	if source == "" {
		source = "Wardline"
	}
	subject := "Wardline: " + strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, source)
	if len(subject) > 150 {
		subject = strings.ToValidUTF8(subject[:150], "")
	}
	link := baseURL(a.config.Console) + page
	return incident{id: id, subject: subject, text: german + "\n\n" + english + "\n\n" + link + "\n"}
}

func (a *App) connectorNames(ctx context.Context) (map[hub.ConnectorID]string, error) {
	all, err := a.db.Connectors(ctx, a.clinic.ID)
	out := map[hub.ConnectorID]string{}
	for _, r := range all {
		out[r.ID] = r.Name
	}
	return out, err
}

// conflictsCounted bounds what the first page counts of open questions.
const conflictsCounted = 100

// staffTodos are what an administrator should know of where people come from.
func (o overview) staffTodos(ctx context.Context, clinic hub.ClinicID) ([]server.Todo, error) {
	ailing, err := o.a.passes.Ailing(ctx, clinic)
	if err != nil {
		return nil, err
	}
	open, err := o.a.db.Staff().Conflicts(ctx, clinic, directory.ConflictOpen, "", conflictsCounted)
	if err != nil {
		return nil, err
	}
	failing, stale := server.Todo{Kind: "source_failing"}, server.Todo{Kind: "source_stale"}
	for _, s := range ailing {
		if s.Failures > 0 {
			failing.Count, failing.Ref = failing.Count+1, string(s.Connector)
		}
		if s.Stale {
			stale.Count, stale.Ref = stale.Count+1, string(s.Connector)
		}
	}
	var out []server.Todo
	for _, t := range []server.Todo{failing, stale, {Kind: "conflict_open", Count: len(open.Items)}} {
		if t.Count > 0 {
			out = append(out, t)
		}
	}
	return out, nil
}
