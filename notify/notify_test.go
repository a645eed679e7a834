package notify

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/seal"
)

var at = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func policy(steps int) alerting.Policy {
	return alerting.Policy{Steps: slices.Repeat([]alerting.Step{{Seconds: 30}}, steps), Need: 1, MaxSeconds: 3600}
}

func sample() alerting.Card {
	return alerting.Card{
		Alert: alerting.Alert{
			ID: "01890000-0000-7000-8000-000000000001", Clinic: "c", State: alerting.Accepted, Kind: "nurse-call", Priority: alerting.Urgent,
			Ward: "4B", Room: "12", Bed: "1", Text: "Ruf Großmann", Caller: "Zi 12", Policy: policy(3), Step: 1, Version: 4,
			RaisedAt: at, UpdatedAt: at.Add(40 * time.Second), AcceptedBy: []hub.UserID{"u2"},
		},
		Dispatches: []alerting.Dispatch{
			{Step: 0, User: "u1", State: alerting.Rejected, Changed: at.Add(5 * time.Second)},
			{Step: 0, User: "u3", State: alerting.Rejected, Changed: at.Add(6 * time.Second)},
			{Step: 1, User: "u2", State: alerting.DidAccept, Changed: at.Add(40 * time.Second)},
			{Step: 1, User: "u3", State: alerting.Withdrawn, Changed: at.Add(40 * time.Second)},
			{Step: 1, User: "u4", State: alerting.Busy, Changed: at.Add(4 * time.Second)},
		},
		Names:    map[hub.UserID]string{"u1": "Ida Frei", "u2": "Eva Lindner", "u3": "Tom Sommer", "u4": "Ana Berg"},
		WardName: "Station 4B",
	}
}

// TestCardFormat holds the JSON that clients read. UPDATE=1 rewrites the golden file.
func TestCardFormat(t *testing.T) {
	t.Parallel()
	c := sample()
	plain, err := plaintext(&c)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, plain, "", "  "); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/card.json"
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("card (-want +got):\n%s", diff)
	}
}

// TestEndedAt is there once the alert has ended, and only then.
func TestEndedAt(t *testing.T) {
	t.Parallel()
	c := sample()
	for _, ended := range []time.Time{{}, at.Add(time.Hour)} {
		c.Alert.EndedAt = ended
		plain, err := plaintext(&c)
		if err != nil {
			t.Fatal(err)
		}
		if has := bytes.Contains(plain, []byte(`"ended_at"`)); has == ended.IsZero() {
			t.Errorf("ended %v: %s", ended, plain)
		}
	}
}

// TestHugeCardFits: a card to the whole house still fits into an item.
func TestHugeCardFits(t *testing.T) {
	t.Parallel()
	c := sample()
	c.Names = map[hub.UserID]string{}
	for range 10_000 {
		u := hub.NewID[hub.UserID]()
		c.Dispatches = append(c.Dispatches, alerting.Dispatch{Step: 1, User: u, State: alerting.Busy, Changed: at})
		c.Names[u] = "Dr. med. Maximiliane Freifrau von und zu Lindenau"
	}
	plain, err := plaintext(&c)
	if err != nil || len(plain) > 60_000 {
		t.Fatalf("%d bytes, %v", len(plain), err)
	}
	if !bytes.Contains(plain, []byte(`"recipients":["*"]`)) {
		t.Errorf("recipients are not marked as everyone")
	}
}

