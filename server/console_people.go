package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// PersonsFilter is which people a list or an export holds.
type PersonsFilter struct {
	Query  string               `query:"q" maxLength:"100" doc:"Part of a name, staff number, login or mail address."`
	Unit   string               `query:"unit" maxLength:"64" doc:"Code of a unit; those below it are included."`
	State  string               `query:"state" enum:"active,locked,invited,inactive"`
	Source hub.ConnectorID      `query:"source" format:"uuid" doc:"Known to this connector."`
	Group  hub.GroupID          `query:"group" format:"uuid"`
	Sort   directory.PersonSort `query:"sort" enum:"family_name,given_name,staff_number,last_seen,created" default:"family_name"`
	Dir    string               `query:"dir" enum:"asc,desc" default:"asc"`
}

func (f PersonsFilter) filter() directory.PersonFilter {
	return directory.PersonFilter{
		Query: f.Query, Unit: f.Unit, State: f.State, Source: f.Source, Group: f.Group, Sort: f.Sort, Desc: f.Dir == "desc",
	}
}

// BulkFilter is which people a bulk is for, when they are not named.
type BulkFilter struct {
	Query  string          `json:"q,omitempty" maxLength:"100"`
	Unit   string          `json:"unit,omitempty" maxLength:"64"`
	State  string          `json:"state,omitempty" enum:"active,locked,invited,inactive"`
	Source hub.ConnectorID `json:"source,omitempty" format:"uuid"`
	Group  hub.GroupID     `json:"group,omitempty" format:"uuid"`
}

// BulkForm is a bulk as the console sends it.
type BulkForm struct {
	Op      directory.BulkOp `json:"op" enum:"lock,unlock,add_unit,remove_unit,set_field,add_group,remove_group"`
	Persons []hub.PersonID   `json:"persons,omitempty" maxItems:"5000" doc:"Either these, or those the filter finds."`
	Filter  *BulkFilter      `json:"filter,omitempty"`
	Unit    string           `json:"unit,omitempty" maxLength:"64" doc:"Code."`
	Field   directory.Field  `json:"field,omitempty" maxLength:"40"`
	Text    string           `json:"text,omitempty" maxLength:"1000" doc:"Empty takes the hand's word back."`
	Group   hub.GroupID      `json:"group,omitempty" format:"uuid"`
}

func (b BulkForm) bulk() (directory.Bulk, error) {
	out := directory.Bulk{Op: b.Op, Persons: b.Persons, Unit: b.Unit, Field: b.Field, Text: b.Text, Group: b.Group}
	if (len(b.Persons) > 0) == (b.Filter != nil) {
		return out, &hub.Error{Op: "server.bulk", Kind: hub.Invalid, Field: "bulk.persons", Code: "persons_or_filter"}
	}
	if f := b.Filter; f != nil {
		out.Filter = &directory.PersonFilter{Query: f.Query, Unit: f.Unit, State: f.State, Source: f.Source, Group: f.Group}
	}
	return out, nil
}

type bulkInput struct {
	Body struct {
		Bulk BulkForm `json:"bulk"`
		Dry  bool     `json:"dry" doc:"Only work out what would change."`
	}
}

// ValueForm is a value entered by hand; null takes the hand's word back.
type ValueForm map[directory.Field]*string

func (v ValueForm) values() map[directory.Field]directory.Value {
	out := map[directory.Field]directory.Value{}
	for f, text := range v {
		if text == nil {
			out[f] = directory.Value{Null: true}
		} else {
			out[f] = directory.Value{Text: *text}
		}
	}
	return out
}

// UnitForm is a unit somebody works on, by hand.
type UnitForm struct {
	Code    string `json:"code" minLength:"1" maxLength:"64"`
	Primary bool   `json:"primary,omitempty"`
}

// EntryForm is what an administrator states of somebody by hand.
type EntryForm struct {
	Values ValueForm   `json:"values" doc:"By field; null takes the hand's word back."`
	Units  *[]UnitForm `json:"units,omitempty" maxItems:"50" doc:"Absent: as they are."`
}

