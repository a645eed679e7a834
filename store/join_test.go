package store_test

import (
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/signin"
)

// register adds a device as a browser does.
func (w *callWard) register(s *staff) {
	w.tb.Helper()
	service, err := accounts.New(accounts.Options{Store: w.db, Ways: signin.New(w.db, w.keys), Now: time.Now})
	w.must(err)
	link, err := service.IssueLink(w.tb.Context(), w.clinic, s.user, time.Hour, false)
	w.must(err)
	session, _, err := service.FollowLink(w.tb.Context(), link, accounts.Place{})
	w.must(err)
	d, _, err := service.RegisterDevice(w.tb.Context(), session, accounts.Device{Name: "Neu", KEMPublic: w.private.PublicKey().Bytes(), SignPublic: make([]byte, 32)}, "", accounts.Place{})
	w.must(err)
	s.device = d.ID
}

// TestNewDeviceGetsTheRunningAlert: the only nurse on duty had no device when the call came.
func TestNewDeviceGetsTheRunningAlert(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva, tom := w.nurse("Eva Lindner", true, 0), w.nurse("Tom Sommer", true, 1)
	id := w.signal(nurseCall("1", alerting.Urgent))
	w.carry()
	w.register(&eva)
	w.carry()
	cards := w.received(eva)
	if len(cards) != 1 || cards[0]["state"] != "notifying" {
		t.Fatalf("the new device has %v", cards)
	}
	if n := w.number(`select count(*) from dispatch where alert_id = $1 and user_id = $2 and state = 'sent'`, id, eva.user); n != 1 {
		t.Error("her dispatch does not wait for her")
	}
	w.act(id, alerting.ActAccept, tom.user)
	w.carry()
	w.register(&eva) // another browser: it shows that Tom comes
	w.carry()
	if cards := w.received(eva); len(cards) != 1 || cards[0]["state"] != "accepted" {
		t.Errorf("the next device has %v", cards)
	}
}

// TestComingOnDutyGetsTheRunningAlert: also one that was given up because nobody was there.
func TestComingOnDutyGetsTheRunningAlert(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.exec(`delete from person_unit`)
	id := w.signal(nurseCall("1", alerting.Normal))
	if d := w.detail(id); d.State != alerting.Exhausted {
		t.Fatalf("alert is %s", d.State)
	}
	ida, far := w.nurse("Ida Frei", false, 1), w.nurse("Uwe Fern", false, 1)
	w.exec(`delete from person_unit where person_id = (select person_id from account where id = $1)`, far.user)
	duty := directory.NewDuty(w.db, time.Now)
	w.must(duty.Take(t.Context(), w.clinic, ida.user, w.role))
	w.must(duty.Take(t.Context(), w.clinic, ida.user, w.role))
	w.carry()
	if cards := w.received(ida); len(cards) != 1 || cards[0]["state"] != "exhausted" {
		t.Fatalf("cards of her who came on duty: %v", cards)
	}
	w.register(&far)
	w.carry()
	if cards := w.received(far); len(cards) != 0 {
		t.Errorf("somebody who is not meant has %v", cards)
	}
	if r := w.act(id, alerting.ActAccept, ida.user); r.Err != nil || r.State != alerting.Accepted {
		t.Errorf("accept: %+v", r)
	}
	for _, u := range []hub.UserID{far.user} {
		if r := w.act(id, alerting.ActAccept, u); hub.KindOf(r.Err) != hub.Forbidden {
			t.Errorf("accept of somebody else: %+v", r)
		}
	}
}
