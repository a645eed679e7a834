package ldapsync

import (
	"context"
	"errors"
	"fmt"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/ldap"
)

// sample is how many people the Test button looks for.
const sample = 10

// Check tries what a pass needs, in order: the name, the connection, encryption, the service
// account, and for each base that somebody is found there.
func (s *source) Check(ctx context.Context) []connectors.Check {
	list := &checks{}
	session := s.checkServers(ctx, list)
	if session == nil {
		return list.done
	}
	defer session.Close()
	for i, d := range s.config.Domains {
		if !session.checkBase(ctx, i, d, list) {
			return list.done
		}
	}
	detail := "changes: " + session.method()
	switch session.method() {
	case "":
		detail = "changes are not fetched, full passes only"
	case byTimestamp:
		detail = "changes by time: deleted people are found by full passes only"
	}
	if _, err := session.place(ctx); err != nil {
		list.fail("changes", err)
		return list.done
	}
	list.pass("changes", detail)
	return list.done
}

// checks is a list that a failure ends.
type checks struct{ done []connectors.Check }

func (l *checks) pass(name, detail string) {
	l.done = append(l.done, connectors.Check{Name: name, OK: true, Detail: detail})
}

func (l *checks) fail(name string, err error) {
	l.done = append(l.done, connectors.Check{Name: name, Detail: err.Error()})
}

// checkServers tries every server, so that a second one that is down is found before the
// first one is; the first that serves is used further.
func (s *source) checkServers(ctx context.Context, list *checks) *session {
	var first *session
	for _, u := range s.config.URLs {
		c, err := s.checkServer(ctx, u, list)
		if err != nil {
			if first != nil {
				first.Close()
			}
			return nil
		}
		if first != nil {
			c.Close()
			continue
		}
		root, err := c.Root(ctx)
		if err != nil {
			c.Close()
			list.fail("login", err)
			return nil
		}
		first = &session{Conn: c, source: s, root: root, m: s.config.mapping(s.config.detect(root))}
	}
	return first
}

func (s *source) checkServer(ctx context.Context, u string, list *checks) (*ldap.Conn, error) {
	c, err := s.dial(ctx, u)
	if err != nil {
		list.failDial(err)
		return nil, err
	}
	list.pass("dns", "")
	list.pass("tcp", "")
	if c.Encrypted() {
		list.pass("tls", "")
	}
	if err := c.Bind(ctx, s.config.BindDN, s.config.BindPassword); err != nil {
		c.Close()
		list.fail("login", err)
		return nil, err
	}
	list.pass("login", "")
	return c, nil
}

// failDial tells which step of a connection failed; those before it have passed.
func (l *checks) failDial(err error) {
	step := map[string]string{ldap.DNS: "dns", ldap.Unreachable: "tcp", ldap.Timeout: "tcp", ldap.TLSFailed: "tls", ldap.StartTLSRefused: "tls"}[ldap.Name(err)]
	if step == "" {
		step = "tls" // only the CA file is left
	}
	for _, before := range []string{"dns", "tcp", "tls"} {
		if before == step {
			break
		}
		l.pass(before, "")
	}
	l.fail(step, err)
}

func (s *session) checkBase(ctx context.Context, i int, d Domain, list *checks) bool {
	n, keyless := 0, 0
	err := s.Search(ctx, s.query(d.Base, d.people(s.m), s.m.read()), func(e ldap.Entry) error {
		if s.m.keyOf(e) == "" {
			keyless++
		}
		if n++; n == sample {
			return errEnough
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errEnough):
		list.fail("base", err)
	case n == 0:
		list.fail("base", fmt.Errorf("base %d: the filter finds nobody the account may read", i+1))
	case keyless > 0:
		list.fail("base", fmt.Errorf("base %d: %d of %d people have no %s the account may read", i+1, keyless, n, s.m.key))
	default:
		list.pass("base", fmt.Sprintf("base %d: the first %d people were read", i+1, n))
		return true
	}
	return false
}
