package espax

import (
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hub"
)

const (
	maxSessions = 16              // a source has one or two; more is a fault or an attack
	maxPending  = 64              // indications kept until the source shows a sign of life
	handBound   = 5 * time.Second // for the message in hand
	writeBound  = 3 * time.Second // a peer that does not read for so long is gone
)

// server is one connector: the alarm server one nurse-call system logs in to.
type server struct {
	config Config
	env    connectors.Env
	peers  connectors.Peers
	beds   *regexp.Regexp
	ln     net.Listener
	poke   chan struct{} // wakes the link watch after a login

	// order keeps an answer from overtaking the response to the P-START it belongs to:
	// starting a process holds it for reading, answering for writing.
	order sync.RWMutex

	reporting sync.Mutex // keeps an older health from being reported after a newer one

	mu       sync.Mutex
	conns    map[*session]bool
	newest   *session       // the session answers go to; nil while nobody is logged in
	pending  []wire.Message // sent to the newest session since its last sign of life
	settling []wire.Message // sent before that, since the one before
	lastSeen time.Time      // of any logged-in session; the start of the run before that
	silent   bool           // the link watch has found the source silent
	healthy  bool           // the last attempt to store something worked
}

// Prepare takes the address.
func (s *server) Prepare() (err error) {
	s.poke = make(chan struct{}, 1)
	s.ln, err = s.env.Listen("tcp", s.config.Address)
	return err
}

// Check is the Test button.
func (s *server) Check(context.Context) []connectors.Check {
	return connectors.CheckListener(s.env, s.config.Address, connectors.TLSFiles{})
}

// Run serves sessions until ctx ends. The message in hand is finished and each session is
// told CMD.SHUTDOWN, so that the source logs in again at once.
func (s *server) Run(ctx context.Context) error {
	s.mu.Lock()
	s.lastSeen = s.env.Now()
	s.mu.Unlock()
	s.report()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.watch(ctx) })
	stop := context.AfterFunc(ctx, func() { s.ln.Close() })
	defer stop()
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return nil // only the end of ctx closes the listener
		}
		if ss := s.admit(conn); ss != nil {
			wg.Go(func() { ss.serve(ctx) })
		}
	}
}

// admit checks a new connection before anything is read from it.
func (s *server) admit(conn net.Conn) *session {
	refuse := ""
	s.mu.Lock()
	switch {
	case !s.peers.Allow(conn.RemoteAddr()):
		refuse = "peer_refused"
	case len(s.conns) >= maxSessions:
		refuse = "too_many_sessions"
	}
	ss := &session{server: s, conn: conn, peer: connectors.PeerHost(conn.RemoteAddr())}
	if refuse == "" {
		s.conns[ss] = true
	}
	s.mu.Unlock()
	if refuse != "" {
		s.env.Count(refuse)
		conn.Close()
		return nil
	}
	return ss
}

// leave forgets a session. Answers go to the newest of those that are left.
func (s *server) leave(ss *session) {
	ss.conn.Close()
	s.mu.Lock()
	delete(s.conns, ss)
	if s.newest == ss {
		s.newest = nil
		for other := range s.conns {
			if !other.since.IsZero() && (s.newest == nil || other.since.After(s.newest.since)) {
				s.newest = other
			}
		}
	}
	s.mu.Unlock()
	s.report()
}

// enter makes a session that has just logged in the one answers go to, and gives it what
// its predecessor may not have read any more.
func (s *server) enter(ss *session) {
	s.order.Lock()
	defer s.order.Unlock()
	s.mu.Lock()
	ss.since = s.env.Now()
	s.newest = ss
	s.lastSeen = ss.since
	again := slices.Concat(s.settling, s.pending)
	s.settling, s.pending = nil, slices.Clone(again)
	healthy := s.healthy
	s.mu.Unlock()
	for _, m := range again {
		s.env.Count("answers_repeated")
		if ss.send(m) != nil {
			break // still pending: the next session gets them
		}
	}
	if !healthy {
		ss.send(s.condition("IND.S-SYSTEM"))
	}
	s.wake()
	s.report()
}

