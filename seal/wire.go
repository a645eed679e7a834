package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Labels separate the uses of hashes, keys and signatures; each ends in 0x00, so that none
// is the beginning of another one with its data.
const (
	labelInfo      = "wardline/envelope/v1\x00"
	labelContent   = "wardline/envelope/content/v1\x00"
	labelSignature = "wardline/envelope/signature/v1\x00"
	labelRow       = "wardline/envelope/row/v1\x00"
	exportKEK      = "wardline/envelope/kek/v1"
)

// Lengths and offsets of the format in the package comment.
const (
	version = 1

	idBytes     = 16
	senderBytes = 8
	kekIDBytes  = 8
	tagBytes    = 16
	encBytes    = 1120
	wrapBytes   = nonceBytes + keyBytes + tagBytes

	offID      = 2
	offSender  = offID + idBytes
	offCreated = offSender + senderBytes
	offExpires = offCreated + 8
	offCommit  = offExpires + 8
	offContext = offCommit + sha256.Size
	fixedHead  = offContext + 2 + 4 // without the context

	maxContext = 4096
	maxCipher  = 65536
	maxMillis  = 1<<53 - 1 // exact as a JavaScript number
)

// ErrFormat means bytes that are no envelope or row of this version.
var ErrFormat = errors.New("not an envelope of a known version")

// Header is what an envelope says readably: the hub and its database can see it, nobody
// can change it. No patient data belongs here.
type Header struct {
	Kind    byte
	ID      [16]byte  // unique; the receiver drops an id it has seen
	Created time.Time // to the millisecond
	Expires time.Time // after Created; a receiver raises no alarm later
	Context []byte    // the caller's, at most 4,096 bytes
}

// Row is one device's way into one envelope. Enc is the same for all rows with the same
// Device and KEK; store it once.
type Row struct {
	Device string
	KEK    []byte // 8 bytes
	Enc    []byte // 1,120 bytes
	Wrap   []byte // 60 bytes
}

// appendHead writes the envelope up to the ciphertext.
func appendHead(out []byte, h Header, sender [senderBytes]byte, commit [sha256.Size]byte, cipherLen int) []byte {
	out = append(out, version, h.Kind)
	out = append(out, h.ID[:]...)
	out = append(out, sender[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(h.Created.UnixMilli()))
	out = binary.BigEndian.AppendUint64(out, uint64(h.Expires.UnixMilli()))
	out = append(out, commit[:]...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(h.Context)))
	out = append(out, h.Context...)
	return binary.BigEndian.AppendUint32(out, uint32(cipherLen))
}

// check refuses a header that the format cannot carry.
func (h Header) check() error {
	created, expires := h.Created.UnixMilli(), h.Expires.UnixMilli()
	switch {
	case len(h.Context) > maxContext:
		return fmt.Errorf("context of %d bytes, limit %d", len(h.Context), maxContext)
	case created < 0 || expires > maxMillis:
		return errors.New("time out of range")
	case expires <= created:
		return errors.New("it would expire before it begins")
	}
	return nil
}

// parts are the pieces of an envelope; head, cipher and signature lie in its bytes.
type parts struct {
	Header
	sender    []byte
	commit    []byte
	head      []byte
	cipher    []byte
	signature []byte
}

// split takes an envelope apart without verifying anything. The lengths must use up all
// bytes: nothing unsigned can follow.
func split(b []byte) (parts, error) {
	if len(b) < fixedHead+tagBytes+ed25519.SignatureSize || b[0] != version {
		return parts{}, ErrFormat
	}
	a := int(binary.BigEndian.Uint16(b[offContext:]))
	headLen := fixedHead + a
	if a > maxContext || len(b) < headLen {
		return parts{}, ErrFormat
	}
	n := uint64(binary.BigEndian.Uint32(b[headLen-4:]))
	if n < tagBytes || n > maxCipher || uint64(len(b)) != uint64(headLen)+n+ed25519.SignatureSize {
		return parts{}, ErrFormat
	}
	created, expires := binary.BigEndian.Uint64(b[offCreated:]), binary.BigEndian.Uint64(b[offExpires:])
	if created > maxMillis || expires > maxMillis {
		return parts{}, ErrFormat
	}
	p := parts{
		Header: Header{
			Kind: b[1], ID: [16]byte(b[offID:]), Context: b[offContext+2 : headLen-4],
			Created: time.UnixMilli(int64(created)).UTC(), Expires: time.UnixMilli(int64(expires)).UTC(),
		},
		sender: b[offSender:offCreated], commit: b[offCommit:offContext],
		head: b[:headLen], cipher: b[headLen : headLen+int(n)], signature: b[headLen+int(n):],
	}
	return p, nil
}

// signed is what the signature covers: short, whatever the content's length.
func signed(head, cipher []byte) []byte {
	sum := sha256.Sum256(cipher)
	out := make([]byte, 0, len(labelSignature)+len(head)+len(sum))
	out = append(out, labelSignature...)
	out = append(out, head...)
	return append(out, sum[:]...)
}

func senderID(public ed25519.PublicKey) [senderBytes]byte {
	sum := sha256.Sum256(public)
	return [senderBytes]byte(sum[:])
}

func commitment(id [16]byte, contentKey []byte) [sha256.Size]byte {
	b := append([]byte(labelContent), id[:]...)
	return sha256.Sum256(append(b, contentKey...))
}

func rowAAD(out []byte, id [16]byte, kek []byte, device string) []byte {
	out = append(out, labelRow...)
	out = append(out, id[:]...)
	out = append(out, kek...)
	return append(out, device...)
}
