package scim

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// The directory knows a group by its members. SCIM makes groups before anybody is in them,
// so ids and names, which are no personal data, are remembered in a few shards.
const shards = 16

// maxMembers is the most members one request may state.
const maxMembers = 10_000

// group is what is remembered of a group.
type group struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	External string    `json:"external,omitempty"`
	Created  time.Time `json:"created"`
}

func shardOf(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return "groups/" + strconv.Itoa(int(h.Sum32()%shards))
}

func (s *server) shard(ctx context.Context, key string) ([]group, error) {
	b, err := s.env.State.Get(ctx, key)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	var list []group
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, hub.E("scim.groups", hub.Internal, "", "%w", err)
	}
	return list, nil
}

// keep writes a group into its shard, or takes it out.
func (s *server) keep(ctx context.Context, g group, there bool) error {
	key := shardOf(g.ID)
	list, err := s.shard(ctx, key)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(o group) bool { return o.ID == g.ID })
	if there {
		list = append(list, g)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return hub.E("scim.groups", hub.Internal, "", "%w", err)
	}
	if len(b) > 60<<10 {
		return &failure{http.StatusInsufficientStorage, "tooMany", "there are too many groups"}
	}
	return s.env.State.Put(ctx, key, b)
}

func (s *server) group(ctx context.Context, id string) (group, error) {
	list, err := s.shard(ctx, shardOf(id))
	if err != nil {
		return group{}, err
	}
	i := slices.IndexFunc(list, func(g group) bool { return g.ID == id })
	if i < 0 {
		return group{}, errNotFound
	}
	return list[i], nil
}

// members returns the keys of a group's members that are still there for SCIM.
func (s *server) members(ctx context.Context, ids ...string) (map[string][]string, error) {
	list, err := s.env.Stated.StatedGroups(ctx)
	out := map[string][]string{}
	for _, g := range list {
		if ids == nil || slices.Contains(ids, g.Code) {
			out[g.Code] = g.Members
		}
	}
	return out, err
}

func (s *server) showGroup(r *http.Request, g group, members []string) resource {
	list := []any{}
	for _, m := range members {
		list = append(list, map[string]any{"value": m, "$ref": s.at(r) + "/Users/" + m, "type": "User"})
	}
	res := resource{"schemas": []any{coreGroup}, "id": g.ID, "displayName": g.Name, "members": list,
		"meta": meta("Group", s.at(r)+"/Groups/"+g.ID, g.Created, time.Time{})}
	if g.External != "" {
		res["externalId"] = g.External
	}
	return res
}

// understandGroup reads a group; members are their ids, each once.
func understandGroup(res resource, g group) (group, []string, error) {
	g.Name, g.External = plainText(get(res, "displayName")), plainText(get(res, "externalId"))
	if g.Name == "" {
		return g, nil, bad("invalidValue", "displayName is required")
	}
	if !storable(g.Name, 255) || !storable(g.External, 255) {
		return g, nil, bad("invalidValue", "an attribute is too long or holds control characters")
	}
	members := []string{}
	for _, m := range items(get(res, "members")) {
		if id := plainText(get(m, "value")); id != "" {
			members = append(members, id)
		}
	}
	slices.Sort(members)
	members = slices.Compact(members)
	if len(members) > maxMembers {
		return g, nil, bad("tooMany", "the group has too many members")
	}
	return g, members, nil
}

