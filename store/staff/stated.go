package staff

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Stated reads back what one source has stated.
type Stated struct {
	db     DB
	clinic hub.ClinicID
	source hub.ConnectorID
}

var _ connectors.Stated = (*Stated)(nil)

// Stated returns what one connector may read of its own.
func (s *Store) Stated(clinic hub.ClinicID, c hub.ConnectorID) *Stated {
	return &Stated{s.db, clinic, c}
}

// saidSQL is what a source says of people by key, those with an open question included.
const saidSQL = `
select key, "values", units, groups, active, created, changed from (
  select s.key, coalesce((select jsonb_object_agg(v.field, v.text) from person_value v where v.person_id = s.person_id and v.source = s.source), '{}') as "values",
    coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'name', u.name, 'kind', u.kind, 'primary', m.is_primary) order by m.is_primary desc, u.code)
      from person_unit_stated m join unit u on u.id = m.unit_id where m.person_id = s.person_id and m.source = s.source), '[]') as units,
    coalesce((select jsonb_agg(jsonb_build_object('code', g.code, 'name', g.name, 'room', g.room, 'role', g.role) order by g.code)
      from group_stated g where g.person_id = s.person_id and g.source = s.source), '[]') as groups,
    s.status <> 'gone' as active, p.created_at as created,
    greatest(s.changed_at, (select max(at) from person_change h where h.person_id = s.person_id and h.source = s.source)) as changed, s.person_id
  from person_source s join person p on p.id = s.person_id where s.source = $1
  union all
  select d.key, d.stated, coalesce(nullif(d.change->'units', 'null'), '[]'), coalesce(nullif(d.change->'groups', 'null'), '[]'),
    d.change->>'op' <> 'deactivate', d.created_at, d.created_at, null
  from directory_conflict d where d.source = $1 and d.state in ('open', 'dismissed')
) said`

func scanSaid(row pgx.CollectableRow) (p connectors.StatedPerson, err error) {
	return p, row.Scan(&p.Key, &p.Values, &p.Units, &p.Groups, &p.Active, &p.Created, &p.Changed)
}

func (s *Stated) read(ctx context.Context, where string, args ...any) (out []connectors.StatedPerson, err error) {
	err = s.db.InClinic(ctx, s.clinic, func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, scanSaid, saidSQL+where, append([]any{s.source}, args...)...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was stated: %w", err)
	}
	return out, nil
}

// StatedPerson returns somebody by this source's key.
func (s *Stated) StatedPerson(ctx context.Context, key string) (connectors.StatedPerson, error) {
	out, err := s.read(ctx, ` where key = $2`, storable(key))
	if err == nil && (len(out) == 0 || out[0].Key != key) {
		err = hub.E("directory.stated", hub.NotFound, "", "")
	}
	if err != nil {
		return connectors.StatedPerson{}, err
	}
	return out[0], nil
}

// FindStated returns whose stated value of a field is value. People are found by their
// values first: with thousands of them it matters.
func (s *Stated) FindStated(ctx context.Context, field directory.Field, value string) ([]connectors.StatedPerson, error) {
	return s.read(ctx, `
where person_id in (select person_id from person_value where source = $1 and field = $2 and lower(text) = lower($3))
  or person_id is null and lower("values"->>$2) = lower($3) order by key limit 100`, string(field), storable(value))
}

// ListStated lists by key.
func (s *Stated) ListStated(ctx context.Context, after string, limit int) (people []connectors.StatedPerson, total int, err error) {
	people, err = s.read(ctx, ` where key collate "C" > $2 order by key collate "C" limit $3`, after, limit)
	if err != nil {
		return nil, 0, err
	}
	err = s.db.InClinic(ctx, s.clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
select (select count(*) from person_source where source = $1) + (select count(*) from directory_conflict where source = $1 and state in ('open', 'dismissed'))`, s.source).Scan(&total)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("count what was stated: %w", err)
	}
	return people, total, nil
}

// StatedGroups returns the source's groups by code. Those that have lost their last member
// are found among the groups they have become.
func (s *Stated) StatedGroups(ctx context.Context) ([]connectors.StatedGroup, error) {
	var out []connectors.StatedGroup
	err := s.db.InClinic(ctx, s.clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (g connectors.StatedGroup, err error) {
			return g, row.Scan(&g.Code, &g.Name, &g.Room, &g.Role, &g.Members)
		}, `
select code, max(name), bool_or(room), max(role), array_remove(array_agg(distinct key order by key), null) from (
  select g.code, g.name, g.room, g.role, s.key from group_stated g
    join person_source s on s.person_id = g.person_id and s.source = g.source where g.source = $1
  union all select code, name, false, '', null from grp where source = $1 and kind = 'source' and deleted_at is null
  union all select g->>'code', coalesce(g->>'name', ''), coalesce((g->>'room')::bool, false), coalesce(g->>'role', ''), d.key
    from directory_conflict d, jsonb_array_elements(coalesce(nullif(d.change->'groups', 'null'), '[]')) g
    where d.source = $1 and d.state in ('open', 'dismissed')
) said group by code order by code collate "C"`, s.source)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read stated groups: %w", err)
	}
	return out, nil
}
