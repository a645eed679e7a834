package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/websocket"
)

// offers reports whether a client knows the subprotocol.
func offers(r *http.Request, protocol string) bool {
	return slices.Contains(websocket.Subprotocols(r), protocol)
}

// sameHost reports whether a WebSocket request comes from a page of this listener.
// Browsers always send Origin with it; what sends none is no browser, and has no cookie
// that somebody else could make use of.
func sameHost(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
