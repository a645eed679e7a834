package talk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/framing/framingtest"
)

// TestSendRefusals has a case for every code, all in one batch: each is refused for itself
// and holds up no other.
func TestSendRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer")), w.phone(w.person("Ida Berg"))
	c, foreign := w.room(messaging.GroupRoom, eva, otto, ida), w.room(messaging.GroupRoom, otto)
	quiet := w.room(messaging.GroupRoom, otto, eva)
	w.must(w.chat.SetRole(t.Context(), otto.Caller, quiet.id, eva.User, messaging.Reader))
	mine := w.room(messaging.DirectRoom, eva, otto)
	alarm, err := w.db.AlarmRoom(t.Context(), w.clinic, "4B")
	w.must(err)
	before := c.message()
	c.do(handshake{by: eva})
	other := c.message()
	w.must(w.chat.Send(t.Context(), otto.Caller, []*messaging.Message{other}))
	bad := func(change func(*messaging.Message)) *messaging.Message { m := c.message(); change(m); return m }
	for name, x := range map[string]struct {
		m    *messaging.Message
		code string
	}{
		"good":                 {c.message(), ""},
		"of the epoch before":  {before, ""},
		"in another room":      {mine.message(), ""},
		"no id":                {bad(func(m *messaging.Message) { m.ID = "1" }), "malformed"},
		"no mls":               {bad(func(m *messaging.Message) { m.Body = []byte("Guten Tag") }), "malformed"},
		"a handshake":          {bad(func(m *messaging.Message) { m.Body = c.commit(handshake{by: eva}).Body }), "malformed"},
		"another id inside":    {bad(func(m *messaging.Message) { m.ID = hub.NewID[string]() }), "malformed"},
		"another epoch inside": {bad(func(m *messaging.Message) { m.Epoch-- }), "malformed"},
		"urgency unheard of":   {bad(func(m *messaging.Message) { m.Priority = 3 }), "malformed"},
		"another's id":         {bad(func(m *messaging.Message) { *m = *other; m.Seq = 0 }), "malformed"},
		"too large":            {bad(func(m *messaging.Message) { m.Body = make([]byte, 60<<10+1) }), "too_large"},
		"another group's message": {bad(func(m *messaging.Message) {
			m.Body = framingtest.Private(string(foreign.id), uint64(m.Epoch), string(c.id)+"/"+m.ID, 32)
		}), "room"},
		"a room of others":      {foreign.message(), "room"},
		"an alarm room":         {(&circle{w: w, id: alarm}).message(), "room"},
		"no room":               {(&circle{w: w, id: hub.NewID[hub.RoomID]()}).message(), "room"},
		"a room one only reads": {quiet.message(), "role"},
		"an epoch long over":    {(&circle{w: w, id: c.id, epoch: 0}).message(), "epoch"},
		"an epoch to come":      {(&circle{w: w, id: c.id, epoch: c.epoch + 1}).message(), "epoch"},
	} {
		next := c.message()
		if err := w.chat.Send(t.Context(), eva.Caller, []*messaging.Message{x.m, next}); err != nil {
			t.Fatal(err)
		}
		if x.m.Code != x.code || (x.m.Seq > 0) != (x.code == "") || next.Seq == 0 {
			t.Errorf("%s: code %q, number %d, want %q; the next one %d %q", name, x.m.Code, x.m.Seq, x.code, next.Seq, next.Code)
		}
	}
	for name, x := range map[string]struct {
		by   *phone
		code string
	}{"not in the tree yet": {w.phone(eva.User), "joining"}, "another's name": {&phone{Caller: messaging.Caller{Clinic: w.clinic, User: ida.User, Device: eva.Caller.Device}}, "joining"}} {
		m := c.message()
		if w.must(w.chat.Send(t.Context(), x.by.Caller, []*messaging.Message{m})); m.Code != x.code {
			t.Errorf("%s: %q, want %q", name, m.Code, x.code)
		}
	}
}

