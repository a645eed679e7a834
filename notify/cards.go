package notify

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/seal"
)

// CardBox is the durable outbox of cards.
type CardBox interface {
	// ClaimCards returns cards that are owed, emergencies first; they come again unless ended.
	ClaimCards(ctx context.Context, limit int) ([]alerting.Card, error)
	// CardsDone ends cards of one clinic that are in their rooms.
	CardsDone(ctx context.Context, clinic hub.ClinicID, done []alerting.CardDone) error
	// DeviceKeys returns the X-Wing public keys of devices, which never change.
	DeviceKeys(ctx context.Context, clinic hub.ClinicID, ids []hub.DeviceID) (map[hub.DeviceID][]byte, error)
	// DevicesOnDuty returns the devices that the next alert may have to reach.
	DevicesOnDuty(ctx context.Context) (map[hub.ClinicID][]hub.DeviceID, error)
}

// Log is where cards are put: messaging.Log.
type Log interface {
	Append(ctx context.Context, puts []*messaging.Put) error
}

const (
	cardWorkers = 4
	cardsAtOnce = 64
	pollEvery   = time.Second // for cards whose hint was lost
	afterError  = time.Second

	// kindAlert is the envelope's kind byte of an alert card.
	kindAlert = 1
	// keepEnded is how long a card that has ended can still be opened, to close it on a
	// device that was away. One that may ring expires with its alert.
	keepEnded = 30 * 24 * time.Hour
)

// Cards seals cards and puts them into their rooms.
type Cards struct {
	box    CardBox
	rooms  Log
	sender *seal.Sender
	log    *slog.Logger
	keys   keyCache
	wake   chan struct{}
}

// NewCards returns the carrier of cards; Run makes it work.
func NewCards(box CardBox, rooms Log, sender *seal.Sender, log *slog.Logger) *Cards {
	return &Cards{box: box, rooms: rooms, sender: sender, log: log, wake: make(chan struct{}, cardWorkers)}
}

// Poke hints that a card may be owed, as after each commit. It never blocks; without it
// cards wait for the next poll.
func (c *Cards) Poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run carries cards until ctx ends. A card under way then is finished or comes again.
func (c *Cards) Run(ctx context.Context) {
	var workers errgroup.Group
	for range cardWorkers {
		workers.Go(func() error { c.work(ctx); return nil })
	}
	workers.Go(func() error { c.keepWarm(ctx); return nil })
	_ = workers.Wait()
}

func (c *Cards) work(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := c.Carry(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.Error("cards were not carried", "err", err)
		}
		switch {
		case err != nil:
			rest(ctx, afterError, nil)
		case n == 0:
			rest(ctx, pollEvery, c.wake)
		}
	}
}

