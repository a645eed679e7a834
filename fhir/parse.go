package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/fhir/go/fhirversion"
	"github.com/google/fhir/go/jsonformat"
	bundlepb "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/bundle_and_contained_resource_go_proto"
)

// Limits hold before anything is parsed.
type Limits struct {
	Bytes   int
	Depth   int
	Entries int // of a bundle
}

// DefaultLimits are far beyond a page of 200 people with all their roles.
func DefaultLimits() Limits { return Limits{Bytes: 8 << 20, Depth: 40, Entries: 10_000} }

// Parser reads JSON. It is safe for use by many goroutines.
type Parser struct {
	limits Limits
	decode *jsonformat.Unmarshaller
}

// NewParser returns a parser; limits that are zero are the defaults.
func NewParser(l Limits) (*Parser, error) {
	d := DefaultLimits()
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Depth <= 0 {
		l.Depth = d.Depth
	}
	if l.Entries <= 0 {
		l.Entries = d.Entries
	}
	u, err := jsonformat.NewUnmarshaller("UTC", fhirversion.R4)
	if err != nil {
		return nil, fmt.Errorf("make FHIR parser: %w", err)
	}
	u.MaxNestingDepth = l.Depth
	return &Parser{limits: l, decode: u}, nil
}

// Resource parses and validates one resource that is no bundle.
func (p *Parser) Resource(raw []byte) (Any, error) {
	raw, err := p.admit(raw)
	if err != nil {
		return Any{}, err
	}
	a, e := p.resource(raw)
	if e != nil {
		return Any{}, e
	}
	return a, nil
}

// envelope is a Bundle whose resources are not looked into yet.
type envelope struct {
	ResourceType string `json:"resourceType"`
	Type         string `json:"type"`
	Total        *int   `json:"total"`
	Link         []struct {
		Relation string `json:"relation"`
		URL      string `json:"url"`
	} `json:"link"`
	Entry []struct {
		FullURL  string          `json:"fullUrl"`
		Resource json.RawMessage `json:"resource"`
		Search   struct {
			Mode string `json:"mode"`
		} `json:"search"`
		Request struct {
			Method string `json:"method"`
			URL    string `json:"url"`
		} `json:"request"`
	} `json:"entry"`
}

// Bundle parses a bundle. Each resource is validated by itself, so that one that is wrong is
// a fault of its entry and the others can be used.
func (p *Parser) Bundle(raw []byte) (Bundle, error) {
	raw, err := p.admit(raw)
	if err != nil {
		return Bundle{}, err
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return Bundle{}, notJSON(err)
	}
	if e.ResourceType != "Bundle" {
		return Bundle{}, fail(Malformed, "resourceType", "a Bundle was expected")
	}
	if e.Type == "" {
		return Bundle{}, fail(Malformed, "Bundle.type", "a bundle needs a type")
	}
	if len(e.Entry) > p.limits.Entries {
		return Bundle{}, fail(TooLarge, "Bundle.entry", fmt.Sprintf("more than %d entries", p.limits.Entries))
	}
	b := Bundle{Type: e.Type, Total: e.Total}
	for _, l := range e.Link {
		if l.Relation == "next" {
			b.Next = l.URL
		}
	}
	for _, from := range e.Entry {
		to := Entry{FullURL: from.FullURL, Mode: from.Search.Mode, Method: from.Request.Method, URL: from.Request.URL}
		if len(from.Resource) > 0 {
			p.entry(&to, from.Resource)
		}
		b.Entries = append(b.Entries, to)
	}
	return b, nil
}

