package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// accessView is all that lets an account in.
type accessView struct {
	ID           hub.UserID           `json:"account_id"`
	Login        string               `json:"login"`
	Name         string               `json:"name"`
	Level        hub.Level            `json:"level" enum:"admin,internal,guest"`
	State        accounts.State       `json:"state" enum:"invited,active,locked"`
	Roles        []accounts.AdminRole `json:"roles"`
	HasPassword  bool                 `json:"has_password"`
	TOTP         bool                 `json:"totp"`
	RecoveryLeft int                  `json:"recovery_left"`
	Passkeys     []passkeyView        `json:"passkeys"`
	Sessions     []sessionView        `json:"sessions"`
	Devices      []deviceView         `json:"devices"`
	Waiting      []deviceView         `json:"waiting"`
	Links        []linkView           `json:"links"`
	Unreachable  bool                 `json:"unreachable" doc:"No device: no alarm reaches this person."`
}

type deviceView struct {
	ID       hub.DeviceID `json:"id"`
	Name     string       `json:"name"`
	Created  time.Time    `json:"created"`
	LastSeen time.Time    `json:"last_seen,omitzero"`
}

type linkView struct {
	Provider string    `json:"provider"`
	Label    string    `json:"label"`
	Subject  string    `json:"subject"`
	Created  time.Time `json:"created"`
	Used     time.Time `json:"used,omitzero"`
}

type adminView struct {
	ID         hub.UserID           `json:"account_id"`
	Login      string               `json:"login"`
	Name       string               `json:"name"`
	Roles      []accounts.AdminRole `json:"roles"`
	State      accounts.State       `json:"state" enum:"invited,active,locked"`
	Passkeys   int                  `json:"passkeys"`
	ByProvider []accounts.AdminRole `json:"by_provider"`
}

// AccountID names an account whose access is spoken of.
type AccountID struct {
	ID hub.UserID `path:"id" format:"uuid"`
}

type rolesInput struct {
	AccountID
	Body struct {
		Roles []accounts.AdminRole `json:"roles" maxItems:"5" enum:"owner,people,policy,connectors,auditor"`
	}
}

type partPath struct {
	AccountID
	Part string `path:"part" minLength:"1" maxLength:"64"`
}

func (c *console) accessRoutes() {
	handle(c.api, route{"GET", "/accounts/{id}/access", "access", "What lets an account in", forPeople | forAudit, 200}, c.access)
	handle(c.api, route{"PUT", "/accounts/{id}/roles", "set-roles", "Make somebody an administrator, or no longer", forOwner | fresh, 0}, c.setRoles)
	handle(c.api, route{"DELETE", "/accounts/{id}/sessions", "end-all-sessions", "End all sessions of an account", forPeople, 0}, c.endAll)
	handle(c.api, route{"DELETE", "/accounts/{id}/sessions/{part}", "end-their-session", "End one session of an account", forPeople, 0}, c.endOne)
	handle(c.api, route{"DELETE", "/accounts/{id}/devices/{part}", "revoke-their-device", "Revoke a device of an account", forPeople, 0}, c.strip("device"))
	handle(c.api, route{"DELETE", "/accounts/{id}/passkeys/{part}", "drop-their-passkey", "Remove a passkey of an account", forPeople | fresh, 0}, c.strip("passkey"))
	handle(c.api, route{"DELETE", "/accounts/{id}/links/{part}", "drop-their-link", "Part an account from a provider", forPeople | fresh, 0}, c.strip("link"))
	handle(c.api, route{"DELETE", "/accounts/{id}/totp", "drop-their-totp", "Switch an account's authenticator app off", forPeople | fresh, 0}, c.stripTOTP)
	handle(c.api, route{"GET", "/access/admins", "admins", "Administrators and their roles", admin, 200}, c.admins)
	register(c.api, route{"GET", "/access/policy", "signin-policy", "How the clinic signs in", admin, 200}, c.policy)
	register(c.api, route{"PUT", "/access/policy", "save-signin-policy", "Replace the policy", forPolicy | fresh, 200}, c.savePolicy)
	handle(c.api, route{"POST", "/access/policy/test", "test-provider", "Whether a provider's discovery document can be read", forPolicy | fresh, 200}, c.reachProvider)
}

