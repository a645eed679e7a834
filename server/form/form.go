// Package form turns the configuration struct of a connector kind into the form an
// administrator fills in, and what was filled in back into what is stored.
//
// The struct's tags are the only source: the JSON Schema (2020-12) the browser draws and
// checks is the one the server validates with. Secrets, marked secret:"true", are
// writeOnly in it. They are cut out before anything is stored or shown, and are put back
// only to build the connector.
package form

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardline/wardline/connectors"
)

// Form is the form of one kind. It is safe for use by many goroutines.
type Form struct {
	kind     string
	root     *huma.Schema
	registry huma.Registry
	defaults map[string]any // without secrets
	secrets  []string       // dotted paths, "tls.key_password"
}

// New reads the struct of a kind. It panics where the tags of the struct are wrong, which
// is a mistake in the program: a secret that is no string or lies inside a list could not be
// told from its neighbours once one of them is removed.
func New(kind connectors.Kind) *Form {
	sample := kind.Config()
	typ := reflect.TypeOf(sample).Elem()
	f := &Form{kind: kind.Name, registry: huma.NewMapRegistry("#/$defs/", huma.DefaultSchemaNamer)}
	f.root = huma.SchemaFromType(f.registry, typ)
	plain, err := json.Marshal(sample)
	if err == nil {
		err = strictObject(plain, &f.defaults)
	}
	if err != nil {
		panic(fmt.Errorf("form of %s: defaults: %w", kind.Name, err))
	}
	f.prepare(f.root, typ, "", f.defaults)
	return f
}

// prepare adds to a schema what the generic one lacks: the order of the fields, which of
// them are secrets, and that a field with a default may be left out.
func (f *Form) prepare(s *huma.Schema, t reflect.Type, path string, defaults map[string]any) {
	s = f.follow(s)
	var order, required []string
	for name, field := range fields(t) {
		order = append(order, name)
		prop := s.Properties[name]
		if prop == nil {
			continue
		}
		at := join(path, name)
		if field.Tag.Get("secret") == "true" {
			f.secret(prop, field.Type, at)
			delete(defaults, name)
			continue
		}
		if v, ok := defaults[name]; ok && v == nil && prop.Type == huma.TypeArray {
			defaults[name] = []any{} // a nil slice in the struct is an empty list in the form
		}
		inner, _ := defaults[name].(map[string]any)
		f.nested(prop, field.Type, at, inner)
		if contains(s.Required, name) && isZero(defaults[name]) {
			required = append(required, name)
		}
	}
	s.Required = required
	s.Extensions = map[string]any{"x-order": order}
	s.PrecomputeMessages()
}

// nested goes down into structs and lists of structs.
func (f *Form) nested(s *huma.Schema, t reflect.Type, path string, defaults map[string]any) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Struct && f.follow(s).Properties != nil:
		f.prepare(s, t, path, defaults)
	case t.Kind() == reflect.Slice && s.Items != nil:
		s.Nullable = false // an empty list is written [], and form libraries stumble over ["array","null"]
		f.nested(s.Items, t.Elem(), path+"[]", nil)
	}
}

func (f *Form) secret(s *huma.Schema, t reflect.Type, path string) {
	if t.Kind() != reflect.String || strings.Contains(path, "[]") {
		panic(fmt.Errorf("form of %s: secret %s must be a string outside of lists", f.kind, path))
	}
	s.WriteOnly = true
	s.Format = "password"
	f.secrets = append(f.secrets, path)
}

func (f *Form) follow(s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = f.registry.SchemaFromRef(s.Ref)
	}
	return s
}

// ConfigSchema returns the JSON Schema 2020-12 of a kind's configuration, the same bytes
// for the same struct.
func ConfigSchema(kind connectors.Kind) json.RawMessage { return New(kind).Schema() }

// Schema returns the form's JSON Schema.
func (f *Form) Schema() json.RawMessage {
	root, err := json.Marshal(f.root)
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(root, &out)
	}
	if err != nil {
		panic(fmt.Errorf("form of %s: schema: %w", f.kind, err)) // only strings and numbers from tags: cannot fail
	}
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if defs := f.registry.Map(); len(defs) > 0 {
		out["$defs"] = defs
	}
	return encode(out)
}

// Defaults returns the values a new form starts with, without secrets.
func (f *Form) Defaults() json.RawMessage { return encode(f.defaults) }

// Secrets returns the dotted paths of the secret fields.
func (f *Form) Secrets() []string { return f.secrets }

// fields yields the JSON fields of a struct in their order, embedded structs in place.
func fields(t reflect.Type) func(yield func(string, reflect.StructField) bool) {
	return func(yield func(string, reflect.StructField) bool) {
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !field.IsExported() || name == "-" || field.Anonymous && name == "" {
				continue
			}
			if name == "" {
				name = field.Name
			}
			if !yield(name, field) {
				return
			}
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func isZero(v any) bool {
	return v == nil || reflect.ValueOf(v).IsZero()
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("encode form: %w", err)) // maps of JSON values always encode
	}
	return b
}
