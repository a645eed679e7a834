package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
)

// ClinicRow is one clinic of the register.
type ClinicRow struct {
	ID       hub.ClinicID
	Name     string
	Timezone string
}

// Clinics returns the register of clinics, oldest first.
func (db *DB) Clinics(ctx context.Context) ([]ClinicRow, error) {
	rows, err := db.pool.Query(ctx, `select id, name, timezone from clinic order by created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("read clinics: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[ClinicRow])
	if err != nil {
		return nil, fmt.Errorf("read clinics: %w", err)
	}
	return out, nil
}

// clinicsKept is how long knownClinics may be behind: workers ask several times per alert,
// and a clinic is added once in years.
const clinicsKept = time.Second

type clinicsCache struct {
	mu   sync.Mutex
	rows []ClinicRow
	at   time.Time
}

// knownClinics is Clinics for workers that come again anyway.
func (db *DB) knownClinics(ctx context.Context) ([]ClinicRow, error) {
	c := &db.clinics
	c.mu.Lock()
	rows, fresh := c.rows, time.Since(c.at) < clinicsKept
	c.mu.Unlock()
	if fresh && len(rows) > 0 {
		return rows, nil
	}
	rows, err := db.Clinics(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows, c.at = rows, time.Now()
	return rows, nil
}

// EnsureClinic returns the first clinic, making it with the given name when there is none.
// Two nodes starting at once make one.
func (db *DB) EnsureClinic(ctx context.Context, name, timezone string) (ClinicRow, error) {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(7283002)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into clinic (id, name, timezone) select $1, $2, $3 where not exists (select from clinic)`,
			hub.NewID[hub.ClinicID](), name, timezone)
		return err
	})
	if err != nil {
		return ClinicRow{}, fmt.Errorf("make clinic: %w", err)
	}
	all, err := db.Clinics(ctx)
	if err != nil {
		return ClinicRow{}, err
	}
	return all[0], nil
}
