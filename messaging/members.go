package messaging

import (
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
)

// Members returns a room's roster, the recorder among it.
func (c *Chat) Members(ctx context.Context, by Caller, room hub.RoomID) ([]RoomMember, error) {
	return c.o.Store.Members(ctx, by, room)
}

// Add lets people into a group. Their devices join when the members' own words name them
// and the recorder commits the Adds: the hub alone can add nobody.
func (c *Chat) Add(ctx context.Context, by Caller, room hub.RoomID, users []hub.UserID) error {
	const op = "chat.add"
	users = others(by.User, users)
	if len(users) == 0 || len(users) > MaxMembers || !validIDs(users) {
		return invalid(op, "users")
	}
	if err := c.mayReach(ctx, op, by, users); err != nil {
		return err
	}
	return c.change(ctx, by, room, users, func(r Roster) ([]MemberChange, error) {
		if err := r.mayManage(op, by.User); err != nil {
			return nil, err
		}
		fresh := slices.DeleteFunc(slices.Clone(users), func(u hub.UserID) bool { return r.find(u) != nil })
		switch {
		case len(fresh) == 0:
			return nil, nil
		case len(fresh)+len(r.Members) > MaxMembers:
			return nil, refused(op, "full", nil)
		}
		return []MemberChange{{Act: LineAdded, Users: fresh}}, nil
	})
}

// Remove takes somebody out of a group; oneself is leaving it.
func (c *Chat) Remove(ctx context.Context, by Caller, room hub.RoomID, user hub.UserID) error {
	const op = "chat.remove"
	return c.change(ctx, by, room, []hub.UserID{user}, func(r Roster) ([]MemberChange, error) {
		m := r.find(user)
		if r.Kind == DirectRoom {
			return nil, refused(op, "direct", nil)
		}
		if r.Follows {
			return nil, refused(op, "follows", nil) // whoever left would be brought back
		}
		if user == by.User && m != nil && !m.Recorder {
			return append([]MemberChange{{Act: LineLeft, Users: []hub.UserID{user}}}, r.heir(user)...), nil
		}
		if err := r.mayManage(op, by.User); err != nil {
			return nil, err
		}
		switch {
		case m == nil:
			return nil, hub.E(op, hub.NotFound, "", "")
		case m.Recorder, m.Role == Owner && r.find(by.User).Role != Owner:
			return nil, refused(op, "role", nil)
		}
		return append([]MemberChange{{Act: LineRemoved, Users: []hub.UserID{user}}}, r.heir(user)...), nil
	})
}

// SetRole makes a member what an owner says.
func (c *Chat) SetRole(ctx context.Context, by Caller, room hub.RoomID, user hub.UserID, role Role) error {
	const op = "chat.set_role"
	if !slices.Contains([]Role{Owner, Moderator, Member, Reader}, role) {
		return invalid(op, "role")
	}
	return c.change(ctx, by, room, []hub.UserID{user}, func(r Roster) ([]MemberChange, error) {
		if err := r.mayManage(op, by.User); err != nil {
			return nil, err
		}
		m := r.find(user)
		switch {
		case m == nil:
			return nil, hub.E(op, hub.NotFound, "", "")
		case m.Recorder, r.find(by.User).Role != Owner:
			return nil, refused(op, "role", nil)
		case m.Role == role:
			return nil, nil
		}
		set := MemberChange{Act: LineRole, Users: []hub.UserID{user}, Role: role}
		if m.Role == Owner {
			return append([]MemberChange{set}, r.heir(user)...), nil
		}
		return []MemberChange{set}, nil
	})
}

// change writes and tells what decide says. users are told too, in the room or not.
func (c *Chat) change(ctx context.Context, by Caller, room hub.RoomID, users []hub.UserID, decide func(Roster) ([]MemberChange, error)) error {
	var roster []hub.UserID
	puts, err := c.o.Store.ChangeMembers(ctx, by, room, func(r Roster) ([]MemberChange, error) {
		roster = nil
		for _, m := range r.Members {
			roster = append(roster, m.User)
		}
		return decide(r)
	})
	if err != nil || len(puts) == 0 {
		return err
	}
	c.o.Out.Publish(puts)
	c.o.Tell(Hint{Kind: HintRooms, Clinic: by.Clinic, Users: slices.Compact(slices.Sorted(slices.Values(append(roster, users...)))), Room: room})
	c.upkeep(ctx, by.Clinic)
	return nil
}

// upkeep tells the recorder to look. Where it cannot be found it looks by itself.
func (c *Chat) upkeep(ctx context.Context, clinic hub.ClinicID) {
	if user, _, err := c.o.Store.Recorder(ctx, clinic); err == nil && user != "" {
		c.o.Tell(Hint{Kind: HintUpkeep, Clinic: clinic, Users: []hub.UserID{user}})
	}
}

func (r Roster) find(user hub.UserID) *RoomMember {
	i := slices.IndexFunc(r.Members, func(m RoomMember) bool { return m.User == user })
	if i < 0 {
		return nil
	}
	return &r.Members[i]
}

// mayManage: owners and moderators of groups; a direct room stays what it is.
func (r Roster) mayManage(op string, user hub.UserID) error {
	if r.Kind == DirectRoom {
		return refused(op, "direct", nil)
	}
	if r.Follows {
		return refused(op, "follows", nil)
	}
	if m := r.find(user); m == nil || m.Role != Owner && m.Role != Moderator {
		return refused(op, "role", nil)
	}
	return nil
}

// heir names who becomes owner when the only one goes: the oldest moderator, else the
// oldest member, else the oldest reader.
func (r Roster) heir(gone hub.UserID) []MemberChange {
	if m := r.find(gone); m == nil || m.Role != Owner {
		return nil
	}
	for _, role := range []Role{Owner, Moderator, Member, Reader} {
		for _, m := range r.Members {
			if m.User == gone || m.Recorder || m.Role != role {
				continue
			}
			if role == Owner {
				return nil
			}
			return []MemberChange{{Act: LineRole, Users: []hub.UserID{m.User}, Role: Owner}}
		}
	}
	return nil
}
