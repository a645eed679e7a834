package framing

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The reasons for which a message is refused. Every error of this package is one of them.
var (
	// ErrMalformed is not what RFC 9420 says, or of another version or cipher suite.
	ErrMalformed = errors.New("malformed")
	// ErrSender is a handshake of anybody but a member.
	ErrSender = errors.New("sender")
	// ErrProposal is a commit with a proposal by reference, or of a sort that is not admitted.
	ErrProposal = errors.New("proposal")
	// ErrPackage is a key package that is well formed and not acceptable: a signature that
	// does not hold, another credential than a basic one.
	ErrPackage = errors.New("package")
)

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// reader takes values off the front of a message. The first failure stays, and everything
// read after it is empty: callers look at err once.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = nil
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail(malformed("ends early"))
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// length reads the size of a vector: 1, 2 or 4 bytes, the top two bits of the first say
// which, and never more than are needed (RFC 9420 section 2.1.2).
func (r *reader) length() int {
	first := r.u8()
	size := 1 << (first >> 6)
	if size == 8 {
		r.fail(malformed("vector length of eight bytes"))
		return 0
	}
	n := int(first & 0x3f)
	for _, b := range r.take(size - 1) {
		n = n<<8 | int(b)
	}
	if size == 2 && n < 1<<6 || size == 4 && n < 1<<14 {
		r.fail(malformed("vector length longer than needed"))
		return 0
	}
	return n
}

// vector reads opaque<V>.
func (r *reader) vector() []byte { return r.take(r.length()) }

// exactly reads opaque<V> of a known size: keys, signatures and tags of cipher suite 1.
func (r *reader) exactly(size int, what string) []byte {
	b := r.vector()
	if r.err == nil && len(b) != size {
		r.fail(malformed(what + " of another size"))
	}
	return b
}

// each reads a vector of elements, at most limit.
func (r *reader) each(limit int, element func(*reader)) {
	in := reader{rest: r.vector(), err: r.err}
	for n := 0; in.err == nil && len(in.rest) > 0; n++ {
		if n == limit {
			in.fail(malformed("too many elements"))
			break
		}
		element(&in)
	}
	if in.err != nil {
		r.fail(in.err)
	}
}

// end is called when everything should have been read.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.fail(malformed("bytes after the end"))
	}
	return r.err
}

// appendVector writes opaque<V>.
func appendVector(to, b []byte) []byte {
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
