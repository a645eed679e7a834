package ldapsync_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	ldapsync "github.com/wardline/wardline/connectors/ldap"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/ldap/ldaptest"
)

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// plot is a subtree of one test with six people, a0 to a5, and a group "team" of a0 and a1.
type plot struct {
	t      *testing.T
	server *ldaptest.Slapd
	base   string
}

func newPlot(t *testing.T, name string) *plot {
	t.Helper()
	p := &plot{t, openLDAP(t), "ou=" + name + "," + ldaptest.Suffix}
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nchangetype: add\nobjectClass: organizationalUnit\nou: %s\n\n", p.base, name)
	for i := range 6 {
		b.WriteString(p.record(fmt.Sprintf("a%d", i)))
	}
	fmt.Fprintf(&b, "dn: cn=team,%s\nchangetype: add\nobjectClass: groupOfNames\ncn: team\nmember: uid=a0,%s\nmember: uid=a1,%s\n\n", p.base, p.base, p.base)
	p.modify(b.String())
	return p
}

func (p *plot) record(uid string) string {
	return fmt.Sprintf("dn: uid=%s,%s\nchangetype: add\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: %s\nuserPassword: pw-%s\n\n", uid, p.base, uid, uid, uid, uid)
}

func (p *plot) modify(ldif string) {
	p.t.Helper()
	if err := p.server.Modify(strings.ReplaceAll(ldif, "BASE", p.base)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plot) source(change func(*ldapsync.Config)) made {
	return source(p.t, p.server, func(c *ldapsync.Config) {
		c.Domains = []ldapsync.Domain{{Base: p.base}}
		c.Groups = []ldapsync.GroupMap{{Group: "team", UnitCode: "4B"}}
		if change != nil {
			change(c)
		}
	})
}

// same reports whether exactly these of the people known before are gone. A provider also
// names whatever changed outside of the question, which other tests do all the time; nobody
// here has heard of those.
func (p people) same(gone []string, logins ...string) bool {
	var known []string
	for login, pulled := range p.byLogin {
		if slices.Contains(gone, pulled.Change.Key) {
			known = append(known, login)
		}
	}
	slices.Sort(known)
	return slices.Equal(known, logins)
}

func TestIncremental(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"syncrepl", "timestamp"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			p := newPlot(t, "inc-"+method)
			s := p.source(func(c *ldapsync.Config) { c.Changes = method })
			before := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
			if before.n != 6 {
				t.Fatalf("read %d people", before.n)
			}
			next := func(cursor []byte) people {
				return pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: cursor})
			}
			if method == "syncrepl" {
				if idle := next(before.end.Cursor); len(idle.byLogin) != 0 || idle.end.Full {
					t.Fatalf("nothing has changed, and %d people came, full %v", len(idle.byLogin), idle.end.Full)
				}
			}
			p.modify("dn: uid=a2,BASE\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 4711\n\n" +
				"dn: uid=a3,BASE\nchangetype: modrdn\nnewrdn: uid=neu\ndeleteoldrdn: 1\n\n" +
				"dn: uid=a4,BASE\nchangetype: delete\n\n" + p.record("a6"))
			after := next(before.end.Cursor)
			if after.byLogin["a2"].Change.Fields[directory.Phone].Text != "4711" {
				t.Errorf("modified: %+v", after.byLogin["a2"])
			}
			if k := after.byLogin["neu"].Change.Key; k == "" || k != before.byLogin["a3"].Change.Key {
				t.Errorf("a new login made a new key: %q, before %q", k, before.byLogin["a3"].Change.Key)
			}
			if after.byLogin["a6"].Change.Key == "" {
				t.Error("the new person did not come")
			}
			if method == "syncrepl" {
				if !before.same(after.gone, "a4") || len(after.byLogin) != 3 || after.end.Full {
					t.Errorf("gone %v; %d people, full %v", after.gone, len(after.byLogin), after.end.Full)
				}
			}
			if again := next(after.end.Cursor); method == "syncrepl" && len(again.byLogin) != 0 {
				t.Errorf("the same changes came twice: %d", len(again.byLogin))
			}
		})
	}
}

