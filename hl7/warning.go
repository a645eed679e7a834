package hl7

// Warning is a kind of tolerated fault. The names returned by String are stable, so that
// they can be counted per sender.
type Warning uint8

// What Parse and Split tolerate.
const (
	// WarnLineEnd: segments end in LF or CR LF instead of CR (HL7 2.5.1 s.2.5.4).
	WarnLineEnd Warning = iota
	// WarnBlankLine: an empty line between segments.
	WarnBlankLine
	// WarnLineBreak: a line that is no segment, taken as text of the field before it.
	WarnLineBreak
	// WarnLeading: white space or a framing byte before MSH.
	WarnLeading
	// WarnBOM: a byte order mark.
	WarnBOM
	// WarnDelimiters: fewer than four encoding characters in MSH-2, or a doubled one.
	WarnDelimiters
	// WarnCharsetLate: the character set stands in MSH-19 instead of MSH-18.
	WarnCharsetLate
	// WarnCharsetUnknown: MSH-18 names a character set that is not known here.
	WarnCharsetUnknown
	// WarnCharsetMissing: bytes above 127 though MSH-18 is blank or says ASCII.
	WarnCharsetMissing
	// WarnCharsetMismatch: the bytes are not what the declared character set allows.
	WarnCharsetMismatch
	// WarnEscape: an escape character that begins no known sequence; it is read as itself.
	WarnEscape
	// WarnBatch: batch segments that do not fit together, or a wrong count in BTS or FTS.
	WarnBatch

	warnings // how many there are
)

// String returns the stable name of the warning.
func (w Warning) String() string {
	names := [warnings]string{
		"line_end", "blank_line", "line_break_in_field", "leading_bytes", "byte_order_mark",
		"odd_delimiters", "charset_one_field_late", "charset_unknown", "charset_missing",
		"charset_mismatch", "bad_escape", "batch_structure",
	}
	if w < warnings {
		return names[w]
	}
	return "unknown"
}

// Warnings counts tolerated faults by kind.
type Warnings [warnings]int

// Total returns the number of faults of all kinds.
func (w *Warnings) Total() int {
	n := 0
	for _, c := range w {
		n += c
	}
	return n
}

// Count returns how often one kind was met.
func (w *Warnings) Count(kind Warning) int {
	if kind >= warnings {
		return 0
	}
	return w[kind]
}
