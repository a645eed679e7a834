package messaging

import (
	"context"

	"github.com/wardline/wardline/hub"
)

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
