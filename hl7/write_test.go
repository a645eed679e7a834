package hl7_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hl7"
)

func lines(raw []byte) []string {
	return strings.Split(strings.TrimSuffix(string(raw), "\r"), "\r")
}

func TestSet(t *testing.T) {
	t.Parallel()
	const base = msh + "\rPID|1||a^b~c||x&y\rOBX|1\rOBX|2\r"
	for name, tc := range map[string]struct{ path, text, seg, want string }{
		"component":            {"PID-3.2", "N", "PID", "PID|1||a^N~c||x&y"},
		"component to add":     {"PID-3.4", "N", "PID", "PID|1||a^b^^N~c||x&y"},
		"repetition to add":    {"PID-3[4]", "N", "PID", "PID|1||a^b~c~~N||x&y"},
		"whole repetition":     {"PID-3[1]", "N", "PID", "PID|1||N~c||x&y"},
		"whole field":          {"PID-3", "N", "PID", "PID|1||N||x&y"},
		"sub-component":        {"PID-5.1.2", "N", "PID", "PID|1||a^b~c||x&N"},
		"sub-component to add": {"PID-1.2.2", "N", "PID", "PID|1^&N||a^b~c||x&y"},
		"field to add":         {"PID-8.1", "N", "PID", "PID|1||a^b~c||x&y|||N"},
		"delimiters in text":   {"PID-1", "a|b^c", "PID", `PID|a\F\b\S\c||a^b~c||x&y`},
		"second occurrence":    {"OBX[2]-1", "N", "OBX", "OBX|1"},
		"new segment":          {"ZAB-2", "N", "ZAB", "ZAB||N"},
		"header":               {"MSH-10", "N", "MSH", strings.Replace(msh, "|1|P", "|N|P", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := []byte(base)
			m := parse(t, string(input))
			before := m.Get("PID-3.1")
			p := hl7.MustPath(tc.path)
			if err := m.Set(p, tc.text); err != nil {
				t.Fatal(err)
			}
			if got := m.At(p).String(); got != tc.text {
				t.Errorf("reads back %q", got)
			}
			if s, _ := m.All().Segment(tc.seg, 1); string(s.Bytes()) != tc.want {
				t.Errorf("wrote %q, want %q", s.Bytes(), tc.want)
			}
			if string(input) != base || before.String() != "a" {
				t.Error("Set touched its input")
			}
		})
	}
}

func TestSetNull(t *testing.T) {
	t.Parallel()
	m := parse(t, msh+"\rPID|1||\"\"\r")
	if err := m.SetNull(hl7.MustPath("PID-1")); err != nil || !m.Get("PID-1").Null() {
		t.Errorf("not null: %v", err)
	}
	if err := m.Set(hl7.MustPath("PID-3.2"), "x"); err != nil || m.Get("PID-3.1").Null() || m.Get("PID-3.2").String() != "x" {
		t.Errorf("writing into a null gives %q, %v", m.Bytes(), err)
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	m := parse(t, "MSH|^~|K|L|H|L|||ADT^A01|1|P|2.3\rPID|1\r")
	for _, p := range []hl7.Path{
		{Segment: "MSH", Field: 1}, {Segment: "MSH", Field: 2}, {Segment: "MSH", Field: 18}, {Segment: "PID"},
		{Segment: "PID", Occurrence: 3, Field: 1}, {Segment: "MSH", Occurrence: 2, Field: 3}, {Segment: "BTS", Field: 1},
		{Segment: "PID", Field: -1}, {Segment: "PID", Field: 1 << 30}, {Segment: "x", Field: 1},
		{Segment: "PID", Field: 1, Component: 1, Sub: 2}, // the message has no sub-component delimiter
	} {
		if err := m.Set(p, "x"); !errors.Is(err, hl7.ErrPath) {
			t.Errorf("Set(%v) gives %v", p, err)
		}
	}
}

func TestBuilder(t *testing.T) {
	t.Parallel()
	b := hl7.New(hl7.Header{
		Sender: hl7.Endpoint{App: hl7.Designator{Namespace: "KIS"}, Facility: hl7.Designator{Namespace: "LINDEN", UniversalID: "1.2.3", UniversalIDType: "ISO"}},
		Time:   "20260201080000+0100", Type: "MFN", Trigger: "M02", Structure: "MFN_M02", ControlID: "7", ProcessingID: "P",
		Version: "2.5", AcceptAck: "AL", AppAck: "NE", Country: "DEU", Profiles: []string{"a", "b"},
	})
	raw, err := b.Segment("MFI").Fields("PRA^Practitioner^HL70175", "", "UPD").
		Segment("STF").Set("1.1", "4711").Set("2[2].4.2", "1.2").Set("3.1", "Groß|mann").Null("15").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`MSH|^~\&|KIS|LINDEN^1.2.3^ISO|||20260201080000+0100||MFN^M02^MFN_M02|7|P|2.5|||AL|NE|DEU|UNICODE UTF-8|||a~b`,
		"MFI|PRA^Practitioner^HL70175||UPD", `STF|4711|~^^^&1.2|Groß\F\mann||||||||||||""`,
	}
	if diff := cmp.Diff(want, lines(raw)); diff != "" {
		t.Error(diff)
	}
	again := parse(t, string(raw)).Header()
	if got, err := hl7.New(again).Bytes(); err != nil || lines(got)[0] != want[0] {
		t.Errorf("a header read and written again is\n%q, %v", got, err)
	}
}

