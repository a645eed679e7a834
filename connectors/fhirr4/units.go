package fhirr4

import (
	"maps"
	"slices"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
)

// units are the organizations and locations that were read, and which of them were stated.
type units struct {
	system string
	base   string
	names  map[string]string // full URLs of a bundle: "urn:uuid:..." -> "Organization/..."
	orgs   map[string]fhir.Organization
	places map[string]fhir.Location
	parent map[string]bool // organizations that have others below them
	codes  map[string]directory.UnitRef
	stated map[string]bool // codes
	open   bool            // there are others that were not handed in
}

func newUnits(system, base string) *units {
	return &units{system: system, base: base, names: map[string]string{}, orgs: map[string]fhir.Organization{}, places: map[string]fhir.Location{},
		parent: map[string]bool{}, codes: map[string]directory.UnitRef{}, stated: map[string]bool{}}
}

// add takes an entry if it is an organization or a location.
func (u *units) add(e fhir.Entry) {
	name := entryName(e)
	if e.FullURL != "" {
		u.names[e.FullURL] = name
	}
	switch {
	case e.Any.Organization != nil:
		u.orgs[name] = *e.Any.Organization
	case e.Any.Location != nil:
		u.places[name] = *e.Any.Location
	}
}

// entryName is how references inside find an entry: by type and id, or by its full URL where
// it has no id yet.
func entryName(e fhir.Entry) string {
	if e.Any.ID == "" {
		return e.FullURL
	}
	return e.Any.Type + "/" + e.Any.ID
}

