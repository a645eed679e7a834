package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// overAfter is when a run whose node has died counts as over.
const overAfter = 30 * time.Minute

// keptRecords is how many records a run keeps of those that did not simply pass.
const keptRecords = 1000

// runColumns are those scanRun reads; records only where they are asked for.
const runColumns = `id, source, mode, state, cause, coalesce(by_id::text, ''), file, began_at, ended_at, read, faults, counts, unchanged, conflicts, fault,
  coalesce(plan_id::text, ''), coalesce(message_id::text, ''),
  (select d.plan->'reason' from directory_plan d where d.id = directory_run.plan_id),
  (select jsonb_build_object('by', coalesce(a.name, ''), 'at', d.decided_at, 'comment', d.comment)
    from directory_plan d left join account a on a.id = d.decided_by where d.id = directory_run.plan_id and d.decided_at is not null)`

func runFields(r *connectors.Run) []any {
	return []any{&r.ID, &r.Connector, &r.Mode, &r.State, &r.Cause, &r.By, &r.File, &r.Began, &r.Ended, &r.Read, &r.Faults, &r.Counts,
		&r.Unchanged, &r.Conflicts, &r.Fault, &r.Plan, &r.Message, &r.Reason, &r.Judged}
}

func scanRun(row pgx.CollectableRow) (r connectors.Run, err error) {
	return r, row.Scan(runFields(&r)...)
}

// endSQL closes runs that nobody works on any more; which, the caller adds.
const endSQL = `
update directory_run set state = 'failed', ended_at = now(), fault = jsonb_build_object('name', 'stopped', 'where', '', 'reason', 'The node that ran it has ended.')
where state = 'running'`

// EndRuns closes every run under way, so that none keeps the next out until overAfter. It is for
// the start of a hub beside which there can be no other: whatever ran has died with the one before.
func (s *Store) EndRuns(ctx context.Context, clinic hub.ClinicID) (n int64, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, endSQL)
		n = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end runs: %w", err)
	}
	return n, nil
}

