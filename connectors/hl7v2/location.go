package hl7v2

import (
	"strings"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7"
)

// locations maps an MFN^M05 (HL7 2.5.1 ch.8 s.8.9): the wards and departments a hospital has.
// They are stated all at once, in the order of the message; one that is taken out of the
// file stays here, since people and rooms hang on it. So REP says no more than UPD, and a
// record that cannot be used keeps out nobody else. MFE-3 is not waited for: a ward that is
// known some days early does no harm.
func (m *mapping) locations(msg *hl7.Message) mapped {
	out := masterHeader(msg)
	var units []mention
	for g := range msg.Groups("MFE") {
		mfe, _ := g.Segment("MFE", 0)
		r := newRecord(mfe)
		refs, warning, f := location(g, mfe)
		if f != nil {
			r.Fault = f
			if out.Fault == nil {
				out.Fault = f
			}
		}
		if warning != "" {
			out.Warnings = append(out.Warnings, warning)
		}
		units = append(units, refs...)
		out.Records = append(out.Records, r)
	}
	if len(units) > 0 {
		out.Changes = []directory.Change{{Op: directory.OpUnits, Units: merge(units)}}
	}
	if len(out.Records) == 0 {
		out.Fault = fault("no_records", "MFE", "the message has no records")
	}
	return out
}

// location maps one record to a unit, after those it hangs below.
func location(g hl7.Group, mfe hl7.Segment) (refs []mention, warning string, f *connectors.Fault) {
	switch event := mfe.Field(1).String(); event {
	case "MAD", "MUP", "MAC":
	case "MDC", "MDL":
		return nil, "unit_kept", nil
	default:
		return nil, "", fault("unknown_event", mfe.Path(1).String(), "the record event is none of MAD, MUP, MDC, MAC, MDL")
	}
	loc, has := g.Segment("LOC", 0)
	place := mfe
	field := 4
	if has && loc.Comp(1, 1).Present() {
		place, field = loc, 1
	}
	u := directory.UnitRef{Code: place.Comp(field, 1).String(), Kind: directory.Ward}
	if u.Code == "" || len(u.Code) > 64 {
		return nil, "", fault("missing_key", mfe.Path(4).String(), "the record names no point of care (PL.1), or one longer than 64 bytes")
	}
	kind := ""
	if has {
		kind = loc.Field(3).String()
	}
	if place.Comp(field, 2).Present() || place.Comp(field, 3).Present() || strings.Contains("BREO", kind) && kind != "" {
		return []mention{{UnitRef: u}}, "", nil // a room or bed: its ward is there, and its description is not the ward's
	}
	u.Kind = locationKind(kind)
	if has {
		u.Name = loc.Field(2).String()
	}
	above, ok := parent(g, u)
	if ok {
		u.Parent = above.Code
		refs = append(refs, mention{UnitRef: above})
	}
	return append(refs, mention{u, true}), "", nil
}

// locationKind reads LOC-3 (table 0260).
func locationKind(s string) directory.UnitKind {
	switch s {
	case "N", "L", "":
		return directory.Ward
	case "C", "D":
		return directory.Clinic
	}
	return unitKind(s)
}

// parent reads what a unit hangs below: the parent location of LRL (table 0325: PAR), or the
// department of LDP.
func parent(g hl7.Group, u directory.UnitRef) (directory.UnitRef, bool) {
	above := directory.UnitRef{Kind: directory.Clinic}
	if u.Kind == directory.Clinic {
		above.Kind = directory.House
	}
	for lrl := range g.Each("LRL") {
		if code := lrl.Comp(6, 1).String(); lrl.Comp(4, 1).String() == "PAR" && code != "" {
			above.Code = code
		}
	}
	if ldp, ok := g.Segment("LDP", 0); ok && above.Code == "" && u.Kind == directory.Ward && ldp.Field(6).String() != "I" {
		above.Code, above.Name = ldp.Comp(2, 1).String(), ldp.Comp(2, 2).String()
	}
	return above, above.Code != "" && above.Code != u.Code && len(above.Code) <= 64
}

// mention is a unit and whether a record of its own described it, or another one only named
// it.
type mention struct {
	directory.UnitRef
	own bool
}

// merge makes one statement of several about a unit. What its own record says wins over what
// others call it; among equals the last one does, and what is not said takes nothing back.
func merge(units []mention) []directory.UnitRef {
	var out []mention
	at := map[string]int{}
	for _, u := range units {
		i, known := at[u.Code]
		if !known {
			at[u.Code] = len(out)
			out = append(out, u)
			continue
		}
		have := &out[i]
		if u.own || !have.own {
			if u.Name != "" {
				have.Name = u.Name
			}
			if u.own || u.Kind != directory.Ward { // a bed's ward may be a clinic
				have.Kind = u.Kind
			}
			have.own = u.own
		}
		if u.Parent != "" {
			have.Parent = u.Parent
		}
	}
	refs := make([]directory.UnitRef, len(out))
	for i, m := range out {
		refs[i] = m.UnitRef
	}
	return refs
}
