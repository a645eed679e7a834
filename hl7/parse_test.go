package hl7_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hl7"
)

const msh = `MSH|^~\&|KIS|LINDEN|HUB|LINDEN|20260201080000+0100||ADT^A01^ADT_A01|1|P|2.5|||AL|NE|DEU|UNICODE UTF-8`

// sample reads a file of testdata.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func parse(tb testing.TB, raw string) *hl7.Message {
	tb.Helper()
	m, err := hl7.Parse([]byte(raw))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestGet(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\r"+
		`PID|||1^^^A^PI~2^^^B^PI~~3^^^C&1.2.3&ISO^PI||A^B~C^D|""|""^x|a&""&b`+"\r"+
		"OBX|1|ST|one\rZAB|local\rOBX|2|ST|two\r")
	for path, want := range map[string]string{
		"MSH-1":             "|",
		"MSH-2":             `^~\&`,
		"MSH-3":             "KIS",
		"MSH-9":             "ADT",
		"MSH-9.3":           "ADT_A01",
		"MSH-18":            "UNICODE UTF-8",
		"MSH-19":            "",
		"PID-3":             "1",
		"PID-3.4":           "A",
		"PID-3[2].4":        "B",
		"PID-3[3]":          "",
		"PID-3[4].4":        "C",
		"PID-3[4].4.2":      "1.2.3",
		"PID-3[4].4.3":      "ISO",
		"PID-3[4].4.4":      "",
		"PID-3[5]":          "",
		"PID-5[2].2":        "D",
		"PID-8":             "a",
		"PID-8.1.3":         "b",
		"PID-99":            "",
		"OBX-3":             "one",
		"OBX[2]-3":          "two",
		"OBX[3]-3":          "",
		"ZAB-1":             "local",
		"PV1-3":             "",
		"no path":           "",
		"PID":               "",
		"PID-0":             "",
		"PID-3[0]":          "",
		"PID-3.":            "",
		"PID-3.1.1.1":       "",
		"PID-3[1":           "",
		"PID-99999999999.1": "",
		"PIDx3":             "",
	} {
		if got := m.Get(path).String(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestAbsentNullPresent(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\r"+`PID|a||""|""^x|y^""|`+"\r")
	type state struct{ Absent, Null, Present bool }
	for path, want := range map[string]state{
		"PID-1":   {Present: true},
		"PID-2":   {Absent: true},
		"PID-3":   {Null: true},
		"PID-3.2": {Null: true}, // a part of what is deleted is deleted
		"PID-4":   {Null: true},
		"PID-4.2": {Present: true},
		"PID-5.2": {Null: true},
		"PID-6":   {Absent: true},
		"PID-7":   {Absent: true},
		"PV1-3":   {Absent: true},
	} {
		v := m.Get(path)
		if got := (state{v.Absent(), v.Null(), v.Present()}); got != want {
			t.Errorf("%s is %+v, want %+v", path, got, want)
		}
		if v.Null() && v.String() != "" {
			t.Errorf("%s is null and reads %q", path, v.String())
		}
	}
}

func TestPathText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]hl7.Path{
		"PV1":              {Segment: "PV1"},
		"ZBE[3]":           {Segment: "ZBE", Occurrence: 3},
		"PV1-3.2":          {Segment: "PV1", Field: 3, Component: 2},
		"STF[2]-10[1].4.1": {Segment: "STF", Occurrence: 2, Field: 10, Repetition: 1, Component: 4, Sub: 1},
	} {
		got, err := hl7.ParsePath(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ParsePath(%q): %v\n%s", text, err, diff)
		}
		if got.String() != text {
			t.Errorf("String gives %q, want %q", got.String(), text)
		}
	}
	for _, bad := range []string{"", "P", "pid-1", "PID-", "PID-x", "PID[0]-1", "PID[1-1", "PID-1.2.3.4", "PID-1[2", "PID--1", "PID-10000"} {
		if p, err := hl7.ParsePath(bad); !errors.Is(err, hl7.ErrPath) {
			t.Errorf("ParsePath(%q) = %v, %v", bad, p, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	small := hl7.Options{MaxBytes: 400, MaxSegments: 3, MaxFields: 20}
	for name, tc := range map[string]struct {
		raw    string
		reason error
		at     string
		at357  hl7.Code
		byte   int
	}{
		"nothing":            {"", hl7.ErrEmpty, "", hl7.CodeSegmentSequence, 0},
		"only framing":       {"\x0b\r\n \x1c\r", hl7.ErrEmpty, "", hl7.CodeSegmentSequence, 0},
		"no MSH":             {"PID|1\r", hl7.ErrNoMSH, "MSH", hl7.CodeSegmentSequence, 0},
		"no MSH after mark":  {"\xEF\xBB\xBFPID|1\r", hl7.ErrNoMSH, "MSH", hl7.CodeSegmentSequence, 3},
		"MSH alone":          {"MSH", hl7.ErrDelimiters, "MSH-2", hl7.CodeRequiredField, 3},
		"letter delimiter":   {"MSHx^~\\&x", hl7.ErrDelimiters, "MSH-2", hl7.CodeRequiredField, 3},
		"blank MSH-2":        {"MSH||KIS|", hl7.ErrDelimiters, "MSH-2", hl7.CodeRequiredField, 3},
		"repeated delimiter": {"MSH|^~^&|KIS|", hl7.ErrDelimiters, "MSH-2", hl7.CodeRequiredField, 3},
		"six delimiters":     {`MSH|^~\&#*|KIS|`, hl7.ErrDelimiters, "MSH-2", hl7.CodeRequiredField, 3},
		"short MSH":          {"MSH|^~\\&|KIS\rPID|1\r", hl7.ErrShortMSH, "MSH-9", hl7.CodeRequiredField, 12},
		"second MSH":         {msh + "\r" + msh, hl7.ErrManyMessages, "MSH", hl7.CodeSegmentSequence, len(msh) + 1},
		"batch":              {"FHS|^~\\&|A\r" + msh, hl7.ErrManyMessages, "FHS", hl7.CodeSegmentSequence, 0},
		"too large":          {msh + strings.Repeat("x", 400), hl7.ErrTooLarge, "", hl7.CodeInternal, 400},
		"too many segments":  {msh + "\rPID|1\rPV1|1\rPV2|1\r", hl7.ErrTooManySegments, "PV2", hl7.CodeInternal, len(msh) + 13},
		"too many fields":    {msh + "\rOBX|1\rOBX" + strings.Repeat("|", 21), hl7.ErrTooManyFields, "OBX[2]-20", hl7.CodeInternal, len(msh) + 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := small.Parse([]byte(tc.raw))
			var e *hl7.Error
			if !errors.Is(err, tc.reason) || !errors.As(err, &e) {
				t.Fatalf("got %v, want %v", err, tc.reason)
			}
			if e.At.String() != tc.at || e.Code != tc.at357 || e.Byte != tc.byte {
				t.Errorf("got %s code %d byte %d, want %s code %d byte %d", e.At, e.Code, e.Byte, tc.at, tc.at357, tc.byte)
			}
		})
	}
}

// TestErrorsHoldNoContent guards the promise that errors may be logged.
func TestErrorsHoldNoContent(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"Geheim|1\r", "MSHGeheim", "MSH|^~\\&|Geheim\rPID|Geheim\r", msh + "|Geheim\r" + msh,
		msh + "\rPID" + strings.Repeat("|Geheim", 2000),
	} {
		if _, err := hl7.Parse([]byte(raw)); err == nil || strings.Contains(err.Error(), "Geheim") {
			t.Errorf("error for %.20q...: %v", raw, err)
		}
	}
}

func TestTolerated(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		raw  string
		warn hl7.Warning
		n    int
	}{
		"line feeds":        {msh + "\nPID|1\n", hl7.WarnLineEnd, 1},
		"CR LF":             {msh + "\r\nPID|1\r\n", hl7.WarnLineEnd, 1},
		"blank line":        {msh + "\r\rPID|1\r", hl7.WarnBlankLine, 1},
		"line in a field":   {msh + "\rNTE|1||one\ntwo\rPID|1\r", hl7.WarnLineBreak, 1},
		"framing":           {"\x0b" + msh + "\rPID|1\r\x1c\r", hl7.WarnLeading, 1},
		"mark":              {"\xEF\xBB\xBF" + msh + "\rPID|1\r", hl7.WarnBOM, 1},
		"few delimiters":    {"MSH|^~|K|L|H|L|||ADT^A01|1|P|2.3\rPID|1\r", hl7.WarnDelimiters, 1},
		"doubled delimiter": {strings.Replace(msh, `^~\&`, `^~\\&`, 1) + "\rPID|1", hl7.WarnDelimiters, 1},
		"charset late":      {strings.Replace(msh, "|UNICODE", "||UNICODE", 1) + "\rPID|1", hl7.WarnCharsetLate, 1},
		"charset unknown":   {strings.Replace(msh, "UNICODE UTF-8", "KLINGON", 1) + "\rPID|1", hl7.WarnCharsetUnknown, 1},
		"charset missing":   {strings.Replace(msh, "UNICODE UTF-8", "", 1) + "\rPID|1||\xfc", hl7.WarnCharsetMissing, 1},
		"not UTF-8":         {msh + "\rPID|1||\xfc", hl7.WarnCharsetMismatch, 1},
		"stray escapes":     {msh + "\rPID|1||\\rtf1\\pard|C:\\", hl7.WarnEscape, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, tc.raw)
			w := m.Warnings()
			if w.Count(tc.warn) != tc.n || w.Total() != tc.n {
				t.Errorf("got %v, want %d of %s alone", w, tc.n, tc.warn)
			}
			if m.Get("PID-1").String() != "1" {
				t.Errorf("PID-1 is %q", m.Get("PID-1"))
			}
		})
	}
	clean := parse(t, msh+"\rPID|1||\\F\\\\X41\\\\.br\\\r")
	if w := clean.Warnings(); w.Total() != 0 {
		t.Errorf("a clean message has warnings %v", w)
	}
}

