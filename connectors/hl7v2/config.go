// Package hl7v2 is the connector kind "hl7v2-mllp": it takes staff (MFN^M02, PMU), wards
// (MFN^M05) and the movements of patients (ADT) from a hospital information system, by MLLP
// and from files in a drop folder.
//
// Every message is committed, raw and with its effect, before it is acknowledged. One that
// cannot be mapped is kept with the reason and acknowledged as received, so that it never
// blocks the next; one that cannot be parsed is refused with the place of the fault; and
// while the database is away the sender hears a negative answer and tries again.
//
// What differs between hospitals (which identifier is the key, Z-segments) is
// configuration. What a field means is said in map.go, staff.go, location.go and adt.go and nowhere else.
package hl7v2

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one receiving port.
type Config struct {
	Address         string              `json:"address" doc:"Adresse und Port des Empfangs. / Address and port to listen on." example:"0.0.0.0:2575"`
	TLS             connectors.TLSFiles `json:"tls" doc:"Verschlüsselung. / Encryption."`
	AllowedPeers    []string            `json:"allowed_peers,omitempty" doc:"Netze oder Adressen der Sender. Leer: alle. / Networks or addresses of senders. Empty: all."`
	Sources         []string            `json:"sources,omitempty" doc:"Nur Nachrichten dieser Systeme (MSH-3) annehmen. Leer: alle. / Take only messages of these systems (MSH-3). Empty: all."`
	Charset         string              `json:"charset,omitempty" enum:",UNICODE UTF-8,8859/1,8859/15,WINDOWS-1252" doc:"Zeichensatz, wenn MSH-18 keinen nennt. Leer: erkennen. / Character set where MSH-18 names none. Empty: detect."`
	TimeZone        string              `json:"time_zone" doc:"Zeitzone von Zeiten ohne Zone. / Time zone of times without one." example:"Europe/Berlin"`
	MaxFrameBytes   int                 `json:"max_frame_bytes" minimum:"4096" maximum:"16777216" doc:"Größte Nachricht in Byte. / Largest message in bytes."`
	IdleSeconds     int                 `json:"idle_seconds" minimum:"0" maximum:"604800" doc:"Verbindung nach so vielen Sekunden Stille schließen; 0: nie. / Close a connection after so many seconds of silence; 0: never."`
	StaffIDType     string              `json:"staff_id_type,omitempty" maxLength:"20" doc:"Art der Kennung (STF-2, CX.5), die eine Person ausmacht. Leer: MFE-4 oder STF-1. / Type of identifier (STF-2, CX.5) that is a person's key. Empty: MFE-4 or STF-1."`
	LoginIDType     string              `json:"login_id_type,omitempty" maxLength:"20" doc:"Art der Kennung (STF-2, CX.5), die der Anmeldename ist. / Type of identifier (STF-2, CX.5) that is the login name."`
	Fields          []FieldMap          `json:"fields,omitempty" maxItems:"32" doc:"Weitere Felder, auch aus Z-Segmenten. / Further fields, also of Z segments."`
	BatchAck        string              `json:"batch_ack" enum:"single,batch" doc:"Antwort auf einen Batch (BHS): einzelne Bestätigungen oder ein Batch davon. / Answer to a batch (BHS): single acknowledgements or a batch of them."`
	DropFolder      string              `json:"drop_folder,omitempty" maxLength:"1000" doc:"Ablageordner für Dateien mit Nachrichten (vollständiger Pfad). Leer: keiner. / Drop folder for files of messages (absolute path). Empty: none." example:"/srv/wardline/hl7"`
	PollSeconds     int                 `json:"poll_seconds" minimum:"1" maximum:"3600" doc:"Alle so viele Sekunden in den Ordner sehen. / Look into the folder every so many seconds."`
	KeepPatientName bool                `json:"keep_patient_name" doc:"Patientennamen verschlüsselt aufbewahren. / Keep patients' names, encrypted."`
}

// FieldMap takes one more value of a person from a place in the message; it wins over the
// standard place.
type FieldMap struct {
	Path  string          `json:"path" example:"ZST-3.1" doc:"Stelle in der Nachricht. / Place in the message."`
	Field directory.Field `json:"field" enum:"staff_number,given_name,family_name,title,login,mail,phone,mobile,pager,extension,job_title,department,profession,active_from,active_until" doc:"Feld der Person. / Field of the person."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "hl7v2-mllp",
		Config: func() any {
			return &Config{Address: "0.0.0.0:2575", TimeZone: "Europe/Berlin", MaxFrameBytes: mllp.DefaultMaxFrame, BatchAck: "single", PollSeconds: 10}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("hl7v2-mllp: configuration is a %T", config)
			}
			return newReceiver(*c, e)
		},
	}
}

func newReceiver(c Config, e connectors.Env) (*receiver, error) {
	m, err := c.mapping()
	if err != nil {
		return nil, err
	}
	peers, err := connectors.ParsePeers(c.AllowedPeers)
	if err != nil {
		return nil, err
	}
	return &receiver{config: c, env: e, peers: peers, mapping: m, healthy: true,
		options: hl7.Options{MaxBytes: c.MaxFrameBytes, Charset: hl7.Charset(c.Charset)},
		poll:    time.Duration(c.PollSeconds) * time.Second}, nil
}

// mapping validates the configuration and compiles what the mapping needs of it.
func (c *Config) mapping() (*mapping, error) {
	if err := errors.Join(connectors.ValidAddress(c.Address), c.TLS.Validate()); err != nil {
		return nil, err
	}
	if _, known := hl7.ParseCharset(c.Charset); !known && c.Charset != "" && c.Charset != string(hl7.Windows1252) {
		return nil, invalid("charset", "this character set is not known")
	}
	if c.MaxFrameBytes < 4096 || c.MaxFrameBytes > mllp.HardMaxFrame {
		return nil, invalid("max_frame_bytes", "this must be 4,096 to 16,777,216")
	}
	if c.IdleSeconds < 0 {
		return nil, invalid("idle_seconds", "this must not be negative")
	}
	if c.BatchAck != "single" && c.BatchAck != "batch" {
		return nil, invalid("batch_ack", "this must be single or batch")
	}
	if c.DropFolder != "" && !filepath.IsAbs(c.DropFolder) {
		return nil, invalid("drop_folder", "the path must be absolute")
	}
	if c.PollSeconds < 1 || c.PollSeconds > 3600 {
		return nil, invalid("poll_seconds", "this must be 1 to 3,600")
	}
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return nil, invalid("time_zone", "this time zone is not known")
	}
	m := &mapping{keyType: c.StaffIDType, loginType: c.LoginIDType, keepName: c.KeepPatientName, loc: loc}
	for _, f := range c.Fields {
		p, err := hl7.ParsePath(f.Path)
		if err != nil || p.Field == 0 || !slices.Contains(fields, f.Field) {
			return nil, invalid("fields", "each entry needs a path such as ZST-3.1 and a known field")
		}
		m.extra = append(m.extra, extra{p, f.Field})
	}
	return m, nil
}

var fields = []directory.Field{
	directory.StaffNumber, directory.GivenName, directory.FamilyName, directory.Title, directory.Login,
	directory.Mail, directory.Phone, directory.Mobile, directory.Pager, directory.Extension, directory.JobTitle,
	directory.Department, directory.Profession, directory.ActiveFrom, directory.ActiveUntil,
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "hl7v2.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}
