package teams_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/framing/framingtest"
)

// robot is the recorder as far as the hub sees it: it begins the rooms it is asked to begin.
type robot struct {
	w *world
	messaging.Caller
	*framingtest.Device
}

func (w *world) robot() *robot {
	w.t.Helper()
	user, _, err := w.db.EnsureRecorder(w.t.Context(), w.clinic)
	w.must(err)
	w.exec(`update account set activated_at = now() where recorder`)
	r := &robot{w: w, Caller: messaging.Caller{Clinic: w.clinic, User: user, Device: w.device(user)}}
	r.Device = framingtest.NewDevice(string(w.clinic) + "/" + string(user) + "/" + string(r.Caller.Device))
	w.exec(`update device set sign_public = $2 where id = $1`, r.Caller.Device, []byte(r.Key.Public().(ed25519.PublicKey)))
	return r
}

// upkeep returns what the recorder is told of rooms of the house.
func (r *robot) upkeep() map[hub.RoomID]messaging.House {
	r.w.t.Helper()
	list, err := r.w.chat.Upkeep(r.w.t.Context(), r.Caller, 200)
	r.w.must(err)
	out := map[hub.RoomID]messaging.House{}
	for _, u := range list {
		if u.House != nil {
			out[u.Room] = *u.House
		}
	}
	return out
}

// begin begins every room that waits for it.
func (r *robot) begin() {
	r.w.t.Helper()
	for room, house := range r.upkeep() {
		if house.Begin {
			r.w.must(r.create(room, r.Caller, r.Device))
		}
	}
}

func (r *robot) create(room hub.RoomID, by messaging.Caller, d *framingtest.Device) error {
	c := framingtest.Commit{Room: string(room), Path: d}
	_, err := r.w.chat.Create(r.w.t.Context(), by, messaging.NewRoom{
		ID: room, Kind: messaging.GroupRoom, Commit: messaging.Commit{ID: hub.NewID[string](), Body: c.Message()},
	})
	return err
}

func (w *world) follow(f directory.Following) hub.RoomID {
	w.t.Helper()
	w.must(w.teams.FollowRoom(w.t.Context(), w.clinic, f, true, w.admin))
	return w.following(f).Room
}

func (w *world) following(f directory.Following) directory.FollowingRow {
	w.t.Helper()
	all, err := w.teams.Followings(w.t.Context(), w.clinic)
	w.must(err)
	i := slices.IndexFunc(all, func(r directory.FollowingRow) bool { return r.Following == f })
	if i < 0 {
		w.t.Fatalf("%+v is not followed", f)
	}
	return all[i]
}

// members reconciles and checks who is in a room beside the recorder.
func (w *world) members(what string, room hub.RoomID, want ...someone) {
	w.t.Helper()
	_, err := w.teams.Reconcile(w.t.Context(), w.clinic, w.chat)
	w.must(err)
	if n := w.number(`select count(*) from room_member where room_id = $1 and until is null`, room); n != len(want)+1 {
		w.t.Errorf("%s: %d are in the room, want %d and the recorder", what, n, len(want))
	}
	for _, s := range want {
		if w.number(`select count(*) from room_member where room_id = $1 and until is null and user_id = $2`, room, s.user) != 1 {
			w.t.Errorf("%s: somebody is not in the room", what)
		}
	}
	if n, err := w.teams.Reconcile(w.t.Context(), w.clinic, w.chat); n != 0 || err != nil {
		w.t.Errorf("%s: a second look finds %d, %v", what, n, err)
	}
}

func TestTheRoomOfAWard(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	eva, ida := w.person("Eva", []string{"4B"}), w.person("Ida", []string{"4B"})
	w.person("Chefin", []string{"CHI"}) // above is not on it
	w.device(eva.user)
	f := directory.Following{Unit: w.units["4B"]}
	room := w.follow(f)
	if again := w.follow(f); again != room {
		t.Error("switched on twice, it is another room")
	}
	if row := w.following(f); row.Name != "Station 4B" || row.Members != 2 || row.Waiting != 1 {
		t.Errorf("%+v", row)
	}
	if n, err := w.teams.Reconcile(t.Context(), w.clinic, w.chat); n != 0 || err != nil {
		t.Errorf("before it is begun: %d, %v", n, err)
	}
	if h := r.upkeep()[room]; !h.Begin || h.Title != "Station 4B" || len(h.Members) != 0 {
		t.Errorf("the recorder is told %+v", h)
	}
	mallory := framingtest.NewDevice(string(w.clinic) + "/" + string(eva.user) + "/" + string(w.device(eva.user)))
	w.refused("anybody else begins it", r.create(room, messaging.Caller{Clinic: w.clinic, User: eva.user, Device: w.device(eva.user)}, mallory), hub.Conflict, "taken", "")
	r.begin()
	w.members("begun", room, eva, ida)
	if h := r.upkeep()[room]; h.Begin || len(h.Members) != 3 {
		t.Errorf("the recorder is told %+v", h)
	}
	w.exec(`delete from person_unit where person_id = $1`, ida.person)
	w.members("somebody leaves the ward", room, eva)
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, eva.user, true))
	w.members("somebody is locked", room)
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, eva.user, false))
	ute := w.person("Ute", []string{"4B"})
	w.members("somebody comes, somebody is back", room, eva, ute)
	lines := w.number(`select count(*) from item where room_id = $1 and kind = 'line' and user_id = $2`, room, r.User)
	if lines != 5 { // created, two added, two removed, and the last with both
		t.Logf("%d lines", lines)
	}
	if lines < 5 {
		t.Errorf("only %d lines tell of who came and went", lines)
	}
}

