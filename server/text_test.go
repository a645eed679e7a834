package server

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// spoilt puts bad into every text of a JSON body, and into a name where there is no text.
func spoilt(t *testing.T, body, bad string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	n := 0
	v = spoil(v, &n)
	if m, ok := v.(map[string]any); ok && n == 0 {
		m["SPOILT"] = 1
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "SPOILT", bad)
}

func spoil(v any, n *int) any {
	switch v := v.(type) {
	case string:
		*n++
		return v + "SPOILT"
	case []any:
		for i := range v {
			v[i] = spoil(v[i], n)
		}
	case map[string]any:
		for k := range v {
			v[k] = spoil(v[k], n)
		}
	}
	return v
}

// TestBadTextIsRefusedEverywhere walks every route that takes text: none of it gets as far
// as a database that cannot store it.
func TestBadTextIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	for name, consoleSide := range map[string]bool{"chat": false, "console": true} {
		r := newRig(t, consoleSide)
		json := 0
		for _, rt := range r.routes {
			check := func(what, path, body string) {
				t.Helper()
				res := r.do("admin", rt.method, path, body, "If-Match", `"7"`)
				if p := r.problem(res); p.Status != 400 || p.Code != "bad_text" {
					t.Errorf("%s: %s in %s of %s %s: %d %s", name, what, rt.id, rt.method, rt.path, p.Status, p.Code)
				}
			}
			if body := bodies[rt.id]; strings.HasPrefix(body, "{") {
				json++
				check("NUL", target(rt), spoilt(t, body, `\u0000`))
				check("NUL after a backslash", target(rt), spoilt(t, body, `\\\u0000`))
				check("half a letter", target(rt), spoilt(t, body, "\xc3"))
			}
			separator := "?"
			if strings.Contains(target(rt), "?") {
				separator = "&"
			}
			check("NUL in the query", target(rt)+separator+"q=a%00b", "")
			check("half a letter in the query", target(rt)+separator+"q=%C3", "")
			check("NUL in a name of the query", target(rt)+separator+"a%00=1", "")
			if pathParam.MatchString(rt.path) {
				check("NUL in the path", apiRoot+pathParam.ReplaceAllString(rt.path, "a%00b"), "")
				check("half a letter in the path", apiRoot+pathParam.ReplaceAllString(rt.path, "%C3"), "")
			}
		}
		if json < 20 {
			t.Errorf("%s: only %d routes with a body were tried", name, json)
		}
	}
}

func TestBadTextInForms(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	uploaded := 0
	for _, rt := range r.routes {
		body := bodies[rt.id]
		if !strings.HasPrefix(body, "--b\r\n") {
			continue
		}
		uploaded++
		field := "source"
		if rt.id == "upload-import" {
			field = "connector"
		}
		for _, bad := range []string{"a\x00b", "\xc3"} {
			spoilt := "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + bad + "\r\n" + body
			if p := r.problem(r.do("admin", rt.method, target(rt), spoilt)); p.Status != 400 || p.Code != "bad_text" || len(p.Errors) != 1 {
				t.Errorf("%s: %+v", rt.id, p)
			}
		}
	}
	if uploaded == 0 {
		t.Error("no form was tried")
	}
}

func TestGoodTextIsTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	for _, login := range []string{"müller", `C:\\u0000`, `\\\\u0000`, `\u0001`, `\ud83d\ude00`, "\u00a0😀"} {
		if res := r.do("", "POST", "/api/v1/auth/login", `{"login":"`+login+`","password":"b"}`); res.Code != 200 {
			t.Errorf("%q: %d %s", login, res.Code, res.Body)
		}
	}
	if res := r.do("internal", "GET", "/api/v1/me?q=%C3%BC", ""); res.Code != 422 { // read, and unknown
		t.Errorf("an umlaut in the query: %d %s", res.Code, res.Body)
	}
}

// FuzzReadJSON: what is taken holds only text that can be stored, and nothing else is refused
// as bad text.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":"\u0000"}`, `{"a\u0000":1}`, `"\\u0000"`, `"\\\u0000"`, "\"\xff\"", `"\ud800"`, `[["\n\u0000"]]`, `\`, `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, plain any
		err := readJSON(data, &got)
		if json.Unmarshal(data, &plain) != nil {
			if err == nil {
				t.Fatal("taken although it is no JSON")
			}
			return
		}
		bad := !utf8.Valid(data) || !goodTexts(plain)
		if errors.Is(err, errBadText) != bad || !bad && err != nil {
			t.Errorf("%q: %v", data, err)
		}
	})
}

func goodTexts(v any) bool {
	switch v := v.(type) {
	case string:
		return goodText(v)
	case []any:
		for _, e := range v {
			if !goodTexts(e) {
				return false
			}
		}
	case map[string]any:
		for k, e := range v {
			if !goodText(k) || !goodTexts(e) {
				return false
			}
		}
	}
	return true
}
