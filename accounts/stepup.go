package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/wardline/wardline/hub"
)

// StepUp proves by password, and the second factor where there is one, that whoever holds a
// session is still its owner.
func (s *Service) StepUp(ctx context.Context, of Session, password, otp string, at Place) (Session, error) {
	const op = "accounts.step_up"
	attempt, err := s.limits.begin(op, of.Clinic, of.Account.Login, at.Address)
	if err != nil {
		return of, err
	}
	policy, _, err := s.ways.SignInPolicy(ctx, of.Clinic)
	if err != nil {
		attempt.void()
		return of, err
	}
	means, err := s.proveAgain(ctx, op, of, password, otp, policy)
	if err != nil {
		if k := hub.KindOf(err); isCode(err, "otp_needed") || k != hub.Unauthenticated && k != hub.Unavailable {
			attempt.void()
		}
		return of, err
	}
	attempt.succeeded()
	return s.proved(ctx, of, at, means...)
}

// proveAgain checks the password of somebody who is known already. The directory is asked for
// the very person the account belongs to, not by a login: theirs there may be another one, and
// the one they have here somebody else's there.
func (s *Service) proveAgain(ctx context.Context, op string, of Session, password, otp string, policy SignInPolicy) ([]Means, error) {
	a, ok, err := s.ownPassword(ctx, of.Clinic, of.Account.Login, password)
	if err != nil {
		return nil, err
	}
	if ok && a.ID == of.Account.ID {
		return s.proveMore(ctx, op, of.Account, ByPassword, otp)
	}
	if !s.asksDirectory(policy, password) {
		return nil, wrong(op)
	}
	keys, err := s.ways.KeysOf(ctx, of.Clinic, of.Account.ID)
	if err != nil {
		return nil, fmt.Errorf("look up whom the directory knows: %w", err)
	}
	if err := s.binder.BindAs(ctx, of.Clinic, keys, password); err != nil {
		return nil, directoryError(op, err)
	}
	return s.proveMore(ctx, op, of.Account, ByDirectory, otp)
}

// AskStepUp begins a step-up by passkey.
func (s *Service) AskStepUp(ctx context.Context, of Session, at Place) (Ceremony, error) {
	const op = "accounts.ask_step_up"
	p, err := s.party(op, at)
	if err != nil {
		return Ceremony{}, err
	}
	options, state, err := p.Asking()
	if err != nil {
		return Ceremony{}, err
	}
	return s.begin(ctx, op, of.Clinic, steppingUp, options, passkeyState{Console: at.Console, Session: of.ID, User: of.Account.ID, State: state}, at)
}

// StepUpByPasskey ends it.
func (s *Service) StepUpByPasskey(ctx context.Context, of Session, handle string, answer []byte, at Place) (Session, error) {
	const op = "accounts.passkey_step_up"
	attempt, err := s.limits.beginFrom(op, at.Address)
	if err != nil {
		return of, err
	}
	if _, err := s.answered(ctx, op, of.Clinic, steppingUp, of.ID, handle, answer, at); err != nil {
		if hub.KindOf(err) != hub.Unauthenticated || isCode(err, "expired") {
			attempt.void()
		}
		return of, err
	}
	attempt.succeeded()
	return s.proved(ctx, of, at, ByPasskey)
}

// proved notes that a session has proved itself now.
func (s *Service) proved(ctx context.Context, of Session, at Place, means ...Means) (Session, error) {
	of.Proof.At, of.Fresh = s.now(), true
	for _, m := range means {
		if !slices.Contains(of.Proof.Means, m) {
			of.Proof.Means = append(slices.Clone(of.Proof.Means), m)
		}
	}
	if of.Must == MustCredential { // which is about having something lasting, not about proving it
		return of, s.ways.SetProof(ctx, of)
	}
	policy, _, err := s.ways.SignInPolicy(ctx, of.Clinic)
	if err != nil {
		return of, err
	}
	if of.Must != "" {
		if of.Must, err = s.demand(ctx, policy, of.Account, at, of.Proof); err != nil {
			return of, err
		}
	}
	return of, s.ways.SetProof(ctx, of)
}
