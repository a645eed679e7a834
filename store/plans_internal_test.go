package store

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/store/storetest"
)

// TestRepeatsAreFoundByID: in a busy room of a table that was never analysed the planner
// still takes the index by id. Where it does not, each message reads its whole room.
func TestRepeatsAreFoundByID(t *testing.T) {
	t.Parallel()
	admin := storetest.New(t, Migrate)
	plan := explain(t, admin, repeatsSQL)
	if !strings.Contains(plan, "item_clinic_id_room_id_id_key") || strings.Contains(plan, "item_pkey") {
		t.Errorf("plan:\n%s", plan)
	}
}

func explain(t *testing.T, admin, sql string) string {
	t.Helper()
	super, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(t.Context())
	const clinic = "11111111-1111-7111-8111-111111111111"
	for _, s := range []string{`alter table item set (autovacuum_enabled = false)`, `
insert into item (clinic_id, room_id, seq, id, kind, ref, body, at)
select '` + clinic + `', '` + clinic + `', n, gen_random_uuid(), 'alert', '', 'x', now() from generate_series(1, 20000) n`} {
		if _, err := super.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	app, err := pgx.Connect(t.Context(), storetest.As(t, admin, AppRole))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close(t.Context())
	settings := strings.ReplaceAll(byKeysSQL, ", true)", ", false)")
	if _, err := app.Exec(t.Context(), settings, clinic); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Exec(t.Context(), `prepare asked (uuid, uuid[], uuid[]) as `+sql); err != nil {
		t.Fatal(err)
	}
	rows, err := app.Query(t.Context(), `explain execute asked('`+clinic+`', '{}', '{}')`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
