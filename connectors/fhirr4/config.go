// Package fhirr4 is the connector kind "fhir-r4": it reads staff from a FHIR R4 server
// (Practitioner, PractitionerRole, Organization, Location; ISiK names included) and takes
// what a system posts to a listener of its own.
//
// A pass ends well only where the server itself said that there is no more. What a resource
// becomes is said in person.go and units.go and nowhere else.
package fhirr4

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/fhir"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one FHIR server, of one listener, or of both.
type Config struct {
	BaseURL      string              `json:"base_url,omitempty" maxLength:"1000" doc:"Adresse des FHIR-Servers. Leer: es wird nichts geholt, nur empfangen. / Address of the FHIR server. Empty: nothing is fetched, only received." example:"https://kis.klinik.example/fhir"`
	Auth         fhir.LoginKind      `json:"auth" enum:"none,basic,oauth2" doc:"Anmeldung am Server: keine (oder nur Client-Zertifikat), Benutzername und Kennwort, OAuth 2 (Client Credentials). / Signing in to the server: none (or only a client certificate), user and password, OAuth 2 (client credentials)."`
	ClientID     string              `json:"client_id,omitempty" maxLength:"255" doc:"Benutzername oder Client-ID. / User name or client id."`
	ClientSecret string              `json:"client_secret,omitempty" secret:"true" doc:"Kennwort oder Client-Secret. / Password or client secret."`
	TokenURL     string              `json:"token_url,omitempty" maxLength:"1000" doc:"Adresse für OAuth-2-Token. / Address for OAuth 2 tokens." example:"https://login.klinik.example/token"`
	Scopes       []string            `json:"scopes,omitempty" maxItems:"16" doc:"Verlangte Rechte (OAuth 2). / Scopes to ask for (OAuth 2)." example:"[\"system/*.read\"]"`
	CAFile       string              `json:"ca_file,omitempty" doc:"Zertifizierungsstelle des Servers (PEM); nur sie gilt dann. Leer: die des Systems. / CA of the server (PEM); only it counts then. Empty: the system's."`
	CertFile     string              `json:"cert_file,omitempty" doc:"Client-Zertifikat (PEM, mit Kette). / Client certificate (PEM, with chain)."`
	KeyFile      string              `json:"key_file,omitempty" doc:"Privater Schlüssel des Client-Zertifikats (PEM). / Private key of the client certificate (PEM)."`
	Key          IdentifierOf        `json:"key" doc:"Kennung, die eine Person ausmacht. Leer: die id der Ressource. / Identifier that is a person's key. Empty: the resource's id."`
	StaffNumber  IdentifierOf        `json:"staff_number" doc:"Kennung, die die Personalnummer ist. Leer: keine. / Identifier that is the staff number. Empty: none."`
	Login        IdentifierOf        `json:"login" doc:"Kennung, die der Anmeldename ist. Leer: keine. / Identifier that is the login name. Empty: none."`
	Query        string              `json:"query,omitempty" maxLength:"1000" doc:"Weitere Suchparameter für Practitioner. / Further search parameters for Practitioner." example:"identifier=https://klinik.example/sid/personal|"`
	Roles        string              `json:"roles" enum:"search,revinclude,none" doc:"Wie PractitionerRole gelesen wird: eigene Suche, _revinclude, gar nicht (ISiK-Basismodul). / How PractitionerRole is read: a search of its own, _revinclude, not at all (ISiK base module)."`
	Units        string              `json:"units" enum:"both,organization,location,none" doc:"Woraus Einheiten werden: PractitionerRole.organization, .location oder beides. / What units are made of: PractitionerRole.organization, .location or both."`
	UnitID       string              `json:"unit_id_system,omitempty" maxLength:"500" doc:"System der Kennung, die das Kürzel einer Einheit ist. Leer: die id der Ressource. / System of the identifier that is a unit's code. Empty: the resource's id."`
	RoleCodes    []RoleCode          `json:"role_codes,omitempty" maxItems:"500" doc:"Was Codes von PractitionerRole.code hier bedeuten. / What codes of PractitionerRole.code mean here."`
	PageSize     int                 `json:"page_size" minimum:"10" maximum:"1000" doc:"Ressourcen je Seite (_count). / Resources per page (_count)."`
	MaxPageBytes int                 `json:"max_page_bytes" minimum:"65536" maximum:"67108864" doc:"Größte Antwort in Byte. / Largest answer in bytes."`
	Timeout      int                 `json:"timeout_seconds" minimum:"1" maximum:"600" doc:"So viele Sekunden auf jede Antwort warten. / Seconds to wait for each answer."`
	IgnoreTotal  bool                `json:"ignore_total" doc:"Bundle.total nicht prüfen. Nur für Server, die falsch zählen. / Do not check Bundle.total. Only for servers that count wrongly."`
	Schedule     connectors.Schedule `json:"schedule" doc:"Wann abgeglichen wird. / When passes are made."`
	Inbound      Inbound             `json:"inbound" doc:"Empfang: ein System schickt Bundles hierher. / Receiving: a system posts bundles here."`
}

// IdentifierOf picks an identifier of a Practitioner: by system, by type code (v2-0203), or
// by both where both are set.
type IdentifierOf struct {
	System string `json:"system,omitempty" maxLength:"500" doc:"System der Kennung. / System of the identifier." example:"https://klinik.example/sid/personal"`
	Type   string `json:"type,omitempty" maxLength:"64" doc:"Art (Code): EI Personalnummer, LANR Arztnummer, DN EFN, PRN Telematik-ID. / Type (code): EI staff number, LANR physician number, DN EFN, PRN Telematik-ID."`
}

