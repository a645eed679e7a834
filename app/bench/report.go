package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// result is one line of the table: the median of its rounds against its target.
type result struct {
	Figure string    `json:"figure"`
	Value  float64   `json:"value"`
	Unit   string    `json:"unit"`
	Target float64   `json:"target,omitempty"` // 0: none
	Least  bool      `json:"-"`                // the target is a lower bound, not an upper one
	Rounds []float64 `json:"rounds,omitempty"`
	Note   string    `json:"note,omitempty"`
}

// atLeast and atMost give a result its target.
func (r result) atLeast(target float64) result { r.Target, r.Least = target, true; return r }
func (r result) atMost(target float64) result  { r.Target, r.Least = target, false; return r }

func (r result) met() bool {
	if r.Least {
		return r.Value >= r.Target
	}
	return r.Value <= r.Target
}

func (r result) verdict(quick bool) string {
	switch {
	case r.Target == 0:
		return ""
	case quick:
		return "not judged"
	case r.met():
		return "met"
	}
	return "MISSED"
}

func (r result) target() string {
	switch {
	case r.Target == 0:
		return ""
	case r.Least:
		return ">= " + number(r.Target)
	}
	return "<= " + number(r.Target)
}

// rounds returns a result whose value is the median of rounds.
func rounds(figure, unit string, values []float64) result {
	return result{Figure: figure, Unit: unit, Value: median(values), Rounds: values}
}

// number shows three digits that matter.
func number(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func report(w io.Writer, o options, about machineLine, all []result) error {
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Machine machineLine `json:"machine"`
			Quick   bool        `json:"quick"`
			Results []result    `json:"results"`
		}{about, o.quick, all})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FIGURE\tMEASURED\tUNIT\tTARGET\tVERDICT\tNOTE")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Figure, number(r.Value), r.Unit, r.target(), r.verdict(o.quick), r.Note)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", about)
	return err
}

// spread summarises latencies in milliseconds.
type spread struct {
	N              int
	P50, P99, Last float64
}

func spreadOf(latencies []time.Duration) spread {
	if len(latencies) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(latencies))
	at := func(q float64) float64 {
		return millis(sorted[min(int(q*float64(len(sorted))), len(sorted)-1)])
	}
	return spread{N: len(sorted), P50: at(0.50), P99: at(0.99), Last: millis(sorted[len(sorted)-1])}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median of an even number of values is the mean of the middle two.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
