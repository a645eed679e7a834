package app

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server"
	"github.com/wardline/wardline/store/desk"
)

// firstRun is the wizard that leads through the first set-up.
type firstRun struct{ a *App }

var _ server.Setup = firstRun{}

// Steps lists all steps with what is already true of each.
func (f firstRun) Steps(ctx context.Context, of accounts.Session) ([]server.SetupStep, error) {
	said, err := f.a.desk.Steps(ctx, of.Clinic)
	if err != nil {
		return nil, err
	}
	var out []server.SetupStep
	for _, look := range []func(context.Context, accounts.Session, desk.Step) (server.SetupStep, error){
		f.name, f.admin, f.address, f.staff, f.mail, f.alarm,
	} {
		step, err := look(ctx, of, desk.Step{})
		if err != nil {
			return nil, err
		}
		if s, ok := said[string(step.Name)]; ok {
			if step, err = look(ctx, of, s); err != nil {
				return nil, err
			}
			step.State = server.SetupState(s.State)
		}
		if step.State == "" {
			step.State = server.SetupOpen
		}
		out = append(out, step)
	}
	return out, nil
}

func (f firstRun) name(context.Context, accounts.Session, desk.Step) (server.SetupStep, error) {
	c := f.a.register()
	return server.SetupStep{Name: server.SetupClinic, Met: c.Name != "" && c.Name != defaults()["clinic.name"],
		Facts: server.SetupFacts{ClinicName: c.Name, Timezone: c.Timezone}}, nil
}

func (f firstRun) admin(ctx context.Context, of accounts.Session, _ desk.Step) (server.SetupStep, error) {
	has, err := f.a.accounts.Factors(ctx, of)
	facts := server.SetupFacts{Password: of.Account.HasPassword, Passkey: len(has.Passkeys) > 0}
	return server.SetupStep{Name: server.SetupAdmin, Met: facts.Passkey || facts.Password && has.TOTP, Facts: facts}, err
}

// address tells under which addresses people reach the hub. Browsers let a page use keys,
// push and sound only in a secure context: TLS, or this machine itself.
func (f firstRun) address(context.Context, accounts.Session, desk.Step) (server.SetupStep, error) {
	step := server.SetupStep{Name: server.SetupAddress, Met: true}
	for _, l := range []struct {
		name   string
		config ListenConfig
	}{{"chat", f.a.config.Chat.ListenConfig}, {"console", f.a.config.Console}} {
		fact := server.SetupAddressFact{Listener: l.name, URL: baseURL(l.config)}
		if u, err := url.Parse(fact.URL); err == nil {
			fact.TLS = u.Scheme == "https"
			fact.OK = fact.TLS || slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
		}
		if !fact.OK {
			fact.Detail = "no_tls"
		}
		step.Met = step.Met && fact.TLS
		step.Facts.Addresses = append(step.Facts.Addresses, fact)
	}
	return step, nil
}

func (f firstRun) staff(ctx context.Context, of accounts.Session, _ desk.Step) (server.SetupStep, error) {
	step := server.SetupStep{Name: server.SetupStaff}
	all, err := f.a.db.Connectors(ctx, of.Clinic)
	if err != nil {
		return step, err
	}
	for _, r := range all {
		if slices.Contains(staffKinds(), r.Kind) {
			step.Facts.Sources++
		}
	}
	counts, err := f.a.db.StaffCounts(ctx, of.Clinic, time.Now())
	step.Facts.Persons = counts.PersonsActive
	step.Met = step.Facts.Persons > 0
	return step, err
}

func (f firstRun) mail(ctx context.Context, of accounts.Session, _ desk.Step) (server.SetupStep, error) {
	step := server.SetupStep{Name: server.SetupMail}
	all, err := f.a.db.Connectors(ctx, of.Clinic)
	for _, r := range all {
		if r.Kind == "mail" && r.Enabled {
			h := f.a.supervisor.Health(r.ID)
			step.Facts.Mail = &server.SetupMailFact{Connector: r.ID, State: h.State}
			step.Met = h.State == connectors.Up
			break
		}
	}
	return step, err
}

// alarm is met once somebody has accepted the last test alarm.
func (f firstRun) alarm(ctx context.Context, of accounts.Session, said desk.Step) (server.SetupStep, error) {
	step := server.SetupStep{Name: server.SetupAlarm}
	devices, err := f.a.db.Devices(ctx, of.Clinic, of.Account.ID)
	if err != nil {
		return step, err
	}
	step.Facts.Devices, step.Facts.Alert = len(devices), hub.AlertID(said.Ref)
	if said.Ref == "" {
		return step, nil
	}
	a, err := f.a.db.Alert(ctx, of.Clinic, hub.AlertID(said.Ref))
	if hub.KindOf(err) == hub.NotFound {
		return step, nil
	}
	step.Met = slices.Contains(a.AcceptedBy, of.Account.ID)
	return step, err
}

func (f firstRun) SetStep(ctx context.Context, clinic hub.ClinicID, step server.SetupName, state server.SetupState, by hub.UserID) error {
	return f.a.desk.SetStep(ctx, clinic, string(step), string(state), "", by)
}

func (f firstRun) Rename(ctx context.Context, clinic hub.ClinicID, name, timezone string, by hub.UserID) error {
	if err := f.a.desk.Rename(ctx, clinic, name, timezone); err != nil {
		return err
	}
	return f.a.desk.SetStep(ctx, clinic, string(server.SetupClinic), string(server.SetupDone), "", by)
}

// TestAlarm raises an alert as a source would, and in the name of the hand, to one account.
func (f firstRun) TestAlarm(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (hub.AlertID, error) {
	hand, err := f.a.db.Staff().Hand(ctx, clinic)
	if err != nil {
		return "", err
	}
	ref := "test:" + string(hub.NewID[hub.AlertID]())
	err = f.a.db.Inbox(clinic, hand).PutSignal(ctx, connectors.Raw{Key: ref, Type: "test-alarm", Received: time.Now()}, alerting.Signal{
		Ref: ref, Phase: alerting.PhaseRaise, Kind: "test", Priority: alerting.Urgent, Technical: true, To: user,
		Text: "Probealarm: bitte annehmen. / Test alarm: please accept.", At: time.Now(),
	})
	if err != nil {
		return "", err
	}
	alert, err := f.a.db.AlertByRef(ctx, clinic, hand, ref)
	if err != nil {
		return "", err
	}
	said, err := f.a.desk.Steps(ctx, clinic)
	if err != nil {
		return "", err
	}
	state := said[string(server.SetupAlarm)].State
	if state == "" {
		state = string(server.SetupDone)
	}
	return alert.ID, f.a.desk.SetStep(ctx, clinic, string(server.SetupAlarm), state, string(alert.ID), user)
}

func (f firstRun) TestMail(ctx context.Context, clinic hub.ClinicID, to string) error {
	return f.a.supervisor.Mail(ctx, clinic, connectors.Mail{
		To: to, Subject: "Wardline: Testnachricht / test message",
		Text: "Diese Nachricht bestätigt, dass Wardline E-Mails senden kann.\n\nThis message confirms that Wardline can send mail.\n",
	})
}
