package stream_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

func TestReadIsToldToTheOtherDevices(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Receipts: true, Times: stream.Times{Tell: time.Millisecond}})
	r.say(direct, messaging.ItemMessage, deviceN(2), deviceN(1), deviceN(101), deviceN(2))
	phone, desk, peer := r.connect(1), r.connect(101), r.connect(2)
	phone.write(map[string]any{"t": "read", "room": direct, "seq": 1})
	eventually(t, "the store has it", r.talk.locked(func() bool { return slices.Equal(r.talk.read, []int64{1}) }))
	r.hub.Told(messaging.Hint{Kind: messaging.HintRead, Clinic: clinic, Users: []hub.UserID{userOf(deviceN(1))}, Device: deviceN(1), Room: direct, Seq: 1})
	desk.until("read")
	if desk.heard.Room != direct || desk.heard.Seq != 1 {
		t.Errorf("told %+v", desk.heard)
	}
	peer.until("receipts")
	if f := peer.heard; f.Room != direct || len(f.Items) != 1 || f.Items[0].Read != 1 || f.Items[0].User != userOf(deviceN(1)) {
		t.Errorf("told %+v", f)
	}
	phone.until("receipts") // both sides; but no word of its own act
	phone.sync()
	if phone.heard.T == "read" {
		t.Error("the device is told what it said itself")
	}
}

func TestDeliveredIsTold(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Receipts: true, Recorder: userOf(deviceN(3)), Times: stream.Times{Tell: time.Millisecond, Cursor: time.Millisecond}})
	r.say(direct, messaging.ItemMessage, deviceN(1), deviceN(1), deviceN(2), deviceN(3))
	a, b, recorder := r.connect(1), r.connect(2), r.connect(3)
	recorder.write(map[string]any{"t": "ack", "room": direct, "seq": 1}) // says nothing to anybody
	eventually(t, "the recorder's cursor", r.locked(func() bool { return r.cursors[deviceN(3)][direct] == 1 }))
	b.write(map[string]any{"t": "ack", "room": direct, "seq": 1})
	a.until("receipts")
	if f := a.heard; len(f.Items) != 1 || f.Items[0].User != userOf(deviceN(2)) || f.Items[0].Delivered != 1 || f.Items[0].Read != 0 {
		t.Errorf("told %+v", f)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Receipts: true, Times: stream.Times{Tell: time.Millisecond}})
	r.say(group, messaging.ItemMessage, deviceN(2), deviceN(1), deviceN(2), deviceN(3))
	r.talk.receipts = []messaging.Receipt{{User: "u", Delivered: 7, Read: 5}}
	a, b := r.connect(1), r.connect(2)
	a.write(map[string]any{"t": "watch", "room": group})
	a.until("receipts")
	if f := a.heard; len(f.Items) != 1 || f.Items[0].Delivered != 7 || f.Items[0].Read != 5 {
		t.Errorf("at first told %+v", f)
	}
	tell := func(seq int64) {
		r.hub.Told(messaging.Hint{Kind: messaging.HintRead, Clinic: clinic, Users: []hub.UserID{"user 03"}, Room: group, Seq: seq})
	}
	tell(1)
	a.until("receipts")
	if f := a.heard; len(f.Items) != 1 || f.Items[0].User != "user 03" || f.Items[0].Read != 1 {
		t.Errorf("told %+v", f)
	}
	b.sync()
	if b.heard.T == "receipts" {
		t.Error("who does not look at the group is told too")
	}
	r.mu.Lock()
	r.left = map[hub.RoomID][]hub.UserID{group: {userOf(deviceN(1))}}
	r.mu.Unlock()
	r.hub.Told(messaging.Hint{Kind: messaging.HintRooms, Clinic: clinic, Users: []hub.UserID{userOf(deviceN(1))}})
	a.until("rooms")
	a.write(map[string]any{"t": "watch", "room": roomN(99)})
	if before := a.until("error room"); slices.Contains(before, "receipts") {
		t.Error("a former member is told")
	}
}

