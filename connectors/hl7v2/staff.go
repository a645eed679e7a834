package hl7v2

import (
	"strings"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7"
)

// mfiPlaces are what an MFK repeats of the MFI it answers.
var mfiPlaces = []string{"1.1", "1.2", "1.3", "2.1", "3"}

// masterFile maps an MFN^M02 (HL7 2.5.1 ch.8 s.8.4, ch.15 s.15.4): one change for each MFE.
// With MFI-3 REP the records are all people the source knows, which a last change says. A
// record that cannot be used is left out and named by the fault; in a REP it makes the
// whole message unusable, since the person would otherwise count as missing.
func (m *mapping) masterFile(msg *hl7.Message) mapped {
	out := masterHeader(msg)
	replace := false
	switch mode := msg.Get("MFI-3").String(); mode {
	case "REP":
		replace = true
	case "UPD":
	default:
		out.Warnings = append(out.Warnings, "mfi3_not_upd_or_rep")
	}
	for g := range msg.Groups("MFE") {
		mfe, _ := g.Segment("MFE", 0)
		r := newRecord(mfe)
		c, f := m.masterRecord(g, mfe)
		if f.Name != "" {
			r.Fault = &f
			if out.Fault == nil {
				out.Fault = &f
			}
		} else {
			out.Changes = append(out.Changes, c)
		}
		out.Records = append(out.Records, r)
	}
	switch {
	case replace && out.Fault != nil:
		out.Changes = nil
		for i := range out.Records {
			if out.Records[i].Fault == nil {
				out.Records[i].Fault = fault("not_applied", out.Fault.Where, "not applied: another record of this full set cannot be used")
			}
		}
	case replace:
		out.Changes = append(out.Changes, directory.Change{Op: directory.OpComplete})
	case len(out.Records) == 0:
		out.Fault = fault("no_records", "MFE", "the message has no records")
	}
	return out
}

// masterHeader takes what an MFK repeats of its notification.
func masterHeader(msg *hl7.Message) mapped {
	out := mapped{level: msg.Get("MFI-6").String(), kind: msg.Header().Trigger}
	if mfi, ok := msg.All().Segment("MFI", 0); ok {
		out.file = map[string]string{}
		for _, place := range mfiPlaces {
			out.file[place] = mfi.At(hl7.MustPath("MFI-" + place)).String()
		}
	}
	return out
}

// newRecord takes what an MFA repeats of its record.
func newRecord(mfe hl7.Segment) record {
	r := record{Event: mfe.Field(1).String(), Control: mfe.Field(2).String(), Key: mfe.Field(4).String(), KeyType: mfe.Field(5).String()}
	for rep := range mfe.Reps(4) {
		for n := 1; n <= 9; n++ { // PL has the most components of all keys
			r.parts = append(r.parts, rep.Comp(n).String())
		}
		break
	}
	return r
}

// masterRecord maps one MFE with the segments below it, or returns the fault that keeps it
// out. MFE-3 is when the record takes effect and may lie in the future. A deactivation says
// nothing else about the person, even where the sender adds a whole STF: what is locked
// needs no fresh telephone number.
func (m *mapping) masterRecord(g hl7.Group, mfe hl7.Segment) (directory.Change, connectors.Fault) {
	stf, has := g.Segment("STF", 0)
	c := directory.Change{At: m.time(mfe.Field(3))}
	c.Key = m.key(stf, has, mfe.Field(4))
	if c.Key == "" || len(c.Key) > 255 {
		return c, *fault("missing_key", mfe.Path(4).String(), "the record has no usable key")
	}
	switch event := mfe.Field(1).String(); event {
	case "MAD", "MUP":
		if !has {
			return c, *fault("missing_segment", mfe.Path(0).String(), "MAD and MUP need an STF segment")
		}
		c.Op = activeOp(stf)
	case "MDC", "MDL": // deletion at the source keeps the person here, locked
		c.Op = directory.OpDeactivate
	case "MAC":
		c.Op = directory.OpReactivate
	default:
		return c, *fault("unknown_event", mfe.Path(1).String(), "the record event is none of MAD, MUP, MDC, MAC, MDL")
	}
	if has && c.Op != directory.OpDeactivate {
		m.describe(&c, g, stf)
	}
	return c, connectors.Fault{}
}

