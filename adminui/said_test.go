package adminui

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the hub names, an administrator reads in German: these tests read from the sources of
// the connectors which faults and which sentences there can be, so that none is forgotten.

// texts is a resource file as a flat map of keys.
func texts(t *testing.T, path string) map[string]string {
	t.Helper()
	var tree any
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	out := map[string]string{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		if s, ok := v.(string); ok {
			out[at] = s
			return
		}
		for k, v := range v.(map[string]any) {
			walk(strings.TrimPrefix(at+"."+k, "."), v)
		}
	}
	walk("", tree)
	return out
}

// sources calls take for every file of Go below a folder that is no test.
func sources(t *testing.T, folder string, take func(*ast.File)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasSuffix(path, "test") {
			return cmpOr(err, fs.SkipDir)
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			take(f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func cmpOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value) // the parser has read it
	return s
}

func called(e ast.Expr) string {
	switch f := e.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// notOfRuns are codes of the same sources that no run ever ends with: refusals of whoever
// calls in from outside, and of sign-ins.
var notOfRuns = []string{"no_token", "wrong", "no_mail", "unknown_kind", "not_replayable", "not-supported", "incomplete", "directory_away"}

// faults are the names that runs, their records and previews can end with.
func faults(t *testing.T) map[string]bool {
	out := map[string]bool{}
	names := func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 && spec.Type == nil {
				out[literal(spec.Values[0])] = true
			}
			return true
		})
	}
	for _, wire := range []string{"../ldap/error.go", "../fhir/error.go"} {
		sources(t, wire, func(f *ast.File) {
			for _, d := range f.Decls {
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
					names(&ast.File{Name: f.Name, Decls: []ast.Decl{g}})
				}
			}
		})
	}
	said := func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch name := called(n.Fun); {
				case (name == "fault" || name == "rowFault" || name == "refuse") && len(n.Args) > 0:
					out[literal(n.Args[0])] = true
				case name == "E" && len(n.Args) > 2:
					out[literal(n.Args[2])] = true
				}
			case *ast.KeyValueExpr:
				if key := called(n.Key); key == "Code" {
					out[literal(n.Value)] = true
				}
			case *ast.CompositeLit:
				if called(n.Type) != "Fault" {
					break
				}
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && called(kv.Key) == "Name" {
						out[literal(kv.Value)] = true
					}
				}
			}
			return true
		})
	}
	for _, source := range []string{"../connectors/ldap", "../connectors/fhirr4", "../connectors/sheet/pull.go", "../connectors/sheet/table.go",
		"../connectors/sheet/csv.go", "../connectors/sheet/other.go", "../connectors/sheet/xlsx.go", "../connectors/sheet/marks.go", "../connectors/sheet/config.go", "../connectors/passes.go", "../store/staff/runs.go"} {
		sources(t, source, said)
	}
	delete(out, "")
	return out
}

func TestEveryFaultOfARunHasWords(t *testing.T) {
	t.Parallel()
	all := faults(t)
	for _, known := range []string{"dns", "channel_binding", "server_failed", "missing_key", "encoding", "internal", "size_limit", "empty_header"} {
		if !all[known] {
			t.Errorf("%s was not found in the sources: this test looks in the wrong places", known)
		}
	}
	for _, language := range []string{"de", "en"} {
		words := texts(t, "src/features/runs/"+language+".json")
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if words["fault."+name] == "" && !slices.Contains(notOfRuns, name) {
				t.Errorf("%s: the fault %s has no words", language, name)
			}
		}
	}
}

// notes are the quirks that records are taken in spite of.
func notes(t *testing.T) map[string]bool {
	out := map[string]bool{}
	sources(t, "../connectors", func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && called(call.Fun) == "append" && called(call.Args[0]) == "Notes" || ok && called(call.Fun) == "warn" && f.Name.Name == "sheet" {
				out[literal(call.Args[len(call.Args)-1])] = true
			}
			return true
		})
	})
	delete(out, "")
	return out
}

func TestEveryNoteOfARecordHasWords(t *testing.T) {
	t.Parallel()
	all := notes(t)
	if !all["photo_no_jpeg"] || !all["duplicate_header"] || !all["no_name"] {
		t.Errorf("found only %v: this test looks in the wrong places", all)
	}
	for _, language := range []string{"de", "en"} {
		words := texts(t, "src/features/runs/"+language+".json")
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if words["note."+name] == "" {
				t.Errorf("%s: the note %s has no words", language, name)
			}
		}
	}
}

