package server

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/wardline/wardline/accounts"
)

// What the world holds beside what is shown of it. Nothing that begins like this may leave
// the hub, as text or in base64.
const plantedSecret = "planted!"

func plantedProvider() accounts.Provider {
	secret := plantedSecret + "client"
	return accounts.Provider{ID: "p", Label: "Haus", Issuer: plantedSecret + "issuer", ClientID: plantedSecret + "id", Secret: &secret}
}

func plantedKey() accounts.Passkey {
	k := accounts.Passkey{ID: thing, Name: "Schlüssel", Host: plantedSecret}
	k.Key.Credential, k.Key.Data = []byte(plantedSecret), []byte(plantedSecret)
	return k
}

func plantedProof() accounts.Proof {
	return accounts.Proof{Means: []accounts.Means{"password"}, Provider: "p", Subject: plantedSecret + "subject", SID: plantedSecret + "sid"}
}

// plantedDevice is somebody else's: its keys are public, but the console has no use for them.
func plantedDevice() accounts.Device {
	return accounts.Device{ID: device, User: user, Name: "Handy", KEMPublic: []byte(plantedSecret), SignPublic: []byte(plantedSecret)}
}

// TestNothingSecretIsRead walks all that can be read, as whoever may read most.
func TestNothingSecretIsRead(t *testing.T) {
	t.Parallel()
	secrets := []string{plantedSecret, base64.StdEncoding.EncodeToString([]byte(plantedSecret))[:10], "-secret", "disk full"}
	for name, consoleSide := range map[string]bool{"chat": false, "console": true} {
		r := newRig(t, consoleSide)
		read := 0
		for _, rt := range r.routes {
			if rt.method != http.MethodGet {
				continue
			}
			res := r.do("admin", rt.method, target(rt), "")
			if res.Code == http.StatusOK {
				read++
			}
			for header, values := range res.Header() {
				if header != "Set-Cookie" { // of a round trip to a provider
					res.Body.WriteString("\n" + header + ": " + strings.Join(values, " "))
				}
			}
			for _, s := range secrets {
				if strings.Contains(res.Body.String(), s) {
					t.Errorf("%s: %s %s tells %q: %s", name, rt.method, rt.path, s, res.Body)
				}
			}
		}
		if read < 20 {
			t.Errorf("%s: only %d routes were read", name, read)
		}
		if strings.Contains(r.logs.String(), plantedSecret) {
			t.Errorf("%s: the log holds it", name)
		}
	}
}

// TestOnceMeansOnce: what is shown once is in the answer of one route only.
func TestOnceMeansOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	once := map[string]string{
		"issue-code": `"code":"ABCD"`, "create-token": "wardline_once", "issue-letters": "ABCDEFGHJK", "create-poster": "join#token=t",
		"create-device-code": `"code":"CODE"`, "begin-totp": "otpauth://", "confirm-totp": "AAAA", "renew-recovery": "BBBB",
	}
	for _, rt := range r.routes {
		body := r.do("admin", rt.method, target(rt), bodies[rt.id], "If-Match", `"7"`).Body.String()
		for id, secret := range once {
			if shown := strings.Contains(body, secret); shown != (id == rt.id) {
				t.Errorf("%s shows what is of %s: %v", rt.id, id, shown)
			}
		}
	}
}

// TestEverySignInLooksAlike: whichever way somebody signs in, the cookie is the same, its
// secret is nowhere else, and the session the browser had before is over.
func TestEverySignInLooksAlike(t *testing.T) {
	t.Parallel()
	for name, consoleSide := range map[string]bool{"chat": false, "console": true} {
		for _, id := range []string{"login", "follow-link", "passkey-login", "activate"} {
			t.Run(name+" "+id, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, consoleSide)
				for _, rt := range r.routes {
					if rt.id != id {
						continue
					}
					for _, who := range []string{"", "internal"} {
						res := r.do(who, rt.method, target(rt), bodies[id], "X-Forwarded-For", "10.9.8.7", "Forwarded", "for=10.9.8.7")
						c := cookieOf(res.Result(), r.cookie)
						if res.Code != 200 || c == nil || len(res.Result().Cookies()) != 1 {
							t.Fatalf("%d %v", res.Code, res.Header())
						}
						if c.Value != "secret" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
							t.Errorf("cookie %+v", c)
						}
						if strings.Contains(res.Body.String(), `"secret"`) || res.Header().Get("Cache-Control") != "no-store" {
							t.Errorf("%v %s", res.Header(), res.Body)
						}
						if ended := len(r.ended) > 0; ended != (who != "") {
							t.Errorf("as %q ended %v", who, r.ended)
						}
						if r.from.Address != "192.0.2.1" || r.from.Console != consoleSide {
							t.Errorf("comes from %+v, which a header says", r.from)
						}
					}
				}
			})
		}
	}
}

// TestFailedSignInKeepsTheSession: a wrong password must not sign the browser out.
func TestFailedSignInKeepsTheSession(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"login", "follow-link", "passkey-login"} {
		r := newRig(t, true)
		r.signIn = accountsWrong()
		for _, rt := range r.routes {
			if rt.id != id {
				continue
			}
			if res := r.do("admin", rt.method, target(rt), bodies[id]); res.Code != 401 || len(r.ended) > 0 || len(res.Result().Cookies()) > 0 {
				t.Errorf("%s: %d, ended %v, cookies %v", id, res.Code, r.ended, res.Result().Cookies())
			}
		}
	}
}
