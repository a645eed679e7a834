package framing_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/credentials"
	mls "github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"
	"github.com/thomas-vilte/mls-go/keypackages"

	"github.com/wardline/wardline/messaging/framing"
	"github.com/wardline/wardline/messaging/framing/framingtest"
)

const suite1 = ciphersuite.MLS128DHKEMX25519

// member is a real MLS client, as the recorder is one.
type member struct {
	key      ed25519.PrivateKey
	identity string
	offer    *keypackages.KeyPackage
	secrets  *keypackages.KeyPackagePrivateKeys
}

func newMember(t *testing.T, identity string) *member {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	check(t, err)
	m := &member{key: key, identity: identity}
	m.offer, m.secrets, err = keypackages.Generate(&credentials.CredentialWithKey{
		Credential: credentials.NewBasicCredential([]byte(identity)), Ed25519PrivateKey: key, SignatureKeyBytes: key.Public().(ed25519.PublicKey),
	}, suite1)
	check(t, err)
	return m
}

func (m *member) wire() []byte { return (&mls.MLSMessage{KeyPackage: m.offer.Marshal()}).Marshal() }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// commit takes out leaves and puts members in, and returns commit and Welcome as sent.
func commit(t *testing.T, g *group.Group, by *member, remove []uint32, add ...*member) (body, welcome []byte) {
	t.Helper()
	key := ciphersuite.NewEd25519SignaturePrivateKey(by.key)
	for _, leaf := range remove {
		_, err := g.RemoveMember(group.LeafNodeIndex(leaf))
		check(t, err)
	}
	var packages []*keypackages.KeyPackage
	for _, a := range add {
		_, err := g.AddMember(a.offer)
		check(t, err)
		packages = append(packages, a.offer)
	}
	staged, err := g.Commit(key, key.PublicKey(), nil)
	check(t, err)
	content := staged.AuthenticatedContent()
	body = mls.NewMLSMessagePublic(&mls.PublicMessage{Content: content.Content, Auth: content.Auth, MembershipTag: staged.MembershipTag()}).Marshal()
	check(t, g.MergeCommit(staged))
	if len(packages) > 0 {
		w, err := g.CreateWelcomeWithOpts(packages, key, group.WithJoinerSecret(staged.JoinerSecret()), group.WithPSKSecret(staged.RawPskSecret()), group.WithStagedCommit(staged))
		check(t, err)
		welcome = (&mls.MLSMessage{Welcome: w.Marshal()}).Marshal()
	}
	return body, welcome
}

// TestRealMessages reads what the recorder's library makes: it is what clients will send.
func TestRealMessages(t *testing.T) {
	t.Parallel()
	first := newMember(t, "klinik/eva/handy")
	g, err := group.NewGroup(group.NewGroupID(framingtest.GroupID(room)), suite1, first.offer, first.secrets)
	check(t, err)
	var added []*member
	for i := range 9 {
		added = append(added, newMember(t, fmt.Sprint("klinik/eva/", i)))
	}
	body, welcome := commit(t, g, first, nil, added...)
	c, err := framing.ParseCommit(body)
	check(t, err)
	if !bytes.Equal(c.Group, framingtest.GroupID(room)) || c.Epoch != 0 || c.Sender != 0 || len(c.Adds) != 9 {
		t.Errorf("first commit: %+v", c)
	}
	refs, err := framing.ParseWelcome(welcome)
	check(t, err)
	for i, m := range added {
		p, err := framing.ParseKeyPackage(m.wire())
		check(t, err)
		if !bytes.Equal(p.Raw, c.Adds[i].Raw) || !slices.Contains(refs, p.Ref) || string(p.Leaf.Identity) != m.identity {
			t.Errorf("package %d: %+v", i, p)
		}
	}
	body, _ = commit(t, g, first, []uint32{4, 2})
	if c, err = framing.ParseCommit(body); err != nil || c.Epoch != 1 || !slices.Equal(c.Removes, []uint32{4, 2}) || len(c.Adds) != 0 || c.Path == nil || string(c.Path.Identity) != first.identity {
		t.Errorf("second commit: %+v, %v", c, err)
	}
	said, err := g.SendMessage([]byte("guten Morgen"), ciphersuite.NewEd25519SignaturePrivateKey(first.key), group.WithAAD([]byte("room/item")))
	check(t, err)
	p, err := framing.ParsePrivate(mls.NewMLSMessagePrivate(said).Marshal())
	if err != nil || p.Epoch != 2 || string(p.AuthenticatedData) != "room/item" {
		t.Errorf("message: %+v, %v", p, err)
	}
}

// TestLeftmostBlankLeaf holds the rule by which the hub follows the tree against a real one:
// removes first, then each new device at the leftmost blank leaf.
func TestLeftmostBlankLeaf(t *testing.T) {
	t.Parallel()
	first := newMember(t, "klinik/eva/handy")
	g, err := group.NewGroup(group.NewGroupID(framingtest.GroupID(room)), suite1, first.offer, first.secrets)
	check(t, err)
	for i := range 6 {
		commit(t, g, first, nil, newMember(t, fmt.Sprint("klinik/otto/", i)))
	}
	commit(t, g, first, []uint32{5, 2}, newMember(t, "klinik/neu/2"), newMember(t, "klinik/neu/5"), newMember(t, "klinik/neu/7"))
	for leaf, want := range map[uint32]string{2: "klinik/neu/2", 5: "klinik/neu/5", 7: "klinik/neu/7", 6: "klinik/otto/5"} {
		if got := string(g.GetTreeLeaf(group.LeafNodeIndex(leaf)).LeafData.Credential.Identity); got != want {
			t.Errorf("at leaf %d: %s, want %s", leaf, got, want)
		}
	}
}
