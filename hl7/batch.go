package hl7

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Batch is what one frame or file holds. Messages are parts of the input, in order. Batched
// tells that there were batch segments (HL7 2.5.1 s.2.10.3), so that the sender may expect
// its answers as a batch too.
type Batch struct {
	Messages [][]byte
	Batched  bool
	Warnings Warnings

	file, batch []byte // the first FHS and BHS as they came; nil in UTF-16
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

// maxBatchHeader bounds what is repeated of a header in a reply.
const maxBatchHeader = 1000

// Reply puts acknowledgements into a batch that answers this one (HL7 2.5.1 s.2.10.3): in a
// file where there was a file header, with sender and receiver exchanged and the received
// control id as the reference (BHS-12, FHS-12). Nil where this was no batch, or one in
// UTF-16: then each acknowledgement goes by itself.
func (b Batch) Reply(acks [][]byte, controlID string, at time.Time) []byte {
	head := b.batch
	if head == nil {
		head = b.file
	}
	if len(head) < 8 || len(acks) == 0 {
		return nil
	}
	sep := string(head[3])
	var out bytes.Buffer
	if b.file != nil {
		out.WriteString(replyHeader("FHS", b.file, controlID, at))
	}
	out.WriteString(replyHeader("BHS", head, controlID, at))
	for _, ack := range acks {
		out.Write(bytes.TrimRight(ack, "\r\n"))
		out.WriteByte('\r')
	}
	out.WriteString("BTS" + sep + strconv.Itoa(len(acks)) + "\r")
	if b.file != nil {
		out.WriteString("FTS" + sep + "1\r")
	}
	return out.Bytes()
}

// replyHeader turns a received FHS or BHS round. The fields of both are alike: 3 to 6 sender
// and receiver, 7 time, 11 control id, 12 reference.
func replyHeader(name string, received []byte, controlID string, at time.Time) string {
	sep := string(received[3])
	fields := strings.Split(string(received), sep)
	field := func(n int) string { // the separator itself is field 1
		if n-1 < len(fields) {
			return fields[n-1]
		}
		return ""
	}
	return strings.Join([]string{name, field(2), field(5), field(6), field(3), field(4), FormatTime(at), "", "", "", controlID, field(11)}, sep) + "\r"
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
		s.keep(string(name), i)
		s.trailer(string(name), i)
	}
}

// keep remembers the headers a reply is made of.
func (s *splitter) keep(name string, i int) {
	to := map[string]*[]byte{"FHS": &s.out.file, "BHS": &s.out.batch}[name]
	if to == nil || *to != nil || s.step != 1 {
		return
	}
	line := s.raw[i:]
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	*to = line[:min(len(line), maxBatchHeader)]
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
