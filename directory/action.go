package directory

import (
	"maps"
	"slices"
	"strings"
)

// action compares the person before and after. differs is false when nothing is to be done.
func (d *draft) action(mails map[string]bool) (a Action, differs bool) {
	a = Action{Op: d.op(), Key: d.new.Key, Status: d.new.Status, Fields: d.diffs()}
	a.Person = PersonRef{ID: d.old.ID, Name: displayName(d.new), StaffNumber: d.new.Values[StaffNumber]}
	a.Units, a.Works = d.unitDiff()
	if a.Login = d.login(len(a.Fields) > 0); a.Login != "" && d.exists {
		a.Fields = append(a.Fields, Diff{FieldLogin, d.old.Login, a.Login})
	}
	if d.exists && len(a.Fields) == 0 && len(a.Units.Gain) == 0 && len(a.Units.Lose) == 0 {
		return a, false
	}
	d.checkMail(mails)
	if a.Op == ActUnlock && d.old.LockedHere {
		d.problem(StaysLocked)
	}
	a.Problems = d.problems
	return a, true
}

func (d *draft) op() ActionOp {
	was, is := d.old.Status == Working, d.new.Status == Working
	switch {
	case !d.exists:
		return ActCreate
	case was && !is:
		return ActLock
	case !was && is:
		return ActUnlock
	}
	return ActUpdate
}

// diffs lists the fields that differ, by name, the status last.
func (d *draft) diffs() []Diff {
	out := []Diff{}
	for _, f := range stored {
		if from, to := d.old.Values[f], d.new.Values[f]; from != to {
			out = append(out, Diff{f, from, to})
		}
	}
	if from, to := primary(d.old.Units), primary(d.new.Units); from != to {
		out = append(out, Diff{FieldPrimary, from, to})
	}
	if d.old.Status != d.new.Status {
		out = append(out, Diff{FieldStatus, string(d.old.Status), string(d.new.Status)})
	}
	return out
}

func (d *draft) unitDiff() (UnitDiff, []UnitRef) {
	diff := UnitDiff{Gain: without(d.new.Units, d.old.Units), Lose: without(d.old.Units, d.new.Units)}
	if len(diff.Gain) == 0 && len(diff.Lose) == 0 && primary(d.old.Units) == primary(d.new.Units) {
		return diff, nil
	}
	works := []UnitRef{}
	for _, u := range d.new.Units {
		works = append(works, UnitRef{Code: u.Code, Primary: u.Primary})
	}
	return diff, works
}

// without returns the codes of a that b lacks.
func without(a, b []UnitRef) []string {
	out := []string{}
	for _, u := range a {
		if !slices.ContainsFunc(b, func(o UnitRef) bool { return o.Code == u.Code }) {
			out = append(out, u.Code)
		}
	}
	slices.Sort(out)
	return out
}

func primary(units []UnitRef) string {
	for _, u := range units {
		if u.Primary {
			return u.Code
		}
	}
	return ""
}

// claimLogins settles who of the drafts gets the login they want: whoever comes first,
// among the logins that are free or become free by somebody's new one. It goes on until
// nothing moves, so that the same set a second time has nothing left to claim.
func claimLogins(known map[string]bool, drafts []*draft) {
	taken := maps.Clone(known)
	if taken == nil {
		taken = map[string]bool{}
	}
	for moved := true; moved; {
		moved = false
		for _, d := range drafts {
			if d.want == "" {
				d.want = wantedLogin(d.new)
			}
			if d.got || d.want == d.old.Login || taken[d.want] || d.exists && d.gone {
				continue
			}
			delete(taken, d.old.Login)
			taken[d.want], d.got, moved = true, true, true
		}
	}
}

// login returns the login to make an account with or to rename it to, or "". A taken one
// is a problem only of an action that happens anyway: otherwise every repetition of the
// same statement would be an action again.
func (d *draft) login(acting bool) string {
	switch {
	case d.got:
		return d.want
	case acting && d.want != d.old.Login && !d.gone:
		d.problem(LoginTaken)
	}
	return ""
}

// wantedLogin is the login a source's values ask for; the key is the last resort.
func wantedLogin(p Person) string {
	for _, s := range []string{p.Values[Login], p.Values[StaffNumber], p.Key} {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" {
			return strings.ToValidUTF8(s[:min(len(s), 255)], "")
		}
	}
	return ""
}

// checkMail notes that somebody else has the new mail address. Mail never identifies a
// person: two with one address stay two.
func (d *draft) checkMail(mails map[string]bool) {
	mail := strings.ToLower(d.new.Values[Mail])
	if mail == "" || mail == strings.ToLower(d.old.Values[Mail]) {
		return
	}
	if mails[mail] {
		d.problem(MailKnown)
	}
	mails[mail] = true
}

// displayName is how a person is shown: never empty.
func displayName(p Person) string {
	name := strings.TrimSpace(p.Values[GivenName] + " " + p.Values[FamilyName])
	if name != "" {
		return name
	}
	if n := p.Values[StaffNumber]; n != "" {
		return n
	}
	return p.Key
}

// Wanted is what a store looks up before a plan is made.
type Wanted struct {
	Keys   []string // persons; not needed for a full set, which loads all
	Logins []string
	Mails  []string
	Units  []string // codes, with those of their parents
	All    bool     // a full set
}

// WantedBy returns what changes need to be known. Logins depend on what is known of the
// persons, so they are added when the persons are loaded: call it first without them.
func WantedBy(changes []Change, persons map[string]Person) Wanted {
	keys, logins, mails, units := set{}, set{}, set{}, set{}
	var w Wanted
	for _, c := range changes {
		w.All = w.All || c.Op == OpComplete
		if c.Op == OpComplete || !usable(c.Key) {
			continue
		}
		keys.add(c.Key)
		mails.add(strings.ToLower(clean(c.Fields[Mail].Text)))
		logins.add(strings.ToLower(clean(c.Key)), strings.ToLower(clean(c.Fields[Login].Text)), strings.ToLower(clean(c.Fields[StaffNumber].Text)))
		for _, u := range c.Units {
			units.add(clean(u.Code), clean(u.Parent))
		}
	}
	for _, p := range persons {
		logins.add(wantedLogin(p), strings.ToLower(p.Values[StaffNumber]), strings.ToLower(p.Key))
	}
	w.Keys, w.Logins, w.Mails, w.Units = keys.sorted(), logins.sorted(), mails.sorted(), units.sorted()
	return w
}

// set is a set of texts without the empty one.
type set map[string]bool

func (s set) add(texts ...string) {
	for _, t := range texts {
		if t != "" {
			s[t] = true
		}
	}
}

func (s set) sorted() []string {
	return slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(s))))
}
