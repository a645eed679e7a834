package messaging

import (
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
)

// Follow lets people in and out of a room that follows a unit, a duty role or a group, in the
// recorder's name, since it leads such a room. It is the hub's half only: the lines are seen
// by everybody, and devices come in by the recorder's commits, which name them first.
// Who does not fit in stays outside.
func (c *Chat) Follow(ctx context.Context, clinic hub.ClinicID, room hub.RoomID, come, gone []hub.UserID) error {
	const op = "chat.follow"
	if !hub.ValidID(string(room)) || !validIDs(come) || !validIDs(gone) {
		return invalid(op, "users")
	}
	recorder, _, err := c.o.Store.Recorder(ctx, clinic)
	if err != nil || recorder == "" {
		return err
	}
	by := Caller{Clinic: clinic, User: recorder}
	return c.change(ctx, by, room, slices.Concat(come, gone), func(r Roster) ([]MemberChange, error) {
		if !r.Follows {
			return nil, nil // it was let go a moment ago
		}
		return r.follow(come, gone), nil
	})
}

func (r Roster) follow(come, gone []hub.UserID) (out []MemberChange) {
	leave := slices.DeleteFunc(slices.Clone(gone), func(u hub.UserID) bool { m := r.find(u); return m == nil || m.Recorder })
	join := slices.DeleteFunc(slices.Clone(come), func(u hub.UserID) bool { return r.find(u) != nil })
	if space := MaxMembers - len(r.Members) + len(leave); len(join) > space {
		join = join[:max(space, 0)]
	}
	if len(leave) > 0 {
		out = append(out, MemberChange{Act: LineRemoved, Users: leave})
	}
	if len(join) > 0 {
		out = append(out, MemberChange{Act: LineAdded, Users: join})
	}
	return out
}
