package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// FieldError is what is wrong with one field. Location is a dotted path below the
// configuration. Message never quotes the value, which may be a secret.
type FieldError struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Submit takes a filled-in form: it checks it against the schema, fills in what was left
// out from the defaults, and cuts the secrets out of it. A secret that is absent or null
// keeps its value in stored, an empty one is cleared. stored is not changed. Any
// FieldError means that nothing may be saved.
func (f *Form) Submit(config json.RawMessage, stored map[string]string) (public json.RawMessage, secrets map[string]string, errs []FieldError) {
	given := map[string]any{}
	if err := strictObject(config, &given); err != nil {
		return nil, nil, []FieldError{{Message: "must be one JSON object"}}
	}
	if errs = f.unknown(f.root, given, ""); len(errs) > 0 {
		return nil, nil, errs
	}
	secrets = maps.Clone(stored)
	if secrets == nil {
		secrets = map[string]string{}
	}
	filled := merge(f.defaults, given)
	for _, path := range f.secrets {
		if e, ok := f.take(filled, path, secrets); !ok {
			errs = append(errs, e)
		}
	}
	public = encode(filled)
	return public, secrets, append(errs, f.check(public, secrets)...)
}

// take moves one secret out of the configuration.
func (f *Form) take(config map[string]any, path string, secrets map[string]string) (FieldError, bool) {
	parent, name := find(config, path)
	v, present := parent[name]
	delete(parent, name)
	if !present || v == nil {
		return FieldError{}, true
	}
	s, ok := v.(string)
	switch {
	case !ok:
		return FieldError{path, "expected string"}, false
	case s == "":
		delete(secrets, path)
	default:
		secrets[path] = s
	}
	return FieldError{}, true
}

// check validates the whole configuration, secrets put back, with the schema.
func (f *Form) check(public json.RawMessage, secrets map[string]string) []FieldError {
	var whole any
	if err := json.Unmarshal(Join(public, secrets), &whole); err != nil {
		return []FieldError{{Message: "must be one JSON object"}}
	}
	res := &huma.ValidateResult{}
	huma.Validate(f.registry, f.root, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, whole, res)
	var out []FieldError
	for _, err := range res.Errors {
		e := FieldError{Message: "is not valid"}
		if d, ok := err.(*huma.ErrorDetail); ok {
			e = FieldError{d.Location, d.Message}
		}
		out = append(out, e)
	}
	return out
}

// unknown finds properties the schema does not have. The library compares names without
// regard to case, but a secret spelt "Password" must not slip into the public part.
func (f *Form) unknown(s *huma.Schema, v any, path string) []FieldError {
	s = f.follow(s)
	switch v := v.(type) {
	case map[string]any:
		return f.unknownIn(s, v, path)
	case []any:
		var errs []FieldError
		for i, item := range v {
			if s.Items != nil {
				errs = append(errs, f.unknown(s.Items, item, fmt.Sprintf("%s[%d]", path, i))...)
			}
		}
		return errs
	}
	return nil
}

func (f *Form) unknownIn(s *huma.Schema, object map[string]any, path string) []FieldError {
	if s.Properties == nil {
		return nil // a map of free keys
	}
	var errs []FieldError
	for _, name := range slices.Sorted(maps.Keys(object)) {
		prop := s.Properties[name]
		if prop == nil {
			errs = append(errs, FieldError{join(path, name), "unexpected property"})
			continue
		}
		errs = append(errs, f.unknown(prop, object[name], join(path, name))...)
	}
	return errs
}

// Join puts secrets back into a stored configuration, for building the connector. It is
// the inverse of Submit.
func Join(public json.RawMessage, secrets map[string]string) json.RawMessage {
	whole := map[string]any{}
	if err := strictObject(public, &whole); err != nil || len(secrets) == 0 {
		return public // a damaged row is reported by whoever decodes it
	}
	for path, secret := range secrets {
		parent, name := find(whole, path)
		parent[name] = secret
	}
	return encode(whole)
}

// find returns the object that holds the last part of a path, making objects on the way.
func find(object map[string]any, path string) (map[string]any, string) {
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		next, ok := object[part].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[part] = next
		}
		object = next
	}
	return object, parts[len(parts)-1]
}

// merge lays given over defaults; objects are merged, everything else is replaced.
func merge(defaults, given map[string]any) map[string]any {
	out := maps.Clone(defaults)
	if out == nil {
		out = map[string]any{}
	}
	for name, v := range given {
		below, isObject := v.(map[string]any)
		base, hasBase := out[name].(map[string]any)
		if isObject && (hasBase || out[name] == nil) {
			out[name] = merge(base, below)
			continue
		}
		out[name] = v
	}
	return out
}

// strictObject decodes one JSON object and keeps numbers as they were written.
func strictObject(raw json.RawMessage, into *map[string]any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("decode configuration: %w", err)
	}
	if *into == nil || dec.More() {
		return fmt.Errorf("decode configuration: more or less than one object")
	}
	return nil
}
