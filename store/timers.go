package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// maxTimerSleep bounds how late a timer of another node, or one set meanwhile, is seen.
const maxTimerSleep = 250 * time.Millisecond

// timersPerRound bounds one transaction of the dispatcher.
const timersPerRound = 100

// takeDueSQL takes timers whose time has come by locking their alerts: every transaction
// locks the alert first, so two can never wait for each other in a circle. now() is the
// database's clock; unlike clock_timestamp() it can be looked up in the index. A timer that
// was set anew since does not match any more and stays.
const (
	takeDueSQL   = dueSQL + takeSQL
	takeDueOfSQL = dueSQL + ` and t.alert_id = $3` + takeSQL // of one alert
	dueSQL       = `
with due as (
  select t.alert_id, t.kind, t.gen, t.due_at from alert_timer t
  join alert a on a.clinic_id = t.clinic_id and a.id = t.alert_id
  where t.clinic_id = $1 and t.due_at <= now()`
	takeSQL = `
  order by t.due_at limit $2 for update of a skip locked)
delete from alert_timer t using due d
where t.clinic_id = $1 and t.alert_id = d.alert_id and t.kind = d.kind and t.gen = d.gen and t.due_at = d.due_at
returning t.alert_id, t.kind, t.gen, t.due_at`
)

const nextDueSQL = `select extract(epoch from min(due_at) - clock_timestamp())::float8 from alert_timer where clinic_id = $1`

// FireDue lets at most limit due timers of a clinic take effect and returns how many it
// took and how long it is until the next one (at most maxTimerSleep). Any node may call it
// at any time: a row is taken by one of them, and a crash leaves it to the next. When they
// fail together each alert is tried alone, so that a broken one keeps no other from
// escalating; its timer stays and is reported as overdue.
func (db *DB) FireDue(ctx context.Context, clinic hub.ClinicID, limit int) (fired int, wait time.Duration, err error) {
	fired, wait, err = db.fire(ctx, clinic, takeDueSQL, clinic, limit)
	if err != nil {
		wait = maxTimerSleep
		fired, err = db.fireEach(ctx, clinic, limit)
	}
	if fired > 0 {
		db.woke()
	}
	if err != nil {
		return fired, wait, fmt.Errorf("fire timers: %w", err)
	}
	return fired, wait, nil
}

// fire takes the timers a query returns and applies them, in one transaction.
func (db *DB) fire(ctx context.Context, clinic hub.ClinicID, take string, args ...any) (fired int, wait time.Duration, err error) {
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, take, args...)
		if err != nil {
			return err
		}
		due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[alerting.Timer])
		if err != nil {
			return err
		}
		inputs := make([]alerting.Input, len(due))
		for i := range due {
			inputs[i].Due = &due[i]
		}
		if _, err := db.applyInputs(ctx, tx, clinic, inputs); err != nil {
			return err
		}
		fired = len(due)
		var left *float64
		if err := tx.QueryRow(ctx, nextDueSQL, clinic).Scan(&left); err != nil {
			return err
		}
		wait = sleepUntil(left)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return fired, wait, nil
}

// fireEach fires what is due one alert after the other. It looks at all of them, however
// many are broken, and returns the errors of those that failed.
func (db *DB) fireEach(ctx context.Context, clinic hub.ClinicID, limit int) (fired int, err error) {
	const sql = `select alert_id from alert_timer where clinic_id = $1 and due_at <= now() group by 1 order by min(due_at)`
	var alerts []hub.AlertID
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		alerts, err = pg.Collect(ctx, tx, pgx.RowTo[hub.AlertID], sql, clinic)
		return err
	})
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range alerts {
		n, _, err := db.fire(ctx, clinic, takeDueOfSQL, clinic, limit, id)
		fired += n
		if err != nil {
			failed = append(failed, fmt.Errorf("alert %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return fired, errors.Join(failed...)
}

// sleepUntil turns the seconds to the next timer into a sleep. One that is overdue is being
// worked on by somebody else: looking again at once would only burn time.
func sleepUntil(left *float64) time.Duration {
	if left == nil {
		return maxTimerSleep
	}
	d := time.Duration(*left * float64(time.Second))
	return min(max(d, 5*time.Millisecond), maxTimerSleep)
}

// RunTimers fires the timers of all clinics until ctx ends. A failure is logged and tried
// again: the rows wait.
func (db *DB) RunTimers(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		wait := db.fireAll(ctx, log)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// fireTime bounds one round of a clinic: a connection that hangs (a database host that is
// gone without a word) must not hold up the timers for as long as TCP is patient.
const fireTime = 30 * time.Second

// fireAll fires the timers of each clinic. What fails in one keeps no other waiting.
func (db *DB) fireAll(ctx context.Context, log *slog.Logger) time.Duration {
	bound, cancel := context.WithTimeout(ctx, fireTime)
	defer cancel()
	clinics, err := db.Clinics(bound)
	wait := maxTimerSleep
	if err != nil && ctx.Err() == nil {
		log.Error("timers did not fire", "err", err)
	}
	for _, c := range clinics {
		next, err := db.fireClinic(ctx, c.ID)
		wait = min(wait, next)
		if err != nil && ctx.Err() == nil {
			log.Error("timers did not fire", "clinic", c.ID, "err", err)
		}
	}
	return wait
}

func (db *DB) fireClinic(ctx context.Context, clinic hub.ClinicID) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, fireTime)
	defer cancel()
	for fired := timersPerRound; fired == timersPerRound && err == nil; {
		fired, wait, err = db.FireDue(ctx, clinic, timersPerRound)
	}
	return wait, err
}

// Watch is what the auditor found. Each number but Running must be zero.
type Watch struct {
	Running int // alerts that have not ended
	Untimed int // of them: without any pending timer, so nothing would ever end them
	Overdue int // timers more than 5 s late
	Cards   int // cards that wait for more than 5 s
	Answers int // answers to sources that wait for more than 60 s
}

const watchSQL = `select
  (select count(*) from alert where clinic_id = $1 and ended_at is null),
  (select count(*) from alert a where clinic_id = $1 and ended_at is null and not exists (
    select from alert_timer t where t.clinic_id = $1 and t.alert_id = a.id)),
  (select count(*) from alert_timer where clinic_id = $1 and due_at < now() - interval '5 s'),
  (select count(*) from card_outbox where clinic_id = $1 and since < now() - interval '5 s'),
  (select count(*) from answer_outbox where clinic_id = $1 and done_at is null and at < now() - interval '60 s')`

// Watch counts what promise 2 forbids. It is exported as metrics and looked at by readyz.
func (db *DB) Watch(ctx context.Context, clinic hub.ClinicID) (Watch, error) {
	var w Watch
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, watchSQL, clinic).Scan(&w.Running, &w.Untimed, &w.Overdue, &w.Cards, &w.Answers)
	})
	if err != nil {
		return w, fmt.Errorf("watch alerts: %w", err)
	}
	return w, nil
}
