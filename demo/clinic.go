// Package demo is a simulated clinic that speaks the real protocols over real sockets: a
// KIS sending staff and patients by HL7 over MLLP, and a nurse-call system logging in by
// ESPA-X. It knows the hub only from outside, as a hospital's systems do. All names are
// invented.
//
// The same seed gives the same persons, patients and calls in the same order. Source is the
// nurse-call system's side of one session by itself, for tests that play a source step by
// step.
package demo

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"
)

// Ward is a ward of the simulated clinic.
type Ward struct {
	Code string // as KIS and nurse call spell it
	Name string
	Beds int // beds 1 and 2 of rooms 1, 2, 3 ...
}

// Nurse is a member of staff the KIS sends.
type Nurse struct {
	Number string // staff number: the key, and the login
	Family string
	Given  string
	Title  string
	Job    string
	Ward   string
}

// Name is how the hub shows the nurse.
func (n Nurse) Name() string { return n.Given + " " + n.Family }

// Wards returns the wards of the clinic.
func Wards() []Ward {
	return []Ward{
		{"4B", "Station 4B Innere Medizin", 24},
		{"CHI3", "Station 3 Chirurgie", 20},
		{"INT1", "Intensivstation 1", 10},
	}
}

// Staff returns the staff of the clinic, always the same: fourteen people a ward.
func Staff() []Nurse {
	given := []string{"Käthe", "Jörg", "Łucja", "Ömer", "Anneliese", "Tuğba", "Björn", "Svetlana", "Matthias", "Noëlle", "Friedrich", "Zoë", "Hans-Peter", "Ingrid"}
	family := []string{"Müller", "Schäfer", "Nowak", "Yıldız", "Großmann", "von der Heide", "Brandt", "Petrova", "Weiß", "Köhler", "Vogt", "Lindner", "Krüger", "Böttcher"}
	var out []Nurse
	for w, ward := range Wards() {
		for i := range given {
			n := Nurse{Number: strconv.Itoa(4700 + w*100 + i + 1), Given: given[i], Family: family[(i+w*5)%len(family)],
				Job: "Pflegefachkraft", Ward: ward.Code}
			if i == len(given)-1 {
				n.Title, n.Job = "Dr. med.", "Oberärztin"
			}
			out = append(out, n)
		}
	}
	return out
}

// bed is a place a call may come from.
type bed struct{ ward, room, bed string }

// beds returns the beds of a ward, or of all for "", going round the rooms: first every
// bed 1, then every bed 2.
func beds(ward string) []bed {
	var out []bed
	for _, w := range Wards() {
		if ward != "" && w.Code != ward {
			continue
		}
		rooms := (w.Beds + 1) / 2
		for i := range w.Beds {
			out = append(out, bed{w.Code, strconv.Itoa(i%rooms + 1), strconv.Itoa(i/rooms + 1)})
		}
	}
	return out
}

// dice makes every run of the demo the same.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x77617264)) }

// pause waits d and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// orDefault returns d for a duration that was left out.
func orDefault(v, d time.Duration) time.Duration {
	if v <= 0 {
		return d
	}
	return v
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
