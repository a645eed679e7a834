package directory

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/hub"
)

// skew is how far a source's clock may run ahead before its statement counts as one about
// the future.
const skew = 5 * time.Minute

// MakePlan works out what changes come to. It is pure: the same arguments give the same
// plan, and known is not altered. Changes of one person are folded in their order, so the
// last word on each field counts. Whoever repeats statements that are already true gets a
// plan without actions.
func MakePlan(known Known, changes []Change, limits Limits, now time.Time) Plan {
	p := newPlanner(known, now)
	for _, c := range changes {
		p.announce(c)
	}
	for _, c := range changes {
		p.take(c)
	}
	if p.plan.Complete {
		p.missing = p.lockMissing()
	}
	p.finish()
	if reason := p.brake(limits); reason != nil {
		p.plan.Held, p.plan.Reason = true, reason
	}
	return p.plan
}

func newPlanner(known Known, now time.Time) *planner {
	p := &planner{known: known, now: now, plan: Plan{Actions: []Action{}}, drafts: map[string]*draft{}, mentioned: map[string]bool{},
		arriving: map[string]*arrival{}, asked: map[string]int{}, linked: map[hub.PersonID]bool{}, numbers: map[string]string{}}
	for key := range known.Spared {
		p.mentioned[key] = true
		p.plan.Spared = append(p.plan.Spared, key)
	}
	slices.Sort(p.plan.Spared)
	return p
}

// planner is one run of MakePlan.
type planner struct {
	known     Known
	now       time.Time
	plan      Plan
	drafts    map[string]*draft
	order     []string // keys of drafts as first met, which is the order of actions
	mentioned map[string]bool
	arriving  map[string]*arrival   // by keys that some change of the batch may create
	asked     map[string]int        // places in plan.Asks, by key
	linked    map[hub.PersonID]bool // by this plan
	numbers   map[string]string     // staff numbers of those this plan creates, with their keys
	missing   int
	units     unitPlanner
}

// draft is a person while changes are folded into them.
type draft struct {
	old, new Person
	exists   bool
	linked   bool // the source has not known them before
	gone     bool // the source's last word is that they have left
	brought  bool // see Known
	merge    *Merge
	source   hub.ConnectorID
	want     string
	got      bool // want could be claimed
	problems []Problem
}

// take folds one change in, or puts it aside.
func (p *planner) take(c Change) {
	if c.Op == OpComplete {
		p.plan.Complete = true
		return
	}
	if c.Op == OpUnits {
		p.takeUnits(c)
		return
	}
	if !usable(c.Key) {
		p.plan.Ignored++
		return
	}
	if p.known.Erased[c.Key] {
		p.plan.Erased++
		return
	}
	p.mentioned[c.Key] = true
	if p.isLater(c) {
		p.plan.Later = append(p.plan.Later, c)
		return
	}
	d := p.draft(c.Key)
	if d == nil {
		p.plan.Ignored++
		return
	}
	d.fold(c, p.now.Location(), p.known.Hand)
}

// takeUnits takes units that are stated alone. Those to come are put aside one by one, since
// each of them may be announced anew by itself.
func (p *planner) takeUnits(c Change) {
	units := normalUnits(c.Units)
	if !p.isLater(c) {
		p.units.take(p.known.Units, units)
		return
	}
	for _, u := range units {
		p.plan.Later = append(p.plan.Later, Change{Op: OpUnits, Units: []UnitRef{u}, At: c.At})
	}
}

func (p *planner) isLater(c Change) bool { return c.At.After(p.now.Add(skew)) }

// usable reports whether a key can be stored as it is. It is never mended: two mended keys
// could become one.
func usable(key string) bool {
	return key != "" && len(key) <= 255 && utf8.ValidString(key) && !strings.ContainsRune(key, 0)
}

// draft returns the person with a key, or nil when there is none to work on: a leaver
// nobody has heard of is not worth a record, and a newcomer in doubt is asked about.
func (p *planner) draft(key string) *draft {
	if d := p.drafts[key]; d != nil {
		return d
	}
	old, exists := p.known.Persons[key]
	if !exists {
		as, welcome := p.arriving[key], false
		if as == nil {
			return nil
		}
		if old, welcome = p.meet(key, as); !welcome {
			return nil
		}
		exists = old.ID != ""
	}
	d := &draft{old: old, new: old, exists: exists, gone: old.Status == Gone, brought: p.known.Brought, merge: &p.known.Merge, source: p.known.Source}
	d.linked = d.exists && old.Status == ""
	d.new.Key, d.new.Values = key, maps.Clone(old.Values)
	if d.new.Values == nil {
		d.new.Values = map[Field]string{}
	}
	p.drafts[key], p.order = d, append(p.order, key)
	return d
}

