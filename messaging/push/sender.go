package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// Bounds of what the hub does for pushes. What does not fit is dropped and counted.
const (
	maxWaiting = 1024 // items whose devices are still to be looked up
	maxSending = 4096 // pushes
	lookers    = 2
	senders    = 16
	sendBound  = 10 * time.Second
)

// Store keeps subscriptions: *store.DB.
type Store interface {
	PutSubscription(ctx context.Context, by messaging.Caller, s Subscription) error
	// DropSubscription forgets a device's subscription, if it is still the one with that
	// endpoint; "" is any.
	DropSubscription(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, endpoint string) error
	// Subscriptions returns those of the devices that may be woken for a room: nobody is who
	// has muted it, unless it is urgent.
	Subscriptions(ctx context.Context, clinic hub.ClinicID, room hub.RoomID, devices []hub.DeviceID, urgent bool) ([]Subscription, error)
}

// Options is what a Sender works with.
type Options struct {
	Store     Store
	Connected func(clinic hub.ClinicID, device hub.DeviceID) bool
	Subject   string   // whom a push service can ask: mailto: or https:
	Key       string   // private, of NewKey
	Hosts     []string // that may be called
	Log       *slog.Logger
	Client    *http.Client // the usual one by default
	Now       func() time.Time
}

// Stats counts since the start.
type Stats struct {
	Sent    int64
	Failed  int64 // not taken by a push service, or not sent in time
	Dropped int64 // there was no room for them
	Gone    int64 // subscriptions a push service no longer knew
}

// Sender wakes devices. Publish and Arrived may be called at any time; what they ask for
// happens while Run runs.
type Sender struct {
	o       Options
	public  string
	wanted  chan wanted
	sending chan wake
	recent  throttle
	stats   struct{ sent, failed, dropped, gone atomic.Int64 }
}

// wanted are devices to wake for one item.
type wanted struct {
	clinic  hub.ClinicID
	room    hub.RoomID
	devices []hub.DeviceID
	urgent  bool
}

type wake struct {
	clinic hub.ClinicID
	Subscription
	urgent bool
}

// New returns a Sender.
func New(o Options) (*Sender, error) {
	public, err := publicKey(o.Key)
	if err != nil {
		return nil, fmt.Errorf("read push key: %w", err)
	}
	if !strings.HasPrefix(o.Subject, "mailto:") && !strings.HasPrefix(o.Subject, "https:") {
		return nil, errors.New("push: the subject is neither mailto: nor https:")
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: sendBound}
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // it could lead anywhere
	o.Client = &client
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sender{o: o, public: public, wanted: make(chan wanted, maxWaiting), sending: make(chan wake, maxSending)}, nil
}

// Key is the public key browsers subscribe with.
func (s *Sender) Key() string { return s.public }

// Subscribe keeps where a device can be woken.
func (s *Sender) Subscribe(ctx context.Context, by messaging.Caller, endpoint, p256dh, auth string) error {
	sub := Subscription{by.Device, endpoint, p256dh, auth}
	if err := sub.check(s.o.Hosts); err != nil {
		return err
	}
	return s.o.Store.PutSubscription(ctx, by, sub)
}

// Unsubscribe forgets it.
func (s *Sender) Unsubscribe(ctx context.Context, by messaging.Caller) error {
	return s.o.Store.DropSubscription(ctx, by.Clinic, by.Device, "")
}

// Publish takes committed items, as a subscriber of the fan-out. It never blocks.
func (s *Sender) Publish(puts []*messaging.Put) {
	for _, p := range puts {
		w := wanted{clinic: p.Clinic, room: p.Item.Room, urgent: urgent(&p.Item)}
		for _, d := range whom(p) {
			if s.due(p.Clinic, d, w.urgent) {
				w.devices = append(w.devices, d)
			}
		}
		if len(w.devices) == 0 {
			continue
		}
		select {
		case s.wanted <- w:
		default:
			s.stats.dropped.Add(int64(len(w.devices)))
			s.recent.forget(w.devices...)
		}
	}
}

