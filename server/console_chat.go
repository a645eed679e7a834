package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// chatHealthView is how conversations are doing, with the newest items nobody could read.
type chatHealthView struct {
	ChatHealth
	Faults []unreadableView `json:"faults"`
}

// unreadableView is an item a device could not open. It names the room by the end of its
// id: what the room is called is secret.
type unreadableView struct {
	Room       string       `json:"room"`
	Seq        int64        `json:"seq"`
	Cause      string       `json:"cause"`
	User       namedUser    `json:"user"`
	Device     hub.DeviceID `json:"device"`
	DeviceName string       `json:"device_name"`
	At         time.Time    `json:"at"`
	RepairedAt time.Time    `json:"repaired_at,omitzero"`
}

func (c *console) chatRoutes() {
	handle(c.api, route{"GET", "/chat", "chat-health", "The recorder, and messages that could not be read", forPolicy | forConnectors | forAudit, 200}, c.chatHealth)
}

func (c *console) chatHealth(ctx context.Context, _ *struct{}) (chatHealthView, error) {
	clinic := caller(ctx).Clinic
	health, err := c.o.Health.Chat(ctx, clinic)
	if err != nil {
		return chatHealthView{}, err
	}
	found, err := c.o.Health.Faults(ctx, clinic)
	out := chatHealthView{ChatHealth: health}
	for _, f := range found {
		out.Faults = append(out.Faults, unreadableView{
			short(f.Room), f.Seq, f.Cause, namedUser{f.User, f.Name}, f.Device, f.DeviceName, f.At, f.RepairedAt,
		})
	}
	return out, err
}

// short is enough of an id to tell a few rooms apart. The end of an id is random, its
// beginning is a time.
func short(id hub.RoomID) string { return string(id[max(0, len(id)-8):]) }
