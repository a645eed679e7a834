package ldapsync

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/wardline/wardline/ldap"
)

// placeUSN notes how far one domain controller is. Numbers of another one, or of the same
// one after its database was restored, mean nothing (MS-ADTS 3.1.1.1.9, 3.1.1.1.11).
func (s *session) placeUSN(ctx context.Context, c cursor) (cursor, error) {
	c.DC = s.root.Get("dsServiceName")
	usn, err := strconv.ParseInt(s.root.Get("highestCommittedUSN"), 10, 64)
	if err != nil || c.DC == "" {
		return c, &ldap.Error{Name: ldap.Unsupported}
	}
	c.USN = usn
	settings, ok, err := s.Read(ctx, c.DC, "invocationId")
	if err != nil && ldap.Name(err) != ldap.NoPermission {
		return c, err
	}
	if ok {
		c.Invocation = hex.EncodeToString(settings.Raw("invocationId"))
	}
	return c, nil
}

func (p *pass) changesUSN(ctx context.Context, from cursor, t *touched) (cursor, error) {
	next, err := p.place(ctx)
	if err != nil {
		return next, err
	}
	if next.DC != from.DC || next.Invocation != from.Invocation || next.USN < from.USN {
		t.missing = true
		return next, nil
	}
	condition := "(uSNChanged>=" + strconv.FormatInt(from.USN+1, 10) + ")"
	if err := p.touchGroups(ctx, from, condition, t); err != nil || t.groups {
		return next, err
	}
	for _, root := range p.roots() {
		if err := enough(p.touchPeople(ctx, root, condition, t)); err != nil {
			return next, err
		}
		if err := p.touchDeleted(ctx, root, condition, from, t); err != nil {
			return next, err
		}
	}
	return next, nil
}

// roots are the domains of all bases: whoever moves out of a base stays in its domain, and
// deleted objects are kept there.
func (s *session) roots() []string {
	var out []string
	for _, d := range s.source.config.Domains {
		if root := ldap.DomainOf(d.Base); !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, root) }) {
			out = append(out, root)
		}
	}
	return out
}

// touchDeleted notes deleted people and groups, which are found only by asking for them.
func (p *pass) touchDeleted(ctx context.Context, root, condition string, from cursor, t *touched) error {
	q := p.query(root, "(&(isDeleted=TRUE)"+condition+")", []string{"objectGUID", "objectClass"})
	q.Deleted = true
	return p.Search(ctx, q, func(e ldap.Entry) error {
		id, classes := p.m.identity(e), e.All("objectClass")
		switch {
		case slices.Contains(classes, "group"):
			t.groups = t.groups || len(p.m.takes) > 0 && from.matters(id)
		case slices.Contains(classes, "user") && !slices.Contains(classes, "computer") && id != "":
			t.people[id] = true
		}
		return nil
	})
}

// area is one question for changes with a cookie of its own.
type area struct {
	name   string
	query  ldap.Query
	groups bool
}

func (s *session) areas(dirsync bool) []area {
	var out []area
	add := func(name, base, filter string, attributes []string, groups bool) {
		if dirsync {
			base = ldap.DomainOf(base)
		}
		out = append(out, area{name, s.query(base, filter, attributes), groups})
	}
	for i, d := range s.source.config.Domains {
		n := strconv.Itoa(i)
		if len(s.m.takes) > 0 {
			base, filter := d.groups(s.m)
			add("groups "+n, base, filter, append([]string{s.m.native(), "cn", "isDeleted"}, s.m.groupMembers...), true)
		}
		filter := d.people(s.m)
		if dirsync {
			filter = s.m.anyPerson
		}
		add("people "+n, d.Base, filter, append(s.m.read(), s.m.native()), false)
	}
	return out
}

func (p *pass) touch(a area, from cursor, t *touched) func(ldap.Change) error {
	return func(c ldap.Change) error {
		switch {
		case !a.groups:
			t.people[c.UUID] = true
		case c.Deleted:
			t.groups = t.groups || from.matters(c.UUID)
		default:
			named := len(p.m.named(ldap.FoldDN(c.Entry.DN), c.Entry.Get("cn"))) > 0
			t.groups = t.groups || named || from.matters(c.UUID)
		}
		return nil
	}
}

// placeSync makes a cookie of what a provider calls the state of a whole database,
// contextCSN. Where it may not be read, time has to do.
func (s *session) placeSync(ctx context.Context, c cursor) (cursor, error) {
	c.Cookies = map[string][]byte{}
	for _, a := range s.areas(false) {
		e, _, err := s.Read(ctx, s.suffix(a.query.Base), "contextCSN")
		if err != nil {
			return c, err
		}
		csn := e.All("contextCSN")
		if len(csn) == 0 {
			if s.source.config.Changes == bySyncrepl {
				return c, &ldap.Error{Name: ldap.Unsupported}
			}
			return s.placeTime(cursor{Method: byTimestamp, Scope: c.Scope}), nil
		}
		c.Cookies[a.name] = []byte("rid=000,csn=" + strings.Join(csn, ";"))
	}
	return c, nil
}

// suffix is the database a base lies in.
func (s *session) suffix(base string) string {
	folded := ldap.FoldDN(base)
	for _, n := range s.root.All("namingContexts") {
		if f := ldap.FoldDN(n); f != "" && (folded == f || strings.HasSuffix(folded, ","+f)) {
			return n
		}
	}
	return base
}

func (p *pass) changesSync(ctx context.Context, from cursor, t *touched) (cursor, error) {
	next := cursor{Method: from.Method, Scope: from.Scope, Cookies: map[string][]byte{}}
	for _, a := range p.areas(false) {
		cookie, whole, err := p.Sync(ctx, a.query, from.Cookies[a.name], p.touch(a, from, t))
		if err != nil {
			return next, err
		}
		next.Cookies[a.name] = cookie
		if t.missing = t.missing || whole; t.everybody() {
			break
		}
	}
	return next, nil
}

// placeDirSync walks once through what there is, of which only the cookie is kept.
func (s *session) placeDirSync(ctx context.Context, c cursor) (cursor, error) {
	c.Cookies = map[string][]byte{}
	for _, a := range s.areas(true) {
		a.query.Attributes = []string{"objectGUID"}
		cookie, err := s.DirSync(ctx, a.query, nil, func(ldap.Change) error { return nil })
		if err != nil {
			return c, err
		}
		c.Cookies[a.name] = cookie
	}
	return c, nil
}

func (p *pass) changesDirSync(ctx context.Context, from cursor, t *touched) (cursor, error) {
	next := cursor{Method: from.Method, Scope: from.Scope, Cookies: map[string][]byte{}}
	for _, a := range p.areas(true) {
		a.query.Attributes = append(a.query.Attributes, "isDeleted", "name") // a move counts as a change of the name
		cookie, err := p.DirSync(ctx, a.query, from.Cookies[a.name], p.touch(a, from, t))
		if err != nil {
			return next, err
		}
		next.Cookies[a.name] = cookie
		if t.everybody() {
			break
		}
	}
	return next, nil
}
