package directory

import "slices"

// normalUnits drops refs without a usable code and doubles, and leaves at most one primary
// unit: the first so named.
func normalUnits(refs []UnitRef) []UnitRef {
	out := []UnitRef{}
	hasPrimary := false
	for _, r := range refs {
		r.Code, r.Name, r.Parent = clean(r.Code), clean(r.Name), clean(r.Parent)
		if r.Code == "" || len(r.Code) > maxCode || slices.ContainsFunc(out, func(o UnitRef) bool { return o.Code == r.Code }) {
			continue
		}
		if len(r.Parent) > maxCode {
			r.Parent = ""
		}
		if r.Kind == "" {
			r.Kind = Ward
		}
		r.Primary = r.Primary && !hasPrimary
		hasPrimary = hasPrimary || r.Primary
		out = append(out, r)
	}
	return out
}

// withPrimary makes the first unit the primary one where none is so named.
func withPrimary(refs []UnitRef) []UnitRef {
	if len(refs) > 0 && primary(refs) == "" {
		refs[0].Primary = true
	}
	return refs
}

// maxCode is the longest code of a unit in bytes.
const maxCode = 64

// unitPlanner collects the units that are to be made or renamed.
type unitPlanner struct {
	changed []UnitRef
}

// take compares the units somebody works on with those known. Membership already known is
// stated by code alone and changes nothing. Units are not people: the brake does not count
// them, and a later ref of the same batch wins.
func (p *unitPlanner) take(known map[string]Unit, refs []UnitRef) {
	for _, r := range refs {
		if r.Kind == "" {
			continue // from the database, not from the source
		}
		p.takeParent(known, r)
		p.put(known, r)
	}
}

// takeParent makes the unit above where only its code was mentioned.
func (p *unitPlanner) takeParent(known map[string]Unit, r UnitRef) {
	if _, ok := p.now(known, r.Parent); ok || r.Parent == "" || r.Parent == r.Code {
		return
	}
	kind := Clinic
	if r.Kind == Clinic {
		kind = House
	}
	p.changed = append(p.changed, UnitRef{Code: r.Parent, Name: r.Parent, Kind: kind})
}

// put adds or updates one unit if it differs from what there is.
func (p *unitPlanner) put(known map[string]Unit, r UnitRef) {
	was, exists := p.now(known, r.Code)
	is := Unit{Name: r.Name, Kind: r.Kind, Parent: r.Parent}
	if exists {
		is.Kind = was.Kind // a source's guess never moves a unit to another storey
	}
	if is.Name == "" {
		is.Name = was.Name
	}
	if is.Name == "" {
		is.Name = r.Code
	}
	if above, ok := p.now(known, is.Parent); !ok || storey(above.Kind) >= storey(is.Kind) {
		is.Parent = was.Parent // unknown, or a circle
	}
	if exists && is == was {
		return
	}
	p.changed = slices.DeleteFunc(p.changed, func(o UnitRef) bool { return o.Code == r.Code })
	p.changed = append(p.changed, UnitRef{Code: r.Code, Name: is.Name, Kind: is.Kind, Parent: is.Parent})
}

// now is a unit as it will be after what was collected so far.
func (p *unitPlanner) now(known map[string]Unit, code string) (Unit, bool) {
	for _, c := range p.changed {
		if c.Code == code {
			return Unit{Name: c.Name, Kind: c.Kind, Parent: c.Parent}, true
		}
	}
	u, ok := known[code]
	return u, ok
}

// ordered returns the changed units with parents before children.
func (p *unitPlanner) ordered() []UnitRef {
	slices.SortStableFunc(p.changed, func(a, b UnitRef) int { return storey(a.Kind) - storey(b.Kind) })
	return p.changed
}

// storey counts from the top, so that a parent always has the lower number.
func storey(k UnitKind) int {
	switch k {
	case House:
		return 0
	case Clinic:
		return 1
	}
	return 2
}
