package connectors

import (
	"cmp"
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
)

// beside lets work go on next to a connector's Run: it ends when the connector is drained,
// and the drain waits for it.
type beside struct {
	made
	ctx  context.Context
	unit *unit
	inst *instance
}

// beside joins what runs right now; done must be called.
func (s *Supervisor) beside(op string, id hub.ConnectorID) (b beside, done func(), err error) {
	u := s.known(id)
	gone := hub.E(op, hub.Unavailable, "not_running", "")
	if u == nil {
		return b, nil, gone
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	inst := u.current
	if inst == nil {
		return b, nil, gone
	}
	if _, down := inst.connector.(failed); down {
		return b, nil, gone
	}
	inst.beside.Add(1)
	return beside{made: inst.made, ctx: inst.ctx, unit: u, inst: inst}, inst.beside.Done, nil
}

// each calls f for everything that runs.
func (s *Supervisor) each(f func(m made)) {
	for _, id := range s.IDs() {
		if m := s.running(id); m.connector != nil {
			f(m)
		}
	}
}

// Mail sends one mail over the first running connector that sends mail; Conflict "no_mail"
// without one.
func (s *Supervisor) Mail(ctx context.Context, clinic hub.ClinicID, m Mail) error {
	by := s.mailer(clinic)
	if by == nil {
		return hub.E("connectors.mail", hub.Conflict, "no_mail", "no connector sends mail")
	}
	return guard("mail", func() error { return by.Mail(ctx, m) })
}

// SendsMail reports whether anything of a clinic sends mail.
func (s *Supervisor) SendsMail(clinic hub.ClinicID) bool { return s.mailer(clinic) != nil }

// mailer is the first that was made, so that all nodes use the same one.
func (s *Supervisor) mailer(clinic hub.ClinicID) (by Mailer) {
	var first hub.ConnectorID
	s.each(func(now made) {
		if mailer, ok := now.connector.(Mailer); ok && now.spec.Clinic == clinic && (by == nil || now.spec.ID < first) {
			by, first = mailer, now.spec.ID
		}
	})
	return by
}

// Authenticate asks each source that signs people in, in the order in which they were made,
// whose login and password these are. The first that knows answers. Unauthenticated "wrong"
// when all said no; another error when one of them could not be asked and none said yes:
// then nothing was found out.
func (s *Supervisor) Authenticate(ctx context.Context, clinic hub.ClinicID, login, password string) (source hub.ConnectorID, key string, err error) {
	const op = "connectors.authenticate"
	err = hub.E(op, hub.Unauthenticated, "wrong", "")
	for _, a := range s.authenticators(clinic) {
		var found string
		failed := guard("authenticate", func() (err error) {
			found, err = a.by.Authenticate(ctx, login, password)
			return err
		})
		switch {
		case failed == nil && found != "":
			return a.id, found, nil
		case failed != nil && hub.KindOf(failed) != hub.Unauthenticated:
			err = hub.E(op, hub.Unavailable, "directory_away", "%w", failed)
		}
	}
	return "", "", err
}

// SignsIn reports whether any source of a clinic checks passwords.
func (s *Supervisor) SignsIn(clinic hub.ClinicID) bool { return len(s.authenticators(clinic)) > 0 }

type authenticator struct {
	id hub.ConnectorID
	by Authenticator
}

func (s *Supervisor) authenticators(clinic hub.ClinicID) []authenticator {
	var out []authenticator
	s.each(func(now made) {
		if a, ok := now.connector.(Authenticator); ok && now.spec.Clinic == clinic && a.SignsIn() {
			out = append(out, authenticator{now.spec.ID, a})
		}
	})
	slices.SortFunc(out, func(a, b authenticator) int { return cmp.Compare(a.id, b.id) })
	return out
}
