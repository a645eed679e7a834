package talk_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/framing/framingtest"
	"github.com/wardline/wardline/store/talk"
)

// upkeep is what the recorder is told of one room.
func (c *circle) upkeep() messaging.Upkeep {
	c.w.tb.Helper()
	list, err := c.w.chat.Upkeep(c.w.ctx, c.w.recorder.Caller, 0)
	c.w.must(err)
	for _, u := range list {
		if u.Room == c.id {
			return u
		}
	}
	return messaging.Upkeep{Room: c.id}
}

func (c *circle) leaf(p *phone) messaging.Leaf {
	return messaging.Leaf{Index: c.seat(p), User: p.User, Device: p.Caller.Device}
}

// TestUpkeepNamesEveryDifference between who should be in the tree and who is.
func TestUpkeepNamesEveryDifference(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		happens func(w *world, c *circle, eva, otto *phone)
		remove  bool // Otto's leaf
	}{
		"nothing": {func(*world, *circle, *phone, *phone) {}, false},
		"his device revoked": {func(w *world, _ *circle, _, otto *phone) {
			w.must(w.db.RevokeDevice(w.ctx, w.clinic, otto.User, otto.Caller.Device, day(0)))
		}, true},
		"locked here": {func(w *world, _ *circle, _, otto *phone) {
			w.must(w.db.SetLockedHere(w.ctx, w.clinic, otto.User, true))
		}, true},
		"locked there": {func(w *world, _ *circle, _, otto *phone) {
			w.exec(`update account set locked_there = true where id = $1`, otto.User)
		}, true},
		"certified no more": {func(w *world, _ *circle, _, otto *phone) {
			w.exec(`update device set certified_at = null where id = $1`, otto.Caller.Device)
		}, true},
		"removed":  {func(w *world, c *circle, eva, otto *phone) { w.must(w.chat.Remove(w.ctx, eva.Caller, c.id, otto.User)) }, true},
		"has left": {func(w *world, c *circle, _, otto *phone) { w.must(w.chat.Remove(w.ctx, otto.Caller, c.id, otto.User)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
			c := w.room(messaging.GroupRoom, eva, otto)
			x.happens(w, c, eva, otto)
			want := messaging.Upkeep{Room: c.id}
			if x.remove {
				want.Remove = []messaging.Leaf{c.leaf(otto)}
			}
			if diff := cmp.Diff(want, c.upkeep()); diff != "" {
				t.Errorf("to mend (-want +got):\n%s", diff)
			}
			if x.remove {
				c.do(handshake{by: w.recorder, remove: []*phone{otto}})
			}
			if got := c.upkeep(); len(got.Remove)+len(got.Missing)+len(got.Rejoin) != 0 {
				t.Errorf("still to mend: %+v", got)
			}
		})
	}
}

func TestUpkeepAddsDevices(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	c := w.room(messaging.GroupRoom, eva, otto)
	empty := w.pending(otto.User)
	w.exec(`update device set certified_at = now() where id = $1`, empty.Caller.Device)
	w.stock(w.pending(eva.User), 3)
	ida := w.phone(w.person("Ida"))
	tablet := w.phone(eva.User)
	w.must(w.chat.Add(t.Context(), eva.Caller, c.id, []hub.UserID{ida.User}))
	got := c.upkeep().Missing
	if len(got) != 2 || !bytes.Contains([]byte(string(got[0]+got[1])), []byte(tablet.Caller.Device)) || !bytes.Contains([]byte(string(got[0]+got[1])), []byte(ida.Caller.Device)) {
		t.Errorf("missing %v, want the tablet and Ida's", got)
	}
	c.do(handshake{by: w.recorder, add: []*phone{tablet, ida}})
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, ida.User, true))
	c.do(handshake{by: w.recorder, remove: []*phone{ida}})
	if got := c.upkeep(); len(got.Missing)+len(got.Remove) != 0 {
		t.Errorf("locked: %+v", got)
	}
	w.must(w.db.SetLockedHere(t.Context(), w.clinic, ida.User, false))
	if got := c.upkeep().Missing; len(got) != 1 || got[0] != ida.Caller.Device {
		t.Errorf("unlocked: %v", got)
	}
	_, err := w.chat.Upkeep(t.Context(), eva.Caller, 10)
	w.refused("anybody else asks", err, hub.Forbidden, "")
	other := w.room(messaging.GroupRoom, eva, otto)
	if list, err := w.chat.Upkeep(t.Context(), w.recorder.Caller, 1); err != nil || len(list) != 1 {
		t.Errorf("%d rooms of 1, %v (%s and %s have something)", len(list), err, c.id, other.id)
	}
}

