package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// signInFake stands behind the ways of signing in; nothing of it exists in another clinic.
type signInFake struct {
	*world
	tripErr  error
	stepUp   bool
	returned accounts.Returned
	started  accounts.Session
	logout   error
	revision int
	reach    error
	joined   chan string
}

func (f *signInFake) port() SignIn {
	return SignIn{Offers: f, Passkeys: f, Own: f, StepUps: f, Trips: f, Sessions: f, Waiting: f, Joining: f, Access: f, Stripper: f, Invites: f, Codes: f, Policy: f, Audit: f}
}

// signInBodies are requests good enough to reach the handlers.
func signInBodies() map[string]string {
	answer := `{"ceremony":"c","credential":{}}`
	return map[string]string{
		"ask-passkey": `{}`, "passkey-login": answer, "add-passkey": `{"ceremony":"c","name":"n","credential":{}}`, "rename-passkey": `{"name":"n"}`,
		"step-up": `{"password":"p"}`, "step-up-passkey": answer, "confirm-totp": `{"code":"1"}`,
		"join": `{"token":"t","who":"w"}`, "set-roles": `{"roles":["people"]}`,
		"save-signin-policy": `{"admin_passkey":"required","second_factor":"none","directory":true,"devices":"any","providers":[]}`,
		"test-provider":      `{"issuer":"https://op.example"}`, "issue-letters": `{"accounts":["` + thing + `"]}`,
		"create-poster": `{"unit_id":"` + thing + `","hours":72}`, "create-device-code": `{"label":"l","hours":1}`,
	}
}

