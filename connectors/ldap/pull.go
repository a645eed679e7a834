package ldapsync

import (
	"context"
	"errors"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/ldap"
)

// errEnough ends a pass that has read as many people as were asked for.
var errEnough = errors.New("enough")

// pass is one pass under way.
type pass struct {
	*session
	hand func(connectors.Pulled) error
	seen map[string]bool // keys that were handed over
}

// Pull reads people and hands each over. Whatever ends a search other than the server's own
// word that it was all is an error.
func (s *source) Pull(ctx context.Context, p connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
	session, err := s.session(ctx)
	if err != nil {
		return connectors.PassEnd{}, failure("ldap.pull", err)
	}
	defer session.Close()
	run := &pass{session: session, hand: limited(p.Limit, take), seen: map[string]bool{}}
	end, err := run.pull(ctx, p)
	if errors.Is(err, errEnough) {
		return connectors.PassEnd{}, nil
	}
	return end, failure("ldap.pull", err)
}

// limited hands over so many people and no more.
func limited(limit int, take func(connectors.Pulled) error) func(connectors.Pulled) error {
	if limit <= 0 {
		return take
	}
	n := 0
	return func(p connectors.Pulled) error {
		if err := take(p); err != nil {
			return err
		}
		if n++; n >= limit {
			return errEnough
		}
		return nil
	}
}

// pull reads changes where it can and everything where it must. Where the next pass begins
// is found out before anything is read: what changes meanwhile comes twice and not never.
func (p *pass) pull(ctx context.Context, want connectors.Pass) (connectors.PassEnd, error) {
	from := readCursor(want.Cursor)
	if want.Mode == connectors.PassChanges && from.Method != "" {
		next, ok, err := p.changes(ctx, from)
		if err != nil {
			return connectors.PassEnd{}, err
		}
		if ok {
			return connectors.PassEnd{Cursor: next.bytes()}, nil
		}
	}
	next, err := p.place(ctx)
	if err != nil {
		return connectors.PassEnd{}, err
	}
	g, err := p.groups(ctx)
	if err != nil {
		return connectors.PassEnd{}, err
	}
	next.remember(g)
	for _, d := range p.source.config.Domains {
		if err := p.people(ctx, d.Base, d.people(p.m), g); err != nil {
			return connectors.PassEnd{}, err
		}
	}
	return connectors.PassEnd{Full: true, Cursor: next.bytes()}, nil
}

// people hands over everybody a search finds.
func (p *pass) people(ctx context.Context, base, filter string, g *groups) error {
	return p.Search(ctx, p.query(base, filter, p.m.read()), func(e ldap.Entry) error { return p.give(e, g) })
}

// give hands over one person, once where bases overlap.
func (p *pass) give(e ldap.Entry, g *groups) error {
	pulled := p.m.person(e, g, p.source.env.Now())
	if key := pulled.Change.Key; key != "" {
		if p.seen[key] {
			return nil
		}
		p.seen[key] = true
	}
	return p.hand(pulled)
}

// groups reads all groups, which nesting needs. Where the configuration names none, there is
// nothing to be read.
func (s *session) groups(ctx context.Context) (*groups, error) {
	g := newGroups()
	if len(s.m.takes) == 0 {
		return g, nil
	}
	read := append([]string{s.m.key, "cn", "objectSid"}, s.m.groupMembers...)
	for _, d := range s.source.config.Domains {
		base, filter := d.groups(s.m)
		if err := s.Search(ctx, s.query(base, filter, read), func(e ldap.Entry) error { g.add(s.m, e); return nil }); err != nil {
			return nil, err
		}
	}
	g.finish()
	return g, nil
}
