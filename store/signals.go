package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// maxSignalBatch bounds one transaction of signals, and so how long the first sender of a
// batch waits for the last one's row.
const maxSignalBatch = 256

// signalPut is one sender waiting for the commit of its signal.
type signalPut struct {
	box    *Inbox
	raw    connectors.Raw
	signal alerting.Signal
}

// writeSignals commits the signals that senders of one clinic queued while the previous
// commit was under way. A signal that fails alone is put the careful way, which writes down
// what is its own fault.
func (db *DB) writeSignals(ctx context.Context, batch []*signalPut) error {
	err := db.commitSignals(ctx, batch)
	if len(batch) > 1 || permanent(err) == nil {
		if err == nil {
			db.woke()
		}
		return err
	}
	p := batch[0]
	return p.box.put(ctx, p.raw, p.box.signalEffect(ctx, p.signal))
}

// commitSignals stores the raw inputs of a group and applies the signals of those that
// are new, in one transaction.
func (db *DB) commitSignals(ctx context.Context, group []*signalPut) error {
	clinic := group[0].box.clinic
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		fresh, err := db.insertRaws(ctx, tx, group)
		if err != nil || len(fresh) == 0 {
			return err
		}
		signals := make([]alerting.Signal, len(fresh))
		for i, f := range fresh {
			signals[i] = f.put.signal
		}
		results, err := db.applySignals(ctx, tx, clinic, signals)
		if err != nil {
			return err
		}
		return linkAlerts(ctx, tx, fresh, results)
	})
	if err != nil {
		return fmt.Errorf("commit signals: %w", err)
	}
	return nil
}

// freshRaw is a raw input that was not stored before.
type freshRaw struct {
	id  hub.MessageID
	put *signalPut
}

const insertRawsSQL = `
insert into message (clinic_id, id, connector_id, key, type, control_id, peer, size, body, status)
select $1, t.id, t.connector, t.key, t.type, t.control, t.peer, t.size, t.body, 'applied'
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bytea[]) t(id, connector, key, type, control, peer, size, body)
on conflict (clinic_id, connector_id, key) do nothing returning id`

// insertRaws stores the raw inputs with one statement and counts those seen before.
func (db *DB) insertRaws(ctx context.Context, tx pgx.Tx, group []*signalPut) ([]freshRaw, error) {
	n := len(group)
	ids, boxes := make([]hub.MessageID, n), make([]hub.ConnectorID, n)
	keys, types, controls, peers := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	sizes, bodies := make([]int32, n), make([][]byte, n)
	byID := make(map[hub.MessageID]*signalPut, n)
	for i, p := range group {
		ids[i] = hub.NewID[hub.MessageID]()
		byID[ids[i]] = p
		boxes[i], keys[i], types[i], controls[i], peers[i] = p.box.connector, p.raw.Key, p.raw.Type, p.raw.ControlID, p.raw.Peer
		sizes[i], bodies[i] = int32(len(p.raw.Body)), db.keys.Seal(messagePlace(ids[i]), p.raw.Body)
	}
	rows, err := tx.Query(ctx, insertRawsSQL, group[0].box.clinic, ids, boxes, keys, types, controls, peers, sizes, bodies)
	if err != nil {
		return nil, err
	}
	inserted, err := pgx.CollectRows(rows, pgx.RowTo[hub.MessageID])
	if err != nil {
		return nil, err
	}
	isNew := make(map[hub.MessageID]bool, n)
	for _, id := range inserted {
		isNew[id] = true
	}
	var fresh []freshRaw
	var again []int
	for i, id := range ids {
		if isNew[id] {
			fresh = append(fresh, freshRaw{id, byID[id]})
		} else {
			again = append(again, i)
		}
	}
	return fresh, countRepeats(ctx, tx, again, boxes, keys)
}

func countRepeats(ctx context.Context, tx pgx.Tx, again []int, boxes []hub.ConnectorID, keys []string) error {
	for _, i := range again {
		if _, err := tx.Exec(ctx, `update message set repeats = repeats + 1 where connector_id = $1 and key = $2`, boxes[i], keys[i]); err != nil {
			return err
		}
	}
	return nil
}

// linkAlerts writes which alert each input came to. A signal the alert engine refuses for
// good fails the group, so that each is tried alone and the fault written down.
func linkAlerts(ctx context.Context, tx pgx.Tx, fresh []freshRaw, results []alerting.Result) error {
	ids, alerts := make([]hub.MessageID, len(fresh)), make([]string, len(fresh))
	for i, r := range results {
		if r.Err != nil {
			return r.Err
		}
		ids[i], alerts[i] = fresh[i].id, string(r.Alert)
	}
	_, err := tx.Exec(ctx, `
update message m set effect = jsonb_build_object('alert_id', t.alert)
from unnest($1::uuid[], $2::text[]) t(id, alert) where m.id = t.id`, ids, alerts)
	return err
}
