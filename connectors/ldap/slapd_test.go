package ldapsync_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	ldapsync "github.com/wardline/wardline/connectors/ldap"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/ldap"
	"github.com/wardline/wardline/ldap/ldaptest"
)

// slapd is one OpenLDAP for all tests of this process: 5,000 people, and a subtree of its
// own for each test that changes something.
var slapd = sync.OnceValues(func() (*ldaptest.Slapd, error) { return ldaptest.StartSlapd(fiveThousand()) })

// started is set by the first test that needs the server.
var started struct {
	sync.Mutex
	server *ldaptest.Slapd
}

func TestMain(m *testing.M) {
	code := m.Run()
	if started.server != nil {
		started.server.Stop()
	}
	os.Exit(code)
}

func openLDAP(t *testing.T) *ldaptest.Slapd {
	t.Helper()
	s, err := slapd()
	if errors.Is(err, ldaptest.ErrMissing) {
		t.Skipf("no OpenLDAP: %v (apt-get install slapd ldap-utils)", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	started.Lock()
	started.server = s
	started.Unlock()
	return s
}

// fiveThousand is the data: groups of 500, "alle" around "innen" around all of them, in a
// circle, and groups that name people in other ways.
func fiveThousand() string {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "dn: uid=p%04d,ou=people,%s\nobjectClass: inetOrgPerson\nuid: p%04d\ncn: Person %d\nsn: Nachname%d\ngivenName: Vorname%d\nmail: p%04d@klinik.example\nemployeeNumber: %d\ntelephoneNumber: +49 30 %d\ndepartmentNumber: %d\nuserPassword: pw-%d\n",
			i, ldaptest.Suffix, i, i, i, i, i, 100000+i, 5000+i, i%40, i)
		if i == 7 {
			photo := append([]byte{0xff, 0xd8, 0xff, 0xe0}, make([]byte, 2000)...)
			fmt.Fprintf(&b, "jpegPhoto:: %s\n", base64.StdEncoding.EncodeToString(photo))
		}
		b.WriteString("\n")
	}
	for g := range 10 {
		fmt.Fprintf(&b, "dn: cn=g%d,ou=groups,%s\nobjectClass: groupOfNames\ncn: g%d\n", g, ldaptest.Suffix, g)
		for i := range 500 {
			fmt.Fprintf(&b, "member: uid=p%04d,ou=people,%s\n", g*500+i, ldaptest.Suffix)
		}
		b.WriteString("\n")
	}
	nested := func(name string, members ...string) {
		fmt.Fprintf(&b, "dn: cn=%s,ou=groups,%s\nobjectClass: groupOfNames\ncn: %s\n", name, ldaptest.Suffix, name)
		for _, m := range members {
			fmt.Fprintf(&b, "member: CN=%s, OU=groups, DC=klinik, DC=example\n", m) // spelt differently, the same name
		}
		b.WriteString("\n")
	}
	nested("innen", "g0", "g1", "alle")
	nested("alle", "innen")
	fmt.Fprintf(&b, "dn: cn=posix,ou=groups,%s\nobjectClass: posixGroup\ncn: posix\ngidNumber: 1\nmemberUid: p4999\n\n", ldaptest.Suffix)
	fmt.Fprintf(&b, "dn: cn=einzeln,ou=groups,%s\nobjectClass: groupOfUniqueNames\ncn: einzeln\nuniqueMember: uid=p4998,ou=people,%s\n\n", ldaptest.Suffix, ldaptest.Suffix)
	return b.String()
}

// made is a connector of the kind, as a hub would make it.
type made interface {
	connectors.Connector
	connectors.StaffSource
	connectors.Checker
	connectors.Authenticator
	connectors.Preparer
}

func source(t *testing.T, s *ldaptest.Slapd, change func(*ldapsync.Config)) made {
	t.Helper()
	c := config(s)
	if change != nil {
		change(c)
	}
	return connector(t, c)
}

