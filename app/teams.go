package app

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/teams"
)

// teamwork keeps groups, planned duties and the rooms that follow up with what has changed. A
// hint only makes it sooner: what is to be done is rows, and every node looks for them.
type teamwork struct {
	*teams.Store
	hint chan struct{}
}

const (
	teamsPace  = 5 * time.Second        // without a hint
	teamsPause = 200 * time.Millisecond // hints that come together are one
)

func newTeamwork(db *store.DB) *teamwork {
	return &teamwork{teams.New(db), make(chan struct{}, 1)}
}

// hear takes hints of what groups, duties and rooms depend on.
func (t *teamwork) hear(h store.Hint) {
	about := func(what string) bool { return slices.Contains(h.What, what) }
	if h.User == "" && !about("persons") && !about("duty") && !about("groups") && !about("followings") && !about("shifts") {
		return
	}
	select {
	case t.hint <- struct{}{}:
	default:
	}
}

// tendTeams works until ctx ends. A round that fails is tried again with the next.
func (a *App) tendTeams(ctx context.Context) error {
	tick := time.NewTicker(teamsPace)
	defer tick.Stop()
	for {
		if err := a.tendOnce(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.log.Warn("groups, rosters and rooms could not be brought up to date", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(teamsPause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.teams.hint:
		case <-tick.C:
		}
	}
}

// tendOnce goes from causes to effects: who is on duty and who is in a group says who is in a room.
func (a *App) tendOnce(ctx context.Context, now time.Time) error {
	if _, err := a.teams.RunRoster(ctx, a.clinic.ID, now); err != nil {
		return err
	}
	if _, err := a.teams.Refresh(ctx, a.clinic.ID); err != nil {
		return err
	}
	_, err := a.teams.Reconcile(ctx, a.clinic.ID, a.chat)
	return err
}
