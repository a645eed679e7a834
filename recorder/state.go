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

	Wanted []hub.UserID          `json:"wanted,omitempty"` // who may be in the tree
	Gone   []hub.UserID          `json:"gone,omitempty"`   // wanted ones whose last leaf a commit took
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
}

// want adds people to those who may be in the tree.
func (s *state) want(users ...hub.UserID) {
	for _, u := range users {
		if !slices.Contains(s.Wanted, u) {
			s.Wanted = append(s.Wanted, u)
		}
	}
	s.settle()
}

// unwant takes people out: the hub says that a member has removed them, or they have left.
// It may be lying, but then somebody is missing and not somebody added.
func (s *state) unwant(users ...hub.UserID) {
	s.Wanted = without(s.Wanted, users)
	s.Gone = without(s.Gone, users)
}

// left notes whose last leaf a change took out of the tree, and who is back.
func (s *state) left(removed []mlscore.Leaf, roster []mlscore.Leaf) {
	here := usersOf(roster)
	for _, u := range usersOf(removed) {
		if !slices.Contains(here, u) && slices.Contains(s.Wanted, u) && !slices.Contains(s.Gone, u) {
			s.Gone = append(s.Gone, u)
		}
	}
	s.Gone = without(s.Gone, here)
	s.settle()
}

// settle is the same rule as the browsers': who was named stays wanted until both have happened,
// in any order: a commit took the last leaf, and the newest info does not name them. The
// recorder must never be laxer than a browser, which would refuse its commit.
func (s *state) settle() {
	if s.Info == nil {
		return
	}
	out := without(s.Gone, s.Info.Members)
	s.Wanted, s.Gone = without(s.Wanted, out), without(s.Gone, out)
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

func without(list, out []hub.UserID) []hub.UserID {
	return slices.DeleteFunc(slices.Clone(list), func(u hub.UserID) bool { return slices.Contains(out, u) })
}
