package alarmapi

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

//go:embed openapi.json
var openapi []byte

// server is one connector.
type server struct {
	config Config
	env    connectors.Env
	peers  connectors.Peers
	limits *limits
	tls    *tls.Config
	ln     net.Listener

	reporting sync.Mutex // keeps an older health from being reported after a newer one

	mu      sync.Mutex
	healthy bool
}

// Prepare reads the certificate and takes the address.
func (s *server) Prepare() (err error) {
	if s.tls, err = s.config.TLS.Load(s.env.Now()); err != nil {
		return err
	}
	s.ln, err = s.env.Listen("tcp", s.config.Address)
	return err
}

// Check is the Test button.
func (s *server) Check(context.Context) []connectors.Check {
	return connectors.CheckListener(s.env, s.config.Address, s.config.TLS)
}

// Run serves until ctx ends and the requests in hand are answered.
func (s *server) Run(ctx context.Context) error {
	s.report()
	srv := s.http()
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if srv.Shutdown(bound) != nil {
			srv.Close()
		}
	})
	var err error
	if s.tls != nil {
		err = srv.ServeTLS(gate{s.ln, s}, "", "")
	} else {
		err = srv.Serve(gate{s.ln, s})
	}
	if !stop() { // the shutdown has begun: wait for it
		<-drained
		return nil
	}
	srv.Close()
	return fmt.Errorf("serve HTTP: %w", err)
}

// route is one operation; openapi.json lists the same.
type route struct {
	method, path string
	handle       http.HandlerFunc
}

func (s *server) table() []route {
	return []route{
		{"POST", "/v1/events", s.postEvent},
		{"GET", "/v1/alerts/{dedup_key}", s.getAlert},
		{"POST", "/v1/alertmanager", s.postAlertmanager},
		{"GET", "/openapi.json", s.getOpenAPI},
	}
}

// routes turns the table into a handler. Wrong methods and unknown addresses get a problem
// after RFC 9457 too, not the plain text net/http would write.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.table() {
		pattern := strings.Replace(r.path, "{dedup_key}", "{dedup_key...}", 1) // keys may hold slashes
		mux.HandleFunc(r.method+" "+pattern, r.handle)
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", r.method)
			problem{Status: http.StatusMethodNotAllowed, Detail: "this address takes " + r.method}.write(w)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem{Status: http.StatusNotFound, Detail: "there is nothing at this address; see /openapi.json"}.write(w)
	})
	return s.guard(mux)
}

// guard sets what every answer has, and turns a panic into an answer and a count.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			if recover() != nil { // its value may quote the request
				s.env.Count("panics")
				problem{Status: http.StatusInternalServerError}.write(w)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *server) getOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(openapi)
}

// grant finds what the caller's token allows, before anything of the body is read; false
// means that the answer is written.
func (s *server) grant(w http.ResponseWriter, r *http.Request) (connectors.Grant, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var g connectors.Grant
	err := error(hub.E("alarmapi.grant", hub.Unauthenticated, "no_token", ""))
	if ok && token != "" {
		g, err = s.env.Grant(r.Context(), token)
	}
	switch {
	case err == nil:
		return g, true
	case hub.KindOf(err) == hub.Unauthenticated:
		s.env.Count("token_refused")
		w.Header().Set("WWW-Authenticate", `Bearer realm="alarms"`)
		problem{Status: http.StatusUnauthorized, Detail: "a valid token is needed: Authorization: Bearer ..."}.write(w)
	default:
		s.unavailable(w, err)
	}
	return g, false
}

// scope checks one right of a token; false means that the answer is written.
func (s *server) scope(w http.ResponseWriter, g connectors.Grant, scope string) bool {
	if slices.Contains(g.Scopes, scope) {
		return true
	}
	s.env.Count("scope_refused")
	problem{Status: http.StatusForbidden, Detail: "this token lacks the scope " + scope}.write(w)
	return false
}

// covers reports whether a token reaches a ward. One without a list reaches all.
func covers(g connectors.Grant, ward string) bool {
	return len(g.Wards) == 0 || slices.ContainsFunc(g.Wards, func(w string) bool { return strings.EqualFold(w, ward) })
}