// TestGroupChange: neither who joins nor who leaves a group is touched themselves.
func TestGroupChange(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "groupchange")
	s := p.source(nil)
	before := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	p.modify("dn: cn=team,BASE\nchangetype: modify\nadd: member\nmember: uid=a5,BASE\n-\ndelete: member\nmember: uid=a0,BASE\n\n")
	after := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: before.end.Cursor})
	if !after.end.Full || len(after.byLogin["a5"].Change.Groups) != 1 || after.byLogin["a0"].Change.Groups == nil || len(after.byLogin["a0"].Change.Groups) != 0 {
		t.Errorf("full %v, a5 in %v, a0 in %v", after.end.Full, after.byLogin["a5"].Change.Groups, after.byLogin["a0"].Change.Groups)
	}
	p.modify("dn: cn=other,BASE\nchangetype: add\nobjectClass: groupOfNames\ncn: other\nmember: uid=a5,BASE\n\n")
	if other := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: after.end.Cursor}); other.end.Full || len(other.byLogin) != 0 {
		t.Errorf("a group that means nothing here made %d records, full %v", len(other.byLogin), other.end.Full)
	}
	p.modify("dn: cn=team,BASE\nchangetype: delete\n\n")
	gone := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: after.end.Cursor})
	if !gone.end.Full || len(gone.byLogin["a5"].Change.Groups) != 0 {
		t.Errorf("after the group was deleted: full %v, a5 in %v", gone.end.Full, gone.byLogin["a5"].Change.Groups)
	}
}

// TestLeavesFilter: who is no longer found by the configured filter has left, even though
// the entry is there.
func TestLeavesFilter(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"syncrepl", "timestamp"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			p := newPlot(t, "leaves-"+method)
			s := p.source(func(c *ldapsync.Config) {
				c.Changes, c.Groups = method, nil
				c.Domains[0].Filter = "(&(objectClass=inetOrgPerson)(!(employeeType=extern)))"
			})
			before := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
			p.modify("dn: uid=a1,BASE\nchangetype: modify\nreplace: employeeType\nemployeeType: extern\n\n")
			after := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: before.end.Cursor})
			if !before.same(after.gone, "a1") || after.end.Full {
				t.Errorf("gone %v, full %v", after.gone, after.end.Full)
			}
		})
	}
}

func TestStrangeCursorReadsEverything(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "cursor")
	s := p.source(nil)
	cursor := pull(t, s, connectors.Pass{Mode: connectors.PassFull}).end.Cursor
	tests := map[string]struct {
		s      made
		cursor []byte
	}{
		"none":             {s, nil},
		"broken":           {s, []byte("{")},
		"another question": {p.source(func(c *ldapsync.Config) { c.Photo = true }), cursor},
		"another method":   {p.source(func(c *ldapsync.Config) { c.Changes = "timestamp" }), cursor},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := pull(t, tt.s, connectors.Pass{Mode: connectors.PassChanges, Cursor: tt.cursor}); !got.end.Full || got.n != 6 {
				t.Errorf("%d people, full %v", got.n, got.end.Full)
			}
		})
	}
}

func TestLockedInDirectory(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "locked")
	p.modify("dn: uid=a1,BASE\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n\n" +
		"dn: uid=a2,BASE\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 20261127120000Z\n\n")
	s := p.source(func(c *ldapsync.Config) { c.SignIn = true })
	got := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	if len(got.gone) != 1 || got.byLogin["a2"].Change.Key == "" {
		t.Errorf("gone %v; a lockout after wrong passwords is no lock by the directory", got.gone)
	}
	if _, err := s.Authenticate(t.Context(), "a1", "pw-a1"); hub.KindOf(err) != hub.Unauthenticated {
		t.Errorf("a locked person signs in: %v", err)
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "signin")
	s := p.source(func(c *ldapsync.Config) { c.SignIn = true })
	keys := pull(t, s, connectors.Pass{Mode: connectors.PassFull}).byLogin
	if key, err := s.Authenticate(t.Context(), "A1", "pw-a1"); err != nil || key != keys["a1"].Change.Key {
		t.Errorf("key %q, error %v", key, err)
	}
	wrong := map[string][2]string{
		"wrong password":          {"a1", "pw-a2"},
		"empty password":          {"a1", ""},
		"unknown":                 {"zz", "pw-a1"},
		"empty login":             {" ", "pw-a1"},
		"star":                    {"*", "pw-a1"},
		"prefix":                  {"a1*", "pw-a1"},
		"filter injection":        {"a1)(objectClass=*", "pw-a1"},
		"filter injection, or":    {"zz)(|(uid=a1", "pw-a1"},
		"NUL":                     {"a1\x00", "pw-a1"},
		"DN injection":            {"a1," + p.base, "pw-a1"},
		"backslash":               {`\61\31`, "pw-a1"},
		"not UTF-8":               {"a1\xff", "pw-a1"},
		"long login":              {strings.Repeat("a", 300), "pw-a1"},
		"long password":           {"a1", strings.Repeat("a", 2000)},
		"password of the service": {"reader", ldaptest.ReaderPW},
	}
	for name, w := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := s.Authenticate(t.Context(), w[0], w[1])
			if key != "" || hub.KindOf(err) != hub.Unauthenticated {
				t.Errorf("key %q, error %v", key, err)
			}
		})
	}
	off := p.source(nil)
	if _, err := off.Authenticate(t.Context(), "a1", "pw-a1"); hub.KindOf(err) != hub.Unauthenticated || off.SignsIn() {
		t.Errorf("signing in is switched off, and yet: %v", err)
	}
	away := p.source(func(c *ldapsync.Config) { c.SignIn, c.URLs[0] = true, "ldap://127.0.0.1:1" })
	if _, err := away.Authenticate(t.Context(), "a1", "pw-a1"); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("a server that is away is not a wrong password: %v", err)
	}
}

