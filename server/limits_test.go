package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// wrongValues are the values a schema must refuse: of another type, beyond a limit, and none
// of those it lists.
func wrongValues(s *huma.Schema) map[string]any {
	out := map[string]any{}
	switch s.Type {
	case huma.TypeString:
		out["a number"], out["an object"], out["a list"], out["a flag"] = 7, map[string]any{}, []any{}, true
		if s.MaxLength != nil {
			out["too long"] = strings.Repeat("ä", *s.MaxLength+1)
		}
		if s.MinLength != nil && *s.MinLength > 0 {
			out["empty"] = ""
		}
		if len(s.Enum) > 0 {
			out["unknown"] = "nonesuch"
		}
		if s.Format == "uuid" || s.Format == "email" || s.Format == "date-time" {
			out["of no form"] = "x\r\nBcc: y@z.example"
		}
	case huma.TypeInteger:
		out["a text"], out["a fraction"], out["a list"] = "7", 1.5, []any{}
		if s.Minimum != nil {
			out["too small"] = *s.Minimum - 1
		}
		if s.Maximum != nil {
			out["too large"] = *s.Maximum + 1
		}
	case huma.TypeBoolean:
		out["a text"], out["a number"] = "true", 1
	case huma.TypeArray:
		out["a text"], out["an object"] = "x", map[string]any{}
		if s.MaxItems != nil {
			out["too many"] = make([]any, *s.MaxItems+1)
		}
		if s.MinItems != nil && *s.MinItems > 0 {
			out["none"] = []any{}
		}
	case huma.TypeObject:
		out["a text"], out["a list"] = "x", []any{}
	}
	return out
}

// field is a place in a body: names of properties, and 0 for the first of a list.
type field struct {
	path   []any
	schema *huma.Schema
}

func (f field) String() string {
	var b strings.Builder
	for _, p := range f.path {
		fmt.Fprintf(&b, ".%v", p)
	}
	return strings.TrimPrefix(b.String(), ".")
}

// location is the place as a problem names it.
func (f field) location() string {
	out := "body"
	for _, p := range f.path {
		if n, ok := p.(int); ok {
			out += fmt.Sprintf("[%d]", n)
		} else {
			out += fmt.Sprintf(".%v", p)
		}
	}
	return out
}

// fieldsOf lists what a body may hold. A schema that holds itself is entered once.
func fieldsOf(reg huma.Registry, s *huma.Schema, path []any, seen []string) []field {
	if s.Ref != "" {
		if slices.Contains(seen, s.Ref) {
			return nil
		}
		seen = append(slices.Clone(seen), s.Ref)
		s = reg.SchemaFromRef(s.Ref)
	}
	var out []field
	if len(path) > 0 {
		out = append(out, field{path, s})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if name != "$schema" {
			out = append(out, fieldsOf(reg, s.Properties[name], append(slices.Clone(path), name), seen)...)
		}
	}
	if s.Items != nil {
		out = append(out, fieldsOf(reg, s.Items, append(slices.Clone(path), 0), seen)...)
	}
	return out
}

// with puts v at a place of a body, making what leads there.
func with(body any, path []any, v any) any {
	if len(path) == 0 {
		return v
	}
	if name, ok := path[0].(string); ok {
		m, ok := body.(map[string]any)
		if !ok {
			m = map[string]any{}
		}
		m = maps.Clone(m)
		m[name] = with(m[name], path[1:], v)
		return m
	}
	list, ok := body.([]any)
	if !ok || len(list) == 0 {
		list = []any{nil}
	}
	list = slices.Clone(list)
	list[0] = with(list[0], path[1:], v)
	return list
}

