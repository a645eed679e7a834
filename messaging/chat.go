package messaging

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// The kinds of rooms people talk in. A direct room has two people for ever and never
// silently becomes a group.
const (
	DirectRoom RoomKind = "direct"
	GroupRoom  RoomKind = "group"
)

// The kinds of items of a conversation; docs/protocols/chat.md has the bytes.
const (
	ItemMessage ItemKind = "msg"    // MLSMessage with a PrivateMessage; opened by devices only
	ItemCommit  ItemKind = "commit" // MLSMessage with a PublicMessage
	ItemLine    ItemKind = "line"   // JSON of the hub itself: who did what to the room
)

// Role is what a member may do in a room.
type Role string

// The roles, the mightiest first.
const (
	Owner     Role = "owner"
	Moderator Role = "moderator"
	Member    Role = "member"
	Reader    Role = "reader"
)

// Priority is how urgent the sender says an item is. It is all the hub knows of a message,
// so that it can wake phones.
type Priority int8

// The priorities.
const (
	Normal Priority = iota
	Important
	Urgent
)

// Caller is whose device asks.
type Caller struct {
	Clinic hub.ClinicID
	User   hub.UserID
	Device hub.DeviceID
}

// Conversation is a direct or group room as one of its members sees it.
type Conversation struct {
	Room
	Epoch   int64
	Role    Role
	Muted   bool
	Since   int64 // number of the room's last item when the member came
	Read    int64 // highest number the account has read
	Members int
	Peer    hub.UserID // the other one of a direct room
	Alert   hub.AlertID
	At      time.Time // of the last item
}

// RoomMember is one entry of a room's roster.
type RoomMember struct {
	User     hub.UserID
	Name     string
	Role     Role
	Recorder bool
	Since    time.Time
}

// NewRoom is a conversation to begin; Commit becomes its first item.
type NewRoom struct {
	ID      hub.RoomID
	Kind    RoomKind
	Members []hub.UserID // without the creator and the recorder, who are always in
	Alert   hub.AlertID  // of a room in which an alert is discussed
	Commit  Commit
}

// Commit is a handshake of a room's group: an MLSMessage with a PublicMessage, and the
// Welcome for the devices it adds.
type Commit struct {
	ID      string // the sender's id for it (UUID)
	Body    []byte
	Welcome []byte
}

// Committed is where a commit took its place.
type Committed struct {
	Seq   int64
	Epoch int64 // the epoch it began
}

// Message is a sealed message on its way into a room. Send fills in the last three.
type Message struct {
	Room     hub.RoomID
	ID       string
	Epoch    int64
	Priority Priority
	Body     []byte

	Seq  int64
	At   time.Time
	Code string // why it was refused, or ""; see the codes in chat.md
}

// KeyPackage is a device's offer to be added to groups.
type KeyPackage struct {
	User    hub.UserID
	Device  hub.DeviceID
	Package []byte
}

// Receipt is how far a member's devices have come in a room.
type Receipt struct {
	User      hub.UserID
	Delivered int64
	Read      int64
}

// ItemReceipt is when a member's first device had an item, and when it was read.
type ItemReceipt struct {
	User                hub.UserID
	DeliveredAt, ReadAt time.Time // zero: not yet
}

// LogEntry is one entry of an account's device log, exactly as its device signed it.
type LogEntry struct {
	N    int64
	Body []byte
	Sig  []byte
}

// Letter is a sealed note from one device to another.
type Letter struct {
	ID   string
	From hub.DeviceID
	To   hub.DeviceID
	Body []byte
	At   time.Time
}

// Fault is an item that a device could not open.
type Fault struct {
	Room  hub.RoomID
	Seq   int64
	Cause string
}

// Contact is somebody the caller may write to.
type Contact struct {
	ID       hub.UserID
	Name     string
	Title    string
	Units    []string
	Devices  int
	Recorder bool
}

// Rejoin is a device that has lost its group's state and waits to be added anew.
type Rejoin struct {
	Room    hub.RoomID
	User    hub.UserID
	Device  hub.DeviceID
	Package []byte
	Cause   string
}

// Upkeep is a difference between who should be in a room's tree and who is: what the
// recorder has to mend.
type Upkeep struct {
	Room    hub.RoomID
	Remove  []Leaf         // locked, expired or revoked devices, and those of former members
	Missing []hub.DeviceID // devices of members that are not in the tree
	Rejoin  []Rejoin
	House   *House // of a room that follows a unit, a duty role or a group
}

