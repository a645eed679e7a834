package server

import (
	"context"
	"strconv"
	"time"

	"github.com/wardline/wardline/hub"
)

// waitingView is a browser that waits to become a device.
type waitingView struct {
	ID        hub.DeviceID `json:"id"`
	Account   hub.UserID   `json:"account_id"`
	Login     string       `json:"login"`
	Name      string       `json:"name"`
	Device    string       `json:"device"`
	Created   time.Time    `json:"created"`
	Reachable bool         `json:"reachable" doc:"The account has another device."`
}

type printInput struct {
	Body struct {
		Accounts []hub.UserID `json:"accounts" minItems:"1" maxItems:"200"`
	}
}

// printedView is what is printed for one person.
type printedView struct {
	Account hub.UserID `json:"account_id"`
	Login   string     `json:"login"`
	Name    string     `json:"name"`
	Code    string     `json:"code,omitempty"`
	URL     string     `json:"url,omitempty" doc:"For a QR code: the activation with login and code filled in."`
	Expires time.Time  `json:"expires,omitzero"`
	Fault   string     `json:"fault,omitempty" doc:"locked, not_found or role."`
}

type newPoster struct {
	Body struct {
		Unit  hub.UnitID `json:"unit_id" format:"uuid"`
		Hours int        `json:"hours" minimum:"1" maximum:"72"`
	}
}

type posterView struct {
	ID      string     `json:"id"`
	Unit    hub.UnitID `json:"unit_id"`
	Name    string     `json:"unit"`
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
}

// posterOnce is the only answer that ever holds a poster's token.
type posterOnce struct {
	posterView
	Token string `json:"token"`
	URL   string `json:"url"`
}

type newDeviceCode struct {
	Body struct {
		Label string `json:"label" minLength:"1" maxLength:"120"`
		Hours int    `json:"hours" minimum:"1" maximum:"168"`
	}
}