// TestBodiesAreChecked sends to every route its good body with one thing wrong at a time:
// everything the schema says, it enforces, and the answer names the place.
func TestBodiesAreChecked(t *testing.T) {
	t.Parallel()
	for name, consoleSide := range map[string]bool{"chat": false, "console": true} {
		r, ops := newRig(t, consoleSide), operations(t, consoleSide)
		tried := 0
		for _, rt := range r.routes {
			if !strings.HasPrefix(bodies[rt.id], "{") {
				continue
			}
			var good any
			if err := json.Unmarshal([]byte(bodies[rt.id]), &good); err != nil {
				t.Fatal(err)
			}
			for _, f := range fieldsOf(ops.reg, ops.byID[rt.id].RequestBody.Content["application/json"].Schema, nil, nil) {
				for what, v := range wrongValues(f.schema) {
					tried++
					body, err := json.Marshal(with(good, f.path, v))
					if err != nil {
						t.Fatal(err)
					}
					r.rearm(0, nil)
					p := r.problem(r.do("admin", rt.method, target(rt), string(body), "If-Match", `"7"`))
					if p.Status == http.StatusRequestEntityTooLarge && what == "too long" && r.n == 0 {
						continue // longer than the whole body may be
					}
					if p.Status != http.StatusUnprocessableEntity || r.n > 0 || r.talk.asked != nil {
						t.Errorf("%s: %s of %s is %s: %d %s after %d calls", name, f, rt.id, what, p.Status, p.Code, r.n)
					} else if !slices.ContainsFunc(p.Errors, func(e FieldProblem) bool { return strings.HasPrefix(e.Location, f.location()) }) {
						t.Errorf("%s: %s of %s is %s, and the answer names %+v", name, f, rt.id, what, p.Errors)
					}
				}
			}
		}
		if tried < 100 {
			t.Errorf("%s: only %d values were tried", name, tried)
		}
	}
}

// TestBodiesOfOtherShapes: what is no body of any route is refused by all.
func TestBodiesOfOtherShapes(t *testing.T) {
	t.Parallel()
	for _, consoleSide := range []bool{false, true} {
		r := newRig(t, consoleSide)
		for _, rt := range r.routes {
			good := bodies[rt.id]
			if !strings.HasPrefix(good, "{") {
				continue
			}
			more := strings.Replace(good, "{", `{"__proto__":{"admin":true},`, 1)
			if good == "{}" {
				more = `{"admin":true}`
			}
			for what, body := range map[string]string{
				"nothing": "", "a list": `[]`, "a text": `"x"`, "a number": `1`, "cut off": good[:len(good)-1], "twice": good + good, "no JSON": "<a/>",
				"one property more": more,
			} {
				r.rearm(0, nil)
				p := r.problem(r.do("admin", rt.method, target(rt), body, "Content-Type", "application/json", "If-Match", `"7"`))
				if p.Status/100 != 4 || r.n > 0 {
					t.Errorf("%s of %s: %d %s after %d calls", what, rt.id, p.Status, p.Code, r.n)
				}
			}
		}
	}
}

// TestBodiesAsAttacks: what anybody may send costs little and comes back small.
func TestBodiesAsAttacks(t *testing.T) {
	t.Parallel()
	var properties strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&properties, `"p%d":1,`, i)
	}
	r := newRig(t, false)
	for what, body := range map[string]string{
		"deep": strings.Repeat("[", 100_000), "deep and whole": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"many properties": "{" + properties.String() + `"login":"a","password":"b"}`, "long name": `{"` + strings.Repeat("ä", 200_000) + `":1,"login":"a","password":"b"}`,
		"large number": `{"login":` + strings.Repeat("9", 100_000) + `,"password":"b"}`,
	} {
		res := r.do("", "POST", "/api/v1/auth/login", body)
		if p := r.problem(res); p.Status/100 != 4 || r.n > 0 || res.Body.Len() > 16<<10 {
			t.Errorf("%s: %d %s with %d bytes", what, p.Status, p.Code, res.Body.Len())
		}
	}
	wrong := `{"accounts":[` + strings.TrimSuffix(strings.Repeat("1,", 200_000), ",") + `]}`
	if res := newRig(t, true).do("admin", "POST", "/api/v1/access/letters", wrong); res.Code != 422 || res.Body.Len() > 16<<10 {
		t.Errorf("many wrong ids: %d with %d bytes", res.Code, res.Body.Len())
	}
}

// TestQueriesAreChecked is TestBodiesAreChecked for addresses.
func TestQueriesAreChecked(t *testing.T) {
	t.Parallel()
	for _, consoleSide := range []bool{false, true} {
		r, ops := newRig(t, consoleSide), operations(t, consoleSide)
		for _, rt := range r.routes {
			for _, p := range ops.byID[rt.id].Parameters {
				if p.In == "query" {
					for _, v := range wrongTexts(p.Schema) {
						refusedAt(t, r, rt, addQuery(target(rt), p.Name, v), "query."+p.Name)
					}
				}
				if p.In == "path" && (p.Schema.Format == "uuid" || len(p.Schema.Enum) > 0) {
					for _, v := range []string{"x", "1", thing + "x", "%20" + thing, "urn:uuid:" + thing + "0", "%7B" + thing + "%7D0"} {
						refusedAt(t, r, rt, apiRoot+strings.Replace(strings.TrimPrefix(target(route{path: strings.Replace(rt.path, "{"+p.Name+"}", "WRONG", 1), id: rt.id}), apiRoot), "WRONG", v, 1), "path."+p.Name)
					}
				}
			}
		}
	}
}

