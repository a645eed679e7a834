package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
)

// TestBadInput sends one hub everything a broken or hostile peer may send and holds, case
// by case, that the source is told in its own protocol, that the administrator can see it
// by name, and that nobody beside it notices.
func TestBadInput(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a hub")
	}
	s := newStation(t)
	s.witness(t)
	s.undisturbed(t)
	nurse := prepareWard(t, s.theHub, s.admin, s.mllpAddr, &ledger{})
	t.Run("hl7 files", s.testFiles)
	t.Run("mllp", s.testFrames)
	t.Run("hl7", s.testMessages)
	t.Run("espa-x", s.testCalls)
	t.Run("alarm-http", s.testAlarms)
	t.Run("connector forms", s.testForms)
	t.Run("mutual tls", s.testMutualTLS)
	t.Run("chat api", func(t *testing.T) { s.testChatAPI(t, nurse) })
	t.Run("socket", func(t *testing.T) { s.testSocket(t, nurse) })
	s.undisturbed(t)
	for _, word := range []string{"panic", "goroutine "} {
		if strings.Contains(s.out.String(), word) {
			t.Errorf("the log holds %q: %s", word, s.out.String())
		}
	}
}

// samples are the messages of other projects, which are not part of this repository.
const samples = "../../shared/data/hl7"

// testFiles sends every sample as it is, one frame per file, and behind it a good message
// on the same connection.
func (s *station) testFiles(t *testing.T) {
	var files []string
	filepath.WalkDir(samples, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".hl7") {
			files = append(files, path)
		}
		return nil
	})
	if len(files) == 0 {
		t.Skip("no samples at " + samples)
	}
	work := make(chan string, len(files))
	for _, f := range files {
		work <- f
	}
	close(work)
	t.Run("all", func(t *testing.T) {
		for _, line := range []string{"first line", "second line", "third line", "fourth line"} {
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				for f := range work {
					s.testFile(t, f)
				}
			})
		}
	})
	s.undisturbed(t)
}

func (s *station) testFile(t *testing.T, path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l := s.dialKIS(t)
	defer l.Close()
	replies := l.exchange(t, mllpFrame(raw))
	wanted := 0
	batch, err := hl7.Options{MaxBytes: 2 << 20}.Split(raw)
	if err != nil {
		wanted = 1
	}
	for _, m := range batch.Messages {
		if h, _ := hl7.PeekHeader(m); len(h.Acks(hl7.Accepted)) > 0 && len(h.Acks(hl7.Rejected)) > 0 {
			wanted++
		}
	}
	if len(raw) > mllp.DefaultMaxFrame {
		wanted = 1
	}
	if len(replies) < wanted {
		t.Errorf("%s: %d answers to %d messages", path, len(replies), wanted)
	}
	for _, r := range replies {
		checkReply(t, path, r)
	}
}

// checkReply holds that an acknowledgement accepts, or refuses and says where.
func checkReply(t *testing.T, what string, reply []byte) {
	t.Helper()
	ack, err := hl7.Parse(reply)
	if err != nil {
		t.Errorf("%s: answered %q: %v", what, reply, err)
		return
	}
	switch code := ack.Get("MSA-1").String(); code {
	case "CA", "AA":
	case "AR", "CR", "AE", "CE":
		if !ack.Get("ERR-1.4").Present() && !ack.Get("ERR-3").Present() {
			t.Errorf("%s: refused without a reason: %q", what, reply)
		}
	default:
		t.Errorf("%s: answered with code %q", what, code)
	}
}

func mllpFrame(body []byte) []byte {
	return append(append([]byte{0x0B}, body...), 0x1C, 0x0D)
}

// kisLine is one MLLP connection spoken by hand.
type kisLine struct {
	net.Conn
	frames *mllp.Reader
}

func (s *station) dialKIS(t *testing.T) *kisLine {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.mllpAddr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return &kisLine{conn, mllp.NewReader(conn)}
}

// exchange writes bytes and then a good message, and returns what was answered before the
// good one's acknowledgement; which must come.
func (l *kisLine) exchange(t *testing.T, bytes []byte) (replies [][]byte) {
	t.Helper()
	l.SetDeadline(time.Now().Add(60 * time.Second))
	go l.Write(append(bytes[:len(bytes):len(bytes)], mllpFrame(goodMessage("AFTER"))...))
	for {
		reply, err := l.frames.ReadFrame()
		if err != nil {
			t.Fatalf("the good message behind it was not answered: %v", err)
		}
		if ack, err := hl7.Parse(reply); err == nil && ack.Get("MSA-2").String() == "AFTER" {
			if code := ack.Get("MSA-1").String(); code != "CA" {
				t.Errorf("the good message behind it was answered %s", code)
			}
			return replies
		}
		replies = append(replies, reply)
	}
}

