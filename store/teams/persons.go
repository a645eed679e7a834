package teams

import (
	"encoding/base64"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// maxPage bounds one page of people.
const maxPage = 200

// memberSQL lists the active members of group $2 after ($4, $3).
const memberSQL = `
select p.id, p.staff_number, p.name, p.family_name, p.given_name, p.title, p.active,
  coalesce((select jsonb_agg(jsonb_build_object('id', u.id, 'code', u.code, 'name', u.name) order by w.main desc, u.code)
    from (select unit_id, bool_or(is_primary) as main from person_unit where clinic_id = $1 and person_id = p.id group by unit_id) w
    join unit u on u.clinic_id = $1 and u.id = w.unit_id), '[]'),
  coalesce(a.id::text, ''), coalesce(a.login, ''), coalesce(a.state, ''), coalesce(a.locked_here, false), coalesce(a.locked_there, false), a.last_seen_at
from grp_member m join person p on p.clinic_id = $1 and p.id = m.person_id and p.active
left join account a on a.clinic_id = $1 and a.person_id = p.id
where m.clinic_id = $1 and m.group_id = $2 and ($3::uuid is null or (p.name, p.id) > ($4, $3))
order by p.name, p.id limit $5`

func scanPerson(row pgx.CollectableRow) (directory.PersonRow, error) {
	var p directory.PersonRow
	var a directory.AccountRow
	err := row.Scan(&p.ID, &p.StaffNumber, &p.Name, &p.FamilyName, &p.GivenName, &p.Title, &p.Active, &p.Units, &a.ID, &a.Login, &a.State, &a.LockedHere, &a.LockedThere, &a.LastSeen)
	if a.ID != "" {
		p.Account = &a
	}
	return p, err
}

// A cursor is the id and the name of the last person shown.
func formatCursor(id hub.PersonID, name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(id) + name))
}

func parseCursor(op, s string) (name string, id hub.PersonID, err error) {
	if s == "" {
		return "", "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) < 36 || !hub.ValidID(string(b[:36])) {
		return "", "", invalid(op, "cursor")
	}
	return string(b[36:]), hub.PersonID(b[:36]), nil
}
