package hl7v2

import (
	"strings"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7"
)

// mapping turns messages into our words. It is pure: the same message and configuration
// give the same result.
type mapping struct {
	keyType, loginType string
	keepName           bool
	loc                *time.Location
	extra              []extra
}

type extra struct {
	path  hl7.Path
	field directory.Field
}

// mapped is what a message came to.
type mapped struct {
	Changes  []directory.Change  `json:"changes,omitempty"`
	Moves    []alerting.Movement `json:"moves,omitempty"`
	Records  []record            `json:"records,omitempty"` // of an MFN, for its MFK
	Warnings []string            `json:"warnings,omitempty"`
	// Fault is set when the whole message, or with Changes some of its records, came to
	// nothing.
	Fault *connectors.Fault `json:"fault,omitempty"`

	level string            // MFI-6: which records the sender wants to hear about
	file  map[string]string // components of MFI-1 to MFI-3 by their place, echoed
	kind  string            // trigger of the notification, which its MFK repeats
}

// record is one MFE of a master file notification and what became of it.
type record struct {
	Event   string            `json:"event"`
	Control string            `json:"control"`
	Key     string            `json:"key"` // MFE-4.1 and MFE-5, echoed
	KeyType string            `json:"key_type"`
	Fault   *connectors.Fault `json:"fault,omitempty"`

	parts []string // all components of MFE-4: a key may have several (data type PL)
}

// message maps one message. Types that are well-formed and not used come to a fault
// "unknown_type"; received is the time of last resort where a message states none.
func (m *mapping) message(msg *hl7.Message, received time.Time) mapped {
	out := m.dispatch(msg, received)
	out.scrub()
	return out
}

// scrub takes out NUL, which an escape such as \X00\ can put into any text and which the
// database refuses: without this, one such message would be asked for again for ever.
func (out *mapped) scrub() {
	for i := range out.Changes {
		c := &out.Changes[i]
		c.Key = clean(c.Key)
		for f, v := range c.Fields {
			c.Fields[f] = directory.Value{Text: clean(v.Text), Null: v.Null}
		}
		for j := range c.Units {
			u := &c.Units[j]
			u.Code, u.Name, u.Parent = clean(u.Code), clean(u.Name), clean(u.Parent)
		}
	}
	for i := range out.Moves {
		v := &out.Moves[i]
		for _, s := range []*string{&v.Key, &v.Visit, &v.Patient, &v.PriorID, &v.Name, &v.Ward, &v.Room, &v.Bed} {
			*s = clean(*s)
		}
	}
}

func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

func (m *mapping) dispatch(msg *hl7.Message, received time.Time) mapped {
	h := msg.Header()
	switch h.Type {
	case "MFN":
		switch h.Trigger {
		case "M02":
			return m.masterFile(msg)
		case "M05":
			return m.locations(msg)
		}
	case "PMU":
		return m.personnel(msg, h.Trigger)
	case "ADT":
		return m.admission(msg, h.Trigger, received)
	}
	return unknownType()
}

func unknownType() mapped {
	return mapped{Fault: fault("unknown_type", "MSH-9", "messages of this type are stored and not used")}
}

func fault(name, where, reason string) *connectors.Fault {
	return &connectors.Fault{Name: name, Where: where, Reason: reason}
}

// time reads a timestamp; absent and unreadable ones are zero.
func (m *mapping) time(v hl7.Value) time.Time {
	if !v.Present() {
		return time.Time{}
	}
	t, err := hl7.ParseTime(v.String(), m.loc)
	if err != nil {
		return time.Time{}
	}
	return t.Time
}