// ended reads until the hub has closed the connection.
func (l *kisLine) ended(t *testing.T) {
	t.Helper()
	l.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		if _, err := l.frames.ReadFrame(); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("the connection is still open")
		} else if err != nil {
			return
		}
	}
}

// testFrames breaks the framing. A case that goes on must be followed by a good message on
// the same connection; one that ends, by the end of the connection.
func (s *station) testFrames(t *testing.T) {
	good := goodMessage("FRAME")
	for _, c := range []struct {
		name    string
		bytes   []byte
		counter string
		ends    bool   // by the sender or by the hub
		code    string // of the answer to what was broken
	}{
		{"half message then gone", append([]byte{0x0B}, good[:40]...), "frame_half", true, ""},
		{"only a start", []byte{0x0B}, "frame_half", true, ""},
		{"a frame within a frame", append([]byte{0x0B}, good[:40]...), "frame_restarted", false, ""},
		{"empty frame", []byte{0x0B, 0x1C, 0x0D}, "frame_empty", false, ""},
		{"no carriage return", mllpFrame(good)[:len(good)+2], "no_cr_after_frame", false, "CA"},
		{"garbage between frames", []byte("GET / HTTP/1.1\r\n\r\n"), "garbage_between_frames", false, ""},
		{"nothing but garbage", bytes.Repeat([]byte{0x16, 0x03, 0xff}, 40<<10), "no_frame", true, ""},
		{"separator in the message", mllpFrame(bytes.Replace(good, []byte("Muster"), []byte("Mus\x1cter"), 1)), "separator_in_message", false, "CA"},
		{"two megabytes", mllpFrame(append(good[:len(good):len(good)], bytes.Repeat([]byte("NTE|1||lang\r"), 180_000)...)), "frame_oversize", false, "CR"},
		{"two megabytes without a header", mllpFrame(bytes.Repeat([]byte("x"), 2<<20)), "frame_oversize", false, "AR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := s.dialKIS(t)
			defer l.Close()
			s.counted(t, s.kis, c.counter, func() {
				if c.ends {
					go func() {
						l.Write(c.bytes)
						l.Conn.(*net.TCPConn).CloseWrite()
					}()
					l.ended(t)
					return
				}
				checkCode(t, l.exchange(t, c.bytes), c.code)
			})
			s.undisturbed(t)
		})
	}
}

func checkCode(t *testing.T, replies [][]byte, want string) {
	t.Helper()
	if want == "" {
		if len(replies) != 0 {
			t.Errorf("answered %q", replies)
		}
		return
	}
	if len(replies) != 1 {
		t.Fatalf("%d answers, want one with %s: %q", len(replies), want, replies)
	}
	checkReply(t, want, replies[0])
	if ack, err := hl7.Parse(replies[0]); err != nil || ack.Get("MSA-1").String() != want {
		t.Errorf("answered %q, want %s", replies[0], want)
	}
}

// testMessages sends whole frames with broken or unusable messages.
func (s *station) testMessages(t *testing.T) {
	const msh = "MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000||"
	for _, c := range []struct {
		name, message string
		code, at      string // at is ERR-2.1, where there is a place to name
		fault         string // name of the fault the console lists
	}{
		{"no header", "PID|1||4711\r", "AR", "MSH", "not_parseable"},
		{"only white space", " \r\n\r\n", "AR", "MSH", "not_parseable"},
		{"binary", "\x00\x01\x02\xff\xfe\x80", "AR", "MSH", "not_parseable"},
		{"header cut off", "MSH|^~\\&", "AR", "MSH", "not_parseable"},
		{"same delimiter twice", "MSH||||KIS|LINDEN|HUB|LINDEN|20260201080000||ADT^A01|X1|P|2.5\r", "AR", "MSH", "not_parseable"},
		{"unknown type", msh + "ZZZ^Z99|X3|P|2.5|||AL|NE\r", "CA", "", "unknown_type"},
		{"admission without a visit", msh + "ADT^A01|X4|P|2.5|||AL|NE\rPV1|1|I|4B^12^1\r", "CA", "", "missing_key"},
		{"admission without a place", msh + "ADT^A01|X5|P|2.5|||AL|NE\rPID|1||1\rPV1|1|I|||||||||||||||||77\r", "CA", "", "missing_location"},
		{"master file without a key", msh + "MFN^M02|X6|P|2.5|||AL|NE\rMFI|PRA|KIS|UPD|||NE\rMFE|MAD|1\rSTF|\r", "CA", "", "missing_key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := s.dialKIS(t)
			defer l.Close()
			s.counted(t, s.kis, map[bool]string{true: "not_parseable", false: "fault_" + c.fault}[c.fault == "not_parseable"], func() {
				replies := l.exchange(t, mllpFrame([]byte(c.message)))
				checkCode(t, replies, c.code)
				if ack, err := hl7.Parse(replies[0]); err == nil && c.at != "" && ack.Get("ERR-2.1").String() != c.at && ack.Get("ERR-1.1").String() != c.at {
					t.Errorf("refused at another place than %s: %q", c.at, replies[0])
				}
			})
			s.faultKept(t, s.kis, c.fault)
		})
	}
	s.undisturbed(t)
}

