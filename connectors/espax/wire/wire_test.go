package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const open = `<ESPA-X xmlns="` + Namespace + `" version="1.00">`

func beat(inner string) string {
	return open + `<REQ.HEARTBEAT invokeID="2" sessionID="s">` + inner + `</REQ.HEARTBEAT></ESPA-X>`
}

func TestParse(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/05_req_p-start.xml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	want := &Message{Name: "REQ.P-START", InvokeID: 3, SessionID: "20260201-0001",
		Sent: time.Date(2026, 2, 1, 8, 0, 0, 0, time.Local),
		Fields: []Field{{"CP-PR-REF", "ruf-302-2-0001"}, {"CP-GROUPID", "CHI3"}, {"CP-CALLINGNO", "3022"},
			{"CP-CALLINGNAME", "Zi 302 Bett 2"}, {"CP-TEXTMSG", "Notruf Zi 302 Bett 2"}, {"CP-SIGNAL", "Emergency"},
			{"CP-WARD", "CHI3"}, {"CP-BED", "302-2"}, {"CP-CALLBACK", "No"}, {"CP-PRIO", "Emergency"}, {"CP-PR-DETAILS", "All"}}}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
}

// Every sample parses, and what we write of it reads as the same message again.
func TestSamplesRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range samples(t, "*.xml") {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first, err := Parse(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := Parse(first.AppendXML(nil))
		if err != nil {
			t.Errorf("%s written again: %v", name, err)
			continue
		}
		if d := cmp.Diff(first, again); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestFrameSamples(t *testing.T) {
	t.Parallel()
	for _, name := range samples(t, "*.frame") {
		frame, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := ReadFrame(bytes.NewReader(frame), DefaultLimit)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(AppendFrame(nil, body), frame) {
			t.Errorf("%s: framing the body again gives other bytes", name)
		}
	}
}

func samples(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) != 12 {
		t.Fatalf("%d samples, want 12 (%v)", len(names), err)
	}
	return names
}

func TestReadFrameRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     error
	}{
		{"nothing", "", io.EOF},
		{"half a header", "EX\x00", io.ErrUnexpectedEOF},
		{"half a body", "EX\x00\x00\x00\x20\x00\x00\x00\x00<ESPA", io.ErrUnexpectedEOF},
		{"no body at all", "EX\x00\x00\x00\x20\x00\x00\x00\x00", io.ErrUnexpectedEOF},
		{"HTTP", "GET / HTTP/1.1\r\n", ErrMagic},
		{"typed text", "hallo", ErrMagic},
		{"length below the header", "EX\x00\x00\x00\x09\x00\x00\x00\x00", ErrLength},
		{"4 GiB", "EX\xff\xff\xff\xff\x00\x00\x00\x00", ErrLimit},
		{"one byte too long", "EX\x00\x01\x00\x01\x00\x00\x00\x00", ErrLimit},
	}
	for _, tt := range tests {
		if _, err := ReadFrame(strings.NewReader(tt.in), DefaultLimit); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	attrs := strings.Builder{}
	for i := range maxAttrs + 1 {
		fmt.Fprintf(&attrs, ` a%d="1"`, i)
	}
	tests := []struct {
		name, in string
		code     Code
	}{
		{"empty", "", NotWellFormed},
		{"text", "hallo", BadMessage},
		{"unclosed", open + `<REQ.HEARTBEAT invokeID="1" sessionID="s">`, NotWellFormed},
		{"crossed tags", open + `<a><b></a></b></ESPA-X>`, NotWellFormed},
		{"document type", `<!DOCTYPE x>` + beat(""), NotWellFormed},
		{"billion laughs", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + beat("&b;"), NotWellFormed},
		{"external entity", `<!DOCTYPE x SYSTEM "file:///etc/passwd">` + beat(""), NotWellFormed},
		{"unknown entity", beat("<CP-WARD>&b;</CP-WARD>"), NotWellFormed},
		{"too deep", beat(strings.Repeat("<x>", 9) + strings.Repeat("</x>", 9)), NotWellFormed},
		{"too deep in PROPRIETARY", beat("<PROPRIETARY>" + strings.Repeat("<x>", 9) + strings.Repeat("</x>", 9) + "</PROPRIETARY>"), NotWellFormed},
		{"too many attributes", beat("<x" + attrs.String() + "/>"), NotWellFormed},
		{"unknown encoding", `<?xml version="1.0" encoding="EBCDIC"?>` + beat(""), NotWellFormed},
		{"other root", `<x/>`, BadMessage},
		{"other namespace", `<ESPA-X xmlns="urn:x"><REQ.HEARTBEAT/></ESPA-X>`, BadMessage},
		{"no child", open + `</ESPA-X>`, BadMessage},
		{"two children", open + `<REQ.HEARTBEAT/><REQ.HEARTBEAT/></ESPA-X>`, BadMessage},
		{"two documents", beat("") + beat(""), BadMessage},
		{"unknown message", open + `<REQ.COFFEE invokeID="1" sessionID="s"/></ESPA-X>`, BadMessage},
		{"invokeID no number", open + `<REQ.HEARTBEAT invokeID="x"/></ESPA-X>`, BadMessage},
		{"elements in a field", beat("<CP-WARD><b/></CP-WARD>"), BadMessage},
		{"field twice", beat("<CP-WARD>a</CP-WARD><CP-WARD>b</CP-WARD>"), BadMessage},
		{"text between elements", beat("hallo"), BadMessage},
		{"login without password", open + `<REQ.LOGIN invokeID="1"><LI-CLIENT>a</LI-CLIENT><LI-USER>b</LI-USER></REQ.LOGIN></ESPA-X>`, BadMessage},
		{"stop of nothing", open + `<REQ.P-STOP invokeID="1" sessionID="s"><CP-PR-MASK>All</CP-PR-MASK></REQ.P-STOP></ESPA-X>`, BadMessage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.in))
			var refused *ParseError
			if !errors.As(err, &refused) || refused.Code != tt.code {
				t.Errorf("Parse = %v, want code %d", err, tt.code)
			}
		})
	}
}

