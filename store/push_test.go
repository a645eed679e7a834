package store_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/push"
)

// woken returns whose devices may be woken for a room.
func (w *callWard) woken(room hub.RoomID, urgent bool, all ...staff) (out []hub.UserID) {
	w.tb.Helper()
	var devices []hub.DeviceID
	for _, s := range all {
		devices = append(devices, s.device)
	}
	found, err := w.db.Subscriptions(w.tb.Context(), w.clinic, room, devices, urgent)
	w.must(err)
	for _, s := range all {
		if slices.ContainsFunc(found, func(f push.Subscription) bool { return f.Device == s.device }) {
			out = append(out, s.user)
		}
	}
	return out
}

func (w *callWard) subscribe(s staff, endpoint string) {
	w.tb.Helper()
	by := messaging.Caller{Clinic: w.clinic, User: s.user, Device: s.device}
	w.must(w.db.PutSubscription(w.tb.Context(), by, push.Subscription{Device: s.device, Endpoint: endpoint, P256DH: "p", Auth: "a"}))
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	plain, muted, locked, revoked, none := w.nurse("Eva", false, 1), w.nurse("Tom", false, 1), w.nurse("Ida", false, 1), w.nurse("Max", false, 1), w.nurse("Ute", false, 1)
	all := []staff{plain, muted, locked, revoked, none}
	room := hub.NewID[hub.RoomID]()
	w.exec(`insert into room (clinic_id, id, kind, name) values ($1, $2, 'group', '')`, w.clinic, room)
	for _, s := range all {
		w.exec(`insert into room_member (clinic_id, room_id, user_id, muted) values ($1, $2, $3, $4)`, w.clinic, room, s.user, s == muted)
	}
	for _, s := range all[:4] {
		w.subscribe(s, "https://example.com/"+string(s.device))
	}
	w.exec(`update account set locked_here = true where id = $1`, locked.user)
	w.exec(`update device set revoked_at = now() where id = $1`, revoked.device)
	if got := w.woken(room, false, all...); !slices.Equal(got, []hub.UserID{plain.user}) {
		t.Errorf("calm: %v", got)
	}
	if got := w.woken(room, true, all...); !slices.Equal(got, []hub.UserID{plain.user, muted.user}) {
		t.Errorf("urgent: %v", got)
	}
	if got, err := w.db.RoomReaders(t.Context(), w.clinic, room); err != nil || len(got) != 5 {
		t.Errorf("%d readers, %v", len(got), err)
	}
	w.exec(`update room_member set until = now(), until_seq = 0 where room_id = $1 and user_id = $2`, room, plain.user)
	if got, err := w.db.RoomReaders(t.Context(), w.clinic, room); err != nil || slices.Contains(got, plain.user) {
		t.Errorf("a former member reads on: %v, %v", got, err)
	}
}

func TestSubscriptionIsReplacedAndDropped(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva", false, 1)
	room := hub.NewID[hub.RoomID]()
	w.subscribe(eva, "https://example.com/old")
	w.subscribe(eva, "https://example.com/new")
	w.must(w.db.DropSubscription(t.Context(), w.clinic, eva.device, "https://example.com/old")) // an answer that came late
	found, err := w.db.Subscriptions(t.Context(), w.clinic, room, []hub.DeviceID{eva.device}, true)
	if err != nil || len(found) != 1 || found[0].Endpoint != "https://example.com/new" {
		t.Errorf("found %v, %v", found, err)
	}
	w.must(w.db.DropSubscription(t.Context(), w.clinic, eva.device, ""))
	if got := w.woken(room, true, eva); len(got) != 0 {
		t.Errorf("still woken: %v", got)
	}
}

func TestResponders(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva, tom, without := w.nurse("Eva", true, 1), w.nurse("Tom", true, 1), w.nurse("Ida", true, 0)
	other := w.nurse("Max", false, 1)
	w.exec(`update device set certified_at = now() where clinic_id = $1`, w.clinic)
	id := w.signal(nurseCall("1", alerting.Urgent))
	w.act(id, alerting.ActAccept, tom.user)
	names := func(user hub.UserID) (out []string) {
		found, err := w.db.Responders(t.Context(), w.clinic, id, user)
		if err != nil {
			return []string{hub.KindOf(err).String()}
		}
		for _, r := range found {
			if r.Accepted {
				r.Name += " accepted"
			}
			out = append(out, r.Name)
		}
		return out
	}
	for user, want := range map[hub.UserID][]string{
		eva.user: {"Eva", "Tom accepted"}, without.user: {"Eva", "Ida", "Tom accepted"}, other.user: {"not_found"}, "77777777-7777-7777-8777-777777777777": {"not_found"},
	} {
		if got := names(user); !slices.Equal(got, want) {
			t.Errorf("to %s: %v, want %v", user, got, want)
		}
	}
	w.exec(`update account set locked_here = true where id = $1`, eva.user)
	if got := names(tom.user); !slices.Equal(got, []string{"Tom accepted"}) {
		t.Errorf("with a locked one: %v", got)
	}
}
