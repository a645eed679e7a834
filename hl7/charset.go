package hl7

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Charset is a character set as named in HL7 table 0211.
type Charset string

// The character sets that are read and written. Windows1252 has no code in table 0211: it
// is what senders mean who state nothing and are not UTF-8.
const (
	ASCII       Charset = "ASCII"
	UTF8        Charset = "UNICODE UTF-8"
	UTF16       Charset = "UNICODE UTF-16"
	Latin1      Charset = "8859/1"
	Latin2      Charset = "8859/2"
	Latin9      Charset = "8859/15"
	Windows1252 Charset = "WINDOWS-1252"
)

// ParseCharset recognises a value of MSH-18, however it is spelled in practice
// ("UTF-8", "ISO 8859-1", "8859/15"). It returns false for a blank or unknown one.
func ParseCharset(declared string) (Charset, bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(declared) {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	switch s := strings.TrimPrefix(strings.TrimPrefix(b.String(), "UNICODE"), "ISO"); s {
	case "ASCII", "USASCII", "IR6":
		return ASCII, true
	case "UTF8":
		return UTF8, true
	case "UTF16", "UTF16LE", "UTF16BE":
		return UTF16, true
	case "88591", "LATIN1", "IR100":
		return Latin1, true
	case "88592", "LATIN2", "IR101":
		return Latin2, true
	case "885915", "LATIN9":
		return Latin9, true
	case "WINDOWS1252", "CP1252", "WIN1252", "ANSI":
		return Windows1252, true
	}
	return "", false
}

// table returns the single-byte table of a character set, nil for Unicode and ASCII.
// Latin-1 is read by the table of Windows-1252, its superset on all printable characters:
// senders on Windows declare 8859/1 and send typographic quotes and the euro sign.
func (c Charset) table() *charmap.Charmap {
	switch c {
	case Latin1, Windows1252:
		return charmap.Windows1252
	case Latin2:
		return charmap.ISO8859_2
	case Latin9:
		return charmap.ISO8859_15
	}
	return nil
}

// encoding is what reading a leaf needs to know. It is shared by all values of a message
// and not changed after Parse.
type encoding struct {
	delims   Delims
	charset  Charset // how text is encoded, however it was declared
	declared string  // MSH-18 as received
	table    *charmap.Charmap
	plain    bool       // text is ASCII throughout
	wide     utf16Order // the input is UTF-16 and text its translation to UTF-8
	bom      bool       // the input begins with a UTF-8 byte order mark
}

// resolveCharset decides how the leaves of m are to be decoded (HL7 2.5.1 s.2.15.9.18).
func (m *Message) resolveCharset(high bool, byDefault Charset) {
	declared, known := m.declaredCharset()
	e := m.enc
	e.plain = !high
	switch {
	case e.wide != 0:
		m.warnIf(known && declared != UTF16, WarnCharsetMismatch)
		e.charset = UTF16
	case e.bom:
		m.warnIf(known && declared != UTF8, WarnCharsetMismatch)
		e.charset = UTF8
	case declared == UTF16: // the bytes have shown that they are not
		m.warn[WarnCharsetMismatch]++
		e.charset = guess(m.text)
	case known && declared != ASCII:
		e.charset = declared
	case !high:
		e.charset = ASCII
	default:
		m.warn[WarnCharsetMissing]++
		e.charset = byDefault
		if byDefault == "" || byDefault == ASCII || byDefault == UTF16 {
			e.charset = guess(m.text)
		}
	}
	m.warnIf(e.charset == UTF8 && high && !utf8.Valid(m.text), WarnCharsetMismatch)
	e.table = e.charset.table()
}

// declaredCharset reads MSH-18, or MSH-19 when a sender puts the character set there.
func (m *Message) declaredCharset() (Charset, bool) {
	m.enc.declared = string(m.leaf(0, 18))
	c, ok := ParseCharset(m.enc.declared)
	if m.enc.declared != "" {
		m.warnIf(!ok, WarnCharsetUnknown)
		return c, ok
	}
	late := string(m.leaf(0, 19))
	if c, ok = ParseCharset(late); ok {
		m.enc.declared = late
		m.warn[WarnCharsetLate]++
	}
	return c, ok
}

// warnIf counts a fault where the condition holds.
func (m *Message) warnIf(cond bool, w Warning) {
	if cond {
		m.warn[w]++
	}
}

// guess tells UTF-8 from the single-byte text of a Windows machine.
func guess(text []byte) Charset {
	if utf8.Valid(text) {
		return UTF8
	}
	return Windows1252
}

// decode appends raw, in the character set of the message, as UTF-8.
func (e *encoding) decode(dst, raw []byte) []byte {
	table := e.table
	if table == nil {
		if e.charset != Windows1252 && utf8.Valid(raw) {
			return append(dst, raw...)
		}
		table = charmap.Windows1252 // one field in another encoding than the rest
	}
	for _, c := range raw {
		r := table.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c) // the five positions that Windows-1252 leaves open are C1 controls
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// encode turns UTF-8 into the character set of the message. What it cannot express becomes
// a question mark.
func (e *encoding) encode(text []byte) []byte {
	if e.table == nil && e.charset != ASCII {
		return text
	}
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		c, ok := byte(r), r < utf8.RuneSelf
		if !ok && e.table != nil {
			c, ok = e.table.EncodeRune(r)
		}
		if !ok {
			c = '?'
		}
		out = append(out, c)
	}
	return out
}

// utf16Order is the byte order of UTF-16 input, zero for any other.
type utf16Order uint8

const (
	littleEndian utf16Order = 1 + iota
	bigEndian
)

// byteOrder returns the decoder for the order.
func (o utf16Order) byteOrder() binary.ByteOrder {
	if o == bigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// detectUTF16 recognises UTF-16 by its mark, or without one by the shape of a header
// segment's first letter, and returns the length of the mark.
func detectUTF16(raw []byte) (order utf16Order, bom int) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		return littleEndian, 2
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return bigEndian, 2
	case len(raw) < 4:
		return 0, 0
	case isUpper(raw[0]) && raw[1] == 0 && isUpper(raw[2]) && raw[3] == 0:
		return littleEndian, 0
	case raw[0] == 0 && isUpper(raw[1]) && raw[2] == 0 && isUpper(raw[3]):
		return bigEndian, 0
	}
	return 0, 0
}

// fromUTF16 translates to UTF-8; halves of pairs and an odd last byte become U+FFFD.
func fromUTF16(raw []byte, order utf16Order) []byte {
	units := make([]uint16, 0, len(raw)/2+1)
	for ; len(raw) >= 2; raw = raw[2:] {
		units = append(units, order.byteOrder().Uint16(raw))
	}
	if len(raw) == 1 {
		units = append(units, utf8.RuneError)
	}
	return []byte(string(utf16.Decode(units)))
}

// toUTF16 translates UTF-8, without a mark.
func toUTF16(text []byte, order utf16Order) []byte {
	out := make([]byte, 0, 2*len(text))
	for _, u := range utf16.Encode([]rune(string(text))) {
		out = order.byteOrder().(binary.AppendByteOrder).AppendUint16(out, u)
	}
	return out
}
