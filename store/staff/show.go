package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// shownRow is a person as it is kept beside what counts of it.
type shownRow struct {
	id    hub.PersonID
	shown directory.Shown
}

// putPersons makes persons as lists show them: nobody else has stated anything of them yet.
func (p *part) putPersons() {
	var rows []shownRow
	for i, act := range p.acts {
		if act.Op != directory.ActCreate {
			continue
		}
		own := directory.Statement{Source: p.origin.Source, Key: act.Key, Status: act.Status, Values: make(map[directory.Field]directory.Said, len(act.Fields))}
		for _, d := range act.Fields {
			if sourced(d.Field) {
				own.Values[d.Field] = directory.Said{Text: d.To}
			}
		}
		rows = append(rows, shownRow{p.who[i], p.merge.Show([]directory.Statement{own})})
	}
	if len(rows) > 0 {
		c := columns(rows)
		p.Batch.Queue(`
insert into person (clinic_id, id, name, title, staff_number, family_name, given_name, active, shown)
select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::jsonb[]) as n`,
			append([]any{p.clinic}, c...)...)
	}
}

// columns are id, name, title, staff_number, family_name, given_name, active and shown.
func columns(rows []shownRow) []any {
	var ids []hub.PersonID
	var names, titles, numbers, families, givens []string
	var active []bool
	var shown []map[directory.Field]string
	for _, r := range rows {
		v := r.shown.Values
		ids, names, titles = append(ids, r.id), append(names, r.shown.Name), append(titles, v[directory.Title])
		numbers, families, givens = append(numbers, v[directory.StaffNumber]), append(families, v[directory.FamilyName]), append(givens, v[directory.GivenName])
		active, shown = append(active, r.shown.Active), append(shown, v)
	}
	return []any{ids, names, titles, numbers, families, givens, active, shown}
}

// The first takes the rows of persons, so that of two transactions about one of them the
// later sees what the earlier has written; the second then reads what is stated. The rows are
// taken before anything is written of them: a foreign key holds on to its person too, and two
// sources that had both written would wait for each other.
const (
	lockPersonsSQL = `select from person where id = any($1) and erased_at is null order by id for no key update`
	statedSQL      = `
select p.id, ` + statementsSQL + `, '[]') from unnest($1::uuid[]) t (id) cross join lateral (
  select clinic_id, id from person where id = t.id and erased_at is null offset 0) p
cross join lateral (select p.clinic_id, p.id as person_id) v`
)

// queueShown asks for all that is said of the persons a plan has touched.
func (w *Writer) queueShown() *[]shownRow {
	out := &[]shownRow{}
	if len(w.touched) == 0 {
		return out
	}
	ids := slices.Compact(slices.Sorted(slices.Values(w.touched)))
	w.Batch.Queue(statedSQL, ids).Query(func(rows pgx.Rows) error {
		return eachStated(rows, func(id hub.PersonID, statements []directory.Statement) {
			*out = append(*out, shownRow{id, w.merge.Show(statements)})
		})
	})
	return out
}

func eachStated(rows pgx.Rows, do func(hub.PersonID, []directory.Statement)) error {
	for rows.Next() {
		var id hub.PersonID
		var statements []directory.Statement
		if err := rows.Scan(&id, &statements); err != nil {
			return err
		}
		do(id, statements)
	}
	return rows.Err()
}

// show writes what counts now, and makes the sources' lock of each account what it asks for.
func (w *Writer) show(ctx context.Context, rows *[]shownRow) error {
	if len(*rows) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	queueShow(b, *rows)
	w.queueUnits(b, *rows)
	ids := make([]hub.PersonID, len(*rows))
	for i, r := range *rows {
		ids[i] = r.id
	}
	b.Queue(`
update account a set locked_there = not p.active from person p
where a.person_id = p.id and p.id = any($1) and a.locked_there = p.active returning a.id, a.locked_there`, ids).Query(w.noteLocked)
	if err := w.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("show persons: %w", err)
	}
	return nil
}

// queueShow writes rows that differ.
func queueShow(b *pgx.Batch, rows []shownRow) {
	c := columns(rows)
	b.Queue(`
update person p set name = n.name, title = n.title, staff_number = n.number, family_name = n.family, given_name = n.given, active = n.active, shown = n.shown
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::jsonb[])
  as n (id, name, title, number, family, given, active, shown)
where p.id = n.id and (p.name <> n.name or p.active <> n.active or p.shown <> n.shown)`, c...)
	b.Queue(`update account a set name = p.name from person p where a.person_id = p.id and p.id = any($1) and a.name <> p.name`, c[0])
}

// queueUnits writes where people work by the words that count, for those who may have moved.
func (w *Writer) queueUnits(b *pgx.Batch, rows []shownRow) {
	if len(w.moved) == 0 {
		return
	}
	moved := map[hub.PersonID]bool{}
	for _, id := range w.moved {
		moved[id] = true
	}
	queueWorks(b, w.clinic, slices.DeleteFunc(slices.Clone(rows), func(r shownRow) bool { return !moved[r.id] }))
}

// queueWorks replaces the units of persons, those by their groups excepted.
func queueWorks(b *pgx.Batch, clinic hub.ClinicID, rows []shownRow) {
	var ids, persons []hub.PersonID
	var sources []hub.ConnectorID
	var codes []string
	var main []bool
	for _, r := range rows {
		ids = append(ids, r.id)
		for _, u := range r.shown.Units {
			persons, sources = append(persons, r.id), append(sources, u.Source)
			codes, main = append(codes, u.Code), append(main, u.Primary)
		}
	}
	b.Queue(`delete from person_unit m where m.person_id = any($1) and exists (select from connector c where (c.clinic_id, c.id) = (m.clinic_id, m.source))`, ids)
	if len(persons) > 0 {
		b.Queue(`
insert into person_unit (clinic_id, person_id, unit_id, source, is_primary)
select $1, n.person, u.id, n.source, n.main from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bool[]) as n (person, source, code, main) join unit u on u.code = n.code`,
			clinic, persons, sources, codes, main)
	}
}

// like makes a pattern that finds s anywhere; what is special in patterns is not in s.
func like(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(storable(s)) + "%"
}

// storable is s without what no text of the database can hold: a question with it finds what
// there is without it, and does not fail.
func storable(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "") }
