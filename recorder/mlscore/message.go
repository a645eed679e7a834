package mlscore

import (
	"bytes"
	"encoding/binary"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"
)

// maxSkip is how many messages of one sender may be missing before the next one.
const maxSkip = 5000

// Message is an application message that was opened.
type Message struct {
	Text   []byte
	AAD    []byte
	Epoch  int64
	Sender Leaf
}

// Seal encrypts a text for the current epoch. The group has then used a key and must be saved
// before the result leaves the house.
func (g *Group) Seal(text, aad []byte) ([]byte, error) {
	pm, err := g.now.SendMessage(text, g.signer.private(), group.WithAAD(aad))
	if err != nil {
		return nil, Refused
	}
	return framing.NewMLSMessagePrivate(pm).Marshal(), nil
}

// Open decrypts a message (an MLSMessage) of the current epoch or the one before it, each once.
func (g *Group) Open(wire []byte) (m Message, err error) {
	defer guard(&err)
	parsed, err := parseMessage(wire)
	if err != nil {
		return Message{}, err
	}
	pm, ok := parsed.AsPrivate()
	if !ok || pm.ContentType != framing.ContentTypeApplication || !bytes.Equal(pm.GroupID, g.ID()) {
		return Message{}, Format
	}
	at := g.at(pm.Epoch)
	if at == nil {
		return Message{}, Epoch
	}
	return openIn(at, pm)
}

// at returns the group as it was in an epoch, or nil.
func (g *Group) at(epoch uint64) *group.Group {
	switch {
	case g.now.Epoch().AsUint64() == epoch:
		return g.now
	case g.before != nil && g.before.Epoch().AsUint64() == epoch:
		return g.before
	}
	return nil
}

func openIn(g *group.Group, pm *framing.PrivateMessage) (Message, error) {
	said, err := senderOf(g, pm)
	if err != nil {
		return Message{}, err
	}
	leaf, err := leafOf(g, said.LeafIndex)
	if err != nil || said.LeafIndex == uint32(g.OwnLeafIndex()) {
		return Message{}, Signature
	}
	ratchet, err := g.SecretTree().LeafForIndex(said.LeafIndex)
	if err != nil {
		return Message{}, Signature
	}
	reached := ratchet.CurrentGeneration()
	if said.Generation > reached && said.Generation-reached > maxSkip {
		return Message{}, Generation
	}
	text, aad, _, err := g.ReceiveApplicationMessage(pm)
	switch {
	case err != nil && said.Generation < reached:
		return Message{}, Replay
	case err != nil:
		return Message{}, Signature
	}
	if ratchet.CurrentGeneration() == said.Generation {
		// Moving on makes the used key underivable from what is saved: the library does not
		// save its own marks of what was used.
		if ratchet.Advance() != nil {
			return Message{}, Refused
		}
	}
	return Message{Text: text, AAD: aad, Epoch: int64(pm.Epoch), Sender: leaf}, nil
}

// senderOf decrypts who sent a message and with which key (RFC 9420 section 6.3.2), so that
// both can be checked before the library derives anything from them.
func senderOf(g *group.Group, pm *framing.PrivateMessage) (*framing.MLSSenderData, error) {
	secret := g.EpochSecrets().SenderDataSecret
	sample := pm.Ciphertext[:min(len(pm.Ciphertext), suite.HashLength())]
	key, err := secret.KdfExpandLabel("key", sample, suite.AEADKeyLength())
	if err != nil {
		return nil, Signature
	}
	nonce, err := secret.KdfExpandLabel("nonce", sample, suite.AEADNonceLength())
	if err != nil {
		return nil, Signature
	}
	plain, err := ciphersuite.DecryptWithCipherSuite(key.AsSlice(), nonce.AsSlice(), pm.EncryptedSenderData, senderAAD(pm), suite)
	if err != nil {
		return nil, Signature
	}
	said, err := framing.UnmarshalSenderData(plain)
	if err != nil {
		return nil, Signature
	}
	return said, nil
}

// senderAAD is SenderDataAAD. A group id of ours is 16 bytes, so that its length takes one.
func senderAAD(pm *framing.PrivateMessage) []byte {
	b := append([]byte{byte(len(pm.GroupID))}, pm.GroupID...)
	b = binary.BigEndian.AppendUint64(b, pm.Epoch)
	return append(b, byte(pm.ContentType))
}