// TestEpochsAfterAChange: what was encrypted before somebody was added or removed is refused,
// even if it comes a moment later; otherwise the epoch before is let in.
func TestEpochsAfterAChange(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	c := w.room(messaging.GroupRoom, eva, otto)
	send := func(m *messaging.Message) string {
		w.must(w.chat.Send(t.Context(), eva.Caller, []*messaging.Message{m}))
		return m.Code
	}
	first := c.message()
	c.do(handshake{by: eva, remove: []*phone{otto}})
	second := c.message()
	if got := send(first); got != "epoch" {
		t.Errorf("from before the removal: %q", got)
	}
	c.do(handshake{by: eva, add: []*phone{w.phone(otto.User)}})
	if got := send(second); got != "epoch" {
		t.Errorf("from before the addition: %q", got)
	}
	second = c.message()
	c.do(handshake{by: eva})
	third := c.message()
	if got := send(second); got != "" {
		t.Errorf("from before an update: %q", got)
	}
	if got := send(third); got != "" {
		t.Errorf("current: %q", got)
	}
}

// TestRevokedAndLocked: from the moment a device is revoked or its account locked, nothing
// is taken from it and nothing is given to it, though its leaf is still in the tree.
func TestRevokedAndLocked(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer")), w.phone(w.person("Ida Berg"))
	c := w.room(messaging.GroupRoom, eva, otto, ida)
	c.say(otto)
	c.say(ida)
	w.must(w.db.RevokeDevice(t.Context(), w.clinic, otto.User, otto.Caller.Device, day(0)))
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, ida.User, true))
	for name, p := range map[string]*phone{"revoked": otto, "locked": ida} {
		m := c.message()
		if w.must(w.chat.Send(t.Context(), p.Caller, []*messaging.Message{m})); m.Code != "room" || m.Seq != 0 {
			t.Errorf("%s: sent, %q", name, m.Code)
		}
		if got := c.since(p); len(got) != 0 {
			t.Errorf("%s: reads %v", name, got)
		}
		_, err := w.chat.Commit(t.Context(), p.Caller, c.id, c.commit(handshake{by: p}))
		w.refused(name+" commits", err, hub.Forbidden, "sender")
	}
	if got := c.since(eva); len(got) != 4 {
		t.Errorf("Eva reads %v", got)
	}
}

// TestSinceFollowsTheLeaf: a device gets what was said between the commit that added it and
// the one that removed it, both included, each time it was in; lines go by membership.
func TestSinceFollowsTheLeaf(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	c := w.room(messaging.GroupRoom, eva)                                      // 1 commit, 2 line
	c.say(eva)                                                                 // 3
	w.must(w.chat.Add(t.Context(), eva.Caller, c.id, []hub.UserID{otto.User})) // 4 line
	c.say(eva)                                                                 // 5
	c.do(handshake{by: w.recorder, add: []*phone{otto}})                       // 6
	c.say(otto)                                                                // 7
	w.must(w.chat.Remove(t.Context(), eva.Caller, c.id, otto.User))            // 8 line
	c.say(eva)                                                                 // 9: his leaf is still there, he is not
	c.do(handshake{by: w.recorder, remove: []*phone{otto}})                    // 10
	c.say(eva)                                                                 // 11
	w.must(w.chat.Add(t.Context(), eva.Caller, c.id, []hub.UserID{otto.User})) // 12 line
	c.say(eva)                                                                 // 13
	c.do(handshake{by: w.recorder, add: []*phone{otto}})                       // 14
	c.say(eva)                                                                 // 15
	c.do(handshake{by: w.recorder, remove: []*phone{otto}})                    // 16: he had lost his state
	c.do(handshake{by: w.recorder, add: []*phone{otto}})                       // 17
	c.say(eva)                                                                 // 18
	const msg, commit, line = messaging.ItemMessage, messaging.ItemCommit, messaging.ItemLine
	want := []entry{{6, commit, true}, {7, msg, false}, {10, commit, false},
		{12, line, false}, {14, commit, true}, {15, msg, false}, {16, commit, false}, {17, commit, true}, {18, msg, false}}
	if diff := cmp.Diff(want, c.since(otto)); diff != "" {
		t.Errorf("Otto (-want +got):\n%s", diff)
	}
	if got := c.since(eva); len(got) != 18 || got[0].Welcome {
		t.Errorf("Eva has %d: %v", len(got), got)
	}
	if got := c.since(w.phone(otto.User)); !cmp.Equal(got, []entry{{12, line, false}}) {
		t.Errorf("a device that is not in the tree: %v", got)
	}
	if got := c.since(w.phone(w.person("Ida Berg"))); len(got) != 0 {
		t.Errorf("a stranger: %v", got)
	}
	page, err := w.db.Since(t.Context(), w.clinic, otto.Caller.Device, c.id, 6, 2)
	w.must(err)
	if len(page) != 2 || page[0].Item.Seq != 7 || page[1].Item.Seq != 10 {
		t.Errorf("a page: %+v", page)
	}
	i := page[0].Item
	if i.User != otto.User || i.From != otto.Caller.Device || i.Epoch != 2 || len(i.Body) == 0 || i.At.IsZero() {
		t.Errorf("an item: %+v", i)
	}
}

