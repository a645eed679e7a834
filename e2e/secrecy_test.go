package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/store/embedded"
)

// needles are texts that must not stand readably in what is searched, by what they are.
type needles map[string]string

// forms are the ways a text can stand somewhere and still be read: in three encodings, in
// hexadecimal, and in base64, where it depends on what stands before it.
func forms(text string) [][]byte {
	var latin, little, big []byte
	for _, r := range text {
		latin = append(latin, byte(r)) // needles are of Latin-1
	}
	for _, u := range utf16.Encode([]rune(text)) {
		little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
	}
	out := [][]byte{little, big}
	for _, b := range [][]byte{[]byte(text), latin} {
		h := hex.EncodeToString(b)
		out = append(out, b, []byte(h), []byte(strings.ToUpper(h)))
		for shift := range 3 {
			padded := append(make([]byte, shift), b...)
			from, to := (shift*8+5)/6, len(padded)*8/6 // characters that depend on b alone
			out = append(out, []byte(base64.StdEncoding.EncodeToString(padded)[from:to]), []byte(base64.URLEncoding.EncodeToString(padded)[from:to]))
		}
	}
	return out
}

// finder looks for many patterns at once, by their first two bytes.
type finder struct {
	first   [1 << 16][]int
	pattern [][]byte
	what    []string
}

func newFinder(sets ...needles) *finder {
	f := &finder{}
	for _, set := range sets {
		for what, text := range set {
			for _, p := range forms(text) {
				at := binary.BigEndian.Uint16(p)
				f.first[at] = append(f.first[at], len(f.pattern))
				f.pattern, f.what = append(f.pattern, p), append(f.what, what)
			}
		}
	}
	return f
}

// find names what stands in b.
func (f *finder) find(b []byte) (found []string) {
	for i := 0; i+1 < len(b); i++ {
		for _, n := range f.first[binary.BigEndian.Uint16(b[i:])] {
			if bytes.HasPrefix(b[i:], f.pattern[n]) && !slices.Contains(found, f.what[n]) {
				found = append(found, f.what[n])
			}
		}
	}
	return found
}

func TestFinder(t *testing.T) {
	t.Parallel()
	const text = "Zwölfbrunner"
	f := newFinder(needles{"it": text})
	utf, latin := []byte(text), []byte("Zw\xf6lfbrunner")
	for name, b := range map[string][]byte{
		"utf-8": utf, "latin-1": latin, "utf-16": {'Z', 0, 'w', 0, 0xf6, 0, 'l', 0, 'f', 0, 'b', 0, 'r', 0, 'u', 0, 'n', 0, 'n', 0, 'e', 0, 'r', 0},
		"hex": []byte(hex.EncodeToString(utf)), "capital hex": []byte(strings.ToUpper(hex.EncodeToString(latin))), "json": []byte(`{"name":"` + text + `"}`),
		"base64": []byte(base64.StdEncoding.EncodeToString([]byte("x" + text + "yz"))), "base64 below": []byte(base64.RawURLEncoding.EncodeToString([]byte("xy" + text))),
	} {
		if found := f.find(append([]byte("\x00 before "), b...)); len(found) != 1 {
			t.Errorf("%s is not found", name)
		}
	}
	if found := f.find([]byte("Zwölfbrunne, a little less of it")); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// secrets is what TestSecrecy plants, and the hub it is planted in.
type secrets struct {
	*station
	texts   needles // of patients and alerts
	private needles // passwords, tokens, codes and keys
	staff   needles // may stand in the database, and nowhere else
	said    needles // in conversations
	nurse   *browser
	rec     *recorderProcess
}

// TestSecrecy lets a whole journey run with unique names, texts and secrets, and then reads
// everything the hub has left behind except its key directory (promise 6).
func TestSecrecy(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a hub")
	}
	s := &secrets{station: newStation(t),
		texts: needles{"family name": "Zwölfbrunner-Kessel", "given name": "Ottokarine-Zoë", "visit number": "V8812004733154", "patient number": "P5519002881736",
			"address": "Kirchweidenallee 4711", "call text": "Sturzgefahr-Querbeet", "caller": "Klingelzug-Morgenrot", "alarm text": "Sättigung-Fallwind",
			"alarm caller": "Monitor-Nordwind", "webhook text": "Pumpe-Wintergarten", "broken call": "Abgerissen-Mondschein"},
		private: needles{"password": "Flurlampen-Dreizehn-Moos", "wrong password": "Vertippt-Siebzehn-Moos", "wrong call password": "Fa1sch-Moos9", "link password": "Moosbett-Neunzehn-Tor"},
		staff:   needles{"staff family name": "Apfelbaumer-Weil", "staff given name": "Rosalindegard"},
	}
	s.plant(t)
	s.planted(t)
	s.converse(t)
	s.keys(t)
	all := newFinder(s.texts, s.private, s.said)
	t.Run("database dump", func(t *testing.T) { s.searchDump(t, all) })
	t.Run("data directory", func(t *testing.T) { s.searchFiles(t, all) })
	everything := newFinder(s.texts, s.private, s.staff, s.said)
	t.Run("log", func(t *testing.T) { report(t, "log", everything.find([]byte(s.out.String()))) })
	t.Run("recorder's log", func(t *testing.T) { report(t, "log", everything.find([]byte(s.rec.out.String()))) })
	t.Run("metrics", func(t *testing.T) {
		report(t, "metrics", everything.find([]byte(call(t, s.management, "GET", "/metrics", http.Header{}, nil).body)))
	})
	t.Run("console lists", func(t *testing.T) { s.searchConsole(t) })
}

