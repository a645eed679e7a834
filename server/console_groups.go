package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// GroupForm is a group as an administrator saves it. Groups of sources keep their kind, code
// and source; only what follows them is changed.
type GroupForm struct {
	Name     string                `json:"name" minLength:"1" maxLength:"100"`
	Kind     directory.GroupKind   `json:"kind" enum:"rule,source,hand"`
	Rule     *directory.Expression `json:"rule,omitempty"`
	Room     bool                  `json:"room,omitempty" doc:"A room follows the group."`
	Duty     hub.RoleID            `json:"role_id,omitempty" format:"uuid" doc:"Its members may take this duty."`
	Unit     hub.UnitID            `json:"unit_id,omitempty" format:"uuid" doc:"Its members work on this unit."`
	Revision int                   `json:"revision,omitempty" minimum:"0" doc:"Of a group that is changed: the one that was seen."`
}

func (f GroupForm) group(id hub.GroupID) directory.Group {
	return directory.Group{ID: id, Name: f.Name, Kind: f.Kind, Rule: f.Rule, Room: f.Room, Duty: f.Duty, Unit: f.Unit, Revision: f.Revision}
}

// GroupBody is a group with its members, where they are chosen by hand.
type GroupBody struct {
	Group   GroupForm      `json:"group"`
	Members []hub.PersonID `json:"members,omitempty" maxItems:"5000" doc:"Of a group by hand: all members afterwards; absent leaves them."`
}

type createGroupInput struct{ Body GroupBody }

type GroupPath struct {
	ID hub.GroupID `path:"id" format:"uuid"`
}

type updateGroupInput struct {
	GroupPath
	Body GroupBody
}

type previewGroupInput struct {
	Body struct {
		ID hub.GroupID `json:"id,omitempty" format:"uuid" doc:"Of a group that is to be changed."`
		GroupBody
	}
}

type groupMembersInput struct {
	GroupPath
	Paging
}

func (c *console) groupRoutes() {
	handle(c.api, route{"GET", "/groups", "groups", "Groups by rule, by source and by hand", forPeople | forPolicy | forAudit, 200}, c.groups)
	handle(c.api, route{"GET", "/groups/{id}/members", "group-members", "Who is in a group", forPeople | forAudit, 200}, c.groupMembers)
	handle(c.api, route{"POST", "/groups", "create-group", "Make a group", forPeople, http.StatusCreated}, c.createGroup)
	handle(c.api, route{"POST", "/groups/preview", "preview-group", "Who would join and who would leave", forPeople, 200}, c.previewGroup)
	handle(c.api, route{"PUT", "/groups/{id}", "update-group", "Change a group", forPeople, 200}, c.updateGroup)
	handle(c.api, route{"DELETE", "/groups/{id}", "delete-group", "Delete a group; its room stays", forPeople, 0}, c.deleteGroup)
}

func (c *console) groups(ctx context.Context, _ *struct{}) (list[directory.Group], error) {
	groups, err := c.o.Staff.Groups.Groups(ctx, caller(ctx).Clinic)
	return list[directory.Group]{groups}, err
}

func (c *console) groupMembers(ctx context.Context, in *groupMembersInput) (directory.Page[directory.PersonRow], error) {
	return c.o.Staff.Groups.GroupMembers(ctx, caller(ctx).Clinic, in.ID, in.Cursor, in.Limit)
}

func (c *console) previewGroup(ctx context.Context, in *previewGroupInput) (directory.Membership, error) {
	return c.o.Staff.Groups.PreviewGroup(ctx, caller(ctx).Clinic, in.Body.Group.group(in.Body.ID), in.Body.Members)
}

func (c *console) createGroup(ctx context.Context, in *createGroupInput) (directory.Group, error) {
	return c.saveGroup(ctx, "", in.Body, "group.create")
}

func (c *console) updateGroup(ctx context.Context, in *updateGroupInput) (directory.Group, error) {
	return c.saveGroup(ctx, in.ID, in.Body, "group.update")
}

func (c *console) saveGroup(ctx context.Context, id hub.GroupID, b GroupBody, act string) (directory.Group, error) {
	s := caller(ctx)
	g, err := c.o.Staff.Groups.SaveGroup(ctx, s.Clinic, b.Group.group(id), b.Members, s.Account.ID)
	if err != nil {
		return g, err
	}
	return g, c.done(ctx, "groups", act, string(g.ID), map[string]string{"members": strconv.Itoa(g.Members)})
}

