package hl7

import (
	"bytes"
	"unicode/utf8"
)

// The hard limit on a message: token offsets are stored in 29 bits, and no message of a
// clinical interface is larger than this.
const hardMaxBytes = 16 << 20

// Options sets limits and local habits for reading. The zero value has the defaults.
type Options struct {
	// MaxBytes is the largest message accepted: 1 MiB by default, 16 MiB at most.
	MaxBytes int
	// MaxSegments is the largest number of segments, 10,000 by default.
	MaxSegments int
	// MaxFields is the largest number of fields in one segment, 1,000 by default.
	MaxFields int
	// Charset is used for bytes above 127 where the message states no character set or
	// only ASCII. Without it they are UTF-8 if they are valid UTF-8, else Windows-1252.
	Charset Charset
}

// withDefaults fills in what is not set and caps what is set too high.
func (o Options) withDefaults() Options {
	set := func(v *int, def, limit int) {
		if *v <= 0 {
			*v = def
		}
		*v = min(*v, limit)
	}
	set(&o.MaxBytes, 1<<20, hardMaxBytes)
	set(&o.MaxSegments, 10_000, hardMaxBytes)
	set(&o.MaxFields, 1_000, hardMaxBytes)
	return o
}

// The levels of the delimiter encoding, outermost first; a token's level is its kind.
const (
	levelField = 1 + iota
	levelRep
	levelComp
	levelSub
	classEscape // not a level: seen by the same table
	classEnd    // CR or LF
)

// tok is one delimiter: its offset in text shifted left by 3, and its level.
type tok uint32

func (t tok) pos() int   { return int(t >> 3) }
func (t tok) level() int { return int(t & 7) }

// segment is the extent of one segment in text, without its end, and its first token.
type segment struct{ pos, end, tok int32 }

// Parse reads one message with the default Options.
func Parse(raw []byte) (*Message, error) { return Options{}.Parse(raw) }

// Parse reads one message. It keeps raw and does not change it. The error is an *Error.
func (o Options) Parse(raw []byte) (*Message, error) {
	o = o.withDefaults()
	if len(raw) > o.MaxBytes {
		return nil, &Error{Reason: ErrTooLarge, Byte: o.MaxBytes, Code: CodeInternal}
	}
	m := &Message{raw: raw, enc: &encoding{}}
	m.strip()
	x := indexer{m: m, o: o, end: trimmedEnd(m.text)}
	if err := x.start(); err != nil {
		return nil, err
	}
	if err := x.run(); err != nil {
		return nil, err
	}
	m.resolveCharset(x.high >= utf8.RuneSelf, o.Charset)
	if err := m.checkHeader(); err != nil {
		return nil, err
	}
	return m, nil
}

// strip finds out about UTF-16 and byte order marks and steps over leading framing.
func (m *Message) strip() {
	m.text = m.raw
	if order, bom := detectUTF16(m.raw); order != 0 {
		m.enc.wide = order
		m.lead = bom
		m.text = fromUTF16(m.raw[bom:], order)
	} else if bytes.HasPrefix(m.raw, []byte("\xEF\xBB\xBF")) {
		m.lead, m.enc.bom = 3, true
		m.text = m.raw[3:]
	}
	if m.enc.bom || m.lead > 0 {
		m.warn[WarnBOM]++
	}
	n := 0
	for n < len(m.text) && (m.text[n] <= ' ') {
		n++
	}
	if n > 0 {
		m.warn[WarnLeading]++
		m.skip, m.text = n, m.text[n:]
	}
}

// trimmedEnd returns where the last segment ends: before framing, line ends and NULs, yet
// after blanks that belong to the last field.
func trimmedEnd(text []byte) int {
	n := len(bytes.TrimRight(text, " \t\r\n\x00\x1c"))
	for n < len(text) && n > 0 && (text[n] == ' ' || text[n] == '\t') {
		n++
	}
	return n
}

// indexer is the state of the one pass over the text.
type indexer struct {
	m      *Message
	o      Options
	class  [256]byte
	end    int
	from   int  // where run begins: after MSH-2
	fields int  // in the current segment
	high   byte // all bytes or-ed together: is there anything above 127?
}

// start reads MSH-1 and MSH-2 and builds the class table.
func (x *indexer) start() error {
	text := x.m.text[:x.end]
	switch {
	case len(text) == 0:
		return &Error{Reason: ErrEmpty, Code: CodeSegmentSequence}
	case isBatchHead(text):
		return &Error{Reason: ErrManyMessages, At: Path{Segment: string(text[:3])}, Byte: x.m.offset(0), Code: CodeSegmentSequence}
	case !bytes.HasPrefix(text, []byte("MSH")):
		return &Error{Reason: ErrNoMSH, At: Path{Segment: "MSH"}, Byte: x.m.offset(0), Code: CodeSegmentSequence}
	}
	d, n, ok := parseDelims(text)
	if !ok {
		return &Error{Reason: ErrDelimiters, At: Path{Segment: "MSH", Field: 2}, Byte: x.m.offset(3), Code: CodeRequiredField}
	}
	x.m.warnIf(d.odd(n), WarnDelimiters)
	x.m.enc.delims = d
	x.class = d.classes()
	x.from = 4 + n
	return nil
}

