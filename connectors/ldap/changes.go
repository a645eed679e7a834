package ldapsync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/ldap"
)

// maxTouched is how many changed people are read one by one; more are a full pass.
const maxTouched = 5000

// overlap is how far back a question by time reaches: servers' clocks differ from ours, and an
// entry may become visible after its time.
const overlap = time.Hour

// controlSync is what a server lists that keeps track of changes by RFC 4533.
const controlSync = "1.3.6.1.4.1.4203.1.9.1.1"

// touched is what a directory says has changed.
type touched struct {
	people  map[string]bool // by objectGUID or entryUUID
	missing bool            // some may be gone without being named
	groups  bool            // a group that decides about somebody
}

func (t *touched) everybody() bool { return t.missing || t.groups || len(t.people) > maxTouched }

// method is how this server is asked for changes, "" for not at all.
func (s *session) method() string {
	switch c := s.source.config.Changes; {
	case c == "none":
		return ""
	case c != "auto":
		return c
	case s.m.name == "ad":
		return byUSN
	case slices.Contains(s.root.All("supportedControl"), controlSync):
		return bySyncrepl
	}
	return byTimestamp
}

// place returns where a directory is now, for the next pass to begin there.
func (s *session) place(ctx context.Context) (cursor, error) {
	c := cursor{Method: s.method(), Scope: s.scope()}
	switch c.Method {
	case byUSN:
		return s.placeUSN(ctx, c)
	case byDirSync:
		return s.placeDirSync(ctx, c)
	case bySyncrepl:
		return s.placeSync(ctx, c)
	case byTimestamp:
		return s.placeTime(c), nil
	}
	return c, nil
}

func (s *session) placeTime(c cursor) cursor {
	c.Stamp = s.source.env.Now().Add(-overlap).UTC().Format("20060102150405Z")
	return c
}

