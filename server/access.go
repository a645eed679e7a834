package server

import (
	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// access is who may use a route, as a set of bits. Roles may be joined: forPeople|forAudit
// lets in whoever has one of the two. An owner passes each of them.
type access uint16

const (
	anybody access = 0
	member  access = 1 << iota // any signed-in account
	admin                      // any administrator
	forPeople
	forPolicy
	forConnectors
	forAudit
	forOwner

	// fresh asks beside all that for a proof of who is there that is younger than ten
	// minutes: 403 step_up. The demo, whose links prove nothing, is exempt.
	fresh
	// unfinished lets in sessions too that have still to set something up, such as an
	// administrator's first passkey. Everything else is shut to them.
	unfinished
)

const anyRole = forPeople | forPolicy | forConnectors | forAudit | forOwner

// roles names the role behind each bit.
func (a access) roles() []accounts.AdminRole {
	var out []accounts.AdminRole
	for _, r := range []struct {
		bit  access
		role accounts.AdminRole
	}{
		{forPeople, accounts.RolePeople}, {forPolicy, accounts.RolePolicy}, {forConnectors, accounts.RoleConnectors},
		{forAudit, accounts.RoleAuditor}, {forOwner, accounts.RoleOwner},
	} {
		if a&r.bit != 0 {
			out = append(out, r.role)
		}
	}
	return out
}

// judge says whether a signed-in caller may use a route that needs a.
func (a access) judge(s accounts.Session, demo bool) error {
	const op = "server.session"
	switch {
	case s.Must != "" && a&unfinished == 0:
		return hub.E(op, hub.Forbidden, string(s.Must)+"_needed", "")
	case a&(admin|anyRole) != 0 && s.Account.Level != hub.LevelAdmin:
		return hub.E(op, hub.Forbidden, "not_admin", "")
	case a&anyRole != 0 && !s.Account.Has(a.roles()...):
		return hub.E(op, hub.Forbidden, "role", "")
	case a&fresh != 0 && !s.Fresh && !demo:
		return hub.E(op, hub.Forbidden, "step_up", "")
	}
	return nil
}