// RoleCode says what a code means.
type RoleCode struct {
	Code       string `json:"code" minLength:"1" maxLength:"200" doc:"Code, wahlweise mit System davor: system|code. / Code, with its system before it if you like: system|code." example:"urn:rollen|ARZT"`
	Profession string `json:"profession,omitempty" maxLength:"200" doc:"Beruf. / Profession." example:"Arzt"`
	JobTitle   string `json:"job_title,omitempty" maxLength:"200" doc:"Funktion. / Job title." example:"Oberärztin"`
}

// Inbound is the listener.
type Inbound struct {
	Address      string              `json:"address,omitempty" doc:"Adresse und Port des Empfangs. Leer: kein Empfang. / Address and port to listen on. Empty: nothing is received." example:"0.0.0.0:8444"`
	TLS          connectors.TLSFiles `json:"tls" doc:"Verschlüsselung; ohne sie gehen Token im Klartext über das Netz. / Encryption; without it tokens cross the network in the clear."`
	AllowedPeers []string            `json:"allowed_peers,omitempty" doc:"Netze oder Adressen der Sender. Leer: alle. / Networks or addresses of senders. Empty: all."`
	MaxBytes     int                 `json:"max_bytes" minimum:"65536" maximum:"67108864" doc:"Größtes Bundle in Byte. / Largest bundle in bytes."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "fhir-r4",
		Config: func() any {
			return &Config{Auth: fhir.NoLogin, Roles: "search", Units: "both", PageSize: 100, MaxPageBytes: fhir.DefaultLimits().Bytes,
				Timeout: 60, Schedule: connectors.Schedule{ChangesMinutes: 15, FullAt: "02:30"}, Inbound: Inbound{MaxBytes: 8 << 20}}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("fhir-r4: configuration is a %T", config)
			}
			return newSource(*c, e)
		},
	}
}

func newSource(c Config, e connectors.Env) (*source, error) {
	for _, check := range []func() error{c.validateServer, c.validateReading, c.validateInbound} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	peers, err := connectors.ParsePeers(c.Inbound.AllowedPeers)
	if err != nil {
		return nil, inbound(err)
	}
	parser, err := fhir.NewParser(fhir.Limits{Bytes: c.Inbound.MaxBytes})
	if err != nil {
		return nil, err
	}
	return &source{config: c, env: e, peers: peers, parser: parser, healthy: true}, nil
}

func (c *Config) validateServer() error {
	if c.BaseURL == "" && c.Inbound.Address == "" {
		return invalid("base_url", "a server to read from or an address to listen on is needed")
	}
	if _, err := fhir.ParseBase(c.BaseURL); c.BaseURL != "" && err != nil {
		return invalid("base_url", err.Error())
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return invalid("cert_file", "certificate and key are needed together")
	}
	switch c.Auth {
	case fhir.NoLogin, "":
	case fhir.Basic, fhir.OAuth2:
		if c.ClientID == "" {
			return invalid("client_id", "this way of signing in needs a name")
		}
		if _, err := fhir.ParseBase(c.TokenURL); c.Auth == fhir.OAuth2 && err != nil {
			return invalid("token_url", err.Error())
		}
	default:
		return invalid("auth", "this way of signing in is not known")
	}
	return nil
}

func (c *Config) validateReading() error {
	if _, err := url.ParseQuery(c.Query); err != nil || strings.ContainsAny(c.Query, "?#") {
		return invalid("query", "this needs the form name=value&name=value")
	}
	switch c.Roles {
	case "search", "revinclude", "none":
	default:
		return invalid("roles", "this must be search, revinclude or none")
	}
	switch c.Units {
	case "both", "organization", "location", "none":
	default:
		return invalid("units", "this must be both, organization, location or none")
	}
	for _, r := range c.RoleCodes {
		if strings.TrimSpace(r.Code) == "" {
			return invalid("role_codes", "each entry needs a code")
		}
	}
	for name, n := range map[string][3]int{"page_size": {c.PageSize, 10, 1000}, "max_page_bytes": {c.MaxPageBytes, 64 << 10, 64 << 20},
		"timeout_seconds": {c.Timeout, 1, 600}} {
		if n[0] < n[1] || n[0] > n[2] {
			return invalid(name, fmt.Sprintf("this must be %d to %d", n[1], n[2]))
		}
	}
	return nil
}

func (c *Config) validateInbound() error {
	in := c.Inbound
	if in.MaxBytes < 64<<10 || in.MaxBytes > 64<<20 {
		return invalid("inbound.max_bytes", "this must be 65,536 to 67,108,864")
	}
	if in.Address == "" {
		return nil
	}
	return inbound(errors.Join(connectors.ValidAddress(in.Address), in.TLS.Validate()))
}

// inbound puts the fields of an error of the shared parts where this form has them.
func inbound(err error) error {
	var e *hub.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	at := *e
	at.Field = "inbound." + e.Field
	return &at
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "fhirr4.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}

// pick returns the identifier that was configured; "" where there is none. One that is
// marked as old is not theirs any more.
func (w IdentifierOf) pick(list []fhir.Identifier) string {
	for _, i := range list {
		if i.Value != "" && i.Use != "old" && (w.System == "" || i.System == w.System) && (w.Type == "" || i.Type.Has(w.Type)) {
			return i.Value
		}
	}
	return ""
}

func (w IdentifierOf) set() bool { return w.System != "" || w.Type != "" }

// fault is a fault of one record.
func fault(name, where, reason string) *connectors.Fault {
	return &connectors.Fault{Name: name, Where: where, Reason: reason}
}

func value(s string) directory.Value { return directory.Value{Text: s, Null: s == ""} }
