package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/signin"
)

const goodPassword = "drei grüne Äpfel im Korb"

// clock is a time that only tests move.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func openAccounts(t *testing.T) (*house, *accounts.Service, *clock) {
	h := openHouse(t)
	c := &clock{time.Now().UTC().Truncate(time.Microsecond)}
	s, err := accounts.New(accounts.Options{Store: h.db, Ways: signin.New(h.db, h.keys), Now: c.read})
	if err != nil {
		t.Fatal(err)
	}
	h.put(nurse("4711", "Eva", "Eins"), nurse("4712", "Ida", "Zwei"))
	return h, s, c
}

var ward4 = accounts.Place{Address: "10.0.0.4"}

// signedIn activates 4711 and returns the session and its token.
func signedIn(t *testing.T, h *house, s *accounts.Service) (accounts.Session, string) {
	t.Helper()
	code, _, err := s.IssueCode(t.Context(), h.clinic, h.person("4711").Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	session, token, err := s.Activate(t.Context(), h.clinic, " 4711 ", code[:5]+"-"+code[5:], goodPassword, ward4)
	if err != nil {
		t.Fatal(err)
	}
	return session, token
}

func TestActivateOnce(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	ctx, id := t.Context(), h.person("4711").Account.ID
	code, _, err := s.IssueCode(ctx, h.clinic, id)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Activate(ctx, h.clinic, "4711", "AAAAAAAAAA", goodPassword, ward4)
	wantCode(t, err, hub.Unauthenticated, "wrong")
	_, _, err = s.Activate(ctx, h.clinic, "nobody", code, goodPassword, ward4)
	wantCode(t, err, hub.Unauthenticated, "wrong")
	_, _, err = s.Activate(ctx, h.clinic, "4712", code, goodPassword, ward4)
	wantCode(t, err, hub.Unauthenticated, "wrong")
	_, _, err = s.Activate(ctx, h.clinic, "4711", code, "Krankenhaus123", ward4)
	wantCode(t, err, hub.Invalid, "weak")
	session, token, err := s.Activate(ctx, h.clinic, "4711", code, goodPassword, ward4)
	if err != nil || session.Account.ID != id || session.Account.State != accounts.Active {
		t.Fatalf("activate: %+v %v", session, err)
	}
	if _, err := s.SessionByToken(ctx, token, false); err != nil {
		t.Errorf("its session: %v", err)
	}
	_, _, err = s.Activate(ctx, h.clinic, "4711", code, goodPassword, ward4)
	wantCode(t, err, hub.Unauthenticated, "wrong")
	if a := h.person("4711").Account; a.State != "active" {
		t.Errorf("account: %+v", a)
	}
	if n := query[int](t, h.super, `select count(*)::int from activation_code`)[0]; n != 0 {
		t.Errorf("%d codes left", n)
	}
}

func TestCodeExpiresAndWearsOut(t *testing.T) {
	t.Parallel()
	h, s, c := openAccounts(t)
	ctx, id := t.Context(), h.person("4711").Account.ID
	code, expires, err := s.IssueCode(ctx, h.clinic, id)
	if err != nil || expires.Sub(c.now) != 72*time.Hour {
		t.Fatalf("issue: %v %v", expires, err)
	}
	c.now = expires
	_, _, err = s.Activate(ctx, h.clinic, "4711", code, goodPassword, ward4)
	wantCode(t, err, hub.Conflict, "expired")
	code, _, err = s.IssueCode(ctx, h.clinic, id)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		c.now = c.now.Add(2 * time.Minute) // past the throttle
		_, _, err = s.Activate(ctx, h.clinic, "4711", "BBBBBBBBBB", goodPassword, ward4)
		wantCode(t, err, hub.Unauthenticated, "wrong")
	}
	c.now = c.now.Add(2 * time.Minute)
	_, _, err = s.Activate(ctx, h.clinic, "4711", code, goodPassword, ward4)
	wantCode(t, err, hub.Conflict, "expired")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	signedIn(t, h, s)
	ctx := t.Context()
	if _, _, err := s.SignIn(ctx, h.clinic, accounts.Login{Login: "4711", Password: goodPassword}, ward4); err != nil {
		t.Errorf("right password: %v", err)
	}
	_, _, err := s.SignIn(ctx, h.clinic, accounts.Login{Login: "4711", Password: goodPassword}, accounts.Place{Console: true})
	wantCode(t, err, hub.Forbidden, "not_admin")
	_, _, unknown := s.SignIn(ctx, h.clinic, accounts.Login{Login: "nobody", Password: goodPassword}, ward4)
	_, _, invited := s.SignIn(ctx, h.clinic, accounts.Login{Login: "4712", Password: goodPassword}, ward4)
	_, _, wrong := s.SignIn(ctx, h.clinic, accounts.Login{Login: "4711", Password: goodPassword + "!"}, ward4)
	if err := s.Lock(ctx, h.clinic, h.person("4711").Account.ID); err != nil {
		t.Fatal(err)
	}
	_, _, locked := s.SignIn(ctx, h.clinic, accounts.Login{Login: "4711", Password: goodPassword}, ward4)
	for name, err := range map[string]error{"unknown": unknown, "invited": invited, "wrong": wrong, "locked": locked} {
		wantCode(t, err, hub.Unauthenticated, "wrong")
		if err != nil && err.Error() != unknown.Error() {
			t.Errorf("%s differs: %q against %q", name, err, unknown)
		}
	}
}