func urgent(it *messaging.Item) bool {
	return it.Kind == messaging.ItemAlert || it.Priority == messaging.Urgent
}

// whom returns the devices an item is for. Commits and lines wake nobody.
func whom(p *messaging.Put) []hub.DeviceID {
	switch p.Item.Kind {
	case messaging.ItemAlert:
		out := make([]hub.DeviceID, len(p.Wraps))
		for i := range p.Wraps {
			out[i] = p.Wraps[i].Device
		}
		return out
	case messaging.ItemMessage:
		return slices.DeleteFunc(slices.Clone(p.Audience), func(d hub.DeviceID) bool { return d == p.Item.From })
	}
	return nil
}

// due reports whether a device is away and has not been woken already.
func (s *Sender) due(clinic hub.ClinicID, d hub.DeviceID, urgent bool) bool {
	if s.o.Connected(clinic, d) {
		s.recent.forget(d)
		return false
	}
	return s.recent.take(d, urgent, s.o.Now())
}

// Arrived notes that a device has connected: the push it was sent is answered.
func (s *Sender) Arrived(device hub.DeviceID) { s.recent.forget(device) }

// Stats returns the counters.
func (s *Sender) Stats() Stats {
	return Stats{s.stats.sent.Load(), s.stats.failed.Load(), s.stats.dropped.Load(), s.stats.gone.Load()}
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range lookers {
		wg.Go(func() { s.lookUp(ctx) })
	}
	for range senders {
		wg.Go(func() { s.send(ctx) })
	}
	wg.Wait()
}

func (s *Sender) lookUp(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-s.wanted:
			found, err := s.o.Store.Subscriptions(ctx, w.clinic, w.room, w.devices, w.urgent)
			if err != nil {
				s.recent.forget(w.devices...)
				s.o.Log.Warn("nobody was woken", "error", err)
				continue
			}
			s.queue(w, found)
		}
	}
}

func (s *Sender) queue(w wanted, found []Subscription) {
	for _, sub := range found {
		select {
		case s.sending <- wake{w.clinic, sub, w.urgent}:
		default:
			s.stats.dropped.Add(1)
			s.recent.forget(sub.Device)
		}
	}
}

func (s *Sender) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-s.sending:
			s.sendOne(ctx, w)
		}
	}
}

// sendOne calls a push service. Neither endpoint nor answer is logged.
func (s *Sender) sendOne(ctx context.Context, w wake) {
	status, err := s.post(ctx, w)
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		s.stats.gone.Add(1)
		err = s.o.Store.DropSubscription(ctx, w.clinic, w.Device, w.Endpoint)
	case err == nil && status < 300:
		s.stats.sent.Add(1)
		return
	default:
		s.stats.failed.Add(1)
	}
	s.recent.forget(w.Device)
	if ctx.Err() == nil {
		s.o.Log.Warn("device was not woken", "status", status, "failed", err != nil)
	}
}

func (s *Sender) post(ctx context.Context, w wake) (status int, err error) {
	if !allowed(w.Endpoint, s.o.Hosts) {
		return http.StatusGone, nil // the list of hosts has become shorter
	}
	ctx, cancel := context.WithTimeout(ctx, sendBound)
	defer cancel()
	o := webpush.Options{
		HTTPClient: s.o.Client, Subscriber: strings.TrimPrefix(s.o.Subject, "mailto:"), VAPIDPublicKey: s.public, VAPIDPrivateKey: s.o.Key,
		Topic: "wake", TTL: int(calmLife.Seconds()), Urgency: webpush.UrgencyNormal,
	}
	if w.urgent {
		o.Topic, o.TTL, o.Urgency = "urgent", int(urgentLife.Seconds()), webpush.UrgencyHigh
	}
	res, err := webpush.SendNotificationWithContext(ctx, nil, &webpush.Subscription{Endpoint: w.Endpoint, Keys: webpush.Keys{Auth: w.Auth, P256dh: w.P256DH}}, &o)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return res.StatusCode, err
}
