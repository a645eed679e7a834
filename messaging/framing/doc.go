// Package framing reads the public parts of MLS messages (RFC 9420): what a delivery
// service needs to order handshakes, to know which device sits at which leaf, and to hand a
// Welcome to the devices it is for.
//
// It parses, hashes and verifies signatures of key packages; it holds no key and cannot
// decrypt anything. Only what the product uses is accepted: MLS 1.0, cipher suite 1, basic
// credentials, commits as PublicMessage with Adds and Removes by value. Everything else is
// refused, so that a client with other ideas fails at once and not in the field.
package framing
