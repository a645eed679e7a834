package signin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

func TestPasskeySignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, _ := w.withPassword(eva, "eva")
	k := key(ward)
	if _, err := w.register(s, k, ward); err != nil {
		t.Fatal(err)
	}
	got, _, err := w.byKey(k, "", ward)
	if err != nil || got.Account.ID != eva || !slices.Equal(got.Proof.Means, []accounts.Means{accounts.ByPasskey}) {
		t.Fatalf("%+v %v", got, err)
	}
	if _, _, err := w.byKey(k, " EVA ", ward); err != nil {
		t.Errorf("by login: %v", err)
	}
	_, _, err = w.byKey(k, "otto", ward)
	w.want(err, "wrong")
	_, err = w.register(s, k, console)
	w.want(err, "credential") // another relying party
	w.must(w.s.Lock(w.ctx, w.clinic, eva))
	_, _, err = w.byKey(k, "", ward)
	w.want(err, "wrong")
}

func TestCeremoniesWorkOnceInTimeAndForWhomTheyBegan(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, _ := w.withPassword(w.person("eva"), "eva")
	otto, _ := w.withPassword(w.person("otto"), "otto")
	k := key(ward)
	if _, err := w.register(s, k, ward); err != nil {
		t.Fatal(err)
	}
	c, err := w.s.AskPasskey(w.ctx, w.clinic, "", ward)
	w.must(err)
	answer := k.Get(t, c.Options)
	if _, _, err := w.s.SignInByPasskey(w.ctx, w.clinic, c.Handle, answer, ward); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.s.SignInByPasskey(w.ctx, w.clinic, c.Handle, answer, ward)
	w.want(err, "expired") // the same challenge again
	c, _ = w.s.AskPasskey(w.ctx, w.clinic, "", ward)
	_, _, err = w.s.SignInByPasskey(w.ctx, w.clinic, c.Handle, answer, ward)
	w.want(err, "wrong") // the old answer under a new challenge
	c, _ = w.s.AskPasskey(w.ctx, w.clinic, "", ward)
	w.later(5 * time.Minute)
	_, _, err = w.s.SignInByPasskey(w.ctx, w.clinic, c.Handle, k.Get(t, c.Options), ward)
	w.want(err, "expired")
	c, _ = w.s.AskPasskey(w.ctx, w.clinic, "", ward)
	_, _, err = w.s.SignInByPasskey(w.ctx, w.clinic, c.Handle, k.Get(t, c.Options), console)
	w.want(err, "expired") // begun at the other listener
	c, _ = w.s.BeginPasskey(w.ctx, s, ward)
	_, err = w.s.AddPasskey(w.ctx, otto, c.Handle, "x", key(ward).Create(t, c.Options), ward)
	w.want(err, "expired") // somebody else's registration
	_, _, err = w.s.SignInByPasskey(w.ctx, w.clinic, "nonsense", nil, ward)
	w.want(err, "expired")
}

func TestClonedPasskeyIsRefusedAndShown(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, _ := w.withPassword(w.person("eva"), "eva")
	k := key(ward)
	if _, err := w.register(s, k, ward); err != nil {
		t.Fatal(err)
	}
	k.Count = 9
	if _, _, err := w.byKey(k, "", ward); err != nil {
		t.Fatal(err)
	}
	k.Count = 3
	_, _, err := w.byKey(k, "", ward)
	w.want(err, "wrong")
	if f, err := w.s.Factors(w.ctx, s); err != nil || !f.Passkeys[0].Cloned {
		t.Errorf("%+v %v", f, err)
	}
}

