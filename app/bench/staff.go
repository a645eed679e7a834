package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"time"

	"github.com/wardline/wardline/connectors/sheet"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/staff/staffbench"
)

const (
	staffPeople   = 50_000
	staffRows     = 10_000
	staffRounds   = 1   // the first load alone takes minutes
	aimPlan       = 5   // s
	aimMerge      = 3   // times COPY and MERGE
	aimSheet      = 10  // s
	aimSheetMiB   = 300 // of the whole hub at its peak
	importTimeout = 5 * time.Minute
)

// measureStaff plans and applies a whole house in this process, against the hub's database,
// and has the hub itself take a spreadsheet by the way an administrator hands it in. A
// spreadsheet comes first, so that its peak of memory is nobody else's.
func measureStaff(ctx context.Context, b *bench) ([]result, error) {
	if err := b.closeHub(); err != nil { // people of other figures would be compared too
		return nil, err
	}
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	sheets, err := b.measureSheet(ctx)
	if err != nil {
		return sheets, err
	}
	plans, err := b.measurePlans(ctx)
	return append(sheets, plans...), err
}

// measureSheet hands a file in, plans it and applies it, as the import page does.
func (b *bench) measureSheet(ctx context.Context) ([]result, error) {
	data, err := sheet.Sample(b.scaled(staffRows))
	if err != nil {
		return nil, fmt.Errorf("make a spreadsheet: %w", err)
	}
	pid := b.hub.cmd.Process.Pid
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o200); err != nil {
		return nil, fmt.Errorf("reset the hub's peak: %w", err)
	}
	began := time.Now()
	if err := b.importSheet(ctx, data); err != nil {
		return nil, err
	}
	took := time.Since(began)
	peak, err := peakMiB(pid)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d rows of 8 columns, %d kB; upload, dry run and apply, all new people", b.scaled(staffRows), len(data)/1000)
	whole := rounds("Spreadsheet to accounts", "s", []float64{took.Seconds()}).atMost(aimSheet)
	whole.Note = note
	memory := rounds("Spreadsheet, peak of the hub", "MiB", []float64{peak}).atMost(aimSheetMiB)
	memory.Note = "resident, the whole process"
	return []result{whole, memory}, nil
}

func (b *bench) importSheet(ctx context.Context, data []byte) error {
	var taken struct {
		ID        string
		Suggested json.RawMessage
	}
	if err := b.admin.upload(ctx, "/imports", "personal.xlsx", data, &taken); err != nil {
		return err
	}
	order := map[string]any{"mapping": taken.Suggested, "mode": "changes", "key": "staff_number"}
	var run struct {
		State  string
		Faults int
	}
	for _, step := range []string{"dry", "apply"} {
		if err := b.admin.do(ctx, "POST", "/imports/"+taken.ID+"/"+step, noRevision, order, &run); err != nil {
			return err
		}
	}
	if run.State != "applied" || run.Faults > 0 {
		return fmt.Errorf("the spreadsheet is %s with %d faults", run.State, run.Faults)
	}
	return nil
}

// upload hands in one file as a form does.
func (c *console) upload(ctx context.Context, path, name string, data []byte, out any) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return fmt.Errorf("build form: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1"+path, &body)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Origin", c.base)
	req.Header.Set("Cookie", c.cookie)
	client := http.Client{Timeout: importTimeout}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("hand in a file: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("read the console's answer: %w", err)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("POST %s: %d %s", path, res.StatusCode, answer)
	}
	return json.Unmarshal(answer, out)
}

// peakMiB is the most resident memory a process has had since its peak was reset.
func peakMiB(pid int) (float64, error) {
	var kb float64
	if _, err := fmt.Sscanf(procLine(fmt.Sprintf("/proc/%d/status", pid), "VmHWM"), "%f kB", &kb); err != nil {
		return 0, fmt.Errorf("read the peak of memory: %w", err)
	}
	return kb / 1024, nil
}

// measurePlans compares each round with a COPY and MERGE of the same rows in the same round.
func (b *bench) measurePlans(ctx context.Context) ([]result, error) {
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, b.hub.databaseURLAs(store.AppRole), keys)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var load, plan, apply, same, merge, planned, applied []float64
	for round := range staffRounds {
		source, err := b.newSource(ctx, round)
		if err != nil {
			return nil, err
		}
		r, err := staffbench.Plan(ctx, db.Staff(), b.database, hub.ClinicID(b.clinic), source, b.scaled(staffPeople))
		if err != nil {
			return nil, fmt.Errorf("plan a house: %w", err)
		}
		load = append(load, r.Load.Seconds())
		plan, apply, same = append(plan, r.Plan.Seconds()), append(apply, r.Apply.Seconds()), append(same, r.Same.Seconds())
		merge, planned, applied = append(merge, r.Merge.Seconds()), append(planned, r.PlanRatio), append(applied, r.Applied)
		if err := b.forget(ctx); err != nil {
			return nil, err
		}
	}
	out := []result{
		rounds("House of 50,000, 1 % changed: plan", "s", plan).atMost(aimPlan),
		rounds("House of 50,000, 1 % changed: plan and apply", "s", apply).atMost(aimPlan),
		rounds("House of 50,000, nothing changed", "s", same),
		rounds("House of 50,000, everybody new", "s", load),
		rounds("COPY and MERGE of the same rows", "s", merge),
		rounds("Plan / COPY and MERGE", "x", planned).atMost(aimMerge),
		rounds("Plan and apply / COPY and MERGE", "x", applied).atMost(aimMerge),
	}
	out[0].Note = fmt.Sprintf("%d people, 8 fields and a ward each", b.scaled(staffPeople))
	return out, nil
}

// newSource makes a connector nothing has come from yet.
func (b *bench) newSource(ctx context.Context, round int) (hub.ConnectorID, error) {
	id := hub.NewID[hub.ConnectorID]()
	_, err := b.database.Exec(ctx, `insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'ldap', $3, false, 1)`,
		b.clinic, id, fmt.Sprintf("Haus %d", round))
	if err != nil {
		return "", fmt.Errorf("make a source: %w", err)
	}
	return id, nil
}

// forget removes what a round has left, so that the next one meets nobody it knows.
func (b *bench) forget(ctx context.Context) error {
	_, err := b.database.Exec(ctx, `drop table bench_merge, bench_copy; truncate person, account cascade`)
	if err != nil {
		return fmt.Errorf("empty the house: %w", err)
	}
	return b.analyze(ctx)
}