// fold applies one change. A put says that the person is there, so it lifts the source's
// own lock: whoever comes back under the same key needs nobody's help.
func (d *draft) fold(c Change, loc *time.Location, hand bool) {
	d.gone = c.Op == OpDeactivate
	for _, f := range slices.Sorted(maps.Keys(c.Fields)) {
		d.set(f, c.Fields[f], loc)
	}
	if c.Units != nil {
		d.new.Units = normalUnits(c.Units)
		if !hand {
			d.new.Units = withPrimary(d.new.Units)
		}
	}
	if c.Groups != nil {
		d.new.Groups = normalGroups(c.Groups)
	}
	if c.Photo != nil {
		d.new.Photo = PhotoHash(c.Photo)
	}
}

// set takes one stated value. Null clears; so does an empty text, which says nothing.
func (d *draft) set(f Field, v Value, loc *time.Location) {
	if !slices.Contains(stored, f) {
		return
	}
	text := v.said()
	if text == "" {
		delete(d.new.Values, f)
		return
	}
	if f == ActiveFrom || f == ActiveUntil {
		at, ok := readDate(text, f == ActiveUntil, loc)
		if !ok {
			d.problem(BadDate)
			return
		}
		text = at.UTC().Format(time.RFC3339)
	}
	if f == Mail {
		text = strings.ToLower(text) // stored so: the store finds it by equality
	}
	d.new.Values[f] = text
}

func (d *draft) problem(p Problem) {
	if !slices.Contains(d.problems, p) {
		d.problems = append(d.problems, p)
	}
}

// stored are the fields that are kept; whatever else a source states is dropped.
var stored = []Field{
	StaffNumber, GivenName, FamilyName, Title, Login, Mail, Phone, Mobile, Pager, Extension,
	JobTitle, Department, Profession, ActiveFrom, ActiveUntil,
}

// said is a value's text as it is kept; "" for one that is cleared.
func (v Value) said() string {
	if v.Null {
		return ""
	}
	return clean(v.Text)
}

// clean makes a text storable: valid UTF-8 without NUL, trimmed, at most 1,000 bytes.
func clean(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "")
	}
	return strings.TrimSpace(s)
}

// readDate reads RFC 3339, 2006-01-02 or 20060102. A day without a time begins at midnight
// in loc; as the end of something it includes that whole day.
func readDate(s string, end bool, loc *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	for _, layout := range []string{time.DateOnly, "20060102"} {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			if end {
				t = t.AddDate(0, 0, 1)
			}
			return t, true
		}
	}
	return time.Time{}, false
}

// status is where the person stands at a time, by the source's word and the dates it gave.
func (d *draft) status(now time.Time) Status {
	switch from, until := d.date(ActiveFrom), d.date(ActiveUntil); {
	case d.gone:
		return Gone
	case !until.IsZero() && !now.Before(until):
		return Ended
	case now.Before(from):
		return Waiting
	}
	return Working
}

func (d *draft) date(f Field) time.Time {
	t, _ := time.Parse(time.RFC3339, d.new.Values[f]) // zero when unset; set values were read before
	return t
}

// lockMissing marks everybody a full set does not mention as gone and returns how many of
// them were working.
func (p *planner) lockMissing() int {
	n := 0
	for _, key := range slices.Sorted(maps.Keys(p.known.Persons)) {
		if p.mentioned[key] {
			continue
		}
		if p.known.Persons[key].Status == Working {
			n++
		}
		p.draft(key).gone = true
	}
	return n
}

// finish turns every draft that differs into an action.
func (p *planner) finish() {
	drafts := make([]*draft, 0, len(p.order))
	for _, key := range p.order {
		d := p.drafts[key]
		p.units.take(p.known.Units, d.new.Units)
		d.new.Status = d.status(p.now)
		drafts = append(drafts, d)
	}
	claimLogins(p.known.Logins, drafts)
	mails := mailbook{p.known.Mails, map[string]string{}}
	for _, d := range drafts {
		if a, differs := d.action(mails); differs {
			p.plan.Actions = append(p.plan.Actions, a)
		}
	}
	p.plan.Units = p.units.ordered()
}

// brake returns why the plan must wait for a human, or nil.
func (p *planner) brake(l Limits) *Reason {
	if l.Approved {
		return nil
	}
	working, locks := p.known.SameWorking, p.plan.Counts().Lock
	for _, person := range p.known.Persons {
		if person.Status == Working {
			working++
		}
	}
	tooMany := func(n int) bool {
		return n > l.Accounts || p.plan.Complete && n*100 > l.Percent*working
	}
	r := &Reason{Numbers: map[string]int{
		"known": working, "mentioned": p.known.Same + len(p.mentioned), "missing": p.missing, "locks": locks,
		"limit_percent": l.Percent, "limit_accounts": l.Accounts,
	}}
	switch {
	case p.plan.Complete && p.known.Same+len(p.mentioned) == 0 && working > 0:
		r.Code = ReasonEmpty
	case tooMany(p.missing):
		r.Code = ReasonShrunk
	case tooMany(locks):
		r.Code = ReasonLocks
	case p.plan.Complete && l.Undone && len(p.plan.Actions) > 0:
		r.Code = ReasonUndone
	case p.plan.OfAdmins():
		r.Code = ReasonAdmins
	default:
		return nil
	}
	return r
}
