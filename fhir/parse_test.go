package fhir

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parser(t testing.TB, l Limits) *Parser {
	t.Helper()
	p, err := NewParser(l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Golden pairs: each resource in testdata and what it comes to. Run with UPDATE=1 to write
// them anew, and read the difference.
func TestResources(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"practitioner", "role", "organization", "location"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := parser(t, Limits{}).Resource(read(t, "testdata/"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/"+name+".golden", a)
		})
	}
}

func golden(t *testing.T, file string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(strings.Split(string(read(t, file)), "\n"), strings.Split(string(got)+"\n", "\n")); d != "" {
		t.Error(d)
	}
}

// corpus is where HL7's and ISiK's own examples lie; they are not part of this repository.
const corpus = "../../shared/data/fhir"

// Every example of the types used here is read, and the parts of ISiK's names are kept.
func TestExamples(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no examples at " + corpus)
	}
	p, n := parser(t, Limits{}), 0
	for _, kind := range []string{"Practitioner", "PractitionerRole", "Organization", "Location", "Bundle"} {
		names, err := filepath.Glob(corpus + "/*/" + kind + "-*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			n++
			if kind == "Bundle" {
				b, err := p.Bundle(read(t, name))
				if err != nil || b.Type == "" {
					t.Errorf("%s: %v", name, err)
				}
				for i, e := range b.Entries {
					if e.Fault != nil {
						t.Errorf("%s: entry %d: %v", name, i, e.Fault)
					}
				}
				continue
			}
			if a, err := p.Resource(read(t, name)); err != nil || a.Type != kind || a.ID == "" {
				t.Errorf("%s: %+v, %v", name, a.Meta, err)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d examples were read", n)
	}
	a, err := p.Resource(read(t, corpus+"/isik/Practitioner-PractitionerWalterArzt.json"))
	if err != nil || a.Practitioner.Names[0].OwnName != "Arzt" || a.Practitioner.Identifiers[1].Value != "123456789123456" {
		t.Errorf("ISiK's Practitioner: %+v, %v", a.Practitioner, err)
	}
}

func TestLimitsHoldBeforeParsing(t *testing.T) {
	t.Parallel()
	entry := `{"resource":{"resourceType":"Practitioner","id":"1"}}`
	bundle := func(entries ...string) string {
		return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`
	}
	big := bundle(strings.Split(strings.Repeat(entry+",", 200_000)+entry, ",{\"res")[0] + `,{"fullUrl":"` + strings.Repeat("x", 10<<20) + `"}`)
	tests := []struct{ name, in, want string }{
		{"10 MB", big, TooLarge},
		{"nested", bundle(strings.Repeat(`{"a":[`, 30) + "1" + strings.Repeat(`]}`, 30)), TooLarge},
		{"many entries", bundle(entry, entry, entry, entry), TooLarge},
		{"cut", bundle(entry)[:60], Malformed},
		{"empty", "", Malformed},
		{"no bundle", `{"resourceType":"Patient"}`, Malformed},
		{"no type", `{"resourceType":"Bundle"}`, Malformed},
		{"list", `[]`, Malformed},
		{"wrong shape", `{"resourceType":"Bundle","type":"batch","entry":{}}`, Malformed},
		{"Windows-1252", "{\"resourceType\":\"Bundle\",\"type\":\"Gro\xdf\"}", Encoding},
		{"UTF-16", "\xff\xfe{\x00}\x00", Encoding},
		{"XML", `<Bundle xmlns="http://hl7.org/fhir"/>`, Malformed},
		{"with a byte order mark", "\xEF\xBB\xBF" + bundle(entry), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parser(t, Limits{Entries: 3}).Bundle([]byte(tt.in))
			if Name(err) != tt.want || (err != nil) != (tt.want != "") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// One wrong resource is its own fault, and the fault does not quote it.
func TestOneWrongEntry(t *testing.T) {
	t.Parallel()
	in := `{"resourceType":"Bundle","type":"batch","entry":[
		{"resource":{"resourceType":"Practitioner","id":"1","active":"Geheim"}},
		{"resource":{"resourceType":"Practitioner","id":"2","Geheim":7}},
		{"resource":{"resourceType":"PractitionerRole","id":"3","practitioner":{"reference":"Practitioner/2"},"period":{"start":"Geheim"}}},
		{"resource":{"resourceType":"Practitioner","id":"4"}},
		{"resource":{"resourceType":"Unheard","id":"5"}},
		{"resource":"Geheim"}]}`
	b, err := parser(t, Limits{}).Bundle([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	for i, broken := range []bool{true, true, true, false, false, true} {
		e := b.Entries[i]
		if (e.Fault != nil) != broken {
			t.Errorf("entry %d: fault %v", i, e.Fault)
		}
		if e.Fault != nil && strings.Contains(e.Fault.Error(), "Geheim") {
			t.Errorf("entry %d: the fault quotes the resource: %v", i, e.Fault)
		}
	}
	if b.Entries[2].Owner.URL != "Practitioner/2" {
		t.Errorf("the role's person is %q", b.Entries[2].Owner.URL)
	}
}

// Nulls hold places in lists of primitives and say nothing elsewhere.
func TestNulls(t *testing.T) {
	t.Parallel()
	in := `{"resourceType":"Practitioner","id":null,"name":[{"family":null,"_family":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/humanname-own-name","valueString":"Null"}]},
		"given":["Eva",null,"Nullmann"],"_given":[null,{"extension":[{"url":"x","valueString":"y"}]},null]}],"telecom":[{"rank":1,"period":null}]}`
	a, err := parser(t, Limits{}).Resource([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	n := a.Practitioner.Names[0]
	if d := cmp.Diff(HumanName{OwnName: "Null", Given: []string{"Eva", "Nullmann"}}, n); d != "" {
		t.Error(d)
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	tests := []struct{ start, end, from, until string }{
		{"2026", "2026", "2026-01-01", "2026-12-31"},
		{"2026-02", "2024-02", "2026-02-01", "2024-02-29"},
		{"2026-03-01", "2026-03-02", "2026-03-01", "2026-03-02"},
		{"2026-03-01T08:00:00+01:00", "2026-03-02T00:00:00.5Z", "2026-03-01T07:00:00Z", "2026-03-02T00:00:00Z"},
	}
	for _, tt := range tests {
		in := fmt.Sprintf(`{"resourceType":"PractitionerRole","period":{"start":%q,"end":%q}}`, tt.start, tt.end)
		a, err := parser(t, Limits{}).Resource([]byte(in))
		if err != nil || a.Role.Period != (Period{tt.from, tt.until}) {
			t.Errorf("%s to %s: %+v, %v", tt.start, tt.end, a.Role, err)
		}
	}
}

func TestLocalReferences(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Practitioner/7":                                "Practitioner/7",
		"Practitioner/7/_history/2":                     "Practitioner/7",
		"https://kis.example/fhir/Practitioner/7":       "Practitioner/7",
		"https://else.example/fhir/Practitioner/7":      "",
		"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0": "",
		"#contained": "", "": "", "Practitioner/": "",
	} {
		if got := (Reference{URL: in}).Local("https://kis.example/fhir"); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// FuzzBundle: whatever somebody sends, reading it ends without a panic and within the limits.
func FuzzBundle(f *testing.F) {
	for _, name := range []string{"practitioner", "role", "organization", "location"} {
		raw := read(f, "testdata/"+name+".json")
		f.Add(raw)
		f.Add([]byte(`{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"resource":` + string(raw) + `}]}`))
	}
	p := parser(f, Limits{Bytes: 1 << 16, Entries: 50})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := p.Resource(raw); err == nil && a.Type == "" && (a.Practitioner != nil || a.Role != nil) {
			t.Errorf("a resource without a type: %+v", a)
		}
		b, err := p.Bundle(raw)
		if err == nil && (b.Type == "" || len(b.Entries) > 50) {
			t.Errorf("bundle %+v", b)
		}
		for _, e := range b.Entries {
			if e.Fault != nil && e.Any.Practitioner != nil {
				t.Error("an entry has a fault and a person")
			}
		}
	})
}
