package connectors

import (
	"context"
	"time"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Stated reads back what this connector itself has stated of people, as a protocol needs that
// has to answer with what it was told (SCIM). It never tells of other sources, and what the
// hub shows by precedence is none of it. Env.Stated is it.
type Stated interface {
	// StatedPerson returns somebody by this source's key, NotFound where it has never stated
	// them. Somebody whose question is open counts: the source has stated them.
	StatedPerson(ctx context.Context, key string) (StatedPerson, error)
	// FindStated returns whose stated value of a field is value, letters of either size, at
	// most 100 by key.
	FindStated(ctx context.Context, field directory.Field, value string) ([]StatedPerson, error)
	// ListStated lists by key, those after a key, and says how many there are in all.
	ListStated(ctx context.Context, after string, limit int) (people []StatedPerson, total int, err error)
	// StatedGroups returns the source's groups by code, those without members included.
	StatedGroups(ctx context.Context) ([]StatedGroup, error)
}

// StatedPerson is what the connector's source has last said of somebody.
type StatedPerson struct {
	Key     string
	Values  map[directory.Field]string
	Units   []directory.UnitRef
	Groups  []directory.GroupRef
	Active  bool // the source has not deactivated them
	Created time.Time
	Changed time.Time
}

// StatedGroup is one of the source's groups with the keys of its members, sorted.
type StatedGroup struct {
	directory.GroupRef
	Members []string
}

// Rosters takes the duties a connector has read from a roster. Env.Rosters is it; source is
// the connector's id.
type Rosters interface {
	PlanRoster(ctx context.Context, clinic hub.ClinicID, source string, shifts []directory.Shift) (directory.RosterPlan, error)
	ApplyRoster(ctx context.Context, clinic hub.ClinicID, source string, shifts []directory.Shift, by hub.UserID) (directory.RosterPlan, error)
}
