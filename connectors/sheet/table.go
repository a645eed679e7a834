// Package sheet is the connector kind "sheet": people and duty rosters from spreadsheets
// (CSV, .xlsx) and calendars (.ics), dropped into a folder, posted by HTTPS or uploaded at
// the console.
//
// A file is read into a Table, whose cells are texts and whose rows know their number. A
// Mapping says which column is which field. Pull and Shifts are pure functions from there to
// statements; Result writes the file back with the fate of each row. A bad row is a fault of
// its own and never stops the rest; what makes a whole file unusable is a hub.Error whose
// Code is one of the named faults of a run.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// Limits of one file. They hold while reading, so that a hostile file costs no more.
const (
	MaxBytes   = 20 << 20
	maxColumns = 200
	maxRows    = 200_000
	maxCell    = 32 << 10
	maxSheets  = 256
)

// Format is how a table was written, and how its result is written back.
type Format string

// The formats a table can have. Calendars are no tables; see Calendar.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Table is a spreadsheet read into texts. Dates of .xlsx cells are ISO dates already.
type Table struct {
	Format   Format
	Sheet    string   // name of the sheet, .xlsx only
	Header   []string // trimmed; doubles are told apart by " (2)", "" has no name
	Rows     []Row    // without empty ones
	Warnings []string // named quirks: "merged_header", "duplicate_header", "unnamed_column"

	separator rune
	encoding  string
}

// Row is one row that holds something. Number counts as a spreadsheet program does, the
// header being 1 as a rule.
type Row struct {
	Number   int
	Cells    []string // may be shorter than the header
	Formulas []int    // columns that hold a formula; what it came to last is not to be trusted
	Fault    string   // the row itself could not be read
}

// At returns the cell of a column, "" where the row ends before it.
func (r Row) At(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return r.Cells[column]
}

// Read reads a CSV or .xlsx file; name decides nothing where the content is clear.
func Read(name string, data []byte) (*Table, error) { return ReadSheet(name, data, "") }

// ReadSheet reads the sheet with a name, the first one where it is empty.
func ReadSheet(name string, data []byte, sheet string) (*Table, error) {
	if len(data) > MaxBytes {
		return nil, refuse("too_large", "the file has more than %d MiB", MaxBytes>>20)
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return readXLSX(data, sheet)
	}
	if err := refuseOther(data); err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(name), ".xlsx") {
		return nil, refuse("malformed", "the content is not that of an .xlsx file")
	}
	return readCSV(data)
}

// refuse is an error about a whole file; code is a named fault of a run. Its text never
// holds a cell.
func refuse(code, format string, args ...any) error {
	return hub.E("sheet.read", hub.Invalid, code, format, args...)
}

// setHeader names the columns. A table in which nothing is named is refused; a column
// without a name can be mapped to nothing.
func (t *Table) setHeader(names []string) error {
	for len(names) > 0 && strings.TrimSpace(names[len(names)-1]) == "" {
		names = names[:len(names)-1]
	}
	if len(names) > maxColumns {
		return refuse("too_many_columns", "the header has %d columns, at most %d are read", len(names), maxColumns)
	}
	if len(names) == 0 {
		return refuse("empty_header", "the first row names no columns")
	}
	seen := map[string]int{}
	for _, n := range names {
		n = strings.Join(strings.Fields(n), " ")
		if len(n) > 255 {
			n = strings.ToValidUTF8(n[:255], "")
		}
		if n == "" {
			t.warn("unnamed_column")
		} else if seen[strings.ToLower(n)]++; seen[strings.ToLower(n)] > 1 {
			t.warn("duplicate_header")
			n += " (" + strconv.Itoa(seen[strings.ToLower(n)]) + ")"
		}
		t.Header = append(t.Header, n)
	}
	return nil
}

func (t *Table) warn(name string) {
	for _, w := range t.Warnings {
		if w == name {
			return
		}
	}
	t.Warnings = append(t.Warnings, name)
}

// add keeps a row unless it is empty. Cells beyond the header must be empty too, or columns
// would have been shifted against their names.
func (t *Table) add(r Row) error {
	for len(r.Cells) > 0 && r.Cells[len(r.Cells)-1] == "" && r.Fault == "" {
		r.Cells = r.Cells[:len(r.Cells)-1]
	}
	if len(r.Cells) == 0 && len(r.Formulas) == 0 && r.Fault == "" {
		return nil
	}
	if len(r.Cells) > maxColumns {
		return refuse("too_many_columns", "row %d has %d columns, at most %d are read", r.Number, len(r.Cells), maxColumns)
	}
	if len(t.Rows) == maxRows {
		return refuse("too_large", "the file has more than %d rows", maxRows)
	}
	if r.Fault == "" && len(r.Cells) > len(t.Header) {
		r.Fault = "bad_value"
	}
	for i, c := range r.Cells {
		if len(c) > maxCell {
			r.Cells[i], r.Fault = "", "bad_value"
		} else if !plain(c) {
			r.Fault = "bad_value"
		}
	}
	t.Rows = append(t.Rows, r)
	return nil
}

// plain reports whether a text holds no control characters but line ends and tabs.
func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f })
}

// RecordOf is how a row is named in runs and results.
func RecordOf(row int) string { return "row " + strconv.Itoa(row) }

// FaultOf turns an error of this package into the fault of a run; any other is "malformed".
func FaultOf(err error) connectors.Fault {
	f := connectors.Fault{Name: "malformed", Reason: fmt.Sprint(err)}
	var e *hub.Error
	if errors.As(err, &e) && e.Code != "" {
		f.Name = e.Code
		if e.Err != nil {
			f.Reason = e.Err.Error()
		}
	}
	return f
}
