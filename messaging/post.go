package messaging

import (
	"context"

	"github.com/wardline/wardline/hub"
)

// Limits of letters and backups.
const (
	maxLetter     = 384 << 10
	minLetter     = 1120 + 16 // encapsulation and tag
	maxLetters    = 500       // that wait for one device
	maxForeign    = 50        // of them from one other account
	maxLetterPage = 20

	maxChunk  = 256 << 10
	maxChunks = 2000
)

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
