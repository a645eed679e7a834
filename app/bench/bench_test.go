package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/hl7"
)

// TestMain lets the test binary be its own load process, as the program is.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-load") {
		if err := serveLoad(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestQuick runs every figure against the real hub at a tenth of the load. It says nothing
// about speed; it fails when a figure cannot be measured at all.
func TestQuick(t *testing.T) {
	const binary = "../../bin/wardline"
	if _, err := os.Stat(binary); err != nil || testing.Short() {
		t.Skip("needs bin/wardline (make build) and most of a minute")
	}
	b := &bench{options: options{quick: true, binary: binary, corpus: "../../../shared/data/hl7/simhospital/all-1000.hl7", web: "../../chatui/bench/run.mjs"}}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	for _, f := range figures() {
		got, err := f.measure(t.Context(), b)
		if err != nil || len(got) == 0 {
			t.Errorf("%s: %d results, %v", f.name, len(got), err)
		}
		for _, r := range got {
			if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
				t.Errorf("%s: %s is %v (%s)", f.name, r.Figure, r.Value, r.Note)
			}
		}
	}
}

func TestReadWeb(t *testing.T) {
	t.Parallel()
	var version string
	got, err := readWeb([]byte(`{"version":"1.2","results":[{"figure":"a","unit":"ms","value":2,"rounds":[1,2]},{"figure":"b","value":301,"atMost":299},{"figure":"c","value":98,"atLeast":99}]}`), &version)
	if err != nil || version != "1.2" || len(got) != 3 {
		t.Fatalf("%v %q %v", got, version, err)
	}
	if got[0].verdict(false) != "" || got[1].verdict(false) != "MISSED" || got[2].verdict(false) != "MISSED" || len(got[0].Rounds) != 2 {
		t.Errorf("%+v", got)
	}
	if _, err := readWeb([]byte("Error: no browser"), &version); err == nil {
		t.Error("a message was taken for results")
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	var list []time.Duration
	for i := 200; i > 0; i-- {
		list = append(list, time.Duration(i)*time.Millisecond)
	}
	if got, want := spreadOf(list), (spread{200, 101, 199, 200}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := spreadOf(nil); got != (spread{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		in   []float64
		want float64
	}{{"none", nil, 0}, {"odd", []float64{9, 1, 5}, 5}, {"even", []float64{4, 1, 3, 2}, 2.5}} {
		if got := median(tt.in); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		r     result
		quick bool
		want  string
	}{
		{"no target", result{Value: 1}, false, ""},
		{"upper bound met", result{Value: 5}.atMost(5), false, "met"},
		{"upper bound missed", result{Value: 6}.atMost(5), false, "MISSED"},
		{"lower bound met", result{Value: 5}.atLeast(5), false, "met"},
		{"lower bound missed", result{Value: 4}.atLeast(5), false, "MISSED"},
		{"quick runs judge nothing", result{Value: 4}.atLeast(5), true, "not judged"},
	} {
		if got := tt.r.verdict(tt.quick); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReportIsJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := report(&out, options{json: true}, machineLine{Cores: 2}, []result{rounds("f", "ms", []float64{1, 3, 2})}); err != nil {
		t.Fatal(err)
	}
	var got struct{ Results []result }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got.Results) != 1 || got.Results[0].Value != 2 {
		t.Errorf("%v: %s", err, out.String())
	}
}

// A call that is late must not make the ones after it look quick: each counts from when it
// was due.
func TestPacedCountsFromWhenACallWasDue(t *testing.T) {
	t.Parallel()
	const stall = 50 * time.Millisecond
	times, _ := paced(t.Context(), pace{Workers: 1, Rate: 1000, Length: 20 * time.Millisecond}, func(_ context.Context, c call) error {
		if c.n == 0 {
			time.Sleep(stall)
		}
		return nil
	})
	if len(times) != 20 {
		t.Fatalf("%d calls, want 20", len(times))
	}
	for i, d := range times {
		if least := stall - time.Duration(i)*time.Millisecond; d < least {
			t.Errorf("call %d took %v, but was due %v before it could begin", i, d, least)
		}
	}
}

func TestPacedIsBounded(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	times, _ := paced(t.Context(), pace{Workers: 3, Length: time.Minute, Limit: 10}, func(context.Context, call) error { calls.Add(1); return nil })
	if len(times) != 10 || calls.Load() != 10 {
		t.Errorf("%d times of %d calls, want 10", len(times), calls.Load())
	}
	times, _ = paced(t.Context(), pace{Workers: 3, Length: time.Minute}, func(context.Context, call) error { return errors.New("refused") })
	if len(times) != 0 {
		t.Errorf("%d failed calls were timed", len(times))
	}
}

func TestParseItem(t *testing.T) {
	t.Parallel()
	head := `{"room":"r","seq":7,"id":"i","kind":"alert","ref":"a"}`
	frame := append([]byte{0x01, 0, 0, 0, byte(len(head))}, head+"rest"...)
	got, err := parseItem(frame)
	if want := (itemHeader{"r", 7, "i", "a"}); err != nil || got != want {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
	for name, bad := range map[string][]byte{"empty": nil, "other kind": {2, 0, 0, 0, 0}, "cut off": frame[:20]} {
		if _, err := parseItem(bad); err == nil {
			t.Errorf("%s: taken for an item", name)
		}
	}
}

func TestMessagesOfTheMix(t *testing.T) {
	t.Parallel()
	l := &hl7Load{hl7Args: hl7Args{What: mixAll, Round: 3, Staff: 10}}
	types, ids := map[string]int{}, map[string]bool{}
	for n := range 400 {
		m, err := hl7.Parse(l.message(n + 1))
		if err != nil {
			t.Fatal(err)
		}
		h := m.Header()
		types[h.Type+"^"+h.Trigger]++
		ids[h.ControlID] = true
		if acks := h.Acks(hl7.Accepted); len(acks) != 1 || acks[0] != hl7.CA {
			t.Fatalf("asks for %v, want a commit acknowledgement alone", acks)
		}
	}
	if types["MFN^M02"] != 100 || types["ADT^A01"] == 0 || types["ADT^A02"] == 0 || types["ADT^A03"] == 0 || len(ids) != 400 {
		t.Errorf("types %v, %d control ids", types, len(ids))
	}
}

func TestReadStat(t *testing.T) {
	t.Parallel()
	s, ok := readStat(fmt.Sprintf("/proc/%d/stat", os.Getpid()))
	if !ok || s.pid != os.Getpid() || s.parent != os.Getppid() {
		t.Errorf("%+v %v, want process %d of %d", s, ok, os.Getpid(), os.Getppid())
	}
	if _, ok := readStat("/proc/none/stat"); ok {
		t.Error("read a process that does not exist")
	}
}

// A card that comes to its second device after the round is over is not one of the next.
func TestArrivalsOfEarlierRoundsDoNotCount(t *testing.T) {
	t.Parallel()
	a := newArrivals()
	a.note("first", time.Now())
	a.take()
	a.note("first", time.Now())
	a.note("second", time.Now())
	if a.alerts() != 1 || a.most() != 1 {
		t.Errorf("%d alerts, %d devices", a.alerts(), a.most())
	}
}