// espa wraps XML into a frame.
func espa(xml string) []byte { return wire.AppendFrame(nil, []byte(xml)) }

// lying frames say another length than they have.
func lying(xml string, length uint32) []byte {
	f := espa(xml)
	binary.BigEndian.PutUint32(f[2:], length)
	return f
}

const (
	espaOpen  = `<?xml version="1.0"?><ESPA-X xmlns="` + wire.Namespace + `" version="1.00">`
	espaClose = `</ESPA-X>`
	heartbeat = espaOpen + `<REQ.HEARTBEAT invokeID="9" sessionID="S"></REQ.HEARTBEAT>` + espaClose
	laughs    = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>` +
		`<ESPA-X xmlns="` + wire.Namespace + `" version="1.00"><REQ.HEARTBEAT invokeID="9" sessionID="S"><CP-TEXTMSG>&c;</CP-TEXTMSG></REQ.HEARTBEAT></ESPA-X>`
)

// testCalls sends what is broken or not allowed at the nurse-call port. In XML the session
// "S" stands for that of the login.
func (s *station) testCalls(t *testing.T) {
	attributes := strings.Builder{}
	for i := range 2000 {
		attributes.WriteString(" a" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + `="1"`)
	}
	nested := func(name string) string {
		return strings.Repeat("<"+name+">", 2000) + strings.Repeat("</"+name+">", 2000)
	}
	for _, c := range []struct {
		name    string
		login   bool
		frame   []byte
		code    wire.Code // of the answer; 0: the line is closed without one
		closes  bool      // after the answer
		counter string
		fault   string
	}{
		{"heartbeat before login", false, espa(heartbeat), wire.NeedsLogin, false, "requests_before_login", ""},
		{"call before login", false, espa(espaOpen + `<REQ.P-START invokeID="2" sessionID="0"><CP-PR-REF>x</CP-PR-REF></REQ.P-START>` + espaClose), wire.NeedsLogin, false, "requests_before_login", ""},
		{"call of another session", true, espa(espaOpen + `<REQ.P-START invokeID="2" sessionID="other"><CP-PR-REF>x</CP-PR-REF></REQ.P-START>` + espaClose), wire.NeedsLogin, false, "requests_before_login", ""},
		{"not xml", false, espa("Hallo"), wire.BadMessage, false, "messages_invalid", ""},
		{"document type", true, espa(strings.Replace(heartbeat, "<ESPA-X", "<!DOCTYPE ESPA-X SYSTEM \"http://127.0.0.1/x.dtd\"><ESPA-X", 1)), wire.NotWellFormed, false, "messages_malformed", "messages_malformed"},
		{"billion laughs", true, espa(laughs), wire.NotWellFormed, false, "messages_malformed", "messages_malformed"},
		{"deep nesting", true, espa(espaOpen + `<REQ.P-START invokeID="2" sessionID="S">` + nested("PROPRIETARY") + `</REQ.P-START>` + espaClose), wire.NotWellFormed, false, "messages_malformed", "messages_malformed"},
		{"elements in a text", true, espa(espaOpen + `<REQ.P-START invokeID="2" sessionID="S">` + nested("CP-TEXTMSG") + `</REQ.P-START>` + espaClose), wire.BadMessage, false, "messages_invalid", "messages_invalid"},
		{"thousands of attributes", true, espa(espaOpen + `<REQ.HEARTBEAT invokeID="9" sessionID="S"` + attributes.String() + `></REQ.HEARTBEAT>` + espaClose), wire.NotWellFormed, false, "messages_malformed", ""},
		{"one huge attribute", true, espa(espaOpen + `<REQ.HEARTBEAT invokeID="` + strings.Repeat("9", 60_000) + `" sessionID="S"></REQ.HEARTBEAT>` + espaClose), wire.BadMessage, false, "messages_invalid", "messages_invalid"},
		{"message cut off", true, espa(heartbeat[:len(heartbeat)-20]), wire.NotWellFormed, false, "messages_malformed", ""},
		{"unknown message", true, espa(espaOpen + `<REQ.P-DANCE invokeID="2" sessionID="S"></REQ.P-DANCE>` + espaClose), wire.BadMessage, false, "messages_invalid", "messages_invalid"},
		{"stop of an unknown call", true, espa(espaOpen + `<REQ.P-STOP invokeID="2" sessionID="S"><CP-PR-REF>nowhere</CP-PR-REF></REQ.P-STOP>` + espaClose), wire.NotFound, false, "process_unknown", ""},
		{"wrong magic", true, []byte("GET / HTTP/1.1\r\n\r\n"), wire.BadHeader, true, "frames_broken", ""},
		{"length below the header", true, lying(heartbeat, 3), wire.BadHeader, true, "frames_broken", ""},
		{"length of four gigabytes", true, lying(heartbeat, 0xffffffff), wire.BadHeader, true, "frames_too_long", ""},
		{"length shorter than the message", true, lying(heartbeat, 60), wire.NotWellFormed, false, "messages_malformed", ""},
		{"length longer than the message", true, lying(heartbeat, 4000), 0, true, "frames_half", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, frame := s.dialCalls(t), c.frame
			if c.login {
				l = s.logIn(t)
				swapped := bytes.ReplaceAll(frame[min(len(frame), wire.HeaderLen):], []byte(`sessionID="S"`), []byte(`sessionID="`+l.session+`"`))
				honest := len(frame) > 6 && int(binary.BigEndian.Uint32(frame[2:])) == len(frame)
				if frame = append(frame[:wire.HeaderLen:wire.HeaderLen], swapped...); honest {
					binary.BigEndian.PutUint32(frame[2:], uint32(len(frame)))
				}
			}
			s.counted(t, s.calls, c.counter, func() {
				l.SetDeadline(time.Now().Add(10 * time.Second))
				l.Write(frame)
				if c.code == 0 {
					l.Conn.(*net.TCPConn).CloseWrite()
				}
				if got := l.verdict(t); c.code == 0 && got != nil || c.code != 0 && (got == nil || got.Code() != c.code) {
					t.Fatalf("answered %+v, want %d", got, c.code)
				}
			})
			if c.closes && c.code != 0 && l.verdict(t) != nil {
				t.Error("the line is still served")
			}
			if c.fault != "" {
				s.faultKept(t, s.calls, c.fault)
			}
			s.undisturbed(t)
		})
	}
	t.Run("wrong login", s.testWrongLogin)
	t.Run("duplicate reference", s.testDuplicate)
}

// testWrongLogin tries three times, after which the hub hangs up.
func (s *station) testWrongLogin(t *testing.T) {
	l := s.dialCalls(t)
	for _, m := range []wire.Message{loginAs(faultUser, "falsch"), loginAs("wernoch", faultPassword), loginAs(faultUser, faultPassword+"x")} {
		s.counted(t, s.calls, "login_refused", func() {
			if got := l.ask(t, m); got.Code() != wire.Unauthorized {
				t.Errorf("answered %d", got.Code())
			}
		})
	}
	if got := l.verdict(t); got != nil {
		t.Errorf("the line is still served: %+v", got)
	}
	s.undisturbed(t)
}

// testDuplicate raises the same call twice while the nurse on duty is being called: the
// source hears 450 and there is one alert.
func (s *station) testDuplicate(t *testing.T) {
	l := s.logIn(t)
	start := wire.Message{Name: "REQ.P-START", InvokeID: 2}.With("CP-PR-REF", "doppelt").With("CP-TEXTMSG", "Ruf").With("CP-WARD", "4B")
	if got := l.ask(t, start); got.Code() != wire.OK {
		t.Fatalf("the first was answered %d", got.Code())
	}
	s.counted(t, s.calls, "starts_duplicate", func() {
		start.InvokeID = 3
		if got := l.ask(t, start); got.Code() != wire.Duplicate {
			t.Errorf("the second was answered %d", got.Code())
		}
	})
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	var n int
	if err := db.QueryRow(t.Context(), `select count(*) from alert where ref = 'doppelt'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d alerts (%v)", n, err)
	}
}
