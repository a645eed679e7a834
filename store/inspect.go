package store

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Inspection is what `wardline doctor` sees of a database.
type Inspection struct {
	Unsafe  []string // see checkServer
	Version int64    // newest migration applied
	Pending int      // migrations this version has and the database not
	Clock   time.Time
}

// Inspect looks at a database and changes nothing.
func Inspect(ctx context.Context, url string) (Inspection, error) {
	var out Inspection
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return out, fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()
	if out.Unsafe, err = serverFindings(ctx, pool); err != nil {
		return out, err
	}
	if err := pool.QueryRow(ctx, `select clock_timestamp()`).Scan(&out.Clock); err != nil {
		return out, fmt.Errorf("read clock: %w", err)
	}
	var known bool
	if err := pool.QueryRow(ctx, `select to_regclass('goose_db_version') is not null`).Scan(&known); err != nil {
		return out, fmt.Errorf("look for migrations: %w", err)
	}
	var applied int
	if known {
		if err := pool.QueryRow(ctx, `select coalesce(max(version_id), 0), count(*) filter (where version_id > 0) from goose_db_version where is_applied`).Scan(&out.Version, &applied); err != nil {
			return out, fmt.Errorf("read migrations: %w", err)
		}
	}
	files, err := fs.Glob(migrations, "migrations/*.sql")
	out.Pending = max(0, len(files)-applied)
	return out, err
}
