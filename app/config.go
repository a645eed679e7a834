package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"github.com/wardline/wardline/messaging/push"
)

// Config is what a process needs to know before it can reach its database. Everything an
// administrator of a clinic changes lives in the database instead.
//
// Each value comes from the file, is overridden by the environment (WARDLINE_CHAT_ADDR for
// chat.addr) and that by flags.
type Config struct {
	DataDir    string         `koanf:"data_dir"`
	Clinic     ClinicConfig   `koanf:"clinic"`
	Chat       ChatConfig     `koanf:"chat"`
	Console    ListenConfig   `koanf:"console"`
	Management ListenConfig   `koanf:"management"`
	Database   DatabaseConfig `koanf:"database"`
	Log        LogConfig      `koanf:"log"`
	Retention  Retention      `koanf:"retention"`
	Push       PushConfig     `koanf:"push"`
	Recorder   RecorderConfig `koanf:"recorder"`
	MasterKey  string         `koanf:"master_key"` // keyring text; empty: the file keys/master.key in data_dir
}

// ClinicConfig names the clinic made at the first start.
type ClinicConfig struct {
	Name     string `koanf:"name"`
	Timezone string `koanf:"timezone"`
}

// ListenConfig is one listener. With Cert and Key set it speaks TLS 1.3 only.
type ListenConfig struct {
	Addr string `koanf:"addr"`
	URL  string `koanf:"url"` // as people reach it; empty: made from Addr
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
}

// ChatConfig is the chat listener and what people may do there.
type ChatConfig struct {
	ListenConfig `koanf:",squash"`
	Backup       bool    `koanf:"backup"`     // encrypted backups at the hub
	Receipts     bool    `koanf:"receipts"`   // members see how far the others have read
	SendRate     float64 `koanf:"send_rate"`  // messages of a device per second in the long run
	SendBurst    int     `koanf:"send_burst"` // and at once
}

// PushConfig wakes phones by Web Push. Without Subject, whom a push service can ask (mailto:
// or https:), the hub calls none.
type PushConfig struct {
	Subject string   `koanf:"subject"`
	Hosts   []string `koanf:"hosts"` // of push services that may be called; "*." is any name below
}

// RecorderConfig is of `wardline recorder`, which may run on another machine than the hub.
type RecorderConfig struct {
	Hub       string `koanf:"hub"`        // base URL of the chat listener; empty: that of this configuration
	TokenFile string `koanf:"token_file"` // empty: recorder.token in data_dir, where the hub writes it
	DataDir   string `koanf:"data_dir"`   // its own; empty: recorder in data_dir
}

// DatabaseConfig is empty for the private PostgreSQL. Otherwise URL belongs to the role
// wardline_app and OwnerURL to wardline_owner, who migrates.
type DatabaseConfig struct {
	URL      string `koanf:"url"`
	OwnerURL string `koanf:"owner_url"`
}

// LogConfig sets what is logged: level debug, info, warn or error; format json or text.
type LogConfig struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// Retention says how long things are kept.
type Retention struct {
	RawDays int `koanf:"raw_days"` // raw messages, 1 to 365
}

func defaults() map[string]any {
	return map[string]any{
		"data_dir":           "data",
		"clinic.name":        "Klinik",
		"clinic.timezone":    "Europe/Berlin",
		"chat.addr":          "127.0.0.1:8080",
		"console.addr":       "127.0.0.1:8081",
		"management.addr":    "127.0.0.1:8082",
		"log.level":          "info",
		"log.format":         "json",
		"retention.raw_days": 30,
		"chat.backup":        true,
		"chat.receipts":      true,
		"chat.send_rate":     30,
		"chat.send_burst":    300,
		"push.hosts":         push.DefaultHosts(),
	}
}

const envPrefix = "WARDLINE_"

// LoadConfig merges defaults < file < environment < flags. An unknown name in any of them
// is an error that names it. path may be empty: no file.
func LoadConfig(path string, environ []string, flags map[string]any) (Config, error) {
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(defaults(), "."), nil); err != nil {
		return Config{}, fmt.Errorf("read defaults: %w", err)
	}
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return Config{}, fmt.Errorf("read configuration %s: %w", path, err)
		}
	}
	known := envNames()
	for _, line := range environ {
		name, _, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, envPrefix) && known[name] == "" {
			return Config{}, fmt.Errorf("read environment: there is no setting %s", name)
		}
	}
	fromEnv := env.Provider(".", env.Opt{Prefix: envPrefix, TransformFunc: func(name, value string) (string, any) {
		if known[name] == "push.hosts" {
			return known[name], strings.Split(value, ",")
		}
		return known[name], value
	}, EnvironFunc: func() []string { return environ }})
	if err := k.Load(fromEnv, nil); err != nil {
		return Config{}, fmt.Errorf("read environment: %w", err)
	}
	if err := k.Load(confmap.Provider(flags, "."), nil); err != nil {
		return Config{}, fmt.Errorf("read flags: %w", err)
	}
	var c Config
	err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, TagName: "koanf", ErrorUnused: true, WeaklyTypedInput: true,
	}})
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return c, c.validate()
}

// envNames maps WARDLINE_CHAT_ADDR to chat.addr; names with an underscore of their own
// (data_dir) make this a table instead of a replacement.
func envNames() map[string]string {
	out := map[string]string{}
	for _, name := range []string{
		"data_dir", "clinic.name", "clinic.timezone", "chat.addr", "chat.url", "chat.cert", "chat.key", "console.addr", "console.url", "console.cert", "console.key",
		"management.addr", "database.url", "database.owner_url", "log.level", "log.format", "retention.raw_days", "master_key",
		"chat.backup", "chat.receipts", "chat.send_rate", "chat.send_burst", "push.subject", "push.hosts", "recorder.hub", "recorder.token_file", "recorder.data_dir",
	} {
		out[envPrefix+strings.ToUpper(strings.ReplaceAll(name, ".", "_"))] = name
	}
	return out
}

func (c Config) validate() error {
	switch {
	case c.DataDir == "":
		return errors.New("configuration: data_dir is empty")
	case c.Retention.RawDays < 1 || c.Retention.RawDays > 365:
		return errors.New("configuration: retention.raw_days must be 1 to 365")
	case c.Database.URL != "" && c.Database.OwnerURL == "":
		return errors.New("configuration: database.owner_url is needed beside database.url, for migrations")
	case c.Chat.SendRate <= 0 || c.Chat.SendBurst < 1:
		return errors.New("configuration: chat.send_rate and chat.send_burst must be above 0")
	case c.Push.Subject != "" && !strings.HasPrefix(c.Push.Subject, "mailto:") && !strings.HasPrefix(c.Push.Subject, "https:"):
		return errors.New("configuration: push.subject must begin with mailto: or https:")
	}
	for _, l := range []struct {
		name string
		ListenConfig
	}{{"chat", c.Chat.ListenConfig}, {"console", c.Console}} {
		if (l.Cert == "") != (l.Key == "") {
			return fmt.Errorf("configuration: %s.cert and %s.key belong together", l.name, l.name)
		}
	}
	return nil
}

// DefaultFile is the configuration read when no other is named and it exists.
const DefaultFile = "/etc/wardline/wardline.yaml"

// FindFile returns path, or DefaultFile where it exists, or "".
func FindFile(path string) string {
	if path != "" {
		return path
	}
	if _, err := os.Stat(DefaultFile); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return DefaultFile
}

func (c Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.DataDir}, parts...)...)
}
