package hl7

import (
	"bytes"
	"strconv"
)

// Batch is what one frame or file holds. Messages are parts of the input, in order. Batched
// tells that there were batch segments (HL7 2.5.1 s.2.10.3), so that the sender may expect
// its answers as a batch too.
type Batch struct {
	Messages [][]byte
	Batched  bool
	Warnings Warnings
}

// Split takes apart what came in one frame: a single message (returned as it is), a batch
// between FHS or BHS and BTS or FTS, or several messages one after another. Counts in BTS
// and FTS that do not fit are warnings: the messages are there all the same. The error is
// an *Error: larger than MaxBytes, empty, or no message at all. The messages themselves are
// not looked into.
func (o Options) Split(raw []byte) (Batch, error) {
	o = o.withDefaults()
	if len(raw) > o.MaxBytes {
		return Batch{}, &Error{Reason: ErrTooLarge, Byte: o.MaxBytes, Code: CodeInternal}
	}
	s := splitter{raw: raw, step: 1}
	if order, _ := detectUTF16(raw); order != 0 {
		s.step = 2
		s.high = int(order - littleEndian) // where the significant byte of a unit stands
	}
	s.run()
	if len(s.out.Messages) == 0 {
		reason := ErrNoMSH
		if trimmedEnd(raw) == 0 {
			reason = ErrEmpty
		}
		return Batch{}, &Error{Reason: reason, At: Path{Segment: "MSH"}, Code: CodeSegmentSequence}
	}
	return s.out, nil
}

// splitter finds lines that begin a header or a batch segment. In UTF-16 it looks at every
// second byte.
type splitter struct {
	raw        []byte
	step, high int
	out        Batch
	from       int // where the open message begins, -1 without one
	inBatch    int // messages since BHS
	batches    int // BTS seen
}

// run looks at every character once and hands on the beginnings of lines.
func (s *splitter) run() {
	s.from = -1
	lineStart := true
	for i := 0; i+s.step <= len(s.raw); i += s.step {
		c := s.unit(i)
		if lineStart {
			s.line(i)
		}
		// Before the first segment anything counts as a line start: marks and framing.
		lineStart = c == '\r' || c == '\n' || c == 0x0B || s.from < 0 && !s.out.Batched && c <= ' '
		lineStart = lineStart || i == 0 && s.step == 2 || i == 2 && bytes.HasPrefix(s.raw, []byte("\xEF\xBB\xBF"))
	}
	s.cut(len(s.raw))
}

// unit returns the character at i, 255 for one that is not ASCII.
func (s *splitter) unit(i int) byte {
	if s.step == 2 && s.raw[i+1-s.high] != 0 {
		return 255
	}
	return s.raw[i+s.high]
}

// line looks at the line that begins at i.
func (s *splitter) line(i int) {
	var head [4]byte
	for n := range head {
		if at := i + n*s.step; at+s.step <= len(s.raw) {
			head[n] = s.unit(at)
		}
	}
	name := head[:3]
	switch {
	case !isPunct(head[3]):
		return
	case string(name) == "MSH":
		s.cut(i)
		s.from = i
		if len(s.out.Messages) == 0 && !s.out.Batched {
			s.from = 0 // a byte order mark belongs to the first message
		}
		s.inBatch++
	case isBatchName(name):
		s.cut(i)
		s.out.Batched = true
		s.trailer(string(name), i)
	}
}

// cut ends the open message at i.
func (s *splitter) cut(i int) {
	if s.from >= 0 {
		s.out.Messages = append(s.out.Messages, s.raw[s.from:i:i])
	}
	s.from = -1
}

// trailer compares the count of BTS-1 or FTS-1 with what was found.
func (s *splitter) trailer(name string, i int) {
	switch name {
	case "BHS":
		s.inBatch = 0
	case "BTS":
		s.batches++
		s.compare(i, s.inBatch)
		s.inBatch = 0
	case "FTS":
		s.compare(i, max(s.batches, 1))
	}
}

// compare reads the count that follows the name of the segment at i. A blank one is
// allowed and says nothing.
func (s *splitter) compare(i, found int) {
	var digits []byte
	for i += 4 * s.step; i+s.step <= len(s.raw) && isDigit(s.unit(i)); i += s.step {
		digits = append(digits, s.unit(i))
	}
	if n, err := strconv.Atoi(string(digits)); err == nil && n != found {
		s.out.Warnings[WarnBatch]++
	}
}
