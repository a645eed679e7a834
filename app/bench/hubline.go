package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// hubLine is one device at the hub, by docs/protocols/chat.md.
type hubLine struct{ socket *socket }

func dialHub(ctx context.Context, addr string, u talker, to news) (line, error) {
	s, err := dialSocket(ctx, addr, u.Device, 0, ears{
		item: func(h itemHeader, at time.Time) { to.arrived(h.ID, at) }, refused: to.refused, ackEvery: ackEvery})
	if err != nil {
		return nil, err
	}
	return &hubLine{s}, nil
}

const (
	// ackEvery lets a device in a busy room stay within the frames a second it may send.
	ackEvery   = 100 * time.Millisecond
	sendFrame  = 0x02
	firstEpoch = 1 // seeded rooms never see a commit
)

func (l *hubLine) send(room, id string, body []byte) error {
	group, err := hex.DecodeString(strings.ReplaceAll(room, "-", ""))
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	head, _ := json.Marshal(map[string]any{"room": room, "id": id, "epoch": firstEpoch, "prio": 0})
	frame := binary.BigEndian.AppendUint32([]byte{sendFrame}, uint32(len(head)))
	frame = append(frame, head...)
	return l.socket.write(websocket.BinaryMessage, append(frame, privateMessage(group, []byte(room+"/"+id), body)...))
}

func (l *hubLine) close() { l.socket.ws.Close() }

// privateMessage frames body as if it were the ciphertext of an application message (RFC 9420,
// section 6.3). The hub sees no more than this framing, so it cannot tell the difference.
func privateMessage(group, authenticated, body []byte) []byte {
	const (
		version, wireFormat = 1, 2
		application         = 1
		senderData          = 28 // leaf, generation, reuse guard and the tag over them
	)
	out := make([]byte, 0, len(body)+len(authenticated)+128)
	out = binary.BigEndian.AppendUint16(out, version)
	out = binary.BigEndian.AppendUint16(out, wireFormat)
	out = appendVector(out, group)
	out = binary.BigEndian.AppendUint64(out, firstEpoch)
	out = append(out, application)
	out = appendVector(out, authenticated)
	out = appendVector(out, body[:senderData])
	return appendVector(out, body)
}

// appendVector writes a vector with its length in the variable size of RFC 9420, section 2.1.2.
func appendVector(out, v []byte) []byte {
	switch n := len(v); {
	case n < 1<<6:
		out = append(out, byte(n))
	case n < 1<<14:
		out = binary.BigEndian.AppendUint16(out, uint16(n)|1<<14)
	default:
		out = binary.BigEndian.AppendUint32(out, uint32(n)|1<<31)
	}
	return append(out, v...)
}
