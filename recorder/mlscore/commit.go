package mlscore

import (
	"bytes"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"
	"github.com/thomas-vilte/mls-go/keypackages"
)

// Change is what a commit would do.
type Change struct {
	Epoch     int64 // in which it was made
	Committer Leaf
	Remove    []Leaf
	Add       []Offer
	Self      bool // this device is removed: there is nothing to apply
}

// Read checks that a commit (an MLSMessage) was made by a member of this epoch and does only
// what rooms allow: add and remove, by value. It changes nothing. The caller decides by the
// Change whether to Apply it.
func (g *Group) Read(commit []byte) (c Change, err error) {
	defer guard(&err)
	_, c, err = g.read(commit)
	return c, err
}

func (g *Group) read(commit []byte) (*framing.PublicMessage, Change, error) {
	pm, err := g.handshake(commit)
	if err != nil {
		return nil, Change{}, err
	}
	committer, err := leafOf(g.now, pm.Content.Sender.LeafIndex)
	if err != nil {
		return nil, Change{}, err
	}
	if g.now.VerifyPublicMessage(pm) != nil {
		return nil, Change{}, Signature
	}
	body, ok := pm.Content.Body.(framing.CommitBody)
	if !ok {
		return nil, Change{}, Format
	}
	parsed, err := group.UnmarshalCommit(body.Data)
	if err != nil {
		return nil, Change{}, Format
	}
	c := Change{Epoch: int64(pm.Content.Epoch), Committer: committer}
	if err := g.proposals(&c, parsed); err != nil {
		return nil, Change{}, err
	}
	return pm, c, samePerson(committer, parsed.Path)
}

// handshake returns a commit's outside, when it is of this group, this epoch and a member.
func (g *Group) handshake(commit []byte) (*framing.PublicMessage, error) {
	m, err := parseMessage(commit)
	if err != nil {
		return nil, err
	}
	pm, ok := m.AsPublic()
	if !ok || pm.Content.Sender.Type != framing.SenderTypeMember || !bytes.Equal(pm.Content.GroupID, g.ID()) {
		return nil, Format
	}
	if int64(pm.Content.Epoch) != g.Epoch() {
		return nil, Epoch
	}
	return pm, nil
}

func (g *Group) proposals(c *Change, parsed *group.Commit) error {
	for _, p := range parsed.Proposals {
		switch {
		case p.Proposal == nil:
			return Refused // by reference
		case p.Proposal.Type == group.ProposalTypeAdd && p.Proposal.Add != nil && p.Proposal.Add.KeyPackage != nil:
			offer, err := offerOf(p.Proposal.Add.KeyPackage)
			if err != nil {
				return err
			}
			c.Add = append(c.Add, offer)
		case p.Proposal.Type == group.ProposalTypeRemove && p.Proposal.Remove != nil:
			gone, err := leafOf(g.now, uint32(p.Proposal.Remove.Removed))
			if err != nil {
				return Refused
			}
			c.Remove = append(c.Remove, gone)
			c.Self = c.Self || gone.Index == g.Own()
		default:
			return Refused
		}
	}
	return nil
}

// samePerson refuses a commit by which a device takes another identity or key: the path
// brings a new leaf, and MLS itself would allow it.
func samePerson(committer Leaf, path *group.UpdatePath) error {
	if path == nil {
		return nil
	}
	if path.LeafNode == nil {
		return Format
	}
	now, err := leafFrom(committer.Index, path.LeafNode)
	if err != nil || now.Identity != committer.Identity || !bytes.Equal(now.Sign, committer.Sign) {
		return Refused
	}
	return nil
}

// Apply carries out a commit of another member. On an error the group is as it was.
func (g *Group) Apply(commit []byte) (err error) {
	defer guard(&err)
	pm, c, err := g.read(commit)
	if err != nil {
		return err
	}
	if c.Self || c.Committer.Index == g.Own() {
		return Refused
	}
	next, err := copyOf(g.now)
	if err != nil {
		return err
	}
	if next.ProcessPublicMessage(pm) != nil {
		return Refused
	}
	g.before, g.now = g.now, next
	return g.checkOwn()
}

// Staged is a commit of our own that nobody has accepted yet.
type Staged struct {
	Commit  []byte // MLSMessage with a PublicMessage
	Welcome []byte // MLSMessage for whom it adds; nil if it adds nobody
	Next    []byte // the group after it, for Become once the commit has won its epoch; secret
}

// Stage makes a commit that removes leaves and adds the owners of key packages; with neither
// it only refreshes our own keys. g itself does not change.
func (g *Group) Stage(remove []uint32, add [][]byte) (s Staged, err error) {
	defer guard(&err)
	next, err := copyOf(g.now)
	if err != nil {
		return Staged{}, err
	}
	packages, err := propose(next, remove, add)
	if err != nil {
		return Staged{}, err
	}
	key := g.signer.private()
	staged, err := next.Commit(key, key.PublicKey(), nil)
	if err != nil {
		return Staged{}, Refused
	}
	content := staged.AuthenticatedContent()
	s.Commit = framing.NewMLSMessagePublic(&framing.PublicMessage{
		Content: content.Content, Auth: content.Auth, MembershipTag: staged.MembershipTag(),
	}).Marshal()
	if next.MergeCommit(staged) != nil {
		return Staged{}, Refused
	}
	if len(packages) > 0 {
		if s.Welcome, err = welcome(next, staged, key, packages); err != nil {
			return Staged{}, err
		}
	}
	s.Next, err = marshal(next)
	return s, err
}

// Become makes a staged commit of our own take effect: it has won the epoch it was made in.
func (g *Group) Become(next []byte) (err error) {
	defer guard(&err)
	won, err := group.UnmarshalGroupState(next)
	if err != nil {
		return Format
	}
	n := wrap(g.signer, won)
	if n.Epoch() != g.Epoch()+1 || !bytes.Equal(n.ID(), g.ID()) {
		return Epoch
	}
	if err := n.checkOwn(); err != nil {
		return err
	}
	g.before, g.now = g.now, n.now
	return nil
}

func propose(next *group.Group, remove []uint32, add [][]byte) ([]*keypackages.KeyPackage, error) {
	for _, index := range remove {
		if _, err := next.RemoveMember(group.LeafNodeIndex(index)); err != nil {
			return nil, Refused
		}
	}
	var packages []*keypackages.KeyPackage
	for _, wire := range add {
		kp, err := parsePackage(wire)
		if err != nil {
			return nil, err
		}
		if _, err := next.AddMember(kp); err != nil {
			return nil, Refused
		}
		packages = append(packages, kp)
	}
	return packages, nil
}

// welcome is for the newcomers. It leaves out the external public key: nobody may join a
// room by an external commit.
func welcome(next *group.Group, staged *group.StagedCommit, key *ciphersuite.SignaturePrivateKey, packages []*keypackages.KeyPackage) ([]byte, error) {
	w, err := next.CreateWelcomeWithOpts(packages, key,
		group.WithJoinerSecret(staged.JoinerSecret()),
		group.WithPSKSecret(staged.RawPskSecret()),
		group.WithStagedCommit(staged),
		group.WithGroupInfoOptions(group.WithExternalPub(false)))
	if err != nil {
		return nil, Refused
	}
	return (&framing.MLSMessage{Welcome: w.Marshal()}).Marshal(), nil
}
