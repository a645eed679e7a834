package ical

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	berlin = func() *time.Location {
		l, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			panic(err)
		}
		return l
	}()
	start = time.Date(2026, 10, 1, 0, 0, 0, 0, berlin)
)

func calendar(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT"
}

// times writes happenings for comparison, in Berlin.
func times(events []Event) (out []string) {
	for _, e := range events {
		out = append(out, e.From.In(berlin).Format("02.01. 15:04")+"-"+e.Until.In(berlin).Format("02.01. 15:04"))
	}
	return out
}

func TestHappenings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data []byte
		want []string
	}{
		"single":       {calendar(event("UID:1", "DTSTART;TZID=Europe/Berlin:20261005T060000", "DTEND;TZID=Europe/Berlin:20261005T140000")), []string{"05.10. 06:00-05.10. 14:00"}},
		"UTC":          {calendar(event("UID:1", "DTSTART:20261005T040000Z", "DURATION:PT8H")), []string{"05.10. 06:00-05.10. 14:00"}},
		"floating":     {calendar(event("UID:1", "DTSTART:20261005T060000", "DTEND:20261005T140000")), []string{"05.10. 06:00-05.10. 14:00"}},
		"other zone":   {calendar(event("UID:1", "DTSTART;TZID=America/New_York:20261005T000000", "DTEND;TZID=America/New_York:20261005T080000")), []string{"05.10. 06:00-05.10. 14:00"}},
		"unknown zone": {calendar(event("UID:1", "DTSTART;TZID=W. Europe Standard Time:20261005T060000", "DTEND;TZID=W. Europe Standard Time:20261005T140000")), []string{"05.10. 06:00-05.10. 14:00"}},
		"all day":      {calendar(event("UID:1", "DTSTART;VALUE=DATE:20261005")), []string{"05.10. 00:00-06.10. 00:00"}},
		"all day over the change of clocks": {calendar(event("UID:1", "DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261026", "RRULE:FREQ=DAILY;COUNT=2")),
			[]string{"24.10. 00:00-26.10. 00:00", "25.10. 00:00-27.10. 00:00"}},
		"over the change of clocks": {calendar(event("UID:1", "DTSTART;TZID=Europe/Berlin:20261024T060000", "DTEND;TZID=Europe/Berlin:20261024T140000", "RRULE:FREQ=DAILY;COUNT=3")),
			[]string{"24.10. 06:00-24.10. 14:00", "25.10. 06:00-25.10. 14:00", "26.10. 06:00-26.10. 14:00"}},
		"weekly with an exception": {calendar(event("UID:1", "DTSTART;TZID=Europe/Berlin:20261005T060000", "DTEND;TZID=Europe/Berlin:20261005T140000",
			"RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261014T235959Z", "EXDATE;TZID=Europe/Berlin:20261007T060000,20261012T060000")),
			[]string{"05.10. 06:00-05.10. 14:00", "14.10. 06:00-14.10. 14:00"}},
		"one moved": {calendar(event("UID:1", "DTSTART:20261005T040000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=3"),
			event("UID:1", "RECURRENCE-ID:20261006T040000Z", "DTSTART:20261006T120000Z", "DURATION:PT8H")),
			[]string{"05.10. 06:00-05.10. 14:00", "06.10. 14:00-06.10. 22:00", "07.10. 06:00-07.10. 14:00"}},
		"one cancelled": {calendar(event("UID:1", "DTSTART:20261005T040000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=3"),
			event("UID:1", "RECURRENCE-ID:20261006T040000Z", "STATUS:CANCELLED", "DTSTART:20261006T040000Z", "DURATION:PT8H")),
			[]string{"05.10. 06:00-05.10. 14:00", "07.10. 06:00-07.10. 14:00"}},
		"cancelled":  {calendar(event("UID:1", "STATUS:CANCELLED", "DTSTART:20261005T040000Z", "DURATION:PT8H")), nil},
		"more dates": {calendar(event("UID:1", "DTSTART:20261005T040000Z", "DURATION:PT8H", "RDATE:20261008T040000Z")), []string{"05.10. 06:00-05.10. 14:00", "08.10. 06:00-08.10. 14:00"}},
		"past":       {calendar(event("UID:1", "DTSTART:20260105T040000Z", "DURATION:PT8H")), nil},
		"far":        {calendar(event("UID:1", "DTSTART:20301005T040000Z", "DURATION:PT8H")), nil},
		"since long": {calendar(event("UID:1", "DTSTART:20200930T040000Z", "DURATION:PT8H", "RRULE:FREQ=YEARLY;UNTIL=20271001T000000Z")), []string{"30.09. 06:00-30.09. 14:00"}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, faults, err := Read(c.data, start, berlin)
			if d := cmp.Diff(c.want, times(got)); d != "" || err != nil || len(faults) > 0 {
				t.Errorf("%s %v %v", d, faults, err)
			}
		})
	}
}

func TestHappeningsHaveStableNames(t *testing.T) {
	t.Parallel()
	data := calendar(event("UID:1", "DTSTART:20261005T040000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=3"))
	a, _, _ := Read(data, start, berlin)
	b, _, _ := Read(data, start.AddDate(0, 0, 5), berlin)
	if a[1].UID != b[0].UID || a[0].UID == a[1].UID {
		t.Errorf("%v %v", a, b)
	}
}

