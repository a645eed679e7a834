package staff_test

import (
	"testing"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/store/staff/staffbench"
)

// BenchmarkFullSet is a full set of 50,000 people of whom 1 % have changed:
//
//	go test ./store/staff -run - -bench FullSet -benchtime 1x
func BenchmarkFullSet(b *testing.B) {
	for b.Loop() {
		h := openHouse(b)
		r, err := staffbench.Plan(b.Context(), h.staff, h.super, h.clinic, h.ad, benchPeople)
		if err != nil {
			b.Fatal(err)
		}
		b.Log(r)
		b.ReportMetric(r.Plan.Seconds(), "plan-s")
		b.ReportMetric(r.Apply.Seconds(), "apply-s")
		b.ReportMetric(r.Merge.Seconds(), "merge-s")
		b.ReportMetric(r.Applied, "apply/merge")
	}
}

// BenchmarkCountPersons is the count above a list of 50,000 people, which nobody should wait for:
//
//	go test ./store/staff -run - -bench CountPersons -benchtime 20x
func BenchmarkCountPersons(b *testing.B) {
	h := openHouse(b)
	if _, err := staffbench.Plan(b.Context(), h.staff, h.super, h.clinic, h.ad, benchPeople); err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]directory.PersonFilter{
		"All":    {},
		"Query":  {Query: "ilienname0"},
		"Unit":   {Unit: "K3"},
		"State":  {State: "invited"},
		"Source": {Source: h.ad},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				n, err := h.staff.CountPersons(b.Context(), h.clinic, f)
				if err != nil || n == 0 {
					b.Fatalf("%d counted: %v", n, err)
				}
			}
		})
	}
}

const benchPeople = 50000
