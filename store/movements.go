package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// source is the connector an input came from, and the stored input.
type source struct {
	clinic    hub.ClinicID
	connector hub.ConnectorID
	message   hub.MessageID
}

// applyMovements writes stays of patients in the order given.
func (db *DB) applyMovements(ctx context.Context, tx pgx.Tx, from source, moves []alerting.Movement) error {
	s := newStays(db, from.clinic, from.connector)
	var read, write pgx.Batch
	s.queueLoad(&read, moves)
	if err := tx.SendBatch(ctx, &read).Close(); err != nil {
		return fmt.Errorf("read movements: %w", err)
	}
	if err := s.fold(from.message, moves); err != nil {
		return err
	}
	s.queueWrite(&write)
	if err := tx.SendBatch(ctx, &write).Close(); err != nil {
		return fmt.Errorf("write movements: %w", err)
	}
	return nil
}

// Occupancy says whether a bed is taken, as far as ADT messages tell.
type Occupancy struct {
	Ward, Room, Bed string
	Since           time.Time
}

// bedSQL finds the open stay at a folded place.
const bedSQL = `
select ward, room, bed, start_at as since from movement
where place = $1 and end_at is null and not historic order by start_at desc limit 1`

// BedAt returns who-less occupancy of a place; nil when nobody is known to lie there.
func (db *DB) BedAt(ctx context.Context, clinic hub.ClinicID, ward, room, bed string) (*Occupancy, error) {
	var out []Occupancy
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, bedSQL, foldPlace(ward, room, bed))
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByName[Occupancy])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read bed: %w", err)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return &out[0], nil
}

// foldPlace is how places are compared: alarm systems and the KIS differ in case.
func foldPlace(ward, room, bed string) string {
	return strings.ToLower(ward + "\x1f" + room + "\x1f" + bed)
}

func (db *DB) visitHash(s string) []byte   { return db.keys.MAC("visit", s) }
func (db *DB) patientHash(s string) []byte { return db.keys.MAC("patient", s) }