func report(t *testing.T, where string, found []string) {
	t.Helper()
	for _, what := range found {
		t.Errorf("%s: %s can be read", where, what)
	}
}

// plant brings everything in by the doors it comes in by, rightly and wrongly, and lets the
// alerts run their course.
func (s *secrets) plant(t *testing.T) {
	t.Helper()
	named := s.connector(t, "hl7v2-mllp", "KIS mit Namen", map[string]any{"address": hubtest.MustFreeAddr(t), "keep_patient_name": true})
	s.private["call password"] = faultPassword
	s.private["alarm token"] = s.token
	s.sendPatients(t, s.mllpAddr)
	s.sendPatients(t, s.addressOf(t, named))
	s.hire(t)
	s.activate(t)
	l := s.logIn(t)
	start := wire.Message{Name: "REQ.P-START", InvokeID: 2}.With("CP-PR-REF", "geheim-1").With("CP-TEXTMSG", s.texts["call text"]).
		With("CP-CALLINGNAME", s.texts["caller"]).With("CP-WARD", "4B").With("CP-BED", "12-1").With("CP-PRIO", "Emergency")
	if got := l.ask(t, start); got.Code() != wire.OK {
		t.Fatalf("call answered %d", got.Code())
	}
	s.act(t, "geheim-1", "accept")
	l.Write(espa(espaOpen + "<REQ.P-START><CP-TEXTMSG>" + s.texts["broken call"]))
	l.verdict(t)
	if got := l.ask(t, wire.Message{Name: "REQ.P-STOP", InvokeID: 3}.With("CP-PR-REF", "geheim-1")); got.Code() != wire.OK {
		t.Errorf("stop answered %d", got.Code())
	}
	wrong := s.dialCalls(t)
	wrong.ask(t, loginAs(faultUser, s.private["wrong call password"]))
	s.raiseAlarms(t)
	s.act(t, "geheim-2", "reject")
}

func (s *secrets) addressOf(t *testing.T, connector string) string {
	t.Helper()
	var out struct{ Config struct{ Address string } }
	s.admin.must(t, "GET", "/connectors/"+connector, nil, &out)
	return out.Config.Address
}

// sendPatients admits one, in two character sets, with and without a movement id, rightly
// and in ways that fail.
func (s *secrets) sendPatients(t *testing.T, addr string) {
	t.Helper()
	to := &station{theHub: s.theHub, mllpAddr: addr}
	l := to.dialKIS(t)
	defer l.Close()
	n := s.texts
	head := func(kind, id, charset string) string {
		return "MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000||" + kind + "|" + id + "|P|2.5|||AL|NE||" + charset + "\rEVN|A01|20260201080000\r"
	}
	pid := "PID|1||" + n["patient number"] + "^^^KIS^PI||" + n["family name"] + "^" + n["given name"] + "||19400101|F|||" + n["address"] + "\r"
	pv1 := "PV1|1|I|4B^12^1||||||||||||||||" + n["visit number"] + "^^^KIS^VN\r"
	latin := func(text string) []byte {
		var b []byte
		for _, r := range text {
			b = append(b, byte(r))
		}
		return b
	}
	for _, m := range [][]byte{
		[]byte(head("ADT^A01", "S1", "UNICODE UTF-8") + pid + pv1),
		[]byte(head("ADT^A02", "S2", "UNICODE UTF-8") + pid + pv1 + "ZBE|B1^KIS|20260201090000||INSERT\r"),
		latin(head("ADT^A08", "S3", "8859/1") + pid + pv1),
		[]byte(head("ADT^A40", "S4", "UNICODE UTF-8") + pid + "MRG|" + n["patient number"] + "9\r"),
		[]byte(head("ADT^A03", "S5", "UNICODE UTF-8") + pid + pv1),
		[]byte(head("ADT^A01", "S6", "UNICODE UTF-8") + pid + "PV1|1|I\r"),
		[]byte(head("ORU^R01", "S7", "UNICODE UTF-8") + pid),
		[]byte(pid + pv1),
		latin(pid),
	} {
		for _, reply := range l.exchange(t, mllpFrame(m)) {
			report(t, "acknowledgement", newFinder(s.texts).find(reply))
		}
	}
}

