package messaging

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/hub"
)

// Limits of letters, faults, backups and searches.
const (
	maxLetter      = 384 << 10
	minLetter      = 1120 + 16 // encapsulation and tag
	maxLetters     = 500       // that wait for one device
	maxForeign     = 50        // of them from one other account
	maxLetterPage  = 20
	maxFaults      = 100 // in one call
	maxUpkeep      = 200
	maxChunk       = 256 << 10
	maxChunks      = 2000
	maxContacts    = 200
	maxContactText = 100
)

// causes are why an item could not be opened, or a group's state is lost.
var causes = [...]string{"state_lost", "replay", "generation", "epoch", "aad", "format", "signature", "commit"}

// PutLetter leaves a sealed letter for another device of the clinic.
func (c *Chat) PutLetter(ctx context.Context, by Caller, to hub.DeviceID, body []byte) error {
	const op = "chat.put_letter"
	switch {
	case !hub.ValidID(string(to)):
		return invalid(op, "to")
	case len(body) < minLetter:
		return refused(op, "malformed", nil)
	case len(body) > maxLetter:
		return refused(op, "too_large", nil)
	}
	l := Letter{ID: hub.NewID[string](), From: by.Device, To: to, Body: body}
	if err := c.o.Store.PutLetter(ctx, by, l, maxLetters, maxForeign); err != nil {
		return err
	}
	c.o.Tell(Hint{Kind: HintMail, Clinic: by.Clinic, Device: to})
	return nil
}

// Letters returns letters to the calling device, oldest first, after one of them.
func (c *Chat) Letters(ctx context.Context, by Caller, after string, limit int) ([]Letter, error) {
	if after != "" && !hub.ValidID(after) {
		return nil, invalid("chat.letters", "after")
	}
	if limit < 1 || limit > maxLetterPage {
		limit = maxLetterPage
	}
	return c.o.Store.Letters(ctx, by, after, limit)
}

// DropLetter ends a letter that the calling device has dealt with.
func (c *Chat) DropLetter(ctx context.Context, by Caller, id string) error {
	if !hub.ValidID(id) {
		return invalid("chat.drop_letter", "id")
	}
	return c.o.Store.DropLetter(ctx, by, id)
}

// AskRejoin asks the recorder to replace the calling device's leaf in a room.
func (c *Chat) AskRejoin(ctx context.Context, by Caller, room hub.RoomID, pkg []byte, cause string) error {
	const op = "chat.ask_rejoin"
	if !slices.Contains(causes[:], cause) {
		return invalid(op, "cause")
	}
	keys, err := c.o.Store.DeviceKeys(ctx, by.Clinic, by.Device)
	if err != nil {
		return err
	}
	if _, err := c.ownPackage(op, by, keys, pkg); err != nil {
		return err
	}
	if err := c.o.Store.AskRejoin(ctx, by, Rejoin{Room: room, User: by.User, Device: by.Device, Package: pkg, Cause: cause}); err != nil {
		return err
	}
	c.upkeep(ctx, by.Clinic)
	return nil
}

// PutFaults notes items that the calling device could not open.
func (c *Chat) PutFaults(ctx context.Context, by Caller, faults []Fault) error {
	const op = "chat.put_faults"
	if err := checkFaults(op, faults); err != nil {
		return err
	}
	if slices.ContainsFunc(faults, func(f Fault) bool { return !slices.Contains(causes[:], f.Cause) }) {
		return invalid(op, "cause")
	}
	return c.o.Store.PutFaults(ctx, by, faults)
}

// RepairFaults notes that the calling device has them after all.
func (c *Chat) RepairFaults(ctx context.Context, by Caller, items []Fault) error {
	if err := checkFaults("chat.repair_faults", items); err != nil {
		return err
	}
	return c.o.Store.RepairFaults(ctx, by, items)
}

func checkFaults(op string, items []Fault) error {
	bad := func(f Fault) bool { return !hub.ValidID(string(f.Room)) || f.Seq < 1 }
	if len(items) == 0 || len(items) > maxFaults || slices.ContainsFunc(items, bad) {
		return invalid(op, "items")
	}
	return nil
}

// Upkeep lists what the recorder has to mend; anybody else is refused.
func (c *Chat) Upkeep(ctx context.Context, by Caller, limit int) ([]Upkeep, error) {
	recorder, _, err := c.o.Store.Recorder(ctx, by.Clinic)
	if err != nil {
		return nil, err
	}
	if recorder == "" || by.User != recorder {
		return nil, hub.E("chat.upkeep", hub.Forbidden, "", "")
	}
	if limit < 1 || limit > maxUpkeep {
		limit = maxUpkeep
	}
	return c.o.Store.Upkeep(ctx, by, limit)
}

// Recorder returns the clinic's recorder and its device; both may be empty.
func (c *Chat) Recorder(ctx context.Context, clinic hub.ClinicID) (hub.UserID, hub.DeviceID, error) {
	return c.o.Store.Recorder(ctx, clinic)
}

