package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// The cookies that bind a round trip to the browser that began it. They are Lax, because the
// way back from a provider is a navigation from another site.
const (
	chatTrip    = "__Host-wardline-trip"
	consoleTrip = "__Host-wardline-console-trip"
	tripRemains = 10 * time.Minute
)

// tripRoutes are navigations of the browser and a call of the provider, so that they answer
// with redirects, and a form is read.
func (a *api) tripRoutes() {
	a.page(route{"GET", "/auth/oidc/{id}/start", "start-oidc", "Go to a provider to sign in, or with step_up=true to prove anew who is there", anybody, 302}, a.startTrip)
	a.page(route{"GET", "/auth/oidc/callback", "oidc-callback", "Where a provider sends the browser back to", anybody, 302}, a.endTrip)
	a.page(route{"POST", "/auth/oidc/backchannel", "oidc-logout", "A provider's logout token, as a form", anybody, 200}, a.backchannel)
}

// page registers a route whose answers are not the API's and describes it.
func (a *api) page(r route, serve func(*gin.Context, accounts.Session)) {
	a.routes = append(a.routes, r)
	op := a.operation(r)
	what := &huma.Response{Description: "See docs/protocols/signing-in.md"}
	op.Responses = map[string]*huma.Response{"200": what}
	if r.status == http.StatusFound {
		op.Responses = map[string]*huma.Response{"302": what}
	}
	path := op.Path
	if strings.Contains(path, "{id}") {
		op.Parameters = []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
		path = strings.ReplaceAll(path, "{id}", ":id")
	}
	a.huma.OpenAPI().AddOperation(&op)
	guarded := a.guarded(r.need, serve)
	a.engine.Handle(r.method, path, func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		guarded(c)
	})
}

func (e *edge) tripCookie(secret string) *http.Cookie {
	name := chatTrip
	if e.console {
		name = consoleTrip
	}
	c := &http.Cookie{Name: name, Value: secret, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode, MaxAge: int(tripRemains.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// placeOf is place for a request that is not an operation of the API.
func (e *edge) placeOf(c *gin.Context) accounts.Place {
	return accounts.Place{Console: e.console, Address: c.ClientIP(), Agent: c.Request.UserAgent()}
}

// startTrip takes nothing of the query but whether it is a step-up: where the browser ends is
// nobody's to choose. Who begins to sign in anew gives up the session the browser has, which
// does not come back with it: its cookie stays at home when another site sends the browser.
func (a *api) startTrip(c *gin.Context, s accounts.Session) {
	stepUp := c.Query("step_up") == "true"
	of := accounts.Session{}
	if stepUp {
		if s.ID == "" {
			a.turnBack(c, hub.E("server.start_trip", hub.Unauthenticated, "expired", ""))
			return
		}
		of = s
	}
	target, secret, err := a.o.SignIn.Trips.StartTrip(c, a.o.Clinic, c.Param("id"), of, a.placeOf(c))
	if err == nil && !stepUp {
		err = a.endSession(c, s)
	}
	if err != nil {
		a.turnBack(c, err)
		return
	}
	http.SetCookie(c.Writer, a.tripCookie(secret))
	c.Redirect(http.StatusFound, target)
}

func (a *api) endTrip(c *gin.Context, _ accounts.Session) {
	r := accounts.Returned{State: c.Query("state"), Code: c.Query("code"), Error: c.Query("error"), Issuer: c.Query("iss")}
	if cookie, err := c.Request.Cookie(a.tripCookie("").Name); err == nil {
		r.Secret = cookie.Value
	}
	http.SetCookie(c.Writer, a.tripCookie(""))
	s, token, stepUp, err := a.o.SignIn.Trips.EndTrip(c, a.o.Clinic, r, a.placeOf(c))
	switch {
	case err != nil:
		a.turnBack(c, err)
	case stepUp:
		c.Redirect(http.StatusFound, "/?step_up=done")
	default:
		cookie := a.newCookie(token)
		http.SetCookie(c.Writer, &cookie)
		a.o.Log.InfoContext(c, "signed in by a provider", "user", s.Account.ID, "provider", s.Proof.Provider)
		c.Redirect(http.StatusFound, "/")
	}
}

// turnBack shows a refusal at the sign-in page.
func (a *api) turnBack(c *gin.Context, err error) {
	code := "internal"
	var e *hub.Error
	if errors.As(err, &e) && e.Kind != hub.Internal && e.Code != "" {
		code = e.Code
	}
	level := a.o.Log.InfoContext
	if code == "internal" {
		level = a.o.Log.ErrorContext
	}
	level(c, "round trip to a provider came to nothing", "code", code, "request_id", c.GetString(requestKey), "err", err)
	c.Redirect(http.StatusFound, "/login?error="+url.QueryEscape(code))
}

// backchannel answers as Back-Channel Logout 1.0 section 2.8 says.
func (a *api) backchannel(c *gin.Context, _ accounts.Session) {
	err := a.o.SignIn.Trips.Logout(c, a.o.Clinic, c.PostForm("logout_token"))
	switch {
	case err == nil:
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
	case hub.KindOf(err) == hub.Invalid:
		c.AbortWithStatusJSON(http.StatusBadRequest, gin.H{"error": "invalid_request"})
	default:
		a.fail(c, err)
	}
}

// reach says whether a provider's discovery document can be read.
func (c *console) reachProvider(ctx context.Context, in *issuerInput) (reachedView, error) {
	if err := c.o.SignIn.Trips.ReachProvider(ctx, in.Body.Issuer); err != nil {
		return reachedView{Detail: "the discovery document cannot be read"}, nil
	}
	return reachedView{OK: true}, nil
}

type issuerInput struct {
	Body struct {
		Issuer string `json:"issuer" minLength:"1" maxLength:"500"`
	}
}

type reachedView struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}