// postEvent takes one alarm or its end. The order of the checks is the order of what they
// cost and of what they tell: a caller without a token learns nothing about the form of an
// event, and only an event that is whole, allowed and not too many reaches the database.
// Emergencies pass the limit always: a flood of them is a worse sign, not a lesser one.
func (s *server) postEvent(w http.ResponseWriter, r *http.Request) {
	g, ok := s.grant(w, r)
	if !ok {
		return
	}
	body, ok := s.body(w, r, 64<<10)
	if !ok {
		return
	}
	n, wrong := parseNotice(body)
	if len(wrong) > 0 {
		s.env.Count("requests_invalid")
		problem{Status: http.StatusUnprocessableEntity, Detail: "the event is not valid", Errors: wrong}.write(w)
		return
	}
	if !s.scope(w, g, n.Action) || !s.reaches(w, r, g, n) {
		return
	}
	signal := n.signal(s.config.SignalKind)
	if signal.Priority < alerting.Emergency && !s.limits.allow(g.TokenID, s.env.Now()) {
		s.env.Count("rate_limited")
		w.Header().Set("Retry-After", "1")
		problem{Status: http.StatusTooManyRequests, Detail: "too many events from this token"}.write(w)
		return
	}
	raw := connectors.Raw{Key: idempotencyKey(r, g, body), Type: "POST /v1/events", ControlID: n.DedupKey, Peer: peer(r),
		Body: body, Received: s.env.Now()}
	if err := s.put(r.Context(), raw, signal); err != nil {
		s.unavailable(w, err)
		return
	}
	url := statusURL(n.DedupKey)
	w.Header().Set("Location", url)
	write(w, http.StatusAccepted, accepted{StatusURL: url})
}

// reaches checks a token's wards: that of the event, and that of the running alert with
// the same key, so that nobody ends or changes another ward's alarm.
func (s *server) reaches(w http.ResponseWriter, r *http.Request, g connectors.Grant, n notice) bool {
	if len(g.Wards) == 0 {
		return true
	}
	allowed, err := s.owns(r.Context(), g, n.DedupKey)
	if err != nil {
		s.unavailable(w, err)
		return false
	}
	if allowed = allowed && (n.Action == "resolve" || covers(g, n.Ward)); !allowed {
		s.env.Count("ward_refused")
		problem{Status: http.StatusForbidden, Detail: "this token is not for that ward"}.write(w)
	}
	return allowed
}

// owns reports whether the running alert with a key, if there is one, is in a token's wards.
func (s *server) owns(ctx context.Context, g connectors.Grant, key string) (bool, error) {
	running, err := s.env.Status(ctx, key)
	switch {
	case err == nil:
		return running.State.Final() || covers(g, running.Ward), nil
	case hub.KindOf(err) == hub.NotFound:
		return true, nil
	}
	return false, err
}

// getAlert says where an alert stands. One of another ward is not found.
func (s *server) getAlert(w http.ResponseWriter, r *http.Request) {
	g, ok := s.grant(w, r)
	if !ok || !s.scope(w, g, "status") {
		return
	}
	key := r.PathValue("dedup_key")
	a, err := s.env.Status(r.Context(), key)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		s.unavailable(w, err)
		return
	}
	if err != nil || !covers(g, a.Ward) {
		problem{Status: http.StatusNotFound, Detail: "there is no alert with this dedup_key"}.write(w)
		return
	}
	out := newStatus(a)
	if len(a.AcceptedBy) > 0 && s.env.Names != nil {
		names, err := s.env.Names(r.Context(), a.AcceptedBy)
		if err != nil {
			s.unavailable(w, err)
			return
		}
		for _, user := range a.AcceptedBy {
			if name := names[user]; name != "" {
				out.AcceptedBy = append(out.AcceptedBy, name)
			}
		}
	}
	write(w, http.StatusOK, out)
}

// postAlertmanager takes a webhook of Prometheus Alertmanager. All alerts a token may send
// are taken; it repeats the whole body after anything but 2xx, which does no harm.
func (s *server) postAlertmanager(w http.ResponseWriter, r *http.Request) {
	g, ok := s.grant(w, r)
	if !ok || !s.scope(w, g, "trigger") {
		return
	}
	body, ok := s.body(w, r, 1<<20)
	if !ok {
		return
	}
	alerts, wrong := parseWebhook(body)
	if len(wrong) > 0 {
		s.env.Count("requests_invalid")
		problem{Status: http.StatusUnprocessableEntity, Detail: "this is no webhook of Alertmanager version 4", Errors: wrong}.write(w)
		return
	}
	refused := 0
	for _, a := range alerts {
		signal := a.signal(s.config.SignalKind)
		allowed := len(g.Wards) == 0
		if !allowed && covers(g, signal.Ward) {
			var err error
			if allowed, err = s.owns(r.Context(), g, signal.Ref); err != nil {
				s.unavailable(w, err)
				return
			}
		}
		if !allowed {
			s.env.Count("ward_refused")
			refused++
			continue
		}
		if err := s.put(r.Context(), a.raw(peer(r), s.env.Now()), signal); err != nil {
			s.unavailable(w, err)
			return
		}
	}
	if refused > 0 {
		problem{Status: http.StatusForbidden, Detail: fmt.Sprintf("this token is not for the wards of %d of %d alerts", refused, len(alerts))}.write(w)
		return
	}
	write(w, http.StatusAccepted, acceptedBatch{Accepted: len(alerts)})
}

