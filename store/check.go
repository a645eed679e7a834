package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrUnsafeServer means that the database server would acknowledge commits it can lose,
// or that the hub connects with more rights than it may have.
var ErrUnsafeServer = errors.New("unsafe database server")

// checkServer refuses a server on which "committed" does not mean "safe" (promise 1), and
// a role that row-level security does not bind (promise 6). Each finding names its mend.
func checkServer(ctx context.Context, pool *pgxpool.Pool) error {
	findings, err := serverFindings(ctx, pool)
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		return fmt.Errorf("%w: %s", ErrUnsafeServer, strings.Join(findings, "; "))
	}
	return nil
}

func serverFindings(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	var findings []string
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := pool.QueryRow(ctx, `select current_setting($1)`, setting).Scan(&value); err != nil {
			return nil, fmt.Errorf("read %s: %w", setting, err)
		}
		if value == "off" {
			findings = append(findings, fmt.Sprintf("%s is off, mend with: ALTER SYSTEM SET %s = on; SELECT pg_reload_conf()", setting, setting))
		}
	}
	var role string
	var super, bypass bool
	err := pool.QueryRow(ctx, `select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user`).Scan(&role, &super, &bypass)
	if err != nil {
		return nil, fmt.Errorf("read own role: %w", err)
	}
	if super || bypass {
		findings = append(findings, fmt.Sprintf("role %s can bypass row-level security, mend with: connect as %s", role, AppRole))
	}
	return findings, nil
}
