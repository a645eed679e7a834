package talk_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/framing/framingtest"
)

func TestCreateRoom(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	tablet := w.phone(eva.User)
	c := w.room(messaging.GroupRoom, eva, otto, tablet)
	puts := w.out.take()
	if len(puts) != 2 || puts[0].Item.Kind != messaging.ItemCommit || puts[1].Item.Kind != messaging.ItemLine {
		t.Fatalf("published %d puts", len(puts))
	}
	everybody := []hub.DeviceID{eva.Caller.Device, otto.Caller.Device, tablet.Caller.Device, w.recorder.Caller.Device}
	if slices.Sort(everybody); !slices.Equal(puts[0].Audience, everybody) || !slices.Equal(puts[1].Audience, everybody) {
		t.Errorf("for %v and %v", puts[0].Audience, puts[1].Audience)
	}
	if len(puts[0].Added) != 3 || slices.Contains(puts[0].Added, eva.Caller.Device) {
		t.Errorf("added %v", puts[0].Added)
	}
	var line map[string]any
	if err := json.Unmarshal(puts[1].Item.Body, &line); err != nil || line["act"] != "created" || line["by"] != string(eva.User) {
		t.Errorf("line %s", puts[1].Item.Body)
	}
	list, err := w.chat.Conversations(t.Context(), otto.Caller)
	w.must(err)
	if len(list) != 1 || list[0].ID != c.id || list[0].Epoch != 1 || list[0].LastSeq != 2 || list[0].Role != messaging.Member || list[0].Members != 3 || list[0].At.IsZero() {
		t.Errorf("Otto's rooms: %+v", list)
	}
	members, err := w.chat.Members(t.Context(), otto.Caller, c.id)
	w.must(err)
	if len(members) != 3 || !slices.ContainsFunc(members, func(m messaging.RoomMember) bool { return m.Recorder && m.Name != "" }) {
		t.Errorf("roster: %+v", members)
	}
}

func TestCreateAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer")), w.phone(w.person("Ida Berg"))
	c := &circle{w: w, id: hub.NewID[hub.RoomID](), seats: []*phone{eva}}
	r := messaging.NewRoom{ID: c.id, Kind: messaging.DirectRoom, Members: []hub.UserID{otto.User}, Commit: c.commit(handshake{by: eva, add: []*phone{otto}})}
	first, err := w.chat.Create(t.Context(), eva.Caller, r)
	w.must(err)
	again, err := w.chat.Create(t.Context(), eva.Caller, r)
	if err != nil || again.ID != first.ID || again.LastSeq != 2 || again.Peer != otto.User {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	for p, peer := range map[*phone]hub.UserID{eva: otto.User, otto: eva.User, w.recorder: ""} {
		if list, err := w.chat.Conversations(t.Context(), p.Caller); err != nil || len(list) != 1 || list[0].Peer != peer {
			t.Errorf("with %q: %+v, %v", peer, list, err)
		}
	}
	// Otto begins the same room from his side.
	d := &circle{w: w, id: hub.NewID[hub.RoomID](), seats: []*phone{otto}}
	back := messaging.NewRoom{ID: d.id, Kind: messaging.DirectRoom, Members: []hub.UserID{eva.User}, Commit: d.commit(handshake{by: otto, add: []*phone{eva}})}
	_, err = w.chat.Create(t.Context(), otto.Caller, back)
	w.refused("from the other side", err, hub.Conflict, "exists")
	var there messaging.ExistingRoom
	if !errors.As(err, &there) || hub.RoomID(there) != c.id {
		t.Errorf("the room there is: %v", there)
	}
	// Ida uses Eva's room id.
	e := &circle{w: w, id: c.id, seats: []*phone{ida}}
	_, err = w.chat.Create(t.Context(), ida.Caller, messaging.NewRoom{ID: c.id, Kind: messaging.GroupRoom, Commit: e.commit(handshake{by: ida})})
	w.refused("somebody else's id", err, hub.Conflict, "taken")
	if n := w.number(`select count(*) from room where kind <> 'alarm'`); n != 1 {
		t.Errorf("%d rooms", n)
	}
}

func TestCreateRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	locked := w.phone(w.person("Gesperrt"))
	w.exec(`update account set locked_here = true where id = $1`, locked.User)
	invited := w.person("Eingeladen")
	w.exec(`update account set activated_at = null where id = $1`, invited)
	type change func(*circle, *messaging.NewRoom)
	with := func(users ...hub.UserID) change { return func(_ *circle, r *messaging.NewRoom) { r.Members = users } }
	for name, c := range map[string]struct {
		change change
		kind   hub.Kind
		code   string
	}{
		"no id":              {func(_ *circle, r *messaging.NewRoom) { r.ID = "x" }, hub.Invalid, ""},
		"an alarm room":      {func(_ *circle, r *messaging.NewRoom) { r.Kind = messaging.AlarmRoom }, hub.Invalid, ""},
		"direct with nobody": {func(_ *circle, r *messaging.NewRoom) { r.Kind, r.Members = messaging.DirectRoom, nil }, hub.Invalid, ""},
		"direct with oneself": {func(_ *circle, r *messaging.NewRoom) {
			r.Kind, r.Members = messaging.DirectRoom, []hub.UserID{eva.User}
		}, hub.Invalid, ""},
		"direct with the recorder": {func(_ *circle, r *messaging.NewRoom) {
			r.Kind, r.Members = messaging.DirectRoom, []hub.UserID{w.recorder.User}
		}, hub.Invalid, ""},
		"an alert nobody raised":  {func(_ *circle, r *messaging.NewRoom) { r.Alert = hub.NewID[hub.AlertID]() }, hub.Invalid, ""},
		"somebody locked":         {with(otto.User, locked.User), hub.Forbidden, "relation"},
		"somebody not yet active": {with(otto.User, invited), hub.Forbidden, "relation"},
		"a stranger":              {with(otto.User, hub.NewID[hub.UserID]()), hub.Forbidden, "relation"},
		"a device of no member":   {with(), hub.Forbidden, "relation"},
		"another room's commit":   {func(_ *circle, r *messaging.NewRoom) { r.ID = hub.NewID[hub.RoomID]() }, hub.NotFound, "room"},
		"a later epoch": {func(c *circle, r *messaging.NewRoom) {
			c.epoch = 1
			r.Commit = c.commit(handshake{by: eva, add: []*phone{otto}})
		}, hub.Conflict, "epoch"},
		"another leaf": {func(c *circle, r *messaging.NewRoom) {
			c.seats = []*phone{nil, eva}
			r.Commit = c.commit(handshake{by: eva, add: []*phone{otto}})
		}, hub.Forbidden, "sender"},
	} {
		room := &circle{w: w, id: hub.NewID[hub.RoomID](), seats: []*phone{eva}}
		r := messaging.NewRoom{ID: room.id, Kind: messaging.GroupRoom, Members: []hub.UserID{otto.User}, Commit: room.commit(handshake{by: eva, add: []*phone{otto}})}
		c.change(room, &r)
		_, err := w.chat.Create(t.Context(), eva.Caller, r)
		w.refused(name, err, c.kind, c.code)
	}
	if n := w.number(`select count(*) from room where kind <> 'alarm'`) + w.number(`select count(*) from item`) + w.number(`select count(*) from room_leaf`); n != 0 {
		t.Errorf("%d rows of rooms that were refused", n)
	}
}

