package teams

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// refreshBatch is how many changes of people are taken at once.
const refreshBatch = 5_000

// Refresh works out anew in which groups those people are of whom something has changed, and
// returns how many memberships moved. Triggers note who changed, in the transaction that
// changes them, so that no caller can forget; run it on a hint and every few seconds.
func (s *Store) Refresh(ctx context.Context, clinic hub.ClinicID) (moved int, err error) {
	for {
		n, more, err := s.refreshSome(ctx, clinic)
		moved += n
		if err != nil || !more {
			return moved, pg.Wrap("refresh groups", err)
		}
	}
}

func (s *Store) refreshSome(ctx context.Context, clinic hub.ClinicID) (moved int, more bool, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if held, err := holding(ctx, tx, clinic, "groups"); err != nil || !held {
			return err
		}
		// What is read below is at least as new as what is deleted here.
		taken, err := pg.Collect(ctx, tx, pgx.RowTo[hub.PersonID], `
delete from grp_dirty where clinic_id = $1 and no in (select no from grp_dirty where clinic_id = $1 order by no limit $2) returning person_id`, clinic, refreshBatch)
		if err != nil || len(taken) == 0 {
			return err
		}
		more = len(taken) == refreshBatch
		persons := slices.Compact(slices.Sorted(slices.Values(taken)))
		if err := makeStated(ctx, tx, clinic, persons); err != nil {
			return err
		}
		if moved, err = regroup(ctx, tx, clinic, persons); err != nil {
			return err
		}
		placed, err := place(ctx, tx, clinic, persons)
		if err == nil && moved+placed > 0 {
			err = pg.TellChanged(ctx, tx, clinic, "groups", "persons", "duty")
		}
		return err
	})
	return moved, more, err
}

// regroup writes in which groups by rule and by source some people are.
func regroup(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, persons []hub.PersonID) (moved int, err error) {
	rules, err := loadRules(ctx, tx, clinic)
	if err != nil {
		return 0, err
	}
	var groups []hub.GroupID
	var members []hub.PersonID
	if len(rules) > 0 {
		err = eachTraits(ctx, tx, clinic, persons, func(id hub.PersonID, t directory.Traits) {
			for _, g := range slices.Sorted(maps.Keys(rules)) {
				if rules[g].Holds(t) {
					groups, members = append(groups, g), append(members, id)
				}
			}
		})
		if err != nil {
			return 0, err
		}
	}
	const q = `
with want as (
  select w.group_id, w.person_id from unnest($2::uuid[], $3::uuid[]) w (group_id, person_id)
  union
  select g.id, t.person_id from group_stated t
  join grp g on g.clinic_id = $1 and g.source = t.source and g.code = t.code and g.deleted_at is null
  join person p on p.clinic_id = $1 and p.id = t.person_id and p.active
  where t.clinic_id = $1 and t.person_id = any($4)),
gone as (
  delete from grp_member m using grp g
  where m.clinic_id = $1 and m.person_id = any($4) and g.clinic_id = $1 and g.id = m.group_id and g.kind <> 'hand'
    and not exists (select from want w where w.group_id = m.group_id and w.person_id = m.person_id) returning 1),
come as (
  insert into grp_member (clinic_id, group_id, person_id) select $1, group_id, person_id from want on conflict do nothing returning 1)
select (select count(*) from gone) + (select count(*) from come)`
	return moved, tx.QueryRow(ctx, q, clinic, groups, members, persons).Scan(&moved)
}

func loadRules(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) (map[hub.GroupID]directory.Expression, error) {
	rows, err := tx.Query(ctx, `select id, rule from grp where clinic_id = $1 and kind = 'rule' and deleted_at is null`, clinic)
	if err != nil {
		return nil, err
	}
	out := map[hub.GroupID]directory.Expression{}
	var id hub.GroupID
	var rule directory.Expression
	_, err = pgx.ForEachRow(rows, []any{&id, &rule}, func() error {
		out[id], rule = rule, directory.Expression{}
		return nil
	})
	return out, err
}

// eachTraits calls f with what rules look at, of some people or, for nil, of all. Units that
// a group gives are left out: else a rule could keep up what it gives itself.
func eachTraits(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, persons []hub.PersonID, f func(hub.PersonID, directory.Traits)) error {
	units, err := loadUnits(ctx, tx, clinic)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `
select p.id, p.active, p.shown, array(select distinct m.unit_id::text from person_unit m where m.clinic_id = $1 and m.person_id = p.id
  and not exists (select from grp g where g.clinic_id = $1 and g.id = m.source))
from person p where p.clinic_id = $1 and ($2::uuid[] is null or p.id = any($2))`, clinic, persons)
	if err != nil {
		return err
	}
	var id hub.PersonID
	var t directory.Traits
	var works []hub.UnitID
	_, err = pgx.ForEachRow(rows, []any{&id, &t.Active, &t.Values, &works}, func() error {
		t.Units, t.Above = units.codes(works)
		f(id, t)
		t.Values = nil
		return nil
	})
	return err
}

