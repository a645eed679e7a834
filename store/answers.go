package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// answerLease is how long an answer belongs to whoever claimed it. After a crash it is
// given again then; sources take an answer twice without harm.
const answerLease = 30 * time.Second

// answerSecret is what of an answer never stands in a column readably.
type answerSecret struct {
	Name      string `json:"n,omitempty"`
	Extension string `json:"x,omitempty"`
}

// answerers knows which connectors take answers, by their kind, which never changes. The
// zero value takes every kind for one that does.
type answerers struct {
	mu    sync.Mutex
	kinds []string // nil: all
	known map[hub.ConnectorID]bool
	busy  time.Time // when this node last wrote or found an answer
	asked time.Time // when it last looked for some
}

// The workers ask after every commit of the hub. Where this node has had no answers for
// answersQuiet (longer than any transaction that may be writing one), asking often finds
// nothing: then it looks every answersAsked, for what other nodes left behind.
const (
	answersQuiet = 2 * batchTimeout
	answersAsked = time.Second / 2
)

// stirred notes that answers are about.
func (a *answerers) stirred() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = time.Now()
}

// worth reports whether looking for answers is worth it now.
func (a *answerers) worth() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.busy) > answersQuiet && time.Since(a.asked) < answersAsked {
		return false
	}
	a.asked = time.Now()
	return true
}

// SetAnswerers names the kinds of connectors that take answers; for the alerts of all
// others none are written. Call it before the first alert; without it every kind does.
func (db *DB) SetAnswerers(kinds ...string) {
	db.answerers.mu.Lock()
	defer db.answerers.mu.Unlock()
	db.answerers.kinds, db.answerers.known = append([]string{}, kinds...), map[hub.ConnectorID]bool{}
}

