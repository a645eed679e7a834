package server

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// b64 is n bytes as JSON has them.
func b64(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }

const (
	kib   = 1 << 10
	rooms = "/api/v1/rooms/" + thing
)

func commitJSON(body, welcome int) string {
	return fmt.Sprintf(`{"id":"%s","body":"%s","welcome":"%s"}`, thing, b64(body), b64(welcome))
}

func roomJSON(kind string, members int, commit int) string {
	list := strings.TrimSuffix(strings.Repeat(`"`+string(peer)+`",`, members), ",")
	return fmt.Sprintf(`{"id":"%s","kind":"%s","members":[%s],"commit":{"id":"%s","body":"%s"},"welcome":"%s"}`, thing, kind, list, thing, b64(commit), b64(9))
}

func TestTalkAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"create": {"POST", "/api/v1/rooms", roomJSON("direct", 1, 99), 201, `{"id":"` + thing + `","kind":"direct","name":"","unit":{"id":"","code":"","name":""},"last_seq":1,` +
			`"epoch":1,"role":"owner","muted":false,"since_seq":0,"read_seq":0,"members":3,"peer":{"id":"` + string(peer) + `","name":""}}`},
		"commit":        {"POST", rooms + "/commits", commitJSON(99, 99), 200, `{"seq":7,"epoch":3}`},
		"welcome":       {"GET", rooms + "/welcome", "", 200, `{"seq":5,"body":"d2VsY29tZQ=="}`},
		"rejoin":        {"POST", rooms + "/rejoin", `{"package":"` + b64(9) + `","cause":"state_lost"}`, 202, ``},
		"members":       {"GET", rooms + "/members", "", 200, `{"items":[{"user":"` + string(user) + `","name":"Eva","role":"owner","recorder":false,"since":"1970-01-01T00:00:00Z"}]}`},
		"add":           {"POST", rooms + "/members", `{"users":["` + string(peer) + `"]}`, 204, ``},
		"remove":        {"DELETE", rooms + "/members/" + string(peer), "", 204, ``},
		"role":          {"PUT", rooms + "/members/" + string(peer), `{"role":"moderator"}`, 204, ``},
		"mute":          {"PUT", rooms + "/mute", `{"muted":true}`, 204, ``},
		"receipts":      {"GET", rooms + "/receipts", "", 200, `{"items":[{"user":"` + string(peer) + `","delivered":4,"read":2}]}`},
		"item receipts": {"GET", rooms + "/items/4/receipts", "", 200, `{"items":[{"user":"` + string(peer) + `","delivered_at":"1970-01-01T00:00:00Z"}]}`},
		"count":         {"GET", "/api/v1/keypackages", "", 200, `{"count":12}`},
		"refill":        {"POST", "/api/v1/keypackages", `{"packages":["` + b64(9) + `"],"last_resort":"` + b64(9) + `"}`, 204, ``},
		"claim": {"POST", "/api/v1/keypackages/claim", `{"users":["` + string(peer) + `"]}`, 200,
			`{"items":[{"user":"` + string(peer) + `","device":"` + string(device) + `","package":"a3A="}],"without":[]}`},
		"log":        {"GET", "/api/v1/users/" + string(peer) + "/log?after=3", "", 200, `{"items":[{"n":4,"body":"e30=","sig":"cw=="}]}`},
		"append":     {"POST", "/api/v1/log", `{"body":"` + b64(9) + `","sig":"` + b64(64) + `"}`, 201, `{"n":2}`},
		"post":       {"POST", "/api/v1/mail", `{"to":"` + string(device) + `","body":"` + b64(9) + `"}`, 201, ``},
		"mail":       {"GET", "/api/v1/mail", "", 200, `{"items":[{"id":"` + thing + `","from":"` + string(device) + `","at":"0001-01-01T00:00:00Z","body":"c2VhbGVk"}]}`},
		"drop":       {"DELETE", "/api/v1/mail/" + thing, "", 204, ``},
		"faults":     {"POST", "/api/v1/faults", `{"items":[{"room":"` + thing + `","seq":1,"cause":"epoch"}]}`, 204, ``},
		"repaired":   {"POST", "/api/v1/faults/repaired", `{"items":[{"room":"` + thing + `","seq":1}]}`, 204, ``},
		"upkeep":     {"GET", "/api/v1/upkeep", "", 200, `{"items":[{"room":"` + thing + `","remove":[{"leaf":3,"user":"` + string(peer) + `","device":"` + string(device) + `"}],"missing":[],"rejoin":[]}]}`},
		"backup":     {"GET", "/api/v1/backup", "", 200, `{"chunks":[0,1],"bytes":9}`},
		"chunk":      {"GET", "/api/v1/backup/1", "", 200, `{"body":"Y2h1bms="}`},
		"put chunk":  {"PUT", "/api/v1/backup/1999", `{"body":"` + b64(256*kib) + `"}`, 204, ``},
		"no backup":  {"DELETE", "/api/v1/backup", "", 204, ``},
		"about":      {"GET", "/api/v1/chat", "", 200, `{"clinic":"` + string(home) + `","recorder":{"user":"` + string(peer) + `"},"backup":true,"receipts":true,"push":"vapid","max_leaves":256}`},
		"users":      {"GET", "/api/v1/users?q=Max&limit=5", "", 200, `{"items":[{"id":"` + string(peer) + `","name":"Max","title":"","units":[],"devices":0,"recorder":false}]}`},
		"devices":    {"GET", "/api/v1/users/" + string(peer) + "/devices", "", 200, `{"items":[{"id":"` + string(device) + `","sign_public":"c2lnbg==","kem_public":"a2Vt"}]}`},
		"push":       {"PUT", "/api/v1/push", `{"endpoint":"https://example.com/x","p256dh":"p","auth":"a"}`, 204, ``},
		"no push":    {"DELETE", "/api/v1/push", "", 204, ``},
		"responders": {"GET", "/api/v1/alerts/" + thing + "/responders", "", 200, `{"items":[{"user":"` + string(user) + `","name":"Eva","accepted":true}]}`},
	}
	r := newRig(t, false)
	for name, tt := range tests {
		res := r.do("internal", tt.method, tt.path, tt.body)
		got := strings.ReplaceAll(strings.TrimSpace(res.Body.String()), `"name":"Eva"}}`, `"name":""}}`)
		if res.Code != tt.status || got != tt.want {
			t.Errorf("%s: %d %s, want %d %s", name, res.Code, res.Body, tt.status, tt.want)
		}
	}
}

