package server

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/server/form"
)

// revisionView is an earlier configuration and what it changed. Changes of secrets are not
// in it: revisions hold none that could be compared without opening them.
type revisionView struct {
	Revision int               `json:"revision"`
	At       time.Time         `json:"at"`
	Author   *namedUser        `json:"author,omitempty"`
	Comment  string            `json:"comment"`
	Config   raw               `json:"config"`
	Diff     []form.Difference `json:"diff"`
}

type revertInput struct {
	ConnectorPath
	Body struct {
		Revision int `json:"revision" minimum:"1"`
	}
}

func (c *console) revisionRoutes() {
	handle(c.api, route{"GET", "/connectors/{id}/revisions", "revisions", "Revisions, newest first, with differences", forConnectors | forAudit, 200}, c.revisions)
	register(c.api, route{"POST", "/connectors/{id}/revert", "revert-connector", "Make an earlier revision the newest", forConnectors | fresh, 200}, c.revert)
}

func (c *console) revisions(ctx context.Context, in *ConnectorPath) (list[revisionView], error) {
	clinic := caller(ctx).Clinic
	var out list[revisionView]
	if _, err := c.find(ctx, in.ID); err != nil {
		return out, err
	}
	found, err := c.o.Configs.Revisions(ctx, clinic, in.ID)
	if err != nil {
		return out, err
	}
	var authors []hub.UserID
	for _, r := range found {
		if r.Author != "" {
			authors = append(authors, r.Author)
		}
	}
	names, err := c.names(ctx, clinic, authors)
	for i, r := range found {
		before := raw(`{}`)
		if i+1 < len(found) {
			before = found[i+1].Config
		}
		out.Items = append(out.Items, newRevision(r, before, names))
	}
	return out, err
}

func newRevision(r connectors.Revision, before raw, names map[hub.UserID]string) revisionView {
	v := revisionView{Revision: r.Revision, At: r.At, Comment: r.Comment, Config: r.Config, Diff: form.Diff(before, r.Config)}
	if r.Author != "" {
		v.Author = &namedUser{r.Author, names[r.Author]}
	}
	return v
}

// revert saves an earlier configuration, secrets included, as the next revision. Whether
// the connector is switched on stays as it is now.
func (c *console) revert(ctx context.Context, in *revertInput) (*tagged[connectorView], error) {
	clinic := caller(ctx).Clinic
	r, err := c.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := c.o.Configs.Revisions(ctx, clinic, in.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(v connectors.Revision) bool { return v.Revision == in.Body.Revision })
	if i < 0 {
		return nil, hub.E("server.revert", hub.NotFound, "", "")
	}
	r.Name, r.Config = found[i].Name, found[i].Config
	if r.Secrets, err = c.o.Configs.RevisionSecrets(ctx, clinic, in.ID, in.Body.Revision); err != nil {
		return nil, err
	}
	if err := c.o.Running.Validate(ctx, clinic, r); err != nil {
		return nil, refused(err)
	}
	return c.save(ctx, r, "→ "+strconv.Itoa(in.Body.Revision), "connector.revert")
}

// tokenView is a token without its secret.
type tokenView struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Scopes   []string  `json:"scopes"`
	Wards    []string  `json:"wards"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used,omitzero"`
}

const maxWard = 64 // letters of a ward's code, as of a unit's

type tokenInput struct {
	ConnectorPath
	Body struct {
		Name   string   `json:"name" minLength:"1" maxLength:"100"`
		Scopes []string `json:"scopes" minItems:"1" maxItems:"3" enum:"trigger,resolve,status"`
		Wards  []string `json:"wards,omitempty" maxItems:"200" doc:"Empty: all."`
	}
}

// newToken is the only answer that ever holds the token.
type newToken struct {
	ID    string `json:"id"`
	Token string `json:"token"`
}

type tokenPath struct {
	ConnectorPath
	Token string `path:"tid" format:"uuid"`
}

func (c *console) tokenRoutes() {
	handle(c.api, route{"GET", "/connectors/{id}/tokens", "tokens", "API tokens of a connector", forConnectors | forAudit, 200}, c.tokens)
	handle(c.api, route{"POST", "/connectors/{id}/tokens", "create-token", "Make a token; it is shown once", forConnectors | fresh, http.StatusCreated}, c.createToken)
	handle(c.api, route{"DELETE", "/connectors/{id}/tokens/{tid}", "revoke-token", "Revoke a token", forConnectors, 0}, c.revokeToken)
}

func (c *console) tokens(ctx context.Context, in *ConnectorPath) (list[tokenView], error) {
	var out list[tokenView]
	if _, err := c.find(ctx, in.ID); err != nil {
		return out, err
	}
	found, err := c.o.Tokens.Tokens(ctx, caller(ctx).Clinic, in.ID)
	for _, t := range found {
		out.Items = append(out.Items, tokenView(t))
	}
	return out, err
}

func (c *console) createToken(ctx context.Context, in *tokenInput) (newToken, error) {
	s := caller(ctx)
	if _, err := c.find(ctx, in.ID); err != nil {
		return newToken{}, err
	}
	if slices.ContainsFunc(in.Body.Wards, func(w string) bool { return w == "" || utf8.RuneCountInString(w) > maxWard }) {
		return newToken{}, &hub.Error{Op: "server.create_token", Kind: hub.Invalid, Field: "wards", Code: "length"}
	}
	t := connectors.Token{Name: in.Body.Name, Scopes: in.Body.Scopes, Wards: in.Body.Wards}
	id, secret, err := c.o.Tokens.CreateToken(ctx, s.Clinic, in.ID, t, s.Account.ID)
	if err != nil {
		return newToken{}, err
	}
	return newToken{id, secret}, c.audit(ctx, "token.create", id, map[string]string{"connector": string(in.ID)})
}

func (c *console) revokeToken(ctx context.Context, in *tokenPath) (none, error) {
	if err := c.o.Tokens.RevokeToken(ctx, caller(ctx).Clinic, in.ID, in.Token); err != nil {
		return none{}, err
	}
	return none{}, c.audit(ctx, "token.revoke", in.Token, map[string]string{"connector": string(in.ID)})
}
