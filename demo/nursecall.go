package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors/espax/wire"
)

const (
	heartbeat    = 5 * time.Second
	responseWait = 5 * time.Second
	resetAfter   = 8 * time.Second // after somebody is on the way, the call is reset at the bed
	callAtMost   = 2 * time.Minute // then the patient gives up
)

// NurseCall is a nurse-call system: it logs in, gives signs of life and raises a call every
// Interval from some bed, and ends it when help has come.
type NurseCall struct {
	Addr     string
	User     string
	Password string
	Interval time.Duration
	Ward     string // calls come from this ward only; "" is all
	Log      *slog.Logger
	// Heard is told each indication of the hub; nil is fine. It must not block.
	Heard func(m wire.Message)

	mu      sync.Mutex
	conn    net.Conn
	session string
	invoke  uint64
	waiting map[uint64]chan wire.Message
	open    map[string]time.Time // running calls by reference: when they will be reset
}

// Run keeps the link and raises calls until ctx ends. A lost link is built up again.
func (n *NurseCall) Run(ctx context.Context) error {
	n.open = map[string]time.Time{}
	go n.raise(ctx, dice(uint64(time.Now().Unix())))
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

// link is one connection, from the log-in to its end.
func (n *NurseCall) link(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: responseWait}).DialContext(ctx, "tcp", n.Addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	n.mu.Lock()
	n.conn, n.session, n.waiting = conn, "", map[uint64]chan wire.Message{}
	n.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- n.read(conn) }()
	if err := n.login(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-tick.C:
			if _, err := n.request(ctx, wire.Message{Name: "REQ.HEARTBEAT"}); err != nil {
				return err
			}
		}
	}
}

func (n *NurseCall) login(ctx context.Context) error {
	rsp, err := n.request(ctx, wire.Message{Name: "REQ.LOGIN"}.With("LI-CLIENT", "Rufanlage Demo").With("LI-USER", n.User).With("LI-PASSWORD", n.Password))
	if err != nil {
		return err
	}
	if rsp.Code() != wire.OK {
		return fmt.Errorf("log-in answered %d", rsp.Code())
	}
	n.mu.Lock()
	n.session = rsp.SessionID
	n.mu.Unlock()
	return nil
}

// read hands responses to whoever waits and indications to heard, until the link ends.
func (n *NurseCall) read(conn net.Conn) error {
	for {
		body, err := wire.ReadFrame(conn, wire.DefaultLimit)
		if err != nil {
			return err
		}
		m, err := wire.Parse(body)
		if err != nil {
			return err
		}
		n.mu.Lock()
		wait := n.waiting[m.InvokeID]
		n.mu.Unlock()
		if m.Code() != 0 && wait != nil {
			wait <- *m
			continue
		}
		n.heard(*m)
	}
}

// heard lets an accepted call be reset a little later, and closes one the hub has ended.
func (n *NurseCall) heard(m wire.Message) {
	ref := m.Get("CP-PR-REF")
	n.mu.Lock()
	if _, running := n.open[ref]; running && m.Get("SS-RESULT") == "Accepted" {
		n.open[ref] = time.Now().Add(resetAfter)
	}
	n.mu.Unlock()
	if n.Heard != nil {
		n.Heard(m)
	}
}

var errNoLink = errors.New("no link")

// request sends a request and waits for its response.
func (n *NurseCall) request(ctx context.Context, m wire.Message) (wire.Message, error) {
	answer := make(chan wire.Message, 1)
	n.mu.Lock()
	n.invoke++
	m.InvokeID, m.SessionID, m.Sent = n.invoke, n.session, time.Now()
	conn := n.conn
	if conn == nil {
		n.mu.Unlock()
		return m, errNoLink
	}
	n.waiting[m.InvokeID] = answer
	_, err := conn.Write(m.AppendFrame(nil))
	n.mu.Unlock()
	if err != nil {
		return m, err
	}
	ctx, cancel := context.WithTimeout(ctx, responseWait)
	defer cancel()
	select {
	case rsp := <-answer:
		return rsp, nil
	case <-ctx.Done():
		return m, ctx.Err()
	}
}

// raise starts a call every Interval and resets those whose time has come.
func (n *NurseCall) raise(ctx context.Context, d *rand.Rand) {
	places := beds(n.Ward)
	next := time.Now().Add(n.Interval)
	for pause(ctx, time.Second) {
		n.resetDue(ctx)
		if time.Now().Before(next) {
			continue
		}
		next = time.Now().Add(n.Interval)
		if err := n.Call(ctx, fmt.Sprintf("ruf-%d", time.Now().UnixMilli()), places[d.IntN(len(places))], d.IntN(10)); err != nil {
			n.Log.Info("demo call not taken", "err", err)
		}
	}
}

// Call raises one call from a bed. Of ten calls seven are usual ones, two urgent, one an
// emergency.
func (n *NurseCall) Call(ctx context.Context, ref string, from bed, die int) error {
	prio, text := "Standard", "Zimmerruf"
	switch {
	case die == 0:
		prio, text = "Emergency", "Notruf"
	case die <= 2:
		prio, text = "High", "Dringender Ruf"
	}
	m := wire.Message{Name: "REQ.P-START"}.With("CP-PR-REF", ref).With("CP-CALLINGNAME", "Zi "+from.room+" Bett "+from.bed).
		With("CP-TEXTMSG", text).With("CP-WARD", from.ward).With("CP-BED", from.room+"-"+from.bed).With("CP-PRIO", prio).With("CP-PR-DETAILS", "All")
	rsp, err := n.request(ctx, m)
	if err != nil {
		return err
	}
	if c := rsp.Code(); c != wire.OK && c != wire.Duplicate {
		return fmt.Errorf("call answered %d", c)
	}
	n.mu.Lock()
	n.open[ref] = time.Now().Add(callAtMost)
	n.mu.Unlock()
	return nil
}

// resetDue ends the calls whose time has come; one that could not be ended is tried again.
func (n *NurseCall) resetDue(ctx context.Context) {
	n.mu.Lock()
	var due []string
	for ref, at := range n.open {
		if time.Now().After(at) {
			due = append(due, ref)
		}
	}
	n.mu.Unlock()
	for _, ref := range due {
		if _, err := n.request(ctx, wire.Message{Name: "REQ.P-STOP"}.With("CP-PR-REF", ref).With("CP-PR-MASK", "All")); err != nil {
			return
		}
		n.mu.Lock()
		delete(n.open, ref)
		n.mu.Unlock()
	}
}
