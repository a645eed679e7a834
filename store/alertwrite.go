package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// writeChanges writes each slice with one statement and sends all of them in one round
// trip.
func (db *DB) writeChanges(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, c alerting.Changes) error {
	var batch pgx.Batch
	alerts := append(c.New[:len(c.New):len(c.New)], c.Updated...)
	if err := db.queueAlerts(&batch, clinic, alerts); err != nil {
		return err
	}
	queueDispatches(&batch, clinic, c.Dispatches)
	queueEntries(&batch, clinic, c.Entries)
	queueTimers(&batch, clinic, c.Timers)
	if err := db.queueAnswers(&batch, clinic, c.Answers); err != nil {
		return err
	}
	queueCards(&batch, clinic, alerts, c.Cards)
	if batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &batch).Close()
}

const writeAlertsSQL = `
insert into alert (clinic_id, id, connector_id, ref, state, kind, priority, ward, room, bed, secret, technical, rule_id, rule_name, policy,
  step, gen, version, entries, answers, notices, accepted_by, raised_at, updated_at, ended_at)
select $1, t.id, t.connector, t.ref, t.state, t.kind, t.priority, t.ward, t.room, t.bed, t.secret, t.technical, t.rule, t.rule_name, t.policy,
  t.step, t.gen, t.version, t.entries, t.answers, t.notices, t.accepted::uuid[], t.raised, t.updated, t.ended
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::bytea[], $12::boolean[],
  $13::text[], $14::text[], $15::jsonb[], $16::smallint[], $17::int[], $18::int[], $19::int[], $20::int[], $21::int[], $22::text[],
  $23::timestamptz[], $24::timestamptz[], $25::timestamptz[])
  t(id, connector, ref, state, kind, priority, ward, room, bed, secret, technical, rule, rule_name, policy, step, gen, version, entries, answers, notices,
    accepted, raised, updated, ended)
on conflict (clinic_id, id) do update set state = excluded.state, kind = excluded.kind, priority = excluded.priority, ward = excluded.ward,
  room = excluded.room, bed = excluded.bed, secret = excluded.secret, step = excluded.step, gen = excluded.gen, version = excluded.version,
  entries = excluded.entries, answers = excluded.answers, notices = excluded.notices, accepted_by = excluded.accepted_by,
  updated_at = excluded.updated_at, ended_at = excluded.ended_at`

// alertRows holds alerts by column, as unnest wants them.
type alertRows struct {
	id                                                          []hub.AlertID
	connector                                                   []hub.ConnectorID
	ref, state, kind, ward, room, bed, rule, ruleName, accepted []string
	priority, step                                              []int16
	secret                                                      [][]byte
	technical                                                   []bool
	policy                                                      [][]byte
	gen, version, entries, answers, notices                     []int32
	raised, updated                                             []time.Time
	ended                                                       []*time.Time
}

func (r *alertRows) add(a *alerting.Alert, secret, policy []byte) {
	r.id, r.connector, r.ref = append(r.id, a.ID), append(r.connector, a.Connector), append(r.ref, a.Ref)
	r.state, r.kind = append(r.state, string(a.State)), append(r.kind, a.Kind)
	r.ward, r.room, r.bed = append(r.ward, a.Ward), append(r.room, a.Room), append(r.bed, a.Bed)
	r.rule, r.ruleName = append(r.rule, string(a.Rule)), append(r.ruleName, a.RuleName)
	r.accepted = append(r.accepted, arrayText(a.AcceptedBy))
	r.priority, r.step = append(r.priority, int16(a.Priority)), append(r.step, int16(a.Step))
	r.secret, r.policy, r.technical = append(r.secret, secret), append(r.policy, policy), append(r.technical, a.Technical)
	r.gen, r.version, r.entries = append(r.gen, int32(a.Gen)), append(r.version, int32(a.Version)), append(r.entries, int32(a.Entries))
	r.answers, r.notices = append(r.answers, int32(a.Answers)), append(r.notices, int32(a.Notices))
	r.raised, r.updated, r.ended = append(r.raised, a.RaisedAt), append(r.updated, a.UpdatedAt), append(r.ended, pg.Null(a.EndedAt))
}

// arrayText writes identifiers as the text of a PostgreSQL array: unnest flattens arrays of
// arrays, so each row's own array travels as text.
func arrayText[T hub.ID](ids []T) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = string(id)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (db *DB) queueAlerts(batch *pgx.Batch, clinic hub.ClinicID, alerts []*alerting.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	var r alertRows
	for _, a := range alerts {
		plain, err := json.Marshal(alertSecret{a.Text, a.Caller})
		if err != nil {
			return err
		}
		policy, err := json.Marshal(a.Policy)
		if err != nil {
			return err
		}
		r.add(a, db.keys.Seal(alertPlace(a.ID), plain), policy)
	}
	batch.Queue(writeAlertsSQL, clinic, r.id, r.connector, r.ref, r.state, r.kind, r.priority, r.ward, r.room, r.bed, r.secret, r.technical,
		r.rule, r.ruleName, r.policy, r.step, r.gen, r.version, r.entries, r.answers, r.notices, r.accepted, r.raised, r.updated, r.ended)
	return nil
}

