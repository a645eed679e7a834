package ldapsync

import (
	"context"
	"maps"
	"strings"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/ldap"
)

// Authenticate looks somebody up by their login and signs in as them. The same error answers
// an unknown login, a wrong password and somebody who may not work (any more). Referrals are
// not followed: a password goes to the configured servers only.
func (s *source) Authenticate(ctx context.Context, login, password string) (string, error) {
	login = strings.TrimSpace(login)
	if login == "" || len(login) > 255 {
		return "", wrong()
	}
	return s.prove(ctx, password, func(m *mapping) string { return m.loginFilter(login) }, "")
}

// AuthenticateKey signs in as somebody whom this source has named before, whatever they are
// called by now.
func (s *source) AuthenticateKey(ctx context.Context, key, password string) error {
	if key == "" || len(key) > 255 {
		return wrong()
	}
	_, err := s.prove(ctx, password, func(m *mapping) string { return m.keyFilter(key) }, key)
	return err
}

// prove signs in as the one person who fits a condition and has a key; any key for "".
func (s *source) prove(ctx context.Context, password string, condition func(*mapping) string, only string) (string, error) {
	// An empty password would be taken as no password at all, and succeed.
	if !s.config.SignIn || password == "" || len(password) > 1024 {
		return "", wrong()
	}
	session, err := s.session(ctx)
	if err != nil {
		return "", failure("ldap.authenticate", err)
	}
	defer session.Close()
	found, err := session.find(ctx, condition(session.m))
	if err != nil {
		return "", failure("ldap.authenticate", err)
	}
	if only != "" { // the server's own comparison may forgive more than a key does
		maps.DeleteFunc(found, func(key string, _ ldap.Entry) bool { return key != only })
	}
	// Two people of one login are nobody: which of them it is must not depend on an order.
	if len(found) != 1 {
		return "", wrong()
	}
	for key, e := range found {
		err = session.Bind(ctx, e.DN, password)
		if refusesAccount(err) {
			return "", wrong()
		}
		return key, failure("ldap.authenticate", err)
	}
	return "", wrong()
}

func wrong() error { return hub.E("ldap.authenticate", hub.Unauthenticated, "wrong", "") }

// find returns those who fit a condition and may work, by their key.
func (s *session) find(ctx context.Context, condition string) (map[string]ldap.Entry, error) {
	found := map[string]ldap.Entry{}
	for _, d := range s.source.config.Domains {
		filter := "(&" + d.people(s.m) + condition + ")"
		err := s.Search(ctx, s.query(d.Base, filter, append(s.m.read(), s.m.key)), func(e ldap.Entry) error {
			p := s.m.person(e, newGroups(), s.source.env.Now())
			if p.Fault == nil && p.Change.Op == directory.OpPut {
				found[p.Change.Key] = e
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// keyFilter is the condition for a key as keyOf gives it.
func (m *mapping) keyFilter(key string) string {
	if strings.EqualFold(m.key, "objectGUID") {
		if f, err := ldap.GUIDFilter(key); err == nil {
			return f
		}
	}
	return "(" + m.key + "=" + ldap.Escape(key) + ")"
}

// loginFilter is the condition for a login as it was typed. In Active Directory, a name with
// an at sign may also be the userPrincipalName.
func (m *mapping) loginFilter(login string) string {
	attribute := m.attributes["login"]
	if attribute == "" {
		attribute = map[string]string{"ad": "sAMAccountName"}[m.name]
	}
	if attribute == "" {
		attribute = "uid"
	}
	filter := "(" + attribute + "=" + ldap.Escape(login) + ")"
	if m.name == "ad" && strings.Contains(login, "@") {
		filter = "(|" + filter + "(userPrincipalName=" + ldap.Escape(login) + "))"
	}
	return filter
}
