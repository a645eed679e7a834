package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/embedded"
)

// arena is where two servers meet: one PostgreSQL with the settings the hub's private one has,
// which both reach over TCP on the loopback, because ejabberd knows no other way.
type arena struct {
	dir  string
	host string // PostgreSQL's address
	pg   *embedded.Server
}

func openArena(ctx context.Context) (*arena, error) {
	dir, err := os.MkdirTemp("", "wl-arena-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	a := &arena{dir: dir}
	if err = os.Chmod(dir, 0o711); err != nil { // started by root, PostgreSQL runs as its own user
		return nil, errors.Join(fmt.Errorf("open PostgreSQL's directory: %w", err), a.close(ctx))
	}
	if a.host, err = freeHost(); err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	a.pg, err = embedded.Start(ctx, embedded.Options{Dir: filepath.Join(dir, "postgres"),
		ExtraSettings: map[string]string{"listen_addresses": a.host}})
	if err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	if err := store.CreateDatabase(ctx, a.pg.URL("postgres", embedded.Superuser), hubDatabase); err != nil {
		return nil, errors.Join(err, a.close(ctx))
	}
	return a, nil
}

const postgresPort = 5432

// freeHost finds a loopback address on which PostgreSQL's usual port is free: another
// PostgreSQL may have it on the usual one.
func freeHost() (string, error) {
	for range 10 {
		n := rand.Uint32()
		host := net.IPv4(127, byte(n>>16)|1, byte(n>>8), byte(n)|1).String()
		if l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(postgresPort))); err == nil {
			return host, l.Close()
		}
	}
	return "", fmt.Errorf("port %d is taken on every loopback address", postgresPort)
}

// url is the way of both servers into the database.
func (a *arena) url(database, user string) string {
	return fmt.Sprintf("postgres://%s@%s:%d/%s?sslmode=disable", user, a.host, postgresPort, database)
}

// count asks one of the databases for a number.
func (a *arena) count(ctx context.Context, database, query string, args ...any) (n int, err error) {
	db, err := pgx.Connect(ctx, a.pg.URL(database, embedded.Superuser))
	if err != nil {
		return 0, fmt.Errorf("connect to %s: %w", database, err)
	}
	defer db.Close(ctx)
	if err := db.QueryRow(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count in %s: %w", database, err)
	}
	return n, nil
}

func (a *arena) close(ctx context.Context) error {
	var err error
	if a.pg != nil {
		err = a.pg.Stop(ctx)
	}
	return errors.Join(err, os.RemoveAll(a.dir))
}
