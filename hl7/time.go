package hl7

import (
	"fmt"
	"time"
)

// Precision tells how much of a timestamp was stated.
type Precision uint8

// From year to fractions of a second.
const (
	Year Precision = 1 + iota
	Month
	Day
	Hour
	Minute
	Second
	Fraction
)

// Timestamp is a point in time as precisely as the sender stated it; what was left out
// reads as the beginning of the stated year, month and so on.
type Timestamp struct {
	time.Time
	Precision Precision
	Zoned     bool // the offset from UTC was stated, not taken from the default
}

// ParseTime reads YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ] (HL7 2.5.1 s.2.A.22).
// Without an offset the time is in loc, UTC if that is nil. The error is ErrTime.
func ParseTime(s string, loc *time.Location) (Timestamp, error) {
	if loc == nil {
		loc = time.UTC
	}
	digits, fraction, zone, ok := splitTime(s)
	if !ok {
		return Timestamp{}, fmt.Errorf("%w: wrong form", ErrTime)
	}
	if zone != "" {
		if loc, ok = parseZone(zone); !ok {
			return Timestamp{}, fmt.Errorf("%w: wrong offset", ErrTime)
		}
	}
	const layout = "20060102150405"
	p := precisionOf(len(digits))
	if p == 0 || fraction >= 0 && p != Second {
		return Timestamp{}, fmt.Errorf("%w: %d digits", ErrTime, len(digits))
	}
	t, err := time.ParseInLocation(layout[:len(digits)], digits, loc)
	if err != nil {
		return Timestamp{}, fmt.Errorf("%w: no such date or time", ErrTime)
	}
	if fraction >= 0 {
		t, p = t.Add(time.Duration(fraction)), Fraction
	}
	return Timestamp{Time: t, Precision: p, Zoned: zone != ""}, nil
}

// FormatTime writes t to the second with its offset, the form that every receiver reads.
func FormatTime(t time.Time) string { return t.Format("20060102150405-0700") }

// precisionOf returns the precision of so many digits, zero where there is none.
func precisionOf(digits int) Precision {
	switch digits {
	case 4:
		return Year
	case 6, 8, 10, 12, 14:
		return Month + Precision(digits-6)/2
	}
	return 0
}

// splitTime takes a timestamp apart. The fraction is in nanoseconds, -1 if there is none.
func splitTime(s string) (digits string, fraction int, zone string, ok bool) {
	n := leadingDigits(s)
	digits, s = s[:n], s[n:]
	fraction = -1
	if len(s) > 0 && s[0] == '.' {
		n = leadingDigits(s[1:])
		if n == 0 || n > 9 {
			return "", 0, "", false
		}
		fraction = 0
		for i := 1; i <= 9; i++ {
			fraction *= 10
			if i <= n {
				fraction += int(s[i] - '0')
			}
		}
		s = s[1+n:]
	}
	return digits, fraction, s, s == "" || s[0] == '+' || s[0] == '-'
}

// parseZone reads +ZZZZ or -ZZZZ, hours and minutes.
func parseZone(s string) (*time.Location, bool) {
	if len(s) != 5 || leadingDigits(s[1:]) != 4 {
		return nil, false
	}
	hours, minutes := int(s[1]-'0')*10+int(s[2]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if hours > 14 || minutes > 59 {
		return nil, false
	}
	offset := hours*3600 + minutes*60
	if s[0] == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset), true
}

func leadingDigits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
