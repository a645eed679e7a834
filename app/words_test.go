package app

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"testing"

	"github.com/wardline/wardline/server/form"
)

// schema is of a JSON schema what can be worded.
type schema struct {
	Ref        string            `json:"$ref"`
	Defs       map[string]schema `json:"$defs"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Enum       []string          `json:"enum"`
}

// wordsOf are the keys by which the console looks for the words of a form: of each field, and
// of each value that can be chosen.
func (s schema) wordsOf(defs map[string]schema, prefix string) (keys []string) {
	if s.Ref != "" {
		s = defs[path.Base(s.Ref)]
	}
	if s.Items != nil {
		return s.Items.wordsOf(defs, prefix)
	}
	for name, field := range s.Properties {
		keys = append(keys, prefix+name)
		keys = append(keys, field.wordsOf(defs, prefix+name+".")...)
	}
	for _, v := range s.Enum {
		if v == "" {
			v = "none"
		}
		keys = append(keys, prefix+v)
	}
	slices.Sort(keys)
	return keys
}

// TestConnectorsAreWorded: a field that nobody has named is shown by its name in the
// configuration, in English with underscores taken out.
func TestConnectorsAreWorded(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"de", "en"} {
		raw, err := os.ReadFile("../adminui/src/features/connectors/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts struct {
			Connector map[string]map[string]string `json:"connector"`
		}
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, kind := range kinds() {
			var s schema
			if err := json.Unmarshal(form.ConfigSchema(kind), &s); err != nil {
				t.Fatal(err)
			}
			for _, key := range s.wordsOf(s.Defs, "") {
				n++
				if texts.Connector[kind.Name][key] == "" && texts.Connector["any"][key] == "" {
					t.Errorf("%s: no word for %s of %s", language, key, kind.Name)
				}
			}
		}
		if n < 100 {
			t.Errorf("only %d words were looked for", n)
		}
	}
}
