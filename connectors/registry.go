package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wardline/wardline/hub"
)

// Registry is the explicit list of kinds a hub offers.
type Registry struct {
	kinds []Kind
}

// NewRegistry returns a registry of the given kinds; a name given twice is an error.
func NewRegistry(kinds ...Kind) (*Registry, error) {
	seen := map[string]bool{}
	for _, k := range kinds {
		if k.Name == "" || k.Config == nil || k.New == nil {
			return nil, fmt.Errorf("register connector kind %q: name, Config and New are all needed", k.Name)
		}
		if seen[k.Name] {
			return nil, fmt.Errorf("register connector kind %q: registered twice", k.Name)
		}
		seen[k.Name] = true
	}
	return &Registry{kinds: slices.Clone(kinds)}, nil
}

// Kinds returns all kinds in the order of their registration.
func (r *Registry) Kinds() []Kind { return slices.Clone(r.kinds) }

// Kind returns the kind with the given name, or an Error of kind Invalid.
func (r *Registry) Kind(name string) (Kind, error) {
	for _, k := range r.kinds {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, hub.E("connectors.kind", hub.Invalid, "unknown_kind", "there is no connector kind %q", name)
}

// Decode reads a stored or submitted configuration over the kind's defaults. It is strict:
// an unknown field, a wrong type or trailing data is an Error of kind Invalid whose Field
// names the place, so that a misspelt setting never silently keeps its default.
func (k Kind) Decode(raw json.RawMessage) (any, error) {
	config := k.Config()
	if len(bytes.TrimSpace(raw)) == 0 {
		return config, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(config); err != nil {
		return nil, configError(k.Name, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, configError(k.Name, errors.New("data after the end of the object"))
	}
	return config, nil
}

// configError says which field was wrong. The values never enter the text: one of them
// may be a secret.
func configError(kind string, err error) error {
	out := &hub.Error{Op: "connectors.config", Kind: hub.Invalid, Code: "malformed"}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		out.Code, out.Field = "wrong_type", wrong.Field
		out.Err = fmt.Errorf("configuration of %s: %s needs a %s", kind, wrong.Field, wrong.Type)
		return out
	}
	// encoding/json has no type for this error; its text is part of the Go 1 promise in practice.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		out.Code, out.Field = "unknown_field", strings.Trim(name, `"`)
		out.Err = fmt.Errorf("configuration of %s has no field %s", kind, name)
		return out
	}
	out.Err = fmt.Errorf("configuration of %s: %w", kind, err)
	return out
}
