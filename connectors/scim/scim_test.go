package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id hub.ConnectorID = "scim"

var now = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// engine stands where the directory is: it keeps what was stated, as the store does.
type engine struct {
	connectors.Inbox
	mu     sync.Mutex
	away   bool
	people map[string]connectors.StatedPerson
	raws   []connectors.Raw
	kept   map[string][]byte
}

func newEngine() *engine {
	return &engine{people: map[string]connectors.StatedPerson{}, kept: map[string][]byte{}}
}

func (e *engine) PutChanges(_ context.Context, raw connectors.Raw, changes ...directory.Change) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away {
		return hub.E("test", hub.Unavailable, "", "away")
	}
	e.raws = append(e.raws, raw)
	for _, c := range changes {
		e.fold(c)
	}
	return nil
}

func (e *engine) fold(c directory.Change) {
	p, ok := e.people[c.Key]
	if !ok && c.Op == directory.OpDeactivate {
		return // a leaver nobody has heard of
	}
	p.Key, p.Active, p.Values = c.Key, c.Op == directory.OpPut, maps.Clone(p.Values)
	if p.Values == nil {
		p.Values = map[directory.Field]string{}
	}
	for f, v := range c.Fields {
		if p.Values[f] = v.Text; v.Null {
			delete(p.Values, f)
		}
	}
	if c.Units != nil {
		p.Units = c.Units
	}
	if c.Groups != nil {
		p.Groups = c.Groups
	}
	e.people[c.Key] = p
}

func (e *engine) StatedPerson(_ context.Context, key string) (connectors.StatedPerson, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.people[key]
	if !ok {
		return p, hub.E("test", hub.NotFound, "", "")
	}
	return p, nil
}

func (e *engine) FindStated(_ context.Context, f directory.Field, value string) (out []connectors.StatedPerson, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(e.people)) {
		if strings.EqualFold(e.people[k].Values[f], value) {
			out = append(out, e.people[k])
		}
	}
	return out, nil
}

func (e *engine) ListStated(_ context.Context, after string, limit int) (out []connectors.StatedPerson, total int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, k := range slices.Sorted(maps.Keys(e.people)) {
		if k > after && len(out) < limit {
			out = append(out, e.people[k])
		}
	}
	return out, len(e.people), nil
}

func (e *engine) StatedGroups(context.Context) ([]connectors.StatedGroup, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := map[string]connectors.StatedGroup{}
	for _, k := range slices.Sorted(maps.Keys(e.people)) {
		for _, g := range e.people[k].Groups {
			s := found[g.Code]
			s.GroupRef, s.Members = g, append(s.Members, k)
			found[g.Code] = s
		}
	}
	return slices.Collect(maps.Values(found)), nil
}

func (e *engine) Get(_ context.Context, key string) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.kept[key], nil
}

func (e *engine) Put(_ context.Context, key string, value []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept[key] = value
	return nil
}

func grants(_ context.Context, token string) (connectors.Grant, error) {
	switch token {
	case "good":
		return connectors.Grant{TokenID: "t", Scopes: []string{"staff"}}, nil
	case "alarms":
		return connectors.Grant{TokenID: "u", Scopes: []string{"trigger"}}, nil
	case "db":
		return connectors.Grant{}, hub.E("test", hub.Unavailable, "", "away")
	}
	return connectors.Grant{}, hub.E("test", hub.Unauthenticated, "", "")
}

type rig struct {
	*engine
	*connectors.Supervisor
	t *testing.T
}

func start(t *testing.T, settings string) *rig {
	t.Helper()
	e := newEngine()
	registry, err := connectors.NewRegistry(Kind())
	if err != nil {
		t.Fatal(err)
	}
	s := connectors.NewSupervisor(connectors.Options{Registry: registry, Now: func() time.Time { return now }, Env: func(connectors.Spec) connectors.Env {
		return connectors.Env{Inbox: e, Stated: e, State: e, Grant: grants}
	}})
	t.Cleanup(func() { s.Close(context.Background()) })
	if err := s.Apply(t.Context(), connectors.Spec{ID: id, Kind: "scim", Revision: 1,
		Config: json.RawMessage(`{"address":"127.0.0.1:0","rate_per_second":0` + settings + `}`)}); err != nil {
		t.Fatal(err)
	}
	return &rig{e, s, t}
}

