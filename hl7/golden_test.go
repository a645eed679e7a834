package hl7_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hl7"
)

// dump writes all that a message says, one leaf a line, for comparison with a golden file.
func dump(raw []byte) string {
	var b strings.Builder
	batch, err := hl7.Options{}.Split(raw)
	if err != nil {
		fmt.Fprintf(&b, "refused: %v, code %d\n", err, hl7.FaultOf(err).Code)
		return b.String()
	}
	fmt.Fprintf(&b, "messages: %d, batched: %v\n", len(batch.Messages), batch.Batched)
	for _, one := range batch.Messages {
		m, err := hl7.Parse(one)
		if err != nil {
			fmt.Fprintf(&b, "refused: %v, code %d\n", err, hl7.FaultOf(err).Code)
			continue
		}
		fmt.Fprintf(&b, "charset: %s\n", m.Charset())
		for w, n := range m.Warnings() {
			if n > 0 {
				fmt.Fprintf(&b, "warning: %s %d\n", hl7.Warning(w), n)
			}
		}
		for p, v := range m.Leaves() {
			text := fmt.Sprintf("%q", v.String())
			if v.Null() {
				text = "null"
			}
			fmt.Fprintf(&b, "%s = %s\n", p, text)
		}
	}
	return b.String()
}

// TestGolden compares all that is read from each sample with what a person has checked.
// UPDATE=1 writes the files anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.hl7")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			golden := strings.TrimSuffix(file, ".hl7") + ".leaves"
			got := dump(sample(t, filepath.Base(file)))
			if os.Getenv("UPDATE") == "1" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAdmission reads what a connector needs of a German admission (HL7 2.5.1 s.3.4).
func TestAdmission(t *testing.T) {
	t.Parallel()
	m := parse(t, string(sample(t, "adt_a01_8859-1.hl7")))
	for path, want := range map[string]string{
		"MSH-12":    "2.5",
		"MSH-12.2":  "DEU",
		"PID-3.1":   "7654321",
		"PID-3.5":   "PI",
		"PID-5":     "Großmann",
		"PID-5.2":   "Jürgen",
		"PID-7":     "19511023",
		"PID-11.3":  "Dresden",
		"PV1-2":     "I",
		"PV1-3.1":   "CHI",
		"PV1-3.2":   "302",
		"PV1-3.3":   "2",
		"PV1-3.4":   "LINDEN",
		"PV1-7.2":   "Meier",
		"PV1-19":    "3142",
		"PV1-19.5":  "VN",
		"ZBE-1":     "81",
		"ZBE-1.2":   "KIS",
		"ZBE-4":     "INSERT",
		"ZBE-5":     "N",
		"ZBE-7.10":  "CHI",
		"EVN-1":     "",
		"PV1-6":     "",
		"PV1-44":    "",
		"ZBE[2]-1":  "",
		"PID-3.1.1": "7654321",
	} {
		if got := m.Get(path).String(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if h := m.Header(); h.Type != "ADT" || h.Trigger != "A01" || h.Structure != "ADT_A01" || h.AcceptAck != "AL" || h.AppAck != "NE" || h.Charset != hl7.Latin1 {
		t.Errorf("header %+v", h)
	}
}

// TestStaffRecord reads what a connector needs of a staff record (HL7 2.5.1 s.15.4.6).
func TestStaffRecord(t *testing.T) {
	t.Parallel()
	m := parse(t, string(sample(t, "mfn_m02_MAD.hl7")))
	for path, want := range map[string]string{
		"MFI-1":       "PRA",
		"MFI-3":       "UPD",
		"MFI-6":       "AL",
		"MFE-1":       "MAD",
		"MFE-2":       "REC0",
		"MFE-4":       "4711",
		"STF-1":       "4711",
		"STF-2[1]":    "4711",
		"STF-2[1].5":  "PN",
		"STF-2[2]":    "9994711",
		"STF-2[2].5":  "LANR",
		"STF-3":       "Müller",
		"STF-3.2":     "Käthe",
		"STF-3.5":     "Dr. med.",
		"STF-7":       "A",
		"STF-8":       "CHI",
		"STF-10[2].3": "CP",
	} {
		if got := m.Get(path).String(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	stf, ok := m.All().Segment("STF", 1)
	if !ok {
		t.Fatal("no STF")
	}
	byType := make(map[string]string)
	for id := range stf.Reps(2) {
		byType[id.Comp(5).String()] = id.Comp(1).String()
	}
	if diff := cmp.Diff(map[string]string{"PN": "4711", "LANR": "9994711"}, byType); diff != "" {
		t.Error(diff)
	}
}

// TestEverySampleIsAnswered: for each sample the acknowledgements that are due parse, name
// the message and go back to where it came from.
func TestEverySampleIsAnswered(t *testing.T) {
	t.Parallel()
	for name, raw := range corpus(t) {
		batch, _ := hl7.Options{MaxBytes: 4 << 20}.Split(raw)
		for _, one := range batch.Messages[:min(len(batch.Messages), 5)] {
			m, err := hl7.Parse(one)
			if err != nil {
				continue
			}
			h := m.Header()
			codes := h.Acks(hl7.Failed)
			if len(codes) == 0 && h.AcceptAck != "NE" {
				t.Errorf("%s: no answer is due to MSH-15 %q, MSH-16 %q", name, h.AcceptAck, h.AppAck)
			}
			for _, code := range codes {
				checkReply(t, name, h, code)
			}
		}
	}
}

func checkReply(t *testing.T, name string, h hl7.Header, code hl7.AckCode) {
	t.Helper()
	raw, err := h.Reply(hl7.Ack{Code: code, ControlID: "K", Time: ackTime, Faults: []hl7.Fault{{At: hl7.MustPath("PID-3"), Code: hl7.CodeRequiredField}}}).Bytes()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	m, err := hl7.Parse(raw)
	if err != nil {
		t.Errorf("%s: the answer does not parse: %v", name, err)
		return
	}
	r := m.Header()
	if r.Receiver != h.Sender || r.Sender != h.Receiver || r.Version != h.Version || r.Type != "ACK" || m.Get("MSA-2").String() != h.ControlID || m.Get("MSA-1").String() != string(code) {
		t.Errorf("%s: the answer is %q", name, raw)
	}
}

// TestHostileShapes: messages made of nothing but structure take work in proportion to
// their size. Quadratic work on these would outlast the test's own time limit.
func TestHostileShapes(t *testing.T) {
	t.Parallel()
	const size = 1<<20 - 200
	wide := hl7.Options{MaxFields: 1 << 20, MaxSegments: 1 << 20}
	for name, body := range map[string]string{
		"fields":         strings.Repeat("|", size),
		"repetitions":    "|" + strings.Repeat("~", size),
		"components":     "|" + strings.Repeat("^", size),
		"sub-components": "|" + strings.Repeat("&", size),
		"escapes":        "|" + strings.Repeat("\\", size),
		"open escapes":   "|" + strings.Repeat("\\X4", size/3),
		"nulls":          "|" + strings.Repeat(`""~`, size/3),
		"segments":       strings.Repeat("\rPID", size/4),
		"blank lines":    strings.Repeat("\r", size) + "PID",
		"broken lines":   strings.Repeat("\na", size/2),
		"high bytes":     "|" + strings.Repeat("\xE4", size),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := wide.Parse([]byte(msh + "\rZZZ" + body))
			if err != nil {
				t.Fatal(err)
			}
			leaves := 0
			for _, v := range m.Leaves() {
				leaves += len(v.String())
			}
			for s := range m.Each("ZZZ") {
				for r := range s.Reps(1) {
					leaves += len(r.Comp(1).String())
				}
			}
			if leaves == 0 {
				t.Error("nothing was read")
			}
		})
	}
}

// TestLimits: the hard limit holds whatever the options say.
func TestLimits(t *testing.T) {
	t.Parallel()
	big := append([]byte(msh+"\rOBX|1|"), bytes.Repeat([]byte("x"), 2<<20)...)
	if _, err := hl7.Parse(big); err == nil {
		t.Error("2 MiB parse by default")
	}
	if _, err := (hl7.Options{MaxBytes: 1 << 40}).Parse(big); err != nil {
		t.Error(err)
	}
	huge := append(big, bytes.Repeat([]byte("x"), 15<<20)...)
	if _, err := (hl7.Options{MaxBytes: 1 << 40}).Parse(huge); err == nil {
		t.Error("17 MiB parse")
	}
	if _, err := (hl7.Options{MaxBytes: -1, MaxSegments: -1, MaxFields: -1}).Parse([]byte(msh)); err != nil {
		t.Errorf("negative limits are not the defaults: %v", err)
	}
}

// TestReadersShareAMessage is for the race detector.
func TestReadersShareAMessage(t *testing.T) {
	t.Parallel()
	m := parse(t, string(sample(t, "adt_a01_8859-15.hl7")))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if m.Get("PID-5.2").String() != "Jürgen" || m.Header().ControlID != "A01-1" {
					t.Error("readers disturb each other")
				}
			}
		})
	}
	wg.Wait()
}

func TestCharsetNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]hl7.Charset{
		"UNICODE UTF-8": hl7.UTF8, "utf8": hl7.UTF8, "UTF-8": hl7.UTF8,
		"UNICODE UTF-16": hl7.UTF16, "UTF-16LE": hl7.UTF16, "unicode utf-16be": hl7.UTF16,
		"8859/1": hl7.Latin1, "ISO-8859-1": hl7.Latin1, "ISO 8859/1": hl7.Latin1, "latin1": hl7.Latin1, "ISO IR100": hl7.Latin1,
		"8859/2": hl7.Latin2, "8859/15": hl7.Latin9, "ISO8859-15": hl7.Latin9,
		"ASCII": hl7.ASCII, "us-ascii": hl7.ASCII, "ISO IR6": hl7.ASCII,
		"WINDOWS-1252": hl7.Windows1252, "cp1252": hl7.Windows1252, "ANSI": hl7.Windows1252,
	} {
		if got, ok := hl7.ParseCharset(name); got != want || !ok {
			t.Errorf("%q is %q, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", " ", "8859/99", "GB 18030-2000", "UNICODE", "DEU^German"} {
		if got, ok := hl7.ParseCharset(name); ok {
			t.Errorf("%q is taken for %q", name, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for w := range (hl7.Warnings{}) {
		name := hl7.Warning(w).String()
		if name == "" || name == "unknown" || seen[name] {
			t.Errorf("warning %d has the name %q", w, name)
		}
		seen[name] = true
	}
	if n := (&hl7.Warnings{}).Count(200); hl7.Warning(200).String() != "unknown" || n != 0 {
		t.Errorf("a warning that does not exist is %q, %d times", hl7.Warning(200), n)
	}
	for code := hl7.CodeAccepted; code <= hl7.CodeInternal; code++ {
		if text := code.String(); text == "" || seen[text] && text != "Application internal error" {
			t.Errorf("code %d has the text %q", code, text)
		} else {
			seen[text] = true
		}
	}
}