// TestAdministratorsNeedPasskeys: by password alone an administrator can only set one up,
// and once there is one it cannot be gone round by registering another.
func TestAdministratorsNeedPasskeys(t *testing.T) {
	t.Parallel()
	w := open(t)
	anna := w.person("anna", "people")
	w.withPassword(anna, "anna")
	s, token, err := w.login("anna", "", console)
	if err != nil || s.Must != accounts.MustPasskey {
		t.Fatalf("%+v %v", s, err)
	}
	k := key(console)
	if _, err := w.register(s, k, console); err != nil {
		t.Fatal(err)
	}
	if s, err = w.s.SessionByToken(w.ctx, token, true); err != nil || s.Must != "" {
		t.Fatalf("afterwards: %+v %v", s, err)
	}
	s, token, err = w.login("anna", "", console)
	if err != nil || s.Must != accounts.MustPasskey {
		t.Fatalf("again by password: %+v %v", s, err)
	}
	_, err = w.register(s, key(console), console)
	w.want(err, "passkey_needed")
	if s, err = w.s.StepUp(w.ctx, s, password, "", console); err != nil || s.Must != accounts.MustPasskey {
		t.Errorf("a password is no passkey: %+v %v", s, err)
	}
	c, err := w.s.AskStepUp(w.ctx, s, console)
	w.must(err)
	if s, err = w.s.StepUpByPasskey(w.ctx, s, c.Handle, k.Get(t, c.Options), console); err != nil || s.Must != "" {
		t.Errorf("proved: %+v %v", s, err)
	}
	if s, err = w.s.SessionByToken(w.ctx, token, true); err != nil || s.Must != "" {
		t.Errorf("and kept: %+v %v", s, err)
	}
	if s, _, err = w.login("anna", "", ward); err != nil || s.Must != "" {
		t.Errorf("the chat asks for none: %+v %v", s, err)
	}
	w.save(func(p *accounts.SignInPolicy) { p.AdminPasskey = "recommended" })
	if s, _, err = w.login("anna", "", console); err != nil || s.Must != "" {
		t.Errorf("recommended only: %+v %v", s, err)
	}
}

func TestBreakGlassComesInAndIsSeen(t *testing.T) {
	t.Parallel()
	w := open(t)
	link, err := w.s.EnsureAdmin(w.ctx, w.clinic)
	w.must(err)
	s, _, err := w.s.FollowLink(w.ctx, link, console)
	if err != nil || s.Must != "" || !s.Account.Has(accounts.RoleOwner) {
		t.Fatalf("%+v %v", s, err)
	}
	w.must(w.s.SetPassword(w.ctx, s, "", password, console))
	if n, err := w.db.BreakGlassSince(w.ctx, w.clinic, w.now.Add(-time.Hour)); err != nil || n != 0 {
		t.Errorf("a printed link counts: %d %v", n, err)
	}
	if s, _, err = w.login("admin", "", console); err != nil || s.Must != "" {
		t.Fatalf("%+v %v", s, err)
	}
	if n, err := w.db.BreakGlassSince(w.ctx, w.clinic, w.now.Add(-time.Hour)); err != nil || n != 1 {
		t.Errorf("%d sign-ins shown, %v", n, err)
	}
	if n := w.count(`select count(*) from audit where act = 'signin.break_glass'`); n != 2 {
		t.Errorf("%d lines kept", n)
	}
}