// hire sends the nurse.
func (s *secrets) hire(t *testing.T) {
	t.Helper()
	l := s.dialKIS(t)
	defer l.Close()
	replies := l.exchange(t, mllpFrame([]byte("MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000||MFN^M02^MFN_M02|S9|P|2.5|||AL|NE||UNICODE UTF-8\r"+
		"MFI|PRA|KIS|UPD|20260201080000||NE\rMFE|MAD|R1||9000^^KIS|CE\r"+
		"STF|9000^^KIS|9000^^^KIS^PN|"+s.staff["staff family name"]+"^"+s.staff["staff given name"]+"|N|||A\rORG|1|4B^Station 4B|WARD|Y\r")))
	if ack, err := hl7.Parse(replies[0]); err != nil || ack.Get("MSA-1").String() != "CA" {
		t.Fatalf("nurse answered %q", replies)
	}
}

// activate signs the nurse in, after typing some of it into the wrong fields.
func (s *secrets) activate(t *testing.T) {
	t.Helper()
	var found struct {
		Items []struct{ Account struct{ ID string } }
	}
	s.admin.must(t, "GET", "/persons?q=9000", nil, &found)
	if len(found.Items) != 1 {
		t.Fatalf("%d persons", len(found.Items))
	}
	var code struct{ Code string }
	s.admin.must(t, "POST", "/accounts/"+found.Items[0].Account.ID+"/code", map[string]any{}, &code)
	s.private["activation code"] = code.Code
	s.nurse = newBrowser(s.chat)
	for _, in := range []map[string]string{
		{"login": code.Code, "code": code.Code, "password": s.private["wrong password"]},
		{"login": "9000", "code": s.private["wrong password"], "password": s.private["wrong password"]},
	} {
		if status, _ := s.nurse.do(t.Context(), "POST", "/auth/activate", in, nil); status < 400 {
			t.Errorf("activated by a wrong code: %d", status)
		}
	}
	s.nurse.must(t, "POST", "/auth/activate", map[string]string{"login": "9000", "code": code.Code, "password": s.private["password"]}, nil)
	for _, in := range []map[string]string{{"login": s.private["password"], "password": "9000"}, {"login": "9000", "password": s.private["wrong password"]}} {
		if status, _ := newBrowser(s.chat).do(t.Context(), "POST", "/auth/login", in, nil); status < 400 {
			t.Errorf("signed in by a wrong password: %d", status)
		}
	}
	registerDevice(t, s.nurse)
	req, _ := http.NewRequest("GET", s.nurse.base, nil)
	for _, c := range s.nurse.http.Jar.Cookies(req.URL) {
		s.private["session "+c.Name] = c.Value
	}
	s.admin.must(t, "POST", "/me/password", map[string]string{"password": s.private["link password"]}, nil)
	onDuty(t, s.admin, s.nurse)
}

// raiseAlarms comes by HTTPS and by a webhook, and once as a body that is refused.
func (s *secrets) raiseAlarms(t *testing.T) {
	t.Helper()
	for path, bodies := range map[string][]string{
		"/v1/events": {`{"action":"trigger","dedup_key":"geheim-2","ward":"4B","priority":"urgent","text":"` + s.texts["alarm text"] + `","caller":"` + s.texts["alarm caller"] + `"}`,
			`{"action":"trigger","dedup_key":"x","` + s.texts["alarm text"] + `":1}`, s.texts["alarm text"]},
		"/v1/alertmanager": {`{"version":"4","alerts":[{"status":"firing","labels":{"ward":"4B"},"annotations":{"summary":"` + s.texts["webhook text"] + `"},"fingerprint":"geheim-3"}]}`},
	} {
		for i, body := range bodies {
			if a := s.post(t, "POST", path, s.token, []byte(body)); (a.status == http.StatusAccepted) != (i == 0) {
				t.Errorf("%s answered %d: %s", path, a.status, a.body)
			}
		}
	}
}

// act answers an alert as the nurse, once it has been sent to her.
func (s *secrets) act(t *testing.T, ref, act string) {
	t.Helper()
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	var id string
	waitFor(t, "alert "+ref+" to be sent", 20*time.Second, func() bool {
		return db.QueryRow(t.Context(), `select a.id::text from alert a join dispatch d on d.alert_id = a.id where a.ref = $1 and d.state in ('sent', 'delivered')`, ref).Scan(&id) == nil
	}, s.out.String)
	s.nurse.must(t, "POST", "/alerts/"+id+"/"+act, map[string]any{}, nil)
}

