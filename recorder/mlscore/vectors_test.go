package mlscore

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"
	"github.com/thomas-vilte/mls-go/keypackages"
	"github.com/thomas-vilte/mls-go/schedule"
	"github.com/thomas-vilte/mls-go/secrettree"
	"github.com/thomas-vilte/mls-go/treesync"
)

// unreachable are the vector files that need parts the library does not export. Its own
// tests run them; each is named here so that none is left out in silence.
var unreachable = map[string]string{
	"deserialization.json": "variable-length integers are in an internal package",
	"tree-math.json":       "parent and sibling arithmetic is not exported",
	"tree-operations.json": "applying one proposal to a bare tree is not exported",
	"treekem.json":         "making a member out of bare path secrets is not exported",
}

// vectors maps each file of official vectors (mlswg/mls-implementations) to its runner.
var vectors = map[string]func(t *testing.T, v json.RawMessage){
	"crypto-basics.json":                  cryptoBasics,
	"key-schedule.json":                   keySchedule,
	"message-protection.json":             messageProtection,
	"passive-client-handling-commit.json": passiveClient,
	"passive-client-welcome.json":         passiveClient,
	"psk_secret.json":                     pskSecret,
	"secret-tree.json":                    secretTree,
	"transcript-hashes.json":              transcriptHashes,
	"tree-validation.json":                treeValidation,
	"welcome.json":                        welcomeVector,
}

// TestOfficialVectors runs the vectors that come with the library's module through it, for
// our cipher suite. They are byte for byte those of the MLS working group.
func TestOfficialVectors(t *testing.T) {
	t.Parallel()
	dir := vectorDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < len(vectors) {
		t.Fatalf("%d files of vectors in the module, want at least %d: %v", len(files), len(vectors), err)
	}
	for _, f := range files {
		name := filepath.Base(f)
		run, ok := vectors[name]
		if !ok {
			if unreachable[name] == "" {
				t.Errorf("%s is neither run nor named as unreachable", name)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runVectors(t, f, run)
		})
	}
}

func runVectors(t *testing.T, file string, run func(*testing.T, json.RawMessage)) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range all {
		var head struct {
			Suite uint16 `json:"cipher_suite"`
		}
		if err := json.Unmarshal(v, &head); err != nil {
			t.Fatal(err)
		}
		if head.Suite == uint16(suite) {
			run(t, v)
			ran++
		}
	}
	if ran == 0 {
		t.Fatal("no vector of our cipher suite")
	}
	t.Logf("%d of %d vectors are of our suite and ran", ran, len(all))
}