// regroup states the groups of everybody who joins or leaves. renamed states those of the
// others too, as a group's name is told by its members.
func (s *server) regroup(ctx context.Context, g group, was, is []string, renamed bool) ([]directory.Change, error) {
	var out []directory.Change
	ref := directory.GroupRef{Code: g.ID, Name: g.Name, Room: s.config.GroupRooms}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(was, is)))) {
		_, member := slices.BinarySearch(is, id)
		_, before := slices.BinarySearch(was, id)
		if member == before && !renamed {
			continue
		}
		p, err := s.user(ctx, id)
		if kind := hub.KindOf(err); err == errNotFound || err != nil && kind == hub.NotFound {
			if member && !before {
				return nil, bad("invalidValue", "a member is no user of this service")
			}
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		c := directory.Change{Op: directory.OpPut, Key: id, Groups: []directory.GroupRef{}}
		if !p.Active {
			c.Op = directory.OpDeactivate
		}
		for _, o := range p.Groups {
			if o.Code != g.ID {
				c.Groups = append(c.Groups, o)
			}
		}
		if member {
			c.Groups = append(c.Groups, ref)
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *server) createGroup(r *http.Request) (int, any, error) {
	res, body, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	g, members, err := understandGroup(res, group{ID: string(hub.NewID[hub.GroupID]()), Created: s.env.Now()})
	if err != nil {
		return 0, nil, err
	}
	return s.store(r, http.StatusCreated, g, group{}, nil, members, body)
}

// store commits the members and then remembers the group. Where the second fails the caller
// is told to try again, and the same request has the same effect.
func (s *server) store(r *http.Request, status int, g, was group, before, members []string, body []byte) (int, any, error) {
	slices.Sort(before)
	changes, err := s.regroup(r.Context(), g, before, members, was.Name != "" && was.Name != g.Name)
	if err != nil {
		return 0, nil, err
	}
	if err := s.put(r, g.ID, body, changes...); err != nil {
		return 0, nil, err
	}
	if err := s.keep(r.Context(), g, true); err != nil {
		return 0, nil, err
	}
	res := s.showGroup(r, g, members)
	trim(r, res)
	return status, res, nil
}

func (s *server) load(r *http.Request) (group, []string, error) {
	g, err := s.group(r.Context(), r.PathValue("id"))
	if err != nil {
		return g, nil, err
	}
	members, err := s.members(r.Context(), g.ID)
	return g, members[g.ID], err
}

func (s *server) getGroup(r *http.Request) (int, any, error) {
	g, members, err := s.load(r)
	if err != nil {
		return 0, nil, err
	}
	res := s.showGroup(r, g, members)
	trim(r, res)
	return http.StatusOK, res, nil
}

func (s *server) putGroup(r *http.Request) (int, any, error) {
	return s.rewriteGroup(r, func(_, body resource) (resource, error) { return body, nil })
}

func (s *server) patchGroup(r *http.Request) (int, any, error) {
	return s.rewriteGroup(r, func(now, body resource) (resource, error) {
		ops, err := operations(body)
		if err == nil {
			err = apply(now, ops)
		}
		return now, err
	})
}

func (s *server) rewriteGroup(r *http.Request, turn func(now, body resource) (resource, error)) (int, any, error) {
	res, body, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	was, before, err := s.load(r)
	if err != nil {
		return 0, nil, err
	}
	next, err := turn(s.showGroup(r, was, before), res)
	if err != nil {
		return 0, nil, err
	}
	g, members, err := understandGroup(next, was)
	if err != nil {
		return 0, nil, err
	}
	return s.store(r, http.StatusOK, g, was, before, members, body)
}

func (s *server) deleteGroup(r *http.Request) (int, any, error) {
	g, before, err := s.load(r)
	if err != nil {
		return 0, nil, err
	}
	changes, err := s.regroup(r.Context(), g, slices.Sorted(slices.Values(before)), nil, false)
	if err != nil {
		return 0, nil, err
	}
	if err := s.put(r, g.ID, nil, changes...); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.keep(r.Context(), g, false)
}

func (s *server) listGroups(r *http.Request) (int, any, error) {
	c, err := parseFilter(r.URL.Query().Get("filter"))
	if err != nil {
		return 0, nil, err
	}
	members := map[string][]string{}
	if c.root != nil || !excludes(r, "members") {
		if members, err = s.members(r.Context()); err != nil {
			return 0, nil, err
		}
	}
	found := []resource{}
	for i := range shards {
		list, err := s.shard(r.Context(), "groups/"+strconv.Itoa(i))
		if err != nil {
			return 0, nil, err
		}
		for _, g := range list {
			if res := s.showGroup(r, g, members[g.ID]); c.fits(res) {
				found = append(found, res)
			}
		}
	}
	slices.SortFunc(found, func(a, b resource) int { return strings.Compare(plainText(a["id"]), plainText(b["id"])) })
	return page(r, found)
}

func excludes(r *http.Request, name string) bool {
	return strings.Contains(","+strings.ToLower(r.URL.Query().Get("excludedAttributes"))+",", ","+name+",")
}
