package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// mailPage is how many letters are given at once.
const mailPage = 20

type mailInput struct {
	Body struct {
		To   hub.DeviceID `json:"to" format:"uuid"`
		Body []byte       `json:"body" minLength:"4" maxLength:"524288" doc:"Sealed for that device, at most 384 KiB."`
	}
}

type lettersInput struct {
	After string `query:"after" format:"uuid"`
}

type letterPath struct {
	ID string `path:"id" format:"uuid"`
}

type letterView struct {
	ID   string       `json:"id"`
	From hub.DeviceID `json:"from"`
	At   time.Time    `json:"at"`
	Body []byte       `json:"body"`
}

func (c *chat) mailRoutes() {
	asDevice(c, groupBody, route{"POST", "/mail", "put-mail", "Send a sealed letter to a device", member, 201}, c.putMail)
	asDevice(c, 0, route{"GET", "/mail", "mail", "Letters for this device, oldest first", member, 200}, c.mail)
	asDevice(c, 0, route{"DELETE", "/mail/{id}", "drop-mail", "Drop a letter that was read", member, 0}, c.dropMail)
}

func (c *chat) putMail(ctx context.Context, who messaging.Caller, in *mailInput) (none, error) {
	return none{}, c.o.Talk.Post.PutLetter(ctx, who, in.Body.To, in.Body.Body)
}

func (c *chat) mail(ctx context.Context, who messaging.Caller, in *lettersInput) (list[letterView], error) {
	found, err := c.o.Talk.Post.Letters(ctx, who, in.After, mailPage)
	var out list[letterView]
	for _, l := range found {
		out.Items = append(out.Items, letterView{l.ID, l.From, l.At, l.Body})
	}
	return out, err
}

func (c *chat) dropMail(ctx context.Context, who messaging.Caller, in *letterPath) (none, error) {
	return none{}, c.o.Talk.Post.DropLetter(ctx, who, in.ID)
}

// FaultItem names an item that could not be opened.
type FaultItem struct {
	Room hub.RoomID `json:"room" format:"uuid"`
	Seq  int64      `json:"seq" minimum:"1"`
}

type faultsInput struct {
	Body struct {
		Items []struct {
			FaultItem
			Cause string `json:"cause" enum:"state_lost,replay,generation,epoch,aad,format,signature,commit"`
		} `json:"items" minItems:"1" maxItems:"500"`
	}
}

type repairedInput struct {
	Body struct {
		Items []FaultItem `json:"items" minItems:"1" maxItems:"500"`
	}
}

type upkeepInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

// upkeepView is what the recorder has to mend in one room.
type upkeepView struct {
	Room    hub.RoomID     `json:"room"`
	Remove  []leafView     `json:"remove"`
	Missing []hub.DeviceID `json:"missing"`
	Rejoin  []rejoinView   `json:"rejoin"`
	House   *houseView     `json:"house,omitempty"`
}

// houseView is a room that the hub made; the recorder begins and leads it.
type houseView struct {
	Title   string       `json:"title"`
	Members []hub.UserID `json:"members"`
	Begin   bool         `json:"begin,omitempty"`
}

type leafView struct {
	Leaf   uint32       `json:"leaf"`
	User   hub.UserID   `json:"user"`
	Device hub.DeviceID `json:"device"`
}

type rejoinView struct {
	User    hub.UserID   `json:"user"`
	Device  hub.DeviceID `json:"device"`
	Package []byte       `json:"package"`
	Cause   string       `json:"cause"`
}

func (c *chat) healingRoutes() {
	asDevice(c, smallBody, route{"POST", "/faults", "put-faults", "Items this device could not open", member, 0}, c.putFaults)
	asDevice(c, smallBody, route{"POST", "/faults/repaired", "repair-faults", "Items that were restored since", member, 0}, c.repairFaults)
	asDevice(c, 0, route{"GET", "/upkeep", "upkeep", "What the recorder has to mend; 403 for anybody else", member, 200}, c.listUpkeep)
}

func (c *chat) putFaults(ctx context.Context, who messaging.Caller, in *faultsInput) (none, error) {
	faults := make([]messaging.Fault, len(in.Body.Items))
	for i, f := range in.Body.Items {
		faults[i] = messaging.Fault{Room: f.Room, Seq: f.Seq, Cause: f.Cause}
	}
	return none{}, c.o.Talk.Healing.PutFaults(ctx, who, faults)
}

func (c *chat) repairFaults(ctx context.Context, who messaging.Caller, in *repairedInput) (none, error) {
	items := make([]messaging.Fault, len(in.Body.Items))
	for i, f := range in.Body.Items {
		items[i] = messaging.Fault{Room: f.Room, Seq: f.Seq}
	}
	return none{}, c.o.Talk.Healing.RepairFaults(ctx, who, items)
}

func (c *chat) listUpkeep(ctx context.Context, who messaging.Caller, in *upkeepInput) (list[upkeepView], error) {
	var out list[upkeepView]
	found, err := c.o.Talk.Healing.Upkeep(ctx, who, in.Limit)
	for _, u := range found {
		v := upkeepView{Room: u.Room, Missing: u.Missing}
		for _, l := range u.Remove {
			v.Remove = append(v.Remove, leafView{l.Index, l.User, l.Device})
		}
		for _, r := range u.Rejoin {
			v.Rejoin = append(v.Rejoin, rejoinView{r.User, r.Device, r.Package, r.Cause})
		}
		if h := u.House; h != nil {
			v.House = &houseView{h.Title, h.Members, h.Begin}
		}
		out.Items = append(out.Items, v)
	}
	return out, err
}
