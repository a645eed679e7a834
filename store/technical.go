package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// overTechnicalSQL finds running technical alerts about an alert that has ended or has
// somebody on the way. Their references hold the id of that alert, see alerting.
const overTechnicalSQL = `
with about as materialized (
  select connector_id, ref, split_part(ref, ':', 3) as origin from alert
  where clinic_id = $1 and technical and ended_at is null
    and ref ~ '^tech:(nobody_on_duty|not_accepted):[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:')
select t.connector_id, t.ref from about t join alert o on o.clinic_id = $1 and o.id = t.origin::uuid
where o.ended_at is not null or o.state in ('accepted', 'arrived') limit 200`

// EndTechnical resolves technical alerts whose cause is over, so that the board shows what
// is wrong now. The auditor calls it every few seconds; it returns how many it ended.
func (db *DB) EndTechnical(ctx context.Context, clinic hub.ClinicID) (int, error) {
	var ended int
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, overTechnicalSQL, clinic)
		if err != nil {
			return err
		}
		var signals []alerting.Signal
		s := alerting.Signal{Phase: alerting.PhaseResolve, Kind: alerting.KindTechnical, Technical: true}
		if _, err := pgx.ForEachRow(rows, []any{&s.Connector, &s.Ref}, func() error {
			signals = append(signals, s)
			return nil
		}); err != nil || len(signals) == 0 {
			return err
		}
		ended = len(signals)
		_, err = db.applySignals(ctx, tx, clinic, signals)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end technical alerts: %w", err)
	}
	if ended > 0 {
		db.woke()
	}
	return ended, nil
}
