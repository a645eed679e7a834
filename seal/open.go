package seal

import (
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrSignature means an envelope that this hub did not write, or not like this.
	ErrSignature = errors.New("envelope is not signed by this hub")
	// ErrExpired means a genuine envelope that came too late to act upon.
	ErrExpired = errors.New("envelope has expired")
)

// Recipient is what a device needs to open envelopes.
type Recipient struct {
	Device string            // its id
	Seed   []byte            // its X-Wing private key, 32 bytes
	Hub    ed25519.PublicKey // learned when the device was registered, never from a message
}

// Open verifies an envelope and decrypts it with the device's row. received is when the
// hub handed it over; to read an old one again, give the time it first came.
//
// It verifies before it decrypts, and returns ErrFormat, ErrSignature, ErrExpired or, when
// the row is another device's, another envelope's or changed, ErrSealed.
func (r Recipient) Open(envelope []byte, row Row, received time.Time) (Header, []byte, error) {
	p, err := split(envelope)
	if err != nil {
		return Header{}, nil, err
	}
	if err := r.verify(p); err != nil {
		return Header{}, nil, err
	}
	if received.After(p.Expires) {
		return Header{}, nil, ErrExpired
	}
	contentKey, err := r.unwrap(p.ID, row)
	if err != nil {
		return Header{}, nil, err
	}
	if sum := commitment(p.ID, contentKey); subtle.ConstantTimeCompare(sum[:], p.commit) != 1 {
		return Header{}, nil, ErrSealed
	}
	content, err := gcm(contentKey).Open(nil, make([]byte, nonceBytes), p.cipher, p.head)
	if err != nil {
		return Header{}, nil, ErrSealed
	}
	return p.Header, content, nil
}

func (r Recipient) verify(p parts) error {
	if len(r.Hub) != ed25519.PublicKeySize {
		return ErrSignature
	}
	id := senderID(r.Hub)
	if string(id[:]) != string(p.sender) || !ed25519.Verify(r.Hub, signed(p.head, p.cipher), p.signature) {
		return ErrSignature
	}
	return nil
}

// unwrap gets the content key out of the row.
func (r Recipient) unwrap(id [16]byte, row Row) ([]byte, error) {
	if len(row.KEK) != kekIDBytes || len(row.Enc) != encBytes || len(row.Wrap) != wrapBytes {
		return nil, ErrFormat
	}
	private, err := hpke.MLKEM768X25519().NewPrivateKey(r.Seed)
	if err != nil {
		return nil, fmt.Errorf("private key of the device: %w", err)
	}
	receiver, err := hpke.NewRecipient(row.Enc, private, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(labelInfo+r.Device))
	if err != nil {
		return nil, ErrSealed
	}
	kek, err := receiver.Export(exportKEK, keyBytes)
	if err != nil {
		return nil, fmt.Errorf("export key: %w", err)
	}
	key, err := gcm(kek).Open(nil, row.Wrap[:nonceBytes], row.Wrap[nonceBytes:], rowAAD(nil, id, row.KEK, r.Device))
	if err != nil {
		return nil, ErrSealed
	}
	return key, nil
}
