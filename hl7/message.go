package hl7

import "iter"

// Message is one parsed message: the bytes it came in and an index over them.
type Message struct {
	raw  []byte // the input
	text []byte // raw from MSH on; for UTF-16 its translation to UTF-8
	lead int    // bytes of raw taken by a byte order mark
	skip int    // bytes of framing between the mark and text
	enc  *encoding
	toks []tok
	segs []segment
	warn Warnings
}

// Bytes returns exactly what was parsed. It must not be changed.
func (m *Message) Bytes() []byte { return m.raw }

// Warnings returns what was tolerated while parsing.
func (m *Message) Warnings() Warnings { return m.warn }

// Delims returns the delimiters of the message.
func (m *Message) Delims() Delims { return m.enc.delims }

// Charset returns the character set in which the leaves are read, which is not always the
// one that MSH-18 states.
func (m *Message) Charset() Charset { return m.enc.charset }

// All returns all segments of the message.
func (m *Message) All() Group { return Group{m, 0, len(m.segs)} }

// Get is At for a path in text. A path that cannot be parsed reads as absent.
func (m *Message) Get(path string) Value { return m.All().Get(path) }

// At returns the leaf at p: of a field with components the first one, of a component with
// sub-components the first of these, unless p says otherwise. That is how the standard
// wants a receiver to read a field that has grown components (HL7 2.5.1 s.2.8).
func (m *Message) At(p Path) Value { return m.All().At(p) }

// Each returns the segments of one name in order, all segments for an empty name.
func (m *Message) Each(name string) iter.Seq[Segment] { return m.All().Each(name) }

// Groups returns the groups that begin with a segment of the given name, each reaching to
// the next such segment: for "MFE" the records of a master file notification.
func (m *Message) Groups(head string) iter.Seq[Group] { return m.All().Groups(head) }

// Leaves returns every leaf that is not absent, in order, with its full path.
func (m *Message) Leaves() iter.Seq2[Path, Value] {
	return func(yield func(Path, Value) bool) {
		seen := make(map[string]int)
		for i := range m.segs {
			p := Path{Segment: m.name(i)}
			if seen[p.Segment]++; seen[p.Segment] > 1 {
				p.Occurrence = seen[p.Segment]
			}
			if !(Segment{m, i}).leaves(p, yield) {
				return
			}
		}
	}
}

// Group is a run of consecutive segments of a message.
type Group struct {
	m      *Message
	lo, hi int
}

// Len returns the number of segments.
func (g Group) Len() int { return g.hi - g.lo }

// Get is At for a path in text. A path that cannot be parsed reads as absent.
func (g Group) Get(path string) Value {
	p, err := ParsePath(path)
	if err != nil {
		return Value{}
	}
	return g.At(p)
}

// At returns the leaf at p; occurrences of the segment are counted within the group.
func (g Group) At(p Path) Value {
	s, ok := g.Segment(p.Segment, p.Occurrence)
	if !ok {
		return Value{}
	}
	return s.At(p)
}

// Segment returns the nth segment of a name, the first for n = 0.
func (g Group) Segment(name string, n int) (Segment, bool) {
	for i := g.lo; i < g.hi; i++ {
		if g.m.name(i) == name {
			if n--; n <= 0 {
				return Segment{g.m, i}, true
			}
		}
	}
	return Segment{}, false
}

// Each returns the segments of one name in order, all segments for an empty name.
func (g Group) Each(name string) iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		for i := g.lo; i < g.hi; i++ {
			if (name == "" || g.m.name(i) == name) && !yield(Segment{g.m, i}) {
				return
			}
		}
	}
}

// Groups returns the parts of g that begin with a segment of the given name. Segments
// before the first of them belong to none.
func (g Group) Groups(head string) iter.Seq[Group] {
	return func(yield func(Group) bool) {
		from := -1
		for i := g.lo; i < g.hi; i++ {
			if g.m.name(i) != head {
				continue
			}
			if from >= 0 && !yield(Group{g.m, from, i}) {
				return
			}
			from = i
		}
		if from >= 0 {
			yield(Group{g.m, from, g.hi})
		}
	}
}