func (a *answerers) take(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, c hub.ConnectorID) (bool, error) {
	a.mu.Lock()
	takes, known := a.known[c]
	all := a.kinds == nil
	a.mu.Unlock()
	if all || known {
		return all || takes, nil
	}
	var kind string
	if err := tx.QueryRow(ctx, `select kind from connector where clinic_id = $1 and id = $2`, clinic, c).Scan(&kind); err != nil {
		return false, fmt.Errorf("read kind of connector: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known[c] = slices.Contains(a.kinds, kind)
	return a.known[c], nil
}

func answerPlace(id string) string { return "answer/" + id }

// An answer behind another one of its alert is not due until that is done: an emergency
// that reached thousands has thousands of them, and looking at each to find the first took
// more than everything else together. The alert is locked, so nobody ends one meanwhile.
const writeAnswersSQL = `
insert into answer_outbox (clinic_id, alert_id, no, id, connector_id, ref, kind, state, secret, at, next_at)
select $1, t.alert, t.no, t.id, t.connector, t.ref, t.kind, t.state, t.secret, t.at,
  case when t.no = min(t.no) over (partition by t.alert) and not exists (
    select from answer_outbox e where e.clinic_id = $1 and e.alert_id = t.alert and e.done_at is null) then t.at else 'infinity' end
from unnest($2::uuid[], $3::int[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::timestamptz[])
  t(alert, no, id, connector, ref, kind, state, secret, at)`

func (db *DB) queueAnswers(batch *pgx.Batch, clinic hub.ClinicID, list []alerting.Answer) error {
	if len(list) == 0 {
		return nil
	}
	db.answerers.stirred()
	n := len(list)
	alerts, nos, ids, connectors := make([]hub.AlertID, n), make([]int32, n), make([]string, n), make([]hub.ConnectorID, n)
	refs, kinds, states := make([]string, n), make([]string, n), make([]string, n)
	secrets, at := make([][]byte, n), make([]time.Time, n)
	for i, a := range list {
		plain, err := json.Marshal(answerSecret{a.Name, a.Extension})
		if err != nil {
			return err
		}
		alerts[i], nos[i], ids[i], connectors[i], refs[i] = a.Alert, int32(a.No), a.ID, a.Connector, a.Ref
		kinds[i], states[i], secrets[i], at[i] = string(a.Kind), string(a.State), db.keys.Seal(answerPlace(a.ID), plain), a.At
	}
	batch.Queue(writeAnswersSQL, clinic, alerts, nos, ids, connectors, refs, kinds, states, secrets, at)
	return nil
}

// claimAnswersSQL takes the first open answer of each alert: the second waits until the
// first is done, so a source never hears "ended" before "accepted".
const claimAnswersSQL = `
with mine as (
  select o.alert_id, o.no from answer_outbox o
  where o.clinic_id = $1 and o.done_at is null and o.next_at <= now() and not exists (
    select from answer_outbox e where e.clinic_id = $1 and e.alert_id = o.alert_id and e.no < o.no and e.done_at is null)
  order by o.next_at limit $2 for update skip locked)
update answer_outbox o set next_at = now() + $3::interval, attempts = attempts + 1
from mine m where o.clinic_id = $1 and o.alert_id = m.alert_id and o.no = m.no
returning o.id, o.no, o.connector_id, o.alert_id, o.ref, o.kind, o.state, o.secret, o.at, o.attempts`

// ClaimAnswers takes at most limit answers per clinic that are due. Each must be ended by
// AnswerDone or AnswerFailed, or it comes again after answerLease.
func (db *DB) ClaimAnswers(ctx context.Context, limit int) ([]alerting.OpenAnswer, error) {
	if !db.answerers.worth() {
		return nil, nil
	}
	clinics, err := db.knownClinics(ctx)
	if err != nil {
		return nil, err
	}
	var all []alerting.OpenAnswer
	for _, c := range clinics {
		err := db.ByKeys(ctx, c.ID, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, claimAnswersSQL, c.ID, limit, answerLease)
			if err != nil {
				return err
			}
			some, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (alerting.OpenAnswer, error) {
				return db.scanAnswer(row, c.ID)
			})
			all = append(all, some...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("claim answers: %w", err)
		}
	}
	if len(all) > 0 {
		db.answerers.stirred()
	}
	return all, nil
}

func (db *DB) scanAnswer(row pgx.CollectableRow, clinic hub.ClinicID) (alerting.OpenAnswer, error) {
	a := alerting.OpenAnswer{Clinic: clinic}
	var sealed []byte
	err := row.Scan(&a.ID, &a.No, &a.Connector, &a.Alert, &a.Ref, &a.Kind, &a.State, &sealed, &a.At, &a.Attempts)
	if err != nil {
		return a, err
	}
	// A name that cannot be read any more is left out: the source must hear that somebody
	// comes, and no other answer may wait for this one.
	var s answerSecret
	if plain, err := db.keys.Open(answerPlace(a.ID), sealed); err != nil || json.Unmarshal(plain, &s) != nil {
		return a, nil
	}
	a.Name, a.Extension = s.Name, s.Extension
	return a, nil
}

// endAnswersSQL ends answers, one of each alert, or all that are open of an alert whose
// source never takes one; it makes the next ones due and tells it in the stories. The rows
// of the alerts are locked before, as everywhere; an answer that is done changes nothing.
const endAnswersSQL = `
with t as (select * from unnest($2::uuid[], $3::int[], $4::text[], $5::boolean[]) t(alert, no, kind, rest)),
a as (
  update alert x set entries = entries + 1 from t where x.clinic_id = $1 and x.id = any($2) and x.id = t.alert and exists (
    select from answer_outbox e where e.clinic_id = $1 and e.alert_id = t.alert and e.no = t.no and e.done_at is null)
  returning x.id, entries, step),
o as (
  update answer_outbox x set done_at = clock_timestamp(), gave_up = t.kind = $6 from t join a on a.id = t.alert
  where x.clinic_id = $1 and x.alert_id = any($2) and x.alert_id = t.alert and (x.no = t.no or t.rest) and x.done_at is null
  returning x.alert_id, x.no, x.kind, x.attempts),
next as (
  update answer_outbox x set next_at = clock_timestamp() from t join a on a.id = t.alert
  where x.clinic_id = $1 and x.alert_id = any($2) and x.alert_id = t.alert and not t.rest and x.no = (
    select min(e.no) from answer_outbox e where e.clinic_id = $1 and e.alert_id = t.alert and e.no > t.no and e.done_at is null))
insert into alert_entry (clinic_id, alert_id, no, at, kind, step, data)
select $1, t.alert, a.entries, clock_timestamp(), t.kind, a.step, jsonb_build_object('answer', o.kind, 'attempts', o.attempts)
from t join a on a.id = t.alert join o on o.alert_id = t.alert and o.no = t.no`

// answerEnd is one answer that is over: as what its story tells of it, and whether the
// rest of its alert's answers is over with it.
type answerEnd struct {
	alerting.OpenAnswer
	as   alerting.EntryKind
	rest bool
}

// AnswerDone notes that the source has taken an answer. The next one of its alert is free.
func (db *DB) AnswerDone(ctx context.Context, a alerting.OpenAnswer) error {
	return db.endAnswer(ctx, a, alerting.EntryAnswered, false)
}

// AnswerFailed lets an answer wait for its next attempt. At an age of alerting.AnswerLife
// it is given up, which the story tells. gone means that the source takes no answers about
// this alert: then all that are open are given up together.
func (db *DB) AnswerFailed(ctx context.Context, a alerting.OpenAnswer, gone bool) error {
	if gone {
		return db.endAnswer(ctx, a, alerting.EntryUnanswered, true)
	}
	const sql = `
update answer_outbox set next_at = clock_timestamp() + $4::interval where clinic_id = $1 and alert_id = $2 and no = $3 and done_at is null
returning at < clock_timestamp() - $5::interval`
	tooOld := false
	err := db.InClinic(ctx, a.Clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, a.Clinic, a.Alert, a.No, alerting.AnswerPause(a.Attempts), alerting.AnswerLife)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, []any{&tooOld}, func() error { return nil })
		return err
	})
	if err != nil {
		return fmt.Errorf("put answer back: %w", err)
	}
	if tooOld {
		return db.endAnswer(ctx, a, alerting.EntryUnanswered, false)
	}
	return nil
}

// endAnswer returns when the end is committed, together with those of other answers.
func (db *DB) endAnswer(ctx context.Context, a alerting.OpenAnswer, as alerting.EntryKind, rest bool) error {
	return db.ends.Do(ctx, string(a.Clinic), &answerEnd{a, as, rest})
}

// maxAnswerEnds bounds one transaction that ends answers.
const maxAnswerEnds = 256

func (db *DB) writeAnswerEnds(ctx context.Context, ends []*answerEnd) error {
	clinic := ends[0].Clinic
	seen := map[hub.AlertID]bool{}
	var alerts []hub.AlertID
	var nos []int32
	var kinds []string
	var rests []bool
	for _, e := range ends {
		if seen[e.Alert] { // given twice after a lease had ended
			continue
		}
		seen[e.Alert] = true
		alerts, nos, kinds, rests = append(alerts, e.Alert), append(nos, int32(e.No)), append(kinds, string(e.as)), append(rests, e.rest)
	}
	err := db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(lockCardAlertsSQL, clinic, alerts)
		batch.Queue(endAnswersSQL, clinic, alerts, nos, kinds, rests, string(alerting.EntryUnanswered))
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return fmt.Errorf("end answers: %w", err)
	}
	db.woke()
	return nil
}
