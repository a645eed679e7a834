package client

import (
	"context"
	"fmt"
	"net/url"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/devicelog"
)

// Me is who is signed in.
type Me struct {
	User   hub.UserID   `json:"user_id"`
	Device hub.DeviceID `json:"device_id"`
	Clinic struct {
		ID hub.ClinicID `json:"id"`
	} `json:"clinic"`
}

// Device is an own device as the hub lists it.
type Device struct {
	ID         hub.DeviceID `json:"id"`
	SignPublic []byte       `json:"sign_public"`
}

// Leaf is a place in a room's tree, as the hub sees it.
type Leaf struct {
	Leaf   uint32       `json:"leaf"`
	User   hub.UserID   `json:"user"`
	Device hub.DeviceID `json:"device"`
}

// KeyPackage is a device's offer to be added to a room.
type KeyPackage struct {
	User    hub.UserID   `json:"user"`
	Device  hub.DeviceID `json:"device"`
	Package []byte       `json:"package"`
}

// Upkeep is what is to be mended in a room.
type Upkeep struct {
	Room    hub.RoomID     `json:"room"`
	Remove  []Leaf         `json:"remove"`
	Missing []hub.DeviceID `json:"missing"`
	Rejoin  []KeyPackage   `json:"rejoin"`
	House   *House         `json:"house"` // of a room that the hub made
}

// House is what a room that the hub made is called and who is in it; Begin: there is none yet.
type House struct {
	Title   string       `json:"title"`
	Members []hub.UserID `json:"members"`
	Begin   bool         `json:"begin"`
}

// Welcome is the newest Welcome for this device, and the item whose commit it belongs to.
type Welcome struct {
	Seq  int64  `json:"seq"`
	Body []byte `json:"body"`
}

// Fault is an item that could not be opened.
type Fault struct {
	Room  hub.RoomID `json:"room"`
	Seq   int64      `json:"seq"`
	Cause string     `json:"cause"`
}

type list[T any] struct {
	Items []T `json:"items"`
}

// Link signs in with a token.
func (a *API) Link(ctx context.Context, token string) (me Me, err error) {
	return me, a.post(ctx, "/auth/link", map[string]string{"token": token}, &me)
}

// Me tells who is signed in.
func (a *API) Me(ctx context.Context) (me Me, err error) {
	return me, a.get(ctx, "/me", &me)
}

// Devices lists the account's devices.
func (a *API) Devices(ctx context.Context) ([]Device, error) {
	var out list[Device]
	err := a.get(ctx, "/devices", &out)
	return out.Items, err
}

// Register makes this a device of the account.
func (a *API) Register(ctx context.Context, name string, kem, sign []byte) (hub.DeviceID, error) {
	return a.device(ctx, map[string]any{"name": name, "kem_public": kem, "sign_public": sign})
}

// Attach binds the session to a device registered before.
func (a *API) Attach(ctx context.Context, device hub.DeviceID) error {
	_, err := a.device(ctx, map[string]any{"device_id": device})
	return err
}

func (a *API) device(ctx context.Context, in any) (hub.DeviceID, error) {
	var out struct {
		Device hub.DeviceID `json:"device_id"`
	}
	err := a.post(ctx, "/devices", in, &out)
	return out.Device, err
}

// Log returns the entries of a person's device log after a number.
func (a *API) Log(ctx context.Context, user hub.UserID, after int64) ([]devicelog.Entry, error) {
	var out list[devicelog.Entry]
	err := a.get(ctx, fmt.Sprintf("/users/%s/log?after=%d", url.PathEscape(string(user)), after), &out)
	return out.Items, err
}

// AppendLog appends an entry to the own device log.
func (a *API) AppendLog(ctx context.Context, e devicelog.Entry) error {
	return a.post(ctx, "/log", map[string]any{"body": e.Body, "sig": e.Sig}, nil)
}

// CountPackages tells how many key packages of this device are left.
func (a *API) CountPackages(ctx context.Context) (int, error) {
	var out struct {
		Count int `json:"count"`
	}
	err := a.get(ctx, "/keypackages", &out)
	return out.Count, err
}

// PutPackages offers key packages; lastResort may be nil.
func (a *API) PutPackages(ctx context.Context, packages [][]byte, lastResort []byte) error {
	in := map[string]any{"packages": packages}
	if packages == nil {
		in["packages"] = [][]byte{}
	}
	if lastResort != nil {
		in["last_resort"] = lastResort
	}
	return a.post(ctx, "/keypackages", in, nil)
}

// Claim takes one key package of each of the devices that have one.
func (a *API) Claim(ctx context.Context, devices []hub.DeviceID) ([]KeyPackage, error) {
	var out list[KeyPackage]
	err := a.post(ctx, "/keypackages/claim", map[string]any{"devices": devices}, &out)
	return out.Items, err
}

// Commit offers a commit. The same id again is answered like the first time.
func (a *API) Commit(ctx context.Context, room hub.RoomID, id string, body, welcome []byte) error {
	in := map[string]any{"id": id, "body": body}
	if welcome != nil {
		in["welcome"] = welcome
	}
	return a.post(ctx, "/rooms/"+url.PathEscape(string(room))+"/commits", in, nil)
}

// CreateRoom begins a group room with nobody else in it by its first commit. The same again is
// answered like the first time.
func (a *API) CreateRoom(ctx context.Context, room hub.RoomID, own hub.UserID, id string, body []byte) error {
	return a.post(ctx, "/rooms", map[string]any{
		"id": room, "kind": "group", "members": []hub.UserID{own}, "commit": map[string]any{"id": id, "body": body},
	}, nil)
}

// Welcome returns the newest Welcome to a room.
func (a *API) Welcome(ctx context.Context, room hub.RoomID) (w Welcome, err error) {
	return w, a.get(ctx, "/rooms/"+url.PathEscape(string(room))+"/welcome", &w)
}

// Upkeep lists what is to be mended, at most limit rooms.
func (a *API) Upkeep(ctx context.Context, limit int) ([]Upkeep, error) {
	var out list[Upkeep]
	err := a.get(ctx, fmt.Sprintf("/upkeep?limit=%d", limit), &out)
	return out.Items, err
}

// PutFaults tells of items that could not be opened.
func (a *API) PutFaults(ctx context.Context, faults []Fault) error {
	return a.post(ctx, "/faults", list[Fault]{faults}, nil)
}
