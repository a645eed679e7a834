package app

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/sheet"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server"
	"github.com/wardline/wardline/store/desk"
	"github.com/wardline/wardline/store/staff"
)

// imports takes the files administrators hand in. A file belongs to a connector of kind
// "sheet", whose people those of the file are.
type imports struct {
	a      *App
	recent *sheet.Recent
}

var _ server.Imports = imports{}

const (
	csvType  = "text/csv; charset=utf-8"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	shown    = 10 // rows of a file that the wizard shows
)

// Take reads a file as far as the wizard needs it and keeps it.
func (i imports) Take(ctx context.Context, clinic hub.ClinicID, u server.Upload) (server.Import, error) {
	rec, config, err := i.source(ctx, clinic, u.Connector, u.By)
	if err != nil {
		return server.Import{}, err
	}
	t, err := i.recent.ReadSheet(u.Name, u.Body, config.Sheet)
	if err != nil {
		return server.Import{}, err
	}
	f, err := i.a.desk.PutFile(ctx, clinic, desk.File{Connector: rec.ID, By: u.By, Name: u.Name, Body: u.Body})
	if err != nil {
		return server.Import{}, err
	}
	out := server.Import{ID: f.ID, Connector: rec.ID, Name: f.Name, Format: string(t.Format), Sheet: t.Sheet, Header: t.Header,
		Rows: len(t.Rows), Key: string(config.Key), Warnings: t.Warnings, Expires: f.Expires()}
	for _, r := range t.Rows[:min(len(t.Rows), shown)] {
		out.Sample = append(out.Sample, r.Cells)
	}
	m, err := sheet.Remembered(ctx, i.a.db.KV(clinic, rec.ID), t.Header)
	switch {
	case err != nil:
		return out, err
	case len(m) > 0:
		out.Remembered = true
	case len(config.Mapping) > 0:
		m = config.Mapping
	default:
		m = sheet.Suggest(t.Header)
	}
	for _, c := range m {
		out.Suggested = append(out.Suggested, server.Column{Header: c.Header, Field: string(c.Field)})
	}
	return out, nil
}

// source finds the connector a file belongs to. Without a name it is the clinic's first one
// for staff, which is made when there is none: the first import needs no other set-up.
func (i imports) source(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID, by hub.UserID) (connectors.Record, *sheet.Config, error) {
	all, err := i.a.db.Connectors(ctx, clinic)
	if err != nil {
		return connectors.Record{}, nil, err
	}
	for _, r := range all {
		if r.Kind != "sheet" || id != "" && r.ID != id {
			continue
		}
		c, err := sheetConfig(r)
		if err != nil {
			return r, nil, err
		}
		if c.Content == sheet.People {
			return r, c, nil
		}
	}
	if id != "" {
		return connectors.Record{}, nil, &hub.Error{Op: "import.take", Kind: hub.Invalid, Field: "connector", Code: "no_sheet"}
	}
	made := sheet.Kind().Config()
	config, err := json.Marshal(made)
	if err != nil {
		return connectors.Record{}, nil, err
	}
	rec, err := i.a.db.SaveConnector(ctx, clinic, connectors.Record{Kind: "sheet", Name: freeName(all, "Tabellen"), Enabled: true, Config: config}, by, "")
	if err == nil {
		err = running{i.a}.Reload(ctx, clinic, rec.ID)
	}
	c, _ := made.(*sheet.Config)
	return rec, c, err
}

func sheetConfig(r connectors.Record) (*sheet.Config, error) {
	made, err := sheet.Kind().Decode(r.Config)
	c, _ := made.(*sheet.Config)
	return c, err
}

func freeName(all []connectors.Record, name string) string {
	for slices.ContainsFunc(all, func(r connectors.Record) bool { return strings.EqualFold(r.Name, name) }) {
		name += " (Import)"
	}
	return name
}

// reading is a file read as ordered.
type reading struct {
	file   desk.File
	table  *sheet.Table
	pulled []connectors.Pulled
	mode   sheet.Mode
	m      sheet.Mapping
}

func (i imports) read(ctx context.Context, clinic hub.ClinicID, id string, o server.ImportOrder) (r reading, err error) {
	if r.file, err = i.a.desk.ReadFile(ctx, clinic, id); err != nil {
		return r, err
	}
	_, config, err := i.source(ctx, clinic, r.file.Connector, "")
	if err != nil {
		return r, err
	}
	if r.table, err = i.recent.ReadSheet(r.file.Name, r.file.Body, config.Sheet); err != nil {
		return r, err
	}
	for _, c := range o.Mapping {
		if c.Field != "" {
			r.m = append(r.m, sheet.Column{Header: c.Header, Field: sheet.Field(c.Field)})
		}
	}
	r.mode = sheet.Update
	if o.Mode == connectors.PassFull {
		r.mode = sheet.Full
	}
	r.pulled, err = sheet.Pull(r.table, r.m, sheet.Options{Mode: r.mode, Key: sheet.Field(o.Key), Kind: config.UnitKind})
	return r, err
}

