package client

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

const (
	protocol   = "wardline.v1"
	itemFrame  = 0x01
	sendFrame  = 0x02
	maxFrame   = 1 << 20 // an item is at most 256 KiB
	silence    = 35 * time.Second
	dialBound  = 20 * time.Second
	writeBound = 10 * time.Second
)

// Item is an entry of a room's log as this device gets it.
type Item struct {
	Room    hub.RoomID         `json:"room"`
	Seq     int64              `json:"seq"`
	ID      string             `json:"id"`
	Kind    messaging.ItemKind `json:"kind"`
	User    hub.UserID         `json:"user"`
	From    hub.DeviceID       `json:"from"`
	Epoch   int64              `json:"epoch"`
	Welcome bool               `json:"welcome"` // the commit that brought this device in
	Body    []byte             `json:"-"`
}

// Note is a text frame of the hub; which fields are set depends on T.
type Note struct {
	T    string     `json:"t"`
	Code string     `json:"code"`
	ID   string     `json:"id"`
	Room hub.RoomID `json:"room"`
	Seq  int64      `json:"seq"`
	User hub.UserID `json:"user"`
}

// Stream is one connection. Next belongs to one goroutine; the rest may be called by any.
type Stream struct {
	ws *websocket.Conn
	mu sync.Mutex
}

// Bye is the hub's reason for ending a connection.
type Bye string

// Error makes a Bye an error.
func (b Bye) Error() string { return "client: the hub said bye: " + string(b) }

// Open connects and says how far this device has come in each room.
func (a *API) Open(ctx context.Context, device hub.DeviceID, cursor map[hub.RoomID]int64) (*Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, dialBound)
	defer cancel()
	address := *a.base
	address.Scheme = map[string]string{"http": "ws", "https": "wss"}[a.base.Scheme]
	address.Path = prefix + "/stream"
	head := http.Header{}
	a.head(head)
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, Subprotocols: []string{protocol}}
	ws, res, err := dialer.DialContext(ctx, address.String(), head)
	if err != nil {
		if res != nil {
			defer res.Body.Close()
			return nil, refusal("open", res)
		}
		return nil, away("open", err)
	}
	ws.SetReadLimit(maxFrame)
	s := &Stream{ws: ws}
	return s, s.say(map[string]any{"t": "hello", "device": device, "cursor": cursor})
}

// Close ends the connection; Next then returns an error.
func (s *Stream) Close() { s.ws.Close() }

// Next waits for the next frame: an item or a note. A connection on which not even a beat is
// heard is taken for dead.
func (s *Stream) Next() (*Item, *Note, error) {
	if err := s.ws.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return nil, nil, away("read", err)
	}
	kind, frame, err := s.ws.ReadMessage()
	if err != nil {
		return nil, nil, away("read", err)
	}
	if kind == websocket.BinaryMessage {
		item, err := parseItem(frame)
		return item, nil, err
	}
	var n Note
	if json.Unmarshal(frame, &n) != nil {
		return nil, nil, errFrame
	}
	if n.T == "bye" {
		return nil, nil, Bye(Clean(n.Code))
	}
	return nil, &n, nil
}

var errFrame = errors.New("client: not a frame of the protocol")

// parseItem reads a binary frame (stream.md). Encapsulation and row are of alerts only.
func parseItem(frame []byte) (*Item, error) {
	if len(frame) < 5 || frame[0] != itemFrame {
		return nil, errFrame
	}
	n, rest := binary.BigEndian.Uint32(frame[1:]), frame[5:]
	if uint64(n) > uint64(len(rest)) {
		return nil, errFrame
	}
	var it Item
	if json.Unmarshal(rest[:n], &it) != nil || !hub.ValidID(string(it.Room)) || it.Seq < 1 {
		return nil, errFrame
	}
	rest = rest[n:]
	for range 2 {
		if len(rest) < 2 || int(binary.BigEndian.Uint16(rest)) > len(rest)-2 {
			return nil, errFrame
		}
		rest = rest[2+int(binary.BigEndian.Uint16(rest)):]
	}
	it.Body = rest
	return &it, nil
}

// Ack promises that everything up to a number is kept.
func (s *Stream) Ack(room hub.RoomID, seq int64) error {
	return s.say(map[string]any{"t": "ack", "room": room, "seq": seq})
}

// Send sends a sealed message; the answer comes as a Note "sent" or "refused".
func (s *Stream) Send(room hub.RoomID, id string, epoch int64, body []byte) error {
	head, err := json.Marshal(map[string]any{"room": room, "id": id, "epoch": epoch, "prio": messaging.Normal})
	if err != nil {
		return err
	}
	frame := binary.BigEndian.AppendUint32([]byte{sendFrame}, uint32(len(head)))
	return s.write(websocket.BinaryMessage, append(append(frame, head...), body...))
}

func (s *Stream) say(v any) error {
	frame, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.write(websocket.TextMessage, frame)
}

func (s *Stream) write(kind int, frame []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ws.SetWriteDeadline(time.Now().Add(writeBound)); err != nil {
		return away("write", err)
	}
	if err := s.ws.WriteMessage(kind, frame); err != nil {
		return away("write", err)
	}
	return nil
}