func TestBuilderRefuses(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*hl7.Builder{
		"segment name": hl7.New(hl7.Header{}).Segment("pid").Set("1", "x"),
		"second MSH":   hl7.New(hl7.Header{}).Segment("MSH"),
		"place":        hl7.New(hl7.Header{}).Segment("PID").Set("x", "x").Null("1").Fields("x"),
		"MSH-2":        hl7.New(hl7.Header{}).Set("2", "x"),
		"MSH-18":       hl7.New(hl7.Header{}).Set("18", "x"),
		"delimiters":   hl7.New(hl7.Header{Delims: hl7.Delims{Field: 'x', Component: '^'}}).Segment("PID"),
	} {
		if raw, err := b.Bytes(); err == nil {
			t.Errorf("%s: wrote %q", name, raw)
		}
	}
}

func TestAcks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		accept, app           string
		ok, failed, rejected_ string
	}{
		{"", "", "AA", "AE", "AR"},     // original mode
		{"AL", "NE", "CA", "CE", "CR"}, // German profiles, IHE PCD-04
		{"AL", "AL", "CA AA", "CE AE", "CR AR"},
		{"AL", "", "CA", "CE", "CR"},
		{"", "AL", "AA", "AE", "AR"},
		{"NE", "NE", "", "", ""},
		{"ER", "NE", "", "CE", "CR"},
		{"SU", "ER", "CA", "AE", "AR"},
		{"NE", "SU", "AA", "", ""},
		{"junk", "NE", "CA", "CE", "CR"},
		{"al", "ne", "CA", "CE", "CR"},
	} {
		h := hl7.Header{AcceptAck: tc.accept, AppAck: tc.app}
		for o, want := range []string{tc.ok, tc.failed, tc.rejected_} {
			var got []string
			for _, c := range h.Acks(hl7.Outcome(o)) {
				got = append(got, string(c))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("MSH-15 %q MSH-16 %q outcome %d: %v, want %s", tc.accept, tc.app, o, got, want)
			}
		}
	}
}

var ackTime = time.Date(2026, 2, 1, 9, 0, 0, 0, time.FixedZone("", 3600))