// ask sends one request and checks the form of an error (RFC 7644 section 3.12).
func (r *rig) ask(method, path, token, body string) (int, http.Header, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addrs(id)[0].String()+base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string]any{}
	if res.StatusCode == http.StatusNoContent {
		if len(b) > 0 {
			r.t.Errorf("%s %s: 204 with a body", method, path)
		}
		return res.StatusCode, res.Header, out
	}
	if err := json.Unmarshal(b, &out); err != nil || res.Header.Get("Content-Type") != contentType {
		r.t.Fatalf("%s %s: %d %q %v", method, path, res.StatusCode, b, err)
	}
	if res.StatusCode >= 400 && (fmt.Sprint(out["schemas"]) != "[urn:ietf:params:scim:api:messages:2.0:Error]" || out["status"] != fmt.Sprint(res.StatusCode)) {
		r.t.Errorf("%s %s: %d is no error of SCIM: %s", method, path, res.StatusCode, b)
	}
	return res.StatusCode, res.Header, out
}

func (r *rig) must(status int, method, path, body string) map[string]any {
	r.t.Helper()
	got, _, out := r.ask(method, path, "good", body)
	if got != status {
		r.t.Fatalf("%s %s: %d %v, want %d", method, path, got, out, status)
	}
	return out
}

func (r *rig) stated(key string) connectors.StatedPerson {
	r.t.Helper()
	p, err := r.StatedPerson(r.t.Context(), key)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// entraUser is a user as Microsoft Entra ID makes one.
const entraUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"externalId":"10001","userName":"eva.mueller@klinik.example","active":true,"addresses":[{"type":"work","locality":"Berlin"}],
"displayName":"Eva Müller","emails":[{"primary":true,"type":"work","value":"eva.mueller@klinik.example"}],
"meta":{"resourceType":"User"},"name":{"formatted":"Eva Müller","familyName":"Müller","givenName":"Eva"},"title":"Oberärztin",
"phoneNumbers":[{"type":"work","value":"030 1"},{"type":"mobile","value":"0170 1"},{"type":"fax","value":"030 2"}],"roles":[],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"10001","department":"Innere","manager":{"value":"x"}}}`

func patch(ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

func TestEntra(t *testing.T) {
	t.Parallel()
	r := start(t, `,"unit":"department"`)
	// "Test connection" looks for somebody who cannot be there.
	if out := r.must(200, "GET", "/Users?filter=userName+eq+%22non-existent-5f%22", ""); out["totalResults"] != 0.0 || fmt.Sprint(out["Resources"]) != "[]" {
		t.Errorf("%v", out)
	}
	_, h, out := r.ask("POST", "/Users", "good", entraUser)
	key, _ := out["id"].(string)
	if !hub.ValidID(key) || !strings.HasSuffix(h.Get("Location"), base+"/Users/"+key) || out["externalId"] != "10001" {
		t.Fatalf("%v %v", h, out)
	}
	want := map[directory.Field]string{"login": "eva.mueller@klinik.example", "mail": "eva.mueller@klinik.example", "family_name": "Müller", "given_name": "Eva",
		"job_title": "Oberärztin", "phone": "030 1", "mobile": "0170 1", "staff_number": "10001", "department": "Innere"}
	if d := cmp.Diff(want, r.stated(key).Values); d != "" || !r.stated(key).Active || r.stated(key).Units[0].Code != "Innere" {
		t.Errorf("%s %+v", d, r.stated(key))
	}
	for _, filter := range []string{`userName eq "EVA.mueller@klinik.example"`, `externalId eq "10001"`, `userName Eq "eva.mueller@klinik.example" And active eq true`,
		`emails[type eq "work"].value eq "x" or id eq "` + key + `"`, `emails.value eq "eva.mueller@klinik.example"`, `name.familyName sw "mü"`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "innere"`, `not (active eq false)`, `externalId pr`} {
		code, _, out := r.ask("GET", "/Users?filter="+escape(filter), "good", "")
		if strings.Contains(filter, "].value") { // a filter on a part of a chosen value is no grammar of the RFC
			if code != 400 {
				t.Errorf("%s: %d %v", filter, code, out)
			}
			continue
		}
		if code != 200 || out["totalResults"] != 1.0 {
			t.Errorf("%s: %d %v", filter, code, out)
		}
	}
	r.must(200, "PATCH", "/Users/"+key, patch(`{"op":"Replace","path":"active","value":"False"}`))
	if r.stated(key).Active {
		t.Error("still active")
	}
	r.must(200, "PATCH", "/Users/"+key, patch(
		`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"eva.schmidt@klinik.example"}`,
		`{"op":"Replace","path":"name.familyName","value":"Schmidt"}`,
		`{"op":"Add","path":"phoneNumbers[type eq \"pager\"].value","value":"77"}`,
		`{"op":"Remove","path":"phoneNumbers[type eq \"mobile\"]"}`,
		`{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Chirurgie"}`,
		`{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"some-id"}`,
		`{"op":"Replace","path":"userName","value":"eva.schmidt@klinik.example"}`))
	p := r.stated(key)
	if p.Active {
		t.Error("a patch of somebody locked has unlocked them")
	}
	want = map[directory.Field]string{"login": "eva.schmidt@klinik.example", "mail": "eva.schmidt@klinik.example", "family_name": "Schmidt", "given_name": "Eva",
		"job_title": "Oberärztin", "phone": "030 1", "pager": "77", "staff_number": "10001", "department": "Chirurgie"}
	if d := cmp.Diff(want, p.Values); d != "" || p.Units[0].Code != "Chirurgie" {
		t.Errorf("%s %+v", d, p)
	}
	r.must(200, "PATCH", "/Users/"+key, patch(`{"op":"Add","value":{"active":"True","name.givenName":"Evi","title":"Chefärztin",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Innere"}}`))
	if p = r.stated(key); !p.Active || p.Values["given_name"] != "Evi" || p.Values["job_title"] != "Chefärztin" || p.Values["department"] != "Innere" {
		t.Errorf("%+v", p)
	}
	raw := r.raws[len(r.raws)-1]
	if raw.Type != "PATCH /scim/v2/Users" || raw.ControlID != key || raw.Peer != "127.0.0.1" || !strings.Contains(string(raw.Body), "Evi") || raw.Key == r.raws[0].Key {
		t.Errorf("%+v", raw)
	}
}

