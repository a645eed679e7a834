package fhirr4

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
)

// mapping turns resources into our words. It is pure: the same resources, configuration and
// day give the same result.
type mapping struct {
	config *Config
	base   string
	now    time.Time
}

// person maps a Practitioner with all their roles. A resource is whole, so what it does not
// have is cleared. Roles that are nil were not read: then nothing is said about what they
// hold; roles that are empty say that the person works nowhere.
func (m *mapping) person(p fhir.Practitioner, roles []fhir.PractitionerRole, u *units) connectors.Pulled {
	out := connectors.Pulled{Record: "Practitioner/" + p.ID}
	c := &out.Change
	if c.Key = m.key(p); c.Key == "" || len(c.Key) > 255 {
		c.Key = ""
		out.Fault = fault("missing_key", "Practitioner.identifier", "the person has no usable key")
		return out
	}
	current := slices.DeleteFunc(slices.Clone(roles), func(r fhir.PractitionerRole) bool { return r.Inactive })
	if p.Inactive || len(roles) > 0 && len(current) == 0 {
		c.Op = directory.OpDeactivate
		return out
	}
	c.Op = directory.OpPut
	c.Fields = map[directory.Field]directory.Value{}
	m.identity(&out, p)
	if roles != nil {
		m.work(&out, p, current, u)
	} else {
		m.contacts(c, p.Telecom)
	}
	return out
}

func (m *mapping) key(p fhir.Practitioner) string {
	if m.config.Key.set() {
		return m.config.Key.pick(p.Identifiers)
	}
	return p.ID
}

// identity states who somebody is.
func (m *mapping) identity(out *connectors.Pulled, p fhir.Practitioner) {
	f := out.Change.Fields
	if m.config.StaffNumber.set() {
		f[directory.StaffNumber] = value(m.config.StaffNumber.pick(p.Identifiers))
	}
	if m.config.Login.set() {
		f[directory.Login] = value(m.config.Login.pick(p.Identifiers))
	}
	n, ok := m.name(p.Names)
	if !ok {
		out.Notes = append(out.Notes, "no_name")
		return
	}
	family := family(n)
	if family == "" {
		family = n.Text
		out.Notes = append(out.Notes, "name_only_as_text")
	}
	f[directory.FamilyName] = value(family)
	f[directory.GivenName] = value(strings.Join(n.Given, " "))
	f[directory.Title] = value(strings.Join(n.Prefix, " "))
}

// name picks what somebody is called today. Maiden names, nicknames and names that are over
// are not it.
func (m *mapping) name(list []fhir.HumanName) (fhir.HumanName, bool) {
	order := map[string]int{"official": 1, "usual": 2, "": 3, "temp": 4}
	var best fhir.HumanName
	found := false
	for _, n := range list {
		if order[n.Use] == 0 || m.over(n.Period) || family(n) == "" && n.Text == "" {
			continue
		}
		if !found || order[n.Use] < order[best.Use] {
			best, found = n, true
		}
	}
	return best, found
}

// family is the whole family name. ISiK wants it whole in family with its parts beside it;
// where only the parts came, it is put together: "Gräfin von der Linden".
func family(n fhir.HumanName) string {
	if n.Family != "" {
		return n.Family
	}
	return strings.Join(strings.Fields(n.Addition+" "+n.OwnPrefix+" "+n.OwnName), " ")
}

