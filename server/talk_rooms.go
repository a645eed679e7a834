package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

// CommitBody is a handshake as a client posts it.
type CommitBody struct {
	ID   string `json:"id" format:"uuid"`
	Body []byte `json:"body" minLength:"4" maxLength:"349528" doc:"MLSMessage with a PublicMessage, at most 256 KiB."`
}

type createRoomInput struct {
	Body struct {
		ID      hub.RoomID         `json:"id" format:"uuid"`
		Kind    messaging.RoomKind `json:"kind" enum:"direct,group"`
		Members []hub.UserID       `json:"members" minItems:"1" maxItems:"255" doc:"Without the creator and the recorder."`
		Alert   hub.AlertID        `json:"alert,omitempty" format:"uuid" doc:"The alert that is discussed in the room."`
		Commit  CommitBody         `json:"commit"`
		Welcome []byte             `json:"welcome,omitempty" maxLength:"349528"`
	}
}

type commitInput struct {
	RoomPath
	Body struct {
		CommitBody
		Welcome []byte `json:"welcome,omitempty" maxLength:"349528" doc:"For exactly the devices the commit adds."`
	}
}

type committedView struct {
	Seq   int64 `json:"seq"`
	Epoch int64 `json:"epoch" doc:"The epoch after the commit."`
}

type welcomeView struct {
	Seq  int64  `json:"seq" doc:"The commit the Welcome belongs to."`
	Body []byte `json:"body"`
}

type rejoinInput struct {
	RoomPath
	Body struct {
		Package []byte `json:"package" minLength:"4" maxLength:"10924"`
		Cause   string `json:"cause" minLength:"1" maxLength:"64" pattern:"^[a-z_]+$"`
	}
}

type receiptView struct {
	User      hub.UserID `json:"user"`
	Delivered int64      `json:"delivered"`
	Read      int64      `json:"read"`
}

type itemReceiptsInput struct {
	RoomPath
	Seq int64 `path:"seq" minimum:"1"`
}

type itemReceiptView struct {
	User      hub.UserID `json:"user"`
	Delivered time.Time  `json:"delivered_at,omitzero"`
	Read      time.Time  `json:"read_at,omitzero"`
}

func (c *chat) conversationRoutes() {
	asDevice(c, groupBody, route{"POST", "/rooms", "create-room", "Begin a conversation; 409 exists with the room that is there already", member, 201}, c.createRoom)
	asDevice(c, groupBody, route{"POST", "/rooms/{id}/commits", "commit", "Change a room's group; 409 epoch with the current one", member, 200}, c.commit)
	asDevice(c, 0, route{"GET", "/rooms/{id}/welcome", "room-welcome", "The newest Welcome for this device", member, 200}, c.roomWelcome)
	asDevice(c, smallBody, route{"POST", "/rooms/{id}/rejoin", "rejoin", "Ask to be added anew after the group's state was lost", member, 202}, c.rejoin)
	asDevice(c, 0, route{"GET", "/rooms/{id}/receipts", "receipts", "How far each member has come", member, 200}, c.receipts)
	asDevice(c, 0, route{"GET", "/rooms/{id}/items/{seq}/receipts", "item-receipts", "When each member had and read an item", member, 200}, c.itemReceipts)
}

func (c *chat) createRoom(ctx context.Context, who messaging.Caller, in *createRoomInput) (stream.Room, error) {
	b := &in.Body
	if b.Alert != "" { // one room per alert: only its recipients may begin it
		if _, err := c.o.Responders.Responders(ctx, who.Clinic, b.Alert, who.User); err != nil {
			return stream.Room{}, err
		}
	}
	made, err := c.o.Talk.Rooms.Create(ctx, who, messaging.NewRoom{
		ID: b.ID, Kind: b.Kind, Members: b.Members, Alert: b.Alert,
		Commit: messaging.Commit{ID: b.Commit.ID, Body: b.Commit.Body, Welcome: b.Welcome},
	})
	if err != nil {
		return stream.Room{}, err
	}
	var names map[hub.UserID]string
	if made.Peer != "" {
		if names, err = c.o.Names.Names(ctx, who.Clinic, []hub.UserID{made.Peer}); err != nil {
			return stream.Room{}, err
		}
	}
	return stream.NewRoom(made, names), nil
}

func (c *chat) commit(ctx context.Context, who messaging.Caller, in *commitInput) (committedView, error) {
	b := &in.Body
	done, err := c.o.Talk.Rooms.Commit(ctx, who, in.ID, messaging.Commit{ID: b.ID, Body: b.Body, Welcome: b.Welcome})
	return committedView{done.Seq, done.Epoch}, err
}

func (c *chat) roomWelcome(ctx context.Context, who messaging.Caller, in *RoomPath) (welcomeView, error) {
	seq, body, err := c.o.Talk.Packages.Welcome(ctx, who, in.ID)
	return welcomeView{seq, body}, err
}

func (c *chat) rejoin(ctx context.Context, who messaging.Caller, in *rejoinInput) (none, error) {
	return none{}, c.o.Talk.Healing.AskRejoin(ctx, who, in.ID, in.Body.Package, in.Body.Cause)
}

func (c *chat) receipts(ctx context.Context, who messaging.Caller, in *RoomPath) (list[receiptView], error) {
	var out list[receiptView]
	if !c.o.Talk.Receipts {
		return out, forbiddenHere()
	}
	found, err := c.o.Talk.Reading.Receipts(ctx, who, in.ID)
	for _, r := range found {
		out.Items = append(out.Items, receiptView(r))
	}
	return out, err
}

func (c *chat) itemReceipts(ctx context.Context, who messaging.Caller, in *itemReceiptsInput) (list[itemReceiptView], error) {
	var out list[itemReceiptView]
	if !c.o.Talk.Receipts {
		return out, forbiddenHere()
	}
	found, err := c.o.Talk.Reading.ItemReceipts(ctx, who, in.ID, in.Seq)
	for _, r := range found {
		out.Items = append(out.Items, itemReceiptView{r.User, r.DeliveredAt, r.ReadAt})
	}
	return out, err
}

// forbiddenHere refuses what the clinic has switched off.
func forbiddenHere() error { return hub.E("server.policy", hub.Forbidden, "policy", "") }
