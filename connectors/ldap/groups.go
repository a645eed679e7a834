package ldapsync

import (
	"slices"
	"strings"

	"github.com/wardline/wardline/ldap"
)

// group is one group of the directory.
type group struct {
	key, dn, name string
	sid           string
	parents       []*group // groups it is a direct member of
	takes         []int    // entries of the configuration that name it
	closed        bool     // above and cyclic are known
	above         []*group // itself and all groups around it
	cyclic        bool     // some group around it contains itself
}

// groups is who is in which group. It is built once for a pass.
type groups struct {
	byDN     map[string]*group
	bySID    map[string]*group
	direct   map[string][]*group // by folded DN of the member
	byUID    map[string][]*group // by login, for memberUid
	relevant []string            // keys of groups that are named or lie within one that is
}

func newGroups() *groups {
	return &groups{byDN: map[string]*group{}, bySID: map[string]*group{}, direct: map[string][]*group{}, byUID: map[string][]*group{}}
}

// add takes one group as it was read. The same one read below two bases counts once.
func (g *groups) add(m *mapping, e ldap.Entry) {
	dn := ldap.FoldDN(e.DN)
	if g.byDN[dn] != nil {
		return
	}
	it := &group{key: m.keyOf(e), dn: dn, name: e.Get("cn"), takes: m.named(dn, e.Get("cn"))}
	g.byDN[dn] = it
	if sid, err := ldap.SID(e.Raw("objectSid")); err == nil {
		it.sid = sid
		g.bySID[sid] = it
	}
	for _, attribute := range m.groupMembers {
		for _, member := range e.All(attribute) {
			if strings.EqualFold(attribute, "memberUid") {
				g.byUID[strings.ToLower(member)] = append(g.byUID[strings.ToLower(member)], it)
				continue
			}
			member = ldap.FoldDN(member)
			g.direct[member] = append(g.direct[member], it)
		}
	}
}

// named returns which entries of the configuration mean a group.
func (m *mapping) named(dn, name string) []int {
	var out []int
	for i, t := range m.takes {
		if strings.EqualFold(t.Group, name) || strings.Contains(t.Group, "=") && ldap.FoldDN(t.Group) == dn {
			out = append(out, i)
		}
	}
	return out
}

// finish links groups with the groups around them, once all are known.
func (g *groups) finish() {
	for _, it := range g.byDN {
		it.parents = g.direct[it.dn]
	}
	for _, it := range g.byDN {
		it.close()
		if slices.ContainsFunc(it.above, func(a *group) bool { return len(a.takes) > 0 }) {
			g.relevant = append(g.relevant, it.key)
		}
	}
	slices.Sort(g.relevant)
}

// close finds all groups around one. Groups may contain each other in a circle; each is
// visited once, so that this ends.
func (it *group) close() {
	if it.closed {
		return
	}
	seen := map[*group]bool{it: true}
	it.above = []*group{it}
	for i := 0; i < len(it.above); i++ {
		for _, parent := range it.above[i].parents {
			it.cyclic = it.cyclic || parent == it
			if !seen[parent] {
				seen[parent] = true
				it.above = append(it.above, parent)
			}
		}
	}
	it.closed = true
}

// of returns all groups somebody is in, directly or not, in a stable order, and whether a
// circle was met.
func (g *groups) of(m *mapping, e ldap.Entry) (all []*group, cyclic bool) {
	direct := slices.Clone(g.direct[ldap.FoldDN(e.DN)])
	if login := e.Get(m.attributes["login"]); login != "" {
		direct = append(direct, g.byUID[strings.ToLower(login)]...)
	}
	if primary := g.bySID[primarySID(e)]; primary != nil {
		direct = append(direct, primary)
	}
	seen := map[*group]bool{}
	for _, d := range direct {
		for _, a := range d.above {
			if !seen[a] {
				seen[a] = true
				all = append(all, a)
				cyclic = cyclic || a.cyclic
			}
		}
	}
	slices.SortFunc(all, func(a, b *group) int { return strings.Compare(a.dn, b.dn) })
	return all, cyclic
}

// primarySID is the SID of the group Active Directory keeps apart from all others: its
// members are not in "member".
func primarySID(e ldap.Entry) string {
	sid, err := ldap.SID(e.Raw("objectSid"))
	id := e.Get("primaryGroupID")
	i := strings.LastIndexByte(sid, '-')
	if err != nil || id == "" || i < 0 {
		return ""
	}
	return sid[:i+1] + id
}
