package store

// Delete this file when applyChanges stands in persons.go/apply.go.

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func (db *DB) applyChanges(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, origin directory.Origin, changes []directory.Change) (directory.Plan, error) {
	return directory.Plan{}, errors.New("not built yet")
}
