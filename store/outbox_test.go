package store_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/notify"
)

// TestAnswersComeInOrder: a source hears the answers of one alert one after the other, and
// again after a failure, with the name opened.
func TestAnswersComeInOrder(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	id := w.signal(nurseCall("17", alerting.Normal))
	w.act(id, alerting.ActAccept, eva.user)
	w.signal(alerting.Signal{Ref: "17", Phase: alerting.PhaseResolve})
	var heard []string
	away := true
	give := func(_ context.Context, a alerting.OpenAnswer) error {
		if away {
			return errors.New("away")
		}
		heard = append(heard, string(a.Kind)+" "+a.Name)
		if a.Ref != "17" || a.Connector != w.source || a.Alert != id {
			t.Errorf("answer for %s of %s", a.Ref, a.Connector)
		}
		return nil
	}
	answers := notify.NewAnswers(w.db, give, func(error) bool { return false }, slog.New(slog.DiscardHandler))
	carry := func() int {
		n, err := answers.Carry(t.Context())
		w.must(err)
		return n
	}
	if n := carry(); n != 1 {
		t.Fatalf("%d answers at once, only the first may go", n)
	}
	if n := carry(); n != 0 {
		t.Errorf("tried again at once after a failure")
	}
	w.exec(`update answer_outbox set next_at = now() where done_at is null`)
	away = false
	for carry() > 0 {
	}
	if diff := cmp.Diff([]string{"started ", "accepted Eva Lindner", "ended "}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	d := w.detail(id)
	if n := len(slices.DeleteFunc(entryKinds(d), func(k alerting.EntryKind) bool { return k != alerting.EntryAnswered })); n != 3 {
		t.Errorf("the story tells of %d answers", n)
	}
	if d.Answers[0].Attempts != 2 || d.Answers[2].DoneAt.IsZero() {
		t.Errorf("answers: %+v", d.Answers)
	}
}

// TestNoAnswersForSourcesThatTakeNone: nothing is written for them, and others hear as before.
func TestNoAnswersForSourcesThatTakeNone(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{"espa-x": 2, "alarm-http": 0} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := openCallWard(t)
			w.db.SetAnswerers(kind)
			eva := w.nurse("Eva Lindner", true, 1)
			id := w.signal(nurseCall("17", alerting.Normal))
			w.act(id, alerting.ActAccept, eva.user)
			if n := w.number(`select count(*) from answer_outbox`); n != want {
				t.Errorf("%d answers, want %d", n, want)
			}
			if n := w.number(`select answers from alert`); n != want {
				t.Errorf("the alert counts %d answers, want %d", n, want)
			}
		})
	}
}

// TestDevicesOnDuty: those of people on duty that are not revoked.
func TestDevicesOnDuty(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 2)
	w.nurse("Tom Sommer", false, 1)
	w.exec(`update device set revoked_at = now() where id = (select max(id::text)::uuid from device where account_id in (select account_id from duty))`)
	got, err := w.db.DevicesOnDuty(t.Context())
	w.must(err)
	if len(got) != 1 || len(got[w.clinic]) != 1 {
		t.Errorf("devices on duty: %v", got)
	}
}

// TestAnswersAreGivenUp when the source will never take them, or after a day; the story
// tells, and the next answer is free.
func TestAnswersAreGivenUp(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	gone := w.signal(nurseCall("1", alerting.Normal))
	claimed, err := w.db.ClaimAnswers(t.Context(), 10)
	w.must(err)
	w.must(w.db.AnswerFailed(t.Context(), claimed[0], true))
	w.must(w.db.AnswerFailed(t.Context(), claimed[0], true)) // again after a crash
	w.must(w.db.AnswerDone(t.Context(), claimed[0]))
	old := w.signal(nurseCall("2", alerting.Normal))
	claimed, err = w.db.ClaimAnswers(t.Context(), 10)
	w.must(err)
	w.exec(`update answer_outbox set at = now() - interval '25 h'`)
	w.must(w.db.AnswerFailed(t.Context(), claimed[0], false))
	for _, id := range []hub.AlertID{gone, old} {
		d := w.detail(id)
		story := entryKinds(d)
		if story[len(story)-1] != alerting.EntryUnanswered || !d.Answers[0].GaveUp {
			t.Errorf("story %v, answers %+v", story, d.Answers)
		}
	}
}

// TestCardIsPutOnceHoweverOftenItIsCarried: a crash between any two steps of carrying a
// card only repeats the put.
func TestCardIsPutOnceHoweverOftenItIsCarried(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	id := w.signal(nurseCall("1", alerting.Urgent))

	claimed, err := w.db.ClaimCards(t.Context(), 10) // and then the worker is gone
	w.must(err)
	if len(claimed) != 1 {
		t.Fatalf("claimed %d cards", len(claimed))
	}
	if again, err := w.db.ClaimCards(t.Context(), 10); err != nil || len(again) != 0 {
		t.Errorf("a claimed card was given to somebody else: %d, %v", len(again), err)
	}
	expire := func() { w.exec(`update card_outbox set lease_till = now() - interval '1 s'`) }
	expire()
	lost := &forgetful{CardBox: w.db}
	w.carryWith(lost) // put, but gone before it was marked
	expire()
	w.carryWith(w.db)
	if n := w.number(`select count(*) from item`); n != 1 {
		t.Errorf("%d items of one version", n)
	}
	if got := w.received(eva); len(got) != 1 || got[0]["alert_id"] != string(id) {
		t.Errorf("received %v", got)
	}
	if n := w.number(`select count(*) from card_outbox`); n != 0 {
		t.Errorf("%d cards still owed", n)
	}
	if d := w.detail(id); d.Dispatches[0].State != alerting.Sent {
		t.Errorf("dispatch is %s", d.Dispatches[0].State)
	}
}

