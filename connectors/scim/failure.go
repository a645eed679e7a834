package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/wardline/wardline/hub"
)

// failure is an error as RFC 7644 section 3.12 has it. Its detail never quotes a value.
type failure struct {
	status   int
	scimType string
	detail   string
}

func (f *failure) Error() string { return f.detail }

func bad(scimType, detail string) error { return &failure{http.StatusBadRequest, scimType, detail} }

var (
	errNotFound   = &failure{http.StatusNotFound, "", "there is no resource with this id"}
	errUniqueness = &failure{http.StatusConflict, "uniqueness", "another user has this userName"}
)

const contentType = "application/scim+json"

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func (f *failure) write(w http.ResponseWriter) {
	write(w, f.status, struct {
		Schemas  []string `json:"schemas"`
		ScimType string   `json:"scimType,omitempty"`
		Detail   string   `json:"detail,omitempty"`
		Status   string   `json:"status"` // a string, by the RFC
	}{[]string{"urn:ietf:params:scim:api:messages:2.0:Error"}, f.scimType, f.detail, strconv.Itoa(f.status)})
}

// fail answers an error: ours by its own status, the hub's by whose fault it is.
func (s *server) fail(w http.ResponseWriter, err error) {
	var f *failure
	var e *hub.Error
	switch {
	case errors.As(err, &f):
		s.env.Count("requests_refused")
		f.write(w)
	case errors.As(err, &e) && e.Kind == hub.NotFound:
		errNotFound.write(w)
	case errors.As(err, &e) && e.Kind == hub.Invalid:
		s.env.Count("requests_refused")
		(&failure{http.StatusBadRequest, "invalidValue", "the resource cannot be stored as it is"}).write(w)
	default:
		s.env.Count("inbox_unavailable")
		s.env.Log.Warn("request not served", "error", err)
		s.setHealthy(false)
		w.Header().Set("Retry-After", "2")
		(&failure{http.StatusServiceUnavailable, "", "nothing was stored; please try again"}).write(w)
	}
}