func TestReply(t *testing.T) {
	t.Parallel()
	latin := strings.NewReplacer("UNICODE UTF-8", "8859/15", "|2.5|", "|2.5^DEU&&HL70399|").Replace(msh)
	for name, tc := range map[string]struct {
		in   string
		ack  hl7.Ack
		want []string
	}{
		"commit accept": {
			latin, hl7.Ack{Code: hl7.CA, ControlID: "K1", Time: ackTime},
			[]string{`MSH|^~\&|HUB|LINDEN|KIS|LINDEN|20260201090000+0100||ACK^A01^ACK|K1|P|2.5^DEU&&HL70399|||NE|NE|DEU|8859/15`, "MSA|CA|1"},
		},
		"error with place": {
			latin, hl7.Ack{Code: hl7.CE, ControlID: "K2", Time: ackTime, Faults: []hl7.Fault{
				{At: hl7.MustPath("PV1-3.2"), Code: hl7.CodeRequiredField, Text: "Station fehlt"}, {Code: hl7.CodeInternal, Severity: hl7.SevWarning},
			}},
			[]string{
				`MSH|^~\&|HUB|LINDEN|KIS|LINDEN|20260201090000+0100||ACK^A01^ACK|K2|P|2.5^DEU&&HL70399|||NE|NE|DEU|8859/15`, "MSA|CE|1",
				"ERR||PV1^1^3^1^2|101^Required field missing^HL70357|E||||Station fehlt", "ERR|||207^Application internal error^HL70357|W",
			},
		},
		"original mode, old version, own delimiters": {
			"MSH$%~?@$KIS$L$HUB$L$$$ADT%A01$W5$P$2.3\rPID$1", hl7.Ack{Code: hl7.AE, ControlID: "K3", Time: ackTime, Faults: []hl7.Fault{
				{At: hl7.MustPath("PID[2]-3"), Code: hl7.CodeDataType},
			}},
			[]string{"MSH$%~?@$HUB$L$KIS$L$20260201090000+0100$$ACK%A01%ACK$K3$P$2.3", "MSA$AE$W5", "ERR$PID%2%3%102@Data type error@HL70357"},
		},
		"own structure": {
			msh, hl7.Ack{Code: hl7.AA, ControlID: "K4", Time: ackTime, Type: "MFK^M02^MFK_M01"},
			[]string{`MSH|^~\&|HUB|LINDEN|KIS|LINDEN|20260201090000+0100||MFK^M02^MFK_M01|K4|P|2.5|||NE|NE|DEU|UNICODE UTF-8`, "MSA|AA|1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := parse(t, tc.in).Header().Reply(tc.ack).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(raw)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReplyCharset: the reply comes in the encoding that the sender used.
func TestReplyCharset(t *testing.T) {
	t.Parallel()
	ack := hl7.Ack{Code: hl7.AE, Time: ackTime, Faults: []hl7.Fault{{Code: hl7.CodeInternal, Text: "gestört"}}}
	for file, want := range map[string]string{
		"adt_a01_8859-15.hl7":          "gest\xF6rt",
		"adt_a01_UNICODE_UTF-8.hl7":    "gestört",
		"adt_a01_nocharset-cp1252.hl7": "gest\xF6rt",
		"weird_utf16le.hl7":            wide("gestört", 0),
	} {
		h := parse(t, string(sample(t, file))).Header()
		raw, err := h.Reply(ack).Bytes()
		if err != nil || !bytes.Contains(raw, []byte(want)) {
			t.Errorf("%s: %q, %v", file, raw, err)
		}
		if back := parse(t, string(raw)); back.Get("ERR-8").String() != "gestört" || back.Get("MSA-2").String() != h.ControlID {
			t.Errorf("%s: reads back %q", file, back.Get("ERR-8"))
		}
	}
}

// TestReplyToRefused: a message that cannot be read is answered with what is known of it.
func TestReplyToRefused(t *testing.T) {
	t.Parallel()
	raw := sample(t, "weird_short_msh.hl7")
	_, err := hl7.Parse(raw)
	h, ok := hl7.PeekHeader(raw)
	if !ok || h.Sender.App.Namespace != "KIS" {
		t.Fatalf("header %+v, %v", h, ok)
	}
	out, err := h.Reply(hl7.Ack{Code: h.Acks(hl7.Rejected)[0], ControlID: "K", Time: ackTime, Faults: []hl7.Fault{hl7.FaultOf(err)}}).Bytes()
	want := []string{
		`MSH|^~\&|||KIS||20260201090000+0100||ACK^^ACK|K`, "MSA|AR",
		"ERR||MSH^1^9|101^Required field missing^HL70357|E||||MSH segment ends before the message type",
	}
	if diff := cmp.Diff(want, lines(out)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, bad := range []string{"", "PID|1", "MSH", "MSH||"} {
		if _, ok := hl7.PeekHeader([]byte(bad)); ok {
			t.Errorf("a header in %q", bad)
		}
	}
	if f := hl7.FaultOf(errors.New("x")); f.Code != hl7.CodeInternal || f.Text != "" {
		t.Errorf("a foreign error becomes %+v", f)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	h := parse(t, string(sample(t, "oru_r40_start.hl7"))).Header()
	got := []string{h.Sender.App.Namespace, h.Sender.App.UniversalID, h.Type, h.Trigger, h.Structure, h.ControlID, h.ProcessingID, h.Version, h.AcceptAck, h.AppAck, h.Country, string(h.Charset)}
	want := []string{"MON", "0011223344556677", "ORU", "R40", "ORU_R40", "AL0", "P", "2.6", "AL", "NE", "DEU", "UNICODE UTF-8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"IHE_PCD_ACM_001"}, h.Profiles); diff != "" {
		t.Error(diff)
	}
	if h := parse(t, "MSH|^~\\&|||||||ADT|1\rEVN|A08\r").Header(); h.Trigger != "A08" {
		t.Errorf("the trigger from EVN-1 is %q", h.Trigger)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	one := msh + "\rPID|1\r"
	for name, tc := range map[string]struct {
		raw     string
		want    []string
		batched bool
		warned  int
	}{
		"one":                {one, []string{one}, false, 0},
		"one with mark":      {"\xEF\xBB\xBF" + one, []string{"\xEF\xBB\xBF" + one}, false, 0},
		"one framed":         {"\x0b" + one + "\x1c\r", []string{"\x0b" + one + "\x1c\r"}, false, 0},
		"two":                {one + one, []string{one, one}, false, 0},
		"two with LF":        {"MSH|^~\\&|a\nPID|1\nMSH|^~\\&|b\n", []string{"MSH|^~\\&|a\nPID|1\n", "MSH|^~\\&|b\n"}, false, 0},
		"two framed":         {"\x0b" + one + "\x1c\r\x0b" + one, []string{"\x0b" + one + "\x1c\r\x0b", one}, false, 0},
		"batch":              {"FHS|^~\\&\rBHS|^~\\&\r" + one + one + "BTS|2\rFTS|1\r", []string{one, one}, true, 0},
		"batch after mark":   {"\xEF\xBB\xBFBHS|^~\\&\r" + one + "BTS|1\r", []string{one}, true, 0},
		"two batches":        {"FHS|^~\\&\rBHS|^~\\&\r" + one + "BTS|1\rBHS|^~\\&\r" + one + "BTS|1\rFTS|2", []string{one, one}, true, 0},
		"wrong count":        {"BHS|^~\\&\r" + one + "BTS|2\r", []string{one}, true, 1},
		"MSH within a field": {msh + "\rOBX|1|ED|xMSH|y\r", []string{msh + "\rOBX|1|ED|xMSH|y\r"}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := hl7.Options{}.Split([]byte(tc.raw))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range b.Messages {
				got = append(got, string(m))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if b.Batched != tc.batched || b.Warnings.Total() != tc.warned {
				t.Errorf("batched %v, warnings %v", b.Batched, b.Warnings)
			}
		})
	}
	for raw, want := range map[string]error{"": hl7.ErrEmpty, "\r\n": hl7.ErrEmpty, "PID|1\r": hl7.ErrNoMSH, "FHS|^~\\&\rFTS|0\r": hl7.ErrNoMSH} {
		if _, err := (hl7.Options{}).Split([]byte(raw)); !errors.Is(err, want) {
			t.Errorf("Split(%q) gives %v, want %v", raw, err, want)
		}
	}
	if _, err := (hl7.Options{MaxBytes: 3}).Split([]byte(one)); !errors.Is(err, hl7.ErrTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestSplitUTF16(t *testing.T) {
	t.Parallel()
	one, two := msh+"\rPID|Ł\r", msh+"\rPID|2\r"
	for big := range 2 {
		b, err := hl7.Options{}.Split([]byte(wide("\uFEFFBHS|^~\\&\r"+one+two+"BTS|2\r", big)))
		if err != nil || len(b.Messages) != 2 || b.Warnings.Total() != 0 {
			t.Fatalf("%d messages, %v, %v", len(b.Messages), b.Warnings, err)
		}
		if got := parse(t, string(b.Messages[0])).Get("PID-1").String(); got != "Ł" {
			t.Errorf("the first reads %q", got)
		}
		if got := parse(t, string(b.Messages[1])).Get("PID-1").String(); got != "2" {
			t.Errorf("the second reads %q", got)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	for in, want := range map[string]struct {
		text string
		p    hl7.Precision
		zone bool
	}{
		"2026":                  {"2026-01-01T00:00:00+01:00", hl7.Year, false},
		"202602":                {"2026-02-01T00:00:00+01:00", hl7.Month, false},
		"20260203":              {"2026-02-03T00:00:00+01:00", hl7.Day, false},
		"2026020304":            {"2026-02-03T04:00:00+01:00", hl7.Hour, false},
		"202602030405":          {"2026-02-03T04:05:00+01:00", hl7.Minute, false},
		"20260203040506":        {"2026-02-03T04:05:06+01:00", hl7.Second, false},
		"20260203040506.0708":   {"2026-02-03T04:05:06.0708+01:00", hl7.Fraction, false},
		"20260203040506.0":      {"2026-02-03T04:05:06+01:00", hl7.Fraction, false},
		"20260203040506-0330":   {"2026-02-03T04:05:06-03:30", hl7.Second, true},
		"20260203040506.5+0000": {"2026-02-03T04:05:06.5Z", hl7.Fraction, true},
		"20260203+0200":         {"2026-02-03T00:00:00+02:00", hl7.Day, true},
	} {
		got, err := hl7.ParseTime(in, berlin)
		if err != nil || got.Format(time.RFC3339Nano) != want.text || got.Precision != want.p || got.Zoned != want.zone {
			t.Errorf("%s is %s precision %d zoned %v, %v", in, got.Format(time.RFC3339Nano), got.Precision, got.Zoned, err)
		}
	}
	for _, bad := range []string{
		"", "x", "20", "20261301", "20260230", "202602031", "20260203040560", "20260203.5", "20260203.0", "2026-02-03", "20260203040506.", "20260203040506.1234567890",
		"20260203040506+1", "20260203040506+1500", "20260203040506+0160", "20260203 0405", "+0100", ".5",
	} {
		if got, err := hl7.ParseTime(bad, nil); !errors.Is(err, hl7.ErrTime) {
			t.Errorf("%q is %v, %v", bad, got, err)
		}
	}
	if got := hl7.FormatTime(ackTime); got != "20260201090000+0100" {
		t.Errorf("FormatTime gives %q", got)
	}
}
