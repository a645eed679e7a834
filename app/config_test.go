package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file    string
		environ []string
		flags   map[string]any
		check   func(Config) bool
		err     string
	}{
		"defaults":               {check: func(c Config) bool { return c.Chat.Addr == "127.0.0.1:8080" && c.Retention.RawDays == 30 }},
		"file over defaults":     {file: "chat: {addr: ':1'}", check: func(c Config) bool { return c.Chat.Addr == ":1" && c.Console.Addr == "127.0.0.1:8081" }},
		"environment over file":  {file: "chat: {addr: ':1'}", environ: []string{"WARDLINE_CHAT_ADDR=:2"}, check: func(c Config) bool { return c.Chat.Addr == ":2" }},
		"flags over environment": {environ: []string{"WARDLINE_CHAT_ADDR=:2"}, flags: map[string]any{"chat.addr": ":3"}, check: func(c Config) bool { return c.Chat.Addr == ":3" }},
		"name with underscore":   {environ: []string{"WARDLINE_DATA_DIR=/x", "WARDLINE_RETENTION_RAW_DAYS=7"}, check: func(c Config) bool { return c.DataDir == "/x" && c.Retention.RawDays == 7 }},
		"foreign environment":    {environ: []string{"HOME=/root", "PATH=/bin"}, check: func(c Config) bool { return c.DataDir == "data" }},
		"unknown in file":        {file: "chat: {adr: ':1'}", err: "adr"},
		"unknown section":        {file: "chatt: {addr: ':1'}", err: "chatt"},
		"unknown in environment": {environ: []string{"WARDLINE_CHAT_ADR=:1"}, err: "WARDLINE_CHAT_ADR"},
		"not yaml":               {file: ":\n\t- x", err: "read configuration"},
		"certificate alone":      {file: "chat: {cert: /x}", err: "chat.cert and chat.key"},
		"retention too long":     {file: "retention: {raw_days: 4000}", err: "raw_days"},
		"chat beside its listener": {file: "chat: {addr: ':1', backup: false, send_rate: 5}", check: func(c Config) bool {
			return c.Chat.Addr == ":1" && !c.Chat.Backup && c.Chat.Receipts && c.Chat.SendRate == 5 && c.Chat.SendBurst == 300
		}},
		"push is off":         {check: func(c Config) bool { return c.Push.Subject == "" && len(c.Push.Hosts) == 4 }},
		"push in environment": {environ: []string{"WARDLINE_PUSH_SUBJECT=mailto:it@x", "WARDLINE_PUSH_HOSTS=a.example,*.b.example"}, check: func(c Config) bool { return len(c.Push.Hosts) == 2 && c.Push.Hosts[1] == "*.b.example" }},
		"push in file":        {file: "push: {subject: 'https://x', hosts: [a.example]}", check: func(c Config) bool { return len(c.Push.Hosts) == 1 }},
		"push without mail":   {file: "push: {subject: 'it@x'}", err: "push.subject"},
		"no messages at all":  {file: "chat: {send_burst: 0}", err: "send_burst"},
		"recorder elsewhere": {file: "recorder: {hub: 'https://chat', token_file: /x, data_dir: /y}", check: func(c Config) bool {
			o := recorderOptions(c, nil)
			return o.Hub == "https://chat" && o.TokenFile == "/x" && o.DataDir == "/y"
		}},
		"recorder beside it": {flags: map[string]any{"data_dir": "/d"}, check: func(c Config) bool {
			o := recorderOptions(c, nil)
			return o.Hub == "http://localhost:8080" && o.TokenFile == "/d/recorder.token" && o.DataDir == "/d/recorder"
		}},
		"app database alone": {environ: []string{"WARDLINE_DATABASE_URL=postgres:///x"}, err: "owner_url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := ""
			if c.file != "" {
				path = filepath.Join(t.TempDir(), "wardline.yaml")
				if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := LoadConfig(path, c.environ, c.flags)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want one that names %q", err, c.err)
				}
				return
			}
			if err != nil || !c.check(got) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestLoadConfigNamesAMissingFile(t *testing.T) {
	t.Parallel()
	if _, err := LoadConfig("/nowhere/wardline.yaml", nil, nil); err == nil || !strings.Contains(err.Error(), "/nowhere/wardline.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestKeysAreMadeOnceAndKeptPrivate(t *testing.T) {
	t.Parallel()
	c := Config{DataDir: t.TempDir()}
	first, err := loadKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	sealed := first.Seal("place", []byte("text"))
	again, err := loadKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Open("place", sealed); err != nil {
		t.Errorf("the second start has another key: %v", err)
	}
	info, err := os.Stat(c.path("keys", "master.key"))
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("mode %v, %v; want 0400", info.Mode(), err)
	}
	sign, err := loadSigningKey(c)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := loadSigningKey(c); err != nil || !sign.Equal(same) {
		t.Errorf("the second start signs with another key: %v", err)
	}
}

func TestMasterKeyOfTheEnvironmentWins(t *testing.T) {
	t.Parallel()
	c := Config{DataDir: t.TempDir(), MasterKey: "not a key"}
	if _, err := loadKeyring(c); err == nil {
		t.Error("a wrong key was passed over")
	}
	if _, err := os.Stat(c.path("keys")); err == nil {
		t.Error("a key file was made although one is configured")
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]ListenConfig{
		"http://localhost:8080":       {Addr: "127.0.0.1:8080"},
		"http://localhost:1":          {Addr: ":1"},
		"https://localhost:2":         {Addr: "0.0.0.0:2", Cert: "x"},
		"https://10.0.8.5:3":          {Addr: "10.0.8.5:3", Cert: "x"},
		"https://chat.klinik.example": {Addr: "0.0.0.0:4", URL: "https://chat.klinik.example"},
	} {
		if got := baseURL(c); got != want {
			t.Errorf("%+v: got %s, want %s", c, got, want)
		}
	}
}

// TestMissingKeysAreNotReplaced: a database in use whose keys are gone must not get new ones
// in silence.
func TestMissingKeysAreNotReplaced(t *testing.T) {
	t.Parallel()
	c := Config{DataDir: t.TempDir()}
	made := missingKeys(c)
	if len(made) != 2 {
		t.Fatalf("a fresh directory lacks %v, want both keys", made)
	}
	if _, err := loadKeyring(c); err != nil {
		t.Fatal(err)
	}
	if _, err := loadSigningKey(c); err != nil {
		t.Fatal(err)
	}
	if err := refuseNewKeys(made); err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("got %v, want what to restore", err)
	}
	if again := missingKeys(c); len(again) != 2 {
		t.Errorf("the new files were left behind: only %v are missing", again)
	}
	if err := refuseNewKeys(nil); err != nil {
		t.Errorf("nothing was made, but: %v", err)
	}
}
