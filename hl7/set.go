package hl7

import (
	"bytes"
	"fmt"
)

// Set writes text at p. The message gets bytes and an index of its own, the input is not
// touched: values, segments and groups taken before stay as they were and belong to the
// old content. A segment that does not exist is added at the end if it is the next
// occurrence. What the character set of the message lacks becomes a question mark. MSH-1, MSH-2 and MSH-18 say how the rest is written and cannot be set. Set
// costs as much as Parse, and must not run while others read the message.
func (m *Message) Set(p Path, text string) error {
	return m.write(p, m.enc.encode(m.enc.delims.escape(nil, text)))
}

// SetNull writes the null value at p, under the conditions of Set.
func (m *Message) SetNull(p Path) error { return m.write(p, []byte(`""`)) }

// write is Set for a value that is escaped and in the character set of the message.
func (m *Message) write(p Path, encoded []byte) error {
	if !isSegmentName(p.Segment) || p.Field < 1 || p.outOfRange() || p.Segment == "MSH" && (p.Field <= 2 || p.Field == 18) {
		return fmt.Errorf("%w: %s cannot be set", ErrPath, p)
	}
	pos, end, err := m.place(p)
	if err != nil {
		return err
	}
	old := m.text[pos:end]
	if pos == end {
		old = []byte(p.Segment)
	}
	seg, err := m.enc.delims.put(old, p, encoded)
	if err != nil {
		return err
	}
	if pos == end {
		seg = append(append([]byte("\r"), seg...), '\r')
	}
	return m.replaceText(bytes.Join([][]byte{m.text[:pos], seg, m.text[end:]}, nil))
}

// place returns where the segment of p stands, or the empty place where it is to be added.
func (m *Message) place(p Path) (pos, end int, err error) {
	n := max(p.Occurrence, 1)
	if s, ok := m.All().Segment(p.Segment, n); ok {
		x := m.segs[s.i]
		return int(x.pos), int(x.end), nil
	}
	if _, ok := m.All().Segment(p.Segment, n-1); n > 1 && !ok || p.Segment == "MSH" || isBatchName([]byte(p.Segment)) {
		return 0, 0, fmt.Errorf("%w: %s does not follow on what exists", ErrPath, p)
	}
	last := int(m.segs[len(m.segs)-1].end)
	return last, last, nil
}

// replaceText gives m a new content in the encoding of the old one.
func (m *Message) replaceText(text []byte) error {
	raw := text
	if m.enc.wide != 0 {
		raw = toUTF16(text, m.enc.wide)
	}
	raw = append(bytes.Clone(m.raw[:m.lead]), raw...)
	o := Options{MaxBytes: hardMaxBytes, MaxSegments: hardMaxBytes, MaxFields: hardMaxBytes, Charset: m.enc.charset}
	n, err := o.Parse(raw)
	if err != nil {
		return fmt.Errorf("set: %w", err)
	}
	*m = *n
	return nil
}

// outOfRange tells whether a number of p is negative or absurd.
func (p Path) outOfRange() bool {
	for _, n := range [...]int{p.Occurrence, p.Field, p.Repetition, p.Component, p.Sub} {
		if n < 0 || n > maxIndex {
			return true
		}
	}
	return false
}
