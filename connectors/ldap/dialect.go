package ldapsync

import (
	"slices"
	"strings"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/ldap"
)

// dialect is what differs between sorts of directories.
type dialect struct {
	name         string
	key          string
	people       string // usual filter
	anyPerson    string // what a person is whatever the configured filter adds
	groups       string
	attributes   map[directory.Field]string
	photo        []string
	state        []string // attributes that tell whether somebody may work
	groupMembers []string
}

func activeDirectory() dialect {
	return dialect{
		name:      "ad",
		key:       "objectGUID",
		people:    "(&(objectCategory=person)(objectClass=user))",
		anyPerson: "(&(objectClass=user)(!(objectClass=computer)))",
		groups:    "(objectClass=group)",
		attributes: map[directory.Field]string{
			directory.StaffNumber: "employeeID", directory.GivenName: "givenName", directory.FamilyName: "sn",
			directory.Title: "personalTitle", directory.Login: "sAMAccountName", directory.Mail: "mail",
			directory.Phone: "telephoneNumber", directory.Mobile: "mobile", directory.Pager: "pager",
			directory.JobTitle: "title", directory.Department: "department", directory.ActiveUntil: "accountExpires",
		},
		photo:        []string{"thumbnailPhoto", "jpegPhoto"},
		state:        []string{"userAccountControl", "accountExpires", "primaryGroupID", "objectSid", "isDeleted"},
		groupMembers: []string{"member"},
	}
}

func openLDAP() dialect {
	return dialect{
		name:      "openldap",
		key:       "entryUUID",
		people:    "(objectClass=inetOrgPerson)",
		anyPerson: "(objectClass=person)",
		groups:    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
		attributes: map[directory.Field]string{
			directory.StaffNumber: "employeeNumber", directory.GivenName: "givenName", directory.FamilyName: "sn",
			directory.Title: "personalTitle", directory.Login: "uid", directory.Mail: "mail",
			directory.Phone: "telephoneNumber", directory.Mobile: "mobile", directory.Pager: "pager",
			directory.JobTitle: "title", directory.Department: "departmentNumber", directory.Profession: "employeeType",
		},
		photo:        []string{"jpegPhoto"},
		state:        []string{"nsAccountLock", "pwdAccountLockedTime"},
		groupMembers: []string{"member", "uniqueMember", "memberUid"},
	}
}

// capabilityAD is how Active Directory makes itself known (MS-ADTS 3.1.1.3.4.3.1).
const capabilityAD = "1.2.840.113556.1.4.800"

// detect chooses the dialect by what the server says of itself, unless it is configured.
func (c *Config) detect(root ldap.Entry) dialect {
	ad := slices.Contains(root.All("supportedCapabilities"), capabilityAD)
	switch {
	case c.Dialect == "ad", c.Dialect == "auto" && ad:
		return activeDirectory()
	}
	return openLDAP()
}

// mapping is a dialect with a configuration applied; it is pure from here on.
type mapping struct {
	dialect
	unit     string
	unitKind directory.UnitKind
	takes    []GroupMap
	takePic  bool
}

func (c *Config) mapping(d dialect) *mapping {
	if c.Key != "" {
		d.key = c.Key
	}
	for _, a := range c.Attributes {
		if a.Attribute == "" {
			delete(d.attributes, a.Field)
			continue
		}
		d.attributes[a.Field] = a.Attribute
	}
	return &mapping{dialect: d, unit: c.Unit, unitKind: c.UnitKind, takes: c.Groups, takePic: c.Photo}
}

// read lists the attributes asked for, and no others: data that is not fetched cannot be lost.
func (m *mapping) read() []string {
	out := append([]string{m.key}, m.state...)
	for _, f := range fields {
		if a := m.attributes[f]; a != "" {
			out = append(out, a)
		}
	}
	if m.unit != "" {
		out = append(out, m.unit)
	}
	if m.takePic {
		out = append(out, m.photo...)
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.CompactFunc(out, strings.EqualFold)
}

// keyOf returns the key of an entry, "" where it has none.
func (m *mapping) keyOf(e ldap.Entry) string {
	raw := e.Raw(m.key)
	if strings.EqualFold(m.key, "objectGUID") {
		guid, err := ldap.GUID(raw)
		if err != nil {
			return ""
		}
		return guid
	}
	key := string(raw)
	if strings.EqualFold(m.key, "entryUUID") {
		key = strings.ToLower(key)
	}
	if len(key) > 255 {
		return ""
	}
	return key
}
