package store

import (
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// A page cursor is the sort key of the last row shown: its time and its id.
func formatCursor(at time.Time, id string) string {
	return at.UTC().Format(time.RFC3339Nano) + "_" + id
}

func parseCursor(s string) (time.Time, string, error) {
	if s == "" {
		return time.Time{}, "", nil
	}
	text, id, _ := strings.Cut(s, "_")
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !hub.ValidID(id) {
		return time.Time{}, "", &hub.Error{Op: "page", Kind: hub.Invalid, Field: "cursor"}
	}
	return at, id, nil
}

// nullTime and nullText turn "not given" into SQL null.
func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