func escape(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", `"`, "%22", "[", "%5B", "]", "%5D", "ü", "%C3%BC", "\\", "%5C", "&", "%26", "'", "%27", ";", "%3B").Replace(s)
}

func TestDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	key := r.must(201, "POST", "/Users", entraUser)["id"].(string)
	if code, _, out := r.ask("POST", "/Users", "good", entraUser); code != 409 || out["scimType"] != "uniqueness" {
		t.Errorf("a second one: %d %v", code, out)
	}
	r.must(204, "DELETE", "/Users/"+key, "")
	if r.stated(key).Active {
		t.Error("still active")
	}
	for method, body := range map[string]string{"GET": "", "DELETE": "", "PUT": entraUser, "PATCH": patch(`{"op":"add","path":"title","value":"x"}`)} {
		r.must(404, method, "/Users/"+key, body)
	}
	if out := r.must(200, "GET", "/Users", ""); out["totalResults"] != 0.0 {
		t.Errorf("%v", out)
	}
	if out := r.must(201, "POST", "/Users", entraUser); out["id"] != key || !r.stated(key).Active {
		t.Errorf("made again as somebody else: %v", out)
	}
	r.must(200, "PATCH", "/Users/"+key, patch(`{"op":"replace","path":"active","value":false}`))
	if out := r.must(200, "GET", "/Users/"+key, ""); out["active"] != false {
		t.Errorf("locked is not deleted: %v", out)
	}
	if code, _, _ := r.ask("POST", "/Users", "good", entraUser); code != 409 {
		t.Error("the name of somebody locked is free")
	}
}

func TestBornLocked(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	key := r.must(201, "POST", "/Users", `{"userName":"later","active":false}`)["id"].(string)
	if out := r.must(200, "GET", "/Users/"+key, ""); out["active"] != false {
		t.Errorf("%v", out)
	}
}

// TestKeycloak follows a SCIM client plug-in of Keycloak: whole PUTs, lists by page.
func TestKeycloak(t *testing.T) {
	t.Parallel()
	r := start(t, `,"staff_number":"employeeNumber"`)
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"f3b1c7c0-7a7e-4b2f-9a49-000000000001","userName":"ida",
		"name":{"givenName":"Ida","familyName":"Berg"},"displayName":"Ida Berg","emails":[{"value":"ida@klinik.example","primary":true}],"active":true,"meta":{"resourceType":"User"}}`
	key := r.must(201, "POST", "/Users", user)["id"].(string)
	if v := r.stated(key).Values; v["staff_number"] != "" || v["mail"] != "ida@klinik.example" {
		t.Errorf("%v", v)
	}
	r.must(200, "PUT", "/Users/"+key, strings.Replace(user, `"Berg"`, `"Tal"`, 1))
	r.must(200, "PUT", "/Users/"+key, `{"userName":"ida","active":true}`)
	if d := cmp.Diff(map[directory.Field]string{"login": "ida"}, r.stated(key).Values); d != "" {
		t.Error(d)
	}
	for i := range 4 {
		r.must(201, "POST", "/Users", fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	seen := map[any]bool{}
	for _, at := range []string{"1", "3", "5", "7"} {
		out := r.must(200, "GET", "/Users?startIndex="+at+"&count=2", "")
		list := out["Resources"].([]any)
		if out["totalResults"] != 5.0 || len(list) != map[string]int{"1": 2, "3": 2, "5": 1}[at] {
			t.Errorf("page at %s: %v", at, out)
		}
		for _, u := range list {
			seen[u.(map[string]any)["id"]] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 were listed", len(seen))
	}
	if out := r.must(200, "GET", "/Users?count=0", ""); out["totalResults"] != 5.0 || len(out["Resources"].([]any)) != 0 {
		t.Errorf("%v", out)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	r := start(t, `,"group_rooms":true`)
	a := r.must(201, "POST", "/Users", `{"userName":"a"}`)["id"].(string)
	b := r.must(201, "POST", "/Users", `{"userName":"b","active":false}`)["id"].(string)
	g := r.must(201, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"obj-1","displayName":"Station 4B","members":[]}`)["id"].(string)
	members := func() string {
		var ids []string
		for _, m := range r.must(200, "GET", "/Groups/"+g, "")["members"].([]any) {
			ids = append(ids, map[string]string{a: "a", b: "b"}[m.(map[string]any)["value"].(string)])
		}
		slices.Sort(ids)
		return strings.Join(ids, "")
	}
	value := func(id string) string { return `{"value":"` + id + `"}` }
	steps := []struct{ name, body, want string }{
		{"add", patch(`{"op":"Add","path":"members","value":[` + value(a) + `]}`), "a"},
		{"add again and another", patch(`{"op":"add","path":"members","value":[` + value(a) + `,` + value(b) + `]}`), "ab"},
		{"remove by value", patch(`{"op":"Remove","path":"members","value":[` + value(a) + `]}`), "b"},
		{"remove by filter", patch(`{"op":"remove","path":"members[value eq \"` + b + `\"]"}`), ""},
		{"remove who is not in it", patch(`{"op":"remove","path":"members[value eq \"` + a + `\"]"}`), ""},
		{"replace", patch(`{"op":"Replace","path":"members","value":[` + value(b) + `]}`), "b"},
		{"without a path", patch(`{"op":"replace","value":{"displayName":"4B","members":[` + value(a) + `]}}`), "a"},
		{"rename", patch(`{"op":"Replace","path":"displayName","value":"Station 4B"}`), "a"},
		{"remove all", patch(`{"op":"remove","path":"members"}`), ""},
	}
	for _, s := range steps {
		r.must(200, "PATCH", "/Groups/"+g, s.body)
		if got := members(); got != s.want {
			t.Errorf("%s: %q, want %q", s.name, got, s.want)
		}
	}
	if r.stated(b).Active {
		t.Error("who joins a group is unlocked by it")
	}
	r.must(200, "PUT", "/Groups/"+g, `{"displayName":"4B neu","members":[`+value(a)+`]}`)
	if got := r.stated(a).Groups; len(got) != 1 || got[0] != (directory.GroupRef{Code: g, Name: "4B neu", Room: true}) {
		t.Errorf("%+v", got)
	}
	for filter, n := range map[string]float64{`displayName eq "4b NEU"`: 1, `displayName eq "x"`: 0, `id eq "` + g + `" and members eq "` + a + `"`: 1,
		`id eq "` + g + `" and members eq "` + b + `"`: 0, `members[value eq "` + a + `"]`: 1} {
		if out := r.must(200, "GET", "/Groups?excludedAttributes=members&filter="+escape(filter), ""); out["totalResults"] != n {
			t.Errorf("%s: %v", filter, out)
		}
	}
	if out := r.must(200, "GET", "/Groups/"+g+"?excludedAttributes=members", ""); out["members"] != nil || out["displayName"] != "4B neu" {
		t.Errorf("%v", out)
	}
	for name, body := range map[string]string{"nobody": patch(`{"op":"add","path":"members","value":[{"value":"0198a0a0-0000-7000-8000-000000000000"}]}`),
		"no name": patch(`{"op":"replace","path":"displayName","value":""}`)} {
		if code, _, out := r.ask("PATCH", "/Groups/"+g, "good", body); code != 400 || out["scimType"] != "invalidValue" {
			t.Errorf("%s: %d %v", name, code, out)
		}
	}
	r.must(204, "DELETE", "/Groups/"+g, "")
	r.must(404, "GET", "/Groups/"+g, "")
	if len(r.stated(a).Groups) != 0 {
		t.Error("still in a group that is gone")
	}
	g = r.must(201, "POST", "/Groups", `{"displayName":"x","members":[`+value(a)+`]}`)["id"].(string)
	r.must(204, "DELETE", "/Users/"+a, "")
	if got := members(); got != "" {
		t.Errorf("who was deleted is a member: %q", got)
	}
	for key, v := range r.kept {
		if bytes.Contains(v, []byte(`"a"`)) || strings.HasPrefix(key, "user") {
			t.Errorf("%s: %s", key, v)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	key := r.must(201, "POST", "/Users", `{"userName":"a"}`)["id"].(string)
	long := strings.Repeat("x", 256)
	tests := map[string]struct {
		method, path, token, body string
		status                    int
		scimType                  string
	}{
		"no token":             {"GET", "/Users", "", "", 401, ""},
		"wrong token":          {"GET", "/ServiceProviderConfig", "guess", "", 401, ""},
		"other scope":          {"GET", "/Users", "alarms", "", 403, ""},
		"tokens away":          {"GET", "/Users", "db", "", 503, ""},
		"nothing there":        {"GET", "/Things", "good", "", 404, ""},
		"no such user":         {"GET", "/Users/0198a0a0-0000-7000-8000-000000000000", "good", "", 404, ""},
		"no id":                {"GET", "/Users/..%2f..%2fetc", "good", "", 404, ""},
		"no such group":        {"GET", "/Groups/x", "good", "", 404, ""},
		"wrong method":         {"PUT", "/Users", "good", "{}", 405, ""},
		"bulk":                 {"POST", "/Bulk", "good", "{}", 501, ""},
		"me":                   {"GET", "/Me", "good", "", 501, ""},
		"no JSON":              {"POST", "/Users", "good", "{", 400, "invalidSyntax"},
		"an array":             {"POST", "/Users", "good", "[]", 400, "invalidSyntax"},
		"null":                 {"POST", "/Users", "good", "null", 400, "invalidSyntax"},
		"two objects":          {"POST", "/Users", "good", `{"userName":"b"}{}`, 400, "invalidSyntax"},
		"deep":                 {"POST", "/Users", "good", `{"userName":"b","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", 400, "invalidSyntax"},
		"2 MiB":                {"POST", "/Users", "good", `{"userName":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
		"no userName":          {"POST", "/Users", "good", `{"active":true}`, 400, "invalidValue"},
		"long userName":        {"POST", "/Users", "good", `{"userName":"` + long + `"}`, 400, "invalidValue"},
		"control character":    {"POST", "/Users", "good", `{"userName":"a\u0000b"}`, 400, "invalidValue"},
		"active maybe":         {"POST", "/Users", "good", `{"userName":"b","active":"maybe"}`, 400, "invalidValue"},
		"taken by PATCH":       {"PATCH", "/Users/" + key, "good", patch(`{"op":"replace","path":"userName","value":"taken"}`), 409, "uniqueness"},
		"no operations":        {"PATCH", "/Users/" + key, "good", `{"Operations":[]}`, 400, "invalidSyntax"},
		"unknown operation":    {"PATCH", "/Users/" + key, "good", patch(`{"op":"move","path":"title"}`), 400, "invalidSyntax"},
		"remove nothing":       {"PATCH", "/Users/" + key, "good", patch(`{"op":"remove"}`), 400, "noTarget"},
		"bad path":             {"PATCH", "/Users/" + key, "good", patch(`{"op":"add","path":"emails[","value":"x"}`), 400, "invalidPath"},
		"long path":            {"PATCH", "/Users/" + key, "good", patch(`{"op":"add","path":"` + strings.Repeat("a", maxFilter+1) + `","value":"x"}`), 400, "invalidPath"},
		"path is a number":     {"PATCH", "/Users/" + key, "good", patch(`{"op":"add","path":7,"value":"x"}`), 400, "invalidPath"},
		"no object":            {"PATCH", "/Users/" + key, "good", patch(`{"op":"add","value":"x"}`), 400, "invalidValue"},
		"userName removed":     {"PATCH", "/Users/" + key, "good", patch(`{"op":"remove","path":"userName"}`), 400, "invalidValue"},
		"no target":            {"PATCH", "/Users/" + key, "good", patch(`{"op":"replace","path":"emails[value co \"x\"].type","value":"y"}`), 400, "noTarget"},
		"too many operations":  {"PATCH", "/Users/" + key, "good", patch(slices.Repeat([]string{`{"op":"add","path":"title","value":"x"}`}, maxOperations+1)...), 400, "invalidSyntax"},
		"bad filter":           {"GET", "/Users?filter=" + escape(`userName eq`), "good", "", 400, "invalidFilter"},
		"filter of quotes":     {"GET", "/Users?filter=" + escape(`userName eq "a" or "1"="1"`), "good", "", 400, "invalidFilter"},
		"filter is SQL":        {"GET", "/Users?filter=" + escape(`userName eq "a"; DROP TABLE person;--`), "good", "", 400, "invalidFilter"},
		"broken query":         {"GET", "/Users?filter=%zz", "good", "", 400, "invalidFilter"},
		"long filter":          {"GET", "/Users?filter=" + escape(`userName eq "`+strings.Repeat("x", maxFilter)+`"`), "good", "", 400, "invalidFilter"},
		"nested filter":        {"GET", "/Users?filter=" + strings.Repeat("(", 300), "good", "", 400, "invalidFilter"},
		"count is no number":   {"GET", "/Users?count=many", "good", "", 400, "invalidValue"},
		"group without a name": {"POST", "/Groups", "good", `{}`, 400, "invalidValue"},
	}
	r.must(201, "POST", "/Users", `{"userName":"taken"}`)
	before := len(r.raws)
	for name, c := range tests {
		code, h, out := r.ask(c.method, c.path, c.token, c.body)
		kind, _ := out["scimType"].(string)
		if code != c.status || kind != c.scimType || code == 401 && h.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %v, want %d %s", name, code, out, c.status, c.scimType)
		}
	}
	if len(r.raws) != before || cmp.Diff(map[directory.Field]string{"login": "a"}, r.stated(key).Values) != "" {
		t.Errorf("a refused request has had an effect: %+v", r.stated(key))
	}
}

// TestFilterTextsAreOnlyTexts: what would be a trick elsewhere finds nobody and breaks nothing.
func TestFilterTextsAreOnlyTexts(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.must(201, "POST", "/Users", `{"userName":"a"}`)
	for _, text := range []string{`' OR '1'='1`, `*`, `%`, `*)(uid=*`, `a\" or userName pr or userName eq \"`, `a'--`, `$ne`} {
		if out := r.must(200, "GET", "/Users?filter="+escape(`userName eq "`+text+`"`), ""); out["totalResults"] != 0.0 {
			t.Errorf("%s: %v", text, out)
		}
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	r.mu.Lock()
	r.away = true
	r.mu.Unlock()
	code, h, _ := r.ask("POST", "/Users", "good", entraUser)
	if code != 503 || h.Get("Retry-After") == "" || r.Health(id).State != connectors.Degraded || len(r.people) != 0 {
		t.Errorf("%d %v", code, r.Health(id))
	}
	r.mu.Lock()
	r.away = false
	r.mu.Unlock()
	if r.must(201, "POST", "/Users", entraUser); r.Health(id).State != connectors.Up {
		t.Errorf("%v", r.Health(id))
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	if err := r.Apply(t.Context(), connectors.Spec{ID: id, Kind: "scim", Revision: 2, Config: json.RawMessage(`{"address":"127.0.0.1:0","rate_per_second":2}`)}); err != nil {
		t.Fatal(err)
	}
	var codes []int
	for range 3 {
		code, h, _ := r.ask("GET", "/Users", "good", "")
		if codes = append(codes, code); code == 429 && h.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if !slices.Equal(codes, []int{200, 200, 429}) {
		t.Errorf("%v", codes)
	}
}
