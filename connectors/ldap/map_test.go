package ldapsync

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/ldap"
	"github.com/wardline/wardline/server/form"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// fileTime is a time as accountExpires holds it.
func fileTime(t time.Time) string {
	b, _ := json.Marshal((t.Unix() + 11644473600) * 1e7)
	return string(b)
}

func entry(dn string, values ...string) ldap.Entry {
	e := ldap.Entry{DN: dn, Values: map[string][][]byte{}}
	for i := 0; i+1 < len(values); i += 2 {
		name := strings.ToLower(values[i])
		e.Values[name] = append(e.Values[name], []byte(values[i+1]))
	}
	return e
}

const guid = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"

func sid(rid uint32) string {
	b := []byte{1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}
	return string(binary.LittleEndian.AppendUint32(b, rid))
}

const anna = "CN=Muster\\, Anna,OU=Staff,DC=klinik,DC=test"

// annaAD is a whole person of Active Directory.
func annaAD(more ...string) ldap.Entry {
	return entry(anna, append([]string{"objectGUID", guid, "sAMAccountName", "amuster", "givenName", "Anna", "sn", "Muster",
		"employeeID", "4711", "mail", "Anna.Muster@klinik.test", "telephoneNumber", "+49 30 1", "department", "Station 4B",
		"title", "Pflegefachfrau", "userAccountControl", "512", "accountExpires", "9223372036854775807",
		"primaryGroupID", "513", "objectSid", sid(1100)}, more...)...)
}

func annaOpen(more ...string) ldap.Entry {
	return entry("uid=amuster,ou=people,dc=klinik", append([]string{"entryUUID", "00112233-4455-6677-8899-AABBCCDDEEFF", "uid", "amuster",
		"givenName", "Anna", "sn", "Muster", "employeeNumber", "4711", "departmentNumber", "4B"}, more...)...)
}

// without takes an attribute away.
func without(e ldap.Entry, attribute string) ldap.Entry {
	delete(e.Values, strings.ToLower(attribute))
	return e
}

