package hl7

import "bytes"

// Endpoint is the application and facility at one end of an interface (MSH-3 to MSH-6),
// each a namespace with an optional universal identifier.
type Endpoint struct{ App, Facility Designator }

// Designator is the data type HD (HL7 2.5.1 s.2.A.33).
type Designator struct{ Namespace, UniversalID, UniversalIDType string }

// Header is the message header in plain values (HL7 2.5.1 s.2.15.9). The zero values of
// Delims and Charset mean the recommended delimiters and UTF-8.
type Header struct {
	Delims           Delims
	Sender, Receiver Endpoint
	Time             string // MSH-7 as received; see ParseTime
	Type             string // MSH-9.1, such as "ADT"
	Trigger          string // MSH-9.2, such as "A01"; from EVN-1 where MSH-9 lacks it
	Structure        string // MSH-9.3, such as "ADT_A01"
	ControlID        string // MSH-10
	ProcessingID     string // MSH-11.1: P production, T training, D debugging
	Version          string // MSH-12.1, such as "2.5"
	AcceptAck        string // MSH-15: AL, NE, ER, SU or blank
	AppAck           string // MSH-16: the same
	Country          string // MSH-17
	Charset          Charset
	Profiles         []string // MSH-21.1 of each repetition

	version  string // MSH-12 whole and encoded, so that a reply can echo it
	declared string // MSH-18 as received: a blank one is answered by a blank one
	wide     utf16Order
	received bool // read from a message, not made up
}

// Header reads MSH.
func (m *Message) Header() Header {
	s := Segment{m, 0}
	str := func(field, comp int) string { return s.Comp(field, comp).String() }
	hd := func(field int) Designator { return Designator{str(field, 1), str(field, 2), str(field, 3)} }
	h := Header{
		Delims: m.enc.delims, Charset: m.enc.charset,
		Sender: Endpoint{hd(3), hd(4)}, Receiver: Endpoint{hd(5), hd(6)},
		Time: str(7, 1), Type: str(9, 1), Trigger: str(9, 2), Structure: str(9, 3),
		ControlID: str(10, 1), ProcessingID: str(11, 1), Version: str(12, 1),
		AcceptAck: str(15, 1), AppAck: str(16, 1), Country: str(17, 1),
		version: string(s.Raw(12)), declared: m.enc.declared, wide: m.enc.wide, received: true,
	}
	if h.Trigger == "" {
		h.Trigger = m.Get("EVN-1").String()
	}
	for r := range s.Reps(21) {
		h.Profiles = append(h.Profiles, r.Comp(1).String())
	}
	return h
}

// PeekHeader reads what can be read of the header of a message that Parse refused, so that
// it can be answered all the same. It returns false where there is no usable MSH at all.
// Only the first 4 KiB are looked at.
func PeekHeader(raw []byte) (Header, bool) {
	m := &Message{raw: raw[:min(len(raw), 4<<10)], enc: &encoding{}}
	m.strip()
	if end := bytes.IndexAny(m.text, "\r\n"); end >= 0 {
		m.text = m.text[:end]
	}
	x := indexer{m: m, o: Options{}.withDefaults(), end: trimmedEnd(m.text)}
	if x.start() != nil || x.run() != nil {
		return Header{}, false
	}
	m.resolveCharset(x.high > 127, "")
	return m.Header(), true
}
