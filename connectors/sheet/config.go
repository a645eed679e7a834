package sheet

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Config is the configuration of one source of spreadsheets. Without a folder and an address
// files come by upload at the console only.
type Config struct {
	Content      Content             `json:"content" enum:"staff,roster" doc:"Was die Dateien enthalten: Personal oder Dienstplan. / What the files hold: people or duty rosters."`
	Mode         Mode                `json:"mode" enum:"update,full" doc:"update ändert nur genannte Personen; full: wer fehlt, ist ausgeschieden. / update changes only those named; full: whoever is missing has left."`
	Key          Field               `json:"key" enum:"staff_number,login,key" doc:"Feld, an dem Personen wiedererkannt werden. / Field by which people are recognised."`
	Mapping      Mapping             `json:"mapping,omitempty" maxItems:"200" doc:"Bedeutung der Spalten. Leer: gemerkte oder erkannte Zuordnung. / Meaning of the columns. Empty: remembered or recognised."`
	Sheet        string              `json:"sheet,omitempty" maxLength:"31" doc:"Tabellenblatt. Leer: das erste. / Sheet. Empty: the first."`
	UnitKind     directory.UnitKind  `json:"unit_kind" enum:"ward,clinic,house" doc:"Was die Spalte Einheit nennt. / What the column unit names."`
	DryFirst     bool                `json:"dry_first" doc:"Erst Probelauf; übernommen wird nur eine Datei ohne Fehler. / Dry run first; only a file without faults is applied."`
	Folder       string              `json:"folder,omitempty" maxLength:"1000" doc:"Ablageordner (vollständiger Pfad). Leer: keiner. / Drop folder (absolute path). Empty: none." example:"/srv/wardline/personal"`
	PollSeconds  int                 `json:"poll_seconds" minimum:"1" maximum:"3600" doc:"Alle so viele Sekunden in den Ordner sehen. / Look into the folder every so many seconds."`
	Address      string              `json:"address,omitempty" doc:"Adresse und Port der Schnittstelle. Leer: keine. / Address and port of the interface. Empty: none." example:"0.0.0.0:8444"`
	TLS          connectors.TLSFiles `json:"tls" doc:"Verschlüsselung; ohne sie gehen Token und Personaldaten im Klartext über das Netz. / Encryption; without it tokens and people's data cross the network in the clear."`
	AllowedPeers []string            `json:"allowed_peers,omitempty" doc:"Netze oder Adressen der Sender. Leer: alle. / Networks or addresses of senders. Empty: all."`
}

// Kind returns the kind for the registry.
func Kind() connectors.Kind {
	return connectors.Kind{
		Name: "sheet",
		Config: func() any {
			return &Config{Content: People, Mode: Update, Key: Field(directory.StaffNumber), UnitKind: directory.Ward, PollSeconds: 10}
		},
		New: func(config any, e connectors.Env) (connectors.Connector, error) {
			c, ok := config.(*Config)
			if !ok {
				return nil, fmt.Errorf("sheet: configuration is a %T", config)
			}
			return newSource(*c, e)
		},
	}
}

func newSource(c Config, e connectors.Env) (*source, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	peers, err := connectors.ParsePeers(c.AllowedPeers)
	if err != nil {
		return nil, err
	}
	return &source{config: c, env: e, peers: peers, poll: time.Duration(c.PollSeconds) * time.Second, results: newResults(), stuck: map[string]glimpse{}, healthy: true}, nil
}

func (c Config) validate() error {
	switch {
	case c.Content != People && c.Content != Roster:
		return invalid("content", "this must be staff or roster")
	case c.Mode != Update && c.Mode != Full:
		return invalid("mode", "this must be update or full")
	case !slices.Contains(Keys(), c.Key):
		return invalid("key", "people cannot be told apart by this field")
	case c.PollSeconds < 1:
		return invalid("poll_seconds", "this must be at least 1")
	case c.Folder != "" && !filepath.IsAbs(c.Folder):
		return invalid("folder", "the path must be absolute")
	}
	for _, column := range c.Mapping {
		if column.Header == "" || !slices.Contains(Fields(c.Content), column.Field) {
			return invalid("mapping", "each column needs a header and a field of the content")
		}
	}
	if c.Address == "" {
		return c.TLS.Validate()
	}
	return errors.Join(connectors.ValidAddress(c.Address), c.TLS.Validate())
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "sheet.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}
