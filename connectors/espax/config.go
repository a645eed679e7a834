// Package espax is the connector kind "espa-x": an ESPA-X 1.00 alarm server that nurse-call
// systems log in to. It is a closed loop: calls come in by P-START, and what becomes of
// them (reached, accepted, rejected, nobody) goes back to the source as P-EVENT and
// P-ENDED, until the source resets the call by P-STOP.
//
// What an answer becomes (SS-STATUS / SS-RESULT of IND.P-EVENT, SP-ENDREASON /
// SP-RESULT of IND.P-ENDED):
//
//	started       IND.P-STARTED  Active
//	reached       IND.P-EVENT    Processing / Reached
//	accepted      IND.P-EVENT    Completed / Accepted
//	rejected      IND.P-EVENT    Completed / Rejected
//	busy          IND.P-EVENT    Completed / Busy
//	no_answer     IND.P-EVENT    Completed / No answer
//	off_duty      IND.P-EVENT    Completed / Off duty
//	not_accepted  IND.P-ENDED    Failure / Negative
//	ended         IND.P-ENDED    Finished / Positive confirmed (resolved), Client / None
//	                             (cancelled), Failure / Negative (expired)
//
// SS-SBSCRNO is the person's extension. SS-SBSCRDATA, free text of up to 256 characters in
// the schema, is their name; who has no extension gets a short SS-SBSCRID instead.
//
// Indications are not acknowledged in ESPA-X. What was sent since the source's last two
// signs of life is therefore sent again in its next session, so a source may see an
// indication twice, and does not miss one because of a lost connection. (A crash or reload
// of the hub in that moment can still lose one: the outbox counts it as delivered once it
// is written.)
//
// ESPA-X has neither encryption nor strong passwords (4 to 12 characters): the source's
// address should be pinned in allowed_peers, and the link belongs on its own network.
package espax

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one nurse-call system's link.
type Config struct {
	Address          string   `json:"address" doc:"Adresse und Port, auf denen die Rufanlage sich anmeldet. / Address and port the nurse-call system logs in at." example:"0.0.0.0:2023"`
	User             string   `json:"user" minLength:"4" maxLength:"12" doc:"Benutzer der Rufanlage (4 bis 12 Zeichen). / User of the nurse-call system (4 to 12 characters)."`
	Password         string   `json:"password" minLength:"4" maxLength:"12" secret:"true" doc:"Passwort (4 bis 12 Zeichen). / Password (4 to 12 characters)."`
	AllowedPeers     []string `json:"allowed_peers,omitempty" doc:"Netze oder Adressen, von denen die Anlage kommen darf. Leer: alle. / Networks or addresses the system may come from. Empty: all."`
	HeartbeatSeconds int      `json:"heartbeat_seconds" minimum:"1" maximum:"300" doc:"Abstand der Lebenszeichen in Sekunden. / Seconds between signs of life."`
	MissedHeartbeats int      `json:"missed_heartbeats" minimum:"1" maximum:"20" doc:"So viele fehlende Lebenszeichen gelten als Ausfall. / So many missing signs of life count as a loss."`
	MaxFrameBytes    int      `json:"max_frame_bytes" minimum:"4096" maximum:"1048576" doc:"Größte Nachricht in Byte. / Largest message in bytes."`
	SignalKind       string   `json:"signal_kind" minLength:"1" maxLength:"64" doc:"Art der Rufe, auf die Regeln sich beziehen. / Kind of the calls, as rules refer to it."`
	BedPattern       string   `json:"bed_pattern" maxLength:"200" doc:"Regulärer Ausdruck mit den Gruppen room und bed, der CP-BED zerlegt. / Regular expression with groups room and bed that takes CP-BED apart."`
	SendNames        bool     `json:"send_names" doc:"Der Anlage den Namen der Person nennen, die kommt. / Tell the system the name of who comes."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "espa-x",
		Config: func() any {
			return &Config{Address: "0.0.0.0:2023", HeartbeatSeconds: 10, MissedHeartbeats: 3,
				MaxFrameBytes: wire.DefaultLimit, SignalKind: "nurse-call", SendNames: true,
				BedPattern: `^(?P<room>[^-/ ]+)[-/ ](?P<bed>.+)$`}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("espa-x: configuration is a %T", config)
			}
			return newServer(*c, e)
		},
	}
}

func newServer(c Config, e connectors.Env) (*server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	peers, err := connectors.ParsePeers(c.AllowedPeers)
	if err != nil {
		return nil, err
	}
	beds, err := regexp.Compile(c.BedPattern)
	if err != nil || beds.SubexpIndex("room") < 0 || beds.SubexpIndex("bed") < 0 {
		return nil, invalid("bed_pattern", "this must be a regular expression with groups named room and bed")
	}
	return &server{config: c, env: e, peers: peers, beds: beds,
		conns: map[*session]bool{}, healthy: true}, nil
}

func (c *Config) validate() error {
	if err := connectors.ValidAddress(c.Address); err != nil {
		return err
	}
	switch {
	case len(c.User) < 4 || len(c.User) > 12:
		return invalid("user", "ESPA-X allows 4 to 12 characters")
	case len(c.Password) < 4 || len(c.Password) > 12:
		return invalid("password", "ESPA-X allows 4 to 12 characters")
	case c.HeartbeatSeconds < 1 || c.HeartbeatSeconds > 300:
		return invalid("heartbeat_seconds", "this must be 1 to 300")
	case c.MissedHeartbeats < 1 || c.MissedHeartbeats > 20:
		return invalid("missed_heartbeats", "this must be 1 to 20")
	case c.MaxFrameBytes < 4096 || c.MaxFrameBytes > 1<<20:
		return invalid("max_frame_bytes", "this must be 4,096 to 1,048,576")
	case c.SignalKind == "" || len(c.SignalKind) > 64:
		return invalid("signal_kind", "this must be 1 to 64 characters")
	}
	return nil
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "espax.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}
