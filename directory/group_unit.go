package directory

import (
	"github.com/wardline/wardline/hub"
)

// Above reports whether a unit of this kind may have one of the other below it.
func (k UnitKind) Above(other UnitKind) bool { return storey(k) < storey(other) }

// Check refuses a unit that cannot be, whatever else there is.
func (u UnitEdit) Check(op string) error {
	wrong := func(field string) error { return &hub.Error{Op: op, Kind: hub.Invalid, Field: field} }
	switch {
	case u.ID != "" && !hub.ValidID(string(u.ID)):
		return wrong("id")
	case u.Code == "" || len(u.Code) > maxCode || clean(u.Code) != u.Code:
		return wrong("code")
	case u.Name == "" || len(u.Name) > MaxUnitName || clean(u.Name) != u.Name:
		return wrong("name")
	case u.Kind != House && u.Kind != Clinic && u.Kind != Ward:
		return wrong("kind")
	case u.Parent != "" && !hub.ValidID(string(u.Parent)):
		return wrong("parent_id")
	}
	return nil
}

// Check refuses a Following that names none or several things.
func (f Following) Check(op string) error {
	n := 0
	for _, id := range []string{string(f.Unit), string(f.Role), string(f.Group)} {
		if id == "" {
			continue
		}
		if n++; !hub.ValidID(id) {
			return &hub.Error{Op: op, Kind: hub.Invalid, Field: "following"}
		}
	}
	if n != 1 {
		return &hub.Error{Op: op, Kind: hub.Invalid, Field: "following"}
	}
	return nil
}

// String is the id of what is followed.
func (f Following) String() string { return string(f.Unit) + string(f.Role) + string(f.Group) }
