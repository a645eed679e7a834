package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// TestRefusedDevicesLeaveTheirCode: it lets one device in, and one that was refused is none.
func TestRefusedDevicesLeaveTheirCode(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, _ := w.withPassword(eva, "eva")
	for range 10 {
		w.device(s)
	}
	w.save(func(p *accounts.SignInPolicy) { p.Devices = accounts.DevicesManaged })
	_, code, err := w.s.IssueDeviceCode(w.ctx, s, "Stationshandys", time.Hour)
	w.must(err)
	_, _, err = w.s.RegisterDevice(w.ctx, s, w.keys(), code, ward)
	w.want(err, "too_many")
	list, err := w.s.Devices(w.ctx, s)
	w.must(err)
	w.must(w.s.RevokeDevice(w.ctx, s, list[0].ID))
	w.must(w.s.SignOut(w.ctx, s)) // between the look at the limit and the device
	_, _, err = w.s.RegisterDevice(w.ctx, s, w.keys(), code, ward)
	w.want(err, "expired")
	again, _, err := w.login("eva", "", ward)
	w.must(err)
	if _, waits, err := w.s.RegisterDevice(w.ctx, again, w.keys(), code, ward); err != nil || waits {
		t.Errorf("with the code that came to nothing twice: waits %v, %v", waits, err)
	}
	w.must(w.s.RevokeDevice(w.ctx, again, list[1].ID))
	_, _, err = w.s.RegisterDevice(w.ctx, again, w.keys(), code, ward)
	w.want(err, "managed_only") // a second one
}

// TestGuestsStayGuests: being an administrator for a while makes nobody one of the house.
func TestGuestsStayGuests(t *testing.T) {
	t.Parallel()
	w := open(t)
	by, _ := w.withPassword(w.person("anna", "owner"), "anna")
	for _, level := range []hub.Level{hub.LevelGuest, hub.LevelInternal} {
		user := w.person(string(level))
		w.exec(`update account set level = $2 where id = $1`, user, string(level))
		for _, roles := range [][]accounts.AdminRole{{accounts.RolePeople}, {accounts.RolePolicy, accounts.RolePeople}} {
			w.must(w.s.SetRoles(w.ctx, by, user, roles))
			if a := w.account(user); a.Level != hub.LevelAdmin {
				t.Fatalf("%s with roles %v: %s", level, roles, a.Level)
			}
		}
		w.must(w.s.SetRoles(w.ctx, by, user, nil))
		if a := w.account(user); a.Level != level || len(a.Roles) != 0 {
			t.Errorf("%s afterwards: %s %v", level, a.Level, a.Roles)
		}
		w.must(w.s.SetRoles(w.ctx, by, user, nil))
		if a := w.account(user); a.Level != level {
			t.Errorf("%s, nothing taken: %s", level, a.Level)
		}
	}
}

// TestCeremoniesAreForgotten once they are over, and not before.
func TestCeremoniesAreForgotten(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, id := w.op()
	begin := func() {
		t.Helper()
		_, err := w.s.AskPasskey(w.ctx, w.clinic, "", ward)
		w.must(err)
		_, _, err = w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
		w.must(err)
	}
	kept := func() int { t.Helper(); return w.count(`select count(*) from ceremony`) }
	begin()
	w.later(4 * time.Minute)
	begin()
	w.must(w.s.Sweep(w.ctx, w.clinic))
	if n := kept(); n != 4 {
		t.Errorf("%d are kept while all are open, want 4", n)
	}
	w.later(time.Minute)
	w.must(w.s.Sweep(w.ctx, w.clinic))
	if n := kept(); n != 3 { // a passkey has five minutes, a provider ten
		t.Errorf("%d are kept after the first is over, want 3", n)
	}
	w.later(9 * time.Minute)
	w.must(w.s.Sweep(w.ctx, w.clinic))
	if n := kept(); n != 0 {
		t.Errorf("%d outlive their use", n)
	}
}

