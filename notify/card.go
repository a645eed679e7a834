package notify

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// cardFormat is the version of the card's JSON; clients ignore cards they do not know.
const cardFormat = 1

// Everyone stands for all recipients where naming them would not fit into an item: the
// card goes to their devices only, so whoever can read it is one of them.
const Everyone hub.UserID = "*"

const (
	maxRecipients = 1000 // 40 kB of ids
	maxResponses  = 100
)

// card is the plaintext of an alert's envelope. Clients show the newest version per alert.
type card struct {
	V          int               `json:"v"`
	Alert      hub.AlertID       `json:"alert_id"`
	Version    int               `json:"version"`
	State      alerting.State    `json:"state"`
	Kind       string            `json:"kind"`
	Priority   alerting.Priority `json:"priority"`
	Ward       string            `json:"ward"`
	WardName   string            `json:"ward_name"`
	Room       string            `json:"room"`
	Bed        string            `json:"bed"`
	BedSince   time.Time         `json:"bed_since,omitzero"`
	Patient    string            `json:"patient,omitempty"`
	Text       string            `json:"text"`
	Caller     string            `json:"caller"`
	RaisedAt   time.Time         `json:"raised_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	Step       int               `json:"step"` // counts from 1
	Steps      int               `json:"steps"`
	Need       int               `json:"need"`
	AcceptedBy []accepted        `json:"accepted_by"`
	Responses  []response        `json:"responses"`
	Recipients []hub.UserID      `json:"recipients"`
	Technical  bool              `json:"technical"`
	Drill      bool              `json:"drill"`
}

type accepted struct {
	User hub.UserID `json:"user_id"`
	Name string     `json:"name"`
	At   time.Time  `json:"at"`
}

type response struct {
	User  hub.UserID             `json:"user_id"`
	Name  string                 `json:"name"`
	State alerting.DispatchState `json:"state"`
}

// plaintext builds the JSON of a card.
func plaintext(c *alerting.Card) ([]byte, error) {
	a := &c.Alert
	latest := latestDispatches(c.Dispatches)
	out := card{
		V: cardFormat, Alert: a.ID, Version: a.Version, State: a.State, Kind: a.Kind, Priority: a.Priority,
		Ward: a.Ward, WardName: c.WardName, Room: a.Room, Bed: a.Bed, BedSince: c.BedSince.UTC(), Patient: c.Patient, Text: a.Text, Caller: a.Caller,
		RaisedAt: a.RaisedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(), EndedAt: a.EndedAt.UTC(),
		Step: a.Step + 1, Steps: len(a.Policy.Steps), Need: a.Policy.Need,
		AcceptedBy: []accepted{}, Responses: []response{}, Recipients: recipients(latest), Technical: a.Technical,
	}
	for _, u := range a.AcceptedBy {
		out.AcceptedBy = append(out.AcceptedBy, accepted{u, c.Names[u], latest[u].Changed.UTC()})
	}
	out.Responses = responses(c, latest)
	return fit(out)
}

// maxCard leaves room for the envelope around the card within the 64 KiB of an item.
const maxCard = 60_000

// fit marshals a card, leaving out what is only told beside the alarm when it would not fit
// into an item: a card that is too large would never reach anybody.
func fit(c card) ([]byte, error) {
	b, err := json.Marshal(c)
	if err != nil || len(b) <= maxCard {
		return b, err
	}
	c.Responses = []response{}
	if b, err = json.Marshal(c); err != nil || len(b) <= maxCard {
		return b, err
	}
	c.Recipients = []hub.UserID{Everyone}
	if len(c.AcceptedBy) > maxResponses {
		c.AcceptedBy = c.AcceptedBy[:maxResponses]
	}
	for i := range c.AcceptedBy {
		c.AcceptedBy[i].Name = cut(c.AcceptedBy[i].Name, maxName)
	}
	return json.Marshal(c)
}

// maxName is how much of a name a card that is too large still shows.
const maxName = 60

// cut shortens a text to n bytes on a whole character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// latestDispatches keeps the dispatch of each person that counts: an answer given in an
// earlier step does not count for a later one.
func latestDispatches(list []alerting.Dispatch) map[hub.UserID]alerting.Dispatch {
	latest := make(map[hub.UserID]alerting.Dispatch, len(list))
	for _, d := range list {
		if old, ok := latest[d.User]; !ok || d.After(old) {
			latest[d.User] = d
		}
	}
	return latest
}

func recipients(latest map[hub.UserID]alerting.Dispatch) []hub.UserID {
	if len(latest) > maxRecipients {
		return []hub.UserID{Everyone}
	}
	users := make([]hub.UserID, 0, len(latest))
	for u := range latest {
		users = append(users, u)
	}
	slices.Sort(users)
	return users
}

// responses returns who said no, the earliest first.
func responses(c *alerting.Card, latest map[hub.UserID]alerting.Dispatch) []response {
	var no []alerting.Dispatch
	for _, d := range latest {
		if d.State == alerting.Rejected || d.State == alerting.Busy {
			no = append(no, d)
		}
	}
	slices.SortFunc(no, func(a, b alerting.Dispatch) int {
		if n := a.Changed.Compare(b.Changed); n != 0 {
			return n
		}
		return strings.Compare(string(a.User), string(b.User))
	})
	list := []response{}
	for _, d := range no[:min(len(no), maxResponses)] {
		list = append(list, response{d.User, c.Names[d.User], d.State})
	}
	return list
}
