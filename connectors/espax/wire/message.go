package wire

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Namespace is the XML namespace of ESPA-X. Some sources leave it out; it is not required
// when reading.
const Namespace = "http://ns.espa-x.org/espa-x"

// Message is one ESPA-X message.
type Message struct {
	Name      string // the child of the root element: "REQ.P-START"
	InvokeID  uint64 // requests and responses only
	SessionID string // absent in REQ.LOGIN
	Sent      time.Time
	Fields    []Field
	Warnings  []string // named quirks that were tolerated in reading
}

// Field is one element with text, such as CP-WARD.
type Field struct{ Name, Text string }

// Get returns the text of a field, or "".
func (m Message) Get(name string) string {
	for _, f := range m.Fields {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}

// With returns m with a field added; an empty text adds nothing, since no element of the
// schema may be empty.
func (m Message) With(name, text string) Message {
	if text != "" {
		m.Fields = append(slices.Clip(m.Fields), Field{name, text})
	}
	return m
}

// Response begins the answer to a request: the same invokeID and session, and a code.
func (m Message) Response(code Code) Message {
	out := Message{Name: "RSP." + strings.TrimPrefix(m.Name, "REQ."), InvokeID: m.InvokeID, SessionID: m.SessionID}
	return out.With("RSP-CODE", strconv.Itoa(int(code))).With("RSP-REASON", code.Reason())
}

// Code returns the RSP-CODE of a response, 0 if there is none.
func (m Message) Code() Code {
	n, _ := strconv.Atoi(m.Get("RSP-CODE"))
	return Code(n)
}

// IsRequest reports whether a message expects a response.
func (m Message) IsRequest() bool { return strings.HasPrefix(m.Name, "REQ.") }

// AppendXML appends the message as XML. Text is escaped and characters XML cannot hold
// are replaced, so the result is always well-formed.
func (m Message) AppendXML(dst []byte) []byte {
	b := bytes.NewBuffer(dst)
	b.WriteString(xml.Header + `<ESPA-X xmlns="` + Namespace + `" version="1.00"`)
	if !m.Sent.IsZero() {
		b.WriteString(` timestamp="` + m.Sent.Format("2006-01-02T15:04:05Z07:00") + `"`)
	}
	b.WriteString("><" + m.Name)
	if hasInvokeID(m.Name) {
		b.WriteString(` invokeID="` + strconv.FormatUint(m.InvokeID, 10) + `"`)
	}
	if m.SessionID != "" {
		b.WriteString(` sessionID="`)
		xml.EscapeText(b, []byte(m.SessionID))
		b.WriteByte('"')
	}
	b.WriteByte('>')
	for _, f := range m.Fields {
		b.WriteString("<" + f.Name + ">")
		xml.EscapeText(b, []byte(f.Text))
		b.WriteString("</" + f.Name + ">")
	}
	b.WriteString("</" + m.Name + "></ESPA-X>")
	return b.Bytes()
}

// AppendFrame appends the message as a whole frame.
func (m Message) AppendFrame(dst []byte) []byte { return AppendFrame(dst, m.AppendXML(nil)) }

func hasInvokeID(name string) bool {
	return strings.HasPrefix(name, "REQ.") || strings.HasPrefix(name, "RSP.")
}

// Code is a response code with its fixed reason.
type Code int

// The response codes this hub gives, see enumResponseCodes.
const (
	OK            Code = 200
	BadRequest    Code = 400
	Unauthorized  Code = 401
	NotFound      Code = 404
	NotAllowed    Code = 405
	NeedsLogin    Code = 407
	Duplicate     Code = 450
	InternalError Code = 500
	NotOffered    Code = 501
	Unavailable   Code = 503
	BadHeader     Code = 600
	NotWellFormed Code = 601
	BadMessage    Code = 602
)

// Reason returns the text the schema fixes for a code.
func (c Code) Reason() string {
	switch c {
	case OK:
		return "OK"
	case BadRequest:
		return "Bad Request"
	case Unauthorized:
		return "Unauthorized"
	case NotFound:
		return "Not Found"
	case NotAllowed:
		return "Method Not Allowed"
	case NeedsLogin:
		return "Authentication Required"
	case Duplicate:
		return "Duplicate"
	case NotOffered:
		return "Not Implemented"
	case Unavailable:
		return "Service Unavailable"
	case BadHeader:
		return "Invalid header"
	case NotWellFormed:
		return "Not wellformed"
	case BadMessage:
		return "Invalid message"
	}
	return "Internal Server Error"
}