func TestNobodyChangesARoomOfTheHouseByHand(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	eva, ida := w.person("Eva", []string{"4B"}), w.person("Ida", nil)
	f := directory.Following{Unit: w.units["4B"]}
	room := w.follow(f)
	r.begin()
	w.members("begun", room, eva)
	by := messaging.Caller{Clinic: w.clinic, User: eva.user, Device: w.device(eva.user)}
	for name, err := range map[string]error{
		"leave": w.chat.Remove(t.Context(), by, room, eva.user), "add": w.chat.Add(t.Context(), by, room, []hub.UserID{ida.user}),
		"role":              w.chat.SetRole(t.Context(), by, room, eva.user, messaging.Owner),
		"the recorder adds": w.chat.Add(t.Context(), r.Caller, room, []hub.UserID{ida.user}),
	} {
		w.refused(name, err, hub.Conflict, "follows", "")
	}
	w.must(w.teams.FollowRoom(t.Context(), w.clinic, f, false, w.admin))
	w.exec(`delete from person_unit`)
	w.members("let go, it stays as it is", room, eva)
	w.must(w.chat.Follow(t.Context(), w.clinic, room, []hub.UserID{ida.user}, nil))
	w.members("a late word of the reconciler does nothing", room, eva)
	w.must(w.chat.Remove(t.Context(), by, room, eva.user))
	w.members("now one may leave", room)
	if again := w.follow(f); again != room {
		t.Error("switched on again, it is another room")
	}
}

// TestTheRoomOfARole: whoever goes on duty is in at once, whoever goes off stays for the handover.
func TestTheRoomOfARole(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	eva, ida := w.person("Eva", []string{"4B"}), w.person("Ida", []string{"4B"})
	role := w.role("4B", "Pflege")
	f := directory.Following{Role: role}
	room := w.follow(f)
	if row := w.following(f); row.Name != "Pflege · Station 4B" {
		t.Errorf("%+v", row)
	}
	r.begin()
	w.must(w.duty.Take(t.Context(), w.clinic, eva.user, role))
	w.members("on duty", room, eva)
	w.must(w.duty.Take(t.Context(), w.clinic, ida.user, role))
	w.must(w.duty.Release(t.Context(), w.clinic, eva.user, role, true))
	w.members("handover", room, eva, ida)
	w.exec(`update duty set until = until - interval '29 minutes' where until is not null`)
	w.members("still", room, eva, ida)
	w.exec(`update duty set until = until - interval '2 minutes' where until is not null`)
	w.members("over", room, ida)
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, ida.user, true))
	w.members("a lock has no handover", room)
}

func TestTheRoomOfAGroup(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	eva, ida := w.person("Eva", nil, "title=Dr."), w.person("Ida", nil)
	g := w.save(directory.Group{Name: "Ärzte", Kind: directory.GroupByRule, Rule: byRule(directory.Title, directory.TestIs, "Dr."), Room: true})
	if !g.Room {
		t.Error("the room is not switched on")
	}
	f := directory.Following{Group: g.ID}
	room := w.following(f).Room
	r.begin()
	w.members("as the rule says", room, eva)
	w.exec(`update person set shown = '{"title":"Dr."}' where id = $1`, ida.person)
	w.refresh()
	w.members("the rule holds for one more", room, eva, ida)
	g.Name = "Ärztinnen und Ärzte"
	g = w.save(g)
	w.members("renamed", room, eva, ida)
	if h := r.upkeep()[room]; h.Title != "Ärztinnen und Ärzte" {
		t.Errorf("the recorder is told %+v", h)
	}
	g.Room = false
	g = w.save(g)
	if got := w.group(g.Name); got.Room {
		t.Error("the room is still switched on")
	}
	w.exec(`update person set shown = '{}'`)
	w.refresh()
	w.members("let go", room, eva, ida)
}