// TestCeremoniesOfNobodyAreBounded, and those of who is signed in go on.
func TestCeremoniesOfNobodyAreBounded(t *testing.T) {
	t.Parallel()
	w := open(t)
	s, _ := w.withPassword(w.person("eva"), "eva")
	_, id := w.op()
	w.exec(`
insert into ceremony (clinic_id, hash, kind, data, expires_at)
select $1, sha256((k || i)::bytea), k, '', $2 from generate_series(1, 20000) i, unnest('{passkey.sign_in,oidc}'::text[]) k`, w.clinic, w.read().Add(time.Minute))
	_, err := w.s.AskPasskey(w.ctx, w.clinic, "", ward)
	w.want(err, "slow_down")
	_, _, err = w.s.StartTrip(w.ctx, w.clinic, id, accounts.Session{}, ward)
	w.want(err, "slow_down")
	if _, err := w.s.AskStepUp(w.ctx, s, ward); err != nil {
		t.Errorf("a step-up: %v", err)
	}
	if _, _, err := w.s.StartTrip(w.ctx, w.clinic, id, s, ward); err != nil {
		t.Errorf("a step-up at the provider: %v", err)
	}
	w.later(time.Minute)
	w.must(w.s.Sweep(w.ctx, w.clinic))
	if _, err := w.s.AskPasskey(w.ctx, w.clinic, "", ward); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// TestStepUpAsksTheDirectoryForThePerson, who may be called otherwise there than here, while
// somebody else there is called as they are here.
func TestStepUpAsksTheDirectoryForThePerson(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	w.exec(`insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'ldap', 'AD', true, 1)`, w.clinic, eva)
	w.binder.source = hub.ConnectorID(eva)
	w.exec(`insert into person_source (clinic_id, source, key, person_id, status) select $1, $2, 'guid-1', person_id, 'working' from account where id = $2`, w.clinic, eva)
	const hers, theirs = "ihr Kennwort im Haus", "das Kennwort einer anderen"
	w.binder.people["eva@klinik"] = [2]string{hers, "guid-1"}
	w.binder.people["eva"] = [2]string{theirs, "guid-2"}
	s, token, err := w.s.SignIn(w.ctx, w.clinic, accounts.Login{Login: "eva@klinik", Password: hers}, ward)
	w.must(err)
	w.later(time.Hour)
	_, err = w.s.StepUp(w.ctx, s, theirs, "", ward)
	w.want(err, "wrong")
	_, err = w.s.StepUp(w.ctx, s, "falsches Passwort", "", ward)
	w.want(err, "wrong")
	if slices.Contains(w.binder.missed, "eva") {
		t.Error("her mistyping counts against somebody else in the directory")
	}
	if _, err = w.s.StepUp(w.ctx, s, hers, "", ward); err != nil {
		t.Fatalf("her own: %v", err)
	}
	if s, err = w.s.SessionByToken(w.ctx, token, false); err != nil || !s.Fresh || !slices.Equal(s.Proof.Means, []accounts.Means{accounts.ByDirectory}) {
		t.Errorf("%+v %v", s, err)
	}
	w.binder.down = true
	_, err = w.s.StepUp(w.ctx, s, hers, "", ward)
	w.want(err, "directory_unavailable")
	w.binder.down = false
	w.exec(`update person_source set status = 'gone' where key = 'guid-1'`)
	_, err = w.s.StepUp(w.ctx, s, hers, "", ward)
	w.want(err, "wrong")
	w.exec(`update person_source set status = 'working' where key = 'guid-1'`)
	w.save(func(p *accounts.SignInPolicy) { p.Directory = false })
	_, err = w.s.StepUp(w.ctx, s, hers, "", ward)
	w.want(err, "wrong")
}

// TestStepUpByDirectoryAsksForTheSecondFactor, too.
func TestStepUpByDirectoryAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.person("eva")
	s, _ := w.withPassword(eva, "eva")
	secret, _ := w.enrol(s)
	w.exec(`insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'ldap', 'AD', true, 1)`, w.clinic, eva)
	w.binder.source = hub.ConnectorID(eva)
	w.exec(`insert into person_source (clinic_id, source, key, person_id, status) select $1, $2, 'guid-1', person_id, 'working' from account where id = $2`, w.clinic, eva)
	const hers = "ihr Kennwort im Haus"
	w.binder.people["mueller"] = [2]string{hers, "guid-1"}
	_, err := w.s.StepUp(w.ctx, s, hers, "", ward)
	w.want(err, "otp_needed")
	if _, err = w.s.StepUp(w.ctx, s, hers, w.otp(secret, w.read()), ward); err != nil {
		t.Error(err)
	}
}