// TestLineBreakKept: text that a sender broke with a raw line feed is still one field.
func TestLineBreakKept(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\rNTE|1||one\nDer zweite|x\rPID|1\r")
	if got := m.Get("NTE-3").String(); got != "one\nDer zweite" {
		t.Errorf("NTE-3 is %q", got)
	}
	if got := m.Get("NTE-4").String(); got != "x" {
		t.Errorf("NTE-4 is %q", got)
	}
}

func TestOwnDelimiters(t *testing.T) {
	t.Parallel()
	m := parse(t, string(sample(t, "weird_alt_delims.hl7")))
	h := m.Header()
	if h.Type != "ADT" || h.Trigger != "A01" || h.Sender.App.Namespace != "KIS" {
		t.Errorf("header is %+v", h)
	}
	if got := m.Get("PID-5.2").String(); got != "Anna" {
		t.Errorf("PID-5.2 is %q", got)
	}
	v := parse(t, string(sample(t, "weird_truncation_char_v27.hl7"))).Get("PID-5.1")
	if v.String() != "Sehrlangername" || !v.Truncated() {
		t.Errorf("got %q truncated %v", v, v.Truncated())
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	m := parse(t, string(sample(t, "mfn_m02_multi_3records.hl7")))
	var got []string
	for g := range m.Groups("MFE") {
		got = append(got, g.Get("MFE-2").String()+" "+g.Get("STF-1").String()+" "+g.Get("STF[2]-1").String())
	}
	if diff := cmp.Diff([]string{"R5001 5001 ", "R5002 5002 ", "R5003 5003 "}, got); diff != "" {
		t.Error(diff)
	}
	for range m.Groups("ZZZ") {
		t.Error("a group without its head")
	}
}

// TestGroupsWithin: an order with its observations, inside of a message with several.
func TestGroupsWithin(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\rPID|1\rOBR|1\rOBX|1\rZOB|z1\rOBX|2\rNTE|n2\rOBR|2\rOBX|3\rZZZ|end\r")
	var got []string
	for order := range m.Groups("OBR") {
		for obs := range order.Groups("OBX") {
			z, n := obs.Get("ZOB-1").String(), obs.Get("NTE-1").String()
			got = append(got, order.Get("OBR-1").String()+"/"+obs.Get("OBX-1").String()+z+n)
		}
		if order.Get("PID-1").Present() || order.Get("MSH-9").Present() {
			t.Error("a group reads outside of itself")
		}
	}
	if diff := cmp.Diff([]string{"1/1z1", "1/2n2", "2/3"}, got); diff != "" {
		t.Error(diff)
	}
	for order := range m.Groups("OBR") {
		if order.Len() != 5 {
			t.Errorf("the first order has %d segments", order.Len())
		}
		break // leaving early must not panic
	}
	if _, ok := m.All().Segment("OBX", 4); ok {
		t.Error("a fourth observation")
	}
	second, ok := m.All().Segment("OBX", 2)
	if p := second.Path(1); !ok || p.String() != "OBX[2]-1" || m.At(p).String() != "2" {
		t.Errorf("the second observation is at %s", p)
	}
	if got := m.Delims(); got != hl7.DefaultDelims() {
		t.Errorf("delimiters are %v", got)
	}
}

func TestPathDerived(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\rSTF|1||a~b\rSTF|2||c~d\r")
	p := hl7.MustPath("STF-3")
	for want, q := range map[string]hl7.Path{"a": p, "b": p.Rep(2), "c": p.Occ(2), "d": p.Occ(2).Rep(2), "": p.Occ(3)} {
		if got := m.At(q).String(); got != want {
			t.Errorf("%s is %q, want %q", q, got, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("MustPath takes a bad path")
		}
	}()
	hl7.MustPath("stf-3")
}

func TestSegments(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\rZBE|1\rSTF|x||||||||||||||a~b~\"\"~|\rZBE|2\r")
	var names, reps, zbe []string
	for s := range m.Each("") {
		names = append(names, s.Name())
	}
	for s := range m.Each("ZBE") {
		zbe = append(zbe, s.Path(1).String()+"="+s.Field(1).String()+" "+string(s.Bytes()))
	}
	stf, ok := m.All().Segment("STF", 1)
	for r := range stf.Reps(15) {
		reps = append(reps, r.Comp(1).String())
	}
	for range stf.Reps(9) {
		t.Error("an absent field has a repetition")
	}
	if string(stf.Raw(15)) != `a~b~""~` || !ok {
		t.Errorf("Raw is %q", stf.Raw(15))
	}
	if len(stf.Raw(16)) != 0 || stf.Raw(17) != nil {
		t.Errorf("absent fields are %q and %q", stf.Raw(16), stf.Raw(17))
	}
	got := [][]string{names, zbe, reps}
	want := [][]string{{"MSH", "ZBE", "STF", "ZBE"}, {"ZBE-1=1 ZBE|1", "ZBE[2]-1=2 ZBE|2"}, {"a", "b", "", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	m := parse(t, "MSH|^~\\&|A|||||||1\rPID|x|a&b^c~d|\"\"\rPID|y")
	var got []string
	for p, v := range m.Leaves() {
		got = append(got, p.String()+"="+string(v.Raw()))
	}
	want := []string{
		"MSH-1=|", `MSH-2=^~\&`, "MSH-3=A", "MSH-10=1", "PID-1=x",
		"PID-2[1].1.1=a", "PID-2[1].1.2=b", "PID-2[1].2=c", "PID-2[2]=d", `PID-3=""`, "PID[2]-1=y",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for range m.Leaves() {
		break // leaving early must not panic
	}
}

// TestRoundTrip: whatever parses is written back byte by byte.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.hl7")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, f := range files {
		raw := sample(t, filepath.Base(f))
		if m, err := hl7.Parse(raw); err == nil && !bytes.Equal(m.Bytes(), raw) {
			t.Errorf("%s is not written back", f)
		}
	}
}