// Segment is one segment of a message. Only those obtained from a message may be used.
type Segment struct {
	m *Message
	i int
}

// Name returns the three letters of the segment.
func (s Segment) Name() string { return s.m.name(s.i) }

// Bytes returns the segment as it stands in the message, without its end.
func (s Segment) Bytes() []byte { x := s.m.segs[s.i]; return s.m.text[x.pos:x.end] }

// Path returns the place of a field of this segment, counting occurrences in the whole
// message as ERR-2 does; field 0 is the segment itself.
func (s Segment) Path(field int) Path {
	p := s.m.path(s.i)
	p.Field = field
	return p
}

// At returns the leaf at p, of which the segment's name and occurrence are not looked at.
func (s Segment) At(p Path) Value {
	f, ok := s.m.field(s.i, p.Field)
	if !ok {
		return Value{}
	}
	if s.m.isHeader(s.i) && p.Field <= 2 {
		return Value{raw: s.m.text[f.pos:f.end]}
	}
	rep, ok := s.m.child(f, levelRep, max(p.Repetition, 1))
	if !ok {
		return Value{}
	}
	return Rep{s.m, rep}.Sub(max(p.Component, 1), max(p.Sub, 1))
}

// Field returns the first component of the first repetition of a field.
func (s Segment) Field(n int) Value { return s.At(Path{Field: n}) }

// Comp returns a component of the first repetition of a field.
func (s Segment) Comp(field, comp int) Value { return s.At(Path{Field: field, Component: comp}) }

// Raw returns a whole field with all its repetitions, as it stands in the message.
func (s Segment) Raw(field int) []byte {
	f, ok := s.m.field(s.i, field)
	if !ok {
		return nil
	}
	return s.m.text[f.pos:f.end]
}

// Reps returns the repetitions of a field; an absent field has none.
func (s Segment) Reps(field int) iter.Seq[Rep] {
	return func(yield func(Rep) bool) {
		f, ok := s.m.field(s.i, field)
		if !ok || f.pos == f.end {
			return
		}
		for _, rep := range s.m.parts(f, levelRep) {
			if !yield(Rep{s.m, rep}) {
				return
			}
		}
	}
}

// Rep is one repetition of a field.
type Rep struct {
	m *Message
	s span
}

// Raw returns the repetition as it stands in the message.
func (r Rep) Raw() []byte { return r.m.text[r.s.pos:r.s.end] }

// Null tells that the whole repetition is null.
func (r Rep) Null() bool { return isNull(r.Raw()) }

// Comp returns component n, counted from 1, or its first sub-component.
func (r Rep) Comp(n int) Value { return r.Sub(n, 1) }

// Sub returns sub-component n of a component. The parts of a null are null.
func (r Rep) Sub(comp, n int) Value {
	if isNull(r.Raw()) {
		return r.m.value(r.s)
	}
	c, ok := r.m.child(r.s, levelComp, comp)
	if !ok {
		return Value{}
	}
	if isNull(r.m.text[c.pos:c.end]) {
		return r.m.value(c)
	}
	leaf, ok := r.m.child(c, levelSub, n)
	if !ok {
		return Value{}
	}
	return r.m.value(leaf)
}

// span is a stretch of text and the tokens within it.
type span struct{ pos, end, t0, t1 int }

// name returns the name of segment i.
func (m *Message) name(i int) string {
	pos := m.segs[i].pos
	return string(m.text[pos : pos+3])
}

// isHeader tells whether segment i states delimiters, so that its fields are counted from
// the separator itself (HL7 2.5.1 s.2.15.9.1).
func (m *Message) isHeader(i int) bool { return i == 0 }

// tokens returns the end of the tokens of segment i.
func (m *Message) tokens(i int) int {
	if i+1 < len(m.segs) {
		return int(m.segs[i+1].tok)
	}
	return len(m.toks)
}

