package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

type actionsInput struct {
	PlanPath
	Op      directory.ActionOp `query:"op" enum:"create,update,lock,unlock,link,lock_here,unlock_here"`
	Query   string             `query:"q" maxLength:"100"`
	Problem directory.Problem  `query:"problem" maxLength:"40" doc:"Name of an obstacle, or any."`
	Paging
}

func (c *console) diffRoutes() {
	handle(c.api, route{"GET", "/plans/{id}/actions", "plan-actions", "What a plan does to whom, page by page", forPeople | forAudit, 200}, c.planActions)
	handleFile(c.api, route{"GET", "/plans/{id}/export", "export-plan", "What a plan does as CSV; audited", forPeople, 200}, []string{"text/csv"}, c.exportPlan)
	handle(c.api, route{"POST", "/plans/{id}/undo", "undo-plan", "Take back what a plan did, where nobody has changed it since", forPeople, 200}, c.undoPlan)
}

func (c *console) planActions(ctx context.Context, in *actionsInput) (directory.Page[directory.Action], error) {
	return c.o.Staff.Actions.PlanActions(ctx, caller(ctx).Clinic, in.ID, directory.ActionFilter{
		Op: in.Op, Query: in.Query, Problem: in.Problem, Cursor: in.Cursor, Limit: in.Limit,
	})
}