// FaultRecord is an item that a device could not open, as the administrator sees it.
type FaultRecord struct {
	Fault
	User       hub.UserID
	Name       string
	Device     hub.DeviceID
	DeviceName string
	At         time.Time
	RepairedAt time.Time // zero: not yet
}

// FaultTotals counts faults since the beginning.
type FaultTotals struct {
	Open, Repaired int
	ByCause        map[string]int
}

// Faults returns the newest faults, the open ones first.
func (c *Chat) Faults(ctx context.Context, clinic hub.ClinicID, limit int) ([]FaultRecord, error) {
	return c.o.Store.Faults(ctx, clinic, min(max(limit, 1), 1000))
}

// FaultTotals counts the faults of a clinic.
func (c *Chat) FaultTotals(ctx context.Context, clinic hub.ClinicID) (FaultTotals, error) {
	return c.o.Store.FaultTotals(ctx, clinic)
}

// BackupChunks lists the chunks of the caller's backup.
func (c *Chat) BackupChunks(ctx context.Context, by Caller) ([]int, int64, error) {
	return c.o.Store.BackupChunks(ctx, by)
}

// PutBackup keeps one encrypted chunk in place of the one before it.
func (c *Chat) PutBackup(ctx context.Context, by Caller, n int, body []byte) error {
	const op = "chat.put_backup"
	switch {
	case c.o.NoBackup:
		return refused(op, "policy", nil)
	case n < 0 || n >= maxChunks:
		return invalid(op, "n")
	case len(body) == 0:
		return invalid(op, "body")
	case len(body) > maxChunk:
		return refused(op, "too_large", nil)
	}
	return c.o.Store.PutBackup(ctx, by, n, body)
}

// Backup returns one chunk.
func (c *Chat) Backup(ctx context.Context, by Caller, n int) ([]byte, error) {
	return c.o.Store.Backup(ctx, by, n)
}

// DropBackup ends the caller's backup.
func (c *Chat) DropBackup(ctx context.Context, by Caller) error {
	return c.o.Store.DropBackup(ctx, by)
}

// Contacts finds people by a part of their name.
func (c *Chat) Contacts(ctx context.Context, by Caller, query string, limit int) ([]Contact, error) {
	if !utf8.ValidString(query) || utf8.RuneCountInString(query) > maxContactText {
		return nil, invalid("chat.contacts", "q")
	}
	if limit < 1 || limit > maxContacts {
		limit = maxContacts
	}
	return c.o.Store.Contacts(ctx, by, query, limit)
}

// UserDevices returns the devices in use of somebody whom the caller may write to or meets
// in a room.
func (c *Chat) UserDevices(ctx context.Context, by Caller, user hub.UserID) ([]PublicDevice, error) {
	const op = "chat.user_devices"
	if !hub.ValidID(string(user)) {
		return nil, invalid(op, "user")
	}
	if user != by.User {
		reachable, err := c.o.Relations.Reachable(ctx, by, []hub.UserID{user})
		if err != nil {
			return nil, err
		}
		shared := len(reachable) > 0
		if !shared {
			if shared, err = c.o.Store.ShareRoom(ctx, by, user); err != nil {
				return nil, err
			}
		}
		if !shared {
			return nil, hub.E(op, hub.NotFound, "", "")
		}
	}
	return c.o.Store.UserDevices(ctx, by.Clinic, user)
}

// MarkRead moves the account's mark in a room, never back.
func (c *Chat) MarkRead(ctx context.Context, by Caller, room hub.RoomID, seq int64) (bool, error) {
	const op = "chat.mark_read"
	if !hub.ValidID(string(room)) || seq < 1 {
		return false, invalid(op, "room")
	}
	moved, err := c.o.Store.MarkRead(ctx, by, room, seq)
	if moved {
		c.o.Tell(Hint{Kind: HintRead, Clinic: by.Clinic, Users: []hub.UserID{by.User}, Device: by.Device, Room: room, Seq: seq})
		c.o.Tell(Hint{Kind: HintReceipts, Clinic: by.Clinic, Room: room})
	}
	return moved, err
}

// Mute keeps a room silent for the account.
func (c *Chat) Mute(ctx context.Context, by Caller, room hub.RoomID, muted bool) error {
	return c.o.Store.Mute(ctx, by, room, muted)
}

// Receipts returns how far the members of a room have come.
func (c *Chat) Receipts(ctx context.Context, by Caller, room hub.RoomID) ([]Receipt, error) {
	return c.o.Store.Receipts(ctx, by, room)
}

// ItemReceipts returns when each member had an item and read it.
func (c *Chat) ItemReceipts(ctx context.Context, by Caller, room hub.RoomID, seq int64) ([]ItemReceipt, error) {
	return c.o.Store.ItemReceipts(ctx, by, room, seq)
}
