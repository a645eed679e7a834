package framing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// LastResort is the extension that marks a key package which may be used more than once.
const LastResort = 0x000a

// Limits of lists whose length an honest client never comes near.
const (
	maxExtensions   = 32
	maxCapabilities = 128
)

// The sources of a leaf node (RFC 9420 section 7.2).
const (
	sourceKeyPackage = 1
	sourceCommit     = 3
)

// Leaf is what a leaf node says of its device.
type Leaf struct {
	EncryptionKey []byte
	SignatureKey  ed25519.PublicKey
	Identity      []byte // of the basic credential
	Extensions    []uint16

	source    uint8
	lifetime  [2]uint64
	tbs       []byte // as in the message, up to the signature
	signature []byte
}

// KeyPackage is a device's signed offer to be added (RFC 9420 section 10).
type KeyPackage struct {
	InitKey             []byte
	Leaf                Leaf
	NotBefore, NotAfter time.Time
	Extensions          []uint16
	Ref                 [sha256.Size]byte // KeyPackageRef, by which a Welcome names it
	Raw                 []byte            // without the MLSMessage around it
}

// IsLastResort reports whether the package may be used more than once.
func (p *KeyPackage) IsLastResort() bool { return slices.Contains(p.Extensions, LastResort) }

// ParseKeyPackage reads an MLSMessage with a KeyPackage and verifies both its signatures.
func ParseKeyPackage(b []byte) (*KeyPackage, error) {
	r := reader{rest: b}
	r.message(wireKeyPackage)
	p := r.keyPackage()
	if err := r.end(); err != nil {
		return nil, err
	}
	return p, nil
}

// keyPackage reads and verifies one KeyPackage.
func (r *reader) keyPackage() *KeyPackage {
	start := r.rest
	if r.u16() != version || r.u16() != suite {
		r.fail(malformed("key package of another version or suite"))
	}
	p := &KeyPackage{InitKey: r.exactly(keyBytes, "init key")}
	p.Leaf = r.leaf()
	p.Extensions = r.extensions()
	tbs := start[:len(start)-len(r.rest)]
	signature := r.exactly(ed25519.SignatureSize, "signature")
	if r.err != nil {
		return nil
	}
	p.Raw = slices.Clone(start[:len(start)-len(r.rest)])
	p.Ref = refHash("MLS 1.0 KeyPackage Reference", p.Raw)
	p.NotBefore, p.NotAfter = instant(p.Leaf.lifetime[0]), instant(p.Leaf.lifetime[1])
	switch {
	case p.Leaf.source != sourceKeyPackage:
		r.fail(malformed("leaf of another source"))
	case !verify(p.Leaf.SignatureKey, "KeyPackageTBS", tbs, signature), !p.Leaf.verify(nil):
		r.fail(fmt.Errorf("%w: signature", ErrPackage))
	case string(p.InitKey) == string(p.Leaf.EncryptionKey):
		r.fail(fmt.Errorf("%w: one key for two purposes", ErrPackage)) // RFC 9420 section 10.1
	}
	return p
}

// leaf reads a LeafNode (section 7.2). Its signature is checked by whoever knows its place.
func (r *reader) leaf() Leaf {
	start := r.rest
	l := Leaf{EncryptionKey: r.exactly(keyBytes, "encryption key"), SignatureKey: r.exactly(ed25519.PublicKeySize, "signature key")}
	if credential := r.u16(); r.err == nil && credential != credentialBasic {
		r.fail(fmt.Errorf("%w: credential", ErrPackage))
	}
	l.Identity = r.vector()
	for range 5 { // versions, suites, extensions, proposals, credentials: all lists of 16 bits
		r.each(maxCapabilities, func(in *reader) { in.u16() })
	}
	switch l.source = r.u8(); l.source {
	case sourceKeyPackage:
		l.lifetime = [2]uint64{r.u64(), r.u64()}
	case sourceCommit:
		r.vector() // parent hash
	default:
		r.fail(malformed("source of a leaf"))
	}
	l.Extensions = r.extensions()
	if r.err == nil {
		l.tbs = start[:len(start)-len(r.rest)]
	}
	l.signature = r.exactly(ed25519.SignatureSize, "signature")
	return l
}

// verify checks a leaf's signature; place is group id and leaf index, nil in a key package.
func (l *Leaf) verify(place []byte) bool {
	return verify(l.SignatureKey, "LeafNodeTBS", slices.Concat(l.tbs, place), l.signature)
}

// extensions reads a list of extensions and returns their types, each of which may occur
// once (section 13.4).
func (r *reader) extensions() []uint16 {
	var types []uint16
	r.each(maxExtensions, func(in *reader) {
		t := in.u16()
		in.vector()
		if slices.Contains(types, t) {
			in.fail(malformed("extension twice"))
		}
		types = append(types, t)
	})
	return types
}

// instant turns a lifetime's bound into a time; "for ever" becomes a year far away.
func instant(seconds uint64) time.Time {
	const far = 253402300799 // the last second of the year 9999
	return time.Unix(int64(min(seconds, far)), 0).UTC()
}

// verify is VerifyWithLabel of section 5.1.2.
func verify(key ed25519.PublicKey, label string, content, signature []byte) bool {
	signed := appendVector(appendVector(nil, []byte("MLS 1.0 "+label)), content)
	return ed25519.Verify(key, signed, signature)
}

// refHash is RefHash of section 5.2.
func refHash(label string, value []byte) [sha256.Size]byte {
	return sha256.Sum256(appendVector(appendVector(nil, []byte(label)), value))
}

// place is what a leaf node of a commit is signed with beside itself.
func place(group []byte, leaf uint32) []byte {
	return binary.BigEndian.AppendUint32(appendVector(nil, group), leaf)
}
