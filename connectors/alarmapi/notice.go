package alarmapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
)

// notice is the body of POST /v1/events.
type notice struct {
	Action   string `json:"action"`
	DedupKey string `json:"dedup_key"`
	Kind     string `json:"kind,omitempty"`
	Priority string `json:"priority,omitempty"`
	Ward     string `json:"ward,omitempty"`
	Room     string `json:"room,omitempty"`
	Bed      string `json:"bed,omitempty"`
	Text     string `json:"text,omitempty"`
	Caller   string `json:"caller,omitempty"`
}

// fieldError names one thing that is wrong with a request.
type fieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// parseNotice reads and checks an event. It is strict: a field that is misspelt would
// otherwise be an alarm without its ward.
func parseNotice(body []byte) (notice, []fieldError) {
	var n notice
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&n); err != nil {
		return n, []fieldError{jsonError(err)}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return n, []fieldError{{"", "there is something after the object"}}
	}
	return n, n.check()
}

// jsonError names the place without quoting the value.
func jsonError(err error) fieldError {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case unknown:
		return fieldError{strings.Trim(name, `"`), "this field is not known"}
	case errors.As(err, &wrong):
		return fieldError{wrong.Field, "this must be a " + wrong.Type.String()}
	case errors.As(err, &syntax):
		return fieldError{"", fmt.Sprintf("this is not JSON, at byte %d", syntax.Offset)}
	}
	return fieldError{"", "this is not a JSON object"}
}

// check names everything that is wrong at once, so that a caller does not find out one
// field at a time. Limits are in bytes, as the database and alerting.Signal count.
func (n *notice) check() (wrong []fieldError) {
	bad := func(ok bool, field, reason string) {
		if !ok {
			wrong = append(wrong, fieldError{field, reason})
		}
	}
	bad(n.Action == "trigger" || n.Action == "resolve", "action", "this must be trigger or resolve")
	bad(n.DedupKey != "", "dedup_key", "this must not be empty")
	_, known := priority(n.Priority)
	bad(known || n.Priority == "", "priority", "this must be emergency, urgent, normal, low or info")
	for _, f := range []struct {
		field, text string
		limit       int
	}{{"dedup_key", n.DedupKey, 255}, {"kind", n.Kind, 64}, {"ward", n.Ward, 64}, {"room", n.Room, 64}, {"bed", n.Bed, 64}, {"caller", n.Caller, 255}, {"text", n.Text, 1000}} {
		bad(len(f.text) <= f.limit, f.field, fmt.Sprintf("this must be at most %d bytes", f.limit))
		bad(utf8.ValidString(f.text) && !strings.Contains(f.text, "\x00"), f.field, "this must be text in UTF-8")
	}
	return wrong
}

// priorities are the words of the interface, which never change.
func priorities() []string { return []string{"info", "low", "normal", "urgent", "emergency"} }

func priority(word string) (alerting.Priority, bool) {
	i := slices.Index(priorities(), word)
	return alerting.Priority(max(i, 0)), i >= 0
}

// signal maps an event; kind is used where it names none. The time is left unknown: clocks
// of callers differ, and the hub's own time of receipt is close enough.
func (n *notice) signal(kind string) alerting.Signal {
	p, known := priority(n.Priority)
	if !known {
		p = alerting.Normal
	}
	s := alerting.Signal{Ref: n.DedupKey, Phase: alerting.PhaseRaise, Kind: kind, Priority: p, Ward: n.Ward, Room: n.Room,
		Bed: n.Bed, Text: n.Text, Caller: n.Caller}
	if n.Kind != "" {
		s.Kind = n.Kind
	}
	if n.Action == "resolve" {
		s.Phase = alerting.PhaseResolve
	}
	s.Technical = s.Kind == "technical"
	return s
}

// accepted answers an event.
type accepted struct {
	StatusURL string `json:"status_url"`
}

// acceptedBatch answers a webhook.
type acceptedBatch struct {
	Accepted int `json:"accepted"`
}

