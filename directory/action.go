package directory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// future is later than every statement that is kept already.
var future = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// action compares the person before and after. differs is false when nothing is to be done.
func (d *draft) action(mails mailbook) (a Action, differs bool) {
	a = Action{Op: d.op(), Key: d.new.Key, Status: d.new.Status, Fields: d.diffs()}
	a.Person = PersonRef{ID: d.old.ID, Name: displayName(d.new), StaffNumber: d.new.Values[StaffNumber]}
	a.Units, a.Works = d.unitDiff()
	a.Groups, a.Linked = d.groupDiff(), d.linked
	if a.Login = d.login(len(a.Fields) > 0); a.Login != "" && d.exists {
		a.Fields = append(a.Fields, Diff{FieldLogin, d.old.Login, a.Login})
	}
	if d.exists && !d.linked && len(a.Fields) == 0 && len(a.Units.Gain) == 0 && len(a.Units.Lose) == 0 {
		return a, false
	}
	d.checkMail(mails)
	if a.Op == ActUnlock && d.old.LockedHere {
		d.problem(StaysLocked)
	}
	if d.brought && d.old.Admin && a.Decides() {
		d.problem(Administrator)
	}
	a.Problems = d.problems
	return a, true
}

func (d *draft) op() ActionOp {
	was, is := d.merge.active(d.statements(d.old)), d.merge.active(d.statements(d.new))
	switch {
	case !d.exists:
		return ActCreate
	case d.linked:
		return ActLink
	case was && !is:
		return ActLock
	case !was && is:
		return ActUnlock
	}
	return ActUpdate
}

// statements are what all sources say of a person together.
func (d *draft) statements(p Person) []Statement {
	own := Statement{Source: d.source, Key: d.new.Key, Status: p.Status, Values: make(map[Field]Said, len(p.Values)), Units: p.Units}
	if len(p.Others) > 0 {
		for f, text := range p.Values {
			own.Values[f] = Said{Text: text, At: d.since(f, text)}
		}
	}
	return append([]Statement{own}, p.Others...)
}

// since is when the source began to state a text; what it states now is the newest.
func (d *draft) since(f Field, text string) time.Time {
	if d.old.Values[f] == text {
		return d.old.Since[f]
	}
	return future
}

// diffs lists the fields that differ, by name, the status last.
func (d *draft) diffs() []Diff {
	out := []Diff{}
	for _, f := range stored {
		if from, to := d.old.Values[f], d.new.Values[f]; from != to {
			out = append(out, Diff{f, from, to})
		}
	}
	if d.old.Photo != d.new.Photo {
		out = append(out, Diff{FieldPhoto, d.old.Photo, d.new.Photo})
	}
	if from, to := codes(d.old.Groups), codes(d.new.Groups); d.groupDiff() != nil {
		out = append(out, Diff{FieldGroups, from, to})
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
				d.want = d.wanted()
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

// wanted is the login for what counts of all that is said of the person. The key of one
// source among several is no reason to rename an account.
func (d *draft) wanted() string {
	if len(d.old.Others) == 0 {
		return wantedLogin(d.new)
	}
	shown := d.merge.Show(d.statements(d.new)).Values
	return wantedLogin(Person{Key: cmp.Or(d.old.Login, d.new.Key), Values: shown})
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

// mailbook is who has which mail address: before, and in this plan by key.
type mailbook struct {
	before map[string][]hub.PersonID
	now    map[string]string
}

// checkMail notes that somebody else has the new mail address. Mail never identifies a
// person: two with one address stay two.
func (d *draft) checkMail(mails mailbook) {
	mail := strings.ToLower(d.new.Values[Mail])
	if mail == "" || mail == strings.ToLower(d.old.Values[Mail]) {
		return
	}
	others := func(id hub.PersonID) bool { return id != d.old.ID }
	if slices.ContainsFunc(mails.before[mail], others) || mails.now[mail] != "" {
		d.problem(MailKnown)
	}
	mails.now[mail] = d.new.Key
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
		for _, u := range c.Units {
			units.add(clean(u.Code), clean(u.Parent))
		}
		if c.Op == OpComplete || !usable(c.Key) {
			continue
		}
		keys.add(c.Key)
		mails.add(strings.ToLower(clean(c.Fields[Mail].Text)))
		logins.add(strings.ToLower(clean(c.Key)), strings.ToLower(clean(c.Fields[Login].Text)), strings.ToLower(clean(c.Fields[StaffNumber].Text)))
	}
	for _, p := range persons {
		logins.add(wantedLogin(p), strings.ToLower(p.Values[StaffNumber]), strings.ToLower(p.Key))
		for _, o := range p.Others {
			logins.add(strings.ToLower(o.Values[Login].Text), strings.ToLower(o.Values[StaffNumber].Text))
		}
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
