package fhir

import (
	"strings"
	"time"

	"github.com/google/fhir/go/jsonformat"
	codes "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/codes_go_proto"
	types "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/datatypes_go_proto"
	bundlepb "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/bundle_and_contained_resource_go_proto"
	locationpb "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/location_go_proto"
	organizationpb "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/organization_go_proto"
	practitionerpb "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/practitioner_go_proto"
	rolepb "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/practitioner_role_go_proto"
)

// Name parts of the HL7 extensions, which ISiK and the German base profiles use.
const (
	extOwnName   = "http://hl7.org/fhir/StructureDefinition/humanname-own-name"
	extOwnPrefix = "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix"
	extAddition  = "http://fhir.de/StructureDefinition/humanname-namenszusatz"
)

func plain(c *bundlepb.ContainedResource) Any {
	switch {
	case c.GetPractitioner() != nil:
		p := practitioner(c.GetPractitioner())
		return Any{Meta: p.Meta, Practitioner: &p}
	case c.GetPractitionerRole() != nil:
		r := role(c.GetPractitionerRole())
		return Any{Meta: r.Meta, Role: &r}
	case c.GetOrganization() != nil:
		o := organization(c.GetOrganization())
		return Any{Meta: o.Meta, Organization: &o}
	case c.GetLocation() != nil:
		l := location(c.GetLocation())
		return Any{Meta: l.Meta, Location: &l}
	}
	return Any{}
}

func meta(kind string, id *types.Id, m *types.Meta) Meta {
	return Meta{Type: kind, ID: id.GetValue(), Version: m.GetVersionId().GetValue()}
}

// inactive reports whether active is stated as false. Absent says nothing, and so does a
// null with an extension, which google/fhir also gives as false.
func inactive(b *types.Boolean) bool {
	return b != nil && !b.GetValue() && len(b.GetExtension()) == 0
}

func practitioner(p *practitionerpb.Practitioner) Practitioner {
	out := Practitioner{Meta: meta("Practitioner", p.GetId(), p.GetMeta()), Inactive: inactive(p.GetActive()),
		Identifiers: each(p.GetIdentifier(), identifier), Names: each(p.GetName(), name), Telecom: each(p.GetTelecom(), contact)}
	for _, q := range p.GetQualification() {
		out.Qualifications = append(out.Qualifications, concept(q.GetCode()))
	}
	return out
}

func role(r *rolepb.PractitionerRole) PractitionerRole {
	return PractitionerRole{Meta: meta("PractitionerRole", r.GetId(), r.GetMeta()), Inactive: inactive(r.GetActive()),
		Identifiers: each(r.GetIdentifier(), identifier), Period: period(r.GetPeriod()), Practitioner: reference(r.GetPractitioner()),
		Organization: reference(r.GetOrganization()), Locations: each(r.GetLocation(), reference), Codes: each(r.GetCode(), concept),
		Specialties: each(r.GetSpecialty(), concept), Telecom: each(r.GetTelecom(), contact)}
}

func organization(o *organizationpb.Organization) Organization {
	return Organization{Meta: meta("Organization", o.GetId(), o.GetMeta()), Inactive: inactive(o.GetActive()),
		Identifiers: each(o.GetIdentifier(), identifier), Types: each(o.GetType(), concept), Name: text(o.GetName()), PartOf: reference(o.GetPartOf())}
}

func location(l *locationpb.Location) Location {
	return Location{Meta: meta("Location", l.GetId(), l.GetMeta()),
		Inactive:    l.GetStatus().GetValue() == codes.LocationStatusCode_INACTIVE,
		Identifiers: each(l.GetIdentifier(), identifier), Types: each(l.GetType(), concept), PhysicalType: concept(l.GetPhysicalType()),
		Name: text(l.GetName()), Managing: reference(l.GetManagingOrganization()), PartOf: reference(l.GetPartOf())}
}

func each[P, T any](list []P, f func(P) T) []T {
	var out []T
	for _, p := range list {
		out = append(out, f(p))
	}
	return out
}

// text reads a string. NUL cannot be stored and is no part of any name.
func text(s *types.String) string {
	return strings.TrimSpace(strings.ReplaceAll(s.GetValue(), "\x00", ""))
}

// texts leaves out what has only an extension and no value.
func texts(list []*types.String) []string {
	var out []string
	for _, s := range list {
		if t := text(s); t != "" {
			out = append(out, t)
		}
	}
	return out
}

func identifier(i *types.Identifier) Identifier {
	return Identifier{Use: code(i.GetUse().GetValue().String()), Type: concept(i.GetType()), System: i.GetSystem().GetValue(), Value: text(i.GetValue())}
}

func name(n *types.HumanName) HumanName {
	out := HumanName{Use: code(n.GetUse().GetValue().String()), Text: text(n.GetText()), Family: text(n.GetFamily()),
		Given: texts(n.GetGiven()), Prefix: texts(n.GetPrefix()), Period: period(n.GetPeriod())}
	for _, x := range n.GetFamily().GetExtension() {
		value := text(x.GetValue().GetStringValue())
		switch x.GetUrl().GetValue() {
		case extOwnName:
			out.OwnName = value
		case extOwnPrefix:
			out.OwnPrefix = value
		case extAddition:
			out.Addition = value
		}
	}
	return out
}

func contact(c *types.ContactPoint) Contact {
	return Contact{System: code(c.GetSystem().GetValue().String()), Use: code(c.GetUse().GetValue().String()), Value: text(c.GetValue()),
		Rank: int(c.GetRank().GetValue()), Period: period(c.GetPeriod())}
}

// code turns the name of an enumeration's value back into FHIR's own code.
func code(s string) string {
	if s == "INVALID_UNINITIALIZED" {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(s), "_", "-")
}

func concept(c *types.CodeableConcept) Concept {
	out := Concept{Text: text(c.GetText())}
	for _, k := range c.GetCoding() {
		out.Codings = append(out.Codings, Coding{System: k.GetSystem().GetValue(), Code: k.GetCode().GetValue(), Display: text(k.GetDisplay())})
	}
	return out
}

func reference(r *types.Reference) Reference {
	if r == nil {
		return Reference{}
	}
	out := Reference{Display: text(r.GetDisplay())}
	if r.GetIdentifier() != nil {
		out.Identifier = identifier(r.GetIdentifier())
	}
	if jsonformat.DenormalizeReference(r) == nil { // r is ours alone
		out.URL = text(r.GetUri())
	}
	return out
}

func period(p *types.Period) Period {
	return Period{Start: date(p.GetStart(), false), End: date(p.GetEnd(), true)}
}

// date writes a dateTime as a day or an instant. As the end of a period "2026" is its last
// day (FHIR R4 section 2.24.0.11).
func date(d *types.DateTime, end bool) string {
	if d == nil || d.GetPrecision() == types.DateTime_PRECISION_UNSPECIFIED {
		return ""
	}
	t := time.UnixMicro(d.GetValueUs()).UTC()
	switch d.GetPrecision() {
	case types.DateTime_YEAR:
		if end {
			t = t.AddDate(1, 0, -1)
		}
	case types.DateTime_MONTH:
		if end {
			t = t.AddDate(0, 1, -1)
		}
	case types.DateTime_DAY:
	default:
		return t.Format(time.RFC3339)
	}
	return t.Format(time.DateOnly)
}
