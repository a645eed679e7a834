package desk_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/desk"
	"github.com/wardline/wardline/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

type world struct {
	*testing.T
	db     *store.DB
	desk   *desk.Store
	super  *pgx.Conn
	clinic hub.ClinicID
	source hub.ConnectorID
}

func open(t *testing.T) *world {
	t.Helper()
	url := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	w := &world{T: t}
	w.must(err)
	w.db, err = store.Open(t.Context(), storetest.As(t, url, store.AppRole), keys)
	w.must(err)
	t.Cleanup(w.db.Close)
	w.super, err = pgx.Connect(t.Context(), url)
	w.must(err)
	t.Cleanup(func() { w.super.Close(context.Background()) })
	clinic, err := w.db.EnsureClinic(t.Context(), "Klinikum Lindenau", "Europe/Berlin")
	w.must(err)
	w.clinic, w.desk = clinic.ID, desk.New(w.db, keys)
	w.source, err = w.db.Staff().Hand(t.Context(), w.clinic)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) code(err error) string {
	var e *hub.Error
	if errors.As(err, &e) {
		return e.Kind.String() + " " + e.Code
	}
	return ""
}

// TestFilesAreSealedForADay: a dump tells nothing of a file, and after a day it is gone.
func TestFilesAreSealedForADay(t *testing.T) {
	t.Parallel()
	w := open(t)
	body := []byte("Personalnummer;Nachname\r\n7001;Müller\r\n")
	f, err := w.desk.PutFile(t.Context(), w.clinic, desk.File{Connector: w.source, Name: "personal.csv", Body: body})
	w.must(err)
	var stored []byte
	w.must(w.super.QueryRow(t.Context(), `select body from import_file`).Scan(&stored))
	if bytes.Contains(stored, []byte("Personalnummer")) || bytes.Contains(stored, []byte("Müller")) {
		t.Error("the file lies open in the database")
	}
	w.must(w.desk.SetRun(t.Context(), w.clinic, f.ID, "33333333-3333-7333-8333-333333333333", []byte(`{"mode":"full"}`)))
	got, err := w.desk.ReadFile(t.Context(), w.clinic, f.ID)
	if err != nil || !bytes.Equal(got.Body, body) || got.Run == "" || got.Name != "personal.csv" {
		t.Errorf("read %+v: %v", got, err)
	}
	if _, err := w.desk.ReadFile(t.Context(), hub.NewID[hub.ClinicID](), f.ID); hub.KindOf(err) != hub.NotFound {
		t.Errorf("another clinic: %v", err)
	}
	_, err = w.super.Exec(t.Context(), `update import_file set created_at = now() - interval '25 hours'`)
	w.must(err)
	if _, err := w.desk.ReadFile(t.Context(), w.clinic, f.ID); hub.KindOf(err) != hub.NotFound {
		t.Errorf("after a day: %v", err)
	}
	w.must(w.desk.Sweep(t.Context(), w.clinic))
	var left int
	w.must(w.super.QueryRow(t.Context(), `select count(*) from import_file`).Scan(&left))
	if left != 0 {
		t.Errorf("%d files left", left)
	}
}

func TestFewFilesWait(t *testing.T) {
	t.Parallel()
	w := open(t)
	var err error
	for n := 0; err == nil; n++ {
		if n > 50 {
			t.Fatal("there is no limit")
		}
		_, err = w.desk.PutFile(t.Context(), w.clinic, desk.File{Connector: w.source, Name: "a.csv", Body: []byte("x")})
	}
	if w.code(err) != "too_many files" {
		t.Errorf("got %v", err)
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, s := range [][3]string{{"alarm", "done", "a1"}, {"mail", "skipped", ""}, {"alarm", "skipped", ""}, {"staff", "done", ""}, {"staff", "open", ""}} {
		w.must(w.desk.SetStep(t.Context(), w.clinic, s[0], s[1], s[2], ""))
	}
	got, err := w.desk.Steps(t.Context(), w.clinic)
	if err != nil || len(got) != 2 || got["alarm"] != (desk.Step{State: "skipped", Ref: "a1"}) || got["mail"].State != "skipped" {
		t.Errorf("steps %+v: %v", got, err)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, bad := range [][2]string{{"", "Europe/Berlin"}, {" ", "Europe/Berlin"}, {"K", "Mars/Olympus"}, {"K", ""}, {"K", "Local"}} {
		if err := w.desk.Rename(t.Context(), w.clinic, bad[0], bad[1]); hub.KindOf(err) != hub.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	w.must(w.desk.Rename(t.Context(), w.clinic, " Klinik am See ", "Europe/Vienna"))
	all, err := w.db.Clinics(t.Context())
	if err != nil || all[0].Name != "Klinik am See" || all[0].Timezone != "Europe/Vienna" {
		t.Errorf("clinics %+v: %v", all, err)
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.must(w.desk.SetContacts(t.Context(), w.clinic, []string{"b@x.example", "a@x.example", "a@x.example"}))
	for _, bad := range [][]string{{"nobody"}, {"A <a@x.example>"}, {"a@x.example\r\nBcc: b@x.example"}, {"1@x.de", "2@x.de", "3@x.de", "4@x.de", "5@x.de", "6@x.de"}} {
		if err := w.desk.SetContacts(t.Context(), w.clinic, bad); hub.KindOf(err) != hub.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got, err := w.desk.Contacts(t.Context(), w.clinic); err != nil || !slices.Equal(got, []string{"a@x.example", "b@x.example"}) {
		t.Errorf("contacts %v: %v", got, err)
	}
}

// TestIncidentsAreNewOnce: also for two nodes that look at the same moment; one that was over
// and comes again is new again.
func TestIncidentsAreNewOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	told := func(current ...string) []string {
		t.Helper()
		news, err := w.desk.Told(t.Context(), w.clinic, current)
		w.must(err)
		slices.Sort(news)
		return news
	}
	if got := told("held:1", "stale:2"); !slices.Equal(got, []string{"held:1", "stale:2"}) {
		t.Errorf("first %v", got)
	}
	if got := told("held:1", "stale:2"); len(got) != 0 {
		t.Errorf("again %v", got)
	}
	told("stale:2")
	if got := told("held:1", "stale:2"); !slices.Equal(got, []string{"held:1"}) {
		t.Errorf("back again %v", got)
	}
	w.must(w.desk.Untold(t.Context(), w.clinic, "stale:2"))
	if got := told("held:1", "stale:2"); !slices.Equal(got, []string{"stale:2"}) {
		t.Errorf("after a failure %v", got)
	}
	if got := told(); len(got) != 0 {
		t.Errorf("nothing %v", got)
	}
}
