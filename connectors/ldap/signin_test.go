package ldapsync_test

import (
	"testing"

	"github.com/wardline/wardline/connectors"
	ldapsync "github.com/wardline/wardline/connectors/ldap"
	"github.com/wardline/wardline/hub"
)

func byKey(t *testing.T, s made) connectors.KeyAuthenticator {
	t.Helper()
	k, ok := s.(connectors.KeyAuthenticator)
	if !ok {
		t.Fatal("cannot check the password of somebody named before")
	}
	return k
}

// TestAuthenticateKey: a key stays with its person, whatever becomes of logins.
func TestAuthenticateKey(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "bykey")
	s := p.source(func(c *ldapsync.Config) { c.SignIn = true })
	keys := pull(t, s, connectors.Pass{Mode: connectors.PassFull}).byLogin
	hers, others := keys["a1"].Change.Key, keys["a2"].Change.Key
	p.modify("dn: uid=a1,BASE\nchangetype: modrdn\nnewrdn: uid=b1\ndeleteoldrdn: 1\n\n" +
		"dn: uid=a2,BASE\nchangetype: modrdn\nnewrdn: uid=a1\ndeleteoldrdn: 1\n\n")
	if err := byKey(t, s).AuthenticateKey(t.Context(), hers, "pw-a1"); err != nil {
		t.Errorf("under another login: %v", err)
	}
	for name, w := range map[string][2]string{
		"password of who has the login now": {hers, "pw-a2"},
		"wrong password":                    {others, "pw-a1"},
		"empty password":                    {hers, ""},
		"no key":                            {"", "pw-a1"},
		"unknown key":                       {"01234567-89ab-7def-8123-456789abcdef", "pw-a1"},
		"star":                              {"*", "pw-a1"},
		"filter injection":                  {hers + ")(objectClass=*", "pw-a1"},
		"not UTF-8":                         {"\xff", "pw-a1"},
	} {
		if err := byKey(t, s).AuthenticateKey(t.Context(), w[0], w[1]); hub.KindOf(err) != hub.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.modify("dn: uid=b1,BASE\nchangetype: delete\n\n")
	if err := byKey(t, s).AuthenticateKey(t.Context(), hers, "pw-a1"); hub.KindOf(err) != hub.Unauthenticated {
		t.Errorf("somebody who is gone: %v", err)
	}
	off := p.source(nil)
	if err := byKey(t, off).AuthenticateKey(t.Context(), others, "pw-a2"); hub.KindOf(err) != hub.Unauthenticated {
		t.Errorf("signing in is switched off, and yet: %v", err)
	}
	away := p.source(func(c *ldapsync.Config) { c.SignIn, c.URLs[0] = true, "ldap://127.0.0.1:1" })
	if err := byKey(t, away).AuthenticateKey(t.Context(), others, "pw-a2"); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("a server that is away is not a wrong password: %v", err)
	}
}

// TestAuthenticateOwnKey: where the house names an attribute of its own, keys are told apart
// more strictly than the server compares.
func TestAuthenticateOwnKey(t *testing.T) {
	t.Parallel()
	p := newPlot(t, "signinkey")
	s := p.source(func(c *ldapsync.Config) { c.SignIn, c.Key = true, "uid" })
	if err := byKey(t, s).AuthenticateKey(t.Context(), "a1", "pw-a1"); err != nil {
		t.Error(err)
	}
	if err := byKey(t, s).AuthenticateKey(t.Context(), "A1", "pw-a1"); hub.KindOf(err) != hub.Unauthenticated {
		t.Errorf("another key: %v", err)
	}
}
