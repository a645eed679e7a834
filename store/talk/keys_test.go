package talk_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/framing/framingtest"
)

// TestPackagesAreGivenOutOnce: however many ask at once, on two nodes, each single-use
// package has one taker; after them everybody gets the last resort.
func TestPackagesAreGivenOutOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.pending(w.person("Otto"))
	w.exec(`update device set certified_at = now() where id = $1`, otto.Caller.Device)
	var packages [][]byte
	for range 10 {
		packages = append(packages, otto.KeyPackage(framingtest.Package{}))
	}
	last := otto.KeyPackage(framingtest.Package{LastResort: true})
	w.must(w.chat.PutPackages(t.Context(), otto.Caller, packages, last))
	w.must(w.chat.PutPackages(t.Context(), otto.Caller, packages[:3], nil)) // sent twice
	if n, err := w.chat.CountPackages(t.Context(), otto.Caller); err != nil || n != 10 {
		t.Fatalf("%d packages, %v", n, err)
	}
	chats := []*messaging.Chat{w.chat, w.service(w.node())}
	var all sync.WaitGroup
	got := make(chan []byte, 20)
	for i := range 20 {
		all.Go(func() {
			found, _, err := chats[i%2].Claim(t.Context(), eva.Caller, nil, []hub.DeviceID{otto.Caller.Device})
			if err != nil || len(found) != 1 || found[0].User != otto.User {
				t.Errorf("claimed %d, %v", len(found), err)
				return
			}
			got <- found[0].Package
		})
	}
	all.Wait()
	close(got)
	times := map[string]int{}
	for p := range got {
		times[string(p)]++
	}
	for _, p := range packages {
		if times[string(p)] > 1 {
			t.Error("a package was given out twice")
		}
	}
	if n, _ := w.chat.CountPackages(t.Context(), otto.Caller); n != 0 || times[string(last)] < 10 {
		t.Errorf("%d left, the last resort given %d times", n, times[string(last)])
	}
	if hints := w.out.told(messaging.HintPackages); len(hints) == 0 || hints[0].Device != otto.Caller.Device {
		t.Errorf("told %v", hints)
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva, otto := w.phone(w.person("Eva")), w.phone(w.person("Otto"))
	tablet, pending := w.phone(eva.User), w.pending(otto.User)
	w.stock(pending, 2)
	revoked := w.phone(otto.User)
	w.exec(`update device set revoked_at = now() where id = $1`, revoked.Caller.Device)
	locked, without := w.phone(w.person("Gesperrt")), w.person("Ohne")
	w.exec(`update account set locked_here = true where id = $1`, locked.User)
	found, none, err := w.chat.Claim(t.Context(), eva.Caller, []hub.UserID{eva.User, otto.User, locked.User, without}, nil)
	w.must(err)
	var devices []hub.DeviceID
	for _, k := range found {
		devices = append(devices, k.Device)
	}
	want := []hub.DeviceID{tablet.Caller.Device, otto.Caller.Device, w.recorder.Caller.Device}
	slices.Sort(devices)
	if slices.Sort(want); !slices.Equal(devices, want) {
		t.Errorf("claimed %v, want %v", devices, want)
	}
	missing := []hub.UserID{locked.User, without}
	if slices.Sort(missing); !slices.Equal(none, missing) {
		t.Errorf("without: %v", none)
	}
	for name, x := range map[string]struct {
		users   []hub.UserID
		devices []hub.DeviceID
	}{"nobody": {}, "both": {[]hub.UserID{otto.User}, []hub.DeviceID{otto.Caller.Device}}, "no id": {[]hub.UserID{"x"}, nil}, "no device": {nil, []hub.DeviceID{"x"}}, "too many": {make([]hub.UserID, 257), nil}} {
		_, _, err := w.chat.Claim(t.Context(), eva.Caller, x.users, x.devices)
		w.refused(name, err, hub.Invalid, "")
	}
}

func TestPackageRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	eva := w.phone(w.person("Eva"))
	good := eva.KeyPackage(framingtest.Package{})
	stranger := framingtest.NewDevice(eva.Identity)
	many := make([][]byte, 51)
	for name, x := range map[string]struct {
		packages [][]byte
		last     []byte
		code     string
	}{
		"another's":           {[][]byte{good, w.recorder.KeyPackage(framingtest.Package{})}, nil, "package"},
		"another key":         {[][]byte{stranger.KeyPackage(framingtest.Package{})}, nil, "package"},
		"ended":               {[][]byte{eva.KeyPackage(framingtest.Package{NotBefore: day(-2), NotAfter: day(-1)})}, nil, "package"},
		"not begun":           {[][]byte{eva.KeyPackage(framingtest.Package{NotBefore: day(1)})}, nil, "package"},
		"for years":           {[][]byte{eva.KeyPackage(framingtest.Package{NotAfter: day(29)})}, nil, "package"},
		"a last resort":       {[][]byte{eva.KeyPackage(framingtest.Package{LastResort: true})}, nil, "package"},
		"no last resort":      {nil, good, "package"},
		"forged":              {[][]byte{flip(eva.KeyPackage(framingtest.Package{}))}, nil, "package"},
		"no package":          {[][]byte{[]byte("x")}, nil, "malformed"},
		"without the message": {[][]byte{good[4:]}, nil, "malformed"},
		"too large":           {[][]byte{make([]byte, 8<<10+1)}, nil, "too_large"},
		"too many":            {many, nil, ""},
	} {
		w.refused(name, w.chat.PutPackages(t.Context(), eva.Caller, x.packages, x.last), hub.Invalid, x.code)
	}
	if n, _ := w.chat.CountPackages(t.Context(), eva.Caller); n != 3 {
		t.Errorf("%d packages, want those from before", n)
	}
	w.stock(eva, 50)
	if n, _ := w.chat.CountPackages(t.Context(), eva.Caller); n != 50 {
		t.Errorf("%d packages, want the limit", n)
	}
}

// diary writes entries of somebody's device log.
type diary struct {
	user    hub.UserID
	clinic  hub.ClinicID
	account ed25519.PrivateKey
	n       int64
	prev    string
}

func newDiary(p *phone) *diary {
	_, key, _ := ed25519.GenerateKey(nil)
	return &diary{user: p.User, clinic: p.Clinic, account: key}
}

// entry makes the next entry; change may spoil it before it is signed.
func (d *diary) entry(act string, p *phone, change func(map[string]any)) messaging.LogEntry {
	kem := sha256.Sum256(make([]byte, 1216))
	body := map[string]any{
		"v": 1, "clinic": d.clinic, "user": d.user, "n": d.n + 1, "prev": d.prev, "act": act,
		"account": base64.StdEncoding.EncodeToString(d.account.Public().(ed25519.PublicKey)), "device": p.Caller.Device,
		"sign": base64.StdEncoding.EncodeToString(p.Key.Public().(ed25519.PublicKey)), "kem": base64.StdEncoding.EncodeToString(kem[:]), "at": time.Now().UTC(),
	}
	if change != nil {
		change(body)
	}
	b, _ := json.Marshal(body)
	return messaging.LogEntry{Body: b, Sig: ed25519.Sign(d.account, append([]byte("wardline device log v1\x00"), b...))}
}

func (d *diary) follow(e messaging.LogEntry) {
	sum := sha256.Sum256(slices.Concat([]byte("wardline device log entry v1\x00"), e.Body, e.Sig))
	d.n, d.prev = d.n+1, hex.EncodeToString(sum[:])
}

func TestDeviceLog(t *testing.T) {
	t.Parallel()
	w := open(t)
	handy := w.pending(w.person("Eva"))
	tablet, otto := w.pending(handy.User), w.phone(w.person("Otto"))
	d := newDiary(handy)
	certified := func() int {
		return w.number(`select count(*) from device where account_id = $1 and certified_at is not null`, handy.User)
	}
	add := func(act string, p *phone, want int) {
		t.Helper()
		e := d.entry(act, p, nil)
		n, err := w.chat.AppendLog(t.Context(), handy.Caller, e)
		if err != nil || n != d.n+1 {
			t.Fatalf("%s: %d, %v", act, n, err)
		}
		d.follow(e)
		if got := certified(); got != want {
			t.Errorf("after %s %d devices are certified, want %d", act, got, want)
		}
	}
	add("account", handy, 1)
	add("device", tablet, 2)
	add("revoke", tablet, 1)
	add("device", tablet, 2)
	_, d.account, _ = ed25519.GenerateKey(nil)
	add("reset", tablet, 1)
	add("device", handy, 2)
	list, err := w.chat.LogEntries(t.Context(), otto.Caller, handy.User, 2)
	w.must(err)
	if len(list) != 4 || list[0].N != 3 || !bytes.Contains(list[0].Body, []byte(`"revoke"`)) || len(list[0].Sig) != 64 {
		t.Errorf("read %d entries", len(list))
	}
	if hints := w.out.told(messaging.HintLog); len(hints) != 6 || hints[0].Users[0] != handy.User {
		t.Errorf("told %d", len(hints))
	}
}

