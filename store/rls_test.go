package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

const (
	clinicA = "11111111-1111-7111-8111-111111111111"
	clinicB = "22222222-2222-7222-8222-222222222222"
)

type column struct{ Name, Type string }

// TestEveryTableIsClosedToAnotherClinic puts a row of clinic A into each table that has a
// clinic and tries to reach it as clinic B and as nobody (promise 6). It finds the tables in
// the catalogue, so that a new one cannot be forgotten.
func TestEveryTableIsClosedToAnotherClinic(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	url := storetest.New(t, store.Migrate)
	super := connect(t, url)
	app := connect(t, storetest.As(t, url, store.AppRole))
	mustExec(t, super, fmt.Sprintf(`insert into clinic (id, name) values ('%s', 'A'), ('%s', 'B')`, clinicA, clinicB))
	mustExec(t, super, `set session_replication_role = replica`) // the rows below need no referenced ones
	mustExec(t, super, dropChecksSQL)                            // nor contents that mean something

	tables := query[string](t, super, `
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id' and not a.attisdropped
where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1`)
	if len(tables) < 15 {
		t.Fatalf("found only %d tables with a clinic: %v", len(tables), tables)
	}
	for _, table := range tables {
		t.Run(table, func(t *testing.T) {
			plantRow(t, super, table)
			enter(t, app, clinicA)
			if n := count(t, app, table); n != 1 {
				t.Fatalf("its own clinic sees %d rows, want 1", n)
			}
			for name, clinic := range map[string]string{"another clinic": clinicB, "no clinic": ""} {
				enter(t, app, clinic)
				if n := count(t, app, table); n != 0 {
					t.Errorf("%s sees %d rows", name, n)
				}
				for _, verb := range []string{"update " + table + " set clinic_id = clinic_id", "delete from " + table} {
					tag, err := app.Exec(ctx, verb)
					if err == nil && tag.RowsAffected() != 0 {
						t.Errorf("%s: %q touched %d rows", name, verb, tag.RowsAffected())
					}
				}
				_, err := app.Exec(ctx, insertSQL(t, super, table, clinicA))
				if err == nil || !strings.Contains(err.Error(), "row-level security") {
					t.Errorf("%s inserting a row of clinic A: got %v, want a refusal by row-level security", name, err)
				}
			}
		})
	}
}

const dropChecksSQL = `
do $$ declare c record; begin
  for c in select conrelid::regclass as t, conname from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace loop
    execute format('alter table %s drop constraint %I', c.t, c.conname);
  end loop;
end $$`

// TestRowSecurityCatalogue asks the catalogue for what a probe with one row cannot show.
func TestRowSecurityCatalogue(t *testing.T) {
	t.Parallel()
	super := connect(t, storetest.New(t, store.Migrate))
	open := query[string](t, super, `
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id' and not a.attisdropped
where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
  and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))`)
	if len(open) > 0 {
		t.Errorf("tables with a clinic but without forced row-level security: %v", open)
	}
	views := query[string](t, super, `
select relname from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace
  and not coalesce(reloptions::text like '%security_invoker=true%', false)`)
	if len(views) > 0 {
		t.Errorf("views that read with their owner's rights: %v", views)
	}
	owned := query[string](t, super, `
select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  and pg_get_userbyid(c.relowner) <> 'wardline_owner'`)
	if len(owned) > 0 {
		t.Errorf("tables not owned by wardline_owner: %v", owned)
	}
	unkeyed := query[string](t, super, `
select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id' and not a.attisdropped
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
  and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and i.indkey[0] = a.attnum)`)
	if len(unkeyed) > 0 {
		t.Errorf("tables whose primary key does not begin with the clinic: %v", unkeyed)
	}
}

// TestAppendOnly proves that the hub itself cannot rewrite what must stay as it was.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	url := storetest.New(t, store.Migrate)
	app := connect(t, storetest.As(t, url, store.AppRole))
	for _, table := range []string{"audit", "alert_entry", "device_log"} {
		for _, verb := range []string{"update " + table + " set clinic_id = clinic_id", "delete from " + table} {
			_, err := app.Exec(t.Context(), verb)
			if err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%q: got %v, want permission denied", verb, err)
			}
		}
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func mustExec(t *testing.T, c *pgx.Conn, sql string) pgconn.CommandTag {
	t.Helper()
	tag, err := c.Exec(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return tag
}

func query[T any](t *testing.T, c *pgx.Conn, sql string, args ...any) []T {
	t.Helper()
	rows, err := c.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func enter(t *testing.T, c *pgx.Conn, clinic string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), `select set_config('wardline.clinic', $1, false)`, clinic); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, c *pgx.Conn, table string) int {
	t.Helper()
	return query[int](t, c, `select count(*)::int from `+table)[0]
}

func plantRow(t *testing.T, super *pgx.Conn, table string) {
	t.Helper()
	mustExec(t, super, insertSQL(t, super, table, clinicA))
}

// insertSQL makes an insert with a plain value for each column that needs one.
func insertSQL(t *testing.T, super *pgx.Conn, table, clinic string) string {
	t.Helper()
	rows, err := super.Query(t.Context(), `
select attname::text, format_type(atttypid, atttypmod) from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where attrelid = $1::regclass and a.attnum > 0 and not attisdropped and attnotnull and d.oid is null and a.attidentity = ''`, table)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		t.Fatal(err)
	}
	var names, values []string
	for _, c := range columns {
		names = append(names, c.Name)
		values = append(values, plainValue(c, clinic))
	}
	return fmt.Sprintf("insert into %s (%s) values (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))
}

func plainValue(c column, clinic string) string {
	switch {
	case c.Name == "clinic_id":
		return "'" + clinic + "'"
	case c.Type == "uuid":
		return "gen_random_uuid()"
	case c.Type == "bytea":
		return `'\x0102030405060708'`
	case c.Type == "jsonb":
		return "'{}'"
	case c.Type == "boolean":
		return "false"
	case strings.HasSuffix(c.Type, "[]"):
		return "'{}'"
	case strings.HasPrefix(c.Type, "timestamp"):
		return "now()"
	case c.Type == "date":
		return "current_date"
	case c.Type == "interval":
		return "'1 second'"
	case c.Type == "text":
		return "'x'"
	}
	return "1"
}
