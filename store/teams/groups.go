package teams

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Members are counted without the inactive: groups by hand remember them until they are back.
const groupColumns = `
select g.id, g.name, g.kind, coalesce(g.source::text, ''), coalesce(c.name, ''), g.code, g.rule,
  exists (select from follow f where f.clinic_id = g.clinic_id and f.group_id = g.id and f.ended_at is null),
  coalesce(g.role_id::text, ''), coalesce(g.unit_id::text, ''),
  (select count(*) from grp_member m join person p on p.clinic_id = m.clinic_id and p.id = m.person_id and p.active
    where m.clinic_id = g.clinic_id and m.group_id = g.id), g.revision
from grp g left join connector c on c.clinic_id = g.clinic_id and c.id = g.source and c.deleted_at is null
where g.clinic_id = $1 and g.deleted_at is null`

func scanGroup(row pgx.CollectableRow) (directory.Group, error) {
	var g directory.Group
	var source directory.SourceRef
	err := row.Scan(&g.ID, &g.Name, &g.Kind, &source.ID, &source.Name, &g.Code, &g.Rule, &g.Room, &g.Duty, &g.Unit, &g.Members, &g.Revision)
	if source.ID != "" {
		g.Source = &source
	}
	return g, err
}

// Groups lists all groups by name.
func (s *Store) Groups(ctx context.Context, clinic hub.ClinicID) (out []directory.Group, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, scanGroup, groupColumns+` order by lower(g.name), g.id`, clinic)
		return err
	})
	return out, pg.Wrap("list groups", err)
}

// GroupMembers pages through the active members of a group by name.
func (s *Store) GroupMembers(ctx context.Context, clinic hub.ClinicID, id hub.GroupID, cursor string, limit int) (directory.Page[directory.PersonRow], error) {
	const op = "directory.group_members"
	page := directory.Page[directory.PersonRow]{Items: []directory.PersonRow{}}
	name, after, err := parseCursor(op, cursor)
	if err != nil {
		return page, err
	}
	limit = min(max(limit, 1), maxPage)
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := oneGroup(ctx, tx, op, clinic, id); err != nil {
			return err
		}
		page.Items, err = pg.Collect(ctx, tx, scanPerson, memberSQL, clinic, id, pg.Null(after), name, limit+1)
		return err
	})
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = formatCursor(last.ID, last.Name)
	}
	return page, pg.Wrap("list members of a group", err)
}

func oneGroup(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, id hub.GroupID) (directory.Group, error) {
	rows, err := tx.Query(ctx, groupColumns+` and g.id = $2`, clinic, id)
	if err != nil {
		return directory.Group{}, err
	}
	g, err := pgx.CollectExactlyOneRow(rows, scanGroup)
	return g, pg.Found(err, hub.E(op, hub.NotFound, "", ""))
}

// PreviewGroup compares who would be in the group with who is.
func (s *Store) PreviewGroup(ctx context.Context, clinic hub.ClinicID, g directory.Group, members []hub.PersonID) (m directory.Membership, err error) {
	const op = "directory.preview_group"
	if err := check(op, g, members); err != nil {
		return m, err
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if g.ID != "" {
			if _, err := oneGroup(ctx, tx, op, clinic, g.ID); err != nil {
				return err
			}
		}
		now, err := membersOf(ctx, tx, clinic, g.ID)
		if err != nil {
			return err
		}
		then, err := wanted(ctx, tx, op, clinic, g, members, now)
		if err != nil {
			return err
		}
		joins, leaves := without(then, now), without(now, then)
		m = directory.Membership{Joining: len(joins), Leaving: len(leaves), Staying: len(then) - len(joins)}
		if m.Joins, err = refs(ctx, tx, clinic, joins); err == nil {
			m.Leaves, err = refs(ctx, tx, clinic, leaves)
		}
		return err
	})
	return m, pg.Wrap("preview group", err)
}

