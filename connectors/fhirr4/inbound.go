package fhirr4

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// Times a sender has. A bundle may be large and its sender slow; whoever needs longer is
// stuck.
const (
	headerTime = 5 * time.Second
	readTime   = time.Minute
	writeTime  = 2 * time.Minute
	idleTime   = 2 * time.Minute
	drainTime  = 5 * time.Second
)

// serve answers until ctx ends and the requests in hand are answered.
func (s *source) serve(ctx context.Context) error {
	srv := &http.Server{Handler: s.routes(), TLSConfig: s.tls, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(faults{s.env.Count}, "", 0)}
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

// faults counts what net/http only logs. The text is dropped: it may quote the peer.
type faults struct{ count func(string) }

func (f faults) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "TLS handshake error") {
		f.count("tls_failed")
	} else {
		f.count("connections_failed")
	}
	return len(p), nil
}

// gate lets in the allowed peers only.
type gate struct {
	net.Listener
	source *source
}

func (g gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil || g.source.peers.Allow(conn.RemoteAddr()) {
			return conn, err
		}
		g.source.env.Count("peer_refused")
		conn.Close()
	}
}

// The types of stored inputs: what was asked, without an id.
const (
	typeBundle = "POST /fhir"
	typePost   = "POST /fhir/Practitioner"
	typePut    = "PUT /fhir/Practitioner"
)

func (s *source) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fhir", func(w http.ResponseWriter, r *http.Request) { s.take(w, r, typeBundle) })
	mux.HandleFunc("POST /fhir/{$}", func(w http.ResponseWriter, r *http.Request) { s.take(w, r, typeBundle) })
	mux.HandleFunc("POST /fhir/Practitioner", func(w http.ResponseWriter, r *http.Request) { s.take(w, r, typePost) })
	mux.HandleFunc("PUT /fhir/Practitioner/{id}", func(w http.ResponseWriter, r *http.Request) { s.take(w, r, typePut) })
	mux.HandleFunc("GET /fhir/metadata", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, capability(s.env.Now())) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for _, path := range []string{"/fhir", "/fhir/", "/fhir/Practitioner", "/fhir/metadata"} {
			if r.URL.Path == path {
				refuse(w, http.StatusMethodNotAllowed, "not-supported", "this address does not take this method; see /fhir/metadata")
				return
			}
		}
		refuse(w, http.StatusNotFound, "not-found", "there is nothing at this address; see /fhir/metadata")
	})
	return s.guard(mux)
}

