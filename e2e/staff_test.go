package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/ldap/ldaptest"
)

// closedLocked is the close code of a socket whose account was locked; see
// docs/protocols/stream.md.
const closedLocked = 4001

// staffRun is a run as the console tells of it.
type staffRun struct {
	ID     string
	State  string
	Read   int
	Plan   string `json:"plan_id"`
	Counts struct{ Create, Lock int }
	Fault  *struct{ Name string }
}

// pull asks for a pass and waits for its end.
func (s *station) pull(t *testing.T, connector, mode string) staffRun {
	t.Helper()
	var run staffRun
	s.admin.must(t, "POST", "/connectors/"+connector+"/runs", map[string]any{"mode": mode, "dry": false}, &run)
	waitFor(t, "the end of the run", time.Minute, func() bool {
		s.admin.must(t, "GET", "/runs/"+run.ID, nil, &run)
		return run.State != "running"
	}, s.out.String)
	return run
}

func (s *station) active(t *testing.T) int {
	t.Helper()
	var view struct{ Persons struct{ Active int } }
	s.admin.must(t, "GET", "/overview", nil, &view)
	return view.Persons.Active
}

// TestDirectoryNight is the night in which a directory locks out a whole house, with a real
// directory and the real program: it goes away, comes back empty, and names one leaver.
func TestDirectoryNight(t *testing.T) {
	const house = 60
	s := newStation(t)
	dir := newDirectory(t, house)
	before := s.active(t)
	id := s.connector(t, "ldap", "Verzeichnis", map[string]any{
		"urls": []string{"ldap://" + dir.Addr}, "start_tls": "required", "ca_file": dir.CAFile, "bind_dn": ldaptest.Reader, "bind_password": ldaptest.ReaderPW,
		"domains": []map[string]any{{"base": peopleBase}}, "unit": "departmentNumber", "page_size": 10, "sign_in": true,
		"schedule": map[string]any{"changes_minutes": 0, "full_at": ""},
	})
	if run := s.pull(t, id, "full"); run.State != "applied" || run.Counts.Create != house {
		t.Fatalf("first pass: %+v, want %d people", run, house)
	}
	nurse := newBrowser(s.chat)
	nurse.must(t, "POST", "/auth/login", map[string]string{"login": "m1", "password": "kennwort-1"}, nil)
	registerDevice(t, nurse)
	socket := s.socket(t, nurse)
	socket.hello(t)
	nurse.must(t, "POST", "/auth/step-up", map[string]string{"password": "kennwort-1"}, nil)
	if status, _ := nurse.do(t.Context(), "POST", "/auth/step-up", map[string]string{"password": "kennwort-2"}, nil); status != http.StatusUnauthorized {
		t.Fatalf("a step-up by somebody else's password answers %d, want 401", status)
	}

	dir.Kill()
	if run := s.pull(t, id, "full"); run.State != "failed" || run.Fault == nil {
		t.Fatalf("directory away: %+v, want a failed run with its reason", run)
	}
	nurse.must(t, "GET", "/me", nil, nil)
	if got := s.active(t); got != before+house {
		t.Fatalf("%d active people after an outage, want %d", got, before+house)
	}

	if err := errors.Join(dir.Restart(), dir.Modify(leavers(1, 1))); err != nil {
		t.Fatal(err)
	}
	if run := s.pull(t, id, "full"); run.State != "applied" || run.Counts.Lock != 1 {
		t.Fatalf("one leaver: %+v, want one lock", run)
	}
	locked := time.Now()
	if code := socket.closed(t); code != closedLocked || time.Since(locked) > 2*time.Second {
		t.Fatalf("the leaver's socket ended with %d after %v, want %d within two seconds", code, time.Since(locked), closedLocked)
	}
	if status, _ := nurse.do(t.Context(), "GET", "/me", nil, nil); status != http.StatusUnauthorized {
		t.Fatalf("the leaver's session answers %d, want 401", status)
	}

	if err := dir.Modify(leavers(2, 40)); err != nil {
		t.Fatal(err)
	}
	if run := s.pull(t, id, "full"); run.State != "held" || run.Plan == "" {
		t.Fatalf("39 of 59 gone: %+v, want a held plan", run)
	}
	if got := s.active(t); got != before+house-1 {
		t.Fatalf("%d active people while the plan is held, want %d", got, before+house-1)
	}
}

// newDirectory starts OpenLDAP with people m1 to mN, all on ward 4B.
func newDirectory(t *testing.T, n int) *ldaptest.Slapd {
	t.Helper()
	var b strings.Builder
	b.WriteString("dn: " + peopleBase + "\nobjectClass: organizationalUnit\nou: belegschaft\n\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "dn: uid=m%[1]d,%[2]s\nobjectClass: inetOrgPerson\nuid: m%[1]d\ncn: Kim Muster%[1]d\nsn: Muster%[1]d\ngivenName: Kim\n"+
			"mail: m%[1]d@klinik.example\nemployeeNumber: %[3]d\ndepartmentNumber: 4B\nuserPassword: kennwort-%[1]d\n\n", i, peopleBase, 7000+i)
	}
	dir, err := ldaptest.StartSlapd(b.String())
	if errors.Is(err, ldaptest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dir.Stop)
	return dir
}

const peopleBase = "ou=belegschaft," + ldaptest.Suffix

func leavers(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "dn: uid=m%d,%s\nchangetype: delete\n\n", i, peopleBase)
	}
	return b.String()
}
