package push_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/push"
)

const (
	clinic = hub.ClinicID("11111111-1111-7111-8111-111111111111")
	room   = hub.RoomID("22222222-2222-7222-8222-222222222222")
	host   = "example.com" // the name in the certificate of httptest
)

func device(n int) hub.DeviceID {
	return hub.DeviceID(fmt.Sprintf("dddddddd-0000-7000-8000-%012d", n))
}

// call is what the push service got.
type call struct {
	device  string
	urgency string
	ttl     string
	topic   string
	auth    string
	size    int
}

// rig is a Sender between a store and a push service, both of the test.
type rig struct {
	*push.Sender
	calls chan call

	mu        sync.Mutex
	status    int
	subs      map[hub.DeviceID]push.Subscription
	muted     []hub.DeviceID
	connected []hub.DeviceID
	now       time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{calls: make(chan call, 100), status: http.StatusCreated, subs: map[hub.DeviceID]push.Subscription{}, now: time.Unix(1_800_000_000, 0)}
	srv := httptest.NewTLSServer(http.HandlerFunc(r.serve))
	t.Cleanup(srv.Close)
	client := srv.Client()
	transport, ok := client.Transport.(*http.Transport)
	if !ok {
		t.Fatal("the test server has a transport of another kind")
	}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	var err error
	r.Sender, err = push.New(push.Options{
		Store: r, Connected: r.isConnected, Subject: "mailto:it@klinik.example", Key: push.NewKey(), Hosts: []string{host, "*.push.example"},
		Log: slog.New(slog.DiscardHandler), Client: client, Now: r.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	h := req.Header
	r.mu.Lock()
	status := r.status
	r.mu.Unlock()
	w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
	w.WriteHeader(status)
	r.calls <- call{strings.TrimPrefix(req.URL.Path, "/"), h.Get("Urgency"), h.Get("TTL"), h.Get("Topic"), h.Get("Authorization"), len(body)}
}

func (r *rig) locked(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *rig) clock() (now time.Time) {
	r.locked(func() { now = r.now })
	return now
}

func (r *rig) isConnected(_ hub.ClinicID, d hub.DeviceID) (yes bool) {
	r.locked(func() { yes = slices.Contains(r.connected, d) })
	return yes
}

func (r *rig) PutSubscription(_ context.Context, by messaging.Caller, s push.Subscription) error {
	r.locked(func() { r.subs[by.Device] = s })
	return nil
}

func (r *rig) DropSubscription(_ context.Context, _ hub.ClinicID, d hub.DeviceID, endpoint string) error {
	r.locked(func() {
		if endpoint == "" || r.subs[d].Endpoint == endpoint {
			delete(r.subs, d)
		}
	})
	return nil
}

func (r *rig) Subscriptions(_ context.Context, _ hub.ClinicID, _ hub.RoomID, devices []hub.DeviceID, urgent bool) (out []push.Subscription, _ error) {
	r.locked(func() {
		for _, d := range devices {
			if s, ok := r.subs[d]; ok && (urgent || !slices.Contains(r.muted, d)) {
				out = append(out, s)
			}
		}
	})
	return out, nil
}

func (r *rig) has(n int) (yes bool) {
	r.locked(func() { _, yes = r.subs[device(n)] })
	return yes
}

// subscribe registers devices 1 to n.
func (r *rig) subscribe(t *testing.T, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		by := messaging.Caller{Clinic: clinic, Device: device(i)}
		if err := r.Subscribe(t.Context(), by, "https://"+host+"/"+string(device(i)), point(t), secret()); err != nil {
			t.Fatal(err)
		}
	}
}

func point(t *testing.T) string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
}

func secret() string { return base64.URLEncoding.EncodeToString(make([]byte, 16)) }

func message(prio messaging.Priority, from int, to ...int) *messaging.Put {
	p := &messaging.Put{Clinic: clinic, Item: messaging.Item{Room: room, Kind: messaging.ItemMessage, Priority: prio, From: device(from), Body: []byte("x")}}
	for _, n := range to {
		p.Audience = append(p.Audience, device(n))
	}
	return p
}

func alert(to ...int) *messaging.Put {
	p := &messaging.Put{Clinic: clinic, Item: messaging.Item{Room: room, Kind: messaging.ItemAlert, Body: []byte("x")}}
	for _, n := range to {
		p.Wraps = append(p.Wraps, messaging.Wrap{Device: device(n)})
	}
	return p
}

