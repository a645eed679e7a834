package fhirr4

import (
	"net/http"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
)

// inputs is what a posted body came to. A status of 0 means that it was nothing at all.
type inputs struct {
	changes []directory.Change
	notes   []string
	fault   *connectors.Fault
	status  int
	reply   string  // type of the bundle that answers; empty: an OperationOutcome
	fates   []*fate // one for each entry
}

// fate is what became of one entry.
type fate struct {
	ok     bool
	code   string // of FHIR's issue-type
	reason string
}

// read maps a posted body. It never panics on what somebody else wrote: the mapping is pure
// and the parser guarded.
func (s *source) read(kind, id string, body []byte) inputs {
	if kind == typeBundle {
		b, err := s.parser.Bundle(body)
		if err != nil {
			return none(err)
		}
		return s.bundle(b)
	}
	a, err := s.parser.Resource(body)
	if err != nil {
		return none(err)
	}
	if a.Practitioner == nil || id != "" && a.ID != id {
		return inputs{fault: fault("invalid", "", "the body must be the Practitioner the address names")}
	}
	out := s.bundle(fhir.Bundle{Type: "batch", Entries: []fhir.Entry{{Any: a}}})
	out.reply = ""
	if !out.fates[0].ok {
		out.status = http.StatusUnprocessableEntity
	}
	return out
}

// none is a body that cannot be read. Codes are those of FHIR's issue-type.
func none(err error) inputs {
	code := "structure"
	if fhir.Name(err) == fhir.TooLarge {
		code = "too-long"
	}
	return inputs{fault: fault(code, "", err.Error())}
}

// bundle maps what was handed in. It is never all people the sender knows, so nobody is
// missing from it. A transaction is taken as a whole or not at all; of any other bundle
// what can be used is used.
func (s *source) bundle(b fhir.Bundle) inputs {
	r := &reading{mapping: &mapping{config: &s.config, base: s.config.BaseURL, now: s.env.Now()}, entries: b.Entries,
		units: newUnits(s.config.UnitID, s.config.BaseURL), roles: map[string][]fhir.PractitionerRole{}, people: map[string]int{}, spoiled: map[string]bool{}}
	r.units.open = true
	r.out = inputs{status: http.StatusOK, reply: "batch-response"}
	for range b.Entries {
		r.out.fates = append(r.out.fates, &fate{ok: true})
	}
	switch b.Type {
	case "transaction":
		r.out.reply = "transaction-response"
	case "batch", "collection":
	default:
		return inputs{fault: fault("not-supported", "Bundle.type", "a bundle must be a transaction, a batch or a collection")}
	}
	r.index()
	r.state()
	if b.Type == "transaction" && r.out.fault != nil {
		r.out.changes, r.out.status = nil, http.StatusUnprocessableEntity
	}
	return r.out
}

// reading is one bundle being mapped.
type reading struct {
	*mapping
	entries []fhir.Entry
	units   *units
	roles   map[string][]fhir.PractitionerRole
	people  map[string]int  // entry of a person by name
	spoiled map[string]bool // people with a role that cannot be used
	out     inputs
}

// index finds who and what is in the bundle, and hands roles to their people.
func (r *reading) index() {
	for i, e := range r.entries {
		if e.Any.Type == "Practitioner" && e.Fault == nil {
			r.people[entryName(e)] = i
		}
		r.units.add(e)
	}
	r.units.close()
	for i, e := range r.entries {
		switch {
		case e.Fault != nil:
			r.refuse(i, "invalid", fault("bad_value", e.Fault.Where, e.Fault.Error()))
			r.spoiled[r.units.resolve(e.Owner)] = e.Any.Type == "PractitionerRole"
		case e.Method != "" && e.Method != "PUT" && e.Method != "POST" && e.Method != "DELETE":
			r.refuse(i, "not-supported", fault("not_supported", "Bundle.entry.request.method", "only PUT, POST and DELETE are taken"))
		case e.Any.Role != nil:
			name := r.units.resolve(e.Any.Role.Practitioner)
			if _, here := r.people[name]; !here {
				r.refuse(i, "incomplete", fault("missing_person", "PractitionerRole.practitioner", "the person of a role must be in the bundle"))
				continue
			}
			r.roles[name] = append(r.roles[name], *e.Any.Role)
		}
	}
}

// state turns people and units into statements, in the order of the bundle. Units come first.
func (r *reading) state() {
	var all []directory.UnitRef
	for i, e := range r.entries {
		if !r.out.fates[i].ok || e.Any.Organization == nil && e.Any.Location == nil || r.config.Units == "none" {
			continue
		}
		if ref, ok := r.units.find(fhir.Reference{URL: entryName(e)}, directory.Ward); ok {
			all = append(all, ref)
		}
	}
	if c, ok := r.units.news(all); ok {
		r.out.changes = append(r.out.changes, c)
	}
	for i, e := range r.entries {
		switch {
		case !r.out.fates[i].ok:
		case e.Method == "DELETE":
			r.remove(i, e)
		case e.Any.Practitioner != nil:
			r.take(i, e)
		case !known(e.Any.Type):
			r.out.fates[i].reason = "resources of this type are not used here"
		}
	}
}

