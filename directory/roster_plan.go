package directory

import (
	"cmp"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// Limits of rosters.
const (
	MaxShifts     = 20_000 // of one roster
	MaxShift      = 72 * time.Hour
	MaxShiftSpan  = 100 * 24 * time.Hour // that is shown at once
	maxRosterName = 200                  // bytes of the source's name, of uids and of records
)

// RosterPerson is somebody whom a roster may name by one of three names.
type RosterPerson struct {
	StaffNumber string
	Login       string
	Mail        string
	Account     UserRef // its ID is empty where there is none, or none that may take duty
}

// RosterKnown is what a roster is planned against. Shifts are those of the same source that
// have not ended; those that run may be replaced, those before are history.
type RosterKnown struct {
	Roles  []RoleName
	People []RosterPerson
	Shifts []ShiftRow
	Now    time.Time
	Zone   *time.Location // the clinic's: it says what a day is
}

// The codes of RosterFault.
const (
	faultRole      = "unknown_role"
	faultPerson    = "unknown_person"
	faultAmbiguous = "ambiguous_person"
	faultAccount   = "no_account"
	faultTimes     = "times"
	faultPast      = "past"
)

// CheckRoster refuses a roster as a whole.
func CheckRoster(op, source string, shifts []Shift) error {
	switch {
	case source == "" || len(source) > maxRosterName || clean(source) != source:
		return &hub.Error{Op: op, Kind: hub.Invalid, Field: "source"}
	case len(shifts) == 0:
		return &hub.Error{Op: op, Kind: hub.Invalid, Field: "shifts", Code: "empty"} // an error is not an absence
	case len(shifts) > MaxShifts:
		return &hub.Error{Op: op, Kind: hub.Invalid, Field: "shifts", Code: "too_large"}
	}
	return nil
}

// MakeRoster says what a roster would change. What it cannot take is a fault and holds up
// nothing else.
func MakeRoster(known RosterKnown, source string, shifts []Shift) RosterPlan {
	m := rosterMaker{known: known, source: source, roles: map[string][]RoleName{}, people: peopleByName(known.People)}
	for _, r := range known.Roles {
		m.roles[fold(r.Name)] = append(m.roles[fold(r.Name)], r)
	}
	p := RosterPlan{Adds: []ShiftRow{}, Removes: []ShiftRow{}, Faults: []RosterFault{}}
	wanted, roles := map[shiftKey]bool{}, map[hub.RoleID]bool{}
	for _, s := range shifts {
		row, fault := m.read(s)
		if row.Role.ID != "" && fault != faultTimes {
			roles[row.Role.ID] = true // named, though perhaps with nobody who can take it
			p.widen(s.From, known.Zone)
		}
		if fault != "" {
			p.Faults = append(p.Faults, RosterFault{Record: cut(s.Record), Code: fault})
			continue
		}
		if k := keyOf(row); !wanted[k] {
			wanted[k] = true
			p.Adds = append(p.Adds, row)
		}
	}
	p.compare(known, wanted, roles)
	return p
}

// widen makes the window hold the whole day of a shift's beginning.
func (p *RosterPlan) widen(from time.Time, zone *time.Location) {
	y, m, d := from.In(zone).Date()
	day, next := time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	if p.From.IsZero() || day.Before(p.From) {
		p.From = day
	}
	if next.After(p.Until) {
		p.Until = next
	}
}

// compare takes out of the additions what is there, and removes what is no more wanted.
func (p *RosterPlan) compare(known RosterKnown, wanted map[shiftKey]bool, roles map[hub.RoleID]bool) {
	there := map[shiftKey]bool{}
	for _, row := range known.Shifts {
		inside := !row.From.Before(p.From) && row.From.Before(p.Until)
		if !row.Until.After(known.Now) {
			continue
		}
		if k := keyOf(row); wanted[k] && !there[k] {
			there[k] = true
			p.Same++
		} else if inside && roles[row.Role.ID] {
			p.Removes = append(p.Removes, row)
		}
	}
	p.Adds = slices.DeleteFunc(p.Adds, func(row ShiftRow) bool { return there[keyOf(row)] })
	slices.SortStableFunc(p.Adds, byStart)
	slices.SortStableFunc(p.Removes, byStart)
}

func byStart(a, b ShiftRow) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Role.Name, b.Role.Name), cmp.Compare(a.Person.Name, b.Person.Name))
}

// shiftKey is what makes two shifts the same one: a roster that is exported again may number
// its entries anew.
type shiftKey struct {
	role        hub.RoleID
	user        hub.UserID
	from, until int64
}

func keyOf(r ShiftRow) shiftKey {
	return shiftKey{r.Role.ID, r.Person.ID, r.From.Unix(), r.Until.Unix()}
}

// rosterMaker reads shifts against what is known.
type rosterMaker struct {
	known  RosterKnown
	source string
	roles  map[string][]RoleName        // by name
	people [3]map[string][]RosterPerson // by staff number, login, mail
}

// read returns a shift as a row, or the code of its fault. The role is set whenever it was found.
func (m rosterMaker) read(s Shift) (ShiftRow, string) {
	row := ShiftRow{From: s.From.UTC().Truncate(time.Second), Until: s.Until.UTC().Truncate(time.Second), Source: m.source}
	role, ok := m.role(s)
	if !ok {
		return row, faultRole
	}
	row.Role = role
	long := row.Until.Sub(row.From)
	if s.From.IsZero() || long <= 0 || long > MaxShift {
		return row, faultTimes
	}
	if !row.Until.After(m.known.Now) {
		return row, faultPast
	}
	who, fault := m.person(s.Person)
	row.Person = who.Account
	if fault == "" && who.Account.ID == "" {
		fault = faultAccount
	}
	return row, fault
}

// role finds a role by its name and the code of its unit, or by a name no other role has.
func (m rosterMaker) role(s Shift) (RoleName, bool) {
	var found []RoleName
	for _, r := range m.roles[fold(clean(s.Role))] {
		if s.Unit == "" || fold(r.Unit.Code) == fold(clean(s.Unit)) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return RoleName{}, false
	}
	return found[0], true
}

// person finds somebody: by staff number, and only if nobody has it by login, then by mail.
func (m rosterMaker) person(name string) (RosterPerson, string) {
	name = fold(clean(name))
	for _, by := range m.people {
		switch found := by[name]; len(found) {
		case 0:
		case 1:
			return found[0], ""
		default:
			return RosterPerson{}, faultAmbiguous
		}
	}
	return RosterPerson{}, faultPerson
}

func peopleByName(people []RosterPerson) (by [3]map[string][]RosterPerson) {
	for i := range by {
		by[i] = map[string][]RosterPerson{}
	}
	for _, p := range people {
		for i, name := range []string{p.StaffNumber, p.Login, p.Mail} {
			if name != "" {
				by[i][fold(name)] = append(by[i][fold(name)], p)
			}
		}
	}
	return by
}

// cut bounds what came from a file and goes into an answer.
func cut(s string) string {
	if s = clean(s); len(s) > maxRosterName {
		s = clean(s[:maxRosterName])
	}
	return s
}
