package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// SetupName is one step of the first-run wizard. It is stored.
type SetupName string

// The steps in their order.
const (
	SetupClinic  SetupName = "name"
	SetupAdmin   SetupName = "admin"
	SetupAddress SetupName = "address"
	SetupStaff   SetupName = "staff"
	SetupMail    SetupName = "mail"
	SetupAlarm   SetupName = "alarm"
)

// SetupState is what an administrator has said of a step. It is stored.
type SetupState string

// An open step has neither been done nor passed over.
const (
	SetupOpen    SetupState = "open"
	SetupDone    SetupState = "done"
	SetupSkipped SetupState = "skipped"
)

// SetupStep is one step with what is already true of it.
type SetupStep struct {
	Name  SetupName  `json:"step" enum:"name,admin,address,staff,mail,alarm"`
	State SetupState `json:"state" enum:"open,done,skipped"`
	Met   bool       `json:"met" doc:"The hub can see that it is done, whatever was said of it."`
	Facts SetupFacts `json:"facts"`
}

// SetupFacts is what is already true of a step; each step fills in its own.
type SetupFacts struct {
	ClinicName string `json:"clinic_name,omitempty" doc:"Step name."`
	Timezone   string `json:"timezone,omitempty" doc:"Step name."`

	Password bool `json:"has_password,omitempty" doc:"Step admin: of who asks."`
	Passkey  bool `json:"has_passkey,omitempty" doc:"Step admin: of who asks."`

	Addresses []SetupAddressFact `json:"addresses,omitempty" doc:"Step address."`

	Sources int `json:"sources,omitempty" doc:"Step staff: connectors that read people."`
	Persons int `json:"persons,omitempty" doc:"Step staff."`

	Mail *SetupMailFact `json:"mail,omitempty" doc:"Step mail: absent without a connector."`

	Devices int         `json:"devices,omitempty" doc:"Step alarm: devices of who asks that can show an alarm."`
	Alert   hub.AlertID `json:"alert_id,omitempty" doc:"Step alarm: the last test alarm."`
}

// SetupAddressFact is one address under which people reach the hub.
type SetupAddressFact struct {
	Listener string `json:"listener" enum:"chat,console"`
	URL      string `json:"url"`
	TLS      bool   `json:"tls"`
	OK       bool   `json:"ok" doc:"A browser lets an app at this address do what it needs: TLS, or this machine."`
	Detail   string `json:"detail,omitempty"`
}

// SetupMailFact is the connector that sends mail.
type SetupMailFact struct {
	Connector hub.ConnectorID  `json:"connector_id"`
	State     connectors.State `json:"state"`
}

// setupView is the wizard as a whole.
type setupView struct {
	Done  bool        `json:"done" doc:"No step is open."`
	Steps []SetupStep `json:"steps"`
}

type setupStepInput struct {
	Step SetupName `path:"step" enum:"name,admin,address,staff,mail,alarm"`
	Body struct {
		State SetupState `json:"state" enum:"open,done,skipped"`
	}
}

type setupNameInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Timezone string `json:"timezone" minLength:"1" maxLength:"64" doc:"IANA name, such as Europe/Berlin."`
	}
}

type setupMailInput struct {
	Body struct {
		To string `json:"to" format:"email" maxLength:"254"`
	}
}

type alarmView struct {
	Alert hub.AlertID `json:"alert_id"`
}

func (c *console) setupRoutes() {
	handle(c.api, route{"GET", "/setup", "setup", "First-run wizard: what is done and what is already true", forOwner, 200}, c.setup)
	handle(c.api, route{"PUT", "/setup/name", "setup-name", "Name of the clinic and its time zone; the step is done", forOwner, 200}, c.setupName)
	handle(c.api, route{"PUT", "/setup/{step}", "setup-step", "Say that a step is done, skipped or open again", forOwner, 200}, c.setupStep)
	handle(c.api, route{"POST", "/setup/alarm", "setup-alarm", "Raise a test alarm to oneself", forOwner, http.StatusCreated}, c.setupAlarm)
	handle(c.api, route{"POST", "/setup/mail", "setup-mail", "Send a test mail", forOwner, 0}, c.setupMail)
}

func (c *console) contactRoutes() {
	handle(c.api, route{"GET", "/contacts", "contacts", "Where the hub writes to when a source ails or a plan is held", forPolicy | forConnectors | forAudit, 200}, c.contacts)
	handle(c.api, route{"PUT", "/contacts", "save-contacts", "Replace the addresses of the technical contacts", forPolicy, 200}, c.saveContacts)
}

// mailsView is the addresses of the technical contacts.
type mailsView struct {
	Mails []string `json:"mails" maxItems:"5"`
}

type mailsInput struct {
	Body mailsView
}

func (c *console) contacts(ctx context.Context, _ *struct{}) (mailsView, error) {
	mails, err := c.o.Staff.Contacts.Contacts(ctx, caller(ctx).Clinic)
	return mailsView{mails}, err
}

func (c *console) saveContacts(ctx context.Context, in *mailsInput) (mailsView, error) {
	if err := c.o.Staff.Contacts.SetContacts(ctx, caller(ctx).Clinic, in.Body.Mails); err != nil {
		return mailsView{}, err
	}
	if err := c.done(ctx, "setup", "contacts.save", "", map[string]string{"count": strconv.Itoa(len(in.Body.Mails))}); err != nil {
		return mailsView{}, err
	}
	return c.contacts(ctx, nil)
}

func (c *console) setup(ctx context.Context, _ *struct{}) (setupView, error) {
	s := caller(ctx)
	steps, err := c.o.Staff.Setup.Steps(ctx, s)
	out := setupView{Done: true, Steps: steps}
	for _, step := range steps {
		out.Done = out.Done && step.State != SetupOpen
	}
	return out, err
}

func (c *console) setupName(ctx context.Context, in *setupNameInput) (setupView, error) {
	s := caller(ctx)
	if err := c.o.Staff.Setup.Rename(ctx, s.Clinic, in.Body.Name, in.Body.Timezone, s.Account.ID); err != nil {
		return setupView{}, err
	}
	return c.setupAfter(ctx, "setup.name", "")
}

func (c *console) setupStep(ctx context.Context, in *setupStepInput) (setupView, error) {
	s := caller(ctx)
	if err := c.o.Staff.Setup.SetStep(ctx, s.Clinic, in.Step, in.Body.State, s.Account.ID); err != nil {
		return setupView{}, err
	}
	return c.setupAfter(ctx, "setup.step", string(in.Step))
}

// setupAfter answers a change with the wizard as it is now.
func (c *console) setupAfter(ctx context.Context, act, object string) (setupView, error) {
	if err := c.done(ctx, "setup", act, object, nil); err != nil {
		return setupView{}, err
	}
	return c.setup(ctx, nil)
}

func (c *console) setupAlarm(ctx context.Context, _ *struct{}) (alarmView, error) {
	s := caller(ctx)
	id, err := c.o.Staff.Setup.TestAlarm(ctx, s.Clinic, s.Account.ID)
	if err != nil {
		return alarmView{}, err
	}
	return alarmView{id}, c.done(ctx, "alerts", "setup.alarm", string(id), nil)
}

func (c *console) setupMail(ctx context.Context, in *setupMailInput) (none, error) {
	if err := c.o.Staff.Setup.TestMail(ctx, caller(ctx).Clinic, in.Body.To); err != nil {
		return none{}, err
	}
	return none{}, c.done(ctx, "setup", "setup.mail", "", nil)
}