func TestWhoAndWhat(t *testing.T) {
	t.Parallel()
	got, _, err := Read(calendar(
		event("UID:1", "SUMMARY:4B/Pflege\\, früh", "LOCATION: Haus  2 ", "DTSTART:20261005T040000Z", "DURATION:PT8H",
			"ATTENDEE;CN=A:mailto:a@klinik.example", "ATTENDEE;PARTSTAT=DECLINED:mailto:b@klinik.example", "ATTENDEE:MAILTO:c@klinik.example", "ATTENDEE:mailto:a@klinik.example"),
		event("UID:2", "SUMMARY:x", "CONTACT:10001", "DESCRIPTION:egal", "DTSTART:20261006T040000Z", "DURATION:PT8H"),
		event("UID:3", "SUMMARY:x", "DESCRIPTION:10002", "DTSTART:20261007T040000Z", "DURATION:PT8H")), start, berlin)
	if err != nil {
		t.Fatal(err)
	}
	if e := got[0]; e.Summary != "4B/Pflege, früh" || e.Location != "Haus 2" || cmp.Diff([]string{"a@klinik.example", "c@klinik.example"}, e.People) != "" {
		t.Errorf("%+v", e)
	}
	if got[1].People[0] != "10001" || got[2].People[0] != "10002" || got[2].Record != "event 3" {
		t.Errorf("%+v", got)
	}
}

func TestFaultsAndRefusals(t *testing.T) {
	t.Parallel()
	at := []string{"UID:1", "DTSTART:20261005T040000Z", "DURATION:PT8H"}
	many := func(n int, rule string) []byte {
		var all []string
		for i := range n {
			all = append(all, event(fmt.Sprint("UID:", i), "DTSTART:20261005T040000Z", "DURATION:PT8H", rule))
		}
		return calendar(all...)
	}
	tests := map[string]struct {
		data  []byte
		fault string
		code  string
	}{
		"no start":       {calendar(event("UID:1", "DTEND:20261005T040000Z")), "times", ""},
		"no end":         {calendar(event("UID:1", "DTSTART:20261005T040000Z")), "times", ""},
		"backwards":      {calendar(event("UID:1", "DTSTART:20261005T040000Z", "DTEND:20261005T030000Z")), "times", ""},
		"bad time":       {calendar(event("UID:1", "DTSTART:soon", "DURATION:PT8H")), "times", ""},
		"year 0":         {calendar(event("UID:1", "DTSTART:00001001", "DTEND:20261001T000000", "RRULE:FREQ=WEEKLY")), "times", ""},
		"year 9999":      {calendar(event("UID:1", "DTSTART:99990101T000000Z", "DURATION:PT8H")), "times", ""},
		"each second":    {calendar(event(append(at, "RRULE:FREQ=SECONDLY")...)), "rule", ""},
		"each hour":      {calendar(event(append(at, "RRULE:FREQ=HOURLY")...)), "rule", ""},
		"by second":      {calendar(event(append(at, "RRULE:FREQ=DAILY;BYSECOND=1,2,3")...)), "rule", ""},
		"two rules":      {calendar(event(append(at, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY")...)), "rule", ""},
		"no rule":        {calendar(event(append(at, "RRULE:FREQ=SOMETIMES")...)), "rule", ""},
		"bad exception":  {calendar(event(append(at, "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:never")...)), "rule", ""},
		"long name":      {calendar(event(append(at, "SUMMARY:"+strings.Repeat("x", 1001))...)), "bad_value", ""},
		"not a calendar": {[]byte("BEGIN:VCARD\r\nEND:VCARD\r\n"), "", "malformed"},
		"a bare line":    {[]byte("BEGIN:VCALENDAR\r\n;;\r\nEND:VCALENDAR\r\n"), "", "malformed"},
		"line ends":      {[]byte("\n\r\n0"), "", "malformed"},
		"cut off":        {[]byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"), "", "malformed"},
		"deep":           {[]byte(strings.Repeat("BEGIN:VCALENDAR\r\n", 100_000)), "", "malformed"},
		"too large":      {make([]byte, MaxBytes+1), "", "too_large"},
		"UTF-16":         {[]byte("B\x00E\x00"), "", "encoding"},
		"never":          {calendar(event(append(at, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")...)), "rule", ""},
		"often never":    {many(60, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"), "", "malformed"},
		"all taken out":  {many(60, "RRULE:FREQ=DAILY;COUNT=1\r\nEXDATE:20261005T040000Z"), "", ""},
		"for ever":       {many(60, "RRULE:FREQ=DAILY"), "", "too_large"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults, err := Read(c.data, start, berlin)
			var e *Error
			errors.As(err, &e)
			if (e == nil) != (c.code == "") || e != nil && e.Code != c.code || c.fault != "" && (len(faults) != 1 || faults[0].Code != c.fault) {
				t.Errorf("%v %v", faults, err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(calendar(event("UID:1", "DTSTART;TZID=Europe/Berlin:20261005T060000", "DTEND:20261005T140000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=9", "EXDATE:20261007T060000")))
	f.Add(calendar(event("DTSTART;VALUE=DATE:20261005", "RDATE:20261007", "ATTENDEE:mailto:x", "RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=-1SU")))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, _, err := Read(data, start, berlin)
		if err != nil {
			return
		}
		for _, e := range events {
			if !e.Until.After(start) || !e.From.Before(start.Add(Window)) || !e.Until.After(e.From) {
				t.Fatalf("%+v", e)
			}
		}
	})
}
