package hl7

// Delims are the delimiters of one message (HL7 2.5.1 s.2.5.4). A zero byte means that the
// message does not have this one; Truncation came with version 2.7.
type Delims struct {
	Field, Component, Repetition, Escape, Sub, Truncation byte
}

// DefaultDelims returns the delimiters that the standard recommends.
func DefaultDelims() Delims {
	return Delims{Field: '|', Component: '^', Repetition: '~', Escape: '\\', Sub: '&'}
}

// chars returns MSH-2.
func (d Delims) chars() []byte {
	b := make([]byte, 0, 5)
	for _, c := range [...]byte{d.Component, d.Repetition, d.Escape, d.Sub, d.Truncation} {
		if c == 0 {
			break
		}
		b = append(b, c)
	}
	return b
}

// parseDelims reads the delimiters from a text that begins with a header segment and
// returns the length of MSH-2. A character that is doubled, as in ^~\\&, was escaped once
// too often by the sender and counts as one.
func parseDelims(text []byte) (d Delims, length int, ok bool) {
	if len(text) < 5 || !isPunct(text[3]) {
		return d, 0, false
	}
	n := 0
	d.Field = text[3]
	into := [...]*byte{&d.Component, &d.Repetition, &d.Escape, &d.Sub, &d.Truncation}
	seen := [128]bool{}
	seen[d.Field] = true
	for _, c := range text[4:] {
		if c == d.Field || c == '\r' || c == '\n' {
			break
		}
		length++
		if c == text[2+length] && n > 0 {
			continue
		}
		if n == len(into) || !isPunct(c) || seen[c] {
			return d, length, false
		}
		seen[c] = true
		*into[n] = c
		n++
	}
	return d, length, n > 0
}

// odd tells whether an MSH-2 of this length is other than the standard wants it.
func (d Delims) odd(length int) bool { return d.Sub == 0 || length != len(d.chars()) }

// isPunct tells whether c can be a delimiter: printable ASCII that is no letter, digit or
// quote (a quote would make "" ambiguous).
func isPunct(c byte) bool {
	alnum := isUpper(c) || isDigit(c) || c >= 'a' && c <= 'z'
	return c > ' ' && c < 0x7F && !alnum && c != '"'
}

// classes builds the table that tells a delimiter from text.
func (d Delims) classes() (t [256]byte) {
	t['\r'], t['\n'] = classEnd, classEnd
	t[d.Field], t[d.Repetition], t[d.Component] = levelField, levelRep, levelComp
	t[d.Sub], t[d.Escape] = levelSub, classEscape
	t[0] = 0 // a delimiter that the message does not have
	return t
}

// segmentAt tells whether a segment begins here: a name, and then a field or the end.
func (d Delims) segmentAt(text []byte) bool {
	if len(text) < 3 || !isSegmentName(string(text[:3])) {
		return false
	}
	return len(text) == 3 || text[3] == d.Field || text[3] == '\r' || text[3] == '\n'
}

// isBatchName tells the segments that frame messages from those within one.
func isBatchName(name []byte) bool {
	switch string(name) {
	case "FHS", "BHS", "BTS", "FTS":
		return true
	}
	return false
}

// isBatchHead tells whether text begins with such a segment, which states delimiters too.
func isBatchHead(text []byte) bool {
	return len(text) >= 4 && isBatchName(text[:3]) && isPunct(text[3])
}
