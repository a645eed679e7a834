package connectors

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/hub/hubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id hub.ConnectorID = "c1"

// lineConfig configures the connector of these tests: it stores every line it is sent and
// answers "ok <line>" after that.
type lineConfig struct {
	Address string   `json:"address"`
	Answer  string   `json:"answer"`
	Nested  TLSFiles `json:"tls"`
}

type line struct {
	config lineConfig
	env    Env
	stored *ledger
	ln     net.Listener
}

// ledger plays the part of the database: what is in it is safe.
type ledger struct {
	mu    sync.Mutex
	lines map[string]int
}

func (l *ledger) store(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines[s]++
}

func lineKind(l *ledger) Kind {
	return Kind{
		Name:   "line",
		Config: func() any { return &lineConfig{Answer: "ok"} },
		New: func(config any, e Env) (Connector, error) {
			c := config.(*lineConfig)
			if err := ValidAddress(c.Address); err != nil {
				return nil, err
			}
			return &line{config: *c, env: e, stored: l}, nil
		},
	}
}

func (l *line) Prepare() (err error) {
	// Listening comes first, so that a refusal after it has something to undo.
	if l.ln, err = l.env.Listen("tcp", l.config.Address); err == nil {
		_, err = l.config.Nested.Load(l.env.Now())
	}
	return err
}

func (l *line) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := context.AfterFunc(ctx, func() { l.ln.Close() })
	defer stop()
	l.env.Report(Health{State: Up})
	for {
		conn, err := l.ln.Accept()
		if err != nil {
			return nil
		}
		wg.Go(func() { l.serve(ctx, conn) })
	}
}

func (l *line) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })
	defer stop()
	for in := bufio.NewScanner(conn); in.Scan(); {
		l.stored.store(in.Text())
		l.env.Count("lines")
		fmt.Fprintf(conn, "%s %s\n", l.config.Answer, in.Text())
	}
}

func (l *line) Check(context.Context) []Check {
	return CheckListener(l.env, l.config.Address, l.config.Nested)
}

func spec(revision int, config string) Spec {
	return Spec{Clinic: "k", ID: id, Kind: "line", Revision: revision, Config: json.RawMessage(config)}
}

func lineSupervisor(t *testing.T) (*Supervisor, *ledger) {
	t.Helper()
	l := &ledger{lines: map[string]int{}}
	return supervisor(t, lineKind(l)), l
}

func supervisor(t *testing.T, kinds ...Kind) *Supervisor {
	t.Helper()
	r, err := NewRegistry(kinds...)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSupervisor(Options{Registry: r, Jitter: func() float64 { return 1 }})
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func apply(t *testing.T, s *Supervisor, sp Spec) {
	t.Helper()
	if err := s.Apply(t.Context(), sp); err != nil {
		t.Fatalf("apply revision %d: %v", sp.Revision, err)
	}
}

// ask sends one line on a fresh connection and returns the answer.
func ask(t *testing.T, addr, text string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintln(conn, text)
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatalf("ask %q: %v", text, err)
	}
	return strings.TrimSpace(answer)
}

func addr(t *testing.T, s *Supervisor) string {
	t.Helper()
	addrs := s.Addrs(id)
	if len(addrs) != 1 {
		t.Fatalf("listening on %v, want one address", addrs)
	}
	return addrs[0].String()
}

func TestDecodeNamesTheWrongField(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, config, code, field string }{
		{"unknown", `{"adress":"x"}`, "unknown_field", "adress"},
		{"unknown nested", `{"tls":{"cert":"x"}}`, "unknown_field", "cert"},
		{"wrong type", `{"tls":{"cert_file":7}}`, "wrong_type", "tls.cert_file"},
		{"not JSON", `{"address":`, "malformed", ""},
		{"two objects", `{} {}`, "malformed", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := lineKind(nil).Decode(json.RawMessage(tt.config))
			var e *hub.Error
			if !errors.As(err, &e) || e.Code != tt.code || e.Field != tt.field || e.Kind != hub.Invalid {
				t.Errorf("Decode = %v, want code %q at field %q", err, tt.code, tt.field)
			}
		})
	}
	c, err := lineKind(nil).Decode(nil)
	if err != nil || c.(*lineConfig).Answer != "ok" {
		t.Errorf("an empty configuration gave %v, %v, want the defaults", c, err)
	}
}