func (r *rig) next(t *testing.T) call {
	t.Helper()
	select {
	case c := <-r.calls:
		return c
	case <-time.After(time.Minute):
		t.Fatal("nobody was woken")
		return call{}
	}
}

// only publishes a marker for a device nobody else wakes and checks that nothing came before.
func (r *rig) only(t *testing.T, marker int) {
	t.Helper()
	r.Publish([]*messaging.Put{alert(marker)})
	if c := r.next(t); c.device != string(device(marker)) {
		t.Errorf("device %s was woken too", c.device)
	}
}

func TestWhoIsWoken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		put       *messaging.Put
		connected []hub.DeviceID
		muted     []hub.DeviceID
		want      []hub.DeviceID
		urgency   string
	}{
		"all but the sender":       {message(messaging.Normal, 1, 1, 2), nil, nil, []hub.DeviceID{device(2)}, "normal"},
		"connected ones are not":   {message(messaging.Normal, 1, 1, 2, 3), []hub.DeviceID{device(2)}, nil, []hub.DeviceID{device(3)}, "normal"},
		"muted ones are not":       {message(messaging.Important, 1, 2, 3), nil, []hub.DeviceID{device(3)}, []hub.DeviceID{device(2)}, "normal"},
		"urgent passes muting":     {message(messaging.Urgent, 1, 2), nil, []hub.DeviceID{device(2)}, []hub.DeviceID{device(2)}, "high"},
		"an alert is urgent":       {alert(1, 2), []hub.DeviceID{device(1)}, nil, []hub.DeviceID{device(2)}, "high"},
		"without a subscription":   {message(messaging.Normal, 1, 7), nil, nil, nil, ""},
		"a commit wakes nobody":    {&messaging.Put{Clinic: clinic, Item: messaging.Item{Kind: messaging.ItemCommit}, Audience: []hub.DeviceID{device(2)}}, nil, nil, nil, ""},
		"a hint of another node":   {&messaging.Put{Clinic: clinic}, nil, nil, nil, ""},
		"a line wakes nobody":      {&messaging.Put{Clinic: clinic, Item: messaging.Item{Kind: messaging.ItemLine}, Audience: []hub.DeviceID{device(2)}}, nil, nil, nil, ""},
		"the important are normal": {message(messaging.Important, 1, 2), nil, nil, []hub.DeviceID{device(2)}, "normal"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.subscribe(t, 4)
			r.connected, r.muted = tt.connected, tt.muted
			r.Publish([]*messaging.Put{tt.put})
			for _, want := range tt.want {
				c := r.next(t)
				if c.device != string(want) || c.urgency != tt.urgency {
					t.Errorf("woken %+v, want %s", c, want)
				}
			}
			r.only(t, 4)
		})
	}
}

// A push of a greeting and one of an emergency differ in urgency, topic and lifetime, and in
// nothing that was said.
func TestPushSaysNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.subscribe(t, 2)
	r.Publish([]*messaging.Put{message(messaging.Normal, 1, 2)})
	calm := r.next(t)
	r.Publish([]*messaging.Put{alert(1)})
	urgent := r.next(t)
	if calm.size != urgent.size || calm.ttl != "86400" || urgent.ttl != "600" || calm.topic == urgent.topic {
		t.Errorf("calm %+v, urgent %+v", calm, urgent)
	}
	if !strings.HasPrefix(calm.auth, "vapid t=") || !strings.HasSuffix(calm.auth, "k="+r.Key()) {
		t.Errorf("the hub does not say who it is: %q", calm.auth)
	}
}

func TestOneUnansweredPushIsEnough(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.subscribe(t, 3)
	send := func(prio messaging.Priority) { r.Publish([]*messaging.Put{message(prio, 1, 2)}) }
	send(messaging.Normal)
	r.next(t)
	send(messaging.Normal)
	r.only(t, 3) // not again
	send(messaging.Urgent)
	if c := r.next(t); c.urgency != "high" {
		t.Errorf("what is urgent waits behind what is not: %+v", c)
	}
	send(messaging.Urgent)
	send(messaging.Normal)
	r.locked(func() { r.now = r.now.Add(20 * time.Second) })
	send(messaging.Urgent)
	r.next(t)
	r.only(t, 3)
	r.Arrived(device(2)) // has connected, and is away again
	send(messaging.Normal)
	if c := r.next(t); c.device != string(device(2)) {
		t.Errorf("woken %+v", c)
	}
}

