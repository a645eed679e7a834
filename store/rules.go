package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// scanRules reads a row of rulesSQL. Without one the clinic has the product's own rules, at
// revision 0.
func scanRules(rows pgx.Rows) (rules []alerting.Rule, revision int, err error) {
	rules = alerting.DefaultRules()
	var items []byte
	_, err = pgx.ForEachRow(rows, []any{&revision, &items}, func() error {
		rules = nil
		return json.Unmarshal(items, &rules)
	})
	return rules, revision, err
}

// Rules returns the ordered list of routing rules and its revision.
func (db *DB) Rules(ctx context.Context, clinic hub.ClinicID) (rules []alerting.Rule, revision int, err error) {
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, rulesSQL, clinic)
		if err != nil {
			return err
		}
		rules, revision, err = scanRules(rows)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read rules: %w", err)
	}
	return rules, revision, nil
}

// SaveRules replaces the list as a whole and returns its new revision. It refuses with
// hub.Conflict code "stale" when revision is not the stored one, and with hub.Invalid and
// the first problem's place when the list is not valid. Running alerts keep their policy.
func (db *DB) SaveRules(ctx context.Context, clinic hub.ClinicID, rules []alerting.Rule, revision int, by hub.UserID) (int, error) {
	if problems := alerting.ValidateRules(rules); len(problems) > 0 {
		return 0, &hub.Error{Op: "store.save_rules", Kind: hub.Invalid, Code: "rules", Field: problems[0].Where, Err: fmt.Errorf("%s", problems[0].Message)}
	}
	items, err := json.Marshal(rules)
	if err != nil {
		return 0, fmt.Errorf("save rules: %w", err)
	}
	const sql = `
insert into alert_rules (clinic_id, revision, items, author_id)
select $1, $2 + 1, $3, nullif($4, '')::uuid
where $2 = coalesce((select max(revision) from alert_rules where clinic_id = $1), 0)
on conflict do nothing`
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, clinic, revision, items, string(by))
		if err == nil && tag.RowsAffected() == 0 {
			return &hub.Error{Op: "store.save_rules", Kind: hub.Conflict, Code: "stale"}
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save rules: %w", err)
	}
	return revision + 1, nil
}

// TrySignal says where a signal would go now and whom each step would reach, and writes
// nothing. s.At, where set, is the time to try it at.
func (db *DB) TrySignal(ctx context.Context, clinic hub.ClinicID, s alerting.Signal) (alerting.Trial, error) {
	var trial alerting.Trial
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var batch pgx.Batch
		var l locked
		queueSetting(&batch, clinic, &l)
		if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
			return err
		}
		at := l.now
		if !s.At.IsZero() {
			at = s.At
		}
		trial.Route = alerting.TryRoute(l.rules, s, at.In(l.loc))
		world := &roster{tx: tx, clinic: clinic, rules: l.rules}
		for _, step := range trial.Rule.Policy.Steps {
			people, err := alerting.ResolveStep(ctx, world, step, s.Ward)
			if err != nil {
				return err
			}
			trial.Recipients = append(trial.Recipients, people)
		}
		return nil
	})
	if err != nil {
		return trial, fmt.Errorf("try signal: %w", err)
	}
	return trial, nil
}
