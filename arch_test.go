// Package wardline_test holds the shape of the house: which room may know which, and
// through which door each outside library comes in.
package wardline_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/wardline/wardline/"

// rooms maps each folder to the folders of ours it may import. "x/*" stands for every
// folder below x. A folder without a row fails the test: give it a row here and a sentence
// in ARCHITECTURE.md.
var rooms = map[string][]string{
	".":           {},
	"hub":         {},
	"hub/hubtest": {},

	// Wire formats import nothing of ours.
	"hl7":           {},
	"hl7/mllp":      {"hl7"},
	"fhir":          {},
	"fhir/fhirtest": {},
	"ldap":          {"hub/hubtest"}, // in tests
	"ldap/ldaptest": {"hub/hubtest"},
	"seal":          {},

	// Domains know only the shared nouns and sealing, never each other.
	"directory":                     {"hub", "seal"},
	"accounts":                      {"hub", "seal", "accounts/*"},
	"accounts/passkey":              {"accounts/passkey/passkeytest"}, // in tests
	"accounts/passkey/passkeytest":  {},
	"accounts/oidc":                 {"accounts/oidc/oidctest"}, // in tests
	"accounts/oidc/oidctest":        {},
	"messaging":                     {"hub", "messaging/framing"},
	"messaging/framing":             {},
	"messaging/framing/framingtest": {},
	"messaging/fanout":              {"hub", "messaging"},
	"messaging/push":                {"hub", "messaging"},
	"messaging/fanout/fanouttest":   {"hub", "messaging", "messaging/fanout"},
	"alerting":                      {"hub", "seal"},

	// Edges.
	"notify":                 {"hub", "seal", "alerting", "messaging", "messaging/fanout"},
	"connectors":             {"hub", "directory", "alerting", "hub/hubtest"},                                          // the last in tests
	"connectors/hl7v2":       {"hub", "directory", "alerting", "connectors", "hl7", "hl7/mllp", "server/form", "seal"}, // the last two in tests
	"connectors/fhirr4":      {"hub", "directory", "connectors", "fhir", "fhir/fhirtest", "server/form"},               // the last two in tests
	"connectors/espax":       {"hub", "alerting", "directory", "connectors", "connectors/espax/wire"},
	"connectors/espax/wire":  {},
	"connectors/ldap":        {"hub", "directory", "connectors", "ldap", "ldap/ldaptest", "server/form"}, // the last two in tests
	"connectors/ldap/adtest": {"hub", "directory", "connectors", "connectors/ldap", "ldap", "ldap/ldaptest"},
	"connectors/alarmapi":    {"hub", "alerting", "connectors"},
	"connectors/sheet":       {"hub", "directory", "connectors", "connectors/sheet/ical", "server/form"}, // the last in tests
	"connectors/sheet/ical":  {},
	"connectors/mail":        {"hub", "connectors", "server/form", "hub/hubtest"}, // the last two in tests
	"connectors/scim":        {"hub", "directory", "connectors", "server/form"},   // the last in tests
	"store":                  {"hub", "seal", "directory", "accounts", "messaging", "messaging/fanout", "messaging/fanout/fanouttest", "messaging/push", "alerting", "notify", "connectors", "store/staff", "store/pg"},
	"store/pg":               {"hub"},
	"store/talk":             {"hub", "messaging", "store/pg", "messaging/framing/framingtest", "seal"},                            // the last two in tests
	"store/teams":            {"hub", "directory", "store/pg", "messaging", "messaging/framing/framingtest", "seal", "store/talk"}, // the last three in tests
	"store/staff":            {"hub", "seal", "directory", "connectors", "store/pg", "accounts", "store/teams"},                    // the last two in tests
	"store/desk":             {"hub", "seal", "store/pg"},
	"store/staff/staffbench": {"hub", "directory", "connectors"},
	"store/signin":           {"hub", "store/pg", "accounts", "accounts/*", "seal"}, // the latter of accounts in tests
	"store/embedded":         {},
	"store/storetest":        {"store/embedded"},
	"server":                 {"hub", "hl7", "directory", "accounts", "messaging", "messaging/fanout", "alerting", "connectors", "server/*"},
	"server/form":            {"hub", "connectors"},
	"server/stream":          {"hub", "accounts", "messaging", "messaging/fanout", "alerting"},
	"recorder":               {"hub", "seal", "messaging", "recorder/*"},
	"recorder/client":        {"hub", "messaging", "recorder/devicelog"},
	"recorder/devicelog":     {"hub"},
	"recorder/vault":         {"seal"},
	"recorder/mlscore":       {},
	"recorder/interop":       {"hub", "seal", "messaging", "store", "store/talk", "recorder/mlscore", "recorder/devicelog"},
	"demo":                   {"hub", "hl7", "hl7/mllp", "connectors/espax/wire"},

	// The joining room, the programs and what they embed.
	"adminui":      {},
	"chatui":       {},
	"app":          {"*"},
	"app/bench":    {"*"},
	"cmd/wardline": {"app"},
	"e2e":          {"*"},
	"e2e/op":       {},
}