// Run reads a file as ordered and gives it a run.
func (i imports) Run(ctx context.Context, clinic hub.ClinicID, id string, o server.ImportOrder, dry bool, by hub.UserID) (connectors.Run, error) {
	r, err := i.read(ctx, clinic, id, o)
	if err != nil {
		return connectors.Run{}, err
	}
	orders, err := json.Marshal(o)
	if err != nil {
		return connectors.Run{}, err
	}
	// The same file may be wanted again after an undo, so its key is new each time.
	raw := connectors.Raw{Key: string(hub.NewID[hub.MessageID]()), Type: "sheet/staff", Body: r.file.Body, Received: time.Now()}
	start := connectors.RunStart{Mode: r.mode.PassMode(), Cause: "upload", By: by, File: r.file.Name, Dry: dry}
	run, err := staff.NewFeed(told{i.a.db.Staff(), i.a}, clinic, r.file.Connector).Hand(ctx, start, sheet.Input(r.pulled, r.mode, &raw))
	if err != nil {
		return run, err
	}
	if err := i.a.desk.SetRun(ctx, clinic, id, run.ID, orders); err != nil {
		return run, err
	}
	if !dry {
		err = sheet.Remember(ctx, i.a.db.KV(clinic, r.file.Connector), r.table.Header, r.m)
	}
	if err != nil {
		return run, err
	}
	return i.a.db.Staff().ReadRun(ctx, clinic, run.ID) // with the records that have faults
}

// Result is the file with the fate of each row in its last run.
func (i imports) Result(ctx context.Context, clinic hub.ClinicID, id string) (server.File, error) {
	f, err := i.a.desk.ReadFile(ctx, clinic, id)
	if err != nil {
		return server.File{}, err
	}
	var o server.ImportOrder
	if f.Run == "" || json.Unmarshal(f.Orders, &o) != nil {
		return server.File{}, hub.E("import.result", hub.NotFound, "no_run", "")
	}
	r, err := i.read(ctx, clinic, id, o)
	if err != nil {
		return server.File{}, err
	}
	run, err := i.a.db.Staff().ReadRun(ctx, clinic, f.Run)
	if err != nil {
		return server.File{}, err
	}
	body, err := sheet.Result(r.table, sheet.Fates(r.pulled, run))
	name := strings.TrimSuffix(f.Name, filepath.Ext(f.Name)) + "-ergebnis"
	return asFile(name, r.table.Format, body), err
}

// Template is an empty file of the right columns.
func (i imports) Template(_ context.Context, format, content string) (server.File, error) {
	name := "personal"
	if content == string(sheet.Roster) {
		name = "dienstplan"
	}
	body, err := sheet.Template(sheet.Format(format), sheet.Content(content))
	return asFile(name, sheet.Format(format), body), err
}

func asFile(name string, f sheet.Format, body []byte) server.File {
	if f == sheet.XLSX {
		return server.File{Name: name + ".xlsx", Type: xlsxType, Body: body}
	}
	return server.File{Name: name + ".csv", Type: csvType, Body: body}
}

// rosters plans duties from files.
type rosters struct{ a *App }

var _ server.Rosters = rosters{}

// Roster reads a calendar or a table and plans its shifts, or takes them.
func (r rosters) Roster(ctx context.Context, clinic hub.ClinicID, u server.Upload, source string, dry bool) (directory.RosterPlan, error) {
	shifts, faults, err := sheet.ReadRoster(u.Name, u.Body, nil, time.Now(), r.a.zone(clinic))
	if err != nil {
		return directory.RosterPlan{}, err
	}
	var plan directory.RosterPlan
	if dry {
		plan, err = r.a.teams.PlanRoster(ctx, clinic, source, shifts)
	} else {
		plan, err = r.a.teams.ApplyRoster(ctx, clinic, source, shifts, u.By)
	}
	plan.Faults = append(faults, plan.Faults...)
	return plan, err
}

func (r rosters) Shifts(ctx context.Context, clinic hub.ClinicID, from, until time.Time) ([]directory.ShiftRow, error) {
	return r.a.teams.Shifts(ctx, clinic, from, until)
}
