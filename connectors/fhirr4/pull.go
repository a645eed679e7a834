package fhirr4

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
)

// errEnough ends a pass that has read as many people as were asked for.
var errEnough = errors.New("enough")

const (
	// overlap is taken off the server's clock: what is being written while a pass begins comes
	// twice and not never.
	overlap = 2 * time.Minute
	// blind is taken off our clock where the server does not tell its own.
	blind = 15 * time.Minute
	// maxChanged is how many people are read one by one; beyond that everybody is.
	maxChanged = 500
)

// cursor is where the next pass over changes begins.
type cursor struct {
	Since time.Time `json:"since"`
}

// pass is one pass under way.
type pass struct {
	*mapping
	client *fhir.Client
	units  *units
	// roles by the name of their person; nil where roles are not read.
	roles   map[string][]fhir.PractitionerRole
	spoiled map[string]*fhir.Error // by name of the person: a role of theirs that cannot be used
	hand    func(connectors.Pulled) error
	left    int // people until enough were handed over; negative: no limit
	seen    map[string]bool
	since   time.Time       // what the next pass begins with
	deleted map[string]bool // by name: whom the server's history calls so
}

// Pull reads people and hands each over. Whatever ends a search other than the server's own
// word that it was all is an error.
func (s *source) Pull(ctx context.Context, want connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
	client, err := s.server()
	if err != nil {
		return connectors.PassEnd{}, err
	}
	defer client.Close()
	p := &pass{mapping: &mapping{config: &s.config, base: s.config.BaseURL, now: s.env.Now()}, client: client,
		units: newUnits(s.config.UnitID, s.config.BaseURL), hand: take, left: -1, seen: map[string]bool{},
		spoiled: map[string]*fhir.Error{}}
	if want.Limit > 0 {
		p.left = want.Limit
	}
	full, err := p.run(ctx, want)
	if errors.Is(err, errEnough) {
		return connectors.PassEnd{}, nil
	}
	if err != nil {
		return connectors.PassEnd{}, failure("fhirr4.pull", err)
	}
	next, err := json.Marshal(cursor{p.since})
	return connectors.PassEnd{Full: full, Cursor: next}, err
}

// run reads changes where it can and everything where it must.
func (p *pass) run(ctx context.Context, want connectors.Pass) (full bool, err error) {
	if err := p.readUnits(ctx); err != nil {
		return false, err
	}
	var from cursor
	if want.Mode == connectors.PassChanges && json.Unmarshal(want.Cursor, &from) == nil && !from.Since.IsZero() {
		done, err := p.changes(ctx, from.Since)
		if done || err != nil {
			return false, err
		}
	}
	return true, p.everybody(ctx)
}

// search runs one search with the page size; the first one of a pass tells the server's time.
func (p *pass) search(ctx context.Context, q fhir.Query, each func(fhir.Entry) error) error {
	if q.Params == nil {
		q.Params = url.Values{}
	}
	q.Params.Set("_count", strconv.Itoa(p.config.PageSize))
	q.AnyTotal = p.config.IgnoreTotal
	found, err := p.client.Search(ctx, q, func(b fhir.Bundle) error {
		for _, e := range b.Entries {
			if err := each(e); err != nil {
				return err
			}
		}
		return nil
	})
	if p.since.IsZero() && err == nil {
		if p.since = p.now.Add(-blind); !found.Date.IsZero() {
			p.since = found.Date.Add(-overlap)
		}
	}
	return err
}

// readUnits reads what roles point to. These are few and change rarely, so their pages are
// kept. One that cannot be read is missing for those who work there, and noted there.
func (p *pass) readUnits(ctx context.Context) error {
	if p.config.Units == "none" || p.config.Roles == "none" {
		return nil
	}
	kinds := []string{"Organization"} // of locations too: theirs is the hierarchy
	if p.config.Units != "organization" {
		kinds = append(kinds, "Location")
	}
	for _, kind := range kinds {
		err := p.search(ctx, fhir.Query{Kind: kind, Keep: true}, func(e fhir.Entry) error {
			p.units.add(e)
			return nil
		})
		if err != nil {
			return err
		}
	}
	p.units.close()
	return nil
}

