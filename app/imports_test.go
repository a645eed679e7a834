package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/server"
)

// staffList is a file of so many people.
func staffList(people int) string {
	var b strings.Builder
	b.WriteString("Personalnummer;Nachname;Vorname\r\n")
	for i := range people {
		fmt.Fprintf(&b, "%d;Nachname%d;Vorname\r\n", 7000+i, i)
	}
	return b.String()
}

// full runs a file as the whole of its source.
func (h *house) full(people int, how string) connectors.Run {
	h.t.Helper()
	mediaType, body := upload(h.t, "personal.csv", staffList(people))
	i := into[server.Import](h, h.request("POST", "/imports", mediaType, body))
	order, err := json.Marshal(server.ImportOrder{Mapping: i.Suggested, Mode: connectors.PassFull, Key: i.Key})
	h.must(err)
	return into[connectors.Run](h, h.call("POST", "/imports/"+i.ID+"/"+how, string(order)))
}

// TestDryImportTellsOfTheBrake: what the brake would hold is said before it does, in the same words.
func TestDryImportTellsOfTheBrake(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if r := h.full(40, "apply"); r.State != connectors.RunApplied || r.Reason != nil {
		t.Fatalf("first list %+v", r)
	}
	if r := h.full(40, "dry"); r.State != connectors.RunDry || r.Reason != nil {
		t.Errorf("the same list is stopped by %+v", r.Reason)
	}
	dry := h.full(10, "dry")
	if r := dry.Reason; dry.State != connectors.RunDry || dry.Counts.Lock != 30 || r == nil || r.Code != directory.ReasonShrunk || r.Numbers["missing"] != 30 || r.Numbers["known"] != 40 {
		t.Fatalf("dry run %+v %+v", dry, r)
	}
	held := h.full(10, "apply")
	if held.State != connectors.RunHeld || held.Reason == nil || held.Reason.Code != dry.Reason.Code {
		t.Errorf("the run itself %+v %+v", held, held.Reason)
	}
	type page struct{ Items []connectors.Run }
	listed := into[page](h, h.call("GET", "/runs", ""))
	if r := listed.Items[0]; r.ID != held.ID || r.Reason == nil || r.Reason.Code != directory.ReasonShrunk {
		t.Errorf("listed %+v", r)
	}
}

// TestRosterRefuses: what cannot be a roster is named, and of columns each that is missing.
func TestRosterRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, tt := range map[string]struct {
		file, content string
		code          string
		places        []string
	}{
		"staff":   {"personal.csv", staffList(1), "staff_list", []string{"body.role", "body.day", "body.from", "body.until"}},
		"no role": {"plan.csv", "Personalnummer;Datum;von;bis\r\n7000;2026-12-01;06:00;14:00\r\n", "missing_columns", []string{"body.role"}},
		"PDF":     {"plan.pdf", "%PDF-1.7\r\n", "pdf", []string{"body"}},
	} {
		mediaType, body := upload(t, tt.file, tt.content)
		res := h.request("POST", "/rosters/dry", mediaType, body)
		var p server.Problem
		if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil || res.Code != http.StatusUnprocessableEntity || p.Code != tt.code {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
		var places []string
		for _, e := range p.Errors {
			places = append(places, e.Location)
		}
		if !slices.Equal(places, tt.places) {
			t.Errorf("%s: places %v, want %v", name, places, tt.places)
		}
	}
}
