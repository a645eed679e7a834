package ldapsync

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/ldap"
)

// maxPhoto is the largest photo of a directory.Change.
const maxPhoto = 100 << 10

// person maps one entry. An attribute that is asked for and absent clears its field: a whole
// entry was read, so absent means that the directory has none.
func (m *mapping) person(e ldap.Entry, g *groups, now time.Time) connectors.Pulled {
	p := connectors.Pulled{Record: e.DN}
	c := &p.Change
	if c.Key = m.keyOf(e); c.Key == "" {
		p.Fault = fault("missing_key", m.key, "the entry has no usable key; perhaps the account may not read the attribute")
		return p
	}
	text, until, fault := m.until(e)
	if fault != nil {
		p.Fault = fault
		return p
	}
	if m.disabled(e) || !until.IsZero() && !now.Before(until) {
		c.Op = directory.OpDeactivate
		return p
	}
	c.Op = directory.OpPut
	m.fields(c, e, text)
	m.memberships(&p, e, g)
	if m.takePic {
		m.picture(&p, e)
	}
	return p
}

func (m *mapping) fields(c *directory.Change, e ldap.Entry, until string) {
	c.Fields = map[directory.Field]directory.Value{}
	for f, attribute := range m.attributes {
		c.Fields[f] = value(strings.TrimSpace(e.Get(attribute)))
	}
	if from := m.attributes[directory.ActiveFrom]; from != "" {
		c.Fields[directory.ActiveFrom] = value(date(e.Get(from)))
	}
	if m.attributes[directory.ActiveUntil] != "" {
		c.Fields[directory.ActiveUntil] = value(until)
	}
}

func value(s string) directory.Value { return directory.Value{Text: s, Null: s == ""} }

// date makes a generalizedTime one the directory reads; other forms are left to it.
func date(s string) string {
	if t, err := ldap.GeneralizedTime(s); err == nil {
		return t.Format(time.RFC3339)
	}
	return s
}

// until is when somebody's account ends: as the directory of people reads it, and as a time
// where it is one. A mere day ends in the clinic's time zone, which is not known here.
func (m *mapping) until(e ldap.Entry) (text string, at time.Time, f *connectors.Fault) {
	attribute := m.attributes[directory.ActiveUntil]
	text = e.Get(attribute)
	if attribute == "" || text == "" {
		return "", time.Time{}, nil
	}
	if strings.EqualFold(attribute, "accountExpires") {
		at, err := ldap.FileTime(text)
		if err != nil {
			return "", at, fault("bad_date", attribute, "the time is not a FILETIME")
		}
		if at.IsZero() {
			return "", at, nil
		}
		return at.Format(time.RFC3339), at, nil
	}
	for _, read := range []func(string) (time.Time, error){ldap.GeneralizedTime, rfc3339} {
		if at, err := read(text); err == nil {
			return at.UTC().Format(time.RFC3339), at, nil
		}
	}
	for _, day := range []string{time.DateOnly, "20060102"} {
		if _, err := time.Parse(day, text); err == nil {
			return text, time.Time{}, nil
		}
	}
	return "", time.Time{}, fault("bad_date", attribute, "the time has none of the known forms")
}

func rfc3339(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) }

// disabledBit is ADS_UF_ACCOUNTDISABLE of userAccountControl.
const disabledBit = 2

// lockedForever is pwdAccountLockedTime where an administrator has locked the account. Any
// other time is a lockout after wrong passwords, which passes, and which anybody could cause:
// nobody may take a nurse off the alarms by mistyping her password.
const lockedForever = "000001010000Z"

// disabled reports whether the directory says that somebody may not work.
func (m *mapping) disabled(e ldap.Entry) bool {
	control, _ := strconv.ParseInt(e.Get("userAccountControl"), 10, 64)
	return control&disabledBit != 0 || strings.EqualFold(e.Get("nsAccountLock"), "TRUE") ||
		e.Get("pwdAccountLockedTime") == lockedForever || strings.EqualFold(e.Get("isDeleted"), "TRUE")
}

// memberships states units and groups. What the configuration does not ask for is not
// mentioned, so that it stays with whoever does state it.
func (m *mapping) memberships(p *connectors.Pulled, e ldap.Entry, g *groups) {
	c := &p.Change
	if m.unit != "" {
		c.Units = []directory.UnitRef{}
		if code := strings.TrimSpace(e.Get(m.unit)); len(code) > 64 {
			p.Notes = append(p.Notes, "unit_code_too_long")
		} else if code != "" {
			c.Units = append(c.Units, directory.UnitRef{Code: code, Name: code, Kind: m.unitKind, Primary: true})
		}
	}
	if len(m.takes) == 0 {
		return
	}
	if c.Units == nil && m.groupsNameUnits() {
		c.Units = []directory.UnitRef{}
	}
	c.Groups = []directory.GroupRef{}
	all, cyclic := g.of(m, e)
	if cyclic {
		p.Notes = append(p.Notes, "group_cycle")
	}
	for _, it := range all {
		for _, i := range it.takes {
			m.takes[i].state(c, it)
		}
	}
}

func (m *mapping) groupsNameUnits() bool {
	for _, t := range m.takes {
		if t.UnitCode != "" {
			return true
		}
	}
	return false
}

// state adds what being in a group means.
func (t GroupMap) state(c *directory.Change, it *group) {
	if t.UnitCode != "" {
		kind := t.UnitKind
		if kind == "" {
			kind = directory.Ward
		}
		u := directory.UnitRef{Code: t.UnitCode, Name: t.UnitName, Kind: kind}
		if !hasUnit(c.Units, u.Code) {
			c.Units = append(c.Units, u)
		}
	}
	ref := directory.GroupRef{Code: it.key, Name: it.name, Room: t.Room}
	if ref.Code == "" {
		ref.Code = it.dn
	}
	if t.Role != "" {
		ref.Role = t.UnitCode + "/" + t.Role
	}
	if len(ref.Code) <= 255 {
		c.Groups = append(c.Groups, ref)
	}
}

func hasUnit(units []directory.UnitRef, code string) bool {
	for _, u := range units {
		if u.Code == code {
			return true
		}
	}
	return false
}

// picture states the photo. One that cannot be used leaves what there is.
func (m *mapping) picture(p *connectors.Pulled, e ldap.Entry) {
	p.Change.Photo = []byte{}
	for _, attribute := range m.photo {
		photo := e.Raw(attribute)
		switch {
		case len(photo) == 0:
			continue
		case len(photo) > maxPhoto:
			p.Change.Photo, p.Notes = nil, append(p.Notes, "photo_too_large")
		case !bytes.HasPrefix(photo, []byte{0xff, 0xd8, 0xff}):
			p.Change.Photo, p.Notes = nil, append(p.Notes, "photo_no_jpeg")
		default:
			p.Change.Photo = photo
		}
		return
	}
}

// leaver is somebody of whom only the key is left.
func leaver(key string) connectors.Pulled {
	return connectors.Pulled{Record: key, Change: directory.Change{Op: directory.OpDeactivate, Key: key}}
}

func fault(name, where, reason string) *connectors.Fault {
	return &connectors.Fault{Name: name, Where: where, Reason: reason}
}
