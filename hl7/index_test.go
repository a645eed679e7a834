package hl7

import (
	"bytes"
	"testing"
)

func TestParseDelims(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		d      Delims
		length int
		ok     bool
	}{
		`MSH|^~\&|`:   {Delims{'|', '^', '~', '\\', '&', 0}, 4, true},
		`MSH|^~\&#|`:  {Delims{'|', '^', '~', '\\', '&', '#'}, 5, true},
		`MSH|^~\\&|`:  {Delims{'|', '^', '~', '\\', '&', 0}, 5, true},
		`MSH|^^~\&|`:  {Delims{'|', '^', '~', '\\', '&', 0}, 5, true},
		"MSH|^~\\&\r": {Delims{'|', '^', '~', '\\', '&', 0}, 4, true},
		`MSH|^|`:      {Delims{Field: '|', Component: '^'}, 1, true},
		`MSH||`:       {ok: false},
		`MSH|`:        {ok: false},
		`MSH|^~\&#!|`: {ok: false},
		`MSH|^~a&|`:   {ok: false},
		`MSH|^~"&|`:   {ok: false},
		`MSH "~"&|`:   {ok: false},
		"MSH\xE4^~&|": {ok: false},
		"MSH|^~\xE4|": {ok: false},
	} {
		d, length, ok := parseDelims([]byte(in))
		if ok != want.ok || ok && (d != want.d || length != want.length) {
			t.Errorf("%q gives %v, %d, %v", in, d, length, ok)
		}
		if ok && d.odd(length) != (d.Sub == 0 || length != len(d.chars())) {
			t.Errorf("%q: odd is %v", in, d.odd(length))
		}
	}
}

func TestTrimmedEnd(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                    "",
		"PID|1":               "PID|1",
		"PID|1\r":             "PID|1",
		"PID|1\r\n\x1c\r":     "PID|1",
		"PID|1 \t\r":          "PID|1 \t", // blanks of the last field
		"PID|1\r \x00\x1c\r ": "PID|1",
		" \r\n":               "",
	} {
		if got := in[:trimmedEnd([]byte(in))]; got != want {
			t.Errorf("%q ends as %q, want %q", in, got, want)
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	seps := []byte("|~^&")
	for name, tc := range map[string]struct {
		in    string
		index []int
		want  string
	}{
		"whole":              {"a|b", []int{0}, "N"},
		"first":              {"a|b", []int{1}, "N|b"},
		"last":               {"a|b", []int{2}, "a|N"},
		"beyond":             {"a|b", []int{4}, "a|b||N"},
		"deep":               {"a|b~c^d&e", []int{2, 2, 2, 2}, "a|b~c^d&N"},
		"deep beyond":        {"a", []int{3, 2, 2, 3}, "a||~^&&N"},
		"part of a null":     {`a|""`, []int{2, 1, 2}, "a|^N"},
		"null beside":        {`a|""`, []int{1}, `N|""`},
		"nothing":            {"", []int{2}, "|N"},
		"level stops at rep": {"a|b~c", []int{2, 1, 0}, "a|N~c"},
	} {
		in := []byte(tc.in)
		got, err := replace(in, seps, tc.index, []byte("N"))
		if err != nil || string(got) != tc.want || string(in) != tc.in {
			t.Errorf("%s: %q, %v, want %q; the input is now %q", name, got, err, tc.want, in)
		}
	}
	if _, err := replace([]byte("a"), []byte{'|', 0}, []int{1, 2}, nil); err == nil {
		t.Error("a level without a delimiter is written")
	}
}

// TestOffset: the place of an error is a place in the input, whatever came before MSH.
func TestOffset(t *testing.T) {
	t.Parallel()
	text := "MSH|^~\\&|Ł𝄞\rPID"
	for name, raw := range map[string][]byte{
		"plain":         []byte(text),
		"mark":          append([]byte("\xEF\xBB\xBF"), text...),
		"framing":       []byte("\x0b\r\n" + text),
		"UTF-16":        toUTF16([]byte(text), bigEndian),
		"UTF-16, mark":  toUTF16([]byte("\uFEFF"+text), littleEndian),
		"UTF-16, space": toUTF16([]byte("\uFEFF \r"+text), littleEndian),
	} {
		m := &Message{raw: raw, enc: &encoding{}}
		m.strip()
		want := bytes.Index(raw, []byte("PID"))
		if m.enc.wide != 0 {
			want = bytes.Index(raw, toUTF16([]byte("PID"), m.enc.wide))
		}
		if got := m.offset(bytes.Index(m.text, []byte("PID"))); got != want {
			t.Errorf("%s: offset %d, want %d", name, got, want)
		}
	}
}

// TestKnownEscape holds every form of HL7 2.5.1 s.2.7 beside near misses.
func TestKnownEscape(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"F", "S", "T", "R", "E", "P", "H", "N", "X0D", "Xe4E4", "C2842", "M263B", "M1B2842", "Zx", ".br", ".sp", ".sp2", ".sp+12", ".in-4", ".ti+1", ".sk5", ".fi", ".nf", ".ce"} {
		if !knownEscape([]byte(body)) {
			t.Errorf("%q is not known", body)
		}
	}
	for _, body := range []string{"", "f", "FF", "X", "X0", "X0G", "C284", "C284200", "M26", "Z", ".", ".b", ".xx", ".sp 2", ".brr", ".sp1234567", "temp"} {
		if knownEscape([]byte(body)) {
			t.Errorf("%q is taken for an escape sequence", body)
		}
	}
}