// scope digests every setting that decides who is found and what they become.
func (s *session) scope() string {
	c := s.source.config
	b, err := json.Marshal([]any{s.m.name, c.Domains, c.Key, c.Attributes, c.Unit, c.UnitKind, c.Groups, c.Photo})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// changes hands over those who have changed since a cursor. ok is false where everybody must
// be read instead; nothing has been handed over then.
func (p *pass) changes(ctx context.Context, from cursor) (next cursor, ok bool, err error) {
	fallback := from.Method == byTimestamp && p.source.config.Changes == "auto"
	if from.Method != p.method() && !fallback || from.Scope != p.scope() {
		return cursor{}, false, nil
	}
	t := &touched{people: map[string]bool{}}
	switch from.Method {
	case byUSN:
		next, err = p.changesUSN(ctx, from, t)
	case byDirSync:
		next, err = p.changesDirSync(ctx, from, t)
	case bySyncrepl:
		next, err = p.changesSync(ctx, from, t)
	case byTimestamp:
		next, err = p.changesTime(ctx, from, t)
	}
	if ldap.Name(err) == ldap.RefreshRequired {
		return cursor{}, false, p.again(ctx)
	}
	if err != nil || t.everybody() {
		return cursor{}, false, err
	}
	next.Groups, next.AllGroups = from.Groups, from.AllGroups
	ok, err = p.reread(ctx, t)
	return next, ok, err
}

// again replaces the connection: what was asked last is not known to have ended.
func (p *pass) again(ctx context.Context) error {
	c, err := p.source.connect(ctx)
	if err != nil {
		return err
	}
	p.Conn.Close()
	p.Conn = c
	return nil
}

// chunk is how many people are asked for by one filter.
const chunk = 50

// reread reads the people touched as they are now. Those who are found no longer, by the
// configured bases and filters, have left as far as this source is concerned.
func (p *pass) reread(ctx context.Context, t *touched) (ok bool, err error) {
	if len(t.people) == 0 {
		return true, nil
	}
	g, err := p.groups(ctx)
	if err != nil {
		return false, err
	}
	var found []ldap.Entry
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(t.people)), chunk) {
		for _, d := range p.source.config.Domains {
			filter := "(&" + d.people(p.m) + "(|" + p.m.identities(ids) + "))"
			err := p.Search(ctx, p.query(d.Base, filter, append(p.m.read(), p.m.native())), func(e ldap.Entry) error {
				delete(t.people, p.m.identity(e))
				found = append(found, e)
				return nil
			})
			if err != nil {
				return false, err
			}
		}
		if p.m.keyIsNative() {
			if err := p.giveAll(&found, g); err != nil {
				return false, err
			}
		}
	}
	if len(t.people) > 0 && !p.m.keyIsNative() {
		return false, nil // somebody has gone, and their key with them
	}
	if err := p.giveAll(&found, g); err != nil {
		return false, err
	}
	for _, id := range slices.Sorted(maps.Keys(t.people)) {
		if err := p.hand(leaver(id)); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (p *pass) giveAll(found *[]ldap.Entry, g *groups) error {
	for _, e := range *found {
		if err := p.give(e, g); err != nil {
			return err
		}
	}
	*found = nil
	return nil
}

// native is the attribute by which the directory itself names objects in changes.
func (m *mapping) native() string {
	if m.name == "ad" {
		return "objectGUID"
	}
	return "entryUUID"
}

func (m *mapping) keyIsNative() bool { return strings.EqualFold(m.key, m.native()) }

// identity is the directory's own identity of an entry, "" where it may not be read.
func (m *mapping) identity(e ldap.Entry) string {
	return (&mapping{dialect: dialect{key: m.native()}}).keyOf(e)
}

func (m *mapping) identities(ids []string) string {
	var b strings.Builder
	for _, id := range ids {
		if m.name != "ad" {
			b.WriteString("(entryUUID=" + ldap.Escape(id) + ")")
		} else if f, err := ldap.GUIDFilter(id); err == nil {
			b.WriteString(f)
		}
	}
	return b.String()
}

// touchPeople notes everybody who fits a condition, whether or not the configured filter
// finds them: who has just stopped to fit it must be heard of too.
func (p *pass) touchPeople(ctx context.Context, base, condition string, t *touched) error {
	filter := "(&" + p.m.anyPerson + condition + ")"
	return p.Search(ctx, p.query(base, filter, []string{p.m.native()}), func(e ldap.Entry) error {
		if id := p.m.identity(e); id != "" {
			t.people[id] = true
		}
		if len(t.people) > maxTouched {
			return errEnough
		}
		return nil
	})
}

// touchGroups notes whether a group that matters has changed. Whoever was taken out of one is
// not named anywhere, so that this makes a pass over everybody.
func (p *pass) touchGroups(ctx context.Context, from cursor, condition string, t *touched) error {
	if len(p.m.takes) == 0 {
		return nil
	}
	for _, d := range p.source.config.Domains {
		base, filter := d.groups(p.m)
		q := p.query(base, "(&"+filter+condition+")", []string{p.m.native(), "cn"})
		if err := p.Search(ctx, q, func(e ldap.Entry) error { p.touchGroup(from, e, t); return nil }); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) touchGroup(from cursor, e ldap.Entry, t *touched) {
	named := len(p.m.named(ldap.FoldDN(e.DN), e.Get("cn"))) > 0
	t.groups = t.groups || named || from.matters(p.m.identity(e))
}

// changesTime asks by the time of the last change. Deleted entries leave no trace there; the
// daily full pass finds them.
func (p *pass) changesTime(ctx context.Context, from cursor, t *touched) (cursor, error) {
	next, err := p.place(ctx)
	if err != nil {
		return next, err
	}
	attribute := "modifyTimestamp"
	stamp := from.Stamp
	if p.m.name == "ad" {
		attribute, stamp = "whenChanged", strings.TrimSuffix(stamp, "Z")+".0Z"
	}
	condition := "(" + attribute + ">=" + ldap.Escape(stamp) + ")"
	if err := p.touchGroups(ctx, from, condition, t); err != nil || t.groups {
		return next, err
	}
	for _, d := range p.source.config.Domains {
		if err := enough(p.touchPeople(ctx, d.Base, condition, t)); err != nil {
			return next, err
		}
	}
	return next, nil
}

// enough takes the end of a search that has found too many for what it is.
func enough(err error) error {
	if err == errEnough {
		return nil
	}
	return err
}
