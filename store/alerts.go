package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Act applies what a recipient or their device did. Acts of one clinic that come together
// are committed together. The error means that nothing is known to be written; a refusal
// (taken, ended, not a recipient) is in the result.
func (db *DB) Act(ctx context.Context, clinic hub.ClinicID, act alerting.Act) (alerting.Result, error) {
	p := &actPut{clinic: clinic, act: act}
	err := db.acts.Do(ctx, string(clinic), p)
	return p.result, err
}

// actPut is one caller of Act waiting for the commit.
type actPut struct {
	clinic hub.ClinicID
	act    alerting.Act
	result alerting.Result
}

func (db *DB) commitActs(ctx context.Context, puts []*actPut) error {
	acts := make([]alerting.Act, len(puts))
	for i, p := range puts {
		acts[i] = p.act
	}
	results, err := db.Acts(ctx, puts[0].clinic, acts)
	if err != nil {
		return err
	}
	for i, p := range puts {
		p.result = results[i]
	}
	return nil
}

// Acts applies several acts in one transaction and returns a result for each.
func (db *DB) Acts(ctx context.Context, clinic hub.ClinicID, acts []alerting.Act) ([]alerting.Result, error) {
	inputs := make([]alerting.Input, len(acts))
	for i := range acts {
		inputs[i].Act = &acts[i]
	}
	var results []alerting.Result
	err := db.ByKeys(ctx, clinic, func(tx pgx.Tx) (err error) {
		results, err = db.applyInputs(ctx, tx, clinic, inputs)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("apply acts: %w", err)
	}
	db.woke()
	return results, nil
}

// applySignals is applyInputs for signals. A result's Err is the signal's own fault.
func (db *DB) applySignals(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, signals []alerting.Signal) ([]alerting.Result, error) {
	inputs := make([]alerting.Input, len(signals))
	for i := range signals {
		inputs[i].Signal = &signals[i]
	}
	return db.applyInputs(ctx, tx, clinic, inputs)
}

// applyInputs makes inputs take effect, in order, and writes all that follows from them:
// alerts, dispatches, story, timers, answers and cards are rows of the caller's transaction,
// so that none of them can be missing after a crash. It must be the only call of its kind
// in that transaction, or two transactions could lock the same alerts in different order.
func (db *DB) applyInputs(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, inputs []alerting.Input) ([]alerting.Result, error) {
	if len(inputs) == 0 {
		return nil, nil
	}
	in, err := db.lockAlerts(ctx, tx, clinic, inputs)
	if err != nil {
		return nil, fmt.Errorf("lock alerts: %w", err)
	}
	world := &roster{tx: tx, db: db, clinic: clinic, rules: in.rules}
	heard, err := world.heard(ctx, in.running)
	if err != nil {
		return nil, err
	}
	if err := world.meet(ctx, in.people(inputs, heard)); err != nil {
		return nil, err
	}
	if err := world.foresee(ctx, inputs, in.now.In(in.loc)); err != nil {
		return nil, err
	}
	book := alerting.NewBook(clinic, in.now, in.loc, world)
	book.Load(in.running)
	results := make([]alerting.Result, len(inputs))
	for i, input := range inputs {
		results[i] = book.Apply(ctx, input)
		if input.Act != nil && hub.KindOf(results[i].Err) == hub.NotFound {
			results[i] = in.late(*input.Act)
		}
	}
	changes, err := book.Changes()
	if err != nil {
		return nil, fmt.Errorf("decide alerts: %w", err)
	}
	if err := db.writeChanges(ctx, tx, clinic, changes); err != nil {
		return nil, fmt.Errorf("write alerts: %w", err)
	}
	return results, nil
}

// locked is what one batch works on. The rows of running alerts are locked until the
// transaction ends.
type locked struct {
	now     time.Time
	loc     *time.Location
	rules   []alerting.Rule
	running []alerting.Snapshot
	ended   map[hub.AlertID]alerting.Snapshot
}

// heard returns the alerts whose sources take answers.
func (r *roster) heard(ctx context.Context, running []alerting.Snapshot) (map[hub.AlertID]bool, error) {
	out := make(map[hub.AlertID]bool, len(running))
	for _, s := range running {
		takes, err := r.TakesAnswers(ctx, s.Alert.Connector)
		if err != nil {
			return nil, err
		}
		out[s.Alert.ID] = takes && !s.Alert.Technical
	}
	return out, nil
}

// people are those whose names sources may hear because of these inputs: who acts, and who
// let a step's time pass.
func (l *locked) people(inputs []alerting.Input, heard map[hub.AlertID]bool) []hub.UserID {
	var users []hub.UserID
	due := map[hub.AlertID]bool{}
	for _, in := range inputs {
		switch {
		case in.Act != nil && heard[in.Act.Alert]:
			users = append(users, in.Act.User)
		case in.Due != nil && heard[in.Due.Alert]:
			due[in.Due.Alert] = true
		}
	}
	for _, s := range l.running {
		if !due[s.Alert.ID] {
			continue
		}
		for _, d := range s.Dispatches {
			users = append(users, d.User)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// late answers an act on an alert that is over. Only recipients may learn that it was.
func (l *locked) late(act alerting.Act) alerting.Result {
	refuse := func(k hub.Kind) alerting.Result {
		return alerting.Result{Alert: act.Alert, Err: &hub.Error{Op: "alerting.act", Kind: k}}
	}
	s, ok := l.ended[act.Alert]
	if !ok {
		return refuse(hub.NotFound)
	}
	for _, d := range s.Dispatches {
		if d.User == act.User {
			return alerting.Late(act, s.Alert.State)
		}
	}
	return refuse(hub.Forbidden)
}

// maxJoin bounds the running alerts looked at for somebody new, and so how long they wait.
const maxJoin = 200

// joinableSQL finds the alerts that may concern an account ($2): those it is in already and
// those of its wards before all others, the most urgent first.
const joinableSQL = `
select id from (
  select a.id, a.priority, a.raised_at, a.state in ('notifying', 'exhausted') as rings,
    exists (select from dispatch d where d.clinic_id = $1 and d.alert_id = a.id and d.user_id = $2) as known,
    lower(a.ward) in (select lower(u.code) from unit u where u.clinic_id = $1 and u.id in (
      select r.unit_id from duty y join role r on r.clinic_id = $1 and r.id = y.role_id
      where y.clinic_id = $1 and y.account_id = $2 and y.until is null
      union all select m.unit_id from account c join person_unit m on m.clinic_id = $1 and m.person_id = c.person_id
      where c.clinic_id = $1 and c.id = $2)) as near
  from alert a where a.clinic_id = $1 and a.ended_at is null) x
where rings or known order by known or near desc, priority desc, raised_at desc limit $3`

// joinAlerts lets somebody who has just come on duty or registered a device take part in
// running alerts. A failure is undone alone: it must keep nobody from going on duty, and
// the next step of each alert finds them anyway.
func (db *DB) joinAlerts(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, user hub.UserID, kind alerting.ActKind) {
	_ = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		ids, err := pg.Collect(ctx, tx, pgx.RowTo[hub.AlertID], joinableSQL, clinic, user, maxJoin)
		if err != nil {
			return err
		}
		inputs := make([]alerting.Input, len(ids))
		for i, id := range ids {
			inputs[i].Act = &alerting.Act{Alert: id, Kind: kind, User: user}
		}
		_, err = db.applyInputs(ctx, tx, clinic, inputs)
		return err
	})
}
