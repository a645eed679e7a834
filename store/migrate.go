package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The roles of the database: the owner migrates, the app works, readonly reports.
const (
	OwnerRole    = "wardline_owner"
	AppRole      = "wardline_app"
	ReadonlyRole = "wardline_readonly"
)

// Migrate brings the database behind url to this version's schema, forward only and under
// a session lock, so that several nodes may start at once. Connected as a superuser (the
// private cluster, tests) it makes the roles first; otherwise url must belong to
// wardline_owner, and deploy/roles.sql must have been run.
func Migrate(ctx context.Context, url string) error {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read database url: %w", err)
	}
	if err := prepareRoles(ctx, cfg.ConnConfig); err != nil {
		return err
	}
	cfg.ConnConfig.RuntimeParams["role"] = OwnerRole
	cfg.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("open database as owner: %w", err)
	}
	defer pool.Close()
	if err := migrateTables(ctx, stdlib.OpenDBFromPool(pool)); err != nil {
		return err
	}
	return migrateRiver(ctx, pool)
}

// prepareRoles makes the three roles and hands the database to the owner, where the
// connected role may do that. Roles belong to the whole cluster, so they may exist already.
func prepareRoles(ctx context.Context, cfg *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, cfg.Copy())
	if err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var super bool
	if err := conn.QueryRow(ctx, `select rolsuper from pg_roles where rolname = current_user`).Scan(&super); err != nil {
		return fmt.Errorf("read own role: %w", err)
	}
	if !super {
		return nil
	}
	if _, err := conn.Exec(ctx, makeRoles); err != nil {
		return fmt.Errorf("make roles: %w", err)
	}
	return nil
}

// makeRoles is what deploy/roles.sql does for a database run by the hospital.
const makeRoles = `
do $$
declare r text;
begin
  perform pg_advisory_xact_lock(7283001);
  foreach r in array array['wardline_owner', 'wardline_app', 'wardline_readonly'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format('create role %I login nosuperuser nobypassrls nocreatedb nocreaterole', r);
    end if;
  end loop;
  execute format('alter database %I owner to wardline_owner', current_database());
end
$$`

// CreateDatabase makes a database in a fresh private cluster, where it is not there yet.
func CreateDatabase(ctx context.Context, superURL, name string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return fmt.Errorf("connect to private cluster: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&there); err != nil || there {
		return err
	}
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

func migrateTables(ctx context.Context, db *sql.DB) error {
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("open migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate tables: %w", err)
	}
	return nil
}

// migrateRiver brings the job queue's own tables up to date; they hold no personal data.
func migrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("read job queue migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}
