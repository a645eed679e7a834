package mlscore

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/binary"
	"time"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/extensions"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/keypackages"
)

// clockSkew is how far a package's validity begins in the past, because clocks differ.
const clockSkew = time.Hour

// Package is a key package of ours with its private keys.
type Package struct {
	Public     []byte // MLSMessage
	Init, Leaf []byte // X25519 private keys: for the Welcome, and for the tree
	NotAfter   time.Time
	LastResort bool
}

// NewPackage makes a key package that is valid from now.
func NewPackage(s Signer, now time.Time, life time.Duration, lastResort bool) (Package, error) {
	end := now.Add(life)
	kp, private, err := keypackages.Generate(s.credential(), suite,
		keypackages.WithLifetime(uint64(now.Add(-clockSkew).Unix()), uint64(end.Unix())))
	if err != nil {
		return Package{}, Format
	}
	if lastResort {
		kp.Extensions = []keypackages.Extension{{Type: extensions.ExtensionTypeLastResort, Data: []byte{}}}
		sig, err := ciphersuite.SignWithLabel(s.private(), "KeyPackageTBS", kp.MarshalTBS())
		if err != nil {
			return Package{}, Format
		}
		kp.Signature = sig.AsSlice()
	}
	wire := (&framing.MLSMessage{KeyPackage: kp.Marshal()}).Marshal()
	return Package{wire, private.InitKey.Bytes(), private.EncryptionKey.Bytes(), end.Truncate(time.Second), lastResort}, nil
}

// open returns the package as the library wants it.
func (p Package) open() (*keypackages.KeyPackage, *keypackages.KeyPackagePrivateKeys, error) {
	kp, err := parsePackage(p.Public)
	if err != nil {
		return nil, nil, err
	}
	init, err := ecdh.X25519().NewPrivateKey(p.Init)
	if err != nil {
		return nil, nil, Format
	}
	leaf, err := ecdh.X25519().NewPrivateKey(p.Leaf)
	if err != nil {
		return nil, nil, Format
	}
	return kp, &keypackages.KeyPackagePrivateKeys{InitKey: init, EncryptionKey: leaf}, nil
}

// Offer is what somebody's key package says, its signatures checked.
type Offer struct {
	Identity  Identity
	Sign      ed25519.PublicKey
	NotBefore time.Time
	NotAfter  time.Time
}

// ReadPackage checks a key package and tells whose it is. Whether the device is believed is
// for the caller to say.
func ReadPackage(wire []byte) (Offer, error) {
	kp, err := parsePackage(wire)
	if err != nil {
		return Offer{}, err
	}
	return offerOf(kp)
}

func offerOf(kp *keypackages.KeyPackage) (Offer, error) {
	if kp.CipherSuite != suite || kp.Validate() != nil || kp.LeafNode.Lifetime == nil {
		return Offer{}, Format
	}
	if kp.Verify(suite) != nil {
		return Offer{}, Signature
	}
	who, err := basicIdentity(kp.LeafNode.Credential)
	if err != nil || len(kp.LeafNode.SignatureKeyBytes) != ed25519.PublicKeySize {
		return Offer{}, Format
	}
	life := kp.LeafNode.Lifetime
	return Offer{who, kp.LeafNode.SignatureKeyBytes, seconds(life.NotBefore), seconds(life.NotAfter)}, nil
}

// seconds keeps a time that the library accepts but Go cannot hold within reach.
func seconds(s uint64) time.Time { return time.Unix(int64(min(s, 1<<40)), 0).UTC() }

// parsePackage takes an MLSMessage with a key package, or a bare one: bytes 2 and 3 are the
// wire format of the one and the cipher suite of the other.
func parsePackage(wire []byte) (kp *keypackages.KeyPackage, err error) {
	defer guard(&err)
	if len(wire) >= 4 && framing.WireFormat(binary.BigEndian.Uint16(wire[2:])) == framing.WireFormatKeyPackage {
		wire = wire[4:]
	}
	if kp, err = keypackages.UnmarshalKeyPackage(wire); err != nil {
		return nil, Format
	}
	return kp, nil
}

// parseMessage reads an MLSMessage. The library's parsers are fuzzed here as well; a panic in
// one of them must not take the recorder down with the rooms it keeps.
func parseMessage(wire []byte) (m *framing.MLSMessage, err error) {
	defer guard(&err)
	if m, err = framing.UnmarshalMLSMessage(wire); err != nil {
		return nil, Format
	}
	return m, nil
}

// guard turns a panic of the library into a refusal.
func guard(err *error) {
	if recover() != nil {
		*err = Format
	}
}
