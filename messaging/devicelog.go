package messaging

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/wardline/wardline/hub"
)

const (
	maxLogBody = 4 << 10

	logContext   = "wardline device log v1\x00"
	entryContext = "wardline device log entry v1\x00"
)

// logBody is the signed JSON of an entry; docs/protocols/chat.md describes it.
type logBody struct {
	V       int          `json:"v"`
	Clinic  hub.ClinicID `json:"clinic"`
	User    hub.UserID   `json:"user"`
	N       int64        `json:"n"`
	Prev    string       `json:"prev"`
	Act     string       `json:"act"`
	Account string       `json:"account"`
	Device  hub.DeviceID `json:"device"`
	Sign    string       `json:"sign"`
	KEM     string       `json:"kem"`
	At      time.Time    `json:"at"`
}

// AppendLog appends an entry that follows the log of the caller's account and holds: a
// signature by the right account key, of a device that is registered with these keys.
func (c *Chat) AppendLog(ctx context.Context, by Caller, e LogEntry) (int64, error) {
	const op = "chat.append_log"
	body, err := parseLog(op, by, e)
	if err != nil {
		return 0, err
	}
	head, err := c.o.Store.LogHead(ctx, by)
	if err != nil {
		return 0, err
	}
	row, err := body.follows(op, head, e)
	if err != nil {
		return 0, err
	}
	if err := c.checkDevice(ctx, op, by, body); err != nil {
		return 0, err
	}
	if err := c.o.Store.AppendLog(ctx, by, row); err != nil {
		return 0, err
	}
	c.o.Tell(Hint{Kind: HintLog, Clinic: by.Clinic, Users: []hub.UserID{by.User}})
	c.upkeep(ctx, by.Clinic)
	return row.N, nil
}

// parseLog reads the body strictly: what the hub does not understand it does not pass on.
func parseLog(op string, by Caller, e LogEntry) (*logBody, error) {
	if len(e.Body) > maxLogBody {
		return nil, refused(op, "too_large", nil)
	}
	var b logBody
	in := json.NewDecoder(bytes.NewReader(e.Body))
	in.DisallowUnknownFields()
	if err := in.Decode(&b); err != nil {
		return nil, refused(op, "malformed", nil) // the cause may quote the input
	}
	_, err := in.Token()
	switch {
	case !errors.Is(err, io.EOF), b.V != 1, len(e.Sig) != ed25519.SignatureSize, !hub.ValidID(string(b.Device)):
		return nil, refused(op, "malformed", nil)
	case b.Clinic != by.Clinic, b.User != by.User:
		return nil, hub.E(op, hub.Forbidden, "", "another account's log")
	}
	return &b, nil
}

// follows checks an entry against the end of its log and returns the row it becomes.
func (b *logBody) follows(op string, head LogHead, e LogEntry) (LogRow, error) {
	key, err := base64.StdEncoding.DecodeString(b.Account)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return LogRow{}, refused(op, "malformed", nil)
	}
	first, same := head.N == 0, bytes.Equal(key, head.Account)
	row := LogRow{LogEntry: LogEntry{N: b.N, Body: e.Body, Sig: e.Sig}, Account: key}
	fits := false
	switch b.Act {
	case "account":
		row.Certify, fits = b.Device, first
	case "device":
		row.Certify, fits = b.Device, !first && same
	case "revoke":
		row.Revoke, fits = b.Device, !first && same
	case "reset":
		row.Certify, row.Reset, fits = b.Device, true, !first && !same
	default:
		return LogRow{}, refused(op, "malformed", nil)
	}
	if !fits || b.N != head.N+1 || b.Prev != hex.EncodeToString(head.Hash) {
		return LogRow{}, refused(op, "log", nil)
	}
	if !ed25519.Verify(key, append([]byte(logContext), e.Body...), e.Sig) {
		return LogRow{}, hub.E(op, hub.Invalid, "signature", "")
	}
	sum := sha256.New()
	sum.Write([]byte(entryContext))
	sum.Write(e.Body)
	sum.Write(e.Sig)
	row.Hash = sum.Sum(nil)
	return row, nil
}

// checkDevice: the device an entry certifies is one of the account, in use, and has exactly
// these keys; the one it takes back was certified.
func (c *Chat) checkDevice(ctx context.Context, op string, by Caller, b *logBody) error {
	d, err := c.o.Store.DeviceKeys(ctx, by.Clinic, b.Device)
	if err != nil {
		return err
	}
	if d.User != by.User {
		return hub.E(op, hub.NotFound, "", "")
	}
	if b.Act == "revoke" {
		if !d.Certified {
			return refused(op, "log", nil)
		}
		return nil
	}
	kem := sha256.Sum256(d.KEM)
	switch {
	case b.Sign != base64.StdEncoding.EncodeToString(d.Sign), b.KEM != base64.StdEncoding.EncodeToString(kem[:]):
		return invalid(op, "device")
	case !d.Usable, d.Certified && b.Act == "device":
		return refused(op, "log", nil)
	}
	return nil
}

// LogEntries returns an account's log after a number, oldest first, at most a page.
func (c *Chat) LogEntries(ctx context.Context, by Caller, user hub.UserID, after int64) ([]LogEntry, error) {
	return c.o.Store.LogEntries(ctx, by, user, max(after, 0))
}
