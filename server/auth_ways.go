package server

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
)

// waysView is how people can sign in here.
type waysView struct {
	Password  bool           `json:"password"`
	Passkey   bool           `json:"passkey" doc:"False where the page is reached by an IP address."`
	Code      bool           `json:"code" doc:"One-time codes are taken: at the chat."`
	Directory bool           `json:"directory"`
	Providers []providerView `json:"providers"`
}

type providerView struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

type ceremonyView struct {
	Ceremony  string `json:"ceremony"`
	PublicKey raw    `json:"public_key" doc:"Options of WebAuthn in their JSON form."`
}

type answerInput struct {
	Body struct {
		Ceremony   string `json:"ceremony" minLength:"1" maxLength:"255"`
		Credential raw    `json:"credential" doc:"The browser's credential.toJSON()."`
	}
}

type askInput struct {
	Body struct {
		Login string `json:"login,omitempty" maxLength:"255"`
	}
}

type passkeyView struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"last_used,omitzero"`
	Here    bool      `json:"here" doc:"Works at this listener."`
	Cloned  bool      `json:"cloned" doc:"A copy of it was used: it is refused, and should be removed."`
}

type newPasskeyInput struct {
	Body struct {
		Ceremony   string `json:"ceremony" minLength:"1" maxLength:"255"`
		Name       string `json:"name" minLength:"1" maxLength:"120"`
		Credential raw    `json:"credential"`
	}
}

type credentialPath struct {
	ID string `path:"id" format:"uuid"`
}

// PasskeyPath names a passkey.
type PasskeyPath struct {
	ID string `path:"id" format:"uuid"`
}

type renameInput struct {
	PasskeyPath
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"120"`
	}
}

// wayRoutes are those of passkeys and of what the sign-in page shows, at both listeners.
func (a *api) wayRoutes() {
	handle(a, route{"GET", "/auth/ways", "ways", "How people can sign in here", anybody, 200}, a.ways)
	handle(a, route{"POST", "/auth/passkey/begin", "ask-passkey", "Begin to sign in by passkey", anybody, 200}, a.askPasskey)
	register(a, route{"POST", "/auth/passkey/finish", "passkey-login", "Sign in by passkey", anybody, 200}, a.passkeyLogin)
	handle(a, route{"GET", "/me/passkeys", "passkeys", "Own passkeys", member | unfinished, 200}, a.passkeys)
	handle(a, route{"POST", "/me/passkeys/begin", "begin-passkey", "Begin to register a passkey", member | unfinished | fresh, 200}, a.beginPasskey)
	handle(a, route{"POST", "/me/passkeys", "add-passkey", "Register a passkey", member | unfinished, 201}, a.addPasskey)
	handle(a, route{"PUT", "/me/passkeys/{id}", "rename-passkey", "Give an own passkey another name", member, 0}, a.renamePasskey)
	handle(a, route{"DELETE", "/me/passkeys/{id}", "drop-passkey", "Remove an own passkey", member | fresh, 0}, a.dropPasskey)
}

func (a *api) ways(ctx context.Context, _ *struct{}) (waysView, error) {
	at := a.place(ctx)
	offered, err := a.o.SignIn.Offers.Offered(ctx, a.o.Clinic, at)
	out := waysView{Password: true, Passkey: a.o.SignIn.Offers.HasPasskeys(hostOf(ctx), at), Code: !a.console, Directory: offered.Directory}
	for _, p := range offered.Providers {
		out.Providers = append(out.Providers, providerView{p.ID, p.Label})
	}
	return out, err
}

// hostOf is the name by which the browser reaches this listener, without its port.
func hostOf(ctx context.Context) string {
	c, ok := ctx.Value(ginKey{}).(*gin.Context)
	if !ok {
		return ""
	}
	host, _, err := net.SplitHostPort(c.Request.Host)
	if err != nil {
		return c.Request.Host
	}
	return host
}

func newCeremony(c accounts.Ceremony, err error) (ceremonyView, error) {
	return ceremonyView{c.Handle, c.Options}, err
}

func (a *api) askPasskey(ctx context.Context, in *askInput) (ceremonyView, error) {
	return newCeremony(a.o.SignIn.Passkeys.AskPasskey(ctx, a.o.Clinic, in.Body.Login, a.place(ctx)))
}

func (a *api) passkeyLogin(ctx context.Context, in *answerInput) (*signedIn, error) {
	s, secret, err := a.o.SignIn.Passkeys.SignInByPasskey(ctx, a.o.Clinic, in.Body.Ceremony, in.Body.Credential, a.place(ctx))
	return a.welcome(ctx, s, secret, err)
}

func (a *api) passkeys(ctx context.Context, _ *struct{}) (list[passkeyView], error) {
	f, err := a.o.SignIn.Own.Factors(ctx, caller(ctx))
	return list[passkeyView]{a.passkeyViews(ctx, f.Passkeys)}, err
}

func (a *api) passkeyViews(ctx context.Context, keys []accounts.Passkey) []passkeyView {
	var out []passkeyView
	for _, k := range keys {
		out = append(out, a.passkeyView(ctx, k))
	}
	return out
}

func (a *api) passkeyView(ctx context.Context, k accounts.Passkey) passkeyView {
	return passkeyView{k.ID, k.Name, k.Created, k.Used, a.o.SignIn.Offers.KeyWorks(k, a.place(ctx)), k.Cloned}
}

func (a *api) beginPasskey(ctx context.Context, _ *struct{}) (ceremonyView, error) {
	return newCeremony(a.o.SignIn.Passkeys.BeginPasskey(ctx, caller(ctx), a.place(ctx)))
}

func (a *api) addPasskey(ctx context.Context, in *newPasskeyInput) (passkeyView, error) {
	k, err := a.o.SignIn.Passkeys.AddPasskey(ctx, caller(ctx), in.Body.Ceremony, in.Body.Name, in.Body.Credential, a.place(ctx))
	if err != nil {
		return passkeyView{}, err
	}
	return a.passkeyView(ctx, k), a.keep(ctx, "passkey.add", k.ID)
}

func (a *api) renamePasskey(ctx context.Context, in *renameInput) (none, error) {
	if err := a.o.SignIn.Passkeys.RenamePasskey(ctx, caller(ctx), in.ID, in.Body.Name); err != nil {
		return none{}, err
	}
	return none{}, a.keep(ctx, "passkey.rename", in.ID)
}

func (a *api) dropPasskey(ctx context.Context, in *credentialPath) (none, error) {
	if err := a.o.SignIn.Passkeys.DropPasskey(ctx, caller(ctx), in.ID); err != nil {
		return none{}, err
	}
	return none{}, a.keep(ctx, "passkey.drop", in.ID)
}

// keep writes to the audit log what somebody has changed of their own way in.
func (a *api) keep(ctx context.Context, act, object string) error {
	s := caller(ctx)
	if err := a.o.SignIn.Audit.WriteAudit(ctx, s.Clinic, connectors.AuditLine{Actor: s.Account.ID, Act: act, Object: object}); err != nil {
		return fmt.Errorf("keep %s in the audit log: %w", act, err)
	}
	return nil
}
