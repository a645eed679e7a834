// Package ical reads the events of an iCalendar file (RFC 5545) as single happenings within a
// window: repetitions are expanded, exceptions and moved ones taken into account.
//
// A calendar comes from outside and a repetition rule is a small program, so everything is
// bounded: bytes, nesting, events, the rules that are understood, and the steps they may take.
package ical

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	goical "github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// The bounds. A happening that lies outside of the window is left out in silence.
const (
	MaxBytes     = 5 << 20
	Window       = 400 * 24 * time.Hour
	maxDepth     = 8
	maxEvents    = 20_000
	maxHappening = 20_000
	maxSteps     = 1_000_000 // of all rules of a file
	maxNever     = 5         // rules that never come true: each is searched for up to the year 9999
	maxText      = 1000
)

// Event is one happening.
type Event struct {
	UID      string // of the file, with the day where it repeats
	Summary  string
	Location string
	People   []string // addresses of attendees without "mailto:", or else one name
	From     time.Time
	Until    time.Time
	Record   string
}

// Fault is an event that could not be used.
type Fault struct {
	Record string
	Code   string // "times", "bad_value", "rule"
}

// Error is why a whole file is refused; Code is a named fault of a run.
type Error struct{ Code, Text string }

func (e *Error) Error() string { return e.Code + ": " + e.Text }

// Read returns what happens between from and from + Window, by time. Times without a zone, and
// zones nobody knows, are of loc.
func Read(data []byte, from time.Time, loc *time.Location) ([]Event, []Fault, error) {
	if err := check(data); err != nil {
		return nil, nil, err
	}
	cal, err := decode(data)
	if err != nil {
		return nil, nil, err
	}
	events := cal.Events()
	if len(events) > maxEvents {
		return nil, nil, &Error{"too_large", fmt.Sprintf("the calendar has more than %d events", maxEvents)}
	}
	r := &reader{from: from, until: from.Add(Window), loc: loc, moved: map[string]bool{}}
	return r.read(events)
}

// check bounds what the decoder recurses over, and what it would take into memory.
func check(data []byte) error {
	if len(data) > MaxBytes {
		return &Error{"too_large", fmt.Sprintf("the calendar has more than %d MiB", MaxBytes>>20)}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return &Error{"encoding", "the calendar is no text in UTF-8"}
	}
	depth := 0
	for line := range bytes.Lines(data) {
		switch upper := strings.ToUpper(string(line[:min(len(line), 6)])); {
		case upper == "BEGIN:":
			depth++
		case strings.HasPrefix(upper, "END:"):
			depth--
		}
		if depth > maxDepth {
			return &Error{"malformed", "the calendar is nested too deeply"}
		}
	}
	return nil
}

// decode turns what the decoder panics at (lines without a value) into the error it is.
func decode(data []byte) (cal *goical.Calendar, err error) {
	malformed := &Error{"malformed", "the file is no readable calendar"}
	defer func() {
		if recover() != nil {
			cal, err = nil, malformed
		}
	}()
	if cal, err = goical.NewDecoder(bytes.NewReader(data)).Decode(); err != nil {
		return nil, malformed
	}
	return cal, nil
}

type reader struct {
	from, until time.Time
	loc         *time.Location
	moved       map[string]bool // uid and time of happenings that have an event of their own
	steps       int
	never       int
	out         []Event
	faults      []Fault
}

func (r *reader) read(events []goical.Event) ([]Event, []Fault, error) {
	for _, e := range events {
		if p := e.Props.Get(goical.PropRecurrenceID); p != nil {
			if at, _, err := r.time(p); err == nil {
				r.moved[text(e, goical.PropUID)+" "+at.UTC().String()] = true
			}
		}
	}
	for i, e := range events {
		record := fmt.Sprintf("event %d", i+1)
		if err := r.event(e, record); err != nil {
			return nil, nil, err
		}
		if len(r.out) > maxHappening {
			return nil, nil, &Error{"too_large", fmt.Sprintf("the calendar has more than %d happenings in %d days", maxHappening, Window/(24*time.Hour))}
		}
	}
	slices.SortStableFunc(r.out, func(a, b Event) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.UID, b.UID)) })
	return r.out, r.faults, nil
}

