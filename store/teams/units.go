package teams

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// unitRow is a unit as others hang on it.
type unitRow struct {
	kind   directory.UnitKind
	parent hub.UnitID
}

// SaveUnit makes, renames or moves a unit. Sources name units by their codes: the code is
// unique, and a source that knows the unit may rename it again with its next statement.
func (s *Store) SaveUnit(ctx context.Context, clinic hub.ClinicID, u directory.UnitEdit, by hub.UserID) (hub.UnitID, error) {
	const op = "directory.save_unit"
	u.Code, u.Name = strings.TrimSpace(u.Code), strings.TrimSpace(u.Name)
	if err := u.Check(op); err != nil {
		return "", err
	}
	fresh := u.ID == ""
	if fresh {
		u.ID = hub.NewID[hub.UnitID]()
	}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		// One editor at a time: two moves that are right by themselves can make a circle together.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, "units "+string(clinic)); err != nil {
			return err
		}
		units, err := loadStoreys(ctx, tx, clinic)
		if err != nil {
			return err
		}
		if err := fits(op, units, u, fresh); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
insert into unit (clinic_id, id, code, name, kind, parent_id) values ($1, $2, $3, $4, $5, $6)
on conflict (clinic_id, id) do update set code = excluded.code, name = excluded.name, kind = excluded.kind, parent_id = excluded.parent_id`,
			clinic, u.ID, u.Code, u.Name, u.Kind, pg.Null(u.Parent))
		if err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "persons", "duty")
	})
	if pg.IsUnique(err, "unit_clinic_id_code_key") {
		err = hub.E(op, hub.Conflict, "code_taken", "")
	}
	if err != nil {
		return "", pg.Wrap("save unit", err)
	}
	return u.ID, nil
}

func loadStoreys(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID) (map[hub.UnitID]unitRow, error) {
	rows, err := tx.Query(ctx, `select id, kind, coalesce(parent_id::text, '') from unit where clinic_id = $1`, clinic)
	if err != nil {
		return nil, err
	}
	out := map[hub.UnitID]unitRow{}
	var id hub.UnitID
	var u unitRow
	_, err = pgx.ForEachRow(rows, []any{&id, &u.kind, &u.parent}, func() error { out[id] = u; return nil })
	return out, err
}

// fits keeps the house in order: what is above has a higher storey, and nothing is above itself.
func fits(op string, units map[hub.UnitID]unitRow, u directory.UnitEdit, fresh bool) error {
	if _, there := units[u.ID]; !there && !fresh {
		return hub.E(op, hub.NotFound, "", "")
	}
	above, there := units[u.Parent]
	switch {
	case u.Parent == "":
	case !there:
		return invalid(op, "parent_id")
	default:
		for up, n := u.Parent, 0; up != "" && n <= len(units); up, n = units[up].parent, n+1 {
			if up == u.ID {
				return hub.E(op, hub.Conflict, "circle", "")
			}
		}
		if !above.kind.Above(u.Kind) {
			return &hub.Error{Op: op, Kind: hub.Invalid, Field: "parent_id", Code: "storey"}
		}
	}
	for _, child := range units {
		if child.parent == u.ID && !u.Kind.Above(child.kind) {
			return &hub.Error{Op: op, Kind: hub.Invalid, Field: "kind", Code: "storey"}
		}
	}
	return nil
}

// leavesIn counts the devices a room that follows would have: those that can chat of each
// wanted person, at least one, and the recorder's.
func leavesIn(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, room hub.RoomID) (n int, err error) {
	err = tx.QueryRow(ctx, wantedSQL+`
select 1 + coalesce(sum(greatest(1, (select count(*) from device d
  where d.clinic_id = $1 and d.account_id = w.user_id and d.revoked_at is null and d.certified_at is not null))), 0)
from wanted w where w.room_id = $3`, clinic, handover.Seconds(), room).Scan(&n)
	return n, err
}

// tooLarge refuses a room that MLS would make slow on phones.
func tooLarge(op string, n int) error {
	return &hub.Error{Op: op, Kind: hub.Conflict, Code: "too_large", Err: directory.TooLarge(n)}
}

func isRefusal(err error, code string) bool {
	var e *hub.Error
	return errors.As(err, &e) && e.Code == code
}
