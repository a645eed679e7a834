package scim

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
)

const (
	coreUser   = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	listSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
)

// resource is a user or group as it is on the wire. Names are looked up in any case (RFC 7643
// section 2.1).
type resource map[string]any

// keyOf returns the name by which an attribute is there, or the given one.
func keyOf(m map[string]any, name string) string {
	if _, ok := m[name]; ok {
		return name
	}
	for k := range m {
		if strings.EqualFold(k, name) {
			return k
		}
	}
	return name
}

func get(m map[string]any, name string) any { return m[keyOf(m, name)] }

func set(m map[string]any, name string, v any) { m[keyOf(m, name)] = v }

func remove(m map[string]any, name string) { delete(m, keyOf(m, name)) }

// sub returns a complex attribute, made where it is not there.
func sub(m map[string]any, name string) map[string]any {
	if in, ok := get(m, name).(map[string]any); ok {
		return in
	}
	in := map[string]any{}
	set(m, name, in)
	return in
}

// items returns the complex values of a list; a lone one counts as a list, as some send it.
func items(v any) (out []map[string]any) {
	for _, m := range values(v) {
		if m, ok := m.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// person is a user as the directory knows people.
type person struct {
	values map[directory.Field]string
	units  []directory.UnitRef
	active bool
}

// show writes a stated person as a user.
func (s *server) show(p connectors.StatedPerson, at string) resource {
	v := p.Values
	res := resource{"schemas": []any{coreUser, enterprise}, "id": p.Key, "userName": v[directory.Login], "active": p.Active,
		"displayName": strings.TrimSpace(v[directory.GivenName] + " " + v[directory.FamilyName])}
	name, ext := map[string]any{}, map[string]any{}
	for _, a := range []struct {
		in    map[string]any
		name  string
		field directory.Field
	}{
		{name, "givenName", directory.GivenName}, {name, "familyName", directory.FamilyName}, {name, "honorificPrefix", directory.Title},
		{res, "title", directory.JobTitle}, {res, "userType", directory.Profession}, {ext, "department", directory.Department},
	} {
		if t := v[a.field]; t != "" {
			a.in[a.name] = t
		}
	}
	s.showNumbers(res, ext, p)
	if len(name) > 0 {
		res["name"] = name
	}
	if len(ext) > 0 {
		res[enterprise] = ext
	}
	if m := v[directory.Mail]; m != "" {
		res["emails"] = []any{map[string]any{"value": m, "type": "work", "primary": true}}
	}
	if groups := s.showGroups(p); len(groups) > 0 {
		res["groups"] = groups
	}
	res["meta"] = meta("User", at+"/Users/"+p.Key, p.Created, p.Changed)
	return res
}

func (s *server) showNumbers(res resource, ext map[string]any, p connectors.StatedPerson) {
	if n := p.Values[directory.StaffNumber]; n != "" {
		switch s.config.StaffNumber {
		case "externalId":
			res["externalId"] = n
		case "employeeNumber":
			ext["employeeNumber"] = n
		}
	}
	if len(p.Units) > 0 && s.config.Unit != "none" {
		ext[s.config.Unit] = p.Units[0].Code
	}
	phones := []any{}
	for _, f := range []struct {
		kind  string
		field directory.Field
	}{{"work", directory.Phone}, {"mobile", directory.Mobile}, {"pager", directory.Pager}} {
		if n := p.Values[f.field]; n != "" {
			phones = append(phones, map[string]any{"value": n, "type": f.kind})
		}
	}
	if len(phones) > 0 {
		res["phoneNumbers"] = phones
	}
}

func (s *server) showGroups(p connectors.StatedPerson) []any {
	out := []any{}
	for _, g := range p.Groups {
		out = append(out, map[string]any{"value": g.Code, "display": g.Name, "type": "direct"})
	}
	return out
}

func meta(kind, location string, created, changed time.Time) map[string]any {
	m := map[string]any{"resourceType": kind, "location": location}
	if !created.IsZero() {
		m["created"] = created.UTC().Format(time.RFC3339)
	}
	if !changed.IsZero() {
		m["lastModified"] = changed.UTC().Format(time.RFC3339)
	}
	return m
}

// understand reads a user into a person. active is what holds where the user does not say.
func (s *server) understand(res resource, active bool) (person, error) {
	p := person{values: map[directory.Field]string{}, active: active}
	name, _ := get(res, "name").(map[string]any)
	ext, _ := get(res, enterprise).(map[string]any)
	for f, v := range map[directory.Field]any{
		directory.Login: get(res, "userName"), directory.JobTitle: get(res, "title"), directory.Profession: get(res, "userType"),
		directory.GivenName: get(name, "givenName"), directory.FamilyName: get(name, "familyName"), directory.Title: get(name, "honorificPrefix"),
		directory.Department: get(ext, "department"), directory.Mail: mainOf(get(res, "emails")),
		directory.Phone: ofType(get(res, "phoneNumbers"), "work"), directory.Mobile: ofType(get(res, "phoneNumbers"), "mobile"),
		directory.Pager: ofType(get(res, "phoneNumbers"), "pager"), directory.StaffNumber: s.staffNumber(res, ext),
	} {
		if t := plainText(v); t != "" {
			p.values[f] = t
		}
	}
	if p.values[directory.GivenName] == "" && p.values[directory.FamilyName] == "" {
		if t := plainText(get(res, "displayName")); t != "" {
			p.values[directory.FamilyName] = t
		}
	}
	s.unit(&p, ext)
	var err error
	if v := get(res, "active"); v != nil {
		p.active, err = truth(v)
	}
	if err == nil {
		err = p.check()
	}
	return p, err
}

func (s *server) staffNumber(res resource, ext map[string]any) any {
	switch s.config.StaffNumber {
	case "externalId":
		return get(res, "externalId")
	case "employeeNumber":
		return get(ext, "employeeNumber")
	}
	return nil
}

func (s *server) unit(p *person, ext map[string]any) {
	if s.config.Unit == "none" {
		return
	}
	p.units = []directory.UnitRef{}
	if code := plainText(get(ext, s.config.Unit)); code != "" {
		p.units = append(p.units, directory.UnitRef{Code: code, Kind: s.config.UnitKind, Primary: true})
	}
}

// check refuses what could not be stored as it is: what is stored differently would never
// compare equal at the sender again.
func (p person) check() error {
	if p.values[directory.Login] == "" {
		return bad("invalidValue", "userName is required")
	}
	for f, t := range p.values {
		limit := 1000
		if f == directory.Login || f == directory.StaffNumber {
			limit = 255
		}
		if !storable(t, limit) {
			return bad("invalidValue", "an attribute is too long or holds control characters")
		}
	}
	for _, u := range p.units {
		if !storable(u.Code, 64) {
			return bad("invalidValue", "the attribute that names the unit is too long")
		}
	}
	return nil
}

func storable(t string, limit int) bool {
	return len(t) <= limit && utf8.ValidString(t) && !strings.ContainsFunc(t, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// truth reads a boolean, or one that Entra sends as a text.
func truth(v any) (bool, error) {
	switch strings.ToLower(plainText(v)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, bad("invalidValue", "active is neither true nor false")
}

// mainOf picks an address: the primary one, that of work, or the first.
func mainOf(v any) any {
	list := items(v)
	for _, m := range list {
		if yes, err := truth(get(m, "primary")); err == nil && yes {
			return get(m, "value")
		}
	}
	if t := ofType(v, "work"); t != nil {
		return t
	}
	if len(list) > 0 {
		return get(list[0], "value")
	}
	return nil
}

func ofType(v any, kind string) any {
	for _, m := range items(v) {
		if strings.EqualFold(plainText(get(m, "type")), kind) {
			return get(m, "value")
		}
	}
	return nil
}

// change states how a person differs from what was stated before.
func change(key string, was connectors.StatedPerson, is person) directory.Change {
	c := directory.Change{Op: directory.OpPut, Key: key, Fields: map[directory.Field]directory.Value{}}
	if !is.active {
		c.Op = directory.OpDeactivate
	}
	for f, t := range is.values {
		if was.Values[f] != t {
			c.Fields[f] = directory.Value{Text: t}
		}
	}
	for f := range was.Values {
		if _, still := is.values[f]; !still && slices.Contains(known[:], f) {
			c.Fields[f] = directory.Value{Null: true}
		}
	}
	if is.units != nil && !sameUnits(was.Units, is.units) {
		c.Units = is.units
	}
	return c
}

// known are the fields SCIM can state.
var known = [...]directory.Field{directory.StaffNumber, directory.GivenName, directory.FamilyName, directory.Title, directory.Login,
	directory.Mail, directory.Phone, directory.Mobile, directory.Pager, directory.JobTitle, directory.Department, directory.Profession}

func sameUnits(a, b []directory.UnitRef) bool {
	return slices.EqualFunc(a, b, func(x, y directory.UnitRef) bool { return x.Code == y.Code })
}