// TestCommitRefusals has a case for every reason the hub refuses a handshake for. Each is a
// good one with one thing wrong.
func TestCommitRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer")), w.phone(w.person("Ida Berg"))
	c := w.room(messaging.GroupRoom, eva, otto, ida)
	tablet := w.phone(otto.User)
	c.do(handshake{by: otto, add: []*phone{tablet}})
	stranger := w.phone(w.person("Fremd"))
	spare, pending := w.phone(otto.User), w.pending(otto.User)
	lost := w.phone(otto.User)
	w.exec(`update device set revoked_at = now() where id = $1`, lost.Caller.Device)
	gone := w.person("Gegangen")
	w.must(w.chat.Add(t.Context(), eva.Caller, c.id, []hub.UserID{gone}))
	goneDevice := w.phone(gone)
	w.exec(`update account set locked_there = true where id = $1`, gone)
	good := handshake{by: otto, add: []*phone{spare}}
	made := func(change func(*framingtest.Commit)) messaging.Commit {
		p := spare.KeyPackage(framingtest.Package{})
		m := framingtest.Commit{Room: string(c.id), Epoch: uint64(c.epoch), Sender: c.seat(otto), Adds: [][]byte{p}, Path: otto.Device}
		change(&m)
		return messaging.Commit{ID: hub.NewID[string](), Body: m.Message(), Welcome: framingtest.Welcome(m.Adds...)}
	}
	offer := func(p []byte) messaging.Commit {
		return made(func(m *framingtest.Commit) { m.Adds = [][]byte{p} })
	}
	impostor := &phone{Caller: spare.Caller, Device: framingtest.NewDevice(spare.Identity)}
	long, past := framingtest.Package{}, framingtest.Package{}
	past.NotBefore, past.NotAfter = day(-3), day(-1)
	long.NotBefore, long.NotAfter = day(1), day(2)
	known := c.commit(good)
	noWelcome, wrongWelcome := c.commit(good), c.commit(good)
	noWelcome.Welcome, wrongWelcome.Welcome = nil, framingtest.Welcome(spare.KeyPackage(framingtest.Package{}))
	idle := c.commit(handshake{by: otto})
	idle.Welcome = framingtest.Welcome(spare.KeyPackage(framingtest.Package{}))
	large := c.commit(good)
	large.Body = make([]byte, 256<<10+1)
	for name, x := range map[string]struct {
		by     *phone
		commit messaging.Commit
		kind   hub.Kind
		code   string
	}{
		"malformed":                     {otto, messaging.Commit{ID: known.ID, Body: known.Body[:100]}, hub.Invalid, "malformed"},
		"a message instead":             {otto, messaging.Commit{ID: known.ID, Body: c.message().Body}, hub.Invalid, "malformed"},
		"too large":                     {otto, large, hub.Invalid, "too_large"},
		"another room's":                {otto, made(func(m *framingtest.Commit) { m.Room = hub.NewID[string]() }), hub.NotFound, "room"},
		"not a member":                  {stranger, known, hub.NotFound, "room"},
		"an epoch that is over":         {otto, made(func(m *framingtest.Commit) { m.Epoch-- }), hub.Conflict, "epoch"},
		"an epoch to come":              {otto, made(func(m *framingtest.Commit) { m.Epoch++ }), hub.Conflict, "epoch"},
		"another's leaf":                {otto, made(func(m *framingtest.Commit) { m.Sender = c.seat(eva) }), hub.Forbidden, "sender"},
		"another own device's leaf":     {tablet, known, hub.Forbidden, "sender"},
		"a blank leaf":                  {otto, made(func(m *framingtest.Commit) { m.Sender = 77 }), hub.Forbidden, "sender"},
		"not in the tree":               {spare, known, hub.Forbidden, "sender"},
		"a new leaf of another":         {otto, made(func(m *framingtest.Commit) { m.Path = eva.Device }), hub.Forbidden, "sender"},
		"a new leaf with another key":   {otto, made(func(m *framingtest.Commit) { m.Path = framingtest.NewDevice(otto.Identity) }), hub.Forbidden, "sender"},
		"a proposal by reference":       {otto, made(func(m *framingtest.Commit) { m.Proposal = []byte{2, 1, 7} }), hub.Invalid, "proposal"},
		"a pre-shared key":              {otto, made(func(m *framingtest.Commit) { m.Proposal = []byte{1, 0, 4} }), hub.Invalid, "proposal"},
		"a leaf nobody has":             {otto, made(func(m *framingtest.Commit) { m.Removes = []uint32{99} }), hub.Invalid, "proposal"},
		"a leaf twice":                  {eva, handshakeTwice(c, eva, tablet), hub.Invalid, "proposal"},
		"the own leaf":                  {otto, made(func(m *framingtest.Commit) { m.Removes = []uint32{c.seat(otto)} }), hub.Invalid, "proposal"},
		"another's device, as a member": {otto, c.commit(handshake{by: otto, remove: []*phone{ida}}), hub.Forbidden, "role"},
		"an expired package":            {otto, offer(spare.KeyPackage(past)), hub.Invalid, "package"},
		"a package of tomorrow":         {otto, offer(spare.KeyPackage(long)), hub.Invalid, "package"},
		"another key than registered":   {otto, offer(impostor.KeyPackage(framingtest.Package{})), hub.Invalid, "package"},
		"a name that is none":           {otto, offer(spare.KeyPackage(framingtest.Package{Identity: "Otto"})), hub.Invalid, "package"},
		"another clinic's name":         {otto, offer(spare.KeyPackage(framingtest.Package{Identity: hub.NewID[string]() + spare.Identity[36:]})), hub.Invalid, "package"},
		"another person's name":         {otto, offer(spare.KeyPackage(framingtest.Package{Identity: eva.Identity})), hub.Invalid, "package"},
		"a forged signature":            {otto, offer(flip(spare.KeyPackage(framingtest.Package{}))), hub.Invalid, "package"},
		"a device in the tree already":  {otto, c.commit(handshake{by: otto, add: []*phone{tablet}}), hub.Invalid, "package"},
		"a device out and in":           {eva, c.commit(handshake{by: eva, remove: []*phone{tablet}, add: []*phone{tablet}}), hub.Invalid, "proposal"},
		"a device twice":                {otto, c.commit(handshake{by: otto, add: []*phone{spare, spare}}), hub.Invalid, "package"},
		"a pending device":              {otto, c.commit(handshake{by: otto, add: []*phone{pending}}), hub.Invalid, "package"},
		"a revoked device":              {otto, c.commit(handshake{by: otto, add: []*phone{lost}}), hub.Invalid, "package"},
		"a locked account":              {otto, c.commit(handshake{by: otto, add: []*phone{goneDevice}}), hub.Invalid, "package"},
		"a device of no member":         {otto, c.commit(handshake{by: otto, add: []*phone{stranger}}), hub.Forbidden, "relation"},
		"no welcome":                    {otto, noWelcome, hub.Invalid, "welcome"},
		"a welcome for another package": {otto, wrongWelcome, hub.Invalid, "welcome"},
		"a welcome for nobody":          {otto, idle, hub.Invalid, "welcome"},
		"a welcome that is none":        {otto, messaging.Commit{ID: known.ID, Body: known.Body, Welcome: known.Body}, hub.Invalid, "welcome"},
	} {
		_, err := w.chat.Commit(t.Context(), x.by.Caller, c.id, x.commit)
		w.refused(name, err, x.kind, x.code)
		var now messaging.CurrentEpoch
		if x.code == "epoch" && (!errors.As(err, &now) || int64(now) != c.epoch) {
			t.Errorf("%s: the epoch is said to be %d", name, now)
		}
	}
	c.do(good) // nothing of all this has changed anything
}