// TestHeader: a card that may ring expires with its alert, the end can be read for long.
// TestCardWithLongNamesFits: whatever people are called, the card gets into an item.
func TestCardWithLongNamesFits(t *testing.T) {
	t.Parallel()
	c := alerting.Card{Alert: alerting.Alert{ID: hub.NewID[hub.AlertID](), Version: 2, Text: strings.Repeat("<", 1000), Policy: alerting.Policy{Steps: make([]alerting.Step, 1)}}, Names: map[hub.UserID]string{}}
	for i := range 1000 {
		u := hub.NewID[hub.UserID]()
		c.Names[u] = strings.Repeat("\u00ff", 200)
		state := alerting.Rejected
		if i%3 == 0 {
			state = alerting.DidAccept
			c.Alert.AcceptedBy = append(c.Alert.AcceptedBy, u)
		}
		c.Dispatches = append(c.Dispatches, alerting.Dispatch{Alert: c.Alert.ID, User: u, State: state})
	}
	b, err := plaintext(&c)
	if err != nil || len(b) > maxCard {
		t.Fatalf("%d bytes, %v; want at most %d", len(b), err, maxCard)
	}
	var got card
	if err := json.Unmarshal(b, &got); err != nil || got.Text != c.Alert.Text || len(got.AcceptedBy) == 0 {
		t.Errorf("the alarm itself did not survive: %v", err)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	for state, want := range map[alerting.State]time.Time{
		alerting.Notifying: at.Add(time.Hour), alerting.Exhausted: at.Add(time.Hour), alerting.Resolved: at.Add(30*24*time.Hour + 40*time.Second),
	} {
		a := sample().Alert
		a.State = state
		if h := header(&a, [16]byte{1}); !h.Expires.Equal(want) || !h.Created.Equal(a.UpdatedAt) || string(h.Context) != string(a.ID) {
			t.Errorf("%s: %+v", state, h)
		}
	}
	a := sample().Alert
	a.UpdatedAt = at.Add(2 * time.Hour)
	if h := header(&a, [16]byte{}); !h.Expires.After(h.Created) {
		t.Errorf("expires before it begins: %+v", h)
	}
}

func TestItemIDIsDerived(t *testing.T) {
	t.Parallel()
	e1, i1 := itemID("a", 1)
	e2, i2 := itemID("a", 1)
	e3, i3 := itemID("a", 2)
	if e1 != e2 || i1 != i2 || e1 == e3 || i1 == i3 || !hub.ValidID(i1) || e1 == [16]byte{} {
		t.Errorf("%x %s, %x %s", e1, i1, e3, i3)
	}
}

// desk is both outboxes and the log, in memory; the real ones are tested in store.
type desk struct {
	mu      sync.Mutex
	cards   []alerting.Card
	done    []alerting.CardDone
	put     []*messaging.Put
	keys    map[hub.DeviceID][]byte
	asked   int
	bad     string // id of a room that refuses items
	claims  chan struct{}
	answers []alerting.OpenAnswer
	ended   []string
}

func (d *desk) ClaimCards(context.Context, int) ([]alerting.Card, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.claims != nil {
		select {
		case d.claims <- struct{}{}:
		default:
		}
	}
	c := d.cards
	d.cards = nil
	return c, nil
}

func (d *desk) CardsDone(_ context.Context, _ hub.ClinicID, done []alerting.CardDone) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = append(d.done, done...)
	return nil
}

func (d *desk) DeviceKeys(_ context.Context, _ hub.ClinicID, ids []hub.DeviceID) (map[hub.DeviceID][]byte, error) {
	d.asked += len(ids)
	found := map[hub.DeviceID][]byte{}
	for _, id := range ids {
		if k, ok := d.keys[id]; ok {
			found[id] = k
		}
	}
	return found, nil
}

func (d *desk) DevicesOnDuty(context.Context) (map[hub.ClinicID][]hub.DeviceID, error) {
	on := map[hub.ClinicID][]hub.DeviceID{}
	for id := range d.keys {
		on["c"] = append(on["c"], id)
	}
	return on, nil
}

func (d *desk) Append(_ context.Context, puts []*messaging.Put) error {
	for _, p := range puts {
		if d.bad != "" && string(p.Item.Room) == d.bad {
			return errors.New("room is broken")
		}
	}
	d.put = append(d.put, puts...)
	return nil
}

func newSender(t *testing.T) (*seal.Sender, ed25519.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.NewSender(private)
	if err != nil {
		t.Fatal(err)
	}
	return s, public
}

