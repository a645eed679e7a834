package signin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/accounts/oidc/oidctest"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
)

func (w *world) account(user hub.UserID) accounts.Account {
	w.Helper()
	list, err := w.ways.AccountsByID(w.ctx, w.clinic, []hub.UserID{user})
	w.must(err)
	return list[0]
}

func (w *world) keys() accounts.Device {
	w.Helper()
	_, public, err := seal.NewDeviceKey()
	w.must(err)
	return accounts.Device{Name: "Handy", KEMPublic: public, SignPublic: make([]byte, 32)}
}

func (w *world) device(s accounts.Session) hub.DeviceID {
	w.Helper()
	d, waits, err := w.s.RegisterDevice(w.ctx, s, w.keys(), "", ward)
	if err != nil || waits {
		w.Fatalf("waits %v, %v", waits, err)
	}
	return d.ID
}

// TestWaitingDevicesAreNone until somebody has said yes.
func TestWaitingDevicesAreNone(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, token := w.withPassword(eva, "eva")
	w.save(func(p *accounts.SignInPolicy) { p.Devices = accounts.DevicesEach })
	d, waits, err := w.s.RegisterDevice(w.ctx, s, w.keys(), "", ward)
	if err != nil || !waits {
		t.Fatalf("waits %v, %v", waits, err)
	}
	if n := w.count(`select count(*) from device`); n != 0 {
		t.Errorf("%d devices", n)
	}
	_, err = w.s.AttachDevice(w.ctx, s, d.ID)
	w.want(err, "waiting")
	if list, err := w.s.Waiting(w.ctx, w.clinic, ""); err != nil || len(list) != 1 || list[0].Reachable || list[0].Login != "eva" {
		t.Errorf("%+v %v", list, err)
	}
	otto := w.person("otto")
	if err := w.s.ApproveDevice(w.ctx, w.clinic, otto, d.ID); hub.KindOf(err) != hub.NotFound {
		t.Errorf("by somebody else: %v", err)
	}
	w.must(w.s.ApproveDevice(w.ctx, w.clinic, "", d.ID))
	if s, err := w.s.SessionByToken(w.ctx, token, false); err != nil || s.Device != d.ID {
		t.Errorf("its session: %+v %v", s, err)
	}
	if err := w.s.ApproveDevice(w.ctx, w.clinic, "", d.ID); hub.KindOf(err) != hub.NotFound {
		t.Errorf("twice: %v", err)
	}
	if n := w.count(`select count(*) from device where id = $1`, d.ID); n != 1 {
		t.Errorf("%d devices", n)
	}
	second, _, err := w.s.RegisterDevice(w.ctx, s, w.keys(), "", ward)
	w.must(err)
	w.must(w.s.RefuseDevice(w.ctx, w.clinic, eva, second.ID))
	if _, err := w.s.AttachDevice(w.ctx, s, second.ID); hub.KindOf(err) != hub.NotFound {
		t.Errorf("refused: %v", err)
	}
}

func TestManagedDevices(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, _ := w.withPassword(w.person("eva"), "eva")
	w.save(func(p *accounts.SignInPolicy) { p.Devices = accounts.DevicesManaged })
	_, _, err := w.s.RegisterDevice(w.ctx, s, w.keys(), "", ward)
	w.want(err, "managed_only")
	_, _, err = w.s.RegisterDevice(w.ctx, s, w.keys(), "WRONG", ward)
	w.want(err, "managed_only")
	_, code, err := w.s.IssueDeviceCode(w.ctx, s, "Stationshandys", time.Hour)
	w.must(err)
	if _, waits, err := w.s.RegisterDevice(w.ctx, s, w.keys(), strings.ToLower(code), ward); err != nil || waits {
		t.Errorf("waits %v, %v", waits, err)
	}
	_, _, err = w.s.RegisterDevice(w.ctx, s, w.keys(), code, ward)
	w.want(err, "managed_only") // it lets one in
	_, code, err = w.s.IssueDeviceCode(w.ctx, s, "x", time.Hour)
	w.must(err)
	w.later(time.Hour)
	_, _, err = w.s.RegisterDevice(w.ctx, s, w.keys(), code, ward)
	w.want(err, "managed_only")
}