func TestDeviceLogRefusals(t *testing.T) {
	t.Parallel()
	w := open(t)
	handy := w.pending(w.person("Eva"))
	tablet, third, otto := w.pending(handy.User), w.pending(handy.User), w.phone(w.person("Otto"))
	d := newDiary(handy)
	early := d.entry("device", handy, nil)
	_, err := w.chat.AppendLog(t.Context(), handy.Caller, early)
	w.refused("a device before the account", err, hub.Conflict, "log")
	first := d.entry("account", handy, nil)
	_, err = w.chat.AppendLog(t.Context(), handy.Caller, first)
	w.must(err)
	d.follow(first)
	set := func(key string, v any) messaging.LogEntry {
		return d.entry("device", tablet, func(m map[string]any) { m[key] = v })
	}
	unsigned := d.entry("device", tablet, nil)
	unsigned.Sig = make([]byte, 64)
	stranger := newDiary(handy)
	stranger.n, stranger.prev = d.n, d.prev
	long := d.entry("device", tablet, func(m map[string]any) { m["prev"] = string(bytes.Repeat([]byte("0"), 4096)) })
	tail := d.entry("device", tablet, nil)
	tail.Body = append(tail.Body, "{}"...)
	w.exec(`update device set revoked_at = now() where id = $1`, third.Caller.Device)
	for name, x := range map[string]struct {
		e    messaging.LogEntry
		kind hub.Kind
		code string
	}{
		"no json":                 {messaging.LogEntry{Body: []byte("x"), Sig: make([]byte, 64)}, hub.Invalid, "malformed"},
		"something after it":      {tail, hub.Invalid, "malformed"},
		"an unknown field":        {set("note", "x"), hub.Invalid, "malformed"},
		"another version":         {set("v", 2), hub.Invalid, "malformed"},
		"an unknown act":          {set("act", "rename"), hub.Invalid, "malformed"},
		"too long":                {long, hub.Invalid, "too_large"},
		"another's log":           {set("user", otto.User), hub.Forbidden, ""},
		"another clinic's":        {set("clinic", hub.NewID[string]()), hub.Forbidden, ""},
		"a number left out":       {set("n", 3), hub.Conflict, "log"},
		"a number again":          {set("n", 1), hub.Conflict, "log"},
		"another past":            {set("prev", hex.EncodeToString(make([]byte, 32))), hub.Conflict, "log"},
		"not signed":              {unsigned, hub.Invalid, "signature"},
		"under another account":   {stranger.entry("device", tablet, nil), hub.Conflict, "log"},
		"a second account":        {d.entry("account", tablet, nil), hub.Conflict, "log"},
		"a reset to the same key": {d.entry("reset", tablet, nil), hub.Conflict, "log"},
		"another's device":        {d.entry("device", otto, nil), hub.NotFound, ""},
		"no device":               {set("device", hub.NewID[string]()), hub.NotFound, ""},
		"another signing key":     {set("sign", base64.StdEncoding.EncodeToString(make([]byte, 32))), hub.Invalid, ""},
		"another sealing key":     {set("kem", base64.StdEncoding.EncodeToString(make([]byte, 32))), hub.Invalid, ""},
		"a revoked device":        {d.entry("device", third, nil), hub.Conflict, "log"},
		"a device once more":      {d.entry("device", handy, nil), hub.Conflict, "log"},
		"revoking a pending one":  {d.entry("revoke", tablet, nil), hub.Conflict, "log"},
	} {
		_, err := w.chat.AppendLog(t.Context(), handy.Caller, x.e)
		w.refused(name, err, x.kind, x.code)
	}
	good := d.entry("device", tablet, nil)
	var all sync.WaitGroup
	took := make(chan error, 8)
	for range cap(took) {
		all.Go(func() {
			_, err := w.chat.AppendLog(t.Context(), handy.Caller, good)
			took <- err
		})
	}
	all.Wait()
	close(took)
	taken := 0
	for err := range took {
		if err == nil {
			taken++
			continue
		}
		w.refused("the same at once", err, hub.Conflict, "log")
	}
	if n := w.number(`select count(*) from device_log`); taken != 1 || n != 2 {
		t.Errorf("taken %d times, %d entries", taken, n)
	}
}
