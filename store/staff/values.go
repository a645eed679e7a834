package staff

import (
	"slices"
	"strings"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// sourced reports whether a field is stated by sources, and so kept as a value.
func sourced(f directory.Field) bool {
	switch f {
	case directory.FieldStatus, directory.FieldPrimary, directory.FieldLogin, directory.FieldUnit,
		directory.FieldPhoto, directory.FieldGroups, directory.FieldLocked, directory.FieldMember:
		return false
	}
	return true
}

func (p *part) putValues() {
	var put, cut struct {
		ids           []hub.PersonID
		fields, texts []string
	}
	var by named
	for i, act := range p.acts {
		for _, d := range act.Fields {
			switch {
			case !sourced(d.Field):
			case d.To == "":
				cut.ids, cut.fields = append(cut.ids, p.who[i]), append(cut.fields, string(d.Field))
			default:
				put.ids, put.fields, put.texts = append(put.ids, p.who[i]), append(put.fields, string(d.Field)), append(put.texts, d.To)
				by.add(p.Cause(act.Key))
			}
		}
	}
	if len(put.ids) > 0 {
		p.Batch.Queue(`
insert into person_value (clinic_id, person_id, field, source, text, message_id, control_id, run_id)
select $1, n.person, n.field, $2, n.text, nullif(n.message, '')::uuid, n.control, nullif(n.run, '')::uuid
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as n (person, field, text, message, control, run)
on conflict (clinic_id, person_id, field, source) do update
set text = excluded.text, message_id = excluded.message_id, control_id = excluded.control_id, run_id = excluded.run_id, at = now()`,
			p.clinic, p.origin.Source, put.ids, put.fields, put.texts, by.messages, by.controls, by.runs)
	}
	if len(cut.ids) > 0 {
		p.Batch.Queue(`
delete from person_value v using unnest($1::uuid[], $2::text[]) as n (person, field)
where v.source = $3 and (v.person_id, v.field) = (n.person, n.field)`, cut.ids, cut.fields, p.origin.Source)
	}
}

// putMemberships replaces where the source says that people work, for those where that
// changed. Of somebody just made, nobody else has said anything: it counts.
func (p *part) putMemberships() {
	var moved, persons, fresh []hub.PersonID
	var codes, freshCodes []string
	var main, freshMain []bool
	for i, act := range p.acts {
		if act.Works == nil {
			continue
		}
		if act.Op != directory.ActCreate {
			moved = append(moved, p.who[i])
		}
		for _, u := range act.Works {
			persons, codes, main = append(persons, p.who[i]), append(codes, u.Code), append(main, u.Primary)
			if act.Op == directory.ActCreate {
				fresh, freshCodes, freshMain = append(fresh, p.who[i]), append(freshCodes, u.Code), append(freshMain, u.Primary)
			}
		}
	}
	if len(moved) > 0 {
		p.Batch.Queue(`delete from person_unit_stated where source = $1 and person_id = any($2)`, p.origin.Source, moved)
	}
	for table, rows := range map[string]struct {
		persons []hub.PersonID
		codes   []string
		main    []bool
	}{"person_unit_stated": {persons, codes, main}, "person_unit": {fresh, freshCodes, freshMain}} {
		if len(rows.persons) > 0 {
			p.Batch.Queue(`
insert into `+table+` (clinic_id, person_id, unit_id, source, is_primary)
select $1, n.person, u.id, $2, n.main from unnest($3::uuid[], $4::text[], $5::bool[]) as n (person, code, main) join unit u on u.code = n.code`,
				p.clinic, p.origin.Source, rows.persons, rows.codes, rows.main)
		}
	}
}

// putGroups replaces the groups the source says that people are in, where that changed.
func (p *part) putGroups() {
	var changed, persons []hub.PersonID
	var codes, names, roles []string
	var rooms []bool
	for i, act := range p.acts {
		if act.Groups == nil {
			continue
		}
		changed = append(changed, p.who[i])
		for _, g := range act.Groups.To {
			persons, codes, names = append(persons, p.who[i]), append(codes, g.Code), append(names, g.Name)
			rooms, roles = append(rooms, g.Room), append(roles, g.Role)
		}
	}
	if len(changed) == 0 {
		return
	}
	p.Batch.Queue(`delete from group_stated where source = $1 and person_id = any($2)`, p.origin.Source, changed)
	p.Batch.Queue(`
insert into group_stated (clinic_id, source, code, name, person_id, room, role)
select $1, $2, n.code, n.name, n.person, n.room, n.role
from unnest($3::uuid[], $4::text[], $5::text[], $6::bool[], $7::text[]) as n (person, code, name, room, role)`,
		p.clinic, p.origin.Source, persons, codes, names, rooms, roles)
}

// putMembers writes memberships of groups by hand, which a bulk changes. What follows them is
// worked out for whoever is in grp_dirty.
func (p *part) putMembers() {
	for i, act := range p.acts {
		d := act.Diff(directory.FieldMember)
		switch {
		case d.Field == "":
			continue
		case d.To != "":
			p.Batch.Queue(`
insert into grp_member (clinic_id, group_id, person_id) select $1, id, $3 from grp where id = $2 and kind = 'hand' and deleted_at is null
on conflict do nothing`, p.clinic, d.To, p.who[i])
		default:
			p.Batch.Queue(`delete from grp_member where group_id = $1 and person_id = $2`, d.From, p.who[i])
		}
		p.Batch.Queue(`insert into grp_dirty (clinic_id, person_id) values ($1, $2)`, p.clinic, p.who[i])
	}
}

func (p *part) putPhotos() {
	var gone, persons []hub.PersonID
	var hashes []string
	var bodies [][]byte
	for i, act := range p.acts {
		switch d := act.Diff(directory.FieldPhoto); {
		case d.Field == "":
		case d.To == "":
			gone = append(gone, p.who[i])
		case p.photos[d.To] != nil:
			persons, hashes, bodies = append(persons, p.who[i]), append(hashes, d.To), append(bodies, p.photos[d.To])
		}
	}
	p.keepPhotos(slices.Concat(gone, persons))
	if len(gone) > 0 {
		p.Batch.Queue(`delete from person_photo where source = $1 and person_id = any($2)`, p.origin.Source, gone)
	}
	if len(persons) > 0 {
		p.Batch.Queue(`
insert into person_photo (clinic_id, person_id, source, hash, body)
select $1, n.person, $2, n.hash, n.body from unnest($3::uuid[], $4::text[], $5::bytea[]) as n (person, hash, body)
on conflict (clinic_id, person_id, source) do update set hash = excluded.hash, body = excluded.body, at = now()`,
			p.clinic, p.origin.Source, persons, hashes, bodies)
	}
}

// putHistory writes every difference down with what caused it. Of somebody just made it is
// that, and where they work: their first values came from the same cause, and stay known by
// what is there or by what it took the place of.
func (p *part) putHistory() {
	var ids []hub.PersonID
	var fields, from, to []string
	var by named
	add := func(i int, f directory.Field, old, new string) {
		ids, fields, from, to = append(ids, p.who[i]), append(fields, string(f)), append(from, old), append(to, new)
		by.add(p.Cause(p.acts[i].Key))
	}
	for i, act := range p.acts {
		for _, d := range act.Fields {
			if act.Op == directory.ActCreate && sourced(d.Field) {
				continue
			}
			add(i, d.Field, strings.ReplaceAll(d.From, "\n", ", "), strings.ReplaceAll(d.To, "\n", ", "))
		}
		for _, code := range act.Units.Lose {
			add(i, directory.FieldUnit, code, "")
		}
		for _, code := range act.Units.Gain {
			add(i, directory.FieldUnit, "", code)
		}
	}
	if len(ids) == 0 {
		return
	}
	p.Batch.Queue(`
insert into person_change (clinic_id, person_id, field, old_text, new_text, source, message_id, control_id, run_id)
select $1, n.person, n.field, n.old, n.new, $2, nullif(n.message, '')::uuid, n.control, nullif(n.run, '')::uuid
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) as n (person, field, old, new, message, control, run)`,
		p.clinic, p.origin.Source, ids, fields, from, to, by.messages, by.controls, by.runs)
}
