package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// maxSignalBatch bounds one transaction of inputs, and so how long the first sender of a
// batch waits for the last one's row.
const maxSignalBatch = 256

// signalPut is what db.signals carries: inputs of every kind, of one lane in a batch.
type signalPut = input

// errAlone is the answer to a batch whose inputs must be looked at one by one.
var errAlone = errors.New("inputs must be put one by one")

// writeSignals commits the inputs that senders of one lane queued while the previous commit
// was under way. One that fails alone is put the careful way, which writes down what is its
// own fault.
func (db *DB) writeSignals(ctx context.Context, batch []*signalPut) error {
	commit := db.commitRecords
	if batch[0].signal != nil {
		commit = db.commitSignals
	}
	err := commit(ctx, batch)
	if len(batch) == 1 && (permanent(err) != nil || errors.Is(err, errAlone)) {
		return batch[0].box.put(ctx, batch[0])
	}
	if err != nil {
		return fmt.Errorf("put into inbox: %w", err)
	}
	db.woke()
	return nil
}

// commitSignals stores the raw inputs of a group and applies the signals of those that
// are new, in one transaction.
func (db *DB) commitSignals(ctx context.Context, group []*input) error {
	return db.commitInputs(ctx, group, func(*pgx.Batch) {}, func(tx pgx.Tx, fresh []freshRaw) error {
		signals := make([]alerting.Signal, len(fresh))
		for i, f := range fresh {
			signals[i] = *f.signal
		}
		results, err := db.applySignals(ctx, tx, group[0].box.clinic, signals)
		if err != nil {
			return err
		}
		return linkAlerts(ctx, tx, fresh, results)
	})
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
from unnest($2::uuid[], $3::text[]) t(id, alert) where m.clinic_id = $1 and m.id = any($2) and m.id = t.id`, fresh[0].box.clinic, ids, alerts)
	return err
}
