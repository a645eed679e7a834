package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// rowMarks is what a row's cells are beside their values, by column.
type rowMarks struct {
	row      int
	formulas []int
	styles   map[int]int
	kinds    map[int]string // attribute t: "" or "n" is a number
}

// marks reads a worksheet part row by row.
type marks struct {
	part   io.ReadCloser
	xml    *xml.Decoder
	row    int
	merges []string
}

func (m *marks) Close() error { return m.part.Close() }

// openMarks finds the part of a sheet by the workbook's relationships (ECMA-376 part 2).
func openMarks(z *zip.Reader, sheet string) (*marks, error) {
	name, err := sheetPart(z, sheet)
	if err != nil {
		return nil, err
	}
	merges, err := readMerges(z, name)
	if err != nil {
		return nil, err
	}
	part, err := openPart(z, name)
	if err != nil {
		return nil, err
	}
	return &marks{part: part, xml: xml.NewDecoder(part), merges: merges}, nil
}

func sheetPart(z *zip.Reader, sheet string) (string, error) {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := errors.Join(readPart(z, "xl/workbook.xml", &book), readPart(z, "xl/_rels/workbook.xml.rels", &rels)); err != nil {
		return "", refuse("malformed", "the workbook cannot be read")
	}
	for _, s := range book.Sheets {
		for _, r := range rels.List {
			if s.Name == sheet && s.ID != "" && r.ID == s.ID {
				if strings.HasPrefix(r.Target, "/") {
					return strings.TrimPrefix(path.Clean(r.Target), "/"), nil
				}
				return path.Join("xl", r.Target), nil
			}
		}
	}
	return "", refuse("malformed", "the file has no sheet of the configured name")
}

func openPart(z *zip.Reader, name string) (io.ReadCloser, error) {
	for _, f := range z.File {
		if strings.EqualFold(strings.ReplaceAll(f.Name, "\\", "/"), name) {
			part, err := f.Open()
			if err != nil {
				break
			}
			return part, nil
		}
	}
	return nil, refuse("malformed", "a part of the workbook is missing")
}

// readPart decodes a small part; the limit is far above what such a part needs.
func readPart(z *zip.Reader, name string, into any) error {
	part, err := openPart(z, name)
	if err != nil {
		return err
	}
	defer part.Close()
	return xml.NewDecoder(io.LimitReader(part, 4<<20)).Decode(into)
}

// readMerges collects merged ranges, which stand after the rows; at most 1,000, as they are
// only of interest in the header. Most sheets have none, which is seen without parsing them.
func readMerges(z *zip.Reader, name string) (merges []string, err error) {
	if some, err := mentions(z, name, "mergeCell"); err != nil || !some {
		return nil, err
	}
	part, err := openPart(z, name)
	if err != nil {
		return nil, err
	}
	defer part.Close()
	dec := xml.NewDecoder(part)
	for len(merges) < 1000 {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refuse("malformed", "the sheet cannot be read")
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "mergeCell" {
			merges = append(merges, attr(e, "ref"))
		}
	}
	return merges, nil
}

// mentions reports whether a word stands anywhere in a part.
func mentions(z *zip.Reader, name, word string) (bool, error) {
	part, err := openPart(z, name)
	if err != nil {
		return false, err
	}
	defer part.Close()
	buf, kept := make([]byte, 64<<10), 0
	for {
		n, err := part.Read(buf[kept:])
		seen := buf[:kept+n]
		if bytes.Contains(seen, []byte(word)) {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, refuse("malformed", "the sheet cannot be read")
		}
		kept = copy(buf, seen[max(0, len(seen)-len(word)+1):]) // the word may begin here
	}
}

// merged reports whether cells of a row are merged sideways.
func (m *marks) merged(row int) bool {
	for _, ref := range m.merges {
		from, to, ok := strings.Cut(ref, ":")
		c1, r1, err1 := excelize.CellNameToCoordinates(from)
		c2, r2, err2 := excelize.CellNameToCoordinates(to)
		if ok && err1 == nil && err2 == nil && r1 <= row && row <= r2 && c1 < c2 {
			return true
		}
	}
	return false
}

// next returns the marks of the next row, io.EOF after the last.
func (m *marks) next() (rowMarks, error) {
	for {
		token, err := m.xml.RawToken()
		if errors.Is(err, io.EOF) {
			return rowMarks{}, io.EOF
		}
		if err != nil {
			return rowMarks{}, refuse("malformed", "the sheet cannot be read")
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "row" {
			return m.cells(e)
		}
	}
}

func (m *marks) cells(start xml.StartElement) (rowMarks, error) {
	m.row++
	if r := attr(start, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n > lastRow || n < m.row {
			return rowMarks{}, refuse("malformed", "the rows of the sheet are out of order")
		}
		m.row = n
	}
	out := rowMarks{row: m.row, styles: map[int]int{}, kinds: map[int]string{}}
	column := -1
	for {
		token, err := m.xml.RawToken()
		if err != nil {
			return out, refuse("malformed", "the sheet cannot be read")
		}
		switch e := token.(type) {
		case xml.StartElement:
			if column, err = out.mark(e, column); err != nil {
				return out, err
			}
		case xml.EndElement:
			if e.Name.Local == "row" {
				return out, nil
			}
		}
	}
}

func (r *rowMarks) mark(e xml.StartElement, column int) (int, error) {
	switch e.Name.Local {
	case "c":
		column++
		if ref := attr(e, "r"); ref != "" {
			c, _, err := excelize.CellNameToCoordinates(ref)
			if err != nil {
				return 0, refuse("malformed", "a cell has no place")
			}
			column = c - 1
		}
		if style, err := strconv.Atoi(attr(e, "s")); err == nil && style != 0 {
			r.styles[column] = style
		}
		if kind := attr(e, "t"); kind != "" {
			r.kinds[column] = kind
		}
	case "f":
		r.formulas = append(r.formulas, column)
	}
	return column, nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
