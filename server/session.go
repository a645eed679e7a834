package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// The cookies of the two listeners. __Host- binds them to the host, to https (or loopback)
// and to the whole path; a session of one listener is unknown at the other anyway.
const (
	chatCookie    = "__Host-wardline"
	consoleCookie = "__Host-wardline-console"
	chatRemember  = 7 * 24 * time.Hour // the longest a chat session can last
)

type sessionKey struct{}

// caller returns the session of a request; handlers of routes that need one may rely on it.
func caller(ctx context.Context) accounts.Session {
	s, _ := ctx.Value(sessionKey{}).(accounts.Session)
	return s
}

// edge is one public listener: its engine, and how its sessions are found.
type edge struct {
	o       Options
	console bool
	engine  *gin.Engine
}

func (e *edge) cookie() string {
	if e.console {
		return consoleCookie
	}
	return chatCookie
}

// token returns the secret of a request, or "".
func (e *edge) token(r *http.Request) string {
	c, err := r.Cookie(e.cookie())
	if err != nil {
		return ""
	}
	return c.Value
}

// session finds the session of a request and checks that it may use a route.
func (e *edge) session(c *gin.Context, need access) (accounts.Session, error) {
	s, err := e.lookUp(c, e.token(c.Request))
	if need == anybody {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, need.judge(s, e.o.Demo)
}

func (e *edge) lookUp(ctx context.Context, token string) (accounts.Session, error) {
	if token == "" {
		return accounts.Session{}, hub.E("server.session", hub.Unauthenticated, "", "")
	}
	s, err := e.o.Sessions.SessionByToken(ctx, token, e.console)
	if err == nil && (s.Console != e.console || s.Account.State == accounts.Locked) {
		err = hub.E("server.session", hub.Unauthenticated, "expired", "")
	}
	return s, err
}

// check returns how a socket asks again whether its session holds.
func (e *edge) check(r *http.Request) func(context.Context) error {
	token := e.token(r)
	return func(ctx context.Context) error {
		_, err := e.lookUp(ctx, token)
		return err
	}
}

// newCookie carries a session. The console's ends with the browser.
func (e *edge) newCookie(secret string) http.Cookie {
	c := http.Cookie{Name: e.cookie(), Value: secret, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode}
	if !e.console {
		c.MaxAge = int(chatRemember.Seconds())
	}
	return c
}

func (e *edge) noCookie() http.Cookie {
	c := e.newCookie("")
	c.MaxAge = -1
	return c
}

// guarded serves a route that is not an operation of the API, such as a socket.
func (e *edge) guarded(need access, serve func(*gin.Context, accounts.Session)) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, err := e.session(c, need)
		if err != nil {
			e.fail(c, err)
			return
		}
		serve(c, s)
	}
}

// fail answers with the problem an error comes to, and logs what the client is not told.
func (e *edge) fail(c *gin.Context, err error) {
	p := problemOf(err)
	e.note(c, p)
	fail(c, p)
}

func (e *edge) note(c *gin.Context, p *Problem) {
	if p.Status >= http.StatusInternalServerError && !errors.Is(p.cause, context.Canceled) {
		e.o.Log.ErrorContext(c, "request failed", "route", c.FullPath(), "request_id", c.GetString(requestKey), "error", p.cause)
	}
}

// clinicName is what the clinic is called now: it can be renamed while the hub runs.
func (e *edge) clinicName() string {
	if e.o.Named != nil {
		return e.o.Named()
	}
	return e.o.ClinicName
}
