package messaging

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// Group is what the hub knows of a room's MLS group, read under the lock of the room.
type Group struct {
	Room     hub.RoomID
	Epoch    int64
	Roles    map[hub.UserID]Role // of the members, the recorder among them
	Leaves   []Leaf              // ascending
	Recorder hub.UserID          // "" where the clinic has none yet
	Devices  map[hub.DeviceID]DeviceKeys
}

// DeviceKeys is a registered device and what its account's log says of it.
type DeviceKeys struct {
	User      hub.UserID
	Sign      []byte
	KEM       []byte
	Usable    bool // neither it is revoked nor its account locked
	Certified bool // the account's log vouches for it
}

// Step is what an admitted commit does to its group.
type Step struct {
	Item    Item
	Welcome []byte
	Remove  []Leaf
	Add     []Leaf
}

// GroupStore writes rooms and their groups. decide is called under the lock of the room and
// says what to do; its refusal rolls back. adds are the devices it will ask Group for.
type GroupStore interface {
	// CreateRoom makes a room with its members and its first commit.
	CreateRoom(ctx context.Context, by Caller, r NewRoom, adds []hub.DeviceID, decide func(*Group) (*Step, error)) ([]*Put, error)
	// ChangeGroup appends a commit. One that the room already has is answered with what it
	// came to and returns no put.
	ChangeGroup(ctx context.Context, by Caller, room hub.RoomID, id string, adds []hub.DeviceID, decide func(*Group) (*Step, error)) (Committed, *Put, error)
	// AppendMessages appends messages of one device in their order and fills in number and
	// time of each, or returns its code in the same place.
	AppendMessages(ctx context.Context, by Caller, puts []*Put) (codes []string, err error)
	// Conversations returns the direct and group rooms of an account, or the one asked for.
	Conversations(ctx context.Context, by Caller, room hub.RoomID) ([]Conversation, error)
}

// MemberStore reads and changes rosters. Every change is written with its line.
type MemberStore interface {
	Members(ctx context.Context, by Caller, room hub.RoomID) ([]RoomMember, error)
	// ChangeMembers lets decide look at the roster under the lock of the room.
	ChangeMembers(ctx context.Context, by Caller, room hub.RoomID, decide func(Roster) ([]MemberChange, error)) ([]*Put, error)
	Recorder(ctx context.Context, clinic hub.ClinicID) (hub.UserID, hub.DeviceID, error)
	// Reachable returns those of the users that an account may talk to.
	Reachable(ctx context.Context, by Caller, users []hub.UserID) ([]hub.UserID, error)
}

// Roster is who is in a room, the oldest member first. A room that follows a unit, a duty
// role or a group has its members from there.
type Roster struct {
	Kind    RoomKind
	Follows bool
	Members []RoomMember
}

// MemberChange is one line of a room and what it does to the roster.
type MemberChange struct {
	Act   LineAct
	Users []hub.UserID
	Role  Role // of ActRole
}

// LineAct is what a line tells.
type LineAct string

// What lines tell; docs/protocols/chat.md has their bytes.
const (
	LineCreated LineAct = "created"
	LineAdded   LineAct = "added"
	LineRemoved LineAct = "removed"
	LineLeft    LineAct = "left"
	LineRole    LineAct = "role"
)

// StoredPackage is a key package as it is kept.
type StoredPackage struct {
	Ref        []byte
	Body       []byte
	Expires    time.Time
	LastResort bool
}

// PackageStore keeps key packages and Welcomes.
type PackageStore interface {
	PutPackages(ctx context.Context, by Caller, packages []StoredPackage, limit int) error
	CountPackages(ctx context.Context, by Caller) (int, error)
	// ClaimPackages also returns the devices that have fewer than low left.
	ClaimPackages(ctx context.Context, by Caller, users []hub.UserID, devices []hub.DeviceID, low int) (found []KeyPackage, few []hub.DeviceID, err error)
	Welcome(ctx context.Context, by Caller, room hub.RoomID) (seq int64, body []byte, err error)
}

// ReadingStore keeps how far members have come.
type ReadingStore interface {
	MarkRead(ctx context.Context, by Caller, room hub.RoomID, seq int64) (moved bool, err error)
	Mute(ctx context.Context, by Caller, room hub.RoomID, muted bool) error
	Receipts(ctx context.Context, by Caller, room hub.RoomID) ([]Receipt, error)
	ItemReceipts(ctx context.Context, by Caller, room hub.RoomID, seq int64) ([]ItemReceipt, error)
}

// LogHead is the end of a device log.
type LogHead struct {
	N       int64
	Hash    []byte
	Account []byte // the account key that signs now
}

// LogRow is an entry to append and what it does to the account's devices.
type LogRow struct {
	LogEntry
	Hash    []byte
	Account []byte
	Certify hub.DeviceID // certified from now on
	Revoke  hub.DeviceID // no more
	Reset   bool         // none but Certify
}

// LogStore keeps device logs.
type LogStore interface {
	LogHead(ctx context.Context, by Caller) (LogHead, error)
	// DeviceKeys returns one device of the clinic, or NotFound.
	DeviceKeys(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID) (DeviceKeys, error)
	// AppendLog fails with a Conflict when the log has moved on since its head was read.
	AppendLog(ctx context.Context, by Caller, row LogRow) error
	LogEntries(ctx context.Context, by Caller, user hub.UserID, after int64) ([]LogEntry, error)
}

// LetterStore keeps letters until they are fetched and dropped.
type LetterStore interface {
	PutLetter(ctx context.Context, by Caller, l Letter, limit, foreign int) error
	Letters(ctx context.Context, by Caller, after string, limit int) ([]Letter, error)
	DropLetter(ctx context.Context, by Caller, id string) error
}

// HealingStore keeps what went wrong and what is being done about it.
type HealingStore interface {
	AskRejoin(ctx context.Context, by Caller, r Rejoin) error
	PutFaults(ctx context.Context, by Caller, faults []Fault) error
	RepairFaults(ctx context.Context, by Caller, items []Fault) error
	Upkeep(ctx context.Context, by Caller, limit int) ([]Upkeep, error)
}

// LedgerStore is what the administrator sees of faults.
type LedgerStore interface {
	Faults(ctx context.Context, clinic hub.ClinicID, limit int) ([]FaultRecord, error)
	FaultTotals(ctx context.Context, clinic hub.ClinicID) (FaultTotals, error)
}

// VaultStore keeps backups.
type VaultStore interface {
	BackupChunks(ctx context.Context, by Caller) (chunks []int, bytes int64, err error)
	PutBackup(ctx context.Context, by Caller, n int, body []byte) error
	Backup(ctx context.Context, by Caller, n int) ([]byte, error)
	DropBackup(ctx context.Context, by Caller) error
}

// ContactStore finds people.
type ContactStore interface {
	Contacts(ctx context.Context, by Caller, query string, limit int) ([]Contact, error)
	// ShareRoom reports whether two accounts are in one conversation.
	ShareRoom(ctx context.Context, by Caller, user hub.UserID) (bool, error)
	UserDevices(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]PublicDevice, error)
}

// ChatStore is everything a Chat needs. *talk.Store implements it.
type ChatStore interface {
	GroupStore
	MemberStore
	PackageStore
	ReadingStore
	LogStore
	LetterStore
	HealingStore
	LedgerStore
	VaultStore
	ContactStore
}