func TestGoneSubscriptions(t *testing.T) {
	t.Parallel()
	for status, kept := range map[int]bool{404: false, 410: false, 201: true, 500: true, 429: true, 307: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.subscribe(t, 1)
			r.locked(func() { r.status = status })
			r.Publish([]*messaging.Put{alert(1)})
			r.next(t)
			eventually(t, "counted", func() bool { s := r.Stats(); return s.Sent+s.Failed+s.Gone == 1 })
			eventually(t, "kept or dropped", func() bool { return r.has(1) == kept })
			if s := r.Stats(); (s.Sent == 1) != (status == 201) || (s.Gone == 1) == kept {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

// After a failure the next message tries again.
func TestFailedPushIsNoPush(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.subscribe(t, 1)
	r.locked(func() { r.status = 500 })
	r.Publish([]*messaging.Put{message(messaging.Normal, 2, 1)})
	r.next(t)
	eventually(t, "counted", func() bool { return r.Stats().Failed == 1 })
	eventually(t, "tried again", func() bool {
		r.Publish([]*messaging.Put{message(messaging.Normal, 2, 1)})
		return r.Stats().Failed > 1
	})
}

func TestEndpointsThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := func(endpoint string) (string, string, string) { return endpoint, point(t), secret() }
	tests := map[string]struct {
		endpoint, p256dh, auth string
		field                  string
	}{}
	add := func(name, field, endpoint, p256dh, auth string) {
		tests[name] = struct{ endpoint, p256dh, auth, field string }{endpoint, p256dh, auth, field}
	}
	for name, endpoint := range map[string]string{
		"plain http": "http://example.com/x", "another host": "https://example.org/x", "address": "https://127.0.0.1/x", "address of six": "https://[::1]/x",
		"another port": "https://example.com:8443/x", "user": "https://a@example.com/x", "no host": "https:///x", "garbage": "::", "below": "https://a.example.com/x",
		"ends alike": "https://evilpush.example/x", "the wildcard itself": "https://push.example/x", "number": "https://2130706433/x", "file": "file:///etc/passwd",
		"too long": "https://example.com/" + strings.Repeat("x", 1100),
	} {
		e, p, a := good(endpoint)
		add(name, "endpoint", e, p, a)
	}
	add("no point", "p256dh", "https://example.com/x", "AAAA", secret())
	add("short secret", "auth", "https://example.com/x", point(t), "AAAA")
	add("usual port", "", "https://example.com:443/x", point(t), secret())
	add("wildcard", "", "https://a.b.push.example/x", point(t), secret())
	for name, tt := range tests {
		err := r.Subscribe(t.Context(), messaging.Caller{Clinic: clinic, Device: device(1)}, tt.endpoint, tt.p256dh, tt.auth)
		var got string
		if e, ok := err.(*hub.Error); ok {
			got = e.Field
		}
		if got != tt.field || (err == nil) != (tt.field == "") {
			t.Errorf("%s: %v, want field %q", name, err, tt.field)
		}
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.subscribe(t, 1)
	if err := r.Unsubscribe(t.Context(), messaging.Caller{Clinic: clinic, Device: device(1)}); err != nil || r.has(1) {
		t.Errorf("%v, still there: %v", err, r.has(1))
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]push.Options{
		"no subject": {Key: push.NewKey()}, "http": {Key: push.NewKey(), Subject: "http://x"}, "no key": {Subject: "mailto:a@b"}, "short key": {Subject: "mailto:a@b", Key: "AAAA"},
	} {
		if _, err := push.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzEndpoint(f *testing.F) {
	for _, s := range []string{"https://example.com/x", "https://a.push.example", "https://example.com@127.0.0.1/", "https://[::1]/", "https://example.com:443#x", "HTTPS://EXAMPLE.COM/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		if !push.Allowed(endpoint, []string{"example.com"}) {
			return
		}
		req, err := http.NewRequest(http.MethodPost, endpoint, nil)
		if err != nil {
			return
		}
		if h := strings.ToLower(req.URL.Host); h != "example.com" && h != "example.com:443" && h != "example.com:" {
			t.Errorf("%q leads to %q", endpoint, h)
		}
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
