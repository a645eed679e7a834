package push

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/url"
	"strings"

	"github.com/wardline/wardline/hub"
)

// Subscription is where a device can be woken, and the keys its browser made for it
// (RFC 8291).
type Subscription struct {
	Device   hub.DeviceID
	Endpoint string
	P256DH   string
	Auth     string
}

// DefaultHosts are the push services of the usual browsers. "*." stands for any name below.
func DefaultHosts() []string {
	return []string{"fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"}
}

// check refuses what the hub must not call: the endpoint comes from a client, and the hub
// sits inside the clinic's network.
func (s Subscription) check(hosts []string) error {
	field := ""
	switch {
	case !allowed(s.Endpoint, hosts):
		field = "endpoint"
	case !isPoint(s.P256DH):
		field = "p256dh"
	case !isSecret(s.Auth):
		field = "auth"
	default:
		return nil
	}
	return &hub.Error{Op: "push.subscribe", Kind: hub.Invalid, Field: field}
}

// allowed reports whether an endpoint is https on its usual port of a host that was named.
func allowed(endpoint string, hosts []string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Fragment != "" || len(endpoint) > 1024 {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if port := u.Port(); port != "" && port != "443" || net.ParseIP(host) != nil {
		return false
	}
	for _, h := range hosts {
		if below, wild := strings.CutPrefix(h, "*"); host == h || wild && strings.HasSuffix(host, below) && len(host) > len(below) {
			return true
		}
	}
	return false
}

func isPoint(s string) bool {
	b, err := decode(s)
	if err != nil {
		return false
	}
	_, err = ecdh.P256().NewPublicKey(b)
	return err == nil
}

func isSecret(s string) bool {
	b, err := decode(s)
	return err == nil && len(b) == 16
}

// decode reads base64url with or without padding, as browsers give it.
func decode(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

// NewKey makes the private key by which push services know the hub (VAPID, RFC 8292).
func NewKey() string {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return base64.RawURLEncoding.EncodeToString(key.Bytes())
}

// publicKey derives the half of a key that browsers and push services are shown.
func publicKey(private string) (string, error) {
	b, err := decode(private)
	if err != nil {
		return "", err
	}
	key, err := ecdh.P256().NewPrivateKey(b)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), nil
}
