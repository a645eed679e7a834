package accounts

import "slices"

// AdminRole is a part of what administrators may do at the console. It is stored.
type AdminRole string

// Owners may do everything and are alone in giving roles. The others share the console out:
// people and their accounts; rules and policies; connectors and what they received; reading
// what was done.
const (
	RoleOwner      AdminRole = "owner"
	RolePeople     AdminRole = "people"
	RolePolicy     AdminRole = "policy"
	RoleConnectors AdminRole = "connectors"
	RoleAuditor    AdminRole = "auditor"
)

// AdminRoles returns all of them.
func AdminRoles() []AdminRole {
	return []AdminRole{RoleOwner, RolePeople, RolePolicy, RoleConnectors, RoleAuditor}
}

// Has reports whether an account has one of some roles; an owner has every role.
func (a Account) Has(any ...AdminRole) bool {
	return slices.Contains(a.Roles, RoleOwner) || slices.ContainsFunc(any, func(r AdminRole) bool { return slices.Contains(a.Roles, r) })
}
