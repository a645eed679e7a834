package messaging

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// RoomKind says what a room is for.
type RoomKind string

// AlarmRoom is the room of a unit into which the hub puts its alert cards; people read it
// and never write to it.
const AlarmRoom RoomKind = "alarm"

// Room is a log of items and the people who may read it.
type Room struct {
	ID      hub.RoomID
	Kind    RoomKind
	Name    string
	Unit    hub.UnitID
	LastSeq int64
}

// ItemKind says how an item's body is to be opened.
type ItemKind string

// ItemAlert is a sealed envelope holding an alert card; Ref is the alert's id. A later
// item with the same Ref replaces the card on the screen.
const ItemAlert ItemKind = "alert"

// Item is one entry of a room's log. Body is ciphertext: nothing in this package or in
// the store can open it.
type Item struct {
	Room hub.RoomID
	Seq  int64  // 1, 2, 3 ... without a gap in the room; assigned by the store
	ID   string // the sender's id for it (UUID): the same id twice is one item
	Kind ItemKind
	Ref  string
	Body []byte // at most 64 KiB, a commit 256 KiB
	At   time.Time

	// Of conversations only; From is empty for a line of the hub.
	User     hub.UserID
	From     hub.DeviceID
	Epoch    int64
	Priority Priority
}

// Wrap lets one device open one item: the content key sealed for it. Enc is the
// encapsulation the receiver needs to derive the key-encryption key named by KEK; it is
// stored once per (device, KEK) and sent with every delivery so that receivers stay
// stateless.
type Wrap struct {
	Device hub.DeviceID
	KEK    []byte // 8 bytes
	Enc    []byte // 1,120 bytes
	Row    []byte // nonce, wrapped key, tag
}

// Put is an item to append, with the devices that can open it. Readers are made members of
// the room in the same transaction where they are not yet. Seq is filled in by Append.
type Put struct {
	Clinic  hub.ClinicID
	Item    Item
	Wraps   []Wrap
	Readers []hub.UserID

	// Audience are the devices that may have an item of a conversation, ascending; it is
	// shared and never changed. Added are those of them that this commit brought in. The
	// store fills them in; an item with wraps has none.
	Audience []hub.DeviceID
	Added    []hub.DeviceID
}

// Delivery is an item as one device gets it.
type Delivery struct {
	Item    Item
	Wrap    Wrap // zero for items of conversations
	Welcome bool // the commit that brought this device in: it joins by its Welcome
}

// Cursor is how far a device has read, by room: the highest Seq it holds.
type Cursor map[hub.RoomID]int64

// Store is what the log needs. *store.DB implements it.
type Store interface {
	// Append numbers the items within their rooms, writes them and their wraps in one
	// transaction per batch, and fills in Seq and At. It returns after the commit. An item
	// whose ID the room already has is left as it is and gets the number it had; its put
	// loses Body and Wraps, which are not those that are stored.
	Append(ctx context.Context, puts []*Put) error
	// Since returns what a device may open in a room after seq, oldest first, at most limit.
	Since(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, room hub.RoomID, after int64, limit int) ([]Delivery, error)
	// Rooms returns the alarm rooms an account may read; Conversations has the others.
	Rooms(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]Room, error)
	// SaveCursor keeps the highest number a device has acknowledged, never a lower one.
	SaveCursor(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, at Cursor) error
}
