package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Background work that may wait runs in River: it survives a restart, one node does it, and
// a failure is tried again. Alert timers never do (see timers.go): River looks every five
// seconds.

// retentionArgs is the daily job that deletes what has been kept long enough.
type retentionArgs struct{}

func (retentionArgs) Kind() string { return "retention" }

// dueChangesArgs applies directory changes whose date has come.
type dueChangesArgs struct{}

func (dueChangesArgs) Kind() string { return "directory_due" }

type retentionWorker struct {
	river.WorkerDefaults[retentionArgs]
	db      *DB
	keepRaw time.Duration
	log     *slog.Logger
}

func (w *retentionWorker) Work(ctx context.Context, _ *river.Job[retentionArgs]) error {
	clinics, err := w.db.Clinics(ctx)
	if err != nil {
		return err
	}
	for _, c := range clinics {
		n, err := w.db.PurgeMessages(ctx, c.ID, time.Now().Add(-w.keepRaw))
		if err != nil {
			return err
		}
		if err := w.db.ForgetExpired(ctx, c.ID, time.Now()); err != nil {
			return err
		}
		talk, err := w.db.PurgeTalk(ctx, c.ID)
		if err != nil {
			return err
		}
		w.log.Info("retention done", "clinic", c.ID, "messages", n, "talk", talk)
	}
	return nil
}

type dueChangesWorker struct {
	river.WorkerDefaults[dueChangesArgs]
	db *DB
}

func (w *dueChangesWorker) Work(ctx context.Context, _ *river.Job[dueChangesArgs]) error {
	clinics, err := w.db.Clinics(ctx)
	if err != nil {
		return err
	}
	for _, c := range clinics {
		if _, err := w.db.ApplyDue(ctx, c.ID, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// RunJobs works background jobs until ctx ends. keepRaw is how long raw messages are kept.
func (db *DB) RunJobs(ctx context.Context, log *slog.Logger, keepRaw time.Duration) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &retentionWorker{db: db, keepRaw: keepRaw, log: log})
	river.AddWorker(workers, &dueChangesWorker{db: db})
	client, err := river.NewClient(riverpgxv5.New(db.pool), &river.Config{
		Logger:               log,
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		JobTimeout:           10 * time.Minute,
		RescueStuckJobsAfter: 15 * time.Minute,
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour), func() (river.JobArgs, *river.InsertOpts) { return retentionArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(time.Minute), func() (river.JobArgs, *river.InsertOpts) { return dueChangesArgs{}, nil }, nil),
		},
	})
	if err != nil {
		return fmt.Errorf("set up jobs: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	<-client.Stopped()
	return ctx.Err()
}