// run finds every delimiter and segment from MSH-2 on.
func (x *indexer) run() error {
	m, text := x.m, x.m.text[:x.end]
	// Real messages have a delimiter every four to five bytes, so one allocation is enough.
	toks := make([]tok, 0, len(text)/4+8) // local variables: this loop is most of Parse
	high, class := byte(0), &x.class
	m.segs = make([]segment, 1, 16)
	for i := x.from; i < len(text); i++ {
		c := text[i]
		high |= c
		switch k := class[c]; k {
		case 0:
		case levelField:
			x.fields++
			toks = append(toks, tok(i<<3|levelField))
		case classEscape:
			i = x.escape(i)
		case classEnd:
			m.toks = toks // openSegment notes how many there are
			next, err := x.lineEnd(i)
			if err != nil {
				return err
			}
			i = next - 1
		default:
			toks = append(toks, tok(i<<3)|tok(k))
		}
	}
	m.toks, x.high = toks, high
	return x.closeSegment(len(text))
}

// escape steps over a known escape sequence that begins at i, or counts a stray one. A
// delimiter inside means that it was not an escape sequence.
func (x *indexer) escape(i int) int {
	text := x.m.text[:x.end]
	for j := i + 1; j < len(text); j++ {
		switch x.class[text[j]] {
		case 0:
			continue
		case classEscape:
			if knownEscape(text[i+1 : j]) {
				return j
			}
		}
		break
	}
	x.m.warn[WarnEscape]++
	return i
}

// lineEnd handles the run of CR and LF at i and returns where to read on. A line that does
// not look like a segment is text of the field before: senders put unescaped line feeds
// into OBX-5 and NTE-3.
func (x *indexer) lineEnd(i int) (int, error) {
	m, text := x.m, x.m.text[:x.end]
	next, ends, feeds := i, 0, 0
	for ; next < len(text) && (text[next] == '\r' || text[next] == '\n'); next++ {
		if text[next] == '\r' && next+1 < len(text) && text[next+1] == '\n' {
			next++
		}
		if text[next] == '\n' {
			feeds++
		}
		ends++
	}
	if !m.enc.delims.segmentAt(text[next:]) {
		m.warn[WarnLineBreak]++
		return next, nil
	}
	m.warn[WarnLineEnd] += feeds
	m.warnIf(ends > 1, WarnBlankLine)
	if err := x.closeSegment(i); err != nil {
		return 0, err
	}
	return next + 3, x.openSegment(next)
}

// closeSegment notes where the open segment ends and checks its number of fields.
func (x *indexer) closeSegment(end int) error {
	s := &x.m.segs[len(x.m.segs)-1]
	s.end = int32(end)
	if x.fields > x.o.MaxFields {
		at := x.m.path(len(x.m.segs) - 1)
		at.Field = x.o.MaxFields
		return &Error{Reason: ErrTooManyFields, At: at, Byte: x.m.offset(int(s.pos)), Code: CodeInternal}
	}
	x.fields = 0
	return nil
}

// openSegment begins the segment at pos. A header here means that two messages came as
// one: reading on would attribute the second one's patient data to the first.
func (x *indexer) openSegment(pos int) error {
	m := x.m
	m.segs = append(m.segs, segment{pos: int32(pos), tok: int32(len(m.toks))})
	if len(m.segs) > x.o.MaxSegments {
		return &Error{Reason: ErrTooManySegments, At: Path{Segment: m.name(len(m.segs) - 1)}, Byte: m.offset(pos), Code: CodeInternal}
	}
	if name := m.text[pos : pos+3]; string(name) == "MSH" || isBatchName(name) {
		return &Error{Reason: ErrManyMessages, At: Path{Segment: string(name)}, Byte: m.offset(pos), Code: CodeSegmentSequence}
	}
	return nil
}

// checkHeader refuses a message whose header ends before its type.
func (m *Message) checkHeader() error {
	if _, ok := m.field(0, 9); !ok {
		return &Error{Reason: ErrShortMSH, At: Path{Segment: "MSH", Field: 9}, Byte: m.offset(int(m.segs[0].end)), Code: CodeRequiredField}
	}
	return nil
}

// offset translates a position in text to one in the input.
func (m *Message) offset(pos int) int {
	if m.enc.wide == 0 {
		return m.lead + m.skip + pos
	}
	units := m.skip
	for _, r := range string(m.text[:pos]) {
		units++
		if r > 0xFFFF {
			units++
		}
	}
	return m.lead + 2*units
}
