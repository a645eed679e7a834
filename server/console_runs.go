package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

type connectorRunsInput struct {
	ConnectorPath
	Paging
}

type runsInput struct {
	Connector hub.ConnectorID `query:"connector" format:"uuid"`
	Paging
}

type runPath struct {
	ID hub.RunID `path:"id" format:"uuid"`
}

type runInput struct {
	ConnectorPath
	Body struct {
		Mode connectors.PassMode `json:"mode" enum:"full,changes"`
		Dry  bool                `json:"dry,omitempty" doc:"Plan only; the plan is kept for 24 hours."`
	}
}

func (c *console) runRoutes() {
	handle(c.api, route{"GET", "/runs", "runs", "Passes over sources and files, newest first", forConnectors | forPeople | forAudit, 200}, c.runs)
	handle(c.api, route{"GET", "/runs/{id}", "run", "One run with the records that did not simply pass", forConnectors | forPeople, 200}, c.run)
	handle(c.api, route{"GET", "/connectors/{id}/runs", "connector-runs", "Runs of one connector", forConnectors | forPeople | forAudit, 200}, c.connectorRuns)
	handle(c.api, route{"POST", "/connectors/{id}/runs", "start-run", "Begin a pass; it goes on in the background", forConnectors | forPeople, http.StatusAccepted}, c.startRun)
	handle(c.api, route{"POST", "/connectors/preview", "preview-connector", "The first 10 people of a source as mapped; nothing is stored", forConnectors | fresh, 200}, c.previewConnector)
}

func (c *console) runs(ctx context.Context, in *runsInput) (page[connectors.Run], error) {
	items, next, err := c.o.Staff.Runs.ListRuns(ctx, caller(ctx).Clinic, in.Connector, in.Cursor, in.Limit)
	return page[connectors.Run]{items, next}, err
}

func (c *console) connectorRuns(ctx context.Context, in *connectorRunsInput) (page[connectors.Run], error) {
	if _, err := c.find(ctx, in.ID); err != nil {
		return page[connectors.Run]{}, err
	}
	items, next, err := c.o.Staff.Runs.ListRuns(ctx, caller(ctx).Clinic, in.ID, in.Cursor, in.Limit)
	return page[connectors.Run]{items, next}, err
}

func (c *console) run(ctx context.Context, in *runPath) (connectors.Run, error) {
	return c.o.Staff.Runs.ReadRun(ctx, caller(ctx).Clinic, in.ID)
}

func (c *console) startRun(ctx context.Context, in *runInput) (connectors.Run, error) {
	s := caller(ctx)
	r, err := c.o.Staff.Passes.RunNow(ctx, s.Clinic, in.ID, in.Body.Mode, in.Body.Dry, s.Account.ID)
	if err != nil {
		return r, err
	}
	return r, c.done(ctx, "runs", "run.start", string(r.ID), map[string]string{"connector": string(in.ID), "mode": string(in.Body.Mode), "dry": strconv.FormatBool(in.Body.Dry)})
}

// previewConnector shows people of a source, so it is audited before it reads them.
func (c *console) previewConnector(ctx context.Context, in *testConnector) (connectors.Sample, error) {
	r, err := c.trial(ctx, in)
	if err != nil {
		return connectors.Sample{}, err
	}
	if err := c.audit(ctx, "connector.preview", string(r.ID), map[string]string{"kind": r.Kind}); err != nil {
		return connectors.Sample{}, err
	}
	return c.o.Staff.Passes.Preview(ctx, caller(ctx).Clinic, r)
}

type ImportPath struct {
	ID string `path:"id" format:"uuid"`
}

type importInput struct {
	ImportPath
	Body ImportOrder
}

