package adtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	ldapsync "github.com/wardline/wardline/connectors/ldap"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/ldap"
	"github.com/wardline/wardline/ldap/ldaptest"
)

// TestSamba runs TestInside in a network of its own.
func TestSamba(t *testing.T) {
	if ldaptest.Inside() {
		t.Skip("this is the inner process")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	out, err := ldaptest.Isolated(ctx, "TestInside")
	if errors.Is(err, ldaptest.ErrMissing) {
		t.Skipf("no Samba domain controller: %v (root, iproute2, samba, samba-ad-provision, samba-dsdb-modules, ldb-tools, ldap-utils)", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInside") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

const users = 1500

// domain is 1,500 people in three groups that lie within each other, and a fourth that makes
// a circle of two of them.
func domain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dn: OU=Staff,%[1]s\nobjectClass: organizationalUnit\nou: Staff\n\ndn: OU=Left,%[1]s\nobjectClass: organizationalUnit\nou: Left\n\n", ldaptest.Domain)
	for i := range users {
		fmt.Fprintf(&b, "dn: %s\nobjectClass: user\ncn: Person %d\nsAMAccountName: p%04d\nuserPrincipalName: p%04d@klinik.test\ngivenName: Vorname%d\nsn: Nachname%d\nemployeeID: %d\nmail: p%04d@klinik.test\ndepartment: Station %d\nuserAccountControl: 512\n",
			dn(i), i, i, i, i, i, 100000+i, i, i%20)
		if i < 20 {
			b.WriteString(ldaptest.Password(fmt.Sprintf("Geheim-%04d!", i)))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "dn: CN=svc,CN=Users,%s\nobjectClass: user\ncn: svc\nsAMAccountName: svc-wardline\nuserPrincipalName: svc@klinik.test\nuserAccountControl: 512\n%s\n", ldaptest.Domain, ldaptest.Password("Dienst-Pw-1!"))
	group := func(name string, from, to int, members ...string) {
		fmt.Fprintf(&b, "dn: CN=%s,OU=Staff,%s\nobjectClass: group\ncn: %s\nsAMAccountName: %s\n", name, ldaptest.Domain, name, name)
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "member: %s\n", dn(i))
		}
		for _, m := range members {
			fmt.Fprintf(&b, "member: CN=%s,OU=Staff,%s\n", m, ldaptest.Domain)
		}
		b.WriteString("\n")
	}
	group("Inner", 0, 1400)
	group("Mid", 1400, 1450, "Inner")
	group("Outer", 0, 0, "Mid")
	return b.String()
}

func dn(i int) string { return fmt.Sprintf("CN=Person %d,OU=Staff,%s", i, ldaptest.Domain) }

// inside is what the inner tests share.
type inside struct {
	samba *ldaptest.Samba
}

func TestInside(t *testing.T) {
	if !ldaptest.Inside() {
		t.Skip("run by TestSamba")
	}
	samba, err := ldaptest.StartSamba(domain())
	if err != nil {
		t.Fatal(err)
	}
	defer samba.Stop()
	in := &inside{samba}
	t.Run("full pass", in.fullPass)
	t.Run("plain bind is refused by name", in.plainBind)
	t.Run("sign in", in.signIn)
	for _, method := range []string{"usn", "dirsync"} {
		t.Run("changes by "+method, func(t *testing.T) { in.changes(t, method) })
	}
	for i, method := range []string{"usn", "dirsync"} {
		t.Run("groups by "+method, func(t *testing.T) { in.groups(t, method, 50+10*i) })
	}
	t.Run("changes by time", in.byTime)
	t.Run("another controller's numbers", in.otherController)
}

type made interface {
	connectors.StaffSource
	connectors.Authenticator
	connectors.Checker
}

func (in *inside) source(t *testing.T, change func(*ldapsync.Config)) made {
	t.Helper()
	c := ldapsync.Kind().Config().(*ldapsync.Config)
	c.URLs, c.CAFile = []string{"ldaps://127.0.0.1"}, in.samba.CAFile
	c.BindDN, c.BindPassword = ldaptest.DomainAdmin, ldaptest.DomainPW
	c.Domains = []ldapsync.Domain{{Base: "OU=Staff," + ldaptest.Domain}}
	if change != nil {
		change(c)
	}
	s, err := ldapsync.Kind().New(c, connectors.Env{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s.(made)
}

type people struct {
	byLogin map[string]connectors.Pulled
	gone    []string
	end     connectors.PassEnd
}

func pull(t *testing.T, s connectors.StaffSource, p connectors.Pass) people {
	t.Helper()
	got, err := tryPull(t.Context(), s, p)
	if err != nil {
		t.Fatalf("pull: %v", err)
	}
	return got
}

func tryPull(ctx context.Context, s connectors.StaffSource, p connectors.Pass) (people, error) {
	got := people{byLogin: map[string]connectors.Pulled{}}
	end, err := s.Pull(ctx, p, func(p connectors.Pulled) error {
		if p.Change.Op == directory.OpDeactivate {
			got.gone = append(got.gone, p.Change.Key)
		} else {
			got.byLogin[p.Change.Fields[directory.Login].Text] = p
		}
		return nil
	})
	got.end = end
	return got, err
}

func (in *inside) fullPass(t *testing.T) {
	s := in.source(t, func(c *ldapsync.Config) {
		c.BindDN, c.BindPassword = "svc@klinik.test", "Dienst-Pw-1!"
		c.Unit = "department"
		c.Groups = []ldapsync.GroupMap{{Group: "Outer", Room: true}, {Group: "Domain Users"}}
		c.Domains[0].GroupBase = ldaptest.Domain
	})
	for _, c := range s.Check(t.Context()) {
		if !c.OK {
			t.Errorf("check %s: %s", c.Name, c.Detail)
		}
	}
	got := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	if len(got.byLogin) != users || !got.end.Full {
		t.Fatalf("read %d people, full %v", len(got.byLogin), got.end.Full)
	}
	p := got.byLogin["p0003"].Change
	if len(p.Key) != 36 || p.Fields[directory.StaffNumber].Text != "100003" || p.Units[0].Code != "Station 3" || !p.Fields[directory.ActiveUntil].Null {
		t.Errorf("p0003: %+v", p)
	}
	names := func(login string) (out []string) {
		for _, g := range got.byLogin[login].Change.Groups {
			out = append(out, g.Name)
		}
		slices.Sort(out)
		return out
	}
	// Everybody's primary group is not among the values of its member attribute.
	for login, want := range map[string][]string{"p0003": {"Domain Users", "Outer"}, "p1410": {"Domain Users", "Outer"}, "p1499": {"Domain Users"}} {
		if !slices.Equal(names(login), want) {
			t.Errorf("%s is in %v, want %v", login, names(login), want)
		}
	}
}

func (in *inside) plainBind(t *testing.T) {
	s := in.source(t, func(c *ldapsync.Config) { c.URLs, c.StartTLS = []string{"ldap://127.0.0.1"}, ldap.StartTLSOff })
	_, err := tryPull(t.Context(), s, connectors.Pass{Mode: connectors.PassFull})
	var e *hub.Error
	if !errors.As(err, &e) || e.Code != ldap.SigningRequired {
		t.Errorf("error %v, want %s", err, ldap.SigningRequired)
	}
	start := in.source(t, func(c *ldapsync.Config) { c.URLs = []string{"ldap://127.0.0.1"} })
	pull(t, start, connectors.Pass{Mode: connectors.PassFull, Limit: 1})
}

func (in *inside) signIn(t *testing.T) {
	s := in.source(t, func(c *ldapsync.Config) { c.SignIn = true })
	keys := pull(t, s, connectors.Pass{Mode: connectors.PassFull}).byLogin
	for _, login := range []string{"p0012", "p0012@klinik.test"} {
		if key, err := s.Authenticate(t.Context(), login, "Geheim-0012!"); err != nil || key != keys["p0012"].Change.Key {
			t.Errorf("%s: key %q, error %v", login, key, err)
		}
	}
	in.modify(t, "dn: "+dn(13)+"\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n\n"+
		"dn: "+dn(14)+"\nchangetype: modify\nreplace: accountExpires\naccountExpires: 133000000000000000\n")
	for _, w := range [][2]string{{"p0012", "Geheim-0013!"}, {"p0012", ""}, {"p0013", "Geheim-0013!"}, {"p0014", "Geheim-0014!"},
		{"p00*", "Geheim-0012!"}, {"zz)(|(sAMAccountName=p0012", "Geheim-0012!"}, {"zz@x)(|(sAMAccountName=p0012", "Geheim-0012!"}} {
		if key, err := s.Authenticate(t.Context(), w[0], w[1]); key != "" || hub.KindOf(err) != hub.Unauthenticated {
			t.Errorf("%s signs in as %q: %v", w[0], key, err)
		}
	}
}

func (in *inside) modify(t *testing.T, ldif string) {
	t.Helper()
	if err := in.samba.Modify(ldif); err != nil {
		t.Fatal(err)
	}
}

// changes renames, disables, moves away, deletes and adds; each run with people of its own.
func (in *inside) changes(t *testing.T, method string) {
	n := map[string]int{"usn": 100, "dirsync": 200}[method]
	s := in.source(t, func(c *ldapsync.Config) {
		c.Changes = method
		c.Groups = []ldapsync.GroupMap{{Group: "Outer"}}
	})
	before := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	key := func(i int) string { return before.byLogin[fmt.Sprintf("p%04d", n+i)].Change.Key }
	next := func(cursor []byte) people {
		return pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: cursor})
	}
	if idle := next(before.end.Cursor); idle.end.Full || len(idle.byLogin) != 0 {
		t.Fatalf("nothing has changed, and %d people came, full %v", len(idle.byLogin), idle.end.Full)
	}
	in.modify(t, fmt.Sprintf("dn: %s\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: neu-%s\n\n", dn(n+1), method)+
		fmt.Sprintf("dn: %s\nchangetype: modrdn\nnewrdn: CN=Neuer Name %s\ndeleteoldrdn: 1\n\n", dn(n+2), method)+
		fmt.Sprintf("dn: %s\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n\n", dn(n+3))+
		fmt.Sprintf("dn: %s\nchangetype: modrdn\nnewrdn: CN=Person %d\ndeleteoldrdn: 1\nnewsuperior: OU=Left,%s\n\n", dn(n+4), n+4, ldaptest.Domain)+
		fmt.Sprintf("dn: %s\nchangetype: delete\n\n", dn(1450+n/100))+
		fmt.Sprintf("dn: CN=Frisch %[1]s,OU=Staff,%[2]s\nchangetype: add\nobjectClass: user\nsAMAccountName: frisch-%[1]s\n\n", method, ldaptest.Domain))
	after := next(before.end.Cursor)
	if after.end.Full {
		t.Error("the pass read everybody")
	}
	if after.byLogin["neu-"+method].Change.Key != key(1) || after.byLogin[fmt.Sprintf("p%04d", n+2)].Change.Key != key(2) {
		t.Error("a new login or name made a new key")
	}
	want := []string{key(3), key(4), before.byLogin[fmt.Sprintf("p%04d", 1450+n/100)].Change.Key}
	for i, k := range want {
		if !slices.Contains(after.gone, k) {
			t.Errorf("case %d (disabled, moved away, deleted) was not heard of; gone are %v", i, after.gone)
		}
	}
	if again := next(after.end.Cursor); again.end.Full || len(again.byLogin)+len(again.gone) != 0 {
		t.Errorf("the same changes came twice: %d people, %d gone", len(again.byLogin), len(again.gone))
	}
}

// groups takes one person out of the innermost group, who is touched by nothing else.
func (in *inside) groups(t *testing.T, method string, n int) {
	s := in.source(t, func(c *ldapsync.Config) {
		c.Changes, c.Groups = method, []ldapsync.GroupMap{{Group: "Outer"}}
	})
	before := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	in.modify(t, fmt.Sprintf("dn: CN=Inner,OU=Staff,%s\nchangetype: modify\ndelete: member\nmember: %s\n\n", ldaptest.Domain, dn(n)))
	after := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: before.end.Cursor})
	in1, out := fmt.Sprintf("p%04d", n+1), fmt.Sprintf("p%04d", n)
	if !after.end.Full || len(after.byLogin[out].Change.Groups) != 0 || len(after.byLogin[in1].Change.Groups) != 1 {
		t.Errorf("full %v, %s in %v", after.end.Full, out, after.byLogin[out].Change.Groups)
	}
	if method == "usn" {
		in.modify(t, fmt.Sprintf("dn: CN=Inner,OU=Staff,%[1]s\nchangetype: modify\nadd: member\nmember: CN=Outer,OU=Staff,%[1]s\n\n", ldaptest.Domain))
	}
	circle := pull(t, s, connectors.Pass{Mode: connectors.PassFull})
	if !slices.Contains(circle.byLogin[in1].Notes, "group_cycle") || len(circle.byLogin[in1].Change.Groups) != 1 {
		t.Errorf("in a circle: notes %v, groups %v", circle.byLogin[in1].Notes, circle.byLogin[in1].Change.Groups)
	}
}