// TestTitlesAreSaidOnce: the recorder is told a title until it has said something since.
func TestTitlesAreSaidOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	room := w.follow(directory.Following{Unit: w.units["4B"]})
	r.begin()
	say := func() {
		w.exec(`insert into item (clinic_id, room_id, seq, id, kind, ref, body, at, user_id, device_id) select $1, $2, last_seq + 1, gen_random_uuid(), 'msg', '', '', now(), $3, $4 from room where id = $2`,
			w.clinic, room, r.User, r.Caller.Device)
		w.exec(`update room set last_seq = last_seq + 1 where id = $1`, room)
	}
	told := func(want bool) {
		t.Helper()
		if _, got := r.upkeep()[room]; got != want {
			t.Errorf("told: %v", got)
		}
	}
	told(true)
	say()
	told(false)
	_, err := w.teams.SaveUnit(t.Context(), w.clinic, directory.UnitEdit{ID: w.units["4B"], Code: "4B", Name: "Unfallchirurgie", Kind: directory.Ward}, w.admin)
	w.must(err)
	w.members("nobody", room)
	told(true)
	say()
	told(false)
}

func TestRoomsThatWouldBeTooLarge(t *testing.T) {
	t.Parallel()
	w := open(t)
	for i := range 130 {
		p := w.person(fmt.Sprintf("P%d", i), []string{"4B"})
		w.device(p.user)
		w.device(p.user)
	}
	err := w.teams.FollowRoom(t.Context(), w.clinic, directory.Following{Unit: w.units["4B"]}, true, w.admin)
	w.refused("130 people with two devices", err, hub.Conflict, "too_large", "")
	var n directory.TooLarge
	if !errors.As(err, &n) || n != 261 {
		t.Errorf("it names %d", n)
	}
	if all, err := w.teams.Followings(t.Context(), w.clinic); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	_, err = w.teams.SaveGroup(t.Context(), w.clinic, directory.Group{Name: "Alle", Kind: directory.GroupByRule, Room: true, Rule: byRule(directory.FieldUnit, directory.TestIs, "4B")}, nil, w.admin)
	w.refused("as a group", err, hub.Conflict, "too_large", "")
	w.exec(`update device set revoked_at = now() where id in (select min(id::text)::uuid from device group by account_id)`)
	w.must(w.teams.FollowRoom(t.Context(), w.clinic, directory.Following{Unit: w.units["4B"]}, true, w.admin))
}

// TestAWardOutgrowsItsRoom: it keeps those who are in, and nothing breaks.
func TestAWardOutgrowsItsRoom(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	room := w.follow(directory.Following{Unit: w.units["4B"]})
	r.begin()
	w.exec(`with p as (insert into person (clinic_id, id, name) select $1, gen_random_uuid(), 'P' || n from generate_series(1, 300) n returning id),
u as (insert into person_unit (clinic_id, person_id, unit_id, source) select $1, id, $2, gen_random_uuid() from p)
insert into account (clinic_id, id, person_id, login, name, activated_at) select $1, gen_random_uuid(), id, id::text, 'P', now() from p`, w.clinic, w.units["4B"])
	for range 2 {
		_, err := w.teams.Reconcile(t.Context(), w.clinic, w.chat)
		w.must(err)
	}
	if n := w.number(`select count(*) from room_member where room_id = $1 and until is null`, room); n != messaging.MaxMembers {
		t.Errorf("%d members", n)
	}
}

// TestABegunRoomIsToldOf: whoever brings members into rooms need not wait for the next look.
func TestABegunRoomIsToldOf(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.robot()
	w.follow(directory.Following{Unit: w.units["4B"]})
	w.exec(`listen wardline_changed`)
	w.must(r.create(hub.NewID[hub.RoomID](), r.Caller, r.Device)) // no room of the house: nothing is told
	r.begin()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n, err := w.super.WaitForNotification(ctx)
	w.must(err)
	if !strings.Contains(n.Payload, `"followings"`) || !strings.Contains(n.Payload, string(w.clinic)) {
		t.Errorf("told %s", n.Payload)
	}
	w.exec(`notify wardline_changed, 'last'`)
	n, err = w.super.WaitForNotification(ctx)
	if w.must(err); n.Payload != "last" {
		t.Errorf("told %s too", n.Payload)
	}
}

func TestFollowingsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := open(t)
	for name, c := range map[string]struct {
		f    directory.Following
		kind hub.Kind
		at   string
	}{
		"nothing":      {directory.Following{}, hub.Invalid, "following"},
		"two things":   {directory.Following{Unit: w.units["4B"], Role: hub.NewID[hub.RoleID]()}, hub.Invalid, "following"},
		"no id":        {directory.Following{Unit: "4B"}, hub.Invalid, "following"},
		"no such unit": {directory.Following{Unit: hub.NewID[hub.UnitID]()}, hub.NotFound, ""},
	} {
		w.refused(name, w.teams.FollowRoom(t.Context(), w.clinic, c.f, true, w.admin), c.kind, "", c.at)
	}
}
