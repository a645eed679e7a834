package espax

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hub"
)

// request answers one message of a source that is logged in.
func (ss *session) request(ctx context.Context, m *wire.Message, body []byte) error {
	switch m.Name {
	case "REQ.HEARTBEAT":
		return ss.send(m.Response(wire.OK))
	case "REQ.P-START":
		return ss.start(ctx, m, body)
	case "REQ.P-STOP":
		return ss.send(ss.stop(ctx, m, body))
	case "REQ.P-GETSTAT":
		return ss.getStatus(ctx, m)
	case "REQ.S-CONDITION":
		return ss.send(m.Response(wire.OK).With("S-HEALTH", ss.server.health()).With("S-HOTSTBY", "false"))
	case "REQ.S-PARAMETERS":
		return ss.send(m.Response(wire.OK).With("RSP-INFO", "there are no parameters"))
	case "REQ.LOGOUT":
		if err := ss.send(complete(m.Response(wire.OK), "")); err != nil {
			return err
		}
		return errEnd
	case "PROPRIETARY":
		ss.server.env.Count("proprietary")
		raw := ss.raw(m.Name, "", m.InvokeID, body)
		ss.server.put(func() error { return ss.server.env.Inbox.PutChanges(ctx, raw) })
		return nil
	}
	ss.server.env.Count("messages_unexpected") // responses and indications are ours to send
	return nil
}

// start takes a call. The response is written only after the inbox has committed, and
// before any answer to the call can be.
func (ss *session) start(ctx context.Context, m *wire.Message, body []byte) error {
	ss.server.order.RLock()
	defer ss.server.order.RUnlock()
	ref := m.Get("CP-PR-REF")
	named := ref != ""
	if !named {
		ref = newRef()
	}
	out := m.Response(ss.raise(ctx, m, ref, named, body))
	if named {
		out = out.With("CP-PR-REF", ref)
	}
	return ss.send(complete(out, strconv.FormatUint(tan(ref), 10)))
}

// raise returns the code to answer a P-START with. A reference that is running is a
// duplicate and has no effect, unless it now has a higher priority: then the alert is
// raised to it, although the source hears 450, since a duplicate is better than a miss.
// One that was given up has been reported as ended: its reference is free to be used again.
func (ss *session) raise(ctx context.Context, m *wire.Message, ref string, named bool, body []byte) wire.Code {
	s := ss.server
	signal := startSignal(m, ref, &s.config, s.beds)
	code := wire.OK
	if named {
		running, err := s.env.Status(ctx, ref)
		switch {
		case err == nil && !running.State.Final() && running.State != alerting.Exhausted:
			s.env.Count("starts_duplicate")
			if code = wire.Duplicate; signal.Priority <= running.Priority {
				return code
			}
		case err != nil && hub.KindOf(err) != hub.NotFound:
			s.put(func() error { return err })
			return wire.Unavailable
		}
	}
	raw := ss.raw(m.Name, ref, m.InvokeID, body)
	raw.Warnings = m.Warnings
	if s.put(func() error { return s.env.Inbox.PutSignal(ctx, raw, signal) }) != nil {
		return wire.Unavailable
	}
	if named {
		s.remember(ctx, ref)
	}
	return code
}

// stop ends a call. The signal repeats the place of the running alert, since a P-STOP has
// nothing but the reference; stopPhase says whether it is a reset or a withdrawal.
func (ss *session) stop(ctx context.Context, m *wire.Message, body []byte) wire.Message {
	s := ss.server
	a, code := s.find(ctx, m)
	if code != wire.OK || a.State.Final() { // stopping what has ended is fine
		return m.Response(code)
	}
	signal := alerting.Signal{Ref: a.Ref, Phase: stopPhase(m.Get("CP-PR-MASK")), Kind: a.Kind,
		Priority: a.Priority, Ward: a.Ward, Room: a.Room, Bed: a.Bed, At: m.Sent}
	raw := ss.raw(m.Name, a.Ref, m.InvokeID, body)
	raw.Warnings = m.Warnings
	if s.put(func() error { return s.env.Inbox.PutSignal(ctx, raw, signal) }) != nil {
		return m.Response(wire.Unavailable)
	}
	return m.Response(wire.OK)
}

// getStatus answers and then indicates where the process stands.
func (ss *session) getStatus(ctx context.Context, m *wire.Message) error {
	a, code := ss.server.find(ctx, m)
	if err := ss.send(m.Response(code)); err != nil || code != wire.OK {
		return err
	}
	if a.State.Final() {
		reason, result := ending(a.State)
		return ss.send(process("IND.P-ENDED", a.Ref).With("SP-ENDREASON", reason).With("SP-RESULT", result))
	}
	return ss.send(process("IND.P-STATUS", a.Ref).With("SP-STATUS", status(a.State)).With("SP-GETSTAT", "true"))
}

// find looks a process up by the source's reference, or by our number for it.
func (s *server) find(ctx context.Context, m *wire.Message) (alerting.Alert, wire.Code) {
	ref := m.Get("CP-PR-REF")
	if ref == "" {
		ref = s.recall(ctx, m.Get("SP-PR-TAN"))
	}
	a, err := s.env.Status(ctx, ref)
	switch {
	case err == nil:
		return a, wire.OK
	case hub.KindOf(err) == hub.NotFound:
		s.env.Count("process_unknown")
		return a, wire.NotFound
	}
	s.put(func() error { return err })
	return a, wire.Unavailable
}

// remember keeps which reference a number stands for, in one of 1,024 places: enough for
// far more calls than run at one time, and bounded.
func (s *server) remember(ctx context.Context, ref string) {
	if s.env.State == nil {
		return
	}
	n := tan(ref)
	if err := s.env.State.Put(ctx, slot(n), fmt.Appendf(nil, "%d %s", n, ref)); err != nil {
		s.env.Log.Warn("process number not kept", "error", err)
	}
}

// recall returns the reference for a number, or the one we would have given ourselves.
func (s *server) recall(ctx context.Context, number string) string {
	n, err := strconv.ParseUint(number, 10, 64)
	if err == nil && s.env.State != nil {
		kept, _ := s.env.State.Get(ctx, slot(n))
		if ref, ok := strings.CutPrefix(string(kept), number+" "); ok {
			return ref
		}
	}
	return ownRef + number
}

func slot(tan uint64) string { return "tan/" + strconv.FormatUint(tan%1024, 10) }

func newRef() string {
	var b [8]byte
	rand.Read(b[:])
	return ownRef + strconv.FormatUint(binary.BigEndian.Uint64(b[:])>>16|1, 10)
}

// raw describes an input. Its key is the request within its session: a source that did not
// see the response repeats the reference in a new request and hears 450.
func (ss *session) raw(name, ref string, invoke uint64, body []byte) connectors.Raw {
	if len(name) > 40 { // no message of ESPA-X: whatever stood there as an element
		name = ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%s", ss.id, name, invoke, body))
	return connectors.Raw{Key: hex.EncodeToString(sum[:]), Type: either(name, "unreadable"), ControlID: ref,
		Peer: ss.peer, Body: body, Received: ss.server.env.Now()}
}
