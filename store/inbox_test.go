package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

// inboxBundle is a clinic with one connector, and a superuser's view of the same database.
type inboxBundle struct {
	db     *store.DB
	super  *pgx.Conn
	clinic hub.ClinicID
	kis    hub.ConnectorID
	box    *store.Inbox
}

func newInbox(t *testing.T) inboxBundle {
	t.Helper()
	url := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), storetest.As(t, url, store.AppRole), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	clinic, err := db.EnsureClinic(t.Context(), "Klinikum Lindenau", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := db.SaveConnector(t.Context(), clinic.ID, connectors.Record{Kind: "hl7v2-mllp", Name: "KIS", Enabled: true, Config: []byte(`{}`)}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return inboxBundle{db, connect(t, url), clinic.ID, rec.ID, db.Inbox(clinic.ID, rec.ID)}
}

func staffNurse(key, family string) directory.Change {
	return directory.Change{Op: directory.OpPut, Key: key, At: time.Now(),
		Fields: map[directory.Field]directory.Value{directory.StaffNumber: {Text: key}, directory.FamilyName: {Text: family}, directory.GivenName: {Text: "Eva"}},
		Units:  []directory.UnitRef{{Code: "4B", Name: "Station 4B", Kind: directory.Ward, Primary: true}}}
}

func raw(key string) connectors.Raw {
	return connectors.Raw{Key: key, Type: "MFN^M02", ControlID: "C-" + key, Peer: "127.0.0.1", Body: []byte("MSH|Großmann " + key)}
}

func call(ref string) alerting.Signal {
	return alerting.Signal{Ref: ref, Phase: alerting.PhaseRaise, Kind: "nurse-call", Priority: alerting.Normal, Ward: "4B", Room: "12", Bed: "1", Text: "Ruf", At: time.Now()}
}

// one returns the only stored message.
func (b inboxBundle) one(t *testing.T) connectors.Message {
	t.Helper()
	items, _, err := b.db.Messages(t.Context(), b.clinic, connectors.MessageFilter{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 1 {
		t.Fatalf("%d messages stored, want 1", len(items))
	}
	return items[0]
}

func TestInboxTakesEffectOnce(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	for range 3 {
		if err := b.box.PutChanges(t.Context(), raw("1"), staffNurse("4711", "Müller")); err != nil {
			t.Fatal(err)
		}
	}
	m := b.one(t)
	if m.Status != connectors.MessageApplied || m.Repeats != 2 {
		t.Errorf("status %s, repeats %d; want applied, 2", m.Status, m.Repeats)
	}
	if n := count(t, b.super, "person"); n != 1 {
		t.Errorf("%d persons, want 1", n)
	}
	counters, err := b.db.Counters(t.Context(), b.clinic)
	if err != nil {
		t.Fatal(err)
	}
	if got := counters[b.kis]; got.Received != 1 || got.Applied != 1 || got.Duplicates != 2 {
		t.Errorf("counters %+v", got)
	}
}

func TestInboxNamesTheCauseOfEveryValue(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	if err := b.box.PutChanges(t.Context(), raw("1"), staffNurse("4711", "Müller")); err != nil {
		t.Fatal(err)
	}
	id := b.one(t).ID
	causes := query[string](t, b.super, `select distinct message_id::text from person_change union select distinct message_id::text from person_value`)
	if len(causes) != 1 || causes[0] != string(id) {
		t.Errorf("values caused by %v, want only %s", causes, id)
	}
}

func TestInboxKeepsWhatItCannotUse(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	bad := raw("1")
	bad.Fault = &connectors.Fault{Name: "missing_key", Where: "STF-1", Reason: "no staff number"}
	if err := b.box.PutChanges(t.Context(), bad); err != nil {
		t.Fatalf("a message with a fault must be stored and acknowledged: %v", err)
	}
	m := b.one(t)
	if m.Status != connectors.MessageError || m.Fault == nil || m.Fault.Name != "missing_key" {
		t.Fatalf("stored as %s with fault %+v", m.Status, m.Fault)
	}
	if err := b.box.Replaying(m.ID).PutChanges(t.Context(), raw("1"), staffNurse("4711", "Müller")); err != nil {
		t.Fatal(err)
	}
	if m = b.one(t); m.Status != connectors.MessageApplied || m.Fault != nil {
		t.Errorf("after replay: %s, fault %+v", m.Status, m.Fault)
	}
	if n := count(t, b.super, "person"); n != 1 {
		t.Errorf("%d persons after replay, want 1", n)
	}
}

func TestInboxSealsBodiesAtRest(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	if err := b.box.PutChanges(t.Context(), raw("1")); err != nil {
		t.Fatal(err)
	}
	stored := query[[]byte](t, b.super, `select body from message`)[0]
	if bytes.Contains(stored, []byte("Gro")) {
		t.Error("the raw message stands readably in the database")
	}
	m, err := b.db.Message(t.Context(), b.clinic, b.one(t).ID)
	if err != nil || !bytes.Equal(m.Body, raw("1").Body) {
		t.Errorf("read back %q, %v", m.Body, err)
	}
}

// TestInboxSignals puts the same forty signals from several senders at once, some of them
// twice: each becomes one alert, whatever batch it fell into.
func TestInboxSignals(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	var wg sync.WaitGroup
	errs := make(chan error, 80)
	for i := range 80 {
		wg.Go(func() {
			n := i % 40
			errs <- b.box.PutSignal(t.Context(), raw(fmt.Sprint("s", n)), call(fmt.Sprint("ref", n)))
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	refs := query[int](t, b.super, `select count(*)::int from alert where not technical group by ref`)
	if len(refs) != 40 {
		t.Errorf("%d alerts, want 40", len(refs))
	}
	repeats := query[int](t, b.super, `select sum(repeats)::int from message`)[0]
	if repeats != 40 {
		t.Errorf("%d repeats counted, want 40", repeats)
	}
	unlinked := query[int](t, b.super, `select count(*)::int from message where effect->>'alert_id' is null`)[0]
	if unlinked != 0 {
		t.Errorf("%d messages do not name their alert", unlinked)
	}
}

// TestInboxBadSignalHarmsNobody puts a signal the engine refuses among good ones.
func TestInboxBadSignalHarmsNobody(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	bad := call("") // no reference
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			s := call(fmt.Sprint("ref", i))
			if i == 5 {
				s = bad
			}
			if err := b.box.PutSignal(t.Context(), raw(fmt.Sprint("s", i)), s); err != nil {
				t.Errorf("signal %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := query[int](t, b.super, `select count(*)::int from alert where not technical`)[0]; n != 9 {
		t.Errorf("%d alerts, want 9", n)
	}
	faults, err := b.db.FaultCounts(t.Context(), b.clinic)
	if err != nil || len(faults) != 1 || faults[0].Count != 1 {
		t.Errorf("faults %+v, %v; want the one bad signal", faults, err)
	}
}

func TestMovements(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	admit := alerting.Movement{Op: alerting.MovementPut, Key: "81", Visit: "3142", Patient: "77", Ward: "CHI", Room: "302", Bed: "2", Start: at}
	transfer := alerting.Movement{Op: alerting.MovementPut, Key: "82", Visit: "3142", Patient: "77", Ward: "INT", Room: "1", Bed: "1", Start: at.Add(time.Hour)}
	historic := transfer
	historic.Historic = true
	for name, c := range map[string]struct {
		moves    []alerting.Movement
		chi, int bool
	}{
		"admitted":           {[]alerting.Movement{admit}, true, false},
		"transferred":        {[]alerting.Movement{admit, transfer}, false, true},
		"historic movement":  {[]alerting.Movement{admit, historic}, true, false},
		"transfer cancelled": {[]alerting.Movement{admit, transfer, {Op: alerting.MovementDelete, Key: "82", Visit: "3142"}}, true, false},
		"admit cancelled":    {[]alerting.Movement{admit, {Op: alerting.MovementDelete, Key: "81", Visit: "3142"}}, false, false},
		"discharged":         {[]alerting.Movement{admit, {Op: alerting.MovementEnd, Visit: "3142", End: at.Add(2 * time.Hour)}}, false, false},
		"said twice":         {[]alerting.Movement{admit, admit}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newInbox(t)
			if err := b.box.PutMovements(t.Context(), raw("1"), c.moves...); err != nil {
				t.Fatal(err)
			}
			for place, want := range map[[3]string]bool{{"chi", "302", "2"}: c.chi, {"INT", "1", "1"}: c.int} {
				got, err := b.db.BedAt(t.Context(), b.clinic, place[0], place[1], place[2])
				if err != nil {
					t.Fatal(err)
				}
				if (got != nil) != want {
					t.Errorf("bed %v taken: %v, want %v", place, got != nil, want)
				}
			}
		})
	}
}

func TestConnectorRevisions(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	ctx := t.Context()
	rec := connectors.Record{ID: b.kis, Kind: "hl7v2-mllp", Name: "KIS", Enabled: true, Revision: 1, Config: []byte(`{"address": ":1"}`), Secrets: map[string]string{"password": "geheim12"}}
	saved, err := b.db.SaveConnector(ctx, b.clinic, rec, "", "Port")
	if err != nil || saved.Revision != 2 {
		t.Fatalf("revision %d, %v; want 2", saved.Revision, err)
	}
	if _, err := b.db.SaveConnector(ctx, b.clinic, rec, "", ""); hub.KindOf(err) != hub.Conflict {
		t.Errorf("saving over a newer revision: %v, want conflict", err)
	}
	_, err = b.db.SaveConnector(ctx, b.clinic, connectors.Record{Kind: "espa-x", Name: "kis", Config: []byte(`{}`)}, "", "")
	var e *hub.Error
	if !errors.As(err, &e) || e.Code != "name_taken" {
		t.Errorf("same name again: %v, want name_taken", err)
	}
	all, err := b.db.Connectors(ctx, b.clinic)
	if err != nil || len(all) != 1 || all[0].Secrets["password"] != "geheim12" {
		t.Errorf("read back %+v, %v", all, err)
	}
	revisions, err := b.db.Revisions(ctx, b.clinic, b.kis)
	if err != nil || len(revisions) != 2 || revisions[0].Comment != "Port" {
		t.Errorf("revisions %+v, %v", revisions, err)
	}
	if leak := query[bool](t, b.super, `select bool_or(config::text like '%geheim%' or secrets::text like '%geheim%') from connector_revision`)[0]; leak {
		t.Error("a secret stands readably in the database")
	}
	if err := b.db.DeleteConnector(ctx, b.clinic, b.kis); err != nil {
		t.Fatal(err)
	}
	if all, _ := b.db.Connectors(ctx, b.clinic); len(all) != 0 {
		t.Errorf("deleted connector is still listed: %+v", all)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	ctx := t.Context()
	id, secret, err := b.db.CreateToken(ctx, b.clinic, b.kis, connectors.Token{Name: "Monitor", Scopes: []string{"trigger"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if g, err := b.db.Grant(ctx, b.clinic, b.kis, secret); err != nil || g.TokenID != id || len(g.Scopes) != 1 {
		t.Errorf("grant %+v, %v", g, err)
	}
	other, err := b.db.SaveConnector(ctx, b.clinic, connectors.Record{Kind: "alarm-http", Name: "andere", Config: []byte(`{}`)}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"another connector": func() error { _, err := b.db.Grant(ctx, b.clinic, other.ID, secret); return err },
		"changed token":     func() error { _, err := b.db.Grant(ctx, b.clinic, b.kis, secret+"x"); return err },
		"no token":          func() error { _, err := b.db.Grant(ctx, b.clinic, b.kis, ""); return err },
		"revoked token": func() error {
			if err := b.db.RevokeToken(ctx, b.clinic, b.kis, id); err != nil {
				t.Fatal(err)
			}
			_, err := b.db.Grant(ctx, b.clinic, b.kis, secret)
			return err
		},
	} {
		if name == "revoked token" {
			defer func() {
				if err := try(); hub.KindOf(err) != hub.Unauthenticated {
					t.Errorf("%s: %v, want unauthenticated", name, err)
				}
			}()
			continue
		}
		if err := try(); hub.KindOf(err) != hub.Unauthenticated {
			t.Errorf("%s: %v, want unauthenticated", name, err)
		}
	}
}

func TestAuditPages(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	for i := range 5 {
		if err := b.db.WriteAudit(t.Context(), b.clinic, connectors.AuditLine{Act: "message.view", Object: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	cursor := ""
	for {
		lines, next, err := b.db.AuditLines(t.Context(), b.clinic, cursor, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			seen = append(seen, l.Object)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if fmt.Sprint(seen) != "[4 3 2 1 0]" {
		t.Errorf("paged through %v, want each line once, newest first", seen)
	}
}

func TestPurgeMessages(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	for _, k := range []string{"old", "new"} {
		if err := b.box.PutChanges(t.Context(), raw(k)); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, b.super, `update message set received_at = now() - interval '31 days' where key = 'old'`)
	n, err := b.db.PurgeMessages(t.Context(), b.clinic, time.Now().Add(-30*24*time.Hour))
	if err != nil || n != 1 {
		t.Errorf("purged %d, %v; want 1", n, err)
	}
	if b.one(t).Key != "new" {
		t.Error("the wrong message is gone")
	}
}

// TestOpenRefusesUnsafeServer turns each promise of the server off and expects a refusal
// that names it.
func TestOpenRefusesUnsafeServer(t *testing.T) {
	t.Parallel()
	url := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{
		"superuser":              url,
		"synchronous_commit off": storetest.As(t, url, store.AppRole) + "&synchronous_commit=off",
	} {
		db, err := store.Open(context.WithoutCancel(t.Context()), to, keys)
		if !errors.Is(err, store.ErrUnsafeServer) {
			t.Errorf("%s: got %v, want ErrUnsafeServer", name, err)
		}
		if db != nil {
			db.Close()
		}
	}
}