// unitTree is all units of a clinic.
type unitTree map[hub.UnitID]struct {
	code   string
	parent hub.UnitID
}

func loadUnits(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) (unitTree, error) {
	rows, err := tx.Query(ctx, `select id, code, coalesce(parent_id::text, '') from unit where clinic_id = $1`, clinic)
	if err != nil {
		return nil, err
	}
	out := unitTree{}
	var id, parent hub.UnitID
	var code string
	_, err = pgx.ForEachRow(rows, []any{&id, &code, &parent}, func() error {
		u := out[id]
		u.code, u.parent = code, parent
		out[id] = u
		return nil
	})
	return out, err
}

// codes returns the codes of units and of those above them.
func (t unitTree) codes(units []hub.UnitID) (own, above []string) {
	for _, id := range units {
		own = append(own, t[id].code)
		for up, n := t[id].parent, 0; up != "" && n < len(t); up, n = t[up].parent, n+1 {
			above = append(above, t[up].code)
		}
	}
	return own, above
}

// place makes the members of groups with a unit work there, of some people, and returns how
// many rows moved.
func place(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, persons []hub.PersonID) (moved int, err error) {
	const q = `
with want as (
  select m.person_id, g.unit_id, g.id from grp g join grp_member m on m.clinic_id = $1 and m.group_id = g.id and m.person_id = any($2)
  join person p on p.clinic_id = $1 and p.id = m.person_id and p.active
  where g.clinic_id = $1 and g.unit_id is not null and g.deleted_at is null),
gone as (
  delete from person_unit pu using grp g
  where pu.clinic_id = $1 and pu.person_id = any($2) and g.clinic_id = $1 and g.id = pu.source
    and not exists (select from want w where w.person_id = pu.person_id and w.unit_id = pu.unit_id and w.id = pu.source) returning 1),
come as (
  insert into person_unit (clinic_id, person_id, unit_id, source) select $1, person_id, unit_id, id from want on conflict do nothing returning 1)
select (select count(*) from gone) + (select count(*) from come)`
	return moved, tx.QueryRow(ctx, q, clinic, persons).Scan(&moved)
}

// statedGroup is a group that a source speaks of and that there is not yet.
type statedGroup struct {
	Source hub.ConnectorID
	Code   string
	Name   string
	Room   bool
	Role   string // "unit code/role name"
}

// makeStated makes the groups that sources say these people are in and that there are not yet.
// Later names of the source are not taken over: an administrator may have given a better one.
func makeStated(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, persons []hub.PersonID) error {
	const fresh = `
select t.source, t.code, coalesce(max(nullif(t.name, '')), t.code), bool_or(t.room), max(t.role) from group_stated t
where t.clinic_id = $1 and t.person_id = any($2)
  and not exists (select from grp g where g.clinic_id = $1 and g.source = t.source and g.code = t.code and g.deleted_at is null)
group by t.source, t.code order by t.source, t.code`
	groups, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[statedGroup], fresh, clinic, persons)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := g.make(ctx, tx, clinic); err != nil {
			return err
		}
	}
	return nil
}

// make binds as the source says; a role that is not there is left out. A room is begun
// without regard to its size: the console shows who does not fit in.
func (g statedGroup) make(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) error {
	id := hub.NewID[hub.GroupID]()
	name := directory.GroupName(g.Name, "")
	for n := 2; ; n++ {
		tag, err := tx.Exec(ctx, `
insert into grp (clinic_id, id, name, kind, source, code, role_id)
select $1, $2, $3, 'source', $4, $5, (
  select r.id from role r join unit u on u.clinic_id = $1 and u.id = r.unit_id
  where r.clinic_id = $1 and r.closed_at is null and lower(u.code || '/' || r.name) = lower($6) limit 1)
on conflict do nothing`, clinic, id, name, g.Source, g.Code, g.Role)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 1 {
			break
		}
		name = directory.GroupName(g.Name, " ("+strconv.Itoa(n)+")") // another has that name
	}
	if !g.Room {
		return nil
	}
	return follow(ctx, tx, clinic, directory.Following{Group: id}, "")
}
