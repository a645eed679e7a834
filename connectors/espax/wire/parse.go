package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on the XML itself. encoding/xml has none for tokens, and expands no entities
// beyond the five of XML, so these and the frame limit bound what a hostile peer can cost.
const (
	maxDepth = 8
	maxAttrs = 16
)

// ParseError says why a message was refused, as the code to answer with and a reason that
// quotes nothing of the message. InvokeID, Name and SessionID are filled as far as they
// were read, so that the answer finds its request.
type ParseError struct {
	Code   Code // NotWellFormed or BadMessage
	Reason string
	Partial
}

// Partial is what is known of a refused message.
type Partial struct {
	Name      string
	InvokeID  uint64
	SessionID string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Code, e.Code.Reason(), e.Reason)
}

// Parse reads one message. It refuses any document type declaration outright, nesting
// beyond 8 and more than 16 attributes, and everything that is not one known message with
// its mandatory attributes and fields. Unknown elements are ignored, PROPRIETARY is
// skipped whatever it holds, and a missing namespace is tolerated; each leaves a warning.
func Parse(body []byte) (*Message, error) {
	p := parser{dec: xml.NewDecoder(bytes.NewReader(bytes.TrimRight(body, "\x00"))), msg: &Message{}}
	p.dec.CharsetReader = charsetReader
	if err := p.document(); err != nil {
		return nil, p.refuse(err)
	}
	return p.msg, nil
}

type parser struct {
	dec   *xml.Decoder
	msg   *Message
	depth int
}

// errInvalid marks what is XML but no ESPA-X; anything else is not well-formed.
type errInvalid string

func (e errInvalid) Error() string { return string(e) }

func (p *parser) refuse(err error) error {
	out := &ParseError{Code: NotWellFormed, Reason: "this is not well-formed XML",
		Partial: Partial{Name: p.msg.Name, InvokeID: p.msg.InvokeID, SessionID: p.msg.SessionID}}
	var invalid errInvalid
	if errors.As(err, &invalid) {
		out.Code, out.Reason = BadMessage, string(invalid)
	}
	var refused refusal
	if errors.As(err, &refused) {
		out.Reason = string(refused)
	}
	return out
}

// refusal is a construct that is refused although it may be well-formed XML.
type refusal string

func (e refusal) Error() string { return string(e) }

func (p *parser) document() error {
	root, err := p.start()
	if err != nil {
		return err
	}
	if err := p.root(root); err != nil {
		return err
	}
	child, err := p.start()
	if err != nil {
		return err
	}
	if child.Name.Local == "" {
		return errInvalid("the root element is empty")
	}
	if err := p.child(child); err != nil {
		return err
	}
	if next, err := p.start(); err != nil || next.Name.Local != "" {
		return cmpErr(err, errInvalid("the root element has more than one child"))
	}
	if next, err := p.start(); !errors.Is(err, io.EOF) || next.Name.Local != "" {
		return cmpErr(err, errInvalid("there is something after the root element"))
	}
	return p.msg.validate()
}

func cmpErr(first, otherwise error) error {
	if first != nil {
		return first
	}
	return otherwise
}

func (p *parser) root(e xml.StartElement) error {
	if e.Name.Local != "ESPA-X" {
		return errInvalid("the root element is not ESPA-X")
	}
	switch e.Name.Space {
	case Namespace:
	case "":
		p.warn("no_namespace")
	default:
		return errInvalid("the namespace is not that of ESPA-X")
	}
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "version":
			if a.Value != "1.00" {
				p.warn("other_version")
			}
		case "timestamp":
			p.msg.Sent = parseTime(a.Value)
		}
	}
	return nil
}

// child reads the one child of the root: its attributes, then its fields.
func (p *parser) child(e xml.StartElement) error {
	p.msg.Name = e.Name.Local
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "invokeID":
			n, err := strconv.ParseUint(strings.TrimSpace(a.Value), 10, 64)
			if err != nil {
				return errInvalid("invokeID is not a number")
			}
			p.msg.InvokeID = n
		case "sessionID":
			p.msg.SessionID = strings.TrimSpace(a.Value)
		}
	}
	if p.msg.Name == "PROPRIETARY" {
		return p.skip()
	}
	for {
		f, err := p.start()
		if err != nil || f.Name.Local == "" {
			return err
		}
		if err := p.field(f); err != nil {
			return err
		}
	}
}

func (p *parser) field(e xml.StartElement) error {
	name := e.Name.Local
	if name == "PROPRIETARY" || !knownField(name) {
		if name != "PROPRIETARY" {
			p.warn("unknown_element")
		}
		return p.skip()
	}
	var text strings.Builder
	for {
		t, err := p.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			return errInvalid(name + " holds elements instead of text")
		case xml.EndElement:
			return p.keep(name, strings.TrimSpace(text.String()))
		}
	}
}

func (p *parser) keep(name, text string) error {
	if p.msg.Get(name) != "" {
		return errInvalid(name + " is given twice")
	}
	p.msg.Fields = append(p.msg.Fields, Field{name, text})
	if limit := fieldLimit(name); limit > 0 && utf8.RuneCountInString(text) > limit {
		p.warn("too_long_" + name)
	}
	return nil
}

// skip reads to the end of the element that was just opened.
func (p *parser) skip() error {
	for depth := p.depth; p.depth >= depth; {
		if _, err := p.next(); err != nil {
			return err
		}
	}
	return nil
}

// start returns the next start element; the zero value stands for the end of the element
// around it.
func (p *parser) start() (xml.StartElement, error) {
	for {
		t, err := p.next()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, nil
		case xml.EndElement:
			return xml.StartElement{}, nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return xml.StartElement{}, errInvalid("there is text between elements")
			}
		}
	}
}

// next is the one door to the decoder, where the limits are held.
func (p *parser) next() (xml.Token, error) {
	t, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > maxDepth {
			return nil, refusal("elements are nested too deeply")
		}
		if len(t.Attr) > maxAttrs {
			return nil, refusal("an element has too many attributes")
		}
	case xml.EndElement:
		p.depth--
	case xml.Directive:
		return nil, refusal("document type declarations are refused")
	}
	return t, nil
}

func (p *parser) warn(name string) {
	if !slices.Contains(p.msg.Warnings, name) {
		p.msg.Warnings = append(p.msg.Warnings, name)
	}
}

// parseTime reads an xs:dateTime. Sources mostly send local time without a zone; a time
// that cannot be read is no time.
func parseTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), time.Local); err == nil {
			return t
		}
	}
	return time.Time{}
}

// charsetReader decodes the two encodings old sources use besides UTF-8. In both the first
// 256 code points of Unicode are the bytes themselves.
func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin1", "us-ascii":
		raw, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		out := make([]byte, 0, len(raw)+len(raw)/8)
		for _, b := range raw {
			out = utf8.AppendRune(out, rune(b))
		}
		return bytes.NewReader(out), nil
	}
	return nil, errors.New("unknown encoding")
}
