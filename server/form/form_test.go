package form_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/server/form"
)

type sampleTLS struct {
	Cert     string `json:"cert,omitempty" doc:"Zertifikat"`
	Password string `json:"password,omitempty" secret:"true"`
}

type samplePeer struct {
	Name string `json:"name" minLength:"1"`
	Port int    `json:"port" minimum:"1" maximum:"65535"`
}

type sample struct {
	Address string       `json:"address" pattern:"^[^:]+:[0-9]{1,5}$" doc:"Adresse"`
	Mode    string       `json:"mode" enum:"original,enhanced"`
	Login   string       `json:"login"`
	Key     string       `json:"key" secret:"true" minLength:"8"`
	TLS     sampleTLS    `json:"tls"`
	Peers   []samplePeer `json:"peers,omitempty" maxItems:"2"`
	Limit   int64        `json:"limit" minimum:"1"`
	Nets    []string     `json:"nets"`
}

func kind() connectors.Kind {
	return connectors.Kind{Name: "sample", Config: func() any {
		return &sample{Address: "0.0.0.0:2575", Mode: "original", Limit: 1 << 53, Key: "never shown"}
	}}
}

func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	got := indent(t, form.ConfigSchema(kind()))
	const golden = "testdata/sample.schema.json"
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("schema (-want +got):\n%s", d)
	}
}

func TestDefaultsHideSecrets(t *testing.T) {
	t.Parallel()
	if got := string(form.New(kind()).Defaults()); strings.Contains(got, "never shown") {
		t.Errorf("defaults show a secret: %s", got)
	}
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config  string
		stored  map[string]string
		public  string
		secrets map[string]string
		errs    []form.FieldError
	}{
		"defaults fill in": {
			config:  `{"login":"kis"}`,
			public:  `{"address":"0.0.0.0:2575","limit":9007199254740992,"login":"kis","mode":"original","nets":[],"tls":{}}`,
			secrets: map[string]string{},
		},
		"new secrets are cut out": {
			config:  `{"login":"kis","key":"12345678","tls":{"password":"pw"}}`,
			public:  `{"address":"0.0.0.0:2575","limit":9007199254740992,"login":"kis","mode":"original","nets":[],"tls":{}}`,
			secrets: map[string]string{"key": "12345678", "tls.password": "pw"},
		},
		"absent and null keep, empty clears": {
			config:  `{"login":"kis","key":null,"tls":{"cert":"c","password":""}}`,
			stored:  map[string]string{"key": "12345678", "tls.password": "pw"},
			public:  `{"address":"0.0.0.0:2575","limit":9007199254740992,"login":"kis","mode":"original","nets":[],"tls":{"cert":"c"}}`,
			secrets: map[string]string{"key": "12345678"},
		},
		"pattern":       {config: `{"login":"a","address":"nowhere"}`, errs: []form.FieldError{{"address", "expected string to match pattern ^[^:]+:[0-9]{1,5}$"}}},
		"enum":          {config: `{"login":"a","mode":"x"}`, errs: []form.FieldError{{"mode", `expected value to be one of "original, enhanced"`}}},
		"unknown":       {config: `{"login":"a","tls":{"sert":"x"}}`, errs: []form.FieldError{{"tls.sert", "unexpected property"}}},
		"case matters":  {config: `{"login":"a","Key":"12345678"}`, errs: []form.FieldError{{"Key", "unexpected property"}}},
		"in a list":     {config: `{"login":"a","peers":[{"name":"n","port":0}]}`, errs: []form.FieldError{{"peers[0].port", "expected number >= 1"}}},
		"short secret":  {config: `{"login":"a","key":"1234"}`, errs: []form.FieldError{{"key", "expected length >= 8"}}},
		"secret number": {config: `{"login":"a","key":12345678}`, errs: []form.FieldError{{"key", "expected string"}}},
		"no default":    {config: `{}`, errs: nil, public: `{"address":"0.0.0.0:2575","limit":9007199254740992,"login":"","mode":"original","nets":[],"tls":{}}`, secrets: map[string]string{}},
		"not an object": {config: `[1]`, errs: []form.FieldError{{"", "must be one JSON object"}}},
		"two objects":   {config: `{} {}`, errs: []form.FieldError{{"", "must be one JSON object"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, secrets, errs := form.New(kind()).Submit(json.RawMessage(tt.config), tt.stored)
			if d := cmp.Diff(tt.errs, errs); d != "" {
				t.Fatalf("errors (-want +got):\n%s", d)
			}
			if tt.errs != nil {
				return
			}
			if string(public) != tt.public {
				t.Errorf("public\n got %s\nwant %s", public, tt.public)
			}
			if d := cmp.Diff(tt.secrets, secrets); d != "" {
				t.Errorf("secrets (-want +got):\n%s", d)
			}
		})
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	got := form.Join(json.RawMessage(`{"a":9007199254740993}`), map[string]string{"key": "k", "tls.password": "p"})
	if want := `{"a":9007199254740993,"key":"k","tls":{"password":"p"}}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecretInListPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a secret inside a list was accepted")
		}
	}()
	form.New(connectors.Kind{Name: "wrong", Config: func() any {
		return &struct {
			List []sampleTLS `json:"list"`
		}{}
	}})
}

func TestDiff(t *testing.T) {
	t.Parallel()
	got := form.Diff(json.RawMessage(`{"a":1,"b":{"c":true},"l":[1,2]}`), json.RawMessage(`{"a":1,"b":{"c":false},"l":[1],"n":"x"}`))
	want := []form.Difference{
		{"b.c", json.RawMessage("true"), json.RawMessage("false")},
		{"l[1]", json.RawMessage("2"), json.RawMessage("null")},
		{"n", json.RawMessage("null"), json.RawMessage(`"x"`)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("diff (-want +got):\n%s", d)
	}
}

// FuzzSubmit looks for panics and for secrets that survive in the public part.
func FuzzSubmit(f *testing.F) {
	f.Add([]byte(`{"key":"SECRETSECRET","tls":{"password":"SECRETSECRET"}}`))
	f.Add([]byte(`{"tls":[],"peers":[{"name":null}],"limit":1e400}`))
	f.Add([]byte(`{"tls":null,"key":{"a":1}}`))
	filled := form.New(kind())
	f.Fuzz(func(t *testing.T, config []byte) {
		public, secrets, errs := filled.Submit(config, nil)
		if len(errs) > 0 {
			return
		}
		for path, secret := range secrets {
			if len(secret) > 8 && strings.Contains(string(public), secret) && !strings.Contains(path, "=") && strings.Count(string(config), secret) == 1 {
				t.Errorf("secret %s is in %s", path, public)
			}
		}
	})
}

func indent(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}