// rest waits for a hint, for d to pass or for ctx to end.
func rest(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// Carry takes what is owed now, at most one batch, and returns how many cards it was.
func (c *Cards) Carry(ctx context.Context) (int, error) {
	cards, first := c.box.ClaimCards(ctx, cardsAtOnce)
	if len(cards) == 0 {
		return 0, first
	}
	if len(cards) == cardsAtOnce {
		c.Poke() // there is likely more: another worker may begin
	}
	for _, group := range byClinic(cards) {
		if err := c.carryClinic(ctx, group); err != nil && first == nil {
			first = err
		}
	}
	return len(cards), first
}

func byClinic(cards []alerting.Card) map[hub.ClinicID][]*alerting.Card {
	groups := map[hub.ClinicID][]*alerting.Card{}
	for i := range cards {
		clinic := cards[i].Alert.Clinic
		groups[clinic] = append(groups[clinic], &cards[i])
	}
	return groups
}

// carryClinic seals the cards of one clinic and appends them together.
func (c *Cards) carryClinic(ctx context.Context, cards []*alerting.Card) error {
	clinic := cards[0].Alert.Clinic
	keys, err := c.publicKeys(ctx, clinic, cards)
	if err != nil {
		return err
	}
	var puts []*messaging.Put
	var done []alerting.CardDone
	var first error
	for _, card := range cards {
		put, end, err := c.seal(card, keys)
		if err != nil {
			first = fmt.Errorf("seal card of alert %s: %w", card.Alert.ID, err)
			continue // its lease ends and it is tried again, the others go out
		}
		puts, done = append(puts, put), append(done, end)
	}
	done, err = c.append(ctx, puts, done)
	if err != nil {
		first = err
	}
	if len(done) > 0 {
		if err := c.box.CardsDone(ctx, clinic, done); err != nil {
			return err
		}
	}
	return first
}

// append puts the cards into their rooms and returns which of them are there. When the
// batch fails each is tried alone, so that a bad one keeps no other from people.
func (c *Cards) append(ctx context.Context, puts []*messaging.Put, done []alerting.CardDone) ([]alerting.CardDone, error) {
	err := c.rooms.Append(ctx, puts)
	if err == nil || len(puts) == 1 {
		if err != nil {
			done = nil
		}
		return done, err
	}
	var there []alerting.CardDone
	err = nil
	for i, p := range puts {
		if each := c.rooms.Append(ctx, []*messaging.Put{p}); each != nil {
			err = each
			continue
		}
		there = append(there, done[i])
	}
	return there, err
}

func (c *Cards) publicKeys(ctx context.Context, clinic hub.ClinicID, cards []*alerting.Card) (map[hub.DeviceID][]byte, error) {
	var ids []hub.DeviceID
	for _, card := range cards {
		for _, d := range card.Devices {
			ids = append(ids, d.ID)
		}
	}
	slices.Sort(ids)
	return c.keys.get(ctx, c.box, clinic, slices.Compact(ids))
}

// seal turns a card into an item that each device of its recipients can open.
func (c *Cards) seal(card *alerting.Card, keys map[hub.DeviceID][]byte) (*messaging.Put, alerting.CardDone, error) {
	content, err := plaintext(card)
	if err != nil {
		return nil, alerting.CardDone{}, err
	}
	id, itemID := itemID(card.Alert.ID, card.Alert.Version)
	devices := make([]seal.Device, len(card.Devices))
	for i, d := range card.Devices {
		devices[i] = seal.Device{ID: string(d.ID), Public: keys[d.ID]}
	}
	sealed, err := c.sender.Seal(header(&card.Alert, id), content, devices)
	if err != nil {
		return nil, alerting.CardDone{}, err
	}
	put := &messaging.Put{
		Clinic:  card.Alert.Clinic,
		Item:    messaging.Item{Room: card.Room, ID: itemID, Kind: messaging.ItemAlert, Ref: string(card.Alert.ID), Body: sealed.Envelope},
		Wraps:   make([]messaging.Wrap, len(sealed.Rows)),
		Readers: readers(card),
	}
	for i, r := range sealed.Rows {
		put.Wraps[i] = messaging.Wrap{Device: hub.DeviceID(r.Device), KEK: r.KEK, Enc: r.Enc, Row: r.Wrap}
	}
	return put, ending(card, put.Wraps), nil
}

// itemID derives the item's id from alert and version: putting a card again after a crash
// is the same item. It is also the envelope's id, by which devices drop repetitions.
func itemID(alert hub.AlertID, version int) (envelope [16]byte, item string) {
	sum := sha256.Sum256(fmt.Appendf(nil, "wardline card v1 %s %d", alert, version))
	item = hub.DerivedID[string](sum)
	raw, err := hex.DecodeString(strings.ReplaceAll(item, "-", ""))
	if err != nil || len(raw) != len(envelope) { // cannot be: DerivedID writes hex
		binary.BigEndian.PutUint64(envelope[:], uint64(version))
		return envelope, item
	}
	return [16]byte(raw), item
}

// header says nothing but which alert it is about. A card that may ring opens only as long
// as its alert can live, so that a device that was away does not ring for last week.
func header(a *alerting.Alert, id [16]byte) seal.Header {
	expires := a.RaisedAt.Add(time.Duration(a.Policy.MaxSeconds) * time.Second)
	if a.State.Final() {
		expires = a.UpdatedAt.Add(keepEnded)
	}
	if least := a.UpdatedAt.Add(time.Minute); expires.Before(least) {
		expires = least
	}
	return seal.Header{Kind: kindAlert, ID: id, Created: a.UpdatedAt, Expires: expires, Context: []byte(a.ID)}
}

// readers returns the recipients, who become members of the room.
func readers(card *alerting.Card) []hub.UserID {
	users := make([]hub.UserID, 0, len(card.Dispatches))
	for _, d := range card.Dispatches {
		users = append(users, d.User)
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// ending says whom the card reached. Somebody without a device that can open it, in a step
// that counts on them, is unreachable.
func ending(card *alerting.Card, wraps []messaging.Wrap) alerting.CardDone {
	end := alerting.CardDone{Alert: card.Alert.ID, Version: card.Alert.Version, Step: card.Alert.Step}
	sealedTo := make(map[hub.DeviceID]bool, len(wraps))
	for _, w := range wraps {
		sealedTo[w.Device] = true
	}
	hears := map[hub.UserID]bool{}
	for _, d := range card.Devices {
		hears[d.User] = hears[d.User] || sealedTo[d.ID]
	}
	for _, d := range card.Dispatches {
		if d.State == alerting.Pending && !hears[d.User] {
			end.Deaf = append(end.Deaf, d.User)
		}
	}
	return end
}
