package scim

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/server/form"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	out := map[string]any{}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/" + coreUser} {
		out[path] = r.must(200, "GET", path, "")
	}
	r.must(404, "GET", "/Schemas/x", "")
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/discovery.json", append(b, '\n'))
}

func TestConfigForm(t *testing.T) {
	t.Parallel()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, form.ConfigSchema(Kind()), "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	golden(t, "testdata/config.json", pretty.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`userName eq "a"`, `emails[type eq "work" and value co "x"]`, `not (a pr) or b.c ne 7`, `urn:x:y:User:a sw "\""`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseFilter(s)
		if err == nil {
			c.fits(resource{"userName": "a", "emails": []any{map[string]any{"type": "work", "value": "x"}}, "active": true})
			c.equals("userName", "id")
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, s := range []string{patch(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"x"}`), patch(`{"op":"add","value":{"name.givenName":"x","members":[{"value":"y"}]}}`),
		patch(`{"op":"remove","path":"members","value":[{"value":"y"}]}`), patch(`{"op":"add","path":"a[b eq 1 and c eq true].d","value":null}`), entraUser} {
		f.Add([]byte(s))
	}
	s, err := newServer(*Kind().Config().(*Config), connectors.Env{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		res, err := decode(body)
		if err != nil {
			return
		}
		ops, err := operations(res)
		if err != nil {
			s.understand(res, true)
			return
		}
		now := s.show(connectors.StatedPerson{Key: "k", Active: true, Values: map[directory.Field]string{"login": "a", "mail": "m", "phone": "1"}}, "")
		if apply(now, ops) != nil {
			return
		}
		if p, err := s.understand(now, true); err == nil && p.values[directory.Login] == "" {
			t.Error("somebody without a login")
		}
		understandGroup(now, group{})
	})
}
