package app

import (
	"slices"
	"testing"
)

// TestAnswering: ESPA-X hears what becomes of its calls, the alarm interface does not.
func TestAnswering(t *testing.T) {
	t.Parallel()
	if got := answering(kinds()); !slices.Equal(got, []string{"espa-x"}) {
		t.Errorf("answers are taken by %v", got)
	}
}
