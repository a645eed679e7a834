// Package wire is the ESPA-X 1.00 wire format: frames on a byte stream and the XML
// messages in them, for both sides of a link. It knows nothing of alerts.
//
// ESPA-X is spoken between an alarm source (a nurse-call system, the client) and an alarm
// server. The XML schema is public; its complex types all use xs:all with at most one of
// each child, so a Message is a name, two attributes and a set of named texts.
package wire