// BeginRun opens a run. One whose node has died is closed first.
func (s *Store) BeginRun(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, start connectors.RunStart) (connectors.Run, error) {
	var r connectors.Run
	if start.Mode != connectors.PassFull && start.Mode != connectors.PassChanges {
		return r, &hub.Error{Op: "run.begin", Kind: hub.Invalid, Field: "mode"}
	}
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, endSQL+` and source = $1 and began_at < now() - $2::interval`, c, overAfter); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
insert into directory_run (clinic_id, id, source, mode, state, cause, by_id, file, dry) values ($1, $2, $3, $4, 'running', $5, $6, $7, $8)
returning `+runColumns, clinic, hub.NewID[hub.RunID](), c, start.Mode, start.Cause, pg.Null(start.By), shorten(start.File, 255), start.Dry).Scan(runFields(&r)...)
	})
	if pg.IsUnique(err, "directory_run_running") {
		return r, hub.E("run.begin", hub.Conflict, "running", "")
	}
	if err != nil {
		return r, fmt.Errorf("begin run: %w", err)
	}
	return r, nil
}

// shorten cuts a text to n characters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// openRun is a run under way, locked.
type openRun struct {
	connectors.Run
	dry bool
}

func lockRun(ctx context.Context, tx pgx.Tx, op string, id hub.RunID) (openRun, error) {
	var r openRun
	err := tx.QueryRow(ctx, `select `+runColumns+`, dry from directory_run where id = $1 for update`, id).Scan(append(runFields(&r.Run), &r.dry)...)
	if err != nil {
		return r, found(op, err)
	}
	if r.State != connectors.RunRunning {
		return r, hub.E(op, hub.Conflict, "over", "")
	}
	return r, nil
}

// FinishRun plans what was read, applies it unless the brake holds it or the run is dry,
// and closes the run, all in one transaction: whoever dies before its commit has changed
// nobody.
func (s *Store) FinishRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID, in connectors.RunInput) (connectors.Run, error) {
	var out connectors.Run
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		r, err := lockRun(ctx, tx, "run.finish", id)
		if err != nil {
			return err
		}
		r.note(in.Pulled)
		origin := directory.Origin{Source: r.Connector, Run: id}
		again := false
		if in.Raw != nil && !r.dry {
			if r.Message, again, err = s.keepFile(ctx, tx, clinic, r.Connector, *in.Raw); err != nil {
				return err
			}
			origin.Message, origin.Control = r.Message, in.Raw.ControlID
		}
		r.State = connectors.RunApplied
		if !again {
			if err := s.run(ctx, tx, clinic, &r, origin, in); err != nil {
				return err
			}
		}
		if err := closeRun(ctx, tx, clinic, &r.Run, in.End); err != nil {
			return err
		}
		out = r.Run
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("finish run: %w", err)
	}
	return out, nil
}

// keepFile stores what was handed in; again is true when it was before.
func (s *Store) keepFile(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, c hub.ConnectorID, raw connectors.Raw) (id hub.MessageID, again bool, err error) {
	id, fresh, err := s.db.KeepRaw(ctx, tx, clinic, c, raw)
	if err != nil || fresh {
		return id, false, err
	}
	return "", true, nil
}

// note counts records and keeps those that did not simply pass.
func (r *openRun) note(pulled []connectors.Pulled) {
	r.Read = len(pulled)
	for _, p := range pulled {
		if p.Fault != nil {
			r.Faults++
		}
		if (p.Fault != nil || len(p.Notes) > 0) && len(r.Records) < keptRecords {
			r.Records = append(r.Records, connectors.RunRecord{Record: p.Record, Key: p.Change.Key, Fault: p.Fault, Notes: p.Notes})
		}
	}
}

// run gives what was read its effect.
func (s *Store) run(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, r *openRun, origin directory.Origin, in connectors.RunInput) error {
	input := Input{Origin: origin, Again: !in.End.Full && len(in.End.Cursor) > 0 && in.Raw == nil}
	for _, p := range in.Pulled {
		switch {
		case p.Fault == nil:
			input.Changes = append(input.Changes, p.Change)
		case p.Change.Key != "":
			input.Spared = append(input.Spared, p.Change.Key)
		}
	}
	if in.End.Full {
		input.Changes = append(input.Changes, directory.Change{Op: directory.OpComplete})
	}
	plan, err := s.planRun(ctx, tx, clinic, r, input)
	if err != nil {
		return err
	}
	r.Counts, r.Plan, r.Conflicts, r.Reason = plan.Counts(), plan.ID, len(plan.Asks), plan.Reason
	r.Unchanged = max(0, people(input.Changes)-mentioned(plan, input.Changes))
	if plan.Held {
		r.State = connectors.RunHeld
	}
	if r.dry {
		r.State = connectors.RunDry
	}
	if origin.Message == "" {
		return nil
	}
	status := connectors.MessageApplied
	if plan.Held {
		status = connectors.MessageHeld
	}
	_, err = tx.Exec(ctx, `update message set status = $2, effect = jsonb_build_object('actions', $3::int, 'run_id', $4::text) where id = $1`,
		origin.Message, status, len(plan.Actions), string(r.ID))
	return err
}

// planRun applies what a run says, or only works it out.
func (s *Store) planRun(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, r *openRun, in Input) (directory.Plan, error) {
	if !r.dry {
		return s.Apply(ctx, tx, clinic, in)
	}
	l, err := s.look(ctx, tx, clinic, in)
	if err != nil {
		return directory.Plan{}, err
	}
	plan := l.plan()
	return plan, s.Writer(tx, clinic, in.Origin).record(ctx, &plan, directory.PlanDry, nil)
}

// people counts the keys that changes speak of.
func people(changes []directory.Change) int {
	keys := map[string]bool{}
	for _, c := range changes {
		if c.Key != "" {
			keys[c.Key] = true
		}
	}
	return len(keys)
}

// mentioned counts the keys of changes that a plan does something about.
func mentioned(p directory.Plan, changes []directory.Change) int {
	said := map[string]bool{}
	for _, c := range changes {
		said[c.Key] = true
	}
	n := p.Ignored + p.Erased
	for _, c := range p.Later {
		if c.Key != "" {
			n++
		}
	}
	for _, a := range p.Actions {
		if said[a.Key] {
			n++
		}
	}
	return n + len(p.Asks)
}

// closeRun writes what became of a run. Where it was applied, the next pass begins where
// this one ended.
func closeRun(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, r *connectors.Run, end connectors.PassEnd) error {
	if r.Records == nil {
		r.Records = []connectors.RunRecord{}
	}
	err := tx.QueryRow(ctx, `
update directory_run set state = $2, ended_at = now(), read = $3, faults = $4, counts = $5, unchanged = $6, conflicts = $7, fault = $8,
  plan_id = nullif($9, '')::uuid, message_id = nullif($10, '')::uuid, cursor = $11, whole = $12, records = $13