// guard sets what every answer has, and turns a panic into an answer and a count.
func (s *source) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			if recover() != nil { // its value may quote the request
				s.env.Count("panics")
				refuse(w, http.StatusInternalServerError, "exception", "this could not be handled")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// take handles one request. The order of the checks is the order of what they cost and of
// what they tell: without a token a caller learns nothing about the form of a bundle.
func (s *source) take(w http.ResponseWriter, r *http.Request, kind string) {
	g, ok := s.grant(w, r)
	if !ok {
		return
	}
	body, ok := s.body(w, r)
	if !ok {
		return
	}
	in := s.read(kind, r.PathValue("id"), body)
	if in.status == 0 { // nothing to keep: it was no FHIR at all
		s.env.Count("requests_invalid")
		refuse(w, http.StatusBadRequest, in.fault.Name, in.fault.Reason)
		return
	}
	raw := connectors.Raw{Key: requestKey(r, g, body), Type: kind, ControlID: control(r), Peer: connectors.PeerHost(remote(r.RemoteAddr)), Body: body, Received: s.env.Now()}
	// A caller that hangs up has not withdrawn what it said.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 30*time.Second)
	defer cancel()
	if err := put(ctx, s.env.Inbox, raw, in); err != nil {
		s.unavailable(w, err)
		return
	}
	s.setHealthy(true)
	if in.fault != nil {
		s.env.Count("fault_" + in.fault.Name)
	}
	in.answer(w)
}

// put stores an input and its effect. Where only some entries could be used, the input is
// stored once more with the fault, so that the administrator sees them.
func put(ctx context.Context, in connectors.Inbox, raw connectors.Raw, m inputs) error {
	raw.Warnings = append(raw.Warnings, m.notes...)
	if m.fault == nil || len(m.changes) > 0 {
		if err := in.PutChanges(ctx, raw, m.changes...); err != nil || m.fault == nil {
			return err
		}
		raw.Key += "/refused"
	}
	raw.Fault = m.fault
	return in.PutChanges(ctx, raw)
}

// Replay maps a stored input again, with the configuration that runs now.
func (s *source) Replay(ctx context.Context, in connectors.Inbox, raw connectors.Raw) error {
	raw.Fault, raw.Warnings = nil, nil
	m := s.read(raw.Type, "", raw.Body)
	if m.status == 0 {
		return &hub.Error{Op: "fhirr4.replay", Kind: hub.Invalid, Code: m.fault.Name, Err: errors.New(m.fault.Reason)}
	}
	return put(ctx, in, raw, m)
}

// grant finds what the caller's token allows, before anything of the body is read; false
// means that the answer is written.
func (s *source) grant(w http.ResponseWriter, r *http.Request) (connectors.Grant, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var g connectors.Grant
	err := error(hub.E("fhirr4.grant", hub.Unauthenticated, "no_token", ""))
	if ok && token != "" {
		g, err = s.env.Grant(r.Context(), token)
	}
	switch {
	case err == nil && slices.Contains(g.Scopes, "staff"):
		return g, true
	case err == nil:
		s.env.Count("scope_refused")
		refuse(w, http.StatusForbidden, "forbidden", "this token lacks the scope staff")
	case hub.KindOf(err) == hub.Unauthenticated:
		s.env.Count("token_refused")
		w.Header().Set("WWW-Authenticate", `Bearer realm="staff"`)
		refuse(w, http.StatusUnauthorized, "login", "a valid token is needed: Authorization: Bearer ...")
	default:
		s.unavailable(w, err)
	}
	return g, false
}

// body reads a request's body; false means that the answer is written. The limit holds while
// reading: a body of any announced length costs no more than it.
func (s *source) body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if set := params["charset"]; err != nil || kind != "application/fhir+json" && kind != "application/json" || set != "" && !strings.EqualFold(set, "utf-8") {
		s.env.Count("requests_invalid")
		refuse(w, http.StatusUnsupportedMediaType, "not-supported", "Content-Type must be application/fhir+json in UTF-8")
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.config.Inbound.MaxBytes)))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &tooLarge):
		s.env.Count("requests_too_large")
		refuse(w, http.StatusRequestEntityTooLarge, "too-long", fmt.Sprintf("at most %d bytes", s.config.Inbound.MaxBytes))
	default:
		s.env.Count("requests_half")
		refuse(w, http.StatusBadRequest, "incomplete", "the body could not be read")
	}
	return nil, false
}

// unavailable answers what failed on our side.
func (s *source) unavailable(w http.ResponseWriter, err error) {
	s.setHealthy(false)
	s.env.Count("inbox_unavailable")
	s.env.Log.Warn("bundle not stored", "error", err)
	w.Header().Set("Retry-After", "2")
	refuse(w, http.StatusServiceUnavailable, "transient", "nothing was stored; please try again")
}

// requestKey makes a repeated request with the same Idempotency-Key harmless. Without one
// each request is an input of its own: the same bundle again says the same and changes
// nobody, but after another one in between it is news.
func requestKey(r *http.Request, g connectors.Grant, body []byte) string {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return string(hub.NewID[hub.MessageID]())
	}
	sum := sha256.Sum256(slices.Concat([]byte(g.TokenID+"\x00"+key+"\x00"), body))
	return "idem/" + hex.EncodeToString(sum[:])
}

// control is the sender's own name of a request, kept where it is a plain one.
func control(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) > 100 || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ""
	}
	return id
}

// remote is the address of the connection; forwarding headers are the caller's to invent.
func remote(addr string) net.Addr { return peer(addr) }

type peer string

func (peer) Network() string  { return "tcp" }
func (p peer) String() string { return string(p) }

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may have hung up: what it said is stored
}

// refuse answers with an OperationOutcome.
func refuse(w http.ResponseWriter, status int, code, text string) {
	write(w, status, failed(code, text))
}
