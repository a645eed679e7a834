package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Logout says which sessions of a provider have ended: those of SID, or all of Subject.
type Logout struct {
	Issuer, Subject, SID string
	ID                   string    // jti: a token is used once
	Until                time.Time // from then on it is too old by itself
}

const (
	logoutEvent    = "http://schemas.openid.net/event/backchannel-logout"
	logoutMaxAge   = 5 * time.Minute
	maxLogoutToken = 16 << 10
)

// Issuer reads who claims to have issued a token, which decides whose keys it is checked with
// and proves nothing.
func Issuer(raw string) (string, error) {
	parts := strings.Split(raw, ".")
	if len(raw) > maxLogoutToken || len(parts) != 3 {
		return "", wrongToken("is no signed token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", wrongToken("payload")
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer == "" {
		return "", wrongToken("iss")
	}
	return claims.Issuer, nil
}

// Logout checks a logout token as Back-Channel Logout 1.0 section 2.6 says, except that a
// token comes once, which whoever keeps the tokens has to see to. ErrUnavailable when the
// provider or its keys cannot be reached: the same token is good later on.
func (c *Client) Logout(ctx context.Context, f Config, raw string) (Logout, error) {
	p, err := c.provider(ctx, f.Issuer)
	if err != nil {
		return Logout{}, err
	}
	ctx = oidc.ClientContext(ctx, c.http)
	checked, err := c.verify(ctx, p, f, raw, true)
	if err != nil {
		return Logout{}, err
	}
	var claims logoutClaims
	if err := checked.Claims(&claims); err != nil {
		return Logout{}, wrongToken("claims")
	}
	return claims.judge(checked.Issuer, c.now())
}

type logoutClaims struct {
	Subject string                     `json:"sub"`
	SID     string                     `json:"sid"`
	ID      string                     `json:"jti"`
	Issued  float64                    `json:"iat"`
	Expires float64                    `json:"exp"`
	Nonce   *json.RawMessage           `json:"nonce"`
	Events  map[string]json.RawMessage `json:"events"`
}

func (l logoutClaims) judge(issuer string, now time.Time) (Logout, error) {
	issued, expires := time.Unix(int64(l.Issued), 0), time.Unix(int64(l.Expires), 0)
	var event map[string]any
	switch {
	case l.Nonce != nil: // so that no ID token passes for one
		return Logout{}, wrongToken("nonce")
	case json.Unmarshal(l.Events[logoutEvent], &event) != nil || event == nil:
		return Logout{}, wrongToken("events")
	case l.Subject == "" && l.SID == "" || len(l.Subject) > 255 || len(l.SID) > 255:
		return Logout{}, wrongToken("sub or sid")
	case l.ID == "" || len(l.ID) > 255:
		return Logout{}, wrongToken("jti")
	case l.Issued == 0 || issued.After(now.Add(skew)) || now.Sub(issued) > logoutMaxAge:
		return Logout{}, wrongToken("iat")
	case l.Expires != 0 && !now.Before(expires.Add(skew)):
		return Logout{}, wrongToken("exp")
	}
	return Logout{Issuer: issuer, Subject: l.Subject, SID: l.SID, ID: l.ID, Until: issued.Add(logoutMaxAge + skew)}, nil
}