func check(op string, g directory.Group, members []hub.PersonID) error {
	if err := g.Check(op); err != nil {
		return err
	}
	bad := func(id hub.PersonID) bool { return !hub.ValidID(string(id)) }
	if len(members) > directory.MaxGroupHand || slices.ContainsFunc(members, bad) {
		return invalid(op, "members")
	}
	return nil
}

// membersOf returns the active members of a group, ascending; of "" nobody.
func membersOf(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.GroupID) ([]hub.PersonID, error) {
	return pg.Collect(ctx, tx, pgx.RowTo[hub.PersonID], `
select m.person_id from grp_member m join person p on p.clinic_id = $1 and p.id = m.person_id and p.active
where m.clinic_id = $1 and m.group_id::text = $2 order by 1`, clinic, string(id))
}

// wanted returns the active people who should be in a group, ascending. now are those who are.
func wanted(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, g directory.Group, members, now []hub.PersonID) ([]hub.PersonID, error) {
	switch {
	case g.Kind == directory.GroupByRule:
		var out []hub.PersonID
		err := eachTraits(ctx, tx, clinic, nil, func(id hub.PersonID, t directory.Traits) {
			if g.Rule.Holds(t) {
				out = append(out, id)
			}
		})
		slices.Sort(out)
		return out, err
	case g.Kind == directory.GroupByHand && members != nil:
		members = slices.Compact(slices.Sorted(slices.Values(members)))
		known, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[struct {
			ID     hub.PersonID
			Active bool
		}], `select id, active from person where clinic_id = $1 and id = any($2) order by id`, clinic, members)
		if err == nil && len(known) != len(members) {
			err = invalid(op, "members")
		}
		var out []hub.PersonID
		for _, k := range known {
			if k.Active {
				out = append(out, k.ID)
			}
		}
		return out, err
	}
	return now, nil
}

// without returns those of a that are not in b; both ascend.
func without(a, b []hub.PersonID) (out []hub.PersonID) {
	for _, id := range a {
		if _, in := slices.BinarySearch(b, id); !in {
			out = append(out, id)
		}
	}
	return out
}

// refs names at most so many people as a preview shows, by name.
func refs(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, ids []hub.PersonID) ([]directory.PersonRef, error) {
	return pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.PersonRef],
		`select id, name, staff_number from person where clinic_id = $1 and id = any($2) order by name, id limit $3`, clinic, ids, directory.MaxPreview)
}

// SaveGroup writes a group, its members, and what follows it.
func (s *Store) SaveGroup(ctx context.Context, clinic hub.ClinicID, g directory.Group, members []hub.PersonID, by hub.UserID) (out directory.Group, err error) {
	const op = "directory.save_group"
	if err := check(op, g, members); err != nil {
		return out, err
	}
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if err := writeGroup(ctx, tx, op, clinic, &g, by); err != nil {
			return err
		}
		if err := fill(ctx, tx, op, clinic, g, members); err != nil {
			return err
		}
		f := directory.Following{Group: g.ID}
		if g.Room {
			err = switchOn(ctx, tx, op, clinic, f, by)
		} else {
			err = letGo(ctx, tx, clinic, f, by)
		}
		if err != nil {
			return err
		}
		if out, err = oneGroup(ctx, tx, op, clinic, g.ID); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "groups", "persons", "duty")
	})
	if pg.IsUnique(err, "grp_name") {
		err = hub.E(op, hub.Conflict, "name_taken", "")
	}
	return out, pg.Wrap("save group", err)
}