// personnel maps PMU^B01 to B06 (HL7 2.5.1 ch.15 s.15.3). B07 and B08 are about
// certificates, which are not used.
func (m *mapping) personnel(msg *hl7.Message, trigger string) mapped {
	var op directory.Op
	stf, has := msg.All().Segment("STF", 0)
	switch trigger {
	case "B01", "B02":
		op = directory.OpPut
	case "B03", "B05", "B06":
		op = directory.OpDeactivate
	case "B04":
		op = directory.OpReactivate
	case "B07", "B08":
		return mapped{Warnings: []string{"not_used"}}
	default:
		return unknownType()
	}
	if !has {
		return mapped{Fault: fault("missing_segment", "STF", "the message has no STF segment")}
	}
	c := directory.Change{Op: op, Key: m.key(stf, true, stf.Field(1)), At: m.time(msg.Get("EVN-3"))}
	if c.Key == "" || len(c.Key) > 255 {
		return mapped{Fault: fault("missing_key", m.keyPlace(stf), "the message has no usable key")}
	}
	if op == directory.OpPut {
		c.Op = activeOp(stf)
	}
	if c.Op != directory.OpDeactivate {
		m.describe(&c, msg.All(), stf)
	}
	return mapped{Changes: []directory.Change{c}}
}

// activeOp reads STF-7, the switch some systems use instead of an event of its own.
func activeOp(stf hl7.Segment) directory.Op {
	if stf.Field(7).String() == "I" {
		return directory.OpDeactivate
	}
	return directory.OpPut
}

// key is the source's stable id of a person: the identifier of the configured type, or
// the primary key of the record (MFE-4, which must equal STF-1). A record without an STF
// can only be known by the latter.
func (m *mapping) key(stf hl7.Segment, has bool, primary hl7.Value) string {
	if m.keyType != "" && has {
		return identifier(stf, m.keyType)
	}
	if primary.Present() {
		return primary.String()
	}
	if has {
		return stf.Field(1).String()
	}
	return ""
}

// keyPlace is where the administrator should look when the key is missing.
func (m *mapping) keyPlace(stf hl7.Segment) string {
	if m.keyType != "" {
		return stf.Path(2).String()
	}
	return stf.Path(1).String()
}

// identifier finds a repetition of STF-2 (data type CX) by its type code.
func identifier(stf hl7.Segment, kind string) string {
	for r := range stf.Reps(2) {
		if r.Comp(5).String() == kind {
			return r.Comp(1).String()
		}
	}
	return ""
}

// describe adds what STF, PRA, ORG and the configured places say about the person.
// Everything else in them (birth date, sex, address) is left behind: data that is not taken
// cannot be lost. Absent and null stay apart, since one means "no change" and the other
// "delete" (HL7 2.5.1 ch.2 s.2.5.3). Configured places come last and so win.
func (m *mapping) describe(c *directory.Change, g hl7.Group, stf hl7.Segment) {
	c.Fields = map[directory.Field]directory.Value{}
	state := func(f directory.Field, v hl7.Value) {
		if !v.Absent() {
			c.Fields[f] = directory.Value{Text: v.String(), Null: v.Null()}
		}
	}
	text := func(f directory.Field, s string) {
		if s != "" {
			c.Fields[f] = directory.Value{Text: s}
		}
	}
	text(directory.StaffNumber, identifier(stf, "PN"))
	if m.loginType != "" {
		text(directory.Login, identifier(stf, m.loginType))
	}
	state(directory.FamilyName, stf.Comp(3, 1))
	state(directory.GivenName, stf.Comp(3, 2))
	state(directory.Title, either(stf.Comp(3, 5), stf.Comp(3, 6)))
	state(directory.Department, either(stf.Comp(8, 2), stf.Comp(8, 1)))
	state(directory.JobTitle, stf.Field(18))
	state(directory.ActiveFrom, stf.Comp(12, 1))
	state(directory.ActiveUntil, stf.Comp(13, 1))
	if pra, ok := g.Segment("PRA", 0); ok {
		state(directory.Profession, pra.Field(3))
	}
	m.contacts(c, stf)
	state(directory.Mail, stf.Field(15))
	for _, x := range m.extra {
		state(x.field, g.At(x.path))
	}
	for f, v := range c.Fields {
		if f == directory.ActiveFrom || f == directory.ActiveUntil {
			c.Fields[f] = directory.Value{Text: day(v.Text), Null: v.Null}
		}
	}
	c.Units = units(g, stf)
}

