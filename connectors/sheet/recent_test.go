package sheet

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRecent(t *testing.T) {
	t.Parallel()
	staff := []byte("Nr;Name\n1;Eva\n")
	large := []byte("Nr;Name\n" + strings.Repeat("1;"+strings.Repeat("Eva ", 1000)+"\n", recentBytes/4000+1))
	type read struct {
		name, sheet string
		data        []byte
	}
	first := read{"a.csv", "", staff}
	for name, x := range map[string]struct {
		first, between, second read
		wait                   time.Duration
		same                   bool
	}{
		"again":          {first: first, second: first, same: true},
		"within minutes": {first: first, second: first, wait: recentFor - time.Second, same: true},
		"later":          {first: first, second: first, wait: recentFor + time.Second},
		"another file":   {first: first, second: read{"a.csv", "", []byte("Nr;Name\n2;Uwe\n")}},
		"another name":   {first: first, second: read{"b.csv", "", staff}},
		"another sheet":  {first: first, second: read{"a.csv", "Personal", staff}},
		"one between":    {first: first, between: read{"b.csv", "", staff}, second: first},
		"large":          {first: read{"a.csv", "", large}, second: read{"a.csv", "", large}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var r Recent
				must := func(x read) *Table {
					got, err := r.ReadSheet(x.name, x.data, x.sheet)
					if err != nil {
						t.Fatal(err)
					}
					return got
				}
				one := must(x.first)
				if x.between.name != "" {
					must(x.between)
				}
				time.Sleep(x.wait)
				synctest.Wait()
				if two := must(x.second); (one == two) != x.same {
					t.Errorf("the same table: %t, want %t", one == two, x.same)
				}
				time.Sleep(2 * recentFor)
				synctest.Wait()
				if r.table != nil {
					t.Error("a table is kept for good")
				}
			})
		})
	}
}

// TestRecentKeepsNoRefusal: what cannot be read is looked at anew, and forgets nothing.
func TestRecentKeepsNoRefusal(t *testing.T) {
	t.Parallel()
	var r Recent
	good, err := r.ReadSheet("a.csv", []byte("Nr;Name\n1;Eva\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.ReadSheet("a.csv", nil, ""); codeOf(err) == "" {
			t.Errorf("an empty file: %v", err)
		}
	}
	if again, err := r.ReadSheet("a.csv", []byte("Nr;Name\n1;Eva\n"), ""); err != nil || again != good {
		t.Errorf("%v", err)
	}
}
