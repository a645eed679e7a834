package app

import (
	"context"
	"log/slog"

	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/embedded"
)

// databaseName is the hub's database in its private cluster.
const databaseName = "wardline"

// openDatabase starts the private PostgreSQL unless the configuration names another,
// migrates, and opens it with the role that owns nothing. lost, which must have room for
// one, is told when the private PostgreSQL has ended: nil after a stop, else why it could
// not be started again.
func openDatabase(ctx context.Context, c Config, keys *seal.Keyring, log *slog.Logger, undo *cleanups, lost chan<- error) (*store.DB, *store.Fanout, error) {
	url, ownerURL := c.Database.URL, c.Database.OwnerURL
	if url == "" {
		pg, err := embedded.Start(ctx, embedded.Options{Dir: c.path("postgres"), Log: log})
		if err != nil {
			return nil, nil, err
		}
		undo.push("private PostgreSQL", pg.Stop)
		go func() { lost <- pg.Wait() }()
		if err := store.CreateDatabase(ctx, pg.URL("postgres", embedded.Superuser), databaseName); err != nil {
			return nil, nil, err
		}
		url, ownerURL = pg.URL(databaseName, store.AppRole), pg.URL(databaseName, embedded.Superuser)
	}
	if err := store.Migrate(ctx, ownerURL); err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, url, keys)
	if err != nil {
		return nil, nil, err
	}
	undo.push("database", func(context.Context) error { db.Close(); return nil })
	fan, err := store.OpenFanout(ctx, url, log)
	if err != nil {
		return nil, nil, err
	}
	undo.push("fan-out", func(context.Context) error { fan.Close(); return nil })
	return db, fan, nil
}
