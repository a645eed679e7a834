package demo

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// receive runs a hub's MLLP side that refuses every fourth message once, and calls got for
// the others.
func receive(t *testing.T, got func(m *hl7.Message)) string {
	t.Helper()
	ln := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	n, refused := 0, map[string]bool{}
	s := &mllp.Server{Handler: func(_ context.Context, _ *mllp.Peer, raw []byte) ([]byte, error) {
		m, err := hl7.Parse(raw)
		if err != nil {
			return nil, err
		}
		h := m.Header()
		code := hl7.CA
		if n++; n%4 == 0 && !refused[h.ControlID] {
			refused[h.ControlID] = true
			code = hl7.CE
		} else {
			got(m)
		}
		return h.Reply(hl7.Ack{Code: code, ControlID: strconv.Itoa(n), Time: time.Now()}).Bytes()
	}}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() { cancel(); <-done })
	return ln.Addr().String()
}

func TestKISRepeatsUntilAcknowledged(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var got, acked []string
	addr := receive(t, func(m *hl7.Message) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m.Header().ControlID)
	})
	k := &KIS{Addr: addr, Pace: time.Millisecond, Acked: func(_, control string) {
		mu.Lock()
		defer mu.Unlock()
		if acked = append(acked, control); len(acked) == 6 {
			cancel()
		}
	}}
	if err := k.Run(ctx); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(got[:6], acked) {
		t.Errorf("received %v, acknowledged %v", got, acked)
	}
}

// What the KIS sends can be read, and the same seed sends the same.
func TestKISIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	run := func(seed uint64) (out []string, kinds map[string]int) {
		kinds = map[string]int{}
		var house []stay
		d := dice(seed)
		for step := range 200 {
			kind, b := turn(&house, step, d)(strconv.Itoa(step), at)
			raw, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			m, err := hl7.Parse(raw)
			if err != nil || m.Get("PV1-3.1").String() == "" || m.Get("ZBE-1").String() == "" {
				t.Fatalf("%s: %v in %q", kind, err, raw)
			}
			kinds[kind]++
			out = append(out, string(raw))
			taken := map[bed]bool{}
			for _, s := range house {
				if taken[s.at] {
					t.Fatalf("two patients in %v", s.at)
				}
				taken[s.at] = true
			}
		}
		return out, kinds
	}
	first, kinds := run(7)
	second, _ := run(7)
	other, _ := run(8)
	if d := cmp.Diff(first, second); d != "" || slices.Equal(first, other) {
		t.Errorf("the seed does not decide: %s", d)
	}
	if kinds["ADT^A01"] < 20 || kinds["ADT^A02"] < 20 || kinds["ADT^A03"] < 20 {
		t.Errorf("triggers %v", kinds)
	}
}

func TestStaffMessages(t *testing.T) {
	t.Parallel()
	numbers := map[string]bool{}
	for _, n := range Staff() {
		numbers[n.Number] = true
		_, b := staffMessage(n, "MAD")("1", time.Now())
		raw, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m, err := hl7.Parse(raw)
		if err != nil || m.Get("STF-3.1").String() != n.Family || m.Get("MFE-4.1").String() != n.Number || m.Get("ORG-2.1").String() != n.Ward {
			t.Errorf("%v: %q %v", n, raw, err)
		}
	}
	if len(numbers) != 42 {
		t.Errorf("%d staff numbers", len(numbers))
	}
}

// hub is an ESPA-X server as far as a source needs one. It answers every request with 200.
type hub struct {
	net.Listener
	t        *testing.T
	requests chan wire.Message
	mu       sync.Mutex
	conn     net.Conn
}

func serveESPA(t *testing.T) *hub {
	t.Helper()
	h := &hub{Listener: listen(t), t: t, requests: make(chan wire.Message, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := h.Accept()
			if err != nil {
				return
			}
			h.session(conn)
		}
	}()
	t.Cleanup(func() { h.Close(); h.drop(); <-done })
	return h
}

func (h *hub) session(conn net.Conn) {
	h.mu.Lock()
	h.conn = conn
	h.mu.Unlock()
	for {
		body, err := wire.ReadFrame(conn, wire.DefaultLimit)
		if err != nil {
			return
		}
		m, err := wire.Parse(body)
		if err != nil {
			h.t.Errorf("the source sent %q: %v", body, err)
			return
		}
		out := m.Response(wire.OK)
		if m.Name == "REQ.LOGIN" {
			out.SessionID = "s1"
			if m.Get("LI-PASSWORD") != "geheim12" {
				out = m.Response(wire.Unauthorized)
			}
		}
		h.send(out)
		h.requests <- *m
	}
}

