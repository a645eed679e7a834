package staff_test

import (
	"fmt"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
)

// TestAPlanOfThousandsIsOnePlan: it is sent in pieces, of which the first needs what the last
// gives up, and comes to the same as if it were sent at once.
func TestAPlanOfThousandsIsOnePlan(t *testing.T) {
	t.Parallel()
	const n = 2050 // more than one piece
	h := openHouse(t)
	ctx := t.Context()
	people := func(title string) []directory.Change {
		out := nurses(n)
		for i := range out {
			out[i].Fields[directory.Title] = directory.Value{Text: title}
			out[i].Fields[directory.Login] = directory.Value{Text: fmt.Sprint("login", i)}
		}
		return out
	}
	first := h.full(h.ad, people("Dr.")...)
	if first.Counts.Create != n {
		t.Fatalf("first: %+v", first)
	}
	h.wantCount("accounts", n, `select count(*) from account where login like 'login%' and state = 'invited'`)
	before := h.snapshot()
	again := h.full(h.ad, people("Dr.")...)
	if again.Counts != (directory.Counts{}) || again.Unchanged != n || again.Plan != "" || h.snapshot() != before {
		t.Errorf("the same again: %+v", again)
	}
	h.wantCount("statements that need not be read again", n, `select count(*) from person_source where digest is not null`)

	next := people("PD")
	rename := func(i int, login string) { next[i].Fields[directory.Login] = directory.Value{Text: login} }
	rename(0, fmt.Sprint("login", n-1)) // of the first piece, to what one of the last gives up
	rename(n-1, "neu")
	next[1], next[n-2] = on(next[1], "5A"), on(next[n-2], "5A")
	next[2] = directory.Change{Op: directory.OpDeactivate, Key: next[2].Key}
	next[n-3] = directory.Change{Op: directory.OpDeactivate, Key: next[n-3].Key}
	next[0].Photo, next[n-1].Photo = []byte("erstes"), []byte("letztes")
	r := h.full(h.ad, next...)
	h.wantState(r, connectors.RunApplied)
	if r.Counts != (directory.Counts{Update: n - 2, Lock: 2}) {
		t.Errorf("second: %+v", r.Counts)
	}
	number := func(i int) string { return fmt.Sprint(10000 + i) }
	if a, b := h.person(number(0)).Account.Login, h.person(number(n-1)).Account.Login; a != fmt.Sprint("login", n-1) || b != "neu" {
		t.Errorf("logins %s and %s", a, b)
	}
	if h.photo(number(0)) != "erstes" || h.photo(number(n-1)) != "letztes" {
		t.Error("a piece has lost its photo")
	}
	h.wantLocked(2)
	h.wantCount("on the other ward", 2, `select count(*) from person_unit m join unit u on u.id = m.unit_id where u.code = '5A'`)
	h.wantCount("actions kept, in their order", n, `select count(*) from directory_action a join person_source s on s.person_id = a.person_id and s.key = a.key where a.plan_id = $1 and a.no between 1 and $2`, r.Plan, n)

	hand := directory.Bulk{Op: directory.BulkSetField, Field: directory.Title, Text: "Prof.", Filter: &directory.PersonFilter{}}
	if d := h.bulk(hand, false); d.Counts.Update != n || len(d.Actions) != 200 {
		t.Errorf("by hand: %+v, %d actions", d.Counts, len(d.Actions))
	}
	id, err := h.staff.Hand(ctx, h.clinic)
	must(t, err)
	rules := directory.Rules{Percent: 5, Accounts: 25, Precedence: directory.Precedence{directory.Title: {h.ad, id}}}
	preview, err := h.staff.PreviewRules(ctx, h.clinic, rules)
	must(t, err)
	if preview.Total != n || len(preview.Items) != 200 {
		t.Errorf("preview: %d, %d named", preview.Total, len(preview.Items))
	}
	h.rules(rules)
	h.wantCount("shown by the source", n-2, `select count(*) from person where title = 'PD' and shown->>'title' = 'PD'`)

	if out := h.undo(r.Plan); out.Undone != n || len(out.Skipped) != 0 {
		t.Errorf("undone: %d, %d skipped", out.Undone, len(out.Skipped))
	}
	h.wantLocked(0)
	h.wantCount("titles put back", n, `select count(*) from person where title = 'Dr.'`)
	h.wantCount("logins put back", n, `select count(*) from account where login like 'login%'`)
	if h.photo(number(0)) != "" || h.photo(number(n-1)) != "" {
		t.Error("a photo is left")
	}
}
