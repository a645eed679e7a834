package store_test

import (
	"testing"

	"github.com/wardline/wardline/alerting"
)

// TestTechnicalAlertsEndWithTheirCause: a call nobody could be asked for leads to technical
// alerts, which end once the call has.
func TestTechnicalAlertsEndWithTheirCause(t *testing.T) {
	t.Parallel()
	w := openCallWard(t) // nobody is on duty
	w.signal(nurseCall("1", alerting.Normal))
	running := func() int64 {
		return int64(w.number(`select count(*) from alert where technical and ended_at is null`))
	}
	if running() == 0 {
		t.Fatal("a call for nobody raised no technical alert")
	}
	if n, err := w.db.EndTechnical(t.Context(), w.clinic); err != nil || n != 0 {
		t.Fatalf("ended %d while the call is running, %v", n, err)
	}
	over := nurseCall("1", alerting.Normal)
	over.Phase = alerting.PhaseResolve
	w.signal(over)
	if n, err := w.db.EndTechnical(t.Context(), w.clinic); err != nil || n == 0 {
		t.Fatalf("ended %d after the call, %v", n, err)
	}
	if n := running(); n != 0 {
		t.Errorf("%d technical alerts still run", n)
	}
}
