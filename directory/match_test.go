package directory_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// TestNoPlanReachesAnAdministratorUnasked: whatever a source says of unknown keys, it never
// comes to be the word about an administrator it does not know yet.
func TestNoPlanReachesAnAdministratorUnasked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHospital(t)
		h.limits.Approved = true
		const admin = hub.PersonID("0195cc2e-0000-7000-8000-00000000aaaa")
		by := rapid.Bool().Draw(t, "administrator")
		h.known.Numbers = map[string][]hub.PersonID{"3": {admin}}
		h.known.Mails = map[string][]hub.PersonID{"c": {admin}}
		h.known.Strangers = map[hub.PersonID]directory.Person{admin: {ID: admin, Login: "leitung", Admin: by}}
		p := h.plan(now, anyChanges(t, "changes")...)
		for _, a := range p.Actions {
			if by && a.Person.ID == admin {
				t.Fatalf("%+v", a)
			}
		}
	})
}

func TestWhoseNumberANewcomerHas(t *testing.T) {
	t.Parallel()
	for name, admin := range map[string]bool{"an administrator's": true, "a colleague's": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital()
			const id = hub.PersonID("0195cc2e-0000-7000-8000-00000000aaaa")
			h.known.Numbers = map[string][]hub.PersonID{"4711": {id}}
			h.known.Strangers = map[hub.PersonID]directory.Person{id: {ID: id, Login: "eva", Admin: admin}}
			p := h.plan(now, put("k", map[directory.Field]string{directory.StaffNumber: "4711", directory.Login: "eve"}))
			asked := len(p.Asks) == 1 && p.Asks[0].Reason == directory.AdminMatches
			if linked := len(p.Actions) == 1 && p.Actions[0].Op == directory.ActLink; asked != admin || linked == admin {
				t.Errorf("asked %v, linked %v: %+v", asked, linked, p)
			}
		})
	}
}
