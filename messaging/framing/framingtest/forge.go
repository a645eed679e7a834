// Package framingtest makes MLS messages for tests of those who only see their framing:
// what is public is right and signed, what is secret is random.
package framingtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// Device is a device as far as MLS framing shows it.
type Device struct {
	Identity string // clinic/user/device
	Key      ed25519.PrivateKey
}

// NewDevice returns a device with a fresh key.
func NewDevice(identity string) *Device {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // the system's randomness has failed: no test can go on
	}
	return &Device{identity, key}
}

// Package says how a key package differs from a good one.
type Package struct {
	NotBefore, NotAfter time.Time // an hour ago and in two weeks by default
	LastResort          bool
	Identity            string // of another device
}

// KeyPackage returns an MLSMessage with a KeyPackage of the device.
func (d *Device) KeyPackage(p Package) []byte {
	if p.NotBefore.IsZero() {
		p.NotBefore = time.Now().Add(-time.Hour)
	}
	if p.NotAfter.IsZero() {
		p.NotAfter = time.Now().Add(14 * 24 * time.Hour)
	}
	lifetime := u64(u64([]byte{1}, uint64(p.NotBefore.Unix())), uint64(p.NotAfter.Unix()))
	var extensions []byte
	if p.LastResort {
		extensions = vector(u16(nil, 0x000a), nil)
	}
	identity := p.Identity
	if identity == "" {
		identity = d.Identity
	}
	b := vector(u16(u16(nil, 1), 1), random(32))
	b = append(b, d.leaf(identity, lifetime, nil)...)
	b = vector(b, extensions)
	b = vector(b, d.sign("KeyPackageTBS", b))
	return append(u16(u16(nil, 1), 5), b...)
}

// leaf is a LeafNode of a source with what belongs to it.
func (d *Device) leaf(identity string, source, place []byte) []byte {
	b := vector(vector(nil, random(32)), d.Key.Public().(ed25519.PublicKey))
	b = vector(u16(b, 1), []byte(identity))
	b = vector(vector(b, u16(nil, 1)), u16(nil, 1)) // versions, suites
	b = vector(vector(vector(b, nil), nil), u16(nil, 1))
	b = append(b, source...)
	b = vector(b, nil)
	return vector(b, d.sign("LeafNodeTBS", append(b[:len(b):len(b)], place...)))
}

func (d *Device) sign(label string, content []byte) []byte {
	return ed25519.Sign(d.Key, vector(vector(nil, []byte("MLS 1.0 "+label)), content))
}

// Commit is a handshake to make.
type Commit struct {
	Room     string // UUID; its bytes are the group id
	Epoch    uint64
	Sender   uint32
	Adds     [][]byte // MLSMessages with KeyPackages
	Removes  []uint32
	Path     *Device // whose new leaf goes along
	Proposal []byte  // one more, encoded
}

// Message returns an MLSMessage with a PublicMessage.
func (c Commit) Message() []byte {
	group := GroupID(c.Room)
	b := u64(vector(u16(u16(nil, 1), 1), group), c.Epoch)
	b = binary.BigEndian.AppendUint32(append(b, 1), c.Sender)
	b = append(vector(b, nil), 3)
	var proposals []byte
	for _, leaf := range c.Removes {
		proposals = binary.BigEndian.AppendUint32(u16(append(proposals, 1), 3), leaf)
	}
	for _, p := range c.Adds {
		proposals = append(u16(append(proposals, 1), 1), p[4:]...)
	}
	b = vector(b, append(proposals, c.Proposal...))
	if c.Path == nil {
		b = append(b, 0)
	} else {
		place := binary.BigEndian.AppendUint32(vector(nil, group), c.Sender)
		b = append(append(b, 1), c.Path.leaf(c.Path.Identity, vector([]byte{3}, random(32)), place)...)
		secret := vector(vector(nil, random(32)), random(48))
		b = vector(b, vector(vector(nil, random(32)), secret))
	}
	return vector(vector(vector(b, random(64)), random(32)), random(32))
}

// Welcome returns an MLSMessage with a Welcome for these key packages.
func Welcome(packages ...[]byte) []byte {
	var secrets []byte
	for _, p := range packages {
		ref := sha256.Sum256(vector(vector(nil, []byte("MLS 1.0 KeyPackage Reference")), p[4:]))
		secrets = vector(vector(vector(secrets, ref[:]), random(32)), random(80))
	}
	b := u16(u16(u16(nil, 1), 3), 1)
	return vector(vector(b, secrets), random(200))
}

// Private returns an MLSMessage with a PrivateMessage of size random bytes.
func Private(room string, epoch uint64, aad string, size int) []byte {
	b := u64(vector(u16(u16(nil, 1), 2), GroupID(room)), epoch)
	b = vector(append(b, 1), []byte(aad))
	return vector(vector(b, random(28)), random(size))
}

// GroupID is the group id of a room: the bytes of its UUID.
func GroupID(room string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(room, "-", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func u16(to []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(to, v) }
func u64(to []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(to, v) }

func vector(to, b []byte) []byte {
	switch n := len(b); {
	case n < 1<<6:
		to = append(to, byte(n))
	case n < 1<<14:
		to = binary.BigEndian.AppendUint16(to, 1<<14|uint16(n))
	default:
		to = binary.BigEndian.AppendUint32(to, 2<<30|uint32(n))
	}
	return append(to, b...)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
