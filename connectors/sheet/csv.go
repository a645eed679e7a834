package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/wardline/wardline/connectors"
)

// The encodings that are told apart.
const (
	encUTF8    = "utf-8"
	encUTF8BOM = "utf-8-bom"
	encUTF16LE = "utf-16le"
	encUTF16BE = "utf-16be"
	enc1252    = "windows-1252"
)

const bom = "\xef\xbb\xbf"

func readCSV(data []byte) (*Table, error) {
	text, enc, err := decode(data)
	if err != nil {
		return nil, err
	}
	t := &Table{Format: CSV, encoding: enc}
	skipped := 0
	if line, rest, _ := strings.Cut(text, "\n"); len(line) >= 5 && strings.EqualFold(line[:4], "sep=") {
		t.separator, _ = utf8.DecodeRuneInString(line[4:])
		text, skipped = rest, 1
	}
	if !strings.ContainsRune(";,\t|", t.separator) || t.separator == 0 {
		t.separator = separator(text)
	}
	return t, t.readRecords(text, skipped)
}

// readRecords reads all rows. Numbers are those a spreadsheet program shows: a quoted line
// end does not begin a row, an empty line is one.
func (t *Table) readRecords(text string, skipped int) error {
	begin := skipped
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = t.separator, -1, false
	var broken *csv.ParseError
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		broken = nil
		number := skipped
		if errors.As(err, &broken) {
			number += broken.StartLine
			skipped -= broken.Line - broken.StartLine
		} else if err != nil {
			return refuse("malformed", "the file is no CSV: %w", err)
		} else {
			line, _ := r.FieldPos(0)
			number += line
			for _, f := range record {
				skipped -= strings.Count(f, "\n")
			}
		}
		if err := t.record(number, record, broken); err != nil {
			return err
		}
	}
	// A quote that is never closed has swallowed the rest: people are missing without a fault
	// of their own.
	if broken != nil && broken.Line > broken.StartLine {
		return refuse("malformed", "a quotation mark that is opened in line %d is never closed", begin+openedIn(text, broken.StartLine))
	}
	if t.Header == nil {
		return refuse("empty_header", "the file is empty")
	}
	return nil
}

// openedIn returns the line of the quotation mark that the record which begins in a line never
// closes; it may have closed others before.
func openedIn(text string, line int) int {
	opened, number, quoted := line, 0, false
	for l := range strings.Lines(text) {
		if number++; number < line {
			continue
		}
		for range strings.Count(strings.ReplaceAll(l, `""`, ""), `"`) {
			if quoted = !quoted; quoted {
				opened = number
			}
		}
	}
	return opened
}

func (t *Table) record(number int, cells []string, broken *csv.ParseError) error {
	switch {
	case broken != nil && t.Header == nil:
		return refuse("malformed", "the header in line %d has a misplaced quotation mark", number)
	case broken != nil:
		return t.add(Row{Number: number, Fault: "bad_value"})
	case t.Header == nil && strings.TrimSpace(strings.Join(cells, "")) == "":
		return refuse("empty_header", "the first row names no columns")
	case t.Header == nil:
		return t.setHeader(cells)
	}
	row := Row{Number: number, Cells: cells}
	for i, c := range cells {
		cells[i] = plainCell(c)
	}
	return t.add(row)
}

// plainCell is a cell as it was before a result file was written of it.
func plainCell(c string) string { return connectors.Plain(strings.TrimSpace(c)) }

// separator finds what stands between the names of the header, outside quotation marks.
func separator(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, r := range text {
		if r == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if r == '\n' || r == '\r' {
			if len(counts) > 0 {
				break
			}
			continue
		}
		counts[r]++
	}
	best := ';'
	for _, r := range ";\t,|" {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// decode finds out the encoding. A file that fits none is refused: guessing would put wrong
// letters into names, where nobody looks for weeks.
func decode(data []byte) (text, name string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte(bom)):
		data = data[len(bom):]
		if !utf8.Valid(data) {
			return "", "", refuse("encoding", "the file says that it is UTF-8 and is not")
		}
		return checked(string(data), encUTF8BOM)
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], encUTF16LE)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], encUTF16BE)
	case len(data) >= 4 && data[1] == 0 && data[3] == 0:
		return decodeUTF16(data, encUTF16LE)
	case len(data) >= 4 && data[0] == 0 && data[2] == 0:
		return decodeUTF16(data, encUTF16BE)
	case utf8.Valid(data):
		return checked(string(data), encUTF8)
	}
	if err := check1252(data); err != nil {
		return "", "", err
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", "", refuse("encoding", "the file is neither UTF-8 nor Windows-1252")
	}
	return checked(string(out), enc1252)
}

func decodeUTF16(data []byte, name string) (string, string, error) {
	out, err := coder(name).NewDecoder().Bytes(data)
	if err != nil || len(data)%2 != 0 || bytes.ContainsRune(out, utf8.RuneError) {
		return "", "", refuse("encoding", "the file looks like UTF-16 and is broken")
	}
	return checked(string(out), name)
}

func coder(name string) encoding.Encoding {
	switch name {
	case encUTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case encUTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case enc1252:
		return charmap.Windows1252
	}
	return encoding.Nop
}

// checked refuses what is no text at all, and ends lines as the reader expects them.
func checked(text, name string) (string, string, error) {
	if strings.ContainsRune(text, 0) {
		return "", "", refuse("encoding", "the file is no text: it holds NUL bytes")
	}
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // old Macintosh
	}
	return text, name, nil
}

// check1252 refuses bytes that Windows-1252 lacks, and the two mix-ups that would pass: UTF-8
// with a broken place, and the DOS code page 850, whose ä and ö are quotation marks here.
func check1252(data []byte) error {
	multi, single, dos := 0, 0, 0
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			single++
			if strings.IndexByte("\x81\x8d\x8f\x90\x9d", data[i]) >= 0 || data[i] == 0x84 && inWord(data, i) || data[i] == 0x94 && inWord(data, i) {
				dos++
			}
		case n > 1:
			multi++
		}
		i += n
	}
	if dos > 0 {
		return refuse("encoding", "the file is neither UTF-8 nor Windows-1252, probably a DOS code page; please save it as CSV UTF-8")
	}
	if multi > single {
		return refuse("encoding", "the file mixes UTF-8 with another encoding; please save it as CSV UTF-8")
	}
	return nil
}

func inWord(data []byte, i int) bool {
	letter := func(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
	return i > 0 && i+1 < len(data) && letter(data[i-1]) && letter(data[i+1])
}
