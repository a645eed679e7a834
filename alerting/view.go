package alerting

import (
	"context"
	"time"

	"github.com/wardline/wardline/hub"
)

// Trial is what the rules would do with a signal: the route, and for each step of its
// policy the people it would reach now.
type Trial struct {
	Route
	Recipients [][]Recipient
}

// ResolveStep returns the people a step means now, each once.
func ResolveStep(ctx context.Context, w World, s Step, ward string) ([]Recipient, error) {
	var all []Recipient
	seen := map[hub.UserID]bool{}
	for _, t := range s.Targets {
		people, err := w.Resolve(ctx, t, ward)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if !seen[p.User] {
				seen[p.User] = true
				all = append(all, p)
			}
		}
	}
	return all, nil
}

// Row is an alert as a list shows it.
type Row struct {
	Alert
	ConnectorName string
	ConnectorKind string
	Names         map[hub.UserID]string // of everybody in AcceptedBy; in a Detail, of everybody
}

// Detail is an alert with all that became of it.
type Detail struct {
	Row
	Story      []Entry
	Dispatches []Dispatch
	Answers    []Given
}

// Given is an answer with how far it has come. DoneAt is zero until the source has it;
// GaveUp says that it never will.
type Given struct {
	Kind     AnswerKind
	At       time.Time
	DoneAt   time.Time
	Attempts int
	GaveUp   bool
}

// Day is what happened in the last 24 hours. The times are milliseconds after the raise:
// to the first accept (median), and to the first device that had the card (99 of 100).
type Day struct {
	Running        int
	Exhausted      int
	Accepted       int
	AcceptP50      float64
	FirstDeviceP99 float64
}