// body reads a request's body up to a limit; false means that the answer is written.
// The limit holds while reading: a body of any announced length costs no more than it.
func (s *server) body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &tooLarge):
		s.env.Count("requests_too_large")
		problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("at most %d bytes", limit)}.write(w)
	default:
		s.env.Count("requests_half")
		problem{Status: http.StatusBadRequest, Detail: "the body could not be read"}.write(w)
	}
	return nil, false
}

// put commits the alarm; the error is that of the inbox. Refusals that are the caller's
// fault do not count against our health.
func (s *server) put(ctx context.Context, raw connectors.Raw, signal alerting.Signal) error {
	// A caller that hangs up has not withdrawn its alarm.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := s.env.Inbox.PutSignal(ctx, raw, signal)
	s.setHealthy(err == nil || hub.KindOf(err) == hub.Invalid)
	return err
}

// unavailable answers what failed on our side. An alarm that the rules of alerting refuse
// is the caller's fault instead, and must not be sent again for ever.
func (s *server) unavailable(w http.ResponseWriter, err error) {
	var e *hub.Error
	if errors.As(err, &e) && e.Kind == hub.Invalid {
		s.env.Count("requests_invalid")
		problem{Status: http.StatusUnprocessableEntity, Detail: "the event is not valid", Errors: []fieldError{{e.Field, e.Code}}}.write(w)
		return
	}
	s.env.Count("inbox_unavailable")
	s.env.Log.Warn("request not served", "error", err)
	w.Header().Set("Retry-After", "2")
	problem{Status: http.StatusServiceUnavailable, Detail: "nothing was stored; please try again"}.write(w)
}

// Replay maps a stored request again.
func (s *server) Replay(ctx context.Context, in connectors.Inbox, raw connectors.Raw) error {
	raw.Fault = nil
	if raw.Type == "POST /v1/alertmanager" {
		var a amAlert
		if err := json.Unmarshal(raw.Body, &a); err != nil {
			return hub.E("alarmapi.replay", hub.Invalid, "malformed", "%w", err)
		}
		return in.PutSignal(ctx, raw, a.signal(s.config.SignalKind))
	}
	n, wrong := parseNotice(raw.Body)
	if len(wrong) > 0 {
		return &hub.Error{Op: "alarmapi.replay", Kind: hub.Invalid, Code: "invalid", Field: wrong[0].Field, Err: errors.New(wrong[0].Reason)}
	}
	return in.PutSignal(ctx, raw, n.signal(s.config.SignalKind))
}

func (s *server) setHealthy(ok bool) {
	s.mu.Lock()
	changed := s.healthy != ok
	s.healthy = ok
	s.mu.Unlock()
	if changed {
		s.report()
	}
}

// report tells the console. Sessions do not exist here, so there are no peers to count.
func (s *server) report() {
	s.reporting.Lock()
	defer s.reporting.Unlock()
	s.mu.Lock()
	ok := s.healthy
	s.mu.Unlock()
	if ok {
		s.env.Report(connectors.Health{State: connectors.Up})
		return
	}
	s.env.Report(connectors.Health{State: connectors.Degraded, Detail: "alarms cannot be stored at the moment; callers are asked to try again"})
}

// idempotencyKey makes a repeated request with the same Idempotency-Key harmless. Without
// one each request counts; the alert itself is still one for each dedup_key. The body is
// part of it: a caller that uses one key for different alarms must not lose the second.
func idempotencyKey(r *http.Request, g connectors.Grant, body []byte) string {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return string(hub.NewID[hub.MessageID]())
	}
	sum := sha256.Sum256(slices.Concat([]byte(g.TokenID+"\x00"+key+"\x00"), body))
	return "idem/" + hex.EncodeToString(sum[:])
}

// statusURL is relative, so that it is right behind any name or proxy the caller used.
func statusURL(key string) string { return "/v1/alerts/" + url.PathEscape(key) }

// peer is the address of the connection; forwarding headers are the caller's to invent.
func peer(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return a.Addr().String()
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
