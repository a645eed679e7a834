// Package alarmapi is the connector kind "alarm-http": alarms by HTTPS from any system that
// can send JSON, and from Prometheus Alertmanager (webhook version 4).
//
// It has a listener of its own, so that it can be kept apart from the console and the chat.
// A caller is known by a bearer token, which says what it may do and for which wards. 202
// means that the alarm is committed; 503 that nothing happened and the caller should try
// again. GET /openapi.json describes it all.
package alarmapi

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one alarm interface.
type Config struct {
	Address       string              `json:"address" doc:"Adresse und Port der Schnittstelle. / Address and port of the interface." example:"0.0.0.0:8443"`
	TLS           connectors.TLSFiles `json:"tls" doc:"Verschlüsselung; ohne sie gehen Token im Klartext über das Netz. / Encryption; without it tokens cross the network in the clear."`
	AllowedPeers  []string            `json:"allowed_peers,omitempty" doc:"Netze oder Adressen der Sender. Leer: alle. / Networks or addresses of senders. Empty: all."`
	SignalKind    string              `json:"signal_kind" minLength:"1" maxLength:"64" doc:"Art von Alarmen, die keine nennen. / Kind of alarms that name none."`
	RatePerSecond int                 `json:"rate_per_second" minimum:"0" maximum:"100000" doc:"Höchstens so viele Alarme je Sekunde und Token; 0: unbegrenzt. Gilt nie für Notfälle. / At most so many alarms per second and token; 0: no limit. Never applies to emergencies."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "alarm-http",
		Config: func() any {
			return &Config{Address: "0.0.0.0:8443", SignalKind: "monitor"}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("alarm-http: configuration is a %T", config)
			}
			return newServer(*c, e)
		},
	}
}

func newServer(c Config, e connectors.Env) (*server, error) {
	if err := errors.Join(connectors.ValidAddress(c.Address), c.TLS.Validate()); err != nil {
		return nil, err
	}
	if c.SignalKind == "" || len(c.SignalKind) > 64 {
		return nil, invalid("signal_kind", "this must be 1 to 64 characters")
	}
	if c.RatePerSecond < 0 {
		return nil, invalid("rate_per_second", "this must not be negative")
	}
	peers, err := connectors.ParsePeers(c.AllowedPeers)
	if err != nil {
		return nil, err
	}
	return &server{config: c, env: e, peers: peers, healthy: true, limits: newLimits(c.RatePerSecond)}, nil
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "alarmapi.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}

// Times a caller has. An alarm is a small body: whoever needs longer is stuck or hostile.
const (
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second
	writeTime  = 15 * time.Second
	idleTime   = 2 * time.Minute
	drainTime  = 5 * time.Second
)

func (s *server) http() *http.Server {
	return &http.Server{
		Handler:           s.routes(),
		TLSConfig:         s.tls,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(faults{s.env.Count}, "", 0),
	}
}

// faults counts what net/http only logs. The text is dropped: it may quote the peer.
type faults struct{ count func(string) }

func (f faults) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "TLS handshake error") {
		f.count("tls_failed")
	} else {
		f.count("connections_failed")
	}
	return len(p), nil
}

// gate lets in the allowed peers only.
type gate struct {
	net.Listener
	server *server
}

func (g gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil || g.server.peers.Allow(conn.RemoteAddr()) {
			return conn, err
		}
		g.server.env.Count("peer_refused")
		conn.Close()
	}
}
