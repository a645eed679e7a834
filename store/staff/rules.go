package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// shownAtOnce is how many persons are read at a time where all of a clinic are shown anew.
const shownAtOnce = 1000

// readRules returns the clinic's rules, locked for writing on demand.
func readRules(ctx context.Context, tx pgx.Tx, lock string) (directory.Rules, error) {
	def := directory.DefaultLimits()
	r := directory.Rules{Precedence: directory.Precedence{}, Percent: def.Percent, Accounts: def.Accounts}
	err := tx.QueryRow(ctx, `select precedence, percent, accounts, revision from directory_rules`+lock).Scan(&r.Precedence, &r.Percent, &r.Accounts, &r.Revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, nil
	}
	return r, err
}

func readMerge(ctx context.Context, tx pgx.Tx) (directory.Merge, error) {
	r, err := readRules(ctx, tx, "")
	if err != nil {
		return directory.Merge{}, err
	}
	return mergeBy(ctx, tx, r)
}

func mergeBy(ctx context.Context, tx pgx.Tx, r directory.Rules) (directory.Merge, error) {
	m := directory.Merge{Precedence: r.Precedence}
	err := tx.QueryRow(ctx, `select id from connector where kind = 'hand'`).Scan(&m.Hand)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return m, err
}

// Rules returns how the clinic merges and brakes.
func (s *Store) Rules(ctx context.Context, clinic hub.ClinicID) (directory.Rules, error) {
	var r directory.Rules
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		r, err = readRules(ctx, tx, "")
		return err
	})
	if err != nil {
		return r, fmt.Errorf("read rules: %w", err)
	}
	return r, nil
}

// checkRules refuses what cannot be kept.
func checkRules(r directory.Rules) error {
	bad := func(field string) error { return &hub.Error{Op: "directory.rules", Kind: hub.Invalid, Field: field} }
	switch {
	case r.Percent < 0 || r.Percent > 100:
		return bad("limit_percent")
	case r.Accounts < 0:
		return bad("limit_accounts")
	case len(r.Precedence) > 40:
		return bad("precedence")
	}
	for _, list := range r.Precedence {
		if len(list) > 100 || slices.ContainsFunc(list, func(id hub.ConnectorID) bool { return !hub.ValidID(string(id)) }) {
			return bad("precedence")
		}
	}
	return nil
}

// PreviewRules says what would be shown differently.
func (s *Store) PreviewRules(ctx context.Context, clinic hub.ClinicID, r directory.Rules) (directory.Preview, error) {
	out := directory.Preview{Items: []directory.ShownDiffs{}}
	if err := checkRules(r); err != nil {
		return out, err
	}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		merge, err := mergeBy(ctx, tx, r)
		if err != nil {
			return err
		}
		return s.reshow(ctx, tx, merge, func(changed []reshown) error {
			for _, c := range changed {
				if out.Total++; len(out.Items) < 200 {
					out.Items = append(out.Items, c.diffs())
				}
			}
			return nil
		})
	})
	if err != nil {
		return out, fmt.Errorf("preview rules: %w", err)
	}
	return out, nil
}

// SetRules keeps new rules and shows everybody by them. Nothing that sources repeat is passed
// over next time: logins follow the new rules with the next statement.
func (s *Store) SetRules(ctx context.Context, clinic hub.ClinicID, r directory.Rules, by hub.UserID) (directory.Rules, error) {
	if err := checkRules(r); err != nil {
		return r, err
	}
	if r.Precedence == nil {
		r.Precedence = directory.Precedence{}
	}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('rules of ' || $1, 0))`, string(clinic)); err != nil {
			return err
		}
		was, err := readRules(ctx, tx, "")
		if err != nil {
			return err
		}
		if was.Revision != r.Revision {
			return hub.E("directory.rules", hub.Conflict, "stale", "")
		}
		r.Revision++
		if _, err := tx.Exec(ctx, `