func connector(t *testing.T, c *ldapsync.Config) made {
	t.Helper()
	made1, err := ldapsync.Kind().New(c, connectors.Env{Now: time.Now, Report: func(connectors.Health) {}, Count: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	return made1.(made)
}

func config(s *ldaptest.Slapd) *ldapsync.Config {
	c := ldapsync.Kind().Config().(*ldapsync.Config)
	c.URLs, c.StartTLS = []string{"ldap://" + s.Addr}, ldap.StartTLSOff
	c.BindDN, c.BindPassword = ldaptest.Reader, ldaptest.ReaderPW
	c.Domains = []ldapsync.Domain{{Base: "ou=people," + ldaptest.Suffix, GroupBase: "ou=groups," + ldaptest.Suffix}}
	return c
}

// people is what a pass handed over, by login where it has one and else by key.
type people struct {
	byLogin map[string]connectors.Pulled
	gone    []string
	end     connectors.PassEnd
	n       int
}

func pull(t *testing.T, s connectors.StaffSource, p connectors.Pass) people {
	t.Helper()
	got, err := tryPull(s, p)
	if err != nil {
		t.Fatalf("pull: %v", err)
	}
	return got
}

func tryPull(s connectors.StaffSource, p connectors.Pass) (people, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	got := people{byLogin: map[string]connectors.Pulled{}}
	end, err := s.Pull(ctx, p, func(p connectors.Pulled) error {
		got.n++
		if p.Change.Op == directory.OpDeactivate {
			got.gone = append(got.gone, p.Change.Key)
			return nil
		}
		got.byLogin[p.Change.Fields[directory.Login].Text] = p
		return nil
	})
	got.end = end
	return got, err
}

func TestFullPass(t *testing.T) {
	t.Parallel()
	s := source(t, openLDAP(t), func(c *ldapsync.Config) {
		c.Unit, c.Photo, c.PageSize = "departmentNumber", true, 499
		c.Groups = []ldapsync.GroupMap{
			{Group: "alle", UnitCode: "H", UnitName: "Haus", UnitKind: directory.House, Role: "Pflege", Room: true},
			{Group: "cn=g9,ou=groups," + ldaptest.Suffix},
			{Group: "posix"}, {Group: "einzeln"},
		}
	})
	got := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	if len(got.byLogin) != 5000 || got.n != 5000 || !got.end.Full || len(got.end.Cursor) == 0 {
		t.Fatalf("read %d people in %d records, end %v", len(got.byLogin), got.n, got.end.Full)
	}
	p := got.byLogin["p0007"]
	if len(p.Change.Key) != 36 || p.Record == "" || p.Change.Fields[directory.StaffNumber].Text != "100007" || len(p.Change.Photo) != 2004 {
		t.Errorf("p0007: %+v", p)
	}
	if !slices.Equal(p.Notes, []string{"group_cycle"}) {
		t.Errorf("notes of somebody in a circle of groups: %v", p.Notes)
	}
	units := []directory.UnitRef{{Code: "7", Name: "7", Kind: directory.Ward, Primary: true}, {Code: "H", Name: "Haus", Kind: directory.House}}
	if !slices.Equal(p.Change.Units, units) {
		t.Errorf("units: %+v", p.Change.Units)
	}
	groups := map[string]string{"p0007": "alle", "p0500": "alle", "p1000": "", "p4600": "g9", "p4998": "einzeln,g9", "p4999": "g9,posix"}
	for _, login := range slices.Sorted(maps.Keys(groups)) {
		var names []string
		for _, g := range got.byLogin[login].Change.Groups {
			names = append(names, g.Name)
		}
		if strings.Join(names, ",") != groups[login] {
			t.Errorf("%s is in %v, want %s", login, names, groups[login])
		}
	}
	if g := p.Change.Groups[0]; g.Role != "H/Pflege" || !g.Room || len(g.Code) != 36 {
		t.Errorf("group: %+v", g)
	}
}

func TestPreviewEndsEarly(t *testing.T) {
	t.Parallel()
	got := pull(t, source(t, openLDAP(t), nil), connectors.Pass{Mode: connectors.PassFull, Limit: 10})
	if got.n != 10 || got.end.Full || got.end.Cursor != nil {
		t.Errorf("preview: %d people, end %+v", got.n, got.end)
	}
}

// TestCutMidPage is the night on which others locked everybody out: the server goes while it
// answers.
func TestCutMidPage(t *testing.T) {
	t.Parallel()
	server := openLDAP(t)
	for name, bytes := range map[string]int64{"in the first page": 20_000, "in a later page": 700_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, err := ldaptest.StartProxy(server.Addr, bytes)
			if err != nil {
				t.Fatal(err)
			}
			defer proxy.Stop()
			s := source(t, server, func(c *ldapsync.Config) { c.URLs = []string{"ldap://" + proxy.Addr} })
			got, err := tryPull(s, connectors.Pass{Mode: connectors.PassFull})
			if ldap.Name(err) != ldap.ServerGone || !strings.Contains(err.Error(), "ended_early") || hub.KindOf(err) != hub.Unavailable || got.end.Full {
				t.Errorf("error %v after %d people, end %+v", err, got.n, got.end)
			}
			if got.n >= 5000 {
				t.Errorf("%d people through a cut connection", got.n)
			}
		})
	}
}

