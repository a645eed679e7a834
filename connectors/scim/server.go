package scim

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Times a caller has, and what a request may weigh: 1 MiB holds a group of 10,000.
const (
	headerTime = 5 * time.Second
	bodyTime   = 20 * time.Second
	writeTime  = time.Minute
	idleTime   = 2 * time.Minute
	drainTime  = 5 * time.Second
	maxBody    = 1 << 20
)

const base = "/scim/v2"

// server is one connector.
type server struct {
	config    Config
	env       connectors.Env
	peers     connectors.Peers
	limits    *limits
	discovery http.Handler
	tls       *tls.Config
	ln        net.Listener

	writes sync.Mutex // what is read, changed and written must not cross on this node

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
	s.env.Report(connectors.Health{State: connectors.Up})
	srv := &http.Server{Handler: s.guard(), TLSConfig: s.tls, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0)}
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
	if !stop() {
		<-drained
		return nil
	}
	srv.Close()
	return fmt.Errorf("serve HTTP: %w", err)
}

// gate lets in the allowed peers only.
type gate struct {
	net.Listener
	server *server
}

func (g gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil || g.server.peers.Allow(conn.RemoteAddr()) {
			return conn, err
		}
		g.server.env.Count("peer_refused")
		conn.Close()
	}
}

// handle is one operation: it returns a status with a body, or an error.
type handle func(r *http.Request) (status int, body any, err error)

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handle{
		"GET /Users": s.listUsers, "POST /Users": s.createUser, "GET /Users/{id}": s.getUser, "PUT /Users/{id}": s.putUser,
		"PATCH /Users/{id}": s.patchUser, "DELETE /Users/{id}": s.deleteUser,
		"GET /Groups": s.listGroups, "POST /Groups": s.createGroup, "GET /Groups/{id}": s.getGroup, "PUT /Groups/{id}": s.putGroup,
		"PATCH /Groups/{id}": s.patchGroup, "DELETE /Groups/{id}": s.deleteGroup,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+base+path, s.serve(h))
	}
	for _, path := range []string{"/Users", "/Users/{id}", "/Groups", "/Groups/{id}"} {
		mux.HandleFunc(base+path, func(w http.ResponseWriter, _ *http.Request) {
			(&failure{http.StatusMethodNotAllowed, "", "this resource does not take this method"}).write(w)
		})
	}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/", "/Schemas", "/Schemas/"} {
		mux.Handle("GET "+base+path, http.StripPrefix("/scim", s.discovery))
	}
	for _, path := range []string{"/Bulk", "/Me", "/.search"} {
		mux.HandleFunc(base+path, func(w http.ResponseWriter, _ *http.Request) {
			(&failure{http.StatusNotImplemented, "", "this is not supported"}).write(w)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		(&failure{http.StatusNotFound, "", "there is nothing at this address"}).write(w)
	})
	return mux
}

