package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// dayLayouts are the ways of writing a day, the time of day apart.
var dayLayouts = [...]string{time.DateOnly, "2.1.2006", "2.1.06", "20060102", "2006/1/2", "2006.1.2"}

var clockLayouts = [...]string{"15:04", "15:04:05", "15.04", "1504"}

// readDay reads a day as German and ISO writing have it, or as the number spreadsheets keep.
// Writing with slashes that begins with the day is left out: 03/04 is two different days.
func readDay(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range dayLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return sensible(t)
		}
	}
	if day, clock, ok := cutClock(s); ok {
		if _, ok := readClock(clock); ok && day != s {
			return readDay(day)
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 && !math.IsInf(n, 0) {
		return sensible(serial(n, false))
	}
	return time.Time{}, false
}

// sensible refuses years nobody works in: a slip of the keyboard or a number that is no day.
func sensible(t time.Time) (time.Time, bool) {
	if t.Year() < 1900 || t.Year() > 2200 {
		return time.Time{}, false
	}
	return t, true
}

// serial turns the number of days a spreadsheet counts into a time. The first system takes
// 1900 for a leap year, so days before March 1900 are off by one; the other begins in 1904.
func serial(n float64, from1904 bool) time.Time {
	n = min(max(n, -1e6), 1e6)
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	days := math.Floor(n)
	seconds := math.Round((n - days) * 86400)
	return base.AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second)
}

// readClock reads a time of day; 24:00 is the end of the day.
func readClock(s string) (time.Duration, bool) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "Uhr"))
	if s == "24:00" || s == "24:00:00" {
		return 24 * time.Hour, true
	}
	for _, layout := range clockLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Sub(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)), true
		}
	}
	return 0, false
}

// cutClock parts "31.12.2026 07:00" and "2026-12-31T07:00".
func cutClock(s string) (day, clock string, ok bool) {
	i := strings.LastIndexAny(s, " T")
	if i <= 0 {
		return s, "", false
	}
	return strings.TrimSpace(s[:i]), s[i+1:], true
}

// readTime reads a day with a time of day in loc.
func readTime(s string, loc *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return sensible(t)
	}
	s = strings.TrimSpace(strings.TrimSuffix(s, "Uhr"))
	day, clock, ok := cutClock(s)
	if !ok {
		return time.Time{}, false
	}
	d, okDay := readDay(day)
	c, okClock := readClock(clock)
	if !okDay || !okClock {
		return time.Time{}, false
	}
	return at(d, c, loc), true
}

// at is a time of day on a day. It counts on the clock, not in hours, so that a night in
// which clocks change keeps its ends.
func at(day time.Time, clock time.Duration, loc *time.Location) time.Time {
	minutes := int(clock / time.Minute)
	return time.Date(day.Year(), day.Month(), day.Day(), minutes/60, minutes%60, int(clock%time.Minute/time.Second), 0, loc)
}