// exportPlan writes one line per changed value, which is what a spreadsheet can filter.
func (c *console) exportPlan(ctx context.Context, in *PlanPath) (File, error) {
	if err := c.audit(ctx, "plan.export", string(in.ID), nil); err != nil {
		return File{}, err
	}
	t := newTable("op", "key", "person_id", "name", "staff_number", "field", "from", "to", "problems")
	f := directory.ActionFilter{Limit: 500}
	for n := 0; n < maxExport; {
		page, err := c.o.Staff.Actions.PlanActions(ctx, caller(ctx).Clinic, in.ID, f)
		if err != nil {
			return File{}, err
		}
		for _, a := range page.Items {
			writeAction(t, a)
		}
		n += len(page.Items)
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	return t.file("plan-" + string(in.ID) + ".csv"), nil
}

func writeAction(t *table, a directory.Action) {
	problems := make([]string, len(a.Problems))
	for i, p := range a.Problems {
		problems[i] = string(p)
	}
	line := func(field, from, to string) {
		t.row(string(a.Op), a.Key, string(a.Person.ID), a.Person.Name, a.Person.StaffNumber, field, from, to, strings.Join(problems, ", "))
	}
	for _, d := range a.Fields {
		line(string(d.Field), d.From, d.To)
	}
	for _, u := range a.Units.Gain {
		line("unit", "", u)
	}
	for _, u := range a.Units.Lose {
		line("unit", u, "")
	}
	if len(a.Fields)+len(a.Units.Gain)+len(a.Units.Lose) == 0 {
		line("", "", "")
	}
}

func (c *console) undoPlan(ctx context.Context, in *PlanPath) (directory.Undone, error) {
	s := caller(ctx)
	u, err := c.o.Staff.Changes.UndoPlan(ctx, s.Clinic, in.ID, s.Account.ID)
	if err != nil {
		return u, err
	}
	return u, c.done(ctx, "plans", "plan.undo", string(in.ID), map[string]string{"people": strconv.Itoa(u.Undone)})
}

type conflictsInput struct {
	State directory.ConflictState `query:"state" enum:"open,same,other,dismissed"`
	Paging
}

type conflictInput struct {
	ID   hub.ConflictID `path:"id" format:"uuid"`
	Body struct {
		As     directory.ConflictState `json:"as" enum:"same,other,dismissed"`
		Person hub.PersonID            `json:"person_id,omitempty" format:"uuid" doc:"Of same: one of the candidates."`
	}
}

func (c *console) conflictRoutes() {
	handle(c.api, route{"GET", "/conflicts", "conflicts", "Newcomers who may be somebody known", forPeople | forAudit, 200}, c.conflicts)
	handle(c.api, route{"POST", "/conflicts/{id}", "decide-conflict", "Say who somebody is", forPeople, 0}, c.decideConflict)
}

func (c *console) conflicts(ctx context.Context, in *conflictsInput) (directory.Page[directory.Conflict], error) {
	return c.o.Staff.Conflicts.Conflicts(ctx, caller(ctx).Clinic, in.State, in.Cursor, in.Limit)
}

func (c *console) decideConflict(ctx context.Context, in *conflictInput) (none, error) {
	if (in.Body.As == directory.ConflictSame) != (in.Body.Person != "") {
		return none{}, &hub.Error{Op: "server.decide", Kind: hub.Invalid, Field: "person_id", Code: "person"}
	}
	if in.Body.As == directory.ConflictSame { // who then signs in as that person, where the source checks passwords
		if err := c.reachPerson(ctx, in.Body.Person); err != nil {
			return none{}, err
		}
	}
	s := caller(ctx)
	if err := c.o.Staff.Conflicts.DecideConflict(ctx, s.Clinic, in.ID, in.Body.As, in.Body.Person, s.Account.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "conflicts", "conflict.decide", string(in.ID), map[string]string{"as": string(in.Body.As)})
}

// MergeForm is how the clinic merges, as an administrator saves it.
type MergeForm struct {
	Precedence map[directory.Field][]hub.ConnectorID `json:"precedence"`
	Percent    int                                   `json:"limit_percent" minimum:"1" maximum:"100"`
	Accounts   int                                   `json:"limit_accounts" minimum:"1" maximum:"100000"`
}

func (f MergeForm) rules(revision int) (directory.Rules, error) {
	if len(f.Precedence) > 32 {
		return directory.Rules{}, &hub.Error{Op: "server.rules", Kind: hub.Invalid, Field: "precedence", Code: "too_many"}
	}
	for _, sources := range f.Precedence {
		if len(sources) > 100 {
			return directory.Rules{}, &hub.Error{Op: "server.rules", Kind: hub.Invalid, Field: "precedence", Code: "too_many"}
		}
		for _, id := range sources {
			if !hub.ValidID(string(id)) {
				return directory.Rules{}, &hub.Error{Op: "server.rules", Kind: hub.Invalid, Field: "precedence", Code: "bad_id"}
			}
		}
	}
	return directory.Rules{Precedence: f.Precedence, Percent: f.Percent, Accounts: f.Accounts, Revision: revision}, nil
}

// mergeView is Rules with the source whose word the list of connectors does not show.
type mergeView struct {
	Precedence directory.Precedence `json:"precedence" doc:"By field, the first source that states it counts. The hand counts before the list unless it is in it. Fields beside those of people: status, unit."`
	Percent    int                  `json:"limit_percent"`
	Accounts   int                  `json:"limit_accounts"`
	Revision   int                  `json:"revision"`
	Hand       hub.ConnectorID      `json:"hand" doc:"Id of the hand, for its place in the order."`
}

// viewRules answers rules as they are now.
func (c *console) viewRules(ctx context.Context, r directory.Rules) (*tagged[mergeView], error) {
	hand, err := c.o.Staff.Records.Hand(ctx, caller(ctx).Clinic)
	return newTagged(r.Revision, mergeView{r.Precedence, r.Percent, r.Accounts, r.Revision, hand}), err
}

type saveMergeInput struct {
	IfMatch
	Body MergeForm
}

type previewMergeInput struct {
	Body MergeForm
}

func (c *console) mergeRoutes() {
	register(c.api, route{"GET", "/directory/rules", "merge-rules", "Whose word counts per field, and when the brake holds", forPolicy | forPeople | forAudit, 200}, c.mergeRules)
	register(c.api, route{"PUT", "/directory/rules", "save-merge-rules", "Change precedence and brake", forPolicy | fresh, 200}, c.saveMergeRules)
	handle(c.api, route{"POST", "/directory/rules/preview", "preview-merge-rules", "What would be shown differently", forPolicy, 200}, c.previewMergeRules)
}

func (c *console) mergeRules(ctx context.Context, _ *struct{}) (*tagged[mergeView], error) {
	r, err := c.o.Staff.Merging.Rules(ctx, caller(ctx).Clinic)
	if err != nil {
		return nil, err
	}
	return c.viewRules(ctx, r)
}

func (c *console) saveMergeRules(ctx context.Context, in *saveMergeInput) (*tagged[mergeView], error) {
	seen, err := in.revision()
	if err != nil {
		return nil, err
	}
	rules, err := in.Body.rules(seen)
	if err != nil {
		return nil, err
	}
	s := caller(ctx)
	saved, err := c.o.Staff.Merging.SetRules(ctx, s.Clinic, rules, s.Account.ID)
	if err != nil {
		return nil, as(err, "stale", 412)
	}
	if err := c.done(ctx, "persons", "directory.rules", "", map[string]string{"revision": strconv.Itoa(saved.Revision)}); err != nil {
		return nil, err
	}
	return c.viewRules(ctx, saved)
}

func (c *console) previewMergeRules(ctx context.Context, in *previewMergeInput) (directory.Preview, error) {
	rules, err := in.Body.rules(0)
	if err != nil {
		return directory.Preview{}, err
	}
	return c.o.Staff.Merging.PreviewRules(ctx, caller(ctx).Clinic, rules)
}
