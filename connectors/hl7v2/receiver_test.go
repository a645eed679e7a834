package hl7v2

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withDatabase{m}) }

const id hub.ConnectorID = "kis"

// recorder stands where the database is: what is in it is committed.
type recorder struct {
	connectors.Inbox
	mu      sync.Mutex
	away    bool
	raws    []connectors.Raw
	keys    map[string]bool
	changes []directory.Change
	moves   []alerting.Movement
}

func (r *recorder) take(raw connectors.Raw) error {
	if r.away {
		return hub.E("test", hub.Unavailable, "", "database away")
	}
	r.raws = append(r.raws, raw)
	r.keys[raw.ControlID] = true
	return nil
}

func (r *recorder) PutChanges(_ context.Context, raw connectors.Raw, changes ...directory.Change) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.take(raw)
	if err == nil {
		r.changes = append(r.changes, changes...)
	}
	return err
}

func (r *recorder) PutMovements(_ context.Context, raw connectors.Raw, moves ...alerting.Movement) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.take(raw)
	if err == nil {
		r.moves = append(r.moves, moves...)
	}
	return err
}

func (r *recorder) has(control string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[control]
}

// rig is a running connector and its surroundings.
type rig struct {
	*connectors.Supervisor
	*recorder
	t *testing.T
}

func start(t *testing.T, settings string) *rig {
	t.Helper()
	rec := &recorder{keys: map[string]bool{}}
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry,
		Env: func(connectors.Spec) connectors.Env { return connectors.Env{Inbox: rec} }})
	t.Cleanup(func() { s.Close(context.Background()) })
	r := &rig{s, rec, t}
	if err := r.apply(settings); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) apply(settings string) error {
	if settings != "" {
		settings = "," + settings
	}
	return r.Apply(r.t.Context(), connectors.Spec{ID: id, Kind: "hl7v2-mllp", Revision: 1, Config: json.RawMessage(`{"address":"127.0.0.1:0"` + settings + `}`)})
}

func (r *rig) addr() string { return r.Addrs(id)[0].String() }

func (r *rig) dial() *mllp.Client {
	r.t.Helper()
	c, err := mllp.Dial(r.t.Context(), r.addr(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

func (r *rig) until(ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("condition not met within 10 s; counters %v, health %+v", r.Counters(id), r.Health(id))
		}
	}
}

func exchange(t *testing.T, c *mllp.Client, raw []byte) *hl7.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	reply, err := c.Exchange(ctx, raw)
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	return parse(t, reply)
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".hl7")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// modes sets MSH-15 and MSH-16 of a sample.
func modes(t *testing.T, raw []byte, accept, application string) []byte {
	t.Helper()
	fields := strings.SplitN(string(raw), "|", 17)
	fields[14], fields[15] = accept, application
	return []byte(strings.Join(fields, "|"))
}

func ack(m *hl7.Message) string { return m.Get("MSA-1").String() + " " + m.Get("MSA-2").String() }

func TestAcknowledgementModes(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	c := r.dial()
	adt := sample(t, "adt_a01_UNICODE_UTF-8")
	if got := ack(exchange(t, c, adt)); got != "CA A01-1" {
		t.Errorf("AL and NE, as in German profiles: %q", got)
	}
	if got := ack(exchange(t, c, modes(t, adt, "", ""))); got != "AA A01-1" {
		t.Errorf("original mode: %q", got)
	}
	mfn := sample(t, "mfn_m02_odd_records")
	if got := ack(exchange(t, c, mfn)); got != "CA MX1" {
		t.Errorf("AL and AL, commit level: %q", got)
	}
	reply, err := c.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mfk := parse(t, reply)
	var fates []string
	for s := range mfk.Each("MFA") {
		fates = append(fates, s.Field(1).String()+" "+s.Field(2).String()+" "+s.Field(4).String()+" "+s.Field(5).String())
	}
	want := []string{"MAD R1 S 7001", "MUP R2 U ", "MXX R3 U 7003", "MAC R4 S 7004", "MUP R5 S 7005"}
	if d := cmp.Diff(want, fates); d != "" || ack(mfk) != "AA MX1" || mfk.Get("MSH-9.1").String() != "MFK" || mfk.Get("MFI-1").String() != "PRA" {
		t.Errorf("application level: %s %s", ack(mfk), d)
	}
	if len(r.moves) != 2 || len(r.changes) != 3 || len(r.raws) != 4 {
		t.Errorf("%d moves, %d changes, %d inputs", len(r.moves), len(r.changes), len(r.raws))
	}
	if last := r.raws[3]; last.Fault == nil || !strings.HasSuffix(last.Key, "/refused") {
		t.Errorf("the refused records were not kept: %+v", last)
	}
}