func flip(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}

func handshakeTwice(c *circle, by, p *phone) messaging.Commit {
	m := framingtest.Commit{Room: string(c.id), Epoch: uint64(c.epoch), Sender: c.seat(by), Removes: []uint32{c.seat(p), c.seat(p)}}
	return messaging.Commit{ID: hub.NewID[string](), Body: m.Message()}
}

// TestFull: the tree has 256 leaves, and a place that is made in the same commit counts.
func TestFull(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.phone(w.person("Eva Lindner"))
	c := w.room(messaging.GroupRoom, eva)
	tablet, spare := w.phone(eva.User), w.phone(eva.User)
	c.do(handshake{by: eva, add: []*phone{tablet}})
	for len(c.seats) < messaging.MaxLeaves {
		c.seats = append(c.seats, &phone{})
	}
	w.exec(`insert into room_leaf (clinic_id, room_id, device_id, from_seq, leaf, user_id)
select $1, $2, gen_random_uuid(), 1, n, $3 from generate_series(3, 255) n`, w.clinic, c.id, eva.User)
	_, err := w.chat.Commit(t.Context(), eva.Caller, c.id, c.commit(handshake{by: eva, add: []*phone{spare}}))
	w.refused("one too many", err, hub.Conflict, "full")
	c.do(handshake{by: eva, remove: []*phone{tablet}, add: []*phone{spare}})
	if got := w.number(`select leaf from room_leaf where device_id = $1`, spare.Caller.Device); got != 2 {
		t.Errorf("at leaf %d, want the place that was made", got)
	}
}

// TestCommitAgain: whoever has lost the answer asks again and gets the same one.
func TestCommitAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer"))
	c := w.room(messaging.GroupRoom, eva, otto)
	commit := c.commit(handshake{by: eva})
	first, err := w.chat.Commit(t.Context(), eva.Caller, c.id, commit)
	w.must(err)
	c.epoch++
	c.do(handshake{by: otto})
	w.out.take()
	again, err := w.chat.Commit(t.Context(), eva.Caller, c.id, commit)
	if err != nil || again != first || len(w.out.take()) != 0 {
		t.Errorf("again: %+v, %v; want %+v", again, err, first)
	}
	_, err = w.chat.Commit(t.Context(), otto.Caller, c.id, messaging.Commit{ID: commit.ID, Body: c.commit(handshake{by: otto}).Body})
	w.refused("another's id", err, hub.Invalid, "malformed")
}

// TestWhoMayRemove: owners, moderators and the recorder anybody, everybody their own.
func TestWhoMayRemove(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva Lindner")), w.phone(w.person("Otto Sommer")), w.phone(w.person("Ida Berg"))
	tablet := w.phone(otto.User)
	c := w.room(messaging.GroupRoom, eva, otto, ida, tablet)
	c.do(handshake{by: otto, remove: []*phone{tablet}})
	c.do(handshake{by: eva, add: []*phone{tablet}})
	c.do(handshake{by: w.recorder, remove: []*phone{tablet}})
	w.must(w.chat.SetRole(t.Context(), eva.Caller, c.id, ida.User, messaging.Moderator))
	c.do(handshake{by: ida, remove: []*phone{otto}})
	want := map[hub.DeviceID]int{eva.Caller.Device: 0, ida.Caller.Device: 2, w.recorder.Caller.Device: 4}
	rows, err := w.super.Query(t.Context(), `select device_id, leaf from room_leaf where to_seq is null`)
	w.must(err)
	got := map[hub.DeviceID]int{}
	for rows.Next() {
		var d hub.DeviceID
		var leaf int
		w.must(rows.Scan(&d, &leaf))
		got[d] = leaf
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("leaves (-want +got):\n%s", diff)
	}
}