// TestCarry seals for good devices, calls people without one deaf, keeps the others from
// nothing, and asks for each key once.
func TestCarry(t *testing.T) {
	t.Parallel()
	private, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	sender, public := newSender(t)
	d := &desk{keys: map[hub.DeviceID][]byte{"d1": private.PublicKey().Bytes(), "d2": []byte("no key")}, bad: "broken"}
	c := NewCards(d, d, sender, slog.New(slog.DiscardHandler))
	card := sample()
	card.Alert.State, card.Alert.AcceptedBy = alerting.Notifying, nil
	card.Room = "good"
	card.Dispatches = []alerting.Dispatch{{User: "u1", State: alerting.Pending}, {User: "u2", State: alerting.Pending}, {User: "u3", State: alerting.Rejected}, {User: "u4", State: alerting.Pending}}
	card.Devices = []alerting.CardDevice{{ID: "d1", User: "u1"}, {ID: "d2", User: "u2"}}
	broken := card
	broken.Room = "broken"
	broken.Alert.ID = "other"
	for range 2 {
		d.cards = []alerting.Card{broken, card}
		if _, err := c.Carry(t.Context()); err == nil {
			t.Error("a refused item is not reported")
		}
	}
	want := alerting.CardDone{Alert: card.Alert.ID, Version: 4, Step: 1, Deaf: []hub.UserID{"u2", "u4"}}
	if diff := cmp.Diff([]alerting.CardDone{want, want}, d.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if d.put[0].Item.ID != d.put[1].Item.ID {
		t.Error("putting again made another item")
	}
	if d.asked != 2 {
		t.Errorf("asked for %d keys of two devices", d.asked)
	}
	seed, err := private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p := d.put[0]
	row := seal.Row{Device: "d1", KEK: p.Wraps[0].KEK, Enc: p.Wraps[0].Enc, Wrap: p.Wraps[0].Row}
	h, plain, err := seal.Recipient{Device: "d1", Seed: seed, Hub: public}.Open(p.Item.Body, row, at)
	if err != nil || !bytes.Contains(plain, []byte("Großmann")) || bytes.Contains(p.Item.Body, []byte("mann")) || h.Kind != kindAlert {
		t.Errorf("opened %q, %v", plain, err)
	}
}

// TestRunTakesHints: a poke is enough, and Run returns when its context ends.
func TestRunTakesHints(t *testing.T) {
	t.Parallel()
	sender, _ := newSender(t)
	d := &desk{claims: make(chan struct{}, 1)}
	c := NewCards(d, d, sender, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { c.Run(ctx) })
	for range 20 {
		c.Poke()
		<-d.claims
	}
	cancel()
	run.Wait()
}

func (d *desk) ClaimAnswers(context.Context, int) ([]alerting.OpenAnswer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.answers
	d.answers = nil
	return a, nil
}

func (d *desk) AnswerDone(_ context.Context, a alerting.OpenAnswer) error { return d.end("done", a) }

func (d *desk) AnswerFailed(_ context.Context, a alerting.OpenAnswer, gone bool) error {
	return d.end(fmt.Sprint("failed, gone ", gone), a)
}

func (d *desk) end(how string, a alerting.OpenAnswer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = append(d.ended, a.Ref+" "+how)
	return nil
}

// TestAnswers: each ends by what its source said.
func TestAnswers(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	d := &desk{}
	for _, ref := range []string{"a", "b", "c"} {
		d.answers = append(d.answers, alerting.OpenAnswer{Answer: alerting.Answer{Ref: ref}})
	}
	give := func(ctx context.Context, a alerting.OpenAnswer) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("a source may take for ever")
		}
		return map[string]error{"a": nil, "b": errors.New("away"), "c": gone}[a.Ref]
	}
	a := NewAnswers(d, give, func(err error) bool { return errors.Is(err, gone) }, slog.New(slog.DiscardHandler))
	if n, err := a.Carry(t.Context()); n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	slices.Sort(d.ended)
	if diff := cmp.Diff([]string{"a done", "b failed, gone false", "c failed, gone true"}, d.ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
}
