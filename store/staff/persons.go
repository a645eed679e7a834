package staff

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

const personColumns = `
select p.id, p.staff_number, p.name, p.family_name, p.given_name, p.title, p.active,
  coalesce((select jsonb_agg(jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name) order by m.main desc, u.code)
    from (select unit_id, bool_or(is_primary) as main from person_unit where person_id = p.id group by unit_id) m join unit u on u.id = m.unit_id), '[]'),
  coalesce(a.id::text, ''), coalesce(a.login, ''), coalesce(a.state, ''), coalesce(a.locked_here, false), coalesce(a.locked_there, false), a.last_seen_at`

const personTables = `
from person p left join account a on a.person_id = p.id`

// scanPerson scans personColumns and then more.
func scanPerson(row pgx.CollectableRow, more ...any) (directory.PersonRow, error) {
	var p directory.PersonRow
	var a directory.AccountRow
	to := []any{&p.ID, &p.StaffNumber, &p.Name, &p.FamilyName, &p.GivenName, &p.Title, &p.Active, &p.Units, &a.ID, &a.Login, &a.State, &a.LockedHere, &a.LockedThere, &a.LastSeen}
	err := row.Scan(append(to, more...)...)
	if a.ID != "" {
		p.Account = &a
	}
	return p, err
}

// below are the people of the unit with a code and of those under it.
const below = `p.id in (
    with recursive below as (select id from unit where code = @ union select u.id from unit u join below b on u.parent_id = b.id)
    select person_id from person_unit where unit_id in (select id from below))`

// narrowed is what a filter leaves of all persons: a where clause and its arguments, $1
// onwards. Only what the filter names is asked, because a condition that always holds still
// keeps PostgreSQL from using an index. Erased people are in no list.
func narrowed(f directory.PersonFilter) (where string, args []any) {
	where = `
where p.erased_at is null`
	and := func(condition, value string) {
		if value == "" {
			return
		}
		args = append(args, storable(value))
		where += "\n  and " + strings.ReplaceAll(condition, "@", fmt.Sprintf("$%d", len(args)))
	}
	and(`(p.name ilike @ or p.staff_number ilike @ or a.login ilike @ or p.shown->>'mail' ilike @)`, like(f.Query))
	and(below, f.Unit)
	and(`case when @ = 'inactive' then not p.active else coalesce(a.state = @, false) end`, f.State)
	and(`exists (select from person_source s where s.person_id = p.id and s.source = @::uuid)`, string(f.Source))
	and(`exists (select from grp_member g where g.person_id = p.id and g.group_id = @::uuid)`, string(f.Group))
	return where, args
}

// order returns what a list is sorted by, and the types of the parameters a page begins
// after, of which the first is numbered n. Names are compared as people write them, whatever
// the database's own order is.
func order(s directory.PersonSort, n int) (key, param string, ok bool) {
	name := func(n int) string { return fmt.Sprintf(`$%d::text collate "und-x-icu"`, n) }
	after := func(first string) string { return fmt.Sprintf(`(%s, %s, $%d::uuid)`, first, name(n+1), n+2) }
	switch s {
	case "", directory.SortFamilyName:
		return `(p.family_name, p.given_name, p.id)`, after(name(n)), true
	case directory.SortGivenName:
		return `(p.given_name, p.family_name, p.id)`, after(name(n)), true
	case directory.SortStaffNumber:
		return `(p.staff_number, p.family_name, p.id)`, after(fmt.Sprintf(`$%d::text`, n)), true
	case directory.SortLastSeen:
		return `(coalesce(a.last_seen_at, 'epoch'), p.family_name, p.id)`, after(fmt.Sprintf(`$%d::text::timestamptz`, n)), true
	case directory.SortCreated:
		return `(p.created_at, p.family_name, p.id)`, after(fmt.Sprintf(`$%d::text::timestamptz`, n)), true
	}
	return "", "", false
}

// place is where a page ended: the key of its last row.
type place struct {
	A  string       `json:"a"`
	B  string       `json:"b"`
	ID hub.PersonID `json:"id"`
}

func parsePlace(s string) (*place, error) {
	if s == "" {
		return nil, nil
	}
	var p place
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(b, &p) != nil || !hub.ValidID(string(p.ID)) || strings.ContainsRune(p.A+p.B, 0) {
		return nil, &hub.Error{Op: "page", Kind: hub.Invalid, Field: "cursor"}
	}
	return &p, nil
}

