package directory

import (
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// Statement is all that one source says of a person.
type Statement struct {
	Source hub.ConnectorID `json:"source"`
	Key    string          `json:"key"`
	Status Status          `json:"status"`
	Values map[Field]Said  `json:"values"`
	Units  []UnitRef       `json:"units"` // Code and Primary only
}

// Said is one value and since when it has been stated.
type Said struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Shown is what counts of all statements about a person.
type Shown struct {
	Name   string
	Values map[Field]string
	By     map[Field]hub.ConnectorID // whose word each value is
	Units  []ShownUnit               // by code and source; of all of them one is primary
	Active bool
}

// ShownUnit is a unit somebody works on, by the word of a source that counts.
type ShownUnit struct {
	Source  hub.ConnectorID
	Code    string
	Primary bool
}

// Merge is how the statements of several sources become one person; see Precedence.
type Merge struct {
	Precedence Precedence
	Hand       hub.ConnectorID // "" before anything was entered by hand
}

// Show works out what counts. It is pure, and the order of statements does not matter.
func (m Merge) Show(statements []Statement) Shown {
	out := Shown{Values: map[Field]string{}, By: map[Field]hub.ConnectorID{}, Active: m.active(statements)}
	for _, f := range stored {
		if s := m.First(f, statements); s != nil {
			out.Values[f], out.By[f] = s.Values[f].Text, s.Source
		}
	}
	out.Units = m.units(statements)
	key := ""
	for _, s := range statements {
		if key == "" || s.Key < key {
			key = s.Key
		}
	}
	out.Name = displayName(Person{Key: key, Values: out.Values})
	return out
}

// First returns the statement whose word on a field counts, nil if nobody states it.
func (m Merge) First(f Field, statements []Statement) *Statement {
	var best *Statement
	for i := range statements {
		s := &statements[i]
		if s.Values[f].Text != "" && (best == nil || m.before(f, s, best)) {
			best = s
		}
	}
	return best
}

// before reports whether a's word on a field counts before b's: those listed, then the
// newest. Of two at the same moment the younger source's, so that the answer is always one.
func (m Merge) before(f Field, a, b *Statement) bool {
	if ra, rb := m.rank(f, a.Source), m.rank(f, b.Source); ra != rb {
		return ra < rb
	}
	if at, bt := a.Values[f].At, b.Values[f].At; !at.Equal(bt) {
		return at.After(bt)
	}
	return a.Source > b.Source
}

// rank is a source's place for a field: the hand before the list it is not in, everybody
// else who is not listed after it.
func (m Merge) rank(f Field, source hub.ConnectorID) int {
	list := m.Precedence[f]
	if i := slices.Index(list, source); i >= 0 {
		return i
	}
	if source == m.Hand {
		return -1
	}
	return len(list)
}

// active reports whether nobody who counts has let the person go: the first source listed
// for the status decides alone, and where none of those listed knows the person, any may.
func (m Merge) active(statements []Statement) bool {
	for _, source := range m.Precedence[FieldStatus] {
		for _, s := range statements {
			if s.Source == source && s.Status != "" {
				return s.Status == Working
			}
		}
	}
	return !slices.ContainsFunc(statements, func(s Statement) bool { return s.Status != "" && s.Status != Working })
}

// units returns where a person works: by the word of the first listed source that says
// so, or else of all, and by the hand, which adds to either unless it is listed itself.
func (m Merge) units(statements []Statement) []ShownUnit {
	said := m.counted(statements)
	out := []ShownUnit{}
	main := ""
	for _, s := range said {
		if main == "" {
			main = primary(s.Units)
		}
		for _, u := range s.Units {
			out = append(out, ShownUnit{Source: s.Source, Code: u.Code})
		}
	}
	slices.SortFunc(out, func(a, b ShownUnit) int {
		return strings.Compare(a.Code+"\x00"+string(a.Source), b.Code+"\x00"+string(b.Source))
	})
	if i := slices.IndexFunc(out, func(u ShownUnit) bool { return u.Code == main }); i >= 0 {
		out[i].Primary = true
	}
	return out
}

// counted are the statements whose units count, whose primary unit counts first.
func (m Merge) counted(statements []Statement) []Statement {
	said := slices.DeleteFunc(slices.Clone(statements), func(s Statement) bool { return len(s.Units) == 0 })
	slices.SortFunc(said, func(a, b Statement) int {
		if ra, rb := m.rank(FieldUnit, a.Source), m.rank(FieldUnit, b.Source); ra != rb {
			return ra - rb
		}
		return strings.Compare(string(a.Source), string(b.Source))
	})
	listed := slices.IndexFunc(said, func(s Statement) bool { return slices.Contains(m.Precedence[FieldUnit], s.Source) })
	if listed < 0 {
		return said
	}
	return said[:listed+1] // before the first listed there is at most the hand
}

// Fields returns all fields that are kept, in the order in which differences list them.
func Fields() []Field { return slices.Clone(stored) }
