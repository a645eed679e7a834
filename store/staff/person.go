package staff

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Person returns a person with the origin of every value.
func (s *Store) Person(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) (directory.PersonDetail, error) {
	var out directory.PersonDetail
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, personColumns+personTables+` where p.id = $1`, id)
		if err != nil {
			return err
		}
		if out.PersonRow, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (directory.PersonRow, error) { return scanPerson(row) }); err != nil {
			return err
		}
		return personParts(ctx, tx, id, &out)
	})
	return out, found("directory.person", err)
}

// personParts reads what hangs on a person.
func personParts(ctx context.Context, tx pgx.Tx, id hub.PersonID, out *directory.PersonDetail) error {
	values := `
select v.field, v.text, ` + causeColumns("v") + `, v.at from person_value v` + causeJoins("v") + ` where v.person_id = $1 order by v.field, v.at desc`
	history := `
select v.field, v.old_text, v.new_text, ` + causeColumns("v") + `, v.at from person_change v` + causeJoins("v") + ` where v.person_id = $1 order by v.no desc limit 200`
	const devices = `
select d.id, d.name, d.last_seen_at from device d join account a on a.id = d.account_id
where a.person_id = $1 and d.revoked_at is null order by d.created_at desc`
	const duty = `
select r.name from duty d join role r on r.id = d.role_id join account a on a.id = d.account_id
where a.person_id = $1 and d.until is null order by r.name`
	const groups = `
select g.id, g.name, g.kind, coalesce(g.source::text, ''), coalesce(c.name, ''), m.since
from grp_member m join grp g on g.id = m.group_id and g.deleted_at is null left join connector c on c.id = g.source
where m.person_id = $1 order by lower(g.name), g.id`
	const standings = `
select v.source, coalesce(case when c.kind = 'hand' then '' else c.name end, ''), v.key, v.status, v.changed_at,
  array(select u.code from person_unit_stated m join unit u on u.id = m.unit_id where m.person_id = v.person_id and m.source = v.source order by m.is_primary desc, u.code),
  exists (select from person_photo f where f.person_id = v.person_id and f.source = v.source)
from person_source v left join connector c on c.id = v.source where v.person_id = $1 order by v.changed_at, v.source`
	var err error
	if out.Sources, err = pg.Collect(ctx, tx, scanStanding, standings, id); err != nil {
		return err
	}
	if out.Values, err = pg.Collect(ctx, tx, scanValue, values, id); err != nil {
		return err
	}
	if err = markShown(ctx, tx, id, out.Values); err != nil {
		return err
	}
	if out.History, err = pg.Collect(ctx, tx, scanHistory, history, id); err != nil {
		return err
	}
	if out.Devices, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[directory.DeviceRow], devices, id); err != nil {
		return err
	}
	if out.Groups, err = pg.Collect(ctx, tx, scanGroup, groups, id); err != nil {
		return err
	}
	out.Duty, err = pg.Collect(ctx, tx, pgx.RowTo[string], duty, id)
	return err
}

// markShown marks the values that count.
func markShown(ctx context.Context, tx pgx.Tx, id hub.PersonID, values []directory.ValueRow) error {
	merge, err := readMerge(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, statedSQL, []hub.PersonID{id})
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachStated(rows, func(_ hub.PersonID, statements []directory.Statement) {
		by := merge.Show(statements).By
		for i, v := range values {
			values[i].Shown = by[v.Field] == v.Source.ID
		}
	})
}

func scanStanding(row pgx.CollectableRow) (r directory.StandingRow, err error) {
	return r, row.Scan(&r.Source.ID, &r.Source.Name, &r.Key, &r.Status, &r.At, &r.Units, &r.Photo)
}

func scanGroup(row pgx.CollectableRow) (g directory.PersonGroup, err error) {
	var by directory.SourceRef
	err = row.Scan(&g.ID, &g.Name, &g.Kind, &by.ID, &by.Name, &g.Since)
	if by.ID != "" {
		g.Source = &by
	}
	return g, err
}

func scanValue(row pgx.CollectableRow) (directory.ValueRow, error) {
	var v directory.ValueRow
	var by cause
	err := row.Scan(append(append([]any{&v.Field, &v.Text}, by.fields()...), &v.At)...)
	v.Source, v.Message = by.source, by.ref()
	return v, err
}

func scanHistory(row pgx.CollectableRow) (directory.HistoryRow, error) {
	var h directory.HistoryRow
	var by cause
	err := row.Scan(append(append([]any{&h.Field, &h.From, &h.To}, by.fields()...), &h.At)...)
	h.Source, h.Message = by.source, by.ref()
	return h, err
}

// Photo returns the photo that is shown of a person: by precedence of the field photo, or
// else the newest. NotFound where there is none.
func (s *Store) Photo(ctx context.Context, clinic hub.ClinicID, id hub.PersonID) ([]byte, error) {
	var body []byte
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		merge, err := readMerge(ctx, tx)
		if err != nil {
			return err
		}
		type kept struct {
			Source hub.ConnectorID
			At     time.Time
		}
		all, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[kept], `select source, at from person_photo where person_id = $1`, id)
		if err != nil {
			return err
		}
		statements := make([]directory.Statement, len(all))
		for i, k := range all {
			statements[i] = directory.Statement{Source: k.Source, Values: map[directory.Field]directory.Said{directory.FieldPhoto: {Text: "photo", At: k.At}}}
		}
		best := merge.First(directory.FieldPhoto, statements)
		if best == nil {
			return pgx.ErrNoRows
		}
		return tx.QueryRow(ctx, `select body from person_photo where person_id = $1 and source = $2`, id, best.Source).Scan(&body)
	})
	return body, found("directory.photo", err)
}