func TestLockEndsSessionsOnEveryNode(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	session, token := signedIn(t, h, s)
	ears := h.listen("wardline_access")
	if err := s.Lock(t.Context(), h.clinic, session.Account.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.heard(ears); got["user"] != string(session.Account.ID) {
		t.Errorf("heard %v", got)
	}
	_, err := s.SessionByToken(t.Context(), token, false)
	wantCode(t, err, hub.Unauthenticated, "expired")
	_, _, err = s.IssueCode(t.Context(), h.clinic, session.Account.ID)
	wantCode(t, err, hub.Conflict, "locked")
	if err := s.Unlock(t.Context(), h.clinic, session.Account.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SignIn(t.Context(), h.clinic, accounts.Login{Login: "4711", Password: goodPassword}, ward4); err != nil {
		t.Errorf("after unlocking: %v", err)
	}
}

// TestNewPasswordEndsOtherSessions: whoever resets a password does so because somebody
// else may know the old one.
func TestNewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	_, old := signedIn(t, h, s)
	ears := h.listen("wardline_access")
	_, fresh := signedIn(t, h, s)
	if got := h.heard(ears); got["user"] == "" {
		t.Errorf("heard %v", got)
	}
	_, err := s.SessionByToken(t.Context(), old, false)
	wantCode(t, err, hub.Unauthenticated, "expired")
	if _, err := s.SessionByToken(t.Context(), fresh, false); err != nil {
		t.Errorf("the new session: %v", err)
	}
}

func TestSignInIsThrottledAndSessionsAreNot(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	_, token := signedIn(t, h, s)
	var last error
	for range 7 {
		_, _, last = s.SignIn(t.Context(), h.clinic, accounts.Login{Login: "4711", Password: "wrong password!"}, ward4)
	}
	var wait accounts.Wait
	if wantCode(t, last, hub.TooMany, "slow_down"); !errors.As(last, &wait) || wait <= 0 {
		t.Errorf("no word of how long: %v", last)
	}
	if _, err := s.SessionByToken(t.Context(), token, false); err != nil {
		t.Errorf("the open session suffers: %v", err)
	}
}

func TestSessionTimes(t *testing.T) {
	t.Parallel()
	h, s, c := openAccounts(t)
	_, token := signedIn(t, h, s)
	ctx, start := t.Context(), c.now
	used := func(want bool) {
		t.Helper()
		_, err := s.SessionByToken(ctx, token, false)
		if want != (err == nil) {
			t.Errorf("after %v: %v", c.now.Sub(start), err)
		}
	}
	c.now = c.now.Add(12*time.Hour - time.Second)
	used(true) // which starts the idle time anew
	for c.now.Sub(start) < 6*24*time.Hour {
		c.now = c.now.Add(11 * time.Hour)
		used(true)
	}
	c.now = start.Add(7 * 24 * time.Hour)
	used(false)

	_, token, err := s.SignIn(ctx, h.clinic, accounts.Login{Login: "4711", Password: goodPassword}, ward4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SessionByToken(ctx, token, true); hub.KindOf(err) != hub.Unauthenticated {
		t.Errorf("a chat session at the console: %v", err)
	}
	c.now = c.now.Add(12 * time.Hour)
	used(false)
	if err := h.db.ForgetExpired(ctx, h.clinic, c.now.Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, h.super, `select count(*)::int from session`)[0]; n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

func TestSetUpLinkWorksOnceAndOnlyWhileNeeded(t *testing.T) {
	t.Parallel()
	h, s, c := openAccounts(t)
	ctx := t.Context()
	link, err := s.EnsureAdmin(ctx, h.clinic)
	if err != nil || link == "" {
		t.Fatalf("first start: %q %v", link, err)
	}
	console := accounts.Place{Console: true}
	session, token, err := s.FollowLink(ctx, link, console)
	if err != nil || session.Account.Level != hub.LevelAdmin || session.Account.Login != "admin" {
		t.Fatalf("follow: %+v %v", session, err)
	}
	_, _, err = s.FollowLink(ctx, link, console)
	wantCode(t, err, hub.Unauthenticated, "expired")
	if again, err := s.EnsureAdmin(ctx, h.clinic); err != nil || again == "" {
		t.Errorf("without a password the next start offers another link: %q %v", again, err)
	}
	if err := s.SetPassword(ctx, session, "", goodPassword, console); err != nil {
		t.Fatal(err)
	}
	session, err = s.SessionByToken(ctx, token, true)
	if err != nil || !session.Account.HasPassword {
		t.Fatalf("the own session after setting the password: %+v %v", session.Account, err)
	}
	wantCode(t, s.SetPassword(ctx, session, "falsches-Passwort", "noch-ein-gutes-Wort", console), hub.Unauthenticated, "wrong")
	if err := s.SetPassword(ctx, session, goodPassword, "noch-ein-gutes-Wort", console); err != nil {
		t.Errorf("changing it with the right one: %v", err)
	}
	if _, err := s.SessionByToken(ctx, token, true); err != nil {
		t.Errorf("setting the password ended its own session: %v", err)
	}
	if again, err := s.EnsureAdmin(ctx, h.clinic); err != nil || again != "" {
		t.Errorf("a link although an administrator exists: %q %v", again, err)
	}
	c.now = c.now.Add(15 * time.Minute)
	_, err = s.SessionByToken(ctx, token, true)
	wantCode(t, err, hub.Unauthenticated, "expired")
}

// TestClearPasswordLetsSomebodyBackIn is what `wardline admin` relies on.
func TestClearPasswordLetsSomebodyBackIn(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	session, token := signedIn(t, h, s)
	if err := h.db.ClearPassword(t.Context(), h.clinic, session.Account.ID); err != nil {
		t.Fatal(err)
	}
	_, err := s.SessionByToken(t.Context(), token, false)
	wantCode(t, err, hub.Unauthenticated, "expired")
	if a, err := s.Find(t.Context(), h.clinic, session.Account.Login); err != nil || a.HasPassword {
		t.Errorf("account %+v, %v", a, err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	h, s, c := openAccounts(t)
	ctx, id := t.Context(), h.person("4711").Account.ID
	link, err := s.IssueLink(ctx, h.clinic, id, time.Hour, true)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.FollowLink(ctx, link, accounts.Place{Console: true})
	wantCode(t, err, hub.Unauthenticated, "expired")
	for range 2 {
		if _, _, err := s.FollowLink(ctx, link, ward4); err != nil {
			t.Errorf("reusable link: %v", err)
		}
	}
	if a := h.person("4711").Account; a.State != "active" {
		t.Errorf("account: %+v", a)
	}
	c.now = c.now.Add(time.Hour)
	for _, bad := range []string{link, "", "x", string(h.clinic) + ".x", link[:len(link)-1] + "#"} {
		_, _, err = s.FollowLink(ctx, bad, ward4)
		wantCode(t, err, hub.Unauthenticated, "expired")
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	session, token := signedIn(t, h, s)
	ctx := t.Context()
	_, public, err := seal.NewDeviceKey()
	if err != nil {
		t.Fatal(err)
	}
	keys := accounts.Device{Name: "Stationstablet", KEMPublic: public, SignPublic: bytes.Repeat([]byte{2}, 32)}
	short := keys
	short.KEMPublic = keys.KEMPublic[1:]
	_, _, err = s.RegisterDevice(ctx, session, short, "", ward4)
	wantCode(t, err, hub.Invalid, "length")
	deaf := keys
	deaf.KEMPublic = bytes.Repeat([]byte{0xff}, 1216) // no X-Wing key: nothing could be sealed to it
	_, _, err = s.RegisterDevice(ctx, session, deaf, "", ward4)
	wantCode(t, err, hub.Invalid, "key")
	var first accounts.Device
	for i := range 10 {
		d, _, err := s.RegisterDevice(ctx, session, keys, "", ward4)
		if err != nil {
			t.Fatalf("device %d: %v", i, err)
		}
		if i == 0 {
			first = d
		}
	}
	_, _, err = s.RegisterDevice(ctx, session, keys, "", ward4)
	wantCode(t, err, hub.Conflict, "too_many")
	if d, err := s.AttachDevice(ctx, session, first.ID); err != nil || !bytes.Equal(d.KEMPublic, keys.KEMPublic) {
		t.Errorf("attach: %v", err)
	}
	if now, err := s.SessionByToken(ctx, token, false); err != nil || now.Device != first.ID {
		t.Errorf("session is bound to %q: %v", now.Device, err)
	}
	link, err := s.IssueLink(ctx, h.clinic, h.person("4712").Account.ID, time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := s.FollowLink(ctx, link, ward4)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.AttachDevice(ctx, other, first.ID)
	wantCode(t, err, hub.NotFound, "")
	wantCode(t, s.RevokeDevice(ctx, other, first.ID), hub.NotFound, "")
	ears := h.listen("wardline_access")
	if err := s.RevokeDevice(ctx, session, first.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.heard(ears); got["device"] != string(first.ID) {
		t.Errorf("heard %v", got)
	}
	_, err = s.SessionByToken(ctx, token, false)
	wantCode(t, err, hub.Unauthenticated, "expired")
	if left, err := s.Devices(ctx, session); err != nil || len(left) != 9 {
		t.Errorf("%d devices left: %v", len(left), err)
	}
}

// TestStoredSecretsCannotBeUsed looks for what was handed out in the dump of the tables.
func TestStoredSecretsCannotBeUsed(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	_, token := signedIn(t, h, s)
	code, _, err := s.IssueCode(t.Context(), h.clinic, h.person("4712").Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	dump := query[string](t, h.super, `
select coalesce(string_agg(row::text, ''), '') from (
  select to_jsonb(a) as row from account a union all select to_jsonb(k) from activation_code k union all select to_jsonb(s) from session s) x`)[0]
	for name, secret := range map[string]string{"session token": token[37:], "code": code, "password": goodPassword} {
		if bytes.Contains([]byte(dump), []byte(secret)) {
			t.Errorf("the %s is readable in the database", name)
		}
	}
	if !bytes.Contains([]byte(dump), []byte("argon2id")) {
		t.Error("the dump holds no hash at all: this test looks in the wrong place")
	}
}

// TestNoSessionOrDutyForTheJustLocked tries what a request does that was let in a moment
// before the lock.
func TestNoSessionOrDutyForTheJustLocked(t *testing.T) {
	t.Parallel()
	h, s, _ := openAccounts(t)
	session, _ := signedIn(t, h, s)
	role := h.role("4B", "Pflege Station 4B")
	if err := s.Lock(t.Context(), h.clinic, session.Account.ID); err != nil {
		t.Fatal(err)
	}
	late := accounts.StoredSession{Session: session}
	late.ID = hub.NewID[string]()
	wantCode(t, h.db.PutSession(t.Context(), [32]byte{1}, late), hub.Unauthenticated, "wrong")
	err := h.db.ChangeDuty(t.Context(), h.clinic, role, func(directory.RoleState) (directory.DutyChange, error) {
		return directory.DutyChange{Begin: session.Account.ID}, nil
	})
	if hub.KindOf(err) != hub.Forbidden {
		t.Errorf("duty of a locked account: %v", err)
	}
}

// TestHistoryIsAppendOnly: the hub itself cannot rewrite who caused a change.
func TestHistoryIsAppendOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	app := connect(t, h.url)
	for _, q := range []string{`update person_change set new_text = ''`, `delete from person_change`} {
		if _, err := app.Exec(t.Context(), q); err == nil {
			t.Errorf("%q was allowed", q)
		}
	}
}
