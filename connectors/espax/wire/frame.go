package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// HeaderLen is the length of a frame's header: "EX", total length, flags.
	HeaderLen = 10
	// DefaultLimit is how long a frame may be, header included, unless told otherwise. The
	// longest message the schema allows is a P-START with a CP-EVENT of 16,348 characters.
	DefaultLimit = 64 << 10
)

// Errors of ReadFrame. After any of them the stream cannot be trusted any more, since the
// place where the next frame starts is unknown: report code 600 and close.
var (
	ErrMagic  = errors.New("frame does not start with EX")
	ErrLength = errors.New("frame length is shorter than its header")
	ErrLimit  = errors.New("frame is longer than allowed")
)

// ReadFrame reads one frame and returns the XML in it. A stream that ends between two
// frames gives io.EOF, one that ends within a frame io.ErrUnexpectedEOF. The length is
// checked before anything is allocated for it.
func ReadFrame(r io.Reader, limit int) ([]byte, error) {
	var head [HeaderLen]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		// Text typed at the port is named as such even when it is shorter than a header.
		if n >= 2 && (head[0] != 'E' || head[1] != 'X') {
			return nil, ErrMagic
		}
		return nil, err
	}
	if head[0] != 'E' || head[1] != 'X' {
		return nil, ErrMagic
	}
	total := binary.BigEndian.Uint32(head[2:6])
	if total < HeaderLen {
		return nil, ErrLength
	}
	if uint64(total) > uint64(limit) {
		return nil, fmt.Errorf("%w: %d of at most %d bytes", ErrLimit, total, limit)
	}
	body := make([]byte, total-HeaderLen)
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return body, nil
}

// AppendFrame appends a frame holding body to dst. The four flag bytes are zero: version
// 1.00 defines none.
func AppendFrame(dst, body []byte) []byte {
	dst = append(dst, 'E', 'X')
	dst = binary.BigEndian.AppendUint32(dst, uint32(HeaderLen+len(body)))
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, body...)
}
