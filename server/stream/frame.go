package stream

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"sync"
	"time"

	"github.com/wardline/wardline/messaging"
)

// itemFrame is the first byte of a binary frame that carries an item.
const itemFrame = 0x01

// shared is an item on its way to many devices. The part of the header that is the same
// for all is made once, by whoever needs it first.
type shared struct {
	item *messaging.Item
	once sync.Once
	head []byte // JSON up to and including `"kek":"`
}

// queued is an item with the wrap of one device: two pointers, whatever the item's size.
type queued struct {
	*shared
	wrap *messaging.Wrap
}

type header struct {
	Room string    `json:"room"`
	Seq  int64     `json:"seq"`
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	Ref  string    `json:"ref"`
	At   time.Time `json:"at"`
}

func (s *shared) prefix() []byte {
	s.once.Do(func() {
		it := s.item
		b, err := json.Marshal(header{string(it.Room), it.Seq, it.ID, string(it.Kind), it.Ref, it.At.UTC()})
		if err != nil {
			b = []byte(`{}`) // only a time beyond year 9999 cannot be encoded
		}
		s.head = append(b[:len(b)-1], `,"kek":"`...)
	})
	return s.head
}

// appendFrame appends the item as one frame: 0x01, the JSON header with its length in four
// bytes, enc and row with theirs in two, and the sealed body as the rest.
func (q queued) appendFrame(b []byte) []byte {
	head := q.prefix()
	size := len(head) + base64.StdEncoding.EncodedLen(len(q.wrap.KEK)) + 2
	b = append(b, itemFrame)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, head...)
	b = base64.StdEncoding.AppendEncode(b, q.wrap.KEK)
	b = append(b, `"}`...)
	b = appendShort(b, q.wrap.Enc)
	b = appendShort(b, q.wrap.Row)
	return append(b, q.item.Body...)
}

func appendShort(b, part []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(part)))
	return append(b, part...)
}

// welcome is the first frame a client gets.
type welcome struct {
	T          string    `json:"t"`
	ServerTime time.Time `json:"server_time"`
	Rooms      []Room    `json:"rooms"`
}

// said is every other text frame; the fields not in use are left out.
type said struct {
	T    string `json:"t"`
	Code string `json:"code,omitempty"`
}

// heard is any text frame of a client.
type heard struct {
	T      string           `json:"t"`
	Device string           `json:"device"`
	Cursor map[string]int64 `json:"cursor"`
	Room   string           `json:"room"`
	Seq    int64            `json:"seq"`
	Alert  string           `json:"alert"`
}