func TestRegistryRefusesDoubles(t *testing.T) {
	t.Parallel()
	if _, err := NewRegistry(lineKind(nil), lineKind(nil)); err == nil {
		t.Error("a kind could be registered twice")
	}
	if _, err := NewRegistry(Kind{Name: "x"}); err == nil {
		t.Error("a kind without New could be registered")
	}
}

func TestWrongConfigurationIsRefusedWhileTheOldServes(t *testing.T) {
	t.Parallel()
	s, _ := lineSupervisor(t)
	apply(t, s, spec(1, `{"address":"127.0.0.1:0"}`))
	at := addr(t, s)

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, config := range map[string]string{
		"unknown field":       `{"address":"127.0.0.1:0","colour":"red"}`,
		"wrong address":       `{"address":"nowhere"}`,
		"port in use":         fmt.Sprintf(`{"address":%q}`, taken.Addr()),
		"missing certificate": `{"address":"127.0.0.1:0","tls":{"cert_file":"/no","key_file":"/no"}}`,
	} {
		if err := s.Apply(t.Context(), spec(2, config)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if got := ask(t, at, "a"); got != "ok a" {
		t.Errorf("old run answered %q", got)
	}
	if s.Revision(id) != 1 || addr(t, s) != at || s.Health(id).State != Up {
		t.Errorf("revision %d at %s is %s, want the old one untouched", s.Revision(id), addr(t, s), s.Health(id).State)
	}
}

func TestAddressChange(t *testing.T) {
	t.Parallel()
	s, _ := lineSupervisor(t)
	apply(t, s, spec(1, `{"address":"127.0.0.1:0"}`))
	old := addr(t, s)
	apply(t, s, spec(2, `{"address":"localhost:0","answer":"two"}`))
	if got := ask(t, addr(t, s), "a"); got != "two a" {
		t.Errorf("new address answered %q", got)
	}
	if conn, err := net.Dial("tcp", old); err == nil {
		conn.Close()
		t.Error("the old address still accepts")
	}
}

// The port stays, the interface changes: the connector's own old socket is in the way.
func TestAddressWidensOnTheSamePort(t *testing.T) {
	t.Parallel()
	s, _ := lineSupervisor(t)
	apply(t, s, spec(1, fmt.Sprintf(`{"address":%q}`, hubtest.MustFreeAddr(t))))
	_, port, _ := net.SplitHostPort(addr(t, s))
	if err := s.Apply(t.Context(), spec(2, fmt.Sprintf(`{"address":"0.0.0.0:%s","tls":{"cert_file":"/no","key_file":"/no"}}`, port))); err == nil {
		t.Fatal("a missing certificate was accepted")
	}
	if got := ask(t, "127.0.0.1:"+port, "a"); got != "ok a" || addr(t, s) != "127.0.0.1:"+port {
		t.Errorf("after a refused change the old run answered %q at %s", got, addr(t, s))
	}
	apply(t, s, spec(3, fmt.Sprintf(`{"address":"0.0.0.0:%s","answer":"wide"}`, port)))
	if got := ask(t, "127.0.0.2:"+port, "b"); got != "wide b" {
		t.Errorf("the wider address answered %q", got)
	}
}

// Twenty reloads while eight senders send: every line is acknowledged, and nothing that
// was acknowledged is missing. A sender that loses its connection before the answer sends
// again, as an HL7 sender does.
func TestReloadsUnderLoadLoseNothing(t *testing.T) {
	t.Parallel()
	s, stored := lineSupervisor(t)
	apply(t, s, spec(1, `{"address":"127.0.0.1:0"}`))
	at := addr(t, s)
	done := make(chan struct{})
	acked := make([]map[string]bool, 8)
	var wg sync.WaitGroup
	for i := range acked {
		acked[i] = map[string]bool{}
		wg.Go(func() { send(t, at, i, acked[i], done) })
	}
	for n := range 20 {
		apply(t, s, spec(n+2, `{"address":"127.0.0.1:0"}`))
		before := s.Counters(id)["lines"]
		until(t, func() bool { return s.Counters(id)["lines"] > before+50 })
	}
	close(done)
	wg.Wait()
	total := 0
	for _, lines := range acked {
		for text := range lines {
			total++
			if stored.lines[text] == 0 {
				t.Errorf("%s was acknowledged and is not stored", text)
			}
		}
	}
	if total < 1000 || addr(t, s) != at || s.Counters(id)["drain_overrun"] != 0 {
		t.Errorf("%d lines at %s, overruns %d", total, addr(t, s), s.Counters(id)["drain_overrun"])
	}
}

// send sends numbered lines until done, each until it is acknowledged.
func send(t *testing.T, at string, sender int, acked map[string]bool, done chan struct{}) {
	var conn net.Conn
	var in *bufio.Reader
	for n := 0; ; {
		select {
		case <-done:
			if conn != nil {
				conn.Close()
			}
			return
		default:
		}
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", at); err != nil {
				t.Errorf("the port was closed during a reload: %v", err)
				return
			}
			conn.SetDeadline(time.Now().Add(time.Minute))
			in = bufio.NewReader(conn)
		}
		text := fmt.Sprintf("%d-%d", sender, n)
		fmt.Fprintln(conn, text)
		if answer, err := in.ReadString('\n'); err != nil {
			conn.Close()
			conn = nil
		} else if answer == "ok "+text+"\n" {
			acked[text] = true
			n++
		}
	}
}