// status answers GET /v1/alerts/{dedup_key}.
type status struct {
	DedupKey   string     `json:"dedup_key"`
	AlertID    string     `json:"alert_id"`
	State      string     `json:"state"`
	Kind       string     `json:"kind"`
	Priority   string     `json:"priority"`
	Ward       string     `json:"ward"`
	Room       string     `json:"room"`
	Bed        string     `json:"bed"`
	AcceptedBy []string   `json:"accepted_by"`
	RaisedAt   time.Time  `json:"raised_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

// newStatus says what the caller may know of an alert: no text, no caller, no rule, and of
// people only the names of those who accepted.
func newStatus(a alerting.Alert) status {
	word := "normal"
	if i := int(a.Priority); i >= 0 && i < len(priorities()) {
		word = priorities()[i]
	}
	return status{DedupKey: a.Ref, AlertID: string(a.ID), State: string(a.State), Kind: a.Kind, Priority: word, Ward: a.Ward,
		Room: a.Room, Bed: a.Bed, AcceptedBy: []string{}, RaisedAt: a.RaisedAt, UpdatedAt: a.UpdatedAt, EndedAt: timeOrNil(a.EndedAt)}
}

// webhook is the body Alertmanager sends (version 4). Later versions may add fields, so
// unknown ones are accepted here.
type webhook struct {
	Version string            `json:"version"`
	Alerts  []json.RawMessage `json:"alerts"`
}

// amAlert is one alert of a webhook.
type amAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Fingerprint string            `json:"fingerprint"`

	body []byte
}

// parseWebhook reads a webhook and keeps each alert's own bytes, which are what is stored:
// one alert, one input, however Alertmanager groups them.
func parseWebhook(body []byte) ([]amAlert, []fieldError) {
	var w webhook
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, []fieldError{jsonError(err)}
	}
	if w.Version != "4" {
		return nil, []fieldError{{"version", `this must be "4"`}}
	}
	var out []amAlert
	var wrong []fieldError
	for i, raw := range w.Alerts {
		a := amAlert{body: raw}
		place := fmt.Sprintf("alerts[%d]", i)
		switch err := json.Unmarshal(raw, &a); {
		case err != nil:
			wrong = append(wrong, fieldError{place, jsonError(err).Reason})
		case a.Status != "firing" && a.Status != "resolved":
			wrong = append(wrong, fieldError{place + ".status", "this must be firing or resolved"})
		case a.Fingerprint == "" || len(a.Fingerprint) > 255 || strings.Contains(a.Fingerprint, "\x00"):
			wrong = append(wrong, fieldError{place + ".fingerprint", "this must be 1 to 255 bytes"})
		}
		out = append(out, a)
	}
	return out, wrong
}

// signal maps an alert: the fingerprint is the dedup key, so that firing and resolved of
// the same labels meet; place, kind and priority are labels, the text an annotation.
func (a *amAlert) signal(kind string) alerting.Signal {
	p, known := priority(a.Labels["priority"])
	if !known {
		p = severity(a.Labels["severity"])
	}
	n := notice{DedupKey: a.Fingerprint, Action: "trigger", Kind: cut(a.Labels["kind"], 64), Ward: cut(a.Labels["ward"], 64),
		Room: cut(a.Labels["room"], 64), Bed: cut(a.Labels["bed"], 64), Caller: cut(a.Labels["instance"], 255)}
	for _, text := range []string{a.Annotations["summary"], a.Annotations["description"], a.Labels["alertname"]} {
		if n.Text == "" {
			n.Text = cut(text, 1000)
		}
	}
	s := n.signal(kind)
	s.Priority, s.At = p, a.StartsAt
	if a.Status == "resolved" {
		s.Phase, s.At = alerting.PhaseResolve, a.EndsAt
	}
	return s
}

// severity reads the label most rule sets use.
func severity(s string) alerting.Priority {
	switch strings.ToLower(s) {
	case "emergency", "page":
		return alerting.Emergency
	case "critical", "error", "major":
		return alerting.Urgent
	case "minor":
		return alerting.Low
	case "info", "none", "debug":
		return alerting.Info
	}
	return alerting.Normal
}

// raw describes one alert of a webhook. Alertmanager repeats what still fires: the same
// alert in the same state since the same time is the same input.
func (a *amAlert) raw(peer string, now time.Time) connectors.Raw {
	sum := sha256.Sum256(a.body)
	return connectors.Raw{Key: "am/" + hex.EncodeToString(sum[:]), Type: "POST /v1/alertmanager", ControlID: a.Fingerprint,
		Peer: peer, Body: a.body, Received: now}
}

// cut shortens s to n bytes on a whole character, and takes out NUL, which cannot be
// stored: Alertmanager would send the same alert for ever.
func cut(s string, n int) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// problem is an error answer after RFC 9457.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Errors []fieldError `json:"errors,omitempty"`
}

func (p problem) write(w http.ResponseWriter) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// limits is the rate of each token. Tokens are few: they are made by administrators.
type limits struct {
	perSecond int
	mu        sync.Mutex
	byToken   map[string]*rate.Limiter
}

func newLimits(perSecond int) *limits {
	return &limits{perSecond: perSecond, byToken: map[string]*rate.Limiter{}}
}

// allow takes one event from a token's allowance, which is that of two seconds at most.
func (l *limits) allow(token string, now time.Time) bool {
	if l.perSecond == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.byToken[token]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(l.perSecond), 2*l.perSecond)
		l.byToken[token] = limiter
	}
	return limiter.AllowN(now, 1)
}
