package ldap

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// GUID returns the canonical text of an objectGUID. Its first three groups are stored with
// the low byte first (MS-DTYP 2.3.4.2), the rest as it is written.
func GUID(b []byte) (string, error) {
	if len(b) != 16 {
		return "", errors.New("ldap: a GUID has 16 bytes")
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]),
		binary.LittleEndian.Uint16(b[6:]), b[8:10], b[10:]), nil
}

// UUID returns the canonical text of the 16 bytes of an entryUUID as RFC 4533 sends them.
func UUID(b []byte) (string, error) {
	if len(b) != 16 {
		return "", errors.New("ldap: a UUID has 16 bytes")
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// GUIDFilter returns the condition that finds an entry by the canonical text of its
// objectGUID.
func GUIDFilter(guid string) (string, error) {
	b, err := ParseUUID(guid)
	if err != nil {
		return "", err
	}
	var f strings.Builder
	f.WriteString("(objectGUID=")
	for _, i := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		fmt.Fprintf(&f, `\%02x`, b[i])
	}
	return f.String() + ")", nil
}

// SID returns the text of an objectSid, "S-1-5-21-...-513" (MS-DTYP 2.4.2.2).
func SID(b []byte) (string, error) {
	if len(b) < 8 || len(b) != 8+4*int(b[1]) {
		return "", errors.New("ldap: not a SID")
	}
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	s := fmt.Sprintf("S-%d-%d", b[0], authority)
	for i := 8; i < len(b); i += 4 {
		s += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[i:])), 10)
	}
	return s, nil
}

// fileTimeEpoch is 1601-01-01 in Unix seconds.
const fileTimeEpoch = -11644473600

// FileTime reads a time of Active Directory: 100 ns since 1601. Zero and the largest number
// mean never, which is the zero time here.
func FileTime(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, errors.New("ldap: not a FILETIME")
	}
	if n == 0 || n == math.MaxInt64 {
		return time.Time{}, nil
	}
	return time.Unix(fileTimeEpoch+n/1e7, n%1e7*100).UTC(), nil
}

// GeneralizedTime reads 20261127125401Z, 20261127125401.5Z or 202611271254+0100 (RFC 4517
// section 3.3.13).
func GeneralizedTime(s string) (time.Time, error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	layout := map[int]string{10: "2006010215", 12: "200601021504", 14: "20060102150405"}[digits]
	if layout == "" {
		return time.Time{}, errors.New("ldap: not a generalizedTime")
	}
	rest, fraction := s[digits:], time.Duration(0)
	if strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, ",") {
		n := 1 + len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0123456789"))
		f, err := strconv.ParseFloat("0."+rest[1:n], 64)
		if err != nil {
			return time.Time{}, errors.New("ldap: not a generalizedTime")
		}
		unit := map[int]time.Duration{10: time.Hour, 12: time.Minute, 14: time.Second}[digits]
		fraction, rest = time.Duration(f*float64(unit)), rest[n:]
	}
	zone := map[int]string{1: "Z07", 3: "Z07", 5: "Z0700"}[len(rest)]
	if zone == "" || len(rest) == 1 && rest != "Z" {
		return time.Time{}, errors.New("ldap: not a generalizedTime")
	}
	t, err := time.Parse(layout+zone, s[:digits]+rest)
	if err != nil {
		return time.Time{}, errors.New("ldap: not a generalizedTime")
	}
	return t.Add(fraction).UTC(), nil
}

// Range splits the name of a ranged attribute, "member;range=0-1499" or "member;range=1500-*"
// (MS-ADTS 3.1.1.3.1.3.3). next is where the following part begins, 0 after the last one.
func Range(name string) (attribute string, next int, ranged bool) {
	base, option, found := strings.Cut(name, ";")
	low, high, dash := strings.Cut(strings.TrimPrefix(strings.ToLower(option), "range="), "-")
	if !found || base == "" || !dash || !strings.HasPrefix(strings.ToLower(option), "range=") {
		return name, 0, false
	}
	from, err := strconv.ParseUint(low, 10, 31)
	if err != nil {
		return name, 0, false
	}
	if high == "*" {
		return base, 0, true
	}
	to, err := strconv.ParseUint(high, 10, 31)
	if err != nil || to < from || to == math.MaxInt32 {
		return name, 0, false
	}
	return base, int(to) + 1, true
}

// Escape makes a text safe inside a filter (RFC 4515 section 3).
func Escape(s string) string { return goldap.EscapeFilter(s) }

// ValidFilter checks a filter without asking a server.
func ValidFilter(s string) error {
	if _, err := goldap.CompileFilter(s); err != nil {
		return &Error{Name: BadFilter}
	}
	return nil
}

// FoldDN returns a form in which the same name is the same text, however a server spells
// it: case, spaces around commas and escapes differ between a name and what refers to it. What
// is no name is only folded. Optional UIDs of uniqueMember ("...#'0101'B", RFC 4517 section
// 3.3.21) are cut off.
func FoldDN(s string) string {
	if i := strings.LastIndex(s, "#'"); i >= 0 && strings.HasSuffix(s, "'B") {
		s = s[:i]
	}
	s = strings.TrimSpace(s)
	if plainDN(s) {
		return strings.ToLower(s)
	}
	dn, err := goldap.ParseDN(s)
	if err != nil {
		return strings.ToLower(s)
	}
	var b strings.Builder
	for i, rdn := range dn.RDNs {
		for j, a := range rdn.Attributes {
			switch {
			case j > 0:
				b.WriteByte('+')
			case i > 0:
				b.WriteByte(',')
			}
			b.WriteString(strings.ToLower(a.Type) + "=" + folded.Replace(strings.ToLower(a.Value)))
		}
	}
	return b.String()
}

var folded = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `;`, `\;`, `"`, `\"`, `#`, `\#`)

// plainDN reports whether a name needs no parsing, as nearly all of the hundreds of thousands
// of members of groups.
func plainDN(s string) bool {
	if strings.ContainsAny(s, `\"+;#`) {
		return false
	}
	for i := range len(s) {
		if s[i] == ' ' && (s[i-1] == ',' || s[i-1] == '=' || s[i+1] == ',' || s[i+1] == '=') { // s is trimmed
			return false
		}
	}
	return true
}

// ValidDN checks the form of a distinguished name.
func ValidDN(s string) error {
	if _, err := goldap.ParseDN(s); err != nil || s == "" {
		return errors.New("ldap: not a distinguished name")
	}
	return nil
}

// DomainOf returns the part of a name that is a domain: "DC=klinik,DC=test".
func DomainOf(dn string) string {
	parsed, err := goldap.ParseDN(dn)
	if err != nil {
		return dn
	}
	for i, rdn := range parsed.RDNs {
		if len(rdn.Attributes) == 1 && strings.EqualFold(rdn.Attributes[0].Type, "DC") {
			return (&goldap.DN{RDNs: parsed.RDNs[i:]}).String()
		}
	}
	return dn
}

// ParseUUID reads the canonical text of a UUID in the order it is written.
func ParseUUID(s string) ([]byte, error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, errors.New("ldap: not a UUID")
	}
	return hex.DecodeString(strings.ReplaceAll(s, "-", ""))
}
