package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

var _ connectors.Audit = (*DB)(nil)

// WriteAudit adds a line; the application role can neither change nor delete it.
func (db *DB) WriteAudit(ctx context.Context, clinic hub.ClinicID, line connectors.AuditLine) error {
	if line.Data == nil {
		line.Data = map[string]string{}
	}
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into audit (clinic_id, id, actor_id, act, object, data) values ($1, $2, nullif($3, '')::uuid, $4, $5, $6)`,
			clinic, hub.NewID[hub.MessageID](), line.Actor, line.Act, line.Object, line.Data)
		return err
	})
	if err != nil {
		return fmt.Errorf("write audit line: %w", err)
	}
	return nil
}

// BreakGlassSince counts the sign-ins of nobody in particular as administrator, without those
// by a link that was printed at the machine, which is kept by itself.
func (db *DB) BreakGlassSince(ctx context.Context, clinic hub.ClinicID, since time.Time) (int, error) {
	var n int
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from audit where at > $1 and act = 'signin.break_glass' and data->>'means' <> 'link'`, since).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count break-glass sign-ins: %w", err)
	}
	return n, nil
}

// AuditLines returns the newest lines first.
func (db *DB) AuditLines(ctx context.Context, clinic hub.ClinicID, cursor string, limit int) ([]connectors.AuditLine, string, error) {
	at, id, err := pg.ParseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	const q = `
select id::text, at, coalesce(actor_id::text, ''), act, object, data from audit
where $1::timestamptz is null or (at, id) < ($1, $2::uuid) order by at desc, id desc limit $3`
	var out []connectors.AuditLine
	next := ""
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, pg.Null(at), pg.Null(id), limit+1)
		if err != nil {
			return err
		}
		var line connectors.AuditLine
		var lineID, lastID string
		_, err = pgx.ForEachRow(rows, []any{&lineID, &line.At, &line.Actor, &line.Act, &line.Object, &line.Data}, func() error {
			if len(out) == limit {
				next = pg.FormatCursor(out[limit-1].At, lastID)
				return nil
			}
			out, lastID = append(out, line), lineID
			line.Data = nil
			return nil
		})
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read audit: %w", err)
	}
	return out, next, nil
}