// guard asks for the token before anything else, discovery included, and turns a panic into
// an answer and a count.
func (s *server) guard() http.Handler {
	next := s.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			if recover() != nil { // its value may quote the request
				s.env.Count("panics")
				(&failure{http.StatusInternalServerError, "", ""}).write(w)
			}
		}()
		if s.allowed(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

func (s *server) allowed(w http.ResponseWriter, r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	var g connectors.Grant
	err := error(hub.E("scim.grant", hub.Unauthenticated, "no_token", ""))
	if strings.EqualFold(scheme, "Bearer") && token != "" {
		g, err = s.env.Grant(r.Context(), token)
	}
	switch {
	case err != nil && hub.KindOf(err) == hub.Unauthenticated:
		s.env.Count("token_refused")
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
		(&failure{http.StatusUnauthorized, "", "a valid token is needed"}).write(w)
	case err != nil:
		s.fail(w, err)
	case !slices.Contains(g.Scopes, "staff"):
		s.env.Count("scope_refused")
		(&failure{http.StatusForbidden, "", "this token lacks the scope staff"}).write(w)
	case !s.limits.allow(g.TokenID, s.env.Now()):
		s.env.Count("rate_limited")
		w.Header().Set("Retry-After", "1")
		(&failure{http.StatusTooManyRequests, "", "too many requests from this token"}).write(w)
	default:
		return true
	}
	return false
}

// serve answers by an operation. A caller that hangs up has not taken its request back.
func (s *server) serve(h handle) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if r.Method != http.MethodGet {
			s.writes.Lock()
			defer s.writes.Unlock()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), writeTime/2)
			defer cancel()
			r = r.WithContext(ctx)
		}
		status, body, err := 0, any(nil), error(nil)
		if _, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			err = bad("invalidFilter", "the query cannot be read") // not a list of everybody instead
		} else {
			status, body, err = h(r)
		}
		if err != nil {
			s.fail(w, err)
			return
		}
		s.setHealthy(true)
		if body == nil {
			w.WriteHeader(status)
			return
		}
		if res, ok := body.(resource); ok && status == http.StatusCreated {
			meta, _ := res["meta"].(map[string]any)
			w.Header().Set("Location", fmt.Sprint(meta["location"]))
		}
		write(w, status, body)
	}
}

// read decodes a body into a resource and keeps the bytes for the inbox.
func read(r *http.Request) (resource, []byte, error) {
	body, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, nil, &failure{http.StatusRequestEntityTooLarge, "", fmt.Sprintf("at most %d bytes", maxBody)}
	}
	if err != nil {
		return nil, nil, bad("invalidSyntax", "the body could not be read")
	}
	res, err := decode(body)
	return res, body, err
}

func decode(body []byte) (resource, error) {
	if depth(body) > 16 {
		return nil, bad("invalidSyntax", "the body is nested too deeply")
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var res resource
	if err := dec.Decode(&res); err != nil || res == nil {
		return nil, bad("invalidSyntax", "the body is no JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, bad("invalidSyntax", "there is something after the object")
	}
	return res, nil
}

// depth counts brackets, those in texts included, which only errs to the safe side.
func depth(body []byte) int {
	now, most := 0, 0
	for _, b := range body {
		switch b {
		case '{', '[':
			now++
			most = max(most, now)
		case '}', ']':
			now--
		}
	}
	return most
}

// put commits what a request comes to, with the request itself.
func (s *server) put(r *http.Request, id string, body []byte, changes ...directory.Change) error {
	what, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, base+"/"), "/")
	if len(body) == 0 {
		body = []byte("{}")
	}
	raw := connectors.Raw{Key: string(hub.NewID[hub.MessageID]()), Type: r.Method + " " + base + "/" + what, ControlID: id, Peer: peer(r),
		Body: body, Received: s.env.Now()}
	return s.env.Inbox.PutChanges(r.Context(), raw, changes...)
}

func (s *server) setHealthy(ok bool) {
	s.mu.Lock()
	changed := s.healthy != ok
	s.healthy = ok
	s.mu.Unlock()
	switch {
	case changed && ok:
		s.env.Report(connectors.Health{State: connectors.Up})
	case changed:
		s.env.Report(connectors.Health{State: connectors.Degraded, Detail: "people cannot be stored at the moment; callers are asked to try again"})
	}
}

// peer is the address of the connection; forwarding headers are the caller's to invent.
func peer(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return a.Addr().String()
}

// limits counts the requests of each token. Tokens are few: each was made by hand.
type limits struct {
	perSecond int
	mu        sync.Mutex
	tokens    map[string]*rate.Limiter
}

func newLimits(perSecond int) *limits {
	return &limits{perSecond: perSecond, tokens: map[string]*rate.Limiter{}}
}

func (l *limits) allow(token string, now time.Time) bool {
	if l.perSecond == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tokens[token] == nil {
		l.tokens[token] = rate.NewLimiter(rate.Limit(l.perSecond), l.perSecond)
	}
	return l.tokens[token].AllowN(now, 1)
}
