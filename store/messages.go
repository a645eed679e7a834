package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

var _ connectors.Messages = (*DB)(nil)

const messageColumns = `id, connector_id, key, type, control_id, peer, size, status, fault_name, fault_where, fault_reason, warnings, repeats, effect, received_at`

// Messages searches stored raw inputs, newest first. Bodies are not read.
func (db *DB) Messages(ctx context.Context, clinic hub.ClinicID, f connectors.MessageFilter) ([]connectors.Message, string, error) {
	at, id, err := pg.ParseCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	const q = `select ` + messageColumns + ` from message
where ($1 = '' or connector_id = nullif($1, '')::uuid) and ($2 = '' or type = $2) and ($3 = '' or control_id = $3)
  and ($4 = '' or status = $4 or ($4 = 'duplicate' and repeats > 0)) and ($5 = '' or fault_name = $5)
  and ($6::timestamptz is null or received_at >= $6) and ($7::timestamptz is null or received_at < $7)
  and ($8::timestamptz is null or (received_at, id) < ($8, $9::uuid))
order by received_at desc, id desc limit $10`
	var out []connectors.Message
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, f.Connector, f.Type, f.ControlID, f.Status, f.Fault, pg.Null(f.From), pg.Null(f.To), pg.Null(at), pg.Null(id), f.Limit+1)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, scanMessage)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("search messages: %w", err)
	}
	next := ""
	if len(out) > f.Limit {
		out = out[:f.Limit]
		last := out[len(out)-1]
		next = pg.FormatCursor(last.Received, string(last.ID))
	}
	return out, next, nil
}

// Message reads one raw input with its body.
func (db *DB) Message(ctx context.Context, clinic hub.ClinicID, id hub.MessageID) (connectors.Message, error) {
	var m connectors.Message
	var sealed []byte
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select `+messageColumns+` from message where id = $1`, id)
		if err != nil {
			return err
		}
		if m, err = pgx.CollectExactlyOneRow(rows, scanMessage); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `select body from message where id = $1`, id).Scan(&sealed)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return m, hub.E("message.read", hub.NotFound, "", "")
	}
	if err != nil {
		return m, fmt.Errorf("read message: %w", err)
	}
	if m.Body, err = db.keys.Open(messagePlace(id), sealed); err != nil {
		return m, fmt.Errorf("open message %s: %w", id, err)
	}
	return m, nil
}

func messagePlace(id hub.MessageID) string { return "message/" + string(id) }

func scanMessage(row pgx.CollectableRow) (connectors.Message, error) {
	var m connectors.Message
	var f connectors.Fault
	err := row.Scan(&m.ID, &m.Connector, &m.Key, &m.Type, &m.ControlID, &m.Peer, &m.Size, &m.Status,
		&f.Name, &f.Where, &f.Reason, &m.Warnings, &m.Repeats, &m.Effect, &m.Received)
	if f.Name != "" {
		m.Fault = &f
	}
	return m, err
}

// FaultCounts groups the inputs that failed by the name of their fault.
func (db *DB) FaultCounts(ctx context.Context, clinic hub.ClinicID) ([]connectors.FaultCount, error) {
	const q = `
select fault_name as name, connector_id as connector, count(*)::int as count, max(received_at) as last
from message where status = 'error' group by 1, 2 order by 4 desc limit 200`
	var out []connectors.FaultCount
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByName[connectors.FaultCount])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count faults: %w", err)
	}
	return out, nil
}

// Counters counts the stored inputs of each connector.
func (db *DB) Counters(ctx context.Context, clinic hub.ClinicID) (map[hub.ConnectorID]connectors.Counters, error) {
	const q = `
select connector_id, count(*)::int, count(*) filter (where status = 'applied')::int, count(*) filter (where status = 'error')::int,
       coalesce(sum(repeats), 0)::int, count(*) filter (where status = 'held')::int, max(received_at)
from message group by 1`
	out := map[hub.ConnectorID]connectors.Counters{}
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q)
		if err != nil {
			return err
		}
		var id hub.ConnectorID
		var c connectors.Counters
		_, err = pgx.ForEachRow(rows, []any{&id, &c.Received, &c.Applied, &c.Errors, &c.Duplicates, &c.Held, &c.Last}, func() error {
			out[id] = c
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count messages: %w", err)
	}
	return out, nil
}

// PurgeMessages deletes raw inputs received before the given time; the daily retention job
// calls it. It works in slices so that it never holds many row locks.
func (db *DB) PurgeMessages(ctx context.Context, clinic hub.ClinicID, before time.Time) (int64, error) {
	var total int64
	for {
		var n int64
		err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, `delete from message where id in (select id from message where received_at < $1 limit 1000)`, before)
			n = tag.RowsAffected()
			return err
		})
		total += n
		if err != nil {
			return total, fmt.Errorf("purge messages: %w", err)
		}
		if n < 1000 {
			return total, nil
		}
	}
}
