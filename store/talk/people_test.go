package talk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// lines returns what the newest n lines of a room say, people by their names.
func (c *circle) lines(n int, names map[hub.UserID]string) (out []string) {
	c.w.tb.Helper()
	rows, err := c.w.super.Query(c.w.ctx, `select body from item where room_id = $1 and kind = 'line' order by seq desc limit $2`, c.id, n)
	c.w.must(err)
	for rows.Next() {
		var body []byte
		var l struct {
			Act, By, Role string
			Users         []hub.UserID
		}
		c.w.must(rows.Scan(&body))
		c.w.must(json.Unmarshal(body, &l))
		text := names[hub.UserID(l.By)] + " " + l.Act
		for _, u := range l.Users {
			text += " " + names[u]
		}
		out = append(out, strings.TrimSpace(text+" "+l.Role))
	}
	slices.Reverse(out)
	return out
}

func TestRoster(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida, jan := w.phone(w.person("Eva")), w.phone(w.person("Otto")), w.phone(w.person("Ida")), w.phone(w.person("Jan"))
	names := map[hub.UserID]string{eva.User: "Eva", otto.User: "Otto", ida.User: "Ida", jan.User: "Jan"}
	c := w.room(messaging.GroupRoom, eva, otto)
	ctx := t.Context()
	w.must(w.chat.Add(ctx, eva.Caller, c.id, []hub.UserID{ida.User, jan.User, otto.User, ida.User}))
	w.must(w.chat.Add(ctx, eva.Caller, c.id, []hub.UserID{ida.User})) // is in
	w.must(w.chat.SetRole(ctx, eva.Caller, c.id, ida.User, messaging.Moderator))
	w.must(w.chat.SetRole(ctx, eva.Caller, c.id, ida.User, messaging.Moderator)) // is one
	w.must(w.chat.Remove(ctx, ida.Caller, c.id, jan.User))
	w.must(w.chat.Remove(ctx, eva.Caller, c.id, eva.User)) // leaves: the oldest moderator inherits
	w.must(w.chat.Remove(ctx, ida.Caller, c.id, ida.User)) // then the oldest member
	who := []hub.UserID{ida.User, jan.User}
	slices.Sort(who)
	want := []string{"Eva created Otto", fmt.Sprintf("Eva added %s %s", names[who[0]], names[who[1]]), "Eva role Ida moderator", "Ida removed Jan",
		"Eva left Eva", "Eva role Ida owner", "Ida left Ida", "Ida role Otto owner"}
	if diff := cmp.Diff(want, c.lines(20, names)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	members, err := w.chat.Members(ctx, otto.Caller, c.id)
	w.must(err)
	if len(members) != 2 {
		t.Errorf("left over: %+v", members)
	}
	w.must(w.chat.Remove(ctx, otto.Caller, c.id, otto.User)) // the last one
	if n := w.number(`select count(*) from room_member where room_id = $1 and until is null`, c.id); n != 1 {
		t.Errorf("%d members, want the recorder", n)
	}
	if rooms, err := w.chat.Conversations(ctx, otto.Caller); err != nil || len(rooms) != 0 {
		t.Errorf("Otto's rooms: %v %v", rooms, err)
	}
}

func TestRosterRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida, jan := w.phone(w.person("Eva")), w.phone(w.person("Otto")), w.phone(w.person("Ida")), w.phone(w.person("Jan"))
	c, d := w.room(messaging.GroupRoom, eva, otto, ida), w.room(messaging.DirectRoom, eva, otto)
	ctx := t.Context()
	w.must(w.chat.SetRole(ctx, eva.Caller, c.id, ida.User, messaging.Moderator))
	locked := w.person("Gesperrt")
	w.exec(`update account set locked_here = true where id = $1`, locked)
	for name, x := range map[string]struct {
		err  error
		kind hub.Kind
		code string
	}{
		"a member adds":                   {w.chat.Add(ctx, otto.Caller, c.id, []hub.UserID{jan.User}), hub.Forbidden, "role"},
		"somebody locked is added":        {w.chat.Add(ctx, eva.Caller, c.id, []hub.UserID{locked}), hub.Forbidden, "relation"},
		"a stranger is added":             {w.chat.Add(ctx, eva.Caller, c.id, []hub.UserID{hub.NewID[hub.UserID]()}), hub.Forbidden, "relation"},
		"a stranger adds":                 {w.chat.Add(ctx, jan.Caller, c.id, []hub.UserID{jan.User, eva.User}), hub.NotFound, "room"},
		"nobody is added":                 {w.chat.Add(ctx, eva.Caller, c.id, nil), hub.Invalid, ""},
		"a direct room grows":             {w.chat.Add(ctx, eva.Caller, d.id, []hub.UserID{jan.User}), hub.Conflict, "direct"},
		"a direct room is left":           {w.chat.Remove(ctx, eva.Caller, d.id, eva.User), hub.Conflict, "direct"},
		"a direct room gets roles":        {w.chat.SetRole(ctx, eva.Caller, d.id, otto.User, messaging.Reader), hub.Conflict, "direct"},
		"a member removes":                {w.chat.Remove(ctx, otto.Caller, c.id, ida.User), hub.Forbidden, "role"},
		"a moderator removes an owner":    {w.chat.Remove(ctx, ida.Caller, c.id, eva.User), hub.Forbidden, "role"},
		"a moderator sets roles":          {w.chat.SetRole(ctx, ida.Caller, c.id, otto.User, messaging.Owner), hub.Forbidden, "role"},
		"the recorder is removed":         {w.chat.Remove(ctx, eva.Caller, c.id, w.recorder.User), hub.Forbidden, "role"},
		"the recorder leaves":             {w.chat.Remove(ctx, w.recorder.Caller, c.id, w.recorder.User), hub.Forbidden, "role"},
		"the recorder gets a role":        {w.chat.SetRole(ctx, eva.Caller, c.id, w.recorder.User, messaging.Owner), hub.Forbidden, "role"},
		"somebody not in it is removed":   {w.chat.Remove(ctx, eva.Caller, c.id, jan.User), hub.NotFound, ""},
		"a role nobody knows":             {w.chat.SetRole(ctx, eva.Caller, c.id, otto.User, "king"), hub.Invalid, ""},
		"a stranger mutes":                {w.chat.Mute(ctx, jan.Caller, c.id, true), hub.NotFound, "room"},
		"a stranger asks who is in it":    {second(w.chat.Members(ctx, jan.Caller, c.id)), hub.NotFound, "room"},
		"a stranger asks how far it came": {second(w.chat.Receipts(ctx, jan.Caller, c.id)), hub.NotFound, "room"},
	} {
		w.refused(name, x.err, x.kind, x.code)
	}
	if n := w.number(`select count(*) from item where kind = 'line'`); n != 3 {
		t.Errorf("%d lines", n)
	}
}

