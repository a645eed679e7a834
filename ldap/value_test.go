package ldap_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/wardline/wardline/ldap"
)

func TestGUID(t *testing.T) {
	t.Parallel()
	b, _ := hex.DecodeString("33221100554477668899aabbccddeeff")
	guid, err := ldap.GUID(b)
	if err != nil || guid != "00112233-4455-6677-8899-aabbccddeeff" {
		t.Errorf("%s, %v", guid, err)
	}
	filter, err := ldap.GUIDFilter(guid)
	if err != nil || filter != `(objectGUID=\33\22\11\00\55\44\77\66\88\99\aa\bb\cc\dd\ee\ff)` {
		t.Errorf("%s, %v", filter, err)
	}
	uuid, err := ldap.UUID(b)
	if err != nil || uuid != "33221100-5544-7766-8899-aabbccddeeff" {
		t.Errorf("%s, %v", uuid, err)
	}
	for _, bad := range []string{"", "x", guid[1:], strings.Replace(guid, "0", "g", 1), "00112233x4455-6677-8899-aabbccddeeff"} {
		if _, err := ldap.GUIDFilter(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestSID(t *testing.T) {
	t.Parallel()
	b, _ := hex.DecodeString("010500000000000515000000" + "0100000002000000ffffffff01020000")
	if sid, err := ldap.SID(b); err != nil || sid != "S-1-5-21-1-2-4294967295-513" {
		t.Errorf("%s, %v", sid, err)
	}
	for _, n := range []int{0, 7, 8, len(b) - 1} {
		if _, err := ldap.SID(b[:n]); err == nil {
			t.Errorf("%d bytes were taken", n)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 12, 54, 1, 0, time.UTC)
	tests := map[string]struct {
		read func(string) (time.Time, error)
		in   string
		want time.Time
		bad  bool
	}{
		"file time":          {ldap.FileTime, "134402576410000000", at, false},
		"never, zero":        {ldap.FileTime, "0", time.Time{}, false},
		"never, largest":     {ldap.FileTime, "9223372036854775807", time.Time{}, false},
		"negative":           {ldap.FileTime, "-1", time.Time{}, true},
		"no number":          {ldap.FileTime, "1e9", time.Time{}, true},
		"seconds":            {ldap.GeneralizedTime, "20261127125401Z", at, false},
		"fraction":           {ldap.GeneralizedTime, "20261127125401.5Z", at.Add(time.Second / 2), false},
		"of Windows":         {ldap.GeneralizedTime, "20261127125401.0Z", at, false},
		"comma":              {ldap.GeneralizedTime, "20261127125401,25Z", at.Add(time.Second / 4), false},
		"fraction of hours":  {ldap.GeneralizedTime, "2026112712.5Z", at.Truncate(time.Hour).Add(30 * time.Minute), false},
		"minutes":            {ldap.GeneralizedTime, "202611271354+0100", at.Truncate(time.Minute), false},
		"zone without min":   {ldap.GeneralizedTime, "20261127115401-01", at, false},
		"no zone":            {ldap.GeneralizedTime, "20261127125401", time.Time{}, true},
		"no such month":      {ldap.GeneralizedTime, "20261327125401Z", time.Time{}, true},
		"fraction of nought": {ldap.GeneralizedTime, "20261127125401.Z", at, false},
		"letters":            {ldap.GeneralizedTime, "morgen", time.Time{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.read(tt.in)
			if (err != nil) != tt.bad || !got.Equal(tt.want) {
				t.Errorf("%s: %v, %v, want %v", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attribute string
		next      int
		ranged    bool
	}{
		"member;range=0-1499":    {"member", 1500, true},
		"member;Range=1500-*":    {"member", 0, true},
		"member":                 {"member", 0, false},
		"cn;lang-de":             {"cn;lang-de", 0, false},
		"member;range=5-4":       {"member;range=5-4", 0, false},
		"member;range=x-4":       {"member;range=x-4", 0, false},
		"member;range=0-9999999": {"member", 10000000, true},
		"member;range=0-":        {"member;range=0-", 0, false},
		";range=0-*":             {";range=0-*", 0, false},
	}
	for in, want := range tests {
		if a, next, ranged := ldap.Range(in); a != want.attribute || next != want.next || ranged != want.ranged {
			t.Errorf("%s: %s %d %v", in, a, next, ranged)
		}
	}
}

func TestFoldDN(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{"CN=A,DC=x", "cn=a,dc=x", "CN=A, DC=x", "cn = a , dc=X", "CN=A,DC=x#'0101'B"},
		{`CN=M\C3\BCller,DC=x`, "cn=müller,dc=x", "CN=Müller,DC=X"},
		{`CN=a\, b,DC=x`, `cn=A\2c b,dc=x`},
	}
	seen := map[string]int{}
	for i, names := range same {
		for _, n := range names {
			if got := ldap.FoldDN(n); got != ldap.FoldDN(names[0]) {
				t.Errorf("%q became %q, %q %q", n, got, names[0], ldap.FoldDN(names[0]))
			}
		}
		if j, taken := seen[ldap.FoldDN(names[0])]; taken {
			t.Errorf("%q and %q are not the same", names[0], same[j][0])
		}
		seen[ldap.FoldDN(names[0])] = i
	}
	if got := ldap.DomainOf(`OU=a\,DC=b,DC=klinik,DC=test`); !strings.EqualFold(got, "DC=klinik,DC=test") {
		t.Errorf("domain %s", got)
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"ldap://a": "a:389", "ldaps://a": "a:636", "ldaps://a:7/": "a:7", "ldap://[::1]": "[::1]:389"} {
		if u, err := ldap.ParseURL(in); err != nil || u.Host != want {
			t.Errorf("%s: %v, %v", in, u, err)
		}
	}
	for _, bad := range []string{"", "a", "http://a", "ldap://", "ldap://u:p@a", "ldap://a/dc=x", "ldap://a?x", "ldapi://%2ftmp"} {
		if u, err := ldap.ParseURL(bad); err == nil {
			t.Errorf("%s was taken as %v", bad, u)
		}
	}
}

func FuzzGUID(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		guid, err := ldap.GUID(b)
		if (err == nil) != (len(b) == 16) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err != nil {
			return
		}
		if _, err := ldap.GUIDFilter(guid); err != nil {
			t.Fatalf("%s: %v", guid, err)
		}
	})
}

func FuzzSID(f *testing.F) {
	f.Add([]byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if sid, err := ldap.SID(b); err == nil && !strings.HasPrefix(sid, "S-") {
			t.Fatalf("%q", sid)
		}
	})
}

func FuzzFileTime(f *testing.F) {
	f.Add("134402576410000000")
	f.Fuzz(func(t *testing.T, s string) {
		if at, err := ldap.FileTime(s); err == nil && !at.IsZero() && at.Year() < 1601 {
			t.Fatalf("%s: %v", s, at)
		}
	})
}

func FuzzGeneralizedTime(f *testing.F) {
	for _, s := range []string{"20261127125401.5Z", "2026112712,5+0100", "20261127125401-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ldap.GeneralizedTime(s)
		if err != nil {
			return
		}
		if again, err := ldap.GeneralizedTime(at.Format("20060102150405Z")); at.Year() >= 0 && at.Year() < 10000 && (err != nil || !again.Equal(at.Truncate(time.Second))) {
			t.Fatalf("%s: %v, again %v, %v", s, at, again, err)
		}
	})
}

func FuzzRange(f *testing.F) {
	f.Add("member;range=0-1499")
	f.Fuzz(func(t *testing.T, s string) {
		a, next, ranged := ldap.Range(s)
		if !ranged && (a != s || next != 0) || ranged && (next < 0 || strings.Contains(a, ";")) {
			t.Fatalf("%q: %q %d %v", s, a, next, ranged)
		}
	})
}

// FuzzFoldDN: two people never become one, and nothing panics.
func FuzzFoldDN(f *testing.F) {
	f.Add("a, b", "A, B")
	f.Add("a,DC=x", "a")
	f.Add("#04024869", "Müller")
	f.Add("a ", `a\20`)
	f.Fuzz(func(t *testing.T, a, b string) {
		ldap.FoldDN(a)
		ldap.DomainOf(b)
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		one, two := "CN="+goldap.EscapeDN(a)+",DC=x", "cn="+goldap.EscapeDN(b)+",dc=x"
		if ldap.ValidDN(one) != nil || ldap.ValidDN(two) != nil {
			return
		}
		same := strings.ToLower(a) == strings.ToLower(b)
		if got := ldap.FoldDN(one) == ldap.FoldDN(two); got != same && strings.TrimSpace(a) == a && strings.TrimSpace(b) == b {
			t.Fatalf("%q and %q: %q %q", a, b, ldap.FoldDN(one), ldap.FoldDN(two))
		}
	})
}

// FuzzEscape: whatever is typed stays one value of one condition.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"*", ")(uid=*", "a\x00b", `\2a`, "Müller", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := ldap.Escape(s)
		if strings.ContainsAny(escaped, "()*\x00") {
			t.Fatalf("%q became %q", s, escaped)
		}
		if err := ldap.ValidFilter("(uid=" + escaped + ")"); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
	})
}
