package server

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// Problem is the answer to every request that fails (RFC 9457). Code is stable and what
// clients decide by; Detail is for people who read logs. Neither it nor anything else in
// it repeats what the client has sent.
type Problem struct {
	Title     string              `json:"title"`
	Status    int                 `json:"status"`
	Detail    string              `json:"detail,omitempty"`
	Code      string              `json:"code" doc:"Stable name of the reason, such as \"taken\"."`
	RequestID string              `json:"request_id"`
	Errors    []FieldProblem      `json:"errors,omitempty"`
	TakenBy   []directory.UserRef `json:"taken_by,omitempty"`
	Epoch     int64               `json:"epoch,omitempty" doc:"Of code epoch: the one the room is in."`
	Room      hub.RoomID          `json:"room,omitempty" doc:"Of code exists: the room there is already."`

	Persons []directory.PersonRow `json:"persons,omitempty" doc:"Of code duplicates: known people who look alike."`

	retryAfter time.Duration
	cause      error // logged, never sent
}

// FieldProblem is what is wrong with one place of a request.
type FieldProblem struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error makes a Problem an error; it is only logged.
func (p *Problem) Error() string {
	if p.cause != nil {
		return p.cause.Error()
	}
	return p.Code
}

// GetStatus tells huma the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the media type.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders tells huma what else to send.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	return h
}

const problemType = "application/problem+json"

// problem makes a Problem; without a code the status gives one.
func problem(status int, code string) *Problem {
	if code == "" {
		code = codes[status]
	}
	return &Problem{Title: http.StatusText(status), Status: status, Code: code}
}

// statuses is the one place where kinds of errors become statuses.
var statuses = map[hub.Kind]int{
	hub.Internal:        http.StatusInternalServerError,
	hub.Invalid:         http.StatusUnprocessableEntity,
	hub.NotFound:        http.StatusNotFound,
	hub.Conflict:        http.StatusConflict,
	hub.Unauthenticated: http.StatusUnauthorized,
	hub.Forbidden:       http.StatusForbidden,
	hub.TooMany:         http.StatusTooManyRequests,
	hub.Unavailable:     http.StatusServiceUnavailable,
}

// codes are the codes of problems that have no better one.
var codes = map[int]string{
	http.StatusBadRequest:            "bad_request",
	http.StatusUnauthorized:          "unauthenticated",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        "timeout",
	http.StatusConflict:              "conflict",
	http.StatusPreconditionFailed:    "stale",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   "invalid",
	http.StatusUpgradeRequired:       "upgrade_required",
	http.StatusTooManyRequests:       "slow_down",
	http.StatusInternalServerError:   "internal",
	http.StatusServiceUnavailable:    "unavailable",
}

// problemOf turns an error of the hub into what the client is told. Of errors that are not
// *hub.Error nothing is told but that there was one.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var e *hub.Error
	if !errors.As(err, &e) {
		e = &hub.Error{Kind: hub.Internal}
	}
	p = problem(statuses[e.Kind], e.Code)
	p.cause = err
	var epoch messaging.CurrentEpoch
	if errors.As(err, &epoch) {
		p.Epoch = int64(epoch)
	}
	var room messaging.ExistingRoom
	if errors.As(err, &room) {
		p.Room = hub.RoomID(room)
	}
	if e.Kind == hub.Invalid {
		p.Errors = places(e)
	}
	if e.Kind == hub.TooMany || e.Kind == hub.Unavailable {
		p.retryAfter = 5 * time.Second
		var wait accounts.Wait
		if errors.As(err, &wait) {
			p.retryAfter = time.Duration(wait)
		}
	}
	return p
}

// places are what is wrong with each field an Invalid error is about: its own, or those that its
// cause names.
func places(e *hub.Error) []FieldProblem {
	var several interface{ Fields() []string }
	if !errors.As(e.Err, &several) {
		return []FieldProblem{{Location: place(e.Field), Message: reason(e)}}
	}
	var out []FieldProblem
	for _, f := range several.Fields() {
		out = append(out, FieldProblem{Location: place(f), Message: reason(e)})
	}
	return out
}

func place(field string) string {
	if field == "" {
		return "body"
	}
	return "body." + field
}

// reason is the text of an Invalid error, which by the rule of hub.Error repeats no value.
func reason(e *hub.Error) string {
	if e.Err != nil {
		return e.Err.Error()
	}
	if e.Code != "" {
		return e.Code
	}
	return "is not valid"
}

// as gives an error with a certain code another status than the table does: what is stale
// under If-Match is a failed precondition, elsewhere a conflict.
func as(err error, code string, status int) error {
	var e *hub.Error
	if errors.As(err, &e) && e.Code == code {
		p := problem(status, code)
		p.cause = err
		return p
	}
	return err
}

// A body full of mistakes is not answered with a longer one: the first mistakes are enough to
// mend it, and the name of an unknown property may be as long as the body.
const (
	maxPlaces = 50
	maxPlace  = 200 // bytes
)

// fromHuma turns the framework's own refusals into a Problem. Its details quote the value
// that was refused; the copy leaves that out.
func fromHuma(m *huma.ErrorModel) *Problem {
	p := problem(m.Status, "")
	for _, d := range m.Errors {
		if d != nil && d.Message == errBadText.Error() {
			p.Code = badText
		}
		if d != nil && d.Location != "" && len(p.Errors) < maxPlaces {
			at := strings.ToValidUTF8(d.Location[:min(len(d.Location), maxPlace)], "")
			p.Errors = append(p.Errors, FieldProblem{at, d.Message})
		}
	}
	return p
}
