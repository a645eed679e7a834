package espax

import (
	"context"
	"strconv"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// linkRef is the reference of the technical alert about the link itself.
const linkRef = "tech:link"

// linkText is shown to the technical contacts.
const linkText = "Rufanlage meldet sich nicht mehr: Rufe kommen zurzeit nicht an. / The nurse-call system is silent: calls do not arrive at the moment."

// watch raises the technical alert when no source has given a sign of life for too long
// (also when none was ever seen since the start), resolves it at the next login, and tries
// now and then whether storing still works.
func (s *server) watch(ctx context.Context) {
	for {
		timer := time.NewTimer(s.look(ctx))
		select {
		case <-timer.C:
		case <-s.poke:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// look does what is due and returns when to look again.
func (s *server) look(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handBound)
	defer cancel()
	s.probe(ctx)
	s.mu.Lock()
	rest := s.config.patience() - s.env.Now().Sub(s.lastSeen)
	was, here := s.silent, s.newest != nil
	since := s.lastSeen
	s.mu.Unlock()
	again := time.Duration(s.config.HeartbeatSeconds) * time.Second
	switch {
	case rest > 0 && here:
		if s.resolveLink(ctx) != nil {
			return time.Second
		}
		s.setSilent(false)
		return min(rest, again)
	case rest > 0: // nobody is logged in, but the grace is not over
		return min(rest, again)
	case was:
		return again
	}
	if s.putLink(ctx, alerting.PhaseRaise, since) != nil {
		return time.Second
	}
	s.env.Count("link_lost")
	s.setSilent(true)
	return again
}

// probe reads one key, so that a database that is away is noticed, and told to the source,
// before the next call comes.
func (s *server) probe(ctx context.Context) {
	if s.env.State == nil {
		return
	}
	_, err := s.env.State.Get(ctx, "probe")
	s.setHealthy(err == nil)
}

// resolveLink ends the technical alert if one is running, be it from before a restart.
func (s *server) resolveLink(ctx context.Context) error {
	a, err := s.env.Status(ctx, linkRef)
	switch {
	case hub.KindOf(err) == hub.NotFound && err != nil, err == nil && a.State.Final():
		return nil
	case err != nil:
		return err
	}
	return s.putLink(ctx, alerting.PhaseResolve, s.env.Now())
}

func (s *server) putLink(ctx context.Context, p alerting.Phase, at time.Time) error {
	stamp := strconv.FormatInt(at.UnixNano(), 10)
	raw := connectors.Raw{Key: "link/" + string(p) + "/" + stamp, Type: "LINK." + string(p), ControlID: linkRef,
		Body: []byte(p), Received: s.env.Now()}
	signal := alerting.Signal{Ref: linkRef, Phase: p, Kind: "technical", Priority: alerting.Urgent,
		Text: linkText, At: at, Technical: true}
	return s.put(func() error { return s.env.Inbox.PutSignal(ctx, raw, signal) })
}

func (s *server) setSilent(v bool) {
	s.mu.Lock()
	changed := s.silent != v
	s.silent = v
	s.mu.Unlock()
	if changed {
		s.report()
	}
}
