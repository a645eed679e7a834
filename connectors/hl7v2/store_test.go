package hl7v2

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

// withDatabase ends the database before goroutines are counted.
type withDatabase struct{ m *testing.M }

func (w withDatabase) Run() int { return storetest.Main(w.m) }

// house is a receiver with a real database behind it.
type house struct {
	t      *testing.T
	db     *store.DB
	clinic hub.ClinicID
	client *mllp.Client
	sent   int
}

func openHouse(t *testing.T) *house {
	t.Helper()
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), storetest.As(t, storetest.New(t, store.Migrate), store.AppRole), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	clinic, err := db.EnsureClinic(t.Context(), "Klinikum Linden", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := db.SaveConnector(t.Context(), clinic.ID, connectors.Record{Kind: "hl7v2-mllp", Name: "KIS", Enabled: true, Config: json.RawMessage(`{}`)}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry,
		Env: func(connectors.Spec) connectors.Env { return connectors.Env{Inbox: db.Inbox(clinic.ID, rec.ID)} }})
	t.Cleanup(func() { s.Close(context.Background()) })
	if err := s.Apply(t.Context(), connectors.Spec{Clinic: clinic.ID, ID: rec.ID, Kind: "hl7v2-mllp", Revision: 1, Config: json.RawMessage(`{"address":"127.0.0.1:0"}`)}); err != nil {
		t.Fatal(err)
	}
	c, err := mllp.Dial(t.Context(), s.Addrs(rec.ID)[0].String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &house{t: t, db: db, clinic: clinic.ID, client: c}
}

// send sends a master file notification and expects it to be taken.
func (h *house) send(trigger, mode string, records ...string) {
	h.t.Helper()
	h.sent++
	raw := fmt.Sprintf("MSH|^~\\&|KIS||HUB||20260201||MFN^%s|C%d|P|2.5\rMFI|PRA||%s|||NE\r%s", trigger, h.sent, mode, strings.Join(records, ""))
	if got := exchange(h.t, h.client, []byte(raw)); got.Get("MSA-1").String() != "AA" {
		h.t.Fatalf("message %d was answered %q", h.sent, got.Bytes())
	}
}

func nurse(key string) string {
	return fmt.Sprintf("MFE|MAD|R||%s|CE\rSTF|%s|%s^^^KIS^PN|Nachname%s^Eva|||||CHI^Chirurgie\r", key, key, key, key)
}

func event(kind, key string, at time.Time) string {
	when := ""
	if !at.IsZero() {
		when = at.UTC().Format("20060102150405") + "+0000"
	}
	return fmt.Sprintf("MFE|%s|R|%s|%s|CE\r", kind, when, key)
}

// due applies what is due at a time.
func (h *house) due(at time.Time) {
	h.t.Helper()
	if _, err := h.db.ApplyDue(h.t.Context(), h.clinic, at); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) working() int {
	h.t.Helper()
	n, cursor := 0, ""
	for {
		page, err := h.db.Persons(h.t.Context(), h.clinic, directory.PersonFilter{Limit: 200, Cursor: cursor})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, p := range page.Items {
			if p.Active {
				n++
			}
		}
		if cursor = page.Next; cursor == "" {
			return n
		}
	}
}

// MFE-3 in the future: what is announced waits, the same word again replaces itself, and a
// MAC for the same moment takes a leaving back, also where the sender moves it to a later day.
func TestAnnouncedLeavings(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	type step struct {
		after int // days
		want  int // working
	}
	tests := []struct {
		name  string
		says  []string
		steps []step
	}{
		{"leaves", []string{event("MDC", "1", day(10))}, []step{{0, 1}, {9, 1}, {11, 0}}},
		{"announced twice", []string{event("MDC", "1", day(10)), event("MDL", "1", day(10))}, []step{{9, 1}, {11, 0}}},
		{"a change of the day before it", []string{event("MDC", "1", day(10)), nurse("1")}, []step{{9, 1}, {11, 0}}},
		{"stays after all", []string{event("MDC", "1", day(10)), event("MAC", "1", day(10))}, []step{{11, 1}, {400, 1}}},
		{"leaves later", []string{event("MDC", "1", day(10)), event("MAC", "1", day(10)), event("MDC", "1", day(20))}, []step{{11, 1}, {21, 0}}},
		{"leaves and comes back", []string{event("MDC", "1", day(10)), event("MAC", "1", day(20))}, []step{{9, 1}, {11, 0}, {21, 1}}},
		{"at once", []string{event("MDC", "1", time.Time{})}, []step{{0, 0}}},
		{"a day in the past", []string{event("MDC", "1", day(-1))}, []step{{0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			h.send("M02", "UPD", nurse("1"))
			for _, says := range tt.says {
				h.send("M02", "UPD", says)
			}
			for _, s := range tt.steps {
				h.due(day(s.after))
				if got := h.working(); got != s.want {
					t.Errorf("after %d days %d work, want %d", s.after, got, s.want)
				}
			}
		})
	}
}

// A full reload with 10 of 500 people is a question, not 490 leavings.
func TestShrunkReloadIsHeld(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	var all []string
	for i := range 500 {
		all = append(all, nurse(fmt.Sprint(i)))
	}
	h.send("M02", "UPD", all...)
	h.send("M02", "REP", all[:10]...)
	if got := h.working(); got != 500 {
		t.Errorf("%d of 500 work", got)
	}
	plans, err := h.db.Plans(t.Context(), h.clinic, directory.PlanHeld, "", 10)
	if err != nil || len(plans.Items) != 1 || plans.Items[0].Counts.Lock != 490 {
		t.Errorf("held plans %+v, %v", plans.Items, err)
	}
}

// Locations become units, and one that is deleted at the source stays.
func TestLocationsBecomeUnits(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	records := "MFE|MAD|1||CHI|PL\rLOC|CHI|Chirurgie|D\rMFE|MAD|2||4B|PL\rLOC|4B|Station 4B|N\rLDP|4B|CHI\r"
	h.send("M05", "UPD", records)
	h.send("M05", "UPD", "MFE|MDL|1||4B|PL\r")
	units, err := h.db.Units(t.Context(), h.clinic)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, u := range units {
		found[u.Code] = string(u.Kind) + " " + u.Name
	}
	if found["CHI"] != "clinic Chirurgie" || found["4B"] != "ward Station 4B" {
		t.Errorf("units %v", found)
	}
}