// field returns the extent of field n of segment i.
func (m *Message) field(i, n int) (span, bool) {
	s := m.segs[i]
	all := span{int(s.pos), int(s.end), int(s.tok), m.tokens(i)}
	if !m.isHeader(i) {
		if n < 1 {
			return span{}, false
		}
		return m.child(all, levelField, n+1) // part 1 is the name
	}
	switch {
	case n < 1:
		return span{}, false
	case n == 1:
		return span{pos: 3, end: 4}, true
	case n == 2:
		all.pos = 4
	}
	return m.child(all, levelField, max(n-1, 1)) // part 1 is the name, MSH-1 and MSH-2
}

// child returns part n of s, counted from 1, where parts are separated by a level. It takes
// time in proportion to the delimiters before it: cheap for the fields that connectors read,
// wrong for a walk over all of them, which uses parts.
func (m *Message) child(s span, level, n int) (span, bool) {
	for t := s.t0; t < s.t1; t++ {
		if m.toks[t].level() != level {
			continue
		}
		if n--; n == 0 {
			return span{s.pos, m.toks[t].pos(), s.t0, t}, true
		}
		s.pos, s.t0 = m.toks[t].pos()+1, t+1
	}
	return s, n == 1
}

// value makes a leaf of a span.
func (m *Message) value(s span) Value {
	raw := m.text[s.pos:s.end]
	return Value{raw: raw, enc: m.enc, null: isNull(raw)}
}

// leaf returns the raw first leaf of a field, for use before the encoding is known.
func (m *Message) leaf(i, field int) []byte { return Segment{m, i}.Field(field).raw }

// path returns the place of segment i; its occurrence is left out where it is the first.
func (m *Message) path(i int) Path {
	p := Path{Segment: m.name(i)}
	for j := range i {
		if m.name(j) == p.Segment {
			p.Occurrence = max(p.Occurrence, 1) + 1
		}
	}
	return p
}

// parts yields the parts of s in one pass, numbered from 1. Finding each by child would
// take quadratic time on a hostile message.
func (m *Message) parts(s span, level int) iter.Seq2[int, span] {
	return func(yield func(int, span) bool) {
		n, from := 1, s
		for t := s.t0; t < s.t1; t++ {
			if m.toks[t].level() != level {
				continue
			}
			if !yield(n, span{from.pos, m.toks[t].pos(), from.t0, t}) {
				return
			}
			n++
			from.pos, from.t0 = m.toks[t].pos()+1, t+1
		}
		yield(n, from)
	}
}

// leaves yields the leaves of the segment at p and reports whether to go on.
func (s Segment) leaves(p Path, yield func(Path, Value) bool) bool {
	x := s.m.segs[s.i]
	all, shift := span{int(x.pos), int(x.end), int(x.tok), s.m.tokens(s.i)}, 1
	if s.m.isHeader(s.i) {
		shift = -1 // part 2 is MSH-3
		for p.Field = 1; p.Field <= 2; p.Field++ {
			if !yield(p, s.At(p)) {
				return false
			}
		}
	}
	for n, f := range s.m.parts(all, levelField) {
		if p.Field = n - shift; n > 1 && !s.m.walk(f, levelRep, p, yield) {
			return false
		}
	}
	return true
}

// walk yields the leaves of a span whose parts are separated by level. Numbers that are 1
// because nothing else exists are left out of the paths.
func (m *Message) walk(s span, level int, p Path, yield func(Path, Value) bool) bool {
	if level > levelSub {
		v := m.value(s)
		return v.Absent() || yield(p, v)
	}
	for n, part := range m.parts(s, level) {
		if n > 1 || part != s {
			p.set(level, n)
		}
		if !m.walk(part, level+1, p, yield) {
			return false
		}
	}
	return true
}

// set states the number of one level below the field.
func (p *Path) set(level, n int) {
	switch level {
	case levelRep:
		p.Repetition = n
	case levelComp:
		p.Component = n
	case levelSub:
		p.Component, p.Sub = max(p.Component, 1), n
	}
}
