package messaging

import (
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging/framing"
)

// Limits of rooms and messages.
const (
	MaxMembers = 256
	maxMessage = 60 << 10
)

// Create begins a conversation with its first commit. It is harmless to ask again.
func (c *Chat) Create(ctx context.Context, by Caller, r NewRoom) (Conversation, error) {
	const op = "chat.create"
	r.Members = others(by.User, r.Members)
	if err := c.checkRoom(ctx, op, by, &r); err != nil {
		return Conversation{}, err
	}
	h, err := parseCommit(op, r.ID, r.Commit)
	if err != nil {
		return Conversation{}, err
	}
	puts, err := c.o.Store.CreateRoom(ctx, by, r, append(h.devices(), by.Device), func(g *Group) (*Step, error) {
		return h.step(op, by, g, c.o.Now())
	})
	if err != nil {
		return Conversation{}, err
	}
	c.o.Out.Publish(puts)
	if len(puts) > 0 {
		c.o.Tell(Hint{Kind: HintRooms, Clinic: by.Clinic, Users: append(r.Members, by.User), Room: r.ID})
	}
	c.upkeep(ctx, by.Clinic)
	return c.conversation(ctx, op, by, r.ID)
}

// others are the users without one of them and without repeats.
func others(one hub.UserID, users []hub.UserID) []hub.UserID {
	out := slices.Compact(slices.Sorted(slices.Values(users)))
	return slices.DeleteFunc(out, func(u hub.UserID) bool { return u == one })
}

func (c *Chat) checkRoom(ctx context.Context, op string, by Caller, r *NewRoom) error {
	recorder, _, err := c.o.Store.Recorder(ctx, by.Clinic)
	if err != nil {
		return err
	}
	r.Members = slices.DeleteFunc(r.Members, func(u hub.UserID) bool { return u == recorder })
	switch {
	case !hub.ValidID(string(r.ID)):
		return invalid(op, "id")
	case r.Kind != DirectRoom && r.Kind != GroupRoom:
		return invalid(op, "kind")
	case !validIDs(r.Members), r.Kind == DirectRoom && len(r.Members) != 1:
		return invalid(op, "members")
	case len(r.Members)+2 > MaxMembers:
		return refused(op, "full", nil)
	case r.Alert != "" && (r.Kind != GroupRoom || !hub.ValidID(string(r.Alert))):
		return invalid(op, "alert")
	}
	return c.mayReach(ctx, op, by, r.Members)
}

// mayReach refuses with the code "relation" unless the caller may talk to all of them.
func (c *Chat) mayReach(ctx context.Context, op string, by Caller, users []hub.UserID) error {
	if len(users) == 0 {
		return nil
	}
	reachable, err := c.o.Relations.Reachable(ctx, by, users)
	if err == nil && len(reachable) < len(users) {
		return refused(op, "relation", nil)
	}
	return err
}

func (c *Chat) conversation(ctx context.Context, op string, by Caller, room hub.RoomID) (Conversation, error) {
	list, err := c.o.Store.Conversations(ctx, by, room)
	if err != nil {
		return Conversation{}, err
	}
	if len(list) == 0 {
		return Conversation{}, refused(op, "room", nil)
	}
	return list[0], nil
}

// Conversations returns the caller's direct and group rooms, the liveliest first.
func (c *Chat) Conversations(ctx context.Context, by Caller) ([]Conversation, error) {
	return c.o.Store.Conversations(ctx, by, "")
}

// Commit appends a handshake and moves the room's epoch. Of several in one epoch the first
// wins, the others learn the epoch it began; the same one again is answered as before.
func (c *Chat) Commit(ctx context.Context, by Caller, room hub.RoomID, commit Commit) (Committed, error) {
	const op = "chat.commit"
	if !hub.ValidID(string(room)) {
		return Committed{}, invalid(op, "room")
	}
	h, err := parseCommit(op, room, commit)
	if err != nil {
		return Committed{}, err
	}
	done, put, err := c.o.Store.ChangeGroup(ctx, by, room, commit.ID, append(h.devices(), by.Device), func(g *Group) (*Step, error) {
		return h.step(op, by, g, c.o.Now())
	})
	if err == nil && put != nil {
		c.o.Out.Publish([]*Put{put})
	}
	return done, err
}

// Send appends messages of one device in their order. Each that is refused has its Code,
// each that is committed its Seq; after an error the others are unknown and may be sent
// again under their ids.
func (c *Chat) Send(ctx context.Context, by Caller, messages []*Message) error {
	puts, asked := make([]*Put, 0, len(messages)), make([]*Message, 0, len(messages))
	for _, m := range messages {
		m.Seq = 0
		if m.Code = m.fault(); m.Code != "" {
			continue
		}
		asked = append(asked, m)
		puts = append(puts, &Put{Clinic: by.Clinic, Item: Item{
			Room: m.Room, ID: m.ID, Kind: ItemMessage, Body: m.Body, User: by.User, From: by.Device, Epoch: m.Epoch, Priority: m.Priority,
		}})
	}
	if len(puts) == 0 {
		return nil
	}
	codes, err := c.o.Store.AppendMessages(ctx, by, puts)
	kept := puts[:0]
	for i, p := range puts {
		m := asked[i]
		m.Code, m.Seq, m.At = codes[i], p.Item.Seq, p.Item.At
		if m.Seq > 0 {
			kept = append(kept, p)
		}
	}
	c.o.Out.Publish(kept)
	return err
}

// fault returns the code of a message that cannot be kept whoever sends it, or "".
func (m *Message) fault() string {
	switch {
	case !hub.ValidID(string(m.Room)), !hub.ValidID(m.ID), m.Epoch < 0, m.Priority < Normal, m.Priority > Urgent:
		return "malformed"
	case len(m.Body) > maxMessage:
		return "too_large"
	}
	p, err := framing.ParsePrivate(m.Body)
	switch {
	case err != nil, string(p.AuthenticatedData) != string(m.Room)+"/"+m.ID:
		return "malformed"
	case string(p.Group) != groupID(m.Room):
		return "room"
	case p.Epoch != uint64(m.Epoch):
		return "malformed"
	}
	return ""
}
