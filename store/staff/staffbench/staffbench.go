// Package staffbench measures how long it takes to plan and to apply a full set of people of
// whom few have changed, beside the least that PostgreSQL needs to take the same rows in: a
// bare COPY and MERGE into one table, without any of the questions a plan answers.
package staffbench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Report is what was measured.
type Report struct {
	People, Changed    int
	Load               time.Duration // the first full set: everybody is new
	Plan               time.Duration // a dry run of the set with changes
	Apply              time.Duration // the same set, planned and applied
	Same               time.Duration // the same set again
	Merge              time.Duration // COPY and MERGE of the set with changes, committed
	PlanRatio, Applied float64       // Plan and Apply in times of Merge
}

// String is the report on one line.
func (r Report) String() string {
	return fmt.Sprintf("%d people, %d changed: load %.1fs plan %.2fs (%.1fx) apply %.2fs (%.1fx) same %.2fs, COPY+MERGE %.2fs",
		r.People, r.Changed, r.Load.Seconds(), r.Plan.Seconds(), r.PlanRatio, r.Apply.Seconds(), r.Applied, r.Same.Seconds(), r.Merge.Seconds())
}

// Plan measures a set of n people of whom one in a hundred has changed. conn is a connection
// to the same database whose role may make a table. The source must be a fresh connector.
func Plan(ctx context.Context, runs connectors.Runs, conn *pgx.Conn, clinic hub.ClinicID, source hub.ConnectorID, n int) (Report, error) {
	b := bench{runs: runs, clinic: clinic, source: source}
	before := People(n, 0)
	after := People(n, 1)
	r := Report{People: n, Changed: n / 100}
	var err error
	if r.Load, err = b.pass(ctx, before, false); err != nil {
		return r, err
	}
	if err = mergeTable(ctx, conn); err != nil {
		return r, err
	}
	if _, err = merge(ctx, conn, before); err != nil {
		return r, err
	}
	if r.Plan, err = b.pass(ctx, after, true); err != nil {
		return r, err
	}
	if r.Merge, err = merge(ctx, conn, after); err != nil {
		return r, err
	}
	if r.Apply, err = b.pass(ctx, after, false); err != nil {
		return r, err
	}
	if r.Same, err = b.pass(ctx, after, false); err != nil {
		return r, err
	}
	r.PlanRatio, r.Applied = r.Plan.Seconds()/r.Merge.Seconds(), r.Apply.Seconds()/r.Merge.Seconds()
	return r, nil
}

type bench struct {
	runs   connectors.Runs
	clinic hub.ClinicID
	source hub.ConnectorID
}

// pass measures from what was read to what is committed.
func (b bench) pass(ctx context.Context, people []directory.Change, dry bool) (time.Duration, error) {
	in := connectors.RunInput{End: connectors.PassEnd{Full: true}, Pulled: make([]connectors.Pulled, len(people))}
	for i, c := range people {
		in.Pulled[i] = connectors.Pulled{Change: c}
	}
	began := time.Now()
	run, err := b.runs.BeginRun(ctx, b.clinic, b.source, connectors.RunStart{Mode: connectors.PassFull, Cause: "hand", Dry: dry})
	if err != nil {
		return 0, err
	}
	if run, err = b.runs.FinishRun(ctx, b.clinic, run.ID, in); err != nil {
		return 0, err
	}
	if run.State != connectors.RunApplied && run.State != connectors.RunDry {
		return 0, fmt.Errorf("run is %s", run.State)
	}
	return time.Since(began), nil
}

// People makes n people; in later rounds one in a hundred has another name, ward or number.
func People(n, round int) []directory.Change {
	out := make([]directory.Change, n)
	for i := range out {
		ward := i % 200
		name := fmt.Sprintf("Familienname%05d", i)
		if round > 0 && i%100 == 7 {
			name, ward = fmt.Sprintf("Neuer-Name%05d-%d", i, round), (i+round)%200
		}
		v := func(s string) directory.Value { return directory.Value{Text: s} }
		out[i] = directory.Change{Op: directory.OpPut, Key: fmt.Sprintf("01020304-0506-0708-0900-%012d", i), Fields: map[directory.Field]directory.Value{
			directory.StaffNumber: v(fmt.Sprint(100000 + i)), directory.FamilyName: v(name), directory.GivenName: v(fmt.Sprintf("Vorname%03d", i%300)),
			directory.Login: v(fmt.Sprintf("user%05d", i)), directory.Mail: v(fmt.Sprintf("user%05d@linden.test", i)), directory.Phone: v(fmt.Sprintf("+49 30 %06d", i)),
			directory.JobTitle: v("Gesundheits- und Krankenpflege"), directory.Department: v(fmt.Sprintf("Klinik %d", i%20)),
		}, Units: []directory.UnitRef{{Code: fmt.Sprintf("W%03d", ward), Kind: directory.Ward, Parent: fmt.Sprintf("K%d", ward%20)}}}
	}
	return out
}

func mergeTable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `
create table bench_merge (key text primary key, number text, family text, given text, login text, mail text, phone text, job text, department text, ward text, gone boolean not null default false);
create temp table bench_copy (like bench_merge including defaults)`)
	return err
}

// merge is what a plain load of the rows costs, the way a script of a database's own would do it.
func merge(ctx context.Context, conn *pgx.Conn, people []directory.Change) (time.Duration, error) {
	began := time.Now()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after the commit
	if _, err = tx.Exec(ctx, `truncate bench_copy`); err != nil {
		return 0, err
	}
	rows := pgx.CopyFromSlice(len(people), func(i int) ([]any, error) {
		c := people[i]
		f := func(name directory.Field) string { return c.Fields[name].Text }
		return []any{c.Key, f(directory.StaffNumber), f(directory.FamilyName), f(directory.GivenName), f(directory.Login), f(directory.Mail), f(directory.Phone), f(directory.JobTitle), f(directory.Department), c.Units[0].Code}, nil
	})
	if _, err = tx.CopyFrom(ctx, pgx.Identifier{"bench_copy"}, []string{"key", "number", "family", "given", "login", "mail", "phone", "job", "department", "ward"}, rows); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, `
merge into bench_merge m using bench_copy c on m.key = c.key
when matched and (m.number, m.family, m.given, m.login, m.mail, m.phone, m.job, m.department, m.ward)
  is distinct from (c.number, c.family, c.given, c.login, c.mail, c.phone, c.job, c.department, c.ward) then
  update set number = c.number, family = c.family, given = c.given, login = c.login, mail = c.mail, phone = c.phone, job = c.job, department = c.department, ward = c.ward
when not matched then insert values (c.key, c.number, c.family, c.given, c.login, c.mail, c.phone, c.job, c.department, c.ward, false)`); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, `update bench_merge m set gone = true where not gone and not exists (select from bench_copy c where c.key = m.key)`); err != nil {
		return 0, err
	}
	if err = tx.Commit(ctx); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}
