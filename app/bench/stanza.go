package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// stanzas splits an XMPP stream (RFC 6120) into the header that opens it and the elements
// directly inside. It knows of XML what a server that escapes every ">" in values needs: no
// comments, no CDATA. A general XML parser would take so much of the processors that it, not
// the server, was measured.
type stanzas struct {
	in  *bufio.Reader
	buf []byte
}

// maxStanza bounds what a broken stream can make us keep.
const maxStanza = 1 << 20

var (
	errStanza     = errors.New("not the XMPP stream of a client")
	streamElement = []byte("stream:stream")
)

// next returns the next header or element; it is valid until the following call.
func (s *stanzas) next() ([]byte, error) {
	s.buf = s.buf[:0]
	for depth := 0; ; {
		tag, err := s.tag()
		if err != nil {
			return nil, err
		}
		switch {
		case tag[1] == '?':
			s.buf = s.buf[:0]
			continue
		case tag[1] == '/':
			depth--
		case tag[len(tag)-2] == '/':
		case bytes.HasPrefix(tag[1:], streamElement):
			return s.buf, nil
		default:
			depth++
		}
		if depth < 0 {
			return nil, io.EOF // the server closed the stream
		}
		if depth == 0 {
			return bytes.TrimSpace(s.buf), nil
		}
	}
}

// tag appends everything up to the end of the next tag and returns that tag.
func (s *stanzas) tag() ([]byte, error) {
	start := len(s.buf)
	for {
		part, err := s.in.ReadSlice('>')
		s.buf = append(s.buf, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("read stream: %w", err)
		}
		if len(s.buf) > maxStanza {
			return nil, errStanza
		}
	}
	open := bytes.IndexByte(s.buf[start:], '<')
	if tag := s.buf[start+max(open, 0):]; open >= 0 && len(tag) >= 3 && len(s.buf) <= maxStanza {
		return tag, nil
	}
	return nil, errStanza
}

// attribute returns the value of an attribute of the element's first tag, "" where absent.
func attribute(stanza []byte, name string) string {
	tag, _, _ := bytes.Cut(stanza, []byte{'>'})
	_, rest, found := bytes.Cut(tag, []byte(" "+name+"='"))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte{'\''})
	return string(value)
}