// forgetful loses what it is told about the end of cards, as a crash does.
type forgetful struct{ notify.CardBox }

func (f *forgetful) CardsDone(context.Context, hub.ClinicID, []alerting.CardDone) error { return nil }

func (w *callWard) carryWith(box notify.CardBox) {
	w.tb.Helper()
	_, err := notify.NewCards(box, w.log, w.sender, slog.New(slog.DiscardHandler)).Carry(w.tb.Context())
	w.must(err)
}

// TestDevicesAreReadForEachCard: a new device gets the next card, a revoked one does not,
// and somebody who lost their last one is unreachable, which escalates at once.
func TestDevicesAreReadForEachCard(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	tom := w.nurse("Tom Sommer", false, 1)
	w.signal(nurseCall("1", alerting.Normal))
	w.carry()
	second := staff{eva.user, w.device(eva.user)}
	s := nurseCall("1", alerting.Normal)
	s.Text = "Ruf, geändert"
	w.signal(s)
	w.carry()
	if got := w.received(second); len(got) != 1 || got[0]["text"] != "Ruf, geändert" {
		t.Errorf("the new device has %v", got)
	}
	s.Ref = "2"
	other := w.signal(s)
	w.exec(`update device set revoked_at = now() where account_id = $1`, eva.user)
	w.carry()
	if got := w.received(second); len(got) != 1 {
		t.Errorf("a revoked device can open %d cards", len(got))
	}
	if d := w.detail(other); d.Step != 1 || d.Dispatches[0].State != alerting.Unreachable {
		t.Errorf("step %d, dispatch %+v", d.Step, d.Dispatches[0])
	}
	if got := w.received(tom); len(got) != 1 {
		t.Errorf("the ward's next nurse has %d cards", len(got))
	}
}

// TestTechnicalAndUnknownWardsGoToTheHouse: a card is always put somewhere.
func TestTechnicalAndUnknownWardsGoToTheHouse(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	w.admin(1)
	s := nurseCall("1", alerting.Normal)
	s.Ward = "nowhere"
	w.signal(s)
	w.carry()
	house, err := w.db.AlarmRoom(t.Context(), w.clinic, "")
	w.must(err)
	if n := w.number(`select count(*) from item where room_id = $1`, house); n != 2 {
		t.Errorf("%d cards in the house's room, want the call and the technical alert", n)
	}
	if n := w.number(`select count(*) from room`); n != 1 {
		t.Errorf("%d rooms", n)
	}
}

// TestAnswersOfManyPeople: of the thousands of answers one emergency makes only the first
// is looked at, and a source that takes none is not tried with each of them.
func TestAnswersOfManyPeople(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	nurses := []staff{w.nurse("Eva Lindner", true, 1), w.nurse("Jonas Weber", true, 1), w.nurse("Aylin Kaya", true, 1)}
	ids := []hub.AlertID{w.signal(nurseCall("1", alerting.Emergency)), w.signal(nurseCall("2", alerting.Emergency))}
	for _, id := range ids {
		var acts []alerting.Act
		for _, n := range nurses {
			acts = append(acts, alerting.Act{Alert: id, Kind: alerting.ActDelivered, User: n.user})
		}
		_, err := w.db.Acts(t.Context(), w.clinic, acts)
		w.must(err)
	}
	for no := 1; no <= 1+len(nurses); no++ {
		claimed, err := w.db.ClaimAnswers(t.Context(), 10)
		w.must(err)
		want := 2
		if no > 1 {
			want = 1
		}
		if len(claimed) != want {
			t.Fatalf("claim %d took %d answers, want %d", no, len(claimed), want)
		}
		for _, a := range claimed {
			if a.No != no {
				t.Errorf("claim %d took answer %d of its alert", no, a.No)
			}
			if a.Alert == ids[0] {
				w.must(w.db.AnswerFailed(t.Context(), a, true))
			} else {
				w.must(w.db.AnswerDone(t.Context(), a))
			}
		}
	}
	for i, want := range []int{1 + len(nurses), 0} {
		given := 0
		for _, a := range w.detail(ids[i]).Answers {
			if a.DoneAt.IsZero() {
				t.Errorf("alert %d: an answer is left", i)
			}
			if a.GaveUp {
				given++
			}
		}
		if given != want {
			t.Errorf("alert %d: %d answers given up, want %d", i, given, want)
		}
	}
}

// TestOneBrokenAlertKeepsNoOtherFromItsCard: a row that cannot be opened any more (damaged,
// sealed under a lost key) is passed over, and the auditor sees that its card is late.
func TestOneBrokenAlertKeepsNoOtherFromItsCard(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	broken := w.signal(nurseCall("1", alerting.Normal))
	w.signal(nurseCall("2", alerting.Normal))
	w.exec(`update alert set secret = '\x00' where id = $1`, broken)
	for range 3 {
		_, err := w.cards.Carry(t.Context())
		w.must(err)
	}
	if got := w.received(eva); len(got) != 1 {
		t.Errorf("Eva has %d cards, want that of the readable alert", len(got))
	}
}