// TestMapping holds pairs of entries and what they come to. Run with UPDATE=1 to write them
// anew, and read the difference.
func TestMapping(t *testing.T) {
	t.Parallel()
	jpeg := "\xff\xd8\xff\xe0 a face"
	mapped := func(c *Config) {
		c.Groups = []GroupMap{
			{Group: "Station4B", UnitCode: "4B", UnitName: "Station 4B", Role: "Pflege", Room: true},
			{Group: "CN=Haus, OU=Groups, DC=klinik, DC=test", UnitCode: "H", UnitKind: directory.House},
			{Group: "Domain Users"},
		}
	}
	group := func(name string, rid uint32, members ...string) ldap.Entry {
		e := entry("CN="+name+",OU=Groups,DC=klinik,DC=test", "cn", name, "objectGUID", guid[:15]+string(rune(rid)), "objectSid", sid(rid))
		for _, m := range members {
			e.Values["member"] = append(e.Values["member"], []byte(m))
		}
		return e
	}
	circle := []ldap.Entry{
		group("Station4B", 1, strings.ToUpper(anna), "CN=Haus,OU=Groups,DC=klinik,DC=test"),
		group("Haus", 2, "cn=station4b,ou=groups,dc=klinik,dc=test"),
		group("Domain Users", 513), group("Other", 3, anna),
	}
	tests := map[string]struct {
		dialect dialect
		change  func(*Config)
		groups  []ldap.Entry
		entry   ldap.Entry
	}{
		"ad":                       {activeDirectory(), nil, nil, annaAD()},
		"ad-bare":                  {activeDirectory(), nil, nil, entry(anna, "objectGUID", guid)},
		"ad-no-key":                {activeDirectory(), nil, nil, without(annaAD(), "objectGUID")},
		"ad-short-key":             {activeDirectory(), nil, nil, entry(anna, "objectGUID", "short")},
		"ad-key-configured":        {activeDirectory(), func(c *Config) { c.Key = "employeeID" }, nil, annaAD()},
		"ad-disabled":              {activeDirectory(), nil, nil, entry(anna, "objectGUID", guid, "userAccountControl", "514")},
		"ad-expired":               {activeDirectory(), nil, nil, entry(anna, "objectGUID", guid, "accountExpires", fileTime(now))},
		"ad-expires-later":         {activeDirectory(), nil, nil, entry(anna, "objectGUID", guid, "accountExpires", fileTime(now.Add(time.Hour)))},
		"ad-expires-nonsense":      {activeDirectory(), nil, nil, entry(anna, "objectGUID", guid, "accountExpires", "soon")},
		"ad-locked-out":            {activeDirectory(), nil, nil, annaAD("lockoutTime", fileTime(now))},
		"ad-groups-in-a-circle":    {activeDirectory(), mapped, circle, annaAD()},
		"ad-in-no-group":           {activeDirectory(), mapped, circle[1:2], annaAD()},
		"ad-unit":                  {activeDirectory(), func(c *Config) { c.Unit, c.UnitKind = "department", directory.Clinic }, nil, annaAD()},
		"ad-unit-and-groups":       {activeDirectory(), func(c *Config) { c.Unit = "department"; mapped(c) }, circle, annaAD()},
		"ad-unit-too-long":         {activeDirectory(), func(c *Config) { c.Unit = "department" }, nil, entry(anna, "objectGUID", guid, "department", strings.Repeat("x", 65))},
		"ad-unit-missing":          {activeDirectory(), func(c *Config) { c.Unit = "department" }, nil, entry(anna, "objectGUID", guid)},
		"ad-photo":                 {activeDirectory(), func(c *Config) { c.Photo = true }, nil, annaAD("thumbnailPhoto", jpeg)},
		"ad-photo-none":            {activeDirectory(), func(c *Config) { c.Photo = true }, nil, annaAD()},
		"ad-photo-too-large":       {activeDirectory(), func(c *Config) { c.Photo = true }, nil, annaAD("thumbnailPhoto", jpeg+strings.Repeat("x", maxPhoto))},
		"ad-photo-no-jpeg":         {activeDirectory(), func(c *Config) { c.Photo = true }, nil, annaAD("thumbnailPhoto", "GIF89a")},
		"ad-photo-not-taken":       {activeDirectory(), nil, nil, annaAD("thumbnailPhoto", jpeg)},
		"ad-attributes-configured": {activeDirectory(), func(c *Config) { c.Attributes = []AttributeMap{{directory.Extension, "ipPhone"}, {directory.Mail, ""}} }, nil, annaAD("ipPhone", " 4711 ")},
		"ad-deleted":               {activeDirectory(), nil, nil, annaAD("isDeleted", "TRUE")},
		"openldap":                 {openLDAP(), nil, nil, annaOpen()},
		"openldap-locked":          {openLDAP(), nil, nil, annaOpen("pwdAccountLockedTime", "000001010000Z")},
		"openldap-locked-out":      {openLDAP(), nil, nil, annaOpen("pwdAccountLockedTime", "20261127115900Z")},
		"openldap-nsaccountlock":   {openLDAP(), nil, nil, annaOpen("nsAccountLock", "true")},
		"openldap-dates": {openLDAP(), func(c *Config) {
			c.Attributes = []AttributeMap{{directory.ActiveUntil, "endOfContract"}, {directory.ActiveFrom, "startOfContract"}}
		}, nil, annaOpen("endOfContract", "20261231", "startOfContract", "20260101000000Z")},
		"openldap-dates-past": {openLDAP(), func(c *Config) { c.Attributes = []AttributeMap{{directory.ActiveUntil, "endOfContract"}} }, nil, annaOpen("endOfContract", "2026-11-26")},
		"openldap-memberuid": {openLDAP(), func(c *Config) { c.Groups = []GroupMap{{Group: "posix"}, {Group: "unique"}} }, []ldap.Entry{
			entry("cn=posix,dc=klinik", "cn", "posix", "entryUUID", "00112233-4455-6677-8899-000000000001", "memberUid", "AMuster"),
			entry("cn=unique,dc=klinik", "cn", "unique", "entryUUID", "00112233-4455-6677-8899-000000000002", "uniqueMember", "uid=amuster, ou=people, dc=klinik#'01'B"),
		}, annaOpen()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Kind().Config().(*Config)
			if tt.change != nil {
				tt.change(c)
			}
			m := c.mapping(tt.dialect)
			g := newGroups()
			for _, e := range tt.groups {
				g.add(m, e)
			}
			g.finish()
			golden(t, "testdata/"+name+".json", shown(m.person(tt.entry, g, now)))
		})
	}
}

// pair is a record with what its JSON leaves out: whether something empty was said or nothing.
type pair struct {
	connectors.Pulled
	Says []string
}

func shown(p connectors.Pulled) pair {
	out := pair{Pulled: p}
	for name, said := range map[string]bool{"groups": p.Change.Groups != nil, "photo": p.Change.Photo != nil, "units": p.Change.Units != nil} {
		if said {
			out.Says = append(out.Says, name)
		}
	}
	slices.Sort(out.Says)
	return out
}

