package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store"
)

// TestCallReachesANurseAndTheSource is the whole way of one call: signal, alert, sealed
// card in the room, receipt, accept, end.
func TestCallReachesANurseAndTheSource(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva, tom := w.nurse("Eva Lindner", true, 1), w.nurse("Tom Sommer", true, 1)
	off := w.nurse("Ida Frei", false, 1)

	id := w.signal(nurseCall("17", alerting.Urgent))
	w.carry()
	cards := w.received(eva)
	if len(cards) != 1 {
		t.Fatalf("Eva's device has %d cards, want 1", len(cards))
	}
	c := cards[0]
	if c["alert_id"] != string(id) || c["state"] != "notifying" || c["text"] != "Ruf Großmann" || c["ward_name"] != "Station 4B" {
		t.Errorf("card: %v", c)
	}
	if got := w.received(off); len(got) != 0 {
		t.Errorf("somebody off duty can open %d cards", len(got))
	}

	w.act(id, alerting.ActDelivered, eva.user)
	if r := w.act(id, alerting.ActAccept, eva.user); r.Err != nil || r.State != alerting.Accepted {
		t.Fatalf("accept: %+v", r)
	}
	r := w.act(id, alerting.ActAccept, tom.user)
	if he := (*hub.Error)(nil); !errors.As(r.Err, &he) || he.Code != "taken" || !slices.Equal(r.TakenBy, []hub.UserID{eva.user}) {
		t.Errorf("second accept: %+v", r)
	}
	w.carry()
	if got := w.received(tom); len(got) != 2 || got[1]["state"] != "accepted" || got[1]["accepted_by"].([]any)[0].(map[string]any)["name"] != "Eva Lindner" {
		t.Errorf("Tom's cards: %v", got)
	}

	w.signal(alerting.Signal{Ref: "17", Phase: alerting.PhaseResolve})
	d := w.detail(id)
	if d.State != alerting.Resolved || d.Names[eva.user] != "Eva Lindner" || d.ConnectorName != "Rufanlage" {
		t.Errorf("detail: %+v", d.Row)
	}
	if diff := cmp.Diff([]alerting.AnswerKind{"started", "reached", "accepted", "ended"}, answerKinds(d)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	want := []alerting.EntryKind{"raised", "routed", "step", "notified", "notified", "delivered", "accepted", "resolved"}
	if diff := cmp.Diff(want, entryKinds(d)); diff != "" {
		t.Errorf("story (-want +got):\n%s", diff)
	}
	if n := w.number(`select count(*) from alert_timer`); n != 0 {
		t.Errorf("%d timers of an ended alert", n)
	}
}

// TestConcurrentAcceptsHaveOneWinner: however many accept at once, from however many
// transactions, one wins and all others learn who.
func TestConcurrentAcceptsHaveOneWinner(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	var users []hub.UserID
	for i := range 24 {
		users = append(users, w.nurse(fmt.Sprint("Pflege ", i), true, 1).user)
	}
	id := w.signal(nurseCall("1", alerting.Normal))
	results := make([]alerting.Result, len(users))
	var all sync.WaitGroup
	for i, u := range users {
		all.Go(func() {
			act := []alerting.Act{{Alert: id, Kind: alerting.ActAccept, User: u}}
			if i%2 == 0 { // half of them batched, half in transactions of their own
				results[i], _ = w.db.Act(t.Context(), w.clinic, act[0])
				return
			}
			if r, err := w.db.Acts(t.Context(), w.clinic, act); err == nil {
				results[i] = r[0]
			}
		})
	}
	all.Wait()
	d := w.detail(id)
	winners := 0
	for i, r := range results {
		if r.Err == nil && r.State == alerting.Accepted {
			winners++
			if !slices.Equal(d.AcceptedBy, []hub.UserID{users[i]}) {
				t.Errorf("a winner is not who is stored: %v", d.AcceptedBy)
			}
		} else if !slices.Equal(r.TakenBy, d.AcceptedBy) {
			t.Errorf("loser %d was told %v (%v), stored is %v", i, r.TakenBy, r.Err, d.AcceptedBy)
		}
	}
	if winners != 1 {
		t.Errorf("%d winners", winners)
	}
	if n := w.number(`select count(*) from alert_entry where kind = 'accepted'`); n != 1 {
		t.Errorf("%d accepts in the story", n)
	}
}

// TestOneReferenceIsOneAlert: raises of a new reference on several nodes at once end as one
// alert, and none of them fails.
func TestOneReferenceIsOneAlert(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	var all sync.WaitGroup
	errs := make(chan error, 40)
	boxes := []*store.Inbox{w.box, w.reopen().Inbox(w.clinic, w.source), w.reopen().Inbox(w.clinic, w.source)}
	for i := range 40 {
		all.Go(func() {
			errs <- boxes[i%3].PutSignal(t.Context(), connectors.Raw{Key: fmt.Sprint("n", i), Type: "x", Body: []byte("x")}, nurseCall("same", alerting.Normal))
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if n := w.number(`select count(*) from alert`); n != 1 {
		t.Errorf("%d alerts, want 1", n)
	}
	if n := w.number(`select count(*) from alert_entry where kind = 'duplicate'`); n != 39 {
		t.Errorf("%d duplicates told, want 39", n)
	}
}

// TestTextsAreNotInTheDatabase looks for them in every column of every table.
func TestTextsAreNotInTheDatabase(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	id := w.signal(nurseCall("1", alerting.Normal))
	w.act(id, alerting.ActAccept, eva.user)
	w.carry()
	for _, table := range []string{"alert", "answer_outbox", "alert_entry", "item", "message", "card_outbox", "dispatch"} {
		rows, err := w.super.Query(t.Context(), `select t::text from `+table+` t`)
		w.must(err)
		for rows.Next() {
			var line string
			w.must(rows.Scan(&line))
			for _, secret := range []string{"Großmann", "Zi 12", "Lindner", fmt.Sprintf("%x", "mann"), fmt.Sprintf("%x", "Lindner")} {
				if bytes.Contains([]byte(line), []byte(secret)) {
					t.Errorf("table %s shows %q", table, secret)
				}
			}
		}
		w.must(rows.Err())
	}
}

// TestRefusals: who may not act learns only what they may know.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva, other := w.nurse("Eva Lindner", true, 1), w.nurse("Ida Frei", false, 1)
	id := w.signal(nurseCall("1", alerting.Normal))
	if r := w.act(id, alerting.ActAccept, other.user); hub.KindOf(r.Err) != hub.Forbidden {
		t.Errorf("not a recipient: %v", r.Err)
	}
	if r := w.act(hub.NewID[hub.AlertID](), alerting.ActAccept, eva.user); hub.KindOf(r.Err) != hub.NotFound {
		t.Errorf("unknown alert: %v", r.Err)
	}
	w.signal(alerting.Signal{Ref: "1", Phase: alerting.PhaseCancel})
	if r := w.act(id, alerting.ActAccept, eva.user); hub.KindOf(r.Err) != hub.Conflict || r.State != alerting.Cancelled {
		t.Errorf("ended alert: %+v", r)
	}
	if r := w.act(id, alerting.ActSeen, eva.user); r.Err != nil {
		t.Errorf("a late receipt: %v", r.Err)
	}
	if r := w.act(id, alerting.ActAccept, other.user); hub.KindOf(r.Err) != hub.Forbidden {
		t.Errorf("ended alert, not a recipient: %v", r.Err)
	}
	if _, err := w.db.Story(t.Context(), w.clinic, id, other.user); hub.KindOf(err) != hub.Forbidden {
		t.Errorf("story for somebody else: %v", err)
	}
	if s, err := w.db.Story(t.Context(), w.clinic, id, eva.user); err != nil || len(s) == 0 {
		t.Errorf("story for the recipient: %d, %v", len(s), err)
	}
}

// TestAlertsPage goes through the list in pages.
func TestAlertsPage(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	for i := range 7 {
		w.signal(nurseCall(fmt.Sprint(i), alerting.Normal))
	}
	w.signal(alerting.Signal{Ref: "3", Phase: alerting.PhaseResolve})
	var refs []string
	cursor := ""
	for {
		rows, next, err := w.db.Alerts(t.Context(), w.clinic, true, cursor, 4)
		w.must(err)
		for _, r := range rows {
			refs = append(refs, r.Ref)
		}
		if cursor = next; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"6", "5", "4", "2", "1", "0"}, refs); diff != "" {
		t.Errorf("running alerts (-want +got):\n%s", diff)
	}
	day, err := w.db.DayOfAlerts(t.Context(), w.clinic)
	if err != nil || day.Running != 6 {
		t.Errorf("day: %+v, %v", day, err)
	}
}