func known(kind string) bool {
	switch kind {
	case "Practitioner", "PractitionerRole", "Organization", "Location":
		return true
	}
	return false
}

func (r *reading) take(i int, e fhir.Entry) {
	name := entryName(e)
	if r.spoiled[name] {
		r.refuse(i, "invalid", fault("bad_value", "PractitionerRole", "a role of this person cannot be used"))
		return
	}
	out := r.person(*e.Any.Practitioner, r.roles[name], r.units)
	if out.Fault != nil {
		r.refuse(i, "required", out.Fault)
		return
	}
	r.out.notes = append(r.out.notes, out.Notes...)
	if c, ok := r.units.news(out.Change.Units); ok {
		r.out.changes = append(r.out.changes, c)
	}
	r.out.changes = append(r.out.changes, out.Change)
}

// remove locks who is deleted at the source. Only the id is known of them, so this works
// where the id is the key.
func (r *reading) remove(i int, e fhir.Entry) {
	kind, id, ok := fhir.Reference{URL: e.URL}.Split()
	if !ok || kind != "Practitioner" || r.config.Key.set() || len(id) > 255 {
		r.refuse(i, "not-supported", fault("not_supported", "Bundle.entry.request", "only people known by their id can be deleted"))
		return
	}
	r.out.changes = append(r.out.changes, directory.Change{Op: directory.OpDeactivate, Key: strings.ToValidUTF8(id, "")})
}

func (r *reading) refuse(i int, code string, f *connectors.Fault) {
	*r.out.fates[i] = fate{code: code, reason: f.Reason}
	if r.out.fault == nil {
		r.out.fault = f
	}
}

// answer writes what became of it all: it is called when everything is committed.
func (in inputs) answer(w http.ResponseWriter) {
	if in.reply == "" || in.status != http.StatusOK && len(in.fates) == 1 {
		write(w, in.status, in.fates[0].outcome())
		return
	}
	if in.status != http.StatusOK { // a transaction answers with one outcome (FHIR R4 section 3.1.0.11.2)
		out := outcome{Type: "OperationOutcome"}
		for _, f := range in.fates {
			if !f.ok {
				out.Issue = append(out.Issue, f.outcome().Issue...)
			}
		}
		write(w, in.status, out)
		return
	}
	reply := response{Type: "Bundle", Kind: in.reply, Entry: []responseEntry{}}
	for _, f := range in.fates {
		e := responseEntry{}
		e.Response.Status, e.Response.Outcome = "200 OK", f.outcome()
		if !f.ok {
			e.Response.Status = "422 Unprocessable Entity"
		}
		reply.Entry = append(reply.Entry, e)
	}
	write(w, http.StatusOK, reply)
}

func (f *fate) outcome() outcome {
	switch {
	case !f.ok:
		return failed(f.code, f.reason)
	case f.reason != "":
		return outcome{"OperationOutcome", []issue{{"information", "not-supported", f.reason}}}
	}
	return outcome{"OperationOutcome", []issue{{"information", "informational", "stored"}}}
}

// The few resources we write ourselves.
type (
	outcome struct {
		Type  string  `json:"resourceType"`
		Issue []issue `json:"issue"`
	}
	issue struct {
		Severity    string `json:"severity"`
		Code        string `json:"code"`
		Diagnostics string `json:"diagnostics"`
	}
	response struct {
		Type  string          `json:"resourceType"`
		Kind  string          `json:"type"`
		Entry []responseEntry `json:"entry"`
	}
	responseEntry struct {
		Response struct {
			Status  string  `json:"status"`
			Outcome outcome `json:"outcome"`
		} `json:"response"`
	}
)

func failed(code, text string) outcome {
	return outcome{"OperationOutcome", []issue{{"error", code, text}}}
}

// capability is the CapabilityStatement of the listener.
func capability(now time.Time) any {
	type named map[string]any
	return named{"resourceType": "CapabilityStatement", "status": "active", "date": now.UTC().Format(time.RFC3339), "kind": "instance",
		"implementation": named{"description": "Wardline staff"}, "fhirVersion": "4.0.1", "format": []string{"application/fhir+json"},
		"rest": []named{{"mode": "server", "interaction": []named{{"code": "transaction"}, {"code": "batch"}},
			"resource": []named{{"type": "Practitioner", "interaction": []named{{"code": "create"}, {"code": "update"}}}}}}}
}