type templateInput struct {
	Format  string `query:"format" enum:"csv,xlsx" default:"csv"`
	Content string `query:"content" enum:"staff,roster" default:"staff"`
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (c *console) importRoutes() {
	handleUpload(c.api, route{"POST", "/imports", "upload-import", "Hand in a CSV or Excel file; it is kept sealed for 24 hours", forPeople, http.StatusCreated},
		map[string]string{"connector": "Id of the sheet connector the file belongs to; empty: the clinic's own."}, c.upload)
	handleFile(c.api, route{"GET", "/imports/template", "import-template", "An empty file of the right columns", forPeople, 200}, []string{"text/csv", xlsxType}, c.template)
	handle(c.api, route{"POST", "/imports/{id}/dry", "dry-import", "Plan a file without changing anybody", forPeople, 200}, c.dryImport)
	handle(c.api, route{"POST", "/imports/{id}/apply", "apply-import", "Take a file; the mapping is remembered for its header", forPeople, 200}, c.applyImport)
	handleFile(c.api, route{"GET", "/imports/{id}/result", "import-result", "The file with the fate of each row; audited", forPeople, 200}, []string{"text/csv", xlsxType}, c.importResult)
}

func (c *console) upload(ctx context.Context, u Upload, values map[string]string) (Import, error) {
	if u.Connector = hub.ConnectorID(values["connector"]); u.Connector != "" && !hub.ValidID(string(u.Connector)) {
		return Import{}, &hub.Error{Op: "server.upload", Kind: hub.Invalid, Field: "connector", Code: "bad_id"}
	}
	i, err := c.o.Staff.Imports.Take(ctx, caller(ctx).Clinic, u)
	if err != nil {
		return i, err
	}
	return i, c.audit(ctx, "import.upload", i.ID, map[string]string{"rows": strconv.Itoa(i.Rows)})
}

func (c *console) template(ctx context.Context, in *templateInput) (File, error) {
	return c.o.Staff.Imports.Template(ctx, in.Format, in.Content)
}

func (c *console) dryImport(ctx context.Context, in *importInput) (connectors.Run, error) {
	return c.runImport(ctx, in, true, "import.dry")
}

func (c *console) applyImport(ctx context.Context, in *importInput) (connectors.Run, error) {
	return c.runImport(ctx, in, false, "import.apply")
}

func (c *console) runImport(ctx context.Context, in *importInput, dry bool, act string) (connectors.Run, error) {
	s := caller(ctx)
	r, err := c.o.Staff.Imports.Run(ctx, s.Clinic, in.ID, in.Body, dry, s.Account.ID)
	if err != nil {
		return r, err
	}
	return r, c.done(ctx, "runs", act, string(r.ID), map[string]string{"import": in.ID, "read": strconv.Itoa(r.Read), "faults": strconv.Itoa(r.Faults)})
}

func (c *console) importResult(ctx context.Context, in *ImportPath) (File, error) {
	if err := c.audit(ctx, "import.result", in.ID, nil); err != nil {
		return File{}, err
	}
	return c.o.Staff.Imports.Result(ctx, caller(ctx).Clinic, in.ID)
}

type shiftsInput struct {
	From  time.Time `query:"from" required:"true"`
	Until time.Time `query:"until" required:"true" doc:"At most 92 days later."`
}

func (c *console) rosterRoutes() {
	fields := map[string]string{"source": "Name under which this roster is replaced by the next one; the file's name unless given."}
	handleUpload(c.api, route{"POST", "/rosters/dry", "dry-roster", "What a roster (iCal, CSV, Excel) would change", forPeople, 200}, fields, c.dryRoster)
	handleUpload(c.api, route{"POST", "/rosters", "apply-roster", "Take a roster", forPeople, 200}, fields, c.applyRoster)
	handle(c.api, route{"GET", "/shifts", "shifts", "Planned duties", forPeople | forPolicy | forAudit, 200}, c.shifts)
}

func (c *console) dryRoster(ctx context.Context, u Upload, values map[string]string) (directory.RosterPlan, error) {
	return c.o.Staff.Rosters.Roster(ctx, caller(ctx).Clinic, u, rosterSource(u, values), true)
}

func (c *console) applyRoster(ctx context.Context, u Upload, values map[string]string) (directory.RosterPlan, error) {
	p, err := c.o.Staff.Rosters.Roster(ctx, caller(ctx).Clinic, u, rosterSource(u, values), false)
	if err != nil {
		return p, err
	}
	return p, c.done(ctx, "duty", "roster.apply", "", map[string]string{"adds": strconv.Itoa(len(p.Adds)), "removes": strconv.Itoa(len(p.Removes))})
}

func rosterSource(u Upload, values map[string]string) string {
	if s := values["source"]; s != "" {
		return s
	}
	return u.Name
}

func (c *console) shifts(ctx context.Context, in *shiftsInput) (list[directory.ShiftRow], error) {
	if d := in.Until.Sub(in.From); d < 0 || d > 92*24*time.Hour {
		return list[directory.ShiftRow]{}, problem(http.StatusUnprocessableEntity, "window")
	}
	rows, err := c.o.Staff.Rosters.Shifts(ctx, caller(ctx).Clinic, in.From, in.Until)
	return list[directory.ShiftRow]{rows}, err
}
