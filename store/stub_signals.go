package store

// Delete this file when applySignals stands in alerts.go.

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

func (db *DB) applySignals(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, signals []alerting.Signal) ([]alerting.Result, error) {
	return nil, errors.New("not built yet")
}
