package store_test

import (
	"testing"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
)

// TestCardTellsWhoLiesThere: movements of the KIS give a call its bed context, whatever the
// letters' case, until the patient leaves.
func TestCardTellsWhoLiesThere(t *testing.T) {
	t.Parallel()
	w := openCallWard(t)
	w.nurse("Eva Lindner", true, 1)
	since := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	move := alerting.Movement{Op: alerting.MovementPut, Key: "81", Visit: "3142", Patient: "77", Name: "Großmann, Jürgen", Ward: "4B", Room: "12", Bed: "1", Start: since}
	w.must(w.box.PutMovements(t.Context(), connectors.Raw{Key: "adt1", Type: "ADT^A01", Body: []byte("x")}, move))
	w.signal(nurseCall("1", alerting.Urgent))
	taken, err := w.db.ClaimCards(t.Context(), 10)
	w.must(err)
	if len(taken) != 1 || !taken[0].BedSince.Equal(since) || taken[0].Patient != "Großmann, Jürgen" {
		t.Errorf("card of a taken bed: %+v", taken)
	}
	move.Op, move.End = alerting.MovementEnd, since.Add(time.Hour)
	w.must(w.box.PutMovements(t.Context(), connectors.Raw{Key: "adt2", Type: "ADT^A03", Body: []byte("y")}, move))
	w.signal(nurseCall("2", alerting.Urgent))
	free, err := w.db.ClaimCards(t.Context(), 10)
	w.must(err)
	if len(free) != 1 || !free[0].BedSince.IsZero() || free[0].Patient != "" {
		t.Errorf("card of a bed that was left: %+v", free)
	}
}
