package accounts

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// MaxLetters is how many codes are made at once: each is hashed slowly, and sign-ins wait.
const MaxLetters = 200

// Letter is one printed code.
type Letter struct {
	Account Account
	Code    string // empty: see Fault
	URL     string // for the QR code: opens the activation with login and code filled in
	Expires time.Time
	Fault   string // "locked", "not_found", "role"
}

// IssueLetters makes codes for many accounts, to be printed. One that cannot have a code
// stops none of the others.
func (s *Service) IssueLetters(ctx context.Context, of Session, users []hub.UserID) ([]Letter, error) {
	if len(users) > MaxLetters {
		return nil, hub.E("accounts.letters", hub.Invalid, "too_many", "")
	}
	if slices.ContainsFunc(users, func(id hub.UserID) bool { return !hub.ValidID(string(id)) }) {
		return nil, &hub.Error{Op: "accounts.letters", Kind: hub.Invalid, Field: "accounts", Code: "bad_id"}
	}
	found, err := s.ways.AccountsByID(ctx, of.Clinic, users)
	if err != nil {
		return nil, err
	}
	out := make([]Letter, 0, len(users))
	for n, id := range users {
		if slices.Contains(users[:n], id) { // a second code would end the one just printed
			continue
		}
		i := slices.IndexFunc(found, func(a Account) bool { return a.ID == id })
		if i < 0 {
			out = append(out, Letter{Account: Account{ID: id}, Fault: "not_found"})
			continue
		}
		l := Letter{Account: found[i]}
		if l.Account.Level == hub.LevelAdmin && !of.Account.Has(RoleOwner) {
			l.Fault = "role"
		} else if l.Code, l.Expires, err = s.IssueCode(ctx, of.Clinic, id); err != nil {
			if hub.KindOf(err) != hub.Conflict {
				return nil, err
			}
			l.Code, l.Fault = "", "locked"
		}
		if l.Code != "" {
			l.URL = s.sites[0].url + "/activate#" + url.Values{"login": {l.Account.Login}, "code": {l.Code}}.Encode()
		}
		out = append(out, l)
	}
	return out, nil
}

// IssuePoster makes what a poster's QR code holds. It is returned here and never again.
func (s *Service) IssuePoster(ctx context.Context, of Session, unit hub.UnitID, life time.Duration) (Poster, string, string, error) {
	token, hash := posterToken()
	p := Poster{ID: string(hub.NewID[hub.UnitID]()), Unit: unit, By: of.Account.ID, Created: s.now(), Expires: s.now().Add(min(life, codeLife))}
	if err := s.ways.PutPoster(ctx, of.Clinic, p, hash); err != nil {
		return p, "", "", err
	}
	return p, token, s.sites[0].url + "/join#poster=" + token, nil
}

// Posters lists those that still work.
func (s *Service) Posters(ctx context.Context, clinic hub.ClinicID) ([]Poster, error) {
	return s.ways.Posters(ctx, clinic, s.now())
}

// DropPoster takes a poster back.
func (s *Service) DropPoster(ctx context.Context, clinic hub.ClinicID, id string) error {
	return s.ways.DropPoster(ctx, clinic, id)
}

// Join sends a code to the known mail address of somebody who scanned a poster. It says the
// same whether the poster holds, whether there is such a person and whether they have an
// address; what goes wrong then is for the log only.
func (s *Service) Join(ctx context.Context, clinic hub.ClinicID, token, who string, at Place) (send func(context.Context) error, err error) {
	const op = "accounts.join"
	hash := sha256.Sum256([]byte(token))
	// Counted as failed for good, because nobody needs it often, and apart from sign-ins, which
	// it must not slow down where a whole hospital shares one address.
	if _, err := s.limits.admit(op, "j "+string(clinic)+" "+normalLogin(who), "j "+at.Address); err != nil {
		return nil, err
	}
	if _, err := s.limits.admit(op, "", "p "+string(hash[:])); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		a, address, err := s.ways.Joining(ctx, clinic, hash, normalLogin(who), s.now())
		if err != nil && hub.KindOf(err) == hub.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if s.mailer == nil || a.Level == hub.LevelAdmin {
			return hub.E(op, hub.Unavailable, "no_mail", "")
		}
		code, expires, err := s.IssueCode(ctx, clinic, a.ID)
		if err != nil {
			return err
		}
		return s.mailer.Mail(ctx, clinic, address, joinSubject, fmt.Sprintf(joinText, a.Login, code[:5]+"-"+code[5:], expires.UTC().Format("02.01.2006 15:04")+" UTC", s.sites[0].url))
	}, nil
}

// The mail in both languages, German first; it is text that a client may show anywhere, so it
// names neither the clinic's systems nor the person.
const (
	joinSubject = "Ihr Einmalcode / Your one-time code"
	joinText    = `Ihr Anmeldename: %[1]s
Ihr Einmalcode: %[2]s
Gültig bis: %[3]s
Anmelden: %[4]s

Haben Sie keinen Code angefordert, tun Sie nichts: er gilt nur mit Ihrem Anmeldenamen.

Your login, your one-time code, and until when it works, are above. If you asked for
no code, do nothing.
`
)