func TestServerKilledMidPass(t *testing.T) {
	t.Parallel()
	openLDAP(t) // skips where there is none
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "dn: uid=k%d,ou=people,%s\nobjectClass: inetOrgPerson\nuid: k%d\ncn: k\nsn: k\n\n", i, ldaptest.Suffix, i)
	}
	server, err := ldaptest.StartSlapd(b.String())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	s := source(t, server, func(c *ldapsync.Config) { c.PageSize = 10 })
	n := 0
	end, err := s.Pull(t.Context(), connectors.Pass{Mode: connectors.PassFull}, func(connectors.Pulled) error {
		if n++; n == 25 {
			server.Kill()
		}
		return nil
	})
	if ldap.Name(err) != ldap.ServerGone || end.Full || n >= 300 {
		t.Errorf("error %v after %d people, end %+v", err, n, end)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := openLDAP(t)
	tests := map[string]struct {
		change func(*ldapsync.Config)
		want   string
	}{
		"wrong password": {func(c *ldapsync.Config) { c.BindPassword = "no" }, ldap.WrongCredentials},
		"empty password": {func(c *ldapsync.Config) { c.BindPassword = "" }, ldap.WrongCredentials},
		"no such base":   {func(c *ldapsync.Config) { c.Domains[0].Base = "ou=none," + ldaptest.Suffix }, ldap.NoSuchBase},
		"nobody there":   {func(c *ldapsync.Config) { c.URLs = []string{"ldap://127.0.0.1:1"} }, ldap.Unreachable},
		"no such name":   {func(c *ldapsync.Config) { c.URLs = []string{"ldap://ldap.invalid"} }, ldap.DNS},
		"wrong CA": {func(c *ldapsync.Config) {
			c.StartTLS, c.CAFile = ldap.StartTLSRequired, server.OtherCAFile
		}, ldap.TLSFailed},
		"wrong CA, optional": {func(c *ldapsync.Config) {
			c.StartTLS, c.CAFile = ldap.StartTLSOptional, server.OtherCAFile
		}, ldap.TLSFailed},
		"wrong pin": {func(c *ldapsync.Config) {
			c.URLs, c.Fingerprint = []string{"ldaps://" + server.TLSAddr}, strings.Repeat("00", 32)
		}, ldap.TLSFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tryPull(source(t, server, tt.change), connectors.Pass{Mode: connectors.PassFull})
			var e *hub.Error
			if !errors.As(err, &e) || e.Code != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	server := openLDAP(t)
	pin := fmt.Sprintf("%X", sum(server.Cert.Raw))
	tests := map[string]func(*ldapsync.Config){
		"StartTLS, pinned CA": func(c *ldapsync.Config) { c.StartTLS, c.CAFile = ldap.StartTLSRequired, server.CAFile },
		"ldaps, pinned CA": func(c *ldapsync.Config) {
			c.URLs, c.CAFile = []string{"ldaps://" + server.TLSAddr}, server.CAFile
		},
		"ldaps, pinned certificate": func(c *ldapsync.Config) {
			c.URLs, c.Fingerprint = []string{"ldaps://" + server.TLSAddr}, pin
		},
		"name in the certificate": func(c *ldapsync.Config) {
			c.StartTLS, c.CAFile, c.ServerName = ldap.StartTLSRequired, server.CAFile, "ldap.klinik.example"
		},
		"second server serves": func(c *ldapsync.Config) {
			c.URLs, c.CAFile = []string{"ldaps://127.0.0.1:1", "ldaps://" + server.TLSAddr}, server.CAFile
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, server, change)
			if err := s.Prepare(); err != nil {
				t.Fatal(err)
			}
			if got := pull(t, s, connectors.Pass{Mode: connectors.PassFull, Limit: 3}); got.n != 3 {
				t.Errorf("read %d people", got.n)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	server := openLDAP(t)
	names := func(list []connectors.Check) string {
		var out []string
		for _, c := range list {
			mark := ""
			if !c.OK {
				mark = "!"
			}
			out = append(out, mark+c.Name)
		}
		return strings.Join(out, " ")
	}
	tests := map[string]struct {
		change func(*ldapsync.Config)
		want   string
	}{
		"all well":     {func(c *ldapsync.Config) { c.StartTLS, c.CAFile = ldap.StartTLSRequired, server.CAFile }, "dns tcp tls login base changes"},
		"nobody there": {func(c *ldapsync.Config) { c.URLs[0] = "ldap://127.0.0.1:1" }, "dns !tcp"},
		"no name":      {func(c *ldapsync.Config) { c.URLs[0] = "ldap://ldap.invalid" }, "!dns"},
		"wrong CA":     {func(c *ldapsync.Config) { c.StartTLS, c.CAFile = ldap.StartTLSRequired, server.OtherCAFile }, "dns tcp !tls"},
		"password":     {func(c *ldapsync.Config) { c.BindPassword = "no" }, "dns tcp !login"},
		"empty base":   {func(c *ldapsync.Config) { c.Domains[0].Filter = "(uid=nobody)" }, "dns tcp login !base"},
		"second down":  {func(c *ldapsync.Config) { c.URLs = append(c.URLs, "ldap://127.0.0.1:1") }, "dns tcp login dns !tcp"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := names(source(t, server, tt.change).Check(t.Context())); got != tt.want {
				t.Errorf("checks %q, want %q", got, tt.want)
			}
		})
	}
}

// TestRefusedPasswordIsNotTriedAgain: the next server would count it too, and lock the
// account.
func TestRefusedPasswordIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	next, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1)
	go func() {
		if c, err := next.Accept(); err == nil {
			c.Close()
			asked <- struct{}{}
		}
	}()
	_, err = tryPull(source(t, openLDAP(t), func(c *ldapsync.Config) {
		c.BindPassword, c.URLs = "no", append(c.URLs, "ldap://"+next.Addr().String())
	}), connectors.Pass{Mode: connectors.PassFull})
	next.Close()
	if ldap.Name(err) != ldap.WrongCredentials || len(asked) > 0 {
		t.Errorf("error %v, the second server was asked: %v", err, len(asked) > 0)
	}
}