// Bad input is refused before anybody behind the server is asked.
func TestTalkBadInput(t *testing.T) {
	t.Parallel()
	faults := func(n int) string {
		item := `{"room":"` + thing + `","seq":1,"cause":"epoch"}`
		return `{"items":[` + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + `]}`
	}
	tests := map[string]struct {
		method, path, body string
		status             int
	}{
		"commit too large":           {"POST", rooms + "/commits", commitJSON(256*kib+3, 1), 422},
		"welcome too large":          {"POST", rooms + "/commits", commitJSON(9, 256*kib+3), 422},
		"commit beyond reading":      {"POST", rooms + "/commits", commitJSON(240*kib, 256*kib), 413},
		"commit of nothing":          {"POST", rooms + "/commits", commitJSON(0, 0), 422},
		"commit without id":          {"POST", rooms + "/commits", `{"body":"` + b64(9) + `"}`, 422},
		"commit in no base64":        {"POST", rooms + "/commits", `{"id":"` + thing + `","body":"????"}`, 422},
		"room of no kind":            {"POST", "/api/v1/rooms", roomJSON("alarm", 1, 9), 422},
		"room of nobody":             {"POST", "/api/v1/rooms", roomJSON("group", 0, 9), 422},
		"room of too many":           {"POST", "/api/v1/rooms", roomJSON("group", 256, 9), 422},
		"room of a wrong id":         {"POST", "/api/v1/rooms", strings.Replace(roomJSON("group", 1, 9), thing, "x", 1), 422},
		"room in another form":       {"POST", "/api/v1/rooms", `[]`, 422},
		"room that ends early":       {"POST", "/api/v1/rooms", `{"id":`, 400},
		"room of an alert of others": {"POST", "/api/v1/rooms", `{"alert":"` + string(notHers) + `",` + roomJSON("group", 1, 9)[1:], 404},
		"room with a title":          {"POST", "/api/v1/rooms", `{"title":"secret",` + roomJSON("group", 1, 9)[1:], 422},
		"path is no id":              {"GET", "/api/v1/rooms/x/members", "", 422},
		"no such role":               {"PUT", rooms + "/members/" + string(peer), `{"role":"god"}`, 422},
		"cause is a text":            {"POST", rooms + "/rejoin", `{"package":"` + b64(9) + `","cause":"Frau Müller"}`, 422},
		"claim of both":              {"POST", "/api/v1/keypackages/claim", `{"users":["` + thing + `"],"devices":["` + thing + `"]}`, 422},
		"claim of nobody":            {"POST", "/api/v1/keypackages/claim", `{}`, 422},
		"short signature":            {"POST", "/api/v1/log", `{"body":"` + b64(9) + `","sig":"` + b64(63) + `"}`, 422},
		"long log entry":             {"POST", "/api/v1/log", `{"body":"` + b64(4*kib+3) + `","sig":"` + b64(64) + `"}`, 422},
		"letter too large":           {"POST", "/api/v1/mail", `{"to":"` + thing + `","body":"` + b64(384*kib+3) + `"}`, 422},
		"letter beyond reading":      {"POST", "/api/v1/mail", `{"to":"` + thing + `","body":"` + b64(500*kib) + `"}`, 413},
		"letter to nobody":           {"POST", "/api/v1/mail", `{"to":"x","body":"` + b64(9) + `"}`, 422},
		"chunk too large":            {"PUT", "/api/v1/backup/1", `{"body":"` + b64(256*kib+3) + `"}`, 422},
		"chunk beyond reading":       {"PUT", "/api/v1/backup/1", `{"body":"` + b64(320*kib) + `"}`, 413},
		"chunk beyond the last":      {"PUT", "/api/v1/backup/2000", `{"body":"` + b64(9) + `"}`, 422},
		"no such cause":              {"POST", "/api/v1/faults", strings.Replace(faults(1), "epoch", "dog", 1), 422},
		"too many faults":            {"POST", "/api/v1/faults", faults(501), 422},
		"faults beyond reading":      {"POST", "/api/v1/faults", faults(5000), 413},
		"mute beyond reading":        {"PUT", rooms + "/mute", `{"muted":true,"x":"` + strings.Repeat("x", 65*kib) + `"}`, 413},
		"number below the log":       {"GET", "/api/v1/users/" + thing + "/log?after=-1", "", 422},
		"long query":                 {"GET", "/api/v1/users?q=" + strings.Repeat("x", 101), "", 422},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, false)
			res := r.do("internal", tt.method, tt.path, tt.body)
			p := r.problem(res)
			if p.Status != tt.status || strings.Contains(res.Body.String(), "Müller") || strings.Contains(res.Body.String(), "secret") {
				t.Errorf("%d, want %d: %.300s", p.Status, tt.status, res.Body)
			}
			if r.talk.asked != nil {
				t.Errorf("it was passed on: %v", r.talk.asked)
			}
		})
	}
}