func (h *hub) send(m wire.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conn.Write(m.AppendFrame(nil))
}

func (h *hub) drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil {
		h.conn.Close()
	}
}

// next returns the next request of a name.
func (h *hub) next(name string) wire.Message {
	h.t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case m := <-h.requests:
			if m.Name == name {
				return m
			}
		case <-timeout:
			h.t.Fatalf("no %s within 10 s", name)
		}
	}
}

func TestNurseCallClosesTheLoop(t *testing.T) {
	t.Parallel()
	h := serveESPA(t)
	heard := make(chan wire.Message, 100)
	n := &NurseCall{Addr: h.Addr().String(), User: "rufan", Password: "geheim12", Interval: 20 * time.Millisecond, Ward: "4B",
		Heartbeat: 10 * time.Millisecond, ResetAfter: 10 * time.Millisecond, Heard: func(m wire.Message) { heard <- m }}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	h.next("REQ.HEARTBEAT")
	first, second := h.next("REQ.P-START"), h.next("REQ.P-START")
	if first.Get("CP-WARD") != "4B" || first.Get("CP-BED") != "1-1" || second.Get("CP-BED") != "2-1" || first.Get("CP-PR-REF") == second.Get("CP-PR-REF") {
		t.Errorf("calls %+v, %+v, want the rooms one after another", first, second)
	}
	ref := second.Get("CP-PR-REF")
	h.send(wire.Message{Name: "IND.P-EVENT", SessionID: "s1"}.With("CP-PR-REF", ref).With("SP-PR-TAN", "1").With("SS-SBSCRDATA", "Käthe Müller").With("SS-RESULT", "Accepted"))
	if m := <-heard; m.Get("SS-SBSCRDATA") != "Käthe Müller" {
		t.Errorf("heard %+v", m)
	}
	if stop := h.next("REQ.P-STOP"); stop.Get("CP-PR-REF") != ref {
		t.Errorf("reset %q, want the accepted call %q", stop.Get("CP-PR-REF"), ref)
	}
	h.drop()
	h.next("REQ.LOGIN") // it comes back by itself
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestUnansweredCallIsReset(t *testing.T) {
	t.Parallel()
	h := serveESPA(t)
	n := &NurseCall{Addr: h.Addr().String(), User: "rufan", Password: "geheim12", Interval: 20 * time.Millisecond,
		ResetAfter: 5 * time.Millisecond, GiveUpAfter: 50 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	ref := h.next("REQ.P-START").Get("CP-PR-REF")
	if stop := h.next("REQ.P-STOP"); stop.Get("CP-PR-REF") != ref {
		t.Errorf("reset %+v, want %q", stop, ref)
	}
	cancel()
	<-done
}

func TestSource(t *testing.T) {
	t.Parallel()
	h := serveESPA(t)
	if _, err := DialSource(t.Context(), h.Addr().String(), "rufan", "falsch12"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("wrong password: %v", err)
	}
	s, err := DialSource(t.Context(), h.Addr().String(), "rufan", "geheim12")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(t.Context(), Call{Ref: "r1", Ward: "4B", Room: "1", Bed: "2", Text: "Ruf", Priority: "High"}); err != nil {
		t.Fatal(err)
	}
	if m := h.next("REQ.P-START"); m.SessionID != "s1" || m.Get("CP-PRIO") != "High" || m.Get("CP-BED") != "1-2" {
		t.Errorf("P-START %+v", m)
	}
	h.send(wire.Message{Name: "IND.P-ENDED", SessionID: "s1"}.With("SP-PR-TAN", "1").With("SP-ENDREASON", "Finished"))
	if m := <-s.Heard(); m.Name != "IND.P-ENDED" {
		t.Errorf("heard %+v", m)
	}
	if err := errors.Join(s.Stop(t.Context(), "r1"), s.Beat(t.Context())); err != nil {
		t.Error(err)
	}
	h.drop()
	if _, open := <-s.Heard(); open {
		t.Error("Heard is still open after the end of the session")
	}
	if err := s.Beat(t.Context()); err == nil {
		t.Error("a request after the end of the session was answered")
	}
}

func TestBedsAreAllThere(t *testing.T) {
	t.Parallel()
	all, seen := beds(""), map[bed]bool{}
	for _, b := range all {
		seen[b] = true
	}
	if len(all) != 54 || len(seen) != 54 {
		t.Errorf("%d beds, %d different", len(all), len(seen))
	}
}