type deviceCodeView struct {
	ID      string    `json:"id"`
	Label   string    `json:"label"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Code    string    `json:"code,omitempty" doc:"Only in the answer that made it."`
}

type waitingPath struct {
	ID hub.DeviceID `path:"id" format:"uuid"`
}

type codePath struct {
	ID string `path:"id" format:"uuid"`
}

func (c *console) codeRoutes() {
	handle(c.api, route{"POST", "/access/letters", "issue-letters", "Make one-time codes to be printed; they are shown once", forPeople | fresh, 200}, c.letters)
	handle(c.api, route{"GET", "/access/posters", "posters", "Posters that work", forPeople, 200}, c.posters)
	handle(c.api, route{"POST", "/access/posters", "create-poster", "Make a poster of a unit; its token is shown once", forPeople | fresh, 201}, c.newPoster)
	handle(c.api, route{"DELETE", "/access/posters/{id}", "drop-poster", "Take a poster back", forPeople, 0}, c.dropPoster)
	handle(c.api, route{"GET", "/access/devices", "waiting-devices", "Devices that wait for somebody to say yes", forPeople | forAudit, 200}, c.waitingDevices)
	handle(c.api, route{"POST", "/access/devices/{id}/approve", "approve-device", "Let a device in", forPeople, 0}, c.approveDevice)
	handle(c.api, route{"POST", "/access/devices/{id}/refuse", "refuse-device", "Keep a device out", forPeople, 0}, c.refuseDevice)
	handle(c.api, route{"GET", "/access/device-codes", "device-codes", "Device codes not used yet", forPeople, 200}, c.deviceCodes)
	handle(c.api, route{"POST", "/access/device-codes", "create-device-code", "Make a code that lets one device in; it is shown once", forPeople | fresh, 201}, c.newDeviceCode)
	handle(c.api, route{"DELETE", "/access/device-codes/{id}", "drop-device-code", "Take a device code back", forPeople, 0}, c.dropDeviceCode)
}

func (c *console) letters(ctx context.Context, in *printInput) (list[printedView], error) {
	made, err := c.o.SignIn.Invites.IssueLetters(ctx, caller(ctx), in.Body.Accounts)
	if err != nil {
		return list[printedView]{}, err
	}
	var out list[printedView]
	for _, l := range made {
		out.Items = append(out.Items, printedView{l.Account.ID, l.Account.Login, l.Account.Name, l.Code, l.URL, l.Expires, l.Fault})
		if l.Fault != "" {
			continue
		}
		if err := c.audit(ctx, "account.code", string(l.Account.ID), map[string]string{"by": "letter"}); err != nil {
			return list[printedView]{}, err
		}
	}
	return out, c.done(ctx, "persons", "account.letters", "", map[string]string{"count": strconv.Itoa(len(made))})
}

func (c *console) posters(ctx context.Context, _ *struct{}) (list[posterView], error) {
	found, err := c.o.SignIn.Invites.Posters(ctx, caller(ctx).Clinic)
	var out list[posterView]
	for _, p := range found {
		out.Items = append(out.Items, posterView{p.ID, p.Unit, p.UnitName, p.Created, p.Expires})
	}
	return out, err
}

func (c *console) newPoster(ctx context.Context, in *newPoster) (posterOnce, error) {
	p, token, url, err := c.o.SignIn.Invites.IssuePoster(ctx, caller(ctx), in.Body.Unit, time.Duration(in.Body.Hours)*time.Hour)
	if err != nil {
		return posterOnce{}, err
	}
	out := posterOnce{posterView{p.ID, p.Unit, p.UnitName, p.Created, p.Expires}, token, url}
	return out, c.audit(ctx, "poster.create", p.ID, map[string]string{"unit": string(p.Unit)})
}

func (c *console) dropPoster(ctx context.Context, in *codePath) (none, error) {
	if err := c.o.SignIn.Invites.DropPoster(ctx, caller(ctx).Clinic, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.audit(ctx, "poster.drop", in.ID, nil)
}

func (c *console) waitingDevices(ctx context.Context, _ *struct{}) (list[waitingView], error) {
	found, err := c.o.SignIn.Waiting.Waiting(ctx, caller(ctx).Clinic, "")
	var out list[waitingView]
	for _, w := range found {
		out.Items = append(out.Items, waitingView{w.ID, w.User, w.Login, w.Owner, w.Name, w.Created, w.Reachable})
	}
	return out, err
}

func (c *console) approveDevice(ctx context.Context, in *waitingPath) (none, error) {
	if err := c.o.SignIn.Waiting.ApproveDevice(ctx, caller(ctx).Clinic, "", in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", "device.approve", string(in.ID), nil)
}

func (c *console) refuseDevice(ctx context.Context, in *waitingPath) (none, error) {
	if err := c.o.SignIn.Waiting.RefuseDevice(ctx, caller(ctx).Clinic, "", in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", "device.refuse", string(in.ID), nil)
}

func (c *console) deviceCodes(ctx context.Context, _ *struct{}) (list[deviceCodeView], error) {
	found, err := c.o.SignIn.Codes.DeviceCodes(ctx, caller(ctx).Clinic)
	var out list[deviceCodeView]
	for _, d := range found {
		out.Items = append(out.Items, deviceCodeView{d.ID, d.Label, d.Created, d.Expires, ""})
	}
	return out, err
}

func (c *console) newDeviceCode(ctx context.Context, in *newDeviceCode) (deviceCodeView, error) {
	d, code, err := c.o.SignIn.Codes.IssueDeviceCode(ctx, caller(ctx), in.Body.Label, time.Duration(in.Body.Hours)*time.Hour)
	if err != nil {
		return deviceCodeView{}, err
	}
	return deviceCodeView{d.ID, d.Label, d.Created, d.Expires, code}, c.audit(ctx, "device_code.create", d.ID, nil)
}

func (c *console) dropDeviceCode(ctx context.Context, in *codePath) (none, error) {
	if err := c.o.SignIn.Codes.DropDeviceCode(ctx, caller(ctx).Clinic, in.ID); err != nil {
		return none{}, err
	}
	return none{}, c.audit(ctx, "device_code.drop", in.ID, nil)
}
