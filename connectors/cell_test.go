package connectors

import "testing"

func TestNeutral(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "Meier": "Meier", "-": "-", "=1": "'=1", "+49": "'+49", "-1": "'-1", "@SUM": "'@SUM", "\t=1": "'\t=1", "\rx": "'\rx", "  =1": "'  =1",
		"\u00a0=1": "'\u00a0=1", "＝1": "'＝1", "'=1": "'=1", "a=1": "a=1",
	} {
		if got := Neutral(cell); got != want {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
}
