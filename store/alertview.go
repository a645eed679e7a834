package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

const listAlertsSQL = `
select ` + alertColumns + ` from alert a
where a.clinic_id = $1 and ($2 = false or a.ended_at is null) and ($3::timestamptz is null or (a.raised_at, a.id) < ($3, $4::uuid))
order by a.raised_at desc, a.id desc limit $5`

// Alerts returns the newest alerts first, their texts opened, and the cursor of the next
// page ("" at the end). running leaves out those that have ended.
func (db *DB) Alerts(ctx context.Context, clinic hub.ClinicID, running bool, cursor string, limit int) ([]alerting.Row, string, error) {
	at, id, err := pg.ParseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	var list []alerting.Row
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listAlertsSQL, clinic, running, pg.Null(at), pg.Null(id), limit+1)
		if err != nil {
			return err
		}
		alerts, err := db.scanAlerts(rows, clinic)
		if err != nil {
			return err
		}
		list, err = nameAlerts(ctx, tx, clinic, alerts)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list alerts: %w", err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	last := list[limit-1].Alert
	return list[:limit], pg.FormatCursor(last.RaisedAt, string(last.ID)), nil
}

// nameAlerts adds the names of connectors and of those who accepted.
func nameAlerts(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, alerts []alerting.Alert) ([]alerting.Row, error) {
	list := make([]alerting.Row, len(alerts))
	var users []hub.UserID
	for i, a := range alerts {
		list[i].Alert = a
		users = append(users, a.AcceptedBy...)
	}
	type source struct{ name, kind string }
	sources := map[hub.ConnectorID]source{}
	var batch pgx.Batch
	names := queueNames(&batch, clinic, users)
	batch.Queue(`select id, name, kind from connector where clinic_id = $1`, clinic).Query(func(rows pgx.Rows) error {
		var id hub.ConnectorID
		var s source
		_, err := pgx.ForEachRow(rows, []any{&id, &s.name, &s.kind}, func() error { sources[id] = s; return nil })
		return err
	})
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, err
	}
	for i := range list {
		s := sources[list[i].Connector]
		list[i].ConnectorName, list[i].ConnectorKind, list[i].Names = s.name, s.kind, names
	}
	return list, nil
}

// queueNames reads display names into the map it returns, filled when the batch is closed.
func queueNames(batch *pgx.Batch, clinic hub.ClinicID, users []hub.UserID) map[hub.UserID]string {
	names := map[hub.UserID]string{}
	if users == nil {
		users = []hub.UserID{}
	}
	batch.Queue(cardPeopleSQL, clinic, users).Query(func(rows pgx.Rows) error {
		var id hub.UserID
		var name string
		_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil })
		return err
	})
	return names
}

const givenSQL = `select kind, at, done_at, attempts, gave_up from answer_outbox where clinic_id = $1 and alert_id = $2 order by no`

// Alert returns an alert with its story, dispatches and answers; hub.NotFound if the clinic
// has none with this id.
func (db *DB) Alert(ctx context.Context, clinic hub.ClinicID, id hub.AlertID) (alerting.Detail, error) {
	var d alerting.Detail
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		a, err := db.readAlert(ctx, tx, clinic, id)
		if err != nil {
			return err
		}
		snaps, err := loadDispatches(ctx, tx, clinic, []alerting.Alert{a})
		if err != nil {
			return err
		}
		d.Dispatches = snaps[0].Dispatches
		if d.Story, err = readStory(ctx, tx, clinic, id); err != nil {
			return err
		}
		if d.Answers, err = readGiven(ctx, tx, clinic, id); err != nil {
			return err
		}
		rows, err := nameAlerts(ctx, tx, clinic, []alerting.Alert{a})
		if err != nil {
			return err
		}
		d.Row = rows[0]
		d.Names, err = readNames(ctx, tx, clinic, detailUsers(&d))
		return err
	})
	if err != nil {
		return d, fmt.Errorf("read alert: %w", err)
	}
	return d, nil
}

// detailUsers returns everybody a detail speaks of.
func detailUsers(d *alerting.Detail) []hub.UserID {
	users := d.AcceptedBy[:len(d.AcceptedBy):len(d.AcceptedBy)]
	for _, x := range d.Dispatches {
		users = append(users, x.User)
	}
	return users
}

func readNames(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, users []hub.UserID) (map[hub.UserID]string, error) {
	var batch pgx.Batch
	names := queueNames(&batch, clinic, users)
	return names, tx.SendBatch(ctx, &batch).Close()
}

