package hl7

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// AckCode is a value of HL7 table 0008, acknowledgment code (MSA-1).
type AckCode string

// The application codes answer in the original mode and at the application level of the
// enhanced mode, the commit codes at its accept level (HL7 2.5.1 s.2.9).
const (
	AA AckCode = "AA" // application accept
	AE AckCode = "AE" // application error: do not send this again as it is
	AR AckCode = "AR" // application reject: not processed at all
	CA AckCode = "CA" // commit accept: safely stored
	CE AckCode = "CE" // commit error: could not be stored
	CR AckCode = "CR" // commit reject: refused before storing
)

// Outcome is what became of a received message, from which the acknowledgements follow.
type Outcome uint8

const (
	// Accepted: stored, or processed without error.
	Accepted Outcome = iota
	// Failed: an error while storing or processing.
	Failed
	// Rejected: refused because of what it is.
	Rejected
)

// Acks returns the acknowledgements due for a message, in the order to send them; none if
// the sender wants none. With MSH-15 and MSH-16 both blank that is one application code
// (original mode). Otherwise MSH-15 asks for a commit code and MSH-16 for an application
// code, each blank one for nothing (enhanced mode, HL7 2.5.1 s.2.9.2): AL with NE, as in
// the German profiles, is answered by CA alone. A value outside of table 0155 is taken as
// AL, because silence would stop the sender's queue.
func (h Header) Acks(o Outcome) []AckCode {
	app := [...]AckCode{Accepted: AA, Failed: AE, Rejected: AR}[min(o, Rejected)]
	if h.AcceptAck == "" && h.AppAck == "" {
		return []AckCode{app}
	}
	var due []AckCode
	if ackDue(h.AcceptAck, o) {
		due = append(due, [...]AckCode{Accepted: CA, Failed: CE, Rejected: CR}[min(o, Rejected)])
	}
	if ackDue(h.AppAck, o) {
		due = append(due, app)
	}
	return due
}

// ackDue applies one condition of table 0155.
func ackDue(condition string, o Outcome) bool {
	switch strings.ToUpper(condition) {
	case "", "NE":
		return false
	case "ER":
		return o != Accepted
	case "SU":
		return o == Accepted
	}
	return true
}

// Severity is a value of HL7 table 0516, error severity (ERR-4).
type Severity string

// The severities of table 0516 that concern messages.
const (
	SevError   Severity = "E"
	SevWarning Severity = "W"
	SevInfo    Severity = "I"
)

// Fault is one ERR segment. Text is for the operator at the sender (ERR-8) and must not
// hold patient data.
type Fault struct {
	At       Path
	Code     Code
	Severity Severity // SevError if empty
	Text     string
}

// FaultOf translates the error of Parse or Split; any other error is an internal one.
func FaultOf(err error) Fault {
	var e *Error
	if errors.As(err, &e) {
		return Fault{At: e.At, Code: e.Code, Text: e.Reason.Error()}
	}
	return Fault{Code: CodeInternal}
}

// Ack is what an acknowledgement says. ControlID and Time are those of the acknowledgement
// itself: the caller owns both the clock and the numbering. Type replaces the default
// "ACK^trigger^ACK", for answers with a structure of their own such as "MFK^M02^MFK_M02".
type Ack struct {
	Code      AckCode
	ControlID string
	Time      time.Time
	Type      string
	Faults    []Fault
}

// Reply begins the acknowledgement of a message with this header: MSH with sender and
// receiver exchanged and version, processing id and character set echoed, MSA, and one ERR
// per fault (HL7 2.5.1 s.2.9.3). Segments for other structures may be added.
func (h Header) Reply(a Ack) *Builder {
	r := h
	r.Sender, r.Receiver = h.Receiver, h.Sender
	r.Time, r.ControlID = FormatTime(a.Time), a.ControlID
	r.Profiles, r.received = nil, true
	r.setReplyType(a.Type)
	if h.AcceptAck != "" || h.AppAck != "" {
		r.AcceptAck, r.AppAck = "NE", "NE" // an acknowledgement is not acknowledged
	}
	b := New(r)
	b.Segment("MSA").Set("1", string(a.Code)).Set("2", h.ControlID)
	for _, f := range a.Faults {
		b.fault(f, h.Version)
	}
	return b
}

// setReplyType keeps the trigger of the message answered, as the standard wants it.
func (h *Header) setReplyType(custom string) {
	if custom != "" {
		parts := append(strings.SplitN(custom, "^", 3), "", "")
		h.Type, h.Trigger, h.Structure = parts[0], parts[1], parts[2]
		return
	}
	h.Type, h.Structure = "ACK", "ACK"
}

// fault writes one ERR. Receivers before 2.5 know only ERR-1, which holds place and code
// in one field (HL7 2.4 s.2.16.5).
func (b *Builder) fault(f Fault, version string) {
	code := strconv.Itoa(int(f.Code))
	b.Segment("ERR")
	if version != "" && version < "2.5" {
		b.Set("1.1", f.At.Segment)
		b.number("1.2", f.At.Segment != "", max(f.At.Occurrence, 1))
		b.number("1.3", f.At.Field > 0, f.At.Field)
		b.Set("1.4.1", code).Set("1.4.2", f.Code.String()).Set("1.4.3", "HL70357")
		return
	}
	if f.At.Segment != "" {
		b.Set("2.1", f.At.Segment)
		b.number("2.2", true, max(f.At.Occurrence, 1))
		b.number("2.3", f.At.Field > 0, f.At.Field)
		b.number("2.4", f.At.Repetition > 0 || f.At.Component > 0, max(f.At.Repetition, 1))
		b.number("2.5", f.At.Component > 0, f.At.Component)
		b.number("2.6", f.At.Sub > 0, f.At.Sub)
	}
	if f.Severity == "" {
		f.Severity = SevError
	}
	b.Set("3.1", code).Set("3.2", f.Code.String()).Set("3.3", "HL70357")
	b.Set("4", string(f.Severity))
	if f.Text != "" {
		b.Set("8", f.Text)
	}
}

// number writes n if the condition holds: ERR leaves out what is not known.
func (b *Builder) number(place string, cond bool, n int) {
	if cond {
		b.Set(place, strconv.Itoa(n))
	}
}
