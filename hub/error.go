package hub

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an Error is, in terms a caller can act on. The server
// maps each kind to one HTTP status, the WebSocket to one stable code.
type Kind uint8

const (
	// Internal is the default: something failed that the caller cannot mend.
	Internal Kind = iota
	// Invalid means the input breaks a stated rule; Error.Field may name where.
	Invalid
	// NotFound means the thing does not exist or is not visible to the caller.
	NotFound
	// Conflict means the state has moved on: already accepted, stale revision.
	Conflict
	// Unauthenticated means the caller is not known.
	Unauthenticated
	// Forbidden means the caller is known and may not.
	Forbidden
	// TooMany means a limit was reached; trying later helps.
	TooMany
	// Unavailable means a part that is needed is away for now; trying later helps.
	Unavailable
)

// String returns the stable code used on the wire and as a metric label.
func (k Kind) String() string {
	names := [...]string{"internal", "invalid", "not_found", "conflict", "unauthenticated", "forbidden", "too_many", "unavailable"}
	if int(k) < len(names) {
		return names[k]
	}
	return "internal"
}

// Error is what domains return across their borders. Op names the operation
// ("directory.apply"), Field the offending input if there is one, Code a stable reason
// within the kind ("taken", "expired"). None of them may hold personal data: the text of
// an Error reaches logs and clients.
type Error struct {
	Op    string
	Kind  Kind
	Field string
	Code  string
	Err   error
}

// Error joins the parts that are set.
func (e *Error) Error() string {
	s := e.Op + ": " + e.Kind.String()
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Field != "" {
		s += " at " + e.Field
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As access to the cause.
func (e *Error) Unwrap() error { return e.Err }

// E builds an Error; code and the formatted cause may be empty.
func E(op string, kind Kind, code string, format string, args ...any) *Error {
	e := &Error{Op: op, Kind: kind, Code: code}
	if format != "" {
		e.Err = fmt.Errorf(format, args...)
	}
	return e
}

// KindOf returns the kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
