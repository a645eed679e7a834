package messaging

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging/framing"
)

// Limits of handshakes. MaxLeaves is where MLS stays quick on phones.
const (
	MaxLeaves = 256

	maxCommit  = 256 << 10
	maxWelcome = 256 << 10
)

// clockSkew is how far a device's clock may be ahead of the hub's.
const clockSkew = time.Hour

// handshake is a commit whose form is in order; what it may do depends on its group.
type handshake struct {
	*framing.Commit
	id      string
	body    []byte
	welcome []byte // the Welcome
	refs    [][32]byte
	adds    []Caller // who the added packages say they are
}

// parseCommit checks all of a commit that can be checked without its group.
func parseCommit(op string, room hub.RoomID, c Commit) (*handshake, error) {
	switch {
	case !hub.ValidID(c.ID):
		return nil, invalid(op, "id")
	case len(c.Body) > maxCommit, len(c.Welcome) > maxWelcome:
		return nil, refused(op, "too_large", nil)
	}
	parsed, err := framing.ParseCommit(c.Body)
	if err != nil {
		return nil, framed(op, err)
	}
	if string(parsed.Group) != groupID(room) {
		return nil, refused(op, "room", nil)
	}
	h := &handshake{Commit: parsed, id: c.ID, body: c.Body, welcome: c.Welcome}
	for _, p := range parsed.Adds {
		who, ok := identity(p.Leaf.Identity)
		if !ok {
			return nil, refused(op, "package", nil)
		}
		h.adds = append(h.adds, who)
	}
	if len(c.Welcome) > 0 {
		if h.refs, err = framing.ParseWelcome(c.Welcome); err != nil {
			return nil, refused(op, "welcome", err)
		}
	}
	return h, nil
}

// devices are those the commit adds.
func (h *handshake) devices() []hub.DeviceID {
	out := make([]hub.DeviceID, len(h.adds))
	for i, a := range h.adds {
		out[i] = a.Device
	}
	return out
}

// step decides what a commit does to its group, or refuses it.
func (h *handshake) step(op string, by Caller, g *Group, now time.Time) (*Step, error) {
	if h.Epoch != uint64(g.Epoch) {
		return nil, refused(op, "epoch", CurrentEpoch(g.Epoch))
	}
	own, ok := leafAt(g.Leaves, h.Sender)
	if !ok || own.Device != by.Device || own.User != by.User || !h.keepsIdentity(by, g) {
		return nil, refused(op, "sender", nil)
	}
	removed, err := h.removed(op, by, g)
	if err != nil {
		return nil, err
	}
	if err := h.checkAdds(op, by, g, removed, now); err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(g.Leaves), func(l Leaf) bool { return slices.Contains(removed, l) })
	added, ok := place(left, h.adds)
	if !ok {
		return nil, refused(op, "full", nil)
	}
	if !h.welcomesAdds() {
		return nil, refused(op, "welcome", nil)
	}
	return &Step{
		Item:    Item{Room: g.Room, ID: h.id, Kind: ItemCommit, Body: h.body, User: by.User, From: by.Device, Epoch: g.Epoch},
		Welcome: h.welcome, Remove: removed, Add: added,
	}, nil
}

// keepsIdentity: a member's new leaf is of the same device, under the key it registered.
func (h *handshake) keepsIdentity(by Caller, g *Group) bool {
	if h.Path == nil {
		return true
	}
	who, ok := identity(h.Path.Identity)
	return ok && who == by && bytes.Equal(h.Path.SignatureKey, g.Devices[by.Device].Sign)
}

// removed are the leaves that the commit takes out. Owners, moderators and the recorder
// take out anybody, everybody the other devices of their own.
func (h *handshake) removed(op string, by Caller, g *Group) ([]Leaf, error) {
	mighty := by.User == g.Recorder || g.Roles[by.User] == Owner || g.Roles[by.User] == Moderator
	var out []Leaf
	for _, index := range h.Removes {
		l, ok := leafAt(g.Leaves, index)
		if !ok || slices.Contains(out, l) || index == h.Sender { // the last: RFC 9420 section 12.2
			return nil, refused(op, "proposal", nil)
		}
		if !mighty && l.User != by.User {
			return nil, refused(op, "role", nil)
		}
		out = append(out, l)
	}
	return out, nil
}

// checkAdds refuses packages that are not of a device in use of a member, or of one that is
// in the group already. A device does not leave and come by one commit either: the library
// of the recorder looks for doubled keys before it removes, and could not follow.
func (h *handshake) checkAdds(op string, by Caller, g *Group, removed []Leaf, now time.Time) error {
	seen := map[hub.DeviceID]bool{}
	for _, l := range g.Leaves {
		seen[l.Device] = true
	}
	for i, who := range h.adds {
		p, d := h.Adds[i], g.Devices[who.Device]
		_, member := g.Roles[who.User]
		switch {
		case who.Clinic != by.Clinic, d.User != who.User, !d.Usable, !d.Certified, !bytes.Equal(d.Sign, p.Leaf.SignatureKey):
			return refused(op, "package", nil)
		case !p.NotAfter.After(now), p.NotBefore.After(now.Add(clockSkew)):
			return refused(op, "package", nil)
		case !member:
			return refused(op, "relation", nil)
		case slices.ContainsFunc(removed, func(l Leaf) bool { return l.Device == who.Device }):
			return refused(op, "proposal", nil)
		case seen[who.Device]:
			return refused(op, "package", nil)
		}
		seen[who.Device] = true
	}
	return nil
}

// welcomesAdds: the Welcome is for exactly those whom the commit adds.
func (h *handshake) welcomesAdds() bool {
	want := make([][32]byte, len(h.Adds))
	for i, p := range h.Adds {
		want[i] = p.Ref
	}
	order := func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) }
	got := slices.SortedFunc(slices.Values(h.refs), order)
	slices.SortFunc(want, order)
	return slices.Equal(want, got)
}

func leafAt(leaves []Leaf, index uint32) (Leaf, bool) {
	i, ok := slices.BinarySearchFunc(leaves, index, func(l Leaf, at uint32) int { return cmp.Compare(l.Index, at) })
	if !ok {
		return Leaf{}, false
	}
	return leaves[i], true
}

// place gives each new device the leftmost blank leaf (RFC 9420 section 7.7); leaves are
// those that stay, ascending. It is false when the tree would grow beyond MaxLeaves.
func place(leaves []Leaf, who []Caller) ([]Leaf, bool) {
	var out []Leaf
	index, next := uint32(0), 0
	for _, w := range who {
		for next < len(leaves) && leaves[next].Index == index {
			index, next = index+1, next+1
		}
		if index >= MaxLeaves {
			return nil, false
		}
		out = append(out, Leaf{Index: index, User: w.User, Device: w.Device})
		index++
	}
	return out, true
}
