// Package scim is the connector kind "scim": a SCIM 2.0 service provider (RFC 7643, RFC 7644)
// to which Entra ID, Keycloak and others provision people and groups.
//
// Every write is committed before it is answered. What was provisioned is read back from what
// this source has stated (connectors.Stated), so nothing about people is kept here; groups,
// which may be empty, are remembered by id and name. Attributes the directory has no field
// for are dropped: data minimisation comes before echo.
//
// The dialects are taken as they are: operations in any case, "False" for false, paths with
// filters, values without a path, members to be removed by value. Requests are read by our own
// code over the parser of filters and paths; the library's server takes strings for booleans
// only by a switch of the whole process, and reads bodies without a limit.
package scim

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one service provider.
type Config struct {
	Address       string              `json:"address" doc:"Adresse und Port der Schnittstelle; Pfad /scim/v2. / Address and port of the interface; path /scim/v2." example:"0.0.0.0:8445"`
	TLS           connectors.TLSFiles `json:"tls" doc:"Verschlüsselung; ohne sie gehen Token und Personaldaten im Klartext über das Netz. / Encryption; without it tokens and people's data cross the network in the clear."`
	AllowedPeers  []string            `json:"allowed_peers,omitempty" doc:"Netze oder Adressen der Sender. Leer: alle. / Networks or addresses of senders. Empty: all."`
	StaffNumber   string              `json:"staff_number" enum:"externalId,employeeNumber,none" doc:"Attribut mit der Personalnummer. externalId wird nur behalten, wenn es das ist. / Attribute with the staff number. externalId is kept only where it is that."`
	Unit          string              `json:"unit" enum:"none,department,division,costCenter,organization" doc:"Attribut, das Station oder Abteilung nennt. / Attribute that names the ward or department."`
	UnitKind      directory.UnitKind  `json:"unit_kind" enum:"ward,clinic,house" doc:"Was dieses Attribut nennt. / What this attribute names."`
	GroupRooms    bool                `json:"group_rooms" doc:"Ein Raum folgt jeder Gruppe. / A room follows each group."`
	RatePerSecond int                 `json:"rate_per_second" minimum:"0" maximum:"10000" doc:"Höchstens so viele Anfragen je Sekunde und Token; 0: unbegrenzt. / At most so many requests per second and token; 0: no limit."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "scim",
		Config: func() any {
			return &Config{Address: "0.0.0.0:8445", StaffNumber: "externalId", Unit: "none", UnitKind: directory.Ward, RatePerSecond: 50}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("scim: configuration is a %T", config)
			}
			return newServer(*c, e)
		},
	}
}

func newServer(c Config, e connectors.Env) (*server, error) {
	if err := errors.Join(connectors.ValidAddress(c.Address), c.TLS.Validate()); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains([]string{"externalId", "employeeNumber", "none"}, c.StaffNumber):
		return nil, invalid("staff_number", "this must be externalId, employeeNumber or none")
	case !slices.Contains([]string{"none", "department", "division", "costCenter", "organization"}, c.Unit):
		return nil, invalid("unit", "this attribute cannot name a unit")
	case c.RatePerSecond < 0:
		return nil, invalid("rate_per_second", "this must not be negative")
	}
	peers, err := connectors.ParsePeers(c.AllowedPeers)
	if err != nil {
		return nil, err
	}
	discovery, err := newDiscovery(c)
	if err != nil {
		return nil, err
	}
	return &server{config: c, env: e, peers: peers, healthy: true, discovery: discovery, limits: newLimits(c.RatePerSecond)}, nil
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "scim.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}