func TestErrorsAreNamed(t *testing.T) {
	t.Parallel()
	r := start(t, `"sources":["KIS"]`)
	c := r.dial()
	tests := []struct{ name, in, ack, counter, kept string }{
		{"not HL7", "PID|||77\r", "AR ", "not_parseable", "not_parseable"},
		{"header without a type", "MSH|^~\\&|KIS\r", "AR ", "not_parseable", "not_parseable"},
		{"unknown type", "MSH|^~\\&|KIS||||20260201||SIU^S12|77|P|2.5\r", "AA 77", "fault_unknown_type", "unknown_type"},
		{"unknown type, enhanced", "MSH|^~\\&|KIS||||20260201||SIU^S12|78|P|2.5|||AL|NE\r", "CA 78", "fault_unknown_type", "unknown_type"},
		{"mapping fails", "MSH|^~\\&|KIS||||20260201||ADT^A01|79|P|2.5\rPV1|1\r", "AA 79", "fault_missing_key", "missing_key"},
		{"foreign source", "MSH|^~\\&|LAB||||20260201||ADT^A01|80|P|2.5\r", "AR 80", "source_refused", ""},
	}
	for _, tt := range tests {
		before, kept := r.Counters(id)[tt.counter], len(r.raws)
		m := exchange(t, c, []byte(tt.in))
		if ack(m) != tt.ack || r.Counters(id)[tt.counter] != before+1 {
			t.Errorf("%s: answered %q, counters %v", tt.name, ack(m), r.Counters(id))
		}
		if strings.HasPrefix(tt.ack, "AR") && !m.Get("ERR-3").Present() {
			t.Errorf("%s: no ERR segment in %q", tt.name, m.Bytes())
		}
		if tt.kept != "" && (len(r.raws) != kept+1 || r.raws[kept].Fault.Name != tt.kept) {
			t.Errorf("%s: kept %+v", tt.name, r.raws[kept:])
		}
	}
	if got := ack(exchange(t, c, sample(t, "adt_a01_UNICODE_UTF-8"))); got != "CA A01-1" {
		t.Errorf("the next message after all that: %q", got)
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.mu.Lock()
	r.away = true
	r.mu.Unlock()
	for _, want := range []string{"CE", "AE"} {
		raw := sample(t, "adt_a01_UNICODE_UTF-8")
		if want == "AE" {
			raw = modes(t, raw, "", "")
		}
		c := r.dial()
		m := exchange(t, c, raw)
		if m.Get("MSA-1").String() != want || m.Get("ERR-3").String() != "207" {
			t.Errorf("answer %q, want %s with 207", m.Bytes(), want)
		}
		if _, err := c.Exchange(t.Context(), raw); err == nil {
			t.Error("the connection stayed open")
		}
	}
	if h := r.Health(id); h.State != connectors.Degraded {
		t.Errorf("health %+v", h)
	}
	r.mu.Lock()
	r.away = false
	r.mu.Unlock()
	if got := ack(exchange(t, r.dial(), sample(t, "adt_a01_UNICODE_UTF-8"))); got != "CA A01-1" {
		t.Errorf("after its return: %q", got)
	}
	r.until(func() bool { return r.Health(id).State == connectors.Up })
}

func TestSeveralMessagesInOneFrame(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	c := r.dial()
	one, two := sample(t, "adt_a01_UNICODE_UTF-8"), sample(t, "adt_a02_UNICODE_UTF-8")
	if got := ack(exchange(t, c, append(append(one, '\r'), two...))); got != "CA A01-1" {
		t.Errorf("first: %q", got)
	}
	reply, err := c.Receive(t.Context())
	if err != nil || ack(parse(t, reply)) != "CA A02-1" {
		t.Errorf("second: %q %v", reply, err)
	}
	if len(r.moves) != 2 {
		t.Errorf("moves %+v", r.moves)
	}
}

func TestBrokenFramesAreCounted(t *testing.T) {
	t.Parallel()
	r := start(t, `"max_frame_bytes":4096`)
	conn, err := net.Dial("tcp", r.addr())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "\x0bMSH|^~\\&|half")
	conn.Close()
	r.until(func() bool { return r.Counters(id)["frame_half"] == 1 })
	big := append(sample(t, "adt_a01_UNICODE_UTF-8"), "\rNTE|1||"+strings.Repeat("x", 10_000)...)
	if m := exchange(t, r.dial(), modes(t, big, "", "")); ack(m) != "AR A01-1" {
		t.Errorf("an oversize message was answered %q", ack(m))
	}
	if r.Counters(id)["frame_oversize"] != 1 || len(r.raws) != 0 {
		t.Errorf("counters %v", r.Counters(id))
	}
}

func TestForeignPeersAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t, `"allowed_peers":["10.0.0.0/8"]`)
	if _, err := r.dial().Exchange(t.Context(), sample(t, "adt_a01_UNICODE_UTF-8")); err == nil {
		t.Error("a foreign peer was answered")
	}
	if r.Counters(id)["peer_refused"] != 1 {
		t.Errorf("counters %v", r.Counters(id))
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	r := start(t, `"staff_id_type":"PERS"`)
	exchange(t, r.dial(), sample(t, "pmu_b01"))
	kept := r.raws[0]
	if kept.Fault == nil || kept.Fault.Name != "missing_key" || kept.Fault.Where != "STF-2" && kept.Fault.Where != "STF[1]-2" {
		t.Fatalf("kept %+v", kept.Fault)
	}
	if err := r.apply(""); err != nil { // the cause is mended
		t.Fatal(err)
	}
	if err := r.Replay(t.Context(), id, nil, kept); err != nil || len(r.changes) != 1 || r.changes[0].Key != "4712" {
		t.Errorf("replay: %v, %+v", err, r.changes)
	}
	kept.Body = []byte("x")
	if err := r.Replay(t.Context(), id, nil, kept); hub.KindOf(err) != hub.Invalid {
		t.Errorf("replay of nonsense: %v", err)
	}
}

func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	for field, settings := range map[string]string{
		"address":         `"address":"x"`,
		"charset":         `"charset":"EBCDIC"`,
		"time_zone":       `"time_zone":"Mars"`,
		"max_frame_bytes": `"max_frame_bytes":1`,
		"idle_seconds":    `"idle_seconds":-1`,
		"fields":          `"fields":[{"path":"ZST","field":"pager"}]`,
		"tls.cert_file":   `"tls":{"cert_file":"x"}`,
		"allowed_peers":   `"allowed_peers":["x"]`,
		"colour":          `"colour":1`,
	} {
		var e *hub.Error
		if err := r.apply(settings); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if got := ack(exchange(t, r.dial(), sample(t, "adt_a01_UNICODE_UTF-8"))); got != "CA A01-1" {
		t.Errorf("the old run answered %q", got)
	}
}