const writeDispatchesSQL = `
insert into dispatch (clinic_id, alert_id, step, user_id, state, reached, changed_at)
select $1, * from unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::text[], $6::boolean[], $7::timestamptz[])
on conflict (clinic_id, alert_id, step, user_id) do update
set state = excluded.state, reached = excluded.reached, changed_at = excluded.changed_at`

func queueDispatches(batch *pgx.Batch, clinic hub.ClinicID, list []alerting.Dispatch) {
	if len(list) == 0 {
		return
	}
	n := len(list)
	alerts, steps, users := make([]hub.AlertID, n), make([]int16, n), make([]hub.UserID, n)
	states, reached, changed := make([]string, n), make([]bool, n), make([]time.Time, n)
	for i, d := range list {
		alerts[i], steps[i], users[i], states[i], reached[i], changed[i] = d.Alert, int16(d.Step), d.User, string(d.State), d.Reached, d.Changed
	}
	batch.Queue(writeDispatchesSQL, clinic, alerts, steps, users, states, reached, changed)
}

const writeEntriesSQL = `
insert into alert_entry (clinic_id, alert_id, no, at, kind, user_id, step, data)
select $1, t.alert, t.no, t.at, t.kind, nullif(t.usr, '')::uuid, t.step, t.data
from unnest($2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::smallint[], $8::jsonb[]) t(alert, no, at, kind, usr, step, data)`

func queueEntries(batch *pgx.Batch, clinic hub.ClinicID, list []alerting.Entry) {
	if len(list) == 0 {
		return
	}
	n := len(list)
	alerts, nos, at := make([]hub.AlertID, n), make([]int32, n), make([]time.Time, n)
	kinds, users, steps, data := make([]string, n), make([]string, n), make([]int16, n), make([][]byte, n)
	for i, e := range list {
		alerts[i], nos[i], at[i], kinds[i], users[i], steps[i], data[i] = e.Alert, int32(e.No), e.At, string(e.Kind), string(e.User), int16(e.Step), e.Data
	}
	batch.Queue(writeEntriesSQL, clinic, alerts, nos, at, kinds, users, steps, data)
}

const writeTimersSQL = `
insert into alert_timer (clinic_id, alert_id, kind, gen, due_at)
select $1, * from unnest($2::uuid[], $3::text[], $4::int[], $5::timestamptz[])
on conflict (clinic_id, alert_id, kind) do update set gen = excluded.gen, due_at = excluded.due_at`

const dropTimersSQL = `
delete from alert_timer x using unnest($2::uuid[], $3::text[]) t(alert, kind)
where x.clinic_id = $1 and x.alert_id = any($2) and x.alert_id = t.alert and x.kind = t.kind`

func queueTimers(batch *pgx.Batch, clinic hub.ClinicID, list []alerting.Timer) {
	var set, drop struct {
		alerts []hub.AlertID
		kinds  []string
		gens   []int32
		due    []time.Time
	}
	for _, t := range list {
		if t.Due.IsZero() {
			drop.alerts, drop.kinds = append(drop.alerts, t.Alert), append(drop.kinds, string(t.Kind))
			continue
		}
		set.alerts, set.kinds = append(set.alerts, t.Alert), append(set.kinds, string(t.Kind))
		set.gens, set.due = append(set.gens, int32(t.Gen)), append(set.due, t.Due)
	}
	if len(set.alerts) > 0 {
		batch.Queue(writeTimersSQL, clinic, set.alerts, set.kinds, set.gens, set.due)
	}
	if len(drop.alerts) > 0 {
		batch.Queue(dropTimersSQL, clinic, drop.alerts, drop.kinds)
	}
}

const writeCardsSQL = `
insert into card_outbox (clinic_id, alert_id, version, priority, since)
select $1, t.alert, t.version, t.priority, clock_timestamp() from unnest($2::uuid[], $3::int[], $4::smallint[]) t(alert, version, priority)
on conflict (clinic_id, alert_id) do update set version = excluded.version, priority = excluded.priority, attempts = 0`

// queueCards writes in the order of the alerts' ids, as whoever takes cards away locks them.
func queueCards(batch *pgx.Batch, clinic hub.ClinicID, alerts []*alerting.Alert, cards []hub.AlertID) {
	if len(cards) == 0 {
		return
	}
	wanted := make(map[hub.AlertID]bool, len(cards))
	for _, id := range cards {
		wanted[id] = true
	}
	var ids []hub.AlertID
	var versions []int32
	var priorities []int16
	alerts = slices.SortedFunc(slices.Values(alerts), func(a, b *alerting.Alert) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, a := range alerts {
		if wanted[a.ID] {
			ids, versions, priorities = append(ids, a.ID), append(versions, int32(a.Version)), append(priorities, int16(a.Priority))
		}
	}
	batch.Queue(writeCardsSQL, clinic, ids, versions, priorities)
}