// everybody reads all people. Roles come first, or with their people.
func (p *pass) everybody(ctx context.Context) error {
	if p.left > 0 && p.config.Roles != "none" {
		return p.some(ctx, p.left)
	}
	if p.config.Roles == "search" {
		p.roles = map[string][]fhir.PractitionerRole{}
		if err := p.search(ctx, fhir.Query{Kind: "PractitionerRole"}, p.addRole); err != nil {
			return err
		}
	}
	q, err := url.ParseQuery(p.config.Query)
	if err != nil {
		return err
	}
	if p.config.Roles != "revinclude" {
		return p.search(ctx, fhir.Query{Kind: "Practitioner", Params: q}, p.takePerson)
	}
	return p.included(ctx, q)
}

// some reads the first people with their roles one by one: a preview of ten must not read
// the roles of thousands.
func (p *pass) some(ctx context.Context, limit int) error {
	q, err := url.ParseQuery(p.config.Query)
	if err != nil {
		return err
	}
	var people []fhir.Entry
	err = p.search(ctx, fhir.Query{Kind: "Practitioner", Params: q}, func(e fhir.Entry) error {
		if e.Any.Type == "Practitioner" {
			people = append(people, e)
		}
		if len(people) == limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	for _, e := range people {
		if err := p.rolesOf(ctx, entryName(e)); err != nil {
			return err
		}
		if err := p.takePerson(e); err != nil {
			return err
		}
	}
	return nil
}

// rolesOf reads the roles of one person and forgets those of the last one.
func (p *pass) rolesOf(ctx context.Context, name string) error {
	p.roles = map[string][]fhir.PractitionerRole{}
	return p.search(ctx, fhir.Query{Kind: "PractitionerRole", Params: url.Values{"practitioner": {name}}}, p.addRole)
}

// included reads people with their roles by _revinclude. A server may send a role on another
// page than its person, so people are handed over when all have come.
func (p *pass) included(ctx context.Context, q url.Values) error {
	q.Set("_revinclude", "PractitionerRole:practitioner")
	p.roles = map[string][]fhir.PractitionerRole{}
	var people []fhir.Entry
	err := p.search(ctx, fhir.Query{Kind: "Practitioner", Params: q}, func(e fhir.Entry) error {
		if e.Any.Type == "Practitioner" {
			people = append(people, e)
			return nil
		}
		return p.addRole(e)
	})
	if err != nil {
		return err
	}
	for _, e := range people {
		if err := p.takePerson(e); err != nil {
			return err
		}
	}
	return nil
}

// addRole keeps a role for its person. One that cannot be used sets its person aside, who is
// neither changed nor missing then; where it does not say whose it is, the pass ends, as for
// a page that is missing.
func (p *pass) addRole(e fhir.Entry) error {
	if e.Any.Type != "PractitionerRole" {
		return nil
	}
	if e.Fault != nil {
		name := p.units.resolve(e.Owner)
		if name == "" {
			return e.Fault
		}
		p.spoiled[name] = e.Fault
		return nil
	}
	if r := e.Any.Role; r != nil {
		name := p.units.resolve(r.Practitioner)
		p.roles[name] = append(p.roles[name], *r)
	}
	return nil
}

// takePerson hands over one person of a page. The same one twice, on two pages of a server
// where somebody was added meanwhile, is one.
func (p *pass) takePerson(e fhir.Entry) error {
	if e.Any.Type != "Practitioner" || p.seen[entryName(e)] {
		return nil
	}
	p.seen[entryName(e)] = true
	if e.Fault != nil {
		return p.give(p.broken(e))
	}
	if e.Any.Practitioner == nil {
		return nil
	}
	return p.person(e)
}

func (p *pass) person(e fhir.Entry) error {
	var roles []fhir.PractitionerRole
	if p.roles != nil {
		roles = append([]fhir.PractitionerRole{}, p.roles[entryName(e)]...)
	}
	out := p.mapping.person(*e.Any.Practitioner, roles, p.units)
	if f := p.spoiled[entryName(e)]; f != nil {
		out = connectors.Pulled{Record: out.Record, Change: directory.Change{Key: out.Change.Key}, Fault: fault("bad_value", f.Where, "a role of this person: "+f.Error())}
	}
	return p.give(out)
}

// broken is a person whose resource cannot be used. Its id is the key where that is the key.
func (m *mapping) broken(e fhir.Entry) connectors.Pulled {
	out := connectors.Pulled{Record: entryName(e), Fault: fault("bad_value", e.Fault.Where, e.Fault.Error())}
	if !m.config.Key.set() {
		out.Change.Key = e.Any.ID
	}
	return out
}

// give hands over one person, and before them the units nobody has heard of yet. Two people
// with one key are a mistake of the source: which of them it is, only the source knows.
func (p *pass) give(out connectors.Pulled) error {
	if key := out.Change.Key; key != "" && out.Fault == nil {
		if p.seen["key "+key] {
			out = connectors.Pulled{Record: out.Record, Change: directory.Change{Key: key},
				Fault: fault("duplicate_key", "Practitioner.identifier", "another person of this pass has the same key")}
		}
		p.seen["key "+key] = true
	}
	if c, ok := p.units.news(out.Change.Units); ok {
		if err := p.hand(connectors.Pulled{Change: c, Record: out.Record}); err != nil {
			return err
		}
	}
	if err := p.hand(out); err != nil {
		return err
	}
	if p.left--; p.left == 0 {
		return errEnough
	}
	return nil
}

// changes hands over who has changed, and whose roles have. False means that everybody must
// be read: too many have changed, or the server cannot search by time.
func (p *pass) changes(ctx context.Context, since time.Time) (bool, error) {
	q, err := url.ParseQuery(p.config.Query)
	if err != nil {
		return false, err
	}
	q.Set("_lastUpdated", "ge"+since.UTC().Format(time.RFC3339))
	people := map[string]fhir.Entry{}
	err = p.search(ctx, fhir.Query{Kind: "Practitioner", Params: q}, func(e fhir.Entry) error {
		if e.Any.Type == "Practitioner" {
			people[entryName(e)] = e
		}
		return nil
	})
	changed := map[string]bool{}
	if err == nil && p.config.Roles != "none" {
		only := url.Values{"_lastUpdated": q["_lastUpdated"]}
		err = p.search(ctx, fhir.Query{Kind: "PractitionerRole", Params: only}, func(e fhir.Entry) error {
			if e.Any.Role != nil {
				changed[p.units.resolve(e.Any.Role.Practitioner)] = true
			}
			return nil
		})
	}
	if fhir.Name(err) == fhir.Refused {
		return false, nil
	}
	for name := range people {
		changed[name] = true
	}
	many := len(changed) > maxChanged
	if err == nil && !many {
		many, err = p.gone(ctx, since, changed)
	}
	if err != nil || many || len(changed) > maxChanged {
		return false, err
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if err := p.one(ctx, name, people); err != nil {
			return false, err
		}
	}
	return true, nil
}

// one hands over somebody who has changed, with all their roles: a change of one says
// nothing about the others. Where there is a query, only people it finds are ours.
func (p *pass) one(ctx context.Context, name string, people map[string]fhir.Entry) error {
	ref := fhir.Reference{URL: name}
	kind, id, ok := ref.Split()
	if !ok || kind != "Practitioner" {
		return nil
	}
	if p.config.Roles != "none" {
		if err := p.rolesOf(ctx, name); err != nil {
			return err
		}
	}
	e, known := people[name]
	if known {
		return p.takePerson(e)
	}
	if p.deleted[name] {
		if over, err := p.leaver(ctx, id); over || err != nil {
			return err
		}
	}
	q, err := url.ParseQuery(p.config.Query)
	if err != nil {
		return err
	}
	if len(q) > 0 {
		q.Set("_id", id)
		return p.search(ctx, fhir.Query{Kind: "Practitioner", Params: q}, p.takePerson)
	}
	a, _, err := p.client.Read(ctx, "Practitioner", id, "")
	switch {
	case fhir.Name(err) == fhir.Gone && !p.config.Key.set(): // deleted, says the server itself
		return p.give(connectors.Pulled{Record: name, Change: directory.Change{Op: directory.OpDeactivate, Key: id}})
	case fhir.Name(err) == fhir.Gone, fhir.Name(err) == fhir.NotFound:
		return nil // by which key they are known cannot be told; the full pass misses them
	case err != nil:
		return err
	}
	return p.takePerson(fhir.Entry{Any: a})
}
