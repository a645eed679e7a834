package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// Me is who is signed in, and at what.
type Me struct {
	UserID   hub.UserID   `json:"user_id"`
	Login    string       `json:"login"`
	Name     string       `json:"name"`
	Level    hub.Level    `json:"level" enum:"admin,internal,guest"`
	Clinic   ClinicRef    `json:"clinic"`
	Demo     bool         `json:"demo"`
	DeviceID hub.DeviceID `json:"device_id" doc:"Empty until the browser has registered its keys."`
	Version  string       `json:"version"`
	Password bool         `json:"has_password" doc:"False until the account has a password of its own."`

	Roles []accounts.AdminRole `json:"roles" doc:"What an administrator may do: owner, people, policy, connectors, auditor."`
	Must  accounts.Must        `json:"must" doc:"What has to be set up before anything else may be done: empty, passkey, second_factor or credential."`
	Fresh bool                 `json:"fresh" doc:"False when sensitive routes will ask for a step-up."`
}

// ClinicRef names a clinic.
type ClinicRef struct {
	ID   hub.ClinicID `json:"id"`
	Name string       `json:"name"`
}

// signedIn is an answer that starts a session.
type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Me
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type loginInput struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"255"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
		OTP      string `json:"otp,omitempty" maxLength:"64" doc:"Code of an authenticator app, or a recovery code, when 401 otp_needed asks for it."`
	}
}

type linkInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"255"`
	}
}

type passwordInput struct {
	Body struct {
		Current  string `json:"current,omitempty" maxLength:"1024" doc:"The password so far; not needed while there is none."`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
	}
}

func (a *api) authRoutes() {
	register(a, route{"POST", "/auth/login", "login", "Sign in with login and password", anybody, 200}, a.login)
	register(a, route{"POST", "/auth/link", "follow-link", "Sign in with a one-time link", anybody, 200}, a.followLink)
	register(a, route{"POST", "/auth/logout", "logout", "Sign out", anybody, 204}, a.logout)
	handle(a, route{"GET", "/me", "me", "Who is signed in", member | unfinished, 200}, a.getMe)
	handle(a, route{"POST", "/me/password", "set-password", "Set one's own password; all other sessions end", member | unfinished, 204}, a.setPassword)
	a.wayRoutes()
	a.factorRoutes()
	a.tripRoutes()
}

func (a *api) login(ctx context.Context, in *loginInput) (*signedIn, error) {
	s, secret, err := a.o.Sessions.SignIn(ctx, a.o.Clinic, accounts.Login{Login: in.Body.Login, Password: in.Body.Password, OTP: in.Body.OTP}, a.place(ctx))
	return a.welcome(ctx, s, secret, err)
}

func (a *api) followLink(ctx context.Context, in *linkInput) (*signedIn, error) {
	s, secret, err := a.o.Sessions.FollowLink(ctx, in.Body.Token, a.place(ctx))
	return a.welcome(ctx, s, secret, err)
}

// welcome hands out the cookie of a new session. The one the browser had before ends: a
// session never changes hands.
func (a *api) welcome(ctx context.Context, s accounts.Session, secret string, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	if err := a.endSession(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	return &signedIn{a.newCookie(secret), a.me(s)}, nil
}

// logout answers the same with and without a session: in both cases there is none now.
func (a *api) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	if err := a.endSession(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	return &signedOut{a.noCookie()}, nil
}

func (a *api) endSession(ctx context.Context, s accounts.Session) error {
	if s.ID == "" {
		return nil
	}
	return a.o.Sessions.SignOut(ctx, s)
}

func (a *api) getMe(ctx context.Context, _ *struct{}) (Me, error) { return a.me(caller(ctx)), nil }

func (a *api) setPassword(ctx context.Context, in *passwordInput) (none, error) {
	return none{}, a.o.Sessions.SetPassword(ctx, caller(ctx), in.Body.Current, in.Body.Password, a.place(ctx))
}

func (a *api) me(s accounts.Session) Me {
	return Me{
		UserID: s.Account.ID, Login: s.Account.Login, Name: s.Account.Name, Level: s.Account.Level,
		Clinic: ClinicRef{s.Clinic, a.clinicName()}, Demo: a.o.Demo, DeviceID: s.Device, Version: a.o.Version, Password: s.Account.HasPassword,
		Roles: s.Account.Roles, Must: s.Must, Fresh: s.Fresh || a.o.Demo,
	}
}

// place says where a sign-in comes from, for accounts to slow down guessing.
func (a *api) place(ctx context.Context) accounts.Place {
	at := accounts.Place{Console: a.console}
	if c, ok := ctx.Value(ginKey{}).(*gin.Context); ok {
		at.Address, at.Agent = c.ClientIP(), c.Request.UserAgent()
	}
	return at
}

var _ huma.StatusError = (*Problem)(nil)