// TestFormerMemberSeesTheEnd: before anybody is added anew, the line of the removal is the
// last one a former member gets.
func TestFormerMemberSeesTheEnd(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	c := w.room(messaging.GroupRoom, eva, otto)
	w.must(w.chat.Remove(t.Context(), eva.Caller, c.id, otto.User))
	w.must(w.chat.SetRole(t.Context(), eva.Caller, c.id, eva.User, messaging.Owner)) // changes nothing
	w.must(w.chat.Add(t.Context(), eva.Caller, c.id, []hub.UserID{w.person("Ida Berg")}))
	if diff := cmp.Diff([]entry{{1, messaging.ItemCommit, true}, {2, messaging.ItemLine, false}, {3, messaging.ItemLine, false}}, c.since(otto)); diff != "" {
		t.Errorf("Otto (-want +got):\n%s", diff)
	}
	puts := w.out.take()
	if removed := puts[len(puts)-2]; !slices.Contains(removed.Audience, otto.Caller.Device) {
		t.Error("he is not told that he was removed")
	}
	if last := puts[len(puts)-1]; slices.Contains(last.Audience, otto.Caller.Device) {
		t.Error("he is told what happens later")
	}
	m := c.message()
	if w.must(w.chat.Send(t.Context(), otto.Caller, []*messaging.Message{m})); m.Code != "room" {
		t.Errorf("he says something: %q", m.Code)
	}
}

// TestOrderAndNoGaps: many devices on two nodes send batches into few rooms, some messages
// twice, while handshakes go on: every room counts 1, 2, 3 ..., each message is there once
// under the number it was told, and those of one device stand in the order it sent them.
func TestOrderAndNoGaps(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.phone(w.person("Eva Lindner"))
	var people []*phone
	for i := range 5 {
		people = append(people, w.phone(w.person(fmt.Sprint("Person ", i))))
	}
	rooms := []*circle{w.room(messaging.GroupRoom, eva, people...), w.room(messaging.GroupRoom, eva, people...), w.room(messaging.GroupRoom, eva, people...)}
	chats := []*messaging.Chat{w.chat, w.service(w.node())}
	var all sync.WaitGroup
	for i, p := range people {
		all.Go(func() {
			sent := map[hub.RoomID]int64{}
			for range 12 {
				var batch []*messaging.Message
				for range 8 {
					batch = append(batch, rooms[rand.N(len(rooms))].message())
				}
				if err := chats[i%2].Send(t.Context(), p.Caller, batch); err != nil {
					t.Error(err)
				}
				for _, m := range batch {
					if m.Code != "" || m.Seq <= sent[m.Room] {
						t.Errorf("code %q, number %d after %d", m.Code, m.Seq, sent[m.Room])
					}
					sent[m.Room] = m.Seq
				}
				again := *batch[rand.N(len(batch))]
				had := again.Seq
				if err := chats[(i+1)%2].Send(t.Context(), p.Caller, []*messaging.Message{&again}); err != nil || again.Seq != had || again.At.IsZero() {
					t.Errorf("again: %v, number %d, want %d", err, again.Seq, had)
				}
			}
		})
	}
	all.Wait()
	for _, p := range w.out.take() {
		if p.Item.Kind == messaging.ItemMessage && p.Item.Body != nil && len(p.Audience) != 7 {
			t.Fatalf("a message for %d devices", len(p.Audience))
		}
	}
	if n := w.number(`select count(*) from (select max(seq) <> count(*) or min(seq) <> 1 as gap from item group by room_id) x where gap`); n != 0 {
		t.Errorf("%d rooms with gaps", n)
	}
	if n := w.number(`select count(*) from item where kind = 'msg'`); n != 5*12*8 {
		t.Errorf("%d messages, want %d", n, 5*12*8)
	}
	if n := w.number(`select count(*) from room r where last_seq <> (select count(*) from item i where i.room_id = r.id)`); n != 0 {
		t.Errorf("%d counters differ from their rooms", n)
	}
}