// byTime hears of a change and not of a deletion, which is why it is not the usual way.
func (in *inside) byTime(t *testing.T) {
	s := in.source(t, func(c *ldapsync.Config) { c.Changes = "timestamp" })
	cursor := pull(t, s, connectors.Pass{Mode: connectors.PassFull}).end.Cursor
	in.modify(t, "dn: "+dn(300)+"\nchangetype: modify\nreplace: mobile\nmobile: 0170 1\n")
	got := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: cursor})
	if got.end.Full || got.byLogin["p0300"].Change.Fields[directory.Mobile].Text != "0170 1" {
		t.Errorf("full %v, %d people", got.end.Full, len(got.byLogin))
	}
}

func (in *inside) otherController(t *testing.T) {
	s := in.source(t, func(c *ldapsync.Config) { c.Changes = "usn" })
	cursor := string(pull(t, s, connectors.Pass{Mode: connectors.PassFull}).end.Cursor)
	changed := map[string]string{
		"another controller": strings.Replace(cursor, "NTDS Settings", "NTDS Einstellungen", 1),
		"restored database":  strings.Replace(cursor, `"invocation":"`, `"invocation":"00`, 1),
		"rolled back":        strings.Replace(cursor, `"usn":`, `"usn":9`, 1),
	}
	for name, c := range changed {
		if c == cursor {
			t.Fatalf("%s: the cursor %s does not hold it", name, cursor)
		}
		if got := pull(t, s, connectors.Pass{Mode: connectors.PassChanges, Cursor: []byte(c)}); !got.end.Full {
			t.Errorf("%s: the pass was not over everybody", name)
		}
	}
}