func TestReceiptsSwitchedOff(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Times: stream.Times{Tell: time.Millisecond, Cursor: time.Millisecond}})
	r.say(direct, messaging.ItemMessage, deviceN(1), deviceN(1), deviceN(101), deviceN(2))
	a, desk, b := r.connect(1), r.connect(101), r.connect(2)
	b.write(map[string]any{"t": "ack", "room": direct, "seq": 1})
	a.write(map[string]any{"t": "watch", "room": direct})
	eventually(t, "cursor", r.locked(func() bool { return r.cursors[deviceN(2)][direct] == 1 }))
	r.hub.Told(messaging.Hint{Kind: messaging.HintRead, Clinic: clinic, Users: []hub.UserID{userOf(deviceN(1))}, Device: deviceN(1), Room: direct, Seq: 1})
	desk.until("read") // own devices agree all the same
	a.write(map[string]any{"t": "nonsense"})
	if before := a.until("error unknown_type"); slices.Contains(before, "receipts") {
		t.Errorf("told %v", before)
	}
}

// Many moves of one room are told together, the first at once.
func TestReceiptsAreGathered(t *testing.T) {
	t.Parallel()
	r := newTalkRig(t, stream.Options{Receipts: true, Times: stream.Times{Tell: time.Hour}})
	r.say(direct, messaging.ItemMessage, deviceN(2), deviceN(1), deviceN(2))
	a := r.connect(1)
	r.connect(2)
	tell := func(seq int64) {
		r.hub.Told(messaging.Hint{Kind: messaging.HintRead, Clinic: clinic, Users: []hub.UserID{userOf(deviceN(2))}, Room: direct, Seq: seq})
	}
	tell(1)
	a.until("receipts")
	for seq := range int64(50) {
		tell(seq + 2)
	}
	a.write(map[string]any{"t": "nonsense"})
	if before := a.until("error unknown_type"); slices.Contains(before, "receipts") {
		t.Errorf("told again within the period: %v", before)
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	user := func(n int) []hub.UserID { return []hub.UserID{userOf(deviceN(n))} }
	tests := map[string]struct {
		hint messaging.Hint
		want string
		not  int // device that hears nothing
	}{
		"mail":                             {messaging.Hint{Kind: messaging.HintMail, Device: deviceN(1)}, "mail", 101},
		"packages":                         {messaging.Hint{Kind: messaging.HintPackages, Device: deviceN(1)}, "packages", 101},
		"rooms":                            {messaging.Hint{Kind: messaging.HintRooms, Users: user(1)}, "rooms", 3},
		"upkeep":                           {messaging.Hint{Kind: messaging.HintUpkeep, Users: user(1)}, "upkeep", 3},
		"own log":                          {messaging.Hint{Kind: messaging.HintLog, Users: user(1)}, "log", 3},
		"peer log":                         {messaging.Hint{Kind: messaging.HintLog, Users: user(2)}, "log", 3},
		"of one whose rooms are not known": {messaging.Hint{Kind: messaging.HintLog, Users: user(7)}, "log", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stream.Times{}, 0)
			r.left = map[hub.RoomID][]hub.UserID{direct: user(3)}
			r.say(direct, messaging.ItemMessage, deviceN(2), deviceN(1), deviceN(2))
			clients := map[int]*client{}
			for _, n := range []int{1, 2, 3, 101} {
				clients[n] = r.connect(n)
			}
			tt.hint.Clinic = clinic
			r.hub.Told(tt.hint)
			clients[1].until(tt.want)
			if tt.want == "log" && clients[1].heard.User != string(tt.hint.Users[0]) {
				t.Errorf("told %+v", clients[1].heard)
			}
			if tt.not != 0 {
				c := clients[tt.not]
				c.write(map[string]any{"t": "nonsense"})
				if before := c.until("error unknown_type"); len(before) > 0 {
					t.Errorf("device %d heard %v", tt.not, before)
				}
			}
		})
	}
}
