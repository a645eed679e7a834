package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors/sheet/ical"
	"github.com/wardline/wardline/directory"
)

// longestShift is what a roster may plan at once.
const longestShift = 72 * time.Hour

// Shifts maps a table of duties. The error says that the mapping cannot work at all; a row
// that cannot be used is a fault of its own. Times without a zone are of loc.
func Shifts(t *Table, m Mapping, loc *time.Location) ([]directory.Shift, []directory.RosterFault, error) {
	columns := m.columns(t)
	if err := refuseLacking(t, columns); err != nil {
		return nil, nil, err
	}
	for f, c := range columns {
		if len(c) > 1 {
			return nil, nil, refuse("malformed", "more than one column means %s", f)
		}
	}
	r := rosterReader{table: t, columns: columns, loc: loc}
	shifts, faults := []directory.Shift{}, []directory.RosterFault{}
	for _, row := range t.Rows {
		if s, fault := r.row(row); fault.Code != "" {
			fault.Record = RecordOf(row.Number)
			faults = append(faults, fault)
		} else {
			shifts = append(shifts, s)
		}
	}
	return shifts, faults, nil
}

type rosterReader struct {
	table   *Table
	columns map[Field][]int
	loc     *time.Location
}

func (r *rosterReader) cell(row Row, f Field) string {
	if len(r.columns[f]) == 0 {
		return ""
	}
	return row.At(r.columns[f][0])
}

func (r *rosterReader) row(row Row) (directory.Shift, directory.RosterFault) {
	s := directory.Shift{Record: RecordOf(row.Number), Unit: r.cell(row, Unit), Role: r.cell(row, Role), Person: r.cell(row, Staff), UID: r.cell(row, Reference)}
	for _, c := range r.columns {
		if slices.Contains(row.Formulas, c[0]) {
			return s, directory.RosterFault{Code: "formula"}
		}
	}
	if unit, role, ok := strings.Cut(s.Role, "/"); ok && len(r.columns[Unit]) == 0 {
		s.Unit, s.Role = strings.TrimSpace(unit), strings.TrimSpace(role)
	}
	switch {
	case row.Fault != "" || len(s.Unit) > 64 || len(s.Role) > 100 || len(s.Person) > 255 || len(s.UID) > 255:
		return s, directory.RosterFault{Code: "bad_value"}
	case s.Role == "":
		return s, directory.RosterFault{Code: "unknown_role"}
	case s.Person == "":
		return s, directory.RosterFault{Code: "unknown_person"}
	}
	var ok bool
	if s.From, s.Until, ok = r.times(row); !ok || !s.Until.After(s.From) || s.Until.Sub(s.From) > longestShift {
		return s, directory.RosterFault{Code: "times"}
	}
	if s.UID == "" {
		s.UID = uidOf(s)
	}
	return s, directory.RosterFault{}
}

// times reads both ends. Beside a day they may be times of day alone; an end that is not
// after its beginning is of the next morning.
func (r *rosterReader) times(row Row) (from, until time.Time, ok bool) {
	day, hasDay := readDay(r.cell(row, Day))
	begin, isClock := readClock(r.cell(row, From))
	if isClock {
		if !hasDay {
			return from, until, false
		}
		from = at(day, begin, r.loc)
	} else if from, ok = readTime(r.cell(row, From), r.loc); !ok {
		return from, until, false
	}
	end, isClock := readClock(r.cell(row, Until))
	if !isClock {
		until, ok = readTime(r.cell(row, Until), r.loc)
		return from, until, ok
	}
	y, m, d := from.Date()
	until = at(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), end, r.loc)
	if !until.After(from) {
		until = at(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), end, r.loc)
	}
	return from, until, true
}

// uidOf names a shift of a source that names none, the same for the same shift.
func uidOf(s directory.Shift) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.Unit, s.Role, s.Person, s.From.UTC().Format(time.RFC3339), s.Until.UTC().Format(time.RFC3339)}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// IsCalendar reports whether a file is to be read as an iCalendar one (RFC 5545): by its content,
// or by its name where the content is nothing else that is known.
func IsCalendar(name string, data []byte) bool {
	return isCalendar(data) || strings.EqualFold(filepath.Ext(name), ".ics") && refuseOther(data) == nil
}

// Calendar reads the duties of a calendar that lie in the 400 days from a time on. SUMMARY is
// the role ("4B/Pflege" or a name unique in the clinic), LOCATION its unit where the role does
// not say it, and each ATTENDEE a person by mail address; without one, CONTACT or DESCRIPTION
// holds the staff number or login.
func Calendar(data []byte, from time.Time, loc *time.Location) ([]directory.Shift, []directory.RosterFault, error) {
	events, faults, err := ical.Read(bytes.TrimPrefix(data, []byte(bom)), from, loc)
	if err != nil {
		var bad *ical.Error
		if errors.As(err, &bad) {
			return nil, nil, refuse(bad.Code, "%s", bad.Text)
		}
		return nil, nil, refuse("malformed", "the file is no readable calendar")
	}
	shifts, out := []directory.Shift{}, []directory.RosterFault{}
	for _, f := range faults {
		out = append(out, directory.RosterFault{Record: f.Record, Code: f.Code})
	}
	for _, e := range events {
		s := directory.Shift{UID: e.UID, Unit: e.Location, Role: e.Summary, From: e.From, Until: e.Until, Record: e.Record}
		if unit, role, ok := strings.Cut(e.Summary, "/"); ok {
			s.Unit, s.Role = strings.TrimSpace(unit), strings.TrimSpace(role)
		}
		if code := eventFault(s, e); code != "" {
			out = append(out, directory.RosterFault{Record: e.Record, Code: code})
			continue
		}
		for _, who := range e.People {
			s.Person = who
			if len(e.People) > 1 {
				s.UID = e.UID + "/" + who
			}
			if len(s.UID) > 255 {
				s.UID = uidOf(s)
			}
			shifts = append(shifts, s)
		}
	}
	return shifts, out, nil
}

func eventFault(s directory.Shift, e ical.Event) string {
	switch {
	case s.Role == "":
		return "unknown_role"
	case len(e.People) == 0:
		return "unknown_person"
	case len(s.Unit) > 64 || len(s.Role) > 100 || len(e.People) > 50:
		return "bad_value"
	case !s.Until.After(s.From) || s.Until.Sub(s.From) > longestShift:
		return "times"
	}
	return ""
}

// ReadRoster reads a roster of any format: a calendar, or a table by the mapping that was
// remembered for its header or is suggested for it.
func ReadRoster(name string, data []byte, m Mapping, from time.Time, loc *time.Location) ([]directory.Shift, []directory.RosterFault, error) {
	if IsCalendar(name, data) {
		return Calendar(data, from, loc)
	}
	t, err := Read(name, data)
	if err != nil {
		return nil, nil, err
	}
	if len(m) == 0 {
		m = SuggestFor(Roster, t.Header)
	}
	return Shifts(t, m, loc)
}