where id = $1 returning ended_at`, r.ID, r.State, r.Read, r.Faults, r.Counts, r.Unchanged, r.Conflicts, r.Fault,
		string(r.Plan), string(r.Message), end.Cursor, end.Full, r.Records).Scan(&r.Ended)
	if err == nil && r.State == connectors.RunApplied {
		err = saveCursor(ctx, tx, clinic, r.ID)
	}
	if err != nil {
		return fmt.Errorf("close run: %w", err)
	}
	return pg.TellChanged(ctx, tx, clinic, "runs")
}

// saveCursor makes the end of an applied run the beginning of the next. A run without a
// cursor leaves the one there is: it was handed in, or its source cannot tell.
func saveCursor(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, id hub.RunID) error {
	_, err := tx.Exec(ctx, `
insert into directory_source (clinic_id, source, cursor, full_at) select $1, source, cursor, case when whole then now() end from directory_run where id = $2
on conflict (clinic_id, source) do update set cursor = coalesce(excluded.cursor, directory_source.cursor), full_at = coalesce(excluded.full_at, directory_source.full_at)`,
		clinic, id)
	return err
}

// finishHeld makes the source go on after an approved plan: the next pass begins where the
// one ended that the plan is of.
func (s *Store) finishHeld(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, h heldPlan) error {
	if h.plan.Complete {
		if _, err := tx.Exec(ctx, `update directory_source set hold_next = false where source = $1`, h.origin.Source); err != nil {
			return fmt.Errorf("release source: %w", err)
		}
	}
	if h.origin.Run == "" {
		return nil
	}
	if err := saveCursor(ctx, tx, clinic, h.origin.Run); err != nil {
		return fmt.Errorf("finish held run: %w", err)
	}
	return nil
}

// FailRun closes a run that changed nobody.
func (s *Store) FailRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID, f connectors.Fault, read int) (connectors.Run, error) {
	var r openRun
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		if r, err = lockRun(ctx, tx, "run.fail", id); err != nil {
			return err
		}
		r.State, r.Fault, r.Read = connectors.RunFailed, &f, read
		return closeRun(ctx, tx, clinic, &r.Run, connectors.PassEnd{})
	})
	if err != nil {
		return r.Run, fmt.Errorf("fail run: %w", err)
	}
	return r.Run, nil
}

// RunCursor returns where the last applied pass ended and when the last full one was applied.
func (s *Store) RunCursor(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID) (cursor []byte, full time.Time, err error) {
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var at *time.Time
		err := tx.QueryRow(ctx, `select cursor, full_at from directory_source where source = $1`, c).Scan(&cursor, &at)
		if at != nil {
			full = *at
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, full, fmt.Errorf("read cursor: %w", err)
	}
	return cursor, full, nil
}

// ListRuns lists newest first.
func (s *Store) ListRuns(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, cursor string, limit int) ([]connectors.Run, string, error) {
	at, id, err := pg.ParseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	var runs []connectors.Run
	err = s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		runs, err = pg.Collect(ctx, tx, scanRun, `select `+runColumns+` from directory_run
where ($1 = '' or source = nullif($1, '')::uuid) and ($2::timestamptz is null or (began_at, id) < ($2, $3::uuid))
order by began_at desc, id desc limit $4`, string(c), pg.Null(at), pg.Null(id), limit+1)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list runs: %w", err)
	}
	if len(runs) <= limit {
		return runs, "", nil
	}
	last := runs[limit-1]
	return slices.Clip(runs[:limit]), pg.FormatCursor(last.Began, string(last.ID)), nil
}

// ReadRun returns one run with its records.
func (s *Store) ReadRun(ctx context.Context, clinic hub.ClinicID, id hub.RunID) (connectors.Run, error) {
	var r connectors.Run
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select `+runColumns+`, records from directory_run where id = $1`, id).Scan(append(runFields(&r), &r.Records)...)
	})
	return r, found("run.read", err)
}

// Feed gives what one connector is handed runs of their own.
type Feed struct {
	runs   connectors.Runs
	clinic hub.ClinicID
	source hub.ConnectorID
}

var _ connectors.Feed = (*Feed)(nil)

// NewFeed returns the feed of one connector.
func NewFeed(runs connectors.Runs, clinic hub.ClinicID, c hub.ConnectorID) *Feed {
	return &Feed{runs, clinic, c}
}

// Hand runs what was read from one input. Where that fails the run is closed as failed.
func (f *Feed) Hand(ctx context.Context, start connectors.RunStart, in connectors.RunInput) (connectors.Run, error) {
	r, err := f.runs.BeginRun(ctx, f.clinic, f.source, start)
	if err != nil {
		return r, err
	}
	done, err := f.runs.FinishRun(ctx, f.clinic, r.ID, in)
	if err != nil {
		_, failed := f.runs.FailRun(context.WithoutCancel(ctx), f.clinic, r.ID, connectors.Fault{Name: "stopped", Reason: "The run could not be finished."}, len(in.Pulled))
		return done, errors.Join(err, failed)
	}
	return done, nil
}