func vectorDir(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/thomas-vilte/mls-go").Output()
	if err != nil {
		t.Fatalf("where is the module: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "testdata", "mls-interop-testvectors", "test-vectors")
}

// hexed is a hex string in JSON.
type hexed []byte

func (h *hexed) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	raw, err := hex.DecodeString(*s)
	*h = raw
	return err
}

func read(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %x, want %x", what, got, want)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func secretOf(b []byte) *ciphersuite.Secret { return ciphersuite.NewSecretForCS(suite, bytes.Clone(b)) }

func cryptoBasics(t *testing.T, raw json.RawMessage) {
	var v struct {
		DeriveSecret struct {
			Secret hexed
			Label  string
			Out    hexed
		} `json:"derive_secret"`
		Expand struct {
			Secret  hexed
			Label   string
			Context hexed
			Length  int
			Out     hexed
		} `json:"expand_with_label"`
		Sign struct {
			Pub       hexed
			Label     string
			Content   hexed
			Signature hexed
		} `json:"sign_with_label"`
		Encrypt struct {
			Priv, Context, Plaintext, Ciphertext hexed
			Label                                string
			KEM                                  hexed `json:"kem_output"`
		} `json:"encrypt_with_label"`
	}
	read(t, raw, &v)
	derived := must[*ciphersuite.Secret](t)(secretOf(v.DeriveSecret.Secret).DeriveSecret(suite, v.DeriveSecret.Label))
	same(t, "derive_secret", derived.AsSlice(), v.DeriveSecret.Out)
	expanded := must[*ciphersuite.Secret](t)(secretOf(v.Expand.Secret).KdfExpandLabel(v.Expand.Label, v.Expand.Context, v.Expand.Length))
	same(t, "expand_with_label", expanded.AsSlice(), v.Expand.Out)
	pub := ciphersuite.NewMLSSignaturePublicKey(v.Sign.Pub, suite.SignatureScheme())
	if err := ciphersuite.VerifyWithLabel(pub, v.Sign.Label, v.Sign.Content, ciphersuite.NewSignature(v.Sign.Signature)); err != nil {
		t.Errorf("sign_with_label: %v", err)
	}
	plain := must[[]byte](t)(ciphersuite.DecryptWithLabel(v.Encrypt.Priv, v.Encrypt.Label, v.Encrypt.Context,
		&ciphersuite.HPKECiphertext{KEMOutput: v.Encrypt.KEM, Ciphertext: v.Encrypt.Ciphertext}, suite))
	same(t, "encrypt_with_label", plain, v.Encrypt.Plaintext)
}

func keySchedule(t *testing.T, raw json.RawMessage) {
	var v struct {
		Initial hexed `json:"initial_init_secret"`
		Epochs  []struct {
			Commit        hexed `json:"commit_secret"`
			Joiner        hexed `json:"joiner_secret"`
			PSK           hexed `json:"psk_secret"`
			Context       hexed `json:"group_context"`
			Welcome       hexed `json:"welcome_secret"`
			Encryption    hexed `json:"encryption_secret"`
			SenderData    hexed `json:"sender_data_secret"`
			Exporter      hexed `json:"exporter_secret"`
			Authenticator hexed `json:"epoch_authenticator"`
			External      hexed `json:"external_secret"`
			Confirmation  hexed `json:"confirmation_key"`
			Membership    hexed `json:"membership_key"`
			Resumption    hexed `json:"resumption_psk"`
			Init          hexed `json:"init_secret"`
		}
	}
	read(t, raw, &v)
	init := secretOf(v.Initial)
	for _, e := range v.Epochs {
		ks := schedule.NewKeySchedule(suite, init)
		ks.SetCommitSecret(secretOf(e.Commit))
		same(t, "joiner_secret", must[*ciphersuite.Secret](t)(ks.ComputeJoinerSecret(e.Context)).AsSlice(), e.Joiner)
		if err := ks.SetPskSecretDirect(secretOf(e.PSK)); err != nil {
			t.Fatal(err)
		}
		same(t, "welcome_secret", must[*ciphersuite.Secret](t)(ks.ComputeWelcomeSecret()).AsSlice(), e.Welcome)
		must[*ciphersuite.Secret](t)(ks.ComputeEpochSecret(e.Context))
		s := must[*schedule.EpochSecrets](t)(ks.DeriveEpochSecrets())
		same(t, "encryption_secret", s.EncryptionSecret.AsSlice(), e.Encryption)
		same(t, "sender_data_secret", s.SenderDataSecret.AsSlice(), e.SenderData)
		same(t, "exporter_secret", s.ExporterSecret.AsSlice(), e.Exporter)
		same(t, "epoch_authenticator", s.AuthenticationSecret.AsSlice(), e.Authenticator)
		same(t, "external_secret", s.ExternalSecret.AsSlice(), e.External)
		same(t, "confirmation_key", s.ConfirmationKey.AsSlice(), e.Confirmation)
		same(t, "membership_key", s.MembershipKey.AsSlice(), e.Membership)
		same(t, "resumption_psk", s.ResumptionSecret.AsSlice(), e.Resumption)
		same(t, "init_secret", s.InitSecret.AsSlice(), e.Init)
		init = s.InitSecret.Clone()
	}
}

func secretTree(t *testing.T, raw json.RawMessage) {
	var v struct {
		Encryption hexed `json:"encryption_secret"`
		Leaves     [][]struct {
			Generation       uint32
			ApplicationKey   hexed `json:"application_key"`
			ApplicationNonce hexed `json:"application_nonce"`
			HandshakeKey     hexed `json:"handshake_key"`
			HandshakeNonce   hexed `json:"handshake_nonce"`
		}
	}
	read(t, raw, &v)
	for i, generations := range v.Leaves {
		tree := must[*secrettree.Tree](t)(secrettree.NewTree(secretOf(v.Encryption), uint32(len(v.Leaves)), suite))
		leaf := must[*secrettree.LeafSecret](t)(tree.LeafForIndex(uint32(i)))
		for _, g := range generations {
			same(t, "application_key", must[[]byte](t)(leaf.ApplicationKey(g.Generation)), g.ApplicationKey)
			same(t, "application_nonce", must[[]byte](t)(leaf.ApplicationNonce(g.Generation)), g.ApplicationNonce)
			same(t, "handshake_key", must[[]byte](t)(leaf.HandshakeKey(g.Generation)), g.HandshakeKey)
			same(t, "handshake_nonce", must[[]byte](t)(leaf.HandshakeNonce(g.Generation)), g.HandshakeNonce)
		}
	}
}

func pskSecret(t *testing.T, raw json.RawMessage) {
	var v struct {
		PSKs []struct {
			ID    hexed `json:"psk_id"`
			PSK   hexed `json:"psk"`
			Nonce hexed `json:"psk_nonce"`
		} `json:"psks"`
		Secret hexed `json:"psk_secret"`
	}
	read(t, raw, &v)
	got := make([]byte, suite.HashLength())
	if len(v.PSKs) > 0 {
		var psks []schedule.Psk
		for _, p := range v.PSKs {
			psks = append(psks, schedule.Psk{PskType: schedule.PskTypeExternal, PskID: p.ID, PskNonce: p.Nonce, Psk: p.PSK})
		}
		got = must[[]byte](t)(schedule.ComputePskInput(psks, suite))
	}
	same(t, "psk_secret", got, v.Secret)
}

func transcriptHashes(t *testing.T, raw json.RawMessage) {
	var v struct {
		Content   hexed `json:"authenticated_content"`
		Before    hexed `json:"interim_transcript_hash_before"`
		Confirmed hexed `json:"confirmed_transcript_hash_after"`
		After     hexed `json:"interim_transcript_hash_after"`
	}
	read(t, raw, &v)
	ac := must[*framing.AuthenticatedContent](t)(framing.UnmarshalAuthenticatedContent(v.Content))
	input := must[*framing.ConfirmedTranscriptHashInput](t)(framing.NewConfirmedTranscriptHashInput(ac))
	confirmed := must[[]byte](t)(input.Compute(suite, v.Before))
	same(t, "confirmed_transcript_hash", confirmed, v.Confirmed)
	same(t, "interim_transcript_hash", schedule.ComputeInterimTranscriptHash(suite, confirmed, ac.Auth.ConfirmationTag), v.After)
}

func treeValidation(t *testing.T, raw json.RawMessage) {
	var v struct {
		Tree        hexed
		Hashes      []hexed                `json:"tree_hashes"`
		Resolutions [][]treesync.NodeIndex `json:"resolutions"`
	}
	read(t, raw, &v)
	tree := must[*treesync.RatchetTree](t)(treesync.UnmarshalTreeFromExtension(v.Tree, suite)).ExpandToPowerOf2()
	if len(tree.Nodes) != len(v.Hashes) {
		t.Fatalf("%d nodes, want %d", len(tree.Nodes), len(v.Hashes))
	}
	for i := range tree.Nodes {
		at := treesync.NodeIndex(i)
		same(t, "tree_hash", tree.HashNode(at), v.Hashes[i])
		got := tree.Resolution(at)
		if len(got) != len(v.Resolutions[i]) {
			t.Fatalf("resolution of %d: %v, want %v", i, got, v.Resolutions[i])
		}
		for j := range got {
			if got[j] != v.Resolutions[i][j] {
				t.Errorf("resolution of %d: %v, want %v", i, got, v.Resolutions[i])
			}
		}
	}
}

func messageProtection(t *testing.T, raw json.RawMessage) {
	var v struct {
		GroupID         hexed `json:"group_id"`
		Epoch           uint64
		TreeHash        hexed `json:"tree_hash"`
		Confirmed       hexed `json:"confirmed_transcript_hash"`
		SignaturePub    hexed `json:"signature_pub"`
		Encryption      hexed `json:"encryption_secret"`
		SenderData      hexed `json:"sender_data_secret"`
		Membership      hexed `json:"membership_key"`
		CommitPub       hexed `json:"commit_pub"`
		ProposalPub     hexed `json:"proposal_pub"`
		Application     hexed
		ApplicationPriv hexed `json:"application_priv"`
	}
	read(t, raw, &v)
	context := (&group.GroupContext{
		Version: keypackages.MLS10, CipherSuite: suite, GroupID: group.NewGroupID(v.GroupID), Epoch: group.NewGroupEpoch(v.Epoch),
		TreeHash: v.TreeHash, ConfirmedTranscriptHash: v.Confirmed,
	}).Marshal()
	pub := ciphersuite.NewMLSSignaturePublicKey(v.SignaturePub, suite.SignatureScheme())
	for name, wire := range map[string][]byte{"commit_pub": v.CommitPub, "proposal_pub": v.ProposalPub} {
		pm, ok := must[*framing.MLSMessage](t)(framing.UnmarshalMLSMessage(wire)).AsPublic()
		if !ok {
			t.Fatalf("%s is not a PublicMessage", name)
		}
		if err := pm.VerifyMembershipTagWithContext(suite, secretOf(v.Membership), context); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	pm, ok := must[*framing.MLSMessage](t)(framing.UnmarshalMLSMessage(v.ApplicationPriv)).AsPrivate()
	if !ok {
		t.Fatal("application_priv is not a PrivateMessage")
	}
	// The vectors are of a tree with two leaves (mlswg test-vectors.md, message protection).
	tree := must[*secrettree.Tree](t)(secrettree.NewTree(secretOf(v.Encryption), 2, suite))
	ac := must[*framing.AuthenticatedContent](t)(framing.Decrypt(pm, framing.DecryptParams{
		CipherSuite: suite, SenderDataSecret: secretOf(v.SenderData), SecretTree: tree, SigPubKey: pub, GroupContext: context,
	}))
	text, _ := ac.Content.ApplicationData()
	same(t, "application", text, v.Application)
}

func welcomeVector(t *testing.T, raw json.RawMessage) {
	var v struct {
		InitPriv   hexed `json:"init_priv"`
		KeyPackage hexed `json:"key_package"`
		SignerPub  hexed `json:"signer_pub"`
		Welcome    hexed
	}
	read(t, raw, &v)
	w := must[*group.Welcome](t)(group.UnmarshalWelcome(v.Welcome[4:]))
	kp := must[*keypackages.KeyPackage](t)(parsePackage(v.KeyPackage))
	init := must[*ecdh.PrivateKey](t)(ecdh.X25519().NewPrivateKey(v.InitPriv))
	must[*group.Group](t)(group.JoinFromWelcome(w, kp, &keypackages.KeyPackagePrivateKeys{InitKey: init}, nil))
	pub := ciphersuite.NewMLSSignaturePublicKey(v.SignerPub, suite.SignatureScheme())
	if err := ciphersuite.VerifyWithLabel(pub, "GroupInfoTBS", w.GroupInfo.MarshalTBS(), ciphersuite.NewSignature(w.GroupInfo.Signature)); err != nil {
		t.Errorf("group info: %v", err)
	}
}

// passiveClient joins and follows the commits of other implementations.
func passiveClient(t *testing.T, raw json.RawMessage) {
	var v struct {
		KeyPackage     hexed `json:"key_package"`
		EncryptionPriv hexed `json:"encryption_priv"`
		InitPriv       hexed `json:"init_priv"`
		Welcome        hexed
		Initial        hexed `json:"initial_epoch_authenticator"`
		PSKs           []struct {
			ID  hexed `json:"psk_id"`
			PSK hexed `json:"psk"`
		} `json:"external_psks"`
		Epochs []struct {
			Proposals     []hexed
			Commit        hexed
			Authenticator hexed `json:"epoch_authenticator"`
		}
	}
	read(t, raw, &v)
	psks := map[string][]byte{}
	for _, p := range v.PSKs {
		psks[string(p.ID)] = p.PSK
	}
	keys := &keypackages.KeyPackagePrivateKeys{
		InitKey:       must[*ecdh.PrivateKey](t)(ecdh.X25519().NewPrivateKey(v.InitPriv)),
		EncryptionKey: must[*ecdh.PrivateKey](t)(ecdh.X25519().NewPrivateKey(v.EncryptionPriv)),
	}
	w := must[*group.Welcome](t)(group.UnmarshalWelcome(v.Welcome[4:]))
	g := must[*group.Group](t)(group.JoinFromWelcome(w, must[*keypackages.KeyPackage](t)(parsePackage(v.KeyPackage)), keys, psks))
	same(t, "initial_epoch_authenticator", g.EpochAuthenticator(), v.Initial)
	for _, e := range v.Epochs {
		for _, wire := range append(e.Proposals, e.Commit) {
			process(t, g, wire)
		}
		same(t, "epoch_authenticator", g.EpochAuthenticator(), e.Authenticator)
	}
}

func process(t *testing.T, g *group.Group, wire []byte) {
	t.Helper()
	m := must[*framing.MLSMessage](t)(framing.UnmarshalMLSMessage(wire))
	var err error
	if pm, ok := m.AsPublic(); ok {
		err = g.ProcessPublicMessage(pm)
	} else if pm, ok := m.AsPrivate(); ok {
		err = g.ProcessPrivateMessage(pm)
	} else {
		t.Fatal("neither a public nor a private message")
	}
	if err != nil {
		t.Fatal(err)
	}
}