// House is what the hub says of a room that it made: how it is called and who is in it. The
// recorder passes it on in the room; it is asked to begin the room where Begin is set.
type House struct {
	Title   string
	Members []hub.UserID
	Begin   bool
}

// Leaf is a device's place in a room's tree.
type Leaf struct {
	Index  uint32
	User   hub.UserID
	Device hub.DeviceID
}

// Conversations is the delivery service: who is in which room, and the order of what they
// say. Every refusal is a *hub.Error with a code of chat.md.
type Conversations interface {
	Create(ctx context.Context, by Caller, room NewRoom) (Conversation, error)
	Conversations(ctx context.Context, by Caller) ([]Conversation, error)
	Commit(ctx context.Context, by Caller, room hub.RoomID, c Commit) (Committed, error)
	// Send appends messages of one device in their order. The error is of the hub; a refused
	// message says so in its Code and holds up no other.
	Send(ctx context.Context, by Caller, messages []*Message) error
}

// Membership changes who is in a room; each change is a line in it.
type Membership interface {
	Members(ctx context.Context, by Caller, room hub.RoomID) ([]RoomMember, error)
	Add(ctx context.Context, by Caller, room hub.RoomID, users []hub.UserID) error
	Remove(ctx context.Context, by Caller, room hub.RoomID, user hub.UserID) error
	SetRole(ctx context.Context, by Caller, room hub.RoomID, user hub.UserID, role Role) error
}

// Packages keeps the key packages of devices and the Welcomes made with them.
type Packages interface {
	PutPackages(ctx context.Context, by Caller, packages [][]byte, lastResort []byte) error
	CountPackages(ctx context.Context, by Caller) (int, error)
	// Claim takes one package of every device in use of the users, or of the devices, and
	// says which users have none.
	Claim(ctx context.Context, by Caller, users []hub.UserID, devices []hub.DeviceID) (found []KeyPackage, without []hub.UserID, err error)
	Welcome(ctx context.Context, by Caller, room hub.RoomID) (seq int64, body []byte, err error)
}

// Reading is how far members have come.
type Reading interface {
	// MarkRead moves the account's mark in a room, never back; moved is false when it did not.
	MarkRead(ctx context.Context, by Caller, room hub.RoomID, seq int64) (moved bool, err error)
	Mute(ctx context.Context, by Caller, room hub.RoomID, muted bool) error
	Receipts(ctx context.Context, by Caller, room hub.RoomID) ([]Receipt, error)
	ItemReceipts(ctx context.Context, by Caller, room hub.RoomID, seq int64) ([]ItemReceipt, error)
}

// DeviceLog keeps the accounts' device logs.
type DeviceLog interface {
	AppendLog(ctx context.Context, by Caller, e LogEntry) (n int64, err error)
	LogEntries(ctx context.Context, by Caller, user hub.UserID, after int64) ([]LogEntry, error)
}

// Post carries sealed letters between devices.
type Post interface {
	PutLetter(ctx context.Context, by Caller, to hub.DeviceID, body []byte) error
	Letters(ctx context.Context, by Caller, after string, limit int) ([]Letter, error)
	DropLetter(ctx context.Context, by Caller, id string) error
}

// Healing is what devices and the recorder do when something was lost.
type Healing interface {
	AskRejoin(ctx context.Context, by Caller, room hub.RoomID, pkg []byte, cause string) error
	PutFaults(ctx context.Context, by Caller, faults []Fault) error
	RepairFaults(ctx context.Context, by Caller, items []Fault) error
	// Upkeep lists what the recorder has to mend, at most limit rooms.
	Upkeep(ctx context.Context, by Caller, limit int) ([]Upkeep, error)
}

// Vault keeps encrypted backups.
type Vault interface {
	BackupChunks(ctx context.Context, by Caller) (chunks []int, bytes int64, err error)
	PutBackup(ctx context.Context, by Caller, n int, body []byte) error
	Backup(ctx context.Context, by Caller, n int) ([]byte, error)
	DropBackup(ctx context.Context, by Caller) error
}

// Contacts finds people to write to.
type Contacts interface {
	Contacts(ctx context.Context, by Caller, query string, limit int) ([]Contact, error)
}

// PublicDevice is a device of somebody as others need it to seal for it. What the log of its
// account says of it is theirs to check.
type PublicDevice struct {
	ID   hub.DeviceID
	Sign []byte
	KEM  []byte
}

// DeviceBook gives out the keys of devices.
type DeviceBook interface {
	// UserDevices returns the devices in use of an account that the caller may write to or
	// shares a room with; NotFound for others.
	UserDevices(ctx context.Context, by Caller, user hub.UserID) ([]PublicDevice, error)
}