// work states what the roles say: since when and until when, as what, where, and how to be
// reached there. Roles that are over count only where there are no others: they say when
// the person's time ended.
func (m *mapping) work(out *connectors.Pulled, p fhir.Practitioner, roles []fhir.PractitionerRole, u *units) {
	c := &out.Change
	slices.SortStableFunc(roles, func(a, b fhir.PractitionerRole) int {
		return cmp.Or(cmp.Compare(a.Period.Start, b.Period.Start), cmp.Compare(a.ID, b.ID))
	})
	running := slices.DeleteFunc(slices.Clone(roles), func(r fhir.PractitionerRole) bool { return m.over(r.Period) })
	dated := running
	if len(running) == 0 {
		dated = roles
	}
	from, until := span(dated)
	c.Fields[directory.ActiveFrom], c.Fields[directory.ActiveUntil] = value(from), value(until)
	m.profession(c, p, running)
	var contacts []fhir.Contact
	for _, r := range running {
		contacts = append(contacts, r.Telecom...)
	}
	m.contacts(c, append(contacts, p.Telecom...))
	if m.config.Units == "none" {
		return
	}
	c.Units = []directory.UnitRef{}
	for _, r := range running {
		m.place(out, r, u)
	}
	c.Fields[directory.Department] = value(u.department(c.Units))
}

// span is the time all roles together cover: an end that is open in one is open.
func span(roles []fhir.PractitionerRole) (from, until string) {
	for i, r := range roles {
		if i == 0 || r.Period.Start < from {
			from = r.Period.Start
		}
		switch {
		case i == 0:
			until = r.Period.End
		case until == "" || r.Period.End == "":
			until = ""
		case later(r.Period.End, until):
			until = r.Period.End
		}
	}
	return from, until
}

func later(a, b string) bool { return endOf(a).After(endOf(b)) }

// endOf is when a day or instant is over.
func endOf(s string) time.Time {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

// over reports whether a period has ended. Days are taken in UTC here, so it may say so some
// hours late or early at the edge of a day; the exact end is judged by the directory.
func (m *mapping) over(p fhir.Period) bool {
	return p.End != "" && !m.now.Before(endOf(p.End))
}

// profession reads PractitionerRole.code as configured, otherwise as it is written.
func (m *mapping) profession(c *directory.Change, p fhir.Practitioner, roles []fhir.PractitionerRole) {
	profession, job := "", ""
	for _, r := range roles {
		for _, code := range r.Codes {
			known := m.roleCode(code)
			profession = cmp.Or(profession, known.Profession)
			job = cmp.Or(job, known.JobTitle, code.String())
		}
	}
	for _, q := range p.Qualifications {
		profession = cmp.Or(profession, q.String())
	}
	c.Fields[directory.Profession], c.Fields[directory.JobTitle] = value(profession), value(job)
}

func (m *mapping) roleCode(c fhir.Concept) RoleCode {
	for _, r := range m.config.RoleCodes {
		for _, coding := range c.Codings {
			if r.Code == coding.Code || r.Code == coding.System+"|"+coding.Code {
				return r
			}
		}
	}
	return RoleCode{}
}

// contacts takes what is for work; the first of the lowest rank wins. Numbers at home are
// nobody's business here.
func (m *mapping) contacts(c *directory.Change, list []fhir.Contact) {
	for _, f := range []directory.Field{directory.Mail, directory.Phone, directory.Mobile, directory.Pager} {
		c.Fields[f] = value("")
	}
	list = slices.DeleteFunc(slices.Clone(list), func(k fhir.Contact) bool {
		return k.Value == "" || k.Use == "home" || k.Use == "old" || m.over(k.Period)
	})
	slices.SortStableFunc(list, func(a, b fhir.Contact) int { return cmp.Compare(rank(a), rank(b)) })
	for _, k := range list {
		if f := contactField(k); f != "" && c.Fields[f].Null {
			c.Fields[f] = value(k.Value)
		}
	}
}

// rank puts what has none behind what has one.
func rank(k fhir.Contact) int {
	if k.Rank == 0 {
		return 1 << 30
	}
	return k.Rank
}

func contactField(k fhir.Contact) directory.Field {
	switch {
	case k.System == "email":
		return directory.Mail
	case k.System == "pager":
		return directory.Pager
	case k.System == "phone" && k.Use == "mobile", k.System == "sms":
		return directory.Mobile
	case k.System == "phone":
		return directory.Phone
	}
	return ""
}
