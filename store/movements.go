package store

import (
	"context"
	"fmt"
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
	for _, m := range moves {
		var err error
		switch m.Op {
		case alerting.MovementPut:
			err = db.putMovement(ctx, tx, from, m)
		case alerting.MovementEnd:
			err = db.endMovements(ctx, tx, from, m)
		case alerting.MovementDelete:
			err = db.deleteMovement(ctx, tx, from, m)
		case alerting.MovementMerge:
			_, err = tx.Exec(ctx, `update movement set patient = $3, updated_at = now() where connector_id = $1 and patient = $2`,
				from.connector, db.patientHash(m.PriorID), db.patientHash(m.Patient))
		default:
			err = hub.E("movement.apply", hub.Invalid, "unknown_op", "")
		}
		if err != nil {
			return fmt.Errorf("apply movement: %w", err)
		}
	}
	return nil
}

// putMovement writes a stay under its key. Unless it is historic (ZBE-5), it ends the
// visit's other open stays: a patient lies in one bed.
func (db *DB) putMovement(ctx context.Context, tx pgx.Tx, from source, m alerting.Movement) error {
	visit := db.visitHash(m.Visit)
	if !m.Historic {
		_, err := tx.Exec(ctx, `
update movement set end_at = $4, updated_at = now()
where connector_id = $1 and visit = $2 and key <> $3 and end_at is null and not historic and start_at <= $4`,
			from.connector, visit, m.Key, m.Start)
		if err != nil {
			return err
		}
	}
	var name []byte
	if m.Name != "" {
		name = db.keys.Seal("movement/"+m.Key, []byte(m.Name))
	}
	_, err := tx.Exec(ctx, `
insert into movement (clinic_id, connector_id, key, visit, patient, name, ward, room, bed, start_at, end_at, historic, message_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (clinic_id, connector_id, key) do update set visit = excluded.visit, patient = excluded.patient, name = excluded.name,
  ward = excluded.ward, room = excluded.room, bed = excluded.bed, start_at = excluded.start_at, end_at = excluded.end_at,
  historic = excluded.historic, message_id = excluded.message_id, updated_at = now()`,
		from.clinic, from.connector, m.Key, visit, db.patientHash(m.Patient), name, m.Ward, m.Room, m.Bed, m.Start, nullTime(m.End), m.Historic, from.message)
	return err
}

// endMovements ends every open stay of the visit (A03).
func (db *DB) endMovements(ctx context.Context, tx pgx.Tx, from source, m alerting.Movement) error {
	end := m.End
	if end.IsZero() {
		end = m.Start
	}
	_, err := tx.Exec(ctx, `update movement set end_at = $3, updated_at = now() where connector_id = $1 and visit = $2 and end_at is null`,
		from.connector, db.visitHash(m.Visit), end)
	return err
}

// deleteMovement takes a cancelled stay away and re-opens the one before it (A11, A12, A13).
func (db *DB) deleteMovement(ctx context.Context, tx pgx.Tx, from source, m alerting.Movement) error {
	var start *time.Time
	rows, err := tx.Query(ctx, `delete from movement where connector_id = $1 and key = $2 returning start_at`, from.connector, m.Key)
	if err != nil {
		return err
	}
	if _, err := pgx.ForEachRow(rows, []any{&start}, func() error { return nil }); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
update movement set end_at = null, updated_at = now()
where connector_id = $1 and key = (select key from movement where connector_id = $1 and visit = $2 and not historic
  and not exists (select from movement o where o.connector_id = $1 and o.visit = $2 and o.end_at is null and not o.historic)
  order by start_at desc limit 1)`, from.connector, db.visitHash(m.Visit))
	return err
}

// Occupancy says whether a bed is taken, as far as ADT messages tell.
type Occupancy struct {
	Ward, Room, Bed string
	Since           time.Time
}

// BedAt returns who-less occupancy of a place; nil when nobody is known to lie there.
func (db *DB) BedAt(ctx context.Context, clinic hub.ClinicID, ward, room, bed string) (*Occupancy, error) {
	var out []Occupancy
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
select ward, room, bed, start_at as since from movement
where lower(ward) = lower($1) and lower(room) = lower($2) and lower(bed) = lower($3) and end_at is null and not historic
order by start_at desc limit 1`, ward, room, bed)
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

func (db *DB) visitHash(s string) []byte   { return db.keys.MAC("visit", s) }
func (db *DB) patientHash(s string) []byte { return db.keys.MAC("patient", s) }