func (c *console) deleteGroup(ctx context.Context, in *GroupPath) (none, error) {
	s := caller(ctx)
	if err := c.o.Staff.Units.DeleteGroup(ctx, s.Clinic, in.ID, s.Account.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "groups", "group.delete", string(in.ID), nil)
}

// UnitBody is a unit as an administrator saves it.
type UnitBody struct {
	Code   string             `json:"code" minLength:"1" maxLength:"64"`
	Name   string             `json:"name" minLength:"1" maxLength:"200"`
	Kind   directory.UnitKind `json:"kind" enum:"house,clinic,ward"`
	Parent hub.UnitID         `json:"parent_id,omitempty" format:"uuid"`
}

type createUnitInput struct{ Body UnitBody }

type updateUnitInput struct {
	ID   hub.UnitID `path:"id" format:"uuid"`
	Body UnitBody
}

// FollowBody names what a room is to follow.
type FollowBody struct {
	Unit  hub.UnitID  `json:"unit_id,omitempty" format:"uuid"`
	Role  hub.RoleID  `json:"role_id,omitempty" format:"uuid"`
	Group hub.GroupID `json:"group_id,omitempty" format:"uuid"`
}

// following checks that exactly one thing is named.
func (f FollowBody) following() (directory.Following, error) {
	n := 0
	for _, id := range []string{string(f.Unit), string(f.Role), string(f.Group)} {
		if id != "" {
			n++
		}
	}
	if n != 1 {
		return directory.Following{}, &hub.Error{Op: "server.follow", Kind: hub.Invalid, Field: "following", Code: "one_of"}
	}
	return directory.Following{Unit: f.Unit, Role: f.Role, Group: f.Group}, nil
}

type followInput struct {
	Body struct {
		Following FollowBody `json:"following" doc:"Exactly one of the three."`
		On        bool       `json:"on"`
	}
}

func (c *console) unitRoutes() {
	handle(c.api, route{"POST", "/units", "create-unit", "Add a unit by hand", forPeople, http.StatusCreated}, c.createUnit)
	handle(c.api, route{"PUT", "/units/{id}", "update-unit", "Rename or move a unit", forPeople, 0}, c.updateUnit)
	handle(c.api, route{"GET", "/followings", "followings", "Rooms that follow a unit, a duty role or a group", forPeople | forPolicy | forAudit, 200}, c.followings)
	handle(c.api, route{"PUT", "/followings", "follow", "Let a room follow, or let it go", forPeople, 0}, c.follow)
}

func (c *console) createUnit(ctx context.Context, in *createUnitInput) (created, error) {
	id, err := c.saveUnit(ctx, "", in.Body, "unit.create")
	return created{string(id)}, err
}

func (c *console) updateUnit(ctx context.Context, in *updateUnitInput) (none, error) {
	_, err := c.saveUnit(ctx, in.ID, in.Body, "unit.update")
	return none{}, err
}

func (c *console) saveUnit(ctx context.Context, id hub.UnitID, b UnitBody, act string) (hub.UnitID, error) {
	s := caller(ctx)
	id, err := c.o.Staff.Units.SaveUnit(ctx, s.Clinic, directory.UnitEdit{ID: id, Code: b.Code, Name: b.Name, Kind: b.Kind, Parent: b.Parent}, s.Account.ID)
	if err != nil {
		return "", err
	}
	return id, c.done(ctx, "duty", act, string(id), nil)
}

func (c *console) followings(ctx context.Context, _ *struct{}) (list[directory.FollowingRow], error) {
	rows, err := c.o.Staff.Units.Followings(ctx, caller(ctx).Clinic)
	return list[directory.FollowingRow]{rows}, err
}

func (c *console) follow(ctx context.Context, in *followInput) (none, error) {
	f, err := in.Body.Following.following()
	if err != nil {
		return none{}, err
	}
	s := caller(ctx)
	if err := c.o.Staff.Units.FollowRoom(ctx, s.Clinic, f, in.Body.On, s.Account.ID); err != nil {
		return none{}, err
	}
	data := map[string]string{"on": strconv.FormatBool(in.Body.On)}
	return none{}, c.done(ctx, "groups", "room.follow", string(f.Unit)+string(f.Role)+string(f.Group), data)
}
