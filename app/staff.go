package app

import (
	"context"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/sheet"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server"
	"github.com/wardline/wardline/store"
)

// buildPasses makes what reads sources of staff.
func (a *App) buildPasses() {
	a.passes = connectors.NewPasses(connectors.PassOptions{
		Supervisor: a.supervisor, Runs: a.db.Staff(), Log: a.log, Zone: a.zone,
		Told: func(clinic hub.ClinicID, _ connectors.Run) { a.toldRun(clinic) },
	})
}

// endRuns closes the runs that the hub before has left open. Where there may be other nodes, it
// may be one of theirs: then it counts as over only after its time.
func (a *App) endRuns(ctx context.Context) error {
	if a.nodes != nil {
		return nil
	}
	n, err := a.db.Staff().EndRuns(ctx, a.clinic.ID)
	if n > 0 {
		a.log.Warn("runs ended with the hub before", "runs", n)
	}
	return err
}

// told is the runs of what connectors are handed, with the consoles told of each.
type told struct {
	connectors.Runs
	a *App
}

func (t told) FinishRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID, in connectors.RunInput) (connectors.Run, error) {
	r, err := t.Runs.FinishRun(ctx, clinic, id, in)
	t.a.toldRun(clinic)
	return r, err
}

// toldRun tells the consoles of this node what a run may have changed.
func (a *App) toldRun(clinic hub.ClinicID) {
	a.live.Changed(clinic, "runs", "plans", "persons", "conflicts", "connectors")
}

// register reads the clinic as it is now: it can be renamed at the console of any node.
func (a *App) register() store.ClinicRow {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	all, err := a.db.Clinics(ctx)
	if err != nil {
		return a.clinic // as it was at the start
	}
	for _, c := range all {
		if c.ID == a.clinic.ID {
			return c
		}
	}
	return a.clinic
}

// zone is the clinic's time zone, by which full passes are due.
func (a *App) zone(hub.ClinicID) *time.Location {
	loc, err := time.LoadLocation(a.register().Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// staffPorts is what the console's pages about people ask for.
func (a *App) staffPorts() server.Staff {
	s := a.db.Staff()
	return server.Staff{
		Records: s, Hand: s, Changes: s, Actions: s, Conflicts: s, Merging: s, Runs: s, Passes: passes{a},
		Imports: imports{a, &sheet.Recent{}}, Groups: a.teams, Units: a.teams, Rosters: rosters{a}, Setup: firstRun{a}, Contacts: a.desk,
	}
}

// passes begins passes for the console.
type passes struct{ a *App }

var _ server.Passes = passes{}

func (p passes) RunNow(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, mode connectors.PassMode, dry bool, by hub.UserID) (connectors.Run, error) {
	if _, err := (running{p.a}).find(ctx, clinic, c); err != nil {
		return connectors.Run{}, err
	}
	return p.a.passes.RunNow(ctx, clinic, c, mode, dry, by)
}

func (p passes) Preview(ctx context.Context, clinic hub.ClinicID, r connectors.Record) (connectors.Sample, error) {
	return p.a.passes.Preview(ctx, p.a.spec(clinic, r))
}
