package server

import (
	"context"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// chatView is what a client has to know of the clinic before it can chat.
type chatView struct {
	Clinic    hub.ClinicID  `json:"clinic"`
	Recorder  *recorderView `json:"recorder,omitempty"`
	Backup    bool          `json:"backup"`
	Receipts  bool          `json:"receipts"`
	Push      string        `json:"push,omitempty" doc:"The clinic's VAPID key, where it allows push."`
	MaxLeaves int           `json:"max_leaves"`
}

type recorderView struct {
	User   hub.UserID   `json:"user"`
	Device hub.DeviceID `json:"device,omitempty" doc:"Empty until it has registered."`
}

type contactsInput struct {
	Query string `query:"q" maxLength:"100"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// contactView is somebody the caller may write to.
type contactView struct {
	ID       hub.UserID `json:"id"`
	Name     string     `json:"name"`
	Title    string     `json:"title"`
	Units    []string   `json:"units"`
	Devices  int        `json:"devices"`
	Recorder bool       `json:"recorder"`
}

type userPath struct {
	ID hub.UserID `path:"id" format:"uuid"`
}

// publicDevice is what others seal to. What the log of its account says of it is theirs to check.
type publicDevice struct {
	ID         hub.DeviceID `json:"id"`
	SignPublic []byte       `json:"sign_public"`
	KEMPublic  []byte       `json:"kem_public"`
}

type pushInput struct {
	Body struct {
		Endpoint string `json:"endpoint" minLength:"1" maxLength:"1024"`
		P256DH   string `json:"p256dh" minLength:"1" maxLength:"128"`
		Auth     string `json:"auth" minLength:"1" maxLength:"64"`
	}
}

func (c *chat) peopleRoutes() {
	handle(c.api, route{"GET", "/chat", "chat", "What the clinic allows in its chat", member, 200}, c.about)
	handle(c.api, route{"GET", "/users", "users", "People to write to", member, 200}, c.users)
	asDevice(c, 0, route{"GET", "/users/{id}/devices", "user-devices", "Public keys of somebody's devices", member, 200}, c.userDevices)
	asDevice(c, smallBody, route{"PUT", "/push", "put-push", "Wake this device by push", member, 0}, c.putPush)
	asDevice(c, 0, route{"DELETE", "/push", "drop-push", "Wake this device no more", member, 0}, c.dropPush)
}

func (c *chat) about(ctx context.Context, _ *struct{}) (chatView, error) {
	t := &c.o.Talk
	v := chatView{Clinic: caller(ctx).Clinic, Backup: t.Backup, Receipts: t.Receipts, MaxLeaves: maxLeaves}
	if c.o.Push != nil {
		v.Push = c.o.Push.Key()
	}
	user, device, err := t.Recorder.Recorder(ctx, v.Clinic)
	if user != "" {
		v.Recorder = &recorderView{user, device}
	}
	return v, err
}

func (c *chat) users(ctx context.Context, in *contactsInput) (list[contactView], error) {
	s := caller(ctx)
	found, err := c.o.Talk.Contacts.Contacts(ctx, messaging.Caller{Clinic: s.Clinic, User: s.Account.ID, Device: s.Device}, in.Query, in.Limit)
	var out list[contactView]
	for _, p := range found {
		out.Items = append(out.Items, contactView(p))
	}
	return out, err
}

func (c *chat) userDevices(ctx context.Context, who messaging.Caller, in *userPath) (list[publicDevice], error) {
	found, err := c.o.Talk.Devices.UserDevices(ctx, who, in.ID)
	var out list[publicDevice]
	for _, d := range found {
		out.Items = append(out.Items, publicDevice{d.ID, d.Sign, d.KEM})
	}
	return out, err
}

// putPush is refused where the clinic has not switched push on.
func (c *chat) putPush(ctx context.Context, who messaging.Caller, in *pushInput) (none, error) {
	if c.o.Push == nil {
		return none{}, forbiddenHere()
	}
	b := &in.Body
	return none{}, c.o.Push.Subscribe(ctx, who, b.Endpoint, b.P256DH, b.Auth)
}

func (c *chat) dropPush(ctx context.Context, who messaging.Caller, _ *struct{}) (none, error) {
	if c.o.Push == nil {
		return none{}, nil
	}
	return none{}, c.o.Push.Unsubscribe(ctx, who)
}
