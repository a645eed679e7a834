package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// The columns a result has beside those of the file. A file that has them already gets them
// anew, so that a mended result can be handed in again.
const (
	statusColumn = "import_status"
	errorColumn  = "import_error"
)

// Fate is what became of one row.
type Fate struct {
	Status string // "ok", "error", "checked", "held", "not_done"
	Error  string
}

// Fates works out what became of each row, by number. Faults the run found later (an unknown
// unit, a conflict) count like those found while reading.
func Fates(pulled []connectors.Pulled, run connectors.Run) map[int]Fate {
	status := map[connectors.RunState]string{connectors.RunApplied: "ok", connectors.RunDry: "checked", connectors.RunHeld: "held"}[run.State]
	if status == "" {
		status = "not_done"
	}
	out := map[int]Fate{}
	for _, p := range pulled {
		fate := Fate{Status: status}
		if p.Fault != nil {
			fate = Fate{"error", explain(*p.Fault)}
		}
		out[rowOf(p.Record)] = fate
	}
	for _, r := range run.Records {
		if r.Fault != nil {
			out[rowOf(r.Record)] = Fate{"error", explain(*r.Fault)}
		}
	}
	return out
}

func rowOf(record string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(record, "row "))
	if err != nil {
		return 0
	}
	return n
}

// explanations are for whoever opens the result; the name in brackets is stable.
func explain(f connectors.Fault) string {
	text := map[string]string{
		"missing_key":   "Kennung fehlt / key is missing",
		"bad_key":       "Kennung unbrauchbar / key is unusable",
		"duplicate_key": "Kennung kommt mehrfach vor / key occurs more than once",
		"bad_date":      "Datum nicht lesbar / day cannot be read",
		"formula":       "Formel statt Wert / formula instead of a value",
		"bad_value":     "Wert nicht verwendbar / value cannot be used",
		"unknown_unit":  "Einheit unbekannt / unit is unknown",
	}[f.Name]
	if text == "" {
		return f.Name
	}
	return text + " (" + f.Name + ")"
}

// Result writes a table back in its own format, separator and encoding, with the fate of each
// row in two more columns. Rows without one were not read.
func Result(t *Table, fates map[int]Fate) ([]byte, error) {
	keep := []int{}
	for i, h := range t.Header {
		if h != statusColumn && h != errorColumn {
			keep = append(keep, i)
		}
	}
	rows := func(yield func([]string) bool) {
		if !yield(append(pick(Row{Cells: t.Header}, keep), statusColumn, errorColumn)) {
			return
		}
		for _, r := range t.Rows {
			f := fates[r.Number]
			if !yield(append(pick(r, keep), f.Status, f.Error)) {
				return
			}
		}
	}
	if t.Format == XLSX {
		return writeXLSX(t.Sheet, rows)
	}
	return writeCSV(t.separator, t.encoding, rows)
}

func pick(r Row, columns []int) []string {
	out := make([]string, 0, len(columns)+2)
	for _, c := range columns {
		out = append(out, r.At(c))
	}
	return out
}

// rowSeq yields rows of cells that are not neutral yet.
type rowSeq func(yield func([]string) bool)

func writeCSV(separator rune, enc string, rows rowSeq) ([]byte, error) {
	var out bytes.Buffer
	sink := io.Writer(&out)
	switch enc {
	case encUTF8BOM:
		out.WriteString(bom)
	case encUTF16LE:
		out.WriteString("\xff\xfe")
	case encUTF16BE:
		out.WriteString("\xfe\xff")
	}
	if enc != encUTF8 && enc != encUTF8BOM && enc != "" {
		encoder := coder(enc).NewEncoder()
		sink = encoder.Writer(&out)
		if enc == enc1252 { // a mended cell may hold what the code page lacks
			sink = replacing{&out}
		}
	}
	w := csv.NewWriter(sink)
	w.Comma, w.UseCRLF = separator, true
	for cells := range rows {
		if err := w.Write(neutralAll(cells)); err != nil {
			return nil, failed(err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, failed(err)
	}
	return out.Bytes(), nil
}

// replacing writes Windows-1252 with "?" for what it lacks.
type replacing struct{ out *bytes.Buffer }

func (r replacing) Write(p []byte) (int, error) {
	encoder := coder(enc1252)
	for _, c := range string(p) {
		b, err := encoder.NewEncoder().String(string(c))
		if err != nil {
			b = "?"
		}
		r.out.WriteString(b)
	}
	return len(p), nil
}

func writeXLSX(sheet string, rows rowSeq) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	if sheet == "" {
		sheet = "Sheet1"
	}
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, failed(err)
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return nil, failed(err)
	}
	number := 0
	for cells := range rows {
		number++
		values := make([]any, 0, len(cells))
		for _, c := range neutralAll(cells) {
			values = append(values, c)
		}
		if err := w.SetRow("A"+strconv.Itoa(number), values); err != nil {
			return nil, failed(err)
		}
	}
	if err := w.Flush(); err != nil {
		return nil, failed(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		return nil, failed(err)
	}
	return out.Bytes(), nil
}

func failed(err error) error { return hub.E("sheet.write", hub.Internal, "", "%w", err) }

func neutralAll(cells []string) []string {
	out := slices.Clone(cells)
	for i, c := range out {
		out[i] = connectors.Neutral(c)
	}
	return out
}

// Template returns an empty file to fill in, with one example row.
func Template(format Format, content Content) ([]byte, error) {
	rows := [][]string{
		{"Personalnummer", "Nachname", "Vorname", "Titel", "Login", "E-Mail", "Telefon", "Mobil", "Station", "Berufsgruppe", "Abteilung", "Gruppen", "Eintritt", "Austritt", "aktiv"},
		{"10001", "Beispiel", "Erika", "Dr.", "ebeispiel", "erika.beispiel@klinik.example", "030 1234-100", "0170 0000000", "4B;4C", "Pflege", "Innere Medizin", "", "2026-01-01", "", "ja"},
	}
	if content == Roster {
		rows = [][]string{
			{"Station", "Rolle", "Personalnummer", "Datum", "von", "bis"},
			{"4B", "Pflege", "10001", "2026-01-01", "06:00", "14:00"},
		}
	}
	seq := rowSeq(func(yield func([]string) bool) {
		for _, r := range rows {
			if !yield(r) {
				return
			}
		}
	})
	if format == XLSX {
		return writeXLSX("Wardline", seq)
	}
	return writeCSV(';', encUTF8BOM, seq)
}

// Sample makes an .xlsx file of so many people with eight columns, for measurements and tests.
func Sample(people int) ([]byte, error) {
	return writeXLSX("Personal", func(yield func([]string) bool) {
		if !yield([]string{"Personalnummer", "Nachname", "Vorname", "E-Mail", "Telefon", "Station", "Berufsgruppe", "Eintritt"}) {
			return
		}
		for i := range people {
			n := strconv.Itoa(100000 + i)
			if !yield([]string{n, "Nachname" + n, "Vorname" + n, "p" + n + "@klinik.example", "030 1234-" + n, "S" + strconv.Itoa(i%40), "Pflege", "2020-02-01"}) {
				return
			}
		}
	})
}
