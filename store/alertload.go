package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
)

// A raise of a reference that does not exist yet has no row to lock. This lock makes two
// of them wait for each other, so that the second finds the alert of the first.
const lockRefsSQL = `
select pg_advisory_xact_lock(k) from (
  select distinct hashtextextended($1::text || t.c::text || ' ' || t.r, 7283010) k
  from unnest($2::uuid[], $3::text[]) t(c, r) order by 1) x`

const alertColumns = `a.id, a.connector_id, a.ref, a.state, a.kind, a.priority, a.ward, a.room, a.bed, a.secret, a.technical,
  a.rule_id, a.rule_name, a.policy, a.step, a.gen, a.version, a.entries, a.answers, a.notices, a.accepted_by,
  a.raised_at, a.updated_at, a.ended_at`

// The array and the lateral limit keep the planner to one index lookup per alert: it cannot
// know how long the lists are, and a join of both tables grows with their product.
const lockAlertsSQL = `
select ` + alertColumns + ` from alert a
where a.clinic_id = $1 and a.id = any(array(
  select unnest($2::uuid[])
  union select x.id from unnest($3::uuid[], $4::text[]) t(c, r) cross join lateral (
    select id from alert y where y.clinic_id = $1 and y.connector_id = t.c and y.ref = t.r and y.ended_at is null limit 1) x))
order by a.id for update`

// The clock is read after the locks are held: of two transactions on one alert the later
// one also has the later time.
const clockSQL = `select clock_timestamp(), timezone from clinic where id = $1`

const rulesSQL = `select revision, items from alert_rules where clinic_id = $1 order by revision desc limit 1`

// lockAlerts locks every alert the inputs may touch and loads it, in two round trips.
func (db *DB) lockAlerts(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, inputs []alerting.Input) (*locked, error) {
	ids, connectors, refs := touched(inputs)
	l := &locked{ended: map[hub.AlertID]alerting.Snapshot{}}
	var batch pgx.Batch
	if len(refs) > 0 {
		batch.Queue(lockRefsSQL, clinic, connectors, refs)
	}
	var alerts []alerting.Alert
	batch.Queue(lockAlertsSQL, clinic, ids, connectors, refs).Query(func(rows pgx.Rows) (err error) {
		alerts, err = db.scanAlerts(rows, clinic)
		return err
	})
	queueSetting(&batch, clinic, l)
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, err
	}
	snaps, err := loadDispatches(ctx, tx, clinic, alerts)
	if err != nil {
		return nil, err
	}
	for _, s := range snaps {
		if s.Alert.State.Final() {
			l.ended[s.Alert.ID] = s
		} else {
			l.running = append(l.running, s)
		}
	}
	return l, nil
}

// queueSetting reads what a decision depends on besides alerts: time, zone and rules.
func queueSetting(batch *pgx.Batch, clinic hub.ClinicID, l *locked) {
	batch.Queue(clockSQL, clinic).QueryRow(func(row pgx.Row) error {
		var zone string
		if err := row.Scan(&l.now, &zone); err != nil {
			return err
		}
		l.loc = location(zone)
		return nil
	})
	batch.Queue(rulesSQL, clinic).Query(func(rows pgx.Rows) (err error) {
		l.rules, _, err = scanRules(rows)
		return err
	})
}

