package mlscore

import (
	"crypto/ed25519"
	"strings"

	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/credentials"
)

const suite = ciphersuite.MLS128DHKEMX25519

const uuidLength = 36

// Identity is what a leaf's basic credential says: whose device it is.
type Identity struct {
	Clinic, User, Device string
}

// String returns the credential's text.
func (i Identity) String() string { return i.Clinic + "/" + i.User + "/" + i.Device }

// ParseIdentity reads a credential's text.
func ParseIdentity(text []byte) (Identity, error) {
	parts := strings.Split(string(text), "/")
	if len(parts) != 3 {
		return Identity{}, Format
	}
	for _, p := range parts {
		if !isUUID(p) {
			return Identity{}, Format
		}
	}
	return Identity{parts[0], parts[1], parts[2]}, nil
}

// isUUID reports whether s is a UUID in lower case, the only form that is equal to itself.
func isUUID(s string) bool {
	if len(s) != uuidLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
				return false
			}
		}
	}
	return true
}

// Signer is one device: its identity and its signature key.
type Signer struct {
	Identity Identity
	Key      ed25519.PrivateKey
}

func (s Signer) public() ed25519.PublicKey { return s.Key.Public().(ed25519.PublicKey) }

func (s Signer) private() *ciphersuite.SignaturePrivateKey {
	return ciphersuite.NewEd25519SignaturePrivateKey(s.Key)
}

func (s Signer) credential() *credentials.CredentialWithKey {
	return &credentials.CredentialWithKey{
		Credential:        credentials.NewBasicCredential([]byte(s.Identity.String())),
		Ed25519PrivateKey: s.Key,
		SignatureKeyBytes: s.public(),
	}
}

func basicIdentity(c *credentials.Credential) (Identity, error) {
	if c == nil || c.CredentialType != credentials.BasicCredential {
		return Identity{}, Format
	}
	return ParseIdentity(c.Identity)
}