// The codes of chat.md reach the client with their status, and what else it has to know.
func TestTalkRefusals(t *testing.T) {
	t.Parallel()
	conflict := func(code string, cause error) error {
		return &hub.Error{Op: "x", Kind: hub.Conflict, Code: code, Err: cause}
	}
	tests := map[string]struct {
		err    error
		status int
		want   string
	}{
		"epoch":     {conflict("epoch", messaging.CurrentEpoch(9)), 409, `"code":"epoch","epoch":9`},
		"exists":    {conflict("exists", messaging.ExistingRoom(thing)), 409, `"code":"exists","room":"` + thing + `"`},
		"wrapped":   {fmt.Errorf("commit: %w", conflict("epoch", messaging.CurrentEpoch(2))), 409, `"code":"epoch","epoch":2`},
		"direct":    {conflict("direct", nil), 409, `"code":"direct"`},
		"full":      {conflict("full", nil), 409, `"code":"full"`},
		"foreign":   {hub.E("x", hub.NotFound, "room", ""), 404, `"code":"room"`},
		"role":      {hub.E("x", hub.Forbidden, "role", ""), 403, `"code":"role"`},
		"relation":  {hub.E("x", hub.Forbidden, "relation", ""), 403, `"code":"relation"`},
		"sender":    {hub.E("x", hub.Forbidden, "sender", ""), 403, `"code":"sender"`},
		"malformed": {hub.E("x", hub.Invalid, "malformed", ""), 422, `"code":"malformed"`},
		"proposal":  {hub.E("x", hub.Invalid, "proposal", ""), 422, `"code":"proposal"`},
		"slow down": {hub.E("x", hub.TooMany, "slow_down", ""), 429, `"code":"slow_down"`},
		"away":      {hub.E("x", hub.Unavailable, "", ""), 503, `"code":"unavailable"`},
		"broken":    {errors.New("insert into item: disk full"), 500, `"code":"internal"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, false)
			r.talk.err = tt.err
			for path, body := range map[string]string{"/api/v1/rooms": roomJSON("group", 1, 9), rooms + "/commits": commitJSON(9, 9)} {
				res := r.do("internal", "POST", path, body)
				p := r.problem(res)
				var all map[string]json.RawMessage
				if err := json.Unmarshal(res.Body.Bytes(), &all); err != nil {
					t.Fatal(err)
				}
				got := `"code":` + string(all["code"])
				for _, more := range []string{"epoch", "room"} {
					if v, ok := all[more]; ok {
						got += `,"` + more + `":` + string(v)
					}
				}
				if p.Status != tt.status || got != tt.want || strings.Contains(res.Body.String(), "disk") {
					t.Errorf("%s: %s", path, res.Body)
				}
			}
		})
	}
}

func TestWhatTheClinicSwitchedOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	c, err := newChat(ChatOptions{Options: Options{Clinic: home, Log: r.log, Sessions: r.world}, Names: r.world, Talk: func() Talk {
		k := r.talk.port()
		k.Backup, k.Receipts = false, false
		return k
	}()})
	if err != nil {
		t.Fatal(err)
	}
	r.handler = c.engine
	for _, f := range [][3]string{
		{"GET", rooms + "/receipts"}, {"GET", rooms + "/items/1/receipts"}, {"GET", "/api/v1/backup"}, {"GET", "/api/v1/backup/0"},
		{"PUT", "/api/v1/backup/0", `{"body":"` + b64(9) + `"}`}, {"PUT", "/api/v1/push", `{"endpoint":"e","p256dh":"p","auth":"a"}`},
	} {
		if p := r.problem(r.do("internal", f[0], f[1], f[2])); p.Status != http.StatusForbidden || p.Code != "policy" {
			t.Errorf("%s %s: %+v", f[0], f[1], p)
		}
	}
	if res := r.do("internal", "DELETE", "/api/v1/backup", ""); res.Code != 204 {
		t.Errorf("what is there cannot be dropped: %d", res.Code)
	}
	if got := r.do("internal", "GET", "/api/v1/chat", "").Body.String(); strings.Contains(got, "push") || !strings.Contains(got, `"backup":false,"receipts":false`) {
		t.Errorf("says %s", got)
	}
}

func TestItemsOfConversations(t *testing.T) {
	t.Parallel()
	view := newItemView(messaging.Delivery{Welcome: true, Item: messaging.Item{Room: thing, Seq: 3, ID: thing, Kind: messaging.ItemCommit, User: user, From: device, Epoch: 2, Priority: 1, Body: []byte("x")}})
	b, err := json.Marshal(view)
	if err != nil || !strings.Contains(string(b), `"from":"`+string(device)+`","epoch":2,"prio":1,"welcome":true`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestOwnDevicesShowTheirKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, false)
	if got := r.do("internal", "GET", "/api/v1/devices", "").Body.String(); !strings.Contains(got, `"kem_public":"`+base64.StdEncoding.EncodeToString([]byte("a kem key"))+`"`) {
		t.Errorf("got %s", got)
	}
}

func TestChatHealth(t *testing.T) {
	t.Parallel()
	r := newRig(t, true)
	want := `{"recorder":{"connected":true,"away":false},"open":1,"repaired":0,"by_cause":{"epoch":1},"faults":[{"room":"33333333","seq":4,"cause":"epoch",` +
		`"user":{"user_id":"` + string(user) + `","name":"Eva"},"device":"","device_name":"Handy","at":"1970-01-01T00:00:00Z"}]}`
	if got := strings.TrimSpace(r.do("admin", "GET", "/api/v1/chat", "").Body.String()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
