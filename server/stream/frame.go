package stream

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
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

// queued is an item with what is one device's own: two pointers, whatever the item's size.
type queued struct {
	*shared
	wrap    *messaging.Wrap // nil for items of conversations
	welcome bool            // the commit that brought this device in
}

type header struct {
	Room string    `json:"room"`
	Seq  int64     `json:"seq"`
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	Ref  string    `json:"ref"`
	At   time.Time `json:"at"`
	*talkHeader
}

// talkHeader is what items of conversations have beyond others.
type talkHeader struct {
	User     hub.UserID         `json:"user"`
	From     hub.DeviceID       `json:"from"`
	Epoch    int64              `json:"epoch"`
	Priority messaging.Priority `json:"prio"`
}

func (s *shared) prefix() []byte {
	s.once.Do(func() {
		it := s.item
		h := header{string(it.Room), it.Seq, it.ID, string(it.Kind), it.Ref, it.At.UTC(), nil}
		if it.Kind != messaging.ItemAlert {
			h.talkHeader = &talkHeader{it.User, it.From, it.Epoch, it.Priority}
		}
		b, err := json.Marshal(h)
		if err != nil {
			b = []byte(`{}`) // only a time beyond year 9999 cannot be encoded
		}
		s.head = append(b[:len(b)-1], `,"kek":"`...)
	})
	return s.head
}

// appendFrame appends the item as one frame: 0x01, the JSON header with its length in four
// bytes, enc and row with theirs in two, and the sealed body as the rest.
// Items of conversations have none of kek, enc and row.
func (q queued) appendFrame(b []byte) []byte {
	var wrap messaging.Wrap
	if q.wrap != nil {
		wrap = *q.wrap
	}
	tail := `"}`
	if q.welcome {
		tail = `","welcome":true}`
	}
	head := q.prefix()
	size := len(head) + base64.StdEncoding.EncodedLen(len(wrap.KEK)) + len(tail)
	b = append(b, itemFrame)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, head...)
	b = base64.StdEncoding.AppendEncode(b, wrap.KEK)
	b = append(b, tail...)
	b = appendShort(b, wrap.Enc)
	b = appendShort(b, wrap.Row)
	return append(b, q.item.Body...)
}

// delivered is an item as the store gives it.
func delivered(d *messaging.Delivery) queued {
	q := queued{shared: &shared{item: &d.Item}, welcome: d.Welcome}
	if d.Item.Kind == messaging.ItemAlert {
		q.wrap = &d.Wrap
	}
	return q
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
	T     string     `json:"t"`
	Code  string     `json:"code,omitempty"`
	ID    string     `json:"id,omitempty"`
	Room  hub.RoomID `json:"room,omitempty"`
	Seq   int64      `json:"seq,omitempty"`
	At    time.Time  `json:"at,omitzero"`
	User  hub.UserID `json:"user,omitempty"`
	Items []seenBy   `json:"items,omitempty"`
}

// heard is any frame of a client; post is a binary one.
type heard struct {
	post   *messaging.Message
	T      string           `json:"t"`
	Device string           `json:"device"`
	Cursor map[string]int64 `json:"cursor"`
	Room   string           `json:"room"`
	Seq    int64            `json:"seq"`
	Alert  string           `json:"alert"`
}
