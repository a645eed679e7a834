package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// What an .xlsx file may unpack to. The library would take gigabytes by default, and a single
// cell of 300 MiB.
const (
	unzipLimit    = 50 << 20
	unzipXMLLimit = 16 << 20
	maxParts      = 2000
	lastRow       = 1 << 20 // of the format
)

func readXLSX(data []byte, sheet string) (*Table, error) {
	archive, err := openZip(data)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: unzipLimit, UnzipXMLSizeLimit: unzipXMLLimit, RawCellValue: true})
	if err != nil {
		return nil, refuse("malformed", "the file is no readable .xlsx")
	}
	defer f.Close()
	names := f.GetSheetList()
	if len(names) == 0 || len(names) > maxSheets {
		return nil, refuse("malformed", "the file has no sheet, or more than %d", maxSheets)
	}
	if sheet == "" {
		sheet = names[0]
	}
	m, err := openMarks(archive, sheet)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	rows, err := f.Rows(sheet)
	if err != nil {
		return nil, refuse("malformed", "the sheet cannot be read")
	}
	defer rows.Close()
	x := &xlsxReader{table: &Table{Format: XLSX, Sheet: sheet}, rows: rows, marks: m, styles: newStyles(f)}
	return x.table, x.read()
}

// openZip checks what an archive says of itself before anything is unpacked. What it unpacks
// to cannot exceed that: archive/zip refuses a part that turns out longer than it says.
func openZip(data []byte) (*zip.Reader, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse("malformed", "the file is no readable .xlsx")
	}
	if len(z.File) > maxParts {
		return nil, refuse("too_large", "the file has more than %d parts", maxParts)
	}
	total := uint64(0)
	for _, p := range z.File {
		if total += p.UncompressedSize64; total > unzipLimit || p.UncompressedSize64 > unzipLimit {
			return nil, refuse("too_large", "the file unpacks to more than %d MiB", unzipLimit>>20)
		}
	}
	return z, nil
}

// xlsxReader walks values (by the library) and marks (what the library does not tell while
// streaming: formulas and styles) in step.
type xlsxReader struct {
	table  *Table
	rows   *excelize.Rows
	marks  *marks
	styles *styles
}

func (x *xlsxReader) read() error {
	mark, err := x.marks.next()
	for number := 1; err == nil; number++ {
		if mark.row > lastRow || mark.row < number {
			return refuse("malformed", "the rows of the sheet are out of order")
		}
		if number < mark.row {
			if !x.rows.Next() {
				return refuse("malformed", "the sheet ends early")
			}
			if _, err := x.rows.Columns(); err != nil {
				return refuse("malformed", "the sheet cannot be read")
			}
			continue
		}
		if err := x.row(mark); err != nil {
			return err
		}
		mark, err = x.marks.next()
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	if x.table.Header == nil {
		return refuse("empty_header", "the sheet is empty")
	}
	return nil
}

func (x *xlsxReader) row(m rowMarks) error {
	if !x.rows.Next() {
		return refuse("malformed", "the sheet ends early")
	}
	cells, err := x.rows.Columns()
	if err != nil {
		return refuse("malformed", "the sheet cannot be read")
	}
	for i, c := range cells {
		cells[i] = x.styles.text(plainCell(c), m.styles[i], m.kinds[i])
	}
	if x.table.Header == nil {
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			return nil // a sheet may begin below its top
		}
		if x.marks.merged(m.row) {
			x.table.warn("merged_header")
		}
		return x.table.setHeader(cells)
	}
	return x.table.add(Row{Number: m.row, Cells: cells, Formulas: m.formulas})
}

// styles turns numbers into what a person sees in the cell, where it matters: days, and
// staff numbers that get their leading zeros from the format 00000.
type styles struct {
	file     *excelize.File
	from1904 bool
	known    map[int]string // by style: "" as it is, "date", or zeros
}

func newStyles(f *excelize.File) *styles {
	s := &styles{file: f, known: map[int]string{}}
	if p, err := f.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		s.from1904 = *p.Date1904
	}
	return s
}

func (s *styles) text(cell string, style int, kind string) string {
	if kind != "" && kind != "n" || cell == "" {
		return cell
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return cell
	}
	how := s.how(style)
	switch {
	case how == "date":
		return serialText(n, s.from1904)
	case n == math.Trunc(n) && math.Abs(n) < 1e15:
		cell = strconv.FormatFloat(n, 'f', 0, 64) // not 1.2E+9
		if missing := len(how) - len(cell); missing > 0 && n >= 0 {
			cell = how[:missing] + cell
		}
	}
	return cell
}

// serialText writes a day, a day with its time, or a time alone.
func serialText(n float64, from1904 bool) string {
	t := serial(n, from1904)
	switch {
	case n >= 0 && n < 1:
		return t.Format("15:04:05")
	case n == math.Trunc(n):
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02 15:04:05")
}

func (s *styles) how(style int) string {
	how, ok := s.known[style]
	if !ok {
		how = s.look(style)
		s.known[style] = how
	}
	return how
}

// look reads a number format. 14 to 22 and 45 to 47 are the built-in ones of days and times
// (ECMA-376 part 1 section 18.8.30); 27 to 36 and 50 to 58 those of East Asia.
func (s *styles) look(style int) string {
	st, err := s.file.GetStyle(style)
	if err != nil || st == nil {
		return ""
	}
	if f := st.CustomNumFmt; f != nil {
		return customFormat(*f)
	}
	if n := st.NumFmt; n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58 {
		return "date"
	}
	return ""
}

func customFormat(f string) string {
	if f != "" && len(f) <= 32 && strings.Trim(f, "0") == "" {
		return f
	}
	var b strings.Builder
	quoted, bracket := false, false
	for i, r := range f {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted || i > 0 && f[i-1] == '\\':
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		case !bracket:
			b.WriteRune(r)
		}
	}
	if strings.ContainsAny(strings.ToLower(b.String()), "ymdhsjt") && !strings.Contains(strings.ToLower(f), "general") {
		return "date" // j and t: Jahr and Tag, as German files have them
	}
	return ""
}