func TestAuthenticatorApp(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, _ := w.withPassword(w.person("eva"), "eva")
	e, err := w.s.BeginTOTP(w.ctx, s, "Klinikum Linden")
	w.must(err)
	if !strings.HasPrefix(e.URL, "otpauth://totp/Klinikum%20Linden:eva?") || !strings.Contains(e.URL, "secret="+e.Secret) {
		t.Errorf("url %q", e.URL)
	}
	if _, _, err := w.login("eva", "", ward); err != nil {
		t.Errorf("an unconfirmed one asks already: %v", err)
	}
	_, err = w.s.ConfirmTOTP(w.ctx, s, "000000", ward)
	w.want(err, "otp_wrong")
	secret, recovery := w.enrol(s)
	if len(recovery) != 10 || len(slices.Compact(slices.Sorted(slices.Values(recovery)))) != 10 {
		t.Errorf("recovery codes %v", recovery)
	}
	_, err = w.s.BeginTOTP(w.ctx, s, "x")
	w.want(err, "enrolled")
	_, _, err = w.login("eva", "", ward)
	w.want(err, "otp_needed")
	code := w.otp(secret, w.read())
	got, _, err := w.login("eva", code, ward)
	if err != nil || !slices.Equal(got.Proof.Means, []accounts.Means{accounts.ByPassword, accounts.ByOTP}) {
		t.Fatalf("%+v %v", got, err)
	}
	_, _, err = w.login("eva", code, ward)
	w.want(err, "otp_wrong") // the same step again
	_, _, err = w.login("eva", w.otp(secret, w.read().Add(-30*time.Second)), ward)
	w.want(err, "otp_wrong") // one before it
	if _, _, err = w.login("eva", w.otp(secret, w.read().Add(30*time.Second)), ward); err != nil {
		t.Errorf("a clock that is ahead: %v", err)
	}
	_, _, err = w.login("eva", w.otp(secret, w.read().Add(5*time.Minute)), ward)
	w.want(err, "otp_wrong")
	if _, _, err = w.login("eva", strings.ToLower(recovery[3]), ward); err != nil {
		t.Errorf("recovery: %v", err)
	}
	_, _, err = w.login("eva", recovery[3], ward)
	w.want(err, "otp_wrong")
	if f, err := w.s.Factors(w.ctx, s); err != nil || !f.TOTP || f.RecoveryLeft != 9 {
		t.Errorf("%+v %v", f, err)
	}
	if n := w.count(`select count(*) from totp where position($1::bytea in secret) > 0`, []byte(secret)); n != 0 {
		t.Error("the secret lies open in the database")
	}
	w.must(w.s.DropTOTP(w.ctx, s))
	if _, _, err = w.login("eva", "", ward); err != nil {
		t.Errorf("switched off: %v", err)
	}
}

// TestOTPIsSlowedDown: whoever has the password cannot try a million codes.
func TestOTPIsSlowedDown(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, token := w.withPassword(w.person("eva"), "eva")
	w.enrol(s)
	var last error
	for range 7 {
		_, _, last = w.login("eva", "000000", ward)
		_, _, _ = w.login("eva", "", ward) // must not clear what was counted
	}
	w.want(last, "slow_down")
	if _, err := w.s.SessionByToken(w.ctx, token, false); err != nil {
		t.Errorf("the session that is open suffers: %v", err)
	}
}

func TestSecondFactorPolicy(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.withPassword(w.person("eva"), "eva")
	for policy, want := range map[string]accounts.Must{"none": "", "admins": "", "all": accounts.MustSecondFactor} {
		w.save(func(p *accounts.SignInPolicy) { p.SecondFactor = policy })
		if s, _, err := w.login("eva", "", ward); err != nil || s.Must != want {
			t.Errorf("%s: %q %v", policy, s.Must, err)
		}
	}
	w.save(func(p *accounts.SignInPolicy) { p.SecondFactor = "all" })
	s, token, err := w.login("eva", "", ward)
	w.must(err)
	w.enrol(s)
	if s, err = w.s.SessionByToken(w.ctx, token, false); err != nil || s.Must != "" {
		t.Errorf("after enrolling: %+v %v", s, err)
	}
}

// TestCodeWithoutPassword: the session can do nothing until it has something lasting.
func TestCodeWithoutPassword(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	code, _, err := w.s.IssueCode(w.ctx, w.clinic, eva)
	w.must(err)
	s, token, err := w.s.Activate(w.ctx, w.clinic, "eva", code, "", ward)
	if err != nil || s.Must != accounts.MustCredential || s.Account.HasPassword {
		t.Fatalf("%+v %v", s, err)
	}
	k := key(ward)
	p, err := w.register(s, k, ward)
	w.must(err)
	if s, err = w.s.SessionByToken(w.ctx, token, false); err != nil || s.Must != "" {
		t.Fatalf("with a passkey: %+v %v", s, err)
	}
	w.want(w.s.DropPasskey(w.ctx, s, p.ID), "last_way")
	if _, _, err := w.byKey(k, "", ward); err != nil {
		t.Errorf("sign in by it: %v", err)
	}
	w.must(w.s.SetPassword(w.ctx, s, "", password, ward))
	if s, err = w.s.SessionByToken(w.ctx, token, false); err != nil {
		t.Fatal(err)
	}
	w.must(w.s.DropPasskey(w.ctx, s, p.ID))
}

