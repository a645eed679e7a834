package messaging

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging/framing"
)

var (
	_ Conversations = (*Chat)(nil)
	_ Membership    = (*Chat)(nil)
	_ Packages      = (*Chat)(nil)
	_ Reading       = (*Chat)(nil)
	_ DeviceLog     = (*Chat)(nil)
	_ Post          = (*Chat)(nil)
	_ Healing       = (*Chat)(nil)
	_ Vault         = (*Chat)(nil)
	_ Contacts      = (*Chat)(nil)
	_ DeviceBook    = (*Chat)(nil)
)

// Relations says who may talk to whom. The policy engine will stand behind it; until then
// the store refuses only those who cannot talk at all.
type Relations interface {
	// Reachable returns those of the users that an account may talk to.
	Reachable(ctx context.Context, by Caller, users []hub.UserID) ([]hub.UserID, error)
}

// HintKind is what a hint is about.
type HintKind string

// What clients are told to look at again.
const (
	HintRooms    HintKind = "rooms"    // of Users
	HintReceipts HintKind = "receipts" // of Room
	HintRead     HintKind = "read"     // of Room, for the other devices of Users
	HintMail     HintKind = "mail"     // of Device
	HintLog      HintKind = "log"      // Users are those whose log has grown
	HintPackages HintKind = "packages" // of Device: its pool is low
	HintUpkeep   HintKind = "upkeep"   // Users is the recorder
)

// Hint tells that something has changed. It may be lost; what it points at is a row.
type Hint struct {
	Kind   HintKind
	Clinic hub.ClinicID
	Users  []hub.UserID
	Device hub.DeviceID
	Room   hub.RoomID
	Seq    int64 // of HintRead
}

// ChatOptions is what a Chat works with. Store and Out are needed.
type ChatOptions struct {
	Store     ChatStore
	Out       Publisher
	Relations Relations        // the Store's own by default
	Tell      func(Hint)       // called after the commit, must not block; nothing by default
	Now       func() time.Time // time.Now by default
	NoBackup  bool             // the clinic forbids backups at the hub
}

// Chat is the delivery service. It knows who is in which room, which device sits at which
// leaf, and in which order things were said; it cannot know what was said.
type Chat struct{ o ChatOptions }

// NewChat returns a Chat.
func NewChat(o ChatOptions) *Chat {
	if o.Relations == nil {
		o.Relations = o.Store
	}
	if o.Tell == nil {
		o.Tell = func(Hint) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Chat{o}
}

// CurrentEpoch is the cause of a Conflict with the code "epoch": another commit has won,
// and this is the epoch the room has come to. Read it with errors.As.
type CurrentEpoch int64

func (e CurrentEpoch) Error() string {
	return "the room is in epoch " + strconv.FormatInt(int64(e), 10)
}

// ExistingRoom is the cause of a Conflict with the code "exists": the room there is already.
type ExistingRoom hub.RoomID

func (r ExistingRoom) Error() string { return "there is room " + string(r) }

// invalid is the refusal of an input that breaks a limit.
func invalid(op, field string) error {
	return &hub.Error{Op: op, Kind: hub.Invalid, Field: field}
}

// codes are the refusals of chat.md, by what a caller can do about them.
var codes = map[string]hub.Kind{
	"malformed": hub.Invalid, "too_large": hub.Invalid, "proposal": hub.Invalid, "package": hub.Invalid, "welcome": hub.Invalid,
	"room": hub.NotFound, "sender": hub.Forbidden, "role": hub.Forbidden, "relation": hub.Forbidden, "policy": hub.Forbidden,
	"epoch": hub.Conflict, "full": hub.Conflict, "direct": hub.Conflict, "log": hub.Conflict, "follows": hub.Conflict,
}

// refused is a refusal with a code of chat.md; why may be nil.
func refused(op, code string, why error) error {
	return &hub.Error{Op: op, Kind: codes[code], Code: code, Err: why}
}

// framed turns an error of the parser into the refusal of its code.
func framed(op string, err error) error {
	for code, is := range map[string]error{"sender": framing.ErrSender, "proposal": framing.ErrProposal, "package": framing.ErrPackage} {
		if errors.Is(err, is) {
			return refused(op, code, err)
		}
	}
	return refused(op, "malformed", err)
}

// groupID is the MLS group id of a room: the 16 bytes of its UUID.
func groupID(room hub.RoomID) string {
	b, _ := hex.DecodeString(strings.ReplaceAll(string(room), "-", "")) // ids are checked before
	return string(b)
}

// identity reads the identity of a credential: clinic/user/device.
func identity(b []byte) (c Caller, ok bool) {
	part := strings.Split(string(b), "/")
	if len(part) != 3 || !hub.ValidID(part[0]) || !hub.ValidID(part[1]) || !hub.ValidID(part[2]) {
		return Caller{}, false
	}
	return Caller{hub.ClinicID(part[0]), hub.UserID(part[1]), hub.DeviceID(part[2])}, true
}

func validIDs[T hub.ID](ids []T) bool {
	for _, id := range ids {
		if !hub.ValidID(string(id)) {
			return false
		}
	}
	return true
}