// TestCutAnywhere cuts the connection after every so many bytes, in full passes and in
// passes over changes: what is taken for whole must be whole.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "cut")
	cursor := pull(t, p.source(nil), connectors.Pass{Mode: connectors.PassFull}).end.Cursor
	p.modify("dn: uid=a1,BASE\nchangetype: modify\nreplace: mobile\nmobile: 1\n\ndn: uid=a2,BASE\nchangetype: modify\nreplace: mobile\nmobile: 1\n\n" +
		"dn: uid=a3,BASE\nchangetype: modify\nreplace: mobile\nmobile: 1\n\n")
	for _, tt := range []struct {
		pass connectors.Pass
		want int
	}{{connectors.Pass{Mode: connectors.PassFull}, 6}, {connectors.Pass{Mode: connectors.PassChanges, Cursor: cursor}, 3}} {
		t.Run(string(tt.pass.Mode), func(t *testing.T) {
			t.Parallel()
			failed, whole := 0, 0
			for cut := int64(1); whole < 3; cut += 97 {
				proxy, err := ldaptest.StartProxy(p.server.Addr, cut)
				if err != nil {
					t.Fatal(err)
				}
				s := p.source(func(c *ldapsync.Config) { c.URLs = []string{"ldap://" + proxy.Addr} })
				got, err := tryPull(s, tt.pass)
				proxy.Stop()
				if err != nil {
					failed++
					continue
				}
				whole++
				if len(got.byLogin) != tt.want {
					t.Fatalf("cut after %d bytes: %d people were taken for all %d", cut, len(got.byLogin), tt.want)
				}
			}
			if failed < 10 {
				t.Errorf("only %d cuts failed", failed)
			}
		})
	}
}

// TestKeyOfTheHouse: where another attribute is the key, the directory tells of a deletion
// only by its own identity, so that everybody is read.
func TestKeyOfTheHouse(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "ownkey")
	p.modify("dn: uid=a1,BASE\nchangetype: modify\nreplace: employeeNumber\nemployeeNumber: 77\n\n" +
		"dn: uid=a2,BASE\nchangetype: modify\nreplace: employeeNumber\nemployeeNumber: 78\n\n")
	s := p.source(func(c *ldapsync.Config) {
		c.Key, c.Groups = "employeeNumber", nil
		c.Domains[0].Filter = "(employeeNumber=*)"
	})
	before := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	if before.byLogin["a1"].Change.Key != "77" || before.n != 2 {
		t.Fatalf("read %+v", before.byLogin)
	}
	p.modify("dn: uid=a2,BASE\nchangetype: delete\n\n")
	if after := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: before.end.Cursor}); !after.end.Full || after.n != 1 {
		t.Errorf("%d people, full %v", after.n, after.end.Full)
	}
}

func TestRunReportsHealth(t *testing.T) {
	t.Parallel()
	server := openLDAP(t)
	for name, tt := range map[string]struct {
		change func(*ldapsync.Config)
		want   connectors.State
	}{
		"up":   {func(*ldapsync.Config) {}, connectors.Up},
		"down": {func(c *ldapsync.Config) { c.BindPassword = "no" }, connectors.Down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(server)
			tt.change(c)
			health := make(chan connectors.Health, 1)
			s, err := ldapsync.Kind().New(c, connectors.Env{Now: time.Now, Count: func(string) {}, Report: func(h connectors.Health) { health <- h }})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			if h := <-health; h.State != tt.want || strings.Contains(h.Detail, ldaptest.Reader) {
				t.Errorf("health %+v", h)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run ended with %v", err)
			}
		})
	}
}