func golden(t *testing.T, path string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if os.Getenv("UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/ldap.schema.json", form.ConfigSchema(Kind()))
	f := form.New(Kind())
	if d := cmp.Diff([]string{"bind_password"}, f.Secrets()); d != "" {
		t.Errorf("secrets (-want +got):\n%s", d)
	}
}

// TestAsksForLittle: nothing is fetched that is not used, and the photo only where wanted.
func TestAsksForLittle(t *testing.T) {
	t.Parallel()
	c := Kind().Config().(*Config)
	asked := strings.Join(c.mapping(activeDirectory()).read(), " ")
	for _, never := range []string{"*", "thumbnailPhoto", "memberOf", "homePhone", "userPassword"} {
		if strings.Contains(" "+asked+" ", " "+never+" ") {
			t.Errorf("%s is asked for: %s", never, asked)
		}
	}
	c.Photo, c.Unit = true, "ou"
	if asked := strings.Join(c.mapping(activeDirectory()).read(), " "); !strings.Contains(asked, "thumbnailPhoto") || !strings.Contains(asked, "ou") {
		t.Errorf("asked for %s", asked)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := func() *Config {
		c := Kind().Config().(*Config)
		c.URLs, c.BindDN, c.Domains = []string{"ldaps://dc1"}, "x@y", []Domain{{Base: "DC=x"}}
		return c
	}
	if _, err := Kind().New(good(), connectors.Env{}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(*Config){
		"urls: none":              func(c *Config) { c.URLs = nil },
		"urls: http":              func(c *Config) { c.URLs = []string{"http://dc1"} },
		"fingerprint":             func(c *Config) { c.Fingerprint = "00:11" },
		"bind_dn":                 func(c *Config) { c.BindDN = "" },
		"domains: none":           func(c *Config) { c.Domains = nil },
		"domains: base":           func(c *Config) { c.Domains[0].Base = "klinik.test" },
		"domains: no base":        func(c *Config) { c.Domains[0].Base = "" },
		"domains: group base":     func(c *Config) { c.Domains[0].GroupBase = "x" },
		"domains: filter":         func(c *Config) { c.Domains[0].Filter = "(a=b" },
		"domains: group filter":   func(c *Config) { c.Domains[0].GroupFilter = "(|" },
		"attributes: field":       func(c *Config) { c.Attributes = []AttributeMap{{"birth_date", "x"}} },
		"attributes: injection":   func(c *Config) { c.Attributes = []AttributeMap{{directory.Login, "uid=*)(x"}} },
		"key: injection":          func(c *Config) { c.Key = "uid)(x" },
		"unit: injection":         func(c *Config) { c.Unit = "a b" },
		"groups: empty":           func(c *Config) { c.Groups = []GroupMap{{Group: " "}} },
		"groups: role, no unit":   func(c *Config) { c.Groups = []GroupMap{{Group: "x", Role: "y"}} },
		"groups: the same again":  func(c *Config) { c.Groups = []GroupMap{{Group: "x"}, {Group: "X"}} },
		"groups: the same again ": func(c *Config) { c.Groups = []GroupMap{{Group: "CN=x,DC=y"}, {Group: "cn=X, dc=y"}} },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good()
			change(c)
			field, _, _ := strings.Cut(name, ":")
			if _, err := Kind().New(c, connectors.Env{}); err == nil || !strings.Contains(err.Error(), "at "+field) {
				t.Errorf("error %v, want one at %s", err, field)
			}
		})
	}
}

func TestCursorStaysSmall(t *testing.T) {
	t.Parallel()
	c := cursor{Method: byUSN}
	g := newGroups()
	for i := range 5000 {
		g.relevant = append(g.relevant, "00112233-4455-6677-8899-"+strings.Repeat("0", 8)+string("0123456789abcdef"[i%16])+"000")
	}
	c.remember(g)
	if b := c.bytes(); len(b) == 0 || len(b) > maxCursor || !readCursor(b).AllGroups {
		t.Errorf("%d bytes", len(b))
	}
	if c.Cookies = map[string][]byte{"x": make([]byte, 70<<10)}; c.bytes() != nil {
		t.Error("a cursor that is too large was kept")
	}
}

func FuzzReadCursor(f *testing.F) {
	f.Add([]byte(`{"method":"usn","usn":4711}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if out := readCursor(b).bytes(); len(out) > maxCursor {
			t.Fatalf("%d bytes", len(out))
		}
	})
}