func second[T any](_ T, err error) error { return err }

// TestLastOwnerStepsDown: a room is never without an owner.
func TestLastOwnerStepsDown(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	c := w.room(messaging.GroupRoom, eva, otto)
	w.must(w.chat.SetRole(t.Context(), eva.Caller, c.id, eva.User, messaging.Reader))
	members, err := w.chat.Members(t.Context(), eva.Caller, c.id)
	w.must(err)
	for _, m := range members {
		if m.User == otto.User && m.Role != messaging.Owner || m.User == eva.User && m.Role != messaging.Reader {
			t.Errorf("%s is %s", m.Name, m.Role)
		}
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.phone(w.person("Eva Lindner"))
	w.phone(w.person("Otto Linde"))
	w.exec(`update account set locked_here = true where id = $1`, w.person("Ida Lindt"))
	w.exec(`insert into account (clinic_id, id, login, name, level, activated_at) values ($1, gen_random_uuid(), 'admin', 'Linus Technik', 'admin', now())`, w.clinic)
	got, err := w.chat.Contacts(t.Context(), eva.Caller, "lIn", 10)
	w.must(err)
	if len(got) != 1 || got[0].Name != "Otto Linde" || got[0].Devices != 1 || got[0].Recorder {
		t.Errorf("found %+v", got)
	}
	all, err := w.chat.Contacts(t.Context(), eva.Caller, "", 10)
	w.must(err)
	if len(all) != 2 || !all[1].Recorder {
		t.Errorf("all: %+v", all)
	}
	if got, err := w.chat.Contacts(t.Context(), eva.Caller, "%", 10); err != nil || len(got) != 0 {
		t.Errorf("a per cent sign finds %v, %v", got, err)
	}
	_, err = w.chat.Contacts(t.Context(), eva.Caller, strings.Repeat("x", 101), 10)
	w.refused("a long text", err, hub.Invalid, "")
}

// TestReceipts: an account's first device counts, marks never go back, and each step keeps
// its time.
func TestReceipts(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	tablet := w.phone(otto.User)
	c := w.room(messaging.GroupRoom, eva, otto, tablet)
	for range 4 {
		c.say(eva)
	}
	ctx := t.Context()
	ack := func(p *phone, seq int64) {
		w.must(w.db.SaveCursor(ctx, w.clinic, p.Caller.Device, messaging.Cursor{c.id: seq}))
	}
	read := func(p *phone, seq int64, want bool) {
		t.Helper()
		if moved, err := w.chat.MarkRead(ctx, p.Caller, c.id, seq); err != nil || moved != want {
			t.Errorf("read up to %d: moved %v, %v", seq, moved, err)
		}
	}
	ack(otto, 4)
	ack(tablet, 3)
	read(tablet, 3, true)
	read(otto, 2, false)
	read(w.phone(w.person("Ida")), 2, false)
	ack(tablet, 1<<40)
	read(otto, 1<<40, true)
	got, err := w.chat.Receipts(ctx, eva.Caller, c.id)
	w.must(err)
	if want := []messaging.Receipt{{User: eva.User}, {User: otto.User, Delivered: 6, Read: 6}}; !cmp.Equal(got, want) && !cmp.Equal(got, []messaging.Receipt{want[1], want[0]}) {
		t.Errorf("receipts: %+v", got)
	}
	steps := func(kind string) (n int) {
		return w.number(`select count(*) from receipt where kind = $1`, kind)
	}
	if steps("delivered") != 2 || steps("read") != 2 {
		t.Errorf("%d and %d steps, want 2 each", steps("delivered"), steps("read"))
	}
	w.exec(`update receipt set at = timestamp 'epoch' + seq * interval '1 day'`)
	for seq, want := range map[int64][2]int64{3: {4, 3}, 5: {6, 6}} {
		items, err := w.chat.ItemReceipts(ctx, eva.Caller, c.id, seq)
		w.must(err)
		if len(items) != 1 || items[0].User != otto.User || items[0].DeliveredAt.Unix() != want[0]*86400 || items[0].ReadAt.Unix() != want[1]*86400 {
			t.Errorf("item %d: %+v", seq, items)
		}
	}
	list, err := w.chat.Conversations(ctx, otto.Caller)
	w.must(err)
	if list[0].Read != 6 {
		t.Errorf("read up to %d", list[0].Read)
	}
	w.must(w.chat.Mute(ctx, otto.Caller, c.id, true))
	if list, _ := w.chat.Conversations(ctx, otto.Caller); !list[0].Muted {
		t.Error("not muted")
	}
	if list, _ := w.chat.Conversations(ctx, eva.Caller); list[0].Muted {
		t.Error("muted for another")
	}
}

// TestRecorderIsNobody: the account is made once, is in every room, and appears nowhere
// among the staff.
func TestRecorderIsNobody(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	again, created, err := w.db.EnsureRecorder(ctx, w.clinic)
	if err != nil || created || again != w.recorder.User {
		t.Errorf("again: %v %v %v", again, created, err)
	}
	eva := w.phone(w.person("Eva"))
	before, err := w.db.StaffCounts(ctx, w.clinic, day(0))
	w.must(err)
	if before.AccountsActive != 1 || before.ActivationOpen != 0 {
		t.Errorf("counted: %+v", before)
	}
	c := w.room(messaging.GroupRoom, eva)
	// A clinic that had rooms before it had a recorder.
	w.exec(`update account set recorder = false where recorder`)
	fresh, created, err := w.db.EnsureRecorder(ctx, w.clinic)
	if err != nil || !created || fresh == again {
		t.Fatalf("a new one: %v %v %v", fresh, created, err)
	}
	if n := w.number(`select count(*) from room_member where room_id = $1 and user_id = $2 and since_seq = 2`, c.id, fresh); n != 1 {
		t.Error("it is not in the room that was there")
	}
	if user, device, err := w.chat.Recorder(ctx, w.clinic); err != nil || user != fresh || device != "" {
		t.Errorf("found %v %v %v", user, device, err)
	}
}

func TestUserDevices(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	w.exec(`update device set revoked_at = now() where id = $1`, w.phone(otto.User).Caller.Device)
	ask := func(of hub.UserID) ([]messaging.PublicDevice, error) {
		return w.chat.UserDevices(t.Context(), eva.Caller, of)
	}
	got, err := ask(otto.User)
	w.must(err)
	if len(got) != 1 || got[0].ID != otto.Caller.Device || len(got[0].Sign) != 32 || len(got[0].KEM) != 1216 {
		t.Errorf("Otto's devices: %d", len(got))
	}
	if own, err := ask(eva.User); err != nil || len(own) != 1 {
		t.Errorf("one's own: %d, %v", len(own), err)
	}
	w.refused("the recorder, met nowhere", second(ask(w.recorder.User)), hub.NotFound, "")
	w.room(messaging.GroupRoom, eva, otto)
	if met, err := ask(w.recorder.User); err != nil || len(met) != 1 {
		t.Errorf("the recorder, met in a room: %d, %v", len(met), err)
	}
	w.exec(`update account set locked_here = true where id = $1`, otto.User)
	if locked, err := ask(otto.User); err != nil || len(locked) != 0 {
		t.Errorf("of a locked account: %d, %v", len(locked), err)
	}
	w.refused("a stranger", second(ask(hub.NewID[hub.UserID]())), hub.NotFound, "")
	w.refused("no id", second(ask("x")), hub.Invalid, "")
}
