package server

import (
	"context"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// Talk is the delivery service of conversations: messaging.Chat is all of it.
type Talk struct {
	Rooms    messaging.Conversations
	Members  messaging.Membership
	Packages messaging.Packages
	Reading  messaging.Reading
	Log      messaging.DeviceLog
	Post     messaging.Post
	Healing  messaging.Healing
	Vault    messaging.Vault
	Contacts messaging.Contacts
	Devices  messaging.DeviceBook

	Recorder Recorder
	Backup   bool // the clinic allows encrypted backups
	Receipts bool // members see how far the others have come
}

// Recorder finds the clinic's recorder: the store of messaging.Chat.
type Recorder interface {
	// Recorder returns empty ids for what there is not yet.
	Recorder(ctx context.Context, clinic hub.ClinicID) (hub.UserID, hub.DeviceID, error)
}

// Bytes of a request. What carries sealed bodies needs more than the rest.
const (
	smallBody   = 64 << 10
	packageBody = 700 << 10
	groupBody   = 600 << 10
	backupBody  = 400 << 10
)

// maxLeaves is the most devices a room's group can have.
const maxLeaves = 256

// RoomPath names a room.
type RoomPath struct {
	ID hub.RoomID `path:"id" format:"uuid"`
}

// by is who calls, with the device the session is bound to.
func by(ctx context.Context) (messaging.Caller, error) {
	s := caller(ctx)
	if s.Device == "" {
		return messaging.Caller{}, noDevice()
	}
	return messaging.Caller{Clinic: s.Clinic, User: s.Account.ID, Device: s.Device}, nil
}

// asDevice is handle for operations of a device: without one they are refused. limit bounds
// the body of the request; 0 is for those without one.
func asDevice[I, O any](c *chat, limit int64, r route, f func(context.Context, messaging.Caller, *I) (O, error)) {
	if limit > 0 {
		c.limits[r.id] = limit
	}
	handle(c.api, r, func(ctx context.Context, in *I) (O, error) {
		who, err := by(ctx)
		if err != nil {
			var nothing O
			return nothing, err
		}
		return f(ctx, who, in)
	})
}

func (c *chat) talkRoutes() {
	c.conversationRoutes()
	c.memberRoutes()
	c.packageRoutes()
	c.logRoutes()
	c.mailRoutes()
	c.healingRoutes()
	c.backupRoutes()
	c.peopleRoutes()
}
