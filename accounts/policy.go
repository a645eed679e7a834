package accounts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wardline/wardline/accounts/oidc"
	"github.com/wardline/wardline/hub"
)

// SignInPolicy is how a clinic signs in.
type SignInPolicy struct {
	AdminPasskey string       `json:"admin_passkey" enum:"required,recommended"`
	SecondFactor string       `json:"second_factor" enum:"none,admins,all"`
	Directory    bool         `json:"directory" doc:"Passwords of the directory sign in."`
	Devices      DevicePolicy `json:"devices" enum:"any,each,managed"`
	Providers    []Provider   `json:"providers" maxItems:"10"`
}

// DevicePolicy is who may become a device.
type DevicePolicy string

const (
	// DevicesAny lets in every browser of an account.
	DevicesAny DevicePolicy = "any"
	// DevicesEach lets each wait until an administrator or an own device has approved it.
	DevicesEach DevicePolicy = "each"
	// DevicesManaged lets in only those that show a code of an administrator.
	DevicesManaged DevicePolicy = "managed"
)

// The values of AdminPasskey and SecondFactor that ask for something.
const (
	passkeyRequired = "required"
	factorForAdmins = "admins"
	factorForAll    = "all"
)

// DefaultPolicy is that of a clinic which has said nothing.
func DefaultPolicy() SignInPolicy {
	return SignInPolicy{AdminPasskey: passkeyRequired, SecondFactor: "none", Directory: true, Devices: DevicesAny}
}

// Provider is an OpenID provider of the clinic.
type Provider struct {
	ID          string      `json:"id" maxLength:"36" doc:"Empty for a new one."`
	Label       string      `json:"label" minLength:"1" maxLength:"60"`
	Enabled     bool        `json:"enabled"`
	Issuer      string      `json:"issuer" minLength:"1" maxLength:"500"`
	ClientID    string      `json:"client_id" minLength:"1" maxLength:"255"`
	Secret      *string     `json:"secret,omitempty" maxLength:"1024" doc:"Never sent back. Absent keeps it, empty clears it."`
	SecretSet   bool        `json:"secret_set,omitempty" readOnly:"true"`
	Scopes      []string    `json:"scopes" maxItems:"20"`
	Claim       string      `json:"claim" minLength:"1" maxLength:"100" doc:"Finds the account the first time."`
	Match       string      `json:"match" enum:"login,staff_number"`
	GroupsClaim string      `json:"groups_claim" maxLength:"100"`
	Groups      []GroupRole `json:"groups" maxItems:"100"`
}

// GroupRole gives the members of a provider's group a role.
type GroupRole struct {
	Group string    `json:"group" minLength:"1" maxLength:"255"`
	Role  AdminRole `json:"role" enum:"owner,people,policy,connectors,auditor"`
}

// find returns a provider that may be used.
func (p SignInPolicy) find(id string) (Provider, bool) {
	i := slices.IndexFunc(p.Providers, func(x Provider) bool { return x.ID == id && x.Enabled })
	if i < 0 {
		return Provider{}, false
	}
	return p.Providers[i], true
}

// demands reports whether a password alone is too little for an account.
func (p SignInPolicy) demands(a Account) bool {
	return p.SecondFactor == factorForAll || p.SecondFactor == factorForAdmins && a.Level == hub.LevelAdmin
}

// check says what is wrong with a policy, by the place of it.
func (p SignInPolicy) check() error {
	bad := func(field, format string, args ...any) error {
		return &hub.Error{Op: "accounts.policy", Kind: hub.Invalid, Field: field, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case p.AdminPasskey != passkeyRequired && p.AdminPasskey != "recommended":
		return bad("admin_passkey", "is unknown")
	case p.SecondFactor != "none" && p.SecondFactor != factorForAdmins && p.SecondFactor != factorForAll:
		return bad("second_factor", "is unknown")
	case p.Devices != DevicesAny && p.Devices != DevicesEach && p.Devices != DevicesManaged:
		return bad("devices", "is unknown")
	case len(p.Providers) > 10:
		return bad("providers", "are more than 10")
	}
	issuers := map[string]bool{}
	for i, v := range p.Providers {
		at := "providers[" + strconv.Itoa(i) + "]."
		if err := oidc.CheckIssuer(v.Issuer); err != nil {
			return bad(at+"issuer", "%w", err)
		}
		key := v.Issuer + " " + v.ClientID
		if issuers[key] {
			return bad(at+"issuer", "is there twice with the same client")
		}
		issuers[key] = true
		if v.Match != "login" && v.Match != "staff_number" {
			return bad(at+"match", "is unknown")
		}
		if strings.EqualFold(v.Claim, "email") {
			return bad(at+"claim", "must not be the mail address: whoever gets one gets the account")
		}
		for j, scope := range v.Scopes {
			if !isScope(scope) {
				return bad(at+"scopes["+strconv.Itoa(j)+"]", "is no scope")
			}
		}
		for j, g := range v.Groups {
			if !slices.Contains(AdminRoles(), g.Role) || g.Group == "" {
				return bad(at+"groups["+strconv.Itoa(j)+"]", "names no group or no role")
			}
		}
	}
	return nil
}

// isScope reports whether s is a scope-token (RFC 6749 section 3.3) of bearable length: what
// holds a space would ask the provider for more than one.
func isScope(s string) bool {
	return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '\\' || r > '~'
	})
}

// roles are those a list of the provider's groups gives.
func (v Provider) roles(groups []string) []AdminRole {
	var out []AdminRole
	for _, g := range v.Groups {
		if slices.Contains(groups, g.Group) && !slices.Contains(out, g.Role) {
			out = append(out, g.Role)
		}
	}
	return out
}

// Source is how account_role names a provider.
func (v Provider) Source() string { return "oidc:" + v.ID }

// sameTrust reports whether two policies give roles alike, and whether the later one believes
// no provider more than the earlier one does: whoever is believed names administrators, too.
// Only owners change that.
func sameTrust(before, after SignInPolicy) bool {
	flat := func(p SignInPolicy) (groups, finds []string) {
		for _, v := range p.Providers {
			find := strings.Join([]string{v.ID, v.Issuer, v.Claim, v.Match}, "\x00")
			finds = append(finds, find)
			for _, g := range v.Groups {
				groups = append(groups, strings.Join([]string{find, v.GroupsClaim, g.Group, string(g.Role)}, "\x00"))
			}
		}
		slices.Sort(groups)
		return groups, finds
	}
	gave, found := flat(before)
	gives, finds := flat(after)
	return slices.Equal(gave, gives) && !slices.ContainsFunc(finds, func(f string) bool { return !slices.Contains(found, f) })
}