func (p place) String() string {
	b, _ := json.Marshal(p) // texts always marshal
	return base64.RawURLEncoding.EncodeToString(b)
}

// listQuery is the query of one page and its arguments. Its rows end with the two texts of
// their place and with what is shown.
func listQuery(f directory.PersonFilter) (string, []any, error) {
	where, args := narrowed(f)
	key, param, ok := order(f.Sort, len(args)+1)
	if !ok {
		return "", nil, &hub.Error{Op: "page", Kind: hub.Invalid, Field: "sort"}
	}
	at, err := parsePlace(f.Cursor)
	if err != nil {
		return "", nil, err
	}
	beyond, dir := ">", ""
	if f.Desc {
		beyond, dir = "<", " desc"
	}
	if at != nil {
		if _, err := time.Parse(time.RFC3339Nano, at.A); err != nil && (f.Sort == directory.SortLastSeen || f.Sort == directory.SortCreated) {
			return "", nil, &hub.Error{Op: "page", Kind: hub.Invalid, Field: "cursor"}
		}
		where += " and " + key + " " + beyond + " " + param
		args = append(args, at.A, at.B, at.ID)
	}
	q := personColumns + `, ` + placeColumns(f.Sort) + `, p.shown` + personTables + where + ` order by ` + orderBy(key, dir)
	if f.Limit > 0 {
		args = append(args, f.Limit+1)
		q += fmt.Sprintf(` limit $%d`, len(args))
	}
	return q, args, nil
}

// orderBy turns a row of keys into a list, each in the same direction.
func orderBy(key, dir string) string {
	inner, depth, out := key[1:len(key)-1], 0, ""
	for _, c := range inner {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out += dir
			}
		}
		out += string(c)
	}
	return out + dir
}

// placeColumns are the first two keys of an order as texts.
func placeColumns(s directory.PersonSort) string {
	switch s {
	case directory.SortGivenName:
		return `p.given_name, p.family_name`
	case directory.SortStaffNumber:
		return `p.staff_number, p.family_name`
	case directory.SortLastSeen:
		return `to_char(coalesce(a.last_seen_at, 'epoch') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p.family_name`
	case directory.SortCreated:
		return `to_char(p.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p.family_name`
	}
	return `p.family_name, p.given_name`
}

// Persons lists persons, a page at a time.
func (s *Store) Persons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter) (directory.Page[directory.PersonRow], error) {
	page := directory.Page[directory.PersonRow]{Items: []directory.PersonRow{}}
	q, args, err := listQuery(f)
	if err != nil {
		return page, err
	}
	var places []place
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		page.Items, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (directory.PersonRow, error) {
			var at place
			p, err := scanPerson(row, &at.A, &at.B, nil)
			at.ID = p.ID
			places = append(places, at)
			return p, err
		}, q, args...)
		return err
	})
	if err != nil {
		return page, fmt.Errorf("list persons: %w", err)
	}
	if f.Limit > 0 && len(page.Items) > f.Limit {
		page.Items = page.Items[:f.Limit]
		page.Next = places[f.Limit-1].String()
	}
	return page, nil
}

// CountPersons counts everybody a filter finds, on whichever page. It is exact; accounts are
// looked at only where the filter asks about them.
func (s *Store) CountPersons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter) (n int, err error) {
	where, args := narrowed(f)
	from := ` from person p`
	if like(f.Query) != "" || f.State != "" {
		from = personTables
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*)`+from+where, args...).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count persons: %w", err)
	}
	return n, nil
}

// ExportPersons calls take for everybody a filter finds, in its order, as they are read.
func (s *Store) ExportPersons(ctx context.Context, clinic hub.ClinicID, f directory.PersonFilter, take func(directory.PersonExport) error) error {
	f.Cursor, f.Limit = "", 0
	q, args, err := listQuery(f)
	if err != nil {
		return err
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e directory.PersonExport
			if e.PersonRow, err = scanPerson(rows, nil, nil, &e.Shown); err != nil {
				return err
			}
			if err := take(e); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("export persons: %w", err)
	}
	return nil
}

// personsByID reads persons in the order of their ids.
func personsByID(ctx context.Context, tx pgx.Tx, ids []hub.PersonID) ([]directory.PersonRow, error) {
	return pg.Collect(ctx, tx, func(row pgx.CollectableRow) (directory.PersonRow, error) { return scanPerson(row) },
		personColumns+personTables+` where p.id = any($1) order by p.id`, ids)
}
