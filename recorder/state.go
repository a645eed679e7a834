package recorder

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
)

// state is what is kept of one room.
type state struct {
	Seq   int64           `json:"seq"`             // the last item taken in
	Group json.RawMessage `json:"group,omitempty"` // none: not in the room
	Lost  bool            `json:"lost,omitempty"`  // was in it, and the keys are gone

	House bool  `json:"house,omitempty"` // we have begun it: the hub says who is in it
	Said  int64 `json:"said,omitempty"`  // counts the infos of a room of the house

	Wanted []hub.UserID          `json:"wanted,omitempty"` // whose devices may be added
	Info   *info                 `json:"info,omitempty"`   // the newest of a member
	Heard  map[hub.DeviceID]mark `json:"heard,omitempty"`  // last number of each device
	Faults []client.Fault        `json:"faults,omitempty"` // not yet told to the hub

	Staged  []staged                `json:"staged,omitempty"` // own commits of this epoch
	Rejoin  map[hub.DeviceID][]byte `json:"rejoin,omitempty"` // packages of devices to be added again
	Served  map[hub.DeviceID][]byte `json:"served,omitempty"` // the last package a device came back with
	Commits int                     `json:"commits"`          // since our keys were fresh
	Fresh   time.Time               `json:"fresh"`

	Run  string  `json:"run,omitempty"` // of our own messages
	N    int64   `json:"n,omitempty"`
	Tell int64   `json:"tell,omitempty"` // the epoch in which the info must be said again; 0: it need not
	Out  *spoken `json:"out,omitempty"`  // our message under way
}

// info is the newest word of a member on the room's title and on who should be in it.
type info struct {
	Title   string       `json:"title"`
	Members []hub.UserID `json:"members"`
	House   bool         `json:"house,omitempty"` // the recorder's word counts in this room
}

// mark is how far a device has counted what it sends.
type mark struct {
	Run string `json:"run"`
	N   int64  `json:"n"`
}

// staged is a commit of our own that may have been posted, with the group after it.
type staged struct {
	ID      string          `json:"id"`
	Epoch   int64           `json:"epoch"` // in which it was made
	Body    []byte          `json:"body"`
	Welcome []byte          `json:"welcome,omitempty"`
	Next    json.RawMessage `json:"next"`
	Added   []added         `json:"added,omitempty"`
	Refused bool            `json:"refused,omitempty"` // the hub will not have it; kept in case it has it already
}

// added is a device that a staged commit brings in.
type added struct {
	User    hub.UserID   `json:"user"`
	Device  hub.DeviceID `json:"device"`
	Package []byte       `json:"package"`
}

// maxStaged is how many refused commits of one epoch are kept.
const maxStaged = 3

// spoken is a message of our own that may have been sent.
type spoken struct {
	ID    string `json:"id"`
	N     int64  `json:"n"`
	Epoch int64  `json:"epoch"` // it is encrypted for
	First int64  `json:"first"` // the earliest epoch for which it may have been accepted
	Body  []byte `json:"body"`
	Said  int64  `json:"said,omitempty"` // which info of a room of the house it is at least
}

// want adds people whom a member's commit has brought in.
func (s *state) want(users ...hub.UserID) {
	for _, u := range users {
		if !slices.Contains(s.Wanted, u) {
			s.Wanted = append(s.Wanted, u)
		}
	}
}

// unwant takes people out: the hub says that a member has removed them, or they have left.
// It may be lying, but then somebody is missing and not somebody added.
func (s *state) unwant(users ...hub.UserID) {
	s.Wanted = slices.DeleteFunc(s.Wanted, func(u hub.UserID) bool { return slices.Contains(users, u) })
}

// inform takes the newest word of a member. It names everybody, so that nobody else is wanted
// any more (chat.md: the recorder goes by the newest info alone). This is stricter than what
// clients accept, and must be: they would refuse the commit, and stand still.
func (s *state) inform(i info) {
	s.Info, s.Wanted = &i, slices.Clone(i.Members)
}

func usersOf(leaves []mlscore.Leaf) []hub.UserID {
	var out []hub.UserID
	for _, l := range leaves {
		if u := hub.UserID(l.Identity.User); !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}
