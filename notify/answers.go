package notify

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wardline/wardline/alerting"
)

// AnswerBox is the durable outbox of answers to alarm sources.
type AnswerBox interface {
	// ClaimAnswers returns answers that are due, of each alert only the first open one; they
	// come again unless ended.
	ClaimAnswers(ctx context.Context, limit int) ([]alerting.OpenAnswer, error)
	// AnswerDone ends an answer that its source has taken.
	AnswerDone(ctx context.Context, a alerting.OpenAnswer) error
	// AnswerFailed puts an answer back; gone means that the source will never take it.
	AnswerFailed(ctx context.Context, a alerting.OpenAnswer, gone bool) error
}

const (
	answerWorkers  = 4
	answersAtOnce  = 16
	answerDeadline = 10 * time.Second // of one attempt
)

// Answers takes answers back to their sources, at least once and in order per alert.
type Answers struct {
	box  AnswerBox
	give func(context.Context, alerting.OpenAnswer) error
	gone func(error) bool
	log  *slog.Logger
	wake chan struct{}
}

// NewAnswers returns the carrier of answers. give hands one to its connector; gone reports
// whether give's error means that it will never be taken.
func NewAnswers(box AnswerBox, give func(context.Context, alerting.OpenAnswer) error, gone func(error) bool, log *slog.Logger) *Answers {
	return &Answers{box: box, give: give, gone: gone, log: log, wake: make(chan struct{}, answerWorkers)}
}

// Poke hints that an answer may be due. It never blocks.
func (a *Answers) Poke() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Run carries answers until ctx ends. Several workers share them, so that a source that
// hangs does not keep the others from their answers.
func (a *Answers) Run(ctx context.Context) {
	var workers errgroup.Group
	for range answerWorkers {
		workers.Go(func() error { a.work(ctx); return nil })
	}
	_ = workers.Wait()
}

func (a *Answers) work(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := a.Carry(ctx)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				a.log.Error("answers were not carried", "err", err)
			}
			rest(ctx, afterError, nil)
		case n == 0:
			rest(ctx, pollEvery, a.wake)
		}
	}
}

// Carry gives what is due now, the answers of different alerts beside each other, and
// returns how many it tried.
func (a *Answers) Carry(ctx context.Context) (int, error) {
	open, err := a.box.ClaimAnswers(ctx, answersAtOnce)
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	for _, answer := range open {
		group.Go(func() error { return a.carry(ctx, answer) })
	}
	return len(open), group.Wait()
}

func (a *Answers) carry(ctx context.Context, answer alerting.OpenAnswer) error {
	try, cancel := context.WithTimeout(ctx, answerDeadline)
	defer cancel()
	err := a.give(try, answer)
	// What the source has heard must be noted even when the hub is going down.
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		return a.box.AnswerDone(ctx, answer)
	}
	a.log.Warn("source did not take an answer", "alert", answer.Alert, "answer", answer.Kind, "attempt", answer.Attempts, "err", err)
	return a.box.AnswerFailed(ctx, answer, a.gone(err))
}
