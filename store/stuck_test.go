package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// TestAnswerWrittenWhileTheOneBeforeEndsIsNotForgotten: an answer waits for the one before
// it. When both transactions meet, whichever commits last must see the other, or the source
// never hears that somebody is coming.
func TestAnswerWrittenWhileTheOneBeforeEndsIsNotForgotten(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	id := w.signal(nurseCall("1", alerting.Normal))
	first, err := w.db.ClaimAnswers(t.Context(), 10)
	w.must(err)
	tx, err := w.super.Begin(t.Context()) // stands for the transaction of an accept
	w.must(err)
	_, err = tx.Exec(t.Context(), `select from alert where id = $1 for update`, id)
	w.must(err)
	ended := make(chan error, 1)
	go func() { ended <- w.db.AnswerDone(context.WithoutCancel(t.Context()), first[0]) }()
	watch, err := pgx.Connect(t.Context(), w.url)
	w.must(err)
	defer watch.Close(context.Background())
	w.eventually(func() bool { // until it waits for the alert
		var n int
		w.must(watch.QueryRow(t.Context(), `select count(*) from pg_locks where not granted`).Scan(&n))
		return n > 0
	})
	_, err = tx.Exec(t.Context(), `
insert into answer_outbox (clinic_id, alert_id, no, id, connector_id, ref, kind, state, secret, at, next_at)
select clinic_id, alert_id, 2, gen_random_uuid(), connector_id, ref, 'accepted', 'accepted', secret, now(), 'infinity' from answer_outbox where no = 1`)
	w.must(err)
	w.must(tx.Commit(t.Context()))
	w.must(<-ended)
	if n := w.number(`select count(*) from answer_outbox where no = 2 and next_at <= clock_timestamp()`); n != 1 {
		t.Error("the second answer waits for ever")
	}
}

// TestOneBrokenAlertKeepsNoOtherFromEscalating: an alert that cannot be read (a damaged row,
// a lost key) stays overdue, which the auditor sees; all others go on.
func TestOneBrokenAlertKeepsNoOtherFromEscalating(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	var ids []hub.AlertID
	for _, ref := range []string{"1", "2", "3"} {
		ids = append(ids, w.signal(nurseCall(ref, alerting.Normal)))
		w.makeDue(ids[len(ids)-1], alerting.TimerStep)
	}
	w.exec(`update alert set secret = '\x00' where id = $1`, ids[0])
	fired, wait, err := w.db.FireDue(t.Context(), w.clinic, 100)
	if err == nil || fired != 2 || wait <= 0 || wait > time.Second {
		t.Errorf("fired %d, wait %v, %v; want 2 and an error", fired, wait, err)
	}
	for i, id := range ids {
		want := 1
		if i == 0 {
			want = 0
		}
		if got := w.number(`select step from alert where id = $1`, id); got != want {
			t.Errorf("alert %d is in step %d, want %d", i, got, want)
		}
	}
	if n := w.number(`select count(*) from alert_timer where alert_id = $1 and kind = 'step' and due_at < now()`, ids[0]); n != 1 {
		t.Error("the timer of the broken alert is gone")
	}
}

// TestAnswerWhoseNameCannotBeReadIsGivenWithoutIt: the source must hear that somebody comes,
// even when the name is lost; and no other answer may wait for it.
func TestAnswerWhoseNameCannotBeReadIsGivenWithoutIt(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	broken := w.signal(nurseCall("1", alerting.Normal))
	w.signal(nurseCall("2", alerting.Normal))
	w.exec(`update answer_outbox set secret = '\x00' where alert_id = $1`, broken)
	open, err := w.db.ClaimAnswers(t.Context(), 10)
	w.must(err)
	if len(open) != 2 {
		t.Fatalf("claimed %d answers, want both", len(open))
	}
}
