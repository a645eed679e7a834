package app

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// finding returns the one with the name.
func finding(t *testing.T, all []Finding, name string) Finding {
	t.Helper()
	for _, f := range all {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no finding %q in %+v", name, all)
	return Finding{}
}

func doctorConfig(t *testing.T) Config {
	t.Helper()
	c, err := LoadConfig("", nil, map[string]any{"data_dir": t.TempDir(), "chat.addr": "127.0.0.1:0", "console.addr": "127.0.0.1:0", "management.addr": "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDoctorOnAFreshMachine(t *testing.T) {
	t.Parallel()
	for _, f := range Doctor(t.Context(), doctorConfig(t)) {
		if !f.OK && !strings.HasSuffix(f.Name, "app") { // the web apps may not be built
			t.Errorf("%+v", f)
		}
	}
}

func TestDoctorNamesTheMend(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for name, c := range map[string]struct {
		spoil   func(t *testing.T, c *Config)
		finding string
		mend    string
	}{
		"port taken":        {func(_ *testing.T, c *Config) { c.Chat.Addr = taken.Addr().String() }, "chat listener", "ss -ltnp"},
		"unknown time zone": {func(_ *testing.T, c *Config) { c.Clinic.Timezone = "Europe/Lindenau" }, "time zone", "Europe/Berlin"},
		"readable key": {func(t *testing.T, c *Config) {
			if err := os.MkdirAll(c.path("keys"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.path("keys", "master.key"), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "master key", "chmod 0400"},
		"certificate missing":  {func(t *testing.T, c *Config) { c.Chat.Cert, c.Chat.Key = filepath.Join(t.TempDir(), "x"), "y" }, "chat certificate", "openssl x509"},
		"database unreachable": {func(t *testing.T, c *Config) { c.Database.URL = "postgres:///x?host=" + t.TempDir() }, "database", "database.url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := doctorConfig(t)
			c.spoil(t, &config)
			f := finding(t, Doctor(t.Context(), config), c.finding)
			if f.OK || !strings.Contains(f.Mend, c.mend) {
				t.Errorf("%+v, want a mend with %q", f, c.mend)
			}
		})
	}
}

func TestPrintFindings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := printFindings(&out, []Finding{ok("clock", "agrees"), bad("chat listener", "ss -ltnp", "taken")}); err != nil {
		t.Fatal(err)
	}
	want := "ok    clock          agrees\nMEND  chat listener  taken\n                     -> ss -ltnp\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
