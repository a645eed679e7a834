package hl7v2

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hl7"
)

// admission maps the ADT triggers that say who lies where (HL7 2.5.1 ch.3). The movement
// segment ZBE of the German profiles gives each stay an id by which it is changed and
// cancelled.
func (m *mapping) admission(msg *hl7.Message, trigger string, received time.Time) mapped {
	switch trigger {
	case "A01", "A02", "A04", "A08":
		if trigger == "A08" && !msg.Get("PV1-3").Present() && !msg.Get("PV1-3.2").Present() {
			return mapped{} // only the person changed: nothing about a place
		}
		return m.movement(msg, trigger, alerting.MovementPut, received)
	case "A03":
		return m.movement(msg, trigger, alerting.MovementEnd, received)
	case "A13": // the discharge never was: the patient is where PV1-3 says
		if msg.Get("PV1-3").Present() || msg.Get("PV1-3.2").Present() {
			return m.movement(msg, trigger, alerting.MovementPut, received)
		}
		return m.movement(msg, trigger, alerting.MovementDelete, received)
	case "A11", "A12":
		return m.movement(msg, trigger, alerting.MovementDelete, received)
	case "A40":
		return m.merge(msg, received)
	}
	return unknownType()
}

// movement maps the triggers about one stay. The place is PV1-3 (point of care, room, bed);
// the visit number PV1-19 ties the stays of one case together. The time of a movement is
// ZBE-2 where there is a ZBE; without it the event time, which is when something happened,
// comes before the recording time and before the time of sending.
func (m *mapping) movement(msg *hl7.Message, trigger string, op alerting.MovementOp, received time.Time) mapped {
	var out mapped
	v := alerting.Movement{
		Op:         op,
		Visit:      msg.Get("PV1-19.1").String(),
		Patient:    patientID(msg, "PID", 3),
		Ward:       msg.Get("PV1-3.1").String(),
		Room:       msg.Get("PV1-3.2").String(),
		Bed:        msg.Get("PV1-3.3").String(),
		OccurredAt: m.first(msg, "EVN-6", "EVN-2", "MSH-7"),
	}
	if v.Visit == "" { // a source without case numbers: one stay per patient
		v.Visit = v.Patient
		out.Warnings = append(out.Warnings, "no_visit_number")
	}
	if v.Visit == "" {
		return mapped{Fault: fault("missing_key", "PV1-19", "the message has neither a visit nor a patient number")}
	}
	if op == alerting.MovementPut && v.Ward == "" && v.Room == "" {
		return mapped{Fault: fault("missing_location", "PV1-3", "the message does not say where the patient is")}
	}
	if m.keepName {
		v.Name = patientName(msg)
	}
	v.Start = firstTime(m.first(msg, "ZBE-2", "EVN-6", "PV1-44", "EVN-2", "MSH-7"), received)
	v.End = m.time(msg.Get("ZBE-3"))
	if op == alerting.MovementEnd {
		v.End = firstTime(m.first(msg, "PV1-45", "ZBE-3"), v.Start)
	}
	if !m.applyZBE(msg, trigger, &v) {
		out.Warnings = append(out.Warnings, "no_movement_id")
	}
	out.Moves = []alerting.Movement{v}
	return out
}

// applyZBE reads the movement segment: its id is the key, DELETE (CANCEL in the French
// profile) takes the movement away, a historic movement or one that is only referred to
// never moves the patient. Without an id the key is made of the visit and what the trigger
// is about, so that a cancellation finds what it cancels; false then. Some sources give a
// discharge the id of the stay it ends, so the DELETE of an A13 must not take that away.
func (m *mapping) applyZBE(msg *hl7.Message, trigger string, v *alerting.Movement) bool {
	zbe, has := msg.All().Segment("ZBE", 0)
	if !has || !zbe.Comp(1, 1).Present() {
		// Keys are stored as they are: the visit number in one must not be readable.
		sum := sha256.Sum256([]byte("movement\x00" + v.Visit))
		v.Key = hex.EncodeToString(sum[:16]) + "/" + subject(trigger)
		return false
	}
	v.Key = zbe.Comp(1, 1).String()
	if space := zbe.Comp(1, 2); space.Present() {
		v.Key += "^" + space.String()
	}
	v.Historic = zbe.Field(5).String() == "Y"
	switch strings.ToUpper(zbe.Field(4).String()) {
	case "DELETE", "CANCEL":
		if trigger != "A13" {
			v.Op = alerting.MovementDelete
		}
	case "REFERENCE":
		v.Historic = true
	}
	return true
}

// subject names the movement a trigger is about.
func subject(trigger string) string {
	switch trigger {
	case "A02", "A12":
		return "transfer"
	case "A03", "A13":
		return "discharge"
	}
	return "admission"
}

// merge maps A40: the patient of each MRG is the one of the PID before it.
func (m *mapping) merge(msg *hl7.Message, received time.Time) mapped {
	var out mapped
	for g := range msg.Groups("PID") {
		pid, _ := g.Segment("PID", 0)
		mrg, ok := g.Segment("MRG", 0)
		into, from := listID(pid, 3), ""
		if ok {
			from = listID(mrg, 1)
		}
		if into == "" || from == "" {
			return mapped{Fault: fault("missing_key", "MRG-1", "a merge needs both patient numbers")}
		}
		at := firstTime(m.first(msg, "EVN-6", "EVN-2", "MSH-7"), received)
		out.Moves = append(out.Moves, alerting.Movement{Op: alerting.MovementMerge, Key: "merge/" + from + "/" + into,
			Patient: into, PriorID: from, Start: at, OccurredAt: at})
	}
	if len(out.Moves) == 0 {
		out.Fault = fault("missing_segment", "PID", "the message names no patient")
	}
	return out
}

// patientID reads PID-3. It reaches the store only to be hashed.
func patientID(msg *hl7.Message, segment string, field int) string {
	s, ok := msg.All().Segment(segment, 0)
	if !ok {
		return ""
	}
	return listID(s, field)
}

// listID takes the patient number (type PI) of a list of identifiers, or its first one.
func listID(s hl7.Segment, field int) string {
	first := ""
	for r := range s.Reps(field) {
		id := r.Comp(1).String()
		if r.Comp(5).String() == "PI" && id != "" {
			return id
		}
		if first == "" {
			first = id
		}
	}
	return first
}

// patientName is kept only where the administrator has asked for it, and then encrypted:
// alerts need the bed, not the name.
func patientName(msg *hl7.Message) string {
	family, given := msg.Get("PID-5.1").String(), msg.Get("PID-5.2").String()
	if family == "" || given == "" {
		return family + given
	}
	return family + ", " + given
}

// first returns the first of some places that holds a time.
func (m *mapping) first(msg *hl7.Message, paths ...string) time.Time {
	for _, p := range paths {
		if t := m.time(msg.Get(p)); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func firstTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}