// TestCodeEndsWaiting: it lets in who waits already, and a wrong one makes nobody wait twice.
func TestCodeEndsWaiting(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, _ := w.withPassword(w.person("eva"), "eva")
	w.save(func(p *accounts.SignInPolicy) { p.Devices = accounts.DevicesEach })
	other, own := w.keys(), w.keys()
	for _, keys := range []accounts.Device{other, own} {
		if _, waits, err := w.s.RegisterDevice(w.ctx, s, keys, "", ward); err != nil || !waits {
			t.Fatalf("waits %v, %v", waits, err)
		}
	}
	_, _, err := w.s.RegisterDevice(w.ctx, s, own, "WRONG", ward)
	w.want(err, "managed_only")
	if n := w.count(`select count(*) from waiting_device`); n != 2 {
		t.Errorf("%d wait after a wrong code", n)
	}
	_, code, err := w.s.IssueDeviceCode(w.ctx, s, "Stationshandys", time.Hour)
	w.must(err)
	if _, waits, err := w.s.RegisterDevice(w.ctx, s, own, code, ward); err != nil || waits {
		t.Errorf("waits %v, %v", waits, err)
	}
	left, err := w.s.Waiting(w.ctx, w.clinic, "")
	w.must(err)
	if len(left) != 1 || !slices.Equal(left[0].KEMPublic, other.KEMPublic) {
		t.Errorf("%d wait, not the other browser alone", len(left))
	}
}

func TestPosterSendsACodeToAKnownAddressOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, _ := w.withPassword(w.person("anna", "people"), "anna")
	unit := hub.NewID[hub.UnitID]()
	w.exec(`insert into unit (clinic_id, id, code, name, kind) values ($1, $2, '4B', 'Station 4B', 'ward')`, w.clinic, unit)
	w.exec(`insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'ldap', 'AD', true, 1)`, w.clinic, eva)
	w.exec(`update person p set shown = shown || '{"mail": "eva@klinik.example"}' from account a where a.person_id = p.id and a.id = $1`, eva)
	w.exec(`update person p set shown = shown || '{"mail": "anna@klinik.example"}' from account a where a.person_id = p.id and a.id = $1`, s.Account.ID)
	// The newest word, but not the one that counts.
	w.exec(`insert into person_source (clinic_id, source, key, person_id, status) select $1, id, 'guid-1', person_id, 'working' from account where id = $2`, w.clinic, eva)
	w.exec(`insert into person_value (clinic_id, person_id, field, source, text) select $1, person_id, 'mail', id, 'else@where.example' from account where id = $2`, w.clinic, eva)
	_, token, url, err := w.s.IssuePoster(w.ctx, s, unit, 72*time.Hour)
	if err != nil || url != chatURL+"/join#poster="+token {
		t.Fatalf("%q %v", url, err)
	}
	ask := func(token, who string) int {
		t.Helper()
		send, err := w.s.Join(w.ctx, w.clinic, token, who, ward)
		w.must(err)
		w.must(send(w.ctx))
		return len(w.mailer.sent)
	}
	if n := ask("another", "eva") + ask(token, "nobody") + ask(token, "anna"); n != 0 { // anna has a way in already
		t.Fatalf("%d mails", n)
	}
	if n := ask(token, "n-eva"); n != 1 || !strings.HasPrefix(w.mailer.sent[0], "eva@klinik.example\n") {
		t.Fatalf("%v", w.mailer.sent)
	}
	if n := ask(token, "eva"); n != 1 {
		t.Errorf("and again at once: %d mails", n)
	}
	_, code, _ := strings.Cut(w.mailer.sent[0], "Einmalcode: ")
	if got, _, err := w.s.Activate(w.ctx, w.clinic, "eva", code[:11], password, ward); err != nil || got.Account.ID != eva {
		t.Errorf("activate with %q: %v", code[:11], err)
	}
	var last error
	for range 8 {
		_, last = w.s.Join(w.ctx, w.clinic, token, "otto", ward)
	}
	w.want(last, "slow_down")
	if _, _, err := w.login("eva", "", ward); err != nil {
		t.Errorf("joining has slowed sign-ins down: %v", err)
	}
}

// op is a provider of the clinic with groups.
func (w *world) op() (*oidctest.Provider, string) {
	w.Helper()
	p := oidctest.New(w)
	p.Now = w.read
	secret := oidctest.Secret
	w.save(func(q *accounts.SignInPolicy) {
		q.AdminPasskey = "recommended"
		q.Providers = []accounts.Provider{{ID: "op-1", Label: "Haus", Enabled: true, Issuer: p.URL, ClientID: oidctest.Client, Secret: &secret, Claim: "preferred_username",
			Match: "login", GroupsClaim: "groups", Groups: []accounts.GroupRole{{Group: "wl-people", Role: accounts.RolePeople}}}}
	})
	return p, "op-1"
}

func (w *world) trip(provider string, of accounts.Session, at accounts.Place) (accounts.Session, string, bool, error) {
	w.Helper()
	target, secret, err := w.s.StartTrip(w.ctx, w.clinic, provider, of, at)
	if err != nil {
		return accounts.Session{}, "", false, err
	}
	q := oidctest.Visit(w, target)
	return w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{Secret: secret, State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Issuer: q.Get("iss")}, at)
}

func TestProviderSignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	p, id := w.op()
	p.Says(map[string]any{"sub": "s1", "sid": "x1", "preferred_username": "EVA", "groups": []string{"wl-people", "others"}})
	s, _, _, err := w.trip(id, accounts.Session{}, console)
	if err != nil || s.Account.ID != eva || !s.Account.Has(accounts.RolePeople) || s.Proof.SID != "x1" {
		t.Fatalf("%+v %v", s, err)
	}
	p.Says(map[string]any{"sub": "s1", "preferred_username": "renamed"}) // out of the group, under another name
	_, _, _, err = w.trip(id, accounts.Session{}, console)
	w.want(err, "not_admin")
	if a := w.account(eva); a.Level != hub.LevelInternal || len(a.Roles) != 0 {
		t.Errorf("after leaving the group: %+v", a)
	}
	p.Says(map[string]any{"sub": "s2", "preferred_username": "eva"}) // another subject under her name
	_, _, _, err = w.trip(id, accounts.Session{}, ward)
	w.want(err, "no_account")
	p.Says(map[string]any{"sub": "s3", "email": "eva@klinik.example"})
	_, _, _, err = w.trip(id, accounts.Session{}, ward)
	w.want(err, "no_account")
	w.must(w.s.Lock(w.ctx, w.clinic, eva))
	p.Says(map[string]any{"sub": "s1"})
	_, _, _, err = w.trip(id, accounts.Session{}, ward)
	w.want(err, "locked")
	_, _, _, err = w.trip("unknown", accounts.Session{}, ward)
	w.want(err, "unknown_provider")
}

// TestRolesEndWithWhatGaveThem: the provider's word ends with its group, its link and itself,
// whether or not anybody signs in there again.
func TestRolesEndWithWhatGaveThem(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world, hub.UserID){
		"the group":    func(w *world, _ hub.UserID) { w.save(func(q *accounts.SignInPolicy) { q.Providers[0].Groups = nil }) },
		"the provider": func(w *world, _ hub.UserID) { w.save(func(q *accounts.SignInPolicy) { q.Providers = nil }) },
		"the link":     func(w *world, eva hub.UserID) { w.must(w.s.Strip(w.ctx, w.clinic, eva, "link", "op-1")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			eva := w.person("eva", "auditor")
			p, id := w.op()
			p.Says(map[string]any{"sub": "s1", "preferred_username": "eva", "groups": []string{"wl-people"}})
			_, _, _, err := w.trip(id, accounts.Session{}, console)
			w.must(err)
			w.save(func(q *accounts.SignInPolicy) { q.Devices = accounts.DevicesEach })
			if a := w.account(eva); !a.Has(accounts.RolePeople) {
				t.Fatalf("another change of the policy took %v", a.Roles)
			}
			end(w, eva)
			if a := w.account(eva); !slices.Equal(a.Roles, []accounts.AdminRole{accounts.RoleAuditor}) {
				t.Errorf("%v", a.Roles)
			}
		})
	}
}

func TestRoundTripsAreBound(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.person("eva")
	p, id := w.op()
	p.Says(map[string]any{"sub": "s1", "preferred_username": "eva"})
	target, secret, err := w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
	w.must(err)
	q := oidctest.Visit(t, target)
	if strings.Contains(target, secret) {
		t.Error("the cookie's secret went through the provider")
	}
	_, other, err := w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
	w.must(err)
	_, _, _, err = w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{Secret: other, State: q.Get("state"), Code: q.Get("code")}, ward)
	w.want(err, "expired") // a code in another browser
	_, _, _, err = w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{State: q.Get("state"), Code: q.Get("code")}, ward)
	w.want(err, "expired") // no cookie
	if _, _, _, err = w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{Secret: secret, State: q.Get("state"), Code: q.Get("code")}, ward); err != nil {
		t.Fatal(err)
	}
	_, _, _, err = w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{Secret: secret, State: q.Get("state"), Code: q.Get("code")}, ward)
	w.want(err, "expired") // twice
	target, secret, err = w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
	w.must(err)
	q = oidctest.Visit(t, target)
	p.Down(true)
	_, _, _, err = w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{Secret: secret, State: q.Get("state"), Code: q.Get("code")}, ward)
	w.want(err, "provider_unavailable")
	_, _, _, err = w.s.EndTrip(w.ctx, w.clinic, accounts.Returned{Secret: secret, State: q.Get("state"), Code: q.Get("code")}, ward)
	w.want(err, "expired") // it is not for trying again
}

