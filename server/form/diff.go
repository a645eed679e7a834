package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Difference is one value that two configurations do not share. From or To is null where
// the path does not exist.
type Difference struct {
	Path string          `json:"path"`
	From json.RawMessage `json:"from"`
	To   json.RawMessage `json:"to"`
}

// Diff compares two stored configurations leaf by leaf, in the order of their paths. A
// list is compared by position.
func Diff(from, to json.RawMessage) []Difference {
	before, after := map[string]string{}, map[string]string{}
	flatten(from, before)
	flatten(to, after)
	paths := maps.Clone(before)
	maps.Copy(paths, after)
	out := []Difference{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if before[path] != after[path] {
			out = append(out, Difference{path, leaf(before[path]), leaf(after[path])})
		}
	}
	return out
}

func leaf(s string) json.RawMessage {
	if s == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(s)
}

func flatten(raw json.RawMessage, into map[string]string) {
	object := map[string]any{}
	if strictObject(raw, &object) == nil {
		walk(object, "", into)
	}
}

func walk(v any, path string, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			walk(inner, join(path, name), into)
		}
	case []any:
		for i, inner := range v {
			walk(inner, fmt.Sprintf("%s[%d]", path, i), into)
		}
	default:
		into[path] = string(encode(v))
	}
}