// close is called when all are there.
func (u *units) close() {
	for _, o := range u.orgs {
		u.parent[u.resolve(o.PartOf)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(u.orgs)) {
		if ref, ok := u.organization(name, 0); ok {
			u.codes[ref.Code] = ref
		}
	}
}

// resolve returns the name of what a reference points to, whether it was read or not.
func (u *units) resolve(r fhir.Reference) string {
	if name, ok := u.names[r.URL]; ok {
		return name
	}
	if local := r.Local(u.base); local != "" {
		return local
	}
	return r.URL
}

// maxClimb bounds every walk up a hierarchy: circles are only a mistake away.
const maxClimb = 16

// organization makes a unit of an organization. The type says what it is (prov, dept: table
// organization-type of FHIR); without one it is the place in the hierarchy: the top is the
// house, below it are clinics, below them wards. One that stands alone is a ward.
func (u *units) organization(name string, depth int) (directory.UnitRef, bool) {
	o, ok := u.orgs[name]
	if !ok || o.Inactive || depth > maxClimb {
		return directory.UnitRef{}, false
	}
	ref := directory.UnitRef{Code: u.code(o.Identifiers, o.ID), Name: o.Name, Kind: directory.Ward}
	above, hasAbove := u.organization(u.resolve(o.PartOf), depth+1)
	switch {
	case hasType(o.Types, "prov"), !hasAbove && u.parent[name]:
		ref.Kind = directory.House
	case hasType(o.Types, "dept"), hasAbove && above.Kind == directory.House:
		ref.Kind = directory.Clinic
	}
	u.hang(&ref, above, hasAbove)
	return ref, ref.Code != ""
}

// hang puts a unit below another. Each storey lies below the one above it; a department
// inside a department is one storey lower, and wards do not nest: one inside another hangs
// where that one hangs.
func (u *units) hang(ref *directory.UnitRef, above directory.UnitRef, has bool) {
	if !has {
		return
	}
	switch {
	case above.Kind == directory.Ward:
		ref.Kind, ref.Parent = directory.Ward, above.Parent
		return
	case above.Kind == directory.Clinic && ref.Kind != directory.Ward:
		ref.Kind = directory.Ward
	case above.Kind == directory.House && ref.Kind == directory.House:
		ref.Kind = directory.Clinic
	}
	ref.Parent = above.Code
}

func hasType(types []fhir.Concept, code string) bool {
	return slices.ContainsFunc(types, func(c fhir.Concept) bool { return c.Has(code) })
}

// location makes a ward of a location: of itself if it is a ward (or says nothing), of what
// it lies in if it is a room or a bed. Buildings, floors and cars are no units.
func (u *units) location(name string, depth int) (directory.UnitRef, bool) {
	l, ok := u.places[name]
	if !ok || l.Inactive || depth > maxClimb {
		return directory.UnitRef{}, false
	}
	switch {
	case l.PhysicalType.Has("ro"), l.PhysicalType.Has("bd"):
		return u.location(u.resolve(l.PartOf), depth+1)
	case len(l.PhysicalType.Codings) > 0 && !l.PhysicalType.Has("wa"):
		return directory.UnitRef{}, false
	}
	ref := directory.UnitRef{Code: u.code(l.Identifiers, l.ID), Name: l.Name, Kind: directory.Ward}
	above, has := u.organization(u.resolve(l.Managing), depth+1)
	u.hang(&ref, above, has)
	return ref, ref.Code != ""
}

// code is what a unit is known by in the whole clinic.
func (u *units) code(ids []fhir.Identifier, id string) string {
	if u.system != "" {
		if c := (IdentifierOf{System: u.system}).pick(ids); c != "" && len(c) <= 64 {
			return c
		}
	}
	return id
}

// find makes a unit of a reference. One to something that was not read is a code all the
// same where the reference holds it: then the unit is known already, or made by this name.
func (u *units) find(r fhir.Reference, kind directory.UnitKind) (directory.UnitRef, bool) {
	name := u.resolve(r)
	if ref, ok := u.organization(name, 0); ok {
		return ref, true
	}
	if ref, ok := u.location(name, 0); ok {
		return ref, true
	}
	if _, read := u.orgs[name]; read {
		return directory.UnitRef{}, false
	}
	if _, read := u.places[name]; read {
		return directory.UnitRef{}, false
	}
	id := ""
	if _, local, ok := (fhir.Reference{URL: name}).Split(); ok && u.open && u.system == "" && len(local) <= 64 {
		id = local
	}
	if c := u.code([]fhir.Identifier{r.Identifier}, id); c != "" {
		return directory.UnitRef{Code: c, Name: r.Display, Kind: kind}, true
	}
	return directory.UnitRef{}, false
}

// place adds the units of one role: its wards first, so that one of them is the primary one.
func (m *mapping) place(out *connectors.Pulled, r fhir.PractitionerRole, u *units) {
	if m.config.Units != "organization" {
		for _, l := range r.Locations {
			add(out, u, l, directory.Ward)
		}
	}
	if m.config.Units != "location" && (r.Organization.URL != "" || r.Organization.Identifier.Value != "") {
		add(out, u, r.Organization, directory.Clinic)
	}
}

func add(out *connectors.Pulled, u *units, r fhir.Reference, kind directory.UnitKind) {
	c := &out.Change
	ref, ok := u.find(r, kind)
	if !ok {
		if !slices.Contains(out.Notes, "unknown_unit") {
			out.Notes = append(out.Notes, "unknown_unit")
		}
		return
	}
	if !slices.ContainsFunc(c.Units, func(o directory.UnitRef) bool { return o.Code == ref.Code }) {
		ref.Primary = len(c.Units) == 0
		c.Units = append(c.Units, ref)
	}
}

// department is the name of the clinic of the primary unit, or of the first clinic.
func (u *units) department(list []directory.UnitRef) string {
	for _, ref := range list {
		for depth, ok := 0, true; ok && depth < maxClimb; depth++ {
			if ref.Kind == directory.Clinic {
				return ref.Name
			}
			ref, ok = u.codes[ref.Parent]
		}
	}
	return ""
}

// above returns units with everything they hang below, each once, from the top.
func (u *units) above(list []directory.UnitRef) []directory.UnitRef {
	var out []directory.UnitRef
	var visit func(ref directory.UnitRef, depth int)
	visit = func(ref directory.UnitRef, depth int) {
		if slices.ContainsFunc(out, func(o directory.UnitRef) bool { return o.Code == ref.Code }) || depth > maxClimb {
			return
		}
		if above, ok := u.codes[ref.Parent]; ok {
			visit(above, depth+1)
		}
		ref.Primary = false
		out = append(out, ref)
	}
	for _, ref := range list {
		visit(ref, 0)
	}
	return out
}

// news states the units of a person that were not stated before in this pass. It comes before
// the person, so that what is above exists with its name and storey.
func (u *units) news(list []directory.UnitRef) (directory.Change, bool) {
	var out []directory.UnitRef
	for _, ref := range list {
		if u.stated[ref.Code] {
			continue
		}
		for _, r := range u.above([]directory.UnitRef{ref}) {
			if !u.stated[r.Code] {
				u.stated[r.Code] = true
				out = append(out, r)
			}
		}
	}
	return directory.Change{Op: directory.OpUnits, Units: out}, len(out) > 0
}
