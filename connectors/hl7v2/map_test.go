package hl7v2

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7"
)

var received = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)

func defaults() *Config { return Kind().Config().(*Config) }

func compile(t *testing.T, c *Config) *mapping {
	t.Helper()
	m, err := c.mapping()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func parse(t *testing.T, raw []byte) *hl7.Message {
	t.Helper()
	msg, err := hl7.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// Golden pairs: each message in testdata and what it comes to with the defaults. Run with
// UPDATE=1 to write them anew, and read the difference.
func TestMapping(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.hl7")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d samples (%v)", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(compile(t, defaults()).message(parse(t, raw), received), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(name, ".hl7") + ".json"
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got)+"\n", "\n")); d != "" {
				t.Error(d)
			}
		})
	}
}

// The same patient in four encodings is the same patient.
func TestMappingReadsEveryEncoding(t *testing.T) {
	t.Parallel()
	c := defaults()
	c.KeepPatientName = true
	for _, name := range []string{"adt_a01_8859-15", "adt_a01_UNICODE_UTF-8", "adt_a01_nocharset-cp1252"} {
		raw, err := os.ReadFile("testdata/" + name + ".hl7")
		if err != nil {
			t.Fatal(err)
		}
		if got := compile(t, c).message(parse(t, raw), received).Moves[0].Name; got != "Großmann, Jürgen" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestMappingIsConfigured(t *testing.T) {
	t.Parallel()
	c := defaults()
	c.StaffIDType, c.LoginIDType = "LANR", "PN"
	c.Fields = []FieldMap{{Path: "ZST-2", Field: directory.Pager}, {Path: "PRA-5.1", Field: directory.Department}}
	raw, err := os.ReadFile("testdata/mfn_m02_MAD.hl7")
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, "\rZST|1|77-12\r"...)
	out := compile(t, c).message(parse(t, raw), received)
	got := out.Changes[0]
	if got.Key != "9994711" || got.Fields[directory.Login].Text != "4711" || got.Fields[directory.Pager].Text != "77-12" ||
		got.Fields[directory.Department].Text != "1000" {
		t.Errorf("change = %+v", got)
	}
	c.StaffIDType = "EFN"
	if f := compile(t, c).message(parse(t, raw), received).Fault; f == nil || f.Name != "missing_key" {
		t.Errorf("a record without the configured identifier: fault %+v", f)
	}
}

// A full reload with one record that cannot be read must not lock the person it is about.
func TestBrokenRecordSpoilsAReload(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/mfn_m02_odd_records.hl7")
	if err != nil {
		t.Fatal(err)
	}
	raw = []byte(strings.Replace(string(raw), "|UPD|", "|REP|", 1))
	out := compile(t, defaults()).message(parse(t, raw), received)
	if len(out.Changes) != 0 || out.Fault == nil {
		t.Errorf("mapped to %d changes, fault %+v", len(out.Changes), out.Fault)
	}
	for _, r := range out.Records {
		if r.Fault == nil {
			t.Errorf("record %s counts as applied", r.Control)
		}
	}
}

func TestEmptyReloadIsStated(t *testing.T) {
	t.Parallel()
	raw := "MSH|^~\\&|KIS|||||||MFN^M02|1|P|2.5\rMFI|PRA||REP|||NE\r"
	raw = strings.Replace(raw, "|||||||MFN", "||||||MFN", 1)
	out := compile(t, defaults()).message(parse(t, []byte(raw)), received)
	if len(out.Changes) != 1 || out.Changes[0].Op != directory.OpComplete {
		t.Errorf("mapped to %+v, want the statement that nobody is left, for the brake to stop", out)
	}
}

// NUL can be written as an escape and cannot be stored.
func TestNULIsTakenOut(t *testing.T) {
	t.Parallel()
	raw := "MSH|^~\\&|KIS||HUB||20260201||ADT^A01|1|P|2.5\rPV1|1|I|4\\X00\\B^1^1||||||||||||||||90\\X00\\01\r"
	v := compile(t, defaults()).message(parse(t, []byte(raw)), received).Moves[0]
	if v.Ward != "4B" || v.Visit != "9001" || strings.Contains(v.Key, "\x00") {
		t.Errorf("movement %+v", v)
	}
}

func TestMovementsWithoutZBE(t *testing.T) {
	t.Parallel()
	adt := func(trigger, pv1 string) []byte {
		return []byte("MSH|^~\\&|KIS||HUB||20260201||ADT^" + trigger + "|1|P|2.5\rPID|||77^^^L^PI\r" + pv1)
	}
	visit := "PV1|1|I|4B^12^1||||||||||||||||9001"
	m := compile(t, defaults())
	admit := m.message(parse(t, adt("A01", visit)), received)
	cancel := m.message(parse(t, adt("A11", visit)), received)
	if admit.Moves[0].Key != cancel.Moves[0].Key || admit.Warnings[0] != "no_movement_id" {
		t.Errorf("admit %+v, cancel %+v: want the same key", admit, cancel)
	}
	if strings.Contains(admit.Moves[0].Key, "9001") {
		t.Errorf("the visit number can be read in the key %q", admit.Moves[0].Key)
	}
	if out := m.message(parse(t, adt("A01", "PV1|1|I|4B^12^1")), received); out.Moves[0].Visit != "77" {
		t.Errorf("without a visit number: %+v", out)
	}
	for place, raw := range map[string][]byte{
		"PV1-3":  adt("A01", "PV1|1|I|||||||||||||||||9001"),
		"PV1-19": []byte("MSH|^~\\&|KIS||HUB||20260201||ADT^A01|1|P|2.5\rPV1|1|I|4B^12^1"),
		"MRG-1":  adt("A40", ""),
		"MSH-9":  adt("A31", visit),
	} {
		if f := m.message(parse(t, raw), received).Fault; f == nil || f.Where != place {
			t.Errorf("fault %+v, want one at %s", f, place)
		}
	}
}

// Nothing a hospital sends may make the mapping panic or stall.
func TestCorpus(t *testing.T) {
	t.Parallel()
	const corpus = "../../../shared/data/hl7"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no sample messages at " + corpus)
	}
	m, n := compile(t, defaults()), 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".hl7") || strings.Contains(path, "all-1000") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if msg, err := hl7.Parse(raw); err == nil {
			n++
			out := m.message(msg, received)
			if out.Fault != nil && (out.Fault.Name == "" || out.Fault.Reason == "") {
				t.Errorf("%s: fault without a name or reason", path)
			}
		}
		return nil
	})
	if err != nil || n < 200 {
		t.Errorf("%d messages mapped (%v)", n, err)
	}
}

// FuzzMapping: whatever a message that parses may hold, mapping it does not panic, and no
// change or movement comes out without what it is known by.
func FuzzMapping(f *testing.F) {
	names, err := filepath.Glob("testdata/*.hl7")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	c := defaults()
	c.KeepPatientName, c.LoginIDType = true, "PN"
	c.Fields = []FieldMap{{Path: "ZST-2.1", Field: directory.Pager}, {Path: "STF-13", Field: directory.ActiveUntil}}
	m, err := c.mapping()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		msg, err := hl7.Parse(raw)
		if err != nil {
			return
		}
		out := m.message(msg, received)
		for _, c := range out.Changes {
			if (c.Key == "") != (c.Op == directory.OpComplete || c.Op == directory.OpUnits) || len(c.Key) > 255 {
				t.Errorf("change %+v", c)
			}
		}
		for _, v := range out.Moves {
			if v.Key == "" || v.Start.IsZero() || v.Visit == "" && v.PriorID == "" {
				t.Errorf("movement %+v", v)
			}
		}
	})
}