func (db *DB) readAlert(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.AlertID) (alerting.Alert, error) {
	rows, err := tx.Query(ctx, readAlertsSQL, clinic, []hub.AlertID{id})
	if err != nil {
		return alerting.Alert{}, err
	}
	list, err := db.scanAlerts(rows, clinic)
	if err != nil {
		return alerting.Alert{}, err
	}
	if len(list) == 0 {
		return alerting.Alert{}, &hub.Error{Op: "store.alert", Kind: hub.NotFound}
	}
	return list[0], nil
}

func readGiven(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.AlertID) ([]alerting.Given, error) {
	rows, err := tx.Query(ctx, givenSQL, clinic, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (alerting.Given, error) {
		var g alerting.Given
		var done *time.Time
		err := row.Scan(&g.Kind, &g.At, &done, &g.Attempts, &g.GaveUp)
		if done != nil {
			g.DoneAt = *done
		}
		return g, err
	})
}

const storySQL = `
select no, at, kind, coalesce(user_id::text, ''), step, data from alert_entry where clinic_id = $1 and alert_id = $2 order by no`

func readStory(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.AlertID) ([]alerting.Entry, error) {
	rows, err := tx.Query(ctx, storySQL, clinic, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (alerting.Entry, error) {
		e := alerting.Entry{Alert: id}
		var data []byte
		err := row.Scan(&e.No, &e.At, &e.Kind, &e.User, &e.Step, &data)
		e.Data = json.RawMessage(data)
		return e, err
	})
}

// Story returns an alert's entries; hub.Forbidden unless user is or was a recipient. The
// empty user stands for an administrator, who may read every story.
func (db *DB) Story(ctx context.Context, clinic hub.ClinicID, alert hub.AlertID, user hub.UserID) ([]alerting.Entry, error) {
	const sql = `select
  exists (select from alert where clinic_id = $1 and id = $2),
  exists (select from dispatch where clinic_id = $1 and alert_id = $2 and user_id = nullif($3, '')::uuid)`
	var story []alerting.Entry
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var exists, recipient bool
		if err := tx.QueryRow(ctx, sql, clinic, alert, string(user)).Scan(&exists, &recipient); err != nil {
			return err
		}
		switch {
		case !exists:
			return &hub.Error{Op: "store.story", Kind: hub.NotFound}
		case !recipient && user != "":
			return &hub.Error{Op: "store.story", Kind: hub.Forbidden, Code: "not_a_recipient"}
		}
		var err error
		story, err = readStory(ctx, tx, clinic, alert)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read story: %w", err)
	}
	return story, nil
}

// AlertByRef returns the newest alert of a connector with a reference, for its status page;
// hub.NotFound if there never was one.
func (db *DB) AlertByRef(ctx context.Context, clinic hub.ClinicID, connector hub.ConnectorID, ref string) (alerting.Alert, error) {
	const sql = `select ` + alertColumns + ` from alert a where a.clinic_id = $1 and a.connector_id = $2 and a.ref = $3 order by a.raised_at desc limit 1`
	var found alerting.Alert
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, clinic, connector, cleanRef(ref))
		if err != nil {
			return err
		}
		list, err := db.scanAlerts(rows, clinic)
		if err == nil && len(list) == 0 {
			return &hub.Error{Op: "store.alert_by_ref", Kind: hub.NotFound}
		}
		if err == nil {
			found = list[0]
		}
		return err
	})
	if err != nil {
		return found, fmt.Errorf("read alert: %w", err)
	}
	return found, nil
}

// dayFigures counts a day from the story, so that it is right after any crash.
const dayFiguresSQL = `
with first as (
  select e.kind, e.alert_id, min(e.at) at from alert_entry e
  where e.clinic_id = $1 and e.kind in ('accepted', 'delivered', 'exhausted') and e.at > now() - interval '24 h' group by 1, 2),
took as (
  select f.kind, (extract(epoch from f.at - a.raised_at) * 1000)::float8 ms from first f
  join alert a on a.clinic_id = $1 and a.id = f.alert_id where a.raised_at > now() - interval '24 h')
select (select count(*) from alert where clinic_id = $1 and ended_at is null),
  (select count(*) from first where kind = 'exhausted'), (select count(*) from first where kind = 'accepted'),
  coalesce((select percentile_disc(0.5) within group (order by ms) from took where kind = 'accepted'), 0),
  coalesce((select percentile_disc(0.99) within group (order by ms) from took where kind = 'delivered'), 0)`

// DayOfAlerts counts the alerts of the last 24 hours for the console's first page.
func (db *DB) DayOfAlerts(ctx context.Context, clinic hub.ClinicID) (alerting.Day, error) {
	var d alerting.Day
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, dayFiguresSQL, clinic).Scan(&d.Running, &d.Exhausted, &d.Accepted, &d.AcceptP50, &d.FirstDeviceP99)
	})
	if err != nil {
		return d, fmt.Errorf("count alerts: %w", err)
	}
	return d, nil
}