// A refused request is answered under its own invokeID.
func TestRefusalKnowsItsRequest(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(open + `<REQ.P-STOP invokeID="77" sessionID="s"/></ESPA-X>`))
	var refused *ParseError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if d := cmp.Diff(Partial{Name: "REQ.P-STOP", InvokeID: 77, SessionID: "s"}, refused.Partial); d != "" {
		t.Error(d)
	}
}

func TestParseTolerates(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, warning string }{
		{"no namespace", `<ESPA-X version="1.00"><REQ.HEARTBEAT invokeID="2" sessionID="s"/></ESPA-X>`, "no_namespace"},
		{"later version", `<ESPA-X version="1.01" xmlns="` + Namespace + `"><REQ.HEARTBEAT invokeID="2" sessionID="s"/></ESPA-X>`, "other_version"},
		{"unknown element", beat("<NEW><x/></NEW>"), "unknown_element"},
		{"vendor element", beat(`<PROPRIETARY><DAKS_ESPA-X version="1.14"><x>y</x></DAKS_ESPA-X></PROPRIETARY>`), ""},
		{"vendor message", open + `<PROPRIETARY sessionID="s"><x/></PROPRIETARY></ESPA-X>`, ""},
		{"text too long", beat("<CP-WARD>" + strings.Repeat("ä", 13) + "</CP-WARD>"), "too_long_CP-WARD"},
		{"trailing NUL", beat("") + "\x00", ""},
	}
	for _, tt := range tests {
		m, err := Parse([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := strings.Join(m.Warnings, " "); got != tt.warning {
			t.Errorf("%s: warnings %q, want %q", tt.name, got, tt.warning)
		}
	}
}

func TestParseLatin1(t *testing.T) {
	t.Parallel()
	m, err := Parse([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?>` + beat("<CP-TEXTMSG>T\xfcr</CP-TEXTMSG>")))
	if err != nil || m.Get("CP-TEXTMSG") != "Tür" {
		t.Errorf("Parse = %+v, %v", m, err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	if got := Cut("CP-WARD", "Intensivstätion"); got != "Intensivstät" {
		t.Errorf("Cut = %q", got)
	}
	if got := Cut("CP-WARD", "4B"); got != "4B" {
		t.Errorf("Cut = %q", got)
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	t.Parallel()
	in := Message{Name: "IND.P-EVENT", SessionID: `"><x>`}.With("SS-SBSCRDATA", "]]><a>&\x00\x1f").With("CP-WARD", "")
	m, err := Parse(in.AppendXML(nil))
	if err != nil || m.SessionID != in.SessionID || !strings.HasPrefix(m.Get("SS-SBSCRDATA"), "]]><a>&") || len(m.Fields) != 1 {
		t.Errorf("Parse = %+v, %v", m, err)
	}
}

// FuzzFrame: whatever the bytes, no panic, never more than the limit, and what was read
// frames to what stood there.
func FuzzFrame(f *testing.F) {
	for _, name := range samples(f, "*.frame") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		body, err := ReadFrame(bytes.NewReader(in), DefaultLimit)
		if err != nil {
			return
		}
		again := AppendFrame(nil, body)
		if len(again) > DefaultLimit || !bytes.Equal(again[:6], in[:6]) || !bytes.Equal(again[HeaderLen:], in[HeaderLen:len(again)]) {
			t.Errorf("frame %q became %q", in, again)
		}
	})
}

// FuzzMessage: whatever the bytes, no panic; a message that is accepted is written as
// something that reads the same.
func FuzzMessage(f *testing.F) {
	for _, name := range samples(f, "*.xml") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(beat("<PROPRIETARY><x/></PROPRIETARY><NEW/>")))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := Parse(in)
		if err != nil {
			var refused *ParseError
			if !errors.As(err, &refused) || refused.Code.Reason() == "" {
				t.Fatalf("refused by %v", err)
			}
			return
		}
		again, err := Parse(m.AppendXML(nil))
		if err != nil {
			t.Fatalf("%q was accepted, written again it is refused: %v", in, err)
		}
		if again.Name != m.Name || again.InvokeID != m.InvokeID || len(again.Fields) > len(m.Fields) {
			t.Errorf("%+v became %+v", m, again)
		}
	})
}
