// Package fhir reads the few FHIR R4 (4.0.1) resources that say who works in a hospital, and
// fetches them by REST.
//
// Resources are parsed and validated by google/fhir, which is hidden here, and come out as
// small plain structs that keep what ISiK puts into primitive extensions: the parts of a
// family name. What is not about staff is left behind. Every input has limits that hold
// before it is parsed.
package fhir

import "strings"

// Meta is what every resource has.
type Meta struct {
	Type    string `json:"type,omitzero"`
	ID      string `json:"id,omitempty"`
	Version string `json:"version,omitempty"`
}

// Practitioner is somebody who works in health care.
type Practitioner struct {
	Meta
	Inactive       bool         `json:"inactive,omitempty"` // active is stated as false
	Identifiers    []Identifier `json:"identifiers,omitempty"`
	Names          []HumanName  `json:"names,omitempty"`
	Telecom        []Contact    `json:"telecom,omitempty"`
	Qualifications []Concept    `json:"qualifications,omitempty"`
}

// PractitionerRole is what somebody does, where, and how long.
type PractitionerRole struct {
	Meta
	Inactive     bool         `json:"inactive,omitempty"`
	Identifiers  []Identifier `json:"identifiers,omitempty"`
	Period       Period       `json:"period,omitzero"`
	Practitioner Reference    `json:"practitioner,omitzero"`
	Organization Reference    `json:"organization,omitzero"`
	Locations    []Reference  `json:"locations,omitempty"`
	Codes        []Concept    `json:"codes,omitempty"`
	Specialties  []Concept    `json:"specialties,omitempty"`
	Telecom      []Contact    `json:"telecom,omitempty"`
}

// Organization is a hospital, a department or any other body.
type Organization struct {
	Meta
	Inactive    bool         `json:"inactive,omitempty"`
	Identifiers []Identifier `json:"identifiers,omitempty"`
	Types       []Concept    `json:"types,omitempty"`
	Name        string       `json:"name,omitempty"`
	PartOf      Reference    `json:"part_of,omitzero"`
}

// Location is a place: a building, a ward, a room, a bed.
type Location struct {
	Meta
	Inactive     bool         `json:"inactive,omitempty"`
	Identifiers  []Identifier `json:"identifiers,omitempty"`
	Types        []Concept    `json:"types,omitempty"`
	PhysicalType Concept      `json:"physical_type,omitzero"`
	Name         string       `json:"name,omitempty"`
	Managing     Reference    `json:"managing,omitzero"` // the organization that runs it
	PartOf       Reference    `json:"part_of,omitzero"`
}

// Identifier is a number somebody or something is known by.
type Identifier struct {
	Use    string  `json:"use,omitempty"`
	Type   Concept `json:"type,omitzero"`
	System string  `json:"system,omitempty"`
	Value  string  `json:"value,omitempty"`
}

// HumanName is a name and its parts. OwnName and OwnPrefix come from the extensions
// humanname-own-name and humanname-own-prefix (Vorsatzwort: "von der") and Addition from
// humanname-namenszusatz (Namenszusatz: "Gräfin"); Family holds them all.
type HumanName struct {
	Use       string   `json:"use,omitempty"`
	Text      string   `json:"text,omitempty"`
	Family    string   `json:"family,omitempty"`
	OwnName   string   `json:"own_name,omitempty"`
	OwnPrefix string   `json:"own_prefix,omitempty"`
	Addition  string   `json:"addition,omitempty"`
	Given     []string `json:"given,omitempty"`
	Prefix    []string `json:"prefix,omitempty"`
	Period    Period   `json:"period,omitzero"`
}

// Contact is a way to reach somebody. System and Use are the codes of FHIR: "phone",
// "email", "pager", ...; "work", "mobile", "old", ...
type Contact struct {
	System string `json:"system,omitempty"`
	Use    string `json:"use,omitempty"`
	Value  string `json:"value,omitempty"`
	Rank   int    `json:"rank,omitempty"`
	Period Period `json:"period,omitzero"`
}

// Concept is a CodeableConcept.
type Concept struct {
	Codings []Coding `json:"codings,omitempty"`
	Text    string   `json:"text,omitempty"`
}

// Coding is one code of a Concept.
type Coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

// Has reports whether one of the codings has the code.
func (c Concept) Has(code string) bool {
	for _, coding := range c.Codings {
		if coding.Code == code {
			return true
		}
	}
	return false
}

// String returns what a person would read: the text, the first display, or the first code.
func (c Concept) String() string {
	if c.Text != "" {
		return c.Text
	}
	for _, coding := range c.Codings {
		if coding.Display != "" {
			return coding.Display
		}
	}
	if len(c.Codings) > 0 {
		return c.Codings[0].Code
	}
	return ""
}

// Period is a range of days or instants, both included: "2026-03-01" or RFC 3339. A month or
// a year as an end is its last day.
type Period struct {
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
}

// Reference points to another resource.
type Reference struct {
	URL        string     `json:"url,omitempty"` // "Practitioner/7", an absolute URL, "urn:uuid:..." or "#contained"
	Identifier Identifier `json:"identifier,omitzero"`
	Display    string     `json:"display,omitempty"`
}

// Local returns "Type/id" of a reference into the server at base, without a version, and ""
// for any other.
func (r Reference) Local(base string) string {
	ref := r.URL
	if base != "" {
		ref = strings.TrimPrefix(ref, strings.TrimSuffix(base, "/")+"/")
	}
	parts := strings.Split(ref, "/")
	if len(parts) != 2 && (len(parts) != 4 || parts[2] != "_history") || parts[0] == "" || parts[1] == "" || strings.Contains(parts[0], ":") {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// Split takes a relative reference apart; false where it is none.
func (r Reference) Split() (kind, id string, ok bool) {
	kind, id, ok = strings.Cut(r.Local(""), "/")
	return kind, id, ok
}

// Any is one resource of a bundle. Exactly one of the pointers is set, or none where the
// type is not used here.
type Any struct {
	Meta
	Practitioner *Practitioner     `json:"practitioner,omitempty"`
	Role         *PractitionerRole `json:"role,omitempty"`
	Organization *Organization     `json:"organization,omitempty"`
	Location     *Location         `json:"location,omitempty"`
}

// Bundle is a list of resources: a page of search results, or what somebody posts.
type Bundle struct {
	Type    string  `json:"type"`
	Total   *int    `json:"total,omitempty"` // of all pages, without what was included
	Next    string  `json:"next,omitempty"`
	Entries []Entry `json:"entries,omitempty"`
}

// Entry is one resource of a Bundle, or why it cannot be used.
type Entry struct {
	FullURL string  `json:"full_url,omitempty"`
	Mode    string  `json:"mode,omitempty"`   // "match", "include", "outcome": of a search
	Method  string  `json:"method,omitempty"` // of a transaction or batch
	URL     string  `json:"url,omitempty"`    // of a transaction or batch: what the method is about
	Any     Any     `json:"resource"`
	Issues  []Issue `json:"issues,omitempty"` // of an OperationOutcome
	Fault   *Error  `json:"-"`
	// Owner is the person of a PractitionerRole with a Fault.
	Owner Reference `json:"-"`
}

// Issue is one line of an OperationOutcome, without its texts.
type Issue struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
}
