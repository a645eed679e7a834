package server

import (
	"context"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

type countView struct {
	Count int `json:"count"`
}

type packagesInput struct {
	Body struct {
		Packages   [][]byte `json:"packages" maxItems:"50" doc:"Single-use key packages of this device, at most 8 KiB each."`
		LastResort []byte   `json:"last_resort,omitempty" maxLength:"10924"`
	}
}

type claimInput struct {
	Body struct {
		Users   []hub.UserID   `json:"users,omitempty" maxItems:"256" doc:"All their devices; the recorder is included."`
		Devices []hub.DeviceID `json:"devices,omitempty" maxItems:"256"`
	}
}

// claimed are packages to build a commit with. Single-use ones are given out once.
type claimed struct {
	Items   []packageView `json:"items"`
	Without []hub.UserID  `json:"without" doc:"Users that have no device yet."`
}

type packageView struct {
	User    hub.UserID   `json:"user"`
	Device  hub.DeviceID `json:"device"`
	Package []byte       `json:"package"`
}

// logEntry is one entry of an account's device log, exactly as it was signed.
type logEntry struct {
	N    int64  `json:"n"`
	Body []byte `json:"body"`
	Sig  []byte `json:"sig"`
}

type logInput struct {
	ID    hub.UserID `path:"id" format:"uuid"`
	After int64      `query:"after" minimum:"0"`
}

type appendLogInput struct {
	Body struct {
		Body []byte `json:"body" minLength:"4" maxLength:"5464" doc:"UTF-8 JSON, at most 4 KiB."`
		Sig  []byte `json:"sig" minLength:"88" maxLength:"88"`
	}
}

type appended struct {
	N int64 `json:"n"`
}

func (c *chat) packageRoutes() {
	asDevice(c, 0, route{"GET", "/keypackages", "count-packages", "How many key packages of this device are left", member, 200}, c.countPackages)
	asDevice(c, packageBody, route{"POST", "/keypackages", "put-packages", "Refill this device's pool of key packages", member, 0}, c.putPackages)
	asDevice(c, smallBody, route{"POST", "/keypackages/claim", "claim-packages", "Take one key package of each device", member, 200}, c.claim)
}

func (c *chat) logRoutes() {
	asDevice(c, 0, route{"GET", "/users/{id}/log", "device-log", "The device log of an account", member, 200}, c.deviceLog)
	asDevice(c, smallBody, route{"POST", "/log", "append-log", "Append to one's own device log; 409 log if it does not follow", member, 201}, c.appendLog)
}

func (c *chat) countPackages(ctx context.Context, who messaging.Caller, _ *struct{}) (countView, error) {
	n, err := c.o.Talk.Packages.CountPackages(ctx, who)
	return countView{n}, err
}

func (c *chat) putPackages(ctx context.Context, who messaging.Caller, in *packagesInput) (none, error) {
	return none{}, c.o.Talk.Packages.PutPackages(ctx, who, in.Body.Packages, in.Body.LastResort)
}

func (c *chat) claim(ctx context.Context, who messaging.Caller, in *claimInput) (claimed, error) {
	var out claimed
	if (len(in.Body.Users) == 0) == (len(in.Body.Devices) == 0) {
		return out, &hub.Error{Op: "server.claim", Kind: hub.Invalid, Field: "users"}
	}
	found, without, err := c.o.Talk.Packages.Claim(ctx, who, in.Body.Users, in.Body.Devices)
	for _, p := range found {
		out.Items = append(out.Items, packageView(p))
	}
	out.Without = without
	return out, err
}

func (c *chat) deviceLog(ctx context.Context, who messaging.Caller, in *logInput) (list[logEntry], error) {
	found, err := c.o.Talk.Log.LogEntries(ctx, who, in.ID, in.After)
	var out list[logEntry]
	for _, e := range found {
		out.Items = append(out.Items, logEntry(e))
	}
	return out, err
}

func (c *chat) appendLog(ctx context.Context, who messaging.Caller, in *appendLogInput) (appended, error) {
	n, err := c.o.Talk.Log.AppendLog(ctx, who, messaging.LogEntry{Body: in.Body.Body, Sig: in.Body.Sig})
	return appended{n}, err
}
