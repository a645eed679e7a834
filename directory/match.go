package directory

import (
	"maps"
	"slices"
	"strings"

	"github.com/wardline/wardline/hub"
)

// arrival is all that a batch says of an unknown key, and by what it may be recognised.
type arrival struct {
	change       Change // folded
	number, mail string
}

// announce notes who a batch may create, before anybody is made: who somebody is depends
// on all that is said of them, not on the first line of it.
func (p *planner) announce(c Change) {
	if _, known := p.known.Persons[c.Key]; known || c.Op == OpComplete || c.Op == OpUnits || p.isLater(c) {
		return
	}
	as := p.arriving[c.Key]
	if as == nil {
		if c.Op != OpPut {
			return
		}
		as = &arrival{change: Change{Op: OpPut, Key: c.Key, Fields: map[Field]Value{}}}
		p.arriving[c.Key] = as
	}
	as.take(c)
}

// take folds one more statement in.
func (as *arrival) take(c Change) {
	as.change.Op = c.Op
	if c.Op == OpReactivate {
		as.change.Op = OpPut
	}
	maps.Copy(as.change.Fields, c.Fields)
	if c.Units != nil {
		as.change.Units = c.Units
	}
	if c.Groups != nil {
		as.change.Groups = c.Groups
	}
	if c.Photo != nil {
		as.change.Photo = c.Photo
	}
	as.number = as.change.Fields[StaffNumber].said()
	as.mail = strings.ToLower(as.change.Fields[Mail].said())
}

// meet decides who an unknown key is: somebody another source knows, somebody new (a
// Person without an id), or a question, of which it reports false.
func (p *planner) meet(key string, as *arrival) (Person, bool) {
	if p.known.Hand || p.known.Decided[key].State == ConflictOther {
		return Person{Key: key}, true
	}
	byNumber, byMail := p.known.Numbers[as.number], p.known.Mails[as.mail]
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(byNumber, byMail))))
	rival := p.numbers[as.number]
	switch {
	case len(all) > 1:
		return Person{}, p.ask(key, as, SeveralMatch, all, "")
	case len(byNumber) == 1:
		stranger, unknown := p.known.Strangers[byNumber[0]]
		if !unknown || p.linked[byNumber[0]] {
			return Person{}, p.ask(key, as, NumberMatches, all, "")
		}
		if stranger.Admin {
			return Person{}, p.ask(key, as, AdminMatches, all, "")
		}
		p.linked[byNumber[0]] = true
		return stranger, true
	case len(byMail) == 1:
		return Person{}, p.ask(key, as, MailMatches, all, "")
	case as.number != "" && rival != "" && rival != key:
		return Person{}, p.ask(key, as, NumberMatches, nil, rival)
	}
	if as.number != "" {
		p.numbers[as.number] = key
	}
	return Person{Key: key}, true
}

// ask keeps a newcomer out and the question for an administrator, unless the same
// statement was answered with "not wanted here". It is always false.
func (p *planner) ask(key string, as *arrival, why ConflictReason, who []hub.PersonID, rival string) bool {
	digest := Digest(as.change)
	was := p.known.Decided[key]
	if _, done := p.asked[key]; done || was.State == ConflictDismissed && was.Digest == digest {
		return false
	}
	q := Question{Key: key, Reason: why, Candidates: who, Stated: map[Field]string{}, Change: as.change, Digest: digest}
	if rival != "" {
		q.Rivals = []string{rival}
	}
	for _, f := range stored {
		if text := as.change.Fields[f].said(); text != "" {
			q.Stated[f] = text
		}
	}
	p.asked[key] = len(p.plan.Asks)
	p.plan.Asks = append(p.plan.Asks, q)
	return false
}