func TestStepUpIsYoungForTenMinutes(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, token := w.withPassword(w.person("eva"), "eva")
	fresh := func(want bool) accounts.Session {
		t.Helper()
		s, err := w.s.SessionByToken(w.ctx, token, false)
		if err != nil || s.Fresh != want {
			t.Errorf("fresh %v, %v", s.Fresh, err)
		}
		return s
	}
	fresh(true)
	w.later(10 * time.Minute)
	s := fresh(false)
	_, err := w.s.StepUp(w.ctx, s, "falsches Passwort", "", ward)
	w.want(err, "wrong")
	fresh(false)
	_, err = w.s.StepUp(w.ctx, s, password, "", ward)
	w.must(err)
	fresh(true)
}

func TestDirectoryIsOfferedOnlyWhereOneSignsIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, off := range []bool{false, true} {
		w.binder.off = off
		if got, err := w.s.Offered(w.ctx, w.clinic, ward); err != nil || got.Directory == off {
			t.Errorf("off %v: offered %v, %v", off, got.Directory, err)
		}
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	w.exec(`insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'ldap', 'AD', true, 1)`, w.clinic, eva)
	w.binder.source = hub.ConnectorID(eva)
	w.exec(`insert into person_source (clinic_id, source, key, person_id, status) select $1, $2, 'guid-1', person_id, 'working' from account where id = $2`, w.clinic, eva)
	w.binder.people["eva@klinik"] = [2]string{password, "guid-1"} // another name there than here
	w.binder.people["fremd"] = [2]string{password, "guid-9"}
	s, _, err := w.login("eva@klinik", "", ward)
	if err != nil || s.Account.ID != eva || s.Account.State != accounts.Active || s.Proof.Means[0] != accounts.ByDirectory {
		t.Fatalf("%+v %v", s, err)
	}
	_, _, err = w.login("fremd", "", ward)
	w.want(err, "wrong") // right there, nobody here
	_, _, err = w.login("nobody", "", ward)
	w.want(err, "wrong")
	w.exec(`update person_source set status = 'gone' where key = 'guid-1'`)
	_, _, err = w.login("eva@klinik", "", ward)
	w.want(err, "wrong") // known there, and not as working: another source may keep the account open
	w.exec(`update person_source set status = 'working' where key = 'guid-1'`)
	w.withPassword(w.person("otto"), "otto")
	w.binder.down = true
	if _, _, err := w.login("otto", "", ward); err != nil {
		t.Errorf("the local way while the directory is down: %v", err)
	}
	for _, who := range []string{"eva@klinik", "nobody"} { // the same for the known and the unknown
		_, _, err = w.login(who, "", ward)
		w.want(err, "directory_unavailable")
	}
	w.binder.down = false
	w.later(time.Hour)
	w.must(w.s.Lock(w.ctx, w.clinic, eva))
	_, _, err = w.login("eva@klinik", "", ward)
	w.want(err, "wrong") // locked here, whatever the directory says
	w.must(w.s.Unlock(w.ctx, w.clinic, eva))
	w.save(func(p *accounts.SignInPolicy) { p.Directory = false })
	asked := w.binder.asked
	_, _, err = w.login("eva@klinik", "", ward)
	if w.want(err, "wrong"); w.binder.asked != asked {
		t.Error("asked although the policy says no")
	}
}

