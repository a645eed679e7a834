package messaging

import (
	"context"

	"github.com/wardline/wardline/hub"
)

// Limits of one item and of one page.
const (
	maxBody = 64 << 10
	maxRef  = 255
	MaxPage = 200 // deliveries that Since returns at once

	kekBytes = 8
	encBytes = 1120
	rowLimit = 256
)

// Publisher tells the nodes that hold connections about committed items.
type Publisher interface {
	Publish(puts []*Put)
}

// Log is the log of all rooms: it writes through its store and tells of what is written.
type Log struct {
	store Store
	out   Publisher
}

// NewLog returns a Log over a store.
func NewLog(store Store, out Publisher) *Log { return &Log{store: store, out: out} }

// Append writes items and fills in their numbers. A nil error means that they are
// committed; only then are they published. Appending an item again (same room and ID) is
// harmless and tells the receivers to look. All puts are refused together when one of them
// cannot be kept.
func (l *Log) Append(ctx context.Context, puts []*Put) error {
	if len(puts) == 0 {
		return nil
	}
	for _, p := range puts {
		if field := p.fault(); field != "" {
			return &hub.Error{Op: "messaging.append", Kind: hub.Invalid, Field: field}
		}
	}
	if err := l.store.Append(ctx, puts); err != nil {
		return err
	}
	l.out.Publish(puts)
	return nil
}

// fault returns the field of a put that cannot be kept, or "".
func (p *Put) fault() string {
	i := &p.Item
	switch {
	case !hub.ValidID(string(p.Clinic)):
		return "clinic"
	case !hub.ValidID(string(i.Room)):
		return "room"
	case !hub.ValidID(i.ID):
		return "id"
	case i.Kind == "":
		return "kind"
	case len(i.Ref) > maxRef:
		return "ref"
	case len(i.Body) == 0 || len(i.Body) > maxBody:
		return "body"
	}
	for _, w := range p.Wraps {
		if len(w.KEK) != kekBytes || len(w.Enc) != encBytes || len(w.Row) == 0 || len(w.Row) > rowLimit || !hub.ValidID(string(w.Device)) {
			return "wraps"
		}
	}
	return ""
}

// Since returns what a device may open in a room after a number, oldest first, at most
// limit (1 to MaxPage; anything else means MaxPage). Fewer than limit means that there is
// no more.
func (l *Log) Since(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, room hub.RoomID, after int64, limit int) ([]Delivery, error) {
	if limit < 1 || limit > MaxPage {
		limit = MaxPage
	}
	return l.store.Since(ctx, clinic, device, room, max(after, 0), limit)
}

// Rooms returns the alarm rooms an account may read; Chat has the others.
func (l *Log) Rooms(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]Room, error) {
	return l.store.Rooms(ctx, clinic, user)
}

// SaveCursor keeps how far a device has read. It never goes back.
func (l *Log) SaveCursor(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, at Cursor) error {
	return l.store.SaveCursor(ctx, clinic, device, at)
}
