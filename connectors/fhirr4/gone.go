package fhirr4

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
)

// gone adds to changed who was deleted since a time, and whose role was, by the history of a
// server that says it keeps one. ISiK asks none of its servers to; where there is none, the
// full pass misses the deleted. True means that there were too many to look at one by one.
func (p *pass) gone(ctx context.Context, since time.Time, changed map[string]bool) (many bool, err error) {
	can, err := p.client.Capabilities(ctx)
	if err != nil {
		return false, unoffered(err)
	}
	p.deleted = map[string]bool{}
	if can.Can("Practitioner", "history-type") {
		if p.deleted, err = p.deletedOf(ctx, "Practitioner", since); err != nil {
			return false, err
		}
		for name := range p.deleted {
			changed[name] = true
		}
	}
	if p.config.Roles == "none" || !can.Can("PractitionerRole", "history-type") {
		return false, nil
	}
	roles, err := p.deletedOf(ctx, "PractitionerRole", since)
	if err != nil || len(roles) > maxChanged {
		return true, err
	}
	for name := range roles {
		e, err := p.last(ctx, name)
		if err != nil {
			return false, err
		}
		if e.Any.Role != nil {
			changed[p.units.resolve(e.Any.Role.Practitioner)] = true
		}
	}
	return false, nil
}

// unoffered forgives a server that does not do what it says, or does not say what it does.
func unoffered(err error) error {
	var e *fhir.Error
	if errors.As(err, &e) && e.Status == http.StatusNotImplemented {
		return nil
	}
	switch fhir.Name(err) {
	case fhir.Refused, fhir.NotFound, fhir.Gone, fhir.Forbidden, fhir.Malformed:
		return nil
	}
	return err
}

// deletedOf returns the names of what was deleted since a time. What is there again is among
// them too.
func (p *pass) deletedOf(ctx context.Context, kind string, since time.Time) (map[string]bool, error) {
	names := map[string]bool{}
	err := p.search(ctx, fhir.Query{Kind: kind, History: true, Params: url.Values{"_since": {since.UTC().Format(time.RFC3339)}}}, func(e fhir.Entry) error {
		if e.Method != http.MethodDelete {
			return nil
		}
		for _, ref := range []string{e.URL, e.FullURL} {
			if name := p.units.resolve(fhir.Reference{URL: ref}); strings.HasPrefix(name, kind+"/") {
				names[name] = true
				return nil
			}
		}
		return nil
	})
	return names, unoffered(err)
}

// last returns what a deleted resource was before. Zero where the server does not tell.
func (p *pass) last(ctx context.Context, name string) (fhir.Entry, error) {
	var out fhir.Entry
	err := p.search(ctx, fhir.Query{Kind: name, History: true}, func(e fhir.Entry) error {
		if e.Any.Practitioner == nil && e.Any.Role == nil {
			return nil
		}
		out = e
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, unoffered(err)
}

// leaver hands over that somebody was deleted, where that is still so. It is false where they
// are there after all.
func (p *pass) leaver(ctx context.Context, id string) (over bool, err error) {
	_, _, err = p.client.Read(ctx, "Practitioner", id, "")
	if name := fhir.Name(err); name != fhir.Gone && name != fhir.NotFound {
		return false, err
	}
	key := id
	if p.config.Key.set() {
		if key, err = p.keyLeft(ctx, id); key == "" || err != nil {
			return true, err
		}
	}
	return true, p.give(connectors.Pulled{Record: "Practitioner/" + id, Change: directory.Change{Op: directory.OpDeactivate, Key: key}})
}

// keyLeft returns by which identifier somebody deleted was known: "" where that cannot be
// told, or where another resource has it, as after a double was tidied up.
func (p *pass) keyLeft(ctx context.Context, id string) (string, error) {
	e, err := p.last(ctx, "Practitioner/"+id)
	if err != nil || e.Any.Practitioner == nil {
		return "", err
	}
	key := p.key(*e.Any.Practitioner)
	if key == "" {
		return "", nil
	}
	token := searchable.Replace(key)
	if p.config.Key.System != "" {
		token = searchable.Replace(p.config.Key.System) + "|" + token
	}
	err = p.search(ctx, fhir.Query{Kind: "Practitioner", Params: url.Values{"identifier": {token}}}, func(e fhir.Entry) error {
		if e.Any.Practitioner != nil && p.key(*e.Any.Practitioner) == key {
			key = ""
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return "", nil
	}
	return key, err
}

// searchable escapes what is special in the values of a search (FHIR R4 section 3.1.1.4.0.1).
var searchable = strings.NewReplacer(`\`, `\\`, `$`, `\$`, `,`, `\,`, `|`, `\|`)