// entry turns a form into a statement. Units keep what is known of them: a kind would be a
// statement about the unit itself.
func (f EntryForm) entry() (directory.Entry, error) {
	e := directory.Entry{Values: f.Values.values()}
	if len(f.Values) > 32 {
		return e, &hub.Error{Op: "server.entry", Kind: hub.Invalid, Field: "values", Code: "too_many"}
	}
	for field, text := range f.Values {
		if text != nil && len(*text) > 1000 {
			return e, &hub.Error{Op: "server.entry", Kind: hub.Invalid, Field: "values", Code: "length"}
		}
		if !slices.Contains(editable, field) {
			return e, &hub.Error{Op: "server.entry", Kind: hub.Invalid, Field: "values", Code: "unknown_field"}
		}
	}
	if f.Units != nil {
		e.Units = []directory.UnitRef{}
		for _, u := range *f.Units {
			e.Units = append(e.Units, directory.UnitRef{Code: u.Code, Primary: u.Primary})
		}
	}
	return e, nil
}

// editable are the fields a hand may state, and the columns of an export, in their order.
var editable = []directory.Field{
	directory.StaffNumber, directory.GivenName, directory.FamilyName, directory.Title, directory.Login, directory.Mail,
	directory.Phone, directory.Mobile, directory.Pager, directory.Extension, directory.JobTitle, directory.Department,
	directory.Profession, directory.ActiveFrom, directory.ActiveUntil,
}

type enterInput struct {
	Body struct {
		Entry   EntryForm `json:"entry"`
		Confirm bool      `json:"confirm,omitempty" doc:"Enter although known people look alike."`
	}
}

type editInput struct {
	PersonPath
	Body EntryForm
}

type eraseInput struct {
	PersonPath
	Body struct {
		Confirm string `json:"type_to_confirm" maxLength:"255" doc:"The staff number or the name."`
	}
}

// photo is a picture. It is private and changes rarely: the browser may keep it for a while.
type photo struct {
	Type  string `header:"Content-Type"`
	Cache string `header:"Cache-Control"`
	Body  []byte
}

func (c *console) peopleRoutes() {
	handleFile(c.api, route{"GET", "/persons/export", "export-persons", "People as CSV; audited", forPeople, 200}, []string{"text/csv"}, c.exportPersons)
	register(c.api, route{"GET", "/persons/{id}/photo", "person-photo", "A person's photo (JPEG)", forPeople | forAudit, 200}, c.photo)
	handle(c.api, route{"POST", "/persons", "enter-person", "Enter somebody by hand", forPeople, http.StatusCreated}, c.enterPerson)
	handle(c.api, route{"PUT", "/persons/{id}/values", "edit-person", "State values by hand", forPeople, 0}, c.editPerson)
	handle(c.api, route{"POST", "/persons/{id}/erase", "erase-person", "Pseudonymise somebody for good", forPeople | fresh, 0}, c.erasePerson)
	handle(c.api, route{"POST", "/persons/bulk", "bulk", "One act on many people; undone by its plan", forPeople, 200}, c.bulk)
}

// maxExport bounds what one export holds; a house has fewer people.
const maxExport = 100_000

func (c *console) exportPersons(ctx context.Context, in *PersonsFilter) (File, error) {
	if err := c.audit(ctx, "persons.export", "", nil); err != nil {
		return File{}, err
	}
	t := newTable(append([]string{"id", "name", "units", "active", "account", "account_state", "last_seen"}, fieldNames()...)...)
	n := 0
	err := c.o.Staff.Records.ExportPersons(ctx, caller(ctx).Clinic, in.filter(), func(p directory.PersonExport) error {
		if n++; n > maxExport {
			return hub.E("server.export", hub.Invalid, "too_many", "more people than one file holds")
		}
		t.row(exportRow(p)...)
		return nil
	})
	return t.file("personen.csv"), err
}

func fieldNames() []string {
	out := make([]string, len(editable))
	for i, f := range editable {
		out[i] = string(f)
	}
	return out
}

func exportRow(p directory.PersonExport) []string {
	units := make([]string, len(p.Units))
	for i, u := range p.Units {
		units[i] = u.Code
	}
	row := []string{string(p.ID), p.Name, strings.Join(units, ", "), strconv.FormatBool(p.Active), "", "", ""}
	if a := p.Account; a != nil {
		row[4], row[5] = a.Login, a.State
		if a.LastSeen != nil {
			row[6] = a.LastSeen.UTC().Format("2006-01-02T15:04:05Z")
		}
	}
	for _, f := range editable {
		row = append(row, p.Shown[f])
	}
	return row
}

