package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/wardline/wardline/hub"
)

func codeOf(err error) string {
	var e *hub.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return "?" + err.Error()
	}
	return ""
}

func in1252(s string) []byte {
	b, err := charmap.Windows1252.NewEncoder().Bytes([]byte(s))
	if err != nil {
		panic(err)
	}
	return b
}

func in16(s string, big, mark bool) []byte {
	var out []byte
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestEncodingsAndSeparators(t *testing.T) {
	t.Parallel()
	const text = "Personalnummer;Nachname\r\n1;Müller-Lüdenscheidt\r\n"
	tests := map[string]struct {
		data      []byte
		encoding  string
		separator rune
	}{
		"utf-8":             {[]byte(text), encUTF8, ';'},
		"with a mark":       {[]byte(bom + text), encUTF8BOM, ';'},
		"windows-1252":      {in1252(text), enc1252, ';'},
		"utf-16 little":     {in16(text, false, true), encUTF16LE, ';'},
		"utf-16 big":        {in16(text, true, true), encUTF16BE, ';'},
		"utf-16 unmarked":   {in16(text, false, false), encUTF16LE, ';'},
		"comma":             {[]byte(strings.ReplaceAll(text, ";", ",")), encUTF8, ','},
		"tab":               {[]byte(strings.ReplaceAll(text, ";", "\t")), encUTF8, '\t'},
		"said in the file":  {[]byte("sep=;\r\n" + text), encUTF8, ';'},
		"old Macintosh":     {[]byte(strings.ReplaceAll(text, "\r\n", "\r")), encUTF8, ';'},
		"comma in quotes":   {[]byte("\"a,b,c,d\";Nachname;x\r\n1;Müller-Lüdenscheidt\r\n"), encUTF8, ';'},
		"no last line end":  {[]byte(strings.TrimSpace(text)), encUTF8, ';'},
		"empty lines first": {[]byte("\r\n\r\n" + text), encUTF8, ';'},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Read("x.csv", c.data)
			if err != nil {
				t.Fatal(err)
			}
			if got.encoding != c.encoding || got.separator != c.separator || len(got.Rows) != 1 || got.Rows[0].At(1) != "Müller-Lüdenscheidt" {
				t.Errorf("got %q %q %+v", got.encoding, got.separator, got)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	wide := "a" + strings.Repeat(";a", 999)
	tests := map[string]struct {
		data []byte
		code string
	}{
		"DOS code page":       {[]byte("nr;name\n1;K\x84the\n"), "encoding"},
		"DOS code page, u":    {[]byte("nr;name\n1;M\x81ller\n"), "encoding"},
		"half of each":        {[]byte("nr;name\n1;Müller;Käthe;Öl\n2;K\xe4the\n"), "encoding"},
		"broken after a mark": {[]byte(bom + "nr\nK\xe4the\n"), "encoding"},
		"broken utf-16":       {append(in16("nr;name\n1;x", false, true), 0x00), "encoding"},
		"NUL bytes":           {[]byte("nr;name\n1;\x00\n"), "encoding"},
		"empty":               {nil, "empty_header"},
		"empty header":        {[]byte(";;;\n1;2;3;4\n"), "empty_header"},
		"1,000 columns":       {[]byte(wide + "\n"), "too_many_columns"},
		"1,000 cells":         {[]byte("a\n" + wide + "\n"), "too_many_columns"},
		"open quote":          {[]byte("nr;name\n1;\"Meier\n2;Huber\n3;Bauer\n"), "malformed"},
		"broken header":       {[]byte("nr;na\"me\n1;x\n"), "malformed"},
		"old excel":           {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "old_excel"},
		"PDF":                 {[]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"), "pdf"},
		"PDF of text only":    {[]byte("\r\n%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\n"), "pdf"},
		"calendar":            {[]byte(bom + "begin:vcalendar\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"), "calendar"},
		"picture":             {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "no_table"},
		"program":             {[]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00"), "no_table"},
		"web page":            {[]byte("<html><table><tr><td>nr</td></tr></table></html>"), "no_table"},
		"letter":              {[]byte(`{\rtf1\ansi Personal}`), "no_table"},
		"no zip":              {[]byte("PK\x03\x04nothing"), "malformed"},
		"too large":           {make([]byte, MaxBytes+1), "too_large"},
		"too many rows":       {[]byte("nr\n" + strings.Repeat("1\n", maxRows+1)), "too_large"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Read("x.csv", c.data); codeOf(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// TestOpenQuoteIsNamedByItsLine: what it swallows may be the rest of a long file.
func TestOpenQuoteIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, line string }{
		"second row":             {"nr;name\n1;Meier\n2;\"Huber\n3;Bauer\n", "line 3"},
		"separator said":         {"sep=;\nnr;name\n1;Meier\n2;\"Huber\n3;Bauer\n", "line 4"},
		"after cells of lines":   {"nr;name\n1;\"two\nlines\"\n2;\"Huber\n3;Bauer\n", "line 4"},
		"behind another in it":   {"nr;name;x\n1;\"two\nlines\";\"Huber\n3;Bauer;\n", "line 3"},
		"doubled ones are words": {"nr;name\n1;\"Huber \"\"Toni\"\"\n2;\"\"\"Bauer\n", "line 2"},
		"after a bad row":        {"nr;name\n1;M\"eier\n2;Huber\n3;\"Bauer\n4;x\n", "line 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read("x.csv", []byte(c.text))
			if want := "a quotation mark that is opened in " + c.line + " is never closed"; codeOf(err) != "malformed" || FaultOf(err).Reason != want {
				t.Errorf("got %v, want %s", err, c.line)
			}
		})
	}
}

func TestRowNumbersAreThoseOfTheScreen(t *testing.T) {
	t.Parallel()
	got, err := Read("x.csv", []byte("nr;name\r\n1;\"two\r\nlines\"\r\n\r\n3;bro\"ken\r\n4;'=ok\r\n5;\"a\"b\r\n;;\r\n6;x;y\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{{Number: 2, Cells: []string{"1", "two\nlines"}}, {Number: 4, Fault: "bad_value"}, {Number: 5, Cells: []string{"4", "=ok"}},
		{Number: 6, Fault: "bad_value"}, {Number: 8, Cells: []string{"6", "x", "y"}, Fault: "bad_value"}}
	if d := cmp.Diff(want, got.Rows); d != "" {
		t.Error(d)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	got, err := Read("x.csv", []byte("Nr.;;Tel;tel; Zwei   Worte ;;\n1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Nr.", "", "Tel", "tel (2)", "Zwei Worte"}, got.Header); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"unnamed_column", "duplicate_header"}, got.Warnings); d != "" {
		t.Error(d)
	}
}

// book makes an .xlsx file of one sheet.
func book(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(f *excelize.File, cell string, v any) {
	if err := f.SetCellValue("Sheet1", cell, v); err != nil {
		panic(err)
	}
}

func style(f *excelize.File, cell string, s *excelize.Style) {
	id, err := f.NewStyle(s)
	if err == nil {
		err = f.SetCellStyle("Sheet1", cell, cell, id)
	}
	if err != nil {
		panic(err)
	}
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	zeros, german, odd := "00000", `[$-407]d/\ mmm/\ yyyy;@`, `"Tag "0`
	data := book(t, func(f *excelize.File) {
		for i, h := range []string{"Personalnummer", "Nachname", "Eintritt", "Formel", "Telefon", "Uhr", "Zahl"} {
			set(f, string(rune('A'+i))+"3", h)
		}
		set(f, "A5", 17)
		style(f, "A5", &excelize.Style{CustomNumFmt: &zeros})
		set(f, "B5", " Müller ")
		set(f, "C5", time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC))
		if err := f.SetCellFormula("Sheet1", "D5", "1+1"); err != nil {
			panic(err)
		}
		set(f, "E5", 491701234567890.0)
		set(f, "F5", 0.25)
		style(f, "F5", &excelize.Style{NumFmt: 20})
		set(f, "G5", 46000)
		style(f, "G5", &excelize.Style{CustomNumFmt: &odd})
		set(f, "A6", "00042")
		set(f, "C6", 46387)
		style(f, "C6", &excelize.Style{CustomNumFmt: &german})
	})
	got, err := Read("x.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Number: 5, Cells: []string{"00017", "Müller", "2026-12-31", "", "491701234567890", "06:00:00", "46000"}, Formulas: []int{3}},
		{Number: 6, Cells: []string{"00042", "", "2026-12-31"}},
	}
	if d := cmp.Diff(want, got.Rows); d != "" || got.Format != XLSX || got.Sheet != "Sheet1" || got.Header[6] != "Zahl" {
		t.Errorf("%s %q", d, got.Header)
	}
}

func TestWorkbookOfAnotherEpochAndSheet(t *testing.T) {
	t.Parallel()
	yes := true
	data := book(t, func(f *excelize.File) {
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			panic(err)
		}
		set(f, "A1", "anderes")
		if _, err := f.NewSheet("Personal"); err != nil {
			panic(err)
		}
		f.SetCellValue("Personal", "A1", "Eintritt")
		f.SetCellValue("Personal", "A2", 44925)
		id, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
		f.SetCellStyle("Personal", "A2", "A2", id)
	})
	got, err := ReadSheet("x.xlsx", data, "Personal")
	if err != nil || got.Rows[0].At(0) != "2026-12-31" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := ReadSheet("x.xlsx", data, "Fehlt"); codeOf(err) != "malformed" {
		t.Errorf("a sheet that is not there: %v", err)
	}
}

func TestMergedHeader(t *testing.T) {
	t.Parallel()
	got, err := Read("x.xlsx", book(t, func(f *excelize.File) {
		set(f, "A1", "Nr")
		set(f, "B1", "Name")
		set(f, "D1", "Station")
		for row := 2; row < 3000; row++ { // ranges stand after them, beyond the first read
			set(f, "A"+strconv.Itoa(row), "1")
		}
		if err := f.MergeCell("Sheet1", "B1", "C1"); err != nil {
			panic(err)
		}
	}))
	if err != nil || cmp.Diff([]string{"Nr", "Name", "", "Station"}, got.Header) != "" || cmp.Diff([]string{"merged_header", "unnamed_column"}, got.Warnings) != "" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestHostileWorkbooks(t *testing.T) {
	t.Parallel()
	wide := book(t, func(f *excelize.File) {
		for i := range 1000 {
			cell, _ := excelize.CoordinatesToCellName(i+1, 1)
			set(f, cell, "h"+strconv.Itoa(i))
		}
	})
	plainBook := book(t, func(f *excelize.File) { set(f, "A1", "nr"); set(f, "A2", "1") })
	const head = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	tests := map[string]struct {
		data []byte
		code string
	}{
		"1,000 columns":   {wide, "too_many_columns"},
		"bomb of zeros":   {replaced(t, plainBook, "xl/worksheets/sheet1.xml", head+`<row r="1"><c t="inlineStr"><is><t>`+strings.Repeat("0", 60<<20)), "too_large"},
		"bomb of parts":   {parts(t, maxParts+1), "too_large"},
		"far row":         {replaced(t, plainBook, "xl/worksheets/sheet1.xml", head+`<row r="1"><c t="inlineStr"><is><t>nr</t></is></c></row><row r="999999999"><c><v>1</v></c></row></sheetData></worksheet>`), "malformed"},
		"rows backwards":  {replaced(t, plainBook, "xl/worksheets/sheet1.xml", head+`<row r="5"><c t="inlineStr"><is><t>nr</t></is></c></row><row r="2"><c><v>1</v></c></row></sheetData></worksheet>`), "malformed"},
		"cut off":         {replaced(t, plainBook, "xl/worksheets/sheet1.xml", head+`<row r="1"><c t="inl`), "malformed"},
		"no sheet":        {replaced(t, plainBook, "xl/workbook.xml", `<workbook/>`), "malformed"},
		"an empty sheet":  {book(t, func(*excelize.File) {}), "empty_header"},
		"entity":          {replaced(t, plainBook, "xl/worksheets/sheet1.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]>`+head+`<row r="1"><c t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>`), "malformed"},
		"password":        {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "old_excel"},
		"CSV named xlsx":  {[]byte("nr;name\n1;x\n"), "malformed"},
		"relations loose": {replaced(t, plainBook, "xl/_rels/workbook.xml.rels", `<Relationships/>`), "malformed"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := Read("x.xlsx", c.data); codeOf(err) != c.code {
				t.Errorf("got %v %+v, want %s", err, got, c.code)
			}
		})
	}
}

// replaced rebuilds a workbook with one part changed.
func replaced(t *testing.T, data []byte, part, content string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		p, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == part {
			p.Write([]byte(content))
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		b.ReadFrom(r)
		p.Write(b.Bytes())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func parts(t *testing.T, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range n {
		if _, err := w.Create(fmt.Sprint("p", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"31.12.2026": "2026-12-31", "1.2.2026": "2026-02-01", "01.02.26": "2026-02-01", "2026-12-31": "2026-12-31", "20261231": "2026-12-31",
		"2026/12/31": "2026-12-31", "46387": "2026-12-31", "46387.5": "2026-12-31", "31.12.2026 00:00": "2026-12-31", "2026-12-31 00:00:00": "2026-12-31",
		"2026-12-31T00:00": "2026-12-31", "31.02.2026": "", "03/04/2026": "", "morgen": "", "-1": "", "1e300": "", "NaN": "", "31.12.2026 abc": "", "": "",
	} {
		day, ok := readDay(text)
		if got := map[bool]string{true: day.Format("2006-01-02")}[ok]; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, s := range []string{"nr;name\n1;x\n", "a,b\n\"1\n2\",3\n", "sep=|\na|b\n1|2", bom + "a\tb\n", "nr\n'=1", "a;b\n1;\"x", "\xff\xfea\x00\n\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read("x.csv", data)
		if err != nil {
			if codeOf(err)[0] == '?' {
				t.Fatalf("no named error: %v", err)
			}
			return
		}
		last := 0
		for _, r := range table.Rows {
			if r.Number <= last || len(r.Cells) > maxColumns {
				t.Fatalf("row %+v after %d", r, last)
			}
			last = r.Number
		}
		if table.Format != CSV {
			return
		}
		out, err := Result(table, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read("x.csv", out)
		if err != nil || len(again.Rows) < len(table.Rows)-faulty(table) {
			t.Fatalf("the result cannot be read again: %v\n%q\n%q", err, data, out)
		}
	})
}

func faulty(t *Table) int {
	n := 0
	for _, r := range t.Rows {
		if r.Fault != "" {
			n++
		}
	}
	return n
}

func FuzzReadDates(f *testing.F) {
	for _, s := range []string{"31.12.2026", "46387", "2026-12-31T07:00", "24:00", "7.30 Uhr", "1e9", "2026-12-31T07:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if day, ok := readDay(s); ok && (day.Year() < 1900 || day.Year() > 2200) {
			t.Errorf("day %v", day)
		}
		if c, ok := readClock(s); ok && (c < 0 || c > 24*time.Hour) {
			t.Errorf("clock %v", c)
		}
		if at, ok := readTime(s, time.UTC); ok && (at.Year() < 1899 || at.Year() > 2201) {
			t.Errorf("time %v", at)
		}
	})
}
