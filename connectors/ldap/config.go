// Package ldapsync is the connector kind "ldap": it reads the people of a directory (Active
// Directory, OpenLDAP and others) and can check their passwords.
//
// A person's key is the identity the directory itself gave (objectGUID, entryUUID), so a new
// login, mail address or place in the tree is a change and not a new person. Nested groups are
// resolved here, in memory: the server's own way is many times slower. Passes over changes
// are made of what the directory keeps of changes; where that cannot tell who is affected (a
// group has lost a member) the pass reads everybody and says so.
package ldapsync

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/ldap"
)

// Config is the configuration of one directory.
type Config struct {
	URLs         []string            `json:"urls" minItems:"1" maxItems:"8" doc:"Server in der Reihenfolge, in der sie versucht werden: ldaps://dc1.klinik.example oder ldap://… / Servers in the order in which they are tried: ldaps://dc1.clinic.example or ldap://…"`
	StartTLS     ldap.StartTLS       `json:"start_tls" enum:"required,optional,off" doc:"StartTLS bei ldap://: verlangt, wenn angeboten, nie. / StartTLS with ldap://: required, where offered, never."`
	CAFile       string              `json:"ca_file,omitempty" doc:"Zertifizierungsstelle der Server (PEM). Leer: die des Systems. / CA of the servers (PEM). Empty: the system's."`
	Fingerprint  string              `json:"fingerprint,omitempty" doc:"SHA-256 des Server-Zertifikats. Gesetzt: nur dieses Zertifikat gilt. / SHA-256 of the server's certificate. Set: only this certificate is accepted."`
	ServerName   string              `json:"server_name,omitempty" maxLength:"253" doc:"Name im Zertifikat, wenn er von der Adresse abweicht. / Name in the certificate where it is not that of the address."`
	BindDN       string              `json:"bind_dn" maxLength:"1000" doc:"Dienstkonto mit Leserecht, als DN oder name@domäne. / Service account that may read, as DN or name@domain." example:"wardline@klinik.example"`
	BindPassword string              `json:"bind_password" secret:"true" doc:"Kennwort des Dienstkontos. / Password of the service account."`
	Dialect      string              `json:"dialect" enum:"auto,ad,openldap" doc:"Art des Verzeichnisses. / Kind of directory."`
	Domains      []Domain            `json:"domains" minItems:"1" maxItems:"32" doc:"Wo gesucht wird: eine oder mehrere Domänen oder Teilbäume. / Where to search: one or more domains or subtrees."`
	Key          string              `json:"key,omitempty" maxLength:"64" doc:"Attribut der unveränderlichen Kennung. Leer: objectGUID oder entryUUID. / Attribute of the identity that never changes. Empty: objectGUID or entryUUID."`
	Attributes   []AttributeMap      `json:"attributes,omitempty" maxItems:"32" doc:"Felder, die aus anderen Attributen kommen als üblich. / Fields that come from other attributes than usual."`
	Unit         string              `json:"unit,omitempty" maxLength:"64" doc:"Attribut, das die Station oder Abteilung nennt, zum Beispiel department. Leer: keines. / Attribute that names the ward or department, such as department. Empty: none."`
	UnitKind     directory.UnitKind  `json:"unit_kind" enum:"ward,clinic,house" doc:"Was dieses Attribut nennt. / What this attribute names."`
	Groups       []GroupMap          `json:"groups,omitempty" maxItems:"500" doc:"Gruppen des Verzeichnisses, die hier etwas bedeuten. / Groups of the directory that mean something here."`
	Photo        bool                `json:"photo" doc:"Fotos übernehmen (JPEG, höchstens 100 KiB). / Take photos (JPEG, at most 100 KiB)."`
	Changes      string              `json:"changes" enum:"auto,usn,dirsync,syncrepl,timestamp,none" doc:"Wie Änderungen geholt werden. timestamp findet keine gelöschten Einträge. / How changes are fetched. timestamp finds no deleted entries."`
	PageSize     int                 `json:"page_size" minimum:"10" maximum:"5000" doc:"Einträge je Seite. / Entries per page."`
	Timeout      int                 `json:"timeout_seconds" minimum:"1" maximum:"600" doc:"So viele Sekunden auf jede Seite warten. / Seconds to wait for each page."`
	SignIn       bool                `json:"sign_in" doc:"Anmeldung mit dem Kennwort des Verzeichnisses erlauben. / Allow signing in with the directory's password."`
	Schedule     connectors.Schedule `json:"schedule" doc:"Wann abgeglichen wird. / When passes are made."`
}

// Domain is one part of the tree.
type Domain struct {
	Base        string `json:"base" minLength:"1" maxLength:"1000" doc:"Suchbasis. / Search base." example:"OU=Mitarbeiter,DC=klinik,DC=example"`
	Filter      string `json:"filter,omitempty" maxLength:"2000" doc:"Filter der Personen. Leer: üblicher Filter. / Filter of people. Empty: the usual one."`
	GroupBase   string `json:"group_base,omitempty" maxLength:"1000" doc:"Suchbasis der Gruppen. Leer: dieselbe. / Search base of groups. Empty: the same."`
	GroupFilter string `json:"group_filter,omitempty" maxLength:"2000" doc:"Filter der Gruppen. Leer: üblicher Filter. / Filter of groups. Empty: the usual one."`
}