func (r *reader) fault(record, code string) error {
	r.faults = append(r.faults, Fault{record, code})
	return nil
}

// event takes one VEVENT with all its happenings.
func (r *reader) event(e goical.Event, record string) error {
	if strings.EqualFold(text(e, goical.PropStatus), "CANCELLED") {
		return nil
	}
	begin, end, days, err := r.span(e)
	if err != nil {
		return r.fault(record, "times")
	}
	base := Event{UID: text(e, goical.PropUID), Summary: text(e, goical.PropSummary), Location: text(e, goical.PropLocation), People: people(e), Record: record}
	if len(base.Summary) > maxText || len(base.Location) > maxText || len(base.UID) > maxText {
		return r.fault(record, "bad_value")
	}
	if e.Props.Get(goical.PropRecurrenceRule) == nil && len(e.Props[goical.PropRecurrenceDates]) == 0 || e.Props.Get(goical.PropRecurrenceID) != nil {
		base.From, base.Until = begin, end
		if e.Props.Get(goical.PropRecurrenceID) != nil {
			base.UID += "/" + begin.UTC().Format("20060102T150405Z")
		}
		r.take(base)
		return nil
	}
	return r.repeated(e, base, begin, end.Sub(begin), days)
}

// repeated expands a rule; one that the library cannot stand is a fault of its event.
func (r *reader) repeated(e goical.Event, base Event, begin time.Time, length time.Duration, days int) (err error) {
	before := len(r.out)
	defer func() {
		if recover() != nil {
			r.out = r.out[:before]
			err = r.fault(base.Record, "rule")
		}
	}()
	set, ok := r.set(e, begin)
	if !ok {
		return r.fault(base.Record, "rule")
	}
	return r.expand(set, base, length, days)
}

func (r *reader) take(e Event) {
	if e.Until.After(r.from) && e.From.Before(r.until) {
		r.out = append(r.out, e)
	}
}

// expand walks a rule up to the end of the window. A shift that begins at six begins at six
// in the other half of the year too; its length is that on the clock of the first.
func (r *reader) expand(set *rrule.Set, base Event, length time.Duration, days int) error {
	if rule := set.GetRRule(); rule != nil {
		if _, ok := rule.Iterator()(); !ok {
			if r.never++; r.never > maxNever {
				return &Error{"malformed", "too many rules of the calendar never come true"}
			}
			return r.fault(base.Record, "rule")
		}
	}
	next := set.Iterator()
	for {
		at, ok := next()
		if !ok || !at.Before(r.until) {
			break
		}
		if r.steps++; r.steps > maxSteps {
			return &Error{"too_large", "the rules of the calendar repeat too often"}
		}
		if r.moved[base.UID+" "+at.UTC().String()] {
			continue
		}
		e := base
		e.UID += "/" + at.UTC().Format("20060102T150405Z")
		e.From, e.Until = at, at.Add(length)
		if days > 0 {
			e.Until = at.AddDate(0, 0, days)
		}
		r.take(e)
		if len(r.out) > maxHappening {
			return nil // refused by the caller
		}
	}
	return nil
}

// span returns when an event begins and ends; days is set for whole days.
func (r *reader) span(e goical.Event) (begin, end time.Time, days int, err error) {
	start := e.Props.Get(goical.PropDateTimeStart)
	if start == nil {
		return begin, end, 0, fmt.Errorf("no start")
	}
	begin, whole, err := r.time(start)
	if err != nil {
		return begin, end, 0, err
	}
	switch stop, length := e.Props.Get(goical.PropDateTimeEnd), e.Props.Get(goical.PropDuration); {
	case stop != nil:
		end, _, err = r.time(stop)
	case length != nil:
		var d time.Duration
		d, err = length.Duration()
		end = begin.Add(d)
	case whole:
		end = begin.AddDate(0, 0, 1)
	default:
		err = fmt.Errorf("no end")
	}
	if err == nil && !end.After(begin) {
		err = fmt.Errorf("ends before it begins")
	}
	if whole && err == nil {
		days = int((end.Sub(begin) + 12*time.Hour) / (24 * time.Hour)) // a day may have 23 or 25 hours
	}
	return begin, end, days, err
}

