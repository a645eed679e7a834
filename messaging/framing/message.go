package framing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
)

// The values of RFC 9420 section 17 that occur here.
const (
	version = 1
	suite   = 1 // MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519

	wirePublic     = 1
	wirePrivate    = 2
	wireWelcome    = 3
	wireKeyPackage = 5

	contentApplication = 1
	contentCommit      = 3

	senderMember    = 1
	credentialBasic = 1

	proposalAdd    = 1
	proposalRemove = 3
)

// Sizes of cipher suite 1, and limits above those of a group of 256 leaves.
const (
	keyBytes = 32
	tagBytes = sha256.Size

	maxProposals   = 512
	maxPathNodes   = 32
	maxCiphertexts = 512
	maxSecrets     = 256
)

// message reads the head of an MLSMessage (section 6).
func (r *reader) message(wire uint16) {
	if r.u16() != version || r.u16() != wire {
		r.fail(malformed("another version or sort of message"))
	}
}

// Commit is a handshake that a member sent as a PublicMessage.
type Commit struct {
	Group             []byte
	Epoch             uint64
	Sender            uint32 // its leaf
	AuthenticatedData []byte
	Adds              []*KeyPackage
	Removes           []uint32 // leaves
	Path              *Leaf    // the sender's new leaf; nil without an UpdatePath
}

// ParseCommit reads an MLSMessage with a PublicMessage that holds a Commit. The commit's own
// signature and tags are left to the members: they need the group's state.
func ParseCommit(b []byte) (*Commit, error) {
	r := reader{rest: b}
	r.message(wirePublic)
	c := &Commit{Group: r.vector(), Epoch: r.u64()}
	if sender := r.u8(); r.err == nil && sender != senderMember {
		r.fail(fmt.Errorf("%w: not a member", ErrSender))
	}
	c.Sender = r.u32()
	c.AuthenticatedData = r.vector()
	if r.u8() != contentCommit {
		r.fail(malformed("not a commit"))
	}
	r.each(maxProposals, c.proposal)
	c.path(&r)
	r.exactly(ed25519.SignatureSize, "signature")
	r.exactly(tagBytes, "confirmation tag")
	r.exactly(tagBytes, "membership tag")
	if err := r.end(); err != nil {
		return nil, err
	}
	return c, nil
}

// proposal reads a ProposalOrRef (section 12.4).
func (c *Commit) proposal(r *reader) {
	const byValue = 1
	if r.u8() != byValue {
		r.fail(fmt.Errorf("%w: by reference", ErrProposal))
	}
	switch sort := r.u16(); sort {
	case proposalAdd:
		if p := r.keyPackage(); p != nil {
			c.Adds = append(c.Adds, p)
		}
	case proposalRemove:
		c.Removes = append(c.Removes, r.u32())
	default:
		r.fail(fmt.Errorf("%w: of sort %d", ErrProposal, sort))
	}
}

// path reads optional<UpdatePath> (section 7.6). Its secrets are for the members.
func (c *Commit) path(r *reader) {
	switch r.u8() {
	case 0:
		return
	case 1:
	default:
		r.fail(malformed("path"))
		return
	}
	leaf := r.leaf()
	r.each(maxPathNodes, func(node *reader) {
		node.exactly(keyBytes, "path key")
		node.each(maxCiphertexts, (*reader).ciphertext)
	})
	switch {
	case r.err != nil:
	case leaf.source != sourceCommit:
		r.fail(malformed("leaf of another source"))
	case !leaf.verify(place(c.Group, c.Sender)):
		r.fail(fmt.Errorf("%w: signature of the new leaf", ErrSender))
	default:
		c.Path = &leaf
	}
}

// ciphertext skips an HPKECiphertext.
func (r *reader) ciphertext() {
	r.exactly(keyBytes, "kem output")
	r.vector()
}

// Private is what can be read of a PrivateMessage (section 6.3).
type Private struct {
	Group             []byte
	Epoch             uint64
	AuthenticatedData []byte
}

// ParsePrivate reads an MLSMessage with a PrivateMessage that holds application data.
func ParsePrivate(b []byte) (Private, error) {
	r := reader{rest: b}
	r.message(wirePrivate)
	p := Private{Group: r.vector(), Epoch: r.u64()}
	if r.u8() != contentApplication {
		r.fail(malformed("a handshake in secret"))
	}
	p.AuthenticatedData = r.vector()
	senderData, ciphertext := r.vector(), r.vector()
	if r.err == nil && (len(senderData) == 0 || len(ciphertext) == 0) {
		r.fail(malformed("empty ciphertext"))
	}
	return p, r.end()
}

// ParseWelcome reads an MLSMessage with a Welcome (section 12.4.3.1) and returns the
// references of the key packages it is for.
func ParseWelcome(b []byte) ([][sha256.Size]byte, error) {
	r := reader{rest: b}
	r.message(wireWelcome)
	if r.u16() != suite {
		r.fail(malformed("welcome of another suite"))
	}
	var refs [][sha256.Size]byte
	r.each(maxSecrets, func(secret *reader) {
		var ref [sha256.Size]byte
		copy(ref[:], secret.exactly(len(ref), "key package reference"))
		secret.ciphertext()
		refs = append(refs, ref)
	})
	if len(r.vector()) == 0 {
		r.fail(malformed("no group info"))
	}
	return refs, r.end()
}