func refusedAt(t *testing.T, r *rig, rt route, path, place string) {
	t.Helper()
	r.rearm(0, nil)
	p := r.problem(r.do("admin", rt.method, path, bodies[rt.id], "If-Match", `"7"`))
	if p.Status != 422 || r.n > 0 || !slices.ContainsFunc(p.Errors, func(e FieldProblem) bool { return e.Location == place }) {
		t.Errorf("%s %.120s: %+v after %d calls", rt.method, path, p, r.n)
	}
}

// addQuery replaces what target may have given.
func addQuery(path, name, value string) string {
	base, query, _ := strings.Cut(path, "?")
	parts := slices.DeleteFunc(strings.Split(query, "&"), func(s string) bool { return s == "" || strings.HasPrefix(s, name+"=") })
	return base + "?" + strings.Join(append(parts, name+"="+value), "&")
}

func wrongTexts(s *huma.Schema) []string {
	var out []string
	switch {
	case s.Type == huma.TypeInteger:
		out = []string{"x", "1.5", "1e3", "0x10", "99999999999999999999"}
		if s.Minimum != nil {
			out = append(out, fmt.Sprint(int(*s.Minimum)-1), "-2147483648")
		}
		if s.Maximum != nil {
			out = append(out, fmt.Sprint(int(*s.Maximum)+1))
		}
	case s.Type == huma.TypeBoolean:
		out = []string{"maybe"}
	case s.Format == "date-time", s.Format == "uuid", len(s.Enum) > 0:
		out = []string{"x", "%27%20OR%201=1--", strings.Repeat("9", 300)}
	}
	if s.MaxLength != nil {
		out = append(out, strings.Repeat("x", *s.MaxLength+1), strings.Repeat("%C3%A4", *s.MaxLength+1))
	}
	return out
}

// TestPagesAreAskedFor: what a client says of a page reaches whoever reads it, and no more.
func TestPagesAreAskedFor(t *testing.T) {
	t.Parallel()
	paged := 0
	r, ops := newRig(t, true), operations(t, true)
	for _, rt := range r.routes {
		if !takes(ops.byID[rt.id], "query", "cursor") {
			continue
		}
		paged++
		for query, want := range map[string]string{"?limit=1": "1 ", "?limit=200": "200 ", "?cursor=a%2Bb": "50 a+b", "?cursor=" + strings.Repeat("c", 200): "50 " + strings.Repeat("c", 200), "": "50 "} {
			res := r.do("admin", rt.method, target(rt)+query, "")
			if got := fmt.Sprint(r.limit, " ", r.cursor); res.Code != 200 || got != want {
				t.Errorf("%s %s: %d, asked for %q", rt.id, query, res.Code, got)
			}
		}
	}
	if paged < 9 {
		t.Errorf("only %d routes have pages", paged)
	}
}

// TestLimitsAreKnown lists what no schema limits. Whatever is in the golden is limited by the
// domain behind it, or by the size of the body alone; a new field without a limit shows.
func TestLimitsAreKnown(t *testing.T) {
	t.Parallel()
	var lines []string
	for name, consoleSide := range map[string]bool{"chat": false, "console": true} {
		ops := operations(t, consoleSide)
		for id, op := range ops.byID {
			for _, p := range op.Parameters {
				if p.In == "query" && unlimited(p.Schema) {
					lines = append(lines, name+" "+id+" query."+p.Name)
				}
			}
			if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
				continue
			}
			for _, f := range fieldsOf(ops.reg, op.RequestBody.Content["application/json"].Schema, nil, nil) {
				if unlimited(f.schema) {
					lines = append(lines, name+" "+id+" "+f.location())
				}
			}
		}
	}
	slices.Sort(lines)
	golden(t, "testdata/unlimited.txt", strings.Join(lines, "\n")+"\n")
}

func unlimited(s *huma.Schema) bool {
	switch s.Type {
	case huma.TypeString:
		return s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "uuid" && s.Format != "date-time"
	case huma.TypeInteger:
		return s.Minimum == nil || s.Maximum == nil
	case huma.TypeArray:
		return s.MaxItems == nil
	}
	return false
}
