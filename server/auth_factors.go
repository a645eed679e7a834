package server

import (
	"context"
	"time"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

type stepUpInput struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		OTP      string `json:"otp,omitempty" maxLength:"64"`
	}
}

type totpView struct {
	Enabled      bool `json:"enabled"`
	RecoveryLeft int  `json:"recovery_left"`
}

type otpInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64"`
	}
}

// recoveryView is the only answer that ever holds recovery codes.
type recoveryView struct {
	Codes []string `json:"recovery_codes"`
}

// sessionView is a signed-in browser.
type sessionView struct {
	ID       string           `json:"id"`
	Console  bool             `json:"console"`
	Agent    string           `json:"agent" doc:"What the browser called itself."`
	Created  time.Time        `json:"created"`
	Used     time.Time        `json:"used"`
	Means    []accounts.Means `json:"means"`
	Provider string           `json:"provider,omitempty"`
	Device   hub.DeviceID     `json:"device_id,omitempty"`
	Current  bool             `json:"current"`
}

type sessionPath struct {
	ID string `path:"id" format:"uuid"`
}

// factorRoutes are those of second factors, step-ups and own sessions, at both listeners.
func (a *api) factorRoutes() {
	handle(a, route{"POST", "/auth/step-up", "step-up", "Prove anew who is there, by password", member | unfinished, 200}, a.stepUp)
	handle(a, route{"POST", "/auth/step-up/passkey/begin", "ask-step-up", "Begin to prove anew by passkey", member | unfinished, 200}, a.askStepUp)
	handle(a, route{"POST", "/auth/step-up/passkey", "step-up-passkey", "Prove anew by passkey", member | unfinished, 200}, a.stepUpPasskey)
	handle(a, route{"GET", "/me/totp", "totp", "Whether an authenticator app is on", member | unfinished, 200}, a.totp)
	handle(a, route{"POST", "/me/totp", "begin-totp", "Make an authenticator app's secret; it is shown once", member | unfinished | fresh, 200}, a.beginTOTP)
	handle(a, route{"POST", "/me/totp/confirm", "confirm-totp", "Switch it on by its first code; recovery codes are shown once", member | unfinished, 200}, a.confirmTOTP)
	handle(a, route{"POST", "/me/totp/recovery", "renew-recovery", "Replace the recovery codes", member | fresh, 200}, a.renewRecovery)
	handle(a, route{"DELETE", "/me/totp", "drop-totp", "Switch the authenticator app off", member | fresh, 0}, a.dropTOTP)
	handle(a, route{"GET", "/me/sessions", "sessions", "Own sessions", member, 200}, a.sessions)
	handle(a, route{"DELETE", "/me/sessions/{id}", "end-session", "End an own session", member, 0}, a.endOwn)
	handle(a, route{"DELETE", "/me/sessions", "end-sessions", "End all own sessions but this one", member, 0}, a.endOthers)
}

func (a *api) stepUp(ctx context.Context, in *stepUpInput) (Me, error) {
	s, err := a.o.SignIn.StepUps.StepUp(ctx, caller(ctx), in.Body.Password, in.Body.OTP, a.place(ctx))
	return a.me(s), err
}

func (a *api) askStepUp(ctx context.Context, _ *struct{}) (ceremonyView, error) {
	return newCeremony(a.o.SignIn.StepUps.AskStepUp(ctx, caller(ctx), a.place(ctx)))
}

func (a *api) stepUpPasskey(ctx context.Context, in *answerInput) (Me, error) {
	s, err := a.o.SignIn.StepUps.StepUpByPasskey(ctx, caller(ctx), in.Body.Ceremony, in.Body.Credential, a.place(ctx))
	return a.me(s), err
}

func (a *api) totp(ctx context.Context, _ *struct{}) (totpView, error) {
	f, err := a.o.SignIn.Own.Factors(ctx, caller(ctx))
	return totpView{f.TOTP, f.RecoveryLeft}, err
}

func (a *api) beginTOTP(ctx context.Context, _ *struct{}) (accounts.OTPEnrolment, error) {
	return a.o.SignIn.Own.BeginTOTP(ctx, caller(ctx), a.o.ClinicName)
}

func (a *api) confirmTOTP(ctx context.Context, in *otpInput) (recoveryView, error) {
	codes, err := a.o.SignIn.Own.ConfirmTOTP(ctx, caller(ctx), in.Body.Code, a.place(ctx))
	if err != nil {
		return recoveryView{}, err
	}
	return recoveryView{codes}, a.keep(ctx, "totp.add", string(caller(ctx).Account.ID))
}

func (a *api) renewRecovery(ctx context.Context, _ *struct{}) (recoveryView, error) {
	codes, err := a.o.SignIn.Own.RenewRecovery(ctx, caller(ctx))
	if err != nil {
		return recoveryView{}, err
	}
	return recoveryView{codes}, a.keep(ctx, "totp.recovery", string(caller(ctx).Account.ID))
}

func (a *api) dropTOTP(ctx context.Context, _ *struct{}) (none, error) {
	if err := a.o.SignIn.Own.DropTOTP(ctx, caller(ctx)); err != nil {
		return none{}, err
	}
	return none{}, a.keep(ctx, "totp.drop", string(caller(ctx).Account.ID))
}

func (a *api) sessions(ctx context.Context, _ *struct{}) (list[sessionView], error) {
	s := caller(ctx)
	found, err := a.o.SignIn.Sessions.Sessions(ctx, s)
	return list[sessionView]{sessionViews(found, s.ID)}, err
}

func sessionViews(found []accounts.Session, current string) []sessionView {
	var out []sessionView
	for _, s := range found {
		out = append(out, sessionView{s.ID, s.Console, s.Agent, s.Created, s.Used, s.Proof.Means, s.Proof.Provider, s.Device, s.ID == current})
	}
	return out
}

func (a *api) endOwn(ctx context.Context, in *sessionPath) (none, error) {
	s := caller(ctx)
	if err := a.o.SignIn.Sessions.EndSession(ctx, s.Clinic, s.Account.ID, in.ID); err != nil {
		return none{}, err
	}
	return none{}, a.keep(ctx, "session.end", in.ID)
}

func (a *api) endOthers(ctx context.Context, _ *struct{}) (none, error) {
	s := caller(ctx)
	if err := a.o.SignIn.Sessions.EndSessions(ctx, s.Clinic, s.Account.ID, s.ID); err != nil {
		return none{}, err
	}
	return none{}, a.keep(ctx, "session.end_others", string(s.Account.ID))
}