// day cuts a timestamp to its day, which is all that activation dates mean.
func day(s string) string { return s[:min(len(s), 8)] }

// contacts reads the telephone list of STF-10 (data type XTN).
func (m *mapping) contacts(c *directory.Change, stf hl7.Segment) {
	for r := range stf.Reps(10) {
		if r.Null() { // the whole list is withdrawn
			for _, f := range []directory.Field{directory.Phone, directory.Mobile, directory.Pager, directory.Extension} {
				c.Fields[f] = directory.Value{Null: true}
			}
			return
		}
		equipment, number := r.Comp(3).String(), phone(r)
		var f directory.Field
		switch {
		case equipment == "CP":
			f = directory.Mobile
		case equipment == "BP":
			f = directory.Pager
		case r.Comp(2).String() == "NET" || equipment == "Internet":
			f, number = directory.Mail, either(r.Comp(4), r.Comp(1)).String()
		case r.Comp(2).String() == "WPN" || r.Comp(2).Absent():
			f = directory.Phone
			if ext := r.Comp(8); ext.Present() {
				c.Fields[directory.Extension] = directory.Value{Text: ext.String()}
			}
		}
		if _, taken := c.Fields[f]; f != "" && number != "" && !taken {
			c.Fields[f] = directory.Value{Text: number}
		}
	}
}

// phone puts a number together from its parts, or takes it as written: XTN.12, else
// country, area and local number, else XTN.1.
func phone(r hl7.Rep) string {
	if whole := r.Comp(12); whole.Present() {
		return whole.String()
	}
	local := r.Comp(7)
	if !local.Present() {
		return r.Comp(1).String()
	}
	var parts []string
	if country := r.Comp(5); country.Present() {
		parts = append(parts, "+"+strings.TrimPrefix(country.String(), "+"))
	}
	if area := r.Comp(6); area.Present() {
		parts = append(parts, area.String())
	}
	return strings.Join(append(parts, local.String()), " ")
}

// units reads where the person works: departments (STF-8) as clinics, ORG segments as
// wards unless ORG-3 says otherwise. The primary ward lies below the first department. Nil
// means that the message says nothing about it.
func units(g hl7.Group, stf hl7.Segment) []directory.UnitRef {
	var out []directory.UnitRef
	add := func(u directory.UnitRef) {
		for i := range out {
			if out[i].Code == u.Code {
				out[i].Primary = out[i].Primary || u.Primary
				return
			}
		}
		out = append(out, u)
	}
	withdrawn, clinic := false, ""
	for r := range stf.Reps(8) {
		if code := r.Comp(1); code.Present() {
			clinic = either(stf.Comp(8, 1), code).String()
			add(directory.UnitRef{Code: code.String(), Name: r.Comp(2).String(), Kind: directory.Clinic})
		}
		withdrawn = withdrawn || r.Null()
	}
	for org := range g.Each("ORG") {
		code := org.Comp(2, 1)
		withdrawn = withdrawn || code.Null()
		if !code.Present() {
			continue
		}
		u := directory.UnitRef{Code: code.String(), Name: org.Comp(2, 2).String(), Kind: unitKind(org.Comp(3, 1).String()),
			Primary: org.Field(4).String() == "Y"}
		if u.Primary && u.Kind == directory.Ward {
			u.Parent = clinic
		}
		add(u)
	}
	if out == nil && withdrawn {
		return []directory.UnitRef{}
	}
	return out
}

// unitKind reads ORG-3, a table each site fills by itself; what is not known is a ward.
func unitKind(s string) directory.UnitKind {
	switch strings.ToUpper(s) {
	case "CLINIC", "KLINIK", "DEPT", "DEPARTMENT", "ABTEILUNG", "D", "C":
		return directory.Clinic
	case "HOUSE", "HAUS", "HOSPITAL", "H":
		return directory.House
	}
	return directory.Ward
}

// either prefers a unless the message says nothing there; a null counts as said.
func either(a, b hl7.Value) hl7.Value {
	if a.Absent() {
		return b
	}
	return a
}
