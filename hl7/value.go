package hl7

import "bytes"

// Value is one leaf of a message. A field that is absent means "no change", one that is
// null ("" on the wire) means "delete what you have" (HL7 2.5.1 s.2.5.3): the two must
// not be mixed up when records are updated.
type Value struct {
	raw  []byte
	enc  *encoding // nil for MSH-1 and MSH-2, which are never decoded
	null bool
}

// Absent tells that the message says nothing here.
func (v Value) Absent() bool { return len(v.raw) == 0 }

// Null tells that the message asks to delete the value.
func (v Value) Null() bool { return v.null }

// Present tells that there is text.
func (v Value) Present() bool { return len(v.raw) > 0 && !v.null }

// Raw returns the bytes as they stand in the message (for UTF-16 input, in UTF-8). They
// must not be changed.
func (v Value) Raw() []byte { return v.raw }

// Truncated tells that the sender cut the text short (HL7 2.7 s.2.5.5.2).
func (v Value) Truncated() bool {
	return v.enc != nil && v.enc.delims.Truncation != 0 && len(v.raw) > 0 && v.raw[len(v.raw)-1] == v.enc.delims.Truncation
}

// String returns the text in UTF-8 with escapes resolved; it is empty for an absent and
// for a null value.
func (v Value) String() string {
	if v.null || len(v.raw) == 0 {
		return ""
	}
	if v.enc == nil {
		return string(v.raw)
	}
	raw := v.raw
	if v.Truncated() {
		raw = raw[:len(raw)-1]
	}
	if v.enc.delims.Escape != 0 && bytes.IndexByte(raw, v.enc.delims.Escape) >= 0 {
		return string(v.enc.unescape(raw))
	}
	if v.enc.plain || v.enc.wide != 0 {
		return string(raw)
	}
	return string(v.enc.decode(make([]byte, 0, len(raw)+8), raw))
}

// isNull tells whether raw is the two quotes that stand for null.
func isNull(raw []byte) bool { return len(raw) == 2 && raw[0] == '"' && raw[1] == '"' }