// doors maps the prefix of an outside library to the only folders that may import it.
var doors = map[string][]string{
	"github.com/jackc/pgx":                {"store", "store/*", "app/bench"},
	"github.com/riverqueue/river":         {"store"},
	"github.com/pressly/goose":            {"store"},
	"github.com/gin-gonic/gin":            {"server", "server/*"},
	"github.com/danielgtaylor/huma":       {"server", "server/*"},
	"github.com/gorilla/websocket":        {"server", "server/*", "app/bench", "e2e", "recorder/*"},
	"github.com/alexedwards/argon2id":     {"accounts"},
	"github.com/coreos/go-oidc":           {"accounts/*"},
	"golang.org/x/oauth2":                 {"accounts/*", "fhir"},
	"github.com/go-webauthn/webauthn":     {"accounts/*"},
	"github.com/pquerna/otp":              {"accounts"},
	"github.com/SherClockHolmes/webpush":  {"messaging/push"},
	"github.com/thomas-vilte/mls-go":      {"recorder", "recorder/*"},
	"github.com/go-ldap":                  {"ldap"},
	"github.com/google/fhir":              {"fhir"},
	"github.com/xuri/excelize":            {"connectors/sheet"},
	"github.com/wneessen/go-mail":         {"connectors/mail"},
	"github.com/emersion/go-ical":         {"connectors/sheet/ical"},
	"github.com/teambition/rrule-go":      {"connectors/sheet/ical"},
	"github.com/elimity-com/scim":         {"connectors/scim"},
	"github.com/scim2/filter-parser":      {"connectors/scim"},
	"github.com/golang/protobuf":          {"fhir"},
	"github.com/knadh/koanf":              {"app"},
	"github.com/alecthomas/kong":          {"cmd/wardline"},
	"github.com/prometheus/client_golang": {"app", "server"},
}

// cannotOpen are the folders that handle ciphertext and must not be able to open it
// (promise 3), and what would let them.
var cannotOpen = map[string][]string{
	"messaging":         {module + "seal", "crypto/hpke", "crypto/aes", "crypto/cipher", "github.com/thomas-vilte/mls-go"},
	"messaging/fanout":  {module + "seal", "crypto/hpke", "crypto/aes", "crypto/cipher", "github.com/thomas-vilte/mls-go"},
	"messaging/framing": {module + "seal", "crypto/hpke", "crypto/aes", "crypto/cipher", "github.com/thomas-vilte/mls-go"},
}

// TestRooms reads the imports of every file in this process, so that the test cache sees
// what was read and a change is never missed.
func TestRooms(t *testing.T) {
	for _, f := range goFiles(t) {
		allowed, ok := rooms[f.dir]
		if !ok {
			t.Errorf("%s: folder %q has no row in rooms", f.path, f.dir)
			continue
		}
		for _, imp := range f.imports {
			checkRoom(t, f, imp, allowed)
			checkDoor(t, f, imp)
			if opens := func(lib string) bool { return imp == lib || strings.HasPrefix(imp, lib+"/") }; !f.test && slices.ContainsFunc(cannotOpen[f.dir], opens) {
				t.Errorf("%s imports %s: what handles ciphertext must not be able to open it", f.path, imp)
			}
		}
	}
}

// TestRoomsExist fails when a row outlives its folder.
func TestRoomsExist(t *testing.T) {
	for dir := range rooms {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("rooms has a row for %q: %v", dir, err)
		}
	}
}

func checkRoom(t *testing.T, f goFile, imp string, allowed []string) {
	ours, isOurs := strings.CutPrefix(imp, module)
	if !isOurs || ours == f.dir {
		return
	}
	if f.test && (strings.HasSuffix(ours, "storetest") || f.dir == path.Dir(ours) || ours == "store" && f.dir != "messaging") {
		return // tests of any room may use a real database
	}
	if !matches(ours, allowed) {
		t.Errorf("%s imports %s: %q may import only %v", f.path, ours, f.dir, allowed)
	}
}

func checkDoor(t *testing.T, f goFile, imp string) {
	if f.test {
		return
	}
	for library, folders := range doors {
		if strings.HasPrefix(imp, library) && !matches(f.dir, folders) {
			t.Errorf("%s imports %s, whose only door is %v", f.path, imp, folders)
		}
	}
}

func matches(dir string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, wild := strings.CutSuffix(p, "*")
		return p == dir || wild && strings.HasPrefix(dir, prefix)
	})
}

type goFile struct {
	path, dir string
	test      bool
	imports   []string
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "node_modules" || name == "testdata" || name == "data" || name == "bin" || p != "." && strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := goFile{path: p, dir: path.Dir(p), test: strings.HasSuffix(name, "_test.go")}
		for _, s := range parsed.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imp)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found only %d Go files: is the test run from the root?", len(files))
	}
	return files
}
