package hl7

import (
	"bytes"
	"fmt"
)

// Builder writes a message segment by segment. The first error is kept and returned by
// Bytes; calls after it do nothing. A Builder is for one goroutine.
type Builder struct {
	enc  encoding
	done []byte // finished segments in UTF-8, each with its CR
	seg  []byte // the segment being written
	err  error
}

// New begins a message with its header.
func New(h Header) *Builder {
	if h.Delims == (Delims{}) {
		h.Delims = DefaultDelims()
	}
	if h.Charset == "" {
		h.Charset = UTF8
	}
	if !h.received {
		h.declared = string(h.Charset)
	}
	b := &Builder{enc: encoding{delims: h.Delims, charset: h.Charset, table: h.Charset.table(), wide: h.wide}}
	if h.Charset == UTF16 && h.wide == 0 {
		b.enc.wide = littleEndian
	}
	b.seg = append(append([]byte("MSH"), h.Delims.Field), h.Delims.chars()...)
	if _, _, ok := parseDelims(b.seg); !ok {
		b.err = ErrDelimiters
		return b
	}
	b.header(h)
	return b
}

// header writes MSH-3 to MSH-21.
func (b *Builder) header(h Header) {
	b.parts(3, h.Sender.App.Namespace, h.Sender.App.UniversalID, h.Sender.App.UniversalIDType)
	b.parts(4, h.Sender.Facility.Namespace, h.Sender.Facility.UniversalID, h.Sender.Facility.UniversalIDType)
	b.parts(5, h.Receiver.App.Namespace, h.Receiver.App.UniversalID, h.Receiver.App.UniversalIDType)
	b.parts(6, h.Receiver.Facility.Namespace, h.Receiver.Facility.UniversalID, h.Receiver.Facility.UniversalIDType)
	b.parts(7, h.Time)
	b.parts(9, h.Type, h.Trigger, h.Structure)
	b.parts(10, h.ControlID)
	b.parts(11, h.ProcessingID)
	if h.version != "" {
		b.place(Path{Field: 12}, []byte(h.version))
	} else {
		b.parts(12, h.Version)
	}
	b.parts(15, h.AcceptAck)
	b.parts(16, h.AppAck)
	b.parts(17, h.Country)
	b.parts(18, h.declared)
	for i, id := range h.Profiles {
		b.text(Path{Field: 21, Repetition: i + 1, Component: 1}, id)
	}
}

// Segment ends the segment being written and begins another one.
func (b *Builder) Segment(name string) *Builder {
	if b.err != nil {
		return b
	}
	if !isSegmentName(name) || name == "MSH" || isBatchName([]byte(name)) {
		b.err = fmt.Errorf("%w: no segment name", ErrPath)
		return b
	}
	b.finish()
	b.seg = append(b.seg[:0], name...)
	return b
}

// Set writes text at a place of the current segment, given as field[repetition].component.sub.
// Empty text writes nothing.
func (b *Builder) Set(place, text string) *Builder {
	if p, ok := b.at(place); ok {
		b.text(p, text)
	}
	return b
}

// Null writes the two quotes that ask the receiver to delete a value.
func (b *Builder) Null(place string) *Builder {
	if p, ok := b.at(place); ok {
		b.place(p, []byte(`""`))
	}
	return b
}

// Fields appends fields as they are to stand in the message, already encoded: what follows
// a segment's name in a hand-written sample. Text of unknown content belongs into Set.
func (b *Builder) Fields(encoded ...string) *Builder {
	if b.err != nil {
		return b
	}
	for _, f := range encoded {
		b.seg = append(append(b.seg, b.enc.delims.Field), f...)
	}
	return b
}

// Bytes returns the message in its character set.
func (b *Builder) Bytes() ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	b.finish()
	if b.enc.wide != 0 {
		return toUTF16(append([]byte("\uFEFF"), b.done...), b.enc.wide), nil
	}
	return bytes.Clone(b.enc.encode(b.done)), nil
}

// at reads a place within the current segment.
func (b *Builder) at(place string) (Path, bool) {
	if b.err != nil {
		return Path{}, false
	}
	var p Path
	if !p.parseField(place) || bytes.HasPrefix(b.seg, []byte("MSH")) && (p.Field <= 2 || p.Field == 18) {
		b.err = fmt.Errorf("%w: %q", ErrPath, place)
		return p, false
	}
	return p, true
}

// finish ends the segment being written.
func (b *Builder) finish() {
	if len(b.seg) > 0 {
		b.done = append(append(b.done, b.seg...), '\r')
		b.seg = b.seg[:0]
	}
}

// parts writes the components of a field, leaving out empty ones.
func (b *Builder) parts(field int, comps ...string) {
	for i, c := range comps {
		b.text(Path{Field: field, Component: i + 1}, c)
	}
}

// text escapes and writes a value.
func (b *Builder) text(p Path, text string) {
	if text != "" {
		b.place(p, b.enc.delims.escape(nil, text))
	}
}

// place writes what is escaped already.
func (b *Builder) place(p Path, encoded []byte) {
	if b.err == nil {
		b.seg, b.err = b.enc.delims.put(b.seg, p, encoded)
	}
}

// put returns seg with encoded at p, adding the delimiters that are missing before it. A
// zero Repetition, Component or Sub replaces all there is at the level above.
func (d Delims) put(seg []byte, p Path, encoded []byte) ([]byte, error) {
	field := p.Field + 1 // the first part is the name
	if bytes.HasPrefix(seg, []byte("MSH")) {
		field = p.Field // the first part is the name, the second MSH-2
	}
	if p.Sub > 0 {
		p.Component = max(p.Component, 1)
	}
	rep := p.Repetition
	if p.Component > 0 {
		rep = max(rep, 1)
	}
	seps := []byte{d.Field, d.Repetition, d.Component, d.Sub}
	return replace(seg, seps, []int{field, rep, p.Component, p.Sub}, encoded)
}

// replace puts val in place of the part of b that index names, outermost level first.
func replace(b, seps []byte, index []int, val []byte) ([]byte, error) {
	if len(index) == 0 || index[0] == 0 {
		return val, nil
	}
	if isNull(b) {
		b = nil // writing into a part of a null ends its being null
	}
	if seps[0] == 0 && index[0] > 1 {
		return nil, fmt.Errorf("%w: the message has no delimiter for this level", ErrPath)
	}
	pos := 0
	for n := 1; n < index[0]; n++ {
		i := bytes.IndexByte(b[pos:], seps[0])
		if i < 0 {
			b = append(bytes.Clone(b), bytes.Repeat(seps[:1], index[0]-n)...)
			pos = len(b)
			break
		}
		pos += i + 1
	}
	end := len(b)
	if i := bytes.IndexByte(b[pos:], seps[0]); i >= 0 && seps[0] != 0 {
		end = pos + i
	}
	part, err := replace(b[pos:end], seps[1:], index[1:], val)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{b[:pos], part, b[end:]}, nil), nil
}