// AttributeMap says where a field comes from.
type AttributeMap struct {
	Field     directory.Field `json:"field" enum:"staff_number,given_name,family_name,title,login,mail,phone,mobile,pager,extension,job_title,department,profession,active_from,active_until" doc:"Feld der Person. / Field of the person."`
	Attribute string          `json:"attribute" maxLength:"64" doc:"Attribut. Leer: Feld nicht übernehmen. / Attribute. Empty: do not take the field." example:"employeeID"`
}

// GroupMap says what a group of the directory means here. Members of groups inside it count.
type GroupMap struct {
	Group    string             `json:"group" minLength:"1" maxLength:"1000" doc:"DN oder Name (cn) der Gruppe. / DN or name (cn) of the group." example:"G-Station-4B"`
	UnitCode string             `json:"unit_code,omitempty" maxLength:"64" doc:"Kürzel der Einheit, auf der die Mitglieder arbeiten. / Code of the unit on which the members work." example:"4B"`
	UnitName string             `json:"unit_name,omitempty" maxLength:"200" doc:"Name der Einheit. / Name of the unit." example:"Station 4B"`
	UnitKind directory.UnitKind `json:"unit_kind,omitempty" enum:",ward,clinic,house" doc:"Art der Einheit. Leer: Station. / Kind of unit. Empty: ward."`
	Role     string             `json:"role,omitempty" maxLength:"100" doc:"Rolle dieser Einheit, die Mitglieder übernehmen dürfen. / Role of this unit that members may take." example:"Pflege"`
	Room     bool               `json:"room,omitempty" doc:"Ein Raum folgt der Gruppe. / A room follows the group."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "ldap",
		Config: func() any {
			return &Config{StartTLS: ldap.StartTLSRequired, Dialect: "auto", UnitKind: directory.Ward, Changes: "auto", PageSize: 500,
				Timeout: 60, Schedule: connectors.Schedule{ChangesMinutes: 15, FullAt: "02:30"}}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("ldap: configuration is a %T", config)
			}
			// Also beside an error: the console asks what the kind can do.
			return &source{config: *c, env: e}, c.validate()
		},
	}
}

// validate checks without I/O.
func (c *Config) validate() error {
	for _, check := range []func() error{c.validateServers, c.validateDomains, c.validateMapping} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validateServers() error {
	if len(c.URLs) == 0 {
		return invalid("urls", "at least one server is needed")
	}
	for _, u := range c.URLs {
		if _, err := ldap.ParseURL(u); err != nil {
			return invalid("urls", err.Error())
		}
	}
	if c.Fingerprint != "" {
		if _, err := ldap.ParsePin(c.Fingerprint); err != nil {
			return invalid("fingerprint", err.Error())
		}
	}
	if c.BindDN == "" {
		return invalid("bind_dn", "a service account is needed: nothing is read without a name")
	}
	return nil
}

func (c *Config) validateDomains() error {
	if len(c.Domains) == 0 {
		return invalid("domains", "at least one search base is needed")
	}
	for _, d := range c.Domains {
		if ldap.ValidDN(d.Base) != nil || d.GroupBase != "" && ldap.ValidDN(d.GroupBase) != nil {
			return invalid("domains", "each base must be a distinguished name, such as OU=Staff,DC=clinic,DC=example")
		}
		for _, f := range []string{d.Filter, d.GroupFilter} {
			if f != "" && ldap.ValidFilter(f) != nil {
				return invalid("domains", "a filter is not well-formed, such as (&(objectClass=person)(mail=*))")
			}
		}
	}
	return nil
}

func (c *Config) validateMapping() error {
	for _, a := range c.Attributes {
		if !slices.Contains(fields, a.Field) || a.Attribute != "" && !attributeName(a.Attribute) {
			return invalid("attributes", "each entry needs a known field and the name of an attribute")
		}
	}
	for name, a := range map[string]string{"key": c.Key, "unit": c.Unit} {
		if a != "" && !attributeName(a) {
			return invalid(name, "this is not the name of an attribute")
		}
	}
	seen := map[string]bool{}
	for _, g := range c.Groups {
		if strings.TrimSpace(g.Group) == "" || g.Role != "" && g.UnitCode == "" {
			return invalid("groups", "each entry needs a group, and a role needs the unit it belongs to")
		}
		if seen[ldap.FoldDN(g.Group)] {
			return invalid("groups", "a group is named twice")
		}
		seen[ldap.FoldDN(g.Group)] = true
	}
	return nil
}

// attributeName allows what RFC 4512 section 1.4 calls a descr.
func attributeName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	})
}

// fields are those a configuration may name.
var fields = []directory.Field{
	directory.StaffNumber, directory.GivenName, directory.FamilyName, directory.Title, directory.Login,
	directory.Mail, directory.Phone, directory.Mobile, directory.Pager, directory.Extension, directory.JobTitle,
	directory.Department, directory.Profession, directory.ActiveFrom, directory.ActiveUntil,
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "ldap.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}