insert into directory_rules (clinic_id, precedence, percent, accounts, revision, by_id) values ($1, $2, $3, $4, $5, $6)
on conflict (clinic_id) do update set precedence = excluded.precedence, percent = excluded.percent, accounts = excluded.accounts,
  revision = excluded.revision, by_id = excluded.by_id, at = now()`, clinic, r.Precedence, r.Percent, r.Accounts, r.Revision, pg.Null(by)); err != nil {
			return err
		}
		return s.showAll(ctx, tx, clinic, r)
	})
	if err != nil {
		return r, fmt.Errorf("set rules: %w", err)
	}
	return r, nil
}

// showAll shows everybody by rules, and locks and unlocks by them.
func (s *Store) showAll(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, r directory.Rules) error {
	merge, err := mergeBy(ctx, tx, r)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update person_source set digest = null where digest is not null`); err != nil {
		return err
	}
	w := s.Writer(tx, clinic, directory.Origin{})
	err = s.reshow(ctx, tx, merge, func(changed []reshown) error {
		rows := make([]shownRow, len(changed))
		for i, c := range changed {
			rows[i], w.moved = c.row, append(w.moved, c.row.id)
		}
		defer func() { w.moved = nil }()
		return w.show(ctx, &rows)
	})
	if err == nil && len(w.locked) > 0 {
		err = ShutOut(ctx, tx, clinic, w.locked)
	}
	if err != nil {
		return err
	}
	return pg.TellChanged(ctx, tx, clinic, "persons")
}

// reshown is a person who is shown differently.
type reshown struct {
	row    shownRow
	was    map[directory.Field]string
	active bool
	units  []directory.ShownUnit
}

func (c reshown) diffs() directory.ShownDiffs {
	out := directory.ShownDiffs{Person: directory.PersonRef{ID: c.row.id, Name: c.row.shown.Name, StaffNumber: c.row.shown.Values[directory.StaffNumber]}}
	for _, f := range directory.Fields() {
		if from, to := c.was[f], c.row.shown.Values[f]; from != to {
			out.Fields = append(out.Fields, directory.Diff{Field: f, From: from, To: to})
		}
	}
	if c.active != c.row.shown.Active {
		out.Fields = append(out.Fields, directory.Diff{Field: directory.FieldStatus, From: standingText(c.active), To: standingText(c.row.shown.Active)})
	}
	if from, to := unitText(c.units), unitText(c.row.shown.Units); from != to {
		out.Fields = append(out.Fields, directory.Diff{Field: directory.FieldUnit, From: from, To: to})
	}
	return out
}

func standingText(active bool) string {
	if active {
		return string(directory.Working)
	}
	return string(directory.Gone)
}

// unitText lists the codes of units, each once.
func unitText(units []directory.ShownUnit) string {
	out, last := "", ""
	for _, u := range units {
		if u.Code == last {
			continue
		}
		if last = u.Code; out != "" {
			out += ", "
		}
		out += u.Code
	}
	return out
}

const everybodySQL = `
select p.id, p.shown, p.active, coalesce((select jsonb_agg(jsonb_build_object('Source', m.source, 'Code', u.code, 'Primary', m.is_primary) order by u.code collate "C", m.source)
    from person_unit m join unit u on u.id = m.unit_id join connector c on c.id = m.source where m.person_id = p.id), '[]'), ` + statementsSQL + `, '[]')
from person p cross join lateral (select p.clinic_id, p.id as person_id) v
where p.erased_at is null and p.id > $1 order by p.id limit $2`

// reshow works out everybody anew and hands over whoever differs, some at a time.
func (s *Store) reshow(ctx context.Context, tx pgx.Tx, merge directory.Merge, take func([]reshown) error) error {
	after := hub.PersonID("00000000-0000-0000-0000-000000000000")
	for {
		var changed []reshown
		n := 0
		rows, err := tx.Query(ctx, everybodySQL, after, shownAtOnce)
		if err != nil {
			return err
		}
		for rows.Next() {
			var c reshown
			var statements []directory.Statement
			if err := rows.Scan(&c.row.id, &c.was, &c.active, &c.units, &statements); err != nil {
				rows.Close()
				return err
			}
			n, after = n+1, c.row.id
			if c.row.shown = merge.Show(statements); len(statements) > 0 && (len(c.diffs().Fields) > 0 || !slices.Equal(c.units, c.row.shown.Units)) {
				changed = append(changed, c)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if len(changed) > 0 {
			if err := take(changed); err != nil {
				return err
			}
		}
		if n < shownAtOnce {
			return nil
		}
	}
}
