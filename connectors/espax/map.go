package espax

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors/espax/wire"
)

// startSignal turns a P-START into a signal. The ward is CP-WARD, or the group that is
// called where the source has no wards; CP-BED is taken apart by the configured pattern,
// and is all room where it does not match.
func startSignal(m *wire.Message, ref string, c *Config, beds *regexp.Regexp) alerting.Signal {
	room, bed := splitBed(m.Get("CP-BED"), beds)
	return alerting.Signal{
		Ref:      ref,
		Phase:    alerting.PhaseRaise,
		Kind:     c.SignalKind,
		Priority: priority(m.Get("CP-PRIO"), m.Get("CP-SIGNAL")),
		Ward:     either(m.Get("CP-WARD"), m.Get("CP-GROUPID")),
		Room:     room,
		Bed:      bed,
		Text:     cutBytes(either(m.Get("CP-TEXTMSG"), m.Get("CP-EVENT")), 1000),
		Caller:   either(m.Get("CP-CALLINGNAME"), m.Get("CP-CALLINGNO")),
		At:       m.Sent,
	}
}

// stopPhase tells a reset at the bed from a withdrawn call by CP-PR-MASK, the list of
// stages in which the process is to be stopped. A source that stops it in any stage, or
// also while somebody is already talking or on the way (Conversation, Postprocessing),
// reports that the cause is gone. One that names only the stages before that (Prepared,
// Queued, Active) takes the call back.
func stopPhase(mask string) alerting.Phase {
	for _, stage := range strings.Fields(mask) {
		switch stage {
		case "All", "Conversation", "Postprocessing":
			return alerting.PhaseResolve
		}
	}
	if mask == "" { // required by the schema; a source that leaves it out means everything
		return alerting.PhaseResolve
	}
	return alerting.PhaseCancel
}

// priority takes the higher of CP-PRIO (for people) and CP-SIGNAL (how it sounds): sources
// fill one, the other, or both. Neither, or a word we do not know, is a usual call; so is
// "Special", whose meaning is each vendor's own.
func priority(prio, signal string) alerting.Priority {
	p, known := alerting.Normal, true
	switch prio {
	case "Emergency":
		p = alerting.Emergency
	case "High":
		p = alerting.Urgent
	case "Low":
		p = alerting.Low
	case "Medium", "Standard":
	default:
		known = false
	}
	switch signal {
	case "Emergency":
		return alerting.Emergency
	case "Urgent":
		return max(p, alerting.Urgent)
	case "Standard":
		if !known {
			return alerting.Normal
		}
	}
	return p
}

// splitBed takes CP-BED apart, which has twelve characters for room and bed together and
// no rule for how to write them: hence the pattern in the configuration.
func splitBed(s string, beds *regexp.Regexp) (room, bed string) {
	m := beds.FindStringSubmatch(s)
	if m == nil {
		return s, ""
	}
	return m[beds.SubexpIndex("room")], m[beds.SubexpIndex("bed")]
}

// answerMessage turns an answer into the indication for it; the session is filled in when
// it is sent. The package comment has the table.
func answerMessage(a alerting.Answer, names bool) wire.Message {
	switch a.Kind {
	case alerting.AnswerStarted:
		return process("IND.P-STARTED", a.Ref).With("SP-STATUS", "Active")
	case alerting.AnswerNotAccepted:
		return process("IND.P-ENDED", a.Ref).With("SP-ENDREASON", "Failure").With("SP-RESULT", "Negative")
	case alerting.AnswerEnded:
		reason, result := ending(a.State)
		return process("IND.P-ENDED", a.Ref).With("SP-ENDREASON", reason).With("SP-RESULT", result)
	}
	status, result := eventResult(a.Kind)
	m := process("IND.P-EVENT", a.Ref)
	if number := phoneNumber(a.Extension); number != "" {
		m = m.With("SS-SBSCRNO", number)
	} else if a.Name != "" {
		m = m.With("SS-SBSCRID", shortID(a.Name))
	}
	if names {
		m = m.With("SS-SBSCRDATA", wire.Cut("SS-SBSCRDATA", a.Name))
	}
	return m.With("SS-STATUS", status).With("SS-RESULT", result)
}

// process begins an indication about one process. The number (TAN) is derived from the
// reference, so that it is the same after a restart; a reference we gave ourselves, for a
// source that has none, is not sent.
func process(name, ref string) wire.Message {
	m := wire.Message{Name: name}
	if !strings.HasPrefix(ref, ownRef) {
		m = m.With("CP-PR-REF", ref)
	}
	return m.With("SP-PR-TAN", strconv.FormatUint(tan(ref), 10))
}

// eventResult gives SS-STATUS and SS-RESULT. Only Reached leaves the person's part of the
// process running; after every other result the source may show the next one.
func eventResult(k alerting.AnswerKind) (status, result string) {
	switch k {
	case alerting.AnswerReached:
		return "Processing", "Reached"
	case alerting.AnswerAccepted:
		return "Completed", "Accepted"
	case alerting.AnswerRejected:
		return "Completed", "Rejected"
	case alerting.AnswerBusy:
		return "Completed", "Busy"
	case alerting.AnswerNoAnswer:
		return "Completed", "No answer"
	case alerting.AnswerOffDuty:
		return "Completed", "Off duty"
	}
	return "Processing", "None"
}

// ending tells the source how its process ended. Resolved is the ordinary end, whoever had
// accepted before; an alert that ran out of time is a failure of ours and says so.
func ending(s alerting.State) (reason, result string) {
	switch s {
	case alerting.Cancelled:
		return "Client", "None"
	case alerting.Expired, alerting.Exhausted:
		return "Failure", "Negative"
	case alerting.Silenced, alerting.Suppressed:
		return "Operator", "None"
	}
	return "Finished", "Positive confirmed"
}

// status is SP-STATUS of a running alert.
func status(s alerting.State) string {
	switch s {
	case alerting.Raised:
		return "Prepared"
	case alerting.Routed:
		return "Queued"
	case alerting.Accepted, alerting.Arrived:
		return "Postprocessing"
	}
	return "Active"
}

// ownRef begins the references of calls that came without CP-PR-REF; the TAN follows.
const ownRef = "tan:"

// tan returns the server's number of a process: 48 bits, so that sources which keep it in
// a double or a signed 64-bit number hold it exactly.
func tan(ref string) uint64 {
	if n, ok := strings.CutPrefix(ref, ownRef); ok {
		if v, err := strconv.ParseUint(n, 10, 64); err == nil {
			return v
		}
	}
	sum := sha256.Sum256([]byte(ref))
	return binary.BigEndian.Uint64(sum[:8])>>16 | 1 // never 0, which means "no process"
}

// shortID tells apart people without a number. It is no phone number and cannot be taken
// for one.
func shortID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "u" + hex.EncodeToString(sum[:4])
}

// phoneNumber keeps what SS-SBSCRNO may hold.
func phoneNumber(s string) string {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789+-/()*#", r) {
			return r
		}
		return -1
	}, s)
	return wire.Cut("SS-SBSCRNO", kept)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// cutBytes shortens s to at most n bytes on a whole character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
