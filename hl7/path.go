package hl7

import (
	"fmt"
	"strconv"
	"strings"
)

// Path names a place in a message, counting from 1 as the standard does. Zero in
// Occurrence, Repetition, Component or Sub means "not stated" and reads as 1; Field zero
// names the whole segment. Parse a path once and keep it where messages are read in bulk.
type Path struct {
	Segment    string
	Occurrence int
	Field      int
	Repetition int
	Component  int
	Sub        int
}

// maxIndex bounds every number of a path, so that Set cannot be made to write a message of
// nothing but delimiters.
const maxIndex = 9999

// ParsePath reads SEG[occurrence]-field[repetition].component.subcomponent, such as
// "PV1-3.2" or "STF[2]-10[1].4.1". Everything after the segment name may be left out.
func ParsePath(s string) (Path, error) {
	if len(s) < 3 || !isSegmentName(s[:3]) {
		return Path{}, fmt.Errorf("%w: %q", ErrPath, s)
	}
	p := Path{Segment: s[:3]}
	rest, ok := s[3:], true
	if strings.HasPrefix(rest, "[") {
		p.Occurrence, rest, ok = bracketed(rest)
	}
	if rest == "" && ok {
		return p, nil
	}
	if !ok || rest[0] != '-' || !p.parseField(rest[1:]) {
		return Path{}, fmt.Errorf("%w: %q", ErrPath, s)
	}
	return p, nil
}

// MustPath is ParsePath for paths written in the source; it panics on a bad one.
func MustPath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic(err)
	}
	return p
}

// Occ returns the path at another occurrence of its segment.
func (p Path) Occ(n int) Path { p.Occurrence = n; return p }

// Rep returns the path at another repetition of its field.
func (p Path) Rep(n int) Path { p.Repetition = n; return p }

// String writes the path in the form that ParsePath reads.
func (p Path) String() string {
	b := []byte(p.Segment)
	index := func(n int) {
		if n > 0 {
			b = append(strconv.AppendInt(append(b, '['), int64(n), 10), ']')
		}
	}
	index(p.Occurrence)
	if p.Field == 0 {
		return string(b)
	}
	b = strconv.AppendInt(append(b, '-'), int64(p.Field), 10)
	index(p.Repetition)
	if p.Component > 0 {
		b = strconv.AppendInt(append(b, '.'), int64(p.Component), 10)
	}
	if p.Component > 0 && p.Sub > 0 {
		b = strconv.AppendInt(append(b, '.'), int64(p.Sub), 10)
	}
	return string(b)
}

// parseField reads field[repetition].component.sub into p.
func (p *Path) parseField(s string) bool {
	var ok bool
	if p.Field, s, ok = number(s); !ok {
		return false
	}
	if strings.HasPrefix(s, "[") {
		if p.Repetition, s, ok = bracketed(s); !ok {
			return false
		}
	}
	for _, part := range [...]*int{&p.Component, &p.Sub} {
		if s == "" {
			return true
		}
		if s[0] != '.' {
			return false
		}
		if *part, s, ok = number(s[1:]); !ok {
			return false
		}
	}
	return s == ""
}

// bracketed reads "[n]" at the start of s.
func bracketed(s string) (n int, rest string, ok bool) {
	n, rest, ok = number(s[1:])
	if !ok || rest == "" || rest[0] != ']' {
		return 0, "", false
	}
	return n, rest[1:], true
}

// number reads a whole number from 1 to maxIndex at the start of s.
func number(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' && n <= maxIndex {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], n > 0 && n <= maxIndex
}

// isSegmentName tells whether s is a segment name: a capital, then two capitals or digits
// (HL7 2.5.1 s.2.5.2).
func isSegmentName(s string) bool {
	return len(s) == 3 && isUpper(s[0]) && (isUpper(s[1]) || isDigit(s[1])) && (isUpper(s[2]) || isDigit(s[2]))
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