func (c *console) photo(ctx context.Context, in *PersonPath) (*photo, error) {
	b, err := c.o.Staff.Records.Photo(ctx, caller(ctx).Clinic, in.ID)
	if err != nil {
		return nil, err
	}
	return &photo{Type: "image/jpeg", Cache: "no-store", Body: b}, nil
}

func (c *console) enterPerson(ctx context.Context, in *enterInput) (created, error) {
	e, err := in.Body.Entry.entry()
	if err != nil {
		return created{}, err
	}
	s := caller(ctx)
	if !in.Body.Confirm {
		alike, err := c.o.Staff.Hand.Duplicates(ctx, s.Clinic, texts(e.Values))
		if err != nil {
			return created{}, err
		}
		if len(alike) > 0 {
			p := problem(http.StatusConflict, "duplicates")
			p.Persons = alike
			return created{}, p
		}
	}
	id, err := c.o.Staff.Hand.EnterPerson(ctx, s.Clinic, e, s.Account.ID)
	if err != nil {
		return created{}, err
	}
	return created{string(id)}, c.done(ctx, "persons", "person.enter", string(id), nil)
}

func texts(values map[directory.Field]directory.Value) map[directory.Field]string {
	out := map[directory.Field]string{}
	for f, v := range values {
		if !v.Null && v.Text != "" {
			out[f] = v.Text
		}
	}
	return out
}

func (c *console) editPerson(ctx context.Context, in *editInput) (none, error) {
	e, err := in.Body.entry()
	if err != nil {
		return none{}, err
	}
	if e.Identifies() {
		if err := c.reachPerson(ctx, in.ID); err != nil {
			return none{}, err
		}
	}
	s := caller(ctx)
	if err := c.o.Staff.Hand.EditPerson(ctx, s.Clinic, in.ID, e, s.Account.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", "person.edit", string(in.ID), map[string]string{"fields": strconv.Itoa(len(e.Values))})
}

// erasePerson cannot be undone, so what is typed must name the person.
func (c *console) erasePerson(ctx context.Context, in *eraseInput) (none, error) {
	s := caller(ctx)
	p, err := c.o.People.Person(ctx, s.Clinic, in.ID)
	if err != nil {
		return none{}, err
	}
	typed := strings.TrimSpace(in.Body.Confirm)
	if typed == "" || typed != p.StaffNumber && typed != p.Name {
		return none{}, &hub.Error{Op: "server.erase", Kind: hub.Invalid, Field: "type_to_confirm", Code: "confirm"}
	}
	if err := c.reachAccount(ctx, p); err != nil {
		return none{}, err
	}
	if err := c.o.Staff.Hand.ErasePerson(ctx, s.Clinic, in.ID, s.Account.ID); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "persons", "person.erase", string(in.ID), nil)
}

// reachPerson refuses somebody whose account is an administrator's, where only owners may.
func (c *console) reachPerson(ctx context.Context, id hub.PersonID) error {
	p, err := c.o.People.Person(ctx, caller(ctx).Clinic, id)
	if err != nil {
		return err
	}
	return c.reachAccount(ctx, p)
}

func (c *console) reachAccount(ctx context.Context, p directory.PersonDetail) error {
	if p.Account == nil {
		return nil
	}
	return c.o.SignIn.Access.Reach(ctx, caller(ctx), p.Account.ID)
}

func (c *console) bulk(ctx context.Context, in *bulkInput) (directory.PlanDetail, error) {
	b, err := in.Body.Bulk.bulk()
	if err != nil {
		return directory.PlanDetail{}, err
	}
	s := caller(ctx)
	p, err := c.o.Staff.Changes.RunBulk(ctx, s.Clinic, b, in.Body.Dry, s.Account.ID)
	if err != nil || in.Body.Dry {
		return p, err
	}
	return p, c.done(ctx, "persons", "persons.bulk", string(p.ID), map[string]string{"op": string(b.Op), "people": fmt.Sprint(len(p.Actions))})
}
