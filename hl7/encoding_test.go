package hl7_test

import (
	"strings"
	"testing"

	"github.com/wardline/wardline/hl7"
)

// TestFourEncodings: the same admission in every encoding gives the same name.
func TestFourEncodings(t *testing.T) {
	t.Parallel()
	for file, charset := range map[string]hl7.Charset{
		"adt_a01_8859-1.hl7":           hl7.Latin1,
		"adt_a01_8859-15.hl7":          hl7.Latin9,
		"adt_a01_UNICODE_UTF-8.hl7":    hl7.UTF8,
		"adt_a01_nocharset-cp1252.hl7": hl7.Windows1252,
		"weird_utf16le.hl7":            hl7.UTF16,
		"weird_utf8_bom.hl7":           hl7.UTF8,
	} {
		m := parse(t, string(sample(t, file)))
		if m.Charset() != charset {
			t.Errorf("%s: read as %s, want %s", file, m.Charset(), charset)
		}
		name := m.Get("PID-5.1").String() + ", " + m.Get("PID-5.2").String()
		if name != "Großmann, Jürgen" || m.Get("PID-11.1.2").String() != "Prager Straße" {
			t.Errorf("%s: name %q, street %q", file, name, m.Get("PID-11.1.2"))
		}
	}
}

func TestCharset(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		declared, field, want string
		def                   hl7.Charset
	}{
		"8859/15 euro":                 {"8859/15", "\xA4", "€", ""},
		"8859/1 is read as 1252":       {"8859/1", "\x80\xE4", "€ä", ""},
		"8859/2":                       {"8859/2", "\xB1", "ą", ""},
		"1252 gap is a control":        {"8859/1", "\x81", "\u0081", ""},
		"blank and valid UTF-8":        {"", "\xC3\xA4", "ä", ""},
		"blank and not UTF-8":          {"", "\xE4", "ä", ""},
		"ASCII and not UTF-8":          {"ASCII", "\xE4", "ä", ""},
		"default wins over a guess":    {"", "\xC3\xA4", "Ă¤", hl7.Latin2},
		"declared wins over default":   {"UNICODE UTF-8", "\xC3\xA4", "ä", hl7.Latin2},
		"UTF-16 declared, not sent":    {"UNICODE UTF-16", "\xC3\xA4", "ä", ""},
		"one field in other encoding":  {"UNICODE UTF-8", "\xE4", "ä", ""},
		"spelled otherwise":            {"iso-8859-15", "\xA4", "€", ""},
		"hexadecimal in the charset":   {"8859/15", `\XA4E4\`, "€ä", ""},
		"hexadecimal UTF-8":            {"UNICODE UTF-8", `\XC3A4\`, "ä", ""},
		"hexadecimal UTF-8 in two":     {"UNICODE UTF-8", `\XC3\\XA4\`, "ä", ""},
		"repeated charset: first used": {"8859/15~UNICODE UTF-8", "\xA4", "€", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := strings.Replace(msh, "UNICODE UTF-8", tc.declared, 1) + "\rPID|1||" + tc.field + "\r"
			m, err := hl7.Options{Charset: tc.def}.Parse([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Get("PID-3").String(); got != tc.want {
				t.Errorf("got %q, want %q (read as %s)", got, tc.want, m.Charset())
			}
		})
	}
}

func TestUTF16(t *testing.T) {
	t.Parallel()
	text := strings.Replace(msh, "UTF-8", "UTF-16", 1) + "\rPID|1||Łukasz 𝄞|\\X00E4\\\r"
	for name, raw := range map[string]string{
		"little endian, no mark": wide(text, 0),
		"big endian, no mark":    wide(text, 1),
		"little endian, mark":    wide("\uFEFF"+text, 0),
		"big endian, mark":       wide("\uFEFF"+text, 1),
	} {
		m := parse(t, raw)
		if m.Get("PID-3").String() != "Łukasz 𝄞" || m.Get("PID-4").String() != "ä" {
			t.Errorf("%s: got %q and %q", name, m.Get("PID-3"), m.Get("PID-4"))
		}
		if string(m.Bytes()) != raw {
			t.Errorf("%s: Bytes differs from the input", name)
		}
		if err := m.Set(hl7.MustPath("PID-3"), "Änne"); err != nil || m.Get("PID-3").String() != "Änne" {
			t.Errorf("%s: after Set %q, %v", name, m.Get("PID-3"), err)
		}
		if want := wide(strings.Replace(text, "Łukasz 𝄞", "Änne", 1), bigIf(name)); !strings.HasSuffix(string(m.Bytes()), want) {
			t.Errorf("%s: Set wrote %q", name, m.Bytes())
		}
	}
	if m := parse(t, wide(text, 0)+"x"); !m.Get("PID-3").Present() {
		t.Error("an odd last byte breaks the message")
	}
}

func bigIf(name string) int {
	if strings.HasPrefix(name, "big") {
		return 1
	}
	return 0
}

// wide encodes text in UTF-16, the high byte first for big = 1.
func wide(text string, big int) string {
	var b []byte
	for _, r := range text {
		units := []rune{r}
		if r > 0xFFFF {
			units = []rune{0xD800 + (r-0x10000)>>10, 0xDC00 + (r-0x10000)&0x3FF}
		}
		for _, u := range units {
			pair := [2]byte{byte(u), byte(u >> 8)}
			b = append(b, pair[big], pair[1-big])
		}
	}
	return string(b)
}

func TestEscapes(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`plain`:                     "plain",
		`M\T\S Pfeil\S\Test`:        "M&S Pfeil^Test",
		`A\F\B\R\C\E\D`:             `A|B~C\D`,
		`\X0D\`:                     "\r",
		`\XE4\`:                     "ä", // not UTF-8, so read as Windows-1252
		`\H\fett\N\`:                "fett",
		`a\.br\b\.sp2\c\.ce\d`:      "a\nb\nc\nd",
		`a\.in+3\b\.ti-2\c\.sk 1\d`: `abc\.sk 1\d`,
		`a\.sk1\b\.fi\c\.nf\d`:      "a bcd",
		`\C2842\a\M263B\b\Mxx\`:     `ab\Mxx\`,
		`\Zlocal\x`:                 "x",
		`\P\`:                       "", // no truncation character in this message
		`C:\temp\x`:                 `C:\temp\x`,
		`\X4\ \XZZ\ \X\ \\ \`:       `\X4\ \XZZ\ \X\ \\ \`,
		`{\rtf1\ansi\T\}`:           `{\rtf1\ansi&}`,
	} {
		m := parse(t, msh+"\rPID|1||"+raw+"\r")
		if got := m.Get("PID-3").String(); got != want {
			t.Errorf("%s reads %q, want %q", raw, got, want)
		}
	}
	m := parse(t, string(sample(t, "weird_escapes.hl7")))
	if got, want := m.Get("PID-5.1").String(), "M&S Pfeil^Test"; got != want {
		t.Errorf("PID-5.1 is %q, want %q", got, want)
	}
}

// TestWriteRead: whatever text is written is read back, in every character set that has it.
func TestWriteRead(t *testing.T) {
	t.Parallel()
	for _, c := range []hl7.Charset{hl7.UTF8, hl7.UTF16, hl7.Latin1, hl7.Latin9, hl7.ASCII} {
		text := "a|b^c~d\\e&f\x01\x1c\x0b\tg#"
		if c != hl7.ASCII {
			text += "äöüßé"
		}
		b := hl7.New(hl7.Header{Type: "ADT", Charset: c, Delims: hl7.Delims{Field: '|', Component: '^', Repetition: '~', Escape: '\\', Sub: '&', Truncation: '#'}})
		raw, err := b.Segment("NTE").Set("3.1", text).Set("4", "x\r\ny\rz\n").Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m := parse(t, string(raw))
		w := m.Warnings()
		if got := m.Get("NTE-3").String(); got != text || w.Total() > w.Count(hl7.WarnBOM) {
			t.Errorf("%s: got %q, want %q, warnings %v", c, got, text, w)
		}
		if got := m.Get("NTE-4").String(); got != "x\ny\nz\n" {
			t.Errorf("%s: line ends read %q", c, got)
		}
		if m.Charset() != c {
			t.Errorf("written as %s, read as %s", c, m.Charset())
		}
	}
	raw, _ := hl7.New(hl7.Header{Type: "ADT", Charset: hl7.Latin1}).Segment("NTE").Set("3", "Łódź €").Bytes()
	if got := parse(t, string(raw)).Get("NTE-3").String(); got != "?ód? €" {
		t.Errorf("what the character set lacks reads %q", got)
	}
}
