package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

// memberView is one entry of a room's roster.
type memberView struct {
	User     hub.UserID     `json:"user"`
	Name     string         `json:"name"`
	Role     messaging.Role `json:"role" enum:"owner,moderator,member,reader"`
	Recorder bool           `json:"recorder"`
	Since    time.Time      `json:"since"`
}

type addMembersInput struct {
	RoomPath
	Body struct {
		Users []hub.UserID `json:"users" minItems:"1" maxItems:"255"`
	}
}

// MemberPath names a member of a room.
type MemberPath struct {
	RoomPath
	User hub.UserID `path:"user" format:"uuid"`
}

type roleInput struct {
	MemberPath
	Body struct {
		Role messaging.Role `json:"role" enum:"owner,moderator,member,reader"`
	}
}

type muteInput struct {
	RoomPath
	Body struct {
		Muted bool `json:"muted"`
	}
}

func (c *chat) memberRoutes() {
	asDevice(c, 0, route{"GET", "/rooms/{id}/members", "members", "Who is in a room", member, 200}, c.members)
	asDevice(c, smallBody, route{"POST", "/rooms/{id}/members", "add-members", "Allow people into a group; the recorder adds their devices", member, 0}, c.addMembers)
	asDevice(c, 0, route{"DELETE", "/rooms/{id}/members/{user}", "remove-member", "Remove somebody from a group, or leave it", member, 0}, c.removeMember)
	asDevice(c, smallBody, route{"PUT", "/rooms/{id}/members/{user}", "set-role", "Give a member a role", member, 0}, c.setRole)
	asDevice(c, smallBody, route{"PUT", "/rooms/{id}/mute", "mute", "Mute a room on all own devices", member, 0}, c.mute)
}

func (c *chat) members(ctx context.Context, who messaging.Caller, in *RoomPath) (list[memberView], error) {
	found, err := c.o.Talk.Members.Members(ctx, who, in.ID)
	var out list[memberView]
	for _, m := range found {
		out.Items = append(out.Items, memberView{m.User, m.Name, m.Role, m.Recorder, m.Since})
	}
	return out, err
}

func (c *chat) addMembers(ctx context.Context, who messaging.Caller, in *addMembersInput) (none, error) {
	return none{}, c.o.Talk.Members.Add(ctx, who, in.ID, in.Body.Users)
}

func (c *chat) removeMember(ctx context.Context, who messaging.Caller, in *MemberPath) (none, error) {
	return none{}, c.o.Talk.Members.Remove(ctx, who, in.ID, in.User)
}

func (c *chat) setRole(ctx context.Context, who messaging.Caller, in *roleInput) (none, error) {
	return none{}, c.o.Talk.Members.SetRole(ctx, who, in.ID, in.User, in.Body.Role)
}

func (c *chat) mute(ctx context.Context, who messaging.Caller, in *muteInput) (none, error) {
	err := c.o.Talk.Reading.Mute(ctx, who, in.ID, in.Body.Muted)
	if err == nil {
		c.o.Stream.Tell(who.Clinic, stream.HintRooms, who.User) // the other own devices
	}
	return none{}, err
}
