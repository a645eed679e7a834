package server

import (
	"context"
	"maps"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// staffFake stands behind the pages about people. What it was last given is kept, what it
// answers can be set; nothing of it exists in another clinic.
type staffFake struct {
	*calls
	alike   []directory.PersonRow
	people  []directory.PersonExport
	actions []directory.Action
	entry   directory.Entry
	bulk    directory.Bulk
	dry     bool
	filter  directory.PersonFilter
	upload  Upload
	order   ImportOrder
	source  string
	steps   []SetupStep
	step    SetupName
	state   SetupState
	passErr error
	mailed  string
}

func (f *staffFake) staff() Staff {
	return Staff{
		Records: f, Hand: f, Changes: f, Actions: f, Conflicts: f, Merging: mergeFake{f}, Runs: f, Passes: f, Imports: importFake{f},
		Groups: groupFake{f}, Units: groupFake{f}, Rosters: f, Setup: f, Contacts: f,
	}
}

func (f *staffFake) ExportPersons(_ context.Context, c hub.ClinicID, p directory.PersonFilter, take func(directory.PersonExport) error) error {
	f.filter = p
	for _, e := range f.people {
		if err := take(e); err != nil {
			return err
		}
	}
	return f.at(c)
}
func (f *staffFake) CountPersons(_ context.Context, c hub.ClinicID, p directory.PersonFilter) (int, error) {
	f.filter = p
	return 1234, f.at(c)
}
func (f *staffFake) Hand(context.Context, hub.ClinicID) (hub.ConnectorID, error) {
	return thing, f.call()
}
func (f *staffFake) Contacts(context.Context, hub.ClinicID) ([]string, error) { return nil, f.call() }
func (f *staffFake) SetContacts(_ context.Context, c hub.ClinicID, _ []string) error {
	return f.at(c)
}

// inHalves is a page of a list that is always read in two.
func inHalves[T any](all []T, cursor string) directory.Page[T] {
	if cursor != "" {
		return directory.Page[T]{Items: all[len(all)/2:]}
	}
	if len(all) < 2 {
		return directory.Page[T]{Items: all}
	}
	return directory.Page[T]{Items: all[:len(all)/2], Next: "rest"}
}

func (f *staffFake) Photo(_ context.Context, c hub.ClinicID, _ hub.PersonID) ([]byte, error) {
	return []byte{0xff, 0xd8}, f.at(c)
}
func (f *staffFake) Duplicates(_ context.Context, c hub.ClinicID, _ map[directory.Field]string) ([]directory.PersonRow, error) {
	return f.alike, f.at(c)
}
func (f *staffFake) EnterPerson(_ context.Context, c hub.ClinicID, e directory.Entry, _ hub.UserID) (hub.PersonID, error) {
	f.entry = e
	return thing, f.at(c)
}
func (f *staffFake) EditPerson(_ context.Context, c hub.ClinicID, _ hub.PersonID, e directory.Entry, _ hub.UserID) error {
	f.entry = e
	return f.at(c)
}
func (f *staffFake) ErasePerson(_ context.Context, c hub.ClinicID, _ hub.PersonID, _ hub.UserID) error {
	return f.at(c)
}
func (f *staffFake) RunBulk(_ context.Context, c hub.ClinicID, b directory.Bulk, dry bool, _ hub.UserID) (directory.PlanDetail, error) {
	f.bulk, f.dry = b, dry
	return directory.PlanDetail{PlanRow: directory.PlanRow{ID: thing}}, f.at(c)
}
func (f *staffFake) UndoPlan(_ context.Context, c hub.ClinicID, _ hub.PlanID, _ hub.UserID) (directory.Undone, error) {
	return directory.Undone{Undone: 2}, f.at(c)
}
func (f *staffFake) PlanActions(_ context.Context, c hub.ClinicID, _ hub.PlanID, a directory.ActionFilter) (directory.Page[directory.Action], error) {
	if err := f.paged(a.Cursor, a.Limit); err != nil {
		return directory.Page[directory.Action]{}, err
	}
	return inHalves(f.actions, a.Cursor), at(c)
}
func (f *staffFake) Conflicts(_ context.Context, _ hub.ClinicID, _ directory.ConflictState, cursor string, limit int) (directory.Page[directory.Conflict], error) {
	return directory.Page[directory.Conflict]{}, f.paged(cursor, limit)
}
func (f *staffFake) DecideConflict(_ context.Context, c hub.ClinicID, _ hub.ConflictID, _ directory.ConflictState, _ hub.PersonID, _ hub.UserID) error {
	return f.at(c)
}
func (f *staffFake) ListRuns(_ context.Context, _ hub.ClinicID, _ hub.ConnectorID, cursor string, limit int) ([]connectors.Run, string, error) {
	return []connectors.Run{{ID: thing, State: connectors.RunApplied}}, "", f.paged(cursor, limit)
}
func (f *staffFake) ReadRun(_ context.Context, c hub.ClinicID, id hub.RunID) (connectors.Run, error) {
	return connectors.Run{ID: id}, f.at(c)
}
func (f *staffFake) RunNow(_ context.Context, c hub.ClinicID, id hub.ConnectorID, mode connectors.PassMode, dry bool, by hub.UserID) (connectors.Run, error) {
	if f.passErr != nil {
		return connectors.Run{}, f.passErr
	}
	return connectors.Run{ID: thing, Connector: id, Mode: mode, State: connectors.RunRunning, By: by}, f.at(c)
}
func (f *staffFake) Preview(context.Context, hub.ClinicID, connectors.Record) (connectors.Sample, error) {
	return connectors.Sample{End: true}, f.call()
}
func (f *staffFake) Roster(_ context.Context, c hub.ClinicID, u Upload, source string, dry bool) (directory.RosterPlan, error) {
	f.upload, f.source, f.dry = u, source, dry
	return directory.RosterPlan{}, f.at(c)
}
func (f *staffFake) Shifts(context.Context, hub.ClinicID, time.Time, time.Time) ([]directory.ShiftRow, error) {
	return nil, f.call()
}
func (f *staffFake) Steps(context.Context, accounts.Session) ([]SetupStep, error) {
	return f.steps, f.call()
}
func (f *staffFake) SetStep(_ context.Context, c hub.ClinicID, step SetupName, state SetupState, _ hub.UserID) error {
	f.step, f.state = step, state
	return f.at(c)
}
func (f *staffFake) Rename(_ context.Context, c hub.ClinicID, _, _ string, _ hub.UserID) error {
	return f.at(c)
}
func (f *staffFake) TestAlarm(_ context.Context, c hub.ClinicID, _ hub.UserID) (hub.AlertID, error) {
	return thing, f.at(c)
}
func (f *staffFake) TestMail(_ context.Context, c hub.ClinicID, to string) error {
	f.mailed = to
	return f.at(c)
}

// mergeFake is apart because Rules is the name of a port.
type mergeFake struct{ *staffFake }

func (m mergeFake) Rules(context.Context, hub.ClinicID) (directory.Rules, error) {
	return directory.Rules{Percent: 5, Accounts: 25, Revision: 7}, m.call()
}
func (m mergeFake) PreviewRules(context.Context, hub.ClinicID, directory.Rules) (directory.Preview, error) {
	return directory.Preview{}, m.call()
}
func (m mergeFake) SetRules(_ context.Context, c hub.ClinicID, r directory.Rules, _ hub.UserID) (directory.Rules, error) {
	if r.Revision != 7 {
		return r, hub.E("fake", hub.Conflict, "stale", "")
	}
	r.Revision++
	return r, m.at(c)
}

type importFake struct{ *staffFake }

func (i importFake) Take(_ context.Context, c hub.ClinicID, u Upload) (Import, error) {
	i.upload = u
	return Import{ID: thing, Name: u.Name}, i.at(c)
}
func (i importFake) Run(_ context.Context, c hub.ClinicID, _ string, o ImportOrder, dry bool, _ hub.UserID) (connectors.Run, error) {
	i.order, i.dry = o, dry
	return connectors.Run{ID: thing}, i.at(c)
}
func (i importFake) Result(_ context.Context, c hub.ClinicID, _ string) (File, error) {
	return File{Name: "ergebnis \"4B\".csv", Type: csvType, Body: []byte("a;b")}, i.at(c)
}
func (i importFake) Template(context.Context, string, string) (File, error) {
	return File{Name: "vorlage.csv", Type: csvType}, i.call()
}

type groupFake struct{ *staffFake }

func (g groupFake) Groups(context.Context, hub.ClinicID) ([]directory.Group, error) {
	return nil, g.call()
}
func (g groupFake) GroupMembers(_ context.Context, c hub.ClinicID, _ hub.GroupID, cursor string, limit int) (directory.Page[directory.PersonRow], error) {
	if err := g.paged(cursor, limit); err != nil {
		return directory.Page[directory.PersonRow]{}, err
	}
	return directory.Page[directory.PersonRow]{}, at(c)
}
func (g groupFake) PreviewGroup(context.Context, hub.ClinicID, directory.Group, []hub.PersonID) (directory.Membership, error) {
	return directory.Membership{}, g.call()
}
func (g groupFake) SaveGroup(_ context.Context, c hub.ClinicID, group directory.Group, _ []hub.PersonID, _ hub.UserID) (directory.Group, error) {
	group.ID = thing
	return group, g.at(c)
}
func (g groupFake) DeleteGroup(_ context.Context, c hub.ClinicID, _ hub.GroupID, _ hub.UserID) error {
	return g.at(c)
}
func (g groupFake) SaveUnit(_ context.Context, c hub.ClinicID, _ directory.UnitEdit, _ hub.UserID) (hub.UnitID, error) {
	return thing, g.at(c)
}
func (g groupFake) FollowRoom(_ context.Context, c hub.ClinicID, _ directory.Following, _ bool, _ hub.UserID) error {
	return g.at(c)
}
func (g groupFake) Followings(context.Context, hub.ClinicID) ([]directory.FollowingRow, error) {
	return nil, g.call()
}

// staffBodies are requests good enough to reach the handlers of the pages about people.
var staffBodies = map[string]string{
	"enter-person": `{"entry":{"values":{"family_name":"Neu"}}}`, "edit-person": `{"values":{"mobile":null}}`, "erase-person": `{"type_to_confirm":"1042"}`,
	"bulk":            `{"bulk":{"op":"lock","persons":["` + thing + `"]},"dry":false}`,
	"decide-conflict": `{"as":"other"}`, "save-merge-rules": mergeJSON, "preview-merge-rules": mergeJSON,
	"start-run": `{"mode":"full"}`, "preview-connector": `{"kind":"sample","config":{}}`,
	"upload-import": formBody, "dry-roster": formBody, "apply-roster": formBody, "dry-import": orderJSON, "apply-import": orderJSON,
	"create-group": groupJSON, "update-group": groupJSON, "preview-group": groupJSON,
	"create-unit": unitJSON, "update-unit": unitJSON, "follow": `{"following":{"unit_id":"` + thing + `"},"on":true}`,
	"save-contacts": `{"mails":["it@klinik.example"]}`,
	"setup-name":    `{"name":"Klinik","timezone":"Europe/Berlin"}`, "setup-step": `{"state":"skipped"}`, "setup-mail": `{"to":"it@klinik.example"}`,
}

const (
	mergeJSON = `{"precedence":{"mail":["` + thing + `"]},"limit_percent":5,"limit_accounts":25}`
	orderJSON = `{"mapping":[{"header":"Personalnummer","field":"staff_number"}],"mode":"full"}`
	groupJSON = `{"group":{"name":"Ärzte","kind":"hand"},"members":["` + thing + `"]}`
	unitJSON  = `{"code":"4B","name":"Station 4B","kind":"ward"}`
	formType  = "multipart/form-data; boundary=b"
	formBody  = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\fakepath\\\\liste.csv\"\r\n\r\na;b\r\n--b--\r\n"
)

// withBodies joins tables of requests.
func withBodies(tables ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, t := range tables {
		maps.Copy(out, t)
	}
	return out
}
