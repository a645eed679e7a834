package hl7_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wardline/wardline/hl7"
)

func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*.hl7")
	if err != nil || len(files) == 0 {
		f.Fatal("no test data", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("MSH|^~\\&|||||||\r\r\n\nPID"))
	f.Add([]byte("\xFF\xFEM\x00S\x00H\x00|\x00"))
	f.Add([]byte("\x00M\x00S\x00H\x00|\x00^\x00|\xD8"))
}

// FuzzParse reads everything there is in whatever parses: nothing may panic, and every way
// to a leaf must lead to the same bytes.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		batch, _ := hl7.Options{}.Split(raw)
		for _, one := range append(batch.Messages, raw) {
			h, _ := hl7.PeekHeader(one)
			h.Acks(hl7.Rejected)
			m, err := hl7.Parse(one)
			if err != nil {
				_ = hl7.FaultOf(err).At.String()
				continue
			}
			checkMessage(t, "input", m, one)
			for g := range m.Groups("PID") {
				for s := range g.Each("") {
					for r := range s.Reps(3) {
						_ = r.Sub(1, 2).String()
					}
				}
			}
			ack := hl7.Ack{Code: hl7.AE, ControlID: "1", Faults: []hl7.Fault{{At: hl7.Path{Segment: "PID", Field: 3}}}}
			checkAck(t, m.Header(), ack)
		}
		if !bytes.Equal(before, raw) {
			t.Error("the input was changed")
		}
	})
}

// checkAck: the answer to anything that parses must itself parse and name the message.
func checkAck(t *testing.T, h hl7.Header, ack hl7.Ack) {
	t.Helper()
	raw, err := h.Reply(ack).Bytes()
	if err != nil {
		if h.Delims.Sub == 0 {
			return // a sender without all the delimiters cannot be told a place
		}
		t.Fatalf("no answer to %+v: %v", h, err)
	}
	m, err := hl7.Parse(raw)
	if err != nil {
		t.Fatalf("the answer %q does not parse: %v", raw, err)
	}
	if got := m.Get("MSA-1").String(); got != "AE" {
		t.Errorf("MSA-1 is %q in %q", got, raw)
	}
}

// FuzzRoundTrip writes a text into a message and reads it back, and all else unchanged.
func FuzzRoundTrip(f *testing.F) {
	f.Add("PID-5.1", "Großmann|^~\\&", false)
	f.Add("ZAB-3[2].1.4", "\r\n\x1c\x0b", true)
	f.Add("PV1[2]-1", "\\.br\\", true)
	f.Fuzz(func(t *testing.T, path, text string, utf16 bool) {
		p, err := hl7.ParsePath(path)
		if err != nil || !utf8.ValidString(text) || text == `""` || p.Field > 200 || p.Repetition > 20 || p.Component > 20 || p.Sub > 20 {
			t.Skip()
		}
		raw := msh + "\rPID|1||2^3&4\r"
		if utf16 {
			raw = wide("\uFEFF"+raw, 1)
		}
		m := parse(t, raw)
		if m.Set(p, text) != nil {
			t.Skip()
		}
		want := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		if got := m.At(p).String(); got != want {
			t.Errorf("wrote %q, read %q in %q", want, got, m.Bytes())
		}
		if p.Segment != "MSH" && m.Header().ControlID != "1" {
			t.Errorf("the header changed: %q", m.Bytes())
		}
	})
}

// FuzzUnescape reads any field in any character set: the text must be UTF-8, and written
// and read again it must not change.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`\F\`, `\XC3A4\`, `\X`, `\\\`, `\.sp+3\`, `\Zx\`, `\M263B\`, "\xE4", "\xC3"} {
		f.Add([]byte(s), "UNICODE UTF-8")
		f.Add([]byte(s), "8859/15")
		f.Add([]byte(s), "")
	}
	f.Fuzz(func(t *testing.T, field []byte, charset string) {
		raw := append([]byte(strings.Replace(msh, "UNICODE UTF-8", charset, 1)+"\rNTE|1||"), field...)
		m, err := hl7.Parse(raw)
		if err != nil {
			t.Skip()
		}
		text := m.Get("NTE-3").String()
		if !utf8.ValidString(text) {
			t.Fatalf("%q reads as %q, which is not UTF-8", field, text)
		}
		out, err := hl7.New(hl7.Header{Type: "ADT"}).Segment("NTE").Set("3", text).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		if again := parse(t, string(out)).Get("NTE-3"); again.String() != want && text != `""` {
			t.Errorf("%q becomes %q", want, again)
		}
	})
}

// FuzzParseTime: no panic, and what is read is written back to the same moment.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026", "20260203040506.07+0100", "-0100", "20260203."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := hl7.ParseTime(s, nil)
		if err != nil || got.Year() < 1 || got.Year() > 9999 {
			t.Skip()
		}
		again, err := hl7.ParseTime(hl7.FormatTime(got.Time), nil)
		if err != nil || again.Unix() != got.Unix() {
			t.Errorf("%q is %v, written and read again %v, %v", s, got, again, err)
		}
	})
}
