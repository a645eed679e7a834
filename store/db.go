// Package store is the hub's PostgreSQL: every domain's Store on one *DB, migrations, the
// timers of alerts and the jobs that run beside them. All it reads and writes of a clinic is
// behind row-level security; what is wide enough to stand alone is a package below.
package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/staff"
)

// DB is the hub's database: every domain's Store in one. It connects as the role
// wardline_app, which owns nothing and cannot bypass row-level security.
type DB struct {
	pool *pgxpool.Pool
	keys *seal.Keyring // seals raw messages, texts and names at rest

	signals *batcher[*signalPut]
	acts    *batcher[*actPut]
	items   *itemWriter
	cursors *batcher[*cursorPut]
	reads   *batcher[*readPut]
	ends    *batcher[*answerEnd]
	wake    chan struct{} // see Woken

	answerers answerers
	staff     *staff.Store
	clinics   clinicsCache
	audiences audienceCache
	grants    grantCache
}

// minConns keeps sign-ins, consoles and workers from waiting for each other; a private
// PostgreSQL allows 100 connections.
const minConns = 24

// Open connects, checks that the server keeps its promises (see checkServer) and returns.
func Open(ctx context.Context, url string, keys *seal.Keyring) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database url: %w", err)
	}
	cfg.MaxConns = max(cfg.MaxConns, minConns)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{pool: pool, keys: keys, wake: make(chan struct{}, 1)}
	db.staff = staff.New(db, keys)
	if err := checkServer(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	db.signals = newBatcher(maxSignalBatch, db.writeSignals)
	db.acts = newBatcher(256, db.commitActs)
	db.items = newItemWriter(db)
	db.cursors = newBatcher(1024, db.writeCursors)
	db.reads = newBatcher(1024, db.writeReads)
	db.ends = newBatcher(maxAnswerEnds, db.writeAnswerEnds)
	return db, nil
}

// Close waits for running transactions and closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Woken gives a hint after each commit that may have left work: cards to show, answers to
// give, timers to watch. Hints may run together; the work itself is rows.
func (db *DB) Woken() <-chan struct{} { return db.wake }

// woke never blocks: one hint that nobody has taken yet says as much as ten.
func (db *DB) woke() {
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// InClinic runs f in a transaction that sees the rows of one clinic only: row-level
// security compares clinic_id with the setting made here, and an empty setting matches
// nothing. f's error rolls back.
func (db *DB) InClinic(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error {
	return db.enter(ctx, `select set_config('wardline.clinic', $1, true)`, clinic, nil, f)
}

// ByKeys is InClinic for transactions whose statements all find rows by their keys. Their
// plans are made once per connection: making them anew for each list of keys took a third
// of an alert's time. They never read whole tables, not even where a table was empty when
// the plan was made and has grown since.
func (db *DB) ByKeys(ctx context.Context, clinic hub.ClinicID, f func(pgx.Tx) error) error {
	return db.enter(ctx, byKeysSQL, clinic, nil, f)
}

const byKeysSQL = `
select set_config('wardline.clinic', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)`

// enter begins the transaction, makes its settings and asks what first queues, all in one
// round trip; then it runs f and commits.
func (db *DB) enter(ctx context.Context, settings string, clinic hub.ClinicID, first func(*pgx.Batch), f func(pgx.Tx) error) error {
	var b pgx.Batch
	b.BeginTx(pgx.TxOptions{})
	b.Queue(settings, string(clinic))
	if first != nil {
		first(&b)
	}
	sent := db.pool.SendBatch(ctx, &b)
	tx := sent.Tx()
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after the commit
	if err := sent.Close(); err != nil {
		return fmt.Errorf("enter clinic: %w", err)
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
