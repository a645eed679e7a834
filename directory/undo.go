package directory

import (
	"cmp"
	"slices"
)

// Undo turns an applied action round against the person as it is now. ok is false where
// somebody has changed since what the action had done. Nobody is deleted: whom the action
// had made is let go by the source that brought them, as if they were missing from it.
func Undo(done Action, now Person) (Action, bool) {
	out := Action{Op: ActUpdate, Key: done.Key, Person: done.Person, Units: UnitDiff{Gain: []string{}, Lose: []string{}}, Status: now.Status}
	if !stands(done, now) {
		return out, false
	}
	if done.Op == ActCreate {
		out.Op, out.Status = ActLock, Gone
		out.Fields = []Diff{{FieldStatus, string(now.Status), string(Gone)}}
		return out, true
	}
	for _, d := range done.Fields {
		switch {
		case d.Field == FieldLogin && d.From == "": // an account once made is never deleted
		default:
			out.Fields = append(out.Fields, Diff{d.Field, d.To, d.From})
		}
	}
	out.Units = UnitDiff{Gain: done.Units.Lose, Lose: done.Units.Gain}
	if done.Works != nil {
		out.Works = before(done, now.Units)
	}
	if done.Groups != nil {
		out.Groups = &GroupDiff{From: done.Groups.To, To: done.Groups.From}
	}
	out.Status, out.Login = Status(done.Diff(FieldStatus).From), done.Diff(FieldLogin).From
	out.Status = cmp.Or(out.Status, now.Status)
	switch {
	case done.Op == ActLockHere:
		out.Op = ActUnlockHere
	case done.Op == ActUnlockHere:
		out.Op = ActLockHere
	case done.Linked:
		out.Op, out.Linked, out.Status = ActUnlink, true, ""
	case done.Op == ActLock:
		out.Op = ActUnlock
	case done.Op == ActUnlock:
		out.Op = ActLock
	}
	return out, true
}

// stands reports whether all that an action has done is still so.
func stands(done Action, now Person) bool {
	for _, d := range done.Fields {
		is := now.Values[d.Field]
		switch d.Field {
		case FieldStatus:
			is = string(now.Status)
		case FieldPrimary:
			is = primary(now.Units)
		case FieldLogin:
			is = now.Login
		case FieldGroups:
			is = codes(now.Groups)
		case FieldLocked:
			is = locked(now.LockedHere)
		case FieldPhoto:
			is = now.Photo
		case FieldMember: // twice is once
			is = d.To
		}
		if is != d.To {
			return false
		}
	}
	has := func(code string) bool {
		return slices.ContainsFunc(now.Units, func(u UnitRef) bool { return u.Code == code })
	}
	return !slices.ContainsFunc(done.Units.Gain, func(c string) bool { return !has(c) }) && !slices.ContainsFunc(done.Units.Lose, has)
}

func locked(here bool) string {
	if here {
		return "true"
	}
	return ""
}

// before is where somebody worked before an action moved them.
func before(done Action, now []UnitRef) []UnitRef {
	main := primary(now)
	if d := done.Diff(FieldPrimary); d.Field != "" {
		main = d.From
	}
	out := []UnitRef{}
	for _, u := range now {
		if !slices.Contains(done.Units.Gain, u.Code) {
			out = append(out, UnitRef{Code: u.Code, Primary: u.Code == main})
		}
	}
	for _, code := range done.Units.Lose {
		out = append(out, UnitRef{Code: code, Primary: code == main})
	}
	slices.SortFunc(out, func(a, b UnitRef) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// LockHere is the action of an administrator's lock, or of lifting it.
func LockHere(p Person, name string, lock bool) Action {
	a := Action{Op: ActUnlockHere, Key: p.Key, Person: PersonRef{ID: p.ID, Name: name, StaffNumber: p.Values[StaffNumber]}, Status: p.Status,
		Units: UnitDiff{Gain: []string{}, Lose: []string{}}, Fields: []Diff{{FieldLocked, locked(!lock), locked(lock)}}}
	if lock {
		a.Op = ActLockHere
	}
	return a
}
