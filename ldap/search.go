package ldap

import (
	"context"
	"fmt"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// Entry is what a server returned of one object. Names of attributes are in lower case.
type Entry struct {
	DN     string
	Values map[string][][]byte
}

// Get returns the first value of an attribute, "" where there is none.
func (e Entry) Get(attribute string) string { return string(e.Raw(attribute)) }

// Raw returns the first value of an attribute as it came, nil where there is none.
func (e Entry) Raw(attribute string) []byte {
	if v := e.Values[strings.ToLower(attribute)]; len(v) > 0 {
		return v[0]
	}
	return nil
}

// All returns all values of an attribute.
func (e Entry) All(attribute string) []string {
	values := e.Values[strings.ToLower(attribute)]
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// Scope is how far below its base a search reaches.
type Scope int

// The scopes of RFC 4511 section 4.5.1.2 that are used.
const (
	Object  Scope = goldap.ScopeBaseObject
	Subtree Scope = goldap.ScopeWholeSubtree
)

// Query is one search.
type Query struct {
	Base       string
	Scope      Scope
	Filter     string
	Attributes []string
	Page       int  // entries asked for at once; 0: 500
	Deleted    bool // with what Active Directory keeps of deleted objects (control .417)
}

// Search hands each entry to take, page by page: no more than one page is ever held. Ranged
// attributes are completed before. A nil error means that the server itself said after the
// last page that this was all. take's error ends the search and is returned as it is.
func (c *Conn) Search(ctx context.Context, q Query, take func(Entry) error) error {
	paging := goldap.NewControlPaging(uint32(max(q.Page, 1)))
	if q.Page == 0 {
		paging.PagingSize = 500
	}
	for {
		entries, controls, err := c.page(ctx, q, paging)
		if err != nil {
			return err
		}
		for _, e := range entries {
			entry, err := c.entry(ctx, e)
			if err != nil {
				return err
			}
			if err := take(entry); err != nil {
				return err
			}
		}
		next, paged := goldap.FindControl(controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
		if !paged || len(next.Cookie) == 0 {
			return nil
		}
		paging.SetCookie(next.Cookie)
	}
}

// page asks once. Objects above which nothing lies are read without paging: some servers
// refuse it there.
func (c *Conn) page(ctx context.Context, q Query, paging *goldap.ControlPaging) ([]*goldap.Entry, []goldap.Control, error) {
	req := q.request()
	if q.Scope != Object {
		req.Controls = append(req.Controls, paging)
	}
	defer c.begin(ctx)()
	res, err := c.ldap.Search(req)
	if err != nil {
		return nil, nil, wrap(ctx, err)
	}
	return res.Entries, res.Controls, nil
}

func (q Query) request() *goldap.SearchRequest {
	req := goldap.NewSearchRequest(q.Base, int(q.Scope), goldap.NeverDerefAliases, 0, 0, false, q.Filter, q.Attributes, nil)
	if q.Deleted {
		req.Controls = append(req.Controls, goldap.NewControlString(goldap.ControlTypeMicrosoftShowDeleted, true, ""))
	}
	return req
}

// Read returns one object by its name; ok is false where there is none.
func (c *Conn) Read(ctx context.Context, dn string, attributes ...string) (e Entry, ok bool, err error) {
	err = c.Search(ctx, Query{Base: dn, Scope: Object, Filter: "(objectClass=*)", Attributes: attributes}, func(found Entry) error {
		e, ok = found, true
		return nil
	})
	if Name(err) == NoSuchBase {
		return Entry{}, false, nil
	}
	return e, ok, err
}

// Root reads what a server says of itself.
func (c *Conn) Root(ctx context.Context) (Entry, error) {
	e, ok, err := c.Read(ctx, "", "+", "*", "defaultNamingContext", "dsServiceName", "highestCommittedUSN", "supportedControl",
		"supportedCapabilities", "supportedExtension", "namingContexts", "isGlobalCatalogReady")
	if err == nil && !ok {
		err = &Error{Name: NoPermission}
	}
	return e, err
}

// entry flattens an entry and fetches the rest of its ranged attributes.
func (c *Conn) entry(ctx context.Context, in *goldap.Entry) (Entry, error) {
	e := Entry{DN: in.DN, Values: make(map[string][][]byte, len(in.Attributes))}
	for _, a := range in.Attributes {
		name, next, ranged := Range(a.Name)
		name = strings.ToLower(name)
		e.Values[name] = append(e.Values[name], a.ByteValues...)
		for ranged && next > 0 {
			var more [][]byte
			var err error
			if more, next, err = c.rest(ctx, in.DN, name, next); err != nil {
				return Entry{}, err
			}
			e.Values[name] = append(e.Values[name], more...)
		}
	}
	return e, nil
}

// rest reads one further part of a ranged attribute. A server that does not go on where it
// was asked to would never end, or leave members out, so that is an error.
func (c *Conn) rest(ctx context.Context, dn, attribute string, from int) (values [][]byte, next int, err error) {
	q := Query{Base: dn, Scope: Object, Filter: "(objectClass=*)", Attributes: []string{fmt.Sprintf("%s;range=%d-*", attribute, from)}}
	entries, _, err := c.page(ctx, q, nil)
	if err != nil {
		return nil, 0, err
	}
	if len(entries) != 1 {
		return nil, 0, &Error{Name: ServerGone}
	}
	for _, a := range entries[0].Attributes {
		if name, next, ranged := Range(a.Name); ranged && strings.EqualFold(name, attribute) {
			if next != 0 && next <= from {
				break
			}
			return a.ByteValues, next, nil
		}
	}
	return nil, 0, &Error{Name: Failed}
}
