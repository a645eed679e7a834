package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

// chat is the listener of the staff.
type chat struct {
	*api
	o ChatOptions
}

// NewChat returns the handler of the chat listener. It fails only when the files of the
// web app cannot be read.
func NewChat(o ChatOptions) (http.Handler, error) {
	c, err := newChat(o)
	if err != nil {
		return nil, err
	}
	return c.engine, nil
}

func newChat(o ChatOptions) (*chat, error) {
	e := &edge{o: o.Options, engine: newEngine(o.Options, "chat")}
	c := &chat{api: newAPI(e, "Wardline chat API"), o: o}
	c.authRoutes()
	c.deviceRoutes()
	c.joinRoutes()
	c.roomRoutes()
	c.talkRoutes()
	c.alertRoutes()
	c.dutyRoutes()
	c.socket(route{"GET", "/stream", "stream", "WebSocket with items and receipts, subprotocol wardline.v1", member, 101}, c.stream)
	c.finish()
	return c, e.serveFiles()
}

// serveFiles gives everything no route took to the web app.
func (e *edge) serveFiles() error {
	app, err := newWebApp(e.o.Files)
	if err != nil {
		return fmt.Errorf("read web app: %w", err)
	}
	e.engine.NoRoute(app.serve)
	return nil
}

type activateInput struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"255"`
		Code     string `json:"code" minLength:"1" maxLength:"64"`
		Password string `json:"password,omitempty" maxLength:"1024" doc:"Without one the session has to set one, or register a passkey, before anything else."`
	}
}

type deviceInput struct {
	Body struct {
		DeviceID   hub.DeviceID `json:"device_id,omitempty" format:"uuid" doc:"To attach the session to a device registered earlier; nothing else is then needed."`
		Name       string       `json:"name,omitempty" maxLength:"120"`
		KEMPublic  []byte       `json:"kem_public,omitempty" maxLength:"1700"`
		SignPublic []byte       `json:"sign_public,omitempty" maxLength:"64"`
		Code       string       `json:"code,omitempty" maxLength:"64" doc:"An administrator's device code."`
	}
}

// deviceReply is what a device needs to check what the hub seals for it.
type deviceReply struct {
	Status int
	Body   struct {
		DeviceID      hub.DeviceID `json:"device_id"`
		State         string       `json:"state" enum:"ready,waiting" doc:"A waiting one is no device until somebody has approved it."`
		HubSignPublic []byte       `json:"hub_sign_public"`
		HubKeyID      []byte       `json:"hub_key_id"`
	}
}

// ownDevice is a device as its owner sees it.
type ownDevice struct {
	ID       hub.DeviceID `json:"id"`
	Name     string       `json:"name"`
	Created  time.Time    `json:"created"`
	LastSeen time.Time    `json:"last_seen,omitzero"`
	Current  bool         `json:"current"`

	// What an own device computes the other's linking code from.
	KEMPublic  []byte `json:"kem_public"`
	SignPublic []byte `json:"sign_public"`
}

type devicePath struct {
	ID hub.DeviceID `path:"id" format:"uuid"`
}

func (c *chat) deviceRoutes() {
	register(c.api, route{"POST", "/auth/activate", "activate", "Set the first password with a one-time code", anybody, 200}, c.activate)
	register(c.api, route{"POST", "/devices", "add-device", "Register this browser's keys, or attach to a device", member, 201}, c.addDevice)
	handle(c.api, route{"GET", "/devices", "devices", "Own devices", member, 200}, c.devices)
	handle(c.api, route{"DELETE", "/devices/{id}", "revoke-device", "Revoke an own device", member, 0}, c.revokeDevice)
}

func (c *chat) activate(ctx context.Context, in *activateInput) (*signedIn, error) {
	s, secret, err := c.o.Devices.Activate(ctx, c.o.Clinic, in.Body.Login, in.Body.Code, in.Body.Password, c.place(ctx))
	return c.welcome(ctx, s, secret, as(err, "expired", http.StatusGone))
}

func (c *chat) addDevice(ctx context.Context, in *deviceInput) (*deviceReply, error) {
	s := caller(ctx)
	out := &deviceReply{Status: http.StatusCreated}
	out.Body.State = "ready"
	var d accounts.Device
	var err error
	if in.Body.DeviceID != "" {
		out.Status = http.StatusOK
		d, err = c.o.Devices.AttachDevice(ctx, s, in.Body.DeviceID)
	} else {
		var waits bool
		d, waits, err = c.o.Devices.RegisterDevice(ctx, s, accounts.Device{Name: in.Body.Name, KEMPublic: in.Body.KEMPublic, SignPublic: in.Body.SignPublic}, in.Body.Code, c.place(ctx))
		if waits {
			out.Status, out.Body.State = http.StatusAccepted, "waiting"
		}
	}
	out.Body.DeviceID, out.Body.HubSignPublic, out.Body.HubKeyID = d.ID, c.o.HubKey, c.o.HubID
	return out, err
}

func (c *chat) devices(ctx context.Context, _ *struct{}) (list[ownDevice], error) {
	s := caller(ctx)
	found, err := c.o.Devices.Devices(ctx, s)
	var out list[ownDevice]
	for _, d := range found {
		out.Items = append(out.Items, ownDevice{d.ID, d.Name, d.Created, d.LastSeen, d.ID == s.Device, d.KEMPublic, d.SignPublic})
	}
	return out, err
}

func (c *chat) revokeDevice(ctx context.Context, in *devicePath) (none, error) {
	s := caller(ctx)
	if err := c.o.Devices.RevokeDevice(ctx, s, in.ID); err != nil {
		return none{}, err
	}
	c.o.Stream.KickDevice(s.Clinic, in.ID, stream.Revoked)
	c.o.Stream.TellRecorder(s.Clinic) // its leaves are to be removed
	return none{}, nil
}

// itemView is an item of a room as one device gets it.
type itemView struct {
	Room hub.RoomID `json:"room"`
	Seq  int64      `json:"seq"`
	ID   string     `json:"id"`
	Kind string     `json:"kind"`
	Ref  string     `json:"ref"`
	At   time.Time  `json:"at"`
	Body []byte     `json:"body" doc:"Sealed envelope, MLSMessage or line."`
	KEK  []byte     `json:"kek"`
	Enc  []byte     `json:"enc"`
	Row  []byte     `json:"row"`

	// Of conversations only.
	User     hub.UserID         `json:"user,omitempty"`
	From     hub.DeviceID       `json:"from,omitempty" doc:"Empty for a line of the hub."`
	Epoch    int64              `json:"epoch,omitempty"`
	Priority messaging.Priority `json:"prio,omitempty"`
	Welcome  bool               `json:"welcome,omitempty" doc:"The commit that added this device."`
}

type itemsInput struct {
	RoomPath
	After int64 `query:"after" minimum:"0"`
	Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (c *chat) roomRoutes() {
	handle(c.api, route{"GET", "/rooms", "rooms", "Rooms the account may read", member, 200}, c.rooms)
	handle(c.api, route{"GET", "/rooms/{id}/items", "items", "Items of a room this device can open", member, 200}, c.items)
}

func (c *chat) rooms(ctx context.Context, _ *struct{}) (list[stream.Room], error) {
	s := caller(ctx)
	rooms, err := c.o.Rooms(ctx, s.Clinic, s.Account.ID)
	return list[stream.Room]{rooms}, err
}

// items needs no membership check of its own: a device can only be given what is wrapped
// for it.
func (c *chat) items(ctx context.Context, in *itemsInput) (list[itemView], error) {
	s := caller(ctx)
	var out list[itemView]
	if s.Device == "" {
		return out, noDevice()
	}
	found, err := c.o.Items.Since(ctx, s.Clinic, s.Device, in.ID, in.After, in.Limit)
	for _, d := range found {
		out.Items = append(out.Items, newItemView(d))
	}
	return out, err
}

func newItemView(d messaging.Delivery) itemView {
	it := &d.Item
	return itemView{
		it.Room, it.Seq, it.ID, string(it.Kind), it.Ref, it.At, it.Body, d.Wrap.KEK, d.Wrap.Enc, d.Wrap.Row,
		it.User, it.From, it.Epoch, it.Priority, d.Welcome,
	}
}

func noDevice() error { return hub.E("server.device", hub.Forbidden, "no_device", "") }

// stream hands the connection over to the hub, after everything that can be refused by
// HTTP has been.
func (c *chat) stream(g *gin.Context, s accounts.Session) {
	switch {
	case !websocket.IsWebSocketUpgrade(g.Request):
		g.Header("Upgrade", "websocket")
		fail(g, problem(http.StatusUpgradeRequired, ""))
	case !offers(g.Request, stream.Protocol):
		fail(g, problem(http.StatusBadRequest, "subprotocol"))
	case !sameHost(g.Request):
		fail(g, problem(http.StatusForbidden, "cross_origin"))
	case s.Device == "":
		c.fail(g, noDevice())
	default:
		c.o.Stream.Serve(g.Writer, g.Request, s, c.check(g.Request))
	}
}