func (f *signInFake) Offered(context.Context, hub.ClinicID, accounts.Place) (accounts.OfferedWays, error) {
	return accounts.OfferedWays{Providers: []accounts.Provider{plantedProvider()}}, f.call()
}
func (f *signInFake) HasPasskeys(host string, _ accounts.Place) bool     { return host == "example.com" }
func (f *signInFake) KeyWorks(k accounts.Passkey, _ accounts.Place) bool { return true }
func (f *signInFake) AskPasskey(context.Context, hub.ClinicID, string, accounts.Place) (accounts.Ceremony, error) {
	return accounts.Ceremony{Handle: "h", Options: []byte(`{"challenge":"x"}`)}, f.call()
}
func (f *signInFake) SignInByPasskey(ctx context.Context, _ hub.ClinicID, _ string, _ []byte, from accounts.Place) (accounts.Session, string, error) {
	return f.SignIn(ctx, home, accounts.Login{}, from)
}
func (f *signInFake) BeginPasskey(_ context.Context, s accounts.Session, _ accounts.Place) (accounts.Ceremony, error) {
	return accounts.Ceremony{Handle: "h", Options: []byte(`{}`)}, f.at(s.Clinic)
}
func (f *signInFake) AddPasskey(_ context.Context, s accounts.Session, _, name string, _ []byte, _ accounts.Place) (accounts.Passkey, error) {
	return accounts.Passkey{ID: thing, Name: name}, f.at(s.Clinic)
}
func (f *signInFake) RenamePasskey(_ context.Context, s accounts.Session, _, _ string) error {
	return f.at(s.Clinic)
}
func (f *signInFake) DropPasskey(_ context.Context, s accounts.Session, _ string) error {
	return f.at(s.Clinic)
}
func (f *signInFake) Factors(context.Context, accounts.Session) (accounts.Factors, error) {
	return accounts.Factors{Passkeys: []accounts.Passkey{plantedKey()}}, f.call()
}
func (f *signInFake) BeginTOTP(_ context.Context, s accounts.Session, _ string) (accounts.OTPEnrolment, error) {
	return accounts.OTPEnrolment{Secret: "S", URL: "otpauth://totp/x"}, f.at(s.Clinic)
}
func (f *signInFake) ConfirmTOTP(_ context.Context, s accounts.Session, _ string, _ accounts.Place) ([]string, error) {
	return []string{"AAAA"}, f.at(s.Clinic)
}
func (f *signInFake) RenewRecovery(_ context.Context, s accounts.Session) ([]string, error) {
	return []string{"BBBB"}, f.at(s.Clinic)
}
func (f *signInFake) DropTOTP(_ context.Context, s accounts.Session) error { return f.at(s.Clinic) }
func (f *signInFake) StepUp(_ context.Context, s accounts.Session, _, _ string, _ accounts.Place) (accounts.Session, error) {
	return s, f.at(s.Clinic)
}
func (f *signInFake) AskStepUp(_ context.Context, s accounts.Session, _ accounts.Place) (accounts.Ceremony, error) {
	return accounts.Ceremony{Handle: "h", Options: []byte(`{}`)}, f.at(s.Clinic)
}
func (f *signInFake) StepUpByPasskey(_ context.Context, s accounts.Session, _ string, _ []byte, _ accounts.Place) (accounts.Session, error) {
	return s, f.at(s.Clinic)
}
func (f *signInFake) StartTrip(_ context.Context, _ hub.ClinicID, _ string, of accounts.Session, _ accounts.Place) (string, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started = of
	if f.failAt == 1 {
		return "", "", f.err
	}
	return "https://op.example/authorize?state=s", "trip-secret", f.tripErr
}
func (f *signInFake) EndTrip(_ context.Context, _ hub.ClinicID, r accounts.Returned, _ accounts.Place) (accounts.Session, string, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.returned = r
	if f.failAt == 1 {
		return accounts.Session{}, "", false, f.err
	}
	return accounts.Session{}, "new-session", f.stepUp, f.tripErr
}
func (f *signInFake) Logout(context.Context, hub.ClinicID, string) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.logout
}
func (f *signInFake) ReachProvider(context.Context, string) error { return f.call() }
func (f *signInFake) Sessions(context.Context, accounts.Session) ([]accounts.Session, error) {
	return []accounts.Session{{ID: "s", Proof: plantedProof()}, {ID: "t", Console: true}}, f.call()
}
func (f *signInFake) EndSession(_ context.Context, c hub.ClinicID, _ hub.UserID, _ string) error {
	return f.at(c)
}
func (f *signInFake) EndSessions(_ context.Context, c hub.ClinicID, _ hub.UserID, _ string) error {
	return f.at(c)
}
func (f *signInFake) Waiting(context.Context, hub.ClinicID, hub.UserID) ([]accounts.WaitingDevice, error) {
	return []accounts.WaitingDevice{{Device: accounts.Device{ID: device, User: user}}}, f.call()
}
func (f *signInFake) ApproveDevice(_ context.Context, c hub.ClinicID, _ hub.UserID, _ hub.DeviceID) error {
	return f.at(c)
}
func (f *signInFake) RefuseDevice(_ context.Context, c hub.ClinicID, _ hub.UserID, _ hub.DeviceID) error {
	return f.at(c)
}
func (f *signInFake) Join(_ context.Context, _ hub.ClinicID, _, who string, _ accounts.Place) (func(context.Context) error, error) {
	return func(context.Context) error {
		if f.joined != nil {
			f.joined <- who
		}
		return nil
	}, f.call()
}
func (f *signInFake) AccessOf(_ context.Context, c hub.ClinicID, u hub.UserID) (accounts.Access, error) {
	waits := accounts.WaitingDevice{Device: plantedDevice()}
	return accounts.Access{
		Account: accounts.Account{ID: u}, Sessions: []accounts.Session{{ID: "t", Proof: plantedProof()}}, Devices: []accounts.Device{plantedDevice()}, Waiting: []accounts.WaitingDevice{waits},
		Factors: accounts.Factors{Passkeys: []accounts.Passkey{plantedKey()}, Links: []accounts.Identity{{Provider: "p"}, {Provider: "gone"}}},
	}, f.at(c)
}
func (f *signInFake) Reach(_ context.Context, s accounts.Session, _ hub.UserID) error {
	if f.reach != nil {
		return f.reach
	}
	return f.at(s.Clinic)
}
func (f *signInFake) SetRoles(_ context.Context, s accounts.Session, _ hub.UserID, _ []accounts.AdminRole) error {
	return f.at(s.Clinic)
}
func (f *signInFake) Admins(context.Context, hub.ClinicID) ([]accounts.Admin, error) {
	return []accounts.Admin{{Account: accounts.Account{ID: user, Name: "Eva", Roles: []accounts.AdminRole{accounts.RoleOwner}}, Passkeys: 1}}, f.call()
}
func (f *signInFake) Strip(_ context.Context, c hub.ClinicID, _ hub.UserID, _, _ string) error {
	return f.at(c)
}
func (f *signInFake) IssueLetters(_ context.Context, s accounts.Session, users []hub.UserID) ([]accounts.Letter, error) {
	return []accounts.Letter{{Account: accounts.Account{ID: users[0]}, Code: "ABCDEFGHJK"}}, f.at(s.Clinic)
}
func (f *signInFake) IssuePoster(_ context.Context, s accounts.Session, _ hub.UnitID, life time.Duration) (accounts.Poster, string, string, error) {
	return accounts.Poster{ID: thing}, "t", "https://chat.example/join#token=t", f.at(s.Clinic)
}
func (f *signInFake) Posters(context.Context, hub.ClinicID) ([]accounts.Poster, error) {
	return []accounts.Poster{{ID: thing, UnitName: "Station 4B"}}, f.call()
}
func (f *signInFake) DropPoster(_ context.Context, c hub.ClinicID, _ string) error { return f.at(c) }
func (f *signInFake) IssueDeviceCode(_ context.Context, s accounts.Session, label string, _ time.Duration) (accounts.DeviceCode, string, error) {
	return accounts.DeviceCode{ID: thing, Label: label}, "CODE", f.at(s.Clinic)
}
func (f *signInFake) DeviceCodes(context.Context, hub.ClinicID) ([]accounts.DeviceCode, error) {
	return []accounts.DeviceCode{{ID: thing, Label: "Stationswagen"}}, f.call()
}
func (f *signInFake) DropDeviceCode(_ context.Context, c hub.ClinicID, _ string) error {
	return f.at(c)
}
func (f *signInFake) Policy(context.Context, hub.ClinicID) (accounts.SignInPolicy, int, error) {
	p := accounts.DefaultPolicy()
	p.Providers = []accounts.Provider{{ID: "p", Label: "Haus", SecretSet: true}} // as accounts shows it
	return p, 7, f.call()
}
func (f *signInFake) SavePolicy(_ context.Context, s accounts.Session, p accounts.SignInPolicy, revision int) (accounts.SignInPolicy, int, error) {
	if revision != 7 {
		return p, 0, hub.E("fake", hub.Conflict, "stale", "")
	}
	return p, 8, f.at(s.Clinic)
}
