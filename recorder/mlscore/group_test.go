package mlscore

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"
	"github.com/thomas-vilte/mls-go/schedule"
)

func stage(t testing.TB, g *Group, remove []uint32, add ...[]byte) Staged {
	t.Helper()
	s, err := g.Stage(remove, add)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seal(t testing.TB, g *Group, text string) []byte {
	t.Helper()
	m, err := g.Seal([]byte(text), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func restored(t testing.TB, g *Group) *Group {
	t.Helper()
	state, err := g.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Restore(state, g.signer)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func want(t *testing.T, what string, err error, cause Fault) {
	t.Helper()
	if !errors.Is(err, cause) {
		t.Errorf("%s: %v, want %v", what, err, cause)
	}
}

// TestStageChangesNothing: a commit that is made and dropped leaves the group able to follow
// another's, which the library's own discarding does not.
func TestStageChangesNothing(t *testing.T) {
	t.Parallel()
	all := company(t, 5)
	for range 3 {
		stage(t, all[0], nil)
		stage(t, all[0], []uint32{3})
		won := stage(t, all[1], nil)
		if err := all[0].Apply(won.Commit); err != nil {
			t.Fatal(err)
		}
		if err := all[1].Become(won.Next); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(all[0].Authenticator(), all[1].Authenticator()) {
			t.Fatal("their secrets differ")
		}
	}
}

func TestBecomeNeedsTheNextEpoch(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	s := stage(t, all[0], nil)
	if err := all[0].Become(s.Next); err != nil {
		t.Fatal(err)
	}
	want(t, "a second time", all[0].Become(s.Next), Epoch)
	want(t, "another's", all[1].Become(s.Next), Refused)
	want(t, "nonsense", all[0].Become([]byte("{}")), Format)
}

// TestReplay: what was read is not read again, also not by a group that was kept and restored.
func TestReplay(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	var sent [][]byte
	for range 4 {
		sent = append(sent, seal(t, all[0], "text"))
	}
	for _, i := range []int{0, 2} { // 1 and 3 are still under way
		if _, err := all[1].Open(sent[i]); err != nil {
			t.Fatal(err)
		}
	}
	for name, g := range map[string]*Group{"at once": all[1], "after a restart": restored(t, all[1])} {
		for _, i := range []int{0, 2} {
			if _, err := g.Open(sent[i]); err == nil {
				t.Errorf("%s: message %d was read again", name, i)
			}
		}
		if _, err := g.Open(sent[3]); err != nil {
			t.Errorf("%s: the next message: %v", name, err)
		}
	}
	if _, err := all[1].Open(sent[1]); err != nil {
		t.Errorf("a message that came late: %v", err)
	}
}

func TestOldEpochsSurviveARestart(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	late, later := seal(t, all[0], "late"), seal(t, all[0], "later")
	s := stage(t, all[1], nil)
	if err := all[1].Become(s.Next); err != nil {
		t.Fatal(err)
	}
	if m, err := all[1].Open(late); err != nil || string(m.Text) != "late" || m.Epoch != 1 {
		t.Fatalf("%+v: %v", m, err)
	}
	g := restored(t, all[1])
	if _, err := g.Open(late); err == nil {
		t.Error("read again after a restart")
	}
	if m, err := g.Open(later); err != nil || string(m.Text) != "later" {
		t.Errorf("%+v: %v", m, err)
	}
	s = stage(t, g, nil)
	if err := g.Become(s.Next); err != nil {
		t.Fatal(err)
	}
	_, err := g.Open(seal(t, all[0], "too late"))
	want(t, "two epochs old", err, Epoch)
}

// TestFarAhead: one message cannot make a reader derive millions of keys.
func TestFarAhead(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	ratchet, err := all[0].now.SecretTree().LeafForIndex(all[0].Own())
	if err != nil {
		t.Fatal(err)
	}
	for range maxSkip + 1 {
		ratchet.NextSequenceNumber()
	}
	_, err = all[1].Open(seal(t, all[0], "far ahead"))
	want(t, "too far ahead", err, Generation)
}

// TestNobodySpeaksForUs: a member could name our leaf as the sender, and move our own ratchet.
func TestNobodySpeaksForUs(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	forged := seal(t, all[0], "text")
	_, err := all[0].Open(forged)
	want(t, "a message of our own", err, Signature)
	if _, err := all[0].Seal([]byte("goes on"), nil); err != nil {
		t.Error(err)
	}
}

// TestAMemberTakesAnotherName: MLS lets a committer bring a new credential or key in the path.
func TestAMemberTakesAnotherName(t *testing.T) {
	t.Parallel()
	for name, disguise := range map[string]func(s *Signer){
		"another user": func(s *Signer) { s.Identity.User = "00000000-0000-4000-8000-000000999999" },
		"another key":  func(s *Signer) { _, s.Key, _ = ed25519.GenerateKey(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := company(t, 3)
			commit := inDisguise(t, all[1], disguise)
			_, err := all[0].Read(commit)
			want(t, "read", err, Refused)
			want(t, "applied", all[0].Apply(commit), Refused)
			if err := all[0].Apply(stage(t, all[2], nil).Commit); err != nil {
				t.Errorf("an honest commit after it: %v", err)
			}
		})
	}
}

// inDisguise makes a commit whose path brings in another leaf than the committer's, signed
// correctly in every place.
func inDisguise(t *testing.T, g *Group, disguise func(*Signer)) []byte {
	t.Helper()
	s := g.signer
	disguise(&s)
	parsed, err := parseMessage(stage(t, g, nil).Commit)
	if err != nil {
		t.Fatal(err)
	}
	pm, _ := parsed.AsPublic()
	c, err := group.UnmarshalCommit(pm.Content.Body.(framing.CommitBody).Data)
	if err != nil {
		t.Fatal(err)
	}
	leaf := c.Path.LeafNode
	leaf.Credential, leaf.SignatureKeyRaw = s.credential().Credential, s.public()
	sig, err := ciphersuite.SignWithLabel(s.private(), "LeafNodeTBS", leaf.MarshalTBSWithContext(g.ID(), g.Own()))
	if err != nil {
		t.Fatal(err)
	}
	leaf.Signature = sig.AsSlice()
	return resign(t, g, pm, c)
}

// resign frames a changed commit as its member would.
func resign(t *testing.T, g *Group, pm *framing.PublicMessage, c *group.Commit) []byte {
	t.Helper()
	content := pm.Content
	content.Body = framing.CommitBody{Data: c.Marshal()}
	made, err := framing.NewPublicMessage(content, g.signer.private(), g.now.GroupContext().Marshal(), g.now.EpochSecrets().MembershipKey, suite)
	if err != nil {
		t.Fatal(err)
	}
	made.Auth.ConfirmationTag = pm.Auth.ConfirmationTag
	ac := &framing.AuthenticatedContent{WireFormat: framing.WireFormatPublicMessage, Content: made.Content, Auth: made.Auth, GroupContext: g.now.GroupContext().Marshal()}
	made.MembershipTag = schedule.ComputeMembershipTag(suite, g.now.EpochSecrets().MembershipKey.AsSlice(), ac.MarshalTBM())
	return framing.NewMLSMessagePublic(made).Marshal()
}

// TestOtherProposals: rooms know Add and Remove by value; whatever else MLS has is refused.
func TestOtherProposals(t *testing.T) {
	t.Parallel()
	all := company(t, 3)
	for name, p := range map[string]group.ProposalOrRef{
		"by reference":       {ProposalRef: bytes.Repeat([]byte{1}, 32)},
		"extensions":         {Proposal: group.NewGroupContextExtensionsProposal(nil)},
		"reinit":             {Proposal: group.NewReInitProposal([]byte("another"), 1, suite, nil)},
		"external psk":       {Proposal: group.NewPreSharedKeyProposal(1, []byte("psk"))},
		"remove of nobody":   {Proposal: group.NewRemoveProposal(77)},
		"remove of the last": {Proposal: group.NewRemoveProposal(2)},
	} {
		parsed, err := parseMessage(stage(t, all[1], nil).Commit)
		if err != nil {
			t.Fatal(err)
		}
		pm, _ := parsed.AsPublic()
		c, err := group.UnmarshalCommit(pm.Content.Body.(framing.CommitBody).Data)
		if err != nil {
			t.Fatal(err)
		}
		c.Proposals = []group.ProposalOrRef{p}
		commit := resign(t, all[1], pm, c)
		_, err = all[0].Read(commit)
		if allowed := name == "remove of the last"; allowed != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBelongsElsewhere(t *testing.T) {
	t.Parallel()
	all, others := company(t, 2), company(t, 2)
	if _, err := all[0].Open(seal(t, others[1], "text")); err == nil {
		t.Error("a message of another group with the same id was opened")
	}
	if err := all[0].Apply(stage(t, others[1], nil).Commit); err == nil {
		t.Error("a commit of another group with the same id was applied")
	}
	if _, _, err := Join(stage(t, all[0], nil, packageOf(t, device(7)).Public).Welcome, device(8), []Package{packageOf(t, device(8))}); err == nil {
		t.Error("joined by somebody else's welcome")
	}
}

func TestPackages(t *testing.T) {
	t.Parallel()
	s := device(1)
	now := time.Now()
	p, err := NewPackage(s, now, 24*time.Hour, true)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ReadPackage(p.Public)
	if err != nil || o.Identity != s.Identity || !bytes.Equal(o.Sign, s.public()) || !o.NotAfter.Equal(p.NotAfter.UTC()) || !o.NotBefore.Before(now) {
		t.Errorf("%+v: %v", o, err)
	}
	if bare, err := ReadPackage(p.Public[4:]); err != nil || bare.Identity != s.Identity {
		t.Errorf("a bare one: %+v: %v", bare, err)
	}
	for i := range 20 {
		bad := bytes.Clone(p.Public)
		bad[4+(len(bad)-4)*i/20] ^= 4
		if _, err := ReadPackage(bad); err == nil {
			t.Errorf("a package with a bit flipped in byte %d was taken", 4+(len(bad)-4)*i/20)
		}
	}
	s.Identity.User = "not an id"
	if p, err = NewPackage(s, now, time.Hour, false); err == nil {
		_, err = ReadPackage(p.Public)
	}
	want(t, "an identity that is none", err, Format)
}

// TestStateIsWhole: a state that was cut or changed is refused, and none grows for ever.
func TestStateIsWhole(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	small, err := all[0].Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		if err := all[0].Become(stage(t, all[0], nil).Next); err != nil {
			t.Fatal(err)
		}
	}
	state, err := all[0].Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if len(state) > 3*len(small) {
		t.Errorf("after 30 commits the state has grown from %d to %d bytes", len(small), len(state))
	}
	for _, bad := range [][]byte{nil, []byte("{}"), state[:len(state)/2], []byte(`{"now":{}}`)} {
		if _, err := Restore(bad, all[0].signer); err == nil {
			t.Errorf("restored %.20q", bad)
		}
	}
	if _, err := Restore(state, all[1].signer); err == nil {
		t.Error("restored another device's state")
	}
}

// TestErrorsKeepSecrets: the library quotes secrets of the group in its errors.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	all := company(t, 2)
	commit := stage(t, all[1], nil).Commit
	parsed, err := parseMessage(commit)
	if err != nil {
		t.Fatal(err)
	}
	pm, _ := parsed.AsPublic()
	c, err := group.UnmarshalCommit(pm.Content.Body.(framing.CommitBody).Data)
	if err != nil {
		t.Fatal(err)
	}
	pm.Auth.ConfirmationTag = bytes.Repeat([]byte{9}, 32)
	err = all[0].Apply(resign(t, all[1], pm, c))
	if err == nil || err.Error() != "mls: commit" {
		t.Errorf("the error says %v", err)
	}
}

func FuzzWire(f *testing.F) {
	all := company(f, 3)
	late := seal(f, all[1], "text")
	s := stage(f, all[1], []uint32{2}, packageOf(f, device(9)).Public)
	for _, seed := range [][]byte{late, s.Commit, s.Welcome, packageOf(f, device(1)).Public} {
		f.Add(seed)
	}
	g := all[0]
	before := g.Authenticator()
	mine := packageOf(f, g.signer)
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := g.Open(b); err == nil && m.Sender.Identity == g.signer.Identity {
			t.Error("opened a message of ours")
		}
		if c, err := g.Read(b); err == nil && c.Epoch != g.Epoch() {
			t.Error("read a commit of another epoch")
		}
		ReadPackage(b)
		if _, _, err := Join(b, g.signer, []Package{mine}); err == nil {
			t.Error("joined by a welcome that was never made")
		}
		if !slices.Equal(before, g.Authenticator()) {
			t.Error("the group has changed")
		}
	})
}

func FuzzState(f *testing.F) {
	g := company(f, 2)[0]
	state, err := g.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state)
	f.Add([]byte(`{"now":{"epoch":1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, err := Restore(b, g.signer); err == nil {
			if _, err := again.Marshal(); err != nil && json.Valid(b) {
				t.Error("what was restored cannot be kept")
			}
		}
	})
}
