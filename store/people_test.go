package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

// house is a database with one clinic and one staff source.
type house struct {
	t      testing.TB
	db     *store.DB
	keys   *seal.Keyring
	clinic hub.ClinicID
	source hub.ConnectorID
	super  *pgx.Conn
	url    string // as the application's role
	sent   int
}

func openHouse(t testing.TB) *house {
	t.Helper()
	admin := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, keys: keys, super: dial(t, admin), url: storetest.As(t, admin, store.AppRole)}
	if h.db, err = store.Open(t.Context(), h.url, keys); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.db.Close)
	row, err := h.db.EnsureClinic(t.Context(), "Klinikum Linden", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	h.clinic = row.ID
	h.source = h.addSource("KIS")
	return h
}

// dial is connect for benchmarks too.
func dial(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(context.WithoutCancel(tb.Context())) })
	return conn
}

func (h *house) addSource(name string) hub.ConnectorID {
	h.t.Helper()
	r, err := h.db.SaveConnector(h.t.Context(), h.clinic, connectors.Record{Kind: "hl7v2-mllp", Name: name, Enabled: true, Config: json.RawMessage(`{}`)}, "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	return r.ID
}

// put sends one message of the house's source.
func (h *house) put(changes ...directory.Change) {
	h.t.Helper()
	h.sent++
	h.putAs(h.source, fmt.Sprintf("C%d", h.sent), changes...)
}

func (h *house) putAs(source hub.ConnectorID, control string, changes ...directory.Change) {
	h.t.Helper()
	raw := connectors.Raw{Key: control, Type: "MFN^M02", ControlID: control, Body: []byte("MSH|"), Received: time.Now()}
	if err := h.db.Inbox(h.clinic, source).PutChanges(h.t.Context(), raw, changes...); err != nil {
		h.t.Fatal(err)
	}
}

// nurse is somebody on ward 4B of CHI.
func nurse(key, given, family string) directory.Change {
	return directory.Change{Op: directory.OpPut, Key: key, Fields: map[directory.Field]directory.Value{
		directory.StaffNumber: {Text: key}, directory.GivenName: {Text: given}, directory.FamilyName: {Text: family},
	}, Units: []directory.UnitRef{{Code: "4B", Name: "Station 4B", Kind: directory.Ward, Parent: "CHI"}}}
}

func (h *house) person(staffNumber string) directory.PersonRow {
	h.t.Helper()
	p, ok := h.find(staffNumber)
	if !ok {
		h.t.Fatalf("no person %s", staffNumber)
	}
	return p
}

func (h *house) find(staffNumber string) (directory.PersonRow, bool) {
	h.t.Helper()
	page, err := h.db.Persons(h.t.Context(), h.clinic, directory.PersonFilter{Query: staffNumber, Limit: 200})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range page.Items {
		if p.StaffNumber == staffNumber {
			return p, true
		}
	}
	return directory.PersonRow{}, false
}

func (h *house) detail(staffNumber string) directory.PersonDetail {
	h.t.Helper()
	d, err := h.db.Person(h.t.Context(), h.clinic, h.person(staffNumber).ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// activate makes an invited person's account active, as its owner would.
func (h *house) activate(staffNumber string) hub.UserID {
	h.t.Helper()
	id := h.person(staffNumber).Account.ID
	if err := h.db.SetPassword(h.t.Context(), h.clinic, id, "$argon2id$x", hub.NewID[string]()); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// login opens a session without the slow hashing.
func (h *house) login(user hub.UserID) (accounts.StoredSession, [32]byte) {
	h.t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := accounts.StoredSession{Session: accounts.Session{Used: now,
		ID: hub.NewID[string](), Clinic: h.clinic, Account: accounts.Account{ID: user}, Created: now, Expires: now.Add(time.Hour)}}
	hash := [32]byte([]byte(s.ID)[4:])
	if err := h.db.PutSession(h.t.Context(), hash, s); err != nil {
		h.t.Fatal(err)
	}
	return s, hash
}

// listen returns a connection that hears a channel.
func (h *house) listen(channel string) *pgx.Conn {
	h.t.Helper()
	c := dial(h.t, h.url)
	if _, err := c.Exec(h.t.Context(), "listen "+channel); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// heard waits for a notification.
func (h *house) heard(c *pgx.Conn) map[string]string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	n, err := c.WaitForNotification(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]string{}
	if err := json.Unmarshal([]byte(n.Payload), &out); err != nil {
		h.t.Fatalf("%s: %v", n.Payload, err)
	}
	return out
}

func wantCode(t *testing.T, err error, kind hub.Kind, code string) {
	t.Helper()
	var e *hub.Error
	if !asHubError(err, &e) || e.Kind != kind || e.Code != code {
		t.Errorf("got %v, want %v %q", err, kind, code)
	}
}
