package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

type personsInput struct {
	PersonsFilter
	Paging
}

type PersonPath struct {
	ID hub.PersonID `path:"id" format:"uuid"`
}

type accountPath struct {
	ID hub.UserID `path:"id" format:"uuid"`
}

// codeView is the only answer that ever holds an activation code.
type codeView struct {
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

type createRole struct {
	ID   hub.UnitID `path:"id" format:"uuid"`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
	}
}

type roleID struct {
	ID hub.RoleID `path:"id" format:"uuid"`
}

func (c *console) staffRoutes() {
	handle(c.api, route{"GET", "/persons", "persons", "Search persons", forPeople | forPolicy | forAudit, 200}, c.persons)
	handle(c.api, route{"GET", "/persons/{id}", "person", "One person with the source of each value", forPeople | forAudit, 200}, c.person)
	handle(c.api, route{"POST", "/accounts/{id}/code", "issue-code", "Make an activation code; it is shown once", forPeople | fresh, 201}, c.issueCode)
	handle(c.api, route{"POST", "/accounts/{id}/lock", "lock-account", "Lock; no source lifts it", forPeople, 0}, c.lock)
	handle(c.api, route{"POST", "/accounts/{id}/unlock", "unlock-account", "Lift the local lock", forPeople, 0}, c.unlock)
	handle(c.api, route{"GET", "/units", "units", "Units with their duty roles", admin, 200}, c.units)
	handle(c.api, route{"POST", "/units/{id}/roles", "create-role", "Add a duty role", forPeople, 201}, c.createRole)
	handle(c.api, route{"DELETE", "/roles/{id}", "delete-role", "Close a duty role", forPeople, 0}, c.deleteRole)
}

// personsView is a part of the list of persons.
type personsView struct {
	Items []directory.PersonRow `json:"items"`
	Next  string                `json:"next"`
	Total *int                  `json:"total,omitempty" doc:"How many people the filter finds, on all pages. Only with the first page: counting takes longer than reading a further one."`
}

func (c *console) persons(ctx context.Context, in *personsInput) (personsView, error) {
	f, clinic := in.filter(), caller(ctx).Clinic
	f.Cursor, f.Limit = in.Cursor, in.Limit
	page, err := c.o.People.Persons(ctx, clinic, f)
	out := personsView{Items: page.Items, Next: page.Next}
	switch {
	case err != nil || in.Cursor != "":
		return out, err
	case page.Next == "": // all of them are on this page
		n := len(page.Items)
		out.Total = &n
		return out, nil
	}
	n, err := c.o.Staff.Records.CountPersons(ctx, clinic, f)
	out.Total = &n
	return out, err
}

func (c *console) person(ctx context.Context, in *PersonPath) (directory.PersonDetail, error) {
	return c.o.People.Person(ctx, caller(ctx).Clinic, in.ID)
}

func (c *console) issueCode(ctx context.Context, in *accountPath) (codeView, error) {
	if err := c.o.SignIn.Access.Reach(ctx, caller(ctx), in.ID); err != nil {
		return codeView{}, err
	}
	code, expires, err := c.o.Gatekeeper.IssueCode(ctx, caller(ctx).Clinic, in.ID)
	if err != nil {
		return codeView{}, err
	}
	return codeView{code, expires}, c.done(ctx, "persons", "account.code", string(in.ID), nil)
}

func (c *console) lock(ctx context.Context, in *accountPath) (none, error) {
	if err := c.o.SignIn.Access.Reach(ctx, caller(ctx), in.ID); err != nil {
		return none{}, err
	}
	if err := c.o.Gatekeeper.Lock(ctx, caller(ctx).Clinic, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", "account.lock", string(in.ID), nil)
}

func (c *console) unlock(ctx context.Context, in *accountPath) (none, error) {
	if err := c.o.SignIn.Access.Reach(ctx, caller(ctx), in.ID); err != nil {
		return none{}, err
	}
	if err := c.o.Gatekeeper.Unlock(ctx, caller(ctx).Clinic, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", "account.unlock", string(in.ID), nil)
}

func (c *console) units(ctx context.Context, _ *struct{}) (list[directory.UnitRow], error) {
	units, err := c.o.Units.Units(ctx, caller(ctx).Clinic)
	return list[directory.UnitRow]{units}, err
}

func (c *console) createRole(ctx context.Context, in *createRole) (created, error) {
	id, err := c.o.Units.CreateRole(ctx, caller(ctx).Clinic, in.ID, in.Body.Name)
	if err != nil {
		return created{}, err
	}
	return created{string(id)}, c.done(ctx, "duty", "role.create", string(id), map[string]string{"unit": string(in.ID)})
}

func (c *console) deleteRole(ctx context.Context, in *roleID) (none, error) {
	if err := c.o.Units.DeleteRole(ctx, caller(ctx).Clinic, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "duty", "role.delete", string(in.ID), nil)
}

type plansInput struct {
	State directory.PlanState `query:"state" enum:"held,applied,rejected,undone,dry"`
	Paging
}

type PlanPath struct {
	ID hub.PlanID `path:"id" format:"uuid"`
}

type approveInput struct {
	PlanPath
	Body struct {
		Confirm string `json:"type_to_confirm" maxLength:"10" doc:"The number of accounts the plan locks."`
	}
}

type rejectInput struct {
	PlanPath
	Body struct {
		Comment string `json:"comment" maxLength:"500"`
	}
}

// decided is what a plan has become.
type decided struct {
	State directory.PlanState `json:"state"`
}

func (c *console) planRoutes() {
	handle(c.api, route{"GET", "/plans", "plans", "Plans of changes to the directory", forPeople | forAudit, 200}, c.plans)
	handle(c.api, route{"GET", "/plans/{id}", "plan", "One plan with its actions", forPeople | forAudit, 200}, c.plan)
	handle(c.api, route{"POST", "/plans/{id}/approve", "approve-plan", "Apply a held plan", forPeople, 200}, c.approve)
	handle(c.api, route{"POST", "/plans/{id}/reject", "reject-plan", "Reject a held plan", forPeople, 200}, c.reject)
}

func (c *console) plans(ctx context.Context, in *plansInput) (directory.Page[directory.PlanRow], error) {
	return c.o.Plans.Plans(ctx, caller(ctx).Clinic, in.State, in.Cursor, in.Limit)
}

func (c *console) plan(ctx context.Context, in *PlanPath) (directory.PlanDetail, error) {
	return c.o.Plans.Plan(ctx, caller(ctx).Clinic, in.ID)
}

func (c *console) approve(ctx context.Context, in *approveInput) (decided, error) {
	s := caller(ctx)
	if err := c.o.Plans.Approve(ctx, s.Clinic, in.ID, s.Account.ID, in.Body.Confirm); err != nil {
		return decided{}, err
	}
	return decided{directory.PlanApplied}, c.done(ctx, "plans", "plan.approve", string(in.ID), nil)
}

func (c *console) reject(ctx context.Context, in *rejectInput) (decided, error) {
	s := caller(ctx)
	if err := c.o.Plans.RejectPlan(ctx, s.Clinic, in.ID, s.Account.ID, in.Body.Comment); err != nil {
		return decided{}, err
	}
	return decided{directory.PlanRejected}, c.done(ctx, "plans", "plan.reject", string(in.ID), nil)
}