// location falls back to UTC: a wrong zone in the register must not stop calls.
func location(zone string) *time.Location {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

func touched(inputs []alerting.Input) (ids []hub.AlertID, connectors []hub.ConnectorID, refs []string) {
	ids, connectors, refs = []hub.AlertID{}, []hub.ConnectorID{}, []string{}
	for _, in := range inputs {
		switch {
		case in.Signal != nil:
			connectors = append(connectors, in.Signal.Connector)
			refs = append(refs, cleanRef(in.Signal.Ref))
		case in.Act != nil:
			ids = append(ids, in.Act.Alert)
		case in.Due != nil:
			ids = append(ids, in.Due.Alert)
		}
	}
	return ids, connectors, refs
}

// cleanRef keeps a reference that the alert engine will refuse from failing the whole query.
func cleanRef(ref string) string {
	if !utf8.ValidString(ref) || strings.ContainsRune(ref, 0) {
		return ""
	}
	return ref
}

// alertSecret is what of an alert never stands in a column readably.
type alertSecret struct {
	Text   string `json:"t,omitempty"`
	Caller string `json:"c,omitempty"`
}

func alertPlace(id hub.AlertID) string { return "alert/" + string(id) }

// scanAlerts reads rows of alertColumns and opens their texts.
func (db *DB) scanAlerts(rows pgx.Rows, clinic hub.ClinicID) ([]alerting.Alert, error) {
	return pgx.CollectRows(rows, db.alertScanner(clinic))
}

// scanReadable passes over alerts that cannot be opened any more (a damaged row, a lost
// key), so that they keep no other from its card. The auditor sees that theirs are late.
func (db *DB) scanReadable(rows pgx.Rows, clinic hub.ClinicID) (alerts []alerting.Alert, err error) {
	defer rows.Close()
	for scan := db.alertScanner(clinic); rows.Next(); {
		a, err := scan(rows)
		if errors.Is(err, seal.ErrSealed) {
			continue
		}
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, a)
	}
	return alerts, rows.Err()
}

func (db *DB) alertScanner(clinic hub.ClinicID) pgx.RowToFunc[alerting.Alert] {
	return func(row pgx.CollectableRow) (alerting.Alert, error) {
		a := alerting.Alert{Clinic: clinic}
		var sealed, policy []byte
		var ended *time.Time
		err := row.Scan(&a.ID, &a.Connector, &a.Ref, &a.State, &a.Kind, &a.Priority, &a.Ward, &a.Room, &a.Bed, &sealed, &a.Technical,
			&a.Rule, &a.RuleName, &policy, &a.Step, &a.Gen, &a.Version, &a.Entries, &a.Answers, &a.Notices, &a.AcceptedBy,
			&a.RaisedAt, &a.UpdatedAt, &ended)
		if err != nil {
			return a, err
		}
		if ended != nil {
			a.EndedAt = *ended
		}
		if err := json.Unmarshal(policy, &a.Policy); err != nil {
			return a, fmt.Errorf("read policy: %w", err)
		}
		return a, db.openAlert(&a, sealed)
	}
}

func (db *DB) openAlert(a *alerting.Alert, sealed []byte) error {
	plain, err := db.keys.Open(alertPlace(a.ID), sealed)
	if err != nil {
		return fmt.Errorf("open alert text: %w", err)
	}
	var s alertSecret
	if err := json.Unmarshal(plain, &s); err != nil {
		return fmt.Errorf("read alert text: %w", err)
	}
	a.Text, a.Caller = s.Text, s.Caller
	return nil
}

const dispatchesSQL = `
select alert_id, step, user_id, state, reached, changed_at from dispatch
where clinic_id = $1 and alert_id = any($2) order by alert_id, step, user_id`

func loadDispatches(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, alerts []alerting.Alert) ([]alerting.Snapshot, error) {
	snaps, ids := make([]alerting.Snapshot, len(alerts)), make([]hub.AlertID, len(alerts))
	at := make(map[hub.AlertID]int, len(alerts))
	for i, a := range alerts {
		snaps[i].Alert, ids[i], at[a.ID] = a, a.ID, i
	}
	if len(alerts) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, dispatchesSQL, clinic, ids)
	if err != nil {
		return nil, err
	}
	var d alerting.Dispatch
	_, err = pgx.ForEachRow(rows, []any{&d.Alert, &d.Step, &d.User, &d.State, &d.Reached, &d.Changed}, func() error {
		s := &snaps[at[d.Alert]]
		s.Dispatches = append(s.Dispatches, d)
		return nil
	})
	return snaps, err
}
