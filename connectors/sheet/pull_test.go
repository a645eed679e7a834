package sheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/form"
)

func table(t testing.TB, text string) *Table {
	t.Helper()
	got, err := Read("x.csv", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ header, want string }{
		"german": {"Personal-Nr.;Name;Vorname;Titel;E-Mail-Adresse;Telefon;Handy;Station 1;Station 2;Kostenstelle;Fachabteilung;Berufsgruppe;Eintrittsdatum;Austritt;gesperrt;Kennung;Gruppen;Geburtsdatum",
			"Personal-Nr.=staff_number Name=family_name Vorname=given_name Titel=title E-Mail-Adresse=mail Telefon=phone Handy=mobile Station 1=unit Fachabteilung=department Berufsgruppe=profession Eintrittsdatum=active_from Austritt=active_until gesperrt=locked Kennung=login Gruppen=group"},
		"english":      {"Employee ID,Last name,First name,Username,Email,Ward,Start date,Active", "Employee ID=staff_number Last name=family_name First name=given_name Username=login Email=mail Ward=unit Start date=active_from Active=active"},
		"cost centre":  {"PersNr;Kostenstelle", "PersNr=staff_number Kostenstelle=unit"},
		"nothing":      {"a;b", ""},
		"umlauts":      {"Personalnummer;gültig ab;gültig bis", "Personalnummer=staff_number gültig ab=active_from gültig bis=active_until"},
		"double names": {"Nachname;Name;Personalnummer", "Nachname=family_name Personalnummer=staff_number"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, col := range Suggest(table(t, c.header+"\n").Header) {
				got = append(got, col.Header+"="+string(col.Field))
			}
			want := c.want
			if name == "german" {
				want = strings.Replace(want, "Station 1=unit ", "Station 1=unit Station 2=unit ", 1)
			}
			if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTemplatesAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, content := range []Content{People, Roster} {
		for _, format := range []Format{CSV, XLSX} {
			b, err := Template(format, content)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Read("t."+string(format), b)
			if err != nil || got.Format != format || len(got.Rows) != 1 {
				t.Fatalf("%s %s: %+v %v", content, format, got, err)
			}
			if m := SuggestFor(content, got.Header); len(m) != len(got.Header) {
				t.Errorf("%s %s: of %q only %v is understood", content, format, got.Header, m)
			}
		}
	}
}

func text(s string) directory.Value { return directory.Value{Text: s} }

func TestPull(t *testing.T) {
	t.Parallel()
	got, err := Pull(table(t, "Personalnummer;Nachname;Telefon;Station;Station 2;Gruppen;Eintritt;aktiv\n"+
		"7;Müller;;4B;4C; 4B;Alle;46387;ja\n"), Mapping{{"Personalnummer", "staff_number"}, {"Nachname", "family_name"}}, Options{})
	if err != nil || got[0].Fault == nil || got[0].Fault.Name != "bad_value" || got[0].Change.Key != "7" {
		t.Fatalf("a row with a cell too many: %+v %v", got, err)
	}
	rows := table(t, "Personalnummer;Nachname;Telefon;Station;Station 2;Gruppen;Eintritt;aktiv\n"+
		"7;Müller;;4B;\"4C; 4B\";Alle;46387;ja\n"+
		"8;;;;;;;nein\n"+
		";Meier\n"+
		"7;Huber\n"+
		"9;Bauer;;;;;31.02.2026\n"+
		"10;Koch;;;;;;vielleicht\n"+
		"11;"+strings.Repeat("x", 1001)+"\n"+
		"12;Ernst;030 1;;;;31.12.2026\n")
	got, err = Pull(rows, Suggest(rows.Header), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []connectors.Pulled{
		{Record: "row 2", Change: directory.Change{Op: directory.OpPut, Key: "7",
			Fields: map[directory.Field]directory.Value{"staff_number": text("7"), "family_name": text("Müller"), "active_from": text("2026-12-31")},
			Units:  []directory.UnitRef{{Code: "4B", Kind: "ward", Primary: true}, {Code: "4C", Kind: "ward"}},
			Groups: []directory.GroupRef{{Code: "Alle", Name: "Alle"}}}},
		{Record: "row 3", Change: directory.Change{Op: directory.OpDeactivate, Key: "8"}},
	}
	if d := cmp.Diff(want, got[:2]); d != "" {
		t.Error(d)
	}
	for i, fault := range []string{"", "", "missing_key", "duplicate_key", "bad_date", "bad_value", "bad_value", ""} {
		if f := got[i].Fault; (f == nil) != (fault == "") || f != nil && (f.Name != fault || f.Where != got[i].Record) {
			t.Errorf("%s: %+v, want %q", got[i].Record, f, fault)
		}
	}
	if got[4].Change.Key != "9" || got[7].Change.Fields["active_from"].Text != "2026-12-31" {
		t.Errorf("%+v", got)
	}
}

func TestFormulasAreFaults(t *testing.T) {
	t.Parallel()
	data := book(t, func(f *excelize.File) {
		for i, h := range []string{"Personalnummer", "Nachname", "Notiz"} {
			set(f, string(rune('A'+i))+"1", h)
		}
		for _, row := range []string{"2", "3", "4"} {
			set(f, "A"+row, row)
			set(f, "B"+row, "x")
		}
		for _, cell := range []string{"A2", "B3", "C4"} {
			if err := f.SetCellFormula("Sheet1", cell, `HYPERLINK("http://x")`); err != nil {
				panic(err)
			}
		}
	})
	rows, err := Read("x.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Pull(rows, Suggest(rows.Header), Options{})
	if err != nil || got[0].Fault.Name != "formula" || got[0].Change.Key != "" || got[1].Fault.Name != "formula" || got[1].Change.Key != "3" || got[2].Fault != nil {
		t.Errorf("%+v %v", got, err)
	}
}

func TestFullSets(t *testing.T) {
	t.Parallel()
	rows := table(t, "Personalnummer;Nachname;Station;Gruppen\n1;;;\n2;x;4B;g\n")
	got, err := Pull(rows, Suggest(rows.Header), Options{Mode: Full})
	if err != nil {
		t.Fatal(err)
	}
	want := directory.Change{Op: directory.OpPut, Key: "1", Units: []directory.UnitRef{}, Groups: []directory.GroupRef{},
		Fields: map[directory.Field]directory.Value{"staff_number": text("1"), "family_name": {Null: true}}}
	if d := cmp.Diff(want, got[0].Change); d != "" {
		t.Error(d)
	}
	if in := Input(got, Full, nil); !in.End.Full {
		t.Error("a whole set is not taken for one")
	}
	if in := Input(got, Update, nil); in.End.Full {
		t.Error("an update is taken for a full set")
	}
	rows = table(t, "Personalnummer;Nachname\n1;a\n;b\n1;c\n")
	got, _ = Pull(rows, Suggest(rows.Header), Options{Mode: Full})
	if in := Input(got, Full, nil); in.End.Full || len(in.Pulled[1].Notes) != 1 || len(in.Pulled[2].Notes) != 0 {
		t.Errorf("a set with somebody unnamed is taken for whole: %+v", in)
	}
}

func TestMappingsThatCannotWork(t *testing.T) {
	t.Parallel()
	rows := table(t, "Personalnummer;Nachname;E-Mail\n1;a;b\n")
	for name, c := range map[string]struct {
		m    Mapping
		key  Field
		code string
	}{
		"no key":          {Mapping{{"Nachname", "family_name"}}, "", "no_key_column"},
		"key elsewhere":   {Mapping{{"Fehlt", "staff_number"}}, "", "no_key_column"},
		"mail as key":     {Mapping{{"E-Mail", "mail"}}, "mail", "no_key_column"},
		"one field twice": {Mapping{{"Personalnummer", "staff_number"}, {"Nachname", "title"}, {"E-Mail", "title"}}, "", "malformed"},
		"key of its own":  {Mapping{{"personalNUMMER", "key"}}, "key", ""},
	} {
		if _, err := Pull(rows, c.m, Options{Key: c.key}); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

func TestResultsKeepFormatAndAreNeutral(t *testing.T) {
	t.Parallel()
	const source = "Personalnummer;Nachname;Notiz\r\n1;Müller;'=cmd|' /C calc'!A0\r\n;Meier;+49 30\r\n3;Huber;-\r\n"
	for name, data := range map[string][]byte{"utf-8": []byte(source), "mark": []byte(bom + source), "1252": in1252(source),
		"utf-16": in16(source, false, true), "tab": []byte(strings.ReplaceAll(source, ";", "\t"))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := Read("x.csv", data)
			if err != nil {
				t.Fatal(err)
			}
			pulled, err := Pull(rows, Suggest(rows.Header), Options{})
			if err != nil {
				t.Fatal(err)
			}
			run := connectors.Run{State: connectors.RunApplied, Records: []connectors.RunRecord{{Record: "row 4", Fault: &connectors.Fault{Name: "unknown_unit"}}}}
			out, err := Result(rows, Fates(pulled, run))
			if err != nil {
				t.Fatal(err)
			}
			again, err := Read("x.csv", out)
			if err != nil || again.encoding != rows.encoding || again.separator != rows.separator {
				t.Fatalf("format is lost: %+v %v", again, err)
			}
			want := [][]string{{"1", "Müller", "=cmd|' /C calc'!A0", "ok"}, {"", "Meier", "+49 30", "error", "Kennung fehlt / key is missing (missing_key)"},
				{"3", "Huber", "-", "error", "Einheit unbekannt / unit is unknown (unknown_unit)"}}
			for i, r := range again.Rows {
				if d := cmp.Diff(want[i], r.Cells); d != "" {
					t.Error(d)
				}
			}
			if plain := bytes.ReplaceAll(out, []byte{0}, nil); bytes.Contains(plain, []byte(";=")) || bytes.Contains(plain, []byte(";+")) || bytes.Contains(plain, []byte("\t=")) {
				t.Errorf("a formula: %q", plain)
			}
			third, err := Result(again, nil)
			if err != nil || bytes.Count(bytes.ReplaceAll(third, []byte{0}, nil), []byte(statusColumn)) != 1 {
				t.Errorf("a result of a result has the columns twice: %v", err)
			}
		})
	}
}

// A word for a state says the same of a person whichever column it stands in; what could mean
// either keeps the row out.
func TestWordsForAState(t *testing.T) {
	t.Parallel()
	const unclear = directory.Op("")
	for _, tt := range []struct {
		column, word string
		want         directory.Op
	}{
		{"aktiv", "ja", directory.OpPut}, {"aktiv", "nein", directory.OpDeactivate},
		{"aktiv", "Aktiv", directory.OpPut}, {"aktiv", "inaktiv", directory.OpDeactivate}, {"aktiv", "gesperrt", directory.OpDeactivate},
		{"aktiv", "frei", unclear}, {"aktiv", "vielleicht", unclear},
		{"gesperrt", "ja", directory.OpDeactivate}, {"gesperrt", "nein", directory.OpPut},
		{"gesperrt", "gesperrt", directory.OpDeactivate}, {"gesperrt", "frei", directory.OpPut},
		{"gesperrt", "aktiv", unclear}, {"gesperrt", "inaktiv", unclear},
	} {
		rows := table(t, "Personalnummer;Nachname;"+tt.column+"\n7;Weber;"+tt.word+"\n")
		got, err := Pull(rows, Suggest(rows.Header), Options{})
		if err != nil {
			t.Fatal(err)
		}
		op := got[0].Change.Op
		if got[0].Fault != nil {
			op = unclear
		}
		if op != tt.want {
			t.Errorf("%q in the column %q: %q, want %q", tt.word, tt.column, op, tt.want)
		}
	}
}

func TestResultOfAWorkbook(t *testing.T) {
	t.Parallel()
	rows, err := Read("x.xlsx", book(t, func(f *excelize.File) {
		set(f, "A1", "Personalnummer")
		set(f, "A2", "=1+1")
	}))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Result(rows, map[int]Fate{2: {Status: "held"}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.GetRows("Sheet1")
	if d := cmp.Diff([][]string{{"Personalnummer", statusColumn, errorColumn}, {"'=1+1", "held"}}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	a := Fingerprint([]string{"Personal-Nr.", "Name"})
	if a != Fingerprint([]string{"name", "personalnr"}) || a == Fingerprint([]string{"Name", "Personal-Nr.", "Station"}) {
		t.Error("a header is not known again by its names")
	}
}

func TestConfigForm(t *testing.T) {
	t.Parallel()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, form.ConfigSchema(Kind()), "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	golden(t, "testdata/config.json", pretty.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
}

func TestConfigsThatAreRefused(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*Config){
		"content": func(c *Config) { c.Content = "x" }, "mode": func(c *Config) { c.Mode = "x" }, "key": func(c *Config) { c.Key = "mail" },
		"poll_seconds": func(c *Config) { c.PollSeconds = 0 }, "folder": func(c *Config) { c.Folder = "here" }, "address": func(c *Config) { c.Address = "x" },
		"mapping": func(c *Config) { c.Mapping = Mapping{{"Rolle", Role}} }, "allowed_peers": func(c *Config) { c.AllowedPeers = []string{"x"} },
		"tls.cert_file": func(c *Config) { c.TLS.KeyFile = "x" },
	} {
		c := *Kind().Config().(*Config)
		change(&c)
		_, err := Kind().New(&c, connectors.Env{})
		if e, ok := hubError(err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func BenchmarkXLSX10000(b *testing.B) {
	data, err := Sample(10_000)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		rows, err := Read("x.xlsx", data)
		if err != nil {
			b.Fatal(err)
		}
		pulled, err := Pull(rows, Suggest(rows.Header), Options{Mode: Full})
		if err != nil || len(pulled) != 10_000 || pulled[9999].Fault != nil {
			b.Fatal(err, len(pulled))
		}
		if _, err := Result(rows, Fates(pulled, connectors.Run{State: connectors.RunApplied})); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-of-process")
}

func hubError(err error) (*hub.Error, bool) {
	var e *hub.Error
	return e, errors.As(err, &e)
}
