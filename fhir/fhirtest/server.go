// Package fhirtest is a FHIR server of resources held in memory, for tests of what reads
// from one: it pages, counts, tells its clock, knows _lastUpdated, _id, practitioner and
// _revinclude, and fails as it is told.
package fhirtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is one server below /fhir. Its fields are set before the first request.
type Server struct {
	*httptest.Server
	// Before may answer a request instead of the server; it says so by true.
	Before func(w http.ResponseWriter, r *http.Request) bool
	Now    func() time.Time // the clock of the Date header
	// History makes the server keep and offer what was there before.
	History bool

	mu        sync.Mutex
	resources []json.RawMessage
	past      []version // oldest first
	requests  []string
	tokens    map[string]bool
	issued    int
}

// Head is what the server looks at in a resource.
type Head struct {
	Type string `json:"resourceType"`
	ID   string `json:"id"`
	Meta struct {
		LastUpdated time.Time `json:"lastUpdated"`
	} `json:"meta"`
	Practitioner struct {
		Reference string `json:"reference"`
	} `json:"practitioner"`
	Identifier []Identifier `json:"identifier"`
}

// Identifier is one by which a resource is found.
type Identifier struct {
	Value string `json:"value"`
}

// New starts a server, with TLS where start says so, and stops it with the test.
func New(t testing.TB, start func(http.Handler) *httptest.Server) *Server {
	s := &Server{tokens: map[string]bool{}, Now: time.Now}
	s.Server = start(http.HandlerFunc(s.serve))
	t.Cleanup(s.Server.Close)
	return s
}

// Base is the address to configure.
func (s *Server) Base() string { return s.URL + "/fhir" }

// Put adds resources, or replaces those with the same type and id.
func (s *Server) Put(raws ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range raws {
		h := head([]byte(raw))
		s.past = append(s.past, version{h.Type, h.ID, json.RawMessage(raw), s.Now()})
		i := slices.IndexFunc(s.resources, func(r json.RawMessage) bool { o := head(r); return o.Type == h.Type && o.ID == h.ID })
		if i >= 0 {
			s.resources[i] = json.RawMessage(raw)
		} else {
			s.resources = append(s.resources, json.RawMessage(raw))
		}
	}
}

// Delete takes a resource away, without a trace where there is no History.
func (s *Server) Delete(kind, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = append(s.past, version{kind, id, nil, s.Now()})
	s.resources = slices.DeleteFunc(s.resources, func(r json.RawMessage) bool { h := head(r); return h.Type == kind && h.ID == id })
}

// Requests returns what was asked so far: "GET /fhir/Practitioner?_count=2".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Revoke makes every token that was issued worthless.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]bool{}
}

// Issued is how many tokens were given out.
func (s *Server) Issued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued
}

func head(raw []byte) (h Head) {
	_ = json.Unmarshal(raw, &h) // a resource that is broken on purpose has what it has
	return h
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
	s.mu.Unlock()
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	if s.Before != nil && s.Before(w, r) {
		return
	}
	switch path := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
	case r.URL.Path == "/token":
		s.token(w)
	case r.URL.Path == "/fhir/metadata":
		s.write(w, r, s.capabilities())
	case s.History && len(path) > 2 && path[len(path)-1] == "_history":
		s.history(w, r, path[1], strings.Join(path[2:len(path)-1], ""))
	case len(path) == 2:
		s.search(w, r, path[1])
	case len(path) == 3:
		s.read(w, r, path[1], path[2])
	default:
		Outcome(w, http.StatusNotFound, "not-found")
	}
}

// Signed refuses a request without a token that was issued and is still good.
func (s *Server) Signed(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/token" || s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
		return false
	}
	Outcome(w, http.StatusUnauthorized, "login")
	return true
}

func (s *Server) token(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	name := "token-" + strconv.Itoa(s.issued)
	s.tokens[name] = true
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, name)
}

// Outcome answers with an OperationOutcome whose text must reach no log.
func Outcome(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":%q,"diagnostics":"Eva Geheim"}]}`, code)
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, kind, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range s.resources {
		if h := head(raw); h.Type == kind && h.ID == id {
			s.write(w, r, raw)
			return
		}
	}
	if s.History && slices.ContainsFunc(s.past, func(v version) bool { return v.kind == kind && v.id == id }) {
		Outcome(w, http.StatusGone, "deleted")
		return
	}
	Outcome(w, http.StatusNotFound, "not-found")
}

// search answers one page. Pages are found again by _offset, as simple servers do.
func (s *Server) search(w http.ResponseWriter, r *http.Request, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	var matches []json.RawMessage
	for _, raw := range s.resources {
		if matchesQuery(head(raw), kind, q) {
			matches = append(matches, raw)
		}
	}
	count, offset := number(q.Get("_count"), 50), number(q.Get("_offset"), 0)
	entries := []map[string]any{}
	page := matches[min(offset, len(matches)):min(offset+count, len(matches))]
	for _, raw := range page {
		entries = append(entries, entry(raw, "match"))
		if q.Has("_revinclude") {
			for _, role := range s.resources {
				if o := head(role); o.Type == "PractitionerRole" && o.Practitioner.Reference == kind+"/"+head(raw).ID {
					entries = append(entries, entry(role, "include"))
				}
			}
		}
	}
	bundle := map[string]any{"resourceType": "Bundle", "type": "searchset", "total": len(matches), "entry": entries}
	s.link(bundle, r.URL, offset+count, len(matches))
	s.write(w, r, bundle)
}

// link names the next page of a bundle, where there is one.
func (s *Server) link(bundle map[string]any, u *url.URL, offset, of int) {
	if offset >= of {
		return
	}
	next, q := *u, u.Query()
	q.Set("_offset", strconv.Itoa(offset))
	next.RawQuery = q.Encode()
	bundle["link"] = []map[string]string{{"relation": "next", "url": s.URL + next.RequestURI()}}
}

func entry(raw json.RawMessage, mode string) map[string]any {
	return map[string]any{"resource": raw, "search": map[string]string{"mode": mode}}
}

func matchesQuery(h Head, kind string, q url.Values) bool {
	if h.Type != kind || q.Has("_id") && q.Get("_id") != h.ID {
		return false
	}
	if who := q.Get("practitioner"); who != "" && h.Practitioner.Reference != who {
		return false
	}
	if value := q.Get("identifier"); value != "" {
		_, plain, _ := strings.Cut("|"+value, "|")
		if at := strings.LastIndex(value, "|"); at >= 0 {
			plain = value[at+1:]
		}
		if !slices.ContainsFunc(h.Identifier, func(i Identifier) bool { return i.Value == plain }) {
			return false
		}
	}
	since, err := time.Parse(time.RFC3339, strings.TrimPrefix(q.Get("_lastUpdated"), "ge"))
	return err != nil || !h.Meta.LastUpdated.Before(since)
}

func number(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return otherwise
}

// write answers with a document and its ETag, or with 304.
func (s *Server) write(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil { // a resource that is broken on purpose
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(body)
	etag := `W/"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/fhir+json;charset=UTF-8")
	_, _ = w.Write(body)
}
