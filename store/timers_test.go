package store_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/store"
)

// TestTimersSurviveACrash: the hub goes away with timers pending; whoever comes next fires
// them, once, although several nodes try at the same time.
func TestTimersSurviveACrash(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	id := w.signal(nurseCall("1", alerting.Normal))
	w.makeDue(id, alerting.TimerStep)
	nodes := []*store.DB{w.reopen(), w.reopen(), w.reopen()}
	w.db.Close() // the one that raised it is gone
	w.db = nodes[0]
	var all sync.WaitGroup
	fired := make([]int, len(nodes))
	for i, db := range nodes {
		all.Go(func() { fired[i], _, _ = db.FireDue(context.Background(), w.clinic, 10) })
	}
	all.Wait()
	slices.Sort(fired)
	if !slices.Equal(fired, []int{0, 0, 1}) {
		t.Errorf("fired %v, want one of them once", fired)
	}
	if d := w.detail(id); d.Step != 1 || d.State != alerting.Notifying {
		t.Errorf("alert is %s in step %d", d.State, d.Step)
	}
}

// TestRunTimersIsPunctual: the dispatcher fires a timer set while it sleeps, less than a
// second late by the database's clock.
func TestRunTimersIsPunctual(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var done sync.WaitGroup
	done.Go(func() { w.db.RunTimers(ctx, slog.New(slog.DiscardHandler)) })
	id := w.signal(nurseCall("1", alerting.Normal))
	w.exec(`update alert_timer set due_at = clock_timestamp() + interval '300 ms' where alert_id = $1 and kind = 'step'`, id)
	var due time.Time
	w.must(w.super.QueryRow(ctx, `select due_at from alert_timer where alert_id = $1 and kind = 'step'`, id).Scan(&due))
	w.eventually(func() bool { return w.number(`select step from alert where id = $1`, id) == 1 })
	var at time.Time
	w.must(w.super.QueryRow(ctx, `select at from alert_entry where alert_id = $1 and kind = 'step' and step = 1`, id).Scan(&at))
	if late := at.Sub(due); late < 0 || late > time.Second {
		t.Errorf("fired %v after it was due", late)
	}
	cancel()
	done.Wait()
}

// eventually polls until f holds; the bound is for a busy machine.
func (w *callWard) eventually(f func() bool) {
	w.tb.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.tb.Fatal("did not happen in 20 s")
		}
	}
}

// TestEscalationToTheEnd walks a call nobody takes through its chain: the source is told,
// the technical contacts get an alert of their own, and it may still be accepted.
func TestEscalationToTheEnd(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	ida, it := w.nurse("Ida Frei", false, 1), w.admin(1)
	id := w.signal(nurseCall("1", alerting.Normal))
	for range 3 {
		w.makeDue(id, alerting.TimerStep)
		w.fire()
	}
	d := w.detail(id)
	if d.State != alerting.Exhausted {
		t.Fatalf("alert is %s", d.State)
	}
	if got := answerKinds(d); got[len(got)-1] != alerting.AnswerNotAccepted {
		t.Errorf("answers %v", got)
	}
	tech := w.number(`select count(*) from alert where technical and state = 'notifying'`)
	if tech != 1 {
		t.Errorf("%d technical alerts", tech)
	}
	if n := w.number(`select count(*) from dispatch d join alert a on a.id = d.alert_id where a.technical and d.user_id = $1`, it.user); n != 1 {
		t.Errorf("the technical contact has %d dispatches of it", n)
	}
	if r := w.act(id, alerting.ActAccept, ida.user); r.Err != nil || r.State != alerting.Accepted {
		t.Errorf("late accept: %+v", r)
	}
}

// TestWatchFindsWhatIsLeftBehind: the auditor is silent on a healthy database and sees each
// of the ways in which an alert could be forgotten.
func TestWatchFindsWhatIsLeftBehind(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	w.signal(nurseCall("1", alerting.Normal))
	w.carry()
	look := func() store.Watch {
		got, err := w.db.Watch(t.Context(), w.clinic)
		w.must(err)
		return got
	}
	if got := look(); got != (store.Watch{Running: 1}) {
		t.Errorf("healthy: %+v", got)
	}
	w.exec(`update alert_timer set due_at = now() - interval '6 s' where kind = 'step'`)
	w.exec(`update answer_outbox set at = now() - interval '61 s'`)
	w.exec(`insert into card_outbox (clinic_id, alert_id, version, priority, since) select clinic_id, id, 1, 1, now() - interval '6 s' from alert`)
	if got := look(); got != (store.Watch{Running: 1, Overdue: 1, Answers: 1, Cards: 1}) {
		t.Errorf("late: %+v", got)
	}
	w.exec(`delete from alert_timer`)
	if got := look(); got.Untimed != 1 {
		t.Errorf("untimed: %+v", got)
	}
}

// TestVoidTimerIsThrownAway: a timer of an earlier generation does nothing and is gone.
func TestVoidTimerIsThrownAway(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	eva := w.nurse("Eva Lindner", true, 1)
	id := w.signal(nurseCall("1", alerting.Normal))
	w.act(id, alerting.ActAccept, eva.user)
	w.exec(`insert into alert_timer (clinic_id, alert_id, kind, gen, due_at) values ($1, $2, 'step', 1, now() - interval '1 s')`, w.clinic, id)
	if n := w.fire(); n != 1 {
		t.Fatalf("took %d timers", n)
	}
	if d := w.detail(id); d.State != alerting.Accepted {
		t.Errorf("alert is %s", d.State)
	}
	if n := w.fire(); n != 0 {
		t.Errorf("the void timer is still there: %d", n)
	}
}
