package fhir

import (
	"errors"
	"strconv"
)

// The names of errors. They are stored and shown, so they never change.
const (
	TooLarge         = "too_large"         // more bytes, entries or levels than allowed
	Encoding         = "encoding"          // not UTF-8
	Malformed        = "malformed"         // not JSON, not FHIR R4, or not what was asked for
	DNS              = "dns"               // the server's name cannot be found
	Unreachable      = "unreachable"       // no connection, or it broke before an answer
	TLSFailed        = "tls"               // no trust between server and client
	WrongCredentials = "wrong_credentials" // 401, or the token server said no
	Forbidden        = "forbidden"         // 403
	NotFound         = "not_found"         // 404
	Gone             = "gone"              // 410: there was one, and it was deleted
	Refused          = "refused"           // any other 4xx: the server does not do what was asked
	ServerFailed     = "server_failed"     // 5xx, or an OperationOutcome with an error
	Throttled        = "throttled"         // 429 or 503 more often than we wait
	EndedEarly       = "ended_early"       // the answer was cut off, or holds less than it said
	TimeLimit        = "time_limit"        // the server was too slow
	ForeignLink      = "foreign_link"      // it points to another server: never followed
	PageLoop         = "page_loop"         // a page points to one that was read
	TooManyPages     = "too_many_pages"
)

// Error is why something came to nothing. Its text holds no content of a resource: it is
// safe to store, log and show.
type Error struct {
	Name   string
	Where  string // a place in a resource ("Practitioner.name[0].family") or "page 3"
	Status int    // of the HTTP answer, 0 without one
	Err    error  // never what the server wrote
}

// Error says what happened in one sentence.
func (e *Error) Error() string {
	s := "fhir: " + e.Name
	if e.Status != 0 {
		s += " (status " + strconv.Itoa(e.Status) + ")"
	}
	if e.Where != "" {
		s += " at " + e.Where
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As access to the cause.
func (e *Error) Unwrap() error { return e.Err }

// Name returns the name of the first Error in err's chain, "" where there is none.
func Name(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Name
	}
	return ""
}

func fail(name, where, reason string) *Error {
	return &Error{Name: name, Where: where, Err: errors.New(reason)}
}
