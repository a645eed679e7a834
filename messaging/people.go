package messaging

import (
	"context"
	"unicode/utf8"

	"github.com/wardline/wardline/hub"
)

// Limits of a search for people.
const (
	maxContacts    = 200
	maxContactText = 100
)

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

// Recorder returns the clinic's recorder and its device; both may be empty.
func (c *Chat) Recorder(ctx context.Context, clinic hub.ClinicID) (hub.UserID, hub.DeviceID, error) {
	return c.o.Store.Recorder(ctx, clinic)
}
