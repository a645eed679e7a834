package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

type joinInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"255" doc:"Of the poster."`
		Who   string `json:"who" minLength:"1" maxLength:"255" doc:"Login or staff number."`
	}
}

// joined says nothing, whoever asks.
type joined struct{}

// ownWaiting is a browser of one's own that waits to become a device.
type ownWaiting struct {
	ID         hub.DeviceID `json:"id"`
	Name       string       `json:"name"`
	Created    time.Time    `json:"created"`
	KEMPublic  []byte       `json:"kem_public"`
	SignPublic []byte       `json:"sign_public"`
}

const joinBound = time.Minute

// joinRoutes are the chat's: asking for a code by a poster, and judging one's own devices.
func (c *chat) joinRoutes() {
	handle(c.api, route{"POST", "/auth/join", "join", "Ask for a one-time code by mail; the answer is always the same", anybody, 202}, c.join)
	handle(c.api, route{"GET", "/devices/waiting", "own-waiting", "Own browsers that wait to become devices", member, 200}, c.ownWaiting)
	handle(c.api, route{"POST", "/devices/waiting/{id}/approve", "approve-own", "Let one in, from an own device", member, 0}, c.approveOwn)
	handle(c.api, route{"POST", "/devices/waiting/{id}/refuse", "refuse-own", "Keep one out", member, 0}, c.refuseOwn)
}

// join answers before it looks anything up, so that not even the time tells who is known.
func (c *chat) join(ctx context.Context, in *joinInput) (joined, error) {
	send, err := c.o.SignIn.Joining.Join(ctx, c.o.Clinic, in.Body.Token, in.Body.Who, c.place(ctx))
	if err != nil {
		return joined{}, err
	}
	later, cancel := context.WithTimeout(context.WithoutCancel(ctx), joinBound)
	go func() {
		defer cancel()
		if err := send(later); err != nil {
			c.o.Log.WarnContext(later, "a one-time code was not sent", "err", err)
		}
	}()
	return joined{}, nil
}

func (c *chat) ownWaiting(ctx context.Context, _ *struct{}) (list[ownWaiting], error) {
	s := caller(ctx)
	found, err := c.o.SignIn.Waiting.Waiting(ctx, s.Clinic, s.Account.ID)
	var out list[ownWaiting]
	for _, w := range found {
		out.Items = append(out.Items, ownWaiting{w.ID, w.Name, w.Created, w.KEMPublic, w.SignPublic})
	}
	return out, err
}

// byDevice is for what only a device that is one already may say.
func byDevice(s accounts.Session) error {
	if s.Device == "" {
		return hub.E("server.by_device", hub.Forbidden, "no_device", "")
	}
	return nil
}

func (c *chat) approveOwn(ctx context.Context, in *devicePath) (none, error) {
	s := caller(ctx)
	if err := byDevice(s); err != nil {
		return none{}, err
	}
	if err := c.o.SignIn.Waiting.ApproveDevice(ctx, s.Clinic, s.Account.ID, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.keep(ctx, "device.approve", string(in.ID))
}

func (c *chat) refuseOwn(ctx context.Context, in *devicePath) (none, error) {
	s := caller(ctx)
	if err := byDevice(s); err != nil {
		return none{}, err
	}
	if err := c.o.SignIn.Waiting.RefuseDevice(ctx, s.Clinic, s.Account.ID, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.keep(ctx, "device.refuse", string(in.ID))
}