// Four senders that repeat what was not acknowledged, ten reloads: nothing is lost.
func TestReloadsUnderLoad(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	done := make(chan struct{})
	acked := make([][]string, 4)
	var wg sync.WaitGroup
	for i := range acked {
		wg.Go(func() { acked[i] = sendAll(t, r.addr(), i, done) })
	}
	for range 10 {
		if err := r.apply(""); err != nil {
			t.Fatal(err)
		}
		r.mu.Lock()
		before := len(r.raws)
		r.mu.Unlock()
		r.until(func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.raws) > before+40 })
	}
	close(done)
	wg.Wait()
	for _, controls := range acked {
		for _, control := range controls {
			if !r.has(control) {
				t.Errorf("%s was acknowledged and is not stored", control)
			}
		}
	}
	if r.Counters(id)["drain_overrun"] != 0 {
		t.Errorf("counters %v", r.Counters(id))
	}
}

func sendAll(t *testing.T, addr string, sender int, done chan struct{}) (acked []string) {
	var c *mllp.Client
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for {
		select {
		case <-done:
			return acked
		default:
		}
		if c == nil {
			var err error
			if c, err = mllp.Dial(context.Background(), addr, nil); err != nil {
				t.Errorf("the port was closed during a reload: %v", err)
				return acked
			}
		}
		control := fmt.Sprintf("%d-%d", sender, len(acked))
		raw := "MSH|^~\\&|KIS||||20260201||ADT^A01|" + control + "|P|2.5\rPV1|1|I|4B^1^1||||||||||||||||" + control
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		reply, err := c.Exchange(ctx, []byte(raw))
		cancel()
		if err != nil {
			c.Close()
			c = nil
		} else if strings.Contains(string(reply), "MSA|AA|"+control) {
			acked = append(acked, control)
		}
	}
}

func TestTLSWithClientCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert := selfSigned(t, dir, "server", time.Now().Add(time.Hour))
	client := selfSigned(t, dir, "client", time.Now().Add(time.Hour))
	r := start(t, fmt.Sprintf(`"tls":{"cert_file":%q,"key_file":%q,"client_ca_file":%q}`, dir+"/server.pem", dir+"/server.key", dir+"/client.pem"))
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	config := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", Certificates: []tls.Certificate{client}}
	c, err := mllp.Dial(t.Context(), r.addr(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := ack(exchange(t, c, sample(t, "adt_a01_UNICODE_UTF-8"))); got != "CA A01-1" {
		t.Errorf("with a certificate: %q", got)
	}
	config.Certificates = nil
	if c, err := mllp.Dial(t.Context(), r.addr(), config); err == nil {
		if _, err := c.Exchange(t.Context(), sample(t, "adt_a01_UNICODE_UTF-8")); err == nil {
			t.Error("without a certificate the message was answered")
		}
		c.Close()
	}
	r.until(func() bool { return r.Counters(id)["tls_failed"] == 1 })
	selfSigned(t, dir, "old", time.Now().Add(-time.Hour))
	if err := r.apply(fmt.Sprintf(`"tls":{"cert_file":%q,"key_file":%q}`, dir+"/old.pem", dir+"/old.key")); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an expired certificate: %v", err)
	}
}

// selfSigned writes name.pem and name.key into dir.
func selfSigned(t *testing.T, dir, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(name+".pem", "CERTIFICATE", der)
	write(name+".key", "PRIVATE KEY", secret)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// TestAMistakeInTheMappingIsTheMessagesFault and ends no connection: the sender would repeat
// the message for ever, and nothing behind it would come in.
func TestAMistakeInTheMappingIsTheMessagesFault(t *testing.T) {
	t.Parallel()
	counted := ""
	r := &receiver{env: connectors.Env{Count: func(name string) { counted = name }, Now: time.Now}, mapping: &mapping{}}
	m := r.read(nil) // no message at all makes every mapping panic
	if m.Fault == nil || m.Fault.Name != "internal" || counted != "panics" {
		t.Errorf("mapped %+v, counted %q", m, counted)
	}
}