// TestProviderDownLeavesOtherWays: nobody is kept out by somebody else's outage.
func TestProviderDownLeavesOtherWays(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.withPassword(w.person("eva"), "eva")
	p, id := w.op()
	p.Down(true)
	_, _, err := w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
	w.want(err, "provider_unavailable")
	if _, _, err := w.login("eva", "", ward); err != nil {
		t.Errorf("by password: %v", err)
	}
}

func TestStepUpByProvider(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.person("eva")
	w.person("otto")
	p, id := w.op()
	p.Says(map[string]any{"sub": "s1", "preferred_username": "eva"})
	s, token, _, err := w.trip(id, accounts.Session{}, ward)
	w.must(err)
	w.later(time.Hour)
	if s, err = w.s.SessionByToken(w.ctx, token, false); err != nil || s.Fresh {
		t.Fatalf("%+v %v", s, err)
	}
	p.Says(map[string]any{"sub": "s2", "preferred_username": "otto"})
	_, _, _, err = w.trip(id, s, ward)
	w.want(err, "other_account")
	p.Says(map[string]any{"sub": "s1", "auth_time": w.read().Add(-time.Hour).Unix()}) // it did not ask again
	_, _, _, err = w.trip(id, s, ward)
	w.want(err, "provider_refused")
	p.Says(map[string]any{"sub": "s1"})
	if _, _, stepUp, err := w.trip(id, s, ward); err != nil || !stepUp {
		t.Errorf("%v %v", stepUp, err)
	}
	if s, err = w.s.SessionByToken(w.ctx, token, false); err != nil || !s.Fresh {
		t.Errorf("%+v %v", s, err)
	}
}

// TestAnswerOfAnotherProvider: whose answer it is comes before what it says, an error too.
func TestAnswerOfAnotherProvider(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.person("eva")
	p, id := w.op()
	p.Says(map[string]any{"sub": "s1", "preferred_username": "eva"})
	p.NamesItself(true, p.URL)
	if _, _, _, err := w.trip(id, accounts.Session{}, ward); err != nil {
		t.Fatal(err)
	}
	p.NamesItself(true, "https://evil.example")
	_, _, _, err := w.trip(id, accounts.Session{}, ward)
	w.want(err, "issuer")
	p.NamesItself(true, "")
	_, _, _, err = w.trip(id, accounts.Session{}, ward)
	w.want(err, "issuer") // it has announced that it would say so
	target, secret, err := w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
	w.must(err)
	r := accounts.Returned{Secret: secret, State: oidctest.Visit(t, target).Get("state"), Error: "access_denied", Issuer: "https://evil.example"}
	_, _, _, err = w.s.EndTrip(w.ctx, w.clinic, r, ward)
	w.want(err, "issuer")
}

// TestLogoutIsForLaterWhileTheKeysAreAway: the provider repeats what was not refused.
func TestLogoutIsForLaterWhileTheKeysAreAway(t *testing.T) {
	t.Parallel()
	w := open(t)
	p, _ := w.op()
	p.HidesKeys(true)
	raw := p.LogoutToken(nil)
	err := w.s.Logout(w.ctx, w.clinic, raw)
	if w.want(err, "provider_unavailable"); hub.KindOf(err) != hub.Unavailable {
		t.Errorf("%v", hub.KindOf(err))
	}
	p.HidesKeys(false)
	w.must(w.s.Logout(w.ctx, w.clinic, raw))
}

func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	p, id := w.op()
	enter := func(sid string) string {
		p.Says(map[string]any{"sub": "subject-1", "sid": sid, "preferred_username": "eva"})
		_, token, _, err := w.trip(id, accounts.Session{}, ward)
		w.must(err)
		return token
	}
	one, two := enter("one"), enter("two")
	raw := p.LogoutToken(map[string]any{"sid": "one"})
	w.told(eva, func() { w.must(w.s.Logout(w.ctx, w.clinic, raw)) })
	_, err := w.s.SessionByToken(w.ctx, one, false)
	w.want(err, "expired")
	if _, err := w.s.SessionByToken(w.ctx, two, false); err != nil {
		t.Errorf("the other one: %v", err)
	}
	w.want(w.s.Logout(w.ctx, w.clinic, raw), "token") // replayed
	w.must(w.s.Logout(w.ctx, w.clinic, p.LogoutToken(nil)))
	_, err = w.s.SessionByToken(w.ctx, two, false)
	w.want(err, "expired")
	for _, bad := range []string{"", "a.b.c", p.LogoutToken(map[string]any{"aud": "x"}), p.LogoutToken(map[string]any{"iss": "https://evil.example"})} {
		w.want(w.s.Logout(w.ctx, w.clinic, bad), "token")
	}
}