// TestOneWinnerPerEpoch: everybody commits in every epoch, on two nodes, while people talk.
// One wins each time, the others are told the new epoch, and all see the same order.
func TestOneWinnerPerEpoch(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.phone(w.person("Eva Lindner"))
	people := []*phone{eva}
	for i := range 5 {
		people = append(people, w.phone(w.person(fmt.Sprint("Person ", i))))
	}
	c := w.room(messaging.GroupRoom, eva, people[1:]...)
	chats := []*messaging.Chat{w.chat, w.service(w.node())}
	ctx, stop := context.WithCancel(t.Context())
	var talkers sync.WaitGroup
	talkers.Go(func() {
		for ctx.Err() == nil {
			// The race with the handshakes is the point: a refusal for the epoch is right too.
			m := c.messageOf(1)
			if err := w.chat.Send(t.Context(), eva.Caller, []*messaging.Message{m}); err != nil || m.Code != "" && m.Code != "epoch" {
				t.Errorf("%v, %q", err, m.Code)
			}
		}
	})
	const rounds = 15
	for range rounds {
		var all sync.WaitGroup
		won := make(chan messaging.Committed, len(people))
		for i, p := range people {
			commit := c.commit(handshake{by: p})
			all.Go(func() {
				done, err := chats[i%2].Commit(t.Context(), p.Caller, c.id, commit)
				var now messaging.CurrentEpoch
				switch {
				case err == nil:
					won <- done
				case !errors.As(err, &now) || int64(now) != c.epoch+1:
					t.Errorf("a loser is told %v", err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Fatalf("%d winners in epoch %d", len(won), c.epoch)
		}
		if done := <-won; done.Epoch != c.epoch+1 {
			t.Errorf("epoch %d begins, want %d", done.Epoch, c.epoch+1)
		}
		c.epoch++
	}
	stop()
	talkers.Wait()
	if n := w.number(`select count(*) from item where kind = 'commit'`); n != rounds+1 {
		t.Errorf("%d commits", n)
	}
	if n := w.number(`select count(*) from (select epoch, row_number() over (order by seq) - 1 as n from item where kind = 'commit') x where epoch <> n`); n != 0 {
		t.Errorf("%d commits out of order", n)
	}
	want := c.since(eva)
	for _, p := range people[1:] {
		if got := c.since(p); len(got) != len(want) {
			t.Errorf("one sees %d items, another %d", len(got), len(want))
		}
	}
}

// messageOf is a message of a given epoch.
func (c *circle) messageOf(epoch int64) *messaging.Message {
	return (&circle{w: c.w, id: c.id, epoch: epoch}).message()
}

// TestAudience is who has a leaf and is a member, also right after that has changed on another node.
func TestAudience(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	c := w.room(messaging.GroupRoom, eva, otto)
	other := w.node()
	check := func(users int, phones ...*phone) {
		t.Helper()
		var want []hub.DeviceID
		for _, p := range phones {
			want = append(want, p.Caller.Device)
		}
		slices.Sort(want)
		for range 2 { // the second from memory
			got, err := other.Audience(t.Context(), w.clinic, c.id)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("audience %v, %v, want %v", got, err, want)
			}
		}
		if got, err := other.RoomUsers(t.Context(), w.clinic, c.id); err != nil || len(got) != users {
			t.Errorf("users %v, %v, want %d", got, err, users)
		}
	}
	check(3, eva, otto, w.recorder)
	w.must(w.chat.Remove(t.Context(), eva.Caller, c.id, otto.User))
	check(2, eva, w.recorder) // his leaf is still in the tree
	c.do(handshake{by: w.recorder, remove: []*phone{otto}})
	check(2, eva, w.recorder)
	if got, err := other.Audience(t.Context(), w.clinic, hub.NewID[hub.RoomID]()); err != nil || len(got) != 0 {
		t.Errorf("of no room: %v, %v", got, err)
	}
}