// entry parses the resource of one entry. What somebody is called is the only thing taken of
// types that are not used: they are common in transactions and not ours to judge.
func (p *Parser) entry(e *Entry, raw json.RawMessage) {
	var head struct {
		ResourceType string  `json:"resourceType"`
		ID           string  `json:"id"`
		Issue        []Issue `json:"issue"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		e.Fault = notJSON(err)
		return
	}
	e.Any.Meta = Meta{Type: head.ResourceType, ID: head.ID}
	if !used(head.ResourceType) {
		if head.ResourceType == "OperationOutcome" {
			e.Issues = head.Issue
		}
		return
	}
	a, fault := p.resource(raw)
	if fault != nil {
		e.Fault, e.Owner = fault, owner(raw)
		return
	}
	e.Any = a
}

// owner reads whom a role that cannot be used is about, so that only this person is set aside.
func owner(raw json.RawMessage) Reference {
	var role struct {
		Practitioner struct {
			Reference string `json:"reference"`
		} `json:"practitioner"`
	}
	_ = json.Unmarshal(raw, &role) // what it holds is all that can be hoped for
	return Reference{URL: role.Practitioner.Reference}
}

func used(kind string) bool {
	switch kind {
	case "Practitioner", "PractitionerRole", "Organization", "Location":
		return true
	}
	return false
}

// admit checks the limits and the encoding. JSON is UTF-8 (RFC 8259 section 8.1); a byte
// order mark in front is tolerated.
func (p *Parser) admit(raw []byte) ([]byte, error) {
	if len(raw) > p.limits.Bytes {
		return nil, fail(TooLarge, "", fmt.Sprintf("more than %d bytes", p.limits.Bytes))
	}
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, fail(Encoding, "", "this is not UTF-8")
	}
	if depth(raw) > p.limits.Depth {
		return nil, fail(TooLarge, "", fmt.Sprintf("nested more than %d levels deep", p.limits.Depth))
	}
	if !json.Valid(raw) {
		return nil, fail(Malformed, "", "this is not JSON, or only the beginning of it")
	}
	return raw, nil
}

// depth counts the levels of objects and lists without building anything.
func depth(raw []byte) int {
	deepest, now, text := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// resource parses and validates what admit has let in. google/fhir is of 2022: should it
// panic on something, that is a fault of the resource and not the end of the hub.
func (p *Parser) resource(raw []byte) (a Any, e *Error) {
	defer func() {
		if recover() != nil { // its value may quote the resource
			a, e = Any{}, fail(Malformed, "", "this resource cannot be read")
		}
	}()
	m, err := p.decode.Unmarshal(withoutNull(raw))
	if err != nil {
		// The text names the place and the rule; values are in another field of the error.
		first, _, _ := strings.Cut(err.Error(), "\n")
		return Any{}, fail(Malformed, "", first[:min(len(first), 300)])
	}
	contained, ok := m.(*bundlepb.ContainedResource)
	if !ok {
		return Any{}, fail(Malformed, "resourceType", "this is no resource")
	}
	return plain(contained), nil
}

// withoutNull writes the nulls of a resource in a way that google/fhir reads. In a list they
// hold the place of a value or of an extension that is missing (FHIR R4 section 2.6.2.3),
// as in "_prefix": [null, {...}], where ISiK marks the academic one of two titles: an empty
// object does the same. As a member they are not allowed, but common, and say nothing.
func withoutNull(raw []byte) []byte {
	if !bytes.Contains(raw, []byte("null")) {
		return raw
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // decimals keep their digits
	var v any
	if d.Decode(&v) != nil {
		return raw
	}
	if out, err := json.Marshal(fill(v)); err == nil {
		return out
	}
	return raw
}

func fill(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if member == nil {
				delete(v, k)
				continue
			}
			v[k] = fill(member)
		}
	case []any:
		for i, element := range v {
			if element == nil {
				v[i] = map[string]any{}
				continue
			}
			v[i] = fill(element)
		}
	}
	return v
}

// notJSON names what does not fit without quoting it.
func notJSON(err error) *Error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fail(Malformed, wrong.Field, "a "+wrong.Type.String()+" was expected")
	}
	return fail(Malformed, "", "this is not JSON")
}