// isSentence tells what is shown from joints, from words that are looked for in others' errors
// and from the bilingual ones of result files.
func isSentence(s string) bool {
	return strings.Contains(strings.Trim(s, " ("), " ") && !strings.Contains(s, " / ") && !strings.HasPrefix(s, "does not")
}

// sentences are what checks and healths say, as formats.
func sentences(t *testing.T) map[string]bool {
	out := map[string]bool{}
	take := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && slices.Contains([]string{"invalid", "Warn", "Error", "Count"}, called(call.Fun)) {
				return false // of the form, or of the log
			}
			if lit, ok := n.(*ast.BasicLit); ok && isSentence(literal(lit)) {
				out[literal(lit)] = true
			}
			return true
		})
	}
	telling := []string{"Check", "CheckListener", "Load", "listen", "tryFolder", "checkBase", "checkServer", "checkRead", "trouble", "fault", "failed", "answered", "explain"}
	sources(t, "../connectors", func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if slices.Contains(telling, n.Name.Name) || n.Name.Name == "name" && f.Name.Name == "mail" {
					take(n.Body)
				}
			case *ast.CompositeLit:
				if called(n.Type) == "Health" {
					take(n)
				}
			case *ast.AssignStmt:
				for i, to := range n.Lhs {
					if slices.Contains([]string{"Detail", "detail", "trouble", "away"}, called(to)) {
						take(n.Rhs[min(i, len(n.Rhs)-1)])
					}
				}
			case *ast.CallExpr:
				if slices.Contains([]string{"setHealthy", "setFolder"}, called(n.Fun)) {
					take(n)
				}
			}
			return true
		})
	})
	sources(t, "../ldap/error.go", func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == "sentences" {
				take(spec)
			}
			return true
		})
	})
	return out
}

// vague are the names of files that cannot be read of which only the sentence says why, and where.
var vague = []string{"malformed", "too_many_columns"}

// refusals are those sentences, as formats.
func refusals(t *testing.T) map[string]bool {
	out := map[string]bool{}
	sources(t, "../connectors/sheet", func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok && slices.Contains([]string{"body", "tooLarge"}, fn.Name.Name) {
				return false // of the interface, whose callers are programs
			}
			var args []ast.Expr
			if call, ok := n.(*ast.CallExpr); ok && called(call.Fun) == "refuse" {
				args = call.Args
			}
			if e, ok := n.(*ast.CompositeLit); ok && f.Name.Name == "ical" && called(e.Type) == "Error" {
				args = e.Elts
			}
			if len(args) > 1 && slices.Contains(vague, literal(args[0])) {
				out[literal(args[1])] = true
			}
			return true
		})
	})
	return out
}

func TestEveryRefusalOfAFileIsSaidInGerman(t *testing.T) {
	t.Parallel()
	all := refusals(t)
	for _, known := range []string{"a quotation mark that is opened in line %d is never closed", "the calendar is nested too deeply", "row %d has %d columns, at most %d are read"} {
		if !all[known] {
			t.Errorf("%q was not found in the sources: this test looks in the wrong places", known)
		}
	}
	said := texts(t, "src/features/connectors/said.json")
	for _, s := range slices.Sorted(maps.Keys(all)) {
		if said[s] == "" {
			t.Errorf("nothing words %q", s)
		}
	}
}

func TestEverySentenceOfAConnectorIsSaidInGerman(t *testing.T) {
	t.Parallel()
	all := sentences(t)
	for _, known := range []string{"listen on %s: %w", "the server is busy", "waiting for the nurse-call system to log in", "the server refuses user or password ("} {
		if !all[known] {
			t.Errorf("%q was not found in the sources: this test looks in the wrong places", known)
		}
	}
	said := map[string]string{}
	b, err := os.ReadFile("src/features/connectors/said.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &said); err != nil {
		t.Fatal(err)
	}
	for _, s := range slices.Sorted(maps.Keys(all)) {
		if said[s] == "" {
			t.Errorf("nothing words %q", s)
		}
	}
	for _, language := range []string{"de", "en"} {
		words := map[string]map[string]string{"connectors": texts(t, "src/features/connectors/"+language+".json"), "runs": texts(t, "src/features/runs/"+language+".json")}
		for s, key := range said {
			ns, in, found := strings.Cut(key, ":")
			if !found || words[ns][in] == "" {
				t.Errorf("%s: %q leads to no words: %s", language, s, key)
			}
		}
	}
}