// TestUnknownLoginsTakeAsLong: the slow hash is worked for them too.
func TestUnknownLoginsTakeAsLong(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.withPassword(w.person("eva"), "eva")
	took := func(login string) time.Duration {
		best := time.Hour
		for range 4 {
			w.later(2 * time.Hour)
			began := time.Now()
			_, _, err := w.s.SignIn(w.ctx, w.clinic, accounts.Login{Login: login, Password: "falsches Passwort"}, ward)
			best = min(best, time.Since(began))
			w.want(err, "wrong")
		}
		return best
	}
	known, unknown := took("eva"), took("nobody")
	if unknown < known/8 { // without the hash it takes a fiftieth
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

// TestAttackOnALoginLeavesItsDeviceAlone: the sign-in is shut, the session and what reaches
// its device are not.
func TestAttackOnALoginLeavesItsDeviceAlone(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, token := w.withPassword(eva, "eva")
	d := w.device(s)
	var last error
	for range 40 {
		_, _, last = w.s.SignIn(w.ctx, w.clinic, accounts.Login{Login: "eva", Password: "falsches Passwort"}, ward)
	}
	w.want(last, "slow_down")
	if s, err := w.s.SessionByToken(w.ctx, token, false); err != nil || s.Device != d {
		t.Errorf("the session: %+v %v", s, err)
	}
	if n := w.count(`select count(*) from device where id = $1 and revoked_at is null`, d); n != 1 {
		t.Error("the device is gone")
	}
	if n := w.count(`select count(*) from account where id = $1 and state = 'active'`, eva); n != 1 {
		t.Error("the account is not active any more")
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := open(t)
	anna, ben := w.person("anna", "owner"), w.person("ben")
	by, _ := w.withPassword(anna, "anna")
	w.want(w.s.SetRoles(w.ctx, by, anna, nil), "last_owner")
	w.want(w.s.SetRoles(w.ctx, by, ben, []accounts.AdminRole{"king"}), "unknown")
	w.told(ben, func() {
		w.must(w.s.SetRoles(w.ctx, by, ben, []accounts.AdminRole{accounts.RoleOwner, accounts.RolePeople}))
	})
	w.must(w.s.SetRoles(w.ctx, by, anna, nil))
	if a := w.account(anna); a.Level != hub.LevelInternal || len(a.Roles) != 0 {
		t.Errorf("anna: %+v", a)
	}
	w.exec(`update account set locked_here = true where id = $1`, ben)
	err := w.s.SetRoles(w.ctx, by, ben, []accounts.AdminRole{accounts.RolePeople})
	w.want(err, "last_owner")
	admins, err := w.s.Admins(w.ctx, w.clinic)
	if err != nil || len(admins) != 1 || admins[0].Account.ID != ben {
		t.Errorf("%+v %v", admins, err)
	}
}

// TestWhoIsNoAdministratorLeavesTheConsole at once.
func TestWhoIsNoAdministratorLeavesTheConsole(t *testing.T) {
	t.Parallel()
	w := open(t)
	anna, ben := w.person("anna", "owner"), w.person("ben", "people")
	by, _ := w.withPassword(anna, "anna")
	w.withPassword(ben, "ben")
	_, token, err := w.login("ben", "", console)
	w.must(err)
	_, chat, err := w.login("ben", "", ward)
	w.must(err)
	w.must(w.s.SetRoles(w.ctx, by, ben, nil))
	_, err = w.s.SessionByToken(w.ctx, token, true)
	w.want(err, "expired")
	if _, err := w.s.SessionByToken(w.ctx, chat, false); err != nil {
		t.Errorf("the chat goes on: %v", err)
	}
}

func TestOnlyOwnersReachAdministrators(t *testing.T) {
	t.Parallel()
	w := open(t)
	owner, people, eva := w.person("anna", "owner"), w.person("ben", "people"), w.person("eva")
	by, _ := w.withPassword(people, "ben")
	w.want(w.s.Reach(w.ctx, by, owner), "role")
	w.must(w.s.Reach(w.ctx, by, eva))
	letters, err := w.s.IssueLetters(w.ctx, by, []hub.UserID{owner, eva, hub.NewID[hub.UserID]()})
	if err != nil || letters[0].Fault != "role" || letters[0].Code != "" || len(letters[1].Code) != 10 || letters[2].Fault != "not_found" {
		t.Errorf("%+v %v", letters, err)
	}
}

func TestSessionsEndAndEverybodyIsTold(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, token := w.withPassword(eva, "eva")
	other, gone, err := w.login("eva", "", ward)
	w.must(err)
	if list, err := w.s.Sessions(w.ctx, s); err != nil || len(list) != 2 || list[0].Agent != "Firefox" {
		t.Fatalf("%+v %v", list, err)
	}
	w.told(eva, func() { w.must(w.s.EndSession(w.ctx, w.clinic, eva, other.ID)) })
	_, err = w.s.SessionByToken(w.ctx, gone, false)
	w.want(err, "expired")
	otto := w.person("otto")
	if err := w.s.EndSession(w.ctx, w.clinic, otto, s.ID); hub.KindOf(err) != hub.NotFound {
		t.Errorf("somebody else's: %v", err)
	}
	_, third, err := w.login("eva", "", ward)
	w.must(err)
	w.must(w.s.EndSessions(w.ctx, w.clinic, eva, s.ID))
	_, err = w.s.SessionByToken(w.ctx, third, false)
	w.want(err, "expired")
	if _, err := w.s.SessionByToken(w.ctx, token, false); err != nil {
		t.Errorf("this one: %v", err)
	}
}

func TestPolicyHidesSecretsAndIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := open(t)
	anna, ben := w.person("anna", "owner"), w.person("ben", "policy")
	owner, _ := w.withPassword(anna, "anna")
	policy, _ := w.withPassword(ben, "ben")
	secret := "client-secret-of-the-house"
	p := accounts.DefaultPolicy()
	p.Providers = []accounts.Provider{{Label: "Haus", Enabled: true, Issuer: "https://op.example", ClientID: "w", Secret: &secret, Claim: "sub", Match: "login",
		GroupsClaim: "groups", Groups: []accounts.GroupRole{{Group: "admins", Role: accounts.RoleOwner}}}}
	_, _, err := w.s.SavePolicy(w.ctx, policy, p, 0)
	w.want(err, "role") // would make an owner of whoever is in the group
	saved, revision, err := w.s.SavePolicy(w.ctx, owner, p, 0)
	if err != nil || revision != 1 || saved.Providers[0].Secret != nil || !saved.Providers[0].SecretSet || saved.Providers[0].ID == "" {
		t.Fatalf("%+v %d %v", saved, revision, err)
	}
	_, _, err = w.s.SavePolicy(w.ctx, owner, saved, 0)
	w.want(err, "stale")
	saved.SecondFactor = "all"
	if _, _, err = w.s.SavePolicy(w.ctx, policy, saved, 1); err != nil {
		t.Fatal(err)
	}
	stored, _, err := w.ways.SignInPolicy(w.ctx, w.clinic)
	if err != nil || stored.Providers[0].Secret == nil || *stored.Providers[0].Secret != secret {
		t.Errorf("the secret was not kept: %v", err)
	}
	saved.Providers[0].Issuer = "https://evil.example"
	if _, _, err = w.s.SavePolicy(w.ctx, owner, saved, 2); err != nil {
		t.Fatal(err)
	}
	if stored, _, err = w.ways.SignInPolicy(w.ctx, w.clinic); err != nil || stored.Providers[0].Secret != nil {
		t.Errorf("the secret went to another issuer: %v", err)
	}
	if n := w.count(`select count(*) from signin_policy where policy::text like '%client-secret%' or position($1::bytea in secrets) > 0`, []byte(secret)); n != 0 {
		t.Error("the secret lies open")
	}
	for name, bad := range map[string]func(*accounts.SignInPolicy){
		"plain http":   func(p *accounts.SignInPolicy) { p.Providers[0].Issuer = "http://op.example" },
		"by mail":      func(p *accounts.SignInPolicy) { p.Providers[0].Claim = "email" },
		"unknown role": func(p *accounts.SignInPolicy) { p.Providers[0].Groups[0].Role = "king" },
		"devices":      func(p *accounts.SignInPolicy) { p.Devices = "none" },
		"two scopes":   func(p *accounts.SignInPolicy) { p.Providers[0].Scopes = []string{"profile groups"} },
		"empty scope":  func(p *accounts.SignInPolicy) { p.Providers[0].Scopes = []string{""} },
		"long scope":   func(p *accounts.SignInPolicy) { p.Providers[0].Scopes = []string{strings.Repeat("x", 101)} },
	} {
		q := saved
		q.Providers = []accounts.Provider{saved.Providers[0]}
		q.Providers[0].Groups = slices.Clone(saved.Providers[0].Groups)
		bad(&q)
		var e *hub.Error
		if _, _, err := w.s.SavePolicy(w.ctx, owner, q, 3); !errors.As(err, &e) || e.Kind != hub.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
