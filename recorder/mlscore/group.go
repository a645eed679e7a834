package mlscore

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"

	"github.com/thomas-vilte/mls-go/group"
	"github.com/thomas-vilte/mls-go/treesync"
)

const (
	// MaxLeaves is the most a room's tree may have.
	MaxLeaves = 256
	padding   = 256 // messages are padded to a multiple of it
	idBytes   = 16  // of a group: the room's UUID
)

// Group is this device's view of one room. It is not safe for concurrent use.
type Group struct {
	signer Signer
	now    *group.Group
	before *group.Group // as it was until the last commit, for messages still under way; or nil
}

// Leaf is a device in the tree.
type Leaf struct {
	Index    uint32
	Identity Identity
	Sign     ed25519.PublicKey
}

// Create begins a group with only this device in it. id are the 16 bytes of the room's UUID.
func Create(id []byte, s Signer, p Package) (*Group, error) {
	kp, private, err := p.open()
	if err != nil || len(id) != idBytes {
		return nil, Format
	}
	g, err := group.NewGroup(group.NewGroupID(bytes.Clone(id)), suite, kp, private)
	if err != nil {
		return nil, Refused
	}
	return wrap(s, g), nil
}

// Join enters a group by a Welcome (an MLSMessage) made for one of the packages, and says
// which. Whether the members are who they should be is for the caller to check.
func Join(welcome []byte, s Signer, packages []Package) (g *Group, used int, err error) {
	defer guard(&err)
	m, err := parseMessage(welcome)
	if err != nil || m.Welcome == nil {
		return nil, 0, Format
	}
	w, err := group.UnmarshalWelcome(m.Welcome)
	if err != nil || w.CipherSuite != suite {
		return nil, 0, Format
	}
	for i, p := range packages {
		kp, private, err := p.open()
		if err != nil {
			continue
		}
		joined, err := group.JoinFromWelcome(w, kp, private, nil)
		if err == nil {
			g = wrap(s, joined)
			return g, i, g.checkOwn()
		}
	}
	return nil, 0, Refused
}

func wrap(s Signer, g *group.Group) *Group {
	g.SetPaddingSize(padding)
	return &Group{signer: s, now: g}
}

// checkOwn makes sure that the leaf found by its encryption key is this device.
func (g *Group) checkOwn() error {
	own, ok := g.Leaf(g.Own())
	if !ok || len(g.ID()) != idBytes || own.Identity != g.signer.Identity || !bytes.Equal(own.Sign, g.signer.public()) {
		return Refused
	}
	return nil
}

// Epoch is the number of the group's current epoch.
func (g *Group) Epoch() int64 { return int64(g.now.Epoch().AsUint64()) }

// ID are the bytes of the room's UUID.
func (g *Group) ID() []byte { return g.now.ID().AsSlice() }

// Own is the index of this device's leaf.
func (g *Group) Own() uint32 { return uint32(g.now.OwnLeafIndex()) }

// Authenticator is a value that all members of an epoch share and nobody else knows.
func (g *Group) Authenticator() []byte { return bytes.Clone(g.now.EpochAuthenticator()) }

// Export derives a secret of the epoch for another use (RFC 9420 section 8.5).
func (g *Group) Export(label string, context []byte, length int) ([]byte, error) {
	secret, err := g.now.Export(label, context, length)
	if err != nil {
		return nil, Refused
	}
	return secret, nil
}

// Leaf returns what stands at a place of the tree; false if nothing does.
func (g *Group) Leaf(index uint32) (Leaf, bool) {
	l, err := leafOf(g.now, index)
	return l, err == nil
}

// Roster lists the devices in the tree. A leaf without an identity of ours is an error.
func (g *Group) Roster() ([]Leaf, error) {
	var out []Leaf
	for i := uint32(0); g.now.GetTreeLeaf(group.LeafNodeIndex(i)) != nil; i++ {
		if !present(g.now, i) {
			continue
		}
		l, err := leafOf(g.now, i)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// Find returns the leaf of a device.
func (g *Group) Find(device string) (Leaf, bool) {
	roster, _ := g.Roster()
	for _, l := range roster {
		if l.Identity.Device == device {
			return l, true
		}
	}
	return Leaf{}, false
}

func present(g *group.Group, index uint32) bool {
	n := g.GetTreeLeaf(group.LeafNodeIndex(index))
	return n != nil && n.State == treesync.NodeStatePresent && n.LeafData != nil
}

func leafOf(g *group.Group, index uint32) (Leaf, error) {
	if !present(g, index) {
		return Leaf{}, Format
	}
	data := g.GetTreeLeaf(group.LeafNodeIndex(index)).LeafData
	return leafFrom(index, data)
}

func leafFrom(index uint32, data *treesync.LeafNodeData) (Leaf, error) {
	who, err := basicIdentity(data.Credential)
	if err != nil {
		return Leaf{}, err
	}
	return Leaf{index, who, bytes.Clone(data.SigKeyBytes())}, nil
}

// saved is a group at rest. It holds secrets: whoever keeps it must seal it.
type saved struct {
	Now    json.RawMessage `json:"now"`
	Before json.RawMessage `json:"before,omitempty"`
}

// Marshal returns everything needed to go on later, secrets included.
func (g *Group) Marshal() ([]byte, error) {
	var s saved
	var err error
	if s.Now, err = marshal(g.now); err != nil {
		return nil, err
	}
	if g.before != nil {
		if s.Before, err = marshal(g.before); err != nil {
			return nil, err
		}
	}
	return json.Marshal(s)
}

// Restore returns the group that Marshal wrote. Only the newest state may ever be restored:
// an older one would use keys a second time.
func Restore(state []byte, s Signer) (g *Group, err error) {
	defer guard(&err)
	var at saved
	if json.Unmarshal(state, &at) != nil {
		return nil, Format
	}
	now, err := group.UnmarshalGroupState(at.Now)
	if err != nil {
		return nil, Format
	}
	g = wrap(s, now)
	if at.Before != nil {
		if g.before, err = group.UnmarshalGroupState(at.Before); err != nil {
			return nil, Format
		}
	}
	return g, g.checkOwn()
}

// resumption is where the library gathers the resumption secret of every epoch.
const resumption = "cached_psks"

func marshal(g *group.Group) (json.RawMessage, error) {
	raw, err := g.MarshalState()
	if err != nil {
		return nil, Refused
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil, Refused
	}
	fields[resumption] = json.RawMessage("{}")
	return json.Marshal(fields)
}

// copyOf returns a group that can be changed without changing g.
func copyOf(g *group.Group) (*group.Group, error) {
	raw, err := marshal(g)
	if err != nil {
		return nil, err
	}
	c, err := group.UnmarshalGroupState(raw)
	if err != nil {
		return nil, Refused
	}
	c.SetPaddingSize(padding)
	return c, nil
}