func (c *console) access(ctx context.Context, in *AccountID) (accessView, error) {
	s := caller(ctx)
	a, err := c.o.SignIn.Access.AccessOf(ctx, s.Clinic, in.ID)
	if err != nil {
		return accessView{}, err
	}
	p, _, err := c.o.SignIn.Policy.Policy(ctx, s.Clinic)
	out := accessView{
		ID: a.Account.ID, Login: a.Account.Login, Name: a.Account.Name, Level: a.Account.Level, State: a.Account.State, Roles: a.Account.Roles,
		HasPassword: a.Account.HasPassword, TOTP: a.Factors.TOTP, RecoveryLeft: a.Factors.RecoveryLeft,
		Passkeys: c.passkeyViews(ctx, a.Factors.Passkeys), Sessions: sessionViews(a.Sessions, s.ID), Unreachable: len(a.Devices) == 0,
	}
	for _, d := range a.Devices {
		out.Devices = append(out.Devices, deviceView{d.ID, d.Name, d.Created, d.LastSeen})
	}
	for _, w := range a.Waiting {
		out.Waiting = append(out.Waiting, deviceView{ID: w.ID, Name: w.Name, Created: w.Created})
	}
	for _, l := range a.Factors.Links {
		out.Links = append(out.Links, linkView{l.Provider, labelOf(p, l.Provider), l.Subject, l.Created, l.Used})
	}
	return out, err
}

func labelOf(p accounts.SignInPolicy, provider string) string {
	for _, v := range p.Providers {
		if v.ID == provider {
			return v.Label
		}
	}
	return ""
}

func (c *console) setRoles(ctx context.Context, in *rolesInput) (none, error) {
	if err := c.o.SignIn.Access.SetRoles(ctx, caller(ctx), in.ID, in.Body.Roles); err != nil {
		return none{}, err
	}
	names := make([]string, len(in.Body.Roles))
	for i, r := range in.Body.Roles {
		names[i] = string(r)
	}
	return none{}, c.done(ctx, "persons", "account.roles", string(in.ID), map[string]string{"roles": strings.Join(names, " ")})
}

// touch is what every change of somebody's access comes to.
func (c *console) touch(ctx context.Context, user hub.UserID, act string, data map[string]string, change func(hub.ClinicID) error) (none, error) {
	s := caller(ctx)
	if err := c.o.SignIn.Access.Reach(ctx, s, user); err != nil {
		return none{}, err
	}
	if err := change(s.Clinic); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", act, string(user), data)
}

func (c *console) endAll(ctx context.Context, in *AccountID) (none, error) {
	return c.touch(ctx, in.ID, "session.end_all", nil, func(clinic hub.ClinicID) error {
		return c.o.SignIn.Sessions.EndSessions(ctx, clinic, in.ID, "")
	})
}

func (c *console) endOne(ctx context.Context, in *partPath) (none, error) {
	return c.touch(ctx, in.ID, "session.end", map[string]string{"session": in.Part}, func(clinic hub.ClinicID) error {
		return c.o.SignIn.Sessions.EndSession(ctx, clinic, in.ID, in.Part)
	})
}

func (c *console) strip(what string) func(context.Context, *partPath) (none, error) {
	return func(ctx context.Context, in *partPath) (none, error) {
		if what != "link" && !hub.ValidID(in.Part) {
			return none{}, hub.E("server.strip", hub.NotFound, "", "")
		}
		return c.touch(ctx, in.ID, what+".drop", map[string]string{what: in.Part}, func(clinic hub.ClinicID) error {
			return c.o.SignIn.Stripper.Strip(ctx, clinic, in.ID, what, in.Part)
		})
	}
}

func (c *console) stripTOTP(ctx context.Context, in *AccountID) (none, error) {
	return c.touch(ctx, in.ID, "totp.drop", nil, func(clinic hub.ClinicID) error {
		return c.o.SignIn.Stripper.Strip(ctx, clinic, in.ID, "totp", "")
	})
}

func (c *console) admins(ctx context.Context, _ *struct{}) (list[adminView], error) {
	found, err := c.o.SignIn.Access.Admins(ctx, caller(ctx).Clinic)
	var out list[adminView]
	for _, a := range found {
		out.Items = append(out.Items, adminView{a.Account.ID, a.Account.Login, a.Account.Name, a.Account.Roles, a.Account.State, a.Passkeys, a.ByProvider})
	}
	return out, err
}

type policyInput struct {
	IfMatch
	Body accounts.SignInPolicy
}

func (c *console) policy(ctx context.Context, _ *struct{}) (*tagged[accounts.SignInPolicy], error) {
	p, revision, err := c.o.SignIn.Policy.Policy(ctx, caller(ctx).Clinic)
	if err != nil {
		return nil, err
	}
	return newTagged(revision, p), nil
}

func (c *console) savePolicy(ctx context.Context, in *policyInput) (*tagged[accounts.SignInPolicy], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	p, next, err := c.o.SignIn.Policy.SavePolicy(ctx, caller(ctx), in.Body, revision)
	if err != nil {
		return nil, as(err, "stale", http.StatusPreconditionFailed)
	}
	data := map[string]string{"admin_passkey": p.AdminPasskey, "second_factor": p.SecondFactor, "devices": string(p.Devices)}
	return newTagged(next, p), c.done(ctx, "policy", "policy.signin", "", data)
}