// planted holds that what was planted is there, and can be read by the one door for it.
func (s *secrets) planted(t *testing.T) {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	s.admin.must(t, "GET", "/messages?limit=200", nil, &list)
	var opened strings.Builder
	for _, m := range list.Items {
		var detail struct{ Raw string }
		s.admin.must(t, "GET", "/messages/"+m.ID, nil, &detail)
		opened.WriteString(detail.Raw)
	}
	for what, text := range s.texts {
		if !strings.Contains(opened.String(), text) {
			t.Errorf("%s was not planted: no stored message holds it", what)
		}
	}
}

// keys adds the hub's own keys to what must not be found, as they are and as text.
func (s *secrets) keys(t *testing.T) {
	t.Helper()
	for _, name := range []string{"master.key", "sign.key"} {
		b, err := os.ReadFile(filepath.Join(s.dir, "data/keys", name))
		if err != nil {
			t.Fatal(err)
		}
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b))); err == nil {
			b = decoded
		}
		runes := make([]rune, len(b)) // a text whose Latin-1 form is the key
		for i := range b {
			runes[i] = rune(b[i])
		}
		s.private[name] = string(runes)
	}
}

// control is one more text, planted where it can be read.
const control = "Kontrolle-Habichtsburg"

// searchDump reads a dump as it goes into a backup. The staff's names are the control: they
// are searched in the same way and must be found, and so must a text planted beside them.
func (s *secrets) searchDump(t *testing.T, f *finder) {
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	if _, err := db.Exec(t.Context(), `create table control as select '`+control+`'::bytea as text`); err != nil {
		t.Fatal(err)
	}
	installed, err := embedded.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dump, err := exec.CommandContext(t.Context(), filepath.Join(installed[0].Bin, "pg_dump"), "--dbname", s.database(t)).Output()
	if err != nil {
		t.Fatal(err)
	}
	report(t, "dump", f.find(dump))
	for what, set := range map[string]needles{"the staff": s.staff, "the control": {control: control}} {
		if found := newFinder(set).find(dump); len(found) != len(set) {
			t.Errorf("%s was not found in the dump, so nothing would have been: %v", what, found)
		}
	}
}

// searchFiles reads every file below the data directory but the keys, after PostgreSQL has
// written all it had in memory.
func (s *secrets) searchFiles(t *testing.T, f *finder) {
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	if _, err := db.Exec(t.Context(), `checkpoint`); err != nil {
		t.Fatal(err)
	}
	root, seen, controls, total := filepath.Join(s.dir, "data"), newFinder(needles{control: control}), 0, 0
	outside := newFinder(s.texts, s.private, s.staff, s.said)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		switch {
		case os.IsNotExist(err):
			return nil // PostgreSQL takes files away while it runs
		case err != nil:
			return err
		case rel == "keys":
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		in := f
		if !strings.HasPrefix(rel, "postgres/") || strings.HasPrefix(rel, "postgres/log/") {
			in = outside
		}
		report(t, rel, in.find(b))
		controls += len(seen.find(b))
		total += len(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if controls == 0 {
		t.Error("the control was not found in any file, so nothing would have been")
	}
	t.Logf("read %d MiB", total>>20)
}

// searchConsole reads the console's lists as an administrator. The board shows what alerts
// say, which is its purpose; nothing else shows a patient or an alert's text.
func (s *secrets) searchConsole(t *testing.T) {
	read := func(path string, f *finder) {
		var body json.RawMessage
		s.admin.must(t, "GET", path, nil, &body)
		report(t, path, f.find(body))
	}
	all := newFinder(s.texts, s.private, s.said)
	paths := []string{"/overview", "/chat", "/connectors", "/kinds", "/audit?limit=200", "/messages?limit=200", "/messages?status=error&limit=200", "/messages/errors",
		"/plans", "/rules", "/units", "/persons", "/me"}
	for _, id := range []string{s.kis, s.calls, s.alarms} {
		paths = append(paths, "/connectors/"+id, "/connectors/"+id+"/revisions", "/connectors/"+id+"/tokens")
	}
	for _, path := range paths {
		read(path, all)
	}
	shown := newFinder(s.private, needles{"family name": s.texts["family name"], "visit number": s.texts["visit number"]})
	read("/alerts?state=all&limit=200", shown)
	var board struct{ Items []struct{ ID string } }
	s.admin.must(t, "GET", "/alerts?state=all&limit=200", nil, &board)
	if len(board.Items) < 3 {
		t.Errorf("%d alerts", len(board.Items))
	}
	for _, a := range board.Items {
		read(fmt.Sprintf("/alerts/%s", a.ID), shown)
	}
}