// TestRejoin: the newest word of a device counts, until a commit adds it anew.
func TestRejoin(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva")), w.phone(w.person("Otto")), w.phone(w.person("Ida"))
	c := w.room(messaging.GroupRoom, eva, otto)
	ctx := t.Context()
	ask := func(p *phone, cause string) []byte {
		pkg := p.KeyPackage(framingtest.Package{})
		w.must(w.chat.AskRejoin(ctx, p.Caller, c.id, pkg, cause))
		return pkg
	}
	ask(otto, "state_lost")
	pkg := ask(otto, "epoch")
	want := []messaging.Rejoin{{Room: c.id, User: otto.User, Device: otto.Caller.Device, Package: pkg, Cause: "epoch"}}
	if diff := cmp.Diff(want, c.upkeep().Rejoin); diff != "" {
		t.Errorf("rejoin (-want +got):\n%s", diff)
	}
	if len(w.out.told(messaging.HintUpkeep)) == 0 {
		t.Error("the recorder is not told")
	}
	c.do(handshake{by: w.recorder, remove: []*phone{otto}})
	if got := c.upkeep(); len(got.Rejoin) != 1 {
		t.Errorf("out and not in again: %+v", got)
	}
	done := c.do(handshake{by: w.recorder, add: []*phone{otto}})
	if got := c.upkeep(); len(got.Rejoin) != 0 {
		t.Errorf("done and still wanted: %+v", got)
	}
	if seq, body, err := w.chat.Welcome(ctx, otto.Caller, c.id); err != nil || seq != done.Seq || len(body) == 0 {
		t.Errorf("welcome at %d, want %d: %v", seq, done.Seq, err)
	}
	_, _, err := w.chat.Welcome(ctx, eva.Caller, c.id)
	w.refused("nobody welcomed the creator", err, hub.NotFound, "joining")
	w.refused("a stranger", w.chat.AskRejoin(ctx, ida.Caller, c.id, ida.KeyPackage(framingtest.Package{}), "epoch"), hub.NotFound, "room")
	w.refused("a cause of their own", w.chat.AskRejoin(ctx, otto.Caller, c.id, pkg, "Müller"), hub.Invalid, "")
	w.refused("another's package", w.chat.AskRejoin(ctx, otto.Caller, c.id, eva.KeyPackage(framingtest.Package{}), "epoch"), hub.Invalid, "package")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto, ida := w.phone(w.person("Eva")), w.phone(w.person("Otto")), w.phone(w.person("Ida"))
	c := w.room(messaging.GroupRoom, eva, otto)
	c.say(eva)
	ctx := t.Context()
	fault := func(seq int64, cause string) messaging.Fault {
		return messaging.Fault{Room: c.id, Seq: seq, Cause: cause}
	}
	w.must(w.chat.PutFaults(ctx, otto.Caller, []messaging.Fault{fault(1, "commit"), fault(3, "generation"), fault(3, "epoch"), fault(99, "epoch")}))
	w.must(w.chat.PutFaults(ctx, otto.Caller, []messaging.Fault{fault(3, "generation")}))
	w.must(w.chat.PutFaults(ctx, ida.Caller, []messaging.Fault{fault(3, "replay")})) // not in the room
	w.must(w.chat.RepairFaults(ctx, otto.Caller, []messaging.Fault{fault(1, "")}))
	w.must(w.chat.RepairFaults(ctx, eva.Caller, []messaging.Fault{fault(3, "")})) // not hers
	totals, err := w.chat.FaultTotals(ctx, w.clinic)
	w.must(err)
	if diff := cmp.Diff(messaging.FaultTotals{Open: 1, Repaired: 1, ByCause: map[string]int{"generation": 1}}, totals); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	list, err := w.chat.Faults(ctx, w.clinic, 10)
	w.must(err)
	if len(list) != 2 || list[0].Fault != fault(3, "generation") || list[0].Name != "Otto" || list[0].DeviceName != "Handy" || !list[0].RepairedAt.IsZero() || list[1].RepairedAt.IsZero() {
		t.Errorf("faults: %+v", list)
	}
	for name, bad := range map[string][]messaging.Fault{"none": nil, "no room": {{Seq: 1, Cause: "epoch"}}, "number 0": {fault(0, "epoch")}, "a cause of their own": {fault(1, "x")}, "too many": make([]messaging.Fault, 101)} {
		w.refused(name, w.chat.PutFaults(ctx, otto.Caller, bad), hub.Invalid, "")
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	tablet := w.pending(eva.User)
	ctx := t.Context()
	letter := make([]byte, 1200)
	for i := range 25 {
		letter[0] = byte(i)
		w.must(w.chat.PutLetter(ctx, otto.Caller, eva.Caller.Device, letter))
	}
	first, err := w.chat.Letters(ctx, eva.Caller, "", 100)
	w.must(err)
	if len(first) != 20 || first[0].Body[0] != 0 || first[0].From != otto.Caller.Device || first[0].At.IsZero() {
		t.Fatalf("first page: %d", len(first))
	}
	rest, err := w.chat.Letters(ctx, eva.Caller, first[19].ID, 0)
	w.must(err)
	if len(rest) != 5 || rest[0].Body[0] != 20 {
		t.Errorf("second page: %d", len(rest))
	}
	w.must(w.chat.DropLetter(ctx, otto.Caller, first[0].ID)) // not his to drop
	w.must(w.chat.DropLetter(ctx, eva.Caller, first[1].ID))
	w.must(w.chat.DropLetter(ctx, eva.Caller, first[1].ID))
	if n := w.number(`select count(*) from letter`); n != 24 {
		t.Errorf("%d letters, want 24", n)
	}
	if hints := w.out.told(messaging.HintMail); len(hints) != 25 || hints[0].Device != eva.Caller.Device {
		t.Errorf("told %d times", len(hints))
	}
	for range 26 {
		w.must(w.chat.PutLetter(ctx, otto.Caller, eva.Caller.Device, letter))
	}
	w.refused("too many of one", w.chat.PutLetter(ctx, otto.Caller, eva.Caller.Device, letter), hub.TooMany, "full")
	w.must(w.chat.PutLetter(ctx, tablet.Caller, eva.Caller.Device, letter)) // an own device may
	w.exec(`insert into letter (clinic_id, to_id, id, from_id, from_user, body) select clinic_id, to_id, gen_random_uuid(), from_id, $1, body
from letter, generate_series(1, 10) limit 449`, eva.User)
	w.refused("too many of all", w.chat.PutLetter(ctx, tablet.Caller, eva.Caller.Device, letter), hub.TooMany, "full")
	w.exec(`update device set revoked_at = now() where id = $1`, tablet.Caller.Device)
	w.refused("to a revoked device", w.chat.PutLetter(ctx, otto.Caller, tablet.Caller.Device, letter), hub.NotFound, "")
	w.refused("to nobody", w.chat.PutLetter(ctx, otto.Caller, hub.NewID[hub.DeviceID](), letter), hub.NotFound, "")
	w.refused("no id", w.chat.PutLetter(ctx, otto.Caller, "x", letter), hub.Invalid, "")
	w.refused("too short", w.chat.PutLetter(ctx, otto.Caller, otto.Caller.Device, letter[:1135]), hub.Invalid, "malformed")
	w.refused("too large", w.chat.PutLetter(ctx, otto.Caller, otto.Caller.Device, make([]byte, 384<<10+1)), hub.Invalid, "too_large")
	_, err = w.chat.Letters(ctx, eva.Caller, "x", 1)
	w.refused("after nothing", err, hub.Invalid, "")
}

func TestBackup(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	ctx := t.Context()
	w.must(w.chat.PutBackup(ctx, eva.Caller, 7, []byte("seven")))
	w.must(w.chat.PutBackup(ctx, eva.Caller, 0, []byte("old")))
	w.must(w.chat.PutBackup(ctx, eva.Caller, 0, []byte("zero")))
	chunks, size, err := w.chat.BackupChunks(ctx, w.pending(eva.User).Caller)
	if err != nil || !cmp.Equal(chunks, []int{0, 7}) || size != 9 {
		t.Errorf("chunks %v of %d bytes, %v", chunks, size, err)
	}
	if b, err := w.chat.Backup(ctx, eva.Caller, 0); err != nil || string(b) != "zero" {
		t.Errorf("chunk 0: %q %v", b, err)
	}
	_, err = w.chat.Backup(ctx, otto.Caller, 0)
	w.refused("another's", err, hub.NotFound, "")
	for name, x := range map[string]struct {
		n    int
		body []byte
		code string
	}{"below": {-1, []byte("x"), ""}, "beyond": {2000, []byte("x"), ""}, "empty": {1, nil, ""}, "too large": {1, make([]byte, 256<<10+1), "too_large"}} {
		w.refused(name, w.chat.PutBackup(ctx, eva.Caller, x.n, x.body), hub.Invalid, x.code)
	}
	forbids := messaging.NewChat(messaging.ChatOptions{Store: talk.New(w.db), Out: w.out, NoBackup: true})
	w.refused("where it is forbidden", forbids.PutBackup(ctx, eva.Caller, 1, []byte("x")), hub.Forbidden, "policy")
	w.must(w.chat.DropBackup(ctx, eva.Caller))
	if chunks, _, _ := w.chat.BackupChunks(ctx, eva.Caller); len(chunks) != 0 {
		t.Errorf("after dropping: %v", chunks)
	}
}

// TestPurge: what nobody needs goes, what somebody may need stays.
func TestPurge(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	c := w.room(messaging.GroupRoom, eva, otto)
	tablet := w.phone(eva.User)
	c.do(handshake{by: eva, add: []*phone{tablet}})
	ctx := t.Context()
	w.must(w.chat.PutLetter(ctx, otto.Caller, eva.Caller.Device, make([]byte, 1200)))
	w.must(w.chat.PutLetter(ctx, otto.Caller, eva.Caller.Device, make([]byte, 1200)))
	w.must(w.chat.AskRejoin(ctx, otto.Caller, c.id, otto.KeyPackage(framingtest.Package{}), "epoch"))
	w.must(w.chat.AskRejoin(ctx, tablet.Caller, c.id, tablet.KeyPackage(framingtest.Package{}), "epoch"))
	c.do(handshake{by: w.recorder, remove: []*phone{tablet}})
	c.do(handshake{by: w.recorder, add: []*phone{tablet}})
	w.exec(`update letter set at = now() - interval '31 days' where id = (select min(id::text)::uuid from letter)`)
	w.exec(`update key_package set expires_at = now() - interval '1 second' where ref = (select ref from key_package where device_id = $1 limit 1)`, otto.Caller.Device)
	w.exec(`update rejoin set done_at = now() - interval '8 days' where done_at is not null`)
	packages := w.number(`select count(*) from key_package`)
	n, err := w.db.PurgeTalk(ctx, w.clinic)
	if err != nil || n != 4 {
		t.Errorf("%d rows, %v; want a letter, a package, a rejoin and a welcome", n, err)
	}
	if l, k, r, m := w.number(`select count(*) from letter`), w.number(`select count(*) from key_package`), w.number(`select count(*) from rejoin`), w.number(`select count(*) from welcome`); l != 1 || k != packages-1 || r != 1 || m != 2 {
		t.Errorf("left: %d letters, %d of %d packages, %d rejoins, %d welcomes", l, k, packages, r, m)
	}
}
