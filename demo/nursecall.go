package demo

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/wardline/wardline/connectors/espax/wire"
)

// NurseCall is a nurse-call system: it logs in, gives signs of life, raises a call every
// Interval from one bed after another, and resets it when help has come or the patient has
// given up. Addr, User and Password are required.
type NurseCall struct {
	Addr     string
	User     string
	Password string
	Interval time.Duration // between two calls; 20 s if zero
	Ward     string        // calls come from this ward only; "" is all
	Seed     uint64
	Log      *slog.Logger
	// Heard is told each indication of the hub; nil is fine. It must not block.
	Heard func(m wire.Message)
	// Raised is told each call the hub has taken; nil is fine. It must not block.
	Raised func(c Call)

	Heartbeat   time.Duration // between signs of life; 5 s if zero
	ResetAfter  time.Duration // from Accepted to the reset at the bed; 8 s if zero
	GiveUpAfter time.Duration // then an unanswered call is reset; 2 min if zero

	open    map[string]time.Time // running calls by reference: when each is reset
	next    int                  // the bed that rings next, going round the rooms
	started time.Time
}

// Run keeps the link and raises calls until ctx ends, and then returns nil. A lost link is
// built up again; calls that run outlive it.
func (n *NurseCall) Run(ctx context.Context) error {
	n.Log, n.open, n.started = logger(n.Log), map[string]time.Time{}, time.Now()
	n.Interval, n.Heartbeat = orDefault(n.Interval, 20*time.Second), orDefault(n.Heartbeat, 5*time.Second)
	n.ResetAfter, n.GiveUpAfter = orDefault(n.ResetAfter, 8*time.Second), orDefault(n.GiveUpAfter, 2*time.Minute)
	for {
		err := n.link(ctx)
		if ctx.Err() != nil {
			return nil
		}
		n.Log.Info("demo nurse call lost its link", "err", err)
		if !pause(ctx, retryWait) {
			return nil
		}
	}
}

// link is one session. All the state is its own goroutine's; only the reading is apart.
func (n *NurseCall) link(ctx context.Context) error {
	s, err := DialSource(ctx, n.Addr, n.User, n.Password)
	if err != nil {
		return err
	}
	defer s.Close()
	beat, ring := time.NewTicker(n.Heartbeat), time.NewTicker(n.Interval)
	defer beat.Stop()
	defer ring.Stop()
	look := time.NewTicker(min(n.ResetAfter, time.Second))
	defer look.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, alive := <-s.Heard():
			if !alive {
				return ErrEnded
			}
			n.hear(m)
		case <-beat.C:
			err = s.Beat(ctx)
		case <-ring.C:
			err = n.ring(ctx, s)
		case <-look.C:
			err = n.reset(ctx, s)
		}
	}
	return err
}

// hear lets an accepted call be reset a little later.
func (n *NurseCall) hear(m wire.Message) {
	ref := m.Get("CP-PR-REF")
	if _, running := n.open[ref]; running && m.Get("SS-RESULT") == "Accepted" {
		n.open[ref] = time.Now().Add(n.ResetAfter)
	}
	n.Log.Debug("demo nurse call heard", "message", m.Name, "result", m.Get("SS-RESULT"))
	if n.Heard != nil {
		n.Heard(m)
	}
}

// ring raises one call. Of ten calls seven are usual ones, two urgent, one an emergency.
func (n *NurseCall) ring(ctx context.Context, s *Source) error {
	places := beds(n.Ward)
	at := places[n.next%len(places)]
	// The start of this run is part of the reference, so that the calls of the next run are
	// others although the seed is the same.
	c := Call{Ref: "ruf-" + strconv.FormatInt(n.started.UnixMilli(), 36) + "-" + strconv.Itoa(n.next),
		Ward: at.ward, Room: at.room, Bed: at.bed, Text: "Zimmerruf", Priority: "Standard"}
	// Thrown anew for each call: one that has to be sent twice must not change.
	switch die := dice(n.Seed<<32 + uint64(n.next)).IntN(10); {
	case die == 0:
		c.Text, c.Priority = "Notruf", "Emergency"
	case die <= 2:
		c.Text, c.Priority = "Dringender Ruf", "High"
	}
	if err := s.Start(ctx, c); err != nil {
		return err // the same bed rings again, under the same reference
	}
	n.next++
	n.open[c.Ref] = time.Now().Add(n.GiveUpAfter)
	if n.Raised != nil {
		n.Raised(c)
	}
	return nil
}

// reset ends the calls whose time has come; one that could not be ended is tried again.
func (n *NurseCall) reset(ctx context.Context, s *Source) error {
	for ref, at := range n.open {
		if time.Now().Before(at) {
			continue
		}
		if err := s.Stop(ctx, ref); err != nil {
			return err
		}
		delete(n.open, ref)
	}
	return nil
}