// writeGroup inserts or updates a group's row. What kind it is, and which source it is of,
// stays for ever.
func writeGroup(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, g *directory.Group, by hub.UserID) error {
	var role, unit bool
	err := tx.QueryRow(ctx, `
select $2 = '' or exists (select from role where clinic_id = $1 and id::text = $2 and closed_at is null),
  $3 = '' or exists (select from unit where clinic_id = $1 and id::text = $3)`, clinic, string(g.Duty), string(g.Unit)).Scan(&role, &unit)
	switch {
	case err != nil:
		return err
	case !role:
		return invalid(op, "role_id")
	case !unit:
		return invalid(op, "unit_id")
	}
	if g.ID == "" {
		g.ID = hub.NewID[hub.GroupID]()
		_, err := tx.Exec(ctx, `
insert into grp (clinic_id, id, name, kind, rule, role_id, unit_id, changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			clinic, g.ID, g.Name, g.Kind, g.Rule, pg.Null(g.Duty), pg.Null(g.Unit), pg.Null(by))
		return err
	}
	var revision int
	var kind directory.GroupKind
	err = tx.QueryRow(ctx, `select revision, kind from grp where clinic_id = $1 and id = $2 and deleted_at is null for update`, clinic, g.ID).Scan(&revision, &kind)
	switch {
	case err != nil:
		return pg.Found(err, hub.E(op, hub.NotFound, "", ""))
	case revision != g.Revision:
		return hub.E(op, hub.Conflict, "stale", "")
	case kind != g.Kind:
		return invalid(op, "kind")
	}
	_, err = tx.Exec(ctx, `
update grp set name = $3, rule = $4, role_id = $5, unit_id = $6, changed_by = $7, revision = revision + 1 where clinic_id = $1 and id = $2`,
		clinic, g.ID, g.Name, g.Rule, pg.Null(g.Duty), pg.Null(g.Unit), pg.Null(by))
	return err
}

// fill makes the members what they should be, and lets them work on the group's unit.
func fill(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, g directory.Group, members []hub.PersonID) error {
	now, err := membersOf(ctx, tx, clinic, g.ID)
	if err != nil {
		return err
	}
	then, err := wanted(ctx, tx, op, clinic, g, members, now)
	if err != nil {
		return err
	}
	if g.Kind == directory.GroupByHand && members != nil {
		then = members // whoever is inactive is remembered
	}
	if g.Kind == directory.GroupByRule || members != nil && g.Kind == directory.GroupByHand {
		_, err := tx.Exec(ctx, `
with want as materialized (select distinct unnest($3::uuid[]) as person_id),
gone as (delete from grp_member m where m.clinic_id = $1 and m.group_id = $2 and not exists (select from want w where w.person_id = m.person_id))
insert into grp_member (clinic_id, group_id, person_id) select $1, $2, person_id from want on conflict do nothing`, clinic, g.ID, ids(then))
		if err != nil {
			return err
		}
	}
	_, err = place(ctx, tx, clinic, slices.Concat(now, then))
	return err
}

// ids is never nil, which PostgreSQL would read as an unknown list.
func ids(list []hub.PersonID) []hub.PersonID {
	if list == nil {
		return []hub.PersonID{}
	}
	return list
}

// DeleteGroup ends a group and all that it gives; its room stays as it is. A group that a
// source still speaks of would come again: Conflict "stated".
func (s *Store) DeleteGroup(ctx context.Context, clinic hub.ClinicID, id hub.GroupID, by hub.UserID) error {
	const op = "directory.delete_group"
	return pg.Wrap("delete group", s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var stated bool
		err := tx.QueryRow(ctx, `
select exists (select from group_stated t where t.clinic_id = $1 and t.source = g.source and t.code = g.code)
from grp g where g.clinic_id = $1 and g.id = $2 and g.deleted_at is null for update`, clinic, id).Scan(&stated)
		switch {
		case err != nil:
			return pg.Found(err, hub.E(op, hub.NotFound, "", ""))
		case stated:
			return hub.E(op, hub.Conflict, "stated", "")
		}
		if err := letGo(ctx, tx, clinic, directory.Following{Group: id}, by); err != nil {
			return err
		}
		var b pgx.Batch
		b.Queue(`delete from person_unit where clinic_id = $1 and source = $2`, clinic, id)
		b.Queue(`delete from grp_member where clinic_id = $1 and group_id = $2`, clinic, id)
		b.Queue(`update grp set deleted_at = now(), changed_by = $3 where clinic_id = $1 and id = $2`, clinic, id, pg.Null(by))
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "groups", "persons", "duty")
	}))
}