// until polls a condition; it fails the test after ten seconds.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("condition not met within 10 s")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTestButton(t *testing.T) {
	t.Parallel()
	s, _ := lineSupervisor(t)
	apply(t, s, spec(1, `{"address":"127.0.0.1:0"}`))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct{ name, config, want string }{
		{"the running one's own address", `{"address":"127.0.0.1:0"}`, "config listen"},
		{"an unknown field", `{"x":1}`, "-config"},
		{"a port in use", fmt.Sprintf(`{"address":%q}`, taken.Addr()), "config -listen"},
		{"a missing certificate", `{"address":"127.0.0.1:0","tls":{"cert_file":"/no","key_file":"/no"}}`, "config listen -tls"},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range s.Test(t.Context(), spec(9, tt.config)) {
			name := c.Name
			if !c.OK {
				name = "-" + name
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
	unknown := spec(1, `{"address":"127.0.0.1:0"}`)
	unknown.ID = "never-started"
	if checks := s.Test(t.Context(), unknown); len(checks) != 2 || !checks[1].OK {
		t.Errorf("testing a connector that never ran: %v", checks)
	}
	if s.Health(unknown.ID).State != Stopped || s.Revision(id) != 1 || len(s.IDs()) != 1 {
		t.Error("a test left a trace")
	}
}

// moody runs the functions it is given, one per start.
type moody struct {
	run func(ctx context.Context) error
}

func (m moody) Run(ctx context.Context) error { return m.run(ctx) }

func moodyKind(runs ...func(ctx context.Context) error) Kind {
	n := 0
	return Kind{Name: "line", Config: func() any { return &struct{}{} }, New: func(any, Env) (Connector, error) {
		run := runs[min(n, len(runs)-1)]
		n++
		return moody{run}, nil
	}}
}

func TestRestartsWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var starts []time.Duration
		fail := func(context.Context) error {
			starts = append(starts, time.Since(began))
			if len(starts) == 3 {
				panic("Patient Meier") // must not reach the health
			}
			return errors.New("link lost")
		}
		s := supervisor(t, moodyKind(fail))
		apply(t, s, spec(1, `{}`))
		time.Sleep(200 * time.Second)
		synctest.Wait()
		want := []time.Duration{0, 1, 3, 7, 15, 31, 63, 123, 183}
		for i := range want {
			want[i] *= time.Second
		}
		if fmt.Sprint(starts) != fmt.Sprint(want) {
			t.Errorf("started at %v, want %v", starts, want)
		}
		h := s.Health(id)
		if h.State != Down || !strings.HasPrefix(h.Detail, "link lost") {
			t.Errorf("health = %+v", h)
		}
		if c := s.Counters(id); c["panics"] != 1 || c["restarts"] != 8 {
			t.Errorf("counters = %v", c)
		}
		s.Stop(t.Context(), id)
		if s.Health(id).State != Stopped {
			t.Errorf("health after stop = %+v", s.Health(id))
		}
	})
}

func TestPanicIsNamedWithoutItsValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := supervisor(t, moodyKind(func(context.Context) error { panic("Patient Meier") }))
		apply(t, s, spec(1, `{}`))
		synctest.Wait()
		h := s.Health(id)
		if !strings.Contains(h.Detail, "panic") || strings.Contains(h.Detail, "Meier") {
			t.Errorf("health detail %q", h.Detail)
		}
		s.Close(t.Context())
	})
}

func TestARunThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		s := supervisor(t, moodyKind(
			func(context.Context) error { <-free; return nil },
			func(ctx context.Context) error { <-ctx.Done(); return nil }))
		apply(t, s, spec(1, `{}`))
		began := time.Now()
		apply(t, s, spec(2, `{}`))
		if took := time.Since(began); took != drainBound || s.Counters(id)["drain_overrun"] != 1 {
			t.Errorf("replacing a hanging run took %v, counters %v", took, s.Counters(id))
		}
		close(free)
		s.Close(t.Context())
	})
}

// talker answers and replays.
type talker struct {
	moody
	got chan alerting.Answer
}

func (c talker) Answer(_ context.Context, a alerting.Answer) error { c.got <- a; return nil }

func (c talker) Replay(ctx context.Context, in Inbox, raw Raw) error { return in.PutChanges(ctx, raw) }

// countingInbox counts what is put into it.
type countingInbox struct {
	Inbox
	n int
}

func (c *countingInbox) PutChanges(context.Context, Raw, ...directory.Change) error {
	c.n++
	return nil
}

// TestAnswersOutliveAFailedRestart: while a connector cannot be started again, the answers
// to its source must wait, not be given up as if it took none.
func TestAnswersOutliveAFailedRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, made := make(chan alerting.Answer, 1), 0
		kind := Kind{Name: "line", Config: func() any { return &struct{}{} }, New: func(any, Env) (Connector, error) {
			switch made++; made {
			case 1:
				return talker{moody{func(context.Context) error { return errors.New("link lost") }}, got}, nil
			case 2:
				return nil, errors.New("the certificate has expired")
			}
			return talker{moody{func(ctx context.Context) error { <-ctx.Done(); return nil }}, got}, nil
		}}
		s := supervisor(t, kind)
		apply(t, s, spec(1, `{}`))
		a := alerting.Answer{Connector: id, Kind: alerting.AnswerAccepted}
		time.Sleep(2 * time.Second) // after the first pause, before the second is over
		synctest.Wait()
		if err := s.Answer(t.Context(), a); hub.KindOf(err) != hub.Unavailable {
			t.Errorf("answer while it cannot be started: %v", err)
		}
		if err := s.Replay(t.Context(), id, nil, Raw{}); hub.KindOf(err) != hub.Unavailable {
			t.Errorf("replay while it cannot be started: %v", err)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if err := s.Answer(t.Context(), a); err != nil {
			t.Errorf("answer after its return: %v", err)
		}
		s.Close(t.Context())
	})
}

func TestAnswersAndReplaysFindTheRunningConnector(t *testing.T) {
	t.Parallel()
	got := make(chan alerting.Answer, 1)
	wait := moody{func(ctx context.Context) error { <-ctx.Done(); return nil }}
	answering := Kind{Name: "line", Config: func() any { return &struct{}{} },
		New: func(any, Env) (Connector, error) { return talker{wait, got}, nil }}
	mute := Kind{Name: "mute", Config: answering.Config,
		New: func(any, Env) (Connector, error) { return wait, nil }}
	s := supervisor(t, answering, mute)
	a := alerting.Answer{Connector: id, Kind: alerting.AnswerAccepted}
	if err := s.Answer(t.Context(), a); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("answer without a running connector: %v", err)
	}
	apply(t, s, spec(1, `{}`))
	if err := s.Answer(t.Context(), a); err != nil || (<-got).Kind != alerting.AnswerAccepted {
		t.Errorf("answer: %v", err)
	}
	in := &countingInbox{}
	if err := s.Replay(t.Context(), id, in, Raw{}); err != nil || in.n != 1 {
		t.Errorf("replay: %v, %d inputs", err, in.n)
	}
	sp := spec(2, `{}`)
	sp.Kind = "mute"
	apply(t, s, sp)
	if err := s.Answer(t.Context(), a); !errors.Is(err, ErrGone) {
		t.Errorf("answer to a kind that takes none: %v", err)
	}
	if err := s.Replay(t.Context(), id, in, Raw{}); hub.KindOf(err) != hub.Invalid {
		t.Errorf("replay to a kind that cannot: %v", err)
	}
}

func TestPeers(t *testing.T) {
	t.Parallel()
	p, err := ParsePeers([]string{"10.1.0.0/16", "192.168.7.9"})
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "192.168.7.9": true, "192.168.7.10": false, "::1": false} {
		if got := p.Allow(&net.TCPAddr{IP: net.ParseIP(ip), Port: 4}); got != want {
			t.Errorf("Allow(%s) = %v", ip, got)
		}
	}
	if _, err := ParsePeers([]string{"ward"}); hub.KindOf(err) != hub.Invalid {
		t.Errorf("ParsePeers(ward) = %v", err)
	}
}
