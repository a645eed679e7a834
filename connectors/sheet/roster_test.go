package sheet

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShifts(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ row, want string }{
		"early":               {"4B;Pflege;1;05.10.2026;06:00;14:00", "4B Pflege 1 05.10. 06:00-05.10. 14:00"},
		"night":               {"4B;Pflege;1;05.10.2026;22:00;06:15 Uhr", "4B Pflege 1 05.10. 22:00-06.10. 06:15"},
		"to midnight":         {"4B;Pflege;1;05.10.2026;16:00;24:00", "4B Pflege 1 05.10. 16:00-06.10. 00:00"},
		"a whole day":         {"4B;Pflege;1;05.10.2026;08:00;08:00", "4B Pflege 1 05.10. 08:00-06.10. 08:00"},
		"clocks change":       {"4B;Pflege;1;24.10.2026;22:00;06:00", "4B Pflege 1 24.10. 22:00-25.10. 06:00"},
		"full times":          {"4B;Pflege;1;;2026-10-05 06:00;05.10.2026 14:00", "4B Pflege 1 05.10. 06:00-05.10. 14:00"},
		"with zone":           {"4B;Pflege;1;;2026-10-05T04:00:00Z;2026-10-05T14:00:00+02:00", "4B Pflege 1 05.10. 06:00-05.10. 14:00"},
		"mixed":               {"4B;Pflege;1;;05.10.2026 22:00;06:00", "4B Pflege 1 05.10. 22:00-06.10. 06:00"},
		"no day":              {"4B;Pflege;1;;06:00;14:00", "times"},
		"backwards":           {"4B;Pflege;1;;2026-10-05 06:00;2026-10-05 05:00", "times"},
		"four days":           {"4B;Pflege;1;;2026-10-05 06:00;2026-10-09 05:00", "times"},
		"no time":             {"4B;Pflege;1;05.10.2026;früh;spät", "times"},
		"no role":             {"4B;;1;05.10.2026;06:00;14:00", "unknown_role"},
		"nobody":              {"4B;Pflege;;05.10.2026;06:00;14:00", "unknown_person"},
		"a unit of 65 letter": {strings.Repeat("x", 65) + ";Pflege;1;05.10.2026;06:00;14:00", "bad_value"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := table(t, "Station;Rolle;Personalnummer;Datum;von;bis\n"+c.row+"\n")
			shifts, faults, err := Shifts(rows, SuggestFor(Roster, rows.Header), berlin)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range faults {
				got += f.Code
			}
			for _, s := range shifts {
				got += s.Unit + " " + s.Role + " " + s.Person + " " + s.From.In(berlin).Format("02.01. 15:04") + "-" + s.Until.In(berlin).Format("02.01. 15:04")
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRosterColumns(t *testing.T) {
	t.Parallel()
	rows := table(t, "Rolle;Login;von;bis\n4B / Pflege;eva;2026-10-05 06:00;2026-10-05 14:00\n")
	shifts, _, err := Shifts(rows, SuggestFor(Roster, rows.Header), time.UTC)
	if err != nil || shifts[0].Unit != "4B" || shifts[0].Role != "Pflege" || shifts[0].Person != "eva" || len(shifts[0].UID) != 32 {
		t.Errorf("%+v %v", shifts, err)
	}
	again, _, _ := Shifts(rows, SuggestFor(Roster, rows.Header), time.UTC)
	if shifts[0].UID != again[0].UID {
		t.Error("the same shift has two names")
	}
	for _, m := range []Mapping{nil, {{"Rolle", Role}, {"Login", Staff}, {"von", From}}, {{"Rolle", Role}, {"Login", Staff}, {"von", From}, {"bis", Until}, {"bis", Role}}} {
		if _, _, err := Shifts(rows, m, time.UTC); err == nil {
			t.Errorf("%v is taken", m)
		}
	}
}

// TestRosterLacks: each column that is missing is named, and no other; a list of staff is known.
func TestRosterLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ header, code, missing string }{
		"staff":              {"Personalnummer;Nachname;Vorname;Station;Eintritt", "staff_list", "role day from until"},
		"the template":       {"Personalnummer;Nachname;Vorname;Titel;Login;E-Mail;Telefon;Mobil;Station;Berufsgruppe;Abteilung;Gruppen;Eintritt;Austritt;aktiv", "staff_list", "role day from until"},
		"staff with a duty":  {"Personalnummer;Nachname;Vorname;Funktion", "staff_list", "day from until"},
		"no role":            {"Personalnummer;Datum;von;bis", "missing_columns", "role"},
		"no person":          {"Dienst;Datum;von;bis", "missing_columns", "person"},
		"no times":           {"Station;Rolle;Personalnummer;Datum", "missing_columns", "from until"},
		"no end, with names": {"Nachname;Vorname;Login;Rolle;von", "missing_columns", "until"},
		"names alone":        {"Name;Abteilung;Startzeit;Endzeit", "missing_columns", "role person day from until"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := ReadRoster("plan.csv", []byte(c.header+"\n1;2;3;4\n"), nil, now, time.UTC)
			var m missing
			if codeOf(err) != c.code || !errors.As(err, &m) || strings.Join(m.Fields(), " ") != c.missing {
				t.Errorf("%v lacks %v, want %s", err, m, c.missing)
			}
		})
	}
}

// TestNoRoster: content decides, whatever the file is called.
func TestNoRoster(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, data, code string }{
		{"plan.pdf", "%PDF-1.7\n", "pdf"},
		{"plan.ics", "%PDF-1.7\n", "pdf"},
		{"plan.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"},
		{"plan.csv", bom + "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", ""},
	} {
		if _, _, err := ReadRoster(c.name, []byte(c.data), nil, now, time.UTC); codeOf(err) != c.code {
			t.Errorf("%s: got %v, want %q", c.name, err, c.code)
		}
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	data := []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" +
		"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:4B/Pflege\r\nDTSTART:20261005T040000Z\r\nDURATION:PT8H\r\nATTENDEE:mailto:a@x\r\nATTENDEE:mailto:b@x\r\nEND:VEVENT\r\n" +
		"BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Pflege\r\nLOCATION:4C\r\nCONTACT:7\r\nDTSTART:20261006T040000Z\r\nDURATION:PT8H\r\nEND:VEVENT\r\n" +
		"BEGIN:VEVENT\r\nUID:3\r\nDTSTART:20261006T040000Z\r\nDURATION:PT8H\r\nCONTACT:7\r\nEND:VEVENT\r\n" +
		"BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:x\r\nDTSTART:20261006T040000Z\r\nDURATION:PT8H\r\nEND:VEVENT\r\n" +
		"BEGIN:VEVENT\r\nUID:5\r\nSUMMARY:x\r\nCONTACT:7\r\nDTSTART;VALUE=DATE:20261006\r\nDTEND;VALUE=DATE:20261016\r\nEND:VEVENT\r\n" +
		"END:VCALENDAR\r\n")
	shifts, faults, err := ReadRoster("plan.ics", data, nil, now, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, s := range shifts {
		got = append(got, strings.Join([]string{s.UID, s.Unit, s.Role, s.Person, s.Record}, "|"))
	}
	for _, f := range faults {
		got = append(got, f.Record+" "+f.Code)
	}
	want := []string{"1/a@x|4B|Pflege|a@x|event 1", "1/b@x|4B|Pflege|b@x|event 1", "2|4C|Pflege|7|event 2", "event 5 times", "event 3 unknown_role", "event 4 unknown_person"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, _, err := ReadRoster("plan.ics", []byte("nothing"), nil, now, time.UTC); codeOf(err) != "malformed" {
		t.Error(err)
	}
}
