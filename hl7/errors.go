package hl7

import (
	"errors"
	"fmt"
)

// Reasons for which a message or a path is refused; match them with errors.Is.
var (
	// ErrEmpty: there is nothing but white space and framing.
	ErrEmpty = errors.New("empty message")
	// ErrNoMSH: the input does not begin with a message header.
	ErrNoMSH = errors.New("no MSH segment at the start")
	// ErrShortMSH: the header ends before MSH-9, so the message has no type.
	ErrShortMSH = errors.New("MSH segment ends before the message type")
	// ErrDelimiters: MSH-1 and MSH-2 do not state usable, distinct delimiters.
	ErrDelimiters = errors.New("unusable delimiters in MSH-1 and MSH-2")
	// ErrManyMessages: a batch or a second MSH; Split takes it apart.
	ErrManyMessages = errors.New("more than one message")
	// ErrTooLarge: more bytes than Options.MaxBytes.
	ErrTooLarge = errors.New("message too large")
	// ErrTooManySegments: more segments than Options.MaxSegments.
	ErrTooManySegments = errors.New("too many segments")
	// ErrTooManyFields: a segment with more fields than Options.MaxFields.
	ErrTooManyFields = errors.New("too many fields in a segment")
	// ErrPath: a path that is not of the form SEG[n]-field[n].component.subcomponent, or
	// names a place that cannot be set.
	ErrPath = errors.New("bad path")
	// ErrTime: not an HL7 timestamp.
	ErrTime = errors.New("bad timestamp")
)

// Code is a value of HL7 table 0357, message error condition codes (HL7 2.5.1 s.2.15.5.3).
type Code uint16

// The conditions a receiver can report in ERR-3.
const (
	CodeAccepted        Code = 0
	CodeSegmentSequence Code = 100
	CodeRequiredField   Code = 101
	CodeDataType        Code = 102
	CodeTableValue      Code = 103
	CodeMessageType     Code = 200
	CodeTrigger         Code = 201
	CodeProcessingID    Code = 202
	CodeVersion         Code = 203
	CodeUnknownKey      Code = 204
	CodeDuplicateKey    Code = 205
	CodeLocked          Code = 206
	CodeInternal        Code = 207
)

// String returns the text that table 0357 gives for the code.
func (c Code) String() string {
	switch c {
	case CodeAccepted:
		return "Message accepted"
	case CodeSegmentSequence:
		return "Segment sequence error"
	case CodeRequiredField:
		return "Required field missing"
	case CodeDataType:
		return "Data type error"
	case CodeTableValue:
		return "Table value not found"
	case CodeMessageType:
		return "Unsupported message type"
	case CodeTrigger:
		return "Unsupported event code"
	case CodeProcessingID:
		return "Unsupported processing id"
	case CodeVersion:
		return "Unsupported version id"
	case CodeUnknownKey:
		return "Unknown key identifier"
	case CodeDuplicateKey:
		return "Duplicate key identifier"
	case CodeLocked:
		return "Application record locked"
	}
	return "Application internal error"
}

// Error says why a message was refused and where. Byte is the offset in the input, At the
// place in HL7 terms as far as it is known, Code what to put into ERR-3. It never holds
// content of the message, so it may be logged and sent back.
type Error struct {
	Reason error
	At     Path
	Byte   int
	Code   Code
}

// Error names the reason, the place and the offset.
func (e *Error) Error() string {
	if e.At.Segment == "" {
		return fmt.Sprintf("hl7: %v (byte %d)", e.Reason, e.Byte)
	}
	return fmt.Sprintf("hl7: %v (%s, byte %d)", e.Reason, e.At, e.Byte)
}

// Unwrap gives errors.Is access to the reason.
func (e *Error) Unwrap() error { return e.Reason }
