package hl7

import (
	"bytes"
	"encoding/hex"
	"unicode/utf8"
)

// knownEscape tells whether body, the bytes between two escape characters, is a sequence
// of HL7 2.5.1 s.2.7: a delimiter, highlighting, hexadecimal data, a character set switch,
// formatting, or local to a site.
func knownEscape(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	rest := body[1:]
	switch body[0] {
	case 'F', 'S', 'T', 'R', 'E', 'P', 'H', 'N':
		return len(rest) == 0
	case 'X':
		return len(rest) > 0 && len(rest)%2 == 0 && isHex(rest)
	case 'C':
		return len(rest) == 4 && isHex(rest)
	case 'M':
		return (len(rest) == 4 || len(rest) == 6) && isHex(rest)
	case 'Z':
		return len(rest) > 0 && len(rest) <= 64
	case '.':
		return formatLength(rest) > 0
	}
	return false
}

// formatLength returns the length of the command letters of a formatting sequence, zero if
// it is none. A number may follow, as in \.sp+2\ (HL7 2.5.1 s.2.7.6).
func formatLength(b []byte) int {
	if len(b) < 2 || len(b) > 8 {
		return 0
	}
	switch string(b[:2]) {
	case "br", "sp", "fi", "nf", "in", "ti", "sk", "ce":
	default:
		return 0
	}
	for _, c := range b[2:] {
		if !isDigit(c) && c != '+' && c != '-' {
			return 0
		}
	}
	return 2
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) && (c < 'A' || c > 'F') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// unescape replaces the escape sequences of raw and decodes the rest. Highlighting,
// character set switches and local sequences have no counterpart in plain text and vanish;
// what is no sequence stays as it is.
func (e *encoding) unescape(raw []byte) []byte {
	esc := e.delims.Escape
	flat := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, esc)
		if i < 0 {
			break
		}
		flat = append(flat, raw[:i]...)
		n := bytes.IndexByte(raw[i+1:], esc)
		if n < 0 || !knownEscape(raw[i+1:i+1+n]) {
			flat, raw = append(flat, esc), raw[i+1:]
			continue
		}
		flat = e.appendEscape(flat, raw[i+1:i+1+n])
		raw = raw[i+n+2:]
	}
	flat = append(flat, raw...)
	return e.decode(make([]byte, 0, len(flat)+8), flat)
}

// appendEscape appends what one known sequence stands for, in the message's encoding.
func (e *encoding) appendEscape(dst, body []byte) []byte {
	d := e.delims
	switch body[0] {
	case 'F':
		return append(dst, d.Field)
	case 'S':
		return append(dst, d.Component)
	case 'R':
		return append(dst, d.Repetition)
	case 'E':
		return append(dst, d.Escape)
	case 'T':
		return appendIf(dst, d.Sub)
	case 'P':
		return appendIf(dst, d.Truncation)
	case 'X':
		return e.appendHex(dst, body[1:])
	case '.':
		return appendFormat(dst, string(body[1:3]))
	}
	return dst
}

// appendIf leaves out a delimiter that the message does not have.
func appendIf(dst []byte, c byte) []byte {
	if c == 0 {
		return dst
	}
	return append(dst, c)
}

// appendHex appends bytes in the message's character set. In UTF-16 messages they are code
// units, high byte first; text has been translated already, so they are translated too.
func (e *encoding) appendHex(dst, digits []byte) []byte {
	b := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(b, digits); err != nil {
		return dst
	}
	if e.wide != 0 && len(b)%2 == 0 {
		return append(dst, fromUTF16(b, bigEndian)...)
	}
	if e.wide != 0 {
		for _, c := range b {
			dst = utf8.AppendRune(dst, rune(c))
		}
		return dst
	}
	return append(dst, b...)
}

// appendFormat turns vertical formatting into a line feed and horizontal into a blank.
func appendFormat(dst []byte, command string) []byte {
	switch command {
	case "br", "sp", "ce":
		return append(dst, '\n')
	case "sk":
		return append(dst, ' ')
	}
	return dst
}

// escape writes UTF-8 text so that it can stand in a leaf. Line ends become \.br\ and other
// control characters hexadecimal, because a raw one would end the segment or the frame. A
// message without an escape character cannot carry delimiters: they become blanks.
func (d Delims) escape(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			continue
		}
		seq := d.sequence(c)
		switch {
		case seq == "":
			dst = append(dst, c)
		case d.Escape == 0:
			dst = append(dst, ' ')
		default:
			dst = append(append(append(dst, d.Escape), seq...), d.Escape)
		}
	}
	return dst
}

// sequence returns the body of the escape sequence for c, empty if c may stand as it is.
func (d Delims) sequence(c byte) string {
	if c == '\r' || c == '\n' {
		return ".br"
	}
	if c < ' ' { // also keeps 0 from being taken for a delimiter that is not there
		const digits = "0123456789ABCDEF"
		return string([]byte{'X', digits[c>>4], digits[c&15]})
	}
	switch c {
	case d.Field:
		return "F"
	case d.Component:
		return "S"
	case d.Repetition:
		return "R"
	case d.Escape:
		return "E"
	case d.Sub:
		return "T"
	case d.Truncation:
		return "P"
	}
	return ""
}