// alive notes a sign of life. The first one after an indication may have crossed it on the
// way; the second was sent after the source had read our response to the first, and with it
// all that was written before: only then is the indication known to have arrived.
func (s *server) alive(ss *session) {
	s.mu.Lock()
	s.lastSeen = s.env.Now()
	if s.newest == ss {
		s.settling, s.pending = s.pending, nil
	}
	s.mu.Unlock()
}

func (s *server) wake() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// Answer takes an answer to the newest session. While the source is not logged in it
// returns an Error of kind Unavailable, so that the answer stays in the outbox.
func (s *server) Answer(_ context.Context, a alerting.Answer) error {
	if a.Ref == linkRef {
		return connectors.ErrGone
	}
	s.order.Lock()
	defer s.order.Unlock()
	s.mu.Lock()
	to := s.newest
	s.mu.Unlock()
	if to == nil {
		return hub.E("espax.answer", hub.Unavailable, "not_connected", "")
	}
	m := answerMessage(a, s.config.SendNames)
	if err := to.send(m); err != nil {
		to.conn.Close() // its reader ends the session
		return &hub.Error{Op: "espax.answer", Kind: hub.Unavailable, Code: "not_delivered", Err: err}
	}
	s.mu.Lock()
	s.pending = append(s.pending, m)
	if over := len(s.pending) - maxPending; over > 0 {
		s.pending = slices.Delete(s.pending, 0, over)
	}
	s.mu.Unlock()
	return nil
}

// put runs a call into the inbox and remembers whether storing works, which is what the
// source is told about our health.
func (s *server) put(f func() error) error {
	err := f()
	if err != nil {
		s.env.Count("inbox_unavailable")
		s.env.Log.Warn("input not stored", "error", err)
	}
	s.setHealthy(err == nil)
	return err
}

// setHealthy tells every session when our health changes, so that a source can fall back
// to its own lights and buzzers.
func (s *server) setHealthy(ok bool) {
	s.mu.Lock()
	changed := s.healthy != ok
	s.healthy = ok
	var tell []*session
	for ss := range s.conns {
		if changed && !ss.since.IsZero() {
			tell = append(tell, ss)
		}
	}
	s.mu.Unlock()
	for _, ss := range tell {
		ss.send(s.condition("IND.S-SYSTEM"))
	}
	if changed {
		s.report()
	}
}

// condition fills S-HEALTH into an indication.
func (s *server) condition(name string) wire.Message {
	return wire.Message{Name: name}.With("S-HEALTH", s.health()).With("S-HOTSTBY", "false")
}

func (s *server) health() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.healthy {
		return "OK"
	}
	return "Problem detected"
}

func (s *server) report() {
	s.reporting.Lock()
	defer s.reporting.Unlock()
	s.mu.Lock()
	h := connectors.Health{State: connectors.Up}
	for ss := range s.conns {
		if !ss.since.IsZero() {
			h.Peers++
		}
	}
	switch {
	case s.silent:
		h.State, h.Detail = connectors.Down, "the nurse-call system gives no sign of life"
	case !s.healthy:
		h.State, h.Detail = connectors.Degraded, "calls cannot be stored at the moment; the nurse-call system has been told"
	case h.Peers == 0:
		h.State, h.Detail = connectors.Connecting, "waiting for the nurse-call system to log in"
	}
	s.mu.Unlock()
	s.env.Report(h)
}

// Replay maps a stored P-START or P-STOP again.
func (s *server) Replay(ctx context.Context, in connectors.Inbox, raw connectors.Raw) error {
	m, err := wire.Parse(raw.Body)
	if err != nil {
		return hub.E("espax.replay", hub.Invalid, "malformed", "%w", err)
	}
	raw.Fault = nil
	switch ref := m.Get("CP-PR-REF"); {
	case ref == "":
		return hub.E("espax.replay", hub.Invalid, "no_reference", "")
	case m.Name == "REQ.P-START":
		return in.PutSignal(ctx, raw, startSignal(m, ref, &s.config, s.beds))
	case m.Name == "REQ.P-STOP":
		return in.PutSignal(ctx, raw, alerting.Signal{Ref: ref, Phase: stopPhase(m.Get("CP-PR-MASK")), Kind: s.config.SignalKind, At: m.Sent})
	}
	return hub.E("espax.replay", hub.Invalid, "no_effect", "only P-START and P-STOP have an effect")
}

// errEnd ends a session without a fault: the source has logged out.
var errEnd = errors.New("session ended")