// time reads a property. Programs name zones of their own ("W. Europe Standard Time"); the
// clinic's is the best guess for those.
func (r *reader) time(p *goical.Prop) (at time.Time, whole bool, err error) {
	whole = p.ValueType() == goical.ValueDate || len(p.Value) == len("20060102")
	if whole {
		at, err = time.ParseInLocation("20060102", p.Value, r.loc)
		return at, true, inReach(at, err)
	}
	loc := r.loc
	if name := p.Params.Get(goical.PropTimezoneID); name != "" && len(name) < 64 {
		if known, err := time.LoadLocation(name); err == nil {
			loc = known
		}
	}
	if strings.HasSuffix(p.Value, "Z") {
		at, err = time.Parse("20060102T150405Z", p.Value)
	} else {
		at, err = time.ParseInLocation("20060102T150405", p.Value, loc)
	}
	return at, false, inReach(at, err)
}

// inReach refuses years that rules stumble over.
func inReach(at time.Time, err error) error {
	if err == nil && (at.Year() < 1900 || at.Year() > 2200) {
		return fmt.Errorf("year out of range")
	}
	return err
}

// set builds a rule with its exceptions. Rules finer than days are not for rosters, and those
// by the number of a day in the year can be made to search for ever.
func (r *reader) set(e goical.Event, begin time.Time) (*rrule.Set, bool) {
	set := &rrule.Set{}
	if rules := e.Props[goical.PropRecurrenceRule]; len(rules) == 1 {
		rule, ok := r.rule(rules[0].Value, begin)
		if !ok {
			return nil, false
		}
		set.RRule(rule)
	} else if len(rules) > 1 {
		return nil, false
	} else {
		set.RDate(begin)
	}
	set.DTStart(begin)
	return set, r.dates(e, goical.PropExceptionDates, set.ExDate) && r.dates(e, goical.PropRecurrenceDates, set.RDate)
}

func (r *reader) rule(value string, begin time.Time) (*rrule.RRule, bool) {
	if len(value) > maxText {
		return nil, false
	}
	o, err := rrule.StrToROptionInLocation(value, begin.Location())
	if err != nil || o.Freq > rrule.DAILY || o.Interval < 0 || o.Interval > 1000 || o.Count < 0 {
		return nil, false
	}
	if len(o.Byyearday)+len(o.Byweekno)+len(o.Byeaster)+len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Bysetpos) > 0 {
		return nil, false
	}
	if o.Freq == rrule.DAILY && len(o.Bymonthday) > 0 {
		return nil, false
	}
	o.Dtstart = begin
	rule, err := rrule.NewRRule(*o)
	return rule, err == nil
}

func (r *reader) dates(e goical.Event, name string, add func(time.Time)) bool {
	n := 0
	for _, p := range e.Props[name] {
		for value := range strings.SplitSeq(p.Value, ",") {
			one := p
			one.Value = strings.TrimSpace(value)
			at, _, err := r.time(&one)
			if n++; err != nil || n > 2000 {
				return false
			}
			add(at)
		}
	}
	return true
}

func text(e goical.Event, name string) string {
	s, err := e.Props.Text(name)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
}

// people are the attendees that have not declined, or else whom CONTACT or DESCRIPTION names.
func people(e goical.Event) []string {
	out := []string{}
	for _, p := range e.Props[goical.PropAttendee] {
		if strings.EqualFold(p.Params.Get(goical.ParamParticipationStatus), "DECLINED") {
			continue
		}
		who := strings.TrimSpace(p.Value)
		if len(who) > 7 && strings.EqualFold(who[:7], "mailto:") {
			who = who[7:]
		}
		if who != "" && len(who) <= 255 && !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	for _, name := range []string{goical.PropContact, goical.PropDescription} {
		if who := text(e, name); len(out) == 0 && who != "" && len(who) <= 255 {
			out = append(out, who)
		}
	}
	return out
}
