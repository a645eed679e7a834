package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Names returns the display names of accounts; unknown ids are absent.
func (db *DB) Names(ctx context.Context, clinic hub.ClinicID, users []hub.UserID) (map[hub.UserID]string, error) {
	out := make(map[hub.UserID]string, len(users))
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, name from account where clinic_id = $1 and id = any($2::uuid[])`, clinic, users)
		if err != nil {
			return err
		}
		var id hub.UserID
		var name string
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			out[id] = name
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	return out, nil
}

// ReceivedSince counts the raw inputs of a clinic since a time.
func (db *DB) ReceivedSince(ctx context.Context, clinic hub.ClinicID, at time.Time) (int, error) {
	var n int
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from message where clinic_id = $1 and received_at >= $2`, clinic, at).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	return n, nil
}

// UnitNames returns codes and names of units; unknown ids are absent.
func (db *DB) UnitNames(ctx context.Context, clinic hub.ClinicID, units []hub.UnitID) (map[hub.UnitID]directory.UnitName, error) {
	out := make(map[hub.UnitID]directory.UnitName, len(units))
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, code, name from unit where clinic_id = $1 and id = any($2::uuid[])`, clinic, units)
		if err != nil {
			return err
		}
		var u directory.UnitName
		_, err = pgx.ForEachRow(rows, []any{&u.ID, &u.Code, &u.Name}, func() error {
			out[u.ID] = u
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read unit names: %w", err)
	}
	return out, nil
}
