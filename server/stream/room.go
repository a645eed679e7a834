package stream

import (
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// Room is a room as clients see it.
type Room struct {
	ID      hub.RoomID         `json:"id"`
	Kind    messaging.RoomKind `json:"kind"`
	Name    string             `json:"name"`
	Unit    Unit               `json:"unit"`
	LastSeq int64              `json:"last_seq"`
	*Conversation
}

// Unit is the unit of a room.
type Unit struct {
	ID   hub.UnitID `json:"id"`
	Code string     `json:"code"`
	Name string     `json:"name"`
}

// Conversation is what a direct or group room has beyond others; the fields are absent
// from alarm rooms.
type Conversation struct {
	Epoch   int64          `json:"epoch" required:"false"`
	Role    messaging.Role `json:"role" required:"false" enum:"owner,moderator,member,reader"`
	Muted   bool           `json:"muted" required:"false"`
	Since   int64          `json:"since_seq" required:"false" doc:"Number of the last item when the member came."`
	Read    int64          `json:"read_seq" required:"false" doc:"Highest number the account has read."`
	Members int            `json:"members" required:"false"`
	Peer    *Peer          `json:"peer,omitempty" doc:"The other one of a direct room."`
	Alert   hub.AlertID    `json:"alert,omitempty" doc:"The alert that is discussed."`
	At      time.Time      `json:"at,omitzero" doc:"Of the last item."`
}

// Peer is the other one of a direct room.
type Peer struct {
	ID   hub.UserID `json:"id"`
	Name string     `json:"name"`
}

// NewRoom is a conversation as clients see it; names has those of peers.
func NewRoom(c messaging.Conversation, names map[hub.UserID]string) Room {
	more := &Conversation{
		Epoch: c.Epoch, Role: c.Role, Muted: c.Muted, Since: c.Since, Read: c.Read, Members: c.Members, Alert: c.Alert, At: c.At,
	}
	if c.Peer != "" {
		more.Peer = &Peer{c.Peer, names[c.Peer]}
	}
	return Room{ID: c.ID, Kind: c.Kind, Name: c.Name, LastSeq: c.LastSeq, Conversation: more}
}
